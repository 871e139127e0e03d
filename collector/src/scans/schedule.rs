//! The loop that runs plans when they are due.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use store::{ScanPlanRecord, StoreError};
use tokio::sync::watch;
use uuid::Uuid;

use super::plan::{PlanTimes, ScanPlan};
use super::run::{RunOrder, ot_networks, run};
use super::watch::Watch;
use crate::active_runs::StopReason;
use crate::clock;
use crate::collector::Collector;
use crate::credentials;
use crate::ingest::{ScanOrder, begin_scan, chain};

/// The longest sleep: the clock may be set, and the machine may have slept itself.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// Runs plans until `stop` becomes true. One after the other: the collector has one scanner.
pub async fn run_plans(collector: Arc<Collector>, mut stop: watch::Receiver<bool>) {
    loop {
        let wait = match turn(&collector).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(error = %chain(&error), "the plans of scans could not be read");
                SLEEP_MAX
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = collector.plan_bell.notified() => {}
            _ = stop.wait_for(|it| *it) => return,
        }
        if *stop.borrow() {
            return;
        }
    }
}

/// Runs the plan that has been due longest, if one is; says how long to wait then.
async fn turn(collector: &Collector) -> Result<Duration, StoreError> {
    let now = clock::now();
    let mut next: Option<(Timestamp, ScanPlanRecord, ScanPlan, PlanTimes)> = None;
    for record in collector.store.scan_plans().await? {
        let Some((plan, times)) = read(&record) else { continue };
        let last = record.last_run_at.unwrap_or(record.created_at);
        let Some(due) = times.next_start(last, now, &collector.scanning.zone) else { continue };
        if record.next_run_at != Some(due) && due > now {
            let changed = ScanPlanRecord { next_run_at: Some(due), ..record.clone() };
            collector.store.put_plan(changed, None).await?;
        }
        if next.as_ref().is_none_or(|it| due < it.0) {
            next = Some((due, record, plan, times));
        }
    }
    match next {
        Some((due, record, plan, times)) if due <= now => {
            start(collector, record, plan, &times, now).await?;
            Ok(Duration::ZERO)
        }
        Some((due, ..)) => {
            let wait = due.duration_since(now).unsigned_abs();
            Ok(wait.min(SLEEP_MAX))
        }
        None => Ok(SLEEP_MAX),
    }
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

async fn start(
    collector: &Collector,
    record: ScanPlanRecord,
    plan: ScanPlan,
    times: &PlanTimes,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Noted first: a run that fails at once is not begun again at once.
    let noted = ScanPlanRecord {
        last_run_at: Some(now),
        next_run_at: times.next_start(now, now, &collector.scanning.zone),
        ..record.clone()
    };
    collector.store.put_plan(noted.clone(), None).await?;
    let id = match plan.vantage {
        Some(_) => elsewhere(collector, &record, &plan, now).await?,
        None => here(collector, &record, plan, times, now).await,
    };
    if id.is_some() {
        collector.store.put_plan(ScanPlanRecord { last_run: id, ..noted }, None).await?;
    }
    Ok(())
}

/// Leaves the run to the agent, unless it still has the one before.
async fn elsewhere(
    collector: &Collector,
    record: &ScanPlanRecord,
    plan: &ScanPlan,
    now: Timestamp,
) -> Result<Option<Uuid>, StoreError> {
    if let Some(last) = record.last_run {
        let last = collector.store.scan_run(last).await?;
        if last.is_some_and(|it| !it.state.is_over()) {
            tracing::info!(plan = record.name, "the agent is not yet done with the run before");
            return Ok(None);
        }
    }
    let id = Uuid::now_v7();
    let mut job = plan.request.job(id, Vec::new());
    job.ot_networks = ot_networks(&collector.store.register().await?);
    let order = ScanOrder {
        plan: Some(record.id),
        vantage: plan.vantage,
        job,
        ordered_by: format!("plan {}", record.name),
    };
    match begin_scan(collector, order, now).await {
        Ok(()) => Ok(Some(id)),
        Err(refusal) => {
            tracing::warn!(plan = record.name, why = refusal.title, "the plan is not run");
            Ok(None)
        }
    }
}

/// Runs it with the collector's own scanner, until it is done or its window closes.
async fn here(
    collector: &Collector,
    record: &ScanPlanRecord,
    plan: ScanPlan,
    times: &PlanTimes,
    now: Timestamp,
) -> Option<Uuid> {
    let kept = credentials::of_plan(collector.store.as_ref(), &collector.folder, record.id).await;
    let snmp = kept.unwrap_or_else(|error| {
        tracing::warn!(plan = record.name, error = %chain(&error), "scanning without credentials");
        Vec::new()
    });
    let actor = format!("plan {}", record.name);
    let order = RunOrder { plan: Some(record.id), request: plan.request, snmp, actor };
    let watch = Watch::default();
    let ends = times.end_of(now, &collector.scanning.zone);
    let closing = async {
        match ends {
            Some(at) => {
                while let Some(rest) = remaining(at) {
                    tokio::time::sleep(rest.min(SLEEP_MAX)).await;
                }
            }
            None => std::future::pending().await,
        }
    };
    let mut running = Box::pin(run(collector, order, &watch));
    let finished = tokio::select! {
        finished = &mut running => finished,
        () = closing => {
            watch.stop.stop(StopReason::WindowClosed);
            running.await
        }
    };
    match finished {
        Ok(finished) => Some(finished.id),
        Err(failure) => {
            let cause = failure.cause.unwrap_or_default();
            tracing::warn!(plan = record.name, key = failure.key, cause, "the plan was not run");
            None
        }
    }
}

/// The time until a moment; none: it has come.
fn remaining(at: Timestamp) -> Option<Duration> {
    let left = at.duration_since(clock::now());
    left.is_positive().then(|| left.unsigned_abs())
}
