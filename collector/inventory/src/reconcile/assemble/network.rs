//! What the asset offers, uses and holds on the network.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use observation::latest::{
    Certificate, CertificatePlace, Connection, ConnectionDirection, Fact, Listener, Neighbour,
    NetworkInterface, Outcome, Resolver, Route, Service, Transport,
};

use super::parts::{Parts, asked, list, merged, own_word};
use super::system::hardware_address;
use crate::asset::{
    Asset, Attested, CableDescription, CertificateDescription, CommunicationPartner,
    InterfaceDescription, NeighbourDescription, ResolverDescription, RouteDescription,
    ServiceDescription, ServicePort,
};
use crate::reconcile::ObservedSection;
use crate::reconcile::wire;

/// Numbers that drivers give for a speed which they do not know.
const SPEEDS_UNKNOWN: [u32; 3] = [0, u16::MAX as u32, u32::MAX];

pub(super) fn interfaces(parts: &Parts<'_>) -> Vec<Attested<InterfaceDescription>> {
    list(&own_word(&parts.interfaces), |it| {
        let NetworkInterface {
            name,
            kind,
            mac,
            permanent_mac,
            mtu_bytes: _,
            is_up,
            speed_mbps,
            is_removable: _,
            driver: _,
            vlan_id,
            parent,
            addresses,
        } = it;
        let mut addresses: Vec<(IpAddr, u8)> =
            addresses.iter().map(|it| (it.address, it.prefix_length)).collect();
        addresses.sort();
        addresses.dedup();
        InterfaceDescription {
            name: name.clone(),
            kind: wire::interface_kind(*kind).to_owned(),
            mac: mac.as_deref().and_then(hardware_address),
            permanent_mac: permanent_mac.as_deref().and_then(hardware_address),
            is_up: *is_up,
            speed_mbps: speed_mbps.filter(|it| !SPEEDS_UNKNOWN.contains(it)),
            vlan_id: *vlan_id,
            parent: parent.clone(),
            addresses,
        }
    })
}

pub(super) fn routes(parts: &Parts<'_>) -> Vec<Attested<RouteDescription>> {
    list(&own_word(&parts.routes), |it| {
        let Route { destination, prefix_length, gateway, interface, metric: _ } = it;
        RouteDescription {
            destination: *destination,
            prefix_length: *prefix_length,
            gateway: *gateway,
            interface: interface.clone(),
        }
    })
}

pub(super) fn resolvers(parts: &Parts<'_>) -> Vec<Attested<ResolverDescription>> {
    list(&own_word(&parts.resolvers), |it| {
        let Resolver { address, configured_in, search_domains: _ } = it;
        ResolverDescription { address: *address, configured_in: configured_in.clone() }
    })
}

pub(super) fn neighbours(parts: &Parts<'_>) -> Vec<Attested<NeighbourDescription>> {
    list(&own_word(&parts.neighbours), |it| {
        let Neighbour { address, mac, interface, is_router: _ } = it;
        NeighbourDescription {
            address: *address,
            mac: mac.to_ascii_lowercase(),
            interface: interface.clone(),
        }
    })
}

pub(super) fn cables(parts: &Parts<'_>) -> Vec<Attested<CableDescription>> {
    list(&own_word(&parts.cables), |it| CableDescription {
        interface: it.interface.clone(),
        protocol: wire::link_protocol(it.protocol).to_owned(),
        chassis_id: it.chassis_id.clone(),
        port_id: it.port_id.clone(),
        system_name: it.system_name.clone(),
        management_addresses: it.management_addresses.clone(),
    })
}

pub(super) fn services(parts: &Parts<'_>) -> Vec<Attested<ServiceDescription>> {
    list(&parts.services, |it| {
        let Service { name, description, start_mode, is_running, account, executable, package } =
            it;
        ServiceDescription {
            name: name.clone(),
            description: description.clone(),
            start_mode: start_mode.map(|it| wire::start_mode(it).to_owned()),
            is_running: *is_running,
            account: account.as_ref().map(wire::user_name),
            executable: executable.clone(),
            package: package.as_ref().map(wire::owner_package),
        }
    })
}

/// A listener as a row. No scan's answer is in it yet.
pub(super) fn port(parts: &Parts<'_>, listener: &Listener) -> ServicePort {
    let encryptions = encryptions(parts, listener);
    let Listener {
        transport,
        address,
        port,
        binding,
        process,
        executable,
        account,
        unit,
        package,
        container,
    } = listener;
    ServicePort {
        transport: wire::transport(*transport).to_owned(),
        address: *address,
        port: *port,
        binding: wire::binding(*binding).to_owned(),
        process: process.clone(),
        executable: executable.clone(),
        account: account.as_ref().map(wire::user_name),
        unit: unit.clone(),
        package_name: package.as_ref().map(|it| it.name.clone()),
        package_version: package.as_ref().map(|it| it.version.clone()),
        container: container.as_ref().map(|it| format!("{}:{}", it.runtime, it.id)),
        encryption: (!encryptions.is_empty()).then(|| encryptions.join(", ")),
        answer: None,
    }
}

/// The TLS versions that were agreed when this listener was asked, sorted.
fn encryptions(parts: &Parts<'_>, listener: &Listener) -> Vec<String> {
    let mut versions: Vec<String> = parts
        .certificates
        .iter()
        .filter_map(|it| match &it.value.place {
            CertificatePlace::Served { address, port, tls_version }
                if answers_for(parts, listener, *address, *port) =>
            {
                Some(tls_version.clone().unwrap_or_else(|| "TLS".to_owned()))
            }
            CertificatePlace::Served { .. } | CertificatePlace::File { .. } => None,
        })
        .collect();
    versions.sort();
    versions.dedup();
    versions
}

/// Whether asking this address and port reaches this listener, and none that is nearer.
fn answers_for(parts: &Parts<'_>, listener: &Listener, address: IpAddr, port: u16) -> bool {
    let tcp = |it: &Listener| {
        let distance = distance(it, address, port);
        if it.transport == Transport::Tcp { distance } else { None }
    };
    let nearest = parts.listeners.iter().filter_map(|it| tcp(it.value)).min();
    let own = tcp(listener);
    own.is_some() && own == nearest
}

/// How directly a listener takes what is sent to this address and port: one on exactly this address
/// before one on all addresses, and one on all IPv6 addresses takes IPv4 where nobody else does.
pub(super) fn distance(listener: &Listener, address: IpAddr, port: u16) -> Option<u8> {
    if listener.port != port {
        None
    } else if listener.address == address {
        Some(0)
    } else if listener.address.is_unspecified() && listener.address.is_ipv4() == address.is_ipv4() {
        Some(1)
    } else {
        (listener.address.is_unspecified() && listener.address.is_ipv6()).then_some(2)
    }
}

pub(super) fn partners(parts: &Parts<'_>) -> Vec<Attested<CommunicationPartner>> {
    let all = parts.connections.iter().map(|(since, it)| Attested {
        value: partner(it.value, *since),
        evidence: it.evidence.clone(),
    });
    merged(all.collect())
}

/// `since` is when this very set of connections was first seen: the partner itself may be older.
fn partner(connection: &Connection, since: Timestamp) -> CommunicationPartner {
    let Connection {
        transport,
        direction,
        peer,
        service_port,
        local,
        process,
        unit,
        count,
        sampled,
    } = connection;
    // The agent's clock may be wrong, and its samples began before this section: the earlier counts.
    let sampled_since = sampled.map(|it| it.first_seen_at);
    CommunicationPartner {
        transport: wire::transport(*transport).to_owned(),
        is_incoming: match direction {
            ConnectionDirection::Incoming => true,
            ConnectionDirection::Outgoing => false,
        },
        peer: *peer,
        service_port: *service_port,
        local: *local,
        process: process.clone(),
        unit: unit.clone(),
        count: *count,
        first_seen_at: sampled_since.map_or(since, |it| it.min(since)),
    }
}

/// Sets when each partner was first seen, from earlier sections of the asset's members. Without it
/// the moment is that since which the newest set of connections holds: at the latest then.
pub fn date_partners(asset: &mut Asset, earlier: &[ObservedSection]) {
    type Key = (String, bool, IpAddr, u16, Option<String>);
    let key = |it: &CommunicationPartner| -> Key {
        (it.transport.clone(), it.is_incoming, it.peer, it.service_port, it.process.clone())
    };
    let mut first: BTreeMap<Key, Timestamp> = BTreeMap::new();
    for section in earlier {
        let Outcome::Read { facts, .. } = &section.body.outcome else { continue };
        for fact in facts {
            let Fact::Connection(connection) = fact else { continue };
            let seen = partner(connection, section.first_observed_at);
            let held = first.entry(key(&seen)).or_insert(seen.first_seen_at);
            *held = (*held).min(seen.first_seen_at);
        }
    }
    for shown in &mut asset.partners {
        if let Some(moment) = first.get(&key(&shown.value)) {
            shown.value.first_seen_at = shown.value.first_seen_at.min(*moment);
        }
    }
}

pub(super) fn certificates(parts: &Parts<'_>) -> Vec<Attested<CertificateDescription>> {
    // What an agent saw on its own port is what scans see there, and stands once.
    let is_own = |seen: &Attested<&Certificate>| asked(&seen.evidence).is_none();
    let own: Vec<&Certificate> =
        parts.certificates.iter().filter(|it| is_own(it)).map(|it| it.value).collect();
    let is_repeated = |seen: &Attested<&Certificate>| {
        own.iter().any(|it| {
            it.fingerprint == seen.value.fingerprint && port_of(it) == port_of(seen.value)
        })
    };
    let kept = parts.certificates.iter().filter(|it| is_own(it) || !is_repeated(it));
    list(&kept.cloned().collect::<Vec<_>>(), certificate)
}

const fn port_of(certificate: &Certificate) -> Option<u16> {
    match &certificate.place {
        CertificatePlace::Served { port, .. } => Some(*port),
        CertificatePlace::File { .. } => None,
    }
}

fn certificate(certificate: &Certificate) -> CertificateDescription {
    let Certificate {
        place,
        fingerprint,
        subject,
        issuer,
        serial: _,
        names,
        not_before,
        not_after,
        key_algorithm,
        key_bits,
        signature_algorithm,
        is_self_signed,
        chain_length: _,
    } = certificate;
    let (place, port, tls_version) = match place {
        CertificatePlace::Served { address, port, tls_version } => {
            let place = format!("tcp/{}", std::net::SocketAddr::new(*address, *port));
            (place, Some(*port), tls_version.clone())
        }
        CertificatePlace::File { path, listener } => {
            let port = listener.as_deref().and_then(|it| it.rsplit_once(':')?.1.parse().ok());
            (path.clone(), port, None)
        }
    };
    let key = key_algorithm.as_ref().map(|algorithm| match key_bits {
        Some(bits) if !algorithm.contains(|it: char| it.is_ascii_digit()) => {
            format!("{algorithm} {bits}")
        }
        Some(_) | None => algorithm.clone(),
    });
    CertificateDescription {
        place,
        port,
        fingerprint: *fingerprint,
        subject: subject.clone(),
        issuer: issuer.clone(),
        names: names.clone(),
        not_before: *not_before,
        not_after: *not_after,
        key,
        signature_algorithm: signature_algorithm.clone(),
        is_self_signed: *is_self_signed,
        tls_version,
    }
}
