//! Updates: what is offered and not installed, and what waits for a restart.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::software::PackageManager;

/// A newer version of an installed package that the lists on this machine already offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingUpdate {
    /// Who manages the package.
    pub manager: PackageManager,
    /// The manager's own name for it.
    pub name: String,
    /// Architecture.
    pub architecture: Option<String>,
    /// Installed version.
    pub installed_version: String,
    /// Newest version that is offered.
    pub offered_version: String,
    /// Who offers it, as the list states it (`Debian-Security bookworm-security`).
    pub origin: Option<String>,
    /// Whether the origin or the notice calls it a security update.
    pub is_security: Option<bool>,
    /// Number of the notice (`RHSA-2026:1234`), where the lists hold notices.
    pub advisory: Option<String>,
    /// Severity in the words of the notice.
    pub severity: Option<String>,
}

/// How a package manager is kept up to date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateState {
    /// Which one.
    pub manager: PackageManager,
    /// When its lists of offers were last fetched.
    pub lists_refreshed_at: Option<Timestamp>,
    /// When a package was last upgraded.
    pub last_upgraded_at: Option<Timestamp>,
    /// Whether updates install themselves.
    pub is_unattended: Option<bool>,
    /// The setting that says so, as it is written.
    pub unattended_setting: Option<String>,
}

/// Whether the machine waits for a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebootPending {
    /// Whether it does: a package asked for it, or a newer kernel is installed than the one that runs.
    pub is_pending: bool,
    /// The packages that asked for it.
    pub packages: Vec<String>,
    /// Release of the running kernel.
    pub running_kernel: Option<String>,
    /// Release of the newest installed kernel.
    pub newest_kernel: Option<String>,
}
