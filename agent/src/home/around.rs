//! What the kernel says about the links of this machine, as far as it tells where the machine is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use observation::latest::Absent;

use super::is_link_local;
use crate::host::{Ask, Host, LinkState, NeighbourState, RouteState};

const ARPHRD_ETHER: u16 = 1;
const ARPHRD_TUNNEL: u16 = 768;
const ARPHRD_TUNNEL6: u16 = 769;
const ARPHRD_LOOPBACK: u16 = 772;
const ARPHRD_SIT: u16 = 776;
const ARPHRD_NONE: u16 = 65_534;
/// Kinds that ride on one other link of this machine.
const RIDING_KINDS: [&str; 5] = ["ipvlan", "ipvtap", "macvlan", "macvtap", "vlan"];
/// Kinds whose packets travel inside of others.
const TUNNEL_KINDS: [&str; 16] = [
    "bareudp",
    "geneve",
    "gre",
    "gretap",
    "ip6gre",
    "ip6gretap",
    "ip6tnl",
    "ipip",
    "ppp",
    "sit",
    "tun",
    "vti",
    "vti6",
    "vxlan",
    "wireguard",
    "xfrm",
];
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// One link.
#[derive(Debug)]
pub(super) struct Link {
    state: LinkState,
    /// Whether what it carries comes over an adapter of this machine and not out of a tunnel.
    pub(super) is_carrier: bool,
}

/// All links, and who is beyond them.
#[derive(Debug, Default)]
pub(super) struct Around {
    links: Vec<Link>,
    routes: Vec<RouteState>,
    neighbours: Vec<NeighbourState>,
    domain: Option<String>,
}

/// An address of an adapter, with the gateway beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stand<'a> {
    pub(super) link: &'a Link,
    pub(super) address: IpAddr,
    pub(super) gateway: Option<IpAddr>,
    pub(super) gateway_mac: Option<&'a str>,
    pub(super) domain: Option<&'a str>,
}

impl Link {
    pub(super) const fn index(&self) -> u32 {
        self.state.index
    }

    pub(super) fn name(&self) -> &str {
        &self.state.name
    }

    pub(super) const fn is_loopback(&self) -> bool {
        self.state.hardware_type == ARPHRD_LOOPBACK
    }

    pub(super) fn is_tunnel(&self) -> bool {
        let is_of_tunnels = matches!(
            self.state.hardware_type,
            ARPHRD_TUNNEL | ARPHRD_TUNNEL6 | ARPHRD_SIT | ARPHRD_NONE
        );
        is_of_tunnels || self.is_kind(&TUNNEL_KINDS)
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.state.addresses.iter().map(|it| it.address)
    }

    fn is_kind(&self, kinds: &[&str]) -> bool {
        self.state.kind.as_deref().is_some_and(|it| kinds.contains(&it))
    }

    /// The link that it rides on. Other kinds name their peer there.
    fn rides_on(&self) -> Option<u32> {
        self.state.lower.filter(|_| self.is_kind(&RIDING_KINDS))
    }
}

impl Around {
    pub(super) fn read(host: &dyn Host) -> Result<Self, Absent> {
        let links = host.links()?;
        let carriers = carriers(&links);
        let links = links.into_iter().map(|state| {
            let is_carrier = carriers.contains(&state.index);
            Link { state, is_carrier }
        });
        let text = host.text(RESOLV_CONF).unwrap_or_default();
        Ok(Self {
            links: links.collect(),
            routes: host.routes()?,
            neighbours: host.neighbours()?,
            domain: domain(&text),
        })
    }

    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        self.links.iter()
    }

    /// Every address of an adapter but link-local ones.
    pub(super) fn stands(&self) -> impl Iterator<Item = Stand<'_>> {
        let carriers = self.links.iter().filter(|it| it.is_carrier);
        let addresses = carriers.flat_map(|link| link.addresses().map(move |it| (link, it)));
        addresses.filter(|(_, it)| !is_link_local(*it)).map(|(link, address)| {
            let gateway = self.gateway(link.index(), address);
            Stand {
                link,
                address,
                gateway,
                gateway_mac: gateway.and_then(|it| self.mac(link.index(), it)),
                domain: self.domain.as_deref(),
            }
        })
    }

    /// The gateway of the default route over this link, of the family of the address.
    fn gateway(&self, link: u32, address: IpAddr) -> Option<IpAddr> {
        let of_link = self.routes.iter().filter(|it| it.link == Some(link));
        let of_family = of_link
            .filter(|it| it.prefix_length == 0 && it.destination.is_ipv4() == address.is_ipv4());
        let with_gateway = of_family.filter(|it| it.gateway.is_some());
        with_gateway.min_by_key(|it| it.metric.unwrap_or(0))?.gateway
    }

    fn mac(&self, link: u32, address: IpAddr) -> Option<&str> {
        let found = self.neighbours.iter().find(|it| it.link == link && it.address == address);
        found.map(|it| it.mac.as_str())
    }

    /// The names of these links, of the parts of a bridge or bond among them, and of what they ride
    /// on: the same cable.
    pub(super) fn with_relatives(&self, mut known: BTreeSet<u32>) -> BTreeSet<String> {
        let by_index: BTreeMap<u32, &Link> = self.links.iter().map(|it| (it.index(), it)).collect();
        let mut waiting: Vec<u32> = known.iter().copied().collect();
        while let Some(index) = waiting.pop() {
            let parts = self.links.iter().filter(|it| it.state.controller == Some(index));
            let below = by_index.get(&index).and_then(|it| it.rides_on());
            for next in parts.map(Link::index).chain(below) {
                if known.insert(next) {
                    waiting.push(next);
                }
            }
        }
        let found = self.links.iter().filter(|it| known.contains(&it.index()));
        found.map(|it| it.name().to_owned()).collect()
    }
}

/// The numbers of adapters, and of bridges, bonds and VLANs made of them. The kernel names a kind for
/// every link that software made.
fn carriers(links: &[LinkState]) -> BTreeSet<u32> {
    let is_adapter = |it: &&LinkState| it.kind.is_none() && it.hardware_type == ARPHRD_ETHER;
    let mut found: BTreeSet<u32> = links.iter().filter(is_adapter).map(|it| it.index).collect();
    let is_riding =
        |it: &LinkState| it.kind.as_deref().is_some_and(|kind| RIDING_KINDS.contains(&kind));
    loop {
        let before = found.len();
        for link in links {
            if found.contains(&link.index) {
                found.extend(link.controller);
            }
            if is_riding(link) && link.lower.is_some_and(|it| found.contains(&it)) {
                found.insert(link.index);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// The first domain that is searched (resolv.conf(5)).
fn domain(text: &str) -> Option<String> {
    let lines = text.lines().rev().map(str::split_ascii_whitespace);
    let mut named = lines.filter_map(|mut words| match words.next() {
        Some("search" | "domain") => words.next(),
        _ => None,
    });
    named.next().map(|it| it.trim_end_matches('.').to_ascii_lowercase()).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_the_first_of_the_last_line() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(domain(text).as_deref(), expected, "{text:?}");
        };
        check(
            "search old.example\nnameserver 127.0.0.53\nsearch Firma.example. b.example\n",
            Some("firma.example"),
        );
        check("domain firma.example\n", Some("firma.example"));
        check("search .\n", None);
        check("nameserver 1.1.1.1\n# search no.example\n", None);
    }
}
