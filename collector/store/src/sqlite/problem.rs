//! What SQLite says, in the words of the store.

use rusqlite::ErrorCode;

use crate::model::StoreError;

/// Says what was being done when a statement failed.
pub(crate) trait Doing<T> {
    /// The same result with the operation's name.
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, rusqlite::Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| classified(doing, error))
    }
}

/// The store's error for one of SQLite.
fn classified(doing: &'static str, error: rusqlite::Error) -> StoreError {
    let code = error.sqlite_error_code();
    if code == Some(ErrorCode::DiskFull) {
        return StoreError::DiskFull { doing };
    }
    let is_damage = matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(
            error,
            rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
        );
    if is_damage {
        return StoreError::Damaged { doing, problem: error.to_string() };
    }
    StoreError::Database { doing, source: Box::new(error) }
}

/// Stored data that does not have the shape it was written in.
pub(crate) fn damaged(doing: &'static str, problem: impl Into<String>) -> StoreError {
    StoreError::Damaged { doing, problem: problem.into() }
}
