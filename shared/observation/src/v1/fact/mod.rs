//! Facts: typed statements of sources, one module per domain of sources.
//!
//! A field that is `None` was not stated by the source; why, stands in the section's gaps. Sizes are
//! bytes, speeds megabits per second, and text is as the machine gave it, trimmed and bounded.

mod account;
mod certificate;
mod configuration;
mod dhcp_lease;
mod directory;
mod hardware;
mod link_neighbour;
mod network;
mod scan;
mod service;
mod software;
mod system;

use serde::{Deserialize, Serialize};

pub use account::{Account, AccountKind, Group, PasswordState, UserName};
pub use certificate::{Certificate, CertificatePlace};
pub use configuration::{Setting, SettingOrigin};
pub use dhcp_lease::DhcpLease;
pub use directory::{MachineList, NamedMachine};
pub use hardware::{
    BaseBoard, Chassis, Disk, Firmware, FirmwareComponent, Memory, MemoryModule, Processor,
    SystemProduct,
};
pub use link_neighbour::{LinkNeighbour, LinkProtocol};
pub use network::{
    AddressOrigin, Connection, ConnectionDirection, ConnectionSamples, InterfaceAddress,
    InterfaceKind, Neighbour, NetworkInterface, Resolver, Route,
};
pub use scan::{
    AddressSeen, AnnouncedService, NetworkPath, OpenPort, PhysicalEntity, ReverseName, SeenBy,
    ServiceAnswer, ServiceProtocol, SshHostKey, Statement, TlsVersions,
};
pub use service::{Binding, Container, Listener, OwnerPackage, Service, StartMode, Transport};
pub use software::{InstalledPackage, PackageManager};
pub use system::{
    Boot, FileSystem, FreeSpace, HostName, InitSystem, InstallationId, Kernel, OperatingSystem,
    VirtualisationHint,
};

/// One typed statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant carries the documented type of the same name")]
pub enum Fact {
    Account(Account),
    AddressSeen(AddressSeen),
    AnnouncedService(AnnouncedService),
    BaseBoard(BaseBoard),
    Boot(Boot),
    Certificate(Certificate),
    Chassis(Chassis),
    Connection(Connection),
    DhcpLease(DhcpLease),
    Disk(Disk),
    FileSystem(FileSystem),
    Firmware(Firmware),
    FreeSpace(FreeSpace),
    Group(Group),
    HostName(HostName),
    InitSystem(InitSystem),
    InstallationId(InstallationId),
    InstalledPackage(InstalledPackage),
    Kernel(Kernel),
    LinkNeighbour(Box<LinkNeighbour>),
    Listener(Listener),
    Memory(Memory),
    MemoryModule(MemoryModule),
    NamedMachine(NamedMachine),
    Neighbour(Neighbour),
    NetworkInterface(NetworkInterface),
    NetworkPath(NetworkPath),
    OpenPort(OpenPort),
    OperatingSystem(OperatingSystem),
    PhysicalEntity(PhysicalEntity),
    Processor(Processor),
    Resolver(Resolver),
    ReverseName(ReverseName),
    Route(Route),
    Service(Service),
    ServiceAnswer(ServiceAnswer),
    Setting(Setting),
    SshHostKey(SshHostKey),
    SystemProduct(SystemProduct),
    TlsVersions(TlsVersions),
    VirtualisationHint(VirtualisationHint),
}
