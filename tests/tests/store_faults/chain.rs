//! Changing the log by another hand.

use rusqlite::Connection;
use store::{ChainVerdict, EventDraft, SqliteStore, Store};
use tempfile::TempDir;
use tests::store_material::event;

use crate::runtime;

/// What the chain says after a statement that went past the store.
fn verdict_after(sql: &str) -> ChainVerdict {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    let store = SqliteStore::open(&path).unwrap();
    runtime().block_on(async {
        for number in 0..5 {
            let before = Some(format!("{number}"));
            store.append_event(EventDraft { before, ..event("changed") }).await.unwrap();
        }
    });
    drop(store);
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    let store = SqliteStore::open(&path).unwrap();
    runtime().block_on(store.verify_events()).unwrap()
}

#[test]
fn every_change_of_an_event_is_seen() {
    for (sql, first_broken) in [
        ("UPDATE event SET actor = 'another' WHERE number = 3", 3),
        ("UPDATE event SET at = at + 1 WHERE number = 1", 1),
        ("UPDATE event SET action = 'chang', object = 'edsomething' WHERE number = 2", 2),
        ("UPDATE event_value SET after = 'other' WHERE event = 4", 4),
        ("UPDATE event_value SET after = NULL WHERE event = 4", 4),
        ("UPDATE event SET previous = NULL WHERE number = 5", 5),
        ("DELETE FROM event_value WHERE event = 2; DELETE FROM event WHERE number = 2", 2),
        ("DELETE FROM event_value WHERE event = 1; DELETE FROM event WHERE number = 1", 1),
        ("UPDATE event SET hash = zeroblob(32) WHERE number = 5", 5),
    ] {
        assert_eq!(verdict_after(sql).first_broken, Some(first_broken), "{sql}");
    }
}

#[test]
fn values_may_be_forgotten_and_the_chain_still_holds() {
    let verdict = verdict_after("DELETE FROM event_value WHERE event IN (2, 4)");
    assert_eq!(verdict, ChainVerdict { events: 5, first_broken: None, forgotten: 2 });
}
