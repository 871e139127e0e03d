//! Certificates.

mod served;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[&served::SOURCE];
