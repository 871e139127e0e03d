//! Modelling: which building blocks of a framework apply to which object, and why not where not.

use crate::export::cell::Cell;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "modelling",
    place: 29,
    title: "sheets-modelling",
    subtitle: "sheets-modelling-subtitle",
    empty: "sheets-empty-modelling",
    rules: &[4, 5],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("model.id", "sheets-column-id").width(24),
        Column::computed("model.module", "sheets-column-module").width(16),
        Column::computed("model.object", "register-key-object").width(30),
        Column::computed("model.ground", "sheets-column-ground-of-proposal").wrapped().width(34),
        Column::by_hand("model.relevant", "register-key-relevant").list(List::YesNo).width(12),
        Column::by_hand("model.reason", "register-key-reason").wrapped().width(40),
    ],
    rows: Rows::Together(rows),
    gaps: |view| vec![view.text("sheets-modelling-gap")],
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let row = |(id, _): (&str, _)| {
        let (module, object) = id.split_once('/').unwrap_or((id, ""));
        let object = match object {
            "" => Cell::unknown(view.text("sheets-reason-not-stated")),
            object => Cell::text(object),
        };
        let cells = vec![
            Cell::text(id),
            Cell::text(module),
            object,
            Cell::not_assessed(),
            Cell::open(),
            Cell::open(),
        ];
        Row::new(id, cells)
    };
    view.stated().entries("model").map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn a_decision_names_module_and_object() {
        let text = "[[model]]\nid = \"SYS.1.1/S-7K2QD\"\nrelevant = false\nreason = \"Test\"\n\
            [[model]]\nid = \"ISMS.1\"\n";
        let snapshot = Snapshot { register: Register::parse(text).unwrap(), ..sample::nothing() };
        let lines = sample::stated_table(&SHEET, &snapshot);
        assert!(lines[0].starts_with("ISMS.1 | ISMS.1 | unknown ("), "{lines:?}");
        assert_eq!(lines[1], "SYS.1.1/S-7K2QD | SYS.1.1 | S-7K2QD | not assessed | no | Test");
    }
}
