//! What the machine is made of.

mod disks;
mod memory;
mod processor;
mod smbios;

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] =
    &[&disks::SOURCE, &memory::SOURCE, &processor::SOURCE, &smbios::SOURCE];
