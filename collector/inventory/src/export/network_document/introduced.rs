//! Which device of the document introduced itself on a cable.

use std::collections::BTreeMap;

use super::owners::Owners;
use crate::asset::CableDescription;
use crate::recognise::link_mac;

/// Devices by their hardware addresses and by their names; none where several have one.
pub(super) struct Introduced {
    by_mac: BTreeMap<String, Option<usize>>,
    by_name: BTreeMap<String, Option<usize>>,
}

impl Introduced {
    pub(super) fn of(owners: &Owners<'_>) -> Self {
        let mut known = Self { by_mac: BTreeMap::new(), by_name: BTreeMap::new() };
        for (device, asset) in owners.assets() {
            let own = asset.interfaces.iter().map(|it| &it.value);
            let own = own.flat_map(|it| [it.mac.as_deref(), it.permanent_mac.as_deref()]);
            let seen = asset.addresses.iter().map(|it| it.value.mac.as_deref());
            for mac in own.chain(seen).flatten().filter_map(link_mac) {
                enter(&mut known.by_mac, mac, device);
            }
            let names = asset.name.iter().chain(&asset.names).map(|it| it.value.as_str());
            for name in names.filter_map(short) {
                enter(&mut known.by_name, name, device);
            }
        }
        known
    }

    /// By where it is administered, by its hardware address, by its name: the first that names one device.
    pub(super) fn device(&self, owners: &Owners<'_>, cable: &CableDescription) -> Option<usize> {
        let of_name = |name: &str| short(name).and_then(|it| *self.by_name.get(&it)?);
        let by_address = cable.management_addresses.iter().find_map(|it| owners.owner(*it));
        let chassis = cable.chassis_id.as_deref();
        let by_mac = || *self.by_mac.get(&chassis.and_then(link_mac)?)?;
        let by_name = || cable.system_name.as_deref().and_then(of_name);
        // CDP has its name in place of a number.
        by_address.or_else(by_mac).or_else(by_name).or_else(|| chassis.and_then(of_name))
    }
}

fn enter(places: &mut BTreeMap<String, Option<usize>>, key: String, device: usize) {
    let place = places.entry(key).or_insert(Some(device));
    if *place != Some(device) {
        *place = None;
    }
}

/// A name without its domain, in one case (RFC 1035 §2.3.3); none for an address.
fn short(name: &str) -> Option<String> {
    let name = name.trim();
    if name.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let short = name.split('.').next().unwrap_or_default();
    (!short.is_empty()).then(|| short.to_ascii_lowercase())
}
