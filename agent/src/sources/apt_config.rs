//! The configuration of APT (apt.conf(5)): a tree of options, written with `::` or with braces.

use observation::latest::{Complaint, Gap};

use crate::host::Host;
use crate::sources::drop_ins;

const FOLDER: &str = "/etc/apt/apt.conf.d";
const MAIN: &str = "/etc/apt/apt.conf";
/// How deep blocks may stand in one another.
const DEPTH_MAX: usize = 32;
/// Most options of one file.
const OPTIONS_MAX: usize = 10_000;

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AptOption {
    /// Its whole name (`APT::Periodic::Enable`); an item of a list ends in `::`.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: String,
    /// The file.
    pub(crate) place: String,
}

/// What is configured.
#[derive(Default)]
pub(crate) struct AptConfig {
    /// In the order of the lines; of an option that is no item of a list the last one holds.
    pub(crate) options: Vec<AptOption>,
    /// Files that could not be read.
    pub(crate) gaps: Vec<Gap>,
    /// What could not be understood.
    pub(crate) complaints: Vec<Complaint>,
}

impl AptConfig {
    /// Reads all files in the order of apt.
    pub(crate) fn read(host: &dyn Host) -> Self {
        let mut config = Self::default();
        let paths = drop_ins::paths(host, &[FOLDER], "");
        // apt.conf(5): no ending or `.conf`, and only some characters.
        let is_taken = |path: &String| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let stem = name.strip_suffix(".conf").unwrap_or(name);
            stem.chars().all(|it| it.is_ascii_alphanumeric() || "-_".contains(it))
        };
        let paths = paths.into_iter().filter(is_taken).chain([MAIN.to_owned()]);
        for (path, text) in drop_ins::texts(host, paths, &mut config.gaps) {
            if config.add(&path, &text).is_none() {
                let problem = "a quotation, comment or block without end".to_owned();
                config.complaints.push(Complaint { place: path, problem });
            }
        }
        config
    }

    /// The value of an option that is no list; names know no case.
    pub(crate) fn last(&self, name: &str) -> Option<&AptOption> {
        self.options.iter().rev().find(|it| it.name.eq_ignore_ascii_case(name))
    }

    /// The items of a list.
    pub(crate) fn items(&self, name: &str) -> Vec<&AptOption> {
        let is_item = |it: &&AptOption| {
            it.name.strip_suffix("::").is_some_and(|it| it.eq_ignore_ascii_case(name))
        };
        self.options.iter().filter(is_item).collect()
    }

    fn add(&mut self, place: &str, text: &str) -> Option<()> {
        let mut blocks: Vec<String> = Vec::new();
        let mut words: Vec<(String, bool)> = Vec::new();
        let mut rest = text;
        loop {
            let (token, behind) = token(rest)?;
            rest = behind;
            match token {
                Token::End => return blocks.is_empty().then_some(()),
                Token::Open if blocks.len() < DEPTH_MAX => {
                    let name = words.drain(..).next().map(|it| it.0).unwrap_or_default();
                    blocks.push(name);
                }
                Token::Open => return None,
                Token::Close => {
                    words.clear();
                    blocks.pop()?;
                }
                Token::Semicolon => self.statement(place, &blocks, &std::mem::take(&mut words)),
                Token::Word(word, is_quoted) => words.push((word, is_quoted)),
            }
        }
    }

    fn statement(&mut self, place: &str, blocks: &[String], words: &[(String, bool)]) {
        if self.options.len() >= OPTIONS_MAX {
            return;
        }
        let prefix = blocks.join("::");
        let join = |name: &str| match (prefix.is_empty(), name.is_empty()) {
            (true, _) => name.to_owned(),
            // An item of a list: it has no name of its own.
            (false, true) => format!("{prefix}::"),
            (false, false) => format!("{prefix}::{name}"),
        };
        match words {
            [(name, false), rest @ ..] if name == "#clear" => {
                for (name, _) in rest {
                    let gone = join(name).to_ascii_lowercase();
                    self.options.retain(|it| {
                        let own = it.name.to_ascii_lowercase();
                        own != gone && !own.starts_with(&format!("{gone}::"))
                    });
                }
            }
            [(value, true)] => self.push(place, join(""), value),
            [(name, false), (value, _)] => self.push(place, join(name), value),
            _ => {}
        }
    }

    fn push(&mut self, place: &str, name: String, value: &str) {
        let (value, place) = (value.to_owned(), place.to_owned());
        self.options.push(AptOption { name, value, place });
    }
}

enum Token {
    Word(String, bool),
    Open,
    Close,
    Semicolon,
    End,
}

/// The next token and what is behind it; none where something has no end.
fn token(text: &str) -> Option<(Token, &str)> {
    let mut text = text.trim_start();
    loop {
        let is_line =
            text.starts_with("//") || (text.starts_with('#') && !text.starts_with("#clear"));
        if is_line {
            text = text.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        } else if let Some(rest) = text.strip_prefix("/*") {
            text = rest.split_once("*/")?.1.trim_start();
        } else {
            break;
        }
    }
    let mut characters = text.chars();
    Some(match characters.next() {
        None => (Token::End, ""),
        Some('{') => (Token::Open, characters.as_str()),
        Some('}') => (Token::Close, characters.as_str()),
        Some(';') => (Token::Semicolon, characters.as_str()),
        Some('"') => {
            let (word, rest) = characters.as_str().split_once('"')?;
            (Token::Word(word.to_owned(), true), rest)
        }
        Some(_) => {
            let is_end = |it: char| it.is_whitespace() || "{};\"".contains(it);
            let (word, rest) = text.split_at_checked(text.find(is_end).unwrap_or(text.len()))?;
            (Token::Word(word.to_owned(), false), rest)
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    /// Real: Debian 12, apt 2.6, unattended-upgrades 2.9; the truth is `apt-config dump`.
    const AUTO: &str = include_str!("configuration/samples/apt/20auto-upgrades");
    const UNATTENDED: &str = include_str!("configuration/samples/apt/50unattended-upgrades");
    const REMOVE: &str = include_str!("configuration/samples/apt/01autoremove");
    /// Constructed from apt.conf(5).
    const MADE: &str = include_str!("configuration/samples/apt/99made");
    const TRUTH: &str = include_str!("configuration/samples/apt/truth");

    fn machine() -> MapHost {
        MapHost::new()
            .file("/etc/apt/apt.conf.d/01autoremove", REMOVE)
            .file("/etc/apt/apt.conf.d/20auto-upgrades", AUTO)
            .file("/etc/apt/apt.conf.d/50unattended-upgrades", UNATTENDED)
            .file("/etc/apt/apt.conf.d/99made", MADE)
            .file("/etc/apt/apt.conf.d/99made.bak", "APT::Wrong \"1\";")
    }

    #[test]
    fn every_option_is_what_apt_config_says() {
        let config = AptConfig::read(&machine());
        assert_eq!((&config.gaps, &config.complaints), (&vec![], &vec![]));
        // Names know no case: apt shows that of the first one.
        let truth: Vec<String> = TRUTH.lines().map(str::to_lowercase).collect();
        for option in &config.options {
            let holds = option.name.ends_with("::") || config.last(&option.name) == Some(option);
            let line = format!("{} \"{}\";", option.name, option.value).to_lowercase();
            assert!(!holds || truth.contains(&line), "{line}");
        }
        assert!(config.options.len() >= 25, "{}", config.options.len());
        let ours = config.items("Unattended-Upgrade::Origins-Pattern").len();
        let theirs = truth
            .iter()
            .filter(|it| it.starts_with("unattended-upgrade::origins-pattern:: "))
            .count();
        assert_eq!(ours, theirs);
        assert!(config.last("APT::Wrong").is_none());
    }

    /// Constructed from apt.conf(5).
    #[test]
    fn options_are_written_in_each_form() {
        let of = |text: &str| {
            let mut config = AptConfig::default();
            assert_eq!(config.add("p", text), Some(()), "{text}");
            let options = config.options.iter().map(|it| format!("{}={}", it.name, it.value));
            options.collect::<Vec<_>>()
        };
        for (text, expected) in [
            ("A::B \"1\";", &["A::B=1"][..]),
            ("A { B \"1\"; };", &["A::B=1"]),
            ("A{B{C \"1\";};};", &["A::B::C=1"]),
            ("A { \"x\"; \"y\"; };", &["A::=x", "A::=y"]),
            ("A:: \"x\";", &["A::=x"]),
            ("A::B 1;", &["A::B=1"]),
            ("A \"1\"; // B \"2\";\n# C \"3\";\n/* D \"4\"; */ E \"5\";", &["A=1", "E=5"]),
            ("A \"x // y\";", &["A=x // y"]),
            ("A \"1\"; A::B \"2\"; AB \"3\"; #clear a;", &["AB=3"]),
            ("A { B \"1\"; C \"2\"; #clear B; };", &["A::C=2"]),
            ("A;", &[]),
            (";;", &[]),
            ("", &[]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn the_last_file_holds_and_other_names_are_passed_over() {
        let host = MapHost::new()
            .file("/etc/apt/apt.conf.d/10a", "A \"1\"; L:: \"x\";")
            .file("/etc/apt/apt.conf.d/20b.conf", "a \"2\"; L:: \"y\";")
            .file("/etc/apt/apt.conf.d/30c.dpkg-old", "A \"no\";")
            .file("/etc/apt/apt.conf.d/40d~", "A \"no\";")
            .file("/etc/apt/apt.conf", "A \"3\";");
        let config = AptConfig::read(&host);
        let last = config.last("A").unwrap();
        assert_eq!((&*last.value, &*last.place), ("3", "/etc/apt/apt.conf"));
        let items: Vec<&str> = config.items("l").iter().map(|it| it.value.as_str()).collect();
        assert_eq!(items, ["x", "y"]);
        assert!(config.last("L").is_none() && config.items("A").is_empty());
    }

    #[test]
    fn a_closed_file_is_a_gap_and_a_broken_one_costs_no_other() {
        let host = MapHost::unprivileged()
            .file("/etc/apt/apt.conf.d/10a", "A { B \"1\";")
            .file("/etc/apt/apt.conf.d/20b", "C \"2\";")
            .file("/etc/apt/apt.conf.d/30c", "D \"3\";")
            .forbid("/etc/apt/apt.conf.d/30c");
        let config = AptConfig::read(&host);
        assert_eq!((config.gaps.len(), config.complaints.len()), (1, 1));
        assert_eq!(config.last("C").map(|it| &*it.value), Some("2"));
        let many = "A:: \"x\";".repeat(OPTIONS_MAX + 5);
        let host = MapHost::new().file("/etc/apt/apt.conf", many);
        assert_eq!(AptConfig::read(&host).options.len(), OPTIONS_MAX);
    }

    #[test]
    fn what_has_no_end_is_a_complaint() {
        for text in ["A { B \"1\";", "A \"1", "/* x", "}"] {
            let host = MapHost::new().file("/etc/apt/apt.conf", text);
            assert_eq!(AptConfig::read(&host).complaints.len(), 1, "{text}");
        }
        let deep = "a {".repeat(1_000);
        let host = MapHost::new().file("/etc/apt/apt.conf", deep);
        assert_eq!(AptConfig::read(&host).complaints.len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((APT|#clear|//|/\\*)|[{};\": \n]|\\PC){0,60}") {
            let _ = AptConfig::default().add("x", &text);
        }
    }
}
