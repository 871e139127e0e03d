//! Opening the database file with the settings on which durability and safety rest.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::problem::Doing;
use crate::model::StoreError;

/// Marks a file as ours: "KATS".
pub(crate) const APPLICATION_ID: i32 = 0x4B41_5453;
/// How long one process waits for another's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Statements kept ready per connection.
const STATEMENTS_KEPT: usize = 128;
/// The log is cut back to this size after a checkpoint.
const JOURNAL_BYTES_MAX: i64 = 64 * 1024 * 1024;

const OPENING: &str = "opening the database";

/// Settings of the one connection that writes.
pub(crate) fn prepare_for_writing(connection: &Connection) -> Result<(), StoreError> {
    // FULL: a commit is on the disk before it is answered, not only in the page cache.
    connection
        .pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
        .and_then(|()| connection.pragma_update(None, "synchronous", "full"))
        .and_then(|()| {
            connection.pragma_update_and_check(
                None,
                "journal_size_limit",
                JOURNAL_BYTES_MAX,
                |_| Ok(()),
            )
        })
        .doing(OPENING)
}

/// A connection that cannot change anything.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path)?;
    connection.pragma_update(None, "query_only", true).doing(OPENING)?;
    Ok(connection)
}

/// A connection with what all need: a schema that a foreign hand prepared can run no function, and
/// references between rows hold.
pub(crate) fn open(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).map_err(|error| StoreError::Open {
        path: path.display().to_string(),
        problem: error.to_string(),
    })?;
    connection.busy_timeout(BUSY_TIMEOUT).doing(OPENING)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    for (setting, is_on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    ] {
        connection.set_db_config(setting, is_on).doing(OPENING)?;
    }
    connection.pragma_update(None, "foreign_keys", true).doing(OPENING)?;
    connection.pragma_update(None, "cell_size_check", true).doing(OPENING)?;
    Ok(connection)
}
