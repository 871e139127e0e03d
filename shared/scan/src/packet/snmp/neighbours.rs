//! Whom a device knows on its links and where it sends what it gets: IP-MIB (RFC 4293) and
//! IP-FORWARD-MIB (RFC 4292), the older tables where the newer are missing.

use std::collections::BTreeMap;
use std::net::IpAddr;

use observation::latest::{Neighbour, NetworkInterface, Route};

use super::interfaces::prefix_length;
use super::{Tree, Value, indexed_address, indexed_v4, mac};

const NET_TO_PHYSICAL_ADDRESS: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 35, 1, 4];
const NET_TO_PHYSICAL_TYPE: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 35, 1, 6];
const NET_TO_MEDIA_ADDRESS: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 22, 1, 2];
const NET_TO_MEDIA_TYPE: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 22, 1, 4];

/// The columns of neighbours, newer table first; each is asked only where those before gave nothing.
pub const NEIGHBOUR_TABLES: &[&[&[u32]]] =
    &[&[NET_TO_PHYSICAL_ADDRESS, NET_TO_PHYSICAL_TYPE], &[NET_TO_MEDIA_ADDRESS, NET_TO_MEDIA_TYPE]];

const INET_ROUTE_IF_INDEX: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 24, 7, 1, 7];
const INET_ROUTE_TYPE: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 24, 7, 1, 8];
const INET_ROUTE_METRIC: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 24, 7, 1, 12];
const CIDR_ROUTE_IF_INDEX: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 24, 4, 1, 5];
const CIDR_ROUTE_TYPE: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 24, 4, 1, 6];
const CIDR_ROUTE_METRIC: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 24, 4, 1, 11];
const ROUTE_IF_INDEX: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 21, 1, 2];
const ROUTE_METRIC: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 21, 1, 3];
const ROUTE_NEXT_HOP: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 21, 1, 7];
const ROUTE_TYPE: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 21, 1, 8];
const ROUTE_MASK: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 21, 1, 11];

/// The columns of routes, newest table first; each is asked only where those before gave nothing.
pub const ROUTE_TABLES: &[&[&[u32]]] = &[
    &[INET_ROUTE_IF_INDEX, INET_ROUTE_TYPE, INET_ROUTE_METRIC],
    &[CIDR_ROUTE_IF_INDEX, CIDR_ROUTE_TYPE, CIDR_ROUTE_METRIC],
    &[ROUTE_IF_INDEX, ROUTE_METRIC, ROUTE_NEXT_HOP, ROUTE_TYPE, ROUTE_MASK],
];

/// The device's interfaces by number.
type Interfaces = BTreeMap<u32, NetworkInterface>;

/// Neighbours with a hardware address.
#[must_use]
pub fn neighbours(tree: &Tree, interfaces: &Interfaces) -> Vec<Neighbour> {
    let mut found: BTreeMap<(IpAddr, u32), Neighbour> = BTreeMap::new();
    let mut add = |number: u32, address: IpAddr, hardware: &Value, kind: Option<&Value>| {
        // 2 is an entry that is invalid (RFC 4293, RFC 2011).
        let is_valid = kind.is_none_or(|it| it.number() != Some(2));
        let Some(mac) = hardware.as_bytes().and_then(mac).filter(|_| is_valid) else { return };
        let interface = interface_name(interfaces, number);
        let neighbour = Neighbour { address, mac, interface, is_router: None };
        found.entry((address, number)).or_insert(neighbour);
    };
    for (index, value) in tree.column(NET_TO_PHYSICAL_ADDRESS) {
        let Some((number, rest)) = index.split_first() else { continue };
        let Some((address, [])) = indexed_address(rest) else { continue };
        add(*number, address, value, tree.cell(NET_TO_PHYSICAL_TYPE, index));
    }
    for (index, value) in tree.column(NET_TO_MEDIA_ADDRESS) {
        let Some((number, rest)) = index.split_first() else { continue };
        let Some((address, [])) = indexed_v4(rest) else { continue };
        add(*number, address.into(), value, tree.cell(NET_TO_MEDIA_TYPE, index));
    }
    found.into_values().collect()
}

fn interface_name(interfaces: &Interfaces, number: u32) -> String {
    interfaces.get(&number).map_or_else(|| format!("#{number}"), |it| it.name.clone())
}

/// Routes over which something is sent: neither rejected nor swallowed.
#[must_use]
pub fn routes(tree: &Tree, interfaces: &Interfaces) -> Vec<Route> {
    let newest = tree.column(INET_ROUTE_IF_INDEX).filter_map(|(index, number)| {
        let route = inet_route(index)?;
        let metric = metric(tree.cell(INET_ROUTE_METRIC, index));
        is_used(tree.cell(INET_ROUTE_TYPE, index)).then_some(())?;
        Some(Route { interface: interface(interfaces, number), metric, ..route })
    });
    let newer = tree.column(CIDR_ROUTE_IF_INDEX).filter_map(|(index, number)| {
        let route = cidr_route(index)?;
        let metric = metric(tree.cell(CIDR_ROUTE_METRIC, index));
        is_used(tree.cell(CIDR_ROUTE_TYPE, index)).then_some(())?;
        Some(Route { interface: interface(interfaces, number), metric, ..route })
    });
    let oldest = tree.column(ROUTE_MASK).filter_map(|(index, mask)| {
        is_used(tree.cell(ROUTE_TYPE, index)).then_some(())?;
        Some(Route {
            interface: tree.cell(ROUTE_IF_INDEX, index).and_then(|it| interface(interfaces, it)),
            metric: metric(tree.cell(ROUTE_METRIC, index)),
            ..old_route(index, mask, tree.cell(ROUTE_NEXT_HOP, index))?
        })
    });
    let mut routes: Vec<Route> = newest.chain(newer).chain(oldest).collect();
    let key = |it: &Route| (it.destination, it.prefix_length, it.gateway, it.interface.clone());
    routes.sort_by_cached_key(key);
    routes.dedup_by_key(|it| key(it));
    routes
}

/// Local or remote: 3 and 4 in all three tables.
fn is_used(kind: Option<&Value>) -> bool {
    kind.and_then(Value::number).is_none_or(|it| matches!(it, 3 | 4))
}

/// 0 stands for no interface.
fn interface(interfaces: &Interfaces, number: &Value) -> Option<String> {
    let number = number.number().filter(|it| *it > 0).and_then(|it| u32::try_from(it).ok())?;
    Some(interface_name(interfaces, number))
}

fn metric(value: Option<&Value>) -> Option<u32> {
    value?.number().and_then(|it| u32::try_from(it).ok())
}

fn gateway(address: IpAddr) -> Option<IpAddr> {
    (!address.is_unspecified()).then_some(address)
}

/// Destination, length of prefix, policy, next hop (RFC 4292, inetCidrRouteTable).
fn inet_route(index: &[u32]) -> Option<Route> {
    let (destination, rest) = indexed_address(index)?;
    let (length, rest) = rest.split_first()?;
    let (policy, rest) = rest.split_first()?;
    let (_, rest) = rest.split_at_checked(usize::try_from(*policy).ok()?)?;
    // A next hop of type unknown has no bytes: the network is on the link.
    let gateway = match rest {
        [0, 0] => None,
        rest => gateway(indexed_address(rest)?.0),
    };
    let longest = if destination.is_ipv4() { 32 } else { 128 };
    let prefix_length = u8::try_from(*length).ok().filter(|it| *it <= longest)?;
    Some(Route { destination, prefix_length, gateway, interface: None, metric: None })
}

/// Destination, mask, type of service, next hop (RFC 4292, ipCidrRouteTable).
fn cidr_route(index: &[u32]) -> Option<Route> {
    let (destination, rest) = indexed_v4(index)?;
    let (mask, rest) = indexed_v4(rest)?;
    let (_, rest) = rest.split_first()?;
    let (next_hop, []) = indexed_v4(rest)? else { return None };
    Some(Route {
        destination: destination.into(),
        prefix_length: prefix_length(mask)?,
        gateway: gateway(next_hop.into()),
        interface: None,
        metric: None,
    })
}

/// Destination as index, mask and next hop as values (RFC 1213, ipRouteTable).
fn old_route(index: &[u32], mask: &Value, next_hop: Option<&Value>) -> Option<Route> {
    let (destination, []) = indexed_v4(index)? else { return None };
    let Value::Address(mask) = mask else { return None };
    let gateway = match next_hop {
        Some(Value::Address(address)) => gateway((*address).into()),
        Some(_) | None => None,
    };
    Some(Route {
        destination: destination.into(),
        prefix_length: prefix_length(*mask)?,
        gateway,
        interface: None,
        metric: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::interfaces::interfaces;
    use super::super::tests::tree;
    use super::*;

    const NAMES: &str = "1.3.6.1.2.1.31.1.1.1.1.2 = STRING eth0\n";

    fn check_neighbours(text: &str, expected: &[(&str, &str, &str)]) {
        let tree = tree(&format!("{NAMES}{text}"));
        let found = neighbours(&tree, &interfaces(&tree).0);
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.address.to_string(), it.mac.as_str(), it.interface.as_str()))
            .collect();
        let expected: Vec<_> =
            expected.iter().map(|(address, mac, at)| ((*address).to_owned(), *mac, *at)).collect();
        assert_eq!(found, expected);
    }

    fn check_routes(text: &str, expected: &[(&str, Option<&str>, Option<&str>)]) {
        let tree = tree(&format!("{NAMES}{text}"));
        let found = routes(&tree, &interfaces(&tree).0);
        let found: Vec<_> = found
            .iter()
            .map(|it| {
                let network = format!("{}/{}", it.destination, it.prefix_length);
                (network, it.gateway.map(|it| it.to_string()), it.interface.as_deref())
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(network, via, at)| ((*network).to_owned(), via.map(str::to_owned), *at))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn neighbours_of_both_families_are_named_with_their_interface() {
        check_neighbours(
            "1.3.6.1.2.1.4.35.1.4.2.1.4.10.0.0.7 = HEX 001b21aabbcc
             1.3.6.1.2.1.4.35.1.6.2.1.4.10.0.0.7 = INTEGER 3
             1.3.6.1.2.1.4.35.1.4.2.1.4.10.0.0.8 = HEX 001b21aabbcd
             1.3.6.1.2.1.4.35.1.6.2.1.4.10.0.0.8 = INTEGER 2
             1.3.6.1.2.1.4.35.1.4.2.1.4.10.0.0.9 = HEX
             1.3.6.1.2.1.4.35.1.4.9.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.5 = HEX 001b21aabbce",
            &[
                ("10.0.0.7", "00:1b:21:aa:bb:cc", "eth0"),
                ("2001:db8::5", "00:1b:21:aa:bb:ce", "#9"),
            ],
        );
    }

    #[test]
    fn the_older_table_of_neighbours_is_read_too() {
        check_neighbours(
            "1.3.6.1.2.1.4.22.1.2.2.10.0.0.7 = HEX 001b21aabbcc
             1.3.6.1.2.1.4.22.1.4.2.10.0.0.7 = INTEGER 3",
            &[("10.0.0.7", "00:1b:21:aa:bb:cc", "eth0")],
        );
    }

    #[test]
    fn the_newest_table_of_routes_tells_what_is_used() {
        check_routes(
            "1.3.6.1.2.1.4.24.7.1.7.1.4.0.0.0.0.0.2.0.0.1.4.10.0.0.254 = INTEGER 2
             1.3.6.1.2.1.4.24.7.1.8.1.4.0.0.0.0.0.2.0.0.1.4.10.0.0.254 = INTEGER 4
             1.3.6.1.2.1.4.24.7.1.7.1.4.10.0.0.0.24.2.0.0.0.0 = INTEGER 2
             1.3.6.1.2.1.4.24.7.1.8.1.4.10.0.0.0.24.2.0.0.0.0 = INTEGER 3
             1.3.6.1.2.1.4.24.7.1.7.1.4.10.9.0.0.24.2.0.0.0.0 = INTEGER 2
             1.3.6.1.2.1.4.24.7.1.8.1.4.10.9.0.0.24.2.0.0.0.0 = INTEGER 5
             1.3.6.1.2.1.4.24.7.1.7.1.4.10.8.0.0.33.2.0.0.0.0 = INTEGER 2",
            &[("0.0.0.0/0", Some("10.0.0.254"), Some("eth0")), ("10.0.0.0/24", None, Some("eth0"))],
        );
    }

    #[test]
    fn the_older_tables_of_routes_are_read_too() {
        let expected =
            [("0.0.0.0/0", Some("10.0.0.254"), Some("eth0")), ("10.0.0.0/24", None, Some("eth0"))];
        check_routes(
            "1.3.6.1.2.1.4.24.4.1.5.0.0.0.0.0.0.0.0.0.10.0.0.254 = INTEGER 2
             1.3.6.1.2.1.4.24.4.1.5.10.0.0.0.255.255.255.0.0.0.0.0.0 = INTEGER 2
             1.3.6.1.2.1.4.24.4.1.5.10.0.0.0.255.0.255.0.0.0.0.0.0 = INTEGER 2",
            &expected,
        );
        check_routes(
            "1.3.6.1.2.1.4.21.1.2.0.0.0.0 = INTEGER 2
             1.3.6.1.2.1.4.21.1.7.0.0.0.0 = IP 10.0.0.254
             1.3.6.1.2.1.4.21.1.11.0.0.0.0 = IP 0.0.0.0
             1.3.6.1.2.1.4.21.1.2.10.0.0.0 = INTEGER 2
             1.3.6.1.2.1.4.21.1.7.10.0.0.0 = IP 0.0.0.0
             1.3.6.1.2.1.4.21.1.11.10.0.0.0 = IP 255.255.255.0
             1.3.6.1.2.1.4.21.1.8.10.0.0.0 = INTEGER 3",
            &expected,
        );
    }

    #[test]
    fn one_route_in_two_tables_is_one_route() {
        check_routes(
            "1.3.6.1.2.1.4.24.7.1.7.1.4.10.0.0.0.24.2.0.0.0.0 = INTEGER 2
             1.3.6.1.2.1.4.24.4.1.5.10.0.0.0.255.255.255.0.0.0.0.0.0 = INTEGER 2",
            &[("10.0.0.0/24", None, Some("eth0"))],
        );
    }

    #[test]
    fn indexes_that_are_cut_off_are_left_out() {
        check_routes(
            "1.3.6.1.2.1.4.24.7.1.7.1 = INTEGER 2
             1.3.6.1.2.1.4.24.7.1.7.1.4.10.0.0.0 = INTEGER 2
             1.3.6.1.2.1.4.24.7.1.7.1.4.10.0.0.0.24.4294967295.0 = INTEGER 2
             1.3.6.1.2.1.4.24.4.1.5.10.0 = INTEGER 2
             1.3.6.1.2.1.4.21.1.11.10.0.0 = IP 255.0.0.0",
            &[],
        );
        check_neighbours("1.3.6.1.2.1.4.35.1.4.2 = HEX 001b21aabbcc", &[]);
    }
}
