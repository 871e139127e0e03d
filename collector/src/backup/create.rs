//! Makes a backup while the collector works.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pki::Authority;
use store::Store;
use uuid::Uuid;

use super::archive::{self, Header};
use super::seal::{Passphrase, seal};
use super::{ArchiveError, BackupError, Contents, credentials_aad, io_error};
use crate::data_folder::read_credential_key;

/// Removes a file when it is no longer needed, whatever happens in between.
struct Leftover(PathBuf);

impl Drop for Leftover {
    fn drop(&mut self) {
        // It may never have been made, or be renamed away.
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes a backup to a new file. `folder` is private and on a disk with room for the database.
///
/// # Errors
/// If the file exists, the copy fails, or the system refuses. No half file is left then.
pub async fn create(
    store: &dyn Store,
    authority: &Authority,
    folder: &Path,
    out: &Path,
    passphrase: Option<&Passphrase>,
    now: Timestamp,
) -> Result<Contents, BackupError> {
    if out.exists() {
        return Err(BackupError::Exists(out.to_owned()));
    }
    let part = Leftover(part_of(out));
    // Before the work: can the result be written at all?
    let file = new_private(&part.0).map_err(io_error("writing", out))?;
    let copy = Leftover(folder.join(format!("backup-{}.sqlite", Uuid::now_v7())));
    store.backup_to(copy.0.clone()).await?;
    let certificate = authority.certificate_pem();
    let key = match passphrase {
        Some(it) => Some(seal(authority.key_pem().as_bytes(), certificate.as_bytes(), it)?),
        None => None,
    };
    let credentials = match (passphrase, read_credential_key(folder)?) {
        (Some(it), Some(key)) => Some(seal(key.as_slice(), &credentials_aad(&certificate), it)?),
        (None, _) | (_, None) => None,
    };
    let mut database = File::open(&copy.0).map_err(io_error("reading", &copy.0))?;
    let (database_bytes, database_hash) =
        archive::measure(&mut database).map_err(io_error("reading", &copy.0))?;
    let software_version = env!("CARGO_PKG_VERSION").to_owned();
    let has_key = key.is_some();
    let header = Header {
        created_at: now,
        software_version: software_version.clone(),
        certificate,
        key,
        credential_key: credentials,
        database_bytes,
        database_hash,
    };
    write(file, &header, &mut database)
        .map_err(|source| BackupError::Archive { path: out.to_owned(), source })?;
    publish(&part.0, out)?;
    Ok(Contents { created_at: now, software_version, database_bytes, has_key })
}

fn write(file: File, header: &Header, database: &mut File) -> Result<(), ArchiveError> {
    let mut out = BufWriter::new(file);
    archive::write_header(&mut out, header)?;
    database.seek(SeekFrom::Start(0))?;
    let (bytes, hash) = archive::copy(database, &mut out, header.database_bytes)?;
    if bytes != header.database_bytes || hash != header.database_hash {
        return Err(ArchiveError::Damaged("copy of the database"));
    }
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(())
}

/// Gives the finished file its name; a hard link, unlike a rename, never replaces what is there.
fn publish(part: &Path, out: &Path) -> Result<(), BackupError> {
    let linked = fs::hard_link(part, out).or_else(|error| {
        let is_taken = error.kind() == std::io::ErrorKind::AlreadyExists;
        // Some file systems have no links.
        if is_taken { Err(error) } else { fs::rename(part, out) }
    });
    linked.map_err(io_error("writing", out))?;
    let parent = out.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|it| it.sync_all()).map_err(io_error("flushing", parent))
}

fn part_of(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    out.with_file_name(name)
}

fn new_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}
