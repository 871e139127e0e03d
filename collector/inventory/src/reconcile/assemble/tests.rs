mod targets;

use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::{
    Absent, AgentId, BaseBoard, Binding, Certificate, CertificatePlace, Chassis, Disk, Fact,
    Firmware, FirmwareComponent, HostName, InstalledPackage, InterfaceKind, Kernel, Listener,
    Memory, NetworkInterface, OperatingSystem, PackageManager, SectionBody, SystemProduct,
    Transport, VirtualisationHint,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::asset::VirtualMachine;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + hour * 3600).unwrap()
}

fn observer(number: u128) -> ObserverId {
    ObserverId::Agent(AgentId(Uuid::from_u128(number)))
}

fn read(source: &str, hour: i64, facts: Vec<Fact>) -> ObservedSection {
    section(source, hour, Outcome::Read { facts, gaps: Vec::new(), complaints: Vec::new() })
}

fn section(source: &str, hour: i64, outcome: Outcome) -> ObservedSection {
    ObservedSection {
        source: SourceId::new(source),
        first_observed_at: at(hour),
        last_observed_at: at(hour),
        duration_ms: 3,
        body: SectionBody { source: SourceId::new(source), outcome },
    }
}

fn member(number: u128, from: i64, to: i64, sections: Vec<ObservedSection>) -> MemberObservations {
    MemberObservations {
        observer: observer(number),
        first_received_at: at(from),
        last_received_at: at(to),
        sections,
    }
}

fn frame() -> AssetFrame {
    AssetFrame {
        id: AssetId(Uuid::from_u128(1)),
        label: AssetLabel("S-7K2QD".to_owned()),
        lifecycle: Lifecycle::Operating,
        stated_kind: None,
    }
}

fn asset(members: &[MemberObservations]) -> Asset {
    assemble(frame(), members).unwrap()
}

fn asset_of(facts: Vec<Fact>) -> Asset {
    asset(&[member(1, 0, 1, vec![read("system.virtualisation", 1, facts)])])
}

fn package(name: &str, version: &str) -> Fact {
    Fact::InstalledPackage(InstalledPackage {
        manager: PackageManager::Dpkg,
        name: name.to_owned(),
        version: version.to_owned(),
        architecture: None,
        source_name: None,
        source_version: None,
        publisher: None,
        summary: None,
        category: None,
        home_page: None,
        size_bytes: None,
        installed_at: Some(Timestamp::UNIX_EPOCH),
        place: None,
        owner: None,
        licence: None,
    })
}

fn host_name(name: &str) -> Fact {
    Fact::HostName(HostName { name: name.to_owned(), domain: None })
}

fn listener(address: &str, port: u16) -> Fact {
    Fact::Listener(Listener {
        transport: Transport::Tcp,
        address: address.parse().unwrap(),
        port,
        binding: Binding::All,
        process: Some("nginx".to_owned()),
        executable: None,
        account: None,
        unit: None,
        package: None,
        container: None,
    })
}

fn served(address: &str, port: u16, tls_version: &str) -> Fact {
    Fact::Certificate(Certificate {
        place: CertificatePlace::Served {
            address: address.parse().unwrap(),
            port,
            tls_version: Some(tls_version.to_owned()),
        },
        fingerprint: ContentHash::of(b"certificate"),
        subject: "CN=a".to_owned(),
        issuer: "CN=a".to_owned(),
        serial: "01".to_owned(),
        names: Vec::new(),
        not_before: None,
        not_after: None,
        key_algorithm: Some("RSA".to_owned()),
        key_bits: Some(2048),
        signature_algorithm: None,
        is_self_signed: Some(true),
        chain_length: 1,
    })
}

fn product(maker: &str, model: &str, serial: &str) -> Fact {
    Fact::SystemProduct(SystemProduct {
        manufacturer: Some(maker.to_owned()),
        product: Some(model.to_owned()),
        serial: Some(serial.to_owned()),
        ..SystemProduct::default()
    })
}

fn hint(origin: &str, text: &str) -> Fact {
    Fact::VirtualisationHint(VirtualisationHint {
        origin: origin.to_owned(),
        text: text.to_owned(),
    })
}

fn chassis(number: u8) -> Fact {
    Fact::Chassis(Chassis { kind_number: Some(number), ..Chassis::default() })
}

fn value<T>(attested: Option<Attested<T>>) -> Option<T> {
    attested.map(|it| it.value)
}

#[test]
fn nobody_observes_nothing() {
    assert_eq!(assemble(frame(), &[]), None);
}

#[test]
fn every_value_says_who_saw_it_with_what_and_when() {
    let made =
        asset(&[member(1, 0, 1, vec![read("system.host_name", 1, vec![host_name("web1")])])]);
    let name = made.name.unwrap();
    assert_eq!(name.value, "web1");
    assert_eq!(name.evidence.source.as_str(), "system.host_name");
    assert_eq!(name.evidence.observer, observer(1));
    assert_eq!(name.evidence.observed_at, at(1));
    assert_eq!(name.evidence.trust, Trust::Confirmed);
}

#[test]
fn the_newer_of_two_living_members_is_believed_and_lists_are_not_mixed() {
    let old = read("software.dpkg", 1, vec![package("a", "1"), package("gone", "1")]);
    let new = read("software.dpkg", 2, vec![package("a", "2")]);
    let made = asset(&[member(1, 0, 9, vec![old]), member(2, 0, 9, vec![new])]);
    let software: Vec<_> = made
        .software
        .iter()
        .map(|it| (it.value.name.as_str(), it.value.version.as_str()))
        .collect();
    assert_eq!(software, [("a", "2")]);
}

#[test]
fn a_member_that_was_replaced_says_nothing_of_the_present() {
    let old = member(
        1,
        0,
        5,
        vec![
            read("software.dpkg", 5, vec![package("old", "1")]),
            read("system.host_name", 5, vec![host_name("old")]),
        ],
    );
    let reason = Absent::Failed { doing: "reading".to_owned(), cause: "broken".to_owned() };
    let new = member(
        2,
        6,
        9,
        vec![
            section("software.dpkg", 9, Outcome::Absent { reason: reason.clone() }),
            read("system.host_name", 9, vec![host_name("new")]),
        ],
    );
    let made = asset(&[old, new]);
    assert_eq!(made.software, []);
    assert_eq!(value(made.name).as_deref(), Some("new"));
    assert_eq!(made.members, [observer(1), observer(2)]);
    let states: Vec<_> = made.sources.iter().map(|it| &it.observer).collect();
    assert_eq!(states, [&observer(2), &observer(2)]);
    assert!(made.sources.iter().any(|it| it.status == SourceStatus::Absent(reason.clone())));
    assert_eq!((made.first_seen_at, made.last_seen_at), (at(0), at(9)));
}

#[test]
fn a_source_that_one_living_member_cannot_read_is_taken_from_the_other() {
    let reason = Absent::NotHere { looked_at: "x".to_owned() };
    let blind = member(1, 0, 9, vec![section("software.dpkg", 9, Outcome::Absent { reason })]);
    let seeing = member(2, 0, 9, vec![read("software.dpkg", 3, vec![package("a", "1")])]);
    assert_eq!(asset(&[blind, seeing]).software.len(), 1);
}

#[test]
fn the_board_answers_where_the_system_has_only_filler() {
    let board = Fact::BaseBoard(BaseBoard {
        manufacturer: Some("ASUSTeK COMPUTER INC.".to_owned()),
        product: Some("PRIME B450".to_owned()),
        serial: Some("Default string".to_owned()),
        ..BaseBoard::default()
    });
    let made = asset_of(vec![
        product("System manufacturer", "System Product Name", "System Serial Number"),
        board,
    ]);
    assert_eq!(value(made.hardware.manufacturer).as_deref(), Some("ASUSTeK COMPUTER INC."));
    assert_eq!(value(made.hardware.product).as_deref(), Some("PRIME B450"));
    assert_eq!(value(made.hardware.serial), None);
    assert_eq!(value(made.hardware.board).unwrap().serial, None);
}

#[test]
fn numbers_that_mean_unknown_do_not_come_out() {
    let interface = Fact::NetworkInterface(NetworkInterface {
        name: "eth0".to_owned(),
        kind: InterfaceKind::Ethernet,
        mac: Some("00:00:00:00:00:00".to_owned()),
        permanent_mac: None,
        mtu_bytes: None,
        is_up: None,
        speed_mbps: Some(u32::MAX),
        is_removable: None,
        driver: None,
        vlan_id: None,
        parent: None,
        addresses: Vec::new(),
    });
    let disk = Fact::Disk(Disk {
        name: "vda".to_owned(),
        serial: Some("overlayblk".to_owned()),
        model: Some("-1".to_owned()),
        size_bytes: Some(0),
        ..Disk::default()
    });
    let firmware = Fact::Firmware(Firmware {
        component: FirmwareComponent::Bios,
        device: None,
        vendor: Some("To be filled by O.E.M.".to_owned()),
        version: Some("1.2".to_owned()),
        revision: None,
        released_on: jiff::civil::Date::new(1970, 1, 1).ok(),
    });
    let memory = Fact::Memory(Memory { total_bytes: 0 });
    let made = asset_of(vec![interface, disk, firmware, memory, package("a", "1")]);
    let interface = &made.interfaces[0].value;
    assert_eq!((interface.speed_mbps, interface.mac.as_deref()), (None, None));
    let disk = &made.hardware.disks[0].value;
    assert_eq!((&disk.serial, &disk.model, disk.size_bytes), (&None, &None, None));
    let firmware = &made.firmware[0].value;
    assert_eq!((&firmware.vendor, firmware.released_on), (&None, None));
    assert_eq!(made.hardware.memory_bytes, None);
    assert_eq!(made.software[0].value.installed_at, None);
}

#[test]
fn microcode_that_a_hypervisor_invented_is_unknown() {
    let microcode = |version: &str| {
        let level = Firmware {
            component: FirmwareComponent::Microcode,
            device: None,
            vendor: Some("AuthenticAMD".to_owned()),
            version: Some(version.to_owned()),
            revision: None,
            released_on: None,
        };
        asset_of(vec![Fact::Firmware(level)]).firmware[0].value.version.clone()
    };
    assert_eq!(microcode("0x1000065"), None);
    assert_eq!(microcode("0xa0011d1").as_deref(), Some("0xa0011d1"));
}

#[test]
fn a_kind_is_concluded_only_from_evidence() {
    let kind = |facts| value(asset_of(facts).kind);
    assert_eq!(kind(vec![chassis(10)]), Some(AssetKind::Laptop));
    assert_eq!(kind(vec![chassis(7)]), Some(AssetKind::Unknown));
    assert_eq!(kind(vec![]), None);
    // A hypervisor claims an enclosure that nobody can touch.
    assert_eq!(
        kind(vec![chassis(3), hint("cpu_flag_hypervisor", "hypervisor")]),
        Some(AssetKind::Unknown)
    );
    let edition = Fact::OperatingSystem(OperatingSystem {
        edition: Some("server".to_owned()),
        ..OperatingSystem::default()
    });
    let made = asset_of(vec![chassis(7), edition]);
    assert_eq!(made.kind.as_ref().map(|it| it.evidence.trust), Some(Trust::Inferred));
    assert_eq!(value(made.kind), Some(AssetKind::Server));
}

#[test]
fn what_a_person_said_is_not_overruled() {
    let evidence = Evidence {
        trust: Trust::Stated,
        observed_at: at(0),
        source: SourceId::new("agent.token"),
        observer: ObserverId::Person("alice".to_owned()),
    };
    let stated = Attested { value: AssetKind::Server, evidence };
    let frame = AssetFrame { stated_kind: Some(stated.clone()), ..frame() };
    let members = [member(1, 0, 1, vec![read("hardware.smbios", 1, vec![chassis(10)])])];
    assert_eq!(assemble(frame, &members).unwrap().kind, Some(stated));
}

#[test]
fn hardware_of_its_own_is_claimed_only_where_somebody_looked_for_a_hypervisor() {
    let facts = vec![product("LENOVO", "20XW", "PF2ABCDE")];
    let looked = value(asset_of(facts.clone()).virtual_machine);
    assert_eq!(looked, Some(VirtualMachine { is_virtual: false, platform: None }));
    let members = [member(1, 0, 1, vec![read("hardware.smbios", 1, facts)])];
    assert_eq!(value(asset(&members).virtual_machine), None);
    let guest = vec![hint("cpu_flag_hypervisor", "hypervisor"), hint("dockerenv", "/.dockerenv")];
    let found = value(asset_of(guest).virtual_machine);
    assert_eq!(found, Some(VirtualMachine { is_virtual: true, platform: None }));
}

#[test]
fn system_kernel_and_init_make_one_operating_system() {
    let kernel = Kernel {
        name: "Linux".to_owned(),
        release: "6.1.0-28-amd64".to_owned(),
        version: None,
        architecture: "x86_64".to_owned(),
    };
    let made = asset_of(vec![Fact::Kernel(kernel)]).operating_system.unwrap().value;
    assert_eq!(made.kernel.as_deref(), Some("Linux 6.1.0-28-amd64"));
    assert_eq!((made.architecture.as_deref(), made.name), (Some("x86_64"), None));
}

#[test]
fn a_certificate_tells_the_encryption_of_the_port_that_showed_it_and_of_no_other() {
    let made = asset_of(vec![
        listener("0.0.0.0", 443),
        listener("::", 443),
        listener("::", 8443),
        listener("192.0.2.7", 443),
        listener("0.0.0.0", 80),
        served("127.0.0.1", 443, "TLS 1.2"),
        served("::1", 443, "TLS 1.3"),
        served("127.0.0.1", 8443, "TLS 1.3"),
    ]);
    let encryption = |address: &str, port: u16| {
        let address: IpAddr = address.parse().unwrap();
        let mut ports = made.ports.iter();
        let port = ports.find(|it| it.value.address == address && it.value.port == port).unwrap();
        port.value.encryption.as_deref()
    };
    assert_eq!(encryption("0.0.0.0", 443), Some("TLS 1.2"));
    assert_eq!(encryption("::", 443), Some("TLS 1.3"));
    assert_eq!(encryption("::", 8443), Some("TLS 1.3"));
    assert_eq!(encryption("192.0.2.7", 443), None);
    assert_eq!(encryption("0.0.0.0", 80), None);
    let certificate = &made.certificates[0].value;
    assert_eq!(certificate.key.as_deref(), Some("RSA 2048"));
    assert_eq!(certificate.place, "tcp/127.0.0.1:443");
}

#[test]
fn what_a_source_gave_or_did_not_give_stands_with_its_duration() {
    let reason = Absent::NotLookedAt { why: "switched_off".to_owned(), what: "x".to_owned() };
    let made = asset(&[member(
        1,
        0,
        1,
        vec![
            read("a.read", 1, vec![host_name("x")]),
            section("b.absent", 1, Outcome::Absent { reason: reason.clone() }),
        ],
    )]);
    assert_eq!(made.sources[1].status, SourceStatus::Absent(reason));
    assert_eq!(made.sources[0].duration_ms, 3);
    assert!(matches!(made.sources[0].status, SourceStatus::Read { facts: 1, .. }));
}

#[test]
fn a_partner_is_as_old_as_the_first_section_that_shows_it() {
    let connection = |peer: &str, count| {
        Fact::Connection(observation::latest::Connection {
            transport: Transport::Tcp,
            direction: observation::latest::ConnectionDirection::Outgoing,
            peer: peer.parse().unwrap(),
            service_port: 5432,
            local: "192.0.2.1".parse().unwrap(),
            process: Some("app".to_owned()),
            unit: None,
            count,
            sampled: None,
        })
    };
    let source = "network.connections";
    let now = read(source, 9, vec![connection("192.0.2.7", 2), connection("192.0.2.8", 1)]);
    let mut made = asset(&[member(1, 0, 9, vec![now])]);
    let earlier = [
        read(source, 5, vec![connection("192.0.2.7", 1)]),
        read(source, 3, vec![connection("192.0.2.7", 4), connection("192.0.2.9", 1)]),
    ];
    date_partners(&mut made, &earlier);
    let first: Vec<Timestamp> = made.partners.iter().map(|it| it.value.first_seen_at).collect();
    assert_eq!(first, [at(3), at(9)]);
}

fn crowd() -> impl Strategy<Value = Vec<MemberObservations>> {
    let fact = (0..5_u8, 0..3_u8).prop_map(|(kind, text)| match kind {
        0 => host_name(&format!("host{text}")),
        1 => package(&format!("package{text}"), "1"),
        2 => product("LENOVO", &format!("Model {text}"), &format!("SERIAL{text}X")),
        3 => listener("0.0.0.0", u16::from(text)),
        _ => served("127.0.0.1", u16::from(text), "TLS 1.3"),
    });
    let section = (0..4_u8, 0..6_i64, prop::collection::vec(fact, 0..4), any::<bool>()).prop_map(
        |(source, hour, facts, is_absent)| {
            let source = format!("source.{source}");
            let reason = Absent::NotHere { looked_at: "x".to_owned() };
            if is_absent {
                section(&source, hour, Outcome::Absent { reason })
            } else {
                read(&source, hour, facts)
            }
        },
    );
    let one = (0..6_i64, 0..6_i64, prop::collection::vec(section, 0..4));
    prop::collection::vec(one, 1..5).prop_map(|members| {
        let numbered = members.into_iter().zip(1_u128..);
        let made = numbered.map(|((from, length, mut sections), number)| {
            sections.sort_by(|left, right| left.source.cmp(&right.source));
            sections.dedup_by(|left, right| left.source == right.source);
            member(number, from, from + length, sections)
        });
        made.collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_members_sections_and_facts_does_not_matter(
        (members, shuffled) in crowd().prop_flat_map(|it| {
            let turned = it.iter().cloned().map(|mut member| {
                member.sections.reverse();
                for section in &mut member.sections {
                    if let Outcome::Read { facts, .. } = &mut section.body.outcome {
                        facts.reverse();
                    }
                }
                member
            });
            let shuffled = Just(turned.collect::<Vec<_>>()).prop_shuffle();
            (Just(it), shuffled)
        })
    ) {
        prop_assert_eq!(asset(&members), asset(&shuffled));
    }
}
