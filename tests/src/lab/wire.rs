//! A cable with delay and loss, in user space (the kernel may lack `netem`): frames that come in at
//! one interface leave by another one, later or never.

use std::os::fd::IntoRawFd as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use pnet::datalink::{self, Channel, Config, DataLinkReceiver, DataLinkSender};
use rustix::net::{AddressFamily, SocketType, socket, sockopt};

/// Room for frames that wait to be read: a sweep comes in bursts, and what the wire drops for want
/// of room would be loss that nobody asked for.
const ROOM: usize = 64 << 20;
/// Longer than any frame of the lab.
const FRAME_MAX: usize = 1 << 16;

/// What a cable does to each frame, in each direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// How much later it arrives.
    pub delay: Duration,
    /// How many of a million do not arrive.
    pub lost_per_million: u32,
}

impl Quality {
    /// From `MILLISECONDS PERCENT`.
    ///
    /// # Errors
    /// If one of them is no number.
    pub fn parse(delay_ms: &str, loss_percent: &str) -> anyhow::Result<Self> {
        let loss: f64 = loss_percent.parse().with_context(|| loss_percent.to_owned())?;
        anyhow::ensure!((0.0..=100.0).contains(&loss), "no share of a hundred: {loss_percent}");
        let delay: u64 = delay_ms.parse().with_context(|| delay_ms.to_owned())?;
        let lost_per_million = format!("{:.0}", loss * 10_000.0).parse()?;
        Ok(Self { delay: Duration::from_millis(delay), lost_per_million })
    }
}

/// Joins two interfaces; does not return while both are there.
///
/// # Errors
/// If an interface is missing.
pub fn run(one: &str, other: &str, quality: Quality) -> anyhow::Result<()> {
    let (one_out, one_in) = open(one)?;
    let (other_out, other_in) = open(other)?;
    let there = pump(one_in, other_out, quality, 1);
    let back = pump(other_in, one_out, quality, 2);
    for it in there.into_iter().chain(back) {
        it.join().map_err(|_| anyhow::anyhow!("a thread of the wire died"))?;
    }
    Ok(())
}

type Ends = (Box<dyn DataLinkSender>, Box<dyn DataLinkReceiver>);

fn open(name: &str) -> anyhow::Result<Ends> {
    let interface = datalink::interfaces().into_iter().find(|it| it.name == name);
    let interface = interface.with_context(|| format!("no interface {name}"))?;
    let own = socket(AddressFamily::PACKET, SocketType::RAW, None)?;
    sockopt::set_socket_recv_buffer_size_force(&own, ROOM)?;
    let config = Config {
        read_buffer_size: FRAME_MAX,
        write_buffer_size: FRAME_MAX,
        // pnet owns the socket from here on.
        socket_fd: Some(own.into_raw_fd()),
        ..Config::default()
    };
    match datalink::channel(&interface, config)? {
        Channel::Ethernet(sender, receiver) => Ok((sender, receiver)),
        _ => anyhow::bail!("{name} is no Ethernet"),
    }
}

type Thread = std::thread::JoinHandle<()>;

fn pump(
    from: Box<dyn DataLinkReceiver>,
    to: Box<dyn DataLinkSender>,
    quality: Quality,
    seed: u64,
) -> [Thread; 2] {
    let (sender, receiver) = channel();
    [
        std::thread::spawn(move || take(from, &sender, quality, seed)),
        std::thread::spawn(move || give(to, &receiver)),
    ]
}

fn take(
    mut from: Box<dyn DataLinkReceiver>,
    queue: &Sender<(Instant, Vec<u8>)>,
    quality: Quality,
    seed: u64,
) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ seed);
    while let Ok(frame) = from.next() {
        if dice.roll() < quality.lost_per_million {
            continue;
        }
        if queue.send((Instant::now() + quality.delay, frame.to_vec())).is_err() {
            return;
        }
    }
}

fn give(mut to: Box<dyn DataLinkSender>, queue: &Receiver<(Instant, Vec<u8>)>) {
    while let Ok((when, frame)) = queue.recv() {
        std::thread::sleep(when.saturating_duration_since(Instant::now()));
        // A full queue of the other interface is loss like any other.
        let _ = to.send_to(&frame, None);
    }
}

/// Numbers below a million, the same ones in every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        u32::try_from(high % 1_000_000).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_one_frame_in_a_hundred_is_lost_at_one_percent() {
        let quality = Quality::parse("10", "1").unwrap();
        assert_eq!(quality.lost_per_million, 10_000);
        let mut dice = Dice(7);
        let lost = (0..100_000).filter(|_| dice.roll() < quality.lost_per_million).count();
        assert!((800..1200).contains(&lost), "{lost}");
    }

    #[test]
    fn a_loss_above_all_is_refused() {
        assert!(Quality::parse("10", "101").is_err());
        assert!(Quality::parse("ten", "1").is_err());
    }
}
