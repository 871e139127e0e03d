//! A model of the collector behind a network that loses, repeats and delays, and an agent that is
//! killed: what was acknowledged is there, exactly once, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use observation::latest::protocol::Schedule;
use observation::latest::{ReportNumber, SectionHead};
use proptest::prelude::*;
use uuid::Uuid;

use super::network::Pending;
use super::*;
use crate::disk::memory::{Fault, MemoryDisk};
use crate::spool::BYTES_MAX;
use crate::spool::tests::report;

pub(crate) const AGENT: AgentId = AgentId(Uuid::from_u128(5));
pub(super) const CALLER: Caller = Caller { agent: AGENT, home_revision: Some(u64::MAX) };

/// A clock that stands still, with reproducible chance.
pub(crate) struct StillClock(pub(crate) Mutex<u64>);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state >> 16
    }
}

fn clock() -> StillClock {
    StillClock(Mutex::new(1))
}

/// What the network does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fine,
    RequestLost,
    AnswerLost,
    Repeated,
    Busy,
    /// The collector forgot the bases of differences.
    BasesGone,
}

#[derive(Default)]
struct Model {
    weather: Vec<Weather>,
    bodies: BTreeMap<ContentHash, Vec<u8>>,
    hosts: BTreeMap<ContentHash, Vec<SectionHead>>,
    committed: BTreeMap<ReportNumber, Vec<SectionHead>>,
    commits: Vec<ReportNumber>,
    newest: BTreeMap<SourceId, ContentHash>,
    paths: Vec<&'static str>,
    sizes: Vec<usize>,
    deltas: usize,
    tasks: Vec<Task>,
}

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Model>>);

impl Collector {
    fn with(weather: &[Weather]) -> Self {
        let collector = Self::default();
        collector.0.lock().unwrap().weather = weather.to_vec();
        collector
    }
}

impl Network for Collector {
    fn post(&self, message: Message) -> Pending<'_> {
        let mut model = self.0.lock().unwrap();
        let weather = model.weather.pop().unwrap_or(Weather::Fine);
        let lost = || NetworkError::TimedOut { address: "model".to_owned() };
        let result = match weather {
            Weather::RequestLost => Err(lost()),
            Weather::Busy => Ok(problem(ProblemCode::Busy, 503)),
            Weather::Fine => Ok(model.answer(&message)),
            Weather::AnswerLost => {
                model.answer(&message);
                Err(lost())
            }
            Weather::Repeated => {
                model.answer(&message);
                Ok(model.answer(&message))
            }
            Weather::BasesGone if message.path == "/v1/upload" => {
                Ok(problem(ProblemCode::UnknownBase, 409))
            }
            Weather::BasesGone => Ok(model.answer(&message)),
        };
        Box::pin(async move { result })
    }
}

fn problem(code: ProblemCode, status: u16) -> Response {
    let problem = Problem { code, title: "model".to_owned(), status };
    Response { status, retry_after_seconds: None, body: serde_json::to_vec(&problem).unwrap() }
}

fn good(answer: &impl Serialize) -> Response {
    Response { status: 200, retry_after_seconds: None, body: serde_json::to_vec(answer).unwrap() }
}

impl Model {
    fn answer(&mut self, message: &Message) -> Response {
        self.paths.push(message.path);
        self.sizes.push(message.body.len());
        match message.path {
            "/v1/check-in" => self.check_in(&message.body),
            "/v1/manifest" => self.manifest(&message.body),
            "/v1/upload" => self.upload(&message.body),
            other => panic!("{other}"),
        }
    }

    fn check_in(&mut self, body: &[u8]) -> Response {
        let request: CheckInRequest = serde_json::from_slice(body).unwrap();
        let known = self.hosts.get(&request.host_hash).cloned();
        let is_known = known.is_some();
        if let Some(sections) = known
            && let Err(refusal) = self.commit(request.number, sections)
        {
            return refusal;
        }
        let tasks = std::mem::take(&mut self.tasks);
        let server_time = Timestamp::UNIX_EPOCH;
        good(&CheckInAnswer { is_known, server_time, tasks, seen_from: None })
    }

    fn manifest(&mut self, body: &[u8]) -> Response {
        let request: ManifestRequest = serde_json::from_slice(body).unwrap();
        let hashes = request.sections.iter().map(|it| it.hash);
        let missing: Vec<ContentHash> = hashes.filter(|it| !self.bodies.contains_key(it)).collect();
        if missing.is_empty()
            && let Err(refusal) = self.commit(request.number, request.sections)
        {
            return refusal;
        }
        let bases = self.newest.iter();
        let bases = bases.map(|(source, hash)| Base { source: source.clone(), hash: *hash });
        good(&ManifestAnswer { missing, bases: bases.collect() })
    }

    fn upload(&mut self, body: &[u8]) -> Response {
        let json = zstd::bulk::decompress(body, 1 << 24).unwrap();
        let request: UploadRequest = serde_json::from_slice(&json).unwrap();
        for body in &request.bodies {
            let bytes = match body {
                BodyTransfer::Full { body } => body.get().as_bytes().to_vec(),
                BodyTransfer::Delta { base, .. } => {
                    self.deltas += 1;
                    delta::apply(&self.bodies[base], body).unwrap()
                }
            };
            self.bodies.insert(ContentHash::of(&bytes), bytes);
        }
        match self.commit(request.manifest.number, request.manifest.sections) {
            Err(refusal) => refusal,
            Ok(was_repeated) => good(&UploadAnswer {
                was_repeated,
                server_time: Timestamp::UNIX_EPOCH,
                tasks: Vec::new(),
            }),
        }
    }

    fn commit(
        &mut self,
        number: ReportNumber,
        sections: Vec<SectionHead>,
    ) -> Result<bool, Response> {
        if self.committed.contains_key(&number) {
            return Ok(true);
        }
        if self.commits.last().is_some_and(|it| *it > number) {
            return Err(problem(ProblemCode::OutOfOrder, 409));
        }
        assert!(sections.iter().all(|it| self.bodies.contains_key(&it.hash)), "bodies first");
        let hashes = sections.iter().map(|it| (it.source.clone(), it.hash));
        self.newest.extend(hashes);
        let hash = ContentHash::of_all(sections.iter().map(|it| it.hash));
        self.hosts.insert(hash, sections.clone());
        self.committed.insert(number, sections);
        self.commits.push(number);
        Ok(false)
    }
}

fn open(disk: &MemoryDisk, epoch: u64) -> Spool {
    Spool::open(Arc::new(disk.clone()), BYTES_MAX, epoch)
}

fn push(spool: &mut Spool, sections: &[(&str, u32)]) -> ReportNumber {
    let number = spool.next_number().unwrap();
    spool.push(&report(number, sections));
    number
}

fn hand_over(spool: &mut Spool, collector: &Collector) -> (Result<(), DeliverError>, Delivered) {
    let mut delivered = Delivered::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let clock = clock();
    let result = runtime.block_on(deliver(spool, CALLER, collector, &clock, &mut delivered));
    (result, delivered)
}

#[test]
fn an_unchanged_host_costs_one_small_request() {
    let (collector, mut spool) = (Collector::default(), open(&MemoryDisk::default(), 0));
    for _ in 0..3 {
        push(&mut spool, &[("hardware.a", 1), ("software.dpkg", 1)]);
        hand_over(&mut spool, &collector).0.unwrap();
    }
    let model = collector.0.lock().unwrap();
    let check_in = "/v1/check-in";
    assert_eq!(model.paths, [check_in, "/v1/manifest", "/v1/upload", check_in, check_in]);
    assert!(model.sizes[4] <= 400, "{} bytes", model.sizes[4]);
    assert_eq!(model.commits.len(), 3);
}

#[test]
fn volatile_sections_travel_without_a_check_in() {
    let (collector, mut spool) = (Collector::default(), open(&MemoryDisk::default(), 0));
    push(&mut spool, &[("volatile.v", 1)]);
    hand_over(&mut spool, &collector).0.unwrap();
    assert_eq!(collector.0.lock().unwrap().paths, ["/v1/manifest", "/v1/upload"]);
}

#[test]
fn software_that_changed_a_little_travels_as_a_difference() {
    let (collector, mut spool) = (Collector::default(), open(&MemoryDisk::default(), 0));
    push(&mut spool, &[("software.dpkg", 1)]);
    hand_over(&mut spool, &collector).0.unwrap();
    let body = spool.body(collector.0.lock().unwrap().newest.values().next().copied().unwrap());
    let mut larger: serde_json::Value = serde_json::from_slice(&body.unwrap()).unwrap();
    let facts = larger["outcome"]["read"]["facts"].as_array_mut().unwrap();
    for number in 0..50 {
        let mut fact = facts[0].clone();
        let text = serde_json::to_string(&fact).unwrap().replace("1xx", &format!("{number}yy"));
        fact = serde_json::from_str(&text).unwrap();
        facts.push(fact);
    }
    let body: observation::latest::written::SectionBody = serde_json::from_value(larger).unwrap();
    for name in ["a", "b"] {
        let number = spool.next_number().unwrap();
        let mut report = report(number, &[("software.dpkg", 2)]);
        report.sections[0].body = body.clone();
        if name == "b"
            && let observation::latest::Outcome::Read { facts, .. } =
                &mut report.sections[0].body.outcome
        {
            facts.pop();
        }
        spool.push(&report);
        hand_over(&mut spool, &collector).0.unwrap();
    }
    let model = collector.0.lock().unwrap();
    assert_eq!((model.deltas, model.commits.len()), (2, 3));
}

#[test]
fn a_base_that_the_collector_lost_costs_one_more_upload() {
    let (collector, mut spool) = (Collector::default(), open(&MemoryDisk::default(), 0));
    push(&mut spool, &[("software.dpkg", 1)]);
    hand_over(&mut spool, &collector).0.unwrap();
    push(&mut spool, &[("software.dpkg", 2)]);
    // The weather is taken from the end: check-in, manifest, upload.
    collector.0.lock().unwrap().weather =
        vec![Weather::BasesGone, Weather::BasesGone, Weather::BasesGone];
    hand_over(&mut spool, &collector).0.unwrap();
    assert!(spool.is_empty());
}

#[test]
fn a_report_that_nobody_takes_does_not_block_the_others() {
    struct Picky(Collector);
    impl Network for Picky {
        fn post(&self, message: Message) -> Pending<'_> {
            if message.path == "/v1/upload" && self.0.0.lock().unwrap().paths.len() < 3 {
                return Box::pin(async { Ok(problem(ProblemCode::BadRequest, 400)) });
            }
            self.0.post(message)
        }
    }
    let (picky, mut spool) = (Picky(Collector::default()), open(&MemoryDisk::default(), 0));
    push(&mut spool, &[("a.a", 1)]);
    push(&mut spool, &[("a.a", 2)]);
    let mut delivered = Delivered::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(deliver(&mut spool, CALLER, &picky, &clock(), &mut delivered)).unwrap();
    assert_eq!((delivered.refused, delivered.acknowledged), (1, 1));
}

#[test]
fn an_answer_from_somebody_in_between_throws_nothing_away() {
    struct Portal;
    impl Network for Portal {
        fn post(&self, _message: Message) -> Pending<'_> {
            let body = b"<html>please log in".to_vec();
            Box::pin(async { Ok(Response { status: 400, retry_after_seconds: None, body }) })
        }
    }
    let mut spool = open(&MemoryDisk::default(), 0);
    push(&mut spool, &[("a.a", 1)]);
    let mut delivered = Delivered::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(deliver(&mut spool, CALLER, &Portal, &clock(), &mut delivered));
    assert!(matches!(result, Err(DeliverError::NotUnderstood { status: 400, .. })));
    assert_eq!(spool.len(), 1);
}

#[test]
fn a_refused_agent_keeps_its_reports() {
    for code in [ProblemCode::Revoked, ProblemCode::AwaitingApproval, ProblemCode::Quarantined] {
        struct No(ProblemCode);
        impl Network for No {
            fn post(&self, _message: Message) -> Pending<'_> {
                let answer = problem(self.0, 403);
                Box::pin(async { Ok(answer) })
            }
        }
        let mut spool = open(&MemoryDisk::default(), 0);
        push(&mut spool, &[("a.a", 1)]);
        let mut delivered = Delivered::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result =
            runtime.block_on(deliver(&mut spool, CALLER, &No(code), &clock(), &mut delivered));
        assert!(matches!(result, Err(DeliverError::Refused { .. })), "{code:?}");
        assert_eq!(spool.len(), 1);
    }
}

#[test]
fn an_old_copy_of_the_spool_begins_a_new_epoch_and_loses_nothing() {
    let (collector, disk) = (Collector::default(), MemoryDisk::default());
    let mut spool = open(&disk, 0);
    for value in 0..100 {
        push(&mut spool, &[("a.a", value)]);
    }
    hand_over(&mut spool, &collector).0.unwrap();
    // Restored from a backup made at the beginning: numbers from 1 again.
    let mut spool = open(&MemoryDisk::default(), 0);
    push(&mut spool, &[("a.a", 7_777)]);
    push(&mut spool, &[("a.a", 8_888)]);
    // The first two numbers are taken for repetitions only if their content is not looked at: the
    // model answers so. Beyond them the collector sees numbers that are too old.
    spool.next_number().unwrap();
    let before = collector.0.lock().unwrap().commits.len();
    collector.0.lock().unwrap().committed.clear();
    hand_over(&mut spool, &collector).0.unwrap();
    let model = collector.0.lock().unwrap();
    assert_eq!((model.commits.len(), model.commits.last().unwrap().epoch), (before + 2, 2));
}

#[test]
fn tasks_are_handed_on() {
    let (collector, mut spool) = (Collector::default(), open(&MemoryDisk::default(), 0));
    let schedule = Schedule { collect_every_seconds: 1, volatile_every_seconds: 1 };
    collector.0.lock().unwrap().tasks = vec![Task::SetSchedule { schedule }];
    push(&mut spool, &[("a.a", 1)]);
    let (_, delivered) = hand_over(&mut spool, &collector);
    assert_eq!(delivered.tasks, [Task::SetSchedule { schedule }]);
}

#[test]
fn hostile_answers_are_answered_with_an_error() {
    for (status, body) in [
        (200, b"".to_vec()),
        (200, vec![b'['; 100_000]),
        (200, br#"{"is_known":true}"#.to_vec()),
        (404, b"not found".to_vec()),
        (302, Vec::new()),
        (503, vec![0xff; 100]),
    ] {
        let response = Response { status, retry_after_seconds: Some(u64::MAX), body };
        match read_answer::<CheckInAnswer>("/v1/check-in", &response) {
            Err(Stop::Error(DeliverError::Later { after_seconds, .. })) => {
                assert_eq!(after_seconds, Some(RETRY_AFTER_SECONDS_MAX));
            }
            other => assert!(matches!(other, Err(Stop::Error(DeliverError::NotUnderstood { .. })))),
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Collect(u8),
    Deliver(Vec<Weather>),
    Kill,
    Disk(bool),
}

fn weather() -> impl Strategy<Value = Weather> {
    prop_oneof![
        4 => Just(Weather::Fine),
        1 => Just(Weather::RequestLost),
        2 => Just(Weather::AnswerLost),
        1 => Just(Weather::Repeated),
        1 => Just(Weather::Busy),
        1 => Just(Weather::BasesGone),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..4).prop_map(Step::Collect),
        4 => proptest::collection::vec(weather(), 0..6).prop_map(Step::Deliver),
        1 => Just(Step::Kill),
        1 => any::<bool>().prop_map(Step::Disk),
    ]
}

proptest! {
    #[test]
    fn nothing_acknowledged_is_lost_or_doubled(steps in proptest::collection::vec(step(), 1..60)) {
        let (collector, disk) = (Collector::default(), MemoryDisk::default());
        let mut spool = open(&disk, 0);
        let mut given = BTreeSet::new();
        for step in steps {
            match step {
                Step::Collect(value) => if let Ok(number) = spool.next_number() {
                    prop_assert!(given.last().is_none_or(|it| *it < number));
                    given.insert(number);
                    let value = u32::from(value);
                    spool.push(&report(number, &[("a.a", value), ("software.b", value / 2)]));
                },
                Step::Deliver(weather) => {
                    let waiting = spool.len();
                    collector.0.lock().unwrap().weather = weather;
                    let (_, delivered) = hand_over(&mut spool, &collector);
                    prop_assert_eq!(spool.len() + delivered.acknowledged, waiting);
                }
                // What was only in memory is gone then; what was acknowledged must not be.
                Step::Kill => spool = open(&disk, spool.epoch()),
                Step::Disk(is_full) => {
                    disk.set_fault(if is_full { Fault::Full } else { Fault::None });
                }
            }
            let model = collector.0.lock().unwrap();
            prop_assert!(model.commits.is_sorted());
            prop_assert_eq!(model.commits.len(), model.committed.len());
            prop_assert!(model.commits.iter().all(|it| given.contains(it)));
        }
        // When the weather clears, the collector has the newest state.
        disk.set_fault(Fault::None);
        let number = spool.next_number().unwrap();
        let last = report(number, &[("a.a", 9_999), ("software.b", 9_999)]);
        spool.push(&last);
        collector.0.lock().unwrap().weather.clear();
        let (result, _) = hand_over(&mut spool, &collector);
        prop_assert!(result.is_ok());
        prop_assert!(spool.is_empty());
        let model = collector.0.lock().unwrap();
        for section in &last.sections {
            let head = section.head();
            prop_assert_eq!(model.newest.get(&head.source), Some(&head.hash));
        }
    }
}

#[test]
fn a_lost_answer_is_asked_for_again_and_counts_once() {
    let collector = Collector::with(&[Weather::AnswerLost, Weather::Fine, Weather::Fine]);
    let mut spool = open(&MemoryDisk::default(), 0);
    push(&mut spool, &[("a.a", 1)]);
    let (result, _) = hand_over(&mut spool, &collector);
    assert!(result.is_err());
    assert_eq!((spool.len(), collector.0.lock().unwrap().commits.len()), (1, 1));
    hand_over(&mut spool, &collector).0.unwrap();
    assert!(spool.is_empty());
    assert_eq!(collector.0.lock().unwrap().commits.len(), 1);
}
