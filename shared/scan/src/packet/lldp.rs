//! What a neighbour says of itself on a cable: LLDP (IEEE 802.1AB-2016), with the additions of
//! IEEE 802.1Q (VLAN), IEEE 802.3 (MAU) and LLDP-MED (ANSI/TIA-1057).

use std::net::IpAddr;

use observation::latest::{LinkNeighbour, LinkProtocol};

use super::link_neighbour::{Heard, address_of, hardware, label, push_once, words};
use super::reader::Reader;

const END: u8 = 0;
const CHASSIS_ID: u8 = 1;
const PORT_ID: u8 = 2;
const TIME_TO_LIVE: u8 = 3;
const PORT_DESCRIPTION: u8 = 4;
const SYSTEM_NAME: u8 = 5;
const SYSTEM_DESCRIPTION: u8 = 6;
const SYSTEM_CAPABILITIES: u8 = 7;
const MANAGEMENT_ADDRESS: u8 = 8;
const ORGANISATION: u8 = 127;

const IEEE_802_1: [u8; 3] = [0x00, 0x80, 0xc2];
const IEEE_802_3: [u8; 3] = [0x00, 0x12, 0x0f];
const TIA: [u8; 3] = [0x00, 0x12, 0xbb];

/// Most fields of one frame; real ones have some twenty.
const FIELDS_MAX: usize = 200;

/// The bits of clause 8.5.8.1, table 8-4, lowest first.
const CAPABILITIES: [&str; 11] = [
    "other",
    "repeater",
    "bridge",
    "wlan_access_point",
    "router",
    "telephone",
    "docsis_cable_device",
    "station_only",
    "c_vlan_component",
    "s_vlan_component",
    "two_port_mac_relay",
];

/// What stands behind the Ethernet header. None where the three fields that every neighbour must say
/// first are not there.
#[must_use]
pub fn read(data: &[u8], interface: &str) -> Option<Heard> {
    let mut fields = Fields(Reader::new(data)).take(FIELDS_MAX);
    let (CHASSIS_ID, chassis) = fields.next()? else { return None };
    let (PORT_ID, port) = fields.next()? else { return None };
    let (TIME_TO_LIVE, time) = fields.next()? else { return None };
    let mut neighbour = LinkNeighbour {
        chassis_id: chassis_id(chassis),
        port_id: port_id(port),
        ..LinkNeighbour::empty(LinkProtocol::Lldp, interface)
    };
    let ttl_seconds = Reader::new(time).be16()?;
    for (kind, value) in fields {
        match kind {
            PORT_DESCRIPTION => neighbour.port_description = label(value),
            SYSTEM_NAME => neighbour.system_name = label(value),
            SYSTEM_DESCRIPTION => neighbour.system_description = label(value),
            SYSTEM_CAPABILITIES => neighbour.capabilities = enabled(value).unwrap_or_default(),
            MANAGEMENT_ADDRESS => {
                push_once(&mut neighbour.management_addresses, management_address(value));
            }
            ORGANISATION => organisation(value, &mut neighbour),
            _ => {}
        }
    }
    neighbour.management_addresses.sort_unstable();
    Some(Heard { neighbour, ttl_seconds })
}

/// Seven bits of kind, nine of length, then the value.
struct Fields<'a>(Reader<'a>);

impl<'a> Iterator for Fields<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let head = self.0.be16()?;
        let kind = u8::try_from(head >> 9).ok()?;
        let value = self.0.take(usize::from(head & 0x1ff))?;
        (kind != END).then_some((kind, value))
    }
}

/// Clause 8.5.2.2: 4 is a hardware address, 5 a network address, the others are text.
fn chassis_id(value: &[u8]) -> Option<String> {
    let (kind, id) = value.split_first()?;
    identifier(*kind == 4, *kind == 5, id)
}

/// Clause 8.5.3.2: 3 is a hardware address, 4 a network address, the others are text.
fn port_id(value: &[u8]) -> Option<String> {
    let (kind, id) = value.split_first()?;
    identifier(*kind == 3, *kind == 4, id)
}

fn identifier(is_hardware: bool, is_address: bool, id: &[u8]) -> Option<String> {
    if is_hardware {
        return hardware(id);
    }
    if is_address {
        let (family, bytes) = id.split_first()?;
        return address(*family, bytes).map(|it| it.to_string());
    }
    label(id)
}

/// The family is IANA's number: 1 for IPv4, 2 for IPv6.
fn address(family: u8, bytes: &[u8]) -> Option<IpAddr> {
    match (family, bytes.len()) {
        (1, 4) | (2, 16) => address_of(bytes),
        _ => None,
    }
}

/// Clause 8.5.9: a length that counts the family too, family, address, and what interface it is.
fn management_address(value: &[u8]) -> Option<IpAddr> {
    let mut reader = Reader::new(value);
    let length = usize::from(reader.u8()?).checked_sub(1)?;
    let family = reader.u8()?;
    address(family, reader.take(length)?)
}

/// What it can do, and then what of it is switched on.
fn enabled(value: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::new(value);
    reader.be16()?;
    Some(words(u32::from(reader.be16()?), &CAPABILITIES))
}

fn organisation(value: &[u8], neighbour: &mut LinkNeighbour) {
    let mut reader = Reader::new(value);
    let Some((owner, kind)) = reader.array::<3>().zip(reader.u8()) else { return };
    let rest = reader.rest();
    match (owner, kind) {
        // IEEE 802.1Q-2018, D.2.1: 0 stands for none.
        (IEEE_802_1, 1) => neighbour.vlan_id = reader.be16().filter(|it| *it != 0),
        // IEEE 802.3-2018, 79.3.1: what is negotiated in three bytes, then the type of RFC 4836.
        (IEEE_802_3, 1) => {
            neighbour.mau_type = reader.skip(3).and_then(|()| reader.be16()).filter(|it| *it != 0);
        }
        (TIA, 5) => neighbour.hardware_revision = label(rest),
        (TIA, 6) => neighbour.firmware = label(rest),
        (TIA, 7) => neighbour.software = label(rest),
        (TIA, 8) => neighbour.serial = label(rest),
        (TIA, 9) => neighbour.manufacturer = label(rest),
        (TIA, 10) => neighbour.model = label(rest),
        (TIA, 11) => neighbour.asset_id = label(rest),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(kind: u8, value: &[u8]) -> Vec<u8> {
        let head = u16::from(kind) << 9 | u16::try_from(value.len()).unwrap();
        [head.to_be_bytes().as_slice(), value].concat()
    }

    fn frame(more: &[(u8, &[u8])]) -> Vec<u8> {
        let first: [(u8, &[u8]); 3] = [
            (CHASSIS_ID, &[4, 0, 0x1b, 0x21, 0xaa, 0xbb, 0xcc]),
            (PORT_ID, b"\x05Gi1/0/7"),
            (TIME_TO_LIVE, &[0, 120]),
        ];
        first.iter().chain(more).flat_map(|(kind, value)| field(*kind, value)).collect()
    }

    fn neighbour(more: &[(u8, &[u8])]) -> LinkNeighbour {
        read(&frame(more), "eth0").unwrap().neighbour
    }

    // Constructed from IEEE 802.1AB-2016, clause 8.5.
    #[test]
    fn a_neighbour_says_who_it_is() {
        let heard = read(&frame(&[]), "eth0").unwrap();
        assert_eq!(heard.ttl_seconds, 120);
        assert_eq!(heard.neighbour.chassis_id.as_deref(), Some("00:1b:21:aa:bb:cc"));
        assert_eq!(heard.neighbour.port_id.as_deref(), Some("Gi1/0/7"));
        assert_eq!(heard.neighbour.interface, "eth0");
    }

    #[test]
    fn identifiers_are_addresses_or_text() {
        let chassis = |value: &[u8]| chassis_id(value);
        assert_eq!(chassis(b"\x07switch-1").as_deref(), Some("switch-1"));
        assert_eq!(chassis(&[5, 1, 10, 0, 0, 1]).as_deref(), Some("10.0.0.1"));
        assert_eq!(chassis(&[5, 2, 10, 0, 0, 1]), None);
        assert_eq!(chassis(&[4, 1, 2]), None);
        assert_eq!(chassis(&[4]), None);
        assert_eq!(chassis(&[]), None);
        assert_eq!(port_id(&[3, 0, 1, 2, 3, 4, 5]).as_deref(), Some("00:01:02:03:04:05"));
        assert_eq!(port_id(b"\x07 7 \x1b[2J").as_deref(), Some("7 \\u{1b}[2J"));
    }

    #[test]
    fn what_is_said_beside_is_read() {
        let found = neighbour(&[
            (PORT_DESCRIPTION, b"to the server room"),
            (SYSTEM_NAME, b"sw-eg-1"),
            (SYSTEM_DESCRIPTION, b"ProCurve\r\nRevision 7"),
            (SYSTEM_CAPABILITIES, &[0, 0x14, 0, 0x04]),
            (MANAGEMENT_ADDRESS, &[5, 1, 10, 0, 0, 2, 2, 0, 0, 0, 1, 0]),
            (MANAGEMENT_ADDRESS, &[5, 1, 10, 0, 0, 2, 2, 0, 0, 0, 1, 0]),
            (MANAGEMENT_ADDRESS, &[5, 9, 1, 2, 3, 4, 2, 0, 0, 0, 1, 0]),
            (ORGANISATION, &[0, 0x80, 0xc2, 1, 0, 20]),
            (ORGANISATION, &[0, 0x12, 0x0f, 1, 3, 0, 0, 0, 30]),
            (99, b"from the future"),
        ]);
        assert_eq!(found.port_description.as_deref(), Some("to the server room"));
        assert_eq!(found.system_name.as_deref(), Some("sw-eg-1"));
        assert_eq!(found.system_description.as_deref(), Some("ProCurve  Revision 7"));
        assert_eq!(found.capabilities, ["bridge"]);
        assert_eq!(found.management_addresses, ["10.0.0.2".parse::<IpAddr>().unwrap()]);
        assert_eq!((found.vlan_id, found.mau_type), (Some(20), Some(30)));
    }

    #[test]
    fn a_telephone_says_its_model_and_serial_number() {
        let text = |kind: u8, text: &str| [&[0, 0x12, 0xbb, kind], text.as_bytes()].concat();
        let parts: Vec<Vec<u8>> = [
            (5, "hw2"),
            (6, "fw3"),
            (7, "sw4"),
            (8, "SN5"),
            (9, "Maker"),
            (10, "T46"),
            (11, "A-7"),
        ]
        .iter()
        .map(|(kind, it)| text(*kind, it))
        .collect();
        let fields: Vec<(u8, &[u8])> =
            parts.iter().map(|it| (ORGANISATION, it.as_slice())).collect();
        let found = neighbour(&fields);
        assert_eq!(found.hardware_revision.as_deref(), Some("hw2"));
        assert_eq!(found.firmware.as_deref(), Some("fw3"));
        assert_eq!(found.software.as_deref(), Some("sw4"));
        assert_eq!(found.serial.as_deref(), Some("SN5"));
        assert_eq!(found.manufacturer.as_deref(), Some("Maker"));
        assert_eq!(found.model.as_deref(), Some("T46"));
        assert_eq!(found.asset_id.as_deref(), Some("A-7"));
    }

    #[test]
    fn without_the_three_first_fields_it_is_no_neighbour() {
        let good = frame(&[]);
        for length in 0..good.len() {
            assert_eq!(read(&good[..length], "eth0"), None, "{length}");
        }
        let swapped = [field(PORT_ID, b"\x05a"), field(CHASSIS_ID, b"\x07b"), field(3, &[0, 1])];
        assert_eq!(read(&swapped.concat(), "eth0"), None);
    }

    #[test]
    fn a_field_that_is_cut_off_ends_the_reading_and_keeps_what_came_before() {
        let mut bytes = frame(&[(SYSTEM_NAME, b"sw")]);
        bytes.extend([0x0c, 0xff, b'x']);
        let found = read(&bytes, "eth0").unwrap().neighbour;
        assert_eq!(found.system_name.as_deref(), Some("sw"));
        assert_eq!(found.system_description, None);
    }

    #[test]
    fn what_stands_behind_the_end_is_padding() {
        let mut bytes = frame(&[]);
        bytes.extend([0, 0]);
        bytes.extend(field(SYSTEM_NAME, b"no"));
        assert_eq!(read(&bytes, "eth0").unwrap().neighbour.system_name, None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1600)) {
            let _ = read(&bytes, "eth0");
        }

        #[test]
        fn hostile_fields_stay_bounded(
            fields in proptest::collection::vec(
                (1_u8..128, proptest::collection::vec(any::<u8>(), 0..511)), 0..12),
        ) {
            let fields: Vec<(u8, &[u8])> =
                fields.iter().map(|(kind, value)| (*kind, value.as_slice())).collect();
            let found = neighbour(&fields);
            prop_assert!(serde_json::to_vec(&found).unwrap().len() < 64 * 1024);
        }
    }
}
