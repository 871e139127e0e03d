//! The little of ASN.1 DER (ITU-T X.690) that the envelopes of NTLM need: elements with tag, length
//! and content. Nothing here calls itself, so no nesting exhausts the stack.

use super::reader::Reader;

/// `OCTET STRING`.
pub const OCTET_STRING: u8 = 0x04;
/// `SEQUENCE`.
pub const SEQUENCE: u8 = 0x30;

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The tag's byte.
    pub tag: u8,
    /// What it holds.
    pub content: &'a [u8],
}

/// The tag of a field with an explicit number.
#[must_use]
pub const fn field(number: u8) -> u8 {
    0xa0 | number
}

/// How long the first element is, head included, once its head has come; none: not DER, or longer
/// than four bytes of length can say.
#[must_use]
pub fn whole_length(bytes: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(bytes);
    reader.u8()?;
    let content = length(&mut reader)?;
    (bytes.len() - reader.rest().len()).checked_add(content)
}

/// The elements that lie in `bytes` one after another; ends at the first that is cut off.
pub fn elements(bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let mut reader = Reader::new(bytes);
    std::iter::from_fn(move || {
        let tag = reader.u8()?;
        let length = length(&mut reader)?;
        Some(Element { tag, content: reader.take(length)? })
    })
}

/// The content at the end of a way through nested elements: at each level the first with the tag.
#[must_use]
pub fn inside<'a>(bytes: &'a [u8], way: &[u8]) -> Option<&'a [u8]> {
    way.iter().try_fold(bytes, |level, tag| {
        elements(level).find(|it| it.tag == *tag).map(|it| it.content)
    })
}

/// An element of at most 65,535 bytes; a longer content is not written.
#[must_use]
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u16::try_from(content.len()).unwrap_or(0).to_be_bytes() {
        [0, short @ ..=0x7f] => bytes.push(short),
        [0, long] => bytes.extend([0x81, long]),
        two => bytes.extend([0x82].into_iter().chain(two)),
    }
    bytes.extend(content.get(..usize::from(u16::MAX)).unwrap_or(content));
    bytes
}

fn length(reader: &mut Reader<'_>) -> Option<usize> {
    match reader.u8()? {
        short @ ..=0x7f => Some(usize::from(short)),
        count @ 0x81..=0x84 => {
            let bytes = reader.take(usize::from(count & 0x7f))?;
            Some(bytes.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)))
        }
        // The indefinite form is not DER.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 65_535] {
            let content = vec![7; length];
            let bytes = element(SEQUENCE, &element(OCTET_STRING, &content)[..]);
            if length < 65_000 {
                assert_eq!(whole_length(&bytes), Some(bytes.len()), "{length}");
                assert_eq!(inside(&bytes, &[SEQUENCE, OCTET_STRING]), Some(content.as_slice()));
            }
        }
    }

    #[test]
    fn a_way_that_does_not_exist_leads_nowhere() {
        let bytes = element(SEQUENCE, &element(field(1), b"x"));
        assert_eq!(inside(&bytes, &[SEQUENCE, field(1)]), Some(b"x".as_slice()));
        assert_eq!(inside(&bytes, &[SEQUENCE, field(2)]), None);
        assert_eq!(inside(&bytes, &[OCTET_STRING]), None);
    }

    #[test]
    fn lengths_that_lie_are_not_followed() {
        for bytes in [&[0x30, 0x80][..], &[0x30, 0x85, 1, 1, 1, 1, 1], &[0x30, 5, 1], &[0x30, 0x84]]
        {
            assert_eq!(elements(bytes).count(), 0, "{bytes:?}");
        }
        assert_eq!(whole_length(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Some(0xffff_ffff + 6));
        assert_eq!(whole_length(&[0x30, 0x82, 1]), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic_and_always_end(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            prop_assert!(elements(&bytes).count() <= bytes.len());
            let _ = whole_length(&bytes);
            let _ = inside(&bytes, &[SEQUENCE, field(0), OCTET_STRING]);
        }
    }
}
