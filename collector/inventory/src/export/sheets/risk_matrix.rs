//! The risk matrix: which category a risk has by its frequency and its impact. The company may change each field.

use crate::export::cell::Cell;
use crate::export::cell::Value;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;

/// The first row of data of a sheet and the row of its headings, counted from 1.
const FIRST_ROW: usize = 6;
const HEADINGS_ROW: usize = 5;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "risk_matrix",
    place: 32,
    title: "sheets-risk-matrix",
    subtitle: "sheets-risk-matrix-subtitle",
    empty: "sheets-empty-table",
    rules: &[5],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("matrix.id", "sheets-column-id").width(16),
        Column::computed("matrix.impact", "register-key-impact").width(22),
        Column::by_hand("matrix.rare", "register-word-rare").list(List::RiskCategory).width(16),
        Column::by_hand("matrix.medium", "register-word-medium").list(List::RiskCategory).width(16),
        Column::by_hand("matrix.frequent", "register-word-frequent")
            .list(List::RiskCategory)
            .width(16),
        Column::by_hand("matrix.very_frequent", "register-word-very-frequent")
            .list(List::RiskCategory)
            .width(16),
        Column::computed("matrix.risks", "sheets-column-risk-count").number().width(12),
    ],
    rows: Rows::Together(|view| ROWS.iter().map(|it| row(view, it)).collect()),
    gaps: |view| vec![view.text("sheets-risk-matrix-gap")],
};

/// The frequencies in the order of the columns.
const FREQUENCIES: [&str; 4] = ["rare", "medium", "frequent", "very_frequent"];
/// The matrix that BSI Standard 200-3 gives as an example (section 5.2), the worst impact first.
const ROWS: [(&str, [&str; 4]); 4] = [
    ("existential", ["medium", "high", "very_high", "very_high"]),
    ("considerable", ["medium", "medium", "high", "very_high"]),
    ("limited", ["low", "low", "medium", "high"]),
    ("negligible", ["low", "low", "low", "low"]),
];

/// The category of a risk; none for words that the matrix does not have.
pub(super) fn category(view: &View<'_>, impact: &str, frequency: &str) -> Option<&'static str> {
    let code = |word: &str| List::RiskCategory.codes().iter().map(|it| it.0).find(|it| *it == word);
    let (_, defaults) = ROWS.iter().find(|(it, _)| *it == impact)?;
    let at = FREQUENCIES.iter().position(|it| *it == frequency)?;
    let own = view.stated().value("matrix", impact, frequency).map(crate::register::Value::to_text);
    code(&own.unwrap_or_else(|| defaults.get(at).copied().unwrap_or_default().to_owned()))
}

/// The formula that looks the category up on this sheet; `impact` and `frequency` are cells.
pub(super) fn formula(view: &View<'_>, impact: &str, frequency: &str) -> String {
    let sheet = view.text(SHEET.title).replace('\'', "''");
    let last = FIRST_ROW + ROWS.len() - 1;
    let not_assessed = view.text("workbook-not-assessed");
    format!(
        "=IFERROR(INDEX('{sheet}'!$C${FIRST_ROW}:$F${last},\
         MATCH({impact},'{sheet}'!$B${FIRST_ROW}:$B${last},0),\
         MATCH({frequency},'{sheet}'!$C${HEADINGS_ROW}:$F${HEADINGS_ROW},0)),\"{not_assessed}\")"
    )
}

fn row(view: &View<'_>, (impact, defaults): &(&'static str, [&'static str; 4])) -> Row {
    let risks = view.stated().entries("risk");
    let count = risks.filter(|(_, it)| it.text("impact") == Some(impact)).count();
    let mut cells = vec![Cell::text(*impact), Cell::new(Value::Choice(List::Impact, impact))];
    cells.extend(defaults.iter().map(|it| Cell::choice(List::RiskCategory, it)));
    cells.push(Cell::count(count));
    Row::new(*impact, cells)
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn the_matrix_is_that_of_the_standard_until_the_company_changes_it() {
        let text = "[[matrix]]\nid = \"limited\"\nrare = \"medium\"\n[[risk]]\ncode = \"R-1\"\nimpact = \"limited\"\n";
        let snapshot = Snapshot { register: Register::parse(text).unwrap(), ..sample::nothing() };
        let lines = sample::stated_table(&SHEET, &snapshot);
        assert_eq!(
            lines[0],
            "existential | existential | medium | high | very high | very high | 0"
        );
        assert_eq!(lines[2], "limited | limited | medium | low | medium | high | 1");
        let view = sample::view(&snapshot, Language::German);
        assert_eq!(category(&view, "limited", "rare"), Some("medium"));
        assert_eq!(category(&view, "negligible", "very_frequent"), Some("low"));
        assert_eq!(category(&view, "limited", "often"), None);
    }

    #[test]
    fn the_formula_finds_the_words_of_this_language() {
        let snapshot = sample::nothing();
        for language in [Language::German, Language::English] {
            let view = sample::view(&snapshot, language);
            for (column, frequency) in SHEET.columns.iter().skip(2).zip(FREQUENCIES) {
                let offered = List::Frequency.message(frequency).map(|it| view.text(it));
                assert_eq!(
                    Some(view.text(column.message)),
                    offered,
                    "a heading is what is looked up"
                );
            }
        }
    }
}
