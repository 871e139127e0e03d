//! What the spool does when it is killed, starved and lied to.

use observation::latest::written::{Outcome, Section, SectionBody};
use observation::latest::{AgentId, Fact, FactText, InitSystem, NameKey, ObserverKind, Platform};
use proptest::prelude::*;
use uuid::Uuid;

use super::bounds::{VOLATILE_MAX, thinned};
use super::*;
use crate::disk::memory::{Fault, MemoryDisk};

fn fact(name: String) -> FactText {
    FactText::of(&Fact::InitSystem(InitSystem { name, version: None })).unwrap()
}

pub(crate) fn report(number: ReportNumber, sections: &[(&str, u32)]) -> Report {
    let section = |(source, value): &(&str, u32)| Section {
        observed_at: Timestamp::UNIX_EPOCH,
        duration_ms: 1,
        cadence: if source.starts_with("volatile") { Cadence::Volatile } else { Cadence::Steady },
        body: SectionBody {
            source: SourceId::new(*source),
            outcome: Outcome::Read {
                facts: vec![fact(format!("{value}{}", "x".repeat(200)))],
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
    let given = (0..5000).filter(|_| spool.next_number().is_ok()).count();
    assert_eq!(given, 4095);
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
    let mut spool = Spool::open(Arc::new(disk.clone()), 2000, 0);
    for value in 0..50 {
        let source = if value % 2 == 0 { "a.a" } else { "b.b" };
        push(&mut spool, &[(source, value)]);
    }
    assert!(spool.bytes <= 2000);
    let newest: BTreeSet<String> =
        spool.entries.values().rev().take(2).map(|it| it.sections[0].source.to_string()).collect();
    assert_eq!(newest.len(), 2);
    let bodies = disk.names().iter().filter(|it| it.starts_with("bodies/")).count();
    assert!(bodies <= 4, "{bodies}");
}

/// A body of `size` bytes that cannot be compressed to much less.
fn moving(seed: u64, size: usize) -> String {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let digits = (0..size / 16).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{:016x}", state ^ (state >> 29))
    });
    digits.collect()
}

fn with_text(number: ReportNumber, source: &str, text: String) -> Report {
    let mut report = report(number, &[(source, 0)]);
    let facts = vec![fact(text)];
    report.sections[0].body.outcome =
        Outcome::Read { facts, gaps: Vec::new(), complaints: Vec::new() };
    report
}

/// All sizes of the test below are an eighth of the real ones, the bound too: hashing a month takes its
/// time.
const SCALE: u64 = 8;
/// Text of the volatile bodies of one run on a busy server (12 KiB), and of the steady body that an
/// update of packages changes (48 KiB); half of it stays when it is packed, which is more than real
/// bodies leave. Reports without bodies are not scaled.
const VOLATILE_BYTES: usize = 12 * 1024 / SCALE as usize;
const STEADY_BYTES: usize = 48 * 1024 / SCALE as usize;

#[test]
fn thirty_days_without_a_collector_fit_and_every_steady_state_stays() {
    let disk = MemoryDisk::default();
    let mut spool = Spool::open(Arc::new(disk), BYTES_MAX / SCALE, 0);
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let mut states = BTreeSet::new();
    for quarter in 0_u64..30 * 96 {
        let at = start.checked_add(jiff::SignedDuration::from_mins(15 * quarter as i64)).unwrap();
        if quarter % 4 == 0 {
            // One update a day.
            let number = spool.next_number().unwrap();
            let steady = moving(quarter / 96, STEADY_BYTES);
            let mut steady = with_text(number, "software.dpkg", steady);
            steady.started_at = at;
            states.insert(steady.sections[0].body.hash());
            spool.push(&steady);
        }
        let number = spool.next_number().unwrap();
        let moved = moving(1_000_000 + quarter, VOLATILE_BYTES);
        let mut moved = with_text(number, "volatile.connections", moved);
        moved.started_at = at;
        spool.push(&moved);
    }
    let kept: BTreeSet<ContentHash> =
        spool.entries.values().flat_map(|it| it.sections.iter().map(|head| head.hash)).collect();
    assert_eq!(states.len(), 30);
    assert!(states.is_subset(&kept), "a steady state was lost");
    assert_eq!(spool.oldest().unwrap().started_at, start);
    let volatile = spool.volatile();
    assert!((600..=VOLATILE_MAX).contains(&volatile.len()), "{}", volatile.len());
    // Between two that were kept there are never more than two hours.
    let times: Vec<Timestamp> = volatile.iter().map(|it| spool.entries[it].started_at).collect();
    let widest = times.windows(2).map(|it| it[1].duration_since(it[0])).max().unwrap();
    assert!(widest <= jiff::SignedDuration::from_hours(2), "{widest}");
    let waiting = spool.waiting();
    assert!(waiting.bytes <= BYTES_MAX / SCALE, "{} bytes", waiting.bytes);
    assert!(spool.take_complaints().iter().any(|it| it.contains("moves by itself")));
}

#[test]
fn what_lies_closest_is_thinned_first() {
    let number = |sequence| ReportNumber { epoch: 1, sequence };
    let numbers = [1, 9, 17, 21, 25, 29, 31, 33].map(number);
    assert_eq!(thinned(&numbers), [31, 33].map(number)[..1]);
    let even = [1, 2, 3, 4, 5].map(number);
    assert_eq!(thinned(&even), [2, 4].map(number));
    let epochs = [1, 2, 3].map(|epoch| ReportNumber { epoch, sequence: 1 });
    assert_eq!(thinned(&epochs), [epochs[1]]);
    assert!(thinned(&epochs[..1]).is_empty());
    assert!(thinned(&[]).is_empty());
}

#[test]
fn what_moves_by_itself_goes_before_what_is_steady_and_it_is_said() {
    let disk = MemoryDisk::default();
    let mut spool = Spool::open(Arc::new(disk.clone()), 60_000, 0);
    for value in 0..20 {
        push(&mut spool, &[("a.a", value)]);
        let number = spool.next_number().unwrap();
        spool.push(&with_text(number, "volatile.v", moving(u64::from(value), 8000)));
    }
    let steady = spool.len() - spool.volatile().len();
    assert_eq!(steady, 20);
    assert!(spool.volatile().len() < 20 && spool.bytes <= 60_000);
    let complaints = spool.take_complaints();
    assert!(complaints.iter().all(|it| it.contains("moves by itself")), "{complaints:?}");
}

#[test]
fn the_books_of_bytes_agree_with_the_disk_after_a_restart() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    let mut numbers = Vec::new();
    for value in 0..30 {
        numbers.push(push(&mut spool, &[("software.a", value / 3), ("b.b", value)]));
    }
    for number in numbers.iter().step_by(3) {
        spool.acknowledge(*number);
    }
    spool.refuse(numbers[1]);
    let size = |name: &String| disk.read(name, 1 << 20).unwrap().len() as u64;
    let is_counted = |it: &&String| it.starts_with("queue/") || it.starts_with("bodies/");
    let on_disk: u64 = disk.names().iter().filter(is_counted).map(size).sum();
    assert_eq!(spool.bytes, on_disk);
    assert_eq!(open(&disk).bytes, on_disk);
}

#[test]
fn bodies_of_older_versions_are_still_read() {
    let disk = MemoryDisk::default();
    let number = ReportNumber { epoch: 1, sequence: 1 };
    let plain = report(number, &[("a.a", 1)]).sections[0].body.canonical_bytes();
    let mut spool = open(&disk);
    push(&mut spool, &[("a.a", 1)]);
    let hash = spool.oldest().unwrap().sections[0].hash;
    disk.put(&body_name(hash), &plain);
    assert_eq!(open(&disk).body(hash), Some(plain));
}

#[test]
fn what_is_in_memory_is_counted() {
    let disk = MemoryDisk::default();
    let mut spool = open(&disk);
    push(&mut spool, &[("a.a", 1)]);
    assert_eq!(spool.waiting().in_memory, 0);
    disk.set_fault(Fault::Full);
    let number = push(&mut spool, &[("a.a", 2)]);
    assert_eq!((spool.waiting().in_memory, spool.waiting().reports), (1, 2));
    disk.set_fault(Fault::None);
    push(&mut spool, &[("a.a", 3)]);
    assert_eq!(spool.waiting().in_memory, 0);
    assert_eq!(open(&disk).len(), 3);
    spool.acknowledge(number);
    assert_eq!(spool.waiting().in_memory, 0);
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
