//! Packets of our own making: which addresses are alive, and which ports are open.
//!
//! Blocking: to be called where blocking is allowed. The engine decides, this module only carries:
//! frames out, answers in, time from one clock.

mod channel;
mod drive;
#[cfg(feature = "lab")]
#[cfg(test)]
mod lab;
#[cfg(target_os = "linux")]
mod packet_socket;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use observation::latest::SeenBy;
use observation::latest::scan::{ScanFigures, ScanProfile, ScanRemark};
use thiserror::Error;

use self::drive::{Driver, Session};
use super::swept::Swept;
use crate::engine::{
    AllNodes, Ask, PortAnswer, PortHost, PortSweep, Question, RoundTrips, Sweep, Target,
};
use crate::plan::{Link, LinkPlan, Plan, Ranges, Surroundings};

/// Addresses that one sweep holds in memory.
const BLOCK_ADDRESSES_MAX: usize = 1 << 16;
/// Ports, of all hosts together, that one sweep holds in memory.
const BLOCK_PORTS_MAX: usize = 1 << 20;
/// How often neighbours are looked for before their ports are swept.
const REACH_TIMES: usize = 2;
/// Shortest wait for an answer while ports are swept.
const PORT_FLOOR: Duration = Duration::from_millis(100);

/// A hand on a sweep that runs: stop it, see how far it is.
#[derive(Debug, Default)]
pub struct Control {
    is_cancelled: AtomicBool,
    done: AtomicU64,
    found: AtomicU64,
}

impl Control {
    /// Ends the sweep; what was found is still given.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it is to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    /// Addresses that are done, and how many of all answered.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.found.load(Ordering::Relaxed))
    }
}

/// Why no packet could be sent.
#[derive(Debug, Error)]
pub enum RawError {
    /// The interface gave no channel.
    #[error("opening a channel for frames on {interface}")]
    Open {
        /// The interface.
        interface: String,
        /// What the system said.
        source: io::Error,
    },
    /// The channel failed.
    #[error("sending or receiving frames on {interface}")]
    Carry {
        /// The interface.
        interface: String,
        /// What the system said.
        source: io::Error,
    },
    /// The channel took no frame for a long time.
    #[error("sending frames on {interface}: its queue stays full")]
    Stuck {
        /// The interface.
        interface: String,
    },
    /// The system gave no random bytes.
    #[error("drawing random bytes")]
    Random,
}

/// An address that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The address.
    pub address: IpAddr,
    /// What it answered.
    pub means: SeenBy,
    /// Its hardware address, where it is on a link of ours and answered for itself.
    pub mac: Option<[u8; 6]>,
    /// How long the answer took, where that is certain.
    pub round_trip: Option<Duration>,
}

/// What discovery found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Addresses that are alive.
    pub found: Vec<Found>,
    /// What there is to say.
    pub remarks: Vec<ScanRemark>,
    /// Figures.
    pub figures: ScanFigures,
    /// Whether everything that was planned was asked.
    pub is_complete: bool,
    /// IPv4 addresses that need not be asked again: [`Plan::without`] continues an interrupted sweep.
    pub done: Ranges,
}

/// What a sweep of ports found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortsFound {
    /// What is known of the TCP ports of each host that was asked at all.
    pub hosts: Vec<(IpAddr, Swept)>,
    /// What there is to say.
    pub remarks: Vec<ScanRemark>,
    /// Figures.
    pub figures: ScanFigures,
    /// Whether everything that was planned was asked. Hosts that left their link meanwhile do not
    /// count: they were looked for there twice.
    pub is_complete: bool,
}

/// How fast and how patiently ports are asked.
#[derive(Debug, Clone, Copy)]
pub struct Tempo {
    /// Packets per second.
    pub rate_pps: u32,
    /// Says how long to wait for neighbours.
    pub profile: ScanProfile,
}

/// Asks all addresses of a plan whether they are there. A link that fails is a remark; what was found
/// until then, there and on the others, is kept.
///
/// # Errors
/// The system gives no random bytes.
pub fn discover(plan: &Plan, control: &Control) -> Result<Discovery, RawError> {
    let mut session = Session::new(plan.rate_pps(), control)?;
    let mut discovery = Discovery { is_complete: true, ..Discovery::default() };
    let mut trips = RoundTrips::new(floor(plan.profile()));
    for entry in &plan.links {
        let asked = Driver::open(&entry.link, &mut session)
            .and_then(|mut driver| driver.ask_link(entry, plan, &mut trips, &mut discovery));
        if let Err(error) = asked {
            discovery.remarks.push(failed(&error));
            discovery.is_complete = false;
        }
    }
    discovery.is_complete &= !control.is_cancelled();
    discovery.figures.answered = discovery.found.len() as u64;
    session.write_to(&mut discovery.figures);
    Ok(discovery)
}

/// The remark for a link that failed.
fn failed(error: &RawError) -> ScanRemark {
    let cause = std::error::Error::source(error).map_or_else(String::new, |it| format!(": {it}"));
    remark("raw_failed", format!("{error}{cause}"))
}

/// Sends one SYN to an address again and again, in batches and without pace: what the machine can do at
/// most, for measurements in networks of their own. How many were sent.
///
/// # Errors
/// The interface gives no channel, or its channel fails.
pub fn plain_send(address: IpAddr, around: &Surroundings, packets: u64) -> Result<u64, RawError> {
    let Some((link, next)) = around.way_to(address) else { return Ok(0) };
    let control = Control::default();
    let mut session = Session::new(u32::MAX, &control)?;
    let mut driver = Driver::open(link, &mut session)?;
    let macs = driver.resolve(&[next], floor(ScanProfile::Deep))?;
    let Some(mac) = macs.get(&next).copied() else { return Ok(0) };
    driver.flood(&Ask { address, question: Question::Syn(9), mac: Some(mac) }, packets)
}

/// The gentler a scan, the longer it waits for devices that sleep.
fn floor(profile: ScanProfile) -> Duration {
    match profile {
        ScanProfile::Gentle => Duration::from_millis(500),
        ScanProfile::Normal => Duration::from_millis(250),
        ScanProfile::Deep => Duration::from_millis(40),
    }
}

impl Driver<'_, '_> {
    fn ask_link(
        &mut self,
        entry: &LinkPlan,
        plan: &Plan,
        trips: &mut RoundTrips,
        discovery: &mut Discovery,
    ) -> Result<(), RawError> {
        self.on_link(entry, plan, trips, discovery)?;
        self.routed(entry, plan, trips, discovery)
    }

    fn on_link(
        &mut self,
        entry: &LinkPlan,
        plan: &Plan,
        trips: &mut RoundTrips,
        discovery: &mut Discovery,
    ) -> Result<(), RawError> {
        let mut all_nodes = (!entry.multicast.is_empty())
            .then(|| AllNodes { scope: plan.scope().clone(), networks: entry.multicast.clone() });
        let mut waiting = entry.on_link.iter();
        loop {
            let block: Vec<IpAddr> = waiting.by_ref().take(BLOCK_ADDRESSES_MAX).collect();
            if block.is_empty() && all_nodes.is_none() || self.is_cancelled() {
                return Ok(());
            }
            let mut sweep = Sweep::on_link(&block, all_nodes.take(), trips.clone(), self.seed());
            self.sweep(&mut sweep, block.len() as u64, trips, discovery)?;
        }
    }

    fn routed(
        &mut self,
        entry: &LinkPlan,
        plan: &Plan,
        trips: &mut RoundTrips,
        discovery: &mut Discovery,
    ) -> Result<(), RawError> {
        let gateways: Vec<IpAddr> = entry.routed.iter().map(|it| it.gateway).collect();
        let macs = self.resolve(&gateways, floor(plan.profile()))?;
        let mut waiting = Vec::new();
        for routed in entry.routed.iter().filter(|_| !self.is_cancelled()) {
            match macs.get(&routed.gateway).copied() {
                Some(router) => {
                    let target = move |address| Target { address, router };
                    waiting.push(routed.targets.iter().map(target));
                }
                None => {
                    let what = format!("{} ({})", routed.gateway, routed.targets.count());
                    discovery.remarks.push(remark("gateway_silent", what));
                    discovery.is_complete = false;
                }
            }
        }
        let mut waiting = waiting.into_iter().flatten();
        loop {
            let block: Vec<Target> = waiting.by_ref().take(BLOCK_ADDRESSES_MAX).collect();
            if block.is_empty() || self.is_cancelled() {
                return Ok(());
            }
            self.sweep_routed(&block, trips, discovery)?;
        }
    }

    fn sweep_routed(
        &mut self,
        block: &[Target],
        trips: &mut RoundTrips,
        discovery: &mut Discovery,
    ) -> Result<(), RawError> {
        let mut sweep = Sweep::routed(block, trips.clone(), self.seed());
        self.sweep(&mut sweep, block.len() as u64, trips, discovery)
    }

    fn sweep(
        &mut self,
        sweep: &mut Sweep,
        addresses: u64,
        trips: &mut RoundTrips,
        discovery: &mut Discovery,
    ) -> Result<(), RawError> {
        // Whatever ends it early, what it found is true.
        let ran = self.run(sweep, addresses);
        discovery.figures.addresses += sweep.asked();
        discovery.remarks.extend(sweep.remarks());
        discovery.found.extend(sweep.found().iter().map(|it| Found {
            address: it.address,
            means: it.means,
            mac: it.mac,
            round_trip: it.round_trip,
        }));
        let done = Ranges::of_addresses(sweep.done());
        discovery.done = discovery.done.and(&done);
        *trips = sweep.round_trips().clone();
        ran.map(drop)
    }

    /// The hardware addresses of neighbours, asked afresh: a table may be old. Sleepers get the time
    /// that they get in discovery.
    fn resolve(
        &mut self,
        addresses: &[IpAddr],
        floor: Duration,
    ) -> Result<BTreeMap<IpAddr, [u8; 6]>, RawError> {
        if addresses.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut sweep = Sweep::neighbours(addresses, RoundTrips::new(floor));
        self.run(&mut sweep, 0)?;
        Ok(sweep.found().iter().filter_map(|it| it.mac.map(|mac| (it.address, mac))).collect())
    }
}

/// Asks hosts which of these TCP ports accept connections, with single segments that hold no data. A
/// link that fails is a remark; what was found until then, there and on the others, is kept.
///
/// # Errors
/// The system gives no random bytes.
pub fn scan_ports(
    hosts: &[(IpAddr, Vec<u16>)],
    around: &Surroundings,
    tempo: Tempo,
    control: &Control,
) -> Result<PortsFound, RawError> {
    let mut found = PortsFound { is_complete: true, ..PortsFound::default() };
    let mut by_link: BTreeMap<u32, (&Link, Vec<Way<'_>>)> = BTreeMap::new();
    for (address, ports) in hosts {
        match around.way_to(*address) {
            Some((link, next)) => {
                let way = Way { address: *address, ports, next };
                by_link.entry(link.index).or_insert_with(|| (link, Vec::new())).1.push(way);
            }
            None => {
                found.remarks.push(remark("no_way", address.to_string()));
                found.is_complete = false;
            }
        }
    }
    let mut session = Session::new(tempo.rate_pps, control)?;
    for (link, ways) in by_link.into_values() {
        let asked = Driver::open(link, &mut session)
            .and_then(|mut driver| driver.scan_link(&ways, tempo, &mut found));
        if let Err(error) = asked {
            found.remarks.push(failed(&error));
            found.is_complete = false;
        }
    }
    session.write_to(&mut found.figures);
    found.hosts.sort_unstable_by_key(|it| it.0);
    found.is_complete &= !control.is_cancelled();
    Ok(found)
}

/// A host and the neighbour that packets to it go to.
#[derive(Debug, Clone, Copy)]
struct Way<'a> {
    address: IpAddr,
    ports: &'a [u16],
    next: IpAddr,
}

impl Driver<'_, '_> {
    /// Hosts answered a moment ago, in discovery. Who does not answer any more is asked again after the
    /// others: it may sleep, or its table of neighbours may be full.
    fn scan_link(
        &mut self,
        ways: &[Way<'_>],
        tempo: Tempo,
        found: &mut PortsFound,
    ) -> Result<(), RawError> {
        let mut trips = RoundTrips::new(PORT_FLOOR);
        let mut waiting = ways.to_vec();
        for _ in 0..REACH_TIMES {
            if waiting.is_empty() {
                break;
            }
            let (hosts, silent) = self.reachable(&waiting, tempo)?;
            self.scan_hosts(&hosts, &mut trips, found)?;
            waiting = silent;
        }
        for way in waiting.iter().filter(|_| !self.is_cancelled()) {
            found.remarks.push(remark("no_way", way.address.to_string()));
            // Behind a router that is silent there may be somebody.
            found.is_complete &= way.next == way.address;
        }
        Ok(())
    }

    fn scan_hosts(
        &mut self,
        hosts: &[PortHost],
        trips: &mut RoundTrips,
        found: &mut PortsFound,
    ) -> Result<(), RawError> {
        let longest = hosts.iter().map(|it| it.ports.len()).max().unwrap_or(0).max(1);
        for group in hosts.chunks((BLOCK_PORTS_MAX / longest).max(1)) {
            if self.is_cancelled() {
                break;
            }
            let mut sweep = PortSweep::new(group.to_vec(), trips.clone(), self.seed());
            // Whatever ends it early, the ports that were found are open.
            let ran = self.run(&mut sweep, group.len() as u64);
            let is_whole = matches!(ran, Ok(true));
            found.hosts.extend(sweep.results().map(|(address, ports)| {
                let open = ports.into_iter().filter(|it| it.1 == PortAnswer::Open);
                (address, Swept { open: open.map(|it| it.0).collect(), is_whole })
            }));
            *trips = sweep.round_trips().clone();
            ran?;
        }
        Ok(())
    }

    /// The hosts whose next neighbour answers, and the ways to the others.
    fn reachable<'w>(
        &mut self,
        ways: &[Way<'w>],
        tempo: Tempo,
    ) -> Result<(Vec<PortHost>, Vec<Way<'w>>), RawError> {
        let mut next: Vec<IpAddr> = ways.iter().map(|it| it.next).collect();
        next.sort_unstable();
        next.dedup();
        let macs = self.resolve(&next, floor(tempo.profile))?;
        let (mut hosts, mut silent) = (Vec::new(), Vec::new());
        for way in ways {
            match macs.get(&way.next).copied() {
                Some(mac) => {
                    let (address, ports) = (way.address, way.ports.to_vec());
                    hosts.push(PortHost { address, mac, ports });
                }
                None => silent.push(*way),
            }
        }
        Ok((hosts, silent))
    }
}

fn remark(code: &str, what: String) -> ScanRemark {
    ScanRemark { code: code.to_owned(), what }
}
