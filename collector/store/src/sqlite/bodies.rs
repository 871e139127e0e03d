//! Section bodies: each kept once under its hash, compressed.

use std::collections::HashMap;

use observation::ContentHash;
use observation::latest::{Fact, SectionBody};
use observation::limits::SECTION_BODY_BYTES_MAX;
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;

use super::cell::Hash;
use super::packages::{self, PackageName};
use super::problem::{Doing, damaged};
use crate::model::{IncomingSection, StoreError};

/// Measured on package lists: higher levels cost several times the work for a few per cent of size.
pub(super) const ZSTD_LEVEL: i32 = 3;

const DOING: &str = "reading a section body";

/// A body made ready outside the writing thread.
#[derive(Debug, Clone)]
pub(crate) struct PreparedBody {
    hash: ContentHash,
    length: i64,
    compressed: Vec<u8>,
    packages: Vec<PackageName>,
}

/// Bodies made ready, by hash.
pub(crate) type Prepared = HashMap<ContentHash, PreparedBody>;

/// Checks and compresses bodies that came.
pub(crate) fn prepare<'a>(
    sections: impl Iterator<Item = &'a IncomingSection>,
) -> Result<Prepared, StoreError> {
    let mut prepared = HashMap::new();
    let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(compressing)?;
    for section in sections {
        let Some(bytes) = &section.body else { continue };
        let hash = section.head.hash;
        if prepared.contains_key(&hash) {
            continue;
        }
        prepared.insert(hash, prepare_one(hash, bytes, &mut compressor)?);
    }
    Ok(prepared)
}

fn compressing(error: std::io::Error) -> StoreError {
    StoreError::Database { doing: "compressing a section body", source: error.into() }
}

fn prepare_one(
    hash: ContentHash,
    bytes: &[u8],
    compressor: &mut zstd::bulk::Compressor<'_>,
) -> Result<PreparedBody, StoreError> {
    let refused = |problem: String| StoreError::Refused { problem };
    if bytes.len() > SECTION_BODY_BYTES_MAX {
        return Err(refused(format!("the body {hash} is larger than {SECTION_BODY_BYTES_MAX}")));
    }
    if ContentHash::of(bytes) != hash {
        return Err(refused(format!("the body that came as {hash} has another hash")));
    }
    let compressed = compressor.compress(bytes).map_err(compressing)?;
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    Ok(PreparedBody { hash, length, compressed, packages: packages::listed(bytes) })
}

/// The number of a body that is here or has come.
pub(crate) fn number(
    connection: &Connection,
    hash: ContentHash,
    prepared: &HashMap<ContentHash, PreparedBody>,
) -> Result<i64, StoreError> {
    const DOING: &str = "keeping a section body";
    let known = connection
        .prepare_cached("SELECT number FROM section_body WHERE hash = ?1")
        .and_then(|mut it| it.query_row([Hash(hash)], |row| row.get(0)).optional())
        .doing(DOING)?;
    if let Some(number) = known {
        return Ok(number);
    }
    let body = prepared
        .get(&hash)
        .ok_or_else(|| StoreError::Refused { problem: format!("the body {hash} is missing") })?;
    let number = connection
        .prepare_cached(
            "INSERT INTO section_body (hash, length, body) VALUES (?1, ?2, ?3) RETURNING number",
        )
        .and_then(|mut it| {
            it.query_row((Hash(body.hash), body.length, &body.compressed), |row| row.get(0))
        })
        .doing(DOING)?;
    packages::keep(connection, number, &body.packages)?;
    Ok(number)
}

/// Which of these are not here. A forgotten body is: it is not asked for again.
pub(crate) fn missing(
    connection: &Connection,
    hashes: &[ContentHash],
) -> Result<Vec<ContentHash>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM section_body WHERE hash = ?1)")
        .doing(DOING)?;
    let mut missing = Vec::new();
    for hash in hashes {
        let is_here: bool = statement.query_row([Hash(*hash)], |row| row.get(0)).doing(DOING)?;
        if !is_here && !missing.contains(hash) {
            missing.push(*hash);
        }
    }
    Ok(missing)
}

/// The bytes of a body.
pub(crate) fn bytes(
    connection: &Connection,
    hash: ContentHash,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row: Option<(i64, Option<Vec<u8>>)> = connection
        .prepare_cached("SELECT length, body FROM section_body WHERE hash = ?1")
        .and_then(|mut it| {
            it.query_row([Hash(hash)], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .doing(DOING)?;
    let Some((length, Some(compressed))) = row else { return Ok(None) };
    unpack(hash, length, &compressed).map(Some)
}

/// Unpacks no more than the length that was kept, and checks the hash.
pub(crate) fn unpack(
    hash: ContentHash,
    length: i64,
    compressed: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= SECTION_BODY_BYTES_MAX)
        .ok_or_else(|| damaged(DOING, format!("{hash} has an impossible length")))?;
    let bytes = zstd::bulk::decompress(compressed, length)
        .map_err(|error| damaged(DOING, format!("{hash} cannot be unpacked: {error}")))?;
    if ContentHash::of(&bytes) != hash {
        return Err(damaged(DOING, format!("{hash} has other content")));
    }
    Ok(bytes)
}

/// The body in our types. Facts of kinds that this program does not know yet are left out here and
/// stay in the bytes: a newer program will read them.
pub(crate) fn understood(hash: ContentHash, bytes: &[u8]) -> Result<SectionBody, StoreError> {
    if let Ok(body) = serde_json::from_slice(bytes) {
        return Ok(body);
    }
    let unreadable =
        |error: serde_json::Error| damaged(DOING, format!("{hash} cannot be read: {error}"));
    let mut body: serde_json::Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    let facts = body.pointer_mut("/outcome/read/facts").and_then(serde_json::Value::as_array_mut);
    if let Some(facts) = facts {
        facts.retain(|fact| Fact::deserialize(fact).is_ok());
    }
    serde_json::from_value(body).map_err(unreadable)
}
