//! Orders about assets.

use std::collections::BTreeSet;

use inventory::assess::{completeness, hostings, managements};
use inventory::asset::{Asset, AssetId, Contact, ObserverId};
use inventory::reconcile::{
    AssetFrame, Decision, assemble, changes, merge_decisions, raw_facts, split_decisions,
};
use jiff::SignedDuration;
use observation::latest::AgentId;
use store::AssetRecord;

use super::order::{AssetExplanation, AssetHistory, Neighbour, Reply};
use super::work::{Work, asset_object, done};
use crate::failure::{ExitCode, Failure};
use crate::ingest::reconcile_pending;
use crate::snapshot;

/// Moments of change that a history goes back.
const HISTORY_MOMENTS_MAX: usize = 100;

pub(super) async fn list(work: &Work<'_>) -> Result<Reply, Failure> {
    let store = work.collector.store.as_ref();
    let (records, agents) = (store.assets().await?, store.agents().await?);
    Ok(Reply::Assets(snapshot::assets_at(store, &records, &agents, work.now).await?))
}

pub(super) async fn show(
    work: &Work<'_>,
    name: String,
    with_evidence: bool,
) -> Result<Reply, Failure> {
    let record = find(work, name).await?;
    let members = work.collector.store.observations(record.members.clone(), work.now).await?;
    let facts = if with_evidence { raw_facts(&members) } else { Vec::new() };
    let frame = frame(work, &record).await?;
    let asset = assemble(frame, &members).ok_or_else(|| missing(record.label.to_string()))?;
    let Related { runs_on, hosts, managed_by, manages } = related(work, &asset).await?;
    let completeness = completeness(&asset);
    let links = record.links;
    let explanation =
        AssetExplanation { asset, links, facts, completeness, runs_on, hosts, managed_by, manages };
    Ok(Reply::Asset(Box::new(explanation)))
}

/// Other assets, by what they are to one.
#[derive(Default)]
struct Related {
    runs_on: Vec<Neighbour>,
    hosts: Vec<Neighbour>,
    managed_by: Vec<Neighbour>,
    manages: Vec<Neighbour>,
}

/// The hosts, guests and management controllers of an asset. All assets are read for it, and only where there can
/// be any: a machine with an agent that is known to be no guest, lists none and has no controller has none of them.
async fn related(work: &Work<'_>, asset: &Asset) -> Result<Related, Failure> {
    let is_real = asset.virtual_machine.as_ref().is_some_and(|it| !it.value.is_virtual);
    let is_managed = asset.details.iter().any(|it| it.value.kind.starts_with("management_"));
    let reports = asset.contact == Contact::Reported;
    if is_real && reports && !is_managed && asset.named_machines.is_empty() {
        return Ok(Related::default());
    }
    let store = work.collector.store.as_ref();
    let (records, agents) = (store.assets().await?, store.agents().await?);
    let all = snapshot::assets_at(store, &records, &agents, work.now).await?;
    let neighbour = |id: AssetId| {
        let found = all.iter().find(|it| it.id == id)?;
        let name = found.name.as_ref().map(|it| it.value.clone());
        Some(Neighbour { label: found.label.clone(), name })
    };
    let mut related = Related::default();
    for it in hostings(&all) {
        if it.guest == asset.id {
            related.runs_on.extend(neighbour(it.host));
        } else if it.host == asset.id {
            related.hosts.extend(neighbour(it.guest));
        }
    }
    for it in managements(&all) {
        if it.host == asset.id {
            related.managed_by.extend(neighbour(it.controller));
        } else if it.controller == asset.id {
            related.manages.extend(neighbour(it.host));
        }
    }
    Ok(related)
}

pub(super) async fn history(work: &Work<'_>, name: String) -> Result<Reply, Failure> {
    let record = find(work, name).await?;
    let store = work.collector.store.as_ref();
    let spans = store.section_history(record.members.clone()).await?;
    let moments: BTreeSet<_> = spans.iter().map(|it| it.first_observed_at).collect();
    let first_seen_at = moments.first().copied();
    let mut found = Vec::new();
    // The first moment is the beginning: nothing stood before it that could have changed.
    for moment in moments.iter().skip(1).rev().take(HISTORY_MOMENTS_MAX) {
        let before_it = moment.checked_sub(SignedDuration::from_micros(1)).unwrap_or(*moment);
        let before = store.observations(record.members.clone(), before_it).await?;
        let after = store.observations(record.members.clone(), *moment).await?;
        found.extend(changes(record.id, &record.label, &before, &after));
    }
    found.sort_by(|left, right| right.cmp(left));
    found.dedup();
    Ok(Reply::History(AssetHistory { label: record.label, first_seen_at, changes: found }))
}

pub(super) async fn conflicts(work: &Work<'_>) -> Result<Reply, Failure> {
    let records = work.collector.store.assets().await?;
    let links = records.into_iter().flat_map(|it| it.links);
    let open: BTreeSet<_> = links.filter(inventory::reconcile::Link::is_open_conflict).collect();
    Ok(Reply::Conflicts(open.into_iter().collect()))
}

pub(super) async fn merge(work: &Work<'_>, left: String, right: String) -> Result<Reply, Failure> {
    let (left, right) = (find(work, left).await?, find(work, right).await?);
    if left.id == right.id {
        return Err(Failure::new(ExitCode::Conflict, "same-asset", left.label.to_string()));
    }
    let decisions = merge_decisions(&left.members, &right.members, work.now, work.actor);
    decide(work, decisions, "assets_merged", &left, right.label.to_string()).await?;
    Ok(done("assets-merged", format!("{} + {}", left.label, right.label), 1))
}

pub(super) async fn split(work: &Work<'_>, name: String, agent: AgentId) -> Result<Reply, Failure> {
    let record = find(work, name).await?;
    let leaving = ObserverId::Agent(agent);
    if !record.members.contains(&leaving) || record.members.len() < 2 {
        return Err(Failure::new(ExitCode::NothingFound, "not-a-member", agent.to_string()));
    }
    let decisions = split_decisions(&[leaving], &record.members, work.now, work.actor);
    decide(work, decisions, "asset_split", &record, agent.to_string()).await?;
    Ok(done("asset-split", record.label.to_string(), 1))
}

async fn decide(
    work: &Work<'_>,
    decisions: Vec<Decision>,
    action: &str,
    record: &AssetRecord,
    other: String,
) -> Result<(), Failure> {
    for decision in decisions {
        let mut event = work.event(action, asset_object(record.id));
        event.after = Some(other.clone());
        work.collector.store.decide(decision, event).await?;
    }
    reconcile_pending(work.collector, work.now).await?;
    Ok(())
}

async fn find(work: &Work<'_>, name: String) -> Result<AssetRecord, Failure> {
    let found = work.collector.store.find_asset(name.clone()).await?;
    found.ok_or_else(|| missing(name))
}

async fn frame(work: &Work<'_>, record: &AssetRecord) -> Result<AssetFrame, Failure> {
    Ok(snapshot::frame(record, &work.collector.store.agents().await?))
}

fn missing(name: String) -> Failure {
    Failure::new(ExitCode::NothingFound, "no-asset", name)
}

/// What a list shows of an asset in one line.
pub(super) fn row(asset: &Asset) -> [String; 5] {
    let text = |it: Option<&String>| it.cloned().unwrap_or_else(|| "–".to_owned());
    let system = asset.operating_system.as_ref().and_then(|it| it.value.pretty_name.as_ref());
    let mut addresses: Vec<String> = asset
        .interfaces
        .iter()
        .flat_map(|it| &it.value.addresses)
        .map(|(address, _)| *address)
        .filter(|it| !it.is_loopback())
        .map(|it| it.to_string())
        .collect();
    addresses.sort();
    [
        asset.label.to_string(),
        text(asset.name.as_ref().map(|it| &it.value)),
        text(system),
        addresses.join(", "),
        asset.last_seen_at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    ]
}
