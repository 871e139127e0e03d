//! Scans at the one door: what an agent may say of other addresses, and what becomes of it.

#![expect(clippy::unwrap_used, reason = "a test stops where its conversation fails")]

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use kataster::ingest::{ScanOrder, accept_scan, begin_scan, end_scan, reconcile_pending};
use observation::latest::protocol::{
    ProblemCode, ScanReportAnswer, Task, UploadAnswer, UploadRequest,
};
use observation::latest::scan::{
    ScanEnd, ScanFigures, ScanJob, ScanRemark, ScanReport, TargetReport, Vantage, VantageLink,
};
use observation::latest::{
    AddressSeen, AgentId, Cadence, FORMAT, Fact, Neighbour, OpenPort, Outcome, Section,
    SectionBody, SeenBy, SourceId, Transport,
};
use store::{ScanPlanRecord, ScanRunState};
use tempfile::TempDir;
use tests::loopback::{Answer, Running, Speaker, event, now, number};
use uuid::Uuid;

fn order(run: u128, vantage: Option<AgentId>) -> ScanOrder {
    let job = ScanJob {
        run: Uuid::from_u128(run),
        networks: vec!["10.2.0.0/24".parse().unwrap()],
        exclusions: vec!["10.2.0.128/25".parse().unwrap()],
        ..ScanJob::default()
    };
    ScanOrder { plan: None, vantage, job, ordered_by: "anna".to_owned() }
}

fn section(source: &'static str, facts: Vec<Fact>) -> Section {
    let outcome = Outcome::Read { facts, gaps: Vec::new(), complaints: Vec::new() };
    let body = SectionBody { source: SourceId::from_static(source), outcome };
    Section { observed_at: now(), duration_ms: 1, cadence: Cadence::Volatile, body }
}

fn target(address: &str, mac: &str, ports: &[u16]) -> TargetReport {
    let address: IpAddr = address.parse().unwrap();
    let mac = Some(mac.to_owned());
    let seen = Fact::AddressSeen(AddressSeen { address, means: SeenBy::Arp, mac });
    let open = |port: &u16| Fact::OpenPort(OpenPort { transport: Transport::Tcp, port: *port });
    let ports = section("scan.ports", ports.iter().map(open).collect());
    TargetReport { address, sections: vec![section("scan.arp", vec![seen]), ports] }
}

fn report(run: u128, part: u32, targets: Vec<TargetReport>, is_last: bool) -> ScanReport {
    let end = ScanEnd {
        finished_at: now(),
        is_complete: true,
        remarks: Vec::new(),
        figures: ScanFigures::default(),
        done: Vec::new(),
    };
    ScanReport {
        format: FORMAT,
        run: Uuid::from_u128(run),
        part,
        vantage: Vantage {
            agent: None,
            software_version: "1".to_owned(),
            links: Vec::new(),
            gateways: Vec::new(),
            has_raw_sockets: true,
        },
        started_at: now(),
        sent_at: now(),
        targets,
        end: is_last.then_some(end),
    }
}

async fn send(speaker: &Speaker, report: &ScanReport) -> Answer {
    let json = serde_json::to_vec(report).unwrap();
    let packed = zstd::encode_all(json.as_slice(), 3).unwrap();
    speaker.say("/v1/scan-report", packed, true).await.unwrap()
}

async fn actions(running: &Running) -> Vec<String> {
    let events = running.collector.store.events(0, 1000).await.unwrap();
    events.into_iter().map(|it| it.event.action).collect()
}

fn at(speaker: &Speaker, neighbours: &[(&str, &str)], sequence: u64) -> UploadRequest {
    let neighbour = |(address, mac): &(&str, &str)| {
        Fact::Neighbour(Neighbour {
            address: address.parse().unwrap(),
            mac: (*mac).to_owned(),
            interface: "eth0".to_owned(),
            is_router: None,
        })
    };
    let facts = neighbours.iter().map(neighbour).collect();
    speaker.report(number(sequence), &[section("network.neighbours", facts).body.canonical()])
}

#[tokio::test]
async fn an_agent_is_given_its_scan_and_delivers_it_exactly_once() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let (speaker, other) = (running.speaker().await.unwrap(), running.speaker().await.unwrap());
    let ordered = order(1, Some(speaker.agent));
    begin_scan(&running.collector, ordered.clone(), now()).await.unwrap();
    let upload = speaker.upload(&at(&speaker, &[], 1)).await.unwrap();
    let answer: UploadAnswer = upload.read().unwrap();
    assert!(answer.tasks.contains(&Task::Scan { job: Box::new(ordered.job) }));
    let part = report(1, 0, vec![target("10.2.0.5", "02:00:00:00:00:05", &[22])], false);
    assert_eq!(send(&other, &part).await.refusal(), Some(ProblemCode::BadRequest));
    for was_repeated in [false, true] {
        let answer: ScanReportAnswer = send(&speaker, &part).await.read().unwrap();
        assert_eq!((answer.was_repeated, answer.is_to_stop), (was_repeated, false));
    }
    let upload = speaker.upload(&at(&speaker, &[], 2)).await.unwrap();
    let answer: UploadAnswer = upload.read().unwrap();
    assert!(!answer.tasks.iter().any(|it| matches!(it, Task::Scan { .. })), "it is under way");
    let last = report(1, 1, Vec::new(), true);
    send(&speaker, &last).await.read::<ScanReportAnswer>().unwrap();
    let run = running.collector.store.scan_run(Uuid::from_u128(1)).await.unwrap().unwrap();
    assert_eq!((run.targets, run.state), (1, ScanRunState::Complete));
    let answer: ScanReportAnswer =
        send(&speaker, &report(1, 2, Vec::new(), false)).await.read().unwrap();
    assert!(answer.is_to_stop, "the run is over");
    let actions = actions(&running).await;
    for action in ["scan_ordered", "scan_started", "scan_finished"] {
        assert_eq!(actions.iter().filter(|it| *it == action).count(), 1, "{action}: {actions:?}");
    }
    running.end().await;
}

#[tokio::test]
async fn what_was_not_asked_for_is_refused_and_told() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let speaker = running.speaker().await.unwrap();
    begin_scan(&running.collector, order(1, Some(speaker.agent)), now()).await.unwrap();
    let mac = "02:00:00:00:00:05";
    let twice = vec![target("10.2.0.5", mac, &[]), target("10.2.0.5", mac, &[])];
    let mut foreign_source = target("10.2.0.5", mac, &[]);
    foreign_source.sections.push(section("hardware.smbios", Vec::new()));
    let mut doubled = target("10.2.0.5", mac, &[]);
    doubled.sections.push(section("scan.arp", Vec::new()));
    for targets in [
        vec![target("10.3.0.1", mac, &[])],
        vec![target("10.2.0.5", mac, &[]), target("10.2.0.200", mac, &[])],
        twice,
        vec![foreign_source],
        vec![doubled],
    ] {
        let answer = send(&speaker, &report(1, 0, targets, false)).await;
        assert_eq!(answer.refusal(), Some(ProblemCode::BadRequest), "{answer:?}");
    }
    let run = running.collector.store.scan_run(Uuid::from_u128(1)).await.unwrap().unwrap();
    assert_eq!(run.targets, 0);
    let refused = actions(&running).await.into_iter().filter(|it| it == "report_refused").count();
    assert_eq!(refused, 1, "once per run");
    running.end().await;
}

#[tokio::test]
async fn an_agents_word_for_its_links_opens_no_address() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let speaker = running.speaker().await.unwrap();
    begin_scan(&running.collector, order(1, Some(speaker.agent)), now()).await.unwrap();
    let link = |network: &str| VantageLink {
        interface: "eth0".to_owned(),
        network: network.parse().unwrap(),
        mac: None,
    };
    let mac = "02:00:00:00:00:05";
    for number in 0..2 {
        let targets = vec![
            target("10.2.0.5", mac, &[]),
            target("2001:db8:7::5", mac, &[]),
            target("fe80::5", mac, &[]),
        ];
        let mut part = report(1, number, targets, false);
        part.vantage.links = vec![link("10.2.0.9/24"), link("2001:db8:7::9/64")];
        part.vantage.agent = Some(AgentId(Uuid::from_u128(99)));
        send(&speaker, &part).await.read::<ScanReportAnswer>().unwrap();
    }
    let run = running.collector.store.scan_run(Uuid::from_u128(1)).await.unwrap().unwrap();
    assert_eq!(run.targets, 1);
    assert_eq!(run.seen_from.unwrap().agent, Some(speaker.agent), "who really speaks");
    let told = actions(&running).await.into_iter().filter(|it| it == "targets_left_out").count();
    assert_eq!(told, 1, "once per run");
    running.end().await;
}

#[tokio::test]
async fn a_run_of_a_plan_is_handed_over_while_its_window_is_open() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let speaker = running.speaker().await.unwrap();
    let collector = &running.collector;
    let plan = ScanPlanRecord {
        id: Uuid::from_u128(7),
        name: "branch".to_owned(),
        document: "{}".to_owned(),
        created_at: now(),
        last_run: None,
        last_run_at: None,
        next_run_at: None,
    };
    collector.store.add_plan(plan.clone(), event("scan_plan_added")).await.unwrap();
    let ordered = ScanOrder { plan: Some(plan.id), ..order(1, Some(speaker.agent)) };
    begin_scan(collector, ordered, now()).await.unwrap();
    let hour = SignedDuration::from_hours(1);
    let is_given = async |sequence| {
        let upload = speaker.upload(&at(&speaker, &[], sequence)).await.unwrap();
        let answer: UploadAnswer = upload.read().unwrap();
        answer.tasks.iter().any(|it| matches!(it, Task::Scan { .. }))
    };
    assert!(!is_given(1).await, "nobody has said that its window is open");
    collector.active_runs.allow(Uuid::from_u128(1), Some(now() - hour));
    assert!(!is_given(2).await, "its window has closed");
    collector.active_runs.allow(Uuid::from_u128(1), Some(now() + hour));
    assert!(is_given(3).await);
    let mut number = 0;
    let mut is_to_stop = async || {
        number += 1;
        let answer = send(&speaker, &report(1, number, Vec::new(), false)).await;
        answer.read::<ScanReportAnswer>().unwrap().is_to_stop
    };
    assert!(!is_to_stop().await);
    collector.active_runs.allow(Uuid::from_u128(1), Some(now()));
    assert!(is_to_stop().await, "the window closed meanwhile");
    running.end().await;
}

#[tokio::test]
async fn parts_of_a_run_that_has_long_been_over_are_refused() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let speaker = running.speaker().await.unwrap();
    let collector = &running.collector;
    for (run, hours, expected) in [(1, 47, None), (2, 49, Some(ProblemCode::BadRequest))] {
        begin_scan(collector, order(run, Some(speaker.agent)), now()).await.unwrap();
        let ended_at = now() - SignedDuration::from_hours(hours);
        let (id, state) = (Uuid::from_u128(run), ScanRunState::Partial);
        end_scan(collector, id, state, Vec::new(), "anna", ended_at).await.unwrap();
        let late = report(run, 0, vec![target("10.2.0.5", "02:00:00:00:00:05", &[])], false);
        assert_eq!(send(&speaker, &late).await.refusal(), expected);
    }
    running.end().await;
}

#[tokio::test]
async fn no_device_on_the_network_can_have_the_end_of_a_run_refused() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let speaker = running.speaker().await.unwrap();
    for (run, vantage) in [(1, None), (2, Some(speaker.agent))] {
        begin_scan(&running.collector, order(run, vantage), now()).await.unwrap();
        let mut last = report(run, 0, Vec::new(), true);
        // Various, so that the part does not look like one that only unpacks to be large.
        let remark = |_| ScanRemark {
            code: "duplicate_address".to_owned(),
            what: Uuid::now_v7().to_string().repeat(8),
        };
        last.end.as_mut().unwrap().remarks = (0..3000).map(remark).collect();
        match vantage {
            None => drop(accept_scan(&running.collector, None, last, now()).await.unwrap()),
            Some(_) => drop(send(&speaker, &last).await.read::<ScanReportAnswer>().unwrap()),
        }
        let kept = running.collector.store.scan_run(Uuid::from_u128(run)).await.unwrap().unwrap();
        assert_eq!(kept.state, ScanRunState::Complete);
        let capped = kept.remarks.last().unwrap();
        assert_eq!((capped.code.as_str(), capped.what.as_str()), ("remarks_capped", "2000"));
    }
    running.end().await;
}

#[tokio::test]
async fn after_a_first_look_that_broke_off_nothing_is_news() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let collector = &running.collector;
    begin_scan(collector, order(1, None), now()).await.unwrap();
    let (id, state) = (Uuid::from_u128(1), ScanRunState::Partial);
    end_scan(collector, id, state, Vec::new(), "anna", now()).await.unwrap();
    whole_run(&running, 2, vec![target("10.2.0.5", "02:00:00:00:00:05", &[22])]).await;
    assert!(!actions(&running).await.contains(&"device_appeared".to_owned()));
    whole_run(&running, 3, vec![target("10.2.0.9", "02:00:00:00:00:09", &[22])]).await;
    assert!(actions(&running).await.contains(&"device_appeared".to_owned()));
    running.end().await;
}

async fn whole_run(running: &Running, run: u128, mut targets: Vec<TargetReport>) {
    let collector = &running.collector;
    begin_scan(collector, order(run, None), now()).await.unwrap();
    for section in targets.iter_mut().flat_map(|it| &mut it.sections) {
        section.observed_at = now();
    }
    accept_scan(collector, None, report(run, 0, targets, true), now()).await.unwrap();
    reconcile_pending(collector, now()).await.unwrap();
}

#[tokio::test]
async fn a_new_device_and_a_new_port_are_told_and_the_first_look_is_not() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let known = |ports: &[u16]| target("10.2.0.5", "02:00:00:00:00:05", ports);
    whole_run(&running, 1, vec![known(&[22])]).await;
    let first = actions(&running).await;
    assert!(!first.iter().any(|it| it == "device_appeared" || it == "ports_opened"), "{first:?}");
    let new = target("10.2.0.9", "02:00:00:00:00:09", &[80]);
    whole_run(&running, 2, vec![known(&[22, 443]), new]).await;
    let events = running.collector.store.events(0, 1000).await.unwrap();
    let of = |action: &str| -> Vec<(String, Option<String>)> {
        let found = events.iter().filter(|it| it.event.action == action);
        found.map(|it| (it.event.object.clone(), it.event.after.clone())).collect()
    };
    let appeared = of("device_appeared");
    assert_eq!(appeared.len(), 1, "{appeared:?}");
    assert!(appeared[0].1.as_ref().unwrap().contains("10.2.0.9"));
    assert_eq!(of("ports_opened"), [("address 10.2.0.5".to_owned(), Some("443/tcp".to_owned()))]);
    running.end().await;
}

#[tokio::test]
async fn the_collectors_own_scanner_loses_what_it_was_not_asked_for_and_keeps_the_rest() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let collector = &running.collector;
    begin_scan(collector, order(1, None), now()).await.unwrap();
    let targets = vec![
        target("10.2.0.5", "02:00:00:00:00:05", &[]),
        target("10.9.0.5", "02:00:00:00:00:06", &[]),
    ];
    let receipt = accept_scan(collector, None, report(1, 0, targets, true), now()).await.unwrap();
    assert_eq!((receipt.targets, receipt.left_out), (1, 1));
    assert!(actions(&running).await.contains(&"targets_left_out".to_owned()));
    running.end().await;
}

#[tokio::test]
async fn neighbours_of_an_agent_become_targets_once() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let speaker = running.speaker().await.unwrap();
    let table = [("10.2.0.7", "02:00:00:00:00:07"), ("10.2.0.8", "02:00:00:00:00:08")];
    let store = &running.collector.store;
    let lines = async || {
        let source = SourceId::from_static("scan.neighbour_table");
        store.lines_from(Some(speaker.agent), source).await.unwrap()
    };
    speaker.upload(&at(&speaker, &table, 1)).await.unwrap().read::<UploadAnswer>().unwrap();
    let first = lines().await;
    assert_eq!(first.len(), 2);
    // One neighbour more: the others are not written again.
    let more = [table[0], table[1], ("10.2.0.9", "02:00:00:00:00:09")];
    speaker.upload(&at(&speaker, &more, 2)).await.unwrap().read::<UploadAnswer>().unwrap();
    let second = lines().await;
    assert_eq!(second.len(), 3);
    assert_eq!(second[..2], first[..]);
    let begun: Vec<Timestamp> = second.iter().map(|it| it.target.since).collect();
    assert!(begun[2] > begun[0]);
    running.end().await;
}

#[tokio::test]
async fn hostile_scan_reports_are_refused() {
    let folder = TempDir::new().unwrap();
    let running = Running::start(&folder.path().join("data")).await.unwrap();
    let speaker = running.speaker().await.unwrap();
    begin_scan(&running.collector, order(1, Some(speaker.agent)), now()).await.unwrap();
    let mut foreign = report(1, 0, Vec::new(), false);
    foreign.format = 99;
    let unknown = report(7, 0, Vec::new(), false);
    let endless = report(1, u32::MAX, Vec::new(), false);
    let mut wordy = report(1, 0, Vec::new(), false);
    wordy.vantage.software_version = "1".repeat(100);
    assert_eq!(send(&speaker, &wordy).await.refusal(), Some(ProblemCode::TooLarge));
    for bad in [foreign, unknown, endless] {
        assert_eq!(send(&speaker, &bad).await.refusal(), Some(ProblemCode::BadRequest));
    }
    let many: Vec<TargetReport> = (0..5000_u32)
        .map(|it| TargetReport {
            address: IpAddr::V4((0x0a02_0000 + it).into()),
            sections: Vec::new(),
        })
        .collect();
    let answer = send(&speaker, &report(1, 0, many, false)).await;
    assert_eq!(answer.refusal(), Some(ProblemCode::TooLarge));
    for bytes in [&b"not zstd"[..], b""] {
        let answer = speaker.say("/v1/scan-report", bytes.to_vec(), true).await.unwrap();
        assert_eq!(answer.refusal(), Some(ProblemCode::BadRequest));
    }
    running.end().await;
}
