//! What speaks for two observers meaning the same asset.

use jiff::Timestamp;
use observation::latest::{ReportNumber, SectionBody, SourceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::asset::AssetId;
use crate::asset::ObserverId;

/// One identifier in its canonical text; placeholders never become one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// What it names.
    pub kind: IdentifierKind,
    /// Canonical text: trimmed, case-folded, without separators where the kind has them.
    pub text: String,
}

/// What an identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// SMBIOS UUID.
    SystemUuid,
    /// Serial number of the machine, with its maker.
    SystemSerial,
    /// Serial number of the main board, with its maker.
    BoardSerial,
    /// Serial number of the enclosure.
    ChassisSerial,
    /// Identity of the installation (hashed on the host).
    Installation,
    /// Burnt-in hardware address of an adapter that cannot be unplugged.
    PermanentMac,
    /// Serial number of a fixed disk, with its model.
    DiskSerial,
    /// Public key of an SSH server: `algorithm/sha256`.
    SshHostKey,
    /// A certificate that a port showed, by its fingerprint; wildcard certificates left out.
    Certificate,
    /// SNMP engine id (RFC 3411 §5) that says more than an address.
    SnmpEngineId,
    /// What a Windows machine calls itself: `dns/srv1.corp.example`, `netbios/corp\srv1`,
    /// `netbios/srv1`.
    NtlmName,
    /// An id that a device keeps: `smb/…`, `upnp/…`, `printer/…`.
    DeviceUuid,
    /// Serial number as a device gives it over the network, and as firmware gives it on the machine,
    /// both without a maker: protocols spell makers differently.
    DeviceSerial,
    /// Hardware address in use on a link, locally administered ones included. Says something only
    /// about moments close to one another.
    LinkMac,
    /// Network address. Says something only about moments close to one another.
    Address,
    /// An address that answers with the hardware address of a cluster: `address mac`. It belongs to
    /// whichever member is active, and so to none of them.
    VirtualAddress,
    /// One start of a kernel. Containers share it with their host; it tells two agents on one
    /// machine from two copies of one machine.
    Boot,
}

impl IdentifierKind {
    /// Whether it is reason enough to compare two that show the same. A certificate only supports what
    /// else agrees, and a wildcard one stands on half of a company's servers.
    #[must_use]
    pub const fn connects(self) -> bool {
        !matches!(self, Self::Certificate)
    }
}

/// An identifier and when the observer showed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimedIdentifier {
    /// The identifier.
    pub identifier: Identifier,
    /// First shown, by corrected time.
    pub first_seen_at: Timestamp,
    /// Last shown, by corrected time.
    pub last_seen_at: Timestamp,
}

/// Everything that one observer ever showed of its identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberEvidence {
    /// The observer.
    pub observer: ObserverId,
    /// When its first report was received.
    pub first_received_at: Timestamp,
    /// When its last report was received.
    pub last_received_at: Timestamp,
    /// Its identifiers, sorted.
    pub identifiers: Vec<TimedIdentifier>,
}

/// What a person decided about observers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// When.
    pub decided_at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub kind: DecisionKind,
    /// One observer.
    pub left: ObserverId,
    /// The other.
    pub right: ObserverId,
}

/// Whether two observers mean the same asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// They do.
    Merge,
    /// They do not.
    Split,
}

/// Observers that mean one asset, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// The asset, made from the member that was heard of first.
    pub asset: AssetId,
    /// The members, the one heard of first at the head.
    pub members: Vec<ObserverId>,
    /// Why they are together, and what speaks against others being so.
    pub links: Vec<Link>,
}

/// A statement about two observers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// One observer.
    pub left: ObserverId,
    /// The other.
    pub right: ObserverId,
    /// Whether they were joined.
    pub is_joined: bool,
    /// Weight of what agrees minus what differs.
    pub score: i32,
    /// What agrees.
    pub agreeing: Vec<Identifier>,
    /// What differs, by kind.
    pub differing: Vec<IdentifierKind>,
    /// What decided: a code that the catalogue words know (`strong_evidence`, `person`,
    /// `alive_together` …).
    pub reason: String,
}

/// The codes of [`Link::reason`]; the catalogue has `asset-link-<code>` for each.
pub mod link_reason {
    /// A person said so.
    pub const PERSON: &str = "person";
    /// Decisions of people contradict one another; the newer ones hold.
    pub const DECISIONS_CONTRADICT: &str = "decisions_contradict";
    /// What agrees outweighs what differs, and the two never spoke at the same time.
    pub const STRONG_EVIDENCE: &str = "strong_evidence";
    /// Both spoke during the same start of the same installation: two agents on one machine.
    pub const SAME_START: &str = "same_start";
    /// Both spoke at the same time, and parts that no copy carries along agree.
    pub const SAME_HARDWARE: &str = "same_hardware";
    /// Both spoke at the same time: a copy or a twin.
    pub const ALIVE_TOGETHER: &str = "alive_together";
    /// One kernel, two installations: a container and its host, or two containers.
    pub const SHARED_KERNEL: &str = "shared_kernel";
    /// What differs outweighs what agrees.
    pub const OUTWEIGHED: &str = "outweighed";
    /// What agrees is too little to say anything.
    pub const TOO_WEAK: &str = "too_weak";
    /// What a scan shows and what another scan or an agent shows agree, and little differs.
    pub const SAME_DEVICE: &str = "same_device";
    /// Both had the address at the same time, and nothing speaks against it.
    pub const SAME_ADDRESS: &str = "same_address";
    /// Two adapters on one link show what one device shows alone: one is a copy of the other.
    pub const COPIED_IDENTITY: &str = "copied_identity";
    /// Two devices had the address at the same time.
    pub const ADDRESS_CONFLICT: &str = "address_conflict";
    /// The address belongs to whichever member of a cluster is active.
    pub const VIRTUAL_ADDRESS: &str = "virtual_address";
    /// The two agree, but one of them is joined already with an observer that contradicts the other.
    pub const CONTRADICTS_MEMBER: &str = "contradicts_member";
}

impl Link {
    /// Whether a person should look at it: something agrees, nobody decided, and it was not joined.
    #[must_use]
    pub fn is_open_conflict(&self) -> bool {
        let settled = [
            link_reason::PERSON,
            link_reason::SHARED_KERNEL,
            link_reason::TOO_WEAK,
            link_reason::VIRTUAL_ADDRESS,
        ];
        !self.is_joined && !settled.contains(&self.reason.as_str())
    }
}

/// Why an agent may not go on speaking with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineReason {
    /// Most of the strong evidence differs from what the key was enrolled with.
    AnotherMachine,
    /// The key is used by two lines of reports at once.
    TwoLines,
}

/// What the number and the start of the operating system say of the line that a report stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportTrace {
    /// The report.
    pub number: ReportNumber,
    /// The start of the operating system.
    pub boot: Option<Uuid>,
    /// When it was observed, by corrected time.
    pub observed_at: Timestamp,
}

/// All current sections of one observer.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberObservations {
    /// The observer.
    pub observer: ObserverId,
    /// When its first report was received.
    pub first_received_at: Timestamp,
    /// When its last report was received.
    pub last_received_at: Timestamp,
    /// Its newest section per source.
    pub sections: Vec<ObservedSection>,
}

/// One section as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedSection {
    /// The source.
    pub source: SourceId,
    /// Since when this very body holds, by corrected time.
    pub first_observed_at: Timestamp,
    /// When it was last confirmed, by corrected time.
    pub last_observed_at: Timestamp,
    /// How long the source took when it was last read.
    pub duration_ms: u64,
    /// The body.
    pub body: SectionBody,
}
