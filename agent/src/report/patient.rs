//! Sources run in a thread beside, which is left behind when a question is never answered: a dead mount costs
//! the sections that need it, and not the report.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use observation::latest::Absent;

use super::Reading;
use crate::host::{Apart, Host, Remembering, Watch, Watched, mount_of};
use crate::names::Names;
use crate::sources::{Context, Memory, Options, Source};

/// How often it is looked whether something hangs, while nothing is told.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Stack of the thread: a walk holds a buffer on each of its levels. The kernel gives only what is used.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// What a thread needs, to have for as long as it likes.
#[derive(Clone)]
struct Order {
    host: Arc<dyn Host>,
    apart: Apart,
    names: Names,
    now: Timestamp,
    options: Options,
    memory: Arc<Memory>,
    start: Instant,
}

impl Order {
    fn context<'a>(&'a self, host: &'a dyn Host, memory: &'a Memory) -> Context<'a> {
        Context { host, now: self.now, names: &self.names, options: self.options, memory }
    }
}

/// Reads sources one after the other and hands on what each says, or that it says nothing.
pub(super) fn read(
    context: &Context<'_>,
    apart: &Apart,
    sources: &[&'static Source],
    start: Instant,
    keep: &mut dyn FnMut(Reading),
) {
    let order = Order {
        host: Arc::new(Remembering::over(Arc::clone(&apart.host))),
        apart: apart.clone(),
        names: context.names.clone(),
        now: context.now,
        options: context.options,
        memory: Arc::new(context.memory.anew()),
        start,
    };
    let mut left: Vec<&'static Source> = Vec::with_capacity(sources.len());
    for source in sources {
        match apart.hanging.in_source(&source.id) {
            Some(reason) => keep(silent(source, start, Duration::ZERO, reason)),
            None => left.push(source),
        }
    }
    let mut left = left.as_slice();
    while !left.is_empty() {
        let done = with_thread(&order, left, keep);
        left = left.get(done..).unwrap_or_default();
    }
}

/// Reads sources in one thread until all are read or one hangs, and tells how many are done.
fn with_thread(order: &Order, sources: &[&'static Source], keep: &mut dyn FnMut(Reading)) -> usize {
    let watch = Arc::new(Watch::default());
    let (tell, told) = mpsc::channel();
    let (theirs, list, beside) = (order.clone(), sources.to_vec(), Arc::clone(&watch));
    let thread = thread::Builder::new().name("sources".to_owned()).stack_size(STACK_BYTES);
    if thread.spawn(move || work(&theirs, &list, &beside, &tell)).is_err() {
        // Without a thread the sources still say something, unless one hangs.
        let memory = order.memory.anew();
        let context = order.context(&order.host, &memory);
        sources.iter().for_each(|it| keep(Reading::of(&context, it, order.start)));
        return sources.len();
    }
    for (done, source) in sources.iter().enumerate() {
        if next(order, source, &told, &watch, keep).is_break() {
            return done + 1;
        }
    }
    sources.len()
}

/// Waits for what one source says. Break: its thread was left behind or has ended.
fn next(
    order: &Order,
    source: &'static Source,
    told: &Receiver<Reading>,
    watch: &Arc<Watch>,
    keep: &mut dyn FnMut(Reading),
) -> ControlFlow<()> {
    let since = Instant::now();
    loop {
        match told.recv_timeout(LOOK_EVERY) {
            Ok(reading) => {
                keep(reading);
                return ControlFlow::Continue(());
            }
            Err(RecvTimeoutError::Timeout) => {
                let Some(late) = watch.leave_if_late(&order.apart.patience, since) else {
                    continue;
                };
                let mount = mount_of(&order.apart.host, &late);
                let reason = late.reason();
                tracing::warn!(source = source.id.as_str(), mount, ?reason, "a source hangs");
                order.apart.hanging.note(source.id.clone(), &late, mount, watch);
                keep(silent(source, order.start, since.elapsed(), reason));
                return ControlFlow::Break(());
            }
            Err(RecvTimeoutError::Disconnected) => {
                let doing = format!("running the source {}", source.id);
                let reason = Absent::Failed { doing, cause: "its thread ended".to_owned() };
                keep(silent(source, order.start, since.elapsed(), reason));
                return ControlFlow::Break(());
            }
        }
    }
}

fn silent(source: &'static Source, start: Instant, took: Duration, reason: Absent) -> Reading {
    let begun = start.elapsed().saturating_sub(took);
    Reading { source, begun, took, read: Err(reason) }
}

/// The thread.
fn work(order: &Order, sources: &[&'static Source], watch: &Arc<Watch>, tell: &Sender<Reading>) {
    let hanging = Arc::clone(&order.apart.hanging);
    let host = Watched::new(Arc::clone(&order.host), Arc::clone(watch), hanging);
    let memory = order.memory.anew();
    let context = order.context(&host, &memory);
    for source in sources {
        let reading = Reading::of(&context, source, order.start);
        // Nobody waits any more: the rest is read by another thread.
        if watch.is_left() || tell.send(reading).is_err() {
            break;
        }
    }
    order.apart.hanging.forget(watch);
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use observation::latest::{Cadence, Fact, InitSystem, NameKey, Platform, SourceId};

    use super::*;
    use crate::host::{Ask, Hanging, Patience, RecordedHost, Reply, Request};
    use crate::sources::Found;

    /// A machine on which everything below a folder waits until it is let go.
    struct Dead {
        rest: RecordedHost,
        is_open: Mutex<bool>,
        opened: Condvar,
        asked: Mutex<u32>,
    }

    impl Dead {
        fn new() -> Arc<Self> {
            let mounts = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /dead rw - nfs s:/ rw\n";
            let rest = RecordedHost::default()
                .with_file("/proc/self/mountinfo", mounts)
                .with_file("/etc/alive", "x");
            let (is_open, opened, asked) = (Mutex::default(), Condvar::new(), Mutex::default());
            Arc::new(Self { rest, is_open, opened, asked })
        }

        fn open(&self) {
            *self.is_open.lock().unwrap() = true;
            self.opened.notify_all();
        }
    }

    impl Host for Dead {
        fn ask(&self, request: &Request) -> Result<Reply, Absent> {
            if matches!(request, Request::File { path, .. } if path.contains("dead")) {
                *self.asked.lock().unwrap() += 1;
                let is_open = self.is_open.lock().unwrap();
                let _open = self.opened.wait_while(is_open, |it| !*it).unwrap();
            }
            self.rest.ask(request)
        }
    }

    fn source(id: &'static str, observe: fn(&Context<'_>) -> Result<Found, Absent>) -> Source {
        let platforms = &[Platform::Linux];
        let id = SourceId::from_static(id);
        Source { id, platforms, cadence: Cadence::Steady, observe }
    }

    fn reads(path: &str, context: &Context<'_>) -> Result<Found, Absent> {
        context.host.text(path).map(|name| Found {
            facts: vec![Fact::InitSystem(InitSystem { name, version: None })],
            ..Found::default()
        })
    }

    fn sources() -> Vec<&'static Source> {
        let all = [
            source("a.alive", |it| reads("/etc/alive", it)),
            source("b.dead", |it| reads("/dead/b", it)),
            source("c.panics", |_| panic!("a bug")),
            source("d.below", |it| reads("/dead/d", it)),
            source("e.linked", |it| reads("/linked/dead", it)),
            source("f.alive", |it| reads("/etc/alive", it)),
        ];
        all.into_iter().map(|it| &*Box::leak(Box::new(it))).collect()
    }

    fn run(host: &Arc<Dead>, hanging: &Arc<Hanging>) -> Vec<(String, &'static str)> {
        let names = Names::new(NameKey::Run, b"key");
        let options = Options::default();
        let memory = Memory::default();
        let context =
            Context { host, now: Timestamp::UNIX_EPOCH, names: &names, options, memory: &memory };
        let limit = Duration::from_millis(50);
        let patience = Patience { short: limit, long: limit, source: Duration::from_secs(60) };
        let (host, hanging): (Arc<dyn Host>, _) = (Arc::clone(host) as _, Arc::clone(hanging));
        let apart = Apart { host, hanging, patience };
        let mut kept = Vec::new();
        read(&context, &apart, &sources(), Instant::now(), &mut |it| {
            let state = match &it.read {
                Ok(_) => "read",
                Err(Absent::TimedOut { .. }) => "timed out",
                Err(Absent::Failed { .. }) => "failed",
                Err(_) => "absent",
            };
            kept.push((it.source.id.to_string(), state));
        });
        kept.sort();
        kept
    }

    fn states(kept: &[(String, &'static str)]) -> Vec<&'static str> {
        kept.iter().map(|it| it.1).collect()
    }

    #[test]
    fn a_dead_mount_costs_its_sections_and_threads_do_not_pile_up() {
        let (host, hanging) = (Dead::new(), Arc::new(Hanging::default()));
        let expected = ["read", "timed out", "failed", "timed out", "timed out", "read"];
        assert_eq!(states(&run(&host, &hanging)), expected);
        // One thread for the mount, and one for what leads there by another way.
        assert_eq!((hanging.count(), *host.asked.lock().unwrap()), (2, 2));
        assert_eq!(states(&run(&host, &hanging)), expected);
        assert_eq!((hanging.count(), *host.asked.lock().unwrap()), (2, 2), "asked again");
        // The server is back.
        host.open();
        let until = Instant::now() + Duration::from_secs(20);
        while hanging.count() > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        let expected = ["read", "absent", "failed", "absent", "absent", "read"];
        assert_eq!(states(&run(&host, &hanging)), expected);
    }
}
