//! Leases of Kea's memfile: lines of values, appended; of several for one address the last one holds.
//!
//! While a cleaning is under way the leases stand in several files, read in the order in which the server
//! itself reads them: the finished result `.completed`, or else the former result `.2` and the moved file
//! `.1`; then the file itself (Kea Administrator Reference Manual, "Why is Lease File Cleanup Necessary").

use std::collections::BTreeMap;

use jiff::Timestamp;
use observation::latest::{
    Absent, Cadence, Fact, Gap, MachineList, NamedMachine, Platform, SourceId,
};
use serde_json::Value;

use crate::sources::context::Context;
use crate::sources::{Found, Source, kea, named};

const KEEPER: &str = "kea";
/// Where the leases stand if the configuration does not say otherwise.
const DEFAULTS: [&str; 2] = ["/var/lib/kea/kea-leases4.csv", "/var/lib/kea/kea-leases6.csv"];
/// Largest file of leases.
const LEASES_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Most addresses.
const ADDRESSES_MAX: usize = 100_000;
/// A lease in normal use; others were declined, have run out or were released.
const STATE_DEFAULT: &str = "0";
/// A lifetime that never ends.
const INFINITE: i64 = 0xFFFF_FFFF;
/// A delegated prefix (`IA_PD`) is no address of a machine.
const TYPE_PREFIX: &str = "2";

/// Leases.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.dhcp_kea_leases"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let mut is_here = false;
    for ((path, key), default) in kea::CONFIGURATIONS.into_iter().zip(DEFAULTS) {
        let server = kea::configuration(context.host, path, key, &mut found);
        let database = server.as_ref().and_then(|it| it.get("lease-database"));
        let text = |key: &str| database.and_then(|it| it.get(key)).and_then(Value::as_str);
        if text("type").is_some_and(|it| it != "memfile") {
            let what = format!("{path}: lease-database");
            let reason = Absent::NotLookedAt { why: "database_server".to_owned(), what };
            let (field, of) = ("named_machine".to_owned(), Some(path.to_owned()));
            found.gaps.push(Gap { field, of, reason });
            is_here = true;
            continue;
        }
        let name = text("name").filter(|it| it.starts_with('/')).unwrap_or(default);
        is_here |= read(context, name, &mut found);
    }
    if !is_here && found.gaps.is_empty() {
        return Err(Absent::NotHere { looked_at: DEFAULTS.join(", ") });
    }
    Ok(found)
}

fn read(context: &Context<'_>, path: &str, found: &mut Found) -> bool {
    let mut leases = BTreeMap::new();
    let mut is_here = false;
    let mut enter = |path: &str, found: &mut Found| {
        let bytes = named::read_bytes(context.host, path, LEASES_BYTES_MAX, "named_machine", found);
        let Some(bytes) = bytes else { return false };
        is_here = true;
        lines(&String::from_utf8_lossy(&bytes), path, context.now, &mut leases, found);
        true
    };
    if !enter(&format!("{path}.completed"), found) {
        enter(&format!("{path}.2"), found);
        enter(&format!("{path}.1"), found);
    }
    enter(path, found);
    found.facts.extend(leases.into_values().map(Fact::NamedMachine));
    is_here
}

fn lines(
    text: &str,
    path: &str,
    now: Timestamp,
    leases: &mut BTreeMap<String, NamedMachine>,
    found: &mut Found,
) {
    let mut lines = text.lines();
    // The columns differ between versions; the first line names them.
    let heads: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let column = |name: &str| heads.iter().position(|it| *it == name);
    let (Some(_), Some(_)) = (column("address"), column("expire")) else {
        if !text.is_empty() {
            found
                .complaints
                .push(named::complaint(path, "the first line does not name the columns"));
        }
        return;
    };
    for line in lines {
        let values: Vec<&str> = line.split(',').collect();
        let value =
            |name: &str| column(name).and_then(|it| values.get(it)).copied().unwrap_or_default();
        let key = value("address");
        if leases.len() == ADDRESSES_MAX && !leases.contains_key(key) {
            continue;
        }
        let Some(address) = named::address(key).filter(|_| value("lease_type") != TYPE_PREFIX)
        else {
            continue;
        };
        let number = |name: &str| value(name).parse::<i64>().ok();
        // A lifetime of nothing takes the lease back.
        if number("valid_lifetime") == Some(0) {
            leases.remove(key);
            continue;
        }
        let mut machine = named::machine(MachineList::DhcpLease, KEEPER, path);
        machine.addresses.push(address);
        machine.macs.extend(named::mac(value("hwaddr")));
        machine.name = named::host_name(&unescape(value("hostname")));
        let (ends, lifetime) = (number("expire"), number("valid_lifetime"));
        let is_endless = lifetime == Some(INFINITE);
        let is_within = ends.map(|it| is_endless || it >= now.as_second());
        machine.is_active = is_within.map(|it| it && matches!(value("state"), STATE_DEFAULT | ""));
        let begin = ends.zip(lifetime).and_then(|(end, length)| end.checked_sub(length));
        machine.last_seen_at = begin.and_then(|it| Timestamp::from_second(it).ok());
        leases.insert(key.to_owned(), machine);
    }
}

/// A comma in a value stands as `&#x2c`.
fn unescape(text: &str) -> String {
    text.replace("&#x2c", ",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Written by kea-dhcp4 2.2.0 for a dhclient in another network namespace.
    const WRITTEN: &str = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n\
        192.0.2.100,02:00:5e:00:53:01,,4000,1795814497,1,0,0,pc-anna,0,\n\
        192.0.2.100,02:00:5e:00:53:01,,4000,1795814499,1,0,0,pc-anna,0,\n";
    /// The heads are those that kea-dhcp6 2.2.0 wrote; the lines are constructed.
    const SIX: &str = "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source\n\
        2001:db8::100,00:01,4000,1795814497,1,3000,0,7,128,0,0,a&#x2cb,02:00:5e:00:53:02,0,,1,0\n\
        2001:db8:1::,00:01,4000,1795814497,1,3000,2,7,64,0,0,,,0,,,\n";
    const PATH: &str = "/var/lib/kea/kea-leases4.csv";

    fn machines(host: &MapHost) -> Vec<NamedMachine> {
        let found = with_context(host, observe).unwrap();
        let machines = found.facts.into_iter().map(|it| {
            let Fact::NamedMachine(it) = it else { panic!("{it:?}") };
            it
        });
        machines.collect()
    }

    #[test]
    fn the_last_line_for_an_address_holds() {
        let [machine] = &*machines(&MapHost::new().file(PATH, WRITTEN)) else { panic!() };
        assert_eq!(machine.name.as_deref(), Some("pc-anna"));
        assert_eq!(machine.macs, ["02:00:5e:00:53:01"]);
        assert_eq!(machine.is_active, Some(true));
        assert_eq!(machine.last_seen_at.unwrap().as_second(), 1_795_810_499);
        let taken_back =
            format!("{WRITTEN}192.0.2.100,02:00:5e:00:53:01,,0,1795814499,1,0,0,,0,\n");
        assert!(machines(&MapHost::new().file(PATH, taken_back)).is_empty());
        let ran_out = WRITTEN.replace("pc-anna,0", "pc-anna,2");
        assert_eq!(machines(&MapHost::new().file(PATH, ran_out))[0].is_active, Some(false));
    }

    #[test]
    fn files_of_a_cleaning_are_read_as_the_server_reads_them() {
        let file = |name: &str, mac: &str| {
            (format!("{PATH}{name}"), WRITTEN.replace("02:00:5e:00:53:01", mac))
        };
        let (one, two) = (file(".1", "02:00:5e:00:53:11"), file(".2", "02:00:5e:00:53:22"));
        let host = MapHost::new().file(&one.0, &one.1).file(&two.0, &two.1);
        assert_eq!(machines(&host)[0].macs, ["02:00:5e:00:53:11"]);
        let done = file(".completed", "02:00:5e:00:53:33");
        let host = host.file(&done.0, &done.1);
        assert_eq!(machines(&host)[0].macs, ["02:00:5e:00:53:33"]);
        let host = host.file(PATH, WRITTEN);
        assert_eq!(machines(&host)[0].macs, ["02:00:5e:00:53:01"]);
    }

    #[test]
    fn prefixes_are_no_machines() {
        let host = MapHost::new().file("/var/lib/kea/kea-leases6.csv", SIX);
        let [machine] = &*machines(&host) else { panic!() };
        assert_eq!(machine.name.as_deref(), Some("a,b"));
        assert_eq!(machine.macs, ["02:00:5e:00:53:02"]);
    }

    #[test]
    fn the_configuration_says_where_the_leases_are() {
        let configuration =
            r#"{"Dhcp4": {"lease-database": {"type": "memfile", "name": "/srv/l.csv"}}}"#;
        let host = MapHost::new()
            .file("/etc/kea/kea-dhcp4.conf", configuration)
            .file("/srv/l.csv", WRITTEN);
        assert_eq!(machines(&host).len(), 1);
        let configuration = configuration.replace("memfile", "mysql");
        let host = MapHost::new().file("/etc/kea/kea-dhcp4.conf", configuration);
        assert_eq!(with_context(&host, observe).unwrap().gaps.len(), 1);
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn a_file_without_heads_is_said() {
        let found = with_context(&MapHost::new().file(PATH, "a,b\n"), observe).unwrap();
        assert_eq!(found.complaints.len(), 1);
    }

    #[test]
    fn a_lease_that_never_ends_does_not_run_out_and_short_lines_say_what_they_say() {
        let heads = WRITTEN.lines().next().unwrap();
        let state = |line: &str| {
            let host = MapHost::new().file(PATH, format!("{heads}\n{line}\n"));
            machines(&host).first().map(|it| it.is_active)
        };
        let of = |lifetime: &str, end: &str, state: &str| {
            format!("192.0.2.1,02:00:5e:00:53:01,,{lifetime},{end},1,0,0,,{state},")
        };
        assert_eq!(state(&of("4000", "10", "0")), Some(Some(true)));
        assert_eq!(state(&of("4000", "-10", "0")), Some(Some(false)));
        assert_eq!(state(&of("4294967295", "-10", "0")), Some(Some(true)));
        assert_eq!(state(&of("4000", "10", "1")), Some(Some(false)), "declined");
        assert_eq!(state(&of("4000", "soon", "0")), Some(None));
        assert_eq!(state(&of("0", "10", "0")), None, "taken back");
        assert_eq!(state("192.0.2.1"), Some(None));
        assert_eq!((state(""), state(","), state("127.0.0.1,,,1,1,1")), (None, None, None));
    }

    proptest! {
        #[test]
        fn hostile_lines_never_panic(line in "(192\\.0\\.2\\.1|-?9{18,20}|[0-9,:é]){0,40}") {
            let _ = machines(&MapHost::new().file(PATH, format!("{WRITTEN}{line}\n")));
        }
    }
}
