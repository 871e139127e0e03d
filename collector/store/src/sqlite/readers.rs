//! A few connections that only read. Reading never waits for writing, nor the other way round.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::connection::open_reader;
use super::problem::Doing;
use crate::model::StoreError;

/// Connections that read.
const READERS: usize = 4;

/// The pool.
#[derive(Clone)]
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
}

impl Readers {
    /// Opens all connections.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let idle = (0..READERS).map(|_| open_reader(path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { idle: Arc::new(Mutex::new(idle)), places: Arc::new(Semaphore::new(READERS)) })
    }

    /// Does the work on one unchanging view of the database.
    pub(crate) async fn read<T, W>(&self, doing: &'static str, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Database {
            doing,
            source,
        };
        let places = Arc::clone(&self.places);
        let place = places.acquire_owned().await.map_err(|error| failed(error.into()))?;
        let idle = Arc::clone(&self.idle);
        let task = tokio::task::spawn_blocking(move || {
            // Held by the work, not by who waits: who stops waiting leaves the work running.
            let _place = place;
            let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection =
                connection.ok_or_else(|| failed("no connection is left in the pool".into()))?;
            let result = read_once(&connection, doing, work);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        });
        task.await.map_err(|error| StoreError::Database { doing, source: error.into() })?
    }
}

fn read_once<T>(
    connection: &Connection,
    doing: &'static str,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let view = connection.unchecked_transaction().doing(doing)?;
    let result = work(&view);
    view.finish().doing(doing)?;
    result
}
