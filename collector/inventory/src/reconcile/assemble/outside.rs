//! What is seen of an asset from outside: addresses, names, keys, ways to it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use observation::latest::{AgentId, SeenBy, ServiceProtocol, Statement, Transport};

use super::parts::{Parts, Seen, asked, merged};
use super::system;
use super::{Chosen, door};
use crate::asset::{
    AddressDescription, Attested, Contact, Evidence, HostKeyDescription, ObserverId,
    PathDescription,
};
use crate::recognise::{host_name_text, mac_vendor, stated_text};
use crate::reconcile::{SIGHTINGS_SOURCE, wire};

/// Who got in contact with it, and how.
pub(super) fn contact(chosen: &[Chosen<'_>]) -> Contact {
    let of_one = |it: &Chosen<'_>| match &it.evidence.observer {
        ObserverId::Agent(_) | ObserverId::Person(_) => Contact::Reported,
        ObserverId::Target(_) if it.section.source.as_str() == SIGHTINGS_SOURCE => Contact::Seen,
        ObserverId::Target(_) => Contact::Scanned,
    };
    chosen.iter().map(of_one).max().unwrap_or(Contact::Seen)
}

/// One row per address, with all means by which it was seen.
pub(super) fn addresses(parts: &Parts<'_>) -> Vec<Attested<AddressDescription>> {
    let mut found: BTreeMap<IpAddr, AddressInSight> = BTreeMap::new();
    for seen in &parts.addresses {
        let sight = found.entry(seen.value.address).or_default();
        sight.means.insert(wire::seen_by(seen.value.means));
        let vantage = door(&seen.evidence.observer).map(|it| it.0);
        sight.on_link_from.extend(vantage.filter(|_| is_of_its_link(seen.value.means)));
        let mac = seen.value.mac.as_deref().and_then(system::hardware_address);
        sight.macs.extend(mac.map(|it| (seen.evidence.clone(), it)));
        sight.rests_on(&seen.evidence, seen.value.means != SeenBy::NeighbourTable);
    }
    let transports = parts
        .open_ports
        .iter()
        .map(|it| (it.value.transport, &it.evidence))
        .chain(parts.answers.iter().map(|it| (it.value.transport, &it.evidence)));
    for (transport, evidence) in transports {
        let Some(address) = asked(evidence) else { continue };
        let sight = found.entry(address).or_default();
        let means = match transport {
            Transport::Tcp => SeenBy::Tcp,
            Transport::Udp => SeenBy::Udp,
        };
        sight.means.insert(wire::seen_by(means));
        sight.rests_on(evidence, true);
    }
    found.into_iter().filter_map(|(address, sight)| sight.described(address)).collect()
}

/// Whether only a station on the same link can see an address by these means.
const fn is_of_its_link(means: SeenBy) -> bool {
    match means {
        SeenBy::Arp | SeenBy::Ndp | SeenBy::MulticastEcho | SeenBy::NeighbourTable => true,
        SeenBy::IcmpEcho | SeenBy::Tcp | SeenBy::Udp | SeenBy::Path => false,
    }
}

/// What is gathered of one address.
#[derive(Default)]
struct AddressInSight {
    means: BTreeSet<&'static str>,
    on_link_from: BTreeSet<Option<AgentId>>,
    macs: Vec<(Evidence, String)>,
    evidence: Option<(bool, bool, Evidence)>,
}

impl AddressInSight {
    /// Contact before hearsay, the collector's own look before that of an agent elsewhere.
    fn rests_on(&mut self, evidence: &Evidence, is_contact: bool) {
        let is_own_look = match &evidence.observer {
            ObserverId::Target(target) => target.vantage.is_none(),
            ObserverId::Agent(_) | ObserverId::Person(_) => false,
        };
        let candidate = Some((is_contact, is_own_look, evidence.clone()));
        self.evidence = self.evidence.take().max(candidate);
    }

    fn described(self, address: IpAddr) -> Option<Attested<AddressDescription>> {
        let (_, _, evidence) = self.evidence?;
        let mac = self.macs.into_iter().max().map(|it| it.1);
        let value = AddressDescription {
            address,
            mac_vendor: mac.as_deref().and_then(mac_vendor).map(str::to_owned),
            mac,
            means: self.means.into_iter().map(str::to_owned).collect(),
            on_link_from: self.on_link_from.into_iter().collect(),
        };
        Some(Attested { value, evidence })
    }
}

/// A name, how good it is as the name of a host (less is better), and its domain.
struct Named {
    rank: u8,
    name: Attested<String>,
    domain: Option<String>,
}

/// All names, the host's own included.
pub(super) fn names(parts: &Parts<'_>) -> Vec<Attested<String>> {
    let own = parts.host_names.iter().filter_map(|it| {
        let name = stated_text(&it.value.name)?;
        Some(Attested { value: name, evidence: it.evidence.clone() })
    });
    let told = all_told(parts).into_iter().map(|it| match it.domain {
        Some(domain) => it.name.map(|name| format!("{name}.{domain}")),
        None => it.name,
    });
    let mut all = merged(own.chain(told).collect());
    all.retain(|it| !it.value.is_empty());
    all
}

/// The best name that anything but the host itself gives it.
pub(super) fn told_name(parts: &Parts<'_>) -> Option<Attested<String>> {
    best_told(parts, |_| true).map(|it| it.name)
}

/// The domain in the best name that has one.
pub(super) fn told_domain(parts: &Parts<'_>) -> Option<Attested<String>> {
    let best = best_told(parts, |it| it.domain.as_deref().is_some_and(|it| it != "local"))?;
    let domain = best.domain?;
    Some(best.name.map(|_| domain))
}

fn best_told(parts: &Parts<'_>, fits: impl Fn(&Named) -> bool) -> Option<Named> {
    all_told(parts).into_iter().filter(fits).min_by(|left, right| {
        let key = |it: &Named| (it.rank, std::cmp::Reverse(it.name.evidence.clone()));
        key(left).cmp(&key(right)).then_with(|| left.name.value.cmp(&right.name.value))
    })
}

/// Names that others give it, in the order in which they are believed: what the machine says of
/// itself to those who ask, before what a name server says of its address, before what a person
/// wrote on a device or into a certificate.
fn all_told(parts: &Parts<'_>) -> Vec<Named> {
    let mut told = Vec::new();
    for answer in &parts.answers {
        let said = |statement| answer.value.statements.get(&statement).map(String::as_str);
        let mut tell = |rank, text: Option<&str>, form: fn(&str) -> Option<Name>| {
            let name = text.and_then(form);
            told.extend(name.map(|it| it.attested(rank, &answer.evidence)));
        };
        tell(0, said(Statement::DnsComputerName), host_name);
        tell(5, said(Statement::ComputerName), host_name);
        match answer.value.protocol {
            ServiceProtocol::Snmp => tell(1, said(Statement::Name), host_name),
            ServiceProtocol::Mdns => tell(3, said(Statement::Name), host_name),
            ServiceProtocol::Dns => tell(4, said(Statement::Name), host_name),
            ServiceProtocol::Smtp => tell(4, said(Statement::Banner), greeted_name),
            ServiceProtocol::Ftp
            | ServiceProtocol::Http
            | ServiceProtocol::Imap
            | ServiceProtocol::Ipp
            | ServiceProtocol::Modbus
            | ServiceProtocol::Mysql
            | ServiceProtocol::Netbios
            | ServiceProtocol::Pop3
            | ServiceProtocol::Postgresql
            | ServiceProtocol::Rdp
            | ServiceProtocol::Redis
            | ServiceProtocol::Smb
            | ServiceProtocol::Ssdp
            | ServiceProtocol::Ssh
            | ServiceProtocol::Telnet
            | ServiceProtocol::Tls
            | ServiceProtocol::Unknown => tell(6, said(Statement::Name), free_name),
        }
    }
    for reverse in &parts.reverse_names {
        let name = host_name(&reverse.value.name);
        told.extend(name.map(|it| it.attested(2, &reverse.evidence)));
    }
    for certificate in parts.certificates.iter().filter(|it| asked(&it.evidence).is_some()) {
        let names = certificate.value.names.iter().filter(|it| it.contains('.'));
        let name = names.filter_map(|it| host_name(it)).min_by(|one, other| one.cmp(other));
        told.extend(name.map(|it| it.attested(7, &certificate.evidence)));
    }
    told
}

/// Name and domain.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    name: String,
    domain: Option<String>,
}

impl Name {
    fn attested(self, rank: u8, evidence: &Evidence) -> Named {
        let name = Attested { value: self.name, evidence: evidence.clone() };
        Named { rank, name, domain: self.domain }
    }
}

/// A name as the DNS and Windows have them. Addresses and wildcards are none.
fn host_name(text: &str) -> Option<Name> {
    let text = text.trim().trim_end_matches('.');
    let has_room = text.chars().any(char::is_whitespace);
    if has_room || text.contains(['*', ':', '/', '\\']) || text.parse::<IpAddr>().is_ok() {
        return None;
    }
    let name = host_name_text(text)?;
    let (short, domain) = match name.split_once('.') {
        Some((short, domain)) if !domain.is_empty() => (short.to_owned(), Some(domain.to_owned())),
        Some((short, _)) => (short.to_owned(), None),
        None => (name, None),
    };
    let is_one = !short.is_empty() && host_name_text(&short).is_some();
    is_one.then_some(Name { name: short, domain: domain.filter(|it| it != "localdomain") })
}

/// The name in `220 mail.example ESMTP` (RFC 5321 §4.2).
fn greeted_name(banner: &str) -> Option<Name> {
    let name = banner.strip_prefix("220")?.trim_start_matches(['-', ' ']).split(' ').next()?;
    host_name(name).filter(|it| it.domain.is_some())
}

/// A name that a person or a maker wrote on a device.
fn free_name(text: &str) -> Option<Name> {
    stated_text(text).map(|name| Name { name, domain: None })
}

pub(super) fn host_keys(parts: &Parts<'_>) -> Vec<Attested<HostKeyDescription>> {
    merged(converted(&parts.host_keys, |it| HostKeyDescription {
        algorithm: it.algorithm.clone(),
        fingerprint: it.fingerprint,
    }))
}

pub(super) fn paths(parts: &Parts<'_>) -> Vec<Attested<PathDescription>> {
    merged(converted(&parts.paths, |it| PathDescription {
        target: it.target,
        hops: it.hops.clone(),
        is_complete: it.is_complete,
    }))
}

fn converted<W, T>(seen: &Seen<'_, W>, convert: impl Fn(&W) -> T) -> Vec<Attested<T>> {
    seen.iter().map(|it| it.clone().map(&convert)).collect()
}
