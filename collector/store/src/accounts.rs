//! Accounts of people, and claims as changes of the register make and settle them.

use inventory::register::{BegunClaim, Claim, ClaimState, Voice};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Names among failed passwords that are kept, the newest ones: whoever tries more than these learns
/// nothing from it, and the file does not grow.
pub const FAILED_NAMES_MAX: u32 = 1_000;
/// After this time without another one, failed passwords under a name are counted from the beginning: a person who
/// mistypes once a day is nobody who tries passwords.
pub const FAILED_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Recoveries of accounts that are read, the newest ones: one is rare.
pub const RECOVERIES_MAX: u32 = 1_000;

/// What an account may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Looks.
    Viewer,
    /// Checks: the log, exports.
    Auditor,
    /// Changes the register and orders scans.
    Operator,
    /// Decides who has an account.
    Admin,
}

/// A user of the operating system whose commands are those of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemUser {
    /// The number.
    pub uid: u32,
    /// The name, where the number had one; it must still have it.
    pub name: Option<String>,
}

/// An account. The hash of its password is not part of it: see [`crate::Store::password_of`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub access: Access,
    /// Roles of the register that it may speak for, sorted.
    pub roles: Vec<String>,
    /// The operating-system user that it is linked to.
    pub system_user: Option<SystemUser>,
    /// Whether it has a password.
    pub has_password: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was removed.
    pub removed_at: Option<Timestamp>,
}

impl AccountRecord {
    /// Whether its word is this one.
    #[must_use]
    pub fn speaks_for(&self, voice: &Voice) -> bool {
        match voice {
            Voice::Role(role) | Voice::Management(role) | Voice::SecurityOfficer(role) => {
                self.roles.contains(role)
            }
            Voice::Administrator => self.access == Access::Admin,
            Voice::Nobody => false,
        }
    }
}

/// The action of the event that says an account was recovered.
pub const RECOVERED: &str = "account_recovered";

/// Another password that was given to an account by whoever owns the data folder, and by no admin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The account.
    pub account: String,
    /// When.
    pub at: Timestamp,
    /// Who, as the log of events names them.
    pub by: String,
    /// The event that says so.
    pub event: u64,
}

/// An account to be made.
#[derive(Clone)]
pub struct NewAccount {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub access: Access,
    /// Roles of the register that it may speak for.
    pub roles: Vec<String>,
    /// The operating-system user that it is linked to.
    pub system_user: Option<SystemUser>,
    /// The hash of its password as a PHC string.
    pub password: Option<String>,
    /// When it is made.
    pub created_at: Timestamp,
}

/// On whose word an account is made, changed or removed. Asked where it is done, in its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountActor {
    /// Whoever may write the data folder: makes the first account, and gives an account with the access `admin`
    /// another password.
    FolderOwner,
    /// An account: one with the access `admin`, or any for its own password.
    Account(String),
}

/// What is changed of an account; what is not said stays.
#[derive(Clone, Default)]
pub struct AccountChange {
    /// What it may do.
    pub access: Option<Access>,
    /// Roles that it may speak for from now on.
    pub roles_added: Vec<String>,
    /// Roles that it may speak for no more.
    pub roles_removed: Vec<String>,
    /// The operating-system user; the inner none: it is linked to none any more.
    pub system_user: Option<Option<SystemUser>>,
    /// The hash of its new password.
    pub password: Option<String>,
}

/// Why an account is not made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountRefusal {
    /// There is no account of this name.
    NoSuchAccount,
    /// The name is, or was, that of another account.
    NameTaken,
    /// There are accounts already: only one of them may make another.
    NotFirst,
    /// The first account must be able to make others.
    FirstMustBeAdmin,
    /// Nobody could make or change accounts any more.
    LastAdmin,
    /// Another account is linked to this operating-system user.
    SystemUserTaken,
    /// Whoever asks may not.
    ActorMayNot,
    /// Nobody could use it: it has neither a password nor an operating-system user.
    Unusable,
}

/// Failed passwords in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedSignIns {
    /// How many.
    pub count: u32,
    /// When the last one was.
    pub last_at: Timestamp,
}

/// A claim to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewClaim {
    /// What is claimed, and what is taken back when it is rejected.
    pub begun: BegunClaim,
    /// Who claims.
    pub claimed_by: String,
    /// Through what.
    pub source: String,
    /// The account that stands by it from the beginning, if it speaks for the role.
    pub confirmed_by: Option<String>,
}

/// What is decided of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// Which.
    pub number: u64,
    /// What it claims: another claim by now is refused.
    pub claim: Claim,
    /// `Confirmed` or `Rejected`.
    pub state: ClaimState,
    /// The account that decides. It must speak for the role; an `admin` may reject without.
    pub by: String,
}

/// What a change of the register does to claims, in its transaction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClaimChanges {
    /// Claims that begin.
    pub begun: Vec<NewClaim>,
    /// Claims that are settled; each is an event of its own.
    pub settled: Vec<Settlement>,
}
