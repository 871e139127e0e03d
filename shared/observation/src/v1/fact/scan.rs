//! What answers over the network said. A probe does not conclude: product, version and kind of device
//! are recognised by the collector, from these texts.
//!
//! Texts of foreign origin are cleaned before they get here: bounded, without control characters.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::service::Transport;
use crate::hash::ContentHash;

/// An address that answered, or that somebody on its link knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressSeen {
    /// The address.
    pub address: IpAddr,
    /// How it was seen.
    pub means: SeenBy,
    /// Its hardware address, where the means shows one.
    pub mac: Option<String>,
}

/// How an address was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenBy {
    /// It answered an ARP request (RFC 826).
    Arp,
    /// It answered a neighbour solicitation (RFC 4861).
    Ndp,
    /// It answered an ICMP echo request (RFC 792, RFC 4443).
    IcmpEcho,
    /// It answered an echo request to all nodes on the link (`ff02::1`).
    MulticastEcho,
    /// It answered a TCP segment, with whatever flags (RFC 9293).
    Tcp,
    /// It answered a datagram.
    Udp,
    /// A neighbour table names it; it was not contacted.
    NeighbourTable,
    /// It answered a packet that a router may not pass on (TTL 1): the router that was handed the
    /// packet, by its hardware address, has this address too.
    Path,
}

/// A port that accepts connections (TCP), or that answered (UDP).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPort {
    /// Transport.
    pub transport: Transport,
    /// Port.
    pub port: u16,
}

/// What a server said of itself on one port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAnswer {
    /// Transport.
    pub transport: Transport,
    /// Port.
    pub port: u16,
    /// The protocol that it was found to speak, because its answer was understood.
    pub protocol: ServiceProtocol,
    /// Whether this was said inside TLS.
    pub is_encrypted: bool,
    /// What it said, in its own words.
    pub statements: BTreeMap<Statement, String>,
}

/// Application protocols that probes understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the protocols")]
pub enum ServiceProtocol {
    Dns,
    Ftp,
    Http,
    Imap,
    Ipp,
    Mdns,
    Modbus,
    Mysql,
    Netbios,
    Pop3,
    Postgresql,
    Rdp,
    Redis,
    Smb,
    Smtp,
    Snmp,
    Ssdp,
    Ssh,
    Telnet,
    Tls,
    /// It spoke first, and no probe understood it; [`Statement::Banner`] has its words.
    Unknown,
}

/// What a statement of a server is about, by the field of the protocol that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// The first line, or the greeting.
    Banner,
    /// The protocol's own field for software: HTTP `Server`, the software part of an SSH banner.
    Server,
    /// The protocol's own field for a version: `version.bind`, MySQL handshake, Redis `INFO`.
    Version,
    /// HTTP status code.
    Status,
    /// Title of the HTML page.
    Title,
    /// HTTP `Location`, SSDP `LOCATION`; never followed to another host.
    Location,
    /// HTTP `WWW-Authenticate`.
    Authenticate,
    /// HTTP `X-Powered-By`.
    PoweredBy,
    /// HTML `meta name="generator"`.
    Generator,
    /// Capabilities: EHLO, CAPABILITY, CAPA, FEAT, in the order of the answer, comma separated.
    Capabilities,
    /// What protects the protocol: `starttls`, `required`, RDP security protocols, SMB signing.
    Security,
    /// The dialect that was agreed (`SMB 3.1.1`, `SNMPv3`).
    Dialect,
    /// NetBIOS or NTLM computer name.
    ComputerName,
    /// NetBIOS or NTLM domain or workgroup.
    DomainName,
    /// NTLM DNS computer name.
    DnsComputerName,
    /// NTLM DNS domain name.
    DnsDomainName,
    /// NTLM DNS name of the forest.
    DnsForestName,
    /// NTLM version field: `10.0.20348`.
    Build,
    /// An id that the device keeps: SMB server GUID, UPnP UDN, IPP printer-uuid.
    DeviceUuid,
    /// SNMP engine id, hexadecimal (RFC 3411 §5).
    EngineId,
    /// Name of the device: sysName, mDNS host name, UPnP friendlyName, IPP printer-name.
    Name,
    /// Description: sysDescr, UPnP modelDescription.
    Description,
    /// sysObjectID, dotted.
    ObjectId,
    /// Where the device says it stands: sysLocation, IPP printer-location.
    Place,
    /// Maker: UPnP manufacturer, ENTITY-MIB entPhysicalMfgName.
    Manufacturer,
    /// Model: UPnP modelName, IPP printer-make-and-model, entPhysicalModelName.
    Model,
    /// UPnP modelNumber.
    ModelNumber,
    /// Serial number.
    Serial,
    /// Firmware: entPhysicalFirmwareRev, IPP printer-firmware-string-version.
    Firmware,
    /// Software: entPhysicalSoftwareRev.
    Software,
    /// UPnP deviceType.
    DeviceType,
    /// IEEE 1284 device id of a printer.
    DeviceId,
    /// Hardware address that the protocol carries (NetBIOS node status).
    Mac,
}

/// The public key of an SSH server (RFC 4253 §7). Read on the host or asked over the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshHostKey {
    /// The port it was shown on; none where it was read from a file.
    pub port: Option<u16>,
    /// Algorithm (`ssh-ed25519`).
    pub algorithm: String,
    /// SHA-256 of the public key blob: what `ssh-keygen -l` shows in base64.
    pub fingerprint: ContentHash,
}

/// TLS versions that a port was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsVersions {
    /// The port.
    pub port: u16,
    /// Versions that it agreed to: `SSL 3.0`, `TLS 1.0` … `TLS 1.3`.
    pub accepted: Vec<String>,
    /// Versions that it refused.
    pub refused: Vec<String>,
}

/// A name that a name server inside the scanned networks gives an address (RFC 1035 §3.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReverseName {
    /// The address.
    pub address: IpAddr,
    /// The name.
    pub name: String,
    /// The name server.
    pub resolver: IpAddr,
}

/// A service that a device announces (RFC 6763, RFC 6762).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedService {
    /// Instance (`Empfang LaserJet`).
    pub instance: String,
    /// Type (`_ipp._tcp`).
    pub service: String,
    /// Port.
    pub port: Option<u16>,
    /// TXT record.
    pub texts: BTreeMap<String, String>,
}

/// One part of a device (ENTITY-MIB, RFC 6933).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhysicalEntity {
    /// entPhysicalIndex.
    pub index: u32,
    /// entPhysicalContainedIn; 0 stands for nothing.
    pub contained_in: Option<u32>,
    /// entPhysicalClass (3 chassis, 9 module, 10 port, 11 stack).
    pub class_number: Option<u32>,
    /// entPhysicalName.
    pub name: Option<String>,
    /// entPhysicalDescr.
    pub description: Option<String>,
    /// entPhysicalMfgName.
    pub manufacturer: Option<String>,
    /// entPhysicalModelName.
    pub model: Option<String>,
    /// entPhysicalSerialNum.
    pub serial: Option<String>,
    /// entPhysicalHardwareRev.
    pub hardware: Option<String>,
    /// entPhysicalFirmwareRev.
    pub firmware: Option<String>,
    /// entPhysicalSoftwareRev.
    pub software: Option<String>,
}

/// The way to an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkPath {
    /// Where it leads.
    pub target: IpAddr,
    /// The stations in order, the target included where it answered; none for a silent one.
    pub hops: Vec<Option<IpAddr>>,
    /// Whether the target itself answered at the end.
    pub is_complete: bool,
}
