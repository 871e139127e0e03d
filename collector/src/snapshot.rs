//! Everything that an export shows, read from the store and assembled.

use std::collections::HashMap;

use inventory::assess::{AgentJudgement, HABIT_DAYS};
use inventory::asset::{Asset, Lifecycle, ObserverId};
use inventory::export::{
    AgentSummary, ChangeEntry, ChangeKind, ExportStamp, ScanSummary, Snapshot,
};
use inventory::reconcile::{AssetFrame, MemberObservations, assemble, changes};
use jiff::Timestamp;
use observation::latest::AgentId;
use observation::latest::protocol::AgentKind;
use observation::latest::scan::ScanProfile;
use scan::plan::Scope;
use store::{
    AgentHabit, AgentRecord, AgentState, AssetRecord, EventDraft, ExportRecord, ScanRunRecord,
    ScanRunState, Store, StoreError,
};
use uuid::Uuid;

use crate::collector::SCHEDULE;

/// Scans that an export shows; older ones stay in the collector.
const SCANS_SHOWN_MAX: u32 = 200;
/// Assets whose observations are read at once: they take several times the room of what is made of them.
const ASSETS_AT_ONCE: usize = 100;
/// Events that are read at once.
const EVENTS_AT_ONCE: u32 = 1000;
/// Sources of events that are statements of people about the company.
const STATEMENT_SOURCES: [&str; 6] =
    ["register.toml", "command line", "workbook", "licence list", "template", "undo"];

/// Makes the next export: gives it a number and reads what it shows.
///
/// # Errors
/// If the store fails.
pub async fn take(
    store: &dyn Store,
    actor: &str,
    as_of: Timestamp,
    time_zone: String,
) -> Result<Snapshot, StoreError> {
    let event = EventDraft {
        at: as_of,
        actor: actor.to_owned(),
        source: "command line".to_owned(),
        action: "workbook_exported".to_owned(),
        object: "workbook".to_owned(),
        before: None,
        after: None,
    };
    let export = store.record_export(Uuid::now_v7(), as_of, event).await?;
    let records = store.assets().await?;
    let agents = store.agents().await?;
    let assets = assets_at(store, &records, &agents, as_of).await?;
    let changes = changes_since(store, &records, &assets, &agents, &export).await?;
    let links = records.iter().flat_map(|it| it.links.iter());
    let mut conflicts: Vec<_> = links.filter(|it| it.is_open_conflict()).cloned().collect();
    conflicts.sort();
    conflicts.dedup();
    let (event_count, event_head) = store.event_head().await?;
    let register = store.register().await?;
    Ok(Snapshot {
        stamp: stamp(export, time_zone),
        claims: register.standings(&store.claims().await?),
        register,
        assets,
        agents: summaries(store, agents).await?,
        changes,
        conflicts,
        scans: scans(store).await?,
        report_interval_seconds: SCHEDULE.collect_every_seconds,
        event_count,
        event_head,
    })
}

/// The newest scans with their permits.
async fn scans(store: &dyn Store) -> Result<Vec<ScanSummary>, StoreError> {
    let plans = store.scan_plans().await?;
    let runs = store.scan_runs(SCANS_SHOWN_MAX).await?;
    let summary = |run: ScanRunRecord| {
        let plan = plans.iter().find(|it| Some(it.id) == run.plan);
        // Who named no rate has that of the profile.
        let rate_pps = Scope::of(&run.job).ok().map(|it| it.rate_pps()).or(run.job.rate_pps);
        ScanSummary {
            run: run.id,
            plan: plan.map(|it| it.name.clone()),
            ordered_by: run.ordered_by,
            vantage: run.vantage,
            networks: run.job.networks,
            exclusions: run.job.exclusions,
            profile: profile_code(run.job.profile).to_owned(),
            rate_pps,
            state: run_state_code(run.state).to_owned(),
            ordered_at: run.ordered_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
            figures: run.figures,
            remarks: run.remarks,
        }
    };
    Ok(runs.into_iter().map(summary).collect())
}

const fn profile_code(profile: ScanProfile) -> &'static str {
    match profile {
        ScanProfile::Gentle => "gentle",
        ScanProfile::Normal => "normal",
        ScanProfile::Deep => "deep",
    }
}

const fn run_state_code(state: ScanRunState) -> &'static str {
    match state {
        ScanRunState::Waiting => "waiting",
        ScanRunState::Running => "running",
        ScanRunState::Complete => "complete",
        ScanRunState::Partial => "partial",
        ScanRunState::Failed => "failed",
    }
}

/// The assets as they were at a moment, sorted by label.
///
/// # Errors
/// If the store fails.
pub async fn assets_at(
    store: &dyn Store,
    records: &[AssetRecord],
    agents: &[AgentRecord],
    at: Timestamp,
) -> Result<Vec<Asset>, StoreError> {
    let mut assets = Vec::with_capacity(records.len());
    for page in records.chunks(ASSETS_AT_ONCE) {
        let mut observations = observations_by_observer(store, page, at).await?;
        for record in page {
            let members = members(record, &mut observations);
            assets.extend(assemble(frame(record, agents), &members));
        }
    }
    assets.sort_by(|left, right| left.label.cmp(&right.label));
    Ok(assets)
}

async fn observations_by_observer(
    store: &dyn Store,
    records: &[AssetRecord],
    at: Timestamp,
) -> Result<HashMap<ObserverId, MemberObservations>, StoreError> {
    let observers = records.iter().flat_map(|it| it.members.clone()).collect();
    let all = store.observations(observers, at).await?;
    Ok(all.into_iter().map(|it| (it.observer.clone(), it)).collect())
}

fn members(
    record: &AssetRecord,
    observations: &mut HashMap<ObserverId, MemberObservations>,
) -> Vec<MemberObservations> {
    record.members.iter().filter_map(|it| observations.remove(it)).collect()
}

/// What is known of an asset apart from observations. An asset whose agents were all revoked is no
/// longer in use.
#[must_use]
pub fn frame(record: &AssetRecord, agents: &[AgentRecord]) -> AssetFrame {
    let is_revoked = |member: &ObserverId| match member {
        ObserverId::Agent(id) => {
            agents.iter().any(|it| it.id == *id && it.state == AgentState::Revoked)
        }
        ObserverId::Target(_) | ObserverId::Person(_) => false,
    };
    let is_retired = record.members.iter().all(is_revoked);
    AssetFrame {
        id: record.id,
        label: record.label.clone(),
        lifecycle: if is_retired { Lifecycle::Retired } else { Lifecycle::Operating },
        stated_kind: None,
    }
}

/// What differs from the previous export. Without one every asset is new, in one row each: a list
/// of every package would hide everything else.
async fn changes_since(
    store: &dyn Store,
    records: &[AssetRecord],
    assets: &[Asset],
    agents: &[AgentRecord],
    export: &ExportRecord,
) -> Result<Vec<ChangeEntry>, StoreError> {
    let Some((_, previous_at)) = export.previous else {
        return Ok(assets.iter().map(new_asset).collect());
    };
    let mut all = Vec::new();
    for page in records.chunks(ASSETS_AT_ONCE) {
        let mut before = observations_by_observer(store, page, previous_at).await?;
        let mut after = observations_by_observer(store, page, export.as_of).await?;
        for record in page {
            let (before, after) = (members(record, &mut before), members(record, &mut after));
            if before.is_empty() {
                let frame = frame(record, agents);
                all.extend(assemble(frame, &after).as_ref().map(new_asset));
            } else {
                all.extend(changes(record.id, &record.label, &before, &after));
            }
        }
    }
    all.extend(statements_since(store, previous_at).await?);
    all.sort();
    Ok(all)
}

fn new_asset(asset: &Asset) -> ChangeEntry {
    let evidence = asset.name.as_ref().map(|it| it.evidence.source.to_string());
    ChangeEntry {
        at: asset.first_seen_at,
        kind: ChangeKind::Added,
        asset: Some(asset.id),
        label: asset.label.clone(),
        field: "asset".to_owned(),
        before: None,
        after: asset.name.as_ref().map(|it| it.value.clone()),
        source: evidence.unwrap_or_else(|| "reconcile".to_owned()),
        row: None,
    }
}

/// What people stated since a moment.
async fn statements_since(
    store: &dyn Store,
    since: Timestamp,
) -> Result<Vec<ChangeEntry>, StoreError> {
    let mut entries = Vec::new();
    let mut after = 0;
    loop {
        let events = store.events(after, EVENTS_AT_ONCE).await?;
        let Some(last) = events.last() else { return Ok(entries) };
        after = last.number;
        let stated = events.into_iter().map(|it| it.event).filter(|it| {
            it.at > since
                && STATEMENT_SOURCES.iter().any(|from| it.source.starts_with(from))
                && is_statement(it)
        });
        entries.extend(stated.map(|event| ChangeEntry {
            at: event.at,
            kind: ChangeKind::Stated,
            asset: None,
            label: inventory::asset::AssetLabel(event.object),
            field: event.action,
            before: event.before,
            after: event.after,
            source: event.actor,
            row: None,
        }));
    }
}

/// Exports are events too, and say nothing about the company.
fn is_statement(event: &EventDraft) -> bool {
    event.before.is_some() || event.after.is_some()
}

fn stamp(export: ExportRecord, time_zone: String) -> ExportStamp {
    ExportStamp {
        id: export.id,
        number: export.number,
        as_of: export.as_of,
        time_zone,
        previous: export.previous,
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        profile: None,
    }
}

/// All agents with how they reported of late.
async fn summaries(
    store: &dyn Store,
    agents: Vec<AgentRecord>,
) -> Result<Vec<AgentSummary>, StoreError> {
    let habits = store.agent_habits(HABIT_DAYS).await?;
    let mut habits: HashMap<AgentId, AgentHabit> =
        habits.into_iter().map(|it| (it.agent, it)).collect();
    Ok(agents.into_iter().map(|it| summary(habits.remove(&it.id), it)).collect())
}

/// All agents with their health, as of a moment.
///
/// # Errors
/// If the store fails.
pub async fn judged_agents(
    store: &dyn Store,
    now: Timestamp,
) -> Result<Vec<AgentJudgement>, StoreError> {
    Ok(present(store, now).await?.judged_agents())
}

/// Everything as it is now, without making an export of it: what changed since the last one is not
/// looked for.
///
/// # Errors
/// If the store fails.
pub async fn present(store: &dyn Store, now: Timestamp) -> Result<Snapshot, StoreError> {
    let (records, agents) = (store.assets().await?, store.agents().await?);
    let assets = assets_at(store, &records, &agents, now).await?;
    let none = ExportRecord { id: Uuid::nil(), number: 0, as_of: now, previous: None };
    let export = store.last_export().await?.unwrap_or(none);
    let register = store.register().await?;
    Ok(Snapshot {
        stamp: stamp(ExportRecord { as_of: now, ..export }, "UTC".to_owned()),
        claims: register.standings(&store.claims().await?),
        register,
        assets,
        agents: summaries(store, agents).await?,
        changes: Vec::new(),
        conflicts: Vec::new(),
        scans: scans(store).await?,
        report_interval_seconds: SCHEDULE.collect_every_seconds,
        event_count: 0,
        event_head: None,
    })
}

fn summary(habit: Option<AgentHabit>, record: AgentRecord) -> AgentSummary {
    let report_days = habit.as_ref().map(|it| it.report_days);
    AgentSummary {
        id: record.id,
        host_name: record.host_name,
        state: state_code(record.state).to_owned(),
        asset: record.asset,
        enrolled_at: record.enrolled_at,
        last_seen_at: record.last_seen_at,
        clock_skew_seconds: record.clock_skew_seconds,
        software_version: Some(record.software_version),
        is_server: record.kind == AgentKind::Server,
        certificate_not_after: Some(record.certificate_not_after),
        report_days,
        refused: habit.and_then(|it| it.refused),
    }
}

/// The code of an agent's state, as the catalogue words know it.
#[must_use]
pub const fn state_code(state: AgentState) -> &'static str {
    match state {
        AgentState::Waiting => "waiting",
        AgentState::Approved => "approved",
        AgentState::Revoked => "revoked",
        AgentState::Quarantined => "quarantined",
    }
}
