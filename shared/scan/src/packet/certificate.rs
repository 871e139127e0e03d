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
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::der::{Element, SEQUENCE, elements, whole_length};
use super::text::is_command;

/// Largest certificate that is read.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;
/// Most alternative names that are kept.
const NAMES_MAX: usize = 100;
/// Longest text that is kept of one field.
const TEXT_BYTES_MAX: usize = 1024;

/// The extension of alternative names, 2.5.29.17 (RFC 5280 §4.2.1.6), and the tags of its entries.
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const MAIL_NAME: u8 = 0x81;
const DNS_NAME: u8 = 0x82;
const DIRECTORY_NAME: u8 = 0xa4;
const URI_NAME: u8 = 0x86;
const ADDRESS_NAME: u8 = 0x87;

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
    read_with_problems(der, place, chain_length).map(|it| it.0)
}

/// The same, with what had to be escaped or could not be understood.
///
/// # Errors
/// If the bytes are no certificate.
pub fn read_with_problems(
    der: &[u8],
    place: CertificatePlace,
    chain_length: u32,
) -> Result<(Certificate, Vec<String>), CertificateError> {
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
    let mut doubts = Doubts::default();
    let read = Certificate {
        place,
        fingerprint: ContentHash::of(own),
        subject: name(certificate.subject(), &mut doubts),
        issuer: name(certificate.issuer(), &mut doubts),
        serial: data_encoding::HEXLOWER.encode(clip_bytes(certificate.raw_serial())),
        names: alternative_names(&certificate, &mut doubts),
        not_before: Timestamp::from_second(certificate.validity().not_before.timestamp()).ok(),
        not_after: Timestamp::from_second(certificate.validity().not_after.timestamp()).ok(),
        key_algorithm: Some(clip(&key_algorithm)),
        key_bits,
        signature_algorithm: Some(signature_name(
            &certificate.signature_algorithm.algorithm.to_id_string(),
        )),
        is_self_signed: is_self_signed(&certificate),
        chain_length,
    };
    Ok((read, doubts.problems()))
}

/// What is doubtful about the texts of a certificate.
#[derive(Debug, Default)]
struct Doubts {
    /// Characters that command instead of saying something.
    escaped: usize,
    /// Alternative names that are none.
    broken: usize,
}

impl Doubts {
    fn problems(&self) -> Vec<String> {
        let counted = [
            (self.escaped, "control characters escaped"),
            (self.broken, "alternative names could not be read"),
        ];
        let problems = counted.into_iter().filter(|it| it.0 > 0);
        problems.map(|(count, what)| format!("{count} {what}")).collect()
    }
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

/// Each name is read for itself: one that is broken costs no other.
fn alternative_names(certificate: &X509Certificate<'_>, doubts: &mut Doubts) -> Vec<String> {
    let mut names = Vec::new();
    let lists = certificate.extensions().iter().filter(|it| it.oid.as_bytes() == ALTERNATIVE_NAMES);
    for list in lists {
        let content = elements(list.value).next().filter(|it| it.tag == SEQUENCE);
        let mut rest = content.map_or(list.value, |it| it.content);
        doubts.broken += usize::from(content.is_none());
        while names.len() < NAMES_MAX && content.is_some() && !rest.is_empty() {
            let Some((own, behind)) = whole_length(rest).and_then(|it| rest.split_at_checked(it))
            else {
                doubts.broken += 1;
                break;
            };
            rest = behind;
            match elements(own).next().map(|it| general_name(it, doubts)) {
                Some(Named::Name(name)) => names.push(name),
                Some(Named::Other) => {}
                Some(Named::Broken) | None => doubts.broken += 1,
            }
        }
    }
    names
}

/// What an entry of the alternative names is.
enum Named {
    Name(String),
    /// Of a kind that is not of a host.
    Other,
    Broken,
}

fn general_name(entry: Element<'_>, doubts: &mut Doubts) -> Named {
    match (entry.tag, entry.content) {
        (_, []) => Named::Broken,
        (MAIL_NAME | DNS_NAME | URI_NAME, text) if text.is_ascii() => {
            let text: String = text.iter().copied().map(char::from).collect();
            Named::Name(tidy(&text, doubts))
        }
        // IA5String: other bytes would stand for any letter.
        (MAIL_NAME | DNS_NAME | URI_NAME, _) => Named::Broken,
        (ADDRESS_NAME, octets) => {
            let version_4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            let version_6 = <[u8; 16]>::try_from(octets).map(IpAddr::from);
            version_4.or(version_6).map_or(Named::Broken, |it| Named::Name(it.to_string()))
        }
        (DIRECTORY_NAME, name) => match X509Name::from_der(name) {
            Ok((_, name)) => Named::Name(self::name(&name, doubts)),
            Err(_) => Named::Broken,
        },
        _ => Named::Other,
    }
}

/// RFC 4514: the last part first, parts separated by commas.
fn name(name: &X509Name<'_>, doubts: &mut Doubts) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in name.iter_rdn() {
        let attributes = part.iter().map(|it| attribute(it, doubts));
        parts.push(attributes.collect::<Vec<_>>().join("+"));
    }
    clip(&parts.into_iter().rev().collect::<Vec<_>>().join(","))
}

fn attribute(attribute: &AttributeTypeAndValue<'_>, doubts: &mut Doubts) -> String {
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
        |it| escape(it, doubts),
    );
    format!("{kind}={value}")
}

/// RFC 4514 §2.4; characters that command as hexadecimal pairs.
fn escape(text: &str, doubts: &mut Doubts) -> String {
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
            it if is_command(it) => {
                doubts.escaped += 1;
                for byte in it.encode_utf8(&mut [0; 4]).bytes() {
                    escaped.push_str(&format!("\\{byte:02x}"));
                }
            }
            it => escaped.push(it),
        }
    }
    escaped
}

/// Characters that command as `\u{0}`, as in all foreign texts: without them another name would stand
/// there.
fn tidy(text: &str, doubts: &mut Doubts) -> String {
    let mut tidied = String::new();
    for character in text.chars() {
        if is_command(character) {
            doubts.escaped += 1;
            tidied.extend(character.escape_unicode());
        } else {
            tidied.push(character);
        }
    }
    clip(&tidied)
}

/// At most [`TEXT_BYTES_MAX`] bytes.
fn clip(text: &str) -> String {
    let end = text.floor_char_boundary(TEXT_BYTES_MAX.min(text.len()));
    text.get(..end).unwrap_or_default().to_owned()
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
        let (read, problems) = read_with_problems(&self_signed(&strange), place(), 1).unwrap();
        assert!(!read.subject.contains(char::is_control), "{:?}", read.subject);
        assert!(read.subject.contains("\\00.evil"), "{:?}", read.subject);
        // Two in the subject and the same in the issuer.
        assert_eq!(problems, ["4 control characters escaped"]);
    }

    #[test]
    fn what_turns_the_direction_is_escaped_in_subject_and_issuer() {
        let mut strange = parameters();
        strange.distinguished_name.push(DnType::CommonName, "a\u{202e}b\u{61c}");
        let (read, problems) = read_with_problems(&self_signed(&strange), place(), 1).unwrap();
        assert!(read.subject.contains("CN=a\\e2\\80\\aeb\\d8\\9c"), "{:?}", read.subject);
        assert_eq!(problems, ["4 control characters escaped"]);
    }

    #[test]
    fn a_name_with_a_control_character_does_not_become_another_name() {
        let mut strange = parameters();
        strange.subject_alt_names = vec![
            SanType::DnsName("bank.example\0.evil.example".try_into().unwrap()),
            SanType::Rfc822Name("a\x1b[2J@example.org".try_into().unwrap()),
        ];
        let (read, problems) = read_with_problems(&self_signed(&strange), place(), 1).unwrap();
        assert_eq!(read.names, ["bank.example\\u{0}.evil.example", "a\\u{1b}[2J@example.org"]);
        assert_eq!(problems, ["2 control characters escaped"]);
    }

    #[test]
    fn a_broken_alternative_name_costs_no_other() {
        let mut der = self_signed(&parameters());
        let own = b"www.example.org";
        let first = der.windows(own.len()).position(|it| it == own).unwrap();
        let last = der.windows(own.len()).rposition(|it| it == own).unwrap();
        assert_ne!(first, last);
        // A letter that IA5String does not have, within the extension.
        der[last] = 0xe4;
        let (read, problems) = read_with_problems(&der, place(), 1).unwrap();
        assert_eq!(read.names, ["192.0.2.7"]);
        assert_eq!(problems, ["1 alternative names could not be read"]);
        // A length that leads beyond the extension ends the list, and that is said.
        der[last] = b'w';
        der[last - 1] = 100;
        let (read, problems) = read_with_problems(&der, place(), 1).unwrap();
        assert!(read.names.is_empty(), "{:?}", read.names);
        assert_eq!(problems, ["1 alternative names could not be read"]);
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
            assert_eq!(escape(text, &mut Doubts::default()), expected);
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
