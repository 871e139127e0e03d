//! The agent's side: a connection while something is asked, and patience with an end.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use observation::latest::Absent;

use super::super::{Reply, Request};
use super::{ANSWER_BYTES_MAX, ANSWER_GRACE, REQUEST_BYTES_MAX, REQUEST_LIMIT, frame};

/// How much longer the first answer of a reader may take: the service manager starts it with the
/// connection, and builds its sandbox. An emulated machine under load took nine seconds.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long a reader that could not be reached is not tried again.
const UNREACHABLE_PAUSE: Duration = Duration::from_secs(10);
/// So many requests in succession may hang before the reader is left alone for a while: a run must not
/// wait for every file of a mount that hangs.
const HANGING_MAX: u32 = 3;
/// How long it is left alone then.
const HANGING_PAUSE: Duration = Duration::from_secs(300);

/// The reader at a socket.
#[derive(Debug)]
pub struct ReaderHost {
    socket: PathBuf,
    patience: Duration,
    starting: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connection: Option<UnixStream>,
    hanging: u32,
    paused: Option<(Instant, Pause)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    Unreachable,
    Hanging,
}

impl ReaderHost {
    /// A reader that is not connected to yet.
    #[must_use]
    pub fn new(socket: PathBuf) -> Self {
        let patience = REQUEST_LIMIT + ANSWER_GRACE;
        Self { socket, patience, starting: START_LIMIT, state: Mutex::default() }
    }

    /// The reader's answer; none where there is no reader.
    pub fn ask(&self, request: &Request) -> Option<Result<Reply, Absent>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.paused {
            Some((until, pause)) if Instant::now() < until => {
                return (pause == Pause::Hanging).then(|| Err(timed_out(request, self.patience)));
            }
            _ => state.paused = None,
        }
        // A connection that was idle is closed by the reader; then a new one is made, once.
        for is_fresh in [state.connection.is_none(), true] {
            let patience = if is_fresh { self.patience + self.starting } else { self.patience };
            match self.try_once(&mut state, request) {
                Ok(answer) => {
                    state.note(&answer);
                    return Some(answer);
                }
                Err(error) => {
                    state.connection = None;
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
                        let answer = Err(timed_out(request, patience));
                        state.note(&answer);
                        return Some(answer);
                    }
                    if is_fresh {
                        tracing::debug!(%error, "the reader does not answer");
                        break;
                    }
                }
            }
        }
        state.paused = Some((Instant::now() + UNREACHABLE_PAUSE, Pause::Unreachable));
        None
    }

    fn try_once(&self, state: &mut State, request: &Request) -> io::Result<Result<Reply, Absent>> {
        let is_fresh = state.connection.is_none();
        let stream = match &mut state.connection {
            Some(stream) => stream,
            none => {
                let stream = UnixStream::connect(&self.socket)?;
                stream.set_read_timeout(Some(self.patience + self.starting))?;
                stream.set_write_timeout(Some(self.patience))?;
                none.insert(stream)
            }
        };
        frame::write(stream, request, REQUEST_BYTES_MAX)?;
        let answer = frame::read(stream, ANSWER_BYTES_MAX)?;
        if is_fresh {
            stream.set_read_timeout(Some(self.patience))?;
        }
        answer.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

fn timed_out(request: &Request, patience: Duration) -> Absent {
    Absent::TimedOut {
        doing: format!("asking the reader: {request:?}"),
        after_ms: u64::try_from(patience.as_millis()).unwrap_or(u64::MAX),
    }
}

impl State {
    /// Counts requests that hang. The reader ends after one, and so does the connection.
    fn note(&mut self, answer: &Result<Reply, Absent>) {
        if !matches!(answer, Err(Absent::TimedOut { .. })) {
            self.hanging = 0;
            return;
        }
        self.connection = None;
        self.hanging += 1;
        if self.hanging >= HANGING_MAX {
            self.hanging = 0;
            self.paused = Some((Instant::now() + HANGING_PAUSE, Pause::Hanging));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use super::super::super::{Host, Layered, Rights};
    use super::*;

    const QUESTION: Request = Request::PasswordGuards;

    /// A reader that answers each connection as told; the number of connections is counted.
    fn reader(
        answer: impl Fn(UnixStream) + Send + Sync + 'static,
    ) -> (tempfile::TempDir, ReaderHost, Arc<AtomicU32>) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("reader.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let count = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&count);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                seen.fetch_add(1, Ordering::SeqCst);
                let answer = Arc::clone(&answer);
                thread::spawn(move || answer(stream.unwrap()));
            }
        });
        (folder, ReaderHost::new(socket), count)
    }

    fn say(stream: &mut UnixStream, text: &str) {
        let _: Option<Request> = frame::read(stream, REQUEST_BYTES_MAX).unwrap();
        let reply = Ok::<_, Absent>(Reply::Link(text.to_owned()));
        frame::write(stream, &reply, ANSWER_BYTES_MAX).unwrap();
    }

    #[test]
    fn one_connection_serves_many_requests() {
        let (_folder, reader, count) = reader(|mut stream| {
            loop {
                say(&mut stream, "x");
            }
        });
        for _ in 0..5 {
            assert_eq!(reader.ask(&QUESTION), Some(Ok(Reply::Link("x".to_owned()))));
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_reader_that_ended_for_want_of_requests_is_started_again() {
        let (_folder, reader, count) = reader(|mut stream| say(&mut stream, "x"));
        for _ in 0..3 {
            assert_eq!(reader.ask(&QUESTION), Some(Ok(Reply::Link("x".to_owned()))));
        }
        assert_eq!(count.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn without_a_reader_there_is_no_answer_and_no_second_try_at_once() {
        let reader = ReaderHost::new("/nonexistent/reader.sock".into());
        assert_eq!(reader.ask(&QUESTION), None);
        assert!(reader.state.lock().unwrap().paused.is_some());
        let (_folder, closing, count) = self::reader(drop);
        assert_eq!(closing.ask(&QUESTION), None);
        assert_eq!(closing.ask(&QUESTION), None);
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_reader_that_hangs_is_waited_for_a_few_times_and_then_left_alone() {
        let (_folder, mut reader, count) = reader(|stream| {
            thread::sleep(Duration::from_secs(5));
            drop(stream);
        });
        reader.patience = Duration::from_millis(20);
        reader.starting = Duration::ZERO;
        for _ in 0..10 {
            assert!(matches!(reader.ask(&QUESTION), Some(Err(Absent::TimedOut { .. }))));
        }
        assert_eq!(count.load(Ordering::SeqCst), HANGING_MAX);
    }

    #[test]
    fn a_reader_may_take_its_time_to_start_and_no_longer_for_a_request() {
        let (_folder, mut reader, _) = reader(|mut stream| {
            loop {
                thread::sleep(Duration::from_millis(300));
                say(&mut stream, "x");
            }
        });
        reader.patience = Duration::from_millis(20);
        assert_eq!(reader.ask(&QUESTION), Some(Ok(Reply::Link("x".to_owned()))));
        assert!(matches!(reader.ask(&QUESTION), Some(Err(Absent::TimedOut { after_ms: 20, .. }))));
    }

    struct Bare;

    impl Host for Bare {
        fn ask(&self, request: &Request) -> Result<Reply, Absent> {
            if *request == Request::Rights {
                let rights = Rights { user: 998, reads_all: false, traces_all: false };
                return Ok(Reply::Rights(rights));
            }
            if matches!(request, Request::Link { .. }) {
                return Ok(Reply::Link("own".to_owned()));
            }
            let needs = observation::latest::Privilege::Root;
            Err(Absent::NotAllowed { what: "it".to_owned(), needs })
        }
    }

    #[test]
    fn the_reader_is_asked_only_for_what_is_not_allowed() {
        let (folder, _reader, count) = reader(|mut stream| {
            loop {
                say(&mut stream, "of the reader");
            }
        });
        let host = Layered::over(Bare, &folder.path().join("reader.sock"));
        let link = Request::Link { path: "/x".to_owned() };
        assert_eq!(host.ask(&link), Ok(Reply::Link("own".to_owned())));
        assert_eq!(count.load(Ordering::SeqCst), 0);
        assert_eq!(host.ask(&QUESTION), Ok(Reply::Link("of the reader".to_owned())));
    }

    #[test]
    fn without_a_reader_what_is_not_allowed_stays_so() {
        let host = Layered::over(Bare, std::path::Path::new("/nonexistent"));
        assert!(matches!(host.ask(&QUESTION), Err(Absent::NotAllowed { .. })));
        let Ok(Reply::Rights(rights)) = host.ask(&Request::Rights) else { panic!("no rights") };
        assert!(!rights.reads_all);
    }
}
