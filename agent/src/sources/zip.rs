//! The directory of a zip archive and single small members of it (APPNOTE.TXT of PKWARE), read in pieces: no archive is
//! unpacked, and no more than a bounded part of it is ever read.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::host::{Ask, Host};

/// Signatures of the three records that are read.
const END_MARK: &[u8] = b"PK\x05\x06";
const ENTRY_MARK: &[u8] = b"PK\x01\x02";
const MEMBER_MARK: &[u8] = b"PK\x03\x04";
/// Bytes of the end record without its comment, and with the longest one.
const END_BYTES: u64 = 22;
const END_BYTES_MAX: u64 = END_BYTES + 65_535;
/// A first look for the end record: almost no archive has a comment.
const FIRST_LOOK_BYTES: u64 = 1024;
/// Bytes of a directory entry and of a member's own header before their names.
const ENTRY_BYTES: usize = 46;
const MEMBER_BYTES: usize = 30;
/// Largest directory that is read: about 40,000 members.
const DIRECTORY_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Largest member, packed and unpacked.
const MEMBER_BYTES_MAX: usize = 256 * 1024;

/// One member of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its name with folders.
    pub(crate) name: String,
    method: u16,
    packed_bytes: usize,
    offset: u64,
}

/// The members of an archive that `is_wanted` chooses.
///
/// # Errors
/// Why the archive could not be read.
pub(crate) fn members(
    host: &dyn Host,
    path: &str,
    size_bytes: u64,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Member>, &'static str> {
    let (offset, length) = match end(host, path, size_bytes, FIRST_LOOK_BYTES)? {
        Some(found) => found,
        None => end(host, path, size_bytes, END_BYTES_MAX)?.ok_or("it is no archive")?,
    };
    if length > DIRECTORY_BYTES_MAX {
        return Err("its directory is too large");
    }
    let directory = host.part_of_entry(path, offset, length).map_err(|_| "it cannot be read")?;
    let mut members = Vec::new();
    let mut rest = directory.as_slice();
    while rest.starts_with(ENTRY_MARK) {
        const BROKEN: &str = "its directory is broken";
        let number = |at| half(rest, at).map(usize::from);
        let name_length = number(28).ok_or(BROKEN)?;
        let more = number(30).zip(number(32)).ok_or(BROKEN)?;
        let end = ENTRY_BYTES + name_length;
        let name = rest.get(ENTRY_BYTES..end).ok_or(BROKEN)?;
        let name = String::from_utf8_lossy(name);
        if is_wanted(&name) {
            members.push(Member {
                name: name.into_owned(),
                method: half(rest, 10).ok_or(BROKEN)?,
                packed_bytes: word(rest, 20)
                    .and_then(|it| usize::try_from(it).ok())
                    .ok_or(BROKEN)?,
                offset: u64::from(word(rest, 42).ok_or(BROKEN)?),
            });
        }
        rest = rest.get(end + more.0 + more.1..).ok_or(BROKEN)?;
    }
    Ok(members)
}

/// The content of a small member.
///
/// # Errors
/// Why it could not be read.
pub(crate) fn content(
    host: &dyn Host,
    path: &str,
    member: &Member,
) -> Result<Vec<u8>, &'static str> {
    const BROKEN: &str = "a member is broken";
    if member.packed_bytes > MEMBER_BYTES_MAX {
        return Err("a member is too large");
    }
    let header = host.part_of_entry(path, member.offset, MEMBER_BYTES as u64);
    let header = header.map_err(|_| "it cannot be read")?;
    if !header.starts_with(MEMBER_MARK) {
        return Err(BROKEN);
    }
    let name = u64::from(half(&header, 26).ok_or(BROKEN)?);
    let extra = u64::from(half(&header, 28).ok_or(BROKEN)?);
    let start = member.offset + MEMBER_BYTES as u64 + name + extra;
    let packed = host.part_of_entry(path, start, member.packed_bytes as u64);
    let packed = packed.map_err(|_| "it cannot be read")?;
    match member.method {
        0 => Ok(packed),
        8 => decompress_to_vec_with_limit(&packed, MEMBER_BYTES_MAX).map_err(|_| BROKEN),
        _ => Err("a member is packed in another way"),
    }
}

/// Offset and length of the directory, where the end record stands in the last bytes.
fn end(
    host: &dyn Host,
    path: &str,
    size_bytes: u64,
    look_bytes: u64,
) -> Result<Option<(u64, u64)>, &'static str> {
    let start = size_bytes.saturating_sub(look_bytes);
    let tail = host.part_of_entry(path, start, look_bytes).map_err(|_| "it cannot be read")?;
    let at = tail.windows(END_MARK.len()).rposition(|it| it == END_MARK);
    let record = at.and_then(|it| tail.get(it..));
    let place = |record| Some((u64::from(word(record, 16)?), u64::from(word(record, 12)?)));
    Ok(record.and_then(place))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Makes archives for tests: names and contents, stored or deflated.
#[cfg(test)]
pub(crate) fn archive(members: &[(&str, &[u8], bool)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, content, is_packed) in members {
        let packed = if *is_packed {
            miniz_oxide::deflate::compress_to_vec(content, 6)
        } else {
            content.to_vec()
        };
        let method: u16 = if *is_packed { 8 } else { 0 };
        let lengths =
            [packed.len(), content.len()].map(|it| u32::try_from(it).unwrap().to_le_bytes());
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let offset = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let method = method.to_le_bytes();
        let common = [&method[..], &[0; 8], &lengths[0], &lengths[1], &name_length].concat();
        bytes.extend(
            [MEMBER_MARK, &[20, 0, 0, 0], &common, &[0, 0], name.as_bytes(), &packed].concat(),
        );
        let entry =
            [ENTRY_MARK, &[20, 0, 20, 0, 0, 0], &common, &[0; 12], &offset, name.as_bytes()];
        directory.extend(entry.concat());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let place = [directory.len(), bytes.len()].map(|it| u32::try_from(it).unwrap().to_le_bytes());
    bytes.extend(
        [&directory[..], END_MARK, &[0; 4], &count, &count, &place[0], &place[1], &[0, 0]].concat(),
    );
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, &'static str> {
        let host = MapHost::new().file("/x.jar", bytes);
        let members = members(&host, "/x.jar", bytes.len() as u64, |it| it != "no")?;
        let contents = members.into_iter().map(|it| {
            let content = content(&host, "/x.jar", &it)?;
            Ok((it.name, content))
        });
        contents.collect()
    }

    #[test]
    fn chosen_members_are_read_stored_or_deflated() {
        let long = b"line\n".repeat(100);
        let bytes = archive(&[("a", b"one", false), ("no", b"two", false), ("b/c", &long, true)]);
        let expected = [("a".to_owned(), b"one".to_vec()), ("b/c".to_owned(), long)];
        assert_eq!(read(&bytes).unwrap(), expected);
        assert_eq!(read(&archive(&[])).unwrap(), []);
    }

    #[test]
    fn a_comment_may_stand_behind_the_end() {
        let mut bytes = archive(&[("a", b"one", false)]);
        bytes.extend(vec![b'x'; 5000]);
        assert_eq!(read(&bytes).unwrap().len(), 1);
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let zeros = vec![0; 2 * MEMBER_BYTES_MAX];
        assert_eq!(read(&archive(&[("a", &zeros, true)])), Err("a member is broken"));
        assert_eq!(read(&archive(&[("a", &zeros, false)])), Err("a member is too large"));
    }

    #[test]
    fn another_file_is_no_archive() {
        assert_eq!(read(b""), Err("it is no archive"));
        assert_eq!(read(&[b'x'; 70_000]), Err("it is no archive"));
        let mut broken = archive(&[("a", b"one", false)]);
        broken[0] = b'x';
        assert_eq!(read(&broken), Err("a member is broken"));
    }

    proptest! {
        #[test]
        fn mutated_archives_never_panic(changes in proptest::collection::vec((0_usize..200, any::<u8>()), 0..8)) {
            let mut bytes = archive(&[("a", b"one", false), ("b", b"two", true)]);
            for (at, byte) in changes {
                let length = bytes.len();
                bytes[at % length] = byte;
            }
            let _ = read(&bytes);
        }
    }
}
