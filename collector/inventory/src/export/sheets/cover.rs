//! The cover: the fields of the document control block. Tiles, contents and legend are drawn around
//! them.

use crate::export::cell::Cell;
use crate::export::cell::Value;
use crate::export::claims::claims;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;
use crate::export::view::View;

/// The sheet. Every row fills either the computed column or the one by hand.
pub(super) const SHEET: Sheet = Sheet {
    key: "cover",
    place: 1,
    title: "workbook-cover",
    subtitle: "workbook-cover-subtitle",
    empty: "workbook-cover-subtitle",
    rules: &[1, 6],
    layout: Layout::Cover,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("cover.id", "workbook-cover-field").width(24),
        Column::computed("cover.computed", "workbook-cover-value").width(60).wrapped(),
        Column::by_hand("cover.stated", "workbook-cover-value").width(60).wrapped(),
    ],
    rows: Rows::Together(rows),
    gaps: no_gaps,
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let computed = |id: &str, message: &str, cell: Cell| {
        Row::new(id, vec![Cell::text(view.text(message)), cell, Cell::nothing()])
    };
    let stated = |id: &str, message: &str, keys: &'static [(&'static str, &'static str)]| {
        Row::new(id, vec![Cell::text(view.text(message)), Cell::nothing(), Cell::open()])
            .about("company", "", keys)
    };
    let own_claims = claims(view, "company", "");
    let makes_claims = *own_claims.value() != Value::Nothing;
    let mut rows = vec![
        computed("version", "workbook-cover-version", Cell::text(version(view))),
        computed("as_of", "workbook-cover-as-of", Cell::text(as_of(view))),
        computed("created_by", "workbook-cover-created-by", Cell::text(creator(view))),
        computed("data", "workbook-cover-data", Cell::text(view.text("workbook-cover-data-none"))),
        stated("company", "workbook-cover-company", &[("stated", "name")]),
        stated("scope", "workbook-cover-scope", &[("stated", "scope")]),
        stated("classification", "workbook-cover-classification", &[("stated", "classification")]),
        stated("officer", "workbook-cover-officer", &[("stated", "security_officer")]),
        stated("reviewed_by", "workbook-cover-reviewed-by", &[("stated", "reviewed_by")]),
        stated("released_by", "workbook-cover-released-by", &[("stated", "released_by")]),
        computed("claims", "account-claims-on-cover", own_claims),
        stated("next_review", "workbook-cover-next-review", &[("stated", "next_review_on")]),
        stated("distribution", "workbook-cover-distribution", &[("stated", "distribution")]),
        computed("events", "workbook-cover-events", Cell::text(events(view))),
    ];
    rows.retain(|it| makes_claims || it.id != "claims");
    rows
}

/// The number of the export, and that it is a draft.
fn version(view: &View<'_>) -> String {
    let arguments = [("number", view.snapshot().stamp.number.into())];
    view.wording().text_with("workbook-cover-version-text", &arguments)
}

/// The moment with its zone, and the export before.
fn as_of(view: &View<'_>) -> String {
    let stamp = &view.snapshot().stamp;
    let zone = view.time_zone().iana_name().unwrap_or("UTC");
    let at = format!("{} ({zone})", view.instant_text(stamp.as_of));
    let previous = match &stamp.previous {
        None => view.text("workbook-cover-first"),
        Some((_, at)) => view
            .wording()
            .text_with("workbook-cover-previous", &[("at", view.instant_text(*at).into())]),
    };
    format!("{at} · {previous}")
}

fn creator(view: &View<'_>) -> String {
    format!("Kataster {}", view.snapshot().stamp.software_version)
}

/// The head of the log of changes: who notes it can prove later that nothing was altered.
fn events(view: &View<'_>) -> String {
    let snapshot = view.snapshot();
    match &snapshot.event_head {
        None => view.text("workbook-cover-no-events"),
        Some(head) => view.wording().text_with(
            "workbook-cover-events-text",
            &[("count", snapshot.event_count.into()), ("head", head.to_string().into())],
        ),
    }
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;
    use crate::export::sample;

    #[test]
    fn every_export_is_a_draft() {
        let snapshot = sample::snapshot();
        for (language, draft) in [(Language::German, "Entwurf"), (Language::English, "Draft")] {
            let view = sample::view(&snapshot, language);
            assert!(version(&view).contains(draft), "{}", version(&view));
            assert!(view.footer().contains(draft), "{}", view.footer());
        }
    }

    #[test]
    fn nothing_stated_leaves_the_fields_open() {
        let snapshot = sample::nothing();
        for line in sample::table(&SHEET, &snapshot).iter().filter(|it| it.contains("| none | ")) {
            assert!(line.ends_with("| none | _"), "{line}");
        }
    }
}
