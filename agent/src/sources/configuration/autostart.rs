//! What starts by itself when somebody logs in, beside the services: desktop entries (the Desktop Application
//! Autostart Specification), units of users (systemd.unit(5)), rc.local. Of a command the program is said.

use observation::latest::{
    Absent, AccountKind, Cadence, Complaint, Fact, Gap, Platform, Setting, SourceId,
};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::homes::RemotePlaces;
use crate::sources::person_text::user;
use crate::sources::persons::{PASSWD_PATH, PasswdEntry, Persons};
use crate::sources::settings::configured;
use crate::sources::{Found, Source, ini};

/// What starts by itself when somebody logs in.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.autostart"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const DESKTOP: &str = "/etc/xdg/autostart";
const DESKTOP_OF_USER: &str = ".config/autostart";
const UNITS: &str = "/etc/systemd/user";
const UNITS_OF_USER: &str = ".config/systemd/user";
/// Scripts that run at the end of the start.
const SCRIPTS: &[&str] = &["/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/boot.local"];
/// Most entries of one folder.
const ENTRIES_MAX: usize = 500;
/// Most homes that are looked into.
const HOMES_MAX: usize = 1_000;
/// Largest desktop entry: translations make them long.
const ENTRY_BYTES_MAX: u64 = 128 * 1024;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read(context.host, context.names)?;
    let mut looking = Looking { context, persons: &persons, found: Found::default() };
    looking.desktop(DESKTOP, None);
    looking.units(UNITS, None);
    looking.scripts();
    let away = RemotePlaces::read(context.host);
    let has_home = |it: &&PasswdEntry| persons.kind(it) != AccountKind::System;
    let homes: Vec<&PasswdEntry> = persons.entries().iter().filter(has_home).collect();
    looking.complain_about_more(PASSWD_PATH, "accounts", homes.len(), HOMES_MAX);
    for entry in homes.into_iter().take(HOMES_MAX) {
        let owner = user(&persons, &entry.name);
        if away.hold(&entry.home) {
            let (why, what) = ("remote_file_system".to_owned(), persons.path(&entry.home));
            looking.gap(Absent::NotLookedAt { why, what });
            continue;
        }
        looking.desktop(&format!("{}/{DESKTOP_OF_USER}", entry.home), Some(&owner));
        looking.units(&format!("{}/{UNITS_OF_USER}", entry.home), Some(&owner));
    }
    Ok(looking.found)
}

struct Looking<'a> {
    context: &'a Context<'a>,
    persons: &'a Persons<'a>,
    found: Found,
}

impl Looking<'_> {
    /// Files `NAME.desktop`; `Hidden=true` switches one off.
    fn desktop(&mut self, folder: &str, owner: Option<&str>) {
        for name in self.names(folder).into_iter().filter(|it| it.ends_with(".desktop")) {
            let path = format!("{folder}/{name}");
            let bytes = match self.context.host.bytes(&path, ENTRY_BYTES_MAX) {
                Ok(bytes) => bytes,
                Err(Absent::NotHere { .. }) => continue,
                Err(reason) => {
                    self.gap(self.without_name(reason, &path));
                    continue;
                }
            };
            let text = String::from_utf8_lossy(&bytes);
            let value = |key: &str| ini::last(&text, "Desktop Entry", key);
            if value("Hidden").is_some_and(|it| it.eq_ignore_ascii_case("true")) {
                self.push(owner, &name, "off", &path);
            } else if let Some(program) = value("Exec").and_then(program) {
                let program = self.persons.path(&program);
                self.push(owner, &name, &program, &path);
            }
        }
    }

    /// Links in `TARGET.wants` folders.
    fn units(&mut self, folder: &str, owner: Option<&str>) {
        for target in self.names(folder).into_iter().filter(|it| it.ends_with(".wants")) {
            let path = format!("{folder}/{target}");
            for unit in self.names(&path) {
                let unit = self.persons.unit(&unit);
                self.push(owner, &unit, target.trim_end_matches(".wants"), &path);
            }
        }
    }

    /// How many lines a script has that are no comment: that somebody filled it is the statement.
    fn scripts(&mut self) {
        for path in SCRIPTS {
            let is_run = self.context.host.status(path).is_ok_and(|it| it.is_executable);
            let Ok(text) = self.context.host.text(path) else { continue };
            let is_command = |it: &&str| !it.is_empty() && !it.starts_with('#') && *it != "exit 0";
            let count = text.lines().map(str::trim).filter(is_command).count();
            let value = if is_run { format!("{count} lines") } else { "off".to_owned() };
            self.push(None, path.rsplit('/').next().unwrap_or_default(), &value, path);
        }
    }

    fn names(&mut self, folder: &str) -> Vec<String> {
        match self.context.host.names(folder) {
            Ok(mut names) => {
                self.complain_about_more(folder, "entries", names.len(), ENTRIES_MAX);
                names.truncate(ENTRIES_MAX);
                names
            }
            Err(Absent::NotHere { .. }) => Vec::new(),
            Err(reason) => {
                self.gap(self.without_name(reason, folder));
                Vec::new()
            }
        }
    }

    /// The reason with the path as it may leave the host.
    fn without_name(&self, reason: Absent, path: &str) -> Absent {
        let path = self.persons.path(path);
        match reason {
            Absent::NotAllowed { needs, .. } => Absent::NotAllowed { what: path, needs },
            Absent::Failed { .. }
            | Absent::NotHere { .. }
            | Absent::NotLookedAt { .. }
            | Absent::TimedOut { .. } => Absent::Failed {
                doing: format!("reading {path}"),
                cause: "it is no ordinary file or folder, or too large".to_owned(),
            },
        }
    }

    /// A list that is cut off says so, without the name of a person.
    fn complain_about_more(&mut self, path: &str, what: &str, count: usize, most: usize) {
        if count > most {
            let place = self.persons.path(path);
            let problem = format!("{count} {what}, of which the first {most} are told");
            self.found.complaints.push(Complaint { place, problem });
        }
    }

    fn gap(&mut self, reason: Absent) {
        self.found.gaps.push(Gap { field: "setting".to_owned(), of: None, reason });
    }

    fn push(&mut self, owner: Option<&str>, name: &str, value: &str, path: &str) {
        let place = self.persons.path(path);
        let setting = Setting {
            scope: owner.map(str::to_owned),
            ..configured("autostart", name, value, &place)
        };
        self.found.facts.push(Fact::Setting(setting));
    }
}

/// The program of an `Exec` line, without arguments.
fn program(line: &str) -> Option<String> {
    let program = match line.strip_prefix('"') {
        Some(rest) => rest.split('"').next()?,
        None => line.split_whitespace().next()?,
    };
    (!program.is_empty()).then(|| program.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::mounts::MOUNTINFO_PATH;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n\
        alice:x:1000:1000::/home/alice:/bin/sh\n";

    fn machine() -> MapHost {
        MapHost::new().file("/etc/passwd", PASSWD)
    }

    #[test]
    fn entries_units_and_scripts_are_said_without_arguments_and_persons() {
        let host = machine()
            .file(
                "/etc/xdg/autostart/agent.desktop",
                "[Desktop Entry]\nName=Agent\nExec=/usr/bin/agent --token=CANARY\n",
            )
            .file("/etc/xdg/autostart/off.desktop", "[Desktop Entry]\nExec=x\nHidden=true\n")
            .file("/etc/xdg/autostart/README", "")
            .file(
                "/home/alice/.config/autostart/own.desktop",
                "[Desktop Entry]\nExec=\"/home/alice/my tools/x\" CANARY\n[Action]\nExec=/y\n",
            )
            .file("/home/alice/.config/systemd/user/default.target.wants/sync.service", "")
            .file("/etc/systemd/user/sockets.target.wants/dirmngr.socket", "")
            .file("/etc/rc.local", "#!/bin/sh\niptables CANARY\n\nexit 0\n");
        let found = with_context(&host, observe).unwrap();
        let text = format!("{found:?}");
        assert!(!text.contains("CANARY") && !text.contains("alice"), "{text}");
        let lines = lines(&found.facts);
        assert_eq!(lines.len(), 6, "{lines:?}");
        assert!(
            lines[0].starts_with("autostart [p-") && lines[0].contains("own.desktop = /home/p-")
        );
        assert!(lines[1].contains("sync.service = default.target"));
        assert_eq!(
            lines[2..],
            [
                "autostart agent.desktop = /usr/bin/agent",
                "autostart dirmngr.socket = sockets.target",
                "autostart off.desktop = off",
                "autostart rc.local = 1 lines",
            ]
        );
    }

    #[test]
    fn a_list_that_is_cut_off_says_so_without_names() {
        let mut host = machine();
        for number in 0..=ENTRIES_MAX {
            let path = format!("/home/alice/.config/autostart/{number:04}.desktop");
            host = host.file(&path, "[Desktop Entry]\nExec=x\n");
        }
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (ENTRIES_MAX, 1));
        assert_eq!(found.complaints[0].problem, "501 entries, of which the first 500 are told");
        assert!(!format!("{found:?}").contains("alice"));
        let mut passwd = String::new();
        for number in 0..=HOMES_MAX {
            passwd += &format!("u{number}:x:{}:1::/home/u{number}:/bin/sh\n", 1_000 + number);
        }
        let found = with_context(&MapHost::new().file("/etc/passwd", &passwd), observe).unwrap();
        assert_eq!(found.complaints.len(), 1);
        assert_eq!(found.complaints[0].place, "/etc/passwd");
    }

    #[test]
    fn homes_that_cannot_be_read_or_lie_elsewhere_are_said_without_names() {
        let found = with_context(&machine().forbid("/home/alice"), observe).unwrap();
        assert_eq!(found.gaps.len(), 2);
        let mounted = "30 1 0:40 / /home rw - nfs4 server:/home rw\n";
        let more = with_context(&machine().file(MOUNTINFO_PATH, mounted), observe).unwrap();
        assert!(matches!(&more.gaps[0].reason, Absent::NotLookedAt { .. }));
        assert!(!format!("{found:?}{more:?}").contains("alice"));
        assert_eq!(found.facts, []);
    }

    proptest! {
        #[test]
        fn any_entry_is_read_without_panic(text in "((Exec=|Hidden=|\\[Desktop Entry\\])|[\"= \n]|\\PC){0,60}") {
            let host = machine().file("/etc/xdg/autostart/a.desktop", &text).file("/etc/rc.local", &text);
            let _ = with_context(&host, observe);
        }
    }
}
