//! What whoever ordered a run sees of it, and how they end it.

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::active_runs::Stop;

/// Events that wait for a slow reader; later ones are dropped, since a newer one says the same better.
const EVENTS_MAX: usize = 64;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanEvent {
    /// It began.
    Started {
        /// Its id.
        run: Uuid,
    },
    /// What it will cost.
    Estimate {
        /// Addresses that will be asked.
        addresses: u64,
        /// Packets, about; none: nothing is known, because the system sends them.
        packets: Option<u64>,
        /// Seconds, about.
        seconds: Option<u64>,
        /// Packets per second.
        rate_pps: u32,
    },
    /// How far it is.
    Progress {
        /// `discovery`, `ports`, `services`, `paths`, `reconciling`.
        phase: String,
        /// Steps that are done.
        done: u64,
        /// Steps that there are; 0: not known.
        total: u64,
    },
}

/// The end of a run that somebody holds: they see events and may stop it.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    events: Option<mpsc::Sender<ScanEvent>>,
    /// Ends the run.
    pub stop: Stop,
}

impl Watch {
    /// A watch whose events are read.
    #[must_use]
    pub fn with_events() -> (Self, mpsc::Receiver<ScanEvent>) {
        let (sender, receiver) = mpsc::channel(EVENTS_MAX);
        (Self { events: Some(sender), stop: Stop::default() }, receiver)
    }

    /// Tells what happened; a reader that is behind or gone misses it.
    pub fn tell(&self, event: ScanEvent) {
        if let Some(events) = &self.events {
            let _ = events.try_send(event);
        }
    }
}
