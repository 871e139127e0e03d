//! The units of systemd, read from their files (systemd.unit(5)); systemd itself is not asked.

use std::collections::{BTreeMap, BTreeSet};

use observation::latest::StartMode;

use crate::host::{Ask, Host};
use crate::sources::drop_ins;

/// Where units stand; the first folder that has one wins.
const FOLDERS: &[&str] = &[
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];
/// Largest unit file.
const UNIT_BYTES_MAX: u64 = 256 * 1024;
/// A unit that leads here is masked.
const NOWHERE: &str = "/dev/null";
/// Between two files of one unit: ends a line that the first left open, and its section.
const END_OF_FILE: &str = "\n\n[]\n";
/// What can start a service in place of the boot.
const STARTERS: &[&str] = &[".socket", ".timer", ".path"];

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Name with suffix.
    pub(crate) name: String,
    /// What it says it is.
    pub(crate) description: Option<String>,
    /// Whether it starts by itself.
    pub(crate) start_mode: Option<StartMode>,
    /// First program it starts, without arguments.
    pub(crate) executable: Option<String>,
    /// Its account; none where it does not name one or makes one up as it runs.
    pub(crate) account: Option<String>,
    /// Whether it does its work and ends.
    pub(crate) is_one_shot: bool,
}

/// The services of the machine. Of templates only the instances that something starts or that are
/// running.
pub(crate) fn services(host: &dyn Host, running: &BTreeSet<String>) -> Vec<Unit> {
    let catalogue = Catalogue::read(host);
    let mut names: BTreeSet<String> = catalogue
        .places
        .keys()
        .chain(&catalogue.wanted)
        .filter(|it| it.ends_with(".service") && !it.ends_with("@.service"))
        .cloned()
        .collect();
    names.extend(running.iter().filter(|it| catalogue.place(it).is_some()).cloned());
    let started = catalogue.started_by_others(host);
    names.iter().filter_map(|it| catalogue.unit(host, it, &started)).collect()
}

/// The files of the services that stay, each with its additions, of those that are running. A service that does
/// its work and ends is left out: whether it runs at the moment says nothing.
pub(crate) fn texts_of_running(
    host: &dyn Host,
    running: &BTreeSet<String>,
) -> Vec<(String, String)> {
    let catalogue = Catalogue::read(host);
    let is_file = |it: &&String| catalogue.place(it).is_some_and(|it| it != NOWHERE);
    let services = running.iter().filter(|it| it.ends_with(".service")).filter(is_file);
    let texts = services.map(|it| (it.clone(), catalogue.text(host, it)));
    texts.filter(|(_, text)| last(text, "Type") != Some("oneshot")).collect()
}

/// A unit that starts another one at times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timer {
    /// Name with suffix.
    pub(crate) name: String,
    /// Its file.
    pub(crate) place: String,
    /// Fields that say when, as they stand (systemd.timer(5)).
    pub(crate) schedule: Vec<String>,
    /// Whether something wants it at boot.
    pub(crate) is_enabled: bool,
    /// The unit that it starts.
    pub(crate) unit: String,
}

/// The timers of the machine; of templates only the instances that something starts.
pub(crate) fn timers(host: &dyn Host) -> Vec<Timer> {
    const WHEN: &[&str] = &[
        "OnActiveSec",
        "OnBootSec",
        "OnCalendar",
        "OnStartupSec",
        "OnUnitActiveSec",
        "OnUnitInactiveSec",
        "RandomizedDelaySec",
    ];
    let catalogue = Catalogue::read(host);
    let names = catalogue.places.keys().chain(&catalogue.wanted);
    let names: BTreeSet<&String> =
        names.filter(|it| it.ends_with(".timer") && !it.ends_with("@.timer")).collect();
    let timer = |name: &String| {
        let place = catalogue.place(name)?.clone();
        let text = catalogue.text(host, name);
        let schedule = WHEN.iter().flat_map(|field| {
            values(&text, &[field]).into_iter().map(move |it| format!("{field}={it}"))
        });
        let same = || format!("{}.service", name.trim_end_matches(".timer"));
        Some(Timer {
            name: name.clone(),
            schedule: schedule.collect(),
            is_enabled: place != NOWHERE && catalogue.wanted.contains(name),
            unit: last(&text, "Unit").map_or_else(same, str::to_owned),
            place,
        })
    };
    names.into_iter().filter_map(timer).collect()
}

/// The TCP ports on which systemd itself waits for services that it would start.
pub(crate) fn socket_ports(host: &dyn Host) -> BTreeSet<u16> {
    let catalogue = Catalogue::read(host);
    let sockets = catalogue.wanted.iter().filter(|it| it.ends_with(".socket"));
    let texts: Vec<String> = sockets.map(|it| catalogue.text(host, it)).collect();
    let listens = texts.iter().flat_map(|it| values(it, &["ListenStream"]));
    listens.filter_map(|it| it.rsplit(':').next()?.parse().ok()).collect()
}

/// Which units there are, and what leads to them.
#[derive(Default)]
struct Catalogue {
    /// Path of each unit's file, [`NOWHERE`] for masked ones.
    places: BTreeMap<String, String>,
    /// Units that another one wants at boot.
    wanted: BTreeSet<String>,
    /// Folders with additions to a unit, the strongest first.
    additions: BTreeMap<String, Vec<String>>,
}

impl Catalogue {
    fn read(host: &dyn Host) -> Self {
        let mut catalogue = Self::default();
        let mut is_alias = BTreeSet::new();
        for folder in FOLDERS {
            // On a merged machine /lib is /usr/lib.
            if *folder == "/lib/systemd/system" && host.link("/lib").is_ok() {
                continue;
            }
            for name in host.names(folder).unwrap_or_default() {
                let path = format!("{folder}/{name}");
                if name.ends_with(".wants") || name.ends_with(".requires") {
                    catalogue.wanted.extend(host.names(&path).unwrap_or_default());
                } else if let Some(unit) = name.strip_suffix(".d") {
                    catalogue.additions.entry(unit.to_owned()).or_default().push(path);
                } else if !is_alias.contains(&name) && !catalogue.places.contains_key(&name) {
                    match host.link(&path) {
                        Ok(target) if target == NOWHERE => {
                            catalogue.places.insert(name, target);
                        }
                        Ok(target) if !target.ends_with(&format!("/{name}")) => {
                            // Another name of a unit; one that an administrator enabled has it here.
                            if folder.starts_with("/etc/") {
                                catalogue
                                    .wanted
                                    .extend(target.rsplit('/').next().map(str::to_owned));
                            }
                            is_alias.insert(name);
                        }
                        _ => {
                            catalogue.places.insert(name, path);
                        }
                    }
                }
            }
        }
        catalogue.wanted.retain(|it| !is_alias.contains(it));
        catalogue
    }

    /// The file of a unit, of its template for an instance.
    fn place(&self, name: &str) -> Option<&String> {
        self.places.get(name).or_else(|| self.places.get(&template(name)?))
    }

    /// Services that an enabled socket, timer or path starts.
    fn started_by_others(&self, host: &dyn Host) -> BTreeSet<String> {
        let mut started = BTreeSet::new();
        for name in &self.wanted {
            let Some(suffix) = STARTERS.iter().find(|it| name.ends_with(**it)) else { continue };
            let text = self.text(host, name);
            let named = values(&text, &["Unit", "Service"]).last().map(|it| (*it).to_owned());
            let same = || format!("{}.service", name.trim_end_matches(suffix));
            started.insert(named.filter(|it| !it.is_empty()).unwrap_or_else(same));
        }
        started
    }

    fn unit(&self, host: &dyn Host, name: &str, started: &BTreeSet<String>) -> Option<Unit> {
        let place = self.place(name)?;
        let mut unit = Unit { name: name.to_owned(), ..Unit::default() };
        if place == NOWHERE {
            unit.start_mode = Some(StartMode::Disabled);
            return Some(unit);
        }
        let text = self.text(host, name);
        unit.description = last(&text, "Description").map(str::to_owned);
        unit.executable = first_program(&text);
        unit.account = account(&text);
        unit.is_one_shot = last(&text, "Type") == Some("oneshot");
        unit.start_mode = Some(if self.wanted.contains(name) || started.contains(name) {
            StartMode::Automatic
        } else if text.lines().any(|it| it.trim() == "[Install]") {
            StartMode::Disabled
        } else {
            StartMode::Manual
        });
        Some(unit)
    }

    /// The unit's file and its additions, one after the other.
    fn text(&self, host: &dyn Host, name: &str) -> String {
        let read = |path: &str| {
            let bytes = host.bytes(path, UNIT_BYTES_MAX).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let mut text = self.place(name).map(|it| read(it)).unwrap_or_default();
        let names = names_of_additions(name);
        let folders = names.iter().filter_map(|it| self.additions.get(it)).flatten();
        let folders: Vec<&str> = folders.map(String::as_str).collect();
        for path in drop_ins::paths(host, &folders, ".conf") {
            text.push_str(END_OF_FILE);
            text.push_str(&read(&path));
        }
        text
    }
}

/// The names under which additions to a unit stand, the strongest first: its own, that of its template, those of
/// the beginnings of its name (`foo-.service` for `foo-bar.service`), and its kind.
fn names_of_additions(name: &str) -> Vec<String> {
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let stem = stem.split('@').next().unwrap_or_default();
    let beginnings = stem.rmatch_indices('-').filter_map(|(at, _)| stem.get(..=at));
    let beginnings = beginnings.map(|it| format!("{it}.{kind}"));
    let mut names: Vec<String> =
        std::iter::once(name.to_owned()).chain(template(name)).chain(beginnings).collect();
    names.push(kind.to_owned());
    names
}

/// The assignments of a section in their order, a line that goes on in the next one as one (systemd.syntax(7)).
pub(crate) fn assignments(text: &str, section: &str) -> Vec<(String, String)> {
    let (mut found, mut is_here, mut whole) = (Vec::new(), false, String::new());
    for line in text.lines().map(str::trim) {
        // A remark in between does not end a line.
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(start) = line.strip_suffix('\\') {
            whole.push_str(start);
            whole.push(' ');
            continue;
        }
        whole.push_str(line);
        let line = std::mem::take(&mut whole);
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            is_here = name == section;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| is_here) {
            found.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found
}

/// `getty@.service` for `getty@tty1.service`.
fn template(name: &str) -> Option<String> {
    let (prefix, rest) = name.split_once('@')?;
    let (_, suffix) = rest.rsplit_once('.')?;
    Some(format!("{prefix}@.{suffix}"))
}

/// The values of fields since the last empty one, which resets the list.
fn values<'a>(text: &'a str, fields: &[&str]) -> Vec<&'a str> {
    let mut values = Vec::new();
    let mut is_continued = false;
    for line in text.lines().map(str::trim) {
        let is_continuation = std::mem::replace(&mut is_continued, line.ends_with('\\'));
        if is_continuation || line.starts_with(['#', ';', '[']) {
            continue;
        }
        let Some((field, value)) = line.split_once('=') else { continue };
        if !fields.contains(&field.trim()) {
            continue;
        }
        match value.trim() {
            "" => values.clear(),
            value => values.push(value),
        }
    }
    values
}

fn last<'a>(text: &'a str, field: &str) -> Option<&'a str> {
    values(text, &[field]).last().copied()
}

/// The first program without its arguments, which never leave this function.
fn first_program(text: &str) -> Option<String> {
    let line = values(text, &["ExecStart"]).first().copied()?;
    let line = line.trim_start_matches(['@', '-', ':', '+', '!', '|']).trim_start();
    let program = match line.strip_prefix('"') {
        Some(rest) => rest.split('"').next()?,
        None => line.split_whitespace().next()?,
    };
    // A specifier stands for what only systemd knows.
    let is_plain = !program.contains('%') && !program.contains('$') && !program.is_empty();
    is_plain.then(|| program.to_owned())
}

fn account(text: &str) -> Option<String> {
    if let Some(user) = last(text, "User") {
        return (!user.contains('%')).then(|| user.to_owned());
    }
    let is_made_up = matches!(last(text, "DynamicUser"), Some("yes" | "true" | "1" | "on"));
    // systemd.exec(5): services of the system manager run as root where nothing else is said.
    (!is_made_up).then(|| "root".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    const SSH: &str = "[Unit]\nDescription=OpenBSD Secure Shell server\n[Service]\n\
        Environment=SECRET=CANARY-ENVIRONMENT\n\
        ExecStartPre=/usr/sbin/sshd -t\nExecStart=/usr/sbin/sshd -D $OPTS --token=CANARY-ARGUMENT\n\
        [Install]\nWantedBy=multi-user.target\n";

    fn check(host: &MapHost, name: &str) -> Unit {
        let found = services(host, &BTreeSet::new());
        found.into_iter().find(|it| it.name == name).unwrap()
    }

    fn unit(text: &str) -> Unit {
        check(&MapHost::new().file("/usr/lib/systemd/system/a.service", text), "a.service")
    }

    #[test]
    fn an_enabled_service_starts_by_itself() {
        let host = MapHost::new().file("/usr/lib/systemd/system/ssh.service", SSH).link(
            "/etc/systemd/system/multi-user.target.wants/ssh.service",
            "/usr/lib/systemd/system/ssh.service",
        );
        let expected = Unit {
            name: "ssh.service".to_owned(),
            description: Some("OpenBSD Secure Shell server".to_owned()),
            start_mode: Some(StartMode::Automatic),
            executable: Some("/usr/sbin/sshd".to_owned()),
            account: Some("root".to_owned()),
            is_one_shot: false,
        };
        assert_eq!(check(&host, "ssh.service"), expected);
    }

    #[test]
    fn a_service_is_disabled_masked_or_only_called() {
        assert_eq!(unit(SSH).start_mode, Some(StartMode::Disabled));
        assert_eq!(unit("[Service]\nExecStart=/bin/a\n").start_mode, Some(StartMode::Manual));
        let masked = MapHost::new()
            .link("/etc/systemd/system/ssh.service", "/dev/null")
            .file("/usr/lib/systemd/system/ssh.service", SSH);
        assert_eq!(check(&masked, "ssh.service").start_mode, Some(StartMode::Disabled));
    }

    #[test]
    fn a_service_behind_an_enabled_socket_or_timer_starts_by_itself() {
        let host = MapHost::new()
            .file("/usr/lib/systemd/system/a.service", "[Service]\nExecStart=/bin/a\n")
            .file("/usr/lib/systemd/system/b.service", "[Service]\nExecStart=/bin/b\n")
            .file("/usr/lib/systemd/system/a.socket", "[Socket]\nListenStream=1\n")
            .file("/usr/lib/systemd/system/daily.timer", "[Timer]\nUnit=b.service\n")
            .link("/etc/systemd/system/sockets.target.wants/a.socket", "/x/a.socket")
            .link("/etc/systemd/system/timers.target.wants/daily.timer", "/x/daily.timer");
        assert_eq!(check(&host, "a.service").start_mode, Some(StartMode::Automatic));
        assert_eq!(check(&host, "b.service").start_mode, Some(StartMode::Automatic));
    }

    #[test]
    fn ports_of_enabled_sockets_are_known() {
        let text = "[Socket]\nListenStream=[::]:22\nListenStream=/run/x\nListenStream=631\n";
        let host = MapHost::new()
            .file("/usr/lib/systemd/system/a.socket", text)
            .file("/usr/lib/systemd/system/b.socket", "[Socket]\nListenStream=80\n")
            .link("/etc/systemd/system/sockets.target.wants/a.socket", "/x/a.socket");
        assert_eq!(socket_ports(&host), BTreeSet::from([22, 631]));
    }

    #[test]
    fn another_name_is_not_another_service() {
        let host = MapHost::new().file("/usr/lib/systemd/system/gdm.service", SSH).link(
            "/etc/systemd/system/display-manager.service",
            "/usr/lib/systemd/system/gdm.service",
        );
        let found = services(&host, &BTreeSet::new());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].start_mode, Some(StartMode::Automatic));
    }

    #[test]
    fn of_templates_only_instances_count() {
        let host = MapHost::new()
            .file(
                "/usr/lib/systemd/system/getty@.service",
                "[Service]\nExecStart=-/sbin/agetty %I\n",
            )
            .link("/etc/systemd/system/getty.target.wants/getty@tty1.service", "/x/getty@.service");
        let running = BTreeSet::from(["getty@tty2.service".to_owned(), "other.scope".to_owned()]);
        let found = services(&host, &running);
        let names: Vec<&str> = found.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["getty@tty1.service", "getty@tty2.service"]);
        assert_eq!(found[0].executable.as_deref(), Some("/sbin/agetty"));
    }

    #[test]
    fn additions_of_the_administrator_apply() {
        let host = MapHost::new().file("/usr/lib/systemd/system/ssh.service", SSH).file(
            "/etc/systemd/system/ssh.service.d/own.conf",
            "[Service]\nUser=sshd\nExecStart=\nExecStart=/opt/sshd -D\n",
        );
        let unit = check(&host, "ssh.service");
        assert_eq!(unit.executable.as_deref(), Some("/opt/sshd"));
        assert_eq!(unit.account.as_deref(), Some("sshd"));
    }

    #[test]
    fn additions_apply_by_their_names_and_the_strongest_folder_wins() {
        // systemd.unit(5): of files with one name that of the strongest folder counts; all in the order of names.
        let host = MapHost::new()
            .file("/usr/lib/systemd/system/a-b@.service", "[Service]\nUser=main\n")
            .file("/etc/systemd/system/a-b@x.service.d/10.conf", "[Service]\nUser=instance\n")
            .file("/usr/lib/systemd/system/service.d/20.conf", "[Service]\nUser=kind\n")
            .file("/etc/systemd/system/a-.service.d/30.conf", "[Service]\nUser=beginning\n")
            .file("/usr/lib/systemd/system/a-b@.service.d/40.conf", "[Service]\nUser=template\n")
            .file("/etc/systemd/system/a-b@.service.d/40.conf", "[Service]\nUser=strongest\n");
        let user = |host: &MapHost| {
            let running = BTreeSet::from(["a-b@x.service".to_owned()]);
            let found = services(host, &running);
            found.into_iter().find(|it| it.name == "a-b@x.service").unwrap().account.unwrap()
        };
        assert_eq!(user(&host), "strongest");
        let host = host.link("/etc/systemd/system/a-b@.service.d/40.conf", "/dev/null");
        assert_eq!(user(&host), "beginning");
        let host = host.link("/etc/systemd/system/a-.service.d/30.conf", "/dev/null");
        assert_eq!(user(&host), "kind");
    }

    #[test]
    fn assignments_are_those_of_their_section_and_lines_go_on() {
        let text = "User=none\n[Unit]\nUser=unit\n[Service]\nA=1 \\\n# remark\n  2 \\\n3\n B = 4 \n;C=5\n\
            nothing\nD=\n[Install]\nE=6";
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let expected = [pair("A", "1  2  3"), pair("B", "4"), pair("D", "")];
        assert_eq!(assignments(text, "Service"), expected);
    }

    #[test]
    fn only_running_services_that_stay_have_texts() {
        let host = MapHost::new()
            .file("/usr/lib/systemd/system/a.service", "[Service]\nUser=a\\")
            .file("/etc/systemd/system/a.service.d/x.conf", "[Service]\nUser=b\n")
            .file("/usr/lib/systemd/system/b.service", "[Service]\nType=oneshot\n")
            .file("/usr/lib/systemd/system/c.service", "[Service]\n")
            .link("/etc/systemd/system/d.service", "/dev/null");
        let names = ["a.service", "b.service", "d.service", "gone.service", "session-1.scope"];
        let texts = texts_of_running(&host, &names.map(str::to_owned).into());
        assert_eq!(texts.len(), 1);
        // A line that a file leaves open does not swallow the next file.
        let users = assignments(&texts[0].1, "Service");
        assert_eq!(users.last().unwrap().1, "b");
        assert_eq!(users.len(), 2);
    }

    #[test]
    fn a_program_is_its_path_alone() {
        for (line, expected) in [
            ("@/usr/bin/a argv0 b", Some("/usr/bin/a")),
            ("-+/usr/bin/a --password=x", Some("/usr/bin/a")),
            ("\"/opt/with space/a\" b", Some("/opt/with space/a")),
            ("%h/bin/a", None),
            ("${PROGRAM} x", None),
            ("\"", None),
        ] {
            let unit = unit(&format!("[Service]\nExecStart={line}\n"));
            assert_eq!(unit.executable.as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn an_account_is_only_what_the_unit_names() {
        assert_eq!(unit("[Service]\nUser=www-data\n").account.as_deref(), Some("www-data"));
        assert_eq!(unit("[Service]\nUser=%i\n").account, None);
        assert_eq!(unit("[Service]\nDynamicUser=yes\n").account, None);
    }

    #[test]
    fn a_field_of_a_continued_line_is_not_a_field() {
        let unit = unit("[Service]\nExecStart=/bin/a \\\nUser=mallory\nUser=b\n");
        assert_eq!(unit.account.as_deref(), Some("b"));
    }

    #[test]
    fn neither_arguments_nor_environment_are_kept() {
        let text = format!("{:?}", unit(SSH));
        assert!(!text.contains("CANARY"), "{text}");
    }

    proptest! {
        #[test]
        fn hostile_units_never_panic(text in "(\\[?(Unit|ExecStart|User|\\PC{0,4})\\]?=?\\PC{0,12}\\\\?\n){0,10}") {
            let _ = unit(&text);
        }

        #[test]
        fn hostile_sections_never_panic(text in "([\\[\\]=\\\\#a-]{0,6}\n?){0,20}", name in "[a@.-]{0,8}") {
            let _ = assignments(&text, "a");
            prop_assert!(names_of_additions(&name).len() <= name.len() + 3);
        }
    }
}
