//! Orders about accounts: who may act, as what, and for which roles.

use inventory::register::{Register, nearest_word};
use serde::{Deserialize, Serialize};
use store::{
    Access, AccountActor, AccountChange, AccountRecord, AccountRefusal, EventDraft, NewAccount,
    RECOVERED, Recovery, SystemUser,
};

use super::claims::own_name;
use super::order::Reply;
use super::work::{Work, done};
use crate::accounts::{self, PasswordError, Secret};
use crate::clock;
use crate::collector::Collector;
use crate::failure::{ExitCode, Failure};

/// The user that the system shows for every user whom it cannot name, such as those of another
/// namespace (Linux, user_namespaces(7), "overflowuid"): whoever is linked to it is everybody.
const NOBODY: u32 = 65_534;

/// A command about accounts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserOrder {
    /// Makes an account.
    Add {
        /// Its name.
        name: String,
        /// What it may do.
        access: Access,
        /// Roles of the register that it may speak for.
        roles: Vec<String>,
        /// Name or number of the operating-system user that it is linked to.
        system_user: Option<String>,
        /// Its password.
        password: Option<Secret>,
    },
    /// Lists accounts.
    List,
    /// Removes an account.
    Remove {
        /// Its name.
        name: String,
    },
    /// Changes what an account may do and speak for.
    Role {
        /// Its name.
        name: String,
        /// What it may do from now on.
        access: Option<Access>,
        /// Roles that it may speak for from now on.
        add: Vec<String>,
        /// Roles that it may speak for no more.
        remove: Vec<String>,
        /// The operating-system user; empty: it is linked to none any more.
        system_user: Option<String>,
    },
    /// Gives an account another password.
    Password {
        /// Its name.
        name: String,
        /// The new password.
        password: Secret,
    },
}

/// An account in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// The account.
    #[serde(flatten)]
    pub account: AccountRecord,
    /// How it was last recovered, if it was.
    pub recovered: Option<Recovery>,
}

pub(super) async fn execute(work: &Work<'_>, order: UserOrder) -> Result<Reply, Failure> {
    match order {
        UserOrder::List => list(work).await,
        UserOrder::Add { .. } => add(work, order).await,
        UserOrder::Remove { name } => {
            let by = needs_admin(work)?;
            let event = work.event("account_removed", account_object(&name));
            let removed = work.collector.store.remove_account(name.clone(), by, event).await?;
            removed.map_err(|it| refused(work, it, &name))?;
            Ok(done("account-removed", name, 1))
        }
        UserOrder::Role { name, access, add, remove, system_user } => {
            let by = needs_admin(work)?;
            let register = work.collector.store.register().await?;
            let change = AccountChange {
                access,
                roles_added: known_roles(&register, &add)?,
                // A role that the register has no more can still be taken away.
                roles_removed: remove,
                system_user: system_user.as_deref().map(linked).transpose()?,
                password: None,
            };
            change_account(work, &name, change, by).await
        }
        UserOrder::Password { name, password } => {
            let by = match work.account {
                Some(own) if own.name == name => AccountActor::Account(name.clone()),
                Some(_) | None => needs_admin(work)?,
            };
            accounts::check_new(&name, &password).map_err(|it| no_password(it, &name))?;
            let hash = hashed(&name, password).await?;
            let change = AccountChange { password: Some(hash), ..AccountChange::default() };
            let event = work.event("password_changed", account_object(&name));
            let store = work.collector.store.as_ref();
            let changed = store.change_account(name.clone(), change, by, vec![event]).await?;
            changed.map_err(|it| refused(work, it, &name))?;
            Ok(done("password-changed", name, 1))
        }
    }
}

/// Accounts are made and changed by accounts with the access `admin`.
fn needs_admin(work: &Work<'_>) -> Result<AccountActor, Failure> {
    match work.account {
        Some(it) if it.access == Access::Admin => Ok(AccountActor::Account(it.name.clone())),
        Some(it) => Err(Failure::new(ExitCode::Refused, "needs-admin", it.name.as_str())),
        None => Err(Failure::new(ExitCode::Refused, "needs-account", own_name(work))),
    }
}

async fn list(work: &Work<'_>) -> Result<Reply, Failure> {
    let accounts = work.collector.store.accounts().await?;
    let recoveries = recoveries(work.collector).await?;
    let row = |account: AccountRecord| {
        let recovered = recoveries.iter().find(|it| it.account == account.name).cloned();
        AccountRow { account, recovered }
    };
    let in_use = accounts.into_iter().filter(|it| it.removed_at.is_none());
    Ok(Reply::Accounts(in_use.map(row).collect()))
}

/// The newest recovery of each account in use.
pub(super) async fn recoveries(collector: &Collector) -> Result<Vec<Recovery>, Failure> {
    let accounts = collector.store.accounts().await?;
    let is_in_use =
        |name: &str| accounts.iter().any(|it| it.name == name && it.removed_at.is_none());
    let mut newest: Vec<Recovery> = Vec::new();
    for recovery in collector.store.recoveries().await? {
        if is_in_use(&recovery.account) && !newest.iter().any(|it| it.account == recovery.account) {
            newest.push(recovery);
        }
    }
    Ok(newest)
}

/// Gives an account with the access `admin` another password on the word of the data folder's owner alone. It is no
/// [`Order`](super::order::Order): a running collector is never asked for it.
///
/// # Errors
/// If the folder belongs to another user, there is no such admin, or the password is none.
pub async fn recover(
    collector: &Collector,
    actor: &str,
    name: &str,
    password: Secret,
) -> Result<Reply, Failure> {
    if !collector.folder.is_own()? {
        let object = collector.folder.path().display().to_string();
        return Err(Failure::new(ExitCode::Refused, "recover-not-owner", object));
    }
    let store = collector.store.as_ref();
    let accounts = store.accounts().await?;
    let known = accounts.iter().find(|it| it.name == name && it.removed_at.is_none());
    let missing = || Failure::new(ExitCode::NothingFound, "no-account", name);
    if known.ok_or_else(missing)?.access != Access::Admin {
        return Err(Failure::new(ExitCode::Refused, "recover-not-admin", name));
    }
    accounts::check_new(name, &password).map_err(|it| no_password(it, name))?;
    let change =
        AccountChange { password: Some(hashed(name, password).await?), ..AccountChange::default() };
    let work = Work { collector, actor, account: None, is_certain: false, now: clock::now() };
    let event = work.event(RECOVERED, account_object(name));
    let by = AccountActor::FolderOwner;
    let changed = store.change_account(name.to_owned(), change, by, vec![event]).await?;
    changed.map_err(|it| refused(&work, it, name))?;
    Ok(done("account-recovered", name.to_owned(), 1))
}

async fn add(work: &Work<'_>, order: UserOrder) -> Result<Reply, Failure> {
    let UserOrder::Add { name, access, roles, system_user, password } = order else {
        return Err(Failure::new(ExitCode::Failed, "internal", "user"));
    };
    let store = work.collector.store.as_ref();
    let is_first = store.accounts().await?.iter().all(|it| it.removed_at.is_some());
    let by = if is_first { AccountActor::FolderOwner } else { needs_admin(work)? };
    if !accounts::is_name(&name) {
        return Err(Failure::new(ExitCode::Usage, "account-name", name));
    }
    let register = store.register().await?;
    let roles = known_roles(&register, &roles)?;
    let system_user = system_user.as_deref().map(linked).transpose()?.flatten();
    let password = match password {
        None => None,
        Some(password) => {
            accounts::check_new(&name, &password).map_err(|it| no_password(it, &name))?;
            Some(hashed(&name, password).await?)
        }
    };
    let created_at = work.now;
    let account =
        NewAccount { name: name.clone(), access, roles, system_user, password, created_at };
    let mut event = work.event("account_added", account_object(&name));
    event.after = Some(text_of(access, &account.roles, account.system_user.as_ref()));
    let added = store.add_account(account, by, event).await?;
    added.map_err(|it| refused(work, it, &name))?;
    Ok(done("account-added", name, 1))
}

async fn change_account(
    work: &Work<'_>,
    name: &str,
    change: AccountChange,
    by: AccountActor,
) -> Result<Reply, Failure> {
    let store = work.collector.store.as_ref();
    let accounts = store.accounts().await?;
    let known = accounts.into_iter().find(|it| it.name == name && it.removed_at.is_none());
    let before = known.ok_or_else(|| refused(work, AccountRefusal::NoSuchAccount, name))?;
    let mut roles = before.roles.clone();
    roles.retain(|it| !change.roles_removed.contains(it));
    roles.extend(change.roles_added.iter().cloned());
    roles.sort();
    roles.dedup();
    let after = AccountRecord {
        access: change.access.unwrap_or(before.access),
        system_user: change.system_user.clone().unwrap_or_else(|| before.system_user.clone()),
        roles,
        ..before.clone()
    };
    if after == before {
        return Ok(done("account-unchanged", name.to_owned(), 0));
    }
    let text = |it: &AccountRecord| Some(text_of(it.access, &it.roles, it.system_user.as_ref()));
    let event = EventDraft {
        before: text(&before),
        after: text(&after),
        ..work.event("account_changed", account_object(name))
    };
    let changed = store.change_account(name.to_owned(), change, by, vec![event]).await?;
    changed.map_err(|it| refused(work, it, name))?;
    Ok(done("account-changed", name.to_owned(), 1))
}

/// The names of roles as the register writes them.
fn known_roles(register: &Register, typed: &[String]) -> Result<Vec<String>, Failure> {
    let known = || register.role.iter().map(|it| it.name.as_str());
    let role = |typed: &String| {
        let same = known().find(|it| it.to_lowercase() == typed.trim().to_lowercase());
        same.map(str::to_owned).ok_or_else(|| match nearest_word(typed, known()) {
            Some(meant) => {
                Failure::new(ExitCode::NothingFound, "no-role", typed.as_str()).because(meant)
            }
            None => Failure::new(ExitCode::NothingFound, "no-such-role", typed.as_str()),
        })
    };
    typed.iter().map(role).collect()
}

/// The operating-system user of a name or number; none for an empty text.
fn linked(text: &str) -> Result<Option<SystemUser>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = accounts::named(text);
    let user = found.ok_or_else(|| Failure::new(ExitCode::NothingFound, "no-system-user", text))?;
    if user.uid == NOBODY {
        return Err(Failure::new(ExitCode::Refused, "system-user-is-nobody", text));
    }
    Ok(Some(user))
}

async fn hashed(name: &str, password: Secret) -> Result<String, Failure> {
    let task = tokio::task::spawn_blocking(move || accounts::hash(&password)).await;
    let hash = task.map_err(|it| Failure::new(ExitCode::Failed, "internal", it.to_string()))?;
    hash.map_err(|it| no_password(it, name))
}

fn no_password(error: PasswordError, name: &str) -> Failure {
    let (code, key) = match error {
        PasswordError::TooShort => (ExitCode::Usage, "password-too-short"),
        PasswordError::TooLong => (ExitCode::Usage, "password-too-long"),
        PasswordError::ContainsName => (ExitCode::Usage, "password-contains-name"),
        PasswordError::ControlCharacter => (ExitCode::Usage, "password-control-character"),
        PasswordError::NotHashed => (ExitCode::Failed, "password-not-hashed"),
    };
    Failure { exit_code: code, key: key.to_owned(), object: name.to_owned(), cause: None }
}

fn refused(work: &Work<'_>, refusal: AccountRefusal, name: &str) -> Failure {
    match refusal {
        AccountRefusal::NoSuchAccount => Failure::new(ExitCode::NothingFound, "no-account", name),
        AccountRefusal::NameTaken => Failure::new(ExitCode::Conflict, "account-name-taken", name),
        // Somebody else made the first one a moment ago: it is not this one that acts without an account.
        AccountRefusal::NotFirst => {
            Failure::new(ExitCode::Refused, "needs-account", own_name(work))
        }
        AccountRefusal::ActorMayNot => {
            Failure::new(ExitCode::Refused, "needs-admin", own_name(work))
        }
        AccountRefusal::FirstMustBeAdmin => {
            Failure::new(ExitCode::Refused, "first-account-admin", name)
        }
        AccountRefusal::LastAdmin => Failure::new(ExitCode::Refused, "last-admin", name),
        AccountRefusal::SystemUserTaken => {
            Failure::new(ExitCode::Conflict, "system-user-taken", name)
        }
        AccountRefusal::Unusable => Failure::new(ExitCode::Usage, "account-unusable", name),
    }
}

fn account_object(name: &str) -> String {
    format!("account {name}")
}

/// What an account may do, for the log.
fn text_of(access: Access, roles: &[String], user: Option<&SystemUser>) -> String {
    let mut parts = vec![access_code(access).to_owned()];
    if !roles.is_empty() {
        parts.push(format!("roles: {}", roles.join(", ")));
    }
    parts.extend(user.map(|it| format!("system user: {}", system_user_text(it))));
    parts.join("; ")
}

/// `kerstin (1000)`.
pub(super) fn system_user_text(user: &SystemUser) -> String {
    match &user.name {
        Some(name) => format!("{name} ({})", user.uid),
        None => user.uid.to_string(),
    }
}

/// What is typed for an access.
pub(super) const fn access_code(access: Access) -> &'static str {
    match access {
        Access::Viewer => "viewer",
        Access::Auditor => "auditor",
        Access::Operator => "operator",
        Access::Admin => "admin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_is_like_none_is_not_said_to_be_like_one() {
        let register = Register::parse("[[role]]\nname = \"IT-Leitung\"\n").unwrap();
        let refused = |typed: &str| {
            let failure = known_roles(&register, &[typed.to_owned()]).unwrap_err();
            (failure.key, failure.cause)
        };
        let nearest = Some("IT-Leitung".to_owned());
        assert_eq!(refused("IT-Leitng"), ("no-role".to_owned(), nearest));
        assert_eq!(refused("Geschäftsführung"), ("no-such-role".to_owned(), None));
    }
}
