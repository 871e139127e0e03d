//! Backup and restore of a whole installation as one file.
//!
//! The file holds a consistent copy of the database and the authority's certificate. The authority's
//! private key and the key of the credentials are in it only sealed under a passphrase; without one
//! the backup holds neither, and the credentials in its database open for nobody.
//! A restore verifies everything before the data folder appears under its name.

mod archive;
mod create;
mod restore;
mod seal;

pub use archive::ArchiveError;
pub use create::create;
pub use restore::{KeyChoice, restore};
pub use seal::{Passphrase, SealError};

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pki::AuthorityError;
use store::StoreError;

use crate::data_folder::DataFolderError;

/// What a backup holds, or what was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// When the backup was made.
    pub created_at: Timestamp,
    /// The version of the program that made it.
    pub software_version: String,
    /// Bytes of the database.
    pub database_bytes: u64,
    /// Whether the authority's private key is in it, or came back.
    pub has_key: bool,
}

/// A backup could not be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something where the result should be.
    #[error("{0} exists already; nothing is overwritten")]
    Exists(PathBuf),
    /// The system refuses.
    #[error("{doing} {path}")]
    Io {
        /// The operation.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no good backup.
    #[error("{path} cannot be restored; nothing was changed")]
    Archive {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ArchiveError,
    },
    /// The key cannot be sealed or opened.
    #[error("the authority's private key")]
    Seal(#[from] SealError),
    /// The database in it is damaged, or the copy failed.
    #[error("the database")]
    Store(#[from] StoreError),
    /// The data folder cannot be read.
    #[error("the data folder")]
    Folder(#[from] DataFolderError),
    /// Certificate and key in it do not belong together.
    #[error("the authority in the backup")]
    Authority(#[from] AuthorityError),
}

/// What the sealed key of the credentials is bound to.
fn credentials_aad(certificate: &str) -> Vec<u8> {
    [b"credential key\n", certificate.as_bytes()].concat()
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io { doing, path, source }
}

#[cfg(test)]
mod tests;
