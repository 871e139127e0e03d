//! What the spool does when it is killed, starved and lied to.

use observation::latest::{
    AgentId, Fact, InitSystem, NameKey, ObserverKind, Outcome, Platform, Section, SectionBody,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::disk::memory::{Fault, MemoryDisk};

pub(crate) fn report(number: ReportNumber, sections: &[(&str, u32)]) -> Report {
    let section = |(source, value): &(&str, u32)| Section {
        observed_at: Timestamp::UNIX_EPOCH,
        duration_ms: 1,
        cadence: if source.starts_with("volatile") { Cadence::Volatile } else { Cadence::Steady },
        body: SectionBody {
            source: SourceId::new(*source),
            outcome: Outcome::Read {
                facts: vec![Fact::InitSystem(InitSystem {
                    name: format!("{value}{}", "x".repeat(200)),
                    version: None,
                })],
                gaps: Vec::new(),
                complaints: Vec::new(),
            },
        },
    };
    Report {
        format: 1,
        observer: Observer {
            agent: Some(AgentId(Uuid::from_u128(5))),
            kind: ObserverKind::Agent,
            software_version: "0".to_owned(),
            platform: Platform::Linux,
            is_privileged: false,
            name_key: NameKey::Company,
            boot: None,
        },
        number,
        started_at: Timestamp::UNIX_EPOCH,
        sections: sections.iter().map(section).collect(),
    }
}

fn open(disk: &MemoryDisk) -> Spool {
    Spool::open(Arc::new(disk.clone()), BYTES_MAX, 0)
}

fn push(spool: &mut Spool, sections: &[(&str, u32)]) -> ReportNumber {
    let number = spool.next_number().unwrap();
    spool.push(&report(number, sections));
    number
}

#[test]
fn reports_survive_a_restart_in_their_order() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    let first = push(&mut spool, &[("a.a", 1), ("b.b", 1)]);
    push(&mut spool, &[("a.a", 2), ("b.b", 1)]);
    drop(spool);
    let mut spool = open(&disk);
    assert_eq!(spool.len(), 2);
    let oldest = spool.oldest().unwrap().clone();
    assert_eq!(oldest.number, first);
    assert!(oldest.sections.iter().all(|it| spool.body(it.hash).is_some()));
    assert_eq!(spool.take_complaints(), Vec::<String>::new());
}

#[test]
fn a_body_is_kept_once_and_goes_with_the_last_report_that_names_it() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    let first = push(&mut spool, &[("a.a", 1), ("b.b", 1)]);
    let second = push(&mut spool, &[("a.a", 2), ("b.b", 1)]);
    let bodies = || disk.names().iter().filter(|it| it.starts_with("bodies/")).count();
    assert_eq!(bodies(), 3);
    spool.acknowledge(first);
    assert_eq!(bodies(), 2);
    spool.acknowledge(second);
    assert_eq!(bodies(), 0);
}

#[test]
fn acknowledged_software_stays_as_a_base_for_the_next() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    let number = push(&mut spool, &[("software.dpkg", 1)]);
    let hash = spool.oldest().unwrap().sections[0].hash;
    spool.acknowledge(number);
    assert!(open(&disk).body(hash).is_some());
}

#[test]
fn a_state_that_stays_takes_two_reports_however_long_it_lasts() {
    let mut spool = open(&MemoryDisk::default());
    for _ in 0..100 {
        push(&mut spool, &[("a.a", 1)]);
        push(&mut spool, &[("volatile.v", 1)]);
    }
    assert_eq!(spool.len(), 4);
    push(&mut spool, &[("a.a", 2)]);
    push(&mut spool, &[("a.a", 1)]);
    assert_eq!(spool.len(), 6);
}

#[test]
fn a_full_disk_keeps_the_report_in_memory_and_says_so() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    push(&mut spool, &[("a.a", 1)]);
    disk.set_fault(Fault::Full);
    let number = spool.next_number().unwrap();
    let kept = spool.push(&report(number, &[("a.a", 2)]));
    assert!(matches!(kept, Kept::InMemory { .. }));
    let newest = spool.entries.values().last().unwrap().clone();
    assert!(spool.body(newest.sections[0].hash).is_some());
    assert_eq!(spool.len(), 2);
}

#[test]
fn a_disk_that_stays_full_runs_out_of_numbers_instead_of_repeating_them() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    spool.next_number().unwrap();
    disk.set_fault(Fault::Full);
    let given = (0..200).filter(|_| spool.next_number().is_ok()).count();
    assert_eq!(given, 63);
    disk.set_fault(Fault::None);
    assert!(spool.next_number().is_ok());
}

#[test]
fn torn_and_foreign_files_are_set_aside() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    push(&mut spool, &[("a.a", 1)]);
    let kept = disk.names();
    disk.put("queue/00000000000000000001-00000000000000000009.json", b"{\"observer\":");
    disk.put("queue/readme.txt", b"hello");
    disk.put("bodies/notes", b"hello");
    disk.put(&format!("bodies/x{UNFINISHED}"), b"half");
    let mut spool = open(&disk);
    assert_eq!(spool.len(), 1);
    assert_eq!(spool.take_complaints().len(), 3);
    let aside = disk.names().iter().filter(|it| it.starts_with("aside/")).count();
    assert_eq!(disk.names().len(), kept.len() + aside);
}

#[test]
fn a_report_under_a_wrong_name_is_foreign() {
    let disk = MemoryDisk::default();
    push(&mut open(&disk), &[("a.a", 1)]);
    let name = disk.names().into_iter().find(|it| it.starts_with("queue/")).unwrap();
    let content = disk.read(&name, 100_000).unwrap();
    disk.put("queue/00000000000000000007-00000000000000000007.json", &content);
    assert_eq!(open(&disk).len(), 1);
}

#[test]
fn what_is_set_aside_does_not_grow_without_end() {
    let disk = MemoryDisk::default();
    for number in 0..100 {
        disk.put(&format!("queue/junk{number}"), b"x");
    }
    drop(open(&disk));
    assert_eq!(disk.names().len(), ASIDE_MAX);
}

#[test]
fn a_damaged_body_is_not_given_out() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    let number = push(&mut spool, &[("a.a", 1), ("b.b", 1)]);
    let hash = spool.oldest().unwrap().sections[0].hash;
    disk.put(&body_name(hash), b"{}");
    assert_eq!(spool.body(hash), None);
    spool.forget_sections(number, &BTreeSet::from([hash]));
    let entry = spool.oldest().unwrap();
    assert_eq!((entry.sections.len(), entry.host_hash), (1, None));
}

#[test]
fn a_lost_counter_begins_a_new_epoch() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    assert_eq!(spool.next_number().unwrap(), ReportNumber { epoch: 1, sequence: 1 });
    disk.remove("counter.json").unwrap();
    let mut spool = Spool::open(Arc::new(disk), BYTES_MAX, 1);
    assert_eq!(spool.next_number().unwrap(), ReportNumber { epoch: 2, sequence: 1 });
    assert_eq!(spool.take_complaints().len(), 1);
}

#[test]
fn a_new_epoch_renumbers_what_waits_in_the_same_order() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    push(&mut spool, &[("a.a", 1)]);
    push(&mut spool, &[("a.a", 2)]);
    let hashes: Vec<_> = spool.entries.values().map(|it| it.sections[0].hash).collect();
    spool.begin_epoch().unwrap();
    let spool = Spool::open(Arc::new(disk), BYTES_MAX, 2);
    let after: Vec<_> = spool.entries.values().map(|it| it.sections[0].hash).collect();
    assert_eq!((after, spool.oldest().unwrap().number.epoch), (hashes, 2));
}

#[test]
fn too_much_leaves_the_newest_state_of_each_source() {
    let disk = MemoryDisk::default();
    let mut spool = Spool::open(Arc::new(disk.clone()), 1200, 0);
    for value in 0..50 {
        let source = if value % 2 == 0 { "a.a" } else { "b.b" };
        push(&mut spool, &[(source, value)]);
    }
    assert!(spool.bytes() <= 1200);
    let newest: BTreeSet<String> =
        spool.entries.values().rev().take(2).map(|it| it.sections[0].source.to_string()).collect();
    assert_eq!(newest.len(), 2);
    let bodies = disk.names().iter().filter(|it| it.starts_with("bodies/")).count();
    assert!(bodies <= 4, "{bodies}");
}

proptest! {
    #[test]
    fn numbers_only_grow_whatever_happens(steps in proptest::collection::vec(0_u8..6, 1..200)) {
        let disk = MemoryDisk::default();
        let mut epoch = 0;
        let mut spool = Spool::open(Arc::new(disk.clone()), BYTES_MAX, epoch);
        let mut last = ReportNumber { epoch: 0, sequence: 0 };
        for step in steps {
            match step {
                0 => disk.set_fault(Fault::Full),
                1 => disk.set_fault(Fault::Torn),
                2 => disk.set_fault(Fault::None),
                3 => {
                    // Killed and started again; the enrolment remembers the epoch.
                    epoch = spool.epoch();
                    spool = Spool::open(Arc::new(disk.clone()), BYTES_MAX, epoch);
                }
                _ => if let Ok(number) = spool.next_number() {
                    prop_assert!(number > last, "{number:?} after {last:?}");
                    last = number;
                    spool.push(&report(number, &[("a.a", u32::from(step))]));
                },
            }
        }
    }

    #[test]
    fn foreign_bytes_in_the_spool_never_stop_it(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let disk = MemoryDisk::default();
        for name in ["counter.json", "bases.json", "queue/a", "bodies/b"] {
            disk.put(name, &bytes);
        }
        let mut spool = open(&disk);
        prop_assert!(spool.next_number().is_ok());
    }
}
