//! `rpmdb.sqlite`: the table `Packages (hnum INTEGER PRIMARY KEY, blob BLOB)` of a SQLite database, see
//! <https://www.sqlite.org/fileformat2.html>. Pages in the write-ahead log beside it count as SQLite would count
//! them: up to the last commit whose checksums hold.

use std::collections::HashMap;

use super::pieces::{Pieces, Unread, half, word};
use super::{HEADER_BYTES_MAX, PACKAGES_MAX, Take};

/// Bytes of the header of a database.
const HEADER_BYTES: usize = 100;
/// Bytes of the header of a log, and of each of its frames.
const LOG_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// Most frames of a log, of the smallest pages 512 MB.
const FRAMES_MAX: u64 = 1 << 20;
/// Kinds of pages of a table.
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;
/// Most pages of the tree; each leaf holds one package at least.
const TREE_PAGES_MAX: usize = 2 * PACKAGES_MAX;

/// Gives every header to `take`.
pub(super) fn headers(pieces: &mut Pieces<'_>, take: Take<'_>) -> Result<(), Unread> {
    let log = Log::read(pieces.beside("-wal"))?;
    let mut pager = Pager::open(pieces, log)?;
    let mut root = None;
    pager.rows(1, &mut |record| {
        let values = Record::values(record)?;
        let text = |index: usize| values.get(index).copied().unwrap_or_default();
        if text(0) == b"table" && text(1) == b"Packages" {
            root = number(text(3));
        }
        Some(())
    })?;
    let root = root.ok_or(Unread::Broken("it has no table of packages"))?;
    let mut count = 0_usize;
    pager.rows(root, &mut |record| {
        count += 1;
        take(Record::values(record)?.get(1)?);
        (count < PACKAGES_MAX).then_some(())
    })
}

/// The pages of a database, the newest of each.
struct Pager<'a, 'b> {
    pieces: &'a mut Pieces<'b>,
    log: Option<Log<'b>>,
    page_bytes: usize,
    /// Bytes of a page without those that are kept for extensions.
    usable_bytes: usize,
}

impl<'a, 'b> Pager<'a, 'b> {
    fn open(pieces: &'a mut Pieces<'b>, log: Option<Log<'b>>) -> Result<Self, Unread> {
        let mut pager = Self { pieces, log, page_bytes: HEADER_BYTES, usable_bytes: 0 };
        let header = match pager.log.as_mut() {
            Some(log) => match log.page(1) {
                Some(page) => page?,
                None => pager.pieces.bytes(0, HEADER_BYTES)?,
            },
            None => pager.pieces.bytes(0, HEADER_BYTES)?,
        };
        if !header.starts_with(b"SQLite format 3\0") {
            return Err(Unread::Broken("it is no SQLite database"));
        }
        let size = half(&header, 16, false).unwrap_or(0);
        let size = if size == 1 { 65_536 } else { usize::from(size) };
        let reserved = usize::from(header.get(20).copied().unwrap_or(0));
        if size < 512 || !size.is_power_of_two() || size - reserved < 480 {
            return Err(Unread::Broken("the size of its pages is none"));
        }
        if pager.log.as_ref().is_some_and(|it| it.page_bytes != size) {
            return Err(Unread::Broken("its log has pages of another size"));
        }
        (pager.page_bytes, pager.usable_bytes) = (size, size - reserved);
        Ok(pager)
    }

    fn page(&mut self, number: u32) -> Result<Vec<u8>, Unread> {
        if let Some(page) = self.log.as_mut().and_then(|it| it.page(number)) {
            return page;
        }
        let index = number.checked_sub(1).ok_or(Unread::Broken("a page has no number"))?;
        self.pieces.bytes(u64::from(index) * self.page_bytes as u64, self.page_bytes)
    }

    /// Gives the record of every row below a page to `take`, until it gives none back.
    fn rows(&mut self, root: u32, take: &mut dyn FnMut(&[u8]) -> Option<()>) -> Result<(), Unread> {
        const BROKEN: Unread = Unread::Broken("a page of its tree is not one");
        let mut waiting = vec![root];
        let mut seen = 0_usize;
        while let Some(number) = waiting.pop() {
            seen += 1;
            if seen > TREE_PAGES_MAX {
                return Err(Unread::Broken("its tree leads in circles"));
            }
            let page = self.page(number)?;
            let start = if number == 1 { HEADER_BYTES } else { 0 };
            let kind = page.get(start).copied().ok_or(BROKEN)?;
            let cells = usize::from(half(&page, start + 3, false).ok_or(BROKEN)?);
            let pointers = start + if kind == INTERIOR { 12 } else { 8 };
            let cell = |index: usize| half(&page, pointers + 2 * index, false).map(usize::from);
            match kind {
                INTERIOR => {
                    // The last child first, so that the first is taken first.
                    waiting.push(word(&page, start + 8, false).ok_or(BROKEN)?);
                    for index in (0..cells).rev() {
                        let at = cell(index).ok_or(BROKEN)?;
                        waiting.push(word(&page, at, false).ok_or(BROKEN)?);
                    }
                }
                LEAF => {
                    for index in 0..cells {
                        let at = cell(index).ok_or(BROKEN)?;
                        let record = self.record(page.get(at..).ok_or(BROKEN)?)?;
                        if take(&record).is_none() {
                            return Err(Unread::Broken("a row is not one of a package"));
                        }
                    }
                }
                _ => return Err(BROKEN),
            }
        }
        Ok(())
    }

    /// The record of a cell of a leaf, with what flows over into other pages.
    fn record(&mut self, cell: &[u8]) -> Result<Vec<u8>, Unread> {
        const BROKEN: Unread = Unread::Broken("a row is longer than its pages");
        let (length, cell) = varint(cell).ok_or(BROKEN)?;
        let (_, cell) = varint(cell).ok_or(BROKEN)?;
        if length > HEADER_BYTES_MAX {
            return Err(Unread::Broken("a row is too large"));
        }
        let length = usize::try_from(length).map_err(|_| BROKEN)?;
        let local = local_bytes(self.usable_bytes, length);
        let mut record = cell.get(..local).ok_or(BROKEN)?.to_vec();
        let mut next = if local < length { word(cell, local, false).ok_or(BROKEN)? } else { 0 };
        while record.len() < length {
            let page = self.page(next)?;
            next = word(&page, 0, false).ok_or(BROKEN)?;
            let left = length - record.len();
            let part = page.get(4..self.usable_bytes).ok_or(BROKEN)?;
            record.extend_from_slice(part.get(..left).unwrap_or(part));
        }
        Ok(record)
    }
}

/// How many bytes of a record stand in its leaf (section 1.6 of the format).
fn local_bytes(usable: usize, length: usize) -> usize {
    let most = usable - 35;
    if length <= most {
        return length;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (length - least) % (usable - 4);
    if fitting <= most { fitting } else { least }
}

/// A record: its values as bytes.
struct Record;

impl Record {
    fn values(record: &[u8]) -> Option<Vec<&[u8]>> {
        let (header_length, _) = varint(record)?;
        let header_length = usize::try_from(header_length).ok()?;
        let mut kinds = record.get(..header_length)?;
        kinds = varint(kinds)?.1;
        let mut body = record.get(header_length..)?;
        let mut values = Vec::new();
        while !kinds.is_empty() {
            let (kind, rest) = varint(kinds)?;
            kinds = rest;
            let length = usize::try_from(value_bytes(kind)).ok()?;
            let (value, rest) = body.split_at_checked(length)?;
            values.push(value);
            body = rest;
        }
        Some(values)
    }
}

const fn value_bytes(kind: u64) -> u64 {
    match kind {
        1..=4 => kind,
        5 => 6,
        6 | 7 => 8,
        12.. => (kind - 12) / 2,
        _ => 0,
    }
}

/// A whole number of up to four bytes that is not negative.
fn number(bytes: &[u8]) -> Option<u32> {
    (1..=4).contains(&bytes.len()).then_some(())?;
    bytes.iter().try_fold(0_u32, |sum, it| Some(sum.checked_mul(256)? + u32::from(*it)))
}

/// A number of one to nine bytes and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for index in 0..9 {
        let byte = *bytes.get(index)?;
        if index == 8 {
            return Some((value << 8 | u64::from(byte), bytes.get(9..)?));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

/// The write-ahead log: where the newest committed version of a page stands.
struct Log<'a> {
    pieces: Pieces<'a>,
    page_bytes: usize,
    pages: HashMap<u32, u64>,
}

impl<'a> Log<'a> {
    /// Reads the log; none where there is none, or where nothing of it counts.
    fn read(mut pieces: Pieces<'a>) -> Result<Option<Self>, Unread> {
        let header = match pieces.bytes(0, LOG_HEADER_BYTES) {
            Ok(header) => header,
            // An empty log is what is left after everything was copied into the database.
            Err(Unread::Broken(_)) => return Ok(None),
            Err(Unread::Absent(observation::latest::Absent::NotHere { .. })) => return Ok(None),
            Err(reason @ Unread::Absent(_)) => return Err(reason),
        };
        let Some(start) = LogStart::parse(&header) else { return Ok(None) };
        let mut pages = HashMap::new();
        let mut uncommitted = Vec::new();
        let mut sums = start.sums;
        let mut offset = LOG_HEADER_BYTES as u64;
        for _ in 0..FRAMES_MAX {
            let Ok(frame) = pieces.bytes(offset, FRAME_HEADER_BYTES + start.page_bytes) else {
                break;
            };
            let Some((page, is_commit)) = start.frame(&frame, &mut sums) else { break };
            uncommitted.push((page, offset + FRAME_HEADER_BYTES as u64));
            if is_commit {
                pages.extend(uncommitted.drain(..));
            }
            offset += frame.len() as u64;
        }
        Ok((!pages.is_empty()).then_some(Self { pieces, page_bytes: start.page_bytes, pages }))
    }

    fn page(&mut self, number: u32) -> Option<Result<Vec<u8>, Unread>> {
        let offset = *self.pages.get(&number)?;
        Some(self.pieces.bytes(offset, self.page_bytes))
    }
}

/// What the header of a log says of its frames.
struct LogStart {
    is_little: bool,
    page_bytes: usize,
    salts: [u8; 8],
    sums: (u32, u32),
}

impl LogStart {
    fn parse(header: &[u8]) -> Option<Self> {
        let magic = word(header, 0, false)?;
        if magic & !1 != 0x377F_0682 {
            return None;
        }
        let is_little = magic & 1 == 0;
        let page_bytes = usize::try_from(word(header, 8, false)?).ok()?;
        if !(512..=65_536).contains(&page_bytes) || !page_bytes.is_power_of_two() {
            return None;
        }
        let sums = checksum(is_little, (0, 0), header.get(..24)?)?;
        let are_right = sums == (word(header, 24, false)?, word(header, 28, false)?);
        let salts = header.get(16..24)?.try_into().ok()?;
        are_right.then_some(Self { is_little, page_bytes, salts, sums })
    }

    /// The page of a frame that counts, and whether it ends a transaction.
    fn frame(&self, frame: &[u8], sums: &mut (u32, u32)) -> Option<(u32, bool)> {
        if frame.get(8..16)? != self.salts {
            return None;
        }
        let after_head = checksum(self.is_little, *sums, frame.get(..8)?)?;
        let after = checksum(self.is_little, after_head, frame.get(FRAME_HEADER_BYTES..)?)?;
        if after != (word(frame, 16, false)?, word(frame, 20, false)?) {
            return None;
        }
        *sums = after;
        Some((word(frame, 0, false)?, word(frame, 4, false)? != 0))
    }
}

/// The checksum of a log (section 4.2 of the format).
fn checksum(is_little: bool, start: (u32, u32), bytes: &[u8]) -> Option<(u32, u32)> {
    let (mut one, mut two) = start;
    for pair in bytes.chunks_exact(8) {
        one = one.wrapping_add(word(pair, 0, is_little)?).wrapping_add(two);
        two = two.wrapping_add(word(pair, 4, is_little)?).wrapping_add(one);
    }
    Some((one, two))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        assert_eq!(varint(&[0x05, 9]), Some((5, &[9][..])));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, &[][..])));
        assert_eq!(varint(&[0xFF; 9]), Some((u64::MAX, &[][..])));
        assert_eq!(varint(&[0xFF; 8]), None);
        assert_eq!(varint(&[]), None);
        assert_eq!((number(&[1, 2]), number(&[]), number(&[1; 5])), (Some(258), None, None));
    }

    #[test]
    fn a_long_record_leaves_as_much_in_its_leaf_as_the_format_says() {
        // 4096 bytes: at most 4061, at least 489.
        assert_eq!(local_bytes(4096, 4061), 4061);
        assert_eq!(local_bytes(4096, 4062), 489);
        assert_eq!(local_bytes(4096, 489 + 4092 + 100), 589);
        assert_eq!(local_bytes(512, 100_000), 39 + (100_000 - 39) % 508);
    }

    #[test]
    fn the_values_of_a_record_have_the_lengths_of_their_kinds() {
        let record = [4, 0, 1, 16, 7, b'a', b'b'];
        let values = Record::values(&record).unwrap();
        assert_eq!(values, [&b""[..], &[7], b"ab"]);
        assert_eq!(Record::values(&[3, 0, 30, 1]), None);
        assert_eq!(Record::values(&[200]), None);
    }

    #[test]
    fn a_page_that_is_its_own_child_ends_with_a_complaint() {
        let mut page = vec![0; 512];
        page[..16].copy_from_slice(b"SQLite format 3\0");
        page[16..18].copy_from_slice(&512_u16.to_be_bytes());
        page[100] = INTERIOR;
        page[111] = 1;
        let host = MapHost::new().file("/x", page);
        let problem = headers(&mut Pieces::new(&host, "/x"), &mut |_| {});
        assert_eq!(problem, Err(Unread::Broken("its tree leads in circles")));
    }

    #[test]
    fn a_log_with_a_wrong_sum_does_not_count() {
        let mut header = [0_u8; 32];
        header[..4].copy_from_slice(&0x377F_0682_u32.to_be_bytes());
        header[8..12].copy_from_slice(&512_u32.to_be_bytes());
        assert!(LogStart::parse(&header).is_none());
        let (one, two) = checksum(true, (0, 0), &header[..24]).unwrap();
        header[24..28].copy_from_slice(&one.to_be_bytes());
        header[28..].copy_from_slice(&two.to_be_bytes());
        let start = LogStart::parse(&header).unwrap();
        assert!(start.frame(&[0; 536], &mut (1, 1)).is_none());
        header[0] = 0;
        assert!(LogStart::parse(&header).is_none());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
            log in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let mut database = b"SQLite format 3\0\x02\x00".to_vec();
            database.extend(&bytes);
            let _ = Record::values(&bytes);
            let host = MapHost::new().file("/x", database).file("/x-wal", log);
            let _ = headers(&mut Pieces::new(&host, "/x"), &mut |_| {});
        }
    }
}
