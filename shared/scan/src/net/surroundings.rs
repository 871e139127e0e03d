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
        mac: it.mac.filter(|mac| *mac != MacAddr::zero()).map(|mac| mac.octets()),
        interface: it.name,
    })
    .collect()
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
}
