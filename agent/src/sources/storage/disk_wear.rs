//! What disks count: age, wear, errors.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::sources::context::Context;
use crate::sources::disk_log::{logs, wear};
use crate::sources::{Found, Source};

/// What disks count: age, wear, errors.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("storage.disk_wear"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let (logs, gaps) = logs(context.host, "disk_wear")?;
    let facts = logs.iter().filter_map(|(disk, log)| wear(disk, log)).map(Fact::DiskWear);
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
            matches!(&found.facts[..], [Fact::DiskWear(it)] if it.disk == "nvme0n1"),
            "{found:?}"
        );
    }
}
