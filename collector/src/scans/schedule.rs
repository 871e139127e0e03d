//! The loop that runs plans when they are due.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use observation::latest::AgentId;
use observation::latest::scan::{ScanRemark, SnmpCredential};
use store::{ScanPlanRecord, ScanRunRecord, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::overdue::end_overdue;
use super::plan::{PlanTimes, ScanPlan};
use super::run::{FinishedRun, RunOrder, may_be_tried_again, ot_networks, run};
use super::watch::Watch;
use crate::active_runs::StopReason;
use crate::clock;
use crate::collector::Collector;
use crate::credentials;
use crate::failure::Failure;
use crate::ingest::{ScanOrder, begin_scan, chain};

/// The longest sleep: the clock may be set, and the machine may have slept itself.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// The remark of a run whose plan has credentials that do not open.
const CREDENTIALS_CLOSED: &str = "credentials_closed";

/// Runs plans until `stop` becomes true. The collector has one scanner: its own plans run one after
/// the other, beside this loop, so that agents' plans do not wait for them.
pub async fn run_plans(collector: Arc<Collector>, mut stop: watch::Receiver<bool>) {
    let mut own = JoinSet::new();
    loop {
        let wait = match turn(&collector, &mut own, &stop).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(error = %chain(&error), "the plans of scans could not be read");
                SLEEP_MAX
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = collector.plan_bell.notified() => {}
            Some(_) = own.join_next() => {}
            _ = stop.wait_for(|it| *it) => break,
        }
    }
    // Its run was told to end and keeps what it has.
    while own.join_next().await.is_some() {}
}

/// A plan and when it is to run.
struct Due {
    at: Timestamp,
    record: ScanPlanRecord,
    plan: ScanPlan,
    times: PlanTimes,
}

/// Begins what is due and can begin; says how long to wait then. What is due and cannot begin stays
/// due.
async fn turn(
    collector: &Arc<Collector>,
    own: &mut JoinSet<()>,
    stop: &watch::Receiver<bool>,
) -> Result<Duration, StoreError> {
    let now = clock::now();
    end_overdue(collector, now).await?;
    for due in plans(collector, now).await? {
        if due.at > now {
            return Ok(SLEEP_MAX.min(due.at.duration_since(now).unsigned_abs()));
        }
        match due.plan.vantage {
            Some(agent) => elsewhere(collector, &due, agent, now).await?,
            None if own.is_empty() && collector.scanner.try_lock().is_ok() => {
                own.spawn(here(Arc::clone(collector), due, stop.clone()));
            }
            // The bell rings when the scanner is free.
            None => {}
        }
    }
    Ok(SLEEP_MAX)
}

/// All plans that will ever run again, the next one first.
async fn plans(collector: &Collector, now: Timestamp) -> Result<Vec<Due>, StoreError> {
    let mut found = Vec::new();
    for record in collector.store.scan_plans().await? {
        let Some((plan, times)) = read(&record) else { continue };
        let last = record.last_run_at.unwrap_or(record.created_at);
        let at = times.due(last, record.next_run_at, now, &collector.scanning.zone);
        let Some(at) = at else { continue };
        if record.next_run_at != Some(at) && at > now {
            collector.store.note_plan_times(record.id, None, Some(at)).await?;
        }
        found.push(Due { at, record, plan, times });
    }
    found.sort_by_key(|it| it.at);
    Ok(found)
}

/// The plan of a record; one that an older or newer version wrote is left alone and said.
fn read(record: &ScanPlanRecord) -> Option<(ScanPlan, PlanTimes)> {
    let plan: ScanPlan = match serde_json::from_str(&record.document) {
        Ok(plan) => plan,
        Err(error) => {
            tracing::warn!(plan = record.name, %error, "the plan cannot be read and is not run");
            return None;
        }
    };
    match plan.times() {
        Ok(times) => Some((plan, times)),
        Err(failure) => {
            tracing::warn!(plan = record.name, key = failure.key, "the plan is not run");
            None
        }
    }
}

/// Leaves the run to the agent; while it still has the one before, the plan waits.
async fn elsewhere(
    collector: &Collector,
    due: &Due,
    agent: AgentId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (record, store) = (&due.record, &collector.store);
    if let Some(last) = record.last_run
        && store.scan_run(last).await?.is_some_and(|it| !it.state.is_over())
    {
        return Ok(());
    }
    let id = Uuid::now_v7();
    let mut job = due.plan.request.job(id, Vec::new());
    job.ot_networks = ot_networks(&store.register().await?);
    job.done = done_before(collector, record).await?;
    let ordered_by = format!("plan {}", record.name);
    let order = ScanOrder { plan: Some(record.id), vantage: Some(agent), job, ordered_by };
    match begin_scan(collector, order, now).await {
        Ok(()) => {
            let closes_at = due.times.end_of(now, &collector.scanning.zone);
            collector.active_runs.allow(id, closes_at);
        }
        Err(refusal) => {
            tracing::warn!(plan = record.name, why = refusal.title, "the plan is not run");
            give_up(collector, due, now).await?;
        }
    }
    Ok(())
}

/// What the run before is done with, if its window closed on it: a network that is larger than a
/// night is covered in several.
async fn done_before(
    collector: &Collector,
    record: &ScanPlanRecord,
) -> Result<Vec<IpNet>, StoreError> {
    let Some(last) = record.last_run else { return Ok(Vec::new()) };
    let last = collector.store.scan_run(last).await?;
    let code = StopReason::WindowClosed.code();
    let was_closed = |it: &ScanRunRecord| it.remarks.iter().any(|it| it.code == code);
    Ok(last.filter(was_closed).map(|it| it.done).unwrap_or_default())
}

/// Notes that a plan was tried: one that fails at once is not begun again at once.
async fn give_up(collector: &Collector, due: &Due, now: Timestamp) -> Result<(), StoreError> {
    let next = due.times.next_start(now, now, &collector.scanning.zone);
    collector.store.note_plan_times(due.record.id, Some(now), next).await.map(drop)
}

/// Runs a plan with the collector's own scanner, until it is done or its window closes.
async fn here(collector: Arc<Collector>, due: Due, mut stop: watch::Receiver<bool>) {
    let now = clock::now();
    let plan = &due.record.name;
    let failure = match scan(&collector, &due, now).await {
        Err(failure) if !may_be_tried_again(&failure) => failure,
        Ok(_) | Err(_) => return,
    };
    let cause = failure.cause.unwrap_or_default();
    tracing::warn!(plan, key = failure.key, cause, "the plan was not run");
    if let Err(error) = give_up(&collector, &due, now).await {
        tracing::error!(plan, error = %chain(&error), "it could not be noted");
        // Nothing says that it was tried: without this it would be tried all the time.
        tokio::select! {
            () = tokio::time::sleep(SLEEP_MAX) => {}
            _ = stop.wait_for(|it| *it) => {}
        }
    }
}

async fn scan(collector: &Collector, due: &Due, now: Timestamp) -> Result<FinishedRun, Failure> {
    let (snmp, remarks) = secrets(collector, &due.record).await;
    let actor = format!("plan {}", due.record.name);
    let request = due.plan.request.clone();
    let done = done_before(collector, &due.record).await?;
    let order = RunOrder { plan: Some(due.record.id), request, done, snmp, remarks, actor };
    let watch = Watch::default();
    let ends = due.times.end_of(now, &collector.scanning.zone);
    let mut running = Box::pin(run(collector, order, &watch));
    tokio::select! {
        finished = &mut running => finished,
        () = closing(ends) => {
            watch.stop.stop(StopReason::WindowClosed);
            running.await
        }
    }
}

/// What the plan may ask with, and that some of it does not open.
async fn secrets(
    collector: &Collector,
    record: &ScanPlanRecord,
) -> (Vec<SnmpCredential>, Vec<ScanRemark>) {
    let closed = |what| vec![ScanRemark { code: CREDENTIALS_CLOSED.to_owned(), what }];
    match credentials::of_plan(collector.store.as_ref(), &collector.folder, record.id).await {
        Ok(kept) if kept.closed == 0 => (kept.opened, Vec::new()),
        Ok(kept) => (kept.opened, closed(kept.closed.to_string())),
        Err(error) => {
            tracing::warn!(plan = record.name, error = %chain(&error), "no credentials to be had");
            (Vec::new(), closed("?".to_owned()))
        }
    }
}

/// Waits until a window closes; for ever, if there is none. The clock may be set meanwhile.
async fn closing(ends: Option<Timestamp>) {
    let Some(at) = ends else { return std::future::pending().await };
    while let Some(rest) = remaining(at) {
        tokio::time::sleep(rest.min(SLEEP_MAX)).await;
    }
}

/// The time until a moment; none: it has come.
fn remaining(at: Timestamp) -> Option<Duration> {
    let left = at.duration_since(clock::now());
    left.is_positive().then(|| left.unsigned_abs())
}
