//! POP3 (RFC 1939): the greeting, the capabilities (RFC 2449), and the certificate behind STLS
//! (RFC 2595).
//!
//! Nobody logs in; the session ends with QUIT.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::lines::whole_lines;
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.pop3",
    method: Method::Stream(Stream { ports: &[110], tls_ports: &[995], recognises, begin }),
};

fn recognises(first: &[u8]) -> bool {
    first.starts_with(b"+OK")
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let said = subject.statements();
    Box::new(Pop3 { subject: subject.clone(), said, state: State::Greeting })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Greeting,
    Capabilities,
    TlsGoAhead,
    Goodbye,
}

struct Pop3 {
    subject: Subject,
    said: Statements,
    state: State,
}

impl Conversation for Pop3 {
    fn read(&mut self, received: &[u8]) -> Step {
        let mut lines = whole_lines(received);
        let Some(status) = lines.next() else { return Step::More };
        match self.state {
            State::Greeting => self.greeted(status),
            State::Capabilities if !recognises(status) => self.leave(),
            State::Capabilities => {
                let lines: Vec<&[u8]> = lines.collect();
                match lines.iter().position(|it| *it == b".") {
                    None => Step::More,
                    Some(end) => self.listed(lines.get(..end).unwrap_or_default()),
                }
            }
            State::TlsGoAhead if recognises(status) => Step::StartTls,
            State::TlsGoAhead => self.leave(),
            State::Goodbye => Step::Done,
        }
    }

    fn secured(&mut self) -> Step {
        self.leave()
    }

    fn finish(mut self: Box<Self>, _received: &[u8], why: End) -> Reading {
        if why == End::NotSecured {
            self.said.complain("STLS was accepted, and the TLS handshake failed");
        }
        if self.said.get(Statement::Banner).is_none() {
            return Reading::default();
        }
        self.subject.answer(ServiceProtocol::Pop3, self.said)
    }
}

impl Pop3 {
    fn greeted(&mut self, line: &[u8]) -> Step {
        if !recognises(line) {
            return Step::Done;
        }
        self.said.say(Statement::Banner, line);
        self.state = State::Capabilities;
        Step::Send(b"CAPA\r\n".to_vec())
    }

    fn listed(&mut self, capabilities: &[&[u8]]) -> Step {
        self.said.say_list(Statement::Capabilities, capabilities.iter().copied());
        let software = capabilities.iter().find_map(|it| it.strip_prefix(b"IMPLEMENTATION "));
        self.said.say(Statement::Server, software.unwrap_or_default());
        let offers_tls = capabilities.iter().any(|it| it.eq_ignore_ascii_case(b"STLS"));
        if self.subject.is_encrypted || !offers_tls {
            return self.leave();
        }
        self.said.say(Statement::Security, b"starttls");
        self.state = State::TlsGoAhead;
        Step::Send(b"STLS\r\n".to_vec())
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

    const GREETING: &[u8] = b"+OK Dovecot (Debian) ready.\r\n";

    #[test]
    fn greeting_and_capabilities_are_kept() {
        let list = b"+OK\r\nCAPA\r\nTOP\r\nIMPLEMENTATION Cyrus POP3 3.6.1\r\n.\r\n";
        let reading = talk(&PROBE, &[GREETING, list, b"+OK bye\r\n"]);
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Pop3);
        assert_eq!(said(&reading, Statement::Banner), Some("+OK Dovecot (Debian) ready."));
        assert_eq!(said(&reading, Statement::Server), Some("Cyrus POP3 3.6.1"));
        let capabilities = said(&reading, Statement::Capabilities);
        assert_eq!(capabilities, Some("CAPA, TOP, IMPLEMENTATION Cyrus POP3 3.6.1"));
    }

    #[test]
    fn a_server_without_capabilities_has_its_greeting() {
        let reading = talk(&PROBE, &[GREETING, b"-ERR unknown command\r\n", b"+OK\r\n"]);
        assert_eq!(said(&reading, Statement::Capabilities), None);
        assert!(said(&reading, Statement::Banner).is_some());
    }

    #[test]
    fn a_list_without_end_says_nothing() {
        let reading = talk(&PROBE, &[GREETING, &b"+OK\r\nSTLS\r\n".repeat(300)]);
        assert_eq!(said(&reading, Statement::Security), None);
    }

    #[test]
    fn a_refused_stls_is_left_politely() {
        let reading =
            talk(&PROBE, &[GREETING, b"+OK\r\nSTLS\r\n.\r\n", b"-ERR no\r\n", b"+OK\r\n"]);
        assert_eq!(said(&reading, Statement::Security), Some("starttls"));
        assert_eq!(reading.complaints, []);
    }

    #[test]
    fn other_protocols_are_none() {
        assert_eq!(talk(&PROBE, &[b"* OK ready\r\n"]).facts, []);
        assert_eq!(talk(&PROBE, &[&[b'+'; 3000]]).facts, []);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..5),
        ) {
            play_hostile(&PROBE, &pieces, 110);
        }

        #[test]
        fn hostile_lines_never_panic(
            pieces in proptest::collection::vec("(\\+OK x|\\+OK\r\nSTLS\r\n\\.|-ERR|STLS|\\.)(\r\n)?", 0..6),
        ) {
            let pieces: Vec<Vec<u8>> = pieces.into_iter().map(String::into_bytes).collect();
            play_hostile(&PROBE, &pieces, 110);
        }
    }
}
