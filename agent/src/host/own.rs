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
/// What is mapped into this process.
const OWN_MAPS: &str = "/proc/self/maps";
/// Most of it that is read; it has about 5 KiB.
const OWN_MAPS_BYTES_MAX: u64 = 256 * 1024;
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
    let text = own(OWN_STATUS, OWN_STATUS_BYTES_MAX)?;
    peak_in(&text)
}

/// What the kernel says of this process in a file.
fn own(path: &str, bytes_max: u64) -> Option<String> {
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    File::open(path).ok()?.take(bytes_max).read_to_string(&mut text).ok()?;
    Some(text)
}

fn peak_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Gives memory that this process no longer needs back to the system: a run needs some megabytes for a second,
/// which the allocator of the GNU C library would hold for the hours until the next one, and the pages of the program
/// that it went through, which the kernel would hold for as long.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "the allocator has no safe wrapper"))]
pub fn give_back_memory() {
    // SAFETY: malloc_trim(3) takes no pointer, may be called by any thread at any time, and frees
    // nothing that is in use.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
    give_back_code();
}

/// Lets go of the machine code and constants of this process, which the kernel maps again from the file where it is used.
#[expect(unsafe_code, reason = "no safe wrapper can know that only code is let go of")]
fn give_back_code() {
    let Some(maps) = own(OWN_MAPS, OWN_MAPS_BYTES_MAX) else { return };
    for (start, length) in maps.lines().filter_map(code_in) {
        let start = std::ptr::with_exposed_provenance_mut::<libc::c_void>(start);
        // SAFETY: what the kernel lists as mapped from a file and not to be written holds what the file holds, so that
        // MADV_DONTNEED (madvise(2)) changes nothing but where it is read from. Programs are replaced by renaming,
        // and the kernel refuses to write to one that runs (ETXTBSY, execve(2)).
        unsafe {
            libc::madvise(start, length, libc::MADV_DONTNEED);
        }
    }
}

/// Start and length of a mapping of code or constants from a file (proc_pid_maps(5)). What the linker moved is neither
/// executable nor at the beginning of a file, where the headers are.
fn code_in(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (rights, offset) = (fields.next()?, fields.next()?);
    let is_code = rights == "r-xp" || (rights == "r--p" && offset == "00000000");
    let is_of_file = fields.nth(2)?.starts_with('/');
    let address = |it: &str| usize::from_str_radix(it, 16).ok();
    let start = address(start)?;
    let length = address(end)?.checked_sub(start)?;
    (is_code && is_of_file).then_some((start, length))
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
    fn only_code_of_files_is_let_go_of() {
        let line =
            |rights: &str, path: &str| format!("1000-3000 {rights} 00001000 08:01 17 {path}");
        let code = Some((0x1000, 0x2000));
        assert_eq!(code_in(&line("r-xp", "/usr/bin/x y")), code);
        assert_eq!(code_in("1000-3000 r--p 00000000 08:01 17 /usr/bin/x"), code);
        assert_eq!(code_in("1000-3000 rw-p 00000000 08:01 17 /usr/bin/x"), None);
        for (rights, path) in [
            ("r--p", "/usr/bin/x"),
            ("rw-p", "/usr/bin/x"),
            ("rwxp", "/usr/bin/x"),
            ("r-xs", "/usr/bin/x"),
            ("r-xp", "[vdso]"),
            ("r-xp", ""),
        ] {
            assert_eq!(code_in(&line(rights, path)), None, "{rights} {path}");
        }
        for text in ["", "-", "x-y r-xp 0 0 0 /x", "3000-1000 r-xp 0 0 0 /x", "1000 r-xp"] {
            assert_eq!(code_in(text), None, "{text}");
        }
    }

    #[test]
    fn code_that_was_let_go_of_still_runs() {
        let code = || -> u64 {
            let maps = own("/proc/self/smaps", 1024 * 1024).unwrap();
            let mut is_code = false;
            let mut sum = 0;
            for line in maps.lines() {
                if line.split(' ').next().is_some_and(|it| it.contains('-') && !it.ends_with(':')) {
                    is_code = code_in(line).is_some();
                }
                let size = line.strip_prefix("Rss:").filter(|_| is_code);
                sum += size.map_or(0, |it| it.trim_end_matches(" kB").trim().parse().unwrap());
            }
            sum
        };
        let before = code();
        give_back_memory();
        assert!(code() < before, "{before}");
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
