//! How disks are joined, kept secret, and how well they are.

use serde::{Deserialize, Serialize};

/// What a disk says of its own health: verdicts that stay as they are until something happens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskHealth {
    /// The kernel's name (`nvme0n1`).
    pub disk: String,
    /// Whether the disk calls itself sound: no critical warning (NVMe), no threshold exceeded (ATA).
    pub is_sound: Option<bool>,
    /// Critical warnings (NVM Express 2.0, SMART log, byte 0): `spare_below_threshold`, `temperature`,
    /// `reliability_degraded`, `read_only`, `backup_failed`, `persistent_memory_read_only`.
    pub warnings: Vec<String>,
    /// Numbers of the ATA attributes whose value fell to its threshold.
    pub failing_attributes: Vec<u8>,
}

/// What a disk counts. Moves by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskWear {
    /// The kernel's name (`nvme0n1`).
    pub disk: String,
    /// Share of its life that is used up, in percent; may pass 100.
    pub used_percent: Option<u8>,
    /// Spare blocks left, in percent.
    pub spare_percent: Option<u8>,
    /// Hours under power.
    pub power_on_hours: Option<u64>,
    /// How often it was switched on.
    pub power_cycles: Option<u64>,
    /// How often the power went without warning.
    pub unsafe_shutdowns: Option<u64>,
    /// Bytes written in its life.
    pub written_bytes: Option<u64>,
    /// Bytes read in its life.
    pub read_bytes: Option<u64>,
    /// Errors of the medium.
    pub media_errors: Option<u64>,
    /// Sectors that were replaced.
    pub reallocated_sectors: Option<u64>,
    /// Sectors that wait to be replaced.
    pub pending_sectors: Option<u64>,
    /// Sectors that can no longer be read.
    pub uncorrectable_sectors: Option<u64>,
}

/// Disks that are joined: RAID, volume group, pool, several ways to one disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoragePool {
    /// What joins them.
    pub kind: StoragePoolKind,
    /// Name (`md0`, `vg0`, `tank`).
    pub name: String,
    /// Identity in the words of the source.
    pub id: Option<String>,
    /// Level or profile as the source writes it (`raid1`, `RAID10`).
    pub level: Option<String>,
    /// Size.
    pub size_bytes: Option<u64>,
    /// State in the words of the source (`clean`, `ONLINE`).
    pub state: Option<String>,
    /// How many members are missing or failed.
    pub missing_members: Option<u32>,
    /// The members.
    pub members: Vec<StoragePoolMember>,
}

/// One member of a pool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoragePoolMember {
    /// The device (`sda1`) or the identity that the pool knows it by.
    pub device: String,
    /// State in the words of the source (`in_sync`, `faulty`).
    pub state: Option<String>,
}

/// What joins disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoragePoolKind {
    /// Software RAID of the kernel.
    Md,
    /// Volume group of LVM.
    Lvm,
    /// ZFS.
    Zfs,
    /// A btrfs file system, of one device or several.
    Btrfs,
    /// A cache in front of a disk.
    Bcache,
    /// Several ways to one disk.
    Multipath,
}

/// A volume in a pool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageVolume {
    /// The pool that it is in.
    pub pool: String,
    /// Name.
    pub name: String,
    /// Identity in the words of the source.
    pub id: Option<String>,
    /// How it is laid out, as the source writes it (`striped`, `thin-pool`, `raid1`).
    pub layout: Option<String>,
    /// Size.
    pub size_bytes: Option<u64>,
}

/// A volume whose content is kept secret. Never a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeEncryption {
    /// The device or folder that is encrypted (`nvme0n1p3`, `tank/secret`).
    pub volume: String,
    /// By what: `luks1`, `luks2`, `plain`, `bitlk`, `tcrypt`, `zfs`, `fscrypt`, `ecryptfs`.
    pub kind: String,
    /// Cipher (`aes-xts-plain64`).
    pub cipher: Option<String>,
    /// Length of the key of the volume.
    pub key_bits: Option<u32>,
    /// Ways to open it that are in use.
    pub key_slots: Option<u32>,
    /// How pass phrases become keys, as the header writes it (`pbkdf2`, `argon2id`), one per slot kind.
    pub key_derivations: Vec<String>,
    /// Helpers that hold a way to open it (`systemd-tpm2`, `clevis`).
    pub tokens: Vec<String>,
    /// Whether it is open; none where that cannot be told.
    pub is_open: Option<bool>,
    /// The device that shows its content while it is open (`dm-0`).
    pub opened_as: Option<String>,
    /// Where the content is mounted, also through volumes on it.
    pub mounted_at: Vec<String>,
}
