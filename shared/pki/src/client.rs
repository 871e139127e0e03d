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

use crate::authority::{BACKDATED_HOURS, LATE_RENEWAL_DAYS};
use crate::fingerprint::Fingerprint;
use crate::identity::AgentIdentity;
use crate::provider::{TlsConfigError, provider};

/// Most certificates of a chain that are looked at.
const CHAIN_LENGTH_MAX: usize = 4;
/// For how long after its end an agent's certificate may be renewed.
const LATE_RENEWAL_SECONDS: u64 = LATE_RENEWAL_DAYS.unsigned_abs() * 24 * 3600;
/// By how much the begin of a certificate is before the moment at which it was made.
const BACKDATED_SECONDS: u64 = BACKDATED_HOURS.unsigned_abs() * 3600;

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

/// Verifies as always, unless the host's clock cannot be right: before the agent's own certificate
/// began, or so long after its end that nobody would renew it any more ([`LATE_RENEWAL_DAYS`]). Then
/// only the time is replaced, by the first moment at which the agent's own certificate was there and the
/// collector's is valid; if there is none, it is refused. Authority, name, usage and signatures are checked as
/// always. So a host whose battery is empty goes on reporting. Whether the agent's own certificate has run
/// out, the collector decides.
///
/// What that costs: whoever has stolen the key of a collector's certificate that has run out since could pass
/// for the collector on such a host, if the certificate ran out after the agent's own was made, which is at
/// every renewal anew. A host that was switched off for so long is one of these, though its clock be right.
/// Where the clock is right, or behind or ahead by less, and the agent was renewed in time, it is refused as
/// everywhere; and one that ended before the agent's own was made is refused whenever the clock cannot be
/// right. Setting the clock of a host wins an attacker nothing more: without this rule he would set it into
/// the life of the stolen certificate. He would read reports of that host and could give tasks of the closed
/// list, none of which runs or changes anything on it.
#[derive(Debug)]
struct DoubtfulClock {
    inner: Arc<WebPkiServerVerifier>,
    own: Option<(u64, u64)>,
}

impl DoubtfulClock {
    /// The time to verify at: ours, unless it cannot be right.
    fn time(&self, end_entity: &CertificateDer<'_>, now: UnixTime) -> UnixTime {
        let Some((own_begin, own_end)) = self.own else { return now };
        if (own_begin..=own_end.saturating_add(LATE_RENEWAL_SECONDS)).contains(&now.as_secs()) {
            return now;
        }
        // A certificate that began later shows that the clock may be right after all. Before the agent's own
        // began, nothing does: else one that has run out would be taken while the clock stands in its life.
        let Some((begin, _)) = validity(end_entity) else { return now };
        if now.as_secs() > own_end && begin > own_end {
            return now;
        }
        // It was there from a day after its begin on, and the world's clocks have not stood still since.
        let was_made = own_begin.saturating_add(BACKDATED_SECONDS).min(own_end);
        UnixTime::since_unix_epoch(Duration::from_secs(begin.clamp(was_made, own_end)))
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
    use crate::server_identity::SERVER_LIFE_DAYS;

    /// For how long a collector's certificate is valid.
    const LIFE: i64 = SERVER_LIFE_DAYS;
    const TEN_YEARS: i64 = 3652;

    const fn days(count: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * count)
    }

    /// What an agent of `own` makes of collectors' certificates, issued by `theirs`; times in days from
    /// the moment at which the agent's own was issued.
    struct Judge {
        now: Timestamp,
        theirs: Authority,
        verifier: DoubtfulClock,
    }

    impl Judge {
        fn new(is_same: bool) -> Self {
            install_provider();
            let now: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
            let theirs = Authority::create("A", now).unwrap();
            let other = Authority::create("A", now).unwrap();
            let own = if is_same { &theirs } else { &other };
            let key = AgentKey::generate().unwrap();
            let request = key.certificate_request().unwrap();
            let chain = own.issue_agent(&request, Uuid::from_u128(1), now).unwrap().chain_pem;
            let identity = AgentIdentity::new(key, &chain).unwrap();
            let mut roots = RootCertStore::empty();
            roots.add(identity.authority().clone()).unwrap();
            let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
            let own = validity(identity.certificate());
            let verifier = DoubtfulClock { inner: inner.build().unwrap(), own };
            Self { now, theirs, verifier }
        }

        /// Whether a collector's certificate that ends on that day is accepted when the host's clock
        /// shows another.
        fn accepts(&self, name: &str, ends_on: i64, clock: i64) -> bool {
            let issued_at = self.now + days(ends_on - LIFE);
            let server = self.theirs.issue_server(&["c.example".to_owned()], issued_at).unwrap();
            let name = ServerName::try_from(name).unwrap();
            let moment = (self.now + days(clock)).as_second().try_into().unwrap();
            let moment = UnixTime::since_unix_epoch(Duration::from_secs(moment));
            let certified = server.certified();
            let end_entity = certified.end_entity_cert().unwrap();
            self.verifier.verify_server_cert(end_entity, &[], &name, &[], moment).is_ok()
        }
    }

    #[test]
    fn a_clock_ten_years_off_still_finds_its_collector_and_no_other() {
        let (ours, other) = (Judge::new(true), Judge::new(false));
        for clock in [0, TEN_YEARS, -TEN_YEARS] {
            assert!(ours.accepts("c.example", LIFE, clock), "day {clock}");
            assert!(!ours.accepts("d.example", LIFE, clock), "another name, day {clock}");
            assert!(!other.accepts("c.example", LIFE, clock), "another authority, day {clock}");
        }
    }

    #[test]
    fn while_the_agents_own_lives_every_present_certificate_of_the_collector_serves_any_clock() {
        let judge = Judge::new(true);
        // The collector makes a new one each fortnight; each has at least half of its life before it.
        for day in [0, 1, 20, 45, 88] {
            for ends_on in [day + LIFE / 2, day + LIFE] {
                for clock in [day, -2, -TEN_YEARS, TEN_YEARS] {
                    // One that began after the agent's own ended is taken by the clock alone.
                    let is_by_clock = clock > 90 && ends_on - LIFE - 1 > 90;
                    let accepts = judge.accepts("c.example", ends_on, clock);
                    assert_eq!(accepts, !is_by_clock, "day {day} until {ends_on}, clock {clock}");
                }
            }
        }
    }

    #[test]
    fn a_collectors_certificate_that_ran_out_before_the_agents_own_was_made_opens_nothing() {
        let judge = Judge::new(true);
        for clock in [0, 1, 89, 91, 179, 181, TEN_YEARS, -2, -5, -TEN_YEARS] {
            assert!(!judge.accepts("c.example", -1, clock), "day {clock}");
        }
        // One that ran out later is refused wherever the clock can be right.
        assert!(judge.accepts("c.example", 50, 40));
        for clock in [51, 89, 91, 179] {
            assert!(!judge.accepts("c.example", 50, clock), "day {clock}");
        }
        // The price, as it is written down at the type.
        assert!(judge.accepts("c.example", 50, 181) && judge.accepts("c.example", 50, -2));
    }

    #[test]
    fn a_collectors_certificate_that_began_after_the_agents_own_ended_counts_only_within_its_life()
    {
        let judge = Judge::new(true);
        // It began on day 270, and the agent's own ended on day 90.
        let ends_on = 270 + LIFE;
        for clock in [271, ends_on - 1] {
            assert!(judge.accepts("c.example", ends_on, clock), "day {clock}");
            assert!(!judge.accepts("d.example", ends_on, clock), "another name, day {clock}");
        }
        for clock in [268, ends_on + 1, TEN_YEARS, 181, 91, 0, -2, -TEN_YEARS] {
            assert!(!judge.accepts("c.example", ends_on, clock), "day {clock}");
        }
    }

    #[test]
    fn a_host_that_was_only_switched_off_for_months_believes_its_clock() {
        let judge = Judge::new(true);
        for clock in [91, 120, 179] {
            assert!(judge.accepts("c.example", clock + LIFE / 2, clock), "valid on day {clock}");
            assert!(!judge.accepts("c.example", 90 + (clock - 90) / 2, clock), "day {clock}");
        }
    }
}
