//! Which asset is a guest of which other.
//!
//! A host lists its guests with the identities that it gives them; only where one of those is shown by
//! exactly one other asset are the two joined. Names say nothing here: a guest keeps its name when it
//! moves, and a copy has the same.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::coverage::{Holders, Keys, MatchedBy, Verdict};
use crate::asset::{
    Asset, AssetId, Attested, Detail, Evidence, Lifecycle, NamedMachineDescription,
};

/// The kind of list that names guests, as on the wire.
const GUESTS: &str = "guest";
/// The kind of detail that defines a guest.
const GUEST_KIND: &str = "virtual_machine";

/// A guest and its host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hosting {
    /// The asset that runs the guest.
    pub host: AssetId,
    /// The guest.
    pub guest: AssetId,
    /// The name that the host gives it.
    pub name: Option<String>,
    /// What agrees.
    pub matched_by: MatchedBy,
    /// What it rests on: the host's list.
    pub evidence: Evidence,
}

/// All guests that are assets, sorted by host. The members of a cluster may all list a guest: where some
/// call it running, it is a guest of those alone.
#[must_use]
pub fn hostings(assets: &[Asset]) -> Vec<Hosting> {
    let holders = Holders::of(assets);
    let mut found: Vec<(bool, Hosting)> = Vec::new();
    for host in assets.iter().filter(|it| it.lifecycle == Lifecycle::Operating) {
        for guest in listed(host).into_iter().chain(defined(host)) {
            let Some(Verdict::Is(id, by)) = holders.by_identity(&guest.keys) else { continue };
            if id == host.id {
                continue;
            }
            let hosting = Hosting {
                host: host.id,
                guest: id,
                name: guest.name,
                matched_by: by,
                evidence: guest.evidence,
            };
            found.push((guest.is_running, hosting));
        }
    }
    let running: BTreeSet<AssetId> =
        found.iter().filter(|(is_running, _)| *is_running).map(|(_, it)| it.guest).collect();
    found.retain(|(is_running, it)| *is_running || !running.contains(&it.guest));
    let mut hostings: Vec<Hosting> = found.into_iter().map(|(_, it)| it).collect();
    hostings.sort();
    hostings.dedup_by(|later, earlier| (later.host, later.guest) == (earlier.host, earlier.guest));
    hostings
}

/// A guest as its host names it.
struct Guest {
    name: Option<String>,
    keys: Keys,
    is_running: bool,
    evidence: Evidence,
}

/// The guests in the lists of a host.
fn listed(host: &Asset) -> Vec<Guest> {
    let guests = host.named_machines.iter().filter(|it| it.value.list == GUESTS);
    let guest = |it: &Attested<NamedMachineDescription>| Guest {
        name: it.value.name.clone(),
        keys: Keys::of(&it.value),
        is_running: it.value.is_active == Some(true),
        evidence: it.evidence.clone(),
    };
    guests.map(guest).collect()
}

/// The guests that a host defines.
fn defined(host: &Asset) -> Vec<Guest> {
    let guests = host.details.iter().filter(|it| it.value.kind == GUEST_KIND);
    let guest = |it: &Attested<Detail>| {
        let field = |name: &str| it.value.fields.get(name).map(String::as_str);
        Guest {
            name: field("name").map(str::to_owned),
            keys: Keys::of_identity(field("uuid"), field("macs").unwrap_or_default().split(", ")),
            is_running: false,
            evidence: it.evidence.clone(),
        }
    };
    guests.map(guest).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::assess::sample::{adapter, asset, named, seen};

    const MAC: &str = "52:54:00:aa:bb:01";

    fn guest(
        id: Option<Uuid>,
        mac: Option<&str>,
        is_active: Option<bool>,
    ) -> NamedMachineDescription {
        NamedMachineDescription {
            id: id.map(|it| it.to_string()),
            macs: mac.map(str::to_owned).into_iter().collect(),
            is_active,
            ..named(GUESTS, Some("vm1"))
        }
    }

    fn host(number: u128, guest: NamedMachineDescription) -> Asset {
        let mut host = asset(number, "host");
        host.named_machines = vec![seen(number, guest)];
        host
    }

    fn vm() -> Asset {
        let mut vm = asset(9, "vm1");
        vm.interfaces = vec![adapter(9, MAC, "10.0.0.9")];
        vm
    }

    fn pairs(assets: &[Asset]) -> Vec<(u128, u128, MatchedBy)> {
        let pair = |it: Hosting| (it.host.0.as_u128(), it.guest.0.as_u128(), it.matched_by);
        hostings(assets).into_iter().map(pair).collect()
    }

    #[test]
    fn the_identity_that_the_host_gave_joins_them() {
        let uuid = Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0);
        let of_mac = host(1, guest(None, Some(MAC), Some(true)));
        assert_eq!(pairs(&[of_mac, vm()]), [(1, 9, MatchedBy::Mac)]);
        let mut vm = vm();
        vm.hardware.uuid = Some(seen(9, uuid));
        let of_uuid = host(1, guest(Some(uuid), None, None));
        assert_eq!(pairs(&[of_uuid, vm]), [(1, 9, MatchedBy::SystemUuid)]);
    }

    #[test]
    fn a_definition_of_a_guest_joins_them_too() {
        let fields = [("name", "vm1"), ("macs", "52:54:00:aa:bb:00, 52:54:00:aa:bb:01")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let detail = Detail {
            kind: GUEST_KIND.to_owned(),
            object: Some("libvirt vm1".to_owned()),
            fields: fields.into(),
        };
        let mut host = asset(1, "host");
        host.details = vec![seen(1, detail)];
        assert_eq!(pairs(&[host, vm()]), [(1, 9, MatchedBy::Mac)]);
    }

    #[test]
    fn a_name_alone_or_another_list_joins_nothing() {
        assert_eq!(pairs(&[host(1, guest(None, None, Some(true))), vm()]), []);
        let lease = NamedMachineDescription {
            list: "dhcp_lease".to_owned(),
            ..guest(None, Some(MAC), Some(true))
        };
        assert_eq!(pairs(&[host(1, lease), vm()]), []);
    }

    #[test]
    fn a_guest_runs_where_it_is_called_running() {
        let here = host(1, guest(None, Some(MAC), Some(true)));
        let there = host(2, guest(None, Some(MAC), Some(false)));
        assert_eq!(pairs(&[here.clone(), there.clone(), vm()]), [(1, 9, MatchedBy::Mac)]);
        assert_eq!(pairs(&[there, vm()]), [(2, 9, MatchedBy::Mac)]);
        let also = host(3, guest(None, Some(MAC), Some(true)));
        assert_eq!(pairs(&[here, also, vm()]).len(), 2);
    }

    #[test]
    fn a_copy_with_the_same_identity_and_the_host_itself_are_not_joined() {
        let mut copy = vm();
        copy.id = AssetId(Uuid::from_u128(10));
        let host = host(1, guest(None, Some(MAC), Some(true)));
        assert_eq!(pairs(&[host.clone(), vm(), copy]), []);
        let mut alone = host;
        alone.interfaces = vec![adapter(1, MAC, "10.0.0.1")];
        assert_eq!(pairs(&[alone]), []);
    }
}
