//! The only SQL.
//!
//! [`Store`] has whole use cases, never a query per table; one contract test runs on every back end.
//! Rows are private to the back ends. An `Ok` of a method that changes something means: committed
//! and flushed to disk.

mod accounts;
mod carried;
mod changes;
mod model;
mod scans;
mod snapshots;
mod sqlite;

pub use accounts::{
    Access, AccountActor, AccountChange, AccountRecord, AccountRefusal, ClaimChanges, FAILED_KEPT,
    FAILED_NAMES_MAX, FailedSignIns, NewAccount, NewClaim, RECOVERED, RECOVERIES_MAX, Recovery,
    Settlement, SystemUser,
};
pub use carried::{
    CARRIED_BYTES_MAX, CARRIED_FILES_MAX, CARRIED_HOSTS_MAX, IncomingFile, KeptFile, WaitingFile,
};
pub use changes::{
    ChangeSetRecord, ChangedRegister, EXPORT_BASE_BYTES_MAX, EXPORT_BASES_MAX, ImportRecord,
    KeptImport, RegisterChange,
};
pub use model::{
    AgentHabit, AgentRecord, AgentState, AppendedReport, AssetRecord, BackupSummary, ChainVerdict,
    EVENT_PAGE_BYTES_MAX, EventDraft, EventFilter, EventPage, EventRecord, ExportRecord,
    IncomingReport, IncomingSection, LoggedEvent, NewAgent, NewToken, PackageSpan, ReportReceipt,
    SectionSpan, StoreError, TokenRecord, TokenRefusal,
};
pub use scans::{
    AppendedPart, CredentialRecord, IncomingPart, IncomingTarget, IncomingTargets, LineRule,
    RunUnderWay, ScanPlanRecord, ScanRunRecord, ScanRunState, TargetLine,
};
pub use snapshots::{NewSnapshot, SNAPSHOT_BYTES_MAX, SnapshotRecord};
pub use sqlite::SqliteStore;

use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;

use inventory::asset::{AssetId, AssetLabel, ObserverId};
use inventory::reconcile::{Decision, Grouping, Identifier, MemberEvidence, MemberObservations};
use inventory::register::{ClaimRecord, Register};
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::scan::ScanRemark;
use observation::latest::{AgentId, ReportNumber, SourceId};
use uuid::Uuid;

/// What every method of [`Store`] gives.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Where everything is kept.
pub trait Store: Send + Sync {
    // Tokens and agents.

    /// Keeps a new token (only the hash of its secret).
    fn create_token(&self, token: NewToken, event: EventDraft) -> Answer<'_, ()>;
    /// All tokens, newest first.
    fn tokens(&self) -> Answer<'_, Vec<TokenRecord>>;
    /// Makes a token useless. `false`: there is none of this id.
    fn revoke_token(&self, id: Uuid, event: EventDraft) -> Answer<'_, bool>;
    /// Uses a token once and keeps the agent, in one transaction: of many parallel uses of a
    /// one-time token exactly one succeeds. The outer result is the store's, the inner the token's.
    fn enrol(
        &self,
        token_id: Uuid,
        secret_hash: ContentHash,
        now: Timestamp,
        agent: NewAgent,
        event: EventDraft,
    ) -> Answer<'_, Result<AgentRecord, TokenRefusal>>;
    /// All agents.
    fn agents(&self) -> Answer<'_, Vec<AgentRecord>>;
    /// How agents that reported or were turned away did so: reports of the last `days` before the last.
    fn agent_habits(&self, days: u32) -> Answer<'_, Vec<AgentHabit>>;
    /// One agent.
    fn agent(&self, id: AgentId) -> Answer<'_, Option<AgentRecord>>;
    /// Changes an agent's state. `false`: there is no such agent.
    fn set_agent_state(
        &self,
        id: AgentId,
        state: AgentState,
        event: EventDraft,
    ) -> Answer<'_, bool>;
    /// Keeps the public key that the newest certificate of an agent certifies.
    fn set_agent_key(
        &self,
        id: AgentId,
        public_key_hash: ContentHash,
        certificate_not_after: Timestamp,
    ) -> Answer<'_, ()>;

    // Signed files of hosts that nobody has approved.

    /// The agent that has this key.
    fn agent_by_key(&self, public_key_hash: ContentHash) -> Answer<'_, Option<AgentRecord>>;
    /// Keeps a file until a person decides, and its host as an agent that waits where the key is
    /// new; within [`CARRIED_HOSTS_MAX`], [`CARRIED_FILES_MAX`] and [`CARRIED_BYTES_MAX`].
    fn keep_file(&self, file: IncomingFile, event: EventDraft) -> Answer<'_, KeptFile>;
    /// The first file of an agent that waits, in the agent's own order, behind `after`.
    fn next_file(
        &self,
        agent: AgentId,
        after: Option<ReportNumber>,
    ) -> Answer<'_, Option<WaitingFile>>;
    /// Removes one file of an agent, or all of them; gives how many there were.
    fn remove_files(&self, agent: AgentId, number: Option<ReportNumber>) -> Answer<'_, u64>;

    // Reports.

    /// Accepts a report whose host hash is known, as a repetition of the sections behind that hash.
    /// `None`: the hash is not known of this agent during this start of its host.
    fn confirm_host_hash(
        &self,
        receipt: ReportReceipt,
        host_hash: ContentHash,
    ) -> Answer<'_, Option<AppendedReport>>;
    /// Which of these bodies are not here.
    fn missing_bodies(&self, hashes: Vec<ContentHash>) -> Answer<'_, Vec<ContentHash>>;
    /// The newest body of each source of an agent.
    fn newest_sections(&self, agent: AgentId) -> Answer<'_, Vec<(SourceId, ContentHash)>>;
    /// The canonical bytes of a body. `None`: not here, or forgotten.
    fn section_body(&self, hash: ContentHash) -> Answer<'_, Option<Vec<u8>>>;
    /// Keeps a report exactly once, in one transaction: bodies, validity in time, identifiers, the
    /// observer marked for reconciling. A repeated number gives the stored answer. A late report adds
    /// to the history and never overwrites a newer one. One without steady sections leaves the host
    /// hash as it is.
    fn append_report(&self, report: IncomingReport) -> Answer<'_, AppendedReport>;

    // Scans.

    /// Keeps a new run, and with it that it is the newest one of its plan. A plan that was removed
    /// begins nothing: refused.
    fn begin_scan(&self, run: ScanRunRecord, event: EventDraft) -> Answer<'_, ()>;
    /// Keeps one part of a run's results exactly once, in one transaction: every target as a report
    /// of its line, the line begun where the rule says so; the run's state. A repeated part gives the
    /// stored answer. Parts that come after the end of their run are kept too.
    fn append_scan(&self, part: IncomingPart) -> Answer<'_, AppendedPart>;
    /// Keeps what an agent saw of addresses without being asked, as reports of their lines.
    fn append_sightings(&self, found: IncomingTargets) -> Answer<'_, ()>;
    /// Ends a run that does not end by itself. `false`: there is none, or it is over.
    fn end_scan(
        &self,
        run: Uuid,
        finished_at: Timestamp,
        state: ScanRunState,
        remarks: Vec<ScanRemark>,
        event: EventDraft,
    ) -> Answer<'_, bool>;
    /// One run.
    fn scan_run(&self, id: Uuid) -> Answer<'_, Option<ScanRunRecord>>;
    /// The newest runs, newest first, at most `limit`; without from where it was looked, which is
    /// long: [`Store::scan_run`] has it.
    fn scan_runs(&self, limit: u32) -> Answer<'_, Vec<ScanRunRecord>>;
    /// Runs that are not over, oldest first, without from where it was looked.
    fn scans_under_way(&self) -> Answer<'_, Vec<RunUnderWay>>;
    /// Runs that an agent is to take, oldest first.
    fn waiting_scans(&self, vantage: AgentId) -> Answer<'_, Vec<ScanRunRecord>>;
    /// The lines of which a run found something.
    fn scan_observers(&self, run: Uuid) -> Answer<'_, Vec<ObserverId>>;
    /// All lines of an address, oldest first, without bodies.
    fn lines_of_address(&self, address: IpAddr) -> Answer<'_, Vec<TargetLine>>;
    /// The newest line of every address that a vantage point knows, with the newest body of a source.
    fn lines_from(&self, vantage: Option<AgentId>, source: SourceId)
    -> Answer<'_, Vec<TargetLine>>;
    /// Keeps a new plan. A name that another plan has is refused. No method changes what a plan
    /// says: whoever held on to a plan that was removed meanwhile would bring it back.
    fn add_plan(&self, plan: ScanPlanRecord, event: EventDraft) -> Answer<'_, ()>;
    /// Notes the times of a plan that is still there and nothing else of it: when it ran last, if
    /// that is said, and when it is due. `false`: it was removed.
    fn note_plan_times(
        &self,
        id: Uuid,
        last_run_at: Option<Timestamp>,
        next_run_at: Option<Timestamp>,
    ) -> Answer<'_, bool>;
    /// All plans by name.
    fn scan_plans(&self) -> Answer<'_, Vec<ScanPlanRecord>>;
    /// Removes a plan and its credentials; its runs stay. `false`: there is none.
    fn remove_plan(&self, id: Uuid, event: EventDraft) -> Answer<'_, bool>;
    /// Keeps a sealed credential.
    fn put_credential(&self, credential: CredentialRecord, event: EventDraft) -> Answer<'_, ()>;
    /// All credentials, sealed, oldest first.
    fn credentials(&self) -> Answer<'_, Vec<CredentialRecord>>;
    /// Removes a credential. `false`: there is none.
    fn remove_credential(&self, id: Uuid, event: EventDraft) -> Answer<'_, bool>;

    // Reconciling.

    /// Observers whose reports were not reconciled yet. A later [`Store::commit`] unmarks them,
    /// unless another report arrives in between: ask here before looking at the evidence.
    fn unreconciled(&self) -> Answer<'_, Vec<ObserverId>>;
    /// All observers connected with these through shared identifiers or decisions, themselves
    /// included, closed over the connection: what a reconciliation must look at and no more.
    fn candidates_for(&self, observers: Vec<ObserverId>) -> Answer<'_, Vec<MemberEvidence>>;
    /// All observers that show one of these identifiers.
    fn observers_with(&self, identifiers: Vec<Identifier>) -> Answer<'_, Vec<ObserverId>>;
    /// Decisions about these observers.
    fn decisions(&self, observers: Vec<ObserverId>) -> Answer<'_, Vec<Decision>>;
    /// Keeps a decision and marks both observers for reconciling.
    fn decide(&self, decision: Decision, event: EventDraft) -> Answer<'_, ()>;
    /// Keeps the groupings of these observers in place of what was there, gives new assets a unique
    /// label, remembers absorbed assets as aliases, and unmarks those observers that
    /// [`Store::unreconciled`] had given out, in one transaction.
    fn commit(&self, groupings: Vec<Grouping>, events: Vec<EventDraft>) -> Answer<'_, ()>;

    // Reading.

    /// All assets.
    fn assets(&self) -> Answer<'_, Vec<AssetRecord>>;
    /// The asset of this id or label, aliases followed.
    fn find_asset(&self, id_or_label: String) -> Answer<'_, Option<AssetRecord>>;
    /// The sections of these observers that were valid at a moment, bodies included. Observers that
    /// had seen nothing by then are left out.
    fn observations(
        &self,
        observers: Vec<ObserverId>,
        at: Timestamp,
    ) -> Answer<'_, Vec<MemberObservations>>;
    /// All section bodies that these observers had, oldest first, without bodies.
    fn section_history(&self, observers: Vec<ObserverId>) -> Answer<'_, Vec<SectionSpan>>;

    /// Who had a package of this name, in which version and when.
    fn package_history(&self, name: String) -> Answer<'_, Vec<PackageSpan>>;

    // Register, events, exports.

    /// The register.
    fn register(&self) -> Answer<'_, Register>;
    /// Keeps a change of the register with its events, its import, its claims and what it takes back,
    /// in one transaction; refused, if the register is another one by now.
    fn change_register(&self, change: RegisterChange) -> Answer<'_, ChangedRegister>;
    /// The newest imports, newest first, at most `limit`.
    fn imports(&self, limit: u32) -> Answer<'_, Vec<ImportRecord>>;
    /// One import.
    fn import(&self, number: u64) -> Answer<'_, Option<ImportRecord>>;
    /// The change set that an event belongs to. `None`: it belongs to none.
    fn change_set_of(&self, event: u64) -> Answer<'_, Option<ChangeSetRecord>>;
    /// The change set of an import. `None`: it changed nothing, or there is none.
    fn change_set_of_import(&self, import: u64) -> Answer<'_, Option<ChangeSetRecord>>;
    /// Keeps what an export showed, within [`EXPORT_BASES_MAX`] and [`EXPORT_BASE_BYTES_MAX`].
    fn keep_export_base(&self, export: u64, body: Vec<u8>) -> Answer<'_, ()>;
    /// What an export showed. `None`: it is not known here, or too old.
    fn export_base(&self, export: Uuid) -> Answer<'_, Option<Vec<u8>>>;
    /// Adds an event to the chain.
    fn append_event(&self, event: EventDraft) -> Answer<'_, ()>;
    /// Events after a number, oldest first, at most `limit`.
    fn events(&self, after: u64, limit: u32) -> Answer<'_, Vec<EventRecord>>;
    /// A page of the log; it also ends where its values take [`EVENT_PAGE_BYTES_MAX`].
    fn event_page(&self, filter: EventFilter) -> Answer<'_, EventPage>;
    /// Count of the events and the hash of the newest.
    fn event_head(&self) -> Answer<'_, (u64, Option<ContentHash>)>;
    /// Checks every event against its hash and its predecessor.
    fn verify_events(&self) -> Answer<'_, ChainVerdict>;
    /// Keeps that an export was made and gives it its number.
    fn record_export(
        &self,
        id: Uuid,
        as_of: Timestamp,
        event: EventDraft,
    ) -> Answer<'_, ExportRecord>;
    /// The newest export.
    fn last_export(&self) -> Answer<'_, Option<ExportRecord>>;
    /// Keeps a snapshot and its event, which says the hash of the cells; none: there is one of this name.
    fn keep_snapshot(
        &self,
        snapshot: NewSnapshot,
        event: EventDraft,
    ) -> Answer<'_, Option<SnapshotRecord>>;
    /// All snapshots without their cells, the oldest first.
    fn snapshots(&self) -> Answer<'_, Vec<SnapshotRecord>>;
    /// The cells of a snapshot.
    fn snapshot_body(&self, number: u64) -> Answer<'_, Option<Vec<u8>>>;

    // Accounts and claims.

    /// All accounts by name, removed ones included.
    fn accounts(&self) -> Answer<'_, Vec<AccountRecord>>;
    /// The hash of an account's password, as a PHC string. `None`: there is no such account, or it
    /// has none.
    fn password_of(&self, account: String) -> Answer<'_, Option<String>>;
    /// Makes an account. The outer result is the store's, the inner the account's.
    fn add_account(
        &self,
        account: NewAccount,
        by: AccountActor,
        event: EventDraft,
    ) -> Answer<'_, Result<(), AccountRefusal>>;
    /// Changes an account; the last one with the access `admin` keeps it.
    fn change_account(
        &self,
        name: String,
        change: AccountChange,
        by: AccountActor,
        events: Vec<EventDraft>,
    ) -> Answer<'_, Result<(), AccountRefusal>>;
    /// Removes an account, but not the last one with the access `admin`. Its name stays taken.
    fn remove_account(
        &self,
        name: String,
        by: AccountActor,
        event: EventDraft,
    ) -> Answer<'_, Result<(), AccountRefusal>>;
    /// Recoveries of accounts, newest first, at most [`RECOVERIES_MAX`].
    fn recoveries(&self) -> Answer<'_, Vec<Recovery>>;
    /// Failed passwords in a row under a name, whether there is such an account or not.
    fn failed_sign_ins(&self, name: String) -> Answer<'_, Option<FailedSignIns>>;
    /// Notes a failed password under a name, within [`FAILED_NAMES_MAX`]; after [`FAILED_KEPT`] it is the first again.
    fn note_failed_sign_in(&self, name: String, event: EventDraft) -> Answer<'_, ()>;
    /// Forgets failed passwords under a name: the right one was given.
    fn forget_failed_sign_ins(&self, name: String) -> Answer<'_, ()>;
    /// All claims, oldest first.
    fn claims(&self) -> Answer<'_, Vec<ClaimRecord>>;
    /// Keeps claims that the register made before claims were kept, each as an event; those that are
    /// known are left out. Gives how many were kept.
    fn adopt_claims(&self, claims: Vec<NewClaim>, at: Timestamp) -> Answer<'_, u64>;

    // Small values of the installation: the company's name key, addresses.

    /// A value by its name.
    fn setting(&self, name: &'static str) -> Answer<'_, Option<Vec<u8>>>;
    /// Keeps a value if there is none of this name, and gives the one that is there afterwards.
    fn setting_or_insert(&self, name: &'static str, value: Vec<u8>) -> Answer<'_, Vec<u8>>;

    // Care.

    /// Writes a consistent copy of everything to a new file while work goes on, and verifies it.
    fn backup_to(&self, path: PathBuf) -> Answer<'_, BackupSummary>;
    /// The label of an asset without its details; follows aliases.
    fn label_of(&self, asset: AssetId) -> Answer<'_, Option<AssetLabel>>;
}
