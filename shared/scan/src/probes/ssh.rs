//! SSH (RFC 4253): the identification line, and the host key that the key exchange shows.
//!
//! The exchange ends as soon as the server has shown its key, with SSH_MSG_DISCONNECT: no key is
//! agreed, no user is named, nothing is secret. So our public values need no private ones: random
//! bytes do, or for a curve that checks its points, a point that everybody knows.

use observation::ContentHash;
use observation::latest::{Fact, ServiceProtocol, SshHostKey, Statement};
use sha2::{Digest, Sha256};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::ssh::{
    DISCONNECT, KEX_INIT, KEX_REPLY, KEXINIT, Packet, name_list, pack, packet, string, take_string,
};
use crate::packet::statements::Statements;
use crate::packet::text::clean;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.ssh",
    method: Method::Stream(Stream { ports: &[22, 2222], tls_ports: &[], recognises, begin }),
};

const IDENTIFICATION: &[u8] = b"SSH-2.0-Kataster\r\n";

/// What we offer. Old and broken algorithms are listed as well: they protect nothing here, and only
/// so do old devices answer. A server signs with the first kind of host key that it has.
const OFFERS: [&str; 10] = [
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-dss",
    CIPHERS,
    CIPHERS,
    MACS,
    MACS,
    "none,zlib@openssh.com,zlib",
    "none,zlib@openssh.com,zlib",
    "",
    "",
];
const CIPHERS: &str = "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,aes256-cbc,3des-cbc";
const MACS: &str = "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-md5";

/// The base point of P-256 (SEC 2 §2.4.2), uncompressed.
const P256_BASE_POINT: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
    0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
    0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
    0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
    0xf5,
];

fn recognises(first: &[u8]) -> bool {
    first.starts_with(b"SSH-1.") || first.starts_with(b"SSH-2.0-")
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    Box::new(Ssh {
        subject: subject.clone(),
        said: subject.statements(),
        state: State::Identification,
        kept: Vec::new(),
        key: None,
    })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Identification,
    Offer,
    Key,
    Goodbye,
}

struct Ssh {
    subject: Subject,
    said: Statements,
    state: State,
    /// What came before our last message and was not read yet.
    kept: Vec<u8>,
    key: Option<SshHostKey>,
}

impl Conversation for Ssh {
    fn read(&mut self, received: &[u8]) -> Step {
        let bytes = [&self.kept, received].concat();
        match self.state {
            State::Identification => self.identified(&bytes),
            State::Offer | State::Key => self.packets(&bytes),
            State::Goodbye => Step::More,
        }
    }

    fn finish(mut self: Box<Self>, _received: &[u8], _why: End) -> Reading {
        if self.said.get(Statement::Banner).is_none() {
            return Reading::default();
        }
        if self.key.is_none() {
            self.said.complain("the server showed no host key");
        }
        let mut reading = self.subject.answer(ServiceProtocol::Ssh, self.said);
        reading.facts.extend(self.key.map(Fact::SshHostKey));
        reading
    }
}

impl Ssh {
    /// Lines may precede the identification (RFC 4253 §4.2).
    fn identified(&mut self, bytes: &[u8]) -> Step {
        let mut end = 0;
        let found = bytes.split_inclusive(|it| *it == b'\n').find(|line| {
            end += line.len();
            line.starts_with(b"SSH-") && line.ends_with(b"\n")
        });
        let Some(line) = found else { return Step::More };
        self.said.say(Statement::Banner, line);
        let mut parts = line.splitn(3, |it| *it == b'-');
        let (version, software) = (parts.nth(1).unwrap_or_default(), parts.next());
        self.said.say(Statement::Server, software.unwrap_or_default());
        // 1.99 is a server of 2.0 that also knows 1 (RFC 4253 §5.1).
        if version != b"2.0" && version != b"1.99" {
            return Step::Done;
        }
        self.kept = bytes.get(end..).unwrap_or_default().to_vec();
        self.state = State::Offer;
        let mut ours = [IDENTIFICATION, &pack(&self.offer())].concat();
        // Servers send their offer unasked: then nothing more comes before our answer to it.
        let kept = self.kept.clone();
        if let Step::Send(answer) = self.packets(&kept) {
            ours.extend(answer);
        }
        Step::Send(ours)
    }

    fn offer(&self) -> Vec<u8> {
        let mut payload = vec![KEXINIT];
        payload.extend(self.random_bytes(16));
        for list in OFFERS {
            payload.extend(string(list.as_bytes()));
        }
        // No guessed packet follows, and a reserved number.
        payload.extend([0; 5]);
        payload
    }

    fn packets(&mut self, bytes: &[u8]) -> Step {
        let mut rest = bytes;
        loop {
            match packet(rest) {
                Packet::Incomplete => return Step::More,
                Packet::Broken => return Step::Done,
                Packet::Whole { payload, length } => {
                    rest = rest.get(length..).unwrap_or_default();
                    if let Some(step) = self.message(payload, rest) {
                        return step;
                    }
                }
            }
        }
    }

    /// What a message leads to; nothing, where it is of no interest.
    fn message(&mut self, payload: &[u8], rest: &[u8]) -> Option<Step> {
        let number = payload.first().copied()?;
        if number == KEXINIT && self.state == State::Offer {
            return Some(self.agree(payload, rest));
        }
        if number == KEX_REPLY && self.state == State::Key {
            self.key = payload.get(1..).and_then(take_string).and_then(|it| self.host_key(it.0));
            self.state = State::Goodbye;
            return Some(Step::Send(farewell()));
        }
        (number == DISCONNECT).then_some(Step::Done)
    }

    fn agree(&mut self, payload: &[u8], rest: &[u8]) -> Step {
        let theirs = name_list(payload, 0).unwrap_or_default();
        let agreed = OFFERS[0].split(',').find(|it| theirs.contains(&it.as_bytes()));
        let Some(public) = agreed.and_then(|it| self.public_value(it)) else {
            self.state = State::Goodbye;
            return Step::Send(farewell());
        };
        self.kept = rest.to_vec();
        self.state = State::Key;
        Step::Send(pack(&[&[KEX_INIT][..], &string(&public)].concat()))
    }

    fn public_value(&self, exchange: &str) -> Option<Vec<u8>> {
        match exchange {
            "curve25519-sha256" | "curve25519-sha256@libssh.org" => Some(self.random_bytes(32)),
            "ecdh-sha2-nistp256" => Some(P256_BASE_POINT.to_vec()),
            // A positive number below the prime, whose first eight bytes are all ones (RFC 3526 §3).
            "diffie-hellman-group14-sha256" | "diffie-hellman-group14-sha1" => {
                Some(positive(self.random_bytes(256)))
            }
            "diffie-hellman-group1-sha1" => Some(positive(self.random_bytes(128))),
            _ => None,
        }
    }

    /// As many bytes as are asked for, from the few that were handed over.
    fn random_bytes(&self, count: usize) -> Vec<u8> {
        let block = |number: u8| {
            Sha256::new().chain_update(self.subject.random).chain_update([number]).finalize()
        };
        (0..=u8::MAX).flat_map(|it| <[u8; 32]>::from(block(it))).take(count).collect()
    }

    fn host_key(&self, blob: &[u8]) -> Option<SshHostKey> {
        let (name, rest) = take_string(blob)?;
        if name.is_empty() || rest.is_empty() {
            return None;
        }
        let algorithm = clean(name).text;
        let port = Some(self.subject.port);
        Some(SshHostKey { port, algorithm, fingerprint: ContentHash::of(blob) })
    }
}

/// An `mpint` that is not negative has no leading one (RFC 4251 §5), and none leading zero.
fn positive(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    bytes
}

/// SSH_DISCONNECT_BY_APPLICATION (RFC 4253 §11.1): some servers log the text.
fn farewell() -> Vec<u8> {
    let reason = 11_u32.to_be_bytes();
    pack(&[&[DISCONNECT][..], &reason, &string(b"inventory scan"), &string(b"")].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{answer, host_key, play_hostile, said, talk};
    use super::*;

    const BANNER: &[u8] = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";
    const BLOB: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0\x04abcd";

    fn offer(exchanges: &str) -> Vec<u8> {
        pack(
            &[&[KEXINIT][..], &[0; 16], &string(exchanges.as_bytes()), &string(b"x").repeat(9)]
                .concat(),
        )
    }

    fn reply() -> Vec<u8> {
        pack(&[&[KEX_REPLY][..], &string(BLOB), &string(b"f"), &string(b"signature")].concat())
    }

    #[test]
    fn the_host_key_is_the_hash_that_ssh_keygen_shows() {
        for exchange in ["curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group1-sha1"] {
            let reading = talk(&PROBE, &[BANNER, &offer(exchange), &reply()]);
            let key = host_key(&reading).unwrap();
            assert_eq!(key.fingerprint, ContentHash::of(BLOB));
            assert_eq!((key.algorithm.as_str(), key.port), ("ssh-ed25519", Some(22)));
            assert_eq!(said(&reading, Statement::Server), Some("OpenSSH_9.2p1 Debian-2+deb12u3"));
            assert_eq!(reading.complaints, []);
        }
    }

    #[test]
    fn a_server_that_sends_its_offer_at_once_is_understood() {
        let ignored = pack(&[2, 0, 0, 0, 0]);
        let first = [b"Welcome\r\n", BANNER, &ignored, &offer("curve25519-sha256")].concat();
        let reading = talk(&PROBE, &[&first, &reply()]);
        assert!(host_key(&reading).is_some());
    }

    #[test]
    fn without_a_common_exchange_the_banner_still_counts() {
        for second in [offer("sntrup761x25519-sha512"), pack(&[DISCONNECT, 0]), vec![0xff; 50]] {
            let reading = talk(&PROBE, &[BANNER, &second, b""]);
            assert_eq!(answer(&reading).protocol, ServiceProtocol::Ssh);
            assert_eq!(host_key(&reading), None);
            assert_eq!(reading.complaints.len(), 1);
        }
    }

    #[test]
    fn version_1_is_not_talked_to() {
        let reading = talk(&PROBE, &[b"SSH-1.5-Cisco-1.25\n"]);
        assert_eq!(said(&reading, Statement::Server), Some("Cisco-1.25"));
        assert_eq!(host_key(&reading), None);
    }

    #[test]
    fn a_tarpit_of_lines_is_no_ssh_server() {
        assert_eq!(talk(&PROBE, &[&b"x7Gh2k\r\n".repeat(1000)]), Reading::default());
        assert_eq!(talk(&PROBE, &[&b"SSH-2.0-".repeat(700)]), Reading::default());
    }

    #[test]
    fn a_key_without_content_is_none() {
        for blob in [b"".as_slice(), b"\0\0\0\x09x", b"\0\0\0\0", b"\0\0\0\x01x"] {
            let reply = pack(&[&[KEX_REPLY][..], &string(blob)].concat());
            let reading = talk(&PROBE, &[BANNER, &offer("curve25519-sha256"), &reply]);
            assert_eq!(host_key(&reading), None);
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90), 0..4),
            knows in any::<bool>(),
        ) {
            let mut pieces = pieces;
            if knows {
                pieces.insert(0, BANNER.to_vec());
            }
            play_hostile(&PROBE, &pieces, 22);
        }

        #[test]
        fn hostile_messages_never_panic(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..90), 0..4),
        ) {
            let mut pieces = vec![BANNER.to_vec(), offer("curve25519-sha256")];
            pieces.extend(payloads.iter().map(|it| pack(&[&[KEX_REPLY], it.as_slice()].concat())));
            play_hostile(&PROBE, &pieces, 22);
        }
    }
}
