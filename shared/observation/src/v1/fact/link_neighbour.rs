//! The device at the other end of a cable.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// What the device at the other end of a cable says of itself. What it counts (its time to live) is
/// left out: the same switch is the same statement. Text is as the device gave it, in one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkNeighbour {
    /// The language in which it said so.
    pub protocol: LinkProtocol,
    /// The host's own interface.
    pub interface: String,
    /// What the device calls itself: for LLDP a hardware address or a name, for CDP the device id.
    pub chassis_id: Option<String>,
    /// What it calls the port.
    pub port_id: Option<String>,
    /// What people call the port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_description: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_name: Option<String>,
    /// What it is and which software it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_description: Option<String>,
    /// What it does: `bridge`, `router`, `telephone` …, in the words of the protocol.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Where it is administered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub management_addresses: Vec<IpAddr>,
    /// The VLAN of packets without a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan_id: Option<u16>,
    /// The kind of its transceiver (dot3MauType, RFC 4836).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mau_type: Option<u16>,
    /// Whether it sends and receives at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_full_duplex: Option<bool>,
    /// Manufacturer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Revision of the hardware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware_revision: Option<String>,
    /// Revision of the firmware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// Revision of the software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// The number that its owner gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
}

/// A language in which devices introduce themselves on a cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkProtocol {
    /// Link Layer Discovery Protocol (IEEE 802.1AB).
    Lldp,
    /// Cisco Discovery Protocol.
    Cdp,
}

impl LinkNeighbour {
    /// A neighbour that has said nothing yet.
    #[must_use]
    pub fn empty(protocol: LinkProtocol, interface: &str) -> Self {
        Self {
            protocol,
            interface: interface.to_owned(),
            chassis_id: None,
            port_id: None,
            port_description: None,
            system_name: None,
            system_description: None,
            capabilities: Vec::new(),
            management_addresses: Vec::new(),
            vlan_id: None,
            mau_type: None,
            is_full_duplex: None,
            manufacturer: None,
            model: None,
            serial: None,
            hardware_revision: None,
            firmware: None,
            software: None,
            asset_id: None,
        }
    }
}
