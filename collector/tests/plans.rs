//! Plans as `kataster serve` runs them: a real collector, and in place of its scanner one that finds a
//! device at once and is done when it is told to stop. Nothing is sent to any network.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a test stops where something is missing; it runs at the outermost edge"
)]

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kataster::active_runs::StopReason;
use kataster::collector::Collector;
use kataster::command::{Order, ScanOrder, execute};
use kataster::config::Config;
use kataster::scans::{ScanPlan, ScanRequest};
use kataster::serve::{Running, start};
use observation::latest::scan::{ScanEnd, ScanFigures, ScanReport, TargetReport, Vantage};
use observation::latest::{AgentId, FORMAT};
use scan::net::process::{Message, Request};
use store::{EventDraft, ScanPlanRecord, ScanRunRecord, ScanRunState};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use uuid::Uuid;

/// How long something that happens at once may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the scanner says it is done with when it is stopped.
const DONE: &str = "10.7.0.0/25";

fn part(run: Uuid, part: u32, end: Option<ScanEnd>) -> Message {
    let address = IpAddr::from([10, 7, 0, 5]);
    let target = TargetReport { address, sections: Vec::new() };
    Message::Report(Box::new(ScanReport {
        format: FORMAT,
        run,
        part,
        vantage: Vantage {
            agent: None,
            software_version: "1".to_owned(),
            links: Vec::new(),
            gateways: Vec::new(),
            has_raw_sockets: true,
        },
        started_at: Timestamp::now(),
        sent_at: Timestamp::now(),
        targets: if end.is_none() { vec![target] } else { Vec::new() },
        end,
    }))
}

async fn scan_until_told(stream: UnixStream) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let Some(first) = lines.next_line().await? else { return Ok(()) };
    let Request::Run { job, .. } = serde_json::from_str(&first)? else { return Ok(()) };
    let end = || ScanEnd {
        finished_at: Timestamp::now(),
        is_complete: false,
        remarks: Vec::new(),
        figures: ScanFigures::default(),
        done: vec![DONE.parse().unwrap()],
    };
    let mut line = serde_json::to_string(&part(job.run, 0, None))?;
    line.push('\n');
    writer.write_all(line.as_bytes()).await?;
    lines.next_line().await?;
    let mut line = serde_json::to_string(&part(job.run, 1, Some(end())))?;
    line.push('\n');
    writer.write_all(line.as_bytes()).await
}

fn scanner(folder: &Path) -> PathBuf {
    let path = folder.join("scanner.sock");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            scan_until_told(stream).await.unwrap();
        }
    });
    path
}

async fn collector(folder: &TempDir) -> Running {
    pki::install_provider();
    let config = Config { scanner_socket: Some(scanner(folder.path())), ..Config::loopback() };
    start(&folder.path().join("data"), &config).await.unwrap()
}

fn request() -> ScanRequest {
    ScanRequest { networks: vec!["10.7.0.0/24".parse().unwrap()], ..ScanRequest::default() }
}

/// A plan that missed its time.
async fn add_due(collector: &Collector, name: &str, vantage: Option<AgentId>) -> Uuid {
    let plan = ScanPlan {
        name: name.to_owned(),
        request: request(),
        cron: "0 2 * * *".to_owned(),
        window: None,
        vantage,
    };
    let record = ScanPlanRecord {
        id: Uuid::now_v7(),
        name: name.to_owned(),
        document: serde_json::to_string(&plan).unwrap(),
        created_at: Timestamp::now() - SignedDuration::from_hours(48),
        last_run: None,
        last_run_at: None,
        next_run_at: None,
    };
    let event = EventDraft {
        at: Timestamp::now(),
        actor: "test".to_owned(),
        source: "test".to_owned(),
        action: "scan_plan_added".to_owned(),
        object: name.to_owned(),
        before: None,
        after: None,
    };
    let id = record.id;
    collector.store.add_plan(record, event).await.unwrap();
    collector.plan_bell.notify_one();
    id
}

async fn runs_of(collector: &Collector, plan: Option<Uuid>) -> Vec<ScanRunRecord> {
    let runs = collector.store.scan_runs(100).await.unwrap();
    runs.into_iter().filter(|it| it.plan == plan).collect()
}

/// The newest run of a plan, once it is as wanted.
async fn wait_for(
    collector: &Collector,
    plan: Option<Uuid>,
    is_wanted: fn(&ScanRunRecord) -> bool,
) -> ScanRunRecord {
    let looked = async {
        loop {
            if let Some(run) = runs_of(collector, plan).await.into_iter().find(is_wanted) {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looked).await.unwrap_or_else(|_| panic!("no such run"))
}

fn has_found(run: &ScanRunRecord) -> bool {
    run.state == ScanRunState::Running && run.targets == 1
}

fn is_over(run: &ScanRunRecord) -> bool {
    run.state.is_over()
}

fn codes(run: &ScanRunRecord) -> Vec<&str> {
    run.remarks.iter().map(|it| it.code.as_str()).collect()
}

async fn order(collector: &Collector, order: ScanOrder) {
    execute(collector, "anna", Order::Scan(order)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_removed_while_it_runs_stops_and_does_not_come_back() {
    let folder = TempDir::new().unwrap();
    let running = collector(&folder).await;
    let collector = &running.collector;
    let plan = add_due(collector, "office", None).await;
    wait_for(collector, Some(plan), has_found).await;
    order(collector, ScanOrder::PlanRemove { name: "office".to_owned() }).await;
    let run = wait_for(collector, Some(plan), is_over).await;
    assert_eq!((run.state, codes(&run)), (ScanRunState::Partial, vec!["stopped"]));
    assert_eq!(collector.store.scan_plans().await.unwrap(), []);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_waits_while_a_person_scans_and_runs_then() {
    let folder = TempDir::new().unwrap();
    let running = collector(&folder).await;
    let by_hand = std::sync::Arc::clone(&running.collector);
    let scanning = tokio::spawn(async move {
        order(&by_hand, ScanOrder::Run { request: request(), snmp: Vec::new() }).await;
    });
    let collector = &running.collector;
    wait_for(collector, None, has_found).await;
    let plan = add_due(collector, "office", None).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(runs_of(collector, Some(plan)).await, []);
    assert_eq!(collector.store.scan_plans().await.unwrap()[0].last_run_at, None, "it is still due");
    order(collector, ScanOrder::Stop { run: "last".to_owned() }).await;
    scanning.await.unwrap();
    let run = wait_for(collector, Some(plan), has_found).await;
    let record = collector.store.scan_plans().await.unwrap().remove(0);
    assert_eq!((record.last_run, record.last_run_at), (Some(run.id), Some(run.ordered_at)));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_of_agents_do_not_wait_for_the_collectors_own_and_end_with_their_agent() {
    let folder = TempDir::new().unwrap();
    let running = collector(&folder).await;
    let collector = &running.collector;
    let own = add_due(collector, "office", None).await;
    wait_for(collector, Some(own), has_found).await;
    let gone = AgentId(Uuid::from_u128(7));
    let branch = add_due(collector, "branch", Some(gone)).await;
    let ordered = wait_for(collector, Some(branch), |_| true).await;
    assert_eq!(ordered.vantage, Some(gone));
    // No such agent is enrolled: nobody will ever take the run.
    collector.plan_bell.notify_one();
    let run = wait_for(collector, Some(branch), is_over).await;
    assert_eq!((run.state, codes(&run)), (ScanRunState::Failed, vec!["agent_silent"]));
    assert!(has_found(&wait_for(collector, Some(own), has_found).await));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_run_of_a_plan_keeps_what_it_found_when_the_collector_ends() {
    let folder = TempDir::new().unwrap();
    let running = collector(&folder).await;
    let collector = std::sync::Arc::clone(&running.collector);
    let plan = add_due(&collector, "office", None).await;
    wait_for(&collector, Some(plan), has_found).await;
    running.stop().await;
    let run = runs_of(&collector, Some(plan)).await.remove(0);
    assert_eq!((run.state, run.targets), (ScanRunState::Partial, 1));
    assert_eq!(codes(&run), ["collector_ended"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_is_gone_on_with_where_it_was() {
    let folder = TempDir::new().unwrap();
    let running = collector(&folder).await;
    let collector = &running.collector;
    let scan = |wanted: ScanOrder| {
        let collector = std::sync::Arc::clone(collector);
        tokio::spawn(async move { order(&collector, wanted).await })
    };
    let stop = || ScanOrder::Stop { run: "last".to_owned() };
    let resume = || ScanOrder::Resume { run: "last".to_owned(), snmp: Vec::new() };
    let first = scan(ScanOrder::Run { request: request(), snmp: Vec::new() });
    let whole = wait_for(collector, None, has_found).await;
    let refused = execute(collector, "anna", Order::Scan(resume())).await.unwrap_err();
    assert_eq!(refused.key, "scan-not-to-resume", "it is still going on");
    order(collector, stop()).await;
    first.await.unwrap();
    let second = scan(resume());
    let rest = wait_for(collector, None, has_found).await;
    assert_eq!(whole.job.done, []);
    assert_eq!(rest.job.done, [DONE.parse().unwrap()]);
    assert_eq!(rest.job.networks, whole.job.networks);
    order(collector, stop()).await;
    second.await.unwrap();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_goes_on_where_its_window_closed_and_begins_anew_after_any_other_end() {
    let folder = TempDir::new().unwrap();
    let running = collector(&folder).await;
    let collector = &running.collector;
    let plan = add_due(collector, "office", None).await;
    let mut done = Vec::new();
    for reason in [StopReason::WindowClosed, StopReason::Stopped, StopReason::Stopped] {
        let run = wait_for(collector, Some(plan), has_found).await;
        assert!(collector.active_runs.stop(run.id, reason));
        while !collector.store.scan_run(run.id).await.unwrap().unwrap().state.is_over() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        done.push(run.job.done);
        let missed = Timestamp::now() - SignedDuration::from_hours(48);
        collector.store.note_plan_times(plan, Some(missed), None).await.unwrap();
        collector.plan_bell.notify_one();
    }
    assert_eq!(done, [vec![], vec![DONE.parse().unwrap()], vec![]]);
    running.stop().await;
}
