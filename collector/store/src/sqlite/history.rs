//! Reading what was observed: at a moment, over time, of a package.

use std::collections::BTreeMap;

use inventory::asset::ObserverId;
use inventory::reconcile::{MemberObservations, ObservedSection};
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::{AgentId, SourceId};
use rusqlite::{Connection, Row};

use super::bodies;
use super::cell::{Hash, Micros, ObserverName, observer_name};
use super::observers;
use super::packages;
use super::problem::Doing;
use crate::model::{PackageSpan, SectionSpan, StoreError};

const DOING: &str = "reading the history";

/// When a span was last confirmed: its own end, or the line's newest repetition of it.
const LAST_OBSERVED_AT: &str = "max(last_observed_at, CASE WHEN is_steady = 1 \
     AND span.last_epoch = settled_epoch AND span.last_sequence = settled_sequence \
     THEN coalesce(confirmed_at, last_observed_at) ELSE last_observed_at END)";

/// The newest body of each source of an agent.
pub(crate) fn newest(
    connection: &Connection,
    agent: AgentId,
) -> Result<Vec<(SourceId, ContentHash)>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT source.name, hash FROM section_span AS span \
             JOIN observer ON observer.number = span.observer \
             JOIN source ON source.number = span.source \
             JOIN section_body ON section_body.number = span.body \
             WHERE observer.name = ?1 AND section_body.body IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM section_span AS later \
                 WHERE later.observer = span.observer AND later.source = span.source \
                 AND (later.first_epoch, later.first_sequence) \
                     > (span.first_epoch, span.first_sequence)) \
             ORDER BY source.name",
        )
        .doing(DOING)?;
    let rows = statement
        .query_map([observer_name(&ObserverId::Agent(agent))], |row| {
            Ok((SourceId::new(row.get::<_, String>(0)?), row.get::<_, Hash>(1)?.0))
        })
        .doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// What observers saw, as of a moment. Observers that had seen nothing by then are left out.
pub(crate) fn observations(
    connection: &Connection,
    observers: &[ObserverId],
    at: Timestamp,
) -> Result<Vec<MemberObservations>, StoreError> {
    let mut members = Vec::new();
    for number in observers::numbers(connection, observers)? {
        let sections = sections_at(connection, number, at)?;
        let (observer, times) = observers::described(connection, number)?;
        let Some((first_received_at, _)) = times.filter(|_| !sections.is_empty()) else {
            continue;
        };
        let last_received_at = last_received_at(connection, number, at)?;
        members.push(MemberObservations {
            observer,
            first_received_at,
            last_received_at: last_received_at.unwrap_or(first_received_at),
            sections,
        });
    }
    members.sort_by(|left, right| left.observer.cmp(&right.observer));
    Ok(members)
}

/// When the last report by a moment was received. `None`: what was seen by then came later.
fn last_received_at(
    connection: &Connection,
    observer: i64,
    at: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let newest: Option<Micros> = connection
        .prepare_cached("SELECT last_received_at FROM observer WHERE number = ?1")
        .and_then(|mut it| it.query_row([observer], |row| row.get(0)))
        .doing(DOING)?;
    if newest.is_none_or(|it| it.0 <= at) {
        return Ok(newest.map(|it| it.0));
    }
    let last: Option<Micros> = connection
        .prepare_cached(
            "SELECT max(received_at) FROM report WHERE observer = ?1 AND received_at <= ?2",
        )
        .and_then(|mut it| it.query_row((observer, Micros(at)), |row| row.get(0)))
        .doing(DOING)?;
    Ok(last.map(|it| it.0))
}

/// For each source the newest body that was seen by a moment.
fn sections_at(
    connection: &Connection,
    observer: i64,
    at: Timestamp,
) -> Result<Vec<ObservedSection>, StoreError> {
    let sql = format!(
        "SELECT source.name, first_observed_at, min(?2, {LAST_OBSERVED_AT}), duration_ms, hash, length, section_body.body \
         FROM section_span AS span JOIN observer ON observer.number = span.observer \
         JOIN source ON source.number = span.source \
         JOIN section_body ON section_body.number = span.body \
         WHERE span.observer = ?1 AND first_observed_at <= ?2 \
         AND NOT EXISTS (SELECT 1 FROM section_span AS later \
             WHERE later.observer = span.observer AND later.source = span.source \
             AND later.first_observed_at <= ?2 \
             AND (later.first_epoch, later.first_sequence) \
                 > (span.first_epoch, span.first_sequence)) \
         ORDER BY source.name"
    );
    let mut statement = connection.prepare_cached(&sql).doing(DOING)?;
    let mut rows = statement.query((observer, Micros(at))).doing(DOING)?;
    let mut sections = Vec::new();
    while let Some(row) = rows.next().doing(DOING)? {
        sections.extend(section(row)?);
    }
    Ok(sections)
}

/// One row as a section. `None`: its body was forgotten.
fn section(row: &Row<'_>) -> Result<Option<ObservedSection>, StoreError> {
    let body: Option<Vec<u8>> = row.get(6).doing(DOING)?;
    let Some(compressed) = body else { return Ok(None) };
    let hash = row.get::<_, Hash>(4).doing(DOING)?.0;
    let bytes = bodies::unpack(hash, row.get(5).doing(DOING)?, &compressed)?;
    Ok(Some(ObservedSection {
        source: SourceId::new(row.get::<_, String>(0).doing(DOING)?),
        first_observed_at: row.get::<_, Micros>(1).doing(DOING)?.0,
        last_observed_at: row.get::<_, Micros>(2).doing(DOING)?.0,
        duration_ms: row.get::<_, i64>(3).doing(DOING)?.unsigned_abs(),
        body: bodies::understood(hash, &bytes)?,
    }))
}

/// All bodies that observers had, oldest first.
pub(crate) fn spans(
    connection: &Connection,
    observers: &[ObserverId],
) -> Result<Vec<SectionSpan>, StoreError> {
    let sql = format!(
        "SELECT observer.name, source.name, hash, first_observed_at, {LAST_OBSERVED_AT} FROM section_span AS span JOIN observer ON observer.number = span.observer \
         JOIN source ON source.number = span.source \
         JOIN section_body ON section_body.number = span.body WHERE span.observer = ?1 \
         ORDER BY first_epoch, first_sequence, source.name"
    );
    let mut statement = connection.prepare_cached(&sql).doing(DOING)?;
    let mut spans = Vec::new();
    for number in observers::numbers(connection, observers)? {
        let rows = statement
            .query_map([number], |row| {
                Ok(SectionSpan {
                    observer: row.get::<_, ObserverName>(0)?.0,
                    source: SourceId::new(row.get::<_, String>(1)?),
                    hash: row.get::<_, Hash>(2)?.0,
                    first_observed_at: row.get::<_, Micros>(3)?.0,
                    last_observed_at: row.get::<_, Micros>(4)?.0,
                })
            })
            .doing(DOING)?;
        for row in rows {
            spans.push(row.doing(DOING)?);
        }
    }
    spans.sort_by_key(|it| it.first_observed_at);
    Ok(spans)
}

/// Who had a package of this name, in which version and when.
pub(crate) fn package(connection: &Connection, name: &str) -> Result<Vec<PackageSpan>, StoreError> {
    let wanted = packages_named(connection, name)?;
    let mut spans = Vec::new();
    if wanted.is_empty() {
        return Ok(spans);
    }
    let mut sets =
        connection.prepare_cached("SELECT body, packages FROM package_set").doing(DOING)?;
    let mut sets = sets.query([]).doing(DOING)?;
    while let Some(row) = sets.next().doing(DOING)? {
        let body: i64 = row.get(0).doing(DOING)?;
        let set: Vec<u8> = row.get(1).doing(DOING)?;
        for number in packages::unpacked(&set)? {
            if let Some(package) = wanted.get(&number) {
                spans.extend(package_spans(connection, body, package)?);
            }
        }
    }
    spans.sort();
    Ok(spans)
}

/// A package without its name: manager, version, architecture.
type Version = (String, String, Option<String>);

fn packages_named(
    connection: &Connection,
    name: &str,
) -> Result<BTreeMap<i64, Version>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT number, manager, version, architecture FROM package WHERE name = ?1",
        )
        .doing(DOING)?;
    let rows = statement
        .query_map([name], |row| {
            let architecture: String = row.get(3)?;
            let architecture = Some(architecture).filter(|it| !it.is_empty());
            Ok((row.get(0)?, (row.get(1)?, row.get(2)?, architecture)))
        })
        .doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

fn package_spans(
    connection: &Connection,
    body: i64,
    (manager, version, architecture): &Version,
) -> Result<Vec<PackageSpan>, StoreError> {
    let sql = format!(
        "SELECT observer.name, first_observed_at, {LAST_OBSERVED_AT} FROM section_span AS span \
         JOIN observer ON observer.number = span.observer WHERE span.body = ?1"
    );
    let mut statement = connection.prepare_cached(&sql).doing(DOING)?;
    let rows = statement
        .query_map([body], |row| {
            Ok(PackageSpan {
                observer: row.get::<_, ObserverName>(0)?.0,
                first_observed_at: row.get::<_, Micros>(1)?.0,
                last_observed_at: row.get::<_, Micros>(2)?.0,
                manager: manager.clone(),
                version: version.clone(),
                architecture: architecture.clone(),
            })
        })
        .doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}
