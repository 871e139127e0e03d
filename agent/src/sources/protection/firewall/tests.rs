//! The source as a whole, and rules followed from where packets enter.

use observation::latest::{FirewallPolicy, Privilege, Transport};

use super::*;
use crate::host::{BaseChain, ChainState, Reply, Request, RuleSet, RuleState, TableName};
use crate::sources::testing::{MapHost, with_context};

fn rule(protocols: &[u8], ports: &[(u16, u16)], leads_to: Option<&str>) -> RuleState {
    RuleState {
        protocols: (!protocols.is_empty()).then(|| protocols.to_vec()),
        ports: (!ports.is_empty()).then(|| ports.to_vec()),
        leads_to: leads_to.map(str::to_owned),
    }
}

fn chain(name: &str, hook: Option<&str>, rules: Vec<RuleState>) -> ChainState {
    let base = hook.map(|it| BaseChain {
        hook: it.to_owned(),
        kind: "filter".to_owned(),
        policy: Some("drop".to_owned()),
    });
    ChainState {
        table: TableName { family: "inet".to_owned(), name: "filter".to_owned() },
        name: name.to_owned(),
        base,
        rule_count: u32::try_from(rules.len()).unwrap() + 1,
        rules,
    }
}

fn rule_set(chains: Vec<ChainState>) -> RuleSet {
    RuleSet { tables: vec![chains[0].table.clone()], chains }
}

fn machine(rules: RuleSet) -> MapHost {
    MapHost::new().answer(Request::Firewall, Ok(Reply::Firewall(rules)))
}

fn states(host: &MapHost) -> Vec<FirewallState> {
    let found = with_context(host, observe).unwrap();
    let state = |it| if let Fact::FirewallState(it) = it { Some(it) } else { None };
    found.facts.into_iter().filter_map(state).collect()
}

fn open(state: &FirewallState) -> Vec<(Option<Transport>, u16, u16)> {
    state.open_to_any.iter().map(|it| (it.transport, it.first_port, it.last_port)).collect()
}

#[test]
fn rules_are_followed_and_narrow_what_they_lead_to() {
    let host = machine(rule_set(vec![
        chain(
            "input",
            Some("input"),
            vec![
                rule(&[1], &[], None),
                rule(&[6], &[(22, 22)], None),
                rule(&[6], &[(0, 1000)], Some("web")),
                rule(&[17], &[], Some("web")),
            ],
        ),
        chain(
            "web",
            None,
            vec![rule(&[6], &[(80, 80), (8080, 8090)], None), rule(&[], &[(53, 53)], None)],
        ),
        chain("forward", Some("forward"), vec![rule(&[], &[], None)]),
    ]));
    let states = states(&host);
    let (tcp, udp) = (Some(Transport::Tcp), Some(Transport::Udp));
    assert_eq!(open(&states[0]), [(tcp, 22, 22), (tcp, 53, 53), (tcp, 80, 80), (udp, 53, 53)]);
    assert_eq!(states[0].rule_count, Some(10));
    assert_eq!(states[0].is_active, Some(true));
    let policy = |hook: &str| FirewallPolicy {
        hook: hook.to_owned(),
        family: Some("inet".to_owned()),
        table: Some("filter".to_owned()),
        policy: "drop".to_owned(),
    };
    assert_eq!(states[0].policies, [policy("forward"), policy("input")]);
}

#[test]
fn chains_that_lead_to_one_another_end() {
    let twice = vec![rule(&[], &[], Some("b")); 2];
    let back = vec![rule(&[], &[], Some("a")); 2];
    let host = machine(rule_set(vec![chain("a", Some("input"), twice), chain("b", None, back)]));
    assert_eq!(states(&host)[0].open_to_any, []);
}

#[test]
fn ranges_that_touch_are_one() {
    let range = |first_port, last_port| OpenToAny { transport: None, first_port, last_port };
    let found = joined(vec![range(81, 90), range(80, 80), range(95, 99), range(85, 86)]);
    assert_eq!(found, [range(80, 90), range(95, 99)]);
}

#[test]
fn no_rules_at_all_is_a_statement() {
    let states = states(&machine(RuleSet::default()));
    assert_eq!((states[0].is_active, states[0].rule_count), (Some(false), Some(0)));
}

#[test]
fn without_rights_the_rules_are_a_gap_and_no_absence_of_rules() {
    let reason = Absent::NotAllowed { what: "netfilter".to_owned(), needs: Privilege::Root };
    let host = MapHost::unprivileged().answer(Request::Firewall, Err(reason.clone()));
    let found = with_context(&host, observe).unwrap();
    assert_eq!((found.facts.len(), found.gaps[0].reason.clone()), (0, reason));
    let nothing = with_context(&MapHost::new(), observe);
    assert!(matches!(nothing, Err(Absent::NotHere { .. })));
}

#[test]
fn older_tables_are_named_and_not_read() {
    let host =
        MapHost::new().file(LEGACY_PATHS[0], "nat\nfilter\n").file(LEGACY_PATHS[1], "filter\n");
    let found = with_context(&host, observe).unwrap();
    assert!(
        matches!(&found.facts[0], Fact::FirewallState(it) if it.kind == FirewallKind::IptablesLegacy)
    );
    let why = "legacy_tables".to_owned();
    let expected = Absent::NotLookedAt { why, what: "filter, nat".to_owned() };
    assert_eq!(found.gaps[0].reason, expected);
}

#[test]
fn firewalld_is_active_where_its_table_is_in_the_kernel() {
    let mut rules = rule_set(vec![chain("input", Some("input"), Vec::new())]);
    rules.tables[0].name = "firewalld".to_owned();
    let host = machine(rules)
        .file("/etc/firewalld/firewalld.conf", "DefaultZone=public\n")
        .file("/usr/lib/firewalld/zones/public.xml", "<zone/>");
    let states = states(&host);
    assert_eq!(states[1].kind, FirewallKind::Firewalld);
    assert_eq!(states[1].is_active, Some(true));
}
