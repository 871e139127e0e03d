//! Records what a server on this machine says to a probe: `record_probe PROBE ADDRESS:PORT clear|tls|udp ORIGIN…`.
//!
//! Writes a recording for `shared/scan/tests/recordings` to standard output; its form is described
//! in `shared/scan/src/probes/replay`. Asks loopback addresses only.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use scan::net::datagram::exchange;
use scan::net::limits::CONVERSATION_TIMEOUT;
use scan::net::services::Shared;
use scan::net::stream::converse;
use scan::probes::{Conversation, End, Method, PROBES, Reading, Step, Subject};

/// Datagrams a second, to this machine alone.
const RATE_PPS: u32 = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [probe, address, kind, origin @ ..] = words.as_slice() else {
        bail!("record_probe PROBE ADDRESS:PORT clear|tls|udp ORIGIN…");
    };
    let address: SocketAddr = address.parse().context("the address")?;
    ensure!(address.ip().is_loopback(), "only servers of this machine are recorded");
    let id = format!("scan.{probe}");
    let probe = PROBES.iter().find(|it| it.id == id).context("no such probe")?;
    let is_encrypted = kind == "tls";
    let subject = Subject {
        address: address.ip(),
        port: address.port(),
        is_encrypted,
        argument: String::new(),
        // As in the replay, which compares what is sent.
        random: [7; 32],
    };
    let log = Log::default();
    let (inner, datagram) = match probe.method {
        Method::Stream(stream) => ((stream.begin)(&subject), None),
        Method::Datagram(datagram) => ((datagram.begin)(&subject), Some(datagram)),
        Method::Packet | Method::Session => bail!("{id} is no conversation"),
    };
    let is_datagram = datagram.is_some();
    let conversation = Box::new(Recorder { inner, log: log.clone(), is_datagram });
    let (reading, end) = if let Some(datagram) = datagram {
        let shared = Shared::alone(RATE_PPS);
        let exchange = exchange(datagram, &subject, conversation, &shared).await?;
        (exchange.reading, exchange.end)
    } else {
        let talk = converse(address, is_encrypted, conversation, CONVERSATION_TIMEOUT).await?;
        (talk.reading, talk.end)
    };
    let mut text = format!("# {}\n", origin.join(" "));
    text += &format!("= subject {} {} {kind}\n", address.ip(), address.port());
    text += &log.text();
    for fact in &reading.facts {
        text += &format!("? {}\n", serde_json::to_string(fact)?);
    }
    for complaint in &reading.complaints {
        text += &format!("# complaint: {}\n", complaint.problem);
    }
    text += &format!("# end: {:?}\n", end);
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// Lines of the recording.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One line of the recording per line of the protocol.
    fn bytes(&self, mark: char, bytes: &[u8]) {
        for line in bytes.split_inclusive(|it| *it == b'\n') {
            self.line(mark, &escape(line));
        }
    }

    fn line(&self, mark: char, text: &str) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&format!("{mark} {text}\n"));
    }
}

fn escape(bytes: &[u8]) -> String {
    let escape = |byte: &u8| match byte {
        b'\r' => "\\r".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\t' => "\\t".to_owned(),
        b'\\' => "\\\\".to_owned(),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    bytes.iter().map(escape).collect()
}

/// A probe's conversation, written down.
struct Recorder {
    inner: Box<dyn Conversation>,
    log: Log,
    is_datagram: bool,
}

impl Recorder {
    fn note(&self, received: &[u8], step: &Step) {
        if self.is_datagram {
            self.log.line('=', "datagram");
            self.log.bytes('<', received);
            if let Step::Send(bytes) = step {
                self.log.bytes('>', bytes);
            }
            return;
        }
        match step {
            Step::More | Step::Done => {}
            Step::Send(bytes) => {
                self.log.bytes('<', received);
                self.log.bytes('>', bytes);
            }
            Step::StartTlsAfter(bytes) => {
                self.log.bytes('<', received);
                self.log.bytes('>', bytes);
                self.log.line('=', "tls");
            }
            Step::StartTls => {
                self.log.bytes('<', received);
                self.log.line('=', "tls");
            }
        }
    }
}

impl Conversation for Recorder {
    fn open(&mut self) -> Vec<u8> {
        let bytes = self.inner.open();
        self.log.bytes('>', &bytes);
        bytes
    }

    fn read(&mut self, received: &[u8]) -> Step {
        let step = self.inner.read(received);
        self.note(received, &step);
        step
    }

    fn secured(&mut self) -> Step {
        let step = self.inner.secured();
        self.note(&[], &step);
        step
    }

    fn finish(self: Box<Self>, received: &[u8], why: End) -> Reading {
        if !self.is_datagram {
            self.log.bytes('<', received);
        }
        self.inner.finish(received, why)
    }
}
