//! Handshakes in memory between the configurations of this crate: who is let in, who is not.

use jiff::Timestamp;
use std::sync::Arc;

use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, version,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use uuid::Uuid;

use crate::agent_key::AgentKey;
use crate::authority::Authority;
use crate::client::{client_config_for_agent, client_config_for_enrolment};
use crate::failure::{TlsFailure, tls_failure};
use crate::identity::AgentIdentity;
use crate::peer::Peer;
use crate::provider::provider;
use crate::server::{server_config_for_agents, server_config_for_enrolment};
use crate::server_identity::ServerIdentity;

const AGENT: Uuid = Uuid::from_u128(77);

/// The clock of the handshake is the machine's: rustls asks it.
#[expect(clippy::disallowed_methods, reason = "certificates must be valid when the test runs")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn authority() -> Authority {
    Authority::create("Muster GmbH", now()).unwrap()
}

fn identity_at(authority: &Authority, at: Timestamp) -> AgentIdentity {
    let key = AgentKey::generate().unwrap();
    let request = key.certificate_request().unwrap();
    let issued = authority.issue_agent(&request, AGENT, at).unwrap();
    AgentIdentity::new(key, &issued.chain_pem).unwrap()
}

fn agents_listener(authority: &Authority, name: &str) -> Arc<ServerConfig> {
    let identity = authority.issue_server(&[name.to_owned()], now()).unwrap();
    server_config_for_agents(authority, &identity).unwrap()
}

/// A client that knows `authority` and shows any certificate.
fn showing(
    authority: &Authority,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().clone()).unwrap();
    ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .unwrap()
}

/// What each end says in the end.
fn shake(
    client: ClientConfig,
    server: Arc<ServerConfig>,
) -> (Result<(), rustls::Error>, Result<Vec<CertificateDer<'static>>, rustls::Error>) {
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    let (mut client_end, mut server_end) = (Ok(()), Ok(()));
    for _ in 0..10 {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() && server.read_tls(&mut rest).unwrap() > 0 {
            server_end = server_end.and(server.process_new_packets().map(|_| ()));
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() && client.read_tls(&mut rest).unwrap() > 0 {
            client_end = client_end.and(client.process_new_packets().map(|_| ()));
        }
    }
    let peers = server.peer_certificates().unwrap_or_default();
    (client_end, server_end.map(|()| peers.iter().map(|it| it.clone().into_owned()).collect()))
}

#[test]
fn an_enrolled_agent_is_let_in_and_known_by_its_certificate() {
    let authority = authority();
    let client = client_config_for_agent(&identity_at(&authority, now())).unwrap();
    let (client, server) = shake(client, agents_listener(&authority, "localhost"));
    client.unwrap();
    let peer = Peer::from_certificate(&server.unwrap()[0]).unwrap();
    assert_eq!(peer.agent, AGENT);
}

#[test]
fn an_agent_of_another_authority_is_refused_by_both_ends() {
    // Two authorities of the same name: only the keys differ.
    let (ours, theirs) = (authority(), authority());
    let client = client_config_for_agent(&identity_at(&theirs, now())).unwrap();
    let (client, _) = shake(client, agents_listener(&ours, "localhost"));
    assert_eq!(tls_failure(&client.unwrap_err()), Some(TlsFailure::OtherAuthority));
}

#[test]
fn a_certificate_of_another_authority_does_not_open_the_agents_listener() {
    let (ours, theirs) = (authority(), authority());
    let foreign = identity_at(&theirs, now());
    // An attacker does not check the collector as an agent does: it pins the right authority.
    let key = PrivateKeyDer::Pkcs8(foreign.key().to_der());
    let config = showing(&ours, vec![foreign.certificate().clone()], key);
    let (client, server) = shake(config, agents_listener(&ours, "localhost"));
    assert!(server.is_err());
    assert!(matches!(tls_failure(&client.unwrap_err()), Some(TlsFailure::Refused { .. })));
}

#[test]
fn nobody_enters_the_agents_listener_without_a_certificate() {
    let authority = authority();
    let client = client_config_for_enrolment(authority.fingerprint()).unwrap();
    let (_, server) = shake(client, agents_listener(&authority, "localhost"));
    assert!(matches!(server, Err(rustls::Error::NoCertificatesPresented)));
}

#[test]
fn the_collectors_own_certificate_makes_no_agent() {
    let authority = authority();
    let server = authority.issue_server(&["localhost".to_owned()], now()).unwrap();
    let mut client = client_config_for_agent(&identity_at(&authority, now())).unwrap();
    client.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(server.certified()));
    let (_, found) = shake(client, agents_listener(&authority, "localhost"));
    assert!(found.is_err());
}

#[test]
fn a_listener_that_runs_shows_the_new_certificate_and_no_longer_the_old_one() {
    let authority = authority();
    let issue = |name: &str| authority.issue_server(&[name.to_owned()], now()).unwrap();
    let identity = issue("before.example");
    let agents = server_config_for_agents(&authority, &identity).unwrap();
    let enrolment = server_config_for_enrolment(&identity).unwrap();
    let agent = identity_at(&authority, now());
    let shakes = || {
        let by_agent = client_config_for_agent(&agent).unwrap();
        let by_token = client_config_for_enrolment(authority.fingerprint()).unwrap();
        [(by_agent, &agents), (by_token, &enrolment)]
            .map(|(client, server)| shake(client, Arc::clone(server)).0)
    };
    for refused in shakes() {
        assert_eq!(tls_failure(&refused.unwrap_err()), Some(TlsFailure::OtherName));
    }
    identity.replace_with(&issue("localhost"));
    for accepted in shakes() {
        accepted.unwrap();
    }
}

#[test]
fn an_expired_agent_is_told_so() {
    let authority = authority();
    let past = now() - jiff::SignedDuration::from_hours(24 * 100);
    let client = client_config_for_agent(&identity_at(&authority, past)).unwrap();
    let (client, server) = shake(client, agents_listener(&authority, "localhost"));
    assert!(server.is_err());
    assert_eq!(tls_failure(&client.unwrap_err()), Some(TlsFailure::OwnCertificateExpired));
}

#[test]
fn a_collector_far_off_in_time_is_reported_as_a_matter_of_clocks() {
    let authority = authority();
    let future = now() + jiff::SignedDuration::from_hours(24 * 3650);
    let identity = authority.issue_server(&["localhost".to_owned()], future).unwrap();
    let server = server_config_for_enrolment(&identity).unwrap();
    let client = client_config_for_enrolment(authority.fingerprint()).unwrap();
    let (client, _) = shake(client, server);
    let failure = tls_failure(&client.unwrap_err());
    assert!(matches!(failure, Some(TlsFailure::ClockOrExpiry { .. })), "{failure:?}");
}

#[test]
fn enrolment_knows_the_collector_by_its_fingerprint() {
    let (ours, theirs) = (authority(), authority());
    let identity = ours.issue_server(&["localhost".to_owned()], now()).unwrap();
    let server = server_config_for_enrolment(&identity).unwrap();
    let client = client_config_for_enrolment(ours.fingerprint()).unwrap();
    shake(client, Arc::clone(&server)).0.unwrap();
    let client = client_config_for_enrolment(theirs.fingerprint()).unwrap();
    let refused = shake(client, server).0.unwrap_err();
    assert_eq!(tls_failure(&refused), Some(TlsFailure::OtherAuthority));
}

#[test]
fn a_chain_that_merely_shows_the_authority_is_not_enough() {
    let (ours, theirs) = (authority(), authority());
    let identity = theirs.issue_server(&["localhost".to_owned()], now()).unwrap();
    let mut certified = CertifiedKey::clone(&identity.certified());
    certified.cert[1] = ours.certificate().clone();
    let mut server = ServerConfig::clone(&server_config_for_enrolment(&identity).unwrap());
    server.cert_resolver = Arc::new(SingleCertAndKey::from(certified));
    let server = Arc::new(server);
    let client = client_config_for_enrolment(ours.fingerprint()).unwrap();
    let refused = shake(client, server).0.unwrap_err();
    assert_eq!(tls_failure(&refused), Some(TlsFailure::OtherAuthority));
}

#[test]
fn an_agents_certificate_makes_no_collector() {
    let authority = authority();
    let agent = identity_at(&authority, now());
    let chain = vec![agent.certificate().clone(), authority.certificate().clone()];
    let key = PrivateKeyDer::Pkcs8(agent.key().to_der());
    let identity = ServerIdentity::new(chain, key, [now(); 2]).unwrap();
    let server = server_config_for_enrolment(&identity).unwrap();
    let client = client_config_for_enrolment(authority.fingerprint()).unwrap();
    assert!(shake(client, server).0.is_err());
}

#[test]
fn a_collector_under_another_name_is_told_apart() {
    let authority = authority();
    let client = client_config_for_agent(&identity_at(&authority, now())).unwrap();
    let (client, _) = shake(client, agents_listener(&authority, "elsewhere.example"));
    assert_eq!(tls_failure(&client.unwrap_err()), Some(TlsFailure::OtherName));
}
