//! Rows of keys of SSH and of domains.

use observation::latest::{AuthorizedKey, DomainKind, DomainMembership};

use super::{Row, one_of, text, truth};
use crate::reconcile::wire;

pub(super) fn authorized_key(it: &AuthorizedKey) -> Row {
    let object = format!("{} {}", wire::user_name(&it.account), it.fingerprint);
    let options = (!it.options.is_empty()).then(|| it.options.join(", "));
    let fields = vec![
        ("algorithm", Some(it.algorithm.clone())),
        ("size_bits", text(it.size_bits)),
        ("options", options),
        ("place", Some(it.place.clone())),
    ];
    one_of("authorized_key", object, fields)
}

pub(super) fn membership(it: &DomainMembership) -> Row {
    let kind = match it.kind {
        DomainKind::ActiveDirectory => "active_directory",
        DomainKind::EntraId => "entra_id",
        DomainKind::FreeIpa => "free_ipa",
        DomainKind::Kerberos => "kerberos",
        DomainKind::Ldap => "ldap",
        DomainKind::NtDomain => "nt_domain",
        DomainKind::Other => "other",
    };
    let servers = (!it.servers.is_empty()).then(|| it.servers.join(", "));
    let fields = vec![
        ("kind", Some(kind.to_owned())),
        ("realm", it.realm.clone()),
        ("servers", servers),
        ("has_machine_key", truth(it.has_machine_key)),
        ("place", Some(it.place.clone())),
    ];
    one_of("domain_membership", format!("{} ({})", it.domain, it.joined_with), fields)
}
