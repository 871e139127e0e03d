//! Software per system: every installed package under the package manager's own name.

use crate::asset::Asset;
use crate::asset::Attested;
use crate::asset::SoftwarePackage;
use crate::export::cell::Cell;
use crate::export::common_cells::system;
use crate::export::common_cells::system_name;
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

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "software_per_system",
    place: 20,
    title: "sheets-software-per-system",
    subtitle: "sheets-software-per-system-subtitle",
    empty: "sheets-empty-software",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("installation.id", "sheets-column-id").width(12),
        Column::key("installation.system", "sheets-column-system").width(10),
        Column::agent("installation.system_name", "sheets-column-name").width(18),
        Column::agent("installation.package", "sheets-column-package").width(34),
        Column::agent("installation.version", "sheets-column-version").width(28),
        Column::agent("installation.architecture", "sheets-column-architecture").width(12),
        Column::agent("installation.source_package", "sheets-column-source-package").width(24),
        Column::agent("installation.manager", "sheets-column-manager").width(12),
        Column::agent("installation.installed_at", "sheets-column-installed-at")
            .instant()
            .width(17),
        Column::agent("installation.place", "sheets-column-place").width(30).wrapped(),
    ],
    rows: Rows::Passing(rows),
    gaps: |view| gaps_of(view, &["software.dpkg"]),
};

fn rows<'v>(view: &'v View<'_>) -> PassingRows<'v> {
    Box::new(in_use(&view.snapshot().assets).flat_map(move |asset| {
        let row = move |it: &Attested<_>| row(view, asset, &it.value).resting_on(&it.evidence);
        asset.software.iter().map(row)
    }))
}

fn row(view: &View<'_>, asset: &Asset, package: &SoftwarePackage) -> Row {
    let architecture = package.architecture.as_deref();
    // The version is part of it: some managers keep several versions of a package side by side.
    let mut parts: Vec<&str> = vec![
        &asset.label.0,
        &package.manager,
        &package.name,
        architecture.unwrap_or_default(),
        &package.version,
    ];
    // And so is the place, where there are several copies of one version.
    parts.extend(package.place.as_deref());
    let id = row_id('I', &parts);
    let not_stated = || Cell::unknown(view.text("sheets-reason-not-stated"));
    let cells = vec![
        Cell::text(id.as_str()),
        system(asset),
        system_name(view, asset),
        Cell::text(package.name.as_str()),
        Cell::text(package.version.as_str()),
        architecture.map_or_else(not_stated, Cell::text),
        // A package without a source package of another name was built from one of its own name.
        Cell::text(package.source_name.as_deref().unwrap_or(&package.name)),
        Cell::text(package.manager.as_str()),
        // dpkg states none for any package: a reason in every row would only be noise.
        package.installed_at.map_or_else(Cell::no_data, Cell::instant),
        // What belongs to the whole system has none.
        package.place.as_deref().map_or_else(Cell::no_data, Cell::text),
    ];
    Row::new(id, cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn every_package_stands_under_its_own_name() {
        let lines = sample::table(&SHEET, &sample::snapshot());
        assert_eq!(lines.len(), 5);
        assert!(
            lines[1].ends_with(
                "| S-7K2QD | srv-erp | nginx | 1.22.1-9 | amd64 | nginx | dpkg | no data | no data"
            ),
            "{lines:?}"
        );
    }

    #[test]
    fn two_versions_or_places_side_by_side_are_several_rows() {
        let mut snapshot = sample::snapshot();
        let mut other = snapshot.assets[0].software[0].clone();
        other.value.version = "9".to_owned();
        snapshot.assets[0].software.push(other.clone());
        for place in ["/opt/a", "/opt/b"] {
            other.value.place = Some(place.to_owned());
            snapshot.assets[0].software.push(other.clone());
        }
        let view = sample::view(&snapshot, wording::Language::German);
        let mut ids: Vec<String> = view.rows(&SHEET).iter().map(|it| it.id.clone()).collect();
        let rows = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), rows);
    }

    #[test]
    fn hostile_names_stay_as_they_are() {
        let mut snapshot = sample::snapshot();
        snapshot.assets[0].software[0].value.name = sample::HOSTILE.to_owned();
        let name = sample::cell(&SHEET, &snapshot, sample::HOSTILE, "installation.package");
        assert_eq!(name, sample::HOSTILE);
    }
}
