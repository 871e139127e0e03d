//! An invented joinery of 25 people, of any size, for tests and benchmarks of the workbook.
//!
//! Constructed, not recorded: it says nothing about what agents really send.

mod statements;

use std::net::IpAddr;

use anyhow::Context as _;
use inventory::asset::{
    AccountDescription, Asset, AssetId, AssetKind, AssetLabel, Attested, CertificateDescription,
    CommunicationPartner, DiskDescription, Evidence, FirmwareLevel, HardwareDescription,
    InterfaceDescription, Lifecycle, ObserverId, OperatingSystemDescription, ProcessorDescription,
    ResolverDescription, RouteDescription, ServicePort, SoftwarePackage, SourceState, SourceStatus,
    Trust, VirtualMachine,
};
use inventory::export::{AgentSummary, ChangeEntry, ChangeKind, ExportStamp, Snapshot};
use inventory::register::Register;
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::{Absent, AgentId, Gap, Privilege, SourceId};
use uuid::Uuid;

const REGISTER: &str = include_str!("../../collector/inventory/src/register/example.toml");
/// Seconds of 2026-11-24 07:00 UTC.
const SEEN_SECOND: i64 = 1_795_503_600;
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Sources that every agent of the company reads.
const SOURCES: [&str; 19] = [
    "accounts.accounts",
    "accounts.groups",
    "certificates.served",
    "configuration.sshd",
    "hardware.disks",
    "hardware.memory",
    "hardware.processor",
    "hardware.smbios",
    "network.connections",
    "network.interfaces",
    "network.resolvers",
    "network.routes",
    "services.listeners",
    "services.units",
    "software.dpkg",
    "system.file_systems",
    "system.host_name",
    "system.operating_system",
    "system.virtualisation",
];

/// A company with so many systems, each with so many packages.
pub fn snapshot(systems: u32, packages: u32) -> anyhow::Result<Snapshot> {
    let register = Register::parse(REGISTER).ok().context("reading the example register")?;
    let mut assets: Vec<Asset> = (0..systems).map(|it| asset(it, packages)).collect();
    assets.sort_by(|left, right| left.label.cmp(&right.label));
    let agents = assets.iter().map(agent).collect();
    let changes = assets.iter().take(12).flat_map(changes).collect();
    Ok(Snapshot {
        stamp: ExportStamp {
            id: Uuid::from_u128(0x0197_a1b2_c3d4_7000_8000_0000_0000_0014),
            number: 14,
            as_of: at(3600),
            time_zone: "Europe/Berlin".to_owned(),
            previous: Some((Uuid::from_u128(13), at(-30 * 86_400))),
            software_version: "0.1.0".to_owned(),
            profile: None,
        },
        register,
        claims: Vec::new(),
        assets,
        agents,
        changes,
        conflicts: Vec::new(),
        scans: Vec::new(),
        report_interval_seconds: 3600,
        event_count: 217,
        event_head: Some(ContentHash::of(b"the newest event")),
    })
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(SEEN_SECOND + seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn label(number: u32) -> String {
    // An odd factor scatters the numbers over all labels without repeating one.
    let mut rest = number.wrapping_mul(2_654_435_761) >> 7;
    let mut text = "S-".to_owned();
    for _ in 0..5 {
        let digit = usize::try_from(rest & 31).ok().and_then(|it| DIGITS.get(it));
        text.push(char::from(digit.copied().unwrap_or(b'0')));
        rest >>= 5;
    }
    text
}

fn id(number: u32) -> Uuid {
    Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

/// Says values with the evidence of one system.
struct Says(u32);

impl Says {
    fn that<T>(&self, source: &'static str, value: T) -> Attested<T> {
        Attested {
            value,
            evidence: Evidence {
                trust: Trust::Confirmed,
                observed_at: at(-i64::from(self.0 % 50) * 60),
                source: SourceId::from_static(source),
                observer: ObserverId::Agent(AgentId(id(self.0))),
            },
        }
    }
}

/// What a system is, by its number: the first three serve, one in twelve controls a machine.
const fn role(number: u32) -> (AssetKind, &'static str, [u8; 3]) {
    match number % 12 {
        0 => (AssetKind::Server, "srv-erp", [10, 20, 10]),
        1 => (AssetKind::Server, "srv-datei", [10, 20, 10]),
        2 => (AssetKind::Server, "srv-web", [192, 168, 178]),
        3 => (AssetKind::Control, "cnc", [10, 20, 30]),
        4 | 5 => (AssetKind::Laptop, "nb-bau", [10, 20, 20]),
        _ => (AssetKind::Client, "PC-BUE", [10, 20, 20]),
    }
}

fn address(number: u32) -> IpAddr {
    let [first, second, third] = role(number).2;
    let host = u8::try_from(number % 240).unwrap_or(0).saturating_add(10);
    IpAddr::from([first, second, third, host])
}

fn asset(number: u32, packages: u32) -> Asset {
    let says = Says(number);
    let (kind, name, _) = role(number);
    let is_poor = number % 12 == 7;
    Asset {
        id: AssetId(id(number)),
        label: AssetLabel(label(number)),
        members: vec![ObserverId::Agent(AgentId(id(number)))],
        first_seen_at: at(-90 * 86_400),
        last_seen_at: at(if number % 12 == 9 { -45 * 86_400 } else { 0 }),
        lifecycle: Lifecycle::Operating,
        name: Some(says.that("system.host_name", format!("{name}-{number:02}"))),
        domain: Some(says.that("system.host_name", "musterbau.example".to_owned())),
        kind: (!is_poor).then(|| says.that("hardware.smbios", kind)),
        virtual_machine: Some(says.that(
            "system.virtualisation",
            VirtualMachine {
                is_virtual: number % 12 == 1,
                platform: (number % 12 == 1).then(|| "KVM".to_owned()),
            },
        )),
        hardware: if is_poor { HardwareDescription::default() } else { hardware(&says) },
        firmware: if is_poor { Vec::new() } else { firmware(&says) },
        operating_system: Some(system(&says)),
        interfaces: vec![interface(&says)],
        routes: routes(&says),
        resolvers: vec![says.that(
            "network.resolvers",
            ResolverDescription {
                address: IpAddr::from([10, 20, 10, 11]),
                configured_in: "/etc/resolv.conf".to_owned(),
            },
        )],
        neighbours: Vec::new(),
        cables: Vec::new(),
        services: Vec::new(),
        ports: ports(&says),
        partners: partners(&says),
        software: (0..packages).map(|it| package(&says, it)).collect(),
        certificates: if number % 12 < 3 { vec![certificate(&says)] } else { Vec::new() },
        accounts: accounts(&says),
        groups: Vec::new(),
        contact: inventory::asset::Contact::Reported,
        addresses: Vec::new(),
        names: Vec::new(),
        host_keys: Vec::new(),
        paths: Vec::new(),
        settings: statements::settings(&says),
        named_machines: statements::named_machines(&says),
        details: statements::details(&says),
        sources: sources(&says, is_poor),
    }
}

fn hardware(says: &Says) -> HardwareDescription {
    let text = |it: &str| says.that("hardware.smbios", it.to_owned());
    HardwareDescription {
        manufacturer: Some(text("Beispiel Computer GmbH")),
        product: Some(text(if says.0 % 12 < 3 { "Rack R2 Generation 4" } else { "Tower T1" })),
        serial: Some(text(&format!("{:08}", says.0 * 7919 + 12_345))),
        processors: vec![says.that(
            "hardware.processor",
            ProcessorDescription {
                model: Some("Example Xeon E-2336 CPU @ 2.90GHz".to_owned()),
                sockets: Some(1),
                cores: Some(6),
                threads: Some(12),
                microcode: Some("0x5d".to_owned()),
            },
        )],
        memory_bytes: Some(says.that("hardware.memory", 32 << 30)),
        disks: vec![says.that(
            "hardware.disks",
            DiskDescription {
                name: "nvme0n1".to_owned(),
                model: Some("Example NVMe 1TB".to_owned()),
                serial: Some(format!("N{:07}", says.0)),
                firmware: Some("2B4QEXM7".to_owned()),
                size_bytes: Some(1_000_204_886_016),
                bus: Some("nvme".to_owned()),
                is_rotational: Some(false),
            },
        )],
        ..HardwareDescription::default()
    }
}

fn firmware(says: &Says) -> Vec<Attested<FirmwareLevel>> {
    let level = |component: &str, version: &str| FirmwareLevel {
        component: component.to_owned(),
        device: None,
        vendor: Some("Beispiel BIOS".to_owned()),
        version: Some(version.to_owned()),
        released_on: jiff::civil::Date::new(2024, 3, 5).ok(),
    };
    vec![
        says.that("hardware.smbios", level("bios", "2.17.1")),
        says.that("hardware.processor", level("microcode", "0x5d")),
    ]
}

fn system(says: &Says) -> Attested<OperatingSystemDescription> {
    let (name, version) =
        if says.0.is_multiple_of(3) { ("Ubuntu", "22.04") } else { ("Debian GNU/Linux", "12") };
    says.that(
        "system.operating_system",
        OperatingSystemDescription {
            id: Some(name.split(' ').next().unwrap_or(name).to_lowercase()),
            name: Some(name.to_owned()),
            version: Some(version.to_owned()),
            version_detail: Some(format!("{version}.8")),
            edition: None,
            pretty_name: Some(format!("{name} {version}")),
            kernel: Some("Linux 6.1.0-28-amd64".to_owned()),
            architecture: Some("x86_64".to_owned()),
            init_system: Some("systemd".to_owned()),
        },
    )
}

fn interface(says: &Says) -> Attested<InterfaceDescription> {
    says.that(
        "network.interfaces",
        InterfaceDescription {
            name: "eno1".to_owned(),
            kind: "ethernet".to_owned(),
            mac: Some(format!("00:25:90:{:02x}:{:02x}:01", says.0 / 256 % 256, says.0 % 256)),
            permanent_mac: None,
            is_up: Some(true),
            speed_mbps: Some(1000),
            vlan_id: None,
            parent: None,
            addresses: vec![(address(says.0), 24)],
        },
    )
}

fn routes(says: &Says) -> Vec<Attested<RouteDescription>> {
    if says.0 % 12 == 3 {
        return Vec::new();
    }
    let [first, second, third] = role(says.0).2;
    vec![says.that(
        "network.routes",
        RouteDescription {
            destination: IpAddr::from([0, 0, 0, 0]),
            prefix_length: 0,
            gateway: Some(IpAddr::from([first, second, third, 1])),
            interface: Some("eno1".to_owned()),
        },
    )]
}

fn ports(says: &Says) -> Vec<Attested<ServicePort>> {
    let port = |number: u16, process: &str, package: &str, is_open: bool| ServicePort {
        transport: "tcp".to_owned(),
        address: IpAddr::from(if is_open { [0, 0, 0, 0] } else { [127, 0, 0, 1] }),
        port: number,
        binding: if is_open { "all" } else { "loopback" }.to_owned(),
        process: Some(process.to_owned()),
        executable: Some(format!("/usr/sbin/{process}")),
        account: Some("root".to_owned()),
        unit: Some(format!("{process}.service")),
        package_name: Some(package.to_owned()),
        package_version: Some("1:9.2p1-2".to_owned()),
        container: None,
        encryption: (number == 443).then(|| "TLS 1.3".to_owned()),
        answer: None,
    };
    let mut ports =
        vec![port(22, "sshd", "openssh-server", true), port(631, "cupsd", "cups", false)];
    match says.0 % 12 {
        0 => ports.push(port(5432, "postgres", "postgresql-15", true)),
        1 => ports.push(port(445, "smbd", "samba", true)),
        2 => ports.push(port(443, "nginx", "nginx", true)),
        _ => {}
    }
    ports.into_iter().map(|it| says.that("services.listeners", it)).collect()
}

fn partners(says: &Says) -> Vec<Attested<CommunicationPartner>> {
    let partner = |peer: IpAddr, port: u16, process: &str| {
        says.that(
            "network.connections",
            CommunicationPartner {
                transport: "tcp".to_owned(),
                is_incoming: false,
                peer,
                service_port: port,
                local: address(says.0),
                process: Some(process.to_owned()),
                unit: None,
                count: 2,
                first_seen_at: at(-20 * 86_400),
            },
        )
    };
    match says.0 % 12 {
        0 => vec![partner(IpAddr::from([203, 0, 113, 9]), 443, "erp-update")],
        3 => vec![
            partner(address(0), 5432, "cncd"),
            partner(IpAddr::from([10, 20, 30, 77]), 502, "cncd"),
        ],
        6 | 8 | 10 => vec![
            partner(address(0), 5432, "erp"),
            partner(address(1), 445, "nautilus"),
            partner(IpAddr::from([198, 51, 100, 7]), 443, "firefox"),
        ],
        _ => Vec::new(),
    }
}

fn package(says: &Says, number: u32) -> Attested<SoftwarePackage> {
    says.that(
        "software.dpkg",
        SoftwarePackage {
            manager: "dpkg".to_owned(),
            name: format!("libexample{number}"),
            version: format!("{}.{}-{}", number % 9, number % 23, says.0 % 3 + 1),
            architecture: Some("amd64".to_owned()),
            source_name: number.is_multiple_of(4).then(|| format!("example{}", number / 4)),
            publisher: Some("Example Maintainers <packages@example.org>".to_owned()),
            summary: Some("an invented library for tests".to_owned()),
            category: Some("libs".to_owned()),
            size_bytes: Some(1 << 20),
            installed_at: Some(at(-i64::from(number) * 3600)),
            place: None,
            owner: None,
            licence: None,
        },
    )
}

fn certificate(says: &Says) -> Attested<CertificateDescription> {
    let days = i64::from(says.0 % 12) * 40 - 20;
    says.that(
        "certificates.served",
        CertificateDescription {
            place: "tcp/127.0.0.1:443".to_owned(),
            port: Some(443),
            fingerprint: ContentHash::of(&says.0.to_be_bytes()),
            subject: format!("CN=srv-{}.musterbau.example", says.0),
            issuer: "CN=Musterbau Root CA,O=Musterbau Holztechnik GmbH".to_owned(),
            names: vec![
                format!("srv-{}.musterbau.example", says.0),
                "www.musterbau.example".to_owned(),
            ],
            not_before: Some(at(-300 * 86_400)),
            not_after: Some(at(days * 86_400)),
            key: Some("RSA 2048".to_owned()),
            signature_algorithm: Some("sha256WithRSAEncryption".to_owned()),
            is_self_signed: Some(false),
            tls_version: Some("TLS 1.3".to_owned()),
        },
    )
}

fn accounts(says: &Says) -> Vec<Attested<AccountDescription>> {
    let account = |name: &str, kind: &str, is_administrator: bool| AccountDescription {
        name: name.to_owned(),
        is_pseudonym: kind == "person",
        kind: kind.to_owned(),
        can_log_in: Some(kind != "system"),
        is_administrator: Some(is_administrator),
        password: Some(if kind == "system" { "locked" } else { "set" }.to_owned()),
        is_expired: Some(false),
        password_never_expires: (kind != "person").then_some(true),
    };
    let accounts = [
        account("root", "root", true),
        account(&format!("p-{:012X}", says.0 / 2 + 0xAB_CDEF), "person", says.0.is_multiple_of(5)),
        account("www-data", "system", false),
    ];
    accounts.map(|it| says.that("accounts.accounts", it)).into()
}

fn sources(says: &Says, is_poor: bool) -> Vec<SourceState> {
    let state = |source: &'static str| {
        let gaps = if is_poor && source == "services.listeners" {
            vec![Gap {
                field: "listener.process".to_owned(),
                of: Some("tcp/0.0.0.0:22".to_owned()),
                reason: not_allowed("/proc/1/fd"),
            }]
        } else {
            Vec::new()
        };
        let status = if is_poor && source == "hardware.smbios" {
            SourceStatus::Absent(not_allowed("/sys/firmware/dmi/tables/DMI"))
        } else {
            SourceStatus::Read { facts: 3, gaps, complaints: Vec::new() }
        };
        SourceState {
            observer: ObserverId::Agent(AgentId(id(says.0))),
            source: SourceId::from_static(source),
            observed_at: at(0),
            duration_ms: 4,
            status,
        }
    };
    SOURCES.map(state).into()
}

fn not_allowed(what: &str) -> Absent {
    Absent::NotAllowed { what: what.to_owned(), needs: Privilege::Root }
}

fn agent(asset: &Asset) -> AgentSummary {
    AgentSummary {
        id: AgentId(asset.id.0),
        host_name: asset.name.as_ref().map_or_else(String::new, |it| it.value.clone()),
        state: "approved".to_owned(),
        asset: Some(asset.id),
        enrolled_at: asset.first_seen_at,
        last_seen_at: Some(asset.last_seen_at),
        clock_skew_seconds: Some(0),
        software_version: Some("0.1.0".to_owned()),
        is_server: asset.kind.as_ref().is_some_and(|it| it.value == AssetKind::Server),
        certificate_not_after: Some(at(60 * 86_400)),
        report_days: Some(11),
        refused: None,
    }
}

fn changes(asset: &Asset) -> Vec<ChangeEntry> {
    let change = |field: &str, before: Option<&str>, after: Option<&str>| ChangeEntry {
        at: at(-2 * 86_400),
        kind: match (before, after) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            (Some(_), Some(_)) => ChangeKind::Changed,
        },
        asset: Some(asset.id),
        label: asset.label.clone(),
        field: field.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        source: "software.dpkg".to_owned(),
        row: None,
    };
    vec![
        change("software.dpkg: openssl", Some("3.0.14-1~deb12u2"), Some("3.0.15-1~deb12u1")),
        change("software.dpkg: telnetd", Some("0.17+2.4-2"), None),
    ]
}
