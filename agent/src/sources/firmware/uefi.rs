//! Secure Boot, the order of boot entries, and the list of refused boot loaders, from the variables of
//! UEFI (UEFI 2.10 §3.3 and §32.4; efivarfs).

use observation::ContentHash;
use observation::latest::{
    Absent, Cadence, Complaint, Fact, Firmware, FirmwareComponent, Gap, Platform, Setting,
    SettingOrigin, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Secure Boot, boot entries, refused boot loaders.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("firmware.uefi"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/firmware/efi/efivars";
/// The namespace of the specification.
const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// The namespace of the lists of keys and hashes.
const SECURITY: &str = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";
/// Switches of one byte.
const SWITCHES: [&str; 4] = ["SecureBoot", "SetupMode", "AuditMode", "DeployedMode"];
/// The list of refused boot loaders has 20 KiB today and may grow to what flash holds.
const VARIABLE_BYTES_MAX: u64 = 1024 * 1024;
/// Before the content, the kernel writes four bytes of attributes.
const ATTRIBUTE_BYTES: usize = 4;
/// `EFI_SIGNATURE_LIST`: type, size of the list, size of its head, size of each signature.
const LIST_HEAD_BYTES: usize = 28;
const LISTS_MAX: usize = 10_000;
/// LOAD_OPTION_ACTIVE (§3.1.3).
const ACTIVE: u32 = 1;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut reader = Reader { host: context.host, found: Found::default() };
    for name in SWITCHES {
        if let Some(bytes) = reader.variable(&format!("{name}-{GLOBAL}")) {
            let value = bytes.first().map(ToString::to_string);
            reader.say("uefi", name.to_owned(), value, &format!("{name}-{GLOBAL}"));
        }
    }
    reader.boot_order();
    for name in names {
        let number = name.strip_prefix("Boot").and_then(|it| it.strip_suffix(GLOBAL));
        let number = number.and_then(|it| it.strip_suffix('-')).filter(|it| is_number(it));
        if let Some(number) = number {
            reader.boot_entry(number, &name);
        }
    }
    reader.refused_loaders();
    Ok(reader.found)
}

/// `0001` of `Boot0001`; `BootOrder` and `BootCurrent` are other variables.
fn is_number(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

struct Reader<'a> {
    host: &'a dyn Host,
    found: Found,
}

impl Reader<'_> {
    /// The content of a variable; a gap where only the right is missing.
    fn variable(&mut self, name: &str) -> Option<Vec<u8>> {
        match self.host.bytes(&format!("{FOLDER}/{name}"), VARIABLE_BYTES_MAX) {
            Ok(bytes) => bytes.get(ATTRIBUTE_BYTES..).map(<[u8]>::to_vec),
            Err(reason @ Absent::NotAllowed { .. }) => {
                let (field, of) = ("setting".to_owned(), Some(name.to_owned()));
                self.found.gaps.push(Gap { field, of, reason });
                None
            }
            Err(_) => None,
        }
    }

    fn say(&mut self, subject: &str, name: String, value: Option<String>, variable: &str) {
        self.found.facts.push(Fact::Setting(Setting {
            subject: subject.to_owned(),
            scope: None,
            name,
            value,
            place: format!("{FOLDER}/{variable}"),
            origin: SettingOrigin::Running,
        }));
    }

    fn complain(&mut self, variable: &str, problem: &str) {
        let (place, problem) = (format!("{FOLDER}/{variable}"), problem.to_owned());
        self.found.complaints.push(Complaint { place, problem });
    }

    fn boot_order(&mut self) {
        let variable = format!("BootOrder-{GLOBAL}");
        let Some(bytes) = self.variable(&variable) else { return };
        let numbers = bytes.chunks_exact(2).filter_map(|it| it.try_into().ok());
        let numbers: Vec<String> =
            numbers.map(|it| format!("{:04X}", u16::from_le_bytes(it))).collect();
        self.say("uefi", "BootOrder".to_owned(), Some(numbers.join(",")), &variable);
    }

    /// The name of an entry; which device and which file it starts is left out.
    fn boot_entry(&mut self, number: &str, variable: &str) {
        let Some(bytes) = self.variable(variable) else { return };
        match boot_entry(&bytes) {
            Some(value) => self.say("uefi", format!("Boot{number}"), Some(value), variable),
            None => self.complain(variable, "this is no boot entry"),
        }
    }

    fn refused_loaders(&mut self) {
        let variable = format!("dbx-{SECURITY}");
        let Some(bytes) = self.variable(&variable) else { return };
        let Some(count) = signatures(&bytes) else {
            return self.complain(&variable, "this is no list of signatures");
        };
        self.found.facts.push(Fact::Firmware(Firmware {
            component: FirmwareComponent::UefiDbx,
            device: None,
            vendor: None,
            // The number of entries is what fwupd calls the version; the hash tells lists apart.
            version: Some(count.to_string()),
            revision: Some(format!("sha256:{}", ContentHash::of(&bytes))),
            released_on: None,
        }));
    }
}

/// `EFI_LOAD_OPTION`: attributes, length of the paths, description in UTF-16 ended by a zero.
fn boot_entry(bytes: &[u8]) -> Option<String> {
    let attributes = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let units = bytes.get(6..)?.chunks_exact(2).filter_map(|it| it.try_into().ok());
    let units: Vec<u16> = units.map(u16::from_le_bytes).take_while(|it| *it != 0).collect();
    let name = printable(&String::from_utf16_lossy(&units));
    if attributes & ACTIVE == 0 {
        return Some(format!("{name} (inactive)"));
    }
    Some(name)
}

/// How many entries the lists hold; none where they make no sense.
fn signatures(mut bytes: &[u8]) -> Option<usize> {
    let mut count = 0_usize;
    for _ in 0..LISTS_MAX {
        if bytes.is_empty() {
            return Some(count);
        }
        let number = |at: usize| {
            let number = u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
            usize::try_from(number).ok()
        };
        let (list, head, entry) = (number(16)?, number(20)?, number(24)?);
        let content = list.checked_sub(LIST_HEAD_BYTES)?.checked_sub(head)?;
        count = count.checked_add(content.checked_div(entry)?)?;
        bytes = bytes.get(list..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn variable(content: &[u8]) -> Vec<u8> {
        [&[6, 0, 0, 0], content].concat()
    }

    fn entry(attributes: u32, name: &str) -> Vec<u8> {
        let mut bytes = attributes.to_le_bytes().to_vec();
        bytes.extend([4, 0]);
        bytes.extend(name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
        bytes.extend([0x7f, 0xff, 4, 0]);
        bytes
    }

    /// A list of hashes as §32.4.1 lays it out.
    fn list(count: usize) -> Vec<u8> {
        let mut bytes = vec![0x26; 16];
        let size = 28 + count * 48;
        for number in [size, 0, 48] {
            bytes.extend(u32::try_from(number).unwrap().to_le_bytes());
        }
        bytes.resize(size, 0xab);
        bytes
    }

    fn host() -> MapHost {
        let global = |name: &str| format!("{FOLDER}/{name}-{GLOBAL}");
        MapHost::new()
            .file(&global("SecureBoot"), variable(&[1]))
            .file(&global("SetupMode"), variable(&[0]))
            .file(&global("BootOrder"), variable(&[2, 0, 0x0a, 0]))
            .file(&global("BootCurrent"), variable(&[2, 0]))
            .file(&global("Boot0002"), variable(&entry(1, "debian")))
            .file(&global("Boot000A"), variable(&entry(0, "UEFI PXE\u{7}")))
            .file(&format!("{FOLDER}/dbx-{SECURITY}"), variable(&[list(3), list(4)].concat()))
    }

    fn settings(found: &Found) -> Vec<(&str, &str)> {
        found
            .facts
            .iter()
            .filter_map(|it| {
                let Fact::Setting(it) = it else { return None };
                Some((it.name.as_str(), it.value.as_deref()?))
            })
            .collect()
    }

    #[test]
    fn switches_order_and_names_are_settings() {
        let found = with_context(&host(), observe).unwrap();
        let expected = [
            ("SecureBoot", "1"),
            ("SetupMode", "0"),
            ("BootOrder", "0002,000A"),
            ("Boot0002", "debian"),
            ("Boot000A", "UEFI PXE\u{fffd} (inactive)"),
        ];
        assert_eq!(settings(&found), expected);
        assert_eq!(found.complaints, []);
    }

    #[test]
    fn the_list_of_refused_loaders_is_firmware_with_a_hash() {
        let found = with_context(&host(), observe).unwrap();
        let Some(Fact::Firmware(firmware)) = found.facts.last() else { panic!("{found:?}") };
        assert_eq!(firmware.component, FirmwareComponent::UefiDbx);
        assert_eq!(firmware.version.as_deref(), Some("7"));
        assert!(firmware.revision.as_deref().is_some_and(|it| it.starts_with("sha256:")));
    }

    #[test]
    fn senseless_variables_are_complaints() {
        let host = MapHost::new()
            .file(&format!("{FOLDER}/Boot0001-{GLOBAL}"), variable(&[1]))
            .file(&format!("{FOLDER}/dbx-{SECURITY}"), variable(&[0; 40]));
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (0, 2));
    }

    #[test]
    fn a_machine_without_uefi_says_not_here() {
        let looked_at = FOLDER.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }

    proptest! {
        #[test]
        fn any_variable_is_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (signatures(&bytes), boot_entry(&bytes));
        }
    }
}
