//! What the sheets read: the snapshot with its indexes, in one language.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use wording::Language;
use wording::Wording;

use super::sheet::Row;
use super::sheet::Sheet;
use super::sheets::SHEETS;
use super::snapshot::Snapshot;
use crate::asset::Asset;
use crate::asset::AssetId;
use crate::register::Zone;

/// The snapshot in one language.
#[derive(Clone)]
pub struct View<'a> {
    snapshot: &'a Snapshot,
    language: Language,
    time_zone: TimeZone,
    assets: BTreeMap<AssetId, &'a Asset>,
    addresses: BTreeMap<IpAddr, &'a Asset>,
    networks: Vec<(Network, &'a Zone)>,
    rows: BTreeMap<&'static str, OnceCell<Vec<Row>>>,
}

/// A network as text such as `10.20.20.0/24`, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    prefix_length: u8,
}

impl<'a> View<'a> {
    /// The snapshot in this language, with times shown in this zone.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, language: Language, time_zone: TimeZone) -> Self {
        let assets = snapshot.assets.iter().map(|it| (it.id, it)).collect();
        let mut networks: Vec<_> = snapshot
            .register
            .zone
            .iter()
            .flat_map(|zone| zone.networks.iter().map(move |it| (it, zone)))
            .filter_map(|(text, zone)| Some((Network::from_text(text)?, zone)))
            .collect();
        // The most exact network first, so that a zone within a zone wins.
        networks.sort_by_key(|(network, zone)| {
            (std::cmp::Reverse(network.prefix_length), *network, zone.name.clone())
        });
        let rows = SHEETS.iter().map(|it| (it.key, OnceCell::new())).collect();
        let addresses = addresses(snapshot);
        Self { snapshot, language, time_zone, assets, addresses, networks, rows }
    }

    /// The snapshot.
    #[must_use]
    pub const fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// The language.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The time zone in which times are shown.
    #[must_use]
    pub const fn time_zone(&self) -> &TimeZone {
        &self.time_zone
    }

    /// The words.
    #[must_use]
    pub fn wording(&self) -> &'static Wording {
        self.language.wording()
    }

    /// The text of a message.
    #[must_use]
    pub fn text(&self, message: &str) -> String {
        self.wording().text(message)
    }

    /// The day of a moment in the zone of the export.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.time_zone.clone()).date()
    }

    /// A day as people write it.
    #[must_use]
    pub fn day_text(&self, day: Date) -> String {
        match self.language {
            Language::German => day.strftime("%d.%m.%Y").to_string(),
            Language::English => day.strftime("%-d %b %Y").to_string(),
        }
    }

    /// A moment as people write it, in the zone of the export.
    #[must_use]
    pub fn instant_text(&self, at: Timestamp) -> String {
        let local = at.to_zoned_datetime(self.time_zone.clone());
        format!("{} {}", self.day_text(local.date()), local.strftime("%H:%M"))
    }

    /// The asset of this id.
    #[must_use]
    pub fn asset(&self, id: AssetId) -> Option<&'a Asset> {
        self.assets.get(&id).copied()
    }

    /// The asset that has this address; none if nobody or more than one has it.
    #[must_use]
    pub fn asset_of(&self, address: IpAddr) -> Option<&'a Asset> {
        self.addresses.get(&address).copied()
    }

    /// The rows of a sheet, made once. A sheet must not ask for its own.
    #[must_use]
    pub fn rows(&self, sheet: &Sheet) -> &[Row] {
        self.rows.get(sheet.key).map_or(&[], |it| it.get_or_init(|| (sheet.rows)(self)).as_slice())
    }

    /// How many rows the sheet of this key has; none for a key that no sheet has.
    #[must_use]
    pub fn row_count(&self, key: &str) -> Option<usize> {
        SHEETS.iter().find(|it| it.key == key).map(|it| self.rows(it).len())
    }

    /// The zone of the register that this address lies in.
    #[must_use]
    pub fn zone_of(&self, address: IpAddr) -> Option<&'a Zone> {
        self.networks.iter().find(|(network, _)| network.contains(address)).map(|(_, zone)| *zone)
    }

    /// The name of an asset for people: its host name, else its label.
    #[must_use]
    pub fn name_of(&self, asset: &Asset) -> String {
        asset.name.as_ref().map_or_else(|| asset.label.to_string(), |it| it.value.clone())
    }
}

/// Addresses that exactly one asset has; loopback and link-local ones name nobody.
fn addresses(snapshot: &Snapshot) -> BTreeMap<IpAddr, &Asset> {
    let mut holders: BTreeMap<IpAddr, Vec<&Asset>> = BTreeMap::new();
    for asset in &snapshot.assets {
        for (address, _) in asset.interfaces.iter().flat_map(|it| &it.value.addresses) {
            let holders = holders.entry(*address).or_default();
            if names_a_host(*address) && !holders.iter().any(|it| it.id == asset.id) {
                holders.push(asset);
            }
        }
    }
    let mut found = BTreeMap::new();
    for holder in holders {
        if let [only] = holder.1.as_slice() {
            found.insert(holder.0, *only);
        }
    }
    found
}

/// Whether an address can name one host beyond its own links.
#[must_use]
pub const fn names_a_host(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => !it.is_loopback() && !it.is_link_local() && !it.is_unspecified(),
        IpAddr::V6(it) => !it.is_loopback() && !it.is_unicast_link_local() && !it.is_unspecified(),
    }
}

impl Network {
    /// The network of this address and prefix.
    #[must_use]
    pub fn new(address: IpAddr, prefix_length: u8) -> Option<Self> {
        let network = match address {
            IpAddr::V4(it) if prefix_length <= 32 => {
                IpAddr::from((u32::from(it) & mask_v4(prefix_length)).to_be_bytes())
            }
            IpAddr::V6(it) if prefix_length <= 128 => {
                IpAddr::from((u128::from(it) & mask_v6(prefix_length)).to_be_bytes())
            }
            IpAddr::V4(_) | IpAddr::V6(_) => return None,
        };
        Some(Self { address: network, prefix_length })
    }

    /// The network that a text such as `10.20.20.0/24` names.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (address, length) = text.trim().split_once('/')?;
        Self::new(address.parse().ok()?, length.parse().ok()?)
    }

    /// Whether the address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        Self::new(address, self.prefix_length).is_some_and(|it| it.address == self.address)
    }

    /// Its first address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// Length of its prefix.
    #[must_use]
    pub const fn prefix_length(&self) -> u8 {
        self.prefix_length
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix_length)
    }
}

const fn mask_v4(length: u8) -> u32 {
    if length == 0 { 0 } else { u32::MAX << (32 - length) }
}

const fn mask_v6(length: u8) -> u128 {
    if length == 0 { 0 } else { u128::MAX << (128 - length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let network = Network::from_text("10.20.20.7/24").unwrap();
        assert_eq!(network.to_string(), "10.20.20.0/24");
        assert!(network.contains("10.20.20.255".parse().unwrap()));
        assert!(!network.contains("10.20.21.0".parse().unwrap()));
        assert!(!network.contains("fe80::1".parse().unwrap()));
        assert!(Network::from_text("0.0.0.0/0").unwrap().contains("8.8.8.8".parse().unwrap()));
        assert!(Network::from_text("::/0").unwrap().contains("fe80::1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_none() {
        for text in ["", "10.0.0.0", "10.0.0.0/33", "::/129", "a/8", "10.0.0.0/-1", "/"] {
            assert_eq!(Network::from_text(text), None, "{text}");
        }
    }
}
