//! Which asset do reports speak of, and what do they say of it together?
//!
//! The grouping is a pure function of the evidence of all observers and the decisions of people: it
//! does not depend on the order in which reports arrived, and repeating it changes nothing.

mod assemble;
mod changes;
mod compare;
mod decide;
mod doubt;
mod evidence;
mod explain;
mod group;
mod identify;
mod line;
mod profile;
mod rows;
mod sightings;
mod verdict;
mod wire;

pub use assemble::{AssetFrame, assemble, date_partners};
pub use changes::{ChangeEntry, ChangeKind, ChangedRow, WHOLE_ASSET, changes};
pub use decide::{merge_decisions, split_decisions};
pub use doubt::is_shown_by_too_many;
pub use evidence::{
    Decision, DecisionKind, Grouping, Identifier, IdentifierKind, Link, MemberEvidence,
    MemberObservations, ObservedSection, QuarantineReason, ReportTrace, TimedIdentifier,
    link_reason,
};
pub use explain::{RawFact, explain_link, kind_name, raw_facts, raw_facts_behind};
pub use group::group;
pub use identify::{identify, identify_target};
pub use line::continues;
pub use sightings::{SIGHTINGS_MAX, SIGHTINGS_SOURCE, Sighting, sightings};
pub use verdict::verdict;
