//! IT systems: one row per asset.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::assess::Hosting;
use crate::assess::completeness;
use crate::assess::hostings;
use crate::asset::Asset;
use crate::asset::AssetId;
use crate::asset::AssetKind;
use crate::asset::Attested;
use crate::asset::Contact;
use crate::asset::DiskDescription;
use crate::asset::FirmwareLevel;
use crate::asset::Lifecycle;
use crate::asset::ObserverId;
use crate::asset::OperatingSystemDescription;
use crate::asset::ProcessorDescription;
use crate::asset::VirtualMachine;
use crate::export::cell::Cell;
use crate::export::common_cells::disk_text;
use crate::export::common_cells::memory_text;
use crate::export::common_cells::not_applicable;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system_text;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::reason::missing;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::PassingRows;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::Stated;
use crate::export::stated::addresses;
use crate::export::view::View;

const SMBIOS: &str = "hardware.smbios";
const SYSTEM: &str = "system.operating_system";
const INTERFACES: &str = "network.interfaces";

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "systems",
    place: 12,
    title: "sheets-systems",
    subtitle: "sheets-systems-subtitle",
    empty: "sheets-empty-systems",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Notes,
    columns: COLUMNS,
    rows: Rows::Passing(rows),
    gaps: |view| {
        gaps_of(
            view,
            &[
                SMBIOS,
                "hardware.processor",
                "hardware.memory",
                "hardware.disks",
                "system.host_name",
                SYSTEM,
                "system.virtualisation",
                INTERFACES,
                "accounts.accounts",
            ],
        )
    },
};

const COLUMNS: &[Column] = &[
    Column::key("system.id", "sheets-column-id").width(10),
    Column::agent("system.name", "sheets-column-name").width(18),
    Column::computed("system.kind", "sheets-column-kind").list(List::AssetKind).width(14),
    Column::by_hand("system.purpose", "sheets-column-purpose").width(24).wrapped(),
    Column::by_hand("system.group", "sheets-column-group").width(14),
    Column::agent("system.manufacturer", "sheets-column-manufacturer").width(18),
    Column::agent("system.model", "sheets-column-model").width(18),
    Column::agent("system.serial", "sheets-column-serial").width(18),
    Column::by_hand("system.inventory_number", "sheets-column-inventory-number").width(14),
    Column::agent("system.operating_system", "sheets-column-operating-system").width(28),
    Column::agent("system.version", "sheets-column-version").width(12),
    Column::agent("system.kernel", "sheets-column-kernel").width(22),
    Column::agent("system.firmware", "sheets-column-bios").width(22),
    Column::agent("system.processor", "sheets-column-processor").width(26).wrapped(),
    Column::agent("system.memory", "sheets-column-memory").width(15),
    Column::agent("system.disks", "sheets-column-disks").width(26).wrapped(),
    Column::computed("system.virtual", "sheets-column-virtual").width(14),
    Column::computed("system.runs_on", "sheets-column-runs-on").width(18).wrapped(),
    Column::agent("system.addresses", "sheets-column-addresses").width(24).wrapped(),
    Column::agent("system.macs", "sheets-column-macs").width(19).wrapped(),
    Column::computed("system.zone", "sheets-column-zone").width(16).wrapped(),
    Column::scan("system.switch_port", "sheets-column-switch-port").width(12),
    Column::by_hand("system.room", "sheets-column-room").list(List::Room).mandatory().width(10),
    Column::by_hand("system.owner", "sheets-column-owner").list(List::Role).mandatory().width(22),
    Column::by_hand("system.user_role", "sheets-column-user-role").list(List::Role).width(18),
    Column::by_hand("system.status", "sheets-column-status").list(List::Lifecycle).width(14),
    Column::by_hand("system.purchased_on", "sheets-column-purchased").date().width(12),
    Column::by_hand("system.warranty_until", "sheets-column-warranty").date().width(12),
    Column::computed("system.support_end", "sheets-column-support-end").width(14),
    Column::agent("system.administrators", "sheets-column-administrators").number().width(14),
    Column::computed("system.applications", "register-process-applications").width(20).wrapped(),
    Column::computed("system.building_blocks", "sheets-column-building-blocks").width(14),
    Column::computed("system.confidentiality", "register-process-confidentiality").width(14),
    Column::computed("system.integrity", "register-process-integrity").width(14),
    Column::computed("system.availability", "register-process-availability").width(14),
    Column::computed("system.findings", "sheets-column-findings").width(14),
    Column::computed("system.source", "sheets-column-observed-by").width(12),
    Column::computed("system.completeness", "sheets-column-completeness").number().width(16),
    Column::computed("system.first_seen_at", "sheets-column-first-seen").instant().width(17),
    Column::computed("system.last_seen_at", "sheets-column-last-seen").instant().width(17),
    Column::by_hand("system.remark", "sheets-column-remark").width(30).wrapped(),
];

fn rows<'v>(view: &'v View<'_>) -> PassingRows<'v> {
    let stated = Stated::of(&view.snapshot().register);
    let assets = &view.snapshot().assets;
    let mut hosts: BTreeMap<AssetId, Vec<Hosting>> = BTreeMap::new();
    for hosting in hostings(assets) {
        hosts.entry(hosting.guest).or_default().push(hosting);
    }
    Box::new(assets.iter().map(move |asset| {
        let hosts = hosts.get(&asset.id).map_or(&[][..], Vec::as_slice);
        row(view, &stated, asset, hosts)
    }))
}

fn row(view: &View<'_>, stated: &Stated<'_>, asset: &Asset, hosts: &[Hosting]) -> Row {
    let mut cells = names(view, asset);
    cells.extend(machine(view, asset));
    cells.push(runs_on(view, asset, hosts));
    cells.extend(place(view, stated, asset));
    cells.extend(assessment(view, stated, asset));
    Row::new(asset.label.0.as_str(), cells)
}

/// From the id to the inventory number.
fn names(view: &View<'_>, asset: &Asset) -> Vec<Cell> {
    let hardware = &asset.hardware;
    let text = |value: Option<&Attested<String>>, source, field| {
        cell(value, |it| Cell::text(it.as_str()), || missing(view, asset, source, field, None))
    };
    vec![
        Cell::text(asset.label.0.as_str()),
        text(asset.name.as_ref(), "system.host_name", "host_name"),
        cell(asset.kind.as_ref(), |it| kind(*it), || Cell::choice(List::AssetKind, "unknown")),
        Cell::open(),
        Cell::open(),
        text(hardware.manufacturer.as_ref(), SMBIOS, "system_product.manufacturer"),
        text(hardware.product.as_ref(), SMBIOS, "system_product.product"),
        text(hardware.serial.as_ref(), SMBIOS, "system_product.serial"),
        Cell::open(),
    ]
}

/// From the operating system to whether it is virtual.
fn machine(view: &View<'_>, asset: &Asset) -> Vec<Cell> {
    let absent = |source, field| missing(view, asset, source, field, None);
    let hardware = &asset.hardware;
    let system = |part: fn(&OperatingSystemDescription) -> Option<&String>, source, field| {
        let known = asset.operating_system.as_ref();
        match known.and_then(|it| Some((part(&it.value)?, &it.evidence))) {
            Some((text, evidence)) => Cell::text(text.as_str()).resting_on(evidence),
            None => absent(source, field),
        }
    };
    vec![
        system(|it| it.pretty_name.as_ref().or(it.name.as_ref()), SYSTEM, "operating_system"),
        system(
            |it| it.version_detail.as_ref().or(it.version.as_ref()),
            SYSTEM,
            "operating_system.version",
        ),
        system(|it| it.kernel.as_ref(), "system.kernel", "kernel"),
        bios(asset).unwrap_or_else(|| absent(SMBIOS, "firmware.version")),
        processors(&hardware.processors)
            .unwrap_or_else(|| absent("hardware.processor", "processor")),
        cell(
            hardware.memory_bytes.as_ref(),
            |it| Cell::text(memory_text(view, *it)),
            || absent("hardware.memory", "memory"),
        ),
        disks(view, &hardware.disks).unwrap_or_else(|| absent("hardware.disks", "disk")),
        cell(
            asset.virtual_machine.as_ref(),
            |it| virtual_machine(view, it),
            || absent("system.virtualisation", "virtualisation"),
        ),
    ]
}

/// From the addresses to the warranty.
fn place(view: &View<'_>, stated: &Stated<'_>, asset: &Asset) -> Vec<Cell> {
    let link = |text: Option<&str>, sheet| {
        text.map_or_else(Cell::open, |it| Cell::text(it).linking_to(sheet, it))
    };
    vec![
        network(view, asset, addresses(asset).iter().map(ToString::to_string)),
        network(view, asset, macs(asset)),
        zones(view, asset),
        Cell::no_data(),
        link(stated.room(asset), "organisation"),
        link(stated.owner(asset), "roles"),
        Cell::open(),
        status(asset),
        Cell::open(),
        Cell::open(),
    ]
}

/// From the end of support to the remark.
fn assessment(view: &View<'_>, stated: &Stated<'_>, asset: &Asset) -> Vec<Cell> {
    vec![
        Cell::not_assessed(),
        administrators(view, asset),
        applications(view, stated, asset),
        Cell::not_assessed(),
        Cell::not_assessed(),
        Cell::not_assessed(),
        Cell::not_assessed(),
        Cell::not_assessed(),
        observed_by(view, asset),
        completeness(asset).map_or_else(Cell::no_data, |it| Cell::number(it.percent)),
        Cell::instant(asset.first_seen_at),
        Cell::instant(asset.last_seen_at),
        Cell::open(),
    ]
}

/// A value with its evidence, or why it is missing.
fn cell<T>(
    value: Option<&Attested<T>>,
    show: impl FnOnce(&T) -> Cell,
    missing: impl FnOnce() -> Cell,
) -> Cell {
    match value {
        Some(it) => show(&it.value).resting_on(&it.evidence),
        None => missing(),
    }
}

const fn kind(kind: AssetKind) -> Cell {
    Cell::choice(List::AssetKind, kind.code())
}

const fn status(asset: &Asset) -> Cell {
    let code = match asset.lifecycle {
        Lifecycle::Operating => "operating",
        Lifecycle::Retired => "retired",
    };
    Cell::choice(List::Lifecycle, code)
}

fn bios(asset: &Asset) -> Option<Cell> {
    let level = asset.firmware.iter().find(|it| it.value.component == "bios")?;
    let FirmwareLevel { version, released_on, .. } = &level.value;
    let text = match (version, released_on) {
        (Some(version), Some(day)) => format!("{version} ({day})"),
        (Some(version), None) => version.clone(),
        (None, _) => return None,
    };
    Some(Cell::text(text).resting_on(&level.evidence))
}

fn processors(processors: &[Attested<ProcessorDescription>]) -> Option<Cell> {
    let first = processors.first()?;
    let lines: Vec<String> = processors.iter().filter_map(|it| processor(&it.value)).collect();
    (!lines.is_empty()).then(|| Cell::lines(lines).resting_on(&first.evidence))
}

fn processor(processor: &ProcessorDescription) -> Option<String> {
    let model = processor.model.clone()?;
    let sockets = processor.sockets.filter(|it| *it > 1);
    let model = sockets.map_or_else(|| model.clone(), |sockets| format!("{sockets} × {model}"));
    match (processor.cores, processor.threads) {
        (Some(cores), Some(threads)) => Some(format!("{model} ({cores}/{threads})")),
        (Some(count), None) | (None, Some(count)) => Some(format!("{model} ({count})")),
        (None, None) => Some(model),
    }
}

fn disks(view: &View<'_>, disks: &[Attested<DiskDescription>]) -> Option<Cell> {
    let first = disks.first()?;
    let lines = disks.iter().map(|it| {
        let disk = &it.value;
        let model = disk.model.as_deref().unwrap_or(&disk.name);
        let size = disk.size_bytes.map(disk_text).unwrap_or_default();
        format!("{model} {size}").trim().to_owned()
    });
    Some(some_lines(view, lines).resting_on(&first.evidence))
}

fn virtual_machine(view: &View<'_>, machine: &VirtualMachine) -> Cell {
    if !machine.is_virtual {
        return Cell::text(view.text("workbook-no"));
    }
    let yes = view.text("workbook-yes");
    Cell::text(machine.platform.as_ref().map_or_else(|| yes.clone(), |it| format!("{yes}: {it}")))
}

/// The hosts that list it as a guest under an identity that it shows itself.
fn runs_on(view: &View<'_>, asset: &Asset, hosts: &[Hosting]) -> Cell {
    let assets: Vec<&Asset> = hosts.iter().filter_map(|it| view.asset(it.host)).collect();
    let lines = || some_lines(view, assets.iter().map(|it| system_text(it)));
    match (hosts, assets.as_slice()) {
        ([hosting, ..], [only]) => {
            lines().linking_to("systems", only.label.0.as_str()).resting_on(&hosting.evidence)
        }
        ([hosting, ..], _) => lines().resting_on(&hosting.evidence),
        ([], _) => match asset.virtual_machine.as_ref().map(|it| it.value.is_virtual) {
            Some(true) => Cell::unknown(view.text("sheets-reason-no-host")),
            Some(false) => not_applicable(),
            None => Cell::no_data(),
        },
    }
}

fn macs(asset: &Asset) -> impl Iterator<Item = String> {
    let interfaces = asset.interfaces.iter().map(|it| &it.value);
    let own = interfaces.filter(|it| matches!(it.kind.as_str(), "ethernet" | "wireless"));
    let mut macs: BTreeSet<String> =
        own.filter_map(|it| it.permanent_mac.clone().or_else(|| it.mac.clone())).collect();
    for seen in asset.addresses.iter().map(|it| &it.value) {
        if let Some(mac) = &seen.mac
            && !macs.contains(mac)
        {
            let vendor = seen.mac_vendor.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
            macs.insert(format!("{mac}{vendor}"));
        }
    }
    macs.into_iter()
}

fn network(view: &View<'_>, asset: &Asset, lines: impl Iterator<Item = String>) -> Cell {
    let interfaces = asset.interfaces.first().map(|it| &it.evidence);
    match interfaces.or_else(|| asset.addresses.first().map(|it| &it.evidence)) {
        Some(evidence) => some_lines(view, lines).resting_on(evidence),
        None => missing(view, asset, INTERFACES, "interface", None),
    }
}

fn zones(view: &View<'_>, asset: &Asset) -> Cell {
    let addresses = addresses(asset);
    if addresses.is_empty() {
        return Cell::unknown(view.text("sheets-reason-no-address"));
    }
    let zones: BTreeSet<&str> =
        addresses.iter().filter_map(|it| view.zone_of(*it)).map(|it| it.name.as_str()).collect();
    if zones.is_empty() {
        return Cell::unknown(view.text("sheets-reason-no-zone"));
    }
    Cell::lines(zones.into_iter().map(str::to_owned))
}

fn administrators(view: &View<'_>, asset: &Asset) -> Cell {
    match asset.accounts.first() {
        None => missing(view, asset, "accounts.accounts", "account", None),
        Some(first) => {
            let accounts = asset.accounts.iter().map(|it| &it.value);
            let count = accounts.filter(|it| it.is_administrator == Some(true)).count();
            Cell::count(count).resting_on(&first.evidence)
        }
    }
}

fn applications(view: &View<'_>, stated: &Stated<'_>, asset: &Asset) -> Cell {
    if view.snapshot().register.application.is_empty() {
        return Cell::no_data();
    }
    let found = stated.applications_on(asset);
    if found.is_empty() {
        return Cell::unknown(view.text("sheets-reason-no-application-recognised"));
    }
    some_lines(
        view,
        found.iter().map(|it| format!("{} {}", it.application.code, it.application.name)),
    )
}

fn observed_by(view: &View<'_>, asset: &Asset) -> Cell {
    let lines: BTreeSet<String> = asset
        .members
        .iter()
        .map(|it| match it {
            ObserverId::Agent(_) => view.text("sheets-observer-agent"),
            ObserverId::Target(_) if asset.contact == Contact::Seen => {
                view.text("sheets-observer-seen")
            }
            ObserverId::Target(_) if asset.was_scanned() => view.text("sheets-observer-scan"),
            ObserverId::Target(_) => view.text("sheets-observer-neighbour"),
            ObserverId::Person(_) => view.text("sheets-observer-person"),
        })
        .collect();
    Cell::lines(lines)
}

#[cfg(test)]
mod tests {
    use observation::latest::SourceId;

    use super::*;
    use crate::export::sample;

    fn check(of: &str, key: &str, expected: &str) {
        assert_eq!(sample::cell(&SHEET, &sample::snapshot(), of, key), expected, "{of} {key}");
    }

    #[test]
    fn a_server_that_was_read_completely() {
        for (key, expected) in [
            ("system.id", "S-7K2QD"),
            ("system.name", "srv-erp"),
            ("system.kind", "Server"),
            ("system.manufacturer", "Example Computers"),
            ("system.serial", "00012345"),
            ("system.operating_system", "Debian GNU/Linux 12 (bookworm)"),
            ("system.version", "12.8"),
            ("system.firmware", "2.17 (2024-03-05)"),
            ("system.processor", "Example CPU (8/16)"),
            ("system.memory", "16 GiB"),
            ("system.disks", "Example SSD 480 GB"),
            ("system.virtual", "no"),
            ("system.runs_on", "–"),
            ("system.completeness", "100"),
            ("system.addresses", "10.20.10.5; 172.17.0.1"),
            ("system.macs", "00:25:90:aa:bb:01"),
            ("system.zone", "Server"),
            ("system.room", "R001"),
            ("system.owner", "IT-Leitung"),
            ("system.administrators", "2"),
            ("system.applications", "A001 Webauftritt; A002 Handwerker-ERP"),
            ("system.last_seen_at", "24 Nov 2026 08:00"),
        ] {
            check("srv-erp", key, expected);
        }
    }

    #[test]
    fn what_is_not_known_has_its_reason_and_is_never_no() {
        check(
            "PC-BUE-01",
            "system.serial",
            "unknown (not readable: /sys/class/dmi/id/product_serial; needs the rights of the \
             administrator (root))",
        );
        check("PC-BUE-01", "system.virtual", "unknown (No agent has read this.)");
        check("PC-BUE-01", "system.kind", "unknown");
        check(
            "PC-BUE-01",
            "system.administrators",
            "unknown (not readable: /etc/shadow; needs the rights of the administrator (root))",
        );
        check(
            sample::HOSTILE,
            "system.zone",
            "unknown (The address lies in no zone of the register.)",
        );
        check(sample::HOSTILE, "system.room", "_");
    }

    #[test]
    fn what_is_not_computed_is_not_assessed() {
        for key in
            ["system.support_end", "system.findings", "system.integrity", "system.building_blocks"]
        {
            check("srv-erp", key, "not assessed");
        }
        check("srv-erp", "system.switch_port", "no data");
    }

    #[test]
    fn values_carry_their_source() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::German);
        let rows = view.rows(&SHEET);
        let sources: Vec<&str> =
            rows[0].cells.iter().filter_map(Cell::evidence).map(|it| it.source.as_str()).collect();
        assert!(sources.contains(&"hardware.smbios") && sources.contains(&"network.interfaces"));
        assert!(sources.len() >= 15, "{sources:?}");
    }

    #[test]
    fn a_host_that_a_neighbour_sees_was_not_scanned() {
        let mut snapshot = sample::snapshot();
        let asset = snapshot.assets.iter_mut().find(|it| it.label.0 == "S-7K2QD").unwrap();
        let seen = sample::see_by_neighbour(asset);
        assert_eq!(
            sample::cell(&SHEET, &snapshot, "S-7K2QD", "system.source"),
            "agent; neighbour table"
        );
        let asset = snapshot.assets.iter_mut().find(|it| it.label.0 == "S-7K2QD").unwrap();
        let mut asked = seen;
        asked.source = SourceId::from_static("scan.arp");
        asset.sources.push(asked);
        assert_eq!(sample::cell(&SHEET, &snapshot, "S-7K2QD", "system.source"), "agent; scan");
    }
}
