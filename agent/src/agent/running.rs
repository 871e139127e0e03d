//! The loop of the service: asks the schedule what to do and does it, until somebody says stop.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use observation::latest::protocol::Task;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::updating::Updating;
use super::{Agent, AgentError};
use crate::config::Config;
use crate::deliver::backoff::full_jitter;
use crate::deliver::network::Network;
use crate::deliver::{DeliverError, Delivered};
use crate::hearing::{Order, listener};
use crate::host::{Ears, Host, ListeningHost, give_back_memory};
use crate::kept::Trouble;
use crate::report::Selection;
use crate::scan_job::Jobs;
use crate::schedule::{Action, Progress, next, next_run, place};
use crate::service::{Request, Requests};
use crate::sources::samples::Samples;

/// Time between two looks at who talks to whom. The loop wakes at least every minute, so that this is
/// some seconds more.
const SAMPLE_EVERY: SignedDuration = SignedDuration::from_secs(55);
/// First and longest wait after a delivery that failed.
const DELIVERY_WAITS: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3600));
/// First and longest wait after a renewal that failed.
const RENEWAL_WAITS: (Duration, Duration) =
    (Duration::from_secs(600), Duration::from_secs(6 * 3600));
/// The first delivery after a start is spread over so many seconds: after a power cut all agents
/// start at once.
const START_SPREAD_SECONDS: u64 = 30;
/// Longer than this between two rounds of the loop, and the machine slept.
const AWAY_MIN: Duration = Duration::from_secs(300);
/// Time over which machines that wake up together hand over their reports.
const WAKE_SPREAD: Duration = Duration::from_secs(300);
/// The collector's wish for a run is not fulfilled more often than this.
const ASKED_SECONDS_MIN: i64 = 60;

/// The service.
pub struct Running<'a> {
    agent: Agent,
    host: &'a dyn Host,
    config_file: Option<&'a Path>,
    progress: Progress,
    delivery_failures: u32,
    renewal_failures: u32,
    /// Where scans go; the worker is started with the service.
    jobs: Option<Jobs>,
    /// Where orders to listen go, and what was heard.
    listening: Option<mpsc::Sender<Order>>,
    ears: Arc<Ears>,
    /// Who talked to whom, and when was looked last.
    samples: Samples,
    sampled_at: Option<Timestamp>,
    explain: Explain,
    updating: Updating,
    /// The time of day when the service began and what the steady clock showed then: all waiting is
    /// done by the steady one, so that nobody who sets the time of day silences the agent.
    begun: (Timestamp, Duration),
    /// When the loop last came around, by the steady clock.
    last_round: Duration,
}

/// How a failure is told to a person.
pub type Explain = fn(AgentError, Timestamp) -> Trouble;

impl<'a> Running<'a> {
    /// A service that has done nothing yet.
    #[must_use]
    pub fn new(
        mut agent: Agent,
        host: &'a dyn Host,
        config_file: Option<&'a Path>,
        explain: Explain,
    ) -> Self {
        let begun = (agent.clock.now(), agent.clock.steady());
        agent.status_mut().service_started_at = Some(begun.0);
        let spread = Duration::from_secs(place(agent.id(), START_SPREAD_SECONDS));
        let progress =
            Progress { deliver_not_before: later(begun.0, spread), ..Progress::default() };
        Self {
            agent,
            host,
            config_file,
            progress,
            delivery_failures: 0,
            renewal_failures: 0,
            jobs: None,
            listening: None,
            ears: Arc::default(),
            samples: Samples::default(),
            sampled_at: None,
            explain,
            updating: Updating::none(),
            begun,
            last_round: begun.1,
        }
    }

    /// The same with what is known of updates of this program.
    #[must_use]
    pub fn with_updating(mut self, updating: Updating) -> Self {
        self.agent.set_update_problem(updating.problem());
        self.updating = updating;
        self
    }

    /// The present time as the schedule counts it: the time of day at the start and what has passed
    /// since.
    pub(super) fn now(&self) -> Timestamp {
        let passed = self.agent.clock.steady().saturating_sub(self.begun.1);
        later(self.begun.0, passed).unwrap_or(Timestamp::MAX)
    }

    /// After a sleep the machine catches up at once; what it found is handed over a little later, for
    /// at eight o'clock all laptops of a company wake up together.
    pub(super) fn notice_sleep(&mut self, now: Timestamp) {
        let steady = self.agent.clock.steady();
        let away = steady.saturating_sub(self.last_round);
        self.last_round = steady;
        if away < AWAY_MIN {
            return;
        }
        let spread = WAKE_SPREAD.as_millis().try_into().unwrap_or(u64::MAX);
        let wait = Duration::from_millis(self.agent.clock.random() % spread);
        self.progress.deliver_not_before = later(now, wait);
        let (away, seconds) = (away.as_secs(), wait.as_secs());
        tracing::info!(away, seconds, "the machine slept; reports are handed over a little later");
    }

    /// Works until somebody says stop, and says who did.
    pub async fn run(mut self, requests: &mut Requests) -> Request {
        let mut scanning = JoinSet::new();
        match std::env::current_exe() {
            Ok(program) => {
                let (orders, listener) = listener(program.clone(), &self.ears);
                self.listening = Some(orders);
                scanning.spawn(listener.work());
                let (jobs, worker) = self.agent.scan_jobs(program);
                self.jobs = Some(jobs);
                let network = self.agent.network().ok();
                let network = network.map(|it| Arc::new(it) as Arc<dyn Network>);
                // Ends with the service: dropping the set ends the scan and its process.
                scanning.spawn(worker.work(network));
            }
            Err(error) => tracing::warn!(%error, "there will be no scans from here"),
        }
        loop {
            self.progress.is_collect_asked |= self.ears.take_first();
            self.progress.has_reports = self.agent.has_reports();
            self.progress.certificate_not_after = self.agent.certificate_not_after();
            let now = self.now();
            self.notice_sleep(now);
            self.sample(now);
            let action = next(now, self.agent.id(), self.agent.schedule(), &self.progress);
            // A step that is dropped in the middle has changed nothing that is not complete: the
            // spool and the enrolment are written between the waits, never across one.
            let request = tokio::select! {
                biased;
                request = requests.next() => Some(request),
                () = self.step(action, now) => None,
            };
            let is_news = !matches!(action, Action::Sleep(_)) || request.is_some();
            match request {
                Some(Request::Reload) => self.reload(),
                Some(request @ (Request::Stop | Request::Interrupt | Request::Replaced)) => {
                    return self.end(request);
                }
                None => {}
            }
            if self.look_after_updates() {
                return self.end(Request::Replaced);
            }
            if is_news {
                self.keep_status();
            }
        }
    }

    fn end(&mut self, request: Request) -> Request {
        self.agent.status_mut().next_run_at = None;
        self.agent.keep_status();
        request
    }

    /// Whether another version of the program is in place now.
    fn look_after_updates(&mut self) -> bool {
        let agent = &mut self.agent;
        let (now, steady) = (agent.clock.now(), agent.clock.steady());
        let update = agent.config.update.as_ref();
        let round = self.updating.round(&agent.data.files(), update, self.host, now, steady);
        for note in round.notes {
            agent.status.note(now, note);
        }
        agent.set_update_problem(self.updating.problem());
        round.is_replaced
    }

    pub(super) fn keep_status(&mut self) {
        let next = next_run(self.now(), self.agent.id(), self.agent.schedule());
        self.agent.status_mut().next_run_at = Some(next);
        self.agent.keep_status();
    }

    #[cfg(test)]
    pub(super) const fn progress(&self) -> &Progress {
        &self.progress
    }

    #[cfg(test)]
    pub(super) fn samples_taken(&self) -> u32 {
        self.samples.summary().taken
    }

    #[cfg(test)]
    pub(super) const fn agent(&self) -> &Agent {
        &self.agent
    }

    pub(super) async fn step(&mut self, action: Action, now: Timestamp) {
        match action {
            Action::CollectAll => {
                self.progress.collected_all = Some(now);
                self.progress.collected_volatile = Some(now);
                self.progress.is_collect_asked = false;
                self.collect(Selection::All);
                self.updating.read();
                self.listen();
            }
            Action::CollectVolatile => {
                self.progress.collected_volatile = Some(now);
                self.collect(Selection::Volatile);
            }
            Action::Renew => self.renew(now).await,
            Action::Deliver => {
                self.deliver(now).await;
                give_back_memory();
            }
            Action::Sleep(duration) => tokio::time::sleep(duration).await,
        }
    }

    fn collect(&mut self, selection: Selection) {
        let host = ListeningHost::new(self.host, &self.ears).with_samples(self.samples.summary());
        match self.agent.collect(&host, selection) {
            Ok(report) => tracing::info!(sections = report.sections.len(), "the host was read"),
            Err(error) => {
                tracing::error!(cause = chain(&error), "the host could not be read");
                self.note(error);
            }
        }
        give_back_memory();
    }

    /// Looks who talks to whom, if that is reported and it was not looked just now.
    pub(super) fn sample(&mut self, now: Timestamp) {
        if !self.agent.reports_connections() || !self.agent.is_at_home(self.host) {
            self.samples.clear();
            self.sampled_at = None;
            return;
        }
        let is_due = |it: Timestamp| now.duration_since(it).abs() >= SAMPLE_EVERY;
        if self.sampled_at.is_none_or(is_due) {
            self.sampled_at = Some(now);
            self.samples.take(self.host, now);
        }
    }

    /// Orders to hear who is at the other ends of the cables, for the next report. Where nothing may be
    /// said about the network nobody listens.
    fn listen(&self) {
        if !self.agent.is_at_home(self.host) {
            self.ears.forget();
            return;
        }
        if let Some(listening) = &self.listening {
            // If an order is waiting it says the same.
            let _ = listening.try_send(self.agent.listening_order());
        }
    }

    fn note(&mut self, error: AgentError) {
        let trouble = (self.explain)(error, self.agent.clock.now());
        self.agent.note_trouble(Some(trouble));
    }

    async fn deliver(&mut self, now: Timestamp) {
        // If this is dropped, the next try comes after the first wait and not at once.
        self.progress.deliver_not_before = later(now, DELIVERY_WAITS.0);
        let mut delivered = Delivered::default();
        let result = self.agent.deliver(&mut delivered).await;
        if delivered.tasks.contains(&Task::CollectNow) {
            let last = self.progress.collected_all.map(|it| now.duration_since(it).as_secs());
            self.progress.is_collect_asked = last.is_none_or(|it| it.abs() >= ASKED_SECONDS_MIN);
        }
        match self.agent.learn_place(self.host, &delivered) {
            // More may be said than a moment ago.
            Ok(true) => self.progress.is_collect_asked = true,
            Ok(false) => {}
            Err(error) => tracing::error!(cause = chain(&error), "the place was not remembered"),
        }
        if let Some(jobs) = &mut self.jobs {
            self.agent.take_scans(&delivered.tasks, jobs);
        }
        if result.is_ok() && delivered.acknowledged > 0 {
            self.updating.checked_in();
        }
        match result {
            Ok(()) => {
                self.delivery_failures = 0;
                self.progress.deliver_not_before = None;
                self.agent.note_trouble(None);
                let Delivered { acknowledged, refused, bytes_sent, .. } = delivered;
                tracing::info!(acknowledged, refused, bytes_sent, "reports were delivered");
            }
            Err(error) => {
                self.delivery_failures = self.delivery_failures.saturating_add(1);
                let wait = self.delivery_wait(&error);
                self.progress.deliver_not_before = later(now, wait);
                let seconds = wait.as_secs();
                tracing::warn!(cause = chain(&error), seconds, "reports wait");
                self.note(error);
            }
        }
    }

    /// How long to wait: what the collector said, else longer and longer, never in step with others.
    fn delivery_wait(&self, error: &AgentError) -> Duration {
        let (base, cap) = DELIVERY_WAITS;
        let jitter = full_jitter(self.agent.clock.as_ref(), self.delivery_failures, base, cap);
        match error {
            AgentError::Deliver(DeliverError::Later { after_seconds: Some(seconds), .. }) => {
                Duration::from_secs(*seconds) + jitter.min(base)
            }
            // A person has to do something first.
            AgentError::Deliver(DeliverError::Refused { .. }) => base + jitter.max(cap / 4),
            AgentError::Deliver(_)
            | AgentError::NotEnrolled
            | AgentError::DataDir(_)
            | AgentError::Number(_)
            | AgentError::Renew(_)
            | AgentError::Tls(_)
            | AgentError::Enrolment(_)
            | AgentError::NoRandomNumbers => jitter,
        }
    }

    async fn renew(&mut self, now: Timestamp) {
        self.progress.renew_not_before = later(now, RENEWAL_WAITS.0);
        match self.agent.renew().await {
            Ok(()) => {
                // The wait stays: a collector whose clock is years behind gives certificates that have
                // to be renewed at once, and would be asked without end.
                self.renewal_failures = 0;
                tracing::info!("the certificate was renewed");
            }
            Err(error) => {
                self.renewal_failures = self.renewal_failures.saturating_add(1);
                let (base, cap) = RENEWAL_WAITS;
                let clock = self.agent.clock.as_ref();
                let wait = base + full_jitter(clock, self.renewal_failures, base, cap);
                self.progress.renew_not_before = later(now, wait);
                tracing::warn!(cause = chain(&error), "the certificate could not be renewed");
                self.note(error);
            }
        }
    }

    /// A configuration that cannot be used changes nothing.
    pub(super) fn reload(&mut self) {
        let Some(path) = self.config_file else { return };
        match Config::load_with_text(path) {
            Ok((config, text)) => {
                self.agent.configure(config);
                self.agent.keep_config(&text);
                self.agent.set_config_problem(None);
                tracing::info!("the configuration was read again");
            }
            Err(error) => {
                let problem = chain(&error);
                tracing::error!(cause = problem, "the configuration is kept as it was");
                self.agent.set_config_problem(Some(problem));
            }
        }
    }
}

fn later(now: Timestamp, wait: Duration) -> Option<Timestamp> {
    SignedDuration::try_from(wait).ok().and_then(|it| now.checked_add(it).ok())
}

/// An error with its causes, on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
