//! The rules of the kernel's packet filter, as far as they say who may come in. No address leaves it.

use serde::{Deserialize, Serialize};

/// The rules of nf_tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    /// The tables.
    pub tables: Vec<TableName>,
    /// The chains, in the kernel's order.
    pub chains: Vec<ChainState>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableName {
    /// `ip`, `ip6`, `inet`, `arp`, `bridge` or `netdev`.
    pub family: String,
    /// Name.
    pub name: String,
}

/// One chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainState {
    /// The table that it is in.
    pub table: TableName,
    /// Name.
    pub name: String,
    /// Where the kernel enters it; none for chains that only rules lead to.
    pub base: Option<BaseChain>,
    /// Number of its rules.
    pub rule_count: u32,
    /// Its rules that accept new packets from anybody or lead such packets to another chain.
    pub rules: Vec<RuleState>,
}

/// Where the kernel enters a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseChain {
    /// `prerouting`, `input`, `forward`, `output`, `postrouting`; the number where it is another.
    pub hook: String,
    /// `filter`, `nat` or `route`.
    pub kind: String,
    /// What happens to packets that no rule decides on: `accept` or `drop`.
    pub policy: Option<String>,
}

/// A rule that depends on nothing but protocol and port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleState {
    /// Numbers of the protocols (IANA); none for every one.
    pub protocols: Option<Vec<u8>>,
    /// First and last of the ports; none for every one.
    pub ports: Option<Vec<(u16, u16)>>,
    /// The chain that it leads to; none: it accepts.
    pub leads_to: Option<String>,
}
