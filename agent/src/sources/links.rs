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
