//! Certificates.

mod files;
mod served;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[&files::SOURCE, &served::SOURCE];
