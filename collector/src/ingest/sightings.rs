//! Neighbour tables of agents show devices that nothing reached: they become targets of that agent.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use inventory::reconcile::{
    SIGHTINGS_SOURCE, Sighting, TimedIdentifier, continues, identify_target, sightings,
};
use jiff::{SignedDuration, Timestamp};
use observation::latest::{
    AgentId, Cadence, Fact, Neighbour, Outcome, SectionBody, SectionHead, SourceId,
};
use store::{IncomingSection, IncomingTarget, IncomingTargets, ReportReceipt, StoreError};

use crate::collector::Collector;

/// The source of neighbour tables.
const NEIGHBOURS_SOURCE: &str = "network.neighbours";
/// The source of the agent's own addresses.
const INTERFACES_SOURCE: &str = "network.interfaces";
/// An unchanged sighting is confirmed this often: tables are read every quarter of an hour.
const CONFIRMED_EVERY: SignedDuration = SignedDuration::from_hours(6);

/// Keeps what the neighbour table in these sections shows, if there is one and it shows something
/// new.
pub(super) async fn keep_sightings(
    collector: &Collector,
    agent: AgentId,
    receipt: &ReportReceipt,
    decoded: &[(Timestamp, SectionBody)],
) -> Result<(), StoreError> {
    let of = |source: &str| decoded.iter().find(|(_, it)| it.source.as_str() == source);
    let Some((seen_at, table)) = of(NEIGHBOURS_SOURCE) else { return Ok(()) };
    let neighbours = neighbours(table);
    if neighbours.is_empty() {
        return Ok(());
    }
    let own = match of(INTERFACES_SOURCE) {
        Some((_, body)) => addresses(body),
        None => stored_addresses(collector, agent).await?,
    };
    let source = SourceId::from_static(SIGHTINGS_SOURCE);
    let lines = collector.store.lines_from(Some(agent), source).await?;
    let known: BTreeMap<IpAddr, _> = lines.iter().map(|it| (it.target.address, it)).collect();
    let is_news = |it: &Sighting| {
        known.get(&it.address).is_none_or(|line| {
            let last_at = line.last_received_at.unwrap_or(Timestamp::MIN);
            let is_old = receipt.received_at.duration_since(last_at) >= CONFIRMED_EVERY;
            is_old || line.body != Some(it.body.hash())
        })
    };
    let news = sightings(neighbours, &own).into_iter().filter(is_news);
    let targets: Vec<IncomingTarget> = news.map(|it| target(it, *seen_at)).collect();
    if targets.is_empty() {
        return Ok(());
    }
    let found = IncomingTargets {
        vantage: Some(agent),
        started_at: receipt.started_at,
        sent_at: receipt.sent_at,
        received_at: receipt.received_at,
        targets,
        goes_on: continues,
        events: Vec::new(),
    };
    collector.store.append_sightings(found).await
}

fn target(sighting: Sighting, seen_at: Timestamp) -> IncomingTarget {
    let shown = identify_target(sighting.address, [&sighting.body]);
    let identifiers = shown.into_iter().map(|identifier| TimedIdentifier {
        identifier,
        first_seen_at: seen_at,
        last_seen_at: seen_at,
    });
    let head = SectionHead {
        source: sighting.body.source.clone(),
        hash: sighting.body.hash(),
        observed_at: seen_at,
        duration_ms: 0,
        cadence: Cadence::Volatile,
    };
    let body = Some(sighting.body.canonical_bytes());
    IncomingTarget {
        address: sighting.address,
        sections: vec![IncomingSection { head, corrected_at: seen_at, body }],
        identifiers: identifiers.collect(),
    }
}

fn facts(body: &SectionBody) -> &[Fact] {
    match &body.outcome {
        Outcome::Read { facts, .. } => facts,
        Outcome::Absent { .. } => &[],
    }
}

fn neighbours(table: &SectionBody) -> Vec<&Neighbour> {
    let mut found = Vec::new();
    for fact in facts(table) {
        if let Fact::Neighbour(it) = fact {
            found.push(it);
        }
    }
    found
}

fn addresses(interfaces: &SectionBody) -> BTreeSet<IpAddr> {
    let of = |fact: &Fact| -> Vec<IpAddr> {
        let Fact::NetworkInterface(it) = fact else { return Vec::new() };
        it.addresses.iter().map(|it| it.address).collect()
    };
    facts(interfaces).iter().flat_map(of).collect()
}

/// The agent's own addresses as it said them last.
async fn stored_addresses(
    collector: &Collector,
    agent: AgentId,
) -> Result<BTreeSet<IpAddr>, StoreError> {
    let newest = collector.store.newest_sections(agent).await?;
    let hash = newest.into_iter().find(|(source, _)| source.as_str() == INTERFACES_SOURCE);
    let Some((_, hash)) = hash else { return Ok(BTreeSet::new()) };
    let bytes = collector.store.section_body(hash).await?;
    let body = bytes.and_then(|it| SectionBody::from_canonical_bytes(&it).ok());
    Ok(body.map(|(body, _)| addresses(&body)).unwrap_or_default())
}
