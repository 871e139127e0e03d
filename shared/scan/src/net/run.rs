//! One scan from its job to its last report.
//!
//! Discovery first; then the hosts that answered, in batches: ports, services and ways, and a part of
//! the report for each batch, so that an interrupted scan keeps what it has. Last the names that name
//! servers inside the scanned networks give.
//!
//! A scan that is to stop sends nothing more, tells at once whom it found, and says in its end what it is
//! done with, so that another one can go on there.

mod connections;
mod discovery;
mod hosts;
mod parts;
mod remarks;
mod sections;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;
use observation::latest::scan::{
    ProbeSelection, ScanEnd, ScanFigures, ScanJob, ScanRemark, ScanReport, TargetReport, Vantage,
    VantageLink,
};
use observation::latest::{AgentId, SeenBy};
use observation::limits::DONE_NETWORKS_MAX;
use tokio::sync::{Semaphore, mpsc};

use self::remarks::bounded;
use self::sections::discovered;
use super::book::Book;
use super::limits::SOCKETS_MAX;
use super::message::{Estimate, Message, Phase, Progress, Refused};
use super::pace::Pace;
use super::services::Shared;
use super::stop::Stop;
use super::{clock, raw, surroundings};
use crate::plan::{Plan, PlanError, Ranges, Scope, Surroundings};

/// How often the progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// In whose name a scan runs.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The agent; none: the collector's own scanner.
    pub agent: Option<AgentId>,
    /// The version of the program that asked.
    pub software_version: String,
}

/// Scans, and says everything to `out`. Ends early when `stop` says so or nobody listens any more.
pub async fn run(job: ScanJob, identity: Identity, stop: Arc<Stop>, out: mpsc::Sender<Message>) {
    let started_at = clock::now();
    let done = done_before(&job);
    let around = tokio::task::spawn_blocking(surroundings::read).await;
    let planned = match around {
        Ok(Ok(around)) => Scope::of(&job)
            .and_then(|scope| {
                let plan = Plan::of(&scope, &job, &around)?.without(&done);
                Ok((scope, plan, around))
            })
            .map_err(|it| refused(&it)),
        Ok(Err(error)) => Err(failed("surroundings", &error)),
        Err(error) => Err(failed("surroundings", &error)),
    };
    let (scope, plan, around) = match planned {
        Ok(planned) => planned,
        Err(refused) => {
            let _ = out.send(Message::Refused(refused)).await;
            return;
        }
    };
    let rate_pps = plan.rate_pps();
    let shared = Arc::new(Shared {
        selection: job.probes.clone(),
        snmp: job.snmp.clone(),
        pace: Pace::new(rate_pps),
        sockets: Semaphore::new(SOCKETS_MAX),
        connections: 0.into(),
        stop: Arc::clone(&stop),
    });
    let vantage = vantage(&identity, &around);
    let mut scan = Run {
        job,
        scope,
        around,
        macs: BTreeMap::new(),
        shared,
        out,
        part: 0,
        vantage,
        started_at,
        remarks: Vec::new(),
        figures: ScanFigures::default(),
        is_whole: true,
        done,
    };
    scan.say(Message::Estimate(estimate(&plan))).await;
    scan.go(plan).await;
}

/// What the job says is done, as far as it may say.
fn done_before(job: &ScanJob) -> Ranges {
    let networks: Vec<Ipv4Net> = job
        .done
        .iter()
        .take(DONE_NETWORKS_MAX)
        .filter_map(|it| match it {
            IpNet::V4(network) => Some(*network),
            IpNet::V6(_) => None,
        })
        .collect();
    Ranges::of(&networks)
}

fn estimate(plan: &Plan) -> Estimate {
    let estimate = plan.estimate();
    Estimate {
        addresses: estimate.addresses,
        packets: estimate.packets,
        rate_pps: plan.rate_pps(),
        seconds: estimate.duration.as_secs_f64(),
    }
}

fn refused(error: &PlanError) -> Refused {
    Refused { code: error.code().to_owned(), object: error.object(), cause: None }
}

fn failed(code: &str, error: &dyn std::error::Error) -> Refused {
    Refused { code: code.to_owned(), object: String::new(), cause: Some(error.to_string()) }
}

fn vantage(identity: &Identity, around: &Surroundings) -> Vantage {
    let links = around.links.iter().flat_map(|link| {
        link.addresses.iter().map(|network| VantageLink {
            interface: link.interface.clone(),
            network: *network,
            mac: link.mac.map(mac_text),
        })
    });
    let mut gateways: Vec<IpAddr> = around.routes.iter().filter_map(|it| it.gateway).collect();
    gateways.sort();
    gateways.dedup();
    Vantage {
        agent: identity.agent,
        software_version: identity.software_version.clone(),
        links: links.collect(),
        gateways,
        has_raw_sockets: around.has_raw_sockets,
    }
}

/// `aa:bb:cc:dd:ee:ff`.
#[must_use]
pub fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|it| format!("{it:02x}")).join(":")
}

/// A scan in progress.
struct Run {
    job: ScanJob,
    scope: Scope,
    around: Surroundings,
    /// Hardware addresses on the links.
    macs: BTreeMap<IpAddr, String>,
    shared: Arc<Shared>,
    out: mpsc::Sender<Message>,
    part: u32,
    vantage: Vantage,
    started_at: Timestamp,
    remarks: Vec<ScanRemark>,
    figures: ScanFigures,
    /// Whether everything was asked so far.
    is_whole: bool,
    /// IPv4 addresses that need not be asked again, by this run or those before it.
    done: Ranges,
}

/// How an address was seen, with its hardware address where that shows one.
type Means = Vec<(SeenBy, Option<String>)>;
/// Addresses that answered.
type Seen = BTreeMap<IpAddr, Means>;

impl Run {
    async fn go(&mut self, plan: Plan) {
        let seen = self.discover(plan).await;
        self.learn_macs(&seen);
        self.figures.answered = seen.len() as u64;
        if self.job.probes == ProbeSelection::Discovery {
            let addresses: Vec<IpAddr> = seen.keys().copied().collect();
            self.tell_discovered(seen).await;
            self.done = self.done.and(&Ranges::of_addresses(addresses));
        } else {
            self.look_closer(seen).await;
        }
        self.finish().await;
    }

    /// Waits for blocking work, passes the wish to stop on, and tells how far it is.
    async fn while_it_runs<T>(
        &self,
        mut work: tokio::task::JoinHandle<T>,
        control: &raw::Control,
        phase: Phase,
        total: u64,
    ) -> Result<T, tokio::task::JoinError> {
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.shared.stop.wait(), if !control.is_cancelled() => control.cancel(),
                () = tokio::time::sleep(PROGRESS_EVERY) => {
                    let (done, found) = control.progress();
                    self.tell(Progress { phase, done, total, found });
                }
            }
        }
    }

    /// Hardware addresses of routers, as heard by this scan or known before it.
    fn learn_macs(&mut self, seen: &Seen) {
        let known = self.around.neighbours.iter().map(|(at, mac)| (*at, mac_text(*mac)));
        self.macs.extend(known);
        for (address, means) in seen {
            if let Some(mac) = means.iter().find_map(|it| it.1.clone()) {
                self.macs.insert(*address, mac);
            }
        }
    }

    fn wants(&self, probe: &str) -> bool {
        match &self.job.probes {
            ProbeSelection::All => true,
            ProbeSelection::Discovery => false,
            ProbeSelection::Only(names) => names.iter().any(|it| it == probe),
        }
    }

    async fn finish(&mut self) {
        self.figures.connections = self.shared.connections.load(Ordering::Relaxed);
        let is_stopped = self.shared.stop.is_set();
        if is_stopped {
            self.remark("interrupted", String::new());
        }
        let is_complete = !is_stopped && self.is_whole;
        let end = ScanEnd {
            finished_at: clock::now(),
            is_complete,
            remarks: bounded(std::mem::take(&mut self.remarks)),
            figures: self.figures,
            done: if is_complete { Vec::new() } else { done_networks(&self.done) },
        };
        self.send_part(Vec::new(), Some(end)).await;
    }

    /// Tells that these addresses answered, and nothing more of them.
    async fn tell_discovered(&mut self, seen: impl IntoIterator<Item = (IpAddr, Means)>) {
        let books = seen.into_iter().map(|(at, means)| discovered(at, &means)).collect();
        self.tell_hosts(books).await;
    }

    async fn tell_hosts(&mut self, books: Vec<Book>) {
        for targets in parts::split(books.into_iter().map(Book::into_report)) {
            self.send_part(targets, None).await;
        }
    }

    async fn send_part(&mut self, targets: Vec<TargetReport>, end: Option<ScanEnd>) {
        let report = ScanReport {
            format: observation::latest::FORMAT,
            run: self.job.run,
            part: self.part,
            vantage: self.vantage.clone(),
            started_at: self.started_at,
            sent_at: clock::now(),
            targets,
            end,
        };
        self.part += 1;
        self.say(Message::Report(Box::new(report))).await;
    }

    fn remark(&mut self, code: &str, what: String) {
        self.remarks.push(ScanRemark { code: code.to_owned(), what });
    }

    /// Something was not asked that should have been: why.
    fn lack(&mut self, code: &str, what: String) {
        self.is_whole = false;
        self.remark(code, what);
    }

    async fn say(&self, message: Message) {
        if self.out.send(message).await.is_err() {
            self.shared.stop.now();
        }
    }

    /// Progress may be lost where nobody keeps up with it.
    fn tell(&self, progress: Progress) {
        let _ = self.out.try_send(Message::Progress(progress));
    }
}

/// The networks that a run says it is done with: the largest, if there are too many.
fn done_networks(done: &Ranges) -> Vec<IpNet> {
    let mut networks = done.networks();
    networks.sort_by_key(|it| (it.prefix_len(), it.network()));
    networks.truncate(DONE_NETWORKS_MAX);
    networks.into_iter().map(IpNet::V4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_networks_the_largest_are_told() {
        let single = |it: u32| Ipv4Net::new((0x0a00_0000 + it * 2).into(), 32).unwrap();
        let large: Ipv4Net = "10.128.0.0/16".parse().unwrap();
        let count = u32::try_from(DONE_NETWORKS_MAX).unwrap();
        let networks: Vec<Ipv4Net> = (0..count).map(single).chain([large]).collect();
        let told = done_networks(&Ranges::of(&networks));
        assert_eq!(told.len(), DONE_NETWORKS_MAX);
        assert_eq!(told[0], IpNet::V4(large));
    }
}
