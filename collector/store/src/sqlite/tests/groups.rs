//! Jobs that wait together are committed together, and fail alone.

use std::sync::mpsc;

use rusqlite::Connection;

use super::super::problem::Doing;
use super::super::writer::Writer;
use crate::StoreError;

const DOING: &str = "testing";

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE word (text TEXT NOT NULL UNIQUE) STRICT").unwrap();
    connection
}

fn insert(connection: &Connection, text: &str) -> Result<(), StoreError> {
    connection.execute("INSERT INTO word VALUES (?1)", [text]).map(drop).doing(DOING)
}

fn refused() -> StoreError {
    StoreError::Refused { problem: "on purpose".to_owned() }
}

async fn words(writer: &Writer) -> Vec<String> {
    writer
        .write(DOING, |it| {
            let mut statement = it.prepare("SELECT text FROM word ORDER BY text").doing(DOING)?;
            let rows = statement.query_map([], |row| row.get(0)).doing(DOING)?;
            rows.collect::<Result<_, _>>().doing(DOING)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_job_that_fails_undoes_itself_and_no_other() {
    let writer = Writer::start(database()).unwrap();
    let (open, gate) = mpsc::channel::<()>();
    // The first job holds the thread until the others wait, so that they become one group.
    let first = writer.write(DOING, move |it| {
        gate.recv().map_err(|_| refused())?;
        insert(it, "first")
    });
    let good = writer.write(DOING, |it| insert(it, "good"));
    let bad = writer.write(DOING, |it| {
        insert(it, "bad")?;
        Err::<(), _>(refused())
    });
    let twice = writer.write(DOING, |it| insert(it, "good"));
    let last = writer.write(DOING, |it| insert(it, "last"));
    let opening = async {
        tokio::task::yield_now().await;
        open.send(()).unwrap();
    };
    let (first, good, bad, twice, last, ()) = tokio::join!(first, good, bad, twice, last, opening);
    assert!(first.is_ok() && good.is_ok() && last.is_ok());
    assert!(matches!(bad, Err(StoreError::Refused { .. })));
    assert!(matches!(twice, Err(StoreError::Database { .. })));
    assert_eq!(words(&writer).await, ["first", "good", "last"]);
}

#[tokio::test]
async fn a_group_that_the_database_undoes_is_repeated_job_by_job() {
    let writer = Writer::start(database()).unwrap();
    let (open, gate) = mpsc::channel::<()>();
    let mut gate = Some(gate);
    let first = writer
        .write(DOING, move |_| gate.take().map_or(Ok(()), |it| it.recv().map_err(|_| refused())));
    let good = writer.write(DOING, |it| insert(it, "good"));
    // Rolls everything back under the feet of its group, as a full disk may.
    let bad = writer.write(DOING, |it| {
        it.execute_batch("ROLLBACK").doing(DOING)?;
        Err::<(), _>(StoreError::DiskFull { doing: DOING })
    });
    let last = writer.write(DOING, |it| insert(it, "last"));
    let opening = async {
        tokio::task::yield_now().await;
        open.send(()).unwrap();
    };
    let (first, good, bad, last, ()) = tokio::join!(first, good, bad, last, opening);
    assert!(first.is_ok() && good.is_ok() && last.is_ok());
    assert!(matches!(bad, Err(StoreError::DiskFull { .. })), "{bad:?}");
    assert_eq!(words(&writer).await, ["good", "last"]);
}

#[tokio::test]
async fn who_stops_waiting_does_not_stop_the_work() {
    let writer = Writer::start(database()).unwrap();
    let (open, gate) = mpsc::channel::<()>();
    {
        let mut forgotten = Box::pin(writer.write(DOING, move |it| {
            gate.recv().map_err(|_| refused())?;
            insert(it, "done")
        }));
        let is_done = tokio::select! {
            biased;
            _ = &mut forgotten => true,
            () = tokio::task::yield_now() => false,
        };
        assert!(!is_done);
    }
    open.send(()).unwrap();
    assert_eq!(words(&writer).await, ["done"]);
}
