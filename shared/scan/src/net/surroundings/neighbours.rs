//! The kernel's neighbour table, IPv4 and IPv6, asked by netlink (`rtnetlink(7)`, RTM_GETNEIGH).
//!
//! `/proc/net/arp` has no IPv6 and there is no file that has.

use std::io;
use std::net::IpAddr;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// `struct nlmsghdr` with RTM_GETNEIGH (30), NLM_F_REQUEST | NLM_F_DUMP, and an empty `struct ndmsg`.
fn question() -> Vec<u8> {
    let mut message = Vec::with_capacity(28);
    message.extend(28_u32.to_ne_bytes());
    message.extend(30_u16.to_ne_bytes());
    message.extend(0x301_u16.to_ne_bytes());
    message.extend([0; 20]);
    message
}

/// Most answers of one dump: 16 KiB each, so that a table of some 100,000 entries is read.
const ANSWERS_MAX: usize = 1_024;
/// NLMSG_ERROR and NLMSG_DONE.
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// RTM_NEWNEIGH.
const NEIGHBOUR: u16 = 28;
/// NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE, NUD_PERMANENT: it was heard. Not NUD_NOARP, which
/// stands for addresses that need no resolution.
const HEARD: u16 = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
/// NDA_DST and NDA_LLADDR.
const DESTINATION: u16 = 1;
const HARDWARE: u16 = 2;

/// Who was heard on a link lately.
pub(super) fn read() -> io::Result<Vec<(IpAddr, [u8; 6])>> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        // Protocol 0 of netlink is NETLINK_ROUTE.
        None,
    )?;
    rustix::net::sockopt::set_socket_timeout(
        &socket,
        rustix::net::sockopt::Timeout::Recv,
        Some(std::time::Duration::from_secs(2)),
    )?;
    rustix::net::send(&socket, &question(), SendFlags::empty())?;
    let mut found = Vec::new();
    let mut buffer = vec![0_u8; 32 * 1024];
    for _ in 0..ANSWERS_MAX {
        let (length, _) = rustix::net::recv(&socket, &mut buffer, RecvFlags::empty())?;
        if parse(buffer.get(..length).unwrap_or_default(), &mut found) {
            break;
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Reads the messages of one answer; whether it was the last.
fn parse(mut answer: &[u8], found: &mut Vec<(IpAddr, [u8; 6])>) -> bool {
    while let Some((header, _)) = answer.split_first_chunk::<16>() {
        let [a, b, c, d, kind_low, kind_high, ..] = *header;
        let length = u32::from_ne_bytes([a, b, c, d]) as usize;
        match u16::from_ne_bytes([kind_low, kind_high]) {
            ERROR | DONE => return true,
            NEIGHBOUR => found.extend(answer.get(16..length).and_then(neighbour)),
            _ => {}
        }
        // Messages are aligned to four bytes; a length that leads nowhere ends the answer.
        match length.checked_next_multiple_of(4).and_then(|it| answer.get(it.max(16)..)) {
            Some(rest) => answer = rest,
            None => return false,
        }
    }
    false
}

/// `struct ndmsg` and its attributes.
fn neighbour(message: &[u8]) -> Option<(IpAddr, [u8; 6])> {
    let (head, mut attributes) = message.split_first_chunk::<12>()?;
    let [_, _, _, _, _, _, _, _, state_low, state_high, _, _] = *head;
    if u16::from_ne_bytes([state_low, state_high]) & HEARD == 0 {
        return None;
    }
    let (mut address, mut mac) = (None, None);
    while let Some((head, _)) = attributes.split_first_chunk::<4>() {
        let [length_low, length_high, kind_low, kind_high] = *head;
        let length = usize::from(u16::from_ne_bytes([length_low, length_high]));
        let value = attributes.get(4..length).unwrap_or_default();
        match u16::from_ne_bytes([kind_low, kind_high]) {
            DESTINATION => address = as_address(value),
            HARDWARE => mac = <[u8; 6]>::try_from(value).ok(),
            _ => {}
        }
        match attributes.get(length.next_multiple_of(4).max(4)..) {
            Some(rest) => attributes = rest,
            None => break,
        }
    }
    let mac = mac.filter(|it| *it != [0; 6])?;
    address.map(|it| (it, mac))
}

fn as_address(value: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(value).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(value).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn message(kind: u16, state: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
        let body: Vec<u8> = attributes.concat();
        let mut bytes = (28 + body.len() as u32).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend([2, 0, 0, 0, 1, 0, 0, 0]);
        bytes.extend(state.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(body);
        bytes
    }

    fn found(answer: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        parse(answer, &mut found);
        found.iter().map(|(address, mac)| format!("{address} {mac:02x?}")).collect()
    }

    #[test]
    fn neighbours_that_were_heard_are_read_with_both_kinds_of_address() {
        let mac = attribute(HARDWARE, &[2, 0, 0, 0, 0, 7]);
        let answer = [
            message(NEIGHBOUR, 0x04, &[attribute(DESTINATION, &[10, 0, 0, 7]), mac.clone()]),
            message(NEIGHBOUR, 0x20, &[attribute(DESTINATION, &[10, 0, 0, 8]), mac.clone()]),
            message(NEIGHBOUR, 0x40, &[attribute(DESTINATION, &[10, 0, 0, 9]), mac.clone()]),
            message(NEIGHBOUR, 0x02, &[attribute(DESTINATION, &[0; 16]), mac]),
            message(NEIGHBOUR, 0x02, &[attribute(DESTINATION, &[10, 0, 0, 10])]),
        ]
        .concat();
        assert_eq!(
            found(&answer),
            ["10.0.0.7 [02, 00, 00, 00, 00, 07]", ":: [02, 00, 00, 00, 00, 07]"]
        );
    }

    #[test]
    fn the_end_and_an_error_end_the_reading() {
        let mut none = Vec::new();
        assert!(parse(&message(DONE, 0, &[]), &mut none));
        assert!(parse(&message(ERROR, 0, &[]), &mut none));
        assert!(!parse(&message(NEIGHBOUR, 0, &[]), &mut none));
        assert!(!parse(&[], &mut none));
    }

    #[test]
    fn the_kernel_answers() {
        read().unwrap();
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut found = Vec::new();
            parse(&bytes, &mut found);
            let _ = neighbour(&bytes);
        }

        #[test]
        fn no_broken_length_panics(at in 0_usize..60, value in any::<u8>()) {
            let mut answer = message(NEIGHBOUR, 2, &[attribute(DESTINATION, &[10, 0, 0, 7])]);
            let at = at % answer.len();
            answer[at] = value;
            found(&answer);
        }
    }
}
