//! Assets of which scans speak, alone and beside an agent.

use observation::latest::{
    AddressSeen, NetworkPath, OpenPort, PhysicalEntity, ReverseName, SeenBy, ServiceAnswer,
    ServiceProtocol, SshHostKey, Statement, TlsVersions,
};

use super::*;
use crate::asset::{Contact, TargetId};

/// A line of scan results, seen from one hour to another.
fn line(
    vantage: Option<u128>,
    address: &str,
    (from, to): (i64, i64),
    sections: Vec<ObservedSection>,
) -> MemberObservations {
    let target = TargetId {
        vantage: vantage.map(|it| AgentId(Uuid::from_u128(it))),
        address: address.parse().unwrap(),
        since: at(from),
    };
    MemberObservations { observer: ObserverId::Target(target), ..member(0, from, to, sections) }
}

fn seen(address: &str, means: SeenBy, mac: Option<&str>) -> Fact {
    let mac = mac.map(str::to_owned);
    Fact::AddressSeen(AddressSeen { address: address.parse().unwrap(), means, mac })
}

fn open(port: u16) -> Fact {
    Fact::OpenPort(OpenPort { transport: Transport::Tcp, port })
}

fn answer(port: u16, protocol: ServiceProtocol, said: &[(Statement, &str)]) -> Fact {
    Fact::ServiceAnswer(ServiceAnswer {
        transport: Transport::Tcp,
        port,
        protocol,
        is_encrypted: false,
        statements: said.iter().map(|(key, text)| (*key, (*text).to_owned())).collect(),
    })
}

const SSH: (Statement, &str) = (Statement::Server, "OpenSSH_9.2p1 Debian-2+deb12u3");

/// Address, port, product and version of each row.
fn rows(asset: &Asset) -> Vec<(String, u16, Option<&str>, Option<&str>)> {
    let row =
        |it: &'_ Attested<crate::asset::ServicePort>| (it.value.address.to_string(), it.value.port);
    asset
        .ports
        .iter()
        .map(|it| {
            let (address, port) = row(it);
            let answer = it.value.answer.as_ref().map(|it| &it.value);
            let product = answer.and_then(|it| it.product.as_deref());
            (address, port, product, answer.and_then(|it| it.version.as_deref()))
        })
        .collect()
}

#[test]
fn a_device_that_only_scans_saw_is_described_by_its_answers() {
    let sections = vec![
        read("scan.arp", 1, vec![seen("10.0.0.5", SeenBy::Arp, Some("00:1B:54:20:01:01"))]),
        read("scan.icmp_echo", 1, vec![seen("10.0.0.5", SeenBy::IcmpEcho, None)]),
        read("scan.ports", 1, vec![open(22), open(8123)]),
        read("scan.ssh", 1, vec![answer(22, ServiceProtocol::Ssh, &[SSH])]),
        read(
            "scan.reverse_names",
            1,
            vec![Fact::ReverseName(ReverseName {
                address: "10.0.0.5".parse().unwrap(),
                name: "srv1.corp.example.".to_owned(),
                resolver: "10.0.0.2".parse().unwrap(),
            })],
        ),
    ];
    let asset = asset(&[line(None, "10.0.0.5", (1, 2), sections)]);
    assert_eq!(asset.contact, Contact::Scanned);
    assert_eq!(asset.name.as_ref().map(|it| it.value.as_str()), Some("srv1"));
    assert_eq!(asset.domain.as_ref().map(|it| it.value.as_str()), Some("corp.example"));
    assert_eq!(asset.kind.as_ref().map(|it| it.value), Some(AssetKind::Server));
    let system = asset.operating_system.as_ref().unwrap();
    assert_eq!(system.value.pretty_name.as_deref(), Some("Debian GNU/Linux 12"));
    assert_eq!(system.evidence.trust, Trust::Inferred);
    let [address] = asset.addresses.as_slice() else { panic!("{:?}", asset.addresses) };
    assert_eq!(address.value.mac.as_deref(), Some("00:1b:54:20:01:01"));
    assert_eq!(address.value.mac_vendor.as_deref(), Some("Cisco Systems, Inc"));
    assert_eq!(address.value.means, ["arp", "icmp_echo", "tcp"]);
    assert_eq!(
        rows(&asset),
        [
            ("10.0.0.5".to_owned(), 22, Some("OpenSSH"), Some("9.2p1")),
            ("10.0.0.5".to_owned(), 8123, None, None),
        ]
    );
    assert!(asset.ports.iter().all(|it| it.value.binding == "scanned"));
    assert_eq!(asset.ports[0].evidence.trust, Trust::Measured);
}

#[test]
fn what_listens_and_what_answers_is_one_row() {
    let interface = Fact::NetworkInterface(NetworkInterface {
        name: "eth0".to_owned(),
        kind: InterfaceKind::Ethernet,
        mac: None,
        permanent_mac: None,
        mtu_bytes: None,
        is_up: None,
        speed_mbps: None,
        is_removable: None,
        driver: None,
        vlan_id: None,
        parent: None,
        addresses: Vec::new(),
    });
    let own = vec![
        read("system.host_name", 1, vec![host_name("web")]),
        read("network.interfaces", 1, vec![interface]),
        read("services.listeners", 1, vec![listener("::", 443), listener("127.0.0.1", 8080)]),
    ];
    let outside = vec![
        read("scan.ports", 2, vec![open(443), open(2222)]),
        read(
            "scan.http",
            2,
            vec![answer(443, ServiceProtocol::Http, &[(Statement::Server, "nginx/1.22.1")])],
        ),
        read("scan.tls", 2, vec![served("10.0.0.5", 443, "TLS 1.3")]),
        read(
            "scan.smb",
            2,
            vec![answer(445, ServiceProtocol::Smb, &[(Statement::ComputerName, "OTHER")])],
        ),
    ];
    let asset = asset(&[member(1, 0, 1, own), line(None, "10.0.0.5", (2, 2), outside)]);
    assert_eq!(asset.contact, Contact::Reported);
    assert_eq!(asset.name.as_ref().map(|it| it.value.as_str()), Some("web"));
    let names: Vec<&str> = asset.names.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(names, ["other", "web"]);
    assert_eq!(
        rows(&asset),
        [
            ("10.0.0.5".to_owned(), 445, None, None),
            ("10.0.0.5".to_owned(), 2222, None, None),
            ("127.0.0.1".to_owned(), 8080, None, None),
            ("::".to_owned(), 443, Some("nginx"), Some("1.22.1")),
        ]
    );
    let web = asset.ports.iter().find(|it| it.value.port == 443).unwrap();
    assert_eq!(web.value.process.as_deref(), Some("nginx"));
    assert_eq!(web.value.encryption.as_deref(), Some("TLS 1.3"));
    assert_eq!(web.evidence.trust, Trust::Confirmed);
    assert_eq!(web.value.answer.as_ref().map(|it| it.evidence.trust), Some(Trust::Measured));
}

#[test]
fn all_addresses_of_a_device_are_described_each_by_its_own_sections() {
    let key = Fact::SshHostKey(SshHostKey {
        port: Some(22),
        algorithm: "ssh-ed25519".to_owned(),
        fingerprint: ContentHash::of(b"key"),
    });
    let of = |address: &str, hop: &str| {
        let target = address.parse().unwrap();
        let hops = vec![Some(hop.parse().unwrap()), Some(target)];
        let path = Fact::NetworkPath(NetworkPath { target, hops, is_complete: true });
        let sections = vec![
            read("scan.ssh", 1, vec![answer(22, ServiceProtocol::Ssh, &[SSH]), key.clone()]),
            read("scan.path", 1, vec![path]),
        ];
        line(None, address, (1, 2), sections)
    };
    let asset = asset(&[of("10.0.1.5", "10.0.0.1"), of("10.0.2.5", "10.0.0.2")]);
    let addresses: Vec<String> =
        asset.addresses.iter().map(|it| it.value.address.to_string()).collect();
    assert_eq!(addresses, ["10.0.1.5", "10.0.2.5"]);
    assert_eq!((asset.host_keys.len(), asset.paths.len(), asset.ports.len()), (1, 2, 2));
}

#[test]
fn what_a_neighbour_table_names_was_seen_and_not_contacted() {
    let sections = vec![read(
        "scan.neighbour_table",
        1,
        vec![seen("10.0.0.9", SeenBy::NeighbourTable, Some("02:00:00:00:00:09"))],
    )];
    let asset = asset(&[line(Some(7), "10.0.0.9", (1, 1), sections)]);
    assert_eq!(asset.contact, Contact::Seen);
    assert_eq!((asset.name, asset.kind, asset.operating_system), (None, None, None));
    assert_eq!(asset.addresses[0].value.means, ["neighbour_table"]);
    assert_eq!(asset.addresses[0].value.mac_vendor, None);
}

#[test]
fn what_speaks_modbus_and_serves_nobody_is_a_control() {
    let kind = |sections| {
        let asset = asset(&[line(None, "10.0.4.50", (1, 2), sections)]);
        asset.kind.map(|it| (it.value, it.evidence.trust, it.evidence.source.to_string()))
    };
    let modbus = read("scan.modbus", 1, vec![answer(502, ServiceProtocol::Modbus, &[])]);
    let expected = (AssetKind::Control, Trust::Inferred, "scan.modbus".to_owned());
    assert_eq!(kind(vec![modbus.clone()]), Some(expected));
    // A machine with a database that offers its values by Modbus, too, is a server.
    let database = read("scan.mysql", 1, vec![answer(3306, ServiceProtocol::Mysql, &[])]);
    assert_eq!(kind(vec![modbus, database]).map(|it| it.0), Some(AssetKind::Server));
}

#[test]
fn a_chassis_tells_maker_model_serial_and_levels() {
    let chassis = PhysicalEntity {
        index: 1,
        class_number: Some(3),
        manufacturer: Some("Example Networks".to_owned()),
        model: Some("X-24".to_owned()),
        serial: Some("FOC1234X0AB".to_owned()),
        firmware: Some("1.2.3".to_owned()),
        software: Some("17.3.4".to_owned()),
        ..PhysicalEntity::default()
    };
    let module = PhysicalEntity {
        index: 2,
        class_number: Some(9),
        serial: Some("MOD9999X0AB".to_owned()),
        ..PhysicalEntity::default()
    };
    let said =
        [(Statement::Name, "sw1.corp.example"), (Statement::ObjectId, "1.3.6.1.4.1.9.1.1208")];
    let facts = vec![
        Fact::PhysicalEntity(chassis),
        Fact::PhysicalEntity(module),
        answer(161, ServiceProtocol::Snmp, &said),
    ];
    let asset = asset(&[line(None, "10.0.0.2", (1, 1), vec![read("scan.snmp", 1, facts)])]);
    let text = |it: &Option<Attested<String>>| it.as_ref().map(|it| it.value.clone());
    assert_eq!(text(&asset.hardware.manufacturer).as_deref(), Some("Example Networks"));
    assert_eq!(text(&asset.hardware.product).as_deref(), Some("X-24"));
    assert_eq!(text(&asset.hardware.serial).as_deref(), Some("FOC1234X0AB"));
    assert_eq!(asset.hardware.serial.unwrap().evidence.trust, Trust::Confirmed);
    assert_eq!(text(&asset.name).as_deref(), Some("sw1"));
    let levels: Vec<(&str, Option<&str>)> = asset
        .firmware
        .iter()
        .map(|it| (it.value.component.as_str(), it.value.version.as_deref()))
        .collect();
    assert_eq!(levels, [("device", Some("1.2.3")), ("device_software", Some("17.3.4"))]);
    assert_eq!(asset.kind.map(|it| it.value), Some(AssetKind::NetworkDevice));
}

#[test]
fn a_windows_machine_is_named_by_its_challenge() {
    let said = [
        (Statement::Build, "10.0.20348"),
        (Statement::ComputerName, "SRV1"),
        (Statement::DomainName, "CORP"),
        (Statement::DnsComputerName, "srv1.corp.example"),
    ];
    let facts = vec![answer(445, ServiceProtocol::Smb, &said)];
    let asset = asset(&[line(None, "10.0.0.5", (1, 1), vec![read("scan.smb", 1, facts)])]);
    assert_eq!(asset.name.map(|it| it.value).as_deref(), Some("srv1"));
    assert_eq!(asset.kind.map(|it| it.value), Some(AssetKind::Server));
    let system = asset.operating_system.unwrap().value;
    assert_eq!(system.pretty_name.as_deref(), Some("Windows Server 2022 (Build 20348)"));
}

#[test]
fn an_agent_is_not_replaced_by_a_scan_and_not_contradicted_by_it() {
    let own = vec![
        read("system.host_name", 0, vec![host_name("own")]),
        read("software.dpkg", 0, vec![package("nginx", "1")]),
    ];
    let said = [(Statement::Name, "other"), (Statement::Description, "Linux other 5.0 #1 x86_64")];
    let outside = vec![read("scan.snmp", 9, vec![answer(161, ServiceProtocol::Snmp, &said)])];
    let asset = asset(&[member(1, 0, 0, own), line(None, "10.0.0.5", (9, 9), outside)]);
    assert_eq!(asset.name.map(|it| it.value).as_deref(), Some("own"));
    assert_eq!(asset.software.len(), 1);
    assert_eq!(asset.members.len(), 2);
}

#[test]
fn an_address_that_was_left_is_told_no_more() {
    let at_address = |address: &str, hours| {
        line(None, address, hours, vec![read("scan.ports", hours.1, vec![open(22)])])
    };
    let rows_of = |members: &[MemberObservations]| rows(&asset(members)).len();
    // Another address on the same link, a night later; and on another link, that a plan asks weekly.
    assert_eq!(rows_of(&[at_address("10.0.0.5", (0, 1)), at_address("10.0.0.9", (24, 25))]), 1);
    assert_eq!(rows_of(&[at_address("10.0.0.5", (0, 1)), at_address("10.0.7.9", (24, 25))]), 2);
    assert_eq!(rows_of(&[at_address("10.0.0.5", (0, 1)), at_address("10.0.7.9", (300, 301))]), 1);
    // The next line of the same address.
    assert_eq!(rows_of(&[at_address("10.0.0.5", (0, 1)), at_address("10.0.0.5", (2, 3))]), 1);
    // Both in one scan that lasts.
    assert_eq!(rows_of(&[at_address("10.0.0.5", (0, 0)), at_address("10.0.0.9", (3, 3))]), 2);
}

#[test]
fn tls_versions_tell_what_protects_a_port_that_shows_no_certificate() {
    let versions = Fact::TlsVersions(TlsVersions {
        port: 443,
        accepted: vec!["TLS 1.0".to_owned(), "TLS 1.2".to_owned()],
        refused: vec!["TLS 1.3".to_owned()],
    });
    let sections =
        vec![read("scan.ports", 1, vec![open(443)]), read("scan.tls_versions", 1, vec![versions])];
    let asset = asset(&[line(None, "10.0.0.5", (1, 1), sections)]);
    assert_eq!(asset.ports[0].value.encryption.as_deref(), Some("TLS 1.2"));
}

#[test]
fn a_door_has_the_most_exact_of_its_protocols_and_the_product_that_either_names() {
    let sections = vec![
        read("scan.ipp", 1, vec![answer(631, ServiceProtocol::Ipp, &[(Statement::Model, "X 1")])]),
        read(
            "scan.http",
            2,
            vec![answer(631, ServiceProtocol::Http, &[(Statement::Server, "CUPS/2.4 IPP/2.1")])],
        ),
        read("scan.greeting", 3, vec![answer(631, ServiceProtocol::Unknown, &[])]),
    ];
    let asset = asset(&[line(None, "10.0.0.5", (1, 1), sections)]);
    let [port] = asset.ports.as_slice() else { panic!("{:?}", asset.ports) };
    let identity = &port.value.answer.as_ref().unwrap().value;
    assert_eq!(identity.protocol.as_deref(), Some("ipp"));
    assert_eq!(identity.product.as_deref(), Some("CUPS"));
    assert_eq!(identity.version.as_deref(), Some("2.4"));
}

/// Lines and agents in any order, with sections of the same sources.
fn mixed() -> impl Strategy<Value = Vec<MemberObservations>> {
    let section = (0..3_usize, 0..20_i64, 0..3_u16).prop_map(|(source, hour, number)| {
        let source = ["scan.ports", "scan.ssh", "scan.snmp"][source];
        let name = format!("host{number}");
        let facts = vec![
            open(20 + number),
            answer(20 + number, ServiceProtocol::Snmp, &[(Statement::Name, &name)]),
            seen("10.0.0.1", SeenBy::Arp, Some(&format!("02:00:00:00:00:0{number}"))),
        ];
        read(source, hour, facts)
    });
    let one = (any::<bool>(), 0..3_u8, 0..20_i64, 0..5_i64, prop::collection::vec(section, 0..4));
    prop::collection::vec(one, 1..6).prop_map(|all| {
        let mut seen = std::collections::BTreeSet::new();
        let made = all.into_iter().zip(1_u128..).map(|(all, number)| {
            let (is_agent, address, from, length, mut sections) = all;
            sections.sort_by(|left, right| left.source.cmp(&right.source));
            sections.dedup_by(|left, right| left.source == right.source);
            let hours = (from, from + length);
            if is_agent {
                member(number, hours.0, hours.1, sections)
            } else {
                line(None, &format!("10.0.0.{address}"), hours, sections)
            }
        });
        made.filter(|it| seen.insert(it.observer.clone())).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_lines_does_not_matter(
        (members, shuffled) in mixed().prop_flat_map(|it| {
            let shuffled = Just(it.clone()).prop_shuffle();
            (Just(it), shuffled)
        })
    ) {
        prop_assert_eq!(asset(&members), asset(&shuffled));
    }
}
