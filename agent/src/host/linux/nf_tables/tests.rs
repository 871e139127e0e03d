//! Rules that nft, iptables and ufw made in a name space of their own, recorded as netlink bytes (real; the
//! files in `recordings/` say by what), and bytes that nobody made.

use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::super::super::firewall::RuleState;
use super::*;

#[derive(Debug, Clone, Default)]
struct Recording {
    tables: Vec<Vec<u8>>,
    chains: Vec<Vec<u8>>,
    rules: Vec<Vec<u8>>,
    sets: Vec<Vec<u8>>,
}

fn recording(text: &str) -> Recording {
    let mut recording = Recording::default();
    for line in text.lines().filter(|it| !it.starts_with('#')) {
        let (kind, bytes) = line.split_once(' ').unwrap();
        let bytes = HEXLOWER.decode(bytes.as_bytes()).unwrap();
        match kind {
            "table" => recording.tables.push(bytes),
            "chain" => recording.chains.push(bytes),
            "rule" => recording.rules.push(bytes),
            "set" => recording.sets.push(bytes),
            other => panic!("{other}"),
        }
    }
    recording
}

impl Recording {
    fn rule_set(&self) -> RuleSet {
        let mut sets: BTreeMap<SetKey, Vec<Element>> = BTreeMap::new();
        for entry in self.sets.iter().filter(|it| it.len() >= 4) {
            let name = |kind| wire::part(&entry[4..], kind).map(wire::text).unwrap_or_default();
            let elements = wire::elements(entry);
            sets.entry((entry[0], name(1), name(2))).or_default().extend(elements);
        }
        assemble(&self.tables, &self.chains, &self.rules, &sets)
    }
}

fn chain<'a>(rules: &'a RuleSet, family: &str, name: &str) -> &'a ChainState {
    rules.chains.iter().find(|it| it.table.family == family && it.name == name).unwrap()
}

fn accepts(protocols: &[u8], ports: &[(u16, u16)]) -> RuleState {
    let protocols = (!protocols.is_empty()).then(|| protocols.to_vec());
    let ports = (!ports.is_empty()).then(|| ports.to_vec());
    RuleState { protocols, ports, leads_to: None }
}

fn leads(to: &str, rule: RuleState) -> RuleState {
    RuleState { leads_to: Some(to.to_owned()), ..rule }
}

#[test]
fn rules_of_nft_are_read() {
    let text = include_str!("recordings/nft-server.txt");
    let rules = recording(text).rule_set();
    let input = chain(&rules, "inet", "input");
    let base = input.base.as_ref().unwrap();
    assert_eq!((&*base.hook, &*base.kind), ("input", "filter"));
    assert_eq!(base.policy.as_deref(), Some("drop"));
    assert_eq!(input.rule_count, 14);
    let expected = [
        accepts(&[1, 58], &[]),
        accepts(&[6], &[(22, 22)]),
        accepts(&[6], &[(80, 80), (443, 443), (8000, 8010)]),
        accepts(&[17], &[(53, 53), (123, 123)]),
        accepts(&[6], &[(5000, 5010)]),
        accepts(&[6], &[(25, 25)]),
        leads("mail", accepts(&[6], &[(993, 993)])),
        accepts(&[6, 17], &[(88, 88)]),
        accepts(&[6], &[(6000, 6000)]),
        leads("more", accepts(&[], &[])),
    ];
    let mut found = input.rules.clone();
    for rule in &mut found {
        if let Some(protocols) = &mut rule.protocols {
            protocols.sort_unstable();
        }
    }
    assert_eq!(found, expected);
    assert_eq!(chain(&rules, "inet", "mail").rules, [accepts(&[], &[])]);
    assert_eq!(chain(&rules, "inet", "more").rules, [accepts(&[17], &[(1194, 1194)])]);
    assert_eq!(chain(&rules, "inet", "more").rule_count, 2);
    let nat = chain(&rules, "ip", "post");
    assert_eq!((nat.rule_count, nat.rules.len()), (1, 0));
    assert_eq!(nat.base.as_ref().map(|it| &*it.kind), Some("nat"));
    assert_eq!(rules.tables.len(), 2);
}

#[test]
fn rules_of_iptables_are_read() {
    let rules = recording(include_str!("recordings/iptables-server.txt")).rule_set();
    let input = chain(&rules, "ip", "INPUT");
    assert_eq!(input.rule_count, 11);
    let expected = [
        accepts(&[6], &[(22, 22)]),
        accepts(&[6], &[(80, 80), (443, 443), (8000, 8010)]),
        accepts(&[17], &[(53, 53)]),
        accepts(&[6], &[(8443, 8443)]),
        accepts(&[6], &[(25, 25)]),
        leads("app", accepts(&[6], &[])),
    ];
    assert_eq!(input.rules, expected);
    assert_eq!(chain(&rules, "ip", "app").rules, [accepts(&[6], &[(9000, 9000)])]);
}

#[test]
fn rules_of_ufw_are_read() {
    let rules = recording(include_str!("recordings/ufw.txt")).rule_set();
    let user = chain(&rules, "ip", "ufw-user-input");
    let tcp = accepts(&[6], &[(22, 22)]);
    assert!(user.rules.contains(&tcp), "{:?}", user.rules);
    assert!(user.rules.contains(&accepts(&[6], &[(80, 80), (443, 443)])));
    assert!(user.rules.contains(&accepts(&[17], &[(60_000, 61_000)])));
    assert!(!user.rules.iter().any(|it| it.ports == Some(vec![(5432, 5432)])), "from one network");
    assert!(!user.rules.iter().any(|it| it.ports == Some(vec![(53, 53)])), "on one interface");
    let input = chain(&rules, "ip", "INPUT");
    assert!(input.rules.contains(&leads("ufw-before-input", accepts(&[], &[]))));
}

#[test]
fn a_set_of_ranges_ends_where_it_says_and_an_open_one_at_the_last_port() {
    let element =
        |port: u16, is_end| Element { key: port.to_be_bytes().to_vec(), is_end, verdict: None };
    let of = |elements: &[Element]| -> Vec<(u16, u16)> {
        ranges(elements).unwrap().into_iter().map(|it| it.0).collect()
    };
    let closed = [element(0, true), element(90, true), element(80, false), element(443, false)];
    assert_eq!(of(&closed), [(80, 89), (443, u16::MAX)]);
    assert_eq!(of(&[element(7, false), element(5, false)]), [(5, 5), (7, 7)]);
    let odd = Element { key: vec![1], is_end: false, verdict: None };
    assert_eq!(ranges(&[odd]), None);
}

/// A recording with one bit turned, or cut.
fn mutated() -> impl Strategy<Value = Recording> {
    let texts = [
        include_str!("recordings/nft-server.txt"),
        include_str!("recordings/iptables-server.txt"),
        include_str!("recordings/ufw.txt"),
    ];
    let changes = proptest::collection::vec(
        (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()),
        1..8,
    );
    (0..texts.len(), changes).prop_map(move |(index, changes)| {
        let mut made = recording(texts[index]);
        let Recording { tables, chains, rules, sets } = &mut made;
        for (entry, at, value) in changes {
            let mut all: Vec<&mut Vec<u8>> = tables
                .iter_mut()
                .chain(&mut *chains)
                .chain(&mut *rules)
                .chain(&mut *sets)
                .collect();
            let count = all.len();
            let entry = &mut *all[entry.index(count)];
            if entry.is_empty() {
                continue;
            }
            let place = at.index(entry.len());
            if value == 0 { entry.truncate(place) } else { entry[place] ^= value }
        }
        made
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn mutated_messages_never_panic(recording in mutated()) {
        let rules = recording.rule_set();
        prop_assert!(rules.chains.len() <= recording.chains.len());
    }

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let one = vec![bytes];
        let made = Recording { tables: one.clone(), chains: one.clone(), rules: one.clone(), sets: one };
        let _ = made.rule_set();
    }
}
