//! Uploads stop before the disk is full, so that reading and check-ins go on.

use observation::latest::protocol::ProblemCode;

use super::refusal::{FULL_DISK_RETRY_SECONDS, Refusal};
use crate::collector::Collector;

/// Free space below which uploads stop.
const FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// Free share below which uploads stop, in percent.
const FREE_PERCENT_MIN: u64 = 5;

/// Refuses an upload when the collector's disk is nearly full.
///
/// # Errors
/// If less than a gigabyte or five percent is free. A disk that does not tell is not judged.
pub fn guard_disk(collector: &Collector) -> Result<(), Refusal> {
    let Ok(state) = rustix::fs::statvfs(collector.folder.path()) else { return Ok(()) };
    let free = state.f_bavail.saturating_mul(state.f_frsize);
    let total = state.f_blocks.saturating_mul(state.f_frsize);
    if has_room(free, total) {
        return Ok(());
    }
    let title = "the collector's disk is nearly full";
    Err(Refusal::new(ProblemCode::StorageFull, title).retry_after(FULL_DISK_RETRY_SECONDS))
}

/// Small disks are judged by their share alone: a gigabyte may be more than they have.
fn has_room(free: u64, total: u64) -> bool {
    let share = total / 100 * FREE_PERCENT_MIN;
    free >= share.min(FREE_BYTES_MIN).max(share / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIGABYTE: u64 = 1024 * 1024 * 1024;

    #[test]
    fn uploads_stop_before_the_disk_is_full() {
        assert!(has_room(10 * GIGABYTE, 100 * GIGABYTE));
        assert!(has_room(GIGABYTE, 10 * GIGABYTE));
        assert!(!has_room(GIGABYTE / 10, 10 * GIGABYTE));
        assert!(!has_room(0, GIGABYTE));
    }
}
