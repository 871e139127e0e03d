//! Pairs of which at least one is a line of scan results.
//!
//! A device has many addresses, so that two lines alive at the same time are the rule here and no
//! sign of a copy. What a device shows on every address (host key, engine id, Windows name, serial
//! number) joins its lines; an adapter joins them while it is used; an address alone joins a line
//! with whoever else had it at the same time, if nothing differs.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::SignedDuration;

use super::{Comparison, Standing};
use crate::asset::{ObserverId, TargetId};
use crate::reconcile::evidence::{
    Identifier, IdentifierKind, Link, MemberEvidence, TimedIdentifier, link_reason,
};
use crate::reconcile::line::{Likeness, likeness};

/// Least weight that joins.
const SCORE_MIN: i32 = 4;

/// How far apart two moments may be at which an address was shown by one device.
const ADDRESS_SLACK: SignedDuration = SignedDuration::from_hours(2);

/// The same for an adapter: it is moved less often than an address is given to the next.
const ADAPTER_SLACK: SignedDuration = SignedDuration::from_hours(24);

/// What is weighed, where it agrees and where it differs. Adapter and address are weighed apart.
const WEIGHTS: [(IdentifierKind, i32, i32); 6] = [
    (IdentifierKind::DeviceSerial, 5, -4),
    (IdentifierKind::SnmpEngineId, 5, -4),
    (IdentifierKind::SshHostKey, 5, -4),
    (IdentifierKind::NtlmName, 5, -4),
    (IdentifierKind::DeviceUuid, 5, -2),
    (IdentifierKind::Certificate, 2, 0),
];

/// A Windows name without a domain is chosen twice.
const BARE_NAME_WEIGHT: i32 = 3;
const ADAPTER_WEIGHT: i32 = 5;
const ADDRESS_WEIGHT: i32 = 4;
/// Who answers for an address on its link is not the one who has it.
const OTHER_ADAPTER_WEIGHT: i32 = -5;

const ADAPTERS: [IdentifierKind; 2] = [IdentifierKind::PermanentMac, IdentifierKind::LinkMac];

/// What speaks against two having the same address by right.
pub(in crate::reconcile) const AGAINST: [IdentifierKind; 5] = [
    IdentifierKind::DeviceSerial,
    IdentifierKind::SnmpEngineId,
    IdentifierKind::SshHostKey,
    IdentifierKind::NtlmName,
    IdentifierKind::LinkMac,
];

/// `left` is the smaller observer of the two.
pub(super) fn compare(
    left: &MemberEvidence,
    right: &MemberEvidence,
    unusable: &BTreeSet<&Identifier>,
) -> Comparison {
    let agreeing = agreeing(left, right, unusable);
    let differing = differing(left, right, &agreeing, unusable);
    let score = score(&agreeing, &differing);
    let (standing, reason) = judge(left, right, &agreeing, &differing, score);
    let link = Link {
        left: left.observer.clone(),
        right: right.observer.clone(),
        is_joined: matches!(standing, Standing::Joins { .. }),
        score,
        agreeing,
        differing,
        reason: reason.to_owned(),
    };
    Comparison { standing, link }
}

fn judge(
    left: &MemberEvidence,
    right: &MemberEvidence,
    agreeing: &[Identifier],
    differing: &[IdentifierKind],
    score: i32,
) -> (Standing, &'static str) {
    let agrees = |kind| agreeing.iter().any(|it| it.kind == kind);
    let is_cluster = |member| has(member, IdentifierKind::VirtualAddress);
    if agrees(IdentifierKind::VirtualAddress) {
        return (Standing::Joins { rank: 0 }, link_reason::SAME_ADDRESS);
    }
    if is_cluster(left) || is_cluster(right) {
        return (Standing::Apart, link_reason::VIRTUAL_ADDRESS);
    }
    let together = overlap(
        (left.first_received_at, left.last_received_at),
        (right.first_received_at, right.last_received_at),
        ADDRESS_SLACK,
    ) && !are_successors(left, right);
    let has_address = agrees(IdentifierKind::Address);
    if together && !has_address && score >= SCORE_MIN && are_copies(left, right) {
        return (Standing::Open, link_reason::COPIED_IDENTITY);
    }
    if score >= SCORE_MIN {
        let by_address = agreeing.iter().all(|it| it.kind == IdentifierKind::Address);
        let reason = if by_address { link_reason::SAME_ADDRESS } else { link_reason::SAME_DEVICE };
        return (Standing::Joins { rank: 0 }, reason);
    }
    let standing = if together && score < 0 { Standing::Apart } else { Standing::Open };
    let reason = match (weight(agreeing) >= SCORE_MIN, has_address && !differing.is_empty()) {
        (true, true) => link_reason::ADDRESS_CONFLICT,
        (true, false) => link_reason::OUTWEIGHED,
        (false, _) => link_reason::TOO_WEAK,
    };
    (standing, reason)
}

/// Two lines of one address as one place sees it: the second began because the device is another.
fn are_successors(left: &MemberEvidence, right: &MemberEvidence) -> bool {
    match (target(left), target(right)) {
        (Some(left), Some(right)) => left.vantage == right.vantage && left.address == right.address,
        (Some(_) | None, Some(_) | None) => false,
    }
}

/// Two lines on one link with an adapter each and no adapter in common: a copied machine rather than
/// a machine with two adapters on the same link. What we give up: those that have them stand there
/// twice, unless an agent or SNMP names both adapters.
fn are_copies(left: &MemberEvidence, right: &MemberEvidence) -> bool {
    let (Some(one), Some(other)) = (target(left), target(right)) else { return false };
    is_same_link(one.address, other.address)
        && like(left, right, IdentifierKind::LinkMac) == Likeness::Different
}

/// Whether two addresses are likely on one link: the usual lengths of prefixes.
pub(in crate::reconcile) fn is_same_link(one: IpAddr, other: IpAddr) -> bool {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => one.octets().get(..3) == other.octets().get(..3),
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            one.segments().get(..4) == other.segments().get(..4)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn agreeing(
    left: &MemberEvidence,
    right: &MemberEvidence,
    unusable: &BTreeSet<&Identifier>,
) -> Vec<Identifier> {
    let are_successors = are_successors(left, right);
    let mut both = Vec::new();
    for mine in left.identifiers.iter().filter(|it| !unusable.contains(&it.identifier)) {
        let same = right.identifiers.iter().filter(|it| it.identifier == mine.identifier);
        for theirs in same {
            let counts = match mine.identifier.kind {
                IdentifierKind::Address => {
                    !are_successors && held_together(left, mine, right, theirs, ADDRESS_SLACK)
                }
                IdentifierKind::LinkMac => held_together(left, mine, right, theirs, ADAPTER_SLACK),
                // It tells agents on one machine from copies of one machine.
                IdentifierKind::Boot => false,
                IdentifierKind::SystemUuid
                | IdentifierKind::SystemSerial
                | IdentifierKind::BoardSerial
                | IdentifierKind::ChassisSerial
                | IdentifierKind::Installation
                | IdentifierKind::PermanentMac
                | IdentifierKind::DiskSerial
                | IdentifierKind::SshHostKey
                | IdentifierKind::Certificate
                | IdentifierKind::SnmpEngineId
                | IdentifierKind::NtlmName
                | IdentifierKind::DeviceUuid
                | IdentifierKind::DeviceSerial
                | IdentifierKind::VirtualAddress => true,
            };
            if counts {
                both.push(mine.identifier.clone());
            }
        }
    }
    both.sort();
    both.dedup();
    both
}

/// Whether both showed it at about the same time, and neither went on without it while the other
/// kept it.
fn held_together(
    left: &MemberEvidence,
    mine: &TimedIdentifier,
    right: &MemberEvidence,
    theirs: &TimedIdentifier,
    slack: SignedDuration,
) -> bool {
    let span = |it: &TimedIdentifier| (it.first_seen_at, it.last_seen_at);
    let was_given_up = |owner: &MemberEvidence, own: &TimedIdentifier, other: &TimedIdentifier| {
        let went_on = |it: &TimedIdentifier| {
            it.identifier.kind == own.identifier.kind && it.last_seen_at > own.last_seen_at
        };
        other.last_seen_at.duration_since(own.last_seen_at) > slack
            && owner.identifiers.iter().any(went_on)
    };
    overlap(span(mine), span(theirs), slack)
        && !was_given_up(left, mine, theirs)
        && !was_given_up(right, theirs, mine)
}

pub(in crate::reconcile) type Span = (jiff::Timestamp, jiff::Timestamp);

/// Whether two spans of time overlap, or lie no further apart than this.
pub(in crate::reconcile) fn overlap(one: Span, other: Span, slack: SignedDuration) -> bool {
    one.0.duration_since(other.1) <= slack && other.0.duration_since(one.1) <= slack
}

/// Kinds of which both show something comparable and nothing agrees. Adapters differ only where the
/// address is the same: a device has several.
fn differing(
    left: &MemberEvidence,
    right: &MemberEvidence,
    agreeing: &[Identifier],
    unusable: &BTreeSet<&Identifier>,
) -> Vec<IdentifierKind> {
    let agrees = |kind| agreeing.iter().any(|it| it.kind == kind);
    let differs = |kind| {
        !agrees(kind)
            && likeness(kind, texts(left, kind, unusable), texts(right, kind, unusable))
                == Likeness::Different
    };
    let weighed = WEIGHTS.into_iter().filter(|it| it.2 != 0).map(|it| it.0);
    let mut kinds: Vec<IdentifierKind> = weighed.filter(|it| differs(*it)).collect();
    let has_adapter = ADAPTERS.into_iter().any(agrees);
    if agrees(IdentifierKind::Address) && !has_adapter && differs(IdentifierKind::LinkMac) {
        kinds.push(IdentifierKind::LinkMac);
    }
    kinds.sort();
    kinds
}

/// Whether a difference in this kind can keep two apart of which one is a line.
pub(in crate::reconcile) fn may_differ(kind: IdentifierKind) -> bool {
    let is_weighed = |it: &(IdentifierKind, i32, i32)| it.0 == kind && it.2 != 0;
    kind == IdentifierKind::LinkMac || WEIGHTS.iter().any(is_weighed)
}

/// Whether two that show the same address at the same time are different devices.
pub(in crate::reconcile) fn contradicts(one: &MemberEvidence, other: &MemberEvidence) -> bool {
    let likenesses = AGAINST.map(|it| like(one, other, it));
    likenesses.contains(&Likeness::Different) && !likenesses.contains(&Likeness::Same)
}

fn like(one: &MemberEvidence, other: &MemberEvidence, kind: IdentifierKind) -> Likeness {
    likeness(kind, texts(one, kind, NOTHING), texts(other, kind, NOTHING))
}

/// Where every identifier counts.
const NOTHING: &BTreeSet<&Identifier> = &BTreeSet::new();

fn texts<'a>(
    member: &'a MemberEvidence,
    kind: IdentifierKind,
    unusable: &'a BTreeSet<&Identifier>,
) -> impl Iterator<Item = &'a str> + Clone {
    let shown = member.identifiers.iter().map(|it| &it.identifier);
    let usable = shown.filter(move |it| it.kind == kind && !unusable.contains(it));
    usable.map(|it| it.text.as_str())
}

fn has(member: &MemberEvidence, kind: IdentifierKind) -> bool {
    member.identifiers.iter().any(|it| it.identifier.kind == kind)
}

fn target(member: &MemberEvidence) -> Option<&TargetId> {
    match &member.observer {
        ObserverId::Target(target) => Some(target),
        ObserverId::Agent(_) | ObserverId::Person(_) => None,
    }
}

fn score(agreeing: &[Identifier], differing: &[IdentifierKind]) -> i32 {
    let lost = WEIGHTS.iter().filter(|it| differing.contains(&it.0)).map(|it| it.2);
    let other_adapter =
        if differing.contains(&IdentifierKind::LinkMac) { OTHER_ADAPTER_WEIGHT } else { 0 };
    weight(agreeing) + lost.sum::<i32>() + other_adapter
}

/// Weight of what agrees: each kind once, whatever number of it.
fn weight(agreeing: &[Identifier]) -> i32 {
    let of_kind = |kind| agreeing.iter().filter(move |it| it.kind == kind);
    let shown = WEIGHTS.iter().map(|(kind, gain, _)| {
        let gains =
            of_kind(*kind).map(|it| if is_bare_name(it) { BARE_NAME_WEIGHT } else { *gain });
        gains.max().unwrap_or_default()
    });
    let has = |kinds: &[IdentifierKind]| agreeing.iter().any(|it| kinds.contains(&it.kind));
    let adapter = if has(&ADAPTERS) { ADAPTER_WEIGHT } else { 0 };
    let address = if has(&[IdentifierKind::Address]) { ADDRESS_WEIGHT } else { 0 };
    shown.sum::<i32>() + adapter + address
}

fn is_bare_name(identifier: &Identifier) -> bool {
    identifier.kind == IdentifierKind::NtlmName
        && identifier.text.starts_with("netbios/")
        && !identifier.text.contains('\\')
}
