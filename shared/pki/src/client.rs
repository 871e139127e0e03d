//! TLS for the agent: it knows one authority and trusts nobody else.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, version,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use crate::fingerprint::Fingerprint;
use crate::identity::AgentIdentity;
use crate::provider::{TlsConfigError, provider};

/// Most certificates of a chain that are looked at.
const CHAIN_LENGTH_MAX: usize = 4;

/// For reports: the collector must show a certificate of the agent's own authority, the agent
/// shows its own.
///
/// # Errors
/// If rustls refuses the certificates.
pub fn client_config_for_agent(identity: &AgentIdentity) -> Result<ClientConfig, TlsConfigError> {
    let purpose = "the agent's reports";
    let failed = |source| TlsConfigError::Rustls { purpose, source };
    let mut roots = RootCertStore::empty();
    roots
        .add(identity.authority().clone())
        .map_err(|it| TlsConfigError::Verifier { source: it.into() })?;
    let key = PrivateKeyDer::Pkcs8(identity.key().to_der());
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(failed)?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![identity.certificate().clone()], key)
        .map_err(failed)?;
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// For enrolment: the collector's chain must hold the certificate with this fingerprint, and be
/// valid under it. Nothing is sent before that is known.
///
/// # Errors
/// If rustls refuses the versions.
pub fn client_config_for_enrolment(authority: Fingerprint) -> Result<ClientConfig, TlsConfigError> {
    let purpose = "enrolment";
    let failed = |source| TlsConfigError::Rustls { purpose, source };
    let verifier = PinnedAuthority { authority, provider: provider() };
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Takes the certificate of the given fingerprint out of the presented chain as the only root and
/// then verifies as always: names, times, usages, signatures.
#[derive(Debug)]
struct PinnedAuthority {
    authority: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let unknown = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let authority = intermediates
            .iter()
            .take(CHAIN_LENGTH_MAX)
            .find(|it| Fingerprint::of(it) == self.authority)
            .ok_or_else(unknown)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|_| unknown())?
            .verify_server_cert(end_entity, &[], server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
