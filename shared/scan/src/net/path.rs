//! Follows the ways to addresses, by trippy-core.
//!
//! A way is found by packets whose time to live ends on it, so routers between the scanner and a named
//! address see them; nothing else outside the named networks does. ICMP first. Where a target keeps
//! silent, one connection after another with a growing time to live to a port of it that is known to
//! be open: never two at once, and never to a port that prints.
//!
//! Routers answer few such packets per second (RFC 1812 section 4.3.2.8). So one address of each network
//! goes first, while they still answer; of its neighbours at least the distance is learnt.
//!
//! trippy-core blocks, cannot be cancelled and waits with select(2): so there are few tracers at once,
//! every round has an end, and the whole has one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use observation::latest::NetworkPath;
use observation::latest::scan::ScanRemark;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use trippy_core::{
    Builder, CompletionReason, Error, Port, PortDirection, ProbeStatus, Protocol, Round,
};

use super::services::Shared;
use crate::plan::ports::{is_ot, is_print};

/// Tracers at once: each holds few descriptors, and 16 follow 100 ways in less than two seconds where
/// the rate allows it.
const TRACERS_AT_ONCE_MAX: usize = 16;
/// All ways of one call together.
const ALL_WAYS_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest way that is followed: more than any company's network has.
const TTL_MAX: u8 = 30;
/// Packets of one ICMP round that wait for an answer.
const INFLIGHT_MAX: u8 = 24;
/// A round without an answer of the target ends after this time.
const ROUND_TIMEOUT: Duration = Duration::from_millis(1_000);
/// How long a round that reached its target waits for stragglers on the way.
const GRACE: Duration = Duration::from_millis(120);
/// ICMP rounds, the second only where a station or the target was silent in the first.
const ROUNDS_MAX: usize = 2;
/// How long one connection with a given time to live is waited for.
const STEP_TIMEOUT: Duration = Duration::from_millis(400);
/// Silent stations in a row after which a way by TCP is given up.
const SILENT_STEPS_MAX: usize = 4;
/// How long a tracer waits for one packet.
const READ_TIMEOUT: Duration = Duration::from_millis(10);
/// select(2) knows descriptors below this (`FD_SETSIZE`).
#[cfg(unix)]
const SELECT_DESCRIPTORS: i32 = 1_024;
/// Descriptors that a tracer needs at most.
#[cfg(unix)]
const DESCRIPTORS_PER_TRACER: i32 = 8;

/// Whom a way leads to.
#[derive(Debug, Clone)]
pub struct PathTarget {
    /// The address.
    pub address: IpAddr,
    /// A port of it that is open and may be connected to, [`may_connect_to`]; none: only ICMP is tried.
    pub open_tcp_port: Option<u16>,
    /// The connections that it bears at once: ours is one of them.
    pub connections: Arc<Semaphore>,
}

/// Whether a way may be followed by connections to this port.
#[must_use]
pub fn may_connect_to(port: u16) -> bool {
    !is_print(port) && !is_ot(port)
}

/// The ways that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// One per target that anything answered for.
    pub paths: Vec<NetworkPath>,
    /// What went wrong.
    pub remarks: Vec<ScanRemark>,
}

/// Follows the ways without blocking the runtime; nothing where they are not wanted.
pub async fn ways(targets: Vec<PathTarget>, is_wanted: bool, shared: Arc<Shared>) -> Ways {
    if !is_wanted || targets.is_empty() {
        return Ways::default();
    }
    let runtime = Handle::current();
    match tokio::task::spawn_blocking(move || trace(&targets, &shared, &runtime)).await {
        Ok(ways) => ways,
        Err(error) => Ways { remarks: vec![failed(&error)], ..Ways::default() },
    }
}

/// Follows the ways to all targets, until the scan is to end. Blocks; needs the right to raw sockets,
/// and a runtime whose clock runs.
#[must_use]
pub fn trace(targets: &[PathTarget], shared: &Shared, runtime: &Handle) -> Ways {
    let deadline = Instant::now() + ALL_WAYS_TIMEOUT;
    let ways = Mutex::new(Ways::default());
    let (first, others) = one_of_each_network(targets);
    // Identifiers of both rounds differ: late answers to the first are still on their way.
    let ids = [process_id(), process_id().wrapping_add(u16::MAX / 2)];
    for (targets, first_id) in [first, others].iter().zip(ids) {
        let next = AtomicUsize::new(0);
        at_once(targets.len().min(TRACERS_AT_ONCE_MAX), || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(target) = targets.get(index).filter(|_| !shared.stop.is_set()) else {
                    break;
                };
                let tracer = Tracer { shared, runtime, deadline, id: trace_id(first_id, index) };
                let found = tracer.follow(target);
                let Ok(mut ways) = ways.lock() else { break };
                match found {
                    Ok(path) => ways.paths.extend(path),
                    Err(trouble) => ways.remarks.push(failed(&trouble)),
                }
            }
        });
    }
    let mut ways = ways.into_inner().unwrap_or_default();
    ways.paths.sort_by_key(|it| it.target);
    ways.remarks.sort();
    ways.remarks.dedup();
    ways
}

fn at_once(count: usize, work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(&work)).collect();
        for thread in threads {
            // A tracer that panicked loses its target; the others go on.
            let _ = thread.join();
        }
    });
}

/// The first target of each network of the usual size, and the rest.
fn one_of_each_network(targets: &[PathTarget]) -> (Vec<&PathTarget>, Vec<&PathTarget>) {
    let mut known = BTreeSet::new();
    targets.iter().partition(|it| {
        let length = if it.address.is_ipv4() { 24 } else { 64 };
        known.insert(IpNet::new(it.address, length).map(|it| it.trunc()).ok())
    })
}

fn failed(error: &dyn std::error::Error) -> ScanRemark {
    let cause = error.source().map_or_else(String::new, |it| format!(": {it}"));
    ScanRemark { code: "paths_failed".to_owned(), what: format!("{error}{cause}") }
}

/// Why a way could not be followed.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("tracing")]
    Trace(#[source] Error),
    #[error("too many open descriptors")]
    Descriptors,
    #[error("no time was left")]
    NoTimeLeft,
}

/// Follows one way.
struct Tracer<'a> {
    shared: &'a Shared,
    runtime: &'a Handle,
    deadline: Instant,
    id: NonZeroU16,
}

impl Tracer<'_> {
    fn follow(&self, target: &PathTarget) -> Result<Option<NetworkPath>, Trouble> {
        if !has_small_descriptors() {
            return Err(Trouble::Descriptors);
        }
        let mut draft = Draft::default();
        for _ in 0..ROUNDS_MAX {
            if !self.may_send(u32::from(INFLIGHT_MAX))? {
                return Ok(draft.into_path(target.address));
            }
            let tracer = icmp(target.address, self.id).build().map_err(Trouble::Trace)?;
            let round = run(&tracer)?;
            self.shared.pace.give_back(u32::from(INFLIGHT_MAX).saturating_sub(round.sent));
            draft.add(round);
            if draft.is_complete() {
                break;
            }
        }
        if let (None, Some(port)) = (draft.end, target.open_tcp_port)
            && may_connect_to(port)
        {
            self.step_by_step(target, port, &mut draft)?;
        }
        Ok(draft.into_path(target.address))
    }

    /// Waits for so many turns at the rate of the scan. `false`: the scan is to end.
    fn may_send(&self, packets: u32) -> Result<bool, Trouble> {
        if Instant::now() >= self.deadline {
            return Err(Trouble::NoTimeLeft);
        }
        Ok(self.runtime.block_on(self.shared.pace.turns(packets, &self.shared.stop)))
    }

    /// The right to connect to a host, beside those who ask for its services. None: the scan is to end.
    fn connection(&self, of: &PathTarget) -> Result<Option<OwnedSemaphorePermit>, Trouble> {
        let deadline = tokio::time::Instant::from_std(self.deadline);
        let connections = Arc::clone(&of.connections);
        self.runtime.block_on(async {
            tokio::select! {
                permit = connections.acquire_owned() => Ok(permit.ok()),
                () = self.shared.stop.wait() => Ok(None),
                () = tokio::time::sleep_until(deadline) => Err(Trouble::NoTimeLeft),
            }
        })
    }

    /// One connection per time to live, each ended before the next begins.
    fn step_by_step(
        &self,
        target: &PathTarget,
        port: u16,
        draft: &mut Draft,
    ) -> Result<(), Trouble> {
        let Some(_connection) = self.connection(target)? else { return Ok(()) };
        let mut silent = 0;
        for ttl in 1..=TTL_MAX {
            if !self.may_send(1)? {
                break;
            }
            let tracer =
                step(target.address, port, self.id, ttl).build().map_err(Trouble::Trace)?;
            let round = run(&tracer)?;
            silent = if round.stations.is_empty() { silent + 1 } else { 0 };
            draft.add(round);
            if draft.end.is_some() || silent == SILENT_STEPS_MAX {
                break;
            }
        }
        Ok(())
    }
}

fn icmp(address: IpAddr, id: NonZeroU16) -> Builder {
    Builder::new(address)
        .protocol(Protocol::Icmp)
        .trace_identifier(id.get())
        .max_rounds(Some(1))
        .first_ttl(1)
        .max_ttl(TTL_MAX)
        .max_inflight(INFLIGHT_MAX)
        .min_round_duration(Duration::ZERO)
        .max_round_duration(ROUND_TIMEOUT)
        .grace_duration(GRACE)
        .read_timeout(READ_TIMEOUT)
}

/// A connection whose packets end their way after `ttl` stations.
fn step(address: IpAddr, port: u16, id: NonZeroU16, ttl: u8) -> Builder {
    Builder::new(address)
        .protocol(Protocol::Tcp)
        .port_direction(PortDirection::FixedDest(Port(port)))
        .initial_sequence(source_port(id, ttl))
        .max_rounds(Some(1))
        .first_ttl(ttl)
        .max_ttl(ttl)
        // Counted from the scanner on; the bounds above leave one packet.
        .max_inflight(TTL_MAX + 1)
        .min_round_duration(Duration::ZERO)
        .max_round_duration(STEP_TIMEOUT)
        .grace_duration(Duration::ZERO)
        .read_timeout(READ_TIMEOUT)
        .tcp_connect_timeout(STEP_TIMEOUT)
}

/// What one round learnt.
#[derive(Debug, Default)]
struct Learnt {
    stations: BTreeMap<u8, IpAddr>,
    /// The time to live with which the target answered.
    end: Option<u8>,
    /// Packets that it took.
    sent: u32,
}

fn run(tracer: &trippy_core::Tracer) -> Result<Learnt, Trouble> {
    let learnt = Mutex::new(Learnt::default());
    let note = |round: &Round<'_>| {
        let Ok(mut learnt) = learnt.lock() else { return };
        for probe in round.probes {
            learnt.sent += u32::from(!matches!(probe, ProbeStatus::NotSent | ProbeStatus::Skipped));
            if let ProbeStatus::Complete(probe) = probe {
                learnt.stations.insert(probe.ttl.0, probe.host);
            }
        }
        if round.reason == CompletionReason::TargetFound {
            learnt.end = Some(round.largest_ttl.0);
        }
    };
    tracer.run_with(note).map_err(Trouble::Trace)?;
    Ok(learnt.into_inner().unwrap_or_default())
}

/// What all rounds together learnt of one way.
#[derive(Debug, Default)]
struct Draft {
    stations: BTreeMap<u8, IpAddr>,
    end: Option<u8>,
}

impl Draft {
    /// The first answer of a station counts: where ways differ from round to round, one of them is
    /// kept and not a mixture that is re-made with every round.
    fn add(&mut self, round: Learnt) {
        for (ttl, station) in round.stations {
            self.stations.entry(ttl).or_insert(station);
        }
        if let Some(end) = round.end {
            self.end = Some(self.end.map_or(end, |it| it.min(end)));
        }
    }

    /// Whether the target and everybody before it answered.
    fn is_complete(&self) -> bool {
        self.end.is_some_and(|end| (1..end).all(|ttl| self.stations.contains_key(&ttl)))
    }

    fn into_path(self, target: IpAddr) -> Option<NetworkPath> {
        let last = self.end.map(|it| it.saturating_sub(1));
        let last = last.or_else(|| self.stations.keys().next_back().copied())?;
        let mut hops: Vec<Option<IpAddr>> =
            (1..=last).map(|ttl| self.stations.get(&ttl).copied()).collect();
        if self.end.is_some() {
            hops.push(Some(target));
        } else {
            // A router that knows of no further way answers for every time to live beyond it.
            hops.dedup_by(|later, earlier| later.is_some() && later == earlier);
        }
        Some(NetworkPath { target, hops, is_complete: self.end.is_some() })
    }
}

/// Whether descriptors opened from here on are such that select(2) knows.
#[cfg(unix)]
fn has_small_descriptors() -> bool {
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    let tracers = i32::try_from(TRACERS_AT_ONCE_MAX).unwrap_or(SELECT_DESCRIPTORS);
    let highest = SELECT_DESCRIPTORS - tracers * DESCRIPTORS_PER_TRACER;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
    socket.is_ok_and(|it| it.as_raw_fd() < highest)
}

/// Elsewhere select counts sockets instead of looking at their numbers.
#[cfg(not(unix))]
const fn has_small_descriptors() -> bool {
    true
}

/// Answers are matched by an identifier; that of other processes of this machine should differ.
fn process_id() -> u16 {
    u16::try_from(std::process::id() & 0xffff).unwrap_or_default()
}

fn trace_id(first: u16, index: usize) -> NonZeroU16 {
    let index = u16::try_from(index % usize::from(u16::MAX)).unwrap_or_default();
    // 0 would match the answers to everybody.
    NonZeroU16::new(first.wrapping_add(index)).unwrap_or(NonZeroU16::MAX)
}

/// Steps of tracers that run at once leave from different ports.
fn source_port(id: NonZeroU16, ttl: u8) -> u16 {
    const FIRST: u16 = 33_434;
    const TRACERS: u16 = 512;
    FIRST + (id.get() % TRACERS) * 32 + u16::from(ttl)
}

#[cfg(test)]
mod tests {
    use observation::latest::scan::ProbeSelection;

    use super::super::pace::Pace;
    use super::super::stop::Stop;
    use super::*;

    const TARGET: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9));

    fn router(number: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, number).into()
    }

    fn round(stations: &[(u8, IpAddr)], end: Option<u8>) -> Learnt {
        Learnt { stations: stations.iter().copied().collect(), end, sent: 0 }
    }

    fn path(rounds: Vec<Learnt>) -> Option<NetworkPath> {
        let mut draft = Draft::default();
        rounds.into_iter().for_each(|it| draft.add(it));
        draft.into_path(TARGET)
    }

    #[test]
    fn one_address_of_each_network_goes_first() {
        let target = |it: &str| PathTarget {
            address: it.parse().unwrap(),
            open_tcp_port: None,
            connections: Arc::new(Semaphore::new(1)),
        };
        let targets = ["10.0.1.7", "10.0.1.9", "10.0.2.1", "fd00::1", "fd00::2"].map(target);
        let (first, others) = one_of_each_network(&targets);
        let shown = |it: Vec<&PathTarget>| -> Vec<String> {
            it.iter().map(|it| it.address.to_string()).collect()
        };
        assert_eq!(shown(first), ["10.0.1.7", "10.0.2.1", "fd00::1"]);
        assert_eq!(shown(others), ["10.0.1.9", "fd00::2"]);
    }

    #[test]
    fn a_neighbour_is_one_station_away() {
        let path = path(vec![round(&[(1, TARGET)], Some(1))]).unwrap();
        assert_eq!(
            path,
            NetworkPath { target: TARGET, hops: vec![Some(TARGET)], is_complete: true }
        );
    }

    #[test]
    fn a_silent_router_keeps_its_place() {
        let rounds = vec![round(&[(1, router(1)), (3, TARGET)], Some(3))];
        let path = path(rounds).unwrap();
        assert_eq!(path.hops, [Some(router(1)), None, Some(TARGET)]);
        assert!(path.is_complete);
    }

    #[test]
    fn a_second_round_fills_what_the_first_missed_and_changes_nothing_else() {
        let rounds = vec![
            round(&[(2, router(2)), (3, TARGET)], Some(3)),
            round(&[(1, router(1)), (2, router(7)), (3, TARGET)], Some(3)),
        ];
        let path = path(rounds).unwrap();
        assert_eq!(path.hops, [Some(router(1)), Some(router(2)), Some(TARGET)]);
    }

    #[test]
    fn packets_that_went_further_than_needed_do_not_lengthen_the_way() {
        let rounds = vec![round(&[(1, router(1)), (2, TARGET), (3, TARGET)], Some(2))];
        assert_eq!(path(rounds).unwrap().hops, [Some(router(1)), Some(TARGET)]);
    }

    #[test]
    fn a_way_that_ends_before_its_target_says_so_once() {
        let rounds = vec![round(&[(1, router(1)), (2, router(2)), (3, router(2))], None)];
        let path = path(rounds).unwrap();
        assert_eq!(path.hops, [Some(router(1)), Some(router(2))]);
        assert!(!path.is_complete);
    }

    #[test]
    fn where_nobody_answered_there_is_no_way() {
        assert_eq!(path(vec![round(&[], None)]), None);
    }

    #[test]
    fn an_answer_of_another_length_keeps_the_shorter_one() {
        let rounds = vec![round(&[(4, TARGET)], Some(4)), round(&[(3, TARGET)], Some(3))];
        assert_eq!(path(rounds).unwrap().hops.len(), 3);
    }

    #[test]
    fn identifiers_of_one_run_differ_and_are_never_everybodys() {
        let ids: BTreeSet<_> = (0..512).map(|it| trace_id(65_500, it)).collect();
        assert!(ids.len() >= 511);
    }

    #[test]
    fn source_ports_stay_in_range() {
        assert_eq!(source_port(NonZeroU16::MAX, TTL_MAX), 33_434 + 511 * 32 + 30);
    }

    /// Also for the lab.
    pub(super) fn shared(rate_pps: u32) -> Arc<Shared> {
        Arc::new(Shared {
            selection: ProbeSelection::All,
            snmp: Vec::new(),
            pace: Pace::new(rate_pps),
            sockets: Semaphore::new(8),
            connections: 0.into(),
            stop: Arc::new(Stop::default()),
        })
    }

    fn itself() -> PathTarget {
        let connections = Arc::new(Semaphore::new(4));
        PathTarget { address: Ipv4Addr::LOCALHOST.into(), open_tcp_port: None, connections }
    }

    #[test]
    fn ways_are_not_followed_by_connections_to_printers_and_controllers() {
        assert!([22, 443].into_iter().all(may_connect_to));
        assert!(![102, 502, 515, 9100].into_iter().any(may_connect_to));
    }

    #[tokio::test]
    async fn unwanted_ways_are_not_followed() {
        assert_eq!(ways(vec![itself()], false, shared(1_000)).await, Ways::default());
    }

    #[tokio::test]
    async fn after_a_stop_no_way_is_followed() {
        let shared = shared(1_000);
        shared.stop.now();
        let targets = std::iter::repeat_with(itself).take(100).collect();
        assert_eq!(ways(targets, true, shared).await, Ways::default());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stop_ends_ways_that_wait_for_their_turn() {
        let shared = shared(1);
        let targets = std::iter::repeat_with(itself).take(100).collect();
        let tracing = tokio::spawn(ways(targets, true, Arc::clone(&shared)));
        // The first way takes all turns of the next seconds.
        tokio::time::sleep(Duration::from_millis(50)).await;
        shared.stop.now();
        let ended = tokio::time::timeout(Duration::from_secs(5), tracing).await;
        assert!(ended.is_ok(), "it waits on");
    }

    /// With the right to raw sockets the way is found; without, the remark says why it is not.
    #[tokio::test]
    async fn the_way_to_this_machine_is_itself_or_a_remark() {
        let ways = ways(vec![itself()], true, shared(1_000)).await;
        match ways.paths.first() {
            Some(path) => assert_eq!(path.hops, [Some(itself().address)]),
            None => assert_eq!(ways.remarks[0].code, "paths_failed"),
        }
    }
}

#[cfg(feature = "lab")]
#[cfg(test)]
mod lab;
