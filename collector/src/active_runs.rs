//! The runs that are going on, so that a person can stop one from elsewhere.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

/// Runs of which it is remembered that something of them was logged.
const TOLD_MAX: usize = 1024;

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
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    runs: BTreeMap<Uuid, Stop>,
    /// Whether the collector ends: then a run that enters is asked to end at once.
    is_ending: bool,
    /// The runs of plans that agents may have, and when the window of each closes.
    of_agents: BTreeMap<Uuid, Option<Timestamp>>,
    /// Runs whose agent said what it was not asked for, and of which that was logged.
    told: VecDeque<Uuid>,
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
        self.with(|it| {
            if it.is_ending {
                stop.stop(StopReason::Ending);
            }
            it.runs.insert(id, stop)
        });
        ActiveRun { runs: self, id }
    }

    /// Asks a run to end; `false`: it is not going on.
    pub fn stop(&self, id: Uuid, reason: StopReason) -> bool {
        self.with(|it| it.runs.get(&id).map(|it| it.stop(reason))).is_some()
    }

    /// Asks all runs to end because the collector does, also those that enter later.
    pub fn end(&self) {
        self.with(|it| {
            it.is_ending = true;
            it.runs.values().for_each(|it| it.stop(StopReason::Ending));
        });
    }

    /// Says which runs of plans agents may have, in place of what was said before, and when the
    /// window of each closes.
    pub fn allow_only(&self, runs: BTreeMap<Uuid, Option<Timestamp>>) {
        self.with(|it| it.of_agents = runs);
    }

    /// Allows one more.
    pub fn allow(&self, id: Uuid, closes_at: Option<Timestamp>) {
        self.with(|it| it.of_agents.insert(id, closes_at));
    }

    /// Whether an agent may take a run of a plan now. One of which nothing was said it may not.
    #[must_use]
    pub fn is_allowed(&self, id: Uuid, now: Timestamp) -> bool {
        self.with(|it| it.of_agents.get(&id).is_some_and(|it| it.is_none_or(|it| now < it)))
    }

    /// Whether the window of an agent's run has closed.
    #[must_use]
    pub fn has_closed(&self, id: Uuid, now: Timestamp) -> bool {
        self.with(|it| it.of_agents.get(&id).is_some_and(|it| it.is_some_and(|it| it <= now)))
    }

    /// Whether it is the first time that an agent says in this run what it was not asked for. The log
    /// is kept for ever: one line of it per run is enough.
    pub fn is_news(&self, id: Uuid) -> bool {
        self.with(|it| {
            let is_news = !it.told.contains(&id);
            if is_news {
                it.told.push_back(id);
                if it.told.len() > TOLD_MAX {
                    it.told.pop_front();
                }
            }
            is_news
        })
    }

    /// The ids of all of them, for a person.
    #[must_use]
    pub fn names(&self) -> String {
        let ids = self.with(|it| it.runs.keys().map(ToString::to_string).collect::<Vec<_>>());
        ids.join(", ")
    }

    /// Whether a run is going on.
    #[must_use]
    pub fn is_going_on(&self, id: Uuid) -> bool {
        self.with(|it| it.runs.contains_key(&id))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for ActiveRun<'_> {
    fn drop(&mut self) {
        self.runs.with(|it| it.runs.remove(&self.id));
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
    #[test]
    fn a_run_that_enters_while_the_collector_ends_is_asked_to_end() {
        let (runs, early, late) = (ActiveRuns::default(), Stop::default(), Stop::default());
        let _early = runs.enter(Uuid::from_u128(1), early.clone());
        runs.end();
        let _late = runs.enter(Uuid::from_u128(2), late.clone());
        assert_eq!([early.reason(), late.reason()], [Some(StopReason::Ending); 2]);
    }

    #[test]
    fn an_agent_may_have_a_run_while_its_window_is_open() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (runs, closing, open) = (ActiveRuns::default(), Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(!runs.is_allowed(open, at(1)), "nothing was said of it");
        runs.allow_only(BTreeMap::from([(closing, Some(at(5)))]));
        runs.allow(open, None);
        assert!(runs.is_allowed(closing, at(4)) && !runs.is_allowed(closing, at(5)));
        assert!(!runs.has_closed(closing, at(4)) && runs.has_closed(closing, at(5)));
        assert!(runs.is_allowed(open, at(5)) && !runs.has_closed(open, at(5)));
        runs.allow_only(BTreeMap::new());
        assert!(!runs.is_allowed(open, at(1)) && !runs.has_closed(closing, at(9)));
    }
}
