//! Carries the question for one version of TLS: a connection, a hello, the head of the answer, the end.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::limits::HANDSHAKE_TIMEOUT;
use super::stream::{close_plain, connect};
use crate::packet::tls_hello::{Answer, Version, answer, hello};

/// Room for a first record of the largest size.
const ANSWER_BYTES_MAX: usize = 20 * 1024;
/// `close_notify` in clear: no key was agreed yet (RFC 8446 §6.1).
const GOODBYE: [u8; 7] = [21, 3, 1, 0, 2, 1, 0];

/// Asks a server that is known to speak TLS for one version.
pub async fn ask(address: SocketAddr, version: Version, random: &[u8; 32]) -> Answer {
    let Ok(mut socket) = connect(address).await else { return Answer::More };
    let answer = talk(&mut socket, version, random).await;
    if answer == Answer::Accepted {
        // Whether it arrives does not matter: the FIN follows.
        let _: io::Result<()> = socket.write_all(&GOODBYE).await;
    }
    close_plain(socket).await;
    answer
}

async fn talk(socket: &mut TcpStream, version: Version, random: &[u8; 32]) -> Answer {
    let deadline = Instant::now() + HANDSHAKE_TIMEOUT;
    if !matches!(
        timeout_at(deadline, socket.write_all(&hello(version, random, None))).await,
        Ok(Ok(()))
    ) {
        return Answer::More;
    }
    let mut received = Vec::new();
    let mut chunk = [0; 4096];
    while received.len() < ANSWER_BYTES_MAX {
        let count = match timeout_at(deadline, socket.read(&mut chunk)).await {
            Err(_) => return Answer::More,
            // It speaks TLS and hangs up on this version: Windows refuses so, without an alert.
            Ok(Err(_) | Ok(0)) if received.is_empty() => return Answer::Refused,
            Ok(Err(_) | Ok(0)) => return Answer::More,
            Ok(Ok(count)) => count,
        };
        received.extend(chunk.iter().take(count));
        let read = answer(version, &received);
        if read != Answer::More {
            return read;
        }
    }
    Answer::More
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers the first hello with `bytes`; what it hears after them.
    async fn server(bytes: Vec<u8>) -> (SocketAddr, tokio::task::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = [0; 5];
            socket.read_exact(&mut head).await.unwrap();
            let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
            socket.read_exact(&mut hello).await.unwrap();
            socket.write_all(&bytes).await.unwrap();
            socket.shutdown().await.unwrap();
            let mut rest = vec![0; 64];
            let count = socket.read(&mut rest).await.unwrap();
            rest.truncate(count);
            rest
        });
        (address, heard)
    }

    /// Constructed after RFC 2246 §7.4.1.3.
    fn server_hello() -> Vec<u8> {
        let mut bytes = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
        bytes.extend([9; 32]);
        bytes.extend([0, 0, 0x2f, 0]);
        bytes
    }

    #[tokio::test]
    async fn an_old_version_is_found_and_the_server_hears_a_goodbye() {
        let (address, heard) = server(server_hello()).await;
        assert_eq!(ask(address, Version::Tls10, &[1; 32]).await, Answer::Accepted);
        assert_eq!(heard.await.unwrap(), GOODBYE);
    }

    #[tokio::test]
    async fn an_alert_and_a_hang_up_refuse_and_half_an_answer_says_nothing() {
        for (bytes, expected) in [
            (vec![21, 3, 1, 0, 2, 2, 70], Answer::Refused),
            (Vec::new(), Answer::Refused),
            (server_hello().into_iter().take(20).collect(), Answer::More),
            (b"HTTP/1.1 400 Bad Request\r\n".to_vec(), Answer::NotTls),
        ] {
            let (address, _heard) = server(bytes).await;
            assert_eq!(ask(address, Version::Tls11, &[1; 32]).await, expected);
        }
    }
}
