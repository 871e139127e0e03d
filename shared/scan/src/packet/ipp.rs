//! Messages of the Internet Printing Protocol (RFC 8010): a question for a printer's attributes and
//! the reading of the answer.

use super::reader::Reader;

/// `Get-Printer-Attributes` (RFC 8011 §4.2.5): reads and prints nothing.
const GET_PRINTER_ATTRIBUTES: u16 = 0x000b;
const OPERATION_ATTRIBUTES: u8 = 0x01;
const END_OF_ATTRIBUTES: u8 = 0x03;
const PRINTER_ATTRIBUTES: u8 = 0x04;
/// Tags below are delimiters of groups (RFC 8010 §3.5.1).
const FIRST_VALUE_TAG: u8 = 0x10;
const KEYWORD: u8 = 0x44;
const URI: u8 = 0x45;
const CHARSET: u8 = 0x47;
const NATURAL_LANGUAGE: u8 = 0x48;
const REQUEST_ID: u32 = 1;
/// Values that are looked at; a printer that sends all it has sends about a thousand.
const VALUES_MAX: usize = 4000;

/// One value of the printer's group; a further value of the same attribute is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// `printer-make-and-model`.
    pub name: &'a [u8],
    /// The text, without its language.
    pub value: &'a [u8],
}

/// An answer, as far as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer<'a> {
    /// RFC 8011 §4.1.6; below 0x0100 all went well.
    pub status: u16,
    /// Attributes of the printer, in order.
    pub attributes: Vec<Attribute<'a>>,
    /// Whether its end came.
    pub is_whole: bool,
}

/// Asks the printer at `uri` for attributes. Version 1.1: every printer knows it.
#[must_use]
pub fn question(uri: &str, wanted: &[&str]) -> Vec<u8> {
    let mut bytes = vec![1, 1];
    bytes.extend(GET_PRINTER_ATTRIBUTES.to_be_bytes());
    bytes.extend(REQUEST_ID.to_be_bytes());
    bytes.push(OPERATION_ATTRIBUTES);
    add(&mut bytes, CHARSET, "attributes-charset", "utf-8");
    add(&mut bytes, NATURAL_LANGUAGE, "attributes-natural-language", "en");
    add(&mut bytes, URI, "printer-uri", uri);
    // Further values of one attribute have no name.
    for (index, attribute) in wanted.iter().enumerate() {
        let name = if index == 0 { "requested-attributes" } else { "" };
        add(&mut bytes, KEYWORD, name, attribute);
    }
    bytes.push(END_OF_ATTRIBUTES);
    bytes
}

fn add(bytes: &mut Vec<u8>, tag: u8, name: &str, value: &str) {
    bytes.push(tag);
    for text in [name, value] {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.extend(text.bytes().take(usize::from(length)));
    }
}

/// Reads an answer to [`question`]; none: it is none.
#[must_use]
pub fn answer(bytes: &[u8]) -> Option<Answer<'_>> {
    let mut reader = Reader::new(bytes);
    let is_version = matches!(reader.array()?, [1 | 2, _]);
    let status = reader.be16()?;
    if !is_version || reader.be32()? != REQUEST_ID {
        return None;
    }
    let mut answer = Answer { status, ..Answer::default() };
    let mut group = 0;
    for _ in 0..VALUES_MAX {
        let Some(tag) = reader.u8() else { break };
        if tag == END_OF_ATTRIBUTES {
            answer.is_whole = true;
            break;
        }
        if tag < FIRST_VALUE_TAG {
            group = tag;
            continue;
        }
        let Some((name, value)) = pair(&mut reader) else { break };
        if group == PRINTER_ATTRIBUTES && !name.is_empty() {
            answer.attributes.extend(text(tag, value).map(|value| Attribute { name, value }));
        }
    }
    Some(answer)
}

fn pair<'a>(reader: &mut Reader<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let name = reader.be16()?;
    let name = reader.take(usize::from(name))?;
    let value = reader.be16()?;
    Some((name, reader.take(usize::from(value))?))
}

/// The text of a value; other kinds have none (RFC 8010 §3.5.2).
fn text(tag: u8, value: &[u8]) -> Option<&[u8]> {
    match tag {
        // Text and name with language: the language, then the text, each with its length.
        0x35 | 0x36 => {
            let mut reader = Reader::new(value);
            let language = reader.be16()?;
            reader.skip(usize::from(language))?;
            let length = reader.be16()?;
            reader.take(usize::from(length))
        }
        // Strings of octets, and those of characters.
        0x30 | 0x40..=0x5f => Some(value),
        _ => None,
    }
}

/// Answers for the tests of the probe that carries them.
#[cfg(test)]
pub(crate) mod examples {
    use super::*;

    /// Constructed after RFC 8010 §3.1.
    pub(crate) fn answer(status: u16, values: &[(u8, &str, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![1, 1];
        bytes.extend(status.to_be_bytes());
        bytes.extend(REQUEST_ID.to_be_bytes());
        bytes.push(OPERATION_ATTRIBUTES);
        add(&mut bytes, CHARSET, "attributes-charset", "utf-8");
        bytes.push(PRINTER_ATTRIBUTES);
        for (tag, name, value) in values {
            bytes.push(*tag);
            bytes.extend((name.len() as u16).to_be_bytes());
            bytes.extend(name.bytes());
            bytes.extend((value.len() as u16).to_be_bytes());
            bytes.extend(*value);
        }
        bytes.push(END_OF_ATTRIBUTES);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_of_the_printer_are_read_whatever_their_kind() {
        let bytes = examples::answer(
            0,
            &[
                (0x41, "printer-make-and-model", b"HP LaserJet"),
                (0x42, "printer-name", b"drucker"),
                (0x36, "printer-info", b"\0\x02de\0\x07Empfang"),
                (0x21, "printer-state", &[0, 0, 0, 3]),
                (0x44, "ipp-versions-supported", b"1.1"),
                (0x44, "", b"2.0"),
            ],
        );
        let read = answer(&bytes).unwrap();
        let texts: Vec<(&[u8], &[u8])> =
            read.attributes.iter().map(|it| (it.name, it.value)).collect();
        let expected: [(&[u8], &[u8]); 4] = [
            (b"printer-make-and-model", b"HP LaserJet"),
            (b"printer-name", b"drucker"),
            (b"printer-info", b"Empfang"),
            (b"ipp-versions-supported", b"1.1"),
        ];
        assert_eq!(texts, expected);
        assert!(read.is_whole);
    }

    #[test]
    fn a_question_reads_and_prints_nothing() {
        let bytes = question("ipp://192.0.2.1:631/ipp/print", &["printer-name", "printer-uuid"]);
        assert_eq!(bytes[..9], [1, 1, 0, 0x0b, 0, 0, 0, 1, 1]);
        assert_eq!(bytes.last(), Some(&END_OF_ATTRIBUTES));
        // Our own group is not the printer's.
        assert_eq!(answer(&bytes).unwrap().attributes, []);
    }

    #[test]
    fn cut_at_every_byte_it_is_a_part_or_nothing() {
        let whole = examples::answer(0x0406, &[(0x41, "printer-make-and-model", b"HP")]);
        for end in 0..whole.len() {
            let read = answer(&whole[..end]);
            assert_eq!(read.is_none(), end < 8);
            assert!(read.is_none_or(|it| !it.is_whole), "{end}");
        }
        assert_eq!(answer(&whole).unwrap().status, 0x0406);
    }

    #[test]
    fn values_without_end_are_bounded() {
        let mut bytes = examples::answer(0, &[]);
        bytes.pop();
        for _ in 0..20_000 {
            bytes.extend([0x41, 0, 1, b'a', 0, 0]);
        }
        assert!(answer(&bytes).unwrap().attributes.len() <= VALUES_MAX);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = answer(&bytes);
            let _ = answer(&[&[1, 1, 0, 0, 0, 0, 0, 1, 4][..], &bytes].concat());
        }
    }
}
