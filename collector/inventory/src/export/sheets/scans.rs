//! Scans of networks: what was allowed, by whom, from where, and what came of it.

use observation::latest::scan::ScanFigures;

use crate::export::cell::Cell;
use crate::export::common_cells::some_lines;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::snapshot::ScanSummary;
use crate::export::view::View;

/// More runs than these are history; the collector keeps them.
const RUNS_SHOWN_MAX: usize = 200;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "scans",
    place: 43,
    title: "sheets-scans",
    subtitle: "sheets-scans-subtitle",
    empty: "sheets-empty-scans",
    rules: &[3, 9, 10],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("scan.id", "sheets-column-id").width(42),
        Column::computed("scan.ordered_at", "sheets-column-scan-ordered").instant().width(17),
        Column::computed("scan.started_at", "sheets-column-scan-started").instant().width(17),
        Column::computed("scan.finished_at", "sheets-column-scan-finished").instant().width(17),
        Column::computed("scan.state", "sheets-column-scan-state").width(16),
        Column::computed("scan.plan", "sheets-column-scan-plan").width(16),
        Column::computed("scan.ordered_by", "sheets-column-scan-ordered-by").width(18),
        Column::computed("scan.vantage", "sheets-column-scan-vantage").width(18),
        Column::computed("scan.networks", "sheets-column-scan-networks").width(22).wrapped(),
        Column::computed("scan.exclusions", "sheets-column-scan-exclusions").width(22).wrapped(),
        Column::computed("scan.profile", "sheets-column-scan-profile").width(12),
        Column::computed("scan.rate", "sheets-column-scan-rate").number().width(14),
        Column::scan("scan.addresses", "sheets-column-scan-addresses").number().width(12),
        Column::scan("scan.answered", "sheets-column-answering").number().width(12),
        Column::scan("scan.packets", "sheets-column-scan-packets").number().width(12),
        Column::scan("scan.remarks", "sheets-column-scan-remarks").width(40).wrapped(),
        Column::by_hand("scan.remark", "sheets-column-remark").width(28).wrapped(),
    ],
    rows: Rows::Together(|view| {
        view.snapshot().scans.iter().take(RUNS_SHOWN_MAX).map(|it| row(view, it)).collect()
    }),
    gaps: |view| {
        if view.snapshot().scans.is_empty() {
            vec![view.text("workbook-quality-no-scan")]
        } else {
            Vec::new()
        }
    },
};

fn row(view: &View<'_>, scan: &ScanSummary) -> Row {
    let lines =
        |networks: &[ipnet::IpNet]| some_lines(view, networks.iter().map(ToString::to_string));
    let figure = |count: fn(&ScanFigures) -> u64| {
        let count = scan.figures.as_ref().map(count);
        count
            .map_or_else(Cell::no_data, |it| Cell::count(usize::try_from(it).unwrap_or(usize::MAX)))
    };
    let id = scan.run.to_string();
    Row::new(
        id.as_str(),
        vec![
            Cell::text(id.as_str()),
            Cell::instant(scan.ordered_at),
            scan.started_at.map_or_else(Cell::no_data, Cell::instant),
            scan.finished_at.map_or_else(Cell::no_data, Cell::instant),
            Cell::text(view.text(&format!("sheets-scan-state-{}", scan.state))),
            scan.plan.as_deref().map_or_else(Cell::nothing, Cell::text),
            Cell::text(scan.ordered_by.as_str()),
            Cell::text(view.vantage_text(scan.vantage)),
            lines(&scan.networks),
            lines(&scan.exclusions),
            Cell::text(view.text(&format!("sheets-scan-profile-{}", scan.profile))),
            scan.rate_pps.map_or_else(Cell::no_data, Cell::number),
            figure(|it| it.addresses),
            figure(|it| it.answered),
            figure(|it| it.packets_sent),
            some_lines(view, scan.remarks.iter().map(|it| remark(view, &it.code, &it.what))),
            Cell::open(),
        ],
    )
}

/// The words for a remark; the code itself where there are none: an agent may be newer than this.
fn remark(view: &View<'_>, code: &str, what: &str) -> String {
    let message = format!("scan-remark-{code}");
    let words = if view.wording().has(&message) {
        view.wording().text_with(&message, &[("what", what.into())])
    } else {
        code.to_owned()
    };
    if what.is_empty() || words.contains(what) { words } else { format!("{words} ({what})") }
}

#[cfg(test)]
mod tests {
    use observation::latest::scan::ScanRemark;

    use super::*;
    use crate::export::sample;

    #[test]
    fn a_scan_shows_its_permit_and_what_came_of_it() {
        let mut snapshot = sample::snapshot();
        snapshot.scans = vec![ScanSummary {
            run: uuid::Uuid::from_u128(7),
            plan: Some("nachts".to_owned()),
            ordered_by: "anna".to_owned(),
            vantage: None,
            networks: vec!["10.20.0.0/16".parse().unwrap()],
            exclusions: vec!["10.20.30.0/24".parse().unwrap()],
            profile: "gentle".to_owned(),
            rate_pps: Some(1000),
            state: "partial".to_owned(),
            ordered_at: snapshot.stamp.as_of,
            started_at: Some(snapshot.stamp.as_of),
            finished_at: Some(snapshot.stamp.as_of),
            figures: Some(ScanFigures {
                addresses: 65_280,
                answered: 41,
                ..ScanFigures::default()
            }),
            remarks: vec![ScanRemark { code: "interrupted".to_owned(), what: String::new() }],
        }];
        let lines = sample::table(&SHEET, &snapshot);
        assert_eq!(lines.len(), 1);
        let said = "partial | nachts | anna | collector | 10.20.0.0/16 | 10.20.30.0/24 | gentle";
        assert!(lines[0].contains(said), "{}", lines[0]);
        assert!(lines[0].contains("65280 | 41 | 0"), "{}", lines[0]);
        assert!(!lines[0].contains('⟨'), "{}", lines[0]);
        snapshot.scans[0].remarks =
            vec![ScanRemark { code: "of_tomorrow".to_owned(), what: "10.20.0.9".to_owned() }];
        let lines = sample::table(&SHEET, &snapshot);
        assert!(lines[0].contains("| of_tomorrow (10.20.0.9) |"), "{}", lines[0]);
    }
}
