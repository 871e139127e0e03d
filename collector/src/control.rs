//! The way from the command line to a running collector: a socket in the data folder that only its
//! owner can open. One request, one reply, each one line of JSON.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::collector::Collector;
use crate::command::{Order, Reply, execute};
use crate::data_folder::DataFolder;
use crate::failure::Failure;

/// Largest request or reply: a register of 1 MB, an inventory in JSON.
const LINE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// A request is written within this time.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What is asked, and by whom. Whoever can open the socket owns the data: the name is for the log.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The operating-system user.
    pub actor: String,
    /// The order.
    pub order: Order,
}

/// Serves the socket until `stop` becomes true.
///
/// # Errors
/// If the socket cannot be made.
pub async fn serve(collector: Arc<Collector>, mut stop: watch::Receiver<bool>) -> io::Result<()> {
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
        visits.spawn(visit(Arc::clone(&collector), stream));
    }
    std::fs::remove_file(&path)
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|it| *it).await;
}

async fn visit(collector: Arc<Collector>, stream: UnixStream) {
    if let Err(error) = answer(&collector, stream).await {
        tracing::info!(%error, "a command at the control socket broke off");
    }
}

async fn answer(collector: &Collector, stream: UnixStream) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(LINE_BYTES_MAX));
    timeout(REQUEST_TIMEOUT, reader.read_line(&mut line)).await??;
    let request: Request = serde_json::from_str(&line)?;
    let reply = execute(collector, &request.actor, request.order).await;
    let mut text = serde_json::to_vec(&reply)?;
    text.push(b'\n');
    writer.write_all(&text).await?;
    writer.shutdown().await
}

/// Asks a running collector. `None`: none is running in this folder.
///
/// # Errors
/// If the connection breaks.
pub async fn ask(folder: &Path, request: &Request) -> io::Result<Option<Result<Reply, Failure>>> {
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
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    writer.write_all(&text).await?;
    let mut line = String::new();
    BufReader::new(reader.take(LINE_BYTES_MAX)).read_line(&mut line).await?;
    Ok(Some(serde_json::from_str(&line)?))
}
