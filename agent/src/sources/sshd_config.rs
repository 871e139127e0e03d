//! The configuration of the SSH server as sshd reads it (sshd_config(5)): the first value wins, lists of several
//! lines grow, included files stand where they are named, and `Match` blocks are a scope of their own.
//!
//! `Match all` holds for everybody and goes before what stands outside of blocks, as sshd itself has it.

mod keywords;
mod words;

use std::collections::BTreeMap;

use observation::latest::{Absent, Complaint, Gap};

use crate::host::Ask;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::glob;
use crate::sources::person_text::{group_pattern, user, user_pattern};
use crate::sources::persons::Persons;
use keywords::{Keyword, Kind};

/// The administrator's file, and the vendor's where there is none (SUSE).
pub(crate) const PATHS: &[&str] = &["/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config"];
/// What paths of included files are relative to.
const FOLDER: &str = "/etc/ssh";
/// Largest file.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// How deep files may include one another: SERVCONF_MAX_DEPTH of OpenSSH.
const DEPTH_MAX: usize = 16;
/// Most files of one configuration.
const FILES_MAX: usize = 200;
/// Most settings: far more than any server has.
const SETTINGS_MAX: usize = 5_000;
/// The block that holds for everybody.
const EVERYBODY: &str = "all";

/// What the configuration says.
pub(crate) struct Effective {
    /// The main file.
    pub(crate) path: String,
    /// By scope and keyword as the manual writes it; no scope is what holds for everybody.
    pub(crate) values: BTreeMap<(Option<String>, String), Value>,
    /// Files that could not be read.
    pub(crate) gaps: Vec<Gap>,
    /// What could not be understood.
    pub(crate) complaints: Vec<Complaint>,
}

/// What a keyword says in a scope.
pub(crate) struct Value {
    /// Its arguments as they may leave the host: persons are pseudonyms.
    pub(crate) text: String,
    /// The file.
    pub(crate) place: String,
}

/// Reads the configuration and all files that it includes.
///
/// # Errors
/// Why the main file cannot be read.
pub(crate) fn read(context: &Context<'_>) -> Result<Effective, Absent> {
    let exists = |it: &&&str| context.host.status(it).is_ok();
    let path = PATHS.iter().find(exists).or(PATHS.first()).copied().unwrap_or_default();
    let text = context.host.bytes(path, FILE_BYTES_MAX)?;
    let persons = Persons::read_or_none(context.host, context.names);
    let mut reading = Reading {
        context,
        persons: &persons,
        settings: BTreeMap::new(),
        gaps: Vec::new(),
        complaints: Vec::new(),
        files_left: FILES_MAX,
    };
    reading.file(path, &String::from_utf8_lossy(&text), None, 0);
    Ok(reading.effective(path))
}

struct Reading<'a> {
    context: &'a Context<'a>,
    persons: &'a Persons<'a>,
    /// By scope and keyword.
    settings: BTreeMap<(Option<String>, String), Value>,
    gaps: Vec<Gap>,
    complaints: Vec<Complaint>,
    files_left: usize,
}

impl Reading<'_> {
    /// Reads one file that stands in a scope. A block ends with the file in which it begins.
    fn file(&mut self, path: &str, text: &str, outer: Option<&str>, depth: usize) {
        let mut scope = outer.map(str::to_owned);
        for (index, line) in text.lines().enumerate() {
            let place = || format!("{path}, line {}", index + 1);
            let Some((keyword, arguments)) = words::split(line) else {
                let problem = "a quotation without end".to_owned();
                self.complaints.push(Complaint { place: place(), problem });
                continue;
            };
            match keyword.to_ascii_lowercase().as_str() {
                "" => {}
                "include" => self.include(&arguments, scope.as_deref(), path, depth),
                "match" => scope = self.block(outer, &arguments),
                name => {
                    if let Some(keyword) = keywords::find(name) {
                        self.set(keyword, &arguments, scope.as_deref(), path);
                    }
                }
            }
        }
    }

    fn include(&mut self, patterns: &[String], scope: Option<&str>, from: &str, depth: usize) {
        for pattern in patterns {
            let pattern = match pattern.as_str() {
                it if it.starts_with('/') => it.to_owned(),
                it => format!("{FOLDER}/{it}"),
            };
            for path in glob::expand(self.context.host, &pattern) {
                if depth == DEPTH_MAX || self.files_left == 0 {
                    let problem = format!("{path} is one included file too many");
                    self.complaints.push(Complaint { place: from.to_owned(), problem });
                    return;
                }
                self.files_left -= 1;
                match self.context.host.bytes(&path, FILE_BYTES_MAX) {
                    Ok(text) => self.file(&path, &String::from_utf8_lossy(&text), scope, depth + 1),
                    Err(reason) => {
                        let field = "setting".to_owned();
                        // Any setting may stand in it, so the gap speaks of all.
                        self.gaps.push(Gap { field, of: None, reason });
                    }
                }
            }
        }
    }

    /// The scope of a block: its criteria, behind those of the block that its file stands in.
    fn block(&self, outer: Option<&str>, arguments: &[String]) -> Option<String> {
        let criteria = self.criteria(arguments);
        match outer {
            Some(outer) if criteria == EVERYBODY => Some(outer.to_owned()),
            Some(outer) if outer != EVERYBODY => Some(format!("{outer}, {criteria}")),
            _ => Some(criteria),
        }
    }

    fn criteria(&self, arguments: &[String]) -> String {
        let mut parts = Vec::new();
        let mut words = arguments.iter().flat_map(|it| match it.split_once('=') {
            Some((name, value)) => vec![name, value],
            None => vec![it.as_str()],
        });
        while let Some(name) = words.next() {
            let lower = name.to_ascii_lowercase();
            // These stand without a pattern.
            if ["all", "canonical", "final", "invalid-user"].contains(&lower.as_str()) {
                parts.push(lower);
                continue;
            }
            let patterns = words.next().unwrap_or_default().split(',');
            let patterns: Vec<String> = match lower.as_str() {
                "user" => patterns.map(|it| self.user_at_host(it)).collect(),
                "group" => patterns.map(|it| group_pattern(self.persons, it)).collect(),
                _ => patterns.map(str::to_owned).collect(),
            };
            parts.push(format!("{name} {}", patterns.join(",")));
        }
        printable(&parts.join(" "))
    }

    fn set(&mut self, keyword: &Keyword, arguments: &[String], scope: Option<&str>, path: &str) {
        let Some(first) = arguments.first() else { return };
        let users = || arguments.iter().map(|it| self.user_at_host(it));
        let groups = || arguments.iter().map(|it| group_pattern(self.persons, it));
        let paths = || arguments.iter().map(|it| self.persons.path(it));
        let (name, text, is_growing) = match keyword.kind {
            Kind::Words => (keyword.name.to_owned(), arguments.join(" "), false),
            Kind::Users => (keyword.name.to_owned(), users().collect::<Vec<_>>().join(" "), true),
            Kind::Groups => (keyword.name.to_owned(), groups().collect::<Vec<_>>().join(" "), true),
            Kind::Lines => (keyword.name.to_owned(), arguments.join(" "), true),
            Kind::Paths => (keyword.name.to_owned(), paths().collect::<Vec<_>>().join(" "), false),
            Kind::PathLines => (keyword.name.to_owned(), self.persons.path(first), true),
            // What a program is called with may hold a secret.
            Kind::Program => {
                let program = first.split_whitespace().next().unwrap_or_default();
                (keyword.name.to_owned(), self.persons.path(program), false)
            }
            Kind::Account => (keyword.name.to_owned(), user(self.persons, first), false),
            Kind::Named => {
                let program = arguments.get(1).map(|it| self.persons.path(it));
                (format!("{} {first}", keyword.name), program.unwrap_or_default(), false)
            }
        };
        let separator = if matches!(keyword.kind, Kind::Users | Kind::Groups) { " " } else { ", " };
        self.keep(scope, name, &printable(&text), is_growing.then_some(separator), path);
    }

    /// Keeps the first value, or lets it grow behind the separator.
    fn keep(
        &mut self,
        scope: Option<&str>,
        name: String,
        text: &str,
        grows: Option<&str>,
        path: &str,
    ) {
        let count = self.settings.len();
        let key = (scope.map(str::to_owned), name);
        match (self.settings.get_mut(&key), grows) {
            (Some(value), Some(separator)) => {
                value.text.push_str(separator);
                value.text.push_str(text);
            }
            (Some(_), None) => {}
            (None, _) if count < SETTINGS_MAX => {
                self.settings.insert(key, Value { text: text.to_owned(), place: path.to_owned() });
            }
            (None, _) => {}
        }
    }

    /// `USER@HOST`: only the account is a name.
    fn user_at_host(&self, pattern: &str) -> String {
        match pattern.rsplit_once('@') {
            Some((name, host)) => format!("{}@{host}", user_pattern(self.persons, name)),
            None => user_pattern(self.persons, pattern),
        }
    }

    fn effective(mut self, path: &str) -> Effective {
        let everybody = Some(EVERYBODY.to_owned());
        let names: Vec<String> = self.settings.keys().map(|(_, name)| name.clone()).collect();
        for name in names {
            if let Some(value) = self.settings.remove(&(everybody.clone(), name.clone())) {
                self.settings.insert((None, name), value);
            }
        }
        Effective {
            path: path.to_owned(),
            values: self.settings,
            gaps: self.gaps,
            complaints: self.complaints,
        }
    }
}
