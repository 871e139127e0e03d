//! How the machine is kept up to date: when lists were fetched, when a package was last upgraded, whether updates install
//! themselves (apt.conf(5), dpkg(1), dnf-automatic(8)).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use observation::latest::{Absent, Cadence, Fact, PackageManager, Platform, SourceId, UpdateState};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::{Found, Source, dpkg};

/// What apt touches after it fetched its lists, and the folder that changes then.
const LIST_MARKS: &[&str] =
    &["/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists/partial"];
/// Where dpkg notes what it does, the present and the last file.
const LOGS: &[&str] = &["/var/log/dpkg.log", "/var/log/dpkg.log.1"];
/// The end of a log that is read.
const LOG_BYTES: u64 = 1024 * 1024;
/// The time zone in which dpkg writes.
const ZONE_PATH: &str = "/etc/localtime";
const ZONE_BYTES_MAX: u64 = 64 * 1024;
/// Settings of apt, and the one that lets updates install themselves.
const APT_FOLDER: &str = "/etc/apt/apt.conf.d";
const APT_FILE: &str = "/etc/apt/apt.conf";
const UNATTENDED: &str = "APT::Periodic::Unattended-Upgrade";
/// The program that does it.
const UNATTENDED_PROGRAM: &str = "/usr/bin/unattended-upgrade";
/// Settings of dnf's own service, and the folder that starts it.
const DNF_FILE: &str = "/etc/dnf/automatic.conf";
const TIMERS_FOLDER: &str = "/etc/systemd/system/timers.target.wants";

/// The state of updates. Times move by themselves.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("updates.state"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let mut found = Found::default();
    if host.status(dpkg::STATUS_PATH).is_ok() {
        found.facts.push(Fact::UpdateState(of_apt(host)));
    }
    if let Ok(text) = host.text(DNF_FILE) {
        found.facts.push(Fact::UpdateState(of_dnf(host, &text)));
    }
    if found.facts.is_empty() {
        let looked_at = format!("{}, {DNF_FILE}", dpkg::STATUS_PATH);
        return Err(Absent::NotHere { looked_at });
    }
    Ok(found)
}

fn of_apt(host: &dyn Host) -> UpdateState {
    let refreshed = LIST_MARKS.iter().find_map(|it| host.status(it).ok());
    let setting = apt_setting(host);
    let has_program = host.status(UNATTENDED_PROGRAM).is_ok();
    let is_on = setting.as_deref().is_some_and(|it| !matches!(it, "" | "0"));
    UpdateState {
        manager: PackageManager::Dpkg,
        lists_refreshed_at: refreshed
            .and_then(|it| Timestamp::from_second(it.modified_seconds).ok()),
        last_upgraded_at: last_upgrade(host),
        is_unattended: Some(is_on && has_program),
        unattended_setting: setting.map(|it| format!("{UNATTENDED} {it:?}")),
    }
}

/// The value of the setting; of several the last one holds.
fn apt_setting(host: &dyn Host) -> Option<String> {
    let names = host.names(APT_FOLDER).unwrap_or_default();
    let is_read = |it: &&String| it.ends_with(".conf") || !it.contains('.');
    let files = names.iter().filter(is_read).map(|it| format!("{APT_FOLDER}/{it}"));
    let files = files.chain([APT_FILE.to_owned()]);
    files.filter_map(|it| host.text(&it).ok()).filter_map(|it| setting_in(&it)).next_back()
}

/// `Name "value";` on a line of its own, as all tools write it.
fn setting_in(text: &str) -> Option<String> {
    let lines =
        text.lines().map(str::trim).filter(|it| !it.starts_with("//") && !it.starts_with('#'));
    let mut values = lines.filter_map(|it| {
        let (name, value) = it.split_once(char::is_whitespace)?;
        if !name.eq_ignore_ascii_case(UNATTENDED) {
            return None;
        }
        Some(value.trim().trim_end_matches(';').trim().trim_matches('"').to_owned())
    });
    values.next_back()
}

/// The last upgrade that dpkg noted.
fn last_upgrade(host: &dyn Host) -> Option<Timestamp> {
    let zone = host.bytes(ZONE_PATH, ZONE_BYTES_MAX).ok();
    let zone = zone.and_then(|it| TimeZone::tzif("local", &it).ok()).unwrap_or(TimeZone::UTC);
    LOGS.iter().find_map(|path| {
        let size = host.status(path).ok()?.size_bytes;
        let end = host.part(path, size.saturating_sub(LOG_BYTES), LOG_BYTES).ok()?;
        let text = String::from_utf8_lossy(&end);
        let moment = text.lines().rev().find_map(upgrade_moment)?;
        zone.to_timestamp(moment).ok()
    })
}

/// `2026-11-27 20:43:06 upgrade man-db:amd64 2.11.2-1 2.11.2-2`
fn upgrade_moment(line: &str) -> Option<DateTime> {
    let (moment, rest) = line.split_at_checked(19)?;
    rest.strip_prefix(" upgrade ")?;
    DateTime::strptime("%Y-%m-%d %H:%M:%S", moment).ok()
}

fn of_dnf(host: &dyn Host, text: &str) -> UpdateState {
    let mut lines = text.lines().filter_map(|it| it.split_once('='));
    let applies = lines.rfind(|(name, _)| name.trim() == "apply_updates");
    let applies = applies.map(|(_, value)| value.trim().to_ascii_lowercase());
    let timers = host.names(TIMERS_FOLDER).unwrap_or_default();
    let is_started =
        timers.iter().any(|it| it.starts_with("dnf-automatic") || it.starts_with("dnf5-automatic"));
    let is_on = applies.as_deref().is_some_and(|it| matches!(it, "yes" | "true" | "1"));
    // The service that installs has a timer of its own.
    let always = timers.iter().any(|it| it == "dnf-automatic-install.timer");
    UpdateState {
        manager: PackageManager::Rpm,
        lists_refreshed_at: None,
        last_upgraded_at: None,
        is_unattended: Some(always || (is_on && is_started)),
        unattended_setting: applies.map(|it| format!("apply_updates = {it}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn check(host: &MapHost) -> UpdateState {
        let found = with_context(host, observe).unwrap();
        let [Fact::UpdateState(it)] = &*found.facts else { panic!("{found:?}") };
        it.clone()
    }

    fn apt() -> MapHost {
        MapHost::new().file(dpkg::STATUS_PATH, "")
    }

    #[test]
    fn the_last_setting_holds_and_needs_its_program() {
        let host = apt()
            .file("/etc/apt/apt.conf.d/20auto-upgrades", "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n")
            .file("/etc/apt/apt.conf.d/99off.bak", "APT::Periodic::Unattended-Upgrade \"0\";\n");
        assert_eq!(check(&host).is_unattended, Some(false));
        let host = host.file(UNATTENDED_PROGRAM, "");
        let found = check(&host);
        assert_eq!(found.is_unattended, Some(true));
        assert_eq!(
            found.unattended_setting.as_deref(),
            Some("APT::Periodic::Unattended-Upgrade \"1\"")
        );
        let host = host
            .file("/etc/apt/apt.conf.d/99-off", "// x\nAPT::Periodic::Unattended-Upgrade \"0\";\n");
        assert_eq!(check(&host).is_unattended, Some(false));
        assert_eq!(check(&apt()).unattended_setting, None);
    }

    #[test]
    fn the_last_upgrade_stands_in_dpkgs_log() {
        // Real lines of dpkg 1.21.22, the names shortened.
        let log = "2026-11-26 08:00:00 upgrade a:amd64 1 2\n2026-11-27 20:42:48 upgrade man-db:amd64 2.11.2-1 2.11.2-2\n\
            2026-11-27 20:43:06 status installed man-db:amd64 2.11.2-2\n2026-11-27 20:43:07 install b:all <none> 1\n";
        let host = apt().file("/var/log/dpkg.log", log);
        let expected = "2026-11-27T20:42:48Z".parse().ok();
        assert_eq!(check(&host).last_upgraded_at, expected);
        let rotated = apt().file("/var/log/dpkg.log", "").file("/var/log/dpkg.log.1", log);
        assert_eq!(check(&rotated).last_upgraded_at, expected);
        assert_eq!(check(&apt()).last_upgraded_at, None);
    }

    #[test]
    fn dnf_installs_by_itself_where_its_timer_and_its_setting_say_so() {
        let host = MapHost::new().file(DNF_FILE, "[commands]\napply_updates = yes\n");
        assert_eq!(check(&host).is_unattended, Some(false));
        let timer = format!("{TIMERS_FOLDER}/dnf-automatic.timer");
        assert_eq!(check(&host.file(&timer, "")).is_unattended, Some(true));
        let install = format!("{TIMERS_FOLDER}/dnf-automatic-install.timer");
        let host = MapHost::new().file(DNF_FILE, "").file(&install, "");
        assert_eq!(check(&host).is_unattended, Some(true));
    }

    #[test]
    fn a_machine_of_neither_is_not_here() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "\\PC{0,40}", setting in "(APT::Periodic::Unattended-Upgrade ?\\PC{0,9}\n){0,3}") {
            let _ = upgrade_moment(&text);
            let _ = setting_in(&setting);
        }
    }
}
