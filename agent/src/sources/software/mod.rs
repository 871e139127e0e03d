//! Installed software, one source per package manager.

mod apk;
mod dpkg;
mod executables;
mod flatpak;
mod languages;
mod pacman;
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
    &pacman::SOURCE,
    &rpm::SOURCE,
    &snap::SOURCE,
];
