//! SHA-256 over canonical bytes: the name of a section body.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// SHA-256 of some bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a content hash is 64 lower-case hexadecimal digits")]
pub struct HashTextError;

impl ContentHash {
    /// The hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// One hash over several, independent of their order.
    #[must_use]
    pub fn of_all(hashes: impl IntoIterator<Item = Self>) -> Self {
        let mut sorted: Vec<Self> = hashes.into_iter().collect();
        sorted.sort_unstable();
        let mut digest = Sha256::new();
        for hash in &sorted {
            digest.update(hash.0);
        }
        Self(digest.finalize().into())
    }

    /// The 32 bytes, as they are kept in a database.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash from the 32 bytes that [`ContentHash::as_bytes`] gave.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for ContentHash {
    type Err = HashTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| HashTextError)?;
        bytes.try_into().map(Self).map_err(|_| HashTextError)
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_name_the_same_hash() {
        let hash = ContentHash::of(b"kataster");
        assert_eq!(hash.to_string().parse::<ContentHash>().unwrap(), hash);
        assert_eq!(ContentHash::from_bytes(*hash.as_bytes()), hash);
    }

    #[test]
    fn the_order_of_sections_does_not_change_the_host_hash() {
        let (one, two) = (ContentHash::of(b"1"), ContentHash::of(b"2"));
        assert_eq!(ContentHash::of_all([one, two]), ContentHash::of_all([two, one]));
        assert_ne!(ContentHash::of_all([one]), ContentHash::of_all([one, one]));
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "00", "G", &"F".repeat(64), &"0".repeat(65)] {
            assert_eq!(text.parse::<ContentHash>(), Err(HashTextError), "{text}");
        }
    }
}
