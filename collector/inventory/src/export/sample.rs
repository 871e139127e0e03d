//! An invented company for the tests of sheets: an ERP server that was read completely, a computer in
//! the office whose agent has no rights, and a machine controller with a hostile name.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use observation::ContentHash;
use observation::latest::Absent;
use observation::latest::AgentId;
use observation::latest::Gap;
use observation::latest::Privilege;
use observation::latest::SourceId;
use uuid::Uuid;
use wording::Language;

use super::cell::Cell;
use super::cell::Value;
use super::list::List;
use super::sheet::Row;
use super::sheet::Sheet;
use super::snapshot::ExportStamp;
use super::snapshot::ScanSummary;
use super::snapshot::Snapshot;
use super::view::View;
use crate::asset::AccountDescription;
use crate::asset::AddressDescription;
use crate::asset::Asset;
use crate::asset::AssetId;
use crate::asset::AssetKind;
use crate::asset::AssetLabel;
use crate::asset::Attested;
use crate::asset::CertificateDescription;
use crate::asset::CommunicationPartner;
use crate::asset::Contact;
use crate::asset::Detail;
use crate::asset::DiskDescription;
use crate::asset::Evidence;
use crate::asset::FirmwareLevel;
use crate::asset::GroupDescription;
use crate::asset::HardwareDescription;
use crate::asset::InterfaceDescription;
use crate::asset::Lifecycle;
use crate::asset::NamedMachineDescription;
use crate::asset::ObserverId;
use crate::asset::OperatingSystemDescription;
use crate::asset::ProcessorDescription;
use crate::asset::ResolverDescription;
use crate::asset::RouteDescription;
use crate::asset::SIGHTINGS_SOURCE;
use crate::asset::ServiceDescription;
use crate::asset::ServicePort;
use crate::asset::SettingDescription;
use crate::asset::SoftwarePackage;
use crate::asset::SourceState;
use crate::asset::SourceStatus;
use crate::asset::TargetId;
use crate::asset::Trust;
use crate::asset::VirtualMachine;
use crate::register::Register;

/// A name that a spreadsheet must not take for a formula.
pub(crate) const HOSTILE: &str = "=cmd|' /C calc'!A0";

/// The sources that the server's agent could read.
const SERVER_SOURCES: &[&str] = &[
    "accounts.accounts",
    "accounts.groups",
    "certificates.served",
    "configuration.sshd",
    "hardware.disks",
    "hardware.smbios",
    "network.connections",
    "network.interfaces",
    "network.resolvers",
    "network.routes",
    "services.listeners",
    "services.units",
    "software.dpkg",
    "system.file_systems",
    "system.operating_system",
];

/// When everything of the sample was seen: 2026-11-24 08:00 in Berlin.
pub(crate) fn seen_at() -> Timestamp {
    "2026-11-24T07:00:00Z".parse().unwrap()
}

/// The company, as of one hour later.
pub(crate) fn snapshot() -> Snapshot {
    Snapshot {
        stamp: ExportStamp {
            id: Uuid::from_u128(1),
            number: 1,
            as_of: "2026-11-24T08:00:00Z".parse().unwrap(),
            time_zone: "Europe/Berlin".to_owned(),
            previous: None,
            software_version: "0.1.0".to_owned(),
            profile: None,
        },
        register: Register::parse(include_str!("sample.toml")).unwrap(),
        claims: Vec::new(),
        assets: vec![server(), office_computer(), machine_controller()],
        agents: Vec::new(),
        changes: Vec::new(),
        conflicts: Vec::new(),
        scans: Vec::new(),
        report_interval_seconds: 3600,
        event_count: 0,
        event_head: None,
    }
}

/// The same company without anything that people or machines said.
pub(crate) fn nothing() -> Snapshot {
    Snapshot { register: Register::default(), assets: Vec::new(), ..snapshot() }
}

/// The sample in a language.
pub(crate) fn view(snapshot: &Snapshot, language: Language) -> View<'_> {
    View::new(snapshot, language, TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC))
}

/// The asset of this name.
pub(crate) fn asset_named<'a>(snapshot: &'a Snapshot, name: &str) -> &'a Asset {
    let named = |it: &&Asset| it.name.as_ref().is_some_and(|it| it.value == name);
    snapshot.assets.iter().find(named).unwrap()
}

/// Lets a neighbour table name an asset; returns what the section says of itself.
pub(crate) fn see_by_neighbour(asset: &mut Asset) -> SourceState {
    let target = ObserverId::Target(TargetId {
        vantage: Some(AgentId(asset.id.0)),
        address: "10.20.10.5".parse().unwrap(),
        since: seen_at(),
    });
    let seen =
        SourceState { observer: target.clone(), ..Agent(asset.id).read(SIGHTINGS_SOURCE, 1) };
    asset.members.push(target.clone());
    asset.sources.push(seen.clone());
    asset.addresses.push(Attested {
        value: AddressDescription {
            address: "10.20.10.5".parse().unwrap(),
            mac: None,
            mac_vendor: None,
            means: vec!["neighbour_table".to_owned()],
            on_link_from: Vec::new(),
        },
        evidence: Evidence { observer: target, ..evidence(&asset.id, SIGHTINGS_SOURCE) },
    });
    seen
}

/// A scan of a network that came to its end then.
pub(crate) fn complete_scan(network: &str, at: Timestamp) -> ScanSummary {
    ScanSummary {
        run: Uuid::from_u128(7),
        plan: None,
        ordered_by: "anna".to_owned(),
        vantage: None,
        networks: vec![network.parse().unwrap()],
        exclusions: Vec::new(),
        profile: "gentle".to_owned(),
        rate_pps: Some(1000),
        state: "complete".to_owned(),
        ordered_at: at,
        started_at: Some(at),
        finished_at: Some(at),
        figures: None,
        remarks: Vec::new(),
    }
}

/// The rows of a sheet as text, one per line: cells parted by ` | `, without the row's own id.
pub(crate) fn table(sheet: &Sheet, snapshot: &Snapshot) -> Vec<String> {
    let view = view(snapshot, Language::English);
    let rows = sheet.made(&view);
    for row in &rows {
        assert_eq!(row.cells.len(), sheet.columns.len(), "{}", row.id);
    }
    rows.iter().map(|row| line(&view, row)).collect()
}

/// One line per row, with what people stated in the cells that they fill.
pub(crate) fn stated_table(sheet: &Sheet, snapshot: &Snapshot) -> Vec<String> {
    let view = view(snapshot, Language::English);
    let index = snapshot.register.index();
    let mut rows = sheet.made(&view);
    for row in &mut rows {
        super::statement::fill(&index, sheet, row);
    }
    rows.iter().map(|it| line(&view, it)).collect()
}

/// The text of one cell of the row whose line contains `of`.
pub(crate) fn cell(sheet: &Sheet, snapshot: &Snapshot, of: &str, key: &str) -> String {
    let view = view(snapshot, Language::English);
    let place = sheet.columns.iter().position(|it| it.key == key).unwrap();
    let rows = sheet.made(&view);
    let row = rows.iter().find(|row| line(&view, row).contains(of)).unwrap();
    text(&view, &row.cells[place])
}

fn line(view: &View<'_>, row: &Row) -> String {
    row.cells.iter().map(|it| text(view, it)).collect::<Vec<_>>().join(" | ")
}

fn text(view: &View<'_>, cell: &Cell) -> String {
    match cell.value() {
        Value::Text(text) => text.replace('\n', "; "),
        Value::Number(number) => number.to_string(),
        Value::Date(day) => view.day_text(*day),
        Value::Instant(at) => view.instant_text(*at),
        Value::Choice(list, code) => choice(view, *list, code),
        Value::Formula { result, .. } => text(view, &Cell::new(result.as_ref().clone())),
        Value::Open => "_".to_owned(),
        Value::Unknown(reason) => format!("unknown ({reason})"),
        Value::NotAssessed => "not assessed".to_owned(),
        Value::NoData => "no data".to_owned(),
        Value::Nothing => "none".to_owned(),
    }
}

fn choice(view: &View<'_>, list: List, code: &str) -> String {
    view.text(list.message(code).unwrap())
}

fn evidence(of: &AssetId, source: &'static str) -> Evidence {
    Evidence {
        trust: Trust::Confirmed,
        observed_at: seen_at(),
        source: SourceId::from_static(source),
        observer: ObserverId::Agent(AgentId(of.0)),
    }
}

/// Says values with the evidence of one asset.
struct Agent(AssetId);

impl Agent {
    fn says<T>(&self, source: &'static str, value: T) -> Attested<T> {
        Attested { value, evidence: evidence(&self.0, source) }
    }

    fn read(&self, source: &'static str, facts: usize) -> SourceState {
        self.state(source, SourceStatus::Read { facts, gaps: Vec::new(), complaints: Vec::new() })
    }

    fn read_with_gaps(&self, source: &'static str, facts: usize, gaps: Vec<Gap>) -> SourceState {
        self.state(source, SourceStatus::Read { facts, gaps, complaints: Vec::new() })
    }

    fn state(&self, source: &'static str, status: SourceStatus) -> SourceState {
        SourceState {
            observer: ObserverId::Agent(AgentId(self.0.0)),
            source: SourceId::from_static(source),
            observed_at: seen_at(),
            duration_ms: 3,
            status,
        }
    }

    fn asset(&self, label: &str, name: Option<&str>) -> Asset {
        Asset {
            id: self.0,
            label: AssetLabel(label.to_owned()),
            members: vec![ObserverId::Agent(AgentId(self.0.0))],
            first_seen_at: "2026-11-01T07:00:00Z".parse().unwrap(),
            last_seen_at: seen_at(),
            lifecycle: Lifecycle::Operating,
            name: name.map(|it| self.says("system.host_name", it.to_owned())),
            domain: None,
            kind: None,
            virtual_machine: None,
            hardware: HardwareDescription::default(),
            firmware: Vec::new(),
            operating_system: None,
            interfaces: Vec::new(),
            routes: Vec::new(),
            resolvers: Vec::new(),
            neighbours: Vec::new(),
            cables: Vec::new(),
            services: Vec::new(),
            ports: Vec::new(),
            partners: Vec::new(),
            software: Vec::new(),
            certificates: Vec::new(),
            accounts: Vec::new(),
            groups: Vec::new(),
            contact: Contact::Reported,
            addresses: Vec::new(),
            names: Vec::new(),
            host_keys: Vec::new(),
            paths: Vec::new(),
            settings: Vec::new(),
            named_machines: Vec::new(),
            details: Vec::new(),
            sources: Vec::new(),
        }
    }

    fn interface(
        &self,
        name: &str,
        kind: &str,
        mac: &str,
        address: &str,
        prefix: u8,
    ) -> Attested<InterfaceDescription> {
        self.says(
            "network.interfaces",
            InterfaceDescription {
                name: name.to_owned(),
                kind: kind.to_owned(),
                mac: Some(mac.to_owned()),
                permanent_mac: None,
                is_up: Some(true),
                speed_mbps: Some(1000),
                vlan_id: None,
                parent: None,
                addresses: vec![(address.parse().unwrap(), prefix)],
            },
        )
    }

    fn gateway(&self, address: &str) -> Attested<RouteDescription> {
        self.says(
            "network.routes",
            RouteDescription {
                destination: "0.0.0.0".parse().unwrap(),
                prefix_length: 0,
                gateway: Some(address.parse().unwrap()),
                interface: Some("eth0".to_owned()),
            },
        )
    }

    fn partner(
        &self,
        is_incoming: bool,
        local: &str,
        peer: &str,
        port: u16,
        process: Option<&str>,
    ) -> Attested<CommunicationPartner> {
        self.says(
            "network.connections",
            CommunicationPartner {
                transport: "tcp".to_owned(),
                is_incoming,
                peer: peer.parse().unwrap(),
                service_port: port,
                local: local.parse().unwrap(),
                process: process.map(str::to_owned),
                unit: None,
                count: 2,
                first_seen_at: "2026-11-20T07:00:00Z".parse().unwrap(),
            },
        )
    }

    fn package(&self, name: &str, version: &str) -> Attested<SoftwarePackage> {
        self.says(
            "software.dpkg",
            SoftwarePackage {
                manager: "dpkg".to_owned(),
                name: name.to_owned(),
                version: version.to_owned(),
                architecture: Some("amd64".to_owned()),
                source_name: None,
                publisher: Some("Debian Maintainers <packages@example.org>".to_owned()),
                summary: None,
                category: Some("net".to_owned()),
                size_bytes: Some(2048),
                installed_at: None,
                place: None,
                owner: None,
                licence: None,
            },
        )
    }

    fn system(&self, version: &str) -> Attested<OperatingSystemDescription> {
        self.says(
            "system.operating_system",
            OperatingSystemDescription {
                id: Some("debian".to_owned()),
                name: Some("Debian GNU/Linux".to_owned()),
                version: Some("12".to_owned()),
                version_detail: Some(version.to_owned()),
                edition: None,
                pretty_name: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
                kernel: Some("Linux 6.1.0-28-amd64".to_owned()),
                architecture: Some("x86_64".to_owned()),
                init_system: Some("systemd".to_owned()),
            },
        )
    }
}

fn not_allowed(field: &str, of: &str, what: &str) -> Gap {
    Gap {
        field: field.to_owned(),
        of: Some(of.to_owned()),
        reason: Absent::NotAllowed { what: what.to_owned(), needs: Privilege::Root },
    }
}

fn port(transport: &str, address: &str, number: u16, binding: &str) -> ServicePort {
    ServicePort {
        transport: transport.to_owned(),
        address: address.parse().unwrap(),
        port: number,
        binding: binding.to_owned(),
        process: None,
        executable: None,
        account: None,
        unit: None,
        package_name: None,
        package_version: None,
        container: None,
        encryption: None,
        answer: None,
    }
}

fn server() -> Asset {
    let agent = Agent(AssetId(Uuid::from_u128(0x10)));
    let mut asset = agent.asset("S-7K2QD", Some("srv-erp"));
    asset.kind = Some(agent.says("hardware.smbios", AssetKind::Server));
    asset.virtual_machine = Some(
        agent.says("system.virtualisation", VirtualMachine { is_virtual: false, platform: None }),
    );
    asset.hardware = server_hardware(&agent);
    asset.firmware = vec![agent.says(
        "hardware.smbios",
        FirmwareLevel {
            component: "bios".to_owned(),
            device: None,
            vendor: Some("Example BIOS".to_owned()),
            version: Some("2.17".to_owned()),
            released_on: Some("2024-03-05".parse().unwrap()),
        },
    )];
    asset.operating_system = Some(agent.system("12.8"));
    asset.interfaces = vec![
        agent.interface("eth0", "ethernet", "00:25:90:aa:bb:01", "10.20.10.5", 24),
        agent.interface("docker0", "bridge", "02:42:aa:bb:cc:dd", "172.17.0.1", 16),
        agent.interface("lo", "loopback", "00:00:00:00:00:00", "127.0.0.1", 8),
    ];
    asset.routes = vec![agent.gateway("10.20.10.1")];
    asset.resolvers = vec![agent.says(
        "network.resolvers",
        ResolverDescription {
            address: "10.20.10.2".parse().unwrap(),
            configured_in: "/etc/resolv.conf".to_owned(),
        },
    )];
    asset.services = vec![agent.says(
        "services.units",
        ServiceDescription {
            name: "nginx.service".to_owned(),
            description: Some("A web server".to_owned()),
            start_mode: Some("automatic".to_owned()),
            is_running: Some(true),
            account: None,
            executable: Some("/usr/sbin/nginx".to_owned()),
            package: Some("nginx 1.22.1-9".to_owned()),
        },
    )];
    asset.ports = server_ports(&agent);
    asset.partners = vec![agent.partner(true, "10.20.10.5", "10.20.20.11", 5432, Some("postgres"))];
    asset.software = vec![
        agent.package("libssl3", "3.0.15-1"),
        agent.package("nginx", "1.22.1-9"),
        agent.says(
            "software.dpkg",
            SoftwarePackage {
                category: Some("non-free-firmware/kernel".to_owned()),
                ..agent.package("firmware-misc", "20230210-5").value
            },
        ),
    ];
    asset.certificates = vec![certificate(&agent)];
    (asset.accounts, asset.groups) = server_accounts(&agent);
    asset.settings = server_settings(&agent);
    asset.named_machines = server_lists(&agent);
    asset.details = server_details(&agent);
    asset.sources = SERVER_SOURCES.iter().map(|source| agent.read(source, 3)).collect();
    asset
}

fn server_settings(agent: &Agent) -> Vec<Attested<SettingDescription>> {
    let setting = |scope: Option<&str>, name: &str, value: Option<&str>, origin: &str| {
        agent.says(
            "configuration.sshd",
            SettingDescription {
                subject: "sshd".to_owned(),
                scope: scope.map(str::to_owned),
                name: name.to_owned(),
                value: value.map(str::to_owned),
                place: "/etc/ssh/sshd_config".to_owned(),
                origin: origin.to_owned(),
                holds_since: seen_at(),
            },
        )
    };
    vec![
        setting(None, "Banner", None, "default"),
        setting(None, "PermitRootLogin", Some("no"), "configured"),
        setting(Some("Match User backup"), "PasswordAuthentication", Some(""), "configured"),
    ]
}

/// A laptop that two lists name and nobody recorded, and the computer of the office.
fn server_lists(agent: &Agent) -> Vec<Attested<NamedMachineDescription>> {
    let lease = |name: &str, address: &str, mac: &str| NamedMachineDescription {
        list: "dhcp_lease".to_owned(),
        keeper: "kea".to_owned(),
        place: "/var/lib/kea/kea-leases4.csv".to_owned(),
        name: Some(name.to_owned()),
        addresses: vec![address.parse().unwrap()],
        macs: vec![mac.to_owned()],
        id: None,
        operating_system: None,
        is_active: Some(true),
        last_seen_at: Some("2026-11-20T09:30:00Z".parse().unwrap()),
    };
    let laptop = lease("nb-alt.musterbau.example", "10.20.20.77", "00:25:90:aa:bb:77");
    let zone = NamedMachineDescription {
        list: "dns_zone".to_owned(),
        keeper: "bind".to_owned(),
        place: "/var/cache/bind/musterbau.example".to_owned(),
        macs: Vec::new(),
        is_active: None,
        last_seen_at: None,
        ..laptop.clone()
    };
    let office = lease("PC-BUE-01", "10.20.20.11", "00:25:90:aa:bb:02");
    [laptop, zone, office].map(|it| agent.says("servers.lists", it)).to_vec()
}

fn server_details(agent: &Agent) -> Vec<Attested<Detail>> {
    let detail = |kind: &str, object: Option<&str>, fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let object = object.map(str::to_owned);
        agent.says(
            "system.file_systems",
            Detail { kind: kind.to_owned(), object, fields: fields.collect() },
        )
    };
    let root = [("device", "/dev/sda2"), ("is_read_only", "no"), ("size_bytes", "479000000000")];
    vec![
        detail("file_system", Some("/"), &root),
        detail("of_tomorrow", None, &[("colour", "blue")]),
    ]
}

fn server_hardware(agent: &Agent) -> HardwareDescription {
    HardwareDescription {
        manufacturer: Some(agent.says("hardware.smbios", "Example Computers".to_owned())),
        product: Some(agent.says("hardware.smbios", "Rack 2".to_owned())),
        serial: Some(agent.says("hardware.smbios", "00012345".to_owned())),
        processors: vec![agent.says(
            "hardware.processor",
            ProcessorDescription {
                model: Some("Example CPU".to_owned()),
                sockets: Some(1),
                cores: Some(8),
                threads: Some(16),
                microcode: None,
            },
        )],
        memory_bytes: Some(agent.says("hardware.memory", 16 * 1024 * 1024 * 1024)),
        disks: vec![agent.says(
            "hardware.disks",
            DiskDescription {
                name: "sda".to_owned(),
                model: Some("Example SSD".to_owned()),
                serial: Some("D1".to_owned()),
                firmware: Some("FW1".to_owned()),
                size_bytes: Some(480_000_000_000),
                bus: Some("sata".to_owned()),
                is_rotational: Some(false),
            },
        )],
        ..HardwareDescription::default()
    }
}

fn server_ports(agent: &Agent) -> Vec<Attested<ServicePort>> {
    let https = ServicePort {
        process: Some("nginx".to_owned()),
        executable: Some("/usr/sbin/nginx".to_owned()),
        account: Some("root".to_owned()),
        unit: Some("nginx.service".to_owned()),
        package_name: Some("nginx".to_owned()),
        package_version: Some("1.22.1-9".to_owned()),
        encryption: Some("TLS 1.3".to_owned()),
        ..port("tcp", "0.0.0.0", 443, "all")
    };
    let database = ServicePort {
        process: Some("postgres".to_owned()),
        container: Some("docker:0a1b".to_owned()),
        ..port("tcp", "10.20.10.5", 5432, "address")
    };
    [https, database].map(|it| agent.says("services.listeners", it)).to_vec()
}

fn server_accounts(
    agent: &Agent,
) -> (Vec<Attested<AccountDescription>>, Vec<Attested<GroupDescription>>) {
    let account = |name: &str, is_pseudonym, kind: &str| AccountDescription {
        name: name.to_owned(),
        is_pseudonym,
        kind: kind.to_owned(),
        can_log_in: Some(true),
        is_administrator: Some(true),
        password: Some("set".to_owned()),
        is_expired: Some(false),
        password_never_expires: Some(true),
    };
    let service = AccountDescription {
        can_log_in: Some(false),
        is_administrator: Some(false),
        password: Some("locked".to_owned()),
        ..account("www-data", false, "system")
    };
    let accounts =
        [account("p-0123456789AB", true, "person"), account("root", false, "root"), service];
    let groups = [GroupDescription {
        name: "sudo".to_owned(),
        gives_administration: true,
        members: vec!["p-0123456789AB".to_owned()],
    }];
    (
        accounts.map(|it| agent.says("accounts.accounts", it)).to_vec(),
        groups.map(|it| agent.says("accounts.groups", it)).to_vec(),
    )
}

fn certificate(agent: &Agent) -> Attested<CertificateDescription> {
    agent.says(
        "certificates.served",
        CertificateDescription {
            place: "tcp/127.0.0.1:443".to_owned(),
            port: Some(443),
            fingerprint: ContentHash::of(b"certificate"),
            subject: "CN=erp.example.org".to_owned(),
            issuer: "CN=erp.example.org".to_owned(),
            names: vec!["erp.example.org".to_owned()],
            not_before: Some("2025-12-24T08:00:00Z".parse().unwrap()),
            not_after: Some("2026-12-24T08:00:00Z".parse().unwrap()),
            key: Some("RSA 2048".to_owned()),
            signature_algorithm: Some("sha256WithRSAEncryption".to_owned()),
            is_self_signed: Some(true),
            tls_version: Some("TLS 1.3".to_owned()),
        },
    )
}

fn office_computer() -> Asset {
    let agent = Agent(AssetId(Uuid::from_u128(0x20)));
    let mut asset = agent.asset("S-9M4TX", Some("PC-BUE-01"));
    asset.operating_system = Some(agent.system("12.7"));
    asset.interfaces =
        vec![agent.interface("eth0", "ethernet", "00:25:90:aa:bb:02", "10.20.20.11", 24)];
    asset.routes = vec![agent.gateway("10.20.20.1")];
    let ssh = port("tcp", "0.0.0.0", 22, "all");
    let dns = port("udp", "127.0.0.53", 53, "loopback");
    asset.ports = [ssh, dns].map(|it| agent.says("services.listeners", it)).to_vec();
    asset.partners = vec![
        agent.partner(false, "10.20.20.11", "10.20.10.5", 5432, Some("erp")),
        agent.partner(false, "10.20.20.11", "198.51.100.7", 443, Some("firefox")),
        agent.partner(false, "10.20.20.11", "203.0.113.9", 443, Some("firefox")),
        agent.partner(false, "10.20.20.11", "10.20.30.9", 9100, None),
        agent.partner(false, "10.20.20.11", "10.20.20.11", 631, None),
    ];
    asset.software =
        vec![agent.package("libssl3", "3.0.14-1"), agent.package("erp-client-core", "7.1")];
    let processes = ["tcp/0.0.0.0:22", "udp/127.0.0.53:53"]
        .map(|of| not_allowed("listener.process", of, "/proc/*/fd"));
    asset.sources = vec![
        agent.state(
            "accounts.accounts",
            SourceStatus::Absent(Absent::NotAllowed {
                what: "/etc/shadow".to_owned(),
                needs: Privilege::Root,
            }),
        ),
        agent.state(
            "certificates.served",
            SourceStatus::Absent(Absent::Failed {
                doing: "asking 127.0.0.1:22".to_owned(),
                cause: "connection reset".to_owned(),
            }),
        ),
        agent.read_with_gaps(
            "hardware.smbios",
            1,
            vec![not_allowed("system_product.serial", "", "/sys/class/dmi/id/product_serial")],
        ),
        agent.read("network.connections", 5),
        agent.read("network.interfaces", 1),
        agent.read_with_gaps("services.listeners", 2, processes.to_vec()),
        agent.read("software.dpkg", 2),
    ];
    asset
}

fn machine_controller() -> Asset {
    let agent = Agent(AssetId(Uuid::from_u128(0x30)));
    let mut asset = agent.asset("S-B5WZ3", Some(HOSTILE));
    asset.interfaces =
        vec![agent.interface("eth0", "ethernet", "00:25:90:aa:bb:03", "10.20.40.20", 24)];
    asset.sources = vec![
        agent.read("network.interfaces", 1),
        agent.state(
            "network.connections",
            SourceStatus::Absent(Absent::NotLookedAt {
                why: "switched_off".to_owned(),
                what: "connections".to_owned(),
            }),
        ),
        agent.state(
            "software.dpkg",
            SourceStatus::Absent(Absent::NotHere { looked_at: "/var/lib/dpkg/status".to_owned() }),
        ),
    ];
    asset
}
