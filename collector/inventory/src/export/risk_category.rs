//! How bad a risk is, by the company's own matrix: what two sheets need.

use super::list::List;
use super::view::View;
use crate::register::Value;

/// The name of the sheet of the matrix.
pub(super) const SHEET_TITLE: &str = "sheets-risk-matrix";
/// The first row of data of a sheet and the row of its headings, counted from 1.
const FIRST_ROW: usize = 6;
const HEADINGS_ROW: usize = 5;
/// The frequencies in the order of the columns.
pub(super) const FREQUENCIES: [&str; 4] = ["rare", "medium", "frequent", "very_frequent"];
/// The matrix that BSI Standard 200-3 gives as an example (section 5.2), the worst impact first.
pub(super) const DEFAULTS: [(&str, [&str; 4]); 4] = [
    ("existential", ["medium", "high", "very_high", "very_high"]),
    ("considerable", ["medium", "medium", "high", "very_high"]),
    ("limited", ["low", "low", "medium", "high"]),
    ("negligible", ["low", "low", "low", "low"]),
];

/// The category of a risk; none for words that the matrix does not have.
pub(super) fn category(view: &View<'_>, impact: &str, frequency: &str) -> Option<&'static str> {
    let code = |word: &str| List::RiskCategory.codes().iter().map(|it| it.0).find(|it| *it == word);
    let (_, defaults) = DEFAULTS.iter().find(|(it, _)| *it == impact)?;
    let at = FREQUENCIES.iter().position(|it| *it == frequency)?;
    let own = view.stated().value("matrix", impact, frequency).map(Value::to_text);
    code(&own.unwrap_or_else(|| defaults.get(at).copied().unwrap_or_default().to_owned()))
}

/// The formula that looks the category up on this sheet; `impact` and `frequency` are cells.
pub(super) fn formula(view: &View<'_>, impact: &str, frequency: &str) -> String {
    let sheet = view.text(SHEET_TITLE).replace('\'', "''");
    let last = FIRST_ROW + DEFAULTS.len() - 1;
    let not_assessed = view.text("workbook-not-assessed");
    format!(
        "=IFERROR(INDEX('{sheet}'!$C${FIRST_ROW}:$F${last},\
         MATCH({impact},'{sheet}'!$B${FIRST_ROW}:$B${last},0),\
         MATCH({frequency},'{sheet}'!$C${HEADINGS_ROW}:$F${HEADINGS_ROW},0)),\"{not_assessed}\")"
    )
}
