//! What the rules of nf_tables let in, by following them from where packets enter.

use std::collections::BTreeSet;

use observation::latest::{FirewallKind, FirewallPolicy, FirewallState, OpenToAny, Transport};

use crate::host::{ChainState, RuleSet, RuleState, TableName};

/// Numbers of protocols (IANA).
const TCP: u8 = 6;
const UDP: u8 = 17;
/// How deep rules may lead: the kernel allows 16.
const DEPTH_MAX: usize = 16;
/// Most rules that are followed; chains may lead to one another in many ways.
const STEPS_MAX: usize = 100_000;

/// What the kernel's rules say.
pub(super) fn state(rules: &RuleSet) -> FirewallState {
    let is_of_ip = |it: &&ChainState| matches!(&*it.table.family, "inet" | "ip" | "ip6");
    let mut policies = Vec::new();
    let mut walk = Walk { rules, open: BTreeSet::new(), steps: 0 };
    for chain in rules.chains.iter().filter(is_of_ip) {
        let Some(base) = chain.base.as_ref().filter(|it| it.kind == "filter") else { continue };
        if let Some(policy) = &base.policy {
            policies.push(FirewallPolicy {
                hook: base.hook.clone(),
                family: Some(chain.table.family.clone()),
                table: Some(chain.table.name.clone()),
                policy: policy.clone(),
            });
        }
        if base.hook == "input" {
            walk.follow(chain, &Allowed::default(), 0);
        }
    }
    let rule_count = rules.chains.iter().map(|it| it.rule_count).fold(0, u32::saturating_add);
    let is_dropping = policies.iter().any(|it| it.policy == "drop");
    FirewallState {
        kind: FirewallKind::Nftables,
        is_active: Some(rule_count > 0 || is_dropping),
        policies,
        rule_count: Some(rule_count),
        open_to_any: walk.open.into_iter().collect(),
    }
}

/// What the rules on the way here let through.
#[derive(Default)]
struct Allowed {
    protocols: Option<Vec<u8>>,
    ports: Option<Vec<(u16, u16)>>,
}

impl Allowed {
    fn and(&self, rule: &RuleState) -> Self {
        let protocols = match (&self.protocols, &rule.protocols) {
            (Some(left), Some(right)) => {
                Some(left.iter().copied().filter(|it| right.contains(it)).collect())
            }
            (left, right) => left.clone().or_else(|| right.clone()),
        };
        let ports = match (&self.ports, &rule.ports) {
            (Some(left), Some(right)) => Some(common(left, right)),
            (left, right) => left.clone().or_else(|| right.clone()),
        };
        Self { protocols, ports }
    }
}

fn common(left: &[(u16, u16)], right: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let pairs = left.iter().flat_map(|one| right.iter().map(move |other| (one, other)));
    let both = pairs.map(|(one, other)| (one.0.max(other.0), one.1.min(other.1)));
    both.filter(|it| it.0 <= it.1).collect()
}

struct Walk<'a> {
    rules: &'a RuleSet,
    open: BTreeSet<OpenToAny>,
    steps: usize,
}

impl<'a> Walk<'a> {
    fn follow(&mut self, chain: &ChainState, allowed: &Allowed, depth: usize) {
        for rule in &chain.rules {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return;
            }
            let allowed = allowed.and(rule);
            match &rule.leads_to {
                None => self.accept(&allowed),
                Some(_) if depth >= DEPTH_MAX => {}
                Some(name) => {
                    if let Some(next) = self.chain(&chain.table, name) {
                        self.follow(next, &allowed, depth + 1);
                    }
                }
            }
        }
    }

    fn chain(&self, table: &TableName, name: &str) -> Option<&'a ChainState> {
        self.rules.chains.iter().find(|it| it.name == name && it.table == *table)
    }

    fn accept(&mut self, allowed: &Allowed) {
        let transports: Vec<Option<Transport>> = match &allowed.protocols {
            None => vec![None],
            Some(numbers) => numbers.iter().filter_map(|it| transport(*it)).map(Some).collect(),
        };
        let ports = allowed.ports.as_deref().unwrap_or(&[(0, u16::MAX)]);
        for transport in transports {
            self.open.extend(ports.iter().map(|(first, last)| OpenToAny {
                transport,
                first_port: *first,
                last_port: *last,
            }));
        }
    }
}

/// Protocols without ports are no way to a service.
const fn transport(number: u8) -> Option<Transport> {
    match number {
        TCP => Some(Transport::Tcp),
        UDP => Some(Transport::Udp),
        _ => None,
    }
}
