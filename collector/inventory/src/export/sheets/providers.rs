//! Providers: who works for the company from outside.

use crate::export::cell::Cell;
use crate::export::common_cells::stated_yes_no;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;
use crate::export::view::View;
use crate::register::Provider;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "providers",
    place: 6,
    title: "sheets-providers",
    subtitle: "sheets-providers-subtitle",
    empty: "sheets-empty-register",
    rules: &[3, 7],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("provider.code", "register-provider-code").width(12),
        Column::by_hand("provider.name", "register-provider-name").width(28).mandatory(),
        Column::by_hand("provider.service", "register-provider-service")
            .width(28)
            .wrapped()
            .mandatory(),
        Column::by_hand("provider.contract", "sheets-column-contract").width(16),
        Column::by_hand("provider.contract_until", "sheets-column-contract-until").date().width(14),
        Column::by_hand("provider.processing_agreement", "register-provider-processing-agreement")
            .list(List::YesNo)
            .mandatory()
            .width(14),
        Column::by_hand("provider.remote_access", "register-provider-remote-access")
            .list(List::YesNo)
            .mandatory()
            .width(14),
        Column::computed("provider.remote_access_seen", "sheets-column-remote-access-seen")
            .width(18),
        Column::by_hand("provider.importance", "sheets-column-importance")
            .list(List::Need)
            .width(14),
        Column::by_hand("provider.contact_role", "sheets-column-contact-role")
            .list(List::Role)
            .width(22),
    ],
    rows: Rows::Together(|view: &View<'_>| {
        view.snapshot().register.provider.iter().map(row).collect()
    }),
    gaps: no_gaps,
};

fn row(provider: &Provider) -> Row {
    Row::new(
        provider.code.as_str(),
        vec![
            Cell::text(provider.code.as_str()),
            Cell::text(provider.name.as_str()),
            Cell::stated(provider.service.as_deref()),
            Cell::open(),
            Cell::open(),
            stated_yes_no(provider.processing_agreement),
            stated_yes_no(provider.remote_access),
            Cell::not_assessed(),
            Cell::open(),
            Cell::open(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn what_nobody_stated_is_open_and_not_no() {
        assert_eq!(
            sample::table(&SHEET, &sample::snapshot()),
            [
                "D001 | IT-Haus Beispiel | IT-Betreuung | _ | _ | yes | yes | not assessed | _ | _",
                "D002 | Maschinenbau Muster | _ | _ | _ | no | _ | not assessed | _ | _",
            ]
        );
    }
}
