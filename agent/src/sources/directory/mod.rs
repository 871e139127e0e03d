//! What this host knows of other machines: the lists of what should exist.

use super::Source;

mod dhcp_dnsmasq;
mod dhcp_dnsmasq_leases;
mod dhcp_isc;
mod dhcp_isc_leases;
mod dhcp_kea;
mod dhcp_kea_leases;
mod dns_bind;
mod libvirt;
mod lxc;
mod proxmox;
mod samba;
mod watched;

/// Sorted.
pub(super) const SOURCES: &[&Source] = &[
    &dhcp_dnsmasq::SOURCE,
    &dhcp_dnsmasq_leases::SOURCE,
    &dhcp_isc::SOURCE,
    &dhcp_isc_leases::SOURCE,
    &dhcp_kea::SOURCE,
    &dhcp_kea_leases::SOURCE,
    &dns_bind::SOURCE,
    &libvirt::SOURCE,
    &lxc::SOURCE,
    &proxmox::SOURCE,
    &samba::SOURCE,
    &watched::SOURCE,
];
