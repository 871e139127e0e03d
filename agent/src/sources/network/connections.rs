//! Established connections, counted per program, peer and service.
//!
//! Connections of the machine with itself are left out: they say nothing about the network. The
//! listening sockets tell who opened a connection: one whose own port is listened on was opened by
//! the peer.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;

use observation::latest::{
    Absent, Cadence, Connection, ConnectionDirection, ConnectionSamples, Fact, Gap, Platform,
    SourceId, Transport,
};

use crate::host::{Ask, Host, Sampled};
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::processes::Holders;
use crate::sources::sockets::{self, Socket};
use crate::sources::{Found, Source};

/// Established connections.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.connections"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    if !context.options.reports_connections {
        let (why, what) = ("switched_off".to_owned(), "network.connections".to_owned());
        return Err(Absent::NotLookedAt { why, what });
    }
    let (all, complaints) = sockets::read(context.host)?;
    let listening: BTreeSet<(Transport, u16)> =
        all.iter().filter(|it| it.is_waiting()).map(|it| (it.transport, it.local.port())).collect();
    let (established, own): (Vec<&Socket>, Vec<&Socket>) =
        all.iter().filter(|it| it.is_established()).partition(|it| !it.is_with_itself());
    let holders = Holders::find(context.host, &established.iter().map(|it| it.inode).collect());
    let persons = Persons::read_or_none(context.host, context.names);
    let mut counts: BTreeMap<Key, u32> = BTreeMap::new();
    let mut reasons: HashSet<Absent> = HashSet::new();
    for socket in established {
        let process = holders.of(socket.inode);
        let key = Key::of(socket, &listening, |key| match &process {
            Ok(process) => {
                key.process = process.name();
                key.unit = process.place.unit.as_deref().map(|it| persons.unit(it));
            }
            Err(reason) => {
                reasons.insert(reason.clone());
            }
        });
        let count = counts.entry(key).or_default();
        *count = count.saturating_add(1);
    }
    let gap = |field: &str, reason| Gap { field: field.to_owned(), of: None, reason };
    let mut gaps: Vec<Gap> = reasons.into_iter().map(|it| gap("connection.process", it)).collect();
    if !own.is_empty() {
        let (why, what) = ("own_connections".to_owned(), "127.0.0.0/8, ::1".to_owned());
        gaps.push(gap("connection", Absent::NotLookedAt { why, what }));
    }
    gaps.sort();
    let facts = with_samples(context.host, counts, &persons);
    Ok(Found { facts, gaps, complaints })
}

/// What is there at the moment, and what was there before as far as a service took samples.
fn with_samples(host: &dyn Host, counts: BTreeMap<Key, u32>, persons: &Persons<'_>) -> Vec<Fact> {
    // A run without a service takes none, which is no gap: it says what is there at the moment.
    let Sampled { taken, lines } = host.sampled_connections().unwrap_or_default();
    let sampled = lines.into_iter().map(|(talk, seen)| {
        let key = Key {
            transport: talk.transport,
            direction: talk.direction,
            peer: talk.peer,
            service_port: talk.service_port,
            local: talk.local,
            process: talk.process,
            unit: talk.unit.map(|it| persons.unit(&it)),
        };
        let sampled = ConnectionSamples {
            first_seen_at: seen.first_at,
            last_seen_at: seen.last_at,
            samples_seen: seen.samples,
            samples_taken: taken,
        };
        (key, sampled)
    });
    let sampled: BTreeMap<Key, ConnectionSamples> = sampled.collect();
    let mut all: BTreeMap<Key, (u32, Option<ConnectionSamples>)> =
        sampled.into_iter().map(|(key, it)| (key, (0, Some(it)))).collect();
    for (key, count) in counts {
        all.entry(key).or_default().0 = count;
    }
    let facts = all.into_iter().map(|(key, (count, sampled))| {
        Fact::Connection(Connection { sampled, ..key.connection(count) })
    });
    facts.collect()
}

/// What connections are counted by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    transport: Transport,
    direction: ConnectionDirection,
    peer: IpAddr,
    service_port: u16,
    local: IpAddr,
    process: Option<String>,
    unit: Option<String>,
}

impl Key {
    fn of(
        socket: &Socket,
        listening: &BTreeSet<(Transport, u16)>,
        add_process: impl FnOnce(&mut Self),
    ) -> Self {
        let is_incoming = listening.contains(&(socket.transport, socket.local.port()));
        let (direction, service_port) = if is_incoming {
            (ConnectionDirection::Incoming, socket.local.port())
        } else {
            (ConnectionDirection::Outgoing, socket.peer.port())
        };
        let mut key = Self {
            transport: socket.transport,
            direction,
            peer: socket.peer.ip(),
            service_port,
            local: socket.local.ip(),
            process: None,
            unit: None,
        };
        add_process(&mut key);
        key
    }

    fn connection(self, count: u32) -> Connection {
        Connection {
            transport: self.transport,
            direction: self.direction,
            peer: self.peer,
            service_port: self.service_port,
            local: self.local,
            process: self.process,
            unit: self.unit,
            count,
            sampled: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::context::Options;
    use crate::sources::testing::{MapHost, with_context};

    const TCP: &str = "  sl  local_address rem_address\n\
        0: 00000000:01BB 00000000:0000 0A 0:0 00:0 0 0 0 40 1\n\
        1: 070200C0:01BB 090200C0:C350 01 0:0 00:0 0 0 0 41 1\n\
        2: 070200C0:01BB 090200C0:C351 01 0:0 00:0 0 0 0 42 1\n\
        3: 070200C0:C000 0A0200C0:1538 01 0:0 00:0 0 0 0 43 1\n\
        4: 0100007F:C001 0100007F:1538 01 0:0 00:0 0 0 0 44 1\n\
        5: 070200C0:C002 070200C0:01BB 01 0:0 00:0 0 0 0 45 1\n\
        6: 070200C0:C003 0A0200C0:1538 06 0:0 00:0 0 0 0 0 1\n";

    fn check(host: &MapHost) -> (Vec<Connection>, Found) {
        let found = with_context(host, observe).unwrap();
        let connections = found.facts.iter().map(|it| {
            let Fact::Connection(connection) = it else { panic!("{it:?}") };
            connection.clone()
        });
        (connections.collect(), found)
    }

    fn machine() -> MapHost {
        MapHost::new().file("/proc/net/tcp", TCP)
    }

    #[test]
    fn connections_are_counted_by_program_peer_service_and_direction() {
        let group = "/system.slice/nginx.service";
        let host = machine()
            .process(700, "nginx", "/usr/sbin/nginx", group, &[40, 41, 42])
            .process(701, "app", "/opt/app/bin/app", "/", &[43, 44]);
        let (connections, found) = check(&host);
        let expected = [
            Connection {
                transport: Transport::Tcp,
                direction: ConnectionDirection::Incoming,
                peer: "192.0.2.9".parse().unwrap(),
                service_port: 443,
                local: "192.0.2.7".parse().unwrap(),
                process: Some("nginx".to_owned()),
                unit: Some("nginx.service".to_owned()),
                count: 2,
                sampled: None,
            },
            Connection {
                transport: Transport::Tcp,
                direction: ConnectionDirection::Outgoing,
                peer: "192.0.2.10".parse().unwrap(),
                service_port: 5432,
                local: "192.0.2.7".parse().unwrap(),
                process: Some("app".to_owned()),
                unit: None,
                count: 1,
                sampled: None,
            },
        ];
        assert_eq!(connections, expected);
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn what_was_seen_in_samples_stands_beside_what_is_there() {
        use crate::host::{Reply, Request, Seen, Talk};
        let talk = |peer: &str| Talk {
            transport: Transport::Tcp,
            direction: ConnectionDirection::Outgoing,
            peer: peer.parse().unwrap(),
            service_port: 5432,
            local: "192.0.2.7".parse().unwrap(),
            process: None,
            unit: None,
        };
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        let seen = Seen { first_at: at(1), last_at: at(9), samples: 3 };
        let lines = vec![(talk("192.0.2.10"), seen), (talk("192.0.2.77"), seen)];
        let answer = Ok(Reply::SampledConnections(Sampled { taken: 4, lines }));
        let host = machine().answer(Request::SampledConnections, answer);
        let (connections, _) = check(&host);
        let found: Vec<_> = connections
            .iter()
            .filter_map(|it| Some((it.peer.to_string(), it.count, it.sampled?.samples_seen)))
            .collect();
        assert_eq!(found, [("192.0.2.10".to_owned(), 1, 3), ("192.0.2.77".to_owned(), 0, 3)]);
        assert!(connections.iter().any(|it| it.sampled.is_none() && it.count == 2));
    }

    #[test]
    fn connections_of_the_machine_with_itself_are_left_out_and_said() {
        let (_, found) = check(&machine());
        let own = found.gaps.iter().find(|it| it.field == "connection").unwrap();
        assert!(matches!(&own.reason, Absent::NotLookedAt { why, .. } if why == "own_connections"));
    }

    #[test]
    fn an_unknown_program_has_one_reason_for_all() {
        let (connections, found) = check(&machine());
        assert_eq!(connections[0].process, None);
        assert_eq!(found.gaps.iter().filter(|it| it.field == "connection.process").count(), 1);
    }

    #[test]
    fn nobody_is_watched_who_did_not_ask_for_it() {
        let reason = with_context(&machine(), |context| {
            let options = Options::default();
            observe(&Context {
                host: context.host,
                now: context.now,
                names: context.names,
                options,
                memory: context.memory,
            })
        });
        let expected = Absent::NotLookedAt {
            why: "switched_off".to_owned(),
            what: "network.connections".to_owned(),
        };
        assert_eq!(reason, Err(expected));
    }
}
