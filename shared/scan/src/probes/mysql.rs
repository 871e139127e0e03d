//! MySQL and MariaDB (client/server protocol, handshake version 10): version, way to log in, TLS.
//!
//! A client that hangs up after the greeting is counted, and after `max_connect_errors` (100) such
//! clients its host is shut out: measured with MariaDB 10.11, where also COM_QUIT and a broken
//! answer counted and a refused login did not. So the handshake is completed with a login that
//! cannot succeed: an invented user, and random bytes where the proof of a password stands, so that
//! even an account without a password refuses it. The price is a line in the server's log.
//!
//! `Security` is `starttls` or `none`.

use observation::latest::{ServiceProtocol, Statement};
use sha2::{Digest, Sha256};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.mysql",
    method: Method::Stream(Stream { ports: &[3306, 3307], tls_ports: &[], recognises, begin }),
};

/// Longest greeting that a server sends.
const GREETING_BYTES_MAX: usize = 1024;

const CLIENT_LONG_PASSWORD: u32 = 0x1;
const CLIENT_PROTOCOL_41: u32 = 0x200;
const CLIENT_SSL: u32 = 0x800;
const CLIENT_SECURE_CONNECTION: u32 = 0x8000;
const CLIENT_PLUGIN_AUTH: u32 = 0x8_0000;
const CAPABILITIES: u32 =
    CLIENT_LONG_PASSWORD | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH;
/// `utf8_general_ci`: every version knows it.
const CHARACTER_SET: u8 = 33;
const CACHING_SHA2: &[u8] = b"caching_sha2_password";

fn recognises(first: &[u8]) -> bool {
    match packet(first) {
        Part::Whole { number: 0, payload } => {
            greeting(payload).is_some() || error(payload).is_some()
        }
        Part::Whole { .. } | Part::Incomplete | Part::Broken => false,
    }
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    Box::new(Mysql {
        subject: subject.clone(),
        said: subject.statements(),
        state: State::Greeting,
        plugin: Vec::new(),
        is_proven: false,
    })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Greeting,
    Refusal,
}

struct Mysql {
    subject: Subject,
    said: Statements,
    state: State,
    plugin: Vec<u8>,
    is_proven: bool,
}

impl Conversation for Mysql {
    fn read(&mut self, received: &[u8]) -> Step {
        let (number, payload) = match packet(received) {
            Part::Incomplete => return Step::More,
            Part::Broken => return Step::Done,
            Part::Whole { number, payload } => (number, payload),
        };
        match self.state {
            State::Greeting => self.greeted(number, payload),
            State::Refusal => self.refused(number, payload),
        }
    }

    fn secured(&mut self) -> Step {
        Step::Send(self.login(2, CAPABILITIES | CLIENT_SSL))
    }

    fn finish(mut self: Box<Self>, _received: &[u8], why: End) -> Reading {
        if why == End::NotSecured {
            self.said.complain("the request for TLS was sent, and the TLS handshake failed");
        }
        if !self.is_proven {
            return Reading::default();
        }
        self.subject.answer(ServiceProtocol::Mysql, self.said)
    }
}

impl Mysql {
    fn greeted(&mut self, number: u8, payload: &[u8]) -> Step {
        if number != 0 {
            return Step::Done;
        }
        if let Some((code, message)) = error(payload) {
            self.is_proven = true;
            let banner = [code.to_string().as_bytes(), b" ", message].concat();
            self.said.say(Statement::Banner, &banner);
            return Step::Done;
        }
        let Some(greeting) = greeting(payload) else { return Step::Done };
        self.is_proven = true;
        self.said.say(Statement::Version, greeting.version);
        self.said.say(Statement::Authenticate, greeting.plugin);
        self.plugin = greeting.plugin.to_vec();
        self.state = State::Refusal;
        if greeting.capabilities & CLIENT_PROTOCOL_41 == 0 {
            return Step::Done;
        }
        if greeting.capabilities & CLIENT_SSL == 0 {
            self.said.say(Statement::Security, b"none");
            return Step::Send(self.login(1, CAPABILITIES));
        }
        self.said.say(Statement::Security, b"starttls");
        Step::StartTlsAfter(pack(1, &client_head(CAPABILITIES | CLIENT_SSL)))
    }

    /// Until the server refuses, it may change the way to log in, or ask for more.
    fn refused(&mut self, number: u8, payload: &[u8]) -> Step {
        let next = number.wrapping_add(1);
        match payload {
            // AuthSwitchRequest: a name, and a new challenge.
            [0xfe, rest @ ..] if number < 6 => {
                let plugin = rest.split(|it| *it == 0).next().unwrap_or_default();
                Step::Send(pack(next, &self.proof(plugin)))
            }
            // caching_sha2_password wants the password itself, encrypted with a key of 2,048 bits.
            [1, 4, ..] if number < 8 => Step::Send(pack(next, &self.noise(256))),
            _ => Step::Done,
        }
    }

    fn login(&self, number: u8, capabilities: u32) -> Vec<u8> {
        let proof = self.proof(&self.plugin);
        let length = u8::try_from(proof.len()).unwrap_or_default();
        let head = client_head(capabilities);
        let user = b"kataster\0".as_slice();
        let payload = [head.as_slice(), user, &[length], &proof, &self.plugin, b"\0"];
        pack(number, &payload.concat())
    }

    /// As long as a proof of that kind is, and none.
    fn proof(&self, plugin: &[u8]) -> Vec<u8> {
        self.noise(if plugin == CACHING_SHA2 { 32 } else { 20 })
    }

    fn noise(&self, count: usize) -> Vec<u8> {
        let block = |number: u8| {
            Sha256::new().chain_update(self.subject.random).chain_update([number]).finalize()
        };
        (0..=u8::MAX).flat_map(|it| <[u8; 32]>::from(block(it))).take(count).collect()
    }
}

/// What a login and a request for TLS begin with: capabilities, packet size, character set.
fn client_head(capabilities: u32) -> Vec<u8> {
    let size = 1_u32 << 24;
    let parts = [&capabilities.to_le_bytes()[..], &size.to_le_bytes(), &[CHARACTER_SET], &[0; 23]];
    parts.concat()
}

/// The start of a stream of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Incomplete,
    Whole { number: u8, payload: &'a [u8] },
    Broken,
}

/// A packet: three bytes of length, its number, the payload.
fn packet(bytes: &[u8]) -> Part<'_> {
    let Some(([a, b, c, number], rest)) = bytes.split_first_chunk::<4>() else {
        return Part::Incomplete;
    };
    let length = u32::from_le_bytes([*a, *b, *c, 0]) as usize;
    if !(1..=GREETING_BYTES_MAX).contains(&length) {
        return Part::Broken;
    }
    rest.get(..length).map_or(Part::Incomplete, |payload| Part::Whole { number: *number, payload })
}

fn pack(number: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or_default().to_le_bytes();
    let mut bytes = length.to_vec();
    bytes.pop();
    bytes.push(number);
    bytes.extend_from_slice(payload);
    bytes
}

/// What the first packet of a server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Greeting<'a> {
    version: &'a [u8],
    capabilities: u32,
    plugin: &'a [u8],
}

fn greeting(payload: &[u8]) -> Option<Greeting<'_>> {
    let rest = payload.strip_prefix(&[10])?;
    let end = rest.iter().position(|it| *it == 0)?;
    let (version, rest) = rest.split_at_checked(end)?;
    if version.is_empty() || !version.iter().all(|it| it.is_ascii_graphic() || *it == b' ') {
        return None;
    }
    // The end of the version, the number of the connection, half of the challenge and its end.
    let rest = rest.get(1 + 4 + 8 + 1..)?;
    let (low, rest) = rest.split_first_chunk::<2>()?;
    let Some(([_, _, _, high_0, high_1, _], rest)) = rest.split_first_chunk::<6>() else {
        let capabilities = u32::from(u16::from_le_bytes(*low));
        return Some(Greeting { version, capabilities, plugin: b"" });
    };
    let capabilities = u32::from_le_bytes([low[0], low[1], *high_0, *high_1]);
    // Ten reserved bytes, the rest of the challenge with its end, the name of the plugin.
    let rest = rest.get(10..).unwrap_or_default();
    let names = rest.get(13..).filter(|_| capabilities & CLIENT_PLUGIN_AUTH != 0);
    let plugin = names.and_then(|it| it.split(|byte| *byte == 0).next()).unwrap_or_default();
    Some(Greeting { version, capabilities, plugin })
}

/// An error instead of a greeting: a number and words (`Host … is not allowed to connect …`).
fn error(payload: &[u8]) -> Option<(u16, &[u8])> {
    let [0xff, low, high, message @ ..] = payload else { return None };
    let code = u16::from_le_bytes([*low, *high]);
    // Servers number their errors from 1000 (ER_HASHCHK) on.
    let is_text = !message.is_empty() && message.iter().all(|it| *it >= b' ');
    ((1000..5000).contains(&code) && is_text).then_some((code, message))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{answer, play_hostile, said, talk};
    use super::*;

    fn hello(version: &str, capabilities: u32, plugin: &str) -> Vec<u8> {
        let [a, b, c, d] = capabilities.to_le_bytes();
        let parts: [&[u8]; 9] = [
            &[10],
            version.as_bytes(),
            &[0; 5],
            b"12345678\0",
            &[a, b, 33, 2, 0, c, d, 21],
            &[0; 10],
            b"123456789012\0",
            plugin.as_bytes(),
            b"\0",
        ];
        pack(0, &parts.concat())
    }

    #[test]
    fn version_and_plugin_are_kept_as_they_came() {
        let greeting =
            hello("5.5.5-10.11.6-MariaDB-0+deb12u1", CAPABILITIES, "mysql_native_password");
        let refusal = pack(2, b"\xff\x15\x04#28000Access denied");
        let reading = talk(&PROBE, &[&greeting, &refusal]);
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Mysql);
        let version = said(&reading, Statement::Version);
        assert_eq!(version, Some("5.5.5-10.11.6-MariaDB-0+deb12u1"));
        assert_eq!(said(&reading, Statement::Authenticate), Some("mysql_native_password"));
        assert_eq!(said(&reading, Statement::Security), Some("none"));
        assert!(recognises(&greeting));
    }

    #[test]
    fn a_server_that_refuses_our_host_has_still_said_what_it_is() {
        let refusal = pack(
            0,
            b"\xff\x6a\x04Host '192.0.2.1' is not allowed to connect to this MariaDB server",
        );
        assert!(recognises(&refusal));
        let reading = talk(&PROBE, &[&refusal]);
        let banner = said(&reading, Statement::Banner).unwrap();
        assert!(banner.starts_with("1130 Host '192.0.2.1' is not allowed"), "{banner}");
        assert_eq!(said(&reading, Statement::Version), None);
    }

    #[test]
    fn every_way_to_log_in_is_answered_until_the_refusal() {
        let greeting = hello("8.4.3", CAPABILITIES, "caching_sha2_password");
        let switch = pack(2, b"\xfemysql_native_password\x0012345678901234567890\0");
        let more = pack(4, &[1, 4]);
        let refusal = pack(6, b"\xff\x15\x04#28000Access denied");
        let reading = talk(&PROBE, &[&greeting, &switch, &more, &refusal]);
        assert_eq!(said(&reading, Statement::Version), Some("8.4.3"));
    }

    #[test]
    fn the_login_proves_nothing_and_names_nobody_else() {
        let subject = super::super::replay::subject(3306);
        let mut conversation = begin(&subject);
        let Step::Send(login) =
            conversation.read(&hello("8.4.3", CAPABILITIES, "caching_sha2_password"))
        else {
            panic!("no login");
        };
        assert_eq!(&login[4 + 32..4 + 32 + 9], b"kataster\0");
        assert_eq!(login[4 + 32 + 9], 32);
        assert!(login.ends_with(b"caching_sha2_password\0"));
    }

    #[test]
    fn a_handshake_that_fails_is_told() {
        let greeting = hello("8.4.3", CAPABILITIES | CLIENT_SSL, "x");
        let reading = talk(&PROBE, &[&greeting]);
        assert_eq!(said(&reading, Statement::Security), Some("starttls"));
    }

    #[test]
    fn other_protocols_are_none() {
        for first in [
            b"SSH-2.0-x\r\n".as_slice(),
            b"220 x\r\n",
            b"\x05\0\0\0\x0aabc\x1b",
            b"\xff\xfb\x01",
            b"\x03\0\0\0\xff\x01\0",
            &[0; 50],
        ] {
            assert!(!recognises(first), "{first:?}");
            assert_eq!(talk(&PROBE, &[first]).facts, []);
        }
    }

    #[test]
    fn an_old_server_without_plugins_is_understood() {
        let payload = [b"\x0a4.0.20\0".as_slice(), &[1; 4], b"12345678\0", &[0x2c, 0x20]].concat();
        let reading = talk(&PROBE, &[&pack(0, &payload)]);
        assert_eq!(said(&reading, Statement::Version), Some("4.0.20"));
        assert_eq!(said(&reading, Statement::Security), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..4),
        ) {
            play_hostile(&PROBE, &pieces, 3306);
        }

        #[test]
        fn hostile_packets_never_panic(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..80), 0..4),
            is_greeted in any::<bool>(),
        ) {
            let mut pieces: Vec<Vec<u8>> = payloads.iter().map(|it| pack(0, &[&[10], it.as_slice()].concat())).collect();
            if is_greeted {
                pieces.insert(0, hello("8.4.3", CAPABILITIES, "caching_sha2_password"));
            }
            play_hostile(&PROBE, &pieces, 3306);
        }
    }
}
