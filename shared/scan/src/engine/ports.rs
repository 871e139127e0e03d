//! Which ports are open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::budget::WINDOW;
use super::discovery::{Answered, Heard};
use super::round_trip::RoundTrips;
use super::rounds::{Rounds, Turn};
use super::{Ask, Next, Question};

/// Most packets per second to one host, whatever the rate of the scan: what weak devices bear.
pub const HOST_RATE_MAX_PPS: u32 = 5_000;
/// So many in a window.
const HOST_WINDOW_PACKETS: u32 = HOST_RATE_MAX_PPS / (1_000 / WINDOW.as_millis() as u32);

/// A host whose ports are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortHost {
    /// The address.
    pub address: IpAddr,
    /// The hardware address that packets to it go to.
    pub mac: [u8; 6],
    /// The ports, commonest first.
    pub ports: Vec<u16>,
}

/// What is known of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortAnswer {
    /// Nothing came.
    Silent,
    /// It accepts connections.
    Open,
    /// The host refuses connections.
    Closed,
}

/// One sweep over the ports of a bounded group of hosts: the commonest port of every host first, so
/// that packets spread over the hosts.
#[derive(Debug)]
pub struct PortSweep {
    hosts: Vec<PortHost>,
    by_address: HashMap<IpAddr, usize>,
    /// Place of each port in a list, for each different list; which one is a host's.
    places: Vec<HashMap<u16, usize>>,
    list_of: Vec<usize>,
    answers: Vec<PortAnswer>,
    /// Ports that nothing was heard of.
    silent: usize,
    rounds: Rounds,
    round_trips: RoundTrips,
    /// For each host when its window began, and how many packets it got since.
    windows: Vec<(Duration, u32)>,
    /// The question whose turn it is, and whose host has had enough for the moment.
    held: Option<usize>,
}

impl PortSweep {
    /// Asks these hosts for their ports.
    #[must_use]
    pub fn new(hosts: Vec<PortHost>, round_trips: RoundTrips, seed: u64) -> Self {
        let mut lists: Vec<&[u16]> = Vec::new();
        let mut list_of = Vec::new();
        for host in &hosts {
            let known = lists.iter().position(|it| *it == host.ports);
            list_of.push(known.unwrap_or(lists.len()));
            if known.is_none() {
                lists.push(&host.ports);
            }
        }
        let place = |list: &&[u16]| list.iter().enumerate().map(|(at, port)| (*port, at)).collect();
        let places = lists.iter().map(place).collect();
        let groups = lists.iter().map(|it| it.len()).max().unwrap_or(0);
        Self {
            by_address: hosts.iter().enumerate().map(|(index, it)| (it.address, index)).collect(),
            silent: hosts.iter().map(|it| it.ports.len()).sum(),
            answers: vec![PortAnswer::Silent; groups * hosts.len()],
            rounds: Rounds::new(groups as u64, hosts.len() as u64, seed),
            windows: vec![(Duration::ZERO, 0); hosts.len()],
            held: None,
            places,
            list_of,
            hosts,
            round_trips,
        }
    }

    /// What to do at this time.
    pub fn next(&mut self, now: Duration) -> Next {
        let number = match self.held.take() {
            Some(number) => number,
            None => match self.turn(now) {
                Turn::Ask(number) => number,
                Turn::Wait(until) => return Next::Wait(until),
                Turn::Over => return Next::Done,
            },
        };
        let index = number % self.hosts.len().max(1);
        let place = number / self.hosts.len().max(1);
        let Some(host) = self.hosts.get(index) else { return Next::Done };
        let (address, mac) = (host.address, Some(host.mac));
        let Some(port) = host.ports.get(place).copied() else { return Next::Done };
        if let Some(until) = self.has_had_enough(index, now) {
            // The others wait with it: with them it shares the order, and they are as far as it is.
            self.held = Some(number);
            return Next::Wait(until);
        }
        Next::Ask(Ask { address, question: Question::Syn(port), mac })
    }

    fn turn(&mut self, now: Duration) -> Turn {
        let (hosts, answers, count) = (&self.hosts, &self.answers, self.hosts.len().max(1));
        let is_settled = |number: usize| {
            let host = hosts.get(number % count);
            let has_port = host.is_some_and(|it| number / count < it.ports.len());
            !has_port || answers.get(number) != Some(&PortAnswer::Silent)
        };
        self.rounds.turn(now, self.round_trips.timeout(), self.silent > 0, is_settled)
    }

    /// Until when a host is to be left alone, or none: then one more packet is booked.
    fn has_had_enough(&mut self, host: usize, now: Duration) -> Option<Duration> {
        let (began, packets) = self.windows.get_mut(host)?;
        if *packets == 0 || now >= *began + WINDOW {
            (*began, *packets) = (now, 0);
        }
        if *packets >= HOST_WINDOW_PACKETS {
            return Some(*began + WINDOW);
        }
        *packets += 1;
        None
    }

    /// Takes an answer. Whether it answers something that was asked.
    pub fn hear(&mut self, now: Duration, heard: Heard) -> bool {
        let Answered::Syn { port, is_open } = heard.answered else { return false };
        let Some(host) = self.by_address.get(&heard.address).copied() else { return false };
        let list = self.list_of.get(host).and_then(|it| self.places.get(*it));
        let Some(place) = list.and_then(|it| it.get(&port)) else { return false };
        let number = place * self.hosts.len() + host;
        if !self.rounds.was_asked(number) {
            return false;
        }
        let Some(answer) = self.answers.get_mut(number) else { return false };
        if *answer == PortAnswer::Silent {
            self.silent -= 1;
            *answer = if is_open { PortAnswer::Open } else { PortAnswer::Closed };
            if let Some(round_trip) = self.rounds.answered(number, now) {
                self.round_trips.add(round_trip);
            }
        }
        true
    }

    /// The hosts with what is known of their ports, open ones first by number.
    pub fn results(&self) -> impl Iterator<Item = (IpAddr, Vec<(u16, PortAnswer)>)> + '_ {
        let count = self.hosts.len();
        self.hosts.iter().enumerate().map(move |(index, host)| {
            let answer = |at: usize| self.answers.get(at * count + index).copied();
            let known = host.ports.iter().enumerate();
            let mut ports: Vec<(u16, PortAnswer)> =
                known.map(|(at, port)| (*port, answer(at).unwrap_or(PortAnswer::Silent))).collect();
            ports.sort_unstable_by_key(|it| it.0);
            (host.address, ports)
        })
    }

    /// How far it is, from 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        self.rounds.fraction()
    }

    /// What was measured; the next group begins with it.
    #[must_use]
    pub fn round_trips(&self) -> &RoundTrips {
        &self.round_trips
    }
}
