//! Firmware of everything in the machine, and its settings.

mod components;
mod esrt;
mod fwupd;
mod network_adapters;
mod settings;
mod uefi;

use super::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[
    &components::SOURCE,
    &esrt::SOURCE,
    &fwupd::SOURCE,
    &network_adapters::SOURCE,
    &settings::SOURCE,
    &uefi::SOURCE,
];
