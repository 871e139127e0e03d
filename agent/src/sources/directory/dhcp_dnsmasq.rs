//! Reservations and names that the configuration of dnsmasq states (dnsmasq(8)): `dhcp-host`,
//! `host-record`, and files of reservations.

use observation::latest::{Absent, Cadence, Fact, MachineList, NamedMachine, Platform, SourceId};

use crate::sources::context::Context;
use crate::sources::dnsmasq::{CONFIGURATION, is_here, settings};
use crate::sources::{Found, Source, named};

const KEEPER: &str = "dnsmasq";
/// Most machines.
const MACHINES_MAX: usize = 100_000;

/// Reservations.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.dhcp_dnsmasq"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    if !is_here(context.host) {
        return Err(Absent::NotHere { looked_at: CONFIGURATION.to_owned() });
    }
    let mut found = Found::default();
    let mut machines = Vec::new();
    for setting in settings(context.host, &mut found) {
        match &*setting.name {
            "dhcp-host" => machines.extend(reservation(&setting.value, &setting.place)),
            "host-record" => machines.extend(record(&setting.value, &setting.place)),
            "dhcp-hostsfile" | "dhcp-hostsdir" => {
                let folder = setting.value.trim_end_matches('/');
                let pattern = match &*setting.name {
                    "dhcp-hostsdir" => format!("{folder}/*"),
                    _ => setting.value.clone(),
                };
                for path in named::files(context.host, &pattern) {
                    let text = named::read(context.host, &path, "named_machine", &mut found);
                    let text = text.unwrap_or_default();
                    let lines = text.lines().filter(|it| !it.trim_start().starts_with('#'));
                    machines.extend(lines.filter_map(|it| reservation(it, &path)));
                }
            }
            _ => {}
        }
        machines.truncate(MACHINES_MAX);
    }
    found.facts = machines.into_iter().map(Fact::NamedMachine).collect();
    Ok(found)
}

/// `[mac|*]…[,id:…][,set:…][,tag:…][,address][,[address6]][,name][,lease time][,ignore]`
fn reservation(value: &str, place: &str) -> Option<NamedMachine> {
    let mut machine = named::machine(MachineList::DhcpReservation, KEEPER, place);
    for part in value.split(',').map(str::trim) {
        if part == "ignore" {
            machine.is_active = Some(false);
        } else if let Some(mac) = named::mac(part.split_once('-').map_or(part, with_type)) {
            machine.macs.push(mac);
        } else if let Some(address) = named::address(part.trim_matches(['[', ']'])) {
            machine.addresses.push(address);
        } else if is_name(part) {
            machine.name = named::host_name(part);
        }
    }
    let says = machine.name.is_some() || !machine.macs.is_empty() || !machine.addresses.is_empty();
    says.then_some(machine)
}

/// The number of a hardware type may stand before the address: `06-02:00:…`.
fn with_type<'a>((kind, rest): (&'a str, &'a str)) -> &'a str {
    if kind.contains(':') { kind } else { rest }
}

fn is_name(part: &str) -> bool {
    let is_time = part == "infinite"
        || part
            .strip_suffix(['s', 'm', 'h', 'd', 'w'])
            .unwrap_or(part)
            .bytes()
            .all(|it| it.is_ascii_digit());
    // Identifiers and tags have a colon; a masked hardware address has stars.
    !is_time && !part.contains([':', '*', '[', '/'])
}

/// `host-record=name[,name…][,address][,address6][,time to live]`
fn record(value: &str, place: &str) -> Option<NamedMachine> {
    let mut machine = named::machine(MachineList::DnsZone, KEEPER, place);
    for part in value.split(',').map(str::trim) {
        if part.parse::<std::net::IpAddr>().is_ok() {
            machine.addresses.extend(named::address(part));
        } else if machine.name.is_none() {
            machine.name = named::host_name(part);
        }
    }
    (machine.name.is_some() && !machine.addresses.is_empty()).then_some(machine)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn one(value: &str) -> NamedMachine {
        reservation(value, "p").unwrap()
    }

    /// The examples of the sample configuration that dnsmasq brings, with documentation's addresses.
    #[test]
    fn reservations_of_every_form_are_understood() {
        assert_eq!(one("11:22:33:44:55:66,192.0.2.60").addresses[0].to_string(), "192.0.2.60");
        assert_eq!(one("11:22:33:44:55:66,fred").name.as_deref(), Some("fred"));
        let full = one("11:22:33:44:55:66,12:34:56:78:90:12,fred,192.0.2.60,45m");
        assert_eq!((full.macs.len(), full.name.as_deref()), (2, Some("fred")));
        assert_eq!(one("bert,192.0.2.70,infinite").name.as_deref(), Some("bert"));
        assert_eq!(one("id:01:02:02:04,192.0.2.60").name, None);
        assert_eq!(one("11:22:33:44:55:66,ignore").is_active, Some(false));
        assert_eq!(one("11:22:33:44:55:66,set:red").name, None);
        assert_eq!(one("id:00:01,[2001:db8::5]").addresses[0].to_string(), "2001:db8::5");
        assert_eq!(one("06-11:22:33:44:55:66,a").macs, ["11:22:33:44:55:66"]);
        assert_eq!(one("11-22-33-44-55-66,a-b").name.as_deref(), Some("a-b"));
        assert_eq!(reservation("11:22:33:*:*:*,set:red,12h", "p"), None);
    }

    #[test]
    fn names_and_files_of_reservations_are_read() {
        let host = MapHost::new()
            .file(CONFIGURATION, "host-record=laptop,laptop.example.test,192.0.2.9,2001:db8::9,300\ndhcp-hostsfile=/srv/hosts\ndhcp-hostsdir=/srv/d\nhost-record=only\n")
            .file("/srv/hosts", "# c\n11:22:33:44:55:66,a\n")
            .file("/srv/d/x", "11:22:33:44:55:67,b\n");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.facts.len(), 3, "{found:?}");
        let Some(Fact::NamedMachine(machine)) = found.facts.first() else { panic!() };
        assert_eq!((machine.name.as_deref(), machine.addresses.len()), (Some("laptop"), 2));
        assert_eq!(machine.list, MachineList::DnsZone);
    }

    #[test]
    fn no_dnsmasq_is_not_here() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    /// Real: /etc/dnsmasq.conf of Debian's dnsmasq 2.90-4~deb12u1, in which every option is switched off.
    const DEBIAN: &str = include_str!("samples/dnsmasq.conf");

    #[test]
    fn the_file_of_debian_reserves_nothing_until_its_examples_are_switched_on() {
        let found = with_context(&MapHost::new().file(CONFIGURATION, DEBIAN), observe).unwrap();
        assert_eq!(found, Found::default());
        let examples = DEBIAN.lines().filter_map(|it| it.strip_prefix("#dhcp-host="));
        let examples: Vec<String> = examples.map(|it| format!("dhcp-host={it}\n")).collect();
        assert_eq!(examples.len(), 14);
        let host = MapHost::new().file(CONFIGURATION, examples.concat());
        let found = with_context(&host, observe).unwrap();
        let said = found.facts.iter().map(|it| {
            let Fact::NamedMachine(it) = it else { panic!("{it:?}") };
            let name = it.name.as_deref().unwrap_or("-");
            let addresses: Vec<String> = it.addresses.iter().map(ToString::to_string).collect();
            format!("{name} {} {}", it.macs.join("+"), addresses.join("+")).trim_end().to_owned()
        });
        let expected = [
            "- 11:22:33:44:55:66 192.168.0.60".to_owned(),
            "fred 11:22:33:44:55:66".to_owned(),
            "fred 11:22:33:44:55:66 192.168.0.60".to_owned(),
            "- 11:22:33:44:55:66+12:34:56:78:90:12 192.168.0.60".to_owned(),
            "bert  192.168.0.70".to_owned(),
            "-  192.168.0.60".to_owned(),
            "-  192.168.0.61".to_owned(),
            "-  192.168.0.60".to_owned(),
            "judge".to_owned(),
            "- 11:22:33:44:55:66".to_owned(),
            "- 11:22:33:44:55:66".to_owned(),
            "- 11:22:33:44:55:66".to_owned(),
            // One that speaks of all adapters of a maker names no machine.
            "fred  1234::5".to_owned(),
        ];
        assert_eq!(said.collect::<Vec<_>>(), expected);
    }

    proptest! {
        #[test]
        fn hostile_values_never_panic(value in "[0-9a-f:,\\-\\[\\]*é ]{0,60}") {
            let _ = (reservation(&value, "p"), record(&value, "p"));
        }
    }
}
