//! Where the scanner stands: interfaces, routes, neighbours, and whether it may send packets of its own
//! making.
//!
//! - Linux: interfaces through pnet, routes from `/proc/net`, neighbours from the kernel by netlink.
//! - other Unix systems: interfaces through pnet; the rest is not read, so that scans connect.
//! - Windows: nothing is read; scans connect.

#[cfg(target_os = "linux")]
mod neighbours;
#[cfg(target_os = "linux")]
mod routes;

use std::io;

use crate::plan::Surroundings;

/// Reads what the machine knows of the networks around it.
///
/// # Errors
/// A table of the kernel could not be read.
#[cfg(target_os = "linux")]
pub fn read() -> io::Result<Surroundings> {
    Ok(Surroundings {
        links: links(),
        routes: routes::read()?,
        neighbours: neighbours::read()?,
        has_raw_sockets: has_raw_sockets(),
    })
}

/// Reads what the machine knows of the networks around it.
///
/// # Errors
/// None on this system.
#[cfg(not(target_os = "linux"))]
pub fn read() -> io::Result<Surroundings> {
    Ok(Surroundings { links: links(), ..Surroundings::default() })
}

#[cfg(unix)]
fn links() -> Vec<crate::plan::Link> {
    use ipnet::IpNet;
    use pnet::util::MacAddr;

    let up = pnet::datalink::interfaces().into_iter().filter(|it| it.is_up());
    up.map(|it| crate::plan::Link {
        is_loopback: it.is_loopback(),
        index: it.index,
        addresses: it
            .ips
            .iter()
            .filter_map(|network| IpNet::new(network.ip(), network.prefix()).ok())
            .collect(),
        mac: it
            .mac
            .filter(|mac| *mac != MacAddr::zero() && carries_ethernet(&it.name))
            .map(|mac| mac.octets()),
        interface: it.name,
    })
    .collect()
}

/// Number and name of the interfaces that are up and carry Ethernet frames.
#[cfg(target_os = "linux")]
pub(super) fn links_of_ethernet() -> Vec<(u32, String)> {
    let links = links().into_iter().filter(|it| !it.is_loopback && it.mac.is_some());
    links.map(|it| (it.index, it.interface)).collect()
}

/// Whether an interface carries Ethernet frames (ARPHRD_ETHER of `linux/if_arp.h`). A tunnel may have
/// something in the place of a hardware address, an IPv4 address for one. What the kernel does not tell
/// is taken to be Ethernet: then sending fails, and says so.
#[cfg(target_os = "linux")]
fn carries_ethernet(interface: &str) -> bool {
    use std::io::Read as _;
    const ETHERNET: &[u8] = b"1";
    const TYPE_BYTES_MAX: u64 = 16;
    let path = std::path::Path::new("/sys/class/net").join(interface).join("type");
    let mut text = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    let read =
        std::fs::File::open(path).and_then(|it| it.take(TYPE_BYTES_MAX).read_to_end(&mut text));
    read.is_err() || text.trim_ascii() == ETHERNET
}

/// pnet gives hardware addresses to Ethernet interfaces alone there.
#[cfg(all(unix, not(target_os = "linux")))]
const fn carries_ethernet(_interface: &str) -> bool {
    true
}

#[cfg(not(unix))]
fn links() -> Vec<crate::plan::Link> {
    Vec::new()
}

/// Whether the kernel gives us a socket for frames: asked by opening one, which receives nothing.
#[cfg(target_os = "linux")]
fn has_raw_sockets() -> bool {
    use rustix::net::{AddressFamily, SocketFlags, SocketType};
    rustix::net::socket_with(AddressFamily::PACKET, SocketType::RAW, SocketFlags::CLOEXEC, None)
        .is_ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn this_machine_has_a_loopback_with_its_address() {
        let around = super::read().unwrap();
        let loopback = around.links.iter().find(|it| it.is_loopback).unwrap();
        assert_eq!(loopback.mac, None);
        assert!(around.is_own("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn the_loopback_carries_no_ethernet_and_what_nobody_knows_is_taken_to_do() {
        assert!(!super::carries_ethernet("lo"));
        assert!(super::carries_ethernet("no such interface"));
    }
}
