//! What listens, as the machine says it, and what answers, as scans see it: one row where both mean
//! the same.

use std::collections::BTreeMap;
use std::net::IpAddr;

use observation::latest::{
    CertificatePlace, Listener, ServiceAnswer, ServiceProtocol, TlsVersions, Transport,
};

use super::network::{distance, port};
use super::parts::{Parts, asked, merged, own_word};
use crate::asset::{Attested, ServiceIdentity, ServicePort};
use crate::recognise::Recognition;
use crate::reconcile::wire;

/// The binding of a port that only scans saw: they cannot tell what else it is bound to.
const SCANNED: &str = "scanned";

/// An address and a port that a scan found open.
type Door = (Transport, IpAddr, u16);

pub(super) fn ports(parts: &Parts<'_>) -> Vec<Attested<ServicePort>> {
    let doors: Vec<(Door, Behind, Option<u8>)> =
        doors(parts).into_iter().map(|(door, it)| (door, it, nearest(parts, door))).collect();
    let listeners = own_word(&parts.listeners);
    let mut rows: Vec<Attested<ServicePort>> = listeners
        .iter()
        .map(|listener| {
            let mut row = listener.clone().map(|it| port(parts, it));
            let behind = doors.iter().filter(|(door, _, nearest)| {
                nearest.is_some() && answers(listener.value, *door) == *nearest
            });
            row.value.answer = behind.map(|(_, it, _)| it.identity.clone()).max_by(richer);
            row
        })
        .collect();
    let unclaimed = doors.iter().filter(|(_, _, nearest)| nearest.is_none());
    rows.extend(unclaimed.map(|(door, seen, _)| seen.row(*door)));
    merged(rows)
}

/// What is known of a door.
struct Behind {
    identity: Attested<ServiceIdentity>,
    encryption: Option<String>,
}

impl Behind {
    fn row(&self, (transport, address, port): Door) -> Attested<ServicePort> {
        let value = ServicePort {
            transport: wire::transport(transport).to_owned(),
            address,
            port,
            binding: SCANNED.to_owned(),
            process: None,
            executable: None,
            account: None,
            unit: None,
            package_name: None,
            package_version: None,
            container: None,
            encryption: self.encryption.clone(),
            answer: Some(self.identity.clone()),
        };
        Attested { value, evidence: self.identity.evidence.clone() }
    }
}

fn doors(parts: &Parts<'_>) -> BTreeMap<Door, Behind> {
    let mut found: BTreeMap<Door, Vec<Attested<ServiceIdentity>>> = BTreeMap::new();
    for open in &parts.open_ports {
        let Some(address) = asked(&open.evidence) else { continue };
        let door = (open.value.transport, address, open.value.port);
        let silent = open.clone().map(|_| ServiceIdentity::default());
        found.entry(door).or_default().push(silent);
    }
    for (answer, recognised) in parts.answers.iter().zip(&parts.recognised) {
        let Some(address) = asked(&answer.evidence) else { continue };
        let door = (answer.value.transport, address, answer.value.port);
        let identity = answer.clone().map(|it| identity(it, &recognised.value));
        found.entry(door).or_default().push(identity);
    }
    let described = found.into_iter().filter_map(|(door, all)| {
        // A printer answers HTTP and IPP at one door: it is an IPP server of whatever product either
        // of them names.
        let protocols = all.iter().filter_map(|it| it.value.protocol.clone());
        let protocol = protocols.max_by_key(|it| (exactness(Some(it.as_str())), it.clone()));
        let mut identity = all.into_iter().max_by(richer)?;
        identity.value.protocol = protocol;
        Some((door, Behind { identity, encryption: encryption(parts, door) }))
    });
    described.collect()
}

fn identity(answer: &ServiceAnswer, recognised: &Recognition) -> ServiceIdentity {
    ServiceIdentity {
        protocol: Some(wire::service_protocol(answer.protocol).to_owned()),
        product: recognised.product.clone(),
        version: recognised.version.clone(),
        said: recognised.said.clone(),
    }
}

/// Of two answers at one door the one that says more of who answers.
fn richer(
    left: &Attested<ServiceIdentity>,
    right: &Attested<ServiceIdentity>,
) -> std::cmp::Ordering {
    let key = |it: &Attested<ServiceIdentity>| {
        let is_named = (it.value.product.is_some(), it.value.version.is_some());
        (is_named, exactness(it.value.protocol.as_deref()))
    };
    (key(left), &left.evidence, &left.value).cmp(&(key(right), &right.evidence, &right.value))
}

/// How exactly a protocol is known: many others are spoken inside TLS and over HTTP.
fn exactness(protocol: Option<&str>) -> u8 {
    let carriers = [ServiceProtocol::Tls, ServiceProtocol::Unknown].map(wire::service_protocol);
    match protocol {
        None => 0,
        Some(it) if carriers.contains(&it) => 1,
        Some(it) if it == wire::service_protocol(ServiceProtocol::Http) => 2,
        Some(_) => 3,
    }
}

/// What protects a door that only scans saw.
fn encryption(parts: &Parts<'_>, (transport, address, port): Door) -> Option<String> {
    if transport == Transport::Udp {
        return None;
    }
    let mut agreed: Vec<&str> = parts
        .certificates
        .iter()
        .filter_map(|it| match &it.value.place {
            CertificatePlace::Served { address: own, port: other, tls_version }
                if (*own, *other) == (address, port) =>
            {
                Some(tls_version.as_deref().unwrap_or("TLS"))
            }
            CertificatePlace::Served { .. } | CertificatePlace::File { .. } => None,
        })
        .collect();
    let asked_here = |it: &&Attested<&TlsVersions>| {
        asked(&it.evidence) == Some(address) && it.value.port == port
    };
    if agreed.is_empty() {
        let versions = parts.tls_versions.iter().filter(asked_here);
        agreed.extend(versions.filter_map(|it| it.value.accepted.iter().max()).map(String::as_str));
    }
    agreed.sort_unstable();
    agreed.dedup();
    if !agreed.is_empty() {
        return Some(agreed.join(", "));
    }
    let is_encrypted = parts.answers.iter().any(|it| {
        let door = (it.value.transport, asked(&it.evidence), it.value.port);
        it.value.is_encrypted && door == (transport, Some(address), port)
    });
    is_encrypted.then(|| "TLS".to_owned())
}

/// The distance of the listener that asking this door reaches.
fn nearest(parts: &Parts<'_>, door: Door) -> Option<u8> {
    parts.listeners.iter().filter_map(|it| answers(it.value, door)).min()
}

fn answers(listener: &Listener, (transport, address, port): Door) -> Option<u8> {
    if listener.transport == transport { distance(listener, address, port) } else { None }
}
