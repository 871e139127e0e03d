//! The kernel's tables of sockets: `/proc/net/{tcp,tcp6,udp,udp6}` (proc_pid_net(5)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use observation::latest::{Absent, Binding, Complaint, Transport};

use crate::host::{Ask, Host};

/// Largest table that is read; 150 bytes per socket.
const TABLE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most complaints per table; the rest says nothing new.
const COMPLAINTS_MAX: usize = 5;
/// TCP_ESTABLISHED; a UDP socket with a peer has this state, too.
const ESTABLISHED: u8 = 0x01;
/// TCP_CLOSE, which a UDP socket without a peer has.
const CLOSED: u8 = 0x07;
/// TCP_LISTEN.
const LISTENING: u8 = 0x0A;
/// Where the kernel shows the tables of this process's network namespace.
const OWN_TABLES: &str = "/proc/net";
/// The kernel's tables.
const TABLES: &[(&str, Transport)] = &[
    ("tcp", Transport::Tcp),
    ("tcp6", Transport::Tcp),
    ("udp", Transport::Udp),
    ("udp6", Transport::Udp),
];
/// Where the kernel says which ports it gives to clients.
const CLIENT_PORTS_PATH: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// Its default.
const CLIENT_PORTS: (u16, u16) = (32_768, 60_999);

/// One socket of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Socket {
    /// Transport.
    pub(crate) transport: Transport,
    /// Own end.
    pub(crate) local: SocketAddr,
    /// The other end; unspecified where there is none.
    pub(crate) peer: SocketAddr,
    /// The user id that made it.
    pub(crate) uid: u32,
    /// Its number, by which processes hold it; 0 for sockets that no process holds.
    pub(crate) inode: u64,
    state: u8,
}

impl Socket {
    /// Whether it waits for anybody: a listening TCP socket, a UDP socket without a peer.
    #[must_use]
    pub(crate) fn is_waiting(&self) -> bool {
        match self.transport {
            Transport::Tcp => self.state == LISTENING,
            Transport::Udp => {
                self.state == CLOSED && self.peer.port() == 0 && self.local.port() != 0
            }
        }
    }

    /// Whether it has a peer.
    #[must_use]
    pub(crate) fn is_established(&self) -> bool {
        self.state == ESTABLISHED && self.peer.port() != 0
    }

    /// Whether both ends are this machine.
    #[must_use]
    pub(crate) fn is_with_itself(&self) -> bool {
        self.peer.ip().is_loopback() || self.peer.ip() == self.local.ip()
    }

    /// Who can reach it.
    #[must_use]
    pub(crate) fn binding(&self) -> Binding {
        match self.local.ip() {
            ip if ip.is_unspecified() => Binding::All,
            ip if ip.is_loopback() => Binding::Loopback,
            _ => Binding::Address,
        }
    }

    /// How gaps call it: `tcp/0.0.0.0:443`.
    #[must_use]
    pub(crate) fn label(&self) -> String {
        match self.transport {
            Transport::Tcp => format!("tcp/{}", self.local),
            Transport::Udp => format!("udp/{}", self.local),
        }
    }
}

/// The sockets of this process's network namespace.
///
/// # Errors
/// Why not even the IPv4 table of TCP can be read; a machine may lack the others.
pub(crate) fn read(host: &dyn Host) -> Result<(Vec<Socket>, Vec<Complaint>), Absent> {
    read_below(host, OWN_TABLES)
}

/// The sockets of the network namespace whose tables stand in this folder.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_below(
    host: &dyn Host,
    folder: &str,
) -> Result<(Vec<Socket>, Vec<Complaint>), Absent> {
    let mut sockets = Vec::new();
    let mut complaints = Vec::new();
    for (index, (name, transport)) in TABLES.iter().enumerate() {
        let path = format!("{folder}/{name}");
        match host.bytes(&path, TABLE_BYTES_MAX) {
            Ok(bytes) => {
                let (found, problems) = parse(&String::from_utf8_lossy(&bytes), *transport, &path);
                sockets.extend(found);
                complaints.extend(problems);
            }
            Err(reason) if index == 0 => return Err(reason),
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => complaints.push(Complaint {
                place: path,
                problem: format!("the table could not be read: {reason:?}"),
            }),
        }
    }
    Ok((sockets, complaints))
}

/// The sockets that wait for anybody, UDP sockets of clients left out.
///
/// A UDP client that has not named its peer looks like a server. The kernel gives clients a port of
/// its range; a UDP socket with such a port counts as a client's. The price: a UDP server that was
/// set to a port of that range is not seen.
pub(crate) fn waiting<'a>(
    host: &dyn Host,
    sockets: &'a [Socket],
) -> (impl Iterator<Item = &'a Socket>, (u16, u16)) {
    let (first, last) = client_ports(host);
    let is_client = move |it: &Socket| {
        it.transport == Transport::Udp && (first..=last).contains(&it.local.port())
    };
    (sockets.iter().filter(move |it| it.is_waiting() && !is_client(it)), (first, last))
}

fn client_ports(host: &dyn Host) -> (u16, u16) {
    let parse = |line: String| {
        let mut words = line.split_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    host.line(CLIENT_PORTS_PATH).and_then(parse).unwrap_or(CLIENT_PORTS)
}

fn parse(text: &str, transport: Transport, place: &str) -> (Vec<Socket>, Vec<Complaint>) {
    let mut sockets = Vec::new();
    let mut complaints = Vec::new();
    for (index, line) in text.lines().enumerate().skip(1) {
        match parse_line(line, transport) {
            Some(socket) => sockets.push(socket),
            None if complaints.len() < COMPLAINTS_MAX => complaints.push(Complaint {
                place: format!("{place} line {}", index + 1),
                problem: "not a line of the socket table".to_owned(),
            }),
            None => {}
        }
    }
    (sockets, complaints)
}

fn parse_line(line: &str, transport: Transport) -> Option<Socket> {
    let mut words = line.split_ascii_whitespace();
    let local = parse_end(words.nth(1)?)?;
    let peer = parse_end(words.next()?)?;
    let state = u8::from_str_radix(words.next()?, 16).ok()?;
    // tx_queue:rx_queue, tr:tm->when, retrnsmt stand between.
    let uid = words.nth(3)?.parse().ok()?;
    let inode = words.nth(1)?.parse().ok()?;
    Some(Socket { transport, local, peer, uid, inode, state })
}

fn parse_end(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    Some(SocketAddr::new(parse_address(address)?, u16::from_str_radix(port, 16).ok()?))
}

/// The kernel prints each 32-bit word of an address in the machine's own byte order.
fn parse_address(text: &str) -> Option<IpAddr> {
    let word = |digits: &str| Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes());
    match text.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(text)?))),
        32 => {
            let mut octets = [0u8; 16];
            for (index, target) in octets.chunks_exact_mut(4).enumerate() {
                target.copy_from_slice(&word(text.get(index * 8..index * 8 + 8)?)?);
            }
            Some(Ipv6Addr::from(octets).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn check(line: &str, transport: Transport) -> Socket {
        let (sockets, complaints) = parse(&format!("{HEAD}{line}\n"), transport, "t");
        assert_eq!(complaints, []);
        sockets.into_iter().next().unwrap()
    }

    #[test]
    fn a_listening_socket_is_read_with_owner_and_number() {
        let socket = check(
            "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 4711 1 0000 100 0 0 10 0",
            Transport::Tcp,
        );
        assert_eq!(socket.local, "127.0.0.1:5432".parse().unwrap());
        assert_eq!((socket.uid, socket.inode), (101, 4711));
        assert!(socket.is_waiting());
        assert_eq!(socket.binding(), Binding::Loopback);
        assert_eq!(socket.label(), "tcp/127.0.0.1:5432");
    }

    #[test]
    fn an_address_of_ip_version_6_is_read_word_by_word() {
        let socket = check(
            "   0: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 9 1",
            Transport::Tcp,
        );
        assert_eq!(socket.local, "[2001:db8::1]:443".parse().unwrap());
        assert_eq!(socket.binding(), Binding::Address);
    }

    #[test]
    fn an_address_of_version_4_in_version_6_clothes_is_version_4() {
        let socket = check(
            "   0: 0000000000000000FFFF0000070200C0:01BB 0000000000000000FFFF0000090200C0:C350 01 0:0 00:0 0 0 0 9 1",
            Transport::Tcp,
        );
        assert_eq!(socket.local, "192.0.2.7:443".parse().unwrap());
        assert!(socket.is_established() && !socket.is_waiting());
    }

    #[test]
    fn a_udp_socket_waits_when_it_has_no_peer() {
        let with_peer =
            check("1: 0100007F:14E9 0100007F:0035 01 0:0 00:0 0 0 0 9 1", Transport::Udp);
        assert!(!with_peer.is_waiting());
        let without = check("1: 00000000:14E9 00000000:0000 07 0:0 00:0 0 0 0 9 1", Transport::Udp);
        assert!(without.is_waiting());
        assert_eq!(without.binding(), Binding::All);
    }

    #[test]
    fn a_udp_client_on_a_port_of_the_kernels_range_is_no_listener() {
        let table = format!(
            "{HEAD}1: 00000000:14E9 00000000:0000 07 0:0 00:0 0 0 0 9 1\n\
             2: 00000000:9C40 00000000:0000 07 0:0 00:0 0 0 0 9 1\n"
        );
        let host = MapHost::new()
            .file("/proc/net/tcp", HEAD)
            .file("/proc/net/udp", table)
            .file(CLIENT_PORTS_PATH, "32768\t60999\n");
        let (sockets, _) = read(&host).unwrap();
        assert_eq!(sockets.len(), 2);
        let (found, range) = waiting(&host, &sockets);
        assert_eq!(found.map(|it| it.local.port()).collect::<Vec<_>>(), [5353]);
        assert_eq!(range, (32_768, 60_999));
    }

    #[test]
    fn broken_lines_are_counted_and_bounded() {
        let text = format!("{HEAD}{}", "nonsense\n".repeat(100));
        let (sockets, complaints) = parse(&text, Transport::Tcp, "/proc/net/tcp");
        assert!(sockets.is_empty());
        assert_eq!(complaints.len(), COMPLAINTS_MAX);
        assert_eq!(complaints[0].place, "/proc/net/tcp line 2");
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(text in "x\n(\\PC{0,20} ?[0-9A-Fä]{0,40}:[0-9A-F]{0,6} ){0,8}") {
            let _ = parse(&text, Transport::Tcp, "t");
        }

        #[test]
        fn hostile_addresses_never_panic(text in "\\PC{8}|\\PC{32}|[ä0]{16}|[ä0]{4}") {
            let _ = parse_address(&text);
        }
    }
}
