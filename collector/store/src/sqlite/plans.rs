//! Plans of scans, and what scans may ask with.

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::cell::{Id, Micros};
use super::events;
use super::problem::Doing;
use crate::model::{EventDraft, StoreError};
use crate::scans::{CredentialRecord, ScanPlanRecord, ScanRunRecord};

const DOING: &str = "reading the plans of scans";
const KEEPING: &str = "keeping a plan of scans";

/// Keeps a new plan. Its name is nobody else's.
pub(crate) fn add(
    connection: &Connection,
    plan: &ScanPlanRecord,
    event: &EventDraft,
) -> Result<(), StoreError> {
    let is_taken: bool = connection
        .query_row("SELECT EXISTS (SELECT 1 FROM scan_plan WHERE name = ?1)", [&plan.name], |row| {
            row.get(0)
        })
        .doing(KEEPING)?;
    if is_taken {
        let problem = format!("there is another plan with the name {}", plan.name);
        return Err(StoreError::Refused { problem });
    }
    connection
        .execute(
            "INSERT INTO scan_plan VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                Id(plan.id),
                &plan.name,
                &plan.document,
                Micros(plan.created_at),
                plan.last_run.map(Id),
                plan.last_run_at.map(Micros),
                plan.next_run_at.map(Micros),
            ),
        )
        .doing(KEEPING)?;
    events::append(connection, event)
}

/// Notes the times of a plan. `false`: it was removed.
pub(crate) fn note_times(
    connection: &Connection,
    id: Uuid,
    last_run_at: Option<Timestamp>,
    next_run_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let changed = connection.execute(
        "UPDATE scan_plan SET last_run_at = coalesce(?2, last_run_at), next_run_at = ?3 \
         WHERE id = ?1",
        (Id(id), last_run_at.map(Micros), next_run_at.map(Micros)),
    );
    Ok(changed.doing(KEEPING)? > 0)
}

/// Notes the newest run of a plan. `false`: the plan was removed.
pub(crate) fn note_run(
    connection: &Connection,
    id: Uuid,
    run: &ScanRunRecord,
) -> Result<bool, StoreError> {
    let changed = connection.execute(
        "UPDATE scan_plan SET last_run = ?2, last_run_at = ?3 WHERE id = ?1",
        (Id(id), Id(run.id), Micros(run.ordered_at)),
    );
    Ok(changed.doing(KEEPING)? > 0)
}

/// All plans by name.
pub(crate) fn all(connection: &Connection) -> Result<Vec<ScanPlanRecord>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT id, name, document, created_at, last_run, last_run_at, next_run_at \
             FROM scan_plan ORDER BY name",
        )
        .doing(DOING)?;
    let rows = statement.query_map([], read).doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ScanPlanRecord> {
    let time = |index| row.get::<_, Option<Micros>>(index).map(|it| it.map(|it| it.0));
    Ok(ScanPlanRecord {
        id: row.get::<_, Id>(0)?.0,
        name: row.get(1)?,
        document: row.get(2)?,
        created_at: row.get::<_, Micros>(3)?.0,
        last_run: row.get::<_, Option<Id>>(4)?.map(|it| it.0),
        last_run_at: time(5)?,
        next_run_at: time(6)?,
    })
}

/// Removes a plan and its credentials. `false`: there is none.
pub(crate) fn remove(
    connection: &Connection,
    id: Uuid,
    event: &EventDraft,
) -> Result<bool, StoreError> {
    connection.execute("DELETE FROM credential WHERE plan = ?1", [Id(id)]).doing(KEEPING)?;
    if connection.execute("DELETE FROM scan_plan WHERE id = ?1", [Id(id)]).doing(KEEPING)? == 0 {
        return Ok(false);
    }
    events::append(connection, event)?;
    Ok(true)
}

/// Keeps a sealed credential.
pub(crate) fn put_credential(
    connection: &Connection,
    credential: &CredentialRecord,
    event: &EventDraft,
) -> Result<(), StoreError> {
    connection
        .execute(
            "INSERT INTO credential VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                Id(credential.id),
                credential.plan.map(Id),
                &credential.scope,
                &credential.kind,
                &credential.sealed,
                Micros(credential.created_at),
            ),
        )
        .doing("keeping a credential")?;
    events::append(connection, event)
}

/// All credentials, sealed, oldest first.
pub(crate) fn credentials(connection: &Connection) -> Result<Vec<CredentialRecord>, StoreError> {
    const DOING: &str = "reading the credentials";
    let mut statement = connection
        .prepare_cached(
            "SELECT id, plan, scope, kind, sealed, created_at FROM credential \
             ORDER BY created_at, id",
        )
        .doing(DOING)?;
    let rows = statement
        .query_map([], |row| {
            Ok(CredentialRecord {
                id: row.get::<_, Id>(0)?.0,
                plan: row.get::<_, Option<Id>>(1)?.map(|it| it.0),
                scope: row.get(2)?,
                kind: row.get(3)?,
                sealed: row.get(4)?,
                created_at: row.get::<_, Micros>(5)?.0,
            })
        })
        .doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// Removes a credential. `false`: there is none.
pub(crate) fn remove_credential(
    connection: &Connection,
    id: Uuid,
    event: &EventDraft,
) -> Result<bool, StoreError> {
    const DOING: &str = "removing a credential";
    if connection.execute("DELETE FROM credential WHERE id = ?1", [Id(id)]).doing(DOING)? == 0 {
        return Ok(false);
    }
    events::append(connection, event)?;
    Ok(true)
}
