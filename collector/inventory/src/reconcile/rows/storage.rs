//! Rows of joined, secret and ailing disks. What disks count is left out.

use observation::latest::{DiskHealth, StoragePool, StorageVolume, VolumeEncryption};

use super::{Row, one_of, text, truth};
use crate::reconcile::wire;

pub(super) fn disk_health(it: &DiskHealth) -> Row {
    let failing: Vec<String> = it.failing_attributes.iter().map(ToString::to_string).collect();
    let fields = vec![
        ("is_sound", truth(it.is_sound)),
        ("warnings", joined(&it.warnings)),
        ("failing_attributes", joined(&failing)),
    ];
    one_of("disk_health", it.disk.clone(), fields)
}

pub(super) fn storage_pool(it: &StoragePool) -> Row {
    let members: Vec<String> = it
        .members
        .iter()
        .map(|it| match &it.state {
            Some(state) => format!("{} ({state})", it.device),
            None => it.device.clone(),
        })
        .collect();
    let fields = vec![
        ("level", it.level.clone()),
        ("size_bytes", text(it.size_bytes)),
        ("state", it.state.clone()),
        ("missing_members", text(it.missing_members)),
        ("members", joined(&members)),
        ("id", it.id.clone()),
    ];
    one_of("storage_pool", format!("{} {}", wire::storage_pool_kind(it.kind), it.name), fields)
}

pub(super) fn storage_volume(it: &StorageVolume) -> Row {
    let fields = vec![
        ("layout", it.layout.clone()),
        ("size_bytes", text(it.size_bytes)),
        ("id", it.id.clone()),
    ];
    one_of("storage_volume", format!("{}/{}", it.pool, it.name), fields)
}

pub(super) fn volume_encryption(it: &VolumeEncryption) -> Row {
    let fields = vec![
        ("kind", Some(it.kind.clone())),
        ("cipher", it.cipher.clone()),
        ("key_bits", text(it.key_bits)),
        ("key_slots", text(it.key_slots)),
        ("key_derivations", joined(&it.key_derivations)),
        ("tokens", joined(&it.tokens)),
        ("is_open", truth(it.is_open)),
        ("mounted_at", joined(&it.mounted_at)),
    ];
    one_of("volume_encryption", it.volume.clone(), fields)
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(", "))
}
