//! The risk matrix: which category a risk has by its frequency and its impact. The company may change each field.

use crate::export::cell::Cell;
use crate::export::cell::Value;
use crate::export::list::List;
use crate::export::risk_category::DEFAULTS;
use crate::export::risk_category::SHEET_TITLE;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "risk_matrix",
    place: 32,
    title: SHEET_TITLE,
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
    rows: Rows::Together(|view| DEFAULTS.iter().map(|it| row(view, it)).collect()),
    gaps: |view| vec![view.text("sheets-risk-matrix-gap")],
};

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
    use crate::export::risk_category::FREQUENCIES;
    use crate::export::risk_category::category;
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
