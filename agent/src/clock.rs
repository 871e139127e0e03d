//! Time and chance, as arguments of everything that needs them.

use std::time::Duration;

use jiff::Timestamp;

use crate::host;

/// The time of day and random numbers.
pub trait Clock: Send + Sync {
    /// The present time by the host's clock. It may jump in both directions.
    fn now(&self) -> Timestamp;
    /// Time since a moment in the past that does not matter, sleep of the machine included. It never
    /// jumps, whatever somebody does to the time of day; a clock for tests may leave it to `now`.
    fn steady(&self) -> Duration {
        let seconds = u64::try_from(self.now().as_second()).unwrap_or(0);
        Duration::from_secs(seconds)
    }
    /// 64 random bits.
    fn random(&self) -> u64;
}

/// The clock and the random numbers of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the agent asks the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn steady(&self) -> Duration {
        host::time_since_boot()
    }

    fn random(&self) -> u64 {
        // Used for jitter only. Without random numbers of the system no key can be made either.
        getrandom::u64().unwrap_or_default()
    }
}
