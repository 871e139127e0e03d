//! A scan of networks: what is ordered, and what comes back.
//!
//! The same job runs in the scanner process of the collector and in that of an agent at another site;
//! both give the same [`ScanReport`]s, and all enter by the collector's one door.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fact::Fact;
use super::ids::AgentId;
use super::report::Section;

/// What a scanner is to do. Nothing outside of `networks` is touched; by default that is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanJob {
    /// The run that this job belongs to.
    pub run: Uuid,
    /// What may be scanned: named by a person.
    pub networks: Vec<IpNet>,
    /// What may not, inside of it.
    #[serde(default)]
    pub exclusions: Vec<IpNet>,
    /// Where the ports of industrial devices may be asked: register zones with `ot = true`.
    #[serde(default)]
    pub ot_networks: Vec<IpNet>,
    /// How thorough.
    pub profile: ScanProfile,
    /// Which probes.
    #[serde(default)]
    pub probes: ProbeSelection,
    /// Packets per second; none: what the profile says.
    pub rate_pps: Option<u32>,
    /// Whether networks above the limit were allowed by a person.
    #[serde(default)]
    pub allow_range: bool,
    /// What SNMP may be asked with.
    #[serde(default)]
    pub snmp: Vec<SnmpCredential>,
    /// What an earlier, interrupted run of the same job is done with, as its [`ScanEnd::done`] says:
    /// this run goes on where that one was and asks the rest. IPv4 only, because IPv6 is not swept.
    /// Nothing outside of `networks` becomes permitted by it. At most
    /// [`DONE_NETWORKS_MAX`](crate::limits::DONE_NETWORKS_MAX); what is beyond is asked again.
    #[serde(default)]
    pub done: Vec<IpNet>,
}

/// How thorough a scan is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanProfile {
    /// Discovery and the ports that probes know.
    #[default]
    Gentle,
    /// Also the 1,000 commonest TCP ports.
    Normal,
    /// All TCP ports.
    Deep,
}

/// Which probes a scan uses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeSelection {
    /// All that the profile allows.
    #[default]
    All,
    /// Which addresses answer, and nothing more.
    Discovery,
    /// Discovery and these probes, by name without domain (`ssh`).
    Only(Vec<String>),
}

/// What SNMP may be asked with, and where.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnmpCredential {
    /// Where it may be used: nowhere else is it sent.
    pub scope: Vec<IpNet>,
    /// Version and secrets.
    #[serde(flatten)]
    pub access: SnmpAccess,
}

impl std::fmt::Debug for SnmpCredential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SnmpCredential").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Version and secrets of SNMP.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all = "lowercase")]
pub enum SnmpAccess {
    /// Version 1 (RFC 1157).
    V1 {
        /// Community.
        community: String,
    },
    /// Version 2c (RFC 1901).
    V2c {
        /// Community.
        community: String,
    },
    /// Version 3 with the user-based security model (RFC 3414).
    V3 {
        /// User.
        user: String,
        /// Authentication; none: noAuthNoPriv.
        auth: Option<SnmpAuthentication>,
        /// Its password.
        auth_password: Option<String>,
        /// Encryption; none: authNoPriv.
        #[serde(rename = "priv")]
        privacy: Option<SnmpPrivacy>,
        /// Its password.
        #[serde(rename = "priv_password")]
        privacy_password: Option<String>,
    },
}

/// Authentication protocols of SNMPv3 (RFC 3414, RFC 7860).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names of the protocols")]
pub enum SnmpAuthentication {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Encryption of SNMPv3 (RFC 3414, RFC 3826).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names of the protocols")]
pub enum SnmpPrivacy {
    Des,
    Aes128,
    Aes192,
    Aes256,
}

/// A part of what a scan found, complete for the targets it names. A scan sends several: an
/// interrupted one keeps what it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanReport<F = Fact> {
    /// The version of the wire, [`super::FORMAT`].
    pub format: u32,
    /// The run.
    pub run: Uuid,
    /// The place of this report in the run, from 0.
    pub part: u32,
    /// From where it was looked.
    pub vantage: Vantage,
    /// When the run began, by the scanner's clock.
    pub started_at: Timestamp,
    /// When this part was sent, by the scanner's clock: shows the skew.
    pub sent_at: Timestamp,
    /// What was found, per address.
    pub targets: Vec<TargetReport<F>>,
    /// With the last part: how it ended.
    pub end: Option<ScanEnd>,
}

/// From where a scan looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vantage {
    /// The agent that scanned; none for the collector's own scanner.
    pub agent: Option<AgentId>,
    /// The version of the scanning program.
    pub software_version: String,
    /// Networks that the scanner is on itself: it sees hardware addresses there.
    pub links: Vec<VantageLink>,
    /// The routers that the scanner's own routes name.
    pub gateways: Vec<IpAddr>,
    /// Whether it could send packets of its own making; without, it connects only.
    pub has_raw_sockets: bool,
}

/// A network that a scanner is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VantageLink {
    /// The interface.
    pub interface: String,
    /// The network, with the scanner's own address in it.
    pub network: IpNet,
    /// The interface's hardware address.
    pub mac: Option<String>,
}

/// What was found at one address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetReport<F = Fact> {
    /// The address.
    pub address: IpAddr,
    /// One section per probe that asked, or was not allowed to.
    pub sections: Vec<Section<F>>,
}

/// How a scan ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanEnd {
    /// When, by the scanner's clock.
    pub finished_at: Timestamp,
    /// Whether everything that was planned was asked.
    pub is_complete: bool,
    /// Why not, or what was lost on the way: codes that the catalogue words know, with what they
    /// speak of.
    pub remarks: Vec<ScanRemark>,
    /// Figures of the run.
    pub figures: ScanFigures,
    /// Of a run that is not complete: addresses that need not be asked again, as the fewest networks
    /// that hold them and nothing else. An address is done when it was silent in a sweep that came to
    /// its end, or when it answered, everything it was to be asked was asked (but for its name, which
    /// name servers are asked for last), and it was told in a part before this one. What the job itself said is done is among them, so that a run that is
    /// interrupted twice goes on as well. A job with these in [`ScanJob::done`] is the rest of the run.
    ///
    /// Empty where the run is complete. At most
    /// [`DONE_NETWORKS_MAX`](crate::limits::DONE_NETWORKS_MAX), the largest networks first: what is
    /// left out costs being asked twice.
    #[serde(default)]
    pub done: Vec<IpNet>,
}

/// Something to know about a run: `no_raw_sockets`, `interrupted`, `proxy_arp`, `answers_capped` ….
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScanRemark {
    /// The code; the catalogue has `scan-remark-<code>`.
    pub code: String,
    /// What it speaks of: a network, an address, a count.
    pub what: String,
}

/// Figures of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanFigures {
    /// Addresses that were asked.
    pub addresses: u64,
    /// Addresses that answered.
    pub answered: u64,
    /// Packets sent by the engine.
    pub packets_sent: u64,
    /// Packets received that answered one of them.
    pub packets_matched: u64,
    /// Connections that were opened.
    pub connections: u64,
}
