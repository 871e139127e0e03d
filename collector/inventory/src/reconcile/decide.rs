//! What a person says of assets becomes decisions about observers.

use jiff::Timestamp;

use super::evidence::{Decision, DecisionKind};
use crate::asset::ObserverId;

/// The decisions that make one asset of two: one for each pair, so that no pair of them speaks
/// against it later.
#[must_use]
pub fn merge_decisions(
    left: &[ObserverId],
    right: &[ObserverId],
    decided_at: Timestamp,
    actor: &str,
) -> Vec<Decision> {
    pairs(left, right, DecisionKind::Merge, decided_at, actor)
}

/// The decisions that take observers out of an asset.
#[must_use]
pub fn split_decisions(
    leaving: &[ObserverId],
    members: &[ObserverId],
    decided_at: Timestamp,
    actor: &str,
) -> Vec<Decision> {
    let staying: Vec<ObserverId> =
        members.iter().filter(|it| !leaving.contains(it)).cloned().collect();
    pairs(leaving, &staying, DecisionKind::Split, decided_at, actor)
}

fn pairs(
    left: &[ObserverId],
    right: &[ObserverId],
    kind: DecisionKind,
    decided_at: Timestamp,
    actor: &str,
) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for one in left {
        for other in right.iter().filter(|it| *it != one) {
            decisions.push(Decision {
                decided_at,
                actor: actor.to_owned(),
                kind,
                left: one.min(other).clone(),
                right: one.max(other).clone(),
            });
        }
    }
    decisions.sort();
    decisions.dedup();
    decisions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> ObserverId {
        ObserverId::Person(name.to_owned())
    }

    #[test]
    fn a_merge_speaks_of_every_pair() {
        let (left, right) = ([person("a"), person("b")], [person("c"), person("a")]);
        let found = merge_decisions(&left, &right, Timestamp::UNIX_EPOCH, "alice");
        let found: Vec<_> = found.iter().map(|it| (&it.left, &it.right)).collect();
        let (a, b, c) = (person("a"), person("b"), person("c"));
        assert_eq!(found, [(&a, &b), (&a, &c), (&b, &c)]);
    }

    #[test]
    fn a_split_speaks_of_those_who_leave_and_those_who_stay() {
        let members = [person("a"), person("b"), person("c")];
        let found = split_decisions(&members[..1], &members, Timestamp::UNIX_EPOCH, "alice");
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|it| it.kind == DecisionKind::Split && it.left == person("a")));
    }
}
