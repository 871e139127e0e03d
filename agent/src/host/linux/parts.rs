//! Pieces of files, and hashes of files that are not sent.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;
use observation::ContentHash;
use observation::latest::Absent;
use rustix::fs::{Mode, OFlags, ResolveFlags};

use super::{absent, failed};

/// Bytes that are read at once for a hash.
const BUFFER_BYTES: usize = 64 * 1024;
/// Most hashes that are remembered, about a hundred bytes each.
const REMEMBERED_MAX: usize = 4096;

/// Device, inode, size, and last change in nanoseconds.
type FileState = (u64, u64, u64, i128);

/// Hashes of files that did not change since.
static REMEMBERED: Mutex<BTreeMap<FileState, [u8; 32]>> = Mutex::new(BTreeMap::new());

/// Bytes of a regular file from an offset on; fewer at its end.
pub(super) fn read_part(
    path: &str,
    offset: u64,
    bytes_max: u64,
    follows_links: bool,
) -> Result<Vec<u8>, Absent> {
    let (file, metadata) = open(path, follows_links)?;
    filled(&file, metadata.len(), path, offset, bytes_max)
}

/// The same of a file that is open already.
pub(super) fn part_of(
    file: &File,
    path: &str,
    offset: u64,
    bytes_max: u64,
) -> Result<Vec<u8>, Absent> {
    let length = file.metadata().map_err(|it| absent(path, &it))?.len();
    filled(file, length, path, offset, bytes_max)
}

fn filled(
    file: &File,
    length: u64,
    path: &str,
    offset: u64,
    bytes_max: u64,
) -> Result<Vec<u8>, Absent> {
    let wanted = bytes_max.min(length.saturating_sub(offset));
    let wanted = usize::try_from(wanted).map_err(|_| failed(path, "the part is too large"))?;
    let mut bytes = vec![0; wanted];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|it| !it.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(absent(path, &error)),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// SHA-256 of a regular file that no link leads to.
pub(super) fn hash(path: &str, bytes_max: u64) -> Result<ContentHash, Absent> {
    hash_of(open(path, false)?.0, path, bytes_max)
}

/// The same of a file that is open already.
pub(super) fn hash_of(mut file: File, path: &str, bytes_max: u64) -> Result<ContentHash, Absent> {
    let metadata = file.metadata().map_err(|it| absent(path, &it))?;
    if metadata.len() > bytes_max {
        return Err(failed(path, &format!("it is larger than {bytes_max} bytes")));
    }
    let changed = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    let state = (metadata.dev(), metadata.ino(), metadata.len(), changed);
    let remembered = |it: &BTreeMap<FileState, [u8; 32]>| it.get(&state).copied();
    if let Some(known) = remembered(&REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(ContentHash::from_bytes(known));
    }
    let hash = digest_of(&mut file, bytes_max).map_err(|it| absent(path, &it))?;
    let mut kept = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= REMEMBERED_MAX {
        kept.pop_first();
    }
    kept.insert(state, hash);
    Ok(ContentHash::from_bytes(hash))
}

fn digest_of(file: &mut File, bytes_max: u64) -> io::Result<[u8; 32]> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut left = bytes_max;
    loop {
        let count = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|it| !it.is_empty()) else { break };
        left = left.checked_sub(count as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        context.update(bytes);
    }
    <[u8; 32]>::try_from(context.finish().as_ref()).map_err(io::Error::other)
}

/// Opens a regular file; a pipe or device in its place is neither waited for nor read.
fn open(path: &str, follows_links: bool) -> Result<(File, Metadata), Absent> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = if follows_links {
        rustix::fs::open(path, flags, Mode::empty())
    } else {
        let here = rustix::fs::CWD;
        match rustix::fs::openat2(here, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
            // Kernels before 5.6 and some sandboxes: the last step at least is no link.
            Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
                rustix::fs::open(path, flags | OFlags::NOFOLLOW, Mode::empty())
            }
            other => other,
        }
    };
    let file = File::from(opened.map_err(|it| absent(path, &it.into()))?);
    let metadata = file.metadata().map_err(|it| absent(path, &it))?;
    if !metadata.is_file() {
        return Err(failed(path, "it is not a regular file"));
    }
    Ok((file, metadata))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_part_ends_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ten");
        fs::write(&path, "0123456789").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(read_part(path, 2, 3, true).unwrap(), b"234");
        assert_eq!(read_part(path, 8, 100, false).unwrap(), b"89");
        assert_eq!(read_part(path, 11, 100, true).unwrap(), b"");
        assert_eq!(read_part(path, u64::MAX, u64::MAX, true).unwrap(), b"");
    }

    #[test]
    fn links_are_followed_only_where_it_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        fs::write(folder.path().join("real/file"), "x").unwrap();
        std::os::unix::fs::symlink("real", folder.path().join("linked")).unwrap();
        let path = folder.path().join("linked/file");
        let path = path.to_str().unwrap();
        assert!(read_part(path, 0, 1, true).is_ok());
        assert!(matches!(read_part(path, 0, 1, false), Err(Absent::Failed { .. })));
        assert!(matches!(hash(path, 10), Err(Absent::Failed { .. })));
    }

    #[test]
    fn devices_and_folders_are_no_files() {
        for path in ["/dev/zero", "/dev/null", "/proc"] {
            assert!(matches!(read_part(path, 0, 10, true), Err(Absent::Failed { .. })), "{path}");
        }
        let looked_at = "/nonexistent/x".to_owned();
        assert_eq!(read_part("/nonexistent/x", 0, 1, false), Err(Absent::NotHere { looked_at }));
    }

    #[test]
    fn a_hash_is_that_of_the_content_even_after_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let text = path.to_str().unwrap();
        for content in ["one", "three"] {
            fs::write(&path, content).unwrap();
            for _ in 0..2 {
                assert_eq!(hash(text, 10).unwrap(), ContentHash::of(content.as_bytes()));
            }
        }
        assert!(matches!(hash(text, 4), Err(Absent::Failed { .. })));
    }
}
