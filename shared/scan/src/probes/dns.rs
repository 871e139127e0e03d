//! DNS (RFC 1035): what a name server says of itself (`version.bind`, `hostname.bind` of class CHAOS;
//! RFC 4892), and the names that it gives addresses.
//!
//! Recursion is never asked for: the server answers from what it has and asks nobody. What we give
//! up: names that a mere forwarder would fetch elsewhere.

use std::collections::VecDeque;
use std::net::IpAddr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RecordType};
use observation::latest::{Complaint, Fact, ReverseName, ServiceProtocol, Statement};

use super::{Conversation, Datagram, End, Method, Probe, Reading, Step, Subject};
use crate::packet::dns::{Answer, answer, name_text, pointer, question, strings};
use crate::packet::statements::Statements;
use crate::packet::text::clean;

/// The probe. With addresses in [`Subject::argument`] it asks for their names, else for the server.
pub(super) const PROBE: Probe = Probe {
    id: "scan.dns",
    method: Method::Datagram(Datagram { port: 53, is_answered_from_any_port: false, begin }),
};

/// Addresses that one conversation asks for: a carrier takes in so many datagrams.
const ADDRESSES_MAX: usize = 250;
/// Names of one address that are kept; a web server of old may have thousands.
const NAMES_MAX: usize = 8;
/// So many refusals in a row, and the server is left alone.
const REFUSALS_MAX: usize = 8;

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let [first, second, ..] = subject.random;
    let id = u16::from_be_bytes([first, second]);
    let subject = subject.clone();
    if subject.argument.is_empty() {
        let said = subject.udp_statements();
        return Box::new(Server { subject, id, said, state: State::Version, is_proven: false });
    }
    let addresses = subject.argument.split_ascii_whitespace().filter_map(|it| it.parse().ok());
    let addresses: VecDeque<IpAddr> = addresses.take(ADDRESSES_MAX).collect();
    Box::new(Names { subject, id, waiting: addresses, refusals: 0, reading: Reading::default() })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Version,
    HostName,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Version => "version.bind.",
            Self::HostName => "hostname.bind.",
        }
    }

    const fn statement(self) -> Statement {
        match self {
            Self::Version => Statement::Version,
            Self::HostName => Statement::Name,
        }
    }
}

/// Asks the server about itself.
struct Server {
    subject: Subject,
    id: u16,
    said: Statements,
    state: State,
    is_proven: bool,
}

impl Conversation for Server {
    fn open(&mut self) -> Vec<u8> {
        self.question().unwrap_or_default()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        let message = match answer(received, &[self.id]) {
            Answer::Ours(message) => message,
            Answer::Foreign => return Step::More,
            Answer::Broken => {
                self.said.complain("its answer is broken");
                self.is_proven = true;
                return Step::Done;
            }
        };
        self.is_proven = true;
        let is_told = self.told(&message);
        if self.state == State::HostName || !is_told {
            return Step::Done;
        }
        // Who tells the one tells the other, or refuses at once.
        self.state = State::HostName;
        self.id = self.id.wrapping_add(1);
        self.question().map_or(Step::Done, Step::Send)
    }

    fn finish(self: Box<Self>, _received: &[u8], _why: End) -> Reading {
        if !self.is_proven {
            return Reading::default();
        }
        self.subject.udp_answer(ServiceProtocol::Dns, self.said)
    }
}

impl Server {
    fn question(&self) -> Option<Vec<u8>> {
        let name = Name::from_ascii(self.state.name()).ok()?;
        question(self.id, DNSClass::CH, &[(name, RecordType::TXT)])
    }

    fn told(&mut self, message: &Message) -> bool {
        if message.metadata.recursion_available {
            self.said.say(Statement::Capabilities, b"recursion");
        }
        let mut texts = message.answers.iter().filter_map(strings);
        let Some(text) = texts.next() else { return false };
        self.said.say(self.state.statement(), &text.concat());
        true
    }
}

/// Asks the server for the names of addresses, one after another.
struct Names {
    subject: Subject,
    id: u16,
    /// The first is the one that is asked for.
    waiting: VecDeque<IpAddr>,
    refusals: usize,
    reading: Reading,
}

impl Conversation for Names {
    fn open(&mut self) -> Vec<u8> {
        self.question().unwrap_or_default()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        let message = match answer(received, &[self.id]) {
            Answer::Ours(message) => Some(message),
            Answer::Foreign => return Step::More,
            Answer::Broken => None,
        };
        let Some(address) = self.waiting.pop_front() else { return Step::Done };
        match message {
            Some(message) if is_refused(&message) => self.refusals += 1,
            Some(message) => {
                self.refusals = 0;
                self.named(address, &message);
            }
            None => self.complain(&format!("its answer for {address} is broken")),
        }
        if self.refusals >= REFUSALS_MAX {
            return Step::Done;
        }
        self.id = self.id.wrapping_add(1);
        self.question().map_or(Step::Done, Step::Send)
    }

    fn finish(mut self: Box<Self>, _received: &[u8], why: End) -> Reading {
        let left = self.waiting.len();
        if left > 0 && self.refusals >= REFUSALS_MAX {
            self.complain(&format!("it refuses; {left} addresses were not asked for"));
        } else if left > 0 && why != End::Done {
            self.complain(&format!("it fell silent; {left} addresses have no answer"));
        }
        self.reading
    }
}

impl Names {
    fn question(&self) -> Option<Vec<u8>> {
        let name = Name::from(*self.waiting.front()?);
        question(self.id, DNSClass::IN, &[(name, RecordType::PTR)])
    }

    /// Aliases on the way (RFC 2317) are passed over: what they point at is the name.
    fn named(&mut self, address: IpAddr, message: &Message) {
        for name in message.answers.iter().filter_map(pointer).take(NAMES_MAX) {
            let cleaned = clean(&name_text(name));
            if let Some(complaint) = cleaned.complaint(&self.place()) {
                self.push(complaint);
            }
            if !cleaned.text.is_empty() {
                let resolver = self.subject.address;
                let name = ReverseName { address, name: cleaned.text, resolver };
                self.reading.facts.push(Fact::ReverseName(name));
            }
        }
    }

    fn place(&self) -> String {
        format!("udp/{}", self.subject.port)
    }

    fn complain(&mut self, problem: &str) {
        let complaint = Complaint { place: self.place(), problem: problem.to_owned() };
        self.push(complaint);
    }

    fn push(&mut self, complaint: Complaint) {
        if self.reading.complaints.len() < 20 && !self.reading.complaints.contains(&complaint) {
            self.reading.complaints.push(complaint);
        }
    }
}

fn is_refused(message: &Message) -> bool {
    matches!(message.metadata.response_code, ResponseCode::Refused | ResponseCode::NotAuth)
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{CNAME, PTR, TXT};
    use hickory_proto::rr::{RData, Record};
    use proptest::prelude::*;

    use super::super::replay::{play_hostile, said, subject, talk, talk_with};
    use super::*;

    fn reply(id: u16, code: ResponseCode, records: Vec<Record>) -> Vec<u8> {
        let mut message = Message::response(id, hickory_proto::op::OpCode::Query);
        message.metadata.response_code = code;
        message.add_answers(records);
        message.to_vec().unwrap()
    }

    fn text(words: &[&str]) -> Record {
        let data = TXT::new(words.iter().map(ToString::to_string).collect());
        let mut record =
            Record::from_rdata(Name::from_ascii("version.bind.").unwrap(), 0, RData::TXT(data));
        record.dns_class = DNSClass::CH;
        record
    }

    fn names(records: &[&str]) -> Vec<Record> {
        let owner = Name::from_ascii("7.2.0.192.in-addr.arpa.").unwrap();
        let alias = RData::CNAME(CNAME(Name::from_ascii("7.x.example.").unwrap()));
        let pointers = records.iter().map(|it| {
            Record::from_rdata(owner.clone(), 5, RData::PTR(PTR(Name::from_ascii(it).unwrap())))
        });
        std::iter::once(Record::from_rdata(owner.clone(), 5, alias)).chain(pointers).collect()
    }

    fn ask(addresses: &str, answers: &[Vec<u8>]) -> Reading {
        let subject = Subject { argument: addresses.to_owned(), ..subject(53) };
        let answers: Vec<&[u8]> = answers.iter().map(Vec::as_slice).collect();
        talk_with(&PROBE, subject, &answers)
    }

    fn found(reading: &Reading) -> Vec<String> {
        let name = |fact: &Fact| {
            let Fact::ReverseName(it) = fact else { panic!("{fact:?}") };
            format!("{} {}", it.address, it.name)
        };
        reading.facts.iter().map(name).collect()
    }

    #[test]
    fn a_server_tells_its_version_and_its_name() {
        let version =
            reply(0x0707, ResponseCode::NoError, vec![text(&["9.18.33-1~deb12u2", "-Debian"])]);
        let name = reply(0x0708, ResponseCode::NoError, vec![text(&["ns1"])]);
        let reading = talk(&PROBE, &[&version, &name]);
        assert_eq!(said(&reading, Statement::Version), Some("9.18.33-1~deb12u2-Debian"));
        assert_eq!(said(&reading, Statement::Name), Some("ns1"));
        assert_eq!(said(&reading, Statement::Capabilities), None);
    }

    #[test]
    fn a_server_that_refuses_is_a_name_server_still() {
        let mut refused = reply(0x0707, ResponseCode::Refused, Vec::new());
        // Recursion available.
        refused[3] |= 0x80;
        let reading = talk(&PROBE, &[&refused]);
        assert_eq!(said(&reading, Statement::Version), None);
        assert_eq!(said(&reading, Statement::Capabilities), Some("recursion"));
    }

    #[test]
    fn what_does_not_answer_the_question_is_no_name_server() {
        let other = reply(9, ResponseCode::NoError, vec![text(&["x"])]);
        for bytes in [&other[..], b"", b"HTTP/1.1 400 x\r\n\r\n"] {
            assert_eq!(talk(&PROBE, &[bytes]), Reading::default());
        }
    }

    #[test]
    fn a_loop_of_pointers_is_told() {
        let bytes = b"\x07\x07\x80\0\0\0\0\x01\0\0\0\0\xc0\x0c\0\x10\0\x03\0\0\0\0\0\x02\x01x";
        let reading = talk(&PROBE, &[bytes]);
        assert_eq!(reading.complaints[0].problem, "its answer is broken");
    }

    #[test]
    fn each_address_is_asked_for_and_keeps_its_names() {
        let reading = ask(
            "192.0.2.7 nonsense 2001:db8::1 192.0.2.8",
            &[
                reply(0x0707, ResponseCode::NoError, names(&["www.example.", "mail.example."])),
                reply(0x0708, ResponseCode::NXDomain, Vec::new()),
                reply(0x0709, ResponseCode::NoError, names(&["a.example."])),
            ],
        );
        let expected = ["192.0.2.7 www.example", "192.0.2.7 mail.example", "192.0.2.8 a.example"];
        assert_eq!(found(&reading), expected);
        assert_eq!(reading.complaints, []);
    }

    #[test]
    fn a_server_that_refuses_again_and_again_is_left_alone() {
        let addresses: Vec<String> = (1..=100).map(|it| format!("192.0.2.{it}")).collect();
        let answers: Vec<Vec<u8>> =
            (0..100).map(|it| reply(0x0707 + it, ResponseCode::Refused, Vec::new())).collect();
        let reading = ask(&addresses.join(" "), &answers);
        let complaint = &reading.complaints[0].problem;
        assert_eq!(complaint, "it refuses; 92 addresses were not asked for");
    }

    #[test]
    fn silence_and_broken_answers_are_told() {
        let mut broken = reply(0x0707, ResponseCode::NoError, names(&["a.example."]));
        broken.truncate(broken.len() - 3);
        let reading = ask("192.0.2.7 192.0.2.8", &[broken]);
        assert_eq!(found(&reading), Vec::<String>::new());
        let problems: Vec<&str> = reading.complaints.iter().map(|it| it.problem.as_str()).collect();
        let silent = "it fell silent; 1 addresses have no answer";
        assert_eq!(problems, ["its answer for 192.0.2.7 is broken", silent]);
    }

    #[test]
    fn names_are_cleaned_and_bounded() {
        let many: Vec<String> = (0..50).map(|it| format!("h{it}.example.")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let reading = ask("192.0.2.7", &[reply(0x0707, ResponseCode::NoError, names(&many))]);
        assert_eq!(reading.facts.len(), NAMES_MAX);
        let mut escape = names(&[]);
        let label = Name::from_labels([b"a\x1b[2J".as_slice(), b"example"]).unwrap();
        escape.push(Record::from_rdata(label.clone(), 5, RData::PTR(PTR(label))));
        let reading = ask("192.0.2.7", &[reply(0x0707, ResponseCode::NoError, escape)]);
        assert_eq!(found(&reading), ["192.0.2.7 a\\u{1b}[2J.example"]);
        assert_eq!(reading.complaints.len(), 1);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90), 0..4),
        ) {
            play_hostile(&PROBE, &pieces, 53);
            let framed: Vec<Vec<u8>> = pieces.iter().map(|it| [&[7, 7, 0x80], &it[..]].concat()).collect();
            play_hostile(&PROBE, &framed, 53);
            ask("192.0.2.7", &framed);
        }
    }
}
