//! Reads the rows of a table of a SQLite database, see <https://www.sqlite.org/fileformat2.html>. Pages in the
//! write-ahead log beside it count as SQLite would count them: up to the last commit whose checksums hold.

use std::collections::HashMap;

use crate::sources::pieces::{Pieces, Unread, half, word};

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
/// Fewest pages that a tree may have, whatever its bounds are: those of the list of tables.
const TREE_PAGES_MIN: usize = 1_000;

/// How much of a table is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Largest row.
    pub(crate) row_bytes: u64,
    /// Most rows.
    pub(crate) rows: usize,
}

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    /// The kind (section 2.1 of the format).
    kind: u64,
    bytes: &'a [u8],
}

impl<'a> Value<'a> {
    /// What stands in the file: the bytes of a text or a blob.
    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// A text; none for everything else, and for what is no UTF-8.
    pub(crate) fn text(self) -> Option<&'a str> {
        let is_text = self.kind >= 13 && self.kind % 2 == 1;
        std::str::from_utf8(self.bytes).ok().filter(|_| is_text)
    }

    /// A whole number; none for everything else.
    pub(crate) fn number(self) -> Option<i64> {
        match self.kind {
            1..=6 => {
                let start = if self.bytes.first()? & 0x80 == 0 { 0 } else { -1 };
                Some(self.bytes.iter().fold(start, |sum: i64, it| sum << 8 | i64::from(*it)))
            }
            // Numbers that take no room.
            8 => Some(0),
            9 => Some(1),
            _ => None,
        }
    }
}

/// Takes a row; none for one that is none of its table.
pub(crate) type Take<'a> = &'a mut dyn FnMut(&[Value<'_>]) -> Option<()>;

/// Gives every row of a table to `take`.
///
/// # Errors
/// Why the file cannot be read, or what it has in place of the table.
pub(crate) fn rows(
    pieces: &mut Pieces<'_>,
    table: &str,
    bounds: Bounds,
    take: Take<'_>,
) -> Result<(), Unread> {
    let log = Log::read(pieces.beside("-wal"))?;
    let mut pager = Pager::open(pieces, log, bounds)?;
    let mut root = None;
    pager.rows(1, &mut |values| {
        let text = |index: usize| values.get(index).copied().and_then(Value::text);
        // Names of tables do not differ by case.
        if text(0) == Some("table") && text(1).is_some_and(|it| it.eq_ignore_ascii_case(table)) {
            root = values.get(3).copied().and_then(Value::number);
        }
        Some(())
    })?;
    let root = root.and_then(|it| u32::try_from(it).ok());
    let root = root.ok_or(Unread::Broken("it has not the table that it should have"))?;
    let mut count = 0_usize;
    pager.rows(root, &mut |values| {
        count += 1;
        (count <= bounds.rows).then(|| take(values)).flatten()
    })
}

/// The pages of a database, the newest of each.
struct Pager<'a, 'b> {
    pieces: &'a mut Pieces<'b>,
    log: Option<Log<'b>>,
    page_bytes: usize,
    /// Bytes of a page without those that are kept for extensions.
    usable_bytes: usize,
    bounds: Bounds,
}

impl<'a, 'b> Pager<'a, 'b> {
    fn open(
        pieces: &'a mut Pieces<'b>,
        log: Option<Log<'b>>,
        bounds: Bounds,
    ) -> Result<Self, Unread> {
        let mut pager = Self { pieces, log, page_bytes: HEADER_BYTES, usable_bytes: 0, bounds };
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
    fn rows(&mut self, root: u32, take: Take<'_>) -> Result<(), Unread> {
        const BROKEN: Unread = Unread::Broken("a page of its tree is not one");
        let mut waiting = vec![root];
        let mut seen = 0_usize;
        while let Some(number) = waiting.pop() {
            seen += 1;
            // Each leaf holds one row at least. What waits counts too: one page may name thousands of children.
            let pages_max = self.bounds.rows.saturating_mul(2).max(TREE_PAGES_MIN);
            if seen + waiting.len() > pages_max {
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
                        if values(&record).and_then(|it| take(&it)).is_none() {
                            return Err(Unread::Broken("a row is not one of its table"));
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
        if length > self.bounds.row_bytes {
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

/// The values of a record.
fn values(record: &[u8]) -> Option<Vec<Value<'_>>> {
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
        let (bytes, rest) = body.split_at_checked(length)?;
        values.push(Value { kind, bytes });
        body = rest;
    }
    Some(values)
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

/// Databases for tests.
#[cfg(test)]
pub(crate) mod samples {
    /// Written by SQLite 3.40.1 with the statements of liblastlog2 (util-linux 2.41).
    pub(crate) const WITHOUT_PACKAGES: &[u8] = include_bytes!("accounts/samples/lastlog2.db.zst");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    const BOUNDS: Bounds = Bounds { row_bytes: 64 * 1024, rows: 10_000 };

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        assert_eq!(varint(&[0x05, 9]), Some((5, &[9][..])));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, &[][..])));
        assert_eq!(varint(&[0xFF; 9]), Some((u64::MAX, &[][..])));
        assert_eq!(varint(&[0xFF; 8]), None);
        assert_eq!(varint(&[]), None);
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
        let found = values(&record).unwrap();
        let bytes: Vec<&[u8]> = found.iter().map(|it| it.bytes()).collect();
        assert_eq!(bytes, [&b""[..], &[7], b"ab"]);
        assert_eq!(values(&[3, 0, 30, 1]), None);
        assert_eq!(values(&[200]), None);
    }

    #[test]
    fn a_value_is_what_its_kind_says() {
        let number = |kind: u64, bytes: &[u8]| Value { kind, bytes }.number();
        assert_eq!((number(1, &[0x7f]), number(1, &[0xff])), (Some(127), Some(-1)));
        assert_eq!(number(2, &[0x80, 0]), Some(-32_768));
        assert_eq!(number(4, &[0x66, 0x30, 0xd5, 0x00]), Some(0x6630_d500));
        assert_eq!(number(5, &[0, 1, 0, 0, 0, 0]), Some(1 << 32));
        assert_eq!(number(6, &[0x80, 0, 0, 0, 0, 0, 0, 0]), Some(i64::MIN));
        assert_eq!((number(8, &[]), number(9, &[])), (Some(0), Some(1)));
        // Nothing, a number with a point, a text.
        assert_eq!((number(0, &[]), number(7, &[0; 8]), number(15, b"1")), (None, None, None));
        let text = |kind: u64, bytes: &'static [u8]| Value { kind, bytes }.text();
        assert_eq!((text(17, b"ab"), text(13, b"")), (Some("ab"), Some("")));
        assert_eq!((text(16, b"ab"), text(15, b"\xff"), text(1, b"a")), (None, None, None));
    }

    #[test]
    fn the_rows_of_a_table_are_read_as_sqlite_wrote_them() {
        let host = MapHost::new().file("/x", zstd::decode_all(samples::WITHOUT_PACKAGES).unwrap());
        let read = |table: &str, bounds: Bounds| {
            let mut found = Vec::new();
            let result = rows(&mut Pieces::new(&host, "/x"), table, bounds, &mut |row| {
                found.push((row.first()?.text()?.to_owned(), row.get(1)?.number()?));
                Some(())
            });
            (found, result)
        };
        // Names of tables are of one case for SQLite.
        let (found, result) = read("LASTLOG2", BOUNDS);
        assert_eq!(result, Ok(()));
        let names: Vec<&str> = found.iter().map(|it| &*it.0).collect();
        assert_eq!(names, ["root", "alice", "sddm", "bob", "never"]);
        assert_eq!(found[3].1, 4_294_968_296, "a time of five bytes");
        assert_eq!(found[4].1, 0, "a number without bytes");
        assert_eq!(read("Lastlog2", Bounds { rows: 2, ..BOUNDS }).0.len(), 2);
        let large = read("Lastlog2", Bounds { row_bytes: 10, ..BOUNDS });
        assert_eq!(large, (Vec::new(), Err(Unread::Broken("a row is too large"))));
        let other = read("Packages", BOUNDS);
        assert!(matches!(other.1, Err(Unread::Broken(_))));
    }

    #[test]
    fn a_database_that_is_cut_or_changed_anywhere_is_read_without_panic() {
        let whole = zstd::decode_all(samples::WITHOUT_PACKAGES).unwrap();
        let read = |bytes: &[u8]| {
            let host = MapHost::new().file("/x", bytes);
            let mut count = 0;
            let result = rows(&mut Pieces::new(&host, "/x"), "Lastlog2", BOUNDS, &mut |_| {
                count += 1;
                Some(())
            });
            (count, result)
        };
        for length in (0..whole.len()).step_by(97) {
            let (count, result) = read(&whole[..length]);
            // What is not there is not made up: either all rows, or a complaint.
            assert!(result.is_err() || count == 5, "{length}: {count}");
        }
        // Each byte that says how the file is built, turned over; texts and empty room are passed over.
        for at in (16..120).chain(4_096..4_120) {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            let (count, _) = read(&changed);
            assert!(count <= 4_096, "{at}: {count}");
        }
    }

    #[test]
    fn a_page_that_is_its_own_child_ends_with_a_complaint() {
        let mut page = vec![0; 512];
        page[..16].copy_from_slice(b"SQLite format 3\0");
        page[16..18].copy_from_slice(&512_u16.to_be_bytes());
        page[100] = INTERIOR;
        page[111] = 1;
        let host = MapHost::new().file("/x", page);
        let problem = rows(&mut Pieces::new(&host, "/x"), "x", BOUNDS, &mut |_| Some(()));
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

    /// Real: written by SQLite 3.40.1 as `sqlite/samples/record-sqlite.py` says.
    const SMALL_PAGES: &[u8] = include_bytes!("sqlite/samples/sqlite-small.db.zst");
    const LARGE_PAGES: &[u8] = include_bytes!("sqlite/samples/sqlite-large.db.zst");
    const WITH_LOG: &[u8] = include_bytes!("sqlite/samples/sqlite-log.db.zst");
    const LOG: &[u8] = include_bytes!("sqlite/samples/sqlite-log.db-wal.zst");

    type Machines = Vec<(String, i64, Vec<u8>)>;

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        zstd::decode_all(packed).unwrap()
    }

    /// The rows that the recording script wrote, all of them or those that it left.
    fn written(count: i64, is_thinned: bool) -> Machines {
        let numbers = (0..count).filter(|it| !is_thinned || (it * it - 5000) % 7 != 0);
        let row = |it: i64| {
            let filler =
                vec![u8::try_from(it % 256).unwrap(); usize::try_from(it * 37 % 3000).unwrap()];
            (format!("n{it}"), it * it - 5000, filler)
        };
        numbers.map(row).collect()
    }

    fn machines(database: &[u8], log: Option<&[u8]>) -> (Machines, Result<(), Unread>) {
        let mut host = MapHost::new().file("/x", database);
        if let Some(log) = log {
            host = host.file("/x-wal", log);
        }
        let mut found = Vec::new();
        let result = rows(&mut Pieces::new(&host, "/x"), "machines", BOUNDS, &mut |row| {
            let (name, number, filler) = (row.first()?, row.get(1)?, row.get(2)?);
            found.push((name.text()?.to_owned(), number.number()?, filler.bytes().to_vec()));
            Some(())
        });
        (found, result)
    }

    #[test]
    fn rows_longer_than_a_page_and_trees_of_many_pages_are_read_whole() {
        for database in [SMALL_PAGES, LARGE_PAGES] {
            let (found, result) = machines(&unpacked(database), None);
            assert_eq!(result, Ok(()));
            assert!(found == written(300, true), "{} rows", found.len());
        }
    }

    #[test]
    fn the_last_commit_counts_whether_it_is_in_the_database_or_in_the_log() {
        let (database, log) = (unpacked(WITH_LOG), unpacked(LOG));
        assert!(machines(&database, None) == (written(200, false), Ok(())));
        assert!(machines(&database, Some(&log)) == (written(300, true), Ok(())));
        assert!(machines(&database, Some(&[])) == (written(200, false), Ok(())));
    }

    #[test]
    fn a_log_that_is_cut_or_changed_gives_the_commit_before_and_no_mixture() {
        let (database, log) = (unpacked(WITH_LOG), unpacked(LOG));
        let before = written(200, false);
        for length in (0..log.len()).step_by(4099).chain([log.len() - 1]) {
            assert!(
                machines(&database, Some(&log[..length])) == (before.clone(), Ok(())),
                "{length}"
            );
        }
        for at in (0..log.len()).step_by(4099) {
            let mut changed = log.clone();
            changed[at] ^= 0x10;
            let (found, _) = machines(&database, Some(&changed));
            assert!(found == before, "{at}: {} rows", found.len());
        }
    }

    #[test]
    fn a_database_that_is_cut_tells_no_row_that_was_not_written() {
        let whole = unpacked(SMALL_PAGES);
        let written = written(300, true);
        for length in (0..whole.len()).step_by(9_973) {
            let (found, result) = machines(&whole[..length], None);
            assert!(result.is_err(), "{length}");
            // What was read before the end was found is as it was written.
            assert!(written.starts_with(&found), "{length}");
        }
    }

    #[test]
    fn a_reader_that_does_not_understand_a_row_is_asked_no_more() {
        let host = MapHost::new().file("/x", unpacked(SMALL_PAGES));
        let asked = |bounds: Bounds, understood: usize| {
            let mut asked = 0;
            let result = rows(&mut Pieces::new(&host, "/x"), "machines", bounds, &mut |_| {
                asked += 1;
                (asked <= understood).then_some(())
            });
            (asked, result)
        };
        let strange = || Err(Unread::Broken("a row is not one of its table"));
        assert_eq!(asked(BOUNDS, 0), (1, strange()));
        assert_eq!(asked(BOUNDS, 7), (8, strange()));
        // More rows than were expected are said and not read.
        assert_eq!(asked(Bounds { rows: 7, ..BOUNDS }, 100), (7, strange()));
    }

    /// Planted: a page of 65,536 bytes that names itself 30,000 times as its child. It once took gigabytes.
    #[test]
    fn a_page_that_is_its_own_child_many_times_ends_at_once() {
        let mut page = vec![0; 65_536];
        page[..16].copy_from_slice(b"SQLite format 3\0");
        page[16..18].copy_from_slice(&1_u16.to_be_bytes());
        page[100] = INTERIOR;
        page[103..105].copy_from_slice(&30_000_u16.to_be_bytes());
        page[111] = 1;
        // All cells lie in one place, which says: page 1.
        for index in 0..30_000 {
            page[112 + 2 * index..114 + 2 * index].copy_from_slice(&65_000_u16.to_be_bytes());
        }
        page[65_003] = 1;
        let host = MapHost::new().file("/x", page);
        let bounds = Bounds { rows: 20_000, ..BOUNDS };
        let result = rows(&mut Pieces::new(&host, "/x"), "x", bounds, &mut |_| Some(()));
        assert_eq!(result, Err(Unread::Broken("its tree leads in circles")));
    }

    proptest! {
        /// A number comes back from the bytes that SQLite has for it (section 1.6 of the format).
        #[test]
        fn each_number_comes_back(number in any::<u64>(), shift in 0_u32..64, rest in proptest::collection::vec(any::<u8>(), 0..4)) {
            let number = number >> shift;
            let mut bytes: Vec<u8> = Vec::new();
            if number >> 56 == 0 {
                let groups = (1..9).find(|it| number >> (7 * it) == 0).unwrap_or(8);
                for group in (0..groups).rev() {
                    let more = if group == 0 { 0 } else { 0x80 };
                    bytes.push(u8::try_from(number >> (7 * group) & 0x7f).unwrap() | more);
                }
            } else {
                let upper = number >> 8;
                bytes.extend((0..8).rev().map(|it| u8::try_from(upper >> (7 * it) & 0x7f).unwrap() | 0x80));
                bytes.push(u8::try_from(number & 0xff).unwrap());
            }
            bytes.extend(&rest);
            prop_assert_eq!(varint(&bytes), Some((number, &*rest)));
        }

        #[test]
        fn hostile_bytes_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
            log in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let mut database = b"SQLite format 3\0\x02\x00".to_vec();
            database.extend(&bytes);
            let _ = values(&bytes);
            let host = MapHost::new().file("/x", database).file("/x-wal", log);
            let _ = rows(&mut Pieces::new(&host, "/x"), "x", BOUNDS, &mut |_| Some(()));
        }
    }
}
