//! Messages of DNS (RFC 1035): questions, and answers that belong to them.
//!
//! The codec is hickory-proto's. A pointer of its names may only lead backwards, a name has at most
//! 255 bytes, and a message of 64 KiB at most so many records as fit: loops end.

use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::rdata::TXT;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

/// A message with questions of one class; recursion is not asked for, so that a server asks nobody
/// who was not named. None: a name cannot be written.
#[must_use]
pub fn question(id: u16, class: DNSClass, names: &[(Name, RecordType)]) -> Option<Vec<u8>> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    for (name, kind) in names {
        let mut query = Query::query(name.clone(), *kind);
        query.query_class = class;
        message.add_query(query);
    }
    message.to_vec().ok()
}

/// What a datagram is to a question.
#[derive(Debug)]
pub enum Answer {
    /// Its answer.
    Ours(Box<Message>),
    /// It carries the question's number and is broken.
    Broken,
    /// Something else.
    Foreign,
}

/// Reads a datagram as an answer to a question with one of the numbers.
#[must_use]
pub fn answer(received: &[u8], ids: &[u16]) -> Answer {
    // Number, and the bit that tells answers from questions (RFC 1035 §4.1.1).
    let is_ours = match received {
        [high, low, flags, ..] => {
            ids.contains(&u16::from_be_bytes([*high, *low])) && flags & 0x80 != 0
        }
        _ => false,
    };
    if !is_ours {
        return Answer::Foreign;
    }
    match Message::from_vec(received) {
        Ok(message) if message.metadata.op_code == OpCode::Query => Answer::Ours(Box::new(message)),
        Ok(_) => Answer::Foreign,
        Err(_) => Answer::Broken,
    }
}

/// A name as people write it, without the dot at its end; its bytes are foreign still.
#[must_use]
pub fn name_text(name: &Name) -> Vec<u8> {
    name.iter().collect::<Vec<_>>().join(b".".as_slice())
}

/// Where a record of the kind PTR points.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "one of many kinds is wanted")]
pub fn pointer(record: &Record) -> Option<&Name> {
    match &record.data {
        RData::PTR(name) => Some(&name.0),
        _ => None,
    }
}

/// The strings of a record of the kind TXT.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "one of many kinds is wanted")]
pub fn strings(record: &Record) -> Option<&[Box<[u8]>]> {
    match &record.data {
        RData::TXT(TXT { txt_data, .. }) => Some(txt_data),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    #[test]
    fn a_question_asks_for_no_recursion() {
        let names = [(name("version.bind."), RecordType::TXT)];
        let bytes = question(0x1234, DNSClass::CH, &names).unwrap();
        let expected = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x07version\x04bind\0\0\x10\0\x03";
        assert_eq!(bytes, expected);
    }

    #[test]
    fn only_answers_with_the_number_are_ours() {
        let mut bytes = question(7, DNSClass::IN, &[]).unwrap();
        assert!(matches!(answer(&bytes, &[7]), Answer::Foreign), "a question is no answer");
        bytes[2] |= 0x80;
        assert!(matches!(answer(&bytes, &[7]), Answer::Ours(_)));
        assert!(matches!(answer(&bytes, &[8]), Answer::Foreign));
        assert!(matches!(answer(&bytes[..11], &[7]), Answer::Broken));
        assert!(matches!(answer(&[], &[7]), Answer::Foreign));
    }

    /// An answer with one record of the kind PTR whose name and content are given.
    fn with_names(owner: &[u8], target: &[u8]) -> Vec<u8> {
        let mut bytes = b"\0\x07\x80\0\0\0\0\x01\0\0\0\0".to_vec();
        bytes.extend(owner);
        bytes.extend(b"\0\x0c\0\x01\0\0\0\x0a");
        bytes.extend((target.len() as u16).to_be_bytes());
        bytes.extend(target);
        bytes
    }

    #[test]
    fn loops_of_pointers_are_broken_answers() {
        let length = 24;
        for (owner, target) in [
            // At itself, one at the other, forwards, into the header that leads back, without end.
            (&b"\xc0\x0c"[..], &b"\0"[..]),
            (b"\x01a\xc0\x0c", b"\0"),
            (b"\0", &[0xc0, 23]),
            (b"\0", &[0xc0, length]),
            (b"\0", &[1, b'a', 0xc0, 23]),
            (b"\0", &[0xff, 0xff]),
            (&[63; 300], b"\0"),
        ] {
            let bytes = with_names(owner, target);
            assert!(matches!(answer(&bytes, &[7]), Answer::Broken), "{owner:?} {target:?}");
        }
        let Answer::Ours(message) = answer(&with_names(b"\x01a\0", b"\x01b\xc0\x0c"), &[7]) else {
            panic!("a pointer backwards is sound");
        };
        let target = pointer(&message.answers[0]).unwrap();
        assert_eq!(name_text(target), b"b.a");
    }

    #[test]
    fn a_datagram_full_of_pointers_is_read_in_no_time() {
        // Each record's name points at the one before: as deep as 64 KiB allow.
        let mut bytes = b"\0\x07\x80\0\0\0\xff\xff\0\0\0\0".to_vec();
        let mut last = bytes.len();
        bytes.extend(b"\x01a\0\0\x0c\0\x01\0\0\0\x0a\0\x01\0");
        while bytes.len() < 16_000 {
            let here = bytes.len();
            bytes.extend(b"\x01a");
            bytes.extend((0xc000 | last as u16).to_be_bytes());
            bytes.extend(b"\0\x0c\0\x01\0\0\0\x0a\0\x01\0");
            last = here;
        }
        assert!(matches!(answer(&bytes, &[7]), Answer::Broken));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..300),
            owner in proptest::collection::vec(any::<u8>(), 0..20),
            target in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let _ = answer(&with_names(&owner, &target), &[7]);
            bytes.splice(0..0, *b"\0\x07\x80");
            let _ = answer(&bytes, &[7]);
        }
    }
}
