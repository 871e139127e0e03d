//! ICMP echo (RFC 792, RFC 4443), also to all nodes of a link.

use std::net::{IpAddr, Ipv6Addr};

use pnet_packet::icmpv6;
use pnet_packet::icmpv6::Icmpv6Packet;
use pnet_packet::util;

use super::{Method, Probe};
use crate::packet::cookie::Cookies;
use crate::packet::frame::{Body, Ends, Frame, ICMP, ICMPV6, Mac, multicast_mac, write_ip};

/// Asks whether an address is there.
pub(super) const PROBE: Probe = Probe { id: "scan.icmp_echo", method: Method::Packet };

/// All nodes of a link (RFC 4291 §2.7.1).
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// What cookies are made for: no port.
const WHAT: u32 = 1 << 16;
const HOP_LIMIT: u8 = 64;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The address.
    pub address: IpAddr,
    /// Whether all nodes were asked, not this address.
    pub is_to_all_nodes: bool,
}

/// Writes the question. Identifier and sequence number are the cookie.
pub fn question(frame: &mut Vec<u8>, ends: &Ends, cookies: &Cookies) {
    let [a, b, c, d] = cookies.of(ends.to, WHAT).to_be_bytes();
    match (ends.from, ends.to) {
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let body = [128, 0, 0, 0, a, b, c, d];
            let packet = Icmpv6Packet::new(&body);
            let body = with(body, packet.map_or(0, |it| icmpv6::checksum(&it, &from, &to)));
            write_ip(frame, ends, ICMPV6, HOP_LIMIT, &body);
        }
        (IpAddr::V4(_), _) | (_, IpAddr::V4(_)) => {
            let body = [8, 0, 0, 0, a, b, c, d];
            let body = with(body, util::checksum(&body, 1));
            write_ip(frame, ends, ICMP, HOP_LIMIT, &body);
        }
    }
}

fn with([kind, code, _, _, a, b, c, d]: [u8; 8], checksum: u16) -> [u8; 8] {
    let [high, low] = checksum.to_be_bytes();
    [kind, code, high, low, a, b, c, d]
}

/// Writes the question to all nodes of the link. The cookie is one for the group, for the answers
/// come from addresses that nobody knew.
pub fn question_to_all_nodes(
    frame: &mut Vec<u8>,
    from_mac: Mac,
    from: Ipv6Addr,
    cookies: &Cookies,
) {
    let to_mac = multicast_mac(ALL_NODES);
    let ends = Ends { from_mac, to_mac, from: from.into(), to: ALL_NODES.into() };
    question(frame, &ends, cookies);
}

/// Reads a reply that carries our cookie.
#[must_use]
pub fn read(frame: &Frame<'_>, cookies: &Cookies) -> Option<Answer> {
    let Body::Ip { from, protocol, payload, .. } = frame.body else { return None };
    let reply = match (from, protocol) {
        (IpAddr::V4(_), ICMP) => 0,
        (IpAddr::V6(_), ICMPV6) => 129,
        _ => return None,
    };
    let &[kind, 0, _, _, a, b, c, d, ..] = payload else { return None };
    if kind != reply {
        return None;
    }
    let cookie = u32::from_be_bytes([a, b, c, d]);
    let answer = |is_to_all_nodes| Some(Answer { address: from, is_to_all_nodes });
    if cookie == cookies.of(from, WHAT) {
        return answer(false);
    }
    let is_to_all = from.is_ipv6() && cookie == cookies.of(ALL_NODES.into(), WHAT);
    if is_to_all { answer(true) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAC: Mac = [2, 0, 0, 0, 0, 1];

    fn asked(from: &str, to: &str) -> Vec<u8> {
        let ends = Ends {
            from_mac: MAC,
            to_mac: MAC,
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        };
        let mut frame = Vec::new();
        question(&mut frame, &ends, &Cookies::new([5; 16]));
        frame
    }

    /// What a host would answer from `from`.
    fn heard(question: &[u8], from: &str, key: u8) -> Option<Answer> {
        let Some(Frame { body: Body::Ip { protocol, payload, to, .. }, .. }) =
            Frame::read(question)
        else {
            panic!()
        };
        let mut payload = payload.to_vec();
        payload[0] = if protocol == ICMP { 0 } else { 129 };
        let from = from.parse().unwrap();
        let body = Body::Ip { from, to, protocol, hop_limit: 60, payload: &payload };
        read(&Frame { from_mac: MAC, to_mac: MAC, body }, &Cookies::new([key; 16]))
    }

    #[test]
    fn a_reply_with_our_cookie_is_heard_from_whom_we_asked_only() {
        for (own, host, other) in
            [("10.0.0.1", "10.0.0.9", "10.0.0.8"), ("2001:db8::1", "2001:db8::9", "2001:db8::8")]
        {
            let question = asked(own, host);
            let answer = heard(&question, host, 5).unwrap();
            assert_eq!(answer, Answer { address: host.parse().unwrap(), is_to_all_nodes: false });
            assert_eq!(heard(&question, other, 5), None, "another address");
            assert_eq!(heard(&question, host, 6), None, "another run");
        }
    }

    #[test]
    fn checksums_hold() {
        let frame = asked("10.0.0.1", "10.0.0.9");
        assert_eq!(util::checksum(&frame[34..42], 1).to_be_bytes(), frame[36..38]);
        let frame = asked("2001:db8::1", "2001:db8::9");
        let packet = Icmpv6Packet::new(&frame[54..]).unwrap();
        let (from, to) = ("2001:db8::1".parse().unwrap(), "2001:db8::9".parse().unwrap());
        assert_eq!(icmpv6::checksum(&packet, &from, &to).to_be_bytes(), frame[56..58]);
    }

    #[test]
    fn every_node_may_answer_the_question_to_all() {
        let mut frame = Vec::new();
        let own = "2001:db8::1".parse().unwrap();
        question_to_all_nodes(&mut frame, MAC, own, &Cookies::new([5; 16]));
        assert_eq!(frame[..6], [0x33, 0x33, 0, 0, 0, 1]);
        let answer = heard(&frame, "2001:db8::77", 5).unwrap();
        assert!(answer.is_to_all_nodes);
        assert_eq!(heard(&frame, "2001:db8::77", 6), None);
    }

    proptest! {
        #[test]
        fn no_reply_panics(payload in proptest::collection::vec(any::<u8>(), 0..32)) {
            for (from, protocol) in [("10.0.0.1", ICMP), ("::1", ICMPV6), ("10.0.0.1", ICMPV6)] {
                let from = from.parse().unwrap();
                let body = Body::Ip { from, to: from, protocol, hop_limit: 1, payload: &payload };
                let _ = read(&Frame { from_mac: MAC, to_mac: MAC, body }, &Cookies::new([5; 16]));
            }
        }
    }
}
