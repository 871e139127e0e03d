//! Reservations of ISC DHCP (dhcpd.conf(5)): `host` statements, wherever they stand.

use observation::latest::{Absent, Cadence, Fact, MachineList, NamedMachine, Platform, SourceId};

use crate::host::Host;
use crate::sources::blocks::{Comments, Statement, parse};
use crate::sources::context::Context;
use crate::sources::{Found, Source, named};

/// Configurations of the server for IPv4 and IPv6, as distributions place them.
const CONFIGURATIONS: &[&str] =
    &["/etc/dhcp/dhcpd.conf", "/etc/dhcp/dhcpd6.conf", "/etc/dhcpd.conf", "/etc/dhcpd6.conf"];
/// Deepest chain of `include`.
const INCLUDES_DEPTH_MAX: usize = 8;
/// Most files of one configuration.
const FILES_MAX: usize = 200;
const KEEPER: &str = "isc-dhcp-server";
const FIELD: &str = "named_machine";

/// Reservations.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.dhcp_isc"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut reader = Reader { host: context.host, found: Found::default(), files: 0 };
    for path in CONFIGURATIONS {
        reader.file(path, 0);
    }
    if reader.files == 0 && reader.found.gaps.is_empty() {
        return Err(Absent::NotHere { looked_at: CONFIGURATIONS.join(", ") });
    }
    Ok(reader.found)
}

struct Reader<'a> {
    host: &'a dyn Host,
    found: Found,
    files: usize,
}

impl Reader<'_> {
    fn file(&mut self, path: &str, depth: usize) {
        if depth > INCLUDES_DEPTH_MAX || self.files == FILES_MAX {
            self.found.complaints.push(named::complaint(path, "too many files include each other"));
            return;
        }
        let Some(text) = named::read(self.host, path, FIELD, &mut self.found) else { return };
        self.files += 1;
        match parse(&text, Comments::Hash) {
            Ok(statements) => self.statements(&statements, path, depth),
            Err(problem) => self.found.complaints.push(named::complaint(path, problem)),
        }
    }

    fn statements(&mut self, statements: &[Statement], path: &str, depth: usize) {
        for statement in statements {
            match statement.name() {
                "include" => self.file(statement.word(1), depth + 1),
                "host" => self.found.facts.extend(reservation(statement, path)),
                _ => self.statements(&statement.block, path, depth),
            }
        }
    }
}

/// `host name { hardware ethernet …; fixed-address …, …; option host-name "…"; }`
fn reservation(host: &Statement, path: &str) -> Option<Fact> {
    let mut machine = named::machine(MachineList::DhcpReservation, KEEPER, path);
    machine.name = named::host_name(host.word(1));
    for statement in &host.block {
        let values = statement.words.iter().skip(1).flat_map(|it| it.split(','));
        match statement.name() {
            "hardware" => machine.macs.extend(named::mac(statement.word(2))),
            "fixed-address" | "fixed-address6" => addresses(values, &mut machine),
            "option" if statement.word(1) == "host-name" => {
                machine.name = named::host_name(statement.word(2)).or(machine.name);
            }
            _ => {}
        }
    }
    let is_named = machine.name.is_some() || !machine.macs.is_empty();
    is_named.then_some(Fact::NamedMachine(machine))
}

/// Addresses stand beside names that the server looks up.
fn addresses<'a>(values: impl Iterator<Item = &'a str>, machine: &mut NamedMachine) {
    machine.addresses.extend(values.filter_map(named::address));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// A configuration that dhcpd 4.4.3-P1 served from.
    const CONFIGURATION: &str = "# sample\ndefault-lease-time 600; max-lease-time 7200;\n\
        authoritative;\nsubnet 192.0.2.0 netmask 255.255.255.0 {\n  range 192.0.2.100 192.0.2.150;\n  \
        option routers 192.0.2.1;\n  host printer-eg { hardware ethernet 02:00:5E:00:53:0a; \
        fixed-address 192.0.2.20; option host-name \"printer-eg\"; }\n}\n\
        host nas { hardware ethernet 02:00:5e:00:53:0b; fixed-address nas.example.test, 192.0.2.21; }\n\
        key omapi { algorithm hmac-md5; secret CANARY-SECRET; }\n";
    const PATH: &str = "/etc/dhcp/dhcpd.conf";

    fn machines(host: &MapHost) -> (Vec<NamedMachine>, Found) {
        let found = with_context(host, observe).unwrap();
        let machines = found.facts.iter().map(|it| {
            let Fact::NamedMachine(it) = it else { panic!("{it:?}") };
            it.clone()
        });
        (machines.collect(), found.clone())
    }

    #[test]
    fn reservations_are_found_in_subnets_and_outside() {
        let (machines, found) = machines(&MapHost::new().file(PATH, CONFIGURATION));
        assert_eq!(machines.len(), 2);
        assert_eq!(machines[0].name.as_deref(), Some("printer-eg"));
        assert_eq!(machines[0].macs, ["02:00:5e:00:53:0a"]);
        assert_eq!(machines[0].addresses, ["192.0.2.20".parse::<std::net::IpAddr>().unwrap()]);
        assert_eq!(machines[0].list, MachineList::DhcpReservation);
        assert_eq!(machines[1].addresses, ["192.0.2.21".parse::<std::net::IpAddr>().unwrap()]);
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn included_files_are_followed_and_circles_end() {
        let host = MapHost::new().file(PATH, "include \"/etc/dhcp/hosts.conf\";").file(
            "/etc/dhcp/hosts.conf",
            "host a { hardware ethernet 02:00:5e:00:53:01; }\ninclude \"/etc/dhcp/dhcpd.conf\";",
        );
        let (machines, found) = machines(&host);
        assert!(machines.iter().all(|it| it.name.as_deref() == Some("a")));
        assert_eq!(machines.first().unwrap().place, "/etc/dhcp/hosts.conf");
        assert_eq!(found.complaints.len(), 1);
    }

    #[test]
    fn broken_configurations_are_said() {
        let (machines, found) = machines(&MapHost::new().file(PATH, "subnet { host a {"));
        assert!(machines.is_empty());
        assert_eq!(found.complaints[0].problem, "a block is not closed");
    }

    #[test]
    fn no_server_is_not_here_and_a_closed_file_is_a_gap() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
        let host = MapHost::unprivileged().forbid(PATH);
        assert_eq!(with_context(&host, observe).unwrap().gaps.len(), 1);
    }

    /// Real: of Debian's isc-dhcp-server 4.4.3-P1-2, as they are.
    const DEBIAN: &str = include_str!("samples/dhcpd.conf");
    const DEBIAN_SIX: &str = include_str!("samples/dhcpd6.conf");

    #[test]
    fn the_files_of_debian_reserve_nothing_until_their_examples_are_switched_on() {
        let host = MapHost::new().file(PATH, DEBIAN).file("/etc/dhcp/dhcpd6.conf", DEBIAN_SIX);
        assert_eq!(with_context(&host, observe).unwrap(), Found::default());
        // Examples have no blank behind the sign, or two; what explains them has one.
        let switched_on = |line: &str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') || rest.starts_with("  ") => rest.to_owned(),
            _ => line.to_owned(),
        };
        let lines: Vec<String> = DEBIAN.lines().map(switched_on).collect();
        let (machines, found) = machines(&MapHost::new().file(PATH, lines.join("\n")));
        assert_eq!(found.complaints, []);
        let said: Vec<_> = machines.iter().map(|it| (it.name.as_deref(), &*it.macs[0])).collect();
        let expected =
            [(Some("passacaglia"), "00:00:c0:5d:bd:95"), (Some("fantasia"), "08:00:07:26:c0:a5")];
        assert_eq!(said, expected);
        // A name in place of an address is the server's to look up.
        assert!(machines.iter().all(|it| it.addresses.is_empty()));
    }

    #[test]
    fn the_examples_of_ipv6_are_read() {
        let lines = DEBIAN_SIX.lines().skip_while(|it| !it.starts_with("#host "));
        let lines = lines.take_while(|it| !it.starts_with("# The subnet"));
        let lines: Vec<&str> = lines.map(|it| it.strip_prefix('#').unwrap_or(it)).collect();
        let host = MapHost::new().file("/etc/dhcp/dhcpd6.conf", lines.join("\n"));
        let (machines, found) = machines(&host);
        assert_eq!(found.complaints, []);
        let said =
            machines.iter().map(|it| format!("{:?} {:?} {:?}", it.name, it.macs, it.addresses));
        let expected = [
            r#"Some("myclient") [] [3ffe:501:ffff:100::1234]"#,
            r#"Some("otherclient") ["01:00:80:a2:55:67"] [3ffe:501:ffff:100::4321]"#,
        ];
        assert_eq!(said.collect::<Vec<_>>(), expected);
    }

    proptest! {
        #[test]
        fn hostile_configurations_never_panic(text in "(host|include|hardware|[a{}; \"]){0,30}") {
            let _ = with_context(&MapHost::new().file(PATH, text), observe);
        }
    }
}
