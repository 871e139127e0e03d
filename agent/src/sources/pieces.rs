//! A large file read in pieces, a few of which are kept.

use observation::latest::Absent;

use crate::host::{Ask, Host};

/// Bytes of a piece.
const PIECE_BYTES: u64 = 64 * 1024;
/// Pieces that are kept.
const PIECES_KEPT: usize = 8;
/// Most bytes of a file that are fetched: several times the largest database, so that one made to be read in
/// circles ends.
const FETCHED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Why reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The file could not be read.
    Absent(Absent),
    /// The file has another form than it should.
    Broken(&'static str),
}

/// A large file.
pub(crate) struct Pieces<'a> {
    host: &'a dyn Host,
    path: String,
    kept: Vec<(u64, Vec<u8>)>,
    fetched_bytes: u64,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(host: &'a dyn Host, path: &str) -> Self {
        Self { host, path: path.to_owned(), kept: Vec::new(), fetched_bytes: 0 }
    }

    /// The file whose name has something more at its end.
    pub(crate) fn beside(&self, suffix: &str) -> Self {
        Self::new(self.host, &format!("{}{suffix}", self.path))
    }

    /// Exactly these bytes.
    pub(crate) fn bytes(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, Unread> {
        let mut bytes = Vec::new();
        self.extend(&mut bytes, offset, length)?;
        Ok(bytes)
    }

    /// Adds exactly these bytes.
    pub(crate) fn extend(
        &mut self,
        bytes: &mut Vec<u8>,
        offset: u64,
        length: usize,
    ) -> Result<(), Unread> {
        let mut at = offset;
        let mut left = length;
        while left > 0 {
            let start = at / PIECE_BYTES * PIECE_BYTES;
            let piece = self.piece(start)?;
            let skip = usize::try_from(at - start).unwrap_or(usize::MAX);
            let rest = piece.get(skip..).filter(|it| !it.is_empty());
            let rest = rest.ok_or(Unread::Broken("it ends before what it points to"))?;
            let part = rest.get(..left).unwrap_or(rest);
            bytes.extend_from_slice(part);
            left -= part.len();
            at = at
                .checked_add(part.len() as u64)
                .ok_or(Unread::Broken("an offset is too large"))?;
        }
        Ok(())
    }

    fn piece(&mut self, start: u64) -> Result<&[u8], Unread> {
        let known = self.kept.iter().position(|(at, _)| *at == start);
        if let Some(index) = known {
            // The piece asked for last is the last to go.
            let piece = self.kept.remove(index);
            self.kept.push(piece);
        } else {
            self.fetched_bytes += PIECE_BYTES;
            if self.fetched_bytes > FETCHED_BYTES_MAX {
                return Err(Unread::Broken("it leads in circles"));
            }
            let bytes = self.host.part(&self.path, start, PIECE_BYTES).map_err(Unread::Absent)?;
            if self.kept.len() == PIECES_KEPT {
                self.kept.remove(0);
            }
            self.kept.push((start, bytes));
        }
        Ok(self.kept.last().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default())
    }
}

/// The big-endian or little-endian 32-bit word at an offset.
pub(crate) fn word(bytes: &[u8], at: usize, is_little: bool) -> Option<u32> {
    let word: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(if is_little { u32::from_le_bytes(word) } else { u32::from_be_bytes(word) })
}

/// The same with 16 bits.
pub(crate) fn half(bytes: &[u8], at: usize, is_little: bool) -> Option<u16> {
    let half: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(if is_little { u16::from_le_bytes(half) } else { u16::from_be_bytes(half) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn bytes_across_pieces_are_one() {
        let content: Vec<u8> = (0..200_000_u32).map(|it| u8::try_from(it % 251).unwrap()).collect();
        let host = MapHost::new().file("/x", &content);
        let mut pieces = Pieces::new(&host, "/x");
        for (offset, length) in [(0, 10), (65_530, 20), (1, 199_999), (65_536, 65_536), (5, 0)] {
            let expected = &content[offset..offset + length];
            assert_eq!(pieces.bytes(offset as u64, length).unwrap(), expected);
        }
        let short = Unread::Broken("it ends before what it points to");
        assert_eq!(pieces.bytes(199_999, 2), Err(short.clone()));
        assert_eq!(pieces.bytes(1 << 40, 1), Err(short));
    }

    #[test]
    fn a_missing_file_is_absent() {
        let host = MapHost::new();
        assert!(matches!(Pieces::new(&host, "/x").bytes(0, 1), Err(Unread::Absent(_))));
    }

    #[test]
    fn a_file_read_over_and_over_ends() {
        let content = vec![7; usize::try_from(PIECE_BYTES).unwrap() * (PIECES_KEPT + 1)];
        let host = MapHost::new().file("/x", &content);
        let mut pieces = Pieces::new(&host, "/x");
        // Nearly all that may be fetched was fetched; what is kept costs nothing.
        pieces.fetched_bytes = FETCHED_BYTES_MAX - PIECE_BYTES;
        assert_eq!(pieces.bytes(0, 4), Ok(vec![7; 4]));
        assert_eq!(pieces.bytes(8, 4), Ok(vec![7; 4]));
        assert_eq!(pieces.bytes(PIECE_BYTES, 1), Err(Unread::Broken("it leads in circles")));
    }

    #[test]
    fn the_piece_that_was_asked_for_least_lately_goes_first() {
        let content = vec![1; usize::try_from(PIECE_BYTES).unwrap() * (PIECES_KEPT + 2)];
        let host = MapHost::new().file("/x", &content);
        let mut pieces = Pieces::new(&host, "/x");
        for piece in 0..PIECES_KEPT as u64 {
            pieces.bytes(piece * PIECE_BYTES, 1).unwrap();
        }
        pieces.bytes(0, 1).unwrap();
        let fetched = pieces.fetched_bytes;
        pieces.bytes(PIECES_KEPT as u64 * PIECE_BYTES, 1).unwrap();
        pieces.bytes(0, 1).unwrap();
        assert_eq!(pieces.fetched_bytes, fetched + PIECE_BYTES, "the first one is kept still");
        pieces.bytes(PIECE_BYTES, 1).unwrap();
        assert_eq!(pieces.fetched_bytes, fetched + 2 * PIECE_BYTES, "the second one went");
        assert!(pieces.kept.len() <= PIECES_KEPT);
    }

    #[test]
    fn words_stand_in_both_orders_and_within_the_bytes() {
        let bytes = [0x01, 0x02, 0x03, 0x04, 0x05];
        assert_eq!(
            (word(&bytes, 0, true), word(&bytes, 1, false)),
            (Some(0x0403_0201), Some(0x0203_0405))
        );
        assert_eq!((half(&bytes, 3, true), half(&bytes, 3, false)), (Some(0x0504), Some(0x0405)));
        for at in [2, 5, usize::MAX] {
            assert_eq!(word(&bytes, at, true), None, "{at}");
        }
        assert_eq!((half(&bytes, 4, true), half(&bytes, usize::MAX, true)), (None, None));
    }

    proptest! {
        /// Any place of any length is what the file holds there, or ends before it.
        #[test]
        fn each_part_is_that_of_the_file(
            places in proptest::collection::vec((0_usize..300_000, 0_usize..150_000), 1..6)
        ) {
            let content: Vec<u8> = (0..200_000_u32).map(|it| u8::try_from(it % 251).unwrap()).collect();
            let host = MapHost::new().file("/x", &content);
            let mut pieces = Pieces::new(&host, "/x");
            for (offset, length) in places {
                let found = pieces.bytes(offset as u64, length);
                match content.get(offset..offset + length) {
                    Some(expected) => prop_assert_eq!(found.as_deref(), Ok(expected)),
                    None if length == 0 => prop_assert_eq!(found, Ok(Vec::new())),
                    None => prop_assert!(found.is_err()),
                }
            }
        }
    }
}
