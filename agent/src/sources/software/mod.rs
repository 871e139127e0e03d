//! Installed software, one source per package manager.

mod apk;
mod dpkg;
mod executables;
mod flatpak;
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
    &dpkg::SOURCE,
    &executables::SOURCE,
    &flatpak::SOURCE,
    &languages::SOURCE,
    &nix::SOURCE,
    &pacman::SOURCE,
    &portage::SOURCE,
    &rpm::SOURCE,
    &snap::SOURCE,
];
