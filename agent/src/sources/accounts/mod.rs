//! Local accounts and groups: flags only, persons under pseudonyms.

#[expect(
    clippy::module_inception,
    reason = "a source's file is named as its id: accounts.accounts"
)]
mod accounts;
mod domain;
mod groups;
mod logins;
mod ssh_keys;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] =
    &[&accounts::SOURCE, &domain::SOURCE, &groups::SOURCE, &logins::SOURCE, &ssh_keys::SOURCE];
