//! A folder in which a write either happened or did not.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::host::{create_private_file, create_private_folder, flush_folder};

/// What an unfinished write is called. Such files are worth nothing.
pub const UNFINISHED: &str = ".unfinished";

/// Files by name below one folder, at most one folder deep. One process at a time uses it.
pub trait Disk: Send + Sync {
    /// The content of a file of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// If it is not there, longer, or cannot be read.
    fn read(&self, name: &str, bytes_max: u64) -> io::Result<Vec<u8>>;
    /// Puts a file in place as a whole; after `Ok` it survives a loss of power.
    ///
    /// # Errors
    /// If it could not be written; what was there before is still there then.
    fn write(&self, name: &str, content: &[u8]) -> io::Result<()>;
    /// Removes a file. It is no error if there is none.
    ///
    /// # Errors
    /// If it could not be removed.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Moves a file to another name in place of what is there.
    ///
    /// # Errors
    /// If it could not be moved.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Names and sizes of the files in a folder, sorted. A folder that is missing is empty.
    ///
    /// # Errors
    /// If it could not be listed.
    fn list(&self, folder: &str) -> io::Result<Vec<(String, u64)>>;
}

/// A folder of the real disk.
#[derive(Debug, Clone)]
pub struct FolderDisk {
    root: PathBuf,
}

impl FolderDisk {
    /// A disk below `root`.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }
}

impl Disk for FolderDisk {
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    fn read(&self, name: &str, bytes_max: u64) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        let file = File::open(self.root.join(name))?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        file.take(bytes_max.saturating_add(1)).read_to_end(&mut content)?;
        if content.len() as u64 > bytes_max {
            return Err(io::Error::other(format!("larger than {bytes_max} bytes")));
        }
        Ok(content)
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let target = self.root.join(name);
        let folder = target.parent().unwrap_or(&self.root);
        create_private_folder(folder)?;
        let unfinished = self.root.join(format!("{name}{UNFINISHED}"));
        let result = write_flushed(&unfinished, content)
            .and_then(|()| fs::rename(&unfinished, &target))
            .and_then(|()| flush_folder(folder));
        if result.is_err() {
            // On a full disk the remains would keep the space that others need.
            let _ = fs::remove_file(&unfinished);
        }
        result
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.root.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let target = self.root.join(to);
        create_private_folder(target.parent().unwrap_or(&self.root))?;
        fs::rename(self.root.join(from), target)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<(String, u64)>> {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let status = entry.metadata()?;
            if !status.is_dir() {
                files.push((entry.file_name().to_string_lossy().into_owned(), status.len()));
            }
        }
        files.sort();
        Ok(files)
    }
}

fn write_flushed(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = create_private_file(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
pub(crate) mod memory;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let disk = FolderDisk::new(folder.path().join("spool"));
        disk.write("queue/a", b"one").unwrap();
        disk.write("queue/a", b"two").unwrap();
        assert_eq!(disk.read("queue/a", 3).unwrap(), b"two");
        assert!(disk.read("queue/a", 2).is_err());
        assert_eq!(disk.list("queue").unwrap(), [("a".to_owned(), 3)]);
    }

    #[test]
    fn a_missing_folder_is_empty_and_a_missing_file_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let disk = FolderDisk::new(folder.path().to_owned());
        assert_eq!(disk.list("queue").unwrap(), []);
        disk.remove("queue/a").unwrap();
    }

    #[test]
    fn a_device_in_place_of_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("a")).unwrap();
        assert!(FolderDisk::new(folder.path().to_owned()).read("a", 10).is_err());
    }
}
