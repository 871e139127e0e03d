//! Signed files that wait for a person.

use inventory::asset::ObserverId;
use observation::ContentHash;
use observation::latest::protocol::AgentKind;
use observation::latest::{AgentId, ReportNumber};
use rusqlite::{Connection, OptionalExtension};

use super::agents;
use super::cell::{Hash, Id, Micros, Number, Word};
use super::events;
use super::observers;
use super::problem::Doing;
use crate::carried::{
    CARRIED_BYTES_MAX, CARRIED_FILES_MAX, CARRIED_HOSTS_MAX, IncomingFile, KeptFile, WaitingFile,
};
use crate::model::{AgentRecord, AgentState, EventDraft, StoreError};

const DOING: &str = "keeping a signed file";

/// The agent that has a key; the newest where a key was ever used again.
pub(crate) fn agent_by_key(
    connection: &Connection,
    key: ContentHash,
) -> Result<Option<AgentRecord>, StoreError> {
    let id = connection
        .prepare_cached(
            "SELECT id FROM agent WHERE public_key_hash = ?1 \
             ORDER BY enrolled_at DESC, id DESC LIMIT 1",
        )
        .and_then(|mut it| it.query_row([Hash(key)], |row| row.get::<_, Id>(0)).optional())
        .doing("reading an agent")?;
    id.map_or(Ok(None), |it| agents::agent(connection, AgentId(it.0)))
}

/// Keeps a file, and its host as one that waits where the key is new.
pub(crate) fn keep(
    connection: &Connection,
    incoming: &IncomingFile,
    event: &EventDraft,
) -> Result<KeptFile, StoreError> {
    let number = Number::of(incoming.number)?;
    let agent = match agent_by_key(connection, incoming.host.public_key_hash)? {
        Some(known) if known.state != AgentState::Waiting => return Ok(KeptFile::Decided),
        Some(known) => Some(known.id),
        None => None,
    };
    if let Some(agent) = agent {
        let is_kept: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM carried_report \
                 WHERE agent = ?1 AND epoch = ?2 AND sequence = ?3)",
            )
            .and_then(|mut it| {
                it.query_row((Id::from(agent), number.epoch, number.sequence), |row| row.get(0))
            })
            .doing(DOING)?;
        if is_kept {
            return Ok(KeptFile::Repeated);
        }
    }
    if !has_room(connection, agent, incoming.file.len())? {
        return Ok(KeptFile::NoRoom);
    }
    let id = match agent {
        Some(agent) => agent,
        None => begin(connection, incoming)?,
    };
    connection
        .prepare_cached("INSERT INTO carried_report VALUES (?1, ?2, ?3, ?4, ?5)")
        .and_then(|mut it| {
            let received_at = Micros(incoming.received_at);
            let key = (Id::from(id), number.epoch, number.sequence, received_at, &incoming.file);
            it.execute(key)
        })
        .doing(DOING)?;
    events::append(connection, event)?;
    Ok(KeptFile::Waits)
}

fn has_room(
    connection: &Connection,
    agent: Option<AgentId>,
    bytes: usize,
) -> Result<bool, StoreError> {
    let (all, own): (i64, i64) = connection
        .prepare_cached(
            "SELECT coalesce(sum(length(file)), 0), count(*) FILTER (WHERE agent = ?1) \
             FROM carried_report",
        )
        .and_then(|mut it| {
            it.query_row([agent.map(Id::from)], |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .doing(DOING)?;
    let hosts: u32 = connection
        .prepare_cached("SELECT count(*) FROM agent WHERE token IS NULL AND state = ?1")
        .and_then(|mut it| it.query_row([Word(AgentState::Waiting)], |row| row.get(0)))
        .doing(DOING)?;
    let all = u64::try_from(all).unwrap_or(u64::MAX).saturating_add(bytes as u64);
    let is_new = agent.is_none();
    Ok(all <= CARRIED_BYTES_MAX
        && own < i64::from(CARRIED_FILES_MAX)
        && (!is_new || hosts < CARRIED_HOSTS_MAX))
}

fn begin(connection: &Connection, incoming: &IncomingFile) -> Result<AgentId, StoreError> {
    let host = &incoming.host;
    if agents::agent(connection, host.id)?.is_some() {
        let problem = "the file claims to speak for an agent that has another key".to_owned();
        return Err(StoreError::Refused { problem });
    }
    let observer = observers::number(connection, &ObserverId::Agent(host.id))?;
    connection
        .execute(
            "INSERT INTO agent VALUES (?1, ?2, NULL, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                Id::from(host.id),
                observer,
                &host.host_name,
                Word(AgentKind::Client),
                Word(AgentState::Waiting),
                Hash(host.public_key_hash),
                Micros(host.certificate_not_after),
                Micros(incoming.received_at),
                &host.software_version,
            ),
        )
        .doing(DOING)?;
    Ok(host.id)
}

/// The first file of an agent that waits, in the agent's own order, behind `after`.
pub(crate) fn next(
    connection: &Connection,
    agent: AgentId,
    after: Option<ReportNumber>,
) -> Result<Option<WaitingFile>, StoreError> {
    let after = match after {
        Some(after) => Number::of(after)?,
        None => Number { epoch: -1, sequence: -1 },
    };
    connection
        .prepare_cached(
            "SELECT epoch, sequence, received_at, file FROM carried_report \
             WHERE agent = ?1 AND (epoch, sequence) > (?2, ?3) ORDER BY epoch, sequence LIMIT 1",
        )
        .and_then(|mut it| {
            let read = |row: &rusqlite::Row<'_>| {
                Ok(WaitingFile {
                    number: Number { epoch: row.get(0)?, sequence: row.get(1)? }.number(),
                    received_at: row.get::<_, Micros>(2)?.0,
                    file: row.get(3)?,
                })
            };
            it.query_row((Id::from(agent), after.epoch, after.sequence), read).optional()
        })
        .doing("reading a signed file")
}

/// Removes one file of an agent, or all of them; gives how many there were.
pub(crate) fn remove(
    connection: &Connection,
    agent: AgentId,
    number: Option<ReportNumber>,
) -> Result<u64, StoreError> {
    const DOING: &str = "removing a signed file";
    let removed = match number {
        Some(number) => {
            let number = Number::of(number)?;
            connection
                .execute(
                    "DELETE FROM carried_report WHERE agent = ?1 AND epoch = ?2 AND sequence = ?3",
                    (Id::from(agent), number.epoch, number.sequence),
                )
                .doing(DOING)?
        }
        None => connection
            .execute("DELETE FROM carried_report WHERE agent = ?1", [Id::from(agent)])
            .doing(DOING)?,
    };
    Ok(removed as u64)
}
