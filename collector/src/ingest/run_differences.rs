//! What differs between two runs that asked the same. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use observation::latest::{Fact, Outcome, SectionBody, SourceId, Statement, Transport};

type Ports = BTreeSet<(u16, &'static str)>;

/// What one run found, by address.
pub(super) type Found = BTreeMap<IpAddr, Host>;

/// What a run found at one address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Host {
    macs: BTreeSet<String>,
    /// Open ports by the probe that asked for them: without an answer of the same probe there is
    /// nothing to compare with.
    ports: BTreeMap<SourceId, Ports>,
    firmware: BTreeMap<SourceId, BTreeSet<String>>,
    /// Whether anything answered.
    is_seen: bool,
}

impl Host {
    /// Takes one section of the run.
    pub(super) fn take(&mut self, address: IpAddr, body: &SectionBody) {
        let Outcome::Read { facts, .. } = &body.outcome else { return };
        self.is_seen |= !facts.is_empty();
        let mut ports = Ports::new();
        for fact in facts {
            #[expect(
                clippy::wildcard_enum_match_arm,
                reason = "most kinds of facts are not compared"
            )]
            match fact {
                Fact::OpenPort(it) => {
                    ports.insert((it.port, word(it.transport)));
                }
                Fact::AddressSeen(it) if it.address == address => {
                    self.macs.extend(it.mac.as_ref().map(|it| it.to_ascii_lowercase()));
                }
                Fact::ServiceAnswer(it) => {
                    let firmware = it.statements.get(&Statement::Firmware);
                    self.firmware(&body.source, firmware);
                }
                Fact::PhysicalEntity(it) => {
                    self.firmware(&body.source, it.firmware.as_ref());
                    self.firmware(&body.source, it.software.as_ref());
                }
                _ => {}
            }
        }
        self.ports.entry(body.source.clone()).or_default().append(&mut ports);
    }

    fn firmware(&mut self, source: &SourceId, version: Option<&String>) {
        if let Some(version) = version {
            self.firmware.entry(source.clone()).or_default().insert(version.clone());
        }
    }
}

const fn word(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Difference {
    pub(super) address: IpAddr,
    /// `ports_opened`, `ports_closed`, `firmware_changed`, `hardware_address_changed`,
    /// `address_changed`, `device_gone`.
    pub(super) action: &'static str,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// What differs in what both runs saw, sorted by address.
pub(super) fn differences(before: &Found, after: &Found) -> Vec<Difference> {
    let mut found = moved(before, after);
    for (address, new) in after {
        let Some(old) = before.get(address) else { continue };
        let difference =
            |action, before, after| Difference { address: *address, action, before, after };
        let (opened, closed) = ports(old, new);
        found.extend(listed(&opened).map(|it| difference("ports_opened", None, Some(it))));
        found.extend(listed(&closed).map(|it| difference("ports_closed", Some(it), None)));
        for (source, versions) in &new.firmware {
            let known = old.firmware.get(source).filter(|it| *it != versions);
            let text =
                |it: &BTreeSet<String>| Some(it.iter().cloned().collect::<Vec<_>>().join(", "));
            found.extend(known.map(|it| difference("firmware_changed", text(it), text(versions))));
        }
        if !old.macs.is_empty() && !new.macs.is_empty() && old.macs.is_disjoint(&new.macs) {
            let text =
                |it: &BTreeSet<String>| Some(it.iter().cloned().collect::<Vec<_>>().join(", "));
            let action = "hardware_address_changed";
            found.push(difference(action, text(&old.macs), text(&new.macs)));
        }
    }
    found.sort();
    found
}

/// Addresses that answered in the oldest run and in none of the later ones. Addresses of IPv6 are
/// left out: devices change them every day (RFC 8981).
pub(super) fn gone(oldest: &Found, later: &[&Found], moved: &[Difference]) -> Vec<Difference> {
    let is_there = |address: &IpAddr| later.iter().any(|it| is_seen(it, address));
    let has_moved = |address: &IpAddr| moved.iter().any(|it| it.address == *address);
    let seen = oldest.keys().filter(|it| it.is_ipv4() && is_seen(oldest, it));
    let gone = seen.filter(|it| !is_there(it) && !has_moved(it));
    gone.map(|address| Difference {
        address: *address,
        action: "device_gone",
        before: None,
        after: None,
    })
    .collect()
}

fn is_seen(found: &Found, address: &IpAddr) -> bool {
    found.get(address).is_some_and(|it| it.is_seen)
}

/// Adapters that had one address and have another one now.
fn moved(before: &Found, after: &Found) -> Vec<Difference> {
    let adapters = |found: &Found| -> BTreeMap<String, BTreeSet<IpAddr>> {
        let mut adapters: BTreeMap<String, BTreeSet<IpAddr>> = BTreeMap::new();
        for (address, host) in found.iter().filter(|(address, _)| address.is_ipv4()) {
            for mac in &host.macs {
                adapters.entry(mac.clone()).or_default().insert(*address);
            }
        }
        adapters
    };
    let now = adapters(after);
    let mut moved = Vec::new();
    for (mac, old) in adapters(before) {
        // An adapter with several addresses is a router, or answers for others.
        let (Some(from), Some(new)) = (only(&old), now.get(&mac).and_then(only)) else { continue };
        if from != new && !is_seen(before, &new) {
            let (before, after) = (Some(from.to_string()), Some(format!("{new}, {mac}")));
            moved.push(Difference { address: from, action: "address_changed", before, after });
        }
    }
    moved
}

fn only(addresses: &BTreeSet<IpAddr>) -> Option<IpAddr> {
    addresses.first().copied().filter(|_| addresses.len() == 1)
}

/// Ports that opened and ports that closed, as far as the same probe asked both times.
fn ports(old: &Host, new: &Host) -> (Ports, Ports) {
    let (mut opened, mut closed) = (Ports::new(), Ports::new());
    for (source, ports) in &new.ports {
        let Some(known) = old.ports.get(source) else { continue };
        opened.extend(ports.difference(known));
        closed.extend(known.difference(ports));
    }
    // What another probe says too did not change.
    let both = |host: &Host| -> Ports { host.ports.values().flatten().copied().collect() };
    (&opened - &both(old), &closed - &both(new))
}

/// Most ports that are named in one event.
const PORTS_LISTED_MAX: usize = 30;

fn listed(ports: &Ports) -> Option<String> {
    let more = ports.len().saturating_sub(PORTS_LISTED_MAX);
    let mut texts: Vec<String> =
        ports.iter().take(PORTS_LISTED_MAX).map(|(port, word)| format!("{port}/{word}")).collect();
    if more > 0 {
        texts.push(format!("+{more}"));
    }
    Some(texts.join(", ")).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use observation::latest::{AddressSeen, OpenPort, PhysicalEntity, SeenBy};

    use super::*;

    fn body(source: &'static str, facts: Vec<Fact>) -> SectionBody {
        let outcome = Outcome::Read { facts, gaps: Vec::new(), complaints: Vec::new() };
        SectionBody { source: SourceId::from_static(source), outcome }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Hosts as `address mac ports`, with `-` for none.
    fn run(hosts: &[(&str, &str, &[u16])]) -> Found {
        let host = |(text, mac, ports): &(&str, &str, &[u16])| {
            let at = address(text);
            let mac = Some((*mac).to_owned()).filter(|it| it != "-");
            let seen = AddressSeen { address: at, means: SeenBy::Arp, mac };
            let open = ports
                .iter()
                .map(|it| Fact::OpenPort(OpenPort { transport: Transport::Tcp, port: *it }));
            let mut host = Host::default();
            host.take(at, &body("scan.arp", vec![Fact::AddressSeen(seen)]));
            host.take(at, &body("scan.ports", open.collect()));
            (at, host)
        };
        hosts.iter().map(host).collect()
    }

    fn shown(found: &[Difference]) -> Vec<String> {
        let side = |it: &Option<String>| it.clone().unwrap_or_default();
        let text = |it: &Difference| {
            format!("{} {} {}>{}", it.address, it.action, side(&it.before), side(&it.after))
        };
        found.iter().map(text).collect()
    }

    #[test]
    fn two_equal_runs_differ_in_nothing() {
        let found = run(&[("10.0.0.1", "m1", &[22, 80]), ("10.0.0.2", "m2", &[])]);
        assert_eq!(differences(&found, &found), []);
        assert_eq!(gone(&found, &[&found], &[]), []);
    }

    #[test]
    fn ports_open_and_close() {
        let before = run(&[("10.0.0.1", "m1", &[22, 80])]);
        let after = run(&[("10.0.0.1", "m1", &[22, 443, 8080])]);
        assert_eq!(
            shown(&differences(&before, &after)),
            ["10.0.0.1 ports_closed 80/tcp>", "10.0.0.1 ports_opened >443/tcp, 8080/tcp"]
        );
    }

    #[test]
    fn a_probe_that_did_not_ask_says_nothing_of_ports() {
        let before = run(&[("10.0.0.1", "m1", &[22])]);
        let mut after = before.clone();
        let host = after.get_mut(&address("10.0.0.1")).unwrap();
        host.ports.remove(&SourceId::from_static("scan.ports"));
        assert_eq!(differences(&before, &after), []);
        assert_eq!(differences(&after, &before), []);
    }

    #[test]
    fn a_device_that_answers_less_is_not_gone_before_the_last_run() {
        let before = run(&[("10.0.0.1", "m1", &[22]), ("10.0.0.2", "m2", &[])]);
        let without = run(&[("10.0.0.2", "m2", &[])]);
        assert_eq!(gone(&before, &[&without, &before], &[]), []);
        let found = gone(&before, &[&without, &without], &[]);
        assert_eq!(shown(&found), ["10.0.0.1 device_gone >"]);
    }

    #[test]
    fn an_adapter_with_another_address_moved() {
        let before = run(&[("10.0.0.1", "m1", &[22]), ("10.0.0.2", "m2", &[])]);
        let after = run(&[("10.0.0.9", "M1", &[22]), ("10.0.0.2", "m2", &[])]);
        let found = differences(&before, &after);
        assert_eq!(shown(&found), ["10.0.0.1 address_changed 10.0.0.1>10.0.0.9, m1"]);
        assert_eq!(gone(&before, &[&after], &found), []);
    }

    #[test]
    fn an_address_with_another_adapter_is_told() {
        let before = run(&[("10.0.0.1", "m1", &[22])]);
        let after = run(&[("10.0.0.1", "m7", &[22])]);
        let expected = ["10.0.0.1 hardware_address_changed m1>m7"];
        assert_eq!(shown(&differences(&before, &after)), expected);
        assert_eq!(differences(&before, &run(&[("10.0.0.1", "-", &[22])])), []);
    }

    #[test]
    fn an_adapter_that_answers_for_a_whole_range_moves_nowhere() {
        let before = run(&[("10.0.0.1", "m1", &[]), ("10.0.0.2", "m1", &[])]);
        let after = run(&[("10.0.0.3", "m1", &[]), ("10.0.0.4", "m1", &[])]);
        assert_eq!(differences(&before, &after), []);
    }

    #[test]
    fn new_firmware_is_told() {
        let at = address("10.0.0.1");
        let of = |version: &str| {
            let entity =
                PhysicalEntity { firmware: Some(version.to_owned()), ..PhysicalEntity::default() };
            let mut host = Host::default();
            host.take(at, &body("scan.snmp", vec![Fact::PhysicalEntity(entity)]));
            Found::from([(at, host)])
        };
        let expected = ["10.0.0.1 firmware_changed 1.0>1.1"];
        assert_eq!(shown(&differences(&of("1.0"), &of("1.1"))), expected);
    }

    #[test]
    fn a_list_of_ports_has_an_end() {
        let all: Vec<u16> = (1..=1000).collect();
        let found = differences(&run(&[("10.0.0.1", "m", &[])]), &run(&[("10.0.0.1", "m", &all)]));
        assert!(found[0].after.as_ref().unwrap().ends_with("30/tcp, +970"), "{found:?}");
    }
}
