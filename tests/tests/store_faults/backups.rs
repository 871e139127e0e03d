//! Backups under load, and what a restore refuses.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use store::{SqliteStore, Store, StoreError};
use tempfile::TempDir;
use tests::store_material::{enrol_agents, event, named, report};

use crate::{fill, filled, read_all, runtime};

/// A filled database and a backup of it.
fn backed_up(folder: &Path) -> (PathBuf, PathBuf) {
    let (database, backup) = (folder.join("kataster.db"), folder.join("backup.db"));
    let store = SqliteStore::open(&database).unwrap();
    runtime().block_on(async {
        fill(&store).await;
        store.backup_to(backup.clone()).await.unwrap();
    });
    (database, backup)
}

#[test]
fn a_backup_under_load_is_one_consistent_moment() {
    let folder = TempDir::new().unwrap();
    let backup = folder.path().join("backup.db");
    let store = Arc::new(SqliteStore::open(folder.path().join("kataster.db")).unwrap());
    runtime().block_on(async {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        let writing = Arc::clone(&store);
        let load = tokio::spawn(async move {
            for sequence in 1..200_u64 {
                let at = i64::try_from(sequence).unwrap();
                let named = [named(&format!("host-{sequence}"))];
                writing.append_report(report(1, sequence, at, &named)).await.unwrap();
            }
        });
        let summary = store.backup_to(backup.clone()).await.unwrap();
        load.await.unwrap();
        let copy = SqliteStore::open(&backup).unwrap();
        let agent = copy.agents().await.unwrap().remove(0);
        let newest = agent.last_number.map_or(0, |it| it.sequence);
        assert_eq!(summary.bodies, newest);
        let agent = inventory::asset::ObserverId::Agent(agent.id);
        let spans = copy.section_history(vec![agent]).await.unwrap();
        assert_eq!(u64::try_from(spans.len()).unwrap(), newest);
    });
}

#[test]
fn a_restored_database_is_the_one_that_was_backed_up() {
    let folder = TempDir::new().unwrap();
    let (database, backup) = backed_up(folder.path());
    let store = SqliteStore::open(&database).unwrap();
    let before = runtime().block_on(read_all(&store)).unwrap();
    runtime().block_on(store.append_event(event("later"))).unwrap();
    let later = runtime().block_on(read_all(&store)).unwrap();
    assert_ne!(before, later);
    drop(store);
    SqliteStore::restore(&backup, &database).unwrap();
    let store = SqliteStore::open(&database).unwrap();
    assert_eq!(runtime().block_on(read_all(&store)).unwrap(), before);
    let replaced = SqliteStore::open(folder.path().join("kataster.db.replaced")).unwrap();
    assert_eq!(runtime().block_on(read_all(&replaced)).unwrap(), later);
    assert!(!folder.path().join("kataster.db.restoring").exists());
}

#[test]
fn the_log_of_a_killed_collector_is_not_played_into_the_restored_file() {
    let folder = TempDir::new().unwrap();
    let (database, backup) = backed_up(folder.path());
    let store = SqliteStore::open(&database).unwrap();
    runtime().block_on(store.append_event(event("later"))).unwrap();
    // What a kill leaves behind: the file with its log beside it.
    let left = folder.path().join("left");
    fs::create_dir(&left).unwrap();
    for ending in ["", "-wal"] {
        let name = format!("kataster.db{ending}");
        fs::copy(folder.path().join(&name), left.join(&name)).unwrap();
    }
    drop(store);
    let killed = left.join("kataster.db");
    SqliteStore::restore(&backup, &killed).unwrap();
    let restored = SqliteStore::open(&killed).unwrap();
    let count = |store: &SqliteStore| runtime().block_on(store.event_head()).unwrap().0;
    let replaced = SqliteStore::open(left.join("kataster.db.replaced")).unwrap();
    assert_eq!(count(&restored) + 1, count(&replaced));
}

#[test]
fn a_backup_that_another_hand_changed_is_refused_and_nothing_is_replaced() {
    for sql in [
        "CREATE TRIGGER evil AFTER INSERT ON event BEGIN DELETE FROM report; END",
        "CREATE VIEW evil AS SELECT * FROM setting",
        "CREATE TABLE more (text TEXT)",
        "DROP INDEX agent_public_key",
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 7",
        "UPDATE event SET actor = 'another' WHERE number = 2",
        "UPDATE section_body SET body = zeroblob(length(body)) WHERE number = 1",
        "UPDATE section_body SET length = 1 << 40 WHERE number = 1",
        "UPDATE asset_member SET asset = zeroblob(16)",
    ] {
        let folder = TempDir::new().unwrap();
        let (database, backup) = backed_up(folder.path());
        let connection = Connection::open(&backup).unwrap();
        connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
        drop(connection);
        let before = fs::read(&database).unwrap();
        let refused = SqliteStore::restore(&backup, &database);
        assert!(refused.is_err(), "{sql}");
        assert_eq!(fs::read(&database).unwrap(), before, "{sql}");
        assert!(!folder.path().join("kataster.db.restoring").exists(), "{sql}");
    }
}

#[test]
fn half_a_backup_is_refused() {
    let folder = TempDir::new().unwrap();
    let (database, backup) = backed_up(folder.path());
    let whole = fs::read(&backup).unwrap();
    for length in [0, 10, 100, 4096, whole.len() / 2, whole.len() - 1] {
        fs::write(&backup, &whole[..length]).unwrap();
        let refused = SqliteStore::restore(&backup, &database);
        assert!(refused.is_err(), "{length} bytes");
    }
    fs::remove_file(&backup).unwrap();
    assert!(SqliteStore::restore(&backup, &database).is_err());
    let store = SqliteStore::open(&database).unwrap();
    assert!(runtime().block_on(read_all(&store)).is_ok());
}

#[test]
fn an_interrupted_restore_does_not_look_like_a_new_installation() {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("kataster.db");
    filled(&folder.path().join("kataster.db.restoring"));
    let refused = SqliteStore::open(&database).err();
    assert!(matches!(refused, Some(StoreError::Open { .. })), "{refused:?}");
    assert!(!database.exists());
}
