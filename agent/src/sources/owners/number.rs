//! Lines as numbers, so that half a million of them can be kept and compared.

use std::hash::{BuildHasher, RandomState};

/// An odd number whose bits are evenly spread: the golden ratio's.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// A key that nobody knows, so that nobody can make a line with the number of another.
pub(super) fn new_key() -> u64 {
    RandomState::new().hash_one(SPREAD)
}

/// A number in which lines differ: folded multiplication, as of wyhash. With a key of 64 bits that nobody knows, two
/// of a million lines agree once in many million runs.
pub(super) fn number(key: u64, line: &[u8]) -> u64 {
    let fold = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(SPREAD);
        (product >> 64) as u64 ^ product as u64
    };
    let (words, rest) = line.as_chunks::<8>();
    let state = words.iter().fold(key ^ line.len() as u64, |state, word| {
        fold(state.rotate_left(23), u64::from_le_bytes(*word))
    });
    let last = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    fold(fold(state.rotate_left(23), last), key)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_depend_on_every_byte_and_on_the_key() {
        let lines: Vec<String> = (0..300).map(|it| "x".repeat(it)).collect();
        let mut seen = HashSet::new();
        for line in &lines {
            for at in 0..line.len() {
                let mut changed = line.clone().into_bytes();
                changed[at] = b'y';
                assert!(seen.insert(number(3, &changed)), "{line} at {at}");
            }
            assert!(
                seen.insert(number(3, line.as_bytes())) && seen.insert(number(4, line.as_bytes()))
            );
        }
        // Also their highest bits, by which they are grouped, are used evenly.
        let groups: HashSet<u64> = seen.iter().map(|it| it >> 48).collect();
        assert!(groups.len() > (1 << 16) * 2 / 5, "{}", groups.len());
        assert_ne!(new_key(), new_key());
    }
}
