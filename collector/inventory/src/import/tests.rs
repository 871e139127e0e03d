//! The merge, on workbooks that are made from views as the program writes them.

use proptest::prelude::*;
use wording::Language;

use super::*;
use crate::export::{
    Column, EVIDENCE_COLUMNS, Layout, SHEETS, Snapshot, Value, View, clean, field_of, in_order,
    sample,
};
use crate::register::{Place, Register};

/// A view as the workbook that is read back: title, subtitle, origins, keys, headings, rows.
fn written(view: &View<'_>) -> ReadBook {
    let text = |it: &str| ReadCell::Text(it.to_owned());
    let mut sheets = Vec::new();
    for sheet in in_order() {
        let mut rows = vec![vec![text(&view.text(sheet.title))], Vec::new(), Vec::new()];
        if sheet.layout == Layout::Cover {
            for row in view.rows(sheet) {
                let value = &row.cells[if *row.cells[1].value() == Value::Nothing { 2 } else { 1 }];
                let value = cell(view, value.value());
                rows.push(vec![text(&format!("cover.{}", row.id)), ReadCell::Empty, value]);
            }
        } else {
            let columns = sheet.columns.iter().chain(EVIDENCE_COLUMNS);
            rows.push(columns.clone().map(|it| text(it.key)).collect());
            rows.push(columns.map(|it| text(&view.text(it.message))).collect());
            let cells = |row: &crate::export::Row| {
                let own = row.cells.iter().map(|it| cell(view, it.value()));
                own.chain(EVIDENCE_COLUMNS.iter().map(|_| ReadCell::Empty)).collect()
            };
            rows.extend(view.rows(sheet).iter().map(cells));
        }
        sheets.push(ReadSheet { name: view.text(sheet.title), rows });
    }
    let meta = [("language", if view.language() == Language::German { "de" } else { "en" })];
    let rows = meta.map(|(key, value)| vec![text(key), text(value)]).to_vec();
    sheets.push(ReadSheet { name: "_meta".to_owned(), rows });
    ReadBook { sheets }
}

fn cell(view: &View<'_>, value: &Value) -> ReadCell {
    match value {
        Value::Number(number) => ReadCell::Number(*number),
        Value::Date(day) => ReadCell::Moment(day.at(0, 0, 0, 0)),
        Value::Instant(at) => {
            ReadCell::Moment(at.to_zoned_datetime(view.time_zone().clone()).datetime())
        }
        Value::Formula { result, .. } => cell(view, result),
        Value::Open => ReadCell::Empty,
        Value::Text(_)
        | Value::Choice(..)
        | Value::Unknown(_)
        | Value::NotAssessed
        | Value::NoData
        | Value::Nothing => ReadCell::Text(clean(&view.value_text(value))),
    }
}

/// The company of the example, with everything stated.
fn company() -> Snapshot {
    let register = Register::parse(include_str!("../register/example.toml")).unwrap();
    Snapshot { register, ..sample::snapshot() }
}

fn with(snapshot: &Snapshot, register: Register) -> Snapshot {
    Snapshot { register, ..snapshot.clone() }
}

fn sheet<'b>(book: &'b mut ReadBook, key: &str, language: Language) -> &'b mut ReadSheet {
    let sheet = SHEETS.iter().find(|it| it.key == key).unwrap();
    let title = language.wording().text(sheet.title);
    book.sheets.iter_mut().find(|it| it.name == title).unwrap()
}

/// The place in its tab of a cell.
fn at(sheet: &ReadSheet, id: &str, key: &str) -> (usize, usize) {
    let is = |cell: &ReadCell, text: &str| cell.text().as_deref() == Some(text);
    let column = sheet.rows.iter().find_map(|row| row.iter().position(|it| is(it, key))).unwrap();
    (sheet.rows.iter().position(|row| row.first().is_some_and(|it| is(it, id))).unwrap(), column)
}

/// An export, edited by a person, while the register may change too; merged.
struct Case {
    language: Language,
    before: Snapshot,
    now: Snapshot,
    book: ReadBook,
    base: Option<ExportBase>,
}

impl Case {
    fn new(snapshot: Snapshot, language: Language) -> Self {
        let view = sample::view(&snapshot, language);
        let (book, base) = (written(&view), Some(base::kept(&view)));
        Self { language, before: snapshot.clone(), now: snapshot, book, base }
    }

    fn german() -> Self {
        Self::new(company(), Language::German)
    }

    fn write(&mut self, sheet_key: &str, id: &str, key: &str, value: ReadCell) {
        let sheet = sheet(&mut self.book, sheet_key, self.language);
        let (row, column) = at(sheet, id, key);
        let cells = &mut sheet.rows[row];
        cells.resize(cells.len().max(column + 1), ReadCell::Empty);
        cells[column] = value;
    }

    fn write_text(&mut self, sheet_key: &str, id: &str, key: &str, value: &str) {
        self.write(sheet_key, id, key, ReadCell::Text(value.to_owned()));
    }

    fn merged(&self) -> Outcome {
        self.merged_with(Options::default())
    }

    fn merged_with(&self, options: Options) -> Outcome {
        let view = sample::view(&self.now, self.language);
        merge(&self.book, self.base.as_ref(), &view, Language::English.wording(), options)
    }

    /// The outcome in short: one line per statement.
    fn check(&self, expected: &[&str]) {
        assert_eq!(lines(&self.merged()), expected);
    }

    fn state(&mut self, place: (&str, &str, &str), value: &str) {
        let value = Some(crate::register::Value::Text(value.to_owned()));
        let edit = crate::register::Edit { place: Place::new(place.0, place.1, place.2), value };
        self.now = with(&self.now, self.now.register.edited(&[edit]).unwrap());
    }
}

fn lines(outcome: &Outcome) -> Vec<String> {
    let text = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
    let spot = |it: &Spot| format!("{} {}", it.sheet, text(&it.cell));
    let mut lines = Vec::new();
    for it in &outcome.changes {
        let applied = if it.applied { "" } else { " (not applied)" };
        let (before, after) = (text(&it.before), text(&it.after));
        lines.push(format!("change {}: {before} > {after}{applied}", spot(&it.spot)));
    }
    for it in &outcome.conflicts {
        let (base, mine, theirs) = (text(&it.base), text(&it.workbook), text(&it.register));
        lines.push(format!("conflict {}: {base}, {mine}, {theirs}", spot(&it.spot)));
    }
    for it in &outcome.candidates {
        lines.push(format!("candidate {}: {} {:?}", spot(&it.spot), it.table, it.similar));
    }
    for (word, remarks) in
        [("ignored", &outcome.ignored), ("error", &outcome.errors), ("warning", &outcome.warnings)]
    {
        lines.extend(remarks.iter().map(|it| format!("{word} {}: {}", spot(&it.spot), it.text)));
    }
    if outcome.already > 0 {
        lines.push(format!("already {}", outcome.already));
    }
    lines
}

#[test]
fn an_unchanged_workbook_changes_nothing() {
    for language in [Language::German, Language::English] {
        for snapshot in [company(), sample::snapshot(), sample::nothing()] {
            Case::new(snapshot, language).check(&[]);
        }
    }
}

#[test]
fn a_changed_yellow_cell_is_a_change_and_once_taken_over_nothing_any_more() {
    let mut case = Case::german();
    case.write_text("systems", "S-7K2QD", "system.purpose", "Datenbank");
    case.write_text("systems", "S-9M4TX", "system.status", "Reserve");
    case.write("processes", "GP001", "process.outage_hours", ReadCell::Number(6.0));
    case.write_text("processes", "GP001", "process.availability", "Very high");
    case.write_text("organisation", "R002", "organisation.ups", "ja");
    let changes = [
        "change Deckblatt C11: Informationssicherheitsbeauftragter > ISB",
        "change Organisation H9: - > yes",
        "change Geschäftsprozesse E6: 8 > 6",
        "change Geschäftsprozesse J6: high > very_high",
        "change IT-Systeme D6: ERP und Dateien > Datenbank",
        "change IT-Systeme Z7: operating > reserve",
    ];
    let sheet = sheet(&mut case.book, "cover", Language::German);
    let is_officer = |row: &Vec<ReadCell>| {
        row.first().is_some_and(|it| it.text().as_deref() == Some("cover.officer"))
    };
    let row = sheet.rows.iter().position(is_officer).unwrap();
    sheet.rows[row][2] = ReadCell::Text("ISB".to_owned());
    let outcome = case.merged();
    assert_eq!(lines(&outcome), changes);
    case.now = with(&case.before, case.now.register.edited(&outcome.edits()).unwrap());
    case.check(&["already 6"]);
    // What the next export shows is what the person wrote.
    let view = sample::view(&case.now, Language::German);
    let systems = SHEETS.iter().find(|it| it.key == "systems").unwrap();
    let row = view.rows(systems).iter().find(|it| it.id == "S-9M4TX").unwrap();
    let status = systems.columns.iter().position(|it| it.key == "system.status").unwrap();
    assert_eq!(view.value_text(row.cells[status].value()), "Reserve");
}

#[test]
fn what_both_sides_changed_is_a_conflict_unless_they_agree() {
    let mut case = Case::german();
    case.write_text("processes", "GP001", "process.description", "Mein Text");
    case.state(("process", "GP001", "description"), "Anderer Text");
    case.check(&[
        "conflict Geschäftsprozesse D6: Vom Angebot bis zur Auslieferung, Mein Text, Anderer Text",
    ]);
    case.state(("process", "GP001", "description"), "Mein Text");
    case.check(&["already 1"]);
    // What only the register changed stays as it is.
    let mut case = Case::german();
    case.state(("process", "GP001", "description"), "Anderer Text");
    case.check(&[]);
}

#[test]
fn an_emptied_cell_empties_the_field_only_where_that_was_asked_for() {
    let mut case = Case::german();
    case.write("processes", "GP001", "process.description", ReadCell::Empty);
    case.check(&[
        "change Geschäftsprozesse D6: Vom Angebot bis zur Auslieferung > - (not applied)",
    ]);
    assert!(case.merged().edits().is_empty());
    let outcome = case.merged_with(Options { clear_emptied: true });
    assert_eq!(outcome.edits().len(), 1);
    let register = case.now.register.edited(&outcome.edits()).unwrap();
    assert_eq!(register.process[0].more.text("description"), None);
}

#[test]
fn what_is_observed_cannot_be_written_and_the_attempt_is_said() {
    let mut case = Case::german();
    case.write_text("systems", "S-7K2QD", "system.serial", "ANDERE");
    case.write("processes", "GP001", "process.systems", ReadCell::Empty);
    let outcome = case.merged();
    assert!(outcome.changes.is_empty() && outcome.errors.is_empty());
    let keys: Vec<_> = outcome.ignored.iter().map(|it| it.spot.key.clone().unwrap()).collect();
    assert_eq!(keys, ["process.systems", "system.serial"]);
}

#[test]
fn a_row_without_an_id_is_a_candidate_with_what_may_be_the_same() {
    let mut case = Case::german();
    let sheet = sheet(&mut case.book, "processes", Language::German);
    let mut row = sheet.rows[5].clone();
    row[0] = ReadCell::Empty;
    sheet.rows.push(row);
    sheet.rows.push(vec![ReadCell::Empty; 14]);
    case.check(&["candidate Geschäftsprozesse A7: process [\"GP001\"]"]);
    let values = &case.merged().candidates[0].values;
    assert!(values.iter().any(|(key, it)| key == "integrity" && it.to_text() == "very_high"));
    // Where names are what identifies, a new name begins something.
    let mut case = Case::german();
    let sheet = self::sheet(&mut case.book, "roles", Language::German);
    sheet.rows.push(vec![ReadCell::Text("Lager".to_owned())]);
    case.check(&["candidate Rollen A9: role []"]);
    assert_eq!(case.merged().candidates[0].identity.as_deref(), Some("Lager"));
}

#[test]
fn ids_that_are_unknown_or_stand_twice_are_errors_with_their_cell() {
    let mut case = Case::german();
    case.write_text("systems", "S-7K2QD", "system.id", "S-7K2QE");
    let outcome = case.merged();
    assert_eq!(outcome.errors.len(), 1, "{:?}", lines(&outcome));
    assert_eq!(outcome.errors[0].spot.cell.as_deref(), Some("A6"));
    assert!(outcome.errors[0].text.contains("S-7K2QD"), "{}", outcome.errors[0].text);
    let mut case = Case::german();
    case.write_text("systems", "S-9M4TX", "system.id", "S-7K2QD");
    let outcome = case.merged();
    assert!(outcome.errors[0].text.contains("row 6"), "{}", outcome.errors[0].text);
    assert!(outcome.ignored[0].text.contains("nothing is deleted"));
}

#[test]
fn two_cells_of_one_field_must_not_contradict() {
    // The zone of the servers has two networks, each with a row.
    let ids = {
        let company = company();
        let view = sample::view(&company, Language::German);
        let networks = SHEETS.iter().find(|it| it.key == "networks").unwrap();
        let rows = view.rows(networks).iter();
        let of_servers =
            rows.filter(|it| it.about.as_ref().is_some_and(|it| it.identity == "Server"));
        of_servers.map(|it| it.id.clone()).collect::<Vec<_>>()
    };
    assert!(ids.len() > 1);
    let written = |first: &str, second: &str| {
        let mut case = Case::german();
        case.write_text("networks", &ids[0], "network.purpose", first);
        case.write_text("networks", &ids[1], "network.purpose", second);
        case.merged()
    };
    assert_eq!(written("Dienste", "Dienste").changes.len(), 1);
    let outcome = written("Dienste", "Drucker");
    assert!(outcome.errors[0].text.contains("differently"), "{:?}", lines(&outcome));
}

#[test]
fn a_wrong_value_is_an_error_that_names_what_is_possible() {
    let mut case = Case::german();
    case.write_text("processes", "GP001", "process.availability", "hohc");
    case.write_text("processes", "GP001", "process.owner", "Bueroleitung");
    case.write_text("processes", "GP001", "process.approved_on", "demnächst");
    let outcome = case.merged();
    let texts: Vec<&str> = outcome.errors.iter().map(|it| it.text.as_str()).collect();
    assert!(texts[0].contains("Büroleitung"), "{texts:?}");
    assert!(texts[1].contains("normal, high, very high"), "{texts:?}");
    assert!(texts[2].contains("demnächst"), "{texts:?}");
    assert!(outcome.changes.is_empty());
}

#[test]
fn order_names_gaps_and_missing_keys_do_not_matter() {
    let edited = || {
        let mut case = Case::german();
        case.write_text("systems", "S-7K2QD", "system.purpose", "Datenbank");
        case
    };
    let wanted = |case: &Case| {
        let outcome = case.merged();
        assert!(outcome.errors.is_empty() && outcome.ignored.is_empty(), "{:?}", lines(&outcome));
        let changes: Vec<_> = outcome.changes.iter().map(|it| it.place.clone()).collect();
        assert_eq!(changes, [Place::new("system", "S-7K2QD", "purpose")]);
    };
    // Sorted, with blank rows, renamed, tabs in another order.
    let mut case = edited();
    let tab = sheet(&mut case.book, "systems", Language::German);
    tab.rows[5..].reverse();
    tab.rows.insert(6, vec![ReadCell::Empty; 3]);
    tab.rows.push(Vec::new());
    tab.name = "Unsere Rechner".to_owned();
    case.book.sheets.reverse();
    wanted(&case);
    // Columns in another order.
    let mut case = edited();
    let tab = sheet(&mut case.book, "systems", Language::German);
    for row in tab.rows.iter_mut().filter(|it| it.len() > 5) {
        row.reverse();
    }
    wanted(&case);
    // Without keys: by headings, of either language, also mixed.
    for language in [Language::German, Language::English] {
        let mut case = Case::new(company(), language);
        case.write_text("systems", "S-7K2QD", "system.purpose", "Datenbank");
        for tab in &mut case.book.sheets {
            let is_keys = |row: &Vec<ReadCell>| {
                row.iter().filter(|it| it.text().is_some_and(|it| it.contains('.'))).count() > 3
            };
            if let Some(keys) = tab.rows.iter().take(6).position(is_keys) {
                tab.rows.remove(keys);
            }
        }
        let other = match language {
            Language::German => Language::English,
            Language::English => Language::German,
        };
        let tab = sheet(&mut case.book, "systems", language);
        let systems = SHEETS.iter().find(|it| it.key == "systems").unwrap();
        for (at, column) in systems.columns.iter().enumerate().skip(20) {
            tab.rows[3][at] = ReadCell::Text(other.wording().text(column.message));
        }
        wanted(&case);
        assert!(case.merged().warnings.iter().any(|it| it.text.contains("headings")));
    }
}

#[test]
fn a_sheet_in_two_parts_is_one() {
    let mut case = Case::german();
    case.write_text("systems", "S-9M4TX", "system.purpose", "Büro");
    let tab = sheet(&mut case.book, "systems", Language::German);
    let mut second = tab.clone();
    second.name += " (2)";
    second.rows.drain(5..6);
    tab.rows.truncate(6);
    case.book.sheets.push(second);
    let outcome = case.merged();
    assert!(outcome.errors.is_empty(), "{:?}", lines(&outcome));
    assert_eq!(outcome.changes[0].spot.sheet, "IT-Systeme (2)");
}

#[test]
fn without_a_base_everything_is_compared_with_today_and_that_is_said() {
    let mut case = Case::german();
    case.base = None;
    case.write_text("processes", "GP001", "process.description", "Mein Text");
    case.write("processes", "GP001", "process.reason", ReadCell::Empty);
    let outcome = case.merged();
    assert_eq!(lines(&outcome).len(), 2, "{:#?}", lines(&outcome));
    assert!(outcome.warnings[0].text.contains("compared with today"));
}

#[test]
fn a_foreign_file_is_refused_and_foreign_tabs_are_named() {
    let mut case = Case::german();
    let text = |it: &str| ReadCell::Text(it.to_owned());
    let foreign =
        ReadSheet { name: "Notizen".to_owned(), rows: vec![vec![text("=1+1"), text("b")]] };
    case.book.sheets.push(foreign.clone());
    case.check(&["ignored Notizen -: This sheet is not Kataster's; it was not read."]);
    case.book.sheets = vec![foreign];
    assert!(case.merged().errors[0].text.contains("no sheet"));
    case.book.sheets.clear();
    assert_eq!(case.merged().errors.len(), 1);
}

/// All cells of the sample that a person may fill, with the fields behind them.
fn fields(snapshot: &Snapshot) -> Vec<(&'static str, String, &'static Column, Place)> {
    let view = sample::view(snapshot, Language::German);
    let mut fields = Vec::new();
    for sheet in SHEETS.iter().filter(|it| it.layout == Layout::Table) {
        for row in view.rows(sheet) {
            for column in sheet.columns {
                if let Some(place) = field_of(column, row) {
                    fields.push((sheet.key, row.id.clone(), column, place));
                }
            }
        }
    }
    fields
}

/// A value that fits a column, and another one.
fn fitting(column: &Column, place: &Place, turn: usize) -> ReadCell {
    use crate::register::FieldKind;
    let register = Register::parse(include_str!("../register/example.toml")).unwrap();
    match crate::register::field_kind(&place.table, &place.key).unwrap() {
        FieldKind::Choice(_) | FieldKind::YesNo => {
            let codes = column.list.unwrap().codes();
            let (_, message) = codes[turn % codes.len()];
            ReadCell::Text(Language::German.wording().text(message))
        }
        FieldKind::Day => {
            ReadCell::Number(46_000.0 + f64::from(u16::try_from(turn % 900).unwrap()))
        }
        FieldKind::Whole { max, .. } => {
            let number = turn % usize::try_from(max.min(90)).unwrap() + 1;
            ReadCell::Number(f64::from(u16::try_from(number).unwrap()))
        }
        FieldKind::Hours | FieldKind::Amount => {
            ReadCell::Number(f64::from(u16::try_from(turn % 90).unwrap()) / 2.0)
        }
        FieldKind::Reference(table) | FieldKind::References(table) => {
            let index = register.index();
            let ids: Vec<&str> = index.entries(table).map(|(id, _)| id).collect();
            ReadCell::Text(ids[turn % ids.len()].to_owned())
        }
        FieldKind::Networks => ReadCell::Text(format!("10.{}.0.0/16", turn % 200)),
        FieldKind::Recognisers => ReadCell::Text(format!("service:S{turn}")),
        FieldKind::Condition => ReadCell::Text("name=PC-*".to_owned()),
        FieldKind::Sha256 => ReadCell::Text(format!("{turn:064x}")),
        FieldKind::Text | FieldKind::Texts => ReadCell::Text(format!("=T{turn}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_edits_of_yellow_cells_are_applied_exactly(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..1000), 1..12),
    ) {
        let mut case = Case::german();
        let fields = fields(&case.before);
        let mut places = std::collections::BTreeSet::new();
        for (index, turn) in edits {
            let (sheet, id, column, place) = &fields[index.index(fields.len())];
            // An entry must not refer to itself, which these could.
            let may_be_itself = matches!(place.key.as_str(), "deputy" | "parent" | "may_reach" | "serves");
            if may_be_itself || !places.insert(place.clone()) {
                continue;
            }
            case.write(sheet, id, column.key, fitting(column, place, turn));
        }
        let outcome = case.merged();
        prop_assert!(outcome.errors.is_empty(), "{:?}", lines(&outcome));
        let is_clean = outcome.ignored.is_empty() && outcome.conflicts.is_empty();
        prop_assert!(is_clean, "{:?}", lines(&outcome));
        for change in &outcome.changes {
            prop_assert!(places.contains(&change.place), "{:?}", change.place);
        }
        let after = case.now.register.edited(&outcome.edits()).unwrap();
        case.now = with(&case.now, after);
        let again = case.merged();
        prop_assert!(again.changes.is_empty() && again.conflicts.is_empty(), "{:?}", lines(&again));
        prop_assert_eq!(again.already, outcome.changes.len() as u64);
    }

    #[test]
    fn no_workbook_makes_it_panic(
        texts in proptest::collection::vec(proptest::collection::vec(".{0,12}", 0..8), 0..30),
        turn in 0_usize..10,
    ) {
        let mut case = Case::german();
        let rows: Vec<Vec<ReadCell>> = texts
            .into_iter()
            .map(|row| row.into_iter().map(ReadCell::Text).collect())
            .collect();
        let count = case.book.sheets.len();
        let tab = &mut case.book.sheets[turn % count];
        tab.rows.splice(5.min(tab.rows.len()).., rows);
        let _ = case.merged();
    }
}

#[test]
fn what_makes_the_register_a_broken_one_is_an_error_at_its_cell() {
    let mut case = Case::german();
    case.write_text("roles", "Büroleitung", "role.deputy", "Büroleitung");
    case.write_text("roles", "IT-Leitung", "role.remark", "Neu");
    let mut outcome = case.merged();
    let words = Language::English.wording();
    assert!(outcome.errors.is_empty());
    assert_eq!(outcome.applied_to(&case.now.register, words), None);
    assert_eq!(outcome.errors[0].spot.key.as_deref(), Some("role.deputy"));
    assert!(outcome.errors[0].text.contains("itself"), "{}", outcome.errors[0].text);
}
