//! A workbook that comes back: XLSX or ODS, from anybody's hands. What is not understood is refused
//! before anything of it is taken.

use std::io::{Cursor, Read};

use calamine::{Data, Ods, Reader, Sheets, Xlsx, open_workbook_from_rs};
use inventory::import::{ReadBook, ReadCell, ReadSheet};
use jiff::civil::DateTime;
use zip::ZipArchive;

/// Largest file.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Largest workbook, unpacked. 10,000 systems with 100,000 rows of software take a third of it.
const UNPACKED_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Parts of a file; ours have some hundred.
const PARTS_MAX: usize = 5_000;
/// How much smaller a part may be packed than unpacked: tables of repeated words reach a hundredth.
const RATIO_MAX: u64 = 400;
/// Parts smaller than this may be packed as well as they like.
const RATIO_FROM_BYTES: u64 = 8 * 1024 * 1024;
/// Tabs that are read.
const TABS_MAX: usize = 500;
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
    let cursor = Cursor::new(bytes);
    let unreadable = |error: &dyn std::fmt::Display| refused("unreadable", error.to_string());
    let mut sheets = if parts.iter().any(|it| it == "content.xml") {
        Sheets::Ods(open_workbook_from_rs::<Ods<_>, _>(cursor).map_err(|it| unreadable(&it))?)
    } else if parts.iter().any(|it| it == "xl/workbook.xml") {
        Sheets::Xlsx(open_workbook_from_rs::<Xlsx<_>, _>(cursor).map_err(|it| unreadable(&it))?)
    } else {
        return Err(refused("no-workbook", ""));
    };
    let names = sheets.sheet_names();
    if names.len() > TABS_MAX {
        return Err(refused("too-many-tabs", names.len().to_string()));
    }
    let mut book = ReadBook::default();
    let mut cells = 0_usize;
    for name in names {
        let range = sheets.worksheet_range(&name).map_err(|it| unreadable(&it))?;
        let (height, width) = range.get_size();
        cells = cells.saturating_add(height.saturating_mul(width));
        if cells > CELLS_MAX {
            return Err(refused("too-many-cells", name));
        }
        book.sheets.push(sheet(name, &range));
    }
    Ok(book)
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
        let broken = |error: &dyn std::fmt::Display| refused("unreadable", error.to_string());
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
        let rest = std::io::copy(&mut part, &mut std::io::sink()).map_err(|it| broken(&it))?;
        let unpacked = head.len() as u64 + rest;
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
        Data::DateTime(at) if at.is_datetime() => {
            moment(at.as_f64()).map_or_else(|| ReadCell::Number(at.as_f64()), ReadCell::Moment)
        }
        Data::DateTime(at) => ReadCell::Number(at.as_f64()),
        Data::DateTimeIso(text) => {
            let day = || Some(text.parse::<jiff::civil::Date>().ok()?.at(0, 0, 0, 0));
            let at = text.parse::<DateTime>().ok().or_else(day);
            at.map_or_else(|| ReadCell::Text(text.clone()), ReadCell::Moment)
        }
        Data::Error(error) => ReadCell::Wrong(error.to_string()),
    }
}

/// The moment that a serial number means: days since the spreadsheet's own beginning of time.
#[expect(clippy::cast_possible_truncation, reason = "checked to be within a few thousand years")]
fn moment(serial: f64) -> Option<DateTime> {
    if !(1.0..3_000_000.0).contains(&serial) {
        return None;
    }
    let milliseconds = (serial.fract() * 86_400_000.0).round() as i64;
    let beginning = DateTime::constant(1899, 12, 30, 0, 0, 0, 0);
    let days = jiff::Span::new().try_days(serial.floor() as i64).ok()?;
    let day = beginning.checked_add(days).ok()?;
    day.checked_add(jiff::Span::new().try_milliseconds(milliseconds).ok()?).ok()
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

    #[test]
    fn serial_numbers_are_days_and_times() {
        assert_eq!(moment(46_350.5), Some(DateTime::constant(2026, 11, 24, 12, 0, 0, 0)));
        assert_eq!(moment(46_350.0), Some(DateTime::constant(2026, 11, 24, 0, 0, 0, 0)));
        for serial in [-1.0, 0.0, f64::NAN, 1e12] {
            assert_eq!(moment(serial), None);
        }
    }
}
