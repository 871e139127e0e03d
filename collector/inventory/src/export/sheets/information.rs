//! Information: what has to be protected in the end.

use crate::export::cell::Cell;
use crate::export::common_cells::need;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;
use crate::export::view::View;
use crate::register::Information;
use crate::register::PersonalData;
use crate::register::Register;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "information",
    place: 9,
    title: "sheets-information",
    subtitle: "sheets-information-subtitle",
    empty: "sheets-empty-register",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("information.code", "register-information-code").width(12),
        Column::by_hand("information.name", "register-information-name").width(28).mandatory(),
        Column::by_hand("information.classification", "sheets-column-classification")
            .list(List::Classification),
        Column::by_hand("information.personal_data", "register-information-personal-data")
            .list(List::PersonalData)
            .mandatory(),
        Column::by_hand("information.data_subjects", "register-information-data-subjects")
            .width(18),
        Column::by_hand("information.count", "register-information-count").number().width(12),
        Column::by_hand("information.retention", "sheets-column-retention").width(16),
        Column::by_hand("information.processing_record", "register-information-processing-record")
            .width(12),
        Column::by_hand("information.confidentiality", "register-information-confidentiality")
            .list(List::Need)
            .mandatory()
            .width(14),
        Column::by_hand("information.integrity", "register-information-integrity")
            .list(List::Need)
            .mandatory()
            .width(14),
        Column::by_hand("information.availability", "register-information-availability")
            .list(List::Need)
            .mandatory()
            .width(14),
        Column::by_hand("information.scenario", "register-information-scenario")
            .width(28)
            .wrapped(),
        Column::by_hand("information.reason", "register-information-reason").width(30).wrapped(),
        Column::computed("information.applications", "register-process-applications")
            .width(26)
            .wrapped(),
        Column::by_hand("information.template", "register-key-template").width(14),
    ],
    rows: Rows::Together(|view: &View<'_>| {
        let register = &view.snapshot().register;
        register.information.iter().map(|it| row(register, it)).collect()
    }),
    gaps: no_gaps,
};

fn row(register: &Register, information: &Information) -> Row {
    let personal_data = information.personal_data.map(|it| match it {
        PersonalData::No => "no",
        PersonalData::Yes => "yes",
        PersonalData::Special => "special",
    });
    let applications = register
        .application
        .iter()
        .filter(|it| it.information.contains(&information.code))
        .map(|it| format!("{} {}", it.code, it.name));
    Row::new(
        information.code.as_str(),
        vec![
            Cell::text(information.code.as_str()),
            Cell::text(information.name.as_str()),
            Cell::open(),
            personal_data.map_or_else(Cell::open, |it| Cell::choice(List::PersonalData, it)),
            Cell::stated(information.data_subjects.as_deref()),
            count(information.count),
            Cell::open(),
            Cell::stated(information.processing_record.as_deref()),
            need(information.confidentiality),
            need(information.integrity),
            need(information.availability),
            Cell::stated(information.scenario.as_deref()),
            Cell::stated(information.reason.as_deref()),
            Cell::lines(applications),
            Cell::open(),
        ],
    )
}

fn count(count: Option<u64>) -> Cell {
    count.and_then(|it| usize::try_from(it).ok()).map_or_else(Cell::open, Cell::count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn information_shows_its_need_and_who_handles_it() {
        assert_eq!(
            sample::table(&SHEET, &sample::snapshot()),
            [
                "I-LOHN | Lohn- und Personaldaten | _ | yes | Beschäftigte | 25 | _ | VVT-03 | high | \
                 high | normal | Beeinträchtigung des informationellen Selbstbestimmungsrechts | \
                 Gehälter aller Beschäftigten | A002 Handwerker-ERP | _",
                "I-CAD | Konstruktionsdaten | _ | _ | _ | _ | _ | _ | not assessed | not assessed | \
                 not assessed | _ | _ | A002 Handwerker-ERP | _",
            ]
        );
    }
}
