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

    /// The router that packets to this address are handed to. `None`: the address is on a link, or
    /// no route leads there.
    #[must_use]
    pub fn gateway_to(&self, address: IpAddr) -> Option<IpAddr> {
        let is_near = |it: &Link| it.addresses.iter().any(|network| network.contains(&address));
        if self.links.iter().any(is_near) {
            return None;
        }
        let fitting = self.routes.iter().filter(|it| it.network.contains(&address));
        let best = fitting.max_by_key(|it| (it.network.prefix_len(), std::cmp::Reverse(it.metric)));
        best.and_then(|it| it.gateway)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(network: &str, gateway: Option<&str>, metric: u32) -> Route {
        let gateway = gateway.map(|it| it.parse().unwrap());
        Route { network: network.parse().unwrap(), gateway, interface: "eth0".to_owned(), metric }
    }

    #[test]
    fn the_narrowest_route_names_the_router_and_a_link_needs_none() {
        let link = Link {
            interface: "eth0".to_owned(),
            index: 2,
            addresses: vec!["10.1.0.5/24".parse().unwrap()],
            mac: None,
            is_loopback: false,
        };
        let routes = vec![
            route("0.0.0.0/0", Some("10.1.0.1"), 0),
            route("10.2.0.0/16", Some("10.1.0.2"), 0),
            route("10.2.0.0/16", Some("10.1.0.3"), 10),
        ];
        let around = Surroundings { links: vec![link], routes, ..Surroundings::default() };
        let to = |text: &str| around.gateway_to(text.parse().unwrap()).map(|it| it.to_string());
        assert_eq!(to("10.2.7.7").as_deref(), Some("10.1.0.2"));
        assert_eq!(to("192.0.2.1").as_deref(), Some("10.1.0.1"));
        assert_eq!(to("10.1.0.77"), None);
    }
}
