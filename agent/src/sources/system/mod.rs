//! The operating system and what it says of itself.

mod boot;
mod clock;
mod clock_error;
mod file_systems;
mod free_space;
mod host_name;
mod init;
mod installation;
mod kernel;
mod operating_system;
mod virtualisation;

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[
    &boot::SOURCE,
    &clock::SOURCE,
    &clock_error::SOURCE,
    &file_systems::SOURCE,
    &free_space::SOURCE,
    &host_name::SOURCE,
    &init::SOURCE,
    &installation::SOURCE,
    &kernel::SOURCE,
    &operating_system::SOURCE,
    &virtualisation::SOURCE,
];
