//! What leaves a machine in the office, at home and on the way.

use observation::latest::{
    AddressOrigin, Cadence, Connection, ConnectionDirection, InterfaceAddress, InterfaceKind,
    Neighbour, Route, Transport,
};

use super::*;
use crate::home::Home;
use crate::host::{LinkAddress, NeighbourState, Reply, Request, RouteState};
use crate::sources::Memory;
use crate::sources::links::sample_link;
use crate::sources::testing::MapHost;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// In the office by cable, and a telephone as second network.
fn machine() -> MapHost {
    let link = |index, name: &str, address: &str| {
        let mut link = sample_link(index, name);
        link.addresses = vec![LinkAddress {
            address: ip(address),
            prefix_length: 24,
            is_permanent: false,
            is_temporary: false,
        }];
        link
    };
    let links = vec![link(2, "eth0", "10.1.0.20"), link(3, "wlan0", "172.20.10.3")];
    let route = RouteState {
        destination: ip("0.0.0.0"),
        prefix_length: 0,
        gateway: Some(ip("10.1.0.1")),
        link: Some(2),
        metric: None,
    };
    let router = NeighbourState {
        address: ip("10.1.0.1"),
        mac: "00:1b:21:00:00:01".to_owned(),
        link: 2,
        is_router: true,
    };
    MapHost::new()
        .answer(Request::Links, Ok(Reply::Links(links)))
        .answer(Request::Routes, Ok(Reply::Routes(vec![route])))
        .answer(Request::Neighbours, Ok(Reply::Neighbours(vec![router])))
}

fn inside() -> Whereabouts {
    let mut home = Home::default();
    home.set_networks(&["10.1.0.0/16".parse().unwrap()]);
    assert!(home.learn(&machine(), ip("10.1.0.20")));
    home.whereabouts(&machine())
}

fn outside() -> Whereabouts {
    let mut home = Home::default();
    home.set_networks(&["10.1.0.0/16".parse().unwrap()]);
    home.whereabouts(&machine())
}

fn id(text: &'static str) -> SourceId {
    SourceId::from_static(text)
}

fn interface(name: &str, addresses: &[&str]) -> Fact {
    let address = |it: &&str| InterfaceAddress {
        address: ip(it),
        prefix_length: 24,
        origin: AddressOrigin::Leased,
    };
    Fact::NetworkInterface(NetworkInterface {
        name: name.to_owned(),
        kind: InterfaceKind::Ethernet,
        mac: Some("52:54:00:00:00:02".to_owned()),
        permanent_mac: None,
        mtu_bytes: None,
        is_up: None,
        speed_mbps: None,
        is_removable: None,
        driver: None,
        vlan_id: None,
        parent: None,
        addresses: addresses.iter().map(address).collect(),
    })
}

fn neighbour(interface: &str) -> Fact {
    Fact::Neighbour(Neighbour {
        address: ip("192.0.2.1"),
        mac: "52:54:00:00:00:03".to_owned(),
        interface: interface.to_owned(),
        is_router: None,
    })
}

fn route(interface: &str) -> Fact {
    Fact::Route(Route {
        destination: ip("0.0.0.0"),
        prefix_length: 0,
        gateway: None,
        interface: Some(interface.to_owned()),
        metric: None,
    })
}

fn connection(local: &str) -> Fact {
    Fact::Connection(Connection {
        transport: Transport::Tcp,
        direction: ConnectionDirection::Outgoing,
        peer: ip("198.51.100.7"),
        service_port: 443,
        local: ip(local),
        process: None,
        unit: None,
        count: 1,
        sampled: None,
    })
}

fn resolver(address: &str) -> Fact {
    Fact::Resolver(Resolver {
        address: ip(address),
        configured_in: "/etc/resolv.conf".to_owned(),
        search_domains: vec!["hotel.example".to_owned()],
    })
}

fn check(at: &Whereabouts, facts: Vec<Fact>, kept: &[Fact], fields: &[&str]) {
    let found = Found { facts, ..Found::default() };
    let found = reduced(at, &id("network.x"), found);
    assert_eq!(found.facts, kept);
    let said: Vec<&str> = found.gaps.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(said, fields);
    let why = |it: &Gap| matches!(&it.reason, Absent::NotLookedAt { why, .. } if why == "outside");
    assert!(found.gaps.iter().all(why));
}

#[test]
fn outside_the_network_is_not_looked_at() {
    for (source, is_withheld) in [
        ("network.connections", true),
        ("network.neighbours", true),
        ("network.resolvers", true),
        ("network.routes", true),
        // Whatever comes later speaks of the network until somebody says it does not.
        ("network.something_new", true),
        ("network.interfaces", false),
        ("network.ssh_host_keys", false),
        ("software.dpkg", false),
    ] {
        let reason = withheld(&outside(), &id(source));
        assert_eq!(reason.is_some(), is_withheld, "{source}");
        assert_eq!(withheld(&inside(), &id(source)), None, "{source}");
        assert_eq!(withheld(&Whereabouts::Unrestricted, &id(source)), None, "{source}");
    }
}

#[test]
fn every_source_of_the_network_is_withheld_or_known_to_be_harmless() {
    let network = crate::sources::all().filter(|it| it.id.as_str().starts_with(NETWORK_DOMAIN));
    let read: Vec<&str> = network
        .filter(|it| withheld(&outside(), &it.id).is_none())
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(read, ALWAYS_READ);
}

#[test]
fn interfaces_keep_what_they_are_and_lose_foreign_addresses() {
    let field = ["network_interface.addresses"];
    let cable = || vec![interface("eth0", &["10.1.0.20"])];
    check(&inside(), cable(), &cable(), &[]);
    check(&outside(), cable(), &[interface("eth0", &[])], &field);
    let radio = vec![interface("wlan0", &["172.20.10.3", "fe80::1"])];
    check(&inside(), radio, &[interface("wlan0", &["fe80::1"])], &field);
    let own = || vec![interface("lo", &["127.0.0.1", "::1"])];
    check(&outside(), own(), &own(), &[]);
}

#[test]
fn beside_the_office_only_what_belongs_to_it_is_said() {
    let (at, yes, no) = (inside(), "eth0", "wlan0");
    check(&at, vec![neighbour(yes), neighbour(no)], &[neighbour(yes)], &["neighbour"]);
    check(&at, vec![route(no), route(yes)], &[route(yes)], &["route"]);
    let connections = vec![connection("10.1.0.20"), connection("172.20.10.3")];
    check(&at, connections, &[connection("10.1.0.20")], &["connection"]);
}

#[test]
fn a_name_server_is_said_where_its_address_is_the_companys() {
    let mut bare = resolver("10.1.0.2");
    if let Fact::Resolver(it) = &mut bare {
        it.search_domains.clear();
    }
    let both = vec![resolver("10.1.0.2"), resolver("172.20.10.1")];
    check(&inside(), both, &[bare], &["resolver", "resolver.search_domains"]);
}

#[test]
fn gaps_do_not_tell_what_facts_may_not() {
    let gap = |of: &str, what: &str| Gap {
        field: "certificate".to_owned(),
        of: Some(of.to_owned()),
        reason: Absent::NotLookedAt { why: "bound_elsewhere".to_owned(), what: what.to_owned() },
    };
    let gaps = vec![
        gap("tcp/172.20.10.3:443", "172.20.10.3:443"),
        gap("tcp/[2001:db8::5]:443", "tcp/2001:db8::5"),
        gap("tcp/127.0.0.1:443", "udp/32768-60999"),
    ];
    let found = Found { gaps, ..Found::default() };
    let text = format!("{:?}", reduced(&outside(), &id("certificates.served"), found.clone()));
    assert!(!text.contains("172.20") && !text.contains("2001:db8"), "{text}");
    assert!(text.contains("127.0.0.1:443") && text.contains("32768"), "{text}");
    assert_eq!(
        reduced(&Whereabouts::Unrestricted, &id("certificates.served"), found.clone()),
        found
    );
}

#[test]
fn a_whole_report_from_outside_names_no_foreign_address() {
    // The sources really run: on this host of a test they see links and routes.
    use crate::names::Names;
    use crate::report::{Identity, Selection, collect_at};
    use crate::sources::{Context, Options};
    use observation::latest::{NameKey, ReportNumber};
    let host = machine()
        .file("/etc/resolv.conf", "nameserver 172.20.10.1\nsearch hotel.example\n")
        .file("/proc/net/arp", "");
    let names = Names::new(NameKey::Run, b"key");
    let options = Options { reports_connections: true, ..Options::default() };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let context = Context { host: &host, now, names: &names, options, memory: &Memory::default() };
    let number = ReportNumber { epoch: 1, sequence: 1 };
    let identity = Identity { agent: None, number };
    let text = |at: &Whereabouts| {
        let report = collect_at(&context, identity, Selection::All, at);
        assert!(report.sections.iter().any(|it| it.cadence == Cadence::Steady));
        serde_json::to_string(&report).unwrap()
    };
    let everything = text(&Whereabouts::Unrestricted);
    for secret in ["172.20.10.3", "172.20.10.1", "hotel.example", "00:1b:21:00:00:01"] {
        assert!(everything.contains(secret), "{secret}: the test could not fail");
        assert!(!text(&outside()).contains(secret), "{secret}");
    }
    assert!(text(&outside()).contains("\"why\":\"outside\""));
    assert!(text(&outside()).contains("52:54:00:00:00:02"), "the adapter itself is said");
}
