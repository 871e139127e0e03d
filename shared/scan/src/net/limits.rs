//! Times and sizes that every carrier keeps.

use std::time::Duration;

/// A connection is made within this time. Longer than the slowest retransmission that a lost first
/// segment costs on a branch link (1 s, RFC 6298 §2.1).
pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(2_500);
/// A whole conversation ends within this time, however slowly the other side speaks.
pub const CONVERSATION_TIMEOUT: Duration = Duration::from_secs(6);
/// A server on a port that no probe knows gets this long to answer each guess.
pub const GUESS_TIMEOUT: Duration = Duration::from_millis(2_000);
/// A server that speaks first does so within this time.
pub const GREETING_TIMEOUT: Duration = Duration::from_millis(1_500);
/// A TLS handshake ends within this time.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(4);
/// After our FIN the other side has this long to send its own.
pub const CLOSING_TIMEOUT: Duration = Duration::from_millis(400);
/// A datagram is answered within this time.
pub const DATAGRAM_TIMEOUT: Duration = Duration::from_millis(1_200);
/// How often a datagram is sent before its silence counts.
pub const DATAGRAM_TRIES: u32 = 2;
/// Most datagrams that one exchange takes in.
pub const DATAGRAMS_MAX: usize = 256;
/// Connections to one host at once: a device with four sessions must stay reachable for others.
pub const CONNECTIONS_PER_HOST_MAX: usize = 4;
/// A host is talked to for so long at most, on each of its connections: more than the slowest sound
/// server needs, and a tarpit's end.
pub const HOST_TIMEOUT: Duration = Duration::from_secs(90);
/// After so many ports of a host that take a connection and say nothing, no protocol is tried out any
/// more on those whose number tells none.
pub const SILENT_PORTS_MAX: usize = 16;
/// Sockets of all carriers at once. trippy-core waits with select(2), which knows descriptors below
/// 1,024 only.
pub const SOCKETS_MAX: usize = 400;
/// Hosts that are asked at once.
pub const HOSTS_AT_ONCE_MAX: usize = 128;
/// Open ports of one host whose services are asked; the rest is counted.
pub const SERVICES_PER_HOST_MAX: usize = 256;
/// Questions that answers of one host may lead to.
pub const FOLLOW_UPS_PER_HOST_MAX: usize = 8;
