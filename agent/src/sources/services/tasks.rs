//! What the machine starts by itself at a time: timers of systemd, cron, anacron, at.
//!
//! Of a command only the base name of its program is kept; arguments may hold secrets. Nothing is kept
//! where the end of a guard before the program cannot be told for certain.

use jiff::Timestamp;
use observation::latest::{
    Absent, Cadence, Fact, Gap, Platform, ScheduledTask, SourceId, UserName,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source, named, systemd};

/// Exists where systemd was booted, see sd_booted(3).
const BOOTED: &str = "/run/systemd/system";
/// Tables with a column for the account (crontab(5)).
const SYSTEM_TABLES: &[&str] = &["/etc/crontab", "/etc/cron.d/*"];
/// Tables of accounts, whose names are those of the files: Debian, SUSE, Red Hat.
const ACCOUNT_TABLES: &[&str] =
    &["/var/spool/cron/crontabs/*", "/var/spool/cron/tabs/*", "/var/spool/cron/*"];
/// Folders of scripts (run-parts(8)).
const FOLDERS: &[(&str, &str)] = &[
    ("/etc/cron.hourly", "hourly"),
    ("/etc/cron.daily", "daily"),
    ("/etc/cron.weekly", "weekly"),
    ("/etc/cron.monthly", "monthly"),
];
const ANACRON_TABLE: &str = "/etc/anacrontab";
/// Jobs of at(1): Debian, others.
const AT_FOLDERS: &[&str] = &["/var/spool/cron/atjobs", "/var/spool/at"];
/// Most lines of one table.
const LINES_MAX: usize = 10_000;
/// Fields of time in a table: minute, hour, day, month, day of the week.
const TIMES: usize = 5;
/// Words that stand before the program that matters.
const GUARDS: &[&str] = &["[", "cd", "test", "sleep", "if", "then", "exec", "{", "(", "!"];
const FIELD: &str = "scheduled_task";

/// Tasks.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.tasks"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read_or_none(context.host, context.names);
    let mut reader = Reader { host: context.host, persons: &persons, found: Found::default() };
    reader.timers();
    for path in SYSTEM_TABLES.iter().flat_map(|it| named::files(context.host, it)) {
        reader.table(&path, None);
    }
    for pattern in ACCOUNT_TABLES {
        reader.account_tables(pattern);
    }
    for (folder, schedule) in FOLDERS {
        reader.scripts(folder, schedule);
    }
    reader.anacron();
    for folder in AT_FOLDERS {
        reader.at(folder);
    }
    Ok(reader.found)
}

struct Reader<'a> {
    host: &'a dyn Host,
    persons: &'a Persons<'a>,
    found: Found,
}

impl Reader<'_> {
    fn timers(&mut self) {
        if self.host.status(BOOTED).is_err() {
            let (why, what) = ("other_init_system".to_owned(), "systemd.timer".to_owned());
            self.gap(None, Absent::NotLookedAt { why, what });
            return;
        }
        for timer in systemd::timers(self.host) {
            self.found.facts.push(Fact::ScheduledTask(ScheduledTask {
                scheduler: "systemd".to_owned(),
                name: self.persons.unit(&timer.name),
                configured_in: self.persons.path(&timer.place),
                schedule: timer.schedule,
                is_enabled: Some(timer.is_enabled),
                account: None,
                starts: Some(self.persons.unit(&timer.unit)),
            }));
        }
    }

    fn account_tables(&mut self, pattern: &str) {
        let folder = pattern.trim_end_matches("/*");
        if let Err(reason @ Absent::NotAllowed { .. }) = self.host.names(folder) {
            self.gap(Some(folder.to_owned()), reason);
            return;
        }
        for path in named::files(self.host, pattern) {
            // Folders of the other distributions stand beside Red Hat's tables.
            if self.host.status(&path).is_ok_and(|it| !it.is_folder) {
                let account = self.persons.name(named::base_name(&path));
                self.table(&path, Some(&account));
            }
        }
    }

    /// One table; `account` where its lines do not name one.
    fn table(&mut self, path: &str, account: Option<&UserName>) {
        let place = self.persons.path(path);
        let text = match self.host.text(path) {
            Ok(text) => text,
            Err(Absent::NotHere { .. }) => return,
            Err(Absent::NotAllowed { needs, .. }) => {
                let reason = Absent::NotAllowed { what: place.clone(), needs };
                return self.gap(Some(place), reason);
            }
            Err(_) => {
                self.found.complaints.push(named::complaint(&place, "the table cannot be read"));
                return;
            }
        };
        let lines = text.lines().take(LINES_MAX).filter_map(|it| line(it, account.is_none()));
        for (index, entry) in lines.enumerate() {
            self.found.facts.push(Fact::ScheduledTask(ScheduledTask {
                scheduler: "cron".to_owned(),
                name: format!("{place} {}", index + 1),
                configured_in: place.clone(),
                schedule: vec![entry.schedule],
                is_enabled: Some(true),
                account: entry
                    .account
                    .map(|it| self.persons.name(&it))
                    .or_else(|| account.cloned()),
                starts: program(entry.command),
            }));
        }
    }

    fn scripts(&mut self, folder: &str, schedule: &str) {
        for name in self.host.names(folder).unwrap_or_default() {
            let path = format!("{folder}/{name}");
            let is_script =
                self.host.status(&path).is_ok_and(|it| it.is_executable && !it.is_folder);
            if name.starts_with('.') || !is_script {
                continue;
            }
            // Debian passes names with a dot over, Red Hat does not.
            let is_enabled = (!name.contains('.')).then_some(true);
            self.found.facts.push(Fact::ScheduledTask(ScheduledTask {
                scheduler: "cron".to_owned(),
                name: path,
                configured_in: folder.to_owned(),
                schedule: vec![schedule.to_owned()],
                is_enabled,
                account: Some(UserName::Clear("root".to_owned())),
                starts: Some(name),
            }));
        }
    }

    /// `period delay name command` (anacrontab(5)).
    fn anacron(&mut self) {
        let text =
            named::read(self.host, ANACRON_TABLE, FIELD, &mut self.found).unwrap_or_default();
        for line in text.lines().take(LINES_MAX).map(str::trim) {
            let mut words = line.splitn(4, char::is_whitespace).map(str::trim);
            let (Some(period), Some(delay), Some(name)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            if !period.starts_with(|it: char| it == '@' || it.is_ascii_digit()) {
                continue;
            }
            self.found.facts.push(Fact::ScheduledTask(ScheduledTask {
                scheduler: "anacron".to_owned(),
                name: name.to_owned(),
                configured_in: ANACRON_TABLE.to_owned(),
                schedule: vec![format!("{period} {delay}")],
                is_enabled: Some(true),
                account: Some(UserName::Clear("root".to_owned())),
                starts: words.next().and_then(program),
            }));
        }
    }

    /// A job's file bears queue, number and time; its text, which holds an environment, is not read.
    fn at(&mut self, folder: &str) {
        match self.host.names(folder) {
            Ok(names) => {
                for (name, time) in names.iter().filter_map(|it| Some((it, at_time(it)?))) {
                    let owner = self.host.status(&format!("{folder}/{name}")).ok();
                    self.found.facts.push(Fact::ScheduledTask(ScheduledTask {
                        scheduler: "at".to_owned(),
                        name: name.clone(),
                        configured_in: folder.to_owned(),
                        schedule: vec![time.to_string()],
                        is_enabled: Some(true),
                        account: owner.map(|it| self.persons.account(it.owner)),
                        starts: None,
                    }));
                }
            }
            Err(reason @ Absent::NotAllowed { .. }) => self.gap(Some(folder.to_owned()), reason),
            Err(_) => {}
        }
    }

    fn gap(&mut self, of: Option<String>, reason: Absent) {
        self.found.gaps.push(Gap { field: FIELD.to_owned(), of, reason });
    }
}

/// One line of a table.
struct Entry<'a> {
    schedule: String,
    account: Option<String>,
    command: &'a str,
}

/// None for comments, for settings of the environment and for what is no entry.
fn line(line: &str, has_account: bool) -> Option<Entry<'_>> {
    let mut rest = line.trim();
    // A minus before an entry keeps cron from noting it in the log (SUSE).
    rest = rest.strip_prefix('-').unwrap_or(rest);
    let first = rest.chars().next()?;
    if !(first.is_ascii_digit() || first == '*' || first == '@') {
        return None;
    }
    let mut take = || {
        let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = behind.trim_start();
        (!word.is_empty()).then(|| word.to_owned())
    };
    let schedule = if first == '@' {
        take()?
    } else {
        let times: Vec<String> = (0..TIMES).map_while(|_| take()).collect();
        if times.len() < TIMES {
            return None;
        }
        times.join(" ")
    };
    let account = if has_account { Some(take()?) } else { None };
    (!rest.is_empty()).then_some(Entry { schedule, account, command: rest })
}

/// Base name of the program, behind guards such as `test -x … &&`.
fn program(command: &str) -> Option<String> {
    for part in command.split(['&', '|', ';', '\n']) {
        let mut words = part.split_whitespace();
        let Some(first) = words.by_ref().find(|it| !is_assignment(it)) else {
            if !is_balanced(part) {
                return None;
            }
            continue;
        };
        // What stands before the word found must be whole, or the word is a part of a value.
        let before = part.split_once(first).map_or("", |it| it.0);
        if !is_balanced(before) {
            return None;
        }
        if GUARDS.contains(&first) {
            if !is_balanced(part) {
                return None;
            }
            // `if [ … ]`, `{ cd /` and `exec program` go on in the same part.
            let is_opening = matches!(first, "if" | "then" | "exec" | "{" | "(" | "!");
            match words.next().filter(|_| is_opening) {
                Some(word) if !GUARDS.contains(&word) => return plain(word),
                _ => continue,
            }
        }
        return plain(first);
    }
    None
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
    })
}

/// Whether no quote, escape or substitution is left open.
fn is_balanced(text: &str) -> bool {
    let count = |it: char| text.matches(it).count();
    count('\'').is_multiple_of(2)
        && count('"').is_multiple_of(2)
        && count('`').is_multiple_of(2)
        && !text.contains('\\')
        && count('(') == count(')')
}

fn plain(word: &str) -> Option<String> {
    let name = named::base_name(word);
    // The whole word: a path begun with a quote goes on behind a blank.
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"._+-/@~".contains(&it);
    (!name.is_empty() && word.bytes().all(is_plain)).then(|| name.to_owned())
}

/// `a0000101b8f2c3`: queue, five digits of a number, eight digits of minutes since 1970.
fn at_time(name: &str) -> Option<Timestamp> {
    if name.len() != 14 || !name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '=') {
        return None;
    }
    // A sign before the digits would be taken, too.
    if !name.bytes().skip(1).all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let minutes = i64::from_str_radix(name.get(6..)?, 16).ok()?;
    Timestamp::from_second(minutes.checked_mul(60)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Debian 12's.
    const CRONTAB: &str = "# /etc/crontab: system-wide crontab\nSHELL=/bin/sh\n\
        PATH=/usr/local/sbin:/usr/local/bin\n\n# *  *  *  *  * user-name command to be executed\n\
        17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n\
        25 6\t* * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }\n#\n";
    const ANACRONTAB: &str = "# c\nSHELL=/bin/sh\n1\t5\tcron.daily\trun-parts --report /etc/cron.daily\n\
        @monthly\t15\tcron.monthly\trun-parts --report /etc/cron.monthly\n";
    const TIMER: &str = "[Unit]\nDescription=Daily apt download activities\n\n[Timer]\n\
        OnCalendar=*-*-* 6,18:00\nRandomizedDelaySec=12h\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n";
    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n";

    fn host() -> MapHost {
        MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file("/etc/crontab", CRONTAB)
            .file("/etc/cron.d/.placeholder", "* * * * * root never\n")
            .file("/etc/anacrontab", ANACRONTAB)
            .file("/etc/cron.daily/dpkg", "")
            .file("/etc/cron.daily/.placeholder", "")
            .file("/var/spool/cron/crontabs/alice", "PASSWORD=CANARY-ENVIRONMENT\n@daily /home/alice/bin/sync --password CANARY-ARGUMENT\n")
            .file("/var/spool/cron/atjobs/a0000101c8f2c3", "CANARY")
            .file("/var/spool/cron/atjobs/.SEQ", "1")
            .folder("/run/systemd/system")
            .file("/lib/systemd/system/apt-daily.timer", TIMER)
            .file("/lib/systemd/system/idle.timer", "[Timer]\nOnBootSec=5min\nUnit=other.service\n")
            .link("/etc/systemd/system/timers.target.wants/apt-daily.timer", "/lib/systemd/system/apt-daily.timer")
    }

    fn tasks() -> Vec<ScheduledTask> {
        let found = with_context(&host(), observe).unwrap();
        let text = format!("{found:?}");
        assert!(!text.contains("CANARY") && !text.contains("alice"), "{text}");
        let tasks = found.facts.into_iter().map(|it| {
            let Fact::ScheduledTask(it) = it else { panic!("{it:?}") };
            it
        });
        tasks.collect()
    }

    fn task(name: &str) -> ScheduledTask {
        tasks().into_iter().find(|it| it.name == name).unwrap_or_else(|| panic!("{name}"))
    }

    #[test]
    fn lines_of_the_system_name_account_and_program() {
        let it = task("/etc/crontab 2");
        assert_eq!(it.schedule, ["25 6 * * *"]);
        assert_eq!(it.account, Some(UserName::Clear("root".to_owned())));
        assert_eq!(it.starts.as_deref(), Some("run-parts"));
        assert_eq!(tasks().len(), 9);
    }

    #[test]
    fn timers_say_when_and_what() {
        let it = task("apt-daily.timer");
        assert_eq!(it.schedule, ["OnCalendar=*-*-* 6,18:00", "RandomizedDelaySec=12h"]);
        assert_eq!((it.is_enabled, it.starts.as_deref()), (Some(true), Some("apt-daily.service")));
        let it = task("idle.timer");
        assert_eq!((it.is_enabled, it.starts.as_deref()), (Some(false), Some("other.service")));
    }

    #[test]
    fn scripts_anacron_and_at_are_tasks_too() {
        assert_eq!(task("/etc/cron.daily/dpkg").starts.as_deref(), Some("dpkg"));
        assert_eq!(task("cron.monthly").schedule, ["@monthly 15"]);
        assert_eq!(task("a0000101c8f2c3").schedule, ["2026-12-09T05:23:00Z"]);
    }

    #[test]
    fn persons_have_pseudonyms() {
        let it = tasks().into_iter().find(|it| it.schedule == ["@daily"]).unwrap();
        assert!(matches!(it.account, Some(UserName::Pseudonym(_))));
        assert_eq!(it.starts.as_deref(), Some("sync"));
    }

    #[test]
    fn programs_are_found_behind_guards_and_values_are_not_programs() {
        for (command, expected) in [
            ("/usr/bin/backup.sh --key SECRET", Some("backup.sh")),
            (
                "[ -x /a ] && if [ ! -d /b ]; then /usr/sbin/invoke-rc.d anacron start; fi",
                Some("invoke-rc.d"),
            ),
            (
                "test -e /run/systemd/system || SERVICE_MODE=1 /sbin/e2scrub_all -A -r",
                Some("e2scrub_all"),
            ),
            ("TOKEN='a SECRET b' curl x", None),
            ("TOKEN=\"a; SECRET\" curl x", None),
            ("TOKEN=a\\ SECRET curl x", None),
            ("TOKEN=$(cat SECRET x) curl", None),
            ("test \"x && SECRET y\" && z", None),
            ("\"/opt/a b/run\" SECRET", None),
            ("", None),
        ] {
            assert_eq!(program(command).as_deref(), expected, "{command}");
        }
    }

    /// Constructed from crontab(5) of Debian's cron 3.0 and of SUSE's cronie.
    #[test]
    fn lines_are_entries_settings_or_nothing() {
        let of = |text: &str, has_account: bool| {
            let it = line(text, has_account)?;
            Some(format!("{}|{}|{}", it.schedule, it.account.unwrap_or_default(), it.command))
        };
        for (text, has_account, expected) in [
            ("* * * * * a b", false, Some("* * * * *||a b")),
            ("* * * * * root a b", true, Some("* * * * *|root|a b")),
            ("*/5 0-6 1,15 jan sun\troot\ta", true, Some("*/5 0-6 1,15 jan sun|root|a")),
            ("  0 4 * * *   a", false, Some("0 4 * * *||a")),
            ("@reboot a", false, Some("@reboot||a")),
            ("@daily root a", true, Some("@daily|root|a")),
            ("-0 4 * * * root a", true, Some("0 4 * * *|root|a")),
            ("* * * * *", false, None),
            ("* * * * * root", true, None),
            ("@daily", false, None),
            ("* * * a", false, None),
            ("PATH=/bin", false, None),
            ("# * * * * * a", false, None),
            ("-", false, None),
            ("", false, None),
        ] {
            assert_eq!(of(text, has_account).as_deref(), expected, "{text}");
        }
    }

    /// The names of at(1): the time is that of the name, and a name of another form is no job.
    #[test]
    fn jobs_of_at_bear_their_time() {
        let at = |name: &str| at_time(name).map(|it| it.as_second());
        assert_eq!(at("a0000101c8f2c3"), Some(0x01c8_f2c3 * 60));
        assert_eq!(at("=0000101c8f2c3"), Some(0x01c8_f2c3 * 60), "one that runs");
        assert_eq!(at("Z0000100000000"), Some(0));
        for name in [
            "",
            ".SEQ",
            "a0000101c8f2c",
            "a0000101c8f2c33",
            "10000101c8f2c3",
            "a00001x1c8f2c3",
            "a0000é1c8f2c3",
            "a-0001-1c8f2c3",
        ] {
            assert_eq!(at(name), None, "{name}");
        }
    }

    #[test]
    fn tables_of_anacron_have_periods_of_days_or_words() {
        let host = MapHost::new().file(
            ANACRON_TABLE,
            "START_HOURS_RANGE=3-22\n1 5 daily run-parts /a\n@monthly 15 monthly VAR=x run-parts /b\n7 10\n# 1 5 no x\n",
        );
        let found = with_context(&host, observe).unwrap();
        let tasks = found.facts.iter().map(|it| {
            let Fact::ScheduledTask(it) = it else { panic!("{it:?}") };
            (&*it.name, &*it.schedule[0], it.starts.as_deref())
        });
        let expected =
            [("daily", "1 5", Some("run-parts")), ("monthly", "@monthly 15", Some("run-parts"))];
        assert_eq!(tasks.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_table_without_end_is_read_to_its_bound() {
        let text = "* * * * * root /bin/a\n".repeat(LINES_MAX + 10);
        let found = with_context(&MapHost::new().file("/etc/crontab", text), observe).unwrap();
        assert_eq!(found.facts.len(), LINES_MAX);
    }

    #[test]
    fn what_may_not_be_read_is_a_gap() {
        let host = MapHost::unprivileged()
            .forbid("/var/spool/cron/crontabs")
            .forbid("/var/spool/cron/atjobs");
        let gaps = with_context(&host, observe).unwrap().gaps;
        assert_eq!(gaps.len(), 3, "systemd is not there either: {gaps:?}");
    }

    proptest! {
        /// Whatever stands behind the program, nothing of it is told: there are passwords in it.
        #[test]
        fn what_a_program_is_called_with_is_never_told(arguments in "[ -~]{0,40}") {
            let told = program(&format!("/usr/bin/backup {arguments}"));
            prop_assert!(told.as_deref().is_none_or(|it| it == "backup"), "{told:?}");
        }

        /// A value before the program is never taken for it.
        #[test]
        fn a_quoted_value_is_never_the_program(value in "[a-z0-9 ;&|]{1,20}") {
            for quote in ['\'', '"'] {
                let told = program(&format!("TOKEN={quote}{value}{quote} /usr/bin/backup"));
                prop_assert!(told.as_deref().is_none_or(|it| it == "backup"), "{told:?}");
            }
        }

        #[test]
        fn hostile_lines_never_panic(text in "(@daily|\\* \\* \\* \\* \\*|if|test|[&|;'\"\\\\=$( é0-9a-f]){0,30}") {
            let _ = line(&text, true);
            let _ = program(&text);
            let _ = at_time(&text);
        }
    }
}
