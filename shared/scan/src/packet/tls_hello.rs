//! Asks for one version of TLS by a hand-made first message and reads the first answer: how versions
//! are found that no sound library speaks any more.
//!
//! Nothing is agreed: the handshake ends after one message of each side. SSL 3.0 (RFC 6101),
//! TLS 1.0 (RFC 2246), 1.1 (RFC 4346), 1.2 (RFC 5246), 1.3 (RFC 8446).

use super::reader::Reader;

/// A version that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// SSL 3.0.
    Ssl30,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Version {
    /// All, the oldest first.
    pub const ALL: [Self; 5] = [Self::Ssl30, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// The name that people use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ssl30 => "SSL 3.0",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }

    const fn number(self) -> u16 {
        match self {
            Self::Ssl30 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    /// What the fields of a 1.3 message claim for the sake of old devices on the way (RFC 8446 §D.4).
    const fn legacy_number(self) -> u16 {
        match self {
            Self::Tls13 => 0x0303,
            Self::Ssl30 | Self::Tls10 | Self::Tls11 | Self::Tls12 => self.number(),
        }
    }
}

/// What a server says to one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It agreed.
    Accepted,
    /// It speaks TLS and refused, or chose another version.
    Refused,
    /// The answer is not TLS.
    NotTls,
    /// It has not all come.
    More,
}

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const SERVER_HELLO: u8 = 2;
/// Longest record (RFC 8446 §5.2, with the allowance of older versions).
const RECORD_BYTES_MAX: usize = (1 << 14) + 2048;
const SUPPORTED_VERSIONS: u16 = 43;
const SERVER_NAME: u16 = 0;

/// The `ClientHello` that offers exactly one version. `name` is sent as the server's name where it is
/// one that may be (RFC 6066 §3: a DNS name, no address); most questions have none.
#[must_use]
pub fn hello(version: Version, random: &[u8; 32], name: Option<&str>) -> Vec<u8> {
    let mut body = version.legacy_number().to_be_bytes().to_vec();
    body.extend(random);
    // A session id makes a 1.3 hello look like a resumed one (RFC 8446 §D.4).
    body.extend(match version {
        Version::Tls13 => sized_8(random),
        Version::Ssl30 | Version::Tls10 | Version::Tls11 | Version::Tls12 => vec![0],
    });
    body.extend(sized_16(&numbers(suites(version))));
    body.extend([1, 0]);
    // SSL 3.0 knows no extensions, and some of its servers refuse a hello that has any.
    if version != Version::Ssl30 {
        body.extend(sized_16(&extensions(version, random, name)));
    }
    let mut message = vec![1, 0];
    message.extend(sized_16(&body));
    let record_version = match version {
        Version::Ssl30 => Version::Ssl30.number(),
        Version::Tls10 | Version::Tls11 | Version::Tls12 | Version::Tls13 => {
            Version::Tls10.number()
        }
    };
    let mut record = vec![HANDSHAKE];
    record.extend(record_version.to_be_bytes());
    record.extend(sized_16(&message));
    record
}

/// Reads what a server answered to [`hello`]; `received` is everything so far.
#[must_use]
pub fn answer(asked: Version, received: &[u8]) -> Answer {
    let mut reader = Reader::new(without_name_warnings(received));
    let Some(kind) = reader.u8() else { return Answer::More };
    if kind != HANDSHAKE && kind != ALERT {
        return Answer::NotTls;
    }
    let Some(major) = reader.u8() else { return Answer::More };
    if major != 3 {
        return Answer::NotTls;
    }
    let (Some(_), Some(length)) = (reader.u8(), reader.be16()) else { return Answer::More };
    let length = usize::from(length);
    if length == 0 || length > RECORD_BYTES_MAX || (kind == ALERT && length != 2) {
        return Answer::NotTls;
    }
    if kind == ALERT {
        return alert(&mut reader);
    }
    server_hello(asked, reader.rest(), length)
}

/// Whether the bytes could be the head of an answer in TLS.
#[must_use]
pub fn looks_like_tls(received: &[u8]) -> bool {
    !received.is_empty() && answer(Version::Tls12, received) != Answer::NotTls
}

/// A server that does not know the name may say so before it goes on (RFC 6066 §3, alert 112).
fn without_name_warnings(mut received: &[u8]) -> &[u8] {
    while let [ALERT, 3, _, 0, 2, 1, 112, rest @ ..] = received {
        received = rest;
    }
    received
}

fn alert(reader: &mut Reader<'_>) -> Answer {
    match (reader.u8(), reader.u8()) {
        (Some(1 | 2), Some(_)) => Answer::Refused,
        (Some(_), Some(_)) => Answer::NotTls,
        _ => Answer::More,
    }
}

fn server_hello(asked: Version, record: &[u8], record_length: usize) -> Answer {
    let mut reader = Reader::new(record);
    let Some(kind) = reader.u8() else { return Answer::More };
    if kind != SERVER_HELLO {
        return Answer::NotTls;
    }
    let Some([a, b, c]) = reader.array() else { return Answer::More };
    let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
    // The shortest: version, random, empty session id, suite, compression.
    if !(38..=RECORD_BYTES_MAX).contains(&length) {
        return Answer::NotTls;
    }
    // A hello that is spread over records is read as far as the first one goes: the version that was
    // chosen stands in it unless it is cut to shreds.
    let Some(body) = reader.take(length.min(record_length.saturating_sub(4))) else {
        return Answer::More;
    };
    match chosen(body) {
        Some(number) if number == asked.number() => Answer::Accepted,
        Some(_) => Answer::Refused,
        None => Answer::NotTls,
    }
}

/// The version that a `ServerHello` chose.
fn chosen(body: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(body);
    let legacy = reader.be16()?;
    reader.skip(32)?;
    let session = reader.u8()?;
    reader.skip(usize::from(session))?;
    reader.skip(3)?;
    // No extensions: a version before 1.3.
    let Some(length) = reader.be16() else { return Some(legacy) };
    let mut extensions = Reader::new(reader.rest().get(..usize::from(length))?);
    while let Some(kind) = extensions.be16() {
        let length = extensions.be16()?;
        let content = extensions.take(usize::from(length))?;
        if kind == SUPPORTED_VERSIONS {
            return Reader::new(content).be16();
        }
    }
    Some(legacy)
}

/// Suites that servers of the version know: strong ones first, then what only old ones have, since a
/// server without a common suite would look like one without the version.
fn suites(version: Version) -> &'static [u16] {
    match version {
        Version::Tls13 => &[0x1301, 0x1302, 0x1303],
        Version::Tls12 => &[
            0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8, 0xcca9, 0xc027, 0xc028, 0xc023, 0xc024, 0xc013,
            0xc014, 0xc009, 0xc00a, 0x009e, 0x009f, 0x0067, 0x006b, 0x0033, 0x0039, 0x009c, 0x009d,
            0x003c, 0x003d, 0x002f, 0x0035, 0x000a,
        ],
        Version::Ssl30 | Version::Tls10 | Version::Tls11 => &[
            0xc013, 0xc014, 0xc009, 0xc00a, 0x0033, 0x0039, 0x0032, 0x0038, 0x002f, 0x0035, 0x0041,
            0x0084, 0x000a, 0x0016, 0x0013, 0xc012, 0xc008, 0xc011, 0xc007, 0x0005, 0x0004, 0x0009,
        ],
    }
}

fn extensions(version: Version, random: &[u8; 32], name: Option<&str>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut add = |kind: u16, content: &[u8]| {
        bytes.extend(kind.to_be_bytes());
        bytes.extend(sized_16(content));
    };
    if let Some(name) = name {
        let entry = [&[0u8][..], &sized_16(name.as_bytes())].concat();
        add(SERVER_NAME, &sized_16(&entry));
    }
    // Groups: x25519, P-256, P-384, P-521.
    add(10, &sized_16(&numbers(&[0x001d, 0x0017, 0x0018, 0x0019])));
    add(11, &[1, 0]);
    if version >= Version::Tls12 {
        let schemes = [
            0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203,
            0x0201,
        ];
        add(13, &sized_16(&numbers(&schemes)));
    }
    if version == Version::Tls13 {
        add(SUPPORTED_VERSIONS, &sized_8(&version.number().to_be_bytes()));
        // Any 32 bytes are a point of x25519 (RFC 7748 §5); nothing is computed with it.
        let share = [&0x001du16.to_be_bytes()[..], &sized_16(random)].concat();
        add(51, &sized_16(&share));
    } else {
        // Secure renegotiation (RFC 5746): some servers refuse a hello without it.
        add(0xff01, &[0]);
    }
    bytes
}

fn numbers(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|it| it.to_be_bytes()).collect()
}

fn sized_8(content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[length], content.get(..usize::from(length)).unwrap_or(content)].concat()
}

fn sized_16(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), content.get(..usize::from(length)).unwrap_or(content)].concat()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use rustls::crypto::aws_lc_rs;
    use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
    use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

    use super::*;

    /// What a rustls server of the given versions answers.
    fn rustls_answer(versions: &[&'static SupportedProtocolVersion], question: &[u8]) -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["a.example".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let mut server = ServerConnection::new(Arc::new(config)).unwrap();
        server.read_tls(&mut &question[..]).unwrap();
        let _ = server.process_new_packets();
        let mut bytes = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        bytes
    }

    #[test]
    fn a_real_server_agrees_to_what_it_speaks_and_refuses_the_rest() {
        for (spoken, version) in
            [(&rustls::version::TLS12, Version::Tls12), (&rustls::version::TLS13, Version::Tls13)]
        {
            for asked in Version::ALL {
                let bytes = rustls_answer(&[spoken], &hello(asked, &[7; 32], Some("a.example")));
                let expected = if asked == version { Answer::Accepted } else { Answer::Refused };
                assert_eq!(answer(asked, &bytes), expected, "{asked:?} to {version:?}");
            }
        }
    }

    #[test]
    fn cut_anywhere_it_is_incomplete_and_never_wrong() {
        let bytes =
            rustls_answer(&[&rustls::version::TLS13], &hello(Version::Tls13, &[1; 32], None));
        let mut accepted_from = None;
        for end in 0..bytes.len() {
            match answer(Version::Tls13, &bytes[..end]) {
                Answer::Accepted => accepted_from = accepted_from.or(Some(end)),
                Answer::More => assert_eq!(accepted_from, None),
                other @ (Answer::Refused | Answer::NotTls) => panic!("{other:?} at {end}"),
            }
        }
        assert!(accepted_from.is_some());
    }

    /// Constructed after RFC 6101 §5.6.1: version, random, session, suite, compression.
    fn old_server_hello(version: u16) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend([9; 32]);
        body.push(32);
        body.extend([8; 32]);
        body.extend([0x00, 0x05, 0x00]);
        let message = [&[SERVER_HELLO, 0][..], &sized_16(&body)].concat();
        [&[HANDSHAKE][..], &version.to_be_bytes(), &sized_16(&message)].concat()
    }

    #[test]
    fn old_versions_are_told_apart() {
        for asked in [Version::Ssl30, Version::Tls10, Version::Tls11] {
            for chosen in [Version::Ssl30, Version::Tls10, Version::Tls11] {
                let expected = if asked == chosen { Answer::Accepted } else { Answer::Refused };
                assert_eq!(answer(asked, &old_server_hello(chosen.number())), expected);
            }
        }
    }

    #[test]
    fn an_alert_refuses_and_other_protocols_are_not_tls() {
        assert_eq!(answer(Version::Tls10, &[21, 3, 1, 0, 2, 2, 70]), Answer::Refused);
        let warned = [&[21, 3, 1, 0, 2, 1, 112][..], &old_server_hello(0x0301)].concat();
        assert_eq!(answer(Version::Tls10, &warned), Answer::Accepted);
        for bytes in
            [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"SSH-2.0-x\r\n", &[22, 9, 0], &[21, 3, 1, 0, 9]]
        {
            assert_eq!(answer(Version::Tls12, bytes), Answer::NotTls, "{bytes:?}");
            assert!(!looks_like_tls(bytes));
        }
        assert_eq!(answer(Version::Tls12, &[]), Answer::More);
    }

    #[test]
    fn a_hello_of_a_megabyte_is_not_waited_for() {
        assert_eq!(answer(Version::Tls12, &[22, 3, 3, 0xff, 0xff, 2]), Answer::NotTls);
        assert_eq!(
            answer(Version::Tls12, &[22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff]),
            Answer::NotTls
        );
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for version in Version::ALL {
                let _ = answer(version, &bytes);
                let framed = [&[22, 3, 3, 0, 200, 2, 0, 0, 196][..], &bytes].concat();
                let _ = answer(version, &framed);
            }
        }

        #[test]
        fn what_was_decided_stays_whatever_follows(
            bytes in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let whole = [old_server_hello(0x0301), bytes].concat();
            prop_assert_eq!(answer(Version::Tls10, &whole), Answer::Accepted);
        }
    }
}
