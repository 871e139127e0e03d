//! What a rule asks of a packet, as far as it is protocol and port; anything else makes it one that is
//! not told. Pure.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::super::super::firewall::RuleState;
use super::super::netlink_wire::{u16_at, u32_at};
use super::SetKey;
use super::wire::{expressions, family_name, number, part, text, value, verdict};

/// ip_conntrack_info: the bit of a packet that begins a connection (NF_CT_STATE_BIT(IP_CT_NEW)).
const STATE_NEW: u32 = 8;
/// Most ranges of ports of one rule; one with more is not told.
const RANGES_MAX: usize = 1024;

/// Ports, each with first and last.
type Ranges = Vec<(u16, u16)>;
/// Ports with the verdict that a map gives them.
type Mapped = ((u16, u16), Option<Verdict>);

/// A rule with its expressions as they are.
pub(super) struct Rule<'a> {
    pub(super) family: u8,
    pub(super) table: String,
    pub(super) chain: String,
    pub(super) expressions: &'a [u8],
}

/// One element of a set or map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) key: Vec<u8>,
    /// In sets of ranges: the first value behind a range.
    pub(super) is_end: bool,
    pub(super) verdict: Option<Verdict>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Accept,
    LeadsTo(String),
    Other,
}

/// What a register holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loaded {
    Protocol,
    Family,
    Port,
    /// The state of the connection, with the bits that are looked at.
    State(u32),
    Other,
}

/// What the expressions read so far ask for.
#[derive(Default)]
struct Reading {
    registers: BTreeMap<u32, Loaded>,
    protocols: Option<Vec<u8>>,
    ports: Option<Ranges>,
    outcomes: Vec<(Option<Ranges>, Verdict)>,
    /// It depends on something else, or is not for new packets.
    is_special: bool,
}

impl Rule<'_> {
    pub(super) fn family_name(&self) -> String {
        family_name(self.family)
    }

    /// The sets that must be known to tell what the rule does. Those of addresses, which may be large,
    /// are not among them.
    pub(super) fn sets(&self) -> Vec<SetKey> {
        let wanted = RefCell::new(Vec::new());
        let mut reading = Reading::default();
        for (name, data) in expressions(self.expressions) {
            let read = reading.take(&name, data, |set| {
                wanted.borrow_mut().push((self.family, self.table.clone(), set));
                Some(&[])
            });
            if read.is_none() || reading.is_special {
                return Vec::new();
            }
        }
        wanted.into_inner()
    }

    /// What the rule accepts or leads on, one per outcome; nothing where it depends on more than
    /// protocol and port.
    pub(super) fn states(&self, sets: &BTreeMap<SetKey, Vec<Element>>) -> Vec<RuleState> {
        let mut reading = Reading::default();
        for (name, data) in expressions(self.expressions) {
            let read = reading.take(&name, data, |set| {
                sets.get(&(self.family, self.table.clone(), set)).map(Vec::as_slice)
            });
            if read.is_none() {
                reading.is_special = true;
            }
            if reading.is_special {
                return Vec::new();
            }
        }
        let Reading { protocols, ports, outcomes, .. } = reading;
        let state = |(of_map, verdict): (Option<Ranges>, Verdict)| {
            let leads_to = match verdict {
                Verdict::Accept => None,
                Verdict::LeadsTo(chain) => Some(chain),
                Verdict::Other => return None,
            };
            let ports = both(ports.clone(), of_map);
            Some(RuleState { protocols: protocols.clone(), ports, leads_to })
        };
        outcomes.into_iter().filter_map(state).collect()
    }
}

impl Reading {
    /// Reads one expression; none where it cannot be read.
    fn take<'a>(
        &mut self,
        name: &str,
        data: &[u8],
        set: impl Fn(String) -> Option<&'a [Element]>,
    ) -> Option<()> {
        match name {
            "meta" | "payload" | "ct" => self.load(name, data)?,
            "bitwise" => self.mask(data)?,
            "cmp" => self.compare(data)?,
            "range" => self.range(data)?,
            "lookup" => self.look_up(data, set)?,
            "immediate" => self.decide(data)?,
            "match" => self.old_match(data)?,
            "target" => {
                const NFTA_TARGET_NAME: u16 = 1;
                // It writes a line and goes on; every other one ends the rule without accepting.
                let is_log = matches!(&*text(part(data, NFTA_TARGET_NAME)?), "LOG" | "NFLOG");
                self.is_special |= !is_log;
            }
            // They look at nothing of the packet. What is limited is open all the same.
            "counter" | "comment" | "last" | "limit" | "log" | "objref" => {}
            _ => self.is_special = true,
        }
        Some(())
    }

    fn load(&mut self, name: &str, data: &[u8]) -> Option<()> {
        const FIRST: u16 = 1;
        const SECOND: u16 = 2;
        const THIRD: u16 = 3;
        const FOURTH: u16 = 4;
        const NFT_META_NFPROTO: u32 = 15;
        const NFT_META_L4PROTO: u32 = 16;
        const TRANSPORT_HEADER: u32 = 2;
        const NFT_CT_STATE: u32 = 0;
        let field = |kind| part(data, kind).and_then(number);
        // A rule that sets instead of reading has no destination.
        let register = field(FIRST)?;
        let loaded = match name {
            "meta" => match field(SECOND)? {
                NFT_META_L4PROTO => Loaded::Protocol,
                NFT_META_NFPROTO => Loaded::Family,
                _ => Loaded::Other,
            },
            "payload" => match (field(SECOND)?, field(THIRD)?, field(FOURTH)?) {
                // The destination port stands in the same place of TCP, UDP, SCTP and DCCP.
                (TRANSPORT_HEADER, 2, 2) => Loaded::Port,
                _ => Loaded::Other,
            },
            _ if field(SECOND)? == NFT_CT_STATE => Loaded::State(u32::MAX),
            _ => Loaded::Other,
        };
        self.registers.insert(register, loaded);
        Some(())
    }

    fn loaded(&self, data: &[u8], kind: u16) -> Option<Loaded> {
        self.registers.get(&part(data, kind).and_then(number)?).copied()
    }

    fn mask(&mut self, data: &[u8]) -> Option<()> {
        const NFTA_BITWISE_SREG: u16 = 1;
        const NFTA_BITWISE_DREG: u16 = 2;
        const NFTA_BITWISE_MASK: u16 = 4;
        let masked = match self.loaded(data, NFTA_BITWISE_SREG)? {
            // The state is in the order of the machine.
            Loaded::State(bits) => {
                let mask = u32_at(value(part(data, NFTA_BITWISE_MASK)?)?, 0)?;
                Loaded::State(bits & mask)
            }
            Loaded::Protocol | Loaded::Family | Loaded::Port | Loaded::Other => Loaded::Other,
        };
        self.registers.insert(part(data, NFTA_BITWISE_DREG).and_then(number)?, masked);
        Some(())
    }

    fn compare(&mut self, data: &[u8]) -> Option<()> {
        const NFTA_CMP_SREG: u16 = 1;
        const NFTA_CMP_OP: u16 = 2;
        const NFTA_CMP_DATA: u16 = 3;
        const EQUAL: u32 = 0;
        const DIFFERENT: u32 = 1;
        const LESS: u32 = 2;
        const AT_MOST: u32 = 3;
        const MORE: u32 = 4;
        let operation = part(data, NFTA_CMP_OP).and_then(number)?;
        let wanted = value(part(data, NFTA_CMP_DATA)?)?;
        match self.loaded(data, NFTA_CMP_SREG)? {
            Loaded::Protocol if operation == EQUAL => self.keep_protocols(vec![*wanted.first()?]),
            Loaded::Family if operation == EQUAL => {}
            Loaded::Port => {
                let port = port(wanted)?;
                let range = match operation {
                    EQUAL => (port, port),
                    LESS => (0, port.checked_sub(1)?),
                    AT_MOST => (0, port),
                    MORE => (port.checked_add(1)?, u16::MAX),
                    DIFFERENT => return None,
                    _ => (port, u16::MAX),
                };
                self.keep_ports(vec![range]);
            }
            Loaded::State(bits) => {
                let wanted = u32_at(wanted, 0)?;
                let is_for_new = match operation {
                    EQUAL => wanted == STATE_NEW,
                    DIFFERENT => wanted == 0 && bits & STATE_NEW != 0,
                    _ => return None,
                };
                self.is_special |= !is_for_new;
            }
            Loaded::Protocol | Loaded::Family | Loaded::Other => return None,
        }
        Some(())
    }

    fn range(&mut self, data: &[u8]) -> Option<()> {
        const NFTA_RANGE_SREG: u16 = 1;
        const NFTA_RANGE_OP: u16 = 2;
        const NFTA_RANGE_FROM_DATA: u16 = 3;
        const NFTA_RANGE_TO_DATA: u16 = 4;
        let is_inside = part(data, NFTA_RANGE_OP).and_then(number)? == 0;
        if self.loaded(data, NFTA_RANGE_SREG)? != Loaded::Port || !is_inside {
            return None;
        }
        let end = |kind| port(value(part(data, kind)?)?);
        self.keep_ports(vec![(end(NFTA_RANGE_FROM_DATA)?, end(NFTA_RANGE_TO_DATA)?)]);
        Some(())
    }

    fn look_up<'a>(
        &mut self,
        data: &[u8],
        set: impl Fn(String) -> Option<&'a [Element]>,
    ) -> Option<()> {
        const NFTA_LOOKUP_SET: u16 = 1;
        const NFTA_LOOKUP_SREG: u16 = 2;
        const NFTA_LOOKUP_DREG: u16 = 3;
        const NFTA_LOOKUP_FLAGS: u16 = 5;
        let is_plain = part(data, NFTA_LOOKUP_FLAGS).and_then(number).unwrap_or(0) == 0;
        let is_map = part(data, NFTA_LOOKUP_DREG).is_some();
        let elements = || set(part(data, NFTA_LOOKUP_SET).map(text)?);
        match self.loaded(data, NFTA_LOOKUP_SREG)? {
            Loaded::Protocol if is_plain && !is_map => {
                let protocols = elements()?.iter().filter_map(|it| it.key.first().copied());
                self.keep_protocols(protocols.collect());
            }
            Loaded::Port if is_plain && is_map => {
                let outcomes = ranges(elements()?)?;
                self.outcomes.extend(
                    outcomes
                        .into_iter()
                        .filter_map(|(range, verdict)| Some((Some(vec![range]), verdict.clone()?))),
                );
            }
            Loaded::Port if is_plain => {
                self.keep_ports(ranges(elements()?)?.into_iter().map(|it| it.0).collect());
            }
            Loaded::Protocol | Loaded::Family | Loaded::Port | Loaded::State(_) | Loaded::Other => {
                return None;
            }
        }
        Some(())
    }

    fn decide(&mut self, data: &[u8]) -> Option<()> {
        const NFTA_IMMEDIATE_DREG: u16 = 1;
        const NFTA_IMMEDIATE_DATA: u16 = 2;
        const VERDICT_REGISTER: u32 = 0;
        let register = part(data, NFTA_IMMEDIATE_DREG).and_then(number)?;
        if register == VERDICT_REGISTER {
            self.outcomes.push((None, verdict(part(data, NFTA_IMMEDIATE_DATA)?)?));
        } else {
            self.registers.insert(register, Loaded::Other);
        }
        Some(())
    }

    /// A match of x_tables, which iptables-nft uses where nf_tables has no word of its own. Numbers are
    /// in the order of the machine (linux/netfilter/xt_*.h).
    fn old_match(&mut self, data: &[u8]) -> Option<()> {
        const NFTA_MATCH_NAME: u16 = 1;
        const NFTA_MATCH_REV: u16 = 2;
        const NFTA_MATCH_INFO: u16 = 3;
        let revision = part(data, NFTA_MATCH_REV).and_then(number)?;
        let info = part(data, NFTA_MATCH_INFO).unwrap_or_default();
        match (&*text(part(data, NFTA_MATCH_NAME)?), revision) {
            ("comment" | "limit", _) => {}
            ("tcp", 0) => {
                // Source ports, destination ports, option, two of flags, inversions.
                let is_bare = info.get(8..12)?.iter().all(|it| *it == 0);
                self.old_ports(info, is_bare)?;
            }
            ("udp", 0) => self.old_ports(info, *info.get(8)? == 0)?,
            ("multiport", 1) => self.keep_ports(multiport(info)?),
            ("conntrack", 2 | 3) => {
                // Eight addresses, two times, five numbers stand before what is looked at.
                const MATCH_FLAGS: usize = 146;
                const XT_CONNTRACK_STATE: u16 = 1;
                /// Written `-m state`.
                const XT_CONNTRACK_STATE_ALIAS: u16 = 1 << 13;
                let at = |offset: usize| u16_at(info, MATCH_FLAGS + offset);
                let looks_at = at(0)? & !XT_CONNTRACK_STATE_ALIAS;
                let is_state = looks_at == XT_CONNTRACK_STATE && at(2)? == 0;
                if !is_state || u32::from(at(4)?) & STATE_NEW == 0 {
                    return None;
                }
            }
            ("state", 0) if u32_at(info, 0)? & STATE_NEW != 0 => {}
            _ => return None,
        }
        Some(())
    }

    fn old_ports(&mut self, info: &[u8], is_bare: bool) -> Option<()> {
        let sources = (u16_at(info, 0)?, u16_at(info, 2)?);
        if !is_bare || sources != (0, u16::MAX) {
            return None;
        }
        self.keep_ports(vec![(u16_at(info, 4)?, u16_at(info, 6)?)]);
        Some(())
    }

    fn keep_protocols(&mut self, protocols: Vec<u8>) {
        self.protocols = Some(match self.protocols.take() {
            Some(known) => known.into_iter().filter(|it| protocols.contains(it)).collect(),
            None => protocols,
        });
    }

    fn keep_ports(&mut self, ports: Vec<(u16, u16)>) {
        self.ports = both(self.ports.take(), Some(ports));
    }
}

/// `xt_multiport_v1`: which ports, how many words, the words, which of them begin a range, inversion.
fn multiport(info: &[u8]) -> Option<Ranges> {
    const DESTINATION: u8 = 1;
    const PORTS_MAX: usize = 15;
    const FIRST_PORT: usize = 2;
    const FIRST_MARK: usize = FIRST_PORT + 2 * PORTS_MAX;
    let count = usize::from(*info.get(1)?);
    let is_inverted = *info.get(FIRST_MARK + PORTS_MAX)? != 0;
    if *info.first()? != DESTINATION || count > PORTS_MAX || is_inverted {
        return None;
    }
    let mut ports = Vec::new();
    let mut index = 0;
    while index < count {
        let first = u16_at(info, FIRST_PORT + 2 * index)?;
        let begins_range = *info.get(FIRST_MARK + index)? != 0 && index + 1 < count;
        index += usize::from(begins_range);
        ports.push((first, u16_at(info, FIRST_PORT + 2 * index)?));
        index += 1;
    }
    Some(ports)
}

/// The values of a set of ports as ranges, with the verdict of a map. None where a key is no port.
pub(super) fn ranges(elements: &[Element]) -> Option<Vec<Mapped>> {
    if elements.len() > 2 * RANGES_MAX {
        return None;
    }
    let mut ends: Vec<u16> = Vec::new();
    let mut starts = Vec::new();
    for element in elements {
        let port = port(&element.key)?;
        if element.is_end { ends.push(port) } else { starts.push((port, &element.verdict)) }
    }
    ends.sort_unstable();
    starts.sort_by_key(|it| it.0);
    let is_of_ranges = !ends.is_empty();
    let range = |(start, verdict): (u16, &Option<Verdict>)| {
        let behind = ends.iter().find(|it| **it > start);
        let last = match (is_of_ranges, behind) {
            (false, _) => start,
            (true, Some(behind)) => behind - 1,
            // A range up to the last value has no value behind it.
            (true, None) => u16::MAX,
        };
        ((start, last), verdict.clone())
    };
    Some(starts.into_iter().map(range).collect())
}

/// What two lists of ranges have in common; none stands for everything.
fn both(left: Option<Ranges>, right: Option<Ranges>) -> Option<Ranges> {
    let (Some(left), Some(right)) = (&left, &right) else { return left.or(right) };
    let mut common = Vec::new();
    for (first, last) in left {
        for (from, to) in right {
            let (start, end) = (*first.max(from), *last.min(to));
            if start <= end {
                common.push((start, end));
            }
        }
    }
    Some(common)
}

fn port(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|it| u16::from_be_bytes(*it))
}

#[cfg(test)]
mod tests;
