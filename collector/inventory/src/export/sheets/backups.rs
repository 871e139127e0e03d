//! The plan of backups: what is saved where, and whether anybody tried to restore it.

use crate::export::list::List;
use crate::export::register_rows::register_rows;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "backups",
    place: 27,
    title: "sheets-backups",
    subtitle: "sheets-backups-subtitle",
    empty: "sheets-empty-table",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("backup.code", "register-key-code").width(12),
        Column::by_hand("backup.name", "register-key-name").mandatory().width(26),
        Column::by_hand("backup.systems", "register-key-systems").wrapped().mandatory().width(18),
        Column::by_hand("backup.information", "register-key-information").wrapped().width(16),
        Column::by_hand("backup.job", "register-key-job").width(18),
        Column::by_hand("backup.target", "register-key-target").wrapped().mandatory().width(22),
        Column::by_hand("backup.offline_copy", "register-key-offline-copy")
            .list(List::YesNoCheck)
            .mandatory()
            .width(14),
        Column::by_hand("backup.other_site", "register-key-other-site")
            .list(List::YesNoCheck)
            .mandatory()
            .width(14),
        Column::by_hand("backup.interval", "register-key-interval").width(16),
        Column::by_hand("backup.retention", "register-key-retention").wrapped().width(20),
        Column::by_hand("backup.restore_tested_on", "register-key-restore-tested-on")
            .date()
            .mandatory()
            .width(14),
        Column::by_hand("backup.restore_result", "register-key-restore-result")
            .list(List::RestoreResult)
            .width(16),
        Column::by_hand("backup.restore_tested_by", "register-key-restore-tested-by")
            .list(List::Role)
            .width(20),
        Column::by_hand("backup.owner", "register-key-owner")
            .list(List::Role)
            .mandatory()
            .width(20),
        Column::by_hand("backup.remark", "register-key-remark").wrapped().width(28),
    ],
    rows: Rows::Together(|view| register_rows(view, "backup", SHEET.columns.len())),
    gaps: |view| vec![view.text("sheets-backups-gap")],
};
