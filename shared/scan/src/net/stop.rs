//! The wish that a scan ends early.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// The wish that a scan ends early.
#[derive(Debug, Default)]
pub struct Stop {
    is_set: AtomicBool,
    bell: Notify,
}

impl Stop {
    /// Ends the scan; what was found is still told.
    pub fn now(&self) {
        self.is_set.store(true, Ordering::Relaxed);
        self.bell.notify_waiters();
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }

    /// Waits for the end.
    pub async fn wait(&self) {
        let bell = self.bell.notified();
        tokio::pin!(bell);
        bell.as_mut().enable();
        if !self.is_set() {
            bell.await;
        }
    }
}
