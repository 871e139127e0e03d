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

/// The messages whose keys begin with one word.
struct Domain {
    name: &'static str,
    german: &'static str,
    english: &'static str,
}

macro_rules! domain {
    ($name:literal) => {
        Domain {
            name: $name,
            german: include_str!(concat!("../de/", $name, ".ftl")),
            english: include_str!(concat!("../en/", $name, ".ftl")),
        }
    };
}

/// The catalogue's files. What only the collector says is no part of an agent.
const DOMAINS: &[Domain] = &[
    domain!("absent"),
    #[cfg(feature = "collector")]
    domain!("account"),
    domain!("agent"),
    #[cfg(feature = "collector")]
    domain!("assess"),
    #[cfg(feature = "collector")]
    domain!("asset"),
    #[cfg(feature = "collector")]
    domain!("command"),
    #[cfg(feature = "collector")]
    domain!("detail"),
    #[cfg(feature = "collector")]
    domain!("guide"),
    #[cfg(feature = "collector")]
    domain!("import"),
    #[cfg(feature = "collector")]
    domain!("licence"),
    #[cfg(feature = "collector")]
    domain!("register"),
    #[cfg(feature = "collector")]
    domain!("scan"),
    #[cfg(feature = "collector")]
    domain!("sheets"),
    #[cfg(feature = "collector")]
    domain!("workbook"),
];

/// The words of one language.
pub struct Wording {
    language: Language,
    /// One for each domain, read when the first of its words is asked for.
    bundles: [OnceLock<FluentBundle<FluentResource>>; DOMAINS.len()],
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

    /// The language of a session, by the first that is set of the variables of POSIX (Base Definitions, section 8.2);
    /// none: German.
    #[must_use]
    pub fn of_session(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable);
        let first = set.into_iter().find(|it| !it.is_empty());
        first.and_then(|it| Self::from_tag(&it)).unwrap_or(Self::German)
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
        static GERMAN: Wording = Wording::of(Language::German);
        static ENGLISH: Wording = Wording::of(Language::English);
        match self {
            Self::German => &GERMAN,
            Self::English => &ENGLISH,
        }
    }
}

impl Wording {
    const fn of(language: Language) -> Self {
        Self { language, bundles: [const { OnceLock::new() }; DOMAINS.len()] }
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
        let bundle = self.bundle(key);
        let pattern = bundle.and_then(|it| Some((it, it.get_message(key)?.value()?)));
        let Some((bundle, pattern)) = pattern else {
            return format!("⟨{key}⟩");
        };
        let mut given = FluentArgs::new();
        for (name, value) in arguments {
            given.set(*name, value.clone());
        }
        let mut errors = Vec::new();
        bundle.format_pattern(pattern, Some(&given), &mut errors).into_owned()
    }

    /// Whether there is a message of this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.bundle(key).is_some_and(|it| it.has_message(key))
    }

    /// The messages of the domain that a key begins with.
    fn bundle(&self, key: &str) -> Option<&FluentBundle<FluentResource>> {
        let name = key.split('-').next()?;
        let mut domains = DOMAINS.iter().zip(&self.bundles);
        let (domain, bundle) = domains.find(|(it, _)| it.name == name)?;
        Some(bundle.get_or_init(|| load(self.language, domain)))
    }
}

fn load(language: Language, domain: &Domain) -> FluentBundle<FluentResource> {
    let (tag, text): (LanguageIdentifier, _) = match language {
        Language::German => (langid!("de-DE"), domain.german),
        Language::English => (langid!("en-GB"), domain.english),
    };
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Cells and tables are plain text: no bidirectional isolation marks around arguments.
    bundle.set_use_isolating(false);
    // A broken entry is skipped here and found by the test that parses every file.
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(it, _)| it);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_first_variable_that_is_set_says_the_language() {
        let language = |set: &[(&str, &str)]| {
            let value = |name: &str| set.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
            Language::of_session(value)
        };
        assert_eq!(language(&[]), Language::German);
        assert_eq!(language(&[("LANG", "en_GB.UTF-8")]), Language::English);
        assert_eq!(language(&[("LANG", "en"), ("LC_ALL", "de_DE")]), Language::German);
        assert_eq!(language(&[("LANG", "en"), ("LC_ALL", "")]), Language::English);
        // One that is set and foreign is not passed over.
        assert_eq!(language(&[("LANG", "en"), ("LC_MESSAGES", "fr")]), Language::German);
    }

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
    fn both_languages_have_the_same_messages_and_keys_begin_with_their_domain() {
        for Domain { name, german, english } in DOMAINS {
            assert_eq!(keys(german), keys(english));
            assert!(keys(german).iter().all(|it| it.starts_with(&format!("{name}-"))), "{name}");
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
        for Domain { german, .. } in DOMAINS {
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
