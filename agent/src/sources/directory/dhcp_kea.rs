//! Reservations in the configuration of Kea: of the server, of its subnets and of its shared networks.

use observation::latest::{Absent, Cadence, Fact, Gap, MachineList, Platform, SourceId};
use serde_json::Value;

use crate::sources::context::Context;
use crate::sources::{Found, Source, kea, named};

const KEEPER: &str = "kea";
/// Most reservations of one server.
const RESERVATIONS_MAX: usize = 100_000;

/// Reservations.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.dhcp_kea"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let mut is_here = false;
    for (path, key) in kea::CONFIGURATIONS {
        let Some(server) = kea::configuration(context.host, path, key, &mut found) else {
            continue;
        };
        is_here = true;
        let machines = places(&server).flat_map(|it| list(it, "reservations"));
        let machines = machines.take(RESERVATIONS_MAX).filter_map(|it| reservation(it, path));
        found.facts.extend(machines);
        for database in ["hosts-database", "hosts-databases"] {
            if server.get(database).is_some() {
                let reason = Absent::NotLookedAt {
                    why: "database_server".to_owned(),
                    what: format!("{path}: {database}"),
                };
                let (field, of) = ("named_machine".to_owned(), Some(path.to_owned()));
                found.gaps.push(Gap { field, of, reason });
            }
        }
    }
    if !is_here && found.gaps.is_empty() && found.complaints.is_empty() {
        let [(four, _), (six, _)] = kea::CONFIGURATIONS;
        return Err(Absent::NotHere { looked_at: format!("{four}, {six}") });
    }
    Ok(found)
}

/// The server, its subnets, and the subnets of its shared networks.
fn places(server: &Value) -> impl Iterator<Item = &Value> {
    let networks = list(server, "shared-networks");
    let shared = networks.flat_map(|it| std::iter::once(it).chain(subnets(it)));
    std::iter::once(server).chain(subnets(server)).chain(shared)
}

fn subnets(of: &Value) -> impl Iterator<Item = &Value> {
    list(of, "subnet4").chain(list(of, "subnet6"))
}

fn list<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    of.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn reservation(value: &Value, path: &str) -> Option<Fact> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let mut machine = named::machine(MachineList::DhcpReservation, KEEPER, path);
    machine.name = text("hostname").and_then(named::host_name);
    machine.macs.extend(text("hw-address").and_then(named::mac));
    let several = list(value, "ip-addresses").filter_map(Value::as_str);
    machine.addresses =
        text("ip-address").into_iter().chain(several).filter_map(named::address).collect();
    let says = machine.name.is_some() || !machine.macs.is_empty() || !machine.addresses.is_empty();
    says.then_some(Fact::NamedMachine(machine))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from the reservations in the sample configuration that Debian's kea-dhcp4-server
    /// 2.2.0 brings.
    const CONFIGURATION: &str = r#"{
"Dhcp4": {
    "lease-database": { "type": "memfile", "lfc-interval": 3600 },
    // "hosts-database": { "type": "mysql", "password": "CANARY" },
    "subnet4": [ {
            "subnet": "192.0.2.0/24",
            "reservations": [
                { "hw-address": "1a:1b:1c:1d:1e:1f", "ip-address": "192.0.2.201" },
                { "client-id": "01:11:22:33:44:55:66", "ip-address": "192.0.2.202", "hostname": "special-snowflake" },
                { "duid": "01:02:03:04:05" }
            ]
        } ],
    "shared-networks": [ { "name": "f", "subnet4": [ { "reservations": [ { "hostname": "cam.example.test." } ] } ] } ],
    "reservations": [ { "hw-address": "02:00:5e:00:53:09" } ]
}
}"#;
    const SIX: &str = r#"{"Dhcp6": {"hosts-database": {"password": "CANARY"}, "subnet6": [{"reservations":
        [{"duid": "01:02", "ip-addresses": ["2001:db8:1::100", "junk"], "hostname": "six"}]}]}}"#;

    fn found(host: &MapHost) -> Found {
        with_context(host, observe).unwrap()
    }

    #[test]
    fn reservations_of_all_levels_are_found() {
        let found = found(&MapHost::new().file("/etc/kea/kea-dhcp4.conf", CONFIGURATION));
        let text = format!("{found:?}");
        for expected in [
            "192.0.2.201",
            "1a:1b:1c:1d:1e:1f",
            "special-snowflake",
            "\"cam.example.test\"",
            "02:00:5e:00:53:09",
        ] {
            assert!(text.contains(expected), "{expected}");
        }
        assert_eq!(found.facts.len(), 4, "a client without anything to be known by is none");
        assert!(found.gaps.is_empty() && !text.contains("CANARY"));
    }

    #[test]
    fn reservations_in_a_database_are_said_to_be_missing() {
        let found = found(&MapHost::new().file("/etc/kea/kea-dhcp6.conf", SIX));
        assert_eq!((found.facts.len(), found.gaps.len()), (1, 1));
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn no_server_is_not_here() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    /// Real: the sample configurations of Debian's kea-dhcp4-server and kea-dhcp6-server 2.2.0-6, as they are.
    const DEBIAN: [&str; 2] =
        [include_str!("samples/kea-dhcp4.conf"), include_str!("samples/kea-dhcp6.conf")];

    #[test]
    fn the_samples_of_debian_are_read_with_their_comments() {
        let host = MapHost::new()
            .file("/etc/kea/kea-dhcp4.conf", DEBIAN[0])
            .file("/etc/kea/kea-dhcp6.conf", DEBIAN[1]);
        let found = found(&host);
        assert_eq!((found.gaps.len(), found.complaints.len()), (0, 0), "{found:?}");
        let said = found.facts.iter().map(|it| {
            let Fact::NamedMachine(it) = it else { panic!("{it:?}") };
            let words = [it.name.clone(), it.macs.first().cloned()].map(Option::unwrap_or_default);
            format!("{} {}", it.addresses[0], words.join(" ")).trim_end().to_owned()
        });
        let expected = [
            "192.0.2.201  1a:1b:1c:1d:1e:1f",
            "192.0.2.202 special-snowflake",
            "192.0.2.203",
            "192.0.2.204",
            "192.0.2.205",
            "192.0.2.206",
            "2001:db8:1::100",
            "2001:db8:1::101  00:01:02:03:04:05",
            "2001:db8:1:0:cafe::1 foo.example.com",
            "2001:db8:1:0:cafe::2",
        ];
        assert_eq!(said.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_sample_that_is_cut_off_is_complained_about_or_read_whole() {
        // A configuration in the middle of being written; each cut is at the end of a line.
        for (at, _) in DEBIAN[0].match_indices('\n').step_by(17) {
            let host = MapHost::new().file("/etc/kea/kea-dhcp4.conf", &DEBIAN[0][..at]);
            match with_context(&host, observe) {
                Ok(found) => {
                    assert!(!found.complaints.is_empty() || found.facts.len() == 6, "{at}")
                }
                Err(reason) => assert!(matches!(reason, Absent::NotHere { .. }), "{at}"),
            }
        }
    }

    proptest! {
        #[test]
        fn hostile_values_never_panic(inner in "(\"reservations\":|\"subnet4\":|\"hostname\":|[\\[\\]{},1\"]){0,20}") {
            let text = format!("{{\"Dhcp4\": {{{inner}}}}}");
            let _ = with_context(&MapHost::new().file("/etc/kea/kea-dhcp4.conf", text), observe);
        }
    }
}
