//! Which addresses share the connections that one host bears.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::super::limits::CONNECTIONS_PER_HOST_MAX;

/// The connections of each address. Addresses with one hardware address are one host and share them,
/// unless it is that of a router: it may answer for hosts behind it.
pub(super) fn of_hosts(
    addresses: &[IpAddr],
    macs: &BTreeMap<IpAddr, String>,
    routers: impl Iterator<Item = IpAddr>,
) -> Vec<(IpAddr, Arc<Semaphore>)> {
    let of_routers: BTreeSet<&String> = routers.filter_map(|it| macs.get(&it)).collect();
    let own = || Arc::new(Semaphore::new(CONNECTIONS_PER_HOST_MAX));
    let mut by_mac: BTreeMap<&String, Arc<Semaphore>> = BTreeMap::new();
    let connections = addresses.iter().map(|address| {
        let mac = macs.get(address).filter(|it| !of_routers.contains(it));
        let shared = mac.map_or_else(own, |it| Arc::clone(by_mac.entry(it).or_insert_with(own)));
        (*address, shared)
    });
    connections.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_machine_share_and_those_behind_a_router_do_not() {
        let at = |last: u8| IpAddr::from([10, 0, 0, last]);
        let macs = [(1, "router"), (2, "server"), (3, "server"), (4, "other"), (5, "router")];
        let macs = macs.into_iter().map(|(last, mac)| (at(last), mac.to_owned())).collect();
        let addresses: Vec<IpAddr> = (1..=7).map(at).collect();
        let found = of_hosts(&addresses, &macs, [at(1)].into_iter());
        let is_shared = |a: usize, b: usize| Arc::ptr_eq(&found[a - 1].1, &found[b - 1].1);
        assert!(is_shared(2, 3));
        for (a, b) in [(1, 5), (2, 4), (6, 7)] {
            assert!(!is_shared(a, b), "{a} {b}");
        }
        assert_eq!(found[0].1.available_permits(), CONNECTIONS_PER_HOST_MAX);
    }
}
