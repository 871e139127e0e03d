//! Work that waits for an agent.

use observation::latest::protocol::Task;
use observation::latest::scan::ScanJob;
use store::{AgentRecord, ScanRunRecord, StoreError};

use super::refusal::chain;
use crate::collector::Collector;
use crate::credentials;

/// Most scans that one answer hands over.
const SCANS_MAX: usize = 8;

/// What a person said the agent's host is, and the scans that it is to do.
pub(super) async fn tasks(
    collector: &Collector,
    record: &AgentRecord,
) -> Result<Vec<Task>, StoreError> {
    let mut tasks = vec![Task::SetKind { kind: record.kind }];
    for run in collector.store.waiting_scans(record.id).await?.into_iter().take(SCANS_MAX) {
        tasks.push(Task::Scan { job: Box::new(job(collector, run).await) });
    }
    Ok(tasks)
}

/// The job with what its plan may ask with.
async fn job(collector: &Collector, run: ScanRunRecord) -> ScanJob {
    let Some(plan) = run.plan else { return run.job };
    match credentials::of_plan(collector.store.as_ref(), &collector.folder, plan).await {
        Ok(snmp) => ScanJob { snmp, ..run.job },
        Err(error) => {
            tracing::warn!(run = %run.id, error = %chain(&error), "scanning without credentials");
            run.job
        }
    }
}
