//! Which asset is the management controller (BMC) of which other.
//!
//! A host tells its controller's hardware address and address (IPMI, SMBIOS type 42). The one asset that a scan
//! found there is linked to the host and stays an asset of its own: a controller has its own firmware, accounts
//! and weaknesses, and answers when its host is off. An asset whose agent reports is a host and no controller.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::coverage::{Holders, Keys, Verdict};
use crate::asset::{Asset, AssetId, Attested, Contact, Detail, Evidence, Lifecycle};

/// The kinds of details that tell of a controller.
const CONTROLLER_KIND: &str = "management_controller";
const INTERFACE_KIND: &str = "management_interface";
/// What the detail of an interface says before the address of the controller's service.
const SERVICE: &str = "Redfish ";

/// A controller and its host. Several hosts of one chassis may have one controller.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Management {
    /// The asset that is managed.
    pub host: AssetId,
    /// The controller.
    pub controller: AssetId,
    /// What agrees.
    pub agrees: Agreement,
    /// What it rests on: the host's word.
    pub evidence: Evidence,
}

/// What joins a controller with its host, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Its hardware address.
    Mac,
    /// Its address, and no hardware address speaks against it.
    Address,
}

/// All controllers that are assets, sorted by host.
#[must_use]
pub fn managements(assets: &[Asset]) -> Vec<Management> {
    let holders = Holders::of(assets);
    let contacts: BTreeMap<AssetId, Contact> =
        assets.iter().map(|it| (it.id, it.contact)).collect();
    let mut found = Vec::new();
    for host in assets.iter().filter(|it| it.lifecycle == Lifecycle::Operating) {
        for told in told(host) {
            let Some((controller, agrees)) = told.asset(&holders) else { continue };
            let reports = contacts.get(&controller) == Some(&Contact::Reported);
            if controller != host.id && !reports {
                let evidence = told.evidence.clone();
                found.push(Management { host: host.id, controller, agrees, evidence });
            }
        }
    }
    found.sort();
    found.dedup_by(|later, earlier| {
        (later.host, later.controller) == (earlier.host, earlier.controller)
    });
    found
}

/// What a host tells of its controller.
struct Told<'a> {
    mac: Option<&'a str>,
    address: Option<IpAddr>,
    evidence: &'a Evidence,
}

impl Told<'_> {
    /// The one asset that it is. An address that a host and others have, as behind several routers, is nobody's.
    fn asset(&self, holders: &Holders) -> Option<(AssetId, Agreement)> {
        let keys = Keys::of_identity(None, self.mac.into_iter());
        match holders.by_identity(&keys) {
            Some(Verdict::Is(id, _)) => return Some((id, Agreement::Mac)),
            Some(Verdict::Ambiguous(_) | Verdict::Open(_)) => return None,
            None => {}
        }
        let found = holders.by_address(self.address?, self.mac);
        let only = found.first().filter(|_| found.len() == 1)?;
        Some((*only, Agreement::Address))
    }
}

fn told(host: &Asset) -> Vec<Told<'_>> {
    host.details.iter().filter_map(of_detail).collect()
}

fn of_detail(detail: &Attested<Detail>) -> Option<Told<'_>> {
    let field = |name: &str| detail.value.fields.get(name).map(String::as_str);
    // Behind the address stands the length of its network.
    let address = |text: &str| text.split(['/', ' ']).next()?.parse().ok();
    let (mac, address) = match detail.value.kind.as_str() {
        CONTROLLER_KIND => (field("mac"), field("address").and_then(address)),
        // The hardware address of the interface is that of the host's own side.
        INTERFACE_KIND => {
            let services = field("protocols").unwrap_or_default().split("; ");
            (None, services.filter_map(|it| it.strip_prefix(SERVICE)).find_map(address))
        }
        _ => return None,
    };
    Some(Told { mac, address, evidence: &detail.evidence })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::sample::{adapter, asset, seen};
    use crate::asset::AddressDescription;

    const MAC: &str = "3c:ec:ef:aa:bb:01";
    const OTHER: &str = "3c:ec:ef:aa:bb:02";

    fn detail(kind: &str, fields: &[(&str, &str)]) -> Detail {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Detail { kind: kind.to_owned(), object: None, fields: fields.collect() }
    }

    /// A host with an agent that tells this of its controller.
    fn host(number: u128, kind: &str, fields: &[(&str, &str)]) -> Asset {
        let mut host = asset(number, "host");
        host.interfaces = vec![adapter(number, "3c:ec:ef:00:00:01", "192.0.2.1")];
        host.details = vec![seen(number, detail(kind, fields))];
        host
    }

    fn controller(fields: &[(&str, &str)]) -> Asset {
        host(1, CONTROLLER_KIND, fields)
    }

    /// What a scan found at an address.
    fn scanned(number: u128, address: &str, mac: Option<&str>) -> Asset {
        let mut scanned = asset(number, "bmc");
        scanned.contact = Contact::Scanned;
        let address = AddressDescription {
            address: address.parse().unwrap(),
            mac: mac.map(str::to_owned),
            mac_vendor: None,
            means: Vec::new(),
            on_link_from: Vec::new(),
        };
        scanned.addresses = vec![seen(number, address)];
        scanned
    }

    fn pairs(assets: &[Asset]) -> Vec<(u128, u128, Agreement)> {
        let pair = |it: Management| (it.host.0.as_u128(), it.controller.0.as_u128(), it.agrees);
        managements(assets).into_iter().map(pair).collect()
    }

    #[test]
    fn the_hardware_address_or_the_address_joins_them() {
        let told = [("mac", MAC), ("address", "192.0.2.9/24")];
        let by_mac = [(1, 9, Agreement::Mac)];
        assert_eq!(pairs(&[controller(&told), scanned(9, "192.0.2.9", Some(MAC))]), by_mac);
        // It has moved to another address since.
        assert_eq!(pairs(&[controller(&told), scanned(9, "192.0.2.77", Some(MAC))]), by_mac);
        // Behind a router no hardware address is seen.
        let by_address = [(1, 9, Agreement::Address)];
        assert_eq!(pairs(&[controller(&told), scanned(9, "192.0.2.9", None)]), by_address);
        let told = [("address", "192.0.2.9/24")];
        assert_eq!(pairs(&[controller(&told), scanned(9, "192.0.2.9", Some(MAC))]), by_address);
    }

    #[test]
    fn another_hardware_address_at_the_address_is_another_device() {
        let told = [("mac", MAC), ("address", "192.0.2.9/24")];
        assert_eq!(pairs(&[controller(&told), scanned(9, "192.0.2.9", Some(OTHER))]), []);
        // Where both are there, the hardware address decides.
        let assets = [
            controller(&told),
            scanned(8, "192.0.2.9", Some(OTHER)),
            scanned(9, "192.0.2.10", Some(MAC)),
        ];
        assert_eq!(pairs(&assets), [(1, 9, Agreement::Mac)]);
    }

    #[test]
    fn what_several_can_be_is_nobody() {
        let told = [("address", "192.0.2.9/24")];
        let twice = [scanned(8, "192.0.2.9", None), scanned(9, "192.0.2.9", None)];
        assert_eq!(pairs(&[&[controller(&told)][..], &twice].concat()), []);
        let told = [("mac", MAC), ("address", "192.0.2.9/24")];
        let twice = [scanned(8, "192.0.2.8", Some(MAC)), scanned(9, "192.0.2.9", Some(MAC))];
        assert_eq!(pairs(&[&[controller(&told)][..], &twice].concat()), []);
    }

    #[test]
    fn neither_the_host_itself_nor_a_host_with_an_agent_is_a_controller() {
        let own = [("mac", "3c:ec:ef:00:00:01"), ("address", "192.0.2.1/24")];
        assert_eq!(pairs(&[controller(&own)]), []);
        let mut other = asset(9, "other");
        other.interfaces = vec![adapter(9, MAC, "192.0.2.9")];
        assert_eq!(pairs(&[controller(&[("mac", MAC)]), other.clone()]), []);
        assert_eq!(pairs(&[controller(&[("address", "192.0.2.9/24")]), other]), []);
    }

    /// The words of `reconcile/rows/management_interface.rs`.
    #[test]
    fn a_redfish_service_names_the_controller_by_its_address_in_the_network() {
        let told = |protocols: &str| {
            let fields = [("mac", OTHER), ("protocols", protocols)];
            pairs(&[host(1, INTERFACE_KIND, &fields), scanned(9, "192.0.2.9", Some(MAC))])
        };
        let linked = [(1, 9, Agreement::Address)];
        assert_eq!(told("IPMI; Redfish 192.0.2.9/24 port 443 bmc from 169.254.0.2/30"), linked);
        assert_eq!(told("Redfish 192.0.2.9"), linked);
        // The private cable between the two is the same in each machine of a maker.
        assert_eq!(told("Redfish 169.254.0.1/30 port 443"), []);
        assert_eq!(told("Redfish bmc.example.test"), []);
        assert_eq!(told("IPMI 192.0.2.9"), []);
        let private = scanned(9, "169.254.0.1", None);
        let fields = [("protocols", "Redfish 169.254.0.1/30")];
        assert_eq!(pairs(&[host(1, INTERFACE_KIND, &fields), private]), []);
    }

    #[test]
    fn zeros_and_nonsense_name_nobody() {
        for fields in [
            &[("mac", "00:00:00:00:00:00"), ("address", "0.0.0.0/0")][..],
            &[("mac", "ff:ff:ff:ff:ff:ff"), ("address", "127.0.0.1/8")],
            &[("mac", "nonsense"), ("address", "nonsense")],
            &[],
        ] {
            let assets = [
                controller(fields),
                scanned(8, "0.0.0.0", Some("00:00:00:00:00:00")),
                scanned(9, "127.0.0.1", Some("ff:ff:ff:ff:ff:ff")),
            ];
            assert_eq!(pairs(&assets), [], "{fields:?}");
        }
    }

    #[test]
    fn two_hosts_of_a_chassis_may_have_one_controller_and_a_retired_one_has_none() {
        let told = [("mac", MAC)];
        let (first, mut second) = (controller(&told), host(2, CONTROLLER_KIND, &told));
        second.interfaces = Vec::new();
        let bmc = scanned(9, "192.0.2.9", Some(MAC));
        let both = [(1, 9, Agreement::Mac), (2, 9, Agreement::Mac)];
        assert_eq!(pairs(&[first.clone(), second.clone(), bmc.clone()]), both);
        second.lifecycle = Lifecycle::Retired;
        assert_eq!(pairs(&[first, second, bmc]), both[..1]);
    }

    #[test]
    fn a_controller_that_is_told_twice_is_one_link() {
        let mut host = controller(&[("mac", MAC), ("address", "192.0.2.9/24")]);
        let redfish = detail(INTERFACE_KIND, &[("protocols", "Redfish 192.0.2.9/24")]);
        host.details.push(seen(1, redfish));
        let bmc = scanned(9, "192.0.2.9", Some(MAC));
        assert_eq!(pairs(&[bmc, host]), [(1, 9, Agreement::Mac)]);
    }
}
