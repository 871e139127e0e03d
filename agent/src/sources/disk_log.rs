//! What disks say of their own health: the SMART log of NVM Express (NVM Express Base Specification 2.0,
//! §5.16.1.3) and SMART of ATA (ATA8-ACS; the attributes as makers number them).

use observation::latest::{Absent, DiskHealth, DiskWear, Gap};

use crate::host::{Ask, AtaLog, DiskLog, Host};

const BLOCK_FOLDER: &str = "/sys/block";
/// NVM Express counts data in thousands of 512 bytes.
const DATA_UNIT_BYTES: u64 = 512_000;
/// Words for the bits of the critical warning.
const WARNINGS: [&str; 6] = [
    "spare_below_threshold",
    "temperature",
    "reliability_degraded",
    "read_only",
    "backup_failed",
    "persistent_memory_read_only",
];
/// Thirty attributes of twelve bytes behind a revision of two.
const ATTRIBUTES_AT: usize = 2;
const ATTRIBUTE_BYTES: usize = 12;
const ATTRIBUTES: usize = 30;
/// Bit 0 of an attribute's flags: it foretells a failure.
const PREFAILURE: u8 = 1;
const REALLOCATED_SECTORS: u8 = 5;
const POWER_ON_HOURS: u8 = 9;
const POWER_CYCLES: u8 = 12;
const PENDING_SECTORS: u8 = 197;
const UNCORRECTABLE_SECTORS: u8 = 198;

/// Names of disks with their logs, and why others have none.
type Logs = (Vec<(String, DiskLog)>, Vec<Gap>);

/// The logs of all disks that have one, and why others have none.
///
/// # Errors
/// Why the disks cannot be listed.
pub(crate) fn logs(host: &dyn Host, field: &str) -> Result<Logs, Absent> {
    let (mut logs, mut gaps) = (Vec::new(), Vec::new());
    for disk in host.names(BLOCK_FOLDER)? {
        if !may_have_a_log(host, &disk) {
            continue;
        }
        match host.disk_log(&disk) {
            Ok(log) => logs.push((disk, log)),
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => gaps.push(Gap { field: field.to_owned(), of: Some(disk), reason }),
        }
    }
    Ok((logs, gaps))
}

/// NVMe disks and those behind a SATA port. Bridges of USB often break when asked.
fn may_have_a_log(host: &dyn Host, disk: &str) -> bool {
    let Ok(target) = host.link(&format!("{BLOCK_FOLDER}/{disk}")) else { return false };
    let is_hidden = host.line(&format!("{BLOCK_FOLDER}/{disk}/hidden")).as_deref() == Some("1");
    let is_disk = target.contains("/nvme") || (target.contains("/ata") && disk.starts_with("sd"));
    is_disk && !is_hidden
}

/// The verdicts.
pub(crate) fn health(disk: &str, log: &DiskLog) -> Option<DiskHealth> {
    let disk = disk.to_owned();
    match log {
        DiskLog::Nvme(log) => {
            let bits = *log.first()?;
            let set = WARNINGS.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
            let warnings: Vec<String> = set.map(|it| (*it.1).to_owned()).collect();
            let is_sound = Some(bits == 0);
            Some(DiskHealth { disk, is_sound, warnings, failing_attributes: Vec::new() })
        }
        DiskLog::Ata(log) => {
            let failing_attributes = failing(log);
            let is_sound = log.is_passed;
            Some(DiskHealth { disk, is_sound, warnings: Vec::new(), failing_attributes })
        }
    }
}

/// What is counted.
pub(crate) fn wear(disk: &str, log: &DiskLog) -> Option<DiskWear> {
    match log {
        DiskLog::Nvme(log) => nvme_wear(disk, log),
        DiskLog::Ata(log) => Some(ata_wear(disk, log)),
    }
}

fn nvme_wear(disk: &str, log: &[u8]) -> Option<DiskWear> {
    // Counts have 16 bytes, of which nobody needs more than eight.
    let count = |at: usize| {
        let low = u64::from_le_bytes(log.get(at..at + 8)?.try_into().ok()?);
        let high = u64::from_le_bytes(log.get(at + 8..at + 16)?.try_into().ok()?);
        (high == 0).then_some(low)
    };
    let data = |at: usize| count(at).and_then(|it| it.checked_mul(DATA_UNIT_BYTES));
    Some(DiskWear {
        disk: disk.to_owned(),
        spare_percent: log.get(3).copied(),
        used_percent: Some(*log.get(5)?),
        read_bytes: data(32),
        written_bytes: data(48),
        power_cycles: count(112),
        power_on_hours: count(128),
        unsafe_shutdowns: count(144),
        media_errors: count(160),
        ..DiskWear::default()
    })
}

/// One attribute: number, flags, value, raw value.
struct Attribute {
    number: u8,
    flags: u8,
    value: u8,
    raw: u64,
}

fn attributes(data: &[u8]) -> Vec<Attribute> {
    let table = data.get(ATTRIBUTES_AT..ATTRIBUTES_AT + ATTRIBUTES * ATTRIBUTE_BYTES);
    let attribute = |bytes: &[u8]| {
        let raw = bytes.get(5..11)?.iter().rev().fold(0, |raw, byte| raw << 8 | u64::from(*byte));
        let number = *bytes.first()?;
        let (flags, value) = (*bytes.get(1)?, *bytes.get(3)?);
        (number != 0).then_some(Attribute { number, flags, value, raw })
    };
    table.unwrap_or_default().chunks(ATTRIBUTE_BYTES).filter_map(attribute).collect()
}

/// Attributes that foretell a failure and have fallen to their threshold; 0 is no threshold.
fn failing(log: &AtaLog) -> Vec<u8> {
    let table = log.thresholds.get(ATTRIBUTES_AT..).unwrap_or_default();
    let threshold = |number: u8| {
        let entries = table.chunks(ATTRIBUTE_BYTES).take(ATTRIBUTES);
        let entry = entries.into_iter().find(|it| it.first() == Some(&number))?;
        entry.get(1).copied().filter(|it| *it != 0)
    };
    let attributes = attributes(&log.data).into_iter();
    let failing = attributes.filter(|it| {
        let is_fallen = threshold(it.number).is_some_and(|threshold| it.value <= threshold);
        it.flags & PREFAILURE != 0 && is_fallen
    });
    failing.map(|it| it.number).collect()
}

fn ata_wear(disk: &str, log: &AtaLog) -> DiskWear {
    let attributes = attributes(&log.data);
    let raw = |number: u8| attributes.iter().find(|it| it.number == number).map(|it| it.raw);
    DiskWear {
        disk: disk.to_owned(),
        // Some disks put minutes or a temperature into the upper half of these.
        power_on_hours: raw(POWER_ON_HOURS).map(|it| it & 0xffff_ffff),
        power_cycles: raw(POWER_CYCLES).map(|it| it & 0xffff_ffff),
        reallocated_sectors: raw(REALLOCATED_SECTORS).map(|it| it & 0xffff_ffff),
        pending_sectors: raw(PENDING_SECTORS).map(|it| it & 0xffff_ffff),
        uncorrectable_sectors: raw(UNCORRECTABLE_SECTORS).map(|it| it & 0xffff_ffff),
        ..DiskWear::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::{Reply, Request};
    use crate::sources::testing::MapHost;

    /// Constructed from figure 207 of the specification.
    fn nvme(warning: u8) -> DiskLog {
        let mut log = vec![0; 512];
        log[0] = warning;
        log[1..6].copy_from_slice(&[0x36, 0x01, 100, 10, 3]);
        log[32..36].copy_from_slice(&2_000_000_u32.to_le_bytes());
        log[48..52].copy_from_slice(&1_000_000_u32.to_le_bytes());
        log[112] = 210;
        log[128..130].copy_from_slice(&8_760_u16.to_le_bytes());
        log[144] = 17;
        DiskLog::Nvme(log)
    }

    fn ata(value: u8, is_passed: Option<bool>) -> DiskLog {
        let (mut data, mut thresholds) = (vec![0; 512], vec![0; 512]);
        let rows = [
            (5, 0x33, value, 8_u64, 36),
            (9, 0x32, 95, 0x1234_0000_1000, 0),
            (197, 0x12, 100, 1, 0),
        ];
        for (index, (number, flags, value, raw, threshold)) in rows.into_iter().enumerate() {
            let at = 2 + index * 12;
            data[at..at + 4].copy_from_slice(&[number, flags, 0, value]);
            data[at + 5..at + 11].copy_from_slice(&raw.to_le_bytes()[..6]);
            thresholds[at..at + 2].copy_from_slice(&[number, threshold]);
        }
        DiskLog::Ata(AtaLog { data, thresholds, is_passed })
    }

    #[test]
    fn an_nvme_disk_states_warnings_and_wear() {
        let sound = health("nvme0n1", &nvme(0)).unwrap();
        assert_eq!((sound.is_sound, sound.warnings), (Some(true), Vec::new()));
        let ailing = health("nvme0n1", &nvme(0b1001)).unwrap();
        assert_eq!(ailing.warnings, ["spare_below_threshold", "read_only"]);
        assert_eq!(ailing.is_sound, Some(false));
        let wear = wear("nvme0n1", &nvme(0)).unwrap();
        assert_eq!((wear.used_percent, wear.spare_percent), (Some(3), Some(100)));
        assert_eq!(wear.written_bytes, Some(512_000_000_000));
        assert_eq!((wear.power_on_hours, wear.power_cycles), (Some(8_760), Some(210)));
        assert_eq!((wear.unsafe_shutdowns, wear.media_errors), (Some(17), Some(0)));
    }

    #[test]
    fn an_ata_disk_states_its_verdict_and_what_failed() {
        let sound = health("sda", &ata(100, Some(true))).unwrap();
        assert_eq!((sound.is_sound, sound.failing_attributes), (Some(true), Vec::new()));
        let ailing = health("sda", &ata(36, Some(false))).unwrap();
        assert_eq!((ailing.is_sound, ailing.failing_attributes), (Some(false), vec![5]));
        let wear = wear("sda", &ata(100, None)).unwrap();
        assert_eq!((wear.reallocated_sectors, wear.pending_sectors), (Some(8), Some(1)));
        assert_eq!((wear.power_on_hours, wear.power_cycles), (Some(4_096), None));
    }

    #[test]
    fn only_nvme_and_sata_disks_are_asked() {
        let request = |disk: &str| Request::DiskHealth { disk: disk.to_owned() };
        let reason = Absent::NotLookedAt { why: "disk_asleep".to_owned(), what: "sda".to_owned() };
        let host = MapHost::new()
            .link("/sys/block/nvme0n1", "../devices/pci0000:00/0000:00:04.0/nvme/nvme0/nvme0n1")
            .link(
                "/sys/block/sda",
                "../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
            )
            .link(
                "/sys/block/sdb",
                "../devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host1/block/sdb",
            )
            .link("/sys/block/sr0", "../devices/pci0000:00/0000:00:1f.2/ata2/host1/block/sr0")
            .answer(request("nvme0n1"), Ok(Reply::DiskHealth(nvme(0))))
            .answer(request("sda"), Err(reason.clone()));
        let (logs, gaps) = logs(&host, "disk_health").unwrap();
        assert_eq!(logs.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["nvme0n1"]);
        assert_eq!((gaps.len(), &gaps[0].reason), (1, &reason));
    }

    proptest! {
        #[test]
        fn any_log_is_read_without_panic(
            data in proptest::collection::vec(any::<u8>(), 0..600),
            thresholds in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            for log in [DiskLog::Nvme(data.clone()), DiskLog::Ata(AtaLog { data, thresholds, is_passed: None })] {
                let _ = (health("d", &log), wear("d", &log));
            }
        }
    }
}
