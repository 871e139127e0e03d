//! Settings of the BIOS, from `/sys/class/firmware-attributes`
//! (`Documentation/ABI/testing/sysfs-class-firmware-attributes`). Of a password it is said whether one is
//! set, and nothing else.

use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, Platform, Setting, SettingOrigin, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Settings of the BIOS.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("firmware.settings"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/class/firmware-attributes";
/// Machines have some hundred settings.
const SETTINGS_MAX: usize = 2_000;
/// Not a setting: whether one waits for a restart.
const PENDING_REBOOT: &str = "pending_reboot";
/// In the name of a setting whose value may be a secret.
const SECRET: [&str; 3] = ["password", "passphrase", "secret"];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let drivers = context.host.names(FOLDER)?;
    let mut found = Found::default();
    for driver in drivers {
        settings(context.host, &driver, &mut found);
        passwords(context.host, &driver, &mut found);
    }
    Ok(found)
}

fn settings(host: &dyn Host, driver: &str, found: &mut Found) {
    let folder = format!("{FOLDER}/{driver}/attributes");
    let mut names = host.names(&folder).unwrap_or_default();
    names.retain(|it| it != PENDING_REBOOT);
    if names.len() > SETTINGS_MAX {
        let problem = format!("{} settings are left out: too many", names.len() - SETTINGS_MAX);
        found.complaints.push(Complaint { place: folder.clone(), problem });
        names.truncate(SETTINGS_MAX);
    }
    let mut forbidden = None;
    for name in names {
        let place = format!("{folder}/{name}/current_value");
        let lower = name.to_ascii_lowercase();
        if SECRET.iter().any(|it| lower.contains(it)) {
            continue;
        }
        match host.text(&place) {
            Ok(text) => found.facts.push(setting(driver, name, printable(&text), place)),
            Err(reason @ Absent::NotAllowed { .. }) => forbidden = Some(reason),
            Err(_) => {}
        }
    }
    if let Some(reason) = forbidden {
        let (field, of) = ("setting".to_owned(), Some(driver.to_owned()));
        found.gaps.push(Gap { field, of, reason });
    }
}

/// `Admin`, `System` and whatever else a maker lets people set.
fn passwords(host: &dyn Host, driver: &str, found: &mut Found) {
    let folder = format!("{FOLDER}/{driver}/authentication");
    for name in host.names(&folder).unwrap_or_default() {
        let place = format!("{folder}/{name}/is_enabled");
        let Some(value) = host.line(&place) else { continue };
        let is_set = if value == "1" { "set" } else { "not set" };
        found.facts.push(setting(driver, format!("password {name}"), is_set.to_owned(), place));
    }
}

fn setting(driver: &str, name: String, value: String, place: String) -> Fact {
    Fact::Setting(Setting {
        subject: "bios".to_owned(),
        scope: Some(driver.to_owned()),
        name,
        value: Some(value),
        place,
        origin: SettingOrigin::Running,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from the documentation of the interface, with names of `dell-wmi-sysman`.
    fn host() -> MapHost {
        let folder = format!("{FOLDER}/dell-wmi-sysman");
        MapHost::new()
            .file(&format!("{folder}/attributes/SecureBoot/current_value"), "Enabled\n")
            .file(&format!("{folder}/attributes/SecureBoot/type"), "enumeration\n")
            .file(&format!("{folder}/attributes/UsbPorts/current_value"), "Disabled\n")
            .file(&format!("{folder}/attributes/HddPassword/current_value"), "CANARY\n")
            .file(&format!("{folder}/attributes/pending_reboot"), "0\n")
            .file(&format!("{folder}/authentication/Admin/is_enabled"), "1\n")
            .file(&format!("{folder}/authentication/Admin/current_password"), "CANARY\n")
            .file(&format!("{folder}/authentication/System/is_enabled"), "0\n")
    }

    fn said(found: &Found) -> Vec<(&str, &str)> {
        found
            .facts
            .iter()
            .map(|it| {
                if let Fact::Setting(it) = it {
                    (it.name.as_str(), it.value.as_deref().unwrap())
                } else {
                    panic!("{it:?}")
                }
            })
            .collect()
    }

    #[test]
    fn settings_have_values_and_passwords_are_set_or_not() {
        let found = with_context(&host(), observe).unwrap();
        let expected = [
            ("SecureBoot", "Enabled"),
            ("UsbPorts", "Disabled"),
            ("password Admin", "set"),
            ("password System", "not set"),
        ];
        assert_eq!(said(&found), expected);
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn values_for_root_alone_are_one_gap() {
        let folder = format!("{FOLDER}/thinklmi/attributes");
        let host = MapHost::unprivileged()
            .forbid(&format!("{folder}/BootOrder/current_value"))
            .forbid(&format!("{folder}/WakeOnLAN/current_value"));
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.gaps.len()), (0, 1));
    }

    #[test]
    fn a_machine_without_the_interface_says_not_here() {
        let looked_at = FOLDER.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }
}
