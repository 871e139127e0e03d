//! What this process costs and what it stands on: its own time, memory and folder.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use rustix::fs::StatVfsMountFlags;
use rustix::time::{ClockId, Timespec, clock_gettime};

use super::Space;

/// What the kernel says of this process.
const OWN_STATUS: &str = "/proc/self/status";
/// Largest `/proc/self/status` that is read; it has about 1.5 KiB.
const OWN_STATUS_BYTES_MAX: u64 = 64 * 1024;
/// Niceness of the service: everything that people wait for goes first. The kernel derives the
/// priority of disk access from it (ioprio_set(2), "(nice + 20) / 5").
const NICENESS: i32 = 10;

/// Time since the start of the system, sleep included (`CLOCK_BOOTTIME`, clock_gettime(2)): the one
/// clock that nobody sets.
#[must_use]
pub fn time_since_boot() -> Duration {
    duration(clock_gettime(ClockId::Boottime))
}

/// Processor time that this process has used, all threads together (`CLOCK_PROCESS_CPUTIME_ID`).
#[must_use]
pub fn processor_time() -> Duration {
    duration(clock_gettime(ClockId::ProcessCPUTime))
}

fn duration(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The most main memory that this process ever held, in bytes (`VmHWM`, proc_pid_status(5)).
#[must_use]
pub fn peak_memory_bytes() -> Option<u64> {
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    File::open(OWN_STATUS).ok()?.take(OWN_STATUS_BYTES_MAX).read_to_string(&mut text).ok()?;
    peak_in(&text)
}

fn peak_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Gives memory that this process no longer needs back to the system: a run needs some megabytes for a second,
/// which the allocator of the GNU C library would hold for the hours until the next one.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "the allocator has no safe wrapper"))]
pub fn give_back_memory() {
    // SAFETY: malloc_trim(3) takes no pointer, may be called by any thread at any time, and frees
    // nothing that is in use.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Lets everything else on this machine go first.
///
/// # Errors
/// The system's.
pub fn step_back() -> io::Result<()> {
    // Units set it already, and forbid the call.
    if rustix::process::getpriority_process(None).is_ok_and(|it| it >= NICENESS) {
        return Ok(());
    }
    Ok(rustix::process::setpriority_process(None, NICENESS)?)
}

/// Whether a folder's file system takes no writes at all, and its space.
///
/// # Errors
/// The system's.
pub fn ground_of(folder: &Path) -> io::Result<(bool, Space)> {
    let state = rustix::fs::statvfs(folder)?;
    let space = Space {
        total_bytes: state.f_blocks.saturating_mul(state.f_frsize),
        available_bytes: state.f_bavail.saturating_mul(state.f_frsize),
    };
    Ok((state.f_flag.contains(StatVfsMountFlags::RDONLY), space))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_as_the_kernel_writes_it() {
        assert_eq!(peak_in("VmPeak:\t  99 kB\nVmHWM:\t    1234 kB\n"), Some(1_263_616));
        for text in ["", "VmHWM:", "VmHWM:\t-1 kB", "VmHWM:\t99999999999999999999 kB"] {
            assert_eq!(peak_in(text), None, "{text}");
        }
        assert!(peak_memory_bytes().is_some_and(|it| it > 100_000));
    }

    #[test]
    fn clocks_only_go_forward() {
        let (boot, cpu) = (time_since_boot(), processor_time());
        assert!(time_since_boot() >= boot && processor_time() >= cpu && boot > Duration::ZERO);
    }

    #[test]
    fn a_folder_stands_on_a_file_system() {
        let folder = tempfile::tempdir().unwrap();
        let (is_read_only, space) = ground_of(folder.path()).unwrap();
        assert!(!is_read_only && space.total_bytes >= space.available_bytes);
        assert!(ground_of(Path::new("/nowhere")).is_err());
    }
}
