//! Coverage: machines that lists on systems name, beside what is recorded of them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::assess::Coverage;
use crate::assess::CoverageState;
use crate::assess::ListEntry;
use crate::assess::MatchedBy;
use crate::assess::coverage;
use crate::asset::AssetId;
use crate::export::cell::Cell;
use crate::export::common_cells::newest;
use crate::export::common_cells::not_applicable;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system_text;
use crate::export::detail_words::value_text;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;
use crate::register::Cidr;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "coverage",
    place: 37,
    title: "sheets-coverage",
    subtitle: "sheets-coverage-subtitle",
    empty: "sheets-empty-coverage",
    rules: &[2, 3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("coverage.id", "sheets-column-id").width(12),
        Column::computed("coverage.state", "sheets-column-coverage-state").width(20).wrapped(),
        Column::agent("coverage.name", "sheets-column-name").width(28).wrapped(),
        Column::agent("coverage.lists", "sheets-column-coverage-lists").width(38).wrapped(),
        Column::agent("coverage.addresses", "sheets-column-addresses").width(18).wrapped(),
        Column::agent("coverage.macs", "sheets-column-macs").width(19).wrapped(),
        Column::agent("coverage.last_seen_at", "sheets-column-coverage-last-seen")
            .instant()
            .width(17),
        Column::agent("coverage.active", "sheets-column-coverage-active").width(12),
        Column::agent("coverage.operating_system", "sheets-column-operating-system")
            .width(20)
            .wrapped(),
        Column::computed("coverage.system", "sheets-column-coverage-system").width(24).wrapped(),
        Column::computed("coverage.matched_by", "sheets-column-coverage-matched-by")
            .width(22)
            .wrapped(),
        Column::computed("coverage.scan", "sheets-column-coverage-scan").width(20).wrapped(),
        Column::by_hand("coverage.decision", "sheets-column-coverage-decision").width(28).wrapped(),
    ],
    rows: Rows::Together(rows),
    gaps,
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let machines = coverage(&view.snapshot().assets);
    let mut rows: Vec<Row> = machines.iter().map(|it| row(view, it)).collect();
    // Hardware addresses that say nothing (a placeholder) may stand at several machines: the first has it.
    let mut seen = BTreeSet::new();
    for (number, row) in rows.iter_mut().enumerate() {
        if !seen.insert(row.id.clone()) {
            row.id = row_id('Y', &[&row.id, &number.to_string()]);
            if let Some(cell) = row.cells.first_mut() {
                *cell = Cell::text(row.id.as_str());
            }
            seen.insert(row.id.clone());
        }
    }
    rows
}

fn row(view: &View<'_>, it: &Coverage) -> Row {
    let machine = &it.machine;
    let texts = |texts: &[String]| some_lines(view, texts.iter().cloned());
    let id = id(it);
    let active = machine.is_active;
    let cells = vec![
        Cell::text(id.as_str()),
        Cell::text(view.text(state_message(it.state))),
        if machine.names.is_empty() {
            Cell::unknown(view.text("sheets-reason-list-without-name"))
        } else {
            texts(&machine.names)
        },
        some_lines(view, lists(view, &machine.lists)),
        some_lines(view, machine.addresses.iter().map(ToString::to_string)),
        texts(&machine.macs),
        machine.last_seen_at.map_or_else(Cell::no_data, Cell::instant),
        active
            .map_or_else(|| Cell::unknown(view.text("sheets-reason-list-silent")), Cell::yes_or_no),
        texts(&machine.operating_systems),
        systems(view, it),
        matched_by(view, it),
        scan(view, it),
        Cell::open(),
    ];
    let row = Row::new(id, cells);
    let evidence = machine.lists.iter().map(|it| &it.evidence);
    match evidence.fold(None, |known, it| newest(known, it)) {
        Some(evidence) => row.resting_on(evidence),
        None => row,
    }
}

/// Made from what a machine keeps longest: hardware address, identity, else name with address.
fn id(it: &Coverage) -> String {
    let machine = &it.machine;
    let name = machine.names.first().map(String::as_str).unwrap_or_default();
    let address = machine.addresses.first().map(ToString::to_string).unwrap_or_default();
    match machine.macs.first().or(machine.ids.first()) {
        Some(kept) => row_id('Y', &[kept]),
        None => row_id('Y', &[name, &address]),
    }
}

const fn state_message(state: CoverageState) -> &'static str {
    match state {
        CoverageState::Missing => "assess-coverage-missing",
        CoverageState::Ambiguous => "assess-coverage-ambiguous",
        CoverageState::Possible => "assess-coverage-possible",
        CoverageState::SeenOnly => "assess-coverage-seen-only",
        CoverageState::Scanned => "assess-coverage-scanned",
        CoverageState::Reported => "assess-coverage-reported",
        CoverageState::NotExpected => "assess-coverage-not-expected",
    }
}

/// Each list once: several leases of one machine stand in the same.
fn lists(view: &View<'_>, entries: &[ListEntry]) -> Vec<String> {
    let mut lines: Vec<String> = entries
        .iter()
        .map(|it| {
            let list = value_text(view.wording(), "list", &it.list);
            let on = view.asset(it.on).map(system_text).unwrap_or_default();
            format!("{list}: {} ({on})", it.keeper)
        })
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

fn systems(view: &View<'_>, it: &Coverage) -> Cell {
    let names = |ids: &[AssetId]| {
        let assets: Vec<_> = ids.iter().filter_map(|id| view.asset(*id)).collect();
        let lines = some_lines(view, assets.iter().map(|it| system_text(it)));
        match assets.as_slice() {
            [only] => lines.linking_to("systems", only.label.0.as_str()),
            _ => lines,
        }
    };
    if it.assets.is_empty() { names(&it.possible) } else { names(&it.assets) }
}

fn matched_by(view: &View<'_>, it: &Coverage) -> Cell {
    let text = |by: &MatchedBy| {
        view.text(match by {
            MatchedBy::SystemUuid => "assess-matched-by-system-uuid",
            MatchedBy::Mac => "assess-matched-by-mac",
            MatchedBy::FullName => "assess-matched-by-full-name",
            MatchedBy::NameAndAddress => "assess-matched-by-name-and-address",
        })
    };
    match it.state {
        CoverageState::Missing | CoverageState::NotExpected => not_applicable(),
        CoverageState::Possible => Cell::text(view.text("sheets-coverage-too-little")),
        CoverageState::Ambiguous => Cell::text(view.text("sheets-coverage-several")),
        CoverageState::SeenOnly | CoverageState::Scanned | CoverageState::Reported => {
            some_lines(view, it.matched_by.iter().map(text))
        }
    }
}

/// Whether a scan asked the addresses of a machine that is not recorded.
fn scan(view: &View<'_>, it: &Coverage) -> Cell {
    if !matches!(it.state, CoverageState::Missing | CoverageState::Possible) {
        return not_applicable();
    }
    let addresses = &it.machine.addresses;
    if addresses.is_empty() {
        return Cell::unknown(view.text("sheets-reason-list-without-address"));
    }
    let was_asked = |address: &IpAddr| {
        let whole = if address.is_ipv4() { 32 } else { 128 };
        Cidr::of(*address, whole).is_some_and(|it| view.was_asked(&it))
    };
    let message = match (addresses.iter().any(was_asked), it.state) {
        (true, CoverageState::Missing) => "sheets-coverage-silent",
        (true, _) => "sheets-coverage-asked",
        (false, _) => "sheets-coverage-not-asked",
    };
    Cell::text(view.text(message))
}

fn gaps(view: &View<'_>) -> Vec<String> {
    let rows = coverage(&view.snapshot().assets);
    if rows.is_empty() {
        return vec![view.text("sheets-gap-no-lists")];
    }
    let missing = rows.iter().filter(|it| it.state == CoverageState::Missing).count();
    let arguments = [("missing", missing.into()), ("all", rows.len().into())];
    vec![
        view.wording().text_with("sheets-gap-coverage", &arguments),
        view.text("sheets-gap-coverage-lists"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn the_missing_come_first_and_what_is_recorded_names_its_system() {
        let lines = sample::table(&SHEET, &sample::snapshot());
        let lines: Vec<&str> = lines.iter().map(|it| it.split_once(" | ").unwrap().1).collect();
        assert_eq!(
            lines,
            [
                "not recorded | nb-alt.musterbau.example | DHCP lease: kea (S-7K2QD srv-erp); DNS zone: \
                 bind (S-7K2QD srv-erp) | 10.20.20.77 | 00:25:90:aa:bb:77 | 20 Nov 2026 10:30 | yes | \
                 none | none | – | not scanned | _",
                "agent reports | PC-BUE-01 | DHCP lease: kea (S-7K2QD srv-erp) | 10.20.20.11 | \
                 00:25:90:aa:bb:02 | 20 Nov 2026 10:30 | yes | none | S-9M4TX PC-BUE-01 | MAC address \
                 | – | _",
            ]
        );
    }

    #[test]
    fn without_lists_the_sheet_says_so() {
        let mut snapshot = sample::snapshot();
        snapshot.assets[0].named_machines.clear();
        let view = sample::view(&snapshot, wording::Language::English);
        assert!(view.rows(&SHEET).is_empty());
        let told =
            "No agent has read a list of machines (DHCP, DNS, directory, hypervisor, backup).";
        assert_eq!((SHEET.gaps)(&view), [told]);
    }

    #[test]
    fn machines_that_share_what_says_nothing_have_ids_of_their_own() {
        let mut snapshot = sample::snapshot();
        let lists = &mut snapshot.assets[0].named_machines;
        for name in ["a.example", "b.example", "c.example"] {
            let mut other = lists[0].clone();
            other.value.name = Some(name.to_owned());
            other.value.macs = vec!["ff:ff:ff:ff:ff:ff".to_owned()];
            other.value.addresses.clear();
            lists.push(other);
        }
        let view = sample::view(&snapshot, wording::Language::English);
        let rows = view.rows(&SHEET);
        let ids: BTreeSet<&str> = rows.iter().map(|it| it.id.as_str()).collect();
        assert_eq!((ids.len(), rows.len()), (5, 5));
    }

    #[test]
    fn what_is_missing_is_counted() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::English);
        let gaps = (SHEET.gaps)(&view);
        let told = "1 of 2 machines that lists name are not recorded.";
        assert_eq!(gaps.first().map(String::as_str), Some(told));
    }

    #[test]
    fn an_address_that_was_scanned_in_vain_is_told() {
        let mut snapshot = sample::snapshot();
        snapshot.scans = vec![sample::complete_scan("10.20.20.0/24", snapshot.stamp.as_of)];
        let scan = sample::cell(&SHEET, &snapshot, "nb-alt", "coverage.scan");
        assert_eq!(scan, "scanned, no answer");
    }
}
