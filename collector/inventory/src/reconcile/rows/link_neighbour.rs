//! Rows of the device at the other end of a cable: one per interface, protocol and port, so that a host
//! that is put on another port is seen as a change.

use observation::latest::{LinkNeighbour, LinkProtocol};

use super::{Row, one_of, text, truth};

pub(super) fn link_neighbour(it: &LinkNeighbour) -> Row {
    let list = |texts: Vec<String>| (!texts.is_empty()).then(|| texts.join(", "));
    let addresses = it.management_addresses.iter().map(ToString::to_string).collect();
    let fields = vec![
        ("chassis_id", it.chassis_id.clone()),
        ("port_id", it.port_id.clone()),
        ("port_description", it.port_description.clone()),
        ("system_name", it.system_name.clone()),
        ("system_description", it.system_description.clone()),
        ("capabilities", list(it.capabilities.clone())),
        ("management_addresses", list(addresses)),
        ("vlan_id", text(it.vlan_id)),
        ("mau_type", text(it.mau_type)),
        ("is_full_duplex", truth(it.is_full_duplex)),
        ("manufacturer", it.manufacturer.clone()),
        ("model", it.model.clone()),
        ("serial", it.serial.clone()),
        ("hardware_revision", it.hardware_revision.clone()),
        ("firmware", it.firmware.clone()),
        ("software", it.software.clone()),
        ("asset_id", it.asset_id.clone()),
    ];
    let protocol = match it.protocol {
        LinkProtocol::Lldp => "LLDP",
        LinkProtocol::Cdp => "CDP",
    };
    one_of("link_neighbour", format!("{} {protocol}", it.interface), fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_names_switch_and_port_of_an_interface() {
        let neighbour = LinkNeighbour {
            system_name: Some("sw-eg-1".to_owned()),
            port_id: Some("Gi1/0/7".to_owned()),
            vlan_id: Some(20),
            ..LinkNeighbour::empty(LinkProtocol::Lldp, "eth0")
        };
        let row = link_neighbour(&neighbour);
        assert_eq!(row.object.as_deref(), Some("eth0 LLDP"));
        let summary = row.summary().unwrap();
        assert_eq!(summary, "port_id Gi1/0/7, system_name sw-eg-1, vlan_id 20");
    }
}
