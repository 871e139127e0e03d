//! FTP (RFC 959): the greeting, the features (RFC 2389), and the certificate behind AUTH TLS
//! (RFC 4217).
//!
//! Nobody logs in, not even as anonymous; the session ends with QUIT.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::lines::{NumberedReply, Reply, holds, numbered_reply};
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.ftp",
    method: Method::Stream(Stream { ports: &[21, 2121], tls_ports: &[990], recognises, begin }),
};

fn recognises(first: &[u8]) -> bool {
    let line = first.split(|it| *it == b'\n').next().unwrap_or_default();
    line.starts_with(b"220") && is_ftp(line)
}

/// SMTP greets with the same number.
fn is_ftp(greeting: &[u8]) -> bool {
    holds(greeting, "ftp") && !holds(greeting, "smtp")
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let said = subject.statements();
    Box::new(Ftp { subject: subject.clone(), said, state: State::Greeting, is_proven: false })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Greeting,
    Features,
    TlsGoAhead,
    Goodbye,
}

struct Ftp {
    subject: Subject,
    said: Statements,
    state: State,
    is_proven: bool,
}

impl Conversation for Ftp {
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
            self.said.complain("AUTH TLS was accepted, and the TLS handshake failed");
        }
        if !self.is_proven {
            return Reading::default();
        }
        self.subject.answer(ServiceProtocol::Ftp, self.said)
    }
}

impl Ftp {
    fn next(&mut self, reply: &NumberedReply<'_>) -> Step {
        match self.state {
            State::Greeting => self.greeted(reply),
            State::Features => self.listed(reply),
            State::TlsGoAhead if reply.code == 234 => Step::StartTls,
            State::TlsGoAhead => self.leave(),
            State::Goodbye => Step::Done,
        }
    }

    fn greeted(&mut self, reply: &NumberedReply<'_>) -> Step {
        let text = reply.text();
        self.is_proven = is_ftp(&text);
        self.said.say(Statement::Banner, &reply.greeting("ftp"));
        match reply.code {
            220 => {
                self.state = State::Features;
                Step::Send(b"FEAT\r\n".to_vec())
            }
            // Ready in some minutes (RFC 959 §5.4): not waited for.
            120 => self.leave(),
            // 421 closes, as all others do.
            _ => Step::Done,
        }
    }

    fn listed(&mut self, reply: &NumberedReply<'_>) -> Step {
        if reply.code != 211 {
            // Not logged in: said by FTP alone in these words, by SMTP in others.
            self.is_proven |= reply.code == 530 && holds(&reply.text(), "log");
            return self.leave();
        }
        self.is_proven = true;
        // The first and the last line are words about the list.
        let features = match reply.lines.as_slice() {
            [_, features @ .., _] => features,
            _ => &[],
        };
        self.said.say_list(Statement::Capabilities, features.iter().copied());
        let offers_tls = features.iter().any(|it| holds(it, "auth") && holds(it, "tls"));
        if self.subject.is_encrypted || !offers_tls {
            return self.leave();
        }
        self.said.say(Statement::Security, b"starttls");
        self.state = State::TlsGoAhead;
        Step::Send(b"AUTH TLS\r\n".to_vec())
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

    const VSFTPD: &[u8] = b"220 (vsFTPd 3.0.3)\r\n";

    #[test]
    fn greeting_and_features_are_kept() {
        let features = b"211-Features:\r\n EPRT\r\n REST STREAM\r\n211 End\r\n";
        let reading = talk(&PROBE, &[VSFTPD, features, b"221 Goodbye.\r\n"]);
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Ftp);
        assert_eq!(said(&reading, Statement::Banner), Some("220 (vsFTPd 3.0.3)"));
        assert_eq!(said(&reading, Statement::Capabilities), Some("EPRT, REST STREAM"));
        assert_eq!(said(&reading, Statement::Security), None);
    }

    #[test]
    fn of_a_greeting_of_many_lines_the_one_that_names_the_protocol_is_kept() {
        let greeting = b"220---------- Welcome to Pure-FTPd [TLS] ----------\r\n220-Local time\r\n220 no anonymous login\r\n";
        let reading = talk(&PROBE, &[greeting, b"500 ?\r\n", b"221 bye\r\n"]);
        let banner = said(&reading, Statement::Banner);
        assert_eq!(banner, Some("220 --------- Welcome to Pure-FTPd [TLS] ----------"));
    }

    #[test]
    fn a_server_without_name_is_known_by_its_features() {
        let reading = talk(&PROBE, &[b"220 ready\r\n", b"211 no features\r\n", b"221 bye\r\n"]);
        assert_eq!(said(&reading, Statement::Banner), Some("220 ready"));
        let reading =
            talk(&PROBE, &[b"220 ready\r\n", b"530 Please login with USER.\r\n", b"221\r\n"]);
        assert!(!reading.facts.is_empty());
    }

    #[test]
    fn a_mail_server_on_the_port_of_ftp_is_none() {
        let mail = b"220 mail.example ESMTP\r\n".as_slice();
        assert_eq!(talk(&PROBE, &[mail, b"502 what?\r\n", b"221 bye\r\n"]).facts, []);
        assert!(!recognises(mail));
        assert!(recognises(VSFTPD));
    }

    #[test]
    fn a_refused_handshake_is_told() {
        let features = b"211-F\r\n AUTH TLS\r\n211 End\r\n";
        let reading = talk(&PROBE, &[VSFTPD, features, b"234 go\r\n"]);
        assert_eq!(said(&reading, Statement::Security), Some("starttls"));
        assert_eq!(reading.complaints.len(), 1);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..5),
        ) {
            play_hostile(&PROBE, &pieces, 21);
        }

        #[test]
        fn hostile_lines_never_panic(
            pieces in proptest::collection::vec("(220|211|234|120)[ -]([A-Z]{0,3}| FTP|AUTH TLS)(\r\n)?", 0..6),
        ) {
            let pieces: Vec<Vec<u8>> = pieces.into_iter().map(String::into_bytes).collect();
            play_hostile(&PROBE, &pieces, 21);
        }
    }
}
