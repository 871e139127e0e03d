//! Connections and datagrams of the carriers keep the rate of the job, as the engine's packets do.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::stop::Stop;

/// A rate that everybody who sends waits for.
#[derive(Debug)]
pub struct Pace {
    gap: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    /// So many per second; 0 counts as 1.
    #[must_use]
    pub fn new(rate_pps: u32) -> Self {
        let gap = Duration::from_secs(1) / rate_pps.max(1);
        Self { gap, next: Mutex::new(Instant::now()) }
    }

    /// Waits for the next turn. `false`: the scan is to end, and nothing may be sent any more.
    pub async fn turn(&self, stop: &Stop) -> bool {
        self.turns(1, stop).await
    }

    /// Waits for so many turns that belong together. `false`: the scan is to end.
    pub async fn turns(&self, count: u32, stop: &Stop) -> bool {
        if stop.is_set() {
            return false;
        }
        let mine = self.reserve(count);
        tokio::select! {
            () = sleep_until(mine) => !stop.is_set(),
            () = stop.wait() => false,
        }
    }

    /// Gives back turns that were not needed: whoever comes next waits that much less.
    pub fn give_back(&self, count: u32) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = next.checked_sub(self.gap * count).unwrap_or(*next);
        *next = earlier.max(Instant::now()).min(*next);
    }

    fn reserve(&self, count: u32) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = (*next).max(Instant::now());
        *next = mine + self.gap * count;
        mine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_come_at_the_rate_and_idle_time_is_not_saved_up() {
        let (pace, stop) = (Pace::new(100), Stop::default());
        let start = Instant::now();
        for _ in 0..11 {
            assert!(pace.turn(&stop).await);
        }
        assert_eq!(start.elapsed().as_millis(), 100);
        tokio::time::advance(Duration::from_secs(5)).await;
        let start = Instant::now();
        pace.turn(&stop).await;
        pace.turn(&stop).await;
        assert_eq!(start.elapsed().as_millis(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn many_turns_at_once_cost_the_others_as_much_as_one_by_one() {
        let (pace, stop) = (Pace::new(100), Stop::default());
        let start = Instant::now();
        pace.turns(32, &stop).await;
        pace.turn(&stop).await;
        assert_eq!(start.elapsed().as_millis(), 320);
        pace.turns(32, &stop).await;
        pace.give_back(30);
        pace.turn(&stop).await;
        assert_eq!(start.elapsed().as_millis(), 350);
    }

    #[tokio::test(start_paused = true)]
    async fn turns_that_were_never_taken_cannot_be_given_back() {
        let (pace, stop) = (Pace::new(100), Stop::default());
        pace.turn(&stop).await;
        pace.give_back(1_000);
        let start = Instant::now();
        pace.turn(&stop).await;
        pace.turn(&stop).await;
        assert_eq!(start.elapsed().as_millis(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_the_waiting_and_nothing_is_sent_after_it() {
        let (pace, stop) = (Pace::new(1), Stop::default());
        assert!(pace.turn(&stop).await);
        let start = Instant::now();
        let ring = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            stop.now();
        };
        let (was_given, ()) = tokio::join!(pace.turn(&stop), ring);
        assert!(!was_given);
        assert_eq!(start.elapsed().as_millis(), 20);
        assert!(!pace.turn(&stop).await);
    }
}
