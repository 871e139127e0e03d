//! Parts of the machine: what is plugged, soldered and wired (SMBIOS: DMTF DSP0134; sysfs).
//!
//! A field that ends in `_number` is an enumeration of the specification, as the machine wrote it.

use serde::{Deserialize, Serialize};

/// One battery (SMBIOS type 22, `/sys/class/power_supply`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Battery {
    /// The kernel's name (`BAT0`) or the place that SMBIOS states.
    pub name: String,
    /// Maker.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Chemistry as the source writes it (`Li-ion`, `LiP`).
    pub chemistry: Option<String>,
    /// Capacity when new, in milliwatt hours.
    pub design_milliwatt_hours: Option<u32>,
    /// Capacity when new, in milliampere hours, where the battery counts in those.
    pub design_milliampere_hours: Option<u32>,
    /// Voltage that it is made for.
    pub design_millivolts: Option<u32>,
    /// Date of manufacture as the source writes it.
    pub manufactured_on: Option<String>,
}

/// How worn a battery is. Moves by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatteryWear {
    /// The kernel's name (`BAT0`).
    pub name: String,
    /// What it holds when full, in milliwatt hours.
    pub full_milliwatt_hours: Option<u32>,
    /// What it holds when full, in milliampere hours, where the battery counts in those.
    pub full_milliampere_hours: Option<u32>,
    /// How often it was charged; none where it does not count.
    pub cycles: Option<u32>,
    /// Health as the kernel words it (`Good`, `Overheat`, `Dead`).
    pub health: Option<String>,
}

/// A fan, pump or other cooler (SMBIOS type 27).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoolingDevice {
    /// What the board calls it; stated since version 2.7.
    pub description: Option<String>,
    /// Kind (DSP0134 §7.28.1): 3 fan, 4 blower, 16 active, 17 passive.
    pub kind_number: Option<u8>,
    /// Status when the machine started (§7.28.1): 3 in order, 4 not critical, 5 critical.
    pub status_number: Option<u8>,
    /// Number of the group that stands in for one another.
    pub group: Option<u8>,
    /// Speed that it is made for, in turns per minute; none where it does not turn.
    pub nominal_rpm: Option<u16>,
}

/// One device on a bus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The bus: `pci`, `usb`.
    pub bus: String,
    /// Where on the bus, as the kernel names it (`0000:00:1f.2`, `1-4`).
    pub address: String,
    /// Class, subclass and programming interface: three bytes on PCI and USB.
    pub class: Option<u32>,
    /// Number of the maker.
    pub vendor_id: Option<u16>,
    /// Number of the product.
    pub device_id: Option<u16>,
    /// Number of the maker of the card.
    pub subsystem_vendor_id: Option<u16>,
    /// Number of the card.
    pub subsystem_device_id: Option<u16>,
    /// Revision: a byte on PCI, `bcdDevice` on USB as the kernel writes it.
    pub revision: Option<String>,
    /// Maker as the device itself writes it (USB only).
    pub vendor: Option<String>,
    /// Product as the device itself writes it (USB only).
    pub product: Option<String>,
    /// Serial number as the device itself writes it (USB only).
    pub serial: Option<String>,
    /// The driver that holds it; of a USB device, those of its interfaces.
    pub drivers: Vec<String>,
}

/// One slot for a card (SMBIOS type 9).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpansionSlot {
    /// As printed on the board.
    pub designation: Option<String>,
    /// Kind (DSP0134 §7.10.1).
    pub kind_number: Option<u8>,
    /// Width of the data bus (§7.10.2).
    pub width_number: Option<u8>,
    /// Usage (§7.10.3): 3 free, 4 in use.
    pub usage_number: Option<u8>,
    /// Length (§7.10.4).
    pub length_number: Option<u8>,
    /// Where on the PCI bus (`0000:00:01.0`).
    pub address: Option<String>,
}

/// The controller that manages the machine from outside (SMBIOS type 38, IPMI 2.0).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagementController {
    /// How the system talks to it (DSP0134 §7.39.1): 1 KCS, 2 SMIC, 3 BT, 4 SSIF.
    pub interface_number: Option<u8>,
    /// Version of IPMI (`2.0`).
    pub specification: Option<String>,
    /// Version of its firmware (`3.88`).
    pub firmware: Option<String>,
    /// Number of its maker (IANA enterprise number).
    pub manufacturer_id: Option<u32>,
    /// Number of the product.
    pub product_id: Option<u32>,
    /// Its own UUID.
    pub guid: Option<String>,
    /// Channel that the network settings are of.
    pub channel: Option<u8>,
    /// Its address in the network.
    pub address: Option<std::net::IpAddr>,
    /// Length of the prefix of that address.
    pub prefix_length: Option<u8>,
    /// Its router.
    pub gateway: Option<std::net::IpAddr>,
    /// Its hardware address.
    pub mac: Option<String>,
    /// Where its address comes from (IPMI 2.0 table 23-4): 1 by hand, 2 DHCP, 3 BIOS, 4 other.
    pub address_source_number: Option<u8>,
}

/// The way from the system to its management controller (SMBIOS type 42).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagementInterface {
    /// Kind (DSP0239 table 4): 2 KCS, 3 to 8 serial, 64 network, 240 of the maker.
    pub kind_number: Option<u8>,
    /// The device that a network interface is (DSP0270 §8.3.1): 2 and 4 USB, 3 and 5 PCI, from 128 on of the
    /// maker.
    pub device_number: Option<u8>,
    /// Number of the maker of that device, on USB or PCI.
    pub vendor_id: Option<u16>,
    /// Number of the product.
    pub device_id: Option<u16>,
    /// Number of the maker of the card, on PCI.
    pub subsystem_vendor_id: Option<u16>,
    /// Number of the card, on PCI.
    pub subsystem_device_id: Option<u16>,
    /// Hardware address of the device, as the system sees it.
    pub mac: Option<String>,
    /// Where it is on the PCI bus (`0000:02:00.4`).
    pub address: Option<String>,
    /// What is spoken over it.
    pub protocols: Vec<ManagementProtocol>,
}

/// A protocol that is spoken with the management controller (DSP0134 §7.43.2; DSP0270 §8.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagementProtocol {
    /// Which one: 2 IPMI, 3 MCTP, 4 Redfish over IP, 240 of the maker. The rest is stated for Redfish alone.
    pub protocol_number: u8,
    /// The UUID by which the controller's Redfish service is known.
    pub service_uuid: Option<uuid::Uuid>,
    /// Where the system has its address on this way from: 1 by hand, 2 DHCP, 3 by itself, 4 the system chooses.
    pub host_assignment_number: Option<u8>,
    /// The address that the system is to use.
    pub host_address: Option<std::net::IpAddr>,
    /// Length of its prefix.
    pub host_prefix_length: Option<u8>,
    /// How the controller's address is found, numbered as `host_assignment_number`.
    pub service_discovery_number: Option<u8>,
    /// The controller's address on this way.
    pub service_address: Option<std::net::IpAddr>,
    /// Length of its prefix.
    pub service_prefix_length: Option<u8>,
    /// The port of the Redfish service.
    pub service_port: Option<u16>,
    /// The VLAN of the Redfish service.
    pub service_vlan_id: Option<u32>,
    /// The name of the Redfish service, or its address as a text.
    pub service_host_name: Option<String>,
}

/// A group of memory slots (SMBIOS type 16).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryArray {
    /// Place (DSP0134 §7.17.1): 3 on the main board.
    pub location_number: Option<u8>,
    /// Use (§7.17.2): 3 main memory.
    pub use_number: Option<u8>,
    /// Error correction (§7.17.3): 3 none, 5 single bit, 6 several bits.
    pub error_correction_number: Option<u8>,
    /// Most that fits in.
    pub maximum_bytes: Option<u64>,
    /// Number of slots.
    pub slots: Option<u16>,
}

/// A memory controller that watches for errors (`/sys/devices/system/edac`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryController {
    /// The kernel's name (`mc0`).
    pub name: String,
    /// Driver or chip (`skx_edac`, `F19h_M20h`).
    pub model: Option<String>,
    /// Memory behind it.
    pub size_bytes: Option<u64>,
    /// Error correction in force, as the kernel words it (`SECDED`, `S4ECD4ED`, `None`).
    pub error_correction: Vec<String>,
}

/// Memory errors since the start of the driver. Moves by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryErrors {
    /// The kernel's name of the controller (`mc0`).
    pub name: String,
    /// Errors that were corrected.
    pub corrected: Option<u64>,
    /// Errors that were not.
    pub uncorrected: Option<u64>,
}

/// A monitor (EDID: VESA E-EDID A.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitor {
    /// The connector it hangs on (`card0-HDMI-A-1`).
    pub connector: String,
    /// Three letters of the maker (`DEL`).
    pub manufacturer_code: Option<String>,
    /// Number of the product.
    pub product_code: Option<u16>,
    /// Name that it states.
    pub model: Option<String>,
    /// Serial number: the text where there is one, else the number.
    pub serial: Option<String>,
    /// Week of manufacture, 1 to 54.
    pub week: Option<u8>,
    /// Year of manufacture; with `is_model_year` the year of the model.
    pub year: Option<u16>,
    /// Whether the year is that of the model.
    pub is_model_year: Option<bool>,
    /// Width of the picture.
    pub width_millimetres: Option<u16>,
    /// Height of the picture.
    pub height_millimetres: Option<u16>,
    /// Resolution that it prefers (`2560x1440`).
    pub resolution: Option<String>,
}

/// A device on the board (SMBIOS types 10 and 41).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnboardDevice {
    /// What the board calls it.
    pub designation: Option<String>,
    /// Kind (DSP0134 §7.42.2): 3 graphics, 5 Ethernet, 7 sound.
    pub kind_number: Option<u8>,
    /// Which one of its kind.
    pub instance: Option<u8>,
    /// Whether the firmware switched it on.
    pub is_enabled: Option<bool>,
    /// Where on the PCI bus (`0000:00:1f.6`).
    pub address: Option<String>,
}

/// A socket for a plug (SMBIOS type 8).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortConnector {
    /// Name on the board.
    pub internal_designation: Option<String>,
    /// Connector on the board (DSP0134 §7.9.2).
    pub internal_connector_number: Option<u8>,
    /// Name on the enclosure.
    pub external_designation: Option<String>,
    /// Connector on the enclosure (§7.9.2).
    pub external_connector_number: Option<u8>,
    /// Kind (§7.9.3).
    pub kind_number: Option<u8>,
}

/// A power supply (SMBIOS type 39).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerSupply {
    /// Number of the group that stands in for one another.
    pub group: Option<u8>,
    /// Place.
    pub location: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Maker.
    pub manufacturer: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Most that it gives.
    pub maximum_watts: Option<u32>,
    /// Status (DSP0134 §7.40.1): 3 in order, 4 not critical, 5 critical.
    pub status_number: Option<u8>,
    /// Whether one is there.
    pub is_present: Option<bool>,
    /// Whether the cord is in the wall.
    pub is_plugged: Option<bool>,
    /// Whether it can be changed while the machine runs.
    pub is_hot_replaceable: Option<bool>,
}

/// A cache of a processor (SMBIOS type 7).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorCache {
    /// What the board calls it.
    pub designation: Option<String>,
    /// Level, 1 to 8.
    pub level: Option<u8>,
    /// Size.
    pub installed_bytes: Option<u64>,
    /// Largest size.
    pub maximum_bytes: Option<u64>,
    /// Error correction (DSP0134 §7.8.3): 3 none, 4 parity, 5 single bit, 6 several bits.
    pub error_correction_number: Option<u8>,
}

/// A socket for a processor (SMBIOS type 4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorSocket {
    /// As printed on the board.
    pub socket: Option<String>,
    /// Kind (DSP0134 §7.5.1): 3 central processor.
    pub kind_number: Option<u8>,
    /// Family (§7.5.2).
    pub family_number: Option<u16>,
    /// How it is mounted (§7.5.5).
    pub upgrade_number: Option<u8>,
    /// Whether a processor is in it.
    pub is_populated: Option<bool>,
    /// Status of the processor (§7.5): 1 enabled, 2 switched off by the user, 3 by the BIOS.
    pub status_number: Option<u8>,
    /// Maker.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Clock of the bus.
    pub bus_mhz: Option<u16>,
    /// Highest clock that the socket bears.
    pub maximum_mhz: Option<u16>,
    /// Clock at the start.
    pub current_mhz: Option<u16>,
    /// Cores.
    pub cores: Option<u16>,
    /// Cores that are switched on.
    pub cores_enabled: Option<u16>,
    /// Hardware threads.
    pub threads: Option<u16>,
}

/// What the kernel says of a weakness of processors (`/sys/devices/system/cpu/vulnerabilities`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorVulnerability {
    /// The kernel's name for it (`spectre_v2`).
    pub name: String,
    /// In the words of the kernel (`Not affected`, `Vulnerable`, `Mitigation: PTI`).
    pub state: String,
}

/// A trusted platform module (TCG TPM 2.0; SMBIOS type 43).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedPlatformModule {
    /// The kernel's name (`tpm0`); none where SMBIOS alone names it.
    pub name: Option<String>,
    /// Version of the specification (`2.0`, `1.2`).
    pub specification: Option<String>,
    /// Four letters of the maker (`IFX`, `INTC`).
    pub manufacturer: Option<String>,
    /// What the maker calls it.
    pub model: Option<String>,
    /// Firmware (`7.85.4555.0`).
    pub firmware: Option<String>,
    /// Algorithms of the banks that measurements are kept in (`sha1`, `sha256`).
    pub banks: Vec<String>,
    /// Whether the module is switched on (version 1.2 only).
    pub is_enabled: Option<bool>,
    /// Whether somebody took ownership of it (version 1.2 only).
    pub is_owned: Option<bool>,
}

/// A place where the board measures a voltage (SMBIOS type 26). What it measures is not stated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoltageProbe {
    /// What the board calls it.
    pub description: Option<String>,
    /// Where it measures (DSP0134 §7.27.1): 3 processor, 7 main board, 10 power unit.
    pub location_number: Option<u8>,
    /// Status when the machine started (§7.27.1): 3 in order, 4 not critical, 5 critical.
    pub status_number: Option<u8>,
    /// Voltage that there should be.
    pub nominal_millivolts: Option<i16>,
    /// Least that it measures.
    pub minimum_millivolts: Option<i16>,
    /// Most that it measures.
    pub maximum_millivolts: Option<i16>,
    /// Smallest difference that it tells, in tenths of a millivolt.
    pub resolution_tenth_millivolts: Option<u16>,
    /// How far a measured value may be off, upwards and downwards.
    pub tolerance_millivolts: Option<u16>,
    /// The same in hundredths of a percent.
    pub accuracy_hundredth_percent: Option<u16>,
}
