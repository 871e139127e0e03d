//! Identifiers that name nobody, because too many show them or because devices that are certainly
//! different do.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::compare::{Standing, compare_agents, contradicts, is_target, overlap};
use super::evidence::{Identifier, IdentifierKind, MemberEvidence};
use crate::asset::{ObserverId, TargetId};

/// An identifier that more agents than this show names none of them. We give up joining a machine
/// that was enrolled more often under new keys; its newest enrolments stand beside it.
const AGENTS_PER_IDENTIFIER_MAX: usize = 64;

/// The same for lines of scan results, of which a device has one for each address and each time that
/// it comes back to one.
const LINES_PER_IDENTIFIER_MAX: usize = 1_024;

/// An adapter that answers for more IPv4 addresses than this, seen from one place at one time, is a
/// router that answers for others (proxy ARP, RFC 1027), and names none of them. What we give up: a
/// server with more addresses on one adapter needs a host key or an agent to be one device.
const ADDRESSES_PER_ADAPTER_MAX: usize = 4;

/// What counts as the same time for it.
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
            for timed in &member.identifiers {
                let holders = shown.entry(&timed.identifier).or_default();
                holders.insert(&member.observer, member);
            }
        }
        let (mut unusable, mut with_targets) = (BTreeSet::new(), BTreeSet::new());
        for (identifier, holders) in shown.into_iter().filter(|(_, it)| it.len() > 1) {
            let holders: Vec<&MemberEvidence> = holders.into_values().collect();
            if is_shown_by_too_many(&holders) {
                unusable.insert(identifier);
                with_targets.insert(identifier);
            } else if is_doubtful(identifier, &holders) {
                with_targets.insert(identifier);
            }
        }
        Self { unusable, with_targets }
    }
}

fn is_shown_by_too_many(holders: &[&MemberEvidence]) -> bool {
    let lines = holders.iter().filter(|it| is_target(it)).count();
    lines > LINES_PER_IDENTIFIER_MAX || holders.len() - lines > AGENTS_PER_IDENTIFIER_MAX
}

fn is_doubtful(identifier: &Identifier, holders: &[&MemberEvidence]) -> bool {
    match identifier.kind {
        IdentifierKind::LinkMac | IdentifierKind::PermanentMac => {
            answers_for_others(holders) || is_of_different_agents(identifier, holders)
        }
        IdentifierKind::SshHostKey | IdentifierKind::DeviceSerial => {
            is_of_different_agents(identifier, holders)
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
        | IdentifierKind::SnmpEngineId
        | IdentifierKind::NtlmName
        | IdentifierKind::DeviceUuid
        | IdentifierKind::VirtualAddress
        | IdentifierKind::Boot => false,
    }
}

fn answers_for_others(holders: &[&MemberEvidence]) -> bool {
    let lines: Vec<(&TargetId, &MemberEvidence)> = holders
        .iter()
        .filter_map(|it| target(it).map(|target| (target, *it)))
        .filter(|(target, _)| target.address.is_ipv4())
        .collect();
    if lines.len() <= ADDRESSES_PER_ADAPTER_MAX {
        return false;
    }
    lines.iter().any(|(target, line)| {
        let beside = lines.iter().filter(|(other, it)| {
            other.vantage == target.vantage
                && overlap(
                    (line.first_received_at, line.last_received_at),
                    (it.first_received_at, it.last_received_at),
                    SAME_TIME,
                )
        });
        let addresses: BTreeSet<_> = beside.map(|(other, _)| other.address).collect();
        addresses.len() > ADDRESSES_PER_ADAPTER_MAX
    })
}

/// Whether two agents that are certainly on different machines showed it at one time.
fn is_of_different_agents(identifier: &Identifier, holders: &[&MemberEvidence]) -> bool {
    let nothing = BTreeSet::new();
    let mut agents: Vec<&MemberEvidence> =
        holders.iter().copied().filter(|it| !is_target(it)).collect();
    agents.sort_by(|left, right| left.observer.cmp(&right.observer));
    any_pair(&agents, |one, other| {
        is_shown_together(identifier, one, other, SignedDuration::ZERO)
            && compare_agents(one, other, &nothing).standing == Standing::Apart
    })
}

/// Whether two places saw different devices under this address at one time: two networks have the
/// same private addresses.
fn is_of_two_networks(identifier: &Identifier, holders: &[&MemberEvidence]) -> bool {
    let lines: Vec<&MemberEvidence> = holders.iter().copied().filter(|it| is_target(it)).collect();
    any_pair(&lines, |one, other| {
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
