//! Identifiers that name nobody, because too many show them or because devices that are certainly
//! different do.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::SignedDuration;
use observation::latest::AgentId;

use super::compare::{
    AGAINST, Standing, compare_agents, contradicts, is_same_link, is_target, overlap,
};
use super::evidence::{Identifier, IdentifierKind, MemberEvidence};
use super::profile::Profile;
use crate::asset::{ObserverId, TargetId};

/// An identifier that more agents than this show names none of them. We give up joining a machine
/// that was enrolled more often under new keys; its newest enrolments stand beside it.
const AGENTS_PER_IDENTIFIER_MAX: usize = 64;

/// The same for addresses at which scans and neighbour tables show it. Addresses are counted and not
/// lines: five hundred agents see the two addresses of one gateway.
const ADDRESSES_PER_IDENTIFIER_MAX: usize = 1_024;

/// An adapter that answers for more IPv4 addresses than this, seen from one place at one time, is a
/// router that answers for others (proxy ARP, RFC 1027), and names none of them.
///
/// An identity that more addresses of one link show at one time was baked into an image or by a
/// factory: forty cameras have one host key. On different links it is the identity of a router.
///
/// What we give up: a server with more addresses on one link is one device only where all of them
/// answer with one adapter and one identity, or where an agent or SNMP names its addresses.
const ADDRESSES_PER_LINK_MAX: usize = 4;

/// What counts as the same time.
const SAME_TIME: SignedDuration = SignedDuration::from_hours(2);

/// What must not be used in comparing. Each identifier is judged by those alone that show it.
pub(super) struct Doubts<'a> {
    /// In comparing two agents.
    pub(super) unusable: BTreeSet<&'a Identifier>,
    /// In comparing a line of scan results with anybody; holds `unusable`, too.
    pub(super) with_targets: BTreeSet<&'a Identifier>,
}

impl<'a> Doubts<'a> {
    pub(super) fn about(members: &[&'a MemberEvidence]) -> Self {
        let mut shown: BTreeMap<&Identifier, BTreeMap<&ObserverId, &MemberEvidence>> =
            BTreeMap::new();
        for member in members {
            for timed in member.identifiers.iter().filter(|it| it.identifier.kind.connects()) {
                let holders = shown.entry(&timed.identifier).or_default();
                holders.insert(&member.observer, member);
            }
        }
        let (mut unusable, mut with_targets) = (BTreeSet::new(), BTreeSet::new());
        for (identifier, holders) in shown.into_iter().filter(|(_, it)| it.len() > 1) {
            let holders: Vec<&MemberEvidence> = holders.into_values().collect();
            if is_shown_by_too_many(holders.iter().map(|it| &it.observer)) {
                unusable.insert(identifier);
                with_targets.insert(identifier);
            } else if is_doubtful(identifier, &holders) {
                with_targets.insert(identifier);
            }
        }
        Self { unusable, with_targets }
    }
}

/// Whether an identifier that these show names none of them. Then nobody is connected by it, and a
/// store need not bring its holders together.
pub fn is_shown_by_too_many<'a>(holders: impl IntoIterator<Item = &'a ObserverId>) -> bool {
    let mut agents = 0;
    let mut addresses: BTreeSet<IpAddr> = BTreeSet::new();
    for holder in holders {
        match holder {
            ObserverId::Target(target) => {
                addresses.insert(target.address);
            }
            ObserverId::Agent(_) | ObserverId::Person(_) => agents += 1,
        }
    }
    addresses.len() > ADDRESSES_PER_IDENTIFIER_MAX || agents > AGENTS_PER_IDENTIFIER_MAX
}

fn is_doubtful(identifier: &Identifier, holders: &[&MemberEvidence]) -> bool {
    match identifier.kind {
        IdentifierKind::LinkMac | IdentifierKind::PermanentMac => {
            answers_for_others(holders) || is_of_different_agents(identifier, holders)
        }
        IdentifierKind::SshHostKey | IdentifierKind::DeviceSerial => {
            fills_a_link(holders) || is_of_different_agents(identifier, holders)
        }
        IdentifierKind::SnmpEngineId | IdentifierKind::NtlmName | IdentifierKind::DeviceUuid => {
            fills_a_link(holders)
        }
        IdentifierKind::Address => {
            is_of_different_agents(identifier, holders) || is_of_two_networks(identifier, holders)
        }
        IdentifierKind::SystemUuid
        | IdentifierKind::SystemSerial
        | IdentifierKind::BoardSerial
        | IdentifierKind::ChassisSerial
        | IdentifierKind::Installation
        | IdentifierKind::DiskSerial
        | IdentifierKind::Certificate
        | IdentifierKind::VirtualAddress
        | IdentifierKind::Boot => false,
    }
}

fn answers_for_others(holders: &[&MemberEvidence]) -> bool {
    any_crowd(holders, |_, _| true, |_| true)
}

/// Whether too many addresses of one link show it at one time, and not with one adapter.
fn fills_a_link(holders: &[&MemberEvidence]) -> bool {
    any_crowd(holders, is_same_link, |lines| !have_one_adapter(lines))
}

/// A line and the target that it is of.
type Line<'a> = (&'a TargetId, &'a MemberEvidence);

/// Whether one place saw too many IPv4 addresses at one time that are `near` one of them, and
/// `is_odd` holds for their lines.
fn any_crowd(
    holders: &[&MemberEvidence],
    near: impl Fn(IpAddr, IpAddr) -> bool,
    is_odd: impl Fn(&[Line<'_>]) -> bool,
) -> bool {
    let mut seen_from: BTreeMap<Option<AgentId>, Vec<Line<'_>>> = BTreeMap::new();
    for line in holders.iter().copied() {
        if let Some(target) = target(line).filter(|it| it.address.is_ipv4()) {
            seen_from.entry(target.vantage).or_default().push((target, line));
        }
    }
    let span = |it: &MemberEvidence| (it.first_received_at, it.last_received_at);
    seen_from.values().filter(|it| addresses(it) > ADDRESSES_PER_LINK_MAX).any(|lines| {
        lines.iter().any(|(target, line)| {
            let beside = lines.iter().copied().filter(|(other, it)| {
                near(target.address, other.address) && overlap(span(line), span(it), SAME_TIME)
            });
            let beside: Vec<Line<'_>> = beside.collect();
            addresses(&beside) > ADDRESSES_PER_LINK_MAX && is_odd(&beside)
        })
    })
}

fn addresses(lines: &[Line<'_>]) -> usize {
    lines.iter().map(|it| it.0.address).collect::<BTreeSet<_>>().len()
}

/// Whether every line shows an adapter, and all show the same.
fn have_one_adapter(lines: &[Line<'_>]) -> bool {
    let adapters = |member: &MemberEvidence| -> BTreeSet<String> {
        let shown = member.identifiers.iter().map(|it| &it.identifier);
        let adapters = shown.filter(|it| it.kind == IdentifierKind::LinkMac);
        adapters.map(|it| it.text.clone()).collect()
    };
    let Some((_, first)) = lines.first() else { return false };
    let mut common = adapters(first);
    for (_, line) in lines {
        let shown = adapters(line);
        common.retain(|it| shown.contains(it));
    }
    !common.is_empty()
}

/// Whether two agents that are certainly on different machines showed it at one time.
fn is_of_different_agents(identifier: &Identifier, holders: &[&MemberEvidence]) -> bool {
    let nothing = BTreeSet::new();
    let is_kept =
        |it: &MemberEvidence| identifier.kind != IdentifierKind::Address || holds(it, identifier);
    let mut agents: Vec<&MemberEvidence> =
        holders.iter().copied().filter(|it| !is_target(it) && is_kept(it)).collect();
    agents.sort_by(|left, right| left.observer.cmp(&right.observer));
    any_pair(&agents, |one, other| {
        is_shown_together(identifier, one, other, SignedDuration::ZERO)
            && compare_agents(one, other, &nothing).standing == Standing::Apart
    })
}

/// Whether the agent showed the address up to the last that is known of it.
///
/// Of an address only the first and the last moment are known. One that its agent went on without
/// was lent (DHCP), and in between it may have been lent to another: that both had it at one time is
/// not proved. What we give up: of two that did have one address, one of which was renumbered since.
fn holds(agent: &MemberEvidence, address: &Identifier) -> bool {
    let last = agent.identifiers.iter().map(|it| it.last_seen_at).max();
    let shown = agent.identifiers.iter().filter(|it| it.identifier == *address);
    let held = shown.map(|it| it.last_seen_at).max();
    match (held, last) {
        (Some(held), Some(last)) => last.duration_since(held) <= SAME_TIME,
        (Some(_) | None, Some(_) | None) => false,
    }
}

/// Whether two places saw different devices under this address at one time: two networks have the
/// same private addresses.
fn is_of_two_networks(identifier: &Identifier, holders: &[&MemberEvidence]) -> bool {
    let lines: Vec<&MemberEvidence> = holders.iter().copied().filter(|it| is_target(it)).collect();
    // Hundreds of agents see one gateway, and nothing differs: then no pair has to be looked at.
    let mut seen = Profile::default();
    lines.iter().for_each(|it| seen.absorb(Profile::of(it, &BTreeSet::new())));
    let differs = AGAINST.iter().any(|it| seen.may_be_divided(*it));
    differs
        && any_pair(&lines, |one, other| {
            target(one).map(|it| it.vantage) != target(other).map(|it| it.vantage)
                && is_shown_together(identifier, one, other, SAME_TIME)
                && contradicts(one, other)
        })
}

fn any_pair(
    members: &[&MemberEvidence],
    holds: impl Fn(&MemberEvidence, &MemberEvidence) -> bool,
) -> bool {
    members
        .iter()
        .enumerate()
        .any(|(at, one)| members.iter().skip(at + 1).any(|other| holds(one, other)))
}

fn is_shown_together(
    identifier: &Identifier,
    one: &MemberEvidence,
    other: &MemberEvidence,
    slack: SignedDuration,
) -> bool {
    let spans = |member: &MemberEvidence| {
        let shown = member.identifiers.iter().filter(|it| it.identifier == *identifier);
        shown.map(|it| (it.first_seen_at, it.last_seen_at)).collect::<Vec<_>>()
    };
    let others = spans(other);
    spans(one).iter().any(|it| others.iter().any(|its| overlap(*it, *its, slack)))
}

fn target(member: &MemberEvidence) -> Option<&TargetId> {
    match &member.observer {
        ObserverId::Target(target) => Some(target),
        ObserverId::Agent(_) | ObserverId::Person(_) => None,
    }
}
