//! One scan from its job to its last report.
//!
//! Discovery first; then the hosts that answered, in batches: ports, services and ways, and a part of
//! the report for each batch, so that an interrupted scan keeps what it has. Last the names that name
//! servers inside the scanned networks give.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use observation::latest::scan::{
    ProbeSelection, ScanEnd, ScanFigures, ScanJob, ScanProfile, ScanRemark, ScanReport,
    TargetReport, Vantage, VantageLink,
};
use observation::latest::{
    AddressSeen, AgentId, Cadence, Fact, NetworkPath, OpenPort, SeenBy, ServiceProtocol, Transport,
};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::book::{Book, Learnt, Note};
use super::limits::{HOSTS_AT_ONCE_MAX, SOCKETS_MAX};
use super::message::{Estimate, Message, Phase, Progress, Refused};
use super::pace::Pace;
use super::services::{self, Host, Shared};
use super::stop::Stop;
use super::{clock, connect, names, path, raw, snmp, surroundings};
use crate::plan::ports::{self, Tier};
use crate::plan::{Plan, PlanError, Scope, Surroundings};
use crate::probes::Reading;

/// Hosts whose results travel together.
const PART_TARGETS_MAX: usize = 512;
/// Hosts whose ports, services and ways are looked at together.
const BATCH_HOSTS_MAX: usize = HOSTS_AT_ONCE_MAX;
/// Ways that are followed in one scan; other addresses share the way of their neighbours.
const PATHS_MAX: usize = 512;
/// Addresses of the machine itself that are asked: its loopback network alone has 16 million.
const OWN_MAX: usize = 4_096;
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
    let around = tokio::task::spawn_blocking(surroundings::read).await;
    let planned = match around {
        Ok(Ok(around)) => Scope::of(&job)
            .and_then(|scope| {
                let plan = Plan::of(&scope, &job, &around)?;
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
    let estimate = plan.estimate();
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
        own: BTreeSet::new(),
        macs: BTreeMap::new(),
        shared,
        out,
        part: 0,
        vantage,
        started_at,
        remarks: Vec::new(),
        figures: ScanFigures::default(),
    };
    scan.say(Message::Estimate(Estimate {
        addresses: estimate.addresses,
        packets: estimate.packets,
        rate_pps,
        seconds: estimate.duration.as_secs_f64(),
    }))
    .await;
    scan.go(plan).await;
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
    /// Addresses that packets of our own making do not reach.
    own: BTreeSet<IpAddr>,
    /// Hardware addresses on the links.
    macs: BTreeMap<IpAddr, String>,
    shared: Arc<Shared>,
    out: mpsc::Sender<Message>,
    part: u32,
    vantage: Vantage,
    started_at: Timestamp,
    remarks: Vec<ScanRemark>,
    figures: ScanFigures,
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
            for books in chunks(seen.into_iter().map(|(at, means)| discovered(at, &means))) {
                self.report(books, None).await;
            }
        } else {
            self.look_closer(seen).await;
        }
        self.finish().await;
    }

    /// Which addresses answer.
    async fn discover(&mut self, plan: Plan) -> Seen {
        let mut seen = Seen::new();
        if !plan.unreachable.is_empty() {
            self.remark("no_route", plan.unreachable.count().to_string());
        }
        let own = self.own_addresses(&plan);
        if self.around.has_raw_sockets {
            self.sweep(plan, &mut seen).await;
        } else {
            self.remark("no_raw_sockets", String::new());
            let others = self.scope.addresses().filter(|it| !own.contains(it));
            let others: Vec<IpAddr> = others.collect();
            self.connect_to(others, &mut seen).await;
            self.read_neighbour_table(&mut seen).await;
        }
        self.connect_to(own.iter().copied().collect(), &mut seen).await;
        self.own = own;
        seen
    }

    /// Nobody hears an own frame: the machine's own addresses are asked by connecting.
    fn own_addresses(&self, plan: &Plan) -> BTreeSet<IpAddr> {
        let by_connecting = plan.by_connecting.iter().take(OWN_MAX).map(IpAddr::V4);
        let own = self.around.own_addresses().filter(|it| self.scope.contains(*it));
        by_connecting.chain(own).collect()
    }

    /// By packets of our own making.
    async fn sweep(&mut self, plan: Plan, seen: &mut Seen) {
        let control = Arc::new(raw::Control::default());
        let total = plan.estimate().addresses;
        let sweeping = {
            let control = Arc::clone(&control);
            tokio::task::spawn_blocking(move || raw::discover(&plan, &control))
        };
        let swept = self.while_it_runs(sweeping, &control, Phase::Discovery, total).await;
        match swept {
            Ok(Ok(discovery)) => {
                for found in discovery.found {
                    let mac = found.mac.map(mac_text);
                    let means = seen.entry(found.address).or_default();
                    if !means.contains(&(found.means, mac.clone())) {
                        means.push((found.means, mac));
                    }
                }
                self.remarks.extend(discovery.remarks);
                self.figures.addresses += discovery.figures.addresses;
                self.figures.packets_sent += discovery.figures.packets_sent;
                self.figures.packets_matched += discovery.figures.packets_matched;
            }
            Ok(Err(error)) => self.remark("raw_failed", error.to_string()),
            Err(error) => self.remark("raw_failed", error.to_string()),
        }
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

    /// By connections.
    async fn connect_to(&mut self, addresses: Vec<IpAddr>, seen: &mut Seen) {
        let total = addresses.len() as u64;
        self.figures.addresses += total;
        let mut asked = JoinSet::new();
        let mut waiting = addresses.into_iter();
        let mut done = 0;
        loop {
            while asked.len() < HOSTS_AT_ONCE_MAX {
                let Some(address) = waiting.next() else { break };
                let shared = Arc::clone(&self.shared);
                asked.spawn(async move {
                    (address, connect::is_there(address, ports::DISCOVERY, &shared).await)
                });
            }
            let Some(answer) = asked.join_next().await else { break };
            done += 1;
            if let Ok((address, true)) = answer {
                seen.entry(address).or_default().push((SeenBy::Tcp, None));
            }
            let found = seen.len() as u64;
            self.tell(Progress { phase: Phase::Discovery, done, total, found });
        }
    }

    /// The kernel asked for hardware addresses while we connected: who answered that is there too.
    async fn read_neighbour_table(&mut self, seen: &mut Seen) {
        let read = tokio::task::spawn_blocking(surroundings::read).await;
        let Ok(Ok(around)) = read else { return };
        for (address, mac) in around.neighbours {
            if self.scope.contains(address) {
                let means = seen.entry(address).or_default();
                means.push((SeenBy::NeighbourTable, Some(mac_text(mac))));
            }
        }
    }

    /// Ports, services and ways, batch by batch.
    async fn look_closer(&mut self, seen: Seen) {
        let total = seen.len() as u64;
        let mut name_servers: Vec<IpAddr> = Vec::new();
        let addresses: Vec<IpAddr> = seen.keys().copied().collect();
        let mut done = 0;
        for batch in chunks_of(seen.into_iter(), BATCH_HOSTS_MAX) {
            if self.shared.stop.is_set() {
                // What answered is told even if it was not asked anything more.
                let books = batch.into_iter().map(|(at, means)| discovered(at, &means)).collect();
                self.report(books, None).await;
                continue;
            }
            let count = batch.len() as u64;
            let books = self.batch(batch).await;
            name_servers.extend(books.iter().filter(|it| is_name_server(it)).map(Book::address));
            done += count;
            self.tell(Progress { phase: Phase::Services, done, total, found: total });
            self.report(books, None).await;
        }
        if self.wants("dns") && !self.shared.stop.is_set() {
            let books = names::ask(&name_servers, &addresses, &self.shared).await;
            self.report(books, None).await;
        }
    }

    fn wants(&self, probe: &str) -> bool {
        match &self.job.probes {
            ProbeSelection::All => true,
            ProbeSelection::Discovery => false,
            ProbeSelection::Only(names) => names.iter().any(|it| it == probe),
        }
    }

    async fn batch(&mut self, batch: Vec<(IpAddr, Means)>) -> Vec<Book> {
        let addresses: Vec<IpAddr> = batch.iter().map(|it| it.0).collect();
        let mut open = self.ports(&addresses).await;
        let ways =
            tokio::spawn(path::ways(self.path_targets(&addresses, &open), self.paths_left()));
        let mut asked = JoinSet::new();
        for (address, means) in batch {
            let mut book = discovered(address, &means);
            let swept = open.remove(&address);
            let is_ot = self.job.ot_networks.iter().any(|it| it.contains(&address));
            let shared = Arc::clone(&self.shared);
            let profile = self.job.profile;
            let is_complete = self.job.probes == ProbeSelection::All;
            let asks_snmp = self.wants("snmp");
            asked.spawn(async move {
                let is_swept = swept.is_some();
                let open = swept.unwrap_or_default();
                if is_swept && is_complete {
                    note_ports(&mut book, &open, profile);
                }
                let credentials = if asks_snmp { shared.snmp.clone() } else { Vec::new() };
                let host = Host { address, open, is_swept, is_ot };
                let (notes, ()) = tokio::join!(
                    snmp::notes(address, &credentials, &shared),
                    services::ask(host, Arc::clone(&shared), &mut book),
                );
                notes.into_iter().for_each(|it| book.add(it));
                book
            });
        }
        let mut books = Vec::new();
        while let Some(done) = asked.join_next().await {
            books.extend(done);
        }
        match ways.await {
            Ok(ways) => {
                note_ways(&mut books, ways, &mut self.remarks);
                books.iter_mut().for_each(|it| self.note_near_side(it));
            }
            Err(error) => self.remark("paths_failed", error.to_string()),
        }
        books
    }

    /// The open TCP ports of each address whose ports could be looked at.
    async fn ports(&mut self, addresses: &[IpAddr]) -> BTreeMap<IpAddr, Vec<u16>> {
        let mut open = BTreeMap::new();
        let (mut far, mut near): (Vec<IpAddr>, Vec<IpAddr>) = (Vec::new(), Vec::new());
        for address in addresses {
            let by_packets = self.around.has_raw_sockets && !self.own.contains(address);
            if by_packets { far.push(*address) } else { near.push(*address) }
        }
        if !far.is_empty() {
            self.sweep_ports(far, &mut open).await;
        }
        let mut asked = JoinSet::new();
        for address in near {
            let shared = Arc::clone(&self.shared);
            let ports = self.ports_of(address);
            asked.spawn(async move {
                // Connecting to a printer's raw port may eject a page.
                let ports: Vec<u16> =
                    ports.into_iter().filter(|it| !ports::is_print(*it)).collect();
                (address, connect::open_ports(address, &ports, &shared).await)
            });
        }
        while let Some(done) = asked.join_next().await {
            let Ok((address, (ports, is_complete))) = done else { continue };
            if !is_complete {
                self.remark("silent_ports", address.to_string());
            }
            open.insert(address, ports);
        }
        open
    }

    /// An address behind a router that answers although its packets could pass no router is one of
    /// that router's own, on another side of it.
    fn note_near_side(&self, book: &mut Book) {
        let target = book.address();
        let answers_at_once = |it: &Fact| matches!(it, Fact::NetworkPath(way) if way.is_complete && way.hops == [Some(target)]);
        if !book.facts().any(answers_at_once) {
            return;
        }
        if let Some(mac) = self.around.gateway_to(target).and_then(|it| self.macs.get(&it)) {
            let mac = Some(mac.clone());
            let seen = AddressSeen { address: target, means: SeenBy::Path, mac };
            book.add(told("scan.path", vec![Fact::AddressSeen(seen)], Cadence::Steady));
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

    fn ports_of(&self, address: IpAddr) -> Vec<u16> {
        let is_ot = self.job.ot_networks.iter().any(|it| it.contains(&address));
        ports::of(self.job.profile, &self.job.probes, is_ot)
    }

    async fn sweep_ports(&mut self, addresses: Vec<IpAddr>, open: &mut BTreeMap<IpAddr, Vec<u16>>) {
        let wanted: Vec<(IpAddr, Vec<u16>)> =
            addresses.iter().map(|it| (*it, self.ports_of(*it))).collect();
        let control = Arc::new(raw::Control::default());
        let total = wanted.len() as u64;
        let (around, rate_pps) = (self.around.clone(), self.scope.rate_pps());
        let sweeping = {
            let control = Arc::clone(&control);
            tokio::task::spawn_blocking(move || {
                raw::scan_ports(&wanted, &around, rate_pps, &control)
            })
        };
        match self.while_it_runs(sweeping, &control, Phase::Services, total).await {
            Ok(Ok(found)) => {
                self.figures.packets_sent += found.figures.packets_sent;
                self.figures.packets_matched += found.figures.packets_matched;
                self.remarks.extend(found.remarks);
                for address in addresses {
                    open.entry(address).or_default();
                }
                for (address, ports) in found.open {
                    open.insert(address, ports);
                }
            }
            Ok(Err(error)) => self.remark("raw_failed", error.to_string()),
            Err(error) => self.remark("raw_failed", error.to_string()),
        }
    }

    fn paths_left(&self) -> bool {
        self.around.has_raw_sockets && self.wants("path")
    }

    /// Whose way is followed: everybody that is not on a link of ours.
    fn path_targets(
        &self,
        addresses: &[IpAddr],
        open: &BTreeMap<IpAddr, Vec<u16>>,
    ) -> Vec<path::PathTarget> {
        let is_near = |address: &IpAddr| {
            let mut networks = self.around.links.iter().flat_map(|it| &it.addresses);
            networks.any(|it| it.contains(address))
        };
        let mut targets: Vec<path::PathTarget> = addresses
            .iter()
            .filter(|it| !is_near(it))
            .map(|address| path::PathTarget {
                address: *address,
                open_tcp_port: open.get(address).and_then(|it| it.first().copied()),
            })
            .collect();
        targets.truncate(PATHS_MAX);
        targets
    }

    async fn finish(&mut self) {
        self.figures.connections = self.shared.connections.load(Ordering::Relaxed);
        let is_stopped = self.shared.stop.is_set();
        if is_stopped {
            self.remark("interrupted", String::new());
        }
        let mut remarks = std::mem::take(&mut self.remarks);
        remarks.sort();
        remarks.dedup();
        let is_complete = !is_stopped && !remarks.iter().any(|it| it.code == "raw_failed");
        let end =
            ScanEnd { finished_at: clock::now(), is_complete, remarks, figures: self.figures };
        self.report(Vec::new(), Some(end)).await;
    }

    async fn report(&mut self, books: Vec<Book>, end: Option<ScanEnd>) {
        if books.is_empty() && end.is_none() {
            return;
        }
        let targets: Vec<TargetReport> = books.into_iter().map(Book::into_report).collect();
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

fn chunks(books: impl Iterator<Item = Book>) -> Vec<Vec<Book>> {
    chunks_of(books, PART_TARGETS_MAX)
}

fn chunks_of<T>(items: impl Iterator<Item = T>, most: usize) -> Vec<Vec<T>> {
    let mut chunks: Vec<Vec<T>> = Vec::new();
    for item in items {
        match chunks.last_mut() {
            Some(last) if last.len() < most => last.push(item),
            Some(_) | None => chunks.push(vec![item]),
        }
    }
    chunks
}

/// The book of an address that answered.
fn discovered(address: IpAddr, means: &[(SeenBy, Option<String>)]) -> Book {
    let mut book = Book::new(address);
    for (means, mac) in means {
        let fact = AddressSeen { address, means: *means, mac: mac.clone() };
        book.add(told(discovery_source(*means), vec![Fact::AddressSeen(fact)], Cadence::Steady));
    }
    book
}

const fn discovery_source(means: SeenBy) -> &'static str {
    match means {
        SeenBy::Arp => "scan.arp",
        SeenBy::Ndp => "scan.ndp",
        SeenBy::IcmpEcho => "scan.icmp_echo",
        SeenBy::MulticastEcho => "scan.multicast_echo",
        SeenBy::Tcp => "scan.tcp_syn",
        SeenBy::Udp => "scan.udp",
        SeenBy::NeighbourTable => "scan.neighbour_table",
        SeenBy::Path => "scan.path",
    }
}

fn told(source: &str, facts: Vec<Fact>, cadence: Cadence) -> Note {
    Note {
        source: source.to_owned(),
        cadence,
        asked_at: clock::now(),
        lasted: Duration::ZERO,
        learnt: Learnt::Said(Reading { facts, ..Reading::default() }),
    }
}

/// Open ports, a section for each tier of ports that this profile looks at: one that finds nothing
/// says that nothing is open.
fn note_ports(book: &mut Book, open: &[u16], profile: ScanProfile) {
    for tier in Tier::of_profile(profile) {
        let of_tier = open.iter().filter(|it| ports::tier(**it) == *tier);
        let facts =
            of_tier.map(|port| Fact::OpenPort(OpenPort { transport: Transport::Tcp, port: *port }));
        book.add(told(tier.ports_source(), facts.collect(), Cadence::Steady));
    }
}

fn note_ways(books: &mut [Book], ways: path::Ways, remarks: &mut Vec<ScanRemark>) {
    remarks.extend(ways.remarks);
    let mut by_target: BTreeMap<IpAddr, NetworkPath> =
        ways.paths.into_iter().map(|it| (it.target, it)).collect();
    for book in books {
        if let Some(way) = by_target.remove(&book.address()) {
            book.add(told("scan.path", vec![Fact::NetworkPath(way)], Cadence::Steady));
        }
    }
}

/// Whether a host answered as a name server.
fn is_name_server(book: &Book) -> bool {
    book.facts().any(
        |it| matches!(it, Fact::ServiceAnswer(answer) if answer.protocol == ServiceProtocol::Dns),
    )
}
