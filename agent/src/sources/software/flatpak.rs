//! Flatpak applications and runtimes, for the whole system and per user: the commit in use of each, whose metadata and
//! AppStream description are read.

use observation::latest::{
    Absent, AccountKind, Cadence, Fact, Gap, InstalledPackage, PackageManager, Platform, SourceId,
    UserName,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};

/// The installation of the system.
const SYSTEM_PATH: &str = "/var/lib/flatpak";
/// That of a person, below the home.
const PERSONAL_PATH: &str = ".local/share/flatpak";
/// Kinds of packages with the names of their folders.
const KINDS: &[(&str, &str)] = &[("app", "application"), ("runtime", "runtime")];
/// Most bytes of a description.
const DESCRIPTION_BYTES: u64 = 256 * 1024;
/// Most packages of an installation.
const PACKAGES_MAX: usize = 5000;

/// Flatpak packages in use.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.flatpak"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let persons = Persons::read_or_none(host, context.names);
    let mut installations = vec![(SYSTEM_PATH.to_owned(), None)];
    let people = persons
        .entries()
        .iter()
        .filter(|it| matches!(persons.kind(it), AccountKind::Person | AccountKind::Root));
    installations.extend(people.map(|it| {
        (format!("{}/{PERSONAL_PATH}", it.home.trim_end_matches('/')), Some(persons.name(&it.name)))
    }));
    let mut found = Found::default();
    let mut is_here = false;
    for (path, owner) in installations {
        match host.names(&path) {
            Ok(_) => is_here = true,
            Err(Absent::NotAllowed { needs, .. }) => {
                let what = persons.path(&path);
                let (field, of) = ("installed_package".to_owned(), Some(what.clone()));
                let reason = Absent::NotAllowed { what, needs };
                found.gaps.push(Gap { field, of, reason });
                continue;
            }
            Err(_) => continue,
        }
        let place = owner.is_some().then(|| persons.path(&path));
        let packages = packages(host, &path, owner.as_ref(), place.as_deref());
        found.facts.extend(packages.into_iter().map(Fact::InstalledPackage));
    }
    if !is_here && found.gaps.is_empty() {
        return Err(Absent::NotHere { looked_at: SYSTEM_PATH.to_owned() });
    }
    Ok(found)
}

/// `app/ID/ARCHITECTURE/BRANCH/active`, see flatpak(1).
fn packages(
    host: &dyn Host,
    path: &str,
    owner: Option<&UserName>,
    place: Option<&str>,
) -> Vec<InstalledPackage> {
    let mut packages = Vec::new();
    let below = |folder: &str| host.names(folder).unwrap_or_default();
    for (folder, kind) in KINDS {
        for id in below(&format!("{path}/{folder}")) {
            for architecture in below(&format!("{path}/{folder}/{id}")) {
                let branches = format!("{path}/{folder}/{id}/{architecture}");
                // An application also has a link to its branch in use.
                if architecture == "current" {
                    continue;
                }
                for branch in below(&branches) {
                    let active = format!("{branches}/{branch}/active");
                    if packages.len() == PACKAGES_MAX || host.link(&active).is_err() {
                        continue;
                    }
                    let described = description(host, &active, &id);
                    packages.push(InstalledPackage {
                        manager: PackageManager::Flatpak,
                        // Runtimes state no version; the branch is what tells them apart.
                        version: described
                            .as_ref()
                            .and_then(|it| version(it))
                            .unwrap_or_else(|| branch.clone()),
                        source_name: None,
                        source_version: None,
                        publisher: described.as_ref().and_then(|it| element(it, "developer_name")),
                        summary: described.as_ref().and_then(|it| element(it, "summary")),
                        category: Some((*kind).to_owned()),
                        home_page: None,
                        size_bytes: None,
                        installed_at: None,
                        place: place.map(str::to_owned),
                        owner: owner.cloned(),
                        licence: described.as_ref().and_then(|it| element(it, "project_license")),
                        name: id.clone(),
                        architecture: Some(architecture.clone()),
                    });
                }
            }
        }
    }
    packages
}

/// The AppStream description that an application installs, where it is not packed.
fn description(host: &dyn Host, active: &str, id: &str) -> Option<String> {
    let places = ["metainfo", "appdata"].iter().flat_map(|folder| {
        ["metainfo", "appdata"]
            .map(|ending| format!("{active}/files/share/{folder}/{id}.{ending}.xml"))
    });
    let bytes = places.filter_map(|it| host.part(&it, 0, DESCRIPTION_BYTES).ok()).next()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The version of the first release, which is the newest one.
fn version(xml: &str) -> Option<String> {
    let release = xml.split_once("<release ")?.1.split_once('>')?.0;
    let version = release.split_once("version=")?.1;
    let quote = version.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    let version = version.split(quote).nth(1)?.trim();
    (!version.is_empty()).then(|| version.to_owned())
}

/// The text of the first element of a name without attributes, which is the untranslated one.
fn element(xml: &str, name: &str) -> Option<String> {
    let text = xml.split_once(&format!("<{name}>"))?.1.split_once('<')?.0.trim();
    (!text.is_empty()).then(|| text.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from AppStream's specification.
    const DESCRIPTION: &str = "<component><id>org.example.App</id><summary xml:lang=\"de\">Ein</summary>\
        <summary>A &amp; B</summary><project_license>MIT</project_license>\
        <releases><release date=\"2026-01-01\" version=\"4.2\"/><release version=\"4.1\"/></releases></component>";

    fn machine(root: &str) -> MapHost {
        let app = format!("{root}/app/org.example.App/x86_64/stable");
        let runtime = format!("{root}/runtime/org.example.Platform/x86_64/23.08");
        MapHost::new()
            .file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
            .link(&format!("{app}/active"), "abc")
            .file(
                &format!("{app}/abc/files/share/metainfo/org.example.App.metainfo.xml"),
                DESCRIPTION,
            )
            .link(&format!("{root}/app/org.example.App/current"), "x86_64/stable")
            .link(&format!("{runtime}/active"), "def")
            .folder(&format!("{runtime}/def"))
    }

    fn check(host: &MapHost) -> Vec<InstalledPackage> {
        let found = with_context(host, observe).unwrap();
        found
            .facts
            .into_iter()
            .map(|it| if let Fact::InstalledPackage(it) = it { it } else { panic!() })
            .collect()
    }

    #[test]
    fn applications_have_the_version_of_their_newest_release_and_runtimes_their_branch() {
        let found = check(&machine(SYSTEM_PATH));
        let lines: Vec<String> =
            found.iter().map(|it| format!("{} {}", it.name, it.version)).collect();
        assert_eq!(lines, ["org.example.App 4.2", "org.example.Platform 23.08"]);
        assert_eq!(found[0].summary.as_deref(), Some("A & B"));
        assert_eq!(found[0].licence.as_deref(), Some("MIT"));
        assert_eq!((found[0].place.as_deref(), found[0].owner.as_ref()), (None, None));
    }

    #[test]
    fn the_installation_of_a_person_bears_the_pseudonym() {
        let found = check(&machine("/home/alice/.local/share/flatpak"));
        assert_eq!(found.len(), 2);
        assert!(matches!(found[0].owner, Some(UserName::Pseudonym(_))));
        assert!(!format!("{found:?}").contains("alice"));
    }

    #[test]
    fn a_machine_without_flatpak_is_not_here_and_a_closed_home_is_a_gap() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
        let closed = machine(SYSTEM_PATH).forbid("/home/alice");
        let found = with_context(&closed, observe).unwrap();
        assert_eq!((found.facts.len(), found.gaps.len()), (2, 1));
        assert!(!format!("{:?}", found.gaps).contains("alice"));
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "(<release |version=|[\"'<>]|<summary>|\\PC{0,4}){0,12}") {
            let _ = version(&text);
            let _ = element(&text, "summary");
        }
    }
}
