//! What can be ordered, and what comes back. Both travel over the control socket.

use std::net::IpAddr;
use std::path::PathBuf;

use inventory::assess::{AgentJudgement, Completeness};
use inventory::asset::{Asset, AssetLabel};
use inventory::export::Profile;
use inventory::import::Take;
use inventory::reconcile::{ChangeEntry, Link, RawFact};
use jiff::Timestamp;
use observation::latest::AgentId;
use observation::latest::protocol::AgentKind;
use observation::latest::scan::SnmpCredential;
use serde::{Deserialize, Serialize};
use store::{AgentRecord, EventRecord, Recovery, TokenRecord};
use uuid::Uuid;

use super::changes::{ImportReport, ImportRow, ShownTable};
use super::claims::{ClaimOrder, ClaimRow};
use super::guide::{GuideOrder, GuideReply};
use super::log::{LogOrder, LogPage};
use super::snapshots::{SnapshotOrder, SnapshotReply};
use super::users::{AccountRow, UserOrder};
use crate::accounts::Secret;
use crate::scans::{AddressExplanation, PlanRow, RunRow, ScanOutcome, ScanPlan, ScanRequest};

/// A command to the collector.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Makes a token.
    TokenCreate {
        /// What hosts that use it are.
        kind: AgentKind,
        /// How often it may be used.
        uses_max: u32,
        /// For how long.
        valid_seconds: i64,
        /// What it is for.
        label: Option<String>,
        /// Whether agents that use it wait for approval.
        needs_approval: bool,
    },
    /// Lists tokens.
    TokenList,
    /// Makes a token useless.
    TokenRevoke {
        /// Which.
        id: Uuid,
    },
    /// Lists agents with their health.
    AgentHealth,
    /// Lists agents.
    AgentList,
    /// Lets an agent speak.
    AgentApprove {
        /// Which.
        id: AgentId,
    },
    /// Lets an agent speak no more.
    AgentRevoke {
        /// Which.
        id: AgentId,
    },
    /// Takes a report that a host signed, from a file.
    ReportImport {
        /// The name of the file, for messages.
        name: String,
        /// The file, base64.
        file: String,
    },
    /// Lists assets.
    AssetList,
    /// Shows an asset.
    AssetShow {
        /// Id or label.
        name: String,
        /// Whether the raw facts are wanted.
        with_evidence: bool,
    },
    /// Shows what changed of an asset.
    AssetHistory {
        /// Id or label.
        name: String,
    },
    /// Lists observers that may or may not mean one asset.
    AssetConflicts,
    /// Makes one asset of two.
    AssetMerge {
        /// Id or label.
        left: String,
        /// Id or label.
        right: String,
    },
    /// Takes an agent out of an asset.
    AssetSplit {
        /// Id or label.
        name: String,
        /// The agent that leaves.
        agent: AgentId,
    },
    /// Puts another register in place.
    RegisterImport {
        /// The text of `register.toml`.
        text: String,
        /// The language in which mistakes are explained, `de` or `en`.
        language: String,
    },
    /// The register as text.
    RegisterExport,
    /// Entries of the register as text.
    RegisterShow {
        /// The table.
        table: String,
        /// One entry of it.
        identity: Option<String>,
        /// Whether a program reads it.
        as_data: bool,
        /// The language of what is said of claims.
        language: String,
    },
    /// Sets keys of an entry.
    RegisterSet {
        /// The table.
        table: String,
        /// The entry; empty where the table stands once.
        identity: String,
        /// Keys with their values as typed; none: the key is not stated any more.
        fields: Vec<(String, Option<String>)>,
        /// The language of values and mistakes.
        language: String,
    },
    /// Takes an entry out of the register.
    RegisterRemove {
        /// The table.
        table: String,
        /// The entry.
        identity: String,
        /// The language of mistakes.
        language: String,
    },
    /// Takes an edited workbook.
    ImportWorkbook {
        /// The name of the file, for messages.
        name: String,
        /// The file, base64.
        file: String,
        /// Whether it is only tried.
        dry_run: bool,
        /// Whether cells that were emptied empty their fields.
        clear_emptied: bool,
        /// The language of what is found.
        language: String,
    },
    /// Takes a list of licences.
    ImportLicences {
        /// The name of the file, for messages.
        name: String,
        /// The file, base64.
        file: String,
        /// Whether it is only tried.
        dry_run: bool,
        /// The language of what is found.
        language: String,
        /// The zone whose day it is, by its IANA name.
        time_zone: String,
    },
    /// Lists imports of workbooks.
    ImportList,
    /// Shows an import.
    ImportShow {
        /// Its name (`I3`).
        name: String,
    },
    /// Decides a conflict.
    ImportResolve {
        /// Its name (`I3.1`).
        name: String,
        /// What holds.
        take: Take,
        /// The language of mistakes.
        language: String,
    },
    /// Makes an entry of a row without an id.
    ImportAccept {
        /// Its name (`I3.n1`).
        name: String,
        /// The entry's code; none: the next one.
        identity: Option<String>,
        /// The language of mistakes.
        language: String,
    },
    /// Takes a change back.
    Undo {
        /// The number of an event, or the name of an import.
        name: String,
        /// The language of mistakes.
        language: String,
    },
    /// Writes the workbook.
    ExportWorkbook {
        /// Which sheets it has; none: all.
        #[serde(default)]
        profile: Option<Profile>,
        /// Absolute path.
        path: PathBuf,
        /// `de` or `en`.
        language: String,
        /// IANA name.
        time_zone: String,
    },
    /// Writes a backup.
    BackupCreate {
        /// Absolute path.
        path: PathBuf,
        /// Encrypts the authority's key, which is included only with it.
        passphrase: Option<Secret>,
    },
    /// Something with snapshots.
    Snapshot(SnapshotOrder),
    /// Shows a page of the log of events.
    AuditLog(LogOrder),
    /// Checks the event chain.
    AuditVerify,
    /// Something about what is to be stated.
    Guide(GuideOrder),
    /// Something about claims.
    Claim(ClaimOrder),
    /// Something about scans.
    Scan(ScanOrder),
    /// Something about accounts.
    User(UserOrder),
}

/// A command about scans.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanOrder {
    /// Scans networks now.
    Run {
        /// What and how.
        request: ScanRequest,
        /// What SNMP may be asked with in this run; it is not kept.
        snmp: Vec<SnmpCredential>,
    },
    /// Goes on with a run that did not come to its end.
    Resume {
        /// Its id, the beginning of it, or `last`.
        run: String,
        /// What SNMP may be asked with in this run; it is not kept.
        snmp: Vec<SnmpCredential>,
    },
    /// Adds a plan, under a name that no other has.
    PlanAdd {
        /// The plan.
        plan: ScanPlan,
        /// What SNMP may be asked with; kept encrypted.
        snmp: Vec<SnmpCredential>,
    },
    /// Lists plans.
    PlanList,
    /// Removes a plan.
    PlanRemove {
        /// Its name.
        name: String,
    },
    /// Lists runs.
    List,
    /// Shows a run.
    Show {
        /// Its id, the beginning of it, or `last`.
        run: String,
    },
    /// Stops a run.
    Stop {
        /// Its id, the beginning of it, or `last`.
        run: String,
    },
    /// Shows what is known of an address.
    Explain {
        /// The address.
        address: IpAddr,
    },
}

/// What comes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A new token; its text is shown once and never again.
    Token {
        /// What a host needs.
        text: String,
        /// The token as it is kept.
        record: TokenRecord,
    },
    /// Tokens.
    Tokens(Vec<TokenRecord>),
    /// Agents.
    Agents(Vec<AgentRecord>),
    /// Agents with their health, the most urgent first.
    AgentHealth(Vec<AgentJudgement>),
    /// Assets.
    Assets(Vec<Asset>),
    /// One asset.
    Asset(Box<AssetExplanation>),
    /// What changed of an asset.
    History(AssetHistory),
    /// Links that a person should look at.
    Conflicts(Vec<Link>),
    /// Accounts.
    Accounts(Vec<AccountRow>),
    /// Claims.
    Claims(Vec<ClaimRow>),
    /// What nobody stands by, and which accounts were recovered.
    Pending {
        /// Claims.
        claims: Vec<ClaimRow>,
        /// The newest recovery of each account in use.
        recoveries: Vec<Recovery>,
    },
    /// Entries of the register.
    Entries(ShownTable),
    /// Text as it is.
    Text(String),
    /// Done; how many things it concerned.
    Done {
        /// What was done, a code that the catalogue words know as `command-done-<code>`.
        code: String,
        /// To what.
        object: String,
        /// How many.
        count: u64,
    },
    /// A file was written.
    Written {
        /// Files.
        paths: Vec<PathBuf>,
        /// Assets that it shows.
        assets: usize,
        /// Software rows that it shows.
        software: usize,
    },
    /// A run and what it found.
    Scanned(Box<ScanOutcome>),
    /// Runs, newest first.
    Runs(Vec<RunRow>),
    /// Plans.
    Plans(Vec<PlanRow>),
    /// What is known of an address.
    Explained(Box<AddressExplanation>),
    /// What is to be stated.
    Guide(Box<GuideReply>),
    /// What an import found.
    Imported(Box<ImportReport>),
    /// Imports, newest first.
    Imports(Vec<ImportRow>),
    /// What snapshots say.
    Snapshots(Box<SnapshotReply>),
    /// A page of the log of events.
    Log(LogPage),
    /// The event chain is whole.
    ChainWhole {
        /// Events.
        events: u64,
        /// Events whose values were forgotten.
        forgotten: u64,
        /// The newest.
        last: Option<EventRecord>,
    },
}

/// An asset and what it rests on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AssetExplanation {
    /// The asset.
    pub asset: Asset,
    /// Why its observers are together.
    pub links: Vec<Link>,
    /// The raw facts, where they were asked for.
    pub facts: Vec<RawFact>,
    /// How complete what agents read of it is; none where no agent looked.
    pub completeness: Option<Completeness>,
    /// The assets whose guest it is.
    pub runs_on: Vec<Neighbour>,
    /// The assets that are its guests.
    pub hosts: Vec<Neighbour>,
    /// The management controllers (BMC) that it names and that are assets.
    pub managed_by: Vec<Neighbour>,
    /// The hosts whose management controller it is.
    pub manages: Vec<Neighbour>,
}

/// Another asset, as people name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its label.
    pub label: AssetLabel,
    /// Its host name.
    pub name: Option<String>,
}

/// What changed of an asset.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AssetHistory {
    /// The asset.
    pub label: AssetLabel,
    /// When it was first heard of.
    pub first_seen_at: Option<Timestamp>,
    /// Changes, newest first.
    pub changes: Vec<ChangeEntry>,
}
