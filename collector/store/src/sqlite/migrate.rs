//! Brings a database to the present schema: forward only, each step in one transaction, and a copy
//! of the file is made before the first step.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::backup;
use super::connection::APPLICATION_ID;
use super::problem::Doing;
use crate::model::StoreError;

/// One step per published schema. A published step is never edited.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_first.sql"),
    include_str!("../../migrations/sqlite/0002_scans.sql"),
    include_str!("../../migrations/sqlite/0003_carried.sql"),
    include_str!("../../migrations/sqlite/0004_imports.sql"),
    include_str!("../../migrations/sqlite/0005_accounts.sql"),
    include_str!("../../migrations/sqlite/0006_snapshots.sql"),
];

const DOING: &str = "bringing the database to the present schema";

/// The newest schema version that this program knows.
pub(crate) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Runs the steps that are missing.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    migrate_by(connection, path, MIGRATIONS)
}

pub(super) fn migrate_by(
    connection: &mut Connection,
    path: &Path,
    migrations: &[&str],
) -> Result<(), StoreError> {
    let found = version_of_ours(connection, path)?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    if found > 0 && found < known {
        backup::copy(connection, &copy_path(path, found))?;
    }
    for (version, step) in (1_u32..).zip(migrations).filter(|(version, _)| *version > found) {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).doing(DOING)?;
        transaction.execute_batch(step).doing(DOING)?;
        transaction.pragma_update(None, "user_version", version).doing(DOING)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).doing(DOING)?;
        transaction.commit().doing(DOING)?;
    }
    Ok(())
}

/// Where the copy from before an upgrade goes.
fn copy_path(path: &Path, version: u32) -> PathBuf {
    path.with_added_extension(format!("schema-{version}"))
}

/// The schema version of a database of ours; 0 for an empty one.
pub(crate) fn version_of_ours(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let not_ours = |problem: String| StoreError::Open { path: path.display().to_string(), problem };
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let read = |name| {
        number(name).map_err(|error| {
            not_ours(format!(
                "this is not a database, or it is damaged ({error}); restore the newest good backup"
            ))
        })
    };
    let (version, application) = (read("user_version")?, read("application_id")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(
            |error| not_ours(format!("it is damaged ({error}); restore the newest good backup")),
        )?;
    if tables == 0 && version == 0 {
        return Ok(0);
    }
    if application != i64::from(APPLICATION_ID) {
        return Err(not_ours("it belongs to another program".to_owned()));
    }
    u32::try_from(version).map_err(|_| not_ours(format!("it has the schema version {version}")))
}

/// Refuses a schema that differs from the one that our own steps make: a prepared file could carry
/// triggers, views, or tables of other shapes.
pub(crate) fn check_schema(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = version_of_ours(connection, path)?;
    if found > newest() {
        return Err(StoreError::NewerSchema { found, known: newest() });
    }
    let ours = Connection::open_in_memory().doing(DOING)?;
    for step in MIGRATIONS.iter().take(usize::try_from(found).unwrap_or(usize::MAX)) {
        ours.execute_batch(step).doing(DOING)?;
    }
    if objects(connection)? == objects(&ours)? {
        return Ok(());
    }
    Err(StoreError::Open {
        path: path.display().to_string(),
        problem: format!(
            "its tables are not those of schema version {found}: the file was changed by another hand; restore a good backup"
        ),
    })
}

/// Every object of a schema with its definition.
fn objects(connection: &Connection) -> Result<Vec<(String, String, Option<String>)>, StoreError> {
    let mut statement = connection
        .prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
        .doing(DOING)?;
    let rows =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}
