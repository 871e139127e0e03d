//! The network as the host sees it.

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[];
