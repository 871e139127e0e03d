//! Lines of scan results: which line an address stands in, and keeping what was found there.

use std::collections::HashMap;
use std::net::IpAddr;

use inventory::asset::{ObserverId, TargetId};
use inventory::reconcile::{Identifier, TimedIdentifier};
use jiff::{SignedDuration, Timestamp};
use observation::ContentHash;
use observation::latest::{AgentId, ReportNumber, SourceId};
use rusqlite::{Connection, OptionalExtension};

use super::bodies::PreparedBody;
use super::cell::{Address, Hash, Micros, ObserverName, Vantage};
use super::events;
use super::evidence;
use super::observers;
use super::problem::Doing;
use super::reports;
use crate::model::{ReportReceipt, StoreError};
use crate::scans::{IncomingTarget, IncomingTargets, TargetLine};

const DOING: &str = "keeping what a scan found";

/// Keeps what was found; gives the observers, and how many lines began.
pub(crate) fn append(
    connection: &Connection,
    found: &IncomingTargets,
    prepared: &HashMap<ContentHash, PreparedBody>,
) -> Result<(Vec<i64>, u64), StoreError> {
    let mut numbers = Vec::with_capacity(found.targets.len());
    let mut begun = 0;
    for target in &found.targets {
        let (observer, id, is_new) = line(connection, found, target)?;
        let receipt = receipt(found, target, id);
        reports::append_target(connection, observer, target, &receipt, prepared)?;
        begun += u64::from(is_new);
        numbers.push(observer);
    }
    events::append_all(connection, &found.events)?;
    Ok((numbers, begun))
}

/// Reports of a target are ordered by the time of observation: its runs overlap and come late.
fn receipt(found: &IncomingTargets, target: &IncomingTarget, id: TargetId) -> ReportReceipt {
    let observed_at = target.sections.iter().map(|it| it.corrected_at).max();
    let observed_at = observed_at.unwrap_or(found.received_at);
    let sequence = u64::try_from(observed_at.as_microsecond()).unwrap_or_default();
    ReportReceipt {
        observer: ObserverId::Target(id),
        number: ReportNumber { epoch: 0, sequence },
        started_at: found.started_at,
        sent_at: found.sent_at,
        received_at: found.received_at,
        boot: None,
    }
}

/// The newest line of an address.
struct Newest {
    observer: i64,
    since: Timestamp,
    last_received_at: Option<Timestamp>,
}

/// The line that a target's results stand in, and whether it begins with them.
fn line(
    connection: &Connection,
    found: &IncomingTargets,
    target: &IncomingTarget,
) -> Result<(i64, TargetId, bool), StoreError> {
    let newest = newest(connection, found.vantage, target.address)?;
    let id = |since| TargetId { vantage: found.vantage, address: target.address, since };
    if let Some(newest) = &newest {
        let known = evidence::identifiers(connection, newest.observer)?;
        let last_at = newest.last_received_at.unwrap_or(newest.since);
        let shown: Vec<Identifier> =
            target.identifiers.iter().map(|it: &TimedIdentifier| it.identifier.clone()).collect();
        if (found.goes_on)(&known, &shown, last_at, found.received_at) {
            return Ok((newest.observer, id(newest.since), false));
        }
    }
    // Two lines of one address never begin at once, whatever the clock did.
    let earliest = newest.and_then(|it| it.since.checked_add(SignedDuration::from_micros(1)).ok());
    let since = found.received_at.max(earliest.unwrap_or(found.received_at));
    let id = id(since);
    let observer = observers::number(connection, &ObserverId::Target(id.clone()))?;
    connection
        .prepare_cached("INSERT INTO target VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut it| {
            it.execute((observer, Vantage(id.vantage), Address(id.address), Micros(since)))
        })
        .doing(DOING)?;
    Ok((observer, id, true))
}

fn newest(
    connection: &Connection,
    vantage: Option<AgentId>,
    address: IpAddr,
) -> Result<Option<Newest>, StoreError> {
    connection
        .prepare_cached(
            "SELECT observer, since, last_received_at FROM target \
             JOIN observer ON observer.number = target.observer \
             WHERE address = ?1 AND vantage = ?2 ORDER BY since DESC LIMIT 1",
        )
        .and_then(|mut it| {
            it.query_row((Address(address), Vantage(vantage)), |row| {
                let last: Option<Micros> = row.get(2)?;
                Ok(Newest {
                    observer: row.get(0)?,
                    since: row.get::<_, Micros>(1)?.0,
                    last_received_at: last.map(|it| it.0),
                })
            })
            .optional()
        })
        .doing(DOING)
}

/// All lines of an address, oldest first.
pub(crate) fn lines_of_address(
    connection: &Connection,
    address: IpAddr,
) -> Result<Vec<TargetLine>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT observer.name, last_received_at FROM target \
             JOIN observer ON observer.number = target.observer \
             WHERE address = ?1 ORDER BY since, vantage",
        )
        .doing(DOING)?;
    let rows = statement
        .query_map([Address(address)], |row| {
            Ok((row.get::<_, ObserverName>(0)?.0, row.get::<_, Option<Micros>>(1)?))
        })
        .doing(DOING)?;
    let mut lines = Vec::new();
    for row in rows {
        let (observer, last) = row.doing(DOING)?;
        if let ObserverId::Target(target) = observer {
            let last_received_at = last.map(|it| it.0);
            lines.push(TargetLine { target, last_received_at, body: None });
        }
    }
    Ok(lines)
}

/// The newest line of every address that a vantage point knows, with the newest body of a source.
pub(crate) fn lines_from(
    connection: &Connection,
    vantage: Option<AgentId>,
    source: &SourceId,
) -> Result<Vec<TargetLine>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT address, since, last_received_at, \
             (SELECT hash FROM section_span JOIN source ON source.number = section_span.source \
                 JOIN section_body ON section_body.number = section_span.body \
                 WHERE section_span.observer = target.observer AND source.name = ?2 \
                 ORDER BY first_epoch DESC, first_sequence DESC LIMIT 1) \
             FROM target JOIN observer ON observer.number = target.observer \
             WHERE vantage = ?1 AND NOT EXISTS (SELECT 1 FROM target AS later \
                 WHERE later.address = target.address AND later.vantage = target.vantage \
                 AND later.since > target.since) ORDER BY address",
        )
        .doing(DOING)?;
    let rows = statement
        .query_map((Vantage(vantage), source.as_str()), |row| {
            let last: Option<Micros> = row.get(2)?;
            let body: Option<Hash> = row.get(3)?;
            Ok(TargetLine {
                target: TargetId {
                    vantage,
                    address: row.get::<_, Address>(0)?.0,
                    since: row.get::<_, Micros>(1)?.0,
                },
                last_received_at: last.map(|it| it.0),
                body: body.map(|it| it.0),
            })
        })
        .doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}
