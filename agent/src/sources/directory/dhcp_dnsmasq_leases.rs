//! Leases of dnsmasq, of libvirt's dnsmasq among them. The server rewrites the file as a whole:
//! `end mac address name client-id`, behind a line `duid …` those of IPv6.

use jiff::Timestamp;
use observation::latest::{Absent, Cadence, Fact, MachineList, NamedMachine, Platform, SourceId};
use serde_json::Value;

use crate::sources::context::Context;
use crate::sources::dnsmasq::settings;
use crate::sources::{Found, Source, named};

const KEEPER: &str = "dnsmasq";
/// Where distributions keep the leases.
const LEASES: &[&str] = &[
    "/var/lib/misc/dnsmasq.leases",
    "/var/lib/dnsmasq/dnsmasq.leases",
    "/var/lib/NetworkManager/dnsmasq-*.leases",
];
/// libvirt keeps the leases of its networks as JSON.
const LIBVIRT_LEASES: &str = "/var/lib/libvirt/dnsmasq/*.status";
/// Largest file of leases.
const LEASES_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Most leases of one file.
const LEASES_MAX: usize = 50_000;

/// Leases.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.dhcp_dnsmasq_leases"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let set = settings(context.host, &mut found);
    let named_file = set.into_iter().rev().find(|it| it.name == "dhcp-leasefile");
    let mut paths: Vec<String> = named_file.into_iter().map(|it| it.value).collect();
    paths.extend(LEASES.iter().flat_map(|it| named::files(context.host, it)));
    paths.sort();
    paths.dedup();
    let mut is_here = false;
    let mut read = |path: &str, found: &mut Found| {
        let bytes =
            named::read_bytes(context.host, path, LEASES_BYTES_MAX, "named_machine", found)?;
        is_here = true;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    for path in paths {
        let text = read(&path, &mut found).unwrap_or_default();
        let leases = text.lines().take(LEASES_MAX).filter_map(|it| lease(it, &path, context.now));
        found.facts.extend(leases.map(Fact::NamedMachine));
    }
    for path in named::files(context.host, LIBVIRT_LEASES) {
        let Some(text) = read(&path, &mut found).filter(|it| !it.trim().is_empty()) else {
            continue;
        };
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => {
                let leases = value.as_array().into_iter().flatten().take(LEASES_MAX);
                let leases = leases.filter_map(|it| of_libvirt(it, &path, context.now));
                found.facts.extend(leases.map(Fact::NamedMachine));
            }
            Err(_) => found.complaints.push(named::complaint(&path, "it is not JSON")),
        }
    }
    if !is_here && found.gaps.is_empty() {
        return Err(Absent::NotHere { looked_at: LEASES.join(", ") });
    }
    Ok(found)
}

/// For IPv6 the second word is the number of the association, which is no hardware address.
fn lease(line: &str, path: &str, now: Timestamp) -> Option<NamedMachine> {
    let mut words = line.split_whitespace();
    let (end, mac, address) = (words.next()?, words.next()?, words.next()?);
    let address = named::address(address)?;
    let mut machine = named::machine(MachineList::DhcpLease, KEEPER, path);
    machine.addresses.push(address);
    // A token-ring address and others have their type before them.
    machine.macs.extend(named::mac(mac));
    machine.name = words.next().and_then(named::host_name);
    machine.is_active = is_active(end.parse().ok(), now);
    Some(machine)
}

fn of_libvirt(value: &Value, path: &str, now: Timestamp) -> Option<NamedMachine> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let mut machine = named::machine(MachineList::DhcpLease, KEEPER, path);
    machine.addresses.push(named::address(text("ip-address")?)?);
    machine.macs.extend(text("mac-address").and_then(named::mac));
    machine.name = text("hostname").and_then(named::host_name);
    machine.is_active = is_active(value.get("expiry-time").and_then(Value::as_i64), now);
    Some(machine)
}

/// An end of zero is none.
fn is_active(end: Option<i64>, now: Timestamp) -> Option<bool> {
    end.map(|it| it == 0 || it >= now.as_second())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Written by dnsmasq 2.90 for a dhclient in another network namespace.
    const WRITTEN: &str = "1795814090 02:00:5e:00:53:01 192.0.2.145 pc-anna *\n\
        duid 00:01:00:01:32:9c:a1:35:ea:60:f5:12:6a:55\n\
        1795814092 1577079553 2001:db8::1d6 * 00:01:00:01:32:9c:a1:3a:02:00:5e:00:53:01\n";
    /// Constructed from what libvirt's leaseshelper writes.
    const STATUS: &str = r#"[{"ip-address": "192.0.2.50", "mac-address": "52:54:00:12:34:56",
        "hostname": "guest", "client-id": "01:52", "expiry-time": -5}]"#;

    fn machines(host: &MapHost) -> Vec<NamedMachine> {
        let found = with_context(host, observe).unwrap();
        let machines = found.facts.into_iter().map(|it| {
            let Fact::NamedMachine(it) = it else { panic!("{it:?}") };
            it
        });
        machines.collect()
    }

    #[test]
    fn leases_of_both_families() {
        let machines = machines(&MapHost::new().file(LEASES[0], WRITTEN));
        assert_eq!(machines.len(), 2);
        assert_eq!(machines[0].name.as_deref(), Some("pc-anna"));
        assert_eq!(machines[0].macs, ["02:00:5e:00:53:01"]);
        assert_eq!(machines[0].is_active, Some(true));
        assert_eq!((machines[1].name.clone(), machines[1].macs.len()), (None, 0));
        assert_eq!(machines[1].addresses[0].to_string(), "2001:db8::1d6");
    }

    #[test]
    fn an_end_may_be_past_or_none() {
        let host = MapHost::new().file(LEASES[0], "-1 02:00:5e:00:53:01 192.0.2.1 * *\n0 02:00:5e:00:53:02 192.0.2.2 * *\nx 02:00:5e:00:53:02 192.0.2.3 * *\n");
        let states: Vec<_> = machines(&host).into_iter().map(|it| it.is_active).collect();
        assert_eq!(states, [Some(false), Some(true), None]);
    }

    #[test]
    fn the_configuration_and_libvirt_say_where_others_are() {
        let host = MapHost::new()
            .file("/etc/dnsmasq.conf", "dhcp-leasefile=/srv/l\n")
            .file("/srv/l", WRITTEN)
            .file("/var/lib/libvirt/dnsmasq/virbr0.status", STATUS)
            .file("/var/lib/libvirt/dnsmasq/virbr1.status", "{");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (3, 1));
        assert!(format!("{found:?}").contains("52:54:00:12:34:56"));
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn what_is_no_lease_is_passed_over() {
        for line in [
            "",
            "duid 00:01",
            "1795814090 02:00:5e:00:53:01",
            "1795814090 02:00:5e:00:53:01 nowhere pc *",
            "1795814090 02:00:5e:00:53:01 127.0.0.1 pc *",
        ] {
            assert_eq!(lease(line, "p", Timestamp::UNIX_EPOCH), None, "{line}");
        }
        let it = lease("0 06-02:00:5e:00:53:01 192.0.2.1 * *", "p", Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((it.name, it.macs.len()), (None, 0), "a token ring");
    }

    #[test]
    fn values_of_libvirt_that_are_of_another_kind_are_passed_over() {
        for text in
            ["7", "{}", "[]", r#"[{"ip-address": 7}]"#, r#"[{"mac-address": "x"}]"#, "[null]"]
        {
            let host = MapHost::new().file("/var/lib/libvirt/dnsmasq/virbr0.status", text);
            let found = with_context(&host, observe).unwrap();
            assert_eq!((found.facts.len(), found.complaints.len()), (0, 0), "{text}");
        }
        // A network that never had a guest.
        let host = MapHost::new().file("/var/lib/libvirt/dnsmasq/virbr0.status", "\n");
        assert_eq!(with_context(&host, observe).unwrap(), Found::default());
    }

    proptest! {
        #[test]
        fn hostile_lines_never_panic(line in "(192\\.0\\.2\\.1|-?9{18,20}|[0-9 :é]){0,40}") {
            let _ = lease(&line, "p", Timestamp::UNIX_EPOCH);
        }
    }
}
