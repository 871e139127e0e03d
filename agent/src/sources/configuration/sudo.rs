//! Who may become whom (sudoers(5)): rules with their aliases written out, and the settings that matter.
//!
//! Persons are pseudonyms. Of commands the program is said and whether its arguments are prescribed, never
//! the arguments.

mod grammar;
mod rules;

use std::collections::BTreeMap;

use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, Platform, Setting, SettingOrigin, SourceId,
};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};
use grammar::{Alias, AliasKind, Defaults, Line, Privilege};
use rules::Resolver;

/// Who may become whom.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.sudo"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const SUBJECT: &str = "sudo";
/// The file of sudo, and the one that sudo-rs prefers.
const PATHS: &[&str] = &["/etc/sudoers-rs", "/etc/sudoers"];
/// Largest file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Most files that include one another; sudo itself stops at a depth of 128.
const FILES_MAX: usize = 500;
const DEPTH_MAX: usize = 128;
/// Most rules and aliases.
const ENTRIES_MAX: usize = 10_000;

/// Settings that matter. What they hold is a switch, a number, a path or a list of names.
const OPTIONS: &[&str] = &[
    "always_set_home",
    "authenticate",
    "closefrom_override",
    "env_check",
    "env_delete",
    "env_keep",
    "env_reset",
    "ignore_dot",
    "intercept",
    "iolog_dir",
    "lecture",
    "listpw",
    "log_input",
    "log_output",
    "log_servers",
    "logfile",
    "mail_always",
    "mail_badpass",
    "noexec",
    "passwd_tries",
    "passwd_timeout",
    "pwfeedback",
    "requiretty",
    "root_sudo",
    "rootpw",
    "runas_default",
    "runaspw",
    "secure_path",
    "set_home",
    "setenv",
    "shell_noargs",
    "syslog",
    "targetpw",
    "timestamp_timeout",
    "timestamp_type",
    "tty_tickets",
    "umask",
    "use_pty",
    "verifypw",
    "visiblepw",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let exists = |it: &&&str| context.host.status(it).is_ok();
    let path = PATHS.iter().find(exists).or(PATHS.last()).copied().unwrap_or_default();
    let text = context.host.bytes(path, FILE_BYTES_MAX)?;
    let mut reading = Reading {
        context,
        files_left: FILES_MAX,
        policy: Policy::default(),
        found: Found::default(),
    };
    reading.file(path, &String::from_utf8_lossy(&text), 0);
    let persons = Persons::read_or_none(context.host, context.names);
    let Reading { policy, mut found, .. } = reading;
    policy.add_facts(&persons, &mut found);
    Ok(found)
}

/// All files, read.
#[derive(Default)]
struct Policy {
    aliases: BTreeMap<(AliasKind, String), Alias>,
    defaults: Vec<(String, Defaults)>,
    privileges: Vec<(String, Privilege)>,
}

struct Reading<'a> {
    context: &'a Context<'a>,
    files_left: usize,
    policy: Policy,
    found: Found,
}

impl Reading<'_> {
    fn file(&mut self, path: &str, text: &str, depth: usize) {
        for (number, line) in grammar::logical_lines(text) {
            match grammar::line(&line) {
                Ok(Line::Nothing) => {}
                Ok(Line::Include(target)) => self.include(&absolute(path, &target), path, depth),
                Ok(Line::IncludeFolder(folder)) => {
                    let folder = absolute(path, &folder);
                    for name in self.context.host.names(&folder).unwrap_or_default() {
                        // sudoers(5): what editors and package managers leave behind does not count.
                        if !name.ends_with('~') && !name.contains('.') {
                            self.include(&format!("{folder}/{name}"), path, depth);
                        }
                    }
                }
                Ok(Line::Aliases(aliases)) => {
                    for alias in aliases {
                        if self.policy.aliases.len() < ENTRIES_MAX {
                            self.policy.aliases.insert((alias.kind, alias.name.clone()), alias);
                        }
                    }
                }
                Ok(Line::Defaults(defaults)) => {
                    self.policy.defaults.push((path.to_owned(), defaults));
                }
                Ok(Line::Privileges(privileges)) => {
                    let left = ENTRIES_MAX.saturating_sub(self.policy.privileges.len());
                    let privileges = privileges.into_iter().take(left);
                    self.policy.privileges.extend(privileges.map(|it| (path.to_owned(), it)));
                }
                // The line itself may name a person and is not quoted.
                Err(problem) => {
                    let place = format!("{path}, line {number}");
                    let problem = problem.to_owned();
                    self.found.complaints.push(Complaint { place, problem });
                }
            }
        }
    }

    fn include(&mut self, target: &str, from: &str, depth: usize) {
        if target.contains('%') || depth == DEPTH_MAX || self.files_left == 0 {
            let problem = "an included file is not read: its name depends on the host name, or there \
                           are too many";
            let problem = problem.to_owned();
            return self.found.complaints.push(Complaint { place: from.to_owned(), problem });
        }
        self.files_left -= 1;
        match self.context.host.bytes(target, FILE_BYTES_MAX) {
            Ok(text) => self.file(target, &String::from_utf8_lossy(&text), depth + 1),
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => {
                for field in ["setting", "sudo_rule"] {
                    let (field, reason) = (field.to_owned(), reason.clone());
                    self.found.gaps.push(Gap { field, of: None, reason });
                }
            }
        }
    }
}

/// sudoers(5): a path that is not absolute begins in the folder of the file that names it.
fn absolute(from: &str, target: &str) -> String {
    if target.starts_with('/') {
        return target.to_owned();
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{target}")
}

impl Policy {
    fn add_facts(&self, persons: &Persons<'_>, found: &mut Found) {
        let resolver = Resolver { aliases: &self.aliases, persons };
        for (path, privilege) in &self.privileges {
            found.facts.push(Fact::SudoRule(resolver.rule(privilege, path)));
        }
        found.facts.extend(self.settings(&resolver).into_values().map(Fact::Setting));
    }

    /// The last one holds; lists grow and shrink.
    fn settings(&self, resolver: &Resolver<'_>) -> BTreeMap<(Option<String>, String), Setting> {
        let mut settings: BTreeMap<(Option<String>, String), Setting> = BTreeMap::new();
        for (path, defaults) in &self.defaults {
            let scope = resolver.scope(defaults);
            for option in defaults.options.iter().filter(|it| OPTIONS.contains(&&*it.name)) {
                let key = (scope.clone(), option.name.clone());
                let before = settings.get(&key).and_then(|it| it.value.clone()).unwrap_or_default();
                let value = match option.change {
                    grammar::Change::Set => option.value.clone(),
                    grammar::Change::Add => format!("{before} {}", option.value).trim().to_owned(),
                    grammar::Change::Remove => {
                        let gone: Vec<&str> = option.value.split_whitespace().collect();
                        let kept = before.split_whitespace().filter(|it| !gone.contains(it));
                        kept.collect::<Vec<_>>().join(" ")
                    }
                };
                let value = if option.name == "runas_default" {
                    resolver.account(&value)
                } else {
                    value.split_whitespace().collect::<Vec<_>>().join(" ")
                };
                let setting = Setting {
                    subject: SUBJECT.to_owned(),
                    scope: scope.clone(),
                    name: option.name.clone(),
                    value: Some(value),
                    place: path.clone(),
                    origin: SettingOrigin::Configured,
                };
                settings.insert(key, setting);
            }
        }
        settings
    }
}

#[cfg(test)]
mod tests;
