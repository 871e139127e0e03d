//! What was heard on the cables of this machine since the service began: kept in memory, and given to
//! sources as an answer of the host.

use std::sync::{Arc, Mutex, PoisonError};

use observation::latest::{Absent, LinkNeighbour, Privilege};
use scan::net::listen::{Hearing, ListenFailure};

use super::{Apart, Host, Reply, Request, Sampled};

/// What is listened to, as reasons name it.
const WHAT: &str = "LLDP, CDP";

/// What was heard last.
#[derive(Debug, Default)]
pub struct Ears(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// None before the first listening is over.
    last: Option<Result<Vec<LinkNeighbour>, Absent>>,
    /// Whether the first listening is over and nobody was told.
    is_first_untold: bool,
}

impl Ears {
    /// Keeps what a listening gave. The last one counts: it is longer than neighbours keep silent.
    pub fn keep(&self, hearing: Hearing) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_first_untold |= state.last.is_none();
        state.last = Some(match hearing.failure {
            None => Ok(hearing.heard.into_iter().map(|it| it.neighbour).collect()),
            Some(ListenFailure::NotAllowed) => {
                Err(Absent::NotAllowed { what: WHAT.to_owned(), needs: Privilege::Root })
            }
            Some(ListenFailure::Failed(cause)) => {
                Err(Absent::Failed { doing: format!("listening for {WHAT}"), cause })
            }
        });
    }

    /// Forgets: what was heard elsewhere is not heard here.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last = None;
    }

    /// Whether there is a first answer that nobody was told of. True once.
    pub fn take_first(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.is_first_untold)
    }

    fn answer(&self) -> Result<Reply, Absent> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.last {
            Some(Ok(heard)) => Ok(Reply::HeardOnLinks(heard.clone())),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err(not_heard("not_yet_heard")),
        }
    }
}

/// A machine whose service listens beside.
pub struct ListeningHost<H> {
    host: H,
    ears: Arc<Ears>,
    sampled: Option<Sampled>,
}

impl<H: Host> ListeningHost<H> {
    /// The same machine, with ears.
    #[must_use]
    pub fn new(host: H, ears: &Arc<Ears>) -> Self {
        Self { host, ears: Arc::clone(ears), sampled: None }
    }

    /// With what samples of the tables of sockets gave.
    #[must_use]
    pub fn with_samples(self, sampled: Sampled) -> Self {
        Self { sampled: Some(sampled), ..self }
    }
}

impl<H: Host> Host for ListeningHost<H> {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        if *request == Request::HeardOnLinks {
            return self.ears.answer();
        }
        if *request == Request::SampledConnections {
            let sampled = self.sampled.clone().map(Reply::SampledConnections);
            return sampled.ok_or_else(not_sampling);
        }
        self.host.ask(request)
    }

    fn apart(&self) -> Option<Apart> {
        let apart = self.host.apart()?;
        let (ears, sampled) = (Arc::clone(&self.ears), self.sampled.clone());
        let host = Arc::new(ListeningHost { host: apart.host, ears, sampled });
        Some(Apart { host, ..apart })
    }
}

/// A single run does not wait two minutes for somebody to speak.
pub(super) fn not_listening() -> Absent {
    not_heard("only_as_service")
}

/// A single run looks once.
pub(super) fn not_sampling() -> Absent {
    let (why, what) = ("only_as_service".to_owned(), "/proc/*/net/tcp".to_owned());
    Absent::NotLookedAt { why, what }
}

fn not_heard(why: &str) -> Absent {
    Absent::NotLookedAt { why: why.to_owned(), what: WHAT.to_owned() }
}

#[cfg(test)]
mod tests {
    use observation::latest::LinkProtocol;
    use scan::net::listen::Heard;

    use super::*;
    use crate::host::{LinuxHost, RecordedHost};

    fn hearing(failure: Option<ListenFailure>) -> Hearing {
        let neighbour = LinkNeighbour::empty(LinkProtocol::Lldp, "eth0");
        let heard = vec![Heard { neighbour, ttl_seconds: 120 }];
        Hearing { heard, is_flooded: false, failure }
    }

    fn ask(ears: &Arc<Ears>) -> Result<Reply, Absent> {
        ListeningHost::new(&RecordedHost::default(), ears).ask(&Request::HeardOnLinks)
    }

    #[test]
    fn before_the_first_listening_is_over_nothing_is_said() {
        let ears = Arc::new(Ears::default());
        assert_eq!(ask(&ears), Err(not_heard("not_yet_heard")));
        assert!(!ears.take_first());
        ears.keep(hearing(None));
        let neighbour = LinkNeighbour::empty(LinkProtocol::Lldp, "eth0");
        assert_eq!(ask(&ears), Ok(Reply::HeardOnLinks(vec![neighbour])));
        assert_eq!((ears.take_first(), ears.take_first()), (true, false));
        ears.forget();
        assert_eq!(ask(&ears), Err(not_heard("not_yet_heard")));
    }

    #[test]
    fn a_missing_right_and_a_failure_stay_apart() {
        let ears = Arc::new(Ears::default());
        ears.keep(hearing(Some(ListenFailure::NotAllowed)));
        assert!(matches!(ask(&ears), Err(Absent::NotAllowed { .. })));
        ears.keep(hearing(Some(ListenFailure::Failed("no".to_owned()))));
        assert!(matches!(ask(&ears), Err(Absent::Failed { .. })));
    }

    #[test]
    fn a_run_without_a_service_does_not_listen() {
        assert_eq!(LinuxHost.ask(&Request::HeardOnLinks), Err(not_heard("only_as_service")));
    }
}
