//! IMAP (RFC 9051): the greeting, the capabilities, the ID that a server gives unasked for a login
//! (RFC 2971), and the certificate behind STARTTLS.
//!
//! Nobody logs in; the session ends with LOGOUT.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::lines::whole_lines;
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.imap",
    method: Method::Stream(Stream { ports: &[143], tls_ports: &[993], recognises, begin }),
};

/// Most quoted texts of an ID that are looked at.
const ID_TEXTS_MAX: usize = 60;

fn recognises(first: &[u8]) -> bool {
    [b"* OK ".as_slice(), b"* PREAUTH ", b"* BYE "].iter().any(|it| first.starts_with(it))
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    Box::new(Imap {
        subject: subject.clone(),
        said: subject.statements(),
        state: State::Greeting,
        capabilities: Vec::new(),
    })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Greeting,
    Capabilities,
    Id,
    TlsGoAhead,
    Goodbye,
}

struct Imap {
    subject: Subject,
    said: Statements,
    state: State,
    /// In capitals: names have no case (RFC 9051 §9).
    capabilities: Vec<Vec<u8>>,
}

impl Conversation for Imap {
    fn read(&mut self, received: &[u8]) -> Step {
        match self.state {
            State::Greeting => self.greeted(received),
            State::Capabilities => self.answered(received, b"k1", Self::listed),
            State::Id => self.answered(received, b"k2", Self::named),
            State::TlsGoAhead => self.answered(received, b"k3", Self::secure),
            State::Goodbye => Step::More,
        }
    }

    fn secured(&mut self) -> Step {
        self.leave()
    }

    fn finish(mut self: Box<Self>, _received: &[u8], why: End) -> Reading {
        if why == End::NotSecured {
            self.said.complain("STARTTLS was accepted, and the TLS handshake failed");
        }
        if self.said.get(Statement::Banner).is_none() {
            return Reading::default();
        }
        self.subject.answer(ServiceProtocol::Imap, self.said)
    }
}

impl Imap {
    fn greeted(&mut self, received: &[u8]) -> Step {
        let Some(line) = whole_lines(received).next() else { return Step::More };
        if !recognises(line) {
            return Step::Done;
        }
        self.said.say(Statement::Banner, line);
        if line.starts_with(b"* BYE ") {
            return Step::Done;
        }
        self.state = State::Capabilities;
        Step::Send(b"k1 CAPABILITY\r\n".to_vec())
    }

    /// Waits for the line that bears our tag; the lines before it are the answer.
    fn answered(
        &mut self,
        received: &[u8],
        tag: &[u8],
        next: fn(&mut Self, &Answer<'_>) -> Step,
    ) -> Step {
        let mut untagged = Vec::new();
        for line in whole_lines(received) {
            let status = line.strip_prefix(tag).and_then(|it| it.strip_prefix(b" "));
            if let Some(status) = status {
                let is_ok = status.get(..2).is_some_and(|it| it.eq_ignore_ascii_case(b"OK"));
                return next(self, &Answer { untagged, is_ok });
            }
            untagged.push(line);
        }
        Step::More
    }

    fn listed(&mut self, answer: &Answer<'_>) -> Step {
        let list = answer.untagged("CAPABILITY").unwrap_or_default();
        let names = || list.split(|it| *it == b' ').filter(|it| !it.is_empty());
        self.said.say_list(Statement::Capabilities, names());
        self.capabilities = names().map(<[u8]>::to_ascii_uppercase).collect();
        if self.can(b"ID") {
            self.state = State::Id;
            return Step::Send(b"k2 ID NIL\r\n".to_vec());
        }
        self.ask_for_tls()
    }

    fn named(&mut self, answer: &Answer<'_>) -> Step {
        let texts = answer.untagged("ID").map(quoted_texts).unwrap_or_default();
        for pair in texts.chunks_exact(2) {
            let [key, value] = pair else { continue };
            match key.to_ascii_lowercase().as_slice() {
                b"name" => self.said.say(Statement::Server, value),
                b"version" => self.said.say(Statement::Version, value),
                _ => {}
            }
        }
        self.ask_for_tls()
    }

    fn ask_for_tls(&mut self) -> Step {
        if self.subject.is_encrypted || !self.can(b"STARTTLS") {
            return self.leave();
        }
        self.said.say(Statement::Security, b"starttls");
        self.state = State::TlsGoAhead;
        Step::Send(b"k3 STARTTLS\r\n".to_vec())
    }

    fn secure(&mut self, answer: &Answer<'_>) -> Step {
        if answer.is_ok { Step::StartTls } else { self.leave() }
    }

    fn leave(&mut self) -> Step {
        self.state = State::Goodbye;
        Step::Send(b"k4 LOGOUT\r\n".to_vec())
    }

    fn can(&self, name: &[u8]) -> bool {
        self.capabilities.iter().any(|it| it == name)
    }
}

/// What came in answer to one command.
struct Answer<'a> {
    untagged: Vec<&'a [u8]>,
    is_ok: bool,
}

impl<'a> Answer<'a> {
    /// What follows the name of the first untagged line of that name.
    fn untagged(&self, name: &str) -> Option<&'a [u8]> {
        self.untagged.iter().find_map(|line| {
            let (found, rest) = line.strip_prefix(b"* ")?.split_at_checked(name.len())?;
            found.eq_ignore_ascii_case(name.as_bytes()).then(|| rest.strip_prefix(b" "))?
        })
    }
}

/// The texts of a list, those in quotes without them; NIL as an empty one. It ends at the first thing
/// that is neither: behind a literal (RFC 9051 §4.3) pairs are no longer told apart.
fn quoted_texts(list: &[u8]) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    let mut bytes = list.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let mut text = Vec::new();
        match byte {
            b'"' => {
                while let Some(inner) = bytes.next().filter(|it| *it != b'"') {
                    text.extend(if inner == b'\\' { bytes.next() } else { Some(inner) });
                }
            }
            b'N' | b'n' => {
                let rest = std::iter::from_fn(|| bytes.next_if(u8::is_ascii_alphabetic));
                if !rest.collect::<Vec<_>>().eq_ignore_ascii_case(b"il") {
                    break;
                }
            }
            b'(' | b' ' => continue,
            _ => break,
        }
        texts.push(text);
        if texts.len() == ID_TEXTS_MAX {
            break;
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{answer, play_hostile, said, talk};
    use super::*;

    const GREETING: &[u8] = b"* OK [CAPABILITY IMAP4rev1 ID STARTTLS] Dovecot (Debian) ready.\r\n";

    #[test]
    fn greeting_capabilities_and_id_are_kept() {
        let reading = talk(
            &PROBE,
            &[
                GREETING,
                b"* CAPABILITY IMAP4rev1 ID LITERAL+\r\nk1 OK done.\r\n",
                b"* ID (\"name\" \"Cyrus \\\"IMAP\\\"\" \"vendor\" NIL \"version\" \"3.6.1\")\r\nk2 OK\r\n",
                b"* BYE bye\r\nk4 OK bye\r\n",
            ],
        );
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Imap);
        assert_eq!(said(&reading, Statement::Capabilities), Some("IMAP4rev1, ID, LITERAL+"));
        assert_eq!(said(&reading, Statement::Server), Some("Cyrus \"IMAP\""));
        assert_eq!(said(&reading, Statement::Version), Some("3.6.1"));
        assert_eq!(said(&reading, Statement::Security), None);
    }

    #[test]
    fn the_id_is_read_in_any_case_and_up_to_the_first_literal() {
        let named = |id: &[u8]| {
            let capabilities = b"* CAPABILITY IMAP4rev1 ID\r\nk1 OK done.\r\n".as_slice();
            let id = [b"* ID (".as_slice(), id, b")\r\nk2 OK\r\n"].concat();
            let reading = talk(&PROBE, &[b"* OK ready\r\n", capabilities, &id]);
            let text = |what| said(&reading, what).map(str::to_owned);
            (text(Statement::Server), text(Statement::Version))
        };
        let text = |it: &str| Some(it.to_owned());
        assert_eq!(named(b"\"NAME\" \"X\" \"Version\" \"1.2\""), (text("X"), text("1.2")));
        assert_eq!(named(b"\"name\" \"X\" {7}\r\nversion \"1.2\""), (text("X"), None));
        assert_eq!(named(b"\"name\" {3}\r\nABC \"version\" \"1.2\""), (None, None));
        assert_eq!(named(b"name \"X\" \"version\" \"1.2\""), (None, None));
    }

    #[test]
    fn a_refused_starttls_is_left_politely() {
        let reading = talk(
            &PROBE,
            &[
                b"* OK ready\r\n",
                b"* CAPABILITY IMAP4 STARTTLS\r\nk1 OK\r\n",
                b"k3 NO not today\r\n",
                b"* BYE\r\n",
            ],
        );
        assert_eq!(said(&reading, Statement::Security), Some("starttls"));
        assert_eq!(reading.complaints, []);
    }

    #[test]
    fn a_server_that_says_goodbye_at_once_has_said_what_it_is() {
        let reading = talk(&PROBE, &[b"* BYE too many connections\r\n"]);
        assert_eq!(said(&reading, Statement::Banner), Some("* BYE too many connections"));
    }

    #[test]
    fn other_protocols_are_none() {
        assert_eq!(talk(&PROBE, &[b"+OK POP3 ready\r\n"]).facts, []);
        assert_eq!(talk(&PROBE, &[b"* hello\r\n"]).facts, []);
        assert!(recognises(GREETING));
        assert!(!recognises(b"* hello\r\n"));
    }

    #[test]
    fn an_answer_without_our_tag_ends_with_the_time() {
        let reading = talk(&PROBE, &[GREETING, &b"* CAPABILITY X\r\nk11 OK\r\n".repeat(50)]);
        assert_eq!(said(&reading, Statement::Capabilities), None);
        assert!(said(&reading, Statement::Banner).is_some());
    }

    #[test]
    fn a_list_without_end_gives_what_it_holds() {
        assert_eq!(quoted_texts(b"(\"a\\"), [b"a".to_vec()]);
        assert_eq!(quoted_texts(b"(NIL \"\" \"b"), [b"".to_vec(), b"".to_vec(), b"b".to_vec()]);
        assert_eq!(quoted_texts(&b"\"x\" ".repeat(500)).len(), ID_TEXTS_MAX);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..5),
        ) {
            play_hostile(&PROBE, &pieces, 143);
        }

        #[test]
        fn hostile_lines_never_panic(
            pieces in proptest::collection::vec("(\\* OK x|\\* CAPABILITY( ID| STARTTLS){0,2}|k[1-4] (OK|NO)|\\* ID \\(\"?[a-z\\\\]{0,4}\"? )(\r\n)?", 0..9),
        ) {
            let pieces: Vec<Vec<u8>> = pieces.into_iter().map(String::into_bytes).collect();
            play_hostile(&PROBE, &pieces, 143);
        }
    }
}
