//! Proof that an answer belongs to a question of ours, without remembering the question.

use std::hash::{DefaultHasher, Hasher};
use std::net::IpAddr;

/// A secret of one run. Every question carries a number made from it and from who is asked what;
/// only who received the question can send that number back.
#[derive(Clone)]
pub struct Cookies {
    key: [u8; 16],
}

/// First of the source ports; above the range that Linux gives to connections by itself.
const PORT_FIRST: u16 = 61_000;
const PORTS: u16 = 4_000;

impl Cookies {
    /// Cookies of one run, from random bytes.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// The number for this question: `what` is a port, or something that is none.
    #[must_use]
    pub fn of(&self, address: IpAddr, what: u32) -> u32 {
        // SipHash with our key in front: not for signatures, but nobody guesses it in a run's time.
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.key);
        match address {
            IpAddr::V4(it) => hasher.write(&it.octets()),
            IpAddr::V6(it) => hasher.write(&it.octets()),
        }
        hasher.write_u32(what);
        hasher.finish() as u32
    }

    /// The TCP port that questions of this run come from.
    #[must_use]
    pub fn source_port(&self) -> u16 {
        let [first, second, ..] = self.key;
        PORT_FIRST + u16::from_be_bytes([first, second]) % PORTS
    }
}

impl std::fmt::Debug for Cookies {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cookies").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_differ_by_key_address_and_question() {
        let address = |it: &str| it.parse::<IpAddr>().unwrap();
        let (one, other) = (Cookies::new([1; 16]), Cookies::new([2; 16]));
        let all = [
            one.of(address("10.0.0.1"), 80),
            one.of(address("10.0.0.1"), 81),
            one.of(address("10.0.0.2"), 80),
            one.of(address("::a00:1"), 80),
            other.of(address("10.0.0.1"), 80),
        ];
        let different: std::collections::BTreeSet<u32> = all.into_iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(one.of(address("10.0.0.1"), 80), all[0]);
        assert!((61_000..65_000).contains(&one.source_port()));
    }
}
