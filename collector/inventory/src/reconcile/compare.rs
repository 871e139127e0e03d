//! Do two observers mean the same asset? What agrees, what differs, and who spoke when.
//!
//! Two agents are never compared by addresses or host names: both are given to the next machine. For
//! pairs with a target of scans see `target`.

mod target;

use std::collections::BTreeSet;

use super::doubt::Doubts;
use super::evidence::{
    Identifier, IdentifierKind, Link, MemberEvidence, TimedIdentifier, link_reason,
};
use crate::asset::ObserverId;

/// Least weight that joins two observers: one strong identifier, or several weak ones.
const SCORE_MIN: i32 = 4;

/// What two observers are to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// They are joined unless something else keeps them apart. Greater ranks are joined first.
    Joins {
        /// How sure that is.
        rank: u8,
    },
    /// They are not joined for what they show, but may meet in one asset through others.
    Open,
    /// They are never in one asset, unless a person says so.
    Apart,
}

/// Two observers compared.
#[derive(Debug, Clone)]
pub(super) struct Comparison {
    pub(super) standing: Standing,
    pub(super) link: Link,
}

/// Kinds that change together and are therefore counted together.
struct Family {
    /// Each kind with its weight where it agrees and where it differs.
    kinds: &'static [(IdentifierKind, i32, i32)],
    /// The most that differing can take away.
    floor: i32,
}

/// All that is written into the main board, and its adapters, goes with the main board: a new board
/// must not outweigh installation and disk together. A disk that differs says little, disks are
/// replaced; an installation that differs says nothing, machines are installed anew.
const FAMILIES: [Family; 3] = [
    Family {
        kinds: &[
            (IdentifierKind::SystemUuid, 5, -5),
            (IdentifierKind::SystemSerial, 5, -5),
            (IdentifierKind::BoardSerial, 3, -3),
            (IdentifierKind::ChassisSerial, 2, -2),
            (IdentifierKind::PermanentMac, 3, -3),
        ],
        floor: -5,
    },
    Family { kinds: &[(IdentifierKind::DiskSerial, 6, -1)], floor: -1 },
    Family { kinds: &[(IdentifierKind::Installation, 4, 0)], floor: 0 },
];

/// Two adapters that agree say as much as one serial number; more add nothing.
const SHARED_MACS_COUNTED: usize = 2;

/// What agents are compared by, in order.
pub(super) const KINDS: [IdentifierKind; 8] = [
    IdentifierKind::SystemUuid,
    IdentifierKind::SystemSerial,
    IdentifierKind::BoardSerial,
    IdentifierKind::ChassisSerial,
    IdentifierKind::Installation,
    IdentifierKind::PermanentMac,
    IdentifierKind::DiskSerial,
    IdentifierKind::Boot,
];

pub(super) use target::{AGAINST, contradicts, is_same_link, may_differ, overlap};

/// Agents are joined before scans are asked: what they show stays with the machine.
const RANK_OF_AGENTS: u8 = 10;

/// Whether this is a line of scan results.
pub(super) const fn is_target(member: &MemberEvidence) -> bool {
    matches!(member.observer, ObserverId::Target(_))
}

/// Compares two observers.
///
/// Symmetric: the order of the two does not matter.
pub(super) fn compare(
    one: &MemberEvidence,
    other: &MemberEvidence,
    doubts: &Doubts<'_>,
) -> Comparison {
    let (left, right) = if one.observer <= other.observer { (one, other) } else { (other, one) };
    if is_target(left) || is_target(right) {
        return target::compare(left, right, &doubts.with_targets);
    }
    compare_agents(left, right, &doubts.unusable)
}

/// Compares two agents, the smaller observer first.
pub(super) fn compare_agents(
    left: &MemberEvidence,
    right: &MemberEvidence,
    unusable: &BTreeSet<&Identifier>,
) -> Comparison {
    let together = spoke_at_the_same_time(left, right);
    let agreeing = agreeing(left, right, together, unusable);
    let differing = differing(left, right, &agreeing, unusable);
    let score = score(&agreeing, &differing);
    let (standing, reason) = judge(together, &agreeing, &differing, score);
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
    together: bool,
    agreeing: &[Identifier],
    differing: &[IdentifierKind],
    score: i32,
) -> (Standing, &'static str) {
    let agrees = |kind| agreeing.iter().any(|it| it.kind == kind);
    if !together {
        return if score >= SCORE_MIN {
            (Standing::Joins { rank: RANK_OF_AGENTS }, link_reason::STRONG_EVIDENCE)
        } else if gain(agreeing) >= SCORE_MIN {
            (Standing::Open, link_reason::OUTWEIGHED)
        } else {
            (Standing::Open, link_reason::TOO_WEAK)
        };
    }
    if agrees(IdentifierKind::Boot) {
        return if agrees(IdentifierKind::Installation) {
            (Standing::Joins { rank: RANK_OF_AGENTS + 2 }, link_reason::SAME_START)
        } else {
            (Standing::Apart, link_reason::SHARED_KERNEL)
        };
    }
    // A copied machine has the identifiers of its original, but neither its adapters nor its disks.
    let carries_parts = agrees(IdentifierKind::PermanentMac)
        && agrees(IdentifierKind::DiskSerial)
        && (agrees(IdentifierKind::SystemSerial) || agrees(IdentifierKind::BoardSerial));
    if carries_parts && differing.is_empty() && agrees(IdentifierKind::Installation) {
        return (Standing::Joins { rank: RANK_OF_AGENTS + 1 }, link_reason::SAME_HARDWARE);
    }
    let says_something = gain(agreeing) >= SCORE_MIN;
    let reason = if says_something { link_reason::ALIVE_TOGETHER } else { link_reason::TOO_WEAK };
    (Standing::Apart, reason)
}

/// Whether each was heard of after the other had begun to speak. By receipt, so that no clock but
/// the collector's counts.
fn spoke_at_the_same_time(left: &MemberEvidence, right: &MemberEvidence) -> bool {
    left.first_received_at < right.last_received_at
        && right.first_received_at < left.last_received_at
}

fn agreeing(
    left: &MemberEvidence,
    right: &MemberEvidence,
    together: bool,
    unusable: &BTreeSet<&Identifier>,
) -> Vec<Identifier> {
    let mut both: Vec<Identifier> = Vec::new();
    for mine in left.identifiers.iter().filter(|it| KINDS.contains(&it.identifier.kind)) {
        let same = right.identifiers.iter().filter(|it| it.identifier == mine.identifier);
        for theirs in same {
            let was_moved =
                together && (was_given_up(left, mine, theirs) || was_given_up(right, theirs, mine));
            if !was_moved && !unusable.contains(&mine.identifier) {
                both.push(mine.identifier.clone());
            }
        }
    }
    both.sort();
    both.dedup();
    both
}

/// Whether `owner` showed something else of the kind after `mine`, and `theirs` began only then: the
/// part was moved to the other machine.
fn was_given_up(owner: &MemberEvidence, mine: &TimedIdentifier, theirs: &TimedIdentifier) -> bool {
    let kind = mine.identifier.kind;
    let went_on =
        |it: &TimedIdentifier| it.identifier.kind == kind && it.last_seen_at > mine.last_seen_at;
    mine.last_seen_at < theirs.first_seen_at && owner.identifiers.iter().any(went_on)
}

/// Kinds of which both show something and nothing agrees.
fn differing(
    left: &MemberEvidence,
    right: &MemberEvidence,
    agreeing: &[Identifier],
    unusable: &BTreeSet<&Identifier>,
) -> Vec<IdentifierKind> {
    let shows = |member: &MemberEvidence, kind| {
        member
            .identifiers
            .iter()
            .any(|it| it.identifier.kind == kind && !unusable.contains(&it.identifier))
    };
    let differs = |kind: &IdentifierKind| {
        shows(left, *kind) && shows(right, *kind) && !agreeing.iter().any(|it| it.kind == *kind)
    };
    KINDS.into_iter().filter(differs).collect()
}

/// Weight of what agrees minus what differs, by families.
fn score(agreeing: &[Identifier], differing: &[IdentifierKind]) -> i32 {
    let of_family = |family: &Family| {
        let sum: i32 = family
            .kinds
            .iter()
            .map(|(kind, gain, loss)| {
                let lost = if differing.contains(kind) { *loss } else { 0 };
                gain * counted(agreeing, *kind) + lost
            })
            .sum();
        sum.max(family.floor)
    };
    FAMILIES.iter().map(of_family).sum()
}

/// Weight of what agrees alone.
fn gain(agreeing: &[Identifier]) -> i32 {
    score(agreeing, &[])
}

fn counted(agreeing: &[Identifier], kind: IdentifierKind) -> i32 {
    let most = if kind == IdentifierKind::PermanentMac { SHARED_MACS_COUNTED } else { 1 };
    let count = agreeing.iter().filter(|it| it.kind == kind).count().min(most);
    i32::try_from(count).unwrap_or_default()
}
