//! Which addresses are alive.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use ipnet::Ipv6Net;
use observation::latest::SeenBy;
use observation::latest::scan::ScanRemark;

use super::neighbours::{Neighbours, Trust};
use super::round_trip::RoundTrips;
use super::rounds::{Rounds, Turn};
use super::{Ask, Next, Question};
use crate::plan::Scope;

/// What an address behind a router is asked, one question after the other until it answers. A Windows
/// machine that drops ICMP answers on 445 or 3389, or refuses one of the others.
pub const ROUTED: [Question; 6] = [
    Question::Echo,
    Question::Syn(443),
    Question::Syn(445),
    Question::Syn(22),
    Question::Syn(3389),
    Question::Syn(80),
];
/// What an address on the link is asked.
const ON_LINK: [Question; 1] = [Question::Neighbour];
/// How often all nodes of a link are asked for each of its networks.
const ALL_NODES_TIMES: usize = 2;
/// Most addresses that are learnt that way: more than a link holds are no nodes.
const ALL_NODES_MAX: usize = 4_096;

/// An address to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The address.
    pub address: IpAddr,
    /// The hardware address of the router to it.
    pub router: [u8; 6],
}

/// An answer to a question of ours; that it is one was checked by its cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Who answered.
    pub address: IpAddr,
    /// What.
    pub answered: Answered,
    /// The hardware address that it came from: of a router, where one lies between.
    pub mac: [u8; 6],
}

/// What an answer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// [`Question::Neighbour`].
    Neighbour,
    /// [`Question::Echo`].
    Echo,
    /// [`Question::AllNodes`].
    AllNodes,
    /// [`Question::Syn`].
    Syn {
        /// The port.
        port: u16,
        /// Whether it accepts connections.
        is_open: bool,
    },
}

/// An address that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discovered {
    /// The address.
    pub address: IpAddr,
    /// What it answered first.
    pub means: SeenBy,
    /// Its hardware address, where it is on the link and answered for itself.
    pub mac: Option<[u8; 6]>,
    /// How long the answer took, where that is certain.
    pub round_trip: Option<Duration>,
}

/// That all nodes of a link are asked, once for each of its networks: a node answers from its address
/// in the network that it is asked from.
#[derive(Debug, Clone)]
pub struct AllNodes {
    /// Who is found, of those that answer.
    pub scope: Scope,
    /// The networks.
    pub networks: Vec<Ipv6Net>,
}

/// One sweep over a bounded block of addresses.
#[derive(Debug)]
pub struct Sweep {
    members: Vec<Member>,
    by_address: HashMap<IpAddr, usize>,
    questions: &'static [Question],
    rounds: Rounds,
    /// On a link: those that need a second kind of answer after the rounds, and its rounds.
    doubted: Option<(Vec<usize>, Rounds)>,
    urgent: VecDeque<Ask>,
    neighbours: Neighbours,
    round_trips: RoundTrips,
    all_nodes: Option<AllNodes>,
    all_nodes_asked: usize,
    all_nodes_until: Duration,
    found: Vec<Discovered>,
    conflicts: BTreeSet<IpAddr>,
    repeated: u64,
    /// Members that nothing was heard of.
    unheard: usize,
    is_over: bool,
    is_trusting: bool,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    address: IpAddr,
    router: Option<[u8; 6]>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unheard,
    /// Found, with the hardware address that it showed.
    Alive(Option<[u8; 6]>),
    /// Somebody answers for it who answers for many.
    Doubted([u8; 6]),
}

impl Sweep {
    /// Asks addresses on the link itself, and all nodes of the link where that is wanted.
    #[must_use]
    pub fn on_link(
        addresses: &[IpAddr],
        all_nodes: Option<AllNodes>,
        trips: RoundTrips,
        seed: u64,
    ) -> Self {
        let members = addresses.iter().map(|it| (*it, None)).collect();
        let mut sweep = Self::new(members, &ON_LINK, trips, seed);
        sweep.all_nodes = all_nodes;
        sweep
    }

    /// Asks neighbours for their hardware addresses, and believes them: routers answer for many.
    #[must_use]
    pub fn neighbours(addresses: &[IpAddr], trips: RoundTrips) -> Self {
        let mut sweep = Self::on_link(addresses, None, trips, 0);
        sweep.is_trusting = true;
        sweep
    }

    /// Asks addresses behind routers.
    #[must_use]
    pub fn routed(targets: &[Target], trips: RoundTrips, seed: u64) -> Self {
        let members = targets.iter().map(|it| (it.address, Some(it.router))).collect();
        Self::new(members, &ROUTED, trips, seed)
    }

    fn new(
        members: Vec<(IpAddr, Option<[u8; 6]>)>,
        questions: &'static [Question],
        round_trips: RoundTrips,
        seed: u64,
    ) -> Self {
        let members: Vec<Member> = members
            .into_iter()
            .map(|(address, router)| Member { address, router, state: State::Unheard })
            .collect();
        Self {
            by_address: members.iter().enumerate().map(|(index, it)| (it.address, index)).collect(),
            rounds: Rounds::new(questions.len() as u64, members.len() as u64, seed),
            unheard: members.len(),
            members,
            questions,
            doubted: None,
            urgent: VecDeque::new(),
            neighbours: Neighbours::default(),
            round_trips,
            all_nodes: None,
            all_nodes_asked: 0,
            all_nodes_until: Duration::ZERO,
            found: Vec::new(),
            conflicts: BTreeSet::new(),
            repeated: 0,
            is_over: false,
            is_trusting: false,
        }
    }

    /// What to do at this time.
    pub fn next(&mut self, now: Duration) -> Next {
        if let Some(ask) = self.urgent.pop_front() {
            return Next::Ask(ask);
        }
        if let Some(ask) = self.ask_all_nodes(now) {
            return Next::Ask(ask);
        }
        let timeout = self.round_trips.timeout();
        if self.doubted.is_none() {
            let (members, count) = (&self.members, self.members.len().max(1));
            let is_settled =
                |it: usize| members.get(it % count).is_none_or(|it| it.state != State::Unheard);
            match self.rounds.turn(now, timeout, self.unheard > 0, is_settled) {
                Turn::Ask(number) => return self.ask(number / count, number % count, None),
                Turn::Wait(until) => return Next::Wait(until),
                Turn::Over if now < self.all_nodes_until => {
                    return Next::Wait(self.all_nodes_until);
                }
                Turn::Over => {
                    let doubted: Vec<usize> = (0..self.members.len())
                        .filter(|it| self.doubted_mac(*it).is_some())
                        .collect();
                    let rounds = Rounds::new(ROUTED.len() as u64, doubted.len() as u64, 0);
                    self.doubted = Some((doubted, rounds));
                }
            }
        }
        self.ask_doubted(now, timeout)
    }

    fn ask_doubted(&mut self, now: Duration, timeout: Duration) -> Next {
        let Some((doubted, rounds)) = &mut self.doubted else { return Next::Done };
        let (members, count) = (&self.members, doubted.len().max(1));
        let is_settled = |it: usize| {
            let member = doubted.get(it % count).and_then(|it| members.get(*it));
            member.is_none_or(|it| !matches!(it.state, State::Doubted(_)))
        };
        let is_open = (0..doubted.len()).any(|it| !is_settled(it));
        match rounds.turn(now, timeout, is_open, is_settled) {
            Turn::Ask(number) => {
                let member = doubted.get(number % count).copied().unwrap_or_default();
                let mac = self.doubted_mac(member);
                self.ask(number / count, member, mac)
            }
            Turn::Wait(until) => Next::Wait(until),
            Turn::Over => {
                self.is_over = true;
                Next::Done
            }
        }
    }

    fn ask(&self, group: usize, member: usize, mac: Option<[u8; 6]>) -> Next {
        let questions: &[Question] = if mac.is_some() { &ROUTED } else { self.questions };
        let (Some(member), Some(question)) = (self.members.get(member), questions.get(group))
        else {
            return Next::Done;
        };
        let mac = mac.or(member.router);
        Next::Ask(Ask { address: member.address, question: *question, mac })
    }

    /// The networks one after the other, and after a pause again.
    fn ask_all_nodes(&mut self, now: Duration) -> Option<Ask> {
        let timeout = self.round_trips.timeout();
        let networks = &self.all_nodes.as_ref()?.networks;
        let in_round = self.all_nodes_asked.checked_rem(networks.len())?;
        let is_due = in_round > 0 || self.all_nodes_asked == 0 || now >= self.all_nodes_until;
        if self.all_nodes_asked >= ALL_NODES_TIMES * networks.len() || !is_due {
            return None;
        }
        let address = IpAddr::V6(networks.get(in_round)?.network());
        self.all_nodes_asked += 1;
        self.all_nodes_until = now + timeout;
        Some(Ask { address, question: Question::AllNodes, mac: None })
    }

    fn doubted_mac(&self, member: usize) -> Option<[u8; 6]> {
        match self.members.get(member)?.state {
            State::Doubted(mac) => Some(mac),
            State::Unheard | State::Alive(_) => None,
        }
    }

    /// Takes an answer. Whether it answers something that was asked.
    pub fn hear(&mut self, now: Duration, heard: Heard) -> bool {
        if heard.answered == Answered::AllNodes {
            return self.hear_of_all_nodes(heard);
        }
        let Some(member) = self.by_address.get(&heard.address).copied() else { return false };
        match heard.answered {
            Answered::Neighbour => self.hear_neighbour(now, member, heard),
            Answered::Echo => self.hear_host(now, member, Question::Echo, SeenBy::IcmpEcho),
            Answered::Syn { port, .. } => {
                self.hear_host(now, member, Question::Syn(port), SeenBy::Tcp)
            }
            Answered::AllNodes => false,
        }
    }

    fn hear_of_all_nodes(&mut self, heard: Heard) -> bool {
        let Some(all_nodes) = &self.all_nodes else { return false };
        let is_full = self.found.len() >= self.members.len() + ALL_NODES_MAX;
        let was_asked = self.all_nodes_asked > 0;
        if !was_asked || is_full || !all_nodes.scope.contains(heard.address) {
            return false;
        }
        let is_new = !self.found.iter().any(|it| it.address == heard.address);
        if is_new {
            if let Some(member) = self.by_address.get(&heard.address)
                && let Some(member) = self.members.get_mut(*member)
            {
                self.unheard -= usize::from(member.state == State::Unheard);
                member.state = State::Alive(Some(heard.mac));
            }
            self.find(heard.address, SeenBy::MulticastEcho, Some(heard.mac), None);
        } else {
            self.repeated += 1;
        }
        true
    }

    fn hear_neighbour(&mut self, now: Duration, index: usize, heard: Heard) -> bool {
        if !self.questions.contains(&Question::Neighbour) || !self.rounds.was_asked(index) {
            return false;
        }
        let Some(member) = self.members.get_mut(index) else { return false };
        match member.state {
            State::Alive(Some(mac)) | State::Doubted(mac) => {
                self.repeated += 1;
                if mac != heard.mac {
                    self.conflicts.insert(heard.address);
                }
                return true;
            }
            State::Alive(None) => {
                self.repeated += 1;
                return true;
            }
            State::Unheard => self.unheard -= 1,
        }
        let round_trip = self.rounds.answered(index, now);
        if let Some(round_trip) = round_trip {
            self.round_trips.add(round_trip);
        }
        // Nobody answers for an IPv6 range here, for none is swept; and one machine has as many
        // addresses there as its privacy extensions make (RFC 8981).
        let trust = if self.is_trusting || heard.address.is_ipv6() {
            Trust::Believed
        } else {
            self.neighbours.add(index, heard.mac)
        };
        match trust {
            Trust::Believed => {
                member.state = State::Alive(Some(heard.mac));
                let means = if heard.address.is_ipv4() { SeenBy::Arp } else { SeenBy::Ndp };
                self.find(heard.address, means, Some(heard.mac), round_trip);
            }
            Trust::Doubted => self.doubt(index, heard.mac),
            Trust::DoubtedWith(earlier) => {
                // What ARP alone said is taken back; who answered in another way as well stays.
                let is_arp_alone = |it: &Discovered| it.means == SeenBy::Arp;
                self.found.retain(|it| it.mac != Some(heard.mac) || !is_arp_alone(it));
                earlier.into_iter().for_each(|it| self.doubt(it, heard.mac));
                self.doubt(index, heard.mac);
            }
        }
        true
    }

    /// Asks at once for another kind of answer.
    fn doubt(&mut self, index: usize, mac: [u8; 6]) {
        let Some(member) = self.members.get_mut(index) else { return };
        let address = member.address;
        member.state = State::Doubted(mac);
        self.urgent.push_back(Ask { address, question: Question::Echo, mac: Some(mac) });
    }

    fn hear_host(
        &mut self,
        now: Duration,
        index: usize,
        question: Question,
        means: SeenBy,
    ) -> bool {
        let Some(member) = self.members.get_mut(index) else { return false };
        match member.state {
            State::Alive(_) => {
                self.repeated += 1;
                true
            }
            State::Doubted(_) => {
                // Whoever answers for it is not it, as far as anybody can see: no hardware address.
                member.state = State::Alive(None);
                let address = member.address;
                self.find(address, means, None, None);
                true
            }
            State::Unheard => {
                let Some(group) = self.questions.iter().position(|it| *it == question) else {
                    return false;
                };
                let number = group * self.members.len() + index;
                if !self.rounds.was_asked(number) {
                    return false;
                }
                let round_trip = self.rounds.answered(number, now);
                if let Some(round_trip) = round_trip {
                    self.round_trips.add(round_trip);
                }
                let Some(member) = self.members.get_mut(index) else { return false };
                member.state = State::Alive(None);
                self.unheard -= 1;
                let address = member.address;
                self.find(address, means, None, round_trip);
                true
            }
        }
    }

    fn find(
        &mut self,
        address: IpAddr,
        means: SeenBy,
        mac: Option<[u8; 6]>,
        round_trip: Option<Duration>,
    ) {
        self.found.push(Discovered { address, means, mac, round_trip });
    }

    /// Which addresses are alive.
    #[must_use]
    pub fn found(&self) -> &[Discovered] {
        &self.found
    }

    /// Addresses that need not be asked again if the sweep ends here.
    pub fn done(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let is_done = |it: &&Member| self.is_over || matches!(it.state, State::Alive(_));
        self.members.iter().filter(is_done).map(|it| it.address)
    }

    /// How many addresses were asked, each counted once.
    #[must_use]
    pub fn asked(&self) -> u64 {
        // The first question goes to everybody before the second goes to anybody.
        (0..self.members.len()).filter(|it| self.rounds.was_asked(*it)).count() as u64
    }

    /// Answers beyond the first of an address.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// What was measured; the next block begins with it.
    #[must_use]
    pub fn round_trips(&self) -> &RoundTrips {
        &self.round_trips
    }

    /// What is to be said: `proxy_arp` with the hardware address and for how many silent addresses it
    /// answered, `duplicate_address` with the address that two machines claim.
    #[must_use]
    pub fn remarks(&self) -> Vec<ScanRemark> {
        let proxies = self.neighbours.doubted().into_iter().filter_map(|(mac, members)| {
            let silent = members.iter().filter(|it| self.doubted_mac(**it).is_some()).count();
            let mac = mac.map(|it| format!("{it:02x}")).join(":");
            (silent > 0).then(|| remark("proxy_arp", format!("{mac} ({silent})")))
        });
        let conflicts = self.conflicts.iter();
        proxies.chain(conflicts.map(|it| remark("duplicate_address", it.to_string()))).collect()
    }

    /// How far it is, from 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        self.rounds.fraction()
    }

    /// The round that runs, from 1.
    #[must_use]
    pub fn round(&self) -> u8 {
        self.rounds.round()
    }
}

fn remark(code: &str, what: String) -> ScanRemark {
    ScanRemark { code: code.to_owned(), what }
}
