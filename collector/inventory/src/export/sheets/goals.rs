//! Goals of the company and of its security, with who answers for them.

use crate::export::list::List;
use crate::export::register_rows::register_rows;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "goals",
    place: 34,
    title: "sheets-goals",
    subtitle: "sheets-goals-subtitle",
    empty: "sheets-empty-table",
    rules: &[6],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("goal.code", "register-key-code").width(12),
        Column::by_hand("goal.name", "register-key-name").wrapped().mandatory().width(36),
        Column::by_hand("goal.kind", "register-key-kind")
            .list(List::GoalKind)
            .mandatory()
            .width(18),
        Column::by_hand("goal.serves", "register-key-serves").list(List::Goal).width(16),
        Column::by_hand("goal.owner", "register-key-owner").list(List::Role).mandatory().width(22),
        Column::by_hand("goal.remark", "register-key-remark").wrapped().width(36),
    ],
    rows: Rows::Together(|view| register_rows(view, "goal", SHEET.columns.len())),
    gaps: no_gaps,
};
