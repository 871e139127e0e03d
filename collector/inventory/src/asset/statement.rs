//! What a machine states of its own configuration, and of other machines.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One setting as it is in force.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SettingDescription {
    /// Whose setting it is (`sshd`, `sysctl`).
    pub subject: String,
    /// Part of the subject that it holds for, where it is not the whole.
    pub scope: Option<String>,
    /// Its name as the subject writes it.
    pub name: String,
    /// Its value as the subject writes it; none where nobody set it and the default is not known.
    pub value: Option<String>,
    /// Where it was read.
    pub place: String,
    /// `configured`, `running`, `default`, as on the wire.
    pub origin: String,
    /// The value holds since then at the latest: since all settings of its source are as they are.
    pub holds_since: Timestamp,
}

/// A machine that a list on this asset names. Nobody says that it exists; the list names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamedMachineDescription {
    /// The kind of list, as on the wire (`dhcp_lease`, `guest`).
    pub list: String,
    /// The program that keeps the list.
    pub keeper: String,
    /// The file or store that it was read from.
    pub place: String,
    /// The name that the list gives it.
    pub name: Option<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
    /// Hardware addresses, `aa:bb:cc:dd:ee:ff`.
    pub macs: Vec<String>,
    /// The identity that the list gives it: SMBIOS UUID of a guest, object GUID of an account.
    pub id: Option<String>,
    /// The operating system that the list states.
    pub operating_system: Option<String>,
    /// Whether the list calls it in use.
    pub is_active: Option<bool>,
    /// When the list last had to do with it.
    pub last_seen_at: Option<Timestamp>,
}
