//! What a person wrote into a cell, as the register would keep it.

use jiff::civil::Date;
use wording::{Language, Wording};

use super::book::{ReadCell, number_text};
use crate::export::{List, SHEETS, canonical_choice};
use crate::register::{FieldKind, Index, Place, Value, field_kind, nearest_word};

/// Days since the spreadsheet's own beginning of time that can be meant by a bare number.
/// A year such as 2027 is not: it would be a day of 1905.
const DAYS: std::ops::RangeInclusive<f64> = 20_000.0..=200_000.0;
/// What the sheets show where there is nothing to state.
const NOT_APPLICABLE: &str = "–";
const LANGUAGES: [Language; 2] = [Language::German, Language::English];
/// What people write for yes and no, beside the words of the lists.
const YES: &[&str] = &["x", "true", "wahr", "1", "j", "y"];
const NO: &[&str] = &["false", "falsch", "0", "n"];

/// What the cell says: as it is compared, and as it is kept. Nothing: the cell is empty.
pub(super) type Said = Option<(String, Value)>;

/// How a cell is read.
pub(super) struct Reader<'r> {
    /// The words for what is wrong.
    pub(super) words: &'static Wording,
    /// The language of the workbook, for numbers.
    pub(super) language: Language,
    /// What the register has, for references.
    pub(super) index: &'r Index,
}

/// What a person typed for a field, as the register would keep it; none: nothing.
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub fn read_text(
    place: &Place,
    text: &str,
    index: &Index,
    language: Language,
) -> Result<Option<Value>, String> {
    let reader = Reader { words: language.wording(), language, index };
    let cell = ReadCell::Text(text.to_owned());
    // A key that no table has is explained by the register itself.
    let kind = field_kind(&place.table, &place.key).unwrap_or(FieldKind::Text);
    let key = format!("{}.{}", place.table, place.key);
    let columns = SHEETS.iter().flat_map(|it| it.columns);
    let list = if kind == FieldKind::YesNo {
        Some(List::YesNo)
    } else if let FieldKind::Choice(words) = kind {
        List::ALL.iter().copied().find(|it| it.offers(words))
    } else {
        columns.filter(|it| it.key == key).find_map(|it| it.list)
    };
    Ok(reader.read(kind, list, &cell)?.map(|(_, value)| value))
}

impl Reader<'_> {
    /// Reads a cell of a field.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what would be right.
    pub(super) fn read(
        &self,
        kind: FieldKind,
        list: Option<List>,
        cell: &ReadCell,
    ) -> Result<Said, String> {
        let Some(text) = cell.text().filter(|it| it != NOT_APPLICABLE) else { return Ok(None) };
        if let ReadCell::Wrong(_) = cell {
            return Err(self.say("import-problem-formula", &[("value", &text)]));
        }
        match kind {
            FieldKind::Choice(_) | FieldKind::YesNo => self.choice(kind, list, &text),
            FieldKind::Day => self.day(cell, &text),
            FieldKind::Whole { .. } | FieldKind::Hours | FieldKind::Amount => {
                self.number(kind, cell, &text)
            }
            FieldKind::Reference(table) => {
                let known = self.reference(table, &text)?;
                Ok(Some((known.clone(), Value::Text(known))))
            }
            FieldKind::References(table) => {
                let mut known = Vec::new();
                for line in items(&text, false) {
                    // A name may hold a comma itself.
                    match self.reference(table, line) {
                        Ok(whole) => known.push(whole),
                        Err(_) => {
                            for part in items(line, true) {
                                known.push(self.reference(table, part)?);
                            }
                        }
                    }
                }
                Ok(several(known))
            }
            FieldKind::Texts | FieldKind::Networks | FieldKind::Recognisers => {
                Ok(several(items(&text, false).map(str::to_owned).collect()))
            }
            FieldKind::Text | FieldKind::Condition | FieldKind::Sha256 => {
                // The program that was written in has made a number of a text: which one is lost.
                let is_cut = matches!(cell, ReadCell::Number(it) if it.abs() >= 1e15);
                if is_cut || matches!(cell, ReadCell::Moment(_)) {
                    return Err(self.say("import-problem-not-text", &[("value", &text)]));
                }
                Ok(Some((text.clone(), Value::Text(text))))
            }
        }
    }

    fn choice(&self, kind: FieldKind, list: Option<List>, text: &str) -> Result<Said, String> {
        let list = list.unwrap_or(List::YesNo);
        // Need that nobody assessed is shown as such and means that nothing is stated.
        if LANGUAGES.iter().any(|it| same(text, &it.wording().text("workbook-not-assessed"))) {
            return Ok(None);
        }
        let is_yes_no = kind == FieldKind::YesNo || list == List::YesNoCheck;
        let code = canonical_choice(list, text).or_else(|| {
            let is_in = |words: &[&str]| is_yes_no && words.iter().any(|it| same(text, it));
            if is_in(YES) {
                Some("yes")
            } else if is_in(NO) {
                Some("no")
            } else {
                None
            }
        });
        let Some(code) = code else {
            let own = |(_, message): &(_, &str)| self.words.text(message);
            let allowed: Vec<String> = list.codes().iter().map(own).collect();
            let nearest = nearest_word(text, allowed.iter().map(String::as_str));
            let said = self
                .say("import-problem-choice", &[("value", text), ("allowed", &allowed.join(", "))]);
            return Err(self.meant(said, nearest));
        };
        let value = if kind == FieldKind::YesNo {
            Value::YesNo(code == "yes")
        } else {
            Value::Text(code.to_owned())
        };
        Ok(Some((code.to_owned(), value)))
    }

    fn day(&self, cell: &ReadCell, text: &str) -> Result<Said, String> {
        let day = match cell {
            ReadCell::Moment(at) => Some(at.date()),
            ReadCell::Number(number) => day_of_serial(*number),
            ReadCell::Empty | ReadCell::Text(_) | ReadCell::YesNo(_) | ReadCell::Wrong(_) => {
                day_of_text(text)
            }
        };
        match day.map(|it| it.to_string()) {
            Some(day) => Ok(Some((day.clone(), Value::Text(day)))),
            None => Err(self.say("import-problem-day", &[("value", text)])),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within bounds")]
    #[expect(
        clippy::cast_precision_loss,
        reason = "bounds of keys stay far below 2^53 or are open"
    )]
    fn number(&self, kind: FieldKind, cell: &ReadCell, text: &str) -> Result<Said, String> {
        let number = match cell {
            ReadCell::Number(number) => Some(*number),
            ReadCell::Text(_) => number_of_text(text, self.language),
            ReadCell::Empty | ReadCell::Moment(_) | ReadCell::YesNo(_) | ReadCell::Wrong(_) => None,
        };
        let number = number.filter(|it| it.is_finite());
        let number = number.ok_or_else(|| self.say("import-problem-number", &[("value", text)]))?;
        if let FieldKind::Whole { min, max } = kind {
            let is_in = number.fract() == 0.0 && number >= min as f64 && number <= max as f64;
            if !is_in {
                let (min, max) = (min.to_string(), max.to_string());
                let arguments = [("value", text), ("min", &min), ("max", &max)];
                return Err(self.say("import-problem-whole", &arguments));
            }
            return Ok(Some((number_text(number), Value::Whole(number as i64))));
        }
        if number < 0.0 {
            return Err(self.say("import-problem-negative", &[("value", text)]));
        }
        let value = Value::Decimal(number);
        Ok(Some((number_text(number), value)))
    }

    /// The entry that is meant; letters may be written large or small.
    fn reference(&self, table: &str, text: &str) -> Result<String, String> {
        let is_outside = table == "zone" && same(text, "internet");
        if self.index.has(table, text) || is_outside {
            return Ok(text.to_owned());
        }
        let ids = || self.index.entries(table).map(|(identity, _)| identity);
        if let Some(known) = ids().find(|it| same(it, text)) {
            return Ok(known.to_owned());
        }
        let label = crate::register::table_label(self.words, table);
        let said = self.say("import-problem-reference", &[("value", text), ("table", &label)]);
        Err(self.meant(said, nearest_word(text, ids())))
    }

    fn say(&self, message: &str, arguments: &[(&str, &str)]) -> String {
        let arguments: Vec<_> =
            arguments.iter().map(|(name, text)| (*name, shortened(text).into())).collect();
        self.words.text_with(message, &arguments)
    }

    fn meant(&self, said: String, nearest: Option<&str>) -> String {
        match nearest {
            None => said,
            Some(word) => {
                format!("{said} {}", self.say("register-problem-nearest", &[("word", word)]))
            }
        }
    }
}

/// Long foreign text helps nobody in a message.
pub(super) fn shortened(text: &str) -> String {
    const LETTERS_MAX: usize = 200;
    if text.chars().count() <= LETTERS_MAX {
        return text.to_owned();
    }
    text.chars().take(LETTERS_MAX).chain(['…']).collect()
}

fn same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// The items of a list: one per line; where no item holds them, commas and semicolons part too.
fn items(text: &str, by_comma: bool) -> impl Iterator<Item = &str> {
    let parts = move |it: char| it == '\n' || (by_comma && matches!(it, ',' | ';'));
    text.split(parts).map(str::trim).filter(|it| !it.is_empty())
}

fn several(items: Vec<String>) -> Said {
    (!items.is_empty()).then(|| (items.join("\n"), Value::Texts(items)))
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be within a few thousand years")]
fn day_of_serial(number: f64) -> Option<Date> {
    if !DAYS.contains(&number) {
        return None;
    }
    let days = jiff::Span::new().try_days(number.floor() as i64).ok()?;
    Date::constant(1899, 12, 30).checked_add(days).ok()
}

/// A day as people and we write it: `2026-11-27`, `27.11.2026`, `27.11.26`, `27 Nov 2026`.
fn day_of_text(text: &str) -> Option<Date> {
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    if let Ok(day) = Date::strptime("%d %b %Y", text) {
        return Some(day);
    }
    let mut parts = text.split('.').map(str::trim);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || day.len() > 2 || month.len() > 2 {
        return None;
    }
    let year: i16 = match year.len() {
        2 => year.parse::<i16>().ok()? + 2000,
        4 => year.parse().ok()?,
        _ => return None,
    };
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A number as text: with the decimal sign of the workbook's language, or of the other one where only
/// one reading is possible.
fn number_of_text(text: &str, language: Language) -> Option<f64> {
    let compact: String = text.chars().filter(|it| !it.is_whitespace()).collect();
    let (decimal, thousands) = match language {
        Language::German => (',', '.'),
        Language::English => ('.', ','),
    };
    read_number(&compact, decimal, thousands).or_else(|| read_number(&compact, thousands, decimal))
}

fn read_number(text: &str, decimal: char, thousands: char) -> Option<f64> {
    let (whole, fraction) = text.split_once(decimal).unwrap_or((text, ""));
    let is_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |it| ("-", it));
    let mut groups = whole.split(thousands);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let is_grouped = rest.iter().all(|it| it.len() == 3 && is_digits(it))
        && (rest.is_empty() || (1..=3).contains(&first.len()));
    if first.is_empty() || !is_digits(first) || !is_grouped || !is_digits(fraction) {
        return None;
    }
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    format!("{sign}{first}{}.{fraction}", rest.concat()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::Register;

    fn check(
        kind: FieldKind,
        list: Option<List>,
        cell: ReadCell,
        expected: Result<Option<&str>, &str>,
    ) {
        let register = Register::parse(include_str!("../export/sample.toml")).unwrap();
        let index = register.index();
        let reader = Reader {
            words: Language::English.wording(),
            language: Language::German,
            index: &index,
        };
        let said = reader.read(kind, list, &cell).map(|it| it.map(|(text, _)| text));
        match (said, expected) {
            (Ok(said), Ok(expected)) => assert_eq!(said.as_deref(), expected, "{cell:?}"),
            (Err(said), Err(expected)) => assert!(said.contains(expected), "{said}"),
            (said, expected) => panic!("{cell:?}: {said:?}, expected {expected:?}"),
        }
    }

    fn text(text: &str) -> ReadCell {
        ReadCell::Text(text.to_owned())
    }

    #[test]
    fn words_of_both_languages_and_codes_are_understood() {
        let need = FieldKind::Choice(&["normal", "high", "very_high"]);
        for word in ["sehr hoch", "Very high", "very_high", " SEHR HOCH "] {
            check(need, Some(List::Need), text(word), Ok(Some("very_high")));
        }
        check(need, Some(List::Need), text("nicht bewertet"), Ok(None));
        check(need, Some(List::Need), text("sehr hohc"), Err("normal, high, very high"));
        for word in ["ja", "Yes", "x", "TRUE", "1"] {
            check(FieldKind::YesNo, Some(List::YesNo), text(word), Ok(Some("yes")));
        }
        check(FieldKind::YesNo, Some(List::YesNo), ReadCell::YesNo(false), Ok(Some("no")));
        check(FieldKind::YesNo, Some(List::YesNo), ReadCell::Number(1.0), Ok(Some("yes")));
        check(FieldKind::YesNo, Some(List::YesNo), text("jein"), Err("yes, no"));
    }

    #[test]
    fn days_are_understood_as_people_and_programs_write_them() {
        let day = Ok(Some("2026-11-27"));
        for word in ["2026-11-27", "27.11.2026", "27.11.26", " 27. 11. 2026 ", "27 Nov 2026"] {
            check(FieldKind::Day, None, text(word), day);
        }
        check(FieldKind::Day, None, ReadCell::Number(46_353.0), day);
        let moment = jiff::civil::date(2026, 11, 27).at(0, 0, 0, 0);
        check(FieldKind::Day, None, ReadCell::Moment(moment), day);
        for word in ["31.02.2026", "11/27/2026", "bald", "1.2.3.4", "27.11.126"] {
            check(FieldKind::Day, None, text(word), Err("day"));
        }
        for number in [-1.0, 0.0, 2027.0, 1e9, f64::NAN, f64::INFINITY] {
            check(FieldKind::Day, None, ReadCell::Number(number), Err("day"));
        }
    }

    #[test]
    fn numbers_are_understood_with_comma_and_point() {
        let numbers = [("8,5", "8.5"), ("1.234", "1234"), ("1.234,5", "1234.5"), ("8.5", "8.5")];
        for (word, number) in numbers {
            check(FieldKind::Amount, None, text(word), Ok(Some(number)));
        }
        check(FieldKind::Amount, None, text("-1"), Err("less than 0"));
        check(FieldKind::Amount, None, text("viel"), Err("number"));
        check(FieldKind::Amount, None, text("1e5"), Err("number"));
        let vlan = FieldKind::Whole { min: 1, max: 4094 };
        check(vlan, None, ReadCell::Number(20.0), Ok(Some("20")));
        check(vlan, None, text("20"), Ok(Some("20")));
        check(vlan, None, text("20,5"), Err("between 1 and 4094"));
        check(vlan, None, ReadCell::Number(1e300), Err("between 1 and 4094"));
    }

    #[test]
    fn references_are_found_and_slips_of_the_pen_explained() {
        let role = FieldKind::Reference("role");
        check(role, Some(List::Role), text("büroleitung"), Ok(Some("Büroleitung")));
        check(role, Some(List::Role), text("Bueroleitung"), Err("Büroleitung"));
        let zones = FieldKind::References("zone");
        check(zones, None, text("server, Internet;Büro"), Ok(Some("Server\nInternet\nBüro")));
        check(zones, None, text("Sever"), Err("Server"));
        check(FieldKind::Texts, None, text("a, b\n\n c"), Ok(Some("a, b\nc")));
    }

    #[test]
    fn what_looks_like_a_number_stays_text_in_a_field_of_text() {
        for word in ["1.10", "00123", "4892E092", "=1+1", "3/4", "TRUE"] {
            check(FieldKind::Text, None, text(word), Ok(Some(word)));
        }
        check(FieldKind::Text, None, ReadCell::Wrong("#REF!".to_owned()), Err("#REF!"));
        check(FieldKind::Text, None, text(" \n "), Ok(None));
    }
}
