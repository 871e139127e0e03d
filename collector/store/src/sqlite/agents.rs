//! Tokens and the agents that enrolled with them.

use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::AgentId;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::cell::{Hash, Id, Micros, Number, Word, observer_name};
use super::events;
use super::observers;
use super::problem::Doing;
use crate::model::{
    AgentRecord, AgentState, EventDraft, NewAgent, NewToken, StoreError, TokenRecord, TokenRefusal,
};
use inventory::asset::{AssetId, ObserverId};

pub(crate) fn create_token(
    connection: &Connection,
    token: &NewToken,
    event: &EventDraft,
) -> Result<(), StoreError> {
    connection
        .execute(
            "INSERT INTO enrolment_token \
             (id, secret_hash, label, kind, uses_max, created_at, expires_at, needs_approval) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                Id(token.id),
                Hash(token.secret_hash),
                &token.label,
                Word(token.kind),
                token.uses_max,
                Micros(token.created_at),
                Micros(token.expires_at),
                token.needs_approval,
            ),
        )
        .doing("keeping a token")?;
    events::append(connection, event)
}

const TOKEN: &str = "SELECT id, label, kind, uses_max, uses, expires_at, created_at, revoked_at, \
     needs_approval, secret_hash FROM enrolment_token";

pub(crate) fn tokens(connection: &Connection) -> Result<Vec<TokenRecord>, StoreError> {
    const DOING: &str = "reading the tokens";
    let sql = format!("{TOKEN} ORDER BY created_at DESC, id DESC");
    let mut statement = connection.prepare(&sql).doing(DOING)?;
    let rows = statement.query_map([], read_token).doing(DOING)?;
    rows.map(|row| row.map(|it| it.0)).collect::<Result<_, _>>().doing(DOING)
}

/// A token and the hash of its secret.
fn read_token(row: &Row<'_>) -> rusqlite::Result<(TokenRecord, ContentHash)> {
    let record = TokenRecord {
        id: row.get::<_, Id>(0)?.0,
        label: row.get(1)?,
        kind: row.get::<_, Word<_>>(2)?.0,
        uses_max: row.get(3)?,
        uses: row.get(4)?,
        expires_at: row.get::<_, Micros>(5)?.0,
        created_at: row.get::<_, Micros>(6)?.0,
        revoked_at: row.get::<_, Option<Micros>>(7)?.map(|it| it.0),
        needs_approval: row.get(8)?,
    };
    Ok((record, row.get::<_, Hash>(9)?.0))
}

pub(crate) fn revoke_token(
    connection: &Connection,
    id: Uuid,
    event: &EventDraft,
) -> Result<bool, StoreError> {
    let changed = connection
        .execute(
            "UPDATE enrolment_token SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1",
            (Id(id), Micros(event.at)),
        )
        .doing("revoking a token")?;
    if changed == 0 {
        return Ok(false);
    }
    events::append(connection, event)?;
    Ok(true)
}

/// Uses a token and keeps the agent.
pub(crate) fn enrol(
    connection: &Connection,
    token_id: Uuid,
    secret_hash: ContentHash,
    now: Timestamp,
    agent: &NewAgent,
    event: &EventDraft,
) -> Result<Result<AgentRecord, TokenRefusal>, StoreError> {
    const DOING: &str = "enrolling an agent";
    let token = connection
        .prepare_cached(&format!("{TOKEN} WHERE id = ?1"))
        .and_then(|mut it| it.query_row([Id(token_id)], read_token).optional())
        .doing(DOING)?;
    let Some((token, kept_hash)) = token else { return Ok(Err(TokenRefusal::Unknown)) };
    if let Some(refusal) = refusal(&token, kept_hash == secret_hash, now) {
        return Ok(Err(refusal));
    }
    let is_known: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM agent WHERE public_key_hash = ?1)")
        .and_then(|mut it| it.query_row([Hash(agent.public_key_hash)], |row| row.get(0)))
        .doing(DOING)?;
    if is_known {
        return Ok(Err(TokenRefusal::KeyInUse));
    }
    connection
        .execute("UPDATE enrolment_token SET uses = uses + 1 WHERE id = ?1", [Id(token_id)])
        .doing(DOING)?;
    let observer = observers::number(connection, &ObserverId::Agent(agent.id))?;
    let state = if token.needs_approval { AgentState::Waiting } else { AgentState::Approved };
    connection
        .execute(
            "INSERT INTO agent VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            (
                Id::from(agent.id),
                observer,
                Id(token_id),
                &agent.host_name,
                Word(token.kind),
                Word(state),
                Hash(agent.public_key_hash),
                Micros(agent.certificate_not_after),
                Micros(now),
                &agent.software_version,
            ),
        )
        .doing(DOING)?;
    events::append(connection, event)?;
    let kept = self::agent(connection, agent.id)?;
    kept.map(Ok).ok_or_else(|| super::problem::damaged(DOING, "the new agent is not there"))
}

fn refusal(token: &TokenRecord, fits: bool, now: Timestamp) -> Option<TokenRefusal> {
    if !fits {
        Some(TokenRefusal::WrongSecret)
    } else if token.revoked_at.is_some() {
        Some(TokenRefusal::Revoked)
    } else if now >= token.expires_at {
        Some(TokenRefusal::Expired)
    } else if token.uses >= token.uses_max {
        Some(TokenRefusal::UsedUp)
    } else {
        None
    }
}

const AGENT: &str = "SELECT agent.id, host_name, kind, agent.state, public_key_hash, \
     certificate_not_after, enrolled_at, last_received_at, last_epoch, last_sequence, last_boot, \
     clock_skew_seconds, software_version, asset_member.asset \
     FROM agent JOIN observer ON observer.number = agent.observer \
     LEFT JOIN asset_member ON asset_member.observer = agent.observer";

fn read_agent(row: &Row<'_>) -> rusqlite::Result<AgentRecord> {
    Ok(AgentRecord {
        id: AgentId(row.get::<_, Id>(0)?.0),
        host_name: row.get(1)?,
        kind: row.get::<_, Word<_>>(2)?.0,
        state: row.get::<_, Word<_>>(3)?.0,
        public_key_hash: row.get::<_, Hash>(4)?.0,
        certificate_not_after: row.get::<_, Micros>(5)?.0,
        enrolled_at: row.get::<_, Micros>(6)?.0,
        last_seen_at: row.get::<_, Option<Micros>>(7)?.map(|it| it.0),
        last_number: Number::read_optional(row, 8)?.map(Number::number),
        last_boot: row.get::<_, Option<Id>>(10)?.map(|it| it.0),
        clock_skew_seconds: row.get(11)?,
        software_version: row.get(12)?,
        asset: row.get::<_, Option<Id>>(13)?.map(|it| AssetId(it.0)),
    })
}

pub(crate) fn agents(connection: &Connection) -> Result<Vec<AgentRecord>, StoreError> {
    const DOING: &str = "reading the agents";
    let sql = format!("{AGENT} ORDER BY enrolled_at, agent.id");
    let mut statement = connection.prepare(&sql).doing(DOING)?;
    let rows = statement.query_map([], read_agent).doing(DOING)?;
    rows.collect::<Result<_, _>>().doing(DOING)
}

pub(crate) fn agent(
    connection: &Connection,
    id: AgentId,
) -> Result<Option<AgentRecord>, StoreError> {
    connection
        .prepare_cached(&format!("{AGENT} WHERE agent.id = ?1"))
        .and_then(|mut it| it.query_row([Id::from(id)], read_agent).optional())
        .doing("reading an agent")
}

pub(crate) fn set_state(
    connection: &Connection,
    id: AgentId,
    state: AgentState,
    event: &EventDraft,
) -> Result<bool, StoreError> {
    let changed = connection
        .execute("UPDATE agent SET state = ?2 WHERE id = ?1", (Id::from(id), Word(state)))
        .doing("changing the state of an agent")?;
    if changed == 0 {
        return Ok(false);
    }
    events::append(connection, event)?;
    Ok(true)
}

pub(crate) fn set_key(
    connection: &Connection,
    id: AgentId,
    public_key_hash: ContentHash,
    certificate_not_after: Timestamp,
) -> Result<(), StoreError> {
    let changed = connection
        .execute(
            "UPDATE agent SET public_key_hash = ?2, certificate_not_after = ?3 WHERE id = ?1",
            (Id::from(id), Hash(public_key_hash), Micros(certificate_not_after)),
        )
        .doing("keeping the key of an agent")?;
    if changed == 0 {
        let name = observer_name(&ObserverId::Agent(id));
        return Err(StoreError::Refused { problem: format!("there is no {name}") });
    }
    Ok(())
}
