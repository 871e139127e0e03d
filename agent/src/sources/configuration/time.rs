//! From whom the machine takes its time: systemd-timesyncd, chrony, ntpd, openntpd, and which of them starts
//! with the machine. Whether the clock is right at this moment is not asked.

use std::collections::BTreeSet;

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::settings::{LastWins, configured};
use crate::sources::{Found, Source, drop_ins, glob, ini};

/// From whom the machine takes its time.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.time"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// Programs, their files, and how their services are named.
const PROGRAMS: &[(&str, &[&str], &[&str])] = &[
    ("chrony", &["/etc/chrony/chrony.conf", "/etc/chrony.conf"], &["chrony", "chronyd"]),
    ("ntpd", &["/etc/ntpsec/ntp.conf", "/etc/ntp.conf"], &["ntp", "ntpd", "ntpsec"]),
    ("openntpd", &["/etc/openntpd/ntpd.conf", "/etc/ntpd.conf"], &["openntpd"]),
];
/// Where links show that a service starts with the machine.
const STARTED: &[&str] = &[
    "/etc/systemd/system/multi-user.target.wants",
    "/etc/systemd/system/sysinit.target.wants",
    "/etc/runlevels/default",
];
const TIMESYNCD_KEYS: &[&str] = &["FallbackNTP", "NTP", "PollIntervalMaxSec", "RootDistanceMaxSec"];
/// Words that name a server, and those that name what else matters.
const SERVERS: &[&str] = &["server", "servers", "pool", "peer"];
const SWITCHES: &[&str] = &[
    "allow",
    "authselectmode",
    "bindaddress",
    "cmdallow",
    "constraint",
    "constraints",
    "leapsectz",
    "listen",
    "local",
    "makestep",
    "maxchange",
    "ntsservercert",
    "restrict",
    "rtcsync",
];
/// Most files of one program.
const FILES_MAX: usize = 100;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    timesyncd(context.host, &mut found);
    for (subject, paths, services) in PROGRAMS {
        let is_there = |it: &&&str| !matches!(context.host.status(it), Err(Absent::NotHere { .. }));
        let Some(path) = paths.iter().find(is_there) else { continue };
        program(context.host, subject, path, &mut found);
        enabled(context.host, subject, services, &mut found);
    }
    if found.facts.is_empty() && found.gaps.is_empty() {
        let paths = PROGRAMS.iter().flat_map(|it| it.1).copied();
        let looked_at = paths.chain(["/etc/systemd/timesyncd.conf"]).collect::<Vec<_>>().join(", ");
        return Err(Absent::NotHere { looked_at });
    }
    Ok(found)
}

fn timesyncd(host: &dyn Host, found: &mut Found) {
    let texts = drop_ins::of_systemd(host, "timesyncd.conf", &mut found.gaps);
    let Some((main, _)) = texts.first() else { return };
    let mut settings = LastWins::new("systemd-timesyncd");
    for (path, text) in &texts {
        for line in ini::lines(text).filter(|it| it.section == "Time") {
            if TIMESYNCD_KEYS.contains(&line.key) {
                settings.set(None, line.key, line.value, path);
            }
        }
    }
    settings.state_defaults(&["NTP"], main);
    found.facts.extend(settings.facts());
    enabled(host, "systemd-timesyncd", &["systemd-timesyncd"], found);
}

/// Whether a link starts the service with the machine.
fn enabled(host: &dyn Host, subject: &str, services: &[&str], found: &mut Found) {
    let folders: Vec<(&str, Vec<String>)> =
        STARTED.iter().filter_map(|it| Some((*it, host.names(it).ok()?))).collect();
    let Some((first, _)) = folders.first() else { return };
    let starts =
        |name: &String| services.iter().any(|it| name == it || *name == format!("{it}.service"));
    let place = folders.iter().find(|(_, names)| names.iter().any(starts)).map(|it| it.0);
    let value = if place.is_some() { "yes" } else { "no" };
    let setting = configured(subject, "starts with the machine", value, place.unwrap_or(first));
    found.facts.push(Fact::Setting(setting));
}

/// A file of `word arguments` lines, and the files that it names.
fn program(host: &dyn Host, subject: &str, path: &str, found: &mut Found) {
    let mut servers = Vec::new();
    let mut switches = LastWins::new(subject);
    let mut allowed = BTreeSet::new();
    let mut open = vec![path.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop() {
        if seen.len() >= FILES_MAX || !seen.insert(path.clone()) {
            continue;
        }
        for (path, text) in drop_ins::texts(host, [path], &mut found.gaps) {
            for line in text.lines() {
                let line = line.trim();
                // chrony.conf(5) knows four marks of comments.
                if line.starts_with(['#', '!', ';', '%']) {
                    continue;
                }
                let mut words = line.split_whitespace();
                let word = words.next().unwrap_or_default().to_ascii_lowercase();
                let rest = words.take_while(|it| !it.starts_with('#')).collect::<Vec<_>>();
                match (word.as_str(), &*rest) {
                    (it, [_, ..]) if SERVERS.contains(&it) => {
                        servers.push(format!("{it} {}", without_key(&rest)));
                    }
                    ("include" | "includefile", [pattern]) => {
                        open.extend(glob::expand(host, pattern));
                    }
                    ("confdir" | "sourcedir", folders) => {
                        let ending = if word == "confdir" { ".conf" } else { ".sources" };
                        open.extend(drop_ins::paths(host, folders, ending).into_iter().rev());
                    }
                    (it @ ("allow" | "restrict" | "listen"), _) => {
                        allowed.insert((it.to_owned(), rest.join(" "), path.clone()));
                    }
                    (it, _) if SWITCHES.contains(&it) => {
                        let value = if rest.is_empty() { "yes".to_owned() } else { rest.join(" ") };
                        switches.set(None, it, &value, &path);
                    }
                    _ => {}
                }
            }
        }
    }
    if !servers.is_empty() {
        let text = servers.join(", ");
        found.facts.push(Fact::Setting(configured(subject, "servers", &text, path)));
    }
    for name in ["allow", "listen", "restrict"] {
        let of_name: Vec<_> = allowed.iter().filter(|it| it.0 == name).collect();
        if let Some((_, _, place)) = of_name.first() {
            let said = of_name.iter().map(|it| if it.1.is_empty() { "all" } else { &it.1 });
            let text = said.collect::<Vec<_>>().join(", ");
            found.facts.push(Fact::Setting(configured(subject, name, &text, place)));
        }
    }
    found.facts.extend(switches.facts());
}

/// The number of a key is no secret and of no use here.
fn without_key(words: &[&str]) -> String {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == "key" {
            words.next();
        } else {
            kept.push(*word);
        }
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    /// Real: Debian 12, chrony 4.3.
    const CHRONY: &str = include_str!("samples/time/chrony.conf");

    fn check(host: &MapHost) -> Vec<String> {
        let found = with_context(host, observe).unwrap();
        assert_eq!(found.gaps, []);
        lines(&found.facts)
    }

    #[test]
    fn chrony_of_debian_asks_its_pool_and_the_files_beside() {
        let host = MapHost::new()
            .file("/etc/chrony/chrony.conf", CHRONY)
            .file(
                "/etc/chrony/sources.d/firma.sources",
                "server ntp.firma.example iburst nts key 7\n",
            )
            .file("/etc/chrony/conf.d/a.conf", "allow 192.0.2.0/24\nallow\n")
            .file("/etc/systemd/system/multi-user.target.wants/chrony.service", "");
        assert_eq!(
            check(&host),
            [
                "chrony allow = all, 192.0.2.0/24",
                "chrony leapsectz = right/UTC",
                "chrony makestep = 1 3",
                "chrony rtcsync = yes",
                "chrony servers = pool 2.debian.pool.ntp.org iburst, server ntp.firma.example iburst nts",
                "chrony starts with the machine = yes",
            ]
        );
    }

    #[test]
    fn the_others_are_read_in_their_own_words() {
        let host = MapHost::new()
            .file("/etc/systemd/timesyncd.conf", "[Time]\n#NTP=\n")
            .file("/etc/systemd/timesyncd.conf.d/x.conf", "[Time]\nNTP=ntp1 ntp2\n")
            .folder("/etc/systemd/system/sysinit.target.wants")
            .file("/etc/ntp.conf", "server 192.0.2.1 prefer # x\nrestrict default kod\nkeys /x\n")
            .file(
                "/etc/openntpd/ntpd.conf",
                "servers pool.ntp.org\nconstraints from \"https://x\"\n",
            );
        assert_eq!(
            check(&host),
            [
                "ntpd restrict = default kod",
                "ntpd servers = server 192.0.2.1 prefer",
                "ntpd starts with the machine = no",
                "openntpd constraints = from \"https://x\"",
                "openntpd servers = servers pool.ntp.org",
                "openntpd starts with the machine = no",
                "systemd-timesyncd NTP = ntp1 ntp2",
                "systemd-timesyncd starts with the machine = no",
            ]
        );
    }

    #[test]
    fn files_that_include_themselves_end_and_nothing_is_not_here() {
        let path = "/etc/chrony.conf";
        let host = MapHost::new().file(path, "include /etc/chrony.conf\nserver a\n");
        assert_eq!(check(&host), ["chrony servers = server a"]);
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
        assert_eq!(
            with_context(&MapHost::new().file(path, "").forbid(path), observe).unwrap().gaps.len(),
            1
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((server|include|confdir|allow)|[ /*#\n]|\\PC){0,60}") {
            let _ = with_context(&MapHost::new().file("/etc/chrony.conf", text), observe);
        }
    }
}
