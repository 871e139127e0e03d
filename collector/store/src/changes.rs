//! Changes of the register as wholes: what changed, through which import, and how to take it back.

use inventory::register::{FieldChange, Register};
use jiff::Timestamp;
use observation::ContentHash;
use serde::{Deserialize, Serialize};

use crate::accounts::ClaimChanges;
use crate::model::EventDraft;

/// Exports of which the cells are kept, the newest ones.
pub const EXPORT_BASES_MAX: u32 = 200;
/// Largest kept base of an export, unpacked.
pub const EXPORT_BASE_BYTES_MAX: usize = 512 * 1024 * 1024;

/// A change of the register to be kept, in one transaction with everything that belongs to it.
#[derive(Debug, Clone)]
pub struct RegisterChange {
    /// The register that the change was made from; another one is there by now: refused.
    pub before: Register,
    /// The register afterwards.
    pub after: Register,
    /// The fields in which they differ.
    pub fields: Vec<FieldChange>,
    /// What was done, as a code: `register`, `import`, `resolve`, `accept`, `undo`, `confirm`, `reject`.
    pub kind: &'static str,
    /// To what.
    pub object: String,
    /// When.
    pub at: Timestamp,
    /// One per field.
    pub events: Vec<EventDraft>,
    /// The import behind it.
    pub import: Option<KeptImport>,
    /// The change set that it takes back.
    pub undoes: Option<u64>,
    /// Who changes.
    pub actor: String,
    /// Claims that begin and end with it.
    pub claims: ClaimChanges,
}

/// An import to be kept, or one whose outcome changed.
#[derive(Debug, Clone)]
pub enum KeptImport {
    /// A new one.
    New {
        /// Who imported.
        actor: String,
        /// The name of the file.
        file_name: String,
        /// SHA-256 of the file.
        file_hash: ContentHash,
        /// What it found, as JSON.
        outcome: String,
    },
    /// One that is there.
    Decided {
        /// Its number.
        number: u64,
        /// What was kept of it, when the decision was made; another one by now: refused.
        was: String,
        /// What it found and what was decided since, as JSON.
        outcome: String,
    },
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedRegister {
    /// The number of the change set; none: nothing changed.
    pub change_set: Option<u64>,
    /// The number of the import, where there was one.
    pub import: Option<u64>,
}

/// An import as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRecord {
    /// Counted from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who imported.
    pub actor: String,
    /// The name of the file.
    pub file_name: String,
    /// SHA-256 of the file.
    pub file_hash: ContentHash,
    /// What it found and what was decided since, as JSON.
    pub outcome: String,
}

/// A change set as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeSetRecord {
    /// Counted from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub kind: String,
    /// To what.
    pub object: String,
    /// Its first event.
    pub first_event: u64,
    /// Its last event.
    pub last_event: u64,
    /// What changed.
    pub fields: Vec<FieldChange>,
    /// The change set that took it back.
    pub undone_by: Option<u64>,
}
