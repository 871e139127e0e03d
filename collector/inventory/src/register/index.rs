//! The register by table, entry and key, and single fields of it changed.

use std::collections::BTreeMap;

use super::Register;
use super::entry::{Entry, Value};
use super::problem::{Mistake, Problem, RegisterError};
use super::schema::{self, Kind, Table, tables};

/// A field of the register.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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
        let list = document.get_mut(table.name).and_then(toml::Value::as_array_mut);
        let before = list.as_ref().map_or(0, |it| it.len());
        let after = list.map_or(0, |list| {
            let mut number = 0;
            list.retain(|entry| {
                let own = identity_of(table, number, entry);
                number += 1;
                own != identity
            });
            list.len()
        });
        if before == after {
            let arguments = [("table", table.name), ("identity", identity)];
            return Err(EditError::one(None, Mistake::new("register-problem-no-entry", &arguments)));
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

fn known_table(name: &str, identity: &str) -> Result<&'static Table, EditError> {
    schema::table(name).ok_or_else(|| {
        let place = Place::new(name, identity, "");
        EditError::one(Some(place), super::check::unknown_table(name))
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
        let differences = Register::differences(&before, &after);
        let texts: Vec<String> = differences
            .iter()
            .map(|it| format!("{} {}: {:?} > {:?}", it.object, it.field, it.before, it.after))
            .collect();
        assert_eq!(
            texts,
            [
                "site ST1 remark: Some(\"Hauptsitz\") > None",
                "process GP001 outage_hours: Some(\"8.0\") > Some(\"6.5\")",
                "system S-NEW01 id: None > Some(\"S-NEW01\")",
                "system S-NEW01 purpose: None > Some(\"Neu\")",
            ]
        );
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
    fn an_entry_that_others_need_stays() {
        let error = example().without("role", "Büroleitung").unwrap_err();
        assert!(error.problems.iter().all(|(place, _)| place.is_some()), "{error}");
        assert!(example().without("line", "LTG1").unwrap().line.is_empty());
        assert!(example().without("line", "LTG2").is_err());
        assert!(example().without("lines", "LTG1").is_err());
        assert_eq!(example().without("owner_rule", "001").unwrap().owner_rule.len(), 1);
    }
}
