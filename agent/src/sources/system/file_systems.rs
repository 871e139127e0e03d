//! Mounted file systems with their sizes.

use observation::latest::{Absent, Cadence, Fact, FileSystem, Gap, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::mounts::{self, Mount, parse};
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};

/// Mounted file systems with their sizes.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.file_systems"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let (mounts, complaints) = parse(&mounts::read(context.host)?);
    let persons = Persons::read_or_none(context.host, context.names);
    let mut found = Found { complaints, ..Found::default() };
    for mount in mounts {
        let mounted_at = persons.path(&mount.mounted_at);
        let size = size(context.host, &mount);
        if let Err(reason) = &size {
            found.gaps.push(Gap {
                field: "file_system.size".to_owned(),
                of: Some(mounted_at.clone()),
                reason: reason.clone(),
            });
        }
        found.facts.push(Fact::FileSystem(FileSystem {
            mounted_at,
            device: persons.path(&mount.device),
            kind: mount.kind,
            size_bytes: size.ok(),
            is_read_only: Some(mount.is_read_only),
        }));
    }
    Ok(found)
}

fn size(host: &dyn Host, mount: &Mount) -> Result<u64, Absent> {
    let not_looked_at =
        |why: &str| Err(Absent::NotLookedAt { why: why.to_owned(), what: mount.kind.clone() });
    if mount.is_remote() {
        return not_looked_at("remote_file_system");
    }
    if mount.shares_a_pool() {
        return not_looked_at("shared_pool");
    }
    host.space(&mount.mounted_at).map(|it| it.total_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Reply, Request, Space};
    use crate::sources::mounts::MOUNTINFO_PATH;
    use crate::sources::testing::{MapHost, with_context};

    const MOUNTINFO: &str = "\
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
31 27 0:50 / /home/alice/share rw - nfs4 192.0.2.7:/srv rw,vers=4.2
33 27 0:51 / /tank rw - zfs tank/data rw
";

    fn host() -> MapHost {
        let space = Space { total_bytes: 1_000, available_bytes: 1 };
        MapHost::new()
            .file(MOUNTINFO_PATH, MOUNTINFO)
            .file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/bash\n")
            .answer(Request::Space { path: "/".to_owned() }, Ok(Reply::Space(space)))
    }

    #[test]
    fn a_disk_has_a_size_and_a_remote_place_is_not_asked() {
        let found = with_context(&host(), observe).unwrap();
        let sizes: Vec<Option<u64>> = found
            .facts
            .iter()
            .filter_map(|it| if let Fact::FileSystem(it) = it { Some(it.size_bytes) } else { None })
            .collect();
        assert_eq!(sizes, [Some(1_000), None, None]);
        let whys: Vec<&str> = found
            .gaps
            .iter()
            .filter_map(|it| {
                if let Absent::NotLookedAt { why, .. } = &it.reason { Some(&**why) } else { None }
            })
            .collect();
        assert_eq!(whys, ["remote_file_system", "shared_pool"]);
    }

    #[test]
    fn a_mount_below_a_home_folder_does_not_name_the_person() {
        let found = with_context(&host(), observe).unwrap();
        assert!(!format!("{found:?}").contains("alice"));
    }

    #[test]
    fn without_the_list_the_source_says_so() {
        let looked_at = MOUNTINFO_PATH.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }
}
