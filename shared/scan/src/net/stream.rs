//! Carries a conversation over TCP, inside TLS where it asks for it.
//!
//! Every way out closes the session: what TLS began is ended with `close_notify`, the connection
//! with FIN, and the other side gets [`CLOSING_TIMEOUT`] to do the same, so that no server is left
//! with a half-open session.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::limits::{CLOSING_TIMEOUT, CONNECT_TIMEOUT, GREETING_TIMEOUT, HANDSHAKE_TIMEOUT};
use super::tls::{AskError, NotSecured, Served, secure};
use crate::probes::{ANSWER_BYTES_MAX, Conversation, End, Reading, Step};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 4096;

/// What a conversation came to.
#[derive(Debug)]
pub struct Talk {
    /// What was learnt.
    pub reading: Reading,
    /// Why it ended.
    pub end: End,
    /// What the server showed where TLS was spoken.
    pub served: Option<Served>,
}

/// Why there was no conversation.
#[derive(Debug, thiserror::Error)]
pub enum TalkError {
    /// Nobody took the connection in time.
    #[error("no connection within {} ms", CONNECT_TIMEOUT.as_millis())]
    ConnectTimedOut,
    /// The connection was refused or could not be made.
    #[error("connecting")]
    Connect(#[source] io::Error),
    /// TLS was to be spoken from the first byte and was not.
    #[error("TLS")]
    NotSecured(#[source] AskError),
}

/// Connects, talks for at most `limit`, closes.
///
/// # Errors
/// If there was nobody to talk to. A conversation that broke off is no error: it has an [`End`].
pub async fn converse(
    address: SocketAddr,
    is_encrypted: bool,
    conversation: Box<dyn Conversation>,
    limit: Duration,
) -> Result<Talk, TalkError> {
    let socket = connect(address).await?;
    let mut line = Line { stream: Box::pin(socket), served: None, address };
    if is_encrypted {
        line = match line.secured(limit).await {
            Ok(line) => line,
            Err((error, stream)) => {
                close_failed(stream).await;
                return Err(TalkError::NotSecured(error));
            }
        };
    }
    let deadline = Instant::now() + limit;
    Ok(talk(line, conversation, deadline).await)
}

/// The first bytes that a server sends unasked; empty where it waits for us.
///
/// # Errors
/// If there was nobody to listen to.
pub async fn greeting(address: SocketAddr) -> Result<Vec<u8>, TalkError> {
    let mut socket = connect(address).await?;
    let mut bytes = vec![0; CHUNK_BYTES];
    let count = match timeout(GREETING_TIMEOUT, socket.read(&mut bytes)).await {
        Ok(Ok(count)) => count,
        Ok(Err(_)) | Err(_) => 0,
    };
    bytes.truncate(count);
    close(Box::pin(socket)).await;
    Ok(bytes)
}

/// Connects; the caller closes by [`close_plain`].
///
/// # Errors
/// If nobody takes the connection.
pub async fn connect(address: SocketAddr) -> Result<TcpStream, TalkError> {
    match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
        Err(_) => Err(TalkError::ConnectTimedOut),
        Ok(Err(error)) => Err(TalkError::Connect(error)),
        Ok(Ok(socket)) => Ok(socket),
    }
}

/// Ends a connection on which nothing was said.
pub async fn close_plain(socket: TcpStream) {
    close(Box::pin(socket)).await;
}

trait Both: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Both for T {}

/// A connection with whatever wraps it by now.
struct Line {
    stream: Pin<Box<dyn Both>>,
    served: Option<Served>,
    address: SocketAddr,
}

impl Line {
    async fn secured(self, limit: Duration) -> Result<Self, NotSecured<Pin<Box<dyn Both>>>> {
        let limit = limit.min(HANDSHAKE_TIMEOUT);
        let (stream, served) = secure(self.stream, self.address.ip(), limit).await?;
        Ok(Self { stream: Box::pin(stream), served: Some(served), address: self.address })
    }
}

/// The talk itself, from the first word to the closing of the session.
async fn talk(line: Line, mut conversation: Box<dyn Conversation>, deadline: Instant) -> Talk {
    let mut held = Held { line: Some(line), received: Vec::new(), served: None };
    let end = held.lead(conversation.as_mut(), deadline).await;
    let reading = conversation.finish(&held.received, end);
    if let Some(line) = held.line.take() {
        held.served = line.served;
        close(line.stream).await;
    }
    Talk { reading, end, served: held.served }
}

/// A talk in progress.
struct Held {
    /// None while a handshake holds it, and after one that failed.
    line: Option<Line>,
    received: Vec<u8>,
    served: Option<Served>,
}

impl Held {
    async fn lead(&mut self, conversation: &mut dyn Conversation, deadline: Instant) -> End {
        let opening = conversation.open();
        let mut step = if opening.is_empty() { Step::More } else { Step::Send(opening) };
        loop {
            step = match step {
                Step::Done => return End::Done,
                Step::Send(bytes) => {
                    self.received.clear();
                    match self.send(&bytes, deadline).await {
                        Ok(()) => Step::More,
                        Err(end) => return end,
                    }
                }
                Step::More => match self.receive(deadline).await {
                    Ok(()) => conversation.read(&self.received),
                    Err(end) => return end,
                },
                Step::StartTlsAfter(bytes) => match self.send(&bytes, deadline).await {
                    Ok(()) => Step::StartTls,
                    Err(end) => return end,
                },
                Step::StartTls => {
                    let Some(line) = self.line.take() else { return End::NotSecured };
                    self.received.clear();
                    match line.secured(deadline.saturating_duration_since(Instant::now())).await {
                        Ok(line) => self.line = Some(line),
                        Err((_, stream)) => {
                            close_failed(stream).await;
                            return End::NotSecured;
                        }
                    }
                    conversation.secured()
                }
            };
        }
    }

    async fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), End> {
        let Some(line) = &mut self.line else { return Err(End::Closed) };
        let sent = async {
            line.stream.write_all(bytes).await?;
            line.stream.flush().await
        };
        match timeout_at(deadline, sent).await {
            Err(_) => Err(End::TimedOut),
            Ok(Err(_)) => Err(End::Closed),
            Ok(Ok(())) => Ok(()),
        }
    }

    async fn receive(&mut self, deadline: Instant) -> Result<(), End> {
        let Some(line) = &mut self.line else { return Err(End::Closed) };
        if self.received.len() >= ANSWER_BYTES_MAX {
            return Err(End::TooLong);
        }
        let mut chunk = [0; CHUNK_BYTES];
        match timeout_at(deadline, line.stream.read(&mut chunk)).await {
            Err(_) => Err(End::TimedOut),
            Ok(Err(_) | Ok(0)) => Err(End::Closed),
            Ok(Ok(count)) => {
                self.received.extend(chunk.iter().take(count));
                Ok(())
            }
        }
    }
}

/// Ends the session: our end first, then as much of theirs as comes in time.
async fn close(mut stream: Pin<Box<dyn Both>>) {
    let ended = async {
        stream.shutdown().await?;
        let mut rest = [0; CHUNK_BYTES];
        // Unread bytes would turn our FIN into a reset. A tarpit is left when the time is over.
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    let _: Result<io::Result<()>, _> = timeout(CLOSING_TIMEOUT, ended).await;
}

/// Ends what is left of a connection whose handshake failed.
async fn close_failed(stream: Option<Pin<Box<dyn Both>>>) {
    if let Some(stream) = stream {
        close(stream).await;
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::Complaint;
    use tokio::net::TcpListener;

    use super::*;
    use crate::net::limits::CONVERSATION_TIMEOUT;

    /// Sends one word and keeps what comes back.
    struct Echo;

    impl Conversation for Echo {
        fn open(&mut self) -> Vec<u8> {
            b"hello".to_vec()
        }

        fn read(&mut self, received: &[u8]) -> Step {
            if received.len() < 5 { Step::More } else { Step::Done }
        }

        fn finish(self: Box<Self>, received: &[u8], _why: End) -> Reading {
            let problem = String::from_utf8_lossy(received).into_owned();
            let complaint = Complaint { place: "test".to_owned(), problem };
            Reading { complaints: vec![complaint], ..Reading::default() }
        }
    }

    async fn server() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn what_comes_in_pieces_is_read_and_the_session_is_closed_with_fin() {
        let (listener, address) = server().await;
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut hello = [0; 5];
            socket.read_exact(&mut hello).await.unwrap();
            for byte in hello {
                socket.write_all(&[byte]).await.unwrap();
            }
            // A reset would be an error here; a FIN is the end.
            socket.read(&mut hello).await.unwrap()
        });
        let talk = converse(address, false, Box::new(Echo), CONVERSATION_TIMEOUT).await.unwrap();
        assert_eq!(talk.end, End::Done);
        assert_eq!(talk.reading.complaints[0].problem, "hello");
        assert_eq!(served.await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_server_that_never_stops_is_cut_off() {
        struct Listen;
        impl Conversation for Listen {
            fn read(&mut self, _: &[u8]) -> Step {
                Step::More
            }
            fn finish(self: Box<Self>, received: &[u8], _: End) -> Reading {
                assert!(received.len() < ANSWER_BYTES_MAX + CHUNK_BYTES);
                Reading::default()
            }
        }
        let (listener, address) = server().await;
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            while socket.write_all(&[b'x'; 10_000]).await.is_ok() {}
        });
        let talk = converse(address, false, Box::new(Listen), CONVERSATION_TIMEOUT).await.unwrap();
        assert_eq!(talk.end, End::TooLong);
    }

    #[tokio::test]
    async fn nobody_there_is_an_error_and_not_a_silence() {
        let (listener, address) = server().await;
        drop(listener);
        let error =
            converse(address, false, Box::new(Echo), CONVERSATION_TIMEOUT).await.unwrap_err();
        assert!(matches!(error, TalkError::Connect(_)));
    }

    #[tokio::test]
    async fn a_failed_handshake_is_closed_with_fin_too() {
        let (listener, address) = server().await;
        let served = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut hello = [0; 4096];
            let _ = socket.read(&mut hello).await.unwrap();
            // Not TLS, and more than one reading takes: what is left unread would make a reset.
            socket.write_all(&[b'x'; 100_000]).await.unwrap();
            let mut rest = Vec::new();
            socket.read_to_end(&mut rest).await
        });
        let error =
            converse(address, true, Box::new(Echo), CONVERSATION_TIMEOUT).await.unwrap_err();
        assert!(matches!(error, TalkError::NotSecured(AskError::NotTls)), "{error:?}");
        served.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_greeting_is_what_comes_unasked() {
        let (listener, address) = server().await;
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(b"220 ready\r\n").await.unwrap();
            let mut rest = [0; 1];
            let _ = socket.read(&mut rest).await;
        });
        assert_eq!(greeting(address).await.unwrap(), b"220 ready\r\n");
    }
}
