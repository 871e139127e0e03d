//! Who an SNMPv3 agent is: the discovery that comes before every other question (RFC 3414 §4).
//!
//! It is done here and not by the SNMP library, because the answer is the only thing in which a
//! stranger chooses a length that the library writes into all later messages.

use crate::packet::der::{OCTET_STRING, SEQUENCE, element, elements};

/// `INTEGER`.
const INTEGER: u8 = 0x02;
/// `GetRequest-PDU` (RFC 3416 §3).
const GET: u8 = 0xa0;
/// The version's number in messages of SNMPv3.
const VERSION_3: u8 = 3;
/// The user-based security model (RFC 3411 §6.1).
const USER_BASED: u8 = 3;
/// Reportable, neither authenticated nor encrypted (RFC 3412 §6.4).
const REPORTABLE: u8 = 0x04;
/// Largest message that we take: what fits into a datagram.
const MESSAGE_BYTES_MAX: u32 = 65_507;
/// Lengths of an engine's id (RFC 3411 §5, SnmpEngineID).
const ID_BYTES: std::ops::RangeInclusive<usize> = 5..=32;

/// An SNMPv3 agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Its id, that it keeps for life.
    pub id: Vec<u8>,
    /// How often it started.
    pub boots: u32,
    /// Seconds since then.
    pub time: u32,
}

/// The question. Its number stands in the answer; it is taken from 31 bits.
#[must_use]
pub fn question(number: u32) -> Vec<u8> {
    let number = written(number & 0x7fff_ffff);
    let zero = written(0);
    let none = element(OCTET_STRING, &[]);
    let header = [
        number.clone(),
        written(MESSAGE_BYTES_MAX),
        element(OCTET_STRING, &[REPORTABLE]),
        written(USER_BASED.into()),
    ];
    let security = [&none, &zero, &zero, &none, &none, &none].map(Clone::clone);
    let security = element(SEQUENCE, &security.concat());
    let request = [number, zero.clone(), zero, element(SEQUENCE, &[])];
    let scoped = [none.clone(), none, element(GET, &request.concat())];
    let message = [
        written(VERSION_3.into()),
        element(SEQUENCE, &header.concat()),
        element(OCTET_STRING, &security),
        element(SEQUENCE, &scoped.concat()),
    ];
    element(SEQUENCE, &message.concat())
}

/// Reads the answer to the question with this number; none where it is anything else.
#[must_use]
pub fn answer(bytes: &[u8], number: u32) -> Option<Engine> {
    let message = elements(bytes).next().filter(|it| it.tag == SEQUENCE)?;
    let mut parts = elements(message.content);
    let version = integer(parts.next()?)?;
    let header = parts.next().filter(|it| it.tag == SEQUENCE)?;
    let security = parts.next().filter(|it| it.tag == OCTET_STRING)?;
    let mut header = elements(header.content);
    let said_number = integer(header.next()?)?;
    let model = integer(header.nth(2)?)?;
    let is_ours = said_number == number & 0x7fff_ffff;
    if version != u32::from(VERSION_3) || model != u32::from(USER_BASED) || !is_ours {
        return None;
    }
    let security = elements(security.content).next().filter(|it| it.tag == SEQUENCE)?;
    let mut security = elements(security.content);
    let id = security.next().filter(|it| it.tag == OCTET_STRING)?.content;
    let boots = integer(security.next()?)?;
    let time = integer(security.next()?)?;
    let is_used = ID_BYTES.contains(&id.len()) && id.iter().any(|it| !matches!(it, 0 | 0xff));
    is_used.then(|| Engine { id: id.to_vec(), boots, time })
}

/// A number in as few bytes as hold it and its sign (X.690 §8.3.2): strict agents drop others.
fn written(number: u32) -> Vec<u8> {
    let bytes = u64::from(number).to_be_bytes();
    let mut shortest = bytes.as_slice();
    while let [0, rest @ ..] = shortest
        && matches!(rest, [0..=0x7f, ..])
    {
        shortest = rest;
    }
    element(INTEGER, shortest)
}

/// A number from 0 to 2³¹ − 1: the range of all numbers here.
fn integer(element: crate::packet::der::Element<'_>) -> Option<u32> {
    let first = element.content.first()?;
    let is_small = element.tag == INTEGER && element.content.len() <= 4 && *first < 0x80;
    is_small.then(|| element.content.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Recorded from net-snmp 5.9.3 on Debian 12 (`snmpd` on 127.0.0.1), number 0x12345678.
    pub(super) const NET_SNMP: &str = include_str!("net_snmp_report.hex");

    fn recorded() -> Vec<u8> {
        data_encoding::HEXLOWER.decode(NET_SNMP.trim().as_bytes()).unwrap()
    }

    #[test]
    fn numbers_are_written_in_as_few_bytes_as_hold_them() {
        for (number, expected) in [
            (0, &[2, 1, 0][..]),
            (0x7f, &[2, 1, 0x7f]),
            (0x80, &[2, 2, 0, 0x80]),
            (65_507, &[2, 3, 0, 0xff, 0xe3]),
            (0x0012_3456, &[2, 3, 0x12, 0x34, 0x56]),
            (0x7fff_ffff, &[2, 4, 0x7f, 0xff, 0xff, 0xff]),
        ] {
            assert_eq!(written(number), expected, "{number}");
        }
    }

    #[test]
    fn the_report_of_net_snmp_names_its_engine() {
        let engine = answer(&recorded(), 0x1234_5678).unwrap();
        assert_eq!(engine.id[..5], [0x80, 0x00, 0x1f, 0x88, 0x80]);
        assert_eq!(engine.boots, 1);
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        assert_eq!(answer(&recorded(), 0x1234_5679), None);
        assert_eq!(answer(&question(7), 7), None);
    }

    #[test]
    fn an_engine_id_of_a_wrong_length_is_none() {
        for length in [0, 4, 33, 40_000] {
            assert_eq!(answer(&report(&vec![7; length], 1, 1), 9), None, "{length}");
        }
        assert_eq!(answer(&report(&[0; 8], 1, 1), 9), None);
        assert_eq!(answer(&report(&[0xff; 8], 1, 1), 9), None);
        assert!(answer(&report(&[7; 8], 1, 1), 9).is_some());
    }

    fn report(id: &[u8], boots: u8, time: u8) -> Vec<u8> {
        let header = [
            element(INTEGER, &[9]),
            written(MESSAGE_BYTES_MAX),
            element(OCTET_STRING, &[0]),
            written(USER_BASED.into()),
        ];
        let security =
            [element(OCTET_STRING, id), element(INTEGER, &[boots]), element(INTEGER, &[time])];
        let message = [
            written(VERSION_3.into()),
            element(SEQUENCE, &header.concat()),
            element(OCTET_STRING, &element(SEQUENCE, &security.concat())),
        ];
        element(SEQUENCE, &message.concat())
    }

    #[test]
    fn an_answer_cut_off_anywhere_is_none() {
        let whole = recorded();
        for end in 0..whole.len() {
            assert_eq!(answer(&whole[..end], 0x1234_5678), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_engine_or_none(
            bytes in proptest::collection::vec(any::<u8>(), 0..300), number: u32,
        ) {
            let _ = answer(&bytes, number);
        }

        #[test]
        fn a_changed_answer_is_read_or_refused(position in 0usize..100, byte: u8) {
            let mut bytes = recorded();
            let position = position % bytes.len();
            bytes[position] = byte;
            if let Some(engine) = answer(&bytes, 0x1234_5678) {
                prop_assert!(ID_BYTES.contains(&engine.id.len()));
            }
        }
    }
}
