//! What every source is given.

use jiff::Timestamp;

use observation::latest::{Fact, Gap};

use super::owners::FileLists;
use super::witness::Kept;
use crate::host::Host;

/// What every source is given.
pub struct Context<'a> {
    /// The machine.
    pub host: &'a dyn Host,
    /// The time of the run.
    pub now: Timestamp,
    /// Which account names may leave the host, and how.
    pub names: &'a crate::names::Names,
    /// What a person asked for.
    pub options: Options,
    /// What sources leave for others of this run, and for the runs after it.
    pub memory: &'a Memory,
}

/// What sources leave for others of the same run, and for the runs after it.
#[derive(Default)]
pub struct Memory {
    /// The package manager's lists of files, as far as a source of this run needed them.
    pub lists: FileLists,
    /// What `updates.missing` found.
    pub(super) updates: Kept<(Vec<Fact>, Vec<Gap>)>,
}

impl Memory {
    /// For another run or another thread: what holds beyond one run is shared. Lists of files are not, because a
    /// thread that hangs may hold them for good.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self { lists: self.lists.anew(), updates: self.updates.clone() }
    }
}

/// What a person asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether established connections are reported.
    pub reports_connections: bool,
    /// Whether it is reported when accounts last logged in.
    pub reports_logins: bool,
    /// Whether the wireless networks that this host knows are reported.
    pub reports_wireless: bool,
}
