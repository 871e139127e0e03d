//! An enrolled agent: reads its host, keeps the reports, hands them over, renews its certificate.
//!
//! [`Agent`] does one thing at a time when told to; [`running`] tells it when.

mod delivering;
pub mod joining;
pub mod running;
pub mod updating;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE64;
use jiff::Timestamp;
use observation::latest::protocol::{AgentKind, Schedule, Task};
use observation::latest::written::{Outcome, Report, Section, SectionBody};
use observation::latest::{Absent, AgentId, Cadence, Complaint, NameKey, ReportNumber, SourceId};
use pki::{AgentKey, TlsConfigError};

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::data_dir::{DataDir, DataDirError, Enrolment};
use crate::deliver::network::NetworkError;
use crate::deliver::{DeliverError, Delivered};
use crate::enrol::EnrolError;
use crate::hearing::Order;
use crate::home::Whereabouts;
use crate::host::{Host, Layered, peak_memory_bytes};
use crate::kept::{self, Meter, Status, Trouble};
use crate::names::Names;
use crate::report::{Identity, Selection, collect, collect_at};
use crate::scan_job::{Jobs, Place, Worker, jobs};
use crate::sources::context::Options;
use crate::sources::{Context, Memory};
use crate::spool::{BYTES_MAX, Kept, NumberError, Spool};

/// Bytes of the key for the pseudonyms of a run that speaks to no collector.
const RUN_KEY_BYTES: usize = 32;

/// The section in which the agent says what is wrong with itself.
const CONDITION: SourceId = SourceId::from_static("agent.condition");

/// What keeps an agent from working.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// It has no identity yet.
    #[error("this agent is not enrolled")]
    NotEnrolled,
    /// The folder refuses.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// Reports cannot be numbered.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// Reports cannot be handed over.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
    /// The certificate ran out and there is no new one.
    #[error("getting a new certificate")]
    Renew(#[source] EnrolError),
    /// There is no TLS.
    #[error(transparent)]
    Tls(#[from] TlsConfigError),
    /// The enrolment is damaged.
    #[error("the enrolment cannot be used: {0}")]
    Enrolment(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomNumbers,
}

impl From<NetworkError> for AgentError {
    fn from(error: NetworkError) -> Self {
        Self::Deliver(error.into())
    }
}

/// An enrolled agent.
pub struct Agent {
    data: DataDir,
    config: Config,
    enrolment: Enrolment,
    spool: Spool,
    clock: Arc<dyn Clock>,
    status: Status,
    /// Whether the present state could not be written; said once.
    has_lost_status: bool,
    /// What readings leave for the next.
    memory: Memory,
}

/// One run of the sources for a person at this machine: no collector, no folder, a key of this run
/// for pseudonyms, connections unless the configuration says no.
///
/// # Errors
/// If the system gives no random numbers.
pub fn collect_for_print(host: &dyn Host, config: &Config) -> Result<Report, AgentError> {
    let mut key = [0; RUN_KEY_BYTES];
    getrandom::fill(&mut key).map_err(|_| AgentError::NoRandomNumbers)?;
    let kind = if config.clear_names { NameKey::Clear } else { NameKey::Run };
    let names = Names::new(kind, &key);
    let options = Options {
        reports_connections: config.reports_connections.unwrap_or(true),
        reports_logins: config.reports_logins,
        reports_wireless: config.reports_wireless.unwrap_or(true),
    };
    let context = Context {
        host,
        now: SystemClock.now(),
        names: &names,
        options,
        memory: &Memory::default(),
    };
    let number = ReportNumber { epoch: 0, sequence: 0 };
    Ok(collect(&context, Identity { agent: None, number }, Selection::All))
}

/// Reads this machine once and hands the report over, trying a few times.
///
/// # Errors
/// Why it was not delivered. The report is kept for the next time.
pub async fn deliver_once(
    data_dir: &Path,
    config: Config,
) -> Result<(Delivered, Report), AgentError> {
    let data = DataDir::open(data_dir)?;
    let host = Layered::new(config.reader_socket.as_deref());
    let mut agent = Agent::open(data, config, Arc::new(SystemClock))?;
    let report = agent.collect(&host, Selection::All)?;
    agent.keep_status();
    let delivered = agent.deliver_patiently().await;
    if delivered.is_ok() {
        agent.status.trouble = None;
    }
    agent.keep_status();
    let delivered = delivered?;
    agent.learn_place(&host, &delivered)?;
    Ok((delivered, report))
}

/// What never answered, source by source.
fn hanging(report: &Report) -> Vec<String> {
    let hangs = report.sections.iter().filter_map(|it| match &it.body.outcome {
        Outcome::Absent { reason: Absent::TimedOut { doing, .. } } => {
            Some(format!("{}: {doing}", it.body.source))
        }
        Outcome::Read { .. } | Outcome::Absent { .. } => None,
    });
    hangs.collect()
}

/// Whether a source that should have answered failed or took too long.
#[must_use]
pub fn has_failures(report: &Report) -> bool {
    failures(report) > 0
}

/// Sources that should have answered and failed or took too long.
#[must_use]
pub fn failures(report: &Report) -> usize {
    let has_failed = |it: &&Section| match &it.body.outcome {
        Outcome::Absent { reason: Absent::Failed { .. } | Absent::TimedOut { .. } } => true,
        Outcome::Absent {
            reason: Absent::NotHere { .. } | Absent::NotAllowed { .. } | Absent::NotLookedAt { .. },
        }
        | Outcome::Read { .. } => false,
    };
    report.sections.iter().filter(has_failed).count()
}

impl Agent {
    /// Takes up the work of the agent that is enrolled in this folder.
    ///
    /// # Errors
    /// If none is, or the folder refuses.
    pub fn open(data: DataDir, config: Config, clock: Arc<dyn Clock>) -> Result<Self, AgentError> {
        let enrolment = data.enrolment()?.ok_or(AgentError::NotEnrolled)?;
        let bytes_max = config.spool_bytes_max.unwrap_or(BYTES_MAX);
        let spool = Spool::open(Arc::new(data.spool()), bytes_max, enrolment.epoch);
        let address = config.collector.clone().unwrap_or_else(|| enrolment.agent_address.clone());
        let mut status = Status::new(enrolment.agent, address, clock.now());
        if let Ok(Some(earlier)) = kept::status(&data.files()) {
            status.follow(earlier);
        }
        let mut agent = Self {
            data,
            config,
            enrolment,
            spool,
            clock,
            status,
            has_lost_status: false,
            memory: Memory::default(),
        };
        agent.remember_epoch()?;
        agent.log_complaints();
        Ok(agent)
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> AgentId {
        self.enrolment.agent
    }

    /// How often it looks.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        self.config.schedule(self.enrolment.schedule)
    }

    /// Whether reports wait.
    #[must_use]
    pub fn has_reports(&self) -> bool {
        !self.spool.is_empty()
    }

    /// Uses another configuration from now on.
    pub fn configure(&mut self, config: Config) {
        self.config = config;
        self.status.collector = Some(self.address());
    }

    /// Says in state and reports why the configuration file is not used; none: it is.
    pub fn set_config_problem(&mut self, problem: Option<String>) {
        self.status.config_problem = problem;
    }

    /// Says in state and reports what became of an update; none: nothing that a person should know.
    pub fn set_update_problem(&mut self, problem: Option<String>) {
        self.status.update_problem = problem;
    }

    /// Keeps a configuration that is in use, for the day on which the file is broken.
    pub fn keep_config(&mut self, text: &str) {
        if let Err(error) = kept::keep_config(&self.data.files(), text) {
            tracing::warn!(%error, "the configuration in use could not be kept");
        }
    }

    /// What the agent says of itself.
    pub const fn status_mut(&mut self) -> &mut Status {
        &mut self.status
    }

    /// Keeps the state for those who ask.
    pub fn keep_status(&mut self) {
        self.status.written_at = self.clock.now();
        self.status.waiting = self.spool.waiting();
        self.status.certificate_not_after = self.certificate_not_after();
        self.status.peak_memory_bytes = peak_memory_bytes();
        match kept::keep_status(&self.data.files(), &self.status) {
            Ok(()) => self.has_lost_status = false,
            Err(error) if !self.has_lost_status => {
                self.has_lost_status = true;
                tracing::warn!(%error, "the state of the agent could not be written");
            }
            Err(_) => {}
        }
    }

    /// What went wrong, for the state.
    pub fn note_trouble(&mut self, trouble: Option<Trouble>) {
        match trouble {
            Some(trouble) => self.status.fail(trouble),
            None => self.status.trouble = None,
        }
    }

    /// The end of the certificate's validity; none if the enrolment is damaged.
    #[must_use]
    pub fn certificate_not_after(&self) -> Option<Timestamp> {
        self.enrolment.identity().ok().map(|it| it.peer().not_after)
    }

    /// Reads the host and keeps the report. Steady and volatile sections go as reports of their
    /// own, so that an unchanged host costs one hash and the rest keeps its own cadence.
    ///
    /// # Errors
    /// If the report cannot be numbered.
    pub fn collect(&mut self, host: &dyn Host, selection: Selection) -> Result<Report, AgentError> {
        let names = self.names()?;
        let memory = self.memory.anew();
        let context = Context {
            host,
            now: self.clock.now(),
            names: &names,
            options: self.options(),
            memory: &memory,
        };
        let number = self.spool.next_number()?;
        let identity = Identity { agent: Some(self.id()), number };
        let meter = Meter::start();
        let mut report = collect_at(&context, identity, selection, &self.whereabouts(host));
        if selection == Selection::All {
            report.sections.push(self.condition(report.started_at));
            report.sections.sort_by(|left, right| left.body.source.cmp(&right.body.source));
        }
        // The sections are lent to the two reports and not copied: they are most of the memory of a run.
        let (steady, volatile): (Vec<Section>, Vec<Section>) = std::mem::take(&mut report.sections)
            .into_iter()
            .partition(|it| it.cadence == Cadence::Steady);
        let mut number = Some(number);
        for sections in [steady, volatile].into_iter().filter(|it| !it.is_empty()) {
            let number = match number.take() {
                Some(number) => number,
                None => self.spool.next_number()?,
            };
            let part = Report { sections, ..without_sections(&report, number) };
            self.keep(&part);
            report.sections.extend(part.sections);
        }
        report.sections.sort_by(|left, right| left.body.source.cmp(&right.body.source));
        if selection == Selection::All {
            self.keep_for_show(&report);
            self.status.hanging = hanging(&report);
            self.status.last_run = Some(meter.run(&report, failures(&report)));
        }
        Ok(report)
    }

    fn options(&self) -> Options {
        Options {
            reports_connections: self.reports_connections(),
            reports_logins: self.config.reports_logins,
            reports_wireless: self.config.reports_wireless(self.enrolment.kind),
        }
    }

    /// Whether established connections are reported.
    #[must_use]
    pub fn reports_connections(&self) -> bool {
        self.config.reports_connections(self.enrolment.kind)
    }

    /// What this host is: the person's word before the collector's.
    fn kind(&self) -> AgentKind {
        self.config.kind.unwrap_or(self.enrolment.kind)
    }

    /// What may leave this host about the networks that it is in.
    fn whereabouts(&self, host: &dyn Host) -> Whereabouts {
        match self.kind() {
            AgentKind::Server => Whereabouts::Unrestricted,
            AgentKind::Client => self.enrolment.home.whereabouts(host),
        }
    }

    /// Whether something may be said about the network that this host is in.
    #[must_use]
    pub fn is_at_home(&self, host: &dyn Host) -> bool {
        match self.whereabouts(host) {
            Whereabouts::Unrestricted => true,
            Whereabouts::Watched(watched) => !watched.is_outside(),
        }
    }

    /// How to listen on the cables.
    #[must_use]
    pub fn listening_order(&self) -> Order {
        Order { scanner_socket: self.config.scan.scanner_socket.clone() }
    }

    /// Remembers by what the network is known from which the collector saw a check-in come. True if
    /// that is new, and more may be said than before.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn learn_place(
        &mut self,
        host: &dyn Host,
        delivered: &Delivered,
    ) -> Result<bool, AgentError> {
        let Some(seen_from) = delivered.seen_from else { return Ok(false) };
        let mut changed = self.enrolment.clone();
        if self.kind() == AgentKind::Server || !changed.home.learn(host, seen_from) {
            return Ok(false);
        }
        self.take(changed)?;
        Ok(true)
    }

    /// Reads the host for a report that goes another way: it is numbered, and not kept to be delivered.
    ///
    /// # Errors
    /// If the report cannot be numbered.
    pub fn collect_apart(&mut self, host: &dyn Host) -> Result<Report, AgentError> {
        let names = self.names()?;
        let memory = self.memory.anew();
        let context = Context {
            host,
            now: self.clock.now(),
            names: &names,
            options: self.options(),
            memory: &memory,
        };
        let number = self.spool.next_number()?;
        let identity = Identity { agent: Some(self.id()), number };
        Ok(collect_at(&context, identity, Selection::All, &self.whereabouts(host)))
    }

    /// The enrolled key.
    ///
    /// # Errors
    /// If the enrolment is damaged.
    pub fn key(&self) -> Result<AgentKey, AgentError> {
        let damaged = |problem: String| AgentError::Enrolment(problem);
        let identity = self.enrolment.identity().map_err(damaged)?;
        AgentKey::from_pem(&identity.key().to_pem()).map_err(|it| damaged(it.to_string()))
    }

    /// The agent's own part of the report: what keeps it from working as it was told to.
    fn condition(&self, at: Timestamp) -> Section {
        let mut complaints = Vec::new();
        if let Some(problem) = &self.status.config_problem {
            let place = "configuration".to_owned();
            complaints.push(Complaint { place, problem: problem.clone() });
        }
        if let Some(problem) = &self.status.update_problem {
            complaints.push(Complaint { place: "update".to_owned(), problem: problem.clone() });
        }
        if self.spool.waiting().in_memory > 0 {
            let problem = "the disk takes no writes; reports are kept in memory".to_owned();
            complaints.push(Complaint { place: self.data.path().display().to_string(), problem });
        }
        let outcome = Outcome::Read { facts: Vec::new(), gaps: Vec::new(), complaints };
        Section {
            observed_at: at,
            duration_ms: 0,
            cadence: Cadence::Steady,
            body: SectionBody { source: CONDITION, outcome },
        }
    }

    /// Keeps the report for a person at this machine who asks what is sent and what has changed.
    fn keep_for_show(&mut self, report: &Report) {
        let hash = self.spool.host_hash(report.number).unwrap_or_else(|| report.host_hash());
        if let Err(error) = kept::keep_report(&self.data.files(), report, hash) {
            let text = format!("the last report could not be kept for `show`: {error}");
            self.status.note(self.clock.now(), text);
        }
    }

    fn keep(&mut self, report: &Report) {
        if let Kept::InMemory { cause } = self.spool.push(report) {
            let text = "the report could not be written and is kept in memory; it is lost if the agent ends";
            tracing::warn!(cause, "{text}");
            self.status.note(self.clock.now(), format!("{text}: {cause}"));
        }
        self.log_complaints();
    }

    /// The queue of scans and who does them.
    #[must_use]
    pub fn scan_jobs(&self, program: PathBuf) -> (Jobs, Worker) {
        let place = Place { agent: self.id(), program };
        jobs(place, Arc::new(self.data.scans()), Arc::clone(&self.clock))
    }

    /// Queues the scans among the tasks.
    pub fn take_scans(&self, tasks: &[Task], jobs: &mut Jobs) {
        for task in tasks {
            let Task::Scan { job } = task else { continue };
            match self.network() {
                Ok(network) => jobs.take(job, &self.config.scan, Arc::new(network)),
                Err(error) => tracing::warn!(%error, "a scan cannot be done"),
            }
        }
    }

    /// Uses a new enrolment after it is safely on the disk.
    fn take(&mut self, enrolment: Enrolment) -> Result<(), AgentError> {
        self.data.keep(&enrolment)?;
        self.enrolment = enrolment;
        Ok(())
    }

    /// Does what the collector asked for, as far as it concerns settings.
    fn follow(&mut self, tasks: &[Task]) -> Result<(), AgentError> {
        let mut changed = self.enrolment.clone();
        for task in tasks {
            match task {
                Task::SetSchedule { schedule } => changed.schedule = *schedule,
                Task::SetHomeNetworks { networks } => changed.home.set_networks(networks),
                Task::SetKind { kind } => changed.kind = *kind,
                Task::CollectNow | Task::Scan { .. } => {}
            }
        }
        let is_same = changed.schedule == self.enrolment.schedule
            && changed.kind == self.enrolment.kind
            && changed.home == self.enrolment.home;
        if is_same { Ok(()) } else { self.take(changed) }
    }

    /// Keeps the epoch of the spool beside the identity: if the spool is lost, the next is known.
    fn remember_epoch(&mut self) -> Result<(), AgentError> {
        if self.enrolment.epoch == self.spool.epoch() {
            return Ok(());
        }
        let mut changed = self.enrolment.clone();
        changed.epoch = self.spool.epoch();
        self.take(changed)
    }

    fn names(&self) -> Result<Names, AgentError> {
        let key = BASE64
            .decode(self.enrolment.name_key.as_bytes())
            .map_err(|it| AgentError::Enrolment(format!("the key for names is damaged: {it}")))?;
        let kind = if self.config.clear_names { NameKey::Clear } else { NameKey::Company };
        Ok(Names::new(kind, &key))
    }

    fn log_complaints(&mut self) {
        for complaint in self.spool.take_complaints() {
            tracing::warn!(complaint, "spool");
            self.status.note(self.clock.now(), complaint);
        }
    }
}

/// What all parts of a run share.
fn without_sections(report: &Report, number: ReportNumber) -> Report {
    Report {
        format: report.format,
        observer: report.observer.clone(),
        number,
        started_at: report.started_at,
        sections: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
