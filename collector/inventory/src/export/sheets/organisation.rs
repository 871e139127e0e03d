//! Organisation: sites, buildings, rooms and organisational units, as people state them.

use std::collections::BTreeMap;

use crate::export::cell::Cell;
use crate::export::common_cells::not_applicable;
use crate::export::common_cells::stated_yes_no;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;
use crate::export::stated::Stated;
use crate::export::stated::in_use;
use crate::export::view::View;
use crate::register::Building;
use crate::register::Register;
use crate::register::Room;
use crate::register::SecurityZone;
use crate::register::Site;
use crate::register::Unit;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "organisation",
    place: 4,
    title: "sheets-organisation",
    subtitle: "sheets-organisation-subtitle",
    empty: "sheets-empty-register",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("organisation.code", "register-site-code").width(12),
        Column::key("organisation.type", "sheets-column-type").width(20),
        Column::by_hand("organisation.name", "register-site-name").width(28).mandatory(),
        Column::by_hand("organisation.parent", "sheets-column-part-of").width(12),
        Column::by_hand("organisation.address", "register-site-address").width(32).wrapped(),
        Column::by_hand("organisation.security_zone", "register-room-security-zone")
            .list(List::SecurityZone),
        Column::by_hand("organisation.access", "register-room-access"),
        Column::by_hand("organisation.ups", "register-room-ups").list(List::YesNo).width(8),
        Column::by_hand("organisation.head", "register-unit-head").list(List::Role).width(22),
        Column::computed("organisation.systems", "sheets-column-systems").number().width(10),
        Column::by_hand("organisation.remark", "sheets-column-remark").width(30).wrapped(),
    ],
    rows: Rows::Together(rows),
    gaps: no_gaps,
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let register = &view.snapshot().register;
    let systems = systems_per_room(view);
    let in_rooms = |rooms: &mut dyn Iterator<Item = &Room>| {
        Cell::count(rooms.filter_map(|room| systems.get(room.code.as_str())).sum())
    };
    let mut rows = Vec::new();
    for it in &register.site {
        let count = in_rooms(&mut rooms_of_site(register, it));
        rows.push(site(it).row(view, register, "site", count));
    }
    for it in &register.building {
        let count = in_rooms(&mut rooms_of_building(register, it));
        rows.push(building(register, it).row(view, register, "building", count));
    }
    for it in &register.room {
        let count = in_rooms(&mut std::iter::once(it));
        rows.push(room(register, it).row(view, register, "room", count));
    }
    for it in &register.unit {
        rows.push(unit(it).row(view, register, "unit", not_applicable()));
    }
    rows
}

fn systems_per_room<'a>(view: &View<'a>) -> BTreeMap<&'a str, usize> {
    let stated = Stated::of(&view.snapshot().register);
    let mut systems = BTreeMap::new();
    for room in in_use(&view.snapshot().assets).filter_map(|it| stated.room(it)) {
        *systems.entry(room).or_default() += 1;
    }
    systems
}

fn rooms_of_building<'a>(
    register: &'a Register,
    building: &'a Building,
) -> impl Iterator<Item = &'a Room> {
    register.room.iter().filter(|room| room.building == building.code)
}

fn rooms_of_site<'a>(register: &'a Register, site: &'a Site) -> impl Iterator<Item = &'a Room> {
    let buildings = register.building.iter().filter(|it| it.site == site.code);
    buildings.flat_map(|it| rooms_of_building(register, it))
}

/// The cells in which the four kinds of entries differ.
struct Entry<'a> {
    code: &'a str,
    name: &'a str,
    parent: Cell,
    address: Cell,
    security_zone: Cell,
    access: Cell,
    ups: Cell,
    head: Cell,
}

impl<'a> Entry<'a> {
    fn new(code: &'a str, name: &'a str) -> Self {
        Self {
            code,
            name,
            parent: not_applicable(),
            address: not_applicable(),
            security_zone: not_applicable(),
            access: not_applicable(),
            ups: not_applicable(),
            head: not_applicable(),
        }
    }

    fn row(self, view: &View<'_>, register: &Register, table: &'static str, systems: Cell) -> Row {
        let id = id(register, table, self.code);
        Row::new(
            id.as_str(),
            vec![
                Cell::text(id.as_str()),
                Cell::text(view.text(&format!("register-table-{table}"))),
                Cell::text(self.name),
                self.parent,
                self.address,
                self.security_zone,
                self.access,
                self.ups,
                self.head,
                systems,
                Cell::open(),
            ],
        )
        .about(table, self.code, keys(table))
    }
}

/// The columns that are fields of an entry of this table.
fn keys(table: &str) -> &'static [(&'static str, &'static str)] {
    match table {
        "site" => &[("name", "name"), ("address", "address"), ("remark", "remark")],
        "building" => {
            &[("name", "name"), ("parent", "site"), ("address", "address"), ("remark", "remark")]
        }
        "room" => &[
            ("name", "name"),
            ("parent", "building"),
            ("security_zone", "security_zone"),
            ("access", "access"),
            ("ups", "ups"),
            ("remark", "remark"),
        ],
        _ => &[("name", "name"), ("parent", "parent"), ("head", "head"), ("remark", "remark")],
    }
}

/// The code, with the table where two tables use the same code.
fn id(register: &Register, table: &str, code: &str) -> String {
    let codes = register.site.iter().map(|it| &it.code);
    let codes = codes.chain(register.building.iter().map(|it| &it.code));
    let codes = codes.chain(register.room.iter().map(|it| &it.code));
    let mut codes = codes.chain(register.unit.iter().map(|it| &it.code)).filter(|it| *it == code);
    let is_shared = codes.nth(1).is_some();
    if is_shared { format!("{code} ({table})") } else { code.to_owned() }
}

fn site(site: &Site) -> Entry<'_> {
    let address = Cell::stated(site.address.as_deref());
    Entry { address, ..Entry::new(&site.code, &site.name) }
}

fn building<'a>(register: &Register, building: &'a Building) -> Entry<'a> {
    let site = id(register, "site", &building.site);
    let parent = Cell::text(building.site.as_str()).linking_to("organisation", site);
    Entry { parent, address: Cell::open(), ..Entry::new(&building.code, &building.name) }
}

fn room<'a>(register: &Register, room: &'a Room) -> Entry<'a> {
    let building = id(register, "building", &room.building);
    let zone = room.security_zone.map(|it| match it {
        SecurityZone::Public => "public",
        SecurityZone::Internal => "internal",
        SecurityZone::Secured => "secured",
        SecurityZone::HighlySecured => "highly_secured",
    });
    Entry {
        parent: Cell::text(room.building.as_str()).linking_to("organisation", building),
        security_zone: zone.map_or_else(Cell::open, |it| Cell::choice(List::SecurityZone, it)),
        access: Cell::stated(room.access.as_deref()),
        ups: stated_yes_no(room.ups),
        ..Entry::new(&room.code, &room.name)
    }
}

fn unit(unit: &Unit) -> Entry<'_> {
    Entry {
        parent: Cell::open(),
        head: Cell::stated(unit.head.as_deref()),
        ..Entry::new(&unit.code, &unit.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn sites_buildings_rooms_and_units_stand_below_one_another() {
        assert_eq!(
            sample::table(&SHEET, &sample::snapshot()),
            [
                "ST1 | Site | Werk Chemnitz | – | Musterweg 1, 09111 Chemnitz | – | – | – | – | 2 | _",
                "GB001 | Building | Halle mit Büro | ST1 | _ | – | – | – | – | 2 | _",
                "R001 | Room | Technikraum | GB001 | – | secured | Schlüssel | yes | – | 1 | _",
                "R002 | Room | Büro | GB001 | – | _ | _ | _ | – | 1 | _",
                "OE1 | Organisational unit | Büro | _ | – | – | – | – | Büroleitung | – | _",
            ]
        );
    }

    #[test]
    fn a_code_in_two_tables_still_names_one_row() {
        let text = "[[site]]\ncode = \"A\"\nname = \"A\"\n[[unit]]\ncode = \"A\"\nname = \"B\"\n";
        let register = Register::parse(text).unwrap();
        let snapshot = crate::export::Snapshot { register, ..sample::nothing() };
        let lines = sample::table(&SHEET, &snapshot);
        assert!(lines[0].starts_with("A (site) |") && lines[1].starts_with("A (unit) |"));
    }
}
