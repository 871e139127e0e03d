//! The sources, one file each, by domain. A source reads one thing of a host and says what it read.
//!
//! Sources are portable: they reach the machine through [`Host`](crate::host::Host) alone and never use one another.
//! What two of them need stands in a module of this folder itself.

pub mod context;

mod attribute;
mod cgroup;
mod dpkg;
pub(crate) mod links;
mod members;
mod mounts;
mod owners;
mod persons;
mod processes;
pub mod samples;
mod sockets;
mod systemd;
mod sysv;
#[cfg(test)]
pub(crate) mod testing;
mod tls_files;

mod accounts;
mod certificates;
mod hardware;
mod network;
mod services;
mod software;
mod system;

use observation::latest::{Absent, Cadence, Complaint, Fact, Gap, Platform, SourceId};

pub use context::{Context, Options};

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
    // Sorted: the order of the domains is the order of the ids.
    let domains = [
        accounts::SOURCES,
        certificates::SOURCES,
        hardware::SOURCES,
        network::SOURCES,
        services::SOURCES,
        software::SOURCES,
        system::SOURCES,
    ];
    domains.into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_sorted_by_id_and_no_id_occurs_twice() {
        let ids: Vec<&str> = all().map(|it| it.id.as_str()).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
    }
}
