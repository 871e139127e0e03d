//! Accepting reports, each exactly once.

use std::collections::HashMap;

use inventory::reconcile::TimedIdentifier;
use observation::ContentHash;
use observation::latest::{Cadence, SourceId};
use rusqlite::{Connection, OptionalExtension};

use super::bodies::{self, PreparedBody};
use super::cell::{Hash, Micros, Number, Word, count_cell};
use super::events;
use super::observers::{self, Line, boot_bytes};
use super::problem::Doing;
use super::spans::{self, Seen};
use crate::model::{AppendedReport, IncomingReport, IncomingSection, ReportReceipt, StoreError};
use crate::scans::IncomingTarget;

const DOING: &str = "keeping a report";
const KEPT: AppendedReport = AppendedReport { was_repeated: false };
const REPEATED: AppendedReport = AppendedReport { was_repeated: true };

/// Takes a known host hash as a repetition of the sections behind it.
pub(crate) fn confirm(
    connection: &Connection,
    receipt: &ReportReceipt,
    host_hash: ContentHash,
) -> Result<Option<AppendedReport>, StoreError> {
    let number = Number::of(receipt.number)?;
    let line = observers::line(connection, receipt)?;
    if is_kept(connection, line.observer, number)? {
        return Ok(Some(REPEATED));
    }
    let Some(state) = known_state(connection, line.observer, receipt, host_hash)? else {
        return Ok(None);
    };
    insert_report(connection, line.observer, number, receipt, Some(state), true)?;
    let at = Micros(receipt.corrected(receipt.started_at));
    if line.state == Some(state) && line.is_followed_by(number, at) {
        connection
            .prepare_cached(
                "UPDATE observer SET confirmed_epoch = ?2, confirmed_sequence = ?3, \
                 confirmed_at = ?4 WHERE number = ?1",
            )
            .and_then(|mut it| it.execute((line.observer, number.epoch, number.sequence, at)))
            .doing(DOING)?;
    } else {
        spans::settle(connection, &line)?;
        for seen in sections_of(connection, state, &line, number, at)? {
            spans::keep(connection, &seen)?;
        }
        spans::show_identifiers(connection, line.observer, state, at)?;
        advance(connection, &line, number, at, state)?;
    }
    observers::heard(connection, line.observer, number, receipt)?;
    if shares_identifiers(connection, line.observer)? {
        observers::mark(connection, line.observer)?;
    }
    Ok(Some(KEPT))
}

/// Keeps a report with its sections.
pub(crate) fn append(
    connection: &Connection,
    report: &IncomingReport,
    prepared: &HashMap<ContentHash, PreparedBody>,
) -> Result<AppendedReport, StoreError> {
    let receipt = &report.receipt;
    let number = Number::of(receipt.number)?;
    let line = observers::line(connection, receipt)?;
    if is_kept(connection, line.observer, number)? {
        return Ok(REPEATED);
    }
    let seen = seen_sections(connection, &report.sections, prepared, line.observer, number)?;
    let is_steady = seen.iter().any(|it| it.is_steady);
    check_host_hash(report)?;
    let state = is_steady.then(|| state(connection, &line, report, &seen)).transpose()?;
    let row = insert_report(connection, line.observer, number, receipt, state, false)?;
    spans::settle(connection, &line)?;
    for seen in &seen {
        insert_section(connection, row, seen)?;
        spans::keep(connection, seen)?;
    }
    for identifier in &report.identifiers {
        show(connection, line.observer, state, identifier)?;
    }
    if let Some(state) = state {
        let sections = seen.iter().map(|it| it.at);
        let shown = report.identifiers.iter().map(|it| Micros(it.last_seen_at));
        let started = Micros(receipt.corrected(receipt.started_at));
        let at = sections.chain(shown).fold(started, Micros::max);
        advance(connection, &line, number, at, state)?;
    }
    connection
        .prepare_cached(
            "UPDATE agent SET software_version = ?2 \
             WHERE observer = ?1 AND software_version <> ?2",
        )
        .and_then(|mut it| it.execute((line.observer, &report.observer.software_version)))
        .doing(DOING)?;
    observers::heard(connection, line.observer, number, receipt)?;
    observers::mark(connection, line.observer)?;
    events::append_all(connection, &report.events)?;
    Ok(KEPT)
}

/// Keeps what was found at an address as a report of its line. Targets never check in by hash, so
/// they have no states; a number that is taken is followed by the next one.
pub(crate) fn append_target(
    connection: &Connection,
    observer: i64,
    target: &IncomingTarget,
    receipt: &ReportReceipt,
    prepared: &HashMap<ContentHash, PreparedBody>,
) -> Result<(), StoreError> {
    let mut number = Number::of(receipt.number)?;
    while is_kept(connection, observer, number)? {
        number.sequence += 1;
    }
    let seen = seen_sections(connection, &target.sections, prepared, observer, number)?;
    let row = insert_report(connection, observer, number, receipt, None, false)?;
    for seen in &seen {
        insert_section(connection, row, seen)?;
        spans::keep(connection, seen)?;
    }
    for identifier in &target.identifiers {
        show(connection, observer, None, identifier)?;
    }
    observers::heard(connection, observer, number, receipt)?;
    observers::mark(connection, observer)
}

/// A state stands for the sections of the report that first showed it: the hash must be theirs.
fn check_host_hash(report: &IncomingReport) -> Result<(), StoreError> {
    let heads = report.sections.iter().map(|it| &it.head);
    let mut steady = heads.filter(|it| it.cadence == Cadence::Steady).peekable();
    if steady.peek().is_none() || ContentHash::of_all(steady.map(|it| it.hash)) == report.host_hash
    {
        return Ok(());
    }
    let problem = "the host hash is not that of the steady sections".to_owned();
    Err(StoreError::Refused { problem })
}

fn is_kept(connection: &Connection, observer: i64, number: Number) -> Result<bool, StoreError> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM report \
             WHERE observer = ?1 AND epoch = ?2 AND sequence = ?3)",
        )
        .and_then(|mut it| {
            it.query_row((observer, number.epoch, number.sequence), |row| row.get(0))
        })
        .doing(DOING)
}

fn insert_report(
    connection: &Connection,
    observer: i64,
    number: Number,
    receipt: &ReportReceipt,
    state: Option<i64>,
    is_confirmation: bool,
) -> Result<i64, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO report (observer, epoch, sequence, started_at, sent_at, received_at, \
             observed_at, state, is_confirmation) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
             RETURNING number",
        )
        .and_then(|mut it| {
            let cells = (
                observer,
                number.epoch,
                number.sequence,
                Micros(receipt.started_at),
                Micros(receipt.sent_at),
                Micros(receipt.received_at),
                Micros(receipt.corrected(receipt.started_at)),
                state,
                is_confirmation,
            );
            it.query_row(cells, |row| row.get(0))
        })
        .doing(DOING)
}

fn insert_section(connection: &Connection, report: i64, seen: &Seen) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO report_section VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .and_then(|mut it| {
            let Seen { source, body, at, duration_ms, is_steady, .. } = *seen;
            it.execute((report, source, body, at, duration_ms, is_steady))
        })
        .doing(DOING)?;
    Ok(())
}

/// The sections of a report as numbers, each source once.
fn seen_sections(
    connection: &Connection,
    incoming: &[IncomingSection],
    prepared: &HashMap<ContentHash, PreparedBody>,
    observer: i64,
    number: Number,
) -> Result<Vec<Seen>, StoreError> {
    let mut sections = Vec::with_capacity(incoming.len());
    for section in incoming {
        let head = &section.head;
        let source = source_number(connection, &head.source)?;
        if sections.iter().any(|seen: &Seen| seen.source == source) {
            let problem = format!("the report holds {} twice", head.source);
            return Err(StoreError::Refused { problem });
        }
        sections.push(Seen {
            observer,
            source,
            number,
            body: bodies::number(connection, head.hash, prepared)?,
            at: Micros(section.corrected_at),
            duration_ms: count_cell(head.duration_ms),
            is_steady: head.cadence == Cadence::Steady,
        });
    }
    Ok(sections)
}

fn source_number(connection: &Connection, source: &SourceId) -> Result<i64, StoreError> {
    let known = connection
        .prepare_cached("SELECT number FROM source WHERE name = ?1")
        .and_then(|mut it| it.query_row([source.as_str()], |row| row.get(0)).optional())
        .doing(DOING)?;
    if let Some(number) = known {
        return Ok(number);
    }
    connection
        .prepare_cached("INSERT INTO source (name) VALUES (?1) RETURNING number")
        .and_then(|mut it| it.query_row([source.as_str()], |row| row.get(0)))
        .doing(DOING)
}

fn known_state(
    connection: &Connection,
    observer: i64,
    receipt: &ReportReceipt,
    host_hash: ContentHash,
) -> Result<Option<i64>, StoreError> {
    connection
        .prepare_cached(
            "SELECT number FROM host_state WHERE observer = ?1 AND host_hash = ?2 AND boot = ?3",
        )
        .and_then(|mut it| {
            let key = (observer, Hash(host_hash), boot_bytes(receipt.boot));
            it.query_row(key, |row| row.get(0)).optional()
        })
        .doing(DOING)
}

/// The state that the steady sections of a report show.
fn state(
    connection: &Connection,
    line: &Line,
    report: &IncomingReport,
    seen: &[Seen],
) -> Result<i64, StoreError> {
    let hash = report.host_hash;
    if let Some(state) = known_state(connection, line.observer, &report.receipt, hash)? {
        return Ok(state);
    }
    let state = connection
        .prepare_cached(
            "INSERT INTO host_state (observer, host_hash, boot) VALUES (?1, ?2, ?3) \
             RETURNING number",
        )
        .and_then(|mut it| {
            let key = (line.observer, Hash(hash), boot_bytes(report.receipt.boot));
            it.query_row(key, |row| row.get(0))
        })
        .doing(DOING)?;
    for section in seen.iter().filter(|it| it.is_steady) {
        connection
            .prepare_cached("INSERT INTO host_state_section VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut it| {
                it.execute((state, section.source, section.body, section.duration_ms))
            })
            .doing(DOING)?;
    }
    Ok(state)
}

/// The sections behind a state, as seen in a report.
fn sections_of(
    connection: &Connection,
    state: i64,
    line: &Line,
    number: Number,
    at: Micros,
) -> Result<Vec<Seen>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT source, body, duration_ms FROM host_state_section WHERE state = ?1")
        .doing(DOING)?;
    let rows = statement
        .query_map([state], |row| {
            Ok(Seen {
                observer: line.observer,
                source: row.get(0)?,
                number,
                body: row.get(1)?,
                at,
                duration_ms: row.get(2)?,
                is_steady: true,
            })
        })
        .doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// Notes that an observer showed an identifier, and that it belongs to a state.
fn show(
    connection: &Connection,
    observer: i64,
    state: Option<i64>,
    shown: &TimedIdentifier,
) -> Result<(), StoreError> {
    let key = (Word(shown.identifier.kind), &shown.identifier.text);
    let known = connection
        .prepare_cached("SELECT number FROM identifier WHERE kind = ?1 AND text = ?2")
        .and_then(|mut it| it.query_row(key, |row| row.get::<_, i64>(0)).optional())
        .doing(DOING)?;
    let number = match known {
        Some(number) => number,
        None => connection
            .prepare_cached("INSERT INTO identifier (kind, text) VALUES (?1, ?2) RETURNING number")
            .and_then(|mut it| it.query_row(key, |row| row.get(0)))
            .doing(DOING)?,
    };
    connection
        .prepare_cached(
            "INSERT INTO observer_identifier VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET first_seen_at = min(first_seen_at, excluded.first_seen_at), \
             last_seen_at = max(last_seen_at, excluded.last_seen_at)",
        )
        .and_then(|mut it| {
            let times = (Micros(shown.first_seen_at), Micros(shown.last_seen_at));
            it.execute((observer, number, times.0, times.1))
        })
        .doing(DOING)?;
    if let Some(state) = state {
        connection
            .prepare_cached("INSERT OR IGNORE INTO host_state_identifier VALUES (?1, ?2)")
            .and_then(|mut it| it.execute((state, number)))
            .doing(DOING)?;
    }
    Ok(())
}

/// Makes this the newest steady report of the line, if it is.
fn advance(
    connection: &Connection,
    line: &Line,
    number: Number,
    at: Micros,
    state: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE observer SET state = ?2, settled_epoch = ?3, settled_sequence = ?4, \
             settled_at = ?5 WHERE number = ?1 AND (settled_epoch IS NULL \
             OR (settled_epoch, settled_sequence) < (?3, ?4))",
        )
        .and_then(|mut it| it.execute((line.observer, state, number.epoch, number.sequence, at)))
        .doing(DOING)?;
    Ok(())
}

/// Whether another observer ever showed an identifier of this one: only then can a repetition
/// change which observers mean the same asset.
fn shares_identifiers(connection: &Connection, observer: i64) -> Result<bool, StoreError> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM observer_identifier AS own \
             JOIN observer_identifier AS other ON other.identifier = own.identifier \
             WHERE own.observer = ?1 AND other.observer <> ?1)",
        )
        .and_then(|mut it| it.query_row([observer], |row| row.get(0)))
        .doing(DOING)
}
