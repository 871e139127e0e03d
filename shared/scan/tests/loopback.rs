//! The whole runner against servers of this test on addresses of the loopback network: no rights, no
//! other machine.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use observation::latest::scan::{ProbeSelection, ScanEnd, ScanJob, ScanReport, TargetReport};
use observation::latest::{Absent, Fact, Outcome, ServiceProtocol, Statement};
use scan::net::process::Message;
use scan::net::run::{Identity, run};
use scan::net::stop::Stop;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use uuid::Uuid;

/// No other program listens here.
const ADDRESS: &str = "127.77.31.5";
/// A port that the HTTP probe knows.
const WEB_PORT: u16 = 8080;

fn job(network: &str) -> ScanJob {
    ScanJob {
        run: Uuid::from_u128(1),
        networks: vec![network.parse().unwrap()],
        rate_pps: Some(5_000),
        ..ScanJob::default()
    }
}

async fn scanned(job: ScanJob, stop: Arc<Stop>) -> Vec<Message> {
    let (sender, mut receiver) = mpsc::channel(64);
    let identity = Identity { agent: None, software_version: "test".to_owned() };
    let running = tokio::spawn(run(job, identity, stop, sender));
    let mut messages = Vec::new();
    while let Some(message) = receiver.recv().await {
        messages.push(message);
    }
    running.await.unwrap();
    messages
}

fn reports(messages: Vec<Message>) -> (Vec<TargetReport>, ScanEnd) {
    let mut targets = Vec::new();
    let mut last = None;
    for message in messages {
        if let Message::Report(report) = message {
            let ScanReport { targets: some, end, .. } = *report;
            targets.extend(some);
            last = end.or(last);
        }
    }
    (targets, last.unwrap())
}

fn facts(target: &TargetReport) -> Vec<&Fact> {
    let read = target.sections.iter().filter_map(|it| match &it.body.outcome {
        Outcome::Read { facts, .. } => Some(facts),
        Outcome::Absent { .. } => None,
    });
    read.flatten().collect()
}

async fn web_server(address: &str, port: u16) {
    let listener = TcpListener::bind((address, port)).await.unwrap();
    tokio::spawn(async move {
        loop {
            let Ok((mut socket, _)) = listener.accept().await else { return };
            tokio::spawn(async move {
                let mut request = [0; 2048];
                let _ = socket.read(&mut request).await;
                let answer = "HTTP/1.1 200 OK\r\nServer: lighttpd/1.4.69\r\nContent-Length: 38\r\n\r\n\
                              <html><title>Drucker 3. OG</title></html>";
                let _ = socket.write_all(answer.as_bytes()).await;
                let _ = socket.shutdown().await;
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_found_and_asked_and_nobody_else_is() {
    web_server(ADDRESS, WEB_PORT).await;
    let messages = scanned(job(&format!("{ADDRESS}/32")), Arc::default()).await;
    assert!(matches!(messages.first(), Some(Message::Estimate(it)) if it.addresses == 1));
    let (targets, end) = reports(messages);
    assert!(end.is_complete, "{:?}", end.remarks);
    let address: IpAddr = ADDRESS.parse().unwrap();
    assert!(!targets.is_empty() && targets.iter().all(|it| it.address == address));
    let web = targets.iter().flat_map(facts).find_map(|it| match it {
        Fact::ServiceAnswer(it) if it.port == WEB_PORT => Some(it),
        _ => None,
    });
    let web = web.expect("the web server answered");
    assert_eq!(web.protocol, ServiceProtocol::Http);
    assert_eq!(web.statements[&Statement::Server], "lighttpd/1.4.69");
    assert_eq!(web.statements[&Statement::Title], "Drucker 3. OG");
    // What is not there is said, so that an older answer does not stay.
    let ssh = targets[0].sections.iter().find(|it| it.body.source.as_str() == "scan.ssh").unwrap();
    assert!(matches!(ssh.body.outcome, Outcome::Absent { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_is_stopped_says_so_and_keeps_what_it_has() {
    let stop = Arc::new(Stop::default());
    stop.now();
    let (_, end) = reports(scanned(job("127.77.32.0/24"), stop).await);
    assert!(!end.is_complete);
    assert!(end.remarks.iter().any(|it| it.code == "interrupted"));
}

/// Takes connections and says nothing, and keeps them open. Rings `stop` with the one of this number.
async fn tarpit(address: &str, rings_at: usize, stop: Arc<Stop>) -> Arc<AtomicUsize> {
    let listener = TcpListener::bind((address, WEB_PORT)).await.unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            held.push(socket);
            if counter.fetch_add(1, Ordering::Relaxed) + 1 == rings_at {
                stop.now();
            }
        }
    });
    count
}

fn addresses(targets: &[TargetReport]) -> BTreeSet<IpAddr> {
    targets.iter().map(|it| it.address).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_among_the_ports_makes_nobody_say_that_nothing_is_open() {
    let stop = Arc::new(Stop::default());
    // The first connection is that of the sweep of ports, which is slow here.
    tarpit("127.77.33.5", 1, Arc::clone(&stop)).await;
    let slow = ScanJob { rate_pps: Some(150), ..job("127.77.33.0/29") };
    let (targets, end) = reports(scanned(slow, stop).await);
    assert!(!end.is_complete);
    assert_eq!(addresses(&targets).len(), 8, "everybody who answered is told");
    for section in targets.iter().flat_map(|it| &it.sections) {
        match &section.body.outcome {
            Outcome::Absent { reason: Absent::NotHere { .. } } => panic!("{section:?}"),
            Outcome::Read { facts, gaps, .. } if section.body.source.as_str() == "scan.ports" => {
                assert!(!facts.is_empty() && !gaps.is_empty(), "{section:?}");
            }
            _ => {}
        }
    }
    assert_eq!(end.done, [], "nobody was asked everything");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_a_conversation_is_heeded_and_those_who_wait_are_told() {
    let stop = Arc::new(Stop::default());
    // The second connection asks for a service; there is more than one batch of hosts.
    tarpit("127.77.34.5", 2, Arc::clone(&stop)).await;
    let ringing = Arc::clone(&stop);
    let rang = tokio::spawn(async move {
        ringing.wait().await;
        Instant::now()
    });
    let messages = scanned(job("127.77.34.0/24"), stop).await;
    let lasted = rang.await.unwrap().elapsed();
    assert!(lasted < Duration::from_secs(12), "{lasted:?}: nobody waits that long");
    let (targets, end) = reports(messages);
    assert!(!end.is_complete && end.remarks.iter().any(|it| it.code == "interrupted"));
    assert_eq!(addresses(&targets).len(), 256);
    assert_eq!(targets.len(), 256, "and nobody twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_scan_goes_on_where_it_was() {
    let only =
        ScanJob { probes: ProbeSelection::Discovery, rate_pps: Some(20), ..job("127.77.35.0/28") };
    let stop = Arc::new(Stop::default());
    let (sender, mut receiver) = mpsc::channel(64);
    let identity = Identity { agent: None, software_version: "test".to_owned() };
    let running = tokio::spawn(run(only.clone(), identity, Arc::clone(&stop), sender));
    let mut messages = Vec::new();
    while let Some(message) = receiver.recv().await {
        if matches!(&message, Message::Progress(it) if it.done >= 5) {
            stop.now();
        }
        messages.push(message);
    }
    running.await.unwrap();
    let (first, end) = reports(messages);
    let first = addresses(&first);
    assert!(!end.is_complete && (5..16).contains(&first.len()), "{first:?}");
    let rest = ScanJob { done: end.done, rate_pps: None, ..only };
    let (second, end) = reports(scanned(rest, Arc::default()).await);
    let second = addresses(&second);
    assert!(first.is_disjoint(&second), "{first:?} {second:?}");
    assert_eq!(first.len() + second.len(), 16);
    assert!(end.is_complete && end.done.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_is_not_touched_again() {
    let touched = tarpit("127.77.36.1", usize::MAX, Arc::default()).await;
    let done = vec!["127.77.36.0/31".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let rest = ScanJob { done, ..job("127.77.36.0/30") };
    let messages = scanned(rest, Arc::default()).await;
    assert!(matches!(messages.first(), Some(Message::Estimate(it)) if it.addresses == 2));
    let (targets, end) = reports(messages);
    assert!(end.is_complete);
    let expected = ["127.77.36.2", "127.77.36.3"].map(|it| it.parse().unwrap());
    assert_eq!(addresses(&targets), BTreeSet::from(expected));
    assert_eq!(touched.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loopback_network_that_is_too_large_is_not_said_to_be_complete() {
    let only = ScanJob {
        probes: ProbeSelection::Discovery,
        rate_pps: Some(100_000),
        allow_range: true,
        ..job("127.64.0.0/19")
    };
    let (targets, end) = reports(scanned(only, Arc::default()).await);
    assert_eq!(targets.len(), 4_096);
    assert!(!end.is_complete);
    let capped = end.remarks.iter().find(|it| it.code == "own_capped").unwrap();
    assert_eq!(capped.what, "4096");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_scanned_is_refused_before_the_first_packet() {
    let messages = scanned(job("0.0.0.0/0"), Arc::default()).await;
    assert!(matches!(&messages[..], [Message::Refused(_)]), "{messages:?}");
}
