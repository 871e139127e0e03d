//! Opens a path name by name, so that nobody but root leads the way (symlink(7), open(2)).
//!
//! A symbolic link is followed only out of a folder that belongs to root and that nobody else may write:
//! a link that a user planted leads nowhere, wherever it is. openat2(2) could only refuse all links and
//! is missing on Linux before 5.6 (RHEL 8 has 4.18).

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, fstatfs, openat, readlinkat};
use rustix::io::Errno;

/// Most links on the way, as the kernel allows itself.
const LINKS_MAX: u32 = 40;
/// Most names on the way, those of links included.
const NAMES_MAX: usize = 1024;
/// Write rights of group and others.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// Links of procfs are no paths (proc(5)).
const PROC_SUPER_MAGIC: u64 = 0x9fa0;

/// What a path leads to.
#[derive(Debug)]
pub(super) struct Found {
    /// Opened for its place alone (O_PATH): nothing was read and no device was touched.
    pub(super) place: OwnedFd,
    /// What it is.
    pub(super) stat: Stat,
    /// The folder that it was found in.
    pub(super) folder: Stat,
}

/// Why a path was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// A link on the way stands where others than root may put links.
    Link,
    /// The system's reason.
    System(Errno),
}

impl From<Errno> for Refused {
    fn from(error: Errno) -> Self {
        Self::System(error)
    }
}

/// Opens an absolute path. A link in last place is followed or not, those before it always, as far as
/// they are to be trusted. `trusted` is the user whose links are: root.
pub(super) fn open(path: &str, follows_last: bool, trusted: u32) -> Result<Found, Refused> {
    let root =
        || openat(CWD, "/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let mut at = root()?;
    let mut folder = fstat(&at)?;
    let mut pending: Vec<Vec<u8>> = names(path.as_bytes());
    let (mut links, mut steps) = (0, 0);
    while let Some(name) = pending.pop() {
        steps += 1;
        if steps > NAMES_MAX {
            return Err(Refused::System(Errno::NAMETOOLONG));
        }
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let next = openat(&at, name.as_slice(), flags, Mode::empty())?;
        let is_last = pending.is_empty();
        if !is_link(&fstat(&next)?) || (is_last && !follows_last) {
            if is_last {
                folder = fstat(&at)?;
            }
            at = next;
            continue;
        }
        links += 1;
        if links > LINKS_MAX {
            return Err(Refused::System(Errno::LOOP));
        }
        let here = fstat(&at)?;
        let is_trusted = here.st_uid == trusted && here.st_mode & WRITABLE_BY_OTHERS == 0;
        if !is_trusted || is_of_procfs(&at)? {
            return Err(Refused::Link);
        }
        let target = readlinkat(&next, "", Vec::new())?.into_bytes();
        if target.first() == Some(&b'/') {
            at = root()?;
        }
        pending.extend(names(&target));
    }
    let stat = fstat(&at)?;
    Ok(Found { place: at, stat, folder })
}

/// What stands at a place, for reading. The place cannot have been exchanged meanwhile.
pub(super) fn reopen(found: &Found, flags: OFlags) -> Result<OwnedFd, Errno> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fd/{}", found.place.as_raw_fd());
    // Without O_NONBLOCK a pipe would wait for a writer, should one ever come so far.
    let flags = flags | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty())
}

/// Where a link leads that was opened for its place.
pub(super) fn target(found: &Found) -> Result<String, Errno> {
    let target = readlinkat(&found.place, "", Vec::new())?;
    Ok(String::from_utf8_lossy(target.as_bytes()).into_owned())
}

/// The names of a path, the first one last.
fn names(path: &[u8]) -> Vec<Vec<u8>> {
    let names = path.split(|it| *it == b'/').filter(|it| !it.is_empty() && *it != b".");
    names.rev().map(<[u8]>::to_vec).collect()
}

pub(super) fn is_link(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Symlink
}

fn is_of_procfs(folder: &OwnedFd) -> Result<bool, Errno> {
    Ok(u64::try_from(fstatfs(folder)?.f_type).is_ok_and(|it| it == PROC_SUPER_MAGIC))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use rustix::fs::{AtFlags, statat};

    use super::*;

    fn owner(path: &std::path::Path) -> u32 {
        statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).unwrap().st_uid
    }

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            fs::create_dir(place.path("folder")).unwrap();
            fs::write(place.path("folder/file"), "content").unwrap();
            place
        }

        fn path(&self, name: &str) -> std::path::PathBuf {
            self.0.path().join(name)
        }

        /// The folder of temporary files may be writable for all, but it has no links.
        fn open(&self, name: &str) -> Result<Found, Refused> {
            let path = self.path(name);
            open(path.to_str().unwrap(), true, owner(self.0.path()))
        }
    }

    fn is_file(found: &Found) -> bool {
        FileType::from_raw_mode(found.stat.st_mode) == FileType::RegularFile
    }

    #[test]
    fn a_path_without_links_is_opened() {
        let place = Place::new();
        assert!(is_file(&place.open("folder/file").unwrap()));
        let missing = place.open("folder/none").unwrap_err();
        assert_eq!(missing, Refused::System(Errno::NOENT));
        assert_eq!(place.open("folder/file/x").unwrap_err(), Refused::System(Errno::NOTDIR));
    }

    #[test]
    fn links_are_followed_out_of_folders_that_others_cannot_write() {
        let place = Place::new();
        symlink("folder", place.path("near")).unwrap();
        symlink(place.path("folder/file"), place.path("folder/far")).unwrap();
        symlink("../folder/./file", place.path("folder/up")).unwrap();
        for name in ["near/file", "folder/far", "folder/up", "near/far"] {
            assert!(is_file(&place.open(name).unwrap()), "{name}");
        }
    }

    #[test]
    fn a_link_that_others_could_have_planted_leads_nowhere() {
        let place = Place::new();
        symlink("/etc/shadow", place.path("folder/planted")).unwrap();
        fs::set_permissions(place.path("folder"), PermissionsExt::from_mode(0o777)).unwrap();
        assert_eq!(place.open("folder/planted").unwrap_err(), Refused::Link);
        let path = place.path("folder/planted");
        let own = owner(place.0.path());
        fs::set_permissions(place.path("folder"), PermissionsExt::from_mode(0o755)).unwrap();
        let other = open(path.to_str().unwrap(), true, own + 1);
        assert_eq!(other.unwrap_err(), Refused::Link, "the folder belongs to somebody else");
        let itself = open(path.to_str().unwrap(), false, own).unwrap();
        assert_eq!(target(&itself).unwrap(), "/etc/shadow", "its text may be read");
    }

    #[test]
    fn links_in_a_circle_and_links_of_processes_end() {
        let place = Place::new();
        symlink("circle", place.path("folder/circle")).unwrap();
        assert_eq!(place.open("folder/circle").unwrap_err(), Refused::System(Errno::LOOP));
        let through = open("/proc/self/exe", true, owner(std::path::Path::new("/proc/self")));
        assert_eq!(through.unwrap_err(), Refused::Link);
    }

    #[test]
    fn a_place_is_read_as_it_was_when_it_was_opened() {
        use std::io::Read;
        let place = Place::new();
        let found = place.open("folder/file").unwrap();
        fs::rename(place.path("folder/file"), place.path("folder/old")).unwrap();
        fs::write(place.path("folder/file"), "planted").unwrap();
        let mut text = String::new();
        let file = fs::File::from(reopen(&found, OFlags::empty()).unwrap());
        file.take(100).read_to_string(&mut text).unwrap();
        assert_eq!(text, "content");
    }
}
