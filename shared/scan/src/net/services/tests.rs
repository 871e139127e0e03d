//! Hosts of our own making on addresses of the loopback network.

use std::io;
use std::net::SocketAddr;

use observation::latest::Outcome;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::net::limits::CONNECTIONS_PER_HOST_MAX;
use crate::net::tls::tests::server;

/// A scan without hurry or end that asks everything.
pub(in crate::net) fn shared() -> Shared {
    Shared::alone(1_000_000)
}

/// `at`: an address of the loopback network, and a port or 0.
async fn listener(at: &str) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(at).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn host(address: IpAddr, open: Vec<u16>) -> Host {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_PER_HOST_MAX));
    Host { address, open, is_swept: false, is_ot: false, connections }
}

/// What is learnt of one host, all sections as they go into its report.
async fn asked(address: IpAddr, open: Vec<u16>, is_ot: bool, shared: Shared) -> Vec<Outcome> {
    let mut book = Book::new(address);
    let host = Host { is_ot, ..host(address, open) };
    ask(host, Arc::new(shared), &mut book).await;
    book.into_report().sections.into_iter().map(|it| it.body.outcome).collect()
}

fn facts(outcomes: &[Outcome]) -> Vec<Fact> {
    let facts = outcomes.iter().filter_map(|it| match it {
        Outcome::Read { facts, .. } => Some(facts.clone()),
        _ => None,
    });
    facts.flatten().collect()
}

fn gaps(outcomes: &[Outcome]) -> Vec<Gap> {
    let gaps = outcomes.iter().filter_map(|it| match it {
        Outcome::Read { gaps, .. } => Some(gaps.clone()),
        _ => None,
    });
    gaps.flatten().collect()
}

/// Whether web servers were found in clear and inside TLS.
fn web(facts: &[Fact]) -> Vec<bool> {
    let answers = facts.iter().filter_map(|it| {
        let Fact::ServiceAnswer(answer) = it else { return None };
        (answer.protocol == ServiceProtocol::Http).then_some(answer.is_encrypted)
    });
    answers.collect()
}

/// Answers the first request, as a web server does, and hangs up.
async fn serve_page(mut stream: impl AsyncRead + AsyncWrite + Unpin, page: &str) -> io::Result<()> {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await?;
    stream.write_all(page.as_bytes()).await?;
    stream.shutdown().await
}

/// The first byte that a client sends: 22 begins a handshake of TLS.
async fn first_byte(socket: &TcpStream) -> Option<u8> {
    let mut byte = [0];
    let count = socket.peek(&mut byte).await.ok()?;
    (count == 1).then_some(byte[0])
}

#[tokio::test]
async fn a_web_server_inside_tls_on_any_port_is_not_called_one_in_clear() {
    // A port that the web probe asks in clear, and one that nobody knows.
    for at in ["127.77.31.21:8090", "127.77.31.21:0"] {
        let (listener, address) = listener(at).await;
        let acceptor = TlsAcceptor::from(server());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    if first_byte(&socket).await == Some(22) {
                        let stream = acceptor.accept(socket).await?;
                        let page = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n<title>a</title></head>";
                        return serve_page(stream, page).await;
                    }
                    let page = "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<title>400 The \
                                plain HTTP request was sent to HTTPS port</title>";
                    serve_page(socket, page).await
                });
            }
        });
        let outcomes = asked(address.ip(), vec![address.port()], false, shared()).await;
        let facts = facts(&outcomes);
        assert_eq!(web(&facts), [true], "{at}");
        assert!(facts.iter().any(|it| matches!(it, Fact::Certificate(_))), "{at}");
        assert!(facts.iter().any(|it| matches!(it, Fact::TlsVersions(_))), "{at}");
        assert_eq!(gaps(&outcomes), [], "{at}");
    }
}

/// Constructed after RFC 2246 §7.4.1.3.
fn server_hello_of_tls_1_0() -> Vec<u8> {
    let mut bytes = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    bytes.extend([9; 32]);
    bytes.extend([0, 0, 0x2f, 0]);
    bytes
}

#[tokio::test]
async fn a_server_of_old_tls_alone_is_asked_for_its_versions() {
    let (listener, address) = listener("127.77.31.22:0").await;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut hello = [0; 4096];
                let count = socket.read(&mut hello).await?;
                // The version that the client offers (RFC 2246 §7.4.1.2).
                let answer = match hello.get(..count) {
                    Some([22, _, _, _, _, 1, _, _, _, 3, 1, ..]) => server_hello_of_tls_1_0(),
                    _ => vec![21, 3, 1, 0, 2, 2, 70],
                };
                socket.write_all(&answer).await?;
                socket.shutdown().await?;
                io::Result::Ok(())
            });
        }
    });
    let outcomes = asked(address.ip(), vec![address.port()], false, shared()).await;
    let facts = facts(&outcomes);
    let versions = facts.iter().find_map(|it| {
        let Fact::TlsVersions(versions) = it else { return None };
        Some(versions.accepted.clone())
    });
    assert_eq!(versions, Some(vec!["TLS 1.0".to_owned()]), "{facts:?}");
}

#[tokio::test]
async fn an_industrial_device_gets_no_connection_where_nobody_knows_its_protocol() {
    let (listener, address) = listener("127.77.31.23:44818").await;
    for is_ot in [false, true] {
        let outcomes = asked(address.ip(), vec![44818], is_ot, shared()).await;
        assert_eq!(facts(&outcomes), []);
    }
    let taken = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(taken.is_err());
}

#[tokio::test]
async fn answers_lead_only_to_questions_that_may_be_asked() {
    let address = IpAddr::from([127, 77, 31, 24]);
    let host = Host { is_ot: true, ..host(address, Vec::new()) };
    let only = |name: &str| ProbeSelection::Only(vec![name.to_owned()]);
    let may = |selection, port| {
        let shared = Arc::new(Shared { selection, ..shared() });
        let argument = "/desc.xml".to_owned();
        let follow_up = FollowUp { probe: "scan.upnp", port, is_encrypted: false, argument };
        Visit::new(host.clone(), shared).may_follow(&follow_up)
    };
    assert!(may(ProbeSelection::All, 49152));
    assert!(may(only("upnp"), 49152));
    assert!(!may(only("ssdp"), 49152));
    assert!(!may(ProbeSelection::All, 502));
    assert!(!may(ProbeSelection::All, 9100));
}

fn visit(open: Vec<u16>) -> Visit {
    let address = IpAddr::from([127, 77, 31, 25]);
    Visit::new(host(address, open), Arc::new(shared()))
}

fn left_out(visit: &Visit) -> Vec<Gap> {
    let mut book = Book::new(visit.host.address);
    visit.say_what_was_left_out(&mut book);
    let sections = book.into_report().sections;
    gaps(&sections.into_iter().map(|it| it.body.outcome).collect::<Vec<_>>())
}

#[tokio::test]
async fn a_host_that_took_its_time_gets_no_further_connection_and_that_is_told() {
    let visit = visit(vec![443]);
    assert!(visit.turn(443).await.is_some());
    assert_eq!(left_out(&visit), []);
    for _ in 0..CONNECTIONS_PER_HOST_MAX {
        visit.strain.talked(crate::net::limits::HOST_TIMEOUT);
    }
    assert!(visit.turn(443).await.is_none());
    let [gap] = &left_out(&visit)[..] else { panic!() };
    assert_eq!(gap.of.as_deref(), Some("tcp/443"));
    assert!(matches!(gap.reason, Absent::TimedOut { after_ms: 90_000, .. }));
}

#[test]
fn a_probe_whose_port_was_left_out_does_not_say_that_nothing_is_there() {
    let mut visit = visit(vec![23]);
    visit.host.is_swept = true;
    visit.strain.leave_out(LeftOut::TimeIsOver, 23);
    let mut book = Book::new(visit.host.address);
    visit.say_what_is_not_here(&mut book);
    assert!(!book.has("scan.telnet"));
    assert!(book.has("scan.ftp"));
}

#[tokio::test]
async fn a_talk_that_ends_in_a_fault_of_ours_is_a_gap_and_takes_nothing_back() {
    let mut visit = visit(vec![23]);
    visit.host.is_swept = true;
    let mut broken = JoinSet::<()>::new();
    broken.spawn(async { panic!("a bug of ours") });
    let error = broken.join_next().await.unwrap().unwrap_err();
    let mut book = Book::new(visit.host.address);
    visit.say_what_broke(About::Port(23), &error, &mut book);
    let netbios = PROBES.iter().find(|it| it.id == "scan.netbios").unwrap();
    visit.say_what_broke(About::Datagram(netbios), &error, &mut book);
    visit.say_what_is_not_here(&mut book);
    assert!(!book.has("scan.telnet"), "nobody knows whether it is there");
    assert_eq!(left_out(&visit)[0].of.as_deref(), Some("tcp/23"));
    let sections = book.into_report().sections;
    let said = sections.iter().find(|it| it.body.source.as_str() == "scan.netbios").unwrap();
    let Outcome::Absent { reason: Absent::Failed { cause, .. } } = &said.body.outcome else {
        panic!("{said:?}")
    };
    assert!(cause.contains("a bug of ours"), "{cause}");
}

#[tokio::test]
async fn where_ports_stay_silent_no_protocol_is_tried_out_any_more() {
    let visit = visit(vec![40_000]);
    for _ in 0..crate::net::limits::SILENT_PORTS_MAX {
        visit.strain.was_silent();
    }
    let found = visit.port(40_000).await;
    assert!(found.notes.is_empty());
    assert_eq!(visit.shared.connections.load(Ordering::Relaxed), 0);
    assert_eq!(left_out(&visit)[0].of.as_deref(), Some("tcp/40000"));
}

#[tokio::test]
async fn a_port_that_takes_connections_and_says_nothing_counts_as_silent() {
    let (listener, address) = listener("127.77.31.25:0").await;
    let holding = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok(taken) = listener.accept().await {
            held.push(taken);
        }
    });
    let visit = visit(vec![address.port()]);
    for _ in 1..crate::net::limits::SILENT_PORTS_MAX {
        visit.strain.was_silent();
    }
    visit.port(address.port()).await;
    assert!(visit.strain.is_silent());
    holding.abort();
}

#[test]
fn of_too_many_ports_the_known_ones_are_asked_and_the_rest_is_told() {
    let count = u16::try_from(SERVICES_PER_HOST_MAX).unwrap();
    let visit = visit((20_001..=20_000 + count).chain([22, 443]).collect());
    let asked = visit.askable();
    assert_eq!(asked.len(), SERVICES_PER_HOST_MAX);
    assert!(asked.contains(&22) && asked.contains(&443));
    let told: Vec<String> = left_out(&visit).into_iter().filter_map(|it| it.of).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("(2 ports)"), "{told:?}");
}
