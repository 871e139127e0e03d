//! Local accounts and groups: flags only, persons under pseudonyms.

#[expect(
    clippy::module_inception,
    reason = "a source's file is named as its id: accounts.accounts"
)]
mod accounts;
mod groups;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[&accounts::SOURCE, &groups::SOURCE];
