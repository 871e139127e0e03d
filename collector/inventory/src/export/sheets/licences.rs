//! Licence balance: what is installed against what the company is entitled to.
//!
//! Entitlements are not kept yet. What can be said already: which products their own package archive
//! calls not free, so that somebody should look at their terms.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::asset::Evidence;
use crate::asset::SoftwarePackage;
use crate::export::cell::Cell;
use crate::export::common_cells::newest;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::in_use;
use crate::export::view::View;

/// Areas of package archives whose terms are not free (Debian Policy §2.2, Ubuntu's components).
const NOT_FREE_AREAS: &[&str] = &["non-free", "non-free-firmware", "restricted", "multiverse"];

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "licences",
    place: 21,
    title: "sheets-licences",
    subtitle: "sheets-licences-subtitle",
    empty: "sheets-empty-licences",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("licence.id", "sheets-column-id").width(12),
        Column::computed("licence.product", "sheets-column-product").width(28),
        Column::by_hand("licence.metric", "sheets-column-metric").list(List::Metric).width(16),
        Column::by_hand("licence.entitled", "sheets-column-entitled")
            .number()
            .mandatory()
            .width(12),
        Column::computed("licence.installed", "sheets-column-installed").number().width(12),
        Column::computed("licence.balance", "sheets-column-balance").number().width(12),
        Column::by_hand("licence.proof", "sheets-column-proof").mandatory().width(16),
        Column::by_hand("licence.cost_per_year_eur", "sheets-column-cost").number().width(12),
        Column::by_hand("licence.runs_until", "sheets-column-runs-until").date().width(12),
        Column::by_hand("licence.key_kept", "sheets-column-key-kept").list(List::YesNo).width(12),
        Column::computed("licence.hint", "sheets-column-hint").width(34).wrapped(),
        Column::by_hand("licence.owner", "sheets-column-owner").list(List::Role).width(22),
    ],
    rows: Rows::Together(rows),
    gaps: |view| {
        let mut gaps = vec![view.text("sheets-licences-not-recognised")];
        gaps.extend(gaps_of(view, &["software.dpkg"]));
        gaps
    },
};

/// A product that its archive calls not free.
#[derive(Default)]
struct Product<'a> {
    systems: BTreeSet<&'a str>,
    areas: BTreeSet<&'a str>,
    newest: Option<&'a Evidence>,
}

fn rows(view: &View<'_>) -> Vec<Row> {
    let mut products: BTreeMap<(&str, &str), Product<'_>> = BTreeMap::new();
    for asset in in_use(&view.snapshot().assets) {
        for attested in &asset.software {
            let package = &attested.value;
            let Some(area) = not_free_area(package) else { continue };
            let name = package.source_name.as_deref().unwrap_or(&package.name);
            let product = products.entry((name, &package.manager)).or_default();
            product.systems.insert(&asset.label.0);
            product.areas.insert(area);
            product.newest = newest(product.newest, &attested.evidence);
        }
    }
    products.iter().map(|((name, manager), it)| row(view, name, manager, it)).collect()
}

fn not_free_area(package: &SoftwarePackage) -> Option<&str> {
    let (area, _) = package.category.as_deref()?.split_once('/')?;
    NOT_FREE_AREAS.contains(&area).then_some(area)
}

fn row(view: &View<'_>, name: &str, manager: &str, product: &Product<'_>) -> Row {
    let id = row_id('L', &[manager, name]);
    let areas = product.areas.iter().copied().collect::<Vec<_>>().join(", ");
    let hint = view.wording().text_with("sheets-licences-hint", &[("area", areas.into())]);
    let cells = vec![
        Cell::text(id.as_str()),
        Cell::text(name),
        Cell::open(),
        Cell::open(),
        Cell::count(product.systems.len()),
        Cell::no_data(),
        Cell::open(),
        Cell::open(),
        Cell::open(),
        Cell::open(),
        Cell::text(hint),
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

    #[test]
    fn only_what_its_archive_calls_not_free_is_proposed_and_nothing_is_balanced() {
        let lines = sample::table(&SHEET, &sample::snapshot());
        assert_eq!(lines.len(), 1);
        let (_, line) = lines[0].split_once(" | ").unwrap();
        assert!(
            line.starts_with("firmware-misc | _ | _ | 1 | no data | _ | _ | _ | _ | "),
            "{line}"
        );
        assert!(line.contains("non-free-firmware"), "{line}");
    }

    #[test]
    fn that_commercial_products_are_not_recognised_is_said() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::German);
        assert!((SHEET.gaps)(&view)[0].contains("nicht erkannt"));
    }
}
