//! Whether this machine stands in a network of the company: what the agent keeps about them, and the
//! decision.
//!
//! An address alone proves nothing: `192.168.178.0/24` is at the office and in every second home. So
//! an interface is at home when two signs agree: an address of it lies in a network that the
//! register names, and its default gateway is one that the agent knows. It gets to know a gateway
//! when the collector says that it saw a check-in come from that very address: nobody translated it
//! on the way, so the collector's company routes to it. Tunnels never are at home, whatever their address.

mod around;

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use observation::latest::{Absent, protocol};
use observation::limits::HOME_NETWORKS_MAX;
use serde::{Deserialize, Serialize};

use crate::host::Host;
use around::{Around, Link, Stand};

/// Gateways that are remembered; the oldest is forgotten first.
const PLACES_MAX: usize = 64;
/// Beginnings of hardware addresses that many networks share: VRRP (RFC 9568), HSRP, GLBP.
const SHARED_MACS: [&str; 6] = [
    "00:00:5e:00:01:",
    "00:00:5e:00:02:",
    "00:00:0c:07:ac:",
    "00:00:0c:9f:f",
    "00:05:73:a0:",
    "00:07:b4:",
];
/// The bit of the first octet that says "given by software, not by the maker" (IEEE 802).
const LOCAL_BIT: u8 = 2;

/// What the agent keeps about the company's networks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The networks that the register names, sorted.
    networks: Vec<IpNet>,
    /// Gateways by which they were known, oldest first.
    places: Vec<Place>,
}

/// One gateway of one network of the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    network: IpNet,
    gateway: IpAddr,
    gateway_mac: String,
    /// The DNS domain that was searched there; counts where the hardware address is a shared one.
    domain: Option<String>,
}

/// What may leave this machine about the networks that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// Everything: a server, or a person at the machine asked.
    Unrestricted,
    /// What belongs to the company's networks.
    Watched(Watched),
}

/// What of a machine that people carry around is at home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Interfaces at home, those below and above them included.
    interfaces: BTreeSet<String>,
    /// Own addresses that say nothing about a foreign network.
    addresses: BTreeSet<IpAddr>,
    networks: Vec<IpNet>,
    /// Whether there is another network beside those of the company.
    is_elsewhere_too: bool,
    why: &'static str,
}

impl Home {
    /// The revision of the networks, for the collector.
    #[must_use]
    pub fn revision(&self) -> u64 {
        protocol::home_revision(&self.networks)
    }

    /// Takes the networks that the register names now. A network of everything is none.
    pub fn set_networks(&mut self, networks: &[IpNet]) {
        let named = networks.iter().filter(|it| it.prefix_len() > 0);
        self.networks = named.take(HOME_NETWORKS_MAX).copied().collect();
        self.places.retain(|it| self.networks.contains(&it.network));
    }

    /// Remembers the gateway of the interface whose address the collector saw. True if it is new.
    pub fn learn(&mut self, host: &dyn Host, seen_from: IpAddr) -> bool {
        let Ok(around) = Around::read(host) else { return false };
        let seen_from = seen_from.to_canonical();
        let stands = around.stands().filter(|it| it.address == seen_from);
        let mut is_new = false;
        for place in stands.filter_map(|it| self.place(&it)).collect::<Vec<_>>() {
            if !self.places.contains(&place) {
                self.places.push(place);
                is_new = true;
            }
        }
        let surplus = self.places.len().saturating_sub(PLACES_MAX);
        self.places.drain(..surplus);
        is_new
    }

    fn place(&self, stand: &Stand<'_>) -> Option<Place> {
        Some(Place {
            network: self.network_of(stand.address)?,
            gateway: stand.gateway?,
            gateway_mac: stand.gateway_mac?.to_owned(),
            domain: stand.domain.map(str::to_owned),
        })
    }

    /// The smallest network of the company with this address.
    fn network_of(&self, address: IpAddr) -> Option<IpNet> {
        let with_it = self.networks.iter().filter(|it| it.contains(&address));
        with_it.max_by_key(|it| it.prefix_len()).copied()
    }

    fn knows(&self, stand: &Stand<'_>) -> bool {
        let Some(here) = self.place(stand) else { return false };
        let fits = |it: &Place| {
            let is_same = (it.network, it.gateway, &it.gateway_mac)
                == (here.network, here.gateway, &here.gateway_mac);
            is_same && (!is_shared(&here.gateway_mac) || fits_domain(it, &here))
        };
        self.places.iter().any(fits)
    }

    /// Where a machine that people carry around is. What cannot be read is not at home.
    #[must_use]
    pub fn whereabouts(&self, host: &dyn Host) -> Whereabouts {
        let around = Around::read(host).unwrap_or_default();
        let known = around.stands().filter(|it| self.knows(it)).map(|it| it.link.index());
        let interfaces = around.with_relatives(known.collect());
        let is_home = |link: &Link| interfaces.contains(link.name());
        let is_named = |it: &IpAddr| self.network_of(*it).is_some();
        // A tunnel with an address of the company is the company's.
        let is_own = |link: &Link, it: &IpAddr| {
            is_home(link)
                || link.is_loopback()
                || is_link_local(*it)
                || (!link.is_carrier && is_named(it))
        };
        let all = || around.links().flat_map(|link| link.addresses().map(move |it| (link, it)));
        let addresses = all().filter(|(link, it)| is_own(link, it)).map(|(_, it)| it).collect();
        let is_foreign = |(link, it): (&Link, IpAddr)| {
            (link.is_carrier || link.is_tunnel()) && !is_own(link, &it)
        };
        let is_elsewhere_too = all().any(is_foreign);
        let has_tunnel = all().any(|(link, it)| link.is_tunnel() && is_named(&it));
        let why = match (self.networks.is_empty(), has_tunnel) {
            (true, _) => "no_home_networks",
            (false, true) => "by_vpn",
            (false, false) => "outside",
        };
        let networks = self.networks.clone();
        Whereabouts::Watched(Watched { interfaces, addresses, networks, is_elsewhere_too, why })
    }
}

impl Watched {
    /// Whether no interface is at home.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.interfaces.is_empty()
    }

    /// Whether there is another network beside those of the company.
    #[must_use]
    pub const fn is_elsewhere_too(&self) -> bool {
        self.is_elsewhere_too
    }

    /// Whether this interface is at home.
    #[must_use]
    pub fn has_interface(&self, name: &str) -> bool {
        self.interfaces.contains(name)
    }

    /// Whether this own address says nothing about a foreign network.
    #[must_use]
    pub fn has_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let is_general =
            address.is_unspecified() || address.is_loopback() || is_link_local(address);
        is_general || self.addresses.contains(&address)
    }

    /// Whether this address of something else lies in a network of the company.
    #[must_use]
    pub fn has_network_of(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|it| it.contains(&address))
    }

    /// Why something is not said.
    #[must_use]
    pub fn reason(&self, what: &str) -> Absent {
        let why = if self.is_outside() { self.why } else { "outside" };
        Absent::NotLookedAt { why: why.to_owned(), what: what.to_owned() }
    }
}

/// Such an address says which interface, and nothing about a network.
pub(crate) fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => it.is_link_local(),
        IpAddr::V6(it) => it.is_unicast_link_local(),
    }
}

/// Whether networks that have nothing to do with one another may have this hardware address.
fn is_shared(mac: &str) -> bool {
    let first = mac.get(..2).and_then(|it| u8::from_str_radix(it, 16).ok());
    first.is_none_or(|it| it & LOCAL_BIT != 0) || SHARED_MACS.iter().any(|it| mac.starts_with(it))
}

fn fits_domain(known: &Place, here: &Place) -> bool {
    here.domain.is_some() && known.domain == here.domain
}

#[cfg(test)]
mod tests;
