//! What the machine is made of, fillers removed.

use jiff::civil::Date;
use observation::latest::{
    BaseBoard, Chassis, Disk, Firmware, FirmwareComponent, MemoryModule, Processor, SystemProduct,
};

use super::answers;
use super::parts::{Parts, best, list, merged};
use crate::asset::{
    Attested, BoardDescription, ChassisDescription, DiskDescription, FirmwareLevel,
    HardwareDescription, MemorySlot, ProcessorDescription,
};
use crate::recognise::{disk_serial_text, microcode_text, serial_text, stated_text, usable_uuid};
use crate::reconcile::wire;

/// No firmware is older: earlier dates are a clock that was never set.
const FIRMWARE_YEAR_MIN: i16 = 1980;

pub(super) fn hardware(parts: &Parts<'_>) -> HardwareDescription {
    // A quarter of all machines say nothing useful of themselves, but nearly all of their board.
    let of_board = |field: fn(&BaseBoard) -> Option<&String>| {
        best(&parts.boards, |it| field(it).and_then(|it| stated_text(it)))
    };
    let of_system = |field: fn(&SystemProduct) -> Option<&String>| {
        best(&parts.products, |it| field(it).and_then(|it| stated_text(it)))
    };
    HardwareDescription {
        manufacturer: of_system(|it| it.manufacturer.as_ref())
            .or_else(|| of_board(|it| it.manufacturer.as_ref()))
            .or_else(|| answers::manufacturer(parts)),
        product: of_system(|it| it.product.as_ref())
            .or_else(|| of_board(|it| it.product.as_ref()))
            .or_else(|| answers::model(parts)),
        serial: best(&parts.products, |it| it.serial.as_deref().and_then(serial_text))
            .or_else(|| answers::serial(parts)),
        uuid: best(&parts.products, |it| it.uuid.and_then(usable_uuid)),
        board: best(&parts.boards, board),
        chassis: best(&parts.chassis, chassis),
        processors: list(&parts.processors, processor),
        memory_bytes: best(&parts.memory, |it| positive(it.total_bytes)),
        memory_slots: list(&parts.modules, memory_slot),
        disks: list(&parts.disks, disk),
    }
}

pub(super) fn firmware(parts: &Parts<'_>) -> Vec<Attested<FirmwareLevel>> {
    let mut levels = list(&parts.firmware, |it| {
        let Firmware { component, device, vendor, version, revision: _, released_on } = it;
        FirmwareLevel {
            component: wire::firmware_component(*component).to_owned(),
            device: device.clone(),
            vendor: stated(vendor.as_ref()),
            version: match component {
                FirmwareComponent::Microcode => version.as_deref().and_then(microcode_text),
                FirmwareComponent::Bios
                | FirmwareComponent::EmbeddedController
                | FirmwareComponent::Disk
                | FirmwareComponent::Dock
                | FirmwareComponent::Graphics
                | FirmwareComponent::NetworkAdapter
                | FirmwareComponent::ManagementController
                | FirmwareComponent::ManagementEngine
                | FirmwareComponent::MemoryModule
                | FirmwareComponent::Modem
                | FirmwareComponent::StorageController
                | FirmwareComponent::SystemFirmware
                | FirmwareComponent::Thunderbolt
                | FirmwareComponent::Tpm
                | FirmwareComponent::UefiDbx
                | FirmwareComponent::Other => stated(version.as_ref()),
            },
            released_on: released_on.filter(|it: &Date| it.year() >= FIRMWARE_YEAR_MIN),
        }
    });
    levels.extend(answers::firmware(parts));
    merged(levels)
}

fn board(board: &BaseBoard) -> Option<BoardDescription> {
    let BaseBoard { manufacturer, product, version: _, serial, asset_tag: _ } = board;
    let described = BoardDescription {
        manufacturer: stated(manufacturer.as_ref()),
        product: stated(product.as_ref()),
        serial: serial.as_deref().and_then(serial_text),
    };
    (described != BoardDescription::default()).then_some(described)
}

fn chassis(chassis: &Chassis) -> Option<ChassisDescription> {
    let Chassis { kind_number, serial, asset_tag, .. } = chassis;
    let described = ChassisDescription {
        kind_number: *kind_number,
        serial: serial.as_deref().and_then(serial_text),
        asset_tag: stated(asset_tag.as_ref()),
    };
    (described != ChassisDescription::default()).then_some(described)
}

fn processor(processor: &Processor) -> ProcessorDescription {
    let Processor { model, vendor: _, sockets, cores, threads, microcode } = processor;
    ProcessorDescription {
        model: stated(model.as_ref()),
        sockets: sockets.and_then(positive),
        cores: cores.and_then(positive),
        threads: threads.and_then(positive),
        microcode: microcode.as_deref().and_then(microcode_text),
    }
}

fn memory_slot(module: &MemoryModule) -> MemorySlot {
    let MemoryModule {
        slot,
        bank: _,
        size_bytes,
        kind,
        speed_mts,
        manufacturer,
        part_number,
        serial,
        ..
    } = module;
    MemorySlot {
        slot: stated(slot.as_ref()),
        size_bytes: size_bytes.and_then(positive),
        kind: stated(kind.as_ref()),
        speed_mts: speed_mts.and_then(positive).filter(|it| *it != u32::from(u16::MAX)),
        manufacturer: stated(manufacturer.as_ref()),
        part_number: stated(part_number.as_ref()),
        serial: serial.as_deref().and_then(serial_text),
    }
}

fn disk(disk: &Disk) -> DiskDescription {
    let Disk {
        name,
        model,
        serial,
        world_wide_name: _,
        firmware,
        size_bytes,
        bus,
        is_rotational,
        is_removable: _,
    } = disk;
    DiskDescription {
        name: name.clone(),
        model: stated(model.as_ref()),
        serial: serial.as_deref().and_then(disk_serial_text),
        firmware: stated(firmware.as_ref()),
        size_bytes: size_bytes.and_then(positive),
        bus: stated(bus.as_ref()),
        is_rotational: *is_rotational,
    }
}

fn stated(text: Option<&String>) -> Option<String> {
    text.and_then(|it| stated_text(it))
}

/// Zero and the greatest number are how firmware says that it does not know.
fn positive<N: Copy + PartialEq + From<u8> + Limit>(number: N) -> Option<N> {
    (number != N::from(0) && number != N::GREATEST).then_some(number)
}

/// The greatest number of a type.
trait Limit {
    const GREATEST: Self;
}

impl Limit for u32 {
    const GREATEST: Self = Self::MAX;
}

impl Limit for u64 {
    const GREATEST: Self = Self::MAX;
}
