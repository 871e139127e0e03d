//! Rows of a sheet that shows one table of the register and nothing else.

use super::cell::Cell;
use super::sheet::Row;
use super::view::View;

/// One row per entry, by its identity in the first cell. What is stated is put into the other cells
/// like everywhere.
pub(super) fn register_rows(view: &View<'_>, table: &str, columns: usize) -> Vec<Row> {
    let row = |(identity, _): (&str, _)| {
        let mut cells = vec![Cell::text(identity)];
        cells.resize(columns, Cell::open());
        Row::new(identity, cells)
    };
    view.stated().entries(table).map(row).collect()
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::export::sheets::SHEETS;
    use crate::register::Register;

    #[test]
    fn an_entry_is_a_row_with_all_that_is_stated() {
        let register = Register::parse(include_str!("../register/example.toml")).unwrap();
        let snapshot = Snapshot { register, ..sample::snapshot() };
        let view = sample::view(&snapshot, Language::English);
        for (key, expected) in [
            ("contracts", "V001 | IT-Betreuung | D001 | service | RV-2021-07 | 1 Jul 2021"),
            ("cloud_services", "CD1 | Büroprogramme mit E-Mail | D001"),
            ("backups", "SI1 | Server täglich | S-7K2QD | I-LOHN\nI-CAD | backup-server"),
            (
                "cables",
                "K001 | S-7K2QD | enp3s0 | PF1-07 | D 1.07 | sw01 | 7 | Cat 6a | R001 | Blau",
            ),
            ("measures", "M-001 | Netz der Maschinen trennen | Maschinen | R-001 | NET.1.1 | 1"),
            ("records", "VG001 | audit | Internes Audit 2026 | 15 Oct 2026"),
        ] {
            let sheet = SHEETS.iter().find(|it| it.key == key).unwrap();
            let row = view.rows(sheet).first().unwrap();
            let texts: Vec<String> =
                row.cells.iter().map(|it| view.value_text(it.value())).collect();
            assert!(texts.join(" | ").starts_with(expected), "{texts:?}");
            assert!(
                texts.iter().all(|it| !it.is_empty()),
                "the example states everything: {texts:?}"
            );
        }
    }
}
