//! Reports that travel as signed files: over a carrier's connection and by hand, of known hosts and of
//! ones that wait for a person.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use kataster::command::{Order, Reply, execute};
use kataster::failure::ExitCode;
use kataster_agent::carry::{Sealed, seal};
use kataster_agent::clock::SystemClock;
use kataster_agent::config::Config;
use kataster_agent::data_dir::DataDir;
use kataster_agent::host::RecordedHost;
use observation::latest::AgentId;
use observation::latest::protocol::{
    Carried, CarryAnswer, CarryRequest, HelloAnswer, HelloRequest, ProblemCode, SignedReport,
    UploadRequest,
};
use pki::{AgentKey, SignedFile};
use store::AgentState;
use tempfile::TempDir;
use tests::loopback::{Answer, Running, Speaker, TokenTerms, body, full, manifest, now, number};
use uuid::Uuid;

async fn start() -> (TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&folder.path().join("collector")).await.unwrap();
    (folder, running)
}

/// A file of a host that is not enrolled, with one fact.
fn sealed(key: &AgentKey, sequence: u64, text: &str) -> Vec<u8> {
    let bodies = [body("system.init", text)];
    let report = UploadRequest {
        manifest: manifest(AgentId(Uuid::from_u128(99)), number(sequence), &bodies, now()),
        bodies: bodies.iter().map(full).collect(),
    };
    let signed = SignedReport {
        format: SignedReport::FORMAT,
        host_name: "insel\u{1b}-1".to_owned(),
        report,
    };
    let text = serde_json::to_vec(&signed).unwrap();
    key.seal(&zstd::encode_all(text.as_slice(), 3).unwrap()).unwrap()
}

async fn carry(speaker: &Speaker, file: &[u8]) -> Answer {
    speaker.ask("/v1/carry", &CarryRequest { file: BASE64.encode(file) }).await.unwrap()
}

async fn carried(speaker: &Speaker, file: &[u8]) -> CarryAnswer {
    carry(speaker, file).await.read().unwrap()
}

async fn order(running: &Running, order: Order) -> Result<Reply, kataster::failure::Failure> {
    execute(&running.collector, "tester", order).await
}

fn code(reply: Reply) -> String {
    let Reply::Done { code, .. } = reply else { return format!("{reply:?}") };
    code
}

fn own_file(folder: &Path) -> Sealed {
    let data = DataDir::open(&folder.join("island")).unwrap();
    seal(data, Config::default(), &RecordedHost::default(), Arc::new(SystemClock)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_isolated_host_waits_for_a_person_and_then_reports() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let key = AgentKey::generate().unwrap();
    let first = carried(&speaker, &sealed(&key, 1, "one")).await;
    assert_eq!((first.outcome, first.host_name.as_str()), (Carried::Waiting, "insel-1"));
    assert_eq!(first.key.as_bytes(), &key.public_key_hash());
    assert_eq!(carried(&speaker, &sealed(&key, 2, "two")).await.outcome, Carried::Waiting);
    assert_eq!(carried(&speaker, &sealed(&key, 1, "one")).await.outcome, Carried::Repeated);
    let record = running.collector.store.agent(first.agent).await.unwrap().unwrap();
    assert_eq!((record.state, record.last_number), (AgentState::Waiting, None));

    let approved = order(&running, Order::AgentApprove { id: first.agent }).await.unwrap();
    assert_eq!(code(approved), "agent-approved-with-reports");
    let record = running.collector.store.agent(first.agent).await.unwrap().unwrap();
    assert_eq!(record.last_number, Some(number(2)));
    assert!(running.collector.store.next_file(first.agent, None).await.unwrap().is_none());

    // From now on its files are reports like any other, each taken once.
    let third = sealed(&key, 3, "three");
    assert_eq!(carried(&speaker, &third).await.outcome, Carried::Taken);
    assert_eq!(carried(&speaker, &third).await.outcome, Carried::Repeated);
    assert_eq!(carried(&speaker, &sealed(&key, 1, "one")).await.outcome, Carried::Repeated);
    // The carrier itself has said nothing.
    let carrier = running.collector.store.agent(speaker.agent).await.unwrap().unwrap();
    assert_eq!(carrier.last_number, None);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_turned_away_leaves_nothing() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let key = AgentKey::generate().unwrap();
    let waiting = carried(&speaker, &sealed(&key, 1, "one")).await;
    order(&running, Order::AgentRevoke { id: waiting.agent }).await.unwrap();
    assert!(running.collector.store.next_file(waiting.agent, None).await.unwrap().is_none());
    let answer = carry(&speaker, &sealed(&key, 2, "two")).await;
    assert_eq!(answer.refusal(), Some(ProblemCode::Revoked));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_and_foreign_files_are_refused() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let key = AgentKey::generate().unwrap();
    let file = sealed(&key, 1, "one");
    for at in [30, 200, file.len() - 1] {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert_eq!(carry(&speaker, &changed).await.refusal(), Some(ProblemCode::BadSignature));
    }
    for foreign in [&b""[..], b"PK\x03\x04", &file[..file.len() / 2]] {
        assert_eq!(carry(&speaker, foreign).await.refusal(), Some(ProblemCode::BadSignature));
    }
    let bomb = zstd::encode_all(vec![b'['; 60_000_000].as_slice(), 3).unwrap();
    for content in [&b"no zstd"[..], &bomb, &zstd::encode_all(&b"{}"[..], 3).unwrap()] {
        let answer = carry(&speaker, &key.seal(content).unwrap()).await;
        let refusal = answer.refusal();
        assert!(
            matches!(refusal, Some(ProblemCode::BadRequest | ProblemCode::TooLarge)),
            "{refusal:?}"
        );
    }
    assert_eq!(running.collector.store.agents().await.unwrap().len(), 1);
    let import = Order::ReportImport { name: "x".to_owned(), file: BASE64.encode(b"PK") };
    assert_eq!(order(&running, import).await.unwrap_err().exit_code, ExitCode::Refused);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_may_not_speak_may_not_carry() {
    let (_folder, running) = start().await;
    let terms = TokenTerms { needs_approval: true, ..TokenTerms::default() };
    let token = running.token(terms).await.unwrap();
    let waiting = Speaker::enrol(&token, running.agents).await.unwrap().unwrap();
    let file = sealed(&AgentKey::generate().unwrap(), 1, "one");
    assert_eq!(carry(&waiting, &file).await.refusal(), Some(ProblemCode::AwaitingApproval));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_this_machine_is_taken_from_a_data_carrier() {
    let (folder, running) = start().await;
    let made = own_file(folder.path());
    let text = BASE64.encode(&made.file);
    let import = || Order::ReportImport { name: "stick".to_owned(), file: text.clone() };
    assert_eq!(code(order(&running, import()).await.unwrap()), "report-waiting");
    let agent = AgentId(SignedFile::host_of(made.key));
    let approved = order(&running, Order::AgentApprove { id: agent }).await.unwrap();
    assert_eq!(code(approved), "agent-approved-with-reports");
    assert_eq!(code(order(&running, import()).await.unwrap()), "report-repeated");
    let later = own_file(folder.path());
    let import = Order::ReportImport { name: "x".to_owned(), file: BASE64.encode(&later.file) };
    assert_eq!(code(order(&running, import).await.unwrap()), "report-taken");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_asks_whether_it_may_speak() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let hello = HelloRequest { agent: speaker.agent };
    let answer: HelloAnswer = speaker.ask("/v1/hello", &hello).await.unwrap().read().unwrap();
    assert!(now().duration_since(answer.server_time).as_secs().abs() < 60);
    let other = HelloRequest { agent: AgentId(Uuid::from_u128(1)) };
    let answer = speaker.ask("/v1/hello", &other).await.unwrap();
    assert_eq!(answer.refusal(), Some(ProblemCode::WrongAgent));
    order(&running, Order::AgentRevoke { id: speaker.agent }).await.unwrap();
    let answer = speaker.ask("/v1/hello", &hello).await.unwrap();
    assert_eq!(answer.refusal(), Some(ProblemCode::Revoked));
    running.end().await;
}
