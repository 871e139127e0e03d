//! What holds for any crowd of agents and lines.

use super::*;

const ANY: [IdentifierKind; 13] = [
    UUID,
    SERIAL,
    INSTALLATION,
    MAC,
    BOOT,
    LINK,
    KEY,
    NAME,
    ENGINE,
    DEVICE,
    CERTIFICATE,
    ADDRESS,
    CLUSTER,
];

/// Agents and lines in which identifiers, addresses and times collide often.
fn mixed_crowd() -> impl Strategy<Value = Vec<MemberEvidence>> {
    let identifier =
        (0..ANY.len(), 0..3_u8, 0..20_i64, 0..8_i64).prop_map(|(kind, text, from, length)| {
            let kind = ANY[kind];
            let network = if kind == ADDRESS { "10.0.0." } else { "" };
            timed(kind, &format!("{network}{text}"), from, from + length)
        });
    let shown = prop::collection::btree_set(identifier, 0..6);
    let one = (any::<bool>(), 0..3_u128, 0..4_u8, 0..20_i64, 0..8_i64, shown);
    prop::collection::vec(one, 1..10).prop_map(|all| {
        let made = all.into_iter().zip(1_u128..).map(|(all, number)| {
            let (is_agent, vantage, address, from, length, shown) = all;
            let mut evidence = member(number, from, from + length, &[]);
            if !is_agent {
                let vantage = (vantage > 0).then_some(vantage);
                let id = target_id(vantage, &format!("10.0.0.{address}"), from);
                evidence.observer = ObserverId::Target(id);
            }
            evidence.identifiers = shown.into_iter().collect();
            evidence
        });
        // One line each: a line is known by its address, place and beginning.
        let mut seen = BTreeSet::new();
        made.filter(|it| seen.insert(it.observer.clone())).collect()
    })
}

fn profile<'a>(group: &[&'a MemberEvidence], doubts: &Doubts<'a>) -> Profile<'a> {
    let mut profile = Profile::default();
    for member in group {
        profile.absorb(Profile::of(member, &doubts.with_targets));
    }
    profile
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_order_of_agents_and_lines_does_not_matter(
        (members, shuffled) in mixed_crowd().prop_flat_map(|it| {
            let shuffled = Just(it.clone()).prop_shuffle();
            (Just(it), shuffled)
        })
    ) {
        let straight = group(&members, &[]);
        prop_assert_eq!(&straight, &group(&shuffled, &[]));
        let doubled = [members.clone(), members].concat();
        prop_assert_eq!(&straight, &group(&doubled, &[]));
    }

    #[test]
    fn agents_and_lines_alone_give_what_all_give(members in mixed_crowd()) {
        let sets = connected(&members, &[]);
        let apart = sets.iter().flat_map(|it| group(it, &[])).collect();
        prop_assert_eq!(by_asset(group(&members, &[])), by_asset(apart));
    }

    #[test]
    fn where_profiles_see_no_contradiction_no_pair_is_one(members in mixed_crowd(), cut in 0..10_usize) {
        let all: Vec<&MemberEvidence> = members.iter().collect();
        let doubts = Doubts::about(&all);
        let (left, right) = all.split_at(cut.min(all.len()));
        if !profile(left, &doubts).may_contradict(&profile(right, &doubts)) {
            for (one, other) in left.iter().flat_map(|it| right.iter().map(move |its| (it, its))) {
                let found = compare(one, other, &doubts);
                prop_assert!(!Against::ContradictionsAndCopies.forbids(&found), "{found:?}");
            }
        }
    }

    #[test]
    fn scans_never_join_agents_that_do_not_join_themselves(members in mixed_crowd()) {
        let agents: Vec<MemberEvidence> =
            members.iter().filter(|it| !is_target(it)).cloned().collect();
        let of_agents = |groupings: &[Grouping]| {
            let sets = groupings.iter().map(|it| {
                let agents = it.members.iter().filter(|it| matches!(it, ObserverId::Agent(_)));
                agents.cloned().collect::<BTreeSet<_>>()
            });
            sets.filter(|it| !it.is_empty()).collect::<BTreeSet<_>>()
        };
        prop_assert_eq!(of_agents(&group(&members, &[])), of_agents(&group(&agents, &[])));
    }

    #[test]
    fn every_line_in_an_asset_can_be_explained(members in mixed_crowd()) {
        for grouping in group(&members, &[]) {
            for member in grouping.members.iter().skip(1) {
                let explains = |it: &Link| it.is_joined && (it.left == *member || it.right == *member);
                prop_assert!(grouping.links.iter().any(explains));
            }
        }
    }
}
