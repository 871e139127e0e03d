//! What people stated, the exports that were made, and small values of the installation.

use inventory::register::Register;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::cell::{Id, Micros};
use super::events;
use super::problem::{Doing, damaged};
use crate::model::{EventDraft, ExportRecord, StoreError};

pub(crate) fn register(connection: &Connection) -> Result<Register, StoreError> {
    const DOING: &str = "reading the register";
    let document: Option<String> = connection
        .query_row("SELECT document FROM register", [], |row| row.get(0))
        .optional()
        .doing(DOING)?;
    document.map_or_else(
        || Ok(Register::default()),
        |text| serde_json::from_str(&text).map_err(|error| damaged(DOING, error.to_string())),
    )
}

pub(crate) fn replace_register(
    connection: &Connection,
    register: &Register,
    drafts: &[EventDraft],
) -> Result<(), StoreError> {
    const DOING: &str = "keeping the register";
    let document = serde_json::to_string(register)
        .map_err(|error| StoreError::Database { doing: DOING, source: error.into() })?;
    connection
        .execute("INSERT OR REPLACE INTO register VALUES (1, ?1)", [document])
        .doing(DOING)?;
    events::append_all(connection, drafts)
}

pub(crate) fn record_export(
    connection: &Connection,
    id: Uuid,
    as_of: Timestamp,
    event: &EventDraft,
) -> Result<ExportRecord, StoreError> {
    const DOING: &str = "keeping an export";
    connection
        .execute("INSERT INTO workbook_export (id, as_of) VALUES (?1, ?2)", (Id(id), Micros(as_of)))
        .doing(DOING)?;
    events::append(connection, event)?;
    last_export(connection)?.ok_or_else(|| damaged(DOING, "the new export is not there"))
}

pub(crate) fn last_export(connection: &Connection) -> Result<Option<ExportRecord>, StoreError> {
    const DOING: &str = "reading the exports";
    let mut statement = connection
        .prepare("SELECT number, id, as_of FROM workbook_export ORDER BY number DESC LIMIT 2")
        .doing(DOING)?;
    let rows = statement.query_map([], read_export).doing(DOING)?;
    let mut newest = rows.collect::<Result<Vec<_>, _>>().doing(DOING)?.into_iter();
    let Some(last) = newest.next() else { return Ok(None) };
    let previous = newest.next().map(|it| (it.id, it.as_of));
    Ok(Some(ExportRecord { previous, ..last }))
}

fn read_export(row: &Row<'_>) -> rusqlite::Result<ExportRecord> {
    Ok(ExportRecord {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        id: row.get::<_, Id>(1)?.0,
        as_of: row.get::<_, Micros>(2)?.0,
        previous: None,
    })
}

pub(crate) fn setting(
    connection: &Connection,
    name: &'static str,
) -> Result<Option<Vec<u8>>, StoreError> {
    connection
        .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
        .optional()
        .doing("reading a setting")
}

pub(crate) fn setting_or_insert(
    connection: &Connection,
    name: &'static str,
    value: &[u8],
) -> Result<Vec<u8>, StoreError> {
    const DOING: &str = "keeping a setting";
    connection
        .execute("INSERT INTO setting VALUES (?1, ?2) ON CONFLICT DO NOTHING", (name, value))
        .doing(DOING)?;
    setting(connection, name)?.ok_or_else(|| damaged(DOING, "the new setting is not there"))
}
