//! What a server knows of other machines: the lists of what should exist.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One machine that a list on this host names. Nobody says that it exists; the list names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedMachine {
    /// What kind of list names it.
    pub list: MachineList,
    /// The program that keeps the list (`isc-dhcp-server`, `kea`, `dnsmasq`, `bind`, `proxmox`, `libvirt`,
    /// `samba`), and where it was read: a file.
    pub keeper: String,
    /// The file or store it was read from.
    pub place: String,
    /// The name that the list gives it.
    pub name: Option<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
    /// Hardware addresses, `aa:bb:cc:dd:ee:ff`.
    pub macs: Vec<String>,
    /// The identity that the list gives it: SMBIOS UUID of a guest, object GUID of a computer account,
    /// number of a guest.
    pub id: Option<String>,
    /// The operating system that the list states.
    pub operating_system: Option<String>,
    /// Whether the list calls it in use: lease not run out, account enabled, guest running.
    pub is_active: Option<bool>,
    /// When the list last had to do with it: begin of a lease, last logon, last job.
    pub last_seen_at: Option<Timestamp>,
}

/// What kind of list names a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineList {
    /// A DHCP server gave it an address (RFC 2131).
    DhcpLease,
    /// A DHCP server keeps an address for it.
    DhcpReservation,
    /// A DNS zone names it (RFC 1035).
    DnsZone,
    /// It is a guest of this host.
    Guest,
    /// A directory has a computer account for it.
    Directory,
    /// A backup server saves it.
    Backup,
    /// A monitoring server watches it.
    Monitoring,
}
