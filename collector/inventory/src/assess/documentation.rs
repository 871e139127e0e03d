//! How far the company is documented: eleven bars, each so many of so many, and one figure of 100.
//!
//! The definition stands in `deploy/docs/completeness.md`; the two must say the same.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::licences::LicenceRules;
use crate::asset::row_id::row_id;
use crate::asset::{Asset, AssetId, AssetKind, Contact, Lifecycle, SoftwarePackage};
use crate::register::{Entry, Register};

/// A system that was not heard of for longer is no fresh knowledge.
const FRESH: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Products that a person can be asked to look at: those on the most systems.
const PRODUCTS_MAX: usize = 20;
/// Nobody has all while observers contradict each other.
const PERCENT_MAX_WITH_CONFLICTS: u8 = 99;

/// The bars with the points that each is worth, together 100.
pub const BARS: &[(Bar, u32)] = &[
    (Bar::Places, 8),
    (Bar::Networks, 8),
    (Bar::Kinds, 14),
    (Bar::Fresh, 8),
    (Bar::Servers, 12),
    (Bar::Clients, 10),
    (Bar::Software, 8),
    (Bar::Firmware, 6),
    (Bar::Uplinks, 6),
    (Bar::Owners, 10),
    (Bar::Needs, 10),
];

/// One side of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// Systems whose room, and so whose site, is known.
    Places,
    /// Networks in a zone with a purpose.
    Networks,
    /// Systems of which it is known what they are.
    Kinds,
    /// Systems heard of within 30 days, or of which somebody said that they are not in operation.
    Fresh,
    /// Servers with an agent.
    Servers,
    /// Workplaces with an agent.
    Clients,
    /// The products on the most systems that somebody decided on, or that an entitlement covers.
    Software,
    /// Devices of the network whose firmware is known.
    Firmware,
    /// Devices with a cable whose other end is known.
    Uplinks,
    /// Systems with an owner.
    Owners,
    /// Processes and kinds of information with all three basic values.
    Needs,
}

/// What the figure is made from.
#[derive(Debug, Clone, Copy)]
pub struct DocumentationFacts<'f> {
    /// What people stated.
    pub register: &'f Register,
    /// All assets.
    pub assets: &'f [Asset],
    /// Those whose room is stated, by themselves or a rule.
    pub placed: &'f BTreeSet<AssetId>,
    /// Those whose owner is stated, by themselves or a rule.
    pub owned: &'f BTreeSet<AssetId>,
    /// Networks that are known, and those of them in a zone with a purpose.
    pub networks: (usize, usize),
    /// Contradictions between observers that nobody decided.
    pub open_conflicts: usize,
    /// The moment for which it is asked.
    pub now: Timestamp,
}

/// How far the company is documented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documentation {
    /// Rounded down; none: there is nothing to document.
    pub percent: Option<u8>,
    /// The bars that count.
    pub bars: Vec<BarState>,
    /// Bars that nothing can fill: there is nothing of the kind.
    pub left_out: Vec<Bar>,
    /// Contradictions between observers that nobody decided: while there are any, it is never 100.
    pub open_conflicts: usize,
}

/// How far one bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarState {
    /// Which.
    pub bar: Bar,
    /// Points that it is worth.
    pub weight: u32,
    /// How many are done.
    pub done: usize,
    /// Of how many.
    pub of: usize,
}

impl Documentation {
    /// By how many tenths of a percent point the figure rises if so many more of a bar are done.
    #[must_use]
    pub fn gain_tenths(&self, bar: Bar, count: usize) -> u32 {
        let Some(state) = self.bars.iter().find(|it| it.bar == bar) else { return 0 };
        let base: u64 = self.bars.iter().map(|it| u64::from(it.weight)).sum();
        let open = state.of.max(1).saturating_sub(state.done).min(count) as u64;
        let gain = u64::from(state.weight) * open * 1_000 / (base * state.of.max(1) as u64).max(1);
        u32::try_from(gain).unwrap_or(u32::MAX)
    }
}

/// How far the company is documented.
#[must_use]
pub fn documentation(facts: &DocumentationFacts<'_>) -> Documentation {
    let mut bars = Vec::new();
    let mut left_out = Vec::new();
    for (bar, weight) in BARS.iter().copied() {
        let (done, of) = facts.of(bar);
        // Processes and information can be named by people at any time.
        if of == 0 && bar != Bar::Needs {
            left_out.push(bar);
        } else {
            bars.push(BarState { bar, weight, done, of });
        }
    }
    let open_conflicts = facts.open_conflicts;
    Documentation { percent: percent(&bars, open_conflicts), bars, left_out, open_conflicts }
}

fn percent(bars: &[BarState], open_conflicts: usize) -> Option<u8> {
    // Of need alone there is always a bar: a company of which nothing else is known has no figure.
    if bars.iter().all(|it| it.of == 0) {
        return None;
    }
    let base: u64 = bars.iter().map(|it| u64::from(it.weight)).sum();
    // In millionths of a point, so that sums of shares are exact enough to be rounded down.
    let part =
        |it: &BarState| u64::from(it.weight) * 1_000_000 * it.done as u64 / it.of.max(1) as u64;
    let done: u64 = bars.iter().map(part).sum();
    let is_whole = bars.iter().all(|it| it.done == it.of && it.of > 0);
    let percent = u8::try_from(done / (base * 10_000).max(1)).unwrap_or(100);
    let most = match (is_whole, open_conflicts) {
        (true, 0) => 100,
        (true | false, _) => PERCENT_MAX_WITH_CONFLICTS,
    };
    Some(if is_whole { most } else { percent.min(most) })
}

impl DocumentationFacts<'_> {
    fn in_use(&self) -> impl Iterator<Item = &Asset> + Clone {
        self.assets.iter().filter(|it| it.lifecycle == Lifecycle::Operating)
    }

    /// How many of how many.
    fn of(&self, bar: Bar) -> (usize, usize) {
        match bar {
            Bar::Places => share(self.in_use(), |it| self.placed.contains(&it.id)),
            Bar::Networks => (self.networks.1, self.networks.0),
            Bar::Kinds => share(self.in_use(), |it| kind(it) != AssetKind::Unknown),
            Bar::Fresh => share(self.in_use(), |it| self.is_fresh(it)),
            Bar::Servers => share(self.in_use().filter(|it| is_server(kind(it))), has_agent),
            Bar::Clients => share(self.in_use().filter(|it| is_client(kind(it))), has_agent),
            Bar::Software => self.software(),
            Bar::Firmware => share(self.in_use().filter(|it| is_of_network(kind(it))), |it| {
                !it.firmware.is_empty()
            }),
            Bar::Uplinks => self.uplinks(),
            Bar::Owners => share(self.in_use(), |it| self.owned.contains(&it.id)),
            Bar::Needs => self.needs(),
        }
    }

    fn is_fresh(&self, asset: &Asset) -> bool {
        let stated = self.register.system.iter().find(|it| it.text("id") == Some(&asset.label.0));
        let status = stated.and_then(|it| it.text("status"));
        let is_set_aside = status.is_some_and(|it| it != "operating");
        is_set_aside || asset.last_seen_at >= self.now - FRESH
    }

    fn software(&self) -> (usize, usize) {
        let products = products_to_decide(self.register, self.assets);
        (products.iter().filter(|it| it.is_decided).count(), products.len())
    }

    fn uplinks(&self) -> (usize, usize) {
        let ends = ["from_device", "to_device"];
        let stated: BTreeSet<String> = self
            .register
            .cable
            .iter()
            .flat_map(|cable| ends.iter().filter_map(|it| cable.text(it)))
            .map(str::to_lowercase)
            .collect();
        let is_virtual =
            |it: &Asset| it.virtual_machine.as_ref().is_some_and(|it| it.value.is_virtual);
        share(self.in_use().filter(|it| !is_virtual(it)), |it| {
            let name = it.name.as_ref().map(|it| it.value.to_lowercase());
            !it.cables.is_empty()
                || stated.contains(&it.label.0.to_lowercase())
                || name.is_some_and(|it| stated.contains(&it))
        })
    }

    fn needs(&self) -> (usize, usize) {
        let rated = self.register.rated();
        rated.fold((0, 0), |(whole, all), it| (whole + usize::from(it.is_whole()), all + 1))
    }
}

/// A product that a person can be asked to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product<'a> {
    /// Who manages it.
    pub manager: &'a str,
    /// Its name: of the source package, where packages are built from one.
    pub name: &'a str,
    /// On how many systems in use it is.
    pub systems: usize,
    /// Whether somebody decided on it, or an entitlement covers it.
    pub is_decided: bool,
}

/// The products on the most systems, those on more of them first.
#[must_use]
pub fn products_to_decide<'a>(register: &Register, assets: &'a [Asset]) -> Vec<Product<'a>> {
    let mut products: BTreeMap<(&str, &str), (usize, &SoftwarePackage)> = BTreeMap::new();
    for asset in assets.iter().filter(|it| it.lifecycle == Lifecycle::Operating) {
        let mut own = BTreeSet::new();
        for package in asset.software.iter().map(|it| &it.value) {
            let name = package.source_name.as_deref().unwrap_or(&package.name);
            let key = (package.manager.as_str(), name);
            if own.insert(key) {
                products.entry(key).or_insert((0, package)).0 += 1;
            }
        }
    }
    let mut products: Vec<_> = products.into_iter().collect();
    products.sort_by_key(|(key, (systems, _))| (std::cmp::Reverse(*systems), *key));
    products.truncate(PRODUCTS_MAX);
    let rules = LicenceRules::of(register);
    let is_said = |it: &Entry| it.text("approved").is_some() || it.text("needs_licence").is_some();
    let said = register.software.iter().filter(|it| is_said(it));
    let said: BTreeSet<&str> = said.filter_map(|it| it.text("id")).collect();
    let product = |((manager, name), (systems, package))| Product {
        manager,
        name,
        systems,
        is_decided: said.contains(row_id('W', &[manager, name]).as_str()) || rules.has_for(package),
    };
    products.into_iter().map(product).collect()
}

fn share<'a>(
    all: impl Iterator<Item = &'a Asset> + Clone,
    is_done: impl Fn(&Asset) -> bool,
) -> (usize, usize) {
    (all.clone().filter(|it| is_done(it)).count(), all.count())
}

fn kind(asset: &Asset) -> AssetKind {
    asset.kind.as_ref().map_or(AssetKind::Unknown, |it| it.value)
}

fn has_agent(asset: &Asset) -> bool {
    asset.contact == Contact::Reported
}

const fn is_server(kind: AssetKind) -> bool {
    matches!(kind, AssetKind::Server | AssetKind::Hypervisor)
}

const fn is_client(kind: AssetKind) -> bool {
    matches!(kind, AssetKind::Client | AssetKind::Laptop)
}

const fn is_of_network(kind: AssetKind) -> bool {
    matches!(
        kind,
        AssetKind::NetworkDevice
            | AssetKind::Router
            | AssetKind::Switch
            | AssetKind::Firewall
            | AssetKind::AccessPoint
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::assess::sample;

    fn found(register: &Register, assets: &[Asset], owned: usize) -> Documentation {
        let owned = assets.iter().take(owned).map(|it| it.id).collect();
        documentation(&DocumentationFacts {
            register,
            assets,
            placed: &BTreeSet::new(),
            owned: &owned,
            networks: (0, 0),
            open_conflicts: 0,
            now: sample::at(0),
        })
    }

    fn of(found: &Documentation, bar: Bar) -> Option<(usize, usize)> {
        found.bars.iter().find(|it| it.bar == bar).map(|it| (it.done, it.of))
    }

    fn server(number: u128) -> Asset {
        let mut asset = sample::asset(number, "host");
        asset.kind = Some(sample::seen(number, AssetKind::Server));
        asset
    }

    #[test]
    fn the_bars_are_worth_a_hundred_points_and_the_page_names_them() {
        assert_eq!(BARS.iter().map(|(_, it)| it).sum::<u32>(), 100);
        let page = include_str!("../../../../deploy/docs/completeness.md");
        for (bar, weight) in BARS {
            let name = serde_json::to_string(bar).unwrap();
            let line = format!("| `{}` | {weight} |", name.trim_matches('"'));
            assert!(page.contains(&line), "{line}");
        }
    }

    #[test]
    fn what_nothing_can_fill_leaves_the_base_and_is_listed() {
        let nothing = found(&Register::default(), &[], 0);
        assert_eq!(nothing.percent, None);
        assert_eq!(nothing.left_out.len(), BARS.len() - 1);
        let one = found(&Register::default(), &[server(1)], 1);
        for bar in [Bar::Networks, Bar::Clients, Bar::Software, Bar::Firmware] {
            assert!(one.left_out.contains(&bar), "{bar:?}");
        }
        // Kinds 14, fresh 8, servers 12, owners 10 of a base of 68 points.
        assert_eq!(one.percent, Some(64));
    }

    #[test]
    fn systems_count_by_what_is_known_of_them() {
        let mut assets = vec![server(1), server(2), sample::asset(3, "host")];
        assets[1].contact = Contact::Scanned;
        assets[2].last_seen_at = sample::at(-31 * 24);
        let mut retired = server(4);
        retired.lifecycle = Lifecycle::Retired;
        assets.push(retired);
        let all = found(&Register::default(), &assets, 2);
        assert_eq!(of(&all, Bar::Kinds), Some((2, 3)));
        assert_eq!(of(&all, Bar::Servers), Some((1, 2)));
        assert_eq!(of(&all, Bar::Fresh), Some((2, 3)));
        assert_eq!(of(&all, Bar::Owners), Some((2, 3)));
        let text = format!("[[system]]\nid = \"{}\"\nstatus = \"reserve\"\n", assets[2].label);
        let aside = found(&Register::parse(&text).unwrap(), &assets, 2);
        assert_eq!(of(&aside, Bar::Fresh), Some((3, 3)));
    }

    #[test]
    fn a_need_counts_when_all_three_values_are_set() {
        let text = "[[process]]\ncode = \"P1\"\nname = \"A\"\nconfidentiality = \"normal\"\nintegrity = \"normal\"\navailability = \"high\"\n\
            [[information]]\ncode = \"I1\"\nname = \"B\"\nconfidentiality = \"high\"\n";
        let all = found(&Register::parse(text).unwrap(), &[], 0);
        assert_eq!((of(&all, Bar::Needs), all.percent), (Some((1, 2)), Some(50)));
        assert_eq!(all.gain_tenths(Bar::Needs, 1), 500);
        assert_eq!(all.gain_tenths(Bar::Needs, 9), 500);
        assert_eq!(all.gain_tenths(Bar::Owners, 1), 0);
    }

    #[test]
    fn a_cable_is_known_from_the_device_or_from_a_person() {
        let text = "[[cable]]\ncode = \"K1\"\nfrom_device = \"HOST\"\nto_device = \"sw01\"\n";
        let all = found(&Register::parse(text).unwrap(), &[server(1)], 0);
        assert_eq!(of(&all, Bar::Uplinks), Some((1, 1)));
    }

    #[test]
    fn conflicts_keep_it_below_a_hundred() {
        let text = "[[process]]\ncode = \"P1\"\nname = \"A\"\nconfidentiality = \"normal\"\nintegrity = \"normal\"\navailability = \"high\"\n";
        let register = Register::parse(text).unwrap();
        assert_eq!(found(&register, &[], 0).percent, Some(100));
        let facts = DocumentationFacts {
            register: &register,
            assets: &[],
            placed: &BTreeSet::new(),
            owned: &BTreeSet::new(),
            networks: (0, 0),
            open_conflicts: 1,
            now: sample::at(0),
        };
        assert_eq!(documentation(&facts).percent, Some(99));
    }

    proptest! {
        /// More that is done never lowers the figure, and all of it is 100 only where nothing is open.
        #[test]
        fn the_figure_rises_with_what_is_done(owned in 0_usize..20, count in 1_usize..20) {
            let assets: Vec<Asset> = (1..=count as u128).map(server).collect();
            let less = found(&Register::default(), &assets, owned.min(count));
            let more = found(&Register::default(), &assets, (owned + 1).min(count));
            prop_assert!(less.percent <= more.percent);
            prop_assert!(more.percent < Some(100));
        }
    }
}
