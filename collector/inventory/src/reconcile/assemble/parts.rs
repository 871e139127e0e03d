//! Facts sorted by their kind, each with its evidence.

use std::net::IpAddr;

use observation::latest::{
    Account, AddressSeen, AnnouncedService, BaseBoard, Certificate, Chassis, Connection, Disk,
    Fact, Firmware, Group, HostName, InitSystem, InstalledPackage, Kernel, LinkNeighbour, Listener,
    Memory, MemoryModule, Neighbour, NetworkInterface, NetworkPath, OpenPort, OperatingSystem,
    Outcome, PhysicalEntity, Processor, Resolver, ReverseName, Route, Service, ServiceAnswer,
    SshHostKey, SystemProduct, TlsVersions, VirtualisationHint,
};

use super::Chosen;
use crate::asset::{Attested, Evidence, ObserverId};
use crate::recognise::{Recognition, recognise};

/// Facts of one kind.
pub(super) type Seen<'a, T> = Vec<Attested<&'a T>>;

/// All facts that count.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) accounts: Seen<'a, Account>,
    pub(super) boards: Seen<'a, BaseBoard>,
    pub(super) certificates: Seen<'a, Certificate>,
    pub(super) chassis: Seen<'a, Chassis>,
    /// With the moment since when the section held.
    pub(super) connections: Vec<(jiff::Timestamp, Attested<&'a Connection>)>,
    pub(super) disks: Seen<'a, Disk>,
    pub(super) firmware: Seen<'a, Firmware>,
    pub(super) groups: Seen<'a, Group>,
    pub(super) host_names: Seen<'a, HostName>,
    pub(super) init_systems: Seen<'a, InitSystem>,
    pub(super) packages: Seen<'a, InstalledPackage>,
    pub(super) kernels: Seen<'a, Kernel>,
    pub(super) listeners: Seen<'a, Listener>,
    pub(super) memory: Seen<'a, Memory>,
    pub(super) modules: Seen<'a, MemoryModule>,
    pub(super) neighbours: Seen<'a, Neighbour>,
    pub(super) cables: Seen<'a, LinkNeighbour>,
    pub(super) interfaces: Seen<'a, NetworkInterface>,
    pub(super) systems: Seen<'a, OperatingSystem>,
    pub(super) processors: Seen<'a, Processor>,
    pub(super) resolvers: Seen<'a, Resolver>,
    pub(super) routes: Seen<'a, Route>,
    pub(super) services: Seen<'a, Service>,
    pub(super) products: Seen<'a, SystemProduct>,
    pub(super) hints: Seen<'a, VirtualisationHint>,
    pub(super) addresses: Seen<'a, AddressSeen>,
    pub(super) announced: Seen<'a, AnnouncedService>,
    pub(super) answers: Seen<'a, ServiceAnswer>,
    pub(super) entities: Seen<'a, PhysicalEntity>,
    pub(super) host_keys: Seen<'a, SshHostKey>,
    pub(super) open_ports: Seen<'a, OpenPort>,
    pub(super) paths: Seen<'a, NetworkPath>,
    pub(super) reverse_names: Seen<'a, ReverseName>,
    pub(super) tls_versions: Seen<'a, TlsVersions>,
    /// What the answers mean, in the order of `answers`.
    pub(super) recognised: Vec<Attested<Recognition>>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(chosen: &[Chosen<'a>]) -> Self {
        let mut parts = Self::default();
        for Chosen { section, evidence } in chosen {
            let Outcome::Read { facts, .. } = &section.body.outcome else { continue };
            for fact in facts {
                parts.take(fact, evidence, section.first_observed_at);
            }
        }
        let answers = parts.answers.iter().cloned();
        parts.recognised = answers.map(|it| it.map(recognise)).collect();
        parts
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one line for each kind of fact, so that none is forgotten"
    )]
    fn take(&mut self, fact: &'a Fact, evidence: &Evidence, since: jiff::Timestamp) {
        match fact {
            Fact::Account(it) => self.accounts.push(attested(it, evidence)),
            Fact::BaseBoard(it) => self.boards.push(attested(it, evidence)),
            Fact::Certificate(it) => self.certificates.push(attested(it, evidence)),
            Fact::Chassis(it) => self.chassis.push(attested(it, evidence)),
            Fact::Connection(it) => self.connections.push((since, attested(it, evidence))),
            Fact::Disk(it) => self.disks.push(attested(it, evidence)),
            Fact::Firmware(it) => self.firmware.push(attested(it, evidence)),
            Fact::Group(it) => self.groups.push(attested(it, evidence)),
            Fact::HostName(it) => self.host_names.push(attested(it, evidence)),
            Fact::InitSystem(it) => self.init_systems.push(attested(it, evidence)),
            Fact::InstalledPackage(it) => self.packages.push(attested(it, evidence)),
            Fact::Kernel(it) => self.kernels.push(attested(it, evidence)),
            Fact::Listener(it) => self.listeners.push(attested(it, evidence)),
            Fact::Memory(it) => self.memory.push(attested(it, evidence)),
            Fact::MemoryModule(it) => self.modules.push(attested(it, evidence)),
            Fact::LinkNeighbour(it) => self.cables.push(attested(&**it, evidence)),
            Fact::Neighbour(it) => self.neighbours.push(attested(it, evidence)),
            Fact::NetworkInterface(it) => self.interfaces.push(attested(it, evidence)),
            Fact::OperatingSystem(it) => self.systems.push(attested(it, evidence)),
            Fact::Processor(it) => self.processors.push(attested(it, evidence)),
            Fact::Resolver(it) => self.resolvers.push(attested(it, evidence)),
            Fact::Route(it) => self.routes.push(attested(it, evidence)),
            Fact::Service(it) => self.services.push(attested(it, evidence)),
            Fact::SystemProduct(it) => self.products.push(attested(it, evidence)),
            Fact::VirtualisationHint(it) => self.hints.push(attested(it, evidence)),
            Fact::AddressSeen(it) => self.addresses.push(attested(it, evidence)),
            Fact::AnnouncedService(it) => self.announced.push(attested(it, evidence)),
            Fact::NetworkPath(it) => self.paths.push(attested(it, evidence)),
            Fact::OpenPort(it) => self.open_ports.push(attested(it, evidence)),
            Fact::PhysicalEntity(it) => self.entities.push(attested(it, evidence)),
            Fact::ReverseName(it) => self.reverse_names.push(attested(it, evidence)),
            Fact::ServiceAnswer(it) => self.answers.push(attested(it, evidence)),
            Fact::SshHostKey(it) => self.host_keys.push(attested(it, evidence)),
            Fact::TlsVersions(it) => self.tls_versions.push(attested(it, evidence)),
            // Shown as details.
            Fact::AuthorizedKey(_)
            | Fact::Battery(_)
            | Fact::ClockSynchronisation(_)
            | Fact::ContainerImage(_)
            | Fact::ContainerInstance(_)
            | Fact::CoolingDevice(_)
            | Fact::Database(_)
            | Fact::DatabaseSize(_)
            | Fact::Device(_)
            | Fact::DiskHealth(_)
            | Fact::DomainMembership(_)
            | Fact::Executable(_)
            | Fact::ExpansionSlot(_)
            | Fact::Extension(_)
            | Fact::FirewallState(_)
            | Fact::Licence(_)
            | Fact::ManagementController(_)
            | Fact::ManagementInterface(_)
            | Fact::MemoryArray(_)
            | Fact::MemoryController(_)
            | Fact::MissingUpdate(_)
            | Fact::Monitor(_)
            | Fact::NetworkNamespace(_)
            | Fact::OnboardDevice(_)
            | Fact::PortConnector(_)
            | Fact::PowerSupply(_)
            | Fact::Printer(_)
            | Fact::ProcessorCache(_)
            | Fact::ProcessorSocket(_)
            | Fact::ProcessorVulnerability(_)
            | Fact::ProductRun(_)
            | Fact::ProductTrace(_)
            | Fact::RebootPending(_)
            | Fact::RemoteMount(_)
            | Fact::ScheduledTask(_)
            | Fact::ServiceHardening(_)
            | Fact::Share(_)
            | Fact::StoragePool(_)
            | Fact::StorageVolume(_)
            | Fact::SudoRule(_)
            | Fact::TrustedPlatformModule(_)
            | Fact::UpdateState(_)
            | Fact::VirtualMachine(_)
            | Fact::VoltageProbe(_)
            | Fact::VolumeEncryption(_)
            | Fact::VpnProfile(_)
            | Fact::WebSite(_)
            | Fact::WirelessNetwork(_)
            | Fact::DhcpLease(_) => {}
            // Taken by `statements`.
            Fact::NamedMachine(_) | Fact::Setting(_) => {}
            // Kept as history; no sheet shows them, and the identity of an installation is evidence
            // for grouping only.
            Fact::BatteryWear(_)
            | Fact::Boot(_)
            | Fact::ClockError(_)
            | Fact::DiskWear(_)
            | Fact::FileSystem(_)
            | Fact::FreeSpace(_)
            | Fact::InstallationId(_)
            | Fact::MemoryErrors(_)
            | Fact::LastLogin(_) => {}
        }
    }
}

fn attested<'a, T>(value: &'a T, evidence: &Evidence) -> Attested<&'a T> {
    Attested { value, evidence: evidence.clone() }
}

/// What agents said, where one said anything; else all: a machine knows itself better than those who
/// look at it.
pub(super) fn own_word<'a, T>(seen: &[Attested<&'a T>]) -> Seen<'a, T> {
    let is_own = |it: &&Attested<&'a T>| matches!(it.evidence.observer, ObserverId::Agent(_));
    let own: Seen<'a, T> = seen.iter().filter(is_own).cloned().collect();
    if own.is_empty() { seen.to_vec() } else { own }
}

/// The address that a scan asked to learn this.
pub(super) const fn asked(evidence: &Evidence) -> Option<IpAddr> {
    match &evidence.observer {
        ObserverId::Target(target) => Some(target.address),
        ObserverId::Agent(_) | ObserverId::Person(_) => None,
    }
}

/// All values, sorted; of equal ones the one with the greatest evidence.
pub(super) fn list<W, T: Ord>(
    seen: &[Attested<&W>],
    convert: impl Fn(&W) -> T,
) -> Vec<Attested<T>> {
    merged(seen.iter().map(|it| it.clone().map(&convert)).collect())
}

/// The same of values that are made already.
pub(super) fn merged<T: Ord>(mut all: Vec<Attested<T>>) -> Vec<Attested<T>> {
    all.sort_by(|left, right| {
        left.value.cmp(&right.value).then_with(|| right.evidence.cmp(&left.evidence))
    });
    all.dedup_by(|later, earlier| later.value == earlier.value);
    all
}

/// The value with the greatest evidence among those that say something; of equal evidence the
/// greatest by content.
pub(super) fn best<W, T: Ord>(
    seen: &[Attested<&W>],
    convert: impl Fn(&W) -> Option<T>,
) -> Option<Attested<T>> {
    seen.iter()
        .filter_map(|it| {
            convert(it.value).map(|value| Attested { value, evidence: it.evidence.clone() })
        })
        .max_by(|left, right| (&left.evidence, &left.value).cmp(&(&right.evidence, &right.value)))
}
