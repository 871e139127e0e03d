//! What protects the machine.

mod firewall;
mod kernel;
mod mandatory_access;

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] =
    &[&firewall::SOURCE, &kernel::SOURCE, &mandatory_access::SOURCE];
