//! Snapshots.

use observation::ContentHash;
use rusqlite::{Connection, OptionalExtension, Row};

use super::bodies::ZSTD_LEVEL;
use super::cell::{Hash, Micros, count_cell};
use super::events;
use super::problem::{Doing, damaged};
use crate::model::{EventDraft, StoreError};
use crate::snapshots::{NewSnapshot, SNAPSHOT_BYTES_MAX, SnapshotRecord};

const COLUMNS: &str = "number, name, taken_at, actor, language, rows, hash, event";

/// Keeps a snapshot with its event; none: there is one of this name.
pub(crate) fn keep(
    connection: &Connection,
    new: &NewSnapshot,
    event: &EventDraft,
) -> Result<Option<SnapshotRecord>, StoreError> {
    const DOING: &str = "keeping a snapshot";
    if new.body.len() > SNAPSHOT_BYTES_MAX {
        return Err(StoreError::Refused { problem: "the snapshot is too large".to_owned() });
    }
    if all(connection)?.iter().any(|it| it.name == new.name) {
        return Ok(None);
    }
    let hash = ContentHash::of(&new.body);
    let event = EventDraft { after: Some(hash.to_string()), ..event.clone() };
    events::append(connection, &event)?;
    let packed = zstd::bulk::compress(&new.body, ZSTD_LEVEL)
        .map_err(|error| StoreError::Database { doing: DOING, source: error.into() })?;
    let sql = format!(
        "INSERT INTO snapshot ({COLUMNS}, length, body) \
         VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    );
    let event = events::head(connection)?.0;
    connection
        .execute(
            &sql,
            (
                &new.name,
                Micros(new.taken_at),
                &new.actor,
                &new.language,
                count_cell(new.rows),
                Hash(hash),
                count_cell(event),
                i64::try_from(new.body.len()).unwrap_or(i64::MAX),
                packed,
            ),
        )
        .doing(DOING)?;
    Ok(all(connection)?.pop())
}

/// All snapshots, the oldest first.
pub(crate) fn all(connection: &Connection) -> Result<Vec<SnapshotRecord>, StoreError> {
    const DOING: &str = "reading the snapshots";
    let sql = format!("SELECT {COLUMNS} FROM snapshot ORDER BY number");
    let mut statement = connection.prepare_cached(&sql).doing(DOING)?;
    let rows = statement.query_map([], read).doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

fn read(row: &Row<'_>) -> rusqlite::Result<SnapshotRecord> {
    Ok(SnapshotRecord {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        name: row.get(1)?,
        taken_at: row.get::<_, Micros>(2)?.0,
        actor: row.get(3)?,
        language: row.get(4)?,
        rows: row.get::<_, i64>(5)?.unsigned_abs(),
        hash: row.get::<_, Hash>(6)?.0,
        event: row.get::<_, i64>(7)?.unsigned_abs(),
    })
}

/// The cells of a snapshot.
pub(crate) fn body(connection: &Connection, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
    const DOING: &str = "reading a snapshot";
    let found: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT length, body FROM snapshot WHERE number = ?1")
        .and_then(|mut it| {
            it.query_row([count_cell(number)], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .doing(DOING)?;
    let Some((length, packed)) = found else { return Ok(None) };
    let length = usize::try_from(length)
        .ok()
        .filter(|it| *it <= SNAPSHOT_BYTES_MAX)
        .ok_or_else(|| damaged(DOING, "an impossible length"))?;
    let body = zstd::bulk::decompress(&packed, length)
        .map_err(|error| damaged(DOING, error.to_string()))?;
    Ok(Some(body))
}
