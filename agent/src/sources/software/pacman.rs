//! The packages of Arch's package manager.

use observation::latest::{Absent, Cadence, Complaint, Fact, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::pacman::{LOCAL_PATH, package};
use crate::sources::{Found, Source};

/// A file of that folder that is not a package's.
const VERSION_FILE: &str = "ALPM_DB_VERSION";

/// Packages that pacman calls installed.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.pacman"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    for folder in context.host.names(LOCAL_PATH)? {
        if folder == VERSION_FILE {
            continue;
        }
        let place = format!("{LOCAL_PATH}/{folder}/desc");
        match context.host.text(&place).map(|it| package(&it)) {
            Ok(Some(it)) => found.facts.push(Fact::InstalledPackage(it)),
            Ok(None) | Err(_) => {
                let problem = "no description of a package".to_owned();
                found.complaints.push(Complaint { place, problem });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn installed_packages_are_facts() {
        let host = MapHost::new()
            .file("/var/lib/pacman/local/ALPM_DB_VERSION", "9\n")
            .file("/var/lib/pacman/local/a-1-1/desc", "%NAME%\na\n\n%VERSION%\n1-1\n")
            .file("/var/lib/pacman/local/b-1-1/files", "%FILES%\n");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (1, 1));
    }

    #[test]
    fn a_machine_without_pacman_is_not_here() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert_eq!(reason, Absent::NotHere { looked_at: LOCAL_PATH.to_owned() });
    }
}
