//! What goes into the store and what comes out: neither rows nor wire.

use inventory::asset::{AssetId, AssetLabel, ObserverId};
use inventory::reconcile::{Link, TimedIdentifier};
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::protocol::AgentKind;
use observation::latest::{AgentId, Observer, ReportNumber, SectionHead, SourceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened or is not ours.
    #[error("opening the database {path}: {problem}")]
    Open {
        /// The file.
        path: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The file was written by a newer version of the program.
    #[error(
        "the database has schema version {found}, this program knows {known}: install the newer program, or restore the backup made before the upgrade"
    )]
    NewerSchema {
        /// The version in the file.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// No space is left.
    #[error("{doing}: the disk is full; nothing was changed")]
    DiskFull {
        /// The operation.
        doing: &'static str,
    },
    /// Stored data does not match its hash or shape.
    #[error("{doing}: stored data is damaged ({problem}); restore the newest good backup")]
    Damaged {
        /// The operation.
        doing: &'static str,
        /// What does not match.
        problem: String,
    },
    /// What was asked for cannot be kept; asking again is no help.
    #[error("this cannot be kept: {problem}")]
    Refused {
        /// What is wrong with it.
        problem: String,
    },
    /// The database failed.
    #[error("{doing}")]
    Database {
        /// The operation.
        doing: &'static str,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A token to be kept.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its id.
    pub id: Uuid,
    /// SHA-256 of its secret.
    pub secret_hash: ContentHash,
    /// What it is for, in the maker's words.
    pub label: Option<String>,
    /// What hosts that use it are.
    pub kind: AgentKind,
    /// How often it may be used.
    pub uses_max: u32,
    /// Until when.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether agents that use it wait for approval.
    pub needs_approval: bool,
}

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub label: Option<String>,
    /// What hosts that use it are.
    pub kind: AgentKind,
    /// How often it may be used.
    pub uses_max: u32,
    /// How often it was.
    pub uses: u32,
    /// Until when it may be used.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Whether agents that use it wait for approval.
    pub needs_approval: bool,
}

/// Why a token does not open the door. Told apart in the log only, never in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenRefusal {
    /// No such token here.
    Unknown,
    /// The secret does not match.
    WrongSecret,
    /// Used as often as it may be.
    UsedUp,
    /// Too late.
    Expired,
    /// Revoked.
    Revoked,
    /// The key of the request is enrolled already.
    KeyInUse,
}

/// An agent to be kept.
#[derive(Debug, Clone)]
pub struct NewAgent {
    /// Its id.
    pub id: AgentId,
    /// The name its host gave.
    pub host_name: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo, DER).
    pub public_key_hash: ContentHash,
    /// Until when its certificate holds.
    pub certificate_not_after: Timestamp,
    /// Version of the agent.
    pub software_version: String,
}

/// An agent as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// Its id.
    pub id: AgentId,
    /// The name its host gave at enrolment.
    pub host_name: String,
    /// What a person said it is.
    pub kind: AgentKind,
    /// Whether it may speak.
    pub state: AgentState,
    /// SHA-256 of its public key.
    pub public_key_hash: ContentHash,
    /// Until when its newest certificate holds.
    pub certificate_not_after: Timestamp,
    /// When it enrolled.
    pub enrolled_at: Timestamp,
    /// When its last report was received.
    pub last_seen_at: Option<Timestamp>,
    /// The number of its last report.
    pub last_number: Option<ReportNumber>,
    /// The start of the operating system that its last report named.
    pub last_boot: Option<Uuid>,
    /// How far its clock is ahead of the collector's, in seconds.
    pub clock_skew_seconds: Option<i64>,
    /// Version of the agent.
    pub software_version: String,
    /// The asset its reports speak of.
    pub asset: Option<AssetId>,
}

/// How an agent reported of late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentHabit {
    /// The agent.
    pub agent: AgentId,
    /// Days (UTC) with a report, its last one included.
    pub report_days: u32,
    /// When it was last turned away, and why.
    pub refused: Option<(Timestamp, String)>,
}

/// Whether an agent may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// A person must approve it first.
    Waiting,
    /// It may.
    Approved,
    /// It may not any more.
    Revoked,
    /// Two machines speak with its key, or another one does; a person must decide.
    Quarantined,
}

/// What is known of a report before its sections are looked at.
#[derive(Debug, Clone)]
pub struct ReportReceipt {
    /// Who speaks. An agent's line begins with its enrolment, a target's when it is first heard of.
    pub observer: ObserverId,
    /// The report.
    pub number: ReportNumber,
    /// When the run began, by the observer's clock.
    pub started_at: Timestamp,
    /// When it was sent, by the observer's clock.
    pub sent_at: Timestamp,
    /// When it was received, by the collector's clock.
    pub received_at: Timestamp,
    /// The start of the operating system.
    pub boot: Option<Uuid>,
}

impl ReportReceipt {
    /// A moment of the observer's clock, corrected by the skew that sending showed, and never later
    /// than receipt.
    #[must_use]
    pub fn corrected(&self, moment: Timestamp) -> Timestamp {
        let ahead = self.sent_at.duration_since(self.received_at);
        // Only a clock at the end of time overflows; receipt is the best that is known then.
        moment.checked_sub(ahead).unwrap_or(self.received_at).min(self.received_at)
    }
}

/// A report to be kept.
#[derive(Debug, Clone)]
pub struct IncomingReport {
    /// Who, which, when.
    pub receipt: ReportReceipt,
    /// The observer in its own words.
    pub observer: Observer,
    /// The hash over its steady sections.
    pub host_hash: ContentHash,
    /// All sections; bodies only where they are new.
    pub sections: Vec<IncomingSection>,
    /// The identifiers that these sections show.
    pub identifiers: Vec<TimedIdentifier>,
    /// Complaints about what could not be understood, kept as events.
    pub events: Vec<EventDraft>,
}

/// One section to be kept.
#[derive(Debug, Clone)]
pub struct IncomingSection {
    /// Source, hash, time.
    pub head: SectionHead,
    /// Time of observation corrected for skew, never later than receipt.
    pub corrected_at: Timestamp,
    /// Canonical bytes, where the store lacked them. The store checks the hash.
    pub body: Option<Vec<u8>>,
}

/// How a report was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendedReport {
    /// Whether this very report had been kept before.
    pub was_repeated: bool,
}

/// An asset as it is kept: who observes it and why they are together. Everything else is derived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetRecord {
    /// Its id.
    pub id: AssetId,
    /// The name people see.
    pub label: AssetLabel,
    /// Its members, the one heard of first at the head.
    pub members: Vec<ObserverId>,
    /// Why they are together.
    pub links: Vec<Link>,
    /// Assets that it absorbed.
    pub aliases: Vec<AssetId>,
}

/// One body of one source and when it held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionSpan {
    /// The observer.
    pub observer: ObserverId,
    /// The source.
    pub source: SourceId,
    /// The body.
    pub hash: ContentHash,
    /// Since when, by corrected time.
    pub first_observed_at: Timestamp,
    /// Until when it was confirmed, by corrected time.
    pub last_observed_at: Timestamp,
}

/// When an observer had a package. Sorts by observer, then by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageSpan {
    /// The observer.
    pub observer: ObserverId,
    /// Since when, by corrected time.
    pub first_observed_at: Timestamp,
    /// Until when it was confirmed, by corrected time.
    pub last_observed_at: Timestamp,
    /// Who manages the package, as the wire writes it.
    pub manager: String,
    /// The version.
    pub version: String,
    /// The architecture.
    pub architecture: Option<String>,
}

/// What checking the chain of events found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainVerdict {
    /// Events that are whole, from the first on.
    pub events: u64,
    /// The first that is missing or was changed. `None`: the chain is whole.
    pub first_broken: Option<u64>,
    /// Whole events whose values were forgotten.
    pub forgotten: u64,
}

/// What a verified backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSummary {
    /// Its schema version.
    pub schema: u32,
    /// Section bodies, each checked against its hash.
    pub bodies: u64,
    /// Events, their chain checked.
    pub events: u64,
}

/// A change of ground state to be logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDraft {
    /// When, by the collector's clock.
    pub at: Timestamp,
    /// Who: the operating-system user, an agent, a rule.
    pub actor: String,
    /// Through what: `command line`, `ingest`, `register.toml`.
    pub source: String,
    /// What happened, as a code that the catalogue words know (`agent_enrolled`, `report_refused`).
    pub action: String,
    /// The object: `agent <id>`, `S-7K2QD`, `zone Büro`.
    pub object: String,
    /// Before.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
}

/// A change of ground state as it stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Counted from 1.
    pub number: u64,
    /// What happened; before and after are gone where they were forgotten.
    pub event: EventDraft,
    /// Hash of the previous event.
    pub previous: Option<ContentHash>,
    /// Hash of this event: over number, time, actor, source, action, object, previous, and salted
    /// hashes of before and after.
    pub hash: ContentHash,
}

/// Bytes of values in a page of the log, after which it ends: one event can hold a whole text.
pub const EVENT_PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Events of a page of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Those after this number; 0: from the first one on.
    pub after: u64,
    /// Those from this moment on.
    pub since: Option<Timestamp>,
    /// Those of this object, as events name it, or of objects whose name begins with this word; and what became of
    /// claims that it makes.
    pub object: Option<String>,
    /// So many at most.
    pub limit: u32,
}

/// A page of the log, oldest event first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventPage {
    /// Its events.
    pub events: Vec<LoggedEvent>,
    /// Whether more follow.
    pub is_cut: bool,
}

/// An event, and whether its values were there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The event.
    pub record: EventRecord,
    /// Whether values of it were forgotten.
    pub is_forgotten: bool,
}

/// An export that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRecord {
    /// Its id.
    pub id: Uuid,
    /// Counted from 1.
    pub number: u64,
    /// The moment that its data shows.
    pub as_of: Timestamp,
    /// The one before.
    pub previous: Option<(Uuid, Timestamp)>,
}
