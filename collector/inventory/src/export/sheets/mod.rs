//! One file per sheet. A new sheet is one file and two lines here.

mod accounts;
mod applications;
mod certificates;
mod connections;
mod firmware;
mod information;
mod licences;
mod networks;
mod organisation;
mod processes;
mod providers;
mod roles;
mod services;
mod software;
mod software_per_system;
mod systems;

use super::sheet::Sheet;

/// All sheets, sorted by key. Their order in the workbook is [`in_order`].
pub const SHEETS: &[&Sheet] = &[
    &accounts::SHEET,
    &applications::SHEET,
    &certificates::SHEET,
    &connections::SHEET,
    &firmware::SHEET,
    &information::SHEET,
    &licences::SHEET,
    &networks::SHEET,
    &organisation::SHEET,
    &processes::SHEET,
    &providers::SHEET,
    &roles::SHEET,
    &services::SHEET,
    &software::SHEET,
    &software_per_system::SHEET,
    &systems::SHEET,
];

/// All sheets in the order of the workbook.
#[must_use]
pub fn in_order() -> Vec<&'static Sheet> {
    let mut sheets = SHEETS.to_vec();
    sheets.sort_by_key(|it| it.place);
    sheets
}
