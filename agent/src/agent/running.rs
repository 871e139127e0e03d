//! The loop of the service: asks the schedule what to do and does it, until somebody says stop.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use observation::latest::protocol::Task;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Agent, AgentError};
use crate::config::Config;
use crate::deliver::backoff::full_jitter;
use crate::deliver::network::Network;
use crate::deliver::{DeliverError, Delivered};
use crate::hearing::{Order, listener};
use crate::host::{Ears, Host, ListeningHost};
use crate::report::Selection;
use crate::scan_job::Jobs;
use crate::schedule::{Action, Progress, next, place};
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
}

impl<'a> Running<'a> {
    /// A service that has done nothing yet.
    #[must_use]
    pub fn new(agent: Agent, host: &'a dyn Host, config_file: Option<&'a Path>) -> Self {
        let spread = Duration::from_secs(place(agent.id(), START_SPREAD_SECONDS));
        let progress = Progress {
            deliver_not_before: later(agent.clock.now(), spread),
            ..Progress::default()
        };
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
        }
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
            let now = self.agent.clock.now();
            self.sample(now);
            let action = next(now, self.agent.id(), self.agent.schedule(), &self.progress);
            // A step that is dropped in the middle has changed nothing that is not complete: the
            // spool and the enrolment are written between the waits, never across one.
            let request = tokio::select! {
                biased;
                request = requests.next() => Some(request),
                () = self.step(action, now) => None,
            };
            match request {
                Some(Request::Reload) => self.reload(),
                Some(request @ (Request::Stop | Request::Interrupt)) => return request,
                None => {}
            }
        }
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
                self.listen();
            }
            Action::CollectVolatile => {
                self.progress.collected_volatile = Some(now);
                self.collect(Selection::Volatile);
            }
            Action::Renew => self.renew(now).await,
            Action::Deliver => self.deliver(now).await,
            Action::Sleep(duration) => tokio::time::sleep(duration).await,
        }
    }

    fn collect(&mut self, selection: Selection) {
        let host = ListeningHost::new(self.host, &self.ears).with_samples(self.samples.summary());
        match self.agent.collect(&host, selection) {
            Ok(report) => tracing::info!(sections = report.sections.len(), "the host was read"),
            Err(error) => tracing::error!(cause = chain(&error), "the host could not be read"),
        }
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
        match result {
            Ok(()) => {
                self.delivery_failures = 0;
                self.progress.deliver_not_before = None;
                let Delivered { acknowledged, refused, bytes_sent, .. } = delivered;
                tracing::info!(acknowledged, refused, bytes_sent, "reports were delivered");
            }
            Err(error) => {
                self.delivery_failures = self.delivery_failures.saturating_add(1);
                let wait = self.delivery_wait(&error);
                self.progress.deliver_not_before = later(now, wait);
                let seconds = wait.as_secs();
                tracing::warn!(cause = chain(&error), seconds, "reports wait");
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
                self.renewal_failures = 0;
                self.progress.renew_not_before = None;
                tracing::info!("the certificate was renewed");
            }
            Err(error) => {
                self.renewal_failures = self.renewal_failures.saturating_add(1);
                let (base, cap) = RENEWAL_WAITS;
                let clock = self.agent.clock.as_ref();
                let wait = base + full_jitter(clock, self.renewal_failures, base, cap);
                self.progress.renew_not_before = later(now, wait);
                tracing::warn!(cause = chain(&error), "the certificate could not be renewed");
            }
        }
    }

    /// A configuration that cannot be used changes nothing.
    pub(super) fn reload(&mut self) {
        let Some(path) = self.config_file else { return };
        match Config::load(path) {
            Ok(config) => {
                self.agent.configure(config);
                tracing::info!("the configuration was read again");
            }
            Err(error) => {
                tracing::error!(cause = chain(&error), "the configuration is kept as it was");
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
