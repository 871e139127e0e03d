//! The clock of the scanner.

use jiff::Timestamp;

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "the outermost edge asks the clock here")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
