//! A workbook that comes back: XLSX or ODS, from anybody's hands. What is not understood is refused
//! before anything of it is taken.

use std::io::{Cursor, Read};

use calamine::{
    Data, ExcelDateTime, Ods, OdsError, Reader, SheetType, Xlsx, XlsxError, open_workbook_from_rs,
};
use inventory::import::{ReadBook, ReadCell, ReadSheet};
use jiff::civil::{Date, DateTime, Time};
use zip::ZipArchive;

/// Largest file.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Largest workbook, unpacked. 10,000 systems with 100,000 rows of software take a third of it.
const UNPACKED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Parts of a file; ours have some hundred.
const PARTS_MAX: usize = 5_000;
/// How much smaller a part may be packed than unpacked: tables of repeated words reach a hundredth.
const RATIO_MAX: u64 = 400;
/// Parts smaller than this may be packed as well as they like.
const RATIO_FROM_BYTES: u64 = 8 * 1024 * 1024;
/// Tabs that are read.
const TABS_MAX: usize = 500;
/// Rows that are read, all tabs together: four full ones.
const ROWS_MAX: usize = 4 * 1_048_576;
/// Spaces in a row that ODS may state as a number.
const SPACES_MAX: usize = 10_000;
/// Cells that are read, all tabs together.
const CELLS_MAX: usize = 20_000_000;
/// The columns of a tab that are read; ours have some forty.
const COLUMNS_MAX: usize = 500;
/// What is looked at for forbidden declarations at the head of each part.
const HEAD_BYTES: usize = 64 * 1024;
/// The beginning of an OLE container: an encrypted workbook, or one in the format of before 2007.
const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Why a file is not read. The catalogue has `import-refused-<code>` for each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct ReadError {
    /// What is wrong.
    pub code: &'static str,
    /// The part or the cause.
    pub detail: String,
}

/// Reads a workbook.
///
/// # Errors
/// If it is none, or holds what no workbook of ours holds: macros, links to other files, entities.
pub fn read(bytes: &[u8]) -> Result<ReadBook, ReadError> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(refused("too-large", FILE_BYTES_MAX.to_string()));
    }
    if bytes.starts_with(OLE) {
        return Err(refused("protected", ""));
    }
    let parts = check(bytes)?;
    if parts.iter().any(|it| it == "content.xml") {
        ods(bytes)
    } else if parts.iter().any(|it| it == "xl/workbook.xml") {
        xlsx(bytes)
    } else {
        Err(refused("no-workbook", ""))
    }
}

/// Cell by cell: a table is never laid out as wide and high as a hostile file says it is.
fn xlsx(bytes: &[u8]) -> Result<ReadBook, ReadError> {
    let mut workbook: Xlsx<_> =
        open_workbook_from_rs(Cursor::new(bytes)).map_err(|it: XlsxError| unreadable(&it))?;
    let tabs = workbook.sheets_metadata().iter().filter(|it| it.typ == SheetType::WorkSheet);
    let names: Vec<String> = tabs.map(|it| it.name.clone()).collect();
    let mut room = Room::for_tabs(names.len())?;
    let mut book = ReadBook::default();
    for name in names {
        let mut rows: Vec<Vec<ReadCell>> = Vec::new();
        let mut reader = workbook.worksheet_cells_reader(&name).map_err(|it| unreadable(&it))?;
        while let Some(found) = reader.next_cell().map_err(|it| unreadable(&it))? {
            let (row, column) = found.get_position();
            let value = cell(&Data::from(found.get_value().clone()));
            let row = usize::try_from(row).unwrap_or(usize::MAX);
            let column = usize::try_from(column).unwrap_or(usize::MAX);
            if value == ReadCell::Empty || column >= COLUMNS_MAX {
                continue;
            }
            if row >= rows.len() {
                room.take_rows(row - rows.len() + 1, &name)?;
                rows.resize(row + 1, Vec::new());
            }
            let Some(cells) = rows.get_mut(row) else { continue };
            if column >= cells.len() {
                room.take_cells(column - cells.len() + 1, &name)?;
                cells.resize(column + 1, ReadCell::Empty);
            }
            if let Some(place) = cells.get_mut(column) {
                *place = value;
            }
        }
        book.sheets.push(ReadSheet { name, rows });
    }
    Ok(book)
}

/// What repeats is bounded by [`check`] before it is laid out.
fn ods(bytes: &[u8]) -> Result<ReadBook, ReadError> {
    let mut workbook: Ods<_> =
        open_workbook_from_rs(Cursor::new(bytes)).map_err(|it: OdsError| unreadable(&it))?;
    let names = workbook.sheet_names();
    let mut room = Room::for_tabs(names.len())?;
    let mut book = ReadBook::default();
    for name in names {
        let range = workbook.worksheet_range(&name).map_err(|it| unreadable(&it))?;
        let (height, width) = range.get_size();
        room.take_cells(height.saturating_mul(width), &name)?;
        book.sheets.push(sheet(name, &range));
    }
    Ok(book)
}

/// What may still be laid out in memory.
struct Room {
    rows: usize,
    cells: usize,
}

impl Room {
    fn for_tabs(count: usize) -> Result<Self, ReadError> {
        if count > TABS_MAX {
            return Err(refused("too-many-tabs", count.to_string()));
        }
        Ok(Self { rows: ROWS_MAX, cells: CELLS_MAX })
    }

    fn take_rows(&mut self, count: usize, tab: &str) -> Result<(), ReadError> {
        let left = self.rows.checked_sub(count);
        self.rows = left.ok_or_else(|| refused("too-many-cells", tab))?;
        Ok(())
    }

    fn take_cells(&mut self, count: usize, tab: &str) -> Result<(), ReadError> {
        let left = self.cells.checked_sub(count);
        self.cells = left.ok_or_else(|| refused("too-many-cells", tab))?;
        Ok(())
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> ReadError {
    refused("unreadable", error.to_string())
}

fn refused(code: &'static str, detail: impl Into<String>) -> ReadError {
    ReadError { code, detail: detail.into() }
}

/// Unpacks every part once, counting, and looks for what must not be there. Gives the names.
fn check(bytes: &[u8]) -> Result<Vec<String>, ReadError> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|_| refused("no-workbook", ""))?;
    if archive.len() > PARTS_MAX {
        return Err(refused("too-many-parts", archive.len().to_string()));
    }
    let mut names = Vec::new();
    let mut total = 0_u64;
    for number in 0..archive.len() {
        let broken = unreadable;
        let part = archive.by_index(number).map_err(|it| broken(&it))?;
        let name = part.name().map_err(|it| broken(&it))?.into_owned();
        let packed = part.compressed_size();
        if let Some(code) = forbidden_part(&name) {
            return Err(refused(code, name));
        }
        let mut part = part.take(UNPACKED_BYTES_MAX + 1 - total.min(UNPACKED_BYTES_MAX));
        let mut head = Vec::new();
        let read = Read::by_ref(&mut part).take(HEAD_BYTES as u64);
        #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
        { read }.read_to_end(&mut head).map_err(|it| broken(&it))?;
        let unpacked = if name == "content.xml" {
            // The reader of ODS lays out what repeats before it counts.
            #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
            part.read_to_end(&mut head).map_err(|it| broken(&it))?;
            if !repeats_within_bounds(&head) {
                return Err(refused("bomb", name));
            }
            head.len() as u64
        } else {
            let rest = std::io::copy(&mut part, &mut std::io::sink()).map_err(|it| broken(&it))?;
            head.len() as u64 + rest
        };
        total += unpacked;
        let is_bomb = unpacked > RATIO_FROM_BYTES && unpacked / packed.max(1) > RATIO_MAX;
        if total > UNPACKED_BYTES_MAX || is_bomb {
            return Err(refused("bomb", name));
        }
        if is_xml(&name)
            && let Some(code) = forbidden_head(&head)
        {
            return Err(refused(code, name));
        }
        names.push(name);
    }
    Ok(names)
}

/// Macros, links to other files, and live data have parts of their own.
fn forbidden_part(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let is_macro = name.ends_with("vbaproject.bin")
        || name.starts_with("xl/macrosheets/")
        || name.starts_with("basic/")
        || name.starts_with("scripts/");
    if is_macro {
        return Some("macros");
    }
    let is_link = name.starts_with("xl/externallinks/")
        || name.starts_with("xl/connections.xml")
        || name.starts_with("xl/querytables/");
    is_link.then_some("links")
}

fn is_xml(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    matches!(ending.as_str(), "xml" | "rels")
}

/// Declarations of entities, which could grow without end or read files, and encrypted parts.
fn forbidden_head(head: &[u8]) -> Option<&'static str> {
    let has = |text: &[u8]| head.windows(text.len()).any(|it| it.eq_ignore_ascii_case(text));
    if has(b"<!DOCTYPE") || has(b"<!ENTITY") {
        return Some("entities");
    }
    if has(b"manifest:encryption-data") {
        return Some("protected");
    }
    (has(b"table:dde-link") || has(b"office:dde-source")).then_some("links")
}

/// Whether the cells with content of an ODS table, counted as often as they repeat, and the spaces that
/// are stated as a number, stay within what is read.
fn repeats_within_bounds(content: &[u8]) -> bool {
    let mut cells = 0_usize;
    let mut rows = 1_usize;
    for tag in content.split(|it| *it == b'<').skip(1) {
        let tag = tag.split(|it| *it == b'>').next().unwrap_or_default();
        if tag.starts_with(b"text:s ")
            && number_of(tag, b"text:c=").is_some_and(|it| it > SPACES_MAX)
        {
            return false;
        }
        if tag.starts_with(b"table:table-row") {
            rows = number_of(tag, b"table:number-rows-repeated=").unwrap_or(1);
        }
        let is_cell =
            tag.starts_with(b"table:table-cell") || tag.starts_with(b"table:covered-table-cell");
        if is_cell && find(tag, b"office:value-type=").is_some() {
            let columns = number_of(tag, b"table:number-columns-repeated=").unwrap_or(1);
            cells = cells.saturating_add(columns.saturating_mul(rows));
        }
        if cells > CELLS_MAX {
            return false;
        }
    }
    true
}

/// The number that an attribute holds; the greatest, if it is none that can be counted.
fn number_of(tag: &[u8], attribute: &[u8]) -> Option<usize> {
    let at = find(tag, attribute)? + attribute.len() + 1;
    let digits: Vec<u8> = tag.get(at..)?.iter().copied().take_while(u8::is_ascii_digit).collect();
    Some(String::from_utf8(digits).ok().and_then(|it| it.parse().ok()).unwrap_or(usize::MAX))
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|it| it == part)
}

fn sheet(name: String, range: &calamine::Range<Data>) -> ReadSheet {
    let Some((first_row, first_column)) = range.start() else {
        return ReadSheet { name, rows: Vec::new() };
    };
    let above = usize::try_from(first_row).unwrap_or(0).min(CELLS_MAX);
    let before = usize::try_from(first_column).unwrap_or(0).min(COLUMNS_MAX);
    let mut rows = vec![Vec::new(); above];
    rows.extend(range.rows().map(|row| {
        let mut cells = vec![ReadCell::Empty; before];
        cells.extend(row.iter().take(COLUMNS_MAX).map(cell));
        let used = cells.iter().rposition(|it| *it != ReadCell::Empty).map_or(0, |it| it + 1);
        cells.truncate(used);
        cells
    }));
    let used = rows.iter().rposition(|it| !it.is_empty()).map_or(0, |it| it + 1);
    rows.truncate(used);
    ReadSheet { name, rows }
}

#[expect(clippy::cast_precision_loss, reason = "spreadsheets themselves keep no more")]
fn cell(data: &Data) -> ReadCell {
    match data {
        Data::Empty => ReadCell::Empty,
        Data::String(text) if text.is_empty() => ReadCell::Empty,
        Data::String(text) | Data::DurationIso(text) => ReadCell::Text(text.clone()),
        Data::Int(number) => ReadCell::Number(*number as f64),
        Data::Float(number) => ReadCell::Number(*number),
        Data::Bool(is_so) => ReadCell::YesNo(*is_so),
        Data::DateTime(at) if at.is_datetime() => moment(at),
        Data::DateTime(at) => ReadCell::Number(at.as_f64()),
        Data::DateTimeIso(text) => {
            let day = || Some(text.parse::<Date>().ok()?.at(0, 0, 0, 0));
            let at = text.parse::<DateTime>().ok().or_else(day);
            at.map_or_else(|| ReadCell::Text(text.clone()), ReadCell::Moment)
        }
        Data::Error(error) => ReadCell::Wrong(error.to_string()),
    }
}

/// The moment that a cell shows, by the calendar of its workbook; a time without a day is text, since
/// it means no number.
fn moment(at: &ExcelDateTime) -> ReadCell {
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    if at.as_f64() < 1.0 {
        return ReadCell::Text(format!("{hour:02}:{minute:02}"));
    }
    let small = |it: u8| i8::try_from(it).unwrap_or(0);
    let day = i16::try_from(year).ok().and_then(|it| Date::new(it, small(month), small(day)).ok());
    let time = Time::new(small(hour), small(minute), small(second), 0).ok();
    match (day, time) {
        (Some(day), Some(time)) => ReadCell::Moment(day.to_datetime(time)),
        _ => ReadCell::Number(at.as_f64()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn check_refused(bytes: &[u8], code: &str) {
        assert_eq!(read(bytes).unwrap_err().code, code);
    }

    #[test]
    fn what_no_workbook_of_ours_holds_is_refused() {
        check_refused(b"", "no-workbook");
        check_refused(b"hello", "no-workbook");
        check_refused(&archive(&[("a.txt", b"x")]), "no-workbook");
        check_refused(&archive(&[("xl/vbaProject.bin", b"x")]), "macros");
        check_refused(&archive(&[("Basic/script-lc.xml", b"x")]), "macros");
        check_refused(&archive(&[("xl/externalLinks/externalLink1.xml", b"<a/>")]), "links");
        check_refused(&archive(&[("content.xml", b"<a><table:dde-link/></a>")]), "links");
        let entity = b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>";
        check_refused(&archive(&[("xl/workbook.xml", entity)]), "entities");
        let encrypted = b"<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>";
        check_refused(&archive(&[("META-INF/manifest.xml", encrypted)]), "protected");
        check_refused(&[OLE, &[0; 600]].concat(), "protected");
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_read() {
        let zeros = vec![b' '; usize::try_from(RATIO_FROM_BYTES).unwrap() * 2];
        check_refused(&archive(&[("xl/workbook.xml", &zeros)]), "bomb");
    }

    #[test]
    fn a_truncated_or_damaged_workbook_is_unreadable_and_nothing_worse() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        workbook.add_worksheet().write_string(0, 0, "a").unwrap();
        let bytes = workbook.save_to_buffer().unwrap();
        assert_eq!(read(&bytes).unwrap().sheets[0].cell(0, 0), &ReadCell::Text("a".to_owned()));
        for cut in (0..bytes.len()).step_by(97) {
            assert!(read(&bytes[..cut]).is_err());
        }
        for at in (0..bytes.len()).step_by(31) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            let _ = read(&damaged);
        }
    }

    fn shown(serial: f64, is_1904: bool) -> ReadCell {
        moment(&ExcelDateTime::new(serial, calamine::ExcelDateTimeType::DateTime, is_1904))
    }

    #[test]
    fn serial_numbers_are_days_and_times_of_their_calendar() {
        let noon = DateTime::constant(2026, 11, 24, 12, 0, 0, 0);
        assert_eq!(shown(46_350.5, false), ReadCell::Moment(noon));
        assert_eq!(shown(46_350.5 - 1462.0, true), ReadCell::Moment(noon));
        assert_eq!(shown(1.0 / 6.0, false), ReadCell::Text("04:00".to_owned()));
    }

    #[test]
    fn a_few_cells_that_claim_a_whole_table_take_no_memory() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let worksheet = workbook.add_worksheet();
        worksheet.write_string(0, 0, "a").unwrap();
        worksheet.write_string(1_048_575, 16_383, "b").unwrap();
        let book = read(&workbook.save_to_buffer().unwrap()).unwrap();
        assert_eq!(book.sheets[0].rows.len(), 1);
        let cell = |repeated: &str| {
            format!(
                "<a><table:table-row><table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"{repeated}\"><text:p>x</text:p></table:table-cell></table:table-row></a>"
            )
        };
        for repeated in ["999999999", "99999999999999999999999"] {
            check_refused(&archive(&[("content.xml", cell(repeated).as_bytes())]), "bomb");
        }
        assert!(repeats_within_bounds(cell("16384").as_bytes()));
        let spaces = b"<a><text:s text:c=\"99999999999\"/></a>";
        check_refused(&archive(&[("content.xml", spaces)]), "bomb");
        // Empty cells to the edge of the table are what spreadsheets write.
        let empty = b"<a><table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row></a>";
        assert!(repeats_within_bounds(empty));
    }
}
