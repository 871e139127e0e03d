//! Scans that the collector wants from this place: only what the configuration of this agent allows,
//! by a process of its own, delivered part by part.
//!
//! A part is delivered before the next one is taken from the scanner: while the collector is away
//! the scan waits, and nothing piles up.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use observation::latest::protocol::{ProblemCode, ScanReportAnswer};
use observation::latest::scan::{ScanEnd, ScanFigures, ScanJob, ScanRemark, Vantage};
use observation::latest::written::ScanReport;
use observation::latest::{AgentId, FORMAT, FactText};
use scan::net::process::{self, ProcessError, Scanner};
use scan::plan::Scope;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::ScanConfig;
use crate::deliver::backoff::full_jitter;
use crate::deliver::network::{Message, Network};
use crate::deliver::{DeliverError, send_once};
use crate::disk::Disk;

/// What the scanner says; what it found is handed on as it is.
type Said = process::Message<FactText>;

/// Where parts are delivered.
const PATH: &str = "/v1/scan-report";
/// The file that names the scan under way, so that a new start can say that it broke off.
const UNDER_WAY: &str = "scan.json";
/// Largest such file.
const UNDER_WAY_BYTES_MAX: u64 = 4096;
/// Jobs that may wait.
const JOBS_WAITING_MAX: usize = 8;
/// Runs that are remembered, so that none is done twice.
const RUNS_REMEMBERED: usize = 64;
/// First and longest wait before a part is sent again.
const WAITS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(600));
/// How long a part is sent again before the scan is given up.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// Effort of the compression.
const ZSTD_LEVEL: i32 = 3;
/// Largest part as JSON text: whatever its content, the collector unpacks it.
const PART_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest text in a remark.
const REMARK_BYTES_MAX: usize = 200;
/// How long a scanner that was told to stop may take to hand over what it has.
const STOPPING_TIME: Duration = Duration::from_secs(60);
/// How long a scan that finds nothing goes on before the collector is asked whether it still wants
/// it.
const ASKING_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// What the configuration allows of a job, with the agent's own exclusions.
///
/// # Errors
/// The networks that it does not allow.
pub fn permitted(mut job: ScanJob, config: &ScanConfig) -> Result<ScanJob, Vec<ScanRemark>> {
    let is_in = |network: &IpNet| config.networks.iter().any(|it| it.contains(network));
    let mut refused: Vec<ScanRemark> = job
        .networks
        .iter()
        .filter(|it| !is_in(it))
        .map(|it| ScanRemark { code: "not_permitted".to_owned(), what: it.to_string() })
        .collect();
    if job.networks.is_empty() {
        refused.push(ScanRemark { code: "not_permitted".to_owned(), what: String::new() });
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    job.exclusions.extend(config.exclude.iter().copied());
    // A zone of the collector's register alone opens no industrial device here.
    job.ot_networks = common(&job.ot_networks, &config.ot);
    if let Some(most) = config.rate_max_pps {
        let wanted = Scope::of(&job).map(|it| it.rate_pps()).or(job.rate_pps.ok_or(())).ok();
        job.rate_pps = Some(wanted.map_or(most.get(), |it| it.min(most.get())));
    }
    Ok(job)
}

/// What lies in a network of both lists.
fn common(left: &[IpNet], right: &[IpNet]) -> Vec<IpNet> {
    let pairs = left.iter().flat_map(|one| right.iter().map(move |other| (*one, *other)));
    let smaller =
        pairs.filter_map(|(one, other)| match (one.contains(&other), other.contains(&one)) {
            (_, true) => Some(one),
            (true, false) => Some(other),
            (false, false) => None,
        });
    smaller.collect()
}

/// Where the scanner is, and in whose name it works.
#[derive(Debug, Clone)]
pub struct Place {
    /// The agent.
    pub agent: AgentId,
    /// The program that is started as `program scanner`.
    pub program: PathBuf,
}

/// The scan that is under way, as it stands on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct UnderWay {
    run: Uuid,
    next_part: u32,
    started_at: Timestamp,
}

/// One job, with what is allowed and the way to the collector at the moment when it came.
struct Ordered {
    job: ScanJob,
    config: ScanConfig,
    network: Arc<dyn Network>,
}

/// Hands jobs to the [`Worker`], each once.
pub struct Jobs {
    sender: mpsc::Sender<Ordered>,
    known: VecDeque<Uuid>,
}

impl Jobs {
    /// Takes a job unless it is known already.
    pub fn take(&mut self, job: &ScanJob, config: &ScanConfig, network: Arc<dyn Network>) {
        if self.known.contains(&job.run) {
            return;
        }
        let ordered = Ordered { job: job.clone(), config: config.clone(), network };
        // When the queue is full the collector hands the job over again next time.
        if self.sender.try_send(ordered).is_ok() {
            self.known.push_back(job.run);
            if self.known.len() > RUNS_REMEMBERED {
                self.known.pop_front();
            }
        }
    }
}

/// Does one scan after the other.
pub struct Worker {
    place: Place,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    jobs: mpsc::Receiver<Ordered>,
}

/// Both ends of the queue of jobs.
#[must_use]
pub fn jobs(place: Place, disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> (Jobs, Worker) {
    let (sender, receiver) = mpsc::channel(JOBS_WAITING_MAX);
    let worker = Worker { place, disk, clock, jobs: receiver };
    // What broke off is told and not begun again.
    let known = worker.under_way().map(|it| it.run).into_iter().collect();
    (Jobs { sender, known }, worker)
}

/// Whether a scan goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Go,
    /// The collector wants its end; what was found still comes.
    Stop,
    /// Nobody takes its results.
    GiveUp,
}

/// How a scan broke off: what its end is to say, and how long that is tried.
#[derive(Debug)]
struct Broken {
    remarks: Vec<ScanRemark>,
    patience: SignedDuration,
}

impl Broken {
    fn because(code: &str, what: &str) -> Self {
        Self { remarks: vec![remark(code, what)], patience: PATIENCE }
    }

    /// The collector did not take a part, and the end is tried once. That part may be kept all the
    /// same: the end is another one.
    fn not_taken(state: &mut UnderWay) -> Self {
        let remarks = vec![remark("part_not_taken", &state.next_part.to_string())];
        state.next_part = state.next_part.saturating_add(1);
        Self { remarks, patience: SignedDuration::ZERO }
    }
}

fn failed(error: &ProcessError) -> Broken {
    Broken::because("scanner_failed", &error.to_string())
}

/// What the scanner says next; one that was told to stop has until `deadline`.
async fn next_message(scanner: &mut Scanner, deadline: Option<Instant>) -> Result<Said, Broken> {
    let said = match deadline {
        Some(at) => timeout_at(at, scanner.next()).await.unwrap_or(Ok(None)),
        None => scanner.next().await,
    };
    said.map_err(|it| failed(&it))?.ok_or_else(|| Broken::because("scanner_lost", ""))
}

impl Worker {
    /// Works until the other end is gone.
    pub async fn work(mut self, network: Option<Arc<dyn Network>>) {
        if let (Some(broken), Some(network)) = (self.under_way(), network) {
            // The part after the last one that is known to be kept may be kept too.
            let broken = UnderWay { next_part: broken.next_part.saturating_add(1), ..broken };
            self.end(broken, &network, &[remark("interrupted", "")], PATIENCE).await;
            self.forget();
        }
        while let Some(ordered) = self.jobs.recv().await {
            self.scan(ordered).await;
        }
    }

    async fn scan(&self, Ordered { job, config, network }: Ordered) {
        let run = job.run;
        let mut state = UnderWay { run, next_part: 0, started_at: self.clock.now() };
        self.keep(&state);
        tracing::info!(%run, networks = ?job.networks, "the collector wants a scan");
        let failed = match permitted(job, &config) {
            Ok(job) => self.run(job, &config, &network, &mut state).await.err(),
            Err(remarks) => Some(Broken { remarks, patience: PATIENCE }),
        };
        if let Some(Broken { remarks, patience }) = failed {
            tracing::warn!(%run, ?remarks, "the scan did not come to its end");
            self.end(state, &network, &remarks, patience).await;
        }
        self.forget();
    }

    /// Runs the scanner and delivers its parts. An error is what the last part is to say.
    async fn run(
        &self,
        job: ScanJob,
        config: &ScanConfig,
        network: &Arc<dyn Network>,
        state: &mut UnderWay,
    ) -> Result<(), Broken> {
        let mut scanner = match &config.scanner_socket {
            Some(path) => Scanner::connect(path).await.map_err(|it| failed(&it))?,
            None => Scanner::spawn(&self.place.program).map_err(|it| failed(&it))?,
        };
        let version = env!("CARGO_PKG_VERSION");
        let started = scanner.start(job, Some(self.place.agent), version).await;
        started.map_err(|it| failed(&it))?;
        let mut vantage = self.vantage();
        let (mut delivered_at, mut deadline) = (self.clock.now(), None);
        loop {
            let report = match next_message(&mut scanner, deadline).await? {
                Said::Report(report) => *report,
                Said::Refused(refused) => {
                    let what = format!("{} {}", refused.code, refused.object);
                    return Err(Broken::because("scanner_failed", &what));
                }
                Said::Estimate(_) | Said::Progress(_) => {
                    let since = self.clock.now().duration_since(delivered_at);
                    if deadline.is_some() || since.abs() < ASKING_EVERY {
                        continue;
                    }
                    self.empty_part(vantage.clone(), state, None)
                }
            };
            vantage.clone_from(&report.vantage);
            let (is_end, begun) = (report.end.is_some(), Instant::now());
            match self.deliver(report, network, state, PATIENCE).await {
                Next::GiveUp => return Err(Broken::not_taken(state)),
                Next::Stop if !is_end && deadline.is_none() => {
                    scanner.stop().await.map_err(|it| failed(&it))?;
                    deadline = Some(Instant::now() + STOPPING_TIME);
                }
                Next::Go | Next::Stop => {
                    // Waiting for the collector is no time of the scanner.
                    deadline = deadline.map(|it| it + begun.elapsed());
                }
            }
            delivered_at = self.clock.now();
            if is_end {
                return Ok(());
            }
        }
    }

    /// From where it is looked, as far as it is known without the scanner.
    fn vantage(&self) -> Vantage {
        Vantage {
            agent: Some(self.place.agent),
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            links: Vec::new(),
            gateways: Vec::new(),
            has_raw_sockets: false,
        }
    }

    fn empty_part(&self, vantage: Vantage, state: &UnderWay, end: Option<ScanEnd>) -> ScanReport {
        ScanReport {
            format: FORMAT,
            run: state.run,
            part: state.next_part,
            vantage,
            started_at: state.started_at,
            sent_at: self.clock.now(),
            targets: Vec::new(),
            end,
        }
    }

    /// Says that a scan is over which did not say so itself.
    async fn end(
        &self,
        mut state: UnderWay,
        network: &Arc<dyn Network>,
        remarks: &[ScanRemark],
        patience: SignedDuration,
    ) {
        let end = ScanEnd {
            finished_at: self.clock.now(),
            is_complete: false,
            remarks: remarks.to_vec(),
            figures: ScanFigures::default(),
            done: Vec::new(),
        };
        let report = self.empty_part(self.vantage(), &state, Some(end));
        self.deliver(report, network, &mut state, patience).await;
    }

    /// Delivers one message of the scanner, in as many parts as the limits of the wire want.
    async fn deliver(
        &self,
        report: ScanReport,
        network: &Arc<dyn Network>,
        state: &mut UnderWay,
        patience: SignedDuration,
    ) -> Next {
        let mut next = Next::Go;
        let mut waiting = vec![report];
        while let Some(mut report) = waiting.pop() {
            report.part = state.next_part;
            if let Some((first, second)) = halves(&report) {
                waiting.extend([second, first]);
                continue;
            }
            match self.send(report, network.as_ref(), patience).await {
                Next::GiveUp => return Next::GiveUp,
                Next::Stop => next = Next::Stop,
                Next::Go => {}
            }
            state.next_part += 1;
            self.keep(state);
        }
        next
    }

    /// Sends one part until it is committed or nobody will ever take it.
    async fn send(
        &self,
        mut report: ScanReport,
        network: &dyn Network,
        patience: SignedDuration,
    ) -> Next {
        let (run, begun) = (report.run, self.clock.now());
        let mut failures = 0;
        loop {
            report.sent_at = self.clock.now();
            let Some(body) = packed(&report) else { return Next::GiveUp };
            let message = Message { path: PATH, body, is_compressed: true };
            let answer: Result<ScanReportAnswer, _> = send_once(network, message).await;
            let error = match answer {
                Ok(answer) if answer.is_to_stop => return Next::Stop,
                Ok(_) => return Next::Go,
                Err(error) => error,
            };
            let waited = self.clock.now().duration_since(begun);
            if is_final(&error) || waited.abs() >= patience {
                tracing::warn!(%run, %error, "the collector does not take the scan; it is given up");
                return Next::GiveUp;
            }
            failures += 1;
            let wait = full_jitter(self.clock.as_ref(), failures, WAITS.0, WAITS.1);
            tracing::info!(%run, %error, "the scan waits for the collector");
            tokio::time::sleep(wait.max(wait_of(&error))).await;
        }
    }

    fn keep(&self, state: &UnderWay) {
        let bytes = serde_json::to_vec(state).unwrap_or_default();
        if let Err(error) = self.disk.write(UNDER_WAY, &bytes) {
            tracing::warn!(%error, "a broken-off scan could not be told after a restart");
        }
    }

    fn forget(&self) {
        if let Err(error) = self.disk.remove(UNDER_WAY) {
            tracing::warn!(%error, "an ended scan is told as broken off after a restart");
        }
    }

    fn under_way(&self) -> Option<UnderWay> {
        let bytes = self.disk.read(UNDER_WAY, UNDER_WAY_BYTES_MAX).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

fn remark(code: &str, what: &str) -> ScanRemark {
    let end = what.floor_char_boundary(REMARK_BYTES_MAX);
    ScanRemark { code: code.to_owned(), what: what.get(..end).unwrap_or_default().to_owned() }
}

/// The bytes of a part. They cannot fail to be made: every number in it is finite.
fn packed(report: &ScanReport) -> Option<Vec<u8>> {
    let json = serde_json::to_vec(report).ok()?;
    zstd::bulk::compress(&json, ZSTD_LEVEL).ok()
}

/// Two parts in place of one that is larger than the wire takes; the end comes with the second.
fn halves(report: &ScanReport) -> Option<(ScanReport, ScanReport)> {
    let bytes = serde_json::to_vec(report).map(|it| it.len()).unwrap_or_default();
    if bytes <= PART_BYTES_MAX || report.targets.len() < 2 {
        return None;
    }
    let mut first = report.clone();
    let targets = first.targets.split_off(report.targets.len() / 2);
    first.end = None;
    Some((first, ScanReport { targets, ..report.clone() }))
}

/// Whether asking again is no help.
fn is_final(error: &DeliverError) -> bool {
    match error {
        DeliverError::Refused { code, .. } => {
            !matches!(code, ProblemCode::AwaitingApproval | ProblemCode::Quarantined)
        }
        DeliverError::Network(_)
        | DeliverError::Later { .. }
        | DeliverError::NotUnderstood { .. }
        | DeliverError::Number(_) => false,
    }
}

fn wait_of(error: &DeliverError) -> Duration {
    match error {
        DeliverError::Later { after_seconds: Some(seconds), .. } => Duration::from_secs(*seconds),
        DeliverError::Later { after_seconds: None, .. }
        | DeliverError::Refused { .. }
        | DeliverError::Network(_)
        | DeliverError::NotUnderstood { .. }
        | DeliverError::Number(_) => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests;
