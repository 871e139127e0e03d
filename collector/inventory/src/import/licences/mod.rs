//! Lists of licences: a reseller's, and that of the Microsoft 365 admin centre.
//!
//! Each record becomes an entitlement under a code that its own words give, so that the same list read again
//! changes nothing and next month's list changes what is new. What people changed in the register since the
//! last list is a conflict, as in a workbook.

mod columns;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use observation::ContentHash;
use wording::{Language, Wording};

use self::columns::Head;
use self::table::{Record, Unreadable};
use super::book::{ReadCell, cell_name};
use super::outcome::{CellChange, Conflict, Outcome, Remark, Spot};
use super::value::{Reader, shortened};
use crate::assess::product_key;
use crate::asset::row_id::row_id;
use crate::export::{List, canonical_choice};
use crate::register::{FieldKind, Index, Place, Register, Value, field_kind};

/// Most bytes of a list.
pub const LICENCE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The table of entitlements.
const TABLE: &str = "licence";
/// The signs that part fields, the likeliest first where several fit equally.
const SEPARATORS: [char; 3] = [';', ',', '\t'];
/// Errors that are told; who has more has the wrong file.
const ERRORS_MAX: usize = 1_000;

/// What a list is read against.
#[derive(Clone, Copy)]
pub struct LicenceContext<'c> {
    /// What is stated.
    pub register: &'c Register,
    /// What the last lists said of each field: who has changed it since was a person.
    pub last: &'c BTreeMap<Place, String>,
    /// The day of the import.
    pub today: Date,
    /// The words for what there is to say.
    pub words: &'static Wording,
}

/// What a list would change. One mistake, and nothing is taken over.
#[must_use]
pub fn read_licences(file_name: &str, bytes: &[u8], context: LicenceContext<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    match table_of(bytes) {
        Err(unreadable) => {
            let spot = spot_at(file_name, unreadable.line, Some(unreadable.field), None);
            let text = context.words.text(unreadable.message);
            outcome.errors.push(Remark { spot, text });
        }
        Ok((records, head, separator)) => {
            // A comma can part fields only where it is no decimal sign.
            let language = if separator == ',' { Language::English } else { Language::German };
            let index = context.register.index();
            let reader = Reader { words: context.words, language, index: &index };
            let hash = ContentHash::of(bytes);
            let brand = if head.is_microsoft { "Microsoft 365, " } else { "" };
            let source = format!("{brand}{file_name}, SHA-256 {hash}");
            let mut list = ListReader {
                file_name,
                context,
                reader,
                index: &index,
                head: &head,
                source,
                codes: BTreeMap::new(),
                not_found: BTreeSet::new(),
                outcome: &mut outcome,
            };
            list.read(&records);
        }
    }
    outcome
}

/// What lists said of each field, from what was kept of imports by the names of their files, the newest
/// last. What a workbook said stands on its sheets and not under the name of the file.
#[must_use]
pub fn last_said<'o>(
    outcomes: impl IntoIterator<Item = (&'o str, &'o Outcome)>,
) -> BTreeMap<Place, String> {
    let mut last = BTreeMap::new();
    for (file_name, outcome) in outcomes {
        let changes = outcome.changes.iter().map(|it| (&it.spot, &it.place, &it.value));
        let conflicts = outcome.conflicts.iter().map(|it| (&it.spot, &it.place, &it.value));
        for (spot, place, value) in changes.chain(conflicts) {
            if let (TABLE, Some(value), true) =
                (place.table.as_str(), value, spot.sheet == file_name)
            {
                last.insert(place.clone(), value.to_text());
            }
        }
    }
    last
}

/// The records with their head, parted by the sign by which most headings are known.
fn table_of(bytes: &[u8]) -> Result<(Vec<Record>, Head, char), Unreadable> {
    if bytes.len() > LICENCE_BYTES_MAX {
        return Err(Unreadable { message: "licence-problem-too-large", line: 0, field: 0 });
    }
    let text = table::text_of(bytes)?;
    let mut best: Option<(Vec<Record>, Head, char)> = None;
    let mut first_problem = None;
    let declared = table::declared_separator(&text);
    for separator in SEPARATORS.into_iter().filter(|it| declared.is_none_or(|sign| sign == *it)) {
        match table::records(&text, separator) {
            Err(problem) => first_problem = first_problem.or(Some(problem)),
            Ok(records) => {
                let Some(head) = columns::head(&records) else { continue };
                let count = head.columns.len();
                if best.as_ref().is_none_or(|(_, it, _)| count > it.columns.len()) {
                    best = Some((records, head, separator));
                }
            }
        }
    }
    let none = Unreadable { message: "licence-problem-no-head", line: 0, field: 0 };
    best.ok_or_else(|| first_problem.unwrap_or(none))
}

fn spot_at(file_name: &str, line: usize, field: Option<usize>, key: Option<&str>) -> Spot {
    Spot {
        sheet: file_name.to_owned(),
        row: u32::try_from(line + 1).ok(),
        cell: field.map(|it| cell_name(line, it)),
        key: key.map(|it| format!("{TABLE}.{it}")),
    }
}

/// A field of a record as the register would keep it.
struct Said {
    key: &'static str,
    spot: Spot,
    value: Value,
}

struct ListReader<'l> {
    file_name: &'l str,
    context: LicenceContext<'l>,
    reader: Reader<'l>,
    index: &'l Index,
    head: &'l Head,
    source: String,
    /// Codes of this list with the line on which each stands first.
    codes: BTreeMap<String, usize>,
    /// Names of others that were told already.
    not_found: BTreeSet<String>,
    outcome: &'l mut Outcome,
}

impl ListReader<'_> {
    fn read(&mut self, records: &[Record]) {
        let Some(headings) = records.get(self.head.record) else { return };
        if let Some(at) = self.head.doubled {
            self.error(headings, at, None, "import-problem-column-twice");
        }
        for needed in ["product", "entitled"] {
            if !self.head.columns.iter().any(|(_, it)| *it == needed) {
                let message = if needed == "product" {
                    "licence-problem-no-product-column"
                } else {
                    "licence-problem-no-quantity-column"
                };
                self.error(headings, 0, None, message);
            }
        }
        for at in &self.head.unknown {
            let heading = headings.fields.get(*at).map_or("", String::as_str);
            let arguments = [("heading", shortened(heading).into())];
            let text = self.context.words.text_with("import-ignored-column", &arguments);
            let spot = spot_at(self.file_name, headings.line, Some(*at), None);
            self.outcome.ignored.push(Remark { spot, text });
        }
        for record in records.iter().skip(self.head.record + 1) {
            if self.outcome.errors.len() < ERRORS_MAX {
                self.record(record, headings.fields.len());
            }
        }
    }

    fn record(&mut self, record: &Record, width: usize) {
        let more = record.fields.iter().enumerate().skip(width).find(|(_, it)| !it.is_empty());
        if let Some((at, _)) = more {
            return self.error(record, at, None, "licence-problem-field-without-heading");
        }
        let Some(said) = self.said(record) else { return };
        let text = |key: &str| -> String {
            said.iter().find(|it| it.key == key).map(|it| it.value.to_text()).unwrap_or_default()
        };
        let Some(product) = Some(text("product")).filter(|it| !product_key(it).is_empty()) else {
            let at = self.place_of("product").unwrap_or(0);
            return self.error(record, at, Some("product"), "licence-problem-no-product");
        };
        let stated = said.iter().find(|it| it.key == "code").map(|it| it.value.to_text());
        let code = match stated {
            Some(code) => {
                if let Some(line) = self.codes.get(&code) {
                    let arguments = [
                        ("id", shortened(&code).into()),
                        ("row", (line + 1).to_string().into()),
                        ("sheet", self.file_name.to_owned().into()),
                    ];
                    let text = self.context.words.text_with("import-problem-id-twice", &arguments);
                    let at = self.place_of("code");
                    let spot = spot_at(self.file_name, record.line, at, Some("code"));
                    return self.outcome.errors.push(Remark { spot, text });
                }
                code
            }
            None => self.code_of([
                &product,
                &text("edition"),
                &text("version"),
                &text("metric"),
                &text("contract"),
                &text("proof"),
            ]),
        };
        self.codes.insert(code.clone(), record.line);
        self.warn_of_others(record, &code, &said);
        self.entitlement(record, &code, said);
    }

    /// A code from the record's own words; records of the same words are counted.
    fn code_of(&self, words: [&str; 6]) -> String {
        let folded = words.map(product_key);
        let parts: Vec<&str> = folded.iter().map(String::as_str).collect();
        let code = |turn: usize| {
            let turn = turn.to_string();
            let all: Vec<&str> = parts.iter().copied().chain([turn.as_str()]).collect();
            row_id('L', &all)
        };
        (1..).map(code).find(|it| !self.codes.contains_key(it)).unwrap_or_default()
    }

    /// The fields of a record; none if one of them is wrong, which is told.
    fn said(&mut self, record: &Record) -> Option<Vec<Said>> {
        let errors = self.outcome.errors.len();
        let mut said = Vec::new();
        for (at, key) in &self.head.columns {
            let Some(text) = record.fields.get(*at).filter(|it| !it.is_empty()) else { continue };
            let spot = spot_at(self.file_name, record.line, Some(*at), Some(key));
            match self.value(key, text) {
                Ok(Some(value)) => said.push(Said { key, spot, value }),
                Ok(None) => self.warn_not_found(spot, key, text),
                Err(text) => self.outcome.errors.push(Remark { spot, text }),
            }
        }
        let has_metric = said.iter().any(|it| it.key == "metric");
        if self.head.is_microsoft && !has_metric {
            let spot = spot_at(self.file_name, record.line, None, Some("metric"));
            said.push(Said { key: "metric", spot, value: Value::Text("subscription".to_owned()) });
        }
        self.warn_of_expired(record);
        (self.outcome.errors.len() == errors).then_some(said)
    }

    /// The value of a field; nothing, where it names somebody whom the register does not know.
    fn value(&self, key: &str, text: &str) -> Result<Option<Value>, String> {
        match field_kind(TABLE, key) {
            Some(FieldKind::Reference(table)) => {
                return Ok(self.entry_of(table, text).map(Value::Text));
            }
            Some(FieldKind::Choice(_)) => {
                let own = canonical_choice(List::Metric, text).or_else(|| columns::metric(text));
                if let Some(code) = own {
                    return Ok(Some(Value::Text(code.to_owned())));
                }
            }
            Some(FieldKind::Day) => return self.day(text).map(Some),
            Some(_) | None => {}
        }
        let kind = field_kind(TABLE, key).unwrap_or(FieldKind::Text);
        let is_number = matches!(kind, FieldKind::Whole { .. } | FieldKind::Amount);
        let text = if is_number { without_currency(text) } else { text.to_owned() };
        let read = self.reader.read(kind, Some(List::Metric), &ReadCell::Text(text))?;
        Ok(read.map(|(_, value)| value))
    }

    /// A day as lists write it; one that reads two ways is refused.
    fn day(&self, text: &str) -> Result<Value, String> {
        let day = match day_of_slashes(text) {
            Some(Ok(day)) => day.to_string(),
            Some(Err(())) => {
                let arguments = [("value", shortened(text).into())];
                return Err(self
                    .context
                    .words
                    .text_with("licence-problem-day-two-ways", &arguments));
            }
            // A moment is meant as its day.
            None => text
                .split(['T', ' '])
                .next()
                .filter(|it| it.len() == 10 && it.parse::<Date>().is_ok())
                .unwrap_or(text)
                .to_owned(),
        };
        let read = self.reader.read(FieldKind::Day, None, &ReadCell::Text(day))?;
        Ok(read.map_or_else(|| Value::Text(text.to_owned()), |(_, value)| value))
    }

    /// The entry that a name or number means.
    fn entry_of(&self, table: &str, text: &str) -> Option<String> {
        let same = |it: &str| it.to_lowercase() == text.to_lowercase();
        let by_code = self.index.entries(table).find(|(code, _)| same(code));
        let found = by_code.or_else(|| {
            let named =
                |key: &str, entry: &crate::register::Entry| entry.text(key).is_some_and(same);
            self.index.entries(table).find(|(_, it)| named("name", it) || named("number", it))
        });
        found.map(|(code, _)| code.to_owned())
    }

    fn entitlement(&mut self, record: &Record, code: &str, said: Vec<Said>) {
        let changes = self.outcome.changes.len();
        let said_assigned = said.iter().any(|it| it.key == "assigned");
        let said_day = said.iter().any(|it| it.key == "assigned_on");
        for it in said.into_iter().filter(|it| it.key != "code") {
            self.field(code, it);
        }
        let is_changed = self.outcome.changes.len() > changes;
        let assigned = Place::new(TABLE, code, "assigned");
        let is_assigned_changed =
            self.outcome.changes.iter().skip(changes).any(|it| it.place == assigned);
        if said_assigned && !said_day && is_assigned_changed {
            self.aside(record, code, "assigned_on", self.context.today.to_string());
        }
        if is_changed {
            let source = self.source.clone();
            self.aside(record, code, "source", source);
        }
    }

    /// What the list says of a field beside its columns. What a person stated there stays.
    fn aside(&mut self, record: &Record, code: &str, key: &'static str, text: String) {
        let place = Place::new(TABLE, code, key);
        let now = self.index.value(TABLE, code, key).map(Value::to_text);
        let is_ours = now.is_none() || now.as_ref() == self.context.last.get(&place);
        if is_ours && now.as_deref() != Some(text.as_str()) {
            let spot = spot_at(self.file_name, record.line, None, Some(key));
            self.change(place, spot, Value::Text(text));
        }
    }

    fn field(&mut self, code: &str, said: Said) {
        let place = Place::new(TABLE, code, said.key);
        let now = self.index.value(TABLE, code, said.key);
        if now.map(Value::to_text) == Some(said.value.to_text()) {
            self.outcome.already += 1;
            return;
        }
        let last = self.context.last.get(&place);
        let is_ours = now.is_none_or(|it| last == Some(&it.to_text()));
        if is_ours {
            return self.change(place, said.spot, said.value);
        }
        // The list says what it said last time: what a person made of it holds.
        if last == Some(&said.value.to_text()) {
            self.outcome.already += 1;
            return;
        }
        self.outcome.conflicts.push(Conflict {
            id: None,
            spot: said.spot,
            base: self.context.last.get(&place).cloned(),
            workbook: Some(said.value.to_text()),
            register: now.map(Value::to_text),
            value: Some(said.value),
            stated: now.cloned(),
            taken: None,
            place,
        });
    }

    fn change(&mut self, place: Place, spot: Spot, value: Value) {
        let before = self.index.value(&place.table, &place.identity, &place.key);
        self.outcome.changes.push(CellChange {
            spot,
            before: before.map(Value::to_text),
            after: Some(value.to_text()),
            value: Some(value),
            applied: true,
            place,
        });
    }

    fn place_of(&self, key: &str) -> Option<usize> {
        self.head.columns.iter().find(|(_, it)| *it == key).map(|(at, _)| *at)
    }

    fn error(&mut self, record: &Record, at: usize, key: Option<&str>, message: &str) {
        let spot = spot_at(self.file_name, record.line, Some(at), key);
        self.outcome.errors.push(Remark { spot, text: self.context.words.text(message) });
    }

    fn warn(&mut self, spot: Spot, message: &str, arguments: &[(&'static str, &str)]) {
        let arguments: Vec<_> =
            arguments.iter().map(|(name, it)| (*name, shortened(it).into())).collect();
        let text = self.context.words.text_with(message, &arguments);
        self.outcome.warnings.push(Remark { spot, text });
    }

    /// A supplier or a contract that the register does not know is told once.
    fn warn_not_found(&mut self, spot: Spot, key: &str, name: &str) {
        if !self.not_found.insert(format!("{key} {name}")) {
            return;
        }
        let message = if key == "contract" {
            "licence-warning-contract-not-found"
        } else {
            "licence-warning-provider-not-found"
        };
        self.warn(spot, message, &[("name", name)]);
    }

    fn warn_of_expired(&mut self, record: &Record) {
        let Some(at) = self.head.expired else { return };
        let count = record.fields.get(at).map_or("", String::as_str);
        if !count.is_empty() && count != "0" {
            let spot = spot_at(self.file_name, record.line, Some(at), None);
            self.warn(spot, "licence-warning-expired", &[("count", count)]);
        }
    }

    /// Whoever had the product in the register already may now have it twice.
    fn warn_of_others(&mut self, record: &Record, code: &str, said: &[Said]) {
        if self.index.has(TABLE, code) {
            return;
        }
        let folded = |key: &str| {
            said.iter().find(|it| it.key == key).map(|it| product_key(&it.value.to_text()))
        };
        let own = ["product", "edition", "version"].map(folded);
        let other = self.index.entries(TABLE).find(|(_, entry)| {
            let theirs =
                ["product", "edition", "version"].map(|it| entry.text(it).map(product_key));
            theirs == own
        });
        if let Some((other, _)) = other {
            let other = other.to_owned();
            let spot = spot_at(self.file_name, record.line, self.place_of("product"), None);
            self.warn(spot, "licence-warning-also-stated", &[("code", &other)]);
        }
    }
}

/// An amount without the sign of its currency.
fn without_currency(text: &str) -> String {
    text.replace('€', "").replace("EUR", "").trim().to_owned()
}

/// A day with slashes: which of the first two is the month is known only where the other cannot be one,
/// or both are the same.
fn day_of_slashes(text: &str) -> Option<Result<Date, ()>> {
    let date = text.split_whitespace().next()?;
    let mut parts = date.split('/');
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (first, second): (i8, i8) = (first.parse().ok()?, second.parse().ok()?);
    let year: i16 = year.parse().ok().filter(|it| *it >= 1000)?;
    let (day, month) = match (first > 12, second > 12) {
        (true, _) => (first, second),
        (false, true) => (second, first),
        (false, false) if first == second => (first, second),
        (false, false) => return Some(Err(())),
    };
    Date::new(year, month, day).ok().map(Ok)
}
