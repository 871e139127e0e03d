//! What samples of the tables of sockets gave: shapes only. Taken by the service, given to sources as an
//! answer of the host.

use std::net::IpAddr;

use jiff::Timestamp;
use observation::latest::{ConnectionDirection, Transport};
use serde::{Deserialize, Serialize};

/// Who talked to whom since the samples began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampled {
    /// How often was looked.
    pub taken: u32,
    /// What was seen, in order.
    pub lines: Vec<(Talk, Seen)>,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Talk {
    /// Transport.
    pub transport: Transport,
    /// Who opened it.
    pub direction: ConnectionDirection,
    /// The other end.
    pub peer: IpAddr,
    /// The port of the service.
    pub service_port: u16,
    /// The host's own address.
    pub local: IpAddr,
    /// Base name of the program.
    pub process: Option<String>,
    /// The unit it belongs to.
    pub unit: Option<String>,
}

/// When and how often it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The first sample with it.
    pub first_at: Timestamp,
    /// The last one.
    pub last_at: Timestamp,
    /// Samples with it.
    pub samples: u32,
}
