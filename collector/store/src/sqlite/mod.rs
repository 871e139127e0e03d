//! The store in one SQLite file.
//!
//! One thread writes, with group commit ([`writer`]); a few connections read ([`readers`]). A use
//! case is a plain function over a connection in a file of its own; this file only says which of
//! them write and which read.

mod accounts;
mod agents;
mod assets;
mod backup;
mod bodies;
mod carried;
mod cell;
mod changes;
mod claims;
mod connection;
mod events;
mod evidence;
mod habits;
mod history;
mod labels;
mod migrate;
mod observers;
mod packages;
mod plans;
mod problem;
mod readers;
mod reports;
mod scans;
mod snapshots;
mod spans;
mod stated;
mod targets;
mod writer;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory::asset::{AssetId, AssetLabel, ObserverId};
use inventory::reconcile::{Decision, Grouping, Identifier, MemberEvidence, MemberObservations};
use inventory::register::{ClaimRecord, Register};
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::scan::ScanRemark;
use observation::latest::{AgentId, ReportNumber, SourceId};
use rusqlite::Connection;
use uuid::Uuid;

use crate::accounts::{
    AccountActor, AccountChange, AccountRecord, AccountRefusal, FailedSignIns, NewAccount,
    NewClaim, Recovery,
};
use crate::carried::{IncomingFile, KeptFile, WaitingFile};
use crate::changes::{ChangeSetRecord, ChangedRegister, ImportRecord, RegisterChange};
use crate::model::{
    AgentHabit, AgentRecord, AgentState, AppendedReport, AssetRecord, BackupSummary, ChainVerdict,
    EventDraft, EventFilter, EventPage, EventRecord, ExportRecord, IncomingReport, NewAgent,
    NewToken, PackageSpan, ReportReceipt, SectionSpan, StoreError, TokenRecord, TokenRefusal,
};
use crate::scans::{
    AppendedPart, CredentialRecord, IncomingPart, IncomingTargets, RunUnderWay, ScanPlanRecord,
    ScanRunRecord, ScanRunState, TargetLine,
};
use crate::snapshots::{NewSnapshot, SnapshotRecord};
use crate::{Answer, Store};
use bodies::Prepared;
use readers::Readers;
use writer::Writer;

/// Everything in one file. One process at a time: the caller locks the folder.
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    readers: Readers,
}

impl SqliteStore {
    /// Opens the database, makes it if there is none, and brings it to the present schema; a copy
    /// is made before that. Blocks, and must be called where blocking is no harm.
    ///
    /// # Errors
    /// If the file is not ours, is damaged, was written by a newer program, or cannot be written.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::open_with(path.into(), |_| Ok(()))
    }

    /// Opens the database with a last setting of the writing connection.
    fn open_with(
        path: PathBuf,
        setting: impl FnOnce(&Connection) -> Result<(), rusqlite::Error>,
    ) -> Result<Self, StoreError> {
        if !path.exists() && backup::restoring_path(&path).exists() {
            return Err(StoreError::Open {
                path: path.display().to_string(),
                problem: "a restore was interrupted; run it again".to_owned(),
            });
        }
        let mut connection = connection::open(&path)?;
        // Before the first setting is written: a file that is not ours is left as it is.
        migrate::version_of_ours(&connection, &path)?;
        connection::prepare_for_writing(&connection)?;
        migrate::migrate(&mut connection, &path)?;
        migrate::check_schema(&connection, &path)?;
        problem::Doing::doing(setting(&connection), "opening the database")?;
        let readers = Readers::open(&path)?;
        Ok(Self { writer: Writer::start(connection)?, readers, path })
    }

    /// Checks a database that nobody has open: pages, references, schema, every body against its
    /// hash, and the chain of events. Changes nothing. Blocks.
    ///
    /// # Errors
    /// If it is damaged, not ours, or newer than this program.
    pub fn verify(database: &Path) -> Result<BackupSummary, StoreError> {
        backup::verify_file(database)
    }

    /// Puts a backup in the place of a database that nobody has open, after verifying it. What was
    /// there is kept beside it with the ending `.replaced`. Blocks.
    ///
    /// # Errors
    /// If the backup is damaged, not ours or newer than this program, or a file cannot be written.
    pub fn restore(from: &Path, database: &Path) -> Result<BackupSummary, StoreError> {
        backup::restore(from, database)
    }

    fn write<'a, T, W>(&'a self, doing: &'static str, work: W) -> Answer<'a, T>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        Box::pin(self.writer.write(doing, work))
    }

    fn read<'a, T, W>(&'a self, doing: &'static str, work: W) -> Answer<'a, T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        Box::pin(self.readers.read(doing, work))
    }

    async fn append(&self, report: IncomingReport) -> Result<AppendedReport, StoreError> {
        let report = Arc::new(report);
        let read = Arc::clone(&report);
        let prepared = prepared(move || bodies::prepare(read.sections.iter())).await?;
        let doing = "keeping a report";
        self.writer.write(doing, move |it| reports::append(it, &report, &prepared)).await
    }

    async fn append_part(&self, part: IncomingPart) -> Result<AppendedPart, StoreError> {
        let part = Arc::new(part);
        let read = Arc::clone(&part);
        let prepared = prepared(move || {
            bodies::prepare(read.found.targets.iter().flat_map(|it| &it.sections))
        });
        let prepared = prepared.await?;
        self.writer.write("keeping a scan", move |it| scans::append(it, &part, &prepared)).await
    }

    async fn append_seen(&self, found: IncomingTargets) -> Result<(), StoreError> {
        let found = Arc::new(found);
        let read = Arc::clone(&found);
        let prepared =
            prepared(move || bodies::prepare(read.targets.iter().flat_map(|it| &it.sections)));
        let prepared = prepared.await?;
        let doing = "keeping sightings";
        let work = move |it: &Connection| targets::append(it, &found, &prepared).map(|_| ());
        self.writer.write(doing, work).await
    }
}

/// Hashing and compressing is done before the one writing thread is asked.
async fn prepared(
    work: impl FnOnce() -> Result<Prepared, StoreError> + Send + 'static,
) -> Result<Prepared, StoreError> {
    let task = tokio::task::spawn_blocking(work).await;
    let doing = "compressing section bodies";
    task.map_err(|error| StoreError::Database { doing, source: error.into() })?
}

impl Store for SqliteStore {
    fn create_token(&self, token: NewToken, event: EventDraft) -> Answer<'_, ()> {
        self.write("keeping a token", move |it| agents::create_token(it, &token, &event))
    }

    fn tokens(&self) -> Answer<'_, Vec<TokenRecord>> {
        self.read("reading the tokens", agents::tokens)
    }

    fn revoke_token(&self, id: Uuid, event: EventDraft) -> Answer<'_, bool> {
        self.write("revoking a token", move |it| agents::revoke_token(it, id, &event))
    }

    fn enrol(
        &self,
        token_id: Uuid,
        secret_hash: ContentHash,
        now: Timestamp,
        agent: NewAgent,
        event: EventDraft,
    ) -> Answer<'_, Result<AgentRecord, TokenRefusal>> {
        self.write("enrolling an agent", move |it| {
            agents::enrol(it, token_id, secret_hash, now, &agent, &event)
        })
    }

    fn agents(&self) -> Answer<'_, Vec<AgentRecord>> {
        self.read("reading the agents", agents::agents)
    }

    fn agent_habits(&self, days: u32) -> Answer<'_, Vec<AgentHabit>> {
        self.read("reading the habits of agents", move |it| habits::habits(it, days))
    }

    fn agent(&self, id: AgentId) -> Answer<'_, Option<AgentRecord>> {
        self.read("reading an agent", move |it| agents::agent(it, id))
    }

    fn set_agent_state(
        &self,
        id: AgentId,
        state: AgentState,
        event: EventDraft,
    ) -> Answer<'_, bool> {
        self.write("changing the state of an agent", move |it| {
            agents::set_state(it, id, state, &event)
        })
    }

    fn set_agent_key(
        &self,
        id: AgentId,
        public_key_hash: ContentHash,
        certificate_not_after: Timestamp,
    ) -> Answer<'_, ()> {
        self.write("keeping the key of an agent", move |it| {
            agents::set_key(it, id, public_key_hash, certificate_not_after)
        })
    }

    fn agent_by_key(&self, public_key_hash: ContentHash) -> Answer<'_, Option<AgentRecord>> {
        self.read("reading an agent", move |it| carried::agent_by_key(it, public_key_hash))
    }

    fn keep_file(&self, file: IncomingFile, event: EventDraft) -> Answer<'_, KeptFile> {
        self.write("keeping a signed file", move |it| carried::keep(it, &file, &event))
    }

    fn next_file(
        &self,
        agent: AgentId,
        after: Option<ReportNumber>,
    ) -> Answer<'_, Option<WaitingFile>> {
        self.read("reading a signed file", move |it| carried::next(it, agent, after))
    }

    fn remove_files(&self, agent: AgentId, number: Option<ReportNumber>) -> Answer<'_, u64> {
        self.write("removing a signed file", move |it| carried::remove(it, agent, number))
    }

    fn confirm_host_hash(
        &self,
        receipt: ReportReceipt,
        host_hash: ContentHash,
    ) -> Answer<'_, Option<AppendedReport>> {
        self.write("keeping a report", move |it| reports::confirm(it, &receipt, host_hash))
    }

    fn missing_bodies(&self, hashes: Vec<ContentHash>) -> Answer<'_, Vec<ContentHash>> {
        self.read("reading section bodies", move |it| bodies::missing(it, &hashes))
    }

    fn newest_sections(&self, agent: AgentId) -> Answer<'_, Vec<(SourceId, ContentHash)>> {
        self.read("reading the history", move |it| history::newest(it, agent))
    }

    fn section_body(&self, hash: ContentHash) -> Answer<'_, Option<Vec<u8>>> {
        self.read("reading a section body", move |it| bodies::bytes(it, hash))
    }

    fn append_report(&self, report: IncomingReport) -> Answer<'_, AppendedReport> {
        Box::pin(self.append(report))
    }

    fn begin_scan(&self, run: ScanRunRecord, event: EventDraft) -> Answer<'_, ()> {
        self.write("keeping a scan", move |it| scans::begin(it, &run, &event))
    }

    fn append_scan(&self, part: IncomingPart) -> Answer<'_, AppendedPart> {
        Box::pin(self.append_part(part))
    }

    fn append_sightings(&self, found: IncomingTargets) -> Answer<'_, ()> {
        Box::pin(self.append_seen(found))
    }

    fn end_scan(
        &self,
        run: Uuid,
        finished_at: Timestamp,
        state: ScanRunState,
        remarks: Vec<ScanRemark>,
        event: EventDraft,
    ) -> Answer<'_, bool> {
        self.write("ending a scan", move |it| {
            scans::end(it, run, finished_at, state, &remarks, &event)
        })
    }

    fn scan_run(&self, id: Uuid) -> Answer<'_, Option<ScanRunRecord>> {
        self.read("reading a scan", move |it| scans::one(it, id))
    }

    fn scan_runs(&self, limit: u32) -> Answer<'_, Vec<ScanRunRecord>> {
        self.read("reading the scans", move |it| scans::newest(it, limit))
    }

    fn scans_under_way(&self) -> Answer<'_, Vec<RunUnderWay>> {
        self.read("reading the scans", scans::under_way)
    }

    fn waiting_scans(&self, vantage: AgentId) -> Answer<'_, Vec<ScanRunRecord>> {
        self.read("reading the scans", move |it| scans::waiting(it, vantage))
    }

    fn scan_observers(&self, run: Uuid) -> Answer<'_, Vec<ObserverId>> {
        self.read("reading a scan", move |it| scans::observers_of(it, run))
    }

    fn lines_of_address(&self, address: IpAddr) -> Answer<'_, Vec<TargetLine>> {
        self.read("reading the lines of an address", move |it| {
            targets::lines_of_address(it, address)
        })
    }

    fn lines_from(
        &self,
        vantage: Option<AgentId>,
        source: SourceId,
    ) -> Answer<'_, Vec<TargetLine>> {
        self.read("reading lines of results", move |it| targets::lines_from(it, vantage, &source))
    }

    fn add_plan(&self, plan: ScanPlanRecord, event: EventDraft) -> Answer<'_, ()> {
        self.write("keeping a plan", move |it| plans::add(it, &plan, &event))
    }

    fn note_plan_times(
        &self,
        id: Uuid,
        last_run_at: Option<Timestamp>,
        next_run_at: Option<Timestamp>,
    ) -> Answer<'_, bool> {
        let work = move |it: &Connection| plans::note_times(it, id, last_run_at, next_run_at);
        self.write("keeping a plan", work)
    }

    fn scan_plans(&self) -> Answer<'_, Vec<ScanPlanRecord>> {
        self.read("reading the plans", plans::all)
    }

    fn remove_plan(&self, id: Uuid, event: EventDraft) -> Answer<'_, bool> {
        self.write("removing a plan", move |it| plans::remove(it, id, &event))
    }

    fn put_credential(&self, credential: CredentialRecord, event: EventDraft) -> Answer<'_, ()> {
        self.write("keeping a credential", move |it| plans::put_credential(it, &credential, &event))
    }

    fn credentials(&self) -> Answer<'_, Vec<CredentialRecord>> {
        self.read("reading the credentials", plans::credentials)
    }

    fn remove_credential(&self, id: Uuid, event: EventDraft) -> Answer<'_, bool> {
        self.write("removing a credential", move |it| plans::remove_credential(it, id, &event))
    }

    fn unreconciled(&self) -> Answer<'_, Vec<ObserverId>> {
        self.write("reading what is to be reconciled", evidence::take_unreconciled)
    }

    fn candidates_for(&self, observers: Vec<ObserverId>) -> Answer<'_, Vec<MemberEvidence>> {
        self.read("reading evidence", move |it| evidence::candidates(it, &observers))
    }

    fn observers_with(&self, identifiers: Vec<Identifier>) -> Answer<'_, Vec<ObserverId>> {
        self.read("reading evidence", move |it| evidence::observers_with(it, &identifiers))
    }

    fn decisions(&self, observers: Vec<ObserverId>) -> Answer<'_, Vec<Decision>> {
        self.read("reading decisions", move |it| evidence::decisions(it, &observers))
    }

    fn decide(&self, decision: Decision, event: EventDraft) -> Answer<'_, ()> {
        self.write("keeping a decision", move |it| evidence::decide(it, &decision, &event))
    }

    fn commit(&self, groupings: Vec<Grouping>, events: Vec<EventDraft>) -> Answer<'_, ()> {
        self.write("keeping assets", move |it| assets::commit(it, &groupings, &events))
    }

    fn assets(&self) -> Answer<'_, Vec<AssetRecord>> {
        self.read("reading the assets", assets::all)
    }

    fn find_asset(&self, id_or_label: String) -> Answer<'_, Option<AssetRecord>> {
        self.read("reading an asset", move |it| assets::find(it, &id_or_label))
    }

    fn observations(
        &self,
        observers: Vec<ObserverId>,
        at: Timestamp,
    ) -> Answer<'_, Vec<MemberObservations>> {
        self.read("reading observations", move |it| history::observations(it, &observers, at))
    }

    fn section_history(&self, observers: Vec<ObserverId>) -> Answer<'_, Vec<SectionSpan>> {
        self.read("reading the history", move |it| history::spans(it, &observers))
    }

    fn package_history(&self, name: String) -> Answer<'_, Vec<PackageSpan>> {
        self.read("reading the history", move |it| history::package(it, &name))
    }

    fn register(&self) -> Answer<'_, Register> {
        self.read("reading the register", stated::register)
    }

    fn change_register(&self, change: RegisterChange) -> Answer<'_, ChangedRegister> {
        self.write("keeping a change of the register", move |it| changes::change(it, &change))
    }

    fn imports(&self, limit: u32) -> Answer<'_, Vec<ImportRecord>> {
        self.read("reading the imports", move |it| changes::imports(it, limit))
    }

    fn import(&self, number: u64) -> Answer<'_, Option<ImportRecord>> {
        self.read("reading an import", move |it| changes::import(it, number))
    }

    fn change_set_of(&self, event: u64) -> Answer<'_, Option<ChangeSetRecord>> {
        self.read("reading a change", move |it| changes::change_set_of(it, event))
    }

    fn change_set_of_import(&self, import: u64) -> Answer<'_, Option<ChangeSetRecord>> {
        self.read("reading a change", move |it| changes::change_set_of_import(it, import))
    }

    fn keep_export_base(&self, export: u64, body: Vec<u8>) -> Answer<'_, ()> {
        self.write("keeping what an export showed", move |it| {
            changes::keep_export_base(it, export, &body)
        })
    }

    fn export_base(&self, export: Uuid) -> Answer<'_, Option<Vec<u8>>> {
        self.read("reading what an export showed", move |it| changes::export_base(it, export))
    }

    fn keep_snapshot(
        &self,
        snapshot: NewSnapshot,
        event: EventDraft,
    ) -> Answer<'_, Option<SnapshotRecord>> {
        self.write("keeping a snapshot", move |it| snapshots::keep(it, &snapshot, &event))
    }

    fn snapshots(&self) -> Answer<'_, Vec<SnapshotRecord>> {
        self.read("reading the snapshots", snapshots::all)
    }

    fn snapshot_body(&self, number: u64) -> Answer<'_, Option<Vec<u8>>> {
        self.read("reading a snapshot", move |it| snapshots::body(it, number))
    }

    fn append_event(&self, event: EventDraft) -> Answer<'_, ()> {
        self.write("keeping an event", move |it| events::append(it, &event))
    }

    fn events(&self, after: u64, limit: u32) -> Answer<'_, Vec<EventRecord>> {
        self.read("reading the log of events", move |it| events::after(it, after, limit))
    }

    fn event_page(&self, filter: EventFilter) -> Answer<'_, EventPage> {
        self.read("reading the log of events", move |it| events::page(it, &filter))
    }

    fn event_head(&self) -> Answer<'_, (u64, Option<ContentHash>)> {
        self.read("reading the log of events", events::head)
    }

    fn verify_events(&self) -> Answer<'_, ChainVerdict> {
        self.read("verifying the log of events", events::verify)
    }

    fn record_export(
        &self,
        id: Uuid,
        as_of: Timestamp,
        event: EventDraft,
    ) -> Answer<'_, ExportRecord> {
        self.write("keeping an export", move |it| stated::record_export(it, id, as_of, &event))
    }

    fn last_export(&self) -> Answer<'_, Option<ExportRecord>> {
        self.read("reading the exports", stated::last_export)
    }

    fn accounts(&self) -> Answer<'_, Vec<AccountRecord>> {
        self.read("reading the accounts", accounts::accounts)
    }

    fn password_of(&self, account: String) -> Answer<'_, Option<String>> {
        self.read("reading an account", move |it| accounts::password(it, &account))
    }

    fn add_account(
        &self,
        account: NewAccount,
        by: AccountActor,
        event: EventDraft,
    ) -> Answer<'_, Result<(), AccountRefusal>> {
        self.write("keeping an account", move |it| accounts::add(it, &account, &by, &event))
    }

    fn change_account(
        &self,
        name: String,
        change: AccountChange,
        by: AccountActor,
        events: Vec<EventDraft>,
    ) -> Answer<'_, Result<(), AccountRefusal>> {
        self.write("keeping an account", move |it| {
            accounts::change(it, &name, &change, &by, &events)
        })
    }

    fn remove_account(
        &self,
        name: String,
        by: AccountActor,
        event: EventDraft,
    ) -> Answer<'_, Result<(), AccountRefusal>> {
        self.write("removing an account", move |it| accounts::remove(it, &name, &by, &event))
    }

    fn recoveries(&self) -> Answer<'_, Vec<Recovery>> {
        self.read("reading the recoveries", accounts::recoveries)
    }

    fn failed_sign_ins(&self, name: String) -> Answer<'_, Option<FailedSignIns>> {
        self.read("reading failed passwords", move |it| accounts::failed(it, &name))
    }

    fn note_failed_sign_in(&self, name: String, event: EventDraft) -> Answer<'_, ()> {
        self.write("noting a failed password", move |it| accounts::note_failed(it, &name, &event))
    }

    fn forget_failed_sign_ins(&self, name: String) -> Answer<'_, ()> {
        self.write("forgetting failed passwords", move |it| accounts::forget_failed(it, &name))
    }

    fn claims(&self) -> Answer<'_, Vec<ClaimRecord>> {
        self.read("reading the claims", claims::claims)
    }

    fn adopt_claims(&self, claims: Vec<NewClaim>, at: Timestamp) -> Answer<'_, u64> {
        self.write("keeping a claim", move |it| claims::adopt(it, &claims, at))
    }

    fn setting(&self, name: &'static str) -> Answer<'_, Option<Vec<u8>>> {
        self.read("reading a setting", move |it| stated::setting(it, name))
    }

    fn setting_or_insert(&self, name: &'static str, value: Vec<u8>) -> Answer<'_, Vec<u8>> {
        self.write("keeping a setting", move |it| stated::setting_or_insert(it, name, &value))
    }

    fn backup_to(&self, path: PathBuf) -> Answer<'_, BackupSummary> {
        let database = self.path.clone();
        Box::pin(async move {
            let task = tokio::task::spawn_blocking(move || backup::create(&database, &path));
            task.await.map_err(|error| StoreError::Database {
                doing: "copying the database",
                source: error.into(),
            })?
        })
    }

    fn label_of(&self, asset: AssetId) -> Answer<'_, Option<AssetLabel>> {
        self.read("reading an asset", move |it| assets::label_of(it, asset))
    }
}
