//! A device with an operating system: hardware, firmware, system.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use observation::latest::{Absent, SourceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::attested::Attested;
use super::id::{AssetId, AssetLabel, ObserverId};
use super::network::{
    AccountDescription, AddressDescription, CableDescription, CertificateDescription,
    CommunicationPartner, GroupDescription, HostKeyDescription, InterfaceDescription,
    NeighbourDescription, PathDescription, ResolverDescription, RouteDescription,
    ServiceDescription, ServicePort,
};
use super::software::SoftwarePackage;
use super::statement::{NamedMachineDescription, SettingDescription};

/// Everything known of one asset. Lists are sorted by their content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Its identity.
    pub id: AssetId,
    /// The name that people see and type.
    pub label: AssetLabel,
    /// Who observes it.
    pub members: Vec<ObserverId>,
    /// When it was first and last heard of, by receipt.
    pub first_seen_at: Timestamp,
    /// When it was last heard of, by receipt.
    pub last_seen_at: Timestamp,
    /// Whether it is in use.
    pub lifecycle: Lifecycle,
    /// The host's own name.
    pub name: Option<Attested<String>>,
    /// Its DNS domain.
    pub domain: Option<Attested<String>>,
    /// What it is.
    pub kind: Option<Attested<AssetKind>>,
    /// Whether it is a virtual machine or container, and of which kind. `None`: not known.
    pub virtual_machine: Option<Attested<VirtualMachine>>,
    /// Maker, model, serial.
    pub hardware: HardwareDescription,
    /// Firmware levels.
    pub firmware: Vec<Attested<FirmwareLevel>>,
    /// Operating system.
    pub operating_system: Option<Attested<OperatingSystemDescription>>,
    /// Network interfaces.
    pub interfaces: Vec<Attested<InterfaceDescription>>,
    /// Routes.
    pub routes: Vec<Attested<RouteDescription>>,
    /// Name servers.
    pub resolvers: Vec<Attested<ResolverDescription>>,
    /// Neighbours on its links.
    pub neighbours: Vec<Attested<NeighbourDescription>>,
    /// Devices at the other ends of its cables.
    #[serde(default)]
    pub cables: Vec<Attested<CableDescription>>,
    /// Services of its init system.
    pub services: Vec<Attested<ServiceDescription>>,
    /// Ports it listens on.
    pub ports: Vec<Attested<ServicePort>>,
    /// Whom it talks to.
    pub partners: Vec<Attested<CommunicationPartner>>,
    /// Installed packages.
    pub software: Vec<Attested<SoftwarePackage>>,
    /// Certificates.
    pub certificates: Vec<Attested<CertificateDescription>>,
    /// Local accounts.
    pub accounts: Vec<Attested<AccountDescription>>,
    /// Local groups.
    pub groups: Vec<Attested<GroupDescription>>,
    /// How far anybody got in contact with it.
    pub contact: Contact,
    /// Its addresses as seen from outside.
    pub addresses: Vec<Attested<AddressDescription>>,
    /// All names that anything gives it, its own included.
    pub names: Vec<Attested<String>>,
    /// Its SSH host keys.
    pub host_keys: Vec<Attested<HostKeyDescription>>,
    /// The ways to it.
    pub paths: Vec<Attested<PathDescription>>,
    /// Its settings that matter.
    #[serde(default)]
    pub settings: Vec<Attested<SettingDescription>>,
    /// Machines that lists on it name.
    #[serde(default)]
    pub named_machines: Vec<Attested<NamedMachineDescription>>,
    /// What has no place of its own above.
    pub details: Vec<Attested<Detail>>,
    /// What each source of each member gave or did not give.
    pub sources: Vec<SourceState>,
}

/// One thing that is known of an asset, as the row that histories show too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Detail {
    /// The kind of fact, as on the wire (`setting`).
    pub kind: String,
    /// Which one of several; none where a host has one.
    pub object: Option<String>,
    /// Name and text of each field that says something.
    pub fields: BTreeMap<String, String>,
}

/// Whether an asset is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// In use.
    Operating,
    /// Its agent was revoked or it was retired by a person.
    Retired,
}

impl Asset {
    /// All its addresses, its own word and what others saw, sorted.
    #[must_use]
    pub fn all_addresses(&self) -> Vec<IpAddr> {
        let own = self.interfaces.iter().flat_map(|it| &it.value.addresses).map(|it| it.0);
        let seen = self.addresses.iter().map(|it| it.value.address);
        let mut addresses: Vec<IpAddr> = own.chain(seen).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// Whether a scan asked it. That a neighbour table names it is none: nobody asked.
    #[must_use]
    pub fn was_scanned(&self) -> bool {
        let is_of_a_scan = |it: &SourceState| {
            matches!(it.observer, ObserverId::Target(_)) && it.source.as_str() != SIGHTINGS_SOURCE
        };
        self.contact == Contact::Scanned || self.sources.iter().any(is_of_a_scan)
    }
}

/// The source of what neighbour tables of agents say of others.
pub const SIGHTINGS_SOURCE: &str = "scan.neighbour_table";

/// How far anybody got in contact with an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// A neighbour table names it; nothing asked it ("seen, not contacted").
    Seen,
    /// It answered a scan.
    Scanned,
    /// An agent on it reports.
    Reported,
}

/// What an asset is. A closed list, the same as in the workbook's drop-down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// Serves others.
    Server,
    /// A workplace.
    Client,
    /// A portable workplace.
    Laptop,
    /// A part of the network whose task is not known more closely.
    NetworkDevice,
    /// Forwards packets between networks.
    Router,
    /// Forwards frames within a network.
    Switch,
    /// Lets through what rules allow.
    Firewall,
    /// Connects wireless devices.
    AccessPoint,
    /// Printer or multifunction device.
    Printer,
    /// Telephone.
    Telephone,
    /// Phone or tablet.
    MobileDevice,
    /// Storage on the network.
    Storage,
    /// Runs virtual machines.
    Hypervisor,
    /// Camera.
    Camera,
    /// Bridges an outage of the mains.
    PowerSupply,
    /// Plant control, sensor.
    Control,
    /// Not known.
    Unknown,
}

impl AssetKind {
    /// The code of the drop-down and of documents.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Laptop => "laptop",
            Self::NetworkDevice => "network_device",
            Self::Router => "router",
            Self::Switch => "switch",
            Self::Firewall => "firewall",
            Self::AccessPoint => "access_point",
            Self::Printer => "printer",
            Self::Telephone => "telephone",
            Self::MobileDevice => "mobile_device",
            Self::Storage => "storage",
            Self::Hypervisor => "hypervisor",
            Self::Camera => "camera",
            Self::PowerSupply => "power_supply",
            Self::Control => "control",
            Self::Unknown => "unknown",
        }
    }
}

/// What a virtual machine or container runs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualMachine {
    /// `false`: hardware of its own.
    pub is_virtual: bool,
    /// `KVM`, `VMware`, `Hyper-V`, `container`.
    pub platform: Option<String>,
}

/// Maker, model, serial; the board is the fallback where the system says nothing useful.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HardwareDescription {
    /// Maker, placeholders removed.
    pub manufacturer: Option<Attested<String>>,
    /// Model, placeholders removed.
    pub product: Option<Attested<String>>,
    /// Serial number, placeholders removed.
    pub serial: Option<Attested<String>>,
    /// SMBIOS UUID, unusable ones removed.
    pub uuid: Option<Attested<Uuid>>,
    /// Main board.
    pub board: Option<Attested<BoardDescription>>,
    /// Enclosure.
    pub chassis: Option<Attested<ChassisDescription>>,
    /// Processors.
    pub processors: Vec<Attested<ProcessorDescription>>,
    /// Usable main memory.
    pub memory_bytes: Option<Attested<u64>>,
    /// Memory slots.
    pub memory_slots: Vec<Attested<MemorySlot>>,
    /// Disks.
    pub disks: Vec<Attested<DiskDescription>>,
}

/// The main board.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BoardDescription {
    /// Maker.
    pub manufacturer: Option<String>,
    /// Model.
    pub product: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
}

/// The enclosure.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChassisDescription {
    /// Type as SMBIOS numbers it (DSP0134 §7.4.1).
    pub kind_number: Option<u8>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
}

/// Processors of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessorDescription {
    /// Model name.
    pub model: Option<String>,
    /// Sockets in use.
    pub sockets: Option<u32>,
    /// Cores over all sockets.
    pub cores: Option<u32>,
    /// Hardware threads over all sockets.
    pub threads: Option<u32>,
    /// Microcode revision.
    pub microcode: Option<String>,
}

/// One memory slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MemorySlot {
    /// Slot as printed on the board.
    pub slot: Option<String>,
    /// Size; none for an empty slot.
    pub size_bytes: Option<u64>,
    /// Kind (`DDR4`).
    pub kind: Option<String>,
    /// Megatransfers per second.
    pub speed_mts: Option<u32>,
    /// Maker.
    pub manufacturer: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
}

/// One disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DiskDescription {
    /// The system's name for it.
    pub name: String,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// Size.
    pub size_bytes: Option<u64>,
    /// How it is attached.
    pub bus: Option<String>,
    /// Whether it has moving platters.
    pub is_rotational: Option<bool>,
}

/// One firmware level.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FirmwareLevel {
    /// What it runs on (`bios`, `disk`, `microcode` …, as on the wire).
    pub component: String,
    /// Which one.
    pub device: Option<String>,
    /// Maker.
    pub vendor: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Release date.
    pub released_on: Option<Date>,
}

/// The operating system with its kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatingSystemDescription {
    /// Machine-readable name.
    pub id: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// The most exact version there is.
    pub version_detail: Option<String>,
    /// Edition or variant.
    pub edition: Option<String>,
    /// Name and version in one line.
    pub pretty_name: Option<String>,
    /// Kernel name and release.
    pub kernel: Option<String>,
    /// Architecture.
    pub architecture: Option<String>,
    /// What starts and keeps services.
    pub init_system: Option<String>,
}

/// What one source of one member gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// The member.
    pub observer: ObserverId,
    /// The source.
    pub source: SourceId,
    /// When it was last read.
    pub observed_at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// What came of it.
    pub status: SourceStatus,
}

/// What came of reading a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceStatus {
    /// It was read.
    Read {
        /// How many facts it gave.
        facts: usize,
        /// What it could not see: field, object, reason.
        gaps: Vec<observation::latest::Gap>,
        /// What it could not understand.
        complaints: Vec<observation::latest::Complaint>,
    },
    /// It gave nothing.
    Absent(Absent),
}
