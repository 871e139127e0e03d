//! Routes of the main table, from `/proc/net/route` and `/proc/net/ipv6_route`.

use std::fs::File;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::plan::Route;

/// Most bytes of a table: some 100,000 routes. A router with the internet's full table is no scanner.
const TABLE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Flags of `route.h`.
const UP: u32 = 0x1;
const GATEWAY: u32 = 0x2;
const REJECT: u32 = 0x200;
/// Flag of `ipv6_route.h`: an address of this machine.
const LOCAL: u32 = 0x8000_0000;

/// Reads both tables; a kernel without IPv6 has one.
pub(super) fn read() -> io::Result<Vec<Route>> {
    let v4 = table("/proc/thread-self/net/route")?;
    let v6 = table("/proc/thread-self/net/ipv6_route")?;
    Ok(v4.lines().filter_map(route_v4).chain(v6.lines().filter_map(route_v6)).collect())
}

fn table(path: &str) -> io::Result<String> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        opened => opened?,
    };
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    file.take(TABLE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`; addresses are the memory of the machine,
/// hexadecimal.
fn route_v4(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let &[interface, destination, gateway, flags, _, _, metric, mask, ..] = fields.as_slice()
    else {
        return None;
    };
    let flags = u32::from_str_radix(flags, 16).ok()?;
    if flags & UP == 0 || flags & REJECT != 0 {
        return None;
    }
    let network = Ipv4Net::with_netmask(in_memory(destination)?, in_memory(mask)?).ok()?;
    let gateway = if flags & GATEWAY != 0 { Some(in_memory(gateway)?) } else { None };
    Some(Route {
        network: IpNet::V4(network),
        gateway: gateway.map(IpAddr::V4),
        interface: interface.to_owned(),
        metric: metric.parse().ok()?,
    })
}

fn in_memory(hex: &str) -> Option<Ipv4Addr> {
    u32::from_str_radix(hex, 16).ok().map(|it| Ipv4Addr::from(it.to_ne_bytes()))
}

/// `destination length source length next-hop metric references uses flags interface`, hexadecimal.
fn route_v6(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let &[destination, length, _, _, gateway, metric, _, _, flags, interface] = fields.as_slice()
    else {
        return None;
    };
    let flags = u32::from_str_radix(flags, 16).ok()?;
    if flags & UP == 0 || flags & (REJECT | LOCAL) != 0 || interface == "lo" {
        return None;
    }
    let address = |hex: &str| u128::from_str_radix(hex, 16).ok().map(Ipv6Addr::from_bits);
    let destination = address(destination)?;
    if destination.is_multicast() {
        return None;
    }
    let network = Ipv6Net::new(destination, u8::from_str_radix(length, 16).ok()?).ok()?;
    let gateway = if flags & GATEWAY != 0 { Some(address(gateway)?) } else { None };
    Some(Route {
        network: IpNet::V6(network),
        gateway: gateway.map(IpAddr::V6),
        interface: interface.to_owned(),
        metric: u32::from_str_radix(metric, 16).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(route: Option<Route>) -> String {
        route.map_or("-".to_owned(), |it| {
            let gateway = it.gateway.map_or("link".to_owned(), |it| it.to_string());
            format!("{} {gateway} {} {}", it.network, it.interface, it.metric)
        })
    }

    // Origin: constructed after the kernel's net/ipv4/fib_trie.c, on a little-endian machine.
    #[test]
    #[cfg(target_endian = "little")]
    fn ipv4_routes_are_read() {
        let check = |line: &str, expected: &str| assert_eq!(shown(route_v4(line)), expected);
        check(
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "-",
        );
        check(
            "eth0\t00000000\t0101010A\t0003\t0\t0\t100\t00000000\t0\t0\t0",
            "0.0.0.0/0 10.1.1.1 eth0 100",
        );
        check(
            "eth0\t0001010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
            "10.1.1.0/24 link eth0 0",
        );
        check("*\t0002010A\t00000000\t0201\t0\t0\t0\t00FFFFFF\t0\t0\t0", "-");
        check("eth0\t0001010A\t00000000\t0001\t0\t0\t0\t00FF00FF\t0\t0\t0", "-");
    }

    #[test]
    fn ipv6_routes_are_read() {
        let check = |line: &str, expected: &str| assert_eq!(shown(route_v6(line)), expected);
        let zero = "00000000000000000000000000000000";
        check(
            &format!(
                "20010db8000100000000000000000000 40 {zero} 00 {zero} 00000100 00000001 00000000 00000001     eth0"
            ),
            "2001:db8:1::/64 link eth0 256",
        );
        check(
            &format!(
                "{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0"
            ),
            "::/0 fe80::1 eth0 1024",
        );
        check(
            &format!("{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo"),
            "-",
        );
        check(
            &format!(
                "ff000000000000000000000000000000 08 {zero} 00 {zero} 00000100 00000002 00000000 00000001     eth0"
            ),
            "-",
        );
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "[ -~\t]{0,200}", hex in "[0-9a-f]{0,40}") {
            let _ = (route_v4(&line), route_v6(&line));
            let _ = route_v4(&format!("e {hex} {hex} 0003 0 0 0 {hex}"));
            let _ = route_v6(&format!("{hex} {hex} {hex} 00 {hex} {hex} 0 0 3 e"));
        }
    }
}
