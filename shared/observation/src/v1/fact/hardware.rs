//! What the machine is made of (SMBIOS: DMTF DSP0134).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The machine as its maker names it (SMBIOS type 1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemProduct {
    /// Maker.
    pub manufacturer: Option<String>,
    /// Model.
    pub product: Option<String>,
    /// The maker's version of the model.
    pub version: Option<String>,
    /// Serial number, placeholders included: judging them is the collector's work.
    pub serial: Option<String>,
    /// SMBIOS UUID in its textual form, byte order according to the SMBIOS version.
    pub uuid: Option<uuid::Uuid>,
    /// Stock keeping unit.
    pub sku: Option<String>,
    /// Product family.
    pub family: Option<String>,
}

/// The main board (SMBIOS type 2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseBoard {
    /// Maker.
    pub manufacturer: Option<String>,
    /// Model.
    pub product: Option<String>,
    /// The maker's version of the model.
    pub version: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
}

/// The enclosure (SMBIOS type 3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chassis {
    /// Maker.
    pub manufacturer: Option<String>,
    /// The maker's version of the enclosure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Stock keeping unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Height in rack units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_units: Option<u8>,
    /// How many power cords it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_cords: Option<u8>,
    /// The chassis type as SMBIOS numbers it (DSP0134 §7.4.1), lock bit removed.
    pub kind_number: Option<u8>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
}

/// One memory slot (SMBIOS type 17); an empty slot has no size.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryModule {
    /// Slot as printed on the board.
    pub slot: Option<String>,
    /// Bank.
    pub bank: Option<String>,
    /// Size; none for an empty slot.
    pub size_bytes: Option<u64>,
    /// Kind such as `DDR4` (DSP0134 §7.18.2).
    pub kind: Option<String>,
    /// Speed in megatransfers per second.
    pub speed_mts: Option<u32>,
    /// Maker.
    pub manufacturer: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_tag: Option<String>,
    /// Width with the bits for error correction; wider than the data is how a module with ECC is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_width_bits: Option<u16>,
    /// Width without the bits for error correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_width_bits: Option<u16>,
    /// Form factor as SMBIOS numbers it (DSP0134 §7.18.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_factor_number: Option<u8>,
    /// Ranks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranks: Option<u8>,
    /// Speed that it is set to, in megatransfers per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configured_speed_mts: Option<u32>,
    /// Voltage that it is set to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configured_millivolts: Option<u16>,
    /// Technology as SMBIOS numbers it (DSP0134 §7.18.6): 3 is DRAM, 4 to 7 are non-volatile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technology_number: Option<u8>,
    /// Firmware of the module itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
}

/// Main memory that the operating system can use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Usable size.
    pub total_bytes: u64,
}

/// The processors of one package kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processor {
    /// Model name.
    pub model: Option<String>,
    /// Vendor id such as `GenuineIntel`.
    pub vendor: Option<String>,
    /// Sockets in use.
    pub sockets: Option<u32>,
    /// Cores over all sockets.
    pub cores: Option<u32>,
    /// Hardware threads over all sockets.
    pub threads: Option<u32>,
    /// Microcode revision as the kernel writes it (`0xb000040`).
    pub microcode: Option<String>,
}

/// One block device that is a disk of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// The kernel's name (`nvme0n1`).
    pub name: String,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// World-wide name.
    pub world_wide_name: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// Size.
    pub size_bytes: Option<u64>,
    /// How it is attached (`nvme`, `sata`, `usb`, `virtio`, `scsi`, `mmc`).
    pub bus: Option<String>,
    /// Whether it has moving platters.
    pub is_rotational: Option<bool>,
    /// Whether it can be taken out by hand.
    pub is_removable: Option<bool>,
}

/// One piece of firmware with its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firmware {
    /// What it runs on.
    pub component: FirmwareComponent,
    /// Which one, where there are several (`nvme0n1`).
    pub device: Option<String>,
    /// Maker.
    pub vendor: Option<String>,
    /// Version as the device states it.
    pub version: Option<String>,
    /// A second number of the same version, where the device states one: the release of the BIOS as
    /// SMBIOS counts it (`1.22`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Release date.
    pub released_on: Option<Date>,
}

/// What a piece of firmware runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirmwareComponent {
    /// BIOS or UEFI of the machine (SMBIOS type 0).
    Bios,
    /// Embedded controller (SMBIOS type 0).
    EmbeddedController,
    /// A disk.
    Disk,
    /// A docking station.
    Dock,
    /// A graphics adapter.
    Graphics,
    /// Processor microcode.
    Microcode,
    /// A network adapter.
    NetworkAdapter,
    /// A baseboard management controller.
    ManagementController,
    /// The management engine of the chip set (Intel ME, CSME, SPS; AMD PSP).
    ManagementEngine,
    /// A memory module.
    MemoryModule,
    /// A modem for mobile networks.
    Modem,
    /// A controller that disks hang on: RAID, SAS, Fibre Channel.
    StorageController,
    /// The system firmware as the ESRT states it (UEFI 2.10 §23.4).
    SystemFirmware,
    /// A controller for Thunderbolt or USB4.
    Thunderbolt,
    /// A trusted platform module.
    Tpm,
    /// The list of boot loaders that Secure Boot refuses (UEFI 2.10 §32.6).
    UefiDbx,
    /// A device that only the ESRT, SMBIOS or fwupd names.
    Other,
}
