//! Cabling as people note it: device, panel, socket, device.

use crate::export::list::List;
use crate::export::register_rows::register_rows;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "cables",
    place: 16,
    title: "sheets-cables",
    subtitle: "sheets-cables-subtitle",
    empty: "sheets-empty-table",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("cable.code", "register-key-code").width(12),
        Column::by_hand("cable.from_device", "register-key-from-device").width(18),
        Column::by_hand("cable.from_port", "register-key-from-port").width(12),
        Column::by_hand("cable.panel", "register-key-panel").width(12),
        Column::by_hand("cable.socket", "register-key-socket").width(12),
        Column::by_hand("cable.to_device", "register-key-to-device").width(18),
        Column::by_hand("cable.to_port", "register-key-to-port").width(12),
        Column::by_hand("cable.medium", "register-key-medium").width(14),
        Column::by_hand("cable.room", "register-key-room").list(List::Room).width(10),
        Column::by_hand("cable.remark", "register-key-remark").wrapped().width(28),
    ],
    rows: Rows::Together(|view| register_rows(view, "cable", SHEET.columns.len())),
    gaps: |view| vec![view.text("sheets-cables-gap")],
};
