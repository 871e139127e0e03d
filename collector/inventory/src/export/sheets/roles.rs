//! Roles: who answers for what. Roles and not persons.

use crate::export::cell::Cell;
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

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "roles",
    place: 5,
    title: "sheets-roles",
    subtitle: "sheets-roles-subtitle",
    empty: "sheets-empty-register",
    rules: &[3, 7],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("role.name", "register-role-name").width(30),
        Column::by_hand("role.deputy", "register-role-deputy")
            .list(List::Role)
            .width(30)
            .mandatory(),
        Column::computed("role.units", "sheets-column-leads").width(24).wrapped(),
        Column::computed("role.processes", "sheets-column-answers-for-processes")
            .width(24)
            .wrapped(),
        Column::computed("role.systems", "sheets-column-answers-for-systems").number().width(16),
        Column::by_hand("role.mail_group", "sheets-column-mail-group").width(26),
        Column::by_hand("role.remark", "sheets-column-remark").width(30).wrapped(),
        Column::by_hand("role.template", "register-key-template").width(14),
    ],
    rows: Rows::Together(rows),
    gaps: no_gaps,
};

fn rows(view: &View<'_>) -> Vec<Row> {
    let register = &view.snapshot().register;
    let stated = Stated::of(register);
    let row = |role: &crate::register::Role| {
        let is_it = |name: &Option<String>| name.as_ref() == Some(&role.name);
        let units = register.unit.iter().filter(|it| is_it(&it.head)).map(|it| it.name.clone());
        let processes = register.process.iter().filter(|it| is_it(&it.owner));
        let systems = in_use(&view.snapshot().assets)
            .filter(|it| stated.owner(it) == Some(role.name.as_str()))
            .count();
        Row::new(
            role.name.as_str(),
            vec![
                Cell::text(role.name.as_str()),
                Cell::stated(role.deputy.as_deref()),
                Cell::lines(units),
                Cell::lines(processes.map(|it| format!("{} {}", it.code, it.name))),
                Cell::count(systems),
                Cell::open(),
                Cell::open(),
                Cell::open(),
            ],
        )
    };
    register.role.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn a_role_shows_what_it_answers_for() {
        assert_eq!(
            sample::table(&SHEET, &sample::snapshot()),
            [
                "Geschäftsführung | _ | none | none | 0 | _ | _ | _",
                "Büroleitung | Geschäftsführung | Büro | GP001 Auftrag und Fertigung | 1 | _ | _ | _",
                "IT-Leitung | Büroleitung | none | none | 1 | _ | _ | _",
            ]
        );
    }
}
