//! What the machine is made of.

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[];
