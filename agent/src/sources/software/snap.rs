//! Snap packages: the description in the revision of each that is in use, which is mounted below `/snap`. The daemon is not asked.

use observation::latest::{
    Absent, Cadence, Complaint, Fact, InstalledPackage, PackageManager, Platform, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Where the revisions are mounted: Debian's place, and that of systems whose policy forbids a folder there.
const FOLDERS: &[&str] = &["/snap", "/var/lib/snapd/snap"];
/// Folders there that are no packages.
const NO_PACKAGES: &[&str] = &["README", "bin"];
/// Most bytes of a description.
const DESCRIPTION_BYTES: u64 = 256 * 1024;

/// Snap packages in use.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.snap"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let listed = FOLDERS.iter().find_map(|it| Some((*it, host.names(it).ok()?)));
    let Some((folder, names)) = listed else {
        return Err(Absent::NotHere { looked_at: FOLDERS.join(", ") });
    };
    let mut found = Found::default();
    for name in names.iter().filter(|it| !NO_PACKAGES.contains(&it.as_str())) {
        // Without a revision in use the package is switched off or was removed.
        let current = format!("{folder}/{name}/current");
        if matches!(host.link(&current), Err(Absent::NotHere { .. })) {
            continue;
        }
        let place = format!("{current}/meta/snap.yaml");
        match package(host, &place) {
            Some(it) => found.facts.push(Fact::InstalledPackage(it)),
            None => {
                let problem = "no description of a package".to_owned();
                found.complaints.push(Complaint { place, problem });
            }
        }
    }
    Ok(found)
}

fn package(host: &dyn Host, place: &str) -> Option<InstalledPackage> {
    parse(&String::from_utf8_lossy(&host.part(place, 0, DESCRIPTION_BYTES).ok()?))
}

/// The plain values at the top of the description (<https://snapcraft.io/docs/snap-format>).
fn parse(yaml: &str) -> Option<InstalledPackage> {
    let field = |name: &str| {
        let value = yaml.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':'))?;
        let value = value.trim();
        let quoted = ['"', '\''].iter().find_map(|it| value.strip_prefix(*it)?.strip_suffix(*it));
        let value = quoted.unwrap_or(value);
        // Texts of several lines and lists begin with a mark.
        let is_plain = !value.is_empty() && !value.starts_with(['|', '>', '[', '{', '&', '*']);
        is_plain.then(|| value.to_owned())
    };
    // The first architecture of the list in the lines below.
    let architecture = || {
        let mut lines = yaml.lines().skip_while(|it| !it.starts_with("architectures:"));
        let first = lines.nth(1)?.trim().strip_prefix('-')?.trim();
        Some(first.trim_matches(['"', '\'']).to_owned()).filter(|it| !it.is_empty())
    };
    Some(InstalledPackage {
        manager: PackageManager::Snap,
        name: field("name")?,
        version: field("version")?,
        architecture: architecture(),
        source_name: None,
        source_version: None,
        publisher: None,
        summary: field("summary"),
        category: field("type"),
        home_page: field("website"),
        size_bytes: None,
        installed_at: None,
        place: None,
        owner: None,
        licence: field("license"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from the format's documentation.
    const CORE: &str = "name: core22\nversion: '20240111'\nsummary: Runtime environment\ndescription: |\n  name: other\n\
        type: base\nlicense: \"GPL-3.0\"\narchitectures:\n  - amd64\nconfinement: strict\n";

    #[test]
    fn the_description_of_the_revision_in_use_is_a_package() {
        let host = MapHost::new()
            .link("/snap/core22/current", "1122")
            .file("/snap/core22/1122/meta/snap.yaml", CORE)
            .file("/snap/core22/1000/meta/snap.yaml", "name: core22\nversion: old\n")
            .folder("/snap/off/12")
            .link("/snap/broken/current", "1")
            .file("/snap/broken/1/meta/snap.yaml", "name: broken\n")
            .folder("/snap/bin")
            .file("/snap/README", "");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.complaints.len(), 1);
        let [Fact::InstalledPackage(it)] = &*found.facts else { panic!("{found:?}") };
        assert_eq!((&*it.name, &*it.version), ("core22", "20240111"));
        assert_eq!(
            (it.licence.as_deref(), it.architecture.as_deref()),
            (Some("GPL-3.0"), Some("amd64"))
        );
        assert_eq!(it.category.as_deref(), Some("base"));
    }

    #[test]
    fn a_machine_without_snaps_is_not_here() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn values_of_several_lines_are_not_told() {
        let found =
            parse("name: a\nversion: 1\nsummary: >\n  x\narchitectures: [amd64]\n").unwrap();
        assert_eq!((found.summary, found.architecture), (None, None));
        assert_eq!(parse("name: |\nversion: 1\n"), None);
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "((name|version|architectures|summary):? ?\\PC{0,6}\n){0,9}") {
            let _ = parse(&text);
        }
    }
}
