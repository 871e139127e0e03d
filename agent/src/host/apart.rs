//! Patience with an end: a file on a mount whose server is gone may never answer, and nothing can wake the
//! thread that waits for it (fuse(4), nfs(5) `hard`).
//!
//! Such a thread is left behind. What it asked for is known, so that nobody else asks for it: as long as it hangs,
//! its mount is not touched and its source is not read again, and threads do not pile up. When the mount
//! answers after all, the thread ends and everything is as before.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use observation::latest::{Absent, SourceId};

use super::{Ask, Host, Reply, Request, grants};

/// Where the kernel lists what is mounted.
const MOUNTS: &str = "/proc/self/mountinfo";

/// How long what may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one file, one folder, one answer of the kernel. Longer than the reader takes to say that it hangs.
    pub short: Duration,
    /// For what touches a device, or many entries or bytes: disks that wake up, walks, hashes.
    pub long: Duration,
    /// For all that one source asks.
    pub source: Duration,
}

/// What the service has. A cold disk with a million files is walked within a minute.
const PATIENCE: Patience = Patience {
    short: Duration::from_secs(15),
    long: Duration::from_secs(120),
    source: Duration::from_secs(300),
};

impl Patience {
    const fn of(&self, request: &Request) -> Duration {
        match request {
            Request::File { .. }
            | Request::FilePart { .. }
            | Request::Folder { .. }
            | Request::Link { .. }
            | Request::Status { .. }
            | Request::Space { .. } => self.short,
            Request::FileHash { .. }
            | Request::Tree { .. }
            | Request::SystemNames
            | Request::Rights
            | Request::Links
            | Request::Routes
            | Request::Neighbours
            | Request::Figures
            | Request::SampledConnections
            | Request::HeardOnLinks
            | Request::ServedCertificate { .. }
            | Request::Firewall
            | Request::NetworkOf { .. }
            | Request::PasswordGuards
            | Request::SocketsOf { .. }
            | Request::DiskHealth { .. }
            | Request::FwupdDevices
            | Request::LuksHeader { .. }
            | Request::ManagementNetwork
            | Request::NetworkDriver { .. }
            | Request::ClockState
            | Request::TpmProperties => self.long,
        }
    }
}

/// A machine for threads that may have to be left behind.
#[derive(Clone)]
pub struct Apart {
    /// The machine.
    pub host: Arc<dyn Host>,
    /// Who was left behind.
    pub hanging: Arc<Hanging>,
    /// How long it is waited for.
    pub patience: Patience,
}

impl Apart {
    /// With the usual patience.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, hanging: Arc<Hanging>) -> Self {
        Self { host, hanging, patience: PATIENCE }
    }
}

/// The threads that were left behind and still hang.
#[derive(Debug, Default)]
pub struct Hanging(Mutex<Vec<Hung>>);

#[derive(Debug)]
struct Hung {
    source: SourceId,
    reason: Absent,
    mount: Option<String>,
    watch: Arc<Watch>,
}

impl Hanging {
    /// Why a source is not asked: a thread still hangs in it.
    #[must_use]
    pub fn in_source(&self, source: &SourceId) -> Option<Absent> {
        self.find(|it| it.source == *source)
    }

    fn below(&self, path: &str) -> Option<Absent> {
        let is_below = |mount: &String| {
            path.strip_prefix(mount.as_str()).is_some_and(|it| it.is_empty() || it.starts_with('/'))
        };
        self.find(|it| it.mount.as_ref().is_some_and(is_below))
    }

    fn find(&self, test: impl Fn(&Hung) -> bool) -> Option<Absent> {
        let hung = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hung.iter().find(|it| test(it)).map(|it| it.reason.clone())
    }

    /// Notes a thread that was left behind in a source.
    pub fn note(&self, source: SourceId, late: &Late, mount: Option<String>, watch: &Arc<Watch>) {
        let mut hung = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have come back just now.
        if watch.is_over() {
            return;
        }
        let reason = late.reason();
        hung.push(Hung { source, reason, mount, watch: Arc::clone(watch) });
    }

    /// A thread came back.
    pub fn forget(&self, watch: &Arc<Watch>) {
        let mut hung = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watch.is_over.store(true, Ordering::Release);
        hung.retain(|it| !Arc::ptr_eq(&it.watch, watch));
    }

    /// How many hang.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// What a thread waits for, seen from another one.
#[derive(Debug, Default)]
pub struct Watch {
    asked: Mutex<Option<(Request, Instant)>>,
    is_left: AtomicBool,
    is_over: AtomicBool,
}

/// What took too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// The request; none: many that were answered.
    pub request: Option<Request>,
    /// How long it was waited for.
    pub after: Duration,
}

impl Late {
    /// The absence that it makes.
    #[must_use]
    pub fn reason(&self) -> Absent {
        let doing = match self.request.as_ref().map(|it| (path_of(it), it)) {
            Some((Some(path), _)) => format!("reading {path}"),
            Some((None, request)) => format!("asking for {request:?}"),
            None => "asking for everything".to_owned(),
        };
        let after_ms = u64::try_from(self.after.as_millis()).unwrap_or(u64::MAX);
        Absent::TimedOut { doing, after_ms }
    }
}

impl Watch {
    /// Leaves the thread behind if what it waits for takes too long.
    #[must_use]
    pub fn leave_if_late(&self, patience: &Patience, source_since: Instant) -> Option<Late> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let hangs = asked.as_ref().and_then(|(request, since)| {
            let after = patience.of(request);
            (since.elapsed() >= after).then(|| Late { request: Some(request.clone()), after })
        });
        let drags = || {
            let after = patience.source;
            (source_since.elapsed() >= after)
                .then(|| Late { request: asked.as_ref().map(|it| it.0.clone()), after })
        };
        let late = hangs.or_else(drags)?;
        self.is_left.store(true, Ordering::Release);
        Some(late)
    }

    /// Whether nobody waits for the thread any more.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.is_left.load(Ordering::Acquire)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

/// A machine that tells what it is being asked, and is asked nothing any more once the thread is left behind.
pub struct Watched<H> {
    host: H,
    watch: Arc<Watch>,
    hanging: Arc<Hanging>,
}

impl<H: Host> Watched<H> {
    /// Watched by another thread.
    pub const fn new(host: H, watch: Arc<Watch>, hanging: Arc<Hanging>) -> Self {
        Self { host, watch, hanging }
    }

    fn set(&self, asked: Option<(Request, Instant)>) {
        *self.watch.asked.lock().unwrap_or_else(PoisonError::into_inner) = asked;
    }
}

impl<H: Host> Host for Watched<H> {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        let left =
            || Absent::TimedOut { doing: "asking after nobody waited".to_owned(), after_ms: 0 };
        if self.watch.is_left() {
            return Err(left());
        }
        if let Some(reason) = path_of(request).and_then(|it| self.hanging.below(it)) {
            return Err(reason);
        }
        self.set(Some((request.clone(), Instant::now())));
        let answer = self.host.ask(request);
        self.set(None);
        if self.watch.is_left() { Err(left()) } else { answer }
    }
}

/// Where what hangs is mounted; none where that is the root, without which nothing could be read at all.
#[must_use]
pub fn mount_of(host: &dyn Host, late: &Late) -> Option<String> {
    let path = path_of(late.request.as_ref()?)?;
    let text = host.text(MOUNTS).ok()?;
    let mounts = text.lines().filter_map(|it| it.split(' ').nth(4));
    let is_above = |mount: &&str| {
        *mount != "/"
            && path.strip_prefix(*mount).is_some_and(|it| it.is_empty() || it.starts_with('/'))
    };
    // Blanks and the like stand as octal digits; such a mount is not found, and its sources stand for it.
    mounts.filter(is_above).max_by_key(|it| it.len()).map(ToOwned::to_owned)
}

/// The path that a request is about, also of one that asks for room alone.
fn path_of(request: &Request) -> Option<&str> {
    if let Request::Space { path } = request {
        return Some(path);
    }
    grants::path_of(request).map(|(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::RecordedHost;

    const NONE: Patience =
        Patience { short: Duration::ZERO, long: Duration::MAX, source: Duration::MAX };

    fn status(path: &str) -> Request {
        Request::Status { path: path.to_owned() }
    }

    fn late(path: &str) -> Late {
        Late { request: Some(status(path)), after: Duration::from_millis(5) }
    }

    #[test]
    fn what_hangs_is_told_by_its_path_and_its_mount() {
        let mounts = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
            2 1 0:9 / /srv rw - nfs4 192.0.2.1:/ rw\n3 1 0:9 / /srv/a rw - fuse.x x rw\n";
        let host = RecordedHost::default().with_file(MOUNTS, mounts);
        for (path, mount) in [
            ("/srv/a/b", Some("/srv/a")),
            ("/srv/ab", Some("/srv")),
            ("/srv", Some("/srv")),
            ("/home/x", None),
        ] {
            assert_eq!(mount_of(&host, &late(path)).as_deref(), mount, "{path}");
        }
        let doing = "reading /srv/a".to_owned();
        assert_eq!(late("/srv/a").reason(), Absent::TimedOut { doing, after_ms: 5 });
        assert_eq!(mount_of(&host, &Late { request: None, after: Duration::ZERO }), None);
    }

    #[test]
    fn below_a_mount_that_hangs_nothing_is_asked_until_it_answers() {
        let (watch, hanging) = (Arc::new(Watch::default()), Arc::new(Hanging::default()));
        let source = SourceId::from_static("a.b");
        hanging.note(source.clone(), &late("/srv/a"), Some("/srv".to_owned()), &watch);
        let host =
            Watched::new(RecordedHost::default(), Arc::new(Watch::default()), Arc::clone(&hanging));
        let hangs = |path: &str| matches!(host.ask(&status(path)), Err(Absent::TimedOut { .. }));
        assert_eq!(["/srv", "/srv/x", "/srvx", "/"].map(hangs), [true, true, false, false]);
        assert!(hanging.in_source(&source).is_some());
        assert!(hanging.in_source(&SourceId::from_static("a.c")).is_none());
        hanging.forget(&watch);
        assert_eq!((hanging.count(), hangs("/srv/x")), (0, false));
        // What came back before it was noted does not hang.
        hanging.note(source, &late("/srv/a"), None, &watch);
        assert_eq!(hanging.count(), 0);
    }

    #[test]
    fn a_thread_is_left_when_its_question_or_its_source_takes_too_long() {
        let patient = Patience { short: Duration::MAX, ..NONE };
        let watch = Watch::default();
        let now = Instant::now();
        assert_eq!(watch.leave_if_late(&NONE, now), None, "it waits for nothing");
        *watch.asked.lock().unwrap() = Some((status("/x"), now));
        assert_eq!(watch.leave_if_late(&patient, now), None);
        assert!(!watch.is_left());
        let found = watch.leave_if_late(&NONE, now);
        assert_eq!(found, Some(Late { request: Some(status("/x")), after: Duration::ZERO }));
        assert!(watch.is_left());
        let short = Patience { source: Duration::ZERO, ..patient };
        assert!(Watch::default().leave_if_late(&short, now).is_some_and(|it| it.request.is_none()));
        // Who was left behind asks nothing more.
        let hanging = Arc::new(Hanging::default());
        let host = Watched::new(RecordedHost::default(), Arc::new(watch), hanging);
        assert!(matches!(host.ask(&status("/y")), Err(Absent::TimedOut { .. })));
    }

    #[test]
    fn walks_have_more_time_than_files() {
        assert!(PATIENCE.of(&status("/x")) < PATIENCE.of(&Request::Rights));
        assert!(PATIENCE.of(&Request::Rights) < PATIENCE.source);
    }
}
