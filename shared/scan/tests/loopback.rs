//! The whole runner against servers of this test on addresses of the loopback network: no rights, no
//! other machine.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on must stop"
)]

use std::net::IpAddr;
use std::sync::Arc;

use observation::latest::scan::{
    ProbeSelection, ScanEnd, ScanJob, ScanProfile, ScanReport, TargetReport,
};
use observation::latest::{Fact, Outcome, ServiceProtocol, Statement};
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
        exclusions: Vec::new(),
        ot_networks: Vec::new(),
        profile: ScanProfile::Gentle,
        probes: ProbeSelection::All,
        rate_pps: Some(5_000),
        allow_range: false,
        snmp: Vec::new(),
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

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_scanned_is_refused_before_the_first_packet() {
    let messages = scanned(job("0.0.0.0/0"), Arc::default()).await;
    assert!(matches!(&messages[..], [Message::Refused(_)]), "{messages:?}");
}
