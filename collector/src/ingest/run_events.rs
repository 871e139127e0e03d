//! What a finished run shows that earlier ones did not becomes events.

use std::collections::BTreeMap;

use inventory::asset::ObserverId;
use jiff::{SignedDuration, Timestamp};
use store::{EventDraft, ScanRunRecord, ScanRunState, StoreError};

use super::run_differences::{Difference, Found, Host, differences, gone};
use crate::collector::Collector;

/// Most differences of one run that are logged one by one.
const EVENTS_MAX: usize = 500;
/// Earlier runs that are looked through for one that asked the same.
const RUNS_LOOKED_AT: u32 = 500;
/// A device is gone when this many complete runs in a row do not see it.
const UNSEEN_RUNS: usize = 3;
/// Parts of an agent's run are corrected for skew one by one.
const TOLERANCE_OF_AGENTS: SignedDuration = SignedDuration::from_secs(2);
/// The collector's own scanner has its clock: runs may follow one another at once.
const TOLERANCE_HERE: SignedDuration = SignedDuration::from_millis(20);

/// Logs what differs from the run before that asked the same.
pub(super) async fn log_differences(
    collector: &Collector,
    run: &ScanRunRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let store = collector.store.as_ref();
    let earlier: Vec<ScanRunRecord> = store
        .scan_runs(RUNS_LOOKED_AT)
        .await?
        .into_iter()
        .filter(|it| has_result(it) && it.ordered_at < run.ordered_at && asked_the_same(it, run))
        .collect();
    let Some(before) = earlier.first() else { return Ok(()) };
    let new = found(collector, run, Timestamp::MAX).await?;
    let mut all = differences(&found(collector, before, run.ordered_at).await?, &new);
    let complete: Vec<&ScanRunRecord> = earlier.iter().filter(|it| is_complete(it)).collect();
    let next_of = |run: &ScanRunRecord| {
        let next = earlier.iter().rev().find(|it| it.ordered_at > run.ordered_at);
        next.map_or(Timestamp::MAX, |it| it.ordered_at)
    };
    if let (Some(oldest), true) = (complete.get(UNSEEN_RUNS - 1), is_complete(run)) {
        let mut later = vec![new];
        for run in complete.iter().take(UNSEEN_RUNS - 1) {
            later.push(found(collector, run, next_of(run)).await?);
        }
        let later: Vec<&Found> = later.iter().collect();
        let gone = gone(&found(collector, oldest, next_of(oldest)).await?, &later, &all);
        all.extend(gone);
    }
    for event in drafts(&all, run, now) {
        store.append_event(event).await?;
    }
    Ok(())
}

fn has_result(run: &ScanRunRecord) -> bool {
    matches!(run.state, ScanRunState::Complete | ScanRunState::Partial)
}

fn is_complete(run: &ScanRunRecord) -> bool {
    run.state == ScanRunState::Complete
}

/// Whether two runs asked the same of the same addresses from the same place.
fn asked_the_same(one: &ScanRunRecord, other: &ScanRunRecord) -> bool {
    let (left, right) = (&one.job, &other.job);
    one.vantage == other.vantage
        && left.profile == right.profile
        && left.probes == right.probes
        && left.networks == right.networks
        && left.exclusions == right.exclusions
}

/// What a run found, by address; nothing of what the next run saw, which was ordered at `next`.
async fn found(
    collector: &Collector,
    run: &ScanRunRecord,
    next: Timestamp,
) -> Result<Found, StoreError> {
    let store = collector.store.as_ref();
    let observers = store.scan_observers(run.id).await?;
    let (Some(from), Some(to)) = (run.started_at, run.finished_at) else {
        return Ok(Found::new());
    };
    let tolerance = match run.vantage {
        Some(_) => TOLERANCE_OF_AGENTS,
        None => TOLERANCE_HERE,
    };
    let (from, to) = (from.saturating_sub(tolerance), to.saturating_add(tolerance));
    let (Ok(from), Ok(to)) = (from, to) else { return Ok(Found::new()) };
    let to = to.min(next);
    let mut found: Found = BTreeMap::new();
    for member in store.observations(observers, to).await? {
        let ObserverId::Target(target) = &member.observer else { continue };
        let host: &mut Host = found.entry(target.address).or_default();
        for section in member.sections.iter().filter(|it| it.last_observed_at >= from) {
            host.take(target.address, &section.body);
        }
    }
    Ok(found)
}

fn drafts(all: &[Difference], run: &ScanRunRecord, now: Timestamp) -> Vec<EventDraft> {
    let draft = |action: &str, object: String, before, after| EventDraft {
        at: now,
        actor: "rule compare".to_owned(),
        source: format!("scan {}", run.id),
        action: action.to_owned(),
        object,
        before,
        after,
    };
    let listed = all.iter().take(EVENTS_MAX).map(|it| {
        draft(it.action, format!("address {}", it.address), it.before.clone(), it.after.clone())
    });
    let mut drafts: Vec<EventDraft> = listed.collect();
    let more = all.len().saturating_sub(EVENTS_MAX);
    if more > 0 {
        let action = "differences_not_listed";
        drafts.push(draft(action, format!("scan {}", run.id), None, Some(more.to_string())));
    }
    drafts
}
