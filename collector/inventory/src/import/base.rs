//! What an export showed: kept by the collector, so that an edited workbook can be told from an old one.

use std::collections::{BTreeMap, HashMap};

use observation::ContentHash;
use serde::{Deserialize, Serialize};

use super::book::number_text;
use crate::export::{Cell, Column, Layout, Sheet, Value, View, canonical, clean, in_order};
use crate::register::Value as Stated;

/// The cells of an export: in full where people fill them, as hashes elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExportBase {
    sheets: BTreeMap<String, BaseSheet>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct BaseSheet {
    columns: Vec<String>,
    rows: Vec<(String, Vec<BaseCell>)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum BaseCell {
    /// The beginning of the SHA-256 of what the cell shows.
    Hash(u32),
    /// What a cell says that people fill.
    Stated(String),
}

/// An export, with its rows found by sheet and id.
pub(super) struct BaseIndex<'b> {
    rows: HashMap<(&'b str, &'b str), (&'b BaseSheet, &'b [BaseCell])>,
}

impl ExportBase {
    /// What a view shows.
    #[must_use]
    pub fn of(view: &View<'_>) -> Self {
        let sheets = in_order().into_iter().filter(|it| it.layout != Layout::Hidden);
        let sheet = |sheet: &'static Sheet| {
            let cells = |cells: &[Cell]| -> Vec<BaseCell> {
                let cells = sheet.columns.iter().zip(cells);
                cells.map(|(column, cell)| BaseCell::of(view, column, cell)).collect()
            };
            let rows = view.rows(sheet).iter().map(|row| (row.id.clone(), cells(&row.cells)));
            let columns = sheet.columns.iter().map(|it| it.key.to_owned()).collect();
            (sheet.key.to_owned(), BaseSheet { columns, rows: rows.collect() })
        };
        Self { sheets: sheets.map(sheet).collect() }
    }

    pub(super) fn index(&self) -> BaseIndex<'_> {
        let rows = self.sheets.iter().flat_map(|(key, sheet)| {
            sheet
                .rows
                .iter()
                .map(move |(id, cells)| ((key.as_str(), id.as_str()), (sheet, cells.as_slice())))
        });
        BaseIndex { rows: rows.collect() }
    }
}

impl BaseCell {
    fn of(view: &View<'_>, column: &Column, cell: &Cell) -> Self {
        if column.is_editable() {
            Self::Stated(stated_text(cell.value()))
        } else {
            Self::Hash(hash(&shown_text(view, cell.value())))
        }
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
        match self.cell(sheet, id, column)? {
            BaseCell::Stated(text) => Some(text),
            BaseCell::Hash(_) => None,
        }
    }

    /// Whether a cell that people do not fill showed this; none: there was no such cell.
    pub(super) fn showed(&self, sheet: &str, id: &str, column: &str, text: &str) -> Option<bool> {
        match self.cell(sheet, id, column)? {
            BaseCell::Hash(known) => Some(*known == hash(text)),
            BaseCell::Stated(_) => None,
        }
    }

    fn cell(&self, sheet: &str, id: &str, column: &str) -> Option<&BaseCell> {
        let (sheet, cells) = self.rows.get(&(sheet, id))?;
        let at = sheet.columns.iter().position(|it| it == column)?;
        cells.get(at)
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

fn hash(text: &str) -> u32 {
    let hash = ContentHash::of(text.as_bytes());
    hash.as_bytes().iter().take(4).fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
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
        let base = ExportBase::of(&view);
        let kept: ExportBase = serde_json::from_slice(&serde_json::to_vec(&base).unwrap()).unwrap();
        assert_eq!(kept, base);
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
