mod targets;

use observation::latest::AgentId;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::reconcile::{IdentifierKind, TimedIdentifier};

/// What an invented machine shows.
const UUID: IdentifierKind = IdentifierKind::SystemUuid;
const SERIAL: IdentifierKind = IdentifierKind::SystemSerial;
const BOARD: IdentifierKind = IdentifierKind::BoardSerial;
const INSTALLATION: IdentifierKind = IdentifierKind::Installation;
const MAC: IdentifierKind = IdentifierKind::PermanentMac;
const DISK: IdentifierKind = IdentifierKind::DiskSerial;
const BOOT: IdentifierKind = IdentifierKind::Boot;

fn observer(number: u128) -> ObserverId {
    ObserverId::Agent(AgentId(Uuid::from_u128(number)))
}

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + hour * 3600).unwrap()
}

fn timed(kind: IdentifierKind, text: &str, from: i64, to: i64) -> TimedIdentifier {
    TimedIdentifier {
        identifier: Identifier { kind, text: text.to_owned() },
        first_seen_at: at(from),
        last_seen_at: at(to),
    }
}

/// An observer that spoke from one hour to another and showed the same all the time.
fn member(number: u128, from: i64, to: i64, shown: &[(IdentifierKind, &str)]) -> MemberEvidence {
    let mut identifiers: Vec<TimedIdentifier> =
        shown.iter().map(|(kind, text)| timed(*kind, text, from, to)).collect();
    identifiers.sort();
    MemberEvidence {
        observer: observer(number),
        first_received_at: at(from),
        last_received_at: at(to),
        identifiers,
    }
}

fn decision(hour: i64, kind: DecisionKind, left: u128, right: u128) -> Decision {
    Decision {
        decided_at: at(hour),
        actor: "alice".to_owned(),
        kind,
        left: observer(left),
        right: observer(right),
    }
}

/// The numbers of the observers of each asset.
fn numbers(groupings: &[Grouping]) -> Vec<Vec<u128>> {
    let number = |it: &ObserverId| match it {
        ObserverId::Agent(agent) => agent.0.as_u128(),
        ObserverId::Target(_) | ObserverId::Person(_) => 0,
    };
    groupings.iter().map(|it| it.members.iter().map(number).collect()).collect()
}

/// The reasons of all links.
fn reasons(groupings: &[Grouping]) -> BTreeSet<(bool, String)> {
    let links = groupings.iter().flat_map(|it| &it.links);
    links.map(|it| (it.is_joined, it.reason.clone())).collect()
}

fn check(members: &[MemberEvidence], expected: &[&[u128]], reason: Option<(bool, &str)>) {
    let groupings = group(members, &[]);
    assert_eq!(numbers(&groupings), expected, "{groupings:#?}");
    let expected: BTreeSet<_> = reason.map(|(is, it)| (is, it.to_owned())).into_iter().collect();
    assert_eq!(reasons(&groupings), expected, "{groupings:#?}");
}

#[test]
fn a_machine_installed_anew_stays_the_same_asset_under_the_same_id() {
    let old = member(1, 0, 10, &[(UUID, "u"), (SERIAL, "s"), (MAC, "m"), (INSTALLATION, "a")]);
    let new = member(2, 12, 20, &[(UUID, "u"), (SERIAL, "s"), (MAC, "m"), (INSTALLATION, "b")]);
    check(&[old.clone(), new.clone()], &[&[1, 2]], Some((true, link_reason::STRONG_EVIDENCE)));
    let id = |members: &[MemberEvidence]| group(members, &[]).first().map(|it| it.asset);
    assert_eq!(id(&[new, old.clone()]), id(&[old]));
}

#[test]
fn twins_with_nothing_but_filler_share_nothing() {
    let one = member(1, 0, 10, &[(INSTALLATION, "a"), (MAC, "m1"), (DISK, "d1")]);
    let other = member(2, 1, 11, &[(INSTALLATION, "b"), (MAC, "m2"), (DISK, "d2")]);
    check(&[one, other], &[&[1], &[2]], None);
}

#[test]
fn twins_with_an_unknown_shared_number_stay_apart_while_both_live_and_after() {
    let one = member(1, 0, 10, &[(SERIAL, "x"), (INSTALLATION, "a"), (MAC, "m1"), (DISK, "d1")]);
    let living = member(2, 1, 11, &[(SERIAL, "x"), (INSTALLATION, "b"), (MAC, "m2"), (DISK, "d2")]);
    check(&[one.clone(), living], &[&[1], &[2]], Some((false, link_reason::ALIVE_TOGETHER)));
    let later = member(2, 12, 20, &[(SERIAL, "x"), (INSTALLATION, "b"), (MAC, "m2"), (DISK, "d2")]);
    check(&[one, later], &[&[1], &[2]], Some((false, link_reason::OUTWEIGHED)));
}

#[test]
fn a_copied_virtual_machine_beside_its_original_is_another_asset() {
    let shown = [(UUID, "u"), (INSTALLATION, "a")];
    let original = member(1, 0, 10, &[&shown[..], &[(BOOT, "b1")]].concat());
    let copy = member(2, 5, 15, &[&shown[..], &[(BOOT, "b2")]].concat());
    check(&[original, copy], &[&[1], &[2]], Some((false, link_reason::ALIVE_TOGETHER)));
}

#[test]
fn machines_from_one_template_are_different_assets_at_any_time() {
    let original = member(1, 0, 10, &[(UUID, "u1"), (INSTALLATION, "a"), (MAC, "m1")]);
    let living = member(2, 5, 15, &[(UUID, "u2"), (INSTALLATION, "a"), (MAC, "m2")]);
    check(&[original.clone(), living], &[&[1], &[2]], Some((false, link_reason::ALIVE_TOGETHER)));
    let later = member(2, 11, 15, &[(UUID, "u2"), (INSTALLATION, "a"), (MAC, "m2")]);
    check(&[original, later], &[&[1], &[2]], Some((false, link_reason::OUTWEIGHED)));
}

#[test]
fn two_agents_on_one_machine_are_one_asset() {
    let shown = [(UUID, "u"), (INSTALLATION, "a"), (BOOT, "b")];
    check(
        &[member(1, 0, 10, &shown), member(2, 1, 11, &shown)],
        &[&[1, 2]],
        Some((true, link_reason::SAME_START)),
    );
}

#[test]
fn two_agents_that_know_no_start_are_one_asset_by_parts_that_no_copy_carries() {
    let shown = [(SERIAL, "s"), (INSTALLATION, "a"), (MAC, "m"), (DISK, "d")];
    check(
        &[member(1, 0, 10, &shown), member(2, 1, 11, &shown)],
        &[&[1, 2]],
        Some((true, link_reason::SAME_HARDWARE)),
    );
    let weaker = [(SERIAL, "s"), (INSTALLATION, "a")];
    check(
        &[member(1, 0, 10, &weaker), member(2, 1, 11, &weaker)],
        &[&[1], &[2]],
        Some((false, link_reason::ALIVE_TOGETHER)),
    );
}

#[test]
fn a_container_is_not_its_host_and_that_is_no_conflict() {
    let host = member(1, 0, 10, &[(UUID, "u"), (INSTALLATION, "a"), (BOOT, "b"), (DISK, "d")]);
    let inside = member(2, 1, 11, &[(UUID, "u"), (INSTALLATION, "c"), (BOOT, "b"), (DISK, "d")]);
    check(
        &[host.clone(), inside.clone()],
        &[&[1], &[2]],
        Some((false, link_reason::SHARED_KERNEL)),
    );
    let groupings = group(&[host, inside], &[]);
    assert!(!groupings.iter().flat_map(|it| &it.links).any(Link::is_open_conflict));
}

#[test]
fn a_replaced_board_does_not_make_another_asset() {
    let before = member(
        1,
        0,
        10,
        &[(UUID, "u1"), (BOARD, "b1"), (MAC, "m1"), (INSTALLATION, "a"), (DISK, "d")],
    );
    let after = member(
        2,
        12,
        20,
        &[(UUID, "u2"), (BOARD, "b2"), (MAC, "m2"), (INSTALLATION, "a"), (DISK, "d")],
    );
    check(&[before, after], &[&[1, 2]], Some((true, link_reason::STRONG_EVIDENCE)));
}

#[test]
fn a_disk_in_another_machine_does_not_take_the_asset_along() {
    let old = member(1, 0, 10, &[(UUID, "u1"), (MAC, "m1"), (INSTALLATION, "a"), (DISK, "d")]);
    let other = member(2, 12, 20, &[(UUID, "u2"), (MAC, "m2"), (INSTALLATION, "b"), (DISK, "d")]);
    check(&[old, other], &[&[1], &[2]], Some((false, link_reason::OUTWEIGHED)));
}

#[test]
fn a_part_that_was_moved_between_living_machines_is_no_conflict() {
    let mut giver = member(1, 0, 20, &[(UUID, "u1"), (INSTALLATION, "a")]);
    giver.identifiers.extend([timed(DISK, "d", 0, 5), timed(DISK, "e", 6, 20)]);
    let mut taker = member(2, 0, 20, &[(UUID, "u2"), (INSTALLATION, "b")]);
    taker.identifiers.push(timed(DISK, "d", 7, 20));
    check(&[giver, taker], &[&[1], &[2]], None);
}

#[test]
fn one_adapter_that_agrees_joins_nobody() {
    let one = member(1, 0, 10, &[(MAC, "m"), (INSTALLATION, "a")]);
    let other = member(2, 12, 20, &[(MAC, "m"), (INSTALLATION, "b")]);
    check(&[one, other], &[&[1], &[2]], Some((false, link_reason::TOO_WEAK)));
}

#[test]
fn a_new_key_on_the_same_installation_is_the_same_asset() {
    let one = member(1, 0, 10, &[(INSTALLATION, "a")]);
    let other = member(2, 12, 20, &[(INSTALLATION, "a")]);
    check(&[one, other], &[&[1, 2]], Some((true, link_reason::STRONG_EVIDENCE)));
}

#[test]
fn the_ends_of_a_chain_that_live_together_are_not_joined_through_its_middle() {
    let first = member(1, 0, 20, &[(UUID, "u"), (SERIAL, "s")]);
    let middle = member(2, 21, 22, &[(UUID, "u"), (SERIAL, "s"), (INSTALLATION, "a")]);
    let last = member(3, 5, 20, &[(INSTALLATION, "a"), (BOOT, "b")]);
    let groupings = group(&[first, middle, last], &[]);
    assert_eq!(numbers(&groupings), [vec![1, 2], vec![3]]);
    assert!(reasons(&groupings).contains(&(false, link_reason::CONTRADICTS_MEMBER.to_owned())));
}

#[test]
fn parts_replaced_one_after_another_leave_the_asset_what_it_is() {
    let first = member(1, 0, 10, &[(UUID, "u1"), (INSTALLATION, "a"), (DISK, "d1")]);
    let second = member(2, 11, 20, &[(UUID, "u1"), (INSTALLATION, "b"), (DISK, "d2")]);
    let third = member(3, 21, 30, &[(UUID, "u2"), (INSTALLATION, "b"), (DISK, "d2")]);
    assert_eq!(numbers(&group(&[first, second, third], &[])), [vec![1, 2, 3]]);
}

#[test]
fn a_person_has_the_last_word_and_the_newer_word_holds() {
    let shown = [(UUID, "u"), (SERIAL, "s")];
    let same = [member(1, 0, 10, &shown), member(2, 12, 20, &shown)];
    let split = decision(30, DecisionKind::Split, 2, 1);
    let merge = decision(31, DecisionKind::Merge, 1, 2);
    assert_eq!(numbers(&group(&same, std::slice::from_ref(&split))), [vec![1], vec![2]]);
    assert_eq!(numbers(&group(&same, &[split, merge.clone()])), [vec![1, 2]]);
    let strangers = [member(1, 0, 10, &[(UUID, "u")]), member(2, 0, 20, &[(UUID, "v")])];
    assert_eq!(numbers(&group(&strangers, &[merge])), [vec![1, 2]]);
}

#[test]
fn a_merge_that_would_undo_a_split_is_refused_and_said() {
    let members: Vec<MemberEvidence> = (1..=3).map(|it| member(it, 0, 10, &[])).collect();
    let decisions = [
        decision(1, DecisionKind::Split, 1, 3),
        decision(2, DecisionKind::Merge, 1, 2),
        decision(3, DecisionKind::Merge, 2, 3),
    ];
    let groupings = group(&members, &decisions);
    assert_eq!(numbers(&groupings), [vec![1], vec![2, 3]]);
    assert!(reasons(&groupings).contains(&(false, link_reason::DECISIONS_CONTRADICT.to_owned())));
}

#[test]
fn an_identifier_that_everybody_shows_joins_nobody_and_costs_little() {
    let members: Vec<MemberEvidence> = (0..2_000_u32)
        .map(|it| {
            let hour = i64::from(it) * 2;
            member(u128::from(it) + 1, hour, hour + 1, &[(SERIAL, "unknown filler")])
        })
        .collect();
    let groupings = group(&members, &[]);
    assert_eq!(groupings.len(), 2_000);
    assert!(groupings.iter().all(|it| it.links.is_empty()));
}

#[test]
fn the_asset_id_sorts_by_the_moment_its_first_member_was_heard_of() {
    let id = asset_id(at(0), &observer(1));
    assert_eq!(id.0.get_version_num(), 7);
    assert_eq!(id, asset_id(at(0), &observer(1)));
    assert_ne!(id, asset_id(at(0), &observer(2)));
    assert!(asset_id(at(0), &observer(1)) < asset_id(at(1), &observer(1)));
}

const ANY_KIND: [IdentifierKind; 7] = [UUID, SERIAL, BOARD, INSTALLATION, MAC, DISK, BOOT];

/// A crowd in which identifiers, times and decisions collide often.
fn crowd() -> impl Strategy<Value = (Vec<MemberEvidence>, Vec<Decision>)> {
    let identifier =
        (0..ANY_KIND.len(), 0..3_u8, 0..10_i64, 0..5_i64).prop_map(|(kind, text, from, length)| {
            timed(ANY_KIND[kind], &text.to_string(), from, from + length)
        });
    let shown = prop::collection::btree_set(identifier, 0..6);
    let one = (0..12_i64, 0..8_i64, shown);
    let decided = (0..6_i64, any::<bool>(), 1..9_u128, 1..9_u128);
    (prop::collection::vec(one, 1..9), prop::collection::vec(decided, 0..4)).prop_map(
        |(members, decisions)| {
            let members =
                members.into_iter().zip(1_u128..).map(|((from, length, shown), number)| {
                    let mut evidence = member(number, from, from + length, &[]);
                    evidence.identifiers = shown.into_iter().collect();
                    evidence
                });
            let decisions = decisions.into_iter().map(|(hour, is_merge, left, right)| {
                let kind = if is_merge { DecisionKind::Merge } else { DecisionKind::Split };
                decision(hour, kind, left, right)
            });
            (members.collect(), decisions.collect())
        },
    )
}

/// Each connected set of observers alone, as a store hands it to reconciling.
fn connected(members: &[MemberEvidence], decisions: &[Decision]) -> Vec<Vec<MemberEvidence>> {
    let is_connected = |one: &MemberEvidence, other: &MemberEvidence| {
        let shares = |it: &TimedIdentifier| {
            other.identifiers.iter().any(|its| its.identifier == it.identifier)
        };
        one.identifiers.iter().filter(|it| it.identifier.kind.connects()).any(shares)
            || decisions.iter().any(|it| {
                [(&it.left, &it.right), (&it.right, &it.left)]
                    .contains(&(&one.observer, &other.observer))
            })
    };
    let mut rest = members.to_vec();
    let mut sets = Vec::new();
    while let Some(first) = rest.pop() {
        let mut set = vec![first];
        let mut next = 0;
        while let Some(current) = set.get(next).cloned() {
            let (near, far): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|it| is_connected(&current, it));
            set.extend(near);
            rest = far;
            next += 1;
        }
        sets.push(set);
    }
    sets
}

fn by_asset(mut groupings: Vec<Grouping>) -> Vec<Grouping> {
    groupings.sort_by_key(|it| it.asset);
    groupings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_order_of_everything_does_not_matter(
        ((members, decisions), (shuffled, turned)) in crowd().prop_flat_map(|it| {
            let members = it.0.iter().cloned().map(|mut member| {
                member.identifiers.reverse();
                member
            });
            let shuffled = Just(members.collect::<Vec<_>>()).prop_shuffle();
            let turned = Just(it.1.clone()).prop_shuffle();
            (Just(it), (shuffled, turned))
        })
    ) {
        let straight = group(&members, &decisions);
        prop_assert_eq!(&straight, &group(&shuffled, &turned));
        prop_assert_eq!(&straight, &group(&members, &decisions));
        let doubled = [members.clone(), members].concat();
        let said_twice = [decisions.clone(), decisions].concat();
        prop_assert_eq!(&straight, &group(&doubled, &said_twice));
    }

    #[test]
    fn looking_at_candidates_alone_gives_what_looking_at_all_gives((members, decisions) in crowd()) {
        let sets = connected(&members, &decisions);
        let apart = sets.iter().flat_map(|it| group(it, &decisions)).collect();
        prop_assert_eq!(by_asset(group(&members, &decisions)), by_asset(apart));
    }

    #[test]
    fn everybody_is_in_one_asset_and_splits_hold((members, decisions) in crowd()) {
        let groupings = group(&members, &decisions);
        let mut placed: Vec<&ObserverId> = groupings.iter().flat_map(|it| &it.members).collect();
        placed.sort();
        let mut known: Vec<&ObserverId> = members.iter().map(|it| &it.observer).collect();
        known.sort();
        prop_assert_eq!(placed, known);
        for ((left, right), decision) in newest_decisions(&decisions) {
            let is_together =
                groupings.iter().any(|it| it.members.contains(left) && it.members.contains(right));
            prop_assert!(decision.kind == DecisionKind::Merge || !is_together);
        }
    }

    #[test]
    fn every_joined_asset_can_be_explained((members, decisions) in crowd()) {
        for grouping in group(&members, &decisions) {
            for member in grouping.members.iter().skip(1) {
                let explains = |it: &Link| it.is_joined && (it.left == *member || it.right == *member);
                prop_assert!(grouping.links.iter().any(explains));
            }
        }
    }
}
