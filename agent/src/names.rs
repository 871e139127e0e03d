//! Account names leave the host only as keyed pseudonyms, unless the configuration says otherwise.

use aws_lc_rs::hmac;
use data_encoding::{Encoding, Specification};
use observation::latest::{NameKey, UserName};

/// Digits of a pseudonym after its mark: 60 bits, enough for every person of a company.
const PSEUDONYM_DIGITS: usize = 12;
/// Crockford's base 32, lower case.
const DIGITS: &str = "0123456789abcdefghjkmnpqrstvwxyz";

/// Turns account names into what may leave the host.
#[derive(Clone)]
pub struct Names {
    kind: NameKey,
    key: hmac::Key,
    encoding: Option<Encoding>,
}

impl Names {
    /// Names under a key: the company's after enrolment, one of this run before it.
    #[must_use]
    pub fn new(kind: NameKey, key: &[u8]) -> Self {
        let mut specification = Specification::new();
        specification.symbols.push_str(DIGITS);
        Self {
            kind,
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            encoding: specification.encoding().ok(),
        }
    }

    /// Which key makes the pseudonyms.
    #[must_use]
    pub const fn kind(&self) -> NameKey {
        self.kind
    }

    /// What tells one secret, such as a licence key, from another: HMAC-SHA-256, hexadecimal. Under the same key the
    /// same secret has the same text, and a short secret cannot be guessed from it.
    #[must_use]
    pub fn secret(&self, secret: &str) -> String {
        // Not the function of names: a person who bears a key as a name must not be told by it.
        let tag = hmac::sign(&self.key, format!("secret\0{secret}").as_bytes());
        data_encoding::HEXLOWER.encode(tag.as_ref())
    }

    /// The name of a person as it may leave the host.
    #[must_use]
    pub fn person(&self, name: &str) -> UserName {
        if self.kind == NameKey::Clear {
            return UserName::Clear(name.to_owned());
        }
        let tag = hmac::sign(&self.key, name.as_bytes());
        let text = self.encoding.as_ref().map(|it| it.encode(tag.as_ref())).unwrap_or_default();
        let digits: String = text.chars().take(PSEUDONYM_DIGITS).collect();
        UserName::Pseudonym(format!("p-{digits}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_by_its_hash_even_where_names_stand_in_clear() {
        let clear = Names::new(NameKey::Clear, b"company");
        let company = Names::new(NameKey::Company, b"company");
        assert_eq!(clear.secret("pve2c-0123456789"), company.secret("pve2c-0123456789"));
        assert_ne!(company.secret("a"), company.secret("b"));
        assert_ne!(company.secret("a"), Names::new(NameKey::Run, b"run").secret("a"));
        assert_eq!(company.secret("a").len(), 64);
    }

    #[test]
    fn one_person_has_one_pseudonym_per_key() {
        let company = Names::new(NameKey::Company, b"company");
        let other = Names::new(NameKey::Run, b"run");
        assert_eq!(company.person("alice"), company.person("alice"));
        assert_ne!(company.person("alice"), other.person("alice"));
        assert_ne!(company.person("alice"), company.person("bob"));
        let UserName::Pseudonym(text) = company.person("alice") else { panic!("clear") };
        assert_eq!(text.len(), 2 + PSEUDONYM_DIGITS);
        assert!(!text.contains("alice"));
    }

    #[test]
    fn names_are_clear_only_when_somebody_said_so() {
        let clear = Names::new(NameKey::Clear, b"");
        assert_eq!(clear.person("alice"), UserName::Clear("alice".to_owned()));
    }
}
