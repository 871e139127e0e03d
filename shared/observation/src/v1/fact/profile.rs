//! What a machine is set up to reach: printers, wireless networks, private networks over others.

use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;

/// One printer that the machine can print on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Printer {
    /// The name of its queue.
    pub name: String,
    /// Where it is (RFC 3986), without credentials.
    pub device_uri: Option<String>,
    /// Maker and model, as the queue states them.
    pub make_and_model: Option<String>,
    /// Where it stands, as somebody wrote.
    pub location: Option<String>,
    /// Whether other machines may print on it through this one.
    pub is_shared: Option<bool>,
    /// Whether it is taken where nobody names one.
    pub is_default: bool,
}

/// One wireless network that the machine knows. Never its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WirelessNetwork {
    /// Its name (SSID, IEEE 802.11).
    pub ssid: String,
    /// What guards it, as the manager writes it (`wpa-psk`, `sae`, `wpa-eap`, `none`).
    pub security: Option<String>,
    /// Whether it has to be asked for by name.
    pub is_hidden: Option<bool>,
    /// Whether the machine joins by itself.
    pub joins_by_itself: Option<bool>,
    /// The program that knows it.
    pub manager: String,
}

/// One private network over others (VPN) that the machine is set up for. Never a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VpnProfile {
    /// Its name.
    pub name: String,
    /// What it is, as the manager writes it (`wireguard`, `openvpn`, `ipsec`).
    pub kind: String,
    /// The program that keeps it (`wg-quick`, `NetworkManager`, `openvpn`, `strongswan`).
    pub manager: String,
    /// The port on which this machine waits for others.
    pub listen_port: Option<u16>,
    /// Addresses of this machine in it, with prefix.
    pub addresses: Vec<String>,
    /// The other ends.
    pub peers: Vec<VpnPeer>,
    /// The file, without a person's name.
    pub place: String,
}

/// The other end of a private network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VpnPeer {
    /// Its name or address.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// Transport, where it is stated (`udp`, `tcp`).
    pub transport: Option<String>,
    /// Networks that lie behind it.
    pub networks: Vec<String>,
    /// SHA-256 of its public key.
    pub key_fingerprint: Option<ContentHash>,
}
