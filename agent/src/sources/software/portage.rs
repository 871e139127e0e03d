//! The packages of Gentoo's portage: a folder `CATEGORY/NAME-VERSION` for each, with a file for each property
//! (vardb, see portage(5) and the Package Manager Specification).

use jiff::Timestamp;
use observation::latest::{
    Absent, Cadence, Complaint, Fact, InstalledPackage, PackageManager, Platform, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Where the folders are.
const DATABASE: &str = "/var/db/pkg";
/// Longest property that is read.
const PROPERTY_BYTES_MAX: u64 = 16 * 1024;
/// Most packages.
const PACKAGES_MAX: usize = 50_000;
/// What portage calls a folder that it is still filling.
const UNFINISHED: &str = "-MERGING-";

/// Packages that portage calls installed.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.portage"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let mut found = Found::default();
    for category in host.names(DATABASE)? {
        let folder = format!("{DATABASE}/{category}");
        for name in host.names(&folder).unwrap_or_default() {
            if name.starts_with(UNFINISHED) || found.facts.len() == PACKAGES_MAX {
                continue;
            }
            let place = format!("{folder}/{name}");
            match package(host, &place, &category, &name) {
                Some(it) => found.facts.push(Fact::InstalledPackage(it)),
                None => {
                    let problem = "its name has no version".to_owned();
                    found.complaints.push(Complaint { place, problem });
                }
            }
        }
    }
    Ok(found)
}

fn package(host: &dyn Host, place: &str, category: &str, folder: &str) -> Option<InstalledPackage> {
    let (name, version) = split(folder)?;
    let property = |name: &str| {
        let bytes = host.bytes(&format!("{place}/{name}"), PROPERTY_BYTES_MAX).ok()?;
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let seconds = property("BUILD_TIME").and_then(|it| it.parse().ok());
    let architecture = property("CHOST").and_then(|it| Some(it.split_once('-')?.0.to_owned()));
    Some(InstalledPackage {
        manager: PackageManager::Portage,
        name: format!("{category}/{name}"),
        version: version.to_owned(),
        architecture,
        source_name: None,
        source_version: None,
        // The repository, which is who answers for it.
        publisher: property("repository"),
        summary: property("DESCRIPTION"),
        category: Some(category.to_owned()),
        home_page: property("HOMEPAGE"),
        size_bytes: property("SIZE").and_then(|it| it.parse().ok()),
        installed_at: seconds.and_then(|it| Timestamp::from_second(it).ok()),
        place: None,
        owner: None,
        licence: property("LICENSE"),
    })
}

/// Name and version: the version is what follows the last hyphen before a digit (section 3.1.2 and 3.2 of the
/// specification; a revision `-r3` belongs to it).
fn split(folder: &str) -> Option<(&str, &str)> {
    let is_version = |rest: &str| {
        let first = rest.split('-').next().unwrap_or_default();
        let has_revision = rest.split_once('-').is_none_or(|(_, it)| {
            it.strip_prefix('r')
                .is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
        });
        first.starts_with(|it: char| it.is_ascii_digit()) && has_revision
    };
    let hyphens = folder.match_indices('-').map(|(at, _)| at);
    let mut parts = hyphens.filter_map(|at| Some((folder.get(..at)?, folder.get(at + 1..)?)));
    parts.rfind(|(name, rest)| !name.is_empty() && is_version(rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn installed_packages_are_facts() {
        // Constructed from portage's own folders (vardb of a stage 3).
        let base = "/var/db/pkg/dev-libs/openssl-3.3.3-r1";
        let host = MapHost::new()
            .file(&format!("{base}/DESCRIPTION"), "Robust, full-featured Open Source Toolkit\n")
            .file(&format!("{base}/HOMEPAGE"), "https://openssl-library.org/\n")
            .file(&format!("{base}/LICENSE"), "Apache-2.0\n")
            .file(&format!("{base}/CHOST"), "x86_64-pc-linux-gnu\n")
            .file(&format!("{base}/SIZE"), "15732480\n")
            .file(&format!("{base}/BUILD_TIME"), "1767225600\n")
            .file(&format!("{base}/repository"), "gentoo\n")
            .file("/var/db/pkg/virtual/libc-1-r1/SLOT", "0\n")
            .file("/var/db/pkg/virtual/-MERGING-libc-2/SLOT", "0\n")
            .file("/var/db/pkg/virtual/nonsense/SLOT", "0\n");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (2, 1));
        let Fact::InstalledPackage(it) = &found.facts[0] else { panic!("{found:?}") };
        assert_eq!((&*it.name, &*it.version), ("dev-libs/openssl", "3.3.3-r1"));
        assert_eq!(it.architecture.as_deref(), Some("x86_64"));
        assert_eq!((it.size_bytes, it.licence.as_deref()), (Some(15_732_480), Some("Apache-2.0")));
        assert_eq!(it.installed_at.map(Timestamp::as_second), Some(1_767_225_600));
        let Fact::InstalledPackage(bare) = &found.facts[1] else { panic!("{found:?}") };
        assert_eq!((bare.size_bytes, &bare.summary, &bare.licence), (None, &None, &None));
    }

    #[test]
    fn name_and_version_are_told_apart() {
        for (folder, expected) in [
            ("openssl-3.3.3", Some(("openssl", "3.3.3"))),
            ("gtk+-3.24.43-r2", Some(("gtk+", "3.24.43-r2"))),
            ("font-adobe-100dpi-1.0.4", Some(("font-adobe-100dpi", "1.0.4"))),
            ("linux-firmware-20260110_p1", Some(("linux-firmware", "20260110_p1"))),
            ("python-exec-conf-2.4.6", Some(("python-exec-conf", "2.4.6"))),
            ("a-1-r", None),
            ("-1", None),
            ("gcc", None),
            ("ä-1ß", Some(("ä", "1ß"))),
        ] {
            assert_eq!(split(folder), expected, "{folder}");
        }
    }

    #[test]
    fn a_machine_without_portage_is_not_here() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert_eq!(reason, Absent::NotHere { looked_at: DATABASE.to_owned() });
    }

    proptest! {
        #[test]
        fn hostile_names_never_panic(folder in "\\PC{0,12}-?[0-9]{0,2}-?r?\\PC{0,4}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Some((name, version)) = split(&folder) {
                prop_assert_eq!(format!("{name}-{version}"), folder);
            }
            let host = MapHost::new().file("/var/db/pkg/a/b-1/SIZE", &bytes).file("/var/db/pkg/a/b-1/BUILD_TIME", bytes);
            prop_assert_eq!(with_context(&host, observe).unwrap().facts.len(), 1);
        }
    }
}
