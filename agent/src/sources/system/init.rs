//! The program that starts and keeps services.

use observation::latest::{Absent, Cadence, Fact, InitSystem, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The program that starts and keeps services.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.init"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// There only while systemd is process 1 (sd_booted(3)).
const SYSTEMD_PATH: &str = "/run/systemd/system";
const FIRST_PROCESS_PATH: &str = "/proc/1/comm";
/// Where distributions keep systemd's own library, whose name bears the version.
const LIBRARY_FOLDERS: [&str; 4] = [
    "/usr/lib/systemd",
    "/lib/systemd",
    "/usr/lib/x86_64-linux-gnu/systemd",
    "/usr/lib/aarch64-linux-gnu/systemd",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let is_systemd = context.host.status(SYSTEMD_PATH).is_ok_and(|it| it.is_folder);
    let init = if is_systemd {
        InitSystem { name: "systemd".to_owned(), version: systemd_version(context.host) }
    } else {
        let name = printable(&context.host.text(FIRST_PROCESS_PATH)?);
        InitSystem { name, version: None }
    };
    Ok(Found { facts: vec![Fact::InitSystem(init)], ..Found::default() })
}

fn systemd_version(host: &dyn Host) -> Option<String> {
    LIBRARY_FOLDERS.iter().find_map(|folder| {
        let names = host.names(folder).ok()?;
        names.iter().find_map(|name| {
            let version = name.strip_prefix("libsystemd-shared-")?.strip_suffix(".so")?;
            version.starts_with(|it: char| it.is_ascii_digit()).then(|| version.to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn check(host: &MapHost) -> Result<InitSystem, Absent> {
        let mut found = with_context(host, observe)?;
        let Fact::InitSystem(init) = found.facts.remove(0) else { panic!("another fact") };
        Ok(init)
    }

    #[test]
    fn systemd_states_its_version_in_its_library() {
        let host = MapHost::new()
            .folder(SYSTEMD_PATH)
            .file("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so", "")
            .file("/usr/lib/systemd/libsystemd-shared-x.so", "")
            .file(FIRST_PROCESS_PATH, "systemd\n");
        let version = Some("252".to_owned());
        assert_eq!(check(&host), Ok(InitSystem { name: "systemd".to_owned(), version }));
    }

    #[test]
    fn an_installed_systemd_that_did_not_boot_the_machine_is_not_its_init() {
        let host = MapHost::new()
            .folder("/run/systemd")
            .file("/usr/lib/systemd/libsystemd-shared-252.so", "")
            .file(FIRST_PROCESS_PATH, "process_api\n");
        let name = "process_api".to_owned();
        assert_eq!(check(&host), Ok(InitSystem { name, version: None }));
    }

    #[test]
    fn a_hidden_first_process_is_an_absence() {
        let looked_at = FIRST_PROCESS_PATH.to_owned();
        assert_eq!(check(&MapHost::new()), Err(Absent::NotHere { looked_at }));
    }
}
