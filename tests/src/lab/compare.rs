//! What a scanner says beside what is true.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use inventory::export::NetworkDocument;

use crate::lab::company::{Told, Visible};
use crate::lab::nmap;
use crate::lab::shell::read;
use crate::lab::truth::{TrueHost, TrueService, Truth};

/// What a scanner says, whatever scanner it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The devices.
    pub devices: Vec<Seen>,
    /// Which device reaches others through which: names of devices, or addresses.
    pub links: Vec<(String, String)>,
}

/// What a scanner says about a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its name in the scanner's words.
    pub name: String,
    /// Addresses of both families, in their usual spelling.
    pub addresses: Vec<String>,
    /// Hardware addresses, lower case.
    pub macs: Vec<String>,
    /// What it is.
    pub kind: Option<String>,
    /// Stations to it, itself included.
    pub hops: Option<usize>,
    /// What it offers.
    pub services: Vec<SeenService>,
}

/// What a scanner says about a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenService {
    /// Its port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub proto: String,
    /// The product.
    pub product: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

/// How much of one thing is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Of what.
    pub name: &'static str,
    /// How many are right.
    pub right: usize,
    /// Of how many.
    pub of: usize,
    /// What is not, in words.
    pub misses: Vec<String>,
}

impl Measure {
    fn new(name: &'static str) -> Self {
        Self { name, right: 0, of: 0, misses: Vec::new() }
    }

    fn count(&mut self, is_right: bool, miss: impl FnOnce() -> String) {
        self.of += 1;
        if is_right {
            self.right += 1;
        } else {
            self.misses.push(miss());
        }
    }

    /// The share that is right; 1 of nothing.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.of == 0 { 1.0 } else { self.right as f64 / self.of as f64 }
    }
}

/// The whole comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What should be known, by name.
    pub measures: Vec<Measure>,
    /// Hosts that stand there more than once.
    pub duplicates: Vec<String>,
    /// Devices that are several hosts in truth.
    pub merged: Vec<String>,
    /// Devices that do not exist.
    pub invented: Vec<String>,
    /// Versions that are not true.
    pub wrong_versions: Vec<String>,
    /// Links that do not exist.
    pub wrong_links: Vec<String>,
}

impl Comparison {
    /// A measure by its name.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn measure(&self, name: &str) -> anyhow::Result<&Measure> {
        let found = self.measures.iter().find(|it| it.name == name);
        found.ok_or_else(|| anyhow::anyhow!("no measure {name}"))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for it in &self.measures {
            let (name, right, of) = (it.name, it.right, it.of);
            writeln!(to, "{name:<14} {right:>4} of {of:>4}  {:>5.1} %", it.share() * 100.0)?;
        }
        let lists = [
            ("duplicates", &self.duplicates),
            ("merged", &self.merged),
            ("invented", &self.invented),
            ("wrong versions", &self.wrong_versions),
            ("wrong links", &self.wrong_links),
        ];
        for (name, list) in lists {
            writeln!(to, "{name:<14} {:>4}", list.len())?;
        }
        let misses = self.measures.iter().map(|it| (it.name, &it.misses));
        for (name, list) in misses.chain(lists) {
            for miss in list {
                writeln!(to, "  {name}: {miss}")?;
            }
        }
        Ok(())
    }
}

/// Compares a file, a document of ours or an XML report of nmap's, with the truth in another one.
///
/// # Errors
/// If one of them cannot be read.
pub fn of_file(truth: &Path, result: &Path) -> anyhow::Result<Comparison> {
    let truth: Truth = serde_json::from_str(&read(truth)?)?;
    let text = read(result)?;
    let seen = if text.starts_with("<?xml") {
        nmap::read(&text)?
    } else {
        of_document(&serde_json::from_str(&text)?)
    };
    Ok(compare(&truth, &seen))
}

/// What a document of ours says.
#[must_use]
pub fn of_document(document: &NetworkDocument) -> Said {
    let word = |kind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned);
    let devices = document.devices.iter().map(|it| Seen {
        name: it.name.clone(),
        addresses: it
            .ips
            .iter()
            .map(ToString::to_string)
            .chain(it.ip6s.iter().map(ToString::to_string))
            .collect(),
        macs: it.macs.clone(),
        kind: word(it.kind),
        hops: it.hops,
        services: it
            .services
            .iter()
            .map(|it| SeenService {
                port: it.port,
                proto: it.proto.clone(),
                product: it.product.clone(),
                version: it.version.clone(),
            })
            .collect(),
    });
    let links = document.links.iter().map(|it| (it.a.clone(), it.b.clone())).collect();
    Said { devices: devices.collect(), links }
}

/// Compares what was said with the truth.
#[must_use]
pub fn compare(truth: &Truth, said: &Said) -> Comparison {
    let seen = &said.devices;
    let owner = owners(truth);
    let mut of_host: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    let mut result = Comparison {
        measures: Vec::new(),
        duplicates: Vec::new(),
        merged: Vec::new(),
        invented: Vec::new(),
        wrong_versions: Vec::new(),
        wrong_links: Vec::new(),
    };
    for device in seen {
        let mut hosts: Vec<&str> = keys(device).filter_map(|it| owner.get(it).copied()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        match hosts.as_slice() {
            [] => result.invented.push(format!("{} {:?}", device.name, device.addresses)),
            [_] => {}
            several => result.merged.push(format!("{} is {several:?}", device.name)),
        }
        for host in hosts {
            of_host.entry(host).or_default().push(device);
        }
    }
    for (host, devices) in of_host.iter().filter(|it| it.1.len() > 1) {
        let names: Vec<&str> = devices.iter().map(|it| it.name.as_str()).collect();
        result.duplicates.push(format!("{host} is {names:?}"));
    }
    let found = |host: &TrueHost| of_host.get(&*host.name).and_then(|it| it.first()).copied();
    result.measures = hosts(truth, &found);
    let (measures, wrong) = services(truth, &found);
    result.measures.extend(measures);
    result.wrong_versions = wrong;
    let (measure, wrong) = links(truth, said, &owner);
    result.measures.push(measure);
    result.wrong_links = wrong;
    result
}

/// Every host is to be linked with the router of a segment of its, every router with those beside it.
/// A link between others is wrong.
fn links(truth: &Truth, said: &Said, owner: &BTreeMap<&str, &str>) -> (Measure, Vec<String>) {
    let host_of = |it: &str| {
        let device = said.devices.iter().find(|device| device.name == it);
        let mut keys = device.into_iter().flat_map(keys).chain([it]);
        keys.find_map(|it| owner.get(it).copied())
    };
    let ends: Vec<Option<(&str, &str)>> =
        said.links.iter().map(|it| host_of(&it.0).zip(host_of(&it.1))).collect();
    let has = |a: &str, b: &str| ends.iter().flatten().any(|it| *it == (a, b) || *it == (b, a));
    let mut links = Measure::new("links");
    for host in scanned(truth).filter(|it| it.visible == Visible::Ip) {
        if host.is_router {
            for other in host.routers.iter().filter(|it| **it > host.name) {
                links.count(has(&host.name, other), || format!("{} - {other}", host.name));
            }
        } else {
            let is_linked = host.routers.iter().any(|it| has(&host.name, it));
            links.count(is_linked, || format!("{} - {:?}", host.name, host.routers));
        }
    }
    let are_beside = |a: &str, b: &str| {
        let is_of = |host: &TrueHost, other: &str| host.routers.iter().any(|it| it == other);
        let host = |name: &str| truth.hosts.iter().find(|it| it.name == name);
        host(a).is_some_and(|it| is_of(it, b)) || host(b).is_some_and(|it| is_of(it, a))
    };
    let is_wrong = |it: &Option<(&str, &str)>| it.is_none_or(|(a, b)| a != b && !are_beside(a, b));
    let wrong = said.links.iter().zip(&ends).filter(|it| is_wrong(it.1));
    let wrong = wrong.map(|((a, b), _)| format!("{a} - {b}"));
    (links, wrong.collect())
}

fn owners(truth: &Truth) -> BTreeMap<&str, &str> {
    let keys = |host: &TrueHost| host.ips.len() + host.ip6s.len() + host.macs.len();
    let hosts = truth.hosts.iter().filter(|it| keys(it) > 0);
    let pairs = hosts.flat_map(|host| {
        let keys = host.ips.iter().chain(&host.ip6s).chain(&host.macs);
        keys.map(|it| (it.as_str(), host.name.as_str()))
    });
    pairs.collect()
}

fn keys(device: &Seen) -> impl Iterator<Item = &str> {
    device.addresses.iter().chain(&device.macs).map(String::as_str)
}

fn scanned(truth: &Truth) -> impl Iterator<Item = &TrueHost> {
    truth.hosts.iter().filter(|it| !it.is_excluded)
}

fn hosts<'a>(truth: &Truth, found: &impl Fn(&TrueHost) -> Option<&'a Seen>) -> Vec<Measure> {
    let [mut ip, mut silent, mut addresses, mut macs, mut hops, mut kinds] =
        ["hosts", "silent hosts", "addresses", "MACs", "hops", "kinds"].map(Measure::new);
    let near: Vec<&str> = truth
        .hosts
        .iter()
        .filter(|it| it.name == truth.scanner)
        .flat_map(|it| it.segments.iter().map(String::as_str))
        .collect();
    for host in scanned(truth) {
        let device = found(host);
        let name = &host.name;
        if host.visible == Visible::ArpOnly {
            silent.count(device.is_some(), || name.clone());
            continue;
        }
        ip.count(device.is_some(), || name.clone());
        for ((address, mac), segment) in host.ips.iter().zip(&host.macs).zip(&host.segments) {
            let is_named = address.starts_with("10.20.") || address.starts_with("10.30.");
            if is_named {
                let is_known = device.is_some_and(|it| it.addresses.contains(address));
                addresses.count(is_known, || format!("{name} {address}"));
            }
            if near.contains(&segment.as_str()) || host.has_agent {
                let is_known = device.is_some_and(|it| it.macs.contains(mac));
                macs.count(is_known, || format!("{name} {mac}"));
            }
        }
        if name != &truth.scanner {
            let said = device.and_then(|it| it.hops);
            hops.count(said == host.hops, || format!("{name} {said:?} not {:?}", host.hops));
        }
        let said = device.and_then(|it| it.kind.as_deref());
        kinds.count(said == Some(&*host.kind), || format!("{name} {said:?} not {}", host.kind));
    }
    vec![ip, silent, addresses, macs, hops, kinds]
}

fn services<'a>(
    truth: &Truth,
    found: &impl Fn(&TrueHost) -> Option<&'a Seen>,
) -> (Vec<Measure>, Vec<String>) {
    let [mut all, mut products, mut versions] =
        ["services", "products", "versions"].map(Measure::new);
    let mut wrong = Vec::new();
    for host in scanned(truth) {
        let device = found(host);
        for service in host.services.iter().filter(|it| !it.is_taboo) {
            let at = format!("{} {}/{}", host.name, service.port, service.proto);
            let seen = device.and_then(|device| {
                let same = |it: &&SeenService| it.port == service.port && it.proto == service.proto;
                device.services.iter().find(same)
            });
            all.count(seen.is_some(), || at.clone());
            let Some(product) = &service.product else { continue };
            let said = seen.and_then(|it| it.product.as_deref());
            let is_right = said.is_some_and(|it| is_product(service, product, it));
            products.count(is_right, || format!("{at} {said:?} not {product}"));
            let said = seen.and_then(|it| it.version.as_deref()).filter(|_| is_right);
            let Some(version) = &service.version else { continue };
            let is_right = said.is_some_and(|it| is_version(version, it));
            if let Some(said) = said.filter(|_| !is_right) {
                wrong.push(format!("{at} {said} not {version}"));
            }
            if service.version_told == Told::Wire || host.has_agent {
                versions.count(is_right, || format!("{at} {said:?} not {version}"));
            }
        }
    }
    (vec![all, products, versions], wrong)
}

fn is_product(service: &TrueService, product: &str, said: &str) -> bool {
    let said = said.to_lowercase();
    let mut names = service.also.iter().map(String::as_str).chain([product]);
    names.any(|it| said.contains(&it.to_lowercase()))
}

/// The makers' version, the package's, or the part of it that the service tells (`2.4` of 2.4.2).
fn is_version(version: &str, said: &str) -> bool {
    let said = crate::lab::truth::upstream(said);
    let said = said.split_whitespace().next().unwrap_or(said);
    said == version
        || version
            .strip_prefix(said)
            .is_some_and(|rest| rest.starts_with('.') && said.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, ips: &[&str], services: Vec<TrueService>) -> TrueHost {
        TrueHost {
            name: name.to_owned(),
            kind: "server".to_owned(),
            site: "A".to_owned(),
            ips: ips.iter().map(|it| (*it).to_owned()).collect(),
            ip6s: Vec::new(),
            macs: vec![format!("52:54:00:00:00:{name}")],
            segments: vec!["servers".to_owned()],
            visible: Visible::Ip,
            has_agent: false,
            is_excluded: false,
            is_router: false,
            services,
            packages: BTreeMap::new(),
            certificate: None,
            hops: Some(1),
            routers: Vec::new(),
        }
    }

    fn ssh() -> TrueService {
        TrueService {
            port: 22,
            proto: "tcp".to_owned(),
            service: "ssh".to_owned(),
            is_tls: false,
            product: Some("OpenSSH".to_owned()),
            also: Vec::new(),
            version: Some("9.2p1".to_owned()),
            is_taboo: false,
            version_told: Told::Wire,
        }
    }

    fn truth() -> Truth {
        let scanner = host("01", &["10.20.1.1"], Vec::new());
        Truth {
            networks: Vec::new(),
            excluded: Vec::new(),
            scanner: scanner.name.clone(),
            hosts: vec![scanner, host("02", &["10.20.1.2", "10.20.1.3"], vec![ssh()])],
        }
    }

    fn said(devices: impl IntoIterator<Item = Seen>, links: &[(&str, &str)]) -> Said {
        let links = links.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
        Said { devices: devices.into_iter().collect(), links }
    }

    fn seen(name: &str, addresses: &[&str], version: &str) -> Seen {
        Seen {
            name: name.to_owned(),
            addresses: addresses.iter().map(|it| (*it).to_owned()).collect(),
            services: vec![SeenService {
                port: 22,
                proto: "tcp".to_owned(),
                product: Some("OpenSSH".to_owned()),
                version: Some(version.to_owned()),
            }],
            ..Seen::default()
        }
    }

    #[test]
    fn a_host_with_two_entries_is_a_duplicate_and_a_device_of_two_hosts_a_merge() {
        let twice = [seen("a", &["10.20.1.2"], "9.2p1"), seen("b", &["10.20.1.3"], "9.2p1")];
        let result = compare(&truth(), &said(twice, &[]));
        assert_eq!((result.duplicates.len(), result.merged.len()), (1, 0));
        let result =
            compare(&truth(), &said([seen("a", &["10.20.1.2", "10.20.1.1"], "9.2p1")], &[]));
        assert_eq!((result.duplicates.len(), result.merged.len()), (0, 1));
    }

    #[test]
    fn a_device_without_truth_is_invented_and_a_host_without_device_is_missed() {
        let result = compare(&truth(), &said([seen("x", &["10.20.1.99"], "9.2p1")], &[]));
        assert_eq!(result.invented.len(), 1);
        let found = result.measure("hosts").unwrap();
        assert_eq!((found.right, found.of), (0, 2));
    }

    #[test]
    fn a_version_is_right_as_the_makers_the_package_or_the_service_write_it() {
        assert!(is_version("9.2p1", "9.2p1"));
        assert!(is_version("9.2p1", "1:9.2p1-2+deb12u6"));
        assert!(is_version("2.4.2", "2.4"));
        assert!(!is_version("4.17.12", "4.6.2"));
        assert!(!is_version("15.18", "1"));
        assert!(!is_version("15.18", "9.6.0 or later"));
    }

    #[test]
    fn a_version_that_is_not_true_is_named() {
        let result = compare(&truth(), &said([seen("a", &["10.20.1.2", "10.20.1.3"], "9.3")], &[]));
        assert_eq!(result.wrong_versions, ["02 22/tcp 9.3 not 9.2p1"]);
        assert_eq!(result.measure("versions").unwrap().right, 0);
    }

    #[test]
    fn a_link_is_right_in_either_direction_and_one_between_others_is_wrong() {
        let mut truth = truth();
        truth.hosts[1].routers = vec!["01".to_owned()];
        let devices = || [seen("a", &["10.20.1.2"], "9.2p1"), seen("b", &["10.20.1.1"], "9.2p1")];
        let result = compare(&truth, &said(devices(), &[("b", "a")]));
        assert_eq!(result.measure("links").unwrap().share(), 0.5);
        assert!(result.wrong_links.is_empty());
        let result = compare(&truth, &said(devices(), &[("a", "10.20.1.3"), ("a", "nobody")]));
        assert_eq!(result.wrong_links, ["a - nobody"]);
        truth.hosts[1].routers.clear();
        let result = compare(&truth, &said(devices(), &[("a", "b")]));
        assert_eq!(result.wrong_links, ["a - b"]);
    }
}
