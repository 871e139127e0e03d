//! Steps from one schema to the next.

use std::path::Path;

use observation::ContentHash;
use rusqlite::Connection;
use tempfile::TempDir;

use super::super::connection::open;
use super::super::migrate::{MIGRATIONS, migrate_by};
use crate::StoreError;

/// The hashes of the published steps: who changes one breaks databases that have taken it.
const PUBLISHED: &[&str] = &[
    "de08f6a043fda27ce7e5064d419a5b509bd847f0e2c403e635e22601696c1573",
    "8a8e991efe5ca23cfe97ee906060edead01cdc80191878e6caf71227dc35e3e3",
    "1a277b0d1f716b3e3167f545dd934b0dd85b2c7063630f43aecd7998bd2d7ed4",
    "63065e9b9290fef5863d8937939bc5f27a800609ad1c1ae19e73dabc542eae6c",
    "5009972243f8590910a62e7b2ffdd0b500dff2e891d4480a9cbf001802e3d631",
    "c7f869b05ad6b53534aa06ea1c4f2b2f9f19bdf78cf9dc4dacc29791d7c53abc",
];

const SECOND: &str = "ALTER TABLE setting ADD COLUMN note TEXT";

fn version(connection: &Connection) -> i64 {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn at_first(path: &Path) -> Connection {
    let mut connection = open(path).unwrap();
    migrate_by(&mut connection, path, &MIGRATIONS[..1]).unwrap();
    connection.execute("INSERT INTO setting VALUES ('name', x'01')", []).unwrap();
    connection
}

#[test]
fn a_published_step_is_never_edited() {
    for (step, hash) in MIGRATIONS.iter().zip(PUBLISHED) {
        assert_eq!(&ContentHash::of(step.as_bytes()).to_string(), hash);
    }
    assert_eq!(MIGRATIONS.len(), PUBLISHED.len(), "a new step needs its hash here");
}

#[test]
fn a_step_leaves_a_copy_of_what_was_before() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    let mut connection = at_first(&path);
    migrate_by(&mut connection, &path, &[MIGRATIONS[0], SECOND]).unwrap();
    assert_eq!(version(&connection), 2);
    let copy = Connection::open(folder.path().join("kataster.db.schema-1")).unwrap();
    assert_eq!(version(&copy), 1);
    let kept: i64 = copy.query_row("SELECT count(*) FROM setting", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1);
    migrate_by(&mut connection, &path, &[MIGRATIONS[0], SECOND]).unwrap();
}

#[test]
fn a_step_that_fails_in_its_midst_leaves_the_old_schema_whole() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    let mut connection = at_first(&path);
    let broken = format!("{SECOND}; INSERT INTO nowhere VALUES (1)");
    assert!(migrate_by(&mut connection, &path, &[MIGRATIONS[0], &broken]).is_err());
    assert_eq!(version(&connection), 1);
    assert!(connection.prepare("SELECT note FROM setting").is_err());
    migrate_by(&mut connection, &path, &[MIGRATIONS[0], SECOND]).unwrap();
    assert_eq!(version(&connection), 2);
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    let mut connection = at_first(&path);
    connection.pragma_update(None, "user_version", 9).unwrap();
    let refused = migrate_by(&mut connection, &path, MIGRATIONS);
    assert!(matches!(refused, Err(StoreError::NewerSchema { found: 9, .. })), "{refused:?}");
}
