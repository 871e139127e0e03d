//! Neighbour solicitation: who has this IPv6 address on the link (RFC 4861).

use std::net::{IpAddr, Ipv6Addr};

use pnet_packet::icmpv6;
use pnet_packet::icmpv6::Icmpv6Packet;

use super::{Method, Probe};
use crate::packet::frame::{Body, Ends, Frame, ICMPV6, Mac, multicast_mac, write_ip};

/// Asks for the hardware address of an IPv6 address.
pub(super) const PROBE: Probe = Probe { id: "scan.ndp", method: Method::Packet };

const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
/// Option with the sender's, and with the target's hardware address.
const SOURCE_MAC: u8 = 1;
const TARGET_MAC: u8 = 2;
/// A packet that a router forwarded has less: neighbours only (RFC 4861 §7.1).
const HOP_LIMIT: u8 = 255;

/// Writes the question `from` sends about `to`, to the group in which it listens (RFC 4291 §2.7.1).
pub fn question(frame: &mut Vec<u8>, from_mac: Mac, from: Ipv6Addr, to: Ipv6Addr) {
    let [.., a, b, c] = to.octets();
    let group =
        Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | u16::from(a), u16::from_be_bytes([b, c]));
    let mut body = vec![SOLICITATION, 0, 0, 0, 0, 0, 0, 0];
    body.extend(to.octets());
    body.extend([SOURCE_MAC, 1]);
    body.extend(from_mac);
    let checksum = Icmpv6Packet::new(&body).map(|it| icmpv6::checksum(&it, &from, &group));
    if let (Some(checksum), Some(field)) = (checksum, body.get_mut(2..4)) {
        field.copy_from_slice(&checksum.to_be_bytes());
    }
    let ends = Ends { from_mac, to_mac: multicast_mac(group), from: from.into(), to: group.into() };
    write_ip(frame, &ends, ICMPV6, HOP_LIMIT, &body);
}

/// Reads an advertisement that was sent to `own`: who has which hardware address.
#[must_use]
pub fn read(frame: &Frame<'_>, own: Mac) -> Option<(Ipv6Addr, Mac)> {
    let Body::Ip { to: IpAddr::V6(_), protocol: ICMPV6, hop_limit: HOP_LIMIT, payload, .. } =
        frame.body
    else {
        return None;
    };
    let (head, mut options) = payload.split_first_chunk::<24>()?;
    if !head.starts_with(&[ADVERTISEMENT, 0]) || frame.to_mac != own {
        return None;
    }
    let target = Ipv6Addr::from(<[u8; 16]>::try_from(head.get(8..)?).ok()?);
    // RFC 4861 §7.1.2.
    if target.is_multicast() {
        return None;
    }
    let mut mac = frame.from_mac;
    while let &[kind, units, ..] = options {
        let length = usize::from(units) * 8;
        let option = options.get(2..length)?;
        if kind == TARGET_MAC
            && let Ok(told) = Mac::try_from(option)
        {
            mac = told;
        }
        options = options.get(length.max(8)..)?;
    }
    let [first, ..] = mac;
    (first & 1 == 0 && mac != [0; 6]).then_some((target, mac))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: Mac = [2, 0, 0, 0, 0, 1];
    const OTHER: Mac = [2, 0, 0, 0, 0, 9];

    fn advertisement(options: &[u8]) -> Vec<u8> {
        let mut body = vec![ADVERTISEMENT, 0, 0, 0, 0x60, 0, 0, 0];
        body.extend("2001:db8::9".parse::<Ipv6Addr>().unwrap().octets());
        body.extend(options);
        body
    }

    fn heard(payload: &[u8], hop_limit: u8) -> Option<(Ipv6Addr, Mac)> {
        let (from, to) = ("fe80::9".parse().unwrap(), "fe80::1".parse().unwrap());
        let body = Body::Ip { from, to, protocol: ICMPV6, hop_limit, payload };
        read(&Frame { from_mac: OTHER, to_mac: OWN, body }, OWN)
    }

    #[test]
    fn the_question_goes_to_the_group_of_the_address() {
        let mut frame = Vec::new();
        let (from, to) = ("2001:db8::1".parse().unwrap(), "2001:db8::12:3456".parse().unwrap());
        question(&mut frame, OWN, from, to);
        let read = Frame::read(&frame).unwrap();
        assert_eq!(read.to_mac, [0x33, 0x33, 0xff, 0x12, 0x34, 0x56]);
        let Body::Ip { to, hop_limit, payload, .. } = read.body else { panic!() };
        assert_eq!((to.to_string().as_str(), hop_limit), ("ff02::1:ff12:3456", 255));
        assert_eq!(payload.len(), 32);
        let sum = icmpv6::checksum(
            &Icmpv6Packet::new(payload).unwrap(),
            &from,
            &"ff02::1:ff12:3456".parse().unwrap(),
        );
        assert_eq!(sum.to_be_bytes(), payload[2..4], "the checksum holds");
    }

    #[test]
    fn an_advertisement_is_heard_with_the_address_it_tells_or_came_from() {
        let target: Ipv6Addr = "2001:db8::9".parse().unwrap();
        assert_eq!(heard(&advertisement(&[]), 255), Some((target, OTHER)));
        let told = [2, 1, 2, 0, 0, 0, 0, 7];
        assert_eq!(heard(&advertisement(&told), 255), Some((target, [2, 0, 0, 0, 0, 7])));
        let after_another = [&[14, 2][..], &[0; 14], &told].concat();
        assert_eq!(heard(&advertisement(&after_another), 255), Some((target, [2, 0, 0, 0, 0, 7])));
    }

    #[test]
    fn forwarded_and_broken_ones_are_not() {
        assert_eq!(heard(&advertisement(&[]), 254), None);
        assert_eq!(heard(&advertisement(&[2, 0, 0, 0]), 255), None);
        assert_eq!(heard(&advertisement(&[2, 9, 0, 0]), 255), None);
        assert_eq!(heard(&advertisement(&[2, 1, 3, 0, 0, 0, 0, 7]), 255), None);
        assert_eq!(heard(&advertisement(&[])[..20], 255), None);
    }

    #[test]
    fn one_with_a_code_or_about_a_group_is_none() {
        let mut with_code = advertisement(&[]);
        with_code[1] = 1;
        assert_eq!(heard(&with_code, 255), None);
        let mut of_group = advertisement(&[]);
        of_group[8] = 0xff;
        assert_eq!(heard(&of_group, 255), None);
    }

    proptest! {
        #[test]
        fn no_advertisement_panics(options in proptest::collection::vec(any::<u8>(), 0..64)) {
            heard(&advertisement(&options), 255);
            heard(&options, 255);
        }
    }
}
