//! Where the system's log goes and how long it stays: journald.conf(5), the targets of rsyslog, logrotate(8).

use std::collections::BTreeSet;

use observation::latest::{Absent, Cadence, Fact, Platform, Setting, SourceId};

use crate::host::Host;
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::settings::{LastWins, configured};
use crate::sources::{Found, Source, drop_ins, glob, ini};

/// Where the system's log goes.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.logging"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const JOURNAL_KEYS: &[&str] = &[
    "Audit",
    "Compress",
    "ForwardToSyslog",
    "MaxFileSec",
    "MaxLevelStore",
    "MaxRetentionSec",
    "RateLimitBurst",
    "RateLimitIntervalSec",
    "ReadKMsg",
    "RuntimeMaxUse",
    "Seal",
    "SplitMode",
    "Storage",
    "SyncIntervalSec",
    "SystemKeepFree",
    "SystemMaxUse",
];
const UPLOAD: &str = "/etc/systemd/journal-upload.conf";
const RSYSLOG: &str = "/etc/rsyslog.conf";
const LOGROTATE: &str = "/etc/logrotate.conf";
const LOGROTATE_FOLDER: &str = "/etc/logrotate.d";
/// How often, as logrotate names it.
const FREQUENCIES: &[&str] = &["hourly", "daily", "weekly", "monthly", "yearly"];
/// Most files that rsyslog includes.
const FILES_MAX: usize = 200;
/// How deep its files may include one another.
const DEPTH_MAX: usize = 8;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    journal(context.host, &mut found);
    rsyslog(context.host, &mut found);
    logrotate(context, &mut found);
    if found.facts.is_empty() && found.gaps.is_empty() {
        let looked_at = format!("/etc/systemd/journald.conf, {RSYSLOG}, {LOGROTATE}");
        return Err(Absent::NotHere { looked_at });
    }
    Ok(found)
}

fn journal(host: &dyn Host, found: &mut Found) {
    let texts = drop_ins::of_systemd(host, "journald.conf", &mut found.gaps);
    let mut settings = LastWins::new("journald");
    for (path, text) in &texts {
        for line in ini::lines(text).filter(|it| it.section == "Journal") {
            if JOURNAL_KEYS.contains(&line.key) {
                settings.set(None, line.key, line.value, path);
            }
        }
    }
    if let Some((path, _)) = texts.first() {
        settings.state_defaults(&["Storage"], path);
    }
    for (path, text) in drop_ins::texts(host, [UPLOAD.to_owned()], &mut found.gaps) {
        if let Some(url) = ini::last(&text, "Upload", "URL") {
            settings.set(None, "Upload URL", without_credentials(url), &path);
        }
    }
    found.facts.extend(settings.facts());
}

/// What stands behind the last `@` of an address.
fn without_credentials(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

fn rsyslog(host: &dyn Host, found: &mut Found) {
    let mut targets = BTreeSet::new();
    let mut listens = BTreeSet::new();
    let mut files_left = FILES_MAX;
    let mut open = vec![(RSYSLOG.to_owned(), 0)];
    let mut is_there = false;
    while let Some((path, depth)) = open.pop() {
        for (path, text) in drop_ins::texts(host, [path], &mut found.gaps) {
            is_there = true;
            let text = without_comments(&text);
            for pattern in includes(&text) {
                for path in glob::expand(host, &pattern) {
                    if depth < DEPTH_MAX && files_left > 0 {
                        files_left -= 1;
                        open.push((path, depth + 1));
                    }
                }
            }
            targets.extend(text.lines().filter_map(old_target).map(|it| (it, path.clone())));
            for (kind, action) in objects(&text, "action") {
                targets.extend(target(&kind, &action).map(|it| (it, path.clone())));
            }
            for (kind, input) in objects(&text, "input") {
                let port = input.iter().find(|it| it.0 == "port");
                listens.extend(port.map(|(_, port)| (format!("{kind} {port}"), path.clone())));
            }
        }
    }
    if is_there {
        found.facts.extend(rsyslog_setting("sends to", targets));
        found.facts.extend(rsyslog_setting("receives", listens));
    }
}

fn rsyslog_setting(name: &str, said: BTreeSet<(String, String)>) -> Option<Fact> {
    let (_, place) = said.first()?;
    let texts: Vec<&str> = said.iter().map(|it| it.0.as_str()).collect();
    Some(Fact::Setting(configured("rsyslog", name, &texts.join(", "), place)))
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().filter(|it| !it.trim_start().starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

/// `$IncludeConfig PATTERN` and `include(file="PATTERN")`.
fn includes(text: &str) -> Vec<String> {
    let old = text.lines().filter_map(|it| it.trim().strip_prefix("$IncludeConfig "));
    let new = parameters(text, "include").into_iter().flatten();
    let new = new.filter(|(key, _)| key == "file").map(|(_, value)| value);
    old.map(|it| it.trim().to_owned()).chain(new).collect()
}

/// `*.* @host:514` sends by UDP, `@@` by TCP, `:omrelp:` by RELP.
fn old_target(line: &str) -> Option<String> {
    let line = line.trim();
    let (selector, action) = line.split_once(|it: char| it.is_whitespace())?;
    let is_selector =
        selector.contains('.') && !selector.contains('(') && !selector.starts_with('$');
    let action = action.trim().split(';').next()?.trim();
    let (transport, target) = match action.strip_prefix("@@") {
        Some(target) => ("tcp", target),
        None => match action.strip_prefix('@') {
            Some(target) => ("udp", target),
            None => ("relp", action.strip_prefix(":omrelp:")?),
        },
    };
    // `(z9)` in front asks for compression.
    let target = target.rsplit_once(')').map_or(target, |(_, it)| it).trim();
    (is_selector && !target.is_empty()).then(|| format!("{transport}://{target}"))
}

/// `action(type="omfwd" target="host" port="514" protocol="tcp")`.
fn target(kind: &str, action: &[(String, String)]) -> Option<String> {
    let value = |key: &str| action.iter().find(|it| it.0 == key).map(|it| it.1.as_str());
    let transport = match kind {
        "omfwd" => value("protocol").unwrap_or("udp"),
        "omrelp" => "relp",
        "omelasticsearch" | "omkafka" | "omhttp" => kind.trim_start_matches("om"),
        _ => return None,
    };
    let target = value("target").or(value("server")).or(value("broker"))?;
    let port = value("port").or(value("serverport")).map(|it| format!(":{it}")).unwrap_or_default();
    let tls = value("streamdriver").or(value("tls")).map(|it| format!(" (tls: {it})"));
    let target = without_credentials(target);
    Some(format!("{transport}://{target}{port}{}", tls.unwrap_or_default()))
}

/// Objects of a name, each with its type and parameters.
fn objects(text: &str, name: &str) -> Vec<(String, Vec<(String, String)>)> {
    let with_kind = |it: Vec<(String, String)>| {
        let kind = it.iter().find(|it| it.0 == "type")?.1.to_ascii_lowercase();
        Some((kind, it))
    };
    parameters(text, name).into_iter().filter_map(with_kind).collect()
}

/// The parameters of each `name(key="value" …)`; keys know no case.
fn parameters(text: &str, name: &str) -> Vec<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mark = format!("{name}(");
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once(&mark) {
        let mut pairs = Vec::new();
        rest = behind;
        loop {
            rest = rest.trim_start();
            let Some((key, behind)) = rest.split_once('=').filter(|(key, _)| !key.contains(')'))
            else {
                break;
            };
            let Some(value) = behind.trim_start().strip_prefix('"') else { break };
            let Some((value, behind)) = value.split_once('"') else { break };
            pairs.push((key.trim().to_ascii_lowercase(), value.to_owned()));
            rest = behind;
        }
        found.push(pairs);
    }
    found
}

/// How often logs are put away and how many stay: for all, and for each set of files that says otherwise.
fn logrotate(context: &Context<'_>, found: &mut Found) {
    let paths = drop_ins::paths(context.host, &[LOGROTATE_FOLDER], "");
    let main = drop_ins::texts(context.host, [LOGROTATE.to_owned()], &mut found.gaps);
    let parts = drop_ins::texts(context.host, paths, &mut found.gaps);
    let persons = Persons::read_or_none(context.host, context.names);
    for (path, text) in main.iter().chain(&parts) {
        let settings = rotation(path, text).into_iter().map(|it| {
            let scope = it.scope.map(|it| {
                it.split_whitespace().map(|it| persons.path(it)).collect::<Vec<_>>().join(" ")
            });
            Fact::Setting(Setting { scope, ..it })
        });
        found.facts.extend(settings);
    }
}

fn rotation(path: &str, text: &str) -> Vec<Setting> {
    let mut settings = LastWins::new("logrotate");
    let mut scope: Option<String> = None;
    let mut files = String::new();
    let mut is_script = false;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if is_script {
            is_script = first != "endscript";
        } else if let Some(before) = line.strip_suffix('{') {
            files.push_str(&before.replace('"', ""));
            scope =
                Some(std::mem::take(&mut files).split_whitespace().collect::<Vec<_>>().join(" "));
        } else if line == "}" {
            scope = None;
        } else if scope.is_none() && first.starts_with(['/', '"']) {
            files.push_str(&line.replace('"', ""));
            files.push(' ');
        } else if ["postrotate", "prerotate", "firstaction", "lastaction", "preremove"]
            .contains(&first)
        {
            is_script = true;
        } else if FREQUENCIES.contains(&first) {
            settings.set(scope.as_deref(), "frequency", first, path);
        } else if ["maxage", "maxsize", "minsize", "rotate", "size"].contains(&first) {
            let value = words.next().unwrap_or_default().trim_start_matches('=');
            settings.set(scope.as_deref(), first, value, path);
        } else if ["compress", "nocompress"].contains(&first) {
            let value = if first == "compress" { "yes" } else { "no" };
            settings.set(scope.as_deref(), "compress", value, path);
        }
    }
    settings.settings().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    /// Real: Debian 12.
    const DEBIAN_RSYSLOG: &str = include_str!("samples/logging/rsyslog.conf");
    const DEBIAN_LOGROTATE: &str = include_str!("samples/logging/logrotate.conf");
    const DEBIAN_LOGROTATE_RSYSLOG: &str = include_str!("samples/logging/logrotate-rsyslog");

    fn check(host: &MapHost) -> Vec<String> {
        let found = with_context(host, observe).unwrap();
        assert!(!format!("{found:?}").contains("CANARY"));
        assert_eq!(found.gaps, []);
        lines(&found.facts)
    }

    #[test]
    fn a_machine_as_debian_makes_it_keeps_its_log_and_sends_it_nowhere() {
        let host = MapHost::new()
            .file(RSYSLOG, DEBIAN_RSYSLOG)
            .file(LOGROTATE, DEBIAN_LOGROTATE)
            .file("/etc/logrotate.d/rsyslog", DEBIAN_LOGROTATE_RSYSLOG);
        let lines = check(&host);
        assert!(lines.contains(&"logrotate frequency = weekly".to_owned()), "{lines:?}");
        assert!(lines.contains(&"logrotate rotate = 4".to_owned()));
        let is_scoped =
            |it: &&String| it.starts_with("logrotate [/var/log/syslog /var/log/mail.log");
        assert!(lines.iter().filter(is_scoped).count() >= 3, "{lines:?}");
        assert!(!lines.iter().any(|it| it.starts_with("rsyslog")));
    }

    #[test]
    fn targets_of_rsyslog_are_said_in_both_ways_of_writing() {
        let text = "$IncludeConfig /etc/rsyslog.d/*.conf\nmodule(load=\"imtcp\")\n\
            input(type=\"imtcp\" port=\"6514\")\n*.* @@(z9)log1.firma.example:514;Format\n\
            # *.* @old\nauth.* @192.0.2.5\nuser.* :omusrmsg:*\n";
        let more = "action(type=\"omfwd\"\n  Target=\"log2\" Port=\"6514\" protocol=\"tcp\"\n \
            StreamDriver=\"gtls\")\naction(type=\"omfile\" file=\"/x\")\n\
            action(type=\"omelasticsearch\" server=\"u:CANARY@es\" pwd=\"CANARY\")\n\
            include(file=\"/etc/more.conf\")\n";
        let host = MapHost::new()
            .file(RSYSLOG, text)
            .file("/etc/rsyslog.d/x.conf", more)
            .file("/etc/more.conf", "*.* :omrelp:relp1:2514\n$IncludeConfig /etc/more.conf\n");
        assert_eq!(
            check(&host),
            [
                "rsyslog receives = imtcp 6514",
                "rsyslog sends to = elasticsearch://es, relp://relp1:2514, \
                 tcp://log1.firma.example:514, tcp://log2:6514 (tls: gtls), udp://192.0.2.5",
            ]
        );
    }

    #[test]
    fn additions_change_the_journal() {
        let host = MapHost::new()
            .file("/etc/systemd/journald.conf", "[Journal]\n#Storage=auto\nSystemMaxUse=1G\n")
            .file("/etc/systemd/journald.conf.d/a.conf", "[Journal]\nSystemMaxUse=2G\nSeal=no\n")
            .file(UPLOAD, "[Upload]\nURL=https://u:CANARY@log.example\n");
        assert_eq!(
            check(&host),
            [
                "journald Seal = no",
                "journald Storage -",
                "journald SystemMaxUse = 2G",
                "journald Upload URL = log.example",
            ]
        );
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn scripts_of_logrotate_and_homes_of_persons_stay_out() {
        let text = "\"/home/alice/log\" /var/log/b\n{\n rotate 7\n postrotate\n  rotate CANARY\n endscript\n}\n";
        let lines = check(&MapHost::new().file(LOGROTATE, text));
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("logrotate [/home/p-") && !lines[0].contains("alice"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((action|input|include|type=|rotate)|[(){}\"@= \n]|\\PC){0,60}") {
            let host = MapHost::new().file(RSYSLOG, &text).file(LOGROTATE, &text);
            let _ = with_context(&host, observe);
        }
    }
}
