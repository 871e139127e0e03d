//! Sections show identifiers.

mod answers;

use std::net::IpAddr;

use observation::latest::{
    BaseBoard, Boot, Chassis, Disk, Fact, InstallationId, InterfaceKind, NetworkInterface, Outcome,
    SectionBody, SourceId, SystemProduct,
};

use super::evidence::{Identifier, IdentifierKind};
use crate::recognise::{
    canonical_mac, disk_serial_text, is_container_hint, is_removable_driver, is_virtual_router_mac,
    link_mac, serial_text, stated_text, usable_uuid,
};

/// What the sources of scans begin with.
const PROBES: &str = "scan.";

/// Ways of attaching a disk that let a person carry it to the next machine.
const PORTABLE_BUSES: [&str; 4] = ["usb", "mmc", "ieee1394", "network"];

/// The identifiers that the sections of a scan of this address show.
pub fn identify_target<'a>(
    address: IpAddr,
    bodies: impl IntoIterator<Item = &'a SectionBody>,
) -> Vec<Identifier> {
    let mut found = identify(bodies);
    let is_virtual = found.iter().any(|it| it.kind == IdentifierKind::VirtualAddress);
    if !is_virtual {
        found.extend(of_address(address));
    }
    found.sort();
    found.dedup();
    found
}

/// The identifiers that these sections show, canonical, sorted, placeholders left out.
///
/// Containers get no [`IdentifierKind::Boot`]: several of one image on one kernel would look like
/// several agents on one machine.
pub fn identify<'a>(bodies: impl IntoIterator<Item = &'a SectionBody>) -> Vec<Identifier> {
    let mut found = Vec::new();
    let mut is_container = false;
    for body in bodies {
        let Outcome::Read { facts, .. } = &body.outcome else { continue };
        for fact in facts {
            is_container |= matches!(fact, Fact::VirtualisationHint(it) if is_container_hint(it));
            found.extend(identifiers_of(&body.source, fact));
        }
    }
    found.retain(|it| !(is_container && it.kind == IdentifierKind::Boot));
    found.sort();
    found.dedup();
    found
}

/// The identifiers in one fact.
#[expect(
    clippy::too_many_lines,
    reason = "one line for each kind of fact, so that none is forgotten"
)]
fn identifiers_of(source: &SourceId, fact: &Fact) -> Vec<Identifier> {
    match fact {
        Fact::AddressSeen(it) => answers::of_address_seen(it),
        // What lies in files of a host is often a copy of somebody else's.
        Fact::Certificate(it) if source.as_str().starts_with(PROBES) => {
            answers::of_certificate(it).into_iter().collect()
        }
        Fact::PhysicalEntity(it) => answers::of_entity(it).into_iter().collect(),
        Fact::ServiceAnswer(it) => answers::of_service(it),
        Fact::SshHostKey(it) => vec![answers::of_host_key(it)],
        Fact::SystemProduct(it) => of_system(it),
        Fact::BaseBoard(it) => of_board(it).into_iter().collect(),
        Fact::Chassis(it) => of_chassis(it).into_iter().collect(),
        Fact::Disk(it) => of_disk(it).into_iter().collect(),
        Fact::NetworkInterface(it) => of_interface(it),
        Fact::InstallationId(it) => vec![of_installation(it)],
        Fact::Boot(it) => of_boot(it).into_iter().collect(),
        Fact::Account(_)
        | Fact::Battery(_)
        | Fact::BatteryWear(_)
        | Fact::AuthorizedKey(_)
        | Fact::Certificate(_)
        | Fact::ClockError(_)
        | Fact::ClockSynchronisation(_)
        | Fact::Connection(_)
        | Fact::CoolingDevice(_)
        | Fact::Executable(_)
        | Fact::Device(_)
        | Fact::DiskHealth(_)
        | Fact::DiskWear(_)
        | Fact::ExpansionSlot(_)
        | Fact::Extension(_)
        | Fact::DomainMembership(_)
        | Fact::ContainerImage(_)
        | Fact::ContainerInstance(_)
        | Fact::Database(_)
        | Fact::DatabaseSize(_)
        | Fact::DhcpLease(_)
        | Fact::FileSystem(_)
        | Fact::FirewallState(_)
        | Fact::Firmware(_)
        | Fact::FreeSpace(_)
        | Fact::Group(_)
        | Fact::HostName(_)
        | Fact::InitSystem(_)
        | Fact::InstalledPackage(_)
        | Fact::Kernel(_)
        | Fact::Licence(_)
        | Fact::LastLogin(_)
        | Fact::Listener(_)
        | Fact::ManagementController(_)
        | Fact::ManagementInterface(_)
        | Fact::Memory(_)
        | Fact::MemoryArray(_)
        | Fact::MemoryController(_)
        | Fact::MemoryErrors(_)
        | Fact::MemoryModule(_)
        | Fact::MissingUpdate(_)
        | Fact::Monitor(_)
        | Fact::NamedMachine(_)
        | Fact::LinkNeighbour(_)
        | Fact::Neighbour(_)
        | Fact::NetworkNamespace(_)
        | Fact::OnboardDevice(_)
        | Fact::OperatingSystem(_)
        | Fact::PortConnector(_)
        | Fact::PowerSupply(_)
        | Fact::Printer(_)
        | Fact::Processor(_)
        | Fact::RebootPending(_)
        | Fact::ProcessorCache(_)
        | Fact::ProcessorSocket(_)
        | Fact::ProcessorVulnerability(_)
        | Fact::ProductRun(_)
        | Fact::ProductTrace(_)
        | Fact::RemoteMount(_)
        | Fact::Resolver(_)
        | Fact::Route(_)
        | Fact::ScheduledTask(_)
        | Fact::Service(_)
        | Fact::ServiceHardening(_)
        | Fact::Setting(_)
        | Fact::StoragePool(_)
        | Fact::StorageVolume(_)
        | Fact::TrustedPlatformModule(_)
        | Fact::VoltageProbe(_)
        | Fact::VolumeEncryption(_)
        | Fact::SudoRule(_)
        | Fact::Share(_)
        | Fact::AnnouncedService(_)
        | Fact::NetworkPath(_)
        | Fact::OpenPort(_)
        | Fact::ReverseName(_)
        | Fact::TlsVersions(_)
        | Fact::UpdateState(_)
        | Fact::VirtualisationHint(_)
        | Fact::VpnProfile(_)
        | Fact::WirelessNetwork(_)
        | Fact::VirtualMachine(_)
        | Fact::WebSite(_) => Vec::new(),
    }
}

fn of_system(system: &SystemProduct) -> Vec<Identifier> {
    let uuid = system.uuid.and_then(usable_uuid);
    let uuid = uuid.map(|it| identifier(IdentifierKind::SystemUuid, it.hyphenated().to_string()));
    let serial = with_maker(
        IdentifierKind::SystemSerial,
        system.manufacturer.as_deref(),
        system.serial.as_deref().and_then(serial_text),
    );
    let bare = system.serial.as_deref().and_then(answers::of_serial);
    uuid.into_iter().chain(serial).chain(bare).collect()
}

fn of_board(board: &BaseBoard) -> Option<Identifier> {
    let serial = board.serial.as_deref().and_then(serial_text);
    with_maker(IdentifierKind::BoardSerial, board.manufacturer.as_deref(), serial)
}

fn of_chassis(chassis: &Chassis) -> Option<Identifier> {
    let serial = chassis.serial.as_deref().and_then(serial_text);
    with_maker(IdentifierKind::ChassisSerial, chassis.manufacturer.as_deref(), serial)
}

fn of_disk(disk: &Disk) -> Option<Identifier> {
    let bus = disk.bus.as_deref().unwrap_or_default();
    if disk.is_removable == Some(true) || PORTABLE_BUSES.contains(&bus) {
        return None;
    }
    let serial = disk.serial.as_deref().and_then(disk_serial_text);
    with_maker(IdentifierKind::DiskSerial, disk.model.as_deref(), serial)
}

/// What an adapter shows: the machine, where it stays in it; the link that it is on; its addresses.
fn of_interface(interface: &NetworkInterface) -> Vec<Identifier> {
    if interface.kind == InterfaceKind::Loopback {
        return Vec::new();
    }
    let mac = interface.mac.as_deref();
    // A cluster's address is held by one member now and by another one later.
    if mac.is_some_and(is_virtual_router_mac) {
        return Vec::new();
    }
    let addresses: Vec<Identifier> =
        interface.addresses.iter().filter_map(|it| of_address(it.address)).collect();
    // The host's ends of containers' adapters come and go, and nobody else ever sees them.
    let is_used = is_adapter(interface.kind) || !addresses.is_empty();
    let on_link = mac.filter(|_| is_used && interface.kind != InterfaceKind::Tunnel);
    let on_link = on_link.and_then(link_mac).map(|it| identifier(IdentifierKind::LinkMac, it));
    of_adapter(interface).into_iter().chain(on_link).chain(addresses).collect()
}

fn of_adapter(interface: &NetworkInterface) -> Option<Identifier> {
    let is_carried = interface.is_removable == Some(true)
        || interface.driver.as_deref().is_some_and(is_removable_driver);
    if !is_adapter(interface.kind) || is_carried {
        return None;
    }
    let mac = interface.permanent_mac.as_deref().or(interface.mac.as_deref())?;
    canonical_mac(mac).map(|it| identifier(IdentifierKind::PermanentMac, it))
}

const fn is_adapter(kind: InterfaceKind) -> bool {
    match kind {
        InterfaceKind::Ethernet | InterfaceKind::Wireless => true,
        InterfaceKind::Loopback
        | InterfaceKind::Bridge
        | InterfaceKind::Bond
        | InterfaceKind::Vlan
        | InterfaceKind::Tunnel
        | InterfaceKind::Virtual
        | InterfaceKind::Other => false,
    }
}

/// An address that can belong to one host alone: none of the host itself, of a link or of a group.
fn of_address(address: IpAddr) -> Option<Identifier> {
    let is_link_local = match address {
        IpAddr::V4(it) => it.is_link_local() || it.is_broadcast(),
        IpAddr::V6(it) => it.is_unicast_link_local(),
    };
    let names_nobody = is_link_local
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast();
    (!names_nobody).then(|| identifier(IdentifierKind::Address, address.to_string()))
}

fn of_installation(installation: &InstallationId) -> Identifier {
    let text = format!("{}/{}", installation.kind, installation.hash);
    identifier(IdentifierKind::Installation, text)
}

fn of_boot(boot: &Boot) -> Option<Identifier> {
    let id = boot.id.filter(|it| !it.is_nil())?;
    Some(identifier(IdentifierKind::Boot, id.hyphenated().to_string()))
}

/// `maker/serial`, folded: two makers may give the same number.
fn with_maker(
    kind: IdentifierKind,
    maker: Option<&str>,
    serial: Option<String>,
) -> Option<Identifier> {
    let maker = maker.and_then(stated_text).unwrap_or_default();
    serial.map(|serial| identifier(kind, format!("{maker}/{serial}").to_lowercase()))
}

fn identifier(kind: IdentifierKind, text: String) -> Identifier {
    Identifier { kind, text }
}

#[cfg(test)]
mod tests {
    use observation::ContentHash;
    use observation::latest::{
        Absent, AddressOrigin, InterfaceAddress, ManagementController, ManagementInterface,
        ManagementProtocol, VirtualisationHint,
    };

    use super::*;

    fn body(facts: Vec<Fact>) -> SectionBody {
        let outcome = Outcome::Read { facts, gaps: Vec::new(), complaints: Vec::new() };
        SectionBody { source: SourceId::from_static("test"), outcome }
    }

    fn check(fact: Fact, expected: &[(IdentifierKind, &str)]) {
        let found = identify([&body(vec![fact])]);
        let found: Vec<_> = found.iter().map(|it| (it.kind, it.text.as_str())).collect();
        assert_eq!(found, expected);
    }

    fn adapter() -> NetworkInterface {
        NetworkInterface {
            name: "eth0".to_owned(),
            kind: InterfaceKind::Ethernet,
            mac: Some("00:1b:21:aa:bb:cc".to_owned()),
            permanent_mac: None,
            mtu_bytes: None,
            is_up: None,
            speed_mbps: None,
            is_removable: None,
            driver: None,
            vlan_id: None,
            parent: None,
            addresses: Vec::new(),
        }
    }

    fn disk() -> Disk {
        Disk {
            name: "sda".to_owned(),
            model: Some("Samsung SSD 980".to_owned()),
            serial: Some("S64DNL0T123456".to_owned()),
            ..Disk::default()
        }
    }

    #[test]
    fn a_machine_is_named_by_maker_and_serial() {
        let system = SystemProduct {
            manufacturer: Some(" Dell Inc. ".to_owned()),
            serial: Some("7XK9Q13".to_owned()),
            uuid: "4C4C4544-0058-4B10-8039-B7C04F513133".parse().ok(),
            ..SystemProduct::default()
        };
        check(
            Fact::SystemProduct(system),
            &[
                (IdentifierKind::SystemUuid, "4c4c4544-0058-4b10-8039-b7c04f513133"),
                (IdentifierKind::SystemSerial, "dell inc./7xk9q13"),
                (IdentifierKind::DeviceSerial, "7xk9q13"),
            ],
        );
    }

    #[test]
    fn placeholders_name_nothing() {
        let system = SystemProduct {
            manufacturer: Some("To Be Filled By O.E.M.".to_owned()),
            serial: Some("To be filled by O.E.M.".to_owned()),
            uuid: "03000200-0400-0500-0006-000700080009".parse().ok(),
            ..SystemProduct::default()
        };
        check(Fact::SystemProduct(system), &[]);
        let serial = Some("Default string".to_owned());
        check(Fact::BaseBoard(BaseBoard { serial, ..BaseBoard::default() }), &[]);
    }

    #[test]
    fn only_adapters_that_stay_with_the_machine_name_it() {
        let link = |mac| (IdentifierKind::LinkMac, mac);
        check(
            Fact::NetworkInterface(adapter()),
            &[(IdentifierKind::PermanentMac, "001b21aabbcc"), link("001b21aabbcc")],
        );
        let randomised = NetworkInterface {
            kind: InterfaceKind::Wireless,
            mac: Some("9a:00:11:22:33:44".to_owned()),
            permanent_mac: Some("00:1b:21:00:00:01".to_owned()),
            ..adapter()
        };
        check(
            Fact::NetworkInterface(randomised),
            &[(IdentifierKind::PermanentMac, "001b21000001"), link("9a0011223344")],
        );
        for carried in [
            NetworkInterface { is_removable: Some(true), ..adapter() },
            NetworkInterface { driver: Some("r8152".to_owned()), ..adapter() },
        ] {
            check(Fact::NetworkInterface(carried), &[link("001b21aabbcc")]);
        }
        let virtual_machine =
            NetworkInterface { mac: Some("52:54:00:12:34:56".to_owned()), ..adapter() };
        check(Fact::NetworkInterface(virtual_machine), &[link("525400123456")]);
        for silent in [
            NetworkInterface { kind: InterfaceKind::Bridge, ..adapter() },
            NetworkInterface { kind: InterfaceKind::Virtual, ..adapter() },
            NetworkInterface { kind: InterfaceKind::Loopback, ..with_address("10.0.0.5") },
            NetworkInterface { mac: None, ..adapter() },
        ] {
            check(Fact::NetworkInterface(silent), &[]);
        }
    }

    fn with_address(address: &str) -> NetworkInterface {
        let address = InterfaceAddress {
            address: address.parse().unwrap(),
            prefix_length: 24,
            origin: AddressOrigin::Permanent,
        };
        NetworkInterface { addresses: vec![address], ..adapter() }
    }

    #[test]
    fn an_interface_shows_its_link_and_its_addresses() {
        let made_by_software =
            NetworkInterface { kind: InterfaceKind::Virtual, ..with_address("10.0.0.5") };
        check(
            Fact::NetworkInterface(made_by_software),
            &[(IdentifierKind::LinkMac, "001b21aabbcc"), (IdentifierKind::Address, "10.0.0.5")],
        );
        let tunnel = NetworkInterface { kind: InterfaceKind::Tunnel, ..with_address("10.8.0.2") };
        check(Fact::NetworkInterface(tunnel), &[(IdentifierKind::Address, "10.8.0.2")]);
        let cluster = NetworkInterface {
            mac: Some("00:00:5e:00:01:0a".to_owned()),
            ..with_address("10.0.0.1")
        };
        check(Fact::NetworkInterface(cluster), &[]);
        for nobody in ["127.0.0.1", "::1", "169.254.3.4", "fe80::1", "224.0.0.1", "0.0.0.0"] {
            let interface = NetworkInterface { mac: None, ..with_address(nobody) };
            check(Fact::NetworkInterface(interface), &[]);
        }
    }

    #[test]
    fn only_fixed_disks_with_a_number_of_their_own_name_a_machine() {
        check(
            Fact::Disk(disk()),
            &[(IdentifierKind::DiskSerial, "samsung ssd 980/s64dnl0t123456")],
        );
        for silent in [
            Disk { bus: Some("usb".to_owned()), ..disk() },
            Disk { is_removable: Some(true), ..disk() },
            Disk { serial: Some("overlayblk".to_owned()), ..disk() },
            Disk { serial: Some("QM00001".to_owned()), ..disk() },
            Disk { serial: None, ..disk() },
        ] {
            check(Fact::Disk(silent), &[]);
        }
    }

    #[test]
    fn a_container_does_not_answer_for_the_start_of_its_kernel() {
        let boot = Fact::Boot(Boot { id: Some(uuid::Uuid::from_u128(7)), started_at: None });
        let hint = |origin: &str, text: &str| {
            Fact::VirtualisationHint(VirtualisationHint {
                origin: origin.to_owned(),
                text: text.to_owned(),
            })
        };
        let stray = body(vec![hint("dockerenv", "/.dockerenv"), boot.clone()]);
        assert_eq!(identify([&stray]).len(), 1);
        let inside = body(vec![hint("cgroup", "0::/docker/3f2a")]);
        assert_eq!(identify([&body(vec![boot]), &inside]), []);
    }

    /// A controller is a device of its own: what its host tells of it must never join the two.
    #[test]
    fn what_is_told_of_the_management_controller_is_no_identity_of_the_host() {
        let mac = Some("00:1b:21:aa:bb:cc".to_owned());
        let controller = ManagementController {
            mac: mac.clone(),
            address: "192.0.2.9".parse().ok(),
            guid: Some("4c4c4544-0058-4b10-8039-b7c04f513133".to_owned()),
            ..ManagementController::default()
        };
        check(Fact::ManagementController(controller), &[]);
        let service = ManagementProtocol {
            protocol_number: 4,
            service_uuid: "4c4c4544-0058-4b10-8039-b7c04f513133".parse().ok(),
            service_address: "192.0.2.9".parse().ok(),
            ..ManagementProtocol::default()
        };
        let protocols = vec![service];
        let interface = ManagementInterface { mac, protocols, ..ManagementInterface::default() };
        check(Fact::ManagementInterface(interface), &[]);
    }

    #[test]
    fn the_order_of_sections_does_not_matter_and_absence_shows_nothing() {
        let installation = Fact::InstallationId(InstallationId {
            kind: "machine_id".to_owned(),
            hash: ContentHash::of(b"1"),
        });
        let one = body(vec![installation, Fact::Disk(disk())]);
        let two = body(vec![Fact::NetworkInterface(adapter()), Fact::Disk(disk())]);
        assert_eq!(identify([&one, &two]), identify([&two, &one]));
        assert_eq!(identify([&one, &two]).len(), 4);
        let reason = Absent::NotHere { looked_at: "/sys/firmware/dmi".to_owned() };
        let absent = SectionBody {
            source: SourceId::from_static("test"),
            outcome: Outcome::Absent { reason },
        };
        assert_eq!(identify([&absent]), []);
    }
}
