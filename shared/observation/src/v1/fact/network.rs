//! The network as the host sees it.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::service::Transport;

/// One network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// The kernel's name.
    pub name: String,
    /// What it is.
    pub kind: InterfaceKind,
    /// Current hardware address, `aa:bb:cc:dd:ee:ff`.
    pub mac: Option<String>,
    /// The address burnt into the adapter.
    pub permanent_mac: Option<String>,
    /// Largest packet.
    pub mtu_bytes: Option<u32>,
    /// Whether a carrier is there.
    pub is_up: Option<bool>,
    /// Speed; none where the driver does not know.
    pub speed_mbps: Option<u32>,
    /// Whether the adapter can be unplugged (USB, Thunderbolt).
    pub is_removable: Option<bool>,
    /// Driver.
    pub driver: Option<String>,
    /// IEEE 802.1Q VLAN id.
    pub vlan_id: Option<u16>,
    /// The bridge or bond it belongs to, or the interface that a VLAN rides on.
    pub parent: Option<String>,
    /// Addresses, temporary ones (RFC 8981) left out.
    pub addresses: Vec<InterfaceAddress>,
}

/// What an interface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterfaceKind {
    /// The machine talking to itself.
    Loopback,
    /// Ethernet adapter with hardware or a virtual machine's adapter behind it.
    Ethernet,
    /// Wireless LAN.
    Wireless,
    /// Bridge.
    Bridge,
    /// Several links as one.
    Bond,
    /// IEEE 802.1Q.
    Vlan,
    /// Tunnel or VPN.
    Tunnel,
    /// Made by software: veth, dummy, macvlan.
    Virtual,
    /// Something else.
    Other,
}

/// One address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// Length of its network prefix.
    pub prefix_length: u8,
    /// How it came about.
    pub origin: AddressOrigin,
}

/// How an address came about, as far as the kernel tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressOrigin {
    /// Without a lifetime: set by hand or by a manager that does not tell.
    Permanent,
    /// With a lifetime: DHCP or router advertisement.
    Leased,
    /// Made from the link alone (RFC 4862, RFC 3927).
    LinkLocal,
}

/// One route of the main table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Destination network.
    pub destination: IpAddr,
    /// Length of its prefix; 0 with an unspecified destination is the default route.
    pub prefix_length: u8,
    /// Next hop.
    pub gateway: Option<IpAddr>,
    /// Outgoing interface.
    pub interface: Option<String>,
    /// Metric.
    pub metric: Option<u32>,
}

/// A neighbour on the link (ARP, RFC 826; NDP, RFC 4861). Volatile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its address.
    pub address: IpAddr,
    /// Its hardware address.
    pub mac: String,
    /// The interface it was seen on.
    pub interface: String,
    /// Whether it says it is a router.
    pub is_router: Option<bool>,
}

/// One name server that the host asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolver {
    /// Its address.
    pub address: IpAddr,
    /// Where it is configured.
    pub configured_in: String,
    /// Search domains that stand beside it.
    pub search_domains: Vec<String>,
}

/// Established connections, counted per program, peer and service. Volatile. Never a payload, never
/// an argument, only the base name of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Transport.
    pub transport: Transport,
    /// Who opened it.
    pub direction: ConnectionDirection,
    /// The other end.
    pub peer: IpAddr,
    /// The port of the service: the peer's for outgoing, the host's own for incoming connections.
    pub service_port: u16,
    /// The host's own address in it.
    pub local: IpAddr,
    /// Base name of the program on this host.
    pub process: Option<String>,
    /// The unit it belongs to.
    pub unit: Option<String>,
    /// How many at the time of looking; 0: there was one before.
    pub count: u32,
    /// How often it was seen between reports; none: nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<ConnectionSamples>,
}

/// How often a connection was seen when the agent looked again and again. Kept in its memory only: a
/// restart begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionSamples {
    /// The first sample with it.
    pub first_seen_at: Timestamp,
    /// The last one.
    pub last_seen_at: Timestamp,
    /// Samples with it.
    pub samples_seen: u32,
    /// Samples since the agent began.
    pub samples_taken: u32,
}

/// Who opened a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionDirection {
    /// The peer; this host listens on the port.
    Incoming,
    /// This host.
    Outgoing,
}
