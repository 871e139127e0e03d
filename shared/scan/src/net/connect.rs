//! Looking without the right to raw sockets: connections alone. Slower, and blind to hosts that drop
//! what they do not serve; the run says so.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::limits::CONNECTIONS_PER_HOST_MAX;
use super::services::Shared;
use super::stream::close_plain;
use super::swept::Swept;

/// A port that does not answer within this time is silent.
const SILENCE_TIMEOUT: Duration = Duration::from_millis(800);
/// Silent ports in a row after which a host is taken to drop everything else too.
const SILENT_IN_A_ROW_MAX: u32 = 200;

/// What a port did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PortState {
    /// It took the connection.
    Open,
    /// It refused: the host is there.
    Closed,
    /// Nothing came, or the word of somebody on the way that this port is not to be reached: a
    /// firewall says so of one port and lets the next one through.
    Silent,
    /// There is no way to the network of the host.
    Unreachable,
    /// This machine could not ask: why. It says nothing of the host.
    NotAsked(String),
}

/// Asks one port by connecting; says nothing and closes.
pub(super) async fn port(address: SocketAddr) -> PortState {
    match timeout(SILENCE_TIMEOUT, TcpStream::connect(address)).await {
        Err(_) => PortState::Silent,
        Ok(Ok(socket)) => {
            close_plain(socket).await;
            PortState::Open
        }
        Ok(Err(error)) => not_connected(&error),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other kinds are faults of this machine")]
fn not_connected(error: &io::Error) -> PortState {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => PortState::Closed,
        // A local firewall that forbids it is `PermissionDenied`.
        ErrorKind::HostUnreachable
        | ErrorKind::TimedOut
        | ErrorKind::ConnectionAborted
        | ErrorKind::PermissionDenied => PortState::Silent,
        ErrorKind::NetworkUnreachable => PortState::Unreachable,
        // No descriptors, no memory for buffers, no local ports left.
        _ => PortState::NotAsked(error.to_string()),
    }
}

/// Whether somebody is at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Presence {
    /// A port took or refused a connection.
    There,
    /// All ports were silent, or no way leads there.
    Silent,
    /// Not all ports were asked: why, where it was not the wish to stop.
    Unknown(Option<String>),
}

/// Whether an address takes or refuses a connection on any of these ports.
pub(super) async fn is_there(address: IpAddr, ports: &[u16], shared: &Shared) -> Presence {
    for number in ports {
        match ask(SocketAddr::new(address, *number), shared).await {
            Some(PortState::Open | PortState::Closed) => return Presence::There,
            Some(PortState::Silent) => {}
            Some(PortState::Unreachable) => return Presence::Silent,
            Some(PortState::NotAsked(why)) => return Presence::Unknown(Some(why)),
            None => return Presence::Unknown(None),
        }
    }
    Presence::Silent
}

/// How the ports of a host were asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Connected {
    /// What is known of them.
    pub(super) swept: Swept,
    /// Whether it was given up, because it stays silent.
    pub(super) is_given_up: bool,
    /// Why this machine could not ask.
    pub(super) trouble: Option<String>,
}

/// The open ones among these ports of a host. `connections` are those that it bears at once.
pub(super) async fn open_ports(
    address: IpAddr,
    ports: &[u16],
    connections: &Arc<Semaphore>,
    shared: &Arc<Shared>,
) -> Connected {
    let mut asked = JoinSet::new();
    let mut found = Connected::default();
    let (mut silent_in_a_row, mut is_whole) = (0, true);
    let mut waiting = ports.iter().copied();
    loop {
        while asked.len() < CONNECTIONS_PER_HOST_MAX && is_whole {
            let Some(number) = waiting.next() else { break };
            let (shared, connections) = (Arc::clone(shared), Arc::clone(connections));
            asked.spawn(async move {
                let Ok(_turn) = connections.acquire().await else { return (number, None) };
                (number, ask(SocketAddr::new(address, number), &shared).await)
            });
        }
        let Some(done) = asked.join_next().await else { break };
        let Ok((number, state)) = done else {
            is_whole = false;
            continue;
        };
        silent_in_a_row = if state == Some(PortState::Silent) { silent_in_a_row + 1 } else { 0 };
        found.is_given_up = silent_in_a_row > SILENT_IN_A_ROW_MAX;
        match state {
            Some(PortState::Open) => found.swept.open.push(number),
            Some(PortState::Closed | PortState::Silent) => is_whole &= !found.is_given_up,
            Some(PortState::Unreachable) | None => is_whole = false,
            Some(PortState::NotAsked(why)) => {
                is_whole = false;
                found.trouble = Some(why);
            }
        }
    }
    found.swept.open.sort_unstable();
    found.swept.is_whole = is_whole;
    found
}

/// None: the scan is to end.
async fn ask(address: SocketAddr, shared: &Shared) -> Option<PortState> {
    let _socket = shared.sockets.acquire().await.ok()?;
    if !shared.pace.turn(&shared.stop).await {
        return None;
    }
    shared.connections.fetch_add(1, Ordering::Relaxed);
    Some(port(address).await)
}

#[cfg(test)]
mod tests {
    use observation::latest::scan::ProbeSelection;
    use tokio::net::TcpListener;
    use tokio::sync::Semaphore;

    use super::super::pace::Pace;
    use super::super::stop::Stop;
    use super::*;

    fn shared() -> Arc<Shared> {
        Arc::new(Shared {
            selection: ProbeSelection::All,
            snmp: Vec::new(),
            pace: Pace::new(10_000),
            sockets: Semaphore::new(8),
            connections: 0.into(),
            stop: Arc::new(Stop::default()),
        })
    }

    #[tokio::test]
    async fn open_and_closed_are_told_apart() {
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (open_port, closed_port) =
            (open.local_addr().unwrap().port(), closed.local_addr().unwrap().port());
        drop(closed);
        let address: IpAddr = [127, 0, 0, 1].into();
        let ports = [closed_port, open_port];
        let found = open_ports(address, &ports, &four(), &shared()).await;
        assert_eq!(found.swept, Swept { open: vec![open_port], is_whole: true });
        assert_eq!(is_there(address, &[closed_port], &shared()).await, Presence::There);
        assert_eq!(port(SocketAddr::new(address, closed_port)).await, PortState::Closed);
    }

    fn four() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(CONNECTIONS_PER_HOST_MAX))
    }

    #[tokio::test]
    async fn after_a_stop_no_port_is_said_to_be_closed_and_no_address_to_be_empty() {
        let shared = shared();
        shared.stop.now();
        let address: IpAddr = [127, 0, 0, 1].into();
        let found = open_ports(address, &[1, 2, 3], &four(), &shared).await;
        assert_eq!(found, Connected::default());
        assert_eq!(is_there(address, &[1], &shared).await, Presence::Unknown(None));
        assert_eq!(shared.connections.load(Ordering::Relaxed), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_goes_wrong_is_told_apart() {
        let check = |number, expected| {
            assert_eq!(not_connected(&io::Error::from_raw_os_error(number)), expected);
        };
        check(libc::ECONNREFUSED, PortState::Closed);
        // A host whose firewall rejects with icmp-host-prohibited, or that nobody answers ARP for.
        check(libc::EHOSTUNREACH, PortState::Silent);
        check(libc::ENETUNREACH, PortState::Unreachable);
        for local in [libc::EMFILE, libc::ENOBUFS, libc::EADDRNOTAVAIL] {
            assert!(matches!(
                not_connected(&io::Error::from_raw_os_error(local)),
                PortState::NotAsked(_)
            ));
        }
    }
}
