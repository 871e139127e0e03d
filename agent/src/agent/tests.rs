//! The agent between its host, its folder and a collector that is not there.

use std::time::Duration;

use jiff::SignedDuration;
use observation::latest::protocol::{AgentKind, Task};
use pki::Authority;

use super::*;
use crate::data_dir::tests::enrolment;
use crate::host::RecordedHost;
use crate::schedule::Action;

fn now() -> Timestamp {
    SystemClock.now()
}

/// An agent whose collector's port is closed.
fn agent(folder: &Path) -> Agent {
    let data = DataDir::open(&folder.join("agent")).unwrap();
    let mut kept = enrolment(&Authority::create("A", now()).unwrap(), now());
    kept.agent_address = closed_port();
    data.keep(&kept).unwrap();
    Agent::open(data, Config::default(), Arc::new(SystemClock)).unwrap()
}

fn explain(error: AgentError, since: Timestamp) -> Trouble {
    let causes = vec![error.to_string()];
    Trouble { since, key: "test".to_owned(), subject: String::new(), causes, exit_code: 1 }
}

fn closed_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn without_enrolment_there_is_no_agent() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(&folder.path().join("agent")).unwrap();
    let agent = Agent::open(data, Config::default(), Arc::new(SystemClock));
    assert!(matches!(agent.err(), Some(AgentError::NotEnrolled)));
}

#[test]
fn steady_and_volatile_sections_wait_as_reports_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = agent(folder.path());
    let report = agent.collect(&RecordedHost::default(), Selection::All).unwrap();
    assert_eq!(report.observer.agent, Some(agent.id()));
    assert_eq!(report.observer.name_key, NameKey::Company);
    let kinds: Vec<Cadence> = report.sections.iter().map(|it| it.cadence).collect();
    let expected =
        [Cadence::Steady, Cadence::Volatile].iter().filter(|it| kinds.contains(it)).count();
    assert_eq!(agent.spool.len(), expected);
}

#[test]
fn what_was_not_delivered_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = agent(folder.path());
    agent.collect(&RecordedHost::default(), Selection::All).unwrap();
    let waiting = agent.spool.len();
    let result = wait_for(agent.deliver(&mut Delivered::default()));
    assert!(matches!(
        result,
        Err(AgentError::Deliver(DeliverError::Network(NetworkError::Unreachable { .. })))
    ));
    drop(agent);
    let data = DataDir::open(&folder.path().join("agent")).unwrap();
    let agent = Agent::open(data, Config::default(), Arc::new(SystemClock)).unwrap();
    assert_eq!(agent.spool.len(), waiting);
}

#[test]
fn the_epoch_is_remembered_beside_the_identity() {
    let folder = tempfile::tempdir().unwrap();
    let agent = agent(folder.path());
    let epoch = agent.spool.epoch();
    drop(agent);
    std::fs::remove_dir_all(folder.path().join("agent/spool")).ok();
    let data = DataDir::open(&folder.path().join("agent")).unwrap();
    assert_eq!(data.enrolment().unwrap().unwrap().epoch, epoch);
    let agent = Agent::open(data, Config::default(), Arc::new(SystemClock)).unwrap();
    assert_eq!(agent.spool.epoch(), epoch + 1);
}

#[test]
fn the_collector_sets_schedule_and_kind_and_they_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = agent(folder.path());
    let schedule = Schedule { collect_every_seconds: 1, volatile_every_seconds: 7200 };
    let kind = AgentKind::Client;
    agent.follow(&[Task::SetSchedule { schedule }, Task::SetKind { kind }]).unwrap();
    assert_eq!(agent.schedule().collect_every_seconds, 60);
    assert_eq!(agent.data.enrolment().unwrap().unwrap().kind, kind);
}

#[test]
fn a_run_for_a_person_uses_a_key_of_its_own() {
    let report = collect_for_print(&RecordedHost::default(), &Config::default()).unwrap();
    assert_eq!((report.observer.agent, report.observer.name_key), (None, NameKey::Run));
}

#[test]
fn a_source_that_failed_makes_the_run_partial_and_one_without_rights_does_not() {
    let mut report =
        crate::spool::tests::report(ReportNumber { epoch: 1, sequence: 1 }, &[("a.a", 1)]);
    let absent = |reason| Outcome::Absent { reason };
    let cases = [
        (Absent::Failed { doing: "x".into(), cause: "y".into() }, true),
        (Absent::TimedOut { doing: "x".into(), after_ms: 1 }, true),
        (Absent::NotHere { looked_at: "x".into() }, false),
        (Absent::NotLookedAt { why: "switched_off".into(), what: "x".into() }, false),
    ];
    for (reason, expected) in cases {
        report.sections[0].body.outcome = absent(reason);
        assert_eq!(has_failures(&report), expected);
    }
}

#[test]
fn a_delivery_that_failed_is_not_tried_again_at_once() {
    let (folder, host) = (tempfile::tempdir().unwrap(), RecordedHost::default());
    let mut running = running::Running::new(agent(folder.path()), &host, None, explain);
    wait_for(async {
        running.step(Action::CollectAll, now()).await;
        running.step(Action::Deliver, now()).await;
    });
    assert!(running.progress().deliver_not_before.is_some());
    assert!(running.progress().collected_all.is_some());
}

#[test]
fn a_configuration_that_cannot_be_used_leaves_the_last_good_one() {
    let (folder, host) = (tempfile::tempdir().unwrap(), RecordedHost::default());
    let path = folder.path().join("agent.toml");
    let mut running = running::Running::new(agent(folder.path()), &host, Some(&path), explain);
    std::fs::write(&path, "collect_every_seconds = 120\n").unwrap();
    running.reload();
    std::fs::write(&path, "collect_every_seconds = soon\n").unwrap();
    running.reload();
    assert_eq!(running.agent().schedule().collect_every_seconds, 120);
}

#[test]
fn a_clock_that_is_behind_does_not_renew_before_the_collector_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let agent = agent(folder.path());
    let end = agent.certificate_not_after().unwrap();
    assert!(end > now() + SignedDuration::from_hours(24 * 80));
    let refused = DeliverError::Network(NetworkError::TimedOut { address: "x".into() });
    assert!(!agent.may_be_why(&refused));
}

#[test]
fn what_may_leave_a_client_is_asked_for_and_kept_and_a_server_needs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = agent(folder.path());
    let networks = vec!["10.1.0.0/16".parse().unwrap()];
    agent.follow(&[Task::SetHomeNetworks { networks: networks.clone() }]).unwrap();
    let kept = agent.data.enrolment().unwrap().unwrap().home;
    assert_eq!(kept.revision(), observation::latest::protocol::home_revision(&networks));
    let host = RecordedHost::default();
    assert_eq!(agent.whereabouts(&host), Whereabouts::Unrestricted);
    agent.configure(Config { kind: Some(AgentKind::Client), ..Config::default() });
    assert!(matches!(agent.whereabouts(&host), Whereabouts::Watched(_)));
    let seen = Delivered { seen_from: Some([10, 1, 0, 20].into()), ..Delivered::default() };
    assert!(!agent.learn_place(&host, &seen).unwrap(), "no adapter has this address");
}

#[test]
fn a_client_that_was_never_told_of_networks_says_nothing_about_the_one_it_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = agent(folder.path());
    agent.configure(Config { kind: Some(AgentKind::Client), ..Config::default() });
    let report = agent.collect(&RecordedHost::default(), Selection::All).unwrap();
    let neighbours =
        report.sections.iter().find(|it| it.body.source.as_str() == "network.neighbours");
    let why = "no_home_networks".to_owned();
    let what = "network.neighbours".to_owned();
    let expected = Outcome::Absent { reason: Absent::NotLookedAt { why, what } };
    assert_eq!(neighbours.unwrap().body.outcome, expected);
    let printed = collect_for_print(&RecordedHost::default(), &Config::default()).unwrap();
    assert!(!serde_json::to_string(&printed).unwrap().contains("home_networks"));
}

#[test]
fn who_talks_to_whom_is_looked_at_each_minute_where_it_is_reported() {
    let (folder, host) = (tempfile::tempdir().unwrap(), RecordedHost::default());
    let mut running = running::Running::new(agent(folder.path()), &host, None, explain);
    let start = now();
    for (second, taken) in [(0, 1), (30, 1), (60, 2), (119, 3), (-500, 4)] {
        running.sample(start + SignedDuration::from_secs(second));
        assert_eq!(running.samples_taken(), taken, "{second}");
    }
}

#[test]
fn who_talks_to_whom_is_forgotten_when_it_is_not_to_be_reported_any_more() {
    let (folder, host) = (tempfile::tempdir().unwrap(), RecordedHost::default());
    let path = folder.path().join("agent.toml");
    let mut running = running::Running::new(agent(folder.path()), &host, Some(&path), explain);
    running.sample(now());
    assert_eq!(running.samples_taken(), 1);
    std::fs::write(&path, "reports_connections = false\n").unwrap();
    running.reload();
    running.sample(now());
    assert_eq!(running.samples_taken(), 0);
}

#[test]
fn the_state_says_what_was_done_and_what_does_not_work() {
    let folder = tempfile::tempdir().unwrap();
    let host = RecordedHost::default();
    let mut running = running::Running::new(agent(folder.path()), &host, None, explain);
    wait_for(running.step(Action::CollectAll, now()));
    wait_for(running.step(Action::Deliver, now()));
    running.keep_status();
    let disk = running.agent().data.files();
    let status = kept::status(&disk).unwrap().unwrap();
    assert!(status.service_started_at.is_some() && status.next_run_at.is_some());
    assert!(status.last_run.is_some_and(|it| it.sections > 0));
    assert_eq!(status.trouble.as_ref().map(|it| it.key.as_str()), Some("test"));
    assert!(status.waiting.reports > 0 && status.waiting.bytes > 0);
    assert!(status.peak_memory_bytes.is_some());
    let kept = kept::last_report(&disk).unwrap().unwrap();
    assert!(kept.sections.iter().any(|it| it.body.source.as_str() == "agent.condition"));
    // The next process takes over what is true of the host.
    drop(running);
    let again = agent_in(folder.path());
    assert_eq!(again.status.last_run, status.last_run);
}

fn agent_in(folder: &Path) -> Agent {
    let data = DataDir::open(&folder.join("agent")).unwrap();
    Agent::open(data, Config::default(), Arc::new(SystemClock)).unwrap()
}

#[test]
fn a_broken_configuration_is_said_in_state_and_report_until_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.toml");
    let host = RecordedHost::default();
    let mut running = running::Running::new(agent(folder.path()), &host, Some(&path), explain);
    std::fs::write(&path, "collect_every_seconds = 120\n").unwrap();
    running.reload();
    std::fs::write(&path, "collect_every_seconds = \"often\"\n").unwrap();
    running.reload();
    assert_eq!(running.agent().schedule().collect_every_seconds, 120);
    let complaints = |running: &mut running::Running<'_>| {
        wait_for(running.step(Action::CollectAll, now()));
        let report = kept::last_report(&running.agent().data.files()).unwrap().unwrap();
        let section = report.sections.into_iter().find(|it| it.body.source == CONDITION).unwrap();
        let Outcome::Read { complaints, .. } = section.body.outcome else { panic!("not read") };
        complaints
    };
    let said = complaints(&mut running);
    assert!(said[0].problem.contains("line 1"), "{said:?}");
    let disk = running.agent().data.files();
    assert_eq!(kept::last_good_config(&disk).as_deref(), Some("collect_every_seconds = 120\n"));
    std::fs::write(&path, "collect_every_seconds = 180\n").unwrap();
    running.reload();
    assert_eq!(complaints(&mut running), []);
    assert_eq!(running.agent().schedule().collect_every_seconds, 180);
}

/// Clocks that a test turns: the time of day and the steady one.
#[derive(Default)]
struct Turned(std::sync::Mutex<(i64, u64)>);

impl Turned {
    fn turn(&self, day: i64, steady: u64) {
        let mut both = self.0.lock().unwrap();
        *both = (both.0 + day, both.1 + steady);
    }
}

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + self.0.lock().unwrap().0).unwrap()
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(self.0.lock().unwrap().1)
    }

    fn random(&self) -> u64 {
        123_456
    }
}

fn agent_with(folder: &Path, clock: &Arc<Turned>) -> Agent {
    drop(agent(folder));
    let data = DataDir::open(&folder.join("agent")).unwrap();
    Agent::open(data, Config::default(), Arc::clone(clock) as Arc<dyn Clock>).unwrap()
}

#[test]
fn a_clock_that_jumps_ten_years_changes_no_wait() {
    const TEN_YEARS: i64 = 10 * 366 * 86_400;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Turned::default());
    let host = RecordedHost::default();
    let running = running::Running::new(agent_with(folder.path(), &clock), &host, None, explain);
    let begun = running.now();
    for jump in [TEN_YEARS, -2 * TEN_YEARS] {
        clock.turn(jump, 0);
        assert_eq!(running.now(), begun);
    }
    clock.turn(0, 60);
    assert_eq!(running.now().duration_since(begun), SignedDuration::from_secs(60));
}

#[test]
fn after_a_sleep_reports_wait_a_little_and_not_long() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Turned::default());
    let host = RecordedHost::default();
    let mut running =
        running::Running::new(agent_with(folder.path(), &clock), &host, None, explain);
    let begun = running.now();
    clock.turn(0, 60);
    running.notice_sleep(running.now());
    assert!(running.progress().deliver_not_before.unwrap().duration_since(begun).as_secs() <= 30);
    clock.turn(8 * 3600, 8 * 3600);
    let woken = running.now();
    running.notice_sleep(woken);
    let wait = running.progress().deliver_not_before.unwrap().duration_since(woken);
    assert_eq!(wait.as_millis(), 123_456);
    assert!(matches!(
        crate::schedule::next(
            woken,
            running.agent().id(),
            running.agent().schedule(),
            running.progress()
        ),
        Action::CollectAll
    ));
}
