//! What the sheets read: the snapshot with its indexes, in one language.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use observation::latest::AgentId;
use wording::Language;
use wording::Wording;

use super::cell::Value;
use super::list::List;
use super::sheet::Row;
use super::sheet::Rows;
use super::sheet::Sheet;
use super::sheets::SHEETS;
use super::snapshot::ScanSummary;
use super::snapshot::Snapshot;
use super::statement;
use crate::asset::Asset;
use crate::asset::AssetId;
use crate::asset::Evidence;
use crate::asset::ObserverId;
use crate::asset::Trust;
use crate::register::Cidr;
use crate::register::Classification;
use crate::register::Index;
use crate::register::Zone;

/// The state of a scan that asked all that it was to ask.
const COMPLETE: &str = "complete";

/// The snapshot in one language.
#[derive(Clone)]
pub struct View<'a> {
    snapshot: &'a Snapshot,
    language: Language,
    time_zone: TimeZone,
    assets: BTreeMap<AssetId, &'a Asset>,
    addresses: BTreeMap<IpAddr, &'a Asset>,
    networks: Vec<(Cidr, &'a Zone)>,
    rows: BTreeMap<&'static str, OnceCell<Vec<Row>>>,
    counts: BTreeMap<&'static str, OnceCell<usize>>,
    stated: Index,
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
            .filter_map(|(text, zone)| Some((text.parse::<Cidr>().ok()?, zone)))
            .collect();
        // The most exact network first, so that a zone within a zone wins.
        networks.sort_by_key(|(network, zone)| {
            (std::cmp::Reverse(network.prefix_length()), *network, zone.name.clone())
        });
        let rows = SHEETS.iter().map(|it| (it.key, OnceCell::new())).collect();
        let counts = SHEETS.iter().map(|it| (it.key, OnceCell::new())).collect();
        let addresses = addresses(snapshot);
        let stated = snapshot.register.index();
        Self { snapshot, language, time_zone, assets, addresses, networks, rows, counts, stated }
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

    /// What people stated, by table, entry and key.
    #[must_use]
    pub const fn stated(&self) -> &Index {
        &self.stated
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

    /// The name of the company, or that nobody stated it.
    #[must_use]
    pub fn company(&self) -> String {
        let name = self.snapshot.register.company.name.clone();
        name.unwrap_or_else(|| self.text("workbook-company-open"))
    }

    /// How the documentation is classified. Nobody said so: as if internal, and marked as proposed.
    #[must_use]
    pub fn classification(&self) -> String {
        let code = match self.snapshot.register.company.classification {
            None => return self.text("workbook-classification-proposed"),
            Some(Classification::Public) => "public",
            Some(Classification::Internal) => "internal",
            Some(Classification::Confidential) => "confidential",
            Some(Classification::StrictlyConfidential) => "strictly_confidential",
        };
        List::Classification.message(code).map_or_else(String::new, |it| self.text(it))
    }

    /// What stands at the foot of every page: company, draft, export, classification.
    #[must_use]
    pub fn footer(&self) -> String {
        let export = self
            .wording()
            .text_with("workbook-export", &[("number", self.snapshot.stamp.number.into())]);
        let parts = [self.company(), self.text("workbook-draft"), export, self.classification()];
        parts.join(" · ")
    }

    /// A value as text.
    #[must_use]
    pub fn value_text(&self, value: &Value) -> String {
        match value {
            Value::Text(it) => it.clone(),
            Value::Number(it) => it.to_string(),
            Value::Date(day) => self.day_text(*day),
            Value::Instant(at) => self.instant_text(*at),
            Value::Choice(list, code) => {
                list.message(code).map_or_else(|| (*code).to_owned(), |it| self.text(it))
            }
            Value::Formula { result, .. } => self.value_text(result),
            Value::Open => String::new(),
            Value::Unknown(_) => self.text("workbook-unknown"),
            Value::NotAssessed => self.text("workbook-not-assessed"),
            Value::NoData => self.text("workbook-no-data"),
            Value::Nothing => self.text("workbook-nothing"),
        }
    }

    /// What a value rests on: source, kind of sight, time, observer.
    #[must_use]
    pub fn evidence_text(&self, evidence: &Evidence) -> String {
        let trust = self.text(match evidence.trust {
            Trust::Inferred => "workbook-trust-inferred",
            Trust::Imported => "workbook-trust-imported",
            Trust::Measured => "workbook-trust-measured",
            Trust::Confirmed => "workbook-trust-confirmed",
            Trust::Stated => "workbook-trust-stated",
        });
        let observer = match &evidence.observer {
            ObserverId::Agent(id) => format!("Agent {id}"),
            ObserverId::Target(target) => {
                format!("Scan {} ← {}", target.address, self.vantage_text(target.vantage))
            }
            ObserverId::Person(name) => name.clone(),
        };
        format!(
            "{}: {} ({trust})\n{}: {}\n{observer}",
            self.text("workbook-column-source"),
            evidence.source,
            self.text("workbook-column-as-of"),
            self.instant_text(evidence.observed_at),
        )
    }

    /// The networks that scans were allowed to ask, except single addresses.
    pub fn scanned_networks(&self) -> impl Iterator<Item = Cidr> + use<'a> {
        let named = self.snapshot.scans.iter().flat_map(|it| &it.networks);
        let wide = named.filter(|it| it.prefix_len() < it.max_prefix_len());
        wide.filter_map(|it| Cidr::of(it.addr(), it.prefix_len()))
    }

    /// Whether a scan asked every address of a network: one that came to its end, and nothing of the
    /// network was left out. Never of IPv6, whose networks are not swept.
    #[must_use]
    pub fn was_asked(&self, network: &Cidr) -> bool {
        let cidr = |it: &IpNet| Cidr::of(it.addr(), it.prefix_len());
        let asked_all = |scan: &&ScanSummary| {
            let holds = |it: Cidr| {
                it.contains(network.address()) && it.prefix_length() <= network.prefix_length()
            };
            let touches = |it: Cidr| holds(it) || network.contains(it.address());
            scan.state == COMPLETE
                && scan.networks.iter().filter_map(cidr).any(holds)
                && !scan.exclusions.iter().filter_map(cidr).any(touches)
        };
        network.address().is_ipv4() && self.snapshot.scans.iter().any(|it| asked_all(&it))
    }

    /// The place from where a scan looked, for people.
    #[must_use]
    pub fn vantage_text(&self, vantage: Option<AgentId>) -> String {
        let Some(agent) = vantage else { return self.text("workbook-vantage-collector") };
        let known = self.snapshot.agents.iter().find(|it| it.id == agent);
        known.map_or_else(|| agent.to_string(), |it| it.host_name.clone())
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

    /// The rows of a sheet, made once and kept. A sheet must not ask for its own.
    #[must_use]
    pub fn rows(&self, sheet: &Sheet) -> &[Row] {
        let make = || {
            let mut rows = sheet.made(self);
            for row in &mut rows {
                statement::fill(&self.stated, sheet, row);
            }
            rows
        };
        self.rows.get(sheet.key).map_or(&[], |it| it.get_or_init(make).as_slice())
    }

    /// The rows of a sheet, one after another. Those that grow with the systems are made while they are
    /// asked for, and are not kept.
    pub fn passing<'v>(
        &'v self,
        sheet: &'static Sheet,
    ) -> Box<dyn Iterator<Item = Cow<'v, Row>> + 'v> {
        match sheet.rows {
            Rows::Together(_) => Box::new(self.rows(sheet).iter().map(Cow::Borrowed)),
            Rows::Passing(make) => Box::new(make(self).map(|mut row| {
                statement::fill(&self.stated, sheet, &mut row);
                Cow::Owned(row)
            })),
        }
    }

    /// How many rows a sheet has, counted once.
    #[must_use]
    pub fn count(&self, sheet: &Sheet) -> usize {
        let count = || match sheet.rows {
            Rows::Together(_) => self.rows(sheet).len(),
            Rows::Passing(make) => make(self).count(),
        };
        self.counts.get(sheet.key).map_or(0, |it| *it.get_or_init(count))
    }

    /// How many rows the sheet of this key has; none for a key that no sheet has.
    #[must_use]
    pub fn row_count(&self, key: &str) -> Option<usize> {
        SHEETS.iter().find(|it| it.key == key).map(|it| self.count(it))
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
        for address in asset.all_addresses() {
            let holders = holders.entry(address).or_default();
            if names_a_host(address) && !holders.iter().any(|it| it.id == asset.id) {
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
