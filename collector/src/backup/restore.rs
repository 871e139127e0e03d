//! Restores a backup into a data folder that is not there yet.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use pki::Authority;
use store::{SqliteStore, StoreError};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::archive::{self, Header};
use super::seal::{Passphrase, open};
use super::{BackupError, Contents, SealError, credentials_aad, io_error};
use crate::data_folder::CREDENTIAL_KEY_FILE;

/// What is to become of the authority's private key.
#[derive(Debug, Clone, Copy)]
pub enum KeyChoice<'a> {
    /// It comes back.
    Open(&'a Passphrase),
    /// It stays out: a new authority is made at the next start, and every agent enrols again.
    LeaveOut,
    /// Nobody said: fine as long as the backup holds none.
    Unsaid,
}

/// Removes a folder unless it was moved to its place.
struct Staging(PathBuf);

impl Drop for Staging {
    fn drop(&mut self) {
        // Moved away when all went well.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Puts the database of a backup, the first path, verified at the second.
pub(super) type Place<'a> = &'a dyn Fn(&Path, &Path) -> Result<(), StoreError>;

/// Restores a backup. `target` must be missing or an empty folder; it appears at the end, whole.
/// Blocks.
///
/// # Errors
/// If there is something in the target, the backup is damaged, the passphrase does not fit, or the
/// system refuses. Nothing has changed then.
pub fn restore(from: &Path, target: &Path, choice: KeyChoice<'_>) -> Result<Contents, BackupError> {
    let place = |from: &Path, to: &Path| SqliteStore::restore(from, to).map(|_| ());
    restore_with(from, target, choice, &place)
}

pub(super) fn restore_with(
    from: &Path,
    target: &Path,
    choice: KeyChoice<'_>,
    place: Place<'_>,
) -> Result<Contents, BackupError> {
    check_target(target)?;
    let bad = |source| BackupError::Archive { path: from.to_owned(), source };
    let mut file = BufReader::new(File::open(from).map_err(io_error("reading", from))?);
    let header = archive::read_header(&mut file).map_err(bad)?;
    let key = authority_key(&header, choice)?;
    let credentials = credential_key(&header, choice)?;
    let parent = target.parent().filter(|it| !it.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(io_error("making the folder", parent))?;
    let staging = Staging(parent.join(format!(".restoring-{}", Uuid::now_v7())));
    DirBuilder::new()
        .mode(0o700)
        .create(&staging.0)
        .map_err(io_error("making the folder", &staging.0))?;
    let copy = staging.0.join("copy.sqlite");
    let mut out = new_private(&copy)?;
    archive::read_database(&mut file, &header, &mut out).map_err(bad)?;
    out.sync_all().map_err(io_error("flushing", &copy))?;
    drop(out);
    place(&copy, &staging.0.join("kataster.sqlite"))?;
    fs::remove_file(&copy).map_err(io_error("removing", &copy))?;
    if let Some(key) = &key {
        Authority::from_pem(&header.certificate, key)?;
        write(&staging.0.join("authority.key"), key.as_bytes())?;
        write(&staging.0.join("authority.pem"), header.certificate.as_bytes())?;
    }
    if let Some(key) = &credentials {
        write(&staging.0.join(CREDENTIAL_KEY_FILE), key)?;
    }
    // Replaces an empty folder and nothing else.
    fs::rename(&staging.0, target).map_err(io_error("moving the restored folder to", target))?;
    File::open(parent).and_then(|it| it.sync_all()).map_err(io_error("flushing", parent))?;
    Ok(Contents {
        created_at: header.created_at,
        software_version: header.software_version,
        database_bytes: header.database_bytes,
        has_key: key.is_some(),
    })
}

fn check_target(target: &Path) -> Result<(), BackupError> {
    match fs::read_dir(target) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(BackupError::Exists(target.to_owned())),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error("looking into", target)(error)),
    }
}

fn authority_key(
    header: &Header,
    choice: KeyChoice<'_>,
) -> Result<Option<Zeroizing<String>>, SealError> {
    match (&header.key, choice) {
        (Some(sealed), KeyChoice::Open(passphrase)) => {
            let bytes = open(sealed, header.certificate.as_bytes(), passphrase)?;
            let text = std::str::from_utf8(&bytes).map_err(|_| SealError::WrongPassphrase)?;
            Ok(Some(Zeroizing::new(text.to_owned())))
        }
        (None, KeyChoice::Open(_)) => Err(SealError::NoKey),
        (Some(_), KeyChoice::Unsaid) => Err(SealError::NeedsPassphrase),
        (_, KeyChoice::LeaveOut) | (None, KeyChoice::Unsaid) => Ok(None),
    }
}

/// The key of the credentials goes the way of the authority's.
fn credential_key(
    header: &Header,
    choice: KeyChoice<'_>,
) -> Result<Option<Zeroizing<Vec<u8>>>, SealError> {
    match (&header.credential_key, choice) {
        (Some(sealed), KeyChoice::Open(passphrase)) => {
            open(sealed, &credentials_aad(&header.certificate), passphrase).map(Some)
        }
        (Some(_), KeyChoice::Unsaid) => Err(SealError::NeedsPassphrase),
        (Some(_), KeyChoice::LeaveOut) | (None, _) => Ok(None),
    }
}

fn new_private(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(io_error("writing", path))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut file = new_private(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error("writing", path))
}
