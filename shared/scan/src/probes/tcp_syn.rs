//! TCP SYN: does this port accept connections (RFC 9293 §3.5)?
//!
//! The segment carries no byte of data. An open port's answer is met by a reset of our own kernel,
//! which knows of no connection: the application never hears of it.

use std::net::IpAddr;

use pnet_packet::tcp;
use pnet_packet::tcp::{MutableTcpPacket, TcpFlags, TcpPacket};

use super::{Method, Probe};
use crate::packet::cookie::Cookies;
use crate::packet::frame::{Body, Ends, Frame, TCP, write_ip};

/// Asks whether a port accepts connections.
pub(super) const PROBE: Probe = Probe { id: "scan.tcp_syn", method: Method::Packet };

const HOP_LIMIT: u8 = 64;
const WINDOW: u16 = 1024;
const MSS: [u8; 4] = [2, 4, 5, 0xb4];
const LENGTH: usize = 24;

/// A port that answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Of which address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// Whether it accepts connections.
    pub is_open: bool,
}

/// Writes the question. The sequence number is the cookie.
pub fn question(frame: &mut Vec<u8>, ends: &Ends, port: u16, cookies: &Cookies) {
    let mut body = [0; LENGTH];
    if let Some((_, options)) = body.split_last_chunk_mut::<4>() {
        *options = MSS;
    }
    if let Some(mut segment) = MutableTcpPacket::new(&mut body) {
        segment.set_source(cookies.source_port());
        segment.set_destination(port);
        segment.set_sequence(cookies.of(ends.to, port.into()));
        segment.set_data_offset(6);
        segment.set_flags(TcpFlags::SYN);
        segment.set_window(WINDOW);
        let checksum = match (ends.from, ends.to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                tcp::ipv4_checksum(&segment.to_immutable(), &from, &to)
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                tcp::ipv6_checksum(&segment.to_immutable(), &from, &to)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => 0,
        };
        segment.set_checksum(checksum);
    }
    write_ip(frame, ends, TCP, HOP_LIMIT, &body);
}

/// Reads a segment that answers a question of ours: it acknowledges the cookie.
#[must_use]
pub fn read(frame: &Frame<'_>, cookies: &Cookies) -> Option<Answer> {
    let Body::Ip { from, protocol: TCP, payload, .. } = frame.body else { return None };
    let segment = TcpPacket::new(payload)?;
    let port = segment.get_source();
    let acknowledged = cookies.of(from, port.into()).wrapping_add(1);
    let is_ours = segment.get_destination() == cookies.source_port()
        && segment.get_acknowledgement() == acknowledged
        && segment.get_flags() & TcpFlags::ACK != 0;
    if !is_ours {
        return None;
    }
    let flags = segment.get_flags();
    let is_open = match (flags & TcpFlags::SYN != 0, flags & TcpFlags::RST != 0) {
        (true, false) => true,
        (false, true) => false,
        _ => return None,
    };
    Some(Answer { address: from, port, is_open })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SYN_ACK: u8 = TcpFlags::SYN | TcpFlags::ACK;
    const RST_ACK: u8 = TcpFlags::RST | TcpFlags::ACK;

    fn ends(from: &str, to: &str) -> Ends {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        Ends { from_mac: [2; 6], to_mac: [4; 6], from, to }
    }

    /// What the asked host would answer, read with this key and this change of the acknowledgement.
    fn heard(ends: &Ends, flags: u8, key: u8, shift: u32) -> Option<Answer> {
        let mut frame = Vec::new();
        question(&mut frame, ends, 443, &Cookies::new([5; 16]));
        let Body::Ip { payload, .. } = Frame::read(&frame).unwrap().body else { panic!() };
        let asked = TcpPacket::new(payload).unwrap();
        let mut body = [0; 20];
        let mut segment = MutableTcpPacket::new(&mut body).unwrap();
        segment.set_source(asked.get_destination());
        segment.set_destination(asked.get_source());
        segment.set_acknowledgement(asked.get_sequence().wrapping_add(1 + shift));
        segment.set_flags(flags);
        let body =
            Body::Ip { from: ends.to, to: ends.from, protocol: TCP, hop_limit: 9, payload: &body };
        let frame = Frame { from_mac: [4; 6], to_mac: [2; 6], body };
        read(&frame, &Cookies::new([key; 16]))
    }

    #[test]
    fn open_and_closed_are_told_apart_in_both_families() {
        for ends in [ends("10.0.0.1", "10.0.0.9"), ends("2001:db8::1", "2001:db8::9")] {
            let answer = |is_open| Some(Answer { address: ends.to, port: 443, is_open });
            assert_eq!(heard(&ends, SYN_ACK, 5, 0), answer(true));
            assert_eq!(heard(&ends, RST_ACK, 5, 0), answer(false));
        }
    }

    #[test]
    fn whoever_did_not_get_the_question_cannot_answer_it() {
        let ends = ends("10.0.0.1", "10.0.0.9");
        assert_eq!(heard(&ends, SYN_ACK, 5, 1), None, "another number");
        assert_eq!(heard(&ends, SYN_ACK, 6, 0), None, "another run");
        assert_eq!(heard(&ends, TcpFlags::SYN, 5, 0), None, "nothing acknowledged");
        assert_eq!(heard(&ends, SYN_ACK | TcpFlags::RST, 5, 0), None, "both at once");
        assert_eq!(heard(&ends, TcpFlags::ACK, 5, 0), None, "neither");
    }

    #[test]
    fn the_question_holds_no_data_and_its_checksum_holds() {
        let mut frame = Vec::new();
        question(&mut frame, &ends("10.0.0.1", "10.0.0.9"), 9100, &Cookies::new([5; 16]));
        assert_eq!(frame.len(), 14 + 20 + LENGTH);
        let segment = TcpPacket::new(&frame[34..]).unwrap();
        assert_eq!(usize::from(segment.get_data_offset()) * 4, LENGTH);
        assert_eq!(segment.get_flags(), TcpFlags::SYN);
        let (from, to) = ("10.0.0.1".parse().unwrap(), "10.0.0.9".parse().unwrap());
        assert_eq!(tcp::ipv4_checksum(&segment, &from, &to), segment.get_checksum());
    }

    proptest! {
        #[test]
        fn no_segment_panics(payload in proptest::collection::vec(any::<u8>(), 0..64)) {
            let from = "10.0.0.9".parse().unwrap();
            let body = Body::Ip { from, to: from, protocol: TCP, hop_limit: 1, payload: &payload };
            let _ = read(&Frame { from_mac: [4; 6], to_mac: [2; 6], body }, &Cookies::new([5; 16]));
        }
    }
}
