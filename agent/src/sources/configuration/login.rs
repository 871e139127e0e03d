//! How somebody gets to a session: logins without a password, guests, banners, sessions that end by
//! themselves, and the mask of new files.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::person_text::user;
use crate::sources::persons::Persons;
use crate::sources::settings::{LastWins, configured};
use crate::sources::{Found, Source, drop_ins, ini};

/// How somebody gets to a session.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.login"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// Display managers: subject, file, folders of additions (which lightdm and sddm read before their file).
const MANAGERS: &[(&str, &[&str], &[&str])] = &[
    ("gdm", &["/etc/gdm3/daemon.conf", "/etc/gdm3/custom.conf", "/etc/gdm/custom.conf"], &[]),
    (
        "lightdm",
        &["/etc/lightdm/lightdm.conf"],
        &["/etc/lightdm/lightdm.conf.d", "/usr/share/lightdm/lightdm.conf.d"],
    ),
    ("sddm", &["/etc/sddm.conf"], &["/etc/sddm.conf.d", "/usr/lib/sddm/sddm.conf.d"]),
];
/// Their keys that matter; those that name an account are said apart.
const KEYS: &[&str] = &[
    "AllowRemoteRoot",
    "AutomaticLoginEnable",
    "DisallowTCP",
    "Enable",
    "TimedLoginEnable",
    "WaylandEnable",
    "allow-guest",
    "autologin-guest",
    "autologin-user-timeout",
    "greeter-allow-guest",
    "greeter-hide-users",
];
const ACCOUNT_KEYS: &[&str] = &["AutomaticLogin", "TimedLogin", "autologin-user"];
/// Texts that somebody reads before or after the login.
const BANNERS: &[&str] = &["/etc/issue", "/etc/issue.net", "/etc/motd"];
/// Files that every session reads.
const PROFILES: &[&str] = &["/etc/profile", "/etc/bash.bashrc", "/etc/bashrc"];
const PROFILE_FOLDER: &str = "/etc/profile.d";
const LOGIND_KEYS: &[&str] = &[
    "HandleLidSwitch",
    "IdleAction",
    "IdleActionSec",
    "KillUserProcesses",
    "RemoveIPC",
    "StopIdleSessionSec",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let persons = Persons::read_or_none(context.host, context.names);
    for (subject, paths, folders) in MANAGERS {
        manager(context.host, &persons, subject, paths, folders, &mut found);
    }
    for path in BANNERS {
        let status = context.host.status(path);
        let value = if status.is_ok_and(|it| it.size_bytes > 0) { "set" } else { "not set" };
        found.facts.push(Fact::Setting(configured("banners", path, value, path)));
    }
    sessions(context.host, &mut found);
    let texts = drop_ins::of_systemd(context.host, "logind.conf", &mut found.gaps);
    let mut settings = LastWins::new("systemd-logind");
    for (path, text) in &texts {
        for line in ini::lines(text).filter(|it| it.section == "Login") {
            if LOGIND_KEYS.contains(&line.key) {
                settings.set(None, line.key, line.value, path);
            }
        }
    }
    found.facts.extend(settings.facts());
    Ok(found)
}

fn manager(
    host: &dyn Host,
    persons: &Persons<'_>,
    subject: &str,
    paths: &[&str],
    folders: &[&str],
    found: &mut Found,
) {
    let additions = drop_ins::paths(host, folders, ".conf");
    let all = additions.into_iter().chain(paths.iter().map(|it| (*it).to_owned()));
    let mut settings = LastWins::new(subject);
    for (path, text) in drop_ins::texts(host, all, &mut found.gaps) {
        for line in ini::lines(&text) {
            let is_sddm_user = line.section == "Autologin" && line.key == "User";
            if ACCOUNT_KEYS.contains(&line.key) || is_sddm_user {
                let account =
                    if line.value.is_empty() { String::new() } else { user(persons, line.value) };
                settings.set(Some(line.section), line.key, &account, &path);
            } else if KEYS.contains(&line.key) {
                settings.set(Some(line.section), line.key, line.value, &path);
            }
        }
    }
    found.facts.extend(settings.facts());
}

/// `TMOUT=600` and `umask 027` at the beginning of a line of a profile; what an `if` decides is not followed.
fn sessions(host: &dyn Host, found: &mut Found) {
    let folder = drop_ins::paths(host, &[PROFILE_FOLDER], ".sh");
    let paths = PROFILES.iter().map(|it| (*it).to_owned()).chain(folder);
    let mut settings = LastWins::new("sessions");
    for (path, text) in drop_ins::texts(host, paths, &mut found.gaps) {
        for line in text.lines().map(str::trim) {
            let words = line.split([' ', '\t', ';']).filter(|it| !it.is_empty());
            let mut words = words.skip_while(|it| {
                ["export", "readonly", "typeset", "declare", "-rx", "-r", "-x"].contains(it)
            });
            let first = words.next().unwrap_or_default();
            let number = |it: &str| it.bytes().all(|it| it.is_ascii_digit()) && !it.is_empty();
            if let Some(value) = first.strip_prefix("TMOUT=").filter(|it| number(it)) {
                settings.set(None, "TMOUT", value, &path);
            } else if first == "umask"
                && let Some(value) = words.next().filter(|it| number(it))
            {
                settings.set(None, "umask", value, &path);
            }
        }
    }
    settings.state_defaults(&["TMOUT"], "/etc/profile");
    found.facts.extend(settings.facts());
}

#[cfg(test)]
mod tests {
    use observation::latest::Fact;
    use proptest::prelude::*;

    use super::*;
    use crate::host::{PathStatus, Reply, Request};
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nkiosk:x:200:200::/k:/bin/sh\n\
        alice:x:1000:1000::/home/alice:/bin/sh\n";

    fn check(host: MapHost) -> Vec<String> {
        let found = with_context(&host.file("/etc/passwd", PASSWD), observe).unwrap();
        assert!(!format!("{found:?}").contains("alice"), "{found:?}");
        let facts: Vec<Fact> = found.facts;
        lines(&facts).into_iter().filter(|it| !it.ends_with("not set")).collect()
    }

    #[test]
    fn a_login_without_password_is_said_and_a_person_is_not_named() {
        let lines = check(
            MapHost::new()
                .file("/etc/gdm3/daemon.conf", "[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=alice\n#WaylandEnable=false\n")
                .file("/usr/share/lightdm/lightdm.conf.d/50-x.conf", "[Seat:*]\nallow-guest=true\n")
                .file("/etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=kiosk\nallow-guest=false\n")
                .file("/etc/sddm.conf", "[Autologin]\nUser=\nSession=plasma\n"),
        );
        assert!(lines[0].starts_with("gdm [daemon] AutomaticLogin = p-"), "{lines:?}");
        assert_eq!(
            lines[1..],
            [
                "gdm [daemon] AutomaticLoginEnable = true",
                "lightdm [Seat:*] allow-guest = false",
                "lightdm [Seat:*] autologin-user = kiosk",
                "sessions TMOUT -",
            ]
        );
    }

    #[test]
    fn sessions_end_by_themselves_where_a_profile_says_so() {
        let lines = check(
            MapHost::new()
                .file("/etc/profile", "umask 022\nif x; then\n  PS1='$ '\nfi\n")
                .file(
                    "/etc/profile.d/tmout.sh",
                    "readonly TMOUT=900; export TMOUT\n# TMOUT=1\n\tumask 027\n",
                )
                .file("/etc/systemd/logind.conf", "[Login]\nKillUserProcesses=yes\n"),
        );
        assert_eq!(
            lines,
            [
                "sessions TMOUT = 900",
                "sessions umask = 027",
                "systemd-logind KillUserProcesses = yes"
            ]
        );
    }

    #[test]
    fn an_empty_banner_is_none() {
        let status = |size_bytes| {
            Ok(Reply::Status(PathStatus {
                is_folder: false,
                is_executable: false,
                size_bytes,
                owner: 0,
                modified_seconds: 0,
                changed_nanoseconds: 0,
            }))
        };
        let request = |path: &str| Request::Status { path: path.to_owned() };
        let host = MapHost::new()
            .answer(request("/etc/issue"), status(20))
            .answer(request("/etc/motd"), status(0));
        assert_eq!(check(host), ["banners /etc/issue = set", "sessions TMOUT -"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((TMOUT=|umask |readonly |User=)|[; \n]|\\PC){0,60}") {
            let host = MapHost::new().file("/etc/profile", &text).file("/etc/sddm.conf", &text);
            let _ = with_context(&host, observe);
        }
    }
}
