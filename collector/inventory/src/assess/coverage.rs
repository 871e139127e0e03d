//! What should exist and what does: machines that lists on hosts name, beside the assets.
//!
//! A list's word is matched with an asset where an identity agrees (SMBIOS UUID, hardware address) or the
//! full name does, or name and address together, and only if exactly one asset fits. Anything less is a
//! possibility that a person has to look at. Entries of several lists that mean one machine are
//! put together by the same rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::asset::{
    Asset, AssetId, Attested, Contact, Evidence, Lifecycle, NamedMachineDescription,
};
use crate::recognise::{host_name_text, link_mac, usable_uuid};

/// Possible assets that are named of one machine.
const POSSIBLE_MAX: usize = 5;

/// One machine that lists name, and whether it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// What the lists say.
    pub machine: NamedMachine,
    /// Whether it is recorded.
    pub state: CoverageState,
    /// The assets that it is; more than one where the lists contradict each other.
    pub assets: Vec<AssetId>,
    /// What agrees with the asset.
    pub matched_by: Vec<MatchedBy>,
    /// Assets that it may be: name or address alone agree, or hardware addresses contradict.
    pub possible: Vec<AssetId>,
}

/// What lists say of one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedMachine {
    /// Its names, sorted.
    pub names: Vec<String>,
    /// Its addresses, sorted.
    pub addresses: Vec<IpAddr>,
    /// Its hardware addresses, sorted.
    pub macs: Vec<String>,
    /// Its identities, sorted.
    pub ids: Vec<String>,
    /// Operating systems that lists state, sorted.
    pub operating_systems: Vec<String>,
    /// When a list last had to do with it.
    pub last_seen_at: Option<Timestamp>,
    /// Whether a list calls it in use; none where no list says anything about it.
    pub is_active: Option<bool>,
    /// The lists.
    pub lists: Vec<ListEntry>,
}

/// A list that names a machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListEntry {
    /// The kind of list, as on the wire.
    pub list: String,
    /// The program that keeps it.
    pub keeper: String,
    /// The asset on which it was read.
    pub on: AssetId,
    /// Where on it.
    pub place: String,
    /// What it rests on.
    pub evidence: Evidence,
}

/// Whether a machine that lists name is recorded. The most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverageState {
    /// No asset is it.
    Missing,
    /// More than one asset is it.
    Ambiguous,
    /// An asset may be it.
    Possible,
    /// A neighbour table names it; no agent reports and no scan asked it.
    SeenOnly,
    /// A scan saw it; no agent reports.
    Scanned,
    /// Its agent reports.
    Reported,
    /// No asset is it, and all lists call it out of use.
    NotExpected,
}

/// What agrees between a list and an asset, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// SMBIOS UUID.
    SystemUuid,
    /// Hardware address.
    Mac,
    /// Host name with domain.
    FullName,
    /// Host name and address.
    NameAndAddress,
}

/// All machines that lists on assets in use name, each with what is recorded of it, the most urgent first.
#[must_use]
pub fn coverage(assets: &[Asset]) -> Vec<Coverage> {
    let holders = Holders::of(assets);
    let mut entries = Vec::new();
    for asset in in_use(assets) {
        entries.extend(asset.named_machines.iter().filter_map(|it| Entry::of(asset, it, &holders)));
    }
    let contacts = assets.iter().map(|it| (it.id, it.contact)).collect();
    let mut machines: Vec<Coverage> =
        groups(&entries).iter().map(|group| covered(group, &contacts)).collect();
    machines.sort_by(|left, right| order(left).cmp(&order(right)));
    machines
}

fn order(it: &Coverage) -> impl Ord + use<'_> {
    (it.state, &it.machine.names, &it.machine.addresses, &it.machine.macs, &it.machine.ids)
}

fn in_use(assets: &[Asset]) -> impl Iterator<Item = &Asset> {
    assets.iter().filter(|it| it.lifecycle == Lifecycle::Operating)
}

/// One entry of a list with its identifiers in the form that they are compared in.
struct Entry<'a> {
    on: &'a Asset,
    attested: &'a Attested<NamedMachineDescription>,
    keys: Keys,
    verdict: Verdict,
}

/// What a machine can be recognised by.
pub(super) struct Keys {
    uuid: Option<Uuid>,
    macs: BTreeSet<String>,
    /// Lower case, without the dot at the end.
    full_name: Option<String>,
    label: Option<String>,
    addresses: BTreeSet<IpAddr>,
}

/// Which asset an entry is.
pub(super) enum Verdict {
    /// This one.
    Is(AssetId, MatchedBy),
    /// All of these show the same identity.
    Ambiguous(BTreeSet<AssetId>),
    /// None; these may be it.
    Open(BTreeSet<AssetId>),
}

impl<'a> Entry<'a> {
    /// None for what names no machine: a wildcard of a zone.
    fn of(
        on: &'a Asset,
        attested: &'a Attested<NamedMachineDescription>,
        holders: &Holders,
    ) -> Option<Self> {
        if attested.value.name.as_deref().is_some_and(|it| it.starts_with('*')) {
            return None;
        }
        let keys = Keys::of(&attested.value);
        let verdict = holders.verdict(&keys);
        Some(Self { on, attested, keys, verdict })
    }

    /// Texts that entries of one machine share.
    fn ties(&self) -> Vec<String> {
        let Keys { uuid, macs, full_name, label, addresses } = &self.keys;
        let mut ties: Vec<String> = macs.iter().map(|it| format!("mac {it}")).collect();
        ties.extend(uuid.map(|it| format!("uuid {it}")));
        ties.extend(full_name.iter().map(|it| format!("name {it}")));
        let label = label.as_deref();
        ties.extend(
            label
                .into_iter()
                .flat_map(|it| addresses.iter().map(move |at| format!("at {at} {it}"))),
        );
        if let Verdict::Is(asset, _) = &self.verdict {
            ties.push(format!("asset {asset}"));
        }
        // What a list says so little of can only mean what another says as little of.
        if ties.is_empty() {
            let said: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let id = self.attested.value.id.as_deref().unwrap_or_default();
            let label = label.unwrap_or_default();
            ties.push(format!("alone {label} {id} {}", said.join(" ")));
        }
        ties
    }
}

impl Keys {
    pub(super) fn of(machine: &NamedMachineDescription) -> Self {
        // Computer accounts carry a dollar sign at the end.
        let name = machine.name.as_deref().map(|it| it.trim_end_matches('$'));
        let name = name.and_then(host_name_text);
        Self {
            uuid: machine.id.as_deref().and_then(|it| it.parse().ok()).and_then(usable_uuid),
            macs: machine.macs.iter().filter_map(|it| link_mac(it)).collect(),
            full_name: name.clone().filter(|it| it.contains('.')),
            label: name.as_deref().and_then(first_label),
            addresses: machine.addresses.iter().copied().filter(names_a_host).collect(),
        }
    }

    /// Of something that is known by its identity alone.
    pub(super) fn of_identity<'a>(uuid: Option<&str>, macs: impl Iterator<Item = &'a str>) -> Self {
        Self {
            uuid: uuid.and_then(|it| it.parse().ok()).and_then(usable_uuid),
            macs: macs.filter_map(link_mac).collect(),
            full_name: None,
            label: None,
            addresses: BTreeSet::new(),
        }
    }
}

fn first_label(name: &str) -> Option<String> {
    name.split('.').next().filter(|it| !it.is_empty()).map(str::to_owned)
}

/// An address that can belong to one machine only.
const fn names_a_host(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => !it.is_loopback() && !it.is_link_local() && !it.is_unspecified(),
        IpAddr::V6(it) => !it.is_loopback() && !it.is_unicast_link_local() && !it.is_unspecified(),
    }
}

/// Which assets show an identifier.
#[derive(Default)]
pub(super) struct Holders {
    uuids: BTreeMap<Uuid, BTreeSet<AssetId>>,
    macs: BTreeMap<String, BTreeSet<AssetId>>,
    full_names: BTreeMap<String, BTreeSet<AssetId>>,
    labels: BTreeMap<String, BTreeSet<AssetId>>,
    addresses: BTreeMap<IpAddr, BTreeSet<AssetId>>,
    macs_of: BTreeMap<AssetId, BTreeSet<String>>,
}

impl Holders {
    pub(super) fn of(assets: &[Asset]) -> Self {
        let mut holders = Self::default();
        in_use(assets).for_each(|it| holders.add(it));
        holders
    }

    fn add(&mut self, asset: &Asset) {
        if let Some(uuid) = &asset.hardware.uuid {
            self.uuids.entry(uuid.value).or_default().insert(asset.id);
        }
        let macs = macs(asset);
        for mac in &macs {
            self.macs.entry(mac.clone()).or_default().insert(asset.id);
        }
        self.macs_of.insert(asset.id, macs);
        for address in asset.all_addresses().into_iter().filter(names_a_host) {
            self.addresses.entry(address).or_default().insert(asset.id);
        }
        if let Some(name) = asset.name.as_ref().and_then(|it| host_name_text(&it.value)) {
            let domain = asset.domain.as_ref().and_then(|it| host_name_text(&it.value));
            let full = domain.map(|it| format!("{name}.{it}")).filter(|_| !name.contains('.'));
            let full = full.or_else(|| name.contains('.').then(|| name.clone()));
            if let Some(full) = full {
                self.full_names.entry(full).or_default().insert(asset.id);
            }
        }
        let names = asset.names.iter().chain(&asset.name);
        for name in names.filter_map(|it| host_name_text(&it.value)) {
            if let Some(label) = first_label(&name) {
                self.labels.entry(label).or_default().insert(asset.id);
            }
        }
    }

    /// By identity alone: what may join a guest with its host.
    pub(super) fn by_identity(&self, keys: &Keys) -> Option<Verdict> {
        if let Some(found) = keys.uuid.and_then(|it| self.uuids.get(&it)) {
            return Some(one_of(found.clone(), MatchedBy::SystemUuid));
        }
        let found: BTreeSet<AssetId> =
            keys.macs.iter().filter_map(|it| self.macs.get(it)).flatten().copied().collect();
        (!found.is_empty()).then(|| one_of(found, MatchedBy::Mac))
    }

    /// The assets with an address, without those that show another hardware address than this.
    pub(super) fn by_address(&self, address: IpAddr, mac: Option<&str>) -> BTreeSet<AssetId> {
        let keys = Keys::of_identity(None, mac.into_iter());
        let found = self.addresses.get(&address).into_iter().flatten().copied();
        found.filter(|it| !self.contradicts(*it, &keys)).collect()
    }

    fn verdict(&self, keys: &Keys) -> Verdict {
        if let Some(verdict) = self.by_identity(keys) {
            return verdict;
        }
        let by_name = keys.full_name.as_ref().and_then(|it| self.full_names.get(it));
        let by_label = keys.label.as_ref().and_then(|it| self.labels.get(it));
        let by_address: BTreeSet<AssetId> = keys
            .addresses
            .iter()
            .filter_map(|it| self.addresses.get(it))
            .flatten()
            .copied()
            .collect();
        let by_label = by_label.cloned().unwrap_or_default();
        let by_both = by_label.intersection(&by_address).copied().collect();
        let candidates = [
            (by_name.cloned().unwrap_or_default(), MatchedBy::FullName),
            (by_both, MatchedBy::NameAndAddress),
        ];
        for (found, by) in candidates {
            let fitting: BTreeSet<AssetId> =
                found.into_iter().filter(|it| !self.contradicts(*it, keys)).collect();
            if !fitting.is_empty() {
                return one_of(fitting, by);
            }
        }
        // An address moves on; a name may come along on another adapter.
        let by_address = by_address.into_iter().filter(|it| !self.contradicts(*it, keys));
        Verdict::Open(by_label.into_iter().chain(by_address).collect())
    }

    /// Whether both show hardware addresses and none is the same.
    fn contradicts(&self, asset: AssetId, keys: &Keys) -> bool {
        let own = self.macs_of.get(&asset);
        own.is_some_and(|it| !it.is_empty() && !keys.macs.is_empty() && it.is_disjoint(&keys.macs))
    }
}

fn one_of(found: BTreeSet<AssetId>, by: MatchedBy) -> Verdict {
    match found.first() {
        Some(asset) if found.len() == 1 => Verdict::Is(*asset, by),
        Some(_) | None => Verdict::Ambiguous(found),
    }
}

/// The hardware addresses of its own adapters, and those that others saw behind its addresses.
fn macs(asset: &Asset) -> BTreeSet<String> {
    let adapters = asset.interfaces.iter().map(|it| &it.value);
    let adapters = adapters.filter(|it| matches!(it.kind.as_str(), "ethernet" | "wireless"));
    let own = adapters.flat_map(|it| it.mac.iter().chain(&it.permanent_mac));
    let seen = asset.addresses.iter().filter_map(|it| it.value.mac.as_ref());
    own.chain(seen).filter_map(|it| link_mac(it)).collect()
}

/// The entries, those of one machine together, in the order of their first.
fn groups<'a, 'b>(entries: &'b [Entry<'a>]) -> Vec<Vec<&'b Entry<'a>>> {
    let mut together = Together((0..entries.len()).collect());
    let mut first_with: BTreeMap<String, usize> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        for tie in entry.ties() {
            match first_with.get(&tie) {
                Some(first) => together.join(*first, number),
                None => {
                    first_with.insert(tie, number);
                }
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<&Entry<'a>>> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        groups.entry(together.root(number)).or_default().push(entry);
    }
    groups.into_values().collect()
}

/// Disjoint sets of numbers: each number leads to another of its set, the smallest to itself.
struct Together(Vec<usize>);

impl Together {
    fn root(&mut self, number: usize) -> usize {
        let mut at = number;
        while let Some(next) = self.0.get(at).copied().filter(|it| *it != at) {
            // Halves the way for whoever comes next.
            let after = self.0.get(next).copied().unwrap_or(next);
            if let Some(held) = self.0.get_mut(at) {
                *held = after;
            }
            at = next;
        }
        at
    }

    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        if let Some(held) = self.0.get_mut(left.max(right)) {
            *held = left.min(right);
        }
    }
}

fn covered(group: &[&Entry<'_>], contacts: &HashMap<AssetId, Contact>) -> Coverage {
    let machine = put_together(group);
    let (mut assets, mut possible) = (BTreeSet::new(), BTreeSet::new());
    let mut matched_by = BTreeSet::new();
    for entry in group {
        match &entry.verdict {
            Verdict::Is(asset, by) => {
                assets.insert(*asset);
                matched_by.insert(*by);
            }
            Verdict::Ambiguous(found) => assets.extend(found),
            Verdict::Open(found) => possible.extend(found),
        }
    }
    possible.retain(|it| !assets.contains(it));
    let state = match assets.first() {
        Some(_) if assets.len() > 1 => CoverageState::Ambiguous,
        Some(asset) => match contacts.get(asset) {
            Some(Contact::Reported) => CoverageState::Reported,
            Some(Contact::Scanned) => CoverageState::Scanned,
            Some(Contact::Seen) | None => CoverageState::SeenOnly,
        },
        None if machine.is_active == Some(false) => CoverageState::NotExpected,
        None if !possible.is_empty() => CoverageState::Possible,
        None => CoverageState::Missing,
    };
    Coverage {
        machine,
        state,
        assets: assets.into_iter().collect(),
        matched_by: matched_by.into_iter().collect(),
        possible: possible.into_iter().take(POSSIBLE_MAX).collect(),
    }
}

fn put_together(group: &[&Entry<'_>]) -> NamedMachine {
    let mut machine = NamedMachine::default();
    for entry in group {
        let it = &entry.attested.value;
        machine.names.extend(it.name.clone());
        machine.addresses.extend(&it.addresses);
        machine.macs.extend(it.macs.iter().cloned());
        machine.ids.extend(it.id.clone());
        machine.operating_systems.extend(it.operating_system.clone());
        machine.last_seen_at = machine.last_seen_at.max(it.last_seen_at);
        // One list that calls it in use outweighs another that knows nothing of it any more.
        machine.is_active = machine.is_active.max(it.is_active);
        machine.lists.push(ListEntry {
            list: it.list.clone(),
            keeper: it.keeper.clone(),
            on: entry.on.id,
            place: it.place.clone(),
            evidence: entry.attested.evidence.clone(),
        });
    }
    sorted(&mut machine.names);
    sorted(&mut machine.addresses);
    sorted(&mut machine.macs);
    sorted(&mut machine.ids);
    sorted(&mut machine.operating_systems);
    sorted(&mut machine.lists);
    machine
}

fn sorted<T: Ord>(values: &mut Vec<T>) {
    values.sort();
    values.dedup();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::assess::sample::{adapter, asset, named, seen};

    const MAC: &str = "00:1b:21:aa:bb:01";
    const OTHER_MAC: &str = "00:1b:21:aa:bb:02";

    fn with(
        list: &str,
        name: Option<&str>,
        mac: Option<&str>,
        address: Option<&str>,
    ) -> NamedMachineDescription {
        NamedMachineDescription {
            macs: mac.map(str::to_owned).into_iter().collect(),
            addresses: address.map(|it| it.parse().unwrap()).into_iter().collect(),
            ..named(list, name)
        }
    }

    /// A server with lists, and a host `pc1.corp.example` with an adapter.
    fn assets(lists: Vec<NamedMachineDescription>) -> Vec<Asset> {
        let mut server = asset(1, "srv1");
        server.named_machines = lists.into_iter().map(|it| seen(1, it)).collect();
        let mut host = asset(2, "pc1");
        host.domain = Some(seen(2, "corp.example".to_owned()));
        host.interfaces = vec![adapter(2, MAC, "10.0.0.5")];
        vec![server, host]
    }

    fn states(assets: &[Asset]) -> Vec<(CoverageState, Vec<MatchedBy>)> {
        coverage(assets).into_iter().map(|it| (it.state, it.matched_by)).collect()
    }

    fn check(entry: NamedMachineDescription, state: CoverageState, by: &[MatchedBy]) {
        let text = format!("{entry:?}");
        assert_eq!(states(&assets(vec![entry])), [(state, by.to_vec())], "{text}");
    }

    #[test]
    fn identity_full_name_or_name_with_address_make_a_match_and_less_does_not() {
        use CoverageState::{Missing, Possible, Reported};
        let entry = |name, mac, address| with("dhcp_lease", name, mac, address);
        check(entry(None, Some(MAC), None), Reported, &[MatchedBy::Mac]);
        check(entry(Some("other"), Some(MAC), None), Reported, &[MatchedBy::Mac]);
        check(entry(Some("PC1.Corp.Example."), None, None), Reported, &[MatchedBy::FullName]);
        check(entry(Some("PC1$"), None, Some("10.0.0.5")), Reported, &[MatchedBy::NameAndAddress]);
        check(entry(Some("pc1"), None, None), Possible, &[]);
        check(entry(None, None, Some("10.0.0.5")), Possible, &[]);
        check(entry(Some("pc1.other.example"), None, None), Possible, &[]);
        check(entry(Some("pc2"), None, Some("10.0.0.6")), Missing, &[]);
        check(entry(Some("pc2"), Some(OTHER_MAC), None), Missing, &[]);
    }

    #[test]
    fn another_hardware_address_speaks_against_a_name_and_rules_out_an_address() {
        use CoverageState::{Missing, Possible};
        let entry = |name, address| with("dhcp_lease", name, Some(OTHER_MAC), address);
        check(entry(Some("pc1.corp.example"), None), Possible, &[]);
        check(entry(Some("pc1"), Some("10.0.0.5")), Possible, &[]);
        check(entry(None, Some("10.0.0.5")), Missing, &[]);
    }

    #[test]
    fn a_uuid_outweighs_all_else_and_placeholders_say_nothing() {
        let uuid = Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0);
        let guest = |id: &str| NamedMachineDescription {
            id: Some(id.to_owned()),
            ..with("guest", Some("vm1"), None, None)
        };
        let mut all = assets(vec![guest(&uuid.to_string())]);
        all[1].hardware.uuid = Some(seen(2, uuid));
        assert_eq!(states(&all), [(CoverageState::Reported, vec![MatchedBy::SystemUuid])]);
        check(guest("00000000-0000-0000-0000-000000000000"), CoverageState::Missing, &[]);
        check(guest("101"), CoverageState::Missing, &[]);
        let shared = with("dhcp_lease", None, Some("ff:ff:ff:ff:ff:ff"), None);
        check(shared, CoverageState::Missing, &[]);
    }

    #[test]
    fn an_identity_that_two_assets_show_matches_neither() {
        let mut all = assets(vec![with("dhcp_lease", None, Some(MAC), None)]);
        let mut copy = asset(3, "pc1-copy");
        copy.interfaces = vec![adapter(3, MAC, "10.0.0.9")];
        all.push(copy);
        let found = coverage(&all);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].state, found[0].assets.len()), (CoverageState::Ambiguous, 2));
    }

    #[test]
    fn lists_that_mean_one_machine_are_one_row() {
        let found = coverage(&assets(vec![
            with("dhcp_lease", Some("pc9"), Some(OTHER_MAC), Some("10.0.0.9")),
            with("dhcp_reservation", None, Some(OTHER_MAC), Some("10.0.0.9")),
            with("dns_zone", Some("pc9.corp.example"), None, Some("10.0.0.9")),
            with("directory", Some("pc9.corp.example"), None, None),
            with("directory", Some("pc8.corp.example"), None, None),
        ]));
        let lists: Vec<usize> = found.iter().map(|it| it.machine.lists.len()).collect();
        assert_eq!(lists, [1, 4]);
        assert_eq!(found[1].machine.names, ["pc9", "pc9.corp.example"]);
        assert_eq!(found[1].state, CoverageState::Missing);
    }

    #[test]
    fn what_all_lists_call_out_of_use_is_not_expected() {
        let lease = |is_active| NamedMachineDescription {
            is_active: Some(is_active),
            ..with("dhcp_lease", Some("pc9"), Some(OTHER_MAC), None)
        };
        check(lease(false), CoverageState::NotExpected, &[]);
        let both = assets(vec![lease(false), lease(true)]);
        assert_eq!(states(&both), [(CoverageState::Missing, vec![])]);
    }

    #[test]
    fn how_far_anybody_got_is_the_state() {
        for (contact, state) in [
            (Contact::Seen, CoverageState::SeenOnly),
            (Contact::Scanned, CoverageState::Scanned),
            (Contact::Reported, CoverageState::Reported),
        ] {
            let mut all = assets(vec![with("dhcp_lease", None, Some(MAC), None)]);
            all[1].contact = contact;
            assert_eq!(states(&all), [(state, vec![MatchedBy::Mac])]);
        }
    }

    #[test]
    fn a_retired_asset_covers_nothing_and_its_lists_are_old() {
        let lease = || with("dhcp_lease", None, Some(MAC), None);
        let mut all = assets(vec![lease()]);
        all[1].lifecycle = Lifecycle::Retired;
        assert_eq!(states(&all), [(CoverageState::Missing, vec![])]);
        let mut all = assets(vec![lease()]);
        all[0].lifecycle = Lifecycle::Retired;
        assert_eq!(states(&all), []);
    }

    #[test]
    fn a_wildcard_of_a_zone_is_no_machine() {
        let all = assets(vec![with("dns_zone", Some("*.corp.example"), None, Some("10.0.0.5"))]);
        assert_eq!(states(&all), []);
    }

    #[test]
    fn the_missing_come_first() {
        let found = states(&assets(vec![
            with("dns_zone", Some("pc1.corp.example"), None, None),
            with("dns_zone", Some("zz.corp.example"), None, None),
        ]));
        let states: Vec<CoverageState> = found.into_iter().map(|it| it.0).collect();
        assert_eq!(states, [CoverageState::Missing, CoverageState::Reported]);
    }

    proptest! {
        /// Every entry is in exactly one row, in whatever order lists are read.
        #[test]
        fn no_entry_is_lost_or_told_twice(
            entries in prop::collection::vec((0_u8..6, 0_u8..6, 0_u8..6), 0..30)
        ) {
            let made = |(name, mac, address): &(u8, u8, u8)| with(
                "dhcp_lease",
                (*name > 0).then(|| format!("h{name}.corp.example")).as_deref(),
                (*mac > 0).then(|| format!("00:1b:21:00:00:0{mac}")).as_deref(),
                (*address > 0).then(|| format!("10.1.0.{address}")).as_deref(),
            );
            let mut lists: Vec<NamedMachineDescription> = entries.iter().map(made).collect();
            let found = coverage(&assets(lists.clone()));
            lists.sort();
            lists.dedup();
            let told: Vec<String> =
                found.iter().flat_map(|it| it.machine.macs.iter().cloned()).collect();
            let unique: BTreeSet<&String> = told.iter().collect();
            prop_assert_eq!(unique.len(), told.len());
            let known: BTreeSet<&String> = lists.iter().flat_map(|it| &it.macs).collect();
            prop_assert_eq!(unique, known);
            lists.reverse();
            prop_assert_eq!(coverage(&assets(lists)).len(), found.len());
        }
    }
}
