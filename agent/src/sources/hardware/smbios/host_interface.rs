//! The way from the system to its management controller (DSP0134 §7.43; DSP0270 §8, the Redfish host
//! interface).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use observation::latest::{ManagementInterface, ManagementProtocol};
use uuid::Uuid;

use super::parts::pci_place;
use super::table::Structure;
use crate::sources::attribute::printable;

/// A shorter structure is of a version before 3.2 and does not say how long its parts are.
const BYTES_MIN: usize = 0x0b;
/// The kind of interface that is a network device.
const NETWORK: u8 = 0x40;
/// Where what is special to the kind begins; the byte before counts its bytes.
const SPECIAL_AT: usize = 0x06;
/// Redfish over IP.
const REDFISH: u8 = 4;

/// A management controller host interface.
pub(super) fn read(structure: &Structure<'_>) -> ManagementInterface {
    let kind = structure.byte(0x04);
    let mut found = ManagementInterface { kind_number: kind, ..ManagementInterface::default() };
    let special = structure.byte(0x05).map(usize::from).filter(|_| is_long(structure));
    let Some(length) = special else { return found };
    let Some(special) = structure.bytes(SPECIAL_AT, length) else { return found };
    if kind == Some(NETWORK) {
        device(special, &mut found);
    }
    found.protocols = protocols(structure, SPECIAL_AT + length);
    found
}

fn is_long(structure: &Structure<'_>) -> bool {
    structure.byte(BYTES_MIN - 1).is_some()
}

/// The network device (DSP0270 §8.3).
fn device(special: &[u8], found: &mut ManagementInterface) {
    let Some((kind, rest)) = special.split_first() else { return };
    found.device_number = Some(*kind);
    match kind {
        // USB and PCI of the first version.
        2 => (found.vendor_id, found.device_id) = (word(rest, 0), word(rest, 2)),
        3 => card(rest, found),
        // Of the second version, whose first byte counts the others.
        4 => {
            (found.vendor_id, found.device_id) = (word(rest, 1), word(rest, 3));
            found.mac = mac(rest, 6);
        }
        5 => {
            card(rest.get(1..).unwrap_or_default(), found);
            found.mac = mac(rest, 9);
            let function = rest.get(18).copied();
            found.address = word(rest, 15)
                .zip(rest.get(17).copied().zip(function))
                .and_then(|(segment, (bus, function))| pci_place(segment, bus, function));
        }
        _ => {}
    }
}

fn card(numbers: &[u8], found: &mut ManagementInterface) {
    (found.vendor_id, found.device_id) = (word(numbers, 0), word(numbers, 2));
    (found.subsystem_vendor_id, found.subsystem_device_id) = (word(numbers, 4), word(numbers, 6));
}

/// The protocols: their count, then each with its number, its length and as many bytes.
fn protocols(structure: &Structure<'_>, at: usize) -> Vec<ManagementProtocol> {
    let mut found = Vec::new();
    let mut at = at + 1;
    for _ in 0..structure.byte(at - 1).unwrap_or_default() {
        let Some((number, length)) = structure.byte(at).zip(structure.byte(at + 1)) else { break };
        let Some(data) = structure.bytes(at + 2, usize::from(length)) else { break };
        found.push(protocol(number, data));
        at += 2 + usize::from(length);
    }
    found
}

/// One protocol; of Redfish what DSP0270 §8.4.1 puts there.
fn protocol(number: u8, data: &[u8]) -> ManagementProtocol {
    let mut found = ManagementProtocol { protocol_number: number, ..ManagementProtocol::default() };
    // The fields of a fixed length take 91 bytes.
    let Some(name_bytes) = data.get(90).copied().filter(|_| number == REDFISH) else {
        return found;
    };
    found.service_uuid = uuid(data);
    found.host_assignment_number = stated(data, 16);
    if has_address(found.host_assignment_number) {
        found.host_address = address(data, 17, 18);
        found.host_prefix_length = prefix(address(data, 17, 34));
    }
    found.service_discovery_number = stated(data, 50);
    if has_address(found.service_discovery_number) {
        found.service_address = address(data, 51, 52);
        found.service_prefix_length = prefix(address(data, 51, 68));
        found.service_port = word(data, 84).filter(|it| *it != 0);
        found.service_vlan_id =
            word(data, 86).zip(word(data, 88)).and_then(|(low, high)| vlan(low, high));
    }
    let name = data.get(91..91 + usize::from(name_bytes)).unwrap_or_default();
    let name = name.split(|it| *it == 0).next().unwrap_or_default();
    let name = printable(&String::from_utf8_lossy(name));
    found.service_host_name = (!name.is_empty()).then_some(name);
    found
}

/// 0 is "unknown".
fn stated(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied().filter(|it| *it != 0)
}

/// An address stands there only where it is fixed or the devices make it up (DSP0270 table 8).
const fn has_address(assignment: Option<u8>) -> bool {
    matches!(assignment, Some(1 | 3))
}

/// Always in the mixed order of bytes: it is younger than version 2.6.
fn uuid(data: &[u8]) -> Option<Uuid> {
    let bytes: [u8; 16] = *data.first_chunk()?;
    (bytes != [0x00; 16] && bytes != [0xff; 16]).then(|| Uuid::from_bytes_le(bytes))
}

/// 1 is IPv4, which takes the first four of sixteen bytes, and 2 IPv6.
fn address(data: &[u8], format_at: usize, at: usize) -> Option<IpAddr> {
    let bytes = data.get(at..at.checked_add(16)?)?;
    match data.get(format_at)? {
        1 => Some(Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()),
        2 => Some(Ipv6Addr::from(*bytes.first_chunk::<16>()?).into()),
        _ => None,
    }
}

/// The number of ones at the beginning of a mask; none where others follow.
fn prefix(mask: Option<IpAddr>) -> Option<u8> {
    let (ones, count) = match mask? {
        IpAddr::V4(it) => (it.to_bits().leading_ones(), it.to_bits().count_ones()),
        IpAddr::V6(it) => (it.to_bits().leading_ones(), it.to_bits().count_ones()),
    };
    u8::try_from(ones).ok().filter(|_| ones == count)
}

fn vlan(low: u16, high: u16) -> Option<u32> {
    Some(u32::from(low) | u32::from(high) << 16).filter(|it| *it != 0)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at.checked_add(1)?)?]))
}

fn mac(bytes: &[u8], at: usize) -> Option<String> {
    let bytes: &[u8; 6] = bytes.get(at..)?.first_chunk()?;
    if *bytes == [0; 6] {
        return None;
    }
    Some(bytes.map(|it| format!("{it:02x}")).join(":"))
}

#[cfg(test)]
mod tests {
    use observation::latest::Fact;
    use proptest::prelude::*;

    use crate::sources::hardware::smbios::read as read_table;

    use super::*;

    /// A table with one structure of type 42; constructed from DSP0134 3.7.0 §7.43 and DSP0270 1.3.0 §8.
    fn check(fields: &[u8]) -> ManagementInterface {
        let mut table = vec![42, u8::try_from(fields.len() + 4).unwrap(), 0, 0];
        table.extend(fields);
        table.extend([0, 0, 127, 4, 0, 0, 0, 0]);
        let found = read_table(&table, None);
        let mut interfaces = found.facts.into_iter().map(|it| {
            let Fact::ManagementInterface(it) = it else { panic!("{it:?}") };
            it
        });
        interfaces.next().unwrap()
    }

    fn redfish(format: u8, name: &[u8], name_bytes: u8) -> Vec<u8> {
        let mut data = vec![0; 91];
        data[..16].fill(0x11);
        (data[16], data[17]) = (1, format);
        data[18..34].copy_from_slice(&[192, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
        data[34..38].copy_from_slice(&[255, 255, 255, 252]);
        (data[50], data[51]) = (1, format);
        data[52..56].copy_from_slice(&[192, 0, 2, 1]);
        data[68..72].copy_from_slice(&[255, 0, 255, 0]);
        data[84..90].copy_from_slice(&[0xbb, 0x01, 0, 0, 0, 0]);
        data[90] = name_bytes;
        data.extend(name);
        let mut record = vec![4, u8::try_from(data.len()).unwrap()];
        record.extend(data);
        record
    }

    fn protocol_of(record: &[u8]) -> ManagementProtocol {
        let mut fields = vec![0x40, 1, 0x80, 1];
        fields.extend(record);
        check(&fields).protocols.remove(0)
    }

    #[test]
    fn a_redfish_service_states_addresses_port_and_name() {
        let found = protocol_of(&redfish(1, b"bmc.example\0", 12));
        let expected = ManagementProtocol {
            protocol_number: 4,
            service_uuid: Some(Uuid::from_bytes([0x11; 16])),
            host_assignment_number: Some(1),
            host_address: Some("192.0.2.2".parse().unwrap()),
            host_prefix_length: Some(30),
            service_discovery_number: Some(1),
            service_address: Some("192.0.2.1".parse().unwrap()),
            // A mask with holes has no length.
            service_prefix_length: None,
            service_port: Some(443),
            service_vlan_id: None,
            service_host_name: Some("bmc.example".to_owned()),
        };
        assert_eq!(found, expected);
        let six = protocol_of(&redfish(2, b"", 0));
        assert_eq!(six.host_address, Some("c000:202::9".parse().unwrap()));
        assert_eq!(six.service_host_name, None);
        assert_eq!(protocol_of(&redfish(9, b"", 0)).host_address, None);
    }

    #[test]
    fn a_name_that_is_longer_than_its_record_is_no_name() {
        assert_eq!(protocol_of(&redfish(1, b"short", 200)).service_host_name, None);
    }

    #[test]
    fn an_address_that_dhcp_gives_is_not_read_from_the_table() {
        let mut record = redfish(1, b"", 0);
        record[2 + 16] = 2;
        record[2 + 50] = 2;
        let found = protocol_of(&record);
        assert_eq!(found.host_assignment_number, Some(2));
        assert_eq!(
            (found.host_address, found.service_address, found.service_port),
            (None, None, None)
        );
    }

    #[test]
    fn a_device_is_read_by_its_kind() {
        let usb = check(&[0x40, 13, 4, 13, 0x6b, 0x04, 0xb0, 0xff, 0, 2, 0, 0, 0, 0, 1, 0]);
        assert_eq!((usb.vendor_id, usb.device_id), (Some(0x046b), Some(0xffb0)));
        assert_eq!(usb.mac.as_deref(), Some("02:00:00:00:00:01"));
        let old = check(&[0x40, 6, 2, 0x6b, 0x04, 0xb0, 0xff, 0, 0]);
        assert_eq!((old.vendor_id, old.device_id, old.mac), (Some(0x046b), Some(0xffb0), None));
        let pci = [0x40, 20, 5, 20, 2, 1, 4, 3, 6, 5, 8, 7, 2, 0, 0, 0, 0, 7, 0, 0, 0x17, 0x0c, 0];
        let pci = check(&pci);
        assert_eq!((pci.vendor_id, pci.subsystem_device_id), (Some(0x0102), Some(0x0708)));
        assert_eq!(pci.address.as_deref(), Some("0000:17:01.4"));
    }

    #[test]
    fn other_kinds_and_short_structures_say_only_their_kind() {
        let kcs = check(&[2, 4, 0, 0, 0, 0, 1, 2, 0]);
        assert_eq!((kcs.kind_number, kcs.device_number), (Some(2), None));
        assert_eq!(kcs.protocols[0].protocol_number, 2);
        let short = check(&[0x40, 0, 0]);
        let only =
            ManagementInterface { kind_number: Some(0x40), ..ManagementInterface::default() };
        assert_eq!(short, only);
        // What counts more bytes than there are is not followed.
        assert_eq!(check(&[0x40, 200, 2, 1, 1, 1, 1, 1]), only);
    }

    proptest! {
        #[test]
        fn any_fields_are_read_without_panic(fields in proptest::collection::vec(any::<u8>(), 0..250)) {
            let found = check(&fields);
            prop_assert!(found.protocols.len() <= fields.len() / 2);
        }

        #[test]
        fn a_changed_service_is_read_without_panic(at in 0_usize..100, byte: u8) {
            let mut record = redfish(1, b"name", 4);
            if let Some(it) = record.get_mut(at) {
                *it = byte;
            }
            let mut fields = vec![0x40, 1, 0x80, 1];
            fields.extend(record);
            let _ = check(&fields);
        }
    }
}
