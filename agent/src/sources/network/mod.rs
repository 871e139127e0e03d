//! The network as the host sees it.

mod connections;

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[&connections::SOURCE];
