//! The runs that are going on, so that a person can stop one from elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

/// Why a run is ended before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Whoever ordered it pressed Ctrl-C or went away.
    Interrupted,
    /// Somebody ordered `scan stop`.
    Stopped,
    /// The window of its plan closed.
    WindowClosed,
    /// The collector ends.
    Ending,
}

impl StopReason {
    /// The code of the remark; the catalogue has `scan-remark-<code>`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Stopped => "stopped",
            Self::WindowClosed => "window_closed",
            Self::Ending => "collector_ended",
        }
    }
}

/// The way to stop one run. The first reason counts.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<Option<StopReason>>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Stop {
    /// Asks the run to end.
    pub fn stop(&self, reason: StopReason) {
        self.0.send_if_modified(|it| {
            let is_first = it.is_none();
            it.get_or_insert(reason);
            is_first
        });
    }

    /// Why it was asked to end; none: it was not.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        *self.0.borrow()
    }

    /// Waits until it is asked to end.
    pub async fn stopped(&self) -> StopReason {
        let mut receiver = self.0.subscribe();
        loop {
            if let Some(reason) = *receiver.borrow_and_update() {
                return reason;
            }
            // We hold the sender ourselves: it cannot be gone.
            let _ = receiver.changed().await;
        }
    }
}

/// All runs that are going on.
#[derive(Debug, Default)]
pub struct ActiveRuns {
    runs: Mutex<BTreeMap<Uuid, Stop>>,
}

/// A run that is going on, until this is dropped.
#[derive(Debug)]
pub struct ActiveRun<'a> {
    runs: &'a ActiveRuns,
    id: Uuid,
}

impl ActiveRuns {
    /// Enters a run.
    pub fn enter(&self, id: Uuid, stop: Stop) -> ActiveRun<'_> {
        self.with(|it| it.insert(id, stop));
        ActiveRun { runs: self, id }
    }

    /// Asks a run to end; `false`: it is not going on.
    pub fn stop(&self, id: Uuid, reason: StopReason) -> bool {
        self.with(|it| it.get(&id).map(|it| it.stop(reason))).is_some()
    }

    /// Asks all runs to end.
    pub fn stop_all(&self, reason: StopReason) {
        self.with(|it| it.values().for_each(|it| it.stop(reason)));
    }

    /// The ids of all of them, for a person.
    #[must_use]
    pub fn names(&self) -> String {
        let ids = self.with(|it| it.keys().map(ToString::to_string).collect::<Vec<_>>());
        ids.join(", ")
    }

    /// Whether a run is going on.
    #[must_use]
    pub fn is_going_on(&self, id: Uuid) -> bool {
        self.with(|it| it.contains_key(&id))
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<Uuid, Stop>) -> T) -> T {
        work(&mut self.runs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for ActiveRun<'_> {
    fn drop(&mut self) {
        self.runs.with(|it| it.remove(&self.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_counts() {
        let stop = Stop::default();
        assert_eq!(stop.reason(), None);
        stop.stop(StopReason::WindowClosed);
        stop.stop(StopReason::Interrupted);
        assert_eq!(stop.stopped().await, StopReason::WindowClosed);
    }

    #[test]
    fn only_a_run_that_is_going_on_can_be_stopped() {
        let (runs, stop, id) = (ActiveRuns::default(), Stop::default(), Uuid::from_u128(1));
        let run = runs.enter(id, stop.clone());
        assert!(runs.is_going_on(id));
        assert!(runs.stop(id, StopReason::Stopped));
        assert_eq!(stop.reason(), Some(StopReason::Stopped));
        drop(run);
        assert!(!runs.stop(id, StopReason::Stopped));
    }
}
