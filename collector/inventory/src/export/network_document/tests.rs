//! A branch office as a document: a server with an agent, a router that was asked by SNMP, a printer
//! behind it, something silent.

use std::net::IpAddr;

use observation::latest::Absent;
use observation::latest::AgentId;
use observation::latest::SourceId;
use observation::latest::scan::ScanRemark;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::asset::AddressDescription;
use crate::asset::AssetId;
use crate::asset::AssetKind;
use crate::asset::AssetLabel;
use crate::asset::Attested;
use crate::asset::CableDescription;
use crate::asset::Contact;
use crate::asset::Detail;
use crate::asset::Evidence;
use crate::asset::FirmwareLevel;
use crate::asset::HardwareDescription;
use crate::asset::InterfaceDescription;
use crate::asset::Lifecycle;
use crate::asset::ObserverId;
use crate::asset::OperatingSystemDescription;
use crate::asset::PathDescription;
use crate::asset::RouteDescription;
use crate::asset::ServiceIdentity;
use crate::asset::ServicePort;
use crate::asset::SourceState;
use crate::asset::SourceStatus;
use crate::asset::TargetId;
use crate::asset::Trust;

fn at() -> Timestamp {
    "2026-11-24T02:00:00Z".parse().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn agent() -> ObserverId {
    ObserverId::Agent(AgentId(Uuid::from_u128(7)))
}

fn target(address: &str) -> ObserverId {
    ObserverId::Target(TargetId { vantage: None, address: ip(address), since: at() })
}

fn by<T>(observer: &ObserverId, value: T) -> Attested<T> {
    let evidence = Evidence {
        trust: Trust::Measured,
        observed_at: at(),
        source: SourceId::from_static("scan.arp"),
        observer: observer.clone(),
    };
    Attested { value, evidence }
}

fn asset(number: u128, name: Option<&str>, members: &[ObserverId]) -> Asset {
    let first = &members[0];
    Asset {
        id: AssetId(Uuid::from_u128(number)),
        label: AssetLabel(format!("S-{number:05}")),
        members: members.to_vec(),
        first_seen_at: at(),
        last_seen_at: at(),
        lifecycle: Lifecycle::Operating,
        name: name.map(|it| by(first, it.to_owned())),
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
        contact: if members.contains(&agent()) { Contact::Reported } else { Contact::Scanned },
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

fn seen(address: &str, mac: &str, vendor: Option<&str>) -> Attested<AddressDescription> {
    by(
        &target(address),
        AddressDescription {
            address: ip(address),
            mac: Some(mac.to_owned()),
            mac_vendor: vendor.map(str::to_owned),
            means: vec!["arp".to_owned()],
            on_link_from: vec![None],
        },
    )
}

fn interface(
    observer: &ObserverId,
    mac: &str,
    addresses: &[(&str, u8)],
) -> Attested<InterfaceDescription> {
    by(
        observer,
        InterfaceDescription {
            name: "eth0".to_owned(),
            kind: "ethernet".to_owned(),
            mac: Some(mac.to_owned()),
            permanent_mac: None,
            is_up: Some(true),
            speed_mbps: None,
            vlan_id: None,
            parent: None,
            addresses: addresses.iter().map(|it| (ip(it.0), it.1)).collect(),
        },
    )
}

fn port(
    observer: &ObserverId,
    number: u16,
    answer: Option<(&str, &str, &str)>,
) -> Attested<ServicePort> {
    by(
        observer,
        ServicePort {
            transport: "tcp".to_owned(),
            address: ip("0.0.0.0"),
            port: number,
            binding: "all".to_owned(),
            process: None,
            executable: None,
            account: None,
            unit: None,
            package_name: Some("openssh-server".to_owned()),
            package_version: Some("1:9.2p1-2+deb12u3".to_owned()),
            container: None,
            encryption: None,
            answer: answer.map(|(protocol, product, version)| {
                by(
                    observer,
                    ServiceIdentity {
                        protocol: Some(protocol.to_owned()),
                        product: Some(product.to_owned()),
                        version: Some(version.to_owned()),
                        said: None,
                    },
                )
            }),
        },
    )
}

fn path(to: &str, hops: &[Option<&str>]) -> Attested<PathDescription> {
    by(
        &target(to),
        PathDescription {
            target: ip(to),
            hops: hops.iter().map(|it| it.map(ip)).collect(),
            is_complete: hops.last().copied().flatten() == Some(to),
        },
    )
}

fn server() -> Asset {
    let members = [agent(), target("10.0.1.10")];
    let mut asset = asset(1, Some("web.example.org"), &members);
    asset.kind = Some(by(&agent(), AssetKind::Server));
    asset.interfaces = vec![
        interface(
            &agent(),
            "52:54:00:AA:00:10",
            &[("10.0.1.10", 24), ("fe80::10", 64), ("fd00:1::10", 64)],
        ),
        interface(&agent(), "00:00:00:00:00:00", &[("127.0.0.1", 8), ("::1", 128)]),
    ];
    asset.addresses = vec![seen("10.0.1.10", "52:54:00:aa:00:10", None)];
    asset.routes = vec![by(
        &agent(),
        RouteDescription {
            destination: ip("0.0.0.0"),
            prefix_length: 0,
            gateway: Some(ip("10.0.1.1")),
            interface: Some("eth0".to_owned()),
        },
    )];
    asset.ports =
        vec![port(&agent(), 22, Some(("ssh", "OpenSSH", "9.2p1"))), port(&agent(), 2222, None)];
    asset.operating_system = Some(by(
        &agent(),
        OperatingSystemDescription {
            pretty_name: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
            ..OperatingSystemDescription::default()
        },
    ));
    asset
}

fn router() -> Asset {
    let mut asset = asset(2, Some("r1"), &[target("10.0.1.1")]);
    asset.addresses = vec![seen("10.0.1.1", "52:54:00:aa:00:01", Some("Example Networks"))];
    asset.interfaces = vec![
        interface(&target("10.0.1.1"), "52:54:00:aa:00:01", &[("10.0.1.1", 24)]),
        interface(&target("10.0.1.1"), "52:54:00:aa:00:02", &[("192.0.2.1", 30)]),
    ];
    asset
}

fn printer() -> Asset {
    let mut asset = asset(3, None, &[target("10.0.2.9")]);
    asset.kind = Some(by(&target("10.0.2.9"), AssetKind::Printer));
    asset.paths = vec![path("10.0.2.9", &[Some("10.0.1.1"), Some("192.0.2.2"), Some("10.0.2.9")])];
    asset.sources = vec![SourceState {
        observer: target("10.0.2.9"),
        source: SourceId::from_static("scan.snmp"),
        observed_at: at(),
        duration_ms: 2000,
        status: SourceStatus::Absent(Absent::TimedOut {
            doing: "asking for the system group".to_owned(),
            after_ms: 2000,
        }),
    }];
    asset
}

fn silent() -> Asset {
    let mut asset = asset(4, Some("WEB"), &[target("10.0.1.77")]);
    asset.contact = Contact::Seen;
    asset
}

fn elsewhere() -> Asset {
    asset(5, Some("far"), &[target("198.51.100.1")])
}

fn frame() -> DocumentFrame {
    DocumentFrame {
        run: RunEntry {
            id: "run".to_owned(),
            state: "complete".to_owned(),
            started_at: at(),
            finished_at: Some(at()),
            profile: "gentle".to_owned(),
            networks: vec!["10.0.1.0/24".to_owned(), "10.0.2.0/24".to_owned()],
            exclusions: Vec::new(),
            addresses: 508,
            answered: 3,
            packets_sent: 1200,
        },
        networks: vec!["10.0.1.0/24".parse().unwrap(), "10.0.2.0/24".parse().unwrap()],
        exclusions: Vec::new(),
        vantage: None,
        links: vec![(ip("10.0.1.10"), "10.0.1.0/24".parse().unwrap())],
        gateways: vec![ip("10.0.1.1")],
        remarks: vec![ScanRemark {
            code: "answers_capped".to_owned(),
            what: "10.0.2.9".to_owned(),
        }],
    }
}

fn office() -> Vec<Asset> {
    vec![silent(), printer(), elsewhere(), router(), server()]
}

#[test]
fn the_document_of_an_office_is_stable() {
    let document = network_document(&office(), &frame());
    let shown = serde_json::to_value(&document).unwrap();
    let device = |name: &str| {
        let all = shown["devices"].as_array().unwrap();
        all.iter().find(|it| it["name"] == name).cloned().unwrap()
    };
    let names: Vec<_> = document.devices.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["r1", "web", "WEB-2", "10.0.2.9", "192.0.2.2"]);
    assert_eq!(
        device("web"),
        json!({
            "name": "web", "asset": "S-00001", "kind": "server", "vendor": null, "model": null,
            "serial": null, "firmware": null, "os": "Debian GNU/Linux 12 (bookworm)",
            "ips": ["10.0.1.10"], "ip6s": ["fd00:1::10"], "macs": ["52:54:00:aa:00:10"],
            "hops": 0, "seen": "agent",
            "services": [
                {"port": 22, "proto": "tcp", "service": "ssh", "product": "OpenSSH", "version": "9.2p1"},
                {"port": 2222, "proto": "tcp", "service": null, "product": "openssh-server",
                 "version": "1:9.2p1-2+deb12u3"},
            ],
        })
    );
    assert_eq!(
        device("r1"),
        json!({
            "name": "r1", "asset": "S-00002", "kind": "router", "vendor": "Example Networks",
            "model": null, "serial": null, "firmware": null, "os": null,
            "ips": ["10.0.1.1", "192.0.2.1"], "ip6s": [],
            "macs": ["52:54:00:aa:00:01", "52:54:00:aa:00:02"], "hops": 1, "seen": "scan",
            "services": [],
        })
    );
    assert_eq!(
        (device("10.0.2.9")["hops"].clone(), device("10.0.2.9")["kind"].clone()),
        (json!(3), json!("printer"))
    );
    assert_eq!(
        (device("192.0.2.2")["seen"].clone(), device("192.0.2.2")["hops"].clone()),
        (json!("path"), json!(2))
    );
    assert_eq!(
        shown["links"],
        json!([
            {"a": "10.0.2.9", "a_port": null, "b": "192.0.2.2", "evidence": "path"},
            {"a": "192.0.2.2", "a_port": null, "b": "r1", "evidence": "path"},
            {"a": "WEB-2", "a_port": null, "b": "r1", "evidence": "subnet"},
            {"a": "web", "a_port": null, "b": "r1", "evidence": "route"},
        ])
    );
    assert_eq!(
        shown["subnets"],
        json!([
            {"network": "10.0.1.0/24", "gateways": ["r1"], "devices": 3, "evidence": "interface"},
            {"network": "10.0.2.0/24", "gateways": [], "devices": 1, "evidence": "command"},
        ])
    );
    assert_eq!(
        shown["gaps"],
        json!([
            {"device": null, "what": "run", "reason": "answers_capped", "detail": "10.0.2.9"},
            {"device": "10.0.2.9", "what": "scan.snmp", "reason": "timed_out",
             "detail": "asking for the system group"},
            {"device": "WEB-2", "what": "contact", "reason": "seen_not_contacted", "detail": null},
        ])
    );
}

fn cable(interface: &str, protocol: &str) -> CableDescription {
    CableDescription {
        interface: interface.to_owned(),
        protocol: protocol.to_owned(),
        chassis_id: None,
        port_id: Some("Gi1/0/7".to_owned()),
        system_name: None,
        management_addresses: Vec::new(),
    }
}

/// A switch that a scan found, without a route to it or through it.
fn switch() -> Asset {
    let mut asset = asset(6, Some("sw1.example.org"), &[target("10.0.1.2")]);
    asset.kind = Some(by(&target("10.0.1.2"), AssetKind::Switch));
    asset.addresses = vec![seen("10.0.1.2", "00:1b:21:aa:00:02", None)];
    asset
}

/// The links that begin at the server, where a neighbour introduced itself to its agent.
fn links_of_server(cables: &[CableDescription]) -> Vec<LinkEntry> {
    let mut server = server();
    server.cables = cables.iter().map(|it| by(&agent(), it.clone())).collect();
    let document = network_document(&[server, router(), switch()], &frame());
    document.links.into_iter().filter(|it| it.a == "web").collect()
}

fn link(port: Option<&str>, b: &str, evidence: LinkEvidence) -> LinkEntry {
    LinkEntry { a: "web".to_owned(), a_port: port.map(str::to_owned), b: b.to_owned(), evidence }
}

#[test]
fn what_an_agent_heard_on_its_cable_is_a_link_with_its_port() {
    let route = link(None, "r1", LinkEvidence::Route);
    assert_eq!(links_of_server(&[]), std::slice::from_ref(&route));
    let by_address =
        CableDescription { management_addresses: vec![ip("10.0.1.2")], ..cable("eno1", "lldp") };
    let by_mac = CableDescription {
        chassis_id: Some("00-1B-21-AA-00-02".to_owned()),
        ..cable("eno1", "lldp")
    };
    let by_name = CableDescription { system_name: Some("SW1".to_owned()), ..cable("eno1", "lldp") };
    for heard in [by_address.clone(), by_mac, by_name] {
        let expected = [route.clone(), link(Some("eno1"), "sw1", LinkEvidence::Lldp)];
        assert_eq!(links_of_server(std::slice::from_ref(&heard)), expected, "{heard:?}");
    }
    let cisco =
        CableDescription { chassis_id: Some("sw1.example.org".to_owned()), ..cable("eno2", "cdp") };
    let expected = [route.clone(), link(Some("eno2"), "sw1", LinkEvidence::Cdp)];
    assert_eq!(links_of_server(std::slice::from_ref(&cisco)), expected);
    // Two cables to one device are one link, with the stronger evidence and the first port.
    let expected = [route, link(Some("eno1"), "sw1", LinkEvidence::Lldp)];
    assert_eq!(links_of_server(&[cisco, by_address]), expected);
}

#[test]
fn a_route_stays_the_stronger_word_and_gets_the_port_of_the_cable() {
    let heard =
        CableDescription { management_addresses: vec![ip("10.0.1.1")], ..cable("eno1", "lldp") };
    assert_eq!(links_of_server(&[heard]), [link(Some("eno1"), "r1", LinkEvidence::Route)]);
}

#[test]
fn a_cable_to_a_switch_is_no_way_to_other_networks() {
    let mut server = server();
    server.routes = Vec::new();
    let heard = CableDescription { system_name: Some("sw1".to_owned()), ..cable("eno1", "lldp") };
    server.cables = vec![by(&agent(), heard)];
    // The router forwards, by the word of the scanner, and is the only one in the network.
    let document = network_document(&[server, router(), switch()], &frame());
    let of_server: Vec<LinkEntry> = document.links.into_iter().filter(|it| it.a == "web").collect();
    let expected =
        [link(None, "r1", LinkEvidence::Subnet), link(Some("eno1"), "sw1", LinkEvidence::Lldp)];
    assert_eq!(of_server, expected);
}

#[test]
fn a_controller_that_the_host_names_is_a_link_and_a_device_of_its_own() {
    let told = |fields: &[(&str, &str)]| Detail {
        kind: "management_controller".to_owned(),
        object: Some("channel 1".to_owned()),
        fields: fields.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect(),
    };
    let links = |fields: &[(&str, &str)]| {
        let (mut server, mut bmc) = (server(), switch());
        server.details = vec![by(&agent(), told(fields))];
        server.routes = Vec::new();
        bmc.kind = None;
        let document = network_document(&[server, router(), bmc], &frame());
        let names: Vec<&str> = document.devices.iter().map(|it| it.name.as_str()).collect();
        assert!(names.contains(&"web") && names.contains(&"sw1"), "{names:?}");
        document.links.into_iter().filter(|it| it.a == "web").collect::<Vec<_>>()
    };
    // It is no way to others: the only router of the network stays that.
    let way = link(None, "r1", LinkEvidence::Subnet);
    let controller = link(None, "sw1", LinkEvidence::ManagementController);
    assert_eq!(links(&[("mac", "00:1B:21:AA:00:02")]), [way.clone(), controller.clone()]);
    assert_eq!(links(&[("address", "10.0.1.2/24")]), [way.clone(), controller]);
    assert_eq!(links(&[("mac", "00:1b:21:aa:00:99"), ("address", "10.0.1.2/24")]), [way]);
}

#[test]
fn a_neighbour_that_no_device_or_several_can_be_is_no_link() {
    let nobody = CableDescription {
        system_name: Some("elsewhere".to_owned()),
        chassis_id: Some("serial 4711".to_owned()),
        management_addresses: vec![ip("203.0.113.9")],
        ..cable("eno1", "lldp")
    };
    assert_eq!(links_of_server(&[nobody]).len(), 1);
    let mut server = server();
    let heard = CableDescription { system_name: Some("SW1".to_owned()), ..cable("eno1", "lldp") };
    server.cables = vec![by(&agent(), heard)];
    let mut twin = switch();
    twin.id = AssetId(Uuid::from_u128(77));
    twin.members = vec![target("10.0.1.3")];
    twin.addresses = vec![seen("10.0.1.3", "00:1b:21:aa:00:03", None)];
    let document = network_document(&[server, router(), switch(), twin], &frame());
    assert!(
        document.links.iter().all(|it| it.evidence != LinkEvidence::Lldp),
        "{:?}",
        document.links
    );
}

#[test]
fn silence_where_everybody_is_asked_is_no_gap() {
    let mut quiet = printer();
    let mut also = quiet.sources[0].clone();
    also.source = SourceId::from_static("scan.mdns_normal");
    quiet.sources.push(also);
    let document = network_document(&[quiet], &frame());
    let what: Vec<_> = document.gaps.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(what, ["run", "scan.snmp"]);
}

#[test]
fn the_order_of_assets_does_not_matter() {
    let mut turned = office();
    turned.reverse();
    assert_eq!(network_document(&office(), &frame()), network_document(&turned, &frame()));
}

#[test]
fn a_document_can_be_read_again() {
    let document = network_document(&office(), &frame());
    let text = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<NetworkDocument>(&text).unwrap(), document);
}

#[test]
fn what_was_left_out_is_not_shown() {
    let mut frame = frame();
    frame.exclusions = vec!["10.0.2.0/24".parse().unwrap()];
    let document = network_document(&office(), &frame);
    assert!(document.devices.iter().all(|it| it.name != "10.0.2.9"));
}

#[test]
fn a_web_server_inside_tls_is_https() {
    let mut asset = server();
    let mut web = port(&agent(), 8443, Some(("http", "nginx", "1.22.1")));
    web.value.encryption = Some("TLS 1.3".to_owned());
    let mut mail = port(&agent(), 25, Some(("smtp", "Postfix smtpd", "3")));
    mail.value.encryption = Some("TLS 1.3".to_owned());
    asset.ports = vec![web, mail];
    let document = network_document(&[asset], &frame());
    let names: Vec<_> =
        document.devices[0].services.iter().map(|it| it.service.clone().unwrap()).collect();
    assert_eq!(names, ["smtp", "https"]);
}

#[test]
fn a_product_that_hides_its_version_is_shown_with_that_of_its_package() {
    let mut asset = server();
    let mut mail = port(&agent(), 25, Some(("smtp", "Postfix", "")));
    mail.value.answer.as_mut().unwrap().value.version = None;
    mail.value.package_name = Some("postfix".to_owned());
    mail.value.package_version = Some("3.7.11-0+deb12u1".to_owned());
    asset.ports = vec![mail];
    let document = network_document(&[asset], &frame());
    let shown = &document.devices[0].services[0];
    assert_eq!(
        (shown.product.as_deref(), shown.version.as_deref()),
        (Some("postfix"), Some("3.7.11-0+deb12u1"))
    );
}

#[test]
fn a_silent_station_breaks_a_path_instead_of_bridging_it() {
    let mut far = printer();
    far.paths = vec![path("10.0.2.9", &[Some("10.0.1.1"), None, Some("10.0.2.9")])];
    let document = network_document(&[router(), far], &frame());
    assert_eq!(document.links, []);
    let hops: Vec<_> = document.devices.iter().map(|it| it.hops).collect();
    assert_eq!(hops, [Some(1), Some(3)]);
}

#[test]
fn a_device_shares_the_way_of_its_neighbours_where_the_router_kept_silent() {
    let far = |number: u128, address: &str, hops: &[Option<&str>]| {
        let mut it = asset(number, None, &[target(address)]);
        it.paths = vec![path(address, hops)];
        it
    };
    let last = Some("10.0.9.2");
    let told = far(7, "10.0.2.9", &[Some("10.0.1.1"), last, Some("10.0.2.9")]);
    let silent = far(8, "10.0.2.10", &[None, None, Some("10.0.2.10")]);
    let nearer = far(9, "10.0.2.11", &[None, Some("10.0.2.11")]);
    let links_of = |assets: &[Asset], name: &str| -> Vec<String> {
        let links = network_document(assets, &frame()).links;
        links.into_iter().filter(|it| it.a == name).map(|it| it.b).collect()
    };
    let assets = [router(), told, silent.clone(), nearer];
    assert_eq!(links_of(&assets, "10.0.2.10"), ["10.0.9.2"]);
    assert!(links_of(&assets, "10.0.2.11").is_empty(), "another distance is another way");
    let other = far(7, "10.0.2.12", &[None, Some("10.0.9.6"), Some("10.0.2.12")]);
    let [router, told, ..] = assets;
    assert!(
        links_of(&[router, told, other, silent], "10.0.2.10").is_empty(),
        "two ways are no way"
    );
}

#[test]
fn an_address_that_several_devices_have_links_none_of_them() {
    let bridge = |number: u128, address: &str| {
        let mut it = asset(number, None, &[target(address)]);
        it.interfaces =
            vec![interface(&target(address), "02:42:00:00:00:01", &[("172.17.0.1", 16)])];
        it.routes = vec![by(
            &target(address),
            RouteDescription {
                destination: ip("172.30.0.0"),
                prefix_length: 16,
                gateway: Some(ip("172.17.0.1")),
                interface: None,
            },
        )];
        it
    };
    let document = network_document(&[bridge(1, "10.0.1.5"), bridge(2, "10.0.1.6")], &frame());
    assert_eq!(document.links, []);
    assert_eq!(document.subnets.len(), 2, "{:?}", document.subnets);
}

#[test]
fn a_route_to_a_whole_company_links_no_routers() {
    let mut tunnel = server();
    tunnel.routes.push(by(
        &agent(),
        RouteDescription {
            destination: ip("10.0.0.0"),
            prefix_length: 8,
            gateway: Some(ip("10.0.1.1")),
            interface: Some("wg0".to_owned()),
        },
    ));
    let plain = network_document(&office(), &frame());
    let document = network_document(&[silent(), printer(), router(), tunnel], &frame());
    assert_eq!(document.links, plain.links);
    let of = |it: &NetworkDocument, network: &str| {
        let found = it.subnets.iter().find(|it| it.network == network);
        found.map(|it| it.evidence)
    };
    assert_eq!(of(&document, "10.0.2.0/24"), Some(SubnetEvidence::Command));
    assert_eq!(of(&document, "10.0.0.0/8"), Some(SubnetEvidence::Route));
}

#[test]
fn an_excluded_address_of_a_device_that_is_shown_is_not_shown() {
    let mut frame = frame();
    frame.exclusions = vec!["192.0.2.0/24".parse().unwrap(), "fd00::/8".parse().unwrap()];
    let document = network_document(&office(), &frame);
    let text = serde_json::to_string(&document).unwrap();
    assert!(!text.contains("192.0.2.1") && !text.contains("fd00:1::10"), "{text}");
    // Nor as a station on the way.
    assert!(document.devices.iter().all(|it| it.name != "192.0.2.2"));
    let printer = document.devices.iter().find(|it| it.name == "10.0.2.9").unwrap();
    assert_eq!(printer.hops, Some(3));
}

#[test]
fn stations_that_only_another_place_saw_are_not_shown() {
    let mut far = printer();
    let mut seen = path("10.0.2.9", &[Some("198.51.100.7"), Some("10.0.2.9")]);
    seen.evidence.observer = ObserverId::Target(TargetId {
        vantage: Some(AgentId(Uuid::from_u128(9))),
        address: ip("10.0.2.9"),
        since: at(),
    });
    far.paths.push(seen);
    let document = network_document(&[far], &frame());
    assert!(document.devices.iter().all(|it| it.name != "198.51.100.7"));
}

#[test]
fn the_firmware_of_a_disk_is_not_that_of_the_device() {
    let level = |component: &str, version: &str| {
        by(
            &agent(),
            FirmwareLevel {
                component: component.to_owned(),
                device: None,
                vendor: None,
                version: Some(version.to_owned()),
                released_on: None,
            },
        )
    };
    let firmware = |levels: Vec<Attested<FirmwareLevel>>| {
        let mut asset = server();
        asset.firmware = levels;
        network_document(&[asset], &frame()).devices[0].firmware.clone()
    };
    let parts = vec![level("disk", "SN04"), level("microcode", "0xf0")];
    assert_eq!(firmware(parts.clone()), None);
    assert_eq!(firmware([parts, vec![level("bios", "2.18")]].concat()).as_deref(), Some("2.18"));
}

#[test]
fn a_device_with_a_leg_on_the_link_is_one_station_away() {
    let mut both = asset(6, Some("backup"), &[target("10.0.1.60"), target("10.0.2.60")]);
    let mut far = seen("10.0.2.60", "52:54:00:aa:00:60", None);
    far.value.on_link_from = Vec::new();
    both.addresses = vec![seen("10.0.1.60", "52:54:00:aa:00:60", None), far.clone()];
    both.paths = vec![path("10.0.2.60", &[Some("10.0.1.1"), Some("10.0.2.60")])];
    let hops = |asset: &Asset| {
        let document = network_document(std::slice::from_ref(asset), &frame());
        document.devices.iter().find(|it| it.name == "backup").unwrap().hops
    };
    assert_eq!(hops(&both), Some(1));
    // On the link of another place only, the way counts.
    let mut near = seen("10.0.1.60", "52:54:00:aa:00:60", None);
    near.value.on_link_from = vec![Some(AgentId(Uuid::from_u128(9)))];
    both.addresses = vec![near, far];
    assert_eq!(hops(&both), Some(2));
}

#[test]
fn devices_of_one_name_are_counted_on() {
    let all: Vec<Asset> = (1..=4_u8)
        .map(|it| asset(it.into(), Some("localhost"), &[target(&format!("10.0.1.{it}"))]))
        .collect();
    let document = network_document(&all, &frame());
    let names: Vec<_> = document.devices.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["localhost", "localhost-2", "localhost-3", "localhost-4"]);
}
