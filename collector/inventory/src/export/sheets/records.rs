//! Records: audits, reviews, incidents, feedback, hand-over, disposal.

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
    key: "records",
    place: 36,
    title: "sheets-records",
    subtitle: "sheets-records-subtitle",
    empty: "sheets-empty-table",
    rules: &[9, 10],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("record.code", "register-key-code").width(12),
        Column::by_hand("record.kind", "register-key-kind")
            .list(List::RecordKind)
            .mandatory()
            .width(18),
        Column::by_hand("record.name", "register-key-name").wrapped().mandatory().width(28),
        Column::by_hand("record.happened_on", "register-key-happened-on")
            .date()
            .mandatory()
            .width(12),
        Column::by_hand("record.description", "register-key-description").wrapped().width(32),
        Column::by_hand("record.reported_by", "register-key-reported-by")
            .list(List::Role)
            .width(20),
        Column::by_hand("record.concerns", "register-key-concerns").wrapped().width(18),
        Column::by_hand("record.result", "register-key-result").wrapped().width(26),
        Column::by_hand("record.measure", "register-key-measure").list(List::Measure).width(12),
        Column::by_hand("record.closed_on", "register-key-closed-on").date().width(12),
        Column::by_hand("record.document", "register-key-document").wrapped().width(18),
        Column::by_hand("record.remark", "register-key-remark").wrapped().width(26),
    ],
    rows: Rows::Together(|view| register_rows(view, "record", SHEET.columns.len())),
    gaps: no_gaps,
};
