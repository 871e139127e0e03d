//! Frames in which the device at the other end of a cable says who it is.

use std::net::IpAddr;

use observation::latest::LinkNeighbour;
use serde::{Deserialize, Serialize};

use super::reader::Reader;
use super::text::clean;
use super::{cdp, lldp};

/// EtherType of LLDP (IEEE 802.1AB).
pub const LLDP_TYPE: u16 = 0x88cc;
/// The groups that LLDP is sent to (IEEE 802.1AB-2016, table 7-1).
pub const LLDP_GROUPS: [[u8; 6]; 3] = [
    [0x01, 0x80, 0xc2, 0, 0, 0x0e],
    [0x01, 0x80, 0xc2, 0, 0, 0x03],
    [0x01, 0x80, 0xc2, 0, 0, 0x00],
];
/// The group that CDP is sent to.
pub const CDP_GROUP: [u8; 6] = [0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc];
/// LLC for SNAP, Cisco's number, and the number of CDP among Cisco's protocols.
const CDP_SNAP: [u8; 8] = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00];
/// Most addresses of one neighbour that are kept.
const ADDRESSES_MAX: usize = 16;

/// What was heard, and for how long it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The neighbour.
    pub neighbour: LinkNeighbour,
    /// Seconds after which it is to be forgotten; 0: it says goodbye.
    pub ttl_seconds: u16,
}

/// A frame from its Ethernet header on; none where it is neither LLDP nor CDP.
#[must_use]
pub fn read(frame: &[u8], interface: &str) -> Option<Heard> {
    let mut reader = Reader::new(frame);
    let to = reader.array::<6>()?;
    reader.skip(6)?;
    let kind = reader.be16()?;
    if kind == LLDP_TYPE {
        return lldp::read(reader.rest(), interface);
    }
    let is_cdp = to == CDP_GROUP && reader.array::<8>()? == CDP_SNAP;
    if is_cdp { cdp::read(reader.rest(), interface) } else { None }
}

/// Text, if there is any.
pub(super) fn label(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().rposition(|it| *it != 0).map_or(0, |it| it + 1);
    let text = clean(bytes.get(..end)?).text;
    (!text.is_empty()).then_some(text)
}

/// `aa:bb:cc:dd:ee:ff`.
pub(super) fn hardware(bytes: &[u8]) -> Option<String> {
    let octets: &[u8; 6] = bytes.try_into().ok()?;
    Some(octets.map(|it| format!("{it:02x}")).join(":"))
}

/// Four or sixteen bytes.
pub(super) fn address_of(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    let found = v4.or_else(|| <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from))?;
    (!found.is_unspecified()).then_some(found)
}

pub(super) fn push_once(list: &mut Vec<IpAddr>, address: Option<IpAddr>) {
    if let Some(address) = address.filter(|it| !list.contains(it))
        && list.len() < ADDRESSES_MAX
    {
        list.push(address);
    }
}

/// The words of the bits that are set, lowest first.
pub(super) fn words(bits: u32, words: &[&str]) -> Vec<String> {
    let set = words.iter().enumerate().filter(|(number, _)| bits >> number & 1 == 1);
    set.map(|(_, word)| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use observation::latest::LinkProtocol;
    use proptest::prelude::*;

    use super::*;

    fn frame(to: [u8; 6], kind: [u8; 2], rest: &[u8]) -> Vec<u8> {
        [&to[..], &[2, 0, 0, 0, 0, 1], &kind, rest].concat()
    }

    const LLDP: &[u8] = &[2, 2, 7, b'a', 4, 2, 7, b'b', 6, 2, 0, 120, 0, 0];
    const CDP: &[u8] = &[2, 180, 0, 0, 0, 1, 0, 5, b'c'];

    // Real: lldpd 1.0.16 of Debian 12 on a veth pair between two network namespaces, with `-l -ccc -M 1 -S`.
    const REAL_LLDP: &str = "\
        0180c200000ef276f2ed562f88cc020704f276f2ed562f040703f276f2ed562f060200040a067377\
        2d6c61620c1954657374207377697463682c206c6c64706420312e302e31360e04009c0010100c05\
        010a4d000202000000020010181102fe80000000000000f076f2fffeed562f020000000200080676\
        6574682d62fe0900120f030100000000fe0900120f010080000036fe070012bb01003f01fe130012\
        bb07362e31382e34342d66632d763738320000";
    /// What it says when it is told to end.
    const REAL_GOODBYE: &str = "\
        0180c200000ef276f2ed562f88cc020704f276f2ed562f040703f276f2ed562f060200000000";
    const REAL_CDP: &str = "\
        01000cccccccf276f2ed562f005faaaa0300000c2000020496200001000a73772d6c616200020011\
        000000010101cc00040a4d00020003000a766574682d6200040008000000110005001d5465737420\
        7377697463682c206c6c64706420312e302e3136000600094c696e7578";

    fn real(frame: &str) -> Heard {
        let bytes = data_encoding::HEXLOWER.decode(frame.as_bytes()).unwrap();
        read(&bytes, "eth0").unwrap()
    }

    #[test]
    fn a_real_daemon_is_understood_in_lldp() {
        let Heard { neighbour: it, ttl_seconds } = real(REAL_LLDP);
        assert_eq!((it.protocol, ttl_seconds), (LinkProtocol::Lldp, 4));
        assert_eq!(it.chassis_id.as_deref(), Some("f2:76:f2:ed:56:2f"));
        assert_eq!(it.port_id.as_deref(), Some("f2:76:f2:ed:56:2f"));
        assert_eq!(it.port_description.as_deref(), Some("veth-b"));
        assert_eq!(it.system_name.as_deref(), Some("sw-lab"));
        assert_eq!(it.system_description.as_deref(), Some("Test switch, lldpd 1.0.16"));
        assert_eq!(it.capabilities, ["router"]);
        let addresses: Vec<String> =
            it.management_addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["10.77.0.2", "fe80::f076:f2ff:feed:562f"]);
        assert_eq!(it.mau_type, Some(54));
        assert_eq!(it.software.as_deref(), Some("6.18.44-fc-v782"));
    }

    #[test]
    fn a_real_daemon_says_goodbye() {
        assert_eq!(real(REAL_GOODBYE).ttl_seconds, 0);
    }

    #[test]
    fn a_real_daemon_is_understood_in_cdp() {
        let Heard { neighbour: it, ttl_seconds } = real(REAL_CDP);
        assert_eq!((it.protocol, ttl_seconds), (LinkProtocol::Cdp, 4));
        assert_eq!(it.chassis_id.as_deref(), Some("sw-lab"));
        assert_eq!(it.port_id.as_deref(), Some("veth-b"));
        assert_eq!(it.model.as_deref(), Some("Linux"));
        assert_eq!(it.system_description.as_deref(), Some("Test switch, lldpd 1.0.16"));
        assert_eq!(it.management_addresses, [IpAddr::from([10, 77, 0, 2])]);
    }

    #[test]
    fn both_protocols_are_told_apart_and_nothing_else_is_taken() {
        let protocol = |frame: &[u8]| read(frame, "eth0").map(|it| it.neighbour.protocol);
        let lldp = frame(LLDP_GROUPS[0], [0x88, 0xcc], LLDP);
        assert_eq!(protocol(&lldp), Some(LinkProtocol::Lldp));
        let cdp = frame(CDP_GROUP, [0, 17], &[&CDP_SNAP[..], CDP].concat());
        assert_eq!(protocol(&cdp), Some(LinkProtocol::Cdp));
        // VTP has another number behind the same group.
        let mut vtp = cdp.clone();
        vtp[21] = 0x03;
        assert_eq!(protocol(&vtp), None);
        assert_eq!(protocol(&frame([0xff; 6], [8, 0], LLDP)), None);
        assert_eq!(protocol(&lldp[..13]), None);
    }

    #[test]
    fn labels_lose_zeros_at_the_end_and_are_none_if_nothing_is_left() {
        assert_eq!(label(b"sw\0\0").as_deref(), Some("sw"));
        assert_eq!(label(b"\0\0"), None);
        assert_eq!(label(b" "), None);
    }

    proptest! {
        #[test]
        fn hostile_frames_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1600)) {
            let _ = read(&bytes, "eth0");
            let _ = read(&frame(LLDP_GROUPS[1], [0x88, 0xcc], &bytes), "eth0");
            let _ = read(&frame(CDP_GROUP, [0, 17], &[&CDP_SNAP[..], &bytes].concat()), "eth0");
        }
    }
}
