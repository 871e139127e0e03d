//! Ethernet frames with ARP or IP inside: built and read.

use std::net::{IpAddr, Ipv6Addr};

use pnet_packet::ethernet::{EtherTypes, EthernetPacket, MutableEthernetPacket};
use pnet_packet::ip::IpNextHeaderProtocol;
use pnet_packet::ipv4::{self, Ipv4Packet, MutableIpv4Packet};
use pnet_packet::ipv6::{Ipv6Packet, MutableIpv6Packet};

/// A hardware address.
pub type Mac = [u8; 6];

/// Everybody on the link.
pub const BROADCAST: Mac = [0xff; 6];

/// ICMP, TCP and ICMPv6 in the IP header (IANA protocol numbers).
pub const ICMP: u8 = 1;
/// See [`ICMP`].
pub const TCP: u8 = 6;
/// See [`ICMP`].
pub const ICMPV6: u8 = 58;

const ETHERNET: usize = 14;
const IPV4: usize = 20;
const IPV6: usize = 40;

/// From where to where a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Hardware address of the sender.
    pub from_mac: Mac,
    /// Hardware address of the receiver, or of the router to it.
    pub to_mac: Mac,
    /// Address of the sender.
    pub from: IpAddr,
    /// Address of the receiver.
    pub to: IpAddr,
}

/// Writes an Ethernet frame with `body` bytes of ARP.
pub fn write_arp(frame: &mut Vec<u8>, from: Mac, to: Mac, body: &[u8]) {
    frame.clear();
    frame.resize(ETHERNET, 0);
    if let Some(mut ethernet) = MutableEthernetPacket::new(frame) {
        ethernet.set_source(from.into());
        ethernet.set_destination(to.into());
        ethernet.set_ethertype(EtherTypes::Arp);
    }
    frame.extend_from_slice(body);
}

/// Writes an Ethernet frame with an IP packet with `body`. Both addresses are of one family, else
/// nothing is written and the frame is empty.
pub fn write_ip(frame: &mut Vec<u8>, ends: &Ends, protocol: u8, hop_limit: u8, body: &[u8]) {
    frame.clear();
    let (header, kind) = match (ends.from, ends.to) {
        (IpAddr::V4(_), IpAddr::V4(_)) => (IPV4, EtherTypes::Ipv4),
        (IpAddr::V6(_), IpAddr::V6(_)) => (IPV6, EtherTypes::Ipv6),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return,
    };
    frame.resize(ETHERNET + header, 0);
    if let Some(mut ethernet) = MutableEthernetPacket::new(frame) {
        ethernet.set_source(ends.from_mac.into());
        ethernet.set_destination(ends.to_mac.into());
        ethernet.set_ethertype(kind);
    }
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let ip = frame.get_mut(ETHERNET..).unwrap_or_default();
    match (ends.from, ends.to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            if let Some(mut packet) = MutableIpv4Packet::new(ip) {
                packet.set_version(4);
                packet.set_header_length(5);
                packet.set_total_length(length.saturating_add(IPV4 as u16));
                packet.set_flags(ipv4::Ipv4Flags::DontFragment);
                packet.set_ttl(hop_limit);
                packet.set_next_level_protocol(IpNextHeaderProtocol(protocol));
                packet.set_source(from);
                packet.set_destination(to);
                let checksum = ipv4::checksum(&packet.to_immutable());
                packet.set_checksum(checksum);
            }
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            if let Some(mut packet) = MutableIpv6Packet::new(ip) {
                packet.set_version(6);
                packet.set_payload_length(length);
                packet.set_next_header(IpNextHeaderProtocol(protocol));
                packet.set_hop_limit(hop_limit);
                packet.set_source(from);
                packet.set_destination(to);
            }
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {}
    }
    frame.extend_from_slice(body);
}

/// A received frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Hardware address of the sender.
    pub from_mac: Mac,
    /// Hardware address of the receiver.
    pub to_mac: Mac,
    /// What it carries.
    pub body: Body<'a>,
}

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body<'a> {
    /// An ARP packet.
    Arp(&'a [u8]),
    /// An IP packet.
    Ip {
        /// The sender.
        from: IpAddr,
        /// The receiver.
        to: IpAddr,
        /// IANA protocol number.
        protocol: u8,
        /// TTL or hop limit as received.
        hop_limit: u8,
        /// What it carries, without the padding of short frames.
        payload: &'a [u8],
    },
}

impl<'a> Frame<'a> {
    /// Reads a frame; none: it is cut off, or carries something else. Later fragments and extension
    /// headers are something else: no answer to us has them.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let ethernet = EthernetPacket::new(bytes)?;
        let payload = bytes.get(ETHERNET..)?;
        let kind = ethernet.get_ethertype();
        let body = if kind == EtherTypes::Arp {
            Body::Arp(payload)
        } else if kind == EtherTypes::Ipv4 {
            ipv4(payload)?
        } else if kind == EtherTypes::Ipv6 {
            ipv6(payload)?
        } else {
            return None;
        };
        let (from_mac, to_mac) = (ethernet.get_source(), ethernet.get_destination());
        Some(Self { from_mac: from_mac.octets(), to_mac: to_mac.octets(), body })
    }
}

fn ipv4(bytes: &[u8]) -> Option<Body<'_>> {
    let packet = Ipv4Packet::new(bytes)?;
    let header = usize::from(packet.get_header_length()) * 4;
    if packet.get_version() != 4 || header < IPV4 || packet.get_fragment_offset() != 0 {
        return None;
    }
    Some(Body::Ip {
        from: packet.get_source().into(),
        to: packet.get_destination().into(),
        protocol: packet.get_next_level_protocol().0,
        hop_limit: packet.get_ttl(),
        payload: bytes.get(header..usize::from(packet.get_total_length()).min(bytes.len()))?,
    })
}

fn ipv6(bytes: &[u8]) -> Option<Body<'_>> {
    let packet = Ipv6Packet::new(bytes)?;
    if packet.get_version() != 6 {
        return None;
    }
    let end = IPV6 + usize::from(packet.get_payload_length());
    Some(Body::Ip {
        from: packet.get_source().into(),
        to: packet.get_destination().into(),
        protocol: packet.get_next_header().0,
        hop_limit: packet.get_hop_limit(),
        payload: bytes.get(IPV6..end.min(bytes.len()))?,
    })
}

/// The hardware address that an IPv6 multicast address stands for (RFC 2464 §7).
#[must_use]
pub fn multicast_mac(group: Ipv6Addr) -> Mac {
    let [.., a, b, c, d] = group.octets();
    [0x33, 0x33, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ends(from: &str, to: &str) -> Ends {
        Ends {
            from_mac: [2, 0, 0, 0, 0, 1],
            to_mac: [2, 0, 0, 0, 0, 2],
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for (from, to) in [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")] {
            let ends = ends(from, to);
            let mut frame = Vec::new();
            write_ip(&mut frame, &ends, TCP, 64, b"segment");
            // Short frames arrive padded.
            frame.extend([0; 9]);
            let read = Frame::read(&frame).unwrap();
            assert_eq!((read.from_mac, read.to_mac), (ends.from_mac, ends.to_mac));
            let body = Body::Ip {
                from: ends.from,
                to: ends.to,
                protocol: TCP,
                hop_limit: 64,
                payload: b"segment",
            };
            assert_eq!(read.body, body);
        }
    }

    #[test]
    fn addresses_of_two_families_make_no_packet() {
        let mut frame = vec![1];
        write_ip(&mut frame, &ends("10.0.0.1", "::1"), TCP, 64, b"x");
        assert!(frame.is_empty());
    }

    #[test]
    fn later_fragments_and_cut_headers_are_not_read() {
        let mut frame = Vec::new();
        write_ip(&mut frame, &ends("10.0.0.1", "10.0.0.2"), ICMP, 64, b"payload");
        let fragment = |at: usize, value: u8| {
            let mut frame = frame.clone();
            frame[at] = value;
            Frame::read(&frame).is_some()
        };
        assert!(!fragment(21, 1), "fragment offset");
        assert!(!fragment(14, 0x44), "header of 16 bytes");
        assert!(!fragment(14, 0x4f), "header longer than the packet");
        assert!(!fragment(14, 0x65), "version 6 in an IPv4 frame");
        for length in 0..34 {
            assert_eq!(Frame::read(&frame[..length]), None, "{length}");
        }
    }

    #[test]
    fn multicast_groups_have_their_hardware_address() {
        assert_eq!(multicast_mac("ff02::1".parse().unwrap()), [0x33, 0x33, 0, 0, 0, 1]);
    }

    proptest! {
        #[test]
        fn no_frame_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120), kind in 0..3) {
            let mut bytes = bytes;
            if bytes.len() > 14 {
                let kind = [[8, 0, 0x45], [0x86, 0xdd, 0x60], [8, 6, 0]][kind as usize];
                bytes[12..15].copy_from_slice(&kind);
            }
            let _ = Frame::read(&bytes);
        }
    }
}
