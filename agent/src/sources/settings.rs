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

    #[test]
    fn a_setting_says_where_it_stands_and_whether_it_was_set() {
        let it = configured("sshd", "Port", "22", "/etc/ssh/sshd_config");
        assert_eq!((it.value.as_deref(), it.origin), (Some("22"), SettingOrigin::Configured));
        assert_eq!((&*it.subject, &*it.place), ("sshd", "/etc/ssh/sshd_config"));
        let it = not_set("sshd", "Port", "/etc/ssh/sshd_config");
        assert_eq!((it.value, it.origin), (None, SettingOrigin::Default));
        assert_eq!(running("a", "b", "c", "/proc/x").origin, SettingOrigin::Running);
    }

    #[test]
    fn signs_that_steer_a_terminal_do_not_leave_the_host() {
        let it = configured("x", "a", "b\u{1b}[31m\nc\u{7}", "/a");
        assert!(!it.value.unwrap().contains(char::is_control));
    }

    #[test]
    fn a_default_is_stated_once_and_only_where_nothing_is_set() {
        let mut settings = LastWins::new("x");
        settings.set(None, "Port", "22", "/a");
        settings.set(Some("host"), "Banner", "none", "/a");
        settings.state_defaults(&["port", "Banner", "banner"], "/b");
        let facts: Vec<Fact> = settings.facts().collect();
        // What a scope sets says nothing of all others.
        assert_eq!(lines(&facts), ["x Banner -", "x Port = 22", "x [host] Banner = none"]);
    }

    #[test]
    fn what_is_taken_back_can_be_set_again() {
        let mut settings = LastWins::new("x");
        for value in ["1", "", "2", "", "3"] {
            settings.set(None, "a", value, "/a");
        }
        settings.set(None, "never", "", "/a");
        let values: Vec<_> = settings.settings().map(|it| it.value).collect();
        assert_eq!(values, [Some("3".to_owned())]);
    }
}
