//! Names of links by the kernel's numbers for them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use observation::latest::{Absent, AddressOrigin, InterfaceAddress};

use crate::host::{Ask, Host, LinkAddress, LinkState};

/// Names of links by the kernel's numbers for them.
pub(crate) struct LinkNames(BTreeMap<u32, String>);

impl LinkNames {
    /// Asks the kernel.
    ///
    /// # Errors
    /// Why the links cannot be read.
    pub(crate) fn read(host: &dyn Host) -> Result<Self, Absent> {
        Ok(Self::new(&host.links()?))
    }

    pub(crate) fn new(links: &[LinkState]) -> Self {
        Self(links.iter().map(|it| (it.index, it.name.clone())).collect())
    }

    /// Whether there is a link of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.values().any(|it| it == name)
    }

    /// None for a number that is no link of this network namespace.
    pub(crate) fn name(&self, index: u32) -> Option<&str> {
        self.0.get(&index).map(String::as_str)
    }
}

/// An address of a link with how it came about.
pub(crate) fn interface_address(address: &LinkAddress) -> InterfaceAddress {
    let is_link_local = match address.address {
        IpAddr::V4(it) => it.is_link_local(),
        IpAddr::V6(it) => it.is_unicast_link_local(),
    };
    let origin = match (is_link_local, address.is_permanent) {
        (true, _) => AddressOrigin::LinkLocal,
        (false, true) => AddressOrigin::Permanent,
        (false, false) => AddressOrigin::Leased,
    };
    InterfaceAddress { address: address.address, prefix_length: address.prefix_length, origin }
}

/// A link of Ethernet without anything special.
#[cfg(test)]
pub(crate) fn sample_link(index: u32, name: &str) -> LinkState {
    LinkState {
        index,
        name: name.to_owned(),
        hardware_type: 1,
        kind: None,
        mac: Some("52:54:00:00:00:02".to_owned()),
        permanent_mac: None,
        mtu_bytes: Some(1_500),
        has_carrier: Some(true),
        controller: None,
        lower: None,
        vlan_id: None,
        addresses: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Reply, Request};
    use crate::sources::testing::MapHost;

    #[test]
    fn links_are_known_by_number_and_name() {
        let links = vec![sample_link(1, "lo"), sample_link(7, "eth0")];
        let host = MapHost::new().answer(Request::Links, Ok(Reply::Links(links)));
        let names = LinkNames::read(&host).unwrap();
        assert_eq!((names.name(7), names.name(2)), (Some("eth0"), None));
        assert!(names.has("lo") && !names.has("eth"));
        assert!(matches!(LinkNames::read(&MapHost::new()), Err(Absent::NotHere { .. })));
    }

    /// RFC 3927 and RFC 4291, 2.5.6: such an address was made by the host itself, whatever else is said of it.
    #[test]
    fn an_address_of_the_link_alone_is_neither_given_nor_fixed() {
        for (address, is_permanent, expected) in [
            ("192.0.2.7", true, AddressOrigin::Permanent),
            ("192.0.2.7", false, AddressOrigin::Leased),
            ("169.254.3.4", true, AddressOrigin::LinkLocal),
            ("169.254.3.4", false, AddressOrigin::LinkLocal),
            ("169.253.255.255", false, AddressOrigin::Leased),
            ("fe80::1", true, AddressOrigin::LinkLocal),
            ("febf::1", true, AddressOrigin::LinkLocal),
            ("fec0::1", true, AddressOrigin::Permanent),
            ("2001:db8::7", false, AddressOrigin::Leased),
        ] {
            let address = LinkAddress {
                address: address.parse().unwrap(),
                prefix_length: 24,
                is_permanent,
                is_temporary: false,
            };
            let told = interface_address(&address);
            assert_eq!((told.origin, told.prefix_length), (expected, 24), "{}", told.address);
        }
    }
}
