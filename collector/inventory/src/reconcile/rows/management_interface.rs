//! The row of a way to the management controller.

use std::net::IpAddr;

use observation::latest::{ManagementInterface, ManagementProtocol};

use super::{Row, one_of, text};

pub(super) fn row(it: &ManagementInterface) -> Row {
    let number = |of: Option<u16>| of.map(|it| format!("{it:04x}"));
    let pair =
        |of: Option<u16>, and: Option<u16>| Some(format!("{}:{}", number(of)?, number(and)?));
    let protocols: Vec<String> = it.protocols.iter().map(protocol).collect();
    let fields = vec![
        ("device_number", text(it.device_number)),
        ("id", pair(it.vendor_id, it.device_id)),
        ("subsystem_id", pair(it.subsystem_vendor_id, it.subsystem_device_id)),
        ("mac", it.mac.clone()),
        ("address", it.address.clone()),
        ("protocols", (!protocols.is_empty()).then(|| protocols.join("; "))),
    ];
    let kind = it.kind_number.map_or_else(String::new, |it| it.to_string());
    one_of("management_interface", format!("kind {kind}").trim_end().to_owned(), fields)
}

/// What is spoken, and from which address with which.
fn protocol(it: &ManagementProtocol) -> String {
    let name = match it.protocol_number {
        2 => "IPMI".to_owned(),
        3 => "MCTP".to_owned(),
        4 => "Redfish".to_owned(),
        other => format!("protocol {other}"),
    };
    let network = |address: Option<IpAddr>, length: Option<u8>| {
        let address = address?;
        Some(length.map_or_else(|| address.to_string(), |it| format!("{address}/{it}")))
    };
    let service = network(it.service_address, it.service_prefix_length);
    let service = match (service, it.service_port) {
        (Some(address), Some(port)) => Some(format!("{address} port {port}")),
        (address, _) => address,
    };
    let vlan = it.service_vlan_id.map(|it| format!("VLAN {it}"));
    let host = network(it.host_address, it.host_prefix_length).map(|it| format!("from {it}"));
    let uuid = it.service_uuid.map(|it| it.to_string());
    let said = [Some(name), service, it.service_host_name.clone(), vlan, host, uuid];
    said.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use observation::latest::Fact;

    use super::*;

    #[test]
    fn a_redfish_service_is_told_with_its_address_and_ours() {
        let redfish = ManagementProtocol {
            protocol_number: 4,
            host_address: Some("169.254.0.2".parse().unwrap()),
            host_prefix_length: Some(30),
            service_address: Some("169.254.0.1".parse().unwrap()),
            service_port: Some(443),
            service_host_name: Some("bmc".to_owned()),
            ..ManagementProtocol::default()
        };
        let ipmi = ManagementProtocol { protocol_number: 2, ..ManagementProtocol::default() };
        let interface = ManagementInterface {
            kind_number: Some(0x40),
            device_number: Some(4),
            vendor_id: Some(0x046b),
            device_id: Some(0xffb0),
            mac: Some("02:00:00:00:00:01".to_owned()),
            protocols: vec![redfish, ipmi],
            ..ManagementInterface::default()
        };
        let row = super::super::row(&Fact::ManagementInterface(interface)).unwrap();
        assert_eq!(row.object.as_deref(), Some("kind 64"));
        assert_eq!(
            row.summary().unwrap(),
            "device_number 4, id 046b:ffb0, mac 02:00:00:00:00:01, \
             protocols Redfish 169.254.0.1 port 443 bmc from 169.254.0.2/30; IPMI"
        );
    }

    #[test]
    fn what_is_not_stated_leaves_no_text() {
        let row = row(&ManagementInterface::default());
        assert_eq!((row.object.as_deref(), row.summary()), (Some("kind"), None));
    }
}
