//! A workbook as it was read, before anything of it is understood.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

/// All tabs of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadBook {
    /// The tabs, hidden ones included, in the order of the file.
    pub sheets: Vec<ReadSheet>,
}

/// One tab.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadSheet {
    /// The name on the tab.
    pub name: String,
    /// Rows from the first of the file on; each has its cells from the first column on.
    pub rows: Vec<Vec<ReadCell>>,
}

/// One cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ReadCell {
    /// Nothing is there.
    #[default]
    Empty,
    /// Text, or the text that a formula yielded.
    Text(String),
    /// A number.
    Number(f64),
    /// A day, with its time where there is one.
    Moment(DateTime),
    /// True or false.
    YesNo(bool),
    /// The error that a formula yielded (`#REF!`).
    Wrong(String),
}

/// The sheet with what the program needs to know; the same in every language.
const META_NAME: &str = "_meta";
/// Rows of it that are read.
const META_ROWS_MAX: usize = 1_000;

impl ReadBook {
    /// What the program wrote into the workbook for itself; empty, if that is gone.
    #[must_use]
    pub fn meta(&self) -> BTreeMap<String, String> {
        let Some(sheet) = self.sheets.iter().find(|it| it.name == META_NAME) else {
            return BTreeMap::new();
        };
        let pair = |row: &Vec<ReadCell>| Some((row.first()?.text()?, row.get(1)?.text()?));
        sheet.rows.iter().take(META_ROWS_MAX).filter_map(pair).collect()
    }
}

impl ReadSheet {
    /// A cell by row and column, counted from 0.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> &ReadCell {
        const EMPTY: &ReadCell = &ReadCell::Empty;
        self.rows.get(row).and_then(|it| it.get(column)).unwrap_or(EMPTY)
    }
}

impl ReadCell {
    /// Its text without spaces around it; none where it holds none.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let text = match self {
            Self::Empty => return None,
            Self::Text(text) | Self::Wrong(text) => text.replace("\r\n", "\n").trim().to_owned(),
            Self::Number(number) => number_text(*number),
            Self::Moment(at) if at.time() == jiff::civil::Time::midnight() => at.date().to_string(),
            Self::Moment(at) => at.to_string(),
            Self::YesNo(is_so) => is_so.to_string(),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// A number as it is compared: programs keep fifteen digits and differ in the last.
pub(super) fn number_text(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The name of a cell as spreadsheets write it: row and column counted from 0 give `B7`.
#[must_use]
pub fn cell_name(row: usize, column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect::<String>() + &(row + 1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_spreadsheets_do() {
        for (row, column, name) in [(0, 0, "A1"), (6, 1, "B7"), (0, 25, "Z1"), (9, 26, "AA10")] {
            assert_eq!(cell_name(row, column), name);
        }
        assert_eq!(cell_name(1_048_575, 16_383), "XFD1048576");
    }

    #[test]
    fn numbers_and_days_have_one_text() {
        assert_eq!(ReadCell::Number(4.5).text().as_deref(), Some("4.5"));
        assert_eq!(ReadCell::Number(4.0).text().as_deref(), Some("4"));
        assert_eq!(ReadCell::Number(0.1 + 0.2).text().as_deref(), Some("0.3"));
        let day = jiff::civil::date(2026, 11, 27);
        assert_eq!(ReadCell::Moment(day.at(0, 0, 0, 0)).text().as_deref(), Some("2026-11-27"));
        assert_eq!(ReadCell::Text("  \r\n ".to_owned()).text(), None);
    }
}
