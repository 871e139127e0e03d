//! Accounts, the roles that they speak for, and failed passwords.

use jiff::SignedDuration;
use rusqlite::{Connection, OptionalExtension, Row};

use super::cell::{Micros, Word};
use super::events;
use super::problem::Doing;
use crate::accounts::{
    Access, AccountActor, AccountChange, AccountRecord, AccountRefusal, FAILED_KEPT,
    FAILED_NAMES_MAX, FailedSignIns, NewAccount, RECOVERED, RECOVERIES_MAX, Recovery, SystemUser,
};
use crate::model::{EventDraft, StoreError};

const READING: &str = "reading the accounts";
const KEEPING: &str = "keeping an account";

/// All accounts by name, removed ones included.
pub(crate) fn accounts(connection: &Connection) -> Result<Vec<AccountRecord>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT name, access, system_uid, system_name, password IS NOT NULL, created_at, \
             removed_at FROM account ORDER BY name",
        )
        .doing(READING)?;
    let rows = statement.query_map([], read).doing(READING)?;
    let mut accounts = rows.collect::<Result<Vec<_>, _>>().doing(READING)?;
    for account in &mut accounts {
        account.roles = roles(connection, &account.name)?;
    }
    Ok(accounts)
}

fn read(row: &Row<'_>) -> rusqlite::Result<AccountRecord> {
    let uid: Option<u32> = row.get(2)?;
    let name = row.get(3)?;
    Ok(AccountRecord {
        name: row.get(0)?,
        access: row.get::<_, Word<_>>(1)?.0,
        roles: Vec::new(),
        system_user: uid.map(|uid| SystemUser { uid, name }),
        has_password: row.get(4)?,
        created_at: row.get::<_, Micros>(5)?.0,
        removed_at: row.get::<_, Option<Micros>>(6)?.map(|it| it.0),
    })
}

fn roles(connection: &Connection, account: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT role FROM account_role WHERE account = ?1 ORDER BY role")
        .doing(READING)?;
    let rows = statement.query_map([account], |row| row.get(0)).doing(READING)?;
    rows.collect::<Result<_, _>>().doing(READING)
}

/// The hash of an account's password; none: there is no such account, or it has none.
pub(crate) fn password(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let found: Option<Option<String>> = connection
        .prepare_cached("SELECT password FROM account WHERE name = ?1 AND removed_at IS NULL")
        .and_then(|mut it| it.query_row([name], |row| row.get(0)).optional())
        .doing(READING)?;
    Ok(found.flatten())
}

/// Makes an account.
pub(crate) fn add(
    connection: &Connection,
    account: &NewAccount,
    by: &AccountActor,
    event: &EventDraft,
) -> Result<Result<(), AccountRefusal>, StoreError> {
    let known = accounts(connection)?;
    if let Err(refusal) = may_add(&known, by, account) {
        return Ok(Err(refusal));
    }
    if known.iter().any(|it| it.name == account.name) {
        return Ok(Err(AccountRefusal::NameTaken));
    }
    if account.password.is_none() && account.system_user.is_none() {
        return Ok(Err(AccountRefusal::Unusable));
    }
    if is_taken(&known, &account.name, account.system_user.as_ref()) {
        return Ok(Err(AccountRefusal::SystemUserTaken));
    }
    connection
        .execute(
            "INSERT INTO account (name, access, password, system_uid, system_name, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                &account.name,
                Word(account.access),
                &account.password,
                account.system_user.as_ref().map(|it| it.uid),
                account.system_user.as_ref().and_then(|it| it.name.as_ref()),
                Micros(account.created_at),
            ),
        )
        .doing(KEEPING)?;
    add_roles(connection, &account.name, &account.roles)?;
    events::append(connection, event)?;
    Ok(Ok(()))
}

fn may_add(
    known: &[AccountRecord],
    by: &AccountActor,
    account: &NewAccount,
) -> Result<(), AccountRefusal> {
    match by {
        AccountActor::Account(actor) => {
            is_admin(known, actor).then_some(()).ok_or(AccountRefusal::ActorMayNot)
        }
        AccountActor::FolderOwner if known.iter().any(|it| it.removed_at.is_none()) => {
            Err(AccountRefusal::NotFirst)
        }
        AccountActor::FolderOwner if account.access != Access::Admin => {
            Err(AccountRefusal::FirstMustBeAdmin)
        }
        AccountActor::FolderOwner => Ok(()),
    }
}

fn may_change(
    known: &[AccountRecord],
    by: &AccountActor,
    account: &AccountRecord,
    change: &AccountChange,
) -> bool {
    let AccountChange { access, roles_added, roles_removed, system_user, password: _ } = change;
    let is_password_alone = access.is_none()
        && roles_added.is_empty()
        && roles_removed.is_empty()
        && system_user.is_none();
    match by {
        AccountActor::FolderOwner => is_password_alone && account.access == Access::Admin,
        AccountActor::Account(actor) => {
            is_admin(known, actor) || (is_password_alone && *actor == account.name)
        }
    }
}

fn is_admin(known: &[AccountRecord], name: &str) -> bool {
    let own = known.iter().find(|it| it.name == name && it.removed_at.is_none());
    own.is_some_and(|it| it.access == Access::Admin)
}

/// Whether another account is linked to this operating-system user.
fn is_taken(known: &[AccountRecord], name: &str, user: Option<&SystemUser>) -> bool {
    let others = known.iter().filter(|it| it.removed_at.is_none() && it.name != name);
    let linked = |it: &AccountRecord| it.system_user.as_ref().map(|it| it.uid);
    user.is_some_and(|user| others.into_iter().any(|it| linked(it) == Some(user.uid)))
}

fn add_roles(connection: &Connection, account: &str, roles: &[String]) -> Result<(), StoreError> {
    for role in roles {
        connection
            .execute(
                "INSERT INTO account_role VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                (account, role),
            )
            .doing(KEEPING)?;
    }
    Ok(())
}

/// Removes an account: its name stays taken, its password and roles go.
pub(crate) fn remove(
    connection: &Connection,
    name: &str,
    by: &AccountActor,
    event: &EventDraft,
) -> Result<Result<(), AccountRefusal>, StoreError> {
    let known = accounts(connection)?;
    let may = match by {
        AccountActor::Account(actor) => is_admin(&known, actor),
        AccountActor::FolderOwner => false,
    };
    if !may {
        return Ok(Err(AccountRefusal::ActorMayNot));
    }
    if !known.iter().any(|it| it.name == name && it.removed_at.is_none()) {
        return Ok(Err(AccountRefusal::NoSuchAccount));
    }
    if is_last_admin(&known, name) {
        return Ok(Err(AccountRefusal::LastAdmin));
    }
    connection
        .execute(
            "UPDATE account SET removed_at = ?2, password = NULL, system_uid = NULL, \
             system_name = NULL WHERE name = ?1",
            (name, Micros(event.at)),
        )
        .doing(KEEPING)?;
    connection.execute("DELETE FROM account_role WHERE account = ?1", [name]).doing(KEEPING)?;
    events::append(connection, event)?;
    Ok(Ok(()))
}

fn is_last_admin(known: &[AccountRecord], name: &str) -> bool {
    let admins = known.iter().filter(|it| it.removed_at.is_none() && it.access == Access::Admin);
    let names: Vec<&str> = admins.map(|it| it.name.as_str()).collect();
    names == [name]
}

/// Changes an account; each of the events says one thing that changed.
pub(crate) fn change(
    connection: &Connection,
    name: &str,
    change: &AccountChange,
    by: &AccountActor,
    drafts: &[EventDraft],
) -> Result<Result<(), AccountRefusal>, StoreError> {
    let known = accounts(connection)?;
    let Some(account) = known.iter().find(|it| it.name == name && it.removed_at.is_none()) else {
        return Ok(Err(AccountRefusal::NoSuchAccount));
    };
    if !may_change(&known, by, account, change) {
        return Ok(Err(AccountRefusal::ActorMayNot));
    }
    let is_lowered = change.access.is_some_and(|it| it != Access::Admin);
    if is_lowered && is_last_admin(&known, name) {
        return Ok(Err(AccountRefusal::LastAdmin));
    }
    let user = change.system_user.clone().unwrap_or_else(|| account.system_user.clone());
    if is_taken(&known, name, user.as_ref()) {
        return Ok(Err(AccountRefusal::SystemUserTaken));
    }
    if user.is_none() && !account.has_password && change.password.is_none() {
        return Ok(Err(AccountRefusal::Unusable));
    }
    connection
        .execute(
            "UPDATE account SET access = ?2, system_uid = ?3, system_name = ?4, \
             password = coalesce(?5, password) WHERE name = ?1",
            (
                name,
                Word(change.access.unwrap_or(account.access)),
                user.as_ref().map(|it| it.uid),
                user.as_ref().and_then(|it| it.name.as_ref()),
                &change.password,
            ),
        )
        .doing(KEEPING)?;
    for role in &change.roles_removed {
        connection
            .execute("DELETE FROM account_role WHERE account = ?1 AND role = ?2", (name, role))
            .doing(KEEPING)?;
    }
    add_roles(connection, name, &change.roles_added)?;
    if change.password.is_some() {
        // An admin who gives a new password lets in whom strangers shut out.
        forget_failed(connection, name)?;
    }
    events::append_all(connection, drafts)?;
    Ok(Ok(()))
}

/// Failed passwords in a row under a name.
pub(crate) fn failed(
    connection: &Connection,
    name: &str,
) -> Result<Option<FailedSignIns>, StoreError> {
    connection
        .prepare_cached("SELECT count, last_at FROM failed_sign_in WHERE name = ?1")
        .and_then(|mut it| {
            it.query_row([name], |row| {
                Ok(FailedSignIns { count: row.get(0)?, last_at: row.get::<_, Micros>(1)?.0 })
            })
            .optional()
        })
        .doing(READING)
}

/// Notes a failed password under a name.
pub(crate) fn note_failed(
    connection: &Connection,
    name: &str,
    event: &EventDraft,
) -> Result<(), StoreError> {
    const DOING: &str = "noting a failed password";
    connection
        .execute(
            "INSERT INTO failed_sign_in VALUES (?1, 1, ?2) ON CONFLICT (name) \
             DO UPDATE SET count = CASE WHEN excluded.last_at - last_at >= ?3 THEN 1 \
             ELSE min(count + 1, 1000000) END, last_at = excluded.last_at",
            (name, Micros(event.at), micros(FAILED_KEPT)),
        )
        .doing(DOING)?;
    connection
        .execute(
            "DELETE FROM failed_sign_in WHERE name NOT IN \
             (SELECT name FROM failed_sign_in \
              ORDER BY name IN (SELECT name FROM account) DESC, last_at DESC, name LIMIT ?1)",
            [FAILED_NAMES_MAX],
        )
        .doing(DOING)?;
    events::append(connection, event)
}

/// A duration as moments are kept.
fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Recoveries of accounts, newest first. The chain keeps them, and nothing else does: what stands there alone can be
/// taken away by nobody who is not seen.
pub(crate) fn recoveries(connection: &Connection) -> Result<Vec<Recovery>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT number, at, actor, object FROM event WHERE action = ?1 \
             ORDER BY number DESC LIMIT ?2",
        )
        .doing(READING)?;
    let rows = statement
        .query_map((RECOVERED, RECOVERIES_MAX), |row| {
            let object: String = row.get(3)?;
            Ok(Recovery {
                account: object.strip_prefix("account ").unwrap_or(&object).to_owned(),
                at: row.get::<_, Micros>(1)?.0,
                by: row.get(2)?,
                event: row.get::<_, i64>(0)?.unsigned_abs(),
            })
        })
        .doing(READING)?;
    rows.collect::<Result<_, _>>().doing(READING)
}

/// Forgets failed passwords under a name.
pub(crate) fn forget_failed(connection: &Connection, name: &str) -> Result<(), StoreError> {
    connection
        .execute("DELETE FROM failed_sign_in WHERE name = ?1", [name])
        .map(|_| ())
        .doing("forgetting failed passwords")
}
