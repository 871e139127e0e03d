//! Changes since the previous export.

use crate::export::cell::Cell;
use crate::export::detail_words::change_text;
use crate::export::detail_words::change_value;
use crate::export::list::List;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;
use crate::reconcile::ChangeEntry;
use crate::reconcile::ChangeKind;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "changes",
    place: 40,
    title: "workbook-changes",
    subtitle: "workbook-changes-subtitle",
    empty: "workbook-changes-empty",
    rules: &[9, 10],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("change.id", "workbook-column-id").width(13),
        Column::computed("change.at", "workbook-change-at").instant().width(17),
        Column::computed("change.kind", "workbook-change-kind").width(14),
        Column::computed("change.object", "workbook-change-object").width(24).wrapped(),
        Column::computed("change.field", "workbook-change-field").width(34).wrapped(),
        Column::computed("change.before", "workbook-change-before").width(30).wrapped(),
        Column::computed("change.after", "workbook-change-after").width(30).wrapped(),
        Column::computed("change.source", "workbook-column-source").width(22).wrapped(),
        Column::by_hand("change.review", "workbook-change-review").list(List::Review).width(18),
    ],
    rows: Rows::Together(rows),
    gaps,
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = view.snapshot().changes.iter().map(|it| row(view, it)).collect();
    // The same change twice in one moment is one row.
    let mut seen = std::collections::BTreeSet::new();
    rows.retain(|it| seen.insert(it.id.clone()));
    rows
}

fn row(view: &View<'_>, change: &ChangeEntry) -> Row {
    let kind = view.text(match change.kind {
        ChangeKind::Added => "workbook-change-added",
        ChangeKind::Removed => "workbook-change-removed",
        ChangeKind::Changed => "workbook-change-changed",
        ChangeKind::Stated => "workbook-change-stated",
    });
    let at = change.at.to_string();
    let parts = [at.as_str(), &change.label.0, &change.field].map(str::to_owned);
    let [at, label, field] = &parts;
    let before = change.before.as_deref().unwrap_or("");
    let after = change.after.as_deref().unwrap_or("");
    let id = row_id('C', &[at, label, field, before, after, &change.source]);
    let object = match change.asset.and_then(|it| view.asset(it)) {
        Some(asset) => Cell::text(crate::export::common_cells::system_text(asset))
            .linking_to("systems", asset.label.0.clone()),
        None => Cell::text(label.clone()),
    };
    let value = |text: Option<&str>| match text {
        Some(text) if !text.is_empty() => Cell::text(change_value(view.wording(), change, text)),
        Some(_) | None => Cell::text("–"),
    };
    Row::new(
        id.clone(),
        vec![
            Cell::text(id),
            Cell::instant(change.at),
            Cell::text(kind),
            object,
            Cell::text(change_text(view.wording(), change)),
            value(change.before.as_deref()),
            value(change.after.as_deref()),
            Cell::text(change.source.clone()),
            Cell::open(),
        ],
    )
}

/// Against what the changes are counted.
fn gaps(view: &View<'_>) -> Vec<String> {
    let since = match &view.snapshot().stamp.previous {
        None => view.text("workbook-changes-first"),
        Some((_, at)) => view
            .wording()
            .text_with("workbook-changes-since", &[("at", view.instant_text(*at).into())]),
    };
    vec![since, view.text("workbook-changes-volatile")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::AssetLabel;
    use crate::export::sample;

    #[test]
    fn a_change_shows_before_and_after_and_keeps_its_id() {
        let mut snapshot = sample::snapshot();
        let change = ChangeEntry {
            at: sample::seen_at(),
            kind: ChangeKind::Changed,
            asset: Some(snapshot.assets[0].id),
            label: AssetLabel("S-7K2QD".to_owned()),
            field: "software.dpkg: nginx".to_owned(),
            before: Some("1.22.1-8".to_owned()),
            after: Some("1.22.1-9".to_owned()),
            source: "software.dpkg".to_owned(),
            row: None,
        };
        snapshot.changes = vec![change.clone(), change];
        let lines = sample::table(&SHEET, &snapshot);
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].ends_with(
                "changed | S-7K2QD srv-erp | software.dpkg: nginx | 1.22.1-8 | 1.22.1-9 | software.dpkg | _"
            ),
            "{}",
            lines[0]
        );
        assert_eq!(lines, sample::table(&SHEET, &snapshot));
    }
}
