//! Disks with model, serial number and firmware, from `/sys/block`.
//!
//! Loop devices, RAM disks, device-mapper and RAID volumes, partitions of flash chips and empty
//! card readers are no disks of their own.

mod ata;

use observation::latest::{
    Absent, Cadence, Disk, Fact, Firmware, FirmwareComponent, Gap, Platform, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::attribute::Attributes;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Disks with model, serial number and firmware.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.disks"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const BLOCK_FOLDER: &str = "/sys/block";
/// The kernel counts in sectors of 512 bytes whatever the disk does.
const SECTOR_BYTES: u64 = 512;
/// Largest page of vital product data (SPC-5): a length of 16 bits behind 4 bytes.
const PAGE_BYTES_MAX: u64 = 4 + 65_535;
/// Optical and floppy drives: they hold media, they are no disks.
const DRIVES_WITHOUT_DISK: [&str; 2] = ["sr", "fd"];
/// Identifiers that name a disk in the world (`t10.` only repeats maker, model and serial).
const WORLD_WIDE_PREFIXES: [&str; 3] = ["naa.", "eui.", "uuid."];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(BLOCK_FOLDER)?;
    let mut found = Found::default();
    for name in names {
        let Ok(target) = context.host.link(&format!("{BLOCK_FOLDER}/{name}")) else { continue };
        let Some(bus) = bus(&name, &target) else { continue };
        let mut attributes = Attributes::new(context.host);
        if let Some(disk) = disk(context.host, &mut attributes, name, bus) {
            found.facts.extend(firmware(&disk).map(Fact::Firmware));
            found.facts.push(Fact::Disk(disk));
            found.gaps.append(&mut attributes.gaps);
        }
    }
    Ok(found)
}

/// How the device is attached, by its place in the device tree; none where it is no disk.
fn bus(name: &str, target: &str) -> Option<&'static str> {
    let letters = name.trim_end_matches(|it: char| it.is_ascii_digit());
    let is_part_of_flash = name.contains("boot") || name.ends_with("rpmb");
    if DRIVES_WITHOUT_DISK.contains(&letters) || is_part_of_flash {
        return None;
    }
    // With multipath the head of an NVMe disk stands below "virtual" all the same.
    if target.contains("/nvme") {
        return Some("nvme");
    }
    if target.contains("/devices/virtual/") {
        return None;
    }
    let has = |part: &str| target.contains(part);
    Some(match () {
        () if has("/usb") => "usb",
        () if has("/virtio") => "virtio",
        () if has("/mmc_host") => "mmc",
        () if has("/session") => "iscsi",
        () if has("/ata") => "sata",
        () if has("/vbd-") => "xen",
        () => "scsi",
    })
}

fn disk(
    host: &dyn Host,
    attributes: &mut Attributes<'_>,
    name: String,
    bus: &'static str,
) -> Option<Disk> {
    let folder = format!("{BLOCK_FOLDER}/{name}");
    let flag = |file: &str| host.line(&format!("{folder}/{file}")).map(|it| it == "1");
    // Paths to a disk that is shown as one head are hidden; a reader without a card has no size.
    if flag("hidden") == Some(true) {
        return None;
    }
    let sectors: Option<u64> = host.line(&format!("{folder}/size")).and_then(|it| it.parse().ok());
    let is_medium_removable = flag("removable");
    if sectors == Some(0) && is_medium_removable == Some(true) {
        return None;
    }
    let is_virtual = matches!(bus, "virtio" | "xen");
    let mut disk = Disk {
        model: None,
        serial: None,
        world_wide_name: None,
        firmware: None,
        size_bytes: sectors.filter(|it| *it > 0).and_then(|it| it.checked_mul(SECTOR_BYTES)),
        bus: Some(bus.to_owned()),
        // What a virtual disk says of platters is the default of its driver.
        is_rotational: if is_virtual { None } else { flag("queue/rotational") },
        is_removable: is_medium_removable.map(|it| it || bus == "usb"),
        name,
    };
    match bus {
        "virtio" | "xen" => attributes.gaps.push(no_serial_of_its_own(&disk.name)),
        "nvme" => name_nvme(attributes, &mut disk, &folder),
        "mmc" => name_mmc(attributes, &mut disk, &folder),
        _ => name_scsi(host, attributes, &mut disk, &folder),
    }
    Some(disk)
}

/// What such a disk calls its serial is a name that the hypervisor gave, and often the same on
/// every guest.
fn no_serial_of_its_own(name: &str) -> Gap {
    Gap {
        field: "disk.serial".to_owned(),
        of: Some(name.to_owned()),
        reason: Absent::NotLookedAt { why: "virtual_disk".to_owned(), what: name.to_owned() },
    }
}

fn name_nvme(attributes: &mut Attributes<'_>, disk: &mut Disk, folder: &str) {
    let of = Some(disk.name.as_str());
    disk.model = attributes.line(&format!("{folder}/device/model"), "disk.model", of);
    disk.serial = attributes.line(&format!("{folder}/device/serial"), "disk.serial", of);
    disk.firmware = attributes.line(&format!("{folder}/device/firmware_rev"), "disk.firmware", of);
    let name = attributes.line(&format!("{folder}/wwid"), "disk.world_wide_name", of);
    disk.world_wide_name = name.filter(|it| is_world_wide(it));
}

fn name_mmc(attributes: &mut Attributes<'_>, disk: &mut Disk, folder: &str) {
    let of = Some(disk.name.as_str());
    disk.model = attributes.line(&format!("{folder}/device/name"), "disk.model", of);
    disk.serial = attributes.line(&format!("{folder}/device/serial"), "disk.serial", of);
    disk.firmware = attributes.line(&format!("{folder}/device/fwrev"), "disk.firmware", of);
}

fn name_scsi(host: &dyn Host, attributes: &mut Attributes<'_>, disk: &mut Disk, folder: &str) {
    let of = Some(disk.name.as_str());
    let vendor = attributes.line(&format!("{folder}/device/vendor"), "disk.model", of);
    let model = attributes.line(&format!("{folder}/device/model"), "disk.model", of);
    disk.model = match vendor.as_deref() {
        // "ATA" is the translation layer's word, not a maker.
        Some("ATA") | None => model,
        Some(vendor) => {
            Some(model.map_or_else(|| vendor.to_owned(), |it| format!("{vendor} {it}")))
        }
    };
    disk.firmware = attributes.line(&format!("{folder}/device/rev"), "disk.firmware", of);
    let name = attributes.line(&format!("{folder}/device/wwid"), "disk.world_wide_name", of);
    disk.world_wide_name = name.filter(|it| is_world_wide(it));
    let page =
        |number: &str| host.bytes(&format!("{folder}/device/vpd_pg{number}"), PAGE_BYTES_MAX);
    match page("80") {
        Ok(page) => disk.serial = unit_serial(&page),
        Err(reason @ Absent::NotAllowed { .. }) => {
            let of = Some(disk.name.clone());
            attributes.gaps.push(Gap { field: "disk.serial".to_owned(), of, reason });
        }
        Err(_) => {}
    }
    // The SCSI view of an ATA disk cuts firmware to four and the model to sixteen characters.
    if let Some(identity) = page("89").ok().as_deref().and_then(ata::identity) {
        disk.model = identity.model.or(disk.model.take());
        disk.firmware = identity.firmware.or(disk.firmware.take());
        disk.serial = identity.serial.or(disk.serial.take());
    }
}

/// The unit serial number page of SPC-5 §7.7.22: a length in bytes 2 and 3, then text.
fn unit_serial(page: &[u8]) -> Option<String> {
    let length = u16::from_be_bytes([*page.get(2)?, *page.get(3)?]);
    let rest = page.get(4..)?;
    let text = rest.get(..usize::from(length)).unwrap_or(rest);
    Some(printable(&String::from_utf8_lossy(text))).filter(|it| !it.is_empty())
}

fn is_world_wide(name: &str) -> bool {
    WORLD_WIDE_PREFIXES.iter().any(|it| name.starts_with(it))
}

fn firmware(disk: &Disk) -> Option<Firmware> {
    Some(Firmware {
        component: FirmwareComponent::Disk,
        device: Some(disk.name.clone()),
        vendor: None,
        version: Some(disk.firmware.clone()?),
        revision: None,
        released_on: None,
    })
}

#[cfg(test)]
mod tests;
