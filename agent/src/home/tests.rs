//! Machines in the office, at home and on the way. All constructed; the traps are those of
//! `deploy/docs/privacy.md`.

use proptest::prelude::*;

use super::*;
use crate::host::{LinkAddress, LinkState, NeighbourState, Reply, Request, RouteState};
use crate::sources::links::sample_link;
use crate::sources::testing::MapHost;

/// What every second home router gives out, and this office too.
const OFFICE: &str = "192.168.178.0/24";
const OFFICE_GATEWAY_MAC: &str = "00:1b:21:00:00:01";
const HOME_GATEWAY_MAC: &str = "c0:25:06:00:00:99";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn link(index: u32, name: &str, kind: Option<&str>, addresses: &[&str]) -> LinkState {
    let address = |it: &&str| LinkAddress {
        address: ip(it),
        prefix_length: 24,
        is_permanent: false,
        is_temporary: false,
    };
    LinkState {
        kind: kind.map(str::to_owned),
        addresses: addresses.iter().map(address).collect(),
        ..sample_link(index, name)
    }
}

fn default_route(link: u32, gateway: &str) -> RouteState {
    let gateway = ip(gateway);
    RouteState {
        destination: if gateway.is_ipv4() { ip("0.0.0.0") } else { ip("::") },
        prefix_length: 0,
        gateway: Some(gateway),
        link: Some(link),
        metric: Some(100),
    }
}

fn neighbour(link: u32, address: &str, mac: &str) -> NeighbourState {
    NeighbourState { address: ip(address), mac: mac.to_owned(), link, is_router: false }
}

fn host(links: &[LinkState], gateways: &[(u32, &str, &str)], domain: &str) -> MapHost {
    let routes = gateways.iter().map(|(link, at, _)| default_route(*link, at)).collect();
    let neighbours = gateways.iter().map(|(link, at, mac)| neighbour(*link, at, mac)).collect();
    MapHost::new()
        .answer(Request::Links, Ok(Reply::Links(links.to_vec())))
        .answer(Request::Routes, Ok(Reply::Routes(routes)))
        .answer(Request::Neighbours, Ok(Reply::Neighbours(neighbours)))
        .file("/etc/resolv.conf", format!("search {domain}\n"))
}

/// A machine with one adapter behind one gateway.
fn behind(address: &str, gateway: &str, mac: &str) -> MapHost {
    host(&[link(2, "eth0", None, &[address])], &[(2, gateway, mac)], "firma.example")
}

fn office() -> MapHost {
    behind("192.168.178.20", "192.168.178.1", OFFICE_GATEWAY_MAC)
}

fn home(networks: &[&str]) -> Home {
    let mut home = Home::default();
    home.set_networks(&networks.iter().map(|it| it.parse().unwrap()).collect::<Vec<_>>());
    home
}

/// A machine whose check-in the collector saw in the office.
fn after_the_office() -> Home {
    let mut home = home(&[OFFICE]);
    assert!(home.learn(&office(), ip("192.168.178.20")));
    home
}

fn watched(home: &Home, host: &MapHost) -> Watched {
    match home.whereabouts(host) {
        Whereabouts::Watched(watched) => watched,
        Whereabouts::Unrestricted => panic!("nothing is unrestricted for a client"),
    }
}

fn why(home: &Home, host: &MapHost) -> String {
    let watched = watched(home, host);
    assert!(watched.is_outside());
    let reason = watched.reason("network.routes");
    let Absent::NotLookedAt { why, what } = reason else { panic!("{reason:?}") };
    assert_eq!(what, "network.routes");
    why
}

#[test]
fn in_the_office_the_adapter_is_at_home() {
    let watched = watched(&after_the_office(), &office());
    assert!(!watched.is_outside() && watched.has_interface("eth0"));
    assert!(watched.has_address(ip("192.168.178.20")) && !watched.is_elsewhere_too());
}

#[test]
fn an_address_alone_proves_nothing_before_a_check_in_was_seen_from_it() {
    assert_eq!(why(&home(&[OFFICE]), &office()), "outside");
}

#[test]
fn the_same_network_behind_another_router_is_outside() {
    let at_home = behind("192.168.178.20", "192.168.178.1", HOME_GATEWAY_MAC);
    let home = after_the_office();
    assert_eq!(why(&home, &at_home), "outside");
    assert!(!watched(&home, &at_home).has_address(ip("192.168.178.20")));
}

#[test]
fn at_home_the_collector_sees_another_address_and_nothing_is_learned() {
    let at_home = behind("192.168.178.20", "192.168.178.1", HOME_GATEWAY_MAC);
    let mut home = after_the_office();
    let before = home.clone();
    assert!(!home.learn(&at_home, ip("203.0.113.7")));
    assert!(!home.learn(&at_home, ip("::ffff:203.0.113.7")));
    assert_eq!(home, before);
}

#[test]
fn a_tunnel_into_the_company_is_by_vpn_and_teaches_nothing() {
    for (kind, hardware_type) in [(Some("wireguard"), 65_534), (Some("tun"), 1), (None, 65_534)] {
        let mut tunnel = link(3, "vpn0", kind, &["10.8.0.4"]);
        tunnel.hardware_type = hardware_type;
        let links = [link(2, "wlan0", None, &["172.20.10.3"]), tunnel];
        let gateways = [(2, "172.20.10.1", HOME_GATEWAY_MAC), (3, "10.8.0.1", OFFICE_GATEWAY_MAC)];
        let machine = host(&links, &gateways, "firma.example");
        let mut home = home(&[OFFICE, "10.8.0.0/24"]);
        assert!(!home.learn(&machine, ip("10.8.0.4")));
        assert_eq!(why(&home, &machine), "by_vpn");
        let watched = watched(&home, &machine);
        assert!(watched.has_address(ip("10.8.0.4")) && !watched.has_address(ip("172.20.10.3")));
    }
}

#[test]
fn where_the_register_names_no_network_nothing_is_at_home() {
    let mut home = Home::default();
    assert!(!home.learn(&office(), ip("192.168.178.20")));
    assert_eq!(why(&home, &office()), "no_home_networks");
    home.set_networks(&["0.0.0.0/0".parse().unwrap()]);
    assert_eq!(why(&home, &office()), "no_home_networks");
}

#[test]
fn a_network_that_the_register_names_no_more_is_forgotten() {
    let mut home = after_the_office();
    home.set_networks(&["10.1.0.0/16".parse().unwrap()]);
    assert_eq!(why(&home, &office()), "outside");
    home.set_networks(&[OFFICE.parse().unwrap()]);
    assert_eq!(why(&home, &office()), "outside");
}

#[test]
fn a_kernel_that_does_not_answer_is_not_at_home() {
    assert_eq!(why(&after_the_office(), &MapHost::new()), "outside");
}

#[test]
fn a_gateway_address_that_many_networks_share_counts_with_the_domain_only() {
    for mac in ["00:00:5e:00:01:01", "52:54:00:12:35:02", "00:00:0c:9f:f0:01"] {
        let at = |domain: &str| {
            let links = [link(2, "eth0", None, &["192.168.178.20"])];
            host(&links, &[(2, "192.168.178.1", mac)], domain)
        };
        let mut home = home(&[OFFICE]);
        assert!(home.learn(&at("firma.example"), ip("192.168.178.20")));
        assert!(!watched(&home, &at("firma.example")).is_outside(), "{mac}");
        assert_eq!(why(&home, &at("hotel.example")), "outside");
        assert_eq!(why(&home, &at("")), "outside");
    }
}

#[test]
fn without_a_gateway_there_is_no_second_sign() {
    let isolated = host(&[link(2, "eth0", None, &["192.168.178.20"])], &[], "firma.example");
    let mut home = home(&[OFFICE]);
    assert!(!home.learn(&isolated, ip("192.168.178.20")));
    assert_eq!(why(&home, &isolated), "outside");
}

#[test]
fn a_bridge_and_a_vlan_take_what_they_are_made_of_with_them() {
    let mut member = link(2, "eth0", None, &[]);
    member.controller = Some(4);
    let mut vlan = link(5, "br0.7", Some("vlan"), &["192.168.178.20"]);
    vlan.lower = Some(4);
    let links = [member, link(4, "br0", Some("bridge"), &[]), vlan];
    let machine = host(&links, &[(5, "192.168.178.1", OFFICE_GATEWAY_MAC)], "x");
    let mut home = home(&[OFFICE]);
    assert!(home.learn(&machine, ip("192.168.178.20")));
    let watched = watched(&home, &machine);
    assert!(["eth0", "br0", "br0.7"].iter().all(|it| watched.has_interface(it)));
}

#[test]
fn a_bridge_for_guests_of_the_machine_is_no_place() {
    let links = [link(7, "docker0", Some("bridge"), &["192.168.178.1"])];
    let machine = host(&links, &[(7, "192.168.178.2", OFFICE_GATEWAY_MAC)], "x");
    assert!(!home(&[OFFICE]).learn(&machine, ip("192.168.178.1")));
}

#[test]
fn a_second_network_beside_the_office_stays_unsaid() {
    let links = [
        link(2, "eth0", None, &["192.168.178.20", "fe80::1"]),
        link(3, "wlan0", None, &["172.20.10.3"]),
    ];
    let gateways = [(2, "192.168.178.1", OFFICE_GATEWAY_MAC), (3, "172.20.10.1", HOME_GATEWAY_MAC)];
    let watched = watched(&after_the_office(), &host(&links, &gateways, "firma.example"));
    assert!(watched.has_interface("eth0") && !watched.has_interface("wlan0"));
    assert!(watched.is_elsewhere_too() && !watched.has_address(ip("172.20.10.3")));
    for general in ["0.0.0.0", "::", "127.0.0.1", "fe80::1", "169.254.3.4"] {
        assert!(watched.has_address(ip(general)), "{general}");
    }
}

#[test]
fn the_gateway_of_the_other_family_does_not_count() {
    let links = [link(2, "eth0", None, &["2001:db8::20"])];
    let machine = host(&links, &[(2, "192.168.178.1", OFFICE_GATEWAY_MAC)], "x");
    assert!(!home(&["2001:db8::/48"]).learn(&machine, ip("2001:db8::20")));
    let machine = host(&links, &[(2, "fe80::1", OFFICE_GATEWAY_MAC)], "x");
    let mut home = home(&["2001:db8::/48"]);
    assert!(home.learn(&machine, ip("2001:db8::20")));
    assert!(!watched(&home, &machine).is_outside());
}

#[test]
fn gateways_are_remembered_over_a_restart_and_the_oldest_are_forgotten() {
    let mut home = after_the_office();
    let text = serde_json::to_string(&home).unwrap();
    assert_eq!(serde_json::from_str::<Home>(&text).unwrap(), home);
    for number in 0..PLACES_MAX {
        let mac = format!("00:1b:21:00:01:{number:02x}");
        let machine = behind("192.168.178.20", "192.168.178.1", &mac);
        assert!(home.learn(&machine, ip("192.168.178.20")));
        assert!(!home.learn(&machine, ip("192.168.178.20")), "known already");
    }
    assert_eq!(home.places.len(), PLACES_MAX);
    assert_eq!(why(&home, &office()), "outside");
}

proptest! {
    #[test]
    fn no_arrangement_of_links_is_endless(
        shape in proptest::collection::vec((any::<Option<u8>>(), any::<Option<u8>>(), 0..4_usize), 0..40),
    ) {
        let kinds = [None, Some("bridge"), Some("vlan"), Some("tun")];
        let links: Vec<LinkState> = shape.iter().enumerate().map(|(index, (up, down, kind))| {
            let index = u32::try_from(index).unwrap();
            let mut link = link(index, &format!("l{index}"), kinds[*kind], &["192.168.178.20"]);
            (link.controller, link.lower) = (up.map(u32::from), down.map(u32::from));
            link
        }).collect();
        let machine = host(&links, &[(0, "192.168.178.1", OFFICE_GATEWAY_MAC)], "x");
        let mut home = home(&[OFFICE]);
        home.learn(&machine, ip("192.168.178.20"));
        let _ = home.whereabouts(&machine);
    }
}
