//! TLS for the agent: it knows one authority and trusts nobody else.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, version,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

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
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|it| TlsConfigError::Verifier { source: it.into() })?;
    let own = validity(identity.certificate());
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(DoubtfulClock { inner, own }))
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

/// Begin and end of a certificate's validity, in seconds since 1970.
fn validity(certificate: &CertificateDer<'_>) -> Option<(u64, u64)> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let seconds = |it: ASN1Time| u64::try_from(it.timestamp()).ok();
    Some((seconds(parsed.validity().not_before)?, seconds(parsed.validity().not_after)?))
}

/// Verifies as always. Where the host's clock lies outside the validity of the agent's own
/// certificate, that clock is in doubt: then the collector's certificate must be valid at some time
/// at which the agent's own is. A host whose battery is empty goes on reporting; what is given up is
/// that such a host notices a collector's certificate that ran out within the last weeks. Whether
/// the agent's own certificate has run out, the collector decides.
#[derive(Debug)]
struct DoubtfulClock {
    inner: Arc<WebPkiServerVerifier>,
    own: Option<(u64, u64)>,
}

impl DoubtfulClock {
    /// The time to verify at: ours, unless it is in doubt.
    fn time(&self, end_entity: &CertificateDer<'_>, now: UnixTime) -> UnixTime {
        let Some((own_begin, own_end)) = self.own else { return now };
        if (own_begin..=own_end).contains(&now.as_secs()) {
            return now;
        }
        let Some((begin, end)) = validity(end_entity) else { return now };
        let (begin, end) = (begin.max(own_begin), end.min(own_end));
        if begin > end {
            return now;
        }
        UnixTime::since_unix_epoch(Duration::from_secs(begin))
    }
}

impl ServerCertVerifier for DoubtfulClock {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let time = self.time(end_entity, now);
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, time)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
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

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::agent_key::AgentKey;
    use crate::authority::Authority;
    use crate::provider::install_provider;

    const YEAR: i64 = 365 * 24;

    fn at(now: Timestamp, hours: i64) -> UnixTime {
        let moment = now.checked_add(SignedDuration::from_hours(hours)).unwrap();
        UnixTime::since_unix_epoch(Duration::from_secs(moment.as_second().try_into().unwrap()))
    }

    #[test]
    fn a_clock_ten_years_off_still_finds_its_collector_and_no_other() {
        install_provider();
        let now: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
        let authority = Authority::create("A", now).unwrap();
        let verifier = |own: &Authority| {
            let key = AgentKey::generate().unwrap();
            let request = key.certificate_request().unwrap();
            let chain = own.issue_agent(&request, Uuid::from_u128(1), now).unwrap().chain_pem;
            let identity = AgentIdentity::new(key, &chain).unwrap();
            let mut roots = RootCertStore::empty();
            roots.add(identity.authority().clone()).unwrap();
            let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
            let own = validity(identity.certificate());
            DoubtfulClock { inner: inner.build().unwrap(), own }
        };
        let certificate = |issued_at: Timestamp| {
            let server = authority.issue_server(&["c.example".to_owned()], issued_at).unwrap();
            server.chain.first().unwrap().clone()
        };
        let name = ServerName::try_from("c.example").unwrap();
        let check = |verifier: &DoubtfulClock, server: &CertificateDer<'_>, hours| {
            verifier.verify_server_cert(server, &[], &name, &[], at(now, hours)).is_ok()
        };
        let (ours, server) = (verifier(&authority), certificate(now));
        for hours in [0, 10 * YEAR, -10 * YEAR] {
            assert!(check(&ours, &server, hours), "{hours} hours off");
        }
        let other = verifier(&Authority::create("A", now).unwrap());
        let long_ago = certificate(now.checked_sub(SignedDuration::from_hours(5 * YEAR)).unwrap());
        for hours in [0, 10 * YEAR, -10 * YEAR] {
            assert!(!check(&other, &server, hours), "another authority");
            assert!(!check(&ours, &long_ago, hours), "a certificate of long ago");
        }
    }
}
