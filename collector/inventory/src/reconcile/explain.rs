//! The raw fact behind a value.

use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::{Outcome, SourceId};
use serde::{Deserialize, Serialize};

use super::evidence::MemberObservations;
use crate::asset::ObserverId;

/// One fact as it was sent, with the body that holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RawFact {
    /// The source.
    pub source: SourceId,
    /// Who saw it.
    pub observer: ObserverId,
    /// When it was last confirmed, by corrected time.
    pub observed_at: Timestamp,
    /// The body that holds it.
    pub body: ContentHash,
    /// The fact, as JSON text.
    pub json: String,
}

/// All facts of these members, as they were sent, by source.
#[must_use]
pub fn raw_facts(members: &[MemberObservations]) -> Vec<RawFact> {
    let mut raw = Vec::new();
    for member in members {
        for section in &member.sections {
            let Outcome::Read { facts, .. } = &section.body.outcome else { continue };
            let body = section.body.hash();
            raw.extend(facts.iter().map(|fact| RawFact {
                source: section.source.clone(),
                observer: member.observer.clone(),
                observed_at: section.last_observed_at,
                body,
                json: serde_json::to_string(fact).unwrap_or_default(),
            }));
        }
    }
    raw.sort();
    raw
}
