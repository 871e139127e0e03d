//! Rows of the networks of containers and services.

use observation::latest::{NamespaceListener, NetworkNamespace, Transport};

use super::{Row, one_of};

pub(super) fn network_namespace(it: &NetworkNamespace) -> Row {
    let addresses = it.interfaces.iter().flat_map(|link| {
        link.addresses.iter().map(|it| format!("{} {}/{}", link.name, it.address, it.prefix_length))
    });
    let gateways = it.routes.iter().filter(|it| it.prefix_length == 0);
    let gateways = gateways.filter_map(|it| it.gateway).map(|it| it.to_string());
    let list = |texts: Vec<String>| (!texts.is_empty()).then(|| texts.join(", "));
    let fields = vec![
        ("process", it.process.clone()),
        ("addresses", list(addresses.collect())),
        ("gateways", list(gateways.collect())),
        ("listeners", list(it.listeners.iter().map(listener).collect())),
    ];
    one_of("network_namespace", it.label.clone(), fields)
}

fn listener(it: &NamespaceListener) -> String {
    let transport = match it.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    };
    format!("{transport}/{}", std::net::SocketAddr::new(it.address, it.port))
}

#[cfg(test)]
mod tests {
    use observation::latest::{
        AddressOrigin, Binding, InterfaceAddress, NamespaceInterface, Route,
    };

    use super::*;

    #[test]
    fn a_container_shows_addresses_gateway_and_listeners() {
        let address = InterfaceAddress {
            address: "172.17.0.2".parse().unwrap(),
            prefix_length: 16,
            origin: AddressOrigin::Permanent,
        };
        let row = network_namespace(&NetworkNamespace {
            label: "docker abc".to_owned(),
            container: None,
            unit: None,
            process: Some("nginx".to_owned()),
            interfaces: vec![NamespaceInterface {
                name: "eth0".to_owned(),
                kind: None,
                mac: None,
                addresses: vec![address],
            }],
            routes: vec![Route {
                destination: "0.0.0.0".parse().unwrap(),
                prefix_length: 0,
                gateway: Some("172.17.0.1".parse().unwrap()),
                interface: None,
                metric: None,
            }],
            listeners: vec![NamespaceListener {
                transport: Transport::Tcp,
                address: "0.0.0.0".parse().unwrap(),
                port: 443,
                binding: Binding::All,
                process: None,
            }],
        });
        let expected = "process nginx, addresses eth0 172.17.0.2/16, gateways 172.17.0.1, \
            listeners tcp/0.0.0.0:443";
        assert_eq!(row.summary().as_deref(), Some(expected));
    }
}
