//! What is told of runs, plans and addresses.

use std::net::IpAddr;

use inventory::asset::{AssetLabel, SourceState};
use inventory::export::{NetworkDocument, RunEntry};
use inventory::reconcile::Link;
use jiff::Timestamp;
use observation::latest::AgentId;
use serde::{Deserialize, Serialize};

use super::plan::ScanPlan;

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// What the document says of it too.
    pub run: RunEntry,
    /// The name of its plan; none: it was ordered by hand.
    pub plan: Option<String>,
    /// The agent that looked; none: the collector.
    pub vantage: Option<AgentId>,
    /// Who wanted it.
    pub ordered_by: String,
    /// Addresses of which it found something.
    pub targets: u64,
}

/// A run, what it found, and what is different from the run before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanOutcome {
    /// The run.
    pub row: RunRow,
    /// What is known of its networks.
    pub document: NetworkDocument,
    /// Differences, as the event log has them.
    pub changes: Vec<ScanChange>,
}

/// One difference between two runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScanChange {
    /// When it was noticed.
    pub at: Timestamp,
    /// Its code; the catalogue has `scan-change-<code>`.
    pub code: String,
    /// What it speaks of.
    pub object: String,
    /// Before.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
}

/// A plan in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// The plan.
    pub plan: ScanPlan,
    /// When it ran last.
    pub last_run_at: Option<Timestamp>,
    /// When it runs next. `None`: no time fits any more.
    pub next_run_at: Option<Timestamp>,
    /// How many credentials are kept for it.
    pub credentials: usize,
}

/// What is known of an address, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddressExplanation {
    /// The address.
    pub address: IpAddr,
    /// The devices that had it, newest first.
    pub holders: Vec<AddressHolder>,
    /// Where plans stand to it.
    pub plans: Vec<PlanStanding>,
    /// Whether a run asked it, newest first, and whether it answered.
    pub runs: Vec<RunStanding>,
}

/// A device that had the address for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddressHolder {
    /// The asset; none: nothing was concluded yet.
    pub asset: Option<AssetLabel>,
    /// Its name.
    pub name: Option<String>,
    /// Who saw it there: `scan of 192.0.2.7`, `agent …`.
    pub observer: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last heard of there.
    pub last_seen_at: Option<Timestamp>,
    /// What each probe asked and got.
    pub probes: Vec<SourceState>,
    /// Why it is one asset with others.
    pub links: Vec<Link>,
}

/// Where a plan stands to an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStanding {
    /// Its name.
    pub plan: String,
    /// The network of the plan that the address lies in.
    pub network: String,
    /// The exclusion that takes it out again.
    pub excluded_by: Option<String>,
}

/// Where a run stands to an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStanding {
    /// Its id.
    pub run: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Whether it found something there.
    pub has_answered: bool,
}
