//! Stable ids of rows that have no name of their own.

use observation::ContentHash;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 40 bits: among 60,000 rows of a sheet two meet once in six hundred workbooks.
const DIGIT_COUNT: usize = 8;

/// A letter and eight digits made from what the row speaks of: `P-7K2QD4XM`. The same parts give the
/// same id in every export.
pub(crate) fn row_id(letter: char, parts: &[&str]) -> String {
    // Length before text, so that no two lists of parts read the same.
    let named = parts.iter().map(|part| format!("{}:{part}", part.len()));
    let hash = ContentHash::of(named.collect::<String>().as_bytes());
    let start =
        hash.as_bytes().iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let digits = (0..DIGIT_COUNT).map(|place| {
        let index = (start >> (59 - 5 * place)) & 31;
        usize::try_from(index).ok().and_then(|it| DIGITS.get(it)).map_or('0', |it| char::from(*it))
    });
    format!("{letter}-{}", digits.collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_parts_give_the_same_id() {
        assert_eq!(row_id('P', &["S-7K2QD", "tcp"]), row_id('P', &["S-7K2QD", "tcp"]));
        assert_ne!(row_id('P', &["ab", "c"]), row_id('P', &["a", "bc"]));
        assert_ne!(row_id('P', &["a"]), row_id('P', &["a", ""]));
    }

    #[test]
    fn ten_thousand_rows_have_ten_thousand_ids() {
        let ids: BTreeSet<String> = (0..10_000).map(|it| row_id('P', &[&it.to_string()])).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|it| it.len() == 10 && it.starts_with("P-")));
    }
}
