//! What a reconciliation looks at: observers, what they showed, what people decided.

use std::collections::BTreeSet;

use inventory::asset::ObserverId;
use inventory::reconcile::{Decision, Identifier, MemberEvidence, TimedIdentifier};
use rusqlite::{Connection, ToSql};

use super::cell::{Micros, ObserverName, Word};
use super::events;
use super::observers;
use super::problem::Doing;
use crate::model::{EventDraft, StoreError};

const DOING: &str = "reading evidence";

/// Observers that wait for reconciling. From here on a commit unmarks them, unless another report
/// arrives in between.
pub(crate) fn take_unreconciled(connection: &Connection) -> Result<Vec<ObserverId>, StoreError> {
    connection
        .prepare_cached("UPDATE observer SET pending = 2 WHERE pending = 1")
        .and_then(|mut it| it.execute([]))
        .doing(DOING)?;
    let mut statement = connection
        .prepare_cached("SELECT name FROM observer WHERE pending > 0 ORDER BY number")
        .doing(DOING)?;
    let rows = statement.query_map([], |row| row.get::<_, ObserverName>(0)).doing(DOING)?;
    rows.map(|row| row.map(|it| it.0)).collect::<Result<_, _>>().doing(DOING)
}

/// The connected component of these observers, as evidence.
pub(crate) fn candidates(
    connection: &Connection,
    observers: &[ObserverId],
) -> Result<Vec<MemberEvidence>, StoreError> {
    let mut waiting = observers::numbers(connection, observers)?;
    let mut found = BTreeSet::new();
    while let Some(observer) = waiting.pop() {
        if found.insert(observer) {
            waiting.extend(connected(connection, observer)?);
        }
    }
    let mut members = Vec::with_capacity(found.len());
    for observer in found {
        members.extend(evidence(connection, observer)?);
    }
    members.sort_by(|left, right| left.observer.cmp(&right.observer));
    Ok(members)
}

/// Observers that share an identifier with this one or stand in a decision with it.
fn connected(connection: &Connection, observer: i64) -> Result<Vec<i64>, StoreError> {
    numbers(
        connection,
        "SELECT other.observer FROM observer_identifier AS own \
         JOIN observer_identifier AS other ON other.identifier = own.identifier \
         WHERE own.observer = ?1 \
         UNION SELECT right_observer FROM decision WHERE left_observer = ?1 \
         UNION SELECT left_observer FROM decision WHERE right_observer = ?1",
        &[&observer],
    )
}

fn numbers(
    connection: &Connection,
    sql: &'static str,
    parameters: &[&dyn ToSql],
) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(sql).doing(DOING)?;
    let rows = statement.query_map(parameters, |row| row.get(0)).doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// What one observer showed. `None`: it never reported.
fn evidence(connection: &Connection, number: i64) -> Result<Option<MemberEvidence>, StoreError> {
    let (observer, times) = observers::described(connection, number)?;
    let Some((first_received_at, last_received_at)) = times else { return Ok(None) };
    let identifiers = identifiers(connection, number)?;
    Ok(Some(MemberEvidence { observer, first_received_at, last_received_at, identifiers }))
}

/// The identifiers that one observer ever showed, sorted.
pub(crate) fn identifiers(
    connection: &Connection,
    number: i64,
) -> Result<Vec<TimedIdentifier>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT kind, text, first_seen_at, \
             CASE WHEN confirmed_at > last_seen_at AND EXISTS (SELECT 1 FROM host_state_identifier \
                 WHERE host_state_identifier.state = observer.state \
                 AND host_state_identifier.identifier = observer_identifier.identifier) \
             THEN confirmed_at ELSE last_seen_at END \
             FROM observer_identifier \
             JOIN identifier ON identifier.number = observer_identifier.identifier \
             JOIN observer ON observer.number = observer_identifier.observer \
             WHERE observer_identifier.observer = ?1",
        )
        .doing(DOING)?;
    let rows = statement
        .query_map([number], |row| {
            Ok(TimedIdentifier {
                identifier: Identifier { kind: row.get::<_, Word<_>>(0)?.0, text: row.get(1)? },
                first_seen_at: row.get::<_, Micros>(2)?.0,
                last_seen_at: row.get::<_, Micros>(3)?.0,
            })
        })
        .doing(DOING)?;
    let mut identifiers: Vec<TimedIdentifier> = rows.collect::<Result<_, _>>().doing(DOING)?;
    identifiers.sort();
    Ok(identifiers)
}

/// All observers that show one of these identifiers.
pub(crate) fn observers_with(
    connection: &Connection,
    identifiers: &[Identifier],
) -> Result<Vec<ObserverId>, StoreError> {
    let mut found = BTreeSet::new();
    for identifier in identifiers {
        found.extend(numbers(
            connection,
            "SELECT observer FROM identifier \
             JOIN observer_identifier ON observer_identifier.identifier = identifier.number \
             WHERE kind = ?1 AND text = ?2",
            &[&Word(identifier.kind), &identifier.text],
        )?);
    }
    let mut names = Vec::with_capacity(found.len());
    for number in found {
        names.push(observers::described(connection, number)?.0);
    }
    names.sort();
    Ok(names)
}

/// Decisions in which one of these observers stands.
pub(crate) fn decisions(
    connection: &Connection,
    observers: &[ObserverId],
) -> Result<Vec<Decision>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT decision.number, decided_at, actor, kind, l.name, r.name FROM decision \
             JOIN observer AS l ON l.number = left_observer \
             JOIN observer AS r ON r.number = right_observer \
             WHERE left_observer = ?1 OR right_observer = ?1",
        )
        .doing(DOING)?;
    let mut decisions = BTreeSet::new();
    for observer in observers::numbers(connection, observers)? {
        let rows = statement
            .query_map([observer], |row| {
                let decision = Decision {
                    decided_at: row.get::<_, Micros>(1)?.0,
                    actor: row.get(2)?,
                    kind: row.get::<_, Word<_>>(3)?.0,
                    left: row.get::<_, ObserverName>(4)?.0,
                    right: row.get::<_, ObserverName>(5)?.0,
                };
                Ok((row.get::<_, i64>(0)?, decision))
            })
            .doing(DOING)?;
        for row in rows {
            decisions.insert(row.doing(DOING)?);
        }
    }
    Ok(decisions.into_iter().map(|(_, decision)| decision).collect())
}

/// Keeps a decision and marks both observers.
pub(crate) fn decide(
    connection: &Connection,
    decision: &Decision,
    event: &EventDraft,
) -> Result<(), StoreError> {
    const DOING: &str = "keeping a decision";
    let left = observers::number(connection, &decision.left)?;
    let right = observers::number(connection, &decision.right)?;
    connection
        .execute(
            "INSERT INTO decision (decided_at, actor, kind, left_observer, right_observer) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (Micros(decision.decided_at), &decision.actor, Word(decision.kind), left, right),
        )
        .doing(DOING)?;
    observers::mark(connection, left)?;
    observers::mark(connection, right)?;
    events::append(connection, event)
}
