//! The names of assets that people see and type: `S-` and Crockford base32 from a hash of the id.

use data_encoding::{Encoding, Specification};
use sha2::{Digest, Sha256};

use crate::model::StoreError;
use inventory::asset::AssetId;

/// Crockford's alphabet has no I, L, O and U: nothing that a person could misread.
const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a label: 32^5 = 33 million.
const LENGTH: usize = 5;
/// Characters that a label grows to when shorter ones are taken.
const LENGTH_MAX: usize = 13;

/// The labels to try for an asset, the shortest first.
pub(crate) fn labels(asset: AssetId) -> Result<impl Iterator<Item = String>, StoreError> {
    let encoding = encoding()?;
    let text = encoding.encode(&Sha256::digest(asset.0.as_bytes()));
    Ok((LENGTH..=LENGTH_MAX)
        .filter_map(move |length| text.get(..length).map(|start| format!("S-{start}"))))
}

fn encoding() -> Result<Encoding, StoreError> {
    let mut specification = Specification::new();
    ALPHABET.clone_into(&mut specification.symbols);
    specification.encoding().map_err(|error| StoreError::Database {
        doing: "making the alphabet of labels",
        source: Box::new(error),
    })
}

/// A label as it may be typed: any case, and the letters that Crockford reads as digits.
pub(crate) fn as_kept(typed: &str) -> Option<String> {
    let typed = typed.trim().to_ascii_uppercase();
    let text = typed.strip_prefix("S-")?;
    let digit = |it| match it {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    Some(format!("S-{}", text.chars().map(digit).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_label_grows_by_one_character_at_a_time() {
        let labels: Vec<String> = labels(AssetId(Uuid::from_u128(7))).unwrap().collect();
        assert_eq!(labels.len(), 9);
        assert_eq!(labels[0].len(), 7);
        for pair in labels.windows(2) {
            assert!(pair[1].starts_with(&pair[0]) && pair[1].len() == pair[0].len() + 1);
        }
    }

    #[test]
    fn a_label_may_be_typed_carelessly() {
        assert_eq!(as_kept(" s-oil2q ").as_deref(), Some("S-0112Q"));
        for other in ["", "S7K2QD", "X-7K2QD", "7K2QD"] {
            assert_eq!(as_kept(other), None);
        }
    }

    #[test]
    fn a_label_never_reads_as_a_number_or_a_date() {
        for number in 0..2000 {
            for label in labels(AssetId(Uuid::from_u128(number))).unwrap().take(1) {
                assert!(label.starts_with("S-") && label.parse::<f64>().is_err());
            }
        }
    }
}
