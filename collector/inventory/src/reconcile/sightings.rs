//! What an agent's neighbour table says of devices that nothing reached.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use observation::latest::{AddressSeen, Fact, Neighbour, Outcome, SectionBody, SeenBy, SourceId};

pub use crate::asset::SIGHTINGS_SOURCE;
use crate::recognise::{is_virtual_router_mac, link_mac};

/// Most neighbours of one agent that become targets. A table is larger where a link is (mis)used as
/// one of thousands; then those with the smallest addresses are taken, the same each time.
pub const SIGHTINGS_MAX: usize = 1_024;

/// The beginnings of names that container runtimes, overlays and hypervisors give to links inside of
/// one host: what is on them is no device of the network. A bridge that a person named (`br0`, `vmbr0`
/// of Proxmox, `bridge0`) leads to the network and stays. So does `vnet0`: Proxmox gives such names to
/// bridges, and libvirt to the ports of one, which have no neighbours of their own.
const INNER_LINKS: [&str; 14] = [
    "br-", "cali", "cilium", "cni", "docker", "flannel", "incusbr", "kube", "lxc", "lxdbr",
    "podman", "veth", "virbr", "vxlan",
];

/// One neighbour that somebody saw: the target, and the section that speaks of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// The address.
    pub address: IpAddr,
    /// What is known of it.
    pub body: SectionBody,
}

/// The neighbours that are devices of the network, by address. `own` are the agent's own addresses.
///
/// Left out: groups, the agent itself, entries without an adapter behind them, links inside of the
/// host, and link-local addresses that stand for different adapters on different links.
pub fn sightings<'a>(
    neighbours: impl IntoIterator<Item = &'a Neighbour>,
    own: &BTreeSet<IpAddr>,
) -> Vec<Sighting> {
    let mut macs: BTreeMap<IpAddr, BTreeSet<String>> = BTreeMap::new();
    for neighbour in neighbours {
        let is_inner = INNER_LINKS.iter().any(|it| neighbour.interface.starts_with(it));
        if is_inner || own.contains(&neighbour.address) || is_nobody(neighbour.address) {
            continue;
        }
        if link_mac(&neighbour.mac).is_some() || is_virtual_router_mac(&neighbour.mac) {
            let seen = macs.entry(neighbour.address).or_default();
            seen.insert(neighbour.mac.to_ascii_lowercase());
        }
    }
    let known = macs.into_iter().filter(|(_, it)| it.len() == 1).take(SIGHTINGS_MAX);
    known.map(|(address, macs)| sighting(address, macs.into_iter().next())).collect()
}

fn is_nobody(address: IpAddr) -> bool {
    let is_broadcast = match address {
        IpAddr::V4(it) => it.is_broadcast() || it.is_link_local(),
        IpAddr::V6(_) => false,
    };
    is_broadcast || address.is_multicast() || address.is_unspecified() || address.is_loopback()
}

fn sighting(address: IpAddr, mac: Option<String>) -> Sighting {
    let seen = AddressSeen { address, means: SeenBy::NeighbourTable, mac };
    let outcome = Outcome::Read {
        facts: vec![Fact::AddressSeen(seen)],
        gaps: Vec::new(),
        complaints: Vec::new(),
    };
    Sighting {
        address,
        body: SectionBody { source: SourceId::from_static(SIGHTINGS_SOURCE), outcome },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbour(address: &str, mac: &str, interface: &str) -> Neighbour {
        Neighbour {
            address: address.parse().unwrap(),
            mac: mac.to_owned(),
            interface: interface.to_owned(),
            is_router: None,
        }
    }

    fn check(neighbours: &[Neighbour], expected: &[(&str, &str)]) {
        let own = BTreeSet::from(["10.0.0.2".parse().unwrap()]);
        let found = sightings(neighbours, &own);
        let found: Vec<(String, String)> = found
            .iter()
            .map(|it| {
                assert_eq!(it.body.source.as_str(), SIGHTINGS_SOURCE);
                let Outcome::Read { facts, .. } = &it.body.outcome else { panic!() };
                let [Fact::AddressSeen(seen)] = facts.as_slice() else { panic!() };
                assert_eq!((seen.address, seen.means), (it.address, SeenBy::NeighbourTable));
                (it.address.to_string(), seen.mac.clone().unwrap())
            })
            .collect();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(address, mac)| (address.as_str(), mac.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn neighbours_become_targets_in_the_order_of_their_addresses() {
        check(
            &[
                neighbour("fe80::7", "02:00:00:00:00:07", "eth0"),
                neighbour("10.0.0.10", "00:1B:21:AA:BB:CC", "eth0"),
                neighbour("10.0.0.9", "00:1b:21:aa:bb:cd", "eth0"),
            ],
            &[
                ("10.0.0.9", "00:1b:21:aa:bb:cd"),
                ("10.0.0.10", "00:1b:21:aa:bb:cc"),
                ("fe80::7", "02:00:00:00:00:07"),
            ],
        );
    }

    #[test]
    fn the_active_member_of_a_cluster_is_seen() {
        let cluster = neighbour("10.0.0.1", "00:00:5e:00:01:01", "eth0");
        check(&[cluster], &[("10.0.0.1", "00:00:5e:00:01:01")]);
    }

    #[test]
    fn what_is_no_device_of_the_network_is_left_out() {
        check(
            &[
                neighbour("10.0.0.2", "02:00:00:00:00:01", "eth0"),
                neighbour("224.0.0.251", "01:00:5e:00:00:fb", "eth0"),
                neighbour("ff02::fb", "33:33:00:00:00:fb", "eth0"),
                neighbour("255.255.255.255", "ff:ff:ff:ff:ff:ff", "eth0"),
                neighbour("10.0.0.3", "00:00:00:00:00:00", "eth0"),
                neighbour("10.0.0.4", "", "eth0"),
                neighbour("172.17.0.2", "be:00:00:00:00:02", "docker0"),
                neighbour("172.18.0.2", "be:00:00:00:00:03", "br-0a1b2c3d4e5f"),
                neighbour("10.244.0.3", "be:00:00:00:00:04", "cali0a1b2c3d4e5"),
                neighbour("10.244.0.4", "be:00:00:00:00:05", "lxc_health"),
                neighbour("10.244.0.5", "be:00:00:00:00:06", "flannel.1"),
                neighbour("192.168.122.5", "52:54:00:00:00:07", "virbr0"),
                neighbour("10.91.0.5", "00:16:3e:00:00:08", "lxdbr0"),
            ],
            &[],
        );
    }

    #[test]
    fn bridges_that_lead_to_the_network_stay() {
        check(
            &[
                neighbour("10.0.0.3", "02:00:00:00:00:03", "vmbr0"),
                neighbour("10.0.0.4", "02:00:00:00:00:04", "br0"),
                neighbour("10.0.0.5", "02:00:00:00:00:05", "bridge0"),
                neighbour("10.0.0.6", "02:00:00:00:00:06", "vlan20"),
                neighbour("10.0.0.7", "02:00:00:00:00:07", "bond0"),
                neighbour("10.0.0.8", "02:00:00:00:00:08", "vnet1"),
            ],
            &[
                ("10.0.0.3", "02:00:00:00:00:03"),
                ("10.0.0.4", "02:00:00:00:00:04"),
                ("10.0.0.5", "02:00:00:00:00:05"),
                ("10.0.0.6", "02:00:00:00:00:06"),
                ("10.0.0.7", "02:00:00:00:00:07"),
                ("10.0.0.8", "02:00:00:00:00:08"),
            ],
        );
    }

    #[test]
    fn an_address_with_two_adapters_says_nothing_of_either() {
        check(
            &[
                neighbour("fe80::1", "02:00:00:00:00:01", "eth0"),
                neighbour("fe80::1", "02:00:00:00:00:02", "eth1"),
            ],
            &[],
        );
    }

    #[test]
    fn a_table_without_end_is_cut() {
        let table: Vec<Neighbour> = (0..5_000_u32)
            .map(|it| {
                let address = IpAddr::V4((0x0a00_0100 + it).into()).to_string();
                neighbour(&address, "02:00:00:00:00:07", "eth0")
            })
            .collect();
        assert_eq!(sightings(&table, &BTreeSet::new()).len(), SIGHTINGS_MAX);
    }
}
