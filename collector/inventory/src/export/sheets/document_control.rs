//! Document control: which versions there were, and who looked at them.

use crate::export::cell::Cell;
use crate::export::claims::claims;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;
use crate::export::view::View;

/// Open rows for people.
const OPEN_ROWS: usize = 4;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "document_control",
    place: 2,
    title: "workbook-document-control",
    subtitle: "workbook-document-control-subtitle",
    empty: "workbook-document-control-subtitle",
    rules: &[10],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("document.id", "workbook-column-id").width(12),
        Column::by_hand("document.version", "workbook-document-version").width(18),
        Column::by_hand("document.date", "workbook-document-date").date().width(14),
        Column::by_hand("document.author", "workbook-document-author").width(22).wrapped(),
        Column::by_hand("document.reason", "workbook-document-reason").width(36).wrapped(),
        Column::by_hand("document.section", "workbook-document-section").width(24).wrapped(),
        Column::by_hand("document.reviewed", "workbook-document-reviewed").width(24).wrapped(),
        Column::by_hand("document.released", "workbook-document-released").width(24).wrapped(),
        Column::computed("document.claims", "account-claims-of").width(36).wrapped(),
    ],
    rows: Rows::Together(rows),
    gaps: no_gaps,
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let stamp = &view.snapshot().stamp;
    let mut rows = Vec::new();
    if let Some((_, at)) = stamp.previous {
        rows.push(export(view, stamp.number.saturating_sub(1), at));
    }
    rows.push(export(view, stamp.number, stamp.as_of));
    for number in 1..=OPEN_ROWS {
        let id = format!("D-N{number}");
        let mut cells = vec![Cell::text(id.clone())];
        cells.resize(SHEET.columns.len() - 1, Cell::open());
        cells.push(claims(view, "document", &id));
        rows.push(Row::new(id, cells));
    }
    rows
}

/// The row of an export, with open cells for review and release.
fn export(view: &View<'_>, number: u64, at: jiff::Timestamp) -> Row {
    let words = view.wording();
    let id = format!("D-{number:04}");
    let numbered = |message: &str| words.text_with(message, &[("number", number.into())]);
    Row::new(
        id.clone(),
        vec![
            Cell::text(id.as_str()),
            Cell::text(numbered("workbook-document-version-text")),
            Cell::date(view.day(at)),
            Cell::text("Kataster"),
            Cell::text(numbered("workbook-document-reason-text")),
            Cell::text(view.text("workbook-document-section-all")),
            Cell::open(),
            Cell::open(),
            claims(view, "document", &id),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn this_export_and_the_one_before_stand_above_open_rows() {
        let mut snapshot = sample::snapshot();
        snapshot.stamp.number = 7;
        snapshot.stamp.previous = Some((uuid::Uuid::from_u128(2), sample::seen_at()));
        let lines = sample::table(&SHEET, &snapshot);
        assert!(lines[0].starts_with("D-0006"), "{}", lines[0]);
        assert!(lines[1].starts_with("D-0007"), "{}", lines[1]);
        assert_eq!(lines.len(), 2 + OPEN_ROWS);
        assert_eq!(lines[2], "D-N1 | _ | _ | _ | _ | _ | _ | _ | none");
    }
}
