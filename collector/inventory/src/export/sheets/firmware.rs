//! Firmware and end of support: every level that was read, and the operating systems.

use crate::asset::Asset;
use crate::asset::Attested;
use crate::asset::FirmwareLevel;
use crate::asset::OperatingSystemDescription;
use crate::export::cell::Cell;
use crate::export::common_cells::system;
use crate::export::common_cells::system_name;
use crate::export::list::List;
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
    key: "firmware",
    place: 22,
    title: "sheets-firmware",
    subtitle: "sheets-firmware-subtitle",
    empty: "sheets-empty-firmware",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("firmware.id", "sheets-column-id").width(12),
        Column::key("firmware.system", "sheets-column-system").width(10),
        Column::agent("firmware.system_name", "sheets-column-name").width(18),
        Column::agent("firmware.component", "sheets-column-component").width(20),
        Column::agent("firmware.device", "sheets-column-device").width(22),
        Column::agent("firmware.vendor", "sheets-column-manufacturer").width(20),
        Column::agent("firmware.version", "sheets-column-version").width(20),
        Column::agent("firmware.released_on", "sheets-column-released-on").date().width(12),
        Column::computed("firmware.newest", "sheets-column-newest").width(14),
        Column::computed("firmware.support_end", "sheets-column-support-end").width(14),
        Column::computed("firmware.security_support_end", "sheets-column-security-end").width(14),
        Column::computed("firmware.days_left", "sheets-column-days-left").width(12),
        Column::by_hand("firmware.extended_support", "sheets-column-extended-support")
            .list(List::YesNo)
            .width(14),
        Column::by_hand("firmware.replacement_on", "sheets-column-replacement").date().width(14),
        Column::by_hand("firmware.remark", "sheets-column-remark").width(28).wrapped(),
    ],
    rows: Rows::Passing(rows),
    gaps: |view| {
        gaps_of(
            view,
            &[
                "hardware.smbios",
                "hardware.disks",
                "hardware.processor",
                "hardware.management_controller",
                "hardware.tpm",
                "firmware.components",
                "firmware.esrt",
                "firmware.fwupd",
                "firmware.network_adapters",
                "firmware.uefi",
                "system.operating_system",
            ],
        )
    },
};

fn rows<'v>(view: &'v View<'_>) -> PassingRows<'v> {
    Box::new(in_use(&view.snapshot().assets).flat_map(move |asset| {
        let system = asset.operating_system.iter();
        let system = system.map(move |it| operating_system(view, asset, it));
        system.chain(asset.firmware.iter().map(move |it| firmware(view, asset, it)))
    }))
}

fn operating_system(
    view: &View<'_>,
    asset: &Asset,
    system: &Attested<OperatingSystemDescription>,
) -> Row {
    let it = &system.value;
    let id = row_id('F', &[&asset.label.0, "operating_system"]);
    let name = it.name.as_ref().or(it.pretty_name.as_ref());
    let version = it.version_detail.as_ref().or(it.version.as_ref());
    let parts = Parts {
        component: view.text("sheets-component-operating-system"),
        device: text(view, name),
        vendor: Cell::unknown(view.text("sheets-reason-not-stated")),
        version: text(view, version),
        released_on: Cell::unknown(view.text("sheets-reason-not-stated")),
    };
    parts.row(view, asset, id).resting_on(&system.evidence)
}

fn firmware(view: &View<'_>, asset: &Asset, level: &Attested<FirmwareLevel>) -> Row {
    let it = &level.value;
    let device = it.device.as_deref();
    let id = row_id('F', &[&asset.label.0, &it.component, device.unwrap_or_default()]);
    let parts = Parts {
        component: component(view, &it.component),
        // A machine has one BIOS and one set of microcode: which one is not asked.
        device: device.map_or_else(Cell::nothing, Cell::text),
        vendor: text(view, it.vendor.as_ref()),
        version: text(view, it.version.as_ref()),
        released_on: it
            .released_on
            .map_or_else(|| Cell::unknown(view.text("sheets-reason-not-stated")), Cell::date),
    };
    parts.row(view, asset, id).resting_on(&level.evidence)
}

struct Parts {
    component: String,
    device: Cell,
    vendor: Cell,
    version: Cell,
    released_on: Cell,
}

impl Parts {
    fn row(self, view: &View<'_>, asset: &Asset, id: String) -> Row {
        let cells = vec![
            Cell::text(id.as_str()),
            system(asset),
            system_name(view, asset),
            Cell::text(self.component),
            self.device,
            self.vendor,
            self.version,
            self.released_on,
            Cell::no_data(),
            Cell::not_assessed(),
            Cell::not_assessed(),
            Cell::not_assessed(),
            Cell::open(),
            Cell::open(),
            Cell::open(),
        ];
        Row::new(id, cells)
    }
}

fn text(view: &View<'_>, text: Option<&String>) -> Cell {
    match text {
        Some(text) => Cell::text(text.as_str()),
        None => Cell::unknown(view.text("sheets-reason-not-stated")),
    }
}

fn component(view: &View<'_>, component: &str) -> String {
    let key = format!("sheets-component-{}", component.replace('_', "-"));
    if view.wording().has(&key) { view.text(&key) } else { component.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn levels_are_listed_and_their_end_of_support_is_not_assessed() {
        let lines = sample::table(&SHEET, &sample::snapshot());
        let lines: Vec<&str> = lines.iter().map(|it| it.split_once(" | ").unwrap().1).collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines[0].starts_with(
                "S-7K2QD | srv-erp | Operating system | Debian GNU/Linux | unknown (The system does \
                 not state it.) | 12.8 |"
            ),
            "{lines:?}"
        );
        assert_eq!(
            lines[1],
            "S-7K2QD | srv-erp | BIOS/UEFI | none | Example BIOS | 2.17 | 5 Mar 2024 | no data | not \
             assessed | not assessed | not assessed | _ | _ | _"
        );
    }
}
