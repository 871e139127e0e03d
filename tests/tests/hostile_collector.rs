//! A collector that holds the real keys and means harm, and collectors with the wrong certificate, over
//! real TLS on loopback. Whatever they say, the agent goes on, does nothing but what the closed list of
//! tasks allows, keeps its reports and its folder, and says what is wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use kataster_agent::agent::running::Running as Service;
use kataster_agent::agent::{Agent, AgentError};
use kataster_agent::clock::SystemClock;
use kataster_agent::config::Config;
use kataster_agent::data_dir::DataDir;
use kataster_agent::deliver::{DeliverError, Delivered};
use kataster_agent::enrol::EnrolError;
use kataster_agent::failure::{Failure, trouble};
use kataster_agent::host::{RecordedHost, peak_memory_bytes};
use kataster_agent::report::Selection;
use kataster_agent::service::Requests;
use kataster_agent::status::Condition;
use observation::latest::protocol::{AgentKind, RenewAnswer, RenewRequest, Schedule, Task};
use pki::{Authority, ServerIdentity};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;
use tests::loopback::{Running, TokenTerms, now};
use wording::Language;

type Line = StreamOwned<ServerConnection, TcpStream>;
/// What is answered to a path with a body.
type Script = dyn Fn(&str, &[u8], &mut Line) -> io::Result<()> + Send + Sync;

/// The largest answer that any part of a collector may make the agent take in, and what lies in the
/// buffers of both ends of a connection on loopback.
const TAKEN_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How much the test and the agent in it may grow while they are told nonsense.
const GROWTH_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A listener that answers as told.
struct Hostile {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hostile {
    fn start(tls: Arc<ServerConfig>, script: Arc<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        // Ends with the test's process: it waits for connections that do not come any more.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, script) = (Arc::clone(&tls), Arc::clone(&script));
                let heard = Arc::clone(&heard);
                // What the agent breaks off is an error here and the aim there.
                std::thread::spawn(move || speak(stream, tls, &script, &heard).ok());
            }
        });
        Self { address, asked }
    }

    /// With the real keys of a collector, the same bytes to every question.
    fn saying(running: &Running, answer: Vec<u8>) -> Self {
        Self::start(real_keys(running), Arc::new(move |_, _, line| line.write_all(&answer)))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn config(&self) -> Config {
        Config { collector: Some(self.address.to_string()), ..Config::default() }
    }
}

fn real_keys(running: &Running) -> Arc<ServerConfig> {
    let authority = &running.collector.authority;
    let identity = authority.issue_server(&["127.0.0.1".to_owned()], now()).unwrap();
    pki::server_config_for_agents(authority, &identity).unwrap()
}

/// Answers the questions of one connection.
fn speak(
    stream: TcpStream,
    tls: Arc<ServerConfig>,
    script: &Arc<Script>,
    heard: &Arc<Mutex<Vec<String>>>,
) -> io::Result<()> {
    let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    loop {
        let (mut path, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("post ") {
                rest.split(' ').next().unwrap_or_default().clone_into(&mut path);
            }
            if let Some(number) = line.strip_prefix("content-length: ") {
                length = number.parse().map_err(io::Error::other)?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        heard.lock().unwrap().push(path.clone());
        script(&path, &body, reader.get_mut())?;
        reader.get_mut().flush()?;
    }
}

fn http(head: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    [format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n").as_bytes(), body].concat()
}

fn json(body: &str) -> Vec<u8> {
    http("200 OK\r\ncontent-type: application/json", body.as_bytes())
}

fn known(tasks: &str) -> Vec<u8> {
    json(&format!(
        r#"{{"is_known":true,"missing":[],"bases":[],"server_time":"2026-07-01T12:00:00Z","tasks":[{tasks}]}}"#
    ))
}

/// An enrolled agent with a report that waits, its real collector, and their folder.
struct Scene {
    folder: TempDir,
    running: Running,
    agent: Agent,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = Running::start(&folder.path().join("collector")).await.unwrap();
        let token = running.token(TokenTerms::default()).await.unwrap();
        let data = DataDir::open(&folder.path().join("agent")).unwrap();
        kataster_agent::enrol::enrol(&data, &token, "invented", false).await.unwrap();
        let mut agent = Agent::open(data, Config::default(), Arc::new(SystemClock)).unwrap();
        agent.collect(&RecordedHost::default(), Selection::All).unwrap();
        agent.keep_status();
        Self { folder, running, agent }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    /// Delivers to another collector, as the service does it.
    async fn deliver_to(&mut self, hostile: &Hostile) -> (Delivered, Result<(), Failure>) {
        self.agent.configure(hostile.config());
        let mut delivered = Delivered::default();
        let result = self.agent.deliver(&mut delivered).await;
        let told = result.map_err(|error| {
            let kept = trouble(error, now());
            self.agent.note_trouble(Some(kept.clone()));
            Failure {
                causes: kept.causes,
                ..Failure::new(kataster_agent::failure::Exit::Failed, key(&kept.key), kept.subject)
            }
        });
        self.agent.keep_status();
        (delivered, told)
    }

    /// What `status` shows, and how many reports wait.
    fn status(&self) -> (String, usize) {
        let condition = Condition::look(&self.path()).unwrap();
        let waiting = condition.status.as_ref().map_or(0, |it| it.waiting.reports);
        (condition.text(&self.path(), Language::English.wording(), None), waiting)
    }
}

/// The key of a kept failure as one of the program's.
fn key(kept: &str) -> &'static str {
    const KEYS: [&str; 9] = [
        "clock",
        "later",
        "not-our-tls",
        "not-understood",
        "other-authority",
        "other-name",
        "refused",
        "revoked",
        "unreachable",
    ];
    KEYS.into_iter().find(|it| *it == kept).unwrap_or("another one")
}

fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            names.extend(files(&entry.path()).iter().map(|it| format!("{name}/{it}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

#[expect(clippy::disallowed_methods, reason = "a small file of our own")]
fn enrolment_in(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join("agent/enrolment.json")).unwrap()
}

/// Answers that no collector gives, with the key of what the agent then says.
fn hostile_answers(target: SocketAddr) -> Vec<(Vec<u8>, &'static str)> {
    let redirect =
        |status: &str| http(&format!("{status}\r\nlocation: https://{target}/v1/check-in"), b"");
    let deep = [vec![b'['; 120_000], vec![b']'; 120_000]].concat();
    let long = "A\u{1b}[31m\n".repeat(20_000);
    let problem = |code: &str, title: &str| {
        serde_json::json!({"type": code, "title": title, "status": 403}).to_string()
    };
    vec![
        (http("301 Moved", b""), "not-understood"),
        (redirect("302 Found"), "not-understood"),
        (redirect("307 Temporary Redirect"), "not-understood"),
        (
            http("200 OK\r\ncontent-type: text/html", b"<html><script>alert(1)</script>"),
            "not-understood",
        ),
        (http("200 OK\r\ncontent-encoding: gzip", b"\x1f\x8b\x08\x00"), "not-understood"),
        (http("200 OK", &deep), "not-understood"),
        (json(r#"{"is_known":true,"server_time":1e999999}"#), "not-understood"),
        (json(&format!(r#"{{"is_known":{}}}"#, "9".repeat(200_000))), "not-understood"),
        (json(&format!(r#"{{"is_known":"{}"}}"#, "x".repeat(200_000))), "not-understood"),
        (
            http("200 OK", b"kataster-update 1\n{\"product\":\"kataster-agent\"}\n\n"),
            "not-understood",
        ),
        (http("403 Forbidden", problem("revoked", &long).as_bytes()), "revoked"),
        (http("403 Forbidden", problem(&long, "x").as_bytes()), "not-understood"),
        (http("503 Busy\r\nretry-after: 99999999999999999999", b"busy"), "later"),
        (http("507 Full", problem("storage-full", &long).as_bytes()), "later"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(), "unreachable"),
        (
            format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(50_000)).into_bytes(),
            "unreachable",
        ),
        (
            format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(900_000)).into_bytes(),
            "unreachable",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\ncontent-length: 7\r\n\r\n".to_vec(),
            "unreachable",
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n".to_vec(),
            "unreachable",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_it_answers_reports_stay_and_the_status_says_why() {
    let mut scene = Scene::new().await;
    let (_, waiting) = scene.status();
    assert!(waiting > 0);
    let before = files(&scene.path());
    let memory = peak_memory_bytes().unwrap();
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let target = elsewhere.local_addr().unwrap();
    let answers = hostile_answers(target);
    for (number, (answer, expected)) in answers.into_iter().enumerate() {
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(80)]).into_owned();
        let hostile = Hostile::saying(&scene.running, answer);
        let began = Instant::now();
        let (delivered, told) = scene.deliver_to(&hostile).await;
        let told = told.unwrap_err();
        assert_eq!(told.key, expected, "answer {number}: {shown:?} {told:?}");
        assert!(began.elapsed() < Duration::from_secs(20), "answer {number}: {shown:?}");
        assert_eq!((delivered.acknowledged, delivered.refused), (0, 0), "answer {number}");
        let (page, still) = scene.status();
        assert_eq!(still, waiting, "answer {number}: {shown:?}");
        let is_plain = |it: char| it == '\n' || !it.is_control();
        assert!(page.len() < 4000 && page.chars().all(is_plain), "answer {number}: {page}");
        assert!(
            page.contains(
                &told.text(Language::English.wording()).lines().next().unwrap().to_owned()
            ),
            "{page}"
        );
    }
    assert!(elsewhere.accept().is_err(), "a redirect was followed");
    assert!(peak_memory_bytes().unwrap() - memory < GROWTH_BYTES_MAX);
    assert_eq!(files(&scene.path()), before, "only what was there was written");
    assert_eq!(
        files(scene.folder.path()).iter().filter(|it| !it.starts_with("collector/")).count(),
        before.len()
    );
    // And all of it arrives where it belongs.
    scene.agent.configure(Config::default());
    let mut delivered = Delivered::default();
    scene.agent.deliver(&mut delivered).await.unwrap();
    assert_eq!(delivered.acknowledged, waiting);
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_answer_is_not_read_to_its_end() {
    let mut scene = Scene::new().await;
    let (_, waiting) = scene.status();
    let memory = peak_memory_bytes().unwrap();
    let heads: [&[u8]; 3] = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: ",
    ];
    for head in heads {
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        let script = move |_: &str, _: &[u8], line: &mut Line| {
            line.write_all(head)?;
            loop {
                line.write_all(&[b'x'; 8192])?;
                counter.fetch_add(8192, Ordering::Relaxed);
            }
        };
        let hostile = Hostile::start(real_keys(&scene.running), Arc::new(script));
        let (_, told) = scene.deliver_to(&hostile).await;
        let key = told.unwrap_err().key;
        assert!(["not-understood", "unreachable"].contains(&key), "{key}");
        assert!(sent.load(Ordering::Relaxed) < TAKEN_BYTES_MAX);
        assert_eq!(scene.status().1, waiting);
    }
    assert!(peak_memory_bytes().unwrap() - memory < GROWTH_BYTES_MAX);
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_drips_ends_with_the_time_for_it() {
    let mut scene = Scene::new().await;
    let script = |_: &str, _: &[u8], line: &mut Line| {
        line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")?;
        loop {
            line.write_all(b" ")?;
            line.flush()?;
            std::thread::sleep(Duration::from_millis(500));
        }
    };
    let hostile = Hostile::start(real_keys(&scene.running), Arc::new(script));
    let began = Instant::now();
    let (_, told) = scene.deliver_to(&hostile).await;
    assert_eq!(told.unwrap_err().key, "unreachable");
    assert!(began.elapsed() < Duration::from_secs(90), "{:?}", began.elapsed());
    assert!(scene.agent.has_reports());
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_out_of_range_change_nothing_beyond_their_limits_and_unknown_ones_nothing_at_all() {
    let mut scene = Scene::new().await;
    let planted = scene.folder.path().join("planted").display().to_string();
    let hundred_years = 100_u64 * 365 * 86_400;
    let networks = vec![r#""10.0.0.0/8""#; 10_000].join(",");
    let tasks = [
        format!(r#"{{"task":"run","program":"/usr/bin/touch","arguments":["{planted}"]}}"#),
        format!(r#"{{"task":"write_file","path":"{planted}","content":"x"}}"#),
        r#"{"task":"update","url":"https://192.0.2.1/agent","version":"99.0.0"}"#.to_owned(),
        r#"{"task":"set_update_keys","keys":["AAAA"]}"#.to_owned(),
        r#"{"task":"set_schedule","schedule":{"collect_every_seconds":-1,"volatile_every_seconds":1e300}}"#.to_owned(),
        format!(r#"{{"task":"set_schedule","schedule":{{"collect_every_seconds":0,"volatile_every_seconds":{hundred_years}}}}}"#),
        r#"{"task":"set_kind","kind":"root"}"#.to_owned(),
        r#"{"task":"set_kind","kind":"client"}"#.to_owned(),
        format!(r#"{{"task":"set_home_networks","networks":[{networks}]}}"#),
        r#"{"task":"set_home_networks","networks":["0.0.0.0/0","::/0","10.0.0.0/99"]}"#.to_owned(),
    ];
    // Many reports, and each answer says it all again.
    for _ in 0..20 {
        scene.agent.collect(&RecordedHost::default(), Selection::All).unwrap();
    }
    let hostile = Hostile::saying(&scene.running, known(&tasks.join(",")));
    let (delivered, told) = scene.deliver_to(&hostile).await;
    told.unwrap();
    let count = delivered.acknowledged;
    assert!(count >= 2, "unchanged reports take each other's place: {count}");
    assert_eq!(delivered.tasks.len(), 3, "one of each kind");
    assert!(delivered.tasks.contains(&Task::SetKind { kind: AgentKind::Client }));
    let expected = Schedule { collect_every_seconds: 60, volatile_every_seconds: 604_800 };
    assert_eq!(scene.agent.schedule(), expected);
    assert!(!Path::new(&planted).exists());
    let size = std::fs::metadata(scene.path().join("enrolment.json")).unwrap().len();
    assert!(size < 128 * 1024, "{size}");
    // It still knows itself after a new start.
    drop(scene.agent);
    let data = DataDir::open(&scene.folder.path().join("agent")).unwrap();
    Agent::open(data, Config::default(), Arc::new(SystemClock)).unwrap();
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_nearly_over_are_not_asked_for_without_end() {
    let Scene { folder: _folder, running, mut agent } = Scene::new().await;
    let authority = Authority::from_pem(
        &running.collector.authority.certificate_pem(),
        &running.collector.authority.key_pem(),
    );
    let (authority, id) = (authority.unwrap(), agent.id().0);
    let script = move |path: &str, body: &[u8], line: &mut Line| {
        if path != "/v1/renew" {
            return line.write_all(&http("404 Not Found", b""));
        }
        let request: RenewRequest = serde_json::from_slice(body)?;
        let issued_at = now() - SignedDuration::from_hours(24 * 80);
        let issued = authority.issue_agent(&request.certificate_request, id, issued_at);
        let certificate_chain = issued.map_err(io::Error::other)?.chain_pem;
        line.write_all(&json(&serde_json::to_string(&RenewAnswer { certificate_chain })?))
    };
    let hostile = Hostile::start(real_keys(&running), Arc::new(script));
    let mut config = hostile.config();
    config.scan.scanner_socket = Some("/nonexistent".into());
    agent.configure(config);
    agent.renew().await.unwrap();
    let host = RecordedHost::default();
    let mut requests = Requests::listen().unwrap();
    let service = Service::new(agent, &host, None, trouble).run(&mut requests);
    assert!(tokio::time::timeout(Duration::from_secs(5), service).await.is_err());
    let renewals = hostile.asked().iter().filter(|it| *it == "/v1/renew").count();
    assert_eq!(renewals, 2, "one before the service and one by it");
    running.end().await;
}

/// A listener of the agents that shows this certificate.
fn showing(authority: &Authority, identity: &ServerIdentity) -> Hostile {
    let tls = pki::server_config_for_agents(authority, identity).unwrap();
    Hostile::start(tls, Arc::new(|_, _, line| line.write_all(&known(""))))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_certificate_gets_no_word_and_a_clear_message() {
    let mut scene = Scene::new().await;
    let (_, waiting) = scene.status();
    let ours = &scene.running.collector.authority;
    let ours = Authority::from_pem(&ours.certificate_pem(), &ours.key_pem()).unwrap();
    let theirs = Authority::create("Kataster", now()).unwrap();
    let here = ["127.0.0.1".to_owned()];
    let elsewhere = ["collector.example".to_owned(), "127.0.0.2".to_owned()];
    let days = |count: i64| now() - SignedDuration::from_hours(24 * count);
    let cases = [
        (showing(&theirs, &theirs.issue_server(&here, now()).unwrap()), "other-authority"),
        (showing(&ours, &ours.issue_server(&elsewhere, now()).unwrap()), "other-name"),
        (showing(&ours, &ours.issue_server(&here, days(31)).unwrap()), "clock"),
        (showing(&ours, &ours.issue_server(&here, days(-30)).unwrap()), "clock"),
    ];
    for (collector, expected) in cases {
        let (_, told) = scene.deliver_to(&collector).await;
        let told = told.unwrap_err();
        assert_eq!(told.key, expected, "{told:?}");
        assert_eq!(told.subject, collector.address.to_string());
        assert_eq!(collector.asked(), Vec::<String>::new(), "{expected}: something was said");
        for language in [Language::German, Language::English] {
            let text = told.text(language.wording());
            assert!(text.lines().count() >= 3 && !text.contains("{ "), "{text}");
        }
        let (page, still) = scene.status();
        assert_eq!(still, waiting);
        assert!(page.contains(&told.subject), "{page}");
    }
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_authority_is_not_shown_to_this_one() {
    let scene = Scene::new().await;
    let theirs = Authority::create("Kataster", now()).unwrap();
    let identity = theirs.issue_server(&["127.0.0.1".to_owned()], now()).unwrap();
    let tls = pki::server_config_for_enrolment(&identity).unwrap();
    let posing = Hostile::start(tls, Arc::new(|_, _, line| line.write_all(&json("{}"))));
    let genuine = scene.running.token(TokenTerms::default()).await.unwrap();
    let address = posing.address.to_string();
    let misled =
        pki::Token::create(genuine.id(), address, scene.running.collector.authority.fingerprint());
    let data = DataDir::open(&scene.folder.path().join("other")).unwrap();
    let result = kataster_agent::enrol::enrol(&data, &misled.unwrap(), "invented", false).await;
    assert!(matches!(result, Err(EnrolError::Conversation(DeliverError::Network(_)))));
    assert_eq!(Failure::from(result.unwrap_err()).key, "other-authority");
    assert_eq!(posing.asked(), Vec::<String>::new());
    assert!(data.enrolment().unwrap().is_none());
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_no_tls_is_named_as_that() {
    let mut scene = Scene::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The agent may hang up first.
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let plain = Hostile { address, asked: Arc::default() };
    let (_, told) = scene.deliver_to(&plain).await;
    assert_eq!(told.unwrap_err().key, "not-our-tls");
    assert!(scene.agent.has_reports());
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_that_is_not_ours_is_not_taken() {
    let Scene { folder, running, mut agent } = Scene::new().await;
    let theirs = Authority::create("Kataster", now()).unwrap();
    let before = enrolment_in(&folder);
    let id = agent.id().0;
    let script = move |_: &str, body: &[u8], line: &mut Line| {
        let request: RenewRequest = serde_json::from_slice(body)?;
        let issued = theirs.issue_agent(&request.certificate_request, id, now());
        let certificate_chain = issued.map_err(io::Error::other)?.chain_pem;
        line.write_all(&json(&serde_json::to_string(&RenewAnswer { certificate_chain })?))
    };
    let hostile = Hostile::start(real_keys(&running), Arc::new(script));
    agent.configure(hostile.config());
    let refused = agent.renew().await;
    assert!(matches!(refused, Err(AgentError::Renew(EnrolError::BadAnswer { .. }))), "{refused:?}");
    let after = enrolment_in(&folder);
    assert_eq!(after, before);
    running.end().await;
}
