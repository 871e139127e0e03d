//! X.509 certificates (RFC 5280), read leniently and not judged.
//!
//! Any bytes may come: a field that cannot be understood is unknown, and only bytes that are no
//! certificate at all are an error.

use std::net::IpAddr;

use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::{Certificate, CertificatePlace};
use rustls::crypto::aws_lc_rs;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// Largest certificate that is read.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;
/// Most alternative names that are kept.
const NAMES_MAX: usize = 100;
/// Longest text that is kept of one field.
const TEXT_BYTES_MAX: usize = 1024;

/// Why bytes are no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Too large to be looked at.
    #[error("it is larger than {CERTIFICATE_BYTES_MAX} bytes")]
    TooLarge,
    /// Not the structure of RFC 5280.
    #[error("it is not a certificate of RFC 5280")]
    NotACertificate,
}

/// Reads an end-entity certificate from its DER bytes.
///
/// # Errors
/// If the bytes are no certificate.
pub fn read(
    der: &[u8],
    place: CertificatePlace,
    chain_length: u32,
) -> Result<Certificate, CertificateError> {
    if der.len() > CERTIFICATE_BYTES_MAX {
        return Err(CertificateError::TooLarge);
    }
    let (rest, certificate) =
        X509Certificate::from_der(der).map_err(|_| CertificateError::NotACertificate)?;
    // The fingerprint is that of the certificate, not of what follows it.
    let own = der.get(..der.len() - rest.len()).unwrap_or(der);
    let key = certificate.public_key().parsed().ok();
    let algorithm = certificate.public_key().algorithm.algorithm.to_id_string();
    let curve = certificate
        .public_key()
        .algorithm
        .parameters
        .as_ref()
        .and_then(|it| it.as_oid().ok())
        .map(|it| it.to_id_string());
    let (key_algorithm, key_bits) = key_kind(&algorithm, curve.as_deref(), key.as_ref());
    Ok(Certificate {
        place,
        fingerprint: ContentHash::of(own),
        subject: name(certificate.subject()),
        issuer: name(certificate.issuer()),
        serial: data_encoding::HEXLOWER.encode(clip_bytes(certificate.raw_serial())),
        names: alternative_names(&certificate),
        not_before: Timestamp::from_second(certificate.validity().not_before.timestamp()).ok(),
        not_after: Timestamp::from_second(certificate.validity().not_after.timestamp()).ok(),
        key_algorithm: Some(clip(&key_algorithm)),
        key_bits,
        signature_algorithm: Some(signature_name(
            &certificate.signature_algorithm.algorithm.to_id_string(),
        )),
        is_self_signed: is_self_signed(&certificate),
        chain_length,
    })
}

/// The name of an algorithm of keys, and the size of the key where the algorithm leaves it open.
fn key_kind(
    algorithm: &str,
    curve: Option<&str>,
    key: Option<&PublicKey<'_>>,
) -> (String, Option<u32>) {
    match (algorithm, curve) {
        ("1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10", _) => ("RSA".to_owned(), rsa_bits(key)),
        ("1.2.840.10045.2.1", Some("1.2.840.10045.3.1.7")) => ("EC P-256".to_owned(), Some(256)),
        ("1.2.840.10045.2.1", Some("1.3.132.0.34")) => ("EC P-384".to_owned(), Some(384)),
        ("1.2.840.10045.2.1", Some("1.3.132.0.35")) => ("EC P-521".to_owned(), Some(521)),
        ("1.2.840.10045.2.1", other) => (format!("EC {}", other.unwrap_or("?")), None),
        ("1.3.101.112", _) => ("Ed25519".to_owned(), Some(256)),
        ("1.3.101.113", _) => ("Ed448".to_owned(), Some(456)),
        ("1.2.840.10040.4.1", _) => ("DSA".to_owned(), None),
        (other, _) => (other.to_owned(), None),
    }
}

fn rsa_bits(key: Option<&PublicKey<'_>>) -> Option<u32> {
    let Some(PublicKey::RSA(key)) = key else { return None };
    let start = key.modulus.iter().position(|it| *it != 0)?;
    let digits = key.modulus.get(start..)?;
    let bits = digits.len() * 8 - digits.first()?.leading_zeros() as usize;
    u32::try_from(bits).ok()
}

/// Names of RFC 3279, RFC 4055, RFC 5758, RFC 8410; others by number.
fn signature_name(oid: &str) -> String {
    let name = match oid {
        "1.2.840.113549.1.1.4" => "RSA with MD5",
        "1.2.840.113549.1.1.5" => "RSA with SHA-1",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.113549.1.1.11" => "RSA with SHA-256",
        "1.2.840.113549.1.1.12" => "RSA with SHA-384",
        "1.2.840.113549.1.1.13" => "RSA with SHA-512",
        "1.2.840.10045.4.1" => "ECDSA with SHA-1",
        "1.2.840.10045.4.3.2" => "ECDSA with SHA-256",
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    };
    clip(name)
}

/// Equal names alone prove nothing, and a signature that cannot be checked is unknown.
fn is_self_signed(certificate: &X509Certificate<'_>) -> Option<bool> {
    if certificate.subject().as_raw() != certificate.issuer().as_raw() {
        return Some(false);
    }
    // The identifier without its frame, as the algorithms below state theirs.
    let oid = certificate.signature_algorithm.algorithm.as_bytes();
    let key = &certificate.public_key().subject_public_key.data;
    let candidates = aws_lc_rs::default_provider().signature_verification_algorithms.all;
    let mut fitting = candidates
        .iter()
        .filter(|it| object_identifier(it.signature_alg_id().as_ref()) == Some(oid))
        .peekable();
    fitting.peek()?;
    let message = certificate.tbs_certificate.as_ref();
    let signature = &certificate.signature_value.data;
    Some(fitting.any(|it| it.verify_signature(key, message, signature).is_ok()))
}

/// The identifier at the start of an algorithm's DER text (tag 6, one byte of length).
fn object_identifier(der: &[u8]) -> Option<&[u8]> {
    match der {
        [6, length, rest @ ..] => rest.get(..usize::from(*length)),
        _ => None,
    }
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for extension in certificate.extensions() {
        let ParsedExtension::SubjectAlternativeName(list) = extension.parsed_extension() else {
            continue;
        };
        names.extend(list.general_names.iter().filter_map(general_name).take(NAMES_MAX));
    }
    names.truncate(NAMES_MAX);
    names
}

#[expect(clippy::wildcard_enum_match_arm, reason = "other kinds of names are not of a host")]
fn general_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(it) | GeneralName::RFC822Name(it) | GeneralName::URI(it) => {
            Some(clip(it))
        }
        GeneralName::IPAddress(octets) => {
            let version_4 = <[u8; 4]>::try_from(*octets).map(IpAddr::from);
            let version_6 = <[u8; 16]>::try_from(*octets).map(IpAddr::from);
            version_4.or(version_6).ok().map(|it| it.to_string())
        }
        GeneralName::DirectoryName(it) => Some(self::name(it)),
        _ => None,
    }
}

/// RFC 4514: the last part first, parts separated by commas.
fn name(name: &X509Name<'_>) -> String {
    let parts: Vec<String> = name
        .iter_rdn()
        .map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+"))
        .collect();
    clip(&parts.into_iter().rev().collect::<Vec<_>>().join(","))
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let kind = match oid.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        other => other,
    };
    let value = attribute.as_str().map_or_else(
        |_| format!("#{}", data_encoding::HEXLOWER.encode(clip_bytes(attribute.as_slice()))),
        escape,
    );
    format!("{kind}={value}")
}

/// RFC 4514 §2.4; control characters as hexadecimal pairs.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    let end = text.chars().count().saturating_sub(1);
    for (index, character) in text.chars().enumerate() {
        let is_edge = index == 0 || index == end;
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => {
                escaped.push('\\');
                escaped.push(character);
            }
            ' ' if is_edge => escaped.push_str("\\ "),
            '#' if index == 0 => escaped.push_str("\\#"),
            it if it.is_control() => {
                for byte in it.encode_utf8(&mut [0; 4]).bytes() {
                    escaped.push_str(&format!("\\{byte:02x}"));
                }
            }
            it => escaped.push(it),
        }
    }
    escaped
}

/// At most [`TEXT_BYTES_MAX`] bytes, without control characters.
fn clip(text: &str) -> String {
    let end = text.floor_char_boundary(TEXT_BYTES_MAX.min(text.len()));
    text.get(..end).unwrap_or_default().chars().filter(|it| !it.is_control()).collect()
}

fn clip_bytes(bytes: &[u8]) -> &[u8] {
    bytes.get(..TEXT_BYTES_MAX / 2).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, Issuer, KeyPair, SanType, date_time_ymd};

    use super::*;

    fn place() -> CertificatePlace {
        CertificatePlace::File { path: "/x".to_owned(), listener: None }
    }

    fn parameters() -> CertificateParams {
        let mut parameters = CertificateParams::new(vec!["www.example.org".to_owned()]).unwrap();
        parameters.subject_alt_names.push(SanType::IpAddress("192.0.2.7".parse().unwrap()));
        parameters.distinguished_name.push(DnType::OrganizationName, "Muster, GmbH");
        parameters.distinguished_name.push(DnType::CommonName, "www.example.org");
        parameters.not_before = date_time_ymd(2024, 1, 2);
        parameters.not_after = date_time_ymd(2026, 3, 4);
        parameters
    }

    fn self_signed(parameters: &CertificateParams) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_is_read_and_not_judged() {
        let der = self_signed(&parameters());
        let read = read(&der, place(), 2).unwrap();
        assert_eq!(read.fingerprint, ContentHash::of(&der));
        assert!(read.subject.contains("O=Muster\\, GmbH"), "{}", read.subject);
        assert!(read.subject.contains("CN=www.example.org"), "{}", read.subject);
        assert_eq!(read.subject, read.issuer);
        assert_eq!(read.names, ["www.example.org", "192.0.2.7"]);
        assert_eq!(read.not_before, "2024-01-02T00:00:00Z".parse().ok());
        assert_eq!(read.not_after, "2026-03-04T00:00:00Z".parse().ok());
        assert_eq!((read.key_algorithm.as_deref(), read.key_bits), (Some("EC P-256"), Some(256)));
        assert_eq!(read.signature_algorithm.as_deref(), Some("ECDSA with SHA-256"));
        assert_eq!(read.is_self_signed, Some(true));
        assert_eq!(read.chain_length, 2);
    }

    #[test]
    fn self_signed_is_what_its_own_key_signed_and_not_what_bears_one_name() {
        let authority_key = KeyPair::generate().unwrap();
        let key = KeyPair::generate().unwrap();
        // The authority bears the very name of what it issues.
        let issuer = Issuer::new(parameters(), authority_key);
        let der = parameters().signed_by(&key, &issuer).unwrap().der().to_vec();
        let read = read(&der, place(), 1).unwrap();
        assert_eq!(read.subject, read.issuer);
        assert_eq!(read.is_self_signed, Some(false));
    }

    #[test]
    fn an_end_beyond_the_calendar_is_unknown_and_no_panic() {
        let mut endless = parameters();
        endless.not_after = date_time_ymd(9999, 12, 31);
        let read = read(&self_signed(&endless), place(), 1).unwrap();
        assert!(read.not_before.is_some());
        assert_eq!(read.not_after, None);
    }

    #[test]
    fn control_characters_do_not_reach_a_reader() {
        let mut strange = parameters();
        strange.distinguished_name.push(DnType::CommonName, "www.example.org\0.evil.example\n");
        let read = read(&self_signed(&strange), place(), 1).unwrap();
        assert!(!read.subject.contains(char::is_control), "{:?}", read.subject);
        assert!(read.subject.contains("\\00.evil"), "{:?}", read.subject);
    }

    #[test]
    fn names_are_bounded_in_number_and_length() {
        let mut many = parameters();
        many.subject_alt_names = (0..1000)
            .map(|it| SanType::DnsName(format!("host-{it}.example.org").try_into().unwrap()))
            .collect();
        many.distinguished_name.push(DnType::OrganizationalUnitName, "x".repeat(20_000));
        let read = read(&self_signed(&many), place(), 1).unwrap();
        assert_eq!(read.names.len(), NAMES_MAX);
        assert!(read.subject.len() <= TEXT_BYTES_MAX);
    }

    #[test]
    fn a_megabyte_is_not_even_looked_at() {
        let bytes = vec![0x30; 1024 * 1024];
        assert_eq!(read(&bytes, place(), 1), Err(CertificateError::TooLarge));
        assert_eq!(read(&[], place(), 1), Err(CertificateError::NotACertificate));
    }

    #[test]
    fn text_is_escaped_as_rfc_4514_asks() {
        for (text, expected) in
            [(" a ", "\\ a\\ "), ("#a", "\\#a"), ("a+b", "a\\+b"), ("", ""), ("a\\b", "a\\\\b")]
        {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn the_size_of_an_rsa_key_leaves_out_leading_zeros() {
        let key = |modulus| {
            PublicKey::RSA(x509_parser::public_key::RSAPublicKey { modulus, exponent: &[1, 0, 1] })
        };
        assert_eq!(rsa_bits(Some(&key(&[0, 0x80, 0]))), Some(16));
        assert_eq!(rsa_bits(Some(&key(&[0x01, 0]))), Some(9));
        assert_eq!(rsa_bits(Some(&key(&[0, 0]))), None);
        assert_eq!(rsa_bits(Some(&key(&[]))), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, place(), 1);
        }

        #[test]
        fn a_broken_certificate_never_panics(
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
            end in any::<proptest::sample::Index>(),
        ) {
            use std::sync::OnceLock;
            static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
            let mut der = SOUND.get_or_init(|| self_signed(&parameters())).clone();
            for (index, byte) in &changes {
                let index = index.index(der.len());
                der[index] = *byte;
            }
            let _ = read(&der, place(), 1);
            let _ = read(&der[..end.index(der.len())], place(), 1);
        }
    }
}
