//! What was found, as the sections of reports.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use observation::latest::scan::{ScanProfile, ScanRemark};
use observation::latest::{
    Absent, AddressSeen, Cadence, Fact, Gap, NetworkPath, OpenPort, SeenBy, ServiceProtocol,
    Transport,
};

use super::super::book::{Book, Learnt, Note};
use super::super::swept::Swept;
use super::super::{clock, path};
use crate::plan::ports::{self, Tier};
use crate::probes::Reading;

/// The book of an address that answered.
pub(super) fn discovered(address: IpAddr, means: &[(SeenBy, Option<String>)]) -> Book {
    let mut book = Book::new(address);
    for (means, mac) in means {
        let fact = AddressSeen { address, means: *means, mac: mac.clone() };
        book.add(told(discovery_source(*means), vec![Fact::AddressSeen(fact)], Cadence::Steady));
    }
    book
}

const fn discovery_source(means: SeenBy) -> &'static str {
    match means {
        SeenBy::Arp => "scan.arp",
        SeenBy::Ndp => "scan.ndp",
        SeenBy::IcmpEcho => "scan.icmp_echo",
        SeenBy::MulticastEcho => "scan.multicast_echo",
        SeenBy::Tcp => "scan.tcp_syn",
        SeenBy::Udp => "scan.udp",
        SeenBy::NeighbourTable => "scan.neighbour_table",
        SeenBy::Path => "scan.path",
    }
}

pub(super) fn told(source: &str, facts: Vec<Fact>, cadence: Cadence) -> Note {
    Note {
        source: source.to_owned(),
        cadence,
        asked_at: clock::now(),
        lasted: Duration::ZERO,
        learnt: Learnt::Said(Reading { facts, ..Reading::default() }),
    }
}

/// Open ports, a section for each tier of ports that this profile looks at. One of a host that was asked
/// for all of them says that the others are closed; one of another host says that it does not know.
pub(super) fn note_ports(book: &mut Book, swept: &Swept, profile: ScanProfile) {
    for tier in Tier::of_profile(profile) {
        let of_tier = swept.open.iter().filter(|it| ports::tier(**it) == *tier);
        let facts: Vec<Fact> = of_tier
            .map(|port| Fact::OpenPort(OpenPort { transport: Transport::Tcp, port: *port }))
            .collect();
        let source = tier.ports_source();
        let is_empty = facts.is_empty();
        if swept.is_whole || !is_empty {
            book.add(told(source, facts, Cadence::Steady));
        }
        if !swept.is_whole {
            let reason = failed(
                "asking for open ports",
                "not all were asked: the sweep ended, or the host did not answer any more",
            );
            let learnt = if is_empty {
                Learnt::Nothing(reason)
            } else {
                Learnt::Gap(Gap { field: "open_port".to_owned(), of: None, reason })
            };
            book.add(Note { learnt, ..told(source, Vec::new(), Cadence::Steady) });
        }
    }
}

pub(super) fn failed(doing: &str, cause: &str) -> Absent {
    Absent::Failed { doing: doing.to_owned(), cause: cause.to_owned() }
}

pub(super) fn note_ways(books: &mut [Book], ways: path::Ways, remarks: &mut Vec<ScanRemark>) {
    remarks.extend(ways.remarks);
    let mut by_target: BTreeMap<IpAddr, NetworkPath> =
        ways.paths.into_iter().map(|it| (it.target, it)).collect();
    for book in books {
        if let Some(way) = by_target.remove(&book.address()) {
            book.add(told("scan.path", vec![Fact::NetworkPath(way)], Cadence::Steady));
        }
    }
}

/// Whether a host answered as a name server.
pub(super) fn is_name_server(book: &Book) -> bool {
    book.facts().any(
        |it| matches!(it, Fact::ServiceAnswer(answer) if answer.protocol == ServiceProtocol::Dns),
    )
}

#[cfg(test)]
mod tests {
    use observation::latest::Outcome;

    use super::*;

    /// What each section says: how many ports, and whether there is a gap.
    fn said(open: &[u16], is_whole: bool) -> Vec<(String, Option<(usize, bool)>)> {
        let mut book = Book::new([192, 0, 2, 1].into());
        let swept = Swept { open: open.to_vec(), is_whole };
        note_ports(&mut book, &swept, ScanProfile::Normal);
        let sections = book.into_report().sections.into_iter().map(|it| {
            let said = match it.body.outcome {
                Outcome::Read { facts, gaps, .. } => Some((facts.len(), !gaps.is_empty())),
                Outcome::Absent { .. } => None,
            };
            (it.body.source.as_str().to_owned(), said)
        });
        sections.collect()
    }

    #[test]
    fn only_a_host_that_was_swept_wholly_is_said_to_have_nothing_open() {
        let (gentle, normal) = ("scan.ports".to_owned(), "scan.ports_normal".to_owned());
        assert_eq!(
            said(&[22], true),
            [(gentle.clone(), Some((1, false))), (normal.clone(), Some((0, false)))]
        );
        assert_eq!(said(&[22], false), [(gentle.clone(), Some((1, true))), (normal.clone(), None)]);
        assert_eq!(said(&[], false), [(gentle, None), (normal, None)]);
    }
}
