//! The authority's private key under a passphrase: argon2id and AES-256-GCM.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Shortest passphrase that is taken.
const PASSPHRASE_CHARACTERS_MIN: usize = 12;
/// Longest passphrase that is taken.
const PASSPHRASE_BYTES_MAX: usize = 1024;
/// Bytes of the salt.
const SALT_BYTES: usize = 16;
/// What a new seal costs to try: 64 MiB, three passes (RFC 9106 §4, second choice).
const COST: Cost = Cost { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
/// What a foreign archive may make us spend on one try.
const COST_MAX: Cost = Cost { memory_kib: 1024 * 1024, passes: 16, lanes: 16 };

/// A seal that tests can afford in a build without optimisation.
#[cfg(test)]
pub(super) const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

/// What a person remembers.
pub struct Passphrase(Zeroizing<String>);

/// What one try of a passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Sealed bytes with everything but the passphrase that opening them needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sealed {
    cost: Cost,
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_LEN],
    bytes: Vec<u8>,
}

/// Sealing or opening failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Too easy to guess, or absurdly long.
    #[error(
        "a passphrase has {PASSPHRASE_CHARACTERS_MIN} characters or more, and not above {PASSPHRASE_BYTES_MAX} bytes"
    )]
    BadPassphrase,
    /// Another passphrase, or the sealed bytes were changed: the two cannot be told apart.
    #[error("the passphrase is not the one of this backup, or the sealed key was changed")]
    WrongPassphrase,
    /// The archive asks for more memory or time than any of ours.
    #[error("the backup asks for more memory or time than any honest one")]
    CostTooHigh,
    /// The backup holds no key although a passphrase was given.
    #[error("the backup holds no private key: it was made without a passphrase")]
    NoKey,
    /// The backup holds a key and nobody said what to do about it.
    #[error("the backup holds the private key under a passphrase, and none was given")]
    NeedsPassphrase,
    /// The provider failed.
    #[error("the system gave no random numbers")]
    NoRandomNumbers,
}

impl Passphrase {
    /// The passphrase in a text; the line break at its end does not belong to it.
    ///
    /// # Errors
    /// If it is too short or too long.
    pub fn new(text: &str) -> Result<Self, SealError> {
        let text = text.trim_end_matches(['\r', '\n']);
        let is_long_enough = text.chars().count() >= PASSPHRASE_CHARACTERS_MIN;
        if !is_long_enough || text.len() > PASSPHRASE_BYTES_MAX {
            return Err(SealError::BadPassphrase);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    fn key(&self, cost: Cost, salt: &[u8]) -> Option<LessSafeKey> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0; 32]);
        argon2.hash_password_into(self.0.as_bytes(), salt, key.as_mut_slice()).ok()?;
        UnboundKey::new(&AES_256_GCM, key.as_slice()).ok().map(LessSafeKey::new)
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Passphrase(…)")
    }
}

/// Seals bytes; `bound_to` must be the same when they are opened.
pub(super) fn seal(
    bytes: &[u8],
    bound_to: &[u8],
    passphrase: &Passphrase,
) -> Result<Sealed, SealError> {
    seal_at(COST, bytes, bound_to, passphrase)
}

pub(super) fn seal_at(
    cost: Cost,
    bytes: &[u8],
    bound_to: &[u8],
    passphrase: &Passphrase,
) -> Result<Sealed, SealError> {
    let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_LEN]);
    getrandom::fill(&mut salt).map_err(|_| SealError::NoRandomNumbers)?;
    getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomNumbers)?;
    let key = passphrase.key(cost, &salt).ok_or(SealError::CostTooHigh)?;
    let mut sealed = bytes.to_vec();
    // The key is used once, because its salt is: the nonce cannot repeat.
    let once = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(once, Aad::from(bound_to), &mut sealed)
        .map_err(|_| SealError::NoRandomNumbers)?;
    Ok(Sealed { cost, salt, nonce, bytes: sealed })
}

/// Opens what [`seal`] made.
pub(super) fn open(
    sealed: &Sealed,
    bound_to: &[u8],
    passphrase: &Passphrase,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let Cost { memory_kib, passes, lanes } = sealed.cost;
    let is_honest =
        memory_kib <= COST_MAX.memory_kib && passes <= COST_MAX.passes && lanes <= COST_MAX.lanes;
    if !is_honest {
        return Err(SealError::CostTooHigh);
    }
    let key = passphrase.key(sealed.cost, &sealed.salt).ok_or(SealError::CostTooHigh)?;
    let mut bytes = Zeroizing::new(sealed.bytes.clone());
    let nonce = Nonce::assume_unique_for_key(sealed.nonce);
    let length = key
        .open_in_place(nonce, Aad::from(bound_to), &mut bytes)
        .map_err(|_| SealError::WrongPassphrase)?
        .len();
    bytes.truncate(length);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text).unwrap()
    }

    #[test]
    fn the_passphrase_opens_what_it_sealed() {
        let sealed = seal_at(CHEAP, b"key", b"to", &passphrase("twelve letters\n")).unwrap();
        let opened = open(&sealed, b"to", &passphrase("twelve letters")).unwrap();
        assert_eq!(opened.as_slice(), b"key");
        assert!(!sealed.bytes.windows(3).any(|it| it == b"key"));
    }

    #[test]
    fn another_passphrase_certificate_or_byte_opens_nothing() {
        let right = passphrase("twelve letters");
        let sealed = seal_at(CHEAP, b"key", b"to", &right).unwrap();
        let wrong = Some(SealError::WrongPassphrase);
        assert_eq!(open(&sealed, b"to", &passphrase("other letters")).err(), wrong);
        assert_eq!(open(&sealed, b"other", &right).err(), wrong);
        let mut changed = sealed.clone();
        changed.bytes[0] ^= 1;
        assert_eq!(open(&changed, b"to", &right).err(), wrong);
        changed.bytes.clear();
        assert_eq!(open(&changed, b"to", &right).err(), wrong);
    }

    #[test]
    fn a_seal_that_wants_all_memory_is_refused() {
        let right = passphrase("twelve letters");
        let sealed = seal_at(CHEAP, b"key", b"to", &right).unwrap();
        for cost in [
            Cost { memory_kib: u32::MAX, ..CHEAP },
            Cost { passes: u32::MAX, ..CHEAP },
            Cost { lanes: u32::MAX, ..CHEAP },
            Cost { memory_kib: 0, ..CHEAP },
        ] {
            let hostile = Sealed { cost, ..sealed.clone() };
            assert_eq!(open(&hostile, b"to", &right).err(), Some(SealError::CostTooHigh));
        }
    }

    #[test]
    fn a_short_passphrase_is_refused() {
        for text in ["", "short", "eleven lett\n", &"x".repeat(2000)] {
            assert_eq!(Passphrase::new(text).err(), Some(SealError::BadPassphrase), "{text}");
        }
    }

    #[test]
    fn debug_output_keeps_the_passphrase() {
        assert_eq!(format!("{:?}", passphrase("twelve letters")), "Passphrase(…)");
    }
}
