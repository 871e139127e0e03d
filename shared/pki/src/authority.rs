//! The collector's own certificate authority: it names agents and the collector itself.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SerialNumber,
    SubjectPublicKeyInfo, date_time_ymd,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    CertificateDer, CertificateSigningRequestDer, PrivateKeyDer, PrivatePkcs8KeyDer,
};
use uuid::Uuid;
use x509_parser::certificate::X509Certificate;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

use crate::agent_key::renewal_message;
use crate::fingerprint::Fingerprint;
use crate::peer::{CERTIFICATE_BYTES_MAX, Peer};
use crate::server_identity::{SERVER_LIFE_DAYS, ServerIdentity};

/// Days for which an agent's certificate is valid.
pub const AGENT_LIFE_DAYS: i64 = 90;
/// Days after its end during which a certificate can still be renewed with the enrolled key.
pub const LATE_RENEWAL_DAYS: i64 = 90;
/// Life of the authority.
const AUTHORITY_LIFE_DAYS: i64 = 3653;
/// Certificates are valid from a day before they were made: clocks differ.
pub(crate) const BACKDATED_HOURS: i64 = 24;
/// Largest certificate request, PEM. Ours have about 400 bytes.
const REQUEST_BYTES_MAX: usize = 8 * 1024;
/// Largest PEM text of the authority that is looked at.
const AUTHORITY_PEM_BYTES_MAX: usize = 16 * 1024;
/// Longest name of an authority (RFC 5280, ub-common-name).
const NAME_CHARACTERS_MAX: usize = 64;
/// 9999-01-01, the last year that a certificate can say.
const LAST_SECOND: i64 = 253_370_764_800;

/// Makes the certificates of one collector.
pub struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// The certificate and the authority's, PEM.
    pub chain_pem: String,
    /// SHA-256 of the certified public key (SubjectPublicKeyInfo, DER).
    pub public_key_hash: [u8; 32],
    /// The serial number, hexadecimal.
    pub serial: String,
    /// The end of its validity.
    pub not_after: Timestamp,
}

/// A request for a certificate after the present one ran out.
#[derive(Debug, Clone, Copy)]
pub struct ExpiredRenewal<'a> {
    /// Who asks.
    pub agent: Uuid,
    /// The certificate that ran out, PEM.
    pub certificate: &'a str,
    /// PKCS #10 request for the same key, PEM.
    pub certificate_request: &'a str,
    /// When it was signed, by the agent's clock.
    pub asked_at: Timestamp,
    /// [`crate::AgentKey::sign_renewal`].
    pub signature: &'a str,
}

/// The authority cannot be made or read, or cannot issue.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The kept certificate or key is no authority's.
    #[error("{what}")]
    NotAnAuthority {
        /// What is wrong.
        what: &'static str,
    },
    /// A name or address of the collector cannot stand in a certificate.
    #[error("{0:?} cannot stand in a certificate: it is neither a host name nor an address")]
    BadServerName(String),
    /// The request is refused.
    #[error("the certificate request is refused")]
    Request(#[from] CertificateRequestError),
    /// The system gave no random numbers.
    #[error("the system gave no random numbers")]
    NoRandomNumbers,
    /// The library failed.
    #[error("{doing}")]
    Failed {
        /// The operation.
        doing: &'static str,
        /// The cause.
        source: rcgen::Error,
    },
}

/// Why a certificate request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateRequestError {
    /// Larger than any that an agent makes.
    #[error("it is larger than {REQUEST_BYTES_MAX} bytes")]
    TooLarge,
    /// No PKCS #10 in PEM, or something follows it.
    #[error("it is no PKCS #10 request in PEM")]
    Unreadable,
    /// The key is not allowed.
    #[error("its key is not ECDSA P-256")]
    OtherKey,
    /// The requester does not hold the key.
    #[error("its own signature is wrong")]
    BadSignature,
}

/// Why a late renewal is refused.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// The request itself is bad.
    #[error("the certificate request is refused")]
    Request(#[from] CertificateRequestError),
    /// The certificate was not made by this authority, or is unreadable.
    #[error("the certificate is not one of this collector")]
    ForeignCertificate,
    /// The certificate is another agent's, or the request another key's.
    #[error("agent, certificate and key do not belong together")]
    NotTogether,
    /// Whoever asks does not hold the enrolled key.
    #[error("the signature is not by the enrolled key")]
    BadSignature,
    /// It ran out too long ago.
    #[error(
        "the certificate ran out more than {LATE_RENEWAL_DAYS} days ago: a person must approve"
    )]
    TooLate,
}

impl Authority {
    /// A new authority with a key of its own, valid for ten years.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn create(name: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        let failed = |source| AuthorityError::Failed { doing: "making the authority", source };
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let name: String = name.chars().take(NAME_CHARACTERS_MAX).collect();
        let mut parameters = parameters(&name, now, days(AUTHORITY_LIFE_DAYS))?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = parameters.self_signed(&key).map_err(failed)?.der().clone();
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(failed)?;
        Ok(Self { certificate, issuer })
    }

    /// An authority that was kept.
    ///
    /// # Errors
    /// If the certificate is no authority's or the key is another one's.
    pub fn from_pem(certificate_pem: &str, key_pem: &str) -> Result<Self, AuthorityError> {
        let wrong = |what| AuthorityError::NotAnAuthority { what };
        if certificate_pem.len().max(key_pem.len()) > AUTHORITY_PEM_BYTES_MAX {
            return Err(wrong("the authority's file is larger than any authority"));
        }
        let certificate = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|_| wrong("the authority's certificate is no PEM"))?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(key_pem.as_bytes())
            .map_err(|_| wrong("the authority's key is no PEM of a PKCS #8 key"))?;
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)
            .map_err(|_| wrong("the authority's key is not ECDSA P-256"))?;
        let (_, parsed) = X509Certificate::from_der(&certificate)
            .map_err(|_| wrong("the authority's certificate cannot be read"))?;
        if !parsed.is_ca() {
            return Err(wrong("the certificate is not an authority's"));
        }
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err(wrong("the authority's certificate and key do not belong together"));
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|source| AuthorityError::Failed { doing: "reading the authority", source })?;
        Ok(Self { certificate, issuer })
    }

    /// The certificate, PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        certificate_pem(&self.certificate)
    }

    /// The private key, PEM.
    #[must_use]
    pub fn key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.issuer.key().serialize_pem())
    }

    /// The certificate, DER.
    pub(crate) const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// By this the agents know the collector.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }

    /// A certificate for an agent. Of the request only the public key is used; every name, usage
    /// and extension in it is ignored.
    ///
    /// # Errors
    /// If the request is unreadable, unsigned or for a key that is not allowed.
    pub fn issue_agent(
        &self,
        certificate_request: &str,
        agent: Uuid,
        now: Timestamp,
    ) -> Result<IssuedCertificate, AuthorityError> {
        let key = requested_key(certificate_request)?;
        let mut parameters = parameters(&agent.to_string(), now, days(AGENT_LIFE_DAYS))?;
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        parameters.use_authority_key_identifier_extension = true;
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(|source| {
            AuthorityError::Failed { doing: "signing an agent's certificate", source }
        })?;
        let peer = Peer::from_certificate(certificate.der()).map_err(|_| {
            AuthorityError::NotAnAuthority { what: "the certificate just made cannot be read" }
        })?;
        Ok(IssuedCertificate {
            chain_pem: format!("{}{}", certificate_pem(certificate.der()), self.certificate_pem()),
            public_key_hash: peer.public_key_hash,
            serial: peer.serial,
            not_after: peer.not_after,
        })
    }

    /// A certificate for the collector under its names and addresses, with a new key that lives in memory
    /// alone.
    ///
    /// # Errors
    /// If a name cannot stand in a certificate.
    pub fn issue_server(
        &self,
        names: &[String],
        now: Timestamp,
    ) -> Result<ServerIdentity, AuthorityError> {
        let failed = |source| AuthorityError::Failed {
            doing: "signing the collector's certificate",
            source,
        };
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut parameters = parameters("Kataster collector", now, days(SERVER_LIFE_DAYS))?;
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        for name in names {
            parameters.subject_alt_names.push(alternative_name(name)?);
        }
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(failed)?;
        let begin = now.saturating_sub(SignedDuration::from_hours(BACKDATED_HOURS));
        let end = now.saturating_add(days(SERVER_LIFE_DAYS));
        let validity = [begin.unwrap_or(Timestamp::MIN), end.unwrap_or(Timestamp::MAX)];
        // The authority is part of the chain: an agent that enrols knows its fingerprint only.
        let chain = vec![certificate.der().clone(), self.certificate.clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerIdentity::new(chain, key, validity).map_err(|_| AuthorityError::NotAnAuthority {
            what: "the collector's certificate just made cannot be used",
        })
    }

    /// Checks a renewal that comes after the certificate ran out: the certificate is ours, it ran
    /// out no more than [`LATE_RENEWAL_DAYS`] ago, and whoever asks holds its key. Whether the
    /// agent was revoked is for the caller to know.
    ///
    /// A repeated request is harmless: it yields a certificate for the same key again.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn check_expired_renewal(
        &self,
        renewal: &ExpiredRenewal<'_>,
        now: Timestamp,
    ) -> Result<Peer, RenewalError> {
        let foreign = RenewalError::ForeignCertificate;
        if renewal.certificate.len() > CERTIFICATE_BYTES_MAX {
            return Err(foreign);
        }
        let Ok(der) = CertificateDer::from_pem_slice(renewal.certificate.as_bytes()) else {
            return Err(foreign);
        };
        let (Ok((_, parsed)), Ok(peer)) =
            (X509Certificate::from_der(&der), Peer::from_certificate(&der))
        else {
            return Err(foreign);
        };
        if !self.has_signed(&parsed) {
            return Err(foreign);
        }
        let key = requested_key(renewal.certificate_request)?;
        let is_same_key = key.subject_public_key_info() == parsed.public_key().raw;
        if peer.agent != renewal.agent || !is_same_key {
            return Err(RenewalError::NotTogether);
        }
        let message = renewal_message(renewal.agent, renewal.asked_at, renewal.certificate_request);
        let signature =
            BASE64.decode(renewal.signature.as_bytes()).map_err(|_| RenewalError::BadSignature)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.der_bytes())
            .verify(&message, &signature)
            .map_err(|_| RenewalError::BadSignature)?;
        let latest = peer.not_after.saturating_add(days(LATE_RENEWAL_DAYS));
        if now > latest.unwrap_or(Timestamp::MAX) {
            return Err(RenewalError::TooLate);
        }
        Ok(peer)
    }

    fn has_signed(&self, certificate: &X509Certificate<'_>) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, self.issuer.key().der_bytes())
            .verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data)
            .is_ok()
    }
}

/// The public key of a request whose own signature is right.
fn requested_key(pem: &str) -> Result<SubjectPublicKeyInfo, CertificateRequestError> {
    use CertificateRequestError::{BadSignature, OtherKey, TooLarge, Unreadable};
    if pem.len() > REQUEST_BYTES_MAX {
        return Err(TooLarge);
    }
    let der =
        CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).map_err(|_| Unreadable)?;
    let (rest, request) = X509CertificationRequest::from_der(&der).map_err(|_| Unreadable)?;
    if !rest.is_empty() {
        return Err(Unreadable);
    }
    let info = &request.certification_request_info;
    let key = SubjectPublicKeyInfo::from_der(info.subject_pki.raw).map_err(|_| OtherKey)?;
    if *key.algorithm() != PKCS_ECDSA_P256_SHA256 {
        return Err(OtherKey);
    }
    // The provider checks the point and the signature; the algorithm that the request claims for
    // its signature is not asked, because for this key there is only one that we accept.
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.der_bytes())
        .verify(info.raw, &request.signature_value.data)
        .map_err(|_| BadSignature)?;
    Ok(key)
}

/// What all our certificates share: an explicit validity and a random serial number.
fn parameters(
    name: &str,
    now: Timestamp,
    life: SignedDuration,
) -> Result<CertificateParams, AuthorityError> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    let begin = now.as_second().saturating_sub(BACKDATED_HOURS * 3600);
    let end = now.as_second().saturating_add(life.as_secs());
    parameters.not_before = date_time_ymd(1970, 1, 1) + since_1970(begin);
    parameters.not_after = date_time_ymd(1970, 1, 1) + since_1970(end);
    parameters.serial_number = Some(serial_number()?);
    Ok(parameters)
}

/// Seconds since 1970, held within what a certificate can say.
fn since_1970(second: i64) -> Duration {
    Duration::from_secs(second.clamp(0, LAST_SECOND).unsigned_abs())
}

/// 127 random bits: never negative, never zero (RFC 5280 §4.1.2.2).
fn serial_number() -> Result<SerialNumber, AuthorityError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| AuthorityError::NoRandomNumbers)?;
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    Ok(SerialNumber::from_slice(&bytes))
}

const fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count * 24)
}

fn alternative_name(name: &str) -> Result<SanType, AuthorityError> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let bad = || AuthorityError::BadServerName(name.chars().take(253).collect());
    rustls_pki_types::DnsName::try_from(name).map_err(|_| bad())?;
    name.try_into().map(SanType::DnsName).map_err(|_| bad())
}

pub(crate) fn certificate_pem(der: &[u8]) -> String {
    let body = BASE64.encode(der);
    let mut text = String::with_capacity(body.len() + 64);
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    for (index, character) in body.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END CERTIFICATE-----\n");
    text
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authority")
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
