//! Looking without the right to raw sockets: connections alone. Slower, and blind to hosts that drop
//! what they do not serve; the run says so.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::limits::CONNECTIONS_PER_HOST_MAX;
use super::services::Shared;
use super::stream::close_plain;

/// A port that does not answer within this time is silent.
const SILENCE_TIMEOUT: Duration = Duration::from_millis(800);
/// Silent ports in a row after which a host is taken to drop everything else too.
const SILENT_IN_A_ROW_MAX: u32 = 200;

/// What a port did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PortState {
    /// It took the connection.
    Open,
    /// It refused: the host is there.
    Closed,
    /// Nothing came.
    Silent,
    /// There is no way to the host.
    Unreachable,
}

/// Asks one port by connecting; says nothing and closes.
pub(super) async fn port(address: SocketAddr) -> PortState {
    match timeout(SILENCE_TIMEOUT, TcpStream::connect(address)).await {
        Err(_) => PortState::Silent,
        Ok(Ok(socket)) => {
            close_plain(socket).await;
            PortState::Open
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => PortState::Closed,
        Ok(Err(_)) => PortState::Unreachable,
    }
}

/// Whether an address takes or refuses a connection on any of these ports.
pub(super) async fn is_there(address: IpAddr, ports: &[u16], shared: &Shared) -> bool {
    for number in ports {
        if shared.stop.is_set() {
            return false;
        }
        match ask(SocketAddr::new(address, *number), shared).await {
            PortState::Open | PortState::Closed => return true,
            PortState::Silent => {}
            PortState::Unreachable => return false,
        }
    }
    false
}

/// The open ones among these ports of a host. `false`: it was given up, because it stays silent.
pub(super) async fn open_ports(
    address: IpAddr,
    ports: &[u16],
    shared: &Arc<Shared>,
) -> (Vec<u16>, bool) {
    let mut asked = JoinSet::new();
    let (mut open, mut silent_in_a_row) = (Vec::new(), 0);
    let mut waiting = ports.iter().copied();
    loop {
        while asked.len() < CONNECTIONS_PER_HOST_MAX {
            let Some(number) = waiting.next() else { break };
            let shared = Arc::clone(shared);
            asked.spawn(
                async move { (number, ask(SocketAddr::new(address, number), &shared).await) },
            );
        }
        let Some(done) = asked.join_next().await else { break };
        let Ok((number, state)) = done else { continue };
        silent_in_a_row = if state == PortState::Silent { silent_in_a_row + 1 } else { 0 };
        if state == PortState::Open {
            open.push(number);
        }
        if silent_in_a_row > SILENT_IN_A_ROW_MAX || shared.stop.is_set() {
            return (open, false);
        }
    }
    open.sort_unstable();
    (open, true)
}

async fn ask(address: SocketAddr, shared: &Shared) -> PortState {
    let Ok(_socket) = shared.sockets.acquire().await else { return PortState::Silent };
    shared.pace.turn().await;
    shared.connections.fetch_add(1, Ordering::Relaxed);
    port(address).await
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
        assert_eq!(open_ports(address, &ports, &shared()).await, (vec![open_port], true));
        assert!(is_there(address, &[closed_port], &shared()).await);
        assert_eq!(port(SocketAddr::new(address, closed_port)).await, PortState::Closed);
    }
}
