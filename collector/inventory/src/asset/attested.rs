//! Evidence travels with the value.

use jiff::Timestamp;
use observation::latest::SourceId;
use serde::{Deserialize, Serialize};

use super::id::ObserverId;

/// A value and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attested<T> {
    /// The value.
    pub value: T,
    /// What it rests on.
    pub evidence: Evidence,
}

/// Who saw it, with what, and when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// How much it can be trusted; greater wins before time does.
    pub trust: Trust,
    /// When it was last confirmed: the observer's time corrected for skew, never later than receipt.
    pub observed_at: Timestamp,
    /// The source or probe.
    pub source: SourceId,
    /// The observer.
    pub observer: ObserverId,
}

/// How much a value can be trusted, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Concluded by a rule.
    Inferred,
    /// Imported from another system's file.
    Imported,
    /// Measured from outside by a probe.
    Measured,
    /// Read on the machine itself by an agent, or by an authenticated query.
    Confirmed,
    /// Stated by a person; never overwritten by a machine.
    Stated,
}

impl<T> Attested<T> {
    /// The same evidence for something made from the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Attested<U> {
        Attested { value: change(self.value), evidence: self.evidence }
    }
}
