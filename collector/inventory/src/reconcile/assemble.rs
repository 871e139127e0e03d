//! Observations of all members become one asset.
//!
//! A member that fell silent before another began to speak was replaced by it (a machine installed
//! anew) and says nothing of the present; for lines of scans see `presence`. Of the others, each
//! source counts once: as the member read it that has the greatest evidence; a scan's source once for
//! each address. Meaning is added here and not on the host, so that a better
//! rule improves old observations too.

mod answers;
mod details;
mod hardware;
mod network;
mod outside;
mod parts;
mod ports;
mod presence;
mod statements;
mod system;

use std::collections::BTreeMap;
use std::net::IpAddr;

use observation::latest::{AgentId, Outcome, SourceId};

use super::evidence::{MemberObservations, ObservedSection};
use crate::asset::{
    Asset, AssetId, AssetKind, AssetLabel, Attested, Evidence, Lifecycle, ObserverId, SourceState,
    SourceStatus, Trust,
};

pub use network::date_partners;
use parts::Parts;
pub(super) use presence::present;

/// What the sources begin with that ask by SNMP.
const SNMP: &str = "scan.snmp";

/// What is known of an asset apart from observations.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetFrame {
    /// Its identity.
    pub id: AssetId,
    /// The name that people see and type.
    pub label: AssetLabel,
    /// Whether it is in use.
    pub lifecycle: Lifecycle,
    /// What a person said it is, where somebody did.
    pub stated_kind: Option<Attested<AssetKind>>,
}

/// The asset that the observations of its members describe. `None`: there are no members.
///
/// The order of members and of sections does not matter.
#[must_use]
pub fn assemble(frame: AssetFrame, members: &[MemberObservations]) -> Option<Asset> {
    let first_seen_at = members.iter().map(|it| it.first_received_at).min()?;
    let last_seen_at = members.iter().map(|it| it.last_received_at).max()?;
    let mut by_age: Vec<&MemberObservations> = members.iter().collect();
    by_age.sort_by_key(|it| (it.first_received_at, &it.observer));
    let present = present(&by_age);
    let chosen = chosen(&present);
    let parts = Parts::of(&chosen);
    let virtual_machine = system::virtual_machine(&parts, &chosen);
    let kind = system::kind(frame.stated_kind, &parts, virtual_machine.as_ref());
    Some(Asset {
        id: frame.id,
        label: frame.label,
        members: by_age.iter().map(|it| it.observer.clone()).collect(),
        first_seen_at,
        last_seen_at,
        lifecycle: frame.lifecycle,
        name: system::name(&parts),
        domain: system::domain(&parts),
        kind,
        virtual_machine,
        hardware: hardware::hardware(&parts),
        firmware: hardware::firmware(&parts),
        operating_system: system::operating_system(&parts),
        interfaces: network::interfaces(&parts),
        routes: network::routes(&parts),
        resolvers: network::resolvers(&parts),
        neighbours: network::neighbours(&parts),
        cables: network::cables(&parts),
        services: network::services(&parts),
        ports: ports::ports(&parts),
        partners: network::partners(&parts),
        software: system::software(&parts),
        certificates: network::certificates(&parts),
        accounts: system::accounts(&parts),
        groups: system::groups(&parts),
        contact: outside::contact(&chosen),
        addresses: outside::addresses(&parts),
        names: outside::names(&parts),
        host_keys: outside::host_keys(&parts),
        paths: outside::paths(&parts),
        settings: statements::settings(&chosen),
        named_machines: statements::named_machines(&chosen),
        details: details::details(&chosen),
        sources: source_states(&present),
    })
}

/// A section that counts, with the evidence that all its facts have.
pub(super) struct Chosen<'a> {
    pub(super) section: &'a ObservedSection,
    pub(super) evidence: Evidence,
}

/// A target of scans, from wherever in time: the place that looked, and the address.
pub(super) type Door = (Option<AgentId>, IpAddr);

impl Chosen<'_> {
    /// What makes it the only one: an agent's source counts once for the whole asset, a scan's once
    /// for each address and place.
    pub(super) fn key(&self) -> (SourceId, Option<Door>) {
        (self.section.source.clone(), door(&self.evidence.observer))
    }
}

pub(super) fn door(observer: &ObserverId) -> Option<Door> {
    match observer {
        ObserverId::Target(target) => Some((target.vantage, target.address)),
        ObserverId::Agent(_) | ObserverId::Person(_) => None,
    }
}

/// Of each source the section with the greatest evidence among those that were read; of scans one
/// for each address.
pub(super) fn chosen<'a>(members: &[&'a MemberObservations]) -> Vec<Chosen<'a>> {
    let mut best: BTreeMap<(&SourceId, Option<Door>), Chosen<'a>> = BTreeMap::new();
    for member in members {
        for section in member.sections.iter().filter(|it| is_read(it)) {
            let evidence = evidence(section, &member.observer);
            let key = (&section.source, door(&member.observer));
            let is_better = best.get(&key).is_none_or(|held| held.evidence < evidence);
            if is_better {
                best.insert(key, Chosen { section, evidence });
            }
        }
    }
    best.into_values().collect()
}

fn is_read(section: &ObservedSection) -> bool {
    matches!(section.body.outcome, Outcome::Read { .. })
}

fn evidence(section: &ObservedSection, observer: &ObserverId) -> Evidence {
    let trust = match observer {
        ObserverId::Agent(_) => Trust::Confirmed,
        // Whoever may ask by SNMP was let in.
        ObserverId::Target(_) if section.source.as_str().starts_with(SNMP) => Trust::Confirmed,
        ObserverId::Target(_) => Trust::Measured,
        ObserverId::Person(_) => Trust::Stated,
    };
    Evidence {
        trust,
        observed_at: section.last_observed_at,
        source: section.source.clone(),
        observer: observer.clone(),
    }
}

fn source_states(members: &[&MemberObservations]) -> Vec<SourceState> {
    let mut states: Vec<SourceState> = members
        .iter()
        .flat_map(|member| member.sections.iter().map(|it| source_state(&member.observer, it)))
        .collect();
    states.sort_by(|left, right| {
        (&left.source, &left.observer).cmp(&(&right.source, &right.observer))
    });
    states
}

fn source_state(observer: &ObserverId, section: &ObservedSection) -> SourceState {
    let status = match &section.body.outcome {
        Outcome::Read { facts, gaps, complaints } => SourceStatus::Read {
            facts: facts.len(),
            gaps: gaps.clone(),
            complaints: complaints.clone(),
        },
        Outcome::Absent { reason } => SourceStatus::Absent(reason.clone()),
    };
    SourceState {
        observer: observer.clone(),
        source: section.source.clone(),
        observed_at: section.last_observed_at,
        duration_ms: section.duration_ms,
        status,
    }
}

#[cfg(test)]
mod tests;
