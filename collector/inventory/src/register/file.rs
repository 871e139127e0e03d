//! `register.toml`: reading with the line of every mistake, and writing.

use toml::Value;
use toml::de::DeTable;

use super::Register;
use super::check;
use super::index::{Place, identity_of};
use super::lines::Lines;
use super::problem::{Mistake, RegisterError};
use super::schema::{Table, tables};

/// Larger than any register of a company should ever be.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

impl Register {
    /// Reads `register.toml`. One mistake anywhere, and nothing is taken.
    ///
    /// # Errors
    /// All mistakes that were found, each with its line.
    pub fn parse(text: &str) -> Result<Self, RegisterError> {
        if text.len() > FILE_BYTES_MAX {
            let (bytes, most) = (text.len().to_string(), FILE_BYTES_MAX.to_string());
            let arguments = [("bytes", bytes.as_str()), ("most", most.as_str())];
            let mistake = Mistake::new("register-problem-too-large", &arguments);
            return Err(RegisterError::one(None, mistake));
        }
        // An editor on Windows may have put a byte order mark there.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = Lines::of(text);
        let syntax = |error: &toml::de::Error| {
            let line = error.span().map(|span| lines.number_at(span.start));
            let mistake = Mistake::new("register-problem-syntax", &[("detail", error.message())]);
            RegisterError::one(line, mistake)
        };
        let document = DeTable::parse(text).map_err(|error| syntax(&error))?;
        let problems = check::problems(document.get_ref(), &lines);
        if !problems.is_empty() {
            return Err(RegisterError { problems });
        }
        toml::from_str(text).map_err(|error| syntax(&error))
    }

    /// The register as text that [`Register::parse`] reads again: always in the same order, without
    /// what is not stated.
    #[must_use]
    pub fn to_toml(&self) -> String {
        text_with_places(&self.values()).0
    }

    /// The register as untyped values. Every type of the model has a form in TOML.
    pub(super) fn values(&self) -> toml::Table {
        toml::Table::try_from(self).unwrap_or_default()
    }
}

/// The text of a document, and for each of its lines the field that stands there; the key is empty
/// where an entry begins.
pub(super) fn text_with_places(document: &toml::Table) -> (String, Vec<Option<Place>>) {
    let mut written = Written::default();
    for table in tables() {
        let entries = match document.get(table.name) {
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => continue,
        };
        for (number, entry) in entries.iter().enumerate() {
            written.entry(table, &identity_of(table, number, entry), entry);
        }
    }
    (written.text, written.places)
}

#[derive(Default)]
struct Written {
    text: String,
    places: Vec<Option<Place>>,
}

impl Written {
    fn entry(&mut self, table: &Table, identity: &str, entry: &Value) {
        let stated: Vec<(&str, &Value)> = table
            .keys
            .iter()
            .filter_map(|key| Some((key.name, entry.get(key.name)?)))
            .filter(|(_, value)| !value.as_array().is_some_and(Vec::is_empty))
            .collect();
        let header = match (table.is_list, stated.is_empty()) {
            (true, _) => format!("[[{}]]", table.name),
            (false, false) => format!("[{}]", table.name),
            (false, true) => return,
        };
        if !self.text.is_empty() {
            self.lines("", None);
        }
        self.lines(&header, Some(Place::new(table.name, identity, "")));
        for (key, value) in stated {
            self.lines(&format!("{key} = {value}"), Some(Place::new(table.name, identity, key)));
        }
    }

    /// A text that may have several lines.
    fn lines(&mut self, text: &str, place: Option<Place>) {
        let count = text.bytes().filter(|it| *it == b'\n').count() + 1;
        self.places.extend(std::iter::repeat_n(place, count));
        self.text.push_str(text);
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wording::Language;

    use super::*;

    /// The register of an invented company that uses every table and every key.
    pub(crate) const FULL: &str = include_str!("example.toml");

    fn messages(text: &str) -> String {
        Register::parse(text).unwrap_err().text(Language::English.wording())
    }

    fn check_refused(text: &str, line: usize, says: &str) {
        let error = Register::parse(text).unwrap_err();
        let german = error.text(Language::German.wording());
        let english = error.text(Language::English.wording());
        assert!(!german.contains('⟨') && !english.contains('⟨'), "{german}\n{english}");
        assert!(german.contains(&format!("Zeile {line}:")), "{german}");
        assert!(english.contains(&format!("line {line}:")), "{english}");
        assert!(english.contains(says), "{english}");
    }

    #[test]
    fn an_empty_file_states_nothing() {
        assert_eq!(Register::parse("").unwrap(), Register::default());
        assert_eq!(Register::default().to_toml(), "");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let register = Register::parse(FULL).unwrap();
        let text = register.to_toml();
        assert_eq!(Register::parse(&text).unwrap(), register);
        assert_eq!(Register::parse(&text).unwrap().to_toml(), text);
    }

    #[test]
    fn the_example_uses_every_key_and_the_model_has_every_key() {
        let document: toml::Table = FULL.parse().unwrap();
        for table in tables() {
            let value = &document[table.name];
            let entries = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            for key in table.keys {
                assert!(entries.iter().any(|it| it.get(key.name).is_some()), "{}", key.name);
            }
        }
        assert_eq!(document.len(), tables().count());
        // A key that the model lacked would be refused here, since the model denies unknown fields.
        Register::parse(FULL).unwrap();
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_key_that_was_meant() {
        check_refused("[company]\nname = \"A\"\nemployes = 3\n", 3, "“employees”");
        check_refused("[[sitte]]\ncode = \"S\"\n", 1, "“site”");
        check_refused("[company]\nheadquarters = \"A\"\n", 2, "security_officer");
        check_refused("zone = 3\n", 1, "[[zone]]");
        check_refused("[site]\ncode = \"S\"\nname = \"S\"\n", 1, "[[site]]");
        check_refused("[[company]]\nname = \"S\"\n", 1, "[company]");
        check_refused("name = \"S\"\n", 1, "owner_rule");
    }

    #[test]
    fn a_missing_or_mistyped_value_is_refused() {
        check_refused("[[site]]\ncode = \"S\"\n", 1, "“name”");
        check_refused("[[site]]\ncode = \"\"\nname = \"S\"\n", 2, "empty");
        check_refused("[[site]]\ncode = \"S \"\nname = \"S\"\n", 2, "spaces");
        check_refused("[[site]]\ncode = \"S\\nT\"\nname = \"S\"\n", 2, "line breaks");
        check_refused("[company]\nname = 3\n", 2, "text");
        check_refused("[company]\nemployees = \"3\"\n", 2, "whole number");
        check_refused("[company]\nemployees = -1\n", 2, "between 0 and");
        check_refused("[company]\nemployees = 99999999999999999999\n", 2, "");
        check_refused("[company]\nframeworks = \"grundschutz\"\n", 2, "list");
        check_refused("[company]\nframeworks = [\n 1]\n", 3, "list");
        check_refused("[thresholds]\noutage_high_hours = nan\n", 2, "hours");
        check_refused("[thresholds]\noutage_high_hours = -1\n", 2, "hours");
        check_refused("[thresholds]\noutage_high_hours = true\n", 2, "number");
        check_refused("[[zone]]\nname = \"A\"\not = 1\n", 3, "true or false");
        check_refused("[[zone]]\nname = \"A\"\nvlan = 4095\n", 3, "4094");
        check_refused("[company]\nname = \"a\\u0000b\"\n", 2, "control");
    }

    #[test]
    fn a_level_outside_of_the_list_is_refused_with_the_list() {
        let text = "[[process]]\ncode = \"P\"\nname = \"P\"\nintegrity = \"veryhigh\"\n";
        check_refused(text, 4, "normal, high, very_high");
        check_refused(text, 4, "“very_high”");
    }

    #[test]
    fn a_code_has_one_owner() {
        let text = "[[site]]\ncode = \"S\"\nname = \"A\"\n\n[[site]]\ncode = \"S\"\nname = \"B\"\n";
        check_refused(text, 6, "line 2");
        let text =
            "[[site]]\ncode = \"S1\"\nname = \"A\"\n\n[[site]]\ncode = \"s1\"\nname = \"B\"\n";
        check_refused(text, 6, "line 2");
    }

    #[test]
    fn a_reference_to_nothing_is_refused_with_its_line() {
        check_refused("[[building]]\ncode = \"B\"\nname = \"B\"\nsite = \"S\"\n", 4, "[[site]]");
        let process = "[[application]]\ncode = \"A002\"\nname = \"ERP\"\n[[process]]\ncode = \"P\"\nname = \"P\"\napplications = [\n  \"A002\",\n  \"A003\",\n]\n";
        check_refused(process, 9, "“A002”");
        check_refused("[[role]]\nname = \"A\"\ndeputy = \"B\"\n", 3, "[[role]]");
        check_refused("[[role]]\nname = \"A\"\ndeputy = \"A\"\n", 3, "itself");
        check_refused("[[location_rule]]\nwhen = \"name=*\"\nroom = \"R\"\n", 3, "[[room]]");
        check_refused("[[zone]]\nname = \"A\"\nmay_reach = [\"B\"]\n", 3, "[[zone]]");
        check_refused(
            "[[zone]]\nname = \"A\"\nmay_reach = [\"Internet\", \"internet\"]\n",
            3,
            "twice",
        );
        assert!(Register::parse("[[zone]]\nname = \"A\"\nmay_reach = [\"Internet\"]\n").is_ok());
    }

    #[test]
    fn networks_conditions_and_recognisers_are_read_before_they_are_taken() {
        check_refused("[[zone]]\nname = \"A\"\nnetworks = [\"10.0.0.1/8\"]\n", 3, "10.0.0.0/8");
        check_refused("[[zone]]\nname = \"A\"\nnetworks = [\"10.0.0/8\"]\n", 3, "network");
        let twice = "[[zone]]\nname = \"A\"\nnetworks = [\"10.0.0.0/8\"]\n[[zone]]\nname = \"B\"\nnetworks = [\"10.0.0.0/8\"]\n";
        check_refused(twice, 6, "“A”");
        check_refused("[[owner_rule]]\nwhen = \"switch=1\"\nowner = \"A\"\n", 2, "name=");
        check_refused(
            "[[application]]\ncode = \"A\"\nname = \"A\"\nrecognise = [\"erp\"]\n",
            4,
            "port:",
        );
    }

    #[test]
    fn thresholds_stand_in_their_order() {
        check_refused("[thresholds]\ndamage_normal_eur = 10\ndamage_high_eur = 5\n", 3, "damage");
        let outage = "[thresholds]\noutage_normal_hours = 4\noutage_high_hours = 24\n";
        check_refused(outage, 3, "outage");
    }

    #[test]
    fn every_mistake_is_told_at_once_by_line() {
        let all = messages(
            "[company]\nnmae = \"A\"\n\n[[role]]\nname = \"A\"\ndeputy = \"B\"\n[thresholds]\nx = 1\n",
        );
        let lines: Vec<&str> = all.lines().collect();
        assert_eq!(lines.len(), 3, "{all}");
        assert!(lines[0].starts_with("line 2:") && lines[2].starts_with("line 8:"), "{all}");
    }

    #[test]
    fn a_broken_file_names_the_line() {
        check_refused("[company]\nname = \"A\n", 2, "TOML");
        check_refused("[company]\nname = \"A\"\nname = \"B\"\n", 3, "TOML");
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_are_no_mistake() {
        let register = Register::parse("\u{feff}[company]\r\nname = \"A\"\r\n").unwrap();
        assert_eq!(register.company.name.as_deref(), Some("A"));
    }

    #[test]
    fn limits_are_kept() {
        assert!(messages(&"#".repeat(FILE_BYTES_MAX + 1)).contains("16777216"));
        let long = format!("[company]\nname = \"{}\"\n", "x".repeat(5000));
        check_refused(&long, 2, "4096");
        let many = "[[site]]\n".repeat(20_001);
        assert!(messages(&many).contains("[[site]]"));
        let deep = format!("a = {}{}", "[".repeat(50_000), "]".repeat(50_000));
        assert!(Register::parse(&deep).is_err());
        // A name of a thousand parts is a table in a table in a table.
        for dotted in ["a.".repeat(300_000) + "a = 1", format!("[{}a]", "a.".repeat(300_000))] {
            assert!(Register::parse(&dotted).is_err());
        }
        assert!(Register::parse(&format!("a = {}1", "{ a = ".repeat(100_000))).is_err());
    }

    #[test]
    fn a_formula_and_quotes_stay_text() {
        let mut register = Register::default();
        register.company.name = Some("=1+1 \"'\\ \t\n + ß🙂".to_owned());
        assert_eq!(Register::parse(&register.to_toml()).unwrap(), register);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = Register::parse(&text);
        }

        #[test]
        fn a_damaged_register_is_read_or_refused(at in 0_usize..2000, bad: char) {
            let mut letters: Vec<char> = FULL.chars().collect();
            if let Some(letter) = letters.get_mut(at) { *letter = bad; }
            let _ = Register::parse(&letters.into_iter().collect::<String>());
        }
    }
}
