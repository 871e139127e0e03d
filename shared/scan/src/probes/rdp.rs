//! RDP ([MS-RDPBCGR]): what protects it, the certificate, and with CredSSP ([MS-CSSP]) what the NTLM
//! challenge tells: names, domain, build.
//!
//! The talk ends after the challenge; no login is attempted and no session is opened.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::der::{self, OCTET_STRING, SEQUENCE, element, field, inside};
use crate::packet::ntlm;
use crate::packet::reader::Reader;
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.rdp",
    method: Method::Stream(Stream { ports: &[3389], tls_ports: &[], recognises, begin }),
};

/// §2.2.1.1.1: TLS, CredSSP, CredSSP with early user authorisation.
const TLS: u32 = 1;
const CREDSSP: u32 = 2;
const CREDSSP_EARLY: u32 = 8;
/// X.224 §13: connection confirm.
const CONFIRM: u8 = 0xd0;
const RESPONSE: u8 = 2;
const FAILURE: u8 = 3;
/// `INTEGER`.
const INTEGER: u8 = 0x02;
/// Longest `TSRequest` that is waited for; a challenge has a few hundred bytes.
const CREDSSP_BYTES_MAX: usize = 16 * 1024;

/// Its server never speaks first.
fn recognises(_first: &[u8]) -> bool {
    false
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let said = subject.statements();
    Box::new(Rdp { subject: subject.clone(), said, state: State::Confirm, is_proven: false })
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Confirm,
    /// The handshake; whether CredSSP follows.
    Tls {
        with_credssp: bool,
    },
    Challenge,
}

struct Rdp {
    subject: Subject,
    said: Statements,
    state: State,
    is_proven: bool,
}

impl Conversation for Rdp {
    fn open(&mut self) -> Vec<u8> {
        connection_request(TLS | CREDSSP | CREDSSP_EARLY)
    }

    fn read(&mut self, received: &[u8]) -> Step {
        match self.state {
            State::Confirm => match confirm(received) {
                Confirm::Incomplete => Step::More,
                Confirm::Foreign => Step::Done,
                Confirm::Agreed(agreed) => self.confirmed(agreed),
            },
            State::Tls { .. } => Step::Done,
            State::Challenge => match der::whole_length(received) {
                Some(length) if length > CREDSSP_BYTES_MAX => Step::Done,
                Some(length) if received.len() >= length => Step::Done,
                _ if received.len() > CREDSSP_BYTES_MAX => Step::Done,
                _ => Step::More,
            },
        }
    }

    fn secured(&mut self) -> Step {
        let State::Tls { with_credssp: true } = self.state else { return Step::Done };
        self.state = State::Challenge;
        Step::Send(credssp_request())
    }

    fn finish(mut self: Box<Self>, received: &[u8], why: End) -> Reading {
        if !self.is_proven {
            return Reading::default();
        }
        match self.state {
            State::Confirm => {}
            State::Tls { .. } if why == End::NotSecured => {
                self.said.complain("it chose TLS, and the TLS handshake failed");
            }
            State::Tls { .. } => {}
            State::Challenge => self.challenged(received),
        }
        self.subject.answer(ServiceProtocol::Rdp, self.said)
    }
}

impl Rdp {
    fn confirmed(&mut self, agreed: Agreed) -> Step {
        self.is_proven = true;
        self.said.say(Statement::Security, agreed.security().as_bytes());
        match agreed {
            Agreed::Protocol(TLS) => self.state = State::Tls { with_credssp: false },
            Agreed::Protocol(CREDSSP | CREDSSP_EARLY) => {
                self.state = State::Tls { with_credssp: true };
            }
            Agreed::Protocol(_) | Agreed::Refused(_) | Agreed::Nothing => return Step::Done,
        }
        Step::StartTls
    }

    fn challenged(&mut self, received: &[u8]) {
        let Some(challenge) = credssp_token(received).and_then(ntlm::challenge) else {
            self.said.complain("it gave no NTLM challenge");
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

/// What the server chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agreed {
    /// One of what was offered.
    Protocol(u32),
    /// None of it, for a reason (§2.2.1.2.2).
    Refused(u32),
    /// It knows no choice: a server before Windows Vista.
    Nothing,
}

impl Agreed {
    fn security(self) -> String {
        match self {
            Self::Protocol(0) | Self::Nothing | Self::Refused(2 | 3) => "standard RDP".to_owned(),
            Self::Protocol(TLS) => "TLS".to_owned(),
            Self::Protocol(CREDSSP) => "CredSSP".to_owned(),
            Self::Protocol(CREDSSP_EARLY) => "CredSSP with early user authorisation".to_owned(),
            Self::Protocol(other) => format!("protocol {other}"),
            Self::Refused(reason) => format!("refused with reason {reason}"),
        }
    }
}

/// The server's first answer, as far as it came.
#[derive(Debug, PartialEq, Eq)]
enum Confirm {
    Incomplete,
    Foreign,
    Agreed(Agreed),
}

/// TPKT (RFC 1006 §6), X.224 connection confirm, and `RDP_NEG_RSP` or `RDP_NEG_FAILURE`.
fn confirm(received: &[u8]) -> Confirm {
    let head = received.get(..2).unwrap_or(received);
    if !b"\x03\x00".starts_with(head) {
        return Confirm::Foreign;
    }
    let mut reader = Reader::new(received);
    let (Some(_), Some(length)) = (reader.be16(), reader.be16()) else {
        return Confirm::Incomplete;
    };
    // With all that may follow it is shorter than this.
    if !(11..=64).contains(&length) {
        return Confirm::Foreign;
    }
    let Some(body) = reader.take(usize::from(length) - 4) else { return Confirm::Incomplete };
    match body {
        [_, CONFIRM, _, _, _, _, _, negotiation @ ..] => agreed(negotiation),
        _ => Confirm::Foreign,
    }
}

fn agreed(negotiation: &[u8]) -> Confirm {
    let mut reader = Reader::new(negotiation);
    let (Some(kind), Some(_flags)) = (reader.u8(), reader.u8()) else {
        return Confirm::Agreed(Agreed::Nothing);
    };
    let (Some(8), Some(value)) = (reader.le16(), reader.le32()) else { return Confirm::Foreign };
    match kind {
        RESPONSE => Confirm::Agreed(Agreed::Protocol(value)),
        FAILURE => Confirm::Agreed(Agreed::Refused(value)),
        _ => Confirm::Foreign,
    }
}

/// §2.2.1.1, without cookie and correlation.
fn connection_request(protocols: u32) -> Vec<u8> {
    let mut bytes = vec![3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0];
    bytes.extend(protocols.to_le_bytes());
    bytes
}

/// `TSRequest` ([MS-CSSP] §2.2.1) of version 6 with our NTLM message.
fn credssp_request() -> Vec<u8> {
    let version = element(field(0), &element(INTEGER, &[6]));
    let token = element(field(0), &element(OCTET_STRING, &ntlm::negotiate()));
    let tokens = element(SEQUENCE, &element(SEQUENCE, &token));
    element(SEQUENCE, &[version, element(field(1), &tokens)].concat())
}

/// The first token of a `TSRequest`.
fn credssp_token(received: &[u8]) -> Option<&[u8]> {
    inside(received, &[SEQUENCE, field(1), SEQUENCE, SEQUENCE, field(0), OCTET_STRING])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{Recording, Turn, answer, check, play_hostile, said, subject, talk};
    use super::*;
    use crate::packet::ntlm::examples::{in_spnego, server_2022};

    /// Constructed after [MS-RDPBCGR] §2.2.1.2.
    fn confirmation(kind: u8, value: u32) -> Vec<u8> {
        let mut bytes = vec![3, 0, 0, 19, 14, CONFIRM, 0, 0, 0x12, 0x34, 0, kind, 0x1f, 8, 0];
        bytes.extend(value.to_le_bytes());
        bytes
    }

    /// Constructed after [MS-CSSP] §2.2.1.
    fn credssp(token: &[u8]) -> Vec<u8> {
        let version = element(field(0), &element(INTEGER, &[6]));
        let token = element(field(0), &element(OCTET_STRING, token));
        let tokens = element(field(1), &element(SEQUENCE, &element(SEQUENCE, &token)));
        element(SEQUENCE, &[version, tokens].concat())
    }

    fn talk_in_tls(protocol: u32, second: &[u8]) -> Reading {
        let turns = vec![
            Turn::Theirs(confirmation(RESPONSE, protocol)),
            Turn::Tls,
            Turn::Theirs(second.to_vec()),
        ];
        check(&PROBE, &Recording { subject: subject(3389), turns, facts: Vec::new() })
    }

    #[test]
    fn with_credssp_the_challenge_tells_names_and_build() {
        for token in [server_2022(), in_spnego(&server_2022())] {
            let reading = talk_in_tls(CREDSSP_EARLY, &credssp(&token));
            assert_eq!(answer(&reading).protocol, ServiceProtocol::Rdp);
            let security = said(&reading, Statement::Security);
            assert_eq!(security, Some("CredSSP with early user authorisation"));
            assert_eq!(said(&reading, Statement::Build), Some("10.0.20348"));
            let name = said(&reading, Statement::DnsComputerName);
            assert_eq!(name, Some("dc01.muster.example"));
            assert_eq!(reading.complaints, []);
        }
    }

    #[test]
    fn without_credssp_only_the_security_is_told() {
        for (kind, value, security) in [
            (RESPONSE, 0, "standard RDP"),
            (FAILURE, 2, "standard RDP"),
            (FAILURE, 5, "refused with reason 5"),
            (RESPONSE, 16, "protocol 16"),
        ] {
            let reading = talk(&PROBE, &[&confirmation(kind, value)]);
            assert_eq!(said(&reading, Statement::Security), Some(security));
            assert_eq!(reading.complaints, []);
        }
        let old = [3, 0, 0, 11, 6, CONFIRM, 0, 0, 0x12, 0x34, 0];
        assert_eq!(said(&talk(&PROBE, &[&old]), Statement::Security), Some("standard RDP"));
    }

    #[test]
    fn with_tls_alone_the_certificate_is_all_that_is_wanted() {
        let reading = talk_in_tls(TLS, b"");
        assert_eq!(said(&reading, Statement::Security), Some("TLS"));
        assert_eq!(reading.complaints, []);
    }

    #[test]
    fn a_failed_handshake_and_a_broken_challenge_are_told() {
        let reading = talk(&PROBE, &[&confirmation(RESPONSE, TLS)]);
        assert_eq!(reading.complaints[0].problem, "it chose TLS, and the TLS handshake failed");
        let reading = talk_in_tls(CREDSSP, &credssp(b"NTLMSSP\0\x01\0\0\0"));
        assert_eq!(said(&reading, Statement::Security), Some("CredSSP"));
        assert_eq!(reading.complaints[0].problem, "it gave no NTLM challenge");
        // A length that would never come is not waited for.
        let reading = talk_in_tls(CREDSSP, &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]);
        assert_eq!(reading.complaints.len(), 1);
    }

    #[test]
    fn other_servers_give_no_answer() {
        for first in
            [&b"SSH-2.0-x\r\n"[..], &[3, 0, 0xff, 0xff], &[3, 0, 0, 11, 6, 0xe0, 0, 0, 0, 0, 0]]
        {
            assert_eq!(talk(&PROBE, &[first]), Reading::default());
        }
        assert_eq!(talk(&PROBE, &[&confirmation(7, 0)]), Reading::default());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..4),
            protocol: u32, token in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            play_hostile(&PROBE, &pieces, 3389);
            play_hostile(&PROBE, &[confirmation(RESPONSE, protocol), credssp(&token)], 3389);
            play_hostile(&PROBE, &[confirmation(RESPONSE, CREDSSP), token], 3389);
        }
    }
}
