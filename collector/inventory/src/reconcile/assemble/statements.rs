//! What a machine states of its own configuration, and of other machines.

use observation::latest::{Fact, NamedMachine, Outcome, Setting};

use super::Chosen;
use super::parts::merged;
use crate::asset::{Attested, NamedMachineDescription, SettingDescription};
use crate::reconcile::wire;

pub(super) fn settings(chosen: &[Chosen<'_>]) -> Vec<Attested<SettingDescription>> {
    all(chosen, |fact, it| {
        let Fact::Setting(setting) = fact else { return None };
        Some(described(setting, it.section.first_observed_at))
    })
}

pub(super) fn named_machines(chosen: &[Chosen<'_>]) -> Vec<Attested<NamedMachineDescription>> {
    all(chosen, |fact, _| {
        let Fact::NamedMachine(machine) = fact else { return None };
        Some(named(machine))
    })
}

fn all<T: Ord>(
    chosen: &[Chosen<'_>],
    pick: impl Fn(&Fact, &Chosen<'_>) -> Option<T>,
) -> Vec<Attested<T>> {
    let mut found = Vec::new();
    for it in chosen {
        let Outcome::Read { facts, .. } = &it.section.body.outcome else { continue };
        let values = facts.iter().filter_map(|fact| pick(fact, it));
        found.extend(values.map(|value| Attested { value, evidence: it.evidence.clone() }));
    }
    merged(found)
}

fn described(setting: &Setting, holds_since: jiff::Timestamp) -> SettingDescription {
    let Setting { subject, scope, name, value, place, origin } = setting;
    SettingDescription {
        subject: subject.clone(),
        scope: scope.clone(),
        name: name.clone(),
        value: value.clone(),
        place: place.clone(),
        origin: wire::setting_origin(*origin).to_owned(),
        holds_since,
    }
}

fn named(machine: &NamedMachine) -> NamedMachineDescription {
    let mut addresses = machine.addresses.clone();
    addresses.sort_unstable();
    addresses.dedup();
    let mut macs: Vec<String> = machine.macs.iter().map(|it| it.to_ascii_lowercase()).collect();
    macs.sort_unstable();
    macs.dedup();
    NamedMachineDescription {
        list: wire::machine_list(machine.list).to_owned(),
        keeper: machine.keeper.clone(),
        place: machine.place.clone(),
        name: machine.name.clone(),
        addresses,
        macs,
        id: machine.id.clone(),
        operating_system: machine.operating_system.clone(),
        is_active: machine.is_active,
        last_seen_at: machine.last_seen_at,
    }
}
