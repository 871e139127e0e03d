//! Connections and datagrams of the carriers keep the rate of the job, as the engine's packets do.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

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

    /// Waits for the next turn.
    pub async fn turn(&self) {
        let mine = {
            let mut next = self.next.lock().await;
            let mine = (*next).max(Instant::now());
            *next = mine + self.gap;
            mine
        };
        sleep_until(mine).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_come_at_the_rate_and_idle_time_is_not_saved_up() {
        let pace = Pace::new(100);
        let start = Instant::now();
        for _ in 0..11 {
            pace.turn().await;
        }
        assert_eq!(start.elapsed().as_millis(), 100);
        tokio::time::advance(Duration::from_secs(5)).await;
        let start = Instant::now();
        pace.turn().await;
        pace.turn().await;
        assert_eq!(start.elapsed().as_millis(), 10);
    }
}
