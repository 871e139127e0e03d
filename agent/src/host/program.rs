//! For what this program was built, and the folder that it lies in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags};

use super::private::{create_private_file, flush_folder};

/// The operating system that this program was built for.
pub const OWN_SYSTEM: &str = std::env::consts::OS;
/// The processor that this program was built for.
pub const OWN_PROCESSOR: &str = std::env::consts::ARCH;
/// The C library that this program was built with.
pub const LIBC: &str = if cfg!(target_env = "musl") { "musl" } else { "gnu" };
/// Rights that a program may have: nobody but its owner writes it, and no special bits.
const PROGRAM_MODE: u32 = 0o755;
/// Rights of group and others to write.
const WRITTEN_BY_OTHERS: u32 = 0o022;

/// The single steps in which a program is replaced. Every one may be the last before a loss of power.
pub trait ProgramFolder {
    /// The bytes of a regular file; links are not followed.
    ///
    /// # Errors
    /// The system's.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read>>;
    /// Makes a file, or writes it anew, with the rights of the file `like`, and flushes it. Cut off, it
    /// leaves a part of the file.
    ///
    /// # Errors
    /// The system's, or the reader's.
    fn write(&self, name: &str, like: &str, content: &mut dyn Read) -> io::Result<()>;
    /// Puts a file in place of another.
    ///
    /// # Errors
    /// The system's.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file; none is no error.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes the names survive a loss of power.
    ///
    /// # Errors
    /// The system's.
    fn flush(&self) -> io::Result<()>;
}

/// A folder of the real disk.
#[derive(Debug, Clone)]
pub struct RealProgramFolder(PathBuf);

/// Why a program is not to be replaced by this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReplaceable {
    /// It is another user's.
    OfAnotherUser,
    /// Others may write it, or its folder.
    TooOpen,
    /// This process may not write the folder.
    NotWritable,
}

impl RealProgramFolder {
    /// The folder at a path.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Whether this process may replace a program here, and nobody else may.
    ///
    /// # Errors
    /// The system's, where one of both cannot be looked at.
    pub fn obstacle(&self, name: &str) -> io::Result<Option<NotReplaceable>> {
        let program = fs::symlink_metadata(self.0.join(name))?;
        let folder = self.0.metadata()?;
        let own = rustix::process::geteuid().as_raw();
        if !program.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        if program.uid() != own {
            return Ok(Some(NotReplaceable::OfAnotherUser));
        }
        if (program.mode() | folder.mode()) & WRITTEN_BY_OTHERS != 0 {
            return Ok(Some(NotReplaceable::TooOpen));
        }
        match rustix::fs::access(&self.0, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) => Ok(None),
            Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM | rustix::io::Errno::ROFS) => {
                Ok(Some(NotReplaceable::NotWritable))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl ProgramFolder for RealProgramFolder {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(open_regular(&self.0.join(name))?))
    }

    fn write(&self, name: &str, like: &str, content: &mut dyn Read) -> io::Result<()> {
        let mode = fs::symlink_metadata(self.0.join(like))?.mode() & PROGRAM_MODE;
        let path = self.0.join(name);
        // A link that lies there would be followed.
        self.remove(name)?;
        let mut file = create_private_file(&path)?;
        io::copy(content, &mut file)?;
        file.flush()?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.sync_all()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn flush(&self) -> io::Result<()> {
        flush_folder(&self.0)
    }
}

/// Opens a regular file and nothing else: no link, no device, and no pipe that would let this wait.
///
/// # Errors
/// The system's.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, RealProgramFolder) {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("program"), "old").unwrap();
        mode(&root.path().join("program"), 0o755);
        let folder = RealProgramFolder::new(root.path().to_owned());
        (root, folder)
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_program_is_written_with_the_rights_of_another_and_no_special_ones() {
        let (root, folder) = folder();
        mode(&root.path().join("program"), 0o4777);
        folder.write("program.new", "program", &mut b"new".as_slice()).unwrap();
        let written = root.path().join("program.new").metadata().unwrap();
        assert_eq!((written.mode() & 0o7777, written.len()), (0o755, 3));
    }

    #[test]
    fn what_others_may_write_is_not_replaced() {
        let (root, folder) = folder();
        assert_eq!(folder.obstacle("program").unwrap(), None);
        mode(&root.path().join("program"), 0o775);
        assert_eq!(folder.obstacle("program").unwrap(), Some(NotReplaceable::TooOpen));
        mode(&root.path().join("program"), 0o755);
        mode(root.path(), 0o777);
        assert_eq!(folder.obstacle("program").unwrap(), Some(NotReplaceable::TooOpen));
        assert!(folder.obstacle("none").is_err());
    }

    #[test]
    fn links_and_pipes_are_not_opened_and_not_written_through() {
        let (root, folder) = folder();
        std::os::unix::fs::symlink("program", root.path().join("link")).unwrap();
        let pipe = root.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert!(folder.open("link").is_err() && folder.open("pipe").is_err());
        folder.write("link", "program", &mut b"new".as_slice()).unwrap();
        let mut bytes = Vec::new();
        io::copy(&mut folder.open("program").unwrap(), &mut bytes).unwrap();
        assert_eq!(bytes, b"old");
    }
}
