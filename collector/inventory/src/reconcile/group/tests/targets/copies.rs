//! One identity that several devices show: copied disks, factories, routers, gateways.

use super::*;

#[test]
fn a_copy_with_the_same_host_key_on_one_link_is_a_conflict_and_no_merge() {
    let original = line(HERE, "10.0.0.5", (0, 10), &[(LINK, "m1"), (KEY, "ed/k")]);
    let copy = line(HERE, "10.0.0.6", (0, 10), &[(LINK, "m2"), (KEY, "ed/k")]);
    let members = [original, copy];
    check_targets(
        &members,
        &[&["10.0.0.5"], &["10.0.0.6"]],
        Some((false, link_reason::COPIED_IDENTITY)),
    );
    let groupings = group(&members, &[]);
    assert!(groupings.iter().flat_map(|it| &it.links).any(Link::is_open_conflict));
}

#[test]
fn copies_with_a_second_line_each_stay_two() {
    let both = |v4, v6, mac| {
        let shown = [(LINK, mac), (KEY, "ed/k")];
        [line(HERE, v4, (0, 10), &shown), line(HERE, v6, (0, 10), &shown)]
    };
    let original = both("10.0.0.5", "2001:db8::5", "m1");
    let copy = both("10.0.0.6", "2001:db8::6", "m2");
    check_targets(
        &[original, copy].concat(),
        &[&["10.0.0.5", "2001:db8::5"], &["10.0.0.6", "2001:db8::6"]],
        Some((false, link_reason::COPIED_IDENTITY)),
    );
}

#[test]
fn two_firewalls_with_one_host_key_on_two_networks_never_become_one() {
    let members = [
        line(HERE, "10.0.1.2", (0, 10), &[(LINK, "m1"), (KEY, "ed/k")]),
        line(HERE, "10.0.2.2", (0, 10), &[(LINK, "m2"), (KEY, "ed/k")]),
        line(HERE, "10.0.1.3", (0, 10), &[(LINK, "m3"), (KEY, "ed/k")]),
        line(HERE, "10.0.2.3", (0, 10), &[(LINK, "m4"), (KEY, "ed/k")]),
    ];
    let groupings = group(&members, &[]);
    for asset in names(&groupings) {
        let is_in = |it: &str| asset.iter().any(|its| its == it);
        assert!(!(is_in("10.0.1.2") && is_in("10.0.1.3")), "{asset:?}");
        assert!(!(is_in("10.0.2.2") && is_in("10.0.2.3")), "{asset:?}");
    }
    assert!(groupings.iter().flat_map(|it| &it.links).any(Link::is_open_conflict));
}

#[test]
fn two_adapters_on_one_link_are_one_device_where_its_agent_names_both() {
    let shown = [(LINK, "m1"), (LINK, "m2"), (ADDRESS, "10.0.0.5"), (ADDRESS, "10.0.0.6")];
    let members = [
        member(1, 0, 10, &shown),
        line(HERE, "10.0.0.5", (1, 9), &[(LINK, "m1"), (KEY, "ed/k")]),
        line(HERE, "10.0.0.6", (1, 9), &[(LINK, "m2"), (KEY, "ed/k")]),
    ];
    assert_eq!(names(&group(&members, &[])), [["1", "10.0.0.5", "10.0.0.6"]]);
}

#[test]
fn what_a_factory_gave_to_a_whole_series_names_no_device_behind_a_router() {
    for (kind, text) in [(KEY, "ed/k"), (ENGINE, "e"), (DEVICE, "d"), (NAME, "dns/camera.x")] {
        let cameras: Vec<MemberEvidence> = (1..=40)
            .map(|it| line(HERE, &format!("10.0.7.{it}"), (0, 10), &[(kind, text)]))
            .collect();
        assert_eq!(group(&cameras, &[]).len(), 40, "{kind:?}");
    }
}

#[test]
fn a_router_with_an_address_in_each_of_thirty_networks_is_one_device() {
    let members: Vec<MemberEvidence> = (1..=30)
        .map(|it| line(HERE, &format!("10.0.{it}.1"), (0, 10), &[(ENGINE, "e"), (KEY, "ed/k")]))
        .collect();
    assert_eq!(group(&members, &[]).len(), 1);
}

#[test]
fn a_server_with_ten_addresses_on_one_adapter_is_one_device_by_its_host_key() {
    let members: Vec<MemberEvidence> = (1..=10)
        .map(|it| line(HERE, &format!("10.0.7.{it}"), (0, 10), &[(LINK, "m"), (KEY, "ed/k")]))
        .collect();
    assert_eq!(group(&members, &[]).len(), 1);
}

#[test]
fn a_laptop_that_had_many_addresses_one_after_the_other_is_one_device() {
    let members: Vec<MemberEvidence> = (1..=10_i64)
        .map(|it| {
            let address = format!("10.0.7.{it}");
            line(HERE, &address, (it * 24, it * 24 + 8), &[(NAME, "dns/laptop.x")])
        })
        .collect();
    assert_eq!(group(&members, &[]).len(), 1);
}

#[test]
fn a_gateway_that_hundreds_of_agents_see_is_one_device() {
    let shown = [(LINK, "gateway")];
    let mut members: Vec<MemberEvidence> = (1..=1_500)
        .flat_map(|it| {
            let seen = |address| line(Some(it), address, (0, 10), &shown);
            [seen("10.0.0.1"), seen("fe80::1")]
        })
        .collect();
    // And SNMP names all its adapters.
    let adapters: Vec<String> = (1..=30).map(|it| format!("vlan{it}")).collect();
    let own: Vec<_> = adapters.iter().map(|it| (LINK, it.as_str())).collect();
    members.push(line(HERE, "10.0.0.1", (0, 10), &[&own[..], &shown].concat()));
    assert_eq!(group(&members, &[]).len(), 1);
}

#[test]
fn an_adapter_shown_at_more_addresses_than_a_device_has_names_nobody() {
    let members: Vec<MemberEvidence> = (0..1_100_i64)
        .map(|it| {
            let address = format!("10.0.{}.{}", it / 250, it % 250 + 1);
            line(HERE, &address, (it * 24, it * 24 + 1), &[(MAC, "m")])
        })
        .collect();
    assert_eq!(group(&members, &[]).len(), 1_100);
}
