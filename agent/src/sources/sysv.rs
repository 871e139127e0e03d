//! The start scripts of System V and their links, where no systemd runs.

use std::collections::BTreeMap;

use observation::latest::StartMode;

use crate::host::{Ask, Host};

/// Where the scripts stand.
pub(crate) const SCRIPTS_PATH: &str = "/etc/init.d";
/// The folders of the run levels in which a machine works; `S` once at boot.
const LEVELS: &[&str] = &["2", "3", "4", "5", "S"];
/// Largest script.
const SCRIPT_BYTES_MAX: u64 = 256 * 1024;
/// Scripts of the mechanism itself.
const NOT_SERVICES: &[&str] = &["README", "functions", "rc", "rcS", "single", "skeleton"];

/// One start script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// Its name.
    pub(crate) name: String,
    /// What it says it is (LSB header).
    pub(crate) description: Option<String>,
    /// Whether a link starts it, as far as anything follows these links.
    pub(crate) start_mode: StartModeByLinks,
    /// The program that it names.
    pub(crate) executable: Option<String>,
}

/// What the links of the run levels say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum StartModeByLinks {
    /// A link starts it.
    Starts,
    /// Links only stop it.
    OnlyStops,
    /// No link leads to it.
    #[default]
    None,
}

impl StartModeByLinks {
    /// The same on the wire.
    pub(crate) const fn start_mode(self) -> StartMode {
        match self {
            Self::Starts => StartMode::Automatic,
            Self::OnlyStops => StartMode::Disabled,
            Self::None => StartMode::Manual,
        }
    }
}

/// The start scripts of the machine.
pub(crate) fn scripts(host: &dyn Host) -> Vec<Script> {
    let modes = modes(host);
    let names = host.names(SCRIPTS_PATH).unwrap_or_default().into_iter();
    let is_service = |name: &String| {
        !NOT_SERVICES.contains(&name.as_str())
            && !name.starts_with('.')
            && !name.contains(".dpkg-")
            && host.status(&format!("{SCRIPTS_PATH}/{name}")).is_ok_and(|it| it.is_executable)
    };
    names
        .filter(is_service)
        .map(|name| {
            let path = format!("{SCRIPTS_PATH}/{name}");
            let bytes = host.bytes(&path, SCRIPT_BYTES_MAX).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            Script {
                description: header(&text, "# Short-Description:"),
                start_mode: modes.get(&name).copied().unwrap_or_default(),
                executable: program(&text),
                name,
            }
        })
        .collect()
}

/// `S01name` starts a script, `K01name` stops it.
fn modes(host: &dyn Host) -> BTreeMap<String, StartModeByLinks> {
    let mut modes = BTreeMap::new();
    for level in LEVELS {
        for link in host.names(&format!("/etc/rc{level}.d")).unwrap_or_default() {
            let (Some(kind), Some(name)) = (link.get(..1), link.get(3..)) else { continue };
            let entry = modes.entry(name.to_owned()).or_insert(StartModeByLinks::OnlyStops);
            if kind == "S" {
                *entry = StartModeByLinks::Starts;
            }
        }
    }
    modes
}

fn header(text: &str, field: &str) -> Option<String> {
    let value = text.lines().find_map(|it| it.strip_prefix(field))?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// The path after `DAEMON=`, where it stands there without variables.
fn program(text: &str) -> Option<String> {
    let value = text.lines().find_map(|it| it.trim_start().strip_prefix("DAEMON="))?;
    let path = value.trim_matches(['"', '\'']).split_whitespace().next()?;
    (path.starts_with('/') && !path.contains('$')).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    const DBUS: &str = "#!/bin/sh\n### BEGIN INIT INFO\n# Short-Description:  D-Bus systemwide message bus\n### END INIT INFO\nDAEMON=/usr/bin/dbus-daemon\nPARAMS=\"--secret=CANARY-ARGUMENT\"\n";

    #[test]
    fn a_script_has_name_description_program_and_start() {
        let host = MapHost::new()
            .file("/etc/init.d/dbus", DBUS)
            .file("/etc/init.d/README", "")
            .file("/etc/init.d/old.dpkg-dist", "")
            .link("/etc/rc2.d/S01dbus", "../init.d/dbus")
            .link("/etc/rc0.d/K01dbus", "../init.d/dbus");
        let expected = Script {
            name: "dbus".to_owned(),
            description: Some("D-Bus systemwide message bus".to_owned()),
            start_mode: StartModeByLinks::Starts,
            executable: Some("/usr/bin/dbus-daemon".to_owned()),
        };
        assert_eq!(scripts(&host), [expected]);
    }

    #[test]
    fn links_tell_whether_a_script_starts() {
        let host = MapHost::new()
            .file("/etc/init.d/stopped", "")
            .file("/etc/init.d/loose", "")
            .link("/etc/rc3.d/K01stopped", "../init.d/stopped")
            .link("/etc/rc3.d/x", "../init.d/x");
        let modes: Vec<StartMode> =
            scripts(&host).into_iter().map(|it| it.start_mode.start_mode()).collect();
        assert_eq!(modes, [StartMode::Manual, StartMode::Disabled]);
    }

    #[test]
    fn a_program_with_variables_is_unknown() {
        assert_eq!(program("DAEMON=$DIR/x\n"), None);
        assert_eq!(program("DAEMON=\"/usr/sbin/x\"\n").as_deref(), Some("/usr/sbin/x"));
        assert_eq!(program("DAEMON=\n"), None);
    }

    #[test]
    fn a_machine_without_scripts_has_none() {
        assert_eq!(scripts(&MapHost::new()), []);
    }

    proptest! {
        #[test]
        fn hostile_scripts_never_panic(name in "x[a-zä]{1,5}", text in "\\PC{0,60}", link in "\\PC{1,6}") {
            let link = link.replace('/', "");
            let host = MapHost::new()
                .file(&format!("/etc/init.d/{name}"), format!("DAEMON={text}\n# Short-Description:{text}"))
                .file(&format!("/etc/rc2.d/{link}"), "");
            prop_assert_eq!(scripts(&host).len(), 1);
        }
    }
}
