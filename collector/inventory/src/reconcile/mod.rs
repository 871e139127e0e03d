//! Which asset do reports speak of, and what do they say of it together?
//!
//! The grouping is a pure function of the evidence of all observers and the decisions of people: it
//! does not depend on the order in which reports arrived, and repeating it changes nothing.

mod evidence;

pub use evidence::{
    Decision, DecisionKind, Grouping, Identifier, IdentifierKind, Link, MemberEvidence,
    MemberObservations, ObservedSection, QuarantineReason, TimedIdentifier,
};
