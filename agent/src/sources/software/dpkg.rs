//! The packages of Debian's package manager.

use observation::latest::{Absent, Cadence, Complaint, Fact, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::dpkg::{STATUS_BYTES_MAX, STATUS_PATH, parse_status};
use crate::sources::{Found, Source};

/// Where dpkg notes changes that it has not yet written into its status file.
const UPDATES_PATH: &str = "/var/lib/dpkg/updates";

/// Packages that dpkg calls installed, in its own words.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.dpkg"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let status = context.host.bytes(STATUS_PATH, STATUS_BYTES_MAX)?;
    let (packages, mut complaints) = parse_status(&status);
    if has_pending_updates(&context.host.names(UPDATES_PATH).unwrap_or_default()) {
        complaints.push(Complaint {
            place: UPDATES_PATH.to_owned(),
            problem: "dpkg was interrupted; its unfinished changes are not counted".to_owned(),
        });
    }
    let facts = packages.into_iter().map(Fact::InstalledPackage).collect();
    Ok(Found { facts, complaints, ..Found::default() })
}

/// Notes have names of digits alone.
fn has_pending_updates(names: &[String]) -> bool {
    names.iter().any(|it| it.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const STATUS: &str = "Package: zstd\nStatus: install ok installed\nVersion: 1.5\n";

    #[test]
    fn installed_packages_are_facts() {
        let host = MapHost::new().file(STATUS_PATH, STATUS).file("/var/lib/dpkg/updates/tmp.i", "");
        let found = with_context(&host, observe).unwrap();
        let [Fact::InstalledPackage(package)] = &*found.facts else { panic!("{found:?}") };
        assert_eq!((&*package.name, &*package.version), ("zstd", "1.5"));
        assert_eq!(package.installed_at, None, "dpkg keeps no time of installation");
        assert_eq!(found.complaints, []);
    }

    #[test]
    fn an_interrupted_run_of_dpkg_is_said() {
        let host = MapHost::new().file(STATUS_PATH, STATUS).file("/var/lib/dpkg/updates/0001", "");
        assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1);
    }

    #[test]
    fn a_machine_without_dpkg_is_not_here() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert_eq!(reason, Absent::NotHere { looked_at: STATUS_PATH.to_owned() });
    }
}
