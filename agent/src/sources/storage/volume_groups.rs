//! Volume groups and volumes of LVM, from the copies of their metadata in `/etc/lvm/backup`
//! (lvm.conf(5), lvmsystemid(7)); without the right to read them, from the names in `/sys/block`.

use std::collections::BTreeMap;

use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, Platform, SourceId, StoragePool, StoragePoolKind,
    StoragePoolMember, StorageVolume,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::firmware_level::decimal;
use crate::sources::{Found, Source};

/// Volume groups and volumes.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("storage.volume_groups"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const BACKUP_FOLDER: &str = "/etc/lvm/backup";
const BLOCK_FOLDER: &str = "/sys/block";
/// The metadata area of a group has 1 MiB.
const BACKUP_BYTES_MAX: u64 = 4 * 1024 * 1024;
const GROUPS_MAX: usize = 1_000;
const VOLUMES_MAX: usize = 10_000;
/// Groups, volumes, segments: nothing is deeper.
const DEPTH_MAX: usize = 8;
const SECTOR_BYTES: u64 = 512;
/// What the kernel's name of a volume of LVM begins with: two times 32 characters follow.
const UUID_PREFIX: &str = "LVM-";
const UUID_LETTERS: usize = 32;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    match context.host.names(BACKUP_FOLDER) {
        Ok(names) => {
            for name in names.into_iter().take(GROUPS_MAX) {
                read(context.host, &format!("{BACKUP_FOLDER}/{name}"), &mut found);
            }
        }
        Err(Absent::NotHere { .. }) => {}
        Err(reason) => {
            found.gaps.push(Gap { field: "storage_pool".to_owned(), of: None, reason });
        }
    }
    // A machine that never wrote copies, or does not show them, still names what is active.
    if found.facts.is_empty() {
        found.facts = active(context.host);
    }
    if found == Found::default() {
        return Err(Absent::NotHere { looked_at: BACKUP_FOLDER.to_owned() });
    }
    Ok(found)
}

fn read(host: &dyn Host, path: &str, found: &mut Found) {
    let complain = |problem: String| Complaint { place: path.to_owned(), problem };
    match host.bytes(path, BACKUP_BYTES_MAX) {
        Ok(bytes) => match parse(&String::from_utf8_lossy(&bytes)) {
            Some(facts) => found.facts.extend(facts),
            None => found.complaints.push(complain("it holds no volume group".to_owned())),
        },
        Err(reason @ Absent::NotAllowed { .. }) => {
            found.gaps.push(Gap { field: "storage_pool".to_owned(), of: None, reason });
        }
        Err(reason) => found.complaints.push(complain(format!("{reason:?}"))),
    }
}

/// Volumes that are active, by their names in the kernel.
fn active(host: &dyn Host) -> Vec<Fact> {
    let devices = host.names(BLOCK_FOLDER).unwrap_or_default();
    let volume = |device: &String| {
        let folder = format!("{BLOCK_FOLDER}/{device}");
        let uuid = host.line(&format!("{folder}/dm/uuid"))?;
        // Parts of a volume carry a word behind its identity (`-real`, `-tdata`).
        let id = uuid.strip_prefix(UUID_PREFIX).filter(|it| it.len() == 2 * UUID_LETTERS)?;
        let (pool, name) = split_name(&host.line(&format!("{folder}/dm/name"))?)?;
        let sectors: Option<u64> = decimal(host, &format!("{folder}/size"));
        Some(Fact::StorageVolume(StorageVolume {
            pool,
            name,
            id: id.get(UUID_LETTERS..).map(str::to_owned),
            layout: None,
            size_bytes: sectors.and_then(|it| it.checked_mul(SECTOR_BYTES)),
        }))
    };
    devices.iter().filter(|it| it.starts_with("dm-")).filter_map(volume).collect()
}

/// `vg--one-root`: a hyphen between the names, two for a hyphen in a name.
fn split_name(name: &str) -> Option<(String, String)> {
    let doubled = name.replace("--", "\0");
    let (group, volume) = doubled.split_once('-')?;
    Some((group.replace('\0', "-"), volume.replace('\0', "-")))
}

/// What one file holds: values by their path, in the order of the file.
struct Tree<'a> {
    /// Paths of sections, such as `vg0/logical_volumes/root/segment1`.
    sections: Vec<String>,
    values: BTreeMap<(String, &'a str), &'a str>,
}

impl Tree<'_> {
    fn text(&self, section: &str, key: &str) -> Option<String> {
        let value = self.raw(section, key)?;
        let text = value.strip_prefix('"')?.split('"').next()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn raw(&self, section: &str, key: &str) -> Option<&str> {
        // The keys borrow from the file, so the look-up compares them one section at a time.
        let range = self.values.range((section.to_owned(), "")..);
        let mut range = range.take_while(|it| it.0.0 == section);
        range.find(|it| it.0.1 == key).map(|it| *it.1)
    }

    fn number(&self, section: &str, key: &str) -> Option<u64> {
        self.raw(section, key)?.split(['#', ' ', '\t']).next()?.parse().ok()
    }

    /// Sections directly below one.
    fn below<'t>(&'t self, section: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let prefix = format!("{section}/");
        self.sections.iter().filter_map(move |it| {
            let name = it.strip_prefix(&prefix).filter(|it| !it.contains('/'))?;
            Some((it.as_str(), name))
        })
    }
}

fn tree(text: &str) -> Tree<'_> {
    let mut tree = Tree { sections: Vec::new(), values: BTreeMap::new() };
    let mut path: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.starts_with('#')) {
        if let Some((key, value)) = line.split_once('=') {
            tree.values.insert((path.join("/"), key.trim()), value.trim());
        } else if let Some(name) = line.strip_suffix('{') {
            if path.len() < DEPTH_MAX {
                path.push(name.trim());
                tree.sections.push(path.join("/"));
            }
        } else if line == "}" {
            path.pop();
        }
    }
    tree
}

fn parse(text: &str) -> Option<Vec<Fact>> {
    let tree = tree(text);
    let group = tree.sections.iter().find(|it| !it.contains('/'))?;
    let extent_bytes = tree.number(group, "extent_size")?.checked_mul(SECTOR_BYTES)?;
    let bytes = |extents: u64| extents.checked_mul(extent_bytes);
    let mut members = Vec::new();
    let mut extents = 0_u64;
    for (section, name) in tree.below(&format!("{group}/physical_volumes")) {
        extents = extents.saturating_add(tree.number(section, "pe_count").unwrap_or_default());
        let is_missing = tree.raw(section, "flags").is_some_and(|it| it.contains("\"MISSING\""));
        members.push(StoragePoolMember {
            device: tree.text(section, "device").unwrap_or_else(|| name.to_owned()),
            state: is_missing.then(|| "missing".to_owned()),
        });
    }
    let missing = members.iter().filter(|it| it.state.is_some()).count();
    let mut facts = vec![Fact::StoragePool(StoragePool {
        kind: StoragePoolKind::Lvm,
        name: group.clone(),
        id: tree.text(group, "id"),
        level: None,
        size_bytes: bytes(extents),
        state: None,
        missing_members: u32::try_from(missing).ok(),
        members,
    })];
    let folder = format!("{group}/logical_volumes");
    for (section, name) in tree.below(&folder).take(VOLUMES_MAX) {
        // Parts of mirrors and pools are volumes that nobody sees.
        if tree.raw(section, "status").is_some_and(|it| !it.contains("\"VISIBLE\"")) {
            continue;
        }
        let segments: Vec<&str> = tree.below(section).map(|it| it.0).collect();
        let count = |it: &&str| tree.number(it, "extent_count");
        let size: Option<u64> = segments.iter().map(count).sum();
        facts.push(Fact::StorageVolume(StorageVolume {
            pool: group.clone(),
            name: name.to_owned(),
            id: tree.text(section, "id"),
            layout: segments.first().and_then(|it| tree.text(it, "type")),
            size_bytes: size.and_then(bytes),
        }));
    }
    Some(facts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// The form of lvm2 2.03.16 of Debian 12, shortened.
    const BACKUP: &str = r#"# Generated by LVM2 version 2.03.16(2) (2022-05-18): Mon Nov 27 20:00:00 2023

contents = "Text Format Volume Group"
version = 1

description = "Created *after* executing 'lvcreate -L 10G -n root vg0 {'"

creation_host = "CANARY"	# Linux CANARY 6.1.0-13-amd64
creation_time = 1701111600	# Mon Nov 27 20:00:00 2023

vg0 {
	id = "q8rF2a-1c2d-3e4f-5a6b-7c8d-9e0f-aBcDeF"
	seqno = 4
	format = "lvm2"			# informational
	status = ["RESIZEABLE", "READ", "WRITE"]
	flags = []
	extent_size = 8192		# 4 Megabytes
	max_lv = 0

	physical_volumes {

		pv0 {
			id = "Lm1nO2-aaaa-bbbb-cccc-dddd-eeee-ffffff"
			device = "/dev/nvme0n1p3"	# Hint only

			status = ["ALLOCATABLE"]
			flags = []
			dev_size = 209711104	# 99.9999 Gigabytes
			pe_start = 2048
			pe_count = 25599	# 99.9961 Gigabytes
		}

		pv1 {
			id = "Lm1nO2-aaaa-bbbb-cccc-dddd-eeee-gggggg"
			device = "/dev/sdb1"	# Hint only
			flags = ["MISSING"]
			pe_count = 100
		}
	}

	logical_volumes {

		root {
			id = "Rt5uV6-aaaa-bbbb-cccc-dddd-eeee-ffffff"
			status = ["READ", "WRITE", "VISIBLE"]
			flags = []
			segment_count = 2

			segment1 {
				start_extent = 0
				extent_count = 2560	# 10 Gigabytes

				type = "striped"
				stripe_count = 1	# linear

				stripes = [
					"pv0", 0
				]
			}
			segment2 {
				start_extent = 2560
				extent_count = 40	# 160 Megabytes
				type = "striped"
			}
		}

		pool_tmeta {
			status = ["READ", "WRITE"]
		}
	}
}
"#;

    #[test]
    fn a_group_states_its_disks_and_its_volumes() {
        let host = MapHost::new().file(&format!("{BACKUP_FOLDER}/vg0"), BACKUP);
        let found = with_context(&host, observe).unwrap();
        let [Fact::StoragePool(pool), Fact::StorageVolume(volume)] = &found.facts[..] else {
            panic!("{found:?}")
        };
        assert_eq!((pool.name.as_str(), pool.missing_members), ("vg0", Some(1)));
        assert_eq!(pool.size_bytes, Some(25_699 * 4 * 1024 * 1024));
        assert_eq!(pool.members[0].device, "/dev/nvme0n1p3");
        assert_eq!((volume.name.as_str(), volume.layout.as_deref()), ("root", Some("striped")));
        assert_eq!(volume.size_bytes, Some(2_600 * 4 * 1024 * 1024));
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn without_the_right_active_volumes_are_named_by_the_kernel() {
        let folder = format!("{BLOCK_FOLDER}/dm-1");
        let uuid = format!("LVM-{}{}", "a".repeat(32), "b".repeat(32));
        let host = MapHost::unprivileged()
            .forbid(BACKUP_FOLDER)
            .file(&format!("{folder}/dm/uuid"), format!("{uuid}\n"))
            .file(&format!("{folder}/dm/name"), "vg--one-swap_1\n")
            .file(&format!("{folder}/size"), "2048\n")
            .file(&format!("{BLOCK_FOLDER}/dm-2/dm/uuid"), format!("{uuid}-real\n"));
        let found = with_context(&host, observe).unwrap();
        let [Fact::StorageVolume(volume)] = &found.facts[..] else { panic!("{found:?}") };
        assert_eq!((volume.pool.as_str(), volume.name.as_str()), ("vg-one", "swap_1"));
        assert_eq!(volume.size_bytes, Some(1024 * 1024));
        assert_eq!(found.gaps.len(), 1);
    }

    #[test]
    fn a_machine_without_lvm_says_not_here_and_nonsense_is_a_complaint() {
        let looked_at = BACKUP_FOLDER.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
        let host = MapHost::new().file(&format!("{BACKUP_FOLDER}/x"), "nonsense");
        assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(vg|\\{|\\}|=|\"|#|extent_size = 8192|\n|\\PC){0,64}") {
            let _ = (parse(&text), split_name(&text));
        }

        #[test]
        fn a_cut_file_never_panics(end in 0..BACKUP.len()) {
            let _ = parse(&BACKUP[..end]);
        }
    }
}
