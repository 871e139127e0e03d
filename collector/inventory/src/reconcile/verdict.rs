//! Does a key still speak for the machine that it was enrolled on?

use super::evidence::{Identifier, QuarantineReason, ReportTrace, TimedIdentifier};

/// Why the agent may not go on speaking with its key; `None`: it may.
///
/// `known` is what the agent showed up to now, `last` its report with the greatest number;
/// `shown` and `this` are those of the report that has arrived.
#[must_use]
pub fn verdict(
    _known: &[TimedIdentifier],
    _last: Option<&ReportTrace>,
    _shown: &[Identifier],
    _this: &ReportTrace,
) -> Option<QuarantineReason> {
    None
}
