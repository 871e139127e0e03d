//! How long to wait before the next attempt.

use std::time::Duration;

use crate::clock::Clock;

/// Full jitter: a random time up to `base · 2^failures`, never above `cap`. Agents that failed
/// together come back apart.
#[must_use]
pub fn full_jitter(clock: &dyn Clock, failures: u32, base: Duration, cap: Duration) -> Duration {
    let growth = base.saturating_mul(2_u32.saturating_pow(failures.min(30)));
    let most = u64::try_from(growth.min(cap).as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(clock.random() % most.saturating_add(1).max(1))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    struct Fixed(u64);

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn random(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn the_wait_stays_below_the_doubling_and_the_cap() {
        let (base, cap) = (Duration::from_secs(1), Duration::from_secs(60));
        for failures in 0..100 {
            let most = Duration::from_secs(1 << failures.min(6)).min(cap);
            for random in [0, 1, 999_999_937, u64::MAX] {
                assert!(full_jitter(&Fixed(random), failures, base, cap) <= most);
            }
        }
        assert_eq!(full_jitter(&Fixed(60_000), 6, base, cap), cap);
    }
}
