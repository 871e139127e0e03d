//! The one thread that writes, with group commit.
//!
//! Jobs that wait are run in one transaction, each in a savepoint of its own, and are answered after
//! its one flush to disk: an answer means durable, and the disk's rate of flushes does not bound the
//! rate of jobs. A job that fails undoes its savepoint alone. If the group as a whole cannot be
//! committed, each of its jobs is repeated in a transaction of its own.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::problem::Doing;
use crate::model::StoreError;

/// Most jobs in one transaction.
const GROUP_MAX: usize = 256;
/// Most jobs that wait; who comes later waits for a place.
const QUEUE_MAX: usize = 1024;

const BEGIN: &str = "BEGIN IMMEDIATE";

/// Something to be done in a transaction, as often as it takes.
trait Job: Send {
    /// Does it and keeps the result.
    fn run(&mut self, connection: &Connection) -> Result<(), ()>;
    /// Keeps another result than that of the work.
    fn fail(&mut self, error: StoreError);
    /// Gives the result to whoever waits.
    fn answer(self: Box<Self>);
}

struct Typed<T, W> {
    work: W,
    result: Option<Result<T, StoreError>>,
    asker: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, W: FnMut(&Connection) -> Result<T, StoreError> + Send> Job for Typed<T, W> {
    fn run(&mut self, connection: &Connection) -> Result<(), ()> {
        let result = (self.work)(connection);
        let outcome = result.as_ref().map(|_| ()).map_err(|_| ());
        self.result = Some(result);
        outcome
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error));
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // Who no longer waits needs no answer: the work is done and durable.
            drop(self.asker.send(result));
        }
    }
}

/// The way to the writing thread. Dropping it ends the thread after the jobs that wait.
pub(crate) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("store writer".to_owned())
            .spawn(move || write_all(&connection, queue))
            .map_err(|error| StoreError::Database {
                doing: "starting the writing thread",
                source: Box::new(error),
            })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does the work in a transaction and answers when it is on the disk.
    pub(crate) async fn write<T, W>(&self, doing: &'static str, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let stopped = || StoreError::Database { doing, source: "the writing thread ended".into() };
        let (asker, answer) = oneshot::channel();
        let job = Box::new(Typed { work, result: None, asker });
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told so already.
            drop(thread.join());
        }
    }
}

fn write_all(connection: &Connection, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while queue.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
        if write_group(connection, &mut group).is_err() {
            for job in &mut group {
                if let Err(error) = write_group(connection, std::slice::from_mut(job)) {
                    job.fail(error);
                }
            }
        }
        for job in group.drain(..) {
            job.answer();
        }
    }
}

/// Runs jobs in one transaction. An error means that nothing of any of them is kept.
fn write_group(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    const DOING: &str = "writing to the database";
    connection.execute_batch(BEGIN).doing(DOING)?;
    let done =
        run_jobs(connection, group).and_then(|()| connection.execute_batch("COMMIT")).doing(DOING);
    if done.is_err() && !connection.is_autocommit() {
        // What cannot be rolled back was never committed: the next group finds out.
        drop(connection.execute_batch("ROLLBACK"));
    }
    done
}

fn run_jobs(connection: &Connection, group: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    let is_alone = group.len() == 1;
    for job in group {
        connection.execute_batch("SAVEPOINT job")?;
        if job.run(connection).is_err() {
            if connection.is_autocommit() {
                // The database itself undid everything, as it may do when the disk is full. A job
                // that is alone keeps its own error; of a group all are repeated.
                return if is_alone { connection.execute_batch(BEGIN) } else { Err(undone()) };
            }
            connection.execute_batch("ROLLBACK TO job")?;
        }
        connection.execute_batch("RELEASE job")?;
    }
    Ok(())
}

/// Stands for "the whole transaction is gone".
fn undone() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK),
        Some("the transaction was rolled back".to_owned()),
    )
}
