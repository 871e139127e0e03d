//! Firmware that can be updated by capsule, from the EFI system resource table (UEFI 2.10 §23.4;
//! `Documentation/ABI/testing/sysfs-firmware-efi-esrt`).

use observation::latest::{Absent, Cadence, FirmwareComponent, Gap, Platform, SourceId};

use crate::host::Ask;
use crate::sources::attribute::Attributes;
use crate::sources::context::Context;
use crate::sources::firmware_level::level;
use crate::sources::{Found, Source};

/// Firmware that can be updated by capsule.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("firmware.esrt"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/firmware/efi/esrt/entries";
/// Types of the table: firmware of the system and of a device.
const TYPE_SYSTEM: &str = "1";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut attributes = Attributes::new(context.host);
    let mut found = Found::default();
    for name in names {
        let mut line = |file: &str| {
            attributes.line(&format!("{FOLDER}/{name}/{file}"), "firmware.version", Some(&name))
        };
        let Some(version) = line("fw_version") else { continue };
        let component = match line("fw_type").as_deref() {
            Some(TYPE_SYSTEM) => FirmwareComponent::SystemFirmware,
            _ => FirmwareComponent::Other,
        };
        found.facts.push(level(component, line("fw_class"), None, version));
    }
    found.gaps = attributes.gaps;
    if found.facts.is_empty() && !found.gaps.is_empty() {
        // All entries are for root alone: one statement says it.
        let gap = Gap { of: None, ..found.gaps.swap_remove(0) };
        found.gaps = vec![gap];
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use observation::latest::{Fact, Firmware};

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from the documentation of the interface.
    #[test]
    fn each_entry_is_a_piece_of_firmware_by_its_class() {
        let mut host = MapHost::new();
        for (entry, class, kind, version) in [
            ("entry0", "230c8b18-8d9b-53ec-838b-6cfc0383493a", "1", "65586"),
            ("entry1", "6ba4d5d6-4d52-4b3a-8f0c-7c3b2e4e9d11", "2", "4660"),
        ] {
            let folder = format!("{FOLDER}/{entry}");
            host = host
                .file(&format!("{folder}/fw_class"), format!("{class}\n"))
                .file(&format!("{folder}/fw_type"), format!("{kind}\n"))
                .file(&format!("{folder}/fw_version"), format!("{version}\n"));
        }
        let found = with_context(&host, observe).unwrap();
        let said: Vec<(FirmwareComponent, &str)> = found
            .facts
            .iter()
            .map(|it| {
                if let Fact::Firmware(Firmware { component, version: Some(version), .. }) = it {
                    (*component, version.as_str())
                } else {
                    panic!("{it:?}")
                }
            })
            .collect();
        let expected =
            [(FirmwareComponent::SystemFirmware, "65586"), (FirmwareComponent::Other, "4660")];
        assert_eq!(said, expected);
    }

    #[test]
    fn without_root_there_is_one_gap() {
        let host = MapHost::unprivileged()
            .forbid(&format!("{FOLDER}/entry0/fw_version"))
            .forbid(&format!("{FOLDER}/entry1/fw_version"));
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.gaps.len()), (0, 1));
        let looked_at = FOLDER.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }
}
