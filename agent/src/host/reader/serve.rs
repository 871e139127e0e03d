//! The reader's side: who asks is checked, then requests are answered one after the other.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use observation::latest::Absent;
use rustix::io::Errno;

use super::super::{GuardedHost, Host, LinuxHost, Reply, Request};
use super::{ANSWER_BYTES_MAX, IDLE_LIMIT, REQUEST_BYTES_MAX, REQUEST_LIMIT, frame};
use crate::host::Ask;

/// Largest list of accounts.
const PASSWD_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Root may ask whatever the account of the agent may.
const ROOT: u32 = 0;

/// Why the reader ended without having been asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Standard input is no connection of a local socket.
    #[error("standard input is no local socket: the service manager starts this program")]
    NoSocket(#[source] io::Error),
    /// Somebody else connected than the agent or root.
    #[error("user {user} may not ask")]
    Stranger {
        /// Number of the account that connected.
        user: u32,
    },
    /// The conversation broke.
    #[error("speaking with the agent")]
    Speak(#[source] io::Error),
}

/// Answers the connection that is standard input until the other side closes it or says nothing for a
/// while. Only root and the account with the given name may ask.
///
/// # Errors
/// If there is no connection, a stranger has it, or it breaks.
pub fn serve_standard_input(account: &str) -> Result<(), ServeError> {
    let no_socket = |it: Errno| ServeError::NoSocket(it.into());
    let stream = rustix::io::dup(io::stdin()).map_err(no_socket)?;
    let peer = rustix::net::sockopt::socket_peercred(&stream).map_err(no_socket)?;
    let user = peer.uid.as_raw();
    let passwd = LinuxHost.bytes("/etc/passwd", PASSWD_BYTES_MAX).unwrap_or_default();
    let allowed = number_of(&String::from_utf8_lossy(&passwd), account);
    if user != ROOT && Some(user) != allowed {
        return Err(ServeError::Stranger { user });
    }
    // Whatever comes over the socket, no program gains rights from here.
    rustix::thread::set_no_new_privs(true).map_err(no_socket)?;
    let stream = UnixStream::from(stream);
    let limits = Limits { request: REQUEST_LIMIT, idle: IDLE_LIMIT };
    serve(&GuardedHost::new(), stream, limits, || std::process::exit(1)).map_err(ServeError::Speak)
}

/// The number of an account in passwd(5).
fn number_of(passwd: &str, account: &str) -> Option<u32> {
    let mut fields = passwd
        .lines()
        .map(|it| it.split(':'))
        .find_map(|mut fields| (fields.next() == Some(account)).then_some(fields))?;
    fields.nth(1)?.parse().ok()
}

/// Times.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// For one request.
    request: Duration,
    /// Between two requests.
    idle: Duration,
}

/// Answers one connection. When a request takes too long, that is said and `give_up` is called: its
/// thread cannot be stopped, so the process ends.
fn serve(
    host: &dyn Host,
    mut stream: UnixStream,
    limits: Limits,
    give_up: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    stream.set_read_timeout(Some(limits.idle))?;
    stream.set_write_timeout(Some(limits.request))?;
    let (work, watched) = mpsc::channel();
    let voice = stream.try_clone()?;
    thread::Builder::new().spawn(move || watch(&watched, limits.request, voice, give_up))?;
    loop {
        let request: Request = match frame::read(&mut stream, REQUEST_BYTES_MAX) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            Err(error) if is_idle(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        // Without somebody who watches, a request could hang for ever.
        work.send(Work::Starts).map_err(|_| io::ErrorKind::TimedOut)?;
        let answer = host.ask(&request);
        work.send(Work::Ends).map_err(|_| io::ErrorKind::TimedOut)?;
        match frame::write(&mut stream, &answer, ANSWER_BYTES_MAX) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let cause = error.to_string();
                let failed = Absent::Failed { doing: "answering the agent".to_owned(), cause };
                frame::write(&mut stream, &Err::<Reply, _>(failed), ANSWER_BYTES_MAX)?;
            }
            other => other?,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Starts,
    Ends,
}

fn watch(work: &Receiver<Work>, limit: Duration, mut voice: UnixStream, give_up: impl FnOnce()) {
    while work.recv().is_ok() {
        match work.recv_timeout(limit) {
            Ok(_) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let after_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
                let doing = "reading with the rights of root".to_owned();
                let late = Err::<Reply, _>(Absent::TimedOut { doing, after_ms });
                // If nobody listens any more there is nobody to be told.
                let _ = frame::write(&mut voice, &late, ANSWER_BYTES_MAX);
                return give_up();
            }
        }
    }
}

/// No request came within the time, or none any more.
fn is_idle(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use super::super::super::RecordedHost;
    use super::*;

    const LIMITS: Limits = Limits { request: Duration::from_secs(5), idle: Duration::from_secs(5) };

    fn ask(stream: &mut UnixStream, request: &Request) -> Result<Reply, Absent> {
        frame::write(stream, request, REQUEST_BYTES_MAX).unwrap();
        frame::read(stream, ANSWER_BYTES_MAX).unwrap().unwrap()
    }

    /// Serves a host in a thread; the other end of the connection.
    fn served(
        host: impl Host + 'static,
        limits: Limits,
    ) -> (UnixStream, thread::JoinHandle<io::Result<()>>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (ours, thread::spawn(move || serve(&host, theirs, limits, || {})))
    }

    #[test]
    fn requests_are_answered_until_the_other_side_closes() {
        let host = RecordedHost::default().with_file("/etc/a", "text");
        let (mut stream, served) = served(host, LIMITS);
        let file = |path: &str| Request::File { path: path.to_owned(), bytes_max: 10 };
        assert_eq!(ask(&mut stream, &file("/etc/a")), Ok(Reply::File(b"text".to_vec())));
        assert!(matches!(ask(&mut stream, &file("/etc/b")), Err(Absent::NotHere { .. })));
        drop(stream);
        assert!(served.join().unwrap().is_ok());
    }

    #[test]
    fn a_reader_without_requests_ends() {
        let limits = Limits { idle: Duration::from_millis(20), ..LIMITS };
        let (_stream, served) = served(RecordedHost::default(), limits);
        assert!(served.join().unwrap().is_ok());
    }

    #[test]
    fn nonsense_ends_the_conversation() {
        let (mut stream, served) = served(RecordedHost::default(), LIMITS);
        stream.write_all(b"\0\0\0\x04nope").unwrap();
        assert!(served.join().unwrap().is_err());
    }

    struct Hanging;

    impl Host for Hanging {
        fn ask(&self, _: &Request) -> Result<Reply, Absent> {
            thread::sleep(Duration::from_secs(2));
            Ok(Reply::Link(String::new()))
        }
    }

    #[test]
    fn a_request_that_hangs_is_told_and_ends_the_process() {
        static ENDED: AtomicBool = AtomicBool::new(false);
        let (mut stream, theirs) = UnixStream::pair().unwrap();
        let limits = Limits { request: Duration::from_millis(30), ..LIMITS };
        let start = Instant::now();
        let end = || ENDED.store(true, Ordering::SeqCst);
        thread::spawn(move || serve(&Hanging, theirs, limits, end));
        let answer = ask(&mut stream, &Request::Rights);
        assert!(matches!(answer, Err(Absent::TimedOut { after_ms: 30, .. })), "{answer:?}");
        assert!(start.elapsed() < Duration::from_secs(2));
        let ended = (0..100).any(|_| {
            thread::sleep(Duration::from_millis(10));
            ENDED.load(Ordering::SeqCst)
        });
        assert!(ended);
    }

    #[test]
    fn the_account_of_the_agent_is_found_by_its_name() {
        let passwd = "root:x:0:0::/:/x\nkataster-agent:x:998:997::/x:/x\nbroken\nodd:x:y:1\n";
        assert_eq!(number_of(passwd, "kataster-agent"), Some(998));
        for other in ["kataster", "odd", "broken", ""] {
            assert_eq!(number_of(passwd, other), None, "{other}");
        }
    }
}
