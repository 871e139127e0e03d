//! NTLM ([MS-NLMP]): the first message of a client, and what a server's challenge tells anybody.
//!
//! No name, password or hash is sent: the talk ends after the challenge, so no login is attempted and
//! none is counted as failed. The messages travel bare or in SPNEGO ([MS-SPNG], RFC 4178).

use observation::latest::Statement;

use super::der::{OCTET_STRING, SEQUENCE, element, field, inside};
use super::reader::Reader;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// [MS-NLMP] §2.2.2.10: the only value that is defined.
const REVISION: u8 = 0x0f;
/// [MS-NLMP] §2.2.2.5.
const UNICODE: u32 = 0x0000_0001;
const REQUEST_TARGET: u32 = 0x0000_0004;
const NTLM: u32 = 0x0000_0200;
const ALWAYS_SIGN: u32 = 0x0000_8000;
const EXTENDED_SESSION_SECURITY: u32 = 0x0008_0000;
const VERSION: u32 = 0x0200_0000;
const KEY_OF_128_BITS: u32 = 0x2000_0000;
const KEY_EXCHANGE: u32 = 0x4000_0000;
const KEY_OF_56_BITS: u32 = 0x8000_0000;

/// 1.3.6.1.5.5.2, with its frame.
const OID_SPNEGO: &[u8] = &[0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];
/// 1.3.6.1.4.1.311.2.2.10, with its frame.
const OID_NTLM: &[u8] = &[0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a];
/// `[APPLICATION 0]`: the frame of a first token (RFC 2743 §3.1).
const APPLICATION: u8 = 0x60;
/// Most attribute-value pairs that are looked at; eleven kinds are defined.
const PAIRS_MAX: usize = 32;
/// Longest name that is read, in UTF-16 units: a DNS name has at most 255.
const NAME_UNITS_MAX: usize = 512;

/// `NEGOTIATE_MESSAGE` (§2.2.1.1), without names.
#[must_use]
pub fn negotiate() -> Vec<u8> {
    let flags = UNICODE
        | REQUEST_TARGET
        | NTLM
        | ALWAYS_SIGN
        | EXTENDED_SESSION_SECURITY
        | VERSION
        | KEY_OF_128_BITS
        | KEY_EXCHANGE
        | KEY_OF_56_BITS;
    let mut message = SIGNATURE.to_vec();
    message.extend(1u32.to_le_bytes());
    message.extend(flags.to_le_bytes());
    // Domain and workstation: not supplied.
    message.extend([0; 16]);
    // Version: a server states its own only to a client that states one. Ours names no Windows.
    message.extend([0, 0, 0, 0, 0, 0, 0, REVISION]);
    message
}

/// [`negotiate`] in SPNEGO's first token, NTLM as the only mechanism.
#[must_use]
pub fn negotiate_in_spnego() -> Vec<u8> {
    let mechanisms = element(field(0), &element(SEQUENCE, OID_NTLM));
    let token = element(field(2), &element(OCTET_STRING, &negotiate()));
    let body = element(field(0), &element(SEQUENCE, &[mechanisms, token].concat()));
    element(APPLICATION, &[OID_SPNEGO, &body].concat())
}

/// What a `CHALLENGE_MESSAGE` tells; the challenge itself is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Names by kind, as they came.
    pub names: Vec<(Statement, String)>,
    /// Version, as `major.minor.build`, where the server states one.
    pub build: Option<String>,
    /// Whether it ended in the middle of what it announced.
    pub is_cut_off: bool,
}

/// Reads a challenge, bare or in SPNEGO's answer; none: it is something else.
#[must_use]
pub fn challenge(token: &[u8]) -> Option<Challenge> {
    if token.starts_with(SIGNATURE) {
        return bare_challenge(token);
    }
    // NegTokenResp (RFC 4178 §4.2.2): the token is field 2.
    bare_challenge(inside(token, &[field(1), SEQUENCE, field(2), OCTET_STRING])?)
}

/// §2.2.1.2.
fn bare_challenge(message: &[u8]) -> Option<Challenge> {
    let mut reader = Reader::new(message);
    if reader.array()? != *SIGNATURE || reader.le32()? != 2 {
        return None;
    }
    let mut challenge = Challenge::default();
    // The target's name says again what the pairs say.
    if reader.skip(8).is_none() {
        challenge.is_cut_off = true;
        return Some(challenge);
    }
    let fixed = (|| {
        let flags = reader.le32()?;
        reader.skip(16)?;
        let length = usize::from(reader.le16()?);
        reader.skip(2)?;
        let offset = usize::try_from(reader.le32()?).ok()?;
        Some((flags, length, offset))
    })();
    let Some((flags, length, offset)) = fixed else {
        challenge.is_cut_off = true;
        return Some(challenge);
    };
    if flags & VERSION != 0 {
        challenge.build = reader.array().and_then(build);
    }
    match Reader::at(message, offset, length) {
        Some(pairs) => challenge.names = names(pairs),
        None => challenge.is_cut_off = true,
    }
    Some(challenge)
}

/// §2.2.2.10; all zero says nothing.
fn build([major, minor, low, high, _, _, _, _]: [u8; 8]) -> Option<String> {
    let number = u16::from_le_bytes([low, high]);
    let is_stated = (major, minor, number) != (0, 0, 0);
    is_stated.then(|| format!("{major}.{minor}.{number}"))
}

/// §2.2.2.1. Flags, time, and what concerns the login only are passed over.
fn names(pairs: &[u8]) -> Vec<(Statement, String)> {
    let mut reader = Reader::new(pairs);
    let mut names = Vec::new();
    for _ in 0..PAIRS_MAX {
        let pair = (|| {
            let kind = reader.le16()?;
            let length = reader.le16()?;
            Some((kind, reader.take(usize::from(length))?))
        })();
        let Some((kind, value)) = pair else { break };
        let what = match kind {
            0 => break,
            1 => Statement::ComputerName,
            2 => Statement::DomainName,
            3 => Statement::DnsComputerName,
            4 => Statement::DnsDomainName,
            5 => Statement::DnsForestName,
            _ => continue,
        };
        names.push((what, utf16(value)));
    }
    names
}

/// Little-endian UTF-16; what is no text becomes U+FFFD.
fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).take(NAME_UNITS_MAX).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Challenges for the tests of probes that carry them.
#[cfg(test)]
pub(crate) mod examples {
    use super::*;

    /// As [MS-NLMP] §2.2.1.2 describes the one of a Windows Server 2022: constructed.
    pub(crate) fn server_2022() -> Vec<u8> {
        let pairs = [
            (2, "MUSTER"),
            (1, "DC01"),
            (4, "muster.example"),
            (3, "dc01.muster.example"),
            (5, "muster.example"),
        ];
        let mut info = Vec::new();
        for (kind, text) in pairs {
            info.extend(pair(
                kind,
                &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
            ));
        }
        info.extend(pair(7, &[0x80; 8]));
        info.extend(pair(0, &[]));
        message(&info, [10, 0, 0x7c, 0x4f, 0, 0, 0, REVISION])
    }

    pub(crate) fn pair(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap();
        [&kind.to_le_bytes(), &length.to_le_bytes(), value].concat()
    }

    pub(crate) fn message(info: &[u8], version: [u8; 8]) -> Vec<u8> {
        let mut message = SIGNATURE.to_vec();
        message.extend(2u32.to_le_bytes());
        message.extend([0, 0, 0, 0, 56, 0, 0, 0]);
        message.extend((VERSION | UNICODE | NTLM).to_le_bytes());
        message.extend([0x11; 8]);
        message.extend([0; 8]);
        let length = u16::try_from(info.len()).unwrap().to_le_bytes();
        message.extend(length);
        message.extend(length);
        message.extend(56u32.to_le_bytes());
        message.extend(version);
        message.extend(info);
        message
    }

    pub(crate) fn in_spnego(message: &[u8]) -> Vec<u8> {
        let state = element(field(0), &[0x0a, 0x01, 0x01]);
        let mechanism = element(field(1), OID_NTLM);
        let token = element(field(2), &element(OCTET_STRING, message));
        element(field(1), &element(SEQUENCE, &[state, mechanism, token].concat()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::examples::{in_spnego, message, pair, server_2022};
    use super::*;

    #[test]
    fn a_challenge_gives_names_and_build() {
        for token in [server_2022(), in_spnego(&server_2022())] {
            let read = challenge(&token).unwrap();
            assert_eq!(read.build.as_deref(), Some("10.0.20348"));
            let expected = [
                (Statement::DomainName, "MUSTER"),
                (Statement::ComputerName, "DC01"),
                (Statement::DnsDomainName, "muster.example"),
                (Statement::DnsComputerName, "dc01.muster.example"),
                (Statement::DnsForestName, "muster.example"),
            ];
            assert_eq!(read.names, expected.map(|(what, text)| (what, text.to_owned())));
            assert!(!read.is_cut_off);
        }
    }

    #[test]
    fn our_message_names_nobody_and_states_a_version() {
        let message = negotiate();
        assert_eq!(message.len(), 40);
        assert!(message.starts_with(b"NTLMSSP\0\x01\0\0\0"));
        assert!(message[16..32].iter().all(|it| *it == 0));
        let way = [APPLICATION, field(0), SEQUENCE, field(2), OCTET_STRING];
        assert_eq!(inside(&negotiate_in_spnego(), &way), Some(message.as_slice()));
    }

    #[test]
    fn no_version_is_no_build() {
        let read = challenge(&message(&pair(0, &[]), [0, 0, 0, 0, 0, 0, 0, REVISION])).unwrap();
        assert_eq!(read, Challenge::default());
    }

    #[test]
    fn names_end_at_a_length_that_lies() {
        let mut info = pair(1, b"A\0");
        info.extend([2, 0, 0xff, 0xff, b'x']);
        let read = challenge(&message(&info, [0; 8])).unwrap();
        assert_eq!(read.names, [(Statement::ComputerName, "A".to_owned())]);
    }

    #[test]
    fn half_a_character_is_replaced_and_names_are_bounded() {
        let info = [pair(1, &[0x00, 0xd8]), pair(2, &[b'x'; 60_000])].concat();
        let read = challenge(&message(&info, [0; 8])).unwrap();
        assert_eq!(read.names[0].1, "\u{fffd}");
        assert_eq!(read.names[1].1.chars().count(), NAME_UNITS_MAX);
    }

    #[test]
    fn other_messages_are_none() {
        assert_eq!(challenge(&negotiate()), None);
        assert_eq!(challenge(b""), None);
        assert_eq!(challenge(b"NTLMSSP\0\x02\0\0"), None);
    }

    #[test]
    fn cut_at_every_byte_it_is_a_part_or_nothing() {
        let whole = server_2022();
        for end in 0..whole.len() {
            let read = challenge(&whole[..end]);
            assert_eq!(read.is_none(), end < 12, "{end}");
            assert!(read.is_none_or(|it| it.is_cut_off), "{end}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200), is_signed: bool,
        ) {
            if is_signed {
                bytes.splice(0..0, *b"NTLMSSP\0\x02\0\0\0");
            }
            let _ = challenge(&bytes);
            let _ = challenge(&in_spnego(&bytes));
        }
    }
}
