//! The only door to the machine.
//!
//! A source asks through [`Host`]; the operating system, a recording or a privileged helper answers.
//! The requests are a closed set and can be written down, so that all three can serve them. All
//! code for one operating system and all `unsafe` of the agent is below this folder.

mod apart;
mod ask;
pub(crate) mod derived;
mod ears;
pub mod firewall;
pub mod grants;
mod hardware;
mod layered;
mod linux;
mod own;
mod preferences;
mod private;
mod program;
pub mod reader;
mod recorded;
mod remembering;
pub mod samba;
mod served;
pub mod shadow;
mod sift;
mod talks;

use std::net::IpAddr;
use std::sync::Arc;

use observation::ContentHash;
use observation::latest::{Absent, LinkNeighbour, Platform};
use serde::{Deserialize, Serialize};

pub use apart::{Apart, Hanging, Late, Patience, Watch, Watched, mount_of};
pub use ask::Ask;
pub use ears::{Ears, ListeningHost};
pub use firewall::{BaseChain, ChainState, RuleSet, RuleState, TableName};
pub use hardware::{AtaLog, DiskLog, FwupdDevice, LuksHeader, ManagementNetwork, NetworkDriver};
pub use layered::Layered;
pub use linux::{GuardedHost, LinuxHost};
pub use own::{
    give_back_memory, ground_of, peak_memory_bytes, processor_time, step_back, time_since_boot,
};
pub use preferences::{ExtensionSetting, Extensions, Manifest, Preferences};
pub use private::{
    create_private_file, create_private_folder, flush_folder, mode_open_to_others,
    owner_foreign_to_root, system_state_folder,
};
pub use program::{
    LIBC, NotReplaceable, OWN_PROCESSOR, OWN_SYSTEM, ProgramFolder, RealProgramFolder, open_regular,
};
pub use recorded::{Exchange, RecordedHost, Recorder};
pub use remembering::Remembering;
pub use shadow::{PasswordGuard, PasswordGuards};
pub use talks::{Sampled, Seen, Talk};

/// The operating system that this program was built for.
pub const PLATFORM: Platform = Platform::Linux;

/// Answers requests about one machine.
pub trait Host: Send + Sync {
    /// The answer, or why there is none. Never more than the request allows.
    ///
    /// # Errors
    /// The reason for the absence, told apart as [`Absent`] does.
    fn ask(&self, request: &Request) -> Result<Reply, Absent>;

    /// The same machine for threads that may have to be left behind, because a question may never be answered;
    /// none where every question is.
    fn apart(&self) -> Option<Apart> {
        None
    }
}

impl<T: Host + ?Sized> Host for &T {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        (**self).ask(request)
    }

    fn apart(&self) -> Option<Apart> {
        (**self).apart()
    }
}

impl<T: Host + ?Sized> Host for Arc<T> {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        (**self).ask(request)
    }

    fn apart(&self) -> Option<Apart> {
        (**self).apart()
    }
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
    /// SHA-256 of a regular file, of which no byte is told; no link is followed on the way.
    FileHash {
        /// Absolute path.
        path: String,
        /// Largest file.
        bytes_max: u64,
    },
    /// Bytes of a regular file from an offset on; fewer at its end.
    FilePart {
        /// Absolute path.
        path: String,
        /// First byte.
        offset: u64,
        /// Most bytes.
        bytes_max: u64,
        /// Whether links on the way are followed; a path in a folder that users write is asked for
        /// without.
        follows_links: bool,
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
    /// The marked entries at any depth below a folder. Links are not followed, and other file systems and
    /// folders with a `CACHEDIR.TAG` are not entered.
    Tree {
        /// Absolute path.
        path: String,
        /// Most steps below it.
        depth_max: u32,
        /// Most entries that are looked at.
        entries_max: u32,
        /// What is told.
        marks: TreeMarks,
    },
    /// Links and their addresses, from the kernel.
    Links,
    /// The main routing table.
    Routes,
    /// The neighbour table.
    Neighbours,
    /// Memory, processor counts and start time, through sysinfo.
    Figures,
    /// Who talked to whom, as far as a service took samples.
    SampledConnections,
    /// Which devices introduced themselves on the cables, as far as a service listened.
    HeardOnLinks,
    /// The certificate that a listener of this machine shows. Loopback addresses only.
    ServedCertificate {
        /// Loopback address.
        address: IpAddr,
        /// Port.
        port: u16,
    },
    /// The rules of the kernel's packet filter (nf_tables), as far as they say who may come in.
    Firewall,
    /// Links and routes of the network namespace that a process is in.
    NetworkOf {
        /// Number of the process.
        process: u32,
    },
    /// What guards the local accounts, by shadow(5); never a hash.
    PasswordGuards,
    /// The numbers of the sockets that a process holds.
    SocketsOf {
        /// Number of the process.
        process: u32,
    },
    /// The health log of one disk: a fixed read command of NVM Express or ATA, never one that writes,
    /// and none to a disk that sleeps.
    DiskHealth {
        /// The kernel's name of the disk (`nvme0n1`).
        disk: String,
    },
    /// The devices that a running fwupd knows; it is not started for the question.
    FwupdDevices,
    /// Cipher, key size and number of key slots of a LUKS volume. Never a key, salt or digest.
    LuksHeader {
        /// The kernel's name of the block device (`sda3`).
        device: String,
    },
    /// The network settings of the management controller: fixed read commands of IPMI.
    ManagementNetwork,
    /// What the driver of a network interface says of itself.
    NetworkDriver {
        /// Name of the interface.
        interface: String,
    },
    /// The state of the kernel's clock: adjtimex(2) with no mode, which changes nothing.
    ClockState,
    /// The fixed properties of the trusted platform module (TPM2_GetCapability): the answer as it came.
    TpmProperties,
}

/// The answer to a [`Request`] of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant answers the request of the same name")]
pub enum Reply {
    File(#[serde(with = "ask::bytes_as_text")] Vec<u8>),
    FileHash(ContentHash),
    FilePart(#[serde(with = "ask::bytes_as_text")] Vec<u8>),
    Folder(Vec<String>),
    Link(String),
    Status(PathStatus),
    Space(Space),
    SystemNames(SystemNames),
    Rights(Rights),
    Tree(Tree),
    Links(Vec<LinkState>),
    Routes(Vec<RouteState>),
    Neighbours(Vec<NeighbourState>),
    Figures(Figures),
    HeardOnLinks(Vec<LinkNeighbour>),
    SampledConnections(Sampled),
    ServedCertificate(ServedCertificate),
    Firewall(RuleSet),
    NetworkOf(NetworkState),
    PasswordGuards(PasswordGuards),
    SocketsOf(Vec<u64>),
    DiskHealth(DiskLog),
    FwupdDevices(Vec<FwupdDevice>),
    LuksHeader(LuksHeader),
    ManagementNetwork(ManagementNetwork),
    NetworkDriver(NetworkDriver),
    ClockState(ClockState),
    TpmProperties(#[serde(with = "ask::bytes_as_text")] Vec<u8>),
}

/// Which entries of a tree are told.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TreeMarks {
    /// Files of these names.
    pub file_names: Vec<String>,
    /// Files whose names end so.
    pub file_endings: Vec<String>,
    /// Folders whose names end so; what lies in them is not told.
    pub folder_endings: Vec<String>,
    /// Folders whose paths end with these steps (`.cargo/registry`) are not entered.
    pub passed_over: Vec<String>,
    /// Programs and shared libraries: files that start as [`FileForm`] says. Files that are named as
    /// texts, pictures and code are not looked into.
    pub programs: bool,
    /// Folders of these names hold packages of languages: below them no programs are told, and only what
    /// lies at the top of a package.
    #[serde(default)]
    pub package_folders: Vec<String>,
}

/// What was marked in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// By path.
    pub entries: Vec<TreeEntry>,
    /// Whether the walk came to an end before its bounds.
    pub is_complete: bool,
    /// Whether something below was closed to the process that walked.
    #[serde(default)]
    pub has_closed: bool,
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeEntry {
    /// Absolute path.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Size; 0 for folders.
    pub size_bytes: u64,
    /// Last change of the content, seconds since 1970; 0 for folders.
    pub modified_seconds: i64,
    /// Inode; 0 for folders.
    pub inode: u64,
    /// User id of the owner; 0 for folders.
    pub owner: u32,
    /// Whether anybody may execute it.
    pub is_executable: bool,
    /// Its form, where programs were asked for.
    pub form: Option<FileForm>,
}

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
}

/// The form of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileForm {
    /// ELF.
    Elf,
    /// ELF that carries its own file system (AppImage).
    AppImage,
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
    /// Last change of the content, the name, the owner or the rights, nanoseconds since 1970.
    #[serde(default)]
    pub changed_nanoseconds: i64,
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

/// The network of one namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkState {
    /// Its links with their addresses.
    pub links: Vec<LinkState>,
    /// Its main routing table.
    pub routes: Vec<RouteState>,
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

/// The state of the kernel's clock (adjtimex(2)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockState {
    /// Whether the kernel takes it for right: no `STA_UNSYNC`, and not `TIME_ERROR` for it.
    pub is_synchronised: bool,
    /// What is left of the last correction.
    pub offset_nanoseconds: i64,
    /// Most that it may be off.
    pub maximum_error_microseconds: i64,
    /// What the program that keeps the time estimates.
    pub estimated_error_microseconds: i64,
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
