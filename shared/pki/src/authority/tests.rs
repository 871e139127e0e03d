//! What the authority does with honest and hostile requests.

use proptest::prelude::*;
use rcgen::{PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256};

use super::*;
use crate::agent_key::AgentKey;

const AGENT: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

fn now() -> Timestamp {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

fn authority() -> Authority {
    Authority::create("Muster GmbH", now()).unwrap()
}

fn first_der(chain: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()
}

fn request_of(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> String {
    let mut parameters = CertificateParams::default();
    change(&mut parameters);
    parameters.serialize_request(key).unwrap().pem().unwrap()
}

#[test]
fn a_kept_authority_is_the_same_authority() {
    let authority = authority();
    let again = Authority::from_pem(&authority.certificate_pem(), &authority.key_pem()).unwrap();
    assert_eq!(again.fingerprint(), authority.fingerprint());
    let request = AgentKey::generate().unwrap().certificate_request().unwrap();
    let issued = again.issue_agent(&request, AGENT, now()).unwrap();
    let der = first_der(&issued.chain_pem);
    assert!(authority.has_signed(&X509Certificate::from_der(&der).unwrap().1));
}

#[test]
fn a_certificate_with_another_key_is_no_authority() {
    let (one, two) = (authority(), authority());
    assert!(Authority::from_pem(&one.certificate_pem(), &two.key_pem()).is_err());
    let request = AgentKey::generate().unwrap();
    let leaf = one.issue_agent(&request.certificate_request().unwrap(), AGENT, now()).unwrap();
    assert!(Authority::from_pem(&leaf.chain_pem, &request.to_pem()).is_err());
    assert!(Authority::from_pem("", "").is_err());
}

#[test]
fn the_authority_may_sign_no_further_authorities() {
    let authority = authority();
    let (_, parsed) = X509Certificate::from_der(authority.certificate()).unwrap();
    let constraints = parsed.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.ca);
    assert_eq!(constraints.value.path_len_constraint, Some(0));
    let years = (parsed.validity().not_after.timestamp() - now().as_second()) / (365 * 86_400);
    assert_eq!(years, 10);
}

#[test]
fn an_agent_certificate_has_one_fixed_profile() {
    let (authority, key) = (authority(), AgentKey::generate().unwrap());
    let issued = authority.issue_agent(&key.certificate_request().unwrap(), AGENT, now()).unwrap();
    assert_eq!(issued.public_key_hash, key.public_key_hash());
    assert_eq!(issued.not_after, now() + days(AGENT_LIFE_DAYS));
    let der = first_der(&issued.chain_pem);
    let peer = Peer::from_certificate(&der).unwrap();
    assert_eq!((peer.agent, &peer.serial), (AGENT, &issued.serial));
    assert_fixed_profile(&der);
}

fn assert_fixed_profile(der: &[u8]) {
    let (_, parsed) = X509Certificate::from_der(der).unwrap();
    assert_eq!(parsed.subject().to_string(), format!("CN={AGENT}"));
    assert!(!parsed.is_ca());
    assert!(parsed.subject_alternative_name().unwrap().is_none());
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any && usage.other.is_empty());
    let begin = parsed.validity().not_before.timestamp();
    assert_eq!(now().as_second() - begin, BACKDATED_HOURS * 3600);
    assert!(parsed.raw_serial().first().is_some_and(|it| (1..0x80).contains(it)));
}

#[test]
fn what_a_request_asks_for_is_ignored() {
    let (authority, key) = (authority(), KeyPair::generate().unwrap());
    let request = request_of(&key, |asked| {
        asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        asked.distinguished_name.push(DnType::CommonName, Uuid::nil().to_string());
        asked.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        asked.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        for name in ["*.example.org", "collector.example"] {
            asked.subject_alt_names.push(SanType::DnsName(name.try_into().unwrap()));
        }
    });
    let issued = authority.issue_agent(&request, AGENT, now()).unwrap();
    assert_fixed_profile(&first_der(&issued.chain_pem));
}

#[test]
fn ten_thousand_names_are_refused_before_they_are_read() {
    let key = KeyPair::generate().unwrap();
    let request = request_of(&key, |asked| {
        let name = |number: u32| SanType::DnsName(format!("n{number}.example").try_into().unwrap());
        asked.subject_alt_names = (0..10_000).map(name).collect();
    });
    assert_eq!(requested_key(&request).err(), Some(CertificateRequestError::TooLarge));
}

#[test]
fn other_kinds_of_keys_are_refused() {
    for kind in [&PKCS_ED25519, &PKCS_ECDSA_P384_SHA384, &PKCS_RSA_SHA256] {
        let request = request_of(&KeyPair::generate_for(kind).unwrap(), |_| ());
        assert_eq!(requested_key(&request).err(), Some(CertificateRequestError::OtherKey));
    }
}

#[test]
fn a_request_for_somebody_elses_key_is_refused() {
    let (own, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let request = CertificateSigningRequestDer::from_pem_slice(request_of(&own, |_| ()).as_bytes());
    let mut der = request.unwrap().to_vec();
    let place = der.windows(65).position(|it| it == own.public_key_raw()).unwrap();
    der[place..place + 65].copy_from_slice(other.public_key_raw());
    let pem = format!(
        "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
        BASE64.encode(&der)
    );
    assert_eq!(requested_key(&pem).err(), Some(CertificateRequestError::BadSignature));
}

#[test]
fn a_clock_at_the_end_of_time_makes_no_panic() {
    for now in [Timestamp::MIN, Timestamp::MAX] {
        let authority = Authority::create("x", now).unwrap();
        let request = AgentKey::generate().unwrap().certificate_request().unwrap();
        let _ = authority.issue_agent(&request, AGENT, now).unwrap();
        let _ = authority.issue_server(&["localhost".to_owned()], now).unwrap();
    }
}

#[test]
fn only_names_and_addresses_stand_in_the_collectors_certificate() {
    let authority = authority();
    let names = ["localhost", "127.0.0.1", "::1", "collector.example"].map(str::to_owned);
    assert!(authority.issue_server(&names, now()).is_ok());
    for bad in ["", "a b", "http://x", "x/y"] {
        assert!(authority.issue_server(&[bad.to_owned()], now()).is_err(), "{bad}");
    }
}

struct Late {
    key: AgentKey,
    certificate: String,
    request: String,
    signature: String,
}

impl Late {
    fn new(authority: &Authority) -> Self {
        let key = AgentKey::generate().unwrap();
        let request = key.certificate_request().unwrap();
        let certificate = authority.issue_agent(&request, AGENT, now()).unwrap().chain_pem;
        let signature = key.sign_renewal(AGENT, now(), &request).unwrap();
        Self { key, certificate, request, signature }
    }

    fn renewal(&self) -> ExpiredRenewal<'_> {
        ExpiredRenewal {
            agent: AGENT,
            certificate: &self.certificate,
            certificate_request: &self.request,
            asked_at: now(),
            signature: &self.signature,
        }
    }
}

#[test]
fn a_certificate_can_be_renewed_until_ninety_days_after_its_end() {
    let authority = authority();
    let late = Late::new(&authority);
    let last = now() + days(AGENT_LIFE_DAYS + LATE_RENEWAL_DAYS);
    let peer = authority.check_expired_renewal(&late.renewal(), last).unwrap();
    assert_eq!(peer.public_key_hash, late.key.public_key_hash());
    let refused = authority.check_expired_renewal(&late.renewal(), last + days(1));
    assert!(matches!(refused, Err(RenewalError::TooLate)));
}

#[test]
fn a_late_renewal_needs_everything_to_belong_together() {
    let authority = authority();
    let (late, other) = (Late::new(&authority), Late::new(&authority));
    let foreign = Late::new(&Authority::create("Muster GmbH", now()).unwrap());
    let check = |renewal: ExpiredRenewal<'_>| authority.check_expired_renewal(&renewal, now());
    let refused = check(ExpiredRenewal { certificate: &foreign.certificate, ..late.renewal() });
    assert!(matches!(refused, Err(RenewalError::ForeignCertificate)));
    let refused = check(ExpiredRenewal { certificate: "", ..late.renewal() });
    assert!(matches!(refused, Err(RenewalError::ForeignCertificate)));
    let refused = check(ExpiredRenewal { agent: Uuid::nil(), ..late.renewal() });
    assert!(matches!(refused, Err(RenewalError::NotTogether)));
    let refused = check(ExpiredRenewal { certificate: &other.certificate, ..late.renewal() });
    assert!(matches!(refused, Err(RenewalError::NotTogether)));
    for signature in [other.signature.as_str(), "", "AAAA", "!"] {
        let refused = check(ExpiredRenewal { signature, ..late.renewal() });
        assert!(matches!(refused, Err(RenewalError::BadSignature)), "{signature}");
    }
    let later = now() + days(1);
    let refused = check(ExpiredRenewal { asked_at: later, ..late.renewal() });
    assert!(matches!(refused, Err(RenewalError::BadSignature)));
}

proptest! {
    #[test]
    fn any_request_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let pem = format!(
            "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
            BASE64.encode(&bytes)
        );
        prop_assert!(requested_key(&pem).is_err());
    }

    #[test]
    fn a_changed_request_never_yields_another_key(index in 0_usize..10_000, bit in 0_u8..8) {
        let key = AgentKey::generate().unwrap();
        let pem = key.certificate_request().unwrap();
        let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).unwrap();
        let mut der = der.to_vec();
        let index = index % der.len();
        der[index] ^= 1 << bit;
        let pem = format!(
            "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
            BASE64.encode(&der)
        );
        // The outer name of the signature's algorithm is the one part that no signature covers.
        if let Ok(found) = requested_key(&pem) {
            let found = Fingerprint::of(&found.subject_public_key_info());
            prop_assert_eq!(found.0, key.public_key_hash());
        }
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_certificate_is_replaced_at_half_of_its_life_and_when_the_clock_was_set_back() {
    let (authority, now) = (authority(), now());
    let identity = authority.issue_server(&["localhost".to_owned()], now).unwrap();
    assert_eq!(identity.not_after(), at("2026-07-31T12:00:00Z"));
    for (moment, is_due) in [
        ("2026-07-01T12:00:00Z", false),
        ("2026-07-16T11:59:59Z", false),
        ("2026-07-16T12:00:00Z", true),
        ("2026-08-20T12:00:00Z", true),
        ("2026-06-30T12:00:01Z", false),
        ("2026-06-30T11:59:59Z", true),
        ("1970-01-01T00:00:00Z", true),
    ] {
        assert_eq!(identity.is_due(at(moment)), is_due, "{moment}");
    }
}

#[test]
fn all_clones_show_what_replaced_the_first() {
    let (authority, now) = (authority(), now());
    let issue = |at| authority.issue_server(&["localhost".to_owned()], at).unwrap();
    let (identity, fresh) = (issue(now), issue(at("2026-07-16T12:00:00Z")));
    let (clone, first) = (identity.clone(), identity.certified());
    identity.replace_with(&fresh);
    assert_eq!(clone.not_after(), fresh.not_after());
    let shown = clone.certified();
    assert_eq!(shown.cert, fresh.certified().cert);
    assert_ne!(shown.cert.first(), first.cert.first());
    // A new key with each: whoever stole the last one has nothing of this one.
    let public = |it: &rustls::sign::CertifiedKey| it.key.public_key().unwrap().into_owned();
    assert_ne!(public(&shown), public(&first));
    assert!(!format!("{clone:?}").contains("cert"));
}
