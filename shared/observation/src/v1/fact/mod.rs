//! Facts: typed statements of sources, one module per domain of sources.
//!
//! A field that is `None` was not stated by the source; why, stands in the section's gaps. Sizes are
//! bytes, speeds megabits per second, and text is as the machine gave it, trimmed and bounded.

mod access;
mod account;
mod certificate;
mod clock;
mod component;
mod configuration;
mod dhcp_lease;
mod directory;
mod executable;
mod extension;
mod firewall;
mod guest;
mod hardware;
mod licence;
mod link_neighbour;
mod network;
mod network_namespace;
mod offering;
mod profile;
mod scan;
mod service;
mod service_hardening;
mod software;
mod storage;
mod sudo;
mod system;
mod task;
mod update;

use serde::{Deserialize, Serialize};

pub use access::{AuthorizedKey, DomainKind, DomainMembership, LastLogin};
pub use account::{Account, AccountKind, Group, PasswordState, UserName};
pub use certificate::{Certificate, CertificatePlace};
pub use clock::{ClockError, ClockSynchronisation};
pub use component::{
    Battery, BatteryWear, CoolingDevice, Device, ExpansionSlot, ManagementController,
    ManagementInterface, ManagementProtocol, MemoryArray, MemoryController, MemoryErrors, Monitor,
    OnboardDevice, PortConnector, PowerSupply, ProcessorCache, ProcessorSocket,
    ProcessorVulnerability, TrustedPlatformModule, VoltageProbe,
};
pub use configuration::{Setting, SettingOrigin};
pub use dhcp_lease::DhcpLease;
pub use directory::{MachineList, NamedMachine};
pub use executable::Executable;
pub use extension::Extension;
pub use firewall::{FirewallKind, FirewallPolicy, FirewallState, OpenToAny};
pub use guest::{ContainerImage, ContainerInstance, ContainerMount, PublishedPort, VirtualMachine};
pub use hardware::{
    BaseBoard, Chassis, Disk, Firmware, FirmwareComponent, Memory, MemoryModule, Processor,
    SystemProduct,
};
pub use licence::Licence;
pub use link_neighbour::{LinkNeighbour, LinkProtocol};
pub use network::{
    AddressOrigin, Connection, ConnectionDirection, ConnectionSamples, InterfaceAddress,
    InterfaceKind, Neighbour, NetworkInterface, Resolver, Route,
};
pub use network_namespace::{NamespaceInterface, NamespaceListener, NetworkNamespace};
pub use offering::{Database, DatabaseSize, RemoteMount, Share, WebListen, WebSite};
pub use profile::{Printer, VpnPeer, VpnProfile, WirelessNetwork};
pub use scan::{
    AddressSeen, AnnouncedService, NetworkPath, OpenPort, PhysicalEntity, ReverseName, SeenBy,
    ServiceAnswer, ServiceProtocol, SshHostKey, Statement, TlsVersions,
};
pub use service::{Binding, Container, Listener, OwnerPackage, Service, StartMode, Transport};
pub use service_hardening::ServiceHardening;
pub use software::{InstalledPackage, PackageManager};
pub use storage::{
    DiskHealth, DiskWear, StoragePool, StoragePoolKind, StoragePoolMember, StorageVolume,
    VolumeEncryption,
};
pub use sudo::SudoRule;
pub use system::{
    Boot, FileSystem, FreeSpace, HostName, InitSystem, InstallationId, Kernel, OperatingSystem,
    VirtualisationHint,
};
pub use task::{ProductRun, ProductTrace, ScheduledTask, TraceKind};
pub use update::{MissingUpdate, RebootPending, UpdateState};

/// One typed statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant carries the documented type of the same name")]
pub enum Fact {
    Account(Account),
    AddressSeen(AddressSeen),
    AnnouncedService(AnnouncedService),
    AuthorizedKey(AuthorizedKey),
    BaseBoard(BaseBoard),
    Battery(Battery),
    BatteryWear(BatteryWear),
    Boot(Boot),
    Certificate(Certificate),
    Chassis(Chassis),
    ClockError(ClockError),
    ClockSynchronisation(ClockSynchronisation),
    Connection(Connection),
    CoolingDevice(CoolingDevice),
    Device(Device),
    ContainerImage(ContainerImage),
    ContainerInstance(ContainerInstance),
    Database(Database),
    DatabaseSize(DatabaseSize),
    DhcpLease(DhcpLease),
    Disk(Disk),
    Executable(Executable),
    DiskHealth(DiskHealth),
    DiskWear(DiskWear),
    ExpansionSlot(ExpansionSlot),
    Extension(Extension),
    DomainMembership(DomainMembership),
    FileSystem(FileSystem),
    FirewallState(FirewallState),
    Firmware(Firmware),
    FreeSpace(FreeSpace),
    Group(Group),
    HostName(HostName),
    InitSystem(InitSystem),
    InstallationId(InstallationId),
    InstalledPackage(InstalledPackage),
    Kernel(Kernel),
    Licence(Licence),
    LastLogin(LastLogin),
    LinkNeighbour(Box<LinkNeighbour>),
    Listener(Listener),
    ManagementController(ManagementController),
    ManagementInterface(ManagementInterface),
    Memory(Memory),
    MemoryArray(MemoryArray),
    MemoryController(MemoryController),
    MemoryErrors(MemoryErrors),
    MemoryModule(MemoryModule),
    MissingUpdate(MissingUpdate),
    Monitor(Monitor),
    NamedMachine(NamedMachine),
    Neighbour(Neighbour),
    NetworkInterface(NetworkInterface),
    NetworkNamespace(NetworkNamespace),
    NetworkPath(NetworkPath),
    OnboardDevice(OnboardDevice),
    OpenPort(OpenPort),
    OperatingSystem(OperatingSystem),
    PhysicalEntity(PhysicalEntity),
    PortConnector(PortConnector),
    PowerSupply(PowerSupply),
    Printer(Printer),
    Processor(Processor),
    RebootPending(RebootPending),
    ProcessorCache(ProcessorCache),
    ProcessorSocket(ProcessorSocket),
    ProcessorVulnerability(ProcessorVulnerability),
    ProductRun(ProductRun),
    ProductTrace(ProductTrace),
    RemoteMount(RemoteMount),
    Resolver(Resolver),
    ReverseName(ReverseName),
    Route(Route),
    ScheduledTask(ScheduledTask),
    Service(Service),
    ServiceHardening(Box<ServiceHardening>),
    ServiceAnswer(ServiceAnswer),
    Setting(Setting),
    Share(Share),
    SshHostKey(SshHostKey),
    StoragePool(StoragePool),
    StorageVolume(StorageVolume),
    SudoRule(SudoRule),
    SystemProduct(SystemProduct),
    TlsVersions(TlsVersions),
    UpdateState(UpdateState),
    TrustedPlatformModule(TrustedPlatformModule),
    VirtualMachine(VirtualMachine),
    VirtualisationHint(VirtualisationHint),
    VoltageProbe(VoltageProbe),
    VolumeEncryption(VolumeEncryption),
    VpnProfile(VpnProfile),
    WirelessNetwork(WirelessNetwork),
    WebSite(WebSite),
}
