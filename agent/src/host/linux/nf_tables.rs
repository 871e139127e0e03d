//! Asks the kernel for the rules of nf_tables (libnftnl; linux/netfilter/nf_tables.h).

mod rule;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use observation::latest::Absent;

use super::super::firewall::{ChainState, RuleSet, TableName};
use super::netlink::{self, NETFILTER};
use rule::Element;
#[cfg(test)]
use rule::ranges;

/// The subsystem of nf_tables in the upper byte of a message's type.
const SUBSYSTEM: u16 = 10 << 8;
const NFT_MSG_GETTABLE: u16 = 1;
const NFT_MSG_GETCHAIN: u16 = 4;
const NFT_MSG_GETRULE: u16 = 7;
const NFT_MSG_GETSETELEM: u16 = 13;
/// Most chains.
const CHAINS_MAX: usize = 10_000;
/// Most rules that are told; all are counted.
const RULES_MAX: usize = 10_000;
/// Most sets whose elements are asked for.
const SETS_MAX: usize = 256;
/// Most elements of one set of ports.
const ELEMENTS_MAX: usize = 65_536;

/// A set by its family, table and name.
type SetKey = (u8, String, String);

/// The rules of this process's network name space.
pub(super) fn rule_set() -> Result<RuleSet, Absent> {
    if !is_there() {
        return Err(Absent::NotHere { looked_at: "nf_tables".to_owned() });
    }
    let all = |kind: u16| netlink::dump_from(&NETFILTER, SUBSYSTEM | kind, &wire::head(0));
    let tables = all(NFT_MSG_GETTABLE)?;
    let chains = all(NFT_MSG_GETCHAIN)?;
    let rules = all(NFT_MSG_GETRULE)?;
    let wanted: BTreeSet<SetKey> =
        rules.iter().filter_map(|it| wire::rule(it)).flat_map(|it| it.sets()).collect();
    let mut sets = BTreeMap::new();
    for key in wanted.into_iter().take(SETS_MAX) {
        let body = wire::set_request(key.0, &key.1, &key.2);
        // A set that is gone meanwhile leaves its rules unread, which is said of them.
        let Ok(entries) = netlink::dump_from(&NETFILTER, SUBSYSTEM | NFT_MSG_GETSETELEM, &body)
        else {
            continue;
        };
        let elements: Vec<Element> =
            entries.iter().flat_map(|it| wire::elements(it)).take(ELEMENTS_MAX).collect();
        sets.insert(key, elements);
    }
    Ok(assemble(&tables, &chains, &rules, &sets))
}

/// Whether the kernel has nf_tables already: to ask would make it load the module.
#[expect(clippy::disallowed_methods, reason = "the door to the machine; the kernel's own list")]
fn is_there() -> bool {
    let release = rustix::system::uname();
    let release = release.release().to_string_lossy();
    let built_in = format!("/lib/modules/{release}/modules.builtin");
    fs::exists("/sys/module/nf_tables").unwrap_or(false)
        // A kernel without modules loads none.
        || !fs::exists("/proc/modules").unwrap_or(true)
        || fs::read_to_string(built_in).is_ok_and(|it| it.contains("/nf_tables.ko"))
}

/// Puts the answers together. Pure.
fn assemble(
    tables: &[Vec<u8>],
    chains: &[Vec<u8>],
    rules: &[Vec<u8>],
    sets: &BTreeMap<SetKey, Vec<Element>>,
) -> RuleSet {
    let mut found: Vec<ChainState> =
        chains.iter().filter_map(|it| wire::chain(it)).take(CHAINS_MAX).collect();
    let mut places = BTreeMap::new();
    for (index, chain) in found.iter().enumerate() {
        places.insert((chain.table.clone(), chain.name.clone()), index);
    }
    let mut told = 0;
    for rule in rules.iter().filter_map(|it| wire::rule(it)) {
        let key = (TableName { family: rule.family_name(), name: rule.table.clone() }, &rule.chain);
        let place = places.get(&(key.0, key.1.clone()));
        let Some(chain) = place.and_then(|it| found.get_mut(*it)) else { continue };
        chain.rule_count = chain.rule_count.saturating_add(1);
        if told < RULES_MAX {
            let states = rule.states(sets);
            told += states.len();
            chain.rules.extend(states);
        }
    }
    RuleSet { tables: tables.iter().filter_map(|it| wire::table(it)).collect(), chains: found }
}

#[cfg(test)]
mod tests;
