//! Which address is asked by which way.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use observation::latest::scan::{ScanJob, ScanProfile};

use super::ranges::Ranges;
use super::scope::{PlanError, Scope};
use super::surroundings::{Link, Route, Surroundings};

/// Most learnt IPv6 addresses that are asked on one link.
const LEARNT_V6_MAX: usize = 4_096;
/// Rounds that are always made: at 1 % loss each way one round misses 2 %, two 0.04 %.
const ROUNDS: u64 = 2;
/// Questions to an address behind a router in one round.
const ROUTED_KINDS: u64 = 6;

/// How a scan's addresses are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The interfaces that packets leave by.
    pub links: Vec<LinkPlan>,
    /// The machine's own IPv4 addresses, its loopback network among them. Nobody hears an own frame:
    /// they are asked by connecting.
    pub own: Ranges,
    /// Other addresses that are asked by connecting: those on links that carry no Ethernet frames, and
    /// all where packets of our own making may not be sent.
    pub by_connecting: Targets,
    /// No route leads there.
    pub unreachable: Targets,
    rate_pps: u32,
    profile: ScanProfile,
    scope: Scope,
}

/// What is asked by one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPlan {
    /// The interface.
    pub link: Link,
    /// Addresses on the link itself: ARP and neighbour solicitation.
    pub on_link: Targets,
    /// Addresses behind routers on the link.
    pub routed: Vec<Routed>,
    /// IPv6 networks of the link that are in scope as a whole: an echo request to all nodes, from our
    /// own address in each, finds what cannot be swept.
    pub multicast: Vec<Ipv6Net>,
}

/// Addresses behind one router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// The router.
    pub gateway: IpAddr,
    /// What lies behind it.
    pub targets: Targets,
}

/// Addresses to ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    /// IPv4.
    pub v4: Ranges,
    /// IPv6: named singly or learnt.
    pub v6: Vec<Ipv6Addr>,
}

impl Targets {
    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.v4.count() + self.v6.len() as u64
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.v4.iter().map(IpAddr::V4).chain(self.v6.iter().copied().map(IpAddr::V6))
    }
}

/// What a plan will cost, before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Addresses that are asked.
    pub addresses: u64,
    /// Most packets of its own making that discovery sends if nothing answers and nothing is lost. 0:
    /// it connects, and what that costs depends on who answers.
    pub packets: u64,
    /// How long that takes.
    pub duration: Duration,
}

impl Plan {
    /// Ways to every address of the scope.
    ///
    /// # Errors
    /// None today: the scope was checked. Kept for ways that cannot be planned.
    pub fn of(scope: &Scope, job: &ScanJob, around: &Surroundings) -> Result<Self, PlanError> {
        let own = own_ranges(around);
        let mut plan = Self {
            links: Vec::new(),
            own: scope.ipv4().within(&own),
            by_connecting: Targets::default(),
            unreachable: Targets::default(),
            rate_pps: scope.rate_pps(),
            profile: job.profile,
            scope: scope.clone(),
        };
        let others = scope.ipv4().without(&own);
        let v6 = known_v6(scope, around);
        if around.has_raw_sockets {
            plan.add_v4(others, around);
            plan.add_all_nodes(around);
            plan.add_v6(v6, around);
        } else {
            // The system finds the ways, and says where there is none.
            plan.by_connecting = Targets { v4: others, v6: v6.into_iter().collect() };
        }
        Ok(plan)
    }

    fn add_v4(&mut self, mut left: Ranges, around: &Surroundings) {
        for route in by_preference(&around.routes) {
            let IpNet::V4(network) = route.network else { continue };
            let here = left.within(&Ranges::of([&network]));
            if !here.is_empty() {
                left = left.without(&here);
                self.add_route_v4(route, here, around);
            }
        }
        self.unreachable.v4 = left;
    }

    fn add_route_v4(&mut self, route: &Route, here: Ranges, around: &Surroundings) {
        let Some(link) = framed_link(around, route) else {
            self.by_connecting.v4 = self.by_connecting.v4.and(&here);
            return;
        };
        let entry = self.entry(link);
        match route.gateway {
            None => {
                let here = here.without(&edges(link));
                entry.on_link.v4 = entry.on_link.v4.and(&here);
            }
            Some(gateway) => {
                let behind = behind(entry, gateway);
                behind.v4 = behind.v4.and(&here);
            }
        }
    }

    fn add_all_nodes(&mut self, around: &Surroundings) {
        for link in around.links.iter().filter(|it| it.mac.is_some() && !it.is_loopback) {
            let networks = link.addresses.iter().filter_map(as_v6).map(|it| it.trunc());
            let whole: BTreeSet<Ipv6Net> =
                networks.filter(|it| self.scope.contains_all(it)).collect();
            if !whole.is_empty() {
                self.entry(link).multicast = whole.into_iter().collect();
            }
        }
    }

    fn add_v6(&mut self, known: BTreeSet<Ipv6Addr>, around: &Surroundings) {
        let routes = by_preference(&around.routes);
        for address in known {
            let leads = |it: &&&Route| it.network.contains(&IpAddr::V6(address));
            let Some(route) = routes.iter().find(leads) else {
                self.unreachable.v6.push(address);
                continue;
            };
            let Some(link) = framed_link(around, route) else {
                self.by_connecting.v6.push(address);
                continue;
            };
            let entry = self.entry(link);
            match route.gateway {
                None => entry.on_link.v6.push(address),
                Some(gateway) => behind(entry, gateway).v6.push(address),
            }
        }
    }

    fn entry(&mut self, link: &Link) -> &mut LinkPlan {
        let index = match self.links.iter().position(|it| it.link.interface == link.interface) {
            Some(index) => index,
            None => {
                self.links.push(LinkPlan {
                    link: link.clone(),
                    on_link: Targets::default(),
                    routed: Vec::new(),
                    multicast: Vec::new(),
                });
                self.links.len() - 1
            }
        };
        #[expect(clippy::indexing_slicing, reason = "found or pushed just above")]
        &mut self.links[index]
    }

    /// What is left of it when these addresses are done: an interrupted scan goes on.
    #[must_use]
    pub fn without(mut self, done: &Ranges) -> Self {
        for entry in &mut self.links {
            let behind = entry.routed.iter_mut().map(|it| &mut it.targets);
            for targets in behind.chain([&mut entry.on_link]) {
                targets.v4 = targets.v4.without(done);
            }
            entry.routed.retain(|it| !it.targets.is_empty());
        }
        self.own = self.own.without(done);
        self.by_connecting.v4 = self.by_connecting.v4.without(done);
        self.unreachable.v4 = self.unreachable.v4.without(done);
        self
    }

    /// Packets per second.
    #[must_use]
    pub fn rate_pps(&self) -> u32 {
        self.rate_pps
    }

    /// How thorough.
    #[must_use]
    pub fn profile(&self) -> ScanProfile {
        self.profile
    }

    /// What may be touched.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What discovery will cost.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let mut addresses = self.own.count() + self.by_connecting.count();
        let mut packets = 0;
        for entry in &self.links {
            let behind: u64 = entry.routed.iter().map(|it| it.targets.count()).sum();
            addresses += entry.on_link.count() + behind;
            packets += ROUNDS * (entry.on_link.count() + ROUTED_KINDS * behind);
            packets += entry.multicast.len() as u64 * ROUNDS;
        }
        let seconds = packets as f64 / f64::from(self.rate_pps.max(1));
        Estimate { addresses, packets, duration: Duration::from_secs_f64(seconds) }
    }
}

fn behind(entry: &mut LinkPlan, gateway: IpAddr) -> &mut Targets {
    let index = match entry.routed.iter().position(|it| it.gateway == gateway) {
        Some(index) => index,
        None => {
            entry.routed.push(Routed { gateway, targets: Targets::default() });
            entry.routed.len() - 1
        }
    };
    #[expect(clippy::indexing_slicing, reason = "found or pushed just above")]
    &mut entry.routed[index].targets
}

impl Surroundings {
    /// By which link, and over which neighbour, packets reach an address that is not our own.
    #[must_use]
    pub fn way_to(&self, address: IpAddr) -> Option<(&Link, IpAddr)> {
        if self.is_own(address) {
            return None;
        }
        let leads = |it: &&Route| it.network.contains(&address);
        let route = by_preference(&self.routes).into_iter().find(leads)?;
        framed_link(self, route).map(|link| (link, route.gateway.unwrap_or(address)))
    }
}

/// The link of a route, if it carries Ethernet frames.
fn framed_link<'a>(around: &'a Surroundings, route: &Route) -> Option<&'a Link> {
    let link = around.links.iter().find(|it| it.interface == route.interface)?;
    (link.mac.is_some() && !link.is_loopback).then_some(link)
}

/// IPv6 addresses that are asked without a sweep: those named singly, and those that a neighbour table
/// holds.
fn known_v6(scope: &Scope, around: &Surroundings) -> BTreeSet<Ipv6Addr> {
    let named = scope.addresses_v6();
    let learnt = around.neighbours.iter().filter_map(|it| match it.0 {
        IpAddr::V6(it) => scope.contains(it.into()).then_some(it),
        IpAddr::V4(_) => None,
    });
    let known = named.take(LEARNT_V6_MAX).chain(learnt.take(LEARNT_V6_MAX));
    known.filter(|it| !around.is_own(IpAddr::V6(*it))).collect()
}

/// Longest prefix first, then lowest metric: how a host chooses (RFC 1812 §5.2.4.3).
fn by_preference(routes: &[Route]) -> Vec<&Route> {
    let mut sorted: Vec<&Route> = routes.iter().collect();
    sorted.sort_by_key(|it| (std::cmp::Reverse(it.network.prefix_len()), it.metric));
    sorted
}

fn own_ranges(around: &Surroundings) -> Ranges {
    let loopback = Ranges::of([&Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)]);
    around.own_addresses().fold(loopback, |own, it| match it {
        IpAddr::V4(address) => own.and(&Ranges::one(address)),
        IpAddr::V6(_) => own,
    })
}

/// The addresses of a link's networks that stand for the network and for all hosts in it (RFC 922 §7);
/// networks of two or one have none (RFC 3021).
fn edges(link: &Link) -> Ranges {
    let networks = link.addresses.iter().filter_map(|it| match it {
        IpNet::V4(it) if it.prefix_len() <= 30 => Some(it),
        IpNet::V4(_) | IpNet::V6(_) => None,
    });
    networks.fold(Ranges::default(), |edges, it| {
        edges.and(&Ranges::one(it.network())).and(&Ranges::one(it.broadcast()))
    })
}

fn as_v6(network: &IpNet) -> Option<Ipv6Net> {
    match network {
        IpNet::V4(_) => None,
        IpNet::V6(network) => Some(*network),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::tests::job;
    use super::*;

    fn around() -> Surroundings {
        let link = |interface: &str, index, addresses: &[&str], mac| Link {
            interface: interface.into(),
            index,
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
            mac,
            is_loopback: interface == "lo",
        };
        let route = |network: &str, gateway: Option<&str>, interface: &str, metric| Route {
            network: network.parse().unwrap(),
            gateway: gateway.map(|it| it.parse().unwrap()),
            interface: interface.into(),
            metric,
        };
        Surroundings {
            links: vec![
                link("lo", 1, &["127.0.0.1/8", "::1/128"], None),
                link("eth0", 2, &["10.1.0.5/24", "2001:db8:1::5/64"], Some([2, 0, 0, 0, 0, 5])),
                link("wg0", 3, &["10.9.0.1/24"], None),
            ],
            routes: vec![
                route("0.0.0.0/0", Some("10.1.0.1"), "eth0", 100),
                route("10.1.0.0/24", None, "eth0", 100),
                route("10.9.0.0/24", None, "wg0", 0),
                route("10.2.0.0/16", Some("10.1.0.2"), "eth0", 0),
                route("2001:db8:1::/64", None, "eth0", 256),
            ],
            neighbours: vec![
                ("2001:db8:1::77".parse().unwrap(), [2, 0, 0, 0, 0, 0x77]),
                ("2001:db8:1::bad".parse().unwrap(), [2, 0, 0, 0, 0, 0x78]),
            ],
            has_raw_sockets: true,
        }
    }

    fn plan(networks: &[&str], exclusions: &[&str]) -> Plan {
        let job = ScanJob { allow_range: true, ..job(networks, exclusions) };
        Plan::of(&Scope::of(&job).unwrap(), &job, &around()).unwrap()
    }

    #[test]
    fn addresses_on_the_link_are_asked_there_without_its_edges_and_ourselves() {
        let plan = plan(&["10.1.0.0/24"], &["10.1.0.128/25"]);
        let [entry] = &plan.links[..] else { panic!("{:?}", plan.links) };
        // 0 is the network, 5 is our own, 128 and up are excluded.
        assert_eq!(entry.on_link.count(), 126);
        assert!(!entry.on_link.v4.contains(Ipv4Addr::new(10, 1, 0, 0)));
        assert!(!entry.on_link.v4.contains(Ipv4Addr::new(10, 1, 0, 5)));
        assert_eq!(plan.own, Ranges::one(Ipv4Addr::new(10, 1, 0, 5)));
        assert!(plan.by_connecting.is_empty());
        assert!(entry.routed.is_empty());
    }

    #[test]
    fn the_longest_prefix_chooses_the_router() {
        let plan = plan(&["10.2.3.0/24", "192.0.2.0/24"], &[]);
        let entry = &plan.links[0];
        let ways: Vec<(String, u64)> =
            entry.routed.iter().map(|it| (it.gateway.to_string(), it.targets.count())).collect();
        assert_eq!(ways, [("10.1.0.2".to_owned(), 256), ("10.1.0.1".to_owned(), 256)]);
        assert_eq!(plan.estimate().addresses, 512);
        assert_eq!(plan.estimate().packets, 512 * 12);
        assert_eq!(plan.estimate().duration, Duration::from_secs_f64(6.144));
    }

    fn planned(networks: &[&str], around: &Surroundings) -> Plan {
        let job = ScanJob { allow_range: true, ..job(networks, &[]) };
        Plan::of(&Scope::of(&job).unwrap(), &job, around).unwrap()
    }

    fn shown(targets: &Targets) -> Vec<String> {
        targets.iter().map(|it| it.to_string()).collect()
    }

    #[test]
    fn links_without_frames_and_own_addresses_are_asked_by_connecting() {
        let mut around = around();
        around.routes.push(Route {
            network: "2001:db8:9::/64".parse().unwrap(),
            gateway: None,
            interface: "wg0".into(),
            metric: 0,
        });
        let plan = planned(&["10.9.0.0/30", "127.0.0.1/32", "2001:db8:9::7/128"], &around);
        assert!(plan.links.is_empty());
        let by_connecting = ["10.9.0.0", "10.9.0.2", "10.9.0.3", "2001:db8:9::7"];
        assert_eq!(shown(&plan.by_connecting), by_connecting);
        let own: Vec<String> = plan.own.iter().map(|it| it.to_string()).collect();
        assert_eq!(own, ["10.9.0.1", "127.0.0.1"]);
        assert_eq!((plan.estimate().addresses, plan.estimate().packets), (6, 0));
    }

    #[test]
    fn what_no_route_leads_to_is_said_of_both_families() {
        let mut around = around();
        around.routes.remove(0);
        let plan = planned(&["203.0.113.0/30", "2001:db8:77::1/128"], &around);
        assert_eq!(plan.unreachable.count(), 5);
        assert!(plan.links.is_empty() && plan.by_connecting.is_empty());
    }

    #[test]
    fn without_raw_sockets_everything_is_connected_to_and_no_packet_is_estimated() {
        let around = Surroundings { has_raw_sockets: false, routes: Vec::new(), ..around() };
        let plan = planned(&["10.1.0.0/24", "2001:db8:1::/64"], &around);
        assert!(plan.links.is_empty() && plan.unreachable.is_empty());
        assert_eq!(plan.by_connecting.count(), 255 + 2);
        assert_eq!(plan.estimate().addresses, 256 + 2);
        assert_eq!((plan.estimate().packets, plan.estimate().duration), (0, Duration::ZERO));
    }

    #[test]
    fn what_is_done_is_planned_nowhere_again() {
        let networks = ["10.1.0.0/24", "10.2.3.0/24", "10.9.0.0/30", "127.0.0.1/32"];
        let done = Ranges::of([&"10.0.0.0/8".parse().unwrap()]);
        let left = planned(&networks, &around()).without(&done);
        assert_eq!(left.estimate().addresses, 1);
        assert_eq!(left.own, Ranges::one(Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn ipv6_is_asked_where_it_is_known_and_all_nodes_only_in_whole_networks() {
        let whole = plan(&["2001:db8:1::/64"], &[]);
        let learnt: Vec<String> =
            whole.links[0].on_link.v6.iter().map(|it| it.to_string()).collect();
        assert_eq!(learnt, ["2001:db8:1::77", "2001:db8:1::bad"]);
        assert_eq!(whole.links[0].multicast.len(), 1);
        let cut = plan(&["2001:db8:1::/64"], &["2001:db8:1::bad/128"]);
        assert_eq!(cut.links[0].on_link.v6.len(), 1);
        assert!(cut.links[0].multicast.is_empty());
    }
}
