//! Texts, UUIDs and hardware addresses that stand where a value should be, or that many share.

use std::sync::OnceLock;

use serde::Deserialize;
use uuid::Uuid;

/// A serial number of fewer letters and digits than this names nothing.
const SERIAL_CHARACTERS_MIN: usize = 4;

/// `data/placeholders.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Placeholders {
    text: Vec<TextEntry>,
    uuid: Vec<UuidEntry>,
    mac: Vec<MacEntry>,
    removable_driver: Vec<DriverEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextEntry {
    is: Option<String>,
    begins: Option<String>,
    of: Scope,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the data"))]
    examples: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UuidEntry {
    value: Uuid,
    #[expect(dead_code, reason = "for the reader of the data")]
    why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MacEntry {
    begins: String,
    #[expect(dead_code, reason = "for the reader of the data")]
    why: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the data"))]
    example: String,
    #[serde(default)]
    virtual_router: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DriverEntry {
    name: String,
}

/// Where a placeholder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Any,
    Serial,
    DiskSerial,
    HostName,
    Microcode,
}

/// The text of a name or model, trimmed; `None` where it is a placeholder.
#[must_use]
pub fn stated_text(text: &str) -> Option<String> {
    let trimmed = collapse(text);
    let folded = fold(&trimmed);
    let is_filler = folded.is_empty()
        || is_number_for_nothing(&trimmed)
        || is_one_character(&folded)
        || is_listed(&folded, &[Scope::Any]);
    (!is_filler).then_some(trimmed)
}

/// The text of a serial number, trimmed; `None` where it is a placeholder or too short to name
/// anything.
#[must_use]
pub fn serial_text(text: &str) -> Option<String> {
    serial_in(text, &[Scope::Any, Scope::Serial])
}

/// The text of a disk's serial number; `None` also for the names that virtual disks carry.
#[must_use]
pub fn disk_serial_text(text: &str) -> Option<String> {
    serial_in(text, &[Scope::Any, Scope::Serial, Scope::DiskSerial])
}

/// The text of a microcode revision; `None` for those that hypervisors invent.
#[must_use]
pub fn microcode_text(text: &str) -> Option<String> {
    stated_text(text).filter(|it| !is_listed(&fold(it), &[Scope::Microcode]))
}

/// The name of a host, lower case; `None` for names that many hosts have because nobody chose one.
#[must_use]
pub fn host_name_text(text: &str) -> Option<String> {
    let name = stated_text(text.trim_end_matches('.'))?.to_lowercase();
    (!is_listed(&fold(&name), &[Scope::HostName])).then_some(name)
}

fn serial_in(text: &str, scopes: &[Scope]) -> Option<String> {
    let trimmed = collapse(text);
    let folded = fold(&trimmed);
    let is_filler = folded.chars().count() < SERIAL_CHARACTERS_MIN
        || trimmed.contains(char::REPLACEMENT_CHARACTER)
        || is_one_character(&folded)
        || is_run_of_digits(&folded)
        || is_listed(&folded, scopes);
    (!is_filler).then_some(trimmed)
}

/// The UUID, unless many machines carry it.
#[must_use]
pub fn usable_uuid(uuid: Uuid) -> Option<Uuid> {
    let [first, rest @ ..] = uuid.as_bytes();
    let is_one_byte = rest.iter().all(|it| it == first);
    let is_listed = data().uuid.iter().any(|it| it.value == uuid);
    (!is_one_byte && !is_listed).then_some(uuid)
}

/// Twelve lower-case hexadecimal digits of a hardware address that belongs to one adapter alone;
/// `None` for locally administered, multicast, zero and known shared ones.
#[must_use]
pub fn canonical_mac(text: &str) -> Option<String> {
    const LOCALLY_ADMINISTERED: u8 = 0b10;
    let (first, lower) = mac_digits(text)?;
    let is_shared = data().mac.iter().any(|it| lower.starts_with(&it.begins));
    (first & LOCALLY_ADMINISTERED == 0 && !is_shared).then_some(lower)
}

/// The same, locally administered ones included: in virtual machines there are no others.
#[must_use]
pub fn link_mac(text: &str) -> Option<String> {
    let (_, lower) = mac_digits(text)?;
    let is_shared = data().mac.iter().any(|it| lower.starts_with(&it.begins));
    (!is_shared).then_some(lower)
}

/// Whether a hardware address belongs to no adapter, but to whichever router or server of a cluster
/// is active.
#[must_use]
pub fn is_virtual_router_mac(text: &str) -> bool {
    mac_digits(text).is_some_and(|(_, lower)| {
        data().mac.iter().any(|it| it.virtual_router && lower.starts_with(&it.begins))
    })
}

/// First byte and twelve lower-case digits of the address of one adapter: no group, no filler.
fn mac_digits(text: &str) -> Option<(u8, String)> {
    const GROUP: u8 = 0b01;
    let digits: String = text.chars().filter(|it| !matches!(it, ':' | '-' | '.')).collect();
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
    let [first, rest @ ..] = bytes.as_slice() else { return None };
    let is_one_byte = rest.iter().all(|it| it == first);
    (bytes.len() == 6 && first & GROUP == 0 && !is_one_byte)
        .then(|| (*first, digits.to_ascii_lowercase()))
}

/// Whether adapters of this driver are unplugged and carried to the next machine.
#[must_use]
pub fn is_removable_driver(driver: &str) -> bool {
    data().removable_driver.iter().any(|it| it.name == driver)
}

/// Letters and digits only, lower case: how placeholders are compared.
fn fold(text: &str) -> String {
    text.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Control characters dropped, runs of white space as one space, ends trimmed.
fn collapse(text: &str) -> String {
    let clean: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_one_character(folded: &str) -> bool {
    let mut characters = folded.chars();
    let first = characters.next();
    folded.chars().count() > 1 && characters.all(|it| Some(it) == first)
}

/// `-1` and its unsigned forms, and zero: how programs write that they do not know.
fn is_number_for_nothing(text: &str) -> bool {
    const UNKNOWN: [i128; 6] =
        [0, -1, u16::MAX as i128, u32::MAX as i128, u64::MAX as i128, i64::MAX as i128];
    text.parse::<i128>().is_ok_and(|it| UNKNOWN.contains(&it))
}

/// Digits counted up or down from where they begin, as a keyboard gives them: `0123456789`,
/// `123456789000`, `9876543210`.
fn is_run_of_digits(folded: &str) -> bool {
    const RUNS: [&str; 3] =
        ["01234567890123456789012345", "12345678901234567890123456", "98765432109876543210"];
    let core = folded.trim_end_matches('0');
    let stem = if core.is_empty() { folded } else { core };
    RUNS.iter().any(|run| {
        run.starts_with(folded) || (stem.len() >= SERIAL_CHARACTERS_MIN && run.starts_with(stem))
    })
}

fn is_listed(folded: &str, scopes: &[Scope]) -> bool {
    data().text.iter().filter(|it| scopes.contains(&it.of)).any(|entry| {
        entry.is.as_deref().is_some_and(|it| it == folded)
            || entry.begins.as_deref().is_some_and(|it| folded.starts_with(it))
    })
}

fn data() -> &'static Placeholders {
    static DATA: OnceLock<Placeholders> = OnceLock::new();
    // The file is part of the program; a test reads it.
    DATA.get_or_init(|| {
        toml::from_str(include_str!("../../data/placeholders.toml")).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_data_can_be_read_and_every_example_is_refused() {
        let data: Placeholders =
            toml::from_str(include_str!("../../data/placeholders.toml")).unwrap();
        assert!(!data.text.is_empty() && !data.uuid.is_empty() && !data.mac.is_empty());
        for entry in &data.text {
            assert!(entry.is.is_some() != entry.begins.is_some(), "{entry:?}: one of is, begins");
            assert!(!entry.examples.is_empty(), "{entry:?}: an example is missing");
            let pattern = entry.is.as_deref().or(entry.begins.as_deref()).unwrap();
            assert_eq!(pattern, fold(pattern), "patterns are written folded");
            for example in &entry.examples {
                match entry.of {
                    Scope::Any => {
                        assert_eq!(stated_text(example), None, "{example}");
                        assert_eq!(serial_text(example), None, "{example}");
                    }
                    Scope::Serial => assert_eq!(serial_text(example), None, "{example}"),
                    Scope::Microcode => assert_eq!(microcode_text(example), None, "{example}"),
                    Scope::HostName => assert_eq!(host_name_text(example), None, "{example}"),
                    Scope::DiskSerial => {
                        assert_eq!(disk_serial_text(example), None, "{example}");
                    }
                }
                let covered = fold(example);
                let is_own = entry.is.as_deref() == Some(covered.as_str())
                    || entry.begins.as_deref().is_some_and(|it| covered.starts_with(it));
                assert!(is_own, "{example} is not covered by its own entry");
            }
        }
        for entry in &data.uuid {
            assert_eq!(usable_uuid(entry.value), None);
        }
        for entry in &data.mac {
            let digits: String = entry.example.chars().filter(|it| *it != ':').collect();
            assert!(digits.starts_with(&entry.begins), "{}", entry.example);
            assert_eq!(canonical_mac(&entry.example), None, "{}", entry.example);
            assert_eq!(link_mac(&entry.example), None, "{}", entry.example);
            assert_eq!(is_virtual_router_mac(&entry.example), entry.virtual_router);
        }
    }

    #[test]
    fn real_serial_numbers_pass() {
        for serial in [
            "5CG1234XYZ",
            "PF2ABCDE",
            "7XK9Q13",
            "/7XK9Q13/CNFCP0012300AB/",
            "C02XG0FDJGH5",
            "VMware-56 4d 3c 2b 1a 09 f8 e7-d6 c5 b4 a3 92 81 70 6f",
            "0000-0014-8811-5220-2231-4356-91",
            "R90XYZ12",
            "12345A",
            "1234-5671",
            "004A7",
            "S3Z9NB0K123456A",
        ] {
            assert_eq!(serial_text(serial).as_deref(), Some(serial), "{serial}");
        }
    }

    #[test]
    fn serial_numbers_that_name_nothing_do_not_pass() {
        for serial in [
            "",
            " ",
            "0",
            "1",
            "-1",
            "00000000",
            "xxxxxxxx",
            "NNNNNNN",
            "0123456789",
            "123456789",
            "1234567890",
            "123456789000",
            "12345678901234567",
            "9876543210",
            "123456",
            "...",
            "____",
            "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}A1",
            "Not Specified\0\0",
        ] {
            assert_eq!(serial_text(serial), None, "{serial:?}");
        }
    }

    #[test]
    fn numbers_that_say_unknown_are_no_names() {
        for text in ["-1", "0", "4294967295", "18446744073709551615", "65535", "  ", "---"] {
            assert_eq!(stated_text(text), None, "{text:?}");
        }
        assert_eq!(stated_text("  Dell\u{0}  Inc. ").as_deref(), Some("Dell Inc."));
        assert_eq!(stated_text("20XW").as_deref(), Some("20XW"));
        assert_eq!(stated_text("9").as_deref(), Some("9"));
    }

    #[test]
    fn virtual_disks_have_no_serial_number() {
        assert_eq!(disk_serial_text("QM00001"), None);
        assert_eq!(disk_serial_text("overlayblk"), None);
        assert_eq!(disk_serial_text("S3Z9NB0K123456A").as_deref(), Some("S3Z9NB0K123456A"));
        assert_eq!(serial_text("QM00001").as_deref(), Some("QM00001"));
    }

    #[test]
    fn a_hypervisors_invented_microcode_does_not_pass() {
        assert_eq!(microcode_text("0x1"), None);
        assert_eq!(microcode_text("0xb000040").as_deref(), Some("0xb000040"));
        assert_eq!(microcode_text("0x10").as_deref(), Some("0x10"));
    }

    #[test]
    fn an_address_counts_only_if_one_adapter_carries_it() {
        assert_eq!(canonical_mac("00:1B:21:AA:BB:CC").as_deref(), Some("001b21aabbcc"));
        assert_eq!(canonical_mac("00-1b-21-aa-bb-cc").as_deref(), Some("001b21aabbcc"));
        for text in [
            "52:54:00:12:34:56",
            "01:00:5e:00:00:01",
            "ff:ff:ff:ff:ff:ff",
            "00:00:00:00:00:00",
            "00:1b:21:aa:bb",
            "00:1b:21:aa:bb:cc:dd",
            "",
            "zz:1b:21:aa:bb:cc",
            "ä",
        ] {
            assert_eq!(canonical_mac(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_given_by_a_hypervisor_counts_on_its_link_only() {
        assert_eq!(link_mac("52:54:00:AB:CD:EF").as_deref(), Some("525400abcdef"));
        assert_eq!(link_mac("00:1b:21:aa:bb:cc").as_deref(), Some("001b21aabbcc"));
        for text in ["00:00:5e:00:01:0a", "01:00:5e:00:00:01", "00:00:00:00:00:00", "", "02:11"] {
            assert_eq!(link_mac(text), None, "{text}");
        }
        assert!(!is_virtual_router_mac("00:1b:21:aa:bb:cc") && !is_virtual_router_mac(""));
    }

    #[test]
    fn a_host_name_that_nobody_chose_names_nobody() {
        assert_eq!(host_name_text("DC01").as_deref(), Some("dc01"));
        assert_eq!(host_name_text("srv1.corp.example.").as_deref(), Some("srv1.corp.example"));
        assert_eq!(host_name_text("localhost"), None);
        assert_eq!(host_name_text(""), None);
    }

    #[test]
    fn uuids_of_one_byte_are_unusable() {
        assert_eq!(usable_uuid(Uuid::nil()), None);
        assert_eq!(usable_uuid(Uuid::max()), None);
        assert_eq!(usable_uuid(Uuid::from_bytes([0x20; 16])), None);
        let good: Uuid = "4c4c4544-0058-4b10-8039-b7c04f513133".parse().unwrap();
        assert_eq!(usable_uuid(good), Some(good));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in ".{0,200}") {
            let judged = [stated_text(&text), serial_text(&text), disk_serial_text(&text)];
            for kept in judged.into_iter().flatten() {
                prop_assert!(!kept.is_empty());
                prop_assert!(!kept.contains(char::is_control));
            }
            if let Some(mac) = canonical_mac(&text) {
                prop_assert_eq!(mac.len(), 12);
            }
        }

        #[test]
        fn a_judged_text_is_judged_the_same_again(text in ".{0,60}") {
            if let Some(kept) = serial_text(&text) {
                prop_assert_eq!(serial_text(&kept), Some(kept));
            }
            if let Some(kept) = stated_text(&text) {
                prop_assert_eq!(stated_text(&kept), Some(kept));
            }
        }
    }
}
