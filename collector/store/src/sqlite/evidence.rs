//! What a reconciliation looks at: observers, what they showed, what people decided.

use std::collections::BTreeSet;

use inventory::asset::ObserverId;
use inventory::reconcile::{
    Decision, Identifier, MemberEvidence, TimedIdentifier, is_shown_by_too_many,
};
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
///
/// Nobody is connected by an identifier that too many show, which therefore is left out of what they
/// show, nor by a certificate: else one wildcard certificate brings half of the inventory along.
pub(crate) fn candidates(
    connection: &Connection,
    observers: &[ObserverId],
) -> Result<Vec<MemberEvidence>, StoreError> {
    let waiting = observers::numbers(connection, observers)?;
    let mut component = Component { waiting, ..Component::default() };
    while let Some(observer) = component.waiting.pop() {
        if component.found.insert(observer) {
            component.waiting.extend(related(connection, observer)?);
            component.follow(connection, observer)?;
        }
    }
    let mut members = Vec::with_capacity(component.found.len());
    for observer in component.found {
        members.extend(evidence(connection, observer)?);
    }
    for member in &mut members {
        member.identifiers.retain(|it| !component.unusable.contains(&it.identifier));
    }
    members.sort_by(|left, right| left.observer.cmp(&right.observer));
    Ok(members)
}

/// A component on its way to being found. Each identifier is followed once, however many show it.
#[derive(Default)]
struct Component {
    waiting: Vec<i64>,
    found: BTreeSet<i64>,
    followed: BTreeSet<i64>,
    /// Those that too many show.
    unusable: BTreeSet<Identifier>,
}

impl Component {
    fn follow(&mut self, connection: &Connection, observer: i64) -> Result<(), StoreError> {
        for (number, identifier) in shown(connection, observer)? {
            if !identifier.kind.connects() || !self.followed.insert(number) {
                continue;
            }
            let holders = holders(connection, number)?;
            if is_shown_by_too_many(holders.iter().map(|it| &it.1)) {
                self.unusable.insert(identifier);
            } else {
                self.waiting.extend(holders.into_iter().map(|it| it.0));
            }
        }
        Ok(())
    }
}

/// The identifiers of an observer, with their numbers.
fn shown(connection: &Connection, observer: i64) -> Result<Vec<(i64, Identifier)>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT number, kind, text FROM observer_identifier \
             JOIN identifier ON identifier.number = observer_identifier.identifier \
             WHERE observer = ?1",
        )
        .doing(DOING)?;
    let rows = statement
        .query_map([observer], |row| {
            let kind = row.get::<_, Word<_>>(1)?.0;
            Ok((row.get(0)?, Identifier { kind, text: row.get(2)? }))
        })
        .doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// Who shows an identifier.
fn holders(connection: &Connection, identifier: i64) -> Result<Vec<(i64, ObserverId)>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT number, name FROM observer_identifier \
             JOIN observer ON observer.number = observer_identifier.observer \
             WHERE identifier = ?1",
        )
        .doing(DOING)?;
    let rows = statement
        .query_map([identifier], |row| Ok((row.get(0)?, row.get::<_, ObserverName>(1)?.0)))
        .doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

/// Observers that stand in a decision with this one, or in one asset with it up to now: what joined
/// them may have become unusable since.
fn related(connection: &Connection, observer: i64) -> Result<Vec<i64>, StoreError> {
    numbers(
        connection,
        "SELECT right_observer FROM decision WHERE left_observer = ?1 \
         UNION SELECT left_observer FROM decision WHERE right_observer = ?1 \
         UNION SELECT other.observer FROM asset_member AS own \
             JOIN asset_member AS other ON other.asset = own.asset WHERE own.observer = ?1",
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
