//! Installed software, in the package manager's own words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::UserName;

/// One installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledPackage {
    /// Who manages it.
    pub manager: PackageManager,
    /// The manager's own name for it.
    pub name: String,
    /// Version, as the manager writes it (epoch included).
    pub version: String,
    /// Architecture.
    pub architecture: Option<String>,
    /// The source package it was built from, where it differs from the name.
    pub source_name: Option<String>,
    /// The version of the source package, where it differs.
    pub source_version: Option<String>,
    /// Who maintains or publishes it.
    pub publisher: Option<String>,
    /// One line that says what it is.
    pub summary: Option<String>,
    /// Section or group (`net`, `libs`).
    pub category: Option<String>,
    /// Web page.
    pub home_page: Option<String>,
    /// Space it takes.
    pub size_bytes: Option<u64>,
    /// When it was installed or last upgraded, only where the manager states it.
    pub installed_at: Option<Timestamp>,
    /// Folder or file where it lies, where it does not belong to the whole system; a person's home
    /// bears the pseudonym.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Whose installation it is, where one account installed it for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserName>,
    /// Licence, as the manager or the package itself writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

/// Who manages a package. A closed list: a new manager is a new statement on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageManager {
    /// Debian's dpkg.
    Dpkg,
    /// RPM.
    Rpm,
    /// Alpine's apk.
    Apk,
    /// Arch's pacman.
    Pacman,
    /// Gentoo's portage.
    Portage,
    /// Snap packages of snapd.
    Snap,
    /// Flatpak applications and runtimes.
    Flatpak,
    /// AppImage files, which nobody manages.
    AppImage,
    /// Nix profiles.
    Nix,
    /// Python distributions (pip, setuptools).
    Python,
    /// Node.js packages (npm and its relatives).
    Npm,
    /// Ruby gems.
    RubyGem,
    /// Rust crates installed or stated by cargo.
    Cargo,
    /// Go modules.
    Go,
    /// Java archives (Maven coordinates).
    Maven,
    /// .NET packages.
    Nuget,
    /// PHP packages.
    Composer,
    /// Extensions of web browsers.
    BrowserExtension,
    /// Extensions of development environments.
    IdeExtension,
}
