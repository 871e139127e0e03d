//! The scanner as a process of its own: it alone holds the right to raw sockets, and it takes jobs
//! over a local socket.
//!
//! The conversation is lines of JSON: one [`Request::Run`], then [`Message`]s until the report with
//! an end, or a failure. Whoever closes the socket stops the scan.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use observation::latest::AgentId;
use observation::latest::scan::ScanJob;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

pub use super::message::{Estimate, Message, Phase, Progress, Refused, Request};
use super::rights::keep_only_raw_sockets;
use super::run::{Identity, run};
use super::stop::Stop;

/// Longest line in either direction: a part of a report with all its targets.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Messages that may wait for a slow reader before the scan waits for it.
const MESSAGES_WAITING_MAX: usize = 64;

/// What a failing scanner process says.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The process could not be started, or its socket not be reached.
    #[error("starting the scanner")]
    Start(#[source] io::Error),
    /// It ended or spoke nonsense.
    #[error("speaking with the scanner")]
    Speak(#[source] io::Error),
}

/// The scanner, as seen from the process that orders a scan.
#[derive(Debug)]
pub struct Scanner {
    reader: BufReader<tokio::io::Take<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
    /// What was read of a line whose end has not come: kept, so that waiting can be given up.
    line: Vec<u8>,
    child: Option<Child>,
}

impl Scanner {
    /// Starts `program scanner`, whose standard input is one end of a socket.
    ///
    /// # Errors
    /// If it cannot be started.
    #[expect(clippy::disallowed_methods, reason = "it starts itself, with fewer rights")]
    pub fn spawn(program: &Path) -> Result<Self, ProcessError> {
        let (ours, theirs) = StdUnixStream::pair().map_err(ProcessError::Start)?;
        let child = Command::new(program)
            .arg("scanner")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            // Ctrl-C at the terminal is for whoever ordered the scan: the scanner hands over what it
            // has when it is told to stop.
            .process_group(0)
            .spawn()
            .map_err(ProcessError::Start)?;
        ours.set_nonblocking(true).map_err(ProcessError::Start)?;
        let stream = UnixStream::from_std(ours).map_err(ProcessError::Start)?;
        Ok(Self::over(stream, Some(child)))
    }

    /// Reaches a scanner that a service manager started with this socket.
    ///
    /// # Errors
    /// If nobody listens there.
    pub async fn connect(path: &Path) -> Result<Self, ProcessError> {
        let stream = UnixStream::connect(path).await.map_err(ProcessError::Start)?;
        Ok(Self::over(stream, None))
    }

    fn over(stream: UnixStream, child: Option<Child>) -> Self {
        let (reader, writer) = stream.into_split();
        let reader = BufReader::new(reader.take(LINE_BYTES_MAX));
        Self { reader, writer, line: Vec::new(), child }
    }

    /// Orders a scan.
    ///
    /// # Errors
    /// If the scanner is gone.
    pub async fn start(
        &mut self,
        job: ScanJob,
        agent: Option<AgentId>,
        software_version: &str,
    ) -> Result<(), ProcessError> {
        let software_version = software_version.to_owned();
        self.say(&Request::Run { job: Box::new(job), agent, software_version }).await
    }

    /// Asks for an early end; what was found so far still comes.
    ///
    /// # Errors
    /// If the scanner is gone.
    pub async fn stop(&mut self) -> Result<(), ProcessError> {
        self.say(&Request::Stop).await
    }

    async fn say(&mut self, request: &Request) -> Result<(), ProcessError> {
        write_line(&mut self.writer, request).await.map_err(ProcessError::Speak)
    }

    /// The next message; none: the scanner ended. Waiting for it may be given up and taken up again.
    ///
    /// # Errors
    /// If the scanner speaks nonsense.
    pub async fn next(&mut self) -> Result<Option<Message>, ProcessError> {
        read_line(&mut self.reader, &mut self.line).await.map_err(ProcessError::Speak)
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // The scan is over or not wanted any more; the process holds nothing that could be lost.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn write_line(writer: &mut OwnedWriteHalf, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    writer.write_all(&line).await
}

async fn read_line<T: for<'a> Deserialize<'a>>(
    reader: &mut BufReader<tokio::io::Take<OwnedReadHalf>>,
    line: &mut Vec<u8>,
) -> io::Result<Option<T>> {
    reader.get_mut().set_limit(LINE_BYTES_MAX);
    reader.read_until(b'\n', line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a line without its end"));
    }
    let value = serde_json::from_slice(line)?;
    line.clear();
    Ok(Some(value))
}

/// The scanner process: gives up its rights, then serves standard input, or a socket at a path.
///
/// To be called before the process has a second thread.
///
/// # Errors
/// If rights cannot be given up or nobody is there to take jobs from.
pub fn serve(socket: Option<&Path>) -> io::Result<()> {
    let listener = socket.map(bind).transpose()?;
    keep_only_raw_sockets()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match listener {
            None => {
                let stream = rustix::io::dup(io::stdin())?;
                let stream = StdUnixStream::from(stream);
                stream.set_nonblocking(true)?;
                serve_one(UnixStream::from_std(stream)?).await
            }
            Some(listener) => {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::UnixListener::from_std(listener)?;
                loop {
                    // One job at a time: two scans would share a rate that a person set for one.
                    let (stream, _) = listener.accept().await?;
                    if let Err(error) = serve_one(stream).await {
                        tracing::warn!(%error, "a scan job broke off");
                    }
                }
            }
        }
    })
}

fn bind(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    if path.exists() {
        std::fs::remove_file(path)?;
    }
    std::os::unix::net::UnixListener::bind(path)
}

/// One job, from its order to its end.
async fn serve_one(stream: UnixStream) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader.take(LINE_BYTES_MAX));
    let mut line = Vec::new();
    let Some(first) = read_line(&mut reader, &mut line).await? else { return Ok(()) };
    let Request::Run { job, agent, software_version } = first else { return Ok(()) };
    let stop = Arc::new(Stop::default());
    let (sender, mut messages) = mpsc::channel(MESSAGES_WAITING_MAX);
    let identity = Identity { agent, software_version };
    let scan = tokio::spawn(run(*job, identity, Arc::clone(&stop), sender));
    let listening = tokio::spawn(stop_when_told(reader, Arc::clone(&stop)));
    let mut outcome = Ok(());
    while let Some(message) = messages.recv().await {
        outcome = write_line(&mut writer, &message).await;
        if outcome.is_err() {
            stop.now();
            break;
        }
    }
    drop(messages);
    listening.abort();
    scan.await.map_err(io::Error::other)?;
    outcome
}

/// Stops the scan on request, and when nobody is there any more to hear of it.
async fn stop_when_told(mut reader: BufReader<tokio::io::Take<OwnedReadHalf>>, stop: Arc<Stop>) {
    let mut line = Vec::new();
    let told: io::Result<Option<Request>> = read_line(&mut reader, &mut line).await;
    tracing::debug!(?told, "the scan is to stop");
    stop.now();
}
