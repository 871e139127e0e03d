//! Certificates: what the listeners of the systems show, or the file that their configuration names.

use crate::asset::Asset;
use crate::asset::Attested;
use crate::asset::CertificateDescription;
use crate::export::cell::Cell;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system;
use crate::export::common_cells::system_name;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::reason::text_or_missing;
use crate::export::reason::yes_no_or_missing;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::PassingRows;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::in_use;
use crate::export::view::View;

/// Days before its end at which a certificate is shown as ending soon.
const WARNING_DAYS: u16 = 30;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "certificates",
    place: 23,
    title: "sheets-certificates",
    subtitle: "sheets-certificates-subtitle",
    empty: "sheets-empty-certificates",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("certificate.id", "sheets-column-id").width(12),
        Column::key("certificate.system", "sheets-column-system").width(10),
        Column::agent("certificate.system_name", "sheets-column-name").width(18),
        Column::agent("certificate.place", "sheets-column-place").width(24),
        Column::agent("certificate.subject", "sheets-column-subject").width(28).wrapped(),
        Column::agent("certificate.names", "sheets-column-alternative-names").width(28).wrapped(),
        Column::agent("certificate.issuer", "sheets-column-issuer").width(28).wrapped(),
        Column::agent("certificate.not_before", "sheets-column-valid-from").date().width(12),
        Column::agent("certificate.not_after", "sheets-column-valid-until")
            .date()
            .expiring(WARNING_DAYS)
            .width(12),
        Column::computed("certificate.days_left", "sheets-column-days-left").number().width(10),
        Column::agent("certificate.key", "sheets-column-key").width(14),
        Column::agent("certificate.signature", "sheets-column-signature").width(22),
        Column::agent("certificate.is_self_signed", "sheets-column-self-signed")
            .list(List::YesNo)
            .width(12),
        Column::agent("certificate.tls_version", "sheets-column-tls-version").width(12),
        Column::computed("certificate.findings", "sheets-column-findings").width(14),
        Column::by_hand("certificate.owner", "sheets-column-owner").list(List::Role).width(22),
        Column::by_hand("certificate.renewal", "sheets-column-renewal").width(18),
    ],
    rows: Rows::Passing(rows),
    gaps: |view| gaps_of(view, &["certificates.served"]),
};

fn rows<'v>(view: &'v View<'_>) -> PassingRows<'v> {
    Box::new(in_use(&view.snapshot().assets).flat_map(move |asset| {
        let row = move |it: &Attested<_>| row(view, asset, &it.value).resting_on(&it.evidence);
        asset.certificates.iter().map(row)
    }))
}

fn row(view: &View<'_>, asset: &Asset, certificate: &CertificateDescription) -> Row {
    let fingerprint = certificate.fingerprint.to_string();
    let id = row_id('Z', &[&asset.label.0, &certificate.place, &fingerprint]);
    let not_stated = || Cell::unknown(view.text("sheets-reason-not-stated"));
    let day =
        |at: Option<jiff::Timestamp>| at.map_or_else(not_stated, |at| Cell::date(view.day(at)));
    let cells = vec![
        Cell::text(id.as_str()),
        system(asset),
        system_name(view, asset),
        Cell::text(certificate.place.as_str()),
        text_or_missing(Some(&certificate.subject), Cell::nothing),
        some_lines(view, certificate.names.iter().cloned()),
        text_or_missing(Some(&certificate.issuer), Cell::nothing),
        day(certificate.not_before),
        day(certificate.not_after),
        certificate.not_after.map_or_else(not_stated, |end| days_left(view, end)),
        text_or_missing(certificate.key.as_deref(), not_stated),
        text_or_missing(certificate.signature_algorithm.as_deref(), not_stated),
        yes_no_or_missing(certificate.is_self_signed, not_stated),
        text_or_missing(certificate.tls_version.as_deref(), || {
            Cell::unknown(view.text("sheets-reason-not-asked-over-tls"))
        }),
        Cell::not_assessed(),
        Cell::open(),
        Cell::open(),
    ];
    Row::new(id, cells)
}

/// Whole days from the moment of the export; negative once it has run out.
fn days_left(view: &View<'_>, end: jiff::Timestamp) -> Cell {
    const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
    let seconds = end.as_second() - view.snapshot().stamp.as_of.as_second();
    match i32::try_from(seconds.div_euclid(SECONDS_PER_DAY)) {
        Ok(days) => Cell::number(days),
        Err(_) => Cell::unknown(view.text("sheets-reason-not-stated")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn a_certificate_shows_how_long_it_still_holds() {
        let lines = sample::table(&SHEET, &sample::snapshot());
        assert_eq!(lines.len(), 1);
        assert_eq!(
            lines[0].split_once(" | ").unwrap().1,
            "S-7K2QD | srv-erp | tcp/127.0.0.1:443 | CN=erp.example.org | erp.example.org | \
             CN=erp.example.org | 24 Dec 2025 | 24 Dec 2026 | 30 | RSA 2048 | sha256WithRSAEncryption \
             | yes | TLS 1.3 | not assessed | _ | _"
        );
    }

    #[test]
    fn one_that_has_run_out_counts_below_zero() {
        let mut snapshot = sample::snapshot();
        snapshot.stamp.as_of = "2026-12-24T08:00:01Z".parse().unwrap();
        assert_eq!(sample::cell(&SHEET, &snapshot, "erp", "certificate.days_left"), "-1");
    }

    #[test]
    fn what_the_certificate_does_not_say_is_unknown() {
        let mut snapshot = sample::snapshot();
        let certificate = &mut snapshot.assets[0].certificates[0].value;
        (certificate.not_after, certificate.is_self_signed) = (None, None);
        certificate.subject = String::new();
        for key in ["certificate.not_after", "certificate.days_left", "certificate.is_self_signed"]
        {
            let text = sample::cell(&SHEET, &snapshot, "erp", key);
            assert!(text.starts_with("unknown ("), "{key}: {text}");
        }
        assert_eq!(sample::cell(&SHEET, &snapshot, "erp", "certificate.subject"), "none");
    }

    #[test]
    fn a_source_that_failed_is_told() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::English);
        let gaps = (SHEET.gaps)(&view);
        assert!(
            gaps.contains(
                &"1 of 3 systems (S-9M4TX): certificates of the ports: failed".to_owned()
            ),
            "{gaps:?}"
        );
    }
}
