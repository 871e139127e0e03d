//! Observations of all members become one asset.

use super::evidence::MemberObservations;
use crate::asset::{
    Asset, AssetId, AssetKind, AssetLabel, Attested, HardwareDescription, Lifecycle,
};

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
#[must_use]
pub fn assemble(frame: AssetFrame, members: &[MemberObservations]) -> Option<Asset> {
    let first_seen_at = members.iter().map(|it| it.first_received_at).min()?;
    let last_seen_at = members.iter().map(|it| it.last_received_at).max()?;
    Some(Asset {
        id: frame.id,
        label: frame.label,
        members: members.iter().map(|it| it.observer.clone()).collect(),
        first_seen_at,
        last_seen_at,
        lifecycle: frame.lifecycle,
        name: None,
        domain: None,
        kind: frame.stated_kind,
        virtual_machine: None,
        hardware: HardwareDescription::default(),
        firmware: Vec::new(),
        operating_system: None,
        interfaces: Vec::new(),
        routes: Vec::new(),
        resolvers: Vec::new(),
        neighbours: Vec::new(),
        services: Vec::new(),
        ports: Vec::new(),
        partners: Vec::new(),
        software: Vec::new(),
        certificates: Vec::new(),
        accounts: Vec::new(),
        groups: Vec::new(),
        sources: Vec::new(),
    })
}
