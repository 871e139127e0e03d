//! Databases of every schema that was ever published can still be opened.
//!
//! The fixtures are constructed: each is the text dump of a database that the program of its time
//! filled with the material of these tests.

use std::path::Path;

use inventory::asset::ObserverId;
use store::{SqliteStore, Store};
use tempfile::TempDir;
use tests::store_material::{agent_id, host_hash, minute, named, packages, receipt};

use crate::{read_all, runtime};

const SCHEMA_1: &str = include_str!("../../fixtures/store/schema_1.sql");

fn database_of(sql: &str, path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn a_database_of_schema_1_is_read_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    database_of(SCHEMA_1, &path);
    let store = SqliteStore::open(&path).unwrap();
    runtime().block_on(async {
        read_all(&store).await.unwrap();
        let chain = store.verify_events().await.unwrap();
        assert_eq!((chain.first_broken, chain.events), (None, 4), "token, two agents, one commit");
        assert_eq!(store.assets().await.unwrap().len(), 2);
        let observer = ObserverId::Agent(agent_id(1));
        let members = store.observations(vec![observer.clone()], minute(99)).await.unwrap();
        assert_eq!(members[0].sections.len(), 2);
        assert_eq!(members[0].sections[1].body, named("host-1"));
        assert_eq!(members[0].sections[1].last_observed_at, minute(2));
        let many: Vec<String> = (0..200).map(|it| format!("package-{it}=1.{it}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let hash = host_hash(&[named("host-1"), packages(&many)]);
        let known = store.confirm_host_hash(receipt(1, 3, 3), hash).await.unwrap();
        assert_eq!(known.map(|it| it.was_repeated), Some(false));
        let spans = store.section_history(vec![observer]).await.unwrap();
        assert!(spans.iter().all(|it| it.last_observed_at == minute(3)), "{spans:?}");
    });
}
