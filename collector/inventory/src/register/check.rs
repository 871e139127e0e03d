//! Everything that can be wrong with a register whose syntax is right.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use observation::limits::FIELD_BYTES_MAX;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::condition::{Condition, Recogniser, network};
use super::lines::Lines;
use super::problem::{Mistake, Problem};
use super::schema::{Key, Kind, OUTSIDE, Table, nearest, table, tables};

/// Most entries of one table.
const ENTRIES_MAX: usize = 20_000;
/// Most texts in one list.
const LIST_MAX: usize = 1_000;
/// Most mistakes told at once.
const PROBLEMS_MAX: usize = 100;

type Entry<'a> = Spanned<DeValue<'a>>;

/// All mistakes, by line.
pub(super) fn problems(document: &DeTable<'_>, lines: &Lines) -> Vec<Problem> {
    let mut checker = Checker {
        lines,
        problems: Vec::new(),
        identities: BTreeMap::new(),
        networks: BTreeMap::new(),
    };
    for table in tables() {
        checker.collect_identities(table, document);
    }
    for (name, value) in document {
        match table(name.get_ref()) {
            Some(table) => checker.check_table(table, value),
            None => checker.complain(name.span().start, unknown_table(name.get_ref())),
        }
    }
    checker.problems.sort_by_key(|problem| problem.line);
    checker.problems.truncate(PROBLEMS_MAX);
    checker.problems
}

struct Checker<'a> {
    lines: &'a Lines,
    problems: Vec<Problem>,
    /// Per table, the identities of its entries.
    identities: BTreeMap<&'static str, BTreeSet<String>>,
    /// Networks and the zone that has them.
    networks: BTreeMap<String, String>,
}

impl Checker<'_> {
    fn complain(&mut self, at: usize, mistake: Mistake) {
        self.problems.push(Problem { line: Some(self.lines.number_at(at)), mistake });
    }

    fn collect_identities(&mut self, table: &'static Table, document: &DeTable<'_>) {
        let (Some(identity), Some(value)) = (table.identity, document.get(table.name)) else {
            return;
        };
        // Case does not tell two entries apart for a person.
        let mut first_lines: BTreeMap<String, usize> = BTreeMap::new();
        for entry in entries(value) {
            let Some(name) = entry.get_ref().get(identity) else { continue };
            let Some(text) = name.get_ref().as_str() else { continue };
            let line = self.lines.number_at(name.span().start);
            if let Some(first) = first_lines.insert(text.to_lowercase(), line) {
                let first = first.to_string();
                let arguments =
                    [("table", table.name), ("identity", text), ("first", first.as_str())];
                let mistake = Mistake::new("register-problem-duplicate", &arguments);
                self.complain(name.span().start, mistake);
            }
            self.identities.entry(table.name).or_default().insert(text.to_owned());
        }
    }

    fn check_table(&mut self, table: &'static Table, value: &Entry<'_>) {
        let is_right_form = match value.get_ref().as_array() {
            Some(list) => table.is_list && list.iter().all(|entry| entry.get_ref().is_table()),
            None => !table.is_list && value.get_ref().is_table(),
        };
        if !is_right_form {
            let form = header(table);
            let arguments = [("table", table.name), ("form", form.as_str())];
            let mistake = Mistake::new("register-problem-table-form", &arguments);
            return self.complain(value.span().start, mistake);
        }
        let entries = entries(value);
        if entries.len() > ENTRIES_MAX {
            let (form, most) = (header(table), ENTRIES_MAX.to_string());
            let arguments = [("name", form.as_str()), ("most", most.as_str())];
            let mistake = Mistake::new("register-problem-too-many", &arguments);
            return self.complain(value.span().start, mistake);
        }
        for entry in entries {
            if let Some(fields) = entry.get_ref().as_table() {
                self.check_entry(table, entry.span().start, fields);
            }
        }
    }

    fn check_entry(&mut self, table: &'static Table, at: usize, fields: &DeTable<'_>) {
        for key in table.keys.iter().filter(|key| key.is_required) {
            if !fields.contains_key(key.name) {
                let form = header(table);
                let arguments = [("table", form.as_str()), ("key", key.name)];
                self.complain(at, Mistake::new("register-problem-missing", &arguments));
            }
        }
        for (name, value) in fields {
            match table.keys.iter().find(|key| key.name == name.get_ref()) {
                Some(key) => self.check_value(table, key, fields, value),
                None => self.complain(name.span().start, unknown_key(table, name.get_ref())),
            }
        }
        if table.name == "thresholds" {
            self.check_thresholds(fields);
        }
    }

    fn check_value(
        &mut self,
        table: &'static Table,
        key: &'static Key,
        fields: &DeTable<'_>,
        value: &Entry<'_>,
    ) {
        match key.kind {
            Kind::Whole { min, max } => self.check_whole(key, min, max, value),
            Kind::Hours => self.check_number(key, "register-problem-hours", value),
            Kind::Amount => self.check_number(key, "register-problem-amount", value),
            Kind::YesNo if value.get_ref().is_bool() => {}
            Kind::YesNo => self.complain_type(key, "register-type-yes-no", value),
            Kind::Text
            | Kind::Choice(_)
            | Kind::Reference(_)
            | Kind::Condition
            | Kind::Day
            | Kind::Sha256 => {
                self.check_text(table, key, fields, value);
            }
            Kind::Texts | Kind::References(_) | Kind::Networks | Kind::Recognisers => {
                self.check_list(table, key, fields, value);
            }
        }
    }

    fn check_list(
        &mut self,
        table: &'static Table,
        key: &'static Key,
        fields: &DeTable<'_>,
        value: &Entry<'_>,
    ) {
        let Some(list) = value.get_ref().as_array() else {
            return self.complain_type(key, "register-type-texts", value);
        };
        if list.len() > LIST_MAX {
            let most = LIST_MAX.to_string();
            let arguments = [("name", key.name), ("most", most.as_str())];
            let mistake = Mistake::new("register-problem-too-many", &arguments);
            return self.complain(value.span().start, mistake);
        }
        let mut seen = BTreeSet::new();
        for item in list {
            let Some(text) = item.get_ref().as_str() else {
                self.complain_type(key, "register-type-texts", item);
                continue;
            };
            if !seen.insert(text.to_lowercase()) {
                let arguments = [("key", key.name), ("value", text)];
                let mistake = Mistake::new("register-problem-repeated", &arguments);
                self.complain(item.span().start, mistake);
                continue;
            }
            self.check_text(table, key, fields, item);
        }
    }

    fn check_text(
        &mut self,
        table: &'static Table,
        key: &'static Key,
        fields: &DeTable<'_>,
        value: &Entry<'_>,
    ) {
        let Some(text) = value.get_ref().as_str() else {
            return self.complain_type(key, "register-type-text", value);
        };
        let is_identity = table.identity == Some(key.name);
        let mistake = match key.kind {
            _ if text.trim().is_empty() => {
                Some(Mistake::new("register-problem-empty-text", &[("key", key.name)]))
            }
            _ if is_identity && (text.trim() != text || text.contains(['\n', '\r', '\t'])) => {
                Some(Mistake::new("register-problem-identity", &[("key", key.name)]))
            }
            _ if text.len() > FIELD_BYTES_MAX => {
                let most = FIELD_BYTES_MAX.to_string();
                let arguments = [("key", key.name), ("most", most.as_str())];
                Some(Mistake::new("register-problem-long-text", &arguments))
            }
            _ if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) => {
                Some(Mistake::new("register-problem-control-characters", &[("key", key.name)]))
            }
            Kind::Choice(allowed) => choice(key, allowed, text),
            Kind::Reference(to) | Kind::References(to) => {
                let own = identity_of(table, fields).filter(|_| to == table.name);
                self.reference(key, to, own, text)
            }
            Kind::Networks => self.network(identity_of(table, fields), text),
            Kind::Condition => Condition::parse(text).err(),
            Kind::Recognisers => Recogniser::parse(text).err(),
            Kind::Day => day(key, text),
            Kind::Sha256 => sha256(key, text),
            Kind::Text
            | Kind::Texts
            | Kind::Whole { .. }
            | Kind::Hours
            | Kind::Amount
            | Kind::YesNo => None,
        };
        if let Some(mistake) = mistake {
            self.complain(value.span().start, mistake);
        }
    }

    fn reference(&self, key: &Key, to: &str, own: Option<&str>, text: &str) -> Option<Mistake> {
        if to == "zone" && text.eq_ignore_ascii_case(OUTSIDE) {
            return None;
        }
        if own == Some(text) {
            let arguments = [("key", key.name), ("value", text)];
            return Some(Mistake::new("register-problem-itself", &arguments));
        }
        let known = self.identities.get(to);
        if known.is_some_and(|it| it.contains(text)) {
            return None;
        }
        let form = table(to).map(header).unwrap_or_default();
        let arguments = [("key", key.name), ("value", text), ("table", form.as_str())];
        let names = known.into_iter().flatten().map(String::as_str);
        Some(Mistake::new("register-problem-dangling", &arguments).meant(nearest(text, names)))
    }

    fn network(&mut self, zone: Option<&str>, text: &str) -> Option<Mistake> {
        let network = match network(text) {
            Ok(network) => network.to_string(),
            Err(mistake) => return Some(mistake),
        };
        let zone = zone.unwrap_or_default().to_owned();
        let other = self.networks.insert(network, zone.clone())?;
        let arguments = [("network", text), ("zone", other.as_str())];
        (other != zone).then(|| Mistake::new("register-problem-same-network", &arguments))
    }

    fn check_whole(&mut self, key: &Key, min: i64, max: i64, value: &Entry<'_>) {
        let Some(digits) = value.get_ref().as_integer() else {
            return self.complain_type(key, "register-type-whole", value);
        };
        let number = i64::from_str_radix(digits.as_str(), digits.radix());
        if !number.is_ok_and(|number| (min..=max).contains(&number)) {
            let (min, max) = (min.to_string(), max.to_string());
            let arguments = [("key", key.name), ("min", min.as_str()), ("max", max.as_str())];
            self.complain(value.span().start, Mistake::new("register-problem-bounds", &arguments));
        }
    }

    fn check_number(&mut self, key: &Key, message: &'static str, value: &Entry<'_>) {
        match number(value) {
            None => self.complain_type(key, "register-type-number", value),
            Some(number) if number.is_finite() && number >= 0.0 => {}
            Some(_) => {
                let mistake = Mistake::new(message, &[("key", key.name)]);
                self.complain(value.span().start, mistake);
            }
        }
    }

    /// A high need begins at more damage and at a shorter outage than a normal one.
    fn check_thresholds(&mut self, fields: &DeTable<'_>) {
        for (smaller, greater, at) in [
            ("damage_normal_eur", "damage_high_eur", "damage_high_eur"),
            ("outage_high_hours", "outage_normal_hours", "outage_high_hours"),
        ] {
            let value = |key: &str| fields.get(key).and_then(number);
            let (Some(least), Some(most)) = (value(smaller), value(greater)) else { continue };
            if least > most {
                let arguments = [("smaller", smaller), ("greater", greater)];
                let place = fields.get(at).map_or(0, |it| it.span().start);
                self.complain(place, Mistake::new("register-problem-thresholds", &arguments));
            }
        }
    }

    fn complain_type(&mut self, key: &Key, expected: &'static str, value: &Entry<'_>) {
        let mistake = Mistake::new("register-problem-type", &[("key", key.name)])
            .with_message("expected", expected);
        self.complain(value.span().start, mistake);
    }
}

/// The entries of a table, one or many.
fn entries<'a, 'b>(value: &'a Entry<'b>) -> &'a [Entry<'b>] {
    match value.get_ref().as_array() {
        Some(list) => list,
        None => std::slice::from_ref(value),
    }
}

fn number(value: &Entry<'_>) -> Option<f64> {
    let value = value.get_ref();
    let whole = value.as_integer().filter(|it| it.radix() == 10).map(|it| it.as_str());
    let text = whole.or_else(|| value.as_float().map(|it| it.as_str()))?;
    text.parse().ok()
}

fn identity_of<'a>(table: &Table, fields: &'a DeTable<'_>) -> Option<&'a str> {
    fields.get(table.identity?)?.get_ref().as_str()
}

fn header(table: &Table) -> String {
    if table.is_list { format!("[[{}]]", table.name) } else { format!("[{}]", table.name) }
}

fn choice(key: &Key, allowed: &'static [&'static str], text: &str) -> Option<Mistake> {
    if allowed.contains(&text) {
        return None;
    }
    let list = allowed.join(", ");
    let arguments = [("key", key.name), ("value", text), ("allowed", list.as_str())];
    let mistake = Mistake::new("register-problem-choice", &arguments);
    Some(mistake.meant(nearest(text, allowed.iter().copied())))
}

/// A day as the file writes it (RFC 3339, full-date).
fn day(key: &Key, text: &str) -> Option<Mistake> {
    let is_day = text.len() == "2026-11-27".len() && text.parse::<Date>().is_ok();
    (!is_day).then(|| Mistake::new("register-problem-day", &[("key", key.name), ("value", text)]))
}

/// The hash of a document, as every program that computes it writes it.
fn sha256(key: &Key, text: &str) -> Option<Mistake> {
    const DIGITS: usize = 64;
    let is_hash = text.len() == DIGITS && text.bytes().all(|it| it.is_ascii_hexdigit());
    (!is_hash)
        .then(|| Mistake::new("register-problem-sha256", &[("key", key.name), ("value", text)]))
}

pub(super) fn unknown_table(name: &str) -> Mistake {
    let names = || tables().map(|table| table.name);
    let known = names().collect::<Vec<_>>().join(", ");
    let arguments = [("table", name), ("known", known.as_str())];
    let mistake = Mistake::new("register-problem-unknown-table", &arguments);
    mistake.meant(nearest(name, names()))
}

pub(super) fn unknown_key(table: &Table, name: &str) -> Mistake {
    let names = || table.keys.iter().map(|key| key.name);
    let known = names().collect::<Vec<_>>().join(", ");
    let form = header(table);
    let arguments = [("table", form.as_str()), ("key", name), ("known", known.as_str())];
    Mistake::new("register-problem-unknown-key", &arguments).meant(nearest(name, names()))
}
