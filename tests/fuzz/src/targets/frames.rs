//! Frames off the wire, and the readings of those that answer a question of ours.
//!
//! Nobody guesses a cookie: each frame is read as it is, and once more with our number put where an
//! answer bears it, so that the readings behind the number are reached.

use std::hint::black_box;
use std::net::IpAddr;

use scan::packet::cookie::Cookies;
use scan::packet::frame::{Body, Ends, Frame, ICMP, ICMPV6, Mac, TCP};
use scan::probes::{arp, icmp_echo, ndp, tcp_syn};

const OWN: Mac = [2, 0, 0, 0, 0, 1];
/// Where an answer of TCP bears the number after ours, and the port that was asked from.
const ACKNOWLEDGEMENT: std::ops::Range<usize> = 8..12;
const DESTINATION: std::ops::Range<usize> = 2..4;
/// Where an echo bears our number.
const ECHO_NUMBER: std::ops::Range<usize> = 4..8;

pub(super) fn read(data: &[u8]) {
    let Some(frame) = Frame::read(data) else { return };
    let cookies = Cookies::new([5; 16]);
    answers(&frame, &cookies);
    let Body::Ip { from, to, protocol, hop_limit, payload } = frame.body else { return };
    let mut payload = payload.to_vec();
    if protocol == TCP {
        acknowledge(&mut payload, from, &cookies);
    } else if matches!(protocol, ICMP | ICMPV6) {
        echo(&mut payload, from, to, &cookies);
    }
    let body = Body::Ip { from, to, protocol, hop_limit, payload: &payload };
    answers(&Frame { body, ..frame }, &cookies);
}

fn answers(frame: &Frame<'_>, cookies: &Cookies) {
    // To us, and to whom it was sent.
    for own in [OWN, frame.to_mac] {
        if let Some((_, mac)) = arp::read(frame, own) {
            assert_station(mac);
        }
        if let Some((address, mac)) = ndp::read(frame, own) {
            assert_station(mac);
            assert!(!address.is_multicast());
        }
    }
    black_box((icmp_echo::read(frame, cookies), tcp_syn::read(frame, cookies)));
}

/// A group or nobody is no neighbour.
fn assert_station(mac: Mac) {
    assert!(mac[0] & 1 == 0 && mac != [0; 6], "{mac:?}");
}

fn acknowledge(segment: &mut [u8], from: IpAddr, cookies: &Cookies) {
    let Some(port) = segment.first_chunk::<2>() else { return };
    let number = cookies.of(from, u16::from_be_bytes(*port).into()).wrapping_add(1);
    put(segment, ACKNOWLEDGEMENT, &number.to_be_bytes());
    put(segment, DESTINATION, &cookies.source_port().to_be_bytes());
}

/// Our number stands in the question as in its answer.
fn echo(message: &mut [u8], from: IpAddr, to: IpAddr, cookies: &Cookies) {
    let mut question = Vec::new();
    let ends = Ends { from_mac: OWN, to_mac: OWN, from: to, to: from };
    icmp_echo::question(&mut question, &ends, cookies);
    let Some(Body::Ip { payload, .. }) = Frame::read(&question).map(|it| it.body) else { return };
    if let Some(number) = payload.get(ECHO_NUMBER) {
        put(message, ECHO_NUMBER, number);
    }
}

fn put(bytes: &mut [u8], place: std::ops::Range<usize>, value: &[u8]) {
    if let Some(field) = bytes.get_mut(place) {
        field.copy_from_slice(value);
    }
}
