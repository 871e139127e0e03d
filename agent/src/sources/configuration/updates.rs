//! Whether and how the machine updates itself: APT with unattended-upgrades, DNF, zypper.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::apt_config::AptConfig;
use crate::sources::context::Context;
use crate::sources::settings::{LastWins, configured, not_set};
use crate::sources::{Found, Source, drop_ins, ini};

/// Whether and how the machine updates itself.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.updates"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// Single options of APT.
const APT_OPTIONS: &[&str] = &[
    "APT::Get::AllowUnauthenticated",
    "APT::Install-Recommends",
    "APT::Periodic::AutocleanInterval",
    "APT::Periodic::Download-Upgradeable-Packages",
    "APT::Periodic::Enable",
    "APT::Periodic::Unattended-Upgrade",
    "APT::Periodic::Update-Package-Lists",
    "Acquire::AllowDowngradeToInsecureRepositories",
    "Acquire::AllowInsecureRepositories",
    "Acquire::AllowWeakRepositories",
    "Acquire::Check-Valid-Until",
    "Unattended-Upgrade::Automatic-Reboot",
    "Unattended-Upgrade::Automatic-Reboot-Time",
    "Unattended-Upgrade::Automatic-Reboot-WithUsers",
    "Unattended-Upgrade::InstallOnShutdown",
    "Unattended-Upgrade::OnlyOnACPower",
    "Unattended-Upgrade::Remove-Unused-Dependencies",
];
/// Lists of APT.
const APT_LISTS: &[&str] = &[
    "Unattended-Upgrade::Allowed-Origins",
    "Unattended-Upgrade::Origins-Pattern",
    "Unattended-Upgrade::Package-Blacklist",
];
/// Those of which it is said, too, that nobody set them.
const APT_STATED: &[&str] =
    &["APT::Periodic::Unattended-Upgrade", "APT::Periodic::Update-Package-Lists"];
const APT_PLACE: &str = "/etc/apt/apt.conf.d";
/// Files of `key = value` lines: subject, path, keys; where the first is there, the others are not read.
const FILES: &[(&str, &[&str], &[&str])] = &[
    (
        "dnf",
        &["/etc/dnf/dnf.conf", "/etc/yum.conf"],
        &[
            "best",
            "exclude",
            "excludepkgs",
            "gpgcheck",
            "installonly_limit",
            "localpkg_gpgcheck",
            "repo_gpgcheck",
            "skip_if_unavailable",
            "sslverify",
        ],
    ),
    (
        "dnf-automatic",
        &["/etc/dnf/automatic.conf", "/etc/yum/yum-cron.conf"],
        &[
            "apply_updates",
            "download_updates",
            "network_online_timeout",
            "random_sleep",
            "reboot",
            "update_cmd",
            "upgrade_type",
        ],
    ),
    (
        "zypp",
        &["/etc/zypp/zypp.conf"],
        &[
            "gpgcheck",
            "pkg_gpgcheck",
            "repo_gpgcheck",
            "solver.onlyRequires",
            "multiversion.kernels",
        ],
    ),
    (
        "online-update",
        &["/etc/sysconfig/automatic_online_update"],
        &[
            "AOU_AUTO_AGREE_WITH_LICENSES",
            "AOU_ENABLE_CRONJOB",
            "AOU_INCLUDE_RECOMMENDS",
            "AOU_PATCH_CATEGORIES",
            "AOU_SKIP_INTERACTIVE",
        ],
    ),
    (
        "pacman",
        &["/etc/pacman.conf"],
        &["HoldPkg", "IgnoreGroup", "IgnorePkg", "LocalFileSigLevel", "SigLevel"],
    ),
];
/// Where links show which timers run.
const TIMERS_FOLDER: &str = "/etc/systemd/system/timers.target.wants";
/// Timers that look for updates or install them.
const TIMERS: &[&str] = &[
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "dnf-automatic-download.timer",
    "dnf-automatic-install.timer",
    "dnf-automatic-notifyonly.timer",
    "dnf-automatic.timer",
    "dnf5-automatic.timer",
    "fwupd-refresh.timer",
    "os-update.timer",
    "rpm-ostreed-automatic.timer",
    "snapd.snap-repair.timer",
    "transactional-update.timer",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    apt(context.host, &mut found);
    for (subject, paths, keys) in FILES {
        let paths = paths.iter().map(|it| (*it).to_owned());
        let texts = drop_ins::texts(context.host, paths, &mut found.gaps);
        let Some((path, text)) = texts.first() else { continue };
        let mut settings = LastWins::new(subject);
        for line in ini::lines(text).filter(|it| keys.contains(&it.key)) {
            // Of pacman each repository may say otherwise.
            let is_main = ["", "main", "commands", "options"].contains(&line.section);
            settings.set((!is_main).then_some(line.section), line.key, line.value, path);
        }
        found.facts.extend(settings.facts());
    }
    if found.facts.is_empty() && found.gaps.is_empty() {
        let paths = FILES.iter().flat_map(|it| it.1).copied();
        let looked_at = paths.chain([APT_PLACE]).collect::<Vec<_>>().join(", ");
        return Err(Absent::NotHere { looked_at });
    }
    timers(context.host, &mut found);
    Ok(found)
}

fn apt(host: &dyn Host, found: &mut Found) {
    if matches!(host.status(APT_PLACE), Err(Absent::NotHere { .. })) {
        return;
    }
    let config = AptConfig::read(host);
    for name in APT_OPTIONS {
        match config.last(name) {
            Some(it) => {
                let setting = configured("apt", name, &it.value, &it.place);
                found.facts.push(Fact::Setting(setting));
            }
            None if APT_STATED.contains(name) => {
                found.facts.push(Fact::Setting(not_set("apt", name, APT_PLACE)));
            }
            None => {}
        }
    }
    for name in APT_LISTS {
        let items = config.items(name);
        if let Some(first) = items.first() {
            let texts: Vec<&str> = items.iter().map(|it| it.value.as_str()).collect();
            let setting = configured("apt", name, &texts.join("; "), &first.place);
            found.facts.push(Fact::Setting(setting));
        }
    }
    found.gaps.extend(config.gaps);
    found.complaints.extend(config.complaints);
}

fn timers(host: &dyn Host, found: &mut Found) {
    let names = host.names(TIMERS_FOLDER).unwrap_or_default();
    for timer in TIMERS.iter().filter(|it| names.iter().any(|name| name == *it)) {
        let setting = configured("update timers", timer, "enabled", TIMERS_FOLDER);
        found.facts.push(Fact::Setting(setting));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    /// Real: Debian 12, unattended-upgrades 2.9.
    const AUTO: &str = include_str!("samples/apt/20auto-upgrades");
    const UNATTENDED: &str = include_str!("samples/apt/50unattended-upgrades");

    fn check(host: &MapHost) -> Vec<String> {
        let found = with_context(host, observe).unwrap();
        assert_eq!((found.gaps, found.complaints), (vec![], vec![]));
        lines(&found.facts)
    }

    #[test]
    fn debian_with_unattended_upgrades_says_what_it_takes() {
        let host = MapHost::new()
            .file("/etc/apt/apt.conf.d/20auto-upgrades", AUTO)
            .file("/etc/apt/apt.conf.d/50unattended-upgrades", UNATTENDED)
            .file("/etc/systemd/system/timers.target.wants/apt-daily.timer", "")
            .file("/etc/systemd/system/timers.target.wants/x.timer", "");
        let lines = check(&host);
        for line in [
            "apt APT::Periodic::Unattended-Upgrade = 1",
            "apt APT::Periodic::Update-Package-Lists = 1",
            "update timers apt-daily.timer = enabled",
        ] {
            assert!(lines.contains(&line.to_owned()), "{line}: {lines:?}");
        }
        let origins = lines.iter().find(|it| it.contains("Origins-Pattern")).unwrap();
        assert!(origins.contains("label=Debian-Security"), "{origins}");
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn where_nobody_set_anything_that_is_said() {
        let lines = check(&MapHost::new().folder("/etc/apt/apt.conf.d"));
        assert_eq!(
            lines,
            [
                "apt APT::Periodic::Unattended-Upgrade -",
                "apt APT::Periodic::Update-Package-Lists -"
            ]
        );
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn dnf_and_pacman_say_what_they_check() {
        let host = MapHost::new()
            .file("/etc/dnf/dnf.conf", "[main]\ngpgcheck=1\nbest=True\npassword=CANARY\n")
            .file("/etc/dnf/automatic.conf", "[commands]\nupgrade_type = security\napply_updates = yes\n[email]\nemail_to = CANARY\n")
            .file("/etc/pacman.conf", "[options]\nSigLevel = Required\n[extra]\nSigLevel = Never\n");
        assert_eq!(
            check(&host),
            [
                "dnf best = True",
                "dnf gpgcheck = 1",
                "dnf-automatic apply_updates = yes",
                "dnf-automatic upgrade_type = security",
                "pacman SigLevel = Required",
                "pacman [extra] SigLevel = Never",
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((gpgcheck|APT::|\\[main\\])|[={};\" \n]|\\PC){0,60}") {
            let host = MapHost::new().file("/etc/dnf/dnf.conf", &text).file("/etc/apt/apt.conf.d/a", &text);
            let _ = with_context(&host, observe);
        }
    }
}
