//! Claims: begun and settled together with the change of the register that does it.

use inventory::register::{
    BegunClaim, Claim, ClaimRecord, ClaimState, Settled, Voice, claim_name, claim_object,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::accounts;
use super::cell::{Json, Micros, Word, count_cell};
use super::events;
use super::problem::Doing;
use crate::accounts::{Access, ClaimChanges, NewClaim, Recovery, Settlement};
use crate::model::{EventDraft, StoreError};

const DOING: &str = "keeping a claim";
const SELECT: &str = "SELECT number, document, taken_back, claimed_at, claimed_by, source, state, \
     settled_at, settled_by, settled_event FROM claim";
/// What events of settled claims come through: they are no statements about the company.
const SOURCE: &str = "claim";

/// All claims, oldest first.
pub(crate) fn claims(connection: &Connection) -> Result<Vec<ClaimRecord>, StoreError> {
    const DOING: &str = "reading the claims";
    let mut statement =
        connection.prepare_cached(&format!("{SELECT} ORDER BY number")).doing(DOING)?;
    let rows = statement.query_map([], read).doing(DOING)?;
    let mut claims: Vec<ClaimRecord> = rows.collect::<Result<_, _>>().doing(DOING)?;
    let recoveries = accounts::recoveries(connection)?;
    for settled in claims.iter_mut().filter_map(|it| it.settled.as_mut()) {
        let before = |it: &&Recovery| it.account == settled.by && it.event < settled.event;
        settled.after_recovery_at = recoveries.iter().find(before).map(|it| it.at);
    }
    Ok(claims)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ClaimRecord> {
    let at: Option<Micros> = row.get(7)?;
    let by: Option<String> = row.get(8)?;
    let event: Option<i64> = row.get(9)?;
    let settled = at.zip(by).zip(event);
    Ok(ClaimRecord {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        claim: row.get::<_, Json<_>>(1)?.0,
        taken_back: row.get::<_, Json<_>>(2)?.0,
        claimed_at: row.get::<_, Micros>(3)?.0,
        claimed_by: row.get(4)?,
        source: row.get(5)?,
        state: row.get::<_, Word<_>>(6)?.0,
        settled: settled.map(|((at, by), event)| Settled {
            at: at.0,
            by,
            event: event.unsigned_abs(),
            after_recovery_at: None,
        }),
    })
}

/// Keeps what a change does to claims.
pub(crate) fn change(
    connection: &Connection,
    changes: &ClaimChanges,
    actor: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    for new in &changes.begun {
        let number = begin(connection, new, at)?;
        let Some(account) = &new.confirmed_by else { continue };
        // Whose role was taken away meanwhile claims like everybody else.
        if speaks_for(connection, account, &new.begun.claim.voice)? {
            let (claim, by) = (new.begun.claim.clone(), account.clone());
            let settlement = Settlement { number, claim, state: ClaimState::Confirmed, by };
            settle(connection, &settlement, actor, at)?;
        }
    }
    for settlement in &changes.settled {
        let by = &settlement.by;
        let may = match settlement.state {
            ClaimState::Confirmed => speaks_for(connection, by, &settlement.claim.voice)?,
            ClaimState::Rejected => {
                speaks_for(connection, by, &settlement.claim.voice)?
                    || access_of(connection, by)? == Some(Access::Admin)
            }
            ClaimState::Open => false,
        };
        if !may {
            let problem = format!("the account {by} does not speak for this role");
            return Err(StoreError::Refused { problem });
        }
        settle(connection, settlement, actor, at)?;
    }
    Ok(())
}

fn begin(connection: &Connection, new: &NewClaim, at: Timestamp) -> Result<u64, StoreError> {
    let NewClaim { begun: BegunClaim { claim, taken_back }, claimed_by, source, .. } = new;
    connection
        .execute(
            "INSERT INTO claim (document, taken_back, claimed_at, claimed_by, source, state) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (Json(claim), Json(taken_back), Micros(at), claimed_by, source, Word(ClaimState::Open)),
        )
        .doing(DOING)?;
    Ok(connection.last_insert_rowid().unsigned_abs())
}

fn settle(
    connection: &Connection,
    settlement: &Settlement,
    actor: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let Settlement { number, claim, state, by } = settlement;
    let found = connection
        .prepare_cached(&format!("{SELECT} WHERE number = ?1"))
        .and_then(|mut it| it.query_row([count_cell(*number)], read).optional())
        .doing(DOING)?;
    if !found.is_some_and(|it| it.state == ClaimState::Open && it.claim == *claim) {
        let problem = format!("{} was settled meanwhile", claim_name(*number));
        return Err(StoreError::Refused { problem });
    }
    events::append(connection, &event(*number, claim, *state, actor, at))?;
    let event = events::head(connection)?.0;
    connection
        .execute(
            "UPDATE claim SET state = ?2, settled_at = ?3, settled_by = ?4, settled_event = ?5 \
             WHERE number = ?1",
            (count_cell(*number), Word(*state), Micros(at), by, count_cell(event)),
        )
        .doing(DOING)?;
    Ok(())
}

/// The event of a settled claim. A claim that is shown as confirmed must have it in the chain.
pub(crate) fn event(
    number: u64,
    claim: &Claim,
    state: ClaimState,
    actor: &str,
    at: Timestamp,
) -> EventDraft {
    let text = Some(claim.text());
    let (action, before, after) = match state {
        ClaimState::Confirmed => ("claim_confirmed", None, text),
        ClaimState::Rejected => ("claim_rejected", text, None),
        ClaimState::Open => ("claim_made", None, text),
    };
    EventDraft {
        at,
        actor: actor.to_owned(),
        source: SOURCE.to_owned(),
        action: action.to_owned(),
        object: claim_object(number, &claim.place),
        before,
        after,
    }
}

/// Keeps claims that were in the register before claims were; those that are known by now are left out.
pub(crate) fn adopt(
    connection: &Connection,
    claims: &[NewClaim],
    at: Timestamp,
) -> Result<u64, StoreError> {
    let known = self::claims(connection)?;
    let mut count = 0;
    for new in claims {
        let is_known =
            |it: &ClaimRecord| it.state != ClaimState::Rejected && it.claim == new.begun.claim;
        if known.iter().any(is_known) {
            continue;
        }
        let number = begin(connection, new, at)?;
        let claim = &new.begun.claim;
        events::append(connection, &event(number, claim, ClaimState::Open, &new.claimed_by, at))?;
        count += 1;
    }
    Ok(count)
}

fn access_of(connection: &Connection, account: &str) -> Result<Option<Access>, StoreError> {
    let known = accounts::accounts(connection)?;
    let found = known.into_iter().find(|it| it.name == account && it.removed_at.is_none());
    Ok(found.map(|it| it.access))
}

fn speaks_for(connection: &Connection, account: &str, voice: &Voice) -> Result<bool, StoreError> {
    let known = accounts::accounts(connection)?;
    let found = known.iter().find(|it| it.name == account && it.removed_at.is_none());
    Ok(found.is_some_and(|it| it.speaks_for(voice)))
}
