//! `Packages.db`, RPM's own form (`lib/backend/ndb/rpmpkg.c`): slots that say in which blocks of the file the
//! header of a package lies. All words are little-endian.

use super::{HEADER_BYTES_MAX, PACKAGES_MAX, Take};
use crate::sources::pieces::{Pieces, Unread, word};

const FILE_MAGIC: u32 = u32::from_le_bytes(*b"RpmP");
const SLOT_MAGIC: u32 = u32::from_le_bytes(*b"Slot");
const BLOB_MAGIC: u32 = u32::from_le_bytes(*b"BlbS");
/// The header takes the room of two slots.
const FILE_HEADER_BYTES: usize = 32;
const PAGE_BYTES: usize = 4096;
const SLOT_BYTES: usize = 16;
/// Blocks are what offsets and lengths of blobs count.
const BLOCK_BYTES: u64 = 16;
const BLOB_HEAD_BYTES: usize = 16;
/// Most pages of slots: 256 slots in each.
const SLOT_PAGES_MAX: u32 = 1024;

/// Gives every header to `take`.
pub(super) fn headers(pieces: &mut Pieces<'_>, take: Take<'_>) -> Result<(), Unread> {
    let header = pieces.bytes(0, FILE_HEADER_BYTES)?;
    let field = |at: usize| word(&header, at, true);
    if (field(0), field(4)) != (Some(FILE_MAGIC), Some(0)) {
        return Err(Unread::Broken("it is no database of version 0"));
    }
    let pages = field(12).filter(|it| (1..=SLOT_PAGES_MAX).contains(it));
    let pages = pages.ok_or(Unread::Broken("its number of pages of slots is none"))?;
    let mut count = 0;
    for page in 0..pages {
        let bytes = pieces.bytes(u64::from(page) * PAGE_BYTES as u64, PAGE_BYTES)?;
        let skip = if page == 0 { FILE_HEADER_BYTES } else { 0 };
        for slot in bytes.get(skip..).unwrap_or_default().chunks_exact(SLOT_BYTES) {
            if word(slot, 0, true) != Some(SLOT_MAGIC) {
                return Err(Unread::Broken("a slot is none"));
            }
            let package = word(slot, 4, true).unwrap_or(0);
            if package == 0 {
                continue;
            }
            count += 1;
            if count > PACKAGES_MAX {
                return Err(Unread::Broken("it holds too many packages"));
            }
            let block = word(slot, 8, true).unwrap_or(0);
            take(&blob(pieces, package, u64::from(block) * BLOCK_BYTES)?);
        }
    }
    Ok(())
}

fn blob(pieces: &mut Pieces<'_>, package: u32, offset: u64) -> Result<Vec<u8>, Unread> {
    let head = pieces.bytes(offset, BLOB_HEAD_BYTES)?;
    if (word(&head, 0, true), word(&head, 4, true)) != (Some(BLOB_MAGIC), Some(package)) {
        return Err(Unread::Broken("a slot leads to no header"));
    }
    let length = word(&head, 12, true).filter(|it| u64::from(*it) <= HEADER_BYTES_MAX);
    let length = length.and_then(|it| usize::try_from(it).ok());
    let length = length.ok_or(Unread::Broken("a header is too large"))?;
    pieces.bytes(offset + BLOB_HEAD_BYTES as u64, length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|it| it.to_le_bytes()).collect()
    }

    /// A file with one page of slots; constructed from the format.
    fn file(slots: &[[u32; 3]], blobs: &[u8]) -> Vec<u8> {
        let mut bytes = words(&[FILE_MAGIC, 0, 1, 1, 9, 0, 0, 0]);
        for [package, block, blocks] in slots {
            bytes.extend(words(&[SLOT_MAGIC, *package, *block, *blocks]));
        }
        while bytes.len() < PAGE_BYTES {
            bytes.extend(words(&[SLOT_MAGIC, 0, 0, 0]));
        }
        bytes.extend(blobs);
        bytes
    }

    fn check(bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, Unread> {
        let host = MapHost::new().file("/x", bytes);
        let mut found = Vec::new();
        headers(&mut Pieces::new(&host, "/x"), &mut |it| found.push(it.to_vec())).map(|()| found)
    }

    #[test]
    fn a_slot_leads_to_a_header() {
        let mut blob = words(&[BLOB_MAGIC, 7, 1, 3]);
        blob.extend(b"abc");
        assert_eq!(check(file(&[[0, 0, 0], [7, 256, 2]], &blob)), Ok(vec![b"abc".to_vec()]));
        assert_eq!(check(file(&[], &[])), Ok(vec![]));
    }

    #[test]
    fn slots_that_lead_elsewhere_are_told() {
        let other = words(&[BLOB_MAGIC, 8, 1, 3, 0]);
        assert!(check(file(&[[7, 256, 2]], &other)).is_err());
        let large = words(&[BLOB_MAGIC, 7, 1, u32::MAX]);
        let too_large = Err(Unread::Broken("a header is too large"));
        assert_eq!(check(file(&[[7, 256, 2]], &large)), too_large);
        assert!(check(file(&[[7, u32::MAX, 2]], &[])).is_err());
        let mut broken = file(&[[7, 256, 2]], &[]);
        broken[40] = b'x';
        broken[32] = b'x';
        assert_eq!(check(broken), Err(Unread::Broken("a slot is none")));
    }

    #[test]
    fn another_file_is_no_database() {
        assert!(check(vec![0; 5000]).is_err());
        assert!(check(Vec::new()).is_err());
        let mut many = file(&[], &[]);
        many[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(check(many).is_err());
    }

    proptest! {
        #[test]
        fn hostile_slots_never_panic(
            slots in proptest::collection::vec(any::<[u32; 3]>(), 0..20),
            blobs in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let _ = check(file(&slots, &blobs));
        }
    }
}
