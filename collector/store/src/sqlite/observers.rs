//! Observers: lines of reports, and how far each has come.

use inventory::asset::ObserverId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::cell::{Id, Micros, Number, ObserverName, observer_name};
use super::problem::Doing;
use crate::model::{ReportReceipt, StoreError};

const DOING: &str = "reading an observer";

/// How far an observer's line has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) observer: i64,
    /// The state that its newest steady report showed.
    pub(crate) state: Option<i64>,
    /// The newest steady report up to which spans are written out, and the greatest time in it.
    pub(crate) settled: Option<(Number, Micros)>,
    /// The newest report since then that only repeated it, and the greatest time of those.
    pub(crate) confirmed: Option<(Number, Micros)>,
}

impl Line {
    /// Whether a report follows everything steady that is known, in number and in time: only then
    /// can it be a repetition that changes nothing but the end.
    pub(crate) fn is_followed_by(&self, number: Number, at: Micros) -> bool {
        let newest = self.confirmed.or(self.settled);
        newest.is_some_and(|(last, last_at)| last < number && last_at <= at)
    }
}

/// The number of an observer, made if it is new.
pub(crate) fn number(connection: &Connection, observer: &ObserverId) -> Result<i64, StoreError> {
    let name = observer_name(observer);
    if let Some(number) = known_number(connection, &name)? {
        return Ok(number);
    }
    connection
        .prepare_cached("INSERT INTO observer (name) VALUES (?1) RETURNING number")
        .and_then(|mut it| it.query_row([name], |row| row.get(0)))
        .doing("keeping an observer")
}

/// The numbers of those observers that are known.
pub(crate) fn numbers(
    connection: &Connection,
    observers: &[ObserverId],
) -> Result<Vec<i64>, StoreError> {
    let mut numbers = Vec::with_capacity(observers.len());
    for observer in observers {
        numbers.extend(known_number(connection, &observer_name(observer))?);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

fn known_number(connection: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
    connection
        .prepare_cached("SELECT number FROM observer WHERE name = ?1")
        .and_then(|mut it| it.query_row([name], |row| row.get(0)).optional())
        .doing(DOING)
}

/// The observer behind a number, and when its first and last reports were received.
pub(crate) fn described(
    connection: &Connection,
    number: i64,
) -> Result<(ObserverId, Option<(Timestamp, Timestamp)>), StoreError> {
    connection
        .prepare_cached(
            "SELECT name, first_received_at, last_received_at FROM observer WHERE number = ?1",
        )
        .and_then(|mut it| {
            it.query_row([number], |row| {
                let first: Option<Micros> = row.get(1)?;
                let last: Option<Micros> = row.get(2)?;
                let times = first.zip(last).map(|(first, last)| (first.0, last.0));
                Ok((row.get::<_, ObserverName>(0)?.0, times))
            })
        })
        .doing(DOING)
}

/// The line of an agent's reports. Targets have no such line: see [`super::targets`].
pub(crate) fn line(connection: &Connection, receipt: &ReportReceipt) -> Result<Line, StoreError> {
    let refused = || StoreError::Refused { problem: format!("there is no {}", receipt.observer) };
    let ObserverId::Agent(agent) = &receipt.observer else { return Err(refused()) };
    let line = connection
        .prepare_cached(
            "SELECT observer.number, observer.state, settled_epoch, settled_sequence, \
             settled_at, confirmed_epoch, confirmed_sequence, confirmed_at \
             FROM agent JOIN observer ON observer.number = agent.observer WHERE agent.id = ?1",
        )
        .and_then(|mut it| {
            it.query_row([Id::from(*agent)], |row| {
                let settled_at: Option<Micros> = row.get(4)?;
                let confirmed_at: Option<Micros> = row.get(7)?;
                Ok(Line {
                    observer: row.get(0)?,
                    state: row.get(1)?,
                    settled: Number::read_optional(row, 2)?.zip(settled_at),
                    confirmed: Number::read_optional(row, 5)?.zip(confirmed_at),
                })
            })
            .optional()
        })
        .doing(DOING)?;
    line.ok_or_else(refused)
}

/// Notes that a report was received.
pub(crate) fn heard(
    connection: &Connection,
    observer: i64,
    number: Number,
    receipt: &ReportReceipt,
) -> Result<(), StoreError> {
    const DOING: &str = "noting a report";
    let received_at = Micros(receipt.received_at);
    connection
        .prepare_cached(
            "UPDATE observer SET \
             first_received_at = min(coalesce(first_received_at, ?2), ?2), \
             last_received_at = max(coalesce(last_received_at, ?2), ?2) WHERE number = ?1",
        )
        .and_then(|mut it| it.execute((observer, received_at)))
        .doing(DOING)?;
    let skew = receipt.sent_at.duration_since(receipt.received_at).as_secs();
    connection
        .prepare_cached(
            "UPDATE observer SET last_epoch = ?2, last_sequence = ?3, last_boot = ?4, \
             clock_skew_seconds = ?5 WHERE number = ?1 \
             AND (last_epoch IS NULL OR (last_epoch, last_sequence) < (?2, ?3))",
        )
        .and_then(|mut it| {
            it.execute((observer, number.epoch, number.sequence, receipt.boot.map(Id), skew))
        })
        .doing(DOING)?;
    Ok(())
}

/// Marks an observer for reconciling.
pub(crate) fn mark(connection: &Connection, observer: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE observer SET pending = 1 WHERE number = ?1")
        .and_then(|mut it| it.execute([observer]))
        .doing("marking an observer")?;
    Ok(())
}

/// The bytes that stand for one start of a host; empty where it is not known.
pub(crate) fn boot_bytes(boot: Option<Uuid>) -> Vec<u8> {
    boot.map(|it| it.as_bytes().to_vec()).unwrap_or_default()
}
