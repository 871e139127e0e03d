//! From questions to frames, and from frames to answers, on one link.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::engine::{Answered, Ask, Heard, Question};
use crate::packet::cookie::Cookies;
use crate::packet::frame::{BROADCAST, Body, Ends, Frame, Mac};
use crate::plan::Link;
use crate::probes::{arp, icmp_echo, ndp, tcp_syn};

/// Our side of a link.
#[derive(Debug)]
pub(super) struct Wire {
    mac: Mac,
    networks: Vec<IpNet>,
    cookies: Cookies,
}

impl Wire {
    pub(super) fn new(link: &Link, cookies: Cookies) -> Self {
        Self { mac: link.mac.unwrap_or_default(), networks: link.addresses.clone(), cookies }
    }

    /// Writes the frame of a question; it stays empty where the link has no address to ask from.
    pub(super) fn write(&self, frame: &mut Vec<u8>, ask: &Ask) {
        frame.clear();
        match (ask.question, ask.address) {
            (Question::AllNodes, IpAddr::V6(network)) => {
                if let Some(from) = self.own_v6(network) {
                    icmp_echo::question_to_all_nodes(frame, self.mac, from, &self.cookies);
                }
            }
            (Question::AllNodes, IpAddr::V4(_)) => {}
            (Question::Neighbour, IpAddr::V4(to)) => {
                if let Some(from) = self.own_v4(to) {
                    arp::question(frame, self.mac, from, to);
                }
            }
            (Question::Neighbour, IpAddr::V6(to)) => {
                if let Some(from) = self.own_v6(to) {
                    ndp::question(frame, self.mac, from, to);
                }
            }
            (Question::Echo, to) => {
                if let Some(ends) = self.ends(to, ask.mac) {
                    icmp_echo::question(frame, &ends, &self.cookies);
                }
            }
            (Question::Syn(port), to) => {
                if let Some(ends) = self.ends(to, ask.mac) {
                    tcp_syn::question(frame, &ends, port, &self.cookies);
                }
            }
        }
    }

    fn ends(&self, to: IpAddr, mac: Option<Mac>) -> Option<Ends> {
        let from = match to {
            IpAddr::V4(to) => self.own_v4(to).map(IpAddr::V4),
            IpAddr::V6(to) => self.own_v6(to).map(IpAddr::V6),
        };
        from.map(|from| Ends { from_mac: self.mac, to_mac: mac.unwrap_or(BROADCAST), from, to })
    }

    /// Our address in the network of `to`, else our first.
    fn own_v4(&self, to: Ipv4Addr) -> Option<Ipv4Addr> {
        let own = self.networks.iter().filter_map(|it| match it {
            IpNet::V4(it) => Some(it),
            IpNet::V6(_) => None,
        });
        let near = own.clone().find(|it| it.contains(&to));
        near.or_else(|| own.clone().next()).map(|it| it.addr())
    }

    /// Our address in the network of `to`, else our first that is valid beyond the link.
    fn own_v6(&self, to: Ipv6Addr) -> Option<Ipv6Addr> {
        let own = self.networks.iter().filter_map(|it| match it {
            IpNet::V6(it) => Some(it),
            IpNet::V4(_) => None,
        });
        let near = own.clone().find(|it| it.contains(&to)).map(|it| it.addr());
        near.or_else(|| self.any_v6())
    }

    fn any_v6(&self) -> Option<Ipv6Addr> {
        let own = self.networks.iter().filter_map(|it| match it.addr() {
            IpAddr::V6(it) => Some(it),
            IpAddr::V4(_) => None,
        });
        own.clone().find(|it| !it.is_unicast_link_local()).or_else(|| own.clone().next())
    }

    /// Reads a frame; none: it answers nothing of ours.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Heard> {
        let frame = Frame::read(bytes)?;
        if let Body::Ip { to, .. } = frame.body
            && !self.networks.iter().any(|it| it.addr() == to)
        {
            return None;
        }
        if let Some((address, mac)) = arp::read(&frame, self.mac) {
            return Some(Heard { address: address.into(), answered: Answered::Neighbour, mac });
        }
        if let Some((address, mac)) = ndp::read(&frame, self.mac) {
            return Some(Heard { address: address.into(), answered: Answered::Neighbour, mac });
        }
        let mac = frame.from_mac;
        if let Some(it) = icmp_echo::read(&frame, &self.cookies) {
            let answered = if it.is_to_all_nodes { Answered::AllNodes } else { Answered::Echo };
            return Some(Heard { address: it.address, answered, mac });
        }
        tcp_syn::read(&frame, &self.cookies).map(|it| Heard {
            address: it.address,
            answered: Answered::Syn { port: it.port, is_open: it.is_open },
            mac,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(addresses: &[&str]) -> Wire {
        let link = Link {
            interface: "eth0".into(),
            index: 2,
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
            mac: Some([2, 0, 0, 0, 0, 1]),
            is_loopback: false,
        };
        Wire::new(&link, Cookies::new([3; 16]))
    }

    fn from(wire: &Wire, question: Question, to: &str) -> String {
        let mut frame = Vec::new();
        let ask = Ask { address: to.parse().unwrap(), question, mac: Some([4; 6]) };
        wire.write(&mut frame, &ask);
        match Frame::read(&frame).map(|it| it.body) {
            Some(Body::Ip { from, .. }) => from.to_string(),
            Some(Body::Arp(body)) => {
                Ipv4Addr::new(body[14], body[15], body[16], body[17]).to_string()
            }
            None => "nothing".into(),
        }
    }

    #[test]
    fn questions_come_from_our_address_nearest_to_whom_we_ask() {
        let wire = wire(&[
            "fe80::1/64",
            "10.0.0.1/24",
            "10.1.0.1/24",
            "2001:db8::1/64",
            "2001:db8:5::1/64",
        ]);
        let check = |question, to, expected| assert_eq!(from(&wire, question, to), expected);
        check(Question::Neighbour, "10.1.0.9", "10.1.0.1");
        check(Question::Echo, "192.0.2.1", "10.0.0.1");
        check(Question::Neighbour, "fe80::9", "fe80::1");
        check(Question::Syn(80), "2001:db8::9", "2001:db8::1");
        check(Question::Echo, "2001:db8:7::9", "2001:db8::1");
        check(Question::AllNodes, "2001:db8::", "2001:db8::1");
        check(Question::AllNodes, "2001:db8:5::", "2001:db8:5::1");
    }

    #[test]
    fn a_link_without_addresses_of_the_family_asks_nothing() {
        let only_v4 = wire(&["10.0.0.1/24"]);
        for question in [Question::Neighbour, Question::Echo, Question::Syn(1), Question::AllNodes]
        {
            assert_eq!(from(&only_v4, question, "2001:db8::9"), "nothing", "{question:?}");
        }
    }

    #[test]
    fn our_own_questions_are_no_answers() {
        let wire = wire(&["10.0.0.1/24", "2001:db8::1/64"]);
        let mut frame = Vec::new();
        for question in [Question::Neighbour, Question::Echo, Question::Syn(1)] {
            for address in ["10.0.0.1", "10.0.0.9", "2001:db8::1"] {
                let ask = Ask { address: address.parse().unwrap(), question, mac: None };
                wire.write(&mut frame, &ask);
                assert_eq!(wire.read(&frame), None, "{question:?} {address}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_frame_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..120),
            question in 0_usize..4,
            at in 0_usize..90,
        ) {
            let wire = wire(&["10.0.0.1/24", "2001:db8::1/64"]);
            wire.read(&bytes);
            let question = [
                Question::Neighbour, Question::Echo, Question::Syn(1), Question::AllNodes,
            ][question];
            for address in ["10.0.0.1", "2001:db8::1"] {
                let mut frame = Vec::new();
                let ask = Ask { address: address.parse().unwrap(), question, mac: None };
                wire.write(&mut frame, &ask);
                let Some(at) = at.checked_rem(frame.len()) else { continue };
                frame[at] = bytes.first().copied().unwrap_or(0);
                wire.read(&frame);
                wire.read(&frame[..at]);
            }
        }
    }
}
