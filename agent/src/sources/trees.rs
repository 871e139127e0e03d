//! The folders that software lies in which no package manager of the system put there, and whose they are.

use std::collections::BTreeSet;

use observation::latest::{Absent, AccountKind, Gap, Privilege, UserName};

use super::languages;
use super::persons::Persons;
use crate::host::{Ask, Host, TreeEntry, TreeMarks};

/// Folders of the administrator and of whole products (Filesystem Hierarchy Standard 3.0).
const SHARED: &[&str] = &["/opt", "/srv", "/usr/local", "/var/lib/gems", "/var/opt", "/var/www"];
/// Folders of the system that languages share with the package manager, with the beginnings of their names.
const OF_LANGUAGES: &[(&str, &[&str])] = &[
    ("/usr/lib", &["node_modules", "python", "ruby"]),
    ("/usr/lib64", &["python", "ruby"]),
    ("/var/lib", &["tomcat"]),
];
/// Home folders that are the system's own or everybody's.
const NO_HOMES: &[&str] = &[
    "",
    "/",
    "/bin",
    "/dev",
    "/home",
    "/nonexistent",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/sbin",
    "/var",
    "/var/lib",
];
/// Deepest entry: packages inside of packages inside of a project in a home.
const DEPTH_MAX: u32 = 24;
/// Most entries that are looked at below one folder: about a quarter of a second.
const ENTRIES_MAX: u32 = 300_000;
/// Folders that hold copies for later, files of containers, or texts, but nothing that is installed here.
const PASSED_OVER: &[&str] = &[
    ".cache",
    ".cargo/git",
    ".cargo/registry",
    ".git",
    ".gradle/caches",
    ".local/share/Trash",
    ".local/share/containers",
    ".local/share/docker",
    ".local/share/flatpak",
    ".m2/repository",
    ".npm/_cacache",
    ".nuget/packages",
    "go/pkg/mod",
    "__pycache__",
    "share/doc",
    "share/info",
    "share/locale",
    "share/man",
];
/// Folders of languages' packages: the programs in them are told as such packages.
const OF_PACKAGES: &[&str] = &["dist-packages", "node_modules", "site-packages"];

/// One folder to look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root {
    /// The folder.
    pub(crate) path: String,
    /// Whose home it is.
    pub(crate) owner: Option<UserName>,
    /// Whether the system's package manager also puts files there.
    pub(crate) may_be_owned: bool,
}

/// The folders of the machine, homes behind the shared ones.
#[must_use]
pub(crate) fn roots(host: &dyn Host, persons: &Persons<'_>) -> Vec<Root> {
    let shared = |path: String, may_be_owned| Root { path, owner: None, may_be_owned };
    let mut roots: Vec<Root> =
        SHARED.iter().map(|it| shared((*it).to_owned(), *it != "/usr/local")).collect();
    for (folder, beginnings) in OF_LANGUAGES {
        let names = host.names(folder).unwrap_or_default();
        let chosen = names.iter().filter(|it| beginnings.iter().any(|start| it.starts_with(start)));
        roots.extend(chosen.map(|it| shared(format!("{folder}/{it}"), true)));
    }
    let mut homes: BTreeSet<(String, Option<UserName>)> = persons
        .entries()
        .iter()
        .filter(|it| matches!(persons.kind(it), AccountKind::Person | AccountKind::Root))
        .map(|it| (it.home.trim_end_matches('/').to_owned(), Some(persons.name(&it.name))))
        .collect();
    // Homes of persons whom a directory service knows, or who left.
    for name in host.names("/home").unwrap_or_default() {
        let path = format!("/home/{name}");
        if !homes.iter().any(|(home, _)| *home == path) {
            homes.insert((path, Some(persons.name(&name))));
        }
    }
    let is_inside =
        |home: &str| SHARED.iter().any(|it| home == *it || home.starts_with(&format!("{it}/")));
    let homes = homes.into_iter().filter(|(home, _)| {
        home.starts_with('/') && !NO_HOMES.contains(&home.as_str()) && !is_inside(home)
    });
    let mut seen = BTreeSet::new();
    roots.extend(homes.filter(|(home, _)| seen.insert(home.clone())).map(|(path, owner)| Root {
        path,
        owner,
        may_be_owned: false,
    }));
    roots
}

/// What is looked for. All who walk ask for the same, so that one walk of a run serves them all; each takes
/// from it what it is for.
fn marks() -> TreeMarks {
    let texts = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect();
    TreeMarks {
        passed_over: texts(PASSED_OVER),
        programs: true,
        package_folders: texts(OF_PACKAGES),
        ..languages::marks()
    }
}

/// Descriptions of packages and programs below a folder; a folder that is not there holds nothing.
pub(crate) fn walk(
    host: &dyn Host,
    persons: &Persons<'_>,
    root: &Root,
    field: &str,
    gaps: &mut Vec<Gap>,
) -> Vec<TreeEntry> {
    let marks = marks();
    let mut gap = |reason| {
        let of = Some(persons.path(&root.path));
        gaps.push(Gap { field: field.to_owned(), of, reason });
    };
    match host.tree(&root.path, DEPTH_MAX, ENTRIES_MAX, &marks) {
        Ok(tree) => {
            if !tree.is_complete {
                let (why, what) = ("too_many_entries".to_owned(), persons.path(&root.path));
                gap(Absent::NotLookedAt { why, what });
            }
            if tree.has_closed {
                gap(Absent::NotAllowed { what: persons.path(&root.path), needs: Privilege::Root });
            }
            tree.entries
        }
        // A home that is a link or a file is no folder of its own.
        Err(Absent::NotHere { .. }) => Vec::new(),
        Err(Absent::NotAllowed { what, needs }) => {
            gap(Absent::NotAllowed { what: persons.path(&what), needs });
            Vec::new()
        }
        Err(Absent::Failed { .. }) => {
            let doing = format!("walking {}", persons.path(&root.path));
            gap(Absent::Failed { doing, cause: "it is no folder that can be read".to_owned() });
            Vec::new()
        }
        Err(reason @ (Absent::TimedOut { .. } | Absent::NotLookedAt { .. })) => {
            gap(reason);
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::NameKey;

    use super::*;
    use crate::names::Names;
    use crate::sources::testing::MapHost;

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/usr/sbin:/x\n\
        alice:x:1000:1000::/home/alice:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n\
        app:x:1002:1002::/opt/app:/bin/sh\nnobody:x:65534:65534::/nonexistent:/x\n";

    fn check<T>(host: &MapHost, run: impl FnOnce(&Persons<'_>) -> T) -> T {
        let names = Names::new(NameKey::Run, b"k");
        run(&Persons::read(host, &names).unwrap())
    }

    #[test]
    fn homes_of_persons_are_looked_into_and_no_others() {
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file("/home/left/x", "")
            .folder("/usr/lib/python3")
            .folder("/usr/lib/systemd");
        let roots = check(&host, |persons| roots(&host, persons));
        let paths: Vec<&str> = roots.iter().map(|it| it.path.as_str()).collect();
        let expected =
            [SHARED, &["/usr/lib/python3", "/home/alice", "/home/left", "/root"]].concat();
        assert_eq!(paths, expected);
        let owner = |path: &str| roots.iter().find(|it| it.path == path).unwrap().owner.clone();
        assert_eq!(owner("/root"), Some(UserName::Clear("root".to_owned())));
        assert!(matches!(owner("/home/left"), Some(UserName::Pseudonym(_))));
        assert_eq!(owner("/opt"), None);
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_gap_and_a_closed_one_names_nobody() {
        let host = MapHost::new().file("/etc/passwd", PASSWD).forbid("/home/alice");
        let mut gaps = Vec::new();
        let root = |path: &str| Root { path: path.to_owned(), owner: None, may_be_owned: false };
        check(&host, |persons| {
            for path in ["/opt", "/home/alice"] {
                assert_eq!(walk(&host, persons, &root(path), "field", &mut gaps), []);
            }
        });
        assert_eq!(gaps.len(), 1);
        assert!(!format!("{gaps:?}").contains("alice"), "{gaps:?}");
    }
}
