//! What lets packets in.

use serde::{Deserialize, Serialize};

use super::service::Transport;

/// The state of one packet filter, or of one program that keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirewallState {
    /// Which.
    pub kind: FirewallKind,
    /// Whether it is in force: rules or a dropping policy in the kernel; switched on in its configuration.
    pub is_active: Option<bool>,
    /// What happens to packets that no rule decides on.
    pub policies: Vec<FirewallPolicy>,
    /// Rules of all chains, or entries of its configuration.
    pub rule_count: Option<u32>,
    /// What rules accept from any address on any interface. Rules that depend on more than protocol and
    /// port are not among them, and an earlier rule may still refuse.
    pub open_to_any: Vec<OpenToAny>,
}

/// A packet filter or a program that keeps one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirewallKind {
    /// firewalld with its configuration.
    Firewalld,
    /// The kernel's older tables (ip_tables).
    IptablesLegacy,
    /// The kernel's nf_tables, whoever fills them.
    Nftables,
    /// ufw with its configuration.
    Ufw,
}

/// What happens to packets that no rule of a chain decides on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FirewallPolicy {
    /// Where packets pass: `input`, `forward`, `output`.
    pub hook: String,
    /// `ip`, `ip6`, `inet` …; none where the configuration does not tell them apart.
    pub family: Option<String>,
    /// The table, where the kernel was asked; the zone of firewalld.
    pub table: Option<String>,
    /// `accept`, `drop`, `reject`, as the source wrote it in small letters.
    pub policy: String,
}

/// Ports that any address may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OpenToAny {
    /// Transport; none for every protocol.
    pub transport: Option<Transport>,
    /// First port.
    pub first_port: u16,
    /// Last port.
    pub last_port: u16,
}
