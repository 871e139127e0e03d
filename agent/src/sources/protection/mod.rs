//! What protects the system from itself.

mod kernel;
mod mandatory_access;

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[&kernel::SOURCE, &mandatory_access::SOURCE];
