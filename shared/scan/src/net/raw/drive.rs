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
        let wire = Wire::new(link, session.cookies.clone());
        let channel = channel::open(link, wire.source_port())
            .map_err(|source| RawError::Open { interface: link.interface.clone(), source })?;
        let frames = Frames::default();
        Ok(Self { session, channel, wire, frames, interface: link.interface.clone() })
    }

    pub(super) fn seed(&self) -> u64 {
        self.session.seed
    }

    pub(super) fn set_rate(&mut self, rate_pps: u32) {
        self.session.budget.set_rate(self.session.clock.elapsed(), rate_pps);
    }

    /// Runs a machine to its end, or until somebody wants it to stop. `addresses` is what it counts for.
    pub(super) fn run(
        &mut self,
        machine: &mut dyn Machine,
        addresses: u64,
    ) -> Result<(), RawError> {
        let control = self.session.control;
        let (done_before, found_before) = control.progress();
        let fail =
            |interface: &str, source| RawError::Carry { interface: interface.into(), source };
        let mut is_over = false;
        while !is_over && !control.is_cancelled() {
            let now = self.session.clock.elapsed();
            let (wake, over) = self.fill(machine, now);
            is_over = over;
            self.send().map_err(|it| fail(&self.interface, it))?;
            let wait = wake.saturating_sub(self.session.clock.elapsed()).min(DOZE);
            self.receive(machine, wait).map_err(|it| fail(&self.interface, it))?;
            let (fraction, found) = machine.progress();
            let done = (fraction * addresses as f64) as u64;
            control.done.store(done_before + done, Ordering::Relaxed);
            if addresses > 0 {
                control.found.store(found_before + found, Ordering::Relaxed);
            }
        }
        control.done.store(done_before + addresses, Ordering::Relaxed);
        Ok(())
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
            let interface = self.interface.clone();
            self.send().map_err(|source| RawError::Carry { interface, source })?;
        }
        Ok(self.session.sent)
    }

    fn send(&mut self) -> std::io::Result<()> {
        let mut sent = 0;
        while sent < self.frames.len() {
            sent += self.channel.send(&self.frames, sent)?;
        }
        self.session.sent += sent as u64;
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
