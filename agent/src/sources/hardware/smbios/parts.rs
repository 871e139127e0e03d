//! What the structures say of sockets, slots, supplies and modules (DSP0134 §7.5 and after).

use jiff::civil::Date;
use observation::latest::{
    Battery, ExpansionSlot, Fact, Firmware, FirmwareComponent, ManagementController, MemoryArray,
    OnboardDevice, PortConnector, PowerSupply, ProcessorCache, ProcessorSocket,
    TrustedPlatformModule,
};

use super::records::{KIB, release_date};
use super::table::Structure;
use crate::sources::Found;
use crate::sources::attribute::printable;

/// The word with which enumerations of one byte say that they do not know.
const UNKNOWN: u8 = 2;

/// A number of an enumeration; none in an older structure and where it is "unknown".
fn known(structure: &Structure<'_>, at: usize) -> Option<u8> {
    structure.byte(at).filter(|it| *it != UNKNOWN && *it != 0)
}

/// A processor socket (§7.5).
pub(super) fn processor(structure: &Structure<'_>) -> ProcessorSocket {
    let status = structure.byte(0x18);
    // FEh says that the family stands in a field of a later version (§7.5.2).
    let family = match structure.byte(0x06) {
        Some(0xfe) => structure.word(0x28).or(Some(0xfe)),
        number => number.map(u16::from),
    };
    ProcessorSocket {
        socket: structure.text(0x04),
        kind_number: known(structure, 0x05),
        family_number: family.filter(|it| *it != u16::from(UNKNOWN) && *it != 0),
        upgrade_number: known(structure, 0x19),
        is_populated: status.map(|it| it & 0x40 != 0),
        status_number: status.filter(|it| it & 0x40 != 0).map(|it| it & 0x07),
        manufacturer: structure.text(0x07),
        model: structure.text(0x10),
        serial: structure.text(0x20),
        asset_tag: structure.text(0x21),
        part_number: structure.text(0x22),
        bus_mhz: stated(structure.word(0x12)),
        maximum_mhz: stated(structure.word(0x14)),
        current_mhz: stated(structure.word(0x16)),
        cores: count(structure, 0x23, 0x2a),
        cores_enabled: count(structure, 0x24, 0x2c),
        threads: count(structure, 0x25, 0x2e),
    }
}

/// Zero says that the firmware does not know.
fn stated(number: Option<u16>) -> Option<u16> {
    number.filter(|it| *it != 0)
}

/// A count of one byte; FFh refers to a word of a later version (§7.5.6).
fn count(structure: &Structure<'_>, at: usize, wide: usize) -> Option<u16> {
    match structure.byte(at)? {
        0 => None,
        0xff => stated(structure.word(wide)).or(Some(0xff)),
        number => Some(u16::from(number)),
    }
}

/// A cache (§7.8).
pub(super) fn cache(structure: &Structure<'_>) -> ProcessorCache {
    let size = |short: usize, long: usize| match structure.double_word(long) {
        Some(size) => Some(u64::from(size & 0x7fff_ffff) * unit(size >> 31)),
        None => structure.word(short).map(|it| u64::from(it & 0x7fff) * unit(u32::from(it >> 15))),
    };
    ProcessorCache {
        designation: structure.text(0x04),
        level: structure.word(0x05).map(|it| u8::try_from(it & 0x07).unwrap_or_default() + 1),
        maximum_bytes: size(0x07, 0x13),
        installed_bytes: size(0x09, 0x17),
        error_correction_number: known(structure, 0x10),
    }
}

/// The upper bit says whether a size counts in KiB or in 64 KiB.
const fn unit(bit: u32) -> u64 {
    if bit == 0 { KIB } else { 64 * KIB }
}

/// A connector (§7.9). Type 0 is "none".
pub(super) fn port(structure: &Structure<'_>) -> PortConnector {
    PortConnector {
        internal_designation: structure.text(0x04),
        internal_connector_number: structure.byte(0x05).filter(|it| *it != 0),
        external_designation: structure.text(0x06),
        external_connector_number: structure.byte(0x07).filter(|it| *it != 0),
        kind_number: structure.byte(0x08).filter(|it| *it != 0),
    }
}

/// A slot for cards (§7.10).
pub(super) fn slot(structure: &Structure<'_>) -> ExpansionSlot {
    ExpansionSlot {
        designation: structure.text(0x04),
        kind_number: known(structure, 0x05),
        width_number: known(structure, 0x06),
        usage_number: known(structure, 0x07),
        length_number: known(structure, 0x08),
        address: pci_address(structure, 0x0d),
    }
}

/// Segment, bus, device and function; all ones where there is none.
fn pci_address(structure: &Structure<'_>, at: usize) -> Option<String> {
    let (segment, bus) = structure.word(at).zip(structure.byte(at + 2))?;
    pci_place(segment, bus, structure.byte(at + 3)?)
}

/// The same of the numbers themselves.
pub(super) fn pci_place(segment: u16, bus: u8, function: u8) -> Option<String> {
    if (segment, bus, function) == (0xffff, 0xff, 0xff) {
        return None;
    }
    Some(format!("{segment:04x}:{bus:02x}:{:02x}.{:x}", function >> 3, function & 0x07))
}

/// A device on the board (§7.42).
pub(super) fn onboard(structure: &Structure<'_>) -> OnboardDevice {
    let kind = structure.byte(0x05);
    OnboardDevice {
        designation: structure.text(0x04),
        kind_number: kind.map(|it| it & 0x7f).filter(|it| *it != UNKNOWN),
        instance: structure.byte(0x06),
        is_enabled: kind.map(|it| it & 0x80 != 0),
        address: pci_address(structure, 0x07),
    }
}

/// Devices on the board as older versions list them: pairs of kind and text (§7.11).
pub(super) fn onboard_list(structure: &Structure<'_>) -> Vec<OnboardDevice> {
    let pair = |at: usize| {
        let kind = structure.byte(at)?;
        structure.byte(at + 1)?;
        Some(OnboardDevice {
            designation: structure.text(at + 1),
            kind_number: Some(kind & 0x7f).filter(|it| *it != UNKNOWN),
            instance: None,
            is_enabled: Some(kind & 0x80 != 0),
            address: None,
        })
    };
    (0x04..=usize::from(u8::MAX)).step_by(2).map_while(pair).collect()
}

/// A group of memory slots (§7.17).
pub(super) fn memory_array(structure: &Structure<'_>) -> MemoryArray {
    let maximum_bytes = match structure.double_word(0x07) {
        Some(0x8000_0000) => structure.quad_word(0x0f),
        size => size.map(|it| u64::from(it) * KIB),
    };
    MemoryArray {
        location_number: known(structure, 0x04),
        use_number: known(structure, 0x05),
        error_correction_number: known(structure, 0x06),
        maximum_bytes: maximum_bytes.filter(|it| *it != 0),
        slots: structure.word(0x0d),
    }
}

/// A battery (§7.23). None of the numbers of "smart batteries" is used where a text says the same.
pub(super) fn battery(structure: &Structure<'_>) -> Battery {
    let smart = |at: usize| stated(structure.word(at));
    let serial = structure.text(0x07).or_else(|| smart(0x10).map(|it| format!("{it:04X}")));
    let date = structure.text(0x06).or_else(|| smart(0x12).and_then(smart_date));
    // Later versions count in multiples, so that a byte less is enough for what stands in a rack.
    let factor = u32::from(structure.byte(0x15).filter(|it| *it != 0).unwrap_or(1));
    let location = structure.text(0x04);
    Battery {
        name: location.or_else(|| structure.text(0x08)).unwrap_or_default(),
        manufacturer: structure.text(0x05),
        model: structure.text(0x08),
        serial,
        chemistry: chemistry(structure.byte(0x09)).or_else(|| structure.text(0x14)),
        design_milliwatt_hours: smart(0x0a).map(|it| u32::from(it) * factor),
        design_milliampere_hours: None,
        design_millivolts: smart(0x0c).map(u32::from),
        manufactured_on: date,
    }
}

/// Day in bits 0–4, month in 5–8, years since 1980 in 9–15.
fn smart_date(number: u16) -> Option<String> {
    let (year, month, day) = (1980 + (number >> 9), number >> 5 & 0x0f, number & 0x1f);
    let year = i16::try_from(year).ok()?;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(date.to_string())
}

/// §7.23.1. "Unknown" refers to the text of the smart battery.
fn chemistry(number: Option<u8>) -> Option<String> {
    let name = match number? {
        3 => "Lead Acid",
        4 => "NiCd",
        5 => "NiMH",
        6 => "Li-ion",
        7 => "Zinc Air",
        8 => "LiP",
        _ => return None,
    };
    Some(name.to_owned())
}

/// The way to the management controller (§7.39).
pub(super) fn management(structure: &Structure<'_>) -> ManagementController {
    ManagementController {
        // 0 is the specification's "unknown" here, and all other numbers are known.
        interface_number: structure.byte(0x04).filter(|it| *it != 0),
        specification: structure.byte(0x05).map(|it| format!("{}.{}", it >> 4, it & 0x0f)),
        ..ManagementController::default()
    }
}

/// A power supply (§7.40).
pub(super) fn power_supply(structure: &Structure<'_>) -> PowerSupply {
    let flags = structure.word(0x0e);
    let flag = |bit: u16| flags.map(|it| it >> bit & 1 == 1);
    let is_present = flag(1);
    let status = flags.map(|it| u8::try_from(it >> 7 & 0x07).unwrap_or_default());
    PowerSupply {
        // 0 says that it belongs to no group.
        group: structure.byte(0x04).filter(|it| *it != 0),
        location: structure.text(0x05),
        name: structure.text(0x06),
        manufacturer: structure.text(0x07),
        serial: structure.text(0x08),
        asset_tag: structure.text(0x09),
        part_number: structure.text(0x0a),
        revision: structure.text(0x0b),
        maximum_watts: structure.word(0x0c).filter(|it| *it != 0x8000).map(u32::from),
        status_number: status.filter(|it| is_present == Some(true) && *it > UNKNOWN),
        is_present,
        is_plugged: flag(2).map(|it| !it),
        is_hot_replaceable: flag(0),
    }
}

/// A trusted platform module and its firmware (§7.44).
pub(super) fn trusted_platform_module(structure: &Structure<'_>, found: &mut Found) {
    let maker: Option<Vec<u8>> = (0x04..0x08).map(|at| structure.byte(at)).collect();
    let maker = maker.map(|it| printable(&String::from_utf8_lossy(&it)));
    let manufacturer = maker.filter(|it| !it.is_empty());
    let version = structure.byte(0x08).zip(structure.byte(0x09));
    let firmware = match version {
        // The first four bytes of TPM_CAP_VERSION_INFO: two of the specification, two of the firmware.
        Some((1, _)) => {
            structure.byte(0x0c).zip(structure.byte(0x0d)).map(|(a, b)| (a.into(), b.into()))
        }
        _ => structure.double_word(0x0a).map(|it| (it >> 16, it & 0xffff)),
    };
    let firmware = firmware.map(|(major, minor): (u32, u32)| format!("{major}.{minor}"));
    let model = structure.text(0x12);
    if firmware.is_some() {
        found.facts.push(Fact::Firmware(Firmware {
            component: FirmwareComponent::Tpm,
            device: model.clone(),
            vendor: manufacturer.clone(),
            version: firmware.clone(),
            revision: None,
            released_on: None,
        }));
    }
    found.facts.push(Fact::TrustedPlatformModule(TrustedPlatformModule {
        name: None,
        specification: version.map(|(major, minor)| format!("{major}.{minor}")),
        manufacturer,
        model,
        firmware,
        ..TrustedPlatformModule::default()
    }));
}

/// One piece of firmware that SMBIOS lists (§7.46). The date is text as in ISO 8601, where it is stated.
pub(super) fn firmware(structure: &Structure<'_>) -> Firmware {
    let date = structure.text(0x09);
    let day = |text: &str| text.get(..10).and_then(|it| it.parse().ok());
    Firmware {
        component: FirmwareComponent::Other,
        device: structure.text(0x04),
        vendor: structure.text(0x0a),
        version: structure.text(0x05),
        revision: None,
        released_on: date.and_then(|it| day(&it).or_else(|| release_date(&it))),
    }
}
