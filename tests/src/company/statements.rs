//! What systems of the invented company state of their configuration, and the lists that their servers keep.

use std::collections::BTreeMap;
use std::net::IpAddr;

use inventory::asset::{Attested, Detail, NamedMachineDescription, SettingDescription};

use super::{Says, address, at, role};

pub(super) fn settings(says: &Says) -> Vec<Attested<SettingDescription>> {
    let setting = |subject: &str, name: &str, value: Option<&str>, origin: &str, place: &str| {
        SettingDescription {
            subject: subject.to_owned(),
            scope: None,
            name: name.to_owned(),
            value: value.map(str::to_owned),
            place: place.to_owned(),
            origin: origin.to_owned(),
            holds_since: at(-12 * 86_400),
        }
    };
    let root = if says.0.is_multiple_of(5) { "yes" } else { "prohibit-password" };
    let sshd = "/etc/ssh/sshd_config";
    let all = [
        setting("sshd", "PasswordAuthentication", Some("no"), "configured", sshd),
        setting("sshd", "PermitRootLogin", Some(root), "configured", sshd),
        setting("sshd", "Banner", None, "default", sshd),
        setting(
            "sysctl",
            "net.ipv4.ip_forward",
            Some("0"),
            "running",
            "/proc/sys/net/ipv4/ip_forward",
        ),
    ];
    all.into_iter().map(|it| says.that("configuration.sshd", it)).collect()
}

pub(super) fn details(says: &Says) -> Vec<Attested<Detail>> {
    let detail = |kind: &str, object: &str, fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let fields: BTreeMap<String, String> = fields.collect();
        Detail { kind: kind.to_owned(), object: Some(object.to_owned()), fields }
    };
    let all = [
        detail(
            "file_system",
            "/",
            &[
                ("device", "/dev/mapper/vg0-root"),
                ("kind", "ext4"),
                ("size_bytes", "479000000000"),
                ("is_read_only", "no"),
            ],
        ),
        detail(
            "scheduled_task",
            "systemd apt-daily-upgrade.timer",
            &[
                ("configured_in", "/lib/systemd/system/apt-daily-upgrade.timer"),
                ("is_enabled", "yes"),
                ("schedule", "*-*-* 6:00"),
                ("starts", "apt-daily-upgrade.service"),
            ],
        ),
    ];
    all.into_iter().map(|it| says.that("system.file_systems", it)).collect()
}

/// The second server keeps addresses and names, and runs the third as its guest.
pub(super) fn named_machines(says: &Says) -> Vec<Attested<NamedMachineDescription>> {
    if says.0 != 1 {
        return Vec::new();
    }
    let lease = |name: String, address: IpAddr, mac: String, days: i64| NamedMachineDescription {
        list: "dhcp_lease".to_owned(),
        keeper: "kea".to_owned(),
        place: "/var/lib/kea/kea-leases4.csv".to_owned(),
        name: Some(name),
        addresses: vec![address],
        macs: vec![mac],
        id: None,
        operating_system: None,
        is_active: Some(days < 10),
        last_seen_at: Some(at(-days * 86_400)),
    };
    let mac = |number: u32| format!("00:25:90:{:02x}:{:02x}:01", number / 256 % 256, number % 256);
    let mut lists: Vec<NamedMachineDescription> = (4..9)
        .map(|it| lease(format!("{}-{it:02}", role(it).1), address(it), mac(it), 1))
        .collect();
    let unknown = |last: u8| IpAddr::from([10, 20, 20, last]);
    let lost = lease("nb-lager-07".to_owned(), unknown(177), "3c:52:82:10:20:77".to_owned(), 2);
    lists.push(NamedMachineDescription {
        list: "directory".to_owned(),
        keeper: "samba".to_owned(),
        place: "/var/lib/samba/private/sam.ldb".to_owned(),
        name: Some("nb-lager-07.musterbau.example".to_owned()),
        addresses: Vec::new(),
        macs: Vec::new(),
        operating_system: Some("Windows 11 Pro".to_owned()),
        ..lost.clone()
    });
    lists.push(NamedMachineDescription {
        name: Some("nb-lager-07.musterbau.example".to_owned()),
        ..lost
    });
    lists.push(lease("PC-ALT-03".to_owned(), unknown(178), "3c:52:82:10:20:78".to_owned(), 40));
    lists.push(NamedMachineDescription {
        list: "dns_zone".to_owned(),
        keeper: "bind".to_owned(),
        place: "/var/cache/bind/musterbau.example".to_owned(),
        name: Some("kopierer.musterbau.example".to_owned()),
        macs: Vec::new(),
        is_active: None,
        last_seen_at: None,
        ..lease(String::new(), unknown(190), String::new(), 1)
    });
    lists.push(NamedMachineDescription {
        list: "guest".to_owned(),
        keeper: "libvirt".to_owned(),
        place: "/etc/libvirt/qemu/srv-web.xml".to_owned(),
        name: Some("srv-web".to_owned()),
        addresses: Vec::new(),
        macs: vec![mac(2)],
        is_active: Some(true),
        last_seen_at: None,
        ..lease(String::new(), unknown(191), String::new(), 1)
    });
    lists.into_iter().map(|it| says.that("servers.lists", it)).collect()
}
