//! The devices of a document.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use serde::Deserialize;
use serde::Serialize;

use super::DocumentFrame;
use super::kind::DeviceKind;
use super::owners::Device;
use super::owners::Owners;
use super::service::ServiceEntry;
use super::service::services;
use super::station::Stations;
use super::station::paths;
use crate::asset::AddressDescription;
use crate::asset::Asset;
use crate::asset::Contact;
use crate::asset::OperatingSystemDescription;

/// What the firmware of a device as a whole runs on, the first that is known: not its disks, adapters
/// and processors, which have their own.
const WHOLE_DEVICE: [&str; 3] = ["device", "device_software", "bios"];

/// One device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceEntry {
    /// Its name, unique in the document: the host name without domain, else its first address.
    pub name: String,
    /// The label of its asset; `null`: only paths show it.
    pub asset: Option<String>,
    /// What it is.
    pub kind: DeviceKind,
    /// Its maker; where it does not say one, the one that its hardware address was given to.
    pub vendor: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Version of its firmware.
    pub firmware: Option<String>,
    /// Operating system with version, as far as it is known.
    pub os: Option<String>,
    /// IPv4 addresses in numeric order.
    pub ips: Vec<Ipv4Addr>,
    /// IPv6 addresses in numeric order; link-local ones only where it has no other address.
    pub ip6s: Vec<Ipv6Addr>,
    /// Hardware addresses, `aa:bb:cc:dd:ee:ff`.
    pub macs: Vec<String>,
    /// Stations from the scanner to the device, the device included: 1 is on the same link, 0 is the
    /// scanner's own host.
    pub hops: Option<usize>,
    /// How it is known.
    pub seen: SeenAs,
    /// What it offers to others.
    pub services: Vec<ServiceEntry>,
}

/// How a device is known; the strongest of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenAs {
    /// An agent on it reports.
    Agent,
    /// It answered a scan.
    Scan,
    /// A neighbour table names it; it was not contacted.
    NeighbourTable,
    /// It answered on the way to another address.
    Path,
}

pub(super) fn devices(
    owners: &Owners<'_>,
    stations: &Stations,
    frame: &DocumentFrame,
) -> Vec<DeviceEntry> {
    let each = owners.devices.iter().enumerate();
    each.map(|(index, device)| {
        let kind = DeviceKind::of(device.asset, stations.forwards(index));
        match device.asset {
            Some(asset) => of_asset(device, asset, kind, frame),
            None => of_station(device, kind, owners, frame),
        }
    })
    .collect()
}

fn of_asset(
    device: &Device<'_>,
    asset: &Asset,
    kind: DeviceKind,
    frame: &DocumentFrame,
) -> DeviceEntry {
    let text = |it: Option<&String>| it.filter(|it| !it.is_empty()).cloned();
    let hardware = &asset.hardware;
    let said = text(hardware.manufacturer.as_ref().map(|it| &it.value));
    let assigned = || asset.addresses.iter().find_map(|it| text(it.value.mac_vendor.as_ref()));
    DeviceEntry {
        name: device.name.clone(),
        asset: Some(asset.label.to_string()),
        kind,
        vendor: said.or_else(assigned),
        model: text(hardware.product.as_ref().map(|it| &it.value)),
        serial: text(hardware.serial.as_ref().map(|it| &it.value)),
        firmware: firmware(asset).filter(|it| !it.is_empty()),
        os: asset.operating_system.as_ref().and_then(|it| system(&it.value)),
        ips: v4(&device.addresses),
        ip6s: v6(&device.addresses),
        macs: macs(asset, frame),
        hops: match device.addresses.iter().any(|it| is_own(*it, frame)) {
            true => Some(0),
            false => hops(asset, frame),
        },
        seen: match asset.contact {
            Contact::Reported => SeenAs::Agent,
            Contact::Scanned => SeenAs::Scan,
            Contact::Seen => SeenAs::NeighbourTable,
        },
        services: services(asset),
    }
}

/// A device that only answered on the way to others.
fn of_station(
    device: &Device<'_>,
    kind: DeviceKind,
    owners: &Owners<'_>,
    frame: &DocumentFrame,
) -> DeviceEntry {
    let place = |hops: &[Option<IpAddr>]| {
        let found = hops.iter().position(|it| it.is_some_and(|it| device.addresses.contains(&it)));
        found.map(|it| it + 1)
    };
    let ways = owners.assets().flat_map(|(_, it)| paths(it, frame));
    DeviceEntry {
        name: device.name.clone(),
        asset: None,
        kind,
        vendor: None,
        model: None,
        serial: None,
        firmware: None,
        os: None,
        ips: v4(&device.addresses),
        ip6s: v6(&device.addresses),
        macs: Vec::new(),
        hops: ways.filter_map(|it| place(&it.hops)).min(),
        seen: SeenAs::Path,
        services: Vec::new(),
    }
}

/// Whether the scanner itself has this address.
fn is_own(address: IpAddr, frame: &DocumentFrame) -> bool {
    frame.links.iter().any(|it| it.0 == address)
}

/// The shortest way that was seen whole, to whichever of its addresses; on the same link there is
/// nothing in between.
fn hops(asset: &Asset, frame: &DocumentFrame) -> Option<usize> {
    let traced = paths(asset, frame).filter(|it| it.is_complete && !frame.excludes(it.target));
    let on_link = sights(asset, frame).filter(|it| it.on_link_from.contains(&frame.vantage));
    traced.map(|it| it.hops.len()).chain(on_link.map(|_| 1)).min()
}

/// What was seen of its addresses, except those that are not to be spoken of.
fn sights<'a>(
    asset: &'a Asset,
    frame: &DocumentFrame,
) -> impl Iterator<Item = &'a AddressDescription> {
    asset.addresses.iter().map(|it| &it.value).filter(|it| !frame.excludes(it.address))
}

/// The version of the firmware of the device as a whole.
fn firmware(asset: &Asset) -> Option<String> {
    WHOLE_DEVICE.iter().find_map(|component| {
        let levels = asset.firmware.iter().map(|it| &it.value);
        levels.filter(|it| it.component == *component).find_map(|it| it.version.clone())
    })
}

fn system(system: &OperatingSystemDescription) -> Option<String> {
    let named = || {
        let name = system.name.as_ref()?;
        Some(match &system.version {
            Some(version) => format!("{name} {version}"),
            None => name.clone(),
        })
    };
    system.pretty_name.clone().or_else(named).filter(|it| !it.is_empty())
}

fn v4(addresses: &[IpAddr]) -> Vec<Ipv4Addr> {
    let only = |it: &IpAddr| match it {
        IpAddr::V4(it) => Some(*it),
        IpAddr::V6(_) => None,
    };
    addresses.iter().filter_map(only).collect()
}

fn v6(addresses: &[IpAddr]) -> Vec<Ipv6Addr> {
    let only = |it: &IpAddr| match it {
        IpAddr::V4(_) => None,
        IpAddr::V6(it) => Some(*it),
    };
    addresses.iter().filter_map(only).collect()
}

fn macs(asset: &Asset, frame: &DocumentFrame) -> Vec<String> {
    let own = asset.interfaces.iter().filter_map(|it| it.value.mac.as_ref());
    let seen = sights(asset, frame).filter_map(|it| it.mac.as_ref());
    let all: BTreeSet<String> = own.chain(seen).map(|it| it.to_ascii_lowercase()).collect();
    // A loopback has zeros for a hardware address.
    all.into_iter().filter(|it| it.chars().any(|it| !matches!(it, '0' | ':'))).collect()
}
