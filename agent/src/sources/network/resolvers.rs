//! The name servers that the host asks (resolv.conf(5)).

use std::net::{IpAddr, Ipv4Addr};

use observation::latest::{Absent, Cadence, Complaint, Fact, Platform, Resolver, SourceId};

use crate::host::Ask;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The name servers that the host asks.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.resolvers"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const PATH: &str = "/etc/resolv.conf";
/// What systemd-resolved asks in turn, where resolv.conf only names its stub.
const RESOLVED_PATH: &str = "/run/systemd/resolve/resolv.conf";
const RESOLVED_STUB: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 53);
/// Far more than any resolver reads.
const LINES_MAX: usize = 1_000;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let text = context.host.text(PATH)?;
    let (mut resolvers, mut complaints) = parse(PATH, &text);
    if resolvers.iter().any(|it| it.address == RESOLVED_STUB)
        && let Ok(text) = context.host.text(RESOLVED_PATH)
    {
        let (behind, more) = parse(RESOLVED_PATH, &text);
        resolvers.extend(behind);
        complaints.extend(more);
    }
    let facts = resolvers.into_iter().map(Fact::Resolver).collect();
    Ok(Found { facts, complaints, ..Found::default() })
}

fn parse(path: &str, text: &str) -> (Vec<Resolver>, Vec<Complaint>) {
    let mut addresses: Vec<IpAddr> = Vec::new();
    let mut search_domains = Vec::new();
    let mut complaints = Vec::new();
    for (index, line) in text.lines().enumerate().take(LINES_MAX) {
        let line = line.split(['#', ';']).next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("nameserver") => match words.next().and_then(address) {
                Some(address) => addresses.push(address),
                None => complaints.push(Complaint {
                    place: format!("{path}, line {}", index + 1),
                    problem: "no address follows `nameserver`".to_owned(),
                }),
            },
            // The last of these lines counts.
            Some("search") => search_domains = words.map(printable).collect(),
            Some("domain") => search_domains = words.take(1).map(printable).collect(),
            _ => {}
        }
    }
    let resolver = |address| Resolver {
        address,
        configured_in: path.to_owned(),
        search_domains: search_domains.clone(),
    };
    (addresses.into_iter().map(resolver).collect(), complaints)
}

/// A link-local address may carry the interface behind a percent sign.
fn address(text: &str) -> Option<IpAddr> {
    text.split('%').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn check(files: &[(&str, &str)]) -> Vec<(String, String, Vec<String>)> {
        let host = files.iter().fold(MapHost::new(), |host, (path, text)| host.file(path, text));
        let found = with_context(&host, observe).unwrap();
        let resolver = |it| {
            let Fact::Resolver(it) = it else { panic!("another fact") };
            (it.address.to_string(), it.configured_in, it.search_domains)
        };
        found.facts.into_iter().map(resolver).collect()
    }

    #[test]
    fn each_name_server_carries_the_search_list() {
        let text = "# x\ndomain old.example\nsearch a.example b.example ; y\n\
                    nameserver 192.0.2.53\nnameserver fe80::1%eth0\noptions edns0\n";
        let domains = vec!["a.example".to_owned(), "b.example".to_owned()];
        let expected = [
            ("192.0.2.53".to_owned(), PATH.to_owned(), domains.clone()),
            ("fe80::1".to_owned(), PATH.to_owned(), domains),
        ];
        assert_eq!(check(&[(PATH, text)]), expected);
    }

    #[test]
    fn behind_the_stub_of_resolved_stand_the_servers_that_it_asks() {
        let files =
            [(PATH, "nameserver 127.0.0.53\n"), (RESOLVED_PATH, "nameserver 198.51.100.1\n")];
        let places: Vec<String> = check(&files).into_iter().map(|it| it.1).collect();
        assert_eq!(places, [PATH, RESOLVED_PATH]);
        let files =
            [(PATH, "nameserver 192.0.2.1\n"), (RESOLVED_PATH, "nameserver 198.51.100.1\n")];
        assert_eq!(check(&files).len(), 1);
    }

    #[test]
    fn a_line_that_names_no_address_costs_only_itself() {
        let (resolvers, complaints) =
            parse(PATH, "nameserver\nnameserver dns.example\nnameserver 192.0.2.1\n");
        assert_eq!(resolvers.len(), 1);
        let places: Vec<&str> = complaints.iter().map(|it| it.place.as_str()).collect();
        assert_eq!(places, ["/etc/resolv.conf, line 1", "/etc/resolv.conf, line 2"]);
    }

    #[test]
    fn a_machine_without_the_file_says_so() {
        let looked_at = PATH.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(nameserver|search|domain|[ #;%\n]|\\PC){0,64}") {
            let _ = parse(PATH, &text);
        }
    }
}
