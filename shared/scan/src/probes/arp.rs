//! ARP: who has this IPv4 address on the link (RFC 826).

use std::net::Ipv4Addr;

use pnet_packet::arp::{ArpHardwareTypes, ArpOperations, ArpPacket, MutableArpPacket};
use pnet_packet::ethernet::EtherTypes;

use super::{Method, Probe};
use crate::packet::frame::{BROADCAST, Body, Frame, Mac, write_arp};

/// Asks for the hardware address of an IPv4 address.
pub(super) const PROBE: Probe = Probe { id: "scan.arp", method: Method::Packet };

const LENGTH: usize = 28;

/// Writes the question `from` sends about `to`.
pub fn question(frame: &mut Vec<u8>, from_mac: Mac, from: Ipv4Addr, to: Ipv4Addr) {
    let mut body = [0; LENGTH];
    if let Some(mut arp) = MutableArpPacket::new(&mut body) {
        arp.set_hardware_type(ArpHardwareTypes::Ethernet);
        arp.set_protocol_type(EtherTypes::Ipv4);
        arp.set_hw_addr_len(6);
        arp.set_proto_addr_len(4);
        arp.set_operation(ArpOperations::Request);
        arp.set_sender_hw_addr(from_mac.into());
        arp.set_sender_proto_addr(from);
        arp.set_target_proto_addr(to);
    }
    write_arp(frame, from_mac, BROADCAST, &body);
}

/// Reads a reply that was sent to `own`: who has which hardware address. Announcements to everybody and
/// replies that claim a multicast address or none are no answers.
#[must_use]
pub fn read(frame: &Frame<'_>, own: Mac) -> Option<(Ipv4Addr, Mac)> {
    let Body::Arp(body) = frame.body else { return None };
    let arp = ArpPacket::new(body)?;
    let is_reply = arp.get_operation() == ArpOperations::Reply
        && arp.get_hardware_type() == ArpHardwareTypes::Ethernet
        && arp.get_protocol_type() == EtherTypes::Ipv4
        && (arp.get_hw_addr_len(), arp.get_proto_addr_len()) == (6, 4);
    let mac = arp.get_sender_hw_addr().octets();
    let [first, ..] = mac;
    let is_station = first & 1 == 0 && mac != [0; 6];
    (is_reply && is_station && frame.to_mac == own && arp.get_target_hw_addr().octets() == own)
        .then(|| (arp.get_sender_proto_addr(), mac))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: Mac = [2, 0, 0, 0, 0, 1];
    const OTHER: Mac = [2, 0, 0, 0, 0, 9];

    fn reply() -> Vec<u8> {
        let mut frame = Vec::new();
        question(&mut frame, OTHER, Ipv4Addr::new(10, 0, 0, 9), Ipv4Addr::new(10, 0, 0, 1));
        frame[..6].copy_from_slice(&OWN);
        frame[21] = 2;
        frame[32..38].copy_from_slice(&OWN);
        frame
    }

    fn heard(frame: &[u8]) -> Option<(Ipv4Addr, Mac)> {
        Frame::read(frame).and_then(|it| read(&it, OWN))
    }

    #[test]
    fn the_question_is_the_one_of_the_rfc() {
        let mut frame = Vec::new();
        question(&mut frame, OWN, Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 9));
        let expected = "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 \
                        020000000001 0a000001 000000000000 0a000009";
        let hex: String = frame.iter().map(|it| format!("{it:02x}")).collect();
        assert_eq!(hex, expected.replace(' ', ""));
    }

    #[test]
    fn a_reply_to_us_is_heard_and_nothing_else() {
        assert_eq!(heard(&reply()), Some((Ipv4Addr::new(10, 0, 0, 9), OTHER)));
        let changed = |at: usize, value: u8| {
            let mut frame = reply();
            frame[at] = value;
            heard(&frame)
        };
        assert_eq!(changed(21, 1), None, "a request");
        assert_eq!(changed(0, 0xff), None, "an announcement to others");
        assert_eq!(changed(37, 7), None, "meant for another");
        assert_eq!(changed(22, 3), None, "a multicast address as sender");
        assert_eq!(changed(18, 8), None, "other address lengths");
    }

    proptest! {
        #[test]
        fn no_reply_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64), cut in 0_usize..42) {
            heard(&reply()[..cut]);
            let _ = read(&Frame { from_mac: OTHER, to_mac: OWN, body: Body::Arp(&bytes) }, OWN);
        }
    }
}
