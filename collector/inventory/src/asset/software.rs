//! Installed software in the inventory.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One installed package, in the package manager's own words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SoftwarePackage {
    /// Who manages it (`dpkg`).
    pub manager: String,
    /// The manager's own name.
    pub name: String,
    /// Version as the manager writes it.
    pub version: String,
    /// Architecture.
    pub architecture: Option<String>,
    /// Source package, where it differs.
    pub source_name: Option<String>,
    /// Who maintains or publishes it.
    pub publisher: Option<String>,
    /// One line that says what it is.
    pub summary: Option<String>,
    /// Section or group.
    pub category: Option<String>,
    /// Space it takes.
    pub size_bytes: Option<u64>,
    /// When it was installed or last upgraded.
    pub installed_at: Option<Timestamp>,
    /// Folder or file where it lies, where it does not belong to the whole system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Whose installation it is, where an account installed it for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Licence, as the manager writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}
