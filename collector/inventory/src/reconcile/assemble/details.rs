//! What is known of an asset and has no place of its own in the model: each fact as the row that
//! histories show too.

use observation::latest::Outcome;

use super::Chosen;
use super::parts::merged;
use crate::asset::{Attested, Detail};
use crate::reconcile::rows::row;

/// Kinds of facts that the asset has typed fields for.
const TYPED: [&str; 32] = [
    "account",
    "address_seen",
    "base_board",
    "certificate",
    "chassis",
    "disk",
    "firmware",
    "group",
    "host_name",
    "init_system",
    "installation_id",
    "installed_package",
    "kernel",
    "listener",
    "memory",
    "memory_module",
    "named_machine",
    "network_interface",
    "open_port",
    "operating_system",
    "physical_entity",
    "processor",
    "resolver",
    "reverse_name",
    "route",
    "service",
    "service_answer",
    "setting",
    "ssh_host_key",
    "system_product",
    "tls_versions",
    "virtualisation_hint",
];

pub(super) fn details(chosen: &[Chosen<'_>]) -> Vec<Attested<Detail>> {
    let mut details = Vec::new();
    for Chosen { section, evidence } in chosen {
        let Outcome::Read { facts, .. } = &section.body.outcome else { continue };
        for row in facts.iter().filter_map(row).filter(|it| !TYPED.contains(&it.kind)) {
            let fields = row.fields.into_iter();
            let fields = fields.filter_map(|(name, text)| Some((name.to_owned(), text?)));
            let value =
                Detail { kind: row.kind.to_owned(), object: row.object, fields: fields.collect() };
            details.push(Attested { value, evidence: evidence.clone() });
        }
    }
    merged(details)
}
