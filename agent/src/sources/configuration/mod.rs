//! Effective settings that matter for security and operation, so that they can be compared with a reference.

mod audit;
mod autostart;
mod kernel;
mod logging;
mod login;
mod names;
mod passwords;
mod proxies;
mod samba;
mod sshd;
mod sudo;
mod time;
mod updates;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[
    &audit::SOURCE,
    &autostart::SOURCE,
    &kernel::SOURCE,
    &logging::SOURCE,
    &login::SOURCE,
    &names::SOURCE,
    &passwords::SOURCE,
    &proxies::SOURCE,
    &samba::SOURCE,
    &sshd::SOURCE,
    &sudo::SOURCE,
    &time::SOURCE,
    &updates::SOURCE,
];
