//! Hears which devices introduce themselves on the cables of this machine. Sends nothing.
//!
//! - Linux: one AF_PACKET socket for all interfaces, with a filter in the kernel, and a member of the
//!   groups of LLDP and CDP on each (`packet(7)`).
//! - other systems: nothing is heard, and that is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use crate::packet::link_neighbour::Heard;

/// How long it is listened: two intervals of CDP (60 s), four of LLDP (30 s).
pub const LISTEN_SECONDS: u16 = 125;
/// No order makes it longer.
pub const LISTEN_SECONDS_MAX: u16 = 600;
/// Most neighbours that are kept of one listening; a flood of invented ones ends there.
pub const HEARD_MAX: usize = 256;

/// What one listening gave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hearing {
    /// The neighbours, sorted, the last word of each.
    pub heard: Vec<Heard>,
    /// Whether there were more than are kept.
    pub is_flooded: bool,
    /// Why nothing could be heard.
    pub failure: Option<ListenFailure>,
}

/// Why nothing could be heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenFailure {
    /// The system gives no socket for frames without CAP_NET_RAW.
    NotAllowed,
    /// In the words of the system.
    Failed(String),
}

/// Ends the thread when nobody waits for it any more.
#[derive(Debug, Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Listens for so long, on a thread of its own: the socket is waited for without an event loop.
pub async fn listen(seconds: u16) -> Hearing {
    let time = Duration::from_secs(seconds.min(LISTEN_SECONDS_MAX).into());
    let stop = StopOnDrop::default();
    let is_stopped = Arc::clone(&stop.0);
    let hearing = tokio::task::spawn_blocking(move || hear(time, &is_stopped)).await;
    hearing.unwrap_or_else(|error| failed(ListenFailure::Failed(error.to_string())))
}

fn failed(failure: ListenFailure) -> Hearing {
    Hearing { failure: Some(failure), ..Hearing::default() }
}

#[cfg(not(target_os = "linux"))]
fn hear(_time: Duration, _is_stopped: &AtomicBool) -> Hearing {
    failed(ListenFailure::Failed("not on this system".to_owned()))
}

#[cfg(target_os = "linux")]
fn hear(time: Duration, is_stopped: &AtomicBool) -> Hearing {
    match linux::hear(time, is_stopped) {
        Ok(hearing) => hearing,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            failed(ListenFailure::NotAllowed)
        }
        Err(error) => failed(ListenFailure::Failed(error.to_string())),
    }
}

/// What was heard so far: of each neighbour the last word.
#[derive(Debug, Default)]
struct Table {
    heard: std::collections::BTreeMap<Key, Heard>,
    is_flooded: bool,
}

/// Interface, protocol, device, port.
type Key = (String, observation::latest::LinkProtocol, Option<String>, Option<String>);

impl Table {
    fn take(&mut self, heard: Heard) {
        let it = &heard.neighbour;
        let key = (it.interface.clone(), it.protocol, it.chassis_id.clone(), it.port_id.clone());
        if heard.ttl_seconds == 0 {
            self.heard.remove(&key);
        } else if self.heard.len() < HEARD_MAX || self.heard.contains_key(&key) {
            self.heard.insert(key, heard);
        } else {
            self.is_flooded = true;
        }
    }

    fn end(self) -> Hearing {
        let heard = self.heard.into_values().collect();
        Hearing { heard, is_flooded: self.is_flooded, failure: None }
    }
}

#[cfg(target_os = "linux")]
mod linux;

#[cfg(all(test, feature = "lab"))]
mod lab;

#[cfg(test)]
mod tests {
    use observation::latest::{LinkNeighbour, LinkProtocol};

    use super::*;

    fn heard(port: &str, ttl_seconds: u16, name: &str) -> Heard {
        let neighbour = LinkNeighbour {
            port_id: Some(port.to_owned()),
            system_name: Some(name.to_owned()),
            ..LinkNeighbour::empty(LinkProtocol::Lldp, "eth0")
        };
        Heard { neighbour, ttl_seconds }
    }

    #[test]
    fn the_last_word_of_a_neighbour_counts() {
        let mut table = Table::default();
        for it in [heard("1", 120, "old"), heard("2", 120, "b"), heard("1", 120, "new")] {
            table.take(it);
        }
        let names: Vec<_> =
            table.end().heard.into_iter().filter_map(|it| it.neighbour.system_name).collect();
        assert_eq!(names, ["new", "b"]);
    }

    #[test]
    fn a_neighbour_that_says_goodbye_is_gone() {
        let mut table = Table::default();
        table.take(heard("1", 120, "a"));
        table.take(heard("1", 0, "a"));
        assert_eq!(table.end(), Hearing::default());
    }

    #[test]
    fn a_flood_of_neighbours_is_bounded_and_said() {
        let mut table = Table::default();
        for number in 0..HEARD_MAX + 10 {
            table.take(heard(&number.to_string(), 120, "a"));
        }
        table.take(heard("0", 120, "still known"));
        let hearing = table.end();
        assert_eq!((hearing.heard.len(), hearing.is_flooded), (HEARD_MAX, true));
        let is_known = |it: &Heard| it.neighbour.system_name.as_deref() == Some("still known");
        assert!(hearing.heard.iter().any(is_known));
    }
}
