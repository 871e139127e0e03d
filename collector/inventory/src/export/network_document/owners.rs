//! Which device has which address, and what each device is called.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::DocumentFrame;
use super::station::paths;
use crate::asset::Asset;

/// One device of the document: an asset, or a station that only paths show.
#[derive(Debug, Clone)]
pub(super) struct Device<'a> {
    /// Its asset; none for a station that only paths show.
    pub(super) asset: Option<&'a Asset>,
    /// Its addresses, in numeric order, IPv4 first.
    pub(super) addresses: Vec<IpAddr>,
    /// Its name, unique in the document.
    pub(super) name: String,
}

/// All devices, in the order of their addresses.
#[derive(Debug)]
pub(super) struct Owners<'a> {
    pub(super) devices: Vec<Device<'a>>,
    places: BTreeMap<IpAddr, Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    One(usize),
    /// Several devices have it: a private address behind each of them, or a shared one.
    Several,
}

impl<'a> Owners<'a> {
    pub(super) fn of(assets: &'a [Asset], frame: &DocumentFrame) -> Self {
        let mut devices: Vec<Device<'a>> = Vec::new();
        for asset in assets {
            let addresses = addresses(asset, frame);
            if addresses.iter().any(|it| frame.covers(*it)) {
                let name = short_name(asset);
                devices.push(Device {
                    asset: Some(asset),
                    addresses,
                    name: name.unwrap_or_default(),
                });
            }
        }
        let known: BTreeSet<IpAddr> =
            devices.iter().flat_map(|it| it.addresses.iter().copied()).collect();
        let on_the_way: BTreeSet<IpAddr> = devices
            .iter()
            .filter_map(|it| it.asset)
            .flat_map(|it| paths(it, frame))
            .flat_map(|it| it.hops.iter().flatten().copied())
            .filter(|it| !known.contains(it) && !it.is_loopback() && !frame.excludes(*it))
            .collect();
        // A station outside of the networks was not asked; that it is there is all that is known.
        for address in on_the_way {
            devices.push(Device { asset: None, addresses: vec![address], name: String::new() });
        }
        devices.sort_by(|left, right| key(left).cmp(&key(right)));
        name_all(&mut devices);
        let mut places = BTreeMap::new();
        for (index, device) in devices.iter().enumerate() {
            for address in &device.addresses {
                places
                    .entry(*address)
                    .and_modify(|it| {
                        if *it != Place::One(index) {
                            *it = Place::Several;
                        }
                    })
                    .or_insert(Place::One(index));
            }
        }
        Self { devices, places }
    }

    /// The one device that has an address; none if nobody or several have it.
    pub(super) fn owner(&self, address: IpAddr) -> Option<usize> {
        match self.places.get(&address.to_canonical()) {
            Some(Place::One(index)) => Some(*index),
            Some(Place::Several) | None => None,
        }
    }

    /// The name of a device.
    pub(super) fn name(&self, index: usize) -> String {
        self.devices.get(index).map(|it| it.name.clone()).unwrap_or_default()
    }

    /// All devices that are assets, with their places.
    pub(super) fn assets(&self) -> impl Iterator<Item = (usize, &'a Asset)> {
        self.devices.iter().enumerate().filter_map(|(index, it)| Some((index, it.asset?)))
    }
}

/// The addresses of an asset: shown by its own interfaces, or seen from outside; not those that are
/// not to be spoken of.
fn addresses(asset: &Asset, frame: &DocumentFrame) -> Vec<IpAddr> {
    let own = asset.interfaces.iter().flat_map(|it| &it.value.addresses).map(|it| it.0);
    let seen = asset.addresses.iter().map(|it| it.value.address);
    let targets = asset.members.iter().filter_map(target);
    let all: BTreeSet<IpAddr> = own
        .chain(seen)
        .chain(targets)
        .map(|it| it.to_canonical())
        .filter(|it| !frame.excludes(*it))
        .collect();
    // The address that a scan named is kept even if it is the loopback.
    let asked: BTreeSet<IpAddr> = asset.members.iter().filter_map(target).collect();
    let is_shown = |it: &IpAddr| !it.is_unspecified() && (!it.is_loopback() || asked.contains(it));
    let routed: Vec<IpAddr> =
        all.iter().copied().filter(is_shown).filter(|it| !is_link_local(*it)).collect();
    // A link-local address says something only where there is no other.
    if routed.is_empty() { all.into_iter().filter(is_shown).collect() } else { routed }
}

fn target(observer: &crate::asset::ObserverId) -> Option<IpAddr> {
    match observer {
        crate::asset::ObserverId::Target(target) => Some(target.address.to_canonical()),
        crate::asset::ObserverId::Agent(_) | crate::asset::ObserverId::Person(_) => None,
    }
}

/// Whether an address means something on one link only (RFC 3927, RFC 4291 §2.5.6).
pub(super) fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => it.is_link_local(),
        IpAddr::V6(it) => it.is_unicast_link_local(),
    }
}

/// The host name without its domain.
fn short_name(asset: &Asset) -> Option<String> {
    let name = asset.name.as_ref()?.value.trim();
    // An address that serves as a name has no domain to be cut off.
    let short = match name.parse::<IpAddr>() {
        Ok(_) => name,
        Err(_) => name.split('.').next()?,
    };
    (!short.is_empty()).then(|| short.to_owned())
}

fn key<'a>(device: &'a Device<'_>) -> (&'a [IpAddr], &'a str, Option<&'a str>) {
    let label = device.asset.map(|it| it.label.0.as_str());
    (&device.addresses, &device.name, label)
}

/// Gives every device a name of its own: the host name, else its first address; the second of the
/// same name gets `-2`, and so on.
fn name_all(devices: &mut [Device<'_>]) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    // Where counting goes on: a thousand devices may be called `localhost`.
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    for device in devices {
        if device.name.is_empty() {
            device.name = device.addresses.first().map(ToString::to_string).unwrap_or_default();
        }
        let wanted = device.name.clone();
        // Host names do not differ by case (RFC 1035 §2.3.3).
        let number = numbers.entry(wanted.to_lowercase()).or_insert(2);
        while !taken.insert(device.name.to_lowercase()) {
            device.name = format!("{wanted}-{number}");
            *number += 1;
        }
    }
}
