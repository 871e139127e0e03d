//! Groups of like systems, as Grundschutz documents them: who belongs to which, and who confirmed it.

use std::collections::BTreeMap;

use crate::asset::Asset;
use crate::export::cell::Cell;
use crate::export::claims::claims;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system_text;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::in_use;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "groups",
    place: 13,
    title: "sheets-groups",
    subtitle: "sheets-groups-subtitle",
    empty: "sheets-empty-groups",
    rules: &[3, 5],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("group.id", "register-key-code").width(12),
        Column::by_hand("group.name", "register-key-name").wrapped().mandatory().width(28),
        Column::computed("group.count", "sheets-column-group-count").number().width(10),
        Column::computed("group.members", "sheets-column-group-members").wrapped().width(32),
        Column::computed("group.features", "sheets-column-group-features").wrapped().width(26),
        Column::computed("group.outliers", "sheets-column-group-outliers").wrapped().width(26),
        Column::by_hand("group.confirmed_by", "register-key-confirmed-by")
            .list(List::Role)
            .width(22),
        Column::by_hand("group.confirmed_on", "register-key-confirmed-on").date().width(12),
        Column::computed("group.claims", "account-claims-of").wrapped().width(34),
    ],
    rows: Rows::Together(rows),
    gaps: |view| vec![view.text("sheets-groups-gap")],
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let stated = view.stated();
    let mut groups: BTreeMap<String, Vec<&Asset>> =
        stated.entries("group").map(|(id, _)| (id.to_owned(), Vec::new())).collect();
    for asset in in_use(&view.snapshot().assets) {
        if let Some(group) = stated.value("system", &asset.label.0, "group") {
            groups.entry(group.to_text()).or_default().push(asset);
        }
    }
    groups.iter().map(|(id, members)| row(view, id, members)).collect()
}

fn row(view: &View<'_>, id: &str, members: &[&Asset]) -> Row {
    let cells = vec![
        Cell::text(id),
        Cell::open(),
        Cell::count(members.len()),
        some_lines(view, members.iter().map(|it| system_text(it))),
        Cell::not_assessed(),
        Cell::not_assessed(),
        Cell::open(),
        Cell::open(),
        claims(view, "group", id),
    ];
    Row::new(id, cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn a_group_shows_its_members_and_one_that_only_a_system_names_is_there_too() {
        let text = "[[group]]\nid = \"C001\"\nname = \"Büro\"\n\
            [[system]]\nid = \"S-7K2QD\"\ngroup = \"S001\"\n";
        let snapshot = Snapshot { register: Register::parse(text).unwrap(), ..sample::snapshot() };
        assert_eq!(
            sample::stated_table(&SHEET, &snapshot),
            [
                "C001 | Büro | 0 | none | not assessed | not assessed | _ | _ | none",
                "S001 | _ | 1 | S-7K2QD srv-erp | not assessed | not assessed | _ | _ | none",
            ]
        );
    }
}
