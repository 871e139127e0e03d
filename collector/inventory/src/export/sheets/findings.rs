//! Findings: what is not as it should be, and what people decided about it.

use crate::export::cell::Cell;
use crate::export::claims::claims;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "findings",
    place: 30,
    title: "sheets-findings",
    subtitle: "sheets-findings-subtitle",
    empty: "sheets-empty-findings",
    rules: &[5, 9],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("finding.id", "sheets-column-id").width(14),
        Column::computed("finding.object", "register-key-object").width(24),
        Column::computed("finding.detail", "sheets-column-finding-detail").wrapped().width(34),
        Column::computed("finding.severity", "sheets-column-severity").width(14),
        Column::computed("finding.threats", "register-key-threat").width(14),
        Column::computed("finding.controls", "register-key-control").width(18),
        Column::by_hand("finding.status", "register-key-status")
            .list(List::FindingStatus)
            .width(16),
        Column::by_hand("finding.exception_until", "register-key-exception-until")
            .date()
            .expiring(30)
            .width(14),
        Column::by_hand("finding.accepted_by", "register-key-accepted-by")
            .list(List::Role)
            .width(20),
        Column::by_hand("finding.reason", "register-key-reason").wrapped().width(30),
        Column::by_hand("finding.measure", "register-key-measure").list(List::Measure).width(12),
        Column::computed("finding.claims", "account-claims-of").wrapped().width(34),
    ],
    rows: Rows::Together(rows),
    gaps: |view| vec![view.text("sheets-findings-gap")],
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let row = |(id, _): (&str, _)| {
        let mut cells = vec![Cell::text(id)];
        cells.resize(6, Cell::not_assessed());
        cells.resize(SHEET.columns.len() - 1, Cell::open());
        cells.push(claims(view, "finding", id));
        Row::new(id, cells)
    };
    view.stated().entries("finding").map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn a_decision_on_a_finding_is_kept_and_nothing_is_found_by_itself() {
        let text = "[[finding]]\nid = \"B-1\"\nstatus = \"in_progress\"\n";
        let snapshot = Snapshot { register: Register::parse(text).unwrap(), ..sample::snapshot() };
        assert_eq!(
            sample::stated_table(&SHEET, &snapshot),
            ["B-1 | not assessed | not assessed | not assessed | not assessed | not assessed | \
              in progress | _ | _ | _ | _ | none"]
        );
    }
}
