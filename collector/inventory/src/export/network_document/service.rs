//! The services of a device that others can reach.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::asset::Asset;
use crate::asset::ServiceIdentity;
use crate::asset::ServicePort;

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceEntry {
    /// Port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub proto: String,
    /// The protocol that it was found to speak (`ssh`, `https`); `null`: not asked or not understood.
    pub service: Option<String>,
    /// The product: recognised in its own words, else the package that owns the program.
    pub product: Option<String>,
    /// Its version, only where it is stated.
    pub version: Option<String>,
}

/// The port of a protocol that is inside TLS from the first byte, and the name it has then.
const INSIDE_TLS: &[(&str, u16, &str)] =
    &[("ftp", 990, "ftps"), ("imap", 993, "imaps"), ("pop3", 995, "pop3s"), ("smtp", 465, "smtps")];

pub(super) fn services(asset: &Asset) -> Vec<ServiceEntry> {
    let mut found: BTreeMap<(u16, String), ServiceEntry> = BTreeMap::new();
    for port in asset.ports.iter().map(|it| &it.value) {
        // Nobody else reaches what listens on the loopback alone, unless a scan got an answer.
        if port.binding == "loopback" && port.answer.is_none() {
            continue;
        }
        let entry = entry(port);
        let key = (entry.port, entry.proto.clone());
        let known = found.entry(key).or_default();
        *known = richer(std::mem::take(known), entry);
    }
    found.into_values().collect()
}

fn entry(port: &ServicePort) -> ServiceEntry {
    let answer = port.answer.as_ref().map(|it| &it.value);
    let protocol = answer.and_then(|it| it.protocol.as_deref()).filter(|it| *it != "unknown");
    // Product and version come from one and the same statement, never one from each: an answer that
    // names no version steps back behind a package that has one.
    let says_more = |it: &&ServiceIdentity| it.version.is_some() || port.package_version.is_none();
    let recognised = answer.filter(|it| it.product.is_some()).filter(says_more);
    let (product, version) = match recognised {
        Some(answer) => (answer.product.clone(), answer.version.clone()),
        None => (port.package_name.clone(), port.package_version.clone()),
    };
    ServiceEntry {
        port: port.port,
        proto: port.transport.clone(),
        service: protocol.map(|it| service_name(it, port)),
        product,
        version,
    }
}

fn service_name(protocol: &str, port: &ServicePort) -> String {
    let is_encrypted = port.encryption.is_some();
    if protocol == "http" && is_encrypted {
        return "https".to_owned();
    }
    let inside = INSIDE_TLS.iter().find(|it| it.0 == protocol && it.1 == port.port);
    inside.map_or(protocol, |it| it.2).to_owned()
}

/// Of two statements on one port the one that says more; in doubt the greater text, whatever came
/// first.
fn richer(left: ServiceEntry, right: ServiceEntry) -> ServiceEntry {
    let rank = |it: &ServiceEntry| {
        (it.service.is_some(), it.product.is_some(), it.version.is_some(), it.clone())
    };
    if rank(&left) > rank(&right) { left } else { right }
}
