//! Rows of printers, wireless networks and private networks.

use observation::latest::{Printer, VpnPeer, VpnProfile, WirelessNetwork};

use super::{Row, one_of, text, truth};

pub(super) fn printer(it: &Printer) -> Row {
    let fields = vec![
        ("device_uri", it.device_uri.clone()),
        ("make_and_model", it.make_and_model.clone()),
        ("location", it.location.clone()),
        ("is_shared", truth(it.is_shared)),
        ("is_default", truth(Some(it.is_default))),
    ];
    one_of("printer", it.name.clone(), fields)
}

pub(super) fn wireless(it: &WirelessNetwork) -> Row {
    let fields = vec![
        ("security", it.security.clone()),
        ("is_hidden", truth(it.is_hidden)),
        ("joins_by_itself", truth(it.joins_by_itself)),
    ];
    one_of("wireless_network", format!("{} ({})", it.ssid, it.manager), fields)
}

pub(super) fn vpn(it: &VpnProfile) -> Row {
    let peers: Vec<String> = it.peers.iter().map(peer).collect();
    let fields = vec![
        ("kind", Some(it.kind.clone())),
        ("listen_port", text(it.listen_port)),
        ("addresses", joined(&it.addresses)),
        ("peers", joined(&peers)),
        ("place", Some(it.place.clone())),
    ];
    one_of("vpn_profile", format!("{} ({})", it.name, it.manager), fields)
}

/// One end in one text: name, port, networks, key.
fn peer(it: &VpnPeer) -> String {
    let host = match (&it.host, it.port) {
        (Some(host), Some(port)) => Some(format!("{host}:{port}")),
        (Some(host), None) => Some(host.clone()),
        (None, port) => port.map(|it| format!("port {it}")),
    };
    let networks = (!it.networks.is_empty()).then(|| it.networks.join(" "));
    let key = it.key_fingerprint.map(|it| it.to_string());
    [host, it.transport.clone(), networks, key].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(", "))
}
