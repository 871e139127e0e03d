//! Lines of scan results beside one another and beside agents.

mod copies;
mod properties;

use super::*;
use crate::asset::TargetId;

const LINK: IdentifierKind = IdentifierKind::LinkMac;
const KEY: IdentifierKind = IdentifierKind::SshHostKey;
const NAME: IdentifierKind = IdentifierKind::NtlmName;
const ENGINE: IdentifierKind = IdentifierKind::SnmpEngineId;
const DEVICE: IdentifierKind = IdentifierKind::DeviceSerial;
const CERTIFICATE: IdentifierKind = IdentifierKind::Certificate;
const ADDRESS: IdentifierKind = IdentifierKind::Address;
const CLUSTER: IdentifierKind = IdentifierKind::VirtualAddress;

type Shown<'a> = &'a [(IdentifierKind, &'a str)];

/// Where the collector's own scanner stands.
const HERE: Option<u128> = None;

fn target_id(vantage: Option<u128>, address: &str, from: i64) -> TargetId {
    TargetId {
        vantage: vantage.map(|it| AgentId(Uuid::from_u128(it))),
        address: address.parse().unwrap(),
        since: at(from),
    }
}

/// A line that was seen from one hour to another and showed its address and the same all the time.
fn line(
    vantage: Option<u128>,
    address: &str,
    (from, to): (i64, i64),
    shown: Shown<'_>,
) -> MemberEvidence {
    let is_cluster = shown.iter().any(|it| it.0 == CLUSTER);
    let own = [(ADDRESS, address)];
    let all: Vec<_> = if is_cluster { shown.to_vec() } else { [shown, &own].concat() };
    MemberEvidence {
        observer: ObserverId::Target(target_id(vantage, address, from)),
        ..member(0, from, to, &all)
    }
}

/// Who is with whom: agents by number, lines by address, each asset's in the order of their texts.
fn names(groupings: &[Grouping]) -> Vec<Vec<String>> {
    let name = |it: &ObserverId| match it {
        ObserverId::Agent(agent) => agent.0.as_u128().to_string(),
        ObserverId::Target(target) => match target.vantage {
            Some(vantage) => format!("{}@{}", target.address, vantage.0.as_u128()),
            None => target.address.to_string(),
        },
        ObserverId::Person(name) => name.clone(),
    };
    let mut assets: Vec<Vec<String>> = groupings
        .iter()
        .map(|it| {
            let mut members: Vec<String> = it.members.iter().map(name).collect();
            members.sort();
            members
        })
        .collect();
    assets.sort();
    assets
}

#[track_caller]
fn check_targets(members: &[MemberEvidence], expected: &[&[&str]], reason: Option<(bool, &str)>) {
    let groupings = group(members, &[]);
    assert_eq!(names(&groupings), expected, "{groupings:#?}");
    if let Some((is_joined, reason)) = reason {
        let told = reasons(&groupings);
        assert!(told.contains(&(is_joined, reason.to_owned())), "{told:?}");
    } else {
        assert_eq!(reasons(&groupings), BTreeSet::new());
    }
}

#[test]
fn an_agent_and_the_scan_of_its_host_are_one_asset() {
    let agent = member(1, 0, 10, &[(INSTALLATION, "a"), (LINK, "m"), (ADDRESS, "10.0.0.5")]);
    let on_link = line(HERE, "10.0.0.5", (1, 1), &[(LINK, "m")]);
    check_targets(
        &[agent.clone(), on_link],
        &[&["1", "10.0.0.5"]],
        Some((true, link_reason::SAME_DEVICE)),
    );
    let behind_a_router = line(HERE, "10.0.0.5", (1, 1), &[]);
    check_targets(
        &[agent, behind_a_router],
        &[&["1", "10.0.0.5"]],
        Some((true, link_reason::SAME_ADDRESS)),
    );
}

#[test]
fn an_agent_that_reported_once_and_a_scan_a_minute_later_are_one_asset() {
    let agent = member(1, 0, 0, &[(LINK, "m"), (ADDRESS, "10.0.0.5")]);
    let scanned = line(HERE, "10.0.0.5", (1, 1), &[]);
    check_targets(
        &[agent, scanned],
        &[&["1", "10.0.0.5"]],
        Some((true, link_reason::SAME_ADDRESS)),
    );
}

#[test]
fn an_address_says_nothing_once_time_has_passed() {
    let agent = member(1, 0, 10, &[(ADDRESS, "10.0.0.5")]);
    let later = line(HERE, "10.0.0.5", (20, 20), &[]);
    check_targets(&[agent, later], &[&["1"], &["10.0.0.5"]], None);
}

#[test]
fn an_address_that_the_agent_gave_up_is_not_its_any_more() {
    let mut agent = member(1, 0, 30, &[(LINK, "m")]);
    agent
        .identifiers
        .extend([timed(ADDRESS, "10.0.0.5", 0, 10), timed(ADDRESS, "10.0.0.9", 11, 30)]);
    let other = line(HERE, "10.0.0.5", (5, 30), &[]);
    check_targets(&[agent, other], &[&["1"], &["10.0.0.5"]], None);
}

#[test]
fn a_dual_homed_server_is_one_asset_by_its_host_key() {
    let one = line(HERE, "10.0.1.5", (0, 10), &[(LINK, "m1"), (KEY, "ed/k")]);
    let other = line(HERE, "10.0.2.5", (0, 10), &[(LINK, "m2"), (KEY, "ed/k")]);
    check_targets(
        &[one, other],
        &[&["10.0.1.5", "10.0.2.5"]],
        Some((true, link_reason::SAME_DEVICE)),
    );
}

#[test]
fn a_router_with_three_addresses_is_one_asset() {
    // SNMP on each address names all interfaces.
    let shown = [
        (ENGINE, "e"),
        (LINK, "m1"),
        (LINK, "m2"),
        (ADDRESS, "10.0.1.1"),
        (ADDRESS, "10.0.2.1"),
        (ADDRESS, "10.0.3.1"),
    ];
    let of_snmp = line(HERE, "10.0.1.1", (0, 10), &shown);
    let second = line(HERE, "10.0.2.1", (0, 10), &[]);
    let third = line(HERE, "10.0.3.1", (0, 10), &[(ENGINE, "e")]);
    check_targets(
        &[of_snmp, second, third],
        &[&["10.0.1.1", "10.0.2.1", "10.0.3.1"]],
        Some((true, link_reason::SAME_ADDRESS)),
    );
}

#[test]
fn the_address_of_two_firewalls_is_neither_of_them() {
    let vip = "10.0.0.1 00:00:5e:00:01:01";
    let members = [
        line(HERE, "10.0.0.1", (0, 10), &[(CLUSTER, vip), (KEY, "ed/k2")]),
        line(HERE, "10.0.0.2", (0, 10), &[(LINK, "m2"), (KEY, "ed/k2")]),
        line(HERE, "10.0.0.3", (0, 10), &[(LINK, "m3"), (KEY, "ed/k3")]),
    ];
    let groupings = group(&members, &[]);
    assert_eq!(names(&groupings), [["10.0.0.1"], ["10.0.0.2"], ["10.0.0.3"]]);
    let told = reasons(&groupings);
    assert_eq!(told, BTreeSet::from([(false, link_reason::VIRTUAL_ADDRESS.to_owned())]));
    assert!(!groupings.iter().flat_map(|it| &it.links).any(Link::is_open_conflict));
}

#[test]
fn the_address_of_a_cluster_is_one_asset_from_wherever_it_is_seen() {
    let vip = (CLUSTER, "10.0.0.1 00:00:5e:00:01:01");
    let here = line(HERE, "10.0.0.1", (0, 10), &[vip]);
    let there = line(Some(7), "10.0.0.1", (0, 10), &[vip]);
    check_targets(
        &[here, there],
        &[&["10.0.0.1", "10.0.0.1@7"]],
        Some((true, link_reason::SAME_ADDRESS)),
    );
}

#[test]
fn an_address_that_was_given_to_another_device_is_two_assets() {
    let before = line(HERE, "10.0.0.50", (0, 10), &[(LINK, "m1"), (NAME, "dns/a.x")]);
    let after = line(HERE, "10.0.0.50", (11, 20), &[(LINK, "m2"), (NAME, "dns/b.x")]);
    check_targets(&[before.clone(), after.clone()], &[&["10.0.0.50"], &["10.0.0.50"]], None);
    // And the first one comes back: it is the same as before.
    let again = line(HERE, "10.0.0.50", (21, 30), &[(LINK, "m1"), (NAME, "dns/a.x")]);
    let groupings = group(&[before, after, again], &[]);
    assert_eq!(groupings.iter().map(|it| it.members.len()).collect::<BTreeSet<_>>(), [1, 2].into());
}

#[test]
fn a_laptop_that_moves_from_wire_to_wireless_stays_one_asset() {
    let mut agent = member(1, 0, 20, &[(LINK, "wire"), (LINK, "radio"), (MAC, "wire")]);
    agent
        .identifiers
        .extend([timed(ADDRESS, "10.0.1.5", 0, 9), timed(ADDRESS, "10.0.2.7", 10, 20)]);
    let on_wire = line(HERE, "10.0.1.5", (1, 9), &[(LINK, "wire"), (MAC, "wire")]);
    let on_radio = line(HERE, "10.0.2.7", (11, 20), &[(LINK, "radio"), (MAC, "radio")]);
    check_targets(
        &[agent, on_wire.clone(), on_radio.clone()],
        &[&["1", "10.0.1.5", "10.0.2.7"]],
        Some((true, link_reason::SAME_DEVICE)),
    );
    // Without an agent, its host key or its Windows name tells.
    let key = |line: MemberEvidence, from, to| {
        let mut line = line;
        line.identifiers.push(timed(NAME, "dns/laptop.x", from, to));
        line
    };
    check_targets(
        &[key(on_wire, 1, 9), key(on_radio, 11, 20)],
        &[&["10.0.1.5", "10.0.2.7"]],
        Some((true, link_reason::SAME_DEVICE)),
    );
}

#[test]
fn an_address_that_was_lent_to_another_in_between_stays_evidence() {
    // A has it on Monday and Wednesday, B on Tuesday; of A only the first and last moment are known.
    let mut first = member(1, 0, 200, &[(UUID, "u1"), (SERIAL, "s1")]);
    first.identifiers.push(timed(ADDRESS, "10.0.0.50", 0, 200));
    let mut second = member(2, 20, 200, &[(UUID, "u2"), (SERIAL, "s2")]);
    second
        .identifiers
        .extend([timed(ADDRESS, "10.0.0.50", 24, 32), timed(ADDRESS, "10.0.0.61", 48, 200)]);
    let now = line(HERE, "10.0.0.50", (190, 200), &[]);
    check_targets(
        &[first, second, now],
        &[&["1", "10.0.0.50"], &["2"]],
        Some((true, link_reason::SAME_ADDRESS)),
    );
}

#[test]
fn an_address_that_two_agents_have_today_is_no_evidence_for_either() {
    let agent = |number, uuid| member(number, 0, 10, &[(UUID, uuid), (ADDRESS, "172.17.0.1")]);
    let members = [agent(1, "u1"), agent(2, "u2"), line(HERE, "172.17.0.1", (1, 9), &[])];
    check_targets(&members, &[&["1"], &["172.17.0.1"], &["2"]], None);
}

#[test]
fn a_copy_under_another_windows_name_is_a_conflict_wherever_it_stands() {
    let original = line(HERE, "10.0.1.5", (0, 10), &[(NAME, "dns/a.x"), (KEY, "ed/k")]);
    let copy = line(HERE, "10.0.2.5", (0, 10), &[(NAME, "dns/b.x"), (KEY, "ed/k")]);
    check_targets(
        &[original, copy],
        &[&["10.0.1.5"], &["10.0.2.5"]],
        Some((false, link_reason::OUTWEIGHED)),
    );
}

#[test]
fn a_host_key_that_two_living_agents_show_joins_no_scan_to_them() {
    let agent = |number, address, uuid| {
        member(number, 0, 10, &[(UUID, uuid), (KEY, "ed/k"), (ADDRESS, address), (SERIAL, "x")])
    };
    let members = [
        agent(1, "10.0.1.5", "u1"),
        agent(2, "10.0.2.5", "u2"),
        line(HERE, "10.0.1.5", (1, 5), &[(KEY, "ed/k")]),
        line(HERE, "10.0.2.5", (1, 5), &[(KEY, "ed/k")]),
        line(HERE, "10.0.9.9", (1, 5), &[(KEY, "ed/k")]),
    ];
    let expected: [&[&str]; 3] = [&["1", "10.0.1.5"], &["10.0.2.5", "2"], &["10.0.9.9"]];
    check_targets(&members, &expected, Some((false, link_reason::ALIVE_TOGETHER)));
    let strangers = [
        member(1, 0, 10, &[(KEY, "ed/k"), (UUID, "u1")]),
        member(2, 0, 10, &[(KEY, "ed/k"), (UUID, "u2")]),
    ];
    check_targets(&strangers, &[&["1"], &["2"]], Some((false, link_reason::COPIED_IDENTITY)));
}

#[test]
fn a_router_that_answers_for_a_whole_range_does_not_make_it_one_device() {
    let mut members: Vec<MemberEvidence> = (1..40)
        .map(|it| line(HERE, &format!("10.0.0.{it}"), (0, 1), &[(LINK, "router")]))
        .collect();
    assert_eq!(group(&members, &[]).len(), 39);
    // An agent behind it is found by its address: its adapter is not the one that answers.
    members.push(member(1, 0, 2, &[(LINK, "own"), (ADDRESS, "10.0.0.7")]));
    let groupings = group(&members, &[]);
    assert_eq!(groupings.len(), 39);
    assert!(names(&groupings).contains(&vec!["1".to_owned(), "10.0.0.7".to_owned()]));
}

#[test]
fn one_adapter_with_both_protocols_is_one_device() {
    let shown = [(LINK, "m")];
    let members = [
        line(HERE, "10.0.0.5", (0, 1), &shown),
        line(HERE, "2001:db8::5", (0, 1), &shown),
        line(HERE, "2001:db8::6", (0, 1), &shown),
    ];
    check_targets(
        &members,
        &[&["10.0.0.5", "2001:db8::5", "2001:db8::6"]],
        Some((true, link_reason::SAME_DEVICE)),
    );
}

#[test]
fn a_renumbered_host_is_joined_to_what_it_was() {
    let before = line(HERE, "10.0.0.5", (0, 10), &[(KEY, "ed/k")]);
    let after = line(HERE, "10.0.7.5", (100, 110), &[(KEY, "ed/k")]);
    let expected: [&[&str]; 1] = [&["10.0.0.5", "10.0.7.5"]];
    check_targets(&[before, after], &expected, Some((true, link_reason::SAME_DEVICE)));
    // By its adapter alone: at any time where the maker gave it, soon after where a hypervisor did.
    let burnt_in = [(MAC, "m"), (LINK, "m")];
    let before = line(HERE, "10.0.0.5", (0, 10), &burnt_in);
    let after = line(HERE, "10.0.7.5", (100, 110), &burnt_in);
    check_targets(&[before, after], &expected, Some((true, link_reason::SAME_DEVICE)));
    let given = [(LINK, "m")];
    let before = line(HERE, "10.0.0.5", (0, 10), &given);
    let soon = line(HERE, "10.0.7.5", (12, 20), &given);
    check_targets(&[before.clone(), soon], &expected, Some((true, link_reason::SAME_DEVICE)));
    let late = line(HERE, "10.0.7.5", (100, 110), &given);
    check_targets(&[before, late], &[&["10.0.0.5"], &["10.0.7.5"]], None);
}

#[test]
fn a_renumbered_host_on_its_own_link_is_no_copy_of_itself() {
    let before = line(HERE, "10.0.0.5", (0, 10), &[(LINK, "m1"), (KEY, "ed/k")]);
    let after = line(HERE, "10.0.0.9", (20, 30), &[(LINK, "m2"), (KEY, "ed/k")]);
    check_targets(
        &[before, after],
        &[&["10.0.0.5", "10.0.0.9"]],
        Some((true, link_reason::SAME_DEVICE)),
    );
}

#[test]
fn two_laptops_at_one_docking_station_stay_two() {
    let laptop = |number, (from, to), serial, own, address| {
        let mut agent = member(number, 0, 40, &[(SERIAL, serial), (MAC, own), (LINK, own)]);
        agent
            .identifiers
            .extend([timed(LINK, "dock", from, to), timed(ADDRESS, address, from, to)]);
        agent
    };
    let members = [
        laptop(1, (0, 10), "s1", "m1", "10.0.0.5"),
        laptop(2, (20, 30), "s2", "m2", "10.0.0.6"),
        line(HERE, "10.0.0.5", (1, 9), &[(LINK, "dock"), (MAC, "dock")]),
        line(HERE, "10.0.0.6", (21, 29), &[(LINK, "dock"), (MAC, "dock")]),
    ];
    let expected: [&[&str]; 2] = [&["1", "10.0.0.5"], &["10.0.0.6", "2"]];
    check_targets(&members, &expected, Some((false, link_reason::CONTRADICTS_MEMBER)));
}

#[test]
fn a_container_host_is_not_its_containers() {
    let bridge = [(LINK, "bridge"), (ADDRESS, "172.17.0.1")];
    let host = |number, key, address, uuid| {
        let own = [(UUID, uuid), (KEY, key), (ADDRESS, address)];
        member(number, 0, 10, &[&own[..], &bridge].concat())
    };
    let members = [
        host(1, "ed/h1", "10.0.0.5", "u1"),
        host(2, "ed/h2", "10.0.0.6", "u2"),
        line(HERE, "10.0.0.5", (1, 5), &[(KEY, "ed/h1"), (KEY, "ed/container")]),
        line(HERE, "10.0.0.6", (1, 5), &[(KEY, "ed/h2")]),
        // The container itself, on the same link by macvlan.
        line(HERE, "10.0.0.7", (1, 5), &[(KEY, "ed/container"), (LINK, "c")]),
        // The collector's own bridge.
        line(HERE, "172.17.0.1", (1, 5), &[]),
    ];
    let groupings = group(&members, &[]);
    let found = names(&groupings);
    assert!(found.contains(&vec!["10.0.0.6".to_owned(), "2".to_owned()]), "{found:?}");
    assert!(found.contains(&vec!["172.17.0.1".to_owned()]), "{found:?}");
    assert!(
        found.iter().any(|it| it.contains(&"1".to_owned()) && it.contains(&"10.0.0.5".to_owned()))
    );
}

#[test]
fn two_sites_with_the_same_private_range_are_not_mixed() {
    let members = [
        line(HERE, "192.168.1.10", (0, 5), &[(LINK, "m1")]),
        line(Some(7), "192.168.1.10", (0, 5), &[(LINK, "m2")]),
        line(HERE, "192.168.1.11", (0, 5), &[(KEY, "ed/k1")]),
        line(Some(7), "192.168.1.11", (0, 5), &[(KEY, "ed/k2")]),
    ];
    assert_eq!(group(&members, &[]).len(), 4);
}

#[test]
fn one_device_seen_from_two_places_is_one_asset() {
    let here = line(HERE, "10.0.0.5", (0, 5), &[(LINK, "m")]);
    let there = line(Some(7), "10.0.0.5", (1, 4), &[]);
    check_targets(
        &[here, there],
        &[&["10.0.0.5", "10.0.0.5@7"]],
        Some((true, link_reason::SAME_ADDRESS)),
    );
}

#[test]
fn a_rogue_device_at_an_agents_address_is_a_conflict() {
    let agent = member(1, 0, 10, &[(LINK, "m1"), (ADDRESS, "10.0.0.5")]);
    let rogue = line(HERE, "10.0.0.5", (2, 5), &[(LINK, "m2")]);
    let members = [agent, rogue];
    check_targets(&members, &[&["1"], &["10.0.0.5"]], Some((false, link_reason::ADDRESS_CONFLICT)));
    let groupings = group(&members, &[]);
    assert!(groupings.iter().flat_map(|it| &it.links).any(Link::is_open_conflict));
}

#[test]
fn a_host_key_that_is_not_the_agents_does_not_outweigh_adapter_and_address() {
    let agent = member(1, 0, 10, &[(LINK, "m"), (ADDRESS, "10.0.0.5"), (KEY, "ed/files")]);
    let scanned = line(HERE, "10.0.0.5", (2, 5), &[(LINK, "m"), (KEY, "ed/container")]);
    check_targets(&[agent, scanned], &[&["1", "10.0.0.5"]], Some((true, link_reason::SAME_DEVICE)));
}

#[test]
fn a_shared_certificate_joins_nobody() {
    let one = line(HERE, "10.0.0.5", (0, 5), &[(CERTIFICATE, "c")]);
    let other = line(HERE, "10.0.0.6", (0, 5), &[(CERTIFICATE, "c")]);
    check_targets(&[one, other], &[&["10.0.0.5"], &["10.0.0.6"]], None);
}

#[test]
fn a_serial_number_told_over_the_network_finds_the_agent_of_the_machine() {
    let agent = member(1, 0, 10, &[(SERIAL, "dell inc./7xk9q13"), (DEVICE, "7xk9q13")]);
    let controller = line(HERE, "10.0.0.120", (2, 5), &[(DEVICE, "7xk9q13")]);
    check_targets(
        &[agent, controller],
        &[&["1", "10.0.0.120"]],
        Some((true, link_reason::SAME_DEVICE)),
    );
}

#[test]
fn years_of_lines_of_one_device_are_one_asset_and_cost_little() {
    let members: Vec<MemberEvidence> = (0..300_i64)
        .map(|it| {
            let address = format!("10.0.{}.{}", it / 250, it % 250 + 1);
            line(HERE, &address, (it * 24, it * 24 + 1), &[(MAC, "m"), (KEY, "ed/k")])
        })
        .collect();
    assert_eq!(group(&members, &[]).len(), 1);
}

#[test]
fn a_network_of_a_thousand_devices_seen_from_two_places_costs_little() {
    let members: Vec<MemberEvidence> = (0..1_000_u32)
        .flat_map(|it| {
            let address = format!("10.{}.{}.{}", it % 3, it / 250, it % 250 + 1);
            let (mac, key) = (format!("m{it}"), format!("ed/{it}"));
            [
                line(HERE, &address, (0, 1), &[(KEY, &key)]),
                line(Some(7), &address, (0, 1), &[(LINK, &mac)]),
                line(Some(8), &address, (0, 1), &[(LINK, &mac), (CERTIFICATE, "wildcard")]),
            ]
        })
        .collect();
    assert_eq!(group(&members, &[]).len(), 1_000);
}
