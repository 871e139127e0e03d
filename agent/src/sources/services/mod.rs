//! Services and the sockets on which they wait.

mod containers;
mod database_sizes;
mod databases;
mod hardening;
mod listeners;
mod printers;
mod remote_mounts;
mod shares;
mod tasks;
mod tool_runs;
mod tools;
mod units;
mod web_sites;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[
    &containers::SOURCE,
    &database_sizes::SOURCE,
    &databases::SOURCE,
    &hardening::SOURCE,
    &listeners::SOURCE,
    &printers::SOURCE,
    &remote_mounts::SOURCE,
    &shares::SOURCE,
    &tasks::SOURCE,
    &tool_runs::SOURCE,
    &tools::SOURCE,
    &units::SOURCE,
    &web_sites::SOURCE,
];
