//! Harm meters: services that write down how they were treated.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::lab::shell::read;
use crate::lab::sockets::{ESTABLISHED, local_port};

/// Sessions that the Modbus device can hold; one more and it answers nobody until it is restarted.
pub const MODBUS_SESSIONS: usize = 4;
/// How long a session may be quiet before it counts as left behind.
const QUIET: Duration = Duration::from_secs(60);
/// What an RDP server answers to a connection request: X.224 connection confirm, negotiation refused
/// for a reason (SSL required by server). The least that tells a server from a silent port.
const RDP_REFUSAL: &[u8] = &[
    0x03, 0x00, 0x00, 0x13, 0x0e, 0xd0, 0x00, 0x00, 0x12, 0x34, 0x00, 0x03, 0x00, 0x08, 0x00, 0x01,
    0x00, 0x00, 0x00,
];

/// What a meter has counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Connections that were completed.
    pub connections: usize,
    /// The most that were open at once.
    pub at_once_max: usize,
    /// Bytes that came in.
    pub bytes: usize,
    /// Messages that were not the port's protocol.
    pub foreign_messages: usize,
    /// Connections that ended in order.
    pub closed: usize,
    /// Connections that were torn down.
    pub reset: usize,
    /// Connections that were left behind.
    pub left: usize,
    /// Whether the device stopped answering.
    pub is_wedged: bool,
}

/// How the meter's ports behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Takes everything, says nothing.
    Silent,
    /// A Modbus device of few sessions.
    Modbus,
    /// An RDP server that refuses.
    Rdp,
}

impl Manner {
    /// By its name on the command line.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        match name {
            "silent" => Ok(Self::Silent),
            "modbus" => Ok(Self::Modbus),
            "rdp" => Ok(Self::Rdp),
            _ => anyhow::bail!("no manner {name}"),
        }
    }
}

#[derive(Clone)]
struct Meter {
    file: PathBuf,
    count: Arc<Mutex<Count>>,
    manner: Manner,
    ports: Arc<[u16]>,
}

/// Listens on the ports, counts, and keeps the count in a file; does not return.
///
/// # Errors
/// If a port is taken.
pub fn run(file: &Path, manner: &str, ports: &[&str]) -> anyhow::Result<()> {
    let numbers: Result<Vec<u16>, _> = ports.iter().map(|it| it.parse()).collect();
    let numbers = numbers?;
    let meter = Meter {
        file: file.to_owned(),
        count: Arc::default(),
        manner: Manner::named(manner)?,
        ports: numbers.as_slice().into(),
    };
    meter.change(|_| ());
    let mut listeners = Vec::new();
    for port in numbers {
        let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let listener = TcpListener::bind(address).with_context(|| address.to_string())?;
        let meter = meter.clone();
        listeners.push(std::thread::spawn(move || meter.listen(&listener)));
    }
    for it in listeners {
        it.join().map_err(|_| anyhow::anyhow!("a listener died"))?;
    }
    Ok(())
}

impl Meter {
    fn listen(&self, listener: &TcpListener) {
        for stream in listener.incoming().flatten() {
            let open = self.established();
            let is_wedged = self.change(|it| {
                it.connections += 1;
                it.at_once_max = it.at_once_max.max(open);
                it.is_wedged |= self.manner == Manner::Modbus && open > MODBUS_SESSIONS;
            });
            let meter = self.clone();
            std::thread::spawn(move || meter.serve(stream, is_wedged));
        }
    }

    /// How many connections are open on both sides, as the kernel has it: a session that the other
    /// side has closed is none, however late this program notices.
    fn established(&self) -> usize {
        let table = read(Path::new("/proc/net/tcp")).unwrap_or_default();
        let open = table.lines().skip(1).filter_map(|line| local_port(line, ESTABLISHED));
        open.filter(|it| self.ports.contains(it)).count()
    }

    fn serve(&self, mut stream: TcpStream, mut is_wedged: bool) {
        let mut buffer = [0; 4096];
        // A socket that has just been accepted takes a timeout.
        let _ = stream.set_read_timeout(Some(QUIET));
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return self.end(|it| it.closed += 1),
                Ok(length) => {
                    let message = buffer.get(..length).unwrap_or_default();
                    let answer = answer(self.manner, message);
                    let now = self.change(|it| {
                        it.bytes += length;
                        it.foreign_messages += usize::from(answer.is_none());
                    });
                    is_wedged |= now;
                    let answer = answer.filter(|it| !it.is_empty() && !is_wedged);
                    if answer.is_some_and(|it| stream.write_all(&it).is_err()) {
                        return self.end(|it| it.reset += 1);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return self.end(|it| it.left += 1);
                }
                Err(_) => return self.end(|it| it.reset += 1),
            }
        }
    }

    fn end(&self, change: impl FnOnce(&mut Count)) {
        self.change(change);
    }

    /// Changes the count and writes it; whether the device is wedged.
    fn change(&self, change: impl FnOnce(&mut Count)) -> bool {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut count);
        let text = serde_json::to_vec(&*count).unwrap_or_default();
        // Renamed into place, so that a reader never sees half a file.
        let next = self.file.with_extension("next");
        let written = std::fs::write(&next, text).and_then(|()| std::fs::rename(&next, &self.file));
        drop(written);
        count.is_wedged
    }
}

/// The answer to a message: none if it is not the port's protocol, empty to say nothing.
fn answer(manner: Manner, message: &[u8]) -> Option<Vec<u8>> {
    match manner {
        Manner::Silent => Some(Vec::new()),
        Manner::Rdp => message.starts_with(&[3, 0]).then(|| RDP_REFUSAL.to_vec()),
        Manner::Modbus => modbus(message),
    }
}

/// Exception 1 (illegal function) to every well-formed Modbus request.
fn modbus(message: &[u8]) -> Option<Vec<u8>> {
    let [t0, t1, 0, 0, l0, l1, unit, function, ..] = *message else { return None };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    (message.len() == length + 6).then(|| vec![t0, t1, 0, 0, 0, 3, unit, function | 0x80, 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modbus_request_gets_an_exception_and_anything_else_counts_as_foreign() {
        let request = [0, 7, 0, 0, 0, 5, 1, 0x2b, 0x0e, 1, 0];
        assert_eq!(modbus(&request), Some(vec![0, 7, 0, 0, 0, 3, 1, 0xab, 1]));
        assert_eq!(modbus(b"GET / HTTP/1.0\r\n\r\n"), None);
        assert_eq!(modbus(&request[..9]), None);
    }

    #[test]
    fn what_an_rdp_port_is_asked_in_another_protocol_is_foreign() {
        assert_eq!(answer(Manner::Rdp, b"\r\n"), None);
        assert!(answer(Manner::Rdp, &[3, 0, 0, 19]).is_some());
    }
}
