//! The difference between two bodies of one source, on canonical text.
//!
//! Works on text and not on facts: both ends may know different kinds of facts and still agree on
//! every byte. The hash of the result decides whether it was right.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::ids::SourceId;
use super::protocol::BodyTransfer;
use super::report::{Complaint, Gap};
use crate::hash::ContentHash;
use crate::limits::{FACTS_PER_SECTION_MAX, SECTION_BODY_BYTES_MAX};

/// A body whose facts stay text.
#[derive(Serialize, Deserialize)]
struct TextBody {
    source: SourceId,
    outcome: TextOutcome,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TextOutcome {
    Read {
        facts: Vec<Box<RawValue>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gaps: Vec<Gap>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        complaints: Vec<Complaint>,
    },
}

/// Why a delta cannot be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeltaError {
    /// It is a full body.
    #[error("it is no delta")]
    NotADelta,
    /// The base is not a body that was read.
    #[error("the base is not a section that was read")]
    BadBase,
    /// It removes facts that the base does not have.
    #[error("it removes a fact that the base does not have")]
    BadIndex,
    /// The result is larger than a body may be.
    #[error("the result is larger than a section may be")]
    TooLarge,
    /// The result has another hash.
    #[error("the result does not have the stated hash")]
    WrongHash,
}

/// The difference that leads from `base` to `body`, both canonical bytes; none where there is no
/// exact one (a source that was not read has no facts to compare).
#[must_use]
pub fn difference(base: &[u8], body: &[u8]) -> Option<BodyTransfer> {
    let TextBody { source: base_source, outcome: TextOutcome::Read { facts: old, .. } } =
        serde_json::from_slice(base).ok()?;
    let TextBody { source, outcome: TextOutcome::Read { facts: new, gaps, complaints } } =
        serde_json::from_slice(body).ok()?;
    if source != base_source {
        return None;
    }
    let old_texts: BTreeSet<&str> = old.iter().map(|it| it.get()).collect();
    let new_texts: BTreeSet<&str> = new.iter().map(|it| it.get()).collect();
    let removed = (0..)
        .zip(&old)
        .filter(|(_, fact)| !new_texts.contains(fact.get()))
        .map(|(index, _)| index)
        .collect();
    let added = new.iter().filter(|it| !old_texts.contains(it.get())).cloned().collect();
    let (base_hash, hash) = (ContentHash::of(base), ContentHash::of(body));
    let delta = BodyTransfer::Delta { base: base_hash, hash, removed, added, gaps, complaints };
    apply(base, &delta).is_ok().then_some(delta)
}

/// The body that a delta leads to, as canonical bytes, checked against its hash.
///
/// # Errors
/// If the delta does not fit the base or its own hash.
pub fn apply(base: &[u8], delta: &BodyTransfer) -> Result<Vec<u8>, DeltaError> {
    let BodyTransfer::Delta { hash, removed, added, gaps, complaints, .. } = delta else {
        return Err(DeltaError::NotADelta);
    };
    let TextBody { source, outcome: TextOutcome::Read { facts: old, .. } } =
        serde_json::from_slice(base).map_err(|_| DeltaError::BadBase)?;
    let removed: BTreeSet<usize> =
        removed.iter().filter_map(|it| usize::try_from(*it).ok()).collect();
    if removed.last().is_some_and(|it| *it >= old.len()) {
        return Err(DeltaError::BadIndex);
    }
    let kept = old.into_iter().enumerate().filter(|(index, _)| !removed.contains(index));
    let mut facts: Vec<Box<RawValue>> =
        kept.map(|(_, fact)| fact).chain(added.iter().cloned()).collect();
    if facts.len() > FACTS_PER_SECTION_MAX {
        return Err(DeltaError::TooLarge);
    }
    facts.sort_by(|left, right| left.get().cmp(right.get()));
    let (gaps, complaints) = (gaps.clone(), complaints.clone());
    let body = TextBody { source, outcome: TextOutcome::Read { facts, gaps, complaints } };
    let bytes = serde_json::to_vec(&body).map_err(|_| DeltaError::BadBase)?;
    if bytes.len() > SECTION_BODY_BYTES_MAX {
        return Err(DeltaError::TooLarge);
    }
    if ContentHash::of(&bytes) != *hash {
        return Err(DeltaError::WrongHash);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::v1::{Absent, Fact, InitSystem, Outcome, SectionBody};

    fn body(source: &str, names: &[u8]) -> Vec<u8> {
        let init =
            |name: &u8| Fact::InitSystem(InitSystem { name: format!("i{name}"), version: None });
        let outcome = Outcome::Read {
            facts: names.iter().map(init).collect(),
            gaps: Vec::new(),
            complaints: vec![Complaint { place: format!("{}", names.len()), problem: "x".into() }],
        };
        SectionBody { source: SourceId::new(source.to_owned()), outcome }.canonical_bytes()
    }

    proptest! {
        #[test]
        fn a_difference_leads_to_the_same_bytes(
            old in proptest::collection::vec(any::<u8>(), 0..40),
            new in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let (base, wanted) = (body("software.dpkg", &old), body("software.dpkg", &new));
            let delta = difference(&base, &wanted).unwrap();
            prop_assert_eq!(apply(&base, &delta).unwrap(), wanted);
        }

        #[test]
        fn foreign_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let good = body("software.dpkg", &[1, 2]);
            prop_assert!(difference(&bytes, &good).is_none());
            let delta = difference(&good, &body("software.dpkg", &[2, 3])).unwrap();
            prop_assert_eq!(apply(&bytes, &delta).err(), Some(DeltaError::BadBase));
        }
    }

    #[test]
    fn a_difference_holds_only_what_differs() {
        let delta = difference(&body("a.b", &[1, 2, 3]), &body("a.b", &[1, 3, 4])).unwrap();
        let BodyTransfer::Delta { removed, added, .. } = delta else { panic!("not a delta") };
        assert_eq!((removed, added.len()), (vec![1], 1));
    }

    #[test]
    fn there_is_none_between_sources_or_from_an_absence() {
        let absent: SectionBody = SectionBody {
            source: SourceId::from_static("a.b"),
            outcome: Outcome::Absent { reason: Absent::NotHere { looked_at: "/x".into() } },
        };
        assert!(difference(&body("a.b", &[1]), &body("c.d", &[1])).is_none());
        assert!(difference(&absent.canonical_bytes(), &body("a.b", &[1])).is_none());
    }

    #[test]
    fn a_delta_that_lies_is_refused() {
        let base = body("a.b", &[1, 2, 3]);
        let mut delta = difference(&base, &body("a.b", &[1])).unwrap();
        if let BodyTransfer::Delta { removed, .. } = &mut delta {
            *removed = vec![0];
        }
        assert_eq!(apply(&base, &delta), Err(DeltaError::WrongHash));
        if let BodyTransfer::Delta { removed, .. } = &mut delta {
            *removed = vec![u32::MAX];
        }
        assert_eq!(apply(&base, &delta), Err(DeltaError::BadIndex));
        let full = BodyTransfer::Full { body: RawValue::from_string("1".into()).unwrap() };
        assert_eq!(apply(&base, &full), Err(DeltaError::NotADelta));
    }
}
