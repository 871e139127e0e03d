//! What the plan shows: frames with their boxes, and relations between frames.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::asset::Asset;
use crate::asset::AssetKind;
use crate::asset::Contact;
use crate::asset::PathDescription;
use crate::asset::maker_and_model;
use crate::export::list::List;
use crate::export::relation::End;
use crate::export::relation::Relation;
use crate::export::relation::relations;
use crate::export::stated::in_use;
use crate::export::view::View;
use crate::export::view::names_a_host;
use crate::register::Cidr;

/// More boxes than this in one frame are summed up in the last one.
const NODES_MAX: usize = 24;
/// More lines than this make a picture that nobody reads; the rest is counted.
const LINES_MAX: usize = 12;
/// Services named on one line.
const SERVICES_MAX: usize = 4;

/// What is to be seen.
pub(super) struct Scene {
    pub(super) frames: Vec<Frame>,
    pub(super) lines: Vec<Line>,
    /// Relations between frames that are not drawn.
    pub(super) lines_left_out: usize,
}

/// A zone, a network, or the outside.
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) nodes: Vec<Node>,
    /// Whether a system of it named a way out.
    pub(super) has_gateway: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    Outside,
    Zone,
    /// Seen, but in no zone of the register.
    Unlisted,
    /// Systems without an address that could place them.
    Nowhere,
}

/// One box.
pub(super) struct Node {
    pub(super) id: String,
    pub(super) kind: NodeKind,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// The outside.
    Internet,
    /// A way out that systems name, but no system of ours.
    Gateway,
    /// A system of the inventory.
    Asset,
    /// A system that a neighbour table names and nobody contacted.
    Seen,
    /// Addresses that systems spoke with and nobody knows.
    Addresses,
    /// Systems that are summed up.
    More,
}

/// Relations between two frames.
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: String,
    pub(super) kind: LineKind,
}

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// Connections that systems saw.
    Talk,
    /// The same, out of the company.
    TalkOutside,
    /// A way that a scan followed from one network into the next, through a router.
    Route,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Outside,
    Zone(String),
    Network(Cidr),
    Nowhere,
}

/// What is found in one place.
#[derive(Default)]
struct Found<'a> {
    assets: Vec<&'a Asset>,
    gateways: BTreeSet<IpAddr>,
    addresses: BTreeSet<IpAddr>,
    has_gateway: bool,
}

impl Scene {
    pub(super) fn of(view: &View<'_>) -> Self {
        let networks = networks(view);
        let relations = relations(view);
        let mut found: BTreeMap<Place, Found<'_>> = BTreeMap::new();
        for zone in &view.snapshot().register.zone {
            found.entry(Place::Zone(zone.name.clone())).or_default();
        }
        for asset in in_use(&view.snapshot().assets) {
            found.entry(place_of_asset(view, asset, &networks)).or_default().assets.push(asset);
            for gateway in gateways(asset) {
                let at = found.entry(place_of(view, gateway, &networks)).or_default();
                at.has_gateway = true;
                if view.asset_of(gateway).is_none() {
                    at.gateways.insert(gateway);
                }
            }
        }
        for address in forwarding(view) {
            let at = place_of(view, address, &networks);
            found.entry(at).or_default().has_gateway = true;
        }
        for end in relations.iter().flat_map(|it| [&it.from, &it.to]) {
            if let End::Address(address) = end {
                let at = found.entry(place_of(view, *address, &networks)).or_default();
                if !at.gateways.contains(address) {
                    at.addresses.insert(*address);
                }
            }
        }
        if relations.iter().any(Relation::leaves_the_company)
            || found.values().any(|it| it.has_gateway)
        {
            found.entry(Place::Outside).or_default();
        }
        let order: Vec<Place> = found.keys().cloned().collect();
        let frames = found.iter().map(|(place, it)| frame(view, place, it, &relations)).collect();
        let (mut lines, left_out) = lines(view, &relations, &order, &networks);
        let mut routes = routes(view, &order, &networks);
        let lines_left_out = left_out + routes.len().saturating_sub(LINES_MAX);
        routes.truncate(LINES_MAX);
        lines.extend(routes);
        Self { frames, lines, lines_left_out }
    }
}

/// The networks that systems share: those inside one host do not count.
fn networks(view: &View<'_>) -> BTreeSet<Cidr> {
    let interfaces = in_use(&view.snapshot().assets).flat_map(|it| &it.interfaces);
    let shared = interfaces.filter(|it| leads_out(&it.value.kind));
    let addresses = shared.flat_map(|it| &it.value.addresses);
    let own = addresses
        .filter(|(address, _)| names_a_host(*address))
        .filter_map(|(address, length)| Cidr::of(*address, *length));
    own.chain(view.scanned_networks()).collect()
}

fn leads_out(interface_kind: &str) -> bool {
    !matches!(interface_kind, "loopback" | "bridge" | "virtual" | "tunnel")
}

fn gateways(asset: &Asset) -> impl Iterator<Item = IpAddr> {
    let out = asset.routes.iter().filter(|it| it.value.prefix_length == 0);
    out.filter_map(|it| it.value.gateway).filter(|it| names_a_host(*it))
}

/// Where an asset stands: by its first address in a zone, else in a network, IPv4 first.
fn place_of_asset(view: &View<'_>, asset: &Asset, networks: &BTreeSet<Cidr>) -> Place {
    let addresses = shown_addresses(asset);
    let places = addresses.iter().map(|it| place_of(view, *it, networks));
    // The variants are in this order: a zone before a network before nowhere.
    places.min().unwrap_or(Place::Nowhere)
}

fn place_of(view: &View<'_>, address: IpAddr, networks: &BTreeSet<Cidr>) -> Place {
    if let Some(zone) = view.zone_of(address) {
        return Place::Zone(zone.name.clone());
    }
    let holding = networks.iter().filter(|it| it.contains(address));
    holding.max_by_key(|it| it.prefix_length()).map_or(Place::Nowhere, |it| Place::Network(*it))
}

/// The addresses of the asset that others can reach, IPv4 first.
fn shown_addresses(asset: &Asset) -> Vec<IpAddr> {
    let own = asset.interfaces.iter().filter(|it| leads_out(&it.value.kind));
    let own = own.flat_map(|it| &it.value.addresses).map(|(address, _)| *address);
    let seen = asset.addresses.iter().map(|it| it.value.address);
    let mut addresses: Vec<IpAddr> = own.chain(seen).filter(|it| names_a_host(*it)).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

fn frame(view: &View<'_>, place: &Place, found: &Found<'_>, relations: &[Relation]) -> Frame {
    let (kind, title, subtitle) = match place {
        Place::Outside => (
            FrameKind::Outside,
            view.text("workbook-plan-outside"),
            view.text("workbook-plan-outside-about"),
        ),
        Place::Zone(name) => (FrameKind::Zone, name.clone(), zone_subtitle(view, name)),
        Place::Network(network) => {
            (FrameKind::Unlisted, network.to_string(), view.text("workbook-plan-unlisted"))
        }
        Place::Nowhere => (
            FrameKind::Nowhere,
            view.text("workbook-plan-nowhere"),
            view.text("workbook-plan-nowhere-about"),
        ),
    };
    let nodes = match place {
        Place::Outside => vec![internet(view, relations)],
        Place::Zone(_) | Place::Network(_) | Place::Nowhere => nodes(view, &title, found),
    };
    Frame { kind, title, subtitle, nodes, has_gateway: found.has_gateway }
}

fn zone_subtitle(view: &View<'_>, name: &str) -> String {
    let zones = &view.snapshot().register.zone;
    let Some(zone) = zones.iter().find(|it| it.name == name) else { return String::new() };
    let mut said = Vec::new();
    said.extend(zone.vlan.map(|it| format!("VLAN {it}")));
    said.extend(zone.networks.iter().cloned());
    if zone.ot {
        said.push(view.text("workbook-plan-ot"));
    }
    said.join(" · ")
}

fn nodes(view: &View<'_>, frame: &str, found: &Found<'_>) -> Vec<Node> {
    let mut nodes: Vec<Node> = found
        .gateways
        .iter()
        .map(|it| Node {
            id: format!("gateway/{it}"),
            kind: NodeKind::Gateway,
            title: format!("{} {it}", view.text("workbook-plan-gateway")),
            lines: vec![view.text("workbook-plan-gateway-about")],
        })
        .collect();
    nodes.extend(found.assets.iter().map(|it| asset_node(view, it)));
    if nodes.len() > NODES_MAX {
        let rest = nodes.split_off(NODES_MAX - 1).len();
        nodes.push(Node {
            id: format!("more/{frame}"),
            kind: NodeKind::More,
            title: view.wording().text_with("workbook-plan-more", &[("count", rest.into())]),
            lines: vec![view.text("workbook-plan-more-about")],
        });
    }
    if !found.addresses.is_empty() {
        let count = found.addresses.len();
        let list: Vec<String> = found.addresses.iter().take(3).map(ToString::to_string).collect();
        let more = if count > 3 { ", …" } else { "" };
        nodes.push(Node {
            id: format!("addresses/{frame}"),
            kind: NodeKind::Addresses,
            title: view.wording().text_with("workbook-plan-addresses", &[("count", count.into())]),
            lines: vec![
                format!("{}{more}", list.join(", ")),
                view.text("workbook-plan-addresses-about"),
            ],
        });
    }
    nodes
}

fn asset_node(view: &View<'_>, asset: &Asset) -> Node {
    let system = asset.operating_system.as_ref().map(|it| &it.value);
    let system = system.and_then(|it| it.pretty_name.clone().or_else(|| it.name.clone()));
    let addresses: Vec<String> = shown_addresses(asset).iter().map(ToString::to_string).collect();
    let name = asset.name.as_ref().map_or("", |it| it.value.as_str());
    Node {
        id: asset.label.to_string(),
        kind: if asset.contact == Contact::Seen { NodeKind::Seen } else { NodeKind::Asset },
        title: format!("{} {name}", asset.label).trim_end().to_owned(),
        lines: vec![
            match (system, asset.contact) {
                (_, Contact::Seen) => view.text("workbook-plan-seen-only"),
                (Some(system), _) => system,
                (None, _) => kind_text(view, asset)
                    .unwrap_or_else(|| view.text("workbook-plan-system-unknown")),
            },
            if addresses.is_empty() {
                view.text("workbook-plan-no-address")
            } else {
                addresses.join(" · ")
            },
        ],
    }
}

/// What a system without a known operating system is: maker and model, else its kind.
fn kind_text(view: &View<'_>, asset: &Asset) -> Option<String> {
    let hardware = [&asset.hardware.manufacturer, &asset.hardware.product];
    let [maker, model] = hardware.map(|it| it.as_ref().map(|it| it.value.as_str()));
    if let Some(named) = maker_and_model(maker, model) {
        return Some(named);
    }
    let kind = asset.kind.as_ref().map(|it| it.value).filter(|it| *it != AssetKind::Unknown)?;
    List::AssetKind.message(kind.code()).map(|it| view.text(it))
}

/// The outside: how much of it was seen, and whether anybody looked.
fn internet(view: &View<'_>, relations: &[Relation]) -> Node {
    let mut peers = BTreeSet::new();
    for relation in relations {
        for (end, addresses) in
            [(&relation.from, &relation.from_addresses), (&relation.to, &relation.to_addresses)]
        {
            if *end == End::Outside {
                peers.extend(addresses.iter().copied());
            }
        }
    }
    let words = view.wording();
    let seen = if peers.is_empty() {
        view.text("workbook-plan-no-peers")
    } else {
        words.text_with("workbook-plan-peers", &[("count", peers.len().into())])
    };
    Node {
        id: "internet".to_owned(),
        kind: NodeKind::Internet,
        title: view.text("workbook-plan-internet"),
        lines: vec![seen],
    }
}

/// One line per pair of frames, those with most relations first.
fn lines(
    view: &View<'_>,
    relations: &[Relation],
    order: &[Place],
    networks: &BTreeSet<Cidr>,
) -> (Vec<Line>, usize) {
    let mut pairs: BTreeMap<(usize, usize), Vec<&Relation>> = BTreeMap::new();
    for relation in relations {
        let at = |end: &End| {
            let place = match end {
                End::Asset(id) => place_of_asset(view, view.asset(*id)?, networks),
                End::Address(address) => place_of(view, *address, networks),
                End::Outside => Place::Outside,
            };
            order.iter().position(|it| *it == place)
        };
        if let (Some(from), Some(to)) = (at(&relation.from), at(&relation.to))
            && from != to
        {
            pairs.entry((from, to)).or_default().push(relation);
        }
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_by_key(|(pair, relations)| (std::cmp::Reverse(relations.len()), *pair));
    let left_out = pairs.len().saturating_sub(LINES_MAX);
    pairs.truncate(LINES_MAX);
    let line = |((from, to), relations): ((usize, usize), Vec<&Relation>)| Line {
        from,
        to,
        label: label(&relations),
        kind: if relations.iter().any(|it| it.leaves_the_company()) {
            LineKind::TalkOutside
        } else {
            LineKind::Talk
        },
    };
    (pairs.into_iter().map(line).collect(), left_out)
}

/// One line per pair of frames that routers join, as scans followed the ways.
fn routes(view: &View<'_>, order: &[Place], networks: &BTreeSet<Cidr>) -> Vec<Line> {
    let mut routers: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
    let at = |address: IpAddr| {
        let place = place_of(view, address, networks);
        order.iter().position(|it| *it == place).filter(|_| place != Place::Nowhere)
    };
    let name = |address: IpAddr| {
        view.asset_of(address).map_or_else(|| address.to_string(), |it| view.name_of(it))
    };
    for path in in_use(&view.snapshot().assets).flat_map(|it| &it.paths) {
        // The frame that the way was in last, and the stations since then.
        let mut last: Option<usize> = None;
        let mut between: Vec<String> = Vec::new();
        for station in stations(&path.value) {
            let Some(station) = station else {
                (last, between) = (None, Vec::new());
                continue;
            };
            let here = at(station);
            if let (Some(from), Some(to)) = (last, here)
                && from != to
            {
                routers.entry((from, to)).or_default().insert(between.join(" → "));
            }
            if here.is_some() {
                (last, between) = (here, Vec::new());
            }
            between.push(name(station));
        }
    }
    let line = |((from, to), names): ((usize, usize), BTreeSet<String>)| {
        let names: Vec<String> = names.into_iter().take(SERVICES_MAX).collect();
        Line { from, to, label: names.join(", "), kind: LineKind::Route }
    };
    routers.into_iter().map(line).collect()
}

/// The stations of a way with its target, if it got there; a silent one is none.
fn stations(path: &PathDescription) -> impl Iterator<Item = Option<IpAddr>> {
    let is_missing = path.is_complete && path.hops.last() != Some(&Some(path.target));
    path.hops.iter().copied().chain(is_missing.then_some(Some(path.target)))
}

/// The addresses of systems that scans saw forward packets.
fn forwarding(view: &View<'_>) -> BTreeSet<IpAddr> {
    let paths = in_use(&view.snapshot().assets).flat_map(|it| &it.paths);
    let on_the_way = paths.flat_map(|it| {
        let target = Some(it.value.target);
        stations(&it.value).flatten().filter(move |it| Some(*it) != target)
    });
    on_the_way.filter_map(|it| view.asset_of(it)).flat_map(shown_addresses).collect()
}

/// The services of a line: `443/tcp, 5432/tcp +2`.
fn label(relations: &[&Relation]) -> String {
    let services: BTreeSet<(u16, &str)> =
        relations.iter().map(|it| (it.port, it.transport.as_str())).collect();
    let named: Vec<String> = services
        .iter()
        .take(SERVICES_MAX)
        .map(|(port, transport)| format!("{port}/{transport}"))
        .collect();
    let rest = services.len().saturating_sub(SERVICES_MAX);
    let rest = if rest > 0 { format!(" +{rest}") } else { String::new() };
    format!("{}{rest}", named.join(", "))
}
