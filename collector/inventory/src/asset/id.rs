//! Names of assets and of those who observe them.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use observation::latest::AgentId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An asset. UUIDv7 in form; made from the asset's first member, so that rebuilding gives the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AssetId(pub Uuid);

impl fmt::Display for AssetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// The name of an asset that people see and type: `S-7K2QD`. Never reads as a number or a date.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AssetLabel(pub String);

impl fmt::Display for AssetLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Someone or something that observes: one line of reports, or one target of scans.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "observer", content = "id", rename_all = "snake_case")]
pub enum ObserverId {
    /// An enrolled agent, speaking of its own host.
    Agent(AgentId),
    /// An address as scans from one place see it, as long as nothing says that another device has it.
    Target(TargetId),
    /// A person, through register, workbook or command line.
    Person(String),
}

/// One line of scan results: an address belongs to different devices at different times (DHCP), so
/// a line ends where the evidence says so, and the next begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetId {
    /// From where it was looked; none: from the collector.
    pub vantage: Option<AgentId>,
    /// The address.
    pub address: IpAddr,
    /// When this line began, by receipt.
    pub since: Timestamp,
}

impl fmt::Display for ObserverId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(agent) => write!(formatter, "agent {agent}"),
            Self::Target(target) => write!(formatter, "scan of {}", target.address),
            Self::Person(name) => write!(formatter, "person {name}"),
        }
    }
}
