//! The way from the command line to a running collector: a socket in the data folder that only its
//! owner can open. One request, its length in eight bytes before it, and one reply, a line of JSON; before
//! the reply to a scan come lines that say how far it is. A client that sends anything more, or goes away,
//! ends its scan. Requests hold passwords: what they lie in is wiped, and never grows, which would leave copies.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::accounts::{Caller, SignIn, close_memory, of_uid, witness_of_peers};
use crate::active_runs::StopReason;
use crate::collector::Collector;
use crate::command::{Order, Reply, execute_as};
use crate::data_folder::DataFolder;
use crate::failure::Failure;
use crate::scans::{STOPPING_TIME, ScanEvent, Watch};

/// Largest request or reply, in bytes: a register of 1 MB, an inventory in JSON.
const LINE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// A request is written within this time.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long orders that were begun may take when the collector ends: a scan that is told to stop
/// hands over what it has, which is then reconciled.
const ENDING_TIME: Duration = STOPPING_TIME.saturating_add(Duration::from_secs(30));

/// What is asked, and as which account. Whoever can open the socket owns the data; which user of the
/// operating system it is, is asked of the system and not of them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The account that signs in; none: the one that the user is linked to, if there is one.
    pub sign_in: Option<SignIn>,
    /// The order.
    pub order: Order,
}

/// What comes back, one line each; the reply is the last one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Event(ScanEvent),
    Reply(Box<Result<Reply, Failure>>),
}

/// Serves the socket until `stop` becomes true. Orders that were begun then come to their end, and
/// whoever gave them hears of it.
///
/// # Errors
/// If the socket cannot be made.
pub async fn serve(collector: Arc<Collector>, mut stop: watch::Receiver<bool>) -> io::Result<()> {
    // Passwords come through it.
    close_memory();
    let path = DataFolder::control_socket(collector.folder.path());
    // The lock of the folder is ours: a socket that is still here belongs to nobody.
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    // The folder itself is closed to others, so the socket is from its first moment on.
    let listener = UnixListener::bind(&path)?;
    let mut visits = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            Some(_) = visits.join_next() => continue,
            () = stopped(&mut stop) => break,
        };
        visits.spawn(visit(Arc::clone(&collector), stream, stop.clone()));
    }
    let removed = std::fs::remove_file(&path);
    let ended = async { while visits.join_next().await.is_some() {} };
    if timeout(ENDING_TIME, ended).await.is_err() {
        tracing::warn!(orders = visits.len(), "orders were broken off");
    }
    removed
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|it| *it).await;
}

async fn visit(collector: Arc<Collector>, stream: UnixStream, stop: watch::Receiver<bool>) {
    if let Err(error) = answer(&collector, stream, stop).await {
        tracing::info!(%error, "a command at the control socket broke off");
    }
}

async fn answer(
    collector: &Collector,
    stream: UnixStream,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let user = of_uid(stream.peer_cred()?.uid());
    let (mut reader, mut writer) = stream.into_split();
    let request = tokio::select! {
        read = timeout(REQUEST_TIMEOUT, read_request(&mut reader)) => read??,
        // Nothing was begun yet: nobody is to wait for it.
        () = stopped(&mut stop) => return Ok(()),
    };
    let (watch, mut events) = Watch::with_events();
    let caller = Caller { user, witness: witness_of_peers(), sign_in: request.sign_in };
    let mut work = Box::pin(execute_as(collector, &caller, request.order, &watch));
    let mut is_listening = true;
    let reply = loop {
        tokio::select! {
            reply = &mut work => break reply,
            Some(event) = events.recv() => {
                // Whoever does not read any more is gone; that is noticed at the other side.
                let _ = write(&mut writer, &Line::Event(event)).await;
            }
            _ = reader.read_u8(), if is_listening => {
                is_listening = false;
                watch.stop.stop(StopReason::Interrupted);
            }
        }
    };
    write(&mut writer, &Line::Reply(Box::new(reply))).await?;
    writer.shutdown().await
}

async fn read_request(reader: &mut OwnedReadHalf) -> io::Result<Request> {
    let length = reader.read_u64().await?;
    let length = usize::try_from(length).ok().filter(|it| *it <= LINE_BYTES_MAX as usize);
    let length = length.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let mut bytes = Zeroizing::new(vec![0; length]);
    reader.read_exact(&mut bytes).await?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// A request as it goes over the socket.
fn framed(request: &Request) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, request)?;
    let head = u64::try_from(length.0).unwrap_or(u64::MAX).to_be_bytes();
    let mut bytes = Zeroizing::new(Vec::with_capacity(head.len() + length.0));
    bytes.extend_from_slice(&head);
    serde_json::to_writer(&mut *bytes, request)?;
    Ok(bytes)
}

/// Counts the bytes that are written to it.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn write(writer: &mut OwnedWriteHalf, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    writer.write_all(&text).await
}

/// Asks a running collector. `None`: none is running in this folder.
///
/// # Errors
/// If the connection breaks; `UnexpectedEof`: the collector ended before it replied.
pub async fn ask(
    folder: &Path,
    request: &Request,
    watch: &Watch,
) -> io::Result<Option<Result<Reply, Failure>>> {
    let path = DataFolder::control_socket(folder);
    let stream = match UnixStream::connect(&path).await {
        Ok(stream) => stream,
        Err(error)
            if [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused]
                .contains(&error.kind()) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let (reader, mut writer) = stream.into_split();
    writer.write_all(&framed(request)?).await?;
    let mut reader = BufReader::new(reader.take(LINE_BYTES_MAX));
    let mut line = Vec::new();
    let mut is_stopped = false;
    loop {
        tokio::select! {
            // What was read of a line stays in it when the other branch is taken.
            read = reader.read_until(b'\n', &mut line) => {
                read?;
                if line.last() != Some(&b'\n') {
                    let ended = "the collector ended before it replied";
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, ended));
                }
                match serde_json::from_slice(&line)? {
                    Line::Event(event) => watch.tell(event),
                    Line::Reply(reply) => return Ok(Some(*reply)),
                }
                line.clear();
            }
            _ = watch.stop.stopped(), if !is_stopped => {
                is_stopped = true;
                writer.write_all(b"\n").await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Secret;

    #[tokio::test]
    async fn a_request_lies_in_a_buffer_that_never_grew_and_arrives_whole() {
        let sign_in =
            SignIn { name: "anna".to_owned(), password: Secret::new("correct \"horse\"") };
        let request = Request { sign_in: Some(sign_in), order: Order::AuditVerify };
        let bytes = framed(&request).unwrap();
        assert_eq!(bytes.capacity(), bytes.len());
        let (mut near, far) = UnixStream::pair().unwrap();
        near.write_all(&bytes).await.unwrap();
        let read = read_request(&mut far.into_split().0).await.unwrap();
        assert_eq!(read.sign_in.unwrap().password.reveal(), "correct \"horse\"");
        assert!(matches!(read.order, Order::AuditVerify));
    }

    #[tokio::test]
    async fn a_request_that_says_it_is_endless_takes_no_memory() {
        let (mut near, far) = UnixStream::pair().unwrap();
        near.write_all(&u64::MAX.to_be_bytes()).await.unwrap();
        let refused = read_request(&mut far.into_split().0).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
