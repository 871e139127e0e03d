//! The operating system and what it says of itself.

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[];
