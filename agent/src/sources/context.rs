//! What every source is given.

use jiff::Timestamp;

use super::owners::FileLists;
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
    /// The package manager's lists of files, as far as a source of this run needed them.
    pub lists: &'a FileLists,
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
