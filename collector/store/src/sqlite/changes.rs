//! Changes of the register, imports, and what exports showed.

use inventory::register::FieldChange;
use rusqlite::{Connection, OptionalExtension, Row};

use super::bodies::ZSTD_LEVEL;
use super::cell::{Hash, Micros, count_cell};
use super::claims;
use super::events;
use super::problem::{Doing, damaged};
use super::stated;
use crate::changes::{
    ChangeSetRecord, ChangedRegister, EXPORT_BASE_BYTES_MAX, EXPORT_BASES_MAX, ImportRecord,
    KeptImport, RegisterChange,
};
use crate::model::StoreError;

/// Keeps a change in one transaction.
pub(crate) fn change(
    connection: &Connection,
    change: &RegisterChange,
) -> Result<ChangedRegister, StoreError> {
    const DOING: &str = "keeping a change of the register";
    if stated::register(connection)? != change.before {
        let problem = "the register was changed meanwhile; try again".to_owned();
        return Err(StoreError::Refused { problem });
    }
    let import =
        change.import.as_ref().map(|it| keep_import(connection, change, it)).transpose()?;
    if change.events.is_empty() {
        claims::change(connection, &change.claims, &change.actor, change.at)?;
        return Ok(ChangedRegister { change_set: None, import });
    }
    let first_event = events::head(connection)?.0 + 1;
    stated::replace_register(connection, &change.after, &change.events)?;
    let last_event = events::head(connection)?.0;
    let fields = serde_json::to_string(&change.fields)
        .map_err(|error| StoreError::Database { doing: DOING, source: error.into() })?;
    connection
        .execute(
            "INSERT INTO change_set (at, kind, object, import, first_event, last_event, fields) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                Micros(change.at),
                change.kind,
                &change.object,
                import.map(count_cell),
                count_cell(first_event),
                count_cell(last_event),
                fields,
            ),
        )
        .doing(DOING)?;
    let number = connection.last_insert_rowid();
    if let Some(undone) = change.undoes {
        let changed = connection
            .execute(
                "UPDATE change_set SET undone_by = ?1 WHERE number = ?2 AND undone_by IS NULL",
                (number, count_cell(undone)),
            )
            .doing(DOING)?;
        if changed != 1 {
            let problem = "it was taken back already".to_owned();
            return Err(StoreError::Refused { problem });
        }
    }
    claims::change(connection, &change.claims, &change.actor, change.at)?;
    Ok(ChangedRegister { change_set: Some(number.unsigned_abs()), import })
}

fn keep_import(
    connection: &Connection,
    change: &RegisterChange,
    import: &KeptImport,
) -> Result<u64, StoreError> {
    const DOING: &str = "keeping an import";
    match import {
        KeptImport::New { actor, file_name, file_hash, outcome } => {
            connection
                .execute(
                    "INSERT INTO workbook_import (at, actor, file_name, file_hash, outcome) \
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    (Micros(change.at), actor, file_name, Hash(*file_hash), outcome),
                )
                .doing(DOING)?;
            Ok(connection.last_insert_rowid().unsigned_abs())
        }
        KeptImport::Decided { number, was, outcome } => {
            let changed = connection
                .execute(
                    "UPDATE workbook_import SET outcome = ?1 WHERE number = ?2 AND outcome = ?3",
                    (outcome, count_cell(*number), was),
                )
                .doing(DOING)?;
            if changed != 1 {
                let problem = "the import was decided meanwhile; try again".to_owned();
                return Err(StoreError::Refused { problem });
            }
            Ok(*number)
        }
    }
}

/// The imports, newest first.
pub(crate) fn imports(
    connection: &Connection,
    limit: u32,
) -> Result<Vec<ImportRecord>, StoreError> {
    const DOING: &str = "reading the imports";
    let mut statement = connection
        .prepare_cached(
            "SELECT number, at, actor, file_name, file_hash, outcome FROM workbook_import \
             ORDER BY number DESC LIMIT ?1",
        )
        .doing(DOING)?;
    let rows = statement.query_map([limit], read_import).doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// One import.
pub(crate) fn import(
    connection: &Connection,
    number: u64,
) -> Result<Option<ImportRecord>, StoreError> {
    connection
        .prepare_cached(
            "SELECT number, at, actor, file_name, file_hash, outcome FROM workbook_import \
             WHERE number = ?1",
        )
        .and_then(|mut it| it.query_row([count_cell(number)], read_import).optional())
        .doing("reading an import")
}

fn read_import(row: &Row<'_>) -> rusqlite::Result<ImportRecord> {
    Ok(ImportRecord {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        at: row.get::<_, Micros>(1)?.0,
        actor: row.get(2)?,
        file_name: row.get(3)?,
        file_hash: row.get::<_, Hash>(4)?.0,
        outcome: row.get(5)?,
    })
}

const CHANGE_SET: &str = "SELECT number, at, kind, object, first_event, last_event, fields, \
     undone_by FROM change_set";

/// The change set that an event belongs to.
pub(crate) fn change_set_of(
    connection: &Connection,
    event: u64,
) -> Result<Option<ChangeSetRecord>, StoreError> {
    let sql = format!("{CHANGE_SET} WHERE first_event <= ?1 ORDER BY first_event DESC LIMIT 1");
    let found = change_set(connection, &sql, count_cell(event))?;
    Ok(found.filter(|it| event <= it.last_event))
}

/// The change set of an import.
pub(crate) fn change_set_of_import(
    connection: &Connection,
    import: u64,
) -> Result<Option<ChangeSetRecord>, StoreError> {
    let sql = format!("{CHANGE_SET} WHERE import = ?1 AND kind = 'import'");
    change_set(connection, &sql, count_cell(import))
}

fn change_set(
    connection: &Connection,
    sql: &str,
    number: i64,
) -> Result<Option<ChangeSetRecord>, StoreError> {
    const DOING: &str = "reading a change";
    let found: Option<(ChangeSetRecord, String)> = connection
        .prepare_cached(sql)
        .and_then(|mut it| it.query_row([number], read_change_set).optional())
        .doing(DOING)?;
    let Some((record, fields)) = found else { return Ok(None) };
    let fields: Vec<FieldChange> =
        serde_json::from_str(&fields).map_err(|error| damaged(DOING, error.to_string()))?;
    Ok(Some(ChangeSetRecord { fields, ..record }))
}

fn read_change_set(row: &Row<'_>) -> rusqlite::Result<(ChangeSetRecord, String)> {
    let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
    let record = ChangeSetRecord {
        number: number(0)?,
        at: row.get::<_, Micros>(1)?.0,
        kind: row.get(2)?,
        object: row.get(3)?,
        first_event: number(4)?,
        last_event: number(5)?,
        fields: Vec::new(),
        undone_by: row.get::<_, Option<i64>>(7)?.map(i64::unsigned_abs),
    };
    Ok((record, row.get(6)?))
}

/// Keeps what an export showed; the oldest beyond the limit go.
pub(crate) fn keep_export_base(
    connection: &Connection,
    export: u64,
    body: &[u8],
) -> Result<(), StoreError> {
    const DOING: &str = "keeping what an export showed";
    let failed =
        |error: std::io::Error| StoreError::Database { doing: DOING, source: error.into() };
    if body.len() > EXPORT_BASE_BYTES_MAX {
        return Err(StoreError::Refused { problem: "the export is too large".to_owned() });
    }
    let packed = zstd::bulk::compress(body, ZSTD_LEVEL).map_err(failed)?;
    let length = i64::try_from(body.len()).unwrap_or(i64::MAX);
    connection
        .execute(
            "INSERT OR REPLACE INTO export_base VALUES (?1, ?2, ?3)",
            (count_cell(export), length, packed),
        )
        .doing(DOING)?;
    connection
        .execute(
            "DELETE FROM export_base WHERE export NOT IN \
             (SELECT export FROM export_base ORDER BY export DESC LIMIT ?1)",
            [EXPORT_BASES_MAX],
        )
        .doing(DOING)?;
    Ok(())
}

/// What an export showed; none: it is not known, or too old.
pub(crate) fn export_base(
    connection: &Connection,
    export: uuid::Uuid,
) -> Result<Option<Vec<u8>>, StoreError> {
    const DOING: &str = "reading what an export showed";
    let found: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT length, body FROM export_base \
             JOIN workbook_export ON workbook_export.number = export_base.export WHERE id = ?1",
        )
        .and_then(|mut it| {
            it.query_row([super::cell::Id(export)], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .doing(DOING)?;
    let Some((length, packed)) = found else { return Ok(None) };
    let length = usize::try_from(length)
        .ok()
        .filter(|it| *it <= EXPORT_BASE_BYTES_MAX)
        .ok_or_else(|| damaged(DOING, "an impossible length"))?;
    let body = zstd::bulk::decompress(&packed, length)
        .map_err(|error| damaged(DOING, error.to_string()))?;
    Ok(Some(body))
}
