//! The register by table, entry and key, and single fields of it changed.

use std::collections::{BTreeMap, BTreeSet};

use super::Register;
use super::entry::{Entry, Value};
use super::problem::{Mistake, Problem, RegisterError};
use super::schema::{self, Kind, Table, tables};

/// A field of the register.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Place {
    /// The table.
    pub table: String,
    /// The entry's identity; empty where the table stands once, the number of the entry where
    /// entries have no identity.
    pub identity: String,
    /// The key.
    pub key: String,
}

/// One field that is to be changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Which.
    pub place: Place,
    /// To what; none: is not stated any more.
    pub value: Option<Value>,
}

/// A field that has another value than before.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FieldChange {
    /// Which.
    pub place: Place,
    /// Its value before; none: was not stated.
    pub before: Option<Value>,
    /// Its value after; none: is not stated.
    pub after: Option<Value>,
}

/// Why single fields cannot be changed: the places concerned, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.as_register_error())]
pub struct EditError {
    /// Each with its mistake; without a place where it concerns the whole. Never empty.
    pub problems: Vec<(Option<Place>, Mistake)>,
}

/// The register by table, entry and key.
#[derive(Debug, Clone, Default)]
pub struct Index(BTreeMap<&'static str, BTreeMap<String, Entry>>);

/// The kind of value that a field holds; none: no table has such a key.
#[must_use]
pub fn field_kind(table: &str, key: &str) -> Option<Kind> {
    let found = schema::table(table)?.keys.iter().find(|it| it.name == key)?;
    Some(found.kind)
}

/// Whether a key names the entries of its table and cannot be changed alone.
#[must_use]
pub fn is_identity(table: &str, key: &str) -> bool {
    schema::table(table).is_some_and(|it| it.identity == Some(key))
}

/// Whether the entries of a table only say something of things that are known from elsewhere, and so
/// begin and end with what is said.
#[must_use]
pub fn is_statement(table: &str) -> bool {
    schema::table(table).is_some_and(Table::is_statement)
}

/// The keys of a table, in the order of the file; empty if there is no such table.
#[must_use]
pub fn keys_of(table: &str) -> Vec<&'static str> {
    schema::table(table).map_or_else(Vec::new, |it| it.keys.iter().map(|key| key.name).collect())
}

/// The names of all tables, in the order of the file.
#[must_use]
pub fn table_names() -> Vec<&'static str> {
    tables().map(|it| it.name).collect()
}

/// The known word that a slip of the pen may have meant.
#[must_use]
pub fn nearest_word<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    schema::nearest(typed, known)
}

impl Place {
    /// The field of this table, entry and key.
    #[must_use]
    pub fn new(table: &str, identity: &str, key: &str) -> Self {
        Self { table: table.to_owned(), identity: identity.to_owned(), key: key.to_owned() }
    }
}

impl Index {
    /// The value of a field; none: not stated.
    #[must_use]
    pub fn value(&self, table: &str, identity: &str, key: &str) -> Option<&Value> {
        self.0.get(table)?.get(identity)?.value(key)
    }

    /// The entries of a table by identity.
    pub fn entries(&self, table: &str) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.get(table).into_iter().flatten().map(|(identity, entry)| (identity.as_str(), entry))
    }

    /// Whether a table has an entry of this identity.
    #[must_use]
    pub fn has(&self, table: &str, identity: &str) -> bool {
        self.0.get(table).is_some_and(|it| it.contains_key(identity))
    }
}

impl Register {
    /// The register by table, entry and key.
    #[must_use]
    pub fn index(&self) -> Index {
        let document = self.values();
        let mut index = BTreeMap::new();
        for table in tables() {
            let entries = entries_of(&document, table);
            let named = entries.iter().enumerate().filter_map(|(number, value)| {
                let entry: Entry = value.clone().try_into().ok()?;
                Some((identity_of(table, number, value), entry))
            });
            index.insert(table.name, named.collect());
        }
        Index(index)
    }

    /// The fields in which two registers differ, in the order of the file.
    #[must_use]
    pub fn field_changes(before: &Self, after: &Self) -> Vec<FieldChange> {
        let (before, after) = (before.index(), after.index());
        let mut changes = Vec::new();
        for table in tables() {
            let identities = before.entries(table.name).chain(after.entries(table.name));
            let identities: BTreeSet<&str> = identities.map(|(identity, _)| identity).collect();
            for identity in identities {
                for key in table.keys {
                    let value = |of: &Index| of.value(table.name, identity, key.name).cloned();
                    let (before, after) = (value(&before), value(&after));
                    if before != after {
                        let place = Place::new(table.name, identity, key.name);
                        changes.push(FieldChange { place, before, after });
                    }
                }
            }
        }
        changes
    }

    /// The register with these changes taken back.
    ///
    /// # Errors
    /// The fields that have another value by now than the changes gave them, or mistakes that taking
    /// them back would make. Nothing was changed.
    pub fn taken_back(&self, changes: &[FieldChange]) -> Result<Self, EditError> {
        let index = self.index();
        let now = |place: &Place| index.value(&place.table, &place.identity, &place.key);
        let moved = changes.iter().filter(|it| now(&it.place) != it.after.as_ref());
        let problem = |it: &FieldChange| {
            let now = now(&it.place).map(Value::to_text).unwrap_or_default();
            let arguments = [("key", it.place.key.as_str()), ("value", now.as_str())];
            (Some(it.place.clone()), Mistake::new("register-problem-changed-since", &arguments))
        };
        let problems: Vec<_> = moved.map(problem).collect();
        if !problems.is_empty() {
            return Err(EditError { problems });
        }
        let mut document = self.values();
        // Entries that began with the changes end with them, the last first: rules are counted.
        for (table, identity) in begun(&index, changes).into_iter().rev() {
            remove(&mut document, known_table(table, identity)?, identity);
        }
        for FieldChange { place, before, .. } in changes {
            // An entry that somebody else has added to keeps its name.
            let is_name = before.is_none() && is_identity(&place.table, &place.key);
            if !is_name && (before.is_some() || has_entry(&document, place)) {
                let edit = Edit { place: place.clone(), value: before.clone() };
                change(&mut document, &edit)?;
            }
        }
        read(&document)
    }

    /// A table, or one entry of it, as the file writes it, with what is to be remarked of a field
    /// above it; none: nothing of the kind is stated.
    #[must_use]
    pub fn table_text(
        &self,
        table: &str,
        identity: Option<&str>,
        remark: impl Fn(&Place) -> Option<String>,
    ) -> Option<String> {
        let table = schema::table(table)?;
        let document = self.values();
        let entries = entries_of(&document, table).iter().enumerate();
        let wanted = entries.filter(|(number, it)| {
            identity.is_none_or(|identity| identity_of(table, *number, it) == identity)
        });
        let wanted: Vec<toml::Value> = wanted.map(|(_, it)| it.clone()).collect();
        let mut part = toml::Table::new();
        match (table.is_list, wanted.first()) {
            (_, None) => return None,
            (true, Some(_)) => part.insert(table.name.to_owned(), toml::Value::Array(wanted)),
            (false, Some(only)) => part.insert(table.name.to_owned(), only.clone()),
        };
        let (text, places) = super::file::text_with_places(&part);
        (!text.is_empty()).then(|| remarked(&text, &places, remark))
    }

    /// A code that no entry of a table has: one more than the greatest of those that end in digits.
    #[must_use]
    pub fn next_code(&self, table: &str) -> String {
        let index = self.index();
        let numbered = index.entries(table).filter_map(|(code, _)| {
            let letters = code.trim_end_matches(|it: char| it.is_ascii_digit());
            let digits = code.strip_prefix(letters)?;
            Some((digits.parse::<u32>().ok()?, letters.to_owned(), digits.len()))
        });
        let initial = table.chars().next().map(|it| it.to_ascii_uppercase().to_string());
        let (number, letters, width) =
            numbered.max().unwrap_or_else(|| (0, initial.unwrap_or_default(), 3));
        format!("{letters}{:0width$}", number.saturating_add(1))
    }

    /// The register with these fields changed; entries that do not exist begin. An entry of which
    /// only its identity is left, in a table of statements on observed things, goes.
    ///
    /// # Errors
    /// If the register would not be a whole one afterwards. Nothing was changed.
    pub fn edited(&self, edits: &[Edit]) -> Result<Self, EditError> {
        let mut document = self.values();
        for edit in edits {
            change(&mut document, edit)?;
        }
        read(&document)
    }

    /// The register without an entry.
    ///
    /// # Errors
    /// If another entry refers to it, or there is none. Nothing was changed.
    pub fn without(&self, table: &str, identity: &str) -> Result<Self, EditError> {
        let table = known_table(table, identity)?;
        let mut document = self.values();
        let before = entries_of(&document, table).len();
        remove(&mut document, table, identity);
        let after = entries_of(&document, table).len();
        if before == after {
            let arguments = [("table", table.name), ("identity", identity)];
            return Err(EditError::one(
                None,
                Mistake::new("register-problem-no-entry", &arguments),
            ));
        }
        read(&document)
    }
}

impl EditError {
    fn one(place: Option<Place>, mistake: Mistake) -> Self {
        Self { problems: vec![(place, mistake)] }
    }

    /// The same without places, for a person.
    #[must_use]
    pub fn as_register_error(&self) -> RegisterError {
        let problem = |(_, mistake): &(Option<Place>, Mistake)| Problem {
            line: None,
            mistake: mistake.clone(),
        };
        RegisterError { problems: self.problems.iter().map(problem).collect() }
    }
}

/// The text with remarks as comments above the fields that they concern.
fn remarked(
    text: &str,
    places: &[Option<Place>],
    remark: impl Fn(&Place) -> Option<String>,
) -> String {
    let mut all = String::new();
    let mut last: Option<&Place> = None;
    for (line, place) in text.lines().zip(places) {
        let place = place.as_ref();
        // A value of several lines has one remark.
        if place != last
            && let Some(remark) = place.and_then(&remark)
        {
            all += "# ";
            // Text of others must not begin a line of its own.
            all.extend(remark.chars().map(|it| if it.is_control() { ' ' } else { it }));
            all.push('\n');
        }
        last = place;
        all += line;
        all.push('\n');
    }
    all
}

fn known_table(name: &str, identity: &str) -> Result<&'static Table, EditError> {
    schema::table(name).ok_or_else(|| {
        let place = Place::new(name, identity, "");
        EditError::one(Some(place), super::check::unknown_table(name))
    })
}

/// The entries that say nothing but what these changes gave them.
fn begun<'c>(index: &Index, changes: &'c [FieldChange]) -> Vec<(&'c str, &'c str)> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for change in changes.iter().filter(|it| it.before.is_none()) {
        *counts.entry((&change.place.table, &change.place.identity)).or_default() += 1;
    }
    let is_whole = |(table, identity): &(&str, &str), count: &usize| {
        let stated =
            keys_of(table).into_iter().filter(|key| index.value(table, identity, key).is_some());
        stated.count() == *count
    };
    counts.into_iter().filter(|(entry, count)| is_whole(entry, count)).map(|it| it.0).collect()
}

/// Takes an entry out, if it is there.
fn remove(document: &mut toml::Table, table: &Table, identity: &str) {
    let list = document.get_mut(table.name).and_then(toml::Value::as_array_mut);
    if let Some(list) = list {
        let mut number = 0;
        list.retain(|entry| {
            let own = identity_of(table, number, entry);
            number += 1;
            own != identity
        });
    }
}

fn has_entry(document: &toml::Table, place: &Place) -> bool {
    schema::table(&place.table).is_some_and(|table| {
        let mut entries = entries_of(document, table).iter().enumerate();
        entries.any(|(number, it)| identity_of(table, number, it) == place.identity)
    })
}

fn entries_of<'a>(document: &'a toml::Table, table: &Table) -> &'a [toml::Value] {
    match document.get(table.name) {
        Some(toml::Value::Array(entries)) => entries,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

pub(super) fn identity_of(table: &Table, number: usize, entry: &toml::Value) -> String {
    let identity = table.identity.and_then(|key| entry.get(key)).and_then(toml::Value::as_str);
    match identity {
        Some(identity) => identity.to_owned(),
        None if table.is_list => format!("{:03}", number + 1),
        None => String::new(),
    }
}

fn change(document: &mut toml::Table, edit: &Edit) -> Result<(), EditError> {
    let Place { table: name, identity, key } = &edit.place;
    let table = known_table(name, identity)?;
    if !table.keys.iter().any(|it| it.name == key) {
        let mistake = super::check::unknown_key(table, key);
        return Err(EditError::one(Some(edit.place.clone()), mistake));
    }
    let entry = entry_mut(document, table, identity).ok_or_else(|| {
        let arguments = [("table", table.name), ("identity", identity.as_str())];
        let mistake = Mistake::new("register-problem-no-entry", &arguments);
        EditError::one(Some(edit.place.clone()), mistake)
    })?;
    match &edit.value {
        Some(value) => {
            let value = toml::Value::try_from(value).map_err(|it| {
                let arguments = [("detail", it.to_string())];
                let [(name, text)] = &arguments;
                let mistake = Mistake::new("register-problem-syntax", &[(name, text.as_str())]);
                EditError::one(Some(edit.place.clone()), mistake)
            })?;
            entry.insert(key.clone(), value);
        }
        None => {
            entry.remove(key);
        }
    }
    let says_nothing = |entry: &toml::Value| {
        entry.as_table().is_some_and(|it| it.keys().all(|key| Some(key.as_str()) == table.identity))
    };
    if table.is_statement()
        && let Some(list) = document.get_mut(table.name).and_then(toml::Value::as_array_mut)
    {
        list.retain(|it| !says_nothing(it));
    }
    Ok(())
}

/// The entry of this identity; begun where the table has identities and lacks this one.
fn entry_mut<'a>(
    document: &'a mut toml::Table,
    table: &Table,
    identity: &str,
) -> Option<&'a mut toml::Table> {
    if !table.is_list {
        let entry = document.entry(table.name).or_insert_with(|| toml::Table::new().into());
        return entry.as_table_mut();
    }
    let list = document.entry(table.name).or_insert_with(|| toml::Value::Array(Vec::new()));
    let list = list.as_array_mut()?;
    let known =
        list.iter().enumerate().position(|(number, it)| identity_of(table, number, it) == identity);
    let at = match (known, table.identity) {
        (Some(at), _) => at,
        // Rules have no name: the next one can begin, any other would be a gap.
        (None, None) if identity == format!("{:03}", list.len() + 1) => {
            list.push(toml::Table::new().into());
            list.len() - 1
        }
        (None, None) => return None,
        (None, Some(key)) => {
            let mut entry = toml::Table::new();
            entry.insert(key.to_owned(), identity.into());
            list.push(entry.into());
            list.len() - 1
        }
    };
    list.get_mut(at)?.as_table_mut()
}

/// The register that a document means, with mistakes at the fields that they concern.
fn read(document: &toml::Table) -> Result<Register, EditError> {
    let (text, places) = super::file::text_with_places(document);
    Register::parse(&text).map_err(|error| {
        let problems = error.problems.into_iter().map(|problem| {
            let place = problem.line.and_then(|line| places.get(line - 1).cloned().flatten());
            (place, problem.mistake)
        });
        EditError { problems: problems.collect() }
    })
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;

    fn example() -> Register {
        Register::parse(include_str!("example.toml")).unwrap()
    }

    fn edit(place: (&str, &str, &str), value: Option<Value>) -> Edit {
        Edit { place: Place::new(place.0, place.1, place.2), value }
    }

    fn text(text: &str) -> Option<Value> {
        Some(Value::Text(text.to_owned()))
    }

    #[test]
    fn every_stated_field_is_found_by_its_place() {
        let index = example().index();
        let value = |table, identity, key| index.value(table, identity, key).map(Value::to_text);
        assert_eq!(value("company", "", "employees").as_deref(), Some("25"));
        assert_eq!(value("process", "GP001", "availability").as_deref(), Some("high"));
        assert_eq!(value("process", "GP001", "approved_on").as_deref(), Some("2026-09-01"));
        assert_eq!(value("owner_rule", "002", "owner").as_deref(), Some("Büroleitung"));
        assert_eq!(value("system", "S-7K2QD", "purpose").as_deref(), Some("ERP und Dateien"));
        assert_eq!(value("system", "S-00000", "purpose"), None);
        assert!(index.has("zone", "Server") && !index.has("zone", "server"));
    }

    #[test]
    fn changed_fields_are_the_differences_and_nothing_else_is() {
        let before = example();
        let after = before
            .edited(&[
                edit(("process", "GP001", "outage_hours"), Some(Value::Decimal(6.5))),
                edit(("system", "S-NEW01", "purpose"), text("Neu")),
                edit(("site", "ST1", "remark"), None),
            ])
            .unwrap();
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_text);
        let texts: Vec<String> = Register::field_changes(&before, &after)
            .iter()
            .map(|FieldChange { place: it, before, after }| {
                let (before, after) = (text(before), text(after));
                format!("{} {} {}: {before:?} > {after:?}", it.table, it.identity, it.key)
            })
            .collect();
        assert_eq!(
            texts,
            [
                "site ST1 remark: Some(\"Hauptsitz\") > None",
                "process GP001 outage_hours: Some(\"8\") > Some(\"6.5\")",
                "system S-NEW01 id: None > Some(\"S-NEW01\")",
                "system S-NEW01 purpose: None > Some(\"Neu\")",
            ]
        );
    }

    #[test]
    fn an_entry_that_moves_in_the_file_does_not_change() {
        let one = "[[site]]\ncode = \"S\"\nname = \"X\"\n";
        let two = "[[site]]\ncode = \"T\"\nname = \"Y\"\n";
        let read = |text: String| Register::parse(&text).unwrap();
        let (here, there) = (read(format!("{one}{two}")), read(format!("{two}{one}")));
        assert_eq!(Register::field_changes(&here, &there), []);
    }

    #[test]
    fn a_remark_stands_above_its_field_and_the_text_is_still_read() {
        let mut register = example();
        register.company.scope = Some("alles\nund mehr".to_owned());
        let remark = |place: &Place| {
            ["scope", "released_by"].contains(&place.key.as_str()).then(|| "a\nb = 1".to_owned())
        };
        let text = register.table_text("company", None, remark).unwrap();
        assert_eq!(text.matches("# a b = 1\n").count(), 2, "{text}");
        assert!(text.contains("# a b = 1\nreleased_by = "), "{text}");
        let plain = register.table_text("company", None, |_| None).unwrap();
        let read = |text: &str| text.parse::<toml::Table>().unwrap();
        assert_eq!(read(&text), read(&plain));
    }

    #[test]
    fn a_statement_that_says_nothing_any_more_goes() {
        let before = example();
        let after = before.edited(&[edit(("detail", "D-00000001", "remark"), None)]).unwrap();
        assert!(after.detail.is_empty());
        // Whatever has a name of its own stays.
        let after = before.edited(&[edit(("line", "LTG1", "technology"), None)]).unwrap();
        assert_eq!(after.line.len(), 1);
    }

    #[test]
    fn a_mistake_names_the_field_that_it_concerns() {
        let check = |edits: &[Edit], place: (&str, &str, &str), says: &str| {
            let error = example().edited(edits).unwrap_err();
            let words = Language::English.wording();
            let (at, mistake) = &error.problems[0];
            assert_eq!(at.as_ref(), Some(&Place::new(place.0, place.1, place.2)), "{error}");
            assert!(mistake.text(words).contains(says), "{}", mistake.text(words));
        };
        let owner = ("process", "GP001", "owner");
        check(&[edit(owner, text("Bueroleitung"))], owner, "“Büroleitung”");
        let day = ("contract", "V001", "ends_on");
        check(&[edit(day, text("31.12.2027"))], day, "2026-11-27");
        let level = ("process", "GP001", "integrity");
        check(&[edit(level, text("veryhigh"))], level, "very_high");
        let unknown = ("process", "GP001", "colour");
        check(&[edit(unknown, text("blau"))], unknown, "colour");
        let name = ("process", "GP001", "name");
        check(&[edit(name, None)], ("process", "GP001", ""), "name");
        let lines = [edit(("unit", "OE1", "remark"), text("a\nb\nc")), edit(owner, text("X"))];
        check(&lines, owner, "[[role]]");
    }

    #[test]
    fn changes_are_taken_back_as_a_whole_or_not_at_all() {
        let before = example();
        let after = before
            .edited(&[
                edit(("process", "GP001", "description"), text("Neu")),
                edit(("line", "LTG2", "name"), text("Zweite Leitung")),
                edit(("system", "S-NEW01", "purpose"), text("Neu")),
                edit(("site", "ST1", "remark"), None),
            ])
            .unwrap();
        let changes = Register::field_changes(&before, &after);
        assert_eq!(changes.len(), 6);
        assert_eq!(after.taken_back(&changes).unwrap(), before);
        // Entries that were removed come back.
        let without = before.without("line", "LTG1").unwrap();
        let removed = Register::field_changes(&before, &without);
        assert_eq!(
            without.taken_back(&removed).unwrap().index().value("line", "LTG1", "name"),
            before.index().value("line", "LTG1", "name")
        );
        // So do rules, and what others said of the same thing stays.
        let without = before.without("owner_rule", "002").unwrap();
        let removed = Register::field_changes(&before, &without);
        assert_eq!(without.taken_back(&removed).unwrap(), before);
        let more = after.edited(&[edit(("system", "S-NEW01", "remark"), text("Y"))]).unwrap();
        let back = more.taken_back(&changes).unwrap().index();
        assert_eq!(back.value("system", "S-NEW01", "purpose"), None);
        assert!(back.value("system", "S-NEW01", "remark").is_some());
        // Somebody has changed one of the fields since.
        let later = after.edited(&[edit(("process", "GP001", "description"), text("X"))]).unwrap();
        let error = later.taken_back(&changes).unwrap_err();
        assert_eq!(error.problems.len(), 1);
        assert_eq!(error.problems[0].0, Some(Place::new("process", "GP001", "description")));
    }

    #[test]
    fn a_new_code_follows_the_greatest() {
        assert_eq!(example().next_code("process"), "GP002");
        assert_eq!(example().next_code("zone"), "Z001");
        assert_eq!(Register::default().next_code("contract"), "C001");
    }

    #[test]
    fn an_entry_is_written_as_the_file_writes_it() {
        let text = example().table_text("process", Some("GP001"), |_| None).unwrap();
        assert!(text.starts_with("[[process]]\ncode = \"GP001\"\n"), "{text}");
        assert!(
            example().table_text("company", None, |_| None).unwrap().starts_with("[company]\n")
        );
        assert_eq!(example().table_text("process", Some("GP009"), |_| None), None);
        assert_eq!(example().table_text("processes", None, |_| None), None);
    }

    #[test]
    fn an_entry_that_others_need_stays() {
        let error = example().without("role", "Büroleitung").unwrap_err();
        assert!(error.problems.iter().all(|(place, _)| place.is_some()), "{error}");
        assert!(example().without("line", "LTG1").unwrap().line.is_empty());
        assert!(example().without("line", "LTG2").is_err());
        assert!(example().without("lines", "LTG1").is_err());
        assert_eq!(example().without("owner_rule", "001").unwrap().owner_rule.len(), 1);
    }
}
