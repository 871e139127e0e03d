//! What an export showed: kept by the collector, so that an edited workbook can be told from an old one.

use std::collections::HashMap;

use observation::ContentHash;
use serde::{Deserialize, Serialize};

use super::book::number_text;
use crate::export::{Origin, Row, Sheet, Value, View, canonical, clean};
use crate::register::Value as Stated;

/// The cells of an export: in full where people fill them, as hashes elsewhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportBase {
    sheets: Vec<(BaseSheet, Vec<BaseRow>)>,
}

/// The columns of a sheet by their keys. Those that name the row are left out: its id says the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct BaseSheet {
    sheet: String,
    /// Columns that people fill.
    stated: Vec<String>,
    /// Columns that they do not fill.
    shown: Vec<String>,
}

/// The id of a row, what the cells say that people fill, and [`HASH_DIGITS`] for each of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct BaseRow(String, Vec<String>, String);

/// What stands in one line of a kept export: a sheet, or a row of the sheet above.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Sheet(BaseSheet),
    Row(BaseRow),
}

/// Hexadecimal digits of the SHA-256 of what a cell shows. One edit in 65,536 goes unnoticed: then it is
/// not said that it was in vain, and no more hangs on it.
const HASH_DIGITS: usize = 4;

/// Keeps what an export shows while its rows pass: one JSON value per line, so that it need not be in
/// memory in any other form.
#[derive(Debug, Default)]
pub struct BaseWriter {
    lines: Vec<u8>,
}

/// An export, with its rows found by sheet and id.
pub(super) struct BaseIndex<'b> {
    rows: HashMap<(&'b str, &'b str), (&'b BaseSheet, &'b BaseRow)>,
}

impl BaseWriter {
    /// The rows that follow are those of this sheet.
    pub fn sheet(&mut self, sheet: &Sheet) {
        let keys = |is_editable: bool| -> Vec<String> {
            let columns = sheet.columns.iter().filter(|it| it.origin != Origin::Key);
            let columns = columns.filter(|it| it.is_editable() == is_editable);
            columns.map(|it| it.key.to_owned()).collect()
        };
        let (stated, shown) = (keys(true), keys(false));
        self.line(&BaseSheet { sheet: sheet.key.to_owned(), stated, shown });
    }

    /// A row of the sheet.
    pub fn row(&mut self, view: &View<'_>, sheet: &Sheet, row: &Row) {
        let mut stated = Vec::new();
        let mut shown = String::with_capacity(sheet.columns.len() * HASH_DIGITS);
        for (column, cell) in sheet.columns.iter().zip(&row.cells) {
            match column.origin {
                Origin::Key => {}
                Origin::ByHand => stated.push(stated_text(cell.value())),
                Origin::Agent | Origin::Scan | Origin::Computed => {
                    shown.extend(digits(&shown_text(view, cell.value())));
                }
            }
        }
        self.line(&BaseRow(row.id.clone(), stated, shown));
    }

    fn line(&mut self, line: &impl Serialize) {
        // Texts and lists always have a form in JSON, and memory always takes it.
        drop(serde_json::to_writer(&mut self.lines, line));
        self.lines.push(b'\n');
    }

    /// All that was kept.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.lines
    }
}

impl ExportBase {
    /// Reads what a [`BaseWriter`] kept.
    ///
    /// # Errors
    /// If it is something else.
    pub fn read(lines: &[u8]) -> Result<Self, serde_json::Error> {
        let mut base = Self::default();
        for line in serde_json::Deserializer::from_slice(lines).into_iter() {
            match line? {
                Line::Sheet(sheet) => base.sheets.push((sheet, Vec::new())),
                Line::Row(row) => {
                    if let Some((_, rows)) = base.sheets.last_mut() {
                        rows.push(row);
                    }
                }
            }
        }
        Ok(base)
    }

    pub(super) fn index(&self) -> BaseIndex<'_> {
        let rows = self.sheets.iter().flat_map(|(sheet, rows)| {
            rows.iter().map(move |row| ((sheet.sheet.as_str(), row.0.as_str()), (sheet, row)))
        });
        BaseIndex { rows: rows.collect() }
    }
}

impl BaseIndex<'_> {
    /// Whether the export had this row.
    pub(super) fn has(&self, sheet: &str, id: &str) -> bool {
        self.rows.contains_key(&(sheet, id))
    }

    /// The ids of all rows of a sheet.
    pub(super) fn ids(&self, sheet: &str) -> impl Iterator<Item = &str> {
        let sheet = sheet.to_owned();
        self.rows.keys().filter(move |(it, _)| *it == sheet).map(|(_, id)| *id)
    }

    /// What a cell said that people fill.
    pub(super) fn stated(&self, sheet: &str, id: &str, column: &str) -> Option<&str> {
        let (sheet, BaseRow(_, stated, _)) = self.rows.get(&(sheet, id))?;
        stated.get(sheet.stated.iter().position(|it| it == column)?).map(String::as_str)
    }

    /// Whether a cell that people do not fill showed this; none: there was no such cell.
    pub(super) fn showed(&self, sheet: &str, id: &str, column: &str, text: &str) -> Option<bool> {
        let (sheet, BaseRow(_, _, shown)) = self.rows.get(&(sheet, id))?;
        let start = sheet.shown.iter().position(|it| it == column)? * HASH_DIGITS;
        let known = shown.get(start..start + HASH_DIGITS)?;
        Some(known.chars().eq(digits(text)))
    }
}

/// What a cell by hand says, as it is compared.
pub(super) fn stated_text(value: &Value) -> String {
    if let Value::Number(number) = value {
        return number_text(*number);
    }
    let text = clean(&canonical(value)).replace("\r\n", "\n").trim().to_owned();
    if text == "–" { String::new() } else { text }
}

/// What the register says of a field, in the same form.
pub(super) fn stated_value(value: Option<&Stated>) -> String {
    match value {
        None => String::new(),
        Some(Stated::YesNo(is_so)) => if *is_so { "yes" } else { "no" }.to_owned(),
        Some(Stated::Decimal(number)) => number_text(*number),
        Some(Stated::Texts(texts)) => texts.join("\n"),
        Some(it @ (Stated::Whole(_) | Stated::Text(_))) => it.to_text(),
    }
}

/// What a cell shows, as it is read back.
pub(super) fn shown_text(view: &View<'_>, value: &Value) -> String {
    match value {
        Value::Number(number) => number_text(*number),
        Value::Date(day) => day.to_string(),
        Value::Instant(at) => {
            let local = at.to_zoned_datetime(view.time_zone().clone()).datetime();
            local.strftime("%Y-%m-%dT%H:%M").to_string()
        }
        Value::Formula { result, .. } => shown_text(view, result),
        Value::Text(_)
        | Value::Choice(..)
        | Value::Open
        | Value::Unknown(_)
        | Value::NotAssessed
        | Value::NoData
        | Value::Nothing => clean(&view.value_text(value)).trim().to_owned(),
    }
}

/// The first [`HASH_DIGITS`] of the SHA-256 of a text.
fn digits(text: &str) -> impl Iterator<Item = char> {
    let hash = *ContentHash::of(text.as_bytes()).as_bytes();
    let halves = hash.into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.take(HASH_DIGITS).filter_map(|it| char::from_digit(u32::from(it), 16))
}

/// What a view shows, written and read.
#[cfg(test)]
pub(super) fn kept(view: &View<'_>) -> ExportBase {
    use crate::export::{Layout, in_order};
    let mut writer = BaseWriter::default();
    for sheet in in_order().into_iter().filter(|it| it.layout != Layout::Hidden) {
        writer.sheet(sheet);
        view.passing(sheet).for_each(|it| writer.row(view, sheet, &it));
    }
    ExportBase::read(&writer.finish()).unwrap()
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;
    use crate::export::sample;

    #[test]
    fn an_export_knows_what_it_showed() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::German);
        let kept = kept(&view);
        let index = kept.index();
        assert!(index.has("processes", "GP001") && !index.has("processes", "GP002"));
        assert_eq!(index.stated("processes", "GP001", "process.integrity"), Some("very_high"));
        assert_eq!(index.stated("processes", "GP001", "process.outage_hours"), Some("8"));
        assert_eq!(index.stated("processes", "GP001", "process.description"), Some(""));
        assert_eq!(index.showed("systems", "S-7K2QD", "system.name", "srv-erp"), Some(true));
        assert_eq!(index.showed("systems", "S-7K2QD", "system.name", "srv-erq"), Some(false));
        assert_eq!(index.showed("systems", "S-7K2QD", "system.purpose", ""), None);
        assert_eq!(index.ids("processes").collect::<Vec<_>>(), ["GP001"]);
    }
}
