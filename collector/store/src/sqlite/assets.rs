//! Assets: who is grouped together, under which label, and what was absorbed by what.

use std::collections::BTreeMap;

use inventory::asset::{AssetId, AssetLabel, ObserverId};
use inventory::reconcile::Grouping;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::cell::{Id, ObserverName};
use super::events;
use super::labels;
use super::observers;
use super::problem::{Doing, damaged};
use crate::model::{AssetRecord, EventDraft, StoreError};

const DOING: &str = "reading the assets";
const KEEPING: &str = "keeping assets";

/// Puts groupings in the place of what was there for their members.
pub(crate) fn commit(
    connection: &Connection,
    groupings: &[Grouping],
    drafts: &[EventDraft],
) -> Result<(), StoreError> {
    let left = leave(connection, groupings)?;
    for grouping in groupings {
        enter(connection, grouping)?;
    }
    for (asset, first_member) in left {
        absorb(connection, asset, first_member)?;
    }
    events::append_all(connection, drafts)
}

/// Takes all members out of their assets. Gives those assets, each with the member at its head.
fn leave(connection: &Connection, groupings: &[Grouping]) -> Result<BTreeMap<Id, i64>, StoreError> {
    let members: Vec<ObserverId> =
        groupings.iter().flat_map(|it| it.members.iter().cloned()).collect();
    let mut heads: BTreeMap<Id, (i64, i64)> = BTreeMap::new();
    for observer in observers::numbers(connection, &members)? {
        let place: Option<(Id, i64)> = connection
            .prepare_cached(
                "DELETE FROM asset_member WHERE observer = ?1 RETURNING asset, position",
            )
            .and_then(|mut it| {
                it.query_row([observer], |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .doing(KEEPING)?;
        if let Some((asset, position)) = place {
            let head = heads.entry(asset).or_insert((position, observer));
            *head = (*head).min((position, observer));
        }
    }
    Ok(heads.into_iter().map(|(asset, (_, observer))| (asset, observer)).collect())
}

fn enter(connection: &Connection, grouping: &Grouping) -> Result<(), StoreError> {
    let links = serde_json::to_string(&grouping.links)
        .map_err(|error| StoreError::Database { doing: KEEPING, source: error.into() })?;
    let changed = connection
        .prepare_cached("UPDATE asset SET absorbed_by = NULL, links = ?2 WHERE id = ?1")
        .and_then(|mut it| it.execute((Id::from(grouping.asset), &links)))
        .doing(KEEPING)?;
    if changed == 0 {
        create(connection, grouping.asset, &links)?;
    }
    for (position, member) in (0_i64..).zip(&grouping.members) {
        let observer = observers::number(connection, member)?;
        connection
            .prepare_cached(
                "INSERT INTO asset_member (observer, asset, position) VALUES (?1, ?2, ?3)",
            )
            .and_then(|mut it| it.execute((observer, Id::from(grouping.asset), position)))
            .doing(KEEPING)?;
        connection
            .prepare_cached("UPDATE observer SET pending = 0 WHERE number = ?1 AND pending = 2")
            .and_then(|mut it| it.execute([observer]))
            .doing(KEEPING)?;
    }
    Ok(())
}

/// A new asset with the shortest label that is free.
fn create(connection: &Connection, asset: AssetId, links: &str) -> Result<(), StoreError> {
    for label in labels::labels(asset)? {
        let made = connection
            .prepare_cached(
                "INSERT INTO asset (id, label, links) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )
            .and_then(|mut it| it.execute((Id::from(asset), label, links)))
            .doing(KEEPING)?;
        if made == 1 {
            return Ok(());
        }
    }
    Err(damaged(KEEPING, format!("no label is free for the asset {asset}")))
}

/// If an asset has no members any more, it goes on as the one that its first member is in now.
fn absorb(connection: &Connection, asset: Id, first_member: i64) -> Result<(), StoreError> {
    let is_there: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM asset_member WHERE asset = ?1)")
        .and_then(|mut it| it.query_row([asset], |row| row.get(0)))
        .doing(KEEPING)?;
    if is_there {
        return Ok(());
    }
    let home: Option<Id> = connection
        .prepare_cached("SELECT asset FROM asset_member WHERE observer = ?1")
        .and_then(|mut it| it.query_row([first_member], |row| row.get(0)).optional())
        .doing(KEEPING)?;
    // All former aliases go along, so that following one is a single step.
    connection
        .prepare_cached(
            "UPDATE asset SET absorbed_by = ?2, links = '[]' WHERE id = ?1 OR absorbed_by = ?1",
        )
        .and_then(|mut it| it.execute((asset, home)))
        .doing(KEEPING)?;
    Ok(())
}

/// All assets, by label.
pub(crate) fn all(connection: &Connection) -> Result<Vec<AssetRecord>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT id FROM asset WHERE absorbed_by IS NULL \
             AND EXISTS (SELECT 1 FROM asset_member WHERE asset = asset.id) ORDER BY label",
        )
        .doing(DOING)?;
    let ids = statement.query_map([], |row| row.get::<_, Id>(0)).doing(DOING)?;
    let mut assets = Vec::new();
    for id in ids {
        assets.extend(record(connection, id.doing(DOING)?)?);
    }
    Ok(assets)
}

/// The asset of an id or label, aliases followed.
pub(crate) fn find(
    connection: &Connection,
    id_or_label: &str,
) -> Result<Option<AssetRecord>, StoreError> {
    let id = match (id_or_label.trim().parse::<Uuid>(), labels::as_kept(id_or_label)) {
        (Ok(id), _) => Some(Id(id)),
        (Err(_), Some(label)) => connection
            .prepare_cached("SELECT id FROM asset WHERE label = ?1")
            .and_then(|mut it| it.query_row([label], |row| row.get(0)).optional())
            .doing(DOING)?,
        (Err(_), None) => None,
    };
    let Some(id) = id else { return Ok(None) };
    let present = present(connection, id)?;
    present.map_or(Ok(None), |id| record(connection, id))
}

/// The asset that this one goes on as.
fn present(connection: &Connection, id: Id) -> Result<Option<Id>, StoreError> {
    connection
        .prepare_cached("SELECT coalesce(absorbed_by, id) FROM asset WHERE id = ?1")
        .and_then(|mut it| it.query_row([id], |row| row.get(0)).optional())
        .doing(DOING)
}

pub(crate) fn label_of(
    connection: &Connection,
    asset: AssetId,
) -> Result<Option<AssetLabel>, StoreError> {
    let Some(id) = present(connection, asset.into())? else { return Ok(None) };
    connection
        .prepare_cached("SELECT label FROM asset WHERE id = ?1")
        .and_then(|mut it| it.query_row([id], |row| row.get(0).map(AssetLabel)).optional())
        .doing(DOING)
}

fn record(connection: &Connection, id: Id) -> Result<Option<AssetRecord>, StoreError> {
    let row: Option<(String, String)> = connection
        .prepare_cached("SELECT label, links FROM asset WHERE id = ?1")
        .and_then(|mut it| it.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .doing(DOING)?;
    let Some((label, links)) = row else { return Ok(None) };
    let links = serde_json::from_str(&links)
        .map_err(|error| damaged(DOING, format!("links of {label}: {error}")))?;
    let mut members = connection
        .prepare_cached(
            "SELECT name FROM asset_member JOIN observer ON observer.number = observer \
             WHERE asset = ?1 ORDER BY position",
        )
        .doing(DOING)?;
    let members = members.query_map([id], |row| row.get::<_, ObserverName>(0)).doing(DOING)?;
    let mut aliases = connection
        .prepare_cached("SELECT id FROM asset WHERE absorbed_by = ?1 ORDER BY id")
        .doing(DOING)?;
    let aliases = aliases.query_map([id], |row| row.get::<_, Id>(0)).doing(DOING)?;
    Ok(Some(AssetRecord {
        id: AssetId(id.0),
        label: AssetLabel(label),
        members: members.map(|row| row.map(|it| it.0)).collect::<Result<_, _>>().doing(DOING)?,
        links,
        aliases: aliases
            .map(|row| row.map(|it| AssetId(it.0)))
            .collect::<Result<_, _>>()
            .doing(DOING)?,
    }))
}
