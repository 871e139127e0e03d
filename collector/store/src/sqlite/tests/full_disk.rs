//! A disk that is full, played by a bound on the pages of the file.

use observation::latest::{Cadence, ReportNumber};
use tempfile::TempDir;

use super::{AGENT, TOKEN, agent, event, report, second, secret, token};
use crate::{IncomingReport, SqliteStore, Store, StoreError};

/// A report with a body that no compression makes small.
fn large(sequence: u64) -> IncomingReport {
    let mut state = sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        format!("{state:016x}")
    };
    let text = (0..2000).map(|_| next()).collect();
    let number = ReportNumber { epoch: 1, sequence };
    let at = second(i64::try_from(sequence).unwrap());
    report(number, at, &[("hardware.disks", Cadence::Steady, text)])
}

async fn count(store: &SqliteStore) -> usize {
    let observer = inventory::asset::ObserverId::Agent(AGENT);
    store.section_history(vec![observer]).await.unwrap().len()
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_leaves_reading_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    let limit = |it: &rusqlite::Connection| {
        it.pragma_update_and_check(None, "max_page_count", 100, |_| Ok(()))
    };
    let store = SqliteStore::open_with(path.clone(), limit).unwrap();
    store.create_token(token(), event()).await.unwrap();
    store.enrol(TOKEN, secret(), second(1), agent(), event()).await.unwrap().unwrap();
    let mut kept = 0;
    let refused = loop {
        // Beside the large report a small one waits in the same group.
        let small = store.setting_or_insert("name_key", b"key".to_vec());
        match tokio::join!(store.append_report(large(kept)), small) {
            (Ok(_), Ok(_)) => kept += 1,
            (Err(error), Ok(_)) => break error,
            (_, Err(error)) => panic!("reading a setting failed: {error}"),
        }
        assert!(kept < 100, "the disk never filled up");
    };
    assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused:?}");
    assert!(kept > 0);
    assert_eq!(count(&store).await, usize::try_from(kept).unwrap());
    let again = store.append_report(large(kept)).await;
    assert!(matches!(again, Err(StoreError::DiskFull { .. })), "{again:?}");
    drop(store);

    let store = SqliteStore::open(path).unwrap();
    assert_eq!(count(&store).await, usize::try_from(kept).unwrap());
    assert!(!store.append_report(large(kept)).await.unwrap().was_repeated);
    assert!(store.append_report(large(0)).await.unwrap().was_repeated);
}
