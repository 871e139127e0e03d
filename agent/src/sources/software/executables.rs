//! Programs and shared libraries that no package owns, with their hashes and what they state of themselves.
//!
//! What lies in the folders of a language's packages (`site-packages`, `node_modules` …) is told as such a
//! package and left out here. AppImages are told here too, and as packages where their names hold a version.

use std::collections::HashSet;

use observation::latest::{
    Absent, Cadence, Executable, Fact, Gap, InstalledPackage, PackageManager, Platform, SourceId,
    UserName,
};

use crate::host::{Ask, FileForm, Host, TreeEntry};
use crate::sources::context::Context;
use crate::sources::elf::{self, Language, Statement};
use crate::sources::owners::Owners;
use crate::sources::persons::Persons;
use crate::sources::trees::{self, Root};
use crate::sources::{Found, Source};

/// Folders of programs that the package manager fills.
const OF_THE_SYSTEM: &[&str] = &["/usr/bin", "/usr/games", "/usr/libexec", "/usr/sbin"];
/// Largest file whose hash is made, and of how many bytes at most hashes are made in a run: about a hundredth of a
/// second where the processor knows SHA-256, a tenth where it does not.
const HASHED_FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
const HASHED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Most files that are told.
const FILES_MAX: usize = 20_000;
/// The end of an AppImage's name.
const APP_IMAGE_ENDING: &str = ".appimage";
/// Where `cargo install` puts programs, which its own notes name.
const CARGO_FOLDER: &str = "/.cargo/bin/";

/// Executables that no package owns.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.executables"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let persons = Persons::read_or_none(host, context.names);
    let mut found = Found::default();
    let mut entries: Vec<(Root, TreeEntry)> = Vec::new();
    for root in roots(host, &persons) {
        let walked = trees::walk(host, &persons, &root, "executable", &mut found.gaps);
        let programs = walked.into_iter().filter(|it| it.form.is_some());
        entries.extend(programs.map(|it| (root.clone(), it)));
    }
    let asked = entries.iter().filter(|(root, _)| root.may_be_owned);
    let paths: HashSet<String> = asked.map(|(_, entry)| entry.path.clone()).collect();
    let owners = Owners::find(host, context.now, &context.memory.lists, &paths);
    entries.retain(|(root, entry)| {
        !root.may_be_owned
            || match owners.of(&entry.path) {
                Ok(_) => false,
                Err(Absent::NotHere { .. }) => true,
                // Who may be owned is not called unowned.
                Err(reason) => {
                    let of = Some(root.path.clone());
                    found.gaps.push(Gap { field: "executable".to_owned(), of, reason });
                    false
                }
            }
    });
    if entries.len() > FILES_MAX {
        let (why, what) = ("too_many_entries".to_owned(), format!("{} files", entries.len()));
        let reason = Absent::NotLookedAt { why, what };
        found.gaps.push(Gap { field: "executable".to_owned(), of: None, reason });
        entries.truncate(FILES_MAX);
    }
    let mut budget = Budget { bytes_left: HASHED_BYTES_MAX, passed_over: 0 };
    for (root, entry) in &entries {
        add(host, &persons, root, entry, &mut budget, &mut found);
    }
    if budget.passed_over > 0 {
        let (why, what) = ("too_large".to_owned(), format!("{} files", budget.passed_over));
        let reason = Absent::NotLookedAt { why, what };
        found.gaps.push(Gap { field: "executable.hash".to_owned(), of: None, reason });
    }
    Ok(found)
}

fn roots(host: &dyn Host, persons: &Persons<'_>) -> Vec<Root> {
    let system = OF_THE_SYSTEM.iter().map(|it| Root {
        path: (*it).to_owned(),
        owner: None,
        may_be_owned: true,
    });
    system.chain(trees::roots(host, persons)).collect()
}

/// What hashes may still cost. Which files have one depends on their sizes and order alone, so that two runs agree;
/// those of the system come first.
struct Budget {
    bytes_left: u64,
    /// Files whose hashes would have cost too much.
    passed_over: usize,
}

impl Budget {
    fn allows(&mut self, size_bytes: u64) -> bool {
        match self.bytes_left.checked_sub(size_bytes) {
            Some(left) if size_bytes <= HASHED_FILE_BYTES_MAX => {
                self.bytes_left = left;
                true
            }
            Some(_) | None => {
                self.passed_over += 1;
                false
            }
        }
    }
}

fn add(
    host: &dyn Host,
    persons: &Persons<'_>,
    root: &Root,
    entry: &TreeEntry,
    budget: &mut Budget,
    found: &mut Found,
) {
    let statement = elf::statement(host, &entry.path);
    let place = persons.path(&entry.path);
    let is_allowed = budget.allows(entry.size_bytes);
    let hash = is_allowed.then(|| host.file_hash(&entry.path, HASHED_FILE_BYTES_MAX));
    let hash = match hash.transpose() {
        Ok(hash) => hash,
        Err(reason) => {
            let reason = without_path(reason, &place);
            let (field, of) = ("executable.hash".to_owned(), Some(place.clone()));
            found.gaps.push(Gap { field, of, reason });
            None
        }
    };
    let package = match entry.form {
        Some(FileForm::AppImage) => app_image(&entry.path),
        Some(FileForm::Elf) | None => stated(&entry.path, &statement),
    };
    found.facts.extend(package.map(|(manager, name, version)| {
        Fact::InstalledPackage(package_at(manager, name, version, &place, root.owner.as_ref()))
    }));
    let format = match entry.form {
        Some(FileForm::AppImage) => "app_image",
        Some(FileForm::Elf) | None => "elf",
    };
    let Statement { product, version, built_with, language: _ } = statement;
    found.facts.push(Fact::Executable(Executable {
        place,
        owner: root.owner.clone(),
        format: format.to_owned(),
        size_bytes: entry.size_bytes,
        hash,
        product,
        version,
        built_with,
    }));
}

/// A reason that speaks of the path as it may leave the host.
fn without_path(reason: Absent, place: &str) -> Absent {
    let place = place.to_owned();
    match reason {
        Absent::NotHere { .. } => Absent::NotHere { looked_at: place },
        Absent::NotAllowed { needs, .. } => Absent::NotAllowed { what: place, needs },
        Absent::Failed { cause, .. } => Absent::Failed { doing: format!("reading {place}"), cause },
        Absent::TimedOut { after_ms, .. } => Absent::TimedOut { doing: place, after_ms },
        Absent::NotLookedAt { why, .. } => Absent::NotLookedAt { why, what: place },
    }
}

type Stated = (PackageManager, String, String);

/// The package that a program says it is.
fn stated(path: &str, statement: &Statement) -> Option<Stated> {
    let manager = match statement.language? {
        Language::Go => PackageManager::Go,
        Language::Rust if path.contains(CARGO_FOLDER) => return None,
        Language::Rust => PackageManager::Cargo,
    };
    Some((manager, statement.product.clone()?, statement.version.clone()?))
}

/// `Name-1.2.3-x86_64.AppImage`, as the AppImage documentation recommends.
fn app_image(path: &str) -> Option<Stated> {
    let file = path.rsplit('/').next()?;
    let end = file.len().checked_sub(APP_IMAGE_ENDING.len())?;
    let (stem, ending) = file.split_at_checked(end)?;
    if !ending.eq_ignore_ascii_case(APP_IMAGE_ENDING) {
        return None;
    }
    let mut parts = stem.split('-');
    let name = parts.next().filter(|it| !it.is_empty())?;
    let is_version =
        |it: &&str| it.trim_start_matches('v').starts_with(|it: char| it.is_ascii_digit());
    let version = parts.find(is_version)?;
    Some((PackageManager::AppImage, name.to_owned(), version.to_owned()))
}

fn package_at(
    manager: PackageManager,
    name: String,
    version: String,
    place: &str,
    owner: Option<&UserName>,
) -> InstalledPackage {
    InstalledPackage {
        manager,
        name,
        version,
        architecture: None,
        source_name: None,
        source_version: None,
        publisher: None,
        summary: None,
        category: None,
        home_page: None,
        size_bytes: None,
        installed_at: None,
        place: Some(place.to_owned()),
        owner: owner.cloned(),
        licence: None,
    }
}

#[cfg(test)]
mod tests {
    use observation::ContentHash;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn places(found: &Found) -> Vec<&str> {
        let executables = found.facts.iter().filter_map(|it| {
            if let Fact::Executable(it) = it { Some(it.place.as_str()) } else { None }
        });
        executables.collect()
    }

    #[test]
    fn what_no_package_owns_is_told_with_its_hash() {
        let host = MapHost::new()
            .file("/usr/bin/owned", b"\x7fELF1")
            .file("/usr/bin/planted", b"\x7fELF2")
            .file("/usr/bin/script", b"#!/bin/sh")
            .file("/opt/x/lib.so", b"\x7fELF3")
            .file("/opt/x/site-packages/y.so", b"\x7fELF4")
            .file("/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n")
            .file("/var/lib/dpkg/info/a.list", "/usr/bin/owned\n");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(places(&found), ["/usr/bin/planted", "/opt/x/lib.so"]);
        let Fact::Executable(first) = &found.facts[0] else { panic!() };
        assert_eq!(first.hash, Some(ContentHash::of(b"\x7fELF2")));
        assert_eq!((first.size_bytes, first.format.as_str()), (5, "elf"));
        assert_eq!(found.gaps, []);
    }

    #[test]
    fn hashes_cost_no_more_than_their_budget_and_the_rest_is_said() {
        let mut large = vec![0; 7 * 1024 * 1024];
        large[..4].copy_from_slice(b"\x7fELF");
        let mut host = MapHost::new().file("/opt/small", b"\x7fELF");
        for name in ["a", "b", "c"] {
            host = host.file(&format!("/opt/{name}"), &large);
        }
        large.resize(9 * 1024 * 1024, 0);
        let found = with_context(&host.file("/opt/larger", large), observe).unwrap();
        let hashed: Vec<&str> = found
            .facts
            .iter()
            .filter_map(|it| if let Fact::Executable(it) = it { Some(it) } else { None })
            .filter(|it| it.hash.is_some())
            .map(|it| it.place.as_str())
            .collect();
        assert_eq!(hashed, ["/opt/a", "/opt/b", "/opt/small"]);
        let [Gap { of: None, reason: Absent::NotLookedAt { what, .. }, .. }] = &*found.gaps else {
            panic!("{:?}", found.gaps)
        };
        assert_eq!(what, "2 files");
    }

    #[test]
    fn what_may_be_owned_is_not_called_unowned() {
        let host = MapHost::new()
            .file("/usr/bin/x", b"\x7fELF")
            .file("/usr/local/bin/y", b"\x7fELF")
            .forbid("/var/lib/dpkg/info");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(places(&found), ["/usr/local/bin/y"]);
        assert!(matches!(found.gaps[0].reason, Absent::NotAllowed { .. }));
    }

    #[test]
    fn a_program_in_a_home_names_nobody() {
        let host = MapHost::new()
            .file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
            .file("/home/alice/Tool-2.1-x86_64.AppImage", b"\x7fELF\x02\x01\x01\0AI\x02");
        let found = with_context(&host, observe).unwrap();
        assert!(!format!("{found:?}").contains("alice"), "{found:?}");
        let [Fact::InstalledPackage(package), Fact::Executable(file)] = &*found.facts else {
            panic!("{found:?}")
        };
        assert_eq!((&*package.name, &*package.version), ("Tool", "2.1"));
        assert!(matches!(file.owner, Some(UserName::Pseudonym(_))));
        assert_eq!(file.format, "app_image");
    }

    #[test]
    fn the_name_of_an_app_image_may_hold_its_version() {
        let of = |file: &str| app_image(file).map(|(_, name, version)| format!("{name} {version}"));
        assert_eq!(of("/a/Krita-5.2.2-x86_64.appimage").unwrap(), "Krita 5.2.2");
        assert_eq!(of("/a/nvim-v0.10-linux.AppImage").unwrap(), "nvim v0.10");
        for file in
            ["/a/Tool.AppImage", "/a/Tool-x86_64.AppImage", "/a/tool-1", "", "/a/-1.AppImage"]
        {
            assert_eq!(of(file), None, "{file}");
        }
    }
}
