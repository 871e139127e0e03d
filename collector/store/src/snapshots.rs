//! Snapshots: what all sheets showed at a moment.

use jiff::Timestamp;
use observation::ContentHash;
use serde::{Deserialize, Serialize};

/// Largest snapshot, unpacked.
pub const SNAPSHOT_BYTES_MAX: usize = 512 * 1024 * 1024;

/// A snapshot to be kept.
#[derive(Debug, Clone)]
pub struct NewSnapshot {
    /// What people call it; no other has the name.
    pub name: String,
    /// The moment that it shows.
    pub taken_at: Timestamp,
    /// Who took it.
    pub actor: String,
    /// The language of its texts, `de` or `en`.
    pub language: String,
    /// How many rows all sheets have.
    pub rows: u64,
    /// The cells.
    pub body: Vec<u8>,
}

/// A snapshot as it is kept, without its cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRecord {
    /// Counted from 1.
    pub number: u64,
    /// What people call it.
    pub name: String,
    /// The moment that it shows.
    pub taken_at: Timestamp,
    /// Who took it.
    pub actor: String,
    /// The language of its texts.
    pub language: String,
    /// How many rows all sheets have.
    pub rows: u64,
    /// SHA-256 of its cells, which the event says too.
    pub hash: ContentHash,
    /// The number of the event that says so.
    pub event: u64,
}
