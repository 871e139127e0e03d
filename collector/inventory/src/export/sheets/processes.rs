//! Business processes: what the company does and what it needs for it.

use std::collections::BTreeSet;

use crate::export::cell::Cell;
use crate::export::claims::claims;
use crate::export::common_cells::need;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system_text;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;
use crate::export::stated::Stated;
use crate::export::stated::in_use;
use crate::export::view::View;
use crate::register::Process;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "processes",
    place: 8,
    title: "sheets-processes",
    subtitle: "sheets-processes-subtitle",
    empty: "sheets-empty-register",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("process.code", "register-process-code").width(12),
        Column::by_hand("process.name", "register-process-name").width(28).mandatory(),
        Column::by_hand("process.owner", "register-process-owner")
            .list(List::Role)
            .width(22)
            .mandatory(),
        Column::by_hand("process.description", "sheets-column-description").width(30).wrapped(),
        Column::by_hand("process.outage_hours", "register-process-outage-hours")
            .number()
            .mandatory()
            .width(14),
        Column::by_hand("process.recovery_time_hours", "sheets-column-recovery-time")
            .number()
            .width(14),
        Column::by_hand("process.recovery_point_hours", "sheets-column-recovery-point")
            .number()
            .width(14),
        Column::by_hand("process.confidentiality", "register-process-confidentiality")
            .list(List::Need)
            .mandatory()
            .width(14),
        Column::by_hand("process.integrity", "register-process-integrity")
            .list(List::Need)
            .mandatory()
            .width(14),
        Column::by_hand("process.availability", "register-process-availability")
            .list(List::Need)
            .mandatory()
            .width(14),
        Column::by_hand("process.reason", "register-process-reason").width(32).wrapped(),
        Column::by_hand("process.applications", "register-process-applications")
            .width(16)
            .wrapped(),
        Column::computed("process.systems", "sheets-column-runs-on").width(26).wrapped(),
        Column::by_hand("process.approved_on", "sheets-column-approved-on").date().width(14),
        Column::computed("process.claims", "account-claims-of").width(36).wrapped(),
        Column::by_hand("process.template", "register-key-template").width(14),
    ],
    rows: Rows::Together(rows),
    gaps: no_gaps,
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let stated = Stated::of(&view.snapshot().register);
    let row = |process: &Process| {
        Row::new(
            process.code.as_str(),
            vec![
                Cell::text(process.code.as_str()),
                Cell::text(process.name.as_str()),
                Cell::stated(process.owner.as_deref()),
                Cell::open(),
                process.outage_hours.map_or_else(Cell::open, Cell::number),
                Cell::open(),
                Cell::open(),
                need(process.confidentiality),
                need(process.integrity),
                need(process.availability),
                Cell::stated(process.reason.as_deref()),
                applications(process),
                systems(view, &stated, process),
                Cell::open(),
                claims(view, "process", &process.code),
                Cell::open(),
            ],
        )
    };
    view.snapshot().register.process.iter().map(row).collect()
}

fn applications(process: &Process) -> Cell {
    match process.applications.as_slice() {
        [] => Cell::open(),
        [only] => Cell::text(only.as_str()).linking_to("applications", only.as_str()),
        several => Cell::lines(several.to_vec()),
    }
}

/// The systems on which the applications of the process were recognised.
fn systems(view: &View<'_>, stated: &Stated<'_>, process: &Process) -> Cell {
    if process.applications.is_empty() {
        return Cell::unknown(view.text("sheets-reason-no-applications"));
    }
    let is_used = |code: &String| process.applications.contains(code);
    let systems: BTreeSet<String> = in_use(&view.snapshot().assets)
        .filter(|asset| {
            stated.applications_on(asset).iter().any(|it| is_used(&it.application.code))
        })
        .map(system_text)
        .collect();
    if systems.is_empty() {
        return Cell::unknown(view.text("sheets-reason-not-recognised"));
    }
    some_lines(view, systems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn a_process_leads_to_the_systems_below_it() {
        assert_eq!(
            sample::table(&SHEET, &sample::snapshot()),
            ["GP001 | Auftrag und Fertigung | Büroleitung | _ | 8 | _ | _ | normal | very high | \
                 high | Ohne Zuschnittlisten steht die Fertigung | A002 | S-7K2QD srv-erp; S-9M4TX \
                 PC-BUE-01 | _ | none | _"]
        );
    }

    #[test]
    fn a_process_without_statements_is_not_assessed_and_its_systems_are_unknown() {
        let text = "[[process]]\ncode = \"P\"\nname = \"P\"\n";
        let register = Register::parse(text).unwrap();
        let snapshot = crate::export::Snapshot { register, ..sample::snapshot() };
        let lines = sample::table(&SHEET, &snapshot);
        assert!(lines[0].contains("| not assessed | not assessed | not assessed |"), "{lines:?}");
        assert!(lines[0].contains("unknown ("), "{lines:?}");
    }
}
