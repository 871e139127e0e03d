//! One file per sheet. A new sheet is one file and two lines here.

mod systems;

use super::sheet::Sheet;

/// All sheets, sorted by key. Their order in the workbook is [`in_order`].
pub const SHEETS: &[&Sheet] = &[&systems::SHEET];

/// All sheets in the order of the workbook.
#[must_use]
pub fn in_order() -> Vec<&'static Sheet> {
    let mut sheets = SHEETS.to_vec();
    sheets.sort_by_key(|it| it.place);
    sheets
}
