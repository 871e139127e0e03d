//! Software: installed products over all systems, as far as names of packages tell.
//!
//! Packages of one manager that were built from one source package are one product; more is not
//! concluded from names. Which version is older is a matter of each manager's own rules and is left
//! out until those are known.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::asset::Asset;
use crate::asset::Attested;
use crate::asset::Evidence;
use crate::asset::SoftwarePackage;
use crate::export::cell::Cell;
use crate::export::common_cells::newest;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system_text;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::Stated;
use crate::export::stated::in_use;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "software",
    place: 19,
    title: "sheets-software",
    subtitle: "sheets-software-subtitle",
    empty: "sheets-empty-software",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("software.id", "sheets-column-id").width(12),
        Column::computed("software.product", "sheets-column-product").width(26),
        Column::agent("software.publisher", "sheets-column-publisher").width(28).wrapped(),
        Column::agent("software.versions", "sheets-column-versions").width(24).wrapped(),
        Column::computed("software.packages", "sheets-column-packages").number().width(10),
        Column::computed("software.system_count", "sheets-column-installations").number().width(12),
        Column::agent("software.systems", "sheets-column-members").width(28).wrapped(),
        Column::agent("software.category", "sheets-column-category").width(16),
        Column::agent("software.manager", "sheets-column-manager").width(12),
        Column::computed("software.applications", "register-process-applications")
            .width(14)
            .wrapped(),
        Column::by_hand("software.approved", "sheets-column-approved")
            .list(List::YesNoCheck)
            .width(12),
        Column::computed("software.support_end", "sheets-column-support-end").width(14),
        Column::by_hand("software.needs_licence", "sheets-column-needs-licence")
            .list(List::YesNoCheck)
            .width(12),
        Column::by_hand("software.remark", "sheets-column-remark").width(28).wrapped(),
    ],
    rows: Rows::Together(rows),
    gaps: |view| gaps_of(view, &["software.dpkg"]),
};

#[derive(Default)]
struct Product<'a> {
    packages: BTreeSet<&'a str>,
    publishers: BTreeSet<&'a str>,
    versions: BTreeSet<&'a str>,
    categories: BTreeSet<&'a str>,
    systems: BTreeMap<&'a str, &'a Asset>,
    newest: Option<&'a Evidence>,
}

fn rows(view: &View<'_>) -> Vec<Row> {
    let mut products: BTreeMap<(&str, &str), Product<'_>> = BTreeMap::new();
    for asset in in_use(&view.snapshot().assets) {
        for package in &asset.software {
            let SoftwarePackage { source_name, name, manager, .. } = &package.value;
            let name = source_name.as_deref().unwrap_or(name);
            products.entry((name, manager)).or_default().add(asset, package);
        }
    }
    let stated = Stated::of(&view.snapshot().register);
    products
        .iter()
        .map(|((name, manager), product)| row(view, &stated, name, manager, product))
        .collect()
}

impl<'a> Product<'a> {
    fn add(&mut self, asset: &'a Asset, attested: &'a Attested<SoftwarePackage>) {
        let package = &attested.value;
        self.newest = newest(self.newest, &attested.evidence);
        self.packages.insert(&package.name);
        self.publishers.extend(package.publisher.as_deref().and_then(name_alone));
        self.versions.insert(&package.version);
        self.categories.extend(package.category.as_deref());
        self.systems.insert(&asset.label.0, asset);
    }
}

/// A maintainer without the mail address behind the name (Debian Policy §5.6.2): nobody needs it
/// here, and it belongs to a person.
fn name_alone(publisher: &str) -> Option<&str> {
    let name = publisher.split('<').next().unwrap_or_default().trim();
    (!name.is_empty() && !name.contains('@')).then_some(name)
}

fn row(
    view: &View<'_>,
    stated: &Stated<'_>,
    name: &str,
    manager: &str,
    product: &Product<'_>,
) -> Row {
    let id = row_id('W', &[manager, name]);
    let texts = |texts: &BTreeSet<&str>| {
        if texts.is_empty() {
            Cell::unknown(view.text("sheets-reason-not-stated"))
        } else {
            some_lines(view, texts.iter().map(|it| (*it).to_owned()))
        }
    };
    let applications: BTreeSet<&str> =
        product.packages.iter().flat_map(|it| stated.applications_of_package(it)).collect();
    let cells = vec![
        Cell::text(id.as_str()),
        Cell::text(name),
        texts(&product.publishers),
        texts(&product.versions),
        Cell::count(product.packages.len()),
        Cell::count(product.systems.len()),
        some_lines(view, product.systems.values().map(|it| system_text(it))),
        texts(&product.categories),
        Cell::text(manager),
        if view.snapshot().register.application.is_empty() {
            Cell::no_data()
        } else {
            Cell::lines(applications.into_iter().map(str::to_owned))
        },
        Cell::open(),
        Cell::not_assessed(),
        Cell::open(),
        Cell::open(),
    ];
    let row = Row::new(id, cells);
    match product.newest {
        Some(evidence) => row.resting_on(evidence),
        None => row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    fn lines(snapshot: &crate::export::Snapshot) -> Vec<String> {
        let lines = sample::table(&SHEET, snapshot);
        lines.iter().map(|it| it.split_once(" | ").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn a_product_gathers_versions_and_systems() {
        let lines = lines(&sample::snapshot());
        let names: Vec<&str> = lines.iter().map(|it| it.split(" | ").next().unwrap()).collect();
        assert_eq!(names, ["erp-client-core", "firmware-misc", "libssl3", "nginx"]);
        assert_eq!(
            lines[2],
            "libssl3 | Debian Maintainers | 3.0.14-1; 3.0.15-1 | 1 | 2 | \
             S-7K2QD srv-erp; S-9M4TX PC-BUE-01 | net | dpkg | none | _ | not assessed | _ | _"
        );
        assert!(lines[3].contains("| dpkg | A001 |"), "{lines:?}");
    }

    #[test]
    fn packages_of_one_source_are_one_product() {
        let mut snapshot = sample::snapshot();
        for package in &mut snapshot.assets[0].software {
            package.value.source_name = Some("one".to_owned());
        }
        snapshot.assets.truncate(1);
        let lines = lines(&snapshot);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("| 3 | 1 |"), "{lines:?}");
    }

    #[test]
    fn a_publisher_is_a_name_without_an_address() {
        for (publisher, name) in [
            ("Debian Maintainers <a@example.org>", Some("Debian Maintainers")),
            ("Example Ltd.", Some("Example Ltd.")),
            ("<a@example.org>", None),
            ("a@example.org", None),
            (" ", None),
        ] {
            assert_eq!(name_alone(publisher), name, "{publisher}");
        }
    }

    #[test]
    fn a_system_without_this_manager_is_told() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::English);
        assert_eq!(
            (SHEET.gaps)(&view),
            ["1 of 3 systems (S-B5WZ3): packages (dpkg): not present there"]
        );
    }
}
