//! The three-way merge.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::RoundMode;
use jiff::civil::DateTimeRound;
use wording::{Language, Wording};

use super::ExportBase;
use super::base::{BaseIndex, stated_text, stated_value};
use super::book::{ReadBook, ReadCell, ReadSheet, cell_name};
use super::find::{self, Found};
use super::outcome::{Candidate, CellChange, Conflict, Outcome, Remark, Spot};
use super::value::{Reader, shortened};
use crate::export::{Column, Kind, Layout, Origin, Row, SHEETS, Sheet, View, field_of, list_of};
use crate::register::{Place, Value, field_kind, is_statement, nearest_word};

/// Most remarks of one kind that are listed; the rest is counted.
const REMARKS_MAX: usize = 1_000;
/// Rows of a tab that are read at most: what spreadsheets hold.
const ROWS_MAX: usize = 1_048_576;
/// On the cover the name of a field stands hidden in the first column, its value in the third.
const COVER_VALUE_COLUMN: usize = 2;
const COVER_PREFIX: &str = "cover.";
/// The column that says in which zone a network lies.
const ZONE_COLUMN: &str = "network.zone";
/// Among more ids than these the one that was meant is not looked for, and only for the first mistakes.
const IDS_SEARCHED_MAX: usize = 20_000;
const SEARCHES_MAX: usize = 50;

/// How an import is to be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether cells that were emptied empty the field.
    pub clear_emptied: bool,
}

/// What the workbook would change: compared with what its export showed (`base`; none: that is not
/// known, and everything is compared with today) and with what the register says now (`view`, in the
/// language of the workbook). What there is to say is said in `words`.
#[must_use]
pub fn merge(
    book: &ReadBook,
    base: Option<&ExportBase>,
    view: &View<'_>,
    words: &'static Wording,
    options: Options,
) -> Outcome {
    let meta = book.meta();
    let language = meta.get("language").and_then(|it| Language::from_tag(it));
    let mut merger = Merger {
        view,
        base: base.map(ExportBase::index),
        reader: Reader {
            words,
            language: language.unwrap_or_else(|| view.language()),
            index: view.stated(),
        },
        options,
        rows: HashMap::new(),
        seen: HashMap::new(),
        outcome: Outcome {
            export_number: meta.get("export_number").and_then(|it| it.parse().ok()),
            ..Outcome::default()
        },
    };
    merger.book(book);
    merger.outcome
}

struct Merger<'m, 'v> {
    view: &'m View<'v>,
    base: Option<BaseIndex<'m>>,
    reader: Reader<'m>,
    options: Options,
    /// Today's rows of the sheets met so far, by id.
    rows: HashMap<&'static str, HashMap<&'m str, &'m Row>>,
    /// Where each row of the workbook was met first.
    seen: HashMap<(&'static str, String), Spot>,
    outcome: Outcome,
}

/// A row of the workbook whose sheet and columns are known.
#[derive(Clone, Copy)]
struct Line<'l> {
    tab: &'l ReadSheet,
    found: &'l Found,
    number: usize,
}

impl<'m> Merger<'m, '_> {
    fn book(&mut self, book: &ReadBook) {
        if self.base.is_none() {
            self.warn("import-warning-no-base");
        }
        let mut is_ours = false;
        for tab in &book.sheets {
            if is_cover(tab) {
                is_ours = true;
                self.cover(tab);
                continue;
            }
            let Some(found) = find::find(tab) else {
                self.foreign_tab(tab);
                continue;
            };
            is_ours = true;
            self.tab(tab, &found);
        }
        if !is_ours {
            let spot = Spot::default();
            self.error(spot, self.reader.words.text("import-problem-no-sheet"));
        }
        self.missing_rows(book);
    }

    fn warn(&mut self, message: &str) {
        let text = self.reader.words.text(message);
        self.outcome.warnings.push(Remark { spot: Spot::default(), text });
    }

    /// A tab that is none of ours. Those that the program adds for itself need no word.
    fn foreign_tab(&mut self, tab: &ReadSheet) {
        let languages = [Language::German, Language::English];
        let own = languages.map(|it| it.wording().text("workbook-lists"));
        let is_empty = tab.rows.iter().flatten().all(|it| it.text().is_none());
        if tab.name.starts_with('_') || own.contains(&tab.name) || is_empty {
            return;
        }
        let spot = Spot { sheet: tab.name.clone(), ..Spot::default() };
        self.ignore(spot, self.reader.words.text("import-ignored-tab"));
    }

    fn tab(&mut self, tab: &ReadSheet, found: &Found) {
        if let Some((at, column)) = found.doubled {
            let line = Line { tab, found, number: found.first_row.saturating_sub(1) };
            let text = self.reader.words.text("import-problem-column-twice");
            self.error(line.spot(Some(at), Some(column)), text);
            return;
        }
        if found.by_headings {
            let spot = Spot { sheet: tab.name.clone(), ..Spot::default() };
            let text = self.reader.words.text("import-warning-no-keys");
            self.outcome.warnings.push(Remark { spot, text });
        }
        for (at, heading) in &found.unknown {
            let line = Line { tab, found, number: found.first_row.saturating_sub(1) };
            let arguments = [("heading", shortened(heading).into())];
            let text = self.reader.words.text_with("import-ignored-column", &arguments);
            self.ignore(line.spot(Some(*at), None), text);
        }
        let mut keys = found.columns.iter().filter(|(_, it)| it.origin == Origin::Key);
        let Some((key_at, key)) = keys.find(|(_, it)| is_first(found.sheet, it)) else {
            let spot = Spot { sheet: tab.name.clone(), ..Spot::default() };
            self.error(spot, self.reader.words.text("import-problem-no-id-column"));
            return;
        };
        for number in (found.first_row..tab.rows.len()).take(ROWS_MAX) {
            let line = Line { tab, found, number };
            match tab.cell(number, *key_at).text() {
                Some(id) => self.row(line, (*key_at, key), id),
                None => self.new_row(line, (*key_at, key)),
            }
        }
    }

    fn row(&mut self, line: Line<'_>, (key_at, key): (usize, &Column), id: String) {
        let sheet = line.found.sheet;
        let languages = [Language::German, Language::English];
        if languages.iter().any(|it| it.wording().text(sheet.empty) == id) {
            return;
        }
        let spot = line.spot(Some(key_at), Some(key));
        if let Some(first) = self.seen.get(&(sheet.key, id.clone())) {
            let row = first.row.unwrap_or(0).to_string();
            let arguments = [
                ("id", shortened(&id).into()),
                ("sheet", first.sheet.clone().into()),
                ("row", row.into()),
            ];
            let text = self.reader.words.text_with("import-problem-id-twice", &arguments);
            self.error(spot, text);
            return;
        }
        let today = self.today(sheet, &id);
        let is_known = self.base.as_ref().is_some_and(|it| it.has(sheet.key, &id));
        if today.is_none() && !is_known {
            self.unknown_row(line, spot, &id);
            return;
        }
        self.seen.insert((sheet.key, id.clone()), spot);
        let gone = Row::new(id.as_str(), Vec::new());
        let row = today.unwrap_or(&gone);
        let zone_moved = self.is_zone_moved(line, row);
        for (at, column) in &line.found.columns {
            let cell = line.tab.cell(line.number, *at);
            let spot = line.spot(Some(*at), Some(column));
            if column.is_editable() && zone_moved && is_of_zone(column, row) {
                self.moved(sheet, row, column, cell, spot);
            } else if column.is_editable() {
                self.field(sheet, row, column, cell, spot);
            } else if column.origin != Origin::Key {
                self.observed(sheet, row, column, cell, spot);
            }
        }
    }

    /// Today's row of this id.
    fn today(&mut self, sheet: &'static Sheet, id: &str) -> Option<&'m Row> {
        let view = self.view;
        let rows = self
            .rows
            .entry(sheet.key)
            .or_insert_with(|| view.rows(sheet).iter().map(|it| (it.id.as_str(), it)).collect());
        rows.get(id).copied()
    }

    fn unknown_row(&mut self, line: Line<'_>, spot: Spot, id: &str) {
        // Whatever is named by what people call it begins with its name.
        if let Some((table, "name")) = identity_of(line.found.sheet) {
            self.candidate(line, table, Some(id.to_owned()), spot);
            return;
        }
        if self.outcome.errors.len() >= REMARKS_MAX {
            return;
        }
        let sheet = line.found.sheet;
        let is_searched = self.outcome.errors.len() < SEARCHES_MAX
            && self.view.rows(sheet).len() <= IDS_SEARCHED_MAX;
        let known: BTreeSet<String> = if !is_searched {
            BTreeSet::new()
        } else {
            let today = self.view.rows(sheet).iter().map(|it| it.id.clone());
            let then = self.base.iter().flat_map(|it| it.ids(sheet.key)).map(str::to_owned);
            today.chain(then).collect()
        };
        let arguments = [("id", shortened(id).into())];
        let mut text = self.reader.words.text_with("import-problem-unknown-id", &arguments);
        if let Some(word) = nearest_word(id, known.iter().map(String::as_str)) {
            let arguments = [("word", word.to_owned().into())];
            text.push(' ');
            text += &self.reader.words.text_with("register-problem-nearest", &arguments);
        }
        self.error(spot, text);
    }

    /// A row without an id: nothing, or something that may be new.
    fn new_row(&mut self, line: Line<'_>, (key_at, key): (usize, &Column)) {
        let mut cells = line.found.columns.iter().filter(|(_, it)| it.is_editable());
        if !cells.any(|(at, _)| line.tab.cell(line.number, *at).text().is_some()) {
            return;
        }
        let spot = line.spot(Some(key_at), Some(key));
        match identity_of(line.found.sheet) {
            Some((table, _)) => self.candidate(line, table, None, spot),
            None => self.ignore(spot, self.reader.words.text("import-ignored-new-row")),
        }
    }

    fn candidate(
        &mut self,
        line: Line<'_>,
        table: &'static str,
        identity: Option<String>,
        spot: Spot,
    ) {
        let mut values = Vec::new();
        for (at, column) in line.found.columns.iter().filter(|(_, it)| it.is_editable()) {
            let Some((_, key)) = column.key.split_once('.') else { continue };
            let Some(kind) = field_kind(table, key) else { continue };
            match self.reader.read(kind, column.list, line.tab.cell(line.number, *at)) {
                Ok(Some((_, value))) => values.push((key.to_owned(), value)),
                Ok(None) => {}
                Err(text) => self.error(line.spot(Some(*at), Some(column)), text),
            }
        }
        let name = values.iter().find(|(key, _)| key == "name").map(|(_, it)| it.to_text());
        let similar = self.view.stated().entries(table).filter(|(_, entry)| {
            let own = entry.text("name").map(str::to_lowercase);
            own.is_some() && own == name.as_ref().map(|it| it.to_lowercase())
        });
        let similar = similar.map(|(identity, _)| identity.to_owned()).collect();
        self.outcome.candidates.push(Candidate {
            id: None,
            spot,
            table: table.to_owned(),
            identity,
            values,
            similar,
            accepted: None,
        });
    }

    /// The fields of the cover.
    fn cover(&mut self, tab: &ReadSheet) {
        let Some(sheet) = SHEETS.iter().find(|it| it.layout == Layout::Cover) else { return };
        let Some(column) = sheet.columns.iter().find(|it| it.is_editable()) else { return };
        for number in 0..tab.rows.len().min(ROWS_MAX) {
            let Some(text) = tab.cell(number, 0).text() else { continue };
            let Some(id) = text.strip_prefix(COVER_PREFIX) else { continue };
            let Some(row) = self.today(sheet, id) else { continue };
            if field_of(column, row).is_none() {
                continue;
            }
            let spot = Spot {
                sheet: tab.name.clone(),
                row: u32::try_from(number + 1).ok(),
                cell: Some(cell_name(number, COVER_VALUE_COLUMN)),
                key: Some(column.key.to_owned()),
            };
            self.field(sheet, row, column, tab.cell(number, COVER_VALUE_COLUMN), spot);
        }
    }

    /// Whether the network of a row is given another zone in the workbook.
    fn is_zone_moved(&self, line: Line<'_>, row: &Row) -> bool {
        let zone = line.found.columns.iter().find(|(_, it)| it.key == ZONE_COLUMN);
        let Some((at, _)) = zone else { return false };
        let written = line.tab.cell(line.number, *at).text().unwrap_or_default();
        let base = self.base.as_ref();
        let base = base.and_then(|it| it.stated(line.found.sheet.key, &row.id, ZONE_COLUMN));
        base.is_some_and(|it| it != written)
    }

    /// A cell of the old zone, in a row whose zone is changed: it must stay as it is.
    fn moved(
        &mut self,
        sheet: &'static Sheet,
        row: &Row,
        column: &'static Column,
        cell: &ReadCell,
        spot: Spot,
    ) {
        let errors = self.outcome.errors.len();
        let changes = self.outcome.changes.len();
        let conflicts = self.outcome.conflicts.len();
        self.field(sheet, row, column, cell, spot.clone());
        let is_changed =
            self.outcome.changes.len() > changes || self.outcome.conflicts.len() > conflicts;
        self.outcome.changes.truncate(changes);
        self.outcome.conflicts.truncate(conflicts);
        if is_changed && self.outcome.errors.len() == errors {
            self.error(spot, self.reader.words.text("import-problem-zone-moved"));
        }
    }

    /// One cell that people fill.
    fn field(
        &mut self,
        sheet: &'static Sheet,
        row: &Row,
        column: &'static Column,
        cell: &ReadCell,
        spot: Spot,
    ) {
        let theirs = sheet
            .columns
            .iter()
            .position(|it| it.key == column.key)
            .and_then(|at| row.cells.get(at))
            .map_or_else(String::new, |it| stated_text(it.value()));
        let theirs = match field_of(column, row).filter(|_| row.cells.is_empty()) {
            // Today's sheet has the row no more; the register still says what it says.
            Some(it) => stated_value(self.view.stated().value(&it.table, &it.identity, &it.key)),
            None => theirs,
        };
        let base = self.base.as_ref();
        let base = base.and_then(|it| it.stated(sheet.key, &row.id, column.key)).map(str::to_owned);
        let written = cell.text().unwrap_or_default();
        // What was never touched needs no reading, even if today's lists lack its word.
        if base.as_ref() == Some(&written) || (base.is_none() && written == theirs) {
            return;
        }
        let Some(place) = field_of(column, row) else {
            if !written.is_empty() && written != "–" {
                self.ignore(spot, self.reader.words.text("import-ignored-not-of-this-row"));
            }
            return;
        };
        let Some(kind) = field_kind(&place.table, &place.key) else { return };
        let said = match self.reader.read(kind, list_of(column, &place), cell) {
            Ok(said) => said,
            Err(text) => return self.error(spot, text),
        };
        let (mine, value) = said.map_or((String::new(), None), |(text, value)| (text, Some(value)));
        let is_gone = row.cells.is_empty();
        self.decide(spot, place, Sides { base, mine, theirs, value, is_gone });
    }

    /// The table of the three ways.
    fn decide(&mut self, spot: Spot, place: Place, sides: Sides) {
        let Sides { base, mine, theirs, value, is_gone } = sides;
        let is_untouched = base.as_ref() == Some(&mine);
        if is_untouched {
            return;
        }
        if mine == theirs {
            self.outcome.already += u64::from(base.is_some());
            return;
        }
        if is_gone && !is_statement(&place.table) {
            self.ignore(spot, self.reader.words.text("import-ignored-removed"));
            return;
        }
        let text = |it: String| (!it.is_empty()).then_some(it);
        let stated = self.view.stated().value(&place.table, &place.identity, &place.key).cloned();
        if base.as_ref().is_some_and(|it| *it != theirs) {
            self.outcome.conflicts.push(Conflict {
                id: None,
                spot,
                place,
                base: base.and_then(text),
                workbook: text(mine),
                register: text(theirs),
                value,
                stated,
                taken: None,
            });
            return;
        }
        // Without a base, an empty cell is no sign that somebody emptied it.
        if mine.is_empty() && base.is_none() {
            return;
        }
        // One zone may have several networks, and so one field several cells.
        if let Some(other) = self.outcome.changes.iter().find(|it| it.place == place) {
            if other.after.as_deref().unwrap_or_default() != mine {
                let cell = other.spot.cell.clone().unwrap_or_default();
                let sheet = other.spot.sheet.clone();
                let arguments = [("sheet", sheet.into()), ("cell", cell.into())];
                let text = self.reader.words.text_with("import-problem-two-values", &arguments);
                self.error(spot, text);
            }
            return;
        }
        let applied = !mine.is_empty() || self.options.clear_emptied;
        self.outcome.changes.push(CellChange {
            spot,
            place,
            before: text(theirs),
            after: text(mine),
            value,
            applied,
        });
    }

    /// One cell that people do not fill: a change there is in vain, and is said.
    fn observed(
        &mut self,
        sheet: &'static Sheet,
        row: &Row,
        column: &'static Column,
        cell: &ReadCell,
        spot: Spot,
    ) {
        let Some(base) = &self.base else { return };
        let shown = shown(column, cell);
        if base.showed(sheet.key, &row.id, column.key, &shown) == Some(false) {
            self.ignore(spot, self.reader.words.text("import-ignored-observed"));
        }
    }

    /// Rows of the export that the workbook lacks: nothing is deleted, and it is said.
    fn missing_rows(&mut self, book: &ReadBook) {
        let Some(base) = &self.base else { return };
        let mut missing: BTreeMap<&'static str, usize> = BTreeMap::new();
        for sheet in SHEETS.iter().filter(|it| it.layout == Layout::Table) {
            let seen = |id: &str| self.seen.contains_key(&(sheet.key, id.to_owned()));
            let count = base.ids(sheet.key).filter(|id| !seen(id)).count();
            if count > 0 {
                missing.insert(sheet.key, count);
            }
        }
        if book.sheets.is_empty() {
            return;
        }
        for (key, count) in missing {
            let Some(sheet) = SHEETS.iter().find(|it| it.key == key) else { continue };
            let arguments = [("count", count.into())];
            let text = self.reader.words.text_with("import-ignored-missing-rows", &arguments);
            let spot = Spot { sheet: self.reader.words.text(sheet.title), ..Spot::default() };
            self.ignore(spot, text);
        }
    }

    fn ignore(&mut self, spot: Spot, text: String) {
        if self.outcome.ignored.len() < REMARKS_MAX {
            self.outcome.ignored.push(Remark { spot, text });
        }
    }

    fn error(&mut self, spot: Spot, text: String) {
        if self.outcome.errors.len() < REMARKS_MAX {
            self.outcome.errors.push(Remark { spot, text });
        }
    }
}

/// What the three sides say of a field; the base is none where it is not known.
struct Sides {
    base: Option<String>,
    mine: String,
    theirs: String,
    value: Option<Value>,
    /// Whether today's sheet has the row no more.
    is_gone: bool,
}

impl Line<'_> {
    fn spot(&self, at: Option<usize>, column: Option<&Column>) -> Spot {
        Spot {
            sheet: self.tab.name.clone(),
            row: u32::try_from(self.number + 1).ok(),
            cell: at.map(|at| cell_name(self.number, at)),
            key: column.map(|it| it.key.to_owned()),
        }
    }
}

/// Whether a cell is a field of the zone that the row's network lies in.
fn is_of_zone(column: &Column, row: &Row) -> bool {
    field_of(column, row).is_some_and(|it| it.table == "zone")
}

/// Whether a tab is the cover: it has hidden names of its fields.
fn is_cover(tab: &ReadSheet) -> bool {
    let named = |row: &Vec<ReadCell>| {
        row.first().and_then(ReadCell::text).is_some_and(|it| it.starts_with(COVER_PREFIX))
    };
    tab.rows.iter().filter(|it| named(it)).count() > 1
}

fn is_first(sheet: &Sheet, column: &Column) -> bool {
    sheet.columns.first().is_some_and(|it| it.key == column.key)
}

/// The table that a sheet shows, and the key that names its entries; none for what was observed.
fn identity_of(sheet: &Sheet) -> Option<(&'static str, &'static str)> {
    let (table, key) = sheet.columns.first()?.key.split_once('.')?;
    // Its rows are entries and products without one, so its first column is not called a code.
    if sheet.key == "licences" {
        return Some((table, "code"));
    }
    let is_one = matches!(key, "code" | "name") && field_kind(table, key).is_some();
    is_one.then_some((table, key))
}

/// What a cell that people do not fill shows.
fn shown(column: &Column, cell: &ReadCell) -> String {
    match cell {
        ReadCell::Moment(at) if column.kind == Kind::Instant => {
            // Programs keep moments as fractions of days and differ in the last second.
            let second =
                DateTimeRound::new().smallest(jiff::Unit::Second).mode(RoundMode::HalfExpand);
            let at = at.round(second).unwrap_or(*at);
            at.strftime("%Y-%m-%dT%H:%M").to_string()
        }
        ReadCell::Empty
        | ReadCell::Text(_)
        | ReadCell::Number(_)
        | ReadCell::Moment(_)
        | ReadCell::YesNo(_)
        | ReadCell::Wrong(_) => cell.text().unwrap_or_default(),
    }
}
