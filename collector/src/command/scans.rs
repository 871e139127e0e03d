//! Orders about scans.

use std::net::IpAddr;

use inventory::reconcile::assemble;
use ipnet::IpNet;
use observation::latest::scan::{ScanRemark, SnmpCredential};
use store::{ScanPlanRecord, ScanRunRecord, ScanRunState, TargetLine};
use uuid::Uuid;

use super::order::{Reply, ScanOrder};
use super::work::{Work, done};
use crate::active_runs::StopReason;
use crate::credentials;
use crate::failure::{ExitCode, Failure};
use crate::ingest::{chain, end_scan};
use crate::scans::{
    AddressExplanation, AddressHolder, PlanRow, PlanStanding, RunOrder, RunStanding, ScanPlan,
    ScanRequest, Watch, broken_off, check, find, outcome, row, run,
};
use crate::snapshot;

/// Runs that a list shows.
const RUNS_SHOWN_MAX: u32 = 200;
/// Runs among which one is looked for by name.
const RUNS_MAX: u32 = 10_000;
/// Runs that an explanation goes back.
const RUNS_EXPLAINED_MAX: u32 = 20;

pub(super) async fn execute(
    work: &Work<'_>,
    order: ScanOrder,
    watch: &Watch,
) -> Result<Reply, Failure> {
    match order {
        ScanOrder::Run { request, snmp } => run_now(work, request, Vec::new(), snmp, watch).await,
        ScanOrder::Resume { run, snmp } => resume(work, &run, snmp, watch).await,
        ScanOrder::PlanAdd { plan, snmp } => add_plan(work, plan, snmp).await,
        ScanOrder::PlanList => plans(work).await,
        ScanOrder::PlanRemove { name } => remove_plan(work, &name).await,
        ScanOrder::List => runs(work).await,
        ScanOrder::Show { run } => show(work, &run).await,
        ScanOrder::Stop { run } => stop(work, &run).await,
        ScanOrder::Explain { address } => explain(work, address.to_canonical()).await,
    }
}

async fn run_now(
    work: &Work<'_>,
    request: ScanRequest,
    done: Vec<IpNet>,
    snmp: Vec<SnmpCredential>,
    watch: &Watch,
) -> Result<Reply, Failure> {
    let (remarks, actor) = (Vec::new(), work.actor.to_owned());
    let order = RunOrder { plan: None, request, done, snmp, remarks, actor };
    let finished = run(work.collector, order, watch).await?;
    let store = work.collector.store.as_ref();
    let record = store.scan_run(finished.id).await?;
    let record = record.ok_or_else(|| no_run(&finished.id.to_string()))?;
    let now = crate::clock::now();
    let outcome = outcome(store, &record, finished.vantage.as_ref(), now).await?;
    Ok(Reply::Scanned(Box::new(outcome)))
}

/// Asks what an earlier run of this collector left out, as that run was ordered.
async fn resume(
    work: &Work<'_>,
    name: &str,
    snmp: Vec<SnmpCredential>,
    watch: &Watch,
) -> Result<Reply, Failure> {
    let run = whole(work, name).await?;
    if !run.state.is_over() || run.vantage.is_some() {
        return Err(Failure::new(ExitCode::Conflict, "scan-not-to-resume", run.id.to_string()));
    }
    if run.state == ScanRunState::Complete {
        return Err(Failure::new(ExitCode::NothingFound, "scan-complete", run.id.to_string()));
    }
    run_now(work, ScanRequest::of(&run.job), run.done, snmp, watch).await
}

async fn add_plan(
    work: &Work<'_>,
    plan: ScanPlan,
    snmp: Vec<SnmpCredential>,
) -> Result<Reply, Failure> {
    let times = plan.times()?;
    check(&plan.request)?;
    let collector = work.collector;
    if let Some(agent) = plan.vantage {
        if collector.store.agent(agent).await?.is_none() {
            return Err(Failure::new(ExitCode::NothingFound, "no-agent", agent.to_string()));
        }
        if !snmp.is_empty() {
            return Err(Failure::new(
                ExitCode::Refused,
                "scan-agent-credentials",
                agent.to_string(),
            ));
        }
    }
    let known = collector.store.scan_plans().await?;
    if known.iter().any(|it| it.name == plan.name) {
        return Err(Failure::new(ExitCode::Conflict, "scan-plan-exists", plan.name));
    }
    let document = serde_json::to_string(&plan)
        .map_err(|it| Failure::new(ExitCode::Failed, "internal", it.to_string()))?;
    let id = Uuid::now_v7();
    let record = ScanPlanRecord {
        id,
        name: plan.name.clone(),
        document: document.clone(),
        created_at: work.now,
        last_run: None,
        last_run_at: None,
        next_run_at: times.next_start(work.now, work.now, &collector.scanning.zone),
    };
    let mut event = work.event("scan_plan_added", format!("scan plan {}", plan.name));
    event.after = Some(document);
    collector.store.add_plan(record, event).await?;
    let store = collector.store.as_ref();
    let kept = credentials::keep(store, &collector.folder, id, &snmp, work.actor, work.now).await;
    if let Err(error) = kept {
        // A plan without its credentials would look as if it had them.
        let event = work.event("scan_plan_removed", format!("scan plan {}", plan.name));
        store.remove_plan(id, event).await?;
        let failure = Failure::new(ExitCode::Failed, "scan-credentials", "");
        return Err(failure.because(chain(&error)));
    }
    collector.plan_bell.notify_one();
    Ok(done("scan-plan-added", plan.name, 1))
}

async fn remove_plan(work: &Work<'_>, name: &str) -> Result<Reply, Failure> {
    let store = work.collector.store.as_ref();
    let known = store.scan_plans().await?.into_iter().find(|it| it.name == name);
    let no_plan = || Failure::new(ExitCode::NothingFound, "scan-no-plan", name);
    let known = known.ok_or_else(no_plan)?;
    let mut event = work.event("scan_plan_removed", format!("scan plan {name}"));
    event.before = Some(known.document);
    if !store.remove_plan(known.id, event).await? {
        return Err(no_plan());
    }
    // Nothing begins for it any more; what has begun is stopped.
    for run in store.scans_under_way().await?.into_iter().map(|it| it.run) {
        if run.plan == Some(known.id) {
            stop_run(work, &run).await?;
        }
    }
    work.collector.plan_bell.notify_one();
    Ok(done("scan-plan-removed", name.to_owned(), 1))
}

async fn plans(work: &Work<'_>) -> Result<Reply, Failure> {
    let store = work.collector.store.as_ref();
    let credentials = store.credentials().await?;
    let mut rows = Vec::new();
    for record in store.scan_plans().await? {
        let plan = read(&record)?;
        let last = record.last_run_at.unwrap_or(record.created_at);
        let zone = &work.collector.scanning.zone;
        rows.push(PlanRow {
            next_run_at: plan.times()?.due(last, record.next_run_at, work.now, zone),
            last_run_at: record.last_run_at,
            credentials: credentials.iter().filter(|it| it.plan == Some(record.id)).count(),
            plan,
        });
    }
    Ok(Reply::Plans(rows))
}

fn read(record: &ScanPlanRecord) -> Result<ScanPlan, Failure> {
    serde_json::from_str(&record.document)
        .map_err(|error| Failure::new(ExitCode::Failed, "damaged", "").because(error.to_string()))
}

async fn runs(work: &Work<'_>) -> Result<Reply, Failure> {
    let store = work.collector.store.as_ref();
    let plans = store.scan_plans().await?;
    let runs = store.scan_runs(RUNS_SHOWN_MAX).await?;
    Ok(Reply::Runs(runs.iter().map(|it| row(it, &plans)).collect()))
}

async fn named(work: &Work<'_>, name: &str) -> Result<ScanRunRecord, Failure> {
    let runs = work.collector.store.scan_runs(RUNS_MAX).await?;
    find(&runs, name).cloned().ok_or_else(|| no_run(name))
}

/// A run with what lists leave out.
async fn whole(work: &Work<'_>, name: &str) -> Result<ScanRunRecord, Failure> {
    let listed = named(work, name).await?;
    work.collector.store.scan_run(listed.id).await?.ok_or_else(|| no_run(name))
}

fn no_run(name: &str) -> Failure {
    Failure::new(ExitCode::NothingFound, "scan-no-run", name)
}

async fn show(work: &Work<'_>, name: &str) -> Result<Reply, Failure> {
    let run = whole(work, name).await?;
    let store = work.collector.store.as_ref();
    let outcome = outcome(store, &run, run.seen_from.as_ref(), work.now).await?;
    Ok(Reply::Scanned(Box::new(outcome)))
}

async fn stop(work: &Work<'_>, name: &str) -> Result<Reply, Failure> {
    let run = named(work, name).await?;
    let id = run.id.to_string();
    if run.state.is_over() {
        return Err(Failure::new(ExitCode::Conflict, "scan-over", id));
    }
    stop_run(work, &run).await?;
    Ok(done("scan-stopped", id, 1))
}

async fn stop_run(work: &Work<'_>, run: &ScanRunRecord) -> Result<(), Failure> {
    if work.collector.active_runs.stop(run.id, StopReason::Stopped) {
        return Ok(());
    }
    // An agent has it: what it sends later is kept, but nobody waits for it.
    let remark = ScanRemark { code: StopReason::Stopped.code().to_owned(), what: String::new() };
    let state = broken_off(run);
    let ended = end_scan(work.collector, run.id, state, vec![remark], work.actor, work.now).await;
    ended.map(drop).map_err(|it| Failure::new(ExitCode::Failed, "store", "").because(it.title))
}

async fn explain(work: &Work<'_>, address: IpAddr) -> Result<Reply, Failure> {
    let store = work.collector.store.as_ref();
    let lines = store.lines_of_address(address).await?;
    let mut plans = Vec::new();
    for record in store.scan_plans().await? {
        plans.extend(standing(&read(&record)?, address));
    }
    let mut runs = Vec::new();
    for run in store.scan_runs(RUNS_EXPLAINED_MAX).await? {
        let is_inside = run.job.networks.iter().any(|it| it.contains(&address))
            && !run.job.exclusions.iter().any(|it| it.contains(&address));
        if is_inside {
            let found = store.scan_observers(run.id).await?;
            let is_found = |it: &TargetLine| {
                found.contains(&inventory::asset::ObserverId::Target(it.target.clone()))
            };
            runs.push(RunStanding {
                run: run.id.to_string(),
                started_at: run.started_at.unwrap_or(run.ordered_at),
                has_answered: lines.iter().any(is_found),
            });
        }
    }
    let holders = holders(work, lines).await?;
    let explanation = AddressExplanation { address, holders, plans, runs };
    Ok(Reply::Explained(Box::new(explanation)))
}

/// Where a plan stands to an address; nothing if it does not name it.
fn standing(plan: &ScanPlan, address: IpAddr) -> Option<PlanStanding> {
    let network = plan.request.networks.iter().find(|it| it.contains(&address))?;
    let excluded_by = plan.request.exclusions.iter().find(|it| it.contains(&address));
    Some(PlanStanding {
        plan: plan.name.clone(),
        network: network.to_string(),
        excluded_by: excluded_by.map(ToString::to_string),
    })
}

/// Who had the address: lines of scans, newest first, each with the asset it belongs to.
async fn holders(work: &Work<'_>, lines: Vec<TargetLine>) -> Result<Vec<AddressHolder>, Failure> {
    let store = work.collector.store.as_ref();
    let (records, agents) = (store.assets().await?, store.agents().await?);
    let mut holders = Vec::new();
    for line in lines.into_iter().rev() {
        let observer = inventory::asset::ObserverId::Target(line.target.clone());
        let record = records.iter().find(|it| it.members.contains(&observer));
        let mut holder = AddressHolder {
            asset: record.map(|it| it.label.clone()),
            name: None,
            observer: observer.to_string(),
            since: line.target.since,
            last_seen_at: line.last_received_at,
            probes: Vec::new(),
            links: Vec::new(),
        };
        if let Some(record) = record {
            let members = store.observations(record.members.clone(), work.now).await?;
            let asset = assemble(snapshot::frame(record, &agents), &members);
            if let Some(asset) = asset {
                holder.name = asset.name.map(|it| it.value);
                holder.probes =
                    asset.sources.into_iter().filter(|it| it.observer == observer).collect();
            }
            let speaks =
                |it: &&inventory::reconcile::Link| it.left == observer || it.right == observer;
            holder.links = record.links.iter().filter(speaks).cloned().collect();
        }
        holders.push(holder);
    }
    Ok(holders)
}
