//! TLS for the collector's two listeners.

use std::sync::Arc;

use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, version};

use crate::authority::Authority;
use crate::provider::{TlsConfigError, provider};
use crate::server_identity::ServerIdentity;

/// For the agents' listener: TLS 1.3, a client certificate of `authority` is mandatory.
///
/// What `identity` shows is asked at every handshake. No tickets, no session storage, no early data: every connection shows its certificate.
///
/// # Errors
/// If rustls refuses the certificates.
pub fn server_config_for_agents(
    authority: &Authority,
    identity: &ServerIdentity,
) -> Result<Arc<ServerConfig>, TlsConfigError> {
    let verifier_error = |source| TlsConfigError::Verifier { source };
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().clone()).map_err(|it| verifier_error(it.into()))?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|it| verifier_error(it.into()))?;
    let purpose = "the agents' listener";
    let failed = |source| TlsConfigError::Rustls { purpose, source };
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(failed)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(identity.resolver());
    Ok(Arc::new(without_resumption(config)))
}

/// For the listener of people and enrolment: TLS 1.3, no client certificate is asked for.
///
/// # Errors
/// If rustls refuses the certificates.
pub fn server_config_for_enrolment(
    identity: &ServerIdentity,
) -> Result<Arc<ServerConfig>, TlsConfigError> {
    let purpose = "the enrolment listener";
    let failed = |source| TlsConfigError::Rustls { purpose, source };
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(failed)?
        .with_no_client_auth()
        .with_cert_resolver(identity.resolver());
    Ok(Arc::new(without_resumption(config)))
}

fn without_resumption(mut config: ServerConfig) -> ServerConfig {
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    config
}
