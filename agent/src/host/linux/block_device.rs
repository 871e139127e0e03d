//! Opens a block device by the kernel's name of it, and nothing else.

use std::os::fd::OwnedFd;

use observation::latest::Absent;
use rustix::fs::{FileType, Mode, OFlags};

use super::{absent, failed, read_file};

/// `259:0` and a line feed, with room.
const NUMBER_BYTES_MAX: u64 = 64;
/// Longest name of a block device (DISK_NAME_LEN of the kernel).
const NAME_BYTES_MAX: usize = 32;

/// The device for reading. What stands in `/dev` must be the device that the kernel means: its number is
/// compared with the one in sysfs.
pub(super) fn open(name: &str) -> Result<OwnedFd, Absent> {
    let path = format!("/dev/{name}");
    let is_name = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_name) {
        return Err(failed(&path, "this is no name of a block device"));
    }
    let number = read_file(&format!("/sys/class/block/{name}/dev"), NUMBER_BYTES_MAX)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let device =
        rustix::fs::open(&path, flags, Mode::empty()).map_err(|it| absent(&path, &it.into()))?;
    let status = rustix::fs::fstat(&device).map_err(|it| absent(&path, &it.into()))?;
    let is_block = FileType::from_raw_mode(status.st_mode) == FileType::BlockDevice;
    let (major, minor) = (rustix::fs::major(status.st_rdev), rustix::fs::minor(status.st_rdev));
    if !is_block || String::from_utf8_lossy(&number).trim() != format!("{major}:{minor}") {
        return Err(failed(&path, "it is not the device of this name"));
    }
    Ok(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_block_devices_are_opened() {
        for name in ["", "../etc/passwd", "a/b", "null", ".", "sd a", &"x".repeat(33)] {
            assert!(open(name).is_err(), "{name}");
        }
    }
}
