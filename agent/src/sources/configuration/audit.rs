//! The audit system: auditd.conf(5), and how many rules stand in its files and whether they are locked
//! (audit.rules(7)).

use observation::latest::{Absent, Cadence, Fact, Platform, Setting, SourceId};

use crate::sources::context::Context;
use crate::sources::settings::{LastWins, configured};
use crate::sources::{Found, Source, drop_ins, ini};

/// The audit system.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.audit"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const DAEMON: &str = "/etc/audit/auditd.conf";
/// The rules that are loaded at the start; augenrules(8) makes them of those in the folder.
const RULES: &str = "/etc/audit/audit.rules";
const RULES_FOLDER: &str = "/etc/audit/rules.d";
/// Settings of the daemon that matter: what becomes of the records, and what happens when there is no room.
const KEYS: &[&str] = &[
    "admin_space_left",
    "admin_space_left_action",
    "disk_error_action",
    "disk_full_action",
    "flush",
    "freq",
    "local_events",
    "log_file",
    "log_format",
    "log_group",
    "max_log_file",
    "max_log_file_action",
    "name_format",
    "num_logs",
    "overflow_action",
    "space_left",
    "space_left_action",
    "tcp_listen_port",
    "transport",
    "write_logs",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    for (path, text) in drop_ins::texts(context.host, [DAEMON.to_owned()], &mut found.gaps) {
        let mut settings = LastWins::new("auditd");
        for line in ini::lines(&text) {
            if let Some(key) = KEYS.iter().find(|it| it.eq_ignore_ascii_case(line.key)) {
                settings.set(None, key, line.value, &path);
            }
        }
        found.facts.extend(settings.facts());
    }
    let loaded = drop_ins::texts(context.host, [RULES.to_owned()], &mut found.gaps);
    found.facts.extend(loaded.first().map(|(_, text)| rules(RULES, text)).unwrap_or_default());
    let paths = drop_ins::paths(context.host, &[RULES_FOLDER], ".rules");
    let parts = drop_ins::texts(context.host, paths, &mut found.gaps);
    if !parts.is_empty() {
        let text: String = parts.into_iter().map(|(_, text)| text + "\n").collect();
        found.facts.extend(rules(RULES_FOLDER, &text));
    }
    if found.facts.is_empty() && found.gaps.is_empty() {
        return Err(Absent::NotHere { looked_at: format!("{DAEMON}, {RULES}, {RULES_FOLDER}") });
    }
    Ok(found)
}

/// Number of rules, and the options that hold for all of them. The place is a scope: the file that is loaded
/// and the folder it is made of need not agree, and then somebody changed one of them.
fn rules(place: &str, text: &str) -> Vec<Fact> {
    let mut settings = LastWins::new("audit rules");
    let mut count = 0_usize;
    for line in text.lines().map(str::trim) {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("-a" | "-A" | "-w") => count += 1,
            Some("-D") => count = 0,
            Some(option @ ("-b" | "-e" | "-f" | "-r")) => {
                settings.set(None, option, words.next().unwrap_or_default(), place);
            }
            // What follows stays out.
            Some("--loginuid-immutable") => {
                settings.set(None, "--loginuid-immutable", "yes", place)
            }
            _ => {}
        }
    }
    let number = configured("audit rules", "number of rules", &count.to_string(), place);
    let scoped = |it: Setting| Fact::Setting(Setting { scope: Some(place.to_owned()), ..it });
    settings.settings().chain([number]).map(scoped).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    /// Real: Debian 12, auditd 3.0.9.
    const AUDITD: &str = include_str!("samples/audit/auditd.conf");
    const LOADED: &str = include_str!("samples/audit/audit.rules");

    #[test]
    fn the_daemon_of_debian_says_what_becomes_of_records() {
        let host = MapHost::new().file(DAEMON, AUDITD).file(RULES, LOADED);
        let lines = lines(&with_context(&host, observe).unwrap().facts);
        for line in [
            "auditd disk_full_action = SUSPEND",
            "auditd max_log_file_action = ROTATE",
            "audit rules [/etc/audit/audit.rules] -b = 8192",
            "audit rules [/etc/audit/audit.rules] number of rules = 0",
        ] {
            assert!(lines.contains(&line.to_owned()), "{line}: {lines:?}");
        }
    }

    #[test]
    fn rules_are_counted_and_the_lock_is_said() {
        let host = MapHost::new()
            .file("/etc/audit/rules.d/10-x.rules", "-w /etc/passwd -p wa -k CANARY\n# -w /x\n")
            .file("/etc/audit/rules.d/20-y.rules", "-a always,exit -S mount\n-e 2\n")
            .file("/etc/audit/rules.d/old", "-w /x\n");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(
            lines(&found.facts),
            [
                "audit rules [/etc/audit/rules.d] -e = 2",
                "audit rules [/etc/audit/rules.d] number of rules = 2",
            ]
        );
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn without_the_right_or_the_system_the_reason_is_said() {
        let host = MapHost::unprivileged().forbid(DAEMON).forbid(RULES);
        assert_eq!(with_context(&host, observe).unwrap().gaps.len(), 2);
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((-w|-e|-D|-a)|[ =\n]|\\PC){0,60}") {
            let host = MapHost::new().file(DAEMON, &text).file(RULES, &text);
            let _ = with_context(&host, observe);
        }
    }
}
