//! Entitlements against what is in use.
//!
//! What agents see are installations: machines, cores and accounts that installed something for themselves.
//! Who is assigned a licence and how many work at once they do not see; that is said, and never taken for
//! none. Terms of makers (least numbers of cores, a second installation that is free) are not applied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;

use crate::asset::row_id::row_id;
use crate::asset::{Asset, AssetKind, AssetLabel, Contact, Lifecycle, SoftwarePackage};
use crate::register::{Entry, Pattern, Register};

/// What a licence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Machines on which it is installed.
    Device,
    /// People who may use it.
    User,
    /// People who use it at the same time.
    Concurrent,
    /// Cores of the machines on which it is installed.
    Core,
    /// Servers on which it is installed, and who may reach them.
    ServerAndCal,
    /// Subscriptions, each assigned to somebody or something.
    Subscription,
    /// Nothing: it costs nothing.
    Free,
}

/// Entitlements to one product by one metric, against its use.
#[derive(Debug, Clone, PartialEq)]
pub struct LicenceBalance {
    /// The product, as the first entitlement calls it.
    pub product: String,
    /// What is counted; none: nobody stated it.
    pub metric: Option<Metric>,
    /// Codes of the entitlements, in the order of the register.
    pub codes: Vec<String>,
    /// Codes of those that do not hold today: not yet, or no more.
    pub not_valid: Vec<String>,
    /// For how many they are good; none: at least one of those that hold does not say.
    pub entitled: Option<u64>,
    /// How many are in use.
    pub used: Used,
    /// Access licences beside those of servers: how many there are, and how many are assigned.
    pub access: Option<(Option<u64>, Option<u64>)>,
    /// The machines on which it was found, sorted.
    pub systems: Vec<AssetLabel>,
    /// Installations that were found: packages on machines.
    pub installations: usize,
    /// Machines in use that could have it, and whose software nobody read.
    pub unread: usize,
    /// Codes of entitlements in other balances that count some of the same installations.
    pub shared_with: Vec<String>,
}

/// How many of a licence are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// Counted from what was observed.
    Counted(u64),
    /// As people stated it, or a list that was imported.
    Stated {
        /// How many.
        count: u64,
        /// When that was so.
        on: Option<Date>,
    },
    /// Not known.
    NotCounted(NotCounted),
}

/// Why use is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCounted {
    /// Nobody stated what the licence counts.
    MetricNotStated,
    /// Nobody read the software of any machine.
    NoSoftwareRead,
    /// No installed product has its name, and no pattern says which packages are meant.
    NotRecognised,
    /// Whose licence it is does not show on machines.
    UsersNotSeen,
    /// How many work at the same time only a licence server knows.
    ConcurrentNotSeen,
    /// Of so many machines the cores are not known.
    CoresNotKnown(usize),
    /// To whom subscriptions are assigned does not show on machines.
    AssignmentNotStated,
}

/// What follows for a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceState {
    /// As many as are in use.
    Even,
    /// More than are in use.
    Surplus,
    /// Fewer than are in use.
    Short,
    /// No count is needed.
    Free,
    /// Nobody stated for how many it is good.
    EntitledNotStated,
    /// Use is not known.
    NotCounted,
}

impl LicenceBalance {
    /// Entitled less used; none where one of them is not known, or nothing is counted.
    #[must_use]
    pub fn difference(&self) -> Option<i64> {
        if self.metric == Some(Metric::Free) {
            return None;
        }
        let used = match self.used {
            Used::Counted(count) | Used::Stated { count, .. } => count,
            Used::NotCounted(_) => return None,
        };
        less(self.entitled?, used)
    }

    /// Access licences less those that are assigned.
    #[must_use]
    pub fn access_difference(&self) -> Option<i64> {
        let (entitled, assigned) = self.access?;
        less(entitled?, assigned?)
    }

    /// What follows.
    #[must_use]
    pub fn state(&self) -> BalanceState {
        if self.metric == Some(Metric::Free) {
            return BalanceState::Free;
        }
        let is_short = |it: Option<i64>| it.is_some_and(|it| it < 0);
        if is_short(self.difference()) || is_short(self.access_difference()) {
            return BalanceState::Short;
        }
        match (self.difference(), self.entitled) {
            (Some(0), _) => BalanceState::Even,
            (Some(_), _) => BalanceState::Surplus,
            (None, None) => BalanceState::EntitledNotStated,
            (None, Some(_)) => BalanceState::NotCounted,
        }
    }
}

fn less(entitled: u64, used: u64) -> Option<i64> {
    i64::try_from(entitled).ok()?.checked_sub(i64::try_from(used).ok()?)
}

/// A name of a product as it is compared: small letters and digits, words parted by one space, signs of
/// trade marks left out.
#[must_use]
pub fn product_key(name: &str) -> String {
    let lower = name.to_lowercase().replace("(r)", " ").replace("(tm)", " ");
    let words = lower.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Which entitlements an installed package falls under.
#[derive(Debug)]
pub struct LicenceRules {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    patterns: Vec<Pattern>,
    product: Option<String>,
    version: Option<String>,
    code: String,
}

impl LicenceRules {
    /// The rules of the entitlements, in the order of the register.
    #[must_use]
    pub fn of(register: &Register) -> Self {
        let rule = |it: &Entry| Rule {
            patterns: it.texts("packages").iter().map(|it| Pattern::new(it)).collect(),
            product: it.text("product").map(product_key).filter(|it| !it.is_empty()),
            version: it.text("version").map(str::to_lowercase),
            code: it.text("code").unwrap_or_default().to_owned(),
        };
        Self { rules: register.licence.iter().map(rule).collect() }
    }

    /// The numbers of the entitlements whose rule fits the name, whatever the version.
    fn by_name(&self, package: &SoftwarePackage) -> Vec<usize> {
        let names = [Some(package.name.as_str()), package.source_name.as_deref()];
        let names: Vec<&str> = names.into_iter().flatten().collect();
        let keys: Vec<String> = names.iter().map(|it| product_key(it)).collect();
        let product = package.source_name.as_deref().unwrap_or(&package.name);
        let id = row_id('L', &[&package.manager, product]);
        let fits = |rule: &Rule| match (rule.patterns.as_slice(), &rule.product) {
            ([], None) => rule.code == id,
            ([], Some(product)) => rule.code == id || keys.contains(product),
            (patterns, _) => patterns.iter().any(|it| names.iter().any(|name| it.fits(name))),
        };
        let numbers = self.rules.iter().enumerate();
        numbers.filter(|(_, it)| fits(it)).map(|(number, _)| number).collect()
    }

    /// Whether any entitlement's rule fits a package.
    #[must_use]
    pub fn has_for(&self, package: &SoftwarePackage) -> bool {
        let fitting = self.by_name(package);
        fitting.iter().any(|it| self.rules.get(*it).is_some_and(|it| it.fits_version(package)))
    }
}

impl Rule {
    /// The stated version fits itself and what is more exact: `12` fits `12.3`, and not `120`. The epoch of
    /// a package (Debian Policy §5.6.12) is no part of the version that people know.
    fn fits_version(&self, package: &SoftwarePackage) -> bool {
        let Some(version) = &self.version else { return true };
        let own = package.version.to_lowercase();
        let own = own.split_once(':').map_or(own.as_str(), |(_, rest)| rest);
        own.strip_prefix(version.as_str())
            .is_some_and(|rest| !rest.starts_with(|it: char| it.is_alphanumeric()))
    }
}

/// What was found of one entitlement's product.
#[derive(Default)]
struct Found<'a> {
    assets: BTreeMap<&'a AssetLabel, &'a Asset>,
    installations: usize,
    owners: BTreeSet<&'a str>,
    /// Whether some installation is not an account's own.
    without_owner: bool,
}

/// The balances, by product and metric, in the order of the register. What does not hold on `today` gives
/// no right.
#[must_use]
pub fn licence_balances(register: &Register, assets: &[Asset], today: Date) -> Vec<LicenceBalance> {
    let rules = LicenceRules::of(register);
    let in_use = || assets.iter().filter(|it| it.lifecycle == Lifecycle::Operating);
    let found = find(&rules, in_use());
    let has_software = in_use().any(|it| !it.software.is_empty());
    let unread = in_use().filter(|it| it.software.is_empty() && could_have(it)).count();
    let mut groups: Vec<(GroupKey, Vec<usize>)> = Vec::new();
    for (number, entry) in register.licence.iter().enumerate() {
        let key = group_key(entry);
        match groups.iter_mut().find(|(it, _)| *it == key) {
            Some((_, members)) => members.push(number),
            None => groups.push((key, vec![number])),
        }
    }
    let members: Vec<Vec<usize>> = groups.iter().map(|(_, it)| it.clone()).collect();
    let surroundings = Surroundings { register, found: &found, has_software, unread, today };
    groups
        .iter()
        .map(|((_, metric), own)| {
            let mut balance = surroundings.balance(own, *metric);
            balance.shared_with = surroundings.shared(own, &members);
            balance
        })
        .collect()
}

/// Product, edition and version as compared, and what is counted. An entry that names no product stands
/// alone, under its code.
type GroupKey = (String, Option<Metric>);

fn group_key(entry: &Entry) -> GroupKey {
    let text = |key: &str| entry.text(key).map(product_key).unwrap_or_default();
    let name = match entry.text("product") {
        Some(_) => format!("{}\n{}\n{}", text("product"), text("edition"), text("version")),
        None => format!("code\n{}", entry.text("code").unwrap_or_default()),
    };
    (name, metric_of(entry))
}

fn metric_of(entry: &Entry) -> Option<Metric> {
    match entry.text("metric")? {
        "device" => Some(Metric::Device),
        "user" => Some(Metric::User),
        "concurrent" => Some(Metric::Concurrent),
        "core" => Some(Metric::Core),
        "server_and_cal" => Some(Metric::ServerAndCal),
        "subscription" => Some(Metric::Subscription),
        "free" => Some(Metric::Free),
        _ => None,
    }
}

fn find<'a>(rules: &LicenceRules, assets: impl Iterator<Item = &'a Asset>) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'_>> = rules.rules.iter().map(|_| Found::default()).collect();
    // Thousands of machines have the same products: each name is compared once.
    let mut known: HashMap<(&str, &str, Option<&str>), Vec<usize>> = HashMap::new();
    for asset in assets {
        for package in asset.software.iter().map(|it| &it.value) {
            let key = (&*package.manager, &*package.name, package.source_name.as_deref());
            let fitting = known.entry(key).or_insert_with(|| rules.by_name(package));
            for number in fitting.iter() {
                let fits = rules.rules.get(*number).is_some_and(|it| it.fits_version(package));
                if let Some(it) = found.get_mut(*number).filter(|_| fits) {
                    it.assets.insert(&asset.label, asset);
                    it.installations += 1;
                    it.without_owner |= package.owner.is_none();
                    it.owners.extend(package.owner.as_deref());
                }
            }
        }
    }
    found
}

/// Whether a machine is of a kind on which software is installed.
fn could_have(asset: &Asset) -> bool {
    let kind = asset.kind.as_ref().map(|it| it.value);
    let kinds = [AssetKind::Server, AssetKind::Client, AssetKind::Laptop, AssetKind::Hypervisor];
    asset.contact == Contact::Reported || kind.is_some_and(|it| kinds.contains(&it))
}

struct Surroundings<'a> {
    register: &'a Register,
    found: &'a [Found<'a>],
    has_software: bool,
    unread: usize,
    today: Date,
}

impl Surroundings<'_> {
    fn balance(&self, members: &[usize], metric: Option<Metric>) -> LicenceBalance {
        let entry = |number: &usize| self.register.licence.get(*number);
        let entries: Vec<&Entry> = members.iter().filter_map(entry).collect();
        let code = |it: &&Entry| it.text("code").unwrap_or_default().to_owned();
        let (valid, others): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().partition(|it| holds_on(it, self.today));
        let found: Vec<&Found<'_>> = members.iter().filter_map(|it| self.found.get(*it)).collect();
        let assets: BTreeMap<&AssetLabel, &Asset> =
            found.iter().flat_map(|it| it.assets.iter().map(|(label, it)| (*label, *it))).collect();
        let product = entries.iter().find_map(|it| it.text("product"));
        let is_server = metric == Some(Metric::ServerAndCal);
        LicenceBalance {
            product: product
                .map_or_else(|| entries.first().map(code).unwrap_or_default(), str::to_owned),
            metric,
            codes: entries.iter().map(code).collect(),
            not_valid: others.iter().map(code).collect(),
            entitled: sum(&valid, "entitled"),
            used: self.used(metric, &valid, &found, &assets),
            access: is_server
                .then(|| (sum(&valid, "access_licences"), assigned(&valid).map(|it| it.0))),
            systems: assets.keys().map(|it| (*it).clone()).collect(),
            installations: found.iter().map(|it| it.installations).max().unwrap_or(0),
            unread: self.unread,
            shared_with: Vec::new(),
        }
    }

    fn used(
        &self,
        metric: Option<Metric>,
        valid: &[&Entry],
        found: &[&Found<'_>],
        assets: &BTreeMap<&AssetLabel, &Asset>,
    ) -> Used {
        let Some(metric) = metric else { return Used::NotCounted(NotCounted::MetricNotStated) };
        let stated = assigned(valid).map(|(count, on)| Used::Stated { count, on });
        let observed = || self.observed(valid, assets);
        match metric {
            Metric::Device | Metric::ServerAndCal | Metric::Free => match observed() {
                Ok(()) => Used::Counted(assets.len() as u64),
                Err(reason) => Used::NotCounted(reason),
            },
            Metric::Core => match observed() {
                Ok(()) => cores(assets),
                Err(reason) => Used::NotCounted(reason),
            },
            Metric::User => stated.unwrap_or_else(|| {
                let owners: BTreeSet<&str> =
                    found.iter().flat_map(|it| it.owners.iter().copied()).collect();
                if owners.is_empty() || found.iter().any(|it| it.without_owner) {
                    return Used::NotCounted(NotCounted::UsersNotSeen);
                }
                Used::Counted(owners.len() as u64)
            }),
            Metric::Concurrent => stated.unwrap_or(Used::NotCounted(NotCounted::ConcurrentNotSeen)),
            Metric::Subscription => {
                stated.unwrap_or(Used::NotCounted(NotCounted::AssignmentNotStated))
            }
        }
    }

    /// Whether it could be seen if it were there.
    fn observed(
        &self,
        entries: &[&Entry],
        assets: &BTreeMap<&AssetLabel, &Asset>,
    ) -> Result<(), NotCounted> {
        if !assets.is_empty() {
            return Ok(());
        }
        if !self.has_software {
            return Err(NotCounted::NoSoftwareRead);
        }
        // A name that nothing bears may be absent, or be written otherwise; a pattern is somebody's word.
        let has_pattern = entries.iter().any(|it| !it.texts("packages").is_empty());
        if has_pattern { Ok(()) } else { Err(NotCounted::NotRecognised) }
    }

    /// Codes of entitlements in other groups that were found on one of the same machines by the same name.
    fn shared(&self, own: &[usize], groups: &[Vec<usize>]) -> Vec<String> {
        let rule_of = |number: &usize| -> Option<(Vec<String>, &Found<'_>)> {
            let entry = self.register.licence.get(*number)?;
            let patterns = entry.texts("packages").iter().map(|it| it.to_lowercase());
            let named = patterns.chain(entry.text("product").map(product_key)).collect();
            Some((named, self.found.get(*number)?))
        };
        let mine: Vec<_> = own.iter().filter_map(rule_of).collect();
        let others = groups.iter().flatten().filter(|it| !own.contains(it));
        let meets = |number: &&usize| {
            rule_of(number).is_some_and(|(names, found)| {
                mine.iter().any(|(own_names, own_found)| {
                    let same_name = names.iter().any(|it| own_names.contains(it));
                    same_name && found.assets.keys().any(|it| own_found.assets.contains_key(it))
                })
            })
        };
        let codes = others.filter(meets).filter_map(|it| self.register.licence.get(*it));
        codes.filter_map(|it| it.text("code")).map(str::to_owned).collect()
    }
}

/// Whether an entitlement gives a right on a day: both ends belong to it.
fn holds_on(entry: &Entry, day: Date) -> bool {
    let begins = entry.day("begins_on").is_none_or(|it| it <= day);
    begins && entry.day("runs_until").is_none_or(|it| day <= it)
}

/// The sum of a count over entries; none if one of them does not state it. Of no entry it is 0.
fn sum(entries: &[&Entry], key: &str) -> Option<u64> {
    entries.iter().try_fold(0_u64, |sum, entry| sum.checked_add(whole(entry, key)?))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the register holds whole numbers from 0 on there; above 2^53 they are nobody's licences"
)]
fn whole(entry: &Entry, key: &str) -> Option<u64> {
    entry.number(key).map(|it| it as u64)
}

/// What is assigned, as stated: the sum over the entries that say so, and the oldest day of them.
fn assigned(entries: &[&Entry]) -> Option<(u64, Option<Date>)> {
    let stated: Vec<(u64, Option<Date>)> = entries
        .iter()
        .filter_map(|it| Some((whole(it, "assigned")?, it.day("assigned_on"))))
        .collect();
    let count = stated.iter().try_fold(0_u64, |sum, (it, _)| sum.checked_add(*it))?;
    (!stated.is_empty()).then(|| (count, stated.iter().filter_map(|(_, on)| *on).min()))
}

fn cores(assets: &BTreeMap<&AssetLabel, &Asset>) -> Used {
    let of = |asset: &Asset| -> Option<u64> {
        let processors = &asset.hardware.processors;
        let known: Option<u64> = processors.iter().map(|it| it.value.cores.map(u64::from)).sum();
        known.filter(|it| *it > 0)
    };
    let known: Vec<Option<u64>> = assets.values().map(|it| of(it)).collect();
    match known.iter().filter(|it| it.is_none()).count() {
        0 => Used::Counted(known.into_iter().flatten().sum()),
        unknown => Used::NotCounted(NotCounted::CoresNotKnown(unknown)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::assess::sample;
    use crate::asset::ProcessorDescription;

    const TODAY: Date = date(2026, 11, 28);

    fn package(name: &str, version: &str, owner: Option<&str>) -> SoftwarePackage {
        SoftwarePackage {
            manager: "dpkg".to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: None,
            source_name: None,
            publisher: None,
            summary: None,
            category: None,
            size_bytes: None,
            installed_at: None,
            place: None,
            owner: owner.map(str::to_owned),
            licence: None,
        }
    }

    fn asset(number: u128, packages: Vec<SoftwarePackage>) -> Asset {
        let mut asset = sample::asset(number, &format!("host{number}"));
        asset.software = packages.into_iter().map(|it| sample::seen(number, it)).collect();
        asset
    }

    fn hosts(count: u128) -> Vec<Asset> {
        (1..=count).map(|it| asset(it, vec![package("cad-pro", "12.3-1", None)])).collect()
    }

    fn of(register: &str, assets: &[Asset]) -> Vec<LicenceBalance> {
        licence_balances(&Register::parse(register).unwrap(), assets, TODAY)
    }

    fn entry(fields: &str) -> String {
        format!("[[licence]]\ncode = \"L1\"\nproduct = \"CAD Pro\"\n{fields}\n")
    }

    fn one(fields: &str, assets: &[Asset]) -> LicenceBalance {
        of(&entry(fields), assets).remove(0)
    }

    #[test]
    fn devices_are_counted_against_what_is_entitled() {
        let balance =
            |entitled: u32| one(&format!("metric = \"device\"\nentitled = {entitled}"), &hosts(3));
        for (entitled, difference, state) in [
            (3, 0, BalanceState::Even),
            (5, 2, BalanceState::Surplus),
            (1, -2, BalanceState::Short),
        ] {
            let found = balance(entitled);
            assert_eq!((found.difference(), found.state()), (Some(difference), state));
            assert_eq!((found.used, found.systems.len()), (Used::Counted(3), 3));
        }
    }

    #[test]
    fn entitlements_to_one_product_add_up_and_those_out_of_time_do_not() {
        let text = entry("metric = \"device\"\nentitled = 2")
            + "[[licence]]\ncode = \"L2\"\nproduct = \"cad-pro®\"\nmetric = \"device\"\nentitled = 1\nruns_until = \"2026-11-28\"\n"
            + "[[licence]]\ncode = \"L3\"\nproduct = \"CAD Pro\"\nmetric = \"device\"\nentitled = 9\nruns_until = \"2026-11-27\"\n"
            + "[[licence]]\ncode = \"L4\"\nproduct = \"CAD Pro\"\nmetric = \"device\"\nentitled = 9\nbegins_on = \"2026-11-29\"\n";
        let found = of(&text, &hosts(4));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].codes, ["L1", "L2", "L3", "L4"]);
        assert_eq!(found[0].not_valid, ["L3", "L4"]);
        assert_eq!((found[0].entitled, found[0].difference()), (Some(3), Some(-1)));
        // All of them are over: that is none, and not unknown.
        let over = one("metric = \"device\"\nentitled = 9\nruns_until = \"2020-01-01\"", &hosts(1));
        assert_eq!((over.entitled, over.state()), (Some(0), BalanceState::Short));
    }

    #[test]
    fn what_nobody_stated_is_not_zero() {
        let open = one("metric = \"device\"", &hosts(2));
        assert_eq!((open.entitled, open.state()), (None, BalanceState::EntitledNotStated));
        let open = one("entitled = 2", &hosts(2));
        assert_eq!(open.used, Used::NotCounted(NotCounted::MetricNotStated));
        assert_eq!((open.difference(), open.state()), (None, BalanceState::NotCounted));
    }

    #[test]
    fn what_machines_do_not_show_is_not_counted_unless_stated() {
        for (metric, reason) in [
            ("user", NotCounted::UsersNotSeen),
            ("concurrent", NotCounted::ConcurrentNotSeen),
            ("subscription", NotCounted::AssignmentNotStated),
        ] {
            let fields = format!("metric = \"{metric}\"\nentitled = 5");
            assert_eq!(one(&fields, &hosts(2)).used, Used::NotCounted(reason), "{metric}");
            let stated = one(&format!("{fields}\nassigned = 7\nassigned_on = \"2026-11-01\""), &[]);
            let on = Some(date(2026, 11, 1));
            assert_eq!(stated.used, Used::Stated { count: 7, on }, "{metric}");
            assert_eq!(stated.state(), BalanceState::Short, "{metric}");
        }
    }

    #[test]
    fn users_are_counted_where_every_installation_is_an_accounts_own() {
        let own = |owners: &[Option<&str>]| -> Vec<Asset> {
            let hosts = (1..).zip(owners);
            hosts.map(|(number, it)| asset(number, vec![package("cad pro", "1", *it)])).collect()
        };
        let fields = "metric = \"user\"\nentitled = 2";
        let counted = one(fields, &own(&[Some("u1"), Some("u2"), Some("u1")]));
        assert_eq!(counted.used, Used::Counted(2));
        let mixed = one(fields, &own(&[Some("u1"), None]));
        assert_eq!(mixed.used, Used::NotCounted(NotCounted::UsersNotSeen));
    }

    #[test]
    fn cores_are_summed_and_unknown_ones_are_said() {
        let mut assets = hosts(2);
        let processor = |cores| ProcessorDescription { cores, ..ProcessorDescription::default() };
        for asset in &mut assets {
            asset.hardware.processors = vec![sample::seen(1, processor(Some(8)))];
        }
        let fields = "metric = \"core\"\nentitled = 12";
        let found = one(fields, &assets);
        assert_eq!((found.used, found.difference()), (Used::Counted(16), Some(-4)));
        assets[1].hardware.processors = vec![sample::seen(1, processor(None))];
        assert_eq!(one(fields, &assets).used, Used::NotCounted(NotCounted::CoresNotKnown(1)));
        assets[1].hardware.processors.clear();
        assert_eq!(one(fields, &assets).used, Used::NotCounted(NotCounted::CoresNotKnown(1)));
    }

    #[test]
    fn servers_and_access_are_two_counts() {
        let fields = "metric = \"server_and_cal\"\nentitled = 2\naccess_licences = 10";
        let found = one(fields, &hosts(2));
        assert_eq!((found.access, found.state()), (Some((Some(10), None)), BalanceState::Even));
        let found = one(&format!("{fields}\nassigned = 12"), &hosts(2));
        assert_eq!((found.access_difference(), found.state()), (Some(-2), BalanceState::Short));
        assert_eq!(found.used, Used::Counted(2));
    }

    #[test]
    fn a_name_that_nothing_bears_is_not_recognised_and_a_pattern_that_nothing_fits_is_none() {
        let other = vec![asset(1, vec![package("else", "1", None)])];
        let fields = "metric = \"device\"\nentitled = 1";
        assert_eq!(one(fields, &other).used, Used::NotCounted(NotCounted::NotRecognised));
        assert_eq!(one(fields, &[]).used, Used::NotCounted(NotCounted::NoSoftwareRead));
        let ruled = one(&format!("{fields}\npackages = [\"cad*\"]"), &other);
        assert_eq!((ruled.used, ruled.state()), (Used::Counted(0), BalanceState::Surplus));
    }

    #[test]
    fn the_version_narrows_the_rule() {
        let assets = vec![
            asset(1, vec![package("cad-pro", "1:12.3-1", None)]),
            asset(2, vec![package("cad-pro", "120.1", None)]),
            asset(3, vec![package("cad-pro", "12", None)]),
        ];
        let fields = "metric = \"device\"\nentitled = 2\nversion = \"12\"";
        assert_eq!(one(fields, &assets).used, Used::Counted(2));
    }

    #[test]
    fn two_metrics_that_count_the_same_installations_say_so() {
        let text = entry("metric = \"device\"\nentitled = 2")
            + "[[licence]]\ncode = \"L2\"\nproduct = \"CAD Pro\"\nmetric = \"core\"\nentitled = 1\n";
        let found = of(&text, &hosts(1));
        assert_eq!(
            (&*found[0].shared_with, &*found[1].shared_with),
            (&["L2".to_owned()][..], &["L1".to_owned()][..])
        );
    }

    #[test]
    fn machines_whose_software_nobody_read_are_counted_and_retired_ones_are_not() {
        let mut assets = hosts(3);
        assets[0].software.clear();
        assets[1].lifecycle = Lifecycle::Retired;
        let found = one("metric = \"device\"\nentitled = 1", &assets);
        assert_eq!((found.used, found.unread), (Used::Counted(1), 1));
    }

    #[test]
    fn an_entry_of_a_proposed_row_fits_the_product_of_that_row() {
        let code = row_id('L', &["dpkg", "cad-pro"]);
        let text = format!("[[licence]]\ncode = \"{code}\"\nmetric = \"device\"\nentitled = 1\n");
        let found = of(&text, &hosts(2));
        assert_eq!((found[0].used, found[0].difference()), (Used::Counted(2), Some(-1)));
        let rules = LicenceRules::of(&Register::parse(&text).unwrap());
        assert!(rules.has_for(&package("cad-pro", "1", None)));
        assert!(!rules.has_for(&package("cad-free", "1", None)));
    }

    #[test]
    fn names_are_compared_without_marks() {
        for name in ["Cad-Pro", "CAD  PRO®", "cad(R) pro", " CAD/Pro "] {
            assert_eq!(product_key(name), "cad pro", "{name}");
        }
        assert_eq!(product_key("Office 2021"), "office 2021");
    }

    /// Ten thousand machines of ten products against fifty entitlements.
    #[test]
    fn many_machines_take_little_time() {
        let packages = || (0..10).map(|it| package(&format!("product{it}"), "1.0", None)).collect();
        let assets: Vec<Asset> = (1..=10_000).map(|it| asset(it, packages())).collect();
        let text: String = (0..50)
            .map(|it| format!("[[licence]]\ncode = \"L{it}\"\nproduct = \"P{it}\"\npackages = [\"product{it}*\"]\nmetric = \"device\"\nentitled = 1\n"))
            .collect();
        let register = Register::parse(&text).unwrap();
        let begun = std::time::Instant::now();
        let found = licence_balances(&register, &assets, TODAY);
        assert_eq!(found[3].used, Used::Counted(10_000));
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    }
}
