//! What devices answer when they are asked themselves: the replies of the narrow requests.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The health log of one disk, as the disk gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskLog {
    /// The SMART / health information log of NVM Express (log page 02h), 512 bytes.
    Nvme(#[serde(with = "super::ask::bytes_as_text")] Vec<u8>),
    /// What SMART of ATA says (ATA8-ACS).
    Ata(AtaLog),
}

/// What SMART of ATA says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtaLog {
    /// SMART READ DATA, 512 bytes.
    #[serde(with = "super::ask::bytes_as_text")]
    pub data: Vec<u8>,
    /// SMART READ THRESHOLDS, 512 bytes; empty where the disk has none.
    #[serde(with = "super::ask::bytes_as_text")]
    pub thresholds: Vec<u8>,
    /// SMART RETURN STATUS: whether no threshold is exceeded.
    pub is_passed: Option<bool>,
}

/// What a network driver says of itself (ETHTOOL_GDRVINFO).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkDriver {
    /// Name of the driver.
    pub driver: String,
    /// Version of the driver.
    pub version: String,
    /// Firmware of the adapter.
    pub firmware: String,
    /// Where it is on its bus.
    pub bus: String,
}

/// The header of a LUKS volume without anything that a key could be made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LuksHeader {
    /// Version, 1 or 2.
    pub version: u16,
    /// UUID of the volume.
    pub uuid: Option<String>,
    /// Cipher with mode (`aes-xts-plain64`).
    pub cipher: Option<String>,
    /// Length of the key of the volume.
    pub key_bits: Option<u32>,
    /// Key slots in use.
    pub key_slots: Option<u32>,
    /// Key derivations of the slots in use, each once, sorted.
    pub key_derivations: Vec<String>,
    /// Kinds of tokens, each once, sorted.
    pub tokens: Vec<String>,
}

/// What the management controller answers over IPMI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagementNetwork {
    /// The channel of the network.
    pub channel: u8,
    /// Where the address comes from (IPMI 2.0, table 23-4).
    pub address_source_number: Option<u8>,
    /// Its address.
    pub address: Option<IpAddr>,
    /// Length of the prefix.
    pub prefix_length: Option<u8>,
    /// Its router.
    pub gateway: Option<IpAddr>,
    /// Its hardware address, `aa:bb:cc:dd:ee:ff`.
    pub mac: Option<String>,
}

/// One device that fwupd knows, as its D-Bus interface names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FwupdDevice {
    /// Name.
    pub name: Option<String>,
    /// Maker.
    pub vendor: Option<String>,
    /// Version of its firmware.
    pub version: Option<String>,
    /// The plugin of fwupd that knows it (`uefi_capsule`, `nvme`, `tpm`).
    pub plugin: Option<String>,
}
