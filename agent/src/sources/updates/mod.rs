//! Updates: what is missing, how the machine is kept up to date, whether it waits for a restart.

mod missing;
mod notices;
mod reboot;
mod state;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] =
    &[&missing::SOURCE, &notices::SOURCE, &reboot::SOURCE, &state::SOURCE];
