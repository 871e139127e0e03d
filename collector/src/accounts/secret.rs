//! A text that no log and no message may show.

use std::fmt;

use data_encoding::BASE64;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A password on its way; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// This text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret in a text; the line break at its end does not belong to it.
    #[must_use]
    pub fn of_line(text: &str) -> Self {
        Self::new(text.trim_end_matches(['\r', '\n']))
    }

    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

// Between the command line and the collector behind the control socket, and nowhere else. In base64 nothing of it is
// escaped: where something is, the reader of JSON keeps a copy that it does not wipe.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64.encode(self.0.as_bytes())))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Encoded)
    }
}

/// Reads a secret where it lies; no message shows any of it.
struct Encoded;

impl Visitor<'_> for Encoded {
    type Value = Secret;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a secret")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
        let no_secret = || E::custom("no secret");
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| no_secret())?;
        let bytes = Zeroizing::new(bytes);
        let text = std::str::from_utf8(&bytes).map_err(|_| no_secret())?;
        Ok(Secret::new(text))
    }
}

/// Keeps the memory of this process, in which passwords are, out of core dumps and from other processes of its user
/// (Linux, PR_SET_DUMPABLE). A process that it starts is as any other.
pub fn close_memory() {
    // A kernel that knows it not is none of ours; the password is asked for all the same.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_and_has_no_line_break() {
        let secret = Secret::of_line("correct horse\r\n");
        assert_eq!(secret.reveal(), "correct horse");
        assert!(!format!("{secret:?}").contains("horse"));
    }

    #[test]
    fn a_secret_travels_without_a_character_that_json_escapes() {
        for text in ["correct horse", "\"\\/\u{1}ß", ""] {
            let json = serde_json::to_string(&Secret::new(text)).unwrap();
            assert!(!json.contains('\\'), "{json}");
            assert_eq!(serde_json::from_str::<Secret>(&json).unwrap().reveal(), text);
        }
        let error = serde_json::from_str::<Secret>("\"correct horse\"").unwrap_err().to_string();
        assert!(error.contains("no secret") && !error.contains("horse"), "{error}");
    }

    #[test]
    fn memory_that_was_closed_is_in_no_dump() {
        close_memory();
        assert_eq!(rustix::process::dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
