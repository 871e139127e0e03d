//! The bytes of netlink messages (netlink(7), rtnetlink(7)). Pure; native byte order throughout.

/// Most nested or sibling attributes read from one message.
const ATTRIBUTES_MAX: usize = 512;
const HEADER_BYTES: usize = 16;

const NLM_F_REQUEST: u16 = 1;
const NLM_F_DUMP_INTR: u16 = 0x10;
const NLM_F_DUMP: u16 = 0x300;
const NLMSG_NOOP: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// The upper two bits of an attribute's type are flags.
const ATTRIBUTE_TYPE_MASK: u16 = 0x3fff;

/// One message of the kernel's answer to a dump.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer<'a> {
    /// An entry of the table.
    Entry { payload: &'a [u8], was_interrupted: bool },
    /// The end.
    Done { was_interrupted: bool },
    /// A refusal with its error number; 0 is an acknowledgement.
    Error { number: i32 },
}

/// The request for a whole table.
pub(super) fn dump_request(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER_BYTES + body.len()).unwrap_or(u32::MAX);
    let mut message = Vec::with_capacity(HEADER_BYTES + body.len());
    message.extend(length.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend((NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
    message.extend([0; 8]); // sequence and sender, which a socket with one request does not need
    message.extend(body);
    message
}

/// The messages of one datagram; stops where the lengths stop making sense.
pub(super) fn answers(datagram: &[u8]) -> impl Iterator<Item = Answer<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        loop {
            let length = usize::try_from(u32_at(rest, 0)?).ok()?;
            let kind = u16_at(rest, 4)?;
            let was_interrupted = u16_at(rest, 6)? & NLM_F_DUMP_INTR != 0;
            let payload = rest.get(HEADER_BYTES..length)?;
            rest = rest.get(aligned(length)..).unwrap_or_default();
            match kind {
                NLMSG_NOOP => {}
                NLMSG_DONE => return Some(Answer::Done { was_interrupted }),
                NLMSG_ERROR => {
                    let number = i32::from_ne_bytes(array_at(payload, 0)?);
                    return Some(Answer::Error { number: number.saturating_neg() });
                }
                _ => return Some(Answer::Entry { payload, was_interrupted }),
            }
        }
    })
}

/// The attributes behind a fixed part, as (type, value); stops where lengths stop making sense.
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    all_attributes(bytes).take(ATTRIBUTES_MAX)
}

/// The same without a bound but that of the bytes: each takes four of them at least.
pub(super) fn all_attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(rest, 0)?);
        let kind = u16_at(rest, 2)? & ATTRIBUTE_TYPE_MASK;
        let value = rest.get(4..length)?;
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    })
}

/// Netlink aligns everything to four bytes.
pub(super) const fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_ne_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_ne_bytes)
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = dump_request(kind, payload);
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        bytes.resize(aligned(bytes.len()), 0);
        bytes
    }

    #[test]
    fn a_datagram_holds_entries_and_an_end() {
        let mut datagram = message(16, 0, b"abcde");
        datagram.extend(message(NLMSG_NOOP, 0, b""));
        datagram.extend(message(NLMSG_DONE, NLM_F_DUMP_INTR, &[0; 4]));
        let read: Vec<_> = answers(&datagram).collect();
        assert_eq!(
            read,
            [
                Answer::Entry { payload: b"abcde", was_interrupted: false },
                Answer::Done { was_interrupted: true }
            ]
        );
    }

    #[test]
    fn a_refusal_carries_its_number() {
        let datagram = message(NLMSG_ERROR, 0, &(-13_i32).to_ne_bytes());
        assert_eq!(answers(&datagram).next(), Some(Answer::Error { number: 13 }));
    }

    #[test]
    fn attributes_of_length_zero_end_the_walk_instead_of_looping() {
        assert_eq!(attributes(&[0; 64]).count(), 0);
        assert_eq!(answers(&[0; 64]).count(), 0);
    }

    #[test]
    fn flags_of_an_attribute_are_not_part_of_its_type() {
        let mut bytes = 5_u16.to_ne_bytes().to_vec();
        bytes.extend((18_u16 | 0x8000).to_ne_bytes());
        bytes.push(7);
        assert_eq!(attributes(&bytes).collect::<Vec<_>>(), [(18, &[7_u8][..])]);
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            prop_assert!(answers(&bytes).count() <= bytes.len());
            prop_assert!(attributes(&bytes).count() <= bytes.len());
        }
    }
}
