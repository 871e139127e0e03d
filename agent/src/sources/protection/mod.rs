//! What protects the machine.

mod firewall;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[&firewall::SOURCE];
