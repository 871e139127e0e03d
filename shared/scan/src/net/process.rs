//! The scanner as a process of its own: it alone holds the right to raw sockets, and it takes jobs
//! over a local socket.
//!
//! The conversation is lines of JSON: one [`Request::Run`], then [`Message`]s until the report with
//! an end, or a failure. Whoever closes the socket stops the scan.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use observation::latest::AgentId;
use observation::latest::scan::ScanJob;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::listen::{Hearing, listen};
pub use super::message::{Estimate, Message, Phase, Progress, Refused, Request};
use super::rights::keep_only_raw_sockets;
use super::run::{Identity, run};
use super::stop::Stop;

/// Longest line in either direction: a part of a report with all its targets.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Whoever connects says what it wants within this time: the next one waits for it.
const ORDER_TIMEOUT: Duration = Duration::from_secs(30);
/// After a connection that could not be taken, for want of descriptors for one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// How much longer than it was told a listening may take: one scanner does one thing at a time, and a
/// scan may be before it.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(600);
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

    /// Hears for so long which devices introduce themselves on the cables of this machine.
    ///
    /// # Errors
    /// If the scanner is gone, speaks nonsense or takes much longer.
    pub async fn listen(&mut self, seconds: u16) -> Result<Hearing, ProcessError> {
        self.say(&Request::Listen { seconds }).await?;
        let most = Duration::from_secs(seconds.into()) + LISTEN_TIMEOUT;
        let answer = timeout(most, read_line(&mut self.reader, &mut self.line)).await;
        let answer = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let none = || ProcessError::Speak(io::ErrorKind::UnexpectedEof.into());
        answer.map_err(ProcessError::Speak)?.ok_or_else(none)
    }

    async fn say(&mut self, request: &Request) -> Result<(), ProcessError> {
        write_line(&mut self.writer, request).await.map_err(ProcessError::Speak)
    }

    /// The next message; none: the scanner ended. Waiting for it may be given up and taken up again.
    ///
    /// # Errors
    /// If the scanner speaks nonsense.
    pub async fn next<F>(&mut self) -> Result<Option<Message<F>>, ProcessError>
    where
        Message<F>: DeserializeOwned,
    {
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
    // What was read before the last wait was given up counts.
    let left = LINE_BYTES_MAX.saturating_sub(line.len() as u64);
    reader.get_mut().set_limit(left);
    reader.read_until(b'\n', line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.len() as u64 >= LINE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
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
                    match listener.accept().await {
                        Ok((stream, _)) => {
                            if let Err(error) = serve_one(stream).await {
                                tracing::warn!(%error, "a scan job broke off");
                            }
                        }
                        Err(error) => {
                            tracing::warn!(%error, "a connection could not be taken");
                            tokio::time::sleep(ACCEPT_PAUSE).await;
                        }
                    }
                }
            }
        }
    })
}

/// Takes the place of a socket that an earlier scanner left; of nothing else.
fn bind(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path)?,
        Ok(_) => {
            let text = format!("{} is there and is no socket", path.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    std::os::unix::net::UnixListener::bind(path)
}

/// One job, from its order to its end.
async fn serve_one(stream: UnixStream) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader.take(LINE_BYTES_MAX));
    let mut line = Vec::new();
    let order = timeout(ORDER_TIMEOUT, read_line(&mut reader, &mut line)).await;
    let Some(first) = order.map_err(|_| io::ErrorKind::TimedOut)?? else { return Ok(()) };
    let (job, agent, software_version) = match first {
        Request::Run { job, agent, software_version } => (job, agent, software_version),
        Request::Listen { seconds } => {
            return serve_listening(reader, &mut writer, seconds).await;
        }
        Request::Stop => return Ok(()),
    };
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

/// Listens until the time is over, or whoever asked is gone.
async fn serve_listening(
    mut reader: BufReader<tokio::io::Take<OwnedReadHalf>>,
    writer: &mut OwnedWriteHalf,
    seconds: u16,
) -> io::Result<()> {
    let mut line = Vec::new();
    tokio::select! {
        hearing = listen(seconds) => write_line(writer, &hearing).await,
        told = read_line::<Request>(&mut reader, &mut line) => told.map(|_| ()),
    }
}

/// Stops the scan on request, and when nobody is there any more to hear of it.
async fn stop_when_told(mut reader: BufReader<tokio::io::Take<OwnedReadHalf>>, stop: Arc<Stop>) {
    let mut line = Vec::new();
    let told: io::Result<Option<Request>> = read_line(&mut reader, &mut line).await;
    tracing::debug!(?told, "the scan is to stop");
    stop.now();
}

#[cfg(test)]
mod tests {
    use observation::latest::Fact;

    use super::*;

    fn pair() -> (UnixStream, UnixStream) {
        UnixStream::pair().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_is_not_waited_for_for_ever() {
        let (ours, _theirs) = pair();
        let error = serve_one(ours).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn what_was_read_before_waiting_was_given_up_counts_for_the_length_of_a_line() {
        let (ours, mut theirs) = pair();
        let mut scanner = Scanner::over(ours, None);
        scanner.line = vec![b' '; usize::try_from(LINE_BYTES_MAX).unwrap() - 10];
        theirs.write_all(&[b' '; 20]).await.unwrap();
        assert!(scanner.next::<Fact>().await.unwrap_err().to_string().contains("speaking"));
        assert!(scanner.line.len() as u64 <= LINE_BYTES_MAX);
    }

    #[tokio::test]
    async fn waiting_for_a_message_may_be_given_up_and_taken_up_again() {
        let (ours, mut theirs) = pair();
        let mut scanner = Scanner::over(ours, None);
        let refused = Refused { code: "rate_zero".into(), object: String::new(), cause: None };
        let mut line = serde_json::to_vec(&Message::<Fact>::Refused(refused)).unwrap();
        line.push(b'\n');
        theirs.write_all(&line[..9]).await.unwrap();
        assert!(timeout(Duration::from_millis(20), scanner.next::<Fact>()).await.is_err());
        theirs.write_all(&line[9..]).await.unwrap();
        assert!(matches!(scanner.next::<Fact>().await, Ok(Some(Message::Refused(_)))));
    }

    #[test]
    fn only_a_socket_gives_way_to_the_scanners_own() {
        let folder = std::env::temp_dir().join(format!("kataster-scanner-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let (file, socket) = (folder.join("precious"), folder.join("socket"));
        std::fs::File::create(&file).unwrap();
        let refused = bind(&file).unwrap_err();
        let is_kept = file.exists();
        let first = bind(&socket).map(drop);
        let second = bind(&socket).map(drop);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert!(is_kept);
        assert!(first.is_ok() && second.is_ok());
    }
}
