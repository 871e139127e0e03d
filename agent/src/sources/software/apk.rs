//! The packages of Alpine's package manager.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::host::Ask;
use crate::sources::apk::{INSTALLED_BYTES_MAX, INSTALLED_PATH, packages};
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Packages that apk calls installed.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.apk"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let bytes = context.host.bytes(INSTALLED_PATH, INSTALLED_BYTES_MAX)?;
    let (packages, complaints) = packages(&bytes);
    let facts = packages.into_iter().map(Fact::InstalledPackage).collect();
    Ok(Found { facts, complaints, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn installed_packages_are_facts() {
        let host = MapHost::new().file(INSTALLED_PATH, "P:musl\nV:1.2.4-r2\n\nP:x\n");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (1, 1));
    }

    #[test]
    fn a_machine_without_apk_is_not_here() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert_eq!(reason, Absent::NotHere { looked_at: INSTALLED_PATH.to_owned() });
    }
}
