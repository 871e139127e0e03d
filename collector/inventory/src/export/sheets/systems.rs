//! IT systems: one row per asset.

use crate::asset::Asset;
use crate::export::cell::Cell;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "systems",
    place: 10,
    title: "sheets-systems",
    subtitle: "sheets-systems-subtitle",
    empty: "sheets-systems-empty",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Notes,
    columns: &[
        Column::key("system.id", "sheets-column-id").width(11),
        Column::agent("system.name", "sheets-column-name").width(18),
        Column::agent("system.serial", "sheets-column-serial").width(18),
        Column::computed("system.last_seen", "sheets-column-last-seen").instant().width(16),
    ],
    rows: |view| view.snapshot().assets.iter().map(|it| row(view, it)).collect(),
    gaps: no_gaps,
};

fn row(view: &View<'_>, asset: &Asset) -> Row {
    let unknown = || view.text("workbook-reason-no-source");
    Row::new(
        asset.label.to_string(),
        vec![
            Cell::text(asset.label.to_string()),
            Cell::attested_text(asset.name.as_ref(), unknown),
            Cell::attested_text(asset.hardware.serial.as_ref(), unknown),
            Cell::instant(asset.last_seen_at),
        ],
    )
}
