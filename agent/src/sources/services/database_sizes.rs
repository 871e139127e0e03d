//! How much room databases take: the sum of the files in their folders.

use observation::latest::{
    Absent, Cadence, Complaint, Database, DatabaseSize, Fact, Gap, Platform, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::{Found, Source, database_servers, named};

/// Most files of all databases together: each costs one question to the file system.
const FILES_MAX: usize = 10_000;

/// Sizes of databases.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.database_sizes"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let databases = database_servers::read(context.host, &mut Found::default());
    let mut files_left = FILES_MAX;
    for database in databases {
        for folder in folders(context.host, &database) {
            match size(context.host, &folder, &mut files_left) {
                Ok(Some(size_bytes)) => found.facts.push(Fact::DatabaseSize(DatabaseSize {
                    product: database.product.clone(),
                    instance: database.instance.clone(),
                    database: name(&database, &folder),
                    size_bytes,
                })),
                Ok(None) => {
                    let problem = "there are too many files to add up their sizes".to_owned();
                    found.complaints.push(Complaint { place: folder, problem });
                    return Ok(found);
                }
                Err(Absent::NotHere { .. }) => {}
                Err(reason) => {
                    let (field, of) = ("database".to_owned(), Some(folder));
                    found.gaps.push(Gap { field, of, reason });
                }
            }
        }
    }
    Ok(found)
}

/// One folder for each database; PostgreSQL names its folders by number.
fn folders(host: &dyn Host, database: &Database) -> Vec<String> {
    match (&*database.product, &database.data_folder, &database.database) {
        ("postgresql", Some(folder), _) => named::files(host, &format!("{folder}/base/*")),
        ("mysql" | "mariadb", None, Some(_)) => vec![database.place.clone()],
        ("redis" | "valkey" | "mongodb" | "openldap", Some(folder), _) => vec![folder.clone()],
        _ => Vec::new(),
    }
}

fn name(database: &Database, folder: &str) -> Option<String> {
    match &*database.product {
        "postgresql" => Some(format!("oid {}", named::base_name(folder))),
        _ => database.database.clone(),
    }
}

/// None where there is no room for more files.
fn size(host: &dyn Host, folder: &str, files_left: &mut usize) -> Result<Option<u64>, Absent> {
    let mut sum = 0_u64;
    for name in host.names(folder)? {
        let Some(left) = files_left.checked_sub(1) else { return Ok(None) };
        *files_left = left;
        // A file may go while we look.
        if let Ok(status) = host.status(&format!("{folder}/{name}")) {
            sum = sum.saturating_add(if status.is_folder { 0 } else { status.size_bytes });
        }
    }
    Ok(Some(sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{PathStatus, Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn sizes_are_sums_of_files() {
        let status = |path: &str, size_bytes| {
            let status = PathStatus {
                is_folder: false,
                is_executable: false,
                size_bytes,
                owner: 0,
                modified_seconds: 0,
                changed_nanoseconds: 0,
            };
            (Request::Status { path: path.to_owned() }, Ok(Reply::Status(status)))
        };
        let (one, two) = (status("/d/base/5/1", 8192), status("/d/base/5/2", 100));
        let host = MapHost::new()
            .file("/etc/postgresql/15/main/postgresql.conf", "data_directory = '/d'\n")
            .file("/d/base/5/1", "")
            .file("/d/base/5/2", "")
            .answer(one.0, one.1)
            .answer(two.0, two.1);
        let found = with_context(&host, observe).unwrap();
        let [Fact::DatabaseSize(it)] = &*found.facts else { panic!("{found:?}") };
        assert_eq!((it.size_bytes, it.database.as_deref()), (8292, Some("oid 5")));
    }

    #[test]
    fn too_many_files_are_not_added_up() {
        let host = MapHost::new().file("/d/a", "").file("/d/b", "");
        assert_eq!(size(&host, "/d", &mut 1), Ok(None));
        assert_eq!(size(&host, "/d", &mut 2), Ok(Some(0)));
        assert!(size(&host, "/none", &mut 2).is_err());
    }
}
