//! The company as data: segments, hosts, and the kinds of service that hosts run.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use anyhow::Context as _;
use ipnet::{Ipv4Net, Ipv6Net};
use serde::Deserialize;

/// The company of the lab: `tests/lab/company.toml`.
const COMPANY: &str = include_str!("../../lab/company.toml");
/// What its hosts can run: `tests/lab/services.toml`.
const SERVICES: &str = include_str!("../../lab/services.toml");

/// Segments, hosts and services.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// The broadcast domains.
    pub segment: Vec<Segment>,
    /// Everything with an address.
    pub host: Vec<Host>,
    /// Kinds of service.
    #[serde(default)]
    pub service: Vec<Service>,
}

/// A broadcast domain: a bridge in the switch namespace.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Its name, at most nine characters (it becomes part of an interface's name).
    pub name: String,
    /// Where it is.
    pub site: String,
    /// Its IPv4 network.
    pub v4: Ipv4Net,
    /// Its IPv6 network.
    pub v6: Ipv6Net,
    /// The IPv4 gateway of its hosts; routers have routes of their own.
    pub gateway4: Option<Ipv4Addr>,
    /// The IPv6 gateway of its hosts.
    pub gateway6: Option<Ipv6Addr>,
    /// Whether it only joins routers and no scan names it.
    #[serde(default)]
    pub is_transit: bool,
}

/// A host: mount, UTS, IPC, PID and network namespace of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its short name.
    pub name: String,
    /// What it is, in the words of the scan's document.
    pub kind: String,
    /// Its interfaces, `eth0` first.
    pub nic: Vec<Nic>,
    /// Kinds of service that it runs.
    #[serde(default)]
    pub services: Vec<String>,
    /// Packages in its database beside those of its services.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Routes beside the default one.
    #[serde(default)]
    pub route: Vec<HostRoute>,
    /// Whether it forwards packets.
    #[serde(default)]
    pub is_router: bool,
    /// Whether an agent reports about it.
    #[serde(default)]
    pub has_agent: bool,
    /// Whether scans must leave it alone (`--exclude`).
    #[serde(default)]
    pub is_excluded: bool,
    /// Rules for nftables, the body of `table inet lab { … }`.
    #[serde(default)]
    pub nft: String,
    /// What a scan from another segment can see of it.
    #[serde(default)]
    pub visible: Visible,
}

/// How a host shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Visible {
    /// It answers to IP.
    #[default]
    Ip,
    /// It answers to ARP and drops everything else.
    ArpOnly,
}

/// An interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nic {
    /// The segment that it is plugged into.
    pub segment: String,
    /// Its IPv4 address.
    pub v4: Option<Ipv4Addr>,
    /// Its IPv6 address.
    pub v6: Option<Ipv6Addr>,
    /// Its hardware address.
    pub mac: String,
}

/// A static route.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostRoute {
    /// Where to.
    pub to: ipnet::IpNet,
    /// Through which neighbour.
    pub via: std::net::IpAddr,
}

/// A kind of service: how it is set up and what is true about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name in `Host::services`.
    pub name: String,
    /// The package whose version is the truth; none: no package, part of the lab.
    pub package: Option<String>,
    /// More packages that it needs on the machine.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The program that must be there.
    pub binary: Option<String>,
    /// What it says it is.
    pub product: Option<String>,
    /// Other names that are as right.
    #[serde(default)]
    pub also: Vec<String>,
    /// Who tells the version.
    #[serde(default)]
    pub version: Told,
    /// Where it listens.
    #[serde(default)]
    pub port: Vec<Port>,
    /// A script that runs before it, as root in the host.
    #[serde(default)]
    pub setup: String,
    /// A script that becomes the service: it stays in the foreground. Empty: nothing to run.
    #[serde(default)]
    pub run: String,
}

/// Who can tell the version of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The service itself, to anybody who asks.
    Wire,
    /// Only the host's package database, hence an agent.
    #[default]
    Host,
}

/// A port of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Its number.
    pub port: u16,
    /// `tcp` or `udp`.
    #[serde(default = "tcp")]
    pub proto: String,
    /// The protocol spoken on it.
    pub service: String,
    /// Whether it speaks TLS from the first byte.
    #[serde(default)]
    pub is_tls: bool,
    /// Whether its protocol has no way to tell the product.
    #[serde(default)]
    pub is_mute: bool,
    /// Whether a scan must leave it alone, so that nobody can expect it to be found.
    #[serde(default)]
    pub is_taboo: bool,
}

fn tcp() -> String {
    "tcp".to_owned()
}

impl Company {
    /// The lab's company.
    ///
    /// # Errors
    /// If its data contradict themselves.
    pub fn load() -> anyhow::Result<Self> {
        let mut company: Self = toml::from_str(COMPANY).context("company.toml")?;
        let services: Services = toml::from_str(SERVICES).context("services.toml")?;
        company.service = services.service;
        company.check()?;
        Ok(company)
    }

    /// A segment by its name.
    ///
    /// # Errors
    /// If there is none.
    pub fn segment(&self, name: &str) -> anyhow::Result<&Segment> {
        let found = self.segment.iter().find(|it| it.name == name);
        found.with_context(|| format!("no segment {name}"))
    }

    /// A host by its name.
    ///
    /// # Errors
    /// If there is none.
    pub fn host(&self, name: &str) -> anyhow::Result<&Host> {
        let found = self.host.iter().find(|it| it.name == name);
        found.with_context(|| format!("no host {name}"))
    }

    /// What a host runs.
    ///
    /// # Errors
    /// If it names a kind of service that does not exist.
    pub fn services_of(&self, host: &Host) -> anyhow::Result<Vec<&Service>> {
        let find = |name: &String| {
            let found = self.service.iter().find(|it| &it.name == name);
            found.with_context(|| format!("{}: no service {name}", host.name))
        };
        host.services.iter().map(find).collect()
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut taken = BTreeSet::new();
        for host in &self.host {
            anyhow::ensure!(taken.insert(host.name.clone()), "host {} twice", host.name);
            self.services_of(host)?;
            for nic in &host.nic {
                let segment = self.segment(&nic.segment)?;
                let texts = [nic.v4.map(|it| it.to_string()), nic.v6.map(|it| it.to_string())];
                for text in texts.into_iter().flatten().chain([nic.mac.clone()]) {
                    anyhow::ensure!(taken.insert(text.clone()), "{}: {text} twice", host.name);
                }
                let fits = nic.v4.is_none_or(|it| segment.v4.contains(&it))
                    && nic.v6.is_none_or(|it| segment.v6.contains(&it));
                anyhow::ensure!(fits, "{}: an address is not in {}", host.name, segment.name);
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Services {
    service: Vec<Service>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_company_has_two_sites_five_segments_and_at_least_fifteen_hosts() {
        let company = Company::load().unwrap();
        let segments: Vec<&Segment> = company.segment.iter().filter(|it| !it.is_transit).collect();
        assert_eq!(segments.len(), 5);
        let sites: BTreeSet<&str> = segments.iter().map(|it| it.site.as_str()).collect();
        assert_eq!(sites.len(), 2);
        assert!(company.host.len() >= 15, "{}", company.host.len());
        assert_eq!(company.host.iter().filter(|it| it.has_agent).count(), 3);
    }

    #[test]
    fn an_address_outside_its_segment_is_refused() {
        let mut company = Company::load().unwrap();
        company.host[0].nic[0].v4 = Some(Ipv4Addr::new(192, 0, 2, 1));
        assert!(company.check().unwrap_err().to_string().contains("is not in"));
    }

    #[test]
    fn a_hardware_address_that_two_hosts_have_is_refused() {
        let mut company = Company::load().unwrap();
        company.host[1].nic[0].mac = company.host[0].nic[0].mac.clone();
        assert!(company.check().unwrap_err().to_string().contains("twice"));
    }
}
