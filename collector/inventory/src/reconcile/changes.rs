//! What differs between two moments, row by row.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::evidence::MemberObservations;
use crate::asset::{AssetId, AssetLabel};

/// One difference between two moments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChangeEntry {
    /// When it was observed.
    pub at: Timestamp,
    /// What kind of change.
    pub kind: ChangeKind,
    /// The asset.
    pub asset: Option<AssetId>,
    /// The asset's label, or the key of the register entry.
    pub label: AssetLabel,
    /// What changed: a field or an object such as `software.dpkg: nginx`.
    pub field: String,
    /// Before.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
    /// The source or the actor.
    pub source: String,
}

/// What kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// New.
    Added,
    /// Gone.
    Removed,
    /// Different.
    Changed,
    /// By a person.
    Stated,
}

/// What changed of one asset between two moments.
///
/// A source that is absent at either moment says nothing: neither that its rows came nor that they
/// went. Volatile facts are left out.
#[must_use]
pub fn changes(
    _asset: AssetId,
    _label: &AssetLabel,
    _before: &[MemberObservations],
    _after: &[MemberObservations],
) -> Vec<ChangeEntry> {
    Vec::new()
}
