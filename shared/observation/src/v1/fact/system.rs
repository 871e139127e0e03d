//! The operating system and what it says of itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The host's own name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostName {
    /// The short name.
    pub name: String,
    /// The domain, where the machine states one.
    pub domain: Option<String>,
}

/// The identity of this installation of the operating system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallationId {
    /// `machine_id` on Linux, `machine_guid` on Windows, `platform_uuid` on macOS.
    pub kind: String,
    /// SHA-256 of the identity with a prefix of our own, as machine-id(5) asks: the identity itself
    /// never leaves the host.
    pub hash: crate::hash::ContentHash,
}

/// The operating system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatingSystem {
    /// Machine-readable name (`debian`), os-release(5) ID.
    pub id: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// Version (`12`, `24.04`), VERSION_ID.
    pub version: Option<String>,
    /// The most exact version there is (`12.7`, a Windows build).
    pub version_detail: Option<String>,
    /// Edition or variant (`server`, `Enterprise`).
    pub edition: Option<String>,
    /// Name and version in one line, PRETTY_NAME.
    pub pretty_name: Option<String>,
    /// Date of installation, only where the system states one.
    pub installed_at: Option<Timestamp>,
}

/// The running kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// Name (`Linux`).
    pub name: String,
    /// Release (`6.1.0-28-amd64`).
    pub release: String,
    /// Build text.
    pub version: Option<String>,
    /// Machine architecture (`x86_64`).
    pub architecture: String,
}

/// The program that starts and keeps services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitSystem {
    /// `systemd`, or the name of process 1.
    pub name: String,
    /// Version, where it states one.
    pub version: Option<String>,
}

/// Something that speaks for or against a virtual machine or container. The agent does not conclude.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualisationHint {
    /// Where it was read: `cpu_flag_hypervisor`, `hypervisor_type`, `cgroup`, `dockerenv`, `dmi_vendor`.
    pub origin: String,
    /// What it said.
    pub text: String,
}

/// A mounted file system on a disk or network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystem {
    /// Where it is mounted.
    pub mounted_at: String,
    /// Device or remote place.
    pub device: String,
    /// Kind (`ext4`, `nfs4`).
    pub kind: String,
    /// Size.
    pub size_bytes: Option<u64>,
    /// Whether it may only be read.
    pub is_read_only: Option<bool>,
}

/// Free space of a file system. Volatile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeSpace {
    /// Where it is mounted.
    pub mounted_at: String,
    /// Free for ordinary users.
    pub available_bytes: u64,
}

/// The present start of the operating system. Volatile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// Random identity of this start.
    pub id: Option<Uuid>,
    /// When it started, by the host's clock.
    pub started_at: Option<Timestamp>,
}
