//! What one cell says: a value, or why there is none; and what it rests on.

use jiff::Timestamp;
use jiff::civil::Date;

use super::list::List;
use crate::asset::Attested;
use crate::asset::Evidence;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    value: Value,
    // Most cells have none of it, and there may be half a million of them.
    extra: Option<Box<Extra>>,
}

/// What a cell shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text, never read as a formula; line breaks are kept.
    Text(String),
    /// A number.
    Number(f64),
    /// A day.
    Date(Date),
    /// A moment, shown in the time zone of the export.
    Instant(Timestamp),
    /// One of the entries of a list, by its code.
    Choice(List, &'static str),
    /// A formula over cells of the same row. `{column.key}` stands for the cell of that column.
    Formula {
        /// The formula in English function names, with the leading `=`.
        formula: String,
        /// What it yields with the values of this export.
        result: Box<Value>,
    },
    /// A person may enter something here and has not. Only in columns by hand.
    Open,
    /// Not known; the reason is a sentence for the reader.
    Unknown(String),
    /// Could be computed but is not, because nobody assessed it.
    NotAssessed,
    /// There is no data that it could be computed from.
    NoData,
    /// Looked at, and there is nothing of the kind: a statement, not a gap.
    Nothing,
}

/// The row of a sheet that a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Key of the sheet.
    pub sheet: &'static str,
    /// Id of the row; none for the sheet itself.
    pub row: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Extra {
    evidence: Option<Evidence>,
    target: Option<Target>,
}

impl Cell {
    /// A cell with this value.
    #[must_use]
    pub const fn new(value: Value) -> Self {
        Self { value, extra: None }
    }

    /// A text. An empty one must be given as what it means.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Value::Text(text.into()))
    }

    /// Several texts, one per line; [`Value::Nothing`] if there are none.
    #[must_use]
    pub fn lines(lines: impl IntoIterator<Item = String>) -> Self {
        let text = lines.into_iter().collect::<Vec<_>>().join("\n");
        Self::new(if text.is_empty() { Value::Nothing } else { Value::Text(text) })
    }

    /// A number.
    #[must_use]
    pub fn number(number: impl Into<f64>) -> Self {
        Self::new(Value::Number(number.into()))
    }

    /// A number of things. Exact up to 2^53, far beyond what is ever counted here.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub const fn count(count: usize) -> Self {
        Self::new(Value::Number(count as f64))
    }

    /// A moment.
    #[must_use]
    pub const fn instant(at: Timestamp) -> Self {
        Self::new(Value::Instant(at))
    }

    /// A day.
    #[must_use]
    pub const fn date(day: Date) -> Self {
        Self::new(Value::Date(day))
    }

    /// An entry of a list.
    #[must_use]
    pub const fn choice(list: List, code: &'static str) -> Self {
        Self::new(Value::Choice(list, code))
    }

    /// Yes or no, both known.
    #[must_use]
    pub const fn yes_or_no(is_so: bool) -> Self {
        Self::new(Value::Choice(List::YesNo, if is_so { "yes" } else { "no" }))
    }

    /// Not known, with the reason.
    #[must_use]
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::new(Value::Unknown(reason.into()))
    }

    /// Left open for a person.
    #[must_use]
    pub const fn open() -> Self {
        Self::new(Value::Open)
    }

    /// Not assessed.
    #[must_use]
    pub const fn not_assessed() -> Self {
        Self::new(Value::NotAssessed)
    }

    /// No data.
    #[must_use]
    pub const fn no_data() -> Self {
        Self::new(Value::NoData)
    }

    /// Nothing of the kind is there.
    #[must_use]
    pub const fn nothing() -> Self {
        Self::new(Value::Nothing)
    }

    /// What a person stated, or open.
    #[must_use]
    pub fn stated(text: Option<&str>) -> Self {
        text.map_or(const { Self::open() }, Self::text)
    }

    /// An attested value with its evidence, or unknown for this reason.
    #[must_use]
    pub fn attested<T>(
        value: Option<&Attested<T>>,
        reason: impl FnOnce() -> String,
        show: impl FnOnce(&T) -> Self,
    ) -> Self {
        match value {
            Some(it) => show(&it.value).resting_on(&it.evidence),
            None => Self::unknown(reason()),
        }
    }

    /// An attested text with its evidence, or unknown for this reason.
    #[must_use]
    pub fn attested_text(
        value: Option<&Attested<String>>,
        reason: impl FnOnce() -> String,
    ) -> Self {
        Self::attested(value, reason, |it| Self::text(it.as_str()))
    }

    /// The same cell with what it rests on.
    #[must_use]
    pub fn resting_on(mut self, evidence: &Evidence) -> Self {
        self.extra.get_or_insert_default().evidence = Some(evidence.clone());
        self
    }

    /// The same cell as a link to a row of a sheet.
    #[must_use]
    pub fn linking_to(mut self, sheet: &'static str, row: impl Into<String>) -> Self {
        self.extra.get_or_insert_default().target = Some(Target { sheet, row: Some(row.into()) });
        self
    }

    /// The same cell as a link to a sheet.
    #[must_use]
    pub fn linking_to_sheet(mut self, sheet: &'static str) -> Self {
        self.extra.get_or_insert_default().target = Some(Target { sheet, row: None });
        self
    }

    /// The same cell as a link to this place, if there is one.
    #[must_use]
    pub fn leading_to(mut self, target: Option<Target>) -> Self {
        if target.is_some() {
            self.extra.get_or_insert_default().target = target;
        }
        self
    }

    /// What it shows.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// What it rests on, where that differs from cell to cell of a row.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        self.extra.as_ref()?.evidence.as_ref()
    }

    /// Where it leads.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        self.extra.as_ref()?.target.as_ref()
    }
}
