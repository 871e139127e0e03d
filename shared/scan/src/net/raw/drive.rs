//! The loop that carries: what the engine wants goes out, what arrives goes in.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use observation::latest::scan::ScanFigures;

use super::channel::{Frames, LinkChannel};
use super::wire::Wire;
use super::{Control, RawError, channel};
use crate::engine::{Ask, Budget, Heard, Next, PortSweep, Sweep};
use crate::packet::cookie::Cookies;
use crate::plan::Link;

/// Packets that leave together.
pub(super) const BATCH: usize = 128;
/// Shortest sleep: packets that are due within it leave together, which saves most of the cost.
const NAP: Duration = Duration::from_millis(1);
/// Longest sleep: so soon the wish to stop is noticed.
const DOZE: Duration = Duration::from_millis(100);
/// A queue that takes no frame for this time takes none any more: the cable is out, or the interface of
/// a virtual machine has no other end.
const STUCK_AFTER: Duration = Duration::from_secs(5);

/// What a run over several links shares: clock, rate, secret, figures.
#[derive(Debug)]
pub(super) struct Session<'a> {
    clock: Instant,
    budget: Budget,
    cookies: Cookies,
    seed: u64,
    control: &'a Control,
    sent: u64,
    matched: u64,
}

impl<'a> Session<'a> {
    pub(super) fn new(rate_pps: u32, control: &'a Control) -> Result<Self, RawError> {
        let mut key = [0; 16];
        getrandom::fill(&mut key).map_err(|_| RawError::Random)?;
        let seed = getrandom::u64().map_err(|_| RawError::Random)?;
        Ok(Self {
            clock: Instant::now(),
            budget: Budget::new(rate_pps),
            cookies: Cookies::new(key),
            seed,
            control,
            sent: 0,
            matched: 0,
        })
    }

    /// Adds what was sent and matched.
    pub(super) fn write_to(&self, figures: &mut ScanFigures) {
        figures.packets_sent += self.sent;
        figures.packets_matched += self.matched;
    }
}

/// A state machine of the engine.
pub(super) trait Machine {
    fn next(&mut self, now: Duration) -> Next;
    fn hear(&mut self, now: Duration, heard: Heard) -> bool;
    /// How far it is, from 0 to 1, and how many addresses answered.
    fn progress(&self) -> (f64, u64);
}

impl Machine for Sweep {
    fn next(&mut self, now: Duration) -> Next {
        Self::next(self, now)
    }
    fn hear(&mut self, now: Duration, heard: Heard) -> bool {
        Self::hear(self, now, heard)
    }
    fn progress(&self) -> (f64, u64) {
        (self.fraction(), self.found().len() as u64)
    }
}

impl Machine for PortSweep {
    fn next(&mut self, now: Duration) -> Next {
        Self::next(self, now)
    }
    fn hear(&mut self, now: Duration, heard: Heard) -> bool {
        Self::hear(self, now, heard)
    }
    fn progress(&self) -> (f64, u64) {
        (self.fraction(), 0)
    }
}

/// One link of a session.
pub(super) struct Driver<'s, 'c> {
    session: &'s mut Session<'c>,
    channel: Box<dyn LinkChannel>,
    wire: Wire,
    frames: Frames,
    interface: String,
}

impl<'s, 'c> Driver<'s, 'c> {
    pub(super) fn open(link: &Link, session: &'s mut Session<'c>) -> Result<Self, RawError> {
        let port = session.cookies.source_port();
        let channel = channel::open(link, port)
            .map_err(|source| RawError::Open { interface: link.interface.clone(), source })?;
        Ok(Self::over(channel, link, session))
    }

    pub(super) fn over(
        channel: Box<dyn LinkChannel>,
        link: &Link,
        session: &'s mut Session<'c>,
    ) -> Self {
        let wire = Wire::new(link, session.cookies.clone());
        Self {
            session,
            channel,
            wire,
            frames: Frames::default(),
            interface: link.interface.clone(),
        }
    }

    pub(super) fn seed(&self) -> u64 {
        self.session.seed
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.session.control.is_cancelled()
    }

    /// Runs a machine to its end, or until somebody wants it to stop; whether it came to its end.
    /// `addresses` is what it counts for.
    pub(super) fn run(
        &mut self,
        machine: &mut dyn Machine,
        addresses: u64,
    ) -> Result<bool, RawError> {
        let control = self.session.control;
        let (done_before, found_before) = control.progress();
        let mut is_over = false;
        while !is_over && !control.is_cancelled() {
            let now = self.session.clock.elapsed();
            let (wake, over) = self.fill(machine, now);
            is_over = over;
            self.send()?;
            let wait = wake.saturating_sub(self.session.clock.elapsed()).min(DOZE);
            self.receive(machine, wait).map_err(|it| self.broken(it))?;
            let (fraction, found) = machine.progress();
            let done = (fraction * addresses as f64) as u64;
            control.done.store(done_before + done, Ordering::Relaxed);
            if addresses > 0 {
                control.found.store(found_before + found, Ordering::Relaxed);
            }
        }
        if is_over {
            control.done.store(done_before + addresses, Ordering::Relaxed);
        }
        Ok(is_over)
    }

    fn broken(&self, source: std::io::Error) -> RawError {
        RawError::Carry { interface: self.interface.clone(), source }
    }

    /// Fills the frames with what may leave at this time. When to come back, and whether it is over.
    fn fill(&mut self, machine: &mut dyn Machine, now: Duration) -> (Duration, bool) {
        self.frames.clear();
        let allowed = self.session.budget.allowed(now);
        let most = usize::try_from(allowed).unwrap_or(BATCH).min(BATCH);
        let mut wake = None;
        let mut is_over = false;
        while self.frames.len() < most {
            match machine.next(now) {
                Next::Ask(ask) => self.frames.push(|frame| self.wire.write(frame, &ask)),
                Next::Wait(until) => {
                    wake = Some(until.max(now + NAP));
                    break;
                }
                Next::Done => {
                    is_over = true;
                    break;
                }
            }
        }
        self.session.budget.spend(now, self.frames.len() as u64);
        let wake = wake.unwrap_or_else(|| match self.session.budget.allowed(now) {
            0 => self.session.budget.next_at(now).max(now + NAP),
            _ => now,
        });
        (wake, is_over && self.frames.is_empty())
    }

    /// Sends one frame again and again, in batches and without pace.
    pub(super) fn flood(&mut self, ask: &Ask, packets: u64) -> Result<u64, RawError> {
        self.frames.clear();
        while self.frames.len() < BATCH {
            self.frames.push(|frame| self.wire.write(frame, ask));
        }
        while self.session.sent < packets {
            self.send()?;
        }
        Ok(self.session.sent)
    }

    /// Sends the frames. Those that a full queue still holds back when somebody wants the end are not
    /// sent any more.
    fn send(&mut self) -> Result<(), RawError> {
        let mut sent = 0;
        let mut progress_at = self.session.clock.elapsed();
        while sent < self.frames.len() {
            let count = self.channel.send(&self.frames, sent).map_err(|it| self.broken(it))?;
            sent += count;
            self.session.sent += count as u64;
            if count > 0 {
                progress_at = self.session.clock.elapsed();
            } else if self.is_cancelled() {
                break;
            } else if self.session.clock.elapsed() > progress_at + STUCK_AFTER {
                return Err(RawError::Stuck { interface: self.interface.clone() });
            }
        }
        Ok(())
    }

    fn receive(&mut self, machine: &mut dyn Machine, wait: Duration) -> std::io::Result<()> {
        let (wire, clock) = (&self.wire, &self.session.clock);
        let mut matched = 0;
        self.channel.receive(wait, &mut |bytes| {
            if let Some(heard) = wire.read(bytes)
                && machine.hear(clock.elapsed(), heard)
            {
                matched += 1;
            }
        })?;
        self.session.matched += matched;
        Ok(())
    }
}
