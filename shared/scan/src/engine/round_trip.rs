//! How long an answer takes, measured.

use std::time::Duration;

/// Until something was measured: nobody on a link or behind some routers needs longer.
const UNMEASURED: Duration = Duration::from_millis(500);
/// Whoever needs longer is found in the next round, whose questions are late answers' second chance.
const LONGEST: Duration = Duration::from_secs(2);

/// Smoothed round trip and its variation (RFC 6298 §2), and from them the time to wait.
#[derive(Debug, Clone)]
pub struct RoundTrips {
    smoothed: Option<(f64, f64)>,
    longest: f64,
    floor: Duration,
}

impl RoundTrips {
    /// Waits at least this long, whatever was measured: devices that sleep answer late.
    #[must_use]
    pub fn new(floor: Duration) -> Self {
        Self { smoothed: None, longest: 0.0, floor }
    }

    /// Adds a measurement. Only answers to a question that was asked once can be measured (Karn).
    pub fn add(&mut self, round_trip: Duration) {
        let sample = round_trip.as_secs_f64();
        self.longest = self.longest.max(sample);
        self.smoothed = Some(match self.smoothed {
            None => (sample, sample / 2.0),
            Some((mean, variation)) => {
                (mean * 0.875 + sample * 0.125, variation * 0.75 + (mean - sample).abs() * 0.25)
            }
        });
    }

    /// How long to wait for an answer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        let Some((mean, variation)) = self.smoothed else { return self.floor.max(UNMEASURED) };
        let wanted = (mean + 4.0 * variation).max(self.longest * 1.25);
        Duration::from_secs_f64(wanted).clamp(self.floor, LONGEST.max(self.floor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn timeout(floor: Duration, samples: &[Duration]) -> Duration {
        let mut trips = RoundTrips::new(floor);
        samples.iter().for_each(|it| trips.add(*it));
        trips.timeout()
    }

    #[test]
    fn it_waits_longer_than_the_slowest_answer_and_never_for_ever() {
        assert_eq!(timeout(40 * MS, &[]), UNMEASURED);
        assert_eq!(timeout(40 * MS, &[MS; 50]), 40 * MS);
        assert!(timeout(40 * MS, &[20 * MS; 50]) <= 41 * MS);
        let mixed: Vec<Duration> = (0..50).map(|it| if it == 25 { 300 * MS } else { MS }).collect();
        assert!(timeout(40 * MS, &mixed) >= 375 * MS);
        assert_eq!(timeout(40 * MS, &[30_000 * MS]), LONGEST);
        assert_eq!(timeout(700 * MS, &[]), 700 * MS);
    }
}
