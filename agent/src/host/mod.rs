//! The only door to the machine.
//!
//! A source asks through [`Host`]; the operating system, a recording or a privileged helper answers.
//! The requests are a closed set and can be written down, so that all three can serve them. All
//! code for one operating system and all `unsafe` of the agent is below this folder.

mod ask;
mod linux;
mod own;
mod private;
mod recorded;
mod served;

use std::net::IpAddr;

use observation::latest::{Absent, Platform};
use serde::{Deserialize, Serialize};

pub use ask::Ask;
pub use linux::LinuxHost;
pub use own::{ground_of, peak_memory_bytes, processor_time, step_back, time_since_boot};
pub use private::{
    create_private_file, create_private_folder, flush_folder, mode_open_to_others,
    system_state_folder,
};
pub use recorded::{Exchange, RecordedHost, Recorder};

/// The operating system that this program was built for.
pub const PLATFORM: Platform = Platform::Linux;

/// Answers requests about one machine.
pub trait Host: Send + Sync {
    /// The answer, or why there is none. Never more than the request allows.
    ///
    /// # Errors
    /// The reason for the absence, told apart as [`Absent`] does.
    fn ask(&self, request: &Request) -> Result<Reply, Absent>;
}

/// What can be asked of a machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The bytes of a regular file; longer files are refused, never cut.
    File {
        /// Absolute path.
        path: String,
        /// Most bytes.
        bytes_max: u64,
    },
    /// The names in a folder, sorted.
    Folder {
        /// Absolute path.
        path: String,
        /// Most names.
        names_max: usize,
    },
    /// Where a symbolic link leads, one step.
    Link {
        /// Absolute path.
        path: String,
    },
    /// What a path is.
    Status {
        /// Absolute path.
        path: String,
    },
    /// Size and free space of the file system that a path is on.
    Space {
        /// Absolute path.
        path: String,
    },
    /// Kernel name, release, version, architecture, host name: uname(2).
    SystemNames,
    /// The rights of this process.
    Rights,
    /// Links and their addresses, from the kernel.
    Links,
    /// The main routing table.
    Routes,
    /// The neighbour table.
    Neighbours,
    /// Memory, processor counts and start time, through sysinfo.
    Figures,
    /// The certificate that a listener of this machine shows. Loopback addresses only.
    ServedCertificate {
        /// Loopback address.
        address: IpAddr,
        /// Port.
        port: u16,
    },
}

/// The answer to a [`Request`] of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant answers the request of the same name")]
pub enum Reply {
    File(#[serde(with = "ask::bytes_as_text")] Vec<u8>),
    Folder(Vec<String>),
    Link(String),
    Status(PathStatus),
    Space(Space),
    SystemNames(SystemNames),
    Rights(Rights),
    Links(Vec<LinkState>),
    Routes(Vec<RouteState>),
    Neighbours(Vec<NeighbourState>),
    Figures(Figures),
    ServedCertificate(ServedCertificate),
}

/// What a path is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathStatus {
    /// Whether it is a folder (links followed).
    pub is_folder: bool,
    /// Whether anybody may execute it.
    pub is_executable: bool,
    /// Size.
    pub size_bytes: u64,
    /// User id of the owner.
    pub owner: u32,
    /// Last change of the content, seconds since 1970.
    pub modified_seconds: i64,
}

/// Size of a file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Whole size.
    pub total_bytes: u64,
    /// Free for ordinary users.
    pub available_bytes: u64,
}

/// uname(2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field names of uname(2)")]
pub struct SystemNames {
    pub system: String,
    pub node: String,
    pub release: String,
    pub version: String,
    pub machine: String,
}

/// The rights of the observing process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Effective user id.
    pub user: u32,
    /// Whether it may read every file (id 0 or CAP_DAC_READ_SEARCH).
    pub reads_all: bool,
    /// Whether it may look into other users' processes (id 0 or CAP_SYS_PTRACE).
    pub traces_all: bool,
}

/// One link of the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkState {
    /// The kernel's number for it.
    pub index: u32,
    /// Name.
    pub name: String,
    /// ARPHRD type: 1 Ethernet, 772 loopback …
    pub hardware_type: u16,
    /// Kind that the kernel states for links made by software (`bridge`, `vlan`, `veth` …).
    pub kind: Option<String>,
    /// Hardware address.
    pub mac: Option<String>,
    /// Burnt-in hardware address.
    pub permanent_mac: Option<String>,
    /// Largest packet.
    pub mtu_bytes: Option<u32>,
    /// Whether a carrier is there.
    pub has_carrier: Option<bool>,
    /// Number of the bridge or bond it belongs to.
    pub controller: Option<u32>,
    /// Number of the link that it rides on.
    pub lower: Option<u32>,
    /// VLAN id.
    pub vlan_id: Option<u16>,
    /// Addresses.
    pub addresses: Vec<LinkAddress>,
}

/// One address of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkAddress {
    /// The address.
    pub address: IpAddr,
    /// Length of its prefix.
    pub prefix_length: u8,
    /// Whether it lives for ever (IFA_F_PERMANENT).
    pub is_permanent: bool,
    /// Whether it is a temporary address (RFC 8981).
    pub is_temporary: bool,
}

/// One route of the main table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteState {
    /// Destination; unspecified for the default route.
    pub destination: IpAddr,
    /// Length of its prefix.
    pub prefix_length: u8,
    /// Next hop.
    pub gateway: Option<IpAddr>,
    /// Number of the outgoing link.
    pub link: Option<u32>,
    /// Metric.
    pub metric: Option<u32>,
}

/// One neighbour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeighbourState {
    /// Its address.
    pub address: IpAddr,
    /// Its hardware address.
    pub mac: String,
    /// Number of the link.
    pub link: u32,
    /// Whether it says it is a router.
    pub is_router: bool,
}

/// Figures of the running system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Usable main memory.
    pub memory_bytes: Option<u64>,
    /// Start of the system, seconds since 1970.
    pub started_seconds: Option<i64>,
    /// Physical cores.
    pub cores: Option<u32>,
}

/// What a listener shows in a TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedCertificate {
    /// Certificates in the order of the handshake, DER, base64.
    pub chain: Vec<String>,
    /// Agreed version (`TLS 1.3`).
    pub tls_version: Option<String>,
}
