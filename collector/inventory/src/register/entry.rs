//! Entries that the program keeps and shows, but draws no conclusions from: keys with values, as the
//! schema allows them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One entry of a table, or what an entry says beyond the fields that the program reasons with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entry(BTreeMap<String, Value>);

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    YesNo(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Decimal(f64),
    /// A text, a word of a list, the identity of another entry, or a day (`2026-11-27`).
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
}

impl Entry {
    /// The value of a key; none: not stated.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The text of a key that holds one.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key)? {
            Value::Text(text) => Some(text),
            Value::YesNo(_) | Value::Whole(_) | Value::Decimal(_) | Value::Texts(_) => None,
        }
    }

    /// The texts of a key that holds a list; none of them if it is not stated.
    #[must_use]
    pub fn texts(&self, key: &str) -> &[String] {
        match self.0.get(key) {
            Some(Value::Texts(texts)) => texts,
            Some(Value::YesNo(_) | Value::Whole(_) | Value::Decimal(_) | Value::Text(_)) | None => {
                &[]
            }
        }
    }

    /// The day of a key that holds one.
    #[must_use]
    pub fn day(&self, key: &str) -> Option<Date> {
        self.text(key)?.parse().ok()
    }

    /// The number of a key that holds one.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts and amounts stay far below 2^53")]
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.0.get(key)? {
            Value::Whole(number) => Some(*number as f64),
            Value::Decimal(number) => Some(*number),
            Value::YesNo(_) | Value::Text(_) | Value::Texts(_) => None,
        }
    }

    /// Whether a key that holds yes or no says yes; none: not stated.
    #[must_use]
    pub fn is(&self, key: &str) -> Option<bool> {
        match self.0.get(key)? {
            Value::YesNo(is_so) => Some(*is_so),
            Value::Whole(_) | Value::Decimal(_) | Value::Text(_) | Value::Texts(_) => None,
        }
    }
}

impl Value {
    /// The value as one text, as events and differences write it.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::YesNo(is_so) => is_so.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Texts(texts) => texts.join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_gives_each_value_by_its_kind() {
        let text = "name = \"A\"\ncount = 3\nhours = 4.5\nis = true\nday = \"2026-11-27\"\nmany = [\"a\", \"b\"]\n";
        let entry: Entry = toml::from_str(text).unwrap();
        assert_eq!(entry.text("name"), Some("A"));
        assert_eq!(entry.number("count"), Some(3.0));
        assert_eq!(entry.number("hours"), Some(4.5));
        assert_eq!(entry.is("is"), Some(true));
        assert_eq!(entry.day("day"), Some(jiff::civil::date(2026, 11, 27)));
        assert_eq!(entry.texts("many"), ["a", "b"]);
        assert_eq!((entry.text("count"), entry.day("name")), (None, None));
        assert!(entry.texts("nothing").is_empty());
    }

    #[test]
    fn an_entry_survives_toml_and_json() {
        let text = "count = 3\nhours = 4.0\nmany = [\"a\"]\nname = \"=1+1\"\n";
        let entry: Entry = toml::from_str(text).unwrap();
        let json = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), entry);
        let again: Entry = toml::from_str(&toml::to_string(&entry).unwrap()).unwrap();
        assert_eq!(again, entry);
    }
}
