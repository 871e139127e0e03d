//! A collector with valid keys that means harm: whatever it answers, reports stay until they are
//! acknowledged, and nothing is done but what the closed list of tasks allows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use observation::latest::protocol::{AgentKind, Schedule, Task};
use observation::latest::scan::ScanJob;
use proptest::prelude::*;
use uuid::Uuid;

use super::network::Pending;
use super::simulation::{CALLER, StillClock};
use super::*;
use crate::config::Config;
use crate::disk::memory::MemoryDisk;
use crate::spool::BYTES_MAX;
use crate::spool::tests::report;

/// Gives the same answer to everything.
struct Liar(u16, Vec<u8>);

impl Network for Liar {
    fn post(&self, _message: Message) -> Pending<'_> {
        let response = Response { status: self.0, retry_after_seconds: None, body: self.1.clone() };
        Box::pin(async move { Ok(response) })
    }
}

/// Reports that still wait after the collector gave this answer, and what it wanted.
fn told(status: u16, body: &[u8]) -> (usize, Vec<Task>) {
    let mut spool = Spool::open(Arc::new(MemoryDisk::default()), BYTES_MAX, 0);
    let number = spool.next_number().unwrap();
    spool.push(&report(number, &[("a.a", 1)]));
    let (network, clock) = (Liar(status, body.to_vec()), StillClock(Mutex::new(1)));
    let mut delivered = Delivered::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let delivery = deliver(&mut spool, CALLER, &network, &clock, &mut delivered);
    // How it ends is told elsewhere; here counts what it did.
    let _ = runtime.block_on(delivery);
    (spool.len(), delivered.tasks)
}

fn answer(tasks: &str) -> Vec<u8> {
    format!(r#"{{"is_known":true,"server_time":"2026-07-01T12:00:00Z","tasks":[{tasks}]}}"#)
        .into_bytes()
}

#[test]
fn tasks_that_nobody_knows_are_not_done_and_cost_no_acknowledgement() {
    let wanted = r#"{"task":"run","program":"/bin/sh"},{"task":"read_file","path":"/etc/shadow"},
        {"task":"collect_now","command":"id"},{"task":"update","url":"http://192.0.2.1/"}"#;
    let (waiting, tasks) = told(200, &answer(wanted));
    assert_eq!((waiting, tasks), (0, vec![Task::CollectNow]));
    let (waiting, tasks) = told(200, &answer(&vec![r#"{"task":"collect_now"}"#; 5000].join(",")));
    assert_eq!((waiting, tasks), (0, vec![Task::CollectNow]));
}

#[test]
fn intervals_that_make_no_sense_are_held_within_a_minute_and_a_week() {
    for (wanted, held) in [(0, 60), (1, 60), (1_000_000_000, 604_800), (u64::MAX, 604_800)] {
        let task = format!(
            r#"{{"task":"set_schedule","schedule":{{"collect_every_seconds":{wanted},"volatile_every_seconds":{wanted}}}}}"#
        );
        let (_, tasks) = told(200, &answer(&task));
        let [Task::SetSchedule { schedule }] = tasks.as_slice() else { panic!("{tasks:?}") };
        let expected = Schedule { collect_every_seconds: held, volatile_every_seconds: held };
        assert_eq!(Config::default().schedule(*schedule), expected);
    }
}

#[test]
fn deep_and_foreign_answers_leave_the_report_where_it_is() {
    let deep = [vec![b'['; 500_000], vec![b']'; 500_000]].concat();
    for body in [&b""[..], b"null", b"<html>", b"{\"is_known\":1e999}", &deep] {
        assert_eq!(told(200, body), (1, Vec::new()), "{} bytes", body.len());
    }
    // A deep task is passed over without descending into it, and costs no acknowledgement.
    let deep_task = answer(&format!("{}{}", "[".repeat(500_000), "]".repeat(500_000)));
    assert_eq!(told(200, &deep_task), (0, Vec::new()));
    for status in [301, 302, 307, 404, 418, 500] {
        assert_eq!(told(status, b"<html>"), (1, Vec::new()), "status {status}");
    }
}

#[test]
fn of_many_answers_the_newest_settings_count_and_few_scans_are_kept() {
    let scan = |run: u128| {
        let job = ScanJob { run: Uuid::from_u128(run), ..ScanJob::default() };
        Task::Scan { job: Box::new(job) }
    };
    let mut delivered = Delivered::default();
    for round in 0..1000 {
        let kind = if round % 2 == 0 { AgentKind::Client } else { AgentKind::Server };
        delivered.take(vec![Task::CollectNow, Task::SetKind { kind }, scan(round), scan(1)]);
    }
    assert_eq!(delivered.tasks.len(), 2 + SCANS_MAX);
    assert!(delivered.tasks.contains(&Task::SetKind { kind: AgentKind::Server }));
    assert_eq!(delivered.tasks.iter().filter(|it| **it == scan(1)).count(), 1);
}

/// A minute passes whenever somebody looks.
struct Hasty(AtomicU64);

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(60 * self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn random(&self) -> u64 {
        0
    }
}

#[test]
fn a_collector_that_takes_its_time_leaves_time_for_other_work() {
    let mut spool = Spool::open(Arc::new(MemoryDisk::default()), BYTES_MAX, 0);
    for content in 0..50 {
        let number = spool.next_number().unwrap();
        spool.push(&report(number, &[("a.a", content)]));
    }
    let (network, clock) = (Liar(200, answer("")), Hasty(AtomicU64::new(0)));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for left in [41, 32] {
        let mut delivered = Delivered::default();
        let round = deliver(&mut spool, CALLER, &network, &clock, &mut delivered);
        runtime.block_on(round).unwrap();
        assert_eq!((spool.len(), delivered.acknowledged), (left, 9));
    }
}

#[test]
fn words_of_the_other_end_are_cut_and_plain() {
    let long = "\u{1b}[2J\n".repeat(100_000);
    let body = serde_json::json!({"type": "revoked", "title": long, "status": 403}).to_string();
    for body in [body, format!("{{\"type\":{}}}", serde_json::json!(long))] {
        let response = Response { status: 403, retry_after_seconds: None, body: body.into_bytes() };
        let text = match read_answer::<UploadAnswer>("/v1/upload", &response).err().map(flat) {
            Some(error) => error.to_string(),
            None => panic!("a refusal was taken for an answer"),
        };
        assert!(text.chars().count() < 500 && !text.contains(char::is_control), "{text}");
    }
}

proptest! {
    #[test]
    fn any_answer_is_survived(
        status in prop_oneof![Just(200_u16), 100_u16..600],
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert!(told(status, &bytes).0 <= 1);
    }
}
