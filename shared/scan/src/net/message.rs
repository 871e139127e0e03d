//! What is said between a scanner and whoever ordered the scan.

use observation::latest::scan::{ScanJob, ScanReport};
use observation::latest::{AgentId, Fact};
use serde::{Deserialize, Serialize};

/// What the scanner is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Scan.
    Run {
        /// What.
        job: Box<ScanJob>,
        /// In whose name; none: the collector's own.
        agent: Option<AgentId>,
        /// The version of the program that asks.
        software_version: String,
    },
    /// Hear which devices introduce themselves on the cables of this machine. The answer is one
    /// [`super::listen::Hearing`].
    Listen {
        /// For how long.
        seconds: u16,
    },
    /// Stop, and say what was found so far.
    Stop,
}

/// What the scanner says, with facts in one of their two forms.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message<F = Fact> {
    /// What the scan will cost, before the first packet.
    Estimate(Estimate),
    /// How far it is.
    Progress(Progress),
    /// A part of what was found; the last one has an end.
    Report(Box<ScanReport<F>>),
    /// There was no scan.
    Refused(Refused),
}

/// What a scan will cost at most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Addresses that are asked.
    pub addresses: u64,
    /// Packets of the discovery, second round included.
    pub packets: u64,
    /// Packets per second that are not exceeded.
    pub rate_pps: u32,
    /// Seconds of the discovery. What follows depends on how many answer.
    pub seconds: f64,
}

/// How far a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What it does.
    pub phase: Phase,
    /// Addresses that are done in this phase.
    pub done: u64,
    /// Addresses in this phase.
    pub total: u64,
    /// Addresses that answered so far.
    pub found: u64,
}

/// The phases of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Which addresses answer.
    Discovery,
    /// Which ports are open, what answers on them, and the ways there.
    Services,
}

/// Why there was no scan: a code that the catalogue words as `scan-refused-<code>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The code.
    pub code: String,
    /// What it speaks of.
    pub object: String,
    /// The words of the system, where it was the system.
    pub cause: Option<String>,
}
