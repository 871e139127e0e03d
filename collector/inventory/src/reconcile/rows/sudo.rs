//! Rows of the rules of sudo: whom a rule speaks of, on which machines and by which file, is the object.

use observation::latest::SudoRule;

use super::{Row, one_of, truth};

pub(super) fn rule(it: &SudoRule) -> Row {
    let object = format!("{} @ {} ({})", it.who.join(", "), it.hosts.join(", "), it.place);
    let left_out = (it.commands_left_out > 0).then(|| it.commands_left_out.to_string());
    let fields = vec![
        ("run_as", joined(&it.run_as)),
        ("run_as_groups", joined(&it.run_as_groups)),
        ("commands", joined(&it.commands)),
        ("commands_left_out", left_out),
        ("asks_password", truth(it.asks_password)),
        ("tags", joined(&it.tags)),
    ];
    one_of("sudo_rule", object, fields)
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(", "))
}
