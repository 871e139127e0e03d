//! What changed between two registers, field by field: the material of events.

use std::collections::BTreeMap;

use toml::Value;

use super::Register;
use super::schema::{Table, tables};

/// One field that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Table and identity of the entry (`site ST1`), the table alone where there is only one.
    pub object: String,
    /// Key of the field.
    pub field: String,
    /// Text before; none: was not stated.
    pub before: Option<String>,
    /// Text after; none: is not stated.
    pub after: Option<String>,
}

impl Register {
    /// The fields in which two registers differ, in the order of the file.
    #[must_use]
    pub fn differences(before: &Self, after: &Self) -> Vec<Difference> {
        let (before, after) = (before.values(), after.values());
        let mut differences = Vec::new();
        for table in tables() {
            let old = fields(table, before.get(table.name));
            let new = fields(table, after.get(table.name));
            let mut names: Vec<&(String, usize)> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let (before, after) = (old.get(name), new.get(name));
                if before != after {
                    let field = table.keys.get(name.1).map_or("", |key| key.name);
                    differences.push(Difference {
                        object: name.0.clone(),
                        field: field.to_owned(),
                        before: before.cloned(),
                        after: after.cloned(),
                    });
                }
            }
        }
        differences
    }
}

/// The stated fields of a table: object and place of the key → text.
fn fields(table: &Table, value: Option<&Value>) -> BTreeMap<(String, usize), String> {
    let entries = match value {
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    let mut fields = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let object = object(table, index, entry);
        for (place, key) in table.keys.iter().enumerate() {
            if let Some(text) = entry.get(key.name).and_then(text) {
                fields.insert((object.clone(), place), text);
            }
        }
    }
    fields
}

fn object(table: &Table, index: usize, entry: &Value) -> String {
    let identity = table.identity.and_then(|key| entry.get(key)).and_then(Value::as_str);
    match identity {
        Some(identity) => format!("{} {identity}", table.name),
        None if table.is_list => format!("{} {:03}", table.name, index + 1),
        None => table.name.to_owned(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(list) if list.is_empty() => None,
        Value::Array(list) => Some(list.iter().filter_map(text).collect::<Vec<_>>().join(", ")),
        Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Table(_) => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: &[&str]) {
        let read = |text: &str| Register::parse(text).unwrap();
        let differences = Register::differences(&read(before), &read(after));
        let texts: Vec<String> = differences
            .iter()
            .map(|it| {
                let text = |value: &Option<String>| value.clone().unwrap_or("-".to_owned());
                format!("{} {}: {} > {}", it.object, it.field, text(&it.before), text(&it.after))
            })
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn only_what_changed_is_told() {
        let before =
            "[company]\nname = \"A\"\nemployees = 3\n[[site]]\ncode = \"S\"\nname = \"X\"\n";
        let after =
            "[company]\nname = \"B\"\nemployees = 3\n[[site]]\ncode = \"S\"\nname = \"X\"\n";
        check(before, after, &["company name: A > B"]);
        check(before, before, &[]);
    }

    #[test]
    fn an_entry_that_moves_in_the_file_does_not_change() {
        let one = "[[site]]\ncode = \"S\"\nname = \"X\"\n";
        let two = "[[site]]\ncode = \"T\"\nname = \"Y\"\n";
        check(&format!("{one}{two}"), &format!("{two}{one}"), &[]);
    }

    #[test]
    fn entries_that_come_and_go_are_told_with_all_their_fields() {
        let site = "[[site]]\ncode = \"S\"\nname = \"X\"\n";
        check("", site, &["site S code: - > S", "site S name: - > X"]);
        check(site, "", &["site S code: S > -", "site S name: X > -"]);
    }

    #[test]
    fn lists_and_truth_values_are_readable() {
        let zone = "[[zone]]\nname = \"Z\"\nnetworks = [\"10.0.0.0/8\", \"fd00::/8\"]\nvlan = 3\n";
        let plant = format!("{zone}ot = true\n");
        check(zone, &plant, &["zone Z ot: false > true"]);
        check(
            "[[zone]]\nname = \"Z\"\n",
            zone,
            &["zone Z networks: - > 10.0.0.0/8, fd00::/8", "zone Z vlan: - > 3"],
        );
    }
}
