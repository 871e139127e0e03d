//! Connections: who was seen to talk to whom.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::export::cell::Cell;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system_text;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::relation::End;
use crate::export::relation::Relation;
use crate::export::relation::relations;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "connections",
    place: 17,
    title: "sheets-connections",
    subtitle: "sheets-connections-subtitle",
    empty: "sheets-empty-connections",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("connection.id", "sheets-column-id").width(12),
        Column::by_hand("connection.name", "sheets-column-label").width(22).wrapped(),
        Column::agent("connection.from", "sheets-column-from").width(24).wrapped(),
        Column::computed("connection.from_zone", "sheets-column-from-zone").width(16),
        Column::agent("connection.to", "sheets-column-to").width(24).wrapped(),
        Column::computed("connection.to_zone", "sheets-column-to-zone").width(16),
        Column::agent("connection.service", "sheets-column-service-port").width(13),
        Column::agent("connection.from_program", "sheets-column-from-program").width(18).wrapped(),
        Column::agent("connection.to_program", "sheets-column-to-program").width(18).wrapped(),
        Column::computed("connection.encryption", "sheets-column-encryption").width(14),
        Column::computed("connection.leaves_the_company", "sheets-column-outside")
            .list(List::YesNo)
            .width(15),
        Column::computed("connection.criteria", "sheets-column-criteria").width(14),
        Column::computed("connection.confidentiality", "register-process-confidentiality")
            .width(14),
        Column::computed("connection.integrity", "register-process-integrity").width(14),
        Column::computed("connection.availability", "register-process-availability").width(14),
        Column::agent("connection.observers", "sheets-column-observers").number().width(12),
        Column::by_hand("connection.wanted", "sheets-column-wanted")
            .list(List::YesNoCheck)
            .mandatory()
            .width(12),
        Column::by_hand("connection.reason", "sheets-column-reason").width(28).wrapped(),
        Column::agent("connection.first_seen_at", "sheets-column-first-seen").instant().width(17),
        Column::agent("connection.last_seen_at", "sheets-column-last-seen").instant().width(17),
    ],
    rows: Rows::Together(rows),
    gaps: |view| gaps_of(view, &["network.connections"]),
};

/// Known systems first, by label; then addresses; the internet last.
fn rows(view: &View<'_>) -> Vec<Row> {
    let place = |end: &End| {
        let rank = match end {
            End::Asset(_) => 0,
            End::Address(_) => 1,
            End::Outside => 2,
        };
        (rank, name(view, end))
    };
    let mut relations = relations(view);
    relations
        .sort_by_cached_key(|it| (place(&it.from), place(&it.to), it.transport.clone(), it.port));
    relations.iter().map(|it| row(view, it)).collect()
}

fn row(view: &View<'_>, relation: &Relation) -> Row {
    let id = id(view, relation);
    let unseen = || Cell::unknown(view.text("sheets-reason-program-unseen"));
    let programs = |names: &BTreeSet<String>| {
        if names.is_empty() { unseen() } else { some_lines(view, names.iter().cloned()) }
    };
    let cells = vec![
        Cell::text(id.as_str()),
        Cell::open(),
        end(view, &relation.from, &relation.from_addresses),
        zone(view, &relation.from, &relation.from_addresses),
        end(view, &relation.to, &relation.to_addresses),
        zone(view, &relation.to, &relation.to_addresses),
        Cell::text(format!("{}/{}", relation.transport, relation.port)),
        programs(&relation.from_programs),
        programs(&relation.to_programs),
        encryption(view, relation),
        Cell::yes_or_no(relation.leaves_the_company()),
        Cell::not_assessed(),
        Cell::not_assessed(),
        Cell::not_assessed(),
        Cell::not_assessed(),
        Cell::count(relation.observers.len()),
        Cell::open(),
        Cell::open(),
        Cell::instant(relation.first_seen_at),
        Cell::instant(relation.evidence.observed_at),
    ];
    Row::new(id, cells).resting_on(&relation.evidence)
}

fn id(view: &View<'_>, relation: &Relation) -> String {
    let (from, to) = (name(view, &relation.from), name(view, &relation.to));
    row_id('K', &[&from, &to, &relation.transport, &relation.port.to_string()])
}

/// The name of an end in ids and in the order of rows; never shown.
fn name(view: &View<'_>, end: &End) -> String {
    match end {
        End::Asset(id) => view.asset(*id).map_or_else(|| id.to_string(), |it| it.label.0.clone()),
        End::Address(address) => address.to_string(),
        End::Outside => "outside".to_owned(),
    }
}

fn end(view: &View<'_>, end: &End, addresses: &BTreeSet<IpAddr>) -> Cell {
    match end {
        End::Asset(id) => match view.asset(*id) {
            Some(asset) => {
                Cell::text(system_text(asset)).linking_to("systems", asset.label.0.as_str())
            }
            None => Cell::text(id.to_string()),
        },
        End::Address(address) => Cell::text(address.to_string()),
        End::Outside => some_lines(view, addresses.iter().map(ToString::to_string)),
    }
}

fn zone(view: &View<'_>, end: &End, addresses: &BTreeSet<IpAddr>) -> Cell {
    if *end == End::Outside {
        return Cell::text(view.text("sheets-outside"));
    }
    let zones: BTreeSet<&str> =
        addresses.iter().filter_map(|it| view.zone_of(*it)).map(|it| it.name.as_str()).collect();
    if zones.is_empty() {
        return Cell::unknown(view.text("sheets-reason-no-zone"));
    }
    Cell::lines(zones.into_iter().map(str::to_owned))
}

/// What was seen on the port that answers. A port number alone proves no encryption.
fn encryption(view: &View<'_>, relation: &Relation) -> Cell {
    let answering = match &relation.to {
        End::Asset(id) => view.asset(*id),
        End::Address(_) | End::Outside => None,
    };
    let ports = answering.map(|it| it.ports.as_slice()).unwrap_or_default();
    let mut ports = ports.iter().map(|it| &it.value);
    let is_it =
        |transport: &str, port: u16| transport == relation.transport && port == relation.port;
    let port = ports.find(|it| is_it(&it.transport, it.port) && it.encryption.is_some());
    match port.and_then(|it| it.encryption.as_deref()) {
        Some(text) => Cell::text(text),
        None => Cell::unknown(view.text("sheets-reason-encryption-unseen")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    fn lines() -> Vec<String> {
        let lines = sample::table(&SHEET, &sample::snapshot());
        lines.iter().map(|it| it.split_once(" | ").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn a_relation_between_two_systems_is_one_row() {
        assert_eq!(
            lines()[0],
            "_ | S-9M4TX PC-BUE-01 | Büro | S-7K2QD srv-erp | Server | tcp/5432 | erp | postgres | \
             unknown (Nobody has seen yet whether it is encrypted.) | no | not assessed \
             | not assessed | not assessed | not assessed | 2 | _ | _ | 20 Nov 2026 08:00 | 24 Nov \
             2026 08:00"
        );
    }

    #[test]
    fn an_unknown_peer_is_an_address_and_the_internet_is_outside() {
        let lines = lines();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].contains("| 10.20.30.9 | Maschinen | tcp/9100 | unknown ("), "{lines:?}");
        assert!(lines[1].contains("| no | not assessed"), "{lines:?}");
        assert!(
            lines[2]
                .contains("| 198.51.100.7; 203.0.113.9 | outside (internet) | tcp/443 | firefox"),
            "{lines:?}"
        );
        assert!(lines[2].contains("| yes | not assessed"), "{lines:?}");
    }

    #[test]
    fn the_id_of_a_relation_does_not_depend_on_who_saw_it() {
        let id = |snapshot: &crate::export::Snapshot| {
            let view = sample::view(snapshot, wording::Language::German);
            view.rows(&SHEET)[0].id.clone()
        };
        let mut snapshot = sample::snapshot();
        let both = id(&snapshot);
        snapshot.assets[0].partners.clear();
        assert_eq!(id(&snapshot), both);
    }

    #[test]
    fn switched_off_is_said_and_not_silent() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::English);
        let gaps = (SHEET.gaps)(&view);
        assert_eq!(
            gaps,
            [
                "1 of 3 systems (S-B5WZ3): connections: not looked at: switched off in the configuration"
            ]
        );
    }
}
