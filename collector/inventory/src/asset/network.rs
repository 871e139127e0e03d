//! What an asset offers, uses and holds on the network, and who may use it.

use std::net::IpAddr;

use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::AgentId;
use serde::{Deserialize, Serialize};

use super::attested::Attested;

/// One network interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InterfaceDescription {
    /// The system's name.
    pub name: String,
    /// What it is, as on the wire (`ethernet`, `bridge` …).
    pub kind: String,
    /// Hardware address in use.
    pub mac: Option<String>,
    /// Hardware address burnt in.
    pub permanent_mac: Option<String>,
    /// Whether a carrier is there.
    pub is_up: Option<bool>,
    /// Speed.
    pub speed_mbps: Option<u32>,
    /// VLAN id.
    pub vlan_id: Option<u16>,
    /// Bridge, bond or carrier.
    pub parent: Option<String>,
    /// Addresses with the length of their prefix.
    pub addresses: Vec<(IpAddr, u8)>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RouteDescription {
    /// Destination network.
    pub destination: IpAddr,
    /// Length of its prefix.
    pub prefix_length: u8,
    /// Next hop.
    pub gateway: Option<IpAddr>,
    /// Outgoing interface.
    pub interface: Option<String>,
}

/// One name server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResolverDescription {
    /// Its address.
    pub address: IpAddr,
    /// Where it is configured.
    pub configured_in: String,
}

/// A neighbour that the asset saw on a link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NeighbourDescription {
    /// Its address.
    pub address: IpAddr,
    /// Its hardware address.
    pub mac: String,
    /// The asset's interface.
    pub interface: String,
}

/// A device that introduced itself at the other end of a cable of the asset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CableDescription {
    /// The asset's interface.
    pub interface: String,
    /// The language in which the device did so: `lldp`, `cdp`.
    pub protocol: String,
    /// What the device calls itself: a hardware address, a name or a number.
    pub chassis_id: Option<String>,
    /// What it calls the port.
    pub port_id: Option<String>,
    /// Its name.
    pub system_name: Option<String>,
    /// Where it is administered.
    pub management_addresses: Vec<IpAddr>,
}

/// One service of the init system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceDescription {
    /// Name.
    pub name: String,
    /// What it says it is.
    pub description: Option<String>,
    /// `automatic`, `manual`, `disabled`, as on the wire.
    pub start_mode: Option<String>,
    /// Whether it was running.
    pub is_running: Option<bool>,
    /// Account it runs under, pseudonym or clear.
    pub account: Option<String>,
    /// Program.
    pub executable: Option<String>,
    /// Package with version (`nginx 1.22.1-9`).
    pub package: Option<String>,
}

/// One port that the asset listens on, as one chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServicePort {
    /// `tcp` or `udp`.
    pub transport: String,
    /// Address it is bound to.
    pub address: IpAddr,
    /// Port.
    pub port: u16,
    /// `loopback`, `address`, `all`, as on the wire.
    pub binding: String,
    /// Program.
    pub process: Option<String>,
    /// Path of the program.
    pub executable: Option<String>,
    /// Account.
    pub account: Option<String>,
    /// Unit.
    pub unit: Option<String>,
    /// Owning package: name.
    pub package_name: Option<String>,
    /// Owning package: version.
    pub package_version: Option<String>,
    /// Container, `runtime:id`.
    pub container: Option<String>,
    /// Encryption that was seen on it (`TLS 1.3`). `None`: not known.
    pub encryption: Option<String>,
    /// What answered a scan there. `None`: no scan got an answer.
    pub answer: Option<Attested<ServiceIdentity>>,
}

/// What answers on a port, as seen from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceIdentity {
    /// Application protocol (`ssh`), as on the wire. `None`: it was not understood, or not asked.
    pub protocol: Option<String>,
    /// Product, recognised by a rule.
    pub product: Option<String>,
    /// Version, only where the answer states it.
    pub version: Option<String>,
    /// The words of the answer that the rule rests on.
    pub said: Option<String>,
}

/// An address of an asset as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AddressDescription {
    /// The address.
    pub address: IpAddr,
    /// Its hardware address, `aa:bb:cc:dd:ee:ff`, where somebody on its link saw it.
    pub mac: Option<String>,
    /// Who the first bits of the hardware address belong to (IEEE registration authority).
    pub mac_vendor: Option<String>,
    /// Means by which it was seen, as on the wire (`arp`, `tcp` …), sorted.
    pub means: Vec<String>,
    /// From where it was seen on its own link (none: from the collector), sorted.
    #[serde(default)]
    pub on_link_from: Vec<Option<AgentId>>,
}

/// The public key of an SSH server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostKeyDescription {
    /// Algorithm.
    pub algorithm: String,
    /// SHA-256 of the key blob.
    pub fingerprint: ContentHash,
}

/// A way to an asset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PathDescription {
    /// Where it leads.
    pub target: IpAddr,
    /// The stations, the target included where it answered; `None` for a silent one.
    pub hops: Vec<Option<IpAddr>>,
    /// Whether the target itself answered at the end.
    pub is_complete: bool,
}

/// Established connections with one peer for one service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CommunicationPartner {
    /// `tcp` or `udp`.
    pub transport: String,
    /// Whether the peer opened it.
    pub is_incoming: bool,
    /// The peer.
    pub peer: IpAddr,
    /// Port of the service.
    pub service_port: u16,
    /// The asset's own address.
    pub local: IpAddr,
    /// Program on the asset.
    pub process: Option<String>,
    /// Unit on the asset.
    pub unit: Option<String>,
    /// How many when last seen.
    pub count: u32,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CertificateDescription {
    /// Where it was found: `tcp/127.0.0.1:443` or a path.
    pub place: String,
    /// The ports of the asset that show it, where known.
    pub port: Option<u16>,
    /// SHA-256 of the certificate.
    pub fingerprint: ContentHash,
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Alternative names.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: Option<Timestamp>,
    /// Valid until.
    pub not_after: Option<Timestamp>,
    /// Key, such as `RSA 2048`.
    pub key: Option<String>,
    /// Signature algorithm.
    pub signature_algorithm: Option<String>,
    /// Self-signed.
    pub is_self_signed: Option<bool>,
    /// TLS version agreed.
    pub tls_version: Option<String>,
}

/// One local account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountDescription {
    /// Pseudonym or clear name.
    pub name: String,
    /// Whether the name is a pseudonym.
    pub is_pseudonym: bool,
    /// `root`, `system`, `person`, as on the wire.
    pub kind: String,
    /// Whether it can start a session.
    pub can_log_in: Option<bool>,
    /// Whether it is an administrator.
    pub is_administrator: Option<bool>,
    /// `set`, `locked`, `empty`, as on the wire.
    pub password: Option<String>,
    /// Whether it has run out.
    pub is_expired: Option<bool>,
    /// Whether the password never has to be changed.
    pub password_never_expires: Option<bool>,
}

/// One local group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupDescription {
    /// Name.
    pub name: String,
    /// Whether membership gives administration.
    pub gives_administration: bool,
    /// Members.
    pub members: Vec<String>,
}
