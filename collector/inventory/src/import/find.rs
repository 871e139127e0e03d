//! Which tab is which sheet, and in which column stands what: by the hidden keys, else by headings in
//! either language. Names, order and hiding of tabs, rows and columns mean nothing.

use std::collections::HashMap;

use wording::Language;

use super::book::ReadSheet;
use crate::export::{Column, Layout, SHEETS, Sheet};

/// The head of a sheet stands within so many rows; the network plan has a picture above it.
const HEAD_ROWS_MAX: usize = 80;
/// Without keys, so many headings must be found before a tab is taken for a sheet.
const HEADINGS_MIN: usize = 3;
const LANGUAGES: [Language; 2] = [Language::German, Language::English];

/// A tab that was recognised.
pub(super) struct Found {
    pub(super) sheet: &'static Sheet,
    /// Place in the tab and column.
    pub(super) columns: Vec<(usize, &'static Column)>,
    /// The row, counted from 0, in which data begins.
    pub(super) first_row: usize,
    /// Columns with a heading that no column has.
    pub(super) unknown: Vec<(usize, String)>,
    /// A column that stands there twice.
    pub(super) doubled: Option<(usize, &'static Column)>,
    /// Whether the hidden keys are gone.
    pub(super) by_headings: bool,
}

/// The sheet that a tab is; none: it is none of ours, or one that is not read back.
pub(super) fn find(tab: &ReadSheet) -> Option<Found> {
    by_keys(tab).or_else(|| by_headings(tab))
}

fn by_keys(tab: &ReadSheet) -> Option<Found> {
    let known: HashMap<&str, (&'static Sheet, &'static Column)> = SHEETS
        .iter()
        .filter(|it| it.layout != Layout::Hidden)
        .flat_map(|sheet| sheet.columns.iter().map(move |it| (it.key, (*sheet, it))))
        .collect();
    for (number, row) in tab.rows.iter().enumerate().take(HEAD_ROWS_MAX) {
        let texts = row.iter().map(super::ReadCell::text);
        let hits: Vec<_> = texts
            .enumerate()
            .filter_map(|(at, text)| known.get(text?.as_str()).map(|(sheet, it)| (at, *sheet, *it)))
            .collect();
        let Some((_, sheet, _)) = hits.first() else { continue };
        // One key alone may be somebody's note.
        let needed = sheet.columns.len().min(2);
        let hits: Vec<_> = hits.iter().filter(|it| it.1.key == sheet.key).collect();
        if hits.len() >= needed {
            let columns = hits.iter().map(|(at, _, column)| (*at, *column)).collect();
            return Some(found(tab, sheet, columns, number + 1, false));
        }
    }
    None
}

fn by_headings(tab: &ReadSheet) -> Option<Found> {
    let mut best: Option<(usize, Found)> = None;
    for (number, row) in tab.rows.iter().enumerate().take(HEAD_ROWS_MAX) {
        let texts: Vec<Option<String>> =
            row.iter().map(|it| it.text().map(|text| folded(&text))).collect();
        if texts.iter().flatten().count() < HEADINGS_MIN {
            continue;
        }
        for sheet in SHEETS.iter().filter(|it| it.layout != Layout::Hidden) {
            let columns = headed(sheet, &texts);
            let count = columns.len();
            let is_enough = count >= HEADINGS_MIN.max(sheet.columns.len() / 2);
            if is_enough && best.as_ref().is_none_or(|(most, _)| count > *most) {
                best = Some((count, found(tab, sheet, columns, number, true)));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// The columns of a sheet whose headings stand in a row.
fn headed(sheet: &'static Sheet, texts: &[Option<String>]) -> Vec<(usize, &'static Column)> {
    let mut columns: Vec<(usize, &'static Column)> = Vec::new();
    for column in sheet.columns {
        let headings = LANGUAGES.map(|it| folded(&it.wording().text(column.message)));
        let is_free = |at: usize| columns.iter().all(|(taken, _)| *taken != at);
        let mut places = texts.iter().enumerate().filter(|(at, _)| is_free(*at));
        let at = places.find(|(_, text)| text.as_ref().is_some_and(|it| headings.contains(it)));
        if let Some((at, _)) = at {
            columns.push((at, column));
        }
    }
    columns
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The tab, whose headings stand in this row.
fn found(
    tab: &ReadSheet,
    sheet: &'static Sheet,
    columns: Vec<(usize, &'static Column)>,
    heading_row: usize,
    by_headings: bool,
) -> Found {
    let doubled = columns.iter().enumerate().find_map(|(number, (at, column))| {
        let earlier = columns.iter().take(number);
        let is_double = earlier.clone().any(|(_, it)| it.key == column.key);
        is_double.then_some((*at, *column))
    });
    let evidence = |text: &str| {
        crate::export::EVIDENCE_COLUMNS
            .iter()
            .any(|it| LANGUAGES.iter().any(|language| language.wording().text(it.message) == text))
    };
    let headings = tab.rows.get(heading_row).map_or(&[][..], Vec::as_slice);
    let unknown = headings.iter().enumerate().filter_map(|(at, cell)| {
        let text = cell.text()?;
        let is_known = columns.iter().any(|(known, _)| *known == at) || evidence(&text);
        (!is_known).then_some((at, text))
    });
    let unknown = unknown.collect();
    Found { sheet, columns, first_row: heading_row + 1, unknown, doubled, by_headings }
}
