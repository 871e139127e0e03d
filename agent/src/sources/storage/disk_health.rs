//! What disks say of their own health.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::sources::context::Context;
use crate::sources::disk_log::{health, logs};
use crate::sources::{Found, Source};

/// What disks say of their own health.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("storage.disk_health"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let (logs, gaps) = logs(context.host, "disk_health")?;
    let facts = logs.iter().filter_map(|(disk, log)| health(disk, log)).map(Fact::DiskHealth);
    Ok(Found { facts: facts.collect(), gaps, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{DiskLog, Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn each_disk_with_a_log_is_one_fact() {
        let request = Request::DiskHealth { disk: "nvme0n1".to_owned() };
        let host = MapHost::new()
            .link("/sys/block/nvme0n1", "../devices/pci0000:00/nvme/nvme0/nvme0n1")
            .answer(request, Ok(Reply::DiskHealth(DiskLog::Nvme(vec![0; 512]))));
        let found = with_context(&host, observe).unwrap();
        assert!(
            matches!(&found.facts[..], [Fact::DiskHealth(it)] if it.disk == "nvme0n1"),
            "{found:?}"
        );
    }
}
