//! The workbook, written and read back.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::path::Path;

use calamine::{Data, Range, Reader as _, SheetVisible, Xlsx, open_workbook};
use inventory::export::Snapshot;
use kataster::workbook::{WorkbookError, Written, write};
use wording::Language;

const GERMAN: [&str; 45] = [
    "Deckblatt",
    "Dokumentenlenkung",
    "Netzplan",
    "Organisation",
    "Rollen",
    "Dienstleister",
    "Verträge",
    "Geschäftsprozesse",
    "Informationen",
    "Anwendungen",
    "Cloud-Dienste",
    "IT-Systeme",
    "Gruppen",
    "Netze & Zonen",
    "Leitungen & Domains",
    "Verkabelung",
    "Kommunikation",
    "Dienste & Ports",
    "Software",
    "Software je System",
    "Lizenzbilanz",
    "Firmware & Supportende",
    "Zertifikate",
    "Konten & Rechte",
    "Konfiguration",
    "Merkmale",
    "Sicherungen",
    "Schutzbedarf",
    "Modellierung",
    "Befunde",
    "Risiken",
    "Risikomatrix",
    "Maßnahmen",
    "Ziele",
    "Kennzahlen",
    "Vorgänge",
    "Abdeckung",
    "Agenten",
    "Datenqualität",
    "Änderungen",
    "Nachverfolgbarkeit",
    "CyberRisikoCheck",
    "Netzscans",
    "Listen",
    "_meta",
];
/// A text that a spreadsheet must not take for a formula.
const HOSTILE: &str = "=cmd|' /C calc'!A0";

type Book = Xlsx<std::io::BufReader<std::fs::File>>;

fn company() -> Snapshot {
    tests::company::snapshot(13, 12).expect("an invented company")
}

fn written(snapshot: &Snapshot, language: Language) -> (tempfile::TempDir, Written, Book) {
    let folder = tempfile::tempdir().expect("a folder");
    let written =
        write(snapshot, language, &folder.path().join("kataster.xlsx")).expect("a workbook");
    let book = open_workbook(&written.workbook).expect("a workbook that can be read");
    (folder, written, book)
}

fn sheet(book: &mut Book, name: &str) -> Range<Data> {
    book.worksheet_range(name).expect(name)
}

fn text(range: &Range<Data>, row: u32, column: u32) -> String {
    range.get_value((row, column)).map(ToString::to_string).unwrap_or_default()
}

#[test]
fn the_german_workbook_has_the_sheets_in_order_and_hides_two() {
    let (_folder, _, book) = written(&company(), Language::German);
    assert_eq!(book.sheet_names(), GERMAN);
    let hidden: Vec<&str> = book
        .sheets_metadata()
        .iter()
        .filter(|it| it.visible != SheetVisible::Visible)
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(hidden, ["Listen", "_meta"]);
}

#[test]
fn a_profile_chooses_the_sheets_and_formulas_still_find_theirs() {
    let mut snapshot = company();
    snapshot.stamp.profile = Some(inventory::export::Profile::Kompakt);
    let (_folder, _, book) = written(&snapshot, Language::German);
    let names = book.sheet_names();
    for missing in ["Software je System", "Dienste & Ports", "Netzscans", "CyberRisikoCheck"] {
        assert!(!names.iter().any(|it| it == missing), "{missing}");
    }
    for present in ["Deckblatt", "IT-Systeme", "Risiken", "Risikomatrix", "Listen", "_meta"] {
        assert!(names.iter().any(|it| it == present), "{present}");
    }
}

#[test]
fn keys_stand_in_row_four_and_data_begins_in_row_six() {
    let snapshot = company();
    let (_folder, _, mut book) = written(&snapshot, Language::English);
    let systems = sheet(&mut book, "IT systems");
    assert_eq!(text(&systems, 3, 0), "system.id");
    let first = snapshot.assets.first().expect("a system");
    assert_eq!(text(&systems, 5, 0), first.label.0);
    assert_eq!(systems.end().map(|it| it.0), Some(4 + 13));
}

#[test]
fn text_that_begins_like_a_formula_stays_text() {
    let mut snapshot = company();
    for (asset, text) in snapshot.assets.iter_mut().zip([HOSTILE, "+49 371", "-1", "@SUM(A1)"]) {
        if let Some(name) = &mut asset.name {
            name.value = text.to_owned();
        }
    }
    let (_folder, _, mut book) = written(&snapshot, Language::German);
    let names: Vec<Data> = {
        let systems = sheet(&mut book, "IT-Systeme");
        (5..9).filter_map(|row| systems.get_value((row, 1)).cloned()).collect()
    };
    let expected = [HOSTILE, "+49 371", "-1", "@SUM(A1)"].map(|it| Data::String(it.to_owned()));
    assert_eq!(names, expected);
    let formulas = book.worksheet_formula("IT-Systeme").expect("formulas");
    assert!(formulas.used_cells().all(|it| it.2.is_empty()));
}

#[test]
fn no_word_is_missing_in_either_language() {
    for language in [Language::German, Language::English] {
        let (_folder, written, mut book) = written(&company(), language);
        for name in book.sheet_names() {
            let range = sheet(&mut book, &name);
            for (row, column, data) in range.used_cells() {
                let said = data.to_string();
                assert!(
                    !said.contains('⟨') && !said.contains("{ $"),
                    "{name} {row} {column}: {said}"
                );
            }
        }
        let plan = std::fs::File::open(&written.plan).and_then(std::io::read_to_string);
        assert!(!plan.expect("a plan").contains('⟨'));
    }
}

#[test]
fn what_later_work_computes_is_never_zero_on_the_cover() {
    let (_folder, _, mut book) = written(&company(), Language::German);
    let cover = sheet(&mut book, "Deckblatt");
    let words: Vec<String> = cover.used_cells().map(|it| it.2.to_string()).collect();
    assert!(words.iter().any(|it| it == "nicht bewertet"));
    // The company's licences can be compared: only the ends of support wait for their data.
    assert_eq!(words.iter().filter(|it| *it == "keine Daten").count(), 1);
    assert!(words.iter().any(|it| it == "ENTWURF"));
}

#[test]
fn the_hidden_sheet_counts_the_rows_that_were_written() {
    let (_folder, written, mut book) = written(&company(), Language::English);
    let meta = sheet(&mut book, "_meta");
    let value = |key: &str| {
        meta.rows().find(|it| it.first().is_some_and(|it| *it == key)).map(|it| it[1].to_string())
    };
    for (key, rows) in &written.rows {
        assert_eq!(value(&format!("rows.{key}")), Some(rows.to_string()), "{key}");
        assert_eq!(value(&format!("keys_sha256.{key}")).map(|it| it.len()), Some(64), "{key}");
    }
    assert_eq!(value("status").as_deref(), Some("draft"));
    assert_eq!(value("export_number").as_deref(), Some("14"));
}

#[test]
fn drop_downs_have_their_names() {
    let (_folder, _, book) = written(&company(), Language::German);
    let names: Vec<&str> = book.defined_names().iter().map(|it| it.0.as_str()).collect();
    for name in ["L_role", "L_room", "L_need", "L_yes_no"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[test]
fn an_empty_inventory_still_gives_a_workbook() {
    let mut snapshot = company();
    snapshot.assets.clear();
    snapshot.agents.clear();
    snapshot.changes.clear();
    snapshot.register = inventory::register::Register::default();
    let (_folder, _, mut book) = written(&snapshot, Language::German);
    let systems = sheet(&mut book, "IT-Systeme");
    assert!(!text(&systems, 5, 0).is_empty());
}

#[test]
fn a_folder_that_is_not_there_is_a_clear_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("no/such/folder/kataster.xlsx");
    let error = write(&company(), Language::German, &out).expect_err("no folder");
    assert!(matches!(error, WorkbookError::Unwritable { .. }));
    assert!(error.to_string().contains("kataster.xlsx"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[test]
fn a_path_that_is_a_folder_is_a_clear_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("kataster.xlsx");
    std::fs::create_dir(&out).expect("a folder in the way");
    assert!(write(&company(), Language::German, &out).is_err());
    assert_eq!(entries(folder.path()), ["kataster.xlsx"]);
}

#[test]
fn the_same_snapshot_gives_the_same_files() {
    let read = |path: &Path| {
        let mut bytes = Vec::new();
        std::io::copy(&mut std::fs::File::open(path).expect("a file"), &mut bytes).expect("bytes");
        bytes
    };
    let (_one, first, _) = written(&company(), Language::German);
    let (_two, second, _) = written(&company(), Language::German);
    assert_eq!(read(&first.plan), read(&second.plan));
    assert!(read(&first.workbook) == read(&second.workbook));
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder");
    entries.map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}
