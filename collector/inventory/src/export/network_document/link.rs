//! Which device reaches others through which.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Deserialize;
use serde::Serialize;

use super::DocumentFrame;
use super::introduced::Introduced;
use super::owners::Owners;
use super::station::Stations;
use super::station::before_target;
use super::station::paths;
use super::subnet;
use crate::assess::Management;
use crate::asset::AssetId;
use crate::register::Cidr;

/// One link: `a` reaches other networks through `b`, `b` is the controller that manages `a`, or `b` introduced
/// itself on a cable of `a`. Two devices have one link at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkEntry {
    /// The name of a device.
    pub a: String,
    /// The port of `a` that the link begins at; `null`: not known.
    pub a_port: Option<String>,
    /// The name of the device behind it.
    pub b: String,
    /// What it rests on.
    pub evidence: LinkEvidence,
}

/// What a link rests on, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkEvidence {
    /// A routing table names the other as next hop.
    Route,
    /// The two answered one after the other on a path.
    Path,
    /// `b` is the management controller whose hardware address or address the host `a` names. Says nothing of the
    /// way to others.
    ManagementController,
    /// `b` introduced itself on a cable of `a` with LLDP (IEEE 802.1AB). Says nothing of the way to others.
    Lldp,
    /// The same with CDP.
    Cdp,
    /// Both forward packets and have an interface in one network.
    Interface,
    /// Concluded: `b` is the only router that is known in a network of `a`, or the last station before
    /// its neighbours at the same distance.
    Subnet,
}

/// Links by their two devices, smaller place first.
#[derive(Default)]
struct Found(BTreeMap<(usize, usize), (LinkEvidence, usize, usize)>);

impl Found {
    /// The stronger evidence stays, and with it who is `a`.
    fn add(&mut self, a: usize, b: usize, evidence: LinkEvidence) {
        if a == b {
            return;
        }
        let new = (evidence, a, b);
        let known = self.0.entry((a.min(b), a.max(b))).or_insert(new);
        *known = (*known).min(new);
    }

    /// The devices whose way out is known. A cable to a switch is none, nor is a management controller.
    fn beginnings(&self) -> BTreeSet<usize> {
        let is_way = |it: &&(LinkEvidence, usize, usize)| {
            !matches!(
                it.0,
                LinkEvidence::ManagementController | LinkEvidence::Lldp | LinkEvidence::Cdp
            )
        };
        self.0.values().filter(is_way).map(|it| it.1).collect()
    }
}

pub(super) fn links(
    owners: &Owners<'_>,
    stations: &Stations,
    frame: &DocumentFrame,
    managements: &[Management],
) -> Vec<LinkEntry> {
    let mut found = Found::default();
    for (device, asset) in owners.assets() {
        for gateway in asset.routes.iter().filter_map(|it| it.value.gateway) {
            if let Some(other) = owners.owner(gateway) {
                found.add(device, other, LinkEvidence::Route);
            }
        }
    }
    let scanner = frame.links.iter().find_map(|it| owners.owner(it.0));
    for (device, asset) in owners.assets() {
        for path in paths(asset, frame) {
            let before = before_target(path).iter().map(|it| it.and_then(|it| owners.owner(it)));
            let end = path.is_complete.then_some(Some(device));
            let way: Vec<Option<usize>> =
                std::iter::once(scanner).chain(before).chain(end).collect();
            // From the same link to the same link nothing lies in between.
            if way.len() > 2 {
                along(&mut found, &way);
            }
        }
    }
    to_controllers(&mut found, owners, managements);
    let ports = on_cables(&mut found, owners);
    let networks = subnet::known(owners, frame);
    between_routers(&mut found, owners, stations, &networks);
    within_networks(&mut found, owners, stations, &networks);
    beside_others(&mut found, owners, frame);
    let mut links: Vec<LinkEntry> = found
        .0
        .values()
        .map(|(evidence, a, b)| LinkEntry {
            a: owners.name(*a),
            a_port: ports.get(&(*a, *b)).cloned(),
            b: owners.name(*b),
            evidence: *evidence,
        })
        .collect();
    links.sort_by(|left, right| (&left.a, &left.b).cmp(&(&right.a, &right.b)));
    links
}

/// The pairs of a path; a silent station in between breaks it. The scanner reaches the first station,
/// every later one is reached through the one before it.
fn along(found: &mut Found, way: &[Option<usize>]) {
    for (place, pair) in way.windows(2).enumerate() {
        let [Some(before), Some(after)] = pair else { continue };
        let (a, b) = if place == 0 { (*before, *after) } else { (*after, *before) };
        found.add(a, b, LinkEvidence::Path);
    }
}

/// The hosts and controllers that are both in the document.
fn to_controllers(found: &mut Found, owners: &Owners<'_>, managements: &[Management]) {
    let devices: BTreeMap<AssetId, usize> =
        owners.assets().map(|(device, asset)| (asset.id, device)).collect();
    for it in managements {
        if let (Some(host), Some(controller)) = (devices.get(&it.host), devices.get(&it.controller))
        {
            found.add(*host, *controller, LinkEvidence::ManagementController);
        }
    }
}

/// The devices that introduced themselves on cables, and for each pair the port of the first. A name or number
/// that the document has no device for, or several, is no link.
fn on_cables(found: &mut Found, owners: &Owners<'_>) -> BTreeMap<(usize, usize), String> {
    let known = Introduced::of(owners);
    let mut ports: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for (device, asset) in owners.assets() {
        for cable in asset.cables.iter().map(|it| &it.value) {
            let Some(other) = known.device(owners, cable).filter(|it| *it != device) else {
                continue;
            };
            let is_lldp = cable.protocol == "lldp";
            let evidence = if is_lldp { LinkEvidence::Lldp } else { LinkEvidence::Cdp };
            found.add(device, other, evidence);
            // Of two cables between the same devices the first by its name.
            let port = ports.entry((device, other)).or_insert_with(|| cable.interface.clone());
            if cable.interface < *port {
                port.clone_from(&cable.interface);
            }
        }
    }
    ports
}

/// Routers that have an interface in one network reach one another.
fn between_routers(found: &mut Found, owners: &Owners<'_>, stations: &Stations, networks: &[Cidr]) {
    for network in networks {
        let routers: Vec<usize> = stations.all().filter(|it| is_in(owners, *it, network)).collect();
        for (index, a) in routers.iter().enumerate() {
            for b in routers.iter().skip(index + 1) {
                found.add(*a, *b, LinkEvidence::Interface);
            }
        }
    }
}

/// A device whose way out is not known most likely takes the only router of its network.
fn within_networks(found: &mut Found, owners: &Owners<'_>, stations: &Stations, networks: &[Cidr]) {
    let mut have_a_way = found.beginnings();
    for network in networks {
        let mut routers = stations.all().filter(|it| is_in(owners, *it, network));
        let (Some(router), None) = (routers.next(), routers.next()) else { continue };
        for device in 0..owners.devices.len() {
            let is_host = !stations.forwards(device) && is_in(owners, device, network);
            if is_host && have_a_way.insert(device) {
                found.add(device, router, LinkEvidence::Subnet);
            }
        }
    }
}

/// Routers answer few packets per second: the last station before a device may have kept silent to it and
/// not to its neighbour at the same distance, whose way it shares.
fn beside_others(found: &mut Found, owners: &Owners<'_>, frame: &DocumentFrame) {
    let mut last_of: BTreeMap<(Cidr, usize), BTreeSet<usize>> = BTreeMap::new();
    let mut silent = Vec::new();
    for (device, asset) in owners.assets() {
        for path in paths(asset, frame).filter(|it| it.is_complete && it.hops.len() > 1) {
            let Some(place) = neighbourhood(path.target).map(|it| (it, path.hops.len())) else {
                continue;
            };
            match before_target(path).last().copied().flatten() {
                Some(station) => last_of.entry(place).or_default().extend(owners.owner(station)),
                None => silent.push((device, place)),
            }
        }
    }
    let mut have_a_way = found.beginnings();
    for (device, place) in silent {
        let mut routers = last_of.get(&place).into_iter().flatten();
        let (Some(router), None) = (routers.next(), routers.next()) else { continue };
        if have_a_way.insert(device) {
            found.add(device, *router, LinkEvidence::Subnet);
        }
    }
}

/// Networks are hardly ever smaller, and neighbours in a larger one are neighbours all the same.
fn neighbourhood(address: IpAddr) -> Option<Cidr> {
    Cidr::of(address, if address.is_ipv4() { 24 } else { 64 })
}

fn is_in(owners: &Owners<'_>, device: usize, network: &Cidr) -> bool {
    let addresses = owners.devices.get(device).map(|it| it.addresses.as_slice());
    addresses.is_some_and(|it| it.iter().any(|it: &IpAddr| network.contains(*it)))
}
