//! What the visit to one host has cost it and us so far, and what was left out because of that.
//!
//! A tarpit takes every connection and says nothing: without an end here it would hold the scan for
//! hours.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use observation::latest::Absent;

use super::limits::{
    CONNECTIONS_PER_HOST_MAX, HOST_TIMEOUT, SERVICES_PER_HOST_MAX, SILENT_PORTS_MAX,
};

/// Time of all connections of a host together, as long as each place is taken for [`HOST_TIMEOUT`].
/// Waiting for our own turns is no time of the host's.
const TALK_MS_MAX: u64 = HOST_TIMEOUT.as_millis() as u64 * CONNECTIONS_PER_HOST_MAX as u64;

/// What was being done, in the words of a gap.
pub(super) const ASKING: &str = "asking what answers on open ports";

/// Why a port was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    /// The host has more open ports than are asked.
    TooMany,
    /// The host took all its time.
    TimeIsOver,
    /// Ports of the host take connections and say nothing.
    Silence,
    /// A fault of ours, that its words brought about.
    Accident,
}

impl LeftOut {
    /// In the words of a gap.
    pub(super) fn reason(self) -> Absent {
        let doing = ASKING.to_owned();
        let failed = |cause| Absent::Failed { doing: doing.clone(), cause };
        match self {
            Self::TooMany => {
                failed(format!("more than {SERVICES_PER_HOST_MAX} ports of the host are open"))
            }
            Self::Silence => failed(format!(
                "{SILENT_PORTS_MAX} ports of the host took a connection and said nothing"
            )),
            Self::Accident => failed("a fault of the scanner".to_owned()),
            Self::TimeIsOver => {
                let after_ms = u64::try_from(HOST_TIMEOUT.as_millis()).unwrap_or(u64::MAX);
                Absent::TimedOut { doing, after_ms }
            }
        }
    }
}

/// What one host cost so far.
#[derive(Debug, Default)]
pub(super) struct Strain {
    talked_ms: AtomicU64,
    silent_ports: AtomicUsize,
    left_out: Mutex<BTreeMap<LeftOut, BTreeSet<u16>>>,
}

impl Strain {
    /// Counts the time of one connection.
    pub(super) fn talked(&self, time: Duration) {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.talked_ms.fetch_add(time, Ordering::Relaxed);
    }

    /// Counts a port that took connections and said nothing.
    pub(super) fn was_silent(&self) {
        self.silent_ports.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the host has had its time.
    pub(super) fn is_over(&self) -> bool {
        self.talked_ms.load(Ordering::Relaxed) >= TALK_MS_MAX
    }

    /// Whether so much was silent that trying out protocols is of no use.
    pub(super) fn is_silent(&self) -> bool {
        self.silent_ports.load(Ordering::Relaxed) >= SILENT_PORTS_MAX
    }

    /// Notes that a port was not asked.
    pub(super) fn leave_out(&self, why: LeftOut, port: u16) {
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.entry(why).or_default().insert(port);
    }

    /// All that was not asked.
    pub(super) fn left_out(&self) -> BTreeMap<LeftOut, BTreeSet<u16>> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Ports in the words of a gap: one by its number, many by their ends and their count.
pub(super) fn ports_text(ports: &BTreeSet<u16>) -> String {
    match (ports.first(), ports.last()) {
        (Some(first), Some(last)) if first != last => {
            format!("tcp/{first} to tcp/{last} ({} ports)", ports.len())
        }
        (first, _) => first.map(|it| format!("tcp/{it}")).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_its_time_on_each_connection_and_no_more() {
        let strain = Strain::default();
        strain.talked(HOST_TIMEOUT);
        assert!(!strain.is_over());
        for _ in 1..CONNECTIONS_PER_HOST_MAX {
            strain.talked(HOST_TIMEOUT);
        }
        assert!(strain.is_over());
    }

    #[test]
    fn silence_counts_after_so_many_ports() {
        let strain = Strain::default();
        for _ in 1..SILENT_PORTS_MAX {
            strain.was_silent();
        }
        assert!(!strain.is_silent());
        strain.was_silent();
        assert!(strain.is_silent());
    }

    #[test]
    fn ports_are_named_alone_and_counted_together() {
        assert_eq!(ports_text(&[443].into()), "tcp/443");
        assert_eq!(ports_text(&[7, 9, 8].into()), "tcp/7 to tcp/9 (3 ports)");
    }
}
