//! Templates for trades: entries that a company of the kind usually has, as proposals. They set no protection
//! need and claim nothing, and overwrite nothing.

use std::collections::BTreeMap;

use wording::Language;

use super::Register;
use super::entry::{Entry, Value};
use super::index::{Edit, Index, Place, field_kind, is_identity, table_names};
use super::schema::Kind;

/// All templates by name, with their files.
const TEMPLATES: &[(&str, &str)] = &[
    ("craft", include_str!("../../data/templates/craft.toml")),
    ("engineering-office", include_str!("../../data/templates/engineering-office.toml")),
    ("manufacturer", include_str!("../../data/templates/manufacturer.toml")),
    ("medical-practice", include_str!("../../data/templates/medical-practice.toml")),
    ("tax-adviser", include_str!("../../data/templates/tax-adviser.toml")),
];
/// The table of a file that says what it is for.
const HEAD: &str = "template";
/// The key of an entry that names the template that it came from.
const MARK: &str = "template";

/// Proposals for a trade.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its name, as it is typed.
    pub name: &'static str,
    german: String,
    english: String,
    /// What it proposes.
    pub proposals: Register,
}

/// What a template does to a register.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TemplateUse {
    /// What is to be stated.
    pub edits: Vec<Edit>,
    /// Entries that begin; their places have no key.
    pub added: Vec<Place>,
    /// Proposals that the register has already, each with the entry that stays as it is.
    pub kept: Vec<(Place, String)>,
}

impl Template {
    /// All of them, sorted by name.
    #[must_use]
    pub fn all() -> Vec<Self> {
        TEMPLATES.iter().filter_map(|(name, text)| Self::read(name, text)).collect()
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (name, text) = TEMPLATES.iter().find(|(it, _)| *it == name)?;
        Self::read(name, text)
    }

    fn read(name: &'static str, text: &str) -> Option<Self> {
        let mut document: toml::Table = toml::from_str(text).ok()?;
        let head = document.remove(HEAD)?;
        let title = |key: &str| head.get(key)?.as_str().map(str::to_owned);
        let proposals = Register::parse(&toml::to_string(&document).ok()?).ok()?;
        Some(Self { name, german: title("german")?, english: title("english")?, proposals })
    }

    /// What it is for.
    #[must_use]
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::German => &self.german,
            Language::English => &self.english,
        }
    }

    /// How many entries it proposes.
    #[must_use]
    pub fn count(&self) -> usize {
        let index = self.proposals.index();
        table_names().into_iter().map(|it| named_entries(&index, it).count()).sum()
    }

    /// What it would add. An entry of the same code or name stays as it is, and what the proposals say of
    /// theirs is said of it.
    #[must_use]
    pub fn used_on(&self, register: &Register) -> TemplateUse {
        let (proposed, stated) = (self.proposals.index(), register.index());
        let mut found = TemplateUse::default();
        // Proposed entries by table and identity, with the identity that they have in the register.
        let mut identities: BTreeMap<(&str, String), String> = BTreeMap::new();
        for table in table_names() {
            for (identity, entry) in named_entries(&proposed, table) {
                let place = Place::new(table, identity, "");
                let own = match same_entry(&stated, table, identity, entry) {
                    Some(own) => {
                        found.kept.push((place, own.clone()));
                        own
                    }
                    None => {
                        found.added.push(place);
                        identity.to_owned()
                    }
                };
                identities.insert((table, identity.to_owned()), own);
            }
        }
        for place in &found.added {
            let entry = proposed.entries(&place.table).find(|(it, _)| *it == place.identity);
            let Some((_, entry)) = entry else { continue };
            for key in super::index::keys_of(&place.table) {
                let place = Place::new(&place.table, &place.identity, key);
                let value = if key == MARK {
                    Some(Value::Text(self.name.to_owned()))
                } else {
                    entry.value(key).filter(|_| !is_identity(&place.table, key)).map(|value| {
                        with_identities(field_kind(&place.table, key), value, &identities)
                    })
                };
                if value.is_some() {
                    found.edits.push(Edit { place, value });
                }
            }
        }
        found
    }
}

/// The entries of a table that have a name: what stands once is the company's own word.
fn named_entries<'i>(
    index: &'i Index,
    table: &'i str,
) -> impl Iterator<Item = (&'i str, &'i Entry)> {
    index.entries(table).filter(|(identity, _)| !identity.is_empty())
}

/// The entry that a proposal would be a second time: of the same identity or name, without regard to case.
fn same_entry(stated: &Index, table: &str, identity: &str, entry: &Entry) -> Option<String> {
    let same = |left: &str, right: &str| left.to_lowercase() == right.to_lowercase();
    let name = entry.text("name");
    let mut entries = stated.entries(table);
    let found = entries.find(|(own, it)| {
        let own_name = it.text("name");
        let has_name = name.zip(own_name).is_some_and(|(left, right)| same(left, right));
        same(own, identity) || has_name
    });
    found.map(|(own, _)| own.to_owned())
}

/// A value whose references name the entries of the register.
fn with_identities(
    kind: Option<Kind>,
    value: &Value,
    identities: &BTreeMap<(&str, String), String>,
) -> Value {
    let own = |table: &'static str, it: &String| {
        identities.get(&(table, it.clone())).cloned().unwrap_or_else(|| it.clone())
    };
    match (kind, value) {
        (Some(Kind::Reference(table)), Value::Text(it)) => Value::Text(own(table, it)),
        (Some(Kind::References(table)), Value::Texts(texts)) => {
            Value::Texts(texts.iter().map(|it| own(table, it)).collect())
        }
        (
            _,
            Value::Text(_)
            | Value::Texts(_)
            | Value::YesNo(_)
            | Value::Whole(_)
            | Value::Decimal(_),
        ) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    #[test]
    fn every_template_is_whole_and_sorted() {
        let all = Template::all();
        assert_eq!(all.len(), TEMPLATES.len(), "one cannot be read");
        assert!(all.is_sorted_by_key(|it| it.name));
        for it in &all {
            assert!(it.count() > 15, "{}: {}", it.name, it.count());
            assert_ne!(it.title(Language::German), it.title(Language::English));
        }
    }

    #[test]
    fn no_template_sets_a_need_or_claims_anything() {
        for template in Template::all() {
            let index = template.proposals.index();
            for table in schema::tables() {
                for (identity, entry) in named_entries(&index, table.name) {
                    for key in table.keys {
                        let is_judgement = key.claim.is_some()
                            || matches!(key.kind, Kind::Choice(words) if words == schema::LEVELS)
                            || key.name == MARK;
                        let place = format!("{}: {} {identity}", template.name, table.name);
                        assert!(!is_judgement || entry.value(key.name).is_none(), "{place}");
                        // What it proposes can be marked.
                        assert!(field_kind(table.name, MARK).is_some(), "{place}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_template_says_nothing_of_what_stands_once() {
        for template in Template::all() {
            assert_eq!(template.proposals.company, Register::default().company);
            assert_eq!(template.proposals.thresholds, Register::default().thresholds);
        }
    }

    #[test]
    fn on_nothing_all_of_it_begins_and_is_marked() {
        for template in Template::all() {
            let used = template.used_on(&Register::default());
            assert_eq!((used.added.len(), used.kept.len()), (template.count(), 0));
            let after = Register::default().edited(&used.edits).unwrap();
            let index = after.index();
            for place in &used.added {
                let mark = index.value(&place.table, &place.identity, MARK);
                assert_eq!(mark, Some(&Value::Text(template.name.to_owned())), "{place:?}");
            }
            // Once more it finds all of it there.
            let again = template.used_on(&after);
            assert_eq!((again.edits.len(), again.added.len()), (0, 0));
        }
    }

    #[test]
    fn what_is_stated_stays_and_is_referred_to() {
        let text = "[[role]]\nname = \"geschäftsführung\"\n\
            [[process]]\ncode = \"GP9\"\nname = \"Fertigung\"\n\
            [[application]]\ncode = \"A1\"\nname = \"ERP\"\n\
            [[information]]\ncode = \"VI-KUNDEN\"\nname = \"Etwas anderes\"\n";
        let register = Register::parse(text).unwrap();
        let template = Template::named("manufacturer").unwrap();
        let used = template.used_on(&register);
        let kept: Vec<&str> = used.kept.iter().map(|(_, it)| it.as_str()).collect();
        assert_eq!(kept, ["geschäftsführung", "VI-KUNDEN", "GP9", "A1"]);
        let after = register.edited(&used.edits).unwrap();
        let index = after.index();
        for (table, identity) in
            [("role", "geschäftsführung"), ("process", "GP9"), ("application", "A1")]
        {
            let before = register.index();
            let entry = |it: &Index| {
                it.entries(table).find(|(own, _)| *own == identity).map(|(_, it)| it.clone())
            };
            assert_eq!(entry(&before), entry(&index), "{identity}");
        }
        assert_eq!(
            index.value("process", "VP-PLANUNG", "applications"),
            Some(&Value::Texts(vec!["A1".to_owned()]))
        );
        assert_eq!(
            index.value("role", "Produktionsleitung", "deputy"),
            Some(&Value::Text("geschäftsführung".to_owned()))
        );
    }
}
