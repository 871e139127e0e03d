//! A collector with valid keys that means harm: whatever it answers, reports stay until they are
//! acknowledged, and nothing is done but what the closed list of tasks allows.

use std::sync::{Arc, Mutex};

use observation::latest::protocol::{Schedule, TASKS_MAX, Task};
use proptest::prelude::*;

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
    assert_eq!((waiting, tasks.len()), (0, TASKS_MAX));
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

proptest! {
    #[test]
    fn any_answer_is_survived(
        status in prop_oneof![Just(200_u16), 100_u16..600],
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert!(told(status, &bytes).0 <= 1);
    }
}
