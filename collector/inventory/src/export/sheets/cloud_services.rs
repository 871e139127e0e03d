//! Cloud services: what runs elsewhere, where its data lie, and how to get out.

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
    key: "cloud_services",
    place: 11,
    title: "sheets-cloud-services",
    subtitle: "sheets-cloud-services-subtitle",
    empty: "sheets-empty-table",
    rules: &[3, 7],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("cloud_service.code", "register-key-code").width(12),
        Column::by_hand("cloud_service.name", "register-key-name").mandatory().width(26),
        Column::by_hand("cloud_service.provider", "register-key-provider")
            .list(List::Provider)
            .mandatory()
            .width(12),
        Column::by_hand("cloud_service.purpose", "register-key-purpose").wrapped().width(24),
        Column::by_hand("cloud_service.tenant", "register-key-tenant").width(16),
        Column::by_hand("cloud_service.information", "register-key-information")
            .wrapped()
            .width(16),
        Column::by_hand("cloud_service.data_location", "register-key-data-location")
            .mandatory()
            .width(14),
        Column::by_hand("cloud_service.processing_agreement", "register-key-processing-agreement")
            .list(List::ProcessingAgreement)
            .mandatory()
            .width(14),
        Column::by_hand("cloud_service.administrators", "register-key-administrators")
            .wrapped()
            .width(20),
        Column::by_hand("cloud_service.second_factor", "register-key-second-factor")
            .list(List::YesPartlyNo)
            .mandatory()
            .width(14),
        Column::by_hand("cloud_service.backup", "register-key-backup").wrapped().width(22),
        Column::by_hand("cloud_service.exit_plan", "register-key-exit-plan").wrapped().width(22),
        Column::by_hand("cloud_service.contract", "register-key-contract")
            .list(List::Contract)
            .width(12),
        Column::by_hand("cloud_service.owner", "register-key-owner")
            .list(List::Role)
            .mandatory()
            .width(20),
        Column::by_hand("cloud_service.recognise_domains", "register-key-recognise-domains")
            .wrapped()
            .width(20),
        Column::by_hand("cloud_service.remark", "register-key-remark").wrapped().width(28),
    ],
    rows: Rows::Together(|view| register_rows(view, "cloud_service", SHEET.columns.len())),
    gaps: no_gaps,
};
