//! `Packages`, a hash database of Berkeley DB (`src/dbinc/db_page.h`), as RPM wrote it until 2020. Only the pages that hold keys and
//! values are looked at, one after the other: no hash is computed. Words are in the order of the
//! machine that wrote them.

use super::{HEADER_BYTES_MAX, PACKAGES_MAX, Take};
use crate::sources::pieces::{Pieces, Unread, half, word};

const HASH_MAGIC: u32 = 0x0006_1561;
/// Bytes of the description of the database on its first page that are read.
const META_BYTES: usize = 64;
/// Bytes before the entries of a page.
const PAGE_HEADER_BYTES: usize = 26;
/// Kinds of pages: description of a hash, keys and values unsorted and sorted, overflow.
const HASH_META: u8 = 8;
const HASH_UNSORTED: u8 = 2;
const HASH: u8 = 13;
const OVERFLOW: u8 = 7;
/// Kinds of values: on the page, on pages of their own.
const ON_PAGE: u8 = 1;
const OFF_PAGE: u8 = 3;
/// Most pages: 64 GB of the largest, 0.5 GB of the smallest.
const PAGES_MAX: u32 = 1 << 20;

struct Layout {
    is_little: bool,
    page_bytes: usize,
    last_page: u32,
}

/// Gives every header to `take`.
pub(super) fn headers(pieces: &mut Pieces<'_>, take: Take<'_>) -> Result<(), Unread> {
    let layout = layout(&pieces.bytes(0, META_BYTES)?)?;
    let mut count = 0;
    for number in 0..=layout.last_page {
        let start = u64::from(number) * layout.page_bytes as u64;
        let header = pieces.bytes(start, PAGE_HEADER_BYTES)?;
        if !matches!(header.get(25), Some(&(HASH | HASH_UNSORTED))) {
            continue;
        }
        let page = pieces.bytes(start, layout.page_bytes)?;
        for value in values(&page, &layout)? {
            count += 1;
            if count > PACKAGES_MAX {
                return Err(Unread::Broken("it holds too many packages"));
            }
            match value {
                Value::OnPage(bytes) => take(bytes),
                Value::OffPage { page, length } => take(&chain(pieces, &layout, page, length)?),
            }
        }
    }
    Ok(())
}

fn layout(meta: &[u8]) -> Result<Layout, Unread> {
    let is_little = match (word(meta, 12, true), word(meta, 12, false)) {
        (Some(HASH_MAGIC), _) => true,
        (_, Some(HASH_MAGIC)) => false,
        _ => return Err(Unread::Broken("it is no hash database of Berkeley DB")),
    };
    let size = word(meta, 20, is_little).and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
    let last_page = word(meta, 32, is_little).unwrap_or(u32::MAX);
    let is_plain = meta.get(24) == Some(&0) && meta.get(25) == Some(&HASH_META);
    if !is_plain || !(512..=65_536).contains(&size) || last_page > PAGES_MAX {
        return Err(Unread::Broken("its first page does not describe it"));
    }
    Ok(Layout { is_little, page_bytes: size, last_page })
}

enum Value<'a> {
    OnPage(&'a [u8]),
    OffPage { page: u32, length: usize },
}

/// The values of a page: entries alternate between key and value, and each ends where the one before it begins.
fn values<'a>(page: &'a [u8], layout: &Layout) -> Result<Vec<Value<'a>>, Unread> {
    const BROKEN: Unread = Unread::Broken("an entry lies outside of its page");
    let count = usize::from(half(page, 20, layout.is_little).ok_or(BROKEN)?);
    let offset =
        |index: usize| half(page, PAGE_HEADER_BYTES + 2 * index, layout.is_little).map(usize::from);
    let mut values = Vec::new();
    for index in (1..count).step_by(2) {
        let key_at = offset(index - 1).ok_or(BROKEN)?;
        let value_at = offset(index).ok_or(BROKEN)?;
        let key_end = match index.checked_sub(2) {
            Some(before) => offset(before).ok_or(BROKEN)?,
            None => layout.page_bytes,
        };
        let key = page.get(key_at + 1..key_end).ok_or(BROKEN)?;
        // Under the number 0 rpm keeps the number that it gives to the next package.
        if key.iter().all(|it| *it == 0) {
            continue;
        }
        let entry = page.get(value_at..key_at).ok_or(BROKEN)?;
        match entry.first() {
            Some(&ON_PAGE) => values.push(Value::OnPage(entry.get(1..).ok_or(BROKEN)?)),
            Some(&OFF_PAGE) => {
                let page = word(entry, 4, layout.is_little).ok_or(BROKEN)?;
                let length = word(entry, 8, layout.is_little).ok_or(BROKEN)?;
                if u64::from(length) > HEADER_BYTES_MAX {
                    return Err(Unread::Broken("a header is too large"));
                }
                let length = usize::try_from(length).map_err(|_| BROKEN)?;
                values.push(Value::OffPage { page, length });
            }
            _ => return Err(Unread::Broken("a value is of another kind")),
        }
    }
    Ok(values)
}

/// A value on pages of its own, each of which names the next.
fn chain(
    pieces: &mut Pieces<'_>,
    layout: &Layout,
    first: u32,
    length: usize,
) -> Result<Vec<u8>, Unread> {
    const BROKEN: Unread = Unread::Broken("a header ends before its length");
    let mut value = Vec::new();
    let mut next = first;
    while value.len() < length {
        let start = u64::from(next) * layout.page_bytes as u64;
        let header = pieces.bytes(start, PAGE_HEADER_BYTES)?;
        if header.get(25) != Some(&OVERFLOW) {
            return Err(BROKEN);
        }
        let used = usize::from(half(&header, 22, layout.is_little).ok_or(BROKEN)?);
        if used == 0 || used > layout.page_bytes - PAGE_HEADER_BYTES {
            return Err(BROKEN);
        }
        let part = used.min(length - value.len());
        pieces.extend(&mut value, start + PAGE_HEADER_BYTES as u64, part)?;
        next = word(&header, 16, layout.is_little).ok_or(BROKEN)?;
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    const PAGE: usize = 512;

    fn put(page: &mut [u8], at: usize, bytes: &[u8]) {
        page[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// A database of big-endian words with the first page and these; constructed from the format.
    fn file(pages: &[Vec<u8>]) -> Vec<u8> {
        let mut meta = vec![0; PAGE];
        put(&mut meta, 12, &HASH_MAGIC.to_be_bytes());
        put(&mut meta, 20, &512_u32.to_be_bytes());
        meta[25] = HASH_META;
        put(&mut meta, 32, &u32::try_from(pages.len()).unwrap().to_be_bytes());
        [&[meta][..], pages].concat().concat()
    }

    /// A page of entries, each with its kind.
    fn entries(entries: &[&[u8]]) -> Vec<u8> {
        let mut page = vec![0; PAGE];
        page[25] = HASH;
        put(&mut page, 20, &u16::try_from(entries.len()).unwrap().to_be_bytes());
        let mut end = PAGE;
        for (index, entry) in entries.iter().enumerate() {
            end -= entry.len();
            put(&mut page, end, entry);
            let at = PAGE_HEADER_BYTES + 2 * index;
            put(&mut page, at, &u16::try_from(end).unwrap().to_be_bytes());
        }
        page
    }

    fn overflow(next: u32, part: &[u8]) -> Vec<u8> {
        let mut page = vec![0; PAGE];
        page[25] = OVERFLOW;
        put(&mut page, 16, &next.to_be_bytes());
        put(&mut page, 22, &u16::try_from(part.len()).unwrap().to_be_bytes());
        put(&mut page, PAGE_HEADER_BYTES, part);
        page
    }

    fn check(bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, Unread> {
        let host = MapHost::new().file("/x", bytes);
        let mut found = Vec::new();
        headers(&mut Pieces::new(&host, "/x"), &mut |it| found.push(it.to_vec())).map(|()| found)
    }

    #[test]
    fn values_stand_on_the_page_or_on_pages_of_their_own() {
        let long = [&[OFF_PAGE, 0, 0, 0][..], &2_u32.to_be_bytes(), &7_u32.to_be_bytes()].concat();
        let page = entries(&[
            &[ON_PAGE, 0, 0, 0, 0],
            &[ON_PAGE, 9, 9, 9, 9],
            &[ON_PAGE, 1, 0, 0, 0],
            &[ON_PAGE, b'a', b'b'],
            &[ON_PAGE, 2, 0, 0, 0],
            &long,
        ]);
        let found = check(file(&[page, overflow(3, b"four"), overflow(0, b"three")]));
        assert_eq!(found, Ok(vec![b"ab".to_vec(), b"fourthr".to_vec()]));
    }

    #[test]
    fn a_chain_that_ends_early_or_in_a_circle_is_told() {
        let value = |length: u32| {
            let entry =
                [&[OFF_PAGE, 0, 0, 0][..], &2_u32.to_be_bytes(), &length.to_be_bytes()].concat();
            entries(&[&[ON_PAGE, 2, 0, 0, 0], &entry])
        };
        let early = Err(Unread::Broken("a header ends before its length"));
        assert_eq!(check(file(&[value(9), overflow(0, b"four")])), early);
        assert_eq!(check(file(&[value(9), overflow(2, b"")])), early);
        // The length ends a circle.
        assert_eq!(check(file(&[value(9), overflow(2, b"four")])), Ok(vec![b"fourfourf".to_vec()]));
        let large = Err(Unread::Broken("a header is too large"));
        assert_eq!(check(file(&[value(u32::MAX)])), large);
    }

    #[test]
    fn another_file_is_no_database() {
        assert!(check(Vec::new()).is_err());
        assert!(check(vec![0; 4096]).is_err());
        let mut encrypted = file(&[]);
        encrypted[24] = 1;
        assert!(check(encrypted).is_err());
    }

    proptest! {
        #[test]
        fn hostile_pages_never_panic(
            pages in proptest::collection::vec(
                (proptest::collection::vec(any::<u8>(), 0..60), any::<u8>()), 0..4,
            ),
        ) {
            let pages: Vec<Vec<u8>> = pages
                .into_iter()
                .map(|(mut page, kind)| {
                    page.resize(PAGE, 0);
                    page[25] = if kind < 128 { HASH } else { OVERFLOW };
                    page[20] = 0;
                    page
                })
                .collect();
            let _ = check(file(&pages));
        }
    }
}
