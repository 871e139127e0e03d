//! Details: what is known of a system and has no sheet of its own, one row per thing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use observation::latest::Absent;

use crate::asset::Asset;
use crate::asset::Detail;
use crate::asset::ObserverId;
use crate::asset::SourceState;
use crate::asset::SourceStatus;
use crate::export::cell::Cell;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system;
use crate::export::common_cells::system_name;
use crate::export::detail_words::field_texts;
use crate::export::detail_words::kind_text;
use crate::export::reason::gaps_of;
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

/// Sources whose gaps other sheets tell; by the beginning of their names.
const TOLD_ELSEWHERE: [&str; 10] = [
    "accounts.accounts",
    "accounts.groups",
    "certificates.",
    "configuration.",
    "hardware.disks",
    "hardware.memory",
    "hardware.processor",
    "hardware.smbios",
    "services.listeners",
    "software.dpkg",
];

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "details",
    place: 26,
    title: "sheets-details",
    subtitle: "sheets-details-subtitle",
    empty: "sheets-empty-details",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("detail.id", "sheets-column-id").width(12),
        Column::key("detail.system", "sheets-column-system").width(10),
        Column::agent("detail.system_name", "sheets-column-name").width(18),
        Column::agent("detail.kind", "sheets-column-kind").width(24).wrapped(),
        Column::agent("detail.object", "sheets-column-object").width(34).wrapped(),
        Column::agent("detail.fields", "sheets-column-said-of-it").width(60).wrapped(),
        Column::by_hand("detail.remark", "sheets-column-remark").width(28).wrapped(),
    ],
    rows: Rows::Passing(rows),
    gaps,
};

fn rows<'v>(view: &'v View<'_>) -> PassingRows<'v> {
    Box::new(in_use(&view.snapshot().assets).flat_map(move |asset| {
        // Several things of one kind may have the same name: they are counted.
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        asset.details.iter().map(move |detail| {
            let it = &detail.value;
            let object = it.object.as_deref().unwrap_or_default();
            let count = counts.entry((&it.kind, object)).or_default();
            *count += 1;
            row(view, asset, it, *count).resting_on(&detail.evidence)
        })
    }))
}

fn row(view: &View<'_>, asset: &Asset, it: &Detail, count: usize) -> Row {
    let object = it.object.as_deref().filter(|it| !it.is_empty());
    let number = if count > 1 { count.to_string() } else { String::new() };
    let parts = [asset.label.0.as_str(), &it.kind, object.unwrap_or_default(), &number];
    let id = row_id('M', &parts);
    let cells = vec![
        Cell::text(id.as_str()),
        system(asset),
        system_name(view, asset),
        Cell::text(kind_text(view.wording(), &it.kind)),
        // A host has one of it: which one is not asked.
        object.map_or_else(Cell::nothing, Cell::text),
        some_lines(view, field_texts(view.wording(), it)),
        Cell::open(),
    ];
    Row::new(id, cells)
}

/// What sources of details could not see: of those that gave some anywhere, and of those that could not
/// do their work. One that finds nothing of its kind on any system says nothing of a gap.
fn gaps(view: &View<'_>) -> Vec<String> {
    let assets = in_use(&view.snapshot().assets);
    let given = assets.clone().flat_map(|it| &it.details).map(|it| it.evidence.source.as_str());
    let states = assets.flat_map(|it| &it.sources).filter(|it| is_hindered(it));
    let hindered = states.map(|it| it.source.as_str());
    let sources: BTreeSet<&str> = given
        .chain(hindered)
        .filter(|it| !TOLD_ELSEWHERE.iter().any(|told| it.starts_with(told)))
        .collect();
    gaps_of(view, &sources.into_iter().collect::<Vec<_>>())
}

fn is_hindered(state: &SourceState) -> bool {
    let SourceStatus::Absent(reason) = &state.status else { return false };
    let is_own = matches!(state.observer, ObserverId::Agent(_));
    is_own && !matches!(reason, Absent::NotHere { .. } | Absent::NotLookedAt { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn every_thing_is_a_row_with_its_fields_in_words() {
        let lines = sample::table(&SHEET, &sample::snapshot());
        let lines: Vec<&str> = lines.iter().map(|it| it.split_once(" | ").unwrap().1).collect();
        assert_eq!(
            lines,
            [
                "S-7K2QD | srv-erp | file system | / | device: /dev/sda2; read-only: no; size: 479 GB \
                 | _",
                "S-7K2QD | srv-erp | of_tomorrow | none | colour: blue | _",
            ]
        );
    }

    #[test]
    fn things_of_one_name_have_ids_of_their_own() {
        let mut snapshot = sample::snapshot();
        let mut again = snapshot.assets[0].details[0].clone();
        again.value.fields.clear();
        snapshot.assets[0].details.push(again);
        let view = sample::view(&snapshot, wording::Language::German);
        let ids: BTreeSet<String> = view.rows(&SHEET).iter().map(|it| it.id.clone()).collect();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn what_could_not_be_read_is_told_though_it_gave_nothing() {
        let mut snapshot = sample::snapshot();
        let firewall = SourceState {
            source: observation::latest::SourceId::from_static("protection.firewall"),
            status: SourceStatus::Absent(Absent::NotAllowed {
                what: "netlink".to_owned(),
                needs: observation::latest::Privilege::Root,
            }),
            ..snapshot.assets[0].sources[0].clone()
        };
        snapshot.assets[0].sources.push(firewall);
        let view = sample::view(&snapshot, wording::Language::English);
        let gaps = (SHEET.gaps)(&view);
        let told = "1 of 3 systems (S-7K2QD): firewall: not readable, needs the rights of the \
                    administrator (root)";
        assert!(gaps.iter().any(|it| it == told), "{gaps:?}");
    }
}
