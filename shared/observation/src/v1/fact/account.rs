//! Accounts and groups: flags only, persons under a pseudonym.

use serde::{Deserialize, Serialize};

/// The name of an account, as far as it may leave the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "form", content = "name", rename_all = "snake_case")]
pub enum UserName {
    /// A system or service account, or a person where the configuration says so.
    Clear(String),
    /// A person: keyed pseudonym, `p-` and 12 Crockford base32 digits.
    Pseudonym(String),
}

/// One local account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub name: UserName,
    /// Whether it belongs to a person or to the system.
    pub kind: AccountKind,
    /// Whether it can start a session: its shell is none of those that refuse.
    pub can_log_in: Option<bool>,
    /// Whether it has the rights of the machine's administrator (id 0, or a group that gives them).
    pub is_administrator: Option<bool>,
    /// What guards it.
    pub password: Option<PasswordState>,
    /// Whether the account itself has run out.
    pub is_expired: Option<bool>,
    /// Whether the password never has to be changed.
    pub password_never_expires: Option<bool>,
}

/// Whom an account belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// The administrator's account of the system (id 0).
    Root,
    /// The system or a service.
    System,
    /// A person.
    Person,
}

/// What guards an account. Never the hash itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordState {
    /// A password is set.
    Set,
    /// No password opens it (`!`, `*`).
    Locked,
    /// It opens without a password.
    Empty,
}

/// One local group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name; the private group of a person carries the person's pseudonym.
    pub name: UserName,
    /// Whether membership gives the rights of the machine's administrator.
    pub gives_administration: bool,
    /// Its members, primary members included.
    pub members: Vec<UserName>,
}
