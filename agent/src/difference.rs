//! The facts of a source, and what differs between two reports, fact by fact, for a person.

use std::collections::{BTreeMap, BTreeSet};

use observation::latest::FactText;
use observation::latest::written::{Outcome, Report, Section};
use serde::Serialize;
use serde_json::Value;
use wording::Wording;

use crate::print::{clean, wrapped};

/// Removed and added facts of one kind that are compared to find which of them belong together; more
/// are shown as they are.
const PAIRED_MAX: usize = 300;
/// The field in which the wire names the kind of a fact.
const TAG: &str = "fact";
/// Columns that a continued line is indented by.
const INDENT: usize = 4;

/// A fact as the names and values of its fields.
type Fields = BTreeMap<String, String>;

/// What became of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It is new.
    Added(String, Fields),
    /// It is gone.
    Removed(String, Fields),
    /// It is still there and these fields are others: name, before, after.
    Changed(String, Fields, Vec<(String, Option<String>, Option<String>)>),
    /// The source could be read, or could not, where it was the other way round before.
    Outcome {
        /// Whether it can be read now.
        is_read: bool,
    },
}

/// What differs, by source.
#[must_use]
pub fn differences(before: &Report, after: &Report) -> BTreeMap<String, Vec<Difference>> {
    let (before, after) = (by_source(before), by_source(after));
    let sources: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let all = sources.into_iter().map(|source| {
        let found = of_source(before.get(source).copied(), after.get(source).copied());
        (source.to_owned(), found)
    });
    all.filter(|it| !it.1.is_empty()).collect()
}

fn by_source(report: &Report) -> BTreeMap<&str, &Section> {
    report.sections.iter().map(|it| (it.body.source.as_str(), it)).collect()
}

fn of_source(before: Option<&Section>, after: Option<&Section>) -> Vec<Difference> {
    let mut found = Vec::new();
    let is_read =
        |it: Option<&Section>| it.is_some_and(|it| matches!(it.body.outcome, Outcome::Read { .. }));
    if is_read(before) != is_read(after) {
        found.push(Difference::Outcome { is_read: is_read(after) });
    }
    // What a source that was not read would have said is not known to be gone or new.
    if !is_read(before) || !is_read(after) {
        return found;
    }
    let (before, after) = (facts_of(before), facts_of(after));
    let gone: Vec<&(String, Fields)> = before.difference(&after).collect();
    let new: Vec<&(String, Fields)> = after.difference(&before).collect();
    let kinds: BTreeSet<&str> = gone.iter().chain(&new).map(|it| it.0.as_str()).collect();
    for kind in kinds {
        let of_kind = |list: &[&(String, Fields)]| -> Vec<Fields> {
            list.iter().filter(|it| it.0 == kind).map(|it| it.1.clone()).collect()
        };
        found.extend(pair(kind, of_kind(&gone), of_kind(&new)));
    }
    found
}

/// Facts that are alike in more than half of their fields are one fact that changed.
fn pair(kind: &str, gone: Vec<Fields>, mut new: Vec<Fields>) -> Vec<Difference> {
    let mut found = Vec::new();
    let may_pair = gone.len() <= PAIRED_MAX && new.len() <= PAIRED_MAX;
    for old in gone {
        let alike =
            |it: &Fields| it.iter().filter(|(name, value)| old.get(*name) == Some(value)).count();
        let best = new.iter().enumerate().map(|(at, it)| (alike(it), at)).max();
        match best.filter(|(count, _)| may_pair && count * 2 > old.len().saturating_sub(1)) {
            Some((count, at)) if count > 0 => {
                let now = new.swap_remove(at);
                let names: BTreeSet<&String> = old.keys().chain(now.keys()).collect();
                let changed = names.into_iter().filter(|it| old.get(*it) != now.get(*it));
                let changed = changed
                    .map(|it| (it.clone(), old.get(it).cloned(), now.get(it).cloned()))
                    .collect();
                found.push(Difference::Changed(kind.to_owned(), now, changed));
            }
            _ => found.push(Difference::Removed(kind.to_owned(), old)),
        }
    }
    found.extend(new.into_iter().map(|it| Difference::Added(kind.to_owned(), it)));
    found
}

fn facts_of(section: Option<&Section>) -> BTreeSet<(String, Fields)> {
    let Some(Outcome::Read { facts, .. }) = section.map(|it| &it.body.outcome) else {
        return BTreeSet::new();
    };
    facts.iter().map(fields).collect()
}

/// Kind and fields of a fact as the wire writes them; inner fields with their path.
fn fields(fact: &FactText) -> (String, Fields) {
    let value = serde_json::from_str(fact.text()).unwrap_or_default();
    let mut fields = Fields::new();
    flatten("", &value, &mut fields);
    (fields.remove(TAG).unwrap_or_default(), fields)
}

fn flatten(path: &str, value: &Value, fields: &mut Fields) {
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, it)| flatten(&below(name), it, fields));
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            list.iter()
                .enumerate()
                .for_each(|(at, it)| flatten(&below(&at.to_string()), it, fields));
        }
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().map(text_of).collect();
            fields.insert(path.to_owned(), texts.join(", "));
        }
        // A value that is not known is not shown as one.
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            fields.insert(path.to_owned(), text_of(value));
        }
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The facts of one section as lines.
#[must_use]
pub fn facts_text(section: &Section, width: usize) -> String {
    let facts = facts_of(Some(section));
    facts.iter().map(|(kind, fields)| line(' ', kind, &joined(fields), width)).collect()
}

/// The differences as lines.
#[must_use]
pub fn differences_text(
    found: &BTreeMap<String, Vec<Difference>>,
    words: &Wording,
    name: impl Fn(&str) -> String,
    width: usize,
) -> String {
    let mut text = String::new();
    for (source, list) in found {
        text.push_str(&format!("{} ({})\n", name(source), clean(source)));
        text.extend(list.iter().map(|it| difference_text(it, words, width)));
        text.push('\n');
    }
    text
}

fn difference_text(difference: &Difference, words: &Wording, width: usize) -> String {
    match difference {
        Difference::Added(kind, fields) => line('+', kind, &joined(fields), width),
        Difference::Removed(kind, fields) => line('-', kind, &joined(fields), width),
        Difference::Changed(kind, fields, changed) => {
            let none = words.text("agent-show-nothing");
            let shown = |it: &Option<String>| it.clone().unwrap_or_else(|| none.clone());
            let changes = changed.iter().map(|(name, before, after)| {
                format!("{name} {} → {}", shown(before), shown(after))
            });
            let changes: Vec<String> = changes.collect();
            let is_changed = |it: &str| changed.iter().any(|(name, ..)| name == it);
            let same: Fields = fields
                .iter()
                .filter(|it| !is_changed(it.0))
                .map(|(a, b)| (a.clone(), b.clone()))
                .collect();
            let text = format!("{}: {}", changes.join("; "), joined(&same));
            line('~', kind, text.trim_end_matches(": "), width)
        }
        Difference::Outcome { is_read } => {
            let key = if *is_read { "agent-show-read-again" } else { "agent-show-not-read" };
            line('!', &words.text(key), "", width)
        }
    }
}

fn joined(fields: &Fields) -> String {
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn line(mark: char, kind: &str, text: &str, width: usize) -> String {
    wrapped(&format!("{mark} {} {}", clean(kind), clean(text)), width, INDENT) + "\n"
}

#[cfg(test)]
mod tests {
    use observation::latest::{
        Absent, Fact, InitSystem, InstalledPackage, PackageManager, ReportNumber,
    };
    use wording::Language;

    use super::*;
    use crate::spool::tests::report;

    fn package(name: &str, version: &str) -> Fact {
        Fact::InstalledPackage(InstalledPackage {
            manager: PackageManager::Dpkg,
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: Some("amd64".to_owned()),
            ..sample_package()
        })
    }

    fn sample_package() -> InstalledPackage {
        serde_json::from_str(r#"{"manager":"dpkg","name":"x","version":"1"}"#).unwrap()
    }

    fn with(outcome: Outcome) -> Report {
        let mut report = report(ReportNumber { epoch: 1, sequence: 1 }, &[("a.a", 1)]);
        report.sections[0].body.outcome = outcome;
        report
    }

    fn read(facts: Vec<Fact>) -> Report {
        let facts = facts.iter().map(|it| FactText::of(it).unwrap()).collect();
        with(Outcome::Read { facts, gaps: Vec::new(), complaints: Vec::new() })
    }

    fn text(before: &Report, after: &Report) -> String {
        let words = Language::English.wording();
        differences_text(&differences(before, after), words, str::to_owned, 60)
    }

    #[test]
    fn new_gone_and_changed_facts_are_told_apart() {
        let before = read(vec![package("bash", "5.1"), package("vim", "9"), package("sed", "4")]);
        let after = read(vec![package("bash", "5.2"), package("sed", "4"), package("htop", "3.2")]);
        let text = text(&before, &after);
        assert!(text.contains("version 5.1 → 5.2"), "{text}");
        assert!(!text.contains("name=sed"), "{text}");
        let marks = |mark: char| text.lines().filter(|it| it.starts_with(mark)).count();
        assert!(marks('~') >= 1 && marks('+') + marks('-') + 2 * marks('~') == 4, "{text}");
        assert!(text.lines().all(|it| it.chars().count() <= 60), "{text}");
        assert_eq!(differences(&before, &before), BTreeMap::new());
    }

    #[test]
    fn what_could_not_be_read_is_not_gone() {
        let before = read(vec![package("bash", "5.1")]);
        let after = with(Outcome::Absent { reason: Absent::NotHere { looked_at: "/x".into() } });
        let found = differences(&before, &after);
        assert_eq!(found["a.a"], [Difference::Outcome { is_read: false }]);
        assert_eq!(differences(&after, &before)["a.a"], [Difference::Outcome { is_read: true }]);
    }

    #[test]
    fn text_of_the_machine_does_not_command_the_terminal() {
        let init =
            |name: &str| Fact::InitSystem(InitSystem { name: name.to_owned(), version: None });
        let text = text(&read(vec![]), &read(vec![init("a\u{1b}[31mb\nc")]));
        assert!(!text.contains('\u{1b}') && text.contains("a[31mbc"), "{text:?}");
    }

    #[test]
    fn many_facts_are_not_compared_each_with_each() {
        let many =
            |version: &str| read((0..2000).map(|it| package(&format!("p{it}"), version)).collect());
        let found = differences(&many("1"), &many("2"));
        assert_eq!(found["a.a"].len(), 4000);
    }
}
