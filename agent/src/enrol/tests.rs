//! Enrolment over real TLS on loopback: who is trusted, what is sent, what is kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;

use observation::latest::AgentId;
use observation::latest::protocol::{AgentKind, Problem, ProblemCode, Schedule};
use pki::{
    Authority, ExpiredRenewal, Fingerprint, TlsFailure, server_config_for_agents,
    server_config_for_enrolment,
};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use uuid::Uuid;

use super::*;
use crate::clock::{Clock, SystemClock};
use crate::data_dir::tests::enrolment;

const AGENT: Uuid = Uuid::from_u128(5);

/// What one connection carried: the request's body, if the handshake came that far.
type Seen = Option<Vec<u8>>;

/// Answers one connection and ends.
fn serve(
    config: Arc<ServerConfig>,
    answer: impl FnOnce(&[u8]) -> (u16, Vec<u8>) + Send + 'static,
) -> (String, JoinHandle<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = ServerConnection::new(config).unwrap();
        let mut reader = BufReader::new(StreamOwned::new(connection, stream));
        let mut length = 0;
        loop {
            let mut line = String::new();
            // An error here is a handshake that failed: nothing was received.
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let (status, text) = answer(&body);
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            text.len()
        );
        let stream = reader.get_mut();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&text).unwrap();
        stream.conn.send_close_notify();
        let _ = stream.flush();
        Some(body)
    });
    (address, thread)
}

fn now() -> Timestamp {
    SystemClock.now()
}

fn authority() -> Authority {
    Authority::create("Muster GmbH", now()).unwrap()
}

fn listener(authority: &Authority) -> Arc<ServerConfig> {
    let identity = authority.issue_server(&["127.0.0.1".to_owned()], now()).unwrap();
    server_config_for_enrolment(&identity).unwrap()
}

/// The collector's part of enrolment: certifies whatever key comes.
fn certify(authority: &Authority, body: &[u8]) -> (u16, Vec<u8>) {
    let request: EnrolRequest = serde_json::from_slice(body).unwrap();
    let issued = authority.issue_agent(&request.certificate_request, AGENT, now()).unwrap();
    let answer = EnrolAnswer {
        agent: AgentId(AGENT),
        certificate_chain: issued.chain_pem,
        agent_address: "127.0.0.1:8443".to_owned(),
        name_key: "AAAA".to_owned(),
        kind: AgentKind::Client,
        schedule: Schedule { collect_every_seconds: 3600, volatile_every_seconds: 900 },
    };
    (200, serde_json::to_vec(&answer).unwrap())
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}

fn token(address: String, authority: Fingerprint) -> Token {
    Token::create(Uuid::from_u128(1), address, authority).unwrap()
}

fn open(folder: &Path) -> DataDir {
    DataDir::open(&folder.join("agent")).unwrap()
}

#[test]
fn a_token_makes_an_enrolled_agent() {
    let (authority, folder) = (authority(), tempfile::tempdir().unwrap());
    let (listener, fingerprint) = (listener(&authority), authority.fingerprint());
    let (address, server) = serve(listener, move |body| certify(&authority, body));
    let (data, token) = (open(folder.path()), token(address, fingerprint));
    let enrolled = wait_for(enrol(&data, &token, "host", false)).unwrap();
    assert_eq!(enrolled.agent.0, AGENT);
    assert!(enrolled.epoch > 0);
    assert_eq!(data.enrolment().unwrap().unwrap().agent, enrolled.agent);
    let sent = String::from_utf8(server.join().unwrap().unwrap()).unwrap();
    assert!(sent.contains("CERTIFICATE REQUEST") && !sent.contains("PRIVATE"));
}

#[test]
fn nothing_is_sent_to_a_collector_with_another_authority() {
    let (ours, theirs, folder) = (authority(), authority(), tempfile::tempdir().unwrap());
    let (address, server) = serve(listener(&theirs), |_| panic!("it was asked"));
    let (data, token) = (open(folder.path()), token(address, ours.fingerprint()));
    let error = wait_for(enrol(&data, &token, "host", false)).unwrap_err();
    let EnrolError::Conversation(DeliverError::Network(NetworkError::Tls { failure, .. })) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(failure, TlsFailure::OtherAuthority);
    assert_eq!(server.join().unwrap(), None);
    assert!(data.enrolment().unwrap().is_none());
}

#[test]
fn a_refused_token_is_told_as_such_and_changes_nothing() {
    let (authority, folder) = (authority(), tempfile::tempdir().unwrap());
    let problem =
        Problem { code: ProblemCode::TokenRefused, title: "refused".to_owned(), status: 403 };
    let text = serde_json::to_vec(&problem).unwrap();
    let (address, _server) = serve(listener(&authority), move |_| (403, text));
    let (data, token) = (open(folder.path()), token(address, authority.fingerprint()));
    let error = wait_for(enrol(&data, &token, "host", false)).unwrap_err();
    assert!(matches!(
        error,
        EnrolError::Conversation(DeliverError::Refused { code: ProblemCode::TokenRefused, .. })
    ));
    assert!(data.enrolment().unwrap().is_none());
}

#[test]
fn a_certificate_by_another_authority_is_not_kept() {
    let (ours, folder) = (authority(), tempfile::tempdir().unwrap());
    let (listener, fingerprint) = (listener(&ours), ours.fingerprint());
    let theirs = authority();
    let (address, _server) = serve(listener, move |body| certify(&theirs, body));
    let (data, token) = (open(folder.path()), token(address, fingerprint));
    let error = wait_for(enrol(&data, &token, "host", false)).unwrap_err();
    assert!(matches!(error, EnrolError::BadAnswer { .. }), "{error:?}");
    assert!(data.enrolment().unwrap().is_none());
}

#[test]
fn an_endless_answer_is_cut_off() {
    let (authority, folder) = (authority(), tempfile::tempdir().unwrap());
    let (address, _server) = serve(listener(&authority), |_| (200, vec![b' '; 2 * 1024 * 1024]));
    let (data, token) = (open(folder.path()), token(address, authority.fingerprint()));
    let error = wait_for(enrol(&data, &token, "host", false)).unwrap_err();
    assert!(matches!(
        error,
        EnrolError::Conversation(DeliverError::Network(NetworkError::AnswerTooLarge { .. }))
    ));
}

#[test]
fn nobody_there_is_told_as_unreachable() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let (data, token) = (open(folder.path()), token(address, Fingerprint::of(b"x")));
    let error = wait_for(enrol(&data, &token, "host", false)).unwrap_err();
    assert!(matches!(
        error,
        EnrolError::Conversation(DeliverError::Network(NetworkError::Unreachable { .. }))
    ));
}

#[test]
fn an_enrolled_agent_is_not_enrolled_twice_by_accident() {
    let (authority, folder) = (authority(), tempfile::tempdir().unwrap());
    let (listener, fingerprint) = (listener(&authority), authority.fingerprint());
    let data = open(folder.path());
    data.keep(&enrolment(&authority, now())).unwrap();
    let (address, _server) = serve(listener, move |body| certify(&authority, body));
    let token = token(address, fingerprint);
    let error = wait_for(enrol(&data, &token, "host", false)).unwrap_err();
    assert!(matches!(error, EnrolError::AlreadyEnrolled { .. }));
    let before = data.enrolment().unwrap().unwrap().epoch;
    let after = wait_for(enrol(&data, &token, "host", true)).unwrap().epoch;
    assert!(after > before);
}

#[test]
fn a_certificate_is_renewed_over_mutual_tls() {
    let authority = authority();
    let enrolled = enrolment(&authority, now());
    let identity = authority.issue_server(&["127.0.0.1".to_owned()], now()).unwrap();
    let listener = server_config_for_agents(&authority, &identity).unwrap();
    let (address, _server) = serve(listener, move |body| {
        let request: RenewRequest = serde_json::from_slice(body).unwrap();
        let issued = authority.issue_agent(&request.certificate_request, AGENT, now()).unwrap();
        (200, serde_json::to_vec(&RenewAnswer { certificate_chain: issued.chain_pem }).unwrap())
    });
    let renewed = wait_for(renew(&enrolled, &address)).unwrap();
    assert_eq!(renewed.agent, enrolled.agent);
    assert_ne!(
        renewed.identity().unwrap().peer().serial,
        enrolled.identity().unwrap().peer().serial
    );
}

#[test]
fn a_certificate_that_ran_out_is_renewed_with_the_enrolled_key() {
    let authority = authority();
    let past = now() - jiff::SignedDuration::from_hours(24 * 120);
    let mut enrolled = enrolment(&authority, past);
    let (address, _server) = serve(listener(&authority), move |body| {
        let request: RenewExpiredRequest = serde_json::from_slice(body).unwrap();
        let renewal = ExpiredRenewal {
            agent: request.agent.0,
            certificate: &request.certificate,
            certificate_request: &request.certificate_request,
            asked_at: request.asked_at,
            signature: &request.signature,
        };
        authority.check_expired_renewal(&renewal, now()).unwrap();
        let issued = authority.issue_agent(&request.certificate_request, AGENT, now()).unwrap();
        (200, serde_json::to_vec(&RenewAnswer { certificate_chain: issued.chain_pem }).unwrap())
    });
    enrolled.enrolment_address = address;
    let renewed = wait_for(renew_expired(&enrolled, now())).unwrap();
    assert!(renewed.identity().unwrap().peer().not_after > now());
}

#[test]
fn an_expired_certificate_is_told_from_other_refusals() {
    let authority = authority();
    let past = now() - jiff::SignedDuration::from_hours(24 * 120);
    let expired = enrolment(&authority, past);
    let identity = authority.issue_server(&["127.0.0.1".to_owned()], now()).unwrap();
    let listener = server_config_for_agents(&authority, &identity).unwrap();
    let (address, server) = serve(listener, |_| panic!("it was asked"));
    let error = wait_for(renew(&expired, &address)).unwrap_err();
    let EnrolError::Conversation(DeliverError::Network(error)) = error else { panic!("{error:?}") };
    // Over a real socket the alert may be overtaken by the end of the connection.
    assert!(
        matches!(
            error,
            NetworkError::Tls { failure: TlsFailure::OwnCertificateExpired, .. }
                | NetworkError::Unreachable { .. }
        ),
        "{error:?}"
    );
    assert_eq!(server.join().unwrap(), None);
}
