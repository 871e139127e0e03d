//! The one catalogue of words: German and English, in Project Fluent files under `de/` and `en/`.
//!
//! Knows no IO: the files are part of the program. A message that one language lacks fails a test. Keys are lower case with hyphens and begin with their domain:
//! `workbook-…`, `account-…`, `agent-…`, `assess-…`, `command-…`, `detail-…`, `register-…`, `scan-…`, `absent-…`.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

/// A language that every text exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// German, the first language of everything that a user reads.
    German,
    /// English.
    English,
}

/// The catalogue's files, by domain: German, English.
const FILES: &[(&str, &str)] = &[
    (include_str!("../de/absent.ftl"), include_str!("../en/absent.ftl")),
    (include_str!("../de/account.ftl"), include_str!("../en/account.ftl")),
    (include_str!("../de/agent.ftl"), include_str!("../en/agent.ftl")),
    (include_str!("../de/assess.ftl"), include_str!("../en/assess.ftl")),
    (include_str!("../de/asset.ftl"), include_str!("../en/asset.ftl")),
    (include_str!("../de/command.ftl"), include_str!("../en/command.ftl")),
    (include_str!("../de/detail.ftl"), include_str!("../en/detail.ftl")),
    (include_str!("../de/import.ftl"), include_str!("../en/import.ftl")),
    (include_str!("../de/register.ftl"), include_str!("../en/register.ftl")),
    (include_str!("../de/scan.ftl"), include_str!("../en/scan.ftl")),
    (include_str!("../de/sheets.ftl"), include_str!("../en/sheets.ftl")),
    (include_str!("../de/workbook.ftl"), include_str!("../en/workbook.ftl")),
];

/// The words of one language.
pub struct Wording {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Language {
    /// The language of a tag such as `de`, `de_DE.UTF-8`, `en-GB`; none for any other.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', '@']).next()?;
        match primary.to_ascii_lowercase().as_str() {
            "de" => Some(Self::German),
            "en" | "c" | "posix" => Some(Self::English),
            _ => None,
        }
    }

    /// The tag of this language (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }

    /// The words of this language.
    #[must_use]
    pub fn wording(self) -> &'static Wording {
        static GERMAN: OnceLock<Wording> = OnceLock::new();
        static ENGLISH: OnceLock<Wording> = OnceLock::new();
        match self {
            Self::German => GERMAN.get_or_init(|| Wording::load(self)),
            Self::English => ENGLISH.get_or_init(|| Wording::load(self)),
        }
    }
}

impl Wording {
    fn load(language: Language) -> Self {
        let tag: LanguageIdentifier = match language {
            Language::German => langid!("de-DE"),
            Language::English => langid!("en-GB"),
        };
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Cells and tables are plain text: no bidirectional isolation marks around arguments.
        bundle.set_use_isolating(false);
        for (german, english) in FILES {
            let text = match language {
                Language::German => german,
                Language::English => english,
            };
            // A broken entry is skipped here and found by the test that parses every file.
            let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(it, _)| it);
            bundle.add_resource_overriding(resource);
        }
        Self { language, bundle }
    }

    /// Which language this is.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The text of a message; the key in angle brackets if there is none, so that it is seen.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.text_with(key, &[])
    }

    /// The text of a message with its arguments.
    #[must_use]
    pub fn text_with(&self, key: &str, arguments: &[(&str, FluentValue<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|it| it.value()) else {
            return format!("⟨{key}⟩");
        };
        let mut given = FluentArgs::new();
        for (name, value) in arguments {
            given.set(*name, value.clone());
        }
        let mut errors = Vec::new();
        self.bundle.format_pattern(pattern, Some(&given), &mut errors).into_owned()
    }

    /// Whether there is a message of this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The keys of a file that parses; a key starts a line, its continuation is indented.
    fn keys(text: &str) -> BTreeSet<String> {
        if let Err((_, errors)) = FluentResource::try_new(text.to_owned()) {
            panic!("{errors:?}");
        }
        let lines =
            text.lines().filter(|line| line.starts_with(|it: char| it.is_ascii_lowercase()));
        lines.filter_map(|line| line.split_once(" =")).map(|(key, _)| key.to_owned()).collect()
    }

    #[test]
    fn both_languages_have_the_same_messages() {
        for (german, english) in FILES {
            assert_eq!(keys(german), keys(english));
        }
    }

    #[test]
    fn a_tag_of_the_environment_names_a_language() {
        assert_eq!(Language::from_tag("de_DE.UTF-8"), Some(Language::German));
        assert_eq!(Language::from_tag("en-GB"), Some(Language::English));
        assert_eq!(Language::from_tag("fr"), None);
    }

    #[test]
    fn a_missing_message_is_seen() {
        assert_eq!(Language::English.wording().text("no-such-key"), "⟨no-such-key⟩");
    }

    #[test]
    fn a_thing_has_one_word() {
        let german = Language::German.wording();
        for (german, _) in FILES {
            assert!(!german.contains("Collector") && !german.contains("Kollektor"));
            assert!(!german.contains("Netzabfrage"));
        }
        for state in ["complete", "failed", "partial", "running"] {
            let (of_command, of_sheet) =
                (format!("scan-state-{state}"), format!("sheets-scan-state-{state}"));
            assert_eq!(german.text(&of_command), german.text(&of_sheet));
        }
        for (of_command, of_sheet) in [
            ("scan-kind-ups", "workbook-kind-power-supply"),
            ("scan-kind-hypervisor", "workbook-kind-hypervisor"),
        ] {
            assert_eq!(german.text(of_command), german.text(of_sheet));
        }
    }
}
