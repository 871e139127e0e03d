//! What runs on a host: guests, containers and the images that they were made from.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::service::Transport;

/// A guest that this host keeps, as the host defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualMachine {
    /// The program that keeps it: `proxmox`, `libvirt`.
    pub keeper: String,
    /// The file that defines it.
    pub place: String,
    /// Kind of guest in the keeper's word: `qemu`, `kvm`, `lxc`.
    pub kind: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// The keeper's own number or name for it.
    pub id: Option<String>,
    /// SMBIOS UUID that the guest sees.
    pub uuid: Option<Uuid>,
    /// Whether it ran when looked at.
    pub is_running: Option<bool>,
    /// Whether it starts with the host.
    pub starts_with_host: Option<bool>,
    /// Main memory.
    pub memory_bytes: Option<u64>,
    /// Virtual processors.
    pub processors: Option<u32>,
    /// Hardware addresses, `aa:bb:cc:dd:ee:ff`.
    pub macs: Vec<String>,
    /// Disks: the volume, file or device behind each.
    pub disks: Vec<String>,
    /// Operating system as the definition states it (`l26`, `win11`, `debian`).
    pub operating_system: Option<String>,
}

/// A container, as its runtime defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerInstance {
    /// `docker`, `podman`.
    pub runtime: String,
    /// The runtime's id, hexadecimal.
    pub id: String,
    /// Name.
    pub name: Option<String>,
    /// The image as it was asked for (`nginx:1.25`).
    pub image: Option<String>,
    /// The image's own id.
    pub image_id: Option<String>,
    /// Whether it ran when looked at.
    pub is_running: Option<bool>,
    /// Whether it has all rights on the host.
    pub is_privileged: Option<bool>,
    /// How it is joined to the network, in the runtime's word (`bridge`, `host`).
    pub network_mode: Option<String>,
    /// Ports of the host that lead into it.
    pub published_ports: Vec<PublishedPort>,
    /// What of the host is visible in it.
    pub mounts: Vec<ContainerMount>,
    /// When the runtime starts it again, in its word (`always`, `unless-stopped`).
    pub restart_policy: Option<String>,
    /// The Compose project that it belongs to.
    pub compose_project: Option<String>,
    /// The account whose containers these are; none for those of the system.
    pub account: Option<super::account::UserName>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// A port of the host that leads into a container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublishedPort {
    /// Transport.
    pub transport: Transport,
    /// Address on the host; none for every address.
    pub address: Option<IpAddr>,
    /// Port on the host; none where the runtime chooses one at each start.
    pub host_port: Option<u16>,
    /// Port in the container.
    pub container_port: u16,
}

/// A path of the host or a volume that a container sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ContainerMount {
    /// `bind`, `volume` … in the runtime's word.
    pub kind: Option<String>,
    /// Path on the host or name of the volume.
    pub source: String,
    /// Path in the container.
    pub target: String,
    /// Whether it may be written.
    pub is_writable: Option<bool>,
}

/// An image that containers are made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerImage {
    /// `docker`, `podman`.
    pub runtime: String,
    /// The image's own id: SHA-256 of its configuration.
    pub id: String,
    /// Names with tags.
    pub tags: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Its layers together when unpacked, where the runtime keeps their sizes.
    pub size_bytes: Option<u64>,
    /// Operating system and architecture that it is for (`linux/amd64`).
    pub platform: Option<String>,
    /// The account whose image this is; none for those of the system.
    pub account: Option<super::account::UserName>,
}
