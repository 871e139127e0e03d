//! Which addresses answer: by packets of our own making where they may be sent, else by connections.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use observation::latest::SeenBy;
use tokio::task::JoinSet;

use super::super::connect::{self, Presence};
use super::super::limits::HOSTS_AT_ONCE_MAX;
use super::{Phase, Progress, Run, Seen, mac_text, raw, surroundings};
use crate::plan::{Plan, Ranges, ports};

/// Addresses of the machine itself that are asked: its loopback network alone has 16 million.
const OWN_MAX: usize = 4_096;
/// Silent addresses that are kept one by one before they become ranges.
const SILENT_MAX: usize = 1 << 16;

impl Run {
    pub(super) async fn discover(&mut self, plan: Plan) -> Seen {
        let mut seen = Seen::new();
        if !plan.unreachable.is_empty() {
            self.lack("no_route", plan.unreachable.count().to_string());
        }
        let own = self.own_addresses(&plan);
        let others = plan.by_connecting.clone();
        if self.around.has_raw_sockets {
            self.sweep(plan, &mut seen).await;
        } else {
            self.remark("no_raw_sockets", String::new());
        }
        self.connect_to(others.iter(), others.count(), &mut seen).await;
        if !self.around.has_raw_sockets {
            self.read_neighbour_table(&mut seen).await;
        }
        self.connect_to(own.iter().copied(), own.len() as u64, &mut seen).await;
        seen
    }

    /// The machine's own addresses that are asked: those of its interfaces, and of the loopback network
    /// as many as there is time for.
    fn own_addresses(&mut self, plan: &Plan) -> BTreeSet<IpAddr> {
        let is_wanted = |it: &IpAddr| match it {
            IpAddr::V4(it) => plan.own.contains(*it),
            IpAddr::V6(_) => self.scope.contains(*it),
        };
        let of_interfaces = self.around.own_addresses().filter(is_wanted);
        let own: BTreeSet<IpAddr> =
            plan.own.iter().take(OWN_MAX).map(IpAddr::V4).chain(of_interfaces).collect();
        let asked = own.iter().filter(|it| it.is_ipv4()).count() as u64;
        let left = plan.own.count().saturating_sub(asked);
        if left > 0 {
            self.lack("own_capped", left.to_string());
        }
        own
    }

    /// By packets of our own making.
    async fn sweep(&mut self, plan: Plan, seen: &mut Seen) {
        let control = Arc::new(raw::Control::default());
        let links = plan.links.iter();
        let behind =
            |it: &crate::plan::LinkPlan| it.routed.iter().map(|it| it.targets.count()).sum::<u64>();
        let total = links.map(|it| it.on_link.count() + behind(it)).sum();
        let sweeping = {
            let control = Arc::clone(&control);
            tokio::task::spawn_blocking(move || raw::discover(&plan, &control))
        };
        let swept = self.while_it_runs(sweeping, &control, Phase::Discovery, total).await;
        match swept {
            Ok(Ok(discovery)) => self.take(discovery, seen),
            Ok(Err(error)) => self.lack("raw_failed", error.to_string()),
            Err(error) => self.lack("raw_failed", error.to_string()),
        }
    }

    fn take(&mut self, discovery: raw::Discovery, seen: &mut Seen) {
        // Whoever answered is done when it was looked at more closely.
        let alive = Ranges::of_addresses(discovery.found.iter().map(|it| it.address));
        self.done = self.done.and(&discovery.done.without(&alive));
        for found in discovery.found {
            let mac = found.mac.map(mac_text);
            let means = seen.entry(found.address).or_default();
            if !means.contains(&(found.means, mac.clone())) {
                means.push((found.means, mac));
            }
        }
        self.is_whole &= discovery.is_complete;
        self.remarks.extend(discovery.remarks);
        self.figures.addresses += discovery.figures.addresses;
        self.figures.packets_sent += discovery.figures.packets_sent;
        self.figures.packets_matched += discovery.figures.packets_matched;
    }

    /// By connections.
    async fn connect_to(
        &mut self,
        addresses: impl Iterator<Item = IpAddr> + Send,
        total: u64,
        seen: &mut Seen,
    ) {
        let mut asked = JoinSet::new();
        let mut waiting = addresses;
        let (mut done, mut silent) = (0, Vec::new());
        loop {
            while asked.len() < HOSTS_AT_ONCE_MAX && !self.shared.stop.is_set() {
                let Some(address) = waiting.next() else { break };
                let shared = Arc::clone(&self.shared);
                self.figures.addresses += 1;
                asked.spawn(async move {
                    (address, connect::is_there(address, ports::DISCOVERY, &shared).await)
                });
            }
            let Some(answer) = asked.join_next().await else { break };
            done += 1;
            match answer {
                Ok((address, Presence::There)) => {
                    seen.entry(address).or_default().push((SeenBy::Tcp, None));
                }
                Ok((address, Presence::Silent)) => silent.push(address),
                Ok((_, Presence::Unknown(Some(why)))) => self.lack("connect_failed", why),
                Ok((_, Presence::Unknown(None))) => self.is_whole = false,
                Err(error) => self.lack("connect_failed", error.to_string()),
            }
            if silent.len() >= SILENT_MAX {
                self.done = self.done.and(&Ranges::of_addresses(silent.drain(..)));
            }
            let found = seen.len() as u64;
            self.tell(Progress { phase: Phase::Discovery, done, total, found });
        }
        self.done = self.done.and(&Ranges::of_addresses(silent));
    }

    /// The kernel asked for hardware addresses while we connected: who answered that is there too.
    async fn read_neighbour_table(&mut self, seen: &mut Seen) {
        let read = tokio::task::spawn_blocking(surroundings::read).await;
        let Ok(Ok(around)) = read else { return };
        for (address, mac) in around.neighbours {
            // Who was told by an earlier run stays told.
            let was_told = self.was_done_before(address);
            if self.scope.contains(address) && !was_told {
                let means = seen.entry(address).or_default();
                means.push((SeenBy::NeighbourTable, Some(mac_text(mac))));
            }
        }
        // Silent for connections, and there all the same: it is not done.
        let alive = Ranges::of_addresses(seen.keys().copied());
        self.done = self.done.without(&alive);
    }

    fn was_done_before(&self, address: IpAddr) -> bool {
        self.job.done.iter().any(|it| it.contains(&address))
    }
}
