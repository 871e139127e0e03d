//! One run of all sources becomes one report. A source that fails costs its section, not the report.

mod bounds;
mod patient;
mod reduce;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use observation::latest::written::{Outcome, Report, Section, SectionBody};
use observation::latest::{Absent, AgentId, Cadence, FORMAT, Observer, ObserverKind, ReportNumber};
use observation::limits::SECTIONS_PER_REPORT_MAX;
use uuid::Uuid;

use crate::home::Whereabouts;
use crate::host::{Ask, Host, PLATFORM, Remembering};
use crate::sources::{self, Context, Found, Source};

/// The kernel's random name for the present start of the system.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Whose report it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The enrolled agent; none for a run that speaks to no collector.
    pub agent: Option<AgentId>,
    /// The place of the report in the agent's own order.
    pub number: ReportNumber,
}

/// Which sources take part in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All.
    All,
    /// Only those outside the host hash.
    Volatile,
}

/// Runs the sources of this platform and keeps what they found, within the limits of the wire.
#[must_use]
pub fn collect(context: &Context<'_>, identity: Identity, selection: Selection) -> Report {
    collect_at(context, identity, selection, &Whereabouts::Unrestricted)
}

/// The same of a machine of which not everything may leave everywhere.
#[must_use]
pub fn collect_at(
    context: &Context<'_>,
    identity: Identity,
    selection: Selection,
    whereabouts: &Whereabouts,
) -> Report {
    let chosen = sources::all().filter(|it| match selection {
        Selection::All => true,
        Selection::Volatile => it.cadence == Cadence::Volatile,
    });
    collect_from(context, identity, chosen, whereabouts)
}

fn collect_from(
    context: &Context<'_>,
    identity: Identity,
    sources: impl Iterator<Item = &'static Source>,
    whereabouts: &Whereabouts,
) -> Report {
    let start = Instant::now();
    let here = |it: &&Source| it.platforms.contains(&PLATFORM);
    let sources = sources.filter(here).take(SECTIONS_PER_REPORT_MAX);
    let mut sections = Vec::new();
    let mut chosen = Vec::new();
    for source in sources {
        match reduce::withheld(whereabouts, &source.id) {
            Some(reason) => {
                let read = Err(reason);
                let reading =
                    Reading { source, begun: start.elapsed(), took: Duration::ZERO, read };
                sections.push(section(context, reading, whereabouts));
            }
            None => chosen.push(source),
        }
    }
    let mut keep = |it: Reading| sections.push(section(context, it, whereabouts));
    match context.host.apart() {
        Some(apart) => patient::read(context, &apart, &chosen, start, &mut keep),
        None => {
            let host = Remembering::over(context.host);
            let context = &Context { host: &host, ..*context };
            chosen.iter().for_each(|it| keep(Reading::of(context, it, start)));
        }
    }
    sections.sort_by(|left, right| left.body.source.cmp(&right.body.source));
    Report {
        format: FORMAT,
        observer: observer(context, identity),
        number: identity.number,
        started_at: context.now,
        sections,
    }
}

fn observer(context: &Context<'_>, identity: Identity) -> Observer {
    Observer {
        agent: identity.agent,
        kind: ObserverKind::Agent,
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: PLATFORM,
        is_privileged: context.host.rights().is_ok_and(|it| it.reads_all && it.traces_all),
        name_key: context.names.kind(),
        boot: boot(context.host),
    }
}

/// The present start of the operating system, where the system names it.
#[must_use]
pub fn boot(host: &dyn Host) -> Option<Uuid> {
    host.line(BOOT_ID)?.parse().ok()
}

/// What a source said, and when, counted from the start of the run.
struct Reading {
    source: &'static Source,
    begun: Duration,
    took: Duration,
    read: Result<Found, Absent>,
}

impl Reading {
    fn of(context: &Context<'_>, source: &'static Source, start: Instant) -> Self {
        let begun = start.elapsed();
        let read = observe(context, source);
        Self { source, begun, took: start.elapsed().saturating_sub(begun), read }
    }
}

fn section(context: &Context<'_>, reading: Reading, whereabouts: &Whereabouts) -> Section {
    let Reading { source, begun, took, read } = reading;
    let outcome = match read {
        Ok(found) => bounds::outcome(&source.id, reduce::reduced(whereabouts, &source.id, found)),
        Err(reason) => Outcome::Absent { reason: bounds::absent(reason) },
    };
    Section {
        observed_at: later(context.now, begun),
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        cadence: source.cadence,
        body: SectionBody { source: source.id.clone(), outcome },
    }
}

/// A source that panics is a bug of ours and still costs only its own section: the shipped agent unwinds
/// too.
fn observe(context: &Context<'_>, source: &Source) -> Result<Found, Absent> {
    catch_unwind(AssertUnwindSafe(|| source.read(context))).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("a panic without message");
        Err(Absent::Failed {
            doing: format!("running the source {}", source.id),
            cause: message.to_owned(),
        })
    })
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use observation::latest::{Fact, InitSystem, NameKey, Platform, SourceId};

    use super::*;
    use crate::host::{RecordedHost, Reply, Request, Rights};
    use crate::names::Names;
    use crate::sources::{Memory, Options};

    pub(super) fn source(
        id: &'static str,
        observe: fn(&Context<'_>) -> Result<Found, Absent>,
    ) -> Source {
        Source {
            id: SourceId::from_static(id),
            platforms: &[Platform::Linux],
            cadence: Cadence::Steady,
            observe,
        }
    }

    fn init(name: &str) -> Fact {
        Fact::InitSystem(InitSystem { name: name.to_owned(), version: None })
    }

    fn run(host: &RecordedHost, sources: impl IntoIterator<Item = Source>) -> Report {
        let names = Names::new(NameKey::Run, b"key");
        let options = Options::default();
        let context = Context {
            host,
            now: Timestamp::UNIX_EPOCH,
            names: &names,
            options,
            memory: &Memory::default(),
        };
        let number = ReportNumber { epoch: 1, sequence: 2 };
        let identity = Identity { agent: None, number };
        let sources = sources.into_iter().map(|it| &*Box::leak(Box::new(it)));
        collect_from(&context, identity, sources, &Whereabouts::Unrestricted)
    }

    #[test]
    fn a_source_that_panics_costs_its_section_and_not_the_report() {
        let sources = [
            source("b.panics", |_| panic!("a bug")),
            source("a.reads", |_| Ok(Found { facts: vec![init("systemd")], ..Found::default() })),
        ];
        let report = run(&RecordedHost::default(), sources);
        let ids: Vec<&str> = report.sections.iter().map(|it| it.body.source.as_str()).collect();
        assert_eq!(ids, ["a.reads", "b.panics"]);
        let Outcome::Absent { reason: Absent::Failed { cause, .. } } =
            &report.sections[1].body.outcome
        else {
            panic!("it did not fail")
        };
        assert_eq!(cause, "a bug");
    }

    #[test]
    fn sources_of_other_platforms_do_not_run() {
        let mut other = source("a.other", |_| Ok(Found::default()));
        other.platforms = &[Platform::Windows];
        assert_eq!(run(&RecordedHost::default(), [other]).sections, []);
    }

    #[test]
    fn the_observer_states_the_boot_and_its_rights() {
        let id = "3f0a3ae0-6f23-4a7c-9d9a-0d2f6f0f0001";
        let rights = Rights { user: 0, reads_all: true, traces_all: true };
        let host = RecordedHost::default()
            .with_file(BOOT_ID, format!("{id}\n"))
            .with(&Request::Rights, Ok(Reply::Rights(rights)));
        let observer = run(&host, []).observer;
        assert_eq!(observer.boot, id.parse().ok());
        assert!(observer.is_privileged);
        let observer = run(&RecordedHost::default(), []).observer;
        assert_eq!((observer.boot, observer.is_privileged), (None, false));
    }

    #[test]
    fn the_host_hash_knows_neither_time_nor_order() {
        let forwards = source("a.init", |_| {
            Ok(Found { facts: vec![init("one"), init("two")], ..Found::default() })
        });
        let backwards = source("a.init", |_| {
            Ok(Found { facts: vec![init("two"), init("one"), init("two")], ..Found::default() })
        });
        let host = RecordedHost::default();
        assert_eq!(run(&host, [forwards]).host_hash(), run(&host, [backwards]).host_hash());
    }
}
