//! Network namespaces of containers and services: links, routes and listeners, each seen through its oldest process.
//!
//! A namespace that has neither a link but loopback nor a listener is left out: it cuts a service off. One
//! without any process is not found.

use std::collections::{BTreeMap, HashSet};

use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, NamespaceInterface, NamespaceListener, NetworkNamespace,
    Platform, Route, SourceId,
};

use crate::host::{Ask, Host, LinkState, NetworkState};
use crate::sources::context::Context;
use crate::sources::links::{LinkNames, interface_address};
use crate::sources::persons::Persons;
use crate::sources::processes::{Holders, OtherNetwork, other_networks};
use crate::sources::sockets::{self, Socket};
use crate::sources::{Found, Source};

/// Network namespaces other than the host's own.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.namespaces"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// ARPHRD_LOOPBACK of if_arp.h.
const LOOPBACK: u16 = 772;
/// Most namespaces that are looked into: a node of a cluster has some hundreds.
const NAMESPACES_MAX: usize = 1_000;
/// Most complaints about tables of sockets.
const COMPLAINTS_MAX: usize = 20;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let mut found = Found::default();
    let networks = other_networks(host)?;
    if networks.hidden > 0 {
        let what = "/proc/*/ns/net".to_owned();
        let needs = observation::latest::Privilege::Ptrace;
        found.gaps.push(gap("network_namespace", None, Absent::NotAllowed { what, needs }));
    }
    let persons = Persons::read_or_none(host, context.names);
    let listening = Listening::read(host, &networks.others, &mut found.complaints);
    let mut labels: BTreeMap<String, u32> = BTreeMap::new();
    for (index, network) in networks.others.iter().take(NAMESPACES_MAX).enumerate() {
        let state = host.network_of(network.process_number);
        let is_cut_off = state.as_ref().is_ok_and(|it| it.links.iter().all(is_loopback));
        let listeners = listening.of(index);
        if is_cut_off && listeners.is_empty() || matches!(state, Err(Absent::NotHere { .. })) {
            continue;
        }
        let label = label(network, &persons, &mut labels);
        let (interfaces, routes) = match state {
            Ok(state) => read(&state),
            Err(reason) => {
                found.gaps.push(gap("network_namespace.interfaces", Some(&label), reason));
                (Vec::new(), Vec::new())
            }
        };
        let place = &network.process.place;
        found.facts.push(Fact::NetworkNamespace(NetworkNamespace {
            label,
            container: place.container.clone(),
            unit: place.unit.as_deref().map(|it| persons.unit(it)),
            process: network.process.name(),
            interfaces,
            routes,
            listeners,
        }));
    }
    Ok(found)
}

fn label(
    network: &OtherNetwork,
    persons: &Persons<'_>,
    labels: &mut BTreeMap<String, u32>,
) -> String {
    let place = &network.process.place;
    let container = place.container.as_ref().map(|it| format!("{} {}", it.runtime, it.id));
    let unit = place.unit.as_deref().map(|it| persons.unit(it));
    let name = container.or(unit).or_else(|| network.process.name()).unwrap_or_default();
    let count = labels.entry(name.clone()).and_modify(|it| *it += 1).or_insert(1);
    if *count == 1 { name } else { format!("{name} ({count})") }
}

fn read(state: &NetworkState) -> (Vec<NamespaceInterface>, Vec<Route>) {
    let names = LinkNames::new(&state.links);
    let interface = |link: &LinkState| {
        let kept = link.addresses.iter().filter(|it| !it.is_temporary);
        let mut addresses: Vec<_> = kept.map(interface_address).collect();
        addresses.sort_by_key(|it| (it.address, it.prefix_length));
        NamespaceInterface {
            name: link.name.clone(),
            kind: link.kind.clone(),
            mac: link.mac.clone(),
            addresses,
        }
    };
    let routes = state.routes.iter().map(|it| Route {
        destination: it.destination,
        prefix_length: it.prefix_length,
        gateway: it.gateway,
        interface: it.link.and_then(|link| names.name(link)).map(str::to_owned),
        metric: it.metric,
    });
    let interfaces = state.links.iter().filter(|it| !is_loopback(it)).map(interface);
    (interfaces.collect(), routes.collect())
}

fn is_loopback(link: &LinkState) -> bool {
    link.hardware_type == LOOPBACK
}

/// The waiting sockets of all namespaces, with who holds them.
struct Listening {
    sockets: Vec<Vec<Socket>>,
    holders: Holders,
}

impl Listening {
    fn read(host: &dyn Host, networks: &[OtherNetwork], complaints: &mut Vec<Complaint>) -> Self {
        let mut all = Vec::new();
        for network in networks.iter().take(NAMESPACES_MAX) {
            let folder = format!("/proc/{}/net", network.process_number);
            let (sockets, problems) = sockets::read_below(host, &folder).unwrap_or_default();
            let (waiting, _) = sockets::waiting(host, &sockets);
            all.push(waiting.cloned().collect());
            // The number of the process would be another one each time.
            complaints.extend(problems.into_iter().map(|it| Complaint {
                place: it.place.replacen(&folder, "/proc/*/net", 1),
                problem: it.problem,
            }));
        }
        complaints.truncate(COMPLAINTS_MAX);
        let wanted: HashSet<u64> = all.iter().flatten().map(|it: &Socket| it.inode).collect();
        Self { sockets: all, holders: Holders::find(host, &wanted) }
    }

    fn of(&self, index: usize) -> Vec<NamespaceListener> {
        let sockets = self.sockets.get(index).map(Vec::as_slice).unwrap_or_default();
        let listener = |it: &Socket| NamespaceListener {
            transport: it.transport,
            address: it.local.ip(),
            port: it.local.port(),
            binding: it.binding(),
            process: self.holders.of(it.inode).ok().and_then(|it| it.name()),
        };
        let mut listeners: Vec<_> = sockets.iter().map(listener).collect();
        listeners.sort_by_key(|it| (it.transport, it.port, it.address, it.process.clone()));
        listeners.dedup();
        listeners
    }
}

fn gap(field: &str, of: Option<&str>, reason: Absent) -> Gap {
    Gap { field: field.to_owned(), of: of.map(str::to_owned), reason }
}

#[cfg(test)]
mod tests {
    use observation::latest::{AddressOrigin, Binding, Privilege, Transport};

    use super::*;
    use crate::host::{LinkAddress, Reply, Request, RouteState};
    use crate::sources::links::sample_link;
    use crate::sources::testing::{MapHost, with_context};

    const HEAD: &str = "  sl  local_address rem_address\n";
    const TCP: &str = "0: 00000000:01BB 00000000:0000 0A 0:0 00:0 0 0 0 77 1\n";
    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn inside() -> NetworkState {
        let address = "172.17.0.2".parse().unwrap();
        let address =
            LinkAddress { address, prefix_length: 16, is_permanent: true, is_temporary: false };
        let link = LinkState {
            kind: Some("veth".to_owned()),
            addresses: vec![address],
            ..sample_link(2, "eth0")
        };
        let loopback = LinkState { hardware_type: LOOPBACK, ..sample_link(1, "lo") };
        let route = RouteState {
            destination: "0.0.0.0".parse().unwrap(),
            prefix_length: 0,
            gateway: Some("172.17.0.1".parse().unwrap()),
            link: Some(2),
            metric: None,
        };
        NetworkState { links: vec![loopback, link], routes: vec![route] }
    }

    /// The host with a process of its own and a container of two processes.
    fn machine(host: MapHost) -> MapHost {
        let group = format!("/docker/{ID}");
        host.link("/proc/self/ns/net", "net:[1]")
            .process(700, "a", "/usr/sbin/a", "/", &[])
            .process(701, "nginx", "/usr/sbin/nginx", &group, &[77])
            .process(702, "worker", "/usr/sbin/worker", &group, &[77])
            .link("/proc/701/ns/net", "net:[2]")
            .link("/proc/702/ns/net", "net:[2]")
            .file("/proc/701/net/tcp", format!("{HEAD}{TCP}"))
    }

    fn spaces(found: &Found) -> Vec<&NetworkNamespace> {
        let mut spaces = Vec::new();
        for fact in &found.facts {
            let Fact::NetworkNamespace(space) = fact else { panic!("{fact:?}") };
            spaces.push(space);
        }
        spaces
    }

    fn asked(process: u32) -> Request {
        Request::NetworkOf { process }
    }

    #[test]
    fn a_container_has_links_routes_and_listeners() {
        let host = machine(MapHost::new()).answer(asked(701), Ok(Reply::NetworkOf(inside())));
        let found = with_context(&host, observe).unwrap();
        let [space] = *spaces(&found) else { panic!("{found:?}") };
        assert_eq!(space.label, format!("docker {ID}"));
        assert_eq!(space.container.as_ref().map(|it| &*it.id), Some(ID));
        assert_eq!(space.interfaces.len(), 1, "loopback is left out");
        let eth0 = &space.interfaces[0];
        assert_eq!((&*eth0.name, eth0.kind.as_deref()), ("eth0", Some("veth")));
        assert_eq!(eth0.addresses[0].address.to_string(), "172.17.0.2");
        assert_eq!(eth0.addresses[0].origin, AddressOrigin::Permanent);
        assert_eq!(space.routes[0].interface.as_deref(), Some("eth0"));
        let expected = NamespaceListener {
            transport: Transport::Tcp,
            address: "0.0.0.0".parse().unwrap(),
            port: 443,
            binding: Binding::All,
            process: Some("nginx".to_owned()),
        };
        assert_eq!(space.listeners, [expected]);
        assert!(found.gaps.is_empty() && found.complaints.is_empty(), "{found:?}");
    }

    #[test]
    fn without_the_right_to_go_there_listeners_are_still_told() {
        let reason = Absent::NotAllowed { what: "x".to_owned(), needs: Privilege::Root };
        let host = machine(MapHost::new()).answer(asked(701), Err(reason.clone()));
        let found = with_context(&host, observe).unwrap();
        assert_eq!(spaces(&found)[0].listeners.len(), 1);
        assert_eq!(found.gaps[0].reason, reason);
        assert_eq!(found.gaps[0].of.as_deref(), Some(&*format!("docker {ID}")));
    }

    #[test]
    fn a_service_that_is_cut_off_has_no_network_to_tell_of() {
        let only_loopback = NetworkState {
            links: vec![LinkState { hardware_type: LOOPBACK, ..sample_link(1, "lo") }],
            routes: Vec::new(),
        };
        let host = MapHost::new()
            .link("/proc/self/ns/net", "net:[1]")
            .process(5, "a", "/a", "/system.slice/a.service", &[])
            .link("/proc/5/ns/net", "net:[9]")
            .answer(asked(5), Ok(Reply::NetworkOf(only_loopback)));
        assert_eq!(with_context(&host, observe).unwrap(), Found::default());
    }

    #[test]
    fn processes_that_may_not_be_looked_at_are_a_gap() {
        let host = machine(MapHost::new()).forbid("/proc/701/ns").forbid("/proc/702/ns");
        let found = with_context(&host, observe).unwrap();
        let what = "/proc/*/ns/net".to_owned();
        let expected = Absent::NotAllowed { what, needs: Privilege::Ptrace };
        assert_eq!((found.facts.len(), &found.gaps[0].reason), (0, &expected));
    }

    #[test]
    fn two_of_one_name_are_told_apart_and_persons_are_not_named() {
        let host = MapHost::new()
            .file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
            .link("/proc/self/ns/net", "net:[1]")
            .process(5, "a", "/a", "/system.slice/vpn@alice.service", &[])
            .process(6, "a", "/a", "/system.slice/vpn@alice.service", &[])
            .link("/proc/5/ns/net", "net:[5]")
            .link("/proc/6/ns/net", "net:[6]")
            .answer(asked(5), Ok(Reply::NetworkOf(inside())))
            .answer(asked(6), Ok(Reply::NetworkOf(inside())));
        let found = with_context(&host, observe).unwrap();
        let labels: Vec<&str> = spaces(&found).iter().map(|it| &*it.label).collect();
        assert!(labels.len() == 2 && labels[1] == format!("{} (2)", labels[0]), "{labels:?}");
        assert!(!format!("{found:?}").contains("alice"), "{found:?}");
    }

    #[test]
    fn a_machine_without_namespaces_is_not_here() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }
}
