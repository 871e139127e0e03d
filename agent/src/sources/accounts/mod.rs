//! Local accounts and groups: flags only, persons under pseudonyms.

mod accounts;
mod groups;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[&accounts::SOURCE, &groups::SOURCE];
