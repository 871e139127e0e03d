//! Telnet (RFC 854): the greeting that stands before the login.
//!
//! Every option is refused (RFC 854, RFC 1143), and nobody logs in.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.telnet",
    method: Method::Stream(Stream { ports: &[23], tls_ports: &[992], recognises, begin }),
};

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
/// Begins a subnegotiation, which SE ends.
const SB: u8 = 250;
const SE: u8 = 240;

/// Most offers that are refused: a sound server makes a dozen.
const REFUSALS_MAX: usize = 64;
/// A refusal: command, kind, option.
const REFUSAL_BYTES: usize = 3;
/// Enough of a greeting.
const GREETING_BYTES_MAX: usize = 4096;

/// Most servers begin with an offer.
fn recognises(first: &[u8]) -> bool {
    matches!(first, [IAC, WILL..=DONT, 0..=49 | 255, ..])
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    Box::new(Telnet { subject: subject.clone(), text: Vec::new(), refused: 0, is_proven: false })
}

struct Telnet {
    subject: Subject,
    /// What was said before our last refusals.
    text: Vec<u8>,
    refused: usize,
    is_proven: bool,
}

impl Conversation for Telnet {
    fn read(&mut self, received: &[u8]) -> Step {
        let heard = hear(received);
        if heard.is_cut {
            return Step::More;
        }
        self.is_proven |= heard.has_commands;
        let text = [&self.text, heard.text.as_slice()].concat();
        let is_over = ends_with_prompt(&text)
            || text.len() >= GREETING_BYTES_MAX
            || self.refused >= REFUSALS_MAX;
        if is_over {
            return Step::Done;
        }
        if heard.refusals.is_empty() {
            return Step::More;
        }
        let mut refusals = heard.refusals;
        refusals.truncate((REFUSALS_MAX - self.refused) * REFUSAL_BYTES);
        self.refused += refusals.len() / REFUSAL_BYTES;
        self.text = text;
        Step::Send(refusals)
    }

    fn finish(self: Box<Self>, received: &[u8], _why: End) -> Reading {
        let heard = hear(received);
        let text = [&self.text, heard.text.as_slice()].concat();
        // A device without options shows a prompt; other text at this port is no proof of Telnet.
        let is_prompt = ends_with_prompt(&text);
        if !self.is_proven && !heard.has_commands && !is_prompt {
            return Reading::default();
        }
        let mut said: Statements = self.subject.statements();
        // A line without its end may be cut off within a version; a prompt is whole.
        let end = text.iter().rposition(|it| *it == b'\n').unwrap_or_default();
        let text = if is_prompt { &text } else { text.get(..end).unwrap_or_default() };
        let lines = text.split(|it| *it == b'\n').map(<[u8]>::trim_ascii);
        let lines: Vec<&[u8]> = lines.filter(|it| !it.is_empty()).collect();
        said.say(Statement::Banner, &lines.join(b" ".as_slice()));
        self.subject.answer(ServiceProtocol::Telnet, said)
    }
}

fn ends_with_prompt(text: &[u8]) -> bool {
    let last = text.trim_ascii_end().rsplit(|it| *it == b'\n').next().unwrap_or_default();
    let last = last.trim_ascii().to_ascii_lowercase();
    [b"login:".as_slice(), b"username:", b"user name:", b"user:", b"password:"]
        .iter()
        .any(|it| last.ends_with(it))
}

/// What a server said, with its commands taken out and answered.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    text: Vec<u8>,
    refusals: Vec<u8>,
    has_commands: bool,
    /// Whether it ends within a command.
    is_cut: bool,
}

fn hear(bytes: &[u8]) -> Heard {
    let mut heard = Heard::default();
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != IAC {
            heard.text.push(*first);
            continue;
        }
        heard.has_commands = true;
        rest = match rest {
            [offer @ (DO | DONT | WILL | WONT), option, after @ ..] => {
                match *offer {
                    DO => heard.refusals.extend([IAC, WONT, *option]),
                    WILL => heard.refusals.extend([IAC, DONT, *option]),
                    _ => {}
                }
                after
            }
            [SB, after @ ..] => match after.windows(2).position(|it| it == [IAC, SE]) {
                Some(end) => after.get(end + 2..).unwrap_or_default(),
                None => return Heard { is_cut: true, ..heard },
            },
            [] | [DO | DONT | WILL | WONT] => return Heard { is_cut: true, ..heard },
            [_, after @ ..] => after,
        };
    }
    heard
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{answer, play_hostile, said, subject, talk};
    use super::*;

    const OFFERS: &[u8] = &[IAC, DO, 24, IAC, WILL, 3, IAC, DO, 32];

    #[test]
    fn the_greeting_is_kept_and_options_are_refused() {
        let greeting = b"\r\nDebian GNU/Linux 12\r\n\r\nmx1 login: ";
        let reading = talk(&PROBE, &[OFFERS, greeting]);
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Telnet);
        assert_eq!(said(&reading, Statement::Banner), Some("Debian GNU/Linux 12 mx1 login:"));
        assert_eq!(hear(OFFERS).refusals, [IAC, WONT, 24, IAC, DONT, 3, IAC, WONT, 32]);
    }

    #[test]
    fn text_and_offers_may_come_together() {
        let reading =
            talk(&PROBE, &[&[b"Switch ".as_slice(), OFFERS, b"7\r\n"].concat(), b"User:"]);
        assert_eq!(said(&reading, Statement::Banner), Some("Switch 7 User:"));
    }

    #[test]
    fn a_prompt_without_options_is_telnet_and_other_text_is_not() {
        assert!(
            !talk(&PROBE, &[b"\r\nUser Access Verification\r\n\r\nUsername: "]).facts.is_empty()
        );
        assert_eq!(talk(&PROBE, &[b"SSH-2.0-x\r\n"]).facts, []);
        assert_eq!(talk(&PROBE, &[b"220 ready\r\n"]).facts, []);
    }

    #[test]
    fn a_line_that_was_cut_off_gives_no_banner() {
        let reading = talk(&PROBE, &[OFFERS, b"Welcome\r\nBusyBox v1.3"]);
        assert_eq!(said(&reading, Statement::Banner), Some("Welcome"));
    }

    #[test]
    fn a_flood_of_offers_in_one_piece_is_refused_in_bounds() {
        let mut conversation = begin(&subject(23));
        let mut refused = 0;
        while let Step::Send(refusals) = conversation.read(&[IAC, DO, 24].repeat(50)) {
            refused += refusals.len() / REFUSAL_BYTES;
        }
        assert_eq!(refused, REFUSALS_MAX);
    }

    #[test]
    fn a_server_that_offers_for_ever_is_left() {
        let offers = vec![OFFERS; 50];
        let reading = talk(&PROBE, &offers);
        assert_eq!(said(&reading, Statement::Banner), None);
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Telnet);
    }

    #[test]
    fn commands_are_no_text() {
        let bytes = [b"a".as_slice(), &[IAC, SB, 24, 1, IAC, SE], b"b", &[IAC, 241], b"c"].concat();
        assert_eq!(hear(&bytes).text, b"abc");
        assert!(hear(&[IAC, SB, 24]).is_cut);
        assert!(hear(&[b'a', IAC]).is_cut);
        assert!(hear(&[IAC, DO]).is_cut);
    }

    #[test]
    fn only_an_offer_of_an_option_that_exists_is_recognised() {
        assert!(recognises(OFFERS));
        assert!(!recognises(&[IAC, 216, 255]));
        assert!(!recognises(b"login:"));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..5),
        ) {
            play_hostile(&PROBE, &pieces, 23);
        }

        #[test]
        fn hostile_commands_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(prop_oneof![240_u8..=255, 0_u8..3, Just(b':')], 0..30), 0..12),
        ) {
            play_hostile(&PROBE, &pieces, 23);
        }
    }
}
