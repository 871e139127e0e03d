//! The packages of RPM.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::sources::context::Context;
use crate::sources::rpm::Database;
use crate::sources::{Found, Source};

/// Packages that RPM calls installed, the keys that it keeps as packages (`gpg-pubkey`) included.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.rpm"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let database = Database::find(context.host)?;
    let (packages, complaints) = database.packages(context.host)?;
    let facts = packages.into_iter().map(Fact::InstalledPackage).collect();
    Ok(Found { facts, complaints, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn installed_packages_are_facts() {
        // Real: see sources/rpm/mod.rs.
        let packed = include_bytes!("../rpm/samples/rpmdb.sqlite.zst");
        let database = zstd::decode_all(&packed[..]).unwrap();
        let host = MapHost::new().file("/usr/lib/sysimage/rpm/rpmdb.sqlite", database);
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (3, 0));
    }

    #[test]
    fn a_database_that_cannot_be_read_is_said() {
        let host = MapHost::new().file("/var/lib/rpm/rpmdb.sqlite", "nonsense".repeat(20));
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (0, 1));
    }

    #[test]
    fn a_machine_without_rpm_is_not_here() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert!(matches!(reason, Absent::NotHere { .. }));
    }
}
