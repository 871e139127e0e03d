//! Accounts and rights: local accounts, persons under pseudonyms.

use crate::asset::AccountDescription;
use crate::asset::Asset;
use crate::asset::Attested;
use crate::export::cell::Cell;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system;
use crate::export::common_cells::system_name;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::reason::missing;
use crate::export::reason::yes_no_or_missing;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::PassingRows;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::in_use;
use crate::export::view::View;

const SOURCE: &str = "accounts.accounts";

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "accounts",
    place: 24,
    title: "sheets-accounts",
    subtitle: "sheets-accounts-subtitle",
    empty: "sheets-empty-accounts",
    rules: &[3, 7],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("account.id", "sheets-column-id").width(12),
        Column::key("account.system", "sheets-column-system").width(10),
        Column::agent("account.system_name", "sheets-column-name").width(18),
        Column::agent("account.name", "sheets-column-account").width(20),
        Column::agent("account.is_pseudonym", "sheets-column-pseudonym")
            .list(List::YesNo)
            .width(12),
        Column::agent("account.kind", "sheets-column-account-kind").width(16),
        Column::agent("account.is_administrator", "sheets-column-administrator")
            .list(List::YesNo)
            .width(14),
        Column::agent("account.administrative_groups", "sheets-column-administrative-groups")
            .width(20)
            .wrapped(),
        Column::agent("account.can_log_in", "sheets-column-can-log-in").list(List::YesNo).width(12),
        Column::agent("account.password", "sheets-column-password").width(16),
        Column::agent("account.password_never_expires", "sheets-column-password-never-expires")
            .list(List::YesNo)
            .width(14),
        Column::agent("account.is_expired", "sheets-column-expired").list(List::YesNo).width(12),
        Column::computed("account.findings", "sheets-column-findings").width(14),
        Column::by_hand("account.reason", "sheets-column-justified").width(30).wrapped(),
    ],
    rows: Rows::Passing(rows),
    gaps: |view| gaps_of(view, &[SOURCE, "accounts.groups"]),
};

fn rows<'v>(view: &'v View<'_>) -> PassingRows<'v> {
    Box::new(in_use(&view.snapshot().assets).flat_map(move |asset| {
        let row = move |it: &Attested<_>| row(view, asset, &it.value).resting_on(&it.evidence);
        asset.accounts.iter().map(row)
    }))
}

fn row(view: &View<'_>, asset: &Asset, account: &AccountDescription) -> Row {
    let id = row_id('U', &[&asset.label.0, &account.name]);
    let absent = |field| missing(view, asset, SOURCE, field, Some(&account.name));
    let cells = vec![
        Cell::text(id.as_str()),
        system(asset),
        system_name(view, asset),
        Cell::text(account.name.as_str()),
        Cell::yes_or_no(account.is_pseudonym),
        Cell::text(word(view, "sheets-account-", &account.kind)),
        yes_no_or_missing(account.is_administrator, || absent("account.is_administrator")),
        groups(view, asset, account),
        yes_no_or_missing(account.can_log_in, || absent("account.can_log_in")),
        match &account.password {
            Some(state) => Cell::text(word(view, "sheets-password-", state)),
            None => absent("account.password"),
        },
        yes_no_or_missing(account.password_never_expires, || {
            absent("account.password_never_expires")
        }),
        yes_no_or_missing(account.is_expired, || absent("account.is_expired")),
        Cell::not_assessed(),
        Cell::open(),
    ];
    Row::new(id, cells)
}

/// The word of a code, or the code where an agent knows more of them.
fn word(view: &View<'_>, prefix: &str, code: &str) -> String {
    let key = format!("{prefix}{code}");
    if view.wording().has(&key) { view.text(&key) } else { code.to_owned() }
}

/// The groups that make the account an administrator.
fn groups(view: &View<'_>, asset: &Asset, account: &AccountDescription) -> Cell {
    if asset.groups.is_empty() {
        return missing(view, asset, "accounts.groups", "group", None);
    }
    let groups = asset.groups.iter().map(|it| &it.value);
    let giving = groups.filter(|it| it.gives_administration && it.members.contains(&account.name));
    some_lines(view, giving.map(|it| it.name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    fn lines(snapshot: &crate::export::Snapshot) -> Vec<String> {
        let lines = sample::table(&SHEET, snapshot);
        lines.iter().map(|it| it.split_once(" | ").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn persons_are_pseudonyms_and_rights_have_their_groups() {
        assert_eq!(
            lines(&sample::snapshot()),
            [
                "S-7K2QD | srv-erp | p-0123456789AB | yes | person | yes | sudo | yes | set | yes | no \
                 | not assessed | _",
                "S-7K2QD | srv-erp | root | no | administrator | yes | none | yes | set | yes | no | \
                 not assessed | _",
                "S-7K2QD | srv-erp | www-data | no | system | no | none | no | locked | yes | no | \
                 not assessed | _",
            ]
        );
    }

    #[test]
    fn a_flag_that_could_not_be_read_is_unknown_and_not_no() {
        let mut snapshot = sample::snapshot();
        let account = &mut snapshot.assets[0].accounts[0].value;
        (account.password, account.is_expired) = (None, None);
        let line = &lines(&snapshot)[0];
        assert_eq!(line.matches("unknown (").count(), 2, "{line}");
    }

    #[test]
    fn systems_whose_accounts_could_not_be_read_are_told() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::English);
        let gaps = (SHEET.gaps)(&view);
        assert!(
            gaps.contains(
                &"1 of 3 systems (S-9M4TX): accounts: not readable, needs the rights of the administrator (root)"
                    .to_owned()
            ),
            "{gaps:?}"
        );
    }
}
