//! Installed software, one source per package manager.

mod apk;
mod browser_extensions;
mod dpkg;
mod executables;
mod flatpak;
mod ide_extensions;
mod languages;
mod nix;
mod pacman;
mod portage;
mod rpm;
mod snap;

use crate::sources::Source;

/// The sources of this domain, sorted.
pub(super) const SOURCES: &[&Source] = &[
    &apk::SOURCE,
    &browser_extensions::SOURCE,
    &dpkg::SOURCE,
    &executables::SOURCE,
    &flatpak::SOURCE,
    &ide_extensions::SOURCE,
    &languages::SOURCE,
    &nix::SOURCE,
    &pacman::SOURCE,
    &portage::SOURCE,
    &rpm::SOURCE,
    &snap::SOURCE,
];
