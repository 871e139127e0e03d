//! Who talks to whom over time: the tables of sockets are looked at again and again between two
//! reports, in every network namespace that can be reached, and what was seen is counted. Kept in
//! memory only.
//!
//! The tables are read as text below `/proc/<process>/net`: that reaches other namespaces without
//! entering them, and what costs is walking the kernel's table, which SOCK_DIAG does as well.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use observation::latest::{ConnectionDirection, Transport};

use crate::host::{Host, Sampled, Seen, Talk};
use crate::sources::processes::{Holders, network_namespaces};
use crate::sources::sockets::{self, Socket};

/// Most lines of the table: who talks seldom and not lately is forgotten first.
const LINES_MAX: usize = 1_000;
/// Network namespaces that one sample looks into; hosts of containers have dozens.
const NAMESPACES_MAX: usize = 200;
/// Sockets of one sample that count; a machine under attack has millions.
const SOCKETS_MAX: usize = 50_000;

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Samples {
    table: BTreeMap<Talk, Seen>,
    taken: u32,
    /// Program and unit of the sockets of the last sample.
    holders: HashMap<u64, Holder>,
}

type Holder = (Option<String>, Option<String>);

impl Samples {
    /// Looks once.
    pub fn take(&mut self, host: &dyn Host, now: Timestamp) {
        let mut sockets: Vec<(Socket, ConnectionDirection)> = Vec::new();
        for place in network_namespaces(host).into_iter().take(NAMESPACES_MAX) {
            let Ok((all, _)) = sockets::read_below(host, &place) else { continue };
            sockets.extend(talking(all));
        }
        sockets.truncate(SOCKETS_MAX);
        self.find_holders(host, &sockets);
        let talks: BTreeSet<Talk> =
            sockets.iter().map(|(socket, direction)| self.talk(socket, *direction)).collect();
        self.taken = self.taken.saturating_add(1);
        for talk in talks {
            let new = Seen { first_at: now, last_at: now, samples: 0 };
            let seen = self.table.entry(talk).or_insert(new);
            seen.last_at = now;
            seen.samples = seen.samples.saturating_add(1);
        }
        self.forget_some();
    }

    /// How often was looked, and what was seen.
    #[must_use]
    pub fn summary(&self) -> Sampled {
        let lines = self.table.iter().map(|(talk, seen)| (talk.clone(), *seen)).collect();
        Sampled { taken: self.taken, lines }
    }

    /// Forgets everything: what was seen while it was allowed is not said when it is not.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Only sockets that the last sample did not have are looked for: that walks through all
    /// processes.
    fn find_holders(&mut self, host: &dyn Host, sockets: &[(Socket, ConnectionDirection)]) {
        let inodes: HashSet<u64> = sockets.iter().map(|(it, _)| it.inode).collect();
        self.holders.retain(|inode, _| inodes.contains(inode));
        let new: HashSet<u64> =
            inodes.into_iter().filter(|it| !self.holders.contains_key(it)).collect();
        if new.is_empty() {
            return;
        }
        let found = Holders::find(host, &new);
        for inode in new {
            let holder = found.of(inode).ok();
            let holder = holder.map(|it| (it.name(), it.place.unit.clone())).unwrap_or_default();
            self.holders.insert(inode, holder);
        }
    }

    fn talk(&self, socket: &Socket, direction: ConnectionDirection) -> Talk {
        let (process, unit) = self.holders.get(&socket.inode).cloned().unwrap_or_default();
        Talk {
            transport: socket.transport,
            direction,
            peer: socket.peer.ip(),
            service_port: match direction {
                ConnectionDirection::Incoming => socket.local.port(),
                ConnectionDirection::Outgoing => socket.peer.port(),
            },
            local: socket.local.ip(),
            process,
            unit,
        }
    }

    /// A flood of strangers that were seen once must not push out who talks every day.
    fn forget_some(&mut self) {
        let surplus = self.table.len().saturating_sub(LINES_MAX);
        if surplus == 0 {
            return;
        }
        let mut lines: Vec<(u32, Timestamp, Talk)> =
            self.table.iter().map(|(talk, it)| (it.samples, it.last_at, talk.clone())).collect();
        lines.sort_unstable();
        for (_, _, talk) in lines.into_iter().take(surplus) {
            self.table.remove(&talk);
        }
    }
}

/// The connections of one namespace with others, and who opened each: one whose own port is listened on
/// was opened by the peer.
fn talking(all: Vec<Socket>) -> Vec<(Socket, ConnectionDirection)> {
    let listening: BTreeSet<(Transport, u16)> =
        all.iter().filter(|it| it.is_waiting()).map(|it| (it.transport, it.local.port())).collect();
    let with_others = all.into_iter().filter(|it| it.is_established() && !it.is_with_itself());
    let directed = with_others.map(|it| {
        let is_incoming = listening.contains(&(it.transport, it.local.port()));
        let direction =
            if is_incoming { ConnectionDirection::Incoming } else { ConnectionDirection::Outgoing };
        (it, direction)
    });
    directed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    const HEAD: &str = "  sl  local_address rem_address\n";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Lines of a table: own end, other end, state, inode.
    fn table(lines: &[(&str, &str, &str, u64)]) -> String {
        let line = |(own, peer, state, inode): &(&str, &str, &str, u64)| {
            format!(" 0: {own} {peer} {state} 0:0 00:0 0 0 0 {inode} 1\n")
        };
        format!("{HEAD}{}", lines.iter().map(line).collect::<String>())
    }

    const LISTENER: (&str, &str, &str, u64) = ("00000000:01BB", "00000000:0000", "0A", 40);
    const CLIENT: (&str, &str, &str, u64) = ("070200C0:01BB", "090200C0:C350", "01", 41);
    const DATABASE: (&str, &str, &str, u64) = ("070200C0:C000", "0A0200C0:1538", "01", 43);
    const ITSELF: (&str, &str, &str, u64) = ("0100007F:C001", "0100007F:1538", "01", 44);

    fn machine(lines: &[(&str, &str, &str, u64)]) -> MapHost {
        MapHost::new()
            .file("/proc/net/tcp", table(lines))
            .link("/proc/self/ns/net", "net:[1]")
            .process(700, "nginx", "/usr/sbin/nginx", "/system.slice/nginx.service", &[40, 41, 43])
    }

    fn lines(samples: &Samples) -> Vec<(String, u16, u32)> {
        let Sampled { lines, .. } = samples.summary();
        lines
            .iter()
            .map(|(talk, it)| (talk.peer.to_string(), talk.service_port, it.samples))
            .collect()
    }

    #[test]
    fn what_is_seen_again_is_counted_and_what_is_gone_stays() {
        let mut samples = Samples::default();
        samples.take(&machine(&[LISTENER, CLIENT, DATABASE, ITSELF]), at(0));
        samples.take(&machine(&[LISTENER, CLIENT]), at(60));
        samples.take(&machine(&[LISTENER]), at(120));
        let Sampled { taken, lines } = samples.summary();
        assert_eq!((taken, lines.len()), (3, 2));
        let (talk, seen) = &lines[0];
        assert_eq!(talk.direction, ConnectionDirection::Incoming);
        assert_eq!((talk.peer.to_string().as_str(), talk.service_port), ("192.0.2.9", 443));
        assert_eq!(talk.process.as_deref(), Some("nginx"));
        assert_eq!(talk.unit.as_deref(), Some("nginx.service"));
        assert_eq!(*seen, Seen { first_at: at(0), last_at: at(60), samples: 2 });
        let (talk, seen) = &lines[1];
        assert_eq!(talk.direction, ConnectionDirection::Outgoing);
        assert_eq!((talk.service_port, seen.samples), (5432, 1));
        samples.clear();
        assert_eq!(samples.summary(), Sampled::default());
    }

    #[test]
    fn other_network_namespaces_are_looked_into_and_their_listeners_are_their_own() {
        // In the second namespace nobody listens on 443: there it is a client's port.
        let host = machine(&[LISTENER, CLIENT])
            .process(900, "app", "/app", "/docker/abc", &[51])
            .link("/proc/900/ns/net", "net:[2]")
            .file("/proc/900/net/tcp", table(&[("020011AC:01BB", "0A0200C0:1538", "01", 51)]));
        let mut samples = Samples::default();
        samples.take(&host, at(0));
        let Sampled { lines, .. } = samples.summary();
        let found: Vec<_> =
            lines.iter().map(|(it, _)| (it.direction, it.process.as_deref())).collect();
        let expected = [
            (ConnectionDirection::Incoming, Some("nginx")),
            (ConnectionDirection::Outgoing, Some("app")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn strangers_that_were_seen_once_do_not_push_out_who_talks_every_day() {
        let mut samples = Samples::default();
        for second in 0..3 {
            samples.take(&machine(&[LISTENER, DATABASE]), at(second));
        }
        let strangers: Vec<String> =
            (0..LINES_MAX + 50).map(|it| format!("{:08X}:C350", 0x0B00_0001 + it)).collect();
        let flood: Vec<_> = strangers
            .iter()
            .map(|peer| ("070200C0:01BB", peer.as_str(), "01", 0))
            .chain([LISTENER])
            .collect();
        samples.take(&machine(&flood), at(10));
        assert_eq!(samples.table.len(), LINES_MAX);
        assert!(lines(&samples).contains(&("192.0.2.10".to_owned(), 5432, 3)));
    }

    #[test]
    fn a_machine_that_says_nothing_costs_one_sample_and_no_line() {
        let mut samples = Samples::default();
        samples.take(&MapHost::new(), at(0));
        assert_eq!(samples.summary(), Sampled { taken: 1, lines: Vec::new() });
    }
}
