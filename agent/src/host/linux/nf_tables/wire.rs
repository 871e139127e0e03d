//! The messages of nf_tables as bytes. Numbers are in network order unless said. Pure.

use super::super::super::firewall::{BaseChain, ChainState, TableName};
use super::super::netlink_wire::{all_attributes, attributes};
use super::rule::{Element, Rule, Verdict};

/// Bytes of `nfgenmsg`, which stands before the attributes.
const HEAD_BYTES: usize = 4;

/// `nfgenmsg`: a family, the version 0, and nothing.
pub(super) const fn head(family: u8) -> [u8; HEAD_BYTES] {
    [family, 0, 0, 0]
}

/// The request for the elements of one set.
pub(super) fn set_request(family: u8, table: &str, set: &str) -> Vec<u8> {
    const NFTA_SET_ELEM_LIST_TABLE: u16 = 1;
    const NFTA_SET_ELEM_LIST_SET: u16 = 2;
    let mut body = head(family).to_vec();
    for (kind, text) in [(NFTA_SET_ELEM_LIST_TABLE, table), (NFTA_SET_ELEM_LIST_SET, set)] {
        let length = u16::try_from(text.len() + 5).unwrap_or(u16::MAX);
        body.extend(length.to_ne_bytes());
        body.extend(kind.to_ne_bytes());
        body.extend(text.as_bytes());
        body.push(0);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    body
}

pub(super) fn family_name(family: u8) -> String {
    match family {
        1 => "inet",
        2 => "ip",
        3 => "arp",
        5 => "netdev",
        7 => "bridge",
        10 => "ip6",
        other => return other.to_string(),
    }
    .to_owned()
}

/// One table.
pub(super) fn table(entry: &[u8]) -> Option<TableName> {
    const NFTA_TABLE_NAME: u16 = 1;
    let name = text(part(entry.get(HEAD_BYTES..)?, NFTA_TABLE_NAME)?);
    Some(TableName { family: family_name(*entry.first()?), name })
}

/// One chain, without its rules.
pub(super) fn chain(entry: &[u8]) -> Option<ChainState> {
    const NFTA_CHAIN_TABLE: u16 = 1;
    const NFTA_CHAIN_NAME: u16 = 3;
    const NFTA_CHAIN_HOOK: u16 = 4;
    const NFTA_CHAIN_POLICY: u16 = 5;
    const NFTA_CHAIN_TYPE: u16 = 7;
    const NFTA_HOOK_HOOKNUM: u16 = 1;
    let family = *entry.first()?;
    let body = entry.get(HEAD_BYTES..)?;
    let base = part(body, NFTA_CHAIN_HOOK).and_then(|hook| {
        let number = number(part(hook, NFTA_HOOK_HOOKNUM)?)?;
        Some(BaseChain {
            hook: hook_name(family, number),
            kind: part(body, NFTA_CHAIN_TYPE).map(text).unwrap_or_default(),
            policy: part(body, NFTA_CHAIN_POLICY).and_then(self::number).and_then(policy),
        })
    });
    Some(ChainState {
        table: TableName { family: family_name(family), name: text(part(body, NFTA_CHAIN_TABLE)?) },
        name: text(part(body, NFTA_CHAIN_NAME)?),
        base,
        rule_count: 0,
        rules: Vec::new(),
    })
}

/// The hooks of a family in the order of their numbers (`enum nf_inet_hooks` of netfilter.h,
/// netfilter_arp.h, netfilter_bridge.h, `enum nf_dev_hooks`).
fn hook_name(family: u8, number: u32) -> String {
    let hooks: &[&str] = match family {
        1 | 2 | 7 | 10 => &["prerouting", "input", "forward", "output", "postrouting", "ingress"],
        3 => &["input", "output", "forward"],
        5 => &["ingress", "egress"],
        _ => &[],
    };
    let name = usize::try_from(number).ok().and_then(|it| hooks.get(it));
    name.map_or_else(|| number.to_string(), |it| (*it).to_owned())
}

fn policy(number: u32) -> Option<String> {
    match number {
        0 => Some("drop".to_owned()),
        1 => Some("accept".to_owned()),
        _ => None,
    }
}

/// One rule with its expressions as they are.
pub(super) fn rule(entry: &[u8]) -> Option<Rule<'_>> {
    const NFTA_RULE_TABLE: u16 = 1;
    const NFTA_RULE_CHAIN: u16 = 2;
    const NFTA_RULE_EXPRESSIONS: u16 = 4;
    let body = entry.get(HEAD_BYTES..)?;
    Some(Rule {
        family: *entry.first()?,
        table: text(part(body, NFTA_RULE_TABLE)?),
        chain: text(part(body, NFTA_RULE_CHAIN)?),
        expressions: part(body, NFTA_RULE_EXPRESSIONS).unwrap_or_default(),
    })
}

/// The expressions of a rule: name and attributes.
pub(super) fn expressions(bytes: &[u8]) -> impl Iterator<Item = (String, &[u8])> {
    const NFTA_EXPR_NAME: u16 = 1;
    const NFTA_EXPR_DATA: u16 = 2;
    attributes(bytes).filter_map(|(_, expression)| {
        let name = text(part(expression, NFTA_EXPR_NAME)?);
        Some((name, part(expression, NFTA_EXPR_DATA).unwrap_or_default()))
    })
}

/// The elements of one set, those of one message.
pub(super) fn elements(entry: &[u8]) -> Vec<Element> {
    const NFTA_SET_ELEM_LIST_ELEMENTS: u16 = 3;
    let list = entry.get(HEAD_BYTES..).and_then(|it| part(it, NFTA_SET_ELEM_LIST_ELEMENTS));
    all_attributes(list.unwrap_or_default()).filter_map(|(_, it)| element(it)).collect()
}

fn element(bytes: &[u8]) -> Option<Element> {
    const NFTA_SET_ELEM_KEY: u16 = 1;
    const NFTA_SET_ELEM_DATA: u16 = 2;
    const NFTA_SET_ELEM_FLAGS: u16 = 3;
    const NFTA_SET_ELEM_KEY_END: u16 = 10;
    const NFT_SET_ELEM_INTERVAL_END: u32 = 1;
    let flags = part(bytes, NFTA_SET_ELEM_FLAGS).and_then(number).unwrap_or(0);
    // Keys of several parts are of no port alone.
    if part(bytes, NFTA_SET_ELEM_KEY_END).is_some() {
        return None;
    }
    Some(Element {
        key: value(part(bytes, NFTA_SET_ELEM_KEY)?)?.to_vec(),
        is_end: flags & NFT_SET_ELEM_INTERVAL_END != 0,
        verdict: part(bytes, NFTA_SET_ELEM_DATA).and_then(verdict),
    })
}

/// The value within `nft_data_attributes`.
pub(super) fn value(data: &[u8]) -> Option<&[u8]> {
    const NFTA_DATA_VALUE: u16 = 1;
    part(data, NFTA_DATA_VALUE)
}

/// The verdict within `nft_data_attributes`.
pub(super) fn verdict(data: &[u8]) -> Option<Verdict> {
    const NFTA_DATA_VERDICT: u16 = 2;
    const NFTA_VERDICT_CODE: u16 = 1;
    const NFTA_VERDICT_CHAIN: u16 = 2;
    const NF_ACCEPT: u32 = 1;
    /// -3 and -4 as the kernel sends them.
    const NFT_JUMP: u32 = u32::MAX - 2;
    const NFT_GOTO: u32 = u32::MAX - 3;
    let verdict = part(data, NFTA_DATA_VERDICT)?;
    Some(match number(part(verdict, NFTA_VERDICT_CODE)?)? {
        NF_ACCEPT => Verdict::Accept,
        NFT_JUMP | NFT_GOTO => Verdict::LeadsTo(text(part(verdict, NFTA_VERDICT_CHAIN)?)),
        _ => Verdict::Other,
    })
}

/// The attribute of a kind.
pub(super) fn part(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    attributes(bytes).find(|it| it.0 == wanted).map(|it| it.1)
}

/// A number in network order.
pub(super) fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|it| u32::from_be_bytes(*it))
}

/// A text up to its NUL.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|it| *it == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}
