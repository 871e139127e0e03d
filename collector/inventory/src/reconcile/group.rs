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

use super::compare::{Comparison, KINDS, Standing, compare, is_target};
use super::doubt::Doubts;
use super::evidence::{
    Decision, DecisionKind, Grouping, Identifier, IdentifierKind, Link, MemberEvidence, link_reason,
};
use super::profile::Profile;
use crate::asset::{AssetId, ObserverId};

/// Each line of scan results is compared with so many that follow it among those that show the same:
/// a chain joins them all, and a device with hundreds of lines costs hundreds of looks.
const LINES_COMPARED: usize = 16;

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

/// What two have to agree in to be one device in one place.
const PLACES: [IdentifierKind; 4] = [
    IdentifierKind::Address,
    IdentifierKind::LinkMac,
    IdentifierKind::PermanentMac,
    IdentifierKind::VirtualAddress,
];

/// What keeps two members out of one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    /// A person's word alone.
    Persons,
    /// That, and evidence that they are different.
    Contradictions,
    /// And that one is a copy of the other.
    ContradictionsAndCopies,
}

impl Against {
    fn forbids(self, found: &Comparison) -> bool {
        let is_copy = found.link.reason == link_reason::COPIED_IDENTITY;
        match self {
            Self::Persons => false,
            Self::Contradictions => found.standing == Standing::Apart,
            Self::ContradictionsAndCopies => found.standing == Standing::Apart || is_copy,
        }
    }
}

/// The work in progress: who is with whom, and what was said of each pair.
struct Clusters<'a> {
    members: Vec<&'a MemberEvidence>,
    doubts: Doubts<'a>,
    decided: BTreeMap<(&'a ObserverId, &'a ObserverId), &'a Decision>,
    /// For each member the first member of its group.
    head: Vec<usize>,
    /// For each head its group.
    group: BTreeMap<usize, Vec<usize>>,
    /// For each head what its group shows.
    profiles: BTreeMap<usize, Profile<'a>>,
    links: BTreeMap<Pair, Link>,
}

impl<'a> Clusters<'a> {
    fn new(
        members: Vec<&'a MemberEvidence>,
        decided: BTreeMap<(&'a ObserverId, &'a ObserverId), &'a Decision>,
    ) -> Self {
        let head = (0..members.len()).collect();
        let group = (0..members.len()).map(|it| (it, vec![it])).collect();
        let doubts = Doubts::about(&members);
        let profile = |it: &&'a MemberEvidence| Profile::of(it, &doubts.with_targets);
        let profiles = members.iter().map(profile).enumerate().collect();
        Self { members, doubts, decided, head, group, profiles, links: BTreeMap::new() }
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
                DecisionKind::Merge => {
                    !self.is_kept_apart(pair, Against::Persons) && self.join(pair)
                }
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
        self.tell_copies();
        joining.sort_by(|left, right| (right.0, right.1, left.2).cmp(&(left.0, left.1, right.2)));
        for (_, _, pair) in joining {
            let against = self.against(pair);
            let is_joined = !self.is_kept_apart(pair, against)
                && !self.would_join_agents(pair)
                && self.join(pair);
            if !is_joined && let Some(link) = self.links.get_mut(&pair) {
                link.is_joined = false;
                link_reason::CONTRADICTS_MEMBER.clone_into(&mut link.reason);
            }
        }
    }

    /// Agents on different machines that show one host key: a person should know that it was copied.
    fn tell_copies(&mut self) {
        let mut told: Vec<(Pair, Link)> = Vec::new();
        for (identifier, places) in self.shown() {
            let is_copied = identifier.kind == IdentifierKind::SshHostKey
                && self.doubts.with_targets.contains(identifier);
            let is_agent = |it: &&usize| self.members.get(**it).is_some_and(|it| !is_target(it));
            let agents: Vec<usize> = places.iter().filter(is_agent).copied().collect();
            for (at, one) in agents.iter().enumerate().filter(|_| is_copied) {
                for other in agents.iter().skip(at + 1) {
                    let pair = ordered(*one, *other);
                    let Some(Comparison { standing, mut link }) = self.compared(pair) else {
                        continue;
                    };
                    if standing == Standing::Apart && link.agreeing.is_empty() {
                        link.agreeing.push(identifier.clone());
                        link_reason::COPIED_IDENTITY.clone_into(&mut link.reason);
                        told.push((pair, link));
                    }
                }
            }
        }
        for (pair, link) in told {
            self.links.entry(pair).or_insert(link);
        }
    }

    /// What an agreement has to respect. One in an adapter or an address is about a place, of which
    /// there is one; what travels with a copied disk may mean the original or any copy.
    fn against(&self, pair: Pair) -> Against {
        let names_a_place = self
            .links
            .get(&pair)
            .is_some_and(|link| link.agreeing.iter().any(|it| PLACES.contains(&it.kind)));
        if names_a_place { Against::Contradictions } else { Against::ContradictionsAndCopies }
    }

    /// Whether joining the groups of this pair would put two together that must stay apart.
    fn is_kept_apart(&self, pair: Pair, against: Against) -> bool {
        let (left, right) = (self.group_of(pair.0), self.group_of(pair.1));
        if self.head.get(pair.0) == self.head.get(pair.1) {
            return false;
        }
        let by_evidence = against != Against::Persons && self.may_contradict(pair);
        if self.decided.is_empty() && !by_evidence {
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
                            .is_some_and(|it| against.forbids(&it))
                }
            })
        })
    }

    fn may_contradict(&self, pair: Pair) -> bool {
        let profile = |it| self.head.get(it).and_then(|head| self.profiles.get(head));
        match (profile(pair.0), profile(pair.1)) {
            (Some(one), Some(other)) => one.may_contradict(other),
            (Some(_) | None, Some(_) | None) => true,
        }
    }

    /// Whether two agents would become one asset because of what scans show of them: agents show
    /// better evidence themselves, and what that did not join stays apart.
    fn would_join_agents(&self, pair: Pair) -> bool {
        let is_target = |it: usize| self.members.get(it).is_some_and(|it| is_target(it));
        let has_agent = |it: usize| self.group_of(it).iter().any(|it| !is_target(*it));
        let is_of_scans = is_target(pair.0) || is_target(pair.1);
        let is_one_group = self.head.get(pair.0) == self.head.get(pair.1);
        is_of_scans && !is_one_group && has_agent(pair.0) && has_agent(pair.1)
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
        if let Some(profile) = self.profiles.remove(&absorbed) {
            self.profiles.entry(kept).or_default().absorb(profile);
        }
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
        Some(compare(one, other, &self.doubts))
    }

    /// Which members show each identifier that names few enough.
    fn shown(&self) -> BTreeMap<&'a Identifier, BTreeSet<usize>> {
        let mut shown: BTreeMap<&Identifier, BTreeSet<usize>> = BTreeMap::new();
        for (place, member) in self.members.iter().enumerate() {
            for timed in &member.identifiers {
                let connects = timed.identifier.kind.connects();
                if connects && !self.doubts.unusable.contains(&timed.identifier) {
                    shown.entry(&timed.identifier).or_default().insert(place);
                }
            }
        }
        shown
    }

    /// All pairs that share an identifier which names few enough.
    fn sharing(&self) -> BTreeSet<Pair> {
        let mut pairs = BTreeSet::new();
        for (identifier, places) in self.shown() {
            let is_target = |it: &usize| self.members.get(*it).is_some_and(|it| is_target(it));
            let (lines, agents): (Vec<usize>, Vec<usize>) =
                places.into_iter().partition(|it| is_target(it));
            let compares_agents = KINDS.contains(&identifier.kind);
            for (at, one) in agents.iter().enumerate() {
                let others = agents.iter().skip(at + 1).filter(|_| compares_agents);
                pairs.extend(others.chain(&lines).map(|other| ordered(*one, *other)));
            }
            for (at, one) in lines.iter().enumerate() {
                let others = lines.iter().skip(at + 1).take(LINES_COMPARED);
                pairs.extend(others.map(|other| ordered(*one, *other)));
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
