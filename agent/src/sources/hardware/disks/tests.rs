//! Disks as sysfs shows them on machines of several kinds.

use proptest::prelude::*;

use super::*;
use crate::sources::testing::{MapHost, with_context};

fn block(host: MapHost, name: &str, place: &str, files: &[(&str, &str)]) -> MapHost {
    let folder = format!("{BLOCK_FOLDER}/{name}");
    let mut host = host;
    for (file, text) in files {
        host = host.file(&format!("/sys/devices/{place}/block/{name}/{file}"), text);
    }
    host.link(&folder, &format!("/sys/devices/{place}/block/{name}"))
}

fn check(host: &MapHost) -> (Vec<Disk>, Vec<Gap>) {
    let found = with_context(host, observe).unwrap();
    let disk = |fact| if let Fact::Disk(it) = fact { Some(it) } else { None };
    (found.facts.into_iter().filter_map(disk).collect(), found.gaps)
}

#[test]
fn an_nvme_disk_states_its_firmware() {
    let files = [
        ("size", "1000215216\n"),
        ("removable", "0\n"),
        ("hidden", "0\n"),
        ("queue/rotational", "0\n"),
        ("wwid", "eui.0025388b91d2e4f0\n"),
        ("device/model", "SAMPLE SSD 980 PRO 512GB                \n"),
        ("device/serial", "S5GXNX0R000001      \n"),
        ("device/firmware_rev", "5B2QGXA7\n"),
    ];
    let host = block(MapHost::new(), "nvme0n1", "pci0000:00/0000:01:00.0/nvme/nvme0", &files);
    let (disks, gaps) = check(&host);
    let expected = Disk {
        name: "nvme0n1".to_owned(),
        model: Some("SAMPLE SSD 980 PRO 512GB".to_owned()),
        serial: Some("S5GXNX0R000001".to_owned()),
        world_wide_name: Some("eui.0025388b91d2e4f0".to_owned()),
        firmware: Some("5B2QGXA7".to_owned()),
        size_bytes: Some(512_110_190_592),
        bus: Some("nvme".to_owned()),
        is_rotational: Some(false),
        is_removable: Some(false),
    };
    assert_eq!((disks, gaps), (vec![expected], vec![]));
    let found = with_context(&host, observe).unwrap();
    assert!(found.facts.iter().any(|it| matches!(it, Fact::Firmware(_))));
}

#[test]
fn a_multipath_head_is_a_disk_and_its_paths_are_not() {
    let head = [("size", "100\n"), ("hidden", "0\n"), ("device/model", "M\n")];
    let path = [("size", "100\n"), ("hidden", "1\n")];
    let host = block(MapHost::new(), "nvme0n1", "virtual/nvme-subsystem/nvme-subsys0", &head);
    let host = block(host, "nvme0c0n1", "pci0000:00/0000:01:00.0/nvme/nvme0", &path);
    let (disks, _) = check(&host);
    assert_eq!(disks.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["nvme0n1"]);
}

#[test]
fn a_virtual_disk_has_neither_serial_nor_platters() {
    let files = [
        ("size", "536870912\n"),
        ("removable", "0\n"),
        ("serial", "overlayblk0\n"),
        ("queue/rotational", "1\n"),
    ];
    let host = block(MapHost::new(), "vda", "pci0000:00/0000:00:02.0/virtio1", &files);
    let (disks, gaps) = check(&host);
    assert_eq!(disks[0].serial, None);
    assert_eq!(disks[0].is_rotational, None);
    assert_eq!(disks[0].size_bytes, Some(274_877_906_944));
    assert_eq!(disks[0].bus.as_deref(), Some("virtio"));
    assert_eq!(gaps, [no_serial_of_its_own("vda")]);
}

#[test]
fn devices_without_a_disk_of_their_own_are_left_out() {
    let mut host = MapHost::new();
    for name in ["loop0", "ram0", "zram0", "dm-0", "md0"] {
        host = block(host, name, "virtual", &[("size", "100\n")]);
    }
    host = block(host, "sr0", "pci0000:00/0000:00:1f.2/ata3/host2", &[("size", "100\n")]);
    host = block(host, "mmcblk0boot0", "platform/soc/mmc_host/mmc0", &[("size", "100\n")]);
    let reader = [("size", "0\n"), ("removable", "1\n")];
    host = block(host, "sdb", "pci0000:00/0000:00:14.0/usb1/1-4/host4", &reader);
    assert_eq!(check(&host), (vec![], vec![]));
}

#[test]
fn a_scsi_disk_states_its_serial_in_a_page() {
    let files = [
        ("size", "1000\n"),
        ("device/vendor", "SEAGATE \n"),
        ("device/model", "ST1200MM0099    \n"),
        ("device/rev", "ST31\n"),
        ("device/wwid", "naa.5000c500a1b2c3d4\n"),
        ("device/vpd_pg80", "\0\u{0}\0\u{8}WFK0ABCD"),
    ];
    let host = block(MapHost::new(), "sda", "pci0000:00/0000:02:00.0/host0/target0:0:0", &files);
    let (disks, _) = check(&host);
    assert_eq!(disks[0].model.as_deref(), Some("SEAGATE ST1200MM0099"));
    assert_eq!(disks[0].serial.as_deref(), Some("WFK0ABCD"));
    assert_eq!(disks[0].firmware.as_deref(), Some("ST31"));
    assert_eq!(disks[0].world_wide_name.as_deref(), Some("naa.5000c500a1b2c3d4"));
    assert_eq!(disks[0].bus.as_deref(), Some("scsi"));
}

#[test]
fn ata_is_no_maker_and_t10_is_no_name_in_the_world() {
    let files = [
        ("size", "1000\n"),
        ("device/vendor", "ATA     \n"),
        ("device/model", "QEMU HARDDISK   \n"),
        ("device/wwid", "t10.ATA     QEMU HARDDISK      QM00001 \n"),
    ];
    let host = block(MapHost::new(), "sda", "pci0000:00/0000:00:1f.2/ata1/host0", &files);
    let (disks, _) = check(&host);
    assert_eq!(disks[0].model.as_deref(), Some("QEMU HARDDISK"));
    assert_eq!(disks[0].world_wide_name, None);
    assert_eq!(disks[0].bus.as_deref(), Some("sata"));
}

#[test]
fn a_serial_that_only_root_may_read_is_a_gap() {
    let host = block(MapHost::unprivileged(), "sda", "pci0/host0", &[("size", "1000\n")])
        .forbid("/sys/block/sda/device/vpd_pg80");
    let (disks, gaps) = check(&host);
    assert_eq!(disks[0].serial, None);
    assert_eq!((&*gaps[0].field, gaps[0].of.as_deref()), ("disk.serial", Some("sda")));
}

#[test]
fn a_machine_without_the_folder_says_so() {
    let looked_at = BLOCK_FOLDER.to_owned();
    assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
}

proptest! {
    #[test]
    fn any_page_of_serials_is_read_without_panic(
        page in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let _ = unit_serial(&page);
    }
}
