//! What is true about the lab, in the form in which results are compared with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::lab::company::{Company, Host, Told, Visible};
use crate::lab::host;
use crate::lab::shell::read;

/// The host that scans.
pub const SCANNER: &str = "kataster01";

/// Everything that is true.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Truth {
    /// The networks that a scan may name.
    pub networks: Vec<String>,
    /// Addresses that every scan must leave alone.
    pub excluded: Vec<String>,
    /// The host that scans.
    pub scanner: String,
    /// All hosts.
    pub hosts: Vec<TrueHost>,
}

/// What is true about a host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrueHost {
    /// Its short name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Its site.
    pub site: String,
    /// Its IPv4 addresses that a scan may name.
    pub ips: Vec<String>,
    /// Its IPv6 addresses.
    pub ip6s: Vec<String>,
    /// Its hardware addresses.
    pub macs: Vec<String>,
    /// Its segments, in the order of its interfaces.
    pub segments: Vec<String>,
    /// How it shows itself.
    pub visible: Visible,
    /// Whether an agent reports about it.
    pub has_agent: bool,
    /// Whether scans must leave it alone.
    pub is_excluded: bool,
    /// Whether it forwards packets.
    pub is_router: bool,
    /// What it offers.
    pub services: Vec<TrueService>,
    /// Its packages with their versions.
    pub packages: BTreeMap<String, String>,
    /// The certificate that it shows.
    pub certificate: Option<TrueCertificate>,
    /// Stations from the scanner to it, itself included.
    pub hops: Option<usize>,
    /// The routers in its segments.
    pub routers: Vec<String>,
}

/// What is true about a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueCertificate {
    /// The common name of its subject.
    pub subject: String,
    /// The day on which it expires, `2036-01-01`.
    pub until: String,
}

/// What is true about a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueService {
    /// Its port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub proto: String,
    /// The protocol spoken.
    pub service: String,
    /// Whether it speaks TLS from the first byte.
    pub is_tls: bool,
    /// The product; none: it is part of the lab and says nothing.
    pub product: Option<String>,
    /// Other names of the product that are as right.
    pub also: Vec<String>,
    /// The version as its makers write it, from the package's version.
    pub version: Option<String>,
    /// Whether a scan must leave it alone.
    pub is_taboo: bool,
    /// Who can tell the version.
    pub version_told: Told,
}

/// Reads what the machine knows (versions) and joins it with the company.
///
/// # Errors
/// If the package database cannot be read or contradicts the company.
pub fn collect(folder: &Path, company: &Company) -> anyhow::Result<Truth> {
    let versions = versions(&read(Path::new("/var/lib/dpkg/status"))?);
    let hosts: anyhow::Result<Vec<TrueHost>> =
        company.host.iter().map(|it| about(company, it, &versions)).collect();
    let mut hosts = hosts?;
    for it in &mut hosts {
        let path = folder.join("shared/pki").join(format!("{}.facts", it.name));
        it.certificate = read(&path).ok().and_then(|it| certificate(&it));
        it.hops = hops(company, company.host(SCANNER)?, company.host(&it.name)?);
    }
    let excluded = hosts.iter().filter(|it| it.is_excluded).flat_map(|it| it.ips.clone()).collect();
    let named = company.segment.iter().filter(|it| !it.is_transit);
    let networks = named.flat_map(|it| [it.v4.to_string(), it.v6.to_string()]).collect();
    Ok(Truth { networks, excluded, scanner: SCANNER.to_owned(), hosts })
}

fn about(
    company: &Company,
    host: &Host,
    versions: &BTreeMap<String, String>,
) -> anyhow::Result<TrueHost> {
    let mut services = Vec::new();
    for service in company.services_of(host)? {
        let version = service.package.as_ref().and_then(|it| versions.get(it));
        services.extend(service.port.iter().map(|port| TrueService {
            port: port.port,
            proto: port.proto.clone(),
            service: port.service.clone(),
            is_tls: port.is_tls,
            product: service.product.clone().filter(|_| !port.is_mute),
            also: service.also.clone(),
            version: version.map(|it| upstream(it).to_owned()),
            is_taboo: port.is_taboo,
            version_told: service.version,
        }));
    }
    let mut site = String::new();
    let mut segments = Vec::new();
    for nic in &host.nic {
        let segment = company.segment(&nic.segment)?;
        segments.push(segment.name.clone());
        site.clone_from(&segment.site);
    }
    let wanted = host::packages(company, host)?;
    let packages = versions.iter().filter(|(name, _)| wanted.contains(*name));
    Ok(TrueHost {
        name: host.name.clone(),
        kind: host.kind.clone(),
        site,
        ips: host.nic.iter().filter_map(|it| it.v4).map(|it| it.to_string()).collect(),
        ip6s: host.nic.iter().filter_map(|it| it.v6).map(|it| it.to_string()).collect(),
        macs: host.nic.iter().map(|it| it.mac.clone()).collect(),
        segments,
        visible: host.visible,
        has_agent: host.has_agent,
        is_excluded: host.is_excluded,
        is_router: host.is_router,
        services,
        packages: packages.map(|(name, version)| (name.clone(), version.clone())).collect(),
        certificate: None,
        hops: None,
        routers: routers_beside(company, host),
    })
}

fn routers_beside(company: &Company, host: &Host) -> Vec<String> {
    let segments: BTreeSet<&str> = host.nic.iter().map(|it| it.segment.as_str()).collect();
    let others = company.host.iter().filter(|it| it.is_router && it.name != host.name);
    let beside = others.filter(|it| it.nic.iter().any(|it| segments.contains(it.segment.as_str())));
    beside.map(|it| it.name.clone()).collect()
}

fn certificate(facts: &str) -> Option<TrueCertificate> {
    let (subject, until) = facts.trim().split_once('\n')?;
    Some(TrueCertificate { subject: subject.to_owned(), until: until.to_owned() })
}

/// Stations from one host to another, the other one included: a search over segments, where only
/// routers lead on.
fn hops(company: &Company, from: &Host, to: &Host) -> Option<usize> {
    let segments = |host: &Host| -> BTreeSet<String> {
        host.nic.iter().map(|it| it.segment.clone()).collect()
    };
    let wanted = segments(to);
    let mut reached = segments(from);
    for hops in 1..=company.host.len() {
        if from.name == to.name {
            return Some(0);
        }
        if !reached.is_disjoint(&wanted) {
            return Some(hops);
        }
        let routers = company.host.iter().filter(|it| it.is_router).map(segments);
        let next: Vec<_> = routers.filter(|it| !it.is_disjoint(&reached)).collect();
        reached.extend(next.into_iter().flatten());
    }
    None
}

/// The versions of installed packages in a `dpkg` database.
#[must_use]
pub fn versions(status: &str) -> BTreeMap<String, String> {
    let stanzas = status.split("\n\n");
    let installed = stanzas
        .filter(|it| field(it, "Status").is_some_and(|status| status.ends_with(" installed")));
    let pairs = installed.filter_map(|it| Some((field(it, "Package")?, field(it, "Version")?)));
    pairs.map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
}

/// A field of a stanza.
#[must_use]
pub fn field<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    let found = stanza.lines().filter_map(|line| line.split_once(": "));
    found.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// The makers' version in a Debian one: without epoch, revision and what Debian added.
#[must_use]
pub fn upstream(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(upstream, _)| upstream);
    version.split_once("+dfsg").map_or(version, |(upstream, _)| upstream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_makers_version_has_no_epoch_no_revision_and_nothing_of_debians() {
        assert_eq!(upstream("1:9.2p1-2+deb12u6"), "9.2p1");
        assert_eq!(upstream("2:4.17.12+dfsg-0+deb12u4"), "4.17.12");
        assert_eq!(upstream("1:2.3.19.1+dfsg1-2.1+deb12u7"), "2.3.19.1");
        assert_eq!(upstream("15.18-0+deb12u1"), "15.18");
        assert_eq!(upstream("3"), "3");
    }

    #[test]
    fn the_stations_on_the_way_are_counted_with_the_host_itself() {
        let company = Company::load().unwrap();
        let scanner = company.host(SCANNER).unwrap();
        let hops = |name: &str| hops(&company, scanner, company.host(name).unwrap());
        let names = ["kataster01", "file01", "rt-a", "pc01", "rt-b", "web01", "files-b"];
        assert_eq!(names.map(hops), [0, 1, 1, 2, 2, 3, 3].map(Some));
    }

    #[test]
    fn the_routers_beside_a_host_are_those_of_its_segments() {
        let company = Company::load().unwrap();
        let beside = |name: &str| routers_beside(&company, company.host(name).unwrap());
        assert_eq!(beside("web01"), ["fw-a"]);
        assert_eq!(beside("rt-a"), ["rt-b", "fw-a"]);
    }

    #[test]
    fn only_installed_packages_have_a_version() {
        let status = "Package: a\nStatus: install ok installed\nVersion: 1\n\n\
            Package: b\nStatus: deinstall ok config-files\nVersion: 2\n";
        assert_eq!(versions(status), BTreeMap::from([("a".to_owned(), "1".to_owned())]));
    }
}
