//! Which observers mean the same asset.
//!
//! Three steps, each in an order that content alone decides: decisions of people, newest first;
//! then what observers show of one another, surest first; then one asset per group that came about.
//! Two groups that hold a pair which must stay apart are never joined.
//!
//! Limits, stated because evidence cannot overcome them: two copies of one virtual machine that
//! never speak at the same time and keep all identifiers look like one machine installed anew; a
//! copy made of a running machine's memory looks like a second agent until it restarts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::compare::{Comparison, Standing, compare};
use super::evidence::{
    Decision, DecisionKind, Grouping, Identifier, Link, MemberEvidence, link_reason,
};
use crate::asset::{AssetId, ObserverId};

/// An identifier that more observers than this show names none of them. We give up joining a machine
/// that was enrolled more often under new keys; its newest enrolments stand beside it.
const OBSERVERS_PER_IDENTIFIER_MAX: usize = 64;

/// Observers sorted into assets: a pure function of the set of evidence and the set of decisions.
///
/// The result is the same for all observers at once as for each connected set of them alone, where
/// two are connected that share an identifier or a decision.
#[must_use]
pub fn group(members: &[MemberEvidence], decisions: &[Decision]) -> Vec<Grouping> {
    let mut sorted: Vec<&MemberEvidence> = members.iter().collect();
    sorted.sort_by_key(|it| (it.first_received_at, &it.observer));
    let mut seen = BTreeSet::new();
    sorted.retain(|it| seen.insert(&it.observer));
    let mut clusters = Clusters::new(sorted, newest_decisions(decisions));
    clusters.follow_decisions();
    clusters.follow_evidence();
    clusters.into_groupings()
}

/// Two places in the list of members, the smaller first.
type Pair = (usize, usize);

/// The work in progress: who is with whom, and what was said of each pair.
struct Clusters<'a> {
    members: Vec<&'a MemberEvidence>,
    unusable: BTreeSet<&'a Identifier>,
    decided: BTreeMap<(&'a ObserverId, &'a ObserverId), &'a Decision>,
    /// For each member the first member of its group.
    head: Vec<usize>,
    /// For each head its group.
    group: BTreeMap<usize, Vec<usize>>,
    links: BTreeMap<Pair, Link>,
}

impl<'a> Clusters<'a> {
    fn new(
        members: Vec<&'a MemberEvidence>,
        decided: BTreeMap<(&'a ObserverId, &'a ObserverId), &'a Decision>,
    ) -> Self {
        let head = (0..members.len()).collect();
        let group = (0..members.len()).map(|it| (it, vec![it])).collect();
        let unusable = unusable(&members);
        Self { members, unusable, decided, head, group, links: BTreeMap::new() }
    }

    /// Merges that people decided, newest first: where they contradict a split, the newer holds.
    fn follow_decisions(&mut self) {
        let place: BTreeMap<&ObserverId, usize> =
            self.members.iter().enumerate().map(|(at, it)| (&it.observer, at)).collect();
        let mut known: Vec<(&Decision, Pair)> = Vec::new();
        for ((left, right), decision) in &self.decided {
            if let (Some(left), Some(right)) = (place.get(left), place.get(right)) {
                known.push((decision, ordered(*left, *right)));
            }
        }
        known.sort_by(|left, right| right.cmp(left));
        for (decision, pair) in known {
            let Some(mut link) = self.compared(pair).map(|it| it.link) else { continue };
            let is_joined = match decision.kind {
                DecisionKind::Merge => !self.is_kept_apart(pair, false) && self.join(pair),
                DecisionKind::Split => false,
            };
            let is_refused = decision.kind == DecisionKind::Merge && !is_joined;
            let reason =
                if is_refused { link_reason::DECISIONS_CONTRADICT } else { link_reason::PERSON };
            link.is_joined = is_joined;
            reason.clone_into(&mut link.reason);
            self.links.insert(pair, link);
        }
    }

    /// Pairs that share an identifier, surest first.
    fn follow_evidence(&mut self) {
        let pairs: Vec<Pair> =
            self.sharing().into_iter().filter(|it| !self.links.contains_key(it)).collect();
        let mut joining: Vec<(u8, i32, Pair)> = Vec::new();
        for pair in pairs {
            let Some(Comparison { standing, link }) = self.compared(pair) else { continue };
            if link.agreeing.is_empty() {
                continue;
            }
            match standing {
                Standing::Joins { rank } => joining.push((rank, link.score, pair)),
                Standing::Open | Standing::Apart => {}
            }
            self.links.insert(pair, link);
        }
        joining.sort_by(|left, right| (right.0, right.1, left.2).cmp(&(left.0, left.1, right.2)));
        for (_, _, pair) in joining {
            let is_joined = !self.is_kept_apart(pair, true) && self.join(pair);
            if !is_joined && let Some(link) = self.links.get_mut(&pair) {
                link.is_joined = false;
                link_reason::CONTRADICTS_MEMBER.clone_into(&mut link.reason);
            }
        }
    }

    /// Whether joining the groups of this pair would put two together that must stay apart: by a
    /// person's word always, by evidence only where `by_evidence`.
    fn is_kept_apart(&self, pair: Pair, by_evidence: bool) -> bool {
        let (left, right) = (self.group_of(pair.0), self.group_of(pair.1));
        if self.head.get(pair.0) == self.head.get(pair.1) {
            return false;
        }
        left.iter().any(|one| {
            right.iter().any(|other| match self.decision_on(*one, *other) {
                Some(DecisionKind::Merge) => false,
                Some(DecisionKind::Split) => true,
                None => {
                    by_evidence
                        && self
                            .compared(ordered(*one, *other))
                            .is_some_and(|it| it.standing == Standing::Apart)
                }
            })
        })
    }

    fn join(&mut self, pair: Pair) -> bool {
        let (Some(&one), Some(&other)) = (self.head.get(pair.0), self.head.get(pair.1)) else {
            return false;
        };
        if one == other {
            return true;
        }
        let (kept, absorbed) = ordered(one, other);
        let moved = self.group.remove(&absorbed).unwrap_or_default();
        for member in &moved {
            if let Some(head) = self.head.get_mut(*member) {
                *head = kept;
            }
        }
        let group = self.group.entry(kept).or_default();
        group.extend(moved);
        group.sort_unstable();
        true
    }

    fn group_of(&self, member: usize) -> &[usize] {
        let group = self.head.get(member).and_then(|head| self.group.get(head));
        group.map(Vec::as_slice).unwrap_or_default()
    }

    fn decision_on(&self, one: usize, other: usize) -> Option<DecisionKind> {
        let (one, other) = (self.members.get(one)?, self.members.get(other)?);
        let key = key_of(&one.observer, &other.observer);
        self.decided.get(&key).map(|it| it.kind)
    }

    fn compared(&self, pair: Pair) -> Option<Comparison> {
        let (one, other) = (self.members.get(pair.0)?, self.members.get(pair.1)?);
        Some(compare(one, other, &self.unusable))
    }

    /// All pairs that share an identifier which names few enough.
    fn sharing(&self) -> BTreeSet<Pair> {
        let mut shown: BTreeMap<&Identifier, BTreeSet<usize>> = BTreeMap::new();
        for (place, member) in self.members.iter().enumerate() {
            for timed in &member.identifiers {
                if !self.unusable.contains(&timed.identifier) {
                    shown.entry(&timed.identifier).or_default().insert(place);
                }
            }
        }
        let mut pairs = BTreeSet::new();
        for places in shown.values() {
            for one in places {
                pairs.extend(places.range(one + 1..).map(|other| (*one, *other)));
            }
        }
        pairs
    }

    fn into_groupings(self) -> Vec<Grouping> {
        let Self { members, head, group, links, .. } = self;
        let mut links_of: BTreeMap<usize, BTreeSet<Link>> = BTreeMap::new();
        for ((one, other), link) in links {
            let heads = [head.get(one), head.get(other)];
            let is_one_group = heads[0] == heads[1];
            // Two that met through others need no word about what did not join them.
            if is_one_group && !link.is_joined && link.reason != link_reason::PERSON {
                continue;
            }
            for place in heads.into_iter().flatten() {
                links_of.entry(*place).or_default().insert(link.clone());
            }
        }
        let mut groupings = Vec::new();
        for (first, places) in group {
            let Some(earliest) = members.get(first) else { continue };
            let observers = places.iter().filter_map(|it| members.get(*it));
            groupings.push(Grouping {
                asset: asset_id(earliest.first_received_at, &earliest.observer),
                members: observers.map(|it| it.observer.clone()).collect(),
                links: links_of.remove(&first).unwrap_or_default().into_iter().collect(),
            });
        }
        groupings
    }
}

/// Identifiers that too many observers show.
fn unusable<'a>(members: &[&'a MemberEvidence]) -> BTreeSet<&'a Identifier> {
    let mut shown: BTreeMap<&Identifier, BTreeSet<&ObserverId>> = BTreeMap::new();
    for member in members {
        for timed in &member.identifiers {
            shown.entry(&timed.identifier).or_default().insert(&member.observer);
        }
    }
    let too_many =
        |(_, observers): &(_, BTreeSet<_>)| observers.len() > OBSERVERS_PER_IDENTIFIER_MAX;
    shown.into_iter().filter(too_many).map(|(identifier, _)| identifier).collect()
}

/// The newest decision on each pair; of two at one moment the one that is greater by content.
fn newest_decisions(decisions: &[Decision]) -> BTreeMap<(&ObserverId, &ObserverId), &Decision> {
    let mut newest: BTreeMap<(&ObserverId, &ObserverId), &Decision> = BTreeMap::new();
    for decision in decisions.iter().filter(|it| it.left != it.right) {
        let held = newest.entry(key_of(&decision.left, &decision.right)).or_insert(decision);
        *held = (*held).max(decision);
    }
    newest
}

fn key_of<'a>(one: &'a ObserverId, other: &'a ObserverId) -> (&'a ObserverId, &'a ObserverId) {
    if one <= other { (one, other) } else { (other, one) }
}

const fn ordered(one: usize, other: usize) -> Pair {
    if one <= other { (one, other) } else { (other, one) }
}

/// The identity of the asset whose first member was first heard of at this moment: UUIDv7 in form,
/// the same whenever it is made again.
fn asset_id(first_received_at: Timestamp, observer: &ObserverId) -> AssetId {
    let text = serde_json::to_vec(observer).unwrap_or_default();
    let digest = Sha256::digest(text);
    let mut random = [0_u8; 10];
    for (to, from) in random.iter_mut().zip(digest) {
        *to = from;
    }
    let millis = u64::try_from(first_received_at.as_millisecond()).unwrap_or_default();
    AssetId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

#[cfg(test)]
mod tests;
