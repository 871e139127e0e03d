//! Network interfaces with their addresses.

use observation::latest::{
    Absent, Cadence, Fact, InterfaceAddress, InterfaceKind, NetworkInterface, Platform, SourceId,
};

use crate::host::{Ask, Host, LinkState};
use crate::sources::context::Context;
use crate::sources::links::{LinkNames, interface_address};
use crate::sources::{Found, Source};

/// Network interfaces with their addresses.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.interfaces"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/class/net";
/// ARPHRD_ETHER and others of if_arp.h.
const ARPHRD_ETHER: u16 = 1;
const ARPHRD_TUNNEL: u16 = 768;
const ARPHRD_TUNNEL6: u16 = 769;
const ARPHRD_LOOPBACK: u16 = 772;
const ARPHRD_SIT: u16 = 776;
const ARPHRD_IPGRE: u16 = 778;
const ARPHRD_IP6GRE: u16 = 823;
const ARPHRD_NONE: u16 = 65_534;
/// The unsigned form of -1, the kernel's word for an unknown speed.
const SPEED_UNKNOWN: u32 = u32::MAX;
/// Kinds that ride on one other link of this machine.
const RIDING_KINDS: [&str; 5] = ["ipvlan", "ipvtap", "macvlan", "macvtap", "vlan"];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let links = context.host.links()?;
    let names = LinkNames::new(&links);
    let facts = links.iter().map(|link| {
        let hardware = Hardware::read(context.host, &link.name);
        Fact::NetworkInterface(interface(link, &names, hardware))
    });
    Ok(Found { facts: facts.collect(), ..Found::default() })
}

/// What sysfs adds to a link.
#[derive(Debug, Default)]
struct Hardware {
    /// Where the link stands in the device tree.
    place: Option<String>,
    has_radio: bool,
    driver: Option<String>,
    speed_mbps: Option<u32>,
    /// What the bus says about taking the adapter out.
    is_removable: Option<bool>,
}

impl Hardware {
    fn read(host: &dyn Host, name: &str) -> Self {
        let folder = format!("{FOLDER}/{name}");
        let driver = host.link(&format!("{folder}/device/driver")).ok();
        let speed = host.line(&format!("{folder}/speed")).and_then(|it| it.parse::<u32>().ok());
        let removable = host.line(&format!("{folder}/device/removable"));
        Self {
            place: host.link(&folder).ok(),
            has_radio: host.status(&format!("{folder}/phy80211")).is_ok(),
            driver: driver.as_deref().and_then(|it| it.rsplit('/').next()).map(str::to_owned),
            speed_mbps: speed.filter(|it| *it != SPEED_UNKNOWN && *it != 0),
            is_removable: match removable.as_deref() {
                Some("removable") => Some(true),
                Some("fixed") => Some(false),
                _ => None,
            },
        }
    }

    fn is_virtual(&self) -> bool {
        self.place.as_deref().is_none_or(|it| it.contains("/devices/virtual/"))
    }

    /// USB adapters can be taken out whatever their hub says; other buses are fixed unless they
    /// say otherwise.
    fn can_be_taken_out(&self) -> Option<bool> {
        if self.is_virtual() {
            return None;
        }
        let is_usb = self.place.as_deref().is_some_and(|it| it.contains("/usb"));
        Some(is_usb || self.is_removable.unwrap_or(false))
    }
}

fn interface(link: &LinkState, names: &LinkNames, hardware: Hardware) -> NetworkInterface {
    let kind = kind(link, &hardware);
    let lower =
        link.lower.filter(|_| link.kind.as_deref().is_some_and(|it| RIDING_KINDS.contains(&it)));
    let parent = link.controller.or(lower).and_then(|it| names.name(it));
    // Software states a speed that no cable has.
    let has_speed =
        matches!(kind, InterfaceKind::Ethernet | InterfaceKind::Wireless | InterfaceKind::Bond);
    let mut addresses: Vec<InterfaceAddress> =
        link.addresses.iter().filter(|it| !it.is_temporary).map(interface_address).collect();
    addresses.sort_by_key(|it| (it.address, it.prefix_length));
    NetworkInterface {
        name: link.name.clone(),
        kind,
        mac: link.mac.clone(),
        permanent_mac: link.permanent_mac.clone(),
        mtu_bytes: link.mtu_bytes,
        is_up: link.has_carrier,
        speed_mbps: hardware.speed_mbps.filter(|_| has_speed),
        is_removable: hardware.can_be_taken_out(),
        driver: hardware.driver,
        vlan_id: link.vlan_id,
        parent: parent.map(str::to_owned),
        addresses,
    }
}

fn kind(link: &LinkState, hardware: &Hardware) -> InterfaceKind {
    if hardware.has_radio {
        return InterfaceKind::Wireless;
    }
    match link.kind.as_deref() {
        Some("bridge" | "openvswitch") => return InterfaceKind::Bridge,
        Some("bond" | "team") => return InterfaceKind::Bond,
        Some("vlan") => return InterfaceKind::Vlan,
        Some(
            "bareudp" | "erspan" | "geneve" | "gre" | "gretap" | "gtp" | "ip6erspan" | "ip6gre"
            | "ip6gretap" | "ip6tnl" | "ipip" | "ppp" | "sit" | "tun" | "vti" | "vti6" | "vxlan"
            | "wireguard" | "xfrm",
        ) => return InterfaceKind::Tunnel,
        Some(_) => return InterfaceKind::Virtual,
        None => {}
    }
    match link.hardware_type {
        ARPHRD_LOOPBACK => InterfaceKind::Loopback,
        ARPHRD_TUNNEL | ARPHRD_TUNNEL6 | ARPHRD_SIT | ARPHRD_IPGRE | ARPHRD_IP6GRE
        | ARPHRD_NONE => InterfaceKind::Tunnel,
        ARPHRD_ETHER if hardware.is_virtual() => InterfaceKind::Virtual,
        ARPHRD_ETHER => InterfaceKind::Ethernet,
        _ => InterfaceKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::AddressOrigin;

    use super::*;
    use crate::host::{LinkAddress, Reply, Request};
    use crate::sources::links::sample_link;
    use crate::sources::testing::{MapHost, with_context};

    fn machine(links: Vec<LinkState>) -> MapHost {
        MapHost::new().answer(Request::Links, Ok(Reply::Links(links)))
    }

    fn adapter(host: MapHost, name: &str, place: &str, files: &[(&str, &str)]) -> MapHost {
        let device = format!("/sys/devices/{place}/net/{name}");
        let host = files
            .iter()
            .fold(host, |host, (file, text)| host.file(&format!("{device}/{file}"), text));
        host.link(&format!("{FOLDER}/{name}"), &device)
    }

    fn check(host: &MapHost) -> Vec<NetworkInterface> {
        let found = with_context(host, observe).unwrap();
        let pick = |it| if let Fact::NetworkInterface(it) = it { Some(it) } else { None };
        found.facts.into_iter().filter_map(pick).collect()
    }

    fn link_address(text: &str, is_permanent: bool, is_temporary: bool) -> LinkAddress {
        let address = text.parse().unwrap();
        LinkAddress { address, prefix_length: 64, is_permanent, is_temporary }
    }

    #[test]
    fn an_unknown_speed_is_none_and_neither_minus_one_nor_four_billion() {
        for (text, expected) in
            [("1000\n", Some(1_000)), ("-1\n", None), ("4294967295\n", None), ("0\n", None)]
        {
            let host = machine(vec![sample_link(2, "eth0")]);
            let host = adapter(host, "eth0", "pci0000:00/0000:00:03.0", &[("speed", text)]);
            assert_eq!(check(&host)[0].speed_mbps, expected, "{text}");
        }
    }

    #[test]
    fn an_adapter_has_a_driver_and_can_be_removable() {
        let host = machine(vec![sample_link(2, "eth0"), sample_link(3, "usb0")]);
        let host = adapter(host, "eth0", "pci0000:00/0000:00:03.0", &[]);
        let host = adapter(host, "usb0", "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0", &[])
            .link("/sys/class/net/eth0/device/driver", "../../../../bus/pci/drivers/e1000e");
        let interfaces = check(&host);
        assert_eq!(interfaces[0].driver.as_deref(), Some("e1000e"));
        assert_eq!(interfaces[0].kind, InterfaceKind::Ethernet);
        assert_eq!(interfaces[0].is_removable, Some(false));
        assert_eq!(interfaces[1].is_removable, Some(true));
    }

    #[test]
    fn kinds_follow_the_kernel() {
        let kind = |kind: Option<&str>, hardware_type: u16| {
            let link =
                LinkState { kind: kind.map(str::to_owned), hardware_type, ..sample_link(2, "x0") };
            check(&machine(vec![link]))[0].kind
        };
        assert_eq!(kind(None, ARPHRD_LOOPBACK), InterfaceKind::Loopback);
        assert_eq!(kind(Some("bridge"), ARPHRD_ETHER), InterfaceKind::Bridge);
        assert_eq!(kind(Some("bond"), ARPHRD_ETHER), InterfaceKind::Bond);
        assert_eq!(kind(Some("wireguard"), ARPHRD_NONE), InterfaceKind::Tunnel);
        assert_eq!(kind(Some("veth"), ARPHRD_ETHER), InterfaceKind::Virtual);
        assert_eq!(kind(None, ARPHRD_ETHER), InterfaceKind::Virtual);
        assert_eq!(kind(None, ARPHRD_NONE), InterfaceKind::Tunnel);
        assert_eq!(kind(None, 24), InterfaceKind::Other);
    }

    #[test]
    fn an_adapter_with_a_radio_is_wireless() {
        let host = machine(vec![sample_link(2, "wlan0")]);
        let host = adapter(host, "wlan0", "pci0000:00/0000:02:00.0", &[("phy80211/name", "x")]);
        assert_eq!(check(&host)[0].kind, InterfaceKind::Wireless);
    }

    #[test]
    fn a_vlan_names_the_link_it_rides_on_and_a_veth_does_not_name_a_stranger() {
        let riding = |kind: &str, index| LinkState {
            kind: Some(kind.to_owned()),
            lower: Some(2),
            vlan_id: Some(42),
            ..sample_link(index, kind)
        };
        let links = vec![sample_link(2, "eth0"), riding("vlan", 3), riding("veth", 4)];
        let parents: Vec<_> = check(&machine(links)).into_iter().map(|it| it.parent).collect();
        assert_eq!(parents, [None, Some("eth0".to_owned()), None]);
    }

    #[test]
    fn temporary_addresses_stay_out_and_origins_are_told_apart() {
        let link = LinkState {
            addresses: vec![
                link_address("2001:db8::9", false, true),
                link_address("2001:db8::1", false, false),
                link_address("fe80::1", true, false),
                link_address("192.0.2.4", true, false),
                link_address("169.254.7.7", false, false),
            ],
            ..sample_link(2, "eth0")
        };
        let addresses: Vec<(String, AddressOrigin)> = check(&machine(vec![link]))[0]
            .addresses
            .iter()
            .map(|it| (it.address.to_string(), it.origin))
            .collect();
        let expected = [
            ("169.254.7.7".to_owned(), AddressOrigin::LinkLocal),
            ("192.0.2.4".to_owned(), AddressOrigin::Permanent),
            ("2001:db8::1".to_owned(), AddressOrigin::Leased),
            ("fe80::1".to_owned(), AddressOrigin::LinkLocal),
        ];
        assert_eq!(addresses, expected);
    }
}
