//! The network as the host sees it.

mod connections;
mod dhcp;
mod interfaces;
mod link_neighbours;
mod namespaces;
mod neighbours;
mod resolvers;
mod routes;
mod ssh_host_keys;
mod vpn;
mod wireless;

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[
    &connections::SOURCE,
    &dhcp::SOURCE,
    &interfaces::SOURCE,
    &link_neighbours::SOURCE,
    &namespaces::SOURCE,
    &neighbours::SOURCE,
    &resolvers::SOURCE,
    &routes::SOURCE,
    &ssh_host_keys::SOURCE,
    &vpn::SOURCE,
    &wireless::SOURCE,
];
