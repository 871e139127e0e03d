//! Packages of programming languages, for the whole machine and per user.
//!
//! A package that the system's package manager owns is left out here: it is already told under that manager's
//! name, and would be counted twice. Below `/usr/local` and in homes no package manager of a system puts
//! files, so nobody is asked there.

use std::collections::HashSet;

use observation::latest::{Absent, Cadence, Complaint, Fact, InstalledPackage, Platform, SourceId};
use observation::limits::COMPLAINTS_PER_SECTION_MAX;

use crate::host::TreeEntry;
use crate::sources::context::Context;
use crate::sources::owners::Owners;
use crate::sources::persons::Persons;
use crate::sources::trees::{self, Root};
use crate::sources::{Found, Source, languages};

/// The field of gaps.
const FIELD: &str = "installed_package";

/// Packages of languages.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.languages"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let persons = Persons::read_or_none(host, context.names);
    let mut found = Found::default();
    let mut entries: Vec<(Root, TreeEntry)> = Vec::new();
    for root in trees::roots(host, &persons) {
        let walked = trees::walk(host, &persons, &root, FIELD, &mut found.gaps);
        let described = walked.into_iter().filter(languages::is_description);
        entries.extend(described.map(|it| (root.clone(), it)));
    }
    let owned = owned(context, &entries);
    for (root, entry) in &entries {
        if owned.contains(&entry.path) {
            continue;
        }
        match languages::describe(host, entry) {
            Ok(packages) => {
                let packages = packages.into_iter().map(|it| shown(it, root, &persons));
                found.facts.extend(packages.map(Fact::InstalledPackage));
            }
            Err(problem) if found.complaints.len() < COMPLAINTS_PER_SECTION_MAX => {
                let (place, problem) = (persons.path(&entry.path), problem.to_owned());
                found.complaints.push(Complaint { place, problem });
            }
            Err(_) => {}
        }
    }
    Ok(found)
}

/// The entries that a package of the system owns.
fn owned(context: &Context<'_>, entries: &[(Root, TreeEntry)]) -> HashSet<String> {
    let asked = entries.iter().filter(|(root, _)| root.may_be_owned);
    let paths: HashSet<String> = asked.map(|(_, entry)| entry.path.clone()).collect();
    let owners = Owners::find(context.host, context.now, &context.memory.lists, &paths);
    paths.into_iter().filter(|it| owners.of(it).is_ok()).collect()
}

fn shown(mut package: InstalledPackage, root: &Root, persons: &Persons<'_>) -> InstalledPackage {
    package.place = package.place.map(|it| persons.path(&it));
    package.owner.clone_from(&root.owner);
    package
}

#[cfg(test)]
mod tests {
    use observation::latest::UserName;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn packages(host: &MapHost) -> Vec<InstalledPackage> {
        let found = with_context(host, observe).unwrap();
        assert_eq!((found.gaps, found.complaints), (vec![], vec![]));
        found
            .facts
            .into_iter()
            .map(|it| if let Fact::InstalledPackage(it) = it { it } else { panic!("{it:?}") })
            .collect()
    }

    #[test]
    fn what_a_package_of_the_system_owns_is_told_there_alone() {
        let host = MapHost::new()
            .file("/usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "Name: a\nVersion: 1\n")
            .file("/usr/lib/python3/dist-packages/b-1.dist-info/METADATA", "Name: b\nVersion: 1\n")
            .file(
                "/var/lib/dpkg/status",
                "Package: python3-a\nStatus: install ok installed\nVersion: 1\n",
            )
            .file(
                "/var/lib/dpkg/info/python3-a.list",
                "/usr/lib/python3/dist-packages/a-1.dist-info\n",
            );
        let found = packages(&host);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "b");
        assert_eq!(found[0].owner, None);
    }

    #[test]
    fn an_installation_of_a_person_bears_the_pseudonym() {
        let lib = "/home/alice/.local/lib/python3.11/site-packages";
        let host = MapHost::new()
            .file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
            .file(&format!("{lib}/x-1.dist-info/METADATA"), "Name: x\nVersion: 1\n");
        let found = packages(&host);
        assert!(matches!(found[0].owner, Some(UserName::Pseudonym(_))));
        let place = found[0].place.as_deref().unwrap();
        assert!(place.ends_with("/.local/lib/python3.11/site-packages"), "{place}");
        assert!(!format!("{found:?}").contains("alice"));
    }

    #[test]
    fn two_copies_of_a_package_are_two_packages() {
        let host = MapHost::new()
            .file("/opt/a/node_modules/x/package.json", r#"{"name":"x","version":"1"}"#)
            .file("/srv/b/node_modules/x/package.json", r#"{"name":"x","version":"1"}"#);
        assert_eq!(packages(&host).len(), 2);
    }

    #[test]
    fn a_broken_description_costs_itself_and_names_nobody() {
        let host = MapHost::new()
            .file("/home/alice/node_modules/x/package.json", "{")
            .file("/opt/node_modules/y/package.json", r#"{"name":"y","version":"1"}"#);
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (1, 1));
        assert!(!found.complaints[0].place.contains("alice"));
    }
}
