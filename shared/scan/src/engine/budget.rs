//! The rate as a budget.

use std::collections::VecDeque;
use std::time::Duration;

/// No window of this length ever holds more packets than the rate gives it.
pub(crate) const WINDOW: Duration = Duration::from_millis(10);
/// What was not sent in this time is not made up for: a late scheduler makes a scan slower, never denser.
const CATCH_UP: Duration = WINDOW;

/// A token is whole only after rounding up.
const ROUNDING: Duration = Duration::from_nanos(100);

/// How many packets may leave.
#[derive(Debug, Clone)]
pub struct Budget {
    rate_pps: f64,
    window_packets: u64,
    tokens: f64,
    at: Duration,
    recent: VecDeque<(Duration, u64)>,
    in_window: u64,
}

impl Budget {
    /// At most this many packets per second, counted from time 0.
    #[must_use]
    pub fn new(rate_pps: u32) -> Self {
        let rate_pps = f64::from(rate_pps.max(1));
        // Below 100 packets per second a window holds one at most, and the tokens space them.
        let window_packets = ((rate_pps * WINDOW.as_secs_f64()) as u64).max(1);
        Self {
            rate_pps,
            window_packets,
            tokens: 1.0,
            at: Duration::ZERO,
            recent: VecDeque::new(),
            in_window: 0,
        }
    }

    /// How many packets may leave at this time.
    pub fn allowed(&mut self, now: Duration) -> u64 {
        let passed = now.saturating_sub(self.at);
        self.at = now.max(self.at);
        let most = (self.rate_pps * CATCH_UP.as_secs_f64()).max(1.0);
        self.tokens = (self.tokens + passed.as_secs_f64() * self.rate_pps).min(most);
        while let Some((at, packets)) = self.recent.front().copied() {
            if at + WINDOW > now {
                break;
            }
            self.in_window -= packets;
            self.recent.pop_front();
        }
        (self.tokens as u64).min(self.window_packets.saturating_sub(self.in_window))
    }

    /// Books packets that left.
    pub fn spend(&mut self, now: Duration, packets: u64) {
        if packets == 0 {
            return;
        }
        self.tokens -= packets as f64;
        self.in_window += packets;
        match self.recent.back_mut() {
            Some((at, here)) if *at == now => *here += packets,
            Some(_) | None => self.recent.push_back((now, packets)),
        }
    }

    /// When a packet may leave again, if none may at this time.
    #[must_use]
    pub fn next_at(&self, now: Duration) -> Duration {
        let by_tokens = Duration::from_secs_f64(((1.0 - self.tokens) / self.rate_pps).max(0.0));
        let by_window = match self.recent.front() {
            Some((at, _)) if self.in_window >= self.window_packets => *at + WINDOW,
            Some(_) | None => now,
        };
        (now + by_tokens + ROUNDING).max(by_window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sends what is allowed at these times; the times of the packets.
    fn sent(rate_pps: u32, wake_ups: impl IntoIterator<Item = Duration>) -> Vec<Duration> {
        let mut budget = Budget::new(rate_pps);
        let mut sent = Vec::new();
        for now in wake_ups {
            let allowed = budget.allowed(now);
            budget.spend(now, allowed);
            sent.extend(std::iter::repeat_n(now, allowed as usize));
        }
        sent
    }

    fn most_in_a_window(sent: &[Duration]) -> usize {
        let ends = |from: &Duration| sent.partition_point(|it| *it < *from + WINDOW);
        sent.iter().enumerate().map(|(index, from)| ends(from) - index).max().unwrap_or(0)
    }

    #[test]
    fn somebody_who_asks_often_gets_the_whole_rate() {
        for rate in [50, 1_000, 20_000, 300_000] {
            let every = Duration::from_micros(250);
            let sent = sent(rate, (0..8_000).map(|it| every * it));
            let wanted = rate as usize * 2;
            assert!(sent.len() <= wanted + 1, "{rate}: {}", sent.len());
            assert!(sent.len() * 100 >= wanted * 97, "{rate}: {}", sent.len());
        }
    }

    #[test]
    fn what_was_missed_is_not_made_up_for() {
        let sent = sent(20_000, [Duration::from_secs(1), Duration::from_secs(2)]);
        assert_eq!(sent.len(), 400);
    }

    #[test]
    fn the_time_to_come_back_is_one_where_a_packet_may_leave() {
        let mut budget = Budget::new(1_000);
        let mut now = Duration::ZERO;
        for _ in 0..200 {
            let allowed = budget.allowed(now);
            assert!(allowed >= 1, "{now:?}");
            budget.spend(now, allowed);
            now = budget.next_at(now);
        }
        assert!(now <= Duration::from_millis(202), "{now:?}");
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_the_rate_gives_it(
            rate in 1_u32..100_000,
            steps in proptest::collection::vec(0_u64..6_000, 1..60),
        ) {
            let times = steps.iter().scan(0, |at, step| { *at += step; Some(Duration::from_micros(*at)) });
            let sent = sent(rate, times);
            let most = (f64::from(rate) * WINDOW.as_secs_f64()).max(1.0) as usize;
            prop_assert!(most_in_a_window(&sent) <= most, "{} > {}", most_in_a_window(&sent), most);
        }
    }
}
