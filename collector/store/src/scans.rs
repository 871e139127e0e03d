//! Scans as they go into the store and come out: parts of results, runs, plans, credentials.

use std::net::IpAddr;

use inventory::asset::TargetId;
use inventory::reconcile::{Identifier, TimedIdentifier};
use ipnet::IpNet;
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::AgentId;
use observation::latest::scan::{ScanEnd, ScanFigures, ScanJob, ScanRemark, Vantage};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{EventDraft, IncomingSection};

/// Whether a line of results goes on: what it showed up to now, what is shown now, when the line was
/// last heard of, and the present. The store knows no such rule itself.
pub type LineRule = fn(&[TimedIdentifier], &[Identifier], Timestamp, Timestamp) -> bool;

/// What was found at some addresses, to be kept in one transaction.
#[derive(Debug, Clone)]
pub struct IncomingTargets {
    /// The agent that looked; none: the collector.
    pub vantage: Option<AgentId>,
    /// When the run began, by the observer's clock.
    pub started_at: Timestamp,
    /// When this was sent, by the observer's clock.
    pub sent_at: Timestamp,
    /// When it was received, by the collector's clock.
    pub received_at: Timestamp,
    /// The addresses, each once.
    pub targets: Vec<IncomingTarget>,
    /// Decides for each address whether its newest line goes on.
    pub goes_on: LineRule,
    /// What is to be logged with it.
    pub events: Vec<EventDraft>,
}

/// What was found at one address.
#[derive(Debug, Clone)]
pub struct IncomingTarget {
    /// The address.
    pub address: IpAddr,
    /// All sections with their bodies, each source once.
    pub sections: Vec<IncomingSection>,
    /// The identifiers that these sections show.
    pub identifiers: Vec<TimedIdentifier>,
}

/// One part of a run's results.
#[derive(Debug, Clone)]
pub struct IncomingPart {
    /// The run.
    pub run: Uuid,
    /// Its place in the run, from 0.
    pub part: u32,
    /// What was found.
    pub found: IncomingTargets,
    /// When the run began, by corrected time.
    pub started_at: Timestamp,
    /// From where it was looked.
    pub seen_from: Vantage,
    /// With the last part: how the run ended, and when by corrected time.
    pub end: Option<(ScanEnd, Timestamp)>,
}

/// How a part was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendedPart {
    /// Whether this very part had been kept before.
    pub was_repeated: bool,
    /// Addresses in it.
    pub targets: u64,
    /// Lines that began with it.
    pub lines_begun: u64,
}

/// A line of results as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TargetLine {
    /// The line.
    pub target: TargetId,
    /// When it was last heard of.
    pub last_received_at: Option<Timestamp>,
    /// The newest body of the source that was asked for.
    pub body: Option<ContentHash>,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanRunState {
    /// An agent has not yet taken it.
    Waiting,
    /// Under way.
    Running,
    /// Everything that was planned was asked.
    Complete,
    /// It ended before that; what was found is kept.
    Partial,
    /// It gave nothing.
    Failed,
}

impl ScanRunState {
    /// Whether the run is over.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Running => false,
            Self::Complete | Self::Partial | Self::Failed => true,
        }
    }
}

/// A run as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanRunRecord {
    /// Its id, that of the job.
    pub id: Uuid,
    /// The plan that it belongs to.
    pub plan: Option<Uuid>,
    /// The agent that looks; none: the collector.
    pub vantage: Option<AgentId>,
    /// The job without secrets.
    pub job: ScanJob,
    /// Who wanted it.
    pub ordered_by: String,
    /// When it was wanted.
    pub ordered_at: Timestamp,
    /// When it began, by corrected time.
    pub started_at: Option<Timestamp>,
    /// When it ended, by corrected time.
    pub finished_at: Option<Timestamp>,
    /// How far it has come.
    pub state: ScanRunState,
    /// What is to be known about it.
    pub remarks: Vec<ScanRemark>,
    /// Figures, where it ended by itself.
    pub figures: Option<ScanFigures>,
    /// From where it was looked, as the newest part says.
    pub seen_from: Option<Vantage>,
    /// Of a run that did not come to its end: what need not be asked again, as
    /// [`ScanEnd::done`](observation::latest::scan::ScanEnd::done) says. Lists leave it out.
    pub done: Vec<IpNet>,
    /// Addresses of which it found something.
    pub targets: u64,
}

/// A run that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunUnderWay {
    /// The run.
    pub run: ScanRunRecord,
    /// When its newest part was received; none: none has come.
    pub last_part_at: Option<Timestamp>,
}

/// A plan as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanPlanRecord {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique.
    pub name: String,
    /// What is scanned, when and how, as JSON; no secrets.
    pub document: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its newest run.
    pub last_run: Option<Uuid>,
    /// When that was begun.
    pub last_run_at: Option<Timestamp>,
    /// When the next one is due.
    pub next_run_at: Option<Timestamp>,
}

/// A credential as it is kept: sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialRecord {
    /// Its id.
    pub id: Uuid,
    /// The plan that may use it; none: every plan.
    pub plan: Option<Uuid>,
    /// Where it may be used, in words.
    pub scope: String,
    /// What it is for (`snmp_v3`).
    pub kind: String,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
    /// When it was entered.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for CredentialRecord {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CredentialRecord")
            .field("id", &self.id)
            .field("scope", &self.scope)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
