//! The folder that holds everything of one company: database, authority, lock, control socket.
//!
//! Readable by its owner only. One process at a time works in it: the lock is held until the end of
//! the process, and the operating system releases it whatever happens.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pki::{Authority, AuthorityError};
use rustix::fs::{FlockOperation, flock};
use zeroize::Zeroizing;

/// Largest file of the authority that is read.
const AUTHORITY_FILE_BYTES_MAX: u64 = 16 * 1024;
/// Bytes of the key that credentials are sealed with.
pub const CREDENTIAL_KEY_BYTES: usize = 32;
/// The file of that key.
pub(crate) const CREDENTIAL_KEY_FILE: &str = "credential.key";
/// The name in the authority's certificate.
const AUTHORITY_NAME: &str = "Kataster";

/// An open data folder.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Held for its lock.
    _lock: File,
}

/// The data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Another process works in it.
    #[error("another process works in {0}")]
    Locked(PathBuf),
    /// Others can read it.
    #[error("{path} is open to others (mode {mode:o}); its owner alone may enter")]
    OpenToOthers {
        /// The folder or file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is another user's: files that root left there would lock its owner out.
    #[error("{path} belongs to user {owner}, not to root")]
    OfAnotherUser {
        /// The folder.
        path: PathBuf,
        /// The owner's user id.
        owner: u32,
    },
    /// The system refused.
    #[error("{doing} {path}")]
    Io {
        /// The operation.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The authority's files are damaged.
    #[error("the authority in {path} cannot be used")]
    Authority {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: AuthorityError,
    },
}

impl DataFolder {
    /// Opens or makes the folder and locks it.
    ///
    /// # Errors
    /// If another process works in it, others can read it, or the system refuses.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        fs::create_dir_all(path).map_err(io_error("making the folder", path))?;
        let metadata = fs::metadata(path).map_err(io_error("looking at", path))?;
        let is_empty = fs::read_dir(path).map_err(io_error("reading", path))?.next().is_none();
        if is_empty {
            let mode = Permissions::from_mode(0o700);
            fs::set_permissions(path, mode).map_err(io_error("closing to others", path))?;
        } else if metadata.mode() & 0o077 != 0 {
            let mode = metadata.mode() & 0o777;
            return Err(DataFolderError::OpenToOthers { path: path.to_owned(), mode });
        }
        refuse_root_in_foreign(path, metadata.uid())?;
        let lock_path = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(io_error("opening", &lock_path))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| DataFolderError::Locked(path.to_owned()))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it belongs to the user whose process this is.
    ///
    /// # Errors
    /// If the system refuses to say.
    pub fn is_own(&self) -> Result<bool, DataFolderError> {
        let metadata = fs::metadata(&self.path).map_err(io_error("looking at", &self.path))?;
        Ok(metadata.uid() == rustix::process::geteuid().as_raw())
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("kataster.sqlite")
    }

    /// The socket of a running collector.
    #[must_use]
    pub fn control_socket(path: &Path) -> PathBuf {
        path.join("control.sock")
    }

    /// The authority, made at the first start.
    ///
    /// # Errors
    /// If its files are damaged, half there, or cannot be written.
    pub fn authority(&self, now: Timestamp) -> Result<Authority, DataFolderError> {
        let (certificate_path, key_path) = (self.certificate_path(), self.key_path());
        let damaged = |source| DataFolderError::Authority { path: self.path.clone(), source };
        if certificate_path.exists() || key_path.exists() {
            let certificate = read_bounded(&certificate_path)?;
            let key = read_bounded(&key_path)?;
            return Authority::from_pem(&certificate, &key).map_err(damaged);
        }
        let authority = Authority::create(AUTHORITY_NAME, now).map_err(damaged)?;
        // The key first: a certificate without its key would stop every later start.
        write_private(&key_path, authority.key_pem().as_bytes())?;
        write_private(&certificate_path, authority.certificate_pem().as_bytes())?;
        Ok(authority)
    }

    /// The key that credentials are sealed with. `None`: none was made yet.
    ///
    /// # Errors
    /// If the file cannot be read or holds something else.
    pub fn credential_key(
        &self,
    ) -> Result<Option<Zeroizing<[u8; CREDENTIAL_KEY_BYTES]>>, DataFolderError> {
        read_credential_key(&self.path)
    }

    /// Keeps the key that credentials are sealed with.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn keep_credential_key(
        &self,
        key: &[u8; CREDENTIAL_KEY_BYTES],
    ) -> Result<(), DataFolderError> {
        write_private(&self.path.join(CREDENTIAL_KEY_FILE), key)
    }

    /// The authority's certificate.
    #[must_use]
    pub fn certificate_path(&self) -> PathBuf {
        self.path.join("authority.pem")
    }

    /// The authority's private key.
    #[must_use]
    pub fn key_path(&self) -> PathBuf {
        self.path.join("authority.key")
    }
}

/// Writes a file that its owner alone can read, and flushes it and its folder to disk.
///
/// # Errors
/// If the system refuses.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), DataFolderError> {
    let writing = io_error("writing", path);
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let write = || {
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The parent of a bare name is an empty path.
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(writing)
}

#[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
fn read_bounded(path: &Path) -> Result<String, DataFolderError> {
    let mut text = String::new();
    let file = File::open(path).map_err(io_error("opening", path))?;
    file.take(AUTHORITY_FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(io_error("reading", path))?;
    Ok(text)
}

/// The key that credentials are sealed with, in the data folder of this path.
///
/// # Errors
/// If the file is there and cannot be read, or is too short.
pub(crate) fn read_credential_key(
    folder: &Path,
) -> Result<Option<Zeroizing<[u8; CREDENTIAL_KEY_BYTES]>>, DataFolderError> {
    let path = folder.join(CREDENTIAL_KEY_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let mut key = Zeroizing::new([0; CREDENTIAL_KEY_BYTES]);
    let mut file = File::open(&path).map_err(io_error("opening", &path))?;
    file.read_exact(key.as_mut_slice()).map_err(io_error("reading", &path))?;
    Ok(Some(key))
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DataFolderError {
    let path = path.to_owned();
    move |source| DataFolderError::Io { doing, path, source }
}

/// Root may enter everywhere, and what it made there the service could not use any more.
fn refuse_root_in_foreign(path: &Path, owner: u32) -> Result<(), DataFolderError> {
    if owner != 0 && rustix::process::geteuid().is_root() {
        return Err(DataFolderError::OfAnotherUser { path: path.to_owned(), owner });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_while_it_is_open_and_free_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let open = DataFolder::open(&path).unwrap();
        assert!(matches!(DataFolder::open(&path), Err(DataFolderError::Locked(_))));
        drop(open);
        DataFolder::open(&path).unwrap();
    }

    #[test]
    fn the_authority_is_made_once_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-24T00:00:00Z".parse().unwrap();
        let open = DataFolder::open(&folder.path().join("data")).unwrap();
        let first = open.authority(now).unwrap().fingerprint();
        assert_eq!(open.authority(now).unwrap().fingerprint(), first);
        let mode = fs::metadata(open.key_path()).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }

    #[test]
    fn a_folder_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        drop(DataFolder::open(&path).unwrap());
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let refused = DataFolder::open(&path);
        assert!(matches!(refused, Err(DataFolderError::OpenToOthers { mode: 0o755, .. })));
    }

    #[test]
    fn root_stays_out_of_another_users_folder() {
        let path = Path::new("/data");
        let is_root = rustix::process::geteuid().is_root();
        assert_eq!(refuse_root_in_foreign(path, 1000).is_err(), is_root);
        assert!(refuse_root_in_foreign(path, 0).is_ok());
    }

    #[test]
    fn a_key_without_certificate_is_a_clear_error_and_nothing_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-24T00:00:00Z".parse().unwrap();
        let open = DataFolder::open(&folder.path().join("data")).unwrap();
        open.authority(now).unwrap();
        fs::remove_file(open.certificate_path()).unwrap();
        assert!(matches!(open.authority(now), Err(DataFolderError::Io { .. })));
        assert!(!open.certificate_path().exists());
    }
}
