//! In whose name an order is executed: the account that it signs in as, the account that its
//! operating-system user is linked to, or that user alone.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{AccountRecord, EventDraft, FAILED_KEPT, FailedSignIns, Store, SystemUser};
use tokio::sync::Mutex;

use super::password::{is_name, is_right};
use super::secret::Secret;
use crate::failure::{ExitCode, Failure};

/// Wrong passwords in a row that cost nothing but their time.
const FREE_TRIES: u32 = 5;
/// The first wait after that; it doubles with every further try.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(1);
/// The longest wait: somebody else's tries must not shut a person out for days.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// Characters of what was typed as a name that a refusal repeats.
const NAME_SHOWN_CHARACTERS_MAX: usize = 64;
/// What stands for every name that no account can have: typed there, it may be a password.
const NO_NAME: &str = "?";

/// One sign-in at a time: a hundred at once would all be among the first five tries.
static SIGNING_IN: Mutex<()> = Mutex::const_new(());

/// Whoever gives an order.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user of the operating system.
    pub user: SystemUser,
    /// Who says that it is this user.
    pub witness: Witness,
    /// The account that the order is to be executed as.
    pub sign_in: Option<SignIn>,
}

/// Who says which user of the operating system gives an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// The kernel of the machine, of whoever is at the other end of a socket.
    Kernel,
    /// The process that executes the order. Its user may have started it in a user namespace of their own, where
    /// they are whom they like (Linux, user_namespaces(7)).
    Process,
}

/// An account with its password.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// The account.
    pub name: String,
    /// Its password.
    pub password: Secret,
}

/// In whose name an order is executed.
#[derive(Debug, Clone)]
pub struct Acting {
    /// How the log of events names them: `account anna`, `user kerstin`.
    pub actor: String,
    /// The account; none: a user of the operating system that no account is linked to.
    pub account: Option<AccountRecord>,
    /// Whether it is certain that the account acts: it gave its password, or the kernel says whose user it is.
    /// Without, nothing is settled in its name.
    pub is_certain: bool,
    /// Whether somebody has an account: from then on nobody acts without one.
    pub are_there_accounts: bool,
}

impl Acting {
    /// Somebody without an account, under this name in the log.
    #[must_use]
    pub fn without_account(actor: &str) -> Self {
        Self {
            actor: actor.to_owned(),
            account: None,
            is_certain: false,
            are_there_accounts: false,
        }
    }

    /// A user of the operating system, without an account.
    #[must_use]
    pub fn user(user: &SystemUser) -> Self {
        let name = user.name.clone().unwrap_or_else(|| format!("uid {}", user.uid));
        Self::without_account(&format!("user {name}"))
    }

    fn account(account: AccountRecord, is_certain: bool) -> Self {
        let actor = format!("account {}", account.name);
        Self { actor, account: Some(account), is_certain, are_there_accounts: true }
    }
}

/// Says in whose name a caller acts.
///
/// # Errors
/// If the password is wrong, or too many were; or the store fails.
pub async fn identify(
    store: &dyn Store,
    caller: &Caller,
    now: Timestamp,
) -> Result<Acting, Failure> {
    if let Some(sign_in) = &caller.sign_in {
        let account = sign_in_as(store, &caller.user, sign_in, now).await?;
        return Ok(Acting::account(account, true));
    }
    let accounts = store.accounts().await?;
    let mut in_use = accounts.into_iter().filter(|it| it.removed_at.is_none()).peekable();
    let are_there_accounts = in_use.peek().is_some();
    let is_certain = caller.witness == Witness::Kernel;
    let linked = in_use.find(|it| stands_for(it, caller));
    let acting = linked.map(|it| Acting::account(it, is_certain));
    Ok(acting.unwrap_or_else(|| Acting { are_there_accounts, ..Acting::user(&caller.user) }))
}

/// Whether an account is linked to the caller. The system may have given the number to another
/// person since: the name must be the same too.
fn stands_for(account: &AccountRecord, caller: &Caller) -> bool {
    account.system_user.as_ref() == Some(&caller.user)
}

async fn sign_in_as(
    store: &dyn Store,
    user: &SystemUser,
    sign_in: &SignIn,
    now: Timestamp,
) -> Result<AccountRecord, Failure> {
    let _one = SIGNING_IN.lock().await;
    // Whoever typed it may read it again; the log never does.
    let typed: String = sign_in
        .name
        .chars()
        .filter(|it| !it.is_control())
        .take(NAME_SHOWN_CHARACTERS_MAX)
        .collect();
    let name = if is_name(&sign_in.name) { sign_in.name.as_str() } else { NO_NAME };
    let failed = store.failed_sign_ins(name.to_owned()).await?;
    if let Some(until) = failed.and_then(|it| waits_until(it, now)) {
        let at = until.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        return Err(Failure::new(ExitCode::Refused, "sign-in-waits", typed).because(at));
    }
    let kept = store.password_of(name.to_owned()).await?;
    let password = sign_in.password.clone();
    let checking = tokio::task::spawn_blocking(move || is_right(&password, kept.as_deref()));
    let is_right =
        checking.await.map_err(|it| Failure::new(ExitCode::Failed, "internal", it.to_string()))?;
    let accounts = store.accounts().await?;
    let account = accounts.into_iter().find(|it| it.name == name && it.removed_at.is_none());
    if let (true, Some(account)) = (is_right, &account) {
        if failed.is_some() {
            store.forget_failed_sign_ins(name.to_owned()).await?;
        }
        return Ok(account.clone());
    }
    // A name that nobody has is not written down: people type passwords into the wrong field.
    let object =
        account.map_or_else(|| "account ?".to_owned(), |it| format!("account {}", it.name));
    let event = EventDraft {
        at: now,
        actor: Acting::user(user).actor,
        source: "command line".to_owned(),
        action: "sign_in_failed".to_owned(),
        object,
        before: None,
        after: None,
    };
    store.note_failed_sign_in(name.to_owned(), event).await?;
    Err(Failure::new(ExitCode::Refused, "sign-in", typed))
}

/// Until when no further password is tried; none: it may be tried. A failure that lies in the future was noted by a
/// clock that was wrong, and shuts nobody out until then.
fn waits_until(failed: FailedSignIns, now: Timestamp) -> Option<Timestamp> {
    if failed.last_at > now || now.duration_since(failed.last_at) >= FAILED_KEPT {
        return None;
    }
    let over = failed.count.checked_sub(FREE_TRIES)?;
    let doubled = 1_i32.checked_shl(over.min(16)).unwrap_or(i32::MAX);
    let wait = FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT);
    let until = failed.last_at.checked_add(wait).ok()?;
    (now < until).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_day_nobody_waits_for_what_was_mistyped() {
        let failed = FailedSignIns { count: u32::MAX, last_at: Timestamp::UNIX_EPOCH };
        let at = |after: SignedDuration| waits_until(failed, Timestamp::UNIX_EPOCH + after);
        assert!(at(LONGEST_WAIT - SignedDuration::from_secs(1)).is_some());
        assert!(at(FAILED_KEPT).is_none());
    }

    #[test]
    fn the_wait_begins_after_some_tries_doubles_and_has_an_end() {
        let last_at = Timestamp::UNIX_EPOCH;
        let minutes = |count, after: i64| {
            let now = last_at + SignedDuration::from_secs(after);
            let until = waits_until(FailedSignIns { count, last_at }, now);
            until.map(|it| it.duration_since(last_at).as_mins())
        };
        assert_eq!(minutes(FREE_TRIES - 1, 0), None);
        assert_eq!(minutes(FREE_TRIES, 0), Some(1));
        assert_eq!(minutes(FREE_TRIES, 60), None);
        assert_eq!(minutes(FREE_TRIES + 2, 60), Some(4));
        assert_eq!(minutes(1_000_000, 0), Some(60));
        assert_eq!(minutes(u32::MAX, 3600), None);
    }
}
