//! What an ATA disk says of itself (ATA Command Set 4 §7.13.6), in the ATA information page of SAT-4.

use crate::sources::attribute::printable;

/// Where the answer of the disk begins in the page.
const IDENTITY_START: usize = 60;
const SERIAL_WORDS: (usize, usize) = (10, 10);
const FIRMWARE_WORDS: (usize, usize) = (23, 4);
const MODEL_WORDS: (usize, usize) = (27, 20);

/// Model, serial number and firmware in full length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) model: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) firmware: Option<String>,
}

/// Reads page 89h; none where it is too short.
pub(super) fn identity(page: &[u8]) -> Option<Identity> {
    let words = page.get(IDENTITY_START..)?;
    words.get(..2 * (MODEL_WORDS.0 + MODEL_WORDS.1))?;
    Some(Identity {
        model: text(words, MODEL_WORDS),
        serial: text(words, SERIAL_WORDS),
        firmware: text(words, FIRMWARE_WORDS),
    })
}

/// Two characters in a word, the first one in the upper byte.
fn text(words: &[u8], (start, count): (usize, usize)) -> Option<String> {
    let bytes = words.get(2 * start..2 * (start + count))?;
    let swapped: Vec<u8> = bytes.chunks(2).flat_map(|it| it.iter().rev().copied()).collect();
    Some(printable(&String::from_utf8_lossy(&swapped))).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(model: &str, serial: &str, firmware: &str) -> Vec<u8> {
        let mut page = vec![0; IDENTITY_START + 512];
        let fields = [(MODEL_WORDS, model), (SERIAL_WORDS, serial), (FIRMWARE_WORDS, firmware)];
        for ((start, count), text) in fields {
            let padded = format!("{text:width$}", width = 2 * count);
            for (index, pair) in padded.as_bytes().chunks(2).enumerate() {
                let at = IDENTITY_START + 2 * (start + index);
                page[at..at + 2].copy_from_slice(&[pair[1], pair[0]]);
            }
        }
        page
    }

    #[test]
    fn texts_have_their_full_length() {
        let page = page("SAMPLE SSD 870 EVO 1TB Long Name", "S6PTNX0T000001", "SVT02B6Q");
        let identity = identity(&page).unwrap();
        assert_eq!(identity.model.as_deref(), Some("SAMPLE SSD 870 EVO 1TB Long Name"));
        assert_eq!(identity.serial.as_deref(), Some("S6PTNX0T000001"));
        assert_eq!(identity.firmware.as_deref(), Some("SVT02B6Q"));
    }

    #[test]
    fn blank_fields_are_none_and_a_short_page_is_nothing() {
        assert_eq!(
            identity(&page("", "", "")),
            Some(Identity { model: None, serial: None, firmware: None })
        );
        assert_eq!(identity(&[0; 100]), None);
        assert_eq!(identity(&[]), None);
    }

    proptest! {
        #[test]
        fn any_page_is_read_without_panic(page in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = identity(&page);
        }
    }
}
