//! The fuzz targets: one per probe that reads what a server says, found by the registry of probes,
//! and one per parser that is used without a probe.
//!
//! An input of a probe's target is a byte of choices and then what the server says, turns parted by
//! [`SEPARATOR`].

#[path = "targets/frames.rs"]
mod frames;
#[path = "targets/rows.rs"]
mod rows;

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use observation::latest::{CertificatePlace, Fact};
use scan::packet::certificate;
use scan::packet::html;
use scan::packet::link_neighbour;
use scan::packet::snmp::{ObjectId, engine};
use scan::packet::text::clean_str;
use scan::packet::tls_hello;
use scan::probes::{ANSWER_BYTES_MAX, Conversation, End, Method, PROBES, Reading, Step, Subject};

/// What a name server is asked about; to other probes over UDP it says nothing.
const ADDRESSES: &str = "192.0.2.1 192.0.2.2 2001:db8::1";

/// Parts the turns of a server.
pub(crate) const SEPARATOR: &[u8] = b"\xde\xad\xbe\xef";

/// One parser of foreign bytes.
pub(crate) struct Target {
    /// The name of the probe, or of the parser.
    pub(crate) name: String,
    run: Kind,
}

enum Kind {
    Stream(Begin, fn(&[u8]) -> bool),
    /// With what [`Subject::argument`] may hold.
    Datagram(Begin, &'static str),
    Parser(Parse),
}

type Begin = fn(&Subject) -> Box<dyn Conversation>;
type Parse = fn(&[u8]);

impl Target {
    /// Reads one input; a fault is a panic.
    pub(crate) fn run(&self, data: &[u8]) {
        match self.run {
            Kind::Stream(begin, recognises) => {
                black_box(recognises(data));
                check(&converse(begin, data, "/", true));
            }
            Kind::Datagram(begin, argument) => {
                check(&converse(begin, data, argument, false));
            }
            Kind::Parser(parse) => parse(data),
        }
    }
}

/// All targets, sorted by name.
pub(crate) fn all() -> Vec<Target> {
    let mut targets: Vec<Target> = PROBES
        .iter()
        .filter_map(|probe| {
            let run = match probe.method {
                Method::Stream(stream) => Kind::Stream(stream.begin, stream.recognises),
                Method::Datagram(datagram) => Kind::Datagram(datagram.begin, ADDRESSES),
                Method::Packet | Method::Session => return None,
            };
            Some(Target { name: probe.id.trim_start_matches("scan.").to_owned(), run })
        })
        .collect();
    let parsers: [(&str, Parse); 7] = [
        ("certificate", |data| {
            let place = CertificatePlace::File { path: "/x".to_owned(), listener: None };
            if let Ok(read) = certificate::read(data, place, 1) {
                check_texts(&Fact::Certificate(read));
            }
        }),
        ("frame", frames::read),
        ("html", |data| {
            black_box((html::title(data), html::generator(data)));
        }),
        ("link_neighbour", |data| {
            if let Some(heard) = link_neighbour::read(data, "eth0") {
                check_texts(&Fact::LinkNeighbour(Box::new(heard.neighbour)));
            }
        }),
        ("snmp_engine", |data| {
            black_box((engine::answer(data, 1), ObjectId::from_ber(data)));
        }),
        ("snmp_rows", |data| rows::read(data).iter().for_each(check_texts)),
        ("tls_hello", |data| {
            for version in tls_hello::Version::ALL {
                black_box(tls_hello::answer(version, data));
            }
        }),
    ];
    targets.extend(
        parsers.map(|(name, run)| Target { name: name.to_owned(), run: Kind::Parser(run) }),
    );
    targets.sort_by(|left, right| left.name.cmp(&right.name));
    targets
}

/// Plays the server: each turn comes after what the probe sent, whole or byte by byte.
fn converse(begin: Begin, data: &[u8], argument: &str, is_stream: bool) -> Reading {
    let (choices, said) = data.split_first().unwrap_or((&0, &[]));
    let has = |bit: u8| choices & (1 << bit) != 0;
    let subject = Subject {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: 80,
        is_encrypted: has(0),
        argument: if has(1) { argument.to_owned() } else { String::new() },
        random: [7; 32],
    };
    let mut conversation = begin(&subject);
    black_box(conversation.open());
    let why = match choices >> 4 {
        0..6 => End::Closed,
        6..12 => End::TimedOut,
        _ => End::TooLong,
    };
    let mut received = Vec::new();
    for turn in turns(said) {
        let piece = if has(2) && is_stream { 1 } else { turn.len().max(1) };
        for piece in turn.chunks(piece) {
            if !is_stream {
                received.clear();
            }
            received.extend_from_slice(piece);
            let mut step = conversation.read(&received);
            if matches!(step, Step::StartTls | Step::StartTlsAfter(_)) {
                received.clear();
                if has(3) {
                    return conversation.finish(&[], End::NotSecured);
                }
                step = conversation.secured();
            }
            match step {
                Step::Send(bytes) => {
                    assert!(bytes.len() < ANSWER_BYTES_MAX);
                    received.clear();
                }
                Step::Done => return conversation.finish(&received, End::Done),
                Step::More | Step::StartTls | Step::StartTlsAfter(_) => {}
            }
            if received.len() > ANSWER_BYTES_MAX {
                return conversation.finish(&received, End::TooLong);
            }
        }
    }
    conversation.finish(&received, why)
}

fn turns(mut said: &[u8]) -> Vec<&[u8]> {
    let mut turns = Vec::new();
    let width = SEPARATOR.len();
    while let Some(end) = said.windows(width).position(|it| it == SEPARATOR) {
        turns.push(&said[..end]);
        said = &said[end + width..];
    }
    turns.push(said);
    turns
}

/// What must hold of every reading, whatever was said.
fn check(reading: &Reading) {
    assert!(reading.complaints.len() <= 200, "{} complaints", reading.complaints.len());
    assert!(reading.follow_ups.len() <= 20, "{} follow-ups", reading.follow_ups.len());
    assert!(reading.facts.len() <= 5_000, "{} facts", reading.facts.len());
    reading.facts.iter().for_each(check_texts);
    for follow in &reading.follow_ups {
        assert!(!follow.argument.contains(['\r', '\n']), "{:?}", follow.argument);
    }
}

/// What must hold of every text of a fact of any kind: nothing that a terminal obeys, nothing without
/// bound.
fn check_texts(fact: &Fact) {
    let written = serde_json::to_value(fact);
    assert!(written.is_ok(), "{fact:?}");
    let mut waiting: Vec<serde_json::Value> = written.into_iter().collect();
    while let Some(value) = waiting.pop() {
        match value {
            serde_json::Value::String(text) => {
                assert!(!text.contains(char::is_control), "{text:?}");
                assert_eq!(clean_str(&text).escaped, 0, "{text:?}");
                assert!(text.len() <= 20_000, "{} bytes", text.len());
            }
            serde_json::Value::Array(values) => waiting.extend(values),
            serde_json::Value::Object(fields) => {
                for (name, value) in fields {
                    waiting.extend([name.into(), value]);
                }
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
            }
        }
    }
}
