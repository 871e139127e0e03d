//! Plays the server's side of a conversation against a probe: whole, byte by byte, and cut off anywhere.
//!
//! A recording is a text. `<` begins bytes of the server, `>` bytes of the probe, `=` an event
//! (`= subject ADDRESS PORT clear|tls|udp`, `= tls`, `= datagram`), `?` a fact that must come out, as JSON, `#` a remark. Bytes stand as they are where they
//! are printable ASCII, else as `\r`, `\n`, `\t`, `\\` or `\x1b`.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use observation::latest::{Fact, ServiceAnswer, SshHostKey, Statement};

use super::{Conversation, End, Method, PROBES, Probe, Reading, Step, Subject};

/// Most positions at which a recording is cut off in one test.
const CUTS_MAX: usize = 400;

/// One side's bytes, or the handshake between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Turn {
    Theirs(Vec<u8>),
    Ours(Vec<u8>),
    Tls,
}

/// What was said between a probe and a server.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    pub(crate) subject: Subject,
    pub(crate) turns: Vec<Turn>,
    pub(crate) facts: Vec<String>,
}

/// How the server's bytes arrive.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    piece: usize,
    end: usize,
    why: End,
}

pub(crate) fn subject(port: u16) -> Subject {
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    Subject { address, port, is_encrypted: false, argument: String::new(), random: [7; 32] }
}

fn begin(probe: &Probe, subject: &Subject) -> Box<dyn Conversation> {
    match probe.method {
        Method::Stream(stream) => (stream.begin)(subject),
        Method::Datagram(datagram) => (datagram.begin)(subject),
        Method::Packet | Method::Session => panic!("{} is no conversation", probe.id),
    }
}

fn is_datagram(probe: &Probe) -> bool {
    matches!(probe.method, Method::Datagram(_))
}

fn port(probe: &Probe) -> u16 {
    match probe.method {
        Method::Stream(stream) => stream.ports.first().copied().unwrap_or(80),
        Method::Datagram(datagram) => datagram.port,
        Method::Packet | Method::Session => panic!("{} is no conversation", probe.id),
    }
}

/// What a probe learns from a server that sends each of `answers` when it is its turn, then closes;
/// over UDP each is one datagram.
pub(crate) fn talk(probe: &Probe, answers: &[&[u8]]) -> Reading {
    talk_with(probe, subject(port(probe)), answers)
}

/// The same with another subject.
pub(crate) fn talk_with(probe: &Probe, subject: Subject, answers: &[&[u8]]) -> Reading {
    let turns = answers.iter().map(|it| Turn::Theirs(it.to_vec())).collect();
    check(probe, &Recording { subject, turns, facts: Vec::new() })
}

/// What a probe learns from a recording; the same whole, in pieces, and byte by byte, and nothing
/// wrong where it is cut off.
pub(crate) fn check(probe: &Probe, recording: &Recording) -> Reading {
    let whole =
        play(probe, recording, Arrival { piece: usize::MAX, end: usize::MAX, why: End::Closed });
    // A datagram comes whole or not at all.
    for piece in if is_datagram(probe) { [usize::MAX; 2] } else { [1, 7] } {
        let arrival = Arrival { piece, end: usize::MAX, why: End::TimedOut };
        let read = play(probe, recording, arrival);
        assert_eq!(read.facts, whole.facts, "{} in pieces of {piece}", probe.id);
    }
    let length: usize = recording
        .turns
        .iter()
        .map(|it| if let Turn::Theirs(bytes) = it { bytes.len() } else { 0 })
        .sum();
    for end in (0..length).step_by(length / CUTS_MAX + 1) {
        for why in [End::Closed, End::TimedOut, End::TooLong, End::NotSecured, End::Done] {
            let read = play(probe, recording, Arrival { piece: usize::MAX, end, why });
            check_texts(&read);
        }
    }
    check_texts(&whole);
    whole
}

/// Nothing that a terminal obeys, and nothing without bound, leaves a probe.
fn check_texts(reading: &Reading) {
    for fact in &reading.facts {
        if let Fact::ServiceAnswer(answer) = fact {
            for text in answer.statements.values() {
                assert!(!text.contains(char::is_control), "{text:?}");
                assert!(text.chars().count() <= 3000, "{text:?}");
            }
        }
    }
    assert!(reading.complaints.len() < 100);
    assert!(reading.follow_ups.len() < 10);
}

fn play(probe: &Probe, recording: &Recording, arrival: Arrival) -> Reading {
    let mut conversation = begin(probe, &recording.subject);
    let mut turns = recording.turns.iter();
    let mut expected = Expected::of(recording);
    expected.sent(&conversation.open());
    let mut budget = arrival.end;
    let mut since_send = Vec::new();
    while let Some(turn) = turns.next() {
        let Turn::Theirs(bytes) = turn else { continue };
        for piece in bytes.chunks(arrival.piece.min(bytes.len()).max(1)) {
            let piece = &piece[..piece.len().min(budget)];
            budget -= piece.len();
            if is_datagram(probe) {
                since_send.clear();
            }
            since_send.extend_from_slice(piece);
            let mut step =
                if piece.is_empty() { Step::More } else { conversation.read(&since_send) };
            if let Step::StartTlsAfter(bytes) = &step {
                expected.sent(bytes);
                step = Step::StartTls;
            }
            if step == Step::StartTls {
                since_send.clear();
                if arrival.why == End::NotSecured || !turns.any(|it| *it == Turn::Tls) {
                    return conversation.finish(&[], End::NotSecured);
                }
                step = conversation.secured();
            }
            match step {
                Step::More | Step::StartTls | Step::StartTlsAfter(_) => {}
                Step::Send(bytes) => {
                    since_send.clear();
                    expected.sent(&bytes);
                }
                Step::Done => return conversation.finish(&since_send, End::Done),
            }
            if budget == 0 {
                return conversation.finish(&since_send, arrival.why);
            }
        }
    }
    conversation.finish(&since_send, arrival.why)
}

/// What the probe is to send, where the recording tells it; in how many parts does not matter.
struct Expected(Option<Vec<u8>>);

impl Expected {
    fn of(recording: &Recording) -> Self {
        let ours = recording.turns.iter().filter_map(|it| match it {
            Turn::Ours(bytes) => Some(bytes.clone()),
            Turn::Theirs(_) | Turn::Tls => None,
        });
        let ours: Vec<Vec<u8>> = ours.collect();
        Self((!ours.is_empty()).then(|| ours.concat()))
    }

    fn sent(&mut self, bytes: &[u8]) {
        let Some(expected) = &mut self.0 else { return };
        let Some(rest) = expected.strip_prefix(bytes) else {
            panic!("another request than recorded: {}", bytes.escape_ascii());
        };
        *expected = rest.to_vec();
    }
}

/// Arbitrary bytes in arbitrary pieces.
pub(crate) fn play_hostile(probe: &Probe, pieces: &[Vec<u8>], port: u16) -> Reading {
    let turns = pieces.iter().flat_map(|it| [Turn::Theirs(it.clone()), Turn::Tls]).collect();
    let recording = Recording { subject: subject(port), turns, facts: Vec::new() };
    let mut last = Reading::default();
    for piece in if is_datagram(probe) { [usize::MAX; 2] } else { [usize::MAX, 3] } {
        for why in [End::Closed, End::TooLong, End::NotSecured] {
            last = play(probe, &recording, Arrival { piece, end: usize::MAX, why });
            check_texts(&last);
        }
    }
    last
}

pub(crate) fn parse(text: &str) -> Recording {
    let mut recording = Recording { subject: subject(0), turns: Vec::new(), facts: Vec::new() };
    for line in text.lines().filter(|it| !it.is_empty() && !it.starts_with('#')) {
        let (kind, rest) = line.split_once(' ').unwrap();
        match (kind, recording.turns.last_mut()) {
            ("<", Some(Turn::Theirs(bytes))) | (">", Some(Turn::Ours(bytes))) => {
                bytes.extend(unescape(rest));
            }
            ("<", _) => recording.turns.push(Turn::Theirs(unescape(rest))),
            (">", _) => recording.turns.push(Turn::Ours(unescape(rest))),
            ("?", _) => recording.facts.push(rest.to_owned()),
            // Each begins anew: two that follow one another are not one.
            ("=", _) if rest == "datagram" => recording.turns.push(Turn::Theirs(Vec::new())),
            ("=", _) if rest == "tls" => recording.turns.push(Turn::Tls),
            ("=", _) => recording.subject = parse_subject(rest),
            _ => panic!("{line}"),
        }
    }
    recording
}

fn parse_subject(text: &str) -> Subject {
    let words: Vec<&str> = text.split(' ').collect();
    let ["subject", address, port, kind] = words[..] else { panic!("{text}") };
    Subject {
        address: address.parse().unwrap(),
        is_encrypted: kind == "tls",
        ..subject(port.parse().unwrap())
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'\\') => b'\\',
            Some(b'x') => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => panic!("escape {other:?} in {text}"),
        });
    }
    bytes
}

/// The one answer of a service in a reading.
pub(crate) fn answer(reading: &Reading) -> &ServiceAnswer {
    let mut answers = reading.facts.iter().filter_map(|it| {
        let Fact::ServiceAnswer(answer) = it else { return None };
        Some(answer)
    });
    let first = answers.next().unwrap_or_else(|| panic!("no answer in {reading:?}"));
    assert!(answers.next().is_none());
    first
}

pub(crate) fn said(reading: &Reading, what: Statement) -> Option<&str> {
    answer(reading).statements.get(&what).map(String::as_str)
}

pub(crate) fn host_key(reading: &Reading) -> Option<&SshHostKey> {
    reading.facts.iter().find_map(|it| {
        let Fact::SshHostKey(key) = it else { return None };
        Some(key)
    })
}

/// All recordings: `tests/recordings/<probe>/<product-version>.txt`.
fn recordings() -> Vec<(PathBuf, &'static Probe)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
    let folders = std::fs::read_dir(root).unwrap().map(|it| it.unwrap().path());
    let mut found = Vec::new();
    for folder in folders.filter(|it| it.is_dir()) {
        let id = format!("scan.{}", folder.file_name().unwrap().to_str().unwrap());
        let Some(probe) = PROBES.iter().find(|it| it.id == id) else { panic!("no probe {id}") };
        let files = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
        found.extend(files.map(|it| (it, *probe)));
    }
    found
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its recordings")]
fn every_recording_gives_the_facts_that_stand_in_it() {
    for (path, probe) in recordings() {
        let recording = parse(&std::fs::read_to_string(&path).unwrap());
        let facts = check(probe, &recording).facts;
        let facts: Vec<String> =
            facts.iter().map(|it| serde_json::to_string(it).unwrap()).collect();
        assert_eq!(facts, recording.facts, "{}", path.display());
    }
}
