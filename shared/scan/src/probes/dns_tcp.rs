//! DNS over TCP (RFC 7766): what a name server says of itself (`version.bind`, `hostname.bind` of class
//! CHAOS; RFC 4892), asked where the sweep found its port.
//!
//! The same questions as over UDP: a service is known by what was said on its own port and transport.

use hickory_proto::op::Message;
use hickory_proto::rr::{DNSClass, Name, RecordType};
use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::dns::{Answer, answer, question, strings};
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.dns_tcp",
    method: Method::Stream(Stream { ports: &[53], tls_ports: &[853], recognises, begin }),
};

/// The questions in their order, and what their answers state.
const QUESTIONS: [(&str, Statement); 2] =
    [("version.bind.", Statement::Version), ("hostname.bind.", Statement::Name)];

/// Its server never speaks first.
fn recognises(_first: &[u8]) -> bool {
    false
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let [first, second, ..] = subject.random;
    let id = u16::from_be_bytes([first, second]);
    let said = subject.statements();
    Box::new(Server { subject: subject.clone(), id, said, asked: 0, is_proven: false })
}

struct Server {
    subject: Subject,
    id: u16,
    said: Statements,
    /// Which of [`QUESTIONS`] is asked.
    asked: usize,
    is_proven: bool,
}

impl Conversation for Server {
    fn open(&mut self) -> Vec<u8> {
        self.question().unwrap_or_default()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        // Two bytes of length before each message (RFC 1035 §4.2.2).
        let Some((length, rest)) = received.split_first_chunk::<2>() else { return Step::More };
        let Some(message) = rest.get(..usize::from(u16::from_be_bytes(*length))) else {
            return Step::More;
        };
        let is_told = match answer(message, &[self.id]) {
            Answer::Ours(message) => {
                self.is_proven = true;
                self.told(&message)
            }
            Answer::Foreign => false,
            Answer::Broken => {
                self.said.complain("its answer is broken");
                self.is_proven = true;
                false
            }
        };
        // Who tells the one tells the other, or refuses at once.
        self.asked += 1;
        self.id = self.id.wrapping_add(1);
        let next = self.question().filter(|_| is_told);
        next.map_or(Step::Done, Step::Send)
    }

    fn finish(self: Box<Self>, _received: &[u8], _why: End) -> Reading {
        if !self.is_proven {
            return Reading::default();
        }
        self.subject.answer(ServiceProtocol::Dns, self.said)
    }
}

impl Server {
    fn question(&self) -> Option<Vec<u8>> {
        let (name, _) = QUESTIONS.get(self.asked)?;
        let name = Name::from_ascii(name).ok()?;
        let message = question(self.id, DNSClass::CH, &[(name, RecordType::TXT)])?;
        let length = u16::try_from(message.len()).ok()?;
        Some([length.to_be_bytes().as_slice(), &message].concat())
    }

    fn told(&mut self, message: &Message) -> bool {
        if message.metadata.recursion_available {
            self.said.say(Statement::Capabilities, b"recursion");
        }
        let text = message.answers.iter().find_map(strings);
        let (Some(text), Some((_, what))) = (text, QUESTIONS.get(self.asked)) else { return false };
        self.said.say(*what, &text.concat());
        true
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{MessageType, OpCode, ResponseCode};
    use hickory_proto::rr::rdata::TXT;
    use hickory_proto::rr::{RData, Record};
    use proptest::prelude::*;

    use super::super::replay::{answer, play_hostile, said, subject, talk};
    use super::*;

    /// The number of the first question to the subject of the tests.
    const ID: u16 = 0x0707;

    fn framed(message: &[u8]) -> Vec<u8> {
        let length = u16::try_from(message.len()).unwrap();
        [length.to_be_bytes().as_slice(), message].concat()
    }

    fn told(id: u16, name: &str, text: &str) -> Vec<u8> {
        let mut message = Message::new(id, MessageType::Response, OpCode::Query);
        let name = Name::from_ascii(name).unwrap();
        let mut record = Record::from_rdata(name, 0, RData::TXT(TXT::new(vec![text.to_owned()])));
        record.dns_class = DNSClass::CH;
        message.add_answer(record);
        framed(&message.to_vec().unwrap())
    }

    #[test]
    fn a_server_tells_version_and_name() {
        let version = told(ID, "version.bind.", "9.18.28-1~deb12u2-Debian");
        let name = told(ID + 1, "hostname.bind.", "ns01");
        let reading = talk(&PROBE, &[&version, &name]);
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Dns);
        assert_eq!(answer(&reading).transport, observation::latest::Transport::Tcp);
        assert_eq!(said(&reading, Statement::Version), Some("9.18.28-1~deb12u2-Debian"));
        assert_eq!(said(&reading, Statement::Name), Some("ns01"));
    }

    #[test]
    fn a_server_that_refuses_speaks_dns_still() {
        let mut refusal = Message::new(ID, MessageType::Response, OpCode::Query);
        refusal.metadata.response_code = ResponseCode::Refused;
        let reading = talk(&PROBE, &[&framed(&refusal.to_vec().unwrap())]);
        assert_eq!(answer(&reading).statements.len(), 0);
    }

    #[test]
    fn the_question_bears_its_length() {
        let question = begin(&subject(53)).open();
        assert_eq!(usize::from(u16::from_be_bytes([question[0], question[1]])), question.len() - 2);
    }

    #[test]
    fn what_is_no_answer_is_no_server() {
        let foreign = told(ID + 9, "version.bind.", "x");
        for bytes in [&foreign[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0", b"\0", b""] {
            assert_eq!(talk(&PROBE, &[bytes]).facts, []);
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            play_hostile(&PROBE, std::slice::from_ref(&bytes), 53);
            let ours = [&ID.to_be_bytes()[..], &[0x84, 0], &bytes].concat();
            play_hostile(&PROBE, &[framed(&ours)], 53);
        }
    }
}
