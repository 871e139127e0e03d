//! Which devices lie between others.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::DocumentFrame;
use super::owners::Owners;
use crate::asset::Asset;
use crate::asset::ObserverId;
use crate::asset::PathDescription;

/// The devices that forward packets.
#[derive(Debug, Default)]
pub(super) struct Stations(BTreeSet<usize>);

impl Stations {
    pub(super) fn forwards(&self, device: usize) -> bool {
        self.0.contains(&device)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }
}

/// Devices that a route names as next hop, or that answered on the way to another.
pub(super) fn stations(owners: &Owners<'_>, frame: &DocumentFrame) -> Stations {
    let mut found = BTreeSet::new();
    let gateways = owners.assets().flat_map(|(_, it)| &it.routes).filter_map(|it| it.value.gateway);
    found.extend(gateways.chain(frame.gateways.iter().copied()).filter_map(|it| owners.owner(it)));
    for (device, asset) in owners.assets() {
        for path in paths(asset, frame) {
            let on_the_way = before_target(path).iter().flatten();
            found.extend(on_the_way.filter_map(|it| owners.owner(*it)).filter(|it| *it != device));
        }
    }
    Stations(found)
}

/// The paths to an asset from where the run looked.
pub(super) fn paths<'a>(
    asset: &'a Asset,
    frame: &'a DocumentFrame,
) -> impl Iterator<Item = &'a PathDescription> {
    let from_here = |observer: &ObserverId| match observer {
        ObserverId::Target(target) => target.vantage == frame.vantage,
        ObserverId::Agent(_) | ObserverId::Person(_) => false,
    };
    asset.paths.iter().filter(move |it| from_here(&it.evidence.observer)).map(|it| &it.value)
}

/// The stations of a path without the target itself.
pub(super) fn before_target(path: &PathDescription) -> &[Option<IpAddr>] {
    match path.hops.split_last() {
        Some((_, before)) if path.is_complete => before,
        Some(_) | None => &path.hops,
    }
}
