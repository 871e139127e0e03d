//! RPM's database: the headers of all installed packages, in each of its three forms.
//!
//! All three are read with readers of our own through pieces of the file: nothing is ever written or locked beside
//! a database of the machine, not even where it is in WAL mode, a database of hundreds of megabytes costs one header
//! of memory, and no C code reads what stands in it. What we give up is SQLite's own recovery; a
//! database in the middle of a change costs a complaint, and the next run reads it whole.

mod berkeley;
mod header;
mod ndb;
mod order;
mod sqlite;

use std::collections::{HashMap, HashSet};

use observation::latest::{Absent, Complaint, InstalledPackage, OwnerPackage, PackageManager};

use crate::host::{Ask, Host};
use crate::sources::pieces::{Pieces, Unread};
pub(crate) use header::Header;
pub(crate) use order::compare;

/// Folders of the database: today's, that of image-based systems, and the older one.
const FOLDERS: &[&str] = &["/usr/lib/sysimage/rpm", "/usr/share/rpm", "/var/lib/rpm"];
/// Largest header: those of kernels and header files are a few megabytes.
const HEADER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most packages, about ten times the largest installations.
const PACKAGES_MAX: usize = 50_000;

/// Takes the headers one after the other.
type Take<'a> = &'a mut dyn FnMut(&[u8]);
/// Reads a database of one form.
type Reader = fn(&mut Pieces<'_>, Take<'_>) -> Result<(), Unread>;

/// The forms, the newest first.
const FORMS: &[(&str, Reader)] = &[
    ("rpmdb.sqlite", sqlite::headers),
    ("Packages.db", ndb::headers),
    ("Packages", berkeley::headers),
];

/// A database that is there.
pub(crate) struct Database {
    /// The file.
    pub(crate) path: String,
    reader: Reader,
}

/// Where a database may be.
pub(crate) fn places() -> impl Iterator<Item = String> {
    FOLDERS.iter().flat_map(|folder| FORMS.iter().map(move |(name, _)| format!("{folder}/{name}")))
}

impl Database {
    /// Looks for the database.
    ///
    /// # Errors
    /// *Not here*, or why it could not be looked for.
    pub(crate) fn find(host: &dyn Host) -> Result<Self, Absent> {
        for folder in FOLDERS {
            for (name, reader) in FORMS {
                let path = format!("{folder}/{name}");
                match host.status(&path) {
                    Ok(_) => return Ok(Self { path, reader: *reader }),
                    Err(Absent::NotHere { .. }) => {}
                    Err(reason) => return Err(reason),
                }
            }
        }
        Err(Absent::NotHere { looked_at: FOLDERS.join(", ") })
    }

    /// Gives every header to `take`, and says where the database could not be read any further.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub(crate) fn headers(
        &self,
        host: &dyn Host,
        take: Take<'_>,
    ) -> Result<Vec<Complaint>, Absent> {
        match (self.reader)(&mut Pieces::new(host, &self.path), take) {
            Ok(()) => Ok(Vec::new()),
            Err(Unread::Absent(reason)) => Err(reason),
            Err(Unread::Broken(problem)) => {
                let (place, problem) = (self.path.clone(), problem.to_owned());
                Ok(vec![Complaint { place, problem }])
            }
        }
    }

    /// The installed packages.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub(crate) fn packages(
        &self,
        host: &dyn Host,
    ) -> Result<(Vec<InstalledPackage>, Vec<Complaint>), Absent> {
        let mut packages = Vec::new();
        let mut broken = 0_usize;
        let mut complaints = self.headers(host, &mut |bytes| match Header::parse(bytes)
            .and_then(|it| it.package())
        {
            Some(package) => packages.push(package),
            None => broken += 1,
        })?;
        if broken > 0 {
            let problem = format!("{broken} headers are not those of packages");
            complaints.push(Complaint { place: self.path.clone(), problem });
        }
        Ok((packages, complaints))
    }

    /// The owners of files; `wanted` gives for each spelling of a path the path itself.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub(crate) fn owners(
        &self,
        host: &dyn Host,
        wanted: &HashMap<Vec<u8>, String>,
    ) -> Result<Vec<(String, OwnerPackage)>, Absent> {
        let folders: HashSet<&[u8]> = wanted
            .keys()
            .filter_map(|it| Some(it.split_at(it.iter().rposition(|it| *it == b'/')? + 1).0))
            .collect();
        let mut owners = Vec::new();
        self.headers(host, &mut |bytes| {
            let Some(header) = Header::parse(bytes) else { return };
            let files = header.files_in(&folders);
            let paths: Vec<&String> = files.iter().filter_map(|it| wanted.get(it)).collect();
            if let Some(package) = (!paths.is_empty()).then(|| header.package()).flatten() {
                owners.extend(paths.into_iter().map(|path| {
                    let owner = OwnerPackage {
                        manager: PackageManager::Rpm,
                        name: package.name.clone(),
                        version: package.version.clone(),
                    };
                    (path.clone(), owner)
                }));
            }
        })?;
        Ok(owners)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    /// Three packages made with rpmbuild 4.18.0 on Debian 12. Real: `rpmdb.sqlite` is what `rpm --root -i` left.
    /// Emulated: the same headers written by RPM's own `rpmpkg.c` (Debian's rpm is built without it) and by
    /// `db5.3_load`; `rpmdb-before` is the database with one package, and its log holds the others, written
    /// by SQLite 3.40.
    const SQLITE: &[u8] = include_bytes!("samples/rpmdb.sqlite.zst");
    const BEFORE: &[u8] = include_bytes!("samples/rpmdb-before.sqlite.zst");
    const BEFORE_LOG: &[u8] = include_bytes!("samples/rpmdb-before.sqlite-wal.zst");
    const NDB: &[u8] = include_bytes!("samples/Packages.db.zst");
    const BERKELEY: &[u8] = include_bytes!("samples/Packages.zst");

    fn unpacked(bytes: &[u8]) -> Vec<u8> {
        zstd::decode_all(bytes).unwrap()
    }

    fn machine(name: &str, bytes: &[u8]) -> MapHost {
        MapHost::new().file(&format!("/var/lib/rpm/{name}"), unpacked(bytes))
    }

    fn names(host: &MapHost) -> Vec<String> {
        let (packages, complaints) = Database::find(host).unwrap().packages(host).unwrap();
        assert_eq!(complaints, []);
        let mut names: Vec<String> = packages
            .into_iter()
            .map(|it| format!("{} {} {}", it.name, it.version, it.architecture.unwrap()))
            .collect();
        names.sort();
        names
    }

    const EXPECTED: [&str; 3] =
        ["kt-big 3.0-7 noarch", "kt-epoch 2:1.0~rc1-1 noarch", "kt-plain 1.2.3-4 noarch"];

    #[test]
    fn every_form_of_the_database_gives_the_same_packages() {
        assert_eq!(names(&machine("rpmdb.sqlite", SQLITE)), EXPECTED);
        assert_eq!(names(&machine("Packages.db", NDB)), EXPECTED);
        assert_eq!(names(&machine("Packages", BERKELEY)), EXPECTED);
    }

    #[test]
    fn what_stands_in_the_log_beside_the_database_counts() {
        let host = machine("rpmdb.sqlite", BEFORE);
        assert_eq!(names(&host), EXPECTED[2..]);
        let host = host.file("/var/lib/rpm/rpmdb.sqlite-wal", unpacked(BEFORE_LOG));
        assert_eq!(names(&host), EXPECTED);
    }

    #[test]
    fn a_log_that_was_cut_counts_up_to_its_last_commit() {
        let mut log = unpacked(BEFORE_LOG);
        log.truncate(log.len() - 5);
        let host = machine("rpmdb.sqlite", BEFORE).file("/var/lib/rpm/rpmdb.sqlite-wal", log);
        // Each package was a transaction; the last of them is cut.
        assert_eq!(names(&host).len(), 2);
    }

    #[test]
    fn a_package_is_told_in_rpms_own_words() {
        let host = machine("Packages.db", NDB);
        let (packages, _) = Database::find(&host).unwrap().packages(&host).unwrap();
        let package = packages.iter().find(|it| it.name == "kt-plain").unwrap();
        assert_eq!(package.licence.as_deref(), Some("MIT"));
        assert_eq!(package.publisher.as_deref(), Some("Example Works"));
        assert_eq!(package.summary.as_deref(), Some("A plain package"));
        assert_eq!(package.home_page.as_deref(), Some("https://example.org/plain"));
        assert_eq!(package.source_name, None);
        assert!(package.installed_at.is_some() && package.size_bytes.is_some());
        let sub = packages.iter().find(|it| it.name == "kt-big").unwrap();
        assert_eq!(sub.source_name.as_deref(), Some("kt-source"));
        assert_eq!(sub.source_version, None);
    }

    #[test]
    fn the_owner_of_a_file_is_found() {
        for (name, bytes) in
            [("rpmdb.sqlite", SQLITE), ("Packages.db", NDB), ("Packages", BERKELEY)]
        {
            let host = machine(name, bytes);
            let wanted = ["/usr/bin/kt-plain", "/usr/share/kt-big/file-1999", "/usr/bin/none"];
            let wanted = wanted.map(|it| (it.as_bytes().to_vec(), it.to_owned())).into();
            let owners = Database::find(&host).unwrap().owners(&host, &wanted).unwrap();
            let mut owners: Vec<(String, String)> =
                owners.into_iter().map(|(path, it)| (path, it.name)).collect();
            owners.sort();
            let expected = [
                ("/usr/bin/kt-plain".to_owned(), "kt-plain".to_owned()),
                ("/usr/share/kt-big/file-1999".to_owned(), "kt-big".to_owned()),
            ];
            assert_eq!(owners, expected, "{name}");
        }
    }

    #[test]
    fn a_machine_without_rpm_has_no_database() {
        assert!(matches!(Database::find(&MapHost::new()), Err(Absent::NotHere { .. })));
        let forbidden = machine("Packages", BERKELEY).forbid("/var/lib/rpm/Packages");
        let database = Database::find(&forbidden).unwrap();
        assert!(matches!(database.packages(&forbidden), Err(Absent::NotAllowed { .. })));
    }

    /// A cheap deterministic generator: a mutated database must be the same in every run.
    fn next(state: &mut u64) -> usize {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        usize::try_from(*state >> 33).unwrap()
    }

    #[test]
    fn a_mutated_or_cut_database_never_panics_and_never_ends_in_a_circle() {
        let mut state = 0x1234_5678_9abc_def1;
        for (name, bytes) in
            [("rpmdb.sqlite", SQLITE), ("Packages.db", NDB), ("Packages", BERKELEY)]
        {
            let whole = unpacked(bytes);
            for round in 0..60 {
                let mut hostile = whole.clone();
                for _ in 0..=round {
                    // Half of the damage where the structure of the file stands.
                    let end = if round % 2 == 0 { hostile.len() } else { 4096 };
                    let at = next(&mut state) % end;
                    hostile[at] = u8::try_from(next(&mut state) & 0xFF).unwrap();
                }
                if round % 3 == 0 {
                    hostile.truncate(next(&mut state) % whole.len());
                }
                let host = MapHost::new().file(&format!("/var/lib/rpm/{name}"), hostile);
                let _ = Database::find(&host).unwrap().packages(&host);
            }
        }
    }
}
