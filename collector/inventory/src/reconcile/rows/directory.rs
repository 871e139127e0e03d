//! Rows of the machines that a list on a host names. When the list last had to do with one is left out:
//! that moves by itself.

use std::fmt::Display;

use observation::latest::NamedMachine;

use super::{Row, one_of, truth};
use crate::reconcile::wire;

pub(super) fn named_machine(it: &NamedMachine) -> Row {
    let name = it.name.clone().or_else(|| it.macs.first().cloned());
    let name = name.or_else(|| it.addresses.first().map(ToString::to_string));
    let name = name.or_else(|| it.id.clone()).unwrap_or_default();
    let fields = vec![
        ("addresses", joined(&it.addresses)),
        ("macs", joined(&it.macs)),
        ("id", it.id.clone()),
        ("operating_system", it.operating_system.clone()),
        ("is_active", truth(it.is_active)),
    ];
    one_of("named_machine", format!("{} {name}", wire::machine_list(it.list)), fields)
}

fn joined<T: Display>(values: &[T]) -> Option<String> {
    let mut texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    texts.sort();
    (!texts.is_empty()).then(|| texts.join(", "))
}
