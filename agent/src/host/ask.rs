//! Shorter ways to ask, for every kind of host.

use observation::latest::Absent;

use super::{Host, PathStatus, Reply, Request};

/// Most bytes of an ordinary small file (`/etc`, `/proc`, `/sys`).
const SMALL_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Most names in an ordinary folder.
const FOLDER_NAMES_MAX: usize = 100_000;

/// Shorter ways to ask.
pub trait Ask {
    /// A small file, as text; bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn text(&self, path: &str) -> Result<String, Absent>;
    /// A file of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn bytes(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, Absent>;
    /// One trimmed line; none where the file is empty or cannot be read.
    fn line(&self, path: &str) -> Option<String>;
    /// The names in a folder.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn names(&self, path: &str) -> Result<Vec<String>, Absent>;
    /// Where a link leads.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn link(&self, path: &str) -> Result<String, Absent>;
    /// What a path is.
    ///
    /// # Errors
    /// As [`Host::ask`].
    fn status(&self, path: &str) -> Result<PathStatus, Absent>;
}

impl<H: Host + ?Sized> Ask for H {
    fn text(&self, path: &str) -> Result<String, Absent> {
        self.bytes(path, SMALL_FILE_BYTES_MAX).map(|it| String::from_utf8_lossy(&it).into_owned())
    }

    fn bytes(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, Absent> {
        match self.ask(&Request::File { path: path.to_owned(), bytes_max })? {
            Reply::File(bytes) => Ok(bytes),
            other => Err(unexpected(&other)),
        }
    }

    fn line(&self, path: &str) -> Option<String> {
        let text = self.text(path).ok()?;
        let line = text.lines().next()?.trim();
        (!line.is_empty()).then(|| line.to_owned())
    }

    fn names(&self, path: &str) -> Result<Vec<String>, Absent> {
        let request = Request::Folder { path: path.to_owned(), names_max: FOLDER_NAMES_MAX };
        match self.ask(&request)? {
            Reply::Folder(names) => Ok(names),
            other => Err(unexpected(&other)),
        }
    }

    fn link(&self, path: &str) -> Result<String, Absent> {
        match self.ask(&Request::Link { path: path.to_owned() })? {
            Reply::Link(target) => Ok(target),
            other => Err(unexpected(&other)),
        }
    }

    fn status(&self, path: &str) -> Result<PathStatus, Absent> {
        match self.ask(&Request::Status { path: path.to_owned() })? {
            Reply::Status(status) => Ok(status),
            other => Err(unexpected(&other)),
        }
    }
}

/// A host that answers another question than was asked is broken; the source says so.
fn unexpected(reply: &Reply) -> Absent {
    Absent::Failed {
        doing: "asking the host".to_owned(),
        cause: format!("the answer is of another kind: {:.80}", format!("{reply:?}")),
    }
}

/// File contents in recordings: text where it is UTF-8, base64 behind `base64:` where it is not.
pub(super) mod bytes_as_text {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer};

    const MARK: &str = "base64:";

    pub(in crate::host) fn serialize<S: Serializer>(
        bytes: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.starts_with(MARK) => serializer.serialize_str(text),
            _ => serializer.serialize_str(&format!("{MARK}{}", BASE64.encode(bytes))),
        }
    }

    pub(in crate::host) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.strip_prefix(MARK) {
            Some(code) => BASE64.decode(code.as_bytes()).map_err(serde::de::Error::custom),
            None => Ok(text.into_bytes()),
        }
    }
}
