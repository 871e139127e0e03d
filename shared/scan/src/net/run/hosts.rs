//! Ports, services and ways of the hosts that answered, batch by batch.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use observation::latest::scan::ProbeSelection;
use observation::latest::{AddressSeen, Cadence, Fact, SeenBy};
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::super::book::{Book, Learnt, Note};
use super::super::limits::HOSTS_AT_ONCE_MAX;
use super::super::services::{self, Host, Shared};
use super::super::swept::Swept;
use super::super::{clock, connect, names, path, snmp};
use super::connections::of_hosts;
use super::sections::{self, discovered, is_name_server, note_ports, note_ways, told};
use super::{Means, Phase, Progress, Run, Seen, raw};
use crate::plan::{Ranges, ports};

/// Hosts whose ports, services and ways are looked at together.
const BATCH_HOSTS_MAX: usize = HOSTS_AT_ONCE_MAX;
/// Conversations that go on when the scan is to stop may take this long to come to their end: well within
/// the time that a collector waits for a scanner that it stopped.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(8);

/// Hosts that answered and were not looked at yet.
type Waiting = std::vec::IntoIter<(IpAddr, Means)>;

/// A host of a batch, and what is known of it before its services are asked.
#[derive(Debug, Clone)]
struct Known {
    address: IpAddr,
    means: Means,
    ports: Ports,
    connections: Arc<Semaphore>,
}

/// What was learnt of the ports of a host.
#[derive(Debug, Clone, Default)]
struct Ports {
    swept: Swept,
    /// Given up, because it stays silent: asking again would show the same.
    is_given_up: bool,
}

impl Run {
    pub(super) async fn look_closer(&mut self, seen: Seen) {
        let total = seen.len() as u64;
        let seen = self.leave_link_local(seen).await;
        let addresses: Vec<IpAddr> = seen.keys().copied().collect();
        let mut waiting: Waiting = seen.into_iter().collect::<Vec<_>>().into_iter();
        let mut name_servers: Vec<IpAddr> = Vec::new();
        while waiting.len() > 0 && !self.shared.stop.is_set() {
            let books = self.batch(&mut waiting).await;
            name_servers.extend(books.iter().filter(|it| is_name_server(it)).map(Book::address));
            let done = total - waiting.len() as u64;
            self.tell(Progress { phase: Phase::Services, done, total, found: total });
            self.tell_hosts(books).await;
        }
        // What answered is told even if it was not asked anything more.
        self.tell_discovered(waiting).await;
        if self.wants("dns") && !self.shared.stop.is_set() {
            let books = names::ask(&name_servers, &addresses, &self.shared).await;
            self.tell_hosts(books).await;
        }
    }

    /// A link-local address is one only together with its link (RFC 4007 §6), which no carrier here
    /// knows: that somebody has it is told, and nothing is asked there.
    async fn leave_link_local(&mut self, seen: Seen) -> Seen {
        let is_local = |it: &IpAddr| matches!(it, IpAddr::V6(it) if it.is_unicast_link_local());
        let (local, seen): (Seen, Seen) = seen.into_iter().partition(|it| is_local(&it.0));
        if !local.is_empty() {
            self.remark("link_local", local.len().to_string());
            self.tell_discovered(local).await;
        }
        seen
    }

    /// Looks at the next hosts. Should the scan be to stop meanwhile, those that wait are told at once.
    async fn batch(&mut self, waiting: &mut Waiting) -> Vec<Book> {
        let batch = self.known(waiting.by_ref().take(BATCH_HOSTS_MAX).collect()).await;
        let (targets, follows) = (self.path_targets(&batch), self.follows_paths());
        let ways = tokio::spawn(path::ways(targets, follows, Arc::clone(&self.shared)));
        let mut visits = self.visit(&batch);
        let shared = Arc::clone(&self.shared);
        let mut books = Vec::new();
        let mut last_words: Option<Instant> = None;
        loop {
            let over = last_words.unwrap_or_else(Instant::now);
            tokio::select! {
                done = visits.running.join_next_with_id() => match done {
                    Some(done) => books.extend(self.visited(done, &mut visits)),
                    None => break,
                },
                () = shared.stop.wait(), if last_words.is_none() => {
                    last_words = Some(Instant::now() + LAST_WORDS_TIMEOUT);
                    self.tell_discovered(waiting.by_ref()).await;
                }
                () = sleep_until(over), if last_words.is_some() => {
                    visits.running.abort_all();
                    last_words = Some(Instant::now() + LAST_WORDS_TIMEOUT);
                }
            }
        }
        if !self.shared.stop.is_set() {
            let is_done = |it: &&Known| {
                let is_swept = it.ports.swept.is_whole || it.ports.is_given_up;
                is_swept && !visits.lost.contains(&it.address)
            };
            let done = batch.iter().filter(is_done).map(|it| it.address);
            self.done = self.done.and(&Ranges::of_addresses(done));
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

    /// The hosts of a batch with their ports.
    async fn known(&mut self, batch: Vec<(IpAddr, Means)>) -> Vec<Known> {
        let addresses: Vec<IpAddr> = batch.iter().map(|it| it.0).collect();
        let routers = self.around.routes.iter().filter_map(|it| it.gateway);
        let connections = of_hosts(&addresses, &self.macs, routers);
        let mut ports = self.ports(&connections).await;
        let hosts = batch.into_iter().zip(connections);
        let known = hosts.map(|((address, means), (_, connections))| {
            let ports = ports.remove(&address).unwrap_or_default();
            Known { address, means, ports, connections }
        });
        known.collect()
    }

    /// Starts asking these hosts.
    fn visit(&self, batch: &[Known]) -> Visits {
        let mut visits = Visits::default();
        for known in batch {
            let (address, book) = (known.address, self.first_book(known));
            let host = Host {
                address,
                open: known.ports.swept.open.clone(),
                is_swept: known.ports.swept.is_whole,
                is_ot: self.is_ot(address),
                connections: Arc::clone(&known.connections),
            };
            let (asks_snmp, shared) = (self.wants("snmp"), Arc::clone(&self.shared));
            let id = visits.running.spawn(visit(host, book, asks_snmp, shared)).id();
            visits.known.insert(id, known.clone());
        }
        visits
    }

    /// The book of a host that was asked. One that was given up keeps what was known of it before.
    fn visited(
        &mut self,
        done: Result<(Id, Book), JoinError>,
        visits: &mut Visits,
    ) -> Option<Book> {
        let error = match done {
            Ok((_, book)) => return Some(book),
            Err(error) => error,
        };
        let known = visits.known.remove(&error.id())?;
        visits.lost.push(known.address);
        if error.is_panic() {
            self.lack("host_failed", known.address.to_string());
        }
        Some(self.first_book(&known))
    }

    fn first_book(&self, known: &Known) -> Book {
        let mut book = discovered(known.address, &known.means);
        if self.job.probes == ProbeSelection::All {
            note_ports(&mut book, &known.ports.swept, self.job.profile);
        }
        book
    }

    /// What is known of the TCP ports of each address that could be asked.
    async fn ports(&mut self, connections: &[(IpAddr, Arc<Semaphore>)]) -> BTreeMap<IpAddr, Ports> {
        let mut known = BTreeMap::new();
        let is_framed =
            |it: &IpAddr| self.around.has_raw_sockets && self.around.way_to(*it).is_some();
        let (far, near): (Vec<_>, Vec<_>) =
            connections.iter().cloned().partition(|it| is_framed(&it.0));
        if !far.is_empty() {
            self.sweep_ports(far.into_iter().map(|it| it.0).collect(), &mut known).await;
        }
        let mut asked = JoinSet::new();
        for (address, connections) in near {
            let shared = Arc::clone(&self.shared);
            // Connecting to a printer's raw port may eject a page.
            let wanted = self.ports_of(address).into_iter().filter(|it| !ports::is_print(*it));
            let wanted: Vec<u16> = wanted.collect();
            asked.spawn(async move {
                (address, connect::open_ports(address, &wanted, &connections, &shared).await)
            });
        }
        while let Some(done) = asked.join_next().await {
            match done {
                Ok((address, found)) => {
                    if found.is_given_up {
                        self.remark("silent_ports", address.to_string());
                    }
                    if let Some(why) = found.trouble {
                        self.lack("connect_failed", why);
                    }
                    let (swept, is_given_up) = (found.swept, found.is_given_up);
                    known.insert(address, Ports { swept, is_given_up });
                }
                Err(error) => self.lack("connect_failed", error.to_string()),
            }
        }
        known
    }

    async fn sweep_ports(&mut self, addresses: Vec<IpAddr>, known: &mut BTreeMap<IpAddr, Ports>) {
        let wanted: Vec<(IpAddr, Vec<u16>)> =
            addresses.iter().map(|it| (*it, self.ports_of(*it))).collect();
        let control = Arc::new(raw::Control::default());
        let total = wanted.len() as u64;
        let tempo = raw::Tempo { rate_pps: self.scope.rate_pps(), profile: self.job.profile };
        let sweeping = {
            let (control, around) = (Arc::clone(&control), self.around.clone());
            tokio::task::spawn_blocking(move || raw::scan_ports(&wanted, &around, tempo, &control))
        };
        match self.while_it_runs(sweeping, &control, Phase::Services, total).await {
            Ok(Ok(found)) => {
                self.figures.packets_sent += found.figures.packets_sent;
                self.figures.packets_matched += found.figures.packets_matched;
                self.remarks.extend(found.remarks);
                self.is_whole &= found.is_complete;
                let hosts = found.hosts.into_iter();
                known.extend(hosts.map(|(at, swept)| (at, Ports { swept, is_given_up: false })));
            }
            Ok(Err(error)) => self.lack("raw_failed", error.to_string()),
            Err(error) => self.lack("raw_failed", error.to_string()),
        }
    }

    fn is_ot(&self, address: IpAddr) -> bool {
        self.job.ot_networks.iter().any(|it| it.contains(&address))
    }

    fn ports_of(&self, address: IpAddr) -> Vec<u16> {
        ports::of(self.job.profile, &self.job.probes, self.is_ot(address))
    }

    fn follows_paths(&self) -> bool {
        self.around.has_raw_sockets && self.wants("path")
    }

    /// Whose way is followed: everybody that is not on a link of ours.
    fn path_targets(&self, batch: &[Known]) -> Vec<path::PathTarget> {
        let is_near = |it: &&Known| {
            let mut networks = self.around.links.iter().flat_map(|it| &it.addresses);
            networks.any(|network| network.contains(&it.address))
        };
        let open =
            |it: &Known| it.ports.swept.open.iter().copied().find(|it| path::may_connect_to(*it));
        let far = batch.iter().filter(|it| !is_near(it));
        let targets = far.map(|it| path::PathTarget {
            address: it.address,
            open_tcp_port: open(it),
            connections: Arc::clone(&it.connections),
        });
        targets.collect()
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
}

/// Hosts that are being asked, and what is known of each should that end in an accident.
#[derive(Debug, Default)]
struct Visits {
    running: JoinSet<Book>,
    known: HashMap<Id, Known>,
    /// Those that it happened to.
    lost: Vec<IpAddr>,
}

/// Asks one host everything. A carrier of SNMP that fails costs what SNMP says, and nothing else.
async fn visit(host: Host, mut book: Book, asks_snmp: bool, shared: Arc<Shared>) -> Book {
    let address = host.address;
    let mut by_snmp = JoinSet::new();
    if asks_snmp {
        let shared = Arc::clone(&shared);
        by_snmp.spawn(async move { snmp::notes(address, &shared.snmp, &shared).await });
    }
    services::ask(host, shared, &mut book).await;
    while let Some(done) = by_snmp.join_next().await {
        match done {
            Ok(notes) => notes.into_iter().for_each(|it| book.add(it)),
            Err(error) => book.add(snmp_failed(&error)),
        }
    }
    book
}

fn snmp_failed(error: &JoinError) -> Note {
    let reason = sections::failed("asking by SNMP", &error.to_string());
    Note {
        source: crate::probes::snmp::PROBE.id.to_owned(),
        cadence: Cadence::Steady,
        asked_at: clock::now(),
        lasted: Duration::ZERO,
        learnt: Learnt::Nothing(reason),
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::Outcome;
    use observation::latest::scan::{ScanFigures, ScanJob, Vantage};

    use super::super::super::pace::Pace;
    use super::super::super::stop::Stop;
    use super::*;
    use crate::plan::{Scope, Surroundings};

    fn run() -> Run {
        let job = ScanJob { networks: vec!["10.0.0.0/28".parse().unwrap()], ..ScanJob::default() };
        let shared = Shared {
            selection: ProbeSelection::All,
            snmp: Vec::new(),
            pace: Pace::new(1_000),
            sockets: Semaphore::new(8),
            connections: 0.into(),
            stop: Arc::new(Stop::default()),
        };
        let vantage = Vantage {
            agent: None,
            software_version: String::new(),
            links: Vec::new(),
            gateways: Vec::new(),
            has_raw_sockets: false,
        };
        Run {
            scope: Scope::of(&job).unwrap(),
            job,
            around: Surroundings::default(),
            macs: BTreeMap::new(),
            shared: Arc::new(shared),
            out: tokio::sync::mpsc::channel(1).0,
            part: 0,
            vantage,
            started_at: jiff::Timestamp::UNIX_EPOCH,
            remarks: Vec::new(),
            figures: ScanFigures::default(),
            is_whole: true,
            done: Ranges::default(),
        }
    }

    #[tokio::test]
    async fn a_host_whose_questions_end_in_a_panic_keeps_what_was_known_of_it() {
        let address: IpAddr = [10, 0, 0, 7].into();
        let swept = Swept { open: vec![22], is_whole: true };
        let known = Known {
            address,
            means: vec![(SeenBy::Arp, Some("02:00:00:00:00:07".to_owned()))],
            ports: Ports { swept, is_given_up: false },
            connections: Arc::new(Semaphore::new(4)),
        };
        let (mut run, mut visits) = (run(), Visits::default());
        let id = visits.running.spawn(async { panic!("a bug of ours") }).id();
        visits.known.insert(id, known);
        let done = visits.running.join_next_with_id().await.unwrap();
        let report = run.visited(done, &mut visits).unwrap().into_report();
        let sources: Vec<&str> = report.sections.iter().map(|it| it.body.source.as_str()).collect();
        assert_eq!(sources, ["scan.arp", "scan.ports"]);
        assert_eq!(visits.lost, [address]);
        assert!(!run.is_whole);
        assert_eq!(run.remarks[0].code, "host_failed");
    }

    #[tokio::test]
    async fn a_carrier_of_snmp_that_panics_is_an_absence_of_that_source() {
        let mut broken: JoinSet<()> = JoinSet::new();
        broken.spawn(async { panic!("a bug of ours") });
        let error = broken.join_next().await.unwrap().unwrap_err();
        let mut book = Book::new([10, 0, 0, 7].into());
        book.add(snmp_failed(&error));
        let report = book.into_report();
        assert_eq!(report.sections[0].body.source.as_str(), "scan.snmp");
        assert!(matches!(report.sections[0].body.outcome, Outcome::Absent { .. }));
    }
}
