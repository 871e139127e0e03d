//! The collector as one object: the store, the authority and what the listeners need to know.

use std::sync::Arc;

use jiff::Timestamp;
use observation::latest::protocol::Schedule;
use pki::Authority;
use store::Store;
use tokio::sync::{Mutex, Notify};

use crate::active_runs::ActiveRuns;
use crate::config::{Addresses, Scanning};
use crate::data_folder::DataFolder;

/// Everything that a request or command works with.
pub struct Collector {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Names agents and the collector itself.
    pub authority: Authority,
    /// The addresses that agents are told.
    pub addresses: Addresses,
    /// The company's key for pseudonyms, handed over at enrolment.
    pub name_key: Vec<u8>,
    /// What a new agent is told about its intervals.
    pub schedule: Schedule,
    /// Rung when a report waits for reconciling.
    pub reconcile_bell: Notify,
    /// The scans that are going on.
    pub active_runs: ActiveRuns,
    /// Taken by the run that uses the collector's own scanner: two at a time would double the rate
    /// that a person allowed.
    pub scanner: Mutex<()>,
    /// Rung when plans were changed.
    pub plan_bell: Notify,
    /// How scans and plans are done here.
    pub scanning: Scanning,
    /// The folder that all of it lives in.
    pub folder: DataFolder,
}

/// How often an agent looks unless a person said otherwise.
pub const SCHEDULE: Schedule =
    Schedule { collect_every_seconds: 60 * 60, volatile_every_seconds: 15 * 60 };

/// Bytes of the company's key for pseudonyms.
pub const NAME_KEY_BYTES: usize = 32;

/// The clock of the requests, so that tests can set it.
pub type Clock = fn() -> Timestamp;
