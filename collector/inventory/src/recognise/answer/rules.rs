//! `data/recognise/*.toml`: patterns with what they mean.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use observation::latest::{ServiceProtocol, Statement};
use regex::{Captures, Regex};
use serde::Deserialize;

use super::{Confidence, Recognition};
use crate::asset::{AssetKind, OperatingSystemDescription};

/// The files, in the order in which their rules are asked.
const FILES: [&str; 9] = [
    include_str!("../../../data/recognise/database.toml"),
    include_str!("../../../data/recognise/dns.toml"),
    include_str!("../../../data/recognise/ftp.toml"),
    include_str!("../../../data/recognise/http.toml"),
    include_str!("../../../data/recognise/mail.toml"),
    include_str!("../../../data/recognise/printer.toml"),
    include_str!("../../../data/recognise/snmp.toml"),
    include_str!("../../../data/recognise/ssh.toml"),
    include_str!("../../../data/recognise/upnp.toml"),
];

/// Longest text that is looked at: what a rule needs stands at the beginning.
const TEXT_BYTES_MAX: usize = 1_024;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Entry>,
}

/// One rule. Texts may name groups of the pattern: `{model}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of the data"))]
    id: String,
    protocols: Vec<ServiceProtocol>,
    statements: Vec<Statement>,
    /// Its group `version` is the version of the product.
    pattern: String,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    vendor: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    firmware: Option<String>,
    #[serde(default)]
    kind: Option<AssetKind>,
    #[serde(default)]
    system: Option<SystemEntry>,
    #[serde(default)]
    confidence: Confidence,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the data"))]
    examples: Vec<Example>,
    /// Texts that look alike and mean something else.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the data"))]
    others: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SystemEntry {
    id: String,
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    kernel: Option<String>,
    #[serde(default)]
    architecture: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the data"))]
struct Example {
    text: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    firmware: Option<String>,
    #[serde(default)]
    system: Option<String>,
}

/// A rule that is compiled when it is first needed: most scans need few of them.
pub(super) struct Rule {
    entry: Entry,
    pattern: OnceLock<Option<Regex>>,
}

impl Rule {
    /// What a text means; `None`: the rule does not fit.
    pub(super) fn read(&self, text: &str) -> Option<Recognition> {
        let pattern = self.pattern.get_or_init(|| Regex::new(&self.entry.pattern).ok()).as_ref()?;
        let groups = pattern.captures(beginning(text))?;
        let entry = &self.entry;
        let filled =
            |template: &Option<String>| template.as_deref().and_then(|it| fill(it, &groups));
        Some(Recognition {
            product: filled(&entry.product),
            version: group(&groups, "version"),
            said: None,
            vendor: filled(&entry.vendor),
            model: filled(&entry.model),
            firmware: filled(&entry.firmware),
            kind: entry.kind,
            system: entry.system.as_ref().map(|it| system(it, &groups)),
            confidence: entry.confidence,
        })
    }
}

fn system(entry: &SystemEntry, groups: &Captures<'_>) -> OperatingSystemDescription {
    let filled = |it: &Option<String>| it.as_deref().and_then(|it| fill(it, groups));
    let version = filled(&entry.version);
    OperatingSystemDescription {
        id: Some(entry.id.clone()),
        name: Some(entry.name.clone()),
        pretty_name: Some(match &version {
            Some(version) => format!("{} {version}", entry.name),
            None => entry.name.clone(),
        }),
        version,
        kernel: filled(&entry.kernel),
        architecture: filled(&entry.architecture),
        ..OperatingSystemDescription::default()
    }
}

/// A template with its groups put in; `None` where one of them took no part.
fn fill(template: &str, groups: &Captures<'_>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&group(groups, name)?);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

fn group(groups: &Captures<'_>, name: &str) -> Option<String> {
    let text = groups.name(name)?.as_str().trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// At most so many bytes, whole characters.
fn beginning(text: &str) -> &str {
    let end = text.floor_char_boundary(TEXT_BYTES_MAX);
    text.get(..end).unwrap_or_default()
}

/// The rules for what a protocol states, in the order of the data.
pub(super) fn rules_for(
    protocol: ServiceProtocol,
    statement: Statement,
) -> impl Iterator<Item = &'static Rule> {
    let places = index().get(&(protocol, statement)).map(Vec::as_slice).unwrap_or_default();
    places.iter().filter_map(|it| rules().get(*it))
}

fn rules() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    // The files are part of the program; a test reads them.
    RULES.get_or_init(|| {
        let files = FILES.iter().filter_map(|it| toml::from_str::<File>(it).ok());
        let entries = files.flat_map(|it| it.rule);
        entries.map(|entry| Rule { entry, pattern: OnceLock::new() }).collect()
    })
}

type Index = BTreeMap<(ServiceProtocol, Statement), Vec<usize>>;

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = Index::new();
        for (place, rule) in rules().iter().enumerate() {
            for protocol in &rule.entry.protocols {
                for statement in &rule.entry.statements {
                    index.entry((*protocol, *statement)).or_default().push(place);
                }
            }
        }
        index
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use observation::latest::{ServiceAnswer, Transport};
    use proptest::prelude::*;

    use super::*;
    use crate::recognise::answer::recognise;

    #[test]
    fn every_file_can_be_read_and_every_rule_has_an_example_and_an_id_of_its_own() {
        let mut ids = BTreeSet::new();
        for file in FILES {
            let file: File = toml::from_str(file).unwrap();
            assert!(!file.rule.is_empty());
            for entry in file.rule {
                assert!(ids.insert(entry.id.clone()), "{} stands twice", entry.id);
                assert!(!entry.examples.is_empty(), "{}: no example", entry.id);
                assert!(!entry.protocols.is_empty() && !entry.statements.is_empty());
                if let Err(error) = Regex::new(&entry.pattern) {
                    panic!("{}: {error}", entry.id);
                }
            }
        }
        assert_eq!(rules().len(), ids.len());
    }

    #[test]
    fn every_example_means_what_stands_beside_it() {
        for rule in rules() {
            for example in &rule.entry.examples {
                let id = &rule.entry.id;
                let Some(read) = rule.read(&example.text) else {
                    panic!("{id} does not fit {}", example.text)
                };
                assert_eq!(read.version, example.version, "{id}: {}", example.text);
                assert_eq!(read.firmware, example.firmware, "{id}: {}", example.text);
                if example.model.is_some() {
                    assert_eq!(read.model, example.model, "{id}: {}", example.text);
                }
                let system = read.system.and_then(|it| it.pretty_name);
                if example.system.is_some() {
                    assert_eq!(system, example.system, "{id}: {}", example.text);
                }
            }
            for other in &rule.entry.others {
                assert_eq!(rule.read(other), None, "{}: {other}", rule.entry.id);
            }
        }
    }

    #[test]
    fn a_version_stands_in_the_answer_word_for_word() {
        for rule in rules() {
            for example in &rule.entry.examples {
                let read = rule.read(&example.text).unwrap();
                for text in [read.version, read.firmware].into_iter().flatten() {
                    assert!(example.text.contains(&text), "{}: {text}", rule.entry.id);
                }
            }
        }
    }

    #[test]
    fn an_example_is_not_taken_by_an_earlier_rule_with_another_product() {
        for rule in rules() {
            let Some(product) = &rule.entry.product else { continue };
            if product.contains('{') {
                continue;
            }
            for example in &rule.entry.examples {
                let answer = ServiceAnswer {
                    transport: Transport::Tcp,
                    port: 1,
                    protocol: rule.entry.protocols[0],
                    is_encrypted: false,
                    statements: [(rule.entry.statements[0], example.text.clone())].into(),
                };
                let found = recognise(&answer);
                assert_eq!(found.product.as_ref(), Some(product), "{}", example.text);
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,2000}") {
            for rule in rules() {
                let read = rule.read(&text);
                prop_assert!(read.is_none_or(|it| it.version.is_none_or(|it| text.contains(&it))));
            }
        }
    }
}
