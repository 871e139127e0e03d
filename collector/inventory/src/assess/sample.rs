//! Assets of which only the needed is known, for the tests of this folder.

use jiff::Timestamp;
use observation::latest::{AgentId, SourceId};
use uuid::Uuid;

use crate::asset::{
    Asset, AssetId, AssetLabel, Attested, Contact, Evidence, HardwareDescription,
    InterfaceDescription, Lifecycle, NamedMachineDescription, ObserverId, Trust,
};

/// A moment, counted in hours from a fixed one.
pub(super) fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_795_500_000 + hour * 3600).unwrap()
}

/// Something that the agent of this number saw.
pub(super) fn seen<T>(number: u128, value: T) -> Attested<T> {
    Attested {
        value,
        evidence: Evidence {
            trust: Trust::Confirmed,
            observed_at: at(0),
            source: SourceId::from_static("test.source"),
            observer: ObserverId::Agent(AgentId(Uuid::from_u128(number))),
        },
    }
}

/// A host whose agent reports.
pub(super) fn asset(number: u128, name: &str) -> Asset {
    Asset {
        id: AssetId(Uuid::from_u128(number)),
        label: AssetLabel(format!("S-{number:05}")),
        members: vec![ObserverId::Agent(AgentId(Uuid::from_u128(number)))],
        first_seen_at: at(-1000),
        last_seen_at: at(0),
        lifecycle: Lifecycle::Operating,
        name: Some(seen(number, name.to_owned())),
        domain: None,
        kind: None,
        virtual_machine: None,
        hardware: HardwareDescription::default(),
        firmware: Vec::new(),
        operating_system: None,
        interfaces: Vec::new(),
        routes: Vec::new(),
        resolvers: Vec::new(),
        neighbours: Vec::new(),
        cables: Vec::new(),
        services: Vec::new(),
        ports: Vec::new(),
        partners: Vec::new(),
        software: Vec::new(),
        certificates: Vec::new(),
        accounts: Vec::new(),
        groups: Vec::new(),
        contact: Contact::Reported,
        addresses: Vec::new(),
        names: Vec::new(),
        host_keys: Vec::new(),
        paths: Vec::new(),
        settings: Vec::new(),
        named_machines: Vec::new(),
        details: Vec::new(),
        sources: Vec::new(),
    }
}

/// A network adapter with one address.
pub(super) fn adapter(number: u128, mac: &str, address: &str) -> Attested<InterfaceDescription> {
    seen(
        number,
        InterfaceDescription {
            name: "eth0".to_owned(),
            kind: "ethernet".to_owned(),
            mac: Some(mac.to_owned()),
            permanent_mac: None,
            is_up: Some(true),
            speed_mbps: None,
            vlan_id: None,
            parent: None,
            addresses: vec![(address.parse().unwrap(), 24)],
        },
    )
}

/// A machine that a list of this kind names.
pub(super) fn named(list: &str, name: Option<&str>) -> NamedMachineDescription {
    NamedMachineDescription {
        list: list.to_owned(),
        keeper: "kea".to_owned(),
        place: "/var/lib/kea/leases.csv".to_owned(),
        name: name.map(str::to_owned),
        addresses: Vec::new(),
        macs: Vec::new(),
        id: None,
        operating_system: None,
        is_active: None,
        last_seen_at: None,
    }
}
