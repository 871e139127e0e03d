//! The loop that reconciles what was accepted: candidates only, never the whole inventory.

use std::collections::BTreeSet;
use std::sync::Arc;

use inventory::asset::{AssetId, ObserverId};
use inventory::reconcile::{Grouping, Link, group};
use jiff::Timestamp;
use store::{EventDraft, StoreError};
use tokio::sync::Mutex;

use super::appear::appearances;
use super::refusal::chain;
use crate::collector::Collector;

/// Taken by whoever reconciles: the loop, or a command that wants to see the result.
static RECONCILING: Mutex<()> = Mutex::const_new(());

/// Most observers whose reconciling is committed at once.
const BATCH: usize = 64;

/// Reconciles whenever the bell rings, and once at the start for what a crash left behind.
/// Ends when the task is aborted by its owner.
pub async fn run(collector: Arc<Collector>) {
    loop {
        if let Err(error) = reconcile_pending(&collector, crate::clock::now()).await {
            tracing::error!(error = %chain(&error), "reconciling failed; the reports are kept");
        }
        collector.reconcile_bell.notified().await;
    }
}

/// Reconciles all observers that wait for it.
///
/// # Errors
/// If the store fails; everything stays marked.
pub async fn reconcile_pending(collector: &Collector, now: Timestamp) -> Result<(), StoreError> {
    // Two at a time would tell of the same device twice.
    let _turn = RECONCILING.lock().await;
    loop {
        let mut pending = collector.store.unreconciled().await?;
        if pending.is_empty() {
            return Ok(());
        }
        pending.truncate(BATCH);
        let candidates = collector.store.candidates_for(pending.clone()).await?;
        let mut observers: BTreeSet<ObserverId> = pending.into_iter().collect();
        observers.extend(candidates.iter().map(|it| it.observer.clone()));
        let decisions = collector.store.decisions(observers.into_iter().collect()).await?;
        let groupings = group(&candidates, &decisions);
        let mut events = new_merges(collector, &groupings, now).await?;
        events.extend(appearances(collector, &groupings, &candidates, now).await?);
        collector.store.commit(groupings, events).await?;
    }
}

/// Every merge that was not there before is an event with its reason.
async fn new_merges(
    collector: &Collector,
    groupings: &[Grouping],
    now: Timestamp,
) -> Result<Vec<EventDraft>, StoreError> {
    let mut events = Vec::new();
    for grouping in groupings.iter().filter(|it| it.members.len() > 1) {
        let known = collector.store.find_asset(grouping.asset.to_string()).await?;
        let known = known.map(|it| it.members).unwrap_or_default();
        let is_new = |link: &&Link| !known.contains(&link.left) || !known.contains(&link.right);
        for link in grouping.links.iter().filter(|it| it.is_joined).filter(is_new) {
            events.push(merged(grouping.asset, link, now));
        }
    }
    Ok(events)
}

fn merged(asset: AssetId, link: &Link, now: Timestamp) -> EventDraft {
    EventDraft {
        at: now,
        actor: "rule reconcile".to_owned(),
        source: "reconcile".to_owned(),
        action: "observers_joined".to_owned(),
        object: format!("asset {asset}"),
        before: None,
        after: Some(format!("{} + {}: {}", link.left, link.right, link.reason)),
    }
}
