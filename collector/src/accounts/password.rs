//! Passwords: what is taken as one, and how it is kept.
//!
//! argon2id (RFC 9106) with the second choice of its §4, for machines that cannot spare 2 GiB: 64 MiB,
//! three passes, four lanes, a salt of 16 bytes, 32 bytes of output. That is above the least that the
//! OWASP Password Storage Cheat Sheet asks for (19 MiB, two passes, one lane). One try takes some
//! tenths of a second, and one at a time is computed.

use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use super::Secret;

/// Shortest password: passwords alone open an account, and nothing forces people to change them
/// (BSI ORP.4.A22/A23 leave the figure to the company; OWASP ASVS 5.0 §6.2 asks for 8, better 15).
pub const PASSWORD_CHARACTERS_MIN: usize = 12;
/// Longest password; more is no password but an attempt to keep the collector busy.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// Names shorter than this are in too many words to be looked for in passwords.
const NAME_SOUGHT_CHARACTERS_MIN: usize = 4;
/// Longest name of an account.
const NAME_CHARACTERS_MAX: usize = 32;

/// Memory of one try in KiB, passes over it, lanes.
const COST: (u32, u32, u32) = (64 * 1024, 3, 4);
/// Bytes that are kept of a password.
const OUTPUT_BYTES: usize = 32;
/// Bytes of the salt.
const SALT_BYTES: usize = 16;
/// What a hash in a database of others may cost: KiB and passes.
const COST_MAX: (u32, u32) = (256 * 1024, 8);

/// One try at a time: the memory of many at once would be an attack of its own.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Why a text is no password, or cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too easy to guess.
    #[error("{PASSWORD_CHARACTERS_MIN} characters at least")]
    TooShort,
    /// Absurdly long.
    #[error("{PASSWORD_BYTES_MAX} bytes at most")]
    TooLong,
    /// The first that anybody would try.
    #[error("a password does not contain the name of its account")]
    ContainsName,
    /// A line break or another character that no keyboard enters the same way twice.
    #[error("a password has no control characters")]
    ControlCharacter,
    /// The system gave no random numbers, or no memory.
    #[error("the password could not be hashed")]
    NotHashed,
}

/// Whether a text can name an account: it stands in the log, on command lines and in tables.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let is_inner =
        |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || ['.', '_', '-'].contains(&it);
    text.starts_with(|it: char| it.is_ascii_lowercase())
        && text.chars().all(is_inner)
        && text.len() <= NAME_CHARACTERS_MAX
}

/// Checks a new password of an account.
///
/// # Errors
/// Why it is none.
pub fn check_new(account: &str, password: &Secret) -> Result<(), PasswordError> {
    let text = password.reveal();
    if text.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(PasswordError::ControlCharacter);
    }
    if text.chars().count() < PASSWORD_CHARACTERS_MIN {
        return Err(PasswordError::TooShort);
    }
    if account.len() >= NAME_SOUGHT_CHARACTERS_MIN && text.to_lowercase().contains(account) {
        return Err(PasswordError::ContainsName);
    }
    Ok(())
}

/// The password as it is kept: a PHC string with its own salt. Blocks for some tenths of a second.
///
/// # Errors
/// If the system gives no random numbers or no memory.
pub fn hash(password: &Secret) -> Result<String, PasswordError> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|_| PasswordError::NotHashed)?;
    hash_with(password, &salt)
}

fn hash_with(password: &Secret, salt: &[u8]) -> Result<String, PasswordError> {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, Some(OUTPUT_BYTES))
        .map_err(|_| PasswordError::NotHashed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password_with_salt(password.reveal().as_bytes(), salt);
    hash.map(|it: PasswordHash| it.to_string()).map_err(|_| PasswordError::NotHashed)
}

/// Whether a password is the one that is kept. Where nothing is kept the answer is no, and takes the
/// same time. The comparison takes the same time wherever the two differ. Blocks.
pub(super) fn is_right(password: &Secret, kept: Option<&str>) -> bool {
    if password.reveal().len() > PASSWORD_BYTES_MAX {
        return false;
    }
    let Some(kept) = kept.and_then(|it| PasswordHash::new(it).ok()).filter(is_affordable) else {
        // The work of a try, for nothing.
        let _ = hash_with(password, &[0; SALT_BYTES]);
        return false;
    };
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    Argon2::default().verify_password(password.reveal().as_bytes(), &kept).is_ok()
}

/// Whether a hash is of our kind and asks for no more than an honest one.
fn is_affordable(hash: &PasswordHash) -> bool {
    let is_ours = hash.algorithm.as_str() == Algorithm::Argon2id.as_str();
    let params = Params::try_from(hash);
    is_ours && params.is_ok_and(|it| it.m_cost() <= COST_MAX.0 && it.t_cost() <= COST_MAX.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_as_argon2id_with_a_salt_of_its_own() {
        let password = Secret::new("correct horse battery");
        let kept = hash(&password).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "{kept}");
        assert_ne!(hash(&password).unwrap(), kept);
        assert!(is_right(&password, Some(&kept)));
        for wrong in ["correct horse batterz", "", "correct horse battery "] {
            assert!(!is_right(&Secret::new(wrong), Some(&kept)), "{wrong}");
        }
        assert!(!is_right(&password, None));
    }

    #[test]
    fn what_is_kept_by_another_hand_opens_nothing_and_costs_no_more_than_ours() {
        let password = Secret::new("correct horse battery");
        let salt = "AAAAAAAAAAAAAAAAAAAAAA";
        let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for kept in [
            String::new(),
            "correct horse battery".to_owned(),
            format!("$argon2i$v=19$m=64,t=1,p=1${salt}${hash}"),
            format!("$argon2id$v=19$m=4194304,t=1,p=1${salt}${hash}"),
            format!("$argon2id$v=19$m=64,t=4000000,p=1${salt}${hash}"),
            format!("$argon2id$v=19$m=64,t=1,p=1${salt}"),
        ] {
            assert!(!is_right(&password, Some(&kept)), "{kept}");
        }
    }

    #[test]
    fn a_new_password_is_long_enough_and_not_the_name() {
        let check = |text: &str| check_new("anna", &Secret::new(text));
        assert_eq!(check("correct horse"), Ok(()));
        assert_eq!(check("größenwahnsi"), Ok(()));
        assert_eq!(check("größenwahns"), Err(PasswordError::TooShort));
        assert_eq!(check(&"x".repeat(1025)), Err(PasswordError::TooLong));
        assert_eq!(check("geheim-ANNA-1999"), Err(PasswordError::ContainsName));
        assert_eq!(check("correct\nhorse battery"), Err(PasswordError::ControlCharacter));
        assert_eq!(check_new("it", &Secret::new("keine Ahnung, mit wem")), Ok(()));
    }

    #[test]
    fn the_name_of_an_account_is_plain() {
        for name in ["anna", "a.muster-2", "k"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "Anna", "1a", "-a", "a b", "ä", "a\n", "account x", &"a".repeat(33)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
