//! The document that `scan run -o json` prints: what a scan of networks and the agents in them know,
//! for programs. Format 1 is stable: fields may be added, none is renamed, removed or changes its
//! meaning (see `deploy/docs/scan-json.md`).
//!
//! Unknown is `null` or an empty list, never an empty text; what should be known and is not stands in
//! `gaps` with its reason.

mod device;
mod gap;
mod introduced;
mod kind;
mod link;
mod owners;
mod service;
mod station;
mod subnet;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use jiff::Timestamp;
use observation::latest::AgentId;
use observation::latest::scan::ScanRemark;
use serde::Deserialize;
use serde::Serialize;

use self::owners::Owners;
use crate::assess::managements;
use crate::asset::Asset;
use crate::register::Cidr;

pub use self::device::DeviceEntry;
pub use self::device::SeenAs;
pub use self::gap::GapEntry;
pub use self::kind::DeviceKind;
pub use self::link::LinkEntry;
pub use self::link::LinkEvidence;
pub use self::service::ServiceEntry;
pub use self::subnet::SubnetEntry;
pub use self::subnet::SubnetEvidence;

/// The version of the document.
pub const DOCUMENT_FORMAT: u32 = 1;

/// The whole document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkDocument {
    /// [`DOCUMENT_FORMAT`].
    pub format: u32,
    /// The run that it shows.
    pub run: RunEntry,
    /// Devices with an address in the networks of the run, in the order of their addresses; also the
    /// stations outside of them that lie on the way.
    pub devices: Vec<DeviceEntry>,
    /// Which device reaches others through which.
    pub links: Vec<LinkEntry>,
    /// The networks that lie in those of the run, or around them.
    pub subnets: Vec<SubnetEntry>,
    /// What should be known and is not, with the reason.
    pub gaps: Vec<GapEntry>,
}

/// The run that a document shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEntry {
    /// Its id.
    pub id: String,
    /// `running`, `complete`, `partial` or `failed`.
    pub state: String,
    /// When it began (RFC 3339, UTC).
    pub started_at: Timestamp,
    /// When it ended; `null`: it runs.
    pub finished_at: Option<Timestamp>,
    /// `gentle`, `normal` or `deep`.
    pub profile: String,
    /// The networks that were named.
    pub networks: Vec<String>,
    /// What was left out of them.
    pub exclusions: Vec<String>,
    /// Addresses that were asked.
    pub addresses: u64,
    /// Addresses that answered.
    pub answered: u64,
    /// Packets that the engine sent; connections of the operating system are not among them.
    pub packets_sent: u64,
}

/// What a document is about.
#[derive(Debug, Clone)]
pub struct DocumentFrame {
    /// The run.
    pub run: RunEntry,
    /// What was named.
    pub networks: Vec<Cidr>,
    /// What was left out.
    pub exclusions: Vec<Cidr>,
    /// From where it was looked: none: from the collector.
    pub vantage: Option<AgentId>,
    /// The scanner's own addresses with their networks.
    pub links: Vec<(IpAddr, Cidr)>,
    /// The routers that the scanner's routes name.
    pub gateways: Vec<IpAddr>,
    /// What is to be known about the run.
    pub remarks: Vec<ScanRemark>,
}

impl DocumentFrame {
    /// Whether an address is one that the document speaks of.
    #[must_use]
    pub fn covers(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|it| it.contains(address)) && !self.excludes(address)
    }

    /// Whether an address is one that the document must not speak of.
    #[must_use]
    pub fn excludes(&self, address: IpAddr) -> bool {
        self.exclusions.iter().any(|it| it.contains(address))
    }
}

/// Makes the document from all assets; those without an address in the networks are left out.
#[must_use]
pub fn network_document(assets: &[Asset], frame: &DocumentFrame) -> NetworkDocument {
    let owners = Owners::of(assets, frame);
    let stations = station::stations(&owners, frame);
    let devices = device::devices(&owners, &stations, frame);
    NetworkDocument {
        format: DOCUMENT_FORMAT,
        run: frame.run.clone(),
        links: link::links(&owners, &stations, frame, &managements(assets)),
        subnets: subnet::subnets(&owners, &stations, frame),
        gaps: gap::gaps(&owners, frame),
        devices,
    }
}
