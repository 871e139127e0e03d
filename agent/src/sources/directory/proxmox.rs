//! Guests of Proxmox VE: of this node with what they are, of the other nodes of a cluster as machines that
//! should exist; saved guests by the jobs of `jobs.cfg`; storages on other machines (qm.conf(5),
//! pct.conf(5), "Storage: storage.cfg" and "Backup Jobs" in the Proxmox VE Administration Guide).

use observation::latest::{
    Absent, Cadence, Fact, MachineList, Platform, RemoteMount, ScheduledTask, SourceId,
    VirtualMachine,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::guests::{as_named, guest};
use crate::sources::{Found, Source, named};

const KEEPER: &str = "proxmox";
const NODES: &str = "/etc/pve/nodes";
/// Leads to this node's folder.
const LOCAL: &str = "/etc/pve/local";
const JOBS: &str = "/etc/pve/jobs.cfg";
const STORAGES: &str = "/etc/pve/storage.cfg";
/// What a guest has where its file does not say: 512 MiB; a virtual machine one processor.
const MEMORY_DEFAULT_MIB: u64 = 512;
const MIB: u64 = 1024 * 1024;
/// Keys of disks with a number behind them.
const DISKS: &[&str] = &["virtio", "scsi", "ide", "sata", "efidisk", "tpmstate", "mp"];
/// Kinds of storages that are on another machine, with the key that names the place there.
const REMOTE_STORAGES: &[(&str, &str)] = &[
    ("nfs", "export"),
    ("cifs", "share"),
    ("pbs", "datastore"),
    ("glusterfs", "volume"),
    ("iscsi", "target"),
    ("cephfs", "subdir"),
    ("rbd", "pool"),
];
/// Most guests of a cluster.
const GUESTS_MAX: usize = 10_000;

/// Guests, jobs and storages.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.proxmox"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let nodes = host.names(NODES)?;
    // `nodes/pve1`
    let local = host.link(LOCAL).unwrap_or_default();
    let local = named::base_name(&local);
    let mut found = Found::default();
    for node in &nodes {
        for (folder, kind) in [("qemu-server", "qemu"), ("lxc", "lxc")] {
            let pattern = format!("{NODES}/{node}/{folder}/*.conf");
            for path in named::files(host, &pattern) {
                if found.facts.len() / 2 >= GUESTS_MAX {
                    break;
                }
                guest_of(host, &path, kind, node == local, &mut found);
            }
        }
    }
    jobs(host, &mut found);
    storages(host, &mut found);
    Ok(found)
}

fn guest_of(host: &dyn Host, path: &str, kind: &str, is_local: bool, found: &mut Found) {
    let Some(text) = named::read(host, path, "virtual_machine", found) else { return };
    let id = named::base_name(path).trim_end_matches(".conf");
    let Some(mut it) = definition(&text, path, id, kind) else { return };
    if is_local {
        let running = match kind {
            "qemu" => format!("/run/qemu-server/{id}.pid"),
            _ => format!("/sys/fs/cgroup/lxc/{id}"),
        };
        it.is_running = match host.status(&running) {
            Ok(_) => Some(true),
            Err(Absent::NotHere { .. }) => Some(false),
            Err(_) => None,
        };
    }
    found.facts.push(as_named(&it));
    if is_local {
        found.facts.push(Fact::VirtualMachine(it));
    }
}

/// Lines `key: value` up to the first snapshot; none for a template, which is no machine.
fn definition(text: &str, path: &str, id: &str, kind: &str) -> Option<VirtualMachine> {
    let mut it = guest(KEEPER, path);
    it.kind = Some(kind.to_owned());
    it.id = Some(id.to_owned());
    // A container without a number of its own may use all processors of its host.
    let mut cores = (kind == "qemu").then_some(1_u32);
    let (mut sockets, mut memory) = (1_u32, MEMORY_DEFAULT_MIB);
    it.starts_with_host = Some(false);
    for line in text.lines().map(str::trim).take_while(|it| !it.starts_with('[')) {
        let Some((key, value)) = line.split_once(':').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let value = value.trim();
        match key {
            "template" if value == "1" => return None,
            "name" | "hostname" => it.name = named::host_name(value),
            "ostype" => it.operating_system = Some(value.to_owned()),
            "onboot" => it.starts_with_host = Some(value == "1"),
            "cores" => cores = value.parse().ok().or(cores),
            "sockets" => sockets = value.parse().unwrap_or(sockets),
            "memory" => {
                let value = value.split(',').next().unwrap_or_default();
                let value = value.strip_prefix("current=").unwrap_or(value);
                memory = value.parse().unwrap_or(memory);
            }
            "smbios1" => it.uuid = part(value, "uuid").and_then(|it| it.parse().ok()),
            "rootfs" => it.disks.extend(disk(value)),
            _ if numbered(key, &["net"]) => it.macs.extend(value.split(',').find_map(address)),
            _ if numbered(key, DISKS) => it.disks.extend(disk(value)),
            _ => {}
        }
    }
    it.memory_bytes = memory.checked_mul(MIB);
    it.processors = cores.and_then(|it| it.checked_mul(sockets));
    Some(it)
}

fn numbered(key: &str, names: &[&str]) -> bool {
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    names.iter().any(|name| key.strip_prefix(name).is_some_and(is_number))
}

fn part<'a>(value: &'a str, key: &str) -> Option<&'a str> {
    value.split(',').find_map(|it| it.split_once('=').filter(|it| it.0 == key).map(|it| it.1))
}

/// `virtio=BC:24:11:…` of a machine, `hwaddr=BC:24:11:…` of a container.
fn address(part: &str) -> Option<String> {
    named::mac(part.split_once('=')?.1)
}

/// The volume, before its options; none for what is put in and taken out.
fn disk(value: &str) -> Option<String> {
    let volume = value.split(',').next().unwrap_or_default();
    let volume = volume.strip_prefix("file=").unwrap_or(volume);
    let is_disk = part(value, "media") != Some("cdrom") && volume != "none" && !volume.is_empty();
    is_disk.then(|| volume.to_owned())
}

/// `kind: name` and below it indented lines `key value`.
struct Section<'a> {
    kind: &'a str,
    name: &'a str,
    values: Vec<(&'a str, &'a str)>,
}

impl<'a> Section<'a> {
    fn value(&self, key: &str) -> Option<&'a str> {
        self.values.iter().find(|it| it.0 == key).map(|it| it.1)
    }
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in text.lines().filter(|it| !it.trim().is_empty() && !it.starts_with('#')) {
        if line.starts_with([' ', '\t']) {
            let line = line.trim();
            let value = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            if let Some(section) = sections.last_mut() {
                section.values.push((value.0, value.1.trim()));
            }
        } else if let Some((kind, name)) = line.split_once(':') {
            sections.push(Section { kind: kind.trim(), name: name.trim(), values: Vec::new() });
        }
    }
    sections
}

fn jobs(host: &dyn Host, found: &mut Found) {
    let text = named::read(host, JOBS, "scheduled_task", found).unwrap_or_default();
    for job in sections(&text).iter().filter(|it| it.kind == "vzdump") {
        let is_enabled = job.value("enabled") != Some("0");
        found.facts.push(Fact::ScheduledTask(ScheduledTask {
            scheduler: KEEPER.to_owned(),
            name: job.name.to_owned(),
            configured_in: JOBS.to_owned(),
            schedule: job.value("schedule").map(str::to_owned).into_iter().collect(),
            is_enabled: Some(is_enabled),
            account: None,
            starts: Some("vzdump".to_owned()),
        }));
        for id in job.value("vmid").unwrap_or_default().split(',').filter(|it| !it.is_empty()) {
            let mut machine = named::machine(MachineList::Backup, KEEPER, JOBS);
            machine.id = Some(id.trim().to_owned());
            machine.is_active = Some(is_enabled);
            found.facts.push(Fact::NamedMachine(machine));
        }
    }
}

fn storages(host: &dyn Host, found: &mut Found) {
    let text = named::read(host, STORAGES, "remote_mount", found).unwrap_or_default();
    for storage in sections(&text) {
        let remote = REMOTE_STORAGES.iter().find(|it| it.0 == storage.kind);
        let Some((kind, place)) = remote else { continue };
        let value = |key: &str| storage.value(key).map(str::to_owned);
        let server = value("server").or_else(|| value("portal")).or_else(|| value("monhost"));
        found.facts.push(Fact::RemoteMount(RemoteMount {
            mounted_at: value("path").unwrap_or_else(|| format!("/mnt/pve/{}", storage.name)),
            kind: (*kind).to_owned(),
            server,
            share: value(place).unwrap_or_default(),
            configured_in: STORAGES.to_owned(),
            is_mounted: None,
            options: Vec::new(),
        }));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed after qm.conf(5) and files of Proxmox VE 8.
    const MACHINE: &str = "#Notes%3A name%3A CANARY\nagent: 1\nboot: order=scsi0;ide2;net0\ncores: 4\ncpu: x86-64-v2-AES\n\
        ide2: local:iso/debian-12.iso,media=cdrom,size=629M\nmemory: 8192\nname: web01\n\
        net0: virtio=BC:24:11:2A:3B:4C,bridge=vmbr0,firewall=1\nnet1: e1000=BC:24:11:00:00:02,bridge=vmbr1\nnuma: 0\nonboot: 1\nostype: l26\n\
        scsi0: local-lvm:vm-100-disk-0,iothread=1,size=32G\nscsihw: virtio-scsi-single\n\
        smbios1: uuid=6f0a8f44-0f2c-4cf5-9c31-5d2bb0b4a1de\nsockets: 2\ncipassword: CANARY\n\n[before]\nname: old\nmemory: 1\n";
    /// Constructed after pct.conf(5).
    const CONTAINER: &str = "arch: amd64\nfeatures: nesting=1\nhostname: dns\nmemory: 1024\n\
        net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:BB:CC,ip=192.0.2.5/24,type=veth\n\
        ostype: debian\nrootfs: local-lvm:vm-101-disk-0,size=8G\nmp0: /srv,mp=/srv\nswap: 512\n";
    const JOBS_TEXT: &str = "vzdump: backup-2ed1-a\n\tschedule 21:00\n\tenabled 1\n\tmailto a@b\n\tstorage nas\n\tvmid 100,101\n\n\
        vzdump: backup-all\n\tall 1\n\tenabled 0\n";
    const STORAGE_TEXT: &str = "dir: local\n\tpath /var/lib/vz\n\tcontent iso\n\nnfs: nas\n\texport /volume1/pve\n\tpath /mnt/pve/nas\n\tserver 192.0.2.30\n\n\
        pbs: backup\n\tdatastore main\n\tserver pbs.example.test\n\tusername CANARY@pbs\n\tfingerprint aa:bb\n";

    fn host() -> MapHost {
        MapHost::new()
            .link(LOCAL, "nodes/pve1")
            .file("/etc/pve/nodes/pve1/qemu-server/100.conf", MACHINE)
            .file("/etc/pve/nodes/pve1/qemu-server/900.conf", "template: 1\nname: t\n")
            .file("/etc/pve/nodes/pve2/lxc/101.conf", CONTAINER)
            .file("/run/qemu-server/100.pid", "1")
            .file(JOBS, JOBS_TEXT)
            .file(STORAGES, STORAGE_TEXT)
    }

    fn facts() -> Vec<Fact> {
        let found = with_context(&host(), observe).unwrap();
        assert!(!format!("{found:?}").contains("CANARY"));
        found.facts
    }

    #[test]
    fn a_guest_of_this_node_is_known_by_its_uuid() {
        let facts = facts();
        let machines: Vec<_> =
            facts.iter().filter(|it| matches!(it, Fact::VirtualMachine(_))).collect();
        let [Fact::VirtualMachine(it)] = &*machines else { panic!("{machines:?}") };
        assert_eq!(it.name.as_deref(), Some("web01"));
        assert_eq!(it.uuid, "6f0a8f44-0f2c-4cf5-9c31-5d2bb0b4a1de".parse().ok());
        assert_eq!((it.processors, it.memory_bytes), (Some(8), Some(8192 * MIB)));
        assert_eq!(it.macs, ["bc:24:11:2a:3b:4c", "bc:24:11:00:00:02"]);
        assert_eq!(it.disks, ["local-lvm:vm-100-disk-0"]);
        assert_eq!((it.is_running, it.starts_with_host), (Some(true), Some(true)));
    }

    #[test]
    fn guests_of_other_nodes_are_machines_that_should_exist() {
        let text = format!("{:?}", facts());
        assert!(text.contains("bc:24:11:aa:bb:cc"));
        let it = definition(CONTAINER, "p", "101", "lxc").unwrap();
        assert_eq!(it.disks, ["local-lvm:vm-101-disk-0", "/srv"]);
        assert_eq!((it.name.as_deref(), it.starts_with_host), (Some("dns"), Some(false)));
    }

    #[test]
    fn jobs_and_storages_name_what_is_saved_and_where() {
        let facts = facts();
        let saved = facts
            .iter()
            .filter(|it| matches!(it, Fact::NamedMachine(it) if it.list == MachineList::Backup));
        assert_eq!(saved.count(), 2);
        let tasks = facts.iter().filter_map(|it| {
            let Fact::ScheduledTask(it) = it else { return None };
            Some((it.schedule.clone(), it.is_enabled))
        });
        assert_eq!(
            tasks.collect::<Vec<_>>(),
            [(vec!["21:00".to_owned()], Some(true)), (vec![], Some(false))]
        );
        let servers = facts.iter().filter_map(|it| {
            let Fact::RemoteMount(it) = it else { return None };
            it.server.clone()
        });
        assert_eq!(servers.collect::<Vec<_>>(), ["192.0.2.30", "pbs.example.test"]);
    }

    #[test]
    fn no_proxmox_is_not_here_and_a_closed_folder_not_allowed() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
        let host = MapHost::unprivileged().forbid("/etc/pve");
        assert!(matches!(with_context(&host, observe), Err(Absent::NotAllowed { .. })));
    }

    /// Constructed from qm.conf(5) and pct.conf(5).
    #[test]
    fn each_key_of_a_guest_is_read_in_its_forms() {
        let it = |text: &str| definition(text, "p", "1", "qemu").unwrap();
        assert_eq!((it("").memory_bytes, it("").processors), (Some(512 * MIB), Some(1)));
        for (text, mib) in [
            ("memory: 2048", 2048),
            ("memory: current=4096", 4096),
            ("memory: current=4096,x=1", 4096),
            ("memory: much", 512),
        ] {
            assert_eq!(it(text).memory_bytes, Some(mib * MIB), "{text}");
        }
        assert_eq!(it("cores: 2\nsockets: 4294967295").processors, None, "too many to be counted");
        assert_eq!(it("scsi0: none,media=cdrom\nide2: none\nsata1: /dev/sdb").disks, ["/dev/sdb"]);
        assert_eq!(it("scsihw: x\nscsi: y\nscsiA: z").disks, [""; 0], "keys without a number");
        assert_eq!(
            it("efidisk0: file=a:b,size=4M\ntpmstate0: c:d,version=v2.0").disks,
            ["a:b", "c:d"]
        );
        assert_eq!(
            it("net0: virtio,bridge=vmbr0\nnetwork: virtio=BC:24:11:00:00:01").macs,
            [""; 0]
        );
        assert_eq!(it("#name: remark\nname: a\n[snapshot]\nname: b").name.as_deref(), Some("a"));
        assert_eq!(it("smbios1: base64=1,uuid=nonsense").uuid, None);
        assert_eq!(definition("name: t\ntemplate: 1\n", "p", "1", "qemu"), None);
        assert!(definition("template: 0\n", "p", "1", "qemu").is_some());
    }

    #[test]
    fn a_guest_runs_where_its_file_or_group_is() {
        let running = |host: MapHost| {
            let host = host
                .link(LOCAL, "nodes/pve1")
                .file("/etc/pve/nodes/pve1/lxc/7.conf", "hostname: c\n")
                .file("/etc/pve/nodes/pve2/lxc/8.conf", "hostname: d\n");
            let found = with_context(&host, observe).unwrap();
            let states = found.facts.into_iter().filter_map(|it| {
                let Fact::NamedMachine(it) = it else { return None };
                Some(it.is_active)
            });
            states.collect::<Vec<_>>()
        };
        // What another node runs is not known here.
        assert_eq!(running(MapHost::new()), [Some(false), None]);
        assert_eq!(running(MapHost::new().folder("/sys/fs/cgroup/lxc/7")), [Some(true), None]);
    }

    #[test]
    fn each_kind_of_storage_names_server_and_place() {
        for (text, expected) in [
            ("nfs: a\n\tserver s\n\texport /e\n", Some(("/mnt/pve/a", "s", "/e"))),
            ("cifs: a\n\tserver s\n\tshare e\n\tpath /p\n", Some(("/p", "s", "e"))),
            ("iscsi: a\n\tportal s\n\ttarget iqn\n", Some(("/mnt/pve/a", "s", "iqn"))),
            ("rbd: a\n\tmonhost s\n\tpool p\n", Some(("/mnt/pve/a", "s", "p"))),
            ("dir: a\n\tpath /p\n", None),
            ("\tserver s\n", None),
        ] {
            let host = MapHost::new().folder("/etc/pve/nodes/x").file(STORAGES, text);
            let found = with_context(&host, observe).unwrap();
            let said: Vec<_> = found
                .facts
                .iter()
                .map(|it| {
                    let Fact::RemoteMount(it) = it else { panic!("{it:?}") };
                    (&*it.mounted_at, it.server.as_deref().unwrap(), &*it.share)
                })
                .collect();
            assert_eq!(said, Vec::from_iter(expected), "{text}");
        }
    }

    #[test]
    fn a_file_that_may_not_be_read_is_a_gap_and_not_nothing() {
        let host = MapHost::unprivileged().folder("/etc/pve/nodes/x").forbid(JOBS).forbid(STORAGES);
        let gaps = with_context(&host, observe).unwrap().gaps;
        let fields: Vec<&str> = gaps.iter().map(|it| &*it.field).collect();
        assert_eq!(fields, ["scheduled_task", "remote_mount"]);
    }

    /// pct.conf(5): "A container can use all available cores by default."
    #[test]
    fn a_container_without_a_number_of_processors_has_no_known_one() {
        let processors = |text: &str, kind| definition(text, "p", "1", kind).unwrap().processors;
        assert_eq!(processors(CONTAINER, "lxc"), None);
        assert_eq!(processors("cores: 2\n", "lxc"), Some(2));
        assert_eq!(processors("cores: many\n", "lxc"), None);
        assert_eq!((processors("", "qemu"), processors("cores: many", "qemu")), (Some(1), Some(1)));
    }

    /// Constructed after "Storage: storage.cfg": blank lines and remarks between, values with blanks.
    #[test]
    fn sections_hold_their_own_lines_alone() {
        let text = "# head\n\tlost 1\n\nnfs: a\n\tserver  s \n\toptions vers=4, soft\n\tdisable\n# between\n\nno section\ncifs:b\n\tserver t\n";
        let sections = sections(text);
        let names: Vec<_> = sections.iter().map(|it| (it.kind, it.name)).collect();
        assert_eq!(names, [("nfs", "a"), ("cifs", "b")]);
        assert_eq!(
            sections[0].values,
            [("server", "s"), ("options", "vers=4, soft"), ("disable", "")]
        );
        assert_eq!((sections[1].value("server"), sections[1].value("path")), (Some("t"), None));
    }

    proptest! {
        /// What stands behind the head of the first snapshot says nothing of the guest as it is.
        #[test]
        fn snapshots_change_nothing(tail in "(name: no\n|net5: virtio=BC:24:11:00:00:09\n|template: 1\n|\\[x\\]\n|[:=\n é]){0,30}") {
            let expected = definition(MACHINE, "p", "1", "qemu");
            prop_assert_eq!(definition(&format!("{MACHINE}{tail}"), "p", "1", "qemu"), expected);
        }

        #[test]
        fn hostile_files_never_panic(text in "(net0|memory|cores|smbios1|uuid=|vzdump|[:=,\n\t 9é]){0,40}") {
            let _ = definition(&text, "p", "1", "qemu");
            let _ = sections(&text);
        }
    }
}
