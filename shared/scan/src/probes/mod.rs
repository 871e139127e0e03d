//! Probes: each asks one question over the network and reads the answer, in a file of its own.
//!
//! A probe is pure. It says which bytes to send and what the received ones mean; connections, time
//! limits, size limits and the closing of sessions are the carrier's in `net`. A probe never
//! concludes: it gives the texts of the answer, cleaned by [`crate::packet::text`].
//!
//! To add one: a file, its `mod` line and its line in [`PROBES`].

#[cfg(test)]
mod replay;

pub mod arp;
mod dns;
mod dns_tcp;
mod ftp;
mod http;
pub mod icmp_echo;
mod imap;
mod ipp;
mod mdns;
mod mysql;
pub mod ndp;
mod netbios;
mod pop3;
mod postgresql;
mod rdp;
mod redis;
mod smb;
mod smtp;
pub mod snmp;
mod ssdp;
mod ssh;
pub mod tcp_syn;
mod telnet;
pub mod tls;
pub mod tls_versions;
mod upnp;

use std::net::{IpAddr, SocketAddr};

use observation::latest::{Complaint, Fact, ServiceAnswer, ServiceProtocol, Transport};

use crate::packet::statements::Statements;

/// Most bytes that a carrier collects for one answer of a conversation.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// All probes, sorted by id.
pub const PROBES: &[&Probe] = &[
    &arp::PROBE,
    &dns::PROBE,
    &dns_tcp::PROBE,
    &ftp::PROBE,
    &http::PROBE,
    &icmp_echo::PROBE,
    &imap::PROBE,
    &ipp::PROBE,
    &mdns::PROBE,
    &mysql::PROBE,
    &ndp::PROBE,
    &netbios::PROBE,
    &pop3::PROBE,
    &postgresql::PROBE,
    &rdp::PROBE,
    &redis::PROBE,
    &smb::PROBE,
    &smtp::PROBE,
    &snmp::PROBE,
    &ssdp::PROBE,
    &ssh::PROBE,
    &tcp_syn::PROBE,
    &telnet::PROBE,
    &tls::PROBE,
    &tls_versions::PROBE,
    &upnp::PROBE,
];

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// `scan.` and the name of the file: the source of its facts.
    pub id: &'static str,
    /// How it is asked.
    pub method: Method,
}

/// How a probe is asked.
#[derive(Debug, Clone, Copy)]
pub enum Method {
    /// Single packets, sent and matched by the engine.
    Packet,
    /// A conversation over TCP.
    Stream(Stream),
    /// Datagrams to one UDP port; each datagram is one answer.
    Datagram(Datagram),
    /// A session that a carrier of its own holds: SNMP, TLS, paths.
    Session,
}

/// A conversation over TCP.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// Ports where it is asked in clear, commonest first.
    pub ports: &'static [u16],
    /// Ports where it is asked inside TLS from the first byte.
    pub tls_ports: &'static [u16],
    /// Whether these first bytes of a server are this protocol's: finds it on other ports.
    pub recognises: fn(&[u8]) -> bool,
    /// Begins.
    pub begin: fn(&Subject) -> Box<dyn Conversation>,
}

/// An exchange over UDP.
#[derive(Debug, Clone, Copy)]
pub struct Datagram {
    /// The port that is asked.
    pub port: u16,
    /// Whether answers may come from another port of the address than the one that was asked.
    pub is_answered_from_any_port: bool,
    /// Begins.
    pub begin: fn(&Subject) -> Box<dyn Conversation>,
}

/// What a conversation knows when it begins.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The address that is asked.
    pub address: IpAddr,
    /// The port that is asked.
    pub port: u16,
    /// Whether the conversation runs inside TLS from its first byte.
    pub is_encrypted: bool,
    /// What another probe's answer handed over: [`FollowUp::argument`]; or, for reverse names, the
    /// addresses to ask for, separated by blanks.
    pub argument: String,
    /// Random bytes for ids and keys: a probe draws none itself.
    pub random: [u8; 32],
}

impl Subject {
    /// Address and port as a URI writes them (RFC 3986 §3.2).
    #[must_use]
    pub fn authority(&self) -> String {
        SocketAddr::new(self.address, self.port).to_string()
    }

    /// Room for what a server says over TCP.
    #[must_use]
    pub fn statements(&self) -> Statements {
        Statements::new(format!("tcp/{}", self.port))
    }

    /// Room for what a server says over UDP.
    #[must_use]
    pub fn udp_statements(&self) -> Statements {
        Statements::new(format!("udp/{}", self.port))
    }

    /// What was learnt from a server over TCP that speaks `protocol`.
    #[must_use]
    pub fn answer(&self, protocol: ServiceProtocol, said: Statements) -> Reading {
        self.answer_over(Transport::Tcp, protocol, said)
    }

    /// What was learnt from a server over UDP that speaks `protocol`.
    #[must_use]
    pub fn udp_answer(&self, protocol: ServiceProtocol, said: Statements) -> Reading {
        self.answer_over(Transport::Udp, protocol, said)
    }

    fn answer_over(
        &self,
        transport: Transport,
        protocol: ServiceProtocol,
        said: Statements,
    ) -> Reading {
        let (statements, complaints) = said.into_parts();
        let answer = ServiceAnswer {
            transport,
            port: self.port,
            protocol,
            is_encrypted: self.is_encrypted,
            statements,
        };
        Reading { facts: vec![Fact::ServiceAnswer(answer)], complaints, follow_ups: Vec::new() }
    }
}

/// One side of a talk with a server: decides, never sends.
pub trait Conversation: Send {
    /// The bytes to begin with; none: the server speaks first.
    fn open(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Looks at what came since the last [`Step::Send`]: over TCP everything so far, again with each
    /// new piece; over UDP one datagram.
    fn read(&mut self, received: &[u8]) -> Step;

    /// Called after a TLS handshake that [`Step::StartTls`] asked for succeeded.
    fn secured(&mut self) -> Step {
        Step::Done
    }

    /// What was learnt. `received` is what came since the last [`Step::Send`] and may be cut off
    /// anywhere.
    fn finish(self: Box<Self>, received: &[u8], why: End) -> Reading;
}

/// What happens next in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Wait for more.
    More,
    /// Send this and forget what came so far.
    Send(Vec<u8>),
    /// Shake hands for TLS on this connection; the certificate is kept by the carrier.
    StartTls,
    /// Send this, then shake hands for TLS: for protocols whose servers wait for the handshake.
    StartTlsAfter(Vec<u8>),
    /// Nothing more is wanted.
    Done,
}

/// Why a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It said so itself.
    Done,
    /// The other side closed or reset the connection.
    Closed,
    /// No more came in time.
    TimedOut,
    /// More came than [`ANSWER_BYTES_MAX`].
    TooLong,
    /// The TLS handshake that it asked for failed.
    NotSecured,
}

/// What a conversation learnt.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Statements; none: the other side does not speak this protocol, as far as could be seen.
    pub facts: Vec<Fact>,
    /// What could not be understood, or was cut or escaped.
    pub complaints: Vec<Complaint>,
    /// Questions that this answer makes possible.
    pub follow_ups: Vec<FollowUp>,
}

/// A further question to the same address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// The probe to ask, by id.
    pub probe: &'static str,
    /// The port to ask. The address is always the one that answered: nothing leads elsewhere.
    pub port: u16,
    /// Whether it is asked inside TLS from the first byte.
    pub is_encrypted: bool,
    /// What the probe needs to know: a path.
    pub argument: String,
}
