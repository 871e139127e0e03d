//! Frames out and frames in, on one link.

use std::io;
use std::time::Duration;

use super::drive::BATCH;
use crate::plan::Link;

/// Frames that leave together. Their memory is used again and again.
#[derive(Debug, Default)]
pub(super) struct Frames {
    frames: Vec<Vec<u8>>,
    count: usize,
}

impl Frames {
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds what is written; an empty frame is left out.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.frames.len() == self.count {
            self.frames.push(Vec::with_capacity(96));
        }
        if let Some(frame) = self.frames.get_mut(self.count) {
            write(frame);
            self.count += usize::from(!frame.is_empty());
        }
    }

    /// The frames from this one on, a batch at most.
    pub(super) fn from(&self, first: usize) -> &[Vec<u8>] {
        let last = self.count.min(first + BATCH);
        self.frames.get(first..last).unwrap_or_default()
    }
}

/// A way for frames on one link.
pub(super) trait LinkChannel {
    /// Sends frames from `first` on; how many left. Waits until at least one could.
    fn send(&mut self, frames: &Frames, first: usize) -> io::Result<usize>;

    /// Hands over what has arrived; if nothing has, waits for it at most this long.
    fn receive(&mut self, wait: Duration, each: &mut dyn FnMut(&[u8])) -> io::Result<()>;
}

/// Opens the best way that the system has. Frames that answer nothing may be held back: TCP that is
/// not for `tcp_port`, for one.
#[cfg(target_os = "linux")]
pub(super) fn open(link: &Link, tcp_port: u16) -> io::Result<Box<dyn LinkChannel>> {
    match super::packet_socket::PacketSocket::open(link, tcp_port) {
        Ok(socket) => Ok(Box::new(socket)),
        // A kernel that knows frames but not our filter.
        Err(first) => match Portable::open(link) {
            Ok(channel) => Ok(Box::new(channel)),
            Err(second) => Err(io::Error::other(format!("{first}; by pnet: {second}"))),
        },
    }
}

/// Opens the way that pnet has for the system.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn open(link: &Link, _tcp_port: u16) -> io::Result<Box<dyn LinkChannel>> {
    Ok(Box::new(Portable::open(link)?))
}

/// There is none: pnet would need a driver that is not ours to ship.
#[cfg(not(unix))]
pub(super) fn open(_link: &Link, _tcp_port: u16) -> io::Result<Box<dyn LinkChannel>> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Frame by frame through pnet, on every Unix system.
#[cfg(unix)]
pub(super) struct Portable {
    sender: Box<dyn pnet::datalink::DataLinkSender>,
    receiver: Box<dyn pnet::datalink::DataLinkReceiver>,
}

/// How often the portable channel looks for frames.
#[cfg(unix)]
const LOOK_EVERY: Duration = Duration::from_micros(500);
/// Most frames handed over at once, so that a flood does not stop the sending.
#[cfg(unix)]
pub(super) const HANDED_MAX: usize = 1_024;

#[cfg(unix)]
impl Portable {
    pub(super) fn open(link: &Link) -> io::Result<Self> {
        use pnet::datalink::{Channel, Config};
        let interfaces = pnet::datalink::interfaces().into_iter();
        let interface = interfaces
            .into_iter()
            .find(|it| it.name == link.interface)
            .ok_or(io::ErrorKind::NotFound)?;
        let config =
            Config { read_timeout: Some(Duration::ZERO), promiscuous: false, ..Config::default() };
        match pnet::datalink::channel(&interface, config)? {
            Channel::Ethernet(sender, receiver) => Ok(Self { sender, receiver }),
            _ => Err(io::Error::from(io::ErrorKind::Unsupported)),
        }
    }
}

#[cfg(unix)]
impl LinkChannel for Portable {
    fn send(&mut self, frames: &Frames, first: usize) -> io::Result<usize> {
        let Some(frame) = frames.from(first).first() else { return Ok(0) };
        match self.sender.send_to(frame, None) {
            Some(sent) => sent.map(|()| 1),
            None => Err(io::Error::from(io::ErrorKind::InvalidInput)),
        }
    }

    fn receive(&mut self, wait: Duration, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut left = wait;
        let mut handed = 0;
        while handed < HANDED_MAX {
            match self.receiver.next() {
                Ok(frame) => {
                    each(frame);
                    handed += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    if handed > 0 || left.is_zero() {
                        break;
                    }
                    let nap = left.min(LOOK_EVERY);
                    std::thread::sleep(nap);
                    left -= nap;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
