//! Rules put together expression by expression as the kernel would send them (constructed from
//! linux/netfilter/nf_tables.h and xt_*.h), and their meaning compared with a packet tried against them.

use proptest::prelude::*;

use super::*;

const PROTOCOL: u32 = 16;
const REGISTER: u32 = 1;
const EQUAL: u32 = 0;
const DIFFERENT: u32 = 1;
const JUMP: u32 = u32::MAX - 2;
const GOTO: u32 = u32::MAX - 3;

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = u16::try_from(value.len() + 4).unwrap().to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn field(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_be_bytes())
}

fn data(kind: u16, value: &[u8]) -> Vec<u8> {
    attribute(kind, &attribute(1, value))
}

fn expression(name: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let name = attribute(1, format!("{name}\0").as_bytes());
    attribute(1, &[name, attribute(2, &parts.concat())].concat())
}

fn load_protocol() -> Vec<u8> {
    expression("meta", &[field(1, REGISTER), field(2, PROTOCOL)])
}

fn load_port() -> Vec<u8> {
    expression("payload", &[field(1, REGISTER), field(2, 2), field(3, 2), field(4, 2)])
}

fn load_state(mask: u32) -> Vec<u8> {
    let load = expression("ct", &[field(1, REGISTER), field(2, 0)]);
    let mask = data(4, &mask.to_ne_bytes());
    [load, expression("bitwise", &[field(1, REGISTER), field(2, REGISTER), mask])].concat()
}

fn compare(operation: u32, value: &[u8]) -> Vec<u8> {
    expression("cmp", &[field(1, REGISTER), field(2, operation), data(3, value)])
}

fn within(operation: u32, from: u16, to: u16) -> Vec<u8> {
    let ends = [data(3, &from.to_be_bytes()), data(4, &to.to_be_bytes())];
    expression("range", &[&[field(1, REGISTER), field(2, operation)][..], &ends].concat())
}

fn outcome(code: u32, chain: Option<&str>) -> Vec<u8> {
    let chain = chain.map(|it| attribute(2, format!("{it}\0").as_bytes())).unwrap_or_default();
    let verdict = attribute(2, &[field(1, code), chain].concat());
    expression("immediate", &[field(1, 0), attribute(2, &verdict)])
}

fn accept() -> Vec<u8> {
    outcome(1, None)
}

fn old(name: &str, revision: u32, info: &[u8]) -> Vec<u8> {
    let name = attribute(1, format!("{name}\0").as_bytes());
    expression("match", &[name, field(2, revision), attribute(3, info)])
}

fn look_up(flags: Option<u32>, to: Option<u32>) -> Vec<u8> {
    let mut parts = vec![attribute(1, b"set\0"), field(2, REGISTER)];
    parts.extend(to.map(|it| field(3, it)));
    parts.extend(flags.map(|it| field(5, it)));
    expression("lookup", &parts)
}

fn rule(expressions: &[u8]) -> Rule<'_> {
    Rule { family: 1, table: "t".to_owned(), chain: "c".to_owned(), expressions }
}

/// What a rule of these expressions is told to do; the set `set` has these elements.
fn told_with(elements: &[Element], expressions: &[Vec<u8>]) -> Vec<RuleState> {
    let key = (1, "t".to_owned(), "set".to_owned());
    rule(&expressions.concat()).states(&BTreeMap::from([(key, elements.to_vec())]))
}

fn told(expressions: &[Vec<u8>]) -> Vec<RuleState> {
    told_with(&[], expressions)
}

fn everything() -> Vec<RuleState> {
    vec![RuleState { protocols: None, ports: None, leads_to: None }]
}

fn of_ports(ports: &[(u16, u16)]) -> Vec<RuleState> {
    vec![RuleState { protocols: None, ports: Some(ports.to_vec()), leads_to: None }]
}

fn element(port: u16, verdict: Option<Verdict>) -> Element {
    Element { key: port.to_be_bytes().to_vec(), is_end: false, verdict }
}

#[test]
fn outcomes_are_to_accept_or_to_lead_on() {
    assert_eq!(told(&[accept()]), everything());
    for code in [JUMP, GOTO] {
        let [it] = &*told(&[outcome(code, Some("more"))]) else { panic!() };
        assert_eq!(it.leads_to.as_deref(), Some("more"));
    }
    // To drop, to return, to queue, and nothing at all open nothing.
    for code in [0, u32::MAX - 4, 3] {
        assert_eq!(told(&[outcome(code, None)]), []);
    }
    assert_eq!(told(&[]), []);
    assert_eq!(told(&[outcome(JUMP, None)]), [], "a jump to nowhere");
}

#[test]
fn protocols_are_those_that_all_comparisons_leave() {
    let of = |expressions: &[Vec<u8>]| {
        let found = told(expressions);
        found.into_iter().map(|it| it.protocols.unwrap_or_default()).collect::<Vec<_>>()
    };
    let is = |protocol: u8| [load_protocol(), compare(EQUAL, &[protocol])].concat();
    assert_eq!(of(&[is(6), accept()]), [[6]]);
    assert_eq!(of(&[is(6), is(6), accept()]), [[6]]);
    assert_eq!(of(&[is(6), is(17), accept()]), [Vec::<u8>::new()], "no packet is of both");
    assert!(of(&[load_protocol(), compare(DIFFERENT, &[6]), accept()]).is_empty());
    assert!(of(&[load_protocol(), compare(EQUAL, &[]), accept()]).is_empty());
}

#[test]
fn only_rules_for_new_connections_open_a_port() {
    let (new, established) = (8_u32.to_ne_bytes(), 2_u32.to_ne_bytes());
    let nothing = 0_u32.to_ne_bytes();
    for (mask, operation, value, expected) in [
        (u32::MAX, EQUAL, new, everything()),
        (u32::MAX, EQUAL, established, vec![]),
        (8, DIFFERENT, nothing, everything()),
        (8 | 2, DIFFERENT, nothing, everything()),
        (2 | 4, DIFFERENT, nothing, vec![]),
        (8, DIFFERENT, new, vec![]),
        (8, 4, nothing, vec![]),
    ] {
        let found = told(&[load_state(mask), compare(operation, &value), accept()]);
        assert_eq!(found, expected, "{mask} {operation} {value:?}");
    }
}

#[test]
fn what_depends_on_more_than_protocol_and_port_is_not_told() {
    let source_port =
        expression("payload", &[field(1, REGISTER), field(2, 2), field(3, 0), field(4, 2)]);
    let interface = expression("meta", &[field(1, REGISTER), field(2, 4)]);
    let address =
        expression("payload", &[field(1, REGISTER), field(2, 1), field(3, 12), field(4, 4)]);
    for load in [source_port, interface, address] {
        assert_eq!(told(&[load, compare(EQUAL, &[0, 22, 0, 0]), accept()]), []);
    }
    for name in ["fib", "hash", "quota", "connlimit", "xfrm"] {
        assert_eq!(told(&[expression(name, &[]), accept()]), [], "{name}");
    }
    for name in ["counter", "comment", "last", "limit", "log", "objref"] {
        assert_eq!(told(&[expression(name, &[]), accept()]), everything(), "{name}");
    }
    assert_eq!(told(&[load_port(), compare(DIFFERENT, &[0, 22]), accept()]), []);
    assert_eq!(told(&[load_port(), within(1, 1, 9), accept()]), [], "outside of a range");
    assert_eq!(told(&[compare(EQUAL, &[6]), accept()]), [], "nothing was loaded");
}

#[test]
fn sets_are_looked_up_in_their_own_table_and_not_inverted() {
    let ports = [element(22, None), element(443, None)];
    let load = [load_port()];
    let with = |look_up: Vec<u8>| told_with(&ports, &[&load[..], &[look_up, accept()]].concat());
    assert_eq!(with(look_up(None, None)), of_ports(&[(22, 22), (443, 443)]));
    assert_eq!(with(look_up(Some(0), None)), of_ports(&[(22, 22), (443, 443)]));
    assert_eq!(with(look_up(Some(1), None)), [], "what is not in the set");
    let unknown =
        rule(&[load_port(), look_up(None, None), accept()].concat()).states(&BTreeMap::new());
    assert_eq!(unknown, []);
    let wanted = rule(&[load_port(), look_up(None, None), accept()].concat()).sets();
    assert_eq!(wanted, [(1, "t".to_owned(), "set".to_owned())]);
    // Sets of addresses may be large and are not asked for.
    let address =
        expression("payload", &[field(1, REGISTER), field(2, 1), field(3, 12), field(4, 4)]);
    assert_eq!(rule(&[address, look_up(None, None), accept()].concat()).sets(), []);
}

#[test]
fn a_map_of_verdicts_gives_each_port_its_outcome() {
    let elements = [
        element(22, Some(Verdict::Accept)),
        element(80, Some(Verdict::LeadsTo("web".to_owned()))),
        element(23, Some(Verdict::Other)),
        element(25, None),
    ];
    let found = told_with(&elements, &[load_port(), look_up(None, Some(0))]);
    let found: Vec<_> =
        found.iter().map(|it| (it.ports.clone().unwrap(), it.leads_to.as_deref())).collect();
    assert_eq!(found, [(vec![(22, 22)], None), (vec![(80, 80)], Some("web"))]);
    // Ports that were compared before hold for the map too.
    let narrow = [load_port(), compare(EQUAL, &22_u16.to_be_bytes()), look_up(None, Some(0))];
    let open =
        told_with(&elements, &narrow).into_iter().filter(|it| it.ports.as_deref() != Some(&[]));
    assert_eq!(open.collect::<Vec<_>>(), of_ports(&[(22, 22)]));
}

#[test]
fn matches_of_iptables_are_told_where_they_name_destination_ports_alone() {
    let words = |words: &[u16]| words.iter().flat_map(|it| it.to_ne_bytes()).collect::<Vec<u8>>();
    let bare = |ports: &[u16], rest: &[u8]| [words(ports), rest.to_vec()].concat();
    let any_source = [0, u16::MAX, 22, 25];
    assert_eq!(
        told(&[old("tcp", 0, &bare(&any_source, &[0; 4])), accept()]),
        of_ports(&[(22, 25)])
    );
    assert_eq!(
        told(&[old("udp", 0, &bare(&any_source, &[0; 4])), accept()]),
        of_ports(&[(22, 25)])
    );
    for info in [
        bare(&[1, u16::MAX, 22, 22], &[0; 4]),
        bare(&[0, 1023, 22, 22], &[0; 4]),
        bare(&any_source, &[0, 2, 2, 0]),
        bare(&any_source, &[0, 0, 0, 2]),
        bare(&any_source, &[]),
        Vec::new(),
    ] {
        assert_eq!(told(&[old("tcp", 0, &info), accept()]), [], "{info:?}");
    }
    for (name, revision) in [("tcp", 1), ("mac", 0), ("owner", 1), ("recent", 0)] {
        assert_eq!(
            told(&[old(name, revision, &bare(&any_source, &[0; 4])), accept()]),
            [],
            "{name}"
        );
    }
    assert_eq!(told(&[old("state", 0, &8_u32.to_ne_bytes()), accept()]), everything());
    assert_eq!(told(&[old("state", 0, &6_u32.to_ne_bytes()), accept()]), []);
}

/// `xt_multiport_v1`
fn ports_of_multiport(kind: u8, ports: &[(u16, bool)], is_inverted: bool) -> Vec<u8> {
    let mut info = vec![kind, u8::try_from(ports.len()).unwrap()];
    info.extend(ports.iter().flat_map(|it| it.0.to_ne_bytes()));
    info.resize(2 + 30, 0);
    info.extend(ports.iter().map(|it| u8::from(it.1)));
    info.resize(2 + 30 + 15, 0);
    info.push(u8::from(is_inverted));
    info
}

#[test]
fn multiport_has_ports_and_ranges() {
    let of = |info: &[u8]| told(&[old("multiport", 1, info), accept()]);
    let ports = [(22, false), (8000, true), (8010, false), (443, false)];
    let expected = of_ports(&[(22, 22), (8000, 8010), (443, 443)]);
    assert_eq!(of(&ports_of_multiport(1, &ports, false)), expected);
    assert_eq!(of(&ports_of_multiport(0, &ports, false)), [], "source ports");
    assert_eq!(of(&ports_of_multiport(2, &ports, false)), [], "either of both");
    assert_eq!(of(&ports_of_multiport(1, &ports, true)), [], "all others");
    // A range that begins with the last word has no end, and a number of words beyond the room is none.
    assert_eq!(of(&ports_of_multiport(1, &[(22, true)], false)), of_ports(&[(22, 22)]));
    let mut many = ports_of_multiport(1, &ports, false);
    many[1] = 200;
    assert_eq!(of(&many), []);
    assert_eq!(of(&many[..20]), []);
}

/// A condition on a port: its expressions, and whether a port meets it.
#[derive(Debug, Clone)]
enum Condition {
    Compare(u32, u16),
    Within(u16, u16),
    OneOf(Vec<u16>),
}

impl Condition {
    fn is_met(&self, port: u16) -> bool {
        match self {
            Self::Compare(EQUAL, value) => port == *value,
            Self::Compare(2, value) => port < *value,
            Self::Compare(3, value) => port <= *value,
            Self::Compare(4, value) => port > *value,
            Self::Compare(_, value) => port >= *value,
            Self::Within(from, to) => (*from..=*to).contains(&port),
            Self::OneOf(ports) => ports.contains(&port),
        }
    }

    fn expressions(&self) -> Vec<u8> {
        let condition = match self {
            Self::Compare(operation, value) => compare(*operation, &value.to_be_bytes()),
            Self::Within(from, to) => within(0, *from, *to),
            Self::OneOf(ports) => {
                let ports: Vec<(u16, bool)> = ports.iter().map(|it| (*it, false)).collect();
                old("multiport", 1, &ports_of_multiport(1, &ports, false))
            }
        };
        [load_port(), condition].concat()
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let port = || prop_oneof![0_u16..20, Just(u16::MAX), any::<u16>()];
    prop_oneof![
        (prop_oneof![Just(EQUAL), 2_u32..6], port()).prop_map(|it| Condition::Compare(it.0, it.1)),
        (port(), port()).prop_map(|it| Condition::Within(it.0.min(it.1), it.0.max(it.1))),
        proptest::collection::vec(port(), 1..6).prop_map(Condition::OneOf),
    ]
}

proptest! {
    /// A port is told to be open exactly where a packet to it would meet all conditions. A rule that no packet can
    /// meet may be told with no port or not at all.
    #[test]
    fn the_ports_that_are_told_are_those_that_packets_reach(
        conditions in proptest::collection::vec(condition(), 1..4),
        tried in proptest::collection::vec(prop_oneof![0_u16..22, Just(u16::MAX), any::<u16>()], 1..40),
    ) {
        let mut expressions: Vec<Vec<u8>> = conditions.iter().map(Condition::expressions).collect();
        expressions.push(accept());
        let states = told(&expressions);
        let is_open = |port: u16| {
            states.iter().any(|it| {
                it.ports.as_ref().is_none_or(|it| it.iter().any(|it| (it.0..=it.1).contains(&port)))
            })
        };
        for port in tried {
            let expected = conditions.iter().all(|it| it.is_met(port));
            prop_assert_eq!(is_open(port), expected, "{} {:?}", port, conditions);
        }
    }

    /// A set of ranges as the kernel keeps it (starts, and what is behind each end) is the ports that were put in.
    #[test]
    fn sets_of_ranges_are_the_ports_that_were_put_in(
        ends in proptest::collection::btree_set(1_u16..u16::MAX, 2..12),
        tried in proptest::collection::vec(any::<u16>(), 1..40),
    ) {
        let ends: Vec<u16> = ends.into_iter().collect();
        let put: Vec<(u16, u16)> = ends.chunks_exact(2).map(|it| (it[0], it[1] - 1)).collect();
        let elements: Vec<Element> = put
            .iter()
            .flat_map(|it| {
                let end = Element { is_end: true, ..element(it.1 + 1, None) };
                [end, element(it.0, None)]
            })
            .collect();
        let found: Vec<(u16, u16)> = ranges(&elements).unwrap().into_iter().map(|it| it.0).collect();
        prop_assert_eq!(&found, &put);
        for port in tried.into_iter().chain(ends) {
            let is_in = |all: &[(u16, u16)]| all.iter().any(|it| (it.0..=it.1).contains(&port));
            prop_assert_eq!(is_in(&found), is_in(&put));
        }
    }
}
