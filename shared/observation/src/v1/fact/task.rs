//! What a machine does by itself, and the traces of products that look after it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::UserName;

/// Something that the machine starts by itself at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledTask {
    /// `systemd`, `cron`, `anacron`, `at`.
    pub scheduler: String,
    /// The name: of the timer's unit, the script, or file and line.
    pub name: String,
    /// Where it is written.
    pub configured_in: String,
    /// When, in the scheduler's own words (`OnCalendar=daily`, `17 * * * *`).
    pub schedule: Vec<String>,
    /// Whether the scheduler obeys it.
    pub is_enabled: Option<bool>,
    /// The account under which it runs.
    pub account: Option<UserName>,
    /// Base name of the program, or the unit that it starts; never arguments.
    pub starts: Option<String>,
}

/// Where a product keeps its state on this host: what the product is, the collector decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductTrace {
    /// The row of the agent's table of paths (`borgmatic`, `clamav`).
    pub trace: String,
    /// What such products do.
    pub kind: TraceKind,
    /// The file or folder that is there.
    pub place: String,
    /// The version that a file of the product states.
    pub version: Option<String>,
    /// Other machines that its configuration names: its server, its repository.
    pub servers: Vec<String>,
}

/// What products of a kind do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceKind {
    /// Looks for malicious programs and behaviour.
    MalwareProtection,
    /// Keeps copies of data.
    Backup,
    /// Watches the state of machines.
    Monitoring,
    /// Lets somebody far away use the machine.
    RemoteSupport,
    /// Installs, configures or inventories machines.
    Management,
}

/// When a product last did its work on this host. Moves by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRun {
    /// The row of the agent's table of paths.
    pub trace: String,
    /// The file that tells.
    pub place: String,
    /// When it last succeeded, where a file states success.
    pub last_success_at: Option<Timestamp>,
    /// How old the data is that it works with: signatures, state.
    pub data_as_of: Option<Timestamp>,
}
