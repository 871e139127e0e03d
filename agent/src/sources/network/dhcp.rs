//! Addresses that DHCP servers gave, from what the clients wrote down: systemd-networkd
//! (`/run/systemd/netif/leases/<number>`), NetworkManager's own client
//! (`/var/lib/NetworkManager/internal-<uuid>-<interface>.lease`) and ISC dhclient (dhclient.leases(5)).

use std::collections::BTreeMap;

use observation::latest::{Absent, Cadence, Complaint, DhcpLease, Fact, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::links::LinkNames;
use crate::sources::{Found, Source};

/// Addresses that DHCP servers gave.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.dhcp"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const NETWORKD: &str = "/run/systemd/netif/leases";
const NETWORK_MANAGER: &str = "/var/lib/NetworkManager";
/// Where Debian, Red Hat and SUSE keep the leases of dhclient, and NetworkManager those of its dhclient.
const DHCLIENT: [&str; 4] =
    ["/var/lib/dhcp", "/var/lib/dhclient", "/var/lib/NetworkManager", "/run/dhclient"];
/// Largest file; dhclient appends each renewal and begins anew when it starts.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Files of one folder that are read.
const FILES_MAX: usize = 200;
/// Longest word that is kept.
const WORD_CHARS_MAX: usize = 255;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = LinkNames::read(context.host)?;
    let mut reading =
        Reading { host: context.host, leases: BTreeMap::new(), found: Found::default() };
    let by_number = |file: &str| file.parse().ok().and_then(|it| names.name(it)).map(str::to_owned);
    let by_name = |file: &str| internal(file).map(str::to_owned);
    let mut is_here = reading.each(NETWORKD, by_number, networkd("systemd-networkd"));
    is_here |= reading.each(NETWORK_MANAGER, by_name, networkd("NetworkManager"));
    for folder in DHCLIENT {
        is_here |= reading.dhclient(folder, &names);
    }
    if !is_here {
        return Err(Absent::NotHere { looked_at: format!("{NETWORKD}, {}", DHCLIENT.join(", ")) });
    }
    let Reading { leases, mut found, .. } = reading;
    found.facts = leases.into_values().map(Fact::DhcpLease).collect();
    Ok(found)
}

struct Reading<'a> {
    host: &'a dyn Host,
    /// By interface: an interface has one client.
    leases: BTreeMap<String, DhcpLease>,
    found: Found,
}

impl Reading<'_> {
    /// Reads the files of a folder that belong to an interface. Whether there are any.
    fn each(
        &mut self,
        folder: &str,
        interface: impl Fn(&str) -> Option<String>,
        read: impl Fn(&str, &str) -> DhcpLease,
    ) -> bool {
        let mut is_here = false;
        for file in self.host.names(folder).unwrap_or_default().iter().take(FILES_MAX) {
            let Some(interface) = interface(file) else { continue };
            let Some(text) = self.text(&format!("{folder}/{file}")) else { continue };
            is_here = true;
            let lease = read(&text, &interface);
            self.leases.entry(interface).or_insert(lease);
        }
        is_here
    }

    fn dhclient(&mut self, folder: &str, names: &LinkNames) -> bool {
        let mut is_here = false;
        for file in self.host.names(folder).unwrap_or_default().iter().take(FILES_MAX) {
            let is_of_dhclient = file.starts_with("dhclient")
                && (file.ends_with(".leases") || file.ends_with(".lease"));
            // The leases of IPv6 have another form, and their server no address.
            if !is_of_dhclient || file.starts_with("dhclient6") {
                continue;
            }
            let Some(text) = self.text(&format!("{folder}/{file}")) else { continue };
            is_here = true;
            for lease in dhclient(&text) {
                // What the file says of an interface that is not here any more is history.
                if names.has(&lease.interface) {
                    self.leases.insert(lease.interface.clone(), lease);
                }
            }
        }
        is_here
    }

    fn text(&mut self, path: &str) -> Option<String> {
        match self.host.bytes(path, FILE_BYTES_MAX) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(Absent::NotHere { .. }) => None,
            Err(reason) => {
                let problem = format!("the leases could not be read: {reason:?}");
                self.found.complaints.push(Complaint { place: path.to_owned(), problem });
                None
            }
        }
    }
}

/// The interface in `internal-<uuid>-<interface>.lease`.
fn internal(file: &str) -> Option<&str> {
    const UUID_CHARS: usize = 36;
    let rest = file.strip_prefix("internal-")?.strip_suffix(".lease")?;
    rest.get(UUID_CHARS..)?.strip_prefix('-').filter(|it| !it.is_empty())
}

/// Lines of `KEY=value`, in the form of systemd, which NetworkManager's client is made from.
fn networkd(client: &'static str) -> impl Fn(&str, &str) -> DhcpLease {
    move |text, interface| {
        let value = |key: &str| {
            // The last line of a name counts.
            let mut lines = text.lines().rev().filter_map(|it| it.split_once('='));
            lines.find(|(name, _)| *name == key).map(|(_, value)| value.trim())
        };
        DhcpLease {
            interface: interface.to_owned(),
            client: client.to_owned(),
            address: value("ADDRESS").and_then(|it| it.parse().ok()),
            server: value("SERVER_ADDRESS").and_then(|it| it.parse().ok()),
            lifetime_seconds: value("LIFETIME").and_then(|it| it.parse().ok()),
            domain: value("DOMAINNAME").and_then(word),
        }
    }
}

/// The leases of a file of dhclient, oldest first: blocks of statements that end with a semicolon.
fn dhclient(text: &str) -> Vec<DhcpLease> {
    let mut leases = Vec::new();
    let mut present: Option<DhcpLease> = None;
    for line in text.lines().map(str::trim) {
        if line == "lease {" {
            present = Some(DhcpLease {
                interface: String::new(),
                client: "dhclient".to_owned(),
                address: None,
                server: None,
                lifetime_seconds: None,
                domain: None,
            });
        } else if line == "}" {
            leases.extend(present.take().filter(|it| !it.interface.is_empty()));
        } else if let Some(lease) = &mut present {
            statement(line, lease);
        }
    }
    leases
}

fn statement(line: &str, lease: &mut DhcpLease) {
    let Some(line) = line.strip_suffix(';') else { return };
    let line = line.strip_prefix("option ").unwrap_or(line);
    let Some((name, value)) = line.split_once(' ') else { return };
    let value = value.trim().trim_matches('"');
    match name {
        "interface" => lease.interface = word(value).unwrap_or_default(),
        "fixed-address" => lease.address = value.parse().ok(),
        "dhcp-server-identifier" => lease.server = value.parse().ok(),
        "dhcp-lease-time" => lease.lifetime_seconds = value.parse().ok(),
        "domain-name" => lease.domain = word(value),
        _ => {}
    }
}

fn word(text: &str) -> Option<String> {
    let text: String = printable(text).chars().take(WORD_CHARS_MAX).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::{Reply, Request};
    use crate::sources::links::sample_link;
    use crate::sources::testing::{MapHost, with_context};

    // Constructed from systemd's `sd-dhcp-lease.c` (dhcp_lease_save).
    const LEASE_OF_NETWORKD: &str = "# This is private data. Do not parse.\nADDRESS=10.0.0.20\n\
        NETMASK=255.255.255.0\nROUTER=10.0.0.1\nSERVER_ADDRESS=10.0.0.2\nT1=1800\nT2=3150\n\
        LIFETIME=3600\nDNS=10.0.0.3\nDOMAINNAME=firma.example\nCLIENTID=ff00\n";
    // Constructed from dhclient.leases(5).
    const LEASES_OF_DHCLIENT: &str = r#"default-duid "\000";
lease {
  interface "eth0";
  fixed-address 10.0.0.19;
  option dhcp-server-identifier 10.0.0.9;
  expire 2 2026/11/24 08:00:00;
}
lease {
  interface "eth0";
  fixed-address 10.0.0.20;
  option subnet-mask 255.255.255.0;
  option dhcp-lease-time 3600;
  option dhcp-server-identifier 10.0.0.2;
  option domain-name "firma.example";
  renew 5 2026/11/27 08:00:00;
}
lease {
  interface "gone0";
  fixed-address 10.9.9.9;
}
"#;

    fn machine() -> MapHost {
        let links = vec![sample_link(2, "eth0"), sample_link(3, "wlan0")];
        MapHost::new().answer(Request::Links, Ok(Reply::Links(links)))
    }

    fn lease(interface: &str, client: &str) -> Fact {
        Fact::DhcpLease(DhcpLease {
            interface: interface.to_owned(),
            client: client.to_owned(),
            address: Some([10, 0, 0, 20].into()),
            server: Some([10, 0, 0, 2].into()),
            lifetime_seconds: Some(3600),
            domain: Some("firma.example".to_owned()),
        })
    }

    fn check(host: &MapHost, expected: &[Fact]) {
        let found = with_context(host, observe).unwrap();
        assert_eq!((found.facts.as_slice(), found.complaints.as_slice()), (expected, &[][..]));
    }

    #[test]
    fn networkd_says_which_server_gave_the_address() {
        let host = machine().file("/run/systemd/netif/leases/2", LEASE_OF_NETWORKD);
        check(&host, &[lease("eth0", "systemd-networkd")]);
    }

    #[test]
    fn network_manager_names_the_interface_in_the_file() {
        let name = "internal-01234567-89ab-cdef-0123-456789abcdef-wlan0.lease";
        let path = format!("/var/lib/NetworkManager/{name}");
        check(&machine().file(&path, LEASE_OF_NETWORKD), &[lease("wlan0", "NetworkManager")]);
        assert_eq!(internal("internal-short.lease"), None);
        assert_eq!(internal("internal-ä1234567-89ab-cdef-0123-456789abcdef-x.lease"), None);
    }

    #[test]
    fn of_dhclient_the_last_lease_of_an_interface_that_is_here_counts() {
        for path in
            ["/var/lib/dhcp/dhclient.eth0.leases", "/var/lib/NetworkManager/dhclient-1-eth0.lease"]
        {
            check(&machine().file(path, LEASES_OF_DHCLIENT), &[lease("eth0", "dhclient")]);
        }
        check(&machine().file("/var/lib/dhcp/dhclient.leases", ""), &[]);
    }

    #[test]
    fn without_a_client_that_writes_there_is_nothing_to_look_at() {
        assert!(matches!(with_context(&machine(), observe), Err(Absent::NotHere { .. })));
        let six = machine().file("/var/lib/dhcp/dhclient6.leases", LEASES_OF_DHCLIENT);
        assert!(matches!(with_context(&six, observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn a_file_that_is_too_large_is_complained_about() {
        let huge = "x".repeat(usize::try_from(FILE_BYTES_MAX).unwrap() + 1);
        let host = machine()
            .file("/run/systemd/netif/leases/2", huge)
            .file("/var/lib/dhcp/dhclient.leases", LEASES_OF_DHCLIENT);
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (1, 1));
    }

    #[test]
    fn values_that_are_none_are_left_out() {
        let read = networkd("x")("ADDRESS=many\nLIFETIME=-1\nDOMAINNAME=\nSERVER_ADDRESS\n", "e");
        assert_eq!(
            (read.address, read.server, read.lifetime_seconds, read.domain),
            (None, None, None, None)
        );
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in ".{0,400}") {
            let _ = networkd("x")(&text, "eth0");
            let _ = dhclient(&format!("lease {{\n interface \"e\";\n{text}\n}}\n"));
            let _ = internal(&text);
        }
    }
}
