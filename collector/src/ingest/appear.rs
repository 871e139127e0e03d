//! A device that nobody knew shows itself: an event at once, not at the end of a run.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use inventory::asset::{ObserverId, TargetId};
use inventory::reconcile::{Grouping, IdentifierKind, MemberEvidence, SIGHTINGS_SOURCE};
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use observation::latest::{AgentId, SourceId};
use store::{EventDraft, ScanRunRecord, ScanRunState, StoreError};
use uuid::Uuid;

use crate::collector::Collector;

/// Runs that are looked through for an earlier look at an address.
const RUNS_LOOKED_AT: u32 = 500;
/// How long after its first neighbour table an agent's neighbours are no news.
const FIRST_TABLES: SignedDuration = SignedDuration::from_hours(1);
/// Most identifiers that are named.
const NAMED_MAX: usize = 8;

/// An event for each new asset that only scans know, where somebody had looked before: what the
/// first look at a network finds is no news.
pub(super) async fn appearances(
    collector: &Collector,
    groupings: &[Grouping],
    candidates: &[MemberEvidence],
    now: Timestamp,
) -> Result<Vec<EventDraft>, StoreError> {
    let mut looks = None;
    let mut events = Vec::new();
    for grouping in groupings {
        let Some(targets) = targets(grouping) else { continue };
        if collector.store.find_asset(grouping.asset.to_string()).await?.is_some() {
            continue;
        }
        if looks.is_none() {
            looks = Some(Looks::read(collector).await?);
        }
        let Some(looks) = looks.as_mut() else { continue };
        let mut is_news = true;
        for target in &targets {
            is_news = is_news && looks.had_looked(collector, target).await?;
        }
        if is_news {
            events.push(appeared(grouping, &targets, candidates, now));
        }
    }
    Ok(events)
}

/// The lines of an asset that only scans know.
fn targets(grouping: &Grouping) -> Option<Vec<TargetId>> {
    let target = |it: &ObserverId| match it {
        ObserverId::Target(target) => Some(target.clone()),
        ObserverId::Agent(_) | ObserverId::Person(_) => None,
    };
    grouping.members.iter().map(target).collect()
}

/// Who had looked where before.
struct Looks {
    runs: Vec<ScanRunRecord>,
    /// The lines of which a run found something.
    found: BTreeMap<Uuid, BTreeSet<ObserverId>>,
    /// When the first line of a vantage point began.
    first_lines: BTreeMap<AgentId, Option<Timestamp>>,
}

impl Looks {
    async fn read(collector: &Collector) -> Result<Self, StoreError> {
        let runs = collector.store.scan_runs(RUNS_LOOKED_AT).await?;
        Ok(Self { runs, found: BTreeMap::new(), first_lines: BTreeMap::new() })
    }

    /// Whether somebody at the same place had looked at this address before its line began.
    async fn had_looked(
        &mut self,
        collector: &Collector,
        target: &TargetId,
    ) -> Result<bool, StoreError> {
        let observer = ObserverId::Target(target.clone());
        for run in self.runs.iter().filter(|run| is_look_at(run, target)) {
            // A run ends before its last part is received: the one that brought the line itself is
            // no earlier look.
            let found = match self.found.entry(run.id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let found = collector.store.scan_observers(run.id).await?;
                    new.insert(found.into_iter().collect())
                }
            };
            if !found.contains(&observer) {
                return Ok(true);
            }
        }
        let Some(agent) = target.vantage else { return Ok(false) };
        let first = match self.first_lines.get(&agent) {
            Some(first) => *first,
            None => {
                let source = SourceId::from_static(SIGHTINGS_SOURCE);
                let lines = collector.store.lines_from(Some(agent), source).await?;
                let first = lines.iter().map(|it| it.target.since).min();
                self.first_lines.insert(agent, first);
                first
            }
        };
        Ok(first.is_some_and(|it| target.since.duration_since(it) >= FIRST_TABLES))
    }
}

/// Whether a run looked at an address before its line began. One that did not come to its end may
/// not have come to this address: after it everything would be new.
fn is_look_at(run: &ScanRunRecord, target: &TargetId) -> bool {
    let is_in = |networks: &[IpNet]| networks.iter().any(|it| it.contains(&target.address));
    // Devices show themselves by IPv6 under addresses that nobody names.
    let is_asked = is_in(&run.job.networks) || target.address.is_ipv6();
    run.state == ScanRunState::Complete
        && run.finished_at.is_some_and(|it| it < target.since)
        && run.vantage == target.vantage
        && is_asked
        && !is_in(&run.job.exclusions)
}

fn appeared(
    grouping: &Grouping,
    targets: &[TargetId],
    candidates: &[MemberEvidence],
    now: Timestamp,
) -> EventDraft {
    let mut named: Vec<String> = targets.iter().map(|it| it.address.to_string()).collect();
    let own = candidates.iter().filter(|it| grouping.members.contains(&it.observer));
    let shown = own.flat_map(|it| &it.identifiers).filter(|it| {
        matches!(
            it.identifier.kind,
            IdentifierKind::LinkMac | IdentifierKind::NtlmName | IdentifierKind::DeviceSerial
        )
    });
    named.extend(shown.map(|it| it.identifier.text.clone()));
    named.sort();
    named.dedup();
    named.truncate(NAMED_MAX);
    EventDraft {
        at: now,
        actor: "rule reconcile".to_owned(),
        source: "reconcile".to_owned(),
        action: "device_appeared".to_owned(),
        object: format!("asset {}", grouping.asset),
        before: None,
        after: Some(named.join(", ")),
    }
}
