//! Opens the file of credentials: only one that nobody but its owner can read.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use observation::latest::scan::SnmpCredential;

use crate::plan::credentials::{CredentialsError, parse};

/// Largest file, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Why a file of credentials is not used. No message holds anything of its content.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsFileError {
    /// It cannot be read.
    #[error("reading {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Others can read or change it: what stands in it is no secret any more.
    #[error("{path} can be read by others (mode {mode:03o}): chmod 600 {path}")]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is no ordinary file, or larger than credentials are.
    #[error("{path} is no file of credentials")]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// Its content is wrong.
    #[error("{path}, {source}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What, and in which line.
        source: CredentialsError,
    },
}

impl CredentialsFileError {
    /// The code that the catalogue words.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::TooOpen { .. } => "too-open",
            Self::NoFile { .. } => "no-file",
            Self::Content { .. } => "content",
        }
    }
}

/// Reads the credentials from a file.
///
/// # Errors
/// Why they are not used.
pub fn read(path: &Path) -> Result<Vec<SnmpCredential>, CredentialsFileError> {
    let place = path.to_owned();
    let failed = |source| CredentialsFileError::Read { path: path.to_owned(), source };
    // Opening something else than a file may wait for ever or do something.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(CredentialsFileError::NoFile { path: place });
    }
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if let Some(mode) = open_to_others(&metadata) {
        return Err(CredentialsFileError::TooOpen { path: place, mode });
    }
    if !metadata.is_file() || metadata.len() > FILE_BYTES_MAX {
        return Err(CredentialsFileError::NoFile { path: place });
    }
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    let read = file.take(FILE_BYTES_MAX).read_to_string(&mut text);
    read.map_err(failed)?;
    parse(&text).map_err(|source| CredentialsFileError::Content { path: place, source })
}

/// The mode of a file that others have rights on.
#[cfg(unix)]
fn open_to_others(metadata: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Elsewhere access lists decide, which the person keeps.
#[cfg(not(unix))]
const fn open_to_others(_: &std::fs::Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const TEXT: &str =
        "[[snmp]]\nversion = \"v2c\"\ncommunity = \"geheim\"\nscope = [\"10.0.0.0/8\"]";

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str, text: &[u8], mode: u32) -> Self {
            let path = std::env::temp_dir().join(format!("kataster-{}-{name}", std::process::id()));
            write(&path, text).unwrap();
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            Self(path)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn a_file_of_its_owner_alone_is_read() {
        for mode in [0o600, 0o400] {
            let place = Place::new(&format!("own-{mode}"), TEXT.as_bytes(), mode);
            assert_eq!(read(&place.0).unwrap().len(), 1);
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_what_to_do() {
        for mode in [0o644, 0o640, 0o602, 0o610] {
            let place = Place::new(&format!("open-{mode}"), TEXT.as_bytes(), mode);
            let error = read(&place.0).unwrap_err();
            assert_eq!(error.code(), "too-open");
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn what_is_no_such_file_is_told_and_its_content_is_not() {
        let codes = [
            (read(Path::new("/nonexistent/credentials.toml")), "read"),
            (read(Path::new("/")), "no-file"),
            (read(&Place::new("large", &vec![b'#'; 300 * 1024], 0o600).0), "no-file"),
            (read(&Place::new("binary", &[0xff, 0xfe], 0o600).0), "read"),
            (read(&Place::new("wrong", b"[[snmp]]\nsecret = \"geheim\"", 0o600).0), "content"),
        ];
        for (result, code) in codes {
            let error = result.unwrap_err();
            assert_eq!(error.code(), code);
            assert!(!error.to_string().contains("geheim"), "{error}");
        }
    }
}
