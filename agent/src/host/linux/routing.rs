//! Entries of the kernel's tables of links, addresses, routes and neighbours (rtnetlink(7)). Pure.

use std::net::IpAddr;

use super::netlink_wire::{aligned, attributes, u16_at, u32_at};
use super::{LinkAddress, LinkState, NeighbourState, RouteState};

pub(super) const RTM_GETLINK: u16 = 18;
pub(super) const RTM_GETADDR: u16 = 22;
pub(super) const RTM_GETROUTE: u16 = 26;
pub(super) const RTM_GETNEIGH: u16 = 30;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IFF_UP: u32 = 1;
const IFA_F_TEMPORARY: u32 = 0x01;
const IFA_F_PERMANENT: u32 = 0x80;
const RT_TABLE_MAIN: u32 = 254;
const RTN_UNICAST: u8 = 1;
const RTM_F_CLONED: u32 = 0x200;
const NTF_ROUTER: u8 = 0x80;
/// NUD_INCOMPLETE, NUD_FAILED and NUD_NOARP: nobody answered, or nobody was asked.
const NEIGHBOUR_STATES_WITHOUT_ANSWER: u16 = 0x01 | 0x20 | 0x40;
/// The multicast bit of the first octet (IEEE 802).
const MULTICAST_BIT: u8 = 1;

/// Body of the request for links: an empty `ifinfomsg` and a mask that leaves the counters out.
pub(super) fn links_body() -> Vec<u8> {
    const IFLA_EXT_MASK: u16 = 29;
    const RTEXT_FILTER_SKIP_STATS: u32 = 1 << 3;
    let mut body = vec![0; 16];
    body.extend(8_u16.to_ne_bytes());
    body.extend(IFLA_EXT_MASK.to_ne_bytes());
    body.extend(RTEXT_FILTER_SKIP_STATS.to_ne_bytes());
    body
}

/// One `ifinfomsg`, without addresses.
pub(super) fn link(entry: &[u8]) -> Option<LinkState> {
    const IFLA_ADDRESS: u16 = 1;
    const IFLA_IFNAME: u16 = 3;
    const IFLA_MTU: u16 = 4;
    const IFLA_LINK: u16 = 5;
    const IFLA_MASTER: u16 = 10;
    const IFLA_LINKINFO: u16 = 18;
    const IFLA_CARRIER: u16 = 33;
    const IFLA_PERM_ADDRESS: u16 = 54;
    let is_switched_on = u32_at(entry, 8)? & IFF_UP != 0;
    let mut link = LinkState {
        index: u32_at(entry, 4)?,
        name: String::new(),
        hardware_type: u16_at(entry, 2)?,
        kind: None,
        mac: None,
        permanent_mac: None,
        mtu_bytes: None,
        has_carrier: (!is_switched_on).then_some(false),
        controller: None,
        lower: None,
        vlan_id: None,
        addresses: Vec::new(),
    };
    for (kind, value) in attributes(entry.get(16..)?) {
        match kind {
            IFLA_ADDRESS => link.mac = hardware_address(value),
            IFLA_PERM_ADDRESS => link.permanent_mac = hardware_address(value),
            IFLA_IFNAME => link.name = text(value),
            IFLA_MTU => link.mtu_bytes = u32_at(value, 0),
            IFLA_LINK => link.lower = u32_at(value, 0).filter(|it| *it != link.index && *it != 0),
            IFLA_MASTER => link.controller = u32_at(value, 0),
            IFLA_CARRIER if is_switched_on => link.has_carrier = value.first().map(|it| *it == 1),
            IFLA_LINKINFO => (link.kind, link.vlan_id) = link_information(value),
            _ => {}
        }
    }
    (!link.name.is_empty()).then_some(link)
}

fn link_information(value: &[u8]) -> (Option<String>, Option<u16>) {
    const IFLA_INFO_KIND: u16 = 1;
    const IFLA_INFO_DATA: u16 = 2;
    const IFLA_VLAN_ID: u16 = 1;
    let part = |wanted: u16| attributes(value).find(|it| it.0 == wanted).map(|it| it.1);
    let kind = part(IFLA_INFO_KIND).map(text).filter(|it| !it.is_empty());
    let is_vlan = kind.as_deref() == Some("vlan");
    let vlan_id = part(IFLA_INFO_DATA).filter(|_| is_vlan).and_then(|data| {
        let (_, id) = attributes(data).find(|it| it.0 == IFLA_VLAN_ID)?;
        u16_at(id, 0)
    });
    (kind, vlan_id)
}

/// One `ifaddrmsg`: the number of the link, and the address.
pub(super) fn address(entry: &[u8]) -> Option<(u32, LinkAddress)> {
    const IFA_ADDRESS: u16 = 1;
    const IFA_LOCAL: u16 = 2;
    const IFA_FLAGS: u16 = 8;
    let family = *entry.first()?;
    let part = |wanted: u16| attributes(entry.get(8..)?).find(|it| it.0 == wanted).map(|it| it.1);
    // On a point-to-point link IFA_ADDRESS is the other end.
    let own = part(IFA_LOCAL).or_else(|| part(IFA_ADDRESS))?;
    let flags = part(IFA_FLAGS)
        .and_then(|it| u32_at(it, 0))
        .unwrap_or_else(|| entry.get(2).copied().map_or(0, u32::from));
    let address = LinkAddress {
        address: ip_address(family, own)?,
        prefix_length: *entry.get(1)?,
        is_permanent: flags & IFA_F_PERMANENT != 0,
        // The same bit means "secondary" for IPv4.
        is_temporary: family == AF_INET6 && flags & IFA_F_TEMPORARY != 0,
    };
    Some((u32_at(entry, 4)?, address))
}

/// One `rtmsg`: a route of the main table, once per next hop.
pub(super) fn routes(entry: &[u8]) -> Option<Vec<RouteState>> {
    const RTA_DST: u16 = 1;
    const RTA_PRIORITY: u16 = 6;
    const RTA_MULTIPATH: u16 = 9;
    const RTA_TABLE: u16 = 15;
    let family = *entry.first()?;
    let body = entry.get(12..)?;
    let part = |wanted: u16| attributes(body).find(|it| it.0 == wanted).map(|it| it.1);
    let number = |wanted: u16| part(wanted).and_then(|it| u32_at(it, 0));
    let table = number(RTA_TABLE).unwrap_or_else(|| entry.get(4).copied().map_or(0, u32::from));
    let is_cloned = u32_at(entry, 8)? & RTM_F_CLONED != 0;
    if table != RT_TABLE_MAIN || *entry.get(7)? != RTN_UNICAST || is_cloned {
        return None;
    }
    let (gateway, link) = next_hop(family, body);
    let route = RouteState {
        destination: match part(RTA_DST) {
            Some(bytes) => ip_address(family, bytes)?,
            None => unspecified(family)?,
        },
        prefix_length: *entry.get(1)?,
        gateway,
        link,
        metric: number(RTA_PRIORITY),
    };
    Some(match part(RTA_MULTIPATH) {
        Some(hops) => next_hops(family, hops)
            .map(|(gateway, link)| RouteState { gateway, link, ..route.clone() })
            .collect(),
        None => vec![route],
    })
}

fn next_hop(family: u8, bytes: &[u8]) -> (Option<IpAddr>, Option<u32>) {
    const RTA_OIF: u16 = 4;
    const RTA_GATEWAY: u16 = 5;
    const RTA_VIA: u16 = 18;
    let (mut gateway, mut link) = (None, None);
    for (kind, value) in attributes(bytes) {
        match kind {
            RTA_OIF => link = u32_at(value, 0),
            RTA_GATEWAY => gateway = ip_address(family, value),
            // A gateway of the other family (RFC 8950): family in two bytes, then the address.
            RTA_VIA => {
                let other = u16_at(value, 0).and_then(|it| u8::try_from(it).ok());
                gateway = other.zip(value.get(2..)).and_then(|(it, rest)| ip_address(it, rest));
            }
            _ => {}
        }
    }
    (gateway, link)
}

/// The `rtnexthop` records of a route over several links.
fn next_hops(family: u8, bytes: &[u8]) -> impl Iterator<Item = (Option<IpAddr>, Option<u32>)> + '_ {
    const RECORD_BYTES: usize = 8;
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(rest, 0)?);
        let body = rest.get(RECORD_BYTES..length)?;
        let link = u32_at(rest, 4);
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some((next_hop(family, body).0, link))
    })
}

/// One `ndmsg`: a neighbour that answered, multicast groups left out.
pub(super) fn neighbour(entry: &[u8]) -> Option<NeighbourState> {
    const NDA_DST: u16 = 1;
    const NDA_LLADDR: u16 = 2;
    let part = |wanted: u16| attributes(entry.get(12..)?).find(|it| it.0 == wanted).map(|it| it.1);
    let address = ip_address(*entry.first()?, part(NDA_DST)?)?;
    let hardware = part(NDA_LLADDR)?;
    let has_answered = u16_at(entry, 8)? & NEIGHBOUR_STATES_WITHOUT_ANSWER == 0;
    let is_group = address.is_multicast() || hardware.first()? & MULTICAST_BIT != 0;
    if !has_answered || is_group {
        return None;
    }
    Some(NeighbourState {
        address,
        mac: hardware_address(hardware)?,
        link: u32_at(entry, 4)?,
        is_router: entry.get(10)? & NTF_ROUTER != 0,
    })
}

fn ip_address(family: u8, bytes: &[u8]) -> Option<IpAddr> {
    match family {
        AF_INET => <[u8; 4]>::try_from(bytes.get(..4)?).ok().map(IpAddr::from),
        AF_INET6 => <[u8; 16]>::try_from(bytes.get(..16)?).ok().map(IpAddr::from),
        _ => None,
    }
}

fn unspecified(family: u8) -> Option<IpAddr> {
    ip_address(family, &[0; 16])
}

/// Ethernet, EUI-64 and InfiniBand addresses; a tunnel has an IP address in its place, loopback
/// only zeros.
fn hardware_address(bytes: &[u8]) -> Option<String> {
    if !matches!(bytes.len(), 6 | 8 | 20) || bytes.iter().all(|it| *it == 0) {
        return None;
    }
    let octets: Vec<String> = bytes.iter().map(|it| format!("{it:02x}")).collect();
    Some(octets.join(":"))
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|it| *it == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests;
