//! Asks one host which services answer on its open ports, and what answers by datagram.
//!
//! At most `CONNECTIONS_PER_HOST_MAX` connections at once; ports of printers and, outside of
//! networks that are marked so, of industrial devices are never connected to.

use std::collections::VecDeque;
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
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::book::{Book, Learnt, Note};
use super::clock;
use super::datagram::{Exchange, exchange};
use super::limits::{
    CONNECT_TIMEOUT, CONVERSATION_TIMEOUT, DATAGRAM_TIMEOUT, FOLLOW_UPS_PER_HOST_MAX,
    GUESS_TIMEOUT, SERVICES_PER_HOST_MAX,
};
use super::pace::Pace;
use super::stop::Stop;
use super::stream::{Talk, TalkError, converse, greeting};
use super::tls::Served;
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
/// others would only cost the server and us a timeout. Name service, Kerberos, RPC, LDAP, NFS.
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
    /// Whether this probe may ask.
    #[must_use]
    pub fn allows(&self, probe: &Probe) -> bool {
        match &self.selection {
            ProbeSelection::All => true,
            ProbeSelection::Discovery => false,
            ProbeSelection::Only(names) => names.iter().any(|it| id_of(it) == probe.id),
        }
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

/// Asks a host everything, and writes it into its book.
pub async fn ask(host: Host, shared: Arc<Shared>, book: &mut Book) {
    let visit = Arc::new(Visit { host, shared });
    let mut talks = JoinSet::new();
    for port in visit.askable().into_iter().take(SERVICES_PER_HOST_MAX) {
        let visit = Arc::clone(&visit);
        talks.spawn(async move { visit.port(port).await });
    }
    for probe in PROBES.iter().filter(|it| visit.shared.allows(it)) {
        if let Method::Datagram(datagram) = probe.method
            && !visit.is_barred(datagram.port)
        {
            let visit = Arc::clone(&visit);
            talks.spawn(async move { visit.datagram(probe, datagram).await });
        }
    }
    let mut further = 0;
    while let Some(done) = talks.join_next().await {
        let Ok(found) = done else { continue };
        for note in found.notes {
            book.add(note);
        }
        for follow_up in found.follow_ups {
            further += 1;
            if further <= FOLLOW_UPS_PER_HOST_MAX && !visit.is_barred(follow_up.port) {
                let visit = Arc::clone(&visit);
                talks.spawn(async move { visit.follow(follow_up).await });
            }
        }
    }
    visit.say_what_is_not_here(book);
}

/// What one question led to.
#[derive(Debug, Default)]
struct Found {
    notes: Vec<Note>,
    follow_ups: Vec<FollowUp>,
    /// Whether the answer was understood.
    is_understood: bool,
    /// Whether TLS was spoken from the first byte.
    is_secured: bool,
}

impl Found {
    fn take(&mut self, other: Self) {
        self.notes.extend(other.notes);
        self.follow_ups.extend(other.follow_ups);
        self.is_understood |= other.is_understood;
        self.is_secured |= other.is_secured;
    }
}

struct Visit {
    host: Host,
    shared: Arc<Shared>,
}

impl Visit {
    fn askable(&self) -> Vec<u16> {
        self.host.open.iter().copied().filter(|it| !self.is_barred(*it)).collect()
    }

    /// Ports that get no connection and no byte.
    fn is_barred(&self, port: u16) -> bool {
        is_print(port) || (is_ot(port) && !self.host.is_ot)
    }

    /// The right to open one more connection to this host, at the rate of the scan.
    async fn turn(&self) -> Option<(SemaphorePermit<'_>, SemaphorePermit<'_>)> {
        let host = self.host.connections.acquire().await.ok()?;
        let socket = self.shared.sockets.acquire().await.ok()?;
        if !self.shared.pace.turn(&self.shared.stop).await {
            return None;
        }
        self.shared.connections.fetch_add(1, Ordering::Relaxed);
        Some((host, socket))
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
        let is_silent = WAITING_PORTS.contains(&port);
        if !found.is_understood && !is_silent && self.shared.is_curious() {
            found.take(self.stranger(port).await);
        }
        if found.is_secured && self.shared.allows(&tls_versions::PROBE) {
            found.take(self.tls_versions(port).await);
        }
        found
    }

    /// A port whose protocol is not known by its number.
    async fn stranger(&self, port: u16) -> Found {
        let mut found = Found::default();
        let (asked_at, began) = (clock::now(), Instant::now());
        let first = {
            let Some(_turn) = self.turn().await else { return found };
            greeting(self.socket(port)).await.unwrap_or_default()
        };
        if !first.is_empty() {
            for probe in PROBES {
                let Method::Stream(stream) = probe.method else { continue };
                if (stream.recognises)(&first) {
                    found.take(self.known(probe, stream, port, false, "").await);
                    return found;
                }
            }
            let reading = unknown(port, &first);
            found.notes.push(self.note(UNKNOWN, port, asked_at, began, Learnt::Said(reading)));
            return found;
        }
        let Some((probe, stream)) = http() else { return found };
        for is_encrypted in [false, true] {
            let tried = self.stream(probe, stream, port, is_encrypted, "", GUESS_TIMEOUT).await;
            // What a server that does not speak it gives is no news about its port.
            if tried.is_understood {
                found.take(tried);
                break;
            }
            found.is_secured |= tried.is_secured;
            found.notes.extend(tried.notes.into_iter().filter(|it| it.source.starts_with(tls::ID)));
        }
        found
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
        self.stream(probe, stream, port, is_encrypted, argument, CONVERSATION_TIMEOUT).await
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
        let Some(_turn) = self.turn().await else { return Found::default() };
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
                found.follow_ups = std::mem::take(&mut reading.follow_ups);
                if found.is_understood || !reading.complaints.is_empty() {
                    Learnt::Said(reading)
                } else {
                    Learnt::Gap(self.gap(probe, port, not_understood(end)))
                }
            }
            Err(error) => Learnt::Gap(self.gap(probe, port, not_connected(&error))),
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
            let Some(_turn) = self.turn().await else { return Found::default() };
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
                let is_encrypted = stream.tls_ports.contains(&follow_up.port);
                let argument = &follow_up.argument;
                let mut found =
                    self.known(probe, stream, follow_up.port, is_encrypted, argument).await;
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
        if !self.shared.pace.turn(&self.shared.stop).await {
            return found;
        }
        let (asked_at, began) = (clock::now(), Instant::now());
        let subject = self.subject(datagram.port, false, "");
        let answer = exchange(self.socket(datagram.port), (datagram.begin)(&subject)).await;
        let doing = format!("asking udp/{}", datagram.port);
        let learnt = match answer {
            Err(error) => Learnt::Nothing(Absent::Failed { doing, cause: error.to_string() }),
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

    /// Probes whose ports are all closed say so: what they found before is not there any more.
    fn say_what_is_not_here(&self, book: &mut Book) {
        if !self.host.is_swept || self.shared.stop.is_set() {
            return;
        }
        let asked_at = clock::now();
        for probe in PROBES.iter().filter(|it| self.shared.allows(it)) {
            let Method::Stream(stream) = probe.method else { continue };
            let ports: Vec<String> =
                stream.ports.iter().chain(stream.tls_ports).map(|it| format!("tcp/{it}")).collect();
            if book.has(probe.id) || ports.is_empty() {
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

/// Work that waits, so that hosts are taken in the order in which they were found.
pub type Waiting = VecDeque<Host>;
