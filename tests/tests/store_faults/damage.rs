//! Bits that flip and files that end too early.

use std::fs;
use std::path::Path;

use store::{SqliteStore, StoreError};
use tempfile::TempDir;

use crate::{filled, read_all, runtime};

/// Opens a damaged file and reads everything, checked as a backup would be.
fn read_damaged(folder: &Path, bytes: &[u8]) -> Result<String, StoreError> {
    let path = folder.join("damaged.db");
    for ending in ["", "-wal", "-shm"] {
        drop(fs::remove_file(folder.join(format!("damaged.db{ending}"))));
    }
    fs::write(&path, bytes).unwrap();
    let store = SqliteStore::open(&path)?;
    runtime().block_on(read_all(&store))
}

#[test]
fn flipped_bits_give_an_error_or_are_harmless_and_never_a_panic() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    filled(&path);
    let whole = fs::read(&path).unwrap();
    let healthy = read_damaged(folder.path(), &whole).unwrap();
    let (mut errors, mut same, mut other) = (0, 0, 0);
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for flips in (0..60).map(|it| 1 + it % 16) {
        let mut bytes = whole.clone();
        for _ in 0..flips {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let place = usize::try_from(state % u64::try_from(bytes.len()).unwrap()).unwrap();
            bytes[place] ^= 1 << (state >> 60 & 7);
        }
        match read_damaged(folder.path(), &bytes) {
            Err(error) => {
                assert!(!error.to_string().is_empty());
                errors += 1;
            }
            Ok(text) if text == healthy => same += 1,
            // A letter of a name: SQLite keeps no checksums of such rows.
            Ok(_) => other += 1,
        }
    }
    println!("errors {errors}, harmless {same}, unseen {other}");
    assert!(errors > 0);
}

#[test]
fn every_bit_of_a_section_body_counts() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    filled(&path);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let changed = connection.execute(
        "UPDATE section_body SET body = CAST(substr(body, 1, 20) || x'00' || substr(body, 22) AS BLOB) \
         WHERE number = 2",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    drop(connection);
    let store = SqliteStore::open(&path).unwrap();
    let read = runtime().block_on(read_all(&store));
    assert!(matches!(read, Err(StoreError::Damaged { .. })), "{read:?}");
}

#[test]
fn a_file_that_ends_too_early_is_an_error_that_names_the_remedy() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    filled(&path);
    let whole = fs::read(&path).unwrap();
    for part in 1..20 {
        let length = whole.len() * part / 20;
        let error = read_damaged(folder.path(), &whole[..length]).unwrap_err().to_string();
        assert!(error.contains("backup"), "{length} bytes: {error}");
    }
}

#[test]
fn what_is_not_a_database_of_ours_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let other = folder.path().join("other.db");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection.execute_batch("CREATE TABLE diary (day TEXT)").unwrap();
    drop(connection);
    let text = folder.path().join("text");
    fs::write(&text, "Dear diary, this is longer than the header of a database file. ".repeat(9))
        .unwrap();
    for path in [other, text] {
        let before = fs::read(&path).unwrap();
        let refused = SqliteStore::open(&path).err();
        assert!(matches!(refused, Some(StoreError::Open { .. })), "{refused:?}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    let nowhere = SqliteStore::open(folder.path().join("no/folder/here.db")).err();
    assert!(matches!(nowhere, Some(StoreError::Open { .. })), "{nowhere:?}");
}
