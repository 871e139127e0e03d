//! The sources, one file each, by domain. A source reads one thing of a host and says what it read.
//!
//! Sources are portable: they reach the machine through [`Host`] alone and never use one another.
//! What two of them need stands in a module of this folder itself.

pub mod context;

use observation::latest::{Absent, Cadence, Complaint, Fact, Gap, Platform, SourceId};

pub use context::Context;

/// One source.
pub struct Source {
    /// `domain.name`, equal to the path of its file.
    pub id: SourceId,
    /// Where it exists.
    pub platforms: &'static [Platform],
    /// Whether it takes part in the host hash.
    pub cadence: Cadence,
    /// Reads it.
    pub observe: fn(&Context<'_>) -> Result<Found, Absent>,
}

/// What a source found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The statements.
    pub facts: Vec<Fact>,
    /// What it could not see.
    pub gaps: Vec<Gap>,
    /// What it could not understand.
    pub complaints: Vec<Complaint>,
}

/// All sources, sorted by id.
pub fn all() -> impl Iterator<Item = &'static Source> {
    let domains: [&[&Source]; 0] = [];
    domains.into_iter().flatten().copied()
}
