//! An exported workbook as a file, edited, and read back.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use inventory::export::{Snapshot, View};
use inventory::import::{ExportBase, Options, Outcome, ReadBook, ReadCell, merge};
use inventory::register::{Edit, Place, Register, Value};
use jiff::tz::TimeZone;
use kataster::workbook::{read, write};
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
    let base = serde_json::from_slice(&written.base).expect("what it shows");
    (read(&bytes).expect("a workbook that can be read"), base)
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
    let (mut book, base) = exported(&snapshot, Language::German);
    let at = book.sheets.iter().position(|it| it.name == "IT-Systeme").expect("the systems");
    let mut second = book.sheets[at].clone();
    second.name = "IT-Systeme (2)".to_owned();
    second.rows.drain(5..10);
    book.sheets[at].rows.truncate(10);
    book.sheets.push(second);
    let outcome = merged(&book, &base, &snapshot, Language::German);
    assert_eq!((outcome.changes.len(), outcome.errors.len(), outcome.ignored.len()), (0, 0, 0));
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
