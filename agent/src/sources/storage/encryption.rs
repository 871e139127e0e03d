//! Encrypted volumes: what dm-crypt holds open, LUKS volumes that are closed, and encrypted folders. Where
//! their content is mounted is followed through the volumes that lie on them.

use std::collections::BTreeMap;

use observation::latest::{Absent, Cadence, Fact, Gap, Platform, SourceId, VolumeEncryption};

use crate::host::{Ask, Host, LuksHeader};
use crate::sources::context::Context;
use crate::sources::firmware_level::decimal;
use crate::sources::mounts::MOUNTINFO_PATH;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};

/// Encrypted volumes.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("storage.encryption"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/class/block";
/// What cryptsetup writes into the identity of a device, before the kind of its header.
const CRYPT: &str = "CRYPT-";
const KINDS: [&str; 6] = ["LUKS1", "LUKS2", "PLAIN", "BITLK", "TCRYPT", "LOOPAES"];
/// Devices that hold no volume of their own or no lasting one.
const PASSING: [&str; 6] = ["ram", "zram", "sr", "fd", "nbd", "dm-"];
/// Encryption, volume group, cache, RAID: nothing is deeper.
const DEPTH_MAX: usize = 8;
/// Most devices that are asked for a header.
const DEVICES_MAX: usize = 1_000;
/// File systems that can encrypt folders, with the list of policies of fscrypt(1).
const FOLDER_KINDS: [&str; 3] = ["ext4", "f2fs", "btrfs"];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let persons = Persons::read_or_none(context.host, context.names);
    let mounts = mounts(&context.host.text(MOUNTINFO_PATH).unwrap_or_default());
    let mut reader = Reader {
        host: context.host,
        persons: &persons,
        mounts,
        found: Found::default(),
        refused: None,
    };
    let mut opened = Vec::new();
    for name in names.iter().filter(|it| it.starts_with("dm-")) {
        opened.extend(reader.open_volume(name));
    }
    for name in names.iter().take(DEVICES_MAX).filter(|it| !opened.contains(it)) {
        reader.closed_volume(name);
    }
    reader.folders();
    if let Some(reason) = reader.refused {
        let field = "volume_encryption.header".to_owned();
        reader.found.gaps.push(Gap { field, of: None, reason });
    }
    Ok(reader.found)
}

/// One mount: number of the device, where, kind, source.
struct Mount {
    number: String,
    mounted_at: String,
    kind: String,
    source: String,
}

/// proc_pid_mountinfo(5); blanks in paths are octal.
fn mounts(text: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let (head, tail) = line.split_once(" - ")?;
        let (mut head, mut tail) = (head.split(' ').skip(2), tail.split(' '));
        let (number, mounted_at) = (head.next()?, head.nth(1)?);
        let (kind, source) = (tail.next()?, tail.next()?);
        Some(Mount {
            number: number.to_owned(),
            mounted_at: mounted_at.replace("\\040", " "),
            kind: kind.to_owned(),
            source: source.replace("\\040", " "),
        })
    };
    text.lines().filter_map(mount).collect()
}

struct Reader<'a> {
    host: &'a dyn Host,
    persons: &'a Persons<'a>,
    mounts: Vec<Mount>,
    found: Found,
    /// Why headers cannot be read, said once.
    refused: Option<Absent>,
}

impl Reader<'_> {
    /// A device of dm-crypt; gives the device below it.
    fn open_volume(&mut self, name: &str) -> Option<String> {
        let uuid = self.host.line(&format!("{FOLDER}/{name}/dm/uuid"))?;
        let kind = uuid.strip_prefix(CRYPT)?.split('-').next()?;
        if !KINDS.contains(&kind) {
            return None;
        }
        let below = self.host.names(&format!("{FOLDER}/{name}/slaves")).unwrap_or_default();
        let below = below.into_iter().next();
        let mut mounted_at = Vec::new();
        self.mounted_at(name, 0, &mut mounted_at);
        mounted_at.sort_unstable();
        mounted_at.dedup();
        let mut volume = VolumeEncryption {
            volume: below.clone().unwrap_or_else(|| name.to_owned()),
            kind: kind.to_ascii_lowercase(),
            is_open: Some(true),
            opened_as: Some(name.to_owned()),
            mounted_at,
            ..VolumeEncryption::default()
        };
        if let Some(device) = below.as_deref().filter(|_| kind.starts_with("LUKS")) {
            match self.host.luks_header(device) {
                Ok(header) => tell(header, &mut volume),
                Err(reason) => self.refuse(reason),
            }
        }
        self.found.facts.push(Fact::VolumeEncryption(volume));
        below
    }

    /// A device that nothing uses may hold a volume that is closed.
    fn closed_volume(&mut self, name: &str) {
        let is_passing = PASSING.iter().any(|it| name.starts_with(it));
        let sectors: Option<u64> = decimal(self.host, &format!("{FOLDER}/{name}/size"));
        let holders = self.host.names(&format!("{FOLDER}/{name}/holders")).unwrap_or_default();
        let number = self.host.line(&format!("{FOLDER}/{name}/dev"));
        let is_mounted = self.mounts.iter().any(|it| Some(&it.number) == number.as_ref());
        if is_passing || sectors.is_none_or(|it| it == 0) || !holders.is_empty() || is_mounted {
            return;
        }
        match self.host.luks_header(name) {
            Ok(header) => {
                let mut volume = VolumeEncryption {
                    volume: name.to_owned(),
                    is_open: Some(false),
                    ..VolumeEncryption::default()
                };
                tell(header, &mut volume);
                self.found.facts.push(Fact::VolumeEncryption(volume));
            }
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => self.refuse(reason),
        }
    }

    fn refuse(&mut self, reason: Absent) {
        if let Absent::NotAllowed { .. } = reason {
            self.refused.get_or_insert(reason);
        }
    }

    /// Where a device or a volume on it is mounted.
    fn mounted_at(&self, name: &str, depth: usize, found: &mut Vec<String>) {
        if depth >= DEPTH_MAX {
            return;
        }
        let number = self.host.line(&format!("{FOLDER}/{name}/dev"));
        let mapped = self.host.line(&format!("{FOLDER}/{name}/dm/name"));
        let mapped = mapped.map(|it| format!("/dev/mapper/{it}"));
        let path = format!("/dev/{name}");
        // A file system over several devices has a number of its own.
        let is_here = |it: &&Mount| {
            Some(&it.number) == number.as_ref()
                || it.source == path
                || Some(&it.source) == mapped.as_ref()
        };
        let here = self.mounts.iter().filter(is_here);
        found.extend(here.map(|it| self.persons.path(&it.mounted_at)));
        for holder in self.host.names(&format!("{FOLDER}/{name}/holders")).unwrap_or_default() {
            self.mounted_at(&holder, depth + 1, found);
        }
    }

    /// Folders that are encrypted one by one.
    fn folders(&mut self) {
        let mut folders: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
        for mount in &self.mounts {
            let mounted_at = self.persons.path(&mount.mounted_at);
            if mount.kind == "ecryptfs" {
                let volume = self.persons.path(&mount.source);
                folders.entry((volume, "ecryptfs")).or_default().push(mounted_at);
            } else if FOLDER_KINDS.contains(&mount.kind.as_str()) && self.has_policies(mount) {
                folders.entry((mount.source.clone(), "fscrypt")).or_default().push(mounted_at);
            }
        }
        for ((volume, kind), mut mounted_at) in folders {
            mounted_at.sort_unstable();
            self.found.facts.push(Fact::VolumeEncryption(VolumeEncryption {
                volume,
                kind: kind.to_owned(),
                mounted_at,
                ..VolumeEncryption::default()
            }));
        }
    }

    fn has_policies(&self, mount: &Mount) -> bool {
        let folder = format!("{}/.fscrypt/policies", mount.mounted_at.trim_end_matches('/'));
        self.host.names(&folder).is_ok_and(|it| !it.is_empty())
    }
}

fn tell(header: LuksHeader, volume: &mut VolumeEncryption) {
    let LuksHeader { version, uuid: _, cipher, key_bits, key_slots, key_derivations, tokens } =
        header;
    volume.kind = format!("luks{version}");
    volume.cipher = cipher;
    volume.key_bits = key_bits;
    volume.key_slots = key_slots;
    volume.key_derivations = key_derivations;
    volume.tokens = tokens;
}

#[cfg(test)]
mod tests {
    use observation::latest::Privilege;
    use proptest::prelude::*;

    use super::*;
    use crate::host::{Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    const MOUNTINFO: &str = "\
22 1 253:1 / / rw,relatime shared:1 - ext4 /dev/mapper/vg0-root rw\n\
23 22 8:1 / /boot rw shared:2 - ext4 /dev/sda1 rw\n\
24 22 0:40 / /home/alice/My\\040Files rw - ecryptfs /home/alice/.Private rw\n";

    fn header() -> LuksHeader {
        LuksHeader {
            version: 2,
            uuid: Some("2b7cd0b8-83a5-4d5e-9f4c-9d2f1de2a0c1".to_owned()),
            cipher: Some("aes-xts-plain64".to_owned()),
            key_bits: Some(512),
            key_slots: Some(2),
            key_derivations: vec!["argon2id".to_owned()],
            tokens: vec!["systemd-tpm2".to_owned()],
        }
    }

    /// A notebook: an encrypted partition with a volume group on it, and a closed backup disk.
    fn host(reply: Result<Reply, Absent>) -> MapHost {
        let mut host = MapHost::new()
            .file(MOUNTINFO_PATH, MOUNTINFO)
            .file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
            .file(
                &format!("{FOLDER}/dm-0/dm/uuid"),
                "CRYPT-LUKS2-2b7cd0b883a54d5e9f4c9d2f1de2a0c1-sda3_crypt\n",
            )
            .file(&format!("{FOLDER}/dm-0/dm/name"), "sda3_crypt\n")
            .folder(&format!("{FOLDER}/dm-0/slaves/sda3"))
            .folder(&format!("{FOLDER}/dm-0/holders/dm-1"))
            .file(&format!("{FOLDER}/dm-1/dm/uuid"), "LVM-abc\n")
            .file(&format!("{FOLDER}/dm-1/dev"), "253:1\n")
            .folder(&format!("{FOLDER}/sda3/holders/dm-0"));
        for (name, number) in [("dm-0", "253:0"), ("sda1", "8:1"), ("sda3", "8:3"), ("sdb", "8:16")]
        {
            host = host
                .file(&format!("{FOLDER}/{name}/dev"), format!("{number}\n"))
                .file(&format!("{FOLDER}/{name}/size"), "4096\n");
        }
        let request = |device: &str| Request::LuksHeader { device: device.to_owned() };
        host.answer(request("sda3"), reply.clone()).answer(request("sdb"), reply)
    }

    fn volumes(found: &Found) -> Vec<&VolumeEncryption> {
        let facts = found.facts.iter();
        facts
            .map(|it| if let Fact::VolumeEncryption(it) = it { it } else { panic!("{it:?}") })
            .collect()
    }

    #[test]
    fn an_open_volume_is_followed_to_where_it_is_mounted() {
        let found = with_context(&host(Ok(Reply::LuksHeader(header()))), observe).unwrap();
        let expected = VolumeEncryption {
            volume: "sda3".to_owned(),
            kind: "luks2".to_owned(),
            cipher: Some("aes-xts-plain64".to_owned()),
            key_bits: Some(512),
            key_slots: Some(2),
            key_derivations: vec!["argon2id".to_owned()],
            tokens: vec!["systemd-tpm2".to_owned()],
            is_open: Some(true),
            opened_as: Some("dm-0".to_owned()),
            mounted_at: vec!["/".to_owned()],
        };
        assert_eq!(volumes(&found)[0], &expected);
    }

    #[test]
    fn a_closed_volume_is_found_by_its_header_and_folders_carry_no_name() {
        let found = with_context(&host(Ok(Reply::LuksHeader(header()))), observe).unwrap();
        let volumes = volumes(&found);
        assert_eq!((volumes[1].volume.as_str(), volumes[1].is_open), ("sdb", Some(false)));
        assert_eq!(volumes[2].kind, "ecryptfs");
        assert_eq!(volumes.len(), 3);
        assert!(!format!("{volumes:?}").contains("alice"));
    }

    #[test]
    fn without_the_right_the_kind_is_known_and_one_gap_says_the_rest() {
        let reason = Absent::NotAllowed { what: "/dev/sda3".to_owned(), needs: Privilege::Root };
        let found = with_context(&host(Err(reason)), observe).unwrap();
        assert_eq!(
            (volumes(&found)[0].kind.as_str(), volumes(&found)[0].cipher.as_ref()),
            ("luks2", None)
        );
        assert_eq!(found.gaps.len(), 1);
    }

    #[test]
    fn policies_of_fscrypt_are_seen() {
        let host = MapHost::new()
            .folder(FOLDER)
            .file(MOUNTINFO_PATH, MOUNTINFO)
            .file("/.fscrypt/policies/0123456789abcdef", "");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(volumes(&found)[0].kind, "fscrypt");
        assert_eq!(volumes(&found)[0].mounted_at, ["/"]);
    }

    #[test]
    fn volumes_in_a_circle_end() {
        let host = MapHost::new()
            .file(&format!("{FOLDER}/dm-0/dm/uuid"), "CRYPT-PLAIN-x\n")
            .folder(&format!("{FOLDER}/dm-0/holders/dm-0"));
        assert_eq!(volumes(&with_context(&host, observe).unwrap()).len(), 1);
    }

    proptest! {
        #[test]
        fn any_list_of_mounts_is_read_without_panic(text in "( - | |8:1|/|ext4|\n|\\PC){0,64}") {
            let _ = mounts(&text);
        }
    }
}
