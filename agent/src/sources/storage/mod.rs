//! How disks are joined, kept secret, and how well they are.

mod disk_health;
mod disk_wear;
mod encryption;
mod pools;
mod raid;
mod volume_groups;

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[
    &disk_health::SOURCE,
    &disk_wear::SOURCE,
    &encryption::SOURCE,
    &pools::SOURCE,
    &raid::SOURCE,
    &volume_groups::SOURCE,
];
