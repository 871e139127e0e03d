//! History as validity in time.
//!
//! A span says: from this report to that one, whenever the source was read, it gave this body. Spans
//! are a function of the set of reports, whatever the order in which those arrived: a late report
//! lengthens a span, splits it, or makes one of its own, and never overwrites a newer one.
//!
//! A report that only repeats the newest state (the usual case) changes no span: the observer's line
//! keeps the newest such report as *confirmed*. [`settle`] writes it out before anything else
//! happens, and readers look at both.

use rusqlite::{Connection, OptionalExtension, Row};

use super::cell::{Micros, Number};
use super::observers::Line;
use super::problem::{Doing, damaged};
use crate::model::StoreError;

const DOING: &str = "keeping the history";

/// One source's outcome in one report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) observer: i64,
    pub(crate) source: i64,
    pub(crate) number: Number,
    pub(crate) body: i64,
    pub(crate) at: Micros,
    pub(crate) duration_ms: i64,
    pub(crate) is_steady: bool,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    first: Number,
    last: Number,
    body: i64,
    first_at: Micros,
    last_at: Micros,
    duration_ms: i64,
    is_steady: bool,
}

const SPAN: &str = "SELECT first_epoch, first_sequence, last_epoch, last_sequence, body, \
     first_observed_at, last_observed_at, duration_ms, is_steady FROM section_span \
     WHERE observer = ?1 AND source = ?2";

impl Span {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first: Number::read(row, 0)?,
            last: Number::read(row, 2)?,
            body: row.get(4)?,
            first_at: row.get(5)?,
            last_at: row.get(6)?,
            duration_ms: row.get(7)?,
            is_steady: row.get(8)?,
        })
    }

    /// The same span, with one more report in it.
    fn with(self, seen: &Seen) -> Self {
        let is_newest = seen.number >= self.last;
        Self {
            first: self.first.min(seen.number),
            last: self.last.max(seen.number),
            first_at: self.first_at.min(seen.at),
            last_at: self.last_at.max(seen.at),
            duration_ms: if is_newest { seen.duration_ms } else { self.duration_ms },
            ..self
        }
    }
}

/// Writes out what was confirmed since the line was settled.
pub(crate) fn settle(connection: &Connection, line: &Line) -> Result<(), StoreError> {
    let (Some((settled, _)), Some((confirmed, confirmed_at)), Some(state)) =
        (line.settled, line.confirmed, line.state)
    else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "UPDATE section_span SET last_epoch = ?3, last_sequence = ?4, \
             last_observed_at = max(last_observed_at, ?5) \
             WHERE observer = ?1 \
             AND source IN (SELECT source FROM host_state_section WHERE state = ?2) \
             AND is_steady = 1 AND last_epoch = ?6 AND last_sequence = ?7",
        )
        .and_then(|mut it| {
            it.execute((
                line.observer,
                state,
                confirmed.epoch,
                confirmed.sequence,
                confirmed_at,
                settled.epoch,
                settled.sequence,
            ))
        })
        .doing(DOING)?;
    show_identifiers(connection, line.observer, state, confirmed_at)?;
    connection
        .prepare_cached(
            "UPDATE observer SET settled_epoch = confirmed_epoch, \
             settled_sequence = confirmed_sequence, settled_at = confirmed_at, \
             confirmed_epoch = NULL, \
             confirmed_sequence = NULL, confirmed_at = NULL WHERE number = ?1",
        )
        .and_then(|mut it| it.execute([line.observer]))
        .doing(DOING)?;
    Ok(())
}

/// Notes that all identifiers of a state were shown at a moment.
pub(crate) fn show_identifiers(
    connection: &Connection,
    observer: i64,
    state: i64,
    at: Micros,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE observer_identifier SET first_seen_at = min(first_seen_at, ?3), \
             last_seen_at = max(last_seen_at, ?3) WHERE observer = ?1 \
             AND identifier IN (SELECT identifier FROM host_state_identifier WHERE state = ?2)",
        )
        .and_then(|mut it| it.execute((observer, state, at)))
        .doing(DOING)?;
    Ok(())
}

/// Puts one outcome into the history.
pub(crate) fn keep(connection: &Connection, seen: &Seen) -> Result<(), StoreError> {
    let before = neighbour(connection, seen, "<= (?3, ?4)", "DESC")?;
    match before {
        Some(span) if span.body == seen.body => replace(connection, seen, &span, &span.with(seen)),
        Some(span) if seen.number <= span.last => split(connection, seen, &span),
        Some(_) | None => {
            let after = neighbour(connection, seen, "> (?3, ?4)", "ASC")?;
            match after.filter(|span| span.body == seen.body) {
                Some(span) => replace(connection, seen, &span, &span.with(seen)),
                None => insert(connection, seen, &alone(seen)),
            }
        }
    }
}

/// A span of one report.
const fn alone(seen: &Seen) -> Span {
    Span {
        first: seen.number,
        last: seen.number,
        body: seen.body,
        first_at: seen.at,
        last_at: seen.at,
        duration_ms: seen.duration_ms,
        is_steady: seen.is_steady,
    }
}

fn neighbour(
    connection: &Connection,
    seen: &Seen,
    side: &'static str,
    order: &'static str,
) -> Result<Option<Span>, StoreError> {
    let sql = format!(
        "{SPAN} AND (first_epoch, first_sequence) {side} \
         ORDER BY first_epoch {order}, first_sequence {order} LIMIT 1"
    );
    let key = (seen.observer, seen.source, seen.number.epoch, seen.number.sequence);
    connection
        .prepare_cached(&sql)
        .and_then(|mut it| it.query_row(key, Span::read).optional())
        .doing(DOING)
}

fn insert(connection: &Connection, of: &Seen, span: &Span) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO section_span VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )
        .and_then(|mut it| {
            it.execute((
                of.observer,
                of.source,
                span.first.epoch,
                span.first.sequence,
                span.last.epoch,
                span.last.sequence,
                span.body,
                span.first_at,
                span.last_at,
                span.duration_ms,
                span.is_steady,
            ))
        })
        .doing(DOING)?;
    Ok(())
}

fn replace(connection: &Connection, of: &Seen, old: &Span, new: &Span) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE section_span SET first_epoch = ?5, first_sequence = ?6, last_epoch = ?7, \
             last_sequence = ?8, first_observed_at = ?9, last_observed_at = ?10, \
             duration_ms = ?11 \
             WHERE observer = ?1 AND source = ?2 AND first_epoch = ?3 AND first_sequence = ?4",
        )
        .and_then(|mut it| {
            it.execute((
                of.observer,
                of.source,
                old.first.epoch,
                old.first.sequence,
                new.first.epoch,
                new.first.sequence,
                new.last.epoch,
                new.last.sequence,
                new.first_at,
                new.last_at,
                new.duration_ms,
            ))
        })
        .doing(DOING)?;
    Ok(())
}

/// A late report contradicts a span in its midst: what was before it and what was after it become
/// spans of their own, with bounds found from the reports.
fn split(connection: &Connection, seen: &Seen, span: &Span) -> Result<(), StoreError> {
    let before = bounds(connection, seen, span, "<")?;
    let after = bounds(connection, seen, span, ">")?;
    connection
        .prepare_cached(
            "DELETE FROM section_span \
             WHERE observer = ?1 AND source = ?2 AND first_epoch = ?3 AND first_sequence = ?4",
        )
        .and_then(|mut it| {
            it.execute((seen.observer, seen.source, span.first.epoch, span.first.sequence))
        })
        .doing(DOING)?;
    insert(connection, seen, &before)?;
    insert(connection, seen, &alone(seen))?;
    insert(connection, seen, &after)
}

/// The part of a span on one side of a report.
fn bounds(
    connection: &Connection,
    seen: &Seen,
    span: &Span,
    side: &'static str,
) -> Result<Span, StoreError> {
    let sql = format!(
        "WITH own (epoch, sequence, at) AS ( \
             SELECT report.epoch, report.sequence, report_section.observed_at \
             FROM report JOIN report_section ON report_section.report = report.number \
             WHERE report.observer = ?1 AND report_section.source = ?2 \
             AND report_section.body = ?3 \
             UNION ALL \
             SELECT report.epoch, report.sequence, report.observed_at \
             FROM report JOIN host_state_section ON host_state_section.state = report.state \
             WHERE report.observer = ?1 AND host_state_section.source = ?2 \
             AND host_state_section.body = ?3 AND report.is_confirmation = 1), \
         part AS (SELECT * FROM own WHERE (epoch, sequence) >= (?4, ?5) \
             AND (epoch, sequence) <= (?6, ?7) AND (epoch, sequence) {side} (?8, ?9)) \
         SELECT f.epoch, f.sequence, l.epoch, l.sequence, \
             (SELECT min(at) FROM part), (SELECT max(at) FROM part) \
         FROM (SELECT * FROM part ORDER BY epoch, sequence LIMIT 1) AS f, \
             (SELECT * FROM part ORDER BY epoch DESC, sequence DESC LIMIT 1) AS l"
    );
    let key = (
        seen.observer,
        seen.source,
        span.body,
        span.first.epoch,
        span.first.sequence,
        span.last.epoch,
        span.last.sequence,
        seen.number.epoch,
        seen.number.sequence,
    );
    let part = connection
        .prepare_cached(&sql)
        .and_then(|mut it| {
            it.query_row(key, |row| {
                Ok(Span {
                    first: Number::read(row, 0)?,
                    last: Number::read(row, 2)?,
                    first_at: row.get(4)?,
                    last_at: row.get(5)?,
                    ..*span
                })
            })
            .optional()
        })
        .doing(DOING)?;
    part.ok_or_else(|| damaged(DOING, "a span has no report at its end"))
}
