//! Networks and zones: what the register states, together with the prefixes that systems have.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::asset::Asset;
use crate::asset::Evidence;
use crate::asset::InterfaceDescription;
use crate::export::cell::Cell;
use crate::export::common_cells::newest;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system_text;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::relation::End;
use crate::export::relation::Relation;
use crate::export::relation::relations;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::in_use;
use crate::export::view::View;
use crate::export::view::names_a_host;
use crate::register::Cidr;
use crate::register::Value;
use crate::register::Zone;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "networks",
    place: 14,
    title: "sheets-networks",
    subtitle: "sheets-networks-subtitle",
    empty: "sheets-empty-networks",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Notes,
    columns: &[
        Column::key("network.id", "sheets-column-id").width(12),
        Column::key("network.prefix", "sheets-column-network").width(20),
        Column::by_hand("network.zone", "register-zone-name")
            .list(List::Zone)
            .mandatory()
            .width(16),
        Column::by_hand("network.vlan", "register-zone-vlan").ordinal().width(8),
        Column::by_hand("network.purpose", "register-zone-purpose").width(24).wrapped(),
        Column::by_hand("network.may_reach", "register-zone-may-reach").width(20).wrapped(),
        Column::by_hand("network.ot", "register-zone-ot").list(List::YesNo).width(18),
        Column::computed("network.origin", "sheets-column-network-origin").width(22),
        Column::agent("network.gateways", "sheets-column-gateway").width(18).wrapped(),
        Column::agent("network.resolvers", "sheets-column-resolvers").width(18).wrapped(),
        Column::agent("network.system_count", "sheets-column-systems").number().width(10),
        Column::agent("network.systems", "sheets-column-members").width(28).wrapped(),
        Column::computed("network.reaches", "sheets-column-reaches").width(24).wrapped(),
        Column::scan("network.answering", "sheets-column-answering").number().width(14),
        Column::computed("network.confidentiality", "register-process-confidentiality").width(14),
        Column::computed("network.integrity", "register-process-integrity").width(14),
        Column::computed("network.availability", "register-process-availability").width(14),
    ],
    rows: Rows::Together(rows),
    gaps: |view| {
        gaps_of(
            view,
            &["network.interfaces", "network.routes", "network.resolvers", "network.connections"],
        )
    },
};

/// What can be stated of a network once it lies in a zone.
const ZONE_KEYS: &[(&str, &str)] =
    &[("vlan", "vlan"), ("purpose", "purpose"), ("may_reach", "may_reach"), ("ot", "ot")];

/// The means by which an address is known that nobody asked.
const NEIGHBOUR_TABLE: &str = "neighbour_table";

/// Where a network is. The same prefix inside two hosts (container bridges) is two networks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Shared(Cidr),
    /// The label of the host and the name of its interface.
    Inside(Cidr, String, String),
    /// A zone without networks.
    ZoneAlone(String),
}

#[derive(Default)]
struct Network<'a> {
    zone: Option<&'a Zone>,
    members: Vec<&'a Asset>,
    gateways: BTreeSet<IpAddr>,
    resolvers: BTreeSet<IpAddr>,
    /// Addresses that answered a scan here.
    answering: BTreeSet<IpAddr>,
    /// What members, gateways and resolvers rest on; none: nobody looked.
    seen: Option<&'a Evidence>,
    routed: Option<&'a Evidence>,
    resolved: Option<&'a Evidence>,
}

fn rows(view: &View<'_>) -> Vec<Row> {
    let mut networks: BTreeMap<Place, Network<'_>> = BTreeMap::new();
    for zone in &view.snapshot().register.zone {
        if zone.networks.is_empty() {
            networks.entry(Place::ZoneAlone(zone.name.clone())).or_default().zone = Some(zone);
        }
        for network in zone.networks.iter().filter_map(|it| it.parse().ok()) {
            networks.entry(Place::Shared(network)).or_default().zone = Some(zone);
        }
    }
    for asset in in_use(&view.snapshot().assets) {
        for interface in &asset.interfaces {
            for prefix in networks_of(&interface.value) {
                let network = networks.entry(place(asset, &interface.value, prefix)).or_default();
                network.seen = newest(network.seen, &interface.evidence);
                network.add(asset, prefix);
            }
        }
    }
    add_seen_from_outside(view, &mut networks);
    let relations = relations(view);
    networks.iter().map(|(place, network)| row(view, place, network, &relations)).collect()
}

/// Systems that no agent speaks for: their addresses place them, in the narrowest network that the
/// register, other systems, or a scan name.
fn add_seen_from_outside<'a>(view: &View<'a>, networks: &mut BTreeMap<Place, Network<'a>>) {
    let mut known: BTreeSet<Cidr> = view.scanned_networks().collect();
    known.extend(networks.keys().filter_map(|it| match it {
        Place::Shared(network) => Some(*network),
        Place::Inside(..) | Place::ZoneAlone(_) => None,
    }));
    for asset in in_use(&view.snapshot().assets) {
        for seen in asset.addresses.iter().filter(|it| names_a_host(it.value.address)) {
            let holding = known.iter().filter(|it| it.contains(seen.value.address));
            let Some(narrowest) = holding.max_by_key(|it| it.prefix_length()) else { continue };
            let network = networks.entry(Place::Shared(*narrowest)).or_default();
            network.seen = newest(network.seen, &seen.evidence);
            network.add(asset, *narrowest);
            if seen.value.means.iter().any(|it| it != NEIGHBOUR_TABLE) {
                network.answering.insert(seen.value.address);
            }
        }
    }
}

/// The prefixes of an interface's addresses. Host routes and links of their own name no network.
fn networks_of(interface: &InterfaceDescription) -> impl Iterator<Item = Cidr> {
    let addresses = interface.addresses.iter().filter(|(address, _)| names_a_host(*address));
    let wide = addresses.filter(|(address, length)| {
        *length > 0 && *length < if address.is_ipv4() { 32 } else { 128 }
    });
    wide.filter_map(|(address, length)| Cidr::of(*address, *length))
}

/// A bridge that no adapter belongs to leads nowhere beyond its host.
fn place(asset: &Asset, interface: &InterfaceDescription, network: Cidr) -> Place {
    let leads_out = || {
        let mut others = asset.interfaces.iter().map(|it| &it.value);
        others.any(|it| {
            it.parent.as_ref() == Some(&interface.name)
                && matches!(it.kind.as_str(), "ethernet" | "wireless" | "bond" | "vlan")
        })
    };
    let is_inside = interface.kind == "bridge" && !leads_out();
    if is_inside {
        Place::Inside(network, asset.label.0.clone(), interface.name.clone())
    } else {
        Place::Shared(network)
    }
}

impl<'a> Network<'a> {
    fn add(&mut self, asset: &'a Asset, network: Cidr) {
        if !self.members.iter().any(|it| it.id == asset.id) {
            self.members.push(asset);
        }
        for route in &asset.routes {
            self.routed = newest(self.routed, &route.evidence);
            self.gateways.extend(route.value.gateway.filter(|it| network.contains(*it)));
        }
        for resolver in &asset.resolvers {
            self.resolved = newest(self.resolved, &resolver.evidence);
            self.resolvers.insert(resolver.value.address);
        }
    }
}

fn row(view: &View<'_>, place: &Place, network: &Network<'_>, relations: &[Relation]) -> Row {
    let id = id(place);
    // A prefix that systems have may lie in a zone that states a wider one.
    let said = view.stated().value("network", &id, "zone").map(Value::to_text);
    let said = view.snapshot().register.zone.iter().find(|it| Some(&it.name) == said.as_ref());
    let zone = said.or(network.zone).or_else(|| match place {
        Place::Shared(prefix) => view.zone_of(prefix.address()),
        Place::Inside(..) | Place::ZoneAlone(_) => None,
    });
    let stated = |show: fn(&Zone) -> Cell| zone.map_or_else(Cell::open, show);
    let addresses = |seen: Option<&Evidence>, addresses: &BTreeSet<IpAddr>| match seen {
        Some(evidence) => {
            some_lines(view, addresses.iter().map(ToString::to_string)).resting_on(evidence)
        }
        None => Cell::no_data(),
    };
    let (count, members) = members(view, network);
    let row = Row::new(
        id.as_str(),
        vec![
            Cell::text(id.as_str()),
            Cell::text(prefix_text(view, place)),
            stated(|zone| Cell::text(zone.name.as_str())),
            stated(|zone| zone.vlan.map_or_else(Cell::open, Cell::number)),
            stated(|zone| Cell::stated(zone.purpose.as_deref())),
            stated(|zone| {
                let may_reach = zone.may_reach.clone();
                if may_reach.is_empty() { Cell::open() } else { Cell::lines(may_reach) }
            }),
            stated(|zone| Cell::yes_or_no(zone.ot)),
            Cell::text(origin(view, network)),
            addresses(network.routed, &network.gateways),
            addresses(network.resolved, &network.resolvers),
            count,
            members,
            reaches(view, place, zone, relations),
            answering(view, place, network),
            Cell::not_assessed(),
            Cell::not_assessed(),
            Cell::not_assessed(),
        ],
    );
    match zone {
        Some(zone) => row.about("zone", zone.name.as_str(), ZONE_KEYS),
        None => row,
    }
}

/// How many systems have an address in the network, and which.
fn members(view: &View<'_>, network: &Network<'_>) -> (Cell, Cell) {
    match network.seen {
        Some(evidence) => (
            Cell::count(network.members.len()).resting_on(evidence),
            some_lines(view, network.members.iter().map(|it| system_text(it))),
        ),
        None => (Cell::no_data(), Cell::unknown(view.text("sheets-reason-no-member"))),
    }
}

fn id(place: &Place) -> String {
    match place {
        Place::Shared(prefix) => row_id('N', &[&prefix.to_string()]),
        Place::Inside(prefix, host, interface) => {
            row_id('N', &[&prefix.to_string(), host, interface])
        }
        Place::ZoneAlone(name) => row_id('N', &["zone", name]),
    }
}

fn prefix_text(view: &View<'_>, place: &Place) -> String {
    match place {
        Place::Shared(prefix) => prefix.to_string(),
        Place::Inside(prefix, host, interface) => view.wording().text_with(
            "sheets-network-inside",
            &[
                ("prefix", prefix.to_string().into()),
                ("host", host.as_str().into()),
                ("interface", interface.as_str().into()),
            ],
        ),
        Place::ZoneAlone(_) => view.text("sheets-network-not-stated"),
    }
}

fn origin(view: &View<'_>, network: &Network<'_>) -> String {
    view.text(match (network.zone.is_some(), network.members.is_empty()) {
        (true, false) => "sheets-network-stated-and-seen",
        (true, true) => "sheets-network-stated",
        (false, _) => "sheets-network-seen",
    })
}

/// How many answered a scan. Nobody, where a scan asked all of the network; no data, where none did.
fn answering(view: &View<'_>, place: &Place, network: &Network<'_>) -> Cell {
    let Place::Shared(prefix) = place else { return Cell::no_data() };
    if network.answering.is_empty() && !view.was_asked(prefix) {
        return Cell::no_data();
    }
    Cell::count(network.answering.len())
}

/// The zones that systems of this network were seen to reach.
fn reaches(view: &View<'_>, place: &Place, zone: Option<&Zone>, relations: &[Relation]) -> Cell {
    let Place::Shared(prefix) = place else { return Cell::no_data() };
    let is_from_here = |it: &&Relation| it.from_addresses.iter().any(|it| prefix.contains(*it));
    let mut names = BTreeSet::new();
    for relation in relations.iter().filter(is_from_here) {
        if relation.to == End::Outside {
            names.insert(view.text("sheets-outside"));
        }
        let zones = relation.to_addresses.iter().filter_map(|it| view.zone_of(*it));
        let others = zones.filter(|it| zone.is_none_or(|zone| zone.name != it.name));
        names.extend(others.map(|it| it.name.clone()));
    }
    if names.is_empty() { Cell::no_data() } else { Cell::lines(names) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;
    use crate::export::snapshot::ScanSummary;

    /// The rows without their ids.
    fn lines() -> Vec<String> {
        let lines = sample::table(&SHEET, &sample::snapshot());
        lines.iter().map(|it| it.split_once(" | ").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn stated_and_observed_networks_stand_in_one_list() {
        let prefixes: Vec<String> =
            lines().iter().map(|it| it.split(" | ").next().unwrap().to_owned()).collect();
        assert_eq!(
            prefixes,
            [
                "10.20.10.0/24",
                "10.20.20.0/24",
                "10.20.30.0/24",
                "10.20.40.0/24",
                "fd00:20:10::/64",
                "172.17.0.0/16 inside S-7K2QD (docker0)",
            ]
        );
    }

    #[test]
    fn a_stated_network_shows_who_was_seen_in_it() {
        assert_eq!(
            lines()[1],
            "10.20.20.0/24 | Büro | 20 | Arbeitsplätze | Server; Internet | no | register and \
             observation | 10.20.20.1 | no data | 1 | S-9M4TX PC-BUE-01 | Maschinen; Server; outside \
             (internet) | no data | not assessed | not assessed | not assessed"
        );
    }

    #[test]
    fn a_network_without_systems_has_no_data_and_not_zero() {
        let line = &lines()[2];
        assert!(
            line.starts_with("10.20.30.0/24 | Maschinen | _ | _ | _ | yes | register |"),
            "{line}"
        );
        assert!(line.contains("| no data | unknown (No recorded system"), "{line}");
    }

    #[test]
    fn a_bridge_with_an_adapter_leads_out_of_its_host() {
        let mut snapshot = sample::snapshot();
        snapshot.assets[0].interfaces[0].value.parent = Some("docker0".to_owned());
        let lines = sample::table(&SHEET, &snapshot);
        assert!(lines.iter().any(|it| it.contains("| 172.17.0.0/16 | ")), "{lines:?}");
    }

    #[test]
    fn host_routes_loopback_and_links_are_no_networks() {
        let mut snapshot = sample::snapshot();
        snapshot.register.zone.clear();
        snapshot.assets.truncate(1);
        let addresses = &mut snapshot.assets[0].interfaces[0].value.addresses;
        *addresses = ["10.9.9.9/32", "fe80::1/64", "169.254.3.4/16", "::1/128", "10.8.0.0/0"]
            .iter()
            .map(|it| it.split_once('/').unwrap())
            .map(|(address, length)| (address.parse().unwrap(), length.parse().unwrap()))
            .collect();
        let lines = sample::table(&SHEET, &snapshot);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("172.17.0.0/16 inside"), "{lines:?}");
    }

    #[test]
    fn an_observed_network_without_zone_asks_for_one() {
        assert!(lines()[3].starts_with("10.20.40.0/24 | _ | _ | _ | _ | _ | observation |"));
    }

    /// A scan of the network that is stated first, and what it says was answering.
    fn answering_after(change: fn(&mut ScanSummary)) -> String {
        let mut snapshot = sample::snapshot();
        let mut scan = ScanSummary {
            run: uuid::Uuid::from_u128(7),
            plan: None,
            ordered_by: "anna".to_owned(),
            vantage: None,
            networks: vec!["10.20.0.0/16".parse().unwrap()],
            exclusions: Vec::new(),
            profile: "gentle".to_owned(),
            rate_pps: None,
            state: "complete".to_owned(),
            ordered_at: snapshot.stamp.as_of,
            started_at: None,
            finished_at: None,
            figures: None,
            remarks: Vec::new(),
        };
        change(&mut scan);
        snapshot.scans = vec![scan];
        let lines = sample::table(&SHEET, &snapshot);
        let line = lines.iter().find(|it| it.contains("| 10.20.30.0/24 |")).unwrap();
        line.split(" | ").nth(13).unwrap().to_owned()
    }

    #[test]
    fn nobody_answers_where_everybody_was_asked_and_nobody_knows_where_not() {
        assert_eq!(answering_after(|_| {}), "0");
        assert_eq!(answering_after(|it| it.state = "partial".to_owned()), "no data");
        assert_eq!(answering_after(|it| it.state = "failed".to_owned()), "no data");
        assert_eq!(answering_after(|it| it.state = "waiting".to_owned()), "no data");
        let exclude = |it: &mut ScanSummary| it.exclusions = vec!["10.20.30.7/32".parse().unwrap()];
        assert_eq!(answering_after(exclude), "no data");
        let elsewhere =
            |it: &mut ScanSummary| it.exclusions = vec!["10.20.31.0/24".parse().unwrap()];
        assert_eq!(answering_after(elsewhere), "0");
        let part = |it: &mut ScanSummary| it.networks = vec!["10.20.30.0/25".parse().unwrap()];
        assert_eq!(answering_after(part), "no data");
    }

    #[test]
    fn whom_only_a_neighbour_table_names_did_not_answer() {
        let mut snapshot = sample::snapshot();
        sample::see_by_neighbour(&mut snapshot.assets[0]);
        let lines = sample::table(&SHEET, &snapshot);
        let line = lines.iter().find(|it| it.contains("| 10.20.10.0/24 |")).unwrap();
        assert_eq!(line.split(" | ").nth(13), Some("no data"), "{line}");
    }
}
