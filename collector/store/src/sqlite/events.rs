//! The chain of events: nothing in it can be changed or taken out without being seen, except the
//! values, which stand beside it and may be forgotten.

use observation::ContentHash;
use rusqlite::{Connection, OptionalExtension, Row};
use sha2::{Digest, Sha256};

use super::cell::{Hash, Micros, count_cell};
use super::problem::{Doing, damaged};
use crate::model::{
    ChainVerdict, EVENT_PAGE_BYTES_MAX, EventDraft, EventFilter, EventPage, EventRecord,
    LoggedEvent, StoreError,
};

const DOING: &str = "reading the log of events";
const SELECT: &str = "SELECT event.number, at, actor, source, action, object, before_hash, after_hash, \
     previous, hash, before_salt, before, after_salt, after \
     FROM event LEFT JOIN event_value ON event_value.event = event.number";

/// Adds an event.
pub(crate) fn append(connection: &Connection, draft: &EventDraft) -> Result<(), StoreError> {
    const DOING: &str = "keeping an event";
    let (count, previous) = head(connection)?;
    let number = count_cell(count) + 1;
    let before = salted(connection, draft.before.as_deref())?;
    let after = salted(connection, draft.after.as_deref())?;
    let (before_hash, after_hash) = (before.as_ref().map(|it| it.1), after.as_ref().map(|it| it.1));
    let link = Link { number, draft, before_hash, after_hash, previous };
    connection
        .prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
        .and_then(|mut statement| {
            statement.execute((
                number,
                Micros(draft.at),
                &draft.actor,
                &draft.source,
                &draft.action,
                &draft.object,
                before_hash.map(Hash),
                after_hash.map(Hash),
                previous.map(Hash),
                Hash(link.hash()),
            ))
        })
        .doing(DOING)?;
    if before.is_none() && after.is_none() {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT INTO event_value VALUES (?1, ?2, ?3, ?4, ?5)")
        .and_then(|mut statement| {
            statement.execute((
                number,
                before.map(|it| it.0),
                &draft.before,
                after.map(|it| it.0),
                &draft.after,
            ))
        })
        .doing(DOING)?;
    Ok(())
}

/// Adds several.
pub(crate) fn append_all(connection: &Connection, drafts: &[EventDraft]) -> Result<(), StoreError> {
    drafts.iter().try_for_each(|draft| append(connection, draft))
}

/// Number and hash of the newest event.
pub(crate) fn head(connection: &Connection) -> Result<(u64, Option<ContentHash>), StoreError> {
    let newest: Option<(i64, Hash)> = connection
        .prepare_cached("SELECT number, hash FROM event ORDER BY number DESC LIMIT 1")
        .and_then(|mut it| it.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .doing(DOING)?;
    Ok(newest.map_or((0, None), |(number, hash)| (number.unsigned_abs(), Some(hash.0))))
}

/// Events after a number.
pub(crate) fn after(
    connection: &Connection,
    after: u64,
    limit: u32,
) -> Result<Vec<EventRecord>, StoreError> {
    let sql = format!("{SELECT} WHERE event.number > ?1 ORDER BY event.number LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql).doing(DOING)?;
    let rows = statement.query_map((count_cell(after), limit), read).doing(DOING)?;
    rows.map(|row| row.map(|stored| stored.record)).collect::<Result<_, _>>().doing(DOING)
}

/// A page of the log.
pub(crate) fn page(connection: &Connection, filter: &EventFilter) -> Result<EventPage, StoreError> {
    let sql = format!(
        "{SELECT} WHERE event.number > ?1 AND (?2 IS NULL OR at >= ?2) AND (?3 IS NULL \
         OR object = ?3 OR substr(object, 1, length(?3) + 1) = ?3 || ' ' \
         OR action LIKE 'claim\\_%' ESCAPE '\\' AND (instr(object, ' ' || ?3 || ':') > 0 \
         OR instr(object, ' ' || ?3 || ' ') > 0)) ORDER BY event.number"
    );
    let mut statement = connection.prepare_cached(&sql).doing(DOING)?;
    let mut rows = statement
        .query((count_cell(filter.after), filter.since.map(Micros), &filter.object))
        .doing(DOING)?;
    let (mut page, mut bytes) = (EventPage::default(), 0_usize);
    while let Some(row) = rows.next().doing(DOING)? {
        let is_full = page.events.len() >= usize::try_from(filter.limit).unwrap_or(usize::MAX);
        if is_full || bytes >= EVENT_PAGE_BYTES_MAX {
            page.is_cut = true;
            break;
        }
        let stored = read(row).doing(DOING)?;
        let is_forgotten = stored.is_forgotten();
        let event = &stored.record.event;
        bytes +=
            [&event.before, &event.after].into_iter().flatten().map(String::len).sum::<usize>();
        page.events.push(LoggedEvent { record: stored.record, is_forgotten });
    }
    Ok(page)
}

/// Checks every event against its hash, its number, its values and its predecessor.
pub(crate) fn verify(connection: &Connection) -> Result<ChainVerdict, StoreError> {
    let mut statement =
        connection.prepare(&format!("{SELECT} ORDER BY event.number")).doing(DOING)?;
    let mut rows = statement.query([]).doing(DOING)?;
    let (mut count, mut previous, mut forgotten) = (0_u64, None, 0);
    while let Some(row) = rows.next().doing(DOING)? {
        let stored = read(row).map_err(|error| damaged(DOING, error.to_string()))?;
        let expected = count + 1;
        let is_whole = stored.record.number == expected
            && stored.record.previous == previous
            && stored.record.hash == stored.link().hash()
            && stored.values_fit();
        if !is_whole {
            return Ok(ChainVerdict { events: count, first_broken: Some(expected), forgotten });
        }
        forgotten += u64::from(stored.is_forgotten());
        count = expected;
        previous = Some(stored.record.hash);
    }
    Ok(ChainVerdict { events: count, first_broken: None, forgotten })
}

/// An event as it lies in its rows.
struct Stored {
    record: EventRecord,
    before_hash: Option<ContentHash>,
    after_hash: Option<ContentHash>,
    before_salt: Option<Vec<u8>>,
    after_salt: Option<Vec<u8>>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let optional_hash = |index| row.get::<_, Option<Hash>>(index).map(|it| it.map(|hash| hash.0));
    Ok(Stored {
        record: EventRecord {
            number: row.get::<_, i64>(0)?.unsigned_abs(),
            event: EventDraft {
                at: row.get::<_, Micros>(1)?.0,
                actor: row.get(2)?,
                source: row.get(3)?,
                action: row.get(4)?,
                object: row.get(5)?,
                before: row.get(11)?,
                after: row.get(13)?,
            },
            previous: optional_hash(8)?,
            hash: row.get::<_, Hash>(9)?.0,
        },
        before_hash: optional_hash(6)?,
        after_hash: optional_hash(7)?,
        before_salt: row.get(10)?,
        after_salt: row.get(12)?,
    })
}

impl Stored {
    fn link(&self) -> Link<'_> {
        Link {
            number: count_cell(self.record.number),
            draft: &self.record.event,
            before_hash: self.before_hash,
            after_hash: self.after_hash,
            previous: self.record.previous,
        }
    }

    fn values_fit(&self) -> bool {
        let fits = |hash: Option<ContentHash>, salt: Option<&[u8]>, value: Option<&str>| match (
            salt, value,
        ) {
            (Some(salt), Some(value)) => hash == Some(salted_hash(salt, value)),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let event = &self.record.event;
        fits(self.before_hash, self.before_salt.as_deref(), event.before.as_deref())
            && fits(self.after_hash, self.after_salt.as_deref(), event.after.as_deref())
    }

    fn is_forgotten(&self) -> bool {
        (self.before_hash.is_some() && self.before_salt.is_none())
            || (self.after_hash.is_some() && self.after_salt.is_none())
    }
}

/// What the hash of an event covers.
struct Link<'a> {
    number: i64,
    draft: &'a EventDraft,
    before_hash: Option<ContentHash>,
    after_hash: Option<ContentHash>,
    previous: Option<ContentHash>,
}

impl Link<'_> {
    /// Every part with its length before it, so that no two events have the same bytes.
    fn hash(&self) -> ContentHash {
        let mut digest = Sha256::new();
        let mut part = |bytes: &[u8]| {
            digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(bytes);
        };
        part(b"kataster event 1");
        part(&self.number.to_be_bytes());
        part(&self.draft.at.as_microsecond().to_be_bytes());
        for text in [&self.draft.actor, &self.draft.source, &self.draft.action, &self.draft.object]
        {
            part(text.as_bytes());
        }
        for hash in [self.before_hash, self.after_hash, self.previous] {
            part(hash.as_ref().map_or(&[], |it| it.as_bytes().as_slice()));
        }
        ContentHash::from_bytes(digest.finalize().into())
    }
}

/// A fresh salt and the salted hash of a value.
fn salted(
    connection: &Connection,
    value: Option<&str>,
) -> Result<Option<(Vec<u8>, ContentHash)>, StoreError> {
    let Some(value) = value else { return Ok(None) };
    let salt: Vec<u8> = connection
        .prepare_cached("SELECT randomblob(16)")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .doing("salting a value")?;
    let hash = salted_hash(&salt, value);
    Ok(Some((salt, hash)))
}

fn salted_hash(salt: &[u8], value: &str) -> ContentHash {
    let mut digest = Sha256::new();
    digest.update(salt);
    digest.update(value.as_bytes());
    ContentHash::from_bytes(digest.finalize().into())
}
