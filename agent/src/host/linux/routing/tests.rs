//! Entries as the kernel writes them, and as it never would.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = u16::try_from(value.len() + 4).unwrap().to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(aligned(bytes.len()), 0);
    bytes
}

fn link_entry(flags: u32, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    bytes.extend(1_u16.to_ne_bytes());
    bytes.extend(7_u32.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(attributes.concat());
    bytes
}

fn route_entry(table: u8, kind: u8, prefix: u8, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![AF_INET, prefix, 0, 0, table, 0, 0, kind, 0, 0, 0, 0];
    bytes.extend(attributes.concat());
    bytes
}

fn neighbour_entry(state: u16, flags: u8, address: [u8; 4], mac: &[u8]) -> Vec<u8> {
    let mut bytes = vec![AF_INET, 0, 0, 0];
    bytes.extend(2_u32.to_ne_bytes());
    bytes.extend(state.to_ne_bytes());
    bytes.extend([flags, 0]);
    bytes.extend(attribute(1, &address));
    bytes.extend(attribute(2, mac));
    bytes
}

const MAC: [u8; 6] = [0x52, 0x54, 0, 1, 2, 3];

#[test]
fn a_vlan_states_its_id_and_the_link_below() {
    let data = attribute(1, &42_u16.to_ne_bytes());
    let information = [attribute(1, b"vlan\0"), attribute(2, &data)].concat();
    let parts = [
        attribute(3, b"eth0.42\0"),
        attribute(1, &MAC),
        attribute(5, &2_u32.to_ne_bytes()),
        attribute(33, &[1]),
        attribute(18, &information),
    ];
    let link = link(&link_entry(IFF_UP, &parts)).unwrap();
    assert_eq!(link.name, "eth0.42");
    assert_eq!(link.kind.as_deref(), Some("vlan"));
    assert_eq!(link.vlan_id, Some(42));
    assert_eq!(link.lower, Some(2));
    assert_eq!(link.mac.as_deref(), Some("52:54:00:01:02:03"));
    assert_eq!(link.has_carrier, Some(true));
}

#[test]
fn a_link_that_is_switched_off_has_no_carrier_whatever_it_says() {
    let parts = [attribute(3, b"eth0\0"), attribute(33, &[1])];
    assert_eq!(link(&link_entry(0, &parts)).unwrap().has_carrier, Some(false));
}

#[test]
fn zeros_and_tunnel_ends_are_no_hardware_addresses() {
    for bytes in [&[0_u8; 6][..], &[192, 0, 2, 1][..], &[]] {
        let parts = [attribute(3, b"lo\0"), attribute(1, bytes)];
        assert_eq!(link(&link_entry(IFF_UP, &parts)).unwrap().mac, None);
    }
}

#[test]
fn the_own_address_of_a_point_to_point_link_is_the_local_one() {
    let mut entry = vec![AF_INET, 32, 0x80, 0];
    entry.extend(3_u32.to_ne_bytes());
    entry.extend(attribute(1, &[192, 0, 2, 1]));
    entry.extend(attribute(2, &[192, 0, 2, 2]));
    let (index, address) = address(&entry).unwrap();
    assert_eq!((index, address.prefix_length), (3, 32));
    assert_eq!(address.address, IpAddr::from(Ipv4Addr::new(192, 0, 2, 2)));
    assert!(address.is_permanent);
}

#[test]
fn a_secondary_ipv4_address_is_not_temporary_but_a_private_ipv6_address_is() {
    let entry = |family: u8, own: &[u8]| {
        let mut bytes = vec![family, 24, 0x01, 0, 3, 0, 0, 0];
        bytes.extend(attribute(1, own));
        address(&bytes).unwrap().1
    };
    assert!(!entry(AF_INET, &[192, 0, 2, 9]).is_temporary);
    let private = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9);
    assert!(entry(AF_INET6, &private.octets()).is_temporary);
}

#[test]
fn the_default_route_has_an_unspecified_destination() {
    let parts = [
        attribute(5, &[192, 0, 2, 1]),
        attribute(4, &2_u32.to_ne_bytes()),
        attribute(6, &100_u32.to_ne_bytes()),
    ];
    let route = routes(&route_entry(254, RTN_UNICAST, 0, &parts)).unwrap().remove(0);
    assert_eq!(route.destination, IpAddr::from(Ipv4Addr::UNSPECIFIED));
    assert_eq!(route.gateway, Some(IpAddr::from(Ipv4Addr::new(192, 0, 2, 1))));
    assert_eq!((route.link, route.metric), (Some(2), Some(100)));
}

#[test]
fn other_tables_and_local_routes_are_left_out() {
    assert_eq!(routes(&route_entry(255, RTN_UNICAST, 0, &[])), None);
    assert_eq!(routes(&route_entry(254, 2, 0, &[])), None);
}

#[test]
fn a_route_over_two_links_is_two_routes() {
    let hop = |link: u32, gateway: [u8; 4]| {
        let mut bytes = 16_u16.to_ne_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes.extend(link.to_ne_bytes());
        bytes.extend(attribute(5, &gateway));
        bytes
    };
    let hops = [hop(2, [192, 0, 2, 1]), hop(3, [198, 51, 100, 1])].concat();
    let read = routes(&route_entry(254, RTN_UNICAST, 0, &[attribute(9, &hops)])).unwrap();
    let links: Vec<_> = read.iter().map(|it| it.link).collect();
    assert_eq!(links, [Some(2), Some(3)]);
    assert_eq!(read[1].gateway, Some(IpAddr::from(Ipv4Addr::new(198, 51, 100, 1))));
}

#[test]
fn neighbours_that_did_not_answer_and_groups_are_left_out() {
    let reachable = neighbour(&neighbour_entry(2, NTF_ROUTER, [192, 0, 2, 1], &MAC)).unwrap();
    assert_eq!(reachable.mac, "52:54:00:01:02:03");
    assert!(reachable.is_router);
    for state in [0x01, 0x20, 0x40] {
        assert_eq!(neighbour(&neighbour_entry(state, 0, [192, 0, 2, 1], &MAC)), None);
    }
    assert_eq!(neighbour(&neighbour_entry(2, 0, [224, 0, 0, 1], &MAC)), None);
    let group = [1, 0, 0x5e, 0, 0, 1];
    assert_eq!(neighbour(&neighbour_entry(2, 0, [192, 0, 2, 1], &group)), None);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = link(&bytes);
        let _ = address(&bytes);
        let _ = routes(&bytes);
        let _ = neighbour(&bytes);
    }

    #[test]
    fn a_cut_entry_is_read_without_panic(length in 0_usize..80) {
        let parts = [attribute(3, b"eth0\0"), attribute(1, &MAC), attribute(18, &[9, 0, 1])];
        let entry = link_entry(IFF_UP, &parts);
        let _ = link(&entry[..length.min(entry.len())]);
    }
}
