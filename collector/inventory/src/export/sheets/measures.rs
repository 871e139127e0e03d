//! Measures: what is to be done, by whom, until when, and whether it helped.

use crate::export::list::List;
use crate::export::register_rows::register_rows;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "measures",
    place: 33,
    title: "sheets-measures",
    subtitle: "sheets-measures-subtitle",
    empty: "sheets-empty-table",
    rules: &[5, 8, 9],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("measure.code", "register-key-code").width(12),
        Column::by_hand("measure.name", "register-key-name").wrapped().mandatory().width(30),
        Column::by_hand("measure.concerns", "register-key-concerns").wrapped().width(20),
        Column::by_hand("measure.risks", "register-key-risks").wrapped().width(12),
        Column::by_hand("measure.control", "register-key-control").width(16),
        Column::by_hand("measure.priority", "register-key-priority").number().width(10),
        Column::by_hand("measure.owner", "register-key-owner")
            .list(List::Role)
            .mandatory()
            .width(20),
        Column::by_hand("measure.effort_days", "register-key-effort-days").number().width(12),
        Column::by_hand("measure.cost_once_eur", "register-key-cost-once-eur").number().width(12),
        Column::by_hand("measure.cost_per_year_eur", "register-key-cost-per-year-eur")
            .number()
            .width(12),
        Column::by_hand("measure.begins_on", "register-key-begins-on").date().width(12),
        Column::by_hand("measure.due_on", "register-key-due-on")
            .date()
            .expiring(30)
            .mandatory()
            .width(12),
        Column::by_hand("measure.status", "register-key-status")
            .list(List::MeasureStatus)
            .mandatory()
            .width(14),
        Column::by_hand("measure.done_on", "register-key-done-on").date().width(12),
        Column::by_hand("measure.effective", "register-key-effective")
            .list(List::YesNoCheck)
            .width(12),
        Column::by_hand(
            "measure.effectiveness_checked_on",
            "register-key-effectiveness-checked-on",
        )
        .date()
        .width(14),
        Column::by_hand("measure.remark", "register-key-remark").wrapped().width(28),
    ],
    rows: Rows::Together(|view| register_rows(view, "measure", SHEET.columns.len())),
    gaps: |view| vec![view.text("sheets-measures-gap")],
};
