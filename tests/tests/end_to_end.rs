//! Agent and collector over real mutual TLS on loopback: the whole way of a report, and what is
//! refused on it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use inventory::asset::ObserverId;
use kataster_agent::agent::deliver_once;
use kataster_agent::config::Config;
use kataster_agent::data_dir::DataDir;
use kataster_agent::deliver::network::NetworkError;
use observation::ContentHash;
use observation::latest::delta;
use observation::latest::protocol::{
    BodyTransfer, CheckInAnswer, CheckInRequest, ManifestAnswer, ProblemCode, RenewRequest,
    UploadAnswer,
};
use observation::latest::{AgentId, ReportNumber, SectionBody};
use pki::{AgentKey, Authority, Token};
use serde_json::value::RawValue;
use store::AgentState;
use tempfile::TempDir;
use tests::loopback::{
    Answer, BOOT, Running, Speaker, TokenTerms, body, event, full, manifest, now, number,
};
use uuid::Uuid;

async fn start() -> (TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&folder.path().join("collector")).await.unwrap();
    (folder, running)
}

async fn actions(running: &Running) -> Vec<String> {
    let events = running.collector.store.events(0, 1000).await.unwrap();
    events.into_iter().map(|it| it.event.action).collect()
}

fn check_in(agent: AgentId, number: ReportNumber, bodies: &[SectionBody]) -> CheckInRequest {
    CheckInRequest {
        agent,
        number,
        observed_at: now(),
        host_hash: ContentHash::of_all(bodies.iter().map(SectionBody::hash)),
        boot: Some(BOOT),
        sent_at: now(),
        home_revision: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn this_machine_enrols_and_reports_and_a_second_report_of_it_is_not_another_asset() {
    let (folder, running) = start().await;
    let token = running.token(TokenTerms::default()).await.unwrap();
    let path = folder.path().join("agent");
    {
        let data = DataDir::open(&path).unwrap();
        kataster_agent::enrol::enrol(&data, &token, "this-machine", false).await.unwrap();
    }
    let (first, _) = deliver_once(&path, Config::default()).await.unwrap();
    assert!(first.acknowledged > 0 && first.refused == 0, "{first:?}");
    let (second, _) = deliver_once(&path, Config::default()).await.unwrap();
    assert!(second.acknowledged > 0 && second.refused == 0, "{second:?}");
    assert!(second.bytes_sent < first.bytes_sent, "{second:?}");
    kataster::ingest::reconcile_pending(&running.collector, now()).await.unwrap();
    let assets = running.collector.store.assets().await.unwrap();
    // Neighbours of this machine may be assets too: seen, not contacted.
    let is_agent = |it: &&ObserverId| matches!(it, ObserverId::Agent(_));
    let reported: Vec<usize> = assets
        .iter()
        .map(|it| it.members.iter().filter(is_agent).count())
        .filter(|it| *it > 0)
        .collect();
    assert_eq!(reported, [1]);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_sent_again_is_kept_once() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let report = speaker.report(number(1), &[body("system.init", "systemd")]);
    let send = async || -> UploadAnswer { speaker.upload(&report).await.unwrap().read().unwrap() };
    assert!(!send().await.was_repeated);
    assert!(send().await.was_repeated);
    let observer = ObserverId::Agent(speaker.agent);
    let history = running.collector.store.section_history(vec![observer]).await.unwrap();
    assert_eq!(history.len(), 1);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_host_sends_one_hash_and_a_changed_one_what_is_missing() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let old = [body("system.init", "systemd"), body("system.release", "12")];
    let smallest = check_in(speaker.agent, number(1), &old);
    assert!(serde_json::to_vec(&smallest).unwrap().len() <= 400);
    let asked = speaker.ask("/v1/check-in", &smallest).await;
    assert!(!asked.unwrap().read::<CheckInAnswer>().unwrap().is_known);
    speaker.upload(&speaker.report(number(1), &old)).await.unwrap().read::<UploadAnswer>().unwrap();
    let asked = speaker.ask("/v1/check-in", &check_in(speaker.agent, number(2), &old)).await;
    assert!(asked.unwrap().read::<CheckInAnswer>().unwrap().is_known);
    let new = [body("system.init", "systemd"), body("system.release", "13")];
    let asked = manifest(speaker.agent, number(3), &new, now());
    let answer: ManifestAnswer = speaker.ask("/v1/manifest", &asked).await.unwrap().read().unwrap();
    assert_eq!(answer.missing, [new[1].hash()]);
    assert!(answer.bases.iter().any(|it| it.hash == old[1].hash()));
    let difference =
        delta::difference(&old[1].canonical_bytes(), &new[1].canonical_bytes()).unwrap();
    let mut report = speaker.report(number(3), &new);
    report.bodies = vec![difference];
    speaker.upload(&report).await.unwrap().read::<UploadAnswer>().unwrap();
    let kept = running.collector.store.section_body(new[1].hash()).await.unwrap();
    assert_eq!(kept, Some(new[1].canonical_bytes()));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_a_person_must_approve_waits_for_it() {
    let (_folder, running) = start().await;
    let terms = TokenTerms { needs_approval: true, ..TokenTerms::default() };
    let token = running.token(terms).await.unwrap();
    let speaker = Speaker::enrol(&token, running.agents).await.unwrap().unwrap();
    let report = speaker.report(number(1), &[body("system.init", "systemd")]);
    let answer = speaker.upload(&report).await.unwrap();
    assert_eq!((answer.status, answer.refusal()), (403, Some(ProblemCode::AwaitingApproval)));
    let store = &running.collector.store;
    let approved = event("agent_approved");
    assert!(store.set_agent_state(speaker.agent, AgentState::Approved, approved).await.unwrap());
    assert_eq!(speaker.upload(&report).await.unwrap().status, 200);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_agent_is_refused_on_the_connection_that_it_has_open() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let report = speaker.report(number(1), &[body("system.init", "systemd")]);
    assert_eq!(speaker.upload(&report).await.unwrap().status, 200);
    let store = &running.collector.store;
    let revoked = event("agent_revoked");
    assert!(store.set_agent_state(speaker.agent, AgentState::Revoked, revoked).await.unwrap());
    let requests = [
        speaker.upload(&report).await.unwrap(),
        speaker.ask("/v1/check-in", &check_in(speaker.agent, number(2), &[])).await.unwrap(),
        speaker.ask("/v1/manifest", &report.manifest).await.unwrap(),
        speaker.ask("/v1/renew", &renewal()).await.unwrap(),
    ];
    for answer in requests {
        assert_eq!((answer.status, answer.refusal()), (403, Some(ProblemCode::Revoked)));
    }
    running.end().await;
}

fn renewal() -> RenewRequest {
    let key = AgentKey::generate().unwrap();
    RenewRequest { certificate_request: key.certificate_request().unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_gets_no_connection() {
    let (_folder, running) = start().await;
    let other = Authority::create("other", now()).unwrap();
    let key = AgentKey::generate().unwrap();
    let agent = Uuid::now_v7();
    let request = key.certificate_request().unwrap();
    let chain = other.issue_agent(&request, agent, now()).unwrap().chain_pem;
    let leaf = chain.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap();
    // It knows our authority and shows a certificate of its own.
    let mixed = format!("{leaf}{}", running.collector.authority.certificate_pem());
    let key_pem = key.to_pem().to_string();
    let speaker =
        Speaker::with_certificate(AgentId(agent), key_pem, mixed, running.agents).unwrap();
    let answer = speaker.say("/v1/check-in", b"{}".to_vec(), false).await;
    assert!(matches!(answer, Err(NetworkError::Tls { .. } | NetworkError::Unreachable { .. })));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_does_not_speak_to_a_collector_of_another_authority() {
    let (_folder, running) = start().await;
    let (_other_folder, other) = start().await;
    let speaker = running.speaker().await.unwrap().again(other.agents).unwrap();
    let answer = speaker.say("/v1/check-in", b"{}".to_vec(), false).await;
    assert!(matches!(answer, Err(NetworkError::Tls { .. })), "{answer:?}");
    let token = running.token(TokenTerms::default()).await.unwrap();
    let address = other.enrolment.to_string();
    let misled = Token::create(Uuid::now_v7(), address, token.authority()).unwrap();
    assert!(Speaker::enrol(&misled, other.agents).await.is_err());
    running.end().await;
    other.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_claims_another_agent_is_refused_and_logged() {
    let (_folder, running) = start().await;
    let (speaker, victim) = (running.speaker().await.unwrap(), running.speaker().await.unwrap());
    let mut report = speaker.report(number(1), &[body("system.init", "systemd")]);
    report.manifest.observer.agent = Some(victim.agent);
    let answers = [
        speaker.upload(&report).await.unwrap(),
        speaker.ask("/v1/manifest", &report.manifest).await.unwrap(),
        speaker.ask("/v1/check-in", &check_in(victim.agent, number(1), &[])).await.unwrap(),
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.refusal()), (403, Some(ProblemCode::WrongAgent)));
    }
    assert!(actions(&running).await.iter().any(|it| it.starts_with("report_refused")));
    let observer = ObserverId::Agent(victim.agent);
    assert_eq!(running.collector.store.section_history(vec![observer]).await.unwrap(), []);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_uses_of_one_token_at_once_exactly_one_succeeds() {
    let (_folder, running) = start().await;
    let token = running.token(TokenTerms::default()).await.unwrap();
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (token, agents) = (token.clone(), running.agents);
        tries.spawn(async move { Speaker::enrol(&token, agents).await.unwrap().err() });
    }
    let answers: Vec<Option<Answer>> = tries.join_all().await;
    assert_eq!(answers.iter().filter(|it| it.is_none()).count(), 1);
    for answer in answers.iter().flatten() {
        // Beyond what one address may ask at once the answer is to come back later.
        assert!(matches!(answer.refusal(), Some(ProblemCode::TokenRefused | ProblemCode::Busy)));
    }
    assert_eq!(running.collector.store.agents().await.unwrap().len(), 1);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_token_gets_the_same_answer() {
    let (_folder, running) = start().await;
    let terms = TokenTerms { life: jiff::SignedDuration::from_secs(-1), ..TokenTerms::default() };
    let expired = running.token(terms).await.unwrap();
    let used = running.token(TokenTerms::default()).await.unwrap();
    Speaker::enrol(&used, running.agents).await.unwrap().unwrap();
    let revoked = running.token(TokenTerms::default()).await.unwrap();
    let store = &running.collector.store;
    assert!(store.revoke_token(revoked.id(), event("token_revoked")).await.unwrap());
    let good = running.token(TokenTerms::default()).await.unwrap();
    let address = running.enrolment.to_string();
    let guessed = Token::create(good.id(), address.clone(), good.authority()).unwrap();
    let unknown = Token::create(Uuid::now_v7(), address, good.authority()).unwrap();
    let mut answers = Vec::new();
    for token in [expired, used, revoked, guessed, unknown] {
        answers.push(Speaker::enrol(&token, running.agents).await.unwrap().err().unwrap());
    }
    assert_eq!(answers[0].refusal(), Some(ProblemCode::TokenRefused));
    assert!(answers.iter().all(|it| *it == answers[0]), "{answers:?}");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_are_refused_and_the_collector_goes_on() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let bomb = zstd::encode_all(vec![b' '; 80 << 20].as_slice(), 3).unwrap();
    let pack = |text: &[u8]| zstd::encode_all(text, 3).unwrap();
    let cases = [
        (bomb, ProblemCode::TooLarge),
        (pack("[".repeat(200_000).as_bytes()), ProblemCode::BadRequest),
        (pack(b"\xff\xfe"), ProblemCode::BadRequest),
        (b"not zstd".to_vec(), ProblemCode::BadRequest),
        (Vec::new(), ProblemCode::BadRequest),
    ];
    for (bytes, code) in cases {
        let answer = speaker.say("/v1/upload", bytes, true).await.unwrap();
        assert_eq!(answer.refusal(), Some(code), "{answer:?}");
    }
    for path in ["/v1/check-in", "/v1/manifest", "/v1/renew"] {
        // On a connection of its own: the last request of each path breaks it.
        let speaker = speaker.again(running.agents).unwrap();
        for bytes in [b"".to_vec(), b"{}".to_vec(), "[".repeat(50_000).into_bytes(), vec![0; 99]] {
            let answer = speaker.say(path, bytes, false).await.unwrap();
            assert_eq!((answer.status, answer.refusal()), (400, Some(ProblemCode::BadRequest)));
        }
        // The refusal may come while the rest is still being sent: then the connection breaks.
        match speaker.say(path, vec![b' '; 1 << 20], false).await {
            Ok(answer) => assert_eq!(answer.refusal(), Some(ProblemCode::TooLarge)),
            Err(error) => assert!(matches!(error, NetworkError::Unreachable { .. }), "{error}"),
        }
    }
    assert_eq!(speaker.say("/", Vec::new(), false).await.unwrap().status, 404);
    let report = speaker.report(number(1), &[body("system.init", "systemd")]);
    assert_eq!(speaker.upload(&report).await.unwrap().status, 200);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_that_contradict_themselves_are_refused() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let bodies = [body("system.init", "systemd"), body("system.release", "12")];
    let whole = speaker.report(number(1), &bodies);
    let mut swapped = whole.clone();
    swapped.manifest.sections[0].source = swapped.manifest.sections[1].source.clone();
    let mut renamed = whole.clone();
    renamed.manifest.sections[0].source = observation::latest::SourceId::new("system.other");
    let mut incomplete = whole.clone();
    incomplete.bodies.pop();
    let mut surplus = whole.clone();
    surplus.bodies.extend((0..300).map(|it| full(&body("system.x", &it.to_string()))));
    let mut wordy = speaker.report(number(1), &[body("system.init", &"x".repeat(5000))]);
    wordy.manifest.observer.agent = Some(speaker.agent);
    for report in [swapped, renamed, incomplete, surplus, wordy] {
        let answer = speaker.upload(&report).await.unwrap();
        assert_eq!(answer.refusal(), Some(ProblemCode::BadRequest), "{answer:?}");
    }
    let mut unknown_base = whole.clone();
    unknown_base.bodies[1] = BodyTransfer::Delta {
        base: ContentHash::of(b"nowhere"),
        hash: bodies[1].hash(),
        removed: Vec::new(),
        added: Vec::new(),
        gaps: Vec::new(),
        complaints: Vec::new(),
    };
    let answer = speaker.upload(&unknown_base).await.unwrap();
    assert_eq!((answer.status, answer.refusal()), (409, Some(ProblemCode::UnknownBase)));
    assert_eq!(speaker.upload(&whole).await.unwrap().status, 200);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_of_a_newer_agent_are_kept_as_they_came_and_counted() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let text = r#"{"source":"system.init","outcome":{"read":{"facts":[{"fact":"oracle","a":1}]}}}"#;
    let hash = ContentHash::of(text.as_bytes());
    let mut report = speaker.report(number(1), &[body("system.init", "systemd")]);
    report.manifest.sections[0].hash = hash;
    let raw = RawValue::from_string(text.to_owned()).unwrap();
    report.bodies = vec![BodyTransfer::Full { body: raw }];
    assert_eq!(speaker.upload(&report).await.unwrap().status, 200);
    let kept = running.collector.store.section_body(hash).await.unwrap();
    assert_eq!(kept, Some(text.as_bytes().to_vec()));
    assert!(actions(&running).await.contains(&"facts_not_understood".to_owned()));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ten_years_off_does_not_move_the_history() {
    let (_folder, running) = start().await;
    for (years, text) in [(-10, "slow"), (10, "fast")] {
        let speaker = running.speaker().await.unwrap();
        let bodies = [body("system.init", text)];
        let off = jiff::SignedDuration::from_hours(years * 365 * 24);
        let mut report = speaker.report(number(1), &bodies);
        report.manifest =
            manifest(speaker.agent, number(1), &bodies, now().checked_add(off).unwrap());
        let before = now();
        assert_eq!(speaker.upload(&report).await.unwrap().status, 200);
        let observer = ObserverId::Agent(speaker.agent);
        let history = running.collector.store.section_history(vec![observer]).await.unwrap();
        let seen_at = history[0].last_observed_at;
        assert!(seen_at <= now() && before.duration_since(seen_at).as_secs() < 60, "{seen_at}");
    }
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_collector_knows_its_agents_and_their_reports() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("collector");
    let running = Running::start(&path).await.unwrap();
    let speaker = running.speaker().await.unwrap();
    let bodies = [body("system.init", "systemd")];
    assert_eq!(speaker.upload(&speaker.report(number(1), &bodies)).await.unwrap().status, 200);
    running.end().await;
    let running = Running::start(&path).await.unwrap();
    let speaker = speaker.again(running.agents).unwrap();
    let asked = speaker.ask("/v1/check-in", &check_in(speaker.agent, number(2), &bodies)).await;
    assert!(asked.unwrap().read::<CheckInAnswer>().unwrap().is_known);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_is_for_the_enrolled_key_alone() {
    let (_folder, running) = start().await;
    let speaker = running.speaker().await.unwrap();
    let answer = speaker.ask("/v1/renew", &renewal()).await.unwrap();
    assert_eq!(answer.refusal(), Some(ProblemCode::BadCertificateRequest));
    let same = RenewRequest { certificate_request: speaker.certificate_request().unwrap() };
    assert_eq!(speaker.ask("/v1/renew", &same).await.unwrap().status, 200);
    running.end().await;
}
