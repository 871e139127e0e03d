//! What an account must be allowed to do for an order.

use store::Access;

use super::claims::ClaimOrder;
use super::guide::GuideOrder;
use super::order::{Order, ScanOrder};
use super::snapshots::SnapshotOrder;
use super::users::UserOrder;
use crate::accounts::Acting;
use crate::failure::{ExitCode, Failure};

/// Refuses an order that goes beyond the access of the acting account. Before there is an account, the rights on the
/// data folder decide, as for any file. From the first one on, whoever has none only sees which accounts there are: a
/// person whose account was removed, or whose user of the system was renamed, must not be able to do more than before.
pub(super) fn check(acting: &Acting, order: &Order) -> Result<(), Failure> {
    let Some(account) = &acting.account else {
        if !acting.are_there_accounts || matches!(order, Order::User(UserOrder::List)) {
            return Ok(());
        }
        let name = super::claims::bare_name(&acting.actor);
        return Err(Failure::new(ExitCode::Refused, "needs-account", name));
    };
    if account.access < needed(order) {
        let needed = super::users::access_code(needed(order));
        return Err(
            Failure::new(ExitCode::Refused, "access", account.name.as_str()).because(needed)
        );
    }
    if !acting.is_certain && needs_certainty(order) {
        return Err(Failure::new(ExitCode::Refused, "needs-password", account.name.as_str()));
    }
    Ok(())
}

/// Whether an order is a person's word, or decides whose word counts.
const fn needs_certainty(order: &Order) -> bool {
    matches!(
        order,
        Order::Claim(ClaimOrder::Confirm { .. } | ClaimOrder::Reject { .. })
            | Order::User(
                UserOrder::Add { .. }
                    | UserOrder::Remove { .. }
                    | UserOrder::Role { .. }
                    | UserOrder::Password { .. }
            )
    )
}

const fn needed(order: &Order) -> Access {
    match order {
        Order::TokenList
        | Order::AgentHealth
        | Order::AgentList
        | Order::AssetList
        | Order::AssetShow { .. }
        | Order::AssetHistory { .. }
        | Order::AssetConflicts
        | Order::RegisterExport
        | Order::RegisterShow { .. }
        | Order::ImportList
        | Order::ImportShow { .. }
        | Order::Guide(
            GuideOrder::Next { .. }
            | GuideOrder::Due { .. }
            | GuideOrder::TemplateList { .. }
            | GuideOrder::TemplateShow { .. },
        )
        // Whether an account may settle a claim is a matter of its roles, and of nothing else.
        | Order::Claim(
            ClaimOrder::Pending | ClaimOrder::Confirm { .. } | ClaimOrder::Reject { .. },
        )
        | Order::User(UserOrder::List | UserOrder::Password { .. }) => Access::Viewer,
        Order::Scan(order) => needed_for_scan(order),
        Order::Snapshot(
            SnapshotOrder::List | SnapshotOrder::Show { .. } | SnapshotOrder::Differences { .. },
        ) => Access::Viewer,
        Order::Snapshot(SnapshotOrder::Create { .. } | SnapshotOrder::Verify { .. })
        | Order::AuditLog(_)
        | Order::AuditVerify
        | Order::ExportWorkbook { .. } => Access::Auditor,
        Order::TokenCreate { .. }
        | Order::TokenRevoke { .. }
        | Order::AgentApprove { .. }
        | Order::AgentRevoke { .. }
        | Order::ReportImport { .. }
        | Order::AssetMerge { .. }
        | Order::AssetSplit { .. }
        | Order::RegisterImport { .. }
        | Order::RegisterSet { .. }
        | Order::RegisterRemove { .. }
        | Order::ImportWorkbook { .. }
        | Order::ImportLicences { .. }
        | Order::Guide(GuideOrder::TemplateApply { .. })
        | Order::ImportResolve { .. }
        | Order::ImportAccept { .. }
        | Order::Undo { .. }
        | Order::BackupCreate { .. } => Access::Operator,
        Order::User(
            UserOrder::Add { .. } | UserOrder::Remove { .. } | UserOrder::Role { .. },
        ) => Access::Admin,
    }
}

const fn needed_for_scan(order: &ScanOrder) -> Access {
    match order {
        ScanOrder::PlanList
        | ScanOrder::List
        | ScanOrder::Show { .. }
        | ScanOrder::Explain { .. } => Access::Viewer,
        ScanOrder::Run { .. }
        | ScanOrder::Resume { .. }
        | ScanOrder::PlanAdd { .. }
        | ScanOrder::PlanRemove { .. }
        | ScanOrder::Stop { .. } => Access::Operator,
    }
}
