//! Carries an exchange of datagrams: one socket per question, on which only the address that was
//! asked is heard.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

use super::limits::{CONVERSATION_TIMEOUT, DATAGRAM_TIMEOUT, DATAGRAM_TRIES, DATAGRAMS_MAX};
use super::services::Shared;
use crate::probes::{Conversation, Datagram, End, Reading, Step, Subject};

/// Largest datagram that is taken in (RFC 768).
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// What an exchange came to.
#[derive(Debug)]
pub struct Exchange {
    /// What was learnt.
    pub reading: Reading,
    /// Why it ended.
    pub end: End,
    /// Whether anything was received.
    pub is_answered: bool,
    /// Whether the host said that nobody listens on the port (ICMP port unreachable).
    pub is_refused: bool,
    /// Whether the scan ended before it did.
    pub is_stopped: bool,
}

/// Asks at the rate of the scan, repeats what stays without answer, and reads.
///
/// # Errors
/// If no datagram could be sent at all.
pub async fn exchange(
    datagram: Datagram,
    subject: &Subject,
    mut conversation: Box<dyn Conversation>,
    shared: &Shared,
) -> io::Result<Exchange> {
    let socket = socket(subject, datagram.is_answered_from_any_port).await?;
    let address = SocketAddr::new(subject.address, subject.port);
    let mut state = State { socket, address, shared, received: 0, last: Vec::new() };
    let way = state.lead(conversation.as_mut()).await?;
    let end = match way {
        Way::Ended(end) => end,
        Way::Refused => End::Closed,
        Way::Stopped => End::TimedOut,
    };
    Ok(Exchange {
        reading: conversation.finish(&state.last, end),
        end,
        is_answered: state.received > 0,
        is_refused: way == Way::Refused,
        is_stopped: way == Way::Stopped,
    })
}

/// A socket that hears the asked port alone or, unconnected, every port: who else speaks is passed
/// over then by his address.
async fn socket(subject: &Subject, hears_any_port: bool) -> io::Result<UdpSocket> {
    let own: IpAddr = match subject.address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(own, 0)).await?;
    if hears_any_port {
        hear_refusals(&socket, subject.address)?;
    } else {
        socket.connect(SocketAddr::new(subject.address, subject.port)).await?;
    }
    Ok(socket)
}

/// Lets an unconnected socket hear of a closed port, as a connected one does (ip(7), IP_RECVERR).
/// Elsewhere such a port is silent.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "rustix does not know this option")]
fn hear_refusals(socket: &UdpSocket, address: IpAddr) -> io::Result<()> {
    let (level, option) = match address {
        IpAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_RECVERR),
        IpAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_RECVERR),
    };
    let yes: libc::c_int = 1;
    let size = size_of::<libc::c_int>() as libc::socklen_t;
    let value = std::ptr::from_ref(&yes).cast();
    // SAFETY: the value lives during the call and has the size that is told.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, value, size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "as the other one")]
fn hear_refusals(_socket: &UdpSocket, _address: IpAddr) -> io::Result<()> {
    Ok(())
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Ended(End),
    Refused,
    Stopped,
}

struct State<'a> {
    socket: UdpSocket,
    address: SocketAddr,
    shared: &'a Shared,
    received: usize,
    last: Vec<u8>,
}

impl State<'_> {
    async fn lead(&mut self, conversation: &mut dyn Conversation) -> io::Result<Way> {
        // Waiting for our own turns is no time of the host's.
        let mut left = CONVERSATION_TIMEOUT;
        let mut question = conversation.open();
        let mut tries = 0;
        let mut is_to_be_sent = true;
        loop {
            if is_to_be_sent {
                tries += 1;
                if !self.shared.turn().await {
                    return Ok(Way::Stopped);
                }
                match self.send(&question).await {
                    Err(error) if is_refusal(&error) => return Ok(Way::Refused),
                    // What was heard until then counts.
                    Err(_) if self.received > 0 => return Ok(Way::Ended(End::Closed)),
                    sent => sent?,
                }
            }
            let began = Instant::now();
            let heard = timeout(left.min(DATAGRAM_TIMEOUT), self.receive()).await;
            left = left.saturating_sub(began.elapsed());
            is_to_be_sent = match heard {
                Ok(Ok(())) => match conversation.read(&self.last) {
                    Step::Done => return Ok(Way::Ended(End::Done)),
                    // TLS over datagrams is not spoken here.
                    Step::StartTls | Step::StartTlsAfter(_) => {
                        return Ok(Way::Ended(End::NotSecured));
                    }
                    Step::More if self.received < DATAGRAMS_MAX => false,
                    Step::More => return Ok(Way::Ended(End::TooLong)),
                    Step::Send(next) => {
                        (question, tries) = (next, 0);
                        true
                    }
                },
                Ok(Err(error)) if is_refusal(&error) => return Ok(Way::Refused),
                Ok(Err(_)) => return Ok(Way::Ended(End::Closed)),
                Err(_) if tries < DATAGRAM_TRIES && !left.is_zero() => true,
                Err(_) => return Ok(Way::Ended(End::TimedOut)),
            };
        }
    }

    async fn send(&self, question: &[u8]) -> io::Result<()> {
        match self.socket.peer_addr() {
            Ok(_) => self.socket.send(question).await?,
            Err(_) => self.socket.send_to(question, self.address).await?,
        };
        Ok(())
    }

    /// The next datagram of the address that was asked.
    async fn receive(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let (count, from) = self.socket.recv_from(&mut buffer).await?;
            if from.ip() == self.address.ip() {
                buffer.truncate(count);
                self.received += 1;
                self.last = buffer;
                return Ok(());
            }
        }
    }
}

fn is_refusal(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::pace::Pace;
    use crate::net::services::tests::shared;

    struct Ask;

    impl Conversation for Ask {
        fn open(&mut self) -> Vec<u8> {
            b"who".to_vec()
        }

        fn read(&mut self, received: &[u8]) -> Step {
            if received == b"me" { Step::Done } else { Step::More }
        }

        fn finish(self: Box<Self>, _: &[u8], _: End) -> Reading {
            Reading::default()
        }
    }

    fn ask(is_answered_from_any_port: bool) -> Datagram {
        Datagram { port: 0, is_answered_from_any_port, begin: |_| Box::new(Ask) }
    }

    fn subject(at: SocketAddr) -> Subject {
        let (address, argument) = (at.ip(), String::new());
        Subject { address, port: at.port(), is_encrypted: false, argument, random: [7; 32] }
    }

    async fn server() -> (UdpSocket, SocketAddr) {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        (server, address)
    }

    #[tokio::test]
    async fn a_lost_question_is_asked_again_and_at_the_rate() {
        let (server, address) = server().await;
        tokio::spawn(async move {
            let mut buffer = [0; 16];
            server.recv_from(&mut buffer).await.unwrap();
            let (_, from) = server.recv_from(&mut buffer).await.unwrap();
            server.send_to(b"me", from).await.unwrap();
        });
        let mut shared = shared();
        // The turn after next is this far away.
        shared.pace = Pace::new(1);
        let began = Instant::now();
        let exchange =
            exchange(ask(false), &subject(address), Box::new(Ask), &shared).await.unwrap();
        assert_eq!(exchange.end, End::Done);
        assert!(exchange.is_answered);
        shared.pace.turn(&shared.stop).await;
        assert!(began.elapsed().as_millis() >= 2_000, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_closed_port_says_so() {
        for is_answered_from_any_port in [false, true] {
            let (server, address) = server().await;
            drop(server);
            let asked = ask(is_answered_from_any_port);
            let exchange =
                exchange(asked, &subject(address), Box::new(Ask), &shared()).await.unwrap();
            assert!(exchange.is_refused || is_answered_from_any_port && !cfg!(target_os = "linux"));
            assert!(!exchange.is_answered);
        }
    }

    #[tokio::test]
    async fn an_answer_from_another_port_is_heard_where_it_may_come_and_from_another_host_never() {
        for (is_answered_from_any_port, answers_from, is_heard) in [
            (true, "127.0.0.1:0", true),
            (false, "127.0.0.1:0", false),
            (true, "127.0.0.2:0", false),
        ] {
            let (server, address) = server().await;
            tokio::spawn(async move {
                let other = UdpSocket::bind(answers_from).await.unwrap();
                let mut buffer = [0; 16];
                while let Ok((_, from)) = server.recv_from(&mut buffer).await {
                    other.send_to(b"me", from).await.unwrap();
                }
            });
            let asked = ask(is_answered_from_any_port);
            let exchange =
                exchange(asked, &subject(address), Box::new(Ask), &shared()).await.unwrap();
            assert_eq!(exchange.is_answered, is_heard, "{answers_from}");
        }
    }

    #[tokio::test]
    async fn after_the_end_nothing_is_sent() {
        let (server, address) = server().await;
        let shared = shared();
        shared.stop.now();
        let exchange =
            exchange(ask(false), &subject(address), Box::new(Ask), &shared).await.unwrap();
        assert!(exchange.is_stopped && !exchange.is_answered);
        assert!(server.try_recv(&mut [0; 16]).is_err());
    }
}
