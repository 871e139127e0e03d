//! Licences and subscriptions that the machine holds. Keys are never told, only what tells them apart.

mod flexlm;
mod proxmox;
mod rhsm;
mod suse;
mod ubuntu_pro;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] =
    &[&flexlm::SOURCE, &proxmox::SOURCE, &rhsm::SOURCE, &suse::SOURCE, &ubuntu_pro::SOURCE];
