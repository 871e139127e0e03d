//! What the machine is made of.

mod batteries;
mod battery_wear;
mod device_tree;
mod disks;
mod management_controller;
mod memory;
mod memory_controllers;
mod memory_errors;
mod monitors;
mod pci;
mod processor;
mod smbios;
mod tpm;
mod usb;
mod vulnerabilities;

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[
    &batteries::SOURCE,
    &battery_wear::SOURCE,
    &device_tree::SOURCE,
    &disks::SOURCE,
    &management_controller::SOURCE,
    &memory::SOURCE,
    &memory_controllers::SOURCE,
    &memory_errors::SOURCE,
    &monitors::SOURCE,
    &pci::SOURCE,
    &processor::SOURCE,
    &smbios::SOURCE,
    &tpm::SOURCE,
    &usb::SOURCE,
    &vulnerabilities::SOURCE,
];
