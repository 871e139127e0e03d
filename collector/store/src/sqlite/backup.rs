//! Copies of the whole database: made while work goes on, verified before they count, and verified
//! again before they take the database's place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::bodies;
use super::cell::Hash;
use super::connection::{open, open_reader};
use super::events;
use super::migrate;
use super::problem::{Doing, damaged};
use crate::model::{BackupSummary, StoreError};

const COPYING: &str = "copying the database";
const VERIFYING: &str = "verifying a copy of the database";

/// Writes a verified copy to a file that must not exist yet.
pub(crate) fn create(database: &Path, target: &Path) -> Result<BackupSummary, StoreError> {
    if target.exists() {
        return Err(not_written(target, "there is a file of this name already".to_owned()));
    }
    copy(&open_reader(database)?, target)
}

/// Copies what a connection sees at this moment. The target appears when it is whole.
pub(crate) fn copy(from: &Connection, target: &Path) -> Result<BackupSummary, StoreError> {
    let part = target.with_added_extension("part");
    let copied = fill(from, &part).and_then(|summary| {
        sync(&part)?;
        fs::rename(&part, target).map_err(|error| not_written(target, error.to_string()))?;
        sync_folder_of(target)?;
        Ok(summary)
    });
    if copied.is_err() {
        // What is left of it is worth nothing; that it cannot be removed changes nothing.
        drop(fs::remove_file(&part));
    }
    copied
}

fn fill(from: &Connection, part: &Path) -> Result<BackupSummary, StoreError> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(not_written(part, error.to_string()));
        }
        Ok(()) | Err(_) => {}
    }
    let mut to = open(part)?;
    // All pages in one step are one view of the database; writers go on in the log meanwhile.
    let step = Backup::new(from, &mut to).and_then(|it| it.step(-1)).doing(COPYING)?;
    if !matches!(step, StepResult::Done) {
        let source = format!("the copy ended with {step:?}").into();
        return Err(StoreError::Database { doing: COPYING, source });
    }
    // One file without a log beside it.
    to.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(())).doing(COPYING)?;
    verify(&to, part)
}

/// Checks pages, references, schema, every body against its hash, and the chain of events.
pub(crate) fn verify(connection: &Connection, path: &Path) -> Result<BackupSummary, StoreError> {
    migrate::check_schema(connection, path)?;
    let schema = migrate::version_of_ours(connection, path)?;
    let state: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).doing(VERIFYING)?;
    if state != "ok" {
        return Err(damaged(VERIFYING, state));
    }
    let dangling = connection
        .prepare("PRAGMA foreign_key_check")
        .and_then(|mut statement| statement.exists([]))
        .doing(VERIFYING)?;
    if dangling {
        return Err(damaged(VERIFYING, "a row refers to one that is not there"));
    }
    let bodies = verify_bodies(connection)?;
    let chain = events::verify(connection)?;
    if let Some(number) = chain.first_broken {
        return Err(damaged(VERIFYING, format!("the chain of events is broken at {number}")));
    }
    Ok(BackupSummary { schema, bodies, events: chain.events })
}

fn verify_bodies(connection: &Connection) -> Result<u64, StoreError> {
    let mut statement = connection
        .prepare("SELECT hash, length, body FROM section_body WHERE body IS NOT NULL")
        .doing(VERIFYING)?;
    let mut rows = statement.query([]).doing(VERIFYING)?;
    let mut count = 0;
    while let Some(row) = rows.next().doing(VERIFYING)? {
        let hash: Hash = row.get(0).doing(VERIFYING)?;
        let compressed: Vec<u8> = row.get(2).doing(VERIFYING)?;
        bodies::unpack(hash.0, row.get(1).doing(VERIFYING)?, &compressed)?;
        count += 1;
    }
    Ok(count)
}

/// Checks a file.
pub(crate) fn verify_file(path: &Path) -> Result<BackupSummary, StoreError> {
    verify(&open_backup(path)?, path)
}

/// Puts a backup in the place of a database that nobody has open. What was there is kept beside it
/// with the ending `.replaced`.
pub(crate) fn restore(from: &Path, database: &Path) -> Result<BackupSummary, StoreError> {
    let restoring = restoring_path(database);
    let backup = open_backup(from)?;
    verify(&backup, from)?;
    let summary = copy(&backup, &restoring)?;
    drop(backup);
    let replaced = database.with_added_extension("replaced");
    // The log goes first: left beside the restored file it would be played into it.
    for ending in ["-wal", "-shm"] {
        move_away(&beside(database, ending), &beside(&replaced, ending))?;
    }
    move_away(database, &replaced)?;
    fs::rename(&restoring, database).map_err(|error| not_written(database, error.to_string()))?;
    sync_folder_of(database)?;
    Ok(summary)
}

/// Where a restored database stands until it takes its place.
pub(crate) fn restoring_path(database: &Path) -> PathBuf {
    database.with_added_extension("restoring")
}

/// A backup for reading only: nothing in it is trusted yet.
fn open_backup(path: &Path) -> Result<Connection, StoreError> {
    let not_opened =
        |problem: String| StoreError::Open { path: path.display().to_string(), problem };
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| not_opened(error.to_string()))?;
    connection.pragma_update(None, "trusted_schema", false).doing(VERIFYING)?;
    connection.pragma_update(None, "cell_size_check", true).doing(VERIFYING)?;
    Ok(connection)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn move_away(from: &Path, to: &Path) -> Result<(), StoreError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(not_written(to, error.to_string()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| not_written(path, error.to_string()))
}

/// Makes a rename durable.
fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    sync(folder.unwrap_or_else(|| Path::new(".")))
}

fn not_written(path: &Path, problem: String) -> StoreError {
    StoreError::Open { path: path.display().to_string(), problem }
}
