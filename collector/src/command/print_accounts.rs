//! Accounts and claims, as a person reads them.

use std::io::{self, Write};

use inventory::register::{ADOPTING_ACTOR, ClaimState, actor_text};
use store::Recovery;
use wording::Wording;

use super::claims::ClaimRow;
use super::print::{clean, instant, table_of};
use super::users::{AccountRow, access_code, system_user_text};

pub(super) fn accounts(
    out: &mut dyn Write,
    list: &[AccountRow],
    wording: &Wording,
) -> io::Result<()> {
    if list.is_empty() {
        return writeln!(out, "{}", wording.text("account-none"));
    }
    recoveries(out, list.iter().filter_map(|it| it.recovered.as_ref()), wording)?;
    let columns = ["name", "access", "roles", "system-user", "password", "since"];
    let mut table = table_of(wording, "account-column", &columns);
    for AccountRow { account, .. } in list {
        let password = if account.has_password { "workbook-yes" } else { "workbook-no" };
        table.add_row([
            account.name.clone(),
            access_code(account.access).to_owned(),
            clean(&account.roles.join(", ")),
            account.system_user.as_ref().map(system_user_text).unwrap_or_default(),
            wording.text(password),
            instant(account.created_at),
        ]);
    }
    writeln!(out, "{table}")
}

/// What everybody is to see before anything else of accounts: one that somebody opened without its password.
pub(super) fn recoveries<'a>(
    out: &mut dyn Write,
    list: impl Iterator<Item = &'a Recovery>,
    wording: &Wording,
) -> io::Result<()> {
    for recovery in list {
        let arguments = [
            ("account", recovery.account.clone().into()),
            ("actor", clean(&actor_text(wording, &recovery.by)).into()),
            ("at", instant(recovery.at).into()),
            ("event", recovery.event.to_string().into()),
        ];
        writeln!(out, "! {}", wording.text_with("account-recovered", &arguments))?;
    }
    Ok(())
}

pub(super) fn claims(out: &mut dyn Write, list: &[ClaimRow], wording: &Wording) -> io::Result<()> {
    if list.is_empty() {
        return writeln!(out, "{}", wording.text("account-no-claims"));
    }
    let columns = ["claim", "field", "value", "voice", "state", "claimed-by", "source"];
    let mut table = table_of(wording, "account-column", &columns);
    for row in list {
        let state = match row.state {
            ClaimState::Open if row.confirmed_before_at.is_some() => "account-state-lapsed",
            ClaimState::Open => "account-state-open",
            ClaimState::Confirmed => "account-state-confirmed",
            ClaimState::Rejected => "account-state-rejected",
        };
        let by = match row.claimed_by.as_deref() {
            None | Some(ADOPTING_ACTOR) => wording.text("account-claimed-by-nobody-known"),
            Some(by) => actor_text(wording, by),
        };
        let settled = match row.after_recovery_at {
            Some(at) => {
                let arguments = [("at", instant(at).into())];
                let remark = wording.text_with("account-claim-after-recovery", &arguments);
                format!("{}; {remark}", wording.text(state))
            }
            None => wording.text(state),
        };
        table.add_row([
            row.claim.clone().unwrap_or_else(|| "–".to_owned()),
            clean(&row.place.label(wording)),
            clean(&row.value),
            clean(&row.voice.text(wording)),
            settled,
            clean(&by),
            clean(row.source.as_deref().unwrap_or_default()),
        ]);
    }
    writeln!(out, "{table}")
}
