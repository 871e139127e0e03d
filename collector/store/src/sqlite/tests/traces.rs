//! However reports arrive, and however often, the history is that of their own order.

use std::collections::{BTreeMap, BTreeSet};

use inventory::asset::ObserverId;
use inventory::reconcile::{Identifier, IdentifierKind, TimedIdentifier};
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::{Cadence, ReportNumber, SourceId};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert_eq};
use proptest::sample::Index;
use proptest::test_runner::{TestCaseResult, TestRunner};
use rusqlite::Connection;

use super::super::{agents, bodies, evidence, history, migrate, reports};
use super::{AGENT, agent, event, report, second, secret, token};
use crate::IncomingReport;

const DISK: &str = "hardware.disks";
const NAME: &str = "system.host_name";
const LOAD: &str = "network.connections";

/// What one report says, whenever it is sent.
#[derive(Debug, Clone)]
struct Said {
    name: u8,
    /// The disk source is not part of every report.
    disk: Option<u8>,
    load: Option<u8>,
    is_steady: bool,
    /// How far the clock was off: order is by number, not by time.
    jitter: i64,
}

fn said() -> impl Strategy<Value = Said> {
    let disk = proptest::option::of(0..2_u8);
    let load = proptest::option::of(0..2_u8);
    (0..3_u8, disk, load, proptest::bool::weighted(0.8), -150..150_i64).prop_map(
        |(name, disk, load, is_steady, jitter)| Said { name, disk, load, is_steady, jitter },
    )
}

impl Said {
    fn report(&self, index: usize) -> IncomingReport {
        let order = u64::try_from(index).unwrap();
        let number = ReportNumber { epoch: 1 + order / 7, sequence: order % 7 };
        let at = second(1000 + 100 * i64::try_from(index).unwrap() + self.jitter);
        let mut sections = Vec::new();
        if self.is_steady {
            sections.push((NAME, Cadence::Steady, format!("name {}", self.name)));
            sections.extend(self.disk.map(|it| (DISK, Cadence::Steady, format!("disk {it}"))));
        }
        sections.extend(self.load.map(|it| (LOAD, Cadence::Volatile, format!("load {it}"))));
        let mut report = report(number, at, &sections);
        if self.is_steady {
            let identifier =
                Identifier { kind: IdentifierKind::SystemSerial, text: format!("{}", self.name) };
            report.identifiers =
                vec![TimedIdentifier { identifier, first_seen_at: at, last_seen_at: at }];
        }
        report
    }
}

type Bodies = BTreeSet<(SourceId, ContentHash, Timestamp, Timestamp)>;

/// The history of reports in their own order: runs of equal bodies.
fn expected_bodies(reports: &[IncomingReport]) -> Bodies {
    let mut runs: BTreeMap<SourceId, Vec<(ContentHash, Timestamp, Timestamp)>> = BTreeMap::new();
    for section in reports.iter().flat_map(|it| &it.sections) {
        let at = section.corrected_at;
        let runs = runs.entry(section.head.source.clone()).or_default();
        match runs.last_mut().filter(|run| run.0 == section.head.hash) {
            Some(run) => *run = (run.0, run.1.min(at), run.2.max(at)),
            None => runs.push((section.head.hash, at, at)),
        }
    }
    let flat = |(source, runs): (SourceId, Vec<_>)| {
        runs.into_iter().map(move |(hash, first, last)| (source.clone(), hash, first, last))
    };
    runs.into_iter().flat_map(flat).collect()
}

fn expected_identifiers(reports: &[IncomingReport]) -> Vec<TimedIdentifier> {
    let mut times: BTreeMap<Identifier, (Timestamp, Timestamp)> = BTreeMap::new();
    for shown in reports.iter().flat_map(|it| &it.identifiers) {
        let (at, text) = (shown.first_seen_at, shown.identifier.clone());
        let time = times.entry(text).or_insert((at, at));
        *time = (time.0.min(at), time.1.max(at));
    }
    let timed = |(identifier, (first_seen_at, last_seen_at))| TimedIdentifier {
        identifier,
        first_seen_at,
        last_seen_at,
    };
    times.into_iter().map(timed).collect()
}

/// A database in memory with one agent.
fn database() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate::migrate(&mut connection, ":memory:".as_ref()).unwrap();
    agents::create_token(&connection, &token(), &event()).unwrap();
    let enrolled =
        agents::enrol(&connection, super::TOKEN, secret(), second(1), &agent(), &event());
    enrolled.unwrap().unwrap();
    connection
}

/// Delivers a report as an agent does: the hash first, all of it where the hash is not known.
fn deliver(connection: &Connection, report: &IncomingReport) -> bool {
    let is_steady = !report.identifiers.is_empty();
    let is_plain = report.sections.iter().all(|it| it.head.cadence == Cadence::Steady);
    if is_steady
        && is_plain
        && let Some(answer) =
            reports::confirm(connection, &report.receipt, report.host_hash).unwrap()
    {
        return answer.was_repeated;
    }
    let prepared = bodies::prepare(report.sections.iter()).unwrap();
    reports::append(connection, report, &prepared).unwrap().was_repeated
}

#[test]
fn order_and_repetition_of_arrival_do_not_change_the_history() {
    let all = proptest::collection::vec(said(), 1..20);
    let arrival = proptest::collection::vec(any::<Index>(), 0..40);
    let connection = database();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(250));
    let result = runner.run(&(all, arrival), |(all, arrival)| {
        let trace = connection.unchecked_transaction().unwrap();
        check(&trace, &all, &arrival)?;
        trace.rollback().unwrap();
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

fn check(connection: &Connection, all: &[Said], arrival: &[Index]) -> TestCaseResult {
    // All come again in order at the end, so that none is missing.
    let order = arrival.iter().map(|it| it.index(all.len())).chain(0..all.len());
    let mut arrived = BTreeSet::new();
    let full: Vec<IncomingReport> =
        all.iter().enumerate().map(|(index, said)| said.report(index)).collect();
    for index in order {
        let was_repeated = deliver(connection, &full[index]);
        prop_assert_eq!(was_repeated, !arrived.insert(index));
    }
    let observer = ObserverId::Agent(AGENT);
    let spans = history::spans(connection, std::slice::from_ref(&observer)).unwrap();
    let found: Bodies = spans
        .into_iter()
        .map(|it| (it.source, it.hash, it.first_observed_at, it.last_observed_at))
        .collect();
    prop_assert_eq!(found, expected_bodies(&full));
    let members = evidence::candidates(connection, &[observer]).unwrap();
    prop_assert_eq!(&members[0].identifiers, &expected_identifiers(&full));
    let last = agents::agent(connection, AGENT).unwrap().unwrap().last_number;
    prop_assert_eq!(last, full.last().map(|it| it.receipt.number));
    Ok(())
}
