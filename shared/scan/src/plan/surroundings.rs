//! Where a scanner stands in the network.

use std::net::IpAddr;

use ipnet::IpNet;

/// What the scanning machine knows of the networks around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Interfaces that are up.
    pub links: Vec<Link>,
    /// Routes.
    pub routes: Vec<Route>,
    /// Neighbour table: who was heard on a link lately.
    pub neighbours: Vec<(IpAddr, [u8; 6])>,
    /// Whether it may send packets of its own making.
    pub has_raw_sockets: bool,
}

/// An interface that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub interface: String,
    /// The number that the system gives it.
    pub index: u32,
    /// Its networks, with its own address in each.
    pub addresses: Vec<IpNet>,
    /// Its hardware address; none: it carries no Ethernet frames.
    pub mac: Option<[u8; 6]>,
    /// Whether it leads back to this machine only.
    pub is_loopback: bool,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where it leads.
    pub network: IpNet,
    /// The router; none: the network is on the link itself.
    pub gateway: Option<IpAddr>,
    /// The interface.
    pub interface: String,
    /// Lower is preferred.
    pub metric: u32,
}

impl Surroundings {
    /// Whether this is an address of the scanning machine itself: nobody hears an own frame.
    #[must_use]
    pub fn is_own(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.own_addresses().any(|it| it == address)
    }

    /// The machine's own addresses.
    pub fn own_addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.links.iter().flat_map(|it| &it.addresses).map(IpNet::addr)
    }

    /// The hardware address of a neighbour, where one is known.
    #[must_use]
    pub fn mac_of(&self, address: IpAddr) -> Option<[u8; 6]> {
        self.neighbours.iter().find(|(it, _)| *it == address).map(|(_, mac)| *mac)
    }
}
