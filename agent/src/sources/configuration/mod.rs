//! Effective settings that matter for security and operation, so that they can be compared with a reference.

mod kernel;
mod passwords;
mod samba;
mod sshd;
mod sudo;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] =
    &[&kernel::SOURCE, &passwords::SOURCE, &samba::SOURCE, &sshd::SOURCE, &sudo::SOURCE];
