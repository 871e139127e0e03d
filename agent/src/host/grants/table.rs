//! The tables of grants: the narrowest that each source lives with, on Debian and Ubuntu, Fedora and RHEL, SUSE,
//! Alpine and Arch. What everybody may read is not here: the reader is not asked for it.

mod etc;
mod homes;
mod outside_etc;

use super::Shows::{
    Certificates, Computers, Containers, Content, Names, Preferences, Programs, Settings, Status,
    Target, Tree,
};
use super::{Grant, Owner, Service, Shows};

pub(super) const CERTIFICATES: &[Shows] = &[Certificates, Status];
pub(super) const CERTIFICATES_IN_FOLDERS: &[Shows] = &[Certificates, Names, Status, Target];
pub(super) const COMPUTERS: &[Shows] = &[Computers, Status];
pub(super) const CONTAINERS: &[Shows] = &[Containers, Status];
pub(super) const CONTENT: &[Shows] = &[Content, Status];
pub(super) const CONTENT_OR_TARGET: &[Shows] = &[Content, Status, Target];
pub(super) const FOLDER: &[Shows] = &[Names, Status];
pub(super) const NAMES_AND_TARGETS: &[Shows] = &[Names, Status, Target];
pub(super) const PREFERENCES: &[Shows] = &[Preferences, Status];
pub(super) const PROGRAMS: &[Shows] = &[Programs];
pub(super) const SETTINGS: &[Shows] = &[Settings, Status, Target];
pub(super) const SETTINGS_IN_FOLDERS: &[Shows] = &[Names, Settings, Status, Target];
pub(super) const STATUS: &[Shows] = &[Status];
pub(super) const TARGET: &[Shows] = &[Target];
pub(super) const TREE: &[Shows] = &[Tree];

pub(super) const fn grant(
    pattern: &'static str,
    shows: &'static [Shows],
    owner: Owner,
    sources: &'static [&'static str],
) -> Grant {
    Grant { pattern, shows, owner, sources }
}

const fn service(
    request: &'static str,
    right: &'static str,
    sources: &'static [&'static str],
) -> Service {
    Service { request, right, sources }
}

/// Everything that is read with the rights of root, sorted by pattern.
pub fn grants() -> impl Iterator<Item = &'static Grant> {
    [etc::GRANTS, outside_etc::GRANTS, homes::GRANTS].into_iter().flatten()
}

/// The requests without a path, sorted.
pub const SERVICES: &[Service] = &[
    service(
        "disk_health",
        "CAP_SYS_ADMIN (NVMe), CAP_SYS_RAWIO (SATA), block devices",
        &["storage.disk_health", "storage.disk_wear"],
    ),
    service("firewall", "CAP_NET_ADMIN", &["protection.firewall"]),
    service("luks_header", "CAP_DAC_READ_SEARCH, block devices", &["storage.encryption"]),
    service(
        "management_network",
        "CAP_DAC_READ_SEARCH, /dev/ipmi0",
        &["hardware.management_controller"],
    ),
    service("network_of", "CAP_SYS_ADMIN, CAP_SYS_PTRACE", &["network.namespaces"]),
    service("password_guards", "CAP_DAC_READ_SEARCH", &["accounts.accounts"]),
    service(
        "sockets_of",
        "CAP_SYS_PTRACE",
        &["certificates.served", "network.connections", "network.namespaces", "services.listeners"],
    ),
    service("tpm_properties", "group tss, /dev/tpmrm0", &["hardware.tpm"]),
];

/// Names of files that hold a secret and nothing else. No grant shows their content, whatever its pattern.
pub(super) const NEVER: &[&str] = &[
    "*.jks",
    "*.kdbx",
    "*.key",
    "*.keytab",
    "*.p12",
    "*.pfx",
    "*.private",
    "*_key",
    "*secrets",
    "*shadow",
    "*shadow-",
    "id_*",
    "privkey*",
    "secrets.*",
];

/// What may mark a file or folder in a walk: the marks of the sources and no others.
pub(super) const MARKED: &[&str] = &[
    ".crates.toml",
    ".deps.json",
    ".dist-info",
    ".ear",
    ".egg-info",
    ".gemspec",
    ".jar",
    ".lic",
    ".war",
    "installed.json",
    "package.json",
];

/// What distributions let root alone read. A source that asks for one of these needs a grant, which the
/// tests demand on every recorded machine.
pub(super) const CLOSED: &[&str] = &[
    "/boot/grub/grub.cfg",
    "/etc/NetworkManager/system-connections/**",
    "/etc/audit/**",
    "/etc/cups/printers.conf",
    "/etc/firewalld/**",
    "/etc/gshadow",
    "/etc/letsencrypt/archive/**",
    "/etc/letsencrypt/live/**",
    "/etc/libvirt/**",
    "/etc/lvm/backup/**",
    "/etc/pve/**",
    "/etc/shadow",
    "/etc/ssl/private/**",
    "/etc/sssd/**",
    "/etc/sudoers",
    "/etc/sudoers.d/**",
    "/etc/swanctl/**",
    "/etc/ufw/*.rules",
    "/etc/wireguard/**",
    "/proc/#/environ",
    "/proc/#/exe",
    "/proc/#/fd/**",
    "/proc/#/ns/*",
    "/root/**",
    "/sys/class/dmi/id/*_serial",
    "/sys/class/dmi/id/product_uuid",
    "/sys/firmware/dmi/tables/*",
    "/sys/firmware/efi/esrt/entries/**",
    "/var/lib/NetworkManager/**",
    "/var/lib/docker/**",
    "/var/lib/iwd/**",
    "/var/lib/kea/**",
    "/var/lib/lxc/**",
    "/var/lib/private/**",
    "/var/lib/samba/private/**",
    "/var/spool/cron/**",
];
