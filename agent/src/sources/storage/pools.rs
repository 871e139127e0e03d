//! Pools of ZFS, with the disks that `zpool.cache` names, and file systems of btrfs over their devices.

use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, Platform, SourceId, StoragePool, StoragePoolKind,
    StoragePoolMember,
};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::firmware_level::decimal;
use crate::sources::{Found, Source};

mod nvlist;

/// Pools of ZFS and btrfs.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("storage.pools"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const ZFS_FOLDER: &str = "/proc/spl/kstat/zfs";
const ZFS_CACHE_PATH: &str = "/etc/zfs/zpool.cache";
const BTRFS_FOLDER: &str = "/sys/fs/btrfs";
const BLOCK_FOLDER: &str = "/sys/class/block";
/// A pool of a hundred disks needs some hundred KiB.
const CACHE_BYTES_MAX: u64 = 8 * 1024 * 1024;
const SECTOR_BYTES: u64 = 512;
/// Characters of a UUID with hyphens: `features` and other folders are not file systems.
const UUID_LETTERS: usize = 36;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let zfs = context.host.names(ZFS_FOLDER);
    let btrfs = context.host.names(BTRFS_FOLDER);
    if let (Err(reason), Err(_)) = (&zfs, &btrfs) {
        return Err(reason.clone());
    }
    let mut found = Found::default();
    zfs_pools(context.host, &zfs.unwrap_or_default(), &mut found);
    let systems = btrfs.unwrap_or_default();
    let systems = systems.iter().filter(|it| it.len() == UUID_LETTERS);
    found.facts.extend(systems.map(|it| Fact::StoragePool(btrfs_system(context.host, it))));
    Ok(found)
}

fn zfs_pools(host: &dyn Host, names: &[String], found: &mut Found) {
    // Beside the folders of pools stand files with counters.
    let states = names.iter().filter_map(|name| {
        let state = host.line(&format!("{ZFS_FOLDER}/{name}/state"))?;
        Some((name, printable(&state)))
    });
    let states: Vec<(&String, String)> = states.collect();
    if states.is_empty() {
        return;
    }
    let known = match host.bytes(ZFS_CACHE_PATH, CACHE_BYTES_MAX) {
        Ok(bytes) => nvlist::pools(&bytes).unwrap_or_else(|| {
            let problem = "this is no list of pools".to_owned();
            found.complaints.push(Complaint { place: ZFS_CACHE_PATH.to_owned(), problem });
            Vec::new()
        }),
        Err(reason) => {
            let field = "storage_pool.members".to_owned();
            found.gaps.push(Gap { field, of: None, reason });
            Vec::new()
        }
    };
    for (name, state) in states {
        let pool = known.iter().find(|it| it.name == *name);
        let kinds: Vec<String> = pool.map(|it| it.kinds.clone()).unwrap_or_default();
        let disks = pool.map(|it| it.disks.clone()).unwrap_or_default();
        let member = |device| StoragePoolMember { device, state: None };
        found.facts.push(Fact::StoragePool(StoragePool {
            kind: StoragePoolKind::Zfs,
            name: name.clone(),
            id: pool.and_then(|it| it.id).map(|it| it.to_string()),
            level: (!kinds.is_empty()).then(|| kinds.join(", ")),
            size_bytes: None,
            state: Some(state),
            missing_members: None,
            members: disks.into_iter().map(member).collect(),
        }));
        // Whether its data sets are encrypted is known to the program "zfs" alone.
        let what = format!("zfs ({name})");
        let reason = Absent::NotLookedAt { why: "foreign_program".to_owned(), what };
        let (field, of) = ("volume_encryption".to_owned(), Some(name.clone()));
        found.gaps.push(Gap { field, of, reason });
    }
}

fn btrfs_system(host: &dyn Host, uuid: &str) -> StoragePool {
    let folder = format!("{BTRFS_FOLDER}/{uuid}");
    let devices = host.names(&format!("{folder}/devices")).unwrap_or_default();
    let sectors = |device: &String| decimal::<u64>(host, &format!("{BLOCK_FOLDER}/{device}/size"));
    let sectors: Option<u64> = devices.iter().map(sectors).sum();
    let numbers = host.names(&format!("{folder}/devinfo")).unwrap_or_default();
    let missing = numbers.iter().filter(|number| {
        host.line(&format!("{folder}/devinfo/{number}/missing")).as_deref() == Some("1")
    });
    let missing = u32::try_from(missing.count()).ok();
    // The profile of the data is the one folder among the counters of its space.
    let parts = host.names(&format!("{folder}/allocation/data")).unwrap_or_default();
    let is_profile =
        |it: &&String| ["single", "dup"].contains(&it.as_str()) || it.starts_with("raid");
    let profiles: Vec<&str> = parts.iter().filter(is_profile).map(String::as_str).collect();
    let label = host.line(&format!("{folder}/label")).map(|it| printable(&it));
    StoragePool {
        kind: StoragePoolKind::Btrfs,
        name: label.filter(|it| !it.is_empty()).unwrap_or_else(|| uuid.to_owned()),
        id: Some(uuid.to_owned()),
        level: (!profiles.is_empty()).then(|| profiles.join(", ")),
        size_bytes: sectors.and_then(|it| it.checked_mul(SECTOR_BYTES)).filter(|it| *it > 0),
        state: None,
        missing_members: missing.filter(|_| !numbers.is_empty()),
        members: devices
            .into_iter()
            .map(|device| StoragePoolMember { device, state: None })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn pools(found: &Found) -> Vec<&StoragePool> {
        found
            .facts
            .iter()
            .map(|it| if let Fact::StoragePool(it) = it { it } else { panic!("{it:?}") })
            .collect()
    }

    /// Constructed from the OpenZFS sources: the folder of counters and a cache written by the test.
    #[test]
    fn a_pool_of_zfs_states_its_state_and_its_disks() {
        let host = MapHost::new()
            .file(&format!("{ZFS_FOLDER}/arcstats"), "counters\n")
            .file(&format!("{ZFS_FOLDER}/tank/state"), "ONLINE\n")
            .file(ZFS_CACHE_PATH, nvlist::sample::cache());
        let found = with_context(&host, observe).unwrap();
        let pool = pools(&found)[0];
        assert_eq!((pool.name.as_str(), pool.state.as_deref()), ("tank", Some("ONLINE")));
        assert_eq!(pool.level.as_deref(), Some("mirror"));
        let disks: Vec<&str> = pool.members.iter().map(|it| it.device.as_str()).collect();
        assert_eq!(disks, ["/dev/sda1", "/dev/sdb1"]);
        assert_eq!(found.gaps[0].field, "volume_encryption");
    }

    #[test]
    fn a_cache_that_cannot_be_read_costs_the_disks_only() {
        let host = MapHost::new().file(&format!("{ZFS_FOLDER}/tank/state"), "DEGRADED\n");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(pools(&found)[0].state.as_deref(), Some("DEGRADED"));
        assert!(found.gaps.iter().any(|it| it.field == "storage_pool.members"));
        let host = host.file(ZFS_CACHE_PATH, "nonsense");
        assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1);
    }

    /// Constructed from `Documentation/ABI/testing/sysfs-fs-btrfs`.
    #[test]
    fn a_file_system_of_btrfs_states_profile_and_devices() {
        let uuid = "8c0b5c2e-4a5e-6f0d-1a2b-3c4d5e6f7081";
        let folder = format!("{BTRFS_FOLDER}/{uuid}");
        let host = MapHost::new()
            .folder(&format!("{BTRFS_FOLDER}/features"))
            .file(&format!("{folder}/label"), "data\n")
            .file(&format!("{folder}/allocation/data/raid1/total_bytes"), "1\n")
            .file(&format!("{folder}/allocation/data/bytes_used"), "1\n")
            .file(&format!("{folder}/devinfo/1/missing"), "0\n")
            .file(&format!("{folder}/devinfo/2/missing"), "1\n")
            .link(&format!("{folder}/devices/sda3"), "../../../../devices/sda3")
            .file(&format!("{BLOCK_FOLDER}/sda3/size"), "4096\n");
        let found = with_context(&host, observe).unwrap();
        let pool = pools(&found)[0];
        assert_eq!((pool.name.as_str(), pool.level.as_deref()), ("data", Some("raid1")));
        assert_eq!((pool.size_bytes, pool.missing_members), (Some(2 * 1024 * 1024), Some(1)));
    }

    #[test]
    fn a_machine_without_either_says_not_here() {
        let looked_at = ZFS_FOLDER.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }
}
