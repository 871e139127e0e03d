//! RAID: arrays of the kernel (`Documentation/admin-guide/md.rst`), several ways to one disk, and
//! controllers that hide their disks behind a program of their maker, which is not run.

use observation::latest::{
    Absent, Cadence, Fact, Gap, Platform, SourceId, StoragePool, StoragePoolKind, StoragePoolMember,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::firmware_level::{decimal, hexadecimal, target_name};
use crate::sources::{Found, Source};

/// Arrays of the kernel, several ways to one disk, controllers.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("storage.raid"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const BLOCK_FOLDER: &str = "/sys/block";
const PCI_FOLDER: &str = "/sys/bus/pci/devices";
const SECTOR_BYTES: u64 = 512;
/// States between which an array changes with every write.
const WORKING: [&str; 4] = ["clean", "active", "active-idle", "write-pending"];
const MULTIPATH: &str = "mpath-";
/// Mass storage, RAID.
const CLASS_RAID: u32 = 0x0104;
/// Drivers of controllers whose volumes look like disks, and the program that would tell more.
const CONTROLLERS: [(&str, &str); 8] = [
    ("3w-9xxx", "tw_cli"),
    ("3w-sas", "tw_cli"),
    ("aacraid", "arcconf"),
    ("arcmsr", "cli64"),
    ("hpsa", "ssacli"),
    ("megaraid_sas", "storcli"),
    ("mpi3mr", "storcli2"),
    ("smartpqi", "ssacli"),
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(BLOCK_FOLDER)?;
    let mut found = Found::default();
    for name in names {
        let pool = if name.starts_with("md") {
            array(context.host, &name)
        } else if name.starts_with("dm-") {
            multipath(context.host, &name)
        } else {
            None
        };
        found.facts.extend(pool.map(Fact::StoragePool));
    }
    found.gaps = controllers(context.host);
    Ok(found)
}

fn array(host: &dyn Host, name: &str) -> Option<StoragePool> {
    let folder = format!("{BLOCK_FOLDER}/{name}/md");
    let line = |file: &str| host.line(&format!("{folder}/{file}")).filter(|it| !it.is_empty());
    let level = line("level")?;
    let state = line("array_state")
        .map(|it| if WORKING.contains(&it.as_str()) { "active".to_owned() } else { it });
    let parts = host.names(&folder).unwrap_or_default();
    let member = |part: &String| {
        let device = part.strip_prefix("dev-")?.to_owned();
        let state = line(&format!("{part}/state"));
        Some(StoragePoolMember { device, state })
    };
    Some(StoragePool {
        kind: StoragePoolKind::Md,
        name: name.to_owned(),
        id: line("uuid"),
        level: Some(level),
        size_bytes: size(host, name),
        state,
        missing_members: decimal(host, &format!("{folder}/degraded")),
        members: parts.iter().filter_map(member).collect(),
    })
}

fn size(host: &dyn Host, name: &str) -> Option<u64> {
    let sectors: u64 = decimal(host, &format!("{BLOCK_FOLDER}/{name}/size"))?;
    sectors.checked_mul(SECTOR_BYTES).filter(|it| *it > 0)
}

fn multipath(host: &dyn Host, name: &str) -> Option<StoragePool> {
    let uuid = host.line(&format!("{BLOCK_FOLDER}/{name}/dm/uuid"))?;
    let id = uuid.strip_prefix(MULTIPATH)?.to_owned();
    let paths = host.names(&format!("{BLOCK_FOLDER}/{name}/slaves")).unwrap_or_default();
    let member = |device: String| {
        let state = host.line(&format!("{BLOCK_FOLDER}/{device}/device/state"));
        StoragePoolMember { device, state }
    };
    Some(StoragePool {
        kind: StoragePoolKind::Multipath,
        name: host.line(&format!("{BLOCK_FOLDER}/{name}/dm/name"))?,
        id: Some(id),
        level: None,
        size_bytes: size(host, name),
        state: None,
        missing_members: None,
        members: paths.into_iter().map(member).collect(),
    })
}

/// Controllers whose arrays are not looked at, with the program that knows them.
fn controllers(host: &dyn Host) -> Vec<Gap> {
    let devices = host.names(PCI_FOLDER).unwrap_or_default();
    let gap = |address: String| {
        let driver = target_name(host, &format!("{PCI_FOLDER}/{address}/driver"));
        let driver = driver.unwrap_or_default();
        let known = CONTROLLERS.iter().find(|it| it.0 == driver);
        let class = hexadecimal(host, &format!("{PCI_FOLDER}/{address}/class"));
        let is_raid = class.is_some_and(|it| it >> 8 == CLASS_RAID);
        let what = match known {
            Some((driver, program)) => format!("{program} ({driver}, {address})"),
            None if is_raid && driver != "ahci" && driver != "vmd" => format!("RAID {address}"),
            None => return None,
        };
        let reason = Absent::NotLookedAt { why: "foreign_program".to_owned(), what };
        Some(Gap { field: "storage_pool".to_owned(), of: Some(address), reason })
    };
    devices.into_iter().filter_map(gap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn member(device: &str, state: &str) -> StoragePoolMember {
        StoragePoolMember { device: device.to_owned(), state: Some(state.to_owned()) }
    }

    /// Constructed from the documentation of md.
    fn mirror(state: &str) -> MapHost {
        let folder = format!("{BLOCK_FOLDER}/md0");
        MapHost::new()
            .file(&format!("{folder}/size"), "1953260544\n")
            .file(&format!("{folder}/md/level"), "raid1\n")
            .file(&format!("{folder}/md/array_state"), format!("{state}\n"))
            .file(&format!("{folder}/md/degraded"), "1\n")
            .file(&format!("{folder}/md/uuid"), "8c0b5c2e-4a5e-6f0d-1a2b-3c4d5e6f7081\n")
            .file(&format!("{folder}/md/dev-sda2/state"), "in_sync\n")
            .file(&format!("{folder}/md/dev-sdb2/state"), "faulty\n")
            .folder(&format!("{BLOCK_FOLDER}/sda"))
    }

    #[test]
    fn an_array_states_level_members_and_what_is_missing() {
        let expected = StoragePool {
            kind: StoragePoolKind::Md,
            name: "md0".to_owned(),
            id: Some("8c0b5c2e-4a5e-6f0d-1a2b-3c4d5e6f7081".to_owned()),
            level: Some("raid1".to_owned()),
            size_bytes: Some(1_000_069_398_528),
            state: Some("active".to_owned()),
            missing_members: Some(1),
            members: vec![member("sda2", "in_sync"), member("sdb2", "faulty")],
        };
        let found = with_context(&mirror("clean"), observe).unwrap();
        assert_eq!(found.facts, [Fact::StoragePool(expected)]);
    }

    #[test]
    fn writing_does_not_change_the_state_but_a_stop_does() {
        let facts = |state: &str| with_context(&mirror(state), observe).unwrap().facts;
        assert_eq!(facts("clean"), facts("write-pending"));
        assert_ne!(facts("clean"), facts("read-auto"));
    }

    #[test]
    fn several_ways_to_one_disk_are_a_pool() {
        let folder = format!("{BLOCK_FOLDER}/dm-0");
        let host = MapHost::new()
            .file(&format!("{folder}/dm/uuid"), "mpath-3600a098038314c4a2b5d4b6f4e2f6a31\n")
            .file(&format!("{folder}/dm/name"), "mpatha\n")
            .file(&format!("{folder}/slaves/sdb/x"), "")
            .file(&format!("{folder}/slaves/sdc/x"), "")
            .file(&format!("{BLOCK_FOLDER}/sdb/device/state"), "running\n")
            .file(&format!("{BLOCK_FOLDER}/sdc/device/state"), "offline\n");
        let found = with_context(&host, observe).unwrap();
        let [Fact::StoragePool(pool)] = &found.facts[..] else { panic!("{found:?}") };
        assert_eq!(pool.kind, StoragePoolKind::Multipath);
        assert_eq!(pool.members, [member("sdb", "running"), member("sdc", "offline")]);
    }

    #[test]
    fn a_controller_with_a_program_of_its_own_is_named() {
        let folder = format!("{PCI_FOLDER}/0000:18:00.0");
        let host = MapHost::new()
            .folder(BLOCK_FOLDER)
            .file(&format!("{folder}/class"), "0x010400\n")
            .link(&format!("{folder}/driver"), "../../../bus/pci/drivers/megaraid_sas");
        let found = with_context(&host, observe).unwrap();
        let what = "storcli (megaraid_sas, 0000:18:00.0)".to_owned();
        let reason = Absent::NotLookedAt { why: "foreign_program".to_owned(), what };
        assert_eq!((found.facts.len(), &found.gaps[0].reason), (0, &reason));
    }
}
