//! What devices of Cisco and others that speak like them say of themselves on a cable: the Cisco
//! Discovery Protocol, version 1 and 2. Origin: Cisco, "Frame Formats" of CDP, and the readers of
//! Wireshark and lldpd.

use std::net::IpAddr;

use observation::latest::{LinkNeighbour, LinkProtocol};

use super::link_neighbour::{Heard, address_of, label, push_once, words};
use super::reader::Reader;

const DEVICE_ID: u16 = 0x01;
const ADDRESSES: u16 = 0x02;
const PORT_ID: u16 = 0x03;
const CAPABILITIES: u16 = 0x04;
const VERSION: u16 = 0x05;
const PLATFORM: u16 = 0x06;
const NATIVE_VLAN: u16 = 0x0a;
const DUPLEX: u16 = 0x0b;
const SYSTEM_NAME: u16 = 0x14;
const MANAGEMENT_ADDRESSES: u16 = 0x16;

/// Most fields of one frame, and most addresses of one field.
const FIELDS_MAX: usize = 200;
/// Head of a field, counted by its length.
const HEAD_BYTES: usize = 4;

/// The bits of a capability, lowest first.
const CAPABILITY_WORDS: [&str; 8] =
    ["router", "bridge", "source_route_bridge", "switch", "host", "igmp", "repeater", "telephone"];

/// What stands behind the SNAP header: version, time to live, checksum, fields. The checksum is not
/// looked at: Ethernet has one, and old devices compute this one wrongly.
#[must_use]
pub fn read(data: &[u8], interface: &str) -> Option<Heard> {
    let mut reader = Reader::new(data);
    let version = reader.u8()?;
    let ttl_seconds = u16::from(reader.u8()?);
    reader.be16()?;
    let mut neighbour = LinkNeighbour::empty(LinkProtocol::Cdp, interface);
    for (kind, value) in Fields(reader).take(FIELDS_MAX) {
        match kind {
            DEVICE_ID => neighbour.chassis_id = label(value),
            ADDRESSES | MANAGEMENT_ADDRESSES => {
                for address in addresses(value) {
                    push_once(&mut neighbour.management_addresses, Some(address));
                }
            }
            PORT_ID => neighbour.port_id = label(value),
            CAPABILITIES => {
                let bits = Reader::new(value).be32().unwrap_or_default();
                neighbour.capabilities = words(bits, &CAPABILITY_WORDS);
            }
            VERSION => neighbour.system_description = label(value),
            PLATFORM => neighbour.model = label(value),
            NATIVE_VLAN => neighbour.vlan_id = Reader::new(value).be16().filter(|it| *it != 0),
            DUPLEX => neighbour.is_full_duplex = value.first().map(|it| *it == 1),
            SYSTEM_NAME => neighbour.system_name = label(value),
            _ => {}
        }
    }
    neighbour.management_addresses.sort_unstable();
    let says_who = neighbour.chassis_id.is_some() && matches!(version, 1 | 2);
    says_who.then_some(Heard { neighbour, ttl_seconds })
}

/// Kind and length in two bytes each, the length counting both.
struct Fields<'a>(Reader<'a>);

impl<'a> Iterator for Fields<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.0.be16()?;
        let length = usize::from(self.0.be16()?).checked_sub(HEAD_BYTES)?;
        Some((kind, self.0.take(length)?))
    }
}

/// A count, and then of each address: kind and length of the protocol's name, the name, length and
/// address. A name that is not known is passed over.
fn addresses(value: &[u8]) -> Vec<IpAddr> {
    let mut reader = Reader::new(value);
    let count = reader.be32().unwrap_or_default();
    let mut found = Vec::new();
    for _ in 0..count.min(FIELDS_MAX as u32) {
        let Some(address) = one_address(&mut reader) else { break };
        found.extend(address);
    }
    found
}

/// The outer none: cut off; the inner: of another protocol.
fn one_address(reader: &mut Reader<'_>) -> Option<Option<IpAddr>> {
    const IPV4: &[u8] = &[0xcc];
    const IPV6: &[u8] = &[0xaa, 0xaa, 0x03, 0, 0, 0, 0x86, 0xdd];
    let _kind = reader.u8()?;
    let length = usize::from(reader.u8()?);
    let protocol = reader.take(length)?;
    let length = usize::from(reader.be16()?);
    let bytes = reader.take(length)?;
    let is_known = matches!((protocol, length), (IPV4, 4) | (IPV6, 16));
    Some(if is_known { address_of(bytes) } else { None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len() + HEAD_BYTES).unwrap();
        [&kind.to_be_bytes(), length.to_be_bytes().as_slice(), value].concat()
    }

    fn packet(fields: &[(u16, &[u8])]) -> Vec<u8> {
        let fields = fields.iter().flat_map(|(kind, value)| field(*kind, value));
        [2, 180, 0xab, 0xcd].into_iter().chain(fields).collect()
    }

    // Constructed from Cisco's description of the frame.
    #[test]
    fn a_switch_says_who_it_is_and_on_which_port() {
        let heard = read(
            &packet(&[
                (DEVICE_ID, b"sw-og-2.firma.example"),
                (ADDRESSES, &[0, 0, 0, 1, 1, 1, 0xcc, 0, 4, 10, 0, 0, 3]),
                (PORT_ID, b"GigabitEthernet1/0/12"),
                (CAPABILITIES, &[0, 0, 0, 0x28]),
                (VERSION, b"Cisco IOS Software\nCompiled"),
                (PLATFORM, b"cisco WS-C2960X-24PS-L"),
                (NATIVE_VLAN, &[0, 20]),
                (DUPLEX, &[1]),
                (SYSTEM_NAME, b"sw-og-2"),
                (0x1234, b"unknown"),
            ]),
            "eth0",
        )
        .unwrap();
        let found = heard.neighbour;
        assert_eq!(heard.ttl_seconds, 180);
        assert_eq!(found.chassis_id.as_deref(), Some("sw-og-2.firma.example"));
        assert_eq!(found.port_id.as_deref(), Some("GigabitEthernet1/0/12"));
        assert_eq!(found.capabilities, ["switch", "igmp"]);
        assert_eq!(found.system_description.as_deref(), Some("Cisco IOS Software Compiled"));
        assert_eq!(found.model.as_deref(), Some("cisco WS-C2960X-24PS-L"));
        assert_eq!((found.vlan_id, found.is_full_duplex), (Some(20), Some(true)));
        assert_eq!(found.system_name.as_deref(), Some("sw-og-2"));
        assert_eq!(found.management_addresses, ["10.0.0.3".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn addresses_of_both_families_are_read_and_others_passed_over() {
        let v6 = "2001:db8::7".parse::<std::net::Ipv6Addr>().unwrap().octets();
        let bytes = [
            &[0, 0, 0, 3][..],
            &[1, 1, 0x81, 0, 3, 9, 9, 9],
            &[2, 8, 0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd, 0, 16],
            &v6,
            &[1, 1, 0xcc, 0, 4, 10, 0, 0, 3],
        ]
        .concat();
        let expected: [IpAddr; 2] = ["2001:db8::7".parse().unwrap(), [10, 0, 0, 3].into()];
        assert_eq!(addresses(&bytes), expected);
        assert_eq!(addresses(&[0xff, 0xff, 0xff, 0xff, 1]), Vec::<IpAddr>::new());
    }

    #[test]
    fn who_does_not_say_who_it_is_or_speaks_something_else_is_none() {
        assert_eq!(read(&packet(&[(PORT_ID, b"1")]), "eth0"), None);
        let mut other = packet(&[(DEVICE_ID, b"x")]);
        assert!(read(&other, "eth0").is_some());
        other[0] = 9;
        assert_eq!(read(&other, "eth0"), None);
        for length in 0..4 {
            assert_eq!(read(&packet(&[])[..length], "eth0"), None);
        }
    }

    #[test]
    fn a_length_below_its_own_head_ends_the_reading() {
        let mut bytes = packet(&[(DEVICE_ID, b"x")]);
        bytes.extend([0, 3, 0, 3, 0, 6, 0, 5, b'y']);
        assert_eq!(read(&bytes, "eth0").unwrap().neighbour.model, None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1600)) {
            let _ = read(&bytes, "eth0");
        }

        #[test]
        fn hostile_fields_stay_bounded(
            fields in proptest::collection::vec(
                (0_u16..0x20, proptest::collection::vec(any::<u8>(), 0..300)), 0..12),
        ) {
            let fields: Vec<(u16, &[u8])> =
                fields.iter().map(|(kind, value)| (*kind, value.as_slice())).collect();
            if let Some(heard) = read(&packet(&fields), "eth0") {
                prop_assert!(serde_json::to_vec(&heard.neighbour).unwrap().len() < 64 * 1024);
            }
        }
    }
}
