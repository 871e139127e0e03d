//! What to do next: a pure decision from the time and what was done. One loop acts on it.
//!
//! Slots of the day are spread by the agent's id, so that many agents do not come at once and each
//! keeps its place over restarts. However long the machine slept, one run catches up.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use observation::ContentHash;
use observation::latest::AgentId;
use observation::latest::protocol::Schedule;

/// Longest sleep before the time is looked at again: timers stop while a machine is suspended.
pub const NAP_MAX: Duration = Duration::from_secs(60);
/// Days before its end at which a certificate is renewed: half its life.
const RENEW_BEFORE_DAYS: i64 = pki::AGENT_LIFE_DAYS / 2;
/// Hours over which the renewals of many agents are spread.
const RENEW_SPREAD_HOURS: u64 = 4 * 24;

/// Longest wait that a delivery or renewal is ever given.
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(25);

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Read all sources.
    CollectAll,
    /// Read the volatile sources.
    CollectVolatile,
    /// Get a new certificate.
    Renew,
    /// Hand over what waits.
    Deliver,
    /// Nothing until then.
    Sleep(Duration),
}

/// What was done, and what waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The last run of all sources.
    pub collected_all: Option<Timestamp>,
    /// The last run of the volatile sources.
    pub collected_volatile: Option<Timestamp>,
    /// Whether somebody asked for a run now.
    pub is_collect_asked: bool,
    /// Whether reports wait.
    pub has_reports: bool,
    /// No delivery before this.
    pub deliver_not_before: Option<Timestamp>,
    /// No renewal before this.
    pub renew_not_before: Option<Timestamp>,
    /// The end of the certificate's validity.
    pub certificate_not_after: Option<Timestamp>,
}

/// The next thing to do.
#[must_use]
pub fn next(now: Timestamp, agent: AgentId, schedule: Schedule, progress: &Progress) -> Action {
    let all = Slots::new(agent, schedule.collect_every_seconds);
    let volatile = Slots::new(agent, schedule.volatile_every_seconds);
    // A wait that is longer than any is left over from before the clock was put back.
    let may = |not_before: Option<Timestamp>| {
        not_before.is_none_or(|it| now >= it || it.duration_since(now) > WAIT_MAX)
    };
    if progress.is_collect_asked || all.is_due(now, progress.collected_all) {
        return Action::CollectAll;
    }
    if volatile.is_due(now, progress.collected_volatile) {
        return Action::CollectVolatile;
    }
    let renew_at = progress.certificate_not_after.map(|it| renewal_time(agent, it));
    if renew_at.is_some_and(|it| now >= it) && may(progress.renew_not_before) {
        return Action::Renew;
    }
    if progress.has_reports && may(progress.deliver_not_before) {
        return Action::Deliver;
    }
    let waits = [
        Some(all.next(now)),
        Some(volatile.next(now)),
        progress.deliver_not_before.filter(|_| progress.has_reports),
    ];
    let soonest = waits.into_iter().flatten().filter(|it| *it > now).min();
    let nap = soonest.map_or(NAP_MAX, |it| it.duration_since(now).unsigned_abs());
    Action::Sleep(nap.clamp(Duration::from_millis(1), NAP_MAX))
}

/// When all sources are read again.
#[must_use]
pub fn next_run(now: Timestamp, agent: AgentId, schedule: Schedule) -> Timestamp {
    Slots::new(agent, schedule.collect_every_seconds).next(now)
}

/// When to renew a certificate that ends at `not_after`.
fn renewal_time(agent: AgentId, not_after: Timestamp) -> Timestamp {
    let spread = place(agent, RENEW_SPREAD_HOURS);
    let before = SignedDuration::from_hours(RENEW_BEFORE_DAYS * 24)
        - SignedDuration::from_hours(i64::try_from(spread).unwrap_or(0));
    not_after.checked_sub(before).unwrap_or(not_after)
}

/// The stable place of an agent among `count`.
#[must_use]
pub fn place(agent: AgentId, count: u64) -> u64 {
    let hash = ContentHash::of(agent.0.as_bytes());
    let number = hash.as_bytes().iter().take(8).fold(0, |sum, it| (sum << 8) | u64::from(*it));
    number % count.max(1)
}

/// The times at which something is due.
struct Slots {
    every: i64,
    phase: i64,
}

impl Slots {
    fn new(agent: AgentId, every_seconds: u64) -> Self {
        let every = i64::try_from(every_seconds.max(1)).unwrap_or(i64::MAX);
        Self { every, phase: i64::try_from(place(agent, every_seconds)).unwrap_or(0) }
    }

    fn index(&self, at: Timestamp) -> i64 {
        at.as_second().saturating_sub(self.phase).div_euclid(self.every)
    }

    /// A slot has begun since the last time. Any difference counts: a clock that was put back must
    /// not silence the agent for years.
    fn is_due(&self, now: Timestamp, last: Option<Timestamp>) -> bool {
        last.is_none_or(|it| self.index(it) != self.index(now))
    }

    fn next(&self, now: Timestamp) -> Timestamp {
        let second = (self.index(now) + 1).saturating_mul(self.every).saturating_add(self.phase);
        Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const SCHEDULE: Schedule =
        Schedule { collect_every_seconds: 3600, volatile_every_seconds: 900 };

    fn agent(number: u128) -> AgentId {
        AgentId(Uuid::from_u128(number))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    /// Runs the machine for some seconds and counts the runs of all sources.
    fn runs(progress: &mut Progress, from: i64, to: i64) -> usize {
        let (mut count, mut second) = (0, from);
        while second < to {
            match next(at(second), agent(1), SCHEDULE, progress) {
                Action::CollectAll => {
                    progress.collected_all = Some(at(second));
                    progress.collected_volatile = Some(at(second));
                    progress.is_collect_asked = false;
                    count += 1;
                }
                Action::CollectVolatile => progress.collected_volatile = Some(at(second)),
                Action::Renew | Action::Deliver => break,
                Action::Sleep(nap) => second += i64::try_from(nap.as_secs()).unwrap().max(1),
            }
        }
        count
    }

    #[test]
    fn a_day_has_a_run_in_every_slot() {
        let count = runs(&mut Progress::default(), 0, 86_400);
        assert!((24..=25).contains(&count), "{count}");
    }

    #[test]
    fn after_a_long_sleep_one_run_catches_up() {
        let mut progress = Progress::default();
        runs(&mut progress, 0, 10);
        assert_eq!(runs(&mut progress, 1_000_000, 1_000_030), 1);
    }

    #[test]
    fn a_clock_that_was_put_back_silences_nobody() {
        let mut progress = Progress::default();
        runs(&mut progress, 0, 10);
        assert_eq!(runs(&mut progress, -300_000_000, -299_999_990), 1);
    }

    #[test]
    fn a_wait_from_before_the_clock_was_put_back_is_not_kept() {
        let mut progress = Progress::default();
        runs(&mut progress, 0, 10);
        progress.has_reports = true;
        progress.deliver_not_before = Some(at(300_000_000));
        assert_eq!(next(at(10), agent(1), SCHEDULE, &progress), Action::Deliver);
    }

    #[test]
    fn what_waits_is_delivered_but_not_before_its_time() {
        let mut progress = Progress::default();
        runs(&mut progress, 0, 10);
        progress.has_reports = true;
        progress.deliver_not_before = Some(at(12));
        let nap = next(at(10), agent(1), SCHEDULE, &progress);
        assert_eq!(nap, Action::Sleep(Duration::from_secs(2)));
        assert_eq!(next(at(12), agent(1), SCHEDULE, &progress), Action::Deliver);
    }

    #[test]
    fn a_certificate_is_renewed_at_half_its_life() {
        let mut progress = Progress::default();
        runs(&mut progress, 0, 10);
        progress.certificate_not_after = Some(at(10 + 50 * 86_400));
        assert!(matches!(next(at(10), agent(1), SCHEDULE, &progress), Action::Sleep(_)));
        progress.certificate_not_after = Some(at(10 + 40 * 86_400));
        assert_eq!(next(at(10), agent(1), SCHEDULE, &progress), Action::Renew);
        progress.renew_not_before = Some(at(100));
        assert!(matches!(next(at(10), agent(1), SCHEDULE, &progress), Action::Sleep(_)));
    }

    #[test]
    fn somebody_who_asks_gets_a_run_at_once() {
        let mut progress = Progress::default();
        runs(&mut progress, 0, 10);
        progress.is_collect_asked = true;
        assert_eq!(next(at(10), agent(1), SCHEDULE, &progress), Action::CollectAll);
    }

    #[test]
    fn agents_are_spread_over_the_interval() {
        let places: Vec<u64> = (0..1000).map(|it| place(agent(it), 3600)).collect();
        let quarter = places.iter().filter(|it| **it < 900).count();
        assert!((200..300).contains(&quarter), "{quarter}");
        assert_eq!(place(agent(7), 3600), place(agent(7), 3600));
    }

    proptest! {
        #[test]
        fn every_time_and_schedule_has_an_answer(
            second in -377_705_023_201_i64..253_402_207_200,
            collect in any::<u64>(),
            volatile in any::<u64>(),
        ) {
            let now = Timestamp::from_second(second).unwrap();
            let schedule = Schedule {
                collect_every_seconds: collect,
                volatile_every_seconds: volatile,
            };
            let progress = Progress {
                collected_all: Some(now),
                collected_volatile: Some(now),
                ..Progress::default()
            };
            let action = next(now, agent(1), schedule, &progress);
            prop_assert!(matches!(action, Action::Sleep(nap) if nap <= NAP_MAX));
        }
    }
}
