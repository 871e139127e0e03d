//! SMB2 ([MS-SMB2]): dialect, signing, and what the NTLM challenge tells: names, domain, build.
//!
//! Two questions, NEGOTIATE and the first half of SESSION_SETUP; no login is attempted. The dialects
//! of SMB 1 are not offered: a server that speaks nothing else closes, and gives no answer here.

use observation::latest::{ServiceProtocol, Statement};
use uuid::Uuid;

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::ntlm;
use crate::packet::reader::Reader;
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.smb",
    method: Method::Stream(Stream { ports: &[445, 139], tls_ports: &[], recognises, begin }),
};

/// The port of SMB over NetBIOS, where a session is asked for first (RFC 1002 §4.3.2).
const NETBIOS_PORT: u16 = 139;
const SESSION_MESSAGE: u8 = 0x00;
const SESSION_REQUEST: u8 = 0x81;
const SESSION_GRANTED: u8 = 0x82;
/// §2.2.1.
const HEADER_BYTES: usize = 64;
const PROTOCOL_ID: &[u8; 4] = b"\xfeSMB";
const NEGOTIATE: u16 = 0;
const SESSION_SETUP: u16 = 1;
const STATUS_MORE_PROCESSING_REQUIRED: u32 = 0xc000_0016;
/// §2.2.3: 2.0.2, 2.1, 3.0, 3.0.2, 3.1.1.
const DIALECTS: [u16; 5] = [0x0202, 0x0210, 0x0300, 0x0302, 0x0311];
const SIGNING_ENABLED: u16 = 1;
const SIGNING_REQUIRED: u16 = 2;
const CAPABILITY_ENCRYPTION: u32 = 0x40;
const PREAUTH_INTEGRITY: u16 = 1;
const ENCRYPTION: u16 = 2;

/// Its server never speaks first.
fn recognises(_first: &[u8]) -> bool {
    false
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let said = subject.statements();
    let state = match subject.port {
        NETBIOS_PORT => State::Session,
        _ => State::Negotiate,
    };
    Box::new(Smb { subject: subject.clone(), said, state, is_proven: false })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Session,
    Negotiate,
    Challenge,
}

struct Smb {
    subject: Subject,
    said: Statements,
    state: State,
    is_proven: bool,
}

impl Conversation for Smb {
    fn open(&mut self) -> Vec<u8> {
        match self.state {
            State::Session => session_request(),
            State::Negotiate | State::Challenge => negotiate(&self.subject.random),
        }
    }

    fn read(&mut self, received: &[u8]) -> Step {
        match frame(received) {
            Frame::Incomplete => Step::More,
            Frame::Foreign => Step::Done,
            Frame::Granted if self.state == State::Session => {
                self.state = State::Negotiate;
                Step::Send(negotiate(&self.subject.random))
            }
            Frame::Granted => Step::Done,
            Frame::Message(message) => match self.state {
                State::Session => Step::Done,
                State::Negotiate => self.negotiated(message),
                State::Challenge => {
                    self.challenged(message);
                    Step::Done
                }
            },
        }
    }

    fn finish(mut self: Box<Self>, received: &[u8], why: End) -> Reading {
        if !self.is_proven {
            return Reading::default();
        }
        if self.state == State::Challenge && why != End::Done && !received.is_empty() {
            self.said.complain("the NTLM challenge was cut off");
        }
        self.subject.answer(ServiceProtocol::Smb, self.said)
    }
}

impl Smb {
    fn negotiated(&mut self, message: &[u8]) -> Step {
        let Some(agreed) = agreed(message) else { return Step::Done };
        self.is_proven = true;
        if let Some(dialect) = dialect(agreed.dialect) {
            self.said.say(Statement::Dialect, dialect.as_bytes());
        } else {
            self.said.complain(&format!("it chose the dialect {:#06x}", agreed.dialect));
        }
        self.said.say_list(Statement::Security, agreed.security());
        if agreed.server_id != [0; 16] {
            self.said.say(Statement::DeviceUuid, guid(agreed.server_id).as_bytes());
        }
        self.state = State::Challenge;
        Step::Send(session_setup())
    }

    fn challenged(&mut self, message: &[u8]) {
        let Some(token) = challenge_token(message) else {
            self.said.complain("it gave no NTLM challenge");
            return;
        };
        let Some(challenge) = ntlm::challenge(token) else {
            self.said.complain("its answer to NTLM is none");
            return;
        };
        if challenge.is_cut_off {
            self.said.complain("the NTLM challenge was cut off");
        }
        for (what, name) in &challenge.names {
            self.said.say(*what, name.as_bytes());
        }
        if let Some(build) = &challenge.build {
            self.said.say(Statement::Build, build.as_bytes());
        }
    }
}

/// What lies in the frame of NetBIOS or direct TCP (§2.1; RFC 1002 §4.3).
#[derive(Debug, PartialEq, Eq)]
enum Frame<'a> {
    Incomplete,
    Foreign,
    Granted,
    Message(&'a [u8]),
}

fn frame(received: &[u8]) -> Frame<'_> {
    let mut reader = Reader::new(received);
    match reader.u8() {
        None => return Frame::Incomplete,
        Some(SESSION_MESSAGE | SESSION_GRANTED) => {}
        Some(_) => return Frame::Foreign,
    }
    let Some([high, middle, low]) = reader.array() else { return Frame::Incomplete };
    let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
    if received.first() == Some(&SESSION_GRANTED) {
        return if length == 0 { Frame::Granted } else { Frame::Foreign };
    }
    // Longer than a carrier collects would be cut off anyway; the tag tells early who it is.
    let start = reader.rest().get(..PROTOCOL_ID.len()).unwrap_or(reader.rest());
    if length < HEADER_BYTES || !PROTOCOL_ID.starts_with(start) {
        return Frame::Foreign;
    }
    reader.take(length).map_or(Frame::Incomplete, Frame::Message)
}

/// The answer to NEGOTIATE (§2.2.4), as far as it is looked at.
struct Agreed {
    security_mode: u16,
    dialect: u16,
    server_id: [u8; 16],
    capabilities: u32,
    has_cipher: bool,
}

impl Agreed {
    fn security(&self) -> impl Iterator<Item = &'static [u8]> {
        let signing: &[u8] = match self.security_mode {
            it if it & SIGNING_REQUIRED != 0 => b"signing required",
            it if it & SIGNING_ENABLED != 0 => b"signing enabled",
            _ => b"signing off",
        };
        let is_encrypting = self.capabilities & CAPABILITY_ENCRYPTION != 0 || self.has_cipher;
        [signing].into_iter().chain(is_encrypting.then_some(b"encryption".as_slice()))
    }
}

fn agreed(message: &[u8]) -> Option<Agreed> {
    let (status, mut reader) = body(message, NEGOTIATE, 65)?;
    if status != 0 {
        return None;
    }
    let security_mode = reader.le16()?;
    let dialect = reader.le16()?;
    let count = reader.le16()?;
    let server_id = reader.array()?;
    let capabilities = reader.le32()?;
    // Sizes, times, and the place of the security buffer.
    reader.skip(12 + 16 + 4)?;
    let offset = reader.le32()?;
    let has_cipher = dialect == 0x0311 && has_cipher(message, offset, count);
    Some(Agreed { security_mode, dialect, server_id, capabilities, has_cipher })
}

/// Whether one of the contexts (§2.2.4.1), each aligned to eight bytes, chooses a cipher. A server that
/// shares none with us answers with the cipher 0 (§3.3.5.4).
fn has_cipher(message: &[u8], offset: u32, count: u16) -> bool {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let mut reader = Reader::new(message.get(start..).unwrap_or_default());
    for _ in 0..count.min(16) {
        let read = (|| {
            let kind = reader.le16()?;
            let length = usize::from(reader.le16()?);
            reader.skip(4)?;
            Some((kind, reader.take(length)?))
        })();
        let Some((kind, data)) = read else { break };
        // A count, which is 1, and the cipher.
        if kind == ENCRYPTION && matches!(data, [_, _, low, high, ..] if (*low, *high) != (0, 0)) {
            return true;
        }
        let length = data.len();
        let padding = length.next_multiple_of(8) - length;
        // The last context has none.
        if reader.skip(padding).is_none() {
            break;
        }
    }
    false
}

/// The security buffer of an answer to SESSION_SETUP (§2.2.6).
fn challenge_token(message: &[u8]) -> Option<&[u8]> {
    let (status, mut reader) = body(message, SESSION_SETUP, 9)?;
    if status != STATUS_MORE_PROCESSING_REQUIRED {
        return None;
    }
    reader.skip(2)?;
    let offset = usize::from(reader.le16()?);
    let length = usize::from(reader.le16()?);
    // Cut off within the frame: what is there is read, and NTLM notes the rest.
    let rest = message.get(offset..)?;
    Some(rest.get(..length).unwrap_or(rest))
}

/// Status and body of an answer to `command`; the body begins with its size.
fn body(message: &[u8], command: u16, size: u16) -> Option<(u32, Reader<'_>)> {
    let mut reader = Reader::new(message);
    if reader.array()? != *PROTOCOL_ID {
        return None;
    }
    reader.skip(4)?;
    let status = reader.le32()?;
    let answered = reader.le16()?;
    reader.skip(HEADER_BYTES - 14)?;
    let is_it = answered == command && reader.le16()? == size;
    is_it.then_some((status, reader))
}

const fn dialect(number: u16) -> Option<&'static str> {
    match number {
        0x0202 => Some("SMB 2.0.2"),
        0x0210 => Some("SMB 2.1"),
        0x0300 => Some("SMB 3.0"),
        0x0302 => Some("SMB 3.0.2"),
        0x0311 => Some("SMB 3.1.1"),
        _ => None,
    }
}

/// As Windows writes it: the first three fields are little-endian ([MS-DTYP] §2.3.4).
fn guid(bytes: [u8; 16]) -> String {
    Uuid::from_bytes_le(bytes).to_string()
}

/// Asks for whatever server is there, by the name that all accept, for a nameless client.
fn session_request() -> Vec<u8> {
    let mut bytes = vec![SESSION_REQUEST, 0, 0, 68];
    for name in [b"*SMBSERVER      ", b"KATASTER        "] {
        bytes.push(32);
        // RFC 1001 §14.1: each half of a byte is a letter from A on.
        bytes.extend(name.iter().flat_map(|it| [b'A' + (it >> 4), b'A' + (it & 0x0f)]));
        bytes.push(0);
    }
    bytes
}

/// §2.2.3.
fn negotiate(random: &[u8; 32]) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(36u16.to_le_bytes());
    body.extend([DIALECTS.len() as u8, 0]);
    body.extend(SIGNING_ENABLED.to_le_bytes());
    body.extend([0, 0]);
    body.extend(CAPABILITY_ENCRYPTION.to_le_bytes());
    body.extend(random.iter().take(16));
    let dialects: Vec<u8> = DIALECTS.iter().flat_map(|it| it.to_le_bytes()).collect();
    let end = HEADER_BYTES + body.len() + 8 + dialects.len();
    let start = end.next_multiple_of(8);
    body.extend((start as u32).to_le_bytes());
    body.extend([2, 0, 0, 0]);
    body.extend(dialects);
    body.resize(start - HEADER_BYTES, 0);
    // One hash, SHA-512, with salt; then AES-128-GCM and AES-128-CCM.
    let integrity = [&[1, 0, 32, 0, 1, 0][..], random].concat();
    body.extend(context(PREAUTH_INTEGRITY, &integrity));
    body.resize(body.len().next_multiple_of(8), 0);
    body.extend(context(ENCRYPTION, &[2, 0, 2, 0, 1, 0]));
    message(NEGOTIATE, 0, &body)
}

fn context(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = data.len() as u16;
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), &[0; 4], data].concat()
}

/// §2.2.5.
fn session_setup() -> Vec<u8> {
    let token = ntlm::negotiate_in_spnego();
    let mut body = Vec::new();
    body.extend(25u16.to_le_bytes());
    body.extend([0, SIGNING_ENABLED as u8]);
    body.extend([0; 8]);
    body.extend((HEADER_BYTES as u16 + 24).to_le_bytes());
    body.extend((token.len() as u16).to_le_bytes());
    body.extend([0; 8]);
    body.extend(token);
    message(SESSION_SETUP, 1, &body)
}

/// Header and frame around a body.
fn message(command: u16, id: u64, body: &[u8]) -> Vec<u8> {
    let mut header = PROTOCOL_ID.to_vec();
    header.extend([64, 0, 0, 0, 0, 0, 0, 0]);
    header.extend(command.to_le_bytes());
    // One credit, no flags, no next command.
    header.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    header.extend(id.to_le_bytes());
    header.resize(HEADER_BYTES, 0);
    let length = ((header.len() + body.len()) as u32).to_be_bytes();
    // The first byte of a length below 16 MB is the tag of a session message: zero.
    [&length[..], &header, body].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{answer, play_hostile, said, subject, talk, talk_with};
    use super::*;
    use crate::packet::ntlm::examples::{in_spnego, server_2022};

    /// Constructed after [MS-SMB2] §2.2.4; no Windows could be recorded.
    fn agreement(dialect: u16, mode: u8, contexts: &[u8]) -> Vec<u8> {
        let mut body = vec![65, 0, mode, 0];
        body.extend(dialect.to_le_bytes());
        body.extend([2, 0]);
        body.extend(1..=16);
        body.extend([0x2f, 0, 0, 0]);
        body.extend([0; 28]);
        body.extend([128, 0, 0, 0]);
        body.extend(128u32.to_le_bytes());
        body.extend(contexts);
        reply(NEGOTIATE, 0, &body)
    }

    fn encryption_context() -> Vec<u8> {
        let mut contexts = context(PREAUTH_INTEGRITY, &[0; 38]);
        contexts.resize(48, 0);
        contexts.extend(context(ENCRYPTION, &[1, 0, 2, 0]));
        contexts
    }

    fn setup_reply(status: u32, token: &[u8]) -> Vec<u8> {
        let mut body = vec![9, 0, 0, 0, 72, 0];
        body.extend((token.len() as u16).to_le_bytes());
        body.extend(token);
        reply(SESSION_SETUP, status, &body)
    }

    fn reply(command: u16, status: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = message(command, 0, body);
        bytes[12..16].copy_from_slice(&status.to_le_bytes());
        bytes
    }

    fn challenge() -> Vec<u8> {
        setup_reply(STATUS_MORE_PROCESSING_REQUIRED, &in_spnego(&server_2022()))
    }

    #[test]
    fn dialect_signing_names_and_build_are_told_without_a_login() {
        let reading = talk(&PROBE, &[&agreement(0x0311, 3, &encryption_context()), &challenge()]);
        let expected = [
            (Statement::Dialect, "SMB 3.1.1"),
            (Statement::Security, "signing required, encryption"),
            (Statement::DeviceUuid, "04030201-0605-0807-090a-0b0c0d0e0f10"),
            (Statement::ComputerName, "DC01"),
            (Statement::DomainName, "MUSTER"),
            (Statement::DnsComputerName, "dc01.muster.example"),
            (Statement::DnsDomainName, "muster.example"),
            (Statement::DnsForestName, "muster.example"),
            (Statement::Build, "10.0.20348"),
        ];
        for (what, text) in expected {
            assert_eq!(said(&reading, what), Some(text));
        }
        assert_eq!(answer(&reading).statements.len(), expected.len());
        assert_eq!(reading.complaints, []);
    }

    #[test]
    fn port_139_is_asked_for_a_session_first() {
        let granted = [SESSION_GRANTED, 0, 0, 0];
        let answers: [&[u8]; 3] = [&granted, &agreement(0x0202, 1, &[]), &challenge()];
        let reading = talk_with(&PROBE, subject(NETBIOS_PORT), &answers);
        assert_eq!(said(&reading, Statement::Dialect), Some("SMB 2.0.2"));
        assert_eq!(said(&reading, Statement::Security), Some("signing enabled"));
        assert_eq!(said(&reading, Statement::ComputerName), Some("DC01"));
        let refused = talk_with(&PROBE, subject(NETBIOS_PORT), &[&[0x83, 0, 0, 1, 0x82]]);
        assert_eq!(refused, Reading::default());
    }

    #[test]
    fn without_a_challenge_the_dialect_still_counts() {
        for second in
            [setup_reply(0xc000_0022, b""), setup_reply(STATUS_MORE_PROCESSING_REQUIRED, b"x")]
        {
            let reading = talk(&PROBE, &[&agreement(0x0300, 1, &[]), &second]);
            assert_eq!(said(&reading, Statement::Dialect), Some("SMB 3.0"));
            assert_eq!(said(&reading, Statement::Build), None);
            assert_eq!(reading.complaints.len(), 1, "{reading:?}");
        }
    }

    #[test]
    fn an_old_or_foreign_server_gives_no_answer() {
        let smb_1 = [&[0, 0, 0, 64][..], b"\xffSMB", &[0; 60]].concat();
        for first in [&smb_1[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", &[0, 0xff, 0xff, 0xff], b""]
        {
            assert_eq!(talk(&PROBE, &[first]), Reading::default());
        }
        let refused = reply(NEGOTIATE, 0xc000_00bb, &[9, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(talk(&PROBE, &[&refused]), Reading::default());
    }

    #[test]
    fn a_dialect_that_nobody_offered_is_told_and_not_named() {
        let reading = talk(&PROBE, &[&agreement(0x02ff, 1, &[]), &challenge()]);
        assert_eq!(said(&reading, Statement::Dialect), None);
        assert_eq!(reading.complaints[0].problem, "it chose the dialect 0x02ff");
    }

    #[test]
    fn a_server_without_a_cipher_in_common_does_not_encrypt() {
        for (cipher, expected) in [(2, "signing enabled, encryption"), (0, "signing enabled")] {
            let contexts = context(ENCRYPTION, &[1, 0, cipher, 0]);
            let reading = talk(&PROBE, &[&agreement(0x0311, 1, &contexts), &challenge()]);
            assert_eq!(said(&reading, Statement::Security), Some(expected));
        }
    }

    #[test]
    fn contexts_that_lie_about_their_length_are_not_followed() {
        for contexts in [&[2u8, 0, 0xff, 0xff, 0, 0, 0, 0][..], &[1, 0, 0, 0]] {
            let reading = talk(&PROBE, &[&agreement(0x0311, 0, contexts), &challenge()]);
            assert_eq!(said(&reading, Statement::Security), Some("signing off"));
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90), 0..4),
            body in proptest::collection::vec(any::<u8>(), 0..90),
            is_old: bool,
        ) {
            let port = if is_old { NETBIOS_PORT } else { 445 };
            play_hostile(&PROBE, &pieces, port);
            let framed = [reply(NEGOTIATE, 0, &[&[65, 0], &body[..]].concat()), reply(SESSION_SETUP, STATUS_MORE_PROCESSING_REQUIRED, &[&[9, 0], &body[..]].concat())];
            play_hostile(&PROBE, &framed, 445);
        }
    }
}
