//! What may be told of a key.

/// Characters of a key that are told, as Windows and many makers show them.
const TAIL_LENGTH: usize = 5;
/// Shortest key of which they are told: the rest must not be guessed from them.
const KEY_LENGTH_MIN: usize = 12;

/// The last characters of a key; none of a short one.
#[must_use]
pub(crate) fn tail(key: &str) -> Option<String> {
    let length = key.chars().count();
    (length >= KEY_LENGTH_MIN).then(|| key.chars().skip(length - TAIL_LENGTH).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_key_has_no_tail() {
        assert_eq!(tail("0123456789ab").as_deref(), Some("789ab"));
        assert_eq!(tail("äöüäöüäöüäöü").as_deref(), Some("öüäöü"));
        assert_eq!(tail("0123456789a"), None);
        assert_eq!(tail(""), None);
    }
}
