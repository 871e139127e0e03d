//! One cell into the file.

use std::collections::HashMap;
use std::rc::Rc;

use inventory::asset::Evidence;
use inventory::export::Cell;
use inventory::export::Column;
use inventory::export::Kind;
use inventory::export::Origin;
use inventory::export::Target;
use inventory::export::Value;
use inventory::export::View;
use jiff::civil::{Date, DateTime};
use rust_xlsxwriter::{Format, Formula, Note, Url, Worksheet, XlsxError, column_number_to_name};

use super::looks::{self, Look, Tone};
use super::text;

/// Beyond so many links or notes in one sheet, programs become slow; the values stay.
const LINKS_MAX: usize = 20_000;
const NOTES_MAX: usize = 20_000;

/// Writes the cells of one sheet.
pub(super) struct CellWriter<'w> {
    view: &'w View<'w>,
    /// Where links may lead: sheet and row id to a place in the file.
    places: &'w Places,
    formats: HashMap<Look, Rc<Format>>,
    whole_formats: HashMap<Look, Rc<Format>>,
    links: usize,
    notes: usize,
}

/// Where links lead, by the key of the sheet.
#[derive(Default)]
pub(super) struct Places(HashMap<&'static str, SheetPlaces>);

/// The tabs of a sheet by their names, and by its id in which of them and in which row of the file,
/// counted from 1, a row stands.
#[derive(Default)]
struct SheetPlaces {
    tabs: Vec<String>,
    rows: HashMap<String, (usize, u32)>,
}

impl Places {
    /// Adds the next tab of a sheet, with the ids of its rows from this row of the file on, counted from 1.
    pub(super) fn add<'i>(
        &mut self,
        sheet: &'static str,
        tab: &str,
        first_row: u32,
        ids: impl Iterator<Item = &'i String>,
    ) {
        let places = self.0.entry(sheet).or_default();
        let number = places.tabs.len();
        places.tabs.push(tab.to_owned());
        places.rows.extend((first_row..).zip(ids).map(|(row, id)| (id.clone(), (number, row))));
    }

    /// `internal:'IT-Systeme'!A7`
    fn of(&self, target: &Target) -> Option<String> {
        let places = self.0.get(target.sheet)?;
        let (tab, row) = match &target.row {
            Some(id) => *places.rows.get(id)?,
            None => (0, 1),
        };
        places.tabs.get(tab).map(|it| internal(it, row))
    }
}

/// The link to a row of a tab, counted from 1.
pub(super) fn internal(tab: &str, row: u32) -> String {
    format!("internal:'{tab}'!A{row}")
}

/// A cell as it is written.
enum Shown {
    Text(String),
    Number(f64),
    Formula(String, String),
    Empty,
}

impl<'w> CellWriter<'w> {
    pub(super) fn new(view: &'w View<'w>, places: &'w Places) -> Self {
        Self {
            view,
            places,
            formats: HashMap::new(),
            whole_formats: HashMap::new(),
            links: 0,
            notes: 0,
        }
    }

    /// Writes a cell and gives how many lines it takes.
    pub(super) fn write(
        &mut self,
        worksheet: &mut Worksheet,
        (row, column_number): (u32, u16),
        column: &Column,
        columns: &[Column],
        cell: &Cell,
    ) -> Result<f64, XlsxError> {
        let shown = self.shown(cell.value(), row, columns);
        let target = cell.target().filter(|_| self.links < LINKS_MAX);
        let link = target.and_then(|it| self.places.of(it));
        let tone = match (is_absent(cell.value()), &link) {
            (true, _) => Tone::Absent,
            (false, Some(_)) => Tone::Link,
            (false, None) => Tone::Plain,
        };
        let format = self.format(column, tone, cell.value());
        let lines = match &shown {
            Shown::Text(it) if wraps(column) || it.contains('\n') => {
                text::lines(it, f64::from(column.width))
            }
            Shown::Text(_) | Shown::Number(_) | Shown::Formula(..) | Shown::Empty => 1.0,
        };
        match (shown, link) {
            (Shown::Text(it), Some(link)) => {
                self.links += 1;
                let url = Url::new(link).set_text(it);
                worksheet.write_url_with_format(row, column_number, url, &format)?;
            }
            (Shown::Text(it), None) => {
                worksheet.write_string_with_format(row, column_number, it, &format)?;
            }
            (Shown::Number(it), _) => {
                worksheet.write_number_with_format(row, column_number, it, &format)?;
            }
            (Shown::Formula(formula, result), _) => {
                let formula = Formula::new(formula).set_result(result);
                worksheet.write_formula_with_format(row, column_number, formula, &format)?;
            }
            (Shown::Empty, _) => {
                worksheet.write_blank(row, column_number, &format)?;
            }
        }
        self.note(worksheet, (row, column_number), cell)?;
        Ok(lines)
    }

    fn note(
        &mut self,
        worksheet: &mut Worksheet,
        (row, column): (u32, u16),
        cell: &Cell,
    ) -> Result<(), XlsxError> {
        if self.notes >= NOTES_MAX {
            return Ok(());
        }
        let said = match (cell.value(), cell.evidence()) {
            (Value::Unknown(reason), _) if !reason.is_empty() => reason.clone(),
            (_, Some(evidence)) => evidence_text(self.view, evidence),
            (_, None) => return Ok(()),
        };
        self.notes += 1;
        let note = Note::new(text::clean(&said))
            .add_author_prefix(false)
            .set_font_name("Arial")
            .set_font_size(8)
            .set_width(230)
            .set_height(64);
        worksheet.insert_note(row, column, &note)?;
        Ok(())
    }

    fn format(&mut self, column: &Column, tone: Tone, value: &Value) -> Rc<Format> {
        let look = Look {
            is_editable: column.is_editable(),
            kind: column.kind,
            is_wrapped: wraps(column) || matches!(value, Value::Text(it) if it.contains('\n')),
            tone,
        };
        let language = self.view.language();
        let is_whole = matches!(value, Value::Number(it) if it.fract() == 0.0);
        if is_whole && column.kind == Kind::Number && tone != Tone::Absent {
            let make = || Rc::new(looks::whole(looks::cell(look, language)));
            return Rc::clone(self.whole_formats.entry(look).or_insert_with(make));
        }
        let make = || Rc::new(looks::cell(look, language));
        Rc::clone(self.formats.entry(look).or_insert_with(make))
    }

    fn shown(&self, value: &Value, row: u32, columns: &[Column]) -> Shown {
        match value {
            Value::Text(it) => Shown::Text(text::clean(it)),
            Value::Number(it) => Shown::Number(*it),
            Value::Date(day) => Shown::Number(serial(day.at(0, 0, 0, 0))),
            Value::Instant(at) => {
                let local = at.to_zoned_datetime(self.view.time_zone().clone()).datetime();
                Shown::Number(serial(local))
            }
            Value::Formula { formula, result } => {
                let result = match self.shown(result, row, columns) {
                    Shown::Text(it) => it,
                    Shown::Number(it) => it.to_string(),
                    Shown::Formula(_, it) => it,
                    Shown::Empty => String::new(),
                };
                Shown::Formula(with_cells(formula, row, columns), result)
            }
            Value::Open => Shown::Empty,
            Value::Choice(..)
            | Value::Unknown(_)
            | Value::NotAssessed
            | Value::NoData
            | Value::Nothing => Shown::Text(text::clean(&self.view.value_text(value))),
        }
    }
}

/// Text is wrapped wherever it may be longer than its column: cut text is lost on paper.
const fn wraps(column: &Column) -> bool {
    column.is_wrapped
        || (matches!(column.kind, Kind::Text) && !matches!(column.origin, Origin::Key))
}

const fn is_absent(value: &Value) -> bool {
    match value {
        Value::Unknown(_) | Value::NotAssessed | Value::NoData | Value::Nothing => true,
        Value::Text(_)
        | Value::Number(_)
        | Value::Date(_)
        | Value::Instant(_)
        | Value::Choice(..)
        | Value::Formula { .. }
        | Value::Open => false,
    }
}

/// Source, observer, trust and time of a value, for its note.
fn evidence_text(view: &View<'_>, evidence: &Evidence) -> String {
    view.evidence_text(evidence)
}

/// Days since the spreadsheet's own beginning of time.
fn serial(at: DateTime) -> f64 {
    let beginning = Date::constant(1899, 12, 30);
    let days = f64::from((at.date() - beginning).get_days());
    let seconds = f64::from(at.hour()) * 3600.0 + f64::from(at.minute()) * 60.0;
    days + (seconds + f64::from(at.second())) / 86_400.0
}

/// The formula with the cells of this row in place of `{column.key}`.
fn with_cells(formula: &str, row: u32, columns: &[Column]) -> String {
    let mut filled = formula.to_owned();
    for (number, column) in (0_u16..).zip(columns) {
        let name = column_number_to_name(number);
        filled = filled.replace(&format!("{{{}}}", column.key), &format!("{name}{}", row + 1));
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_become_serial_numbers() {
        assert!((serial(Date::constant(2026, 11, 24).at(12, 0, 0, 0)) - 46_350.5).abs() < 1e-9);
        assert!((serial(Date::constant(1900, 3, 1).at(0, 0, 0, 0)) - 61.0).abs() < 1e-9);
    }

    #[test]
    fn a_formula_speaks_of_the_cells_of_its_row() {
        let columns =
            [Column::by_hand("licence.entitled", "a"), Column::computed("licence.installed", "b")];
        assert_eq!(with_cells("={licence.entitled}-{licence.installed}", 6, &columns), "=A7-B7");
    }
}
