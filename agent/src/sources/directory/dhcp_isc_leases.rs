//! Leases of ISC DHCP (dhcpd.leases(5)). The server appends; of several entries for one address the last
//! one holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use observation::latest::{Absent, Cadence, Fact, MachineList, NamedMachine, Platform, SourceId};

use crate::sources::blocks::{Comments, Statement, each};
use crate::sources::context::Context;
use crate::sources::{Found, Source, named};

/// Where distributions keep the leases of IPv4 and IPv6.
const LEASES: &[&str] = &[
    "/var/lib/dhcp/dhcpd.leases",
    "/var/lib/dhcp/dhcpd6.leases",
    "/var/lib/dhcpd/dhcpd.leases",
    "/var/lib/dhcpd/dhcpd6.leases",
];
/// Largest file of leases: some ten thousand clients between two cleanings.
const LEASES_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Most addresses.
const ADDRESSES_MAX: usize = 100_000;
const KEEPER: &str = "isc-dhcp-server";

/// Leases.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.dhcp_isc_leases"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let mut is_here = false;
    for path in LEASES {
        let bytes =
            named::read_bytes(context.host, path, LEASES_BYTES_MAX, "named_machine", &mut found);
        let Some(bytes) = bytes else { continue };
        is_here = true;
        let mut leases = BTreeMap::new();
        let text = String::from_utf8_lossy(&bytes);
        let result = each(&text, Comments::Hash, &mut |statement| {
            enter(&statement, path, context.now, &mut leases);
        });
        if let Err(problem) = result {
            found.complaints.push(named::complaint(path, problem));
        }
        found.facts.extend(leases.into_values().map(Fact::NamedMachine));
    }
    if !is_here && found.gaps.is_empty() {
        return Err(Absent::NotHere { looked_at: LEASES.join(", ") });
    }
    Ok(found)
}

fn enter(
    statement: &Statement,
    path: &str,
    now: Timestamp,
    leases: &mut BTreeMap<String, NamedMachine>,
) {
    match statement.name() {
        "lease" => enter_lease(statement, statement, path, now, leases),
        // Of IPv6 an address stands within the identity association.
        "ia-na" | "ia-ta" => {
            for inner in statement.all("iaaddr") {
                enter_lease(inner, statement, path, now, leases);
            }
        }
        _ => {}
    }
}

fn enter_lease(
    lease: &Statement,
    outer: &Statement,
    path: &str,
    now: Timestamp,
    leases: &mut BTreeMap<String, NamedMachine>,
) {
    let key = lease.word(1);
    if leases.len() == ADDRESSES_MAX && !leases.contains_key(key) {
        return;
    }
    let Some(address) = named::address(key) else { return };
    let mut machine = named::machine(MachineList::DhcpLease, KEEPER, path);
    machine.addresses.push(address);
    let (mut state, mut ends, mut starts) = (None, None, None);
    for statement in outer.block.iter().chain(&lease.block) {
        match statement.name() {
            "hardware" => machine.macs = named::mac(statement.word(2)).into_iter().collect(),
            "client-hostname" => machine.name = named::host_name(statement.word(1)),
            "binding" => state = Some(statement.word(2)),
            "ends" => ends = time(statement),
            "starts" => starts = time(statement),
            "cltt" => machine.last_seen_at = time(statement),
            _ => {}
        }
    }
    machine.last_seen_at = machine.last_seen_at.or(starts);
    // A lease without an end never runs out.
    machine.is_active = state.map(|it| it == "active" && ends.is_none_or(|it| it >= now));
    leases.insert(key.to_owned(), machine);
}

/// `starts 5 2026/11/27 20:14:41;` in UTC, or `starts epoch 1795814497;`; none for `never`.
fn time(statement: &Statement) -> Option<Timestamp> {
    if statement.word(1) == "epoch" {
        return Timestamp::from_second(statement.word(2).parse().ok()?).ok();
    }
    format!("{}T{}Z", statement.word(2).replace('/', "-"), statement.word(3)).parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Written by dhcpd 4.4.3-P1 for a dhclient in another network namespace; the second entry for the
    /// address, a release, is constructed after dhcpd.leases(5), as is the lease of IPv6.
    const WRITTEN: &str = "# The format of this file is documented in the dhcpd.leases(5) manual page.\n\
        authoring-byte-order little-endian;\n\n\
        server-duid \"\\000\\001\\000\\0012\\234\\241/\\352`\\365\\022jU\";\n\n\
        lease 192.0.2.100 {\n  starts 5 2026/11/27 20:14:41;\n  ends 5 2026/11/27 20:24:41;\n  \
        cltt 5 2026/11/27 20:14:41;\n  binding state active;\n  next binding state free;\n  \
        rewind binding state free;\n  hardware ethernet 02:00:5e:00:53:01;\n  \
        client-hostname \"pc-anna\";\n}\n";
    const RELEASED: &str = "lease 192.0.2.100 {\n  starts 5 2026/11/27 20:14:41;\n  \
        ends 5 2026/11/27 20:16:00;\n  binding state free;\n  hardware ethernet 02:00:5e:00:53:01;\n  \
        uid \"\\001\\002\\000^\\000\\\"}\";\n}\n";
    const SIX: &str = "ia-na \"]\\000\\000\\000\\000\\001\" {\n  cltt 5 2026/11/27 20:14:41;\n  \
        iaaddr 2001:db8::1d6 {\n    binding state active;\n    preferred-life 375;\n    \
        max-life 600;\n    ends never;\n  }\n}\n";

    fn machines(text: &str) -> Vec<NamedMachine> {
        let host = MapHost::new().file("/var/lib/dhcp/dhcpd.leases", text);
        let found = with_context(&host, observe).unwrap();
        let machines = found.facts.into_iter().map(|it| {
            let Fact::NamedMachine(it) = it else { panic!("{it:?}") };
            it
        });
        machines.collect()
    }

    #[test]
    fn a_lease_names_its_client() {
        let [machine] = &*machines(WRITTEN) else { panic!() };
        assert_eq!(machine.name.as_deref(), Some("pc-anna"));
        assert_eq!(machine.macs, ["02:00:5e:00:53:01"]);
        assert_eq!(machine.is_active, Some(true));
        assert_eq!(machine.last_seen_at, "2026-11-27T20:14:41Z".parse().ok());
    }

    #[test]
    fn the_last_entry_for_an_address_holds() {
        let [machine] = &*machines(&format!("{WRITTEN}{RELEASED}")) else { panic!() };
        assert_eq!(machine.is_active, Some(false));
        assert_eq!(machine.name, None);
        let [machine] = &*machines(&format!("{RELEASED}{WRITTEN}")) else { panic!() };
        assert_eq!(machine.is_active, Some(true));
    }

    #[test]
    fn a_lease_that_ran_out_is_not_active() {
        let text = WRITTEN.replace("ends 5 2026/11/27", "ends 5 1969/11/27");
        assert_eq!(machines(&text)[0].is_active, Some(false));
        let text = WRITTEN.replace("ends 5 2026/11/27 20:24:41", "ends epoch 10");
        assert_eq!(machines(&text)[0].is_active, Some(true));
        let text = WRITTEN.replace("ends 5 2026/11/27 20:24:41", "ends epoch -10");
        assert_eq!(machines(&text)[0].is_active, Some(false));
    }

    #[test]
    fn leases_of_ipv6_stand_within_their_association() {
        let [machine] = &*machines(SIX) else { panic!() };
        assert_eq!(machine.addresses[0].to_string(), "2001:db8::1d6");
        assert_eq!(machine.is_active, Some(true));
        assert!(machine.last_seen_at.is_some());
    }

    #[test]
    fn a_file_that_is_being_written_gives_what_is_whole() {
        let host = MapHost::new()
            .file("/var/lib/dhcp/dhcpd.leases", format!("{WRITTEN}lease 192.0.2.101 {{\n  sta"));
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (1, 1));
    }

    #[test]
    fn no_leases_are_not_here() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn states_other_than_active_are_not() {
        for (state, expected) in [
            ("active", Some(true)),
            ("free", Some(false)),
            ("abandoned", Some(false)),
            ("backup", Some(false)),
            ("expired", Some(false)),
        ] {
            let text =
                WRITTEN.replace("  binding state active", &format!("  binding state {state}"));
            assert_eq!(machines(&text)[0].is_active, expected, "{state}");
        }
        let text = WRITTEN.replace("  binding state active;\n", "");
        assert_eq!(machines(&text)[0].is_active, None, "not stated");
    }

    #[test]
    fn what_is_no_address_and_what_is_none_of_another_machine_is_passed_over() {
        for address in ["example", "127.0.0.1", "0.0.0.0", "192.0.2.1000", ""] {
            let text = WRITTEN.replace("lease 192.0.2.100", &format!("lease {address}"));
            assert_eq!(machines(&text).len(), 0, "{address}");
        }
        let text = WRITTEN.replace("02:00:5e:00:53:01", "nonsense");
        assert!(machines(&text)[0].macs.is_empty());
    }

    proptest! {
        #[test]
        fn hostile_leases_never_panic(text in "(lease|ia-na|iaaddr|ends|epoch|9{20}|1\\.2\\.3\\.4|[{}; \"]){0,30}") {
            let _ = machines(&text);
        }
    }
}
