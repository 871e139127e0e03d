//! Asks the name servers inside the scanned networks for the names of the addresses found there.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use observation::latest::{Cadence, Fact};
use tokio::time::Instant;

use super::book::{Book, Learnt, Note};
use super::clock;
use super::datagram::exchange;
use super::services::Shared;
use crate::probes::{Datagram, Method, PROBES, Reading, Subject};

/// The probe that asks.
const PROBE: &str = "scan.dns";
/// The source of the names: they belong to the address, not to the server.
const SOURCE: &str = "scan.reverse_names";
/// Addresses that one exchange asks for.
const ADDRESSES_AT_ONCE: usize = 32;
/// Name servers that are asked; more add little.
const SERVERS_MAX: usize = 4;
/// All names together, however slowly a server answers.
const NAMES_TIMEOUT: Duration = Duration::from_secs(60);

/// A book for each address that has a name.
pub(super) async fn ask(
    servers: &[IpAddr],
    addresses: &[IpAddr],
    shared: &Arc<Shared>,
) -> Vec<Book> {
    let Some(probe) = PROBES.iter().find(|it| it.id == PROBE) else { return Vec::new() };
    let Method::Datagram(datagram) = probe.method else { return Vec::new() };
    let servers: Vec<SocketAddr> =
        servers.iter().take(SERVERS_MAX).map(|it| SocketAddr::new(*it, datagram.port)).collect();
    ask_servers(&servers, datagram, addresses, shared).await
}

async fn ask_servers(
    servers: &[SocketAddr],
    datagram: Datagram,
    addresses: &[IpAddr],
    shared: &Shared,
) -> Vec<Book> {
    let mut books: BTreeMap<IpAddr, Book> = BTreeMap::new();
    let deadline = Instant::now() + NAMES_TIMEOUT;
    'servers: for server in servers {
        for some in addresses.chunks(ADDRESSES_AT_ONCE) {
            if Instant::now() >= deadline || shared.stop.is_set() {
                break 'servers;
            }
            let Ok(_socket) = shared.sockets.acquire().await else { break 'servers };
            let subject = subject(server.ip(), server.port(), some);
            let (asked_at, began) = (clock::now(), Instant::now());
            let conversation = (datagram.begin)(&subject);
            match exchange(datagram, &subject, conversation, shared).await {
                Ok(exchange) if exchange.is_answered => {
                    for fact in exchange.reading.facts {
                        note(&mut books, fact, some, asked_at, began.elapsed());
                    }
                }
                // A server that fell silent costs a timeout per question, and the next one may speak.
                Ok(_) | Err(_) => break,
            }
        }
    }
    books.into_values().collect()
}

fn subject(address: IpAddr, port: u16, addresses: &[IpAddr]) -> Subject {
    let mut random = [0; 32];
    // Without random bytes ids repeat, which costs a mismatch and nothing else.
    let _ = getrandom::fill(&mut random);
    let argument: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    Subject { address, port, is_encrypted: false, argument: argument.join(" "), random }
}

/// Keeps a name with the address it names; a server that answers something else is not heard.
fn note(
    books: &mut BTreeMap<IpAddr, Book>,
    fact: Fact,
    asked: &[IpAddr],
    asked_at: Timestamp,
    lasted: Duration,
) {
    let Fact::ReverseName(name) = &fact else { return };
    let address = name.address;
    if !asked.contains(&address) {
        return;
    }
    let learnt = Learnt::Said(Reading { facts: vec![fact], ..Reading::default() });
    let note =
        Note { source: SOURCE.to_owned(), cadence: Cadence::Steady, asked_at, lasted, learnt };
    books.entry(address).or_insert_with(|| Book::new(address)).add(note);
}

#[cfg(test)]
mod tests {
    use observation::latest::scan::ProbeSelection;
    use tokio::net::UdpSocket;
    use tokio::sync::Semaphore;

    use super::super::pace::Pace;
    use super::super::stop::Stop;
    use super::*;

    fn shared() -> Shared {
        Shared {
            selection: ProbeSelection::All,
            snmp: Vec::new(),
            pace: Pace::new(10_000),
            sockets: Semaphore::new(8),
            connections: 0.into(),
            stop: Arc::new(Stop::default()),
        }
    }

    fn datagram() -> Datagram {
        let probe = PROBES.iter().find(|it| it.id == PROBE).unwrap();
        let Method::Datagram(datagram) = probe.method else { panic!() };
        datagram
    }

    #[tokio::test]
    async fn a_server_that_is_silent_is_asked_for_no_further_names() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let addresses: Vec<IpAddr> = (0..250).map(|it| [10, 0, 0, it].into()).collect();
        let server = silent.local_addr().unwrap();
        let (began, shared) = (Instant::now(), shared());
        let books = ask_servers(&[server], datagram(), &addresses, &shared).await;
        assert!(books.is_empty());
        // One question and its repetition, where eight exchanges would be due.
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn after_a_stop_nobody_is_asked() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let shared = shared();
        shared.stop.now();
        let at = server.local_addr().unwrap();
        ask_servers(&[at], datagram(), &[[10, 0, 0, 1].into()], &shared).await;
        assert!(server.try_recv(&mut [0; 512]).is_err());
    }
}
