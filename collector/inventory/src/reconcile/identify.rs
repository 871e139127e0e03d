//! Sections show identifiers.

use observation::latest::{
    BaseBoard, Boot, Chassis, Disk, Fact, InstallationId, InterfaceKind, NetworkInterface, Outcome,
    SectionBody, SystemProduct,
};

use super::evidence::{Identifier, IdentifierKind};
use crate::recognise::{
    canonical_mac, disk_serial_text, is_container_hint, is_removable_driver, serial_text,
    stated_text, usable_uuid,
};

/// Ways of attaching a disk that let a person carry it to the next machine.
const PORTABLE_BUSES: [&str; 4] = ["usb", "mmc", "ieee1394", "network"];

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
            found.extend(identifiers_of(fact));
        }
    }
    found.retain(|it| !(is_container && it.kind == IdentifierKind::Boot));
    found.sort();
    found.dedup();
    found
}

/// The identifiers in one fact.
fn identifiers_of(fact: &Fact) -> Vec<Identifier> {
    match fact {
        Fact::SystemProduct(it) => of_system(it),
        Fact::BaseBoard(it) => of_board(it).into_iter().collect(),
        Fact::Chassis(it) => of_chassis(it).into_iter().collect(),
        Fact::Disk(it) => of_disk(it).into_iter().collect(),
        Fact::NetworkInterface(it) => of_interface(it).into_iter().collect(),
        Fact::InstallationId(it) => vec![of_installation(it)],
        Fact::Boot(it) => of_boot(it).into_iter().collect(),
        Fact::Account(_)
        | Fact::Certificate(_)
        | Fact::Connection(_)
        | Fact::FileSystem(_)
        | Fact::Firmware(_)
        | Fact::FreeSpace(_)
        | Fact::Group(_)
        | Fact::HostName(_)
        | Fact::InitSystem(_)
        | Fact::InstalledPackage(_)
        | Fact::Kernel(_)
        | Fact::Listener(_)
        | Fact::Memory(_)
        | Fact::MemoryModule(_)
        | Fact::Neighbour(_)
        | Fact::OperatingSystem(_)
        | Fact::Processor(_)
        | Fact::Resolver(_)
        | Fact::Route(_)
        | Fact::Service(_)
        | Fact::AddressSeen(_)
        | Fact::AnnouncedService(_)
        | Fact::NetworkPath(_)
        | Fact::OpenPort(_)
        | Fact::PhysicalEntity(_)
        | Fact::ReverseName(_)
        | Fact::ServiceAnswer(_)
        | Fact::SshHostKey(_)
        | Fact::TlsVersions(_)
        | Fact::VirtualisationHint(_) => Vec::new(),
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
    uuid.into_iter().chain(serial).collect()
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

fn of_interface(interface: &NetworkInterface) -> Option<Identifier> {
    let is_adapter = match interface.kind {
        InterfaceKind::Ethernet | InterfaceKind::Wireless => true,
        InterfaceKind::Loopback
        | InterfaceKind::Bridge
        | InterfaceKind::Bond
        | InterfaceKind::Vlan
        | InterfaceKind::Tunnel
        | InterfaceKind::Virtual
        | InterfaceKind::Other => false,
    };
    let is_carried = interface.is_removable == Some(true)
        || interface.driver.as_deref().is_some_and(is_removable_driver);
    if !is_adapter || is_carried {
        return None;
    }
    let mac = interface.permanent_mac.as_deref().or(interface.mac.as_deref())?;
    canonical_mac(mac).map(|it| identifier(IdentifierKind::PermanentMac, it))
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
    use observation::latest::{Absent, SourceId, VirtualisationHint};

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
        check(Fact::NetworkInterface(adapter()), &[(IdentifierKind::PermanentMac, "001b21aabbcc")]);
        let randomised = NetworkInterface {
            kind: InterfaceKind::Wireless,
            mac: Some("9a:00:11:22:33:44".to_owned()),
            permanent_mac: Some("00:1b:21:00:00:01".to_owned()),
            ..adapter()
        };
        check(
            Fact::NetworkInterface(randomised),
            &[(IdentifierKind::PermanentMac, "001b21000001")],
        );
        for silent in [
            NetworkInterface { is_removable: Some(true), ..adapter() },
            NetworkInterface { driver: Some("r8152".to_owned()), ..adapter() },
            NetworkInterface { kind: InterfaceKind::Bridge, ..adapter() },
            NetworkInterface { kind: InterfaceKind::Virtual, ..adapter() },
            NetworkInterface { mac: Some("52:54:00:12:34:56".to_owned()), ..adapter() },
            NetworkInterface { mac: None, ..adapter() },
        ] {
            check(Fact::NetworkInterface(silent), &[]);
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

    #[test]
    fn the_order_of_sections_does_not_matter_and_absence_shows_nothing() {
        let installation = Fact::InstallationId(InstallationId {
            kind: "machine_id".to_owned(),
            hash: ContentHash::of(b"1"),
        });
        let one = body(vec![installation, Fact::Disk(disk())]);
        let two = body(vec![Fact::NetworkInterface(adapter()), Fact::Disk(disk())]);
        assert_eq!(identify([&one, &two]), identify([&two, &one]));
        assert_eq!(identify([&one, &two]).len(), 3);
        let reason = Absent::NotHere { looked_at: "/sys/firmware/dmi".to_owned() };
        let absent = SectionBody {
            source: SourceId::from_static("test"),
            outcome: Outcome::Absent { reason },
        };
        assert_eq!(identify([&absent]), []);
    }
}
