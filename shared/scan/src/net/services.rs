//! Asks one host which services answer on its open ports, and what answers by datagram.
//!
//! At most `CONNECTIONS_PER_HOST_MAX` connections at once; ports of printers and, outside of
//! networks that are marked so, of industrial devices are never connected to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use observation::latest::scan::{ProbeSelection, SnmpCredential};
use observation::latest::{
    Absent, Cadence, Fact, Gap, ServiceAnswer, ServiceProtocol, Statement, Transport,
};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::book::{Book, Learnt, Note};
use super::clock;
use super::datagram::{Exchange, exchange};
use super::limits::{
    CONNECT_TIMEOUT, CONVERSATION_TIMEOUT, DATAGRAM_TIMEOUT, FOLLOW_UPS_PER_HOST_MAX,
    GUESS_TIMEOUT, SERVICES_PER_HOST_MAX, SOCKETS_MAX,
};
use super::pace::Pace;
use super::stop::Stop;
use super::strain::{ASKING, LeftOut, Strain, ports_text};
use super::stream::{Talk, TalkError, converse, greeting};
use super::tls::{AskError, Served};
use super::tls_versions::ask as ask_version;
use crate::packet::text::clean;
use crate::packet::tls_hello::Version;
use crate::plan::ports::{Tier, is_ot, is_print, tier};
use crate::probes::{
    Datagram, End, FollowUp, Method, PROBES, Probe, Reading, Stream, Subject, tls, tls_versions,
};

/// Source of the words of servers that no probe understands.
const UNKNOWN: &str = "scan.greeting";
/// Ports of protocols that no probe asks over TCP, and whose servers wait for a question of theirs:
/// others would only cost the server and us a timeout. Name service (asked, if at all, for itself),
/// Kerberos, RPC, LDAP, NFS.
const WAITING_PORTS: [u16; 12] = [53, 88, 111, 135, 389, 464, 593, 636, 2049, 3268, 3269, 9389];
/// The probe that is tried where a server waits for us.
const HTTP: &str = "scan.http";

/// What all hosts of a scan share.
#[derive(Debug)]
pub struct Shared {
    /// Which probes may ask.
    pub selection: ProbeSelection,
    /// What SNMP may be asked with.
    pub snmp: Vec<SnmpCredential>,
    /// The rate.
    pub pace: Pace,
    /// Sockets of all carriers.
    pub sockets: Semaphore,
    /// Connections that were opened.
    pub connections: AtomicU64,
    /// Whether it is over.
    pub stop: Arc<Stop>,
}

impl Shared {
    /// Of one who asks alone, whatever there is to be asked, without credentials.
    #[must_use]
    pub fn alone(rate_pps: u32) -> Self {
        Self {
            selection: ProbeSelection::All,
            snmp: Vec::new(),
            pace: Pace::new(rate_pps),
            sockets: Semaphore::new(SOCKETS_MAX),
            connections: AtomicU64::new(0),
            stop: Arc::new(Stop::default()),
        }
    }

    /// Whether this probe may ask.
    #[must_use]
    pub fn allows(&self, probe: &Probe) -> bool {
        match &self.selection {
            ProbeSelection::All => true,
            ProbeSelection::Discovery => false,
            ProbeSelection::Only(names) => names.iter().any(|it| id_of(it) == probe.id),
        }
    }

    /// Waits for the turn to send something; false: the scan is over.
    pub(super) async fn turn(&self) -> bool {
        self.pace.turn(&self.stop).await
    }

    /// Whether answers that no probe was chosen for are looked at too.
    fn is_curious(&self) -> bool {
        self.selection == ProbeSelection::All
    }
}

fn id_of(name: &str) -> String {
    format!("scan.{name}")
}

/// One host to be asked.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its address.
    pub address: IpAddr,
    /// Its open TCP ports.
    pub open: Vec<u16>,
    /// Whether its ports were looked at: only then a port that is not open says something.
    pub is_swept: bool,
    /// Whether a person marked its network as one of industrial devices.
    pub is_ot: bool,
    /// The connections that it bears at once, on all its addresses and for all who connect.
    pub connections: Arc<Semaphore>,
}

/// What a talk is about.
#[derive(Debug, Clone, Copy)]
enum About {
    Port(u16),
    Datagram(&'static Probe),
}

/// Asks a host everything, and writes it into its book.
pub async fn ask(host: Host, shared: Arc<Shared>, book: &mut Book) {
    let visit = Arc::new(Visit::new(host, shared));
    let mut talks = JoinSet::new();
    // With whom each is, should it end in an accident.
    let mut about = HashMap::new();
    for port in visit.askable() {
        let visit = Arc::clone(&visit);
        let talk = talks.spawn(async move { visit.port(port).await });
        about.insert(talk.id(), About::Port(port));
    }
    for probe in PROBES.iter().filter(|it| visit.shared.allows(it)) {
        if let Method::Datagram(datagram) = probe.method
            && !visit.is_barred(datagram.port)
        {
            let visit = Arc::clone(&visit);
            let talk = talks.spawn(async move { visit.datagram(probe, datagram).await });
            about.insert(talk.id(), About::Datagram(probe));
        }
    }
    let mut further = 0;
    while let Some(done) = talks.join_next_with_id().await {
        let found = match done {
            Ok((_, found)) => found,
            Err(error) => {
                about
                    .get(&error.id())
                    .into_iter()
                    .for_each(|it| visit.say_what_broke(*it, &error, book));
                continue;
            }
        };
        for note in found.notes {
            book.add(note);
        }
        for follow_up in found.follow_ups {
            further += 1;
            if further <= FOLLOW_UPS_PER_HOST_MAX && visit.may_follow(&follow_up) {
                let (visit, port) = (Arc::clone(&visit), follow_up.port);
                let talk = talks.spawn(async move { visit.follow(follow_up).await });
                about.insert(talk.id(), About::Port(port));
            }
        }
    }
    visit.say_what_was_left_out(book);
    visit.say_what_is_not_here(book);
}

/// What one question led to.
#[derive(Debug, Default)]
struct Found {
    notes: Vec<Note>,
    follow_ups: Vec<FollowUp>,
    /// Whether the answer was understood.
    is_understood: bool,
    /// Whether TLS was spoken from the first byte, if only to refuse our versions of it.
    is_secured: bool,
    /// Whether the connection was taken and nothing came.
    is_silent: bool,
}

impl Found {
    fn take(&mut self, other: Self) {
        self.notes.extend(other.notes);
        self.follow_ups.extend(other.follow_ups);
        self.is_understood |= other.is_understood;
        self.is_secured |= other.is_secured;
        self.is_silent |= other.is_silent;
    }

    /// Whether the server said in clear that this very port wants TLS.
    fn wants_tls(&self, probe: &Probe, port: u16) -> bool {
        let is_same = |it: &FollowUp| it.probe == probe.id && it.port == port && it.is_encrypted;
        !self.is_understood && self.follow_ups.iter().any(is_same)
    }
}

struct Visit {
    host: Host,
    shared: Arc<Shared>,
    strain: Strain,
}

/// The right to one connection to a host; its time is counted.
struct Turn<'a> {
    _host: SemaphorePermit<'a>,
    _socket: SemaphorePermit<'a>,
    strain: &'a Strain,
    began: Instant,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.strain.talked(self.began.elapsed());
    }
}

impl Visit {
    fn new(host: Host, shared: Arc<Shared>) -> Self {
        Self { host, shared, strain: Strain::default() }
    }

    /// The open ports that are asked, those that probes know first.
    fn askable(&self) -> Vec<u16> {
        let open = self.host.open.iter().copied();
        let mut ports: Vec<u16> = open.filter(|it| !self.is_barred(*it)).collect();
        ports.sort_by_key(|it| tier(*it));
        let some = ports.len().min(SERVICES_PER_HOST_MAX);
        for port in ports.split_off(some) {
            self.strain.leave_out(LeftOut::TooMany, port);
        }
        ports
    }

    /// Ports that get no connection and no byte.
    fn is_barred(&self, port: u16) -> bool {
        is_print(port) || (is_ot(port) && !self.host.is_ot)
    }

    /// Whether an answer may lead to this question. No answer leads to industrial devices.
    fn may_follow(&self, follow_up: &FollowUp) -> bool {
        let probe = PROBES.iter().find(|it| it.id == follow_up.probe);
        let is_allowed = probe.is_some_and(|it| self.shared.allows(it));
        is_allowed && !self.is_barred(follow_up.port) && !is_ot(follow_up.port)
    }

    /// The right to open one more connection to this host, at the rate of the scan.
    async fn turn(&self, port: u16) -> Option<Turn<'_>> {
        let host = self.host.connections.acquire().await.ok()?;
        if self.strain.is_over() {
            self.strain.leave_out(LeftOut::TimeIsOver, port);
            return None;
        }
        let socket = self.shared.sockets.acquire().await.ok()?;
        if !self.shared.turn().await {
            return None;
        }
        self.shared.connections.fetch_add(1, Ordering::Relaxed);
        Some(Turn { _host: host, _socket: socket, strain: &self.strain, began: Instant::now() })
    }

    /// Asks what answers on an open port: those who know the port, and where none understands it,
    /// whoever recognises the first words.
    async fn port(&self, port: u16) -> Found {
        let mut found = Found::default();
        for probe in PROBES.iter().filter(|it| self.shared.allows(it)) {
            let Method::Stream(stream) = probe.method else { continue };
            for (ports, is_encrypted) in [(stream.ports, false), (stream.tls_ports, true)] {
                if ports.contains(&port) {
                    found.take(self.known(probe, stream, port, is_encrypted, "").await);
                }
            }
        }
        // An industrial device may take any byte for a command: only who knows its protocol asks.
        let waits = WAITING_PORTS.contains(&port) || is_ot(port);
        if !found.is_understood && !waits && self.shared.is_curious() {
            found.take(self.stranger(port, found.is_secured).await);
        }
        if found.is_secured && self.shared.allows(&tls_versions::PROBE) {
            found.take(self.tls_versions(port).await);
        }
        found
    }

    /// A port whose protocol is not known by its number. Where it is known to speak TLS, nothing is
    /// said in clear.
    async fn stranger(&self, port: u16, is_secured: bool) -> Found {
        if self.strain.is_silent() {
            self.strain.leave_out(LeftOut::Silence, port);
            return Found::default();
        }
        if is_secured {
            return self.guess(port, true).await;
        }
        let (asked_at, began) = (clock::now(), Instant::now());
        let first = {
            let Some(_turn) = self.turn(port).await else { return Found::default() };
            greeting(self.socket(port)).await.unwrap_or_default()
        };
        if !first.is_empty() {
            return self.greeted(port, &first, asked_at, began).await;
        }
        let mut found = self.guess(port, false).await;
        if !found.is_understood {
            let inside = self.guess(port, true).await;
            if found.is_silent && inside.is_silent {
                self.strain.was_silent();
            }
            found.take(inside);
        }
        found
    }

    /// A server that spoke first, of a protocol that its words tell or nobody.
    async fn greeted(&self, port: u16, first: &[u8], asked_at: Timestamp, began: Instant) -> Found {
        for probe in PROBES {
            let Method::Stream(stream) = probe.method else { continue };
            if (stream.recognises)(first) {
                return self.known(probe, stream, port, false, "").await;
            }
        }
        let reading = unknown(port, first);
        let note = self.note(UNKNOWN, port, asked_at, began, Learnt::Said(reading));
        Found { notes: vec![note], ..Found::default() }
    }

    /// Tries the protocol of most servers that wait for a question.
    async fn guess(&self, port: u16, is_encrypted: bool) -> Found {
        let Some((probe, stream)) = http() else { return Found::default() };
        let mut tried = self.stream(probe, stream, port, is_encrypted, "", GUESS_TIMEOUT).await;
        // What a server that does not speak it gives is no news about its port.
        if !tried.is_understood {
            tried.follow_ups.clear();
            tried.notes.retain(|it| it.source.starts_with(tls::ID));
        }
        tried
    }

    /// A conversation that has good reason to succeed.
    async fn known(
        &self,
        probe: &Probe,
        stream: Stream,
        port: u16,
        is_encrypted: bool,
        argument: &str,
    ) -> Found {
        let limit = CONVERSATION_TIMEOUT;
        let mut found = self.stream(probe, stream, port, is_encrypted, argument, limit).await;
        if found.wants_tls(probe, port) {
            found = self.stream(probe, stream, port, true, argument, limit).await;
        }
        found
    }

    async fn stream(
        &self,
        probe: &Probe,
        stream: Stream,
        port: u16,
        is_encrypted: bool,
        argument: &str,
        limit: Duration,
    ) -> Found {
        let Some(_turn) = self.turn(port).await else { return Found::default() };
        let (asked_at, began) = (clock::now(), Instant::now());
        let subject = self.subject(port, is_encrypted, argument);
        let conversation = (stream.begin)(&subject);
        let talk = converse(self.socket(port), is_encrypted, conversation, limit).await;
        let mut found = Found::default();
        let learnt = match talk {
            Ok(Talk { mut reading, end, served }) => {
                found.is_secured = is_encrypted && served.is_some();
                if let Some(served) = served {
                    let seen = self.served(port, &served);
                    found.notes.push(self.note(tls::ID, port, asked_at, began, Learnt::Said(seen)));
                }
                found.is_understood = !reading.facts.is_empty();
                found.is_silent = !found.is_understood && end == End::TimedOut;
                found.follow_ups = std::mem::take(&mut reading.follow_ups);
                if found.is_understood || !reading.complaints.is_empty() {
                    Learnt::Said(reading)
                } else {
                    Learnt::Gap(self.gap(probe, port, not_understood(end)))
                }
            }
            Err(error) => {
                // Who refuses our versions speaks others.
                found.is_secured = matches!(error, TalkError::NotSecured(AskError::Refused { .. }));
                found.is_silent = matches!(error, TalkError::NotSecured(AskError::TimedOut { .. }));
                Learnt::Gap(self.gap(probe, port, not_connected(&error)))
            }
        };
        found.notes.push(self.note(probe.id, port, asked_at, began, learnt));
        found
    }

    /// One version after another, each on a connection of its own.
    async fn tls_versions(&self, port: u16) -> Found {
        let (asked_at, began) = (clock::now(), Instant::now());
        let random = self.subject(port, true, "").random;
        let mut answers = Vec::new();
        for version in Version::ALL {
            let Some(_turn) = self.turn(port).await else { return Found::default() };
            answers.push((version, ask_version(self.socket(port), version, &random).await));
        }
        let learnt = Learnt::Said(tls_versions::read(port, &answers));
        let note = self.note(tls_versions::ID, port, asked_at, began, learnt);
        Found { notes: vec![note], ..Found::default() }
    }

    async fn follow(&self, follow_up: FollowUp) -> Found {
        let probe = PROBES.iter().find(|it| it.id == follow_up.probe);
        match probe.map(|it| (it, it.method)) {
            Some((probe, Method::Stream(stream))) => {
                let FollowUp { port, is_encrypted, argument, .. } = follow_up;
                let mut found = self.known(probe, stream, port, is_encrypted, &argument).await;
                // One step and no further: answers do not lead on through a device.
                found.follow_ups.clear();
                found
            }
            Some(_) | None => Found::default(),
        }
    }

    async fn datagram(&self, probe: &Probe, datagram: Datagram) -> Found {
        let mut found = Found::default();
        let Ok(_socket) = self.shared.sockets.acquire().await else { return found };
        // The exchange takes a turn for each datagram.
        let (asked_at, began) = (clock::now(), Instant::now());
        let subject = self.subject(datagram.port, false, "");
        let conversation = (datagram.begin)(&subject);
        let answer = exchange(datagram, &subject, conversation, &self.shared).await;
        let doing = format!("asking udp/{}", datagram.port);
        let learnt = match answer {
            Err(error) => Learnt::Nothing(Absent::Failed { doing, cause: error.to_string() }),
            Ok(Exchange { is_stopped: true, is_answered: false, .. }) => return found,
            Ok(Exchange { is_refused: true, is_answered: false, .. }) => {
                Learnt::Nothing(Absent::NotHere { looked_at: format!("udp/{}", datagram.port) })
            }
            Ok(Exchange { is_answered: false, .. }) => {
                Learnt::Nothing(Absent::TimedOut { doing, after_ms: millis(DATAGRAM_TIMEOUT) })
            }
            Ok(Exchange { mut reading, .. }) => {
                found.is_understood = !reading.facts.is_empty();
                found.follow_ups = std::mem::take(&mut reading.follow_ups);
                Learnt::Said(reading)
            }
        };
        let (source, lasted) = (probe.id.to_owned(), began.elapsed());
        found.notes.push(Note { source, cadence: Cadence::Steady, asked_at, lasted, learnt });
        found
    }

    fn served(&self, port: u16, served: &Served) -> Reading {
        tls::read(self.host.address, port, &served.chain, served.version)
    }

    fn subject(&self, port: u16, is_encrypted: bool, argument: &str) -> Subject {
        let mut random = [0; 32];
        // Without random bytes ids repeat, which costs a mismatch and nothing else.
        let _ = getrandom::fill(&mut random);
        let argument = argument.to_owned();
        Subject { address: self.host.address, port, is_encrypted, argument, random }
    }

    const fn socket(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.host.address, port)
    }

    fn note(
        &self,
        probe: &str,
        port: u16,
        asked_at: Timestamp,
        began: Instant,
        learnt: Learnt,
    ) -> Note {
        let source = source_of(probe, port);
        Note { source, cadence: Cadence::Steady, asked_at, lasted: began.elapsed(), learnt }
    }

    fn gap(&self, probe: &Probe, port: u16, reason: Absent) -> Gap {
        let field = probe.id.to_owned();
        Gap { field, of: Some(format!("tcp/{port}")), reason }
    }

    /// A talk that ended in a fault of ours costs what it would have learnt, and that is told.
    fn say_what_broke(&self, about: About, error: &JoinError, book: &mut Book) {
        match about {
            About::Port(port) => self.strain.leave_out(LeftOut::Accident, port),
            About::Datagram(probe) => {
                let (doing, cause) = (ASKING.to_owned(), error.to_string());
                let learnt = Learnt::Nothing(Absent::Failed { doing, cause });
                let (source, asked_at) = (probe.id.to_owned(), clock::now());
                let (cadence, lasted) = (Cadence::Steady, Duration::ZERO);
                book.add(Note { source, cadence, asked_at, lasted, learnt });
            }
        }
    }

    /// Ports that nobody asked are no ports on which nothing answers.
    fn say_what_was_left_out(&self, book: &mut Book) {
        let asked_at = clock::now();
        for (why, ports) in self.strain.left_out() {
            // Each tier of ports has sections of its own.
            let mut sources: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
            for port in ports {
                sources.entry(source_of(UNKNOWN, port)).or_default().insert(port);
            }
            for (source, ports) in sources {
                let (field, of) = (UNKNOWN.to_owned(), Some(ports_text(&ports)));
                let learnt = Learnt::Gap(Gap { field, of, reason: why.reason() });
                let (cadence, lasted) = (Cadence::Steady, Duration::ZERO);
                book.add(Note { source, cadence, asked_at, lasted, learnt });
            }
        }
    }

    /// Probes whose ports are all closed say so: what they found before is not there any more.
    fn say_what_is_not_here(&self, book: &mut Book) {
        if !self.host.is_swept || self.shared.stop.is_set() {
            return;
        }
        let asked_at = clock::now();
        let left_out: BTreeSet<u16> = self.strain.left_out().into_values().flatten().collect();
        for probe in PROBES.iter().filter(|it| self.shared.allows(it)) {
            let Method::Stream(stream) = probe.method else { continue };
            let own = || stream.ports.iter().chain(stream.tls_ports);
            let ports: Vec<String> = own().map(|it| format!("tcp/{it}")).collect();
            let is_unknown = own().any(|it| left_out.contains(it));
            if book.has(probe.id) || ports.is_empty() || is_unknown {
                continue;
            }
            let learnt = Learnt::Nothing(Absent::NotHere { looked_at: ports.join(", ") });
            let source = probe.id.to_owned();
            let (cadence, lasted) = (Cadence::Steady, Duration::ZERO);
            book.add(Note { source, cadence, asked_at, lasted, learnt });
        }
    }
}

/// The section that an answer of a probe belongs to. Ports come in tiers, one per profile; each tier
/// has sections of its own, so that a gentle run never takes away what a deeper one found.
#[must_use]
pub fn source_of(probe: &str, port: u16) -> String {
    match tier(port) {
        Tier::Gentle => probe.to_owned(),
        Tier::Normal => format!("{probe}_normal"),
        Tier::Deep => format!("{probe}_deep"),
    }
}

fn http() -> Option<(&'static Probe, Stream)> {
    let probe = PROBES.iter().find(|it| it.id == HTTP)?;
    match probe.method {
        Method::Stream(stream) => Some((probe, stream)),
        Method::Packet | Method::Datagram(_) | Method::Session => None,
    }
}

/// A server that spoke first, in words that no probe knows.
fn unknown(port: u16, first: &[u8]) -> Reading {
    let banner = clean(first);
    let place = format!("tcp/{port}");
    let answer = ServiceAnswer {
        transport: Transport::Tcp,
        port,
        protocol: ServiceProtocol::Unknown,
        is_encrypted: false,
        statements: [(Statement::Banner, banner.text.clone())].into(),
    };
    Reading {
        facts: vec![Fact::ServiceAnswer(answer)],
        complaints: banner.complaint(&place).into_iter().collect(),
        follow_ups: Vec::new(),
    }
}

fn not_understood(end: End) -> Absent {
    let doing = "talking".to_owned();
    let cause = match end {
        End::TimedOut => {
            let after_ms = millis(CONVERSATION_TIMEOUT);
            return Absent::TimedOut { doing, after_ms };
        }
        End::Done => "the answer is of another protocol",
        End::Closed => "the connection was closed before an answer",
        End::TooLong => "the answer has no end",
        End::NotSecured => "the TLS handshake failed",
    };
    Absent::Failed { doing, cause: cause.to_owned() }
}

fn not_connected(error: &TalkError) -> Absent {
    let doing = "connecting".to_owned();
    match error {
        TalkError::ConnectTimedOut => Absent::TimedOut { doing, after_ms: millis(CONNECT_TIMEOUT) },
        TalkError::Connect(cause) => Absent::Failed { doing, cause: cause.to_string() },
        TalkError::NotSecured(cause) => {
            Absent::Failed { doing: "speaking TLS".to_owned(), cause: cause.to_string() }
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(super) mod tests;
