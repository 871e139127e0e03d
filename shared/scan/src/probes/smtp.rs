//! SMTP (RFC 5321): the greeting, what EHLO lists, and the certificate behind STARTTLS (RFC 3207).
//!
//! No mail is begun: after the list the session ends with QUIT.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::lines::{NumberedReply, Reply, holds, numbered_reply};
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.smtp",
    method: Method::Stream(Stream { ports: &[25, 587], tls_ports: &[465], recognises, begin }),
};

/// We have no name to greet with; RFC 2606 keeps this one from being anybody's.
const EHLO: &[u8] = b"EHLO kataster.invalid\r\n";
const STARTTLS: &[u8] = b"STARTTLS\r\n";
const QUIT: &[u8] = b"QUIT\r\n";

fn recognises(first: &[u8]) -> bool {
    first.starts_with(b"220") && is_smtp(first.split(|it| *it == b'\n').next().unwrap_or_default())
}

/// FTP greets with the same number; almost every mail server names its protocol.
fn is_smtp(greeting: &[u8]) -> bool {
    holds(greeting, "smtp") && !holds(greeting, "ftp")
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let said = subject.statements();
    Box::new(Smtp { subject: subject.clone(), said, state: State::Greeting, is_proven: false })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Greeting,
    Capabilities,
    TlsGoAhead,
    Goodbye,
}

struct Smtp {
    subject: Subject,
    said: Statements,
    state: State,
    is_proven: bool,
}

impl Conversation for Smtp {
    fn read(&mut self, received: &[u8]) -> Step {
        match numbered_reply(received) {
            Reply::Incomplete => Step::More,
            Reply::Foreign => Step::Done,
            Reply::Complete(reply) => self.next(&reply),
        }
    }

    fn secured(&mut self) -> Step {
        self.leave()
    }

    fn finish(mut self: Box<Self>, _received: &[u8], why: End) -> Reading {
        if why == End::NotSecured {
            self.said.complain("STARTTLS was accepted, and the TLS handshake failed");
        }
        if !self.is_proven {
            return Reading::default();
        }
        self.subject.answer(ServiceProtocol::Smtp, self.said)
    }
}

impl Smtp {
    fn next(&mut self, reply: &NumberedReply<'_>) -> Step {
        match self.state {
            State::Greeting => self.greeted(reply),
            State::Capabilities => self.introduced(reply),
            State::TlsGoAhead if reply.code == 220 => Step::StartTls,
            State::TlsGoAhead => self.leave(),
            State::Goodbye => Step::Done,
        }
    }

    fn greeted(&mut self, reply: &NumberedReply<'_>) -> Step {
        let text = reply.text();
        self.is_proven = is_smtp(&text);
        self.said.say(Statement::Banner, &reply.greeting("smtp"));
        if reply.code != 220 {
            // It refuses us (RFC 5321 §3.1) and expects QUIT; or it is no mail server at all.
            return if self.is_proven { self.leave() } else { Step::Done };
        }
        self.state = State::Capabilities;
        Step::Send(EHLO.to_vec())
    }

    fn introduced(&mut self, reply: &NumberedReply<'_>) -> Step {
        if reply.code != 250 {
            return self.leave();
        }
        self.is_proven = true;
        let capabilities = reply.lines.get(1..).unwrap_or_default();
        self.said.say_list(Statement::Capabilities, capabilities.iter().copied());
        if !capabilities.iter().any(|it| it.eq_ignore_ascii_case(b"STARTTLS")) {
            return self.leave();
        }
        self.said.say(Statement::Security, b"starttls");
        self.state = State::TlsGoAhead;
        Step::Send(STARTTLS.to_vec())
    }

    fn leave(&mut self) -> Step {
        self.state = State::Goodbye;
        Step::Send(QUIT.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{answer, play_hostile, said, talk};
    use super::*;

    const POSTFIX: &[u8] = b"220 mail.example ESMTP Postfix (Debian/GNU)\r\n";

    #[test]
    fn greeting_and_capabilities_are_kept_in_the_servers_words() {
        let reading = talk(
            &PROBE,
            &[POSTFIX, b"250-mail.example\r\n250-SIZE 10\r\n250 HELP\r\n", b"221 bye\r\n"],
        );
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Smtp);
        let banner = said(&reading, Statement::Banner);
        assert_eq!(banner, Some("220 mail.example ESMTP Postfix (Debian/GNU)"));
        assert_eq!(said(&reading, Statement::Capabilities), Some("SIZE 10, HELP"));
        assert_eq!(said(&reading, Statement::Security), None);
    }

    #[test]
    fn a_handshake_that_fails_is_told_and_costs_nothing_else() {
        let reading = talk(&PROBE, &[POSTFIX, b"250-m\r\n250 STARTTLS\r\n", b"220 go\r\n"]);
        assert_eq!(said(&reading, Statement::Security), Some("starttls"));
        assert_eq!(reading.complaints.len(), 1);
    }

    #[test]
    fn a_server_that_refuses_us_has_still_said_what_it_is() {
        let reading = talk(&PROBE, &[b"554 mail.example ESMTP not for you\r\n", b"221 bye\r\n"]);
        assert_eq!(said(&reading, Statement::Banner), Some("554 mail.example ESMTP not for you"));
    }

    #[test]
    fn an_ftp_server_on_the_port_of_mail_is_none() {
        let reading = talk(
            &PROBE,
            &[b"220 (vsFTPd 3.0.3)\r\n", b"530 Please login.\r\n", b"221 Goodbye.\r\n"],
        );
        assert_eq!(reading.facts, []);
        assert!(!recognises(b"220 (vsFTPd 3.0.3)\r\n"));
        assert!(recognises(POSTFIX));
    }

    #[test]
    fn a_greeting_without_end_says_nothing() {
        assert_eq!(talk(&PROBE, &[&b"220-again\r\n".repeat(500)]).facts, []);
        assert_eq!(talk(&PROBE, &[&[b'2'; 5000]]).facts, []);
    }

    #[test]
    fn terminal_escapes_are_shown_and_told() {
        let reading = talk(&PROBE, &[b"220 \x1b]0;x\x07 ESMTP\0\r\n", b"250 m\r\n"]);
        let banner = said(&reading, Statement::Banner);
        assert_eq!(banner, Some("220 \\u{1b}]0;x\\u{7} ESMTP"));
        assert_eq!(reading.complaints.len(), 1);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..5),
        ) {
            play_hostile(&PROBE, &pieces, 25);
        }

        #[test]
        fn hostile_lines_never_panic(
            pieces in proptest::collection::vec("(220|250|5[05]4)[ -]([A-Z]{0,9}| ESMTP|STARTTLS)(\r\n)?", 0..6),
        ) {
            let pieces: Vec<Vec<u8>> = pieces.into_iter().map(String::into_bytes).collect();
            play_hostile(&PROBE, &pieces, 25);
        }
    }
}
