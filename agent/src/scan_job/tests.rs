use std::net::IpAddr;
use std::sync::Mutex;

use observation::latest::protocol::Problem;
use observation::latest::scan::{ProbeSelection, TargetReport};

use super::*;
use crate::deliver::network::{NetworkError, Pending, Response};
use crate::disk::memory::MemoryDisk;

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|it| it.parse().unwrap()).collect()
}

fn job(run: u128, networks: &[&str]) -> ScanJob {
    ScanJob {
        run: Uuid::from_u128(run),
        networks: nets(networks),
        exclusions: nets(&["10.2.0.1/32"]),
        ot_networks: nets(&["10.2.7.0/24", "10.9.0.0/24"]),
        probes: ProbeSelection::Discovery,
        ..ScanJob::default()
    }
}

fn config(networks: &[&str]) -> ScanConfig {
    ScanConfig {
        networks: nets(networks),
        exclude: nets(&["10.2.0.2/32"]),
        ..ScanConfig::default()
    }
}

/// A collector that answers from a list and keeps what it was sent.
#[derive(Default)]
struct Recorder {
    answers: Mutex<Vec<Response>>,
    parts: Mutex<Vec<ScanReport>>,
}

impl Recorder {
    fn answering(answers: Vec<Response>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers), parts: Mutex::default() })
    }

    fn parts(&self) -> Vec<ScanReport> {
        self.parts.lock().unwrap().clone()
    }
}

impl Network for Recorder {
    fn post(&self, message: Message) -> Pending<'_> {
        assert_eq!((message.path, message.is_compressed), (PATH, true));
        let json = zstd::decode_all(message.body.as_slice()).unwrap();
        self.parts.lock().unwrap().push(serde_json::from_slice(&json).unwrap());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.is_empty() { taken(false) } else { answers.remove(0) };
        Box::pin(async move {
            match answer.status {
                0 => Err(NetworkError::TimedOut { address: "c:1".to_owned() }),
                _ => Ok(answer),
            }
        })
    }
}

fn taken(is_to_stop: bool) -> Response {
    let server_time = Timestamp::UNIX_EPOCH;
    let answer = ScanReportAnswer { was_repeated: false, is_to_stop, server_time };
    let body = serde_json::to_vec(&answer).unwrap();
    Response { status: 200, retry_after_seconds: None, body }
}

fn refused(code: ProblemCode, status: u16) -> Response {
    let problem = Problem { code, title: "no".to_owned(), status };
    let body = serde_json::to_vec(&problem).unwrap();
    Response { status, retry_after_seconds: None, body }
}

const fn silence() -> Response {
    Response { status: 0, retry_after_seconds: None, body: Vec::new() }
}

/// Chance is always nought, and so is every wait.
struct Hasty;

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u64 {
        0
    }
}

fn worker(program: &str) -> (Jobs, Worker, Arc<MemoryDisk>) {
    let disk = Arc::new(MemoryDisk::default());
    let (jobs, worker) = on_disk(program, &disk);
    (jobs, worker, disk)
}

fn on_disk(program: &str, disk: &Arc<MemoryDisk>) -> (Jobs, Worker) {
    let place = Place { agent: AgentId(Uuid::from_u128(5)), program: PathBuf::from(program) };
    jobs(place, Arc::clone(disk) as Arc<dyn Disk>, Arc::new(Hasty))
}

fn report(targets: u8, text: usize) -> ScanReport {
    let target = |last: u8| TargetReport {
        address: IpAddr::from([10, 2, 0, last]),
        sections: vec![observation::latest::Section {
            observed_at: Timestamp::UNIX_EPOCH,
            duration_ms: 1,
            cadence: observation::latest::Cadence::Volatile,
            body: observation::latest::SectionBody {
                source: observation::latest::SourceId::new("x".repeat(text)),
                outcome: observation::latest::Outcome::Read {
                    facts: Vec::new(),
                    gaps: Vec::new(),
                    complaints: Vec::new(),
                },
            },
        }],
    };
    let end = ScanEnd {
        finished_at: Timestamp::UNIX_EPOCH,
        is_complete: true,
        remarks: Vec::new(),
        figures: ScanFigures::default(),
        done: Vec::new(),
    };
    ScanReport {
        format: FORMAT,
        run: Uuid::from_u128(1),
        part: 0,
        vantage: Vantage {
            agent: None,
            software_version: String::new(),
            links: Vec::new(),
            gateways: Vec::new(),
            has_raw_sockets: false,
        },
        started_at: Timestamp::UNIX_EPOCH,
        sent_at: Timestamp::UNIX_EPOCH,
        targets: (0..targets).map(target).collect(),
        end: Some(end),
    }
}

const STATE: UnderWay =
    UnderWay { run: Uuid::from_u128(1), next_part: 3, started_at: Timestamp::UNIX_EPOCH };

#[test]
fn without_a_word_in_the_configuration_nothing_is_scanned() {
    let refused = permitted(job(1, &["10.2.3.0/24"]), &ScanConfig::default()).unwrap_err();
    assert_eq!(refused, [remark("not_permitted", "10.2.3.0/24")]);
}

#[test]
fn what_is_permitted_keeps_the_exclusions_of_both_sides() {
    let job = permitted(job(1, &["10.2.3.0/24", "10.2.0.0/16"]), &config(&["10.2.0.0/16"]));
    let job = job.unwrap();
    assert_eq!(job.exclusions, nets(&["10.2.0.1/32", "10.2.0.2/32"]));
    assert!(job.ot_networks.is_empty(), "the collector's word alone opens no industrial device");
}

#[test]
fn industrial_ports_are_asked_where_both_sides_say_so() {
    for (ot, expected) in [
        (&["10.2.7.128/25"][..], &["10.2.7.128/25"][..]),
        (&["10.2.0.0/16"], &["10.2.7.0/24"]),
        (&["10.2.8.0/24"], &[]),
    ] {
        let config = ScanConfig { ot: nets(ot), ..config(&["10.2.0.0/16"]) };
        let job = permitted(job(1, &["10.2.7.0/24"]), &config).unwrap();
        assert_eq!(job.ot_networks, nets(expected), "{ot:?}");
    }
}

#[test]
fn the_rate_of_the_configuration_is_never_exceeded() {
    let rate = |wanted, most: u32| {
        let config = ScanConfig { rate_max_pps: most.try_into().ok(), ..config(&["10.2.0.0/16"]) };
        let job = ScanJob { rate_pps: wanted, ..job(1, &["10.2.3.0/24"]) };
        permitted(job, &config).unwrap().rate_pps
    };
    assert_eq!(rate(Some(20_000), 500), Some(500));
    assert_eq!(rate(Some(100), 500), Some(100));
    assert_eq!(rate(None, 500), Some(500), "less than the profile's");
    assert_eq!(rate(None, 50_000), Some(1000), "the profile's");
    assert_eq!(rate(Some(20_000), 0), Some(20_000), "nothing was configured");
}

#[test]
fn one_network_too_many_refuses_the_whole_job() {
    for networks in [&["10.2.3.0/24", "10.3.0.0/24"][..], &["10.0.0.0/8"], &["::/0"], &[]] {
        assert!(permitted(job(1, networks), &config(&["10.2.0.0/16"])).is_err(), "{networks:?}");
    }
}

#[tokio::test]
async fn a_refused_job_is_told_and_no_scanner_is_started() {
    let (mut jobs, worker, disk) = worker("/nonexistent");
    let collector = Recorder::answering(Vec::new());
    for _ in 0..2 {
        let network = Arc::clone(&collector) as Arc<dyn Network>;
        jobs.take(&job(1, &["10.3.0.0/24"]), &config(&["10.2.0.0/16"]), network);
    }
    drop(jobs);
    worker.work(None).await;
    let parts = collector.parts();
    assert_eq!(parts.len(), 1, "the same job twice is one job");
    let end = parts[0].end.as_ref().unwrap();
    assert!(!end.is_complete);
    assert_eq!(end.remarks, [remark("not_permitted", "10.3.0.0/24")]);
    assert!(disk.list("").unwrap().is_empty());
}

#[tokio::test]
async fn a_scanner_that_cannot_be_started_is_told() {
    let (mut jobs, worker, _) = worker("/nonexistent");
    let collector = Recorder::answering(Vec::new());
    let network = Arc::clone(&collector) as Arc<dyn Network>;
    jobs.take(&job(1, &["10.2.3.0/24"]), &config(&["10.2.0.0/16"]), network);
    drop(jobs);
    worker.work(None).await;
    let end = collector.parts()[0].end.clone().unwrap();
    assert_eq!(end.remarks[0].code, "scanner_failed");
}

#[tokio::test]
async fn after_a_restart_the_broken_off_scan_is_told_once() {
    let collector = Recorder::answering(Vec::new());
    let (jobs, first, disk) = worker("/nonexistent");
    first.keep(&STATE);
    drop(jobs);
    first.work(Some(Arc::clone(&collector) as Arc<dyn Network>)).await;
    let parts = collector.parts();
    assert_eq!((parts.len(), parts[0].part, parts[0].run), (1, 4, STATE.run));
    assert_eq!(parts[0].end.as_ref().unwrap().remarks, [remark("interrupted", "")]);
    assert!(disk.list("").unwrap().is_empty());
}

#[tokio::test]
async fn a_scan_that_broke_off_is_not_begun_again() {
    let disk = Arc::new(MemoryDisk::default());
    disk.put(UNDER_WAY, &serde_json::to_vec(&STATE).unwrap());
    let (mut jobs, worker) = on_disk("/nonexistent", &disk);
    let collector = Recorder::answering(Vec::new());
    let network = Arc::clone(&collector) as Arc<dyn Network>;
    jobs.take(&job(1, &["10.2.3.0/24"]), &config(&["10.2.0.0/16"]), Arc::clone(&network));
    drop(jobs);
    worker.work(Some(network)).await;
    assert_eq!(collector.parts().len(), 1, "its end, and no other run");
}

/// A scanner that is a script: it says these messages, in turn, whatever it is told.
fn scanner(folder: &std::path::Path, says: &[String], then: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("scanner");
    let lines: String = says.iter().map(|it| format!("echo '{it}' >&0\n")).collect();
    std::fs::write(&path, format!("#!/bin/sh\n{lines}{then}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

fn said(report: ScanReport) -> String {
    serde_json::to_string(&Said::Report(Box::new(report))).unwrap()
}

async fn scanned(says: &[String], then: &str, answers: Vec<Response>) -> Vec<ScanReport> {
    let folder = tempfile::tempdir().unwrap();
    let (mut jobs, worker, disk) = worker(scanner(folder.path(), says, then).to_str().unwrap());
    let collector = Recorder::answering(answers);
    let network = Arc::clone(&collector) as Arc<dyn Network>;
    jobs.take(&job(1, &["10.2.3.0/24"]), &config(&["10.2.0.0/16"]), network);
    drop(jobs);
    worker.work(None).await;
    assert!(disk.list("").unwrap().is_empty());
    collector.parts()
}

#[tokio::test]
async fn the_end_of_a_scan_is_said_once_when_a_part_of_it_is_not_taken() {
    let part = ScanReport { end: None, ..report(2, 10) };
    let refusals = || vec![refused(ProblemCode::BadRequest, 400), silence()];
    let parts = scanned(&[said(part)], "exec sleep 60", refusals()).await;
    assert_eq!(parts.iter().map(|it| it.part).collect::<Vec<_>>(), [0, 1]);
    let end = parts[1].end.as_ref().unwrap();
    assert_eq!(end.remarks, [remark("part_not_taken", "0")]);
}

#[tokio::test]
async fn a_scanner_that_does_not_stop_is_waited_for_no_longer_than_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let part = || ScanReport { end: None, ..report(2, 10) };
    let mut hung =
        Scanner::spawn(&scanner(folder.path(), &[said(part())], "exec sleep 60")).unwrap();
    assert!(matches!(next_message(&mut hung, None).await, Ok(Said::Report(_))));
    let broken = next_message(&mut hung, Some(Instant::now())).await.unwrap_err();
    assert_eq!(broken.remarks, [remark("scanner_lost", "")]);
}

#[tokio::test]
async fn a_part_is_sent_again_until_the_collector_takes_it() {
    let busy = refused(ProblemCode::Busy, 503);
    let collector = Recorder::answering(vec![silence(), busy, silence(), taken(true)]);
    let (_jobs, worker, disk) = worker("/nonexistent");
    let network = Arc::clone(&collector) as Arc<dyn Network>;
    let mut state = STATE;
    assert_eq!(worker.deliver(report(2, 10), &network, &mut state, PATIENCE).await, Next::Stop);
    let parts = collector.parts();
    assert_eq!(parts.len(), 4);
    assert!(parts.iter().all(|it| it.part == 3 && it.targets.len() == 2));
    assert_eq!(state.next_part, 4);
    let kept: UnderWay = serde_json::from_slice(&disk.read(UNDER_WAY, 4096).unwrap()).unwrap();
    assert_eq!(kept, state);
}

#[tokio::test]
async fn a_scan_that_nobody_takes_is_given_up() {
    for code in [ProblemCode::BadRequest, ProblemCode::Revoked] {
        let collector = Recorder::answering(vec![refused(code, 400)]);
        let (_jobs, worker, _) = worker("/nonexistent");
        let network = Arc::clone(&collector) as Arc<dyn Network>;
        let mut state = STATE;
        let next = worker.deliver(report(1, 1), &network, &mut state, PATIENCE).await;
        assert_eq!(next, Next::GiveUp);
        assert_eq!(collector.parts().len(), 1);
    }
}

#[test]
fn a_part_beyond_the_limit_becomes_two_and_the_end_comes_last() {
    assert!(halves(&report(9, 10)).is_none());
    let (first, second) = halves(&report(5, PART_BYTES_MAX / 4)).unwrap();
    assert_eq!((first.targets.len(), second.targets.len()), (2, 3));
    assert!(first.end.is_none() && second.end.is_some());
    assert!(halves(&report(1, PART_BYTES_MAX + 1)).is_none(), "one target cannot be cut");
}

#[test]
fn remarks_stay_short() {
    assert_eq!(remark("x", &"ä".repeat(500)).what.len(), REMARK_BYTES_MAX);
}
