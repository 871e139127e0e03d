//! Contracts: what is agreed with whom, until when, and when notice has to be given.

use crate::export::list::List;
use crate::export::register_rows::register_rows;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "contracts",
    place: 7,
    title: "sheets-contracts",
    subtitle: "sheets-contracts-subtitle",
    empty: "sheets-empty-table",
    rules: &[3, 7],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("contract.code", "register-key-code").width(12),
        Column::by_hand("contract.name", "register-key-name").mandatory().width(28),
        Column::by_hand("contract.provider", "register-key-provider")
            .list(List::Provider)
            .mandatory()
            .width(12),
        Column::by_hand("contract.kind", "register-key-kind").list(List::ContractKind).width(16),
        Column::by_hand("contract.number", "register-key-number").width(16),
        Column::by_hand("contract.begins_on", "register-key-begins-on").date().width(12),
        Column::by_hand("contract.ends_on", "register-key-ends-on").date().expiring(180).width(12),
        Column::by_hand("contract.notice_by", "register-key-notice-by")
            .date()
            .expiring(180)
            .width(12),
        Column::by_hand("contract.reminder_days", "register-key-reminder-days").number().width(12),
        Column::by_hand("contract.renews", "register-key-renews").list(List::YesNo).width(12),
        Column::by_hand("contract.service_level", "register-key-service-level").wrapped().width(24),
        Column::by_hand("contract.processing_agreement", "register-key-processing-agreement")
            .list(List::ProcessingAgreement)
            .mandatory()
            .width(14),
        Column::by_hand("contract.remote_access", "register-key-remote-access")
            .list(List::YesNo)
            .width(12),
        Column::by_hand("contract.cost_per_year_eur", "register-key-cost-per-year-eur")
            .number()
            .width(14),
        Column::by_hand("contract.owner", "register-key-owner")
            .list(List::Role)
            .mandatory()
            .width(20),
        Column::by_hand("contract.document", "register-key-document").wrapped().width(20),
        Column::by_hand("contract.remark", "register-key-remark").wrapped().width(28),
        Column::by_hand("contract.template", "register-key-template").width(14),
    ],
    rows: Rows::Together(|view| register_rows(view, "contract", SHEET.columns.len())),
    gaps: no_gaps,
};
