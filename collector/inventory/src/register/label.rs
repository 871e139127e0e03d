//! Tables and keys in the reader's language.

use wording::Wording;

use super::index::Place;

/// What a table is called; its key, if there is no such table.
#[must_use]
pub fn table_label(words: &Wording, table: &str) -> String {
    text_or(words, &format!("register-table-{}", table.replace('_', "-")), table)
}

/// What a key of a table is called: in words of the table's own, else in those that all tables
/// share; the key itself, if there is no such key.
#[must_use]
pub fn key_label(words: &Wording, table: &str, key: &str) -> String {
    let key_part = key.replace('_', "-");
    let own = format!("register-{}-{key_part}", table.replace('_', "-"));
    let message = if words.has(&own) { own } else { format!("register-key-{key_part}") };
    text_or(words, &message, key)
}

impl Place {
    /// The field for people: `Standort ST1: Name`; the entry alone where there is no key.
    #[must_use]
    pub fn label(&self, words: &Wording) -> String {
        let entry = format!("{} {}", table_label(words, &self.table), self.identity);
        match self.key.as_str() {
            "" => entry.trim_end().to_owned(),
            key => format!("{}: {}", entry.trim_end(), key_label(words, &self.table, key)),
        }
    }
}

fn text_or(words: &Wording, message: &str, code: &str) -> String {
    if words.has(message) { words.text(message) } else { code.to_owned() }
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::super::schema::tables;
    use super::*;

    #[test]
    fn every_table_and_key_has_a_label_in_both_languages() {
        for words in [Language::German.wording(), Language::English.wording()] {
            for table in tables() {
                assert_ne!(table_label(words, table.name), table.name);
                for key in table.keys {
                    let label = key_label(words, table.name, key.name);
                    assert_ne!(label, key.name, "{}", table.name);
                }
            }
        }
    }

    #[test]
    fn a_field_reads_as_a_person_would_say_it() {
        let words = Language::German.wording();
        let label = |table, identity, key| Place::new(table, identity, key).label(words);
        assert_eq!(label("site", "ST1", "address"), "Standort ST1: Anschrift");
        assert_eq!(label("company", "", "sector"), "Unternehmen: Branche");
        assert_eq!(label("role", "IT Leitung", "deputy"), "Rolle IT Leitung: Vertretung");
        assert_eq!(label("process", "GP001", ""), "Geschäftsprozess GP001");
    }
}
