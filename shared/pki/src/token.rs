//! The enrolment token: where the collector is, how to know it, and a secret.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use crate::address::{AddressError, check_address};
use crate::fingerprint::Fingerprint;

/// What every token of this form begins with.
const PREFIX: &str = "kat1-";
/// Longest text that is looked at: a token file is no larger place for surprises.
const TEXT_BYTES_MAX: usize = 4096;
/// Bytes of the secret: 128 bits.
const SECRET_BYTES: usize = 16;
/// Bytes of the checksum. It finds slips of copying, not forgery: the secret does that.
const CHECKSUM_BYTES: usize = 4;

/// A permission to enrol, as a person hands it to an agent.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    address: String,
    authority: Fingerprint,
    id: Uuid,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
}

/// Why a text is not a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing but white space and comments.
    #[error("there is no token in it")]
    Empty,
    /// It begins otherwise.
    #[error("a token begins with {PREFIX}")]
    NotAToken,
    /// It is of a later form.
    #[error("the token is of a newer form than this program knows")]
    NewerForm,
    /// It is longer than any token.
    #[error("it is longer than any token")]
    TooLong,
    /// A character that no token holds.
    #[error("character {number} does not belong into a token")]
    ForeignCharacter {
        /// Which one, counted from 1.
        number: usize,
    },
    /// The checksum does not fit.
    #[error("a part of the token is missing or was changed while copying it")]
    Damaged,
    /// The address in it is none.
    #[error("the address in the token cannot be used")]
    Address(#[source] AddressError),
    /// The operating system gave no random numbers.
    #[error("the system gave no random numbers")]
    NoRandomNumbers,
}

impl Token {
    /// A new token with a fresh secret.
    ///
    /// # Errors
    /// If `address` is not `host:port`, or the system has no random numbers.
    pub fn create(
        id: Uuid,
        address: impl Into<String>,
        authority: Fingerprint,
    ) -> Result<Self, TokenError> {
        let address = address.into();
        check_address(&address).map_err(TokenError::Address)?;
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        aws_lc_rs::rand::fill(secret.as_mut_slice()).map_err(|_| TokenError::NoRandomNumbers)?;
        Ok(Self { address, authority, id, secret })
    }

    /// The enrolment listener, `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The certificate by which the agent knows the collector.
    #[must_use]
    pub const fn authority(&self) -> Fingerprint {
        self.authority
    }

    /// The token's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The secret, base64, as an enrolment request carries it.
    #[must_use]
    pub fn secret_text(&self) -> String {
        BASE64.encode(self.secret.as_slice())
    }

    /// The hash that the collector keeps instead of the secret.
    #[must_use]
    pub fn secret_hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_slice()).into()
    }

    /// The hash of a secret as it came over the wire; none if it is no secret.
    #[must_use]
    pub fn hash_of_secret_text(text: &str) -> Option<[u8; 32]> {
        // 16 bytes are 24 characters of base64: refuse before decoding.
        if text.len() != SECRET_BYTES.div_ceil(3) * 4 {
            return None;
        }
        let mut secret = BASE64.decode(text.as_bytes()).ok()?;
        let hash = (secret.len() == SECRET_BYTES).then(|| Sha256::digest(&secret).into());
        secret.zeroize();
        hash
    }

    /// The text that a person copies.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend(u8::try_from(self.address.len()));
        bytes.extend_from_slice(self.address.as_bytes());
        bytes.extend_from_slice(&self.authority.0);
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(self.secret.as_slice());
        bytes.extend_from_slice(&checksum(&bytes));
        let text = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes));
        bytes.zeroize();
        text
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, TokenError> {
        let (content, sum) =
            bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(TokenError::Damaged)?;
        if checksum(content) != *sum {
            return Err(TokenError::Damaged);
        }
        let (&length, rest) = content.split_first().ok_or(TokenError::Damaged)?;
        let (address, rest) =
            rest.split_at_checked(usize::from(length)).ok_or(TokenError::Damaged)?;
        let (authority, rest) = rest.split_first_chunk::<32>().ok_or(TokenError::Damaged)?;
        let (id, secret) = rest.split_first_chunk::<16>().ok_or(TokenError::Damaged)?;
        let secret = <[u8; SECRET_BYTES]>::try_from(secret).map_err(|_| TokenError::Damaged)?;
        let address = std::str::from_utf8(address).map_err(|_| TokenError::Damaged)?;
        check_address(address).map_err(TokenError::Address)?;
        Ok(Self {
            address: address.to_owned(),
            authority: Fingerprint(*authority),
            id: Uuid::from_bytes(*id),
            secret: Zeroizing::new(secret),
        })
    }
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut sum = [0; CHECKSUM_BYTES];
    for (to, from) in sum.iter_mut().zip(Sha256::digest(content)) {
        *to = from;
    }
    sum
}

impl FromStr for Token {
    type Err = TokenError;

    /// Reads a token file: white space is ignored (mail programs break lines), and so are lines
    /// that begin with `#`.
    fn from_str(text: &str) -> Result<Self, TokenError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(TokenError::TooLong);
        }
        let lines = text
            .trim_start_matches('\u{feff}')
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        let mut token: String =
            lines.flat_map(str::chars).filter(|it| !it.is_whitespace()).collect();
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        let Some(encoded) = token.strip_prefix(PREFIX) else {
            let is_newer = token.strip_prefix("kat").is_some_and(|rest| {
                rest.split_once('-')
                    .is_some_and(|(form, _)| form.parse::<u32>().is_ok_and(|it| it > 1))
            });
            return Err(if is_newer { TokenError::NewerForm } else { TokenError::NotAToken });
        };
        let is_foreign = |it: char| !(it.is_ascii_alphanumeric() || it == '-' || it == '_');
        if let Some(index) = encoded.chars().position(is_foreign) {
            return Err(TokenError::ForeignCharacter { number: PREFIX.len() + index + 1 });
        }
        let mut bytes =
            BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| TokenError::Damaged)?;
        let result = Self::from_bytes(&bytes);
        bytes.zeroize();
        token.zeroize();
        result
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("address", &self.address)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token() -> Token {
        let authority = Fingerprint::of(b"authority");
        Token::create(Uuid::from_u128(7), "collector.example:8444", authority).unwrap()
    }

    #[test]
    fn the_text_says_everything() {
        let token = token();
        assert_eq!(token.to_text().parse::<Token>(), Ok(token));
    }

    #[test]
    fn a_token_survives_mail_and_comments() {
        let token = token();
        let text = token.to_text();
        let (left, right) = text.split_at(40);
        let mailed = format!("\u{feff}# for the branch office\r\n {left}\r\n  {right} \r\n");
        assert_eq!(mailed.parse::<Token>(), Ok(token));
    }

    #[test]
    fn every_slip_is_named() {
        let text = token().to_text();
        let check = |text: &str, error: TokenError| assert_eq!(text.parse::<Token>(), Err(error));
        check("", TokenError::Empty);
        check("# nothing here\n", TokenError::Empty);
        check("glsa_123", TokenError::NotAToken);
        check("kat2-abc", TokenError::NewerForm);
        check(&text[..text.len() - 3], TokenError::Damaged);
        check(&text[..20], TokenError::Damaged);
        check("kat1-", TokenError::Damaged);
        check(
            &text.replacen(&text[60..61], if &text[60..61] == "A" { "B" } else { "A" }, 1),
            TokenError::Damaged,
        );
        check("kat1-ab!c", TokenError::ForeignCharacter { number: 8 });
        check(&"k".repeat(5000), TokenError::TooLong);
    }

    #[test]
    fn the_address_must_be_one() {
        let refused = Token::create(Uuid::nil(), "http://x", Fingerprint::of(b""));
        assert!(matches!(refused, Err(TokenError::Address(_))));
    }

    #[test]
    fn debug_output_keeps_the_secret() {
        let token = token();
        let shown = format!("{token:?}");
        assert!(!shown.contains(&token.secret_text()));
        assert!(!shown.contains(&data_encoding::HEXLOWER.encode(token.secret.as_slice())));
    }

    #[test]
    fn both_ends_compute_the_same_hash_of_the_secret() {
        let token = token();
        assert_eq!(Token::hash_of_secret_text(&token.secret_text()), Some(token.secret_hash()));
        for text in ["", "AAAA", &"A".repeat(24), &"!".repeat(24), &"A".repeat(1 << 20)] {
            assert_eq!(Token::hash_of_secret_text(text), None, "{}", text.len());
        }
    }

    #[test]
    fn two_tokens_never_share_a_secret() {
        assert_ne!(token().secret_hash(), token().secret_hash());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,300}") {
            let _ = text.parse::<Token>();
            let _ = format!("kat1-{text}").parse::<Token>();
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut summed = bytes.clone();
            summed.extend_from_slice(&checksum(&bytes));
            let _ = format!("kat1-{}", BASE64URL_NOPAD.encode(&summed)).parse::<Token>();
        }
    }
}
