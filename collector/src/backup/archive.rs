//! The file: a line that names it, a header, and the database.
//!
//! `kataster backup 1\n`, the length of the header (4 bytes, big endian), the header (JSON), the
//! bytes of the database. The header holds the SHA-256 of the database, and is followed by its own:
//! 32 bytes between header and database.

use std::io::{self, Read, Write};

use jiff::Timestamp;
use observation::ContentHash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::seal::Sealed;

/// The first line.
const MAGIC: &[u8] = b"kataster backup 1\n";
/// What every form begins with.
const MAGIC_STEM: &[u8] = b"kataster backup ";
/// Largest header.
const HEADER_BYTES_MAX: u32 = 64 * 1024;
/// Bytes that are copied at once.
const COPY_BYTES: usize = 256 * 1024;

/// What stands before the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) created_at: Timestamp,
    pub(super) software_version: String,
    /// The authority's certificate, PEM.
    pub(super) certificate: String,
    /// The authority's private key, PEM, sealed.
    pub(super) key: Option<Sealed>,
    /// The key that credentials are sealed with, sealed itself; none: there are no credentials, or
    /// nobody gave a passphrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) credential_key: Option<Sealed>,
    pub(super) database_bytes: u64,
    pub(super) database_hash: ContentHash,
}

/// Why a file is no good backup.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It begins otherwise.
    #[error("it is no backup of Kataster")]
    NotABackup,
    /// It is of a later form.
    #[error("it was made by a newer version: install that version to restore it")]
    Newer,
    /// It ends too early.
    #[error("it is incomplete: the file ends too early")]
    Incomplete,
    /// Something follows its end.
    #[error("it is damaged: something follows its end")]
    TooLong,
    /// Some bytes were changed.
    #[error("it is damaged: the {0} does not match its hash")]
    Damaged(&'static str),
    /// The header cannot be understood.
    #[error("its header cannot be read: {0}")]
    Header(String),
    /// The system refuses.
    #[error("reading or writing it failed")]
    Io(#[source] io::Error),
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Incomplete
        } else {
            Self::Io(error)
        }
    }
}

/// Count and hash of everything that a reader gives.
pub(super) fn measure(from: &mut dyn Read) -> io::Result<(u64, ContentHash)> {
    copy(from, &mut io::sink(), u64::MAX)
}

/// Writes everything before the database.
pub(super) fn write_header(to: &mut dyn Write, header: &Header) -> io::Result<()> {
    let text = serde_json::to_vec(header)?;
    let length = u32::try_from(text.len()).ok().filter(|it| *it <= HEADER_BYTES_MAX);
    let length = length.ok_or_else(|| io::Error::other("the header is too large"))?;
    to.write_all(MAGIC)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&text)?;
    to.write_all(ContentHash::of(&text).as_bytes())
}

/// Reads everything before the database.
pub(super) fn read_header(from: &mut dyn Read) -> Result<Header, ArchiveError> {
    let mut magic = [0; MAGIC.len()];
    from.read_exact(&mut magic).map_err(|error| {
        let is_short = error.kind() == io::ErrorKind::UnexpectedEof;
        if is_short { ArchiveError::NotABackup } else { ArchiveError::Io(error) }
    })?;
    if magic != MAGIC {
        let is_ours = magic.starts_with(MAGIC_STEM);
        return Err(if is_ours { ArchiveError::Newer } else { ArchiveError::NotABackup });
    }
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > HEADER_BYTES_MAX {
        return Err(ArchiveError::Damaged("header"));
    }
    let mut text = vec![0; usize::try_from(length).unwrap_or_default()];
    from.read_exact(&mut text)?;
    let mut hash = [0; 32];
    from.read_exact(&mut hash)?;
    if ContentHash::of(&text) != ContentHash::from_bytes(hash) {
        return Err(ArchiveError::Damaged("header"));
    }
    serde_json::from_slice(&text).map_err(|it| ArchiveError::Header(it.to_string()))
}

/// Copies the database to its place and checks that it is the one that the header speaks of.
pub(super) fn read_database(
    from: &mut dyn Read,
    header: &Header,
    to: &mut dyn Write,
) -> Result<(), ArchiveError> {
    let (bytes, hash) = copy(from, to, header.database_bytes)?;
    if bytes < header.database_bytes {
        return Err(ArchiveError::Incomplete);
    }
    if from.read(&mut [0])? != 0 {
        return Err(ArchiveError::TooLong);
    }
    if hash != header.database_hash {
        return Err(ArchiveError::Damaged("database"));
    }
    Ok(())
}

/// Copies at most `bytes_max` bytes and counts and hashes them on the way.
pub(super) fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    bytes_max: u64,
) -> io::Result<(u64, ContentHash)> {
    let (mut digest, mut copied) = (Sha256::new(), 0_u64);
    let mut buffer = vec![0; COPY_BYTES];
    let mut from = from.take(bytes_max);
    loop {
        let count = from.read(&mut buffer)?;
        let Some(part) = buffer.get(..count).filter(|it| !it.is_empty()) else { break };
        digest.update(part);
        to.write_all(part)?;
        copied += count as u64;
    }
    Ok((copied, ContentHash::from_bytes(digest.finalize().into())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATABASE: &[u8] = b"the bytes of a database";

    fn archive() -> Vec<u8> {
        let header = Header {
            created_at: Timestamp::UNIX_EPOCH,
            software_version: "1".into(),
            certificate: "pem".into(),
            key: None,
            credential_key: None,
            database_bytes: DATABASE.len() as u64,
            database_hash: ContentHash::of(DATABASE),
        };
        let mut bytes = Vec::new();
        write_header(&mut bytes, &header).unwrap();
        bytes.extend_from_slice(DATABASE);
        bytes
    }

    fn read(mut bytes: &[u8]) -> Result<Vec<u8>, ArchiveError> {
        let header = read_header(&mut bytes)?;
        let mut database = Vec::new();
        read_database(&mut bytes, &header, &mut database)?;
        Ok(database)
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(read(&archive()).unwrap(), DATABASE);
    }

    #[test]
    fn every_cut_is_noticed() {
        let whole = archive();
        for length in 0..whole.len() {
            let found = read(&whole[..length]).unwrap_err();
            let is_named = matches!(found, ArchiveError::Incomplete | ArchiveError::NotABackup);
            assert!(is_named, "{length}: {found}");
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let whole = archive();
        for index in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[index] ^= 1;
            assert!(read(&damaged).is_err(), "byte {index}");
        }
    }

    #[test]
    fn more_than_the_whole_is_noticed() {
        let mut longer = archive();
        longer.push(0);
        assert!(matches!(read(&longer), Err(ArchiveError::TooLong)));
    }

    #[test]
    fn another_file_and_a_newer_form_are_told_apart() {
        assert!(matches!(read(b"SQLite format 3\0 and so on"), Err(ArchiveError::NotABackup)));
        assert!(matches!(read(b"kataster backup 2\n..."), Err(ArchiveError::Newer)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(read(&bytes).is_err());
            prop_assert!(read(&[MAGIC, &bytes].concat()).is_err());
        }
    }
}
