//! Reports of hosts that nobody knows yet, which came as signed files.

use jiff::Timestamp;
use observation::latest::ReportNumber;

use crate::model::NewAgent;

/// Most hosts that wait because of a file.
pub const CARRIED_HOSTS_MAX: u32 = 500;
/// Most files of one host that wait.
pub const CARRIED_FILES_MAX: u32 = 40;
/// Most bytes of all files that wait.
pub const CARRIED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A signed file of a host that nobody has approved.
#[derive(Debug, Clone)]
pub struct IncomingFile {
    /// The host; begun as one that waits if it is not known.
    pub host: NewAgent,
    /// Which report it is.
    pub number: ReportNumber,
    /// When it was received.
    pub received_at: Timestamp,
    /// The file.
    pub file: Vec<u8>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptFile {
    /// It waits.
    Waits,
    /// It waited before.
    Repeated,
    /// As much waits as may.
    NoRoom,
    /// The host was approved or revoked meanwhile: ask again who it is.
    Decided,
}

/// A file that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingFile {
    /// Which report it is.
    pub number: ReportNumber,
    /// When it was received.
    pub received_at: Timestamp,
    /// The file.
    pub file: Vec<u8>,
}
