//! SELinux and AppArmor: whether they are in force, and how many profiles are.

use std::collections::BTreeMap;

use observation::latest::{Absent, Cadence, Fact, Gap, Platform, Setting, SettingOrigin, SourceId};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// SELinux and AppArmor.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("protection.mandatory_access"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const SELINUX_FOLDER: &str = "/sys/fs/selinux";
const SELINUX_CONFIG_PATH: &str = "/etc/selinux/config";
const SELINUX_NAMES: [&str; 2] = ["SELINUX", "SELINUXTYPE"];
const APPARMOR_ENABLED_PATH: &str = "/sys/module/apparmor/parameters/enabled";
const APPARMOR_PROFILES_PATH: &str = "/sys/kernel/security/apparmor/profiles";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    selinux(context.host, &mut found);
    apparmor(context.host, &mut found);
    if found == Found::default() {
        let looked_at = format!("{SELINUX_FOLDER}, {APPARMOR_ENABLED_PATH}");
        return Err(Absent::NotHere { looked_at });
    }
    Ok(found)
}

fn selinux(host: &dyn Host, found: &mut Found) {
    for name in ["enforce", "policyvers"] {
        let path = format!("{SELINUX_FOLDER}/{name}");
        if let Some(value) = host.line(&path) {
            found.facts.push(setting("selinux", name, value, &path, SettingOrigin::Running));
        }
    }
    let text = host.text(SELINUX_CONFIG_PATH).unwrap_or_default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once('=') else { continue };
        if let Some(name) = SELINUX_NAMES.iter().find(|it| **it == name.trim()) {
            let (value, origin) = (value.to_owned(), SettingOrigin::Configured);
            found.facts.push(setting("selinux", name, value, SELINUX_CONFIG_PATH, origin));
        }
    }
}

fn apparmor(host: &dyn Host, found: &mut Found) {
    let Some(enabled) = host.line(APPARMOR_ENABLED_PATH) else { return };
    let origin = SettingOrigin::Running;
    let is_enabled = enabled == "Y";
    found.facts.push(setting("apparmor", "enabled", enabled, APPARMOR_ENABLED_PATH, origin));
    match host.text(APPARMOR_PROFILES_PATH) {
        Ok(text) => {
            for (mode, count) in profiles(&text) {
                let (name, count) = (format!("profiles in mode {mode}"), count.to_string());
                found.facts.push(setting("apparmor", &name, count, APPARMOR_PROFILES_PATH, origin));
            }
        }
        Err(reason @ Absent::NotAllowed { .. }) if is_enabled => found.gaps.push(Gap {
            field: "setting".to_owned(),
            of: Some("apparmor".to_owned()),
            reason,
        }),
        Err(_) => {}
    }
}

/// Lines such as `/usr/bin/man (enforce)`. Profiles of guests and containers, which come and go with
/// them, are left out.
fn profiles(text: &str) -> BTreeMap<String, u32> {
    let mut modes = BTreeMap::new();
    for line in text.lines() {
        let Some((name, mode)) = line.rsplit_once(" (") else { continue };
        let is_of_guest =
            name.starts_with("libvirt-") || name.starts_with("lxc-") || name.contains("//&:");
        if is_of_guest {
            continue;
        }
        let mode = printable(mode.trim_end_matches(')'));
        let count: &mut u32 = modes.entry(mode).or_default();
        *count = count.saturating_add(1);
    }
    modes
}

fn setting(subject: &str, name: &str, value: String, place: &str, origin: SettingOrigin) -> Fact {
    Fact::Setting(Setting {
        subject: subject.to_owned(),
        scope: None,
        name: name.to_owned(),
        value: Some(printable(&value)),
        place: place.to_owned(),
        origin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn said(found: &Found) -> Vec<(&str, &str, &str)> {
        found
            .facts
            .iter()
            .map(|it| {
                if let Fact::Setting(it) = it {
                    (it.subject.as_str(), it.name.as_str(), it.value.as_deref().unwrap())
                } else {
                    panic!("{it:?}")
                }
            })
            .collect()
    }

    /// The configuration as RHEL 9 ships it; the kernel's files constructed.
    #[test]
    fn selinux_states_what_runs_and_what_is_configured() {
        let config = "# This file controls the state of SELinux on the system.\n\
                      #     enforcing - SELinux security policy is enforced.\n\
                      SELINUX=enforcing\nSELINUXTYPE=targeted\n";
        let host = MapHost::new()
            .file(&format!("{SELINUX_FOLDER}/enforce"), "0")
            .file(&format!("{SELINUX_FOLDER}/policyvers"), "33")
            .file(SELINUX_CONFIG_PATH, config);
        let expected = [
            ("selinux", "enforce", "0"),
            ("selinux", "policyvers", "33"),
            ("selinux", "SELINUX", "enforcing"),
            ("selinux", "SELINUXTYPE", "targeted"),
        ];
        assert_eq!(said(&with_context(&host, observe).unwrap()), expected);
    }

    #[test]
    fn apparmor_counts_profiles_by_mode_and_leaves_guests_out() {
        let profiles = "libvirt-4c4c4544-0042-3010-8056-b9c04f4d5031 (enforce)\n/usr/bin/man (enforce)\n\
                        man_filter (enforce)\n/usr/sbin/ntpd (complain)\nbroken\n";
        let host = MapHost::new()
            .file(APPARMOR_ENABLED_PATH, "Y\n")
            .file(APPARMOR_PROFILES_PATH, profiles);
        let expected = [
            ("apparmor", "enabled", "Y"),
            ("apparmor", "profiles in mode complain", "1"),
            ("apparmor", "profiles in mode enforce", "2"),
        ];
        assert_eq!(said(&with_context(&host, observe).unwrap()), expected);
    }

    #[test]
    fn without_root_the_profiles_are_a_gap_and_without_either_it_is_not_here() {
        let host = MapHost::unprivileged()
            .file(APPARMOR_ENABLED_PATH, "Y\n")
            .forbid(APPARMOR_PROFILES_PATH);
        assert_eq!(with_context(&host, observe).unwrap().gaps.len(), 1);
        let found = with_context(&MapHost::new(), observe);
        assert!(matches!(found, Err(Absent::NotHere { .. })));
    }
}
