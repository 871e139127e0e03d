//! Installed software, one source per package manager.

mod dpkg;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[&dpkg::SOURCE];
