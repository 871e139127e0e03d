//! Leaves out of a report what would tell where a person's machine is when it is not at home.

use std::net::{IpAddr, SocketAddr};

use observation::latest::{Absent, Fact, Gap, NetworkInterface, Resolver, SourceId};

use crate::home::{Watched, Whereabouts};
use crate::sources::Found;

/// Everything in this domain speaks of the network that the machine is in …
const NETWORK_DOMAIN: &str = "network.";
/// … but these: the adapters without foreign addresses, and the machine's own keys.
const ALWAYS_READ: [&str; 2] = ["network.interfaces", "network.ssh_host_keys"];

/// Why a source is not read at all; none: it is.
pub(super) fn withheld(whereabouts: &Whereabouts, source: &SourceId) -> Option<Absent> {
    let Whereabouts::Watched(watched) = whereabouts else { return None };
    let name = source.as_str();
    let is_of_network = name.starts_with(NETWORK_DOMAIN) && !ALWAYS_READ.contains(&name);
    (watched.is_outside() && is_of_network).then(|| watched.reason(name))
}

/// What was found without what speaks of foreign networks; that something is missing is said.
pub(super) fn reduced(whereabouts: &Whereabouts, source: &SourceId, found: Found) -> Found {
    let Whereabouts::Watched(watched) = whereabouts else { return found };
    let mut reduced = Found { complaints: found.complaints, ..Found::default() };
    for fact in found.facts {
        match fact_at_home(watched, fact) {
            Kept::Whole(fact) => reduced.facts.push(fact),
            Kept::Part(fact, field, of) => {
                reduced.facts.push(fact);
                reduced.gaps.push(gap(watched, source, field, Some(of)));
            }
            Kept::Nothing(field) => reduced.gaps.push(gap(watched, source, field, None)),
        }
    }
    reduced.gaps.extend(found.gaps.into_iter().map(|it| gap_at_home(watched, it)));
    reduced.gaps.sort();
    reduced.gaps.dedup();
    reduced
}

/// What remains of a fact.
enum Kept {
    Whole(Fact),
    /// The fact, the field that is incomplete, and whose it is.
    Part(Fact, &'static str, String),
    /// Only that facts of this kind were left out.
    Nothing(&'static str),
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "new facts about the network come from sources of its domain, withheld outside"
)]
fn fact_at_home(watched: &Watched, fact: Fact) -> Kept {
    let keep = |is_kept: bool, fact: Fact, field: &'static str| {
        if is_kept { Kept::Whole(fact) } else { Kept::Nothing(field) }
    };
    match fact {
        Fact::NetworkInterface(it) => interface(watched, it),
        Fact::Resolver(it) => resolver(watched, it),
        Fact::DhcpLease(it) => {
            keep(watched.has_interface(&it.interface), Fact::DhcpLease(it), "dhcp_lease")
        }
        Fact::LinkNeighbour(it) => {
            keep(watched.has_interface(&it.interface), Fact::LinkNeighbour(it), "link_neighbour")
        }
        Fact::Neighbour(it) => {
            keep(watched.has_interface(&it.interface), Fact::Neighbour(it), "neighbour")
        }
        Fact::Route(it) => {
            let is_home = it.interface.as_deref().is_some_and(|it| watched.has_interface(it));
            keep(is_home, Fact::Route(it), "route")
        }
        Fact::Connection(it) => {
            keep(watched.has_address(it.local), Fact::Connection(it), "connection")
        }
        Fact::Listener(it) => keep(watched.has_address(it.address), Fact::Listener(it), "listener"),
        other => Kept::Whole(other),
    }
}

fn interface(watched: &Watched, mut it: NetworkInterface) -> Kept {
    let count = it.addresses.len();
    if !watched.has_interface(&it.name) {
        it.addresses.retain(|it| watched.has_address(it.address));
    }
    if it.addresses.len() == count {
        return Kept::Whole(Fact::NetworkInterface(it));
    }
    let name = it.name.clone();
    Kept::Part(Fact::NetworkInterface(it), "network_interface.addresses", name)
}

/// With another network beside the company's nobody can say whose name server it is; its address can.
fn resolver(watched: &Watched, mut it: Resolver) -> Kept {
    if !watched.is_elsewhere_too() {
        return Kept::Whole(Fact::Resolver(it));
    }
    if !watched.has_network_of(it.address) && !it.address.is_loopback() {
        return Kept::Nothing("resolver");
    }
    if it.search_domains.is_empty() {
        return Kept::Whole(Fact::Resolver(it));
    }
    it.search_domains.clear();
    let of = it.address.to_string();
    Kept::Part(Fact::Resolver(it), "resolver.search_domains", of)
}

fn gap(watched: &Watched, source: &SourceId, field: &str, of: Option<String>) -> Gap {
    Gap { field: field.to_owned(), of, reason: watched.reason(source.as_str()) }
}

/// Gaps name what they miss: `tcp/192.168.178.20:443`.
fn gap_at_home(watched: &Watched, mut gap: Gap) -> Gap {
    let is_foreign = |text: &str| address_in(text).is_some_and(|it| !watched.has_address(it));
    gap.of = gap.of.filter(|it| !is_foreign(it));
    match &mut gap.reason {
        Absent::NotLookedAt { what: text, .. }
        | Absent::NotAllowed { what: text, .. }
        | Absent::NotHere { looked_at: text }
            if is_foreign(text) =>
        {
            text.clear();
        }
        // Sentences of our own: with an address in them they name one of this machine.
        Absent::Failed { doing, .. } | Absent::TimedOut { doing, .. }
            if doing.split(' ').any(is_foreign) =>
        {
            doing.clear();
        }
        Absent::NotHere { .. }
        | Absent::NotAllowed { .. }
        | Absent::Failed { .. }
        | Absent::TimedOut { .. }
        | Absent::NotLookedAt { .. } => {}
    }
    gap
}

fn address_in(text: &str) -> Option<IpAddr> {
    let text = text.rsplit('/').next().unwrap_or(text);
    let socket = text.parse::<SocketAddr>().ok().map(|it| it.ip());
    socket.or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests;
