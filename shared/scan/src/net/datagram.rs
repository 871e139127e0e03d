//! Carries an exchange of datagrams: one socket per question, connected, so that only the one who
//! was asked is heard.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::limits::{CONVERSATION_TIMEOUT, DATAGRAM_TIMEOUT, DATAGRAM_TRIES, DATAGRAMS_MAX};
use crate::probes::{Conversation, End, Reading, Step};

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
}

/// Asks, repeats what stays without answer, and reads.
///
/// # Errors
/// If no datagram could be sent at all.
pub async fn exchange(
    address: SocketAddr,
    mut conversation: Box<dyn Conversation>,
) -> io::Result<Exchange> {
    let own: IpAddr = match address.ip() {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(own, 0)).await?;
    socket.connect(address).await?;
    let mut state = State { socket, datagrams: 0, is_refused: false, last: Vec::new() };
    let end = state.lead(conversation.as_mut()).await?;
    let reading = conversation.finish(&state.last, end);
    let State { datagrams, is_refused, .. } = state;
    Ok(Exchange { reading, end, is_answered: datagrams > 0, is_refused })
}

struct State {
    socket: UdpSocket,
    datagrams: usize,
    is_refused: bool,
    last: Vec<u8>,
}

impl State {
    async fn lead(&mut self, conversation: &mut dyn Conversation) -> io::Result<End> {
        let deadline = Instant::now() + CONVERSATION_TIMEOUT;
        let mut question = conversation.open();
        self.socket.send(&question).await?;
        let mut tries = 1;
        loop {
            let patience = deadline.min(Instant::now() + DATAGRAM_TIMEOUT);
            let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
            let count = match timeout_at(patience, self.socket.recv(&mut buffer)).await {
                Ok(Ok(count)) => count,
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    self.is_refused = true;
                    return Ok(End::Closed);
                }
                Ok(Err(_)) => return Ok(End::Closed),
                Err(_) if tries < DATAGRAM_TRIES && Instant::now() < deadline => {
                    tries += 1;
                    self.socket.send(&question).await?;
                    continue;
                }
                Err(_) => return Ok(End::TimedOut),
            };
            buffer.truncate(count);
            self.datagrams += 1;
            self.last = buffer;
            match conversation.read(&self.last) {
                Step::Done => return Ok(End::Done),
                // TLS over datagrams is not spoken here.
                Step::StartTls | Step::StartTlsAfter(_) => return Ok(End::NotSecured),
                Step::More if self.datagrams < DATAGRAMS_MAX => {}
                Step::More => return Ok(End::TooLong),
                Step::Send(next) => {
                    question = next;
                    tries = 1;
                    self.socket.send(&question).await?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[tokio::test]
    async fn a_lost_question_is_asked_again() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 16];
            server.recv_from(&mut buffer).await.unwrap();
            let (_, from) = server.recv_from(&mut buffer).await.unwrap();
            server.send_to(b"me", from).await.unwrap();
        });
        let exchange = exchange(address, Box::new(Ask)).await.unwrap();
        assert_eq!(exchange.end, End::Done);
        assert!(exchange.is_answered);
    }

    #[tokio::test]
    async fn a_closed_port_says_so() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        drop(server);
        let exchange = exchange(address, Box::new(Ask)).await.unwrap();
        assert!(exchange.is_refused);
        assert!(!exchange.is_answered);
    }
}
