//! Figures of the running system, through sysinfo.

use observation::latest::Absent;
use sysinfo::System;

use super::super::Figures;

/// Memory, start and cores. A figure that sysinfo cannot tell is none; only if it can tell nothing
/// at all, the answer fails.
pub(super) fn figures() -> Result<Figures, Absent> {
    let memory_bytes = System::new().ok().and_then(|mut system| {
        system.refresh_memory();
        // 0 is its word for unknown.
        Some(system.total_memory()).filter(|it| *it > 0)
    });
    let started_seconds = System::boot_time().ok().and_then(|it| i64::try_from(it).ok());
    let cores = System::physical_core_count().ok().and_then(|it| u32::try_from(it).ok());
    if memory_bytes.is_none() && started_seconds.is_none() && cores.is_none() {
        return Err(Absent::Failed {
            doing: "reading the figures of the system".to_owned(),
            cause: "neither /proc/meminfo nor /proc/stat nor /proc/cpuinfo can be read".to_owned(),
        });
    }
    Ok(Figures { memory_bytes, started_seconds, cores: cores.filter(|it| *it > 0) })
}
