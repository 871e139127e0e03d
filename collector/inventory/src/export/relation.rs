//! Who talks to whom: what assets saw of their connections, put together to relations.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;

use super::stated::in_use;
use super::view::View;
use crate::asset::Asset;
use crate::asset::AssetId;
use crate::asset::CommunicationPartner;
use crate::asset::Evidence;

/// One end of a relation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// A known asset.
    Asset(AssetId),
    /// An address of the company that no asset has.
    Address(IpAddr),
    /// Public addresses outside of every zone: taken together, since they change every day.
    Outside,
}

/// Connections of one kind between two ends.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// Who opens them.
    pub from: End,
    /// Who answers.
    pub to: End,
    /// `tcp` or `udp`.
    pub transport: String,
    /// Port of the service.
    pub port: u16,
    /// Addresses of the end that opens them.
    pub from_addresses: BTreeSet<IpAddr>,
    /// Addresses of the end that answers.
    pub to_addresses: BTreeSet<IpAddr>,
    /// Programs of the end that opens them.
    pub from_programs: BTreeSet<String>,
    /// Programs of the end that answers.
    pub to_programs: BTreeSet<String>,
    /// The assets that saw them.
    pub observers: BTreeSet<AssetId>,
    /// When they were first seen.
    pub first_seen_at: Timestamp,
    /// What the relation rests on: the newest sight of it.
    pub evidence: Evidence,
}

impl Relation {
    /// Whether one of its ends is outside of the company.
    pub(super) const fn leaves_the_company(&self) -> bool {
        matches!(self.from, End::Outside) || matches!(self.to, End::Outside)
    }
}

/// All relations that assets in use saw, each once even if both of its ends saw it. Connections of an
/// asset with itself are none.
pub(super) fn relations(view: &View<'_>) -> Vec<Relation> {
    let mut found: BTreeMap<(End, End, String, u16), Relation> = BTreeMap::new();
    for asset in in_use(&view.snapshot().assets) {
        for partner in &asset.partners {
            let (own, peer) = (End::Asset(asset.id), end(view, asset, partner.value.peer));
            if own == peer {
                continue;
            }
            let sight = sight(asset, &partner.value, &partner.evidence, own, peer);
            let key = (sight.from.clone(), sight.to.clone(), sight.transport.clone(), sight.port);
            match found.get_mut(&key) {
                Some(relation) => add(relation, sight),
                None => {
                    found.insert(key, sight);
                }
            }
        }
    }
    found.into_values().collect()
}

/// Whether an address belongs to the public internet: neither private (RFC 1918, RFC 4193), shared
/// (RFC 6598), on the link, loopback, multicast nor reserved.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(it) => {
            let [first, second, ..] = it.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(it.is_private()
                || it.is_loopback()
                || it.is_link_local()
                || it.is_unspecified()
                || it.is_multicast()
                || is_shared
                || first == 0
                || first >= 240)
        }
        IpAddr::V6(it) => {
            !(it.is_unique_local()
                || it.is_loopback()
                || it.is_unicast_link_local()
                || it.is_unspecified()
                || it.is_multicast())
        }
    }
}

fn end(view: &View<'_>, asset: &Asset, address: IpAddr) -> End {
    let address = address.to_canonical();
    if asset.all_addresses().contains(&address) || address.is_loopback() {
        return End::Asset(asset.id);
    }
    if let Some(peer) = view.asset_of(address) {
        return End::Asset(peer.id);
    }
    if is_public(address) && view.zone_of(address).is_none() {
        return End::Outside;
    }
    End::Address(address)
}

fn sight(
    asset: &Asset,
    partner: &CommunicationPartner,
    evidence: &Evidence,
    own: End,
    peer: End,
) -> Relation {
    let program = partner.process.iter().cloned().collect();
    let own_addresses = BTreeSet::from([partner.local.to_canonical()]);
    let peer_addresses = BTreeSet::from([partner.peer.to_canonical()]);
    let (from, to, from_addresses, to_addresses, from_programs, to_programs) =
        if partner.is_incoming {
            (peer, own, peer_addresses, own_addresses, BTreeSet::new(), program)
        } else {
            (own, peer, own_addresses, peer_addresses, program, BTreeSet::new())
        };
    Relation {
        from,
        to,
        transport: partner.transport.clone(),
        port: partner.service_port,
        from_addresses,
        to_addresses,
        from_programs,
        to_programs,
        observers: BTreeSet::from([asset.id]),
        first_seen_at: partner.first_seen_at,
        evidence: evidence.clone(),
    }
}

fn add(relation: &mut Relation, sight: Relation) {
    relation.from_addresses.extend(sight.from_addresses);
    relation.to_addresses.extend(sight.to_addresses);
    relation.from_programs.extend(sight.from_programs);
    relation.to_programs.extend(sight.to_programs);
    relation.observers.extend(sight.observers);
    relation.first_seen_at = relation.first_seen_at.min(sight.first_seen_at);
    if sight.evidence.observed_at > relation.evidence.observed_at {
        relation.evidence = sight.evidence;
    }
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;
    use crate::export::sample;

    #[test]
    fn a_connection_that_both_ends_saw_is_one_relation() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::English);
        let server = sample::asset_named(&snapshot, "srv-erp").id;
        let client = sample::asset_named(&snapshot, "PC-BUE-01").id;
        let all = relations(&view);
        let between: Vec<&Relation> = all
            .iter()
            .filter(|it| it.from == End::Asset(client) && it.to == End::Asset(server))
            .collect();
        assert_eq!(between.len(), 1);
        assert_eq!(between[0].port, 5432);
        assert_eq!(between[0].observers, BTreeSet::from([server, client]));
        assert_eq!(between[0].from_programs, BTreeSet::from(["erp".to_owned()]));
        assert_eq!(between[0].to_programs, BTreeSet::from(["postgres".to_owned()]));
    }

    #[test]
    fn public_addresses_are_taken_together_and_private_ones_are_not() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::English);
        let all = relations(&view);
        let outside: Vec<&Relation> = all.iter().filter(|it| it.leaves_the_company()).collect();
        assert_eq!(outside.len(), 1);
        assert_eq!(outside[0].to_addresses.len(), 2);
        let printer = End::Address("10.20.30.9".parse().unwrap());
        assert!(all.iter().any(|it| it.to == printer && !it.leaves_the_company()));
    }

    #[test]
    fn an_asset_has_no_relation_with_itself() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::English);
        assert!(relations(&view).iter().all(|it| it.from != it.to));
    }

    #[test]
    fn public_is_what_the_internet_routes() {
        for (address, public) in [
            ("10.0.0.1", false),
            ("172.31.255.255", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("169.254.1.1", false),
            ("224.0.0.251", false),
            ("255.255.255.255", false),
            ("0.0.0.0", false),
            ("198.51.100.7", true),
            ("fd00::1", false),
            ("fe80::1", false),
            ("ff02::1", false),
            ("2001:db8::1", true),
            ("::ffff:10.0.0.1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }
}
