//! The networks of a document.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use super::DocumentFrame;
use super::owners::Owners;
use super::owners::is_link_local;
use super::station::Stations;
use crate::register::Cidr;

/// One network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetEntry {
    /// The network, `192.0.2.0/24`.
    pub network: String,
    /// The names of the devices in it that forward packets.
    pub gateways: Vec<String>,
    /// How many devices of the document have an address in it.
    pub devices: usize,
    /// What its size rests on.
    pub evidence: SubnetEvidence,
}

/// What the size of a network rests on, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubnetEvidence {
    /// A device has an interface in it.
    Interface,
    /// The scanner has an interface in it.
    Scanner,
    /// A routing table names it.
    Route,
    /// The command named it; how it is divided is not known.
    Command,
}

pub(super) fn subnets(
    owners: &Owners<'_>,
    stations: &Stations,
    frame: &DocumentFrame,
) -> Vec<SubnetEntry> {
    let found = found(owners, frame);
    let each = found.into_iter();
    each.map(|(network, evidence)| {
        let inside = |index: &usize| {
            let addresses = owners.devices.get(*index).map(|it| it.addresses.as_slice());
            addresses.is_some_and(|it| it.iter().any(|it| network.contains(*it)))
        };
        let mut gateways: Vec<String> =
            stations.all().filter(inside).map(|it| owners.name(it)).collect();
        gateways.sort();
        SubnetEntry {
            network: network.to_string(),
            gateways,
            devices: (0..owners.devices.len()).filter(inside).count(),
            evidence,
        }
    })
    .collect()
}

/// The networks that somebody has an interface in. The destination of a route is not one: `10.0.0.0/8`
/// by way of a tunnel holds a whole company, and its routers do not reach one another in it.
pub(super) fn known(owners: &Owners<'_>, frame: &DocumentFrame) -> Vec<Cidr> {
    let found = found(owners, frame);
    found.into_iter().filter(|it| has_interface(it.1)).map(|it| it.0).collect()
}

const fn has_interface(evidence: SubnetEvidence) -> bool {
    match evidence {
        SubnetEvidence::Interface | SubnetEvidence::Scanner => true,
        SubnetEvidence::Route | SubnetEvidence::Command => false,
    }
}

fn found(owners: &Owners<'_>, frame: &DocumentFrame) -> BTreeMap<Cidr, SubnetEvidence> {
    let mut found: BTreeMap<Cidr, SubnetEvidence> = BTreeMap::new();
    let mut add = |network: Option<Cidr>, evidence: SubnetEvidence| {
        let Some(network) = network.filter(|it| is_network(it) && concerns(it, frame)) else {
            return;
        };
        let known = found.entry(network).or_insert(evidence);
        *known = (*known).min(evidence);
    };
    for (_, asset) in owners.assets() {
        for (address, length) in asset.interfaces.iter().flat_map(|it| &it.value.addresses) {
            add(Cidr::of(*address, *length), SubnetEvidence::Interface);
        }
        for route in asset.routes.iter().map(|it| &it.value) {
            add(Cidr::of(route.destination, route.prefix_length), SubnetEvidence::Route);
        }
    }
    for (_, network) in &frame.links {
        add(Some(*network), SubnetEvidence::Scanner);
    }
    for network in &frame.networks {
        // A route to all that lies around it says nothing of how it is divided.
        let divides = |(it, evidence): (&Cidr, &SubnetEvidence)| {
            overlap(it, network) && (has_interface(*evidence) || network.contains(it.address()))
        };
        let is_divided = found.iter().any(divides);
        if !is_divided && is_network(network) {
            found.insert(*network, SubnetEvidence::Command);
        }
    }
    found
}

/// Whether it is a network that hosts can share: no single address, no default route.
fn is_network(network: &Cidr) -> bool {
    let bits = if network.address().is_ipv4() { 32 } else { 128 };
    (1..bits).contains(&network.prefix_length())
        && !network.address().is_loopback()
        && !network.address().is_multicast()
        && !is_link_local(network.address())
}

fn concerns(network: &Cidr, frame: &DocumentFrame) -> bool {
    frame.networks.iter().any(|it| overlap(it, network))
}

fn overlap(left: &Cidr, right: &Cidr) -> bool {
    left.contains(right.address()) || right.contains(left.address())
}
