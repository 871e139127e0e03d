//! The short form of the load that `crash_load` makes.

use std::path::PathBuf;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_collector_acknowledged_is_there_once() {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_crash_load"));
    let outcome = tests::crash::run(program, 5, 8).await.unwrap();
    assert_eq!((outcome.lost, outcome.duplicated), (0, 0), "{outcome:?}");
    assert!(outcome.acknowledged >= 5, "{outcome:?}");
}
