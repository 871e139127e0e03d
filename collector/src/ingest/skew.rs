//! The clocks of observers are not ours.

use jiff::Timestamp;

/// When something was sent by the observer's clock, and received by ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Skew {
    pub(super) sent_at: Timestamp,
    pub(super) received_at: Timestamp,
}

impl Skew {
    /// The observer's time corrected for its skew, never later than receipt.
    pub(super) fn corrected(self, moment: Timestamp) -> Timestamp {
        let skew = self.received_at.duration_since(self.sent_at);
        moment.checked_add(skew).unwrap_or(self.received_at).min(self.received_at)
    }
}
