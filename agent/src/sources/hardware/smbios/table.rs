//! The structures of an SMBIOS table (DSP0134 §6.1). Bounded: cut, looping or senseless tables end.

use observation::latest::Complaint;

use super::TABLE_PATH;
use crate::sources::attribute::printable;

/// The largest real machines have a few thousand.
const STRUCTURES_MAX: usize = 16_384;
const HEADER_BYTES: usize = 4;
const END_OF_TABLE: u8 = 127;
const INACTIVE: u8 = 126;

/// Version of the specification that a table follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) major: u8,
    pub(super) minor: u8,
}

/// One structure.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Structure<'a> {
    /// What it describes.
    pub(super) kind: u8,
    /// Where it begins in the table, for complaints.
    pub(super) offset: usize,
    /// The formatted part, header included, so that offsets are those of the specification.
    formatted: &'a [u8],
    strings: Vec<&'a [u8]>,
}

impl Structure<'_> {
    /// The byte at an offset of the specification; none in a structure of an older version.
    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.formatted.get(at).copied()
    }

    /// Two bytes, little-endian.
    pub(super) fn word(&self, at: usize) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte(at)?, self.byte(at + 1)?]))
    }

    /// Four bytes, little-endian.
    pub(super) fn double_word(&self, at: usize) -> Option<u32> {
        Some(u32::from(self.word(at)?) | u32::from(self.word(at + 2)?) << 16)
    }

    /// Eight bytes, little-endian.
    pub(super) fn quad_word(&self, at: usize) -> Option<u64> {
        let bytes = self.formatted.get(at..at.checked_add(8)?)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    /// Some bytes; none where the structure is shorter.
    pub(super) fn bytes(&self, at: usize, count: usize) -> Option<&[u8]> {
        self.formatted.get(at..at.checked_add(count)?)
    }

    /// Sixteen bytes.
    pub(super) fn sixteen(&self, at: usize) -> Option<[u8; 16]> {
        self.formatted.get(at..at.checked_add(16)?)?.try_into().ok()
    }

    /// The text whose number stands at an offset, blanks around it removed; none where it is empty.
    pub(super) fn text(&self, at: usize) -> Option<String> {
        let index = usize::from(self.byte(at)?).checked_sub(1)?;
        let text = printable(&String::from_utf8_lossy(self.strings.get(index)?));
        (!text.is_empty()).then_some(text)
    }
}

/// The version in an entry point (DSP0134 §5.2).
pub(super) fn version(entry_point: &[u8]) -> Option<Version> {
    let at = match entry_point {
        [b'_', b'S', b'M', b'3', b'_', ..] => 7,
        [b'_', b'S', b'M', b'_', ..] => 6,
        _ => return None,
    };
    Some(Version { major: *entry_point.get(at)?, minor: *entry_point.get(at + 1)? })
}

/// The structures up to the end of the table, or up to where it stops making sense.
pub(super) fn structures(table: &[u8]) -> (Vec<Structure<'_>>, Option<Complaint>) {
    let mut structures = Vec::new();
    let mut offset = 0;
    while structures.len() < STRUCTURES_MAX {
        let Some(rest) = table.get(offset..).filter(|it| !it.is_empty()) else {
            return (structures, Some(complaint(offset, "the table has no end")));
        };
        let Some((kind, formatted)) = formatted(rest) else {
            return (structures, Some(complaint(offset, "a structure is cut or too short")));
        };
        if kind == END_OF_TABLE {
            return (structures, None);
        }
        let behind = rest.get(formatted.len()..).unwrap_or_default();
        let Some((strings, length)) = strings(behind) else {
            return (structures, Some(complaint(offset, "the texts of a structure are cut")));
        };
        if kind != INACTIVE {
            structures.push(Structure { kind, offset, formatted, strings });
        }
        // At least the header: the walk always goes forward.
        offset += formatted.len() + length;
    }
    (structures, Some(complaint(offset, "the table holds too many structures")))
}

fn formatted(rest: &[u8]) -> Option<(u8, &[u8])> {
    let length = usize::from(*rest.get(1)?);
    if length < HEADER_BYTES {
        return None;
    }
    Some((*rest.first()?, rest.get(..length)?))
}

/// The texts behind the formatted part, and how many bytes they take with the two zeros that end
/// them.
fn strings(bytes: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let end = bytes.windows(2).position(|it| it == [0, 0])?;
    let texts = bytes.get(..end)?;
    if texts.is_empty() {
        return Some((Vec::new(), 2));
    }
    Some((texts.split(|it| *it == 0).collect(), end + 2))
}

fn complaint(offset: usize, problem: &str) -> Complaint {
    Complaint { place: format!("{TABLE_PATH}, offset {offset}"), problem: problem.to_owned() }
}
