//! Traceability: which of the ten rules of documentation is served by which sheets, and what stands
//! there as evidence.

use crate::export::cell::Cell;
use crate::export::profile::sheets_of;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "traceability",
    place: 41,
    title: "workbook-traceability",
    subtitle: "workbook-traceability-subtitle",
    empty: "workbook-traceability-subtitle",
    rules: &[1, 4],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("rule.id", "workbook-rule-number").width(10),
        Column::key("rule.text", "workbook-rule-text").width(38).wrapped(),
        Column::computed("rule.sheets", "workbook-rule-sheets").width(34).wrapped(),
        Column::computed("rule.evidence_count", "workbook-rule-evidence").number().width(13),
        Column::computed("rule.status", "workbook-rule-status").width(18),
        Column::computed("rule.open", "workbook-rule-open").width(52).wrapped(),
        Column::by_hand("rule.remark", "workbook-rule-remark").width(30).wrapped(),
    ],
    rows: Rows::Together(|view| RULES.iter().map(|it| row(view, it)).collect()),
    gaps: |view| vec![view.text("workbook-rule-standards")],
};

/// One rule.
struct Rule {
    number: u8,
    text: &'static str,
    open: &'static str,
}

const fn rule(number: u8, text: &'static str, open: &'static str) -> Rule {
    Rule { number, text, open }
}

const RULES: &[Rule] = &[
    rule(1, "workbook-rule-1", "workbook-rule-1-open"),
    rule(2, "workbook-rule-2", "workbook-rule-2-open"),
    rule(3, "workbook-rule-3", "workbook-rule-3-open"),
    rule(4, "workbook-rule-4", "workbook-rule-4-open"),
    rule(5, "workbook-rule-5", "workbook-rule-5-open"),
    rule(6, "workbook-rule-6", "workbook-rule-6-open"),
    rule(7, "workbook-rule-7", "workbook-rule-7-open"),
    rule(8, "workbook-rule-8", "workbook-rule-8-open"),
    rule(9, "workbook-rule-9", "workbook-rule-9-open"),
    rule(10, "workbook-rule-10", "workbook-rule-10-open"),
];

fn row(view: &View<'_>, rule: &Rule) -> Row {
    let sheets = sheets_of(view.snapshot().stamp.profile);
    let serving: Vec<&Sheet> =
        sheets.into_iter().filter(|it| it.rules.contains(&rule.number)).collect();
    // This sheet and the cover are no evidence of anything.
    let counted = serving.iter().filter(|it| it.layout != Layout::Cover && it.key != SHEET.key);
    let rows: usize = counted.map(|it| view.count(it)).sum();
    let status = match (serving.is_empty(), rows) {
        (true, _) => Cell::not_assessed(),
        (false, 0) => Cell::no_data(),
        (false, _) => Cell::text(view.text("workbook-rule-partly")),
    };
    let names = serving.iter().map(|it| view.text(it.title));
    Row::new(
        rule.number.to_string(),
        vec![
            Cell::text(rule.number.to_string()),
            Cell::text(view.text(rule.text)),
            if serving.is_empty() {
                Cell::text(view.text("workbook-rule-no-sheet"))
            } else {
                Cell::lines(names)
            },
            if rows == 0 { Cell::no_data() } else { Cell::count(rows) },
            status,
            Cell::text(view.text(rule.open)),
            Cell::open(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;
    use crate::export::sheets::in_order;

    /// The cells of a rule as text: sheets, evidence, status.
    fn told(snapshot: &crate::export::Snapshot, number: &str) -> [String; 3] {
        let view = sample::view(snapshot, wording::Language::English);
        let row = view.rows(&SHEET).iter().find(|it| it.id == number).unwrap();
        [2, 3, 4].map(|it: usize| view.value_text(row.cells[it].value()))
    }

    #[test]
    fn a_rule_without_evidence_does_not_pass() {
        let snapshot = sample::nothing();
        for number in 1..=10 {
            let [sheets, evidence, status] = told(&snapshot, &number.to_string());
            if sheets == "no sheet yet" {
                assert_eq!([evidence.as_str(), status.as_str()], ["no data", "not assessed"]);
            } else if evidence == "no data" {
                assert_eq!(status, "no data", "{number}");
            }
        }
        assert_eq!(told(&snapshot, "7")[1], "no data");
    }

    #[test]
    fn the_evidence_of_a_rule_is_the_rows_of_its_sheets() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::English);
        let rows: usize = in_order()
            .iter()
            .filter(|it| it.rules.contains(&3))
            .map(|it| view.rows(it).len())
            .sum();
        assert_eq!(
            sample::cell(&SHEET, &snapshot, "3 | ", "rule.evidence_count"),
            rows.to_string()
        );
    }
}
