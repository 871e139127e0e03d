//! An exported workbook as a file, edited, and read back.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use inventory::export::{Snapshot, View};
use inventory::import::{ExportBase, Options, Outcome, ReadBook, ReadCell, merge};
use inventory::register::{Edit, Place, Register, Value};
use jiff::tz::TimeZone;
use kataster::workbook::{read, write, write_parts};
use wording::Language;

const LANGUAGES: [Language; 2] = [Language::German, Language::English];
/// What a spreadsheet would alter if it were more than text.
const HOSTILE: [&str; 9] = [
    "=cmd|' /C calc'!A0",
    "1.10",
    "00123",
    "4892E092",
    "3/4",
    "TRUE",
    "+49 371 1",
    "@SUM(A1)",
    "a\u{1b}[31mb\u{0}c",
];

fn company() -> Snapshot {
    tests::company::snapshot(13, 12).expect("an invented company")
}

#[expect(clippy::disallowed_methods, reason = "a file of our own")]
fn bytes_of(path: &std::path::Path) -> Vec<u8> {
    std::fs::read(path).expect("a file")
}

/// The workbook of a snapshot as it is read back, and what the export showed.
fn exported(snapshot: &Snapshot, language: Language) -> (ReadBook, ExportBase) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kataster.xlsx");
    let written = write(snapshot, language, &path).expect("a workbook");
    let bytes = bytes_of(&path);
    let base = ExportBase::read(&written.base).expect("what it shows");
    (read(&bytes).expect("a workbook that can be read"), base)
}

/// The same, with so many rows in each tab.
fn exported_in_parts(snapshot: &Snapshot, rows_per_tab: usize) -> (ReadBook, ExportBase) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kataster.xlsx");
    let written = write_parts(snapshot, Language::German, &path, rows_per_tab).expect("a workbook");
    let base = ExportBase::read(&written.base).expect("what it shows");
    (read(&bytes_of(&path)).expect("a workbook that can be read"), base)
}

fn text_of(text: &str) -> ReadCell {
    ReadCell::Text(text.to_owned())
}

fn merged(book: &ReadBook, base: &ExportBase, snapshot: &Snapshot, language: Language) -> Outcome {
    let zone = TimeZone::get(&snapshot.stamp.time_zone).expect("a zone");
    let view = View::new(snapshot, language, zone);
    merge(book, Some(base), &view, Language::English.wording(), Options::default())
}

fn stated(snapshot: &Snapshot, place: (&str, &str, &str), text: &str) -> Snapshot {
    let place = Place::new(place.0, place.1, place.2);
    let value = Some(Value::Text(text.to_owned()));
    let register = snapshot.register.edited(&[Edit { place, value }]).expect("a register");
    Snapshot { register, ..snapshot.clone() }
}

#[test]
fn an_unchanged_file_changes_nothing() {
    for language in LANGUAGES {
        let everything = include_str!("../../collector/inventory/src/register/example.toml");
        let register = Register::parse(everything).expect("the example");
        let snapshot = Snapshot { register, ..company() };
        let (book, base) = exported(&snapshot, language);
        assert_eq!(
            merged(&book, &base, &snapshot, language),
            Outcome { export_number: Some(snapshot.stamp.number), ..Outcome::default() }
        );
    }
}

#[test]
fn hostile_texts_come_back_as_they_went() {
    let snapshot = company();
    let label = snapshot.assets[0].label.to_string();
    for text in HOSTILE.into_iter().map(str::to_owned).chain(["x".repeat(4000)]) {
        // Control characters never get into the register.
        let text: String = text.chars().filter(|it| !it.is_control()).collect();
        let snapshot = stated(&snapshot, ("system", &label, "purpose"), &text);
        let (book, base) = exported(&snapshot, Language::German);
        let outcome = merged(&book, &base, &snapshot, Language::German);
        assert!(outcome.changes.is_empty() && outcome.errors.is_empty(), "{text}: {outcome:?}");
        let tab = book.sheets.iter().find(|it| it.name == "IT-Systeme").expect("the systems");
        let is_it = |it: &ReadCell| *it == ReadCell::Text(text.clone());
        assert!(tab.rows.iter().flatten().any(is_it), "{text}");
    }
}

#[test]
fn a_sheet_that_goes_on_in_a_second_one_is_read_from_both() {
    let snapshot = company();
    let (book, base) = exported_in_parts(&snapshot, 5);
    let parts = ["IT-Systeme", "IT-Systeme (2)", "IT-Systeme (3)"];
    let at = book.sheets.iter().position(|it| it.name == parts[0]).expect("the systems");
    assert_eq!([0, 1, 2].map(|it| book.sheets[at + it].name.as_str()), parts);
    // Five rows of head, and five of thirteen systems in each but the last.
    assert_eq!([0, 1, 2].map(|it| book.sheets[at + it].rows.len()), [10, 10, 8]);
    let unchanged = merged(&book, &base, &snapshot, Language::German);
    assert_eq!(
        unchanged,
        Outcome { export_number: Some(snapshot.stamp.number), ..Outcome::default() }
    );
    // A person writes into the first and the last row.
    let column = book.sheets[at].rows[3].iter().position(|it| *it == text_of("system.purpose"));
    let column = column.expect("the purpose");
    let mut edited = book;
    for (part, row) in [(0, 5), (2, 7)] {
        let cells = &mut edited.sheets[at + part].rows[row];
        cells.resize(cells.len().max(column + 1), ReadCell::Empty);
        cells[column] = text_of("Drehen");
    }
    let outcome = merged(&edited, &base, &snapshot, Language::German);
    let places: Vec<(&str, &str)> =
        outcome.changes.iter().map(|it| (it.spot.sheet.as_str(), &*it.place.identity)).collect();
    let label = |at: usize| snapshot.assets[at].label.0.as_str();
    assert_eq!(places, [(parts[0], label(0)), (parts[2], label(12))]);
}

#[test]
fn no_row_of_a_sheet_stands_there_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kataster.xlsx");
    write_parts(&company(), Language::German, &path, 5).expect("a workbook");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes_of(&path))).expect("a zip");
    for number in 0..archive.len() {
        let part = archive.by_index(number).expect("a part");
        let name = part.name().expect("a name").into_owned();
        if name.starts_with("xl/worksheets/sheet") {
            let sheet = std::io::read_to_string(part).expect("text");
            let rows = sheet.split("<row r=\"").skip(1);
            let rows: Vec<u32> = rows
                .map(|it| it.split('"').next().expect("a number").parse().expect("a number"))
                .collect();
            assert!(rows.is_sorted_by(|one, next| one < next), "{name}: {rows:?}");
        }
    }
}

#[test]
fn a_link_leads_into_the_part_that_has_its_row() {
    let snapshot = company();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kataster.xlsx");
    write_parts(&snapshot, Language::German, &path, 5).expect("a workbook");
    let last = &snapshot.assets[12].label.0;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes_of(&path))).expect("a zip");
    let link = format!("location=\"'IT-Systeme (3)'!A8\" display=\"{last}\"");
    let mut links = 0;
    for number in 0..archive.len() {
        let part = archive.by_index(number).expect("a part");
        if part.name().expect("a name").starts_with("xl/worksheets/sheet") {
            links += std::io::read_to_string(part).expect("text").matches(&link).count();
        }
    }
    assert!(links > 0, "{last}");
}

#[test]
fn a_register_that_nobody_touched_meanwhile_takes_an_edit_over() {
    let snapshot = company();
    let label = snapshot.assets[0].label.to_string();
    let (before, base) = exported(&snapshot, Language::English);
    let edited = stated(&snapshot, ("system", &label, "purpose"), "Database");
    // A person wrote what an export of the edited register shows.
    let (book, _) = exported(&edited, Language::English);
    let outcome = merged(&book, &base, &snapshot, Language::English);
    assert_eq!(outcome.changes.len(), 1, "{outcome:?}");
    let after = snapshot.register.edited(&outcome.edits()).expect("a register");
    assert_eq!(Register::field_changes(&edited.register, &after), []);
    assert_ne!(before, book);
}
