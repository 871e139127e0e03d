//! `data/platforms.toml`.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::asset::AssetKind;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Platforms {
    pub(super) platform: Vec<PlatformEntry>,
    pub(super) container: Vec<PlatformEntry>,
    pub(super) chassis: Vec<ChassisEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlatformEntry {
    contains: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) also_hardware: bool,
    #[serde(default)]
    exactly: bool,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the data"))]
    pub(super) example: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChassisEntry {
    pub(super) numbers: Vec<u8>,
    pub(super) kind: AssetKind,
}

impl PlatformEntry {
    pub(super) fn fits(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        if self.exactly { text == self.contains } else { text.contains(&self.contains) }
    }
}

pub(super) fn platforms() -> &'static Platforms {
    static DATA: OnceLock<Platforms> = OnceLock::new();
    // The file is part of the program; a test reads it.
    DATA.get_or_init(|| {
        toml::from_str(include_str!("../../data/platforms.toml")).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_can_be_read_and_every_example_fits_its_entry() {
        let data: Platforms = toml::from_str(include_str!("../../data/platforms.toml")).unwrap();
        assert!(!data.platform.is_empty() && !data.chassis.is_empty());
        for entry in data.platform.iter().chain(&data.container) {
            assert!(entry.fits(&entry.example), "{entry:?}");
        }
    }
}
