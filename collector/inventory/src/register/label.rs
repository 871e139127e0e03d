//! Tables and keys in the reader's language.

use wording::Wording;

use super::differences::Difference;

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

impl Difference {
    /// What changed, for people: `Standort ST1: Name`.
    #[must_use]
    pub fn label(&self, words: &Wording) -> String {
        let (table, identity) = match self.object.split_once(' ') {
            Some((table, identity)) => (table, Some(identity)),
            None => (self.object.as_str(), None),
        };
        let label = table_label(words, table);
        let key = key_label(words, table, &self.field);
        match identity {
            Some(identity) => format!("{label} {identity}: {key}"),
            None => format!("{label}: {key}"),
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
    fn a_difference_reads_as_a_person_would_say_it() {
        let difference = |object: &str, field: &str| Difference {
            object: object.to_owned(),
            field: field.to_owned(),
            before: None,
            after: None,
        };
        let words = Language::German.wording();
        assert_eq!(difference("site ST1", "address").label(words), "Standort ST1: Anschrift");
        assert_eq!(difference("company", "sector").label(words), "Unternehmen: Branche");
        assert_eq!(
            difference("role IT Leitung", "deputy").label(words),
            "Rolle IT Leitung: Vertretung"
        );
    }
}
