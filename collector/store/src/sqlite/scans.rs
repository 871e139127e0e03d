//! Runs of scans and the parts of their results.

use std::collections::HashMap;

use inventory::asset::ObserverId;
use ipnet::IpNet;
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::AgentId;
use observation::latest::scan::{ScanFigures, ScanJob, ScanRemark, Vantage as Seen};
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::bodies::PreparedBody;
use super::cell::{Id, Json, Micros, ObserverName, Vantage, Word, count_cell};
use super::events;
use super::plans;
use super::problem::Doing;
use super::targets;
use crate::model::{EventDraft, StoreError};
use crate::scans::{AppendedPart, IncomingPart, RunUnderWay, ScanRunRecord, ScanRunState};

const DOING: &str = "reading the scans";
const KEEPING: &str = "keeping a scan";

const SELECT: &str = "SELECT id, plan, vantage, job, ordered_by, ordered_at, started_at, \
     finished_at, state, remarks, figures, seen_from, done, \
     (SELECT count(*) FROM scan_run_target WHERE run = scan_run.id) FROM scan_run";

/// The same for lists: from where it was looked and what is done may be a megabyte per run.
const SELECT_LISTED: &str = "SELECT id, plan, vantage, job, ordered_by, ordered_at, started_at, \
     finished_at, state, remarks, figures, NULL, NULL, \
     (SELECT count(*) FROM scan_run_target WHERE run = scan_run.id), \
     CASE state WHEN 'running' \
     THEN (SELECT max(received_at) FROM scan_part WHERE run = scan_run.id) END FROM scan_run";

/// Keeps a new run.
pub(crate) fn begin(
    connection: &Connection,
    run: &ScanRunRecord,
    event: &EventDraft,
) -> Result<(), StoreError> {
    if let Some(plan) = run.plan
        && !plans::note_run(connection, plan, run)?
    {
        let problem = "the plan of the scan was removed".to_owned();
        return Err(StoreError::Refused { problem });
    }
    let job = ScanJob { snmp: Vec::new(), ..run.job.clone() };
    connection
        .prepare_cached(
            "INSERT INTO scan_run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )
        .and_then(|mut it| {
            it.execute((
                Id(run.id),
                run.plan.map(Id),
                Vantage(run.vantage),
                Json(&job),
                &run.ordered_by,
                Micros(run.ordered_at),
                run.started_at.map(Micros),
                run.finished_at.map(Micros),
                Word(run.state),
                Json(&run.remarks),
                run.figures.map(Json),
                run.seen_from.as_ref().map(Json),
                Some(&run.done).filter(|it| !it.is_empty()).map(Json),
            ))
        })
        .doing(KEEPING)?;
    events::append(connection, event)
}

/// Keeps one part of a run's results, once.
pub(crate) fn append(
    connection: &Connection,
    part: &IncomingPart,
    prepared: &HashMap<ContentHash, PreparedBody>,
) -> Result<AppendedPart, StoreError> {
    let run = one(connection, part.run)?.filter(|it| it.vantage == part.found.vantage);
    let Some(run) = run else {
        let problem = format!("there is no scan {} from this place", part.run);
        return Err(StoreError::Refused { problem });
    };
    if let Some(kept) = kept(connection, part)? {
        return Ok(kept);
    }
    let (observers, lines_begun) = targets::append(connection, &part.found, prepared)?;
    for observer in &observers {
        connection
            .prepare_cached("INSERT OR IGNORE INTO scan_run_target VALUES (?1, ?2)")
            .and_then(|mut it| it.execute((Id(part.run), observer)))
            .doing(KEEPING)?;
    }
    let targets = u64::try_from(observers.len()).unwrap_or(u64::MAX);
    connection
        .prepare_cached("INSERT INTO scan_part VALUES (?1, ?2, ?3, ?4, ?5)")
        .and_then(|mut it| {
            let received_at = Micros(part.found.received_at);
            let counts = (count_cell(targets), count_cell(lines_begun));
            it.execute((Id(part.run), part.part, received_at, counts.0, counts.1))
        })
        .doing(KEEPING)?;
    if !run.state.is_over() {
        progress(connection, part, run.seen_from.as_ref())?;
    }
    // Also of a run that somebody ended before its scanner said so.
    if let Some((end, _)) = part.end.as_ref().filter(|it| !it.0.done.is_empty()) {
        set_done(connection, part.run, &end.done)?;
    }
    Ok(AppendedPart { was_repeated: false, targets, lines_begun })
}

fn kept(connection: &Connection, part: &IncomingPart) -> Result<Option<AppendedPart>, StoreError> {
    connection
        .prepare_cached("SELECT targets, lines_begun FROM scan_part WHERE run = ?1 AND part = ?2")
        .and_then(|mut it| {
            it.query_row((Id(part.run), part.part), |row| {
                Ok(AppendedPart {
                    was_repeated: true,
                    targets: row.get::<_, i64>(0)?.unsigned_abs(),
                    lines_begun: row.get::<_, i64>(1)?.unsigned_abs(),
                })
            })
            .optional()
        })
        .doing(KEEPING)
}

/// Notes how far the run has come. A part that names no link comes from an agent that speaks for a
/// scanner that said nothing: what was `known` of its place stays.
fn progress(
    connection: &Connection,
    part: &IncomingPart,
    known: Option<&Seen>,
) -> Result<(), StoreError> {
    let seen_from = known.filter(|_| part.seen_from.links.is_empty()).unwrap_or(&part.seen_from);
    connection
        .prepare_cached(
            "UPDATE scan_run SET state = 'running', started_at = min(coalesce(started_at, ?2), ?2), \
             seen_from = ?3 WHERE id = ?1",
        )
        .and_then(|mut it| {
            it.execute((Id(part.run), Micros(part.started_at), Json(seen_from)))
        })
        .doing(KEEPING)?;
    let Some((end, finished_at)) = &part.end else { return Ok(()) };
    let state = if end.is_complete { ScanRunState::Complete } else { ScanRunState::Partial };
    set_end(connection, part.run, *finished_at, state, &end.remarks, Some(end.figures))?;
    Ok(())
}

fn set_done(connection: &Connection, run: Uuid, done: &[IpNet]) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE scan_run SET done = ?2 WHERE id = ?1")
        .and_then(|mut it| it.execute((Id(run), Json(done))))
        .doing(KEEPING)
        .map(drop)
}

fn set_end(
    connection: &Connection,
    run: Uuid,
    finished_at: Timestamp,
    state: ScanRunState,
    remarks: &[ScanRemark],
    figures: Option<ScanFigures>,
) -> Result<usize, StoreError> {
    connection
        .prepare_cached(
            "UPDATE scan_run SET state = ?2, finished_at = ?3, remarks = ?4, figures = ?5 \
             WHERE id = ?1 AND state IN ('waiting', 'running')",
        )
        .and_then(|mut it| {
            let figures = figures.map(Json);
            it.execute((Id(run), Word(state), Micros(finished_at), Json(remarks), figures))
        })
        .doing(KEEPING)
}

/// Ends a run that does not end by itself. `false`: there is none, or it is over.
pub(crate) fn end(
    connection: &Connection,
    run: Uuid,
    finished_at: Timestamp,
    state: ScanRunState,
    remarks: &[ScanRemark],
    event: &EventDraft,
) -> Result<bool, StoreError> {
    if set_end(connection, run, finished_at, state, remarks, None)? == 0 {
        return Ok(false);
    }
    events::append(connection, event)?;
    Ok(true)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ScanRunRecord> {
    let time = |index| row.get::<_, Option<Micros>>(index).map(|it| it.map(|it| it.0));
    Ok(ScanRunRecord {
        id: row.get::<_, Id>(0)?.0,
        plan: row.get::<_, Option<Id>>(1)?.map(|it| it.0),
        vantage: row.get::<_, Vantage>(2)?.0,
        job: row.get::<_, Json<ScanJob>>(3)?.0,
        ordered_by: row.get(4)?,
        ordered_at: row.get::<_, Micros>(5)?.0,
        started_at: time(6)?,
        finished_at: time(7)?,
        state: row.get::<_, Word<ScanRunState>>(8)?.0,
        remarks: row.get::<_, Json<Vec<ScanRemark>>>(9)?.0,
        figures: row.get::<_, Option<Json<ScanFigures>>>(10)?.map(|it| it.0),
        seen_from: row.get::<_, Option<Json<Seen>>>(11)?.map(|it| it.0),
        done: row.get::<_, Option<Json<Vec<IpNet>>>>(12)?.map(|it| it.0).unwrap_or_default(),
        targets: row.get::<_, i64>(13)?.unsigned_abs(),
    })
}

pub(crate) fn one(connection: &Connection, id: Uuid) -> Result<Option<ScanRunRecord>, StoreError> {
    connection
        .prepare_cached(&format!("{SELECT} WHERE id = ?1"))
        .and_then(|mut it| it.query_row([Id(id)], read).optional())
        .doing(DOING)
}

/// The newest runs, newest first.
pub(crate) fn newest(
    connection: &Connection,
    limit: u32,
) -> Result<Vec<ScanRunRecord>, StoreError> {
    let sql = format!("{SELECT_LISTED} ORDER BY ordered_at DESC, id DESC LIMIT ?1");
    let mut statement = connection.prepare_cached(&sql).doing(DOING)?;
    let rows = statement.query_map([limit], read).doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// Runs that are not over, oldest first. Looks through all runs: there are a few a day.
pub(crate) fn under_way(connection: &Connection) -> Result<Vec<RunUnderWay>, StoreError> {
    let sql =
        format!("{SELECT_LISTED} WHERE state IN ('waiting', 'running') ORDER BY ordered_at, id");
    let mut statement = connection.prepare_cached(&sql).doing(DOING)?;
    let rows = statement
        .query_map([], |row| {
            let last_part_at = row.get::<_, Option<Micros>>(14)?.map(|it| it.0);
            Ok(RunUnderWay { run: read(row)?, last_part_at })
        })
        .doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// Runs that an agent is to take, oldest first.
pub(crate) fn waiting(
    connection: &Connection,
    vantage: AgentId,
) -> Result<Vec<ScanRunRecord>, StoreError> {
    let sql =
        format!("{SELECT_LISTED} WHERE vantage = ?1 AND state = 'waiting' ORDER BY ordered_at, id");
    let mut statement = connection.prepare_cached(&sql).doing(DOING)?;
    let rows = statement.query_map([Vantage(Some(vantage))], read).doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// The lines of which a run found something.
pub(crate) fn observers_of(
    connection: &Connection,
    run: Uuid,
) -> Result<Vec<ObserverId>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT name FROM scan_run_target JOIN observer ON number = observer WHERE run = ?1 \
             ORDER BY observer",
        )
        .doing(DOING)?;
    let rows = statement.query_map([Id(run)], |row| row.get::<_, ObserverName>(0)).doing(DOING)?;
    rows.map(|row| row.map(|it| it.0)).collect::<Result<_, _>>().doing(DOING)
}
