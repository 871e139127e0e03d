//! Free space of the file systems on this machine's own disks. Volatile.

use observation::latest::{Absent, Cadence, Fact, FreeSpace, Gap, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::mounts::{self, parse};
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};

/// Free space of the file systems on this machine's own disks.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.free_space"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let (mounts, _) = parse(&mounts::read(context.host)?);
    let persons = Persons::read_or_none(context.host, context.names);
    let mut found = Found::default();
    for mount in mounts.iter().filter(|it| !it.is_remote()) {
        let mounted_at = persons.path(&mount.mounted_at);
        match context.host.space(&mount.mounted_at) {
            Ok(space) => found.facts.push(Fact::FreeSpace(FreeSpace {
                mounted_at,
                available_bytes: space.available_bytes,
            })),
            Err(reason) => found.gaps.push(Gap {
                field: "free_space".to_owned(),
                of: Some(mounted_at),
                reason,
            }),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Reply, Request, Space};
    use crate::sources::mounts::MOUNTINFO_PATH;
    use crate::sources::testing::{MapHost, with_context};

    const MOUNTINFO: &str = "\
27 1 254:1 / / rw - ext4 /dev/vda1 rw
28 27 254:2 / /srv rw - ext4 /dev/vdb rw
31 27 0:50 / /mnt rw - nfs4 192.0.2.7:/srv rw
";

    #[test]
    fn space_that_cannot_be_read_is_a_gap_and_not_zero() {
        let space = Space { total_bytes: 1_000, available_bytes: 400 };
        let host = MapHost::new()
            .file(MOUNTINFO_PATH, MOUNTINFO)
            .answer(Request::Space { path: "/".to_owned() }, Ok(Reply::Space(space)));
        let found = with_context(&host, observe).unwrap();
        let root = FreeSpace { mounted_at: "/".to_owned(), available_bytes: 400 };
        assert_eq!(found.facts, [Fact::FreeSpace(root)]);
        assert_eq!(found.gaps.len(), 1);
        assert_eq!(found.gaps[0].of.as_deref(), Some("/srv"));
    }
}
