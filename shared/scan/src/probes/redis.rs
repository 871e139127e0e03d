//! Redis and what speaks its protocol (RESP): PING, and INFO where no password is wanted.
//!
//! `Security` is `none` where anybody may ask, `password` where it is wanted, `protected` where the
//! server speaks to its own host only. Nobody logs in and nothing that is stored is asked for.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::lines::whole_lines;
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.redis",
    method: Method::Stream(Stream { ports: &[6379], tls_ports: &[6380], recognises, begin }),
};

/// Only a server in protected mode speaks before it is asked.
fn recognises(first: &[u8]) -> bool {
    first.starts_with(b"-DENIED ")
}

/// Servers of the same protocol that name their own version beside the one of Redis.
const SUCCESSORS: [&str; 5] = ["dragonfly", "garnet", "kvrocks", "redict", "valkey"];

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let said = subject.statements();
    Box::new(Redis { subject: subject.clone(), said, state: State::Pong, is_proven: false })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Pong,
    Info,
    Goodbye,
}

struct Redis {
    subject: Subject,
    said: Statements,
    state: State,
    is_proven: bool,
}

impl Conversation for Redis {
    fn open(&mut self) -> Vec<u8> {
        b"PING\r\n".to_vec()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        match self.state {
            State::Pong => whole_lines(received).next().map_or(Step::More, |it| self.answered(it)),
            State::Info => self.informed(received),
            State::Goodbye => Step::Done,
        }
    }

    fn finish(self: Box<Self>, _received: &[u8], _why: End) -> Reading {
        if !self.is_proven {
            return Reading::default();
        }
        self.subject.answer(ServiceProtocol::Redis, self.said)
    }
}

impl Redis {
    fn answered(&mut self, line: &[u8]) -> Step {
        self.is_proven = true;
        if line == b"+PONG" {
            self.said.say(Statement::Security, b"none");
            self.state = State::Info;
            return Step::Send(b"INFO server\r\n".to_vec());
        }
        self.said.say(Statement::Banner, line);
        if line.starts_with(b"-NOAUTH") || line.starts_with(b"-WRONGPASS") {
            self.said.say(Statement::Security, b"password");
            return self.leave();
        }
        if line.starts_with(b"-DENIED") {
            self.said.say(Statement::Security, b"protected");
            return Step::Done;
        }
        // Loading, busy, out of connections: words that RESP alone begins so.
        self.is_proven = line.starts_with(b"-ERR ") || line.starts_with(b"-LOADING ");
        if self.is_proven { self.leave() } else { Step::Done }
    }

    /// INFO is one text with its length before it.
    fn informed(&mut self, received: &[u8]) -> Step {
        let Some(head) = whole_lines(received).next() else { return Step::More };
        let digits = head.strip_prefix(b"$").and_then(|it| std::str::from_utf8(it).ok());
        let Some(length) = digits.and_then(|it| it.parse::<usize>().ok()) else {
            return self.leave();
        };
        let text = received.get(head.len() + 2..).unwrap_or_default();
        let Some(text) = text.get(..length) else { return Step::More };
        let field = |name: &str| {
            whole_lines(text).find_map(|it| it.strip_prefix(name.as_bytes())?.strip_prefix(b":"))
        };
        // Successors keep the field of Redis for the version that they are compatible with.
        let successor = SUCCESSORS
            .iter()
            .find_map(|it| Some((it.as_bytes(), field(&format!("{it}_version"))?)));
        let (name, version) = match (successor, field("server_name")) {
            (Some(it), _) => it,
            (None, Some(name)) if name != b"redis" => (name, b"".as_slice()),
            (None, name) => (name.unwrap_or_default(), field("redis_version").unwrap_or_default()),
        };
        self.said.say(Statement::Server, name);
        self.said.say(Statement::Version, version);
        self.said.say(Statement::Description, field("os").unwrap_or_default());
        self.leave()
    }

    fn leave(&mut self) -> Step {
        self.state = State::Goodbye;
        Step::Send(b"QUIT\r\n".to_vec())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{answer, play_hostile, said, talk};
    use super::*;

    fn bulk(text: &str) -> Vec<u8> {
        format!("${}\r\n{text}\r\n", text.len()).into_bytes()
    }

    #[test]
    fn a_successor_is_told_by_its_name_and_its_own_version() {
        let told = |info: &str| {
            let reading = talk(&PROBE, &[b"+PONG\r\n", &bulk(info), b"+OK\r\n"]);
            let text = |what| said(&reading, what).unwrap_or_default().to_owned();
            [text(Statement::Server), text(Statement::Version)]
        };
        for (info, expected) in [
            (
                "redis_version:7.4.0\r\ndragonfly_version:df-v1.14.0\r\n",
                ["dragonfly", "df-v1.14.0"],
            ),
            ("garnet_version:1.0.44\r\nredis_version:7.4.3\r\n", ["garnet", "1.0.44"]),
            ("kvrocks_version:2.8.0\r\nredis_version:4.0.0\r\n", ["kvrocks", "2.8.0"]),
            ("redis_version:7.2.4\r\nredict_version:7.3.0\r\n", ["redict", "7.3.0"]),
            ("redis_version:7.2.4\r\nserver_name:redis\r\n", ["redis", "7.2.4"]),
            // Of one that nobody knows, only the version that it is compatible with is there.
            ("redis_version:7.2.4\r\nserver_name:futuredb\r\n", ["futuredb", ""]),
        ] {
            assert_eq!(told(info), expected);
        }
    }

    #[test]
    fn an_open_server_tells_its_version() {
        let info = bulk("# Server\r\nredis_version:7.0.15\r\nos:Linux 6.1.0 x86_64\r\n");
        let reading = talk(&PROBE, &[b"+PONG\r\n", &info, b"+OK\r\n"]);
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Redis);
        assert_eq!(said(&reading, Statement::Version), Some("7.0.15"));
        assert_eq!(said(&reading, Statement::Security), Some("none"));
        assert_eq!(said(&reading, Statement::Description), Some("Linux 6.1.0 x86_64"));
        assert_eq!(said(&reading, Statement::Server), None);
    }

    #[test]
    fn a_successor_is_called_by_its_own_name_and_version() {
        let info = bulk("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n");
        let reading = talk(&PROBE, &[b"+PONG\r\n", &info, b"+OK\r\n"]);
        assert_eq!(said(&reading, Statement::Server), Some("valkey"));
        assert_eq!(said(&reading, Statement::Version), Some("8.0.1"));
    }

    #[test]
    fn a_server_that_wants_a_password_is_asked_nothing_more() {
        let reading = talk(&PROBE, &[b"-NOAUTH Authentication required.\r\n", b"+OK\r\n"]);
        assert_eq!(said(&reading, Statement::Security), Some("password"));
        assert_eq!(said(&reading, Statement::Version), None);
        let reading = talk(&PROBE, &[b"-DENIED Redis is running in protected mode\r\n"]);
        assert_eq!(said(&reading, Statement::Security), Some("protected"));
    }

    #[test]
    fn other_protocols_are_none() {
        for first in ["HTTP/1.1 400 Bad Request\r\n", "+OK POP3\r\n", "220 x\r\n", "\r\n"] {
            assert_eq!(talk(&PROBE, &[first.as_bytes()]).facts, [], "{first:?}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_costs_the_version_only() {
        for info in [
            "$-1\r\n",
            "$99999999999999999999\r\nredis_version:1\r\n",
            "$4096\r\nredis_version:1\r\n",
            "-ERR no\r\n",
        ] {
            let reading = talk(&PROBE, &[b"+PONG\r\n", info.as_bytes(), b"+OK\r\n"]);
            assert_eq!(said(&reading, Statement::Version), None, "{info:?}");
            assert_eq!(said(&reading, Statement::Security), Some("none"));
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..4),
            is_pong in any::<bool>(),
        ) {
            let mut pieces = pieces;
            if is_pong {
                pieces.insert(0, b"+PONG\r\n".to_vec());
            }
            play_hostile(&PROBE, &pieces, 6379);
        }

        #[test]
        fn hostile_lengths_never_panic(length in "[-0-9a]{0,21}", text in "(server_name:|[a-z]_version:|\n|\r){0,6}") {
            let info = format!("${length}\r\n{text}\r\n").into_bytes();
            play_hostile(&PROBE, &[b"+PONG\r\n".to_vec(), info], 6379);
        }
    }
}
