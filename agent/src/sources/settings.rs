//! Settings as facts: the short way from a line of a configuration to the wire.

use std::collections::BTreeMap;

use observation::latest::{Fact, Setting, SettingOrigin};

use crate::sources::attribute::printable;

/// A setting that stands in a file.
pub(crate) fn configured(subject: &str, name: &str, value: &str, place: &str) -> Setting {
    Setting {
        subject: subject.to_owned(),
        scope: None,
        name: name.to_owned(),
        value: Some(printable(value)),
        place: place.to_owned(),
        origin: SettingOrigin::Configured,
    }
}

/// A setting that nobody wrote: the default of the program holds, which nobody here knows.
pub(crate) fn not_set(subject: &str, name: &str, place: &str) -> Setting {
    Setting {
        subject: subject.to_owned(),
        scope: None,
        name: name.to_owned(),
        value: None,
        place: place.to_owned(),
        origin: SettingOrigin::Default,
    }
}

/// What the running system states.
pub(crate) fn running(subject: &str, name: &str, value: &str, place: &str) -> Setting {
    Setting { origin: SettingOrigin::Running, ..configured(subject, name, value, place) }
}

/// Settings by scope and name, of which the last one written holds.
pub(crate) struct LastWins<'a> {
    subject: &'a str,
    settings: BTreeMap<(Option<String>, String), Setting>,
}

impl<'a> LastWins<'a> {
    /// None yet.
    pub(crate) fn new(subject: &'a str) -> Self {
        Self { subject, settings: BTreeMap::new() }
    }

    /// One more. An empty value takes the earlier one back, as systemd reads it.
    pub(crate) fn set(&mut self, scope: Option<&str>, name: &str, value: &str, place: &str) {
        let scope = scope.map(str::to_owned);
        let key = (scope.clone(), name.to_ascii_lowercase());
        if value.trim().is_empty() {
            self.settings.remove(&key);
            return;
        }
        let setting = Setting { scope, ..configured(self.subject, name, value, place) };
        self.settings.insert(key, setting);
    }

    /// Says of each of these names without scope that is not set that its default holds.
    pub(crate) fn state_defaults(&mut self, names: &[&str], place: &str) {
        for name in names {
            let key = (None, name.to_ascii_lowercase());
            self.settings.entry(key).or_insert_with(|| not_set(self.subject, name, place));
        }
    }

    /// All of them.
    pub(crate) fn settings(self) -> impl Iterator<Item = Setting> {
        self.settings.into_values()
    }

    /// The facts.
    pub(crate) fn facts(self) -> impl Iterator<Item = Fact> {
        self.settings().map(Fact::Setting)
    }
}

/// Scope, name, value and origin of settings, one per line, as tests compare them.
#[cfg(test)]
pub(crate) fn lines(facts: &[Fact]) -> Vec<String> {
    let line = |it: &Fact| {
        let Fact::Setting(it) = it else { panic!("{it:?}") };
        let scope = it.scope.as_ref().map(|it| format!("[{it}] ")).unwrap_or_default();
        let value = it.value.as_deref().map_or("-".to_owned(), |it| format!("= {it}"));
        format!("{} {scope}{} {value}", it.subject, it.name)
    };
    let mut lines: Vec<String> = facts.iter().map(line).collect();
    lines.sort();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_holds_and_an_empty_one_takes_back() {
        let mut settings = LastWins::new("x");
        settings.set(None, "A", "1", "/a");
        settings.set(None, "a", "2", "/b");
        settings.set(Some("s"), "A", "3", "/b");
        settings.set(None, "B", "1", "/a");
        settings.set(None, "B", " ", "/b");
        settings.state_defaults(&["A", "C"], "/a");
        let facts: Vec<Fact> = settings.facts().collect();
        assert_eq!(lines(&facts), ["x C -", "x [s] A = 3", "x a = 2"]);
    }
}
