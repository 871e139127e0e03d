//! Work that waits for an agent.

use jiff::Timestamp;
use observation::latest::protocol::Task;
use store::{AgentRecord, ScanRunRecord, StoreError};

use crate::collector::Collector;

/// Most scans that one answer hands over.
const SCANS_MAX: usize = 8;

/// What a person said the agent's host is, and the scans that it is to do: those of plans only while
/// their window is open. Jobs for agents hold no secrets.
pub(super) async fn tasks(
    collector: &Collector,
    record: &AgentRecord,
    now: Timestamp,
) -> Result<Vec<Task>, StoreError> {
    let mut tasks = vec![Task::SetKind { kind: record.kind }];
    let waiting = collector.store.waiting_scans(record.id).await?.into_iter();
    let is_allowed =
        |it: &ScanRunRecord| it.plan.is_none() || collector.active_runs.is_allowed(it.id, now);
    let given = waiting.filter(is_allowed).take(SCANS_MAX);
    tasks.extend(given.map(|it| Task::Scan { job: Box::new(it.job) }));
    Ok(tasks)
}
