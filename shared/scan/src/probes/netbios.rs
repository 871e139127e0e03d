//! NetBIOS node status (RFC 1002 §4.2.17): computer name, workgroup, hardware address.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, Datagram, End, Method, Probe, Reading, Step, Subject};
use crate::packet::reader::Reader;
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.netbios",
    method: Method::Datagram(Datagram { port: 137, is_answered_from_any_port: false, begin }),
};

const NODE_STATUS: u16 = 0x0021;
const INTERNET: u16 = 1;
/// The name `*`, filled up with zeros, each half of a byte as a letter (RFC 1001 §14.1).
const ANY_NAME: &[u8; 34] = b"\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0";
const NAME_BYTES: usize = 15;
/// §4.2.18: the name is of a group.
const GROUP: u16 = 0x8000;
/// Kinds of names: what the last byte says.
const WORKSTATION: u8 = 0x00;
const SERVER: u8 = 0x20;

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let [first, second, ..] = subject.random;
    let id = u16::from_be_bytes([first, second]);
    Box::new(NodeStatus { subject: subject.clone(), id, status: None })
}

struct NodeStatus {
    subject: Subject,
    id: u16,
    status: Option<Status>,
}

impl Conversation for NodeStatus {
    fn open(&mut self) -> Vec<u8> {
        question(self.id)
    }

    fn read(&mut self, received: &[u8]) -> Step {
        self.status = status(received, self.id);
        if self.status.is_some() { Step::Done } else { Step::More }
    }

    fn finish(self: Box<Self>, _received: &[u8], _why: End) -> Reading {
        let Some(status) = self.status else { return Reading::default() };
        let mut said = self.subject.udp_statements();
        status.tell(&mut said);
        self.subject.udp_answer(ServiceProtocol::Netbios, said)
    }
}

/// One name of the table.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    text: Vec<u8>,
    kind: u8,
    is_group: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Status {
    names: Vec<Name>,
    mac: Option<[u8; 6]>,
    is_cut_off: bool,
}

impl Status {
    fn tell(&self, said: &mut Statements) {
        let computer = self.first(WORKSTATION, false).or(self.first(SERVER, false));
        if let Some(name) = computer {
            said.say(Statement::ComputerName, &name.text);
        }
        if let Some(name) = self.first(WORKSTATION, true) {
            said.say(Statement::DomainName, &name.text);
        }
        let kinds: Vec<String> = self.names.iter().map(Name::kind_text).collect();
        said.say_list(Statement::Capabilities, kinds.iter().map(String::as_bytes));
        if let Some(mac) = self.mac {
            said.say(Statement::Mac, mac.map(|it| format!("{it:02x}")).join(":").as_bytes());
        }
        if self.is_cut_off {
            said.complain("the table of names was cut off");
        }
    }

    fn first(&self, kind: u8, is_group: bool) -> Option<&Name> {
        self.names.iter().find(|it| it.kind == kind && it.is_group == is_group)
    }
}

impl Name {
    /// What it is registered for: `<1c> group` stands for a domain controller.
    fn kind_text(&self) -> String {
        let group = if self.is_group { " group" } else { "" };
        format!("<{:02x}>{group}", self.kind)
    }
}

fn question(id: u16) -> Vec<u8> {
    let mut bytes = id.to_be_bytes().to_vec();
    // A question; no flags; one name.
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    bytes.extend(ANY_NAME);
    bytes.extend(NODE_STATUS.to_be_bytes());
    bytes.extend(INTERNET.to_be_bytes());
    bytes
}

/// None: no answer to this question.
fn status(received: &[u8], id: u16) -> Option<Status> {
    let mut reader = Reader::new(received);
    let is_ours = reader.be16()? == id && reader.be16()? & 0xf80f == 0x8000;
    // One answer and nothing else; the name is ours, as a name or as a pointer at one.
    let has_answer = reader.be16()? == 0 && reader.be16()? == 1;
    reader.skip(4)?;
    let is_named = reader.array()? == *ANY_NAME;
    let is_status = reader.be16()? == NODE_STATUS && reader.be16()? == INTERNET;
    reader.skip(6)?;
    if !(is_ours && has_answer && is_named && is_status) {
        return None;
    }
    let count = reader.u8()?;
    let mut status = Status { names: Vec::new(), mac: None, is_cut_off: false };
    for _ in 0..count {
        let Some(name) = name(&mut reader) else {
            status.is_cut_off = true;
            return Some(status);
        };
        status.names.push(name);
    }
    // Samba knows no hardware address and sends zeros.
    status.mac = reader.array().filter(|it| *it != [0; 6]);
    Some(status)
}

fn name(reader: &mut Reader<'_>) -> Option<Name> {
    let text = reader.take(NAME_BYTES)?.trim_ascii_end().to_vec();
    let kind = reader.u8()?;
    Some(Name { text, kind, is_group: reader.be16()? & GROUP != 0 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{play_hostile, said, subject, talk};
    use super::*;

    /// Constructed after RFC 1002 §4.2.18.
    fn table(names: &[(&str, u8, u16)], mac: [u8; 6]) -> Vec<u8> {
        let mut bytes = head();
        bytes.push(names.len() as u8);
        for (text, kind, flags) in names {
            bytes.extend(format!("{text:15}").bytes());
            bytes.push(*kind);
            bytes.extend(flags.to_be_bytes());
        }
        bytes.extend(mac);
        bytes.extend([0; 40]);
        bytes
    }

    fn head() -> Vec<u8> {
        let mut bytes = vec![7, 7, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        bytes.extend(ANY_NAME);
        bytes.extend([0, 0x21, 0, 1, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn name_workgroup_and_address_are_told() {
        let names = [
            ("PC-042", 0x00, 0x0400),
            ("MUSTER", 0x00, 0x8400),
            ("PC-042", 0x20, 0x0400),
            ("MUSTER", 0x1c, 0x8400),
        ];
        let reading = talk(&PROBE, &[&table(&names, [0, 0x15, 0x5d, 1, 2, 0xab])]);
        assert_eq!(said(&reading, Statement::ComputerName), Some("PC-042"));
        assert_eq!(said(&reading, Statement::DomainName), Some("MUSTER"));
        assert_eq!(said(&reading, Statement::Mac), Some("00:15:5d:01:02:ab"));
        let kinds = said(&reading, Statement::Capabilities);
        assert_eq!(kinds, Some("<00>, <00> group, <20>, <1c> group"));
        assert_eq!(reading.complaints, []);
    }

    #[test]
    fn what_nobody_knows_is_not_told() {
        let reading = talk(&PROBE, &[&table(&[], [0; 6])]);
        assert!(super::super::replay::answer(&reading).statements.is_empty());
    }

    #[test]
    fn a_table_that_ends_early_keeps_what_came() {
        let mut bytes = table(&[("A", 0, 0), ("B", 0x20, 0)], [1; 6]);
        bytes.truncate(head().len() + 1 + 18 + 5);
        let reading = talk(&PROBE, &[&bytes]);
        assert_eq!(said(&reading, Statement::ComputerName), Some("A"));
        assert_eq!(said(&reading, Statement::Mac), None);
        assert_eq!(reading.complaints[0].problem, "the table of names was cut off");
    }

    #[test]
    fn answers_to_other_questions_are_waited_out() {
        let own = table(&[("A", 0, 0)], [1; 6]);
        let mut other = own.clone();
        other[0] = 8;
        let echo = question(0x0707);
        let reading = talk(&PROBE, &[&other, &echo, b"", &own]);
        assert_eq!(said(&reading, Statement::ComputerName), Some("A"));
        assert_eq!(talk(&PROBE, &[&other]), Reading::default());
    }

    #[test]
    fn the_question_is_fifty_bytes() {
        let mut conversation = begin(&subject(137));
        assert_eq!(conversation.open().len(), 50);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90), 0..4),
            table in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            play_hostile(&PROBE, &pieces, 137);
            play_hostile(&PROBE, &[[head(), table].concat()], 137);
        }
    }
}
