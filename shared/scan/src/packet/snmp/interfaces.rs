//! Interfaces and their addresses, from IF-MIB (RFC 2863) and IP-MIB (RFC 4293, RFC 2011).

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use observation::latest::{
    AddressOrigin, Complaint, InterfaceAddress, InterfaceKind, NetworkInterface,
};

use super::{Tree, Value, indexed_address, indexed_v4, mac};
use crate::packet::text::clean;

/// Most interfaces that are kept of one device.
const INTERFACES_MAX: usize = 2_000;
/// Most addresses that are kept of one interface.
const ADDRESSES_MAX: usize = 256;

const IF_DESCR: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 2];
const IF_TYPE: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 3];
const IF_MTU: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 4];
const IF_SPEED: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 5];
const IF_PHYS_ADDRESS: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 6];
const IF_OPER_STATUS: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1, 8];
const IF_NAME: &[u32] = &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1];
const IF_HIGH_SPEED: &[u32] = &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 15];

const IP_AD_ENT_IF_INDEX: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 20, 1, 2];
const IP_AD_ENT_NET_MASK: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 20, 1, 3];
const IP_ADDRESS_IF_INDEX: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 34, 1, 3];
const IP_ADDRESS_TYPE: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 34, 1, 4];
const IP_ADDRESS_PREFIX: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 34, 1, 5];
const IP_ADDRESS_ORIGIN: &[u32] = &[1, 3, 6, 1, 2, 1, 4, 34, 1, 6];

/// The columns of interfaces.
pub const INTERFACE_COLUMNS: &[&[u32]] =
    &[IF_DESCR, IF_TYPE, IF_MTU, IF_SPEED, IF_PHYS_ADDRESS, IF_OPER_STATUS, IF_NAME, IF_HIGH_SPEED];
/// The columns of addresses, in the older table (IPv4 alone).
pub const IPV4_ADDRESS_COLUMNS: &[&[u32]] = &[IP_AD_ENT_IF_INDEX, IP_AD_ENT_NET_MASK];
/// The columns of addresses, in the newer table.
pub const ADDRESS_COLUMNS: &[&[u32]] =
    &[IP_ADDRESS_IF_INDEX, IP_ADDRESS_TYPE, IP_ADDRESS_PREFIX, IP_ADDRESS_ORIGIN];

/// The interfaces of a device by their numbers, each with a name of its own.
#[must_use]
pub fn interfaces(tree: &Tree) -> (BTreeMap<u32, NetworkInterface>, Vec<Complaint>) {
    let mut complaints = Vec::new();
    let mut addresses = addresses(tree);
    let mut names = BTreeSet::new();
    let mut found = BTreeMap::new();
    for index in indexes(tree) {
        if found.len() == INTERFACES_MAX {
            complaints.push(complaint("more interfaces than are kept"));
            break;
        }
        let mut name = name(tree, index, &mut complaints);
        // Some devices give all ports of a kind the same description.
        if name.is_empty() || !names.insert(name.clone()) {
            name = format!("{name} #{index}").trim_start().to_owned();
            names.insert(name.clone());
        }
        let interface = NetworkInterface {
            name,
            kind: kind(number(tree, IF_TYPE, index)),
            mac: tree.cell(IF_PHYS_ADDRESS, &[index]).and_then(Value::as_bytes).and_then(mac),
            permanent_mac: None,
            mtu_bytes: number(tree, IF_MTU, index).and_then(|it| u32::try_from(it).ok()),
            is_up: is_up(number(tree, IF_OPER_STATUS, index)),
            speed_mbps: speed(tree, index),
            is_removable: None,
            driver: None,
            vlan_id: None,
            parent: None,
            addresses: addresses.remove(&index).unwrap_or_default(),
        };
        found.insert(index, interface);
    }
    (found, complaints)
}

fn complaint(problem: &str) -> Complaint {
    Complaint { place: "interfaces".to_owned(), problem: problem.to_owned() }
}

fn indexes(tree: &Tree) -> BTreeSet<u32> {
    let columns = [IF_DESCR, IF_NAME, IF_TYPE];
    let rows = columns.iter().flat_map(|it| tree.column(it));
    rows.filter_map(|(index, _)| <[u32; 1]>::try_from(index).ok()).map(|[it]| it).collect()
}

/// ifName where there is one, as people know the port; else ifDescr.
fn name(tree: &Tree, index: u32, complaints: &mut Vec<Complaint>) -> String {
    for column in [IF_NAME, IF_DESCR] {
        let Some(bytes) = tree.cell(column, &[index]).and_then(Value::as_bytes) else { continue };
        let cleaned = clean(bytes);
        complaints.extend(cleaned.complaint("interfaces"));
        if !cleaned.text.is_empty() {
            return cleaned.text;
        }
    }
    String::new()
}

fn number(tree: &Tree, column: &[u32], index: u32) -> Option<u64> {
    tree.cell(column, &[index]).and_then(Value::number)
}

/// By IANAifType-MIB.
const fn kind(if_type: Option<u64>) -> InterfaceKind {
    match if_type {
        Some(6 | 62 | 69 | 117) => InterfaceKind::Ethernet,
        Some(24) => InterfaceKind::Loopback,
        Some(71) => InterfaceKind::Wireless,
        Some(209) => InterfaceKind::Bridge,
        Some(54 | 161) => InterfaceKind::Bond,
        Some(135..=137) => InterfaceKind::Vlan,
        Some(131 | 150) => InterfaceKind::Tunnel,
        Some(53) => InterfaceKind::Virtual,
        Some(_) | None => InterfaceKind::Other,
    }
}

/// ifOperStatus: testing, unknown and dormant say neither.
const fn is_up(status: Option<u64>) -> Option<bool> {
    match status {
        Some(1) => Some(true),
        Some(2 | 6 | 7) => Some(false),
        Some(_) | None => None,
    }
}

fn speed(tree: &Tree, index: u32) -> Option<u32> {
    let high = number(tree, IF_HIGH_SPEED, index).filter(|it| *it > 0);
    // The older field is at its end where the speed does not fit.
    let plain = || number(tree, IF_SPEED, index).filter(|it| *it < u64::from(u32::MAX));
    let megabits = high.or_else(|| plain().map(|it| it / 1_000_000).filter(|it| *it > 0));
    megabits.and_then(|it| u32::try_from(it).ok())
}

/// The addresses of each interface, in order. The newer table knows more of the same addresses.
fn addresses(tree: &Tree) -> BTreeMap<u32, Vec<InterfaceAddress>> {
    let mut by_address = older_addresses(tree);
    for (index, value) in tree.column(IP_ADDRESS_IF_INDEX) {
        let Some((address, [])) = indexed_address(index) else { continue };
        let Some(interface) = interface_number(value) else { continue };
        let is_unicast = tree.cell(IP_ADDRESS_TYPE, index).is_none_or(|it| it.number() == Some(1));
        if !is_unicast {
            continue;
        }
        let pointer = tree.cell(IP_ADDRESS_PREFIX, index);
        let pointed = pointer.and_then(|it| pointed_length(it, address));
        let known = || by_address.get(&address).map(|(_, it)| it.prefix_length);
        let Some(prefix_length) = pointed.or_else(known) else { continue };
        let origin = origin(address, tree.cell(IP_ADDRESS_ORIGIN, index).and_then(Value::number));
        let found = InterfaceAddress { address, prefix_length, origin };
        by_address.insert(address, (interface, found));
    }
    let mut by_interface: BTreeMap<u32, Vec<InterfaceAddress>> = BTreeMap::new();
    for (interface, address) in by_address.into_values() {
        let list = by_interface.entry(interface).or_default();
        if list.len() < ADDRESSES_MAX && !address.address.is_unspecified() {
            list.push(address);
        }
    }
    by_interface
}

fn older_addresses(tree: &Tree) -> BTreeMap<IpAddr, (u32, InterfaceAddress)> {
    let mut by_address = BTreeMap::new();
    for (index, value) in tree.column(IP_AD_ENT_IF_INDEX) {
        let Some((address, [])) = indexed_v4(index) else { continue };
        let Some(interface) = interface_number(value) else { continue };
        let Some(Value::Address(mask)) = tree.cell(IP_AD_ENT_NET_MASK, index) else { continue };
        let Some(prefix_length) = prefix_length(*mask) else { continue };
        let address = IpAddr::from(address);
        let origin = origin(address, None);
        by_address
            .insert(address, (interface, InterfaceAddress { address, prefix_length, origin }));
    }
    by_address
}

fn interface_number(value: &Value) -> Option<u32> {
    value.number().and_then(|it| u32::try_from(it).ok())
}

/// The length of a mask; none where ones follow zeros.
pub(super) fn prefix_length(mask: Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let is_mask = bits.leading_ones() + bits.trailing_zeros() >= 32;
    is_mask.then_some(bits.leading_ones()).and_then(|it| u8::try_from(it).ok())
}

/// ipAddressPrefix points at a row whose index ends with the length; 0.0 points nowhere.
fn pointed_length(value: &Value, address: IpAddr) -> Option<u8> {
    let Value::ObjectId(pointer) = value else { return None };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let last = *pointer.parts().last()?;
    let length = u8::try_from(last).ok().filter(|it| *it <= longest);
    length.filter(|_| pointer.parts().len() > 2)
}

/// ipAddressOrigin where it says something; a link-local address is one by itself.
fn origin(address: IpAddr, said: Option<u64>) -> AddressOrigin {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    match said {
        _ if is_link_local => AddressOrigin::LinkLocal,
        Some(4..=6) => AddressOrigin::Leased,
        Some(_) | None => AddressOrigin::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::tree;
    use super::*;

    /// Constructed after a small switch.
    const SWITCH: &str = "
        1.3.6.1.2.1.2.2.1.2.1 = STRING GigabitEthernet0/1
        1.3.6.1.2.1.2.2.1.2.2 = STRING GigabitEthernet0/2
        1.3.6.1.2.1.2.2.1.2.10 = STRING Vlan10
        1.3.6.1.2.1.2.2.1.3.1 = INTEGER 6
        1.3.6.1.2.1.2.2.1.3.2 = INTEGER 6
        1.3.6.1.2.1.2.2.1.3.10 = INTEGER 136
        1.3.6.1.2.1.2.2.1.4.1 = INTEGER 1500
        1.3.6.1.2.1.2.2.1.5.1 = Gauge32 1000000000
        1.3.6.1.2.1.2.2.1.5.2 = Gauge32 4294967295
        1.3.6.1.2.1.2.2.1.6.1 = HEX 001b21aabbcc
        1.3.6.1.2.1.2.2.1.6.2 = HEX 000000000000
        1.3.6.1.2.1.2.2.1.8.1 = INTEGER 1
        1.3.6.1.2.1.2.2.1.8.2 = INTEGER 7
        1.3.6.1.2.1.2.2.1.8.10 = INTEGER 4
        1.3.6.1.2.1.31.1.1.1.1.1 = STRING Gi0/1
        1.3.6.1.2.1.31.1.1.1.15.2 = Gauge32 10000
        1.3.6.1.2.1.4.20.1.2.10.0.0.1 = INTEGER 10
        1.3.6.1.2.1.4.20.1.3.10.0.0.1 = IP 255.255.255.0
        1.3.6.1.2.1.4.20.1.2.10.0.0.2 = INTEGER 10
        1.3.6.1.2.1.4.20.1.3.10.0.0.2 = IP 255.0.255.0
        1.3.6.1.2.1.4.34.1.3.1.4.10.0.0.1 = INTEGER 10
        1.3.6.1.2.1.4.34.1.4.1.4.10.0.0.1 = INTEGER 1
        1.3.6.1.2.1.4.34.1.5.1.4.10.0.0.1 = OID 0.0
        1.3.6.1.2.1.4.34.1.6.1.4.10.0.0.1 = INTEGER 4
        1.3.6.1.2.1.4.34.1.3.1.4.10.0.0.255 = INTEGER 10
        1.3.6.1.2.1.4.34.1.4.1.4.10.0.0.255 = INTEGER 3
        1.3.6.1.2.1.4.34.1.3.2.16.254.128.0.0.0.0.0.0.2.27.33.255.254.170.187.204 = INTEGER 10
        1.3.6.1.2.1.4.34.1.5.2.16.254.128.0.0.0.0.0.0.2.27.33.255.254.170.187.204 = OID .1.3.6.1.2.1.4.32.1.5.10.2.16.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.0.64
    ";

    #[test]
    fn a_switch_has_its_ports_with_speed_state_and_addresses() {
        let (found, complaints) = interfaces(&tree(SWITCH));
        assert_eq!(complaints, []);
        let (first, second, vlan) = (&found[&1], &found[&2], &found[&10]);
        assert_eq!((first.name.as_str(), first.kind), ("Gi0/1", InterfaceKind::Ethernet));
        assert_eq!(first.mac.as_deref(), Some("00:1b:21:aa:bb:cc"));
        assert_eq!((first.speed_mbps, first.mtu_bytes), (Some(1000), Some(1500)));
        assert_eq!(first.is_up, Some(true));
        assert_eq!((second.speed_mbps, second.is_up), (Some(10_000), Some(false)));
        assert_eq!((second.name.as_str(), second.mac.as_deref()), ("GigabitEthernet0/2", None));
        assert_eq!((vlan.kind, vlan.is_up, vlan.speed_mbps), (InterfaceKind::Vlan, None, None));
        let addresses: Vec<_> = vlan
            .addresses
            .iter()
            .map(|it| (it.address.to_string(), it.prefix_length, it.origin))
            .collect();
        let link_local = "fe80::21b:21ff:feaa:bbcc".to_owned();
        assert_eq!(
            addresses,
            [
                ("10.0.0.1".to_owned(), 24, AddressOrigin::Leased),
                (link_local, 64, AddressOrigin::LinkLocal),
            ]
        );
    }

    #[test]
    fn ports_of_the_same_description_are_told_apart() {
        let (found, _) = interfaces(&tree(
            "1.3.6.1.2.1.2.2.1.2.1 = STRING Ethernet
             1.3.6.1.2.1.2.2.1.2.2 = STRING Ethernet
             1.3.6.1.2.1.2.2.1.3.3 = INTEGER 6",
        ));
        let names: Vec<_> = found.values().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Ethernet", "Ethernet #2", "#3"]);
    }

    #[test]
    fn a_name_that_commands_a_terminal_is_escaped_and_told() {
        let (found, complaints) = interfaces(&tree("1.3.6.1.2.1.31.1.1.1.1.1 = HEX 1b5b324a"));
        assert_eq!(found[&1].name, "\\u{1b}[2J");
        assert_eq!(complaints.len(), 1);
    }

    #[test]
    fn values_of_wrong_types_are_not_there() {
        let (found, _) = interfaces(&tree(
            "1.3.6.1.2.1.2.2.1.2.1 = INTEGER 5
             1.3.6.1.2.1.2.2.1.3.1 = STRING six
             1.3.6.1.2.1.2.2.1.4.1 = INTEGER -1
             1.3.6.1.2.1.2.2.1.6.1 = OID 1.3.6
             1.3.6.1.2.1.2.2.1.2.1.1 = STRING deeper
             1.3.6.1.2.1.4.20.1.2.1.2.3 = INTEGER 1
             1.3.6.1.2.1.4.34.1.3.1.4.1.2.3.999 = INTEGER 1",
        ));
        let interface = &found[&1];
        assert_eq!(interface.name, "#1");
        assert_eq!((interface.mtu_bytes, &interface.mac), (None, &None));
        assert!(interface.addresses.is_empty());
    }

    #[test]
    fn a_mask_is_ones_and_then_zeros() {
        let length = |text: &str| prefix_length(text.parse().unwrap());
        assert_eq!(length("255.255.255.128"), Some(25));
        assert_eq!(length("0.0.0.0"), Some(0));
        assert_eq!(length("255.255.255.255"), Some(32));
        assert_eq!(length("255.0.255.0"), None);
    }

    #[test]
    fn a_device_without_end_is_cut() {
        let lines: Vec<String> =
            (0..=2_000).map(|it| format!("1.3.6.1.2.1.2.2.1.2.{it} = STRING p{it}")).collect();
        let (found, complaints) = interfaces(&tree(&lines.join("\n")));
        assert_eq!((found.len(), complaints.len()), (INTERFACES_MAX, 1));
    }
}
