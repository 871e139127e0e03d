//! A trivial database of Samba (lib/tdb, common/tdb_private.h): a head, a table of chains by hash, records
//! of key and data. Numbers have the order of the machine that wrote it; little-endian is read.

use std::ops::Range;

/// The first bytes of each file.
pub(super) const MAGIC: &[u8] = b"TDB file\n";
/// Version of the format.
pub(super) const VERSION: u32 = 0x2601_196D;
/// What marks a record in use.
pub(super) const RECORD_MAGIC: u32 = 0x2601_1999;
/// Places of the head's numbers.
pub(super) const VERSION_AT: usize = 32;
pub(super) const CHAINS_AT: usize = 36;
/// The list of free records is the first chain, at the end of the head.
pub(super) const TABLE_AT: usize = 168 + 4;
/// Length of a record's head: next, length, length of key, length of data, hash, magic.
pub(super) const RECORD_HEAD: usize = 24;

/// The records of a file.
pub struct Database<'a> {
    bytes: &'a [u8],
    chains: usize,
}

impl<'a> Database<'a> {
    /// Looks at the head.
    ///
    /// # Errors
    /// If it is no TDB file, or one of another version or byte order.
    pub fn new(bytes: &'a [u8]) -> Result<Self, &'static str> {
        if !bytes.starts_with(MAGIC) {
            return Err("it is no TDB file");
        }
        if number(bytes, VERSION_AT) != Some(VERSION) {
            return Err("it is a TDB file of another version or byte order");
        }
        let chains = number(bytes, CHAINS_AT).and_then(|it| usize::try_from(it).ok());
        let chains = chains.ok_or("the head of the TDB file is cut off")?;
        // Each chain has four bytes in the table.
        if chains > bytes.len() / 4 {
            return Err("the table of the TDB file is cut off");
        }
        Ok(Self { bytes, chains })
    }

    /// Hands over key and data of each record. A chain that leads back to itself ends with the count of
    /// records that a file of this size can hold.
    ///
    /// # Errors
    /// If the file is cut off or leads nowhere; what came before was handed over.
    pub fn each(&self, mut visit: impl FnMut(&'a [u8], &'a [u8])) -> Result<(), &'static str> {
        let mut left = self.bytes.len() / RECORD_HEAD;
        for chain in 0..self.chains {
            let mut at = self.offset(TABLE_AT + chain * 4)?;
            while at != 0 {
                left = left.checked_sub(1).ok_or("the chains of the TDB file do not end")?;
                let head = |index: usize| self.offset(at.saturating_add(index * 4));
                let (next, key, data) = (head(0)?, head(2)?, head(3)?);
                if number(self.bytes, at.saturating_add(20)) != Some(RECORD_MAGIC) {
                    return Err("a chain of the TDB file leads to no record");
                }
                let begin = at + RECORD_HEAD;
                let end = begin.saturating_add(key);
                visit(self.slice(begin..end)?, self.slice(end..end.saturating_add(data))?);
                at = next;
            }
        }
        Ok(())
    }

    fn offset(&self, at: usize) -> Result<usize, &'static str> {
        let number = number(self.bytes, at).and_then(|it| usize::try_from(it).ok());
        number.ok_or("the TDB file is cut off")
    }

    fn slice(&self, range: Range<usize>) -> Result<&'a [u8], &'static str> {
        self.bytes.get(range).ok_or("the TDB file is cut off")
    }
}

/// Four bytes as a number.
#[must_use]
pub fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(word.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOMAIN: &[u8] = include_bytes!("../../../../tests/fixtures/servers/samba/domain.ldb");

    fn keys(bytes: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
        let mut keys = Vec::new();
        Database::new(bytes)?.each(|key, _| keys.push(key.to_vec()))?;
        Ok(keys)
    }

    #[test]
    fn all_records_are_found() {
        let keys = keys(DOMAIN).unwrap();
        assert_eq!(keys.iter().filter(|it| it.starts_with(b"GUID=")).count(), 4);
        assert!(keys.contains(&b"DN=@BASEINFO\0".to_vec()));
    }

    #[test]
    fn other_files_and_cut_ones_are_said() {
        assert_eq!(keys(b"SQLite"), Err("it is no TDB file"));
        assert!(keys(&DOMAIN[..40]).is_err());
        assert!(keys(&DOMAIN[..DOMAIN.len() / 2]).is_err());
        let mut other = DOMAIN.to_vec();
        other[VERSION_AT..CHAINS_AT].reverse();
        assert!(keys(&other).is_err());
    }

    #[test]
    fn a_chain_that_leads_back_ends() {
        let mut bytes = DOMAIN.to_vec();
        let chains = number(&bytes, CHAINS_AT).unwrap() as usize;
        let first =
            (0..chains).map(|it| number(&bytes, TABLE_AT + it * 4).unwrap()).find(|it| *it != 0);
        let first = first.unwrap();
        bytes[first as usize..first as usize + 4].copy_from_slice(&first.to_le_bytes());
        assert_eq!(keys(&bytes), Err("the chains of the TDB file do not end"));
    }

    /// A file with records in chains, as common/tdb_private.h lays it out.
    fn file(chains: usize, records: &[(usize, Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.resize(VERSION_AT, 0);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(u32::try_from(chains).unwrap().to_le_bytes());
        bytes.resize(TABLE_AT + chains * 4, 0);
        for (chain, key, data) in records {
            let place = TABLE_AT + chain % chains * 4;
            let first: [u8; 4] = bytes[place..place + 4].try_into().unwrap();
            let at = u32::try_from(bytes.len()).unwrap().to_le_bytes();
            bytes[place..place + 4].copy_from_slice(&at);
            bytes.extend(first);
            for length in [key.len() + data.len(), key.len(), data.len(), 0] {
                bytes.extend(u32::try_from(length).unwrap().to_le_bytes());
            }
            bytes.extend(RECORD_MAGIC.to_le_bytes());
            bytes.extend(key);
            bytes.extend(data);
        }
        bytes
    }

    #[test]
    fn a_place_that_holds_no_record_is_said() {
        let record = |key: &str| (0, key.as_bytes().to_vec(), b"data".to_vec());
        let whole = file(1, &[record("a"), record("b")]);
        assert_eq!(keys(&whole), Ok(vec![b"b".to_vec(), b"a".to_vec()]));
        let mut free = whole.clone();
        let at = TABLE_AT + 4 + RECORD_HEAD - 4;
        free[at..at + 4].copy_from_slice(&[0xee; 4]);
        assert_eq!(keys(&free), Err("a chain of the TDB file leads to no record"));
        for length in TABLE_AT..whole.len() {
            assert!(keys(&whole[..length]).is_err(), "{length}");
        }
        // More chains than the file has room for.
        let mut many = whole;
        many[CHAINS_AT..CHAINS_AT + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(keys(&many), Err("the table of the TDB file is cut off"));
        assert_eq!(keys(&file(1, &[])), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn all_records_of_all_chains_are_given_back(
            chains in 1_usize..9,
            records in proptest::collection::vec(
                (any::<usize>(), proptest::collection::vec(any::<u8>(), 0..20), proptest::collection::vec(any::<u8>(), 0..40)),
                0..20,
            ),
        ) {
            let bytes = file(chains, &records);
            let mut found = Vec::new();
            Database::new(&bytes).unwrap().each(|key, data| found.push((key.to_vec(), data.to_vec()))).unwrap();
            let mut expected: Vec<_> = records.into_iter().map(|it| (it.1, it.2)).collect();
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn mutated_files_never_panic(at in 32_usize..400, bytes in proptest::collection::vec(any::<u8>(), 1..8)) {
            let mut file = DOMAIN.to_vec();
            file[at..at + bytes.len()].copy_from_slice(&bytes);
            let _ = keys(&file);
        }
    }
}
