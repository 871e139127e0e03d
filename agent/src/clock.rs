//! Time and chance, as arguments of everything that needs them.

use jiff::Timestamp;

/// The time of day and random numbers.
pub trait Clock: Send + Sync {
    /// The present time by the host's clock. It may jump in both directions.
    fn now(&self) -> Timestamp;
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

    fn random(&self) -> u64 {
        // Used for jitter only. Without random numbers of the system no key can be made either.
        getrandom::u64().unwrap_or_default()
    }
}
