//! Effective settings, so that they can be compared with a reference and with themselves of yesterday.

use serde::{Deserialize, Serialize};

/// One setting as it is in force. Never a secret: a key or password is said to be set, not what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Setting {
    /// Whose setting it is (`sshd`, `sysctl`, `samba`, `login.defs`).
    pub subject: String,
    /// Part of the subject that it holds for, where it is not the whole: a share, a `Match` block.
    pub scope: Option<String>,
    /// Its name as the subject writes it (`PermitRootLogin`, `net.ipv4.ip_forward`).
    pub name: String,
    /// Its value as the subject writes it; none where it is not set and the default of the program, which
    /// the agent does not know, is in force.
    pub value: Option<String>,
    /// Where it was read: a file, an interface of the kernel.
    pub place: String,
    /// How it came into force.
    pub origin: SettingOrigin,
}

/// How a setting came into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingOrigin {
    /// Somebody wrote it into the configuration.
    Configured,
    /// The running system states it.
    Running,
    /// Nobody wrote it; the documented default of the program in its version is named as value, or none.
    Default,
}
