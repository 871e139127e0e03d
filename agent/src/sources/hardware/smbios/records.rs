//! What the structures say (DSP0134 §7).

use std::collections::BTreeSet;

use jiff::civil::Date;
use observation::latest::{
    Absent, BaseBoard, Chassis, Complaint, Fact, Firmware, FirmwareComponent, Gap, MemoryModule,
    SystemProduct,
};
use uuid::Uuid;

use super::table::{Structure, Version};
use super::{TABLE_PATH, host_interface, parts, sensors};
use crate::sources::Found;

const BIOS: u8 = 0;
const SYSTEM: u8 = 1;
const BOARD: u8 = 2;
const CHASSIS: u8 = 3;
const PROCESSOR: u8 = 4;
const CACHE: u8 = 7;
const PORT_CONNECTOR: u8 = 8;
const SLOT: u8 = 9;
const ONBOARD_DEVICES: u8 = 10;
const MEMORY_ARRAY: u8 = 16;
const MEMORY_DEVICE: u8 = 17;
const BATTERY: u8 = 22;
const VOLTAGE_PROBE: u8 = 26;
const COOLING_DEVICE: u8 = 27;
const MANAGEMENT: u8 = 38;
const POWER_SUPPLY: u8 = 39;
const ONBOARD_DEVICE: u8 = 41;
const MANAGEMENT_INTERFACE: u8 = 42;
const TRUSTED_PLATFORM_MODULE: u8 = 43;
const FIRMWARE: u8 = 45;
/// From this version on, the first three fields of the UUID are little-endian (§7.2.1).
const UUID_IS_MIXED_FROM: Version = Version { major: 2, minor: 6 };
/// The lock bit of the chassis type (§7.4.1).
const CHASSIS_LOCK_BIT: u8 = 0x80;
/// A release number that the firmware does not use (§7.1).
const RELEASE_UNUSED: u8 = 0xff;
pub(super) const KIB: u64 = 1024;
const MIB: u64 = 1024 * 1024;

/// Adds what one structure says.
pub(super) fn read(structure: &Structure<'_>, version: Option<Version>, found: &mut Found) {
    match structure.kind {
        BIOS => bios(structure, found),
        SYSTEM => found.facts.push(Fact::SystemProduct(system(structure, version))),
        BOARD => found.facts.push(Fact::BaseBoard(BaseBoard {
            manufacturer: structure.text(0x04),
            product: structure.text(0x05),
            version: structure.text(0x06),
            serial: structure.text(0x07),
            asset_tag: structure.text(0x08),
        })),
        CHASSIS => found.facts.push(Fact::Chassis(chassis(structure))),
        MEMORY_DEVICE => memory_module(structure, found),
        TRUSTED_PLATFORM_MODULE => parts::trusted_platform_module(structure, found),
        _ => found.facts.extend(part(structure)),
    }
}

fn part(structure: &Structure<'_>) -> Vec<Fact> {
    vec![match structure.kind {
        PROCESSOR => Fact::ProcessorSocket(parts::processor(structure)),
        CACHE => Fact::ProcessorCache(parts::cache(structure)),
        PORT_CONNECTOR => Fact::PortConnector(parts::port(structure)),
        SLOT => Fact::ExpansionSlot(parts::slot(structure)),
        ONBOARD_DEVICES => {
            let devices = parts::onboard_list(structure).into_iter();
            return devices.map(Fact::OnboardDevice).collect();
        }
        MEMORY_ARRAY => Fact::MemoryArray(parts::memory_array(structure)),
        BATTERY => Fact::Battery(parts::battery(structure)),
        VOLTAGE_PROBE => Fact::VoltageProbe(sensors::voltage(structure)),
        COOLING_DEVICE => Fact::CoolingDevice(sensors::cooling(structure)),
        MANAGEMENT => Fact::ManagementController(parts::management(structure)),
        POWER_SUPPLY => Fact::PowerSupply(parts::power_supply(structure)),
        ONBOARD_DEVICE => Fact::OnboardDevice(parts::onboard(structure)),
        MANAGEMENT_INTERFACE => Fact::ManagementInterface(host_interface::read(structure)),
        FIRMWARE => Fact::Firmware(parts::firmware(structure)),
        _ => return Vec::new(),
    }]
}

fn chassis(structure: &Structure<'_>) -> Chassis {
    // The list of what is in the enclosure stands before the last field (§7.4).
    let elements = structure.byte(0x13).zip(structure.byte(0x14));
    let elements = elements.map(|(count, bytes)| usize::from(count) * usize::from(bytes));
    Chassis {
        manufacturer: structure.text(0x04),
        version: structure.text(0x06),
        sku: elements.and_then(|bytes| structure.text(0x15 + bytes)),
        height_units: structure.byte(0x11).filter(|it| *it != 0),
        power_cords: structure.byte(0x12).filter(|it| *it != 0),
        kind_number: structure.byte(0x05).map(|it| it & !CHASSIS_LOCK_BIT),
        serial: structure.text(0x07),
        asset_tag: structure.text(0x08),
    }
}

/// Equal facts become one on the wire; modules without slot and serial would be lost unseen.
pub(super) fn complain_about_twins(found: &mut Found) {
    let modules = found.facts.iter().filter(|it| matches!(it, Fact::MemoryModule(_)));
    let mut seen = BTreeSet::new();
    // Their own text as key: a table may be full of them, and comparing each with each would take long.
    let twins = modules.filter(|it| !seen.insert(serde_json::to_string(it).ok())).count();
    if twins > 0 {
        let problem = format!("{twins} memory modules have the same description as another one");
        found.complaints.push(Complaint { place: TABLE_PATH.to_owned(), problem });
    }
}

fn bios(structure: &Structure<'_>, found: &mut Found) {
    let date = structure.text(0x08);
    let released_on = date.as_deref().and_then(release_date);
    if let Some(date) = date.filter(|_| released_on.is_none()) {
        let place = format!("{TABLE_PATH}, offset {}", structure.offset);
        let problem = format!("the release date {date:?} of the BIOS is no date");
        found.complaints.push(Complaint { place, problem });
    }
    found.facts.push(Fact::Firmware(Firmware {
        component: FirmwareComponent::Bios,
        device: None,
        vendor: structure.text(0x04),
        version: structure.text(0x05),
        revision: release(structure, 0x14),
        released_on,
    }));
    if let Some(version) = release(structure, 0x16) {
        found.facts.push(Fact::Firmware(embedded_controller(version)));
    }
}

/// Major and minor release (§7.1).
fn release(structure: &Structure<'_>, at: usize) -> Option<String> {
    let (major, minor) = structure.byte(at).zip(structure.byte(at + 1))?;
    let is_stated = major != RELEASE_UNUSED && (major, minor) != (0, 0);
    is_stated.then(|| format!("{major}.{minor}"))
}

/// The embedded controller with its version.
pub(super) fn embedded_controller(version: String) -> Firmware {
    Firmware {
        component: FirmwareComponent::EmbeddedController,
        device: None,
        vendor: None,
        version: Some(version),
        revision: None,
        released_on: None,
    }
}

/// `mm/dd/yyyy`, before version 2.3 also `mm/dd/yy` of the twentieth century (§7.1).
pub(super) fn release_date(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let year: i16 = match year.len() {
        2 => year.parse::<i16>().ok()?.checked_add(1900)?,
        4 => year.parse().ok()?,
        _ => return None,
    };
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

fn system(structure: &Structure<'_>, version: Option<Version>) -> SystemProduct {
    SystemProduct {
        manufacturer: structure.text(0x04),
        product: structure.text(0x05),
        version: structure.text(0x06),
        serial: structure.text(0x07),
        uuid: structure.sixteen(0x08).and_then(|it| uuid(it, version)),
        sku: structure.text(0x19),
        family: structure.text(0x1a),
    }
}

/// None where it is not present (all ones) or not set (all zeros).
fn uuid(bytes: [u8; 16], version: Option<Version>) -> Option<Uuid> {
    if bytes == [0x00; 16] || bytes == [0xff; 16] {
        return None;
    }
    // Without an entry point the table is of a machine young enough for the mixed order.
    if version.is_none_or(|it| it >= UUID_IS_MIXED_FROM) {
        return Some(Uuid::from_bytes_le(bytes));
    }
    Some(Uuid::from_bytes(bytes))
}

fn memory_module(structure: &Structure<'_>, found: &mut Found) {
    let slot = structure.text(0x10);
    let size = module_size(structure);
    if size == ModuleSize::Unknown {
        found.gaps.push(Gap {
            field: "memory_module.size".to_owned(),
            of: slot.clone(),
            reason: Absent::NotHere { looked_at: format!("{TABLE_PATH}, type 17") },
        });
    }
    found.facts.push(Fact::MemoryModule(MemoryModule {
        slot,
        bank: structure.text(0x11),
        size_bytes: if let ModuleSize::Bytes(bytes) = size { Some(bytes) } else { None },
        kind: structure.byte(0x12).and_then(module_kind),
        speed_mts: module_speed(structure, 0x15, 0x54),
        manufacturer: structure.text(0x17),
        part_number: structure.text(0x1a),
        serial: structure.text(0x18),
        asset_tag: structure.text(0x19),
        total_width_bits: width(structure, 0x08),
        data_width_bits: width(structure, 0x0a),
        form_factor_number: structure.byte(0x0e).filter(|it| *it != 2 && *it != 0),
        ranks: structure.byte(0x1b).map(|it| it & 0x0f).filter(|it| *it != 0),
        configured_speed_mts: module_speed(structure, 0x20, 0x58),
        configured_millivolts: structure.word(0x26).filter(|it| *it != 0),
        technology_number: structure.byte(0x28).filter(|it| *it != 2 && *it != 0),
        firmware: structure.text(0x2b),
    }));
}

#[derive(Debug, PartialEq, Eq)]
enum ModuleSize {
    Empty,
    Unknown,
    Bytes(u64),
}

/// §7.18.1 and §7.18.5: 0 empty, FFFFh unknown, 7FFFh see the extended field, bit 15 counts in KiB.
fn module_size(structure: &Structure<'_>) -> ModuleSize {
    match structure.word(0x0c) {
        Some(0) => ModuleSize::Empty,
        None | Some(0xffff) => ModuleSize::Unknown,
        Some(0x7fff) => match structure.double_word(0x1c).map(|it| it & 0x7fff_ffff) {
            None | Some(0) => ModuleSize::Unknown,
            Some(count) => ModuleSize::Bytes(u64::from(count) * MIB),
        },
        Some(size) if size & 0x8000 != 0 => ModuleSize::Bytes(u64::from(size & 0x7fff) * KIB),
        Some(size) => ModuleSize::Bytes(u64::from(size) * MIB),
    }
}

/// 0 is unknown; FFFFh refers to the extended field.
fn module_speed(structure: &Structure<'_>, at: usize, extended: usize) -> Option<u32> {
    let speed = match structure.word(at)? {
        0xffff => structure.double_word(extended)? & 0x7fff_ffff,
        speed => u32::from(speed),
    };
    (speed > 0).then_some(speed)
}

/// 0 and FFFFh are unknown.
fn width(structure: &Structure<'_>, at: usize) -> Option<u16> {
    structure.word(at).filter(|it| *it != 0 && *it != u16::MAX)
}

/// §7.18.2; "other" and "unknown" are none, numbers of later versions stay numbers.
fn module_kind(number: u8) -> Option<String> {
    let name = match number {
        0x00..=0x02 => return None,
        0x03 => "DRAM",
        0x04 => "EDRAM",
        0x05 => "VRAM",
        0x06 => "SRAM",
        0x07 => "RAM",
        0x08 => "ROM",
        0x09 => "FLASH",
        0x0a => "EEPROM",
        0x0b => "FEPROM",
        0x0c => "EPROM",
        0x0d => "CDRAM",
        0x0e => "3DRAM",
        0x0f => "SDRAM",
        0x10 => "SGRAM",
        0x11 => "RDRAM",
        0x12 => "DDR",
        0x13 => "DDR2",
        0x14 => "DDR2 FB-DIMM",
        0x18 => "DDR3",
        0x19 => "FBD2",
        0x1a => "DDR4",
        0x1b => "LPDDR",
        0x1c => "LPDDR2",
        0x1d => "LPDDR3",
        0x1e => "LPDDR4",
        0x1f => "Logical non-volatile device",
        0x20 => "HBM",
        0x21 => "HBM2",
        0x22 => "DDR5",
        0x23 => "LPDDR5",
        0x24 => "HBM3",
        other => return Some(format!("type {other:#04x}")),
    };
    Some(name.to_owned())
}
