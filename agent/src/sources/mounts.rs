//! Mounted file systems on disks and networks (proc_pid_mountinfo(5)).

use std::collections::BTreeMap;

use observation::latest::{Absent, Complaint};

use crate::host::{Ask, Host};

/// Where the kernel lists what this process sees mounted.
pub(crate) const MOUNTINFO_PATH: &str = "/proc/self/mountinfo";
/// Where it lists what the first process sees. A service that is locked in sees its own view: there
/// everything is mounted for reading alone.
const FIRST_MOUNTINFO_PATH: &str = "/proc/1/mountinfo";
/// File systems that lie on another machine: asking for their size may wait for ever.
const REMOTE_KINDS: [&str; 14] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse.ceph",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.sshfs",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "smb3",
];
/// Pools whose file systems have no device of their own.
const POOL_KINDS: [&str; 3] = ["zfs", "bcachefs", "virtiofs"];

/// The list as the machine sees it; that of this process where the first process is hidden.
pub(crate) fn read(host: &dyn Host) -> Result<String, Absent> {
    host.text(FIRST_MOUNTINFO_PATH).or_else(|_| host.text(MOUNTINFO_PATH))
}

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Where.
    pub(crate) mounted_at: String,
    /// What: device or remote place.
    pub(crate) device: String,
    /// Kind.
    pub(crate) kind: String,
    /// Whether it may only be read.
    pub(crate) is_read_only: bool,
    /// Options of the mount and of the file system; they may hold names of accounts.
    pub(crate) options: String,
    /// The part of the file system that is mounted.
    root: String,
}

impl Mount {
    /// Whether it lies on another machine.
    pub(crate) fn is_remote(&self) -> bool {
        is_remote_kind(&self.kind)
    }

    /// Whether its size grows and shrinks with its siblings in a pool.
    pub(crate) fn shares_a_pool(&self) -> bool {
        self.kind == "zfs"
    }

    /// The root of a container is a real one although it is layered.
    fn is_real(&self) -> bool {
        let is_image = self.device.starts_with("/dev/loop");
        let is_on_device = self.device.starts_with("/dev/") && !is_image;
        let is_root = self.mounted_at == "/" && self.kind != "rootfs";
        let is_pool = POOL_KINDS.contains(&self.kind.as_str());
        is_on_device || is_pool || self.is_remote() || is_root
    }
}

/// Whether a kind of file systems lies on another machine.
pub(crate) fn is_remote_kind(kind: &str) -> bool {
    REMOTE_KINDS.contains(&kind)
}

/// The real file systems, each once: kernel interfaces, memory, images and repeated mounts of the
/// same device (binds, subvolumes) are left out. Of several mounts the one nearest to the root of
/// the file system counts.
pub(crate) fn parse(mountinfo: &str) -> (Vec<Mount>, Vec<Complaint>) {
    let mut mounts: BTreeMap<(String, String), Mount> = BTreeMap::new();
    let mut complaints = Vec::new();
    for (index, text) in mountinfo.lines().enumerate() {
        let Some((number, mount)) = line(text) else {
            let place = format!("{MOUNTINFO_PATH}, line {}", index + 1);
            complaints.push(Complaint { place, problem: "the line has too few fields".to_owned() });
            continue;
        };
        if !mount.is_real() {
            continue;
        }
        let rank = |it: &Mount| (it.root.len(), it.mounted_at.len(), it.mounted_at.clone());
        let key = (number, mount.device.clone());
        match mounts.get(&key) {
            Some(known) if rank(known) <= rank(&mount) => {}
            Some(_) | None => {
                mounts.insert(key, mount);
            }
        }
    }
    // What is mounted over hides what was there before; the path says which one is meant.
    let mut mounts: Vec<Mount> = mounts.into_values().collect();
    mounts.sort_by(|left, right| left.mounted_at.cmp(&right.mounted_at));
    (mounts, complaints)
}

fn line(text: &str) -> Option<(String, Mount)> {
    let (left, right) = text.split_once(" - ")?;
    let mut fields = left.split(' ').skip(2);
    let (number, root) = (fields.next()?, fields.next()?);
    let (mounted_at, options) = (fields.next()?, fields.next()?);
    let mut rest = right.split(' ');
    let (kind, device) = (rest.next()?, rest.next()?);
    let super_options = rest.next().unwrap_or_default();
    let is_read_only = [options, super_options].iter().any(|it| it.split(',').any(|it| it == "ro"));
    let mount = Mount {
        mounted_at: unescape(mounted_at),
        device: unescape(device),
        kind: kind.to_owned(),
        is_read_only,
        options: format!("{options},{super_options}"),
        root: unescape(root),
    };
    Some((number.to_owned(), mount))
}

/// Blank, tab, line feed and backslash stand as three octal digits.
pub(crate) fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = behind
            .get(..3)
            .filter(|_| *first == b'\\')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(code.unwrap_or(*first));
        rest = code.and_then(|_| behind.get(3..)).unwrap_or(behind);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOUNTINFO: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
28 27 0:26 / /run rw - tmpfs tmpfs rw,size=1G
29 27 254:16 / /srv/data\\040set ro,noatime shared:7 - xfs /dev/vdb rw
30 27 254:16 /exports /var/bind rw - xfs /dev/vdb rw
31 27 0:50 / /mnt/share rw - nfs4 192.0.2.7:/srv rw,vers=4.2
32 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
33 27 0:51 / /tank rw - zfs tank/data rw
";

    #[test]
    fn what_the_first_process_sees_goes_before_what_a_locked_in_service_sees() {
        use crate::sources::testing::MapHost;
        let host = MapHost::new().file(MOUNTINFO_PATH, "own");
        assert_eq!(read(&host).unwrap(), "own");
        assert_eq!(read(&host.file(FIRST_MOUNTINFO_PATH, "first")).unwrap(), "first");
    }

    #[test]
    fn only_disks_and_networks_are_file_systems_and_each_once() {
        let (mounts, complaints) = parse(MOUNTINFO);
        let places: Vec<&str> = mounts.iter().map(|it| it.mounted_at.as_str()).collect();
        assert_eq!(places, ["/", "/mnt/share", "/srv/data set", "/tank"]);
        assert_eq!(complaints, []);
        let flags: Vec<_> =
            mounts.iter().map(|it| (it.is_read_only, it.is_remote(), it.shares_a_pool())).collect();
        let expected = [
            (false, false, false),
            (false, true, false),
            (true, false, false),
            (false, false, true),
        ];
        assert_eq!(flags, expected);
    }

    #[test]
    fn the_order_of_mounts_does_not_matter() {
        let reversed: Vec<&str> = MOUNTINFO.lines().rev().collect();
        assert_eq!(parse(&reversed.join("\n")), parse(MOUNTINFO));
    }

    #[test]
    fn the_root_of_a_container_counts_though_it_is_layered() {
        let text = "9 1 0:44 / / rw - overlay overlay rw,lowerdir=/x\n\
                    10 9 0:45 / /dev rw - tmpfs tmpfs rw\n";
        assert_eq!(parse(text).0.len(), 1);
    }

    #[test]
    fn a_line_with_too_few_fields_costs_only_itself() {
        let (mounts, complaints) = parse(&format!("nonsense\n1 2 3\n{MOUNTINFO}"));
        assert_eq!((mounts.len(), complaints.len()), (4, 2));
        assert_eq!(complaints[0].place, format!("{MOUNTINFO_PATH}, line 1"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "([0-9/\\\\ -]|\\PC|\n){0,128}") {
            let _ = parse(&text);
            let _ = unescape(&text);
        }
    }
}
