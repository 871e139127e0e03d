//! The outermost edge asks the clock; everything below takes time as an argument.

use jiff::Timestamp;

/// The time by this machine's clock, in whole microseconds: as exact as the database keeps it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the edge that asks the clock")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
