//! Files and folders that nobody but their owner may read, and where they belong on this system.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Rights of group and others.
const OTHERS: u32 = 0o077;

/// Makes a folder, and those above it that are missing, for its owner alone.
///
/// # Errors
/// The system's.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes or empties a file for its owner alone.
///
/// # Errors
/// The system's.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// The mode of a path if others than its owner may use it; none if they may not.
///
/// # Errors
/// The system's.
pub fn mode_open_to_others(path: &Path) -> io::Result<Option<u32>> {
    let mode = path.metadata()?.mode() & 0o7777;
    Ok((mode & OTHERS != 0).then_some(mode))
}

/// The owner of a path where it is not root and this process is: what root made there, the owner could
/// not use any more.
///
/// # Errors
/// The system's.
pub fn owner_foreign_to_root(path: &Path) -> io::Result<Option<u32>> {
    let owner = path.metadata()?.uid();
    Ok((owner != 0 && rustix::process::geteuid().is_root()).then_some(owner))
}

/// Makes the names in a folder survive a loss of power.
///
/// # Errors
/// The system's.
pub fn flush_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Where the state of system services belongs, if this process may write there.
#[must_use]
pub fn system_state_folder() -> Option<PathBuf> {
    rustix::process::geteuid().is_root().then(|| PathBuf::from("/var/lib"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, file) = (folder.path().join("a/b"), folder.path().join("key"));
        create_private_folder(&inner).unwrap();
        create_private_file(&file).unwrap();
        flush_folder(&inner).unwrap();
        for path in [&inner, &file] {
            assert_eq!(mode_open_to_others(path).unwrap(), None);
        }
    }

    #[test]
    fn what_one_made_oneself_is_not_foreign() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(owner_foreign_to_root(folder.path()).unwrap(), None);
    }

    #[test]
    fn a_wider_mode_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wide");
        DirBuilder::new().mode(0o750).create(&path).unwrap();
        assert_eq!(mode_open_to_others(&path).unwrap(), Some(0o750));
    }
}
