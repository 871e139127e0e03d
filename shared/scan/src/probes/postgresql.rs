//! PostgreSQL (protocol 3.0, chapter 55 of its manual): whether it offers TLS, and how a login would
//! have to prove itself.
//!
//! Nobody logs in. The startup message names the user `kataster`; at the question for a password we
//! hang up, which the server's own client does as well and which no log mentions. `Security` is
//! `starttls` or `none`. The version is told to users only, and never guessed from an error.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.postgresql",
    method: Method::Stream(Stream { ports: &[5432, 5433], tls_ports: &[], recognises, begin }),
};

/// SSLRequest: its length, and a number that is no version.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f];
/// What follows the length of a startup message: version 3.0 and parameters.
const STARTUP: &[u8] = b"\0\x03\0\0user\0kataster\0application_name\0kataster\0\0";

/// It never speaks first.
fn recognises(_first: &[u8]) -> bool {
    false
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let said = subject.statements();
    Box::new(Postgresql { subject: subject.clone(), said, state: State::Tls, is_proven: false })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Tls,
    Startup,
}

struct Postgresql {
    subject: Subject,
    said: Statements,
    state: State,
    is_proven: bool,
}

impl Conversation for Postgresql {
    fn open(&mut self) -> Vec<u8> {
        SSL_REQUEST.to_vec()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        match (self.state, received) {
            (State::Tls, [b'S']) => {
                self.said.say(Statement::Security, b"starttls");
                Step::StartTls
            }
            (State::Tls, [b'N']) => {
                self.said.say(Statement::Security, b"none");
                self.start()
            }
            // More than the one byte is an error message, or another protocol.
            (State::Tls | State::Startup, _) => self.messages(received),
        }
    }

    fn secured(&mut self) -> Step {
        self.is_proven = true;
        self.start()
    }

    fn finish(mut self: Box<Self>, _received: &[u8], why: End) -> Reading {
        if why == End::NotSecured {
            self.said.complain("the request for TLS was accepted, and the TLS handshake failed");
        }
        if !self.is_proven {
            return Reading::default();
        }
        self.subject.answer(ServiceProtocol::Postgresql, self.said)
    }
}

impl Postgresql {
    fn start(&mut self) -> Step {
        self.state = State::Startup;
        let length = u32::try_from(STARTUP.len() + 4).unwrap_or_default();
        Step::Send([&length.to_be_bytes(), STARTUP].concat())
    }

    fn messages(&mut self, received: &[u8]) -> Step {
        let mut rest = received;
        while let Some((kind, after)) = rest.split_first() {
            if !matches!(kind, b'E' | b'R' | b'S' | b'K' | b'Z' | b'N' | b'v') {
                return Step::Done;
            }
            let Some((head, after)) = after.split_first_chunk::<4>() else { return Step::More };
            let length = u32::from_be_bytes(*head) as usize;
            let Some(length) = length.checked_sub(4).filter(|it| *it < 30_000) else {
                return Step::Done;
            };
            let Some((body, after)) = after.split_at_checked(length) else { return Step::More };
            if self.message(*kind, body) {
                return Step::Done;
            }
            rest = after;
        }
        Step::More
    }

    /// Takes in one message; whether it is the last of interest.
    fn message(&mut self, kind: u8, body: &[u8]) -> bool {
        match (kind, body) {
            (b'E', _) => {
                self.failed(body);
                true
            }
            (b'R', [0, 0, 0, method, data @ ..]) => {
                self.is_proven = true;
                self.asked(*method, data)
            }
            (b'S', _) => {
                let mut parts = body.split(|it| *it == 0);
                if parts.next() == Some(b"server_version") {
                    self.said.say(Statement::Version, parts.next().unwrap_or_default());
                }
                false
            }
            (b'K' | b'N' | b'v', _) => false,
            _ => true,
        }
    }

    /// ErrorResponse: fields of a letter and a text. Severity, SQLSTATE and message are kept; the
    /// place in the source is not, for versions would be guessed from it.
    fn failed(&mut self, body: &[u8]) {
        let field = |letter: u8| {
            body.split(|it| *it == 0).find_map(|it| it.strip_prefix(&[letter])).unwrap_or_default()
        };
        let (severity, state, message) = (field(b'S'), field(b'C'), field(b'M'));
        let is_state = state.len() == 5 && state.iter().all(u8::is_ascii_alphanumeric);
        if !is_state || message.is_empty() {
            return;
        }
        self.is_proven = true;
        self.said.say(Statement::Banner, &[severity, state, message].join(b" ".as_slice()));
    }

    /// Authentication request; whether to hang up. Method 0 wants nothing, and more follows.
    fn asked(&mut self, method: u8, data: &[u8]) -> bool {
        let name = match method {
            0 => "none",
            2 => "kerberos",
            3 => "password",
            5 => "md5",
            7 => "gss",
            9 => "sspi",
            10 => {
                self.said.say_list(Statement::Authenticate, data.split(|it| *it == 0));
                return true;
            }
            _ => return true,
        };
        self.said.say(Statement::Authenticate, name.as_bytes());
        method != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{answer, play_hostile, said, talk};
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], length.as_slice(), body].concat()
    }

    fn error(message_text: &str) -> Vec<u8> {
        let fields = format!("SFATAL\0VFATAL\0C28000\0M{message_text}\0Fauth.c\0L542\0\0");
        message(b'E', fields.as_bytes())
    }

    #[test]
    fn the_way_to_log_in_is_kept() {
        for (body, expected) in [
            (
                b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0".as_slice(),
                "SCRAM-SHA-256-PLUS, SCRAM-SHA-256",
            ),
            (b"\0\0\0\x05salt", "md5"),
            (b"\0\0\0\x03", "password"),
        ] {
            let reading = talk(&PROBE, &[b"N", &message(b'R', body)]);
            assert_eq!(answer(&reading).protocol, ServiceProtocol::Postgresql);
            assert_eq!(said(&reading, Statement::Authenticate), Some(expected));
            assert_eq!(said(&reading, Statement::Security), Some("none"));
        }
    }

    #[test]
    fn an_error_proves_the_protocol_and_gives_no_version() {
        let reading = talk(&PROBE, &[b"N", &error("no pg_hba.conf entry for host")]);
        let banner = said(&reading, Statement::Banner);
        assert_eq!(banner, Some("FATAL 28000 no pg_hba.conf entry for host"));
        assert_eq!(said(&reading, Statement::Version), None);
    }

    #[test]
    fn a_server_that_wants_nothing_tells_its_version() {
        let answers = [
            message(b'R', &[0; 4]),
            message(b'S', b"server_version\x0015.6 (Debian 15.6-0+deb12u1)\0"),
            message(b'Z', b"I"),
        ];
        let reading = talk(&PROBE, &[b"N", &answers.concat()]);
        assert_eq!(said(&reading, Statement::Version), Some("15.6 (Debian 15.6-0+deb12u1)"));
        assert_eq!(said(&reading, Statement::Authenticate), Some("none"));
    }

    #[test]
    fn a_letter_alone_proves_nothing() {
        for answers in [
            vec![b"S".as_slice()],
            vec![b"N", b""],
            vec![b"SSH-2.0-x\r\n"],
            vec![b"HTTP/1.1 400 x"],
            vec![b"E\0\0\0\x05\0"],
        ] {
            assert_eq!(talk(&PROBE, &answers).facts, [], "{answers:?}");
        }
    }

    #[test]
    fn lengths_that_cannot_be_end_the_talk() {
        for length in [0_u32, 3, 40_000, u32::MAX] {
            let bytes = [b"E".as_slice(), &length.to_be_bytes(), b"x"].concat();
            assert_eq!(talk(&PROBE, &[b"N", &bytes]).facts, []);
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..4),
        ) {
            play_hostile(&PROBE, &pieces, 5432);
        }

        #[test]
        fn hostile_messages_never_panic(
            bodies in proptest::collection::vec((prop_oneof![Just(b'E'), Just(b'R'), Just(b'S')], proptest::collection::vec(0_u8..90, 0..30)), 0..5),
        ) {
            let bodies: Vec<u8> = bodies.iter().flat_map(|it| message(it.0, &it.1)).collect();
            play_hostile(&PROBE, &[b"N".to_vec(), bodies], 5432);
        }
    }
}
