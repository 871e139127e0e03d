//! Where an address came from.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The address that a DHCP server gave to an interface, as the client on this host wrote it down. When it
/// ends is left out: that moves with every renewal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DhcpLease {
    /// The interface.
    pub interface: String,
    /// The program that asked: `systemd-networkd`, `dhclient`, `NetworkManager`.
    pub client: String,
    /// The address.
    pub address: Option<IpAddr>,
    /// Who gave it (option 54).
    pub server: Option<IpAddr>,
    /// For how long it is given, in seconds (option 51).
    pub lifetime_seconds: Option<u32>,
    /// The domain that was given with it (option 15).
    pub domain: Option<String>,
}
