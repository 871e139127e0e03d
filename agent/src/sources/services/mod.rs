//! Services and the sockets on which they wait.

mod listeners;
mod printers;
mod units;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[&listeners::SOURCE, &printers::SOURCE, &units::SOURCE];
