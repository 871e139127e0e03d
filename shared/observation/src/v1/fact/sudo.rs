//! Who may become whom: the rules of sudo.

use serde::{Deserialize, Serialize};

/// One rule of sudoers(5), aliases written out. Persons are pseudonyms; what a program is called with is
/// left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SudoRule {
    /// Whom it speaks of: an account, `%` and a group, `+` and a netgroup, `ALL`; `!` in front excludes.
    pub who: Vec<String>,
    /// Machines on which it holds, as written; `ALL` for every one.
    pub hosts: Vec<String>,
    /// Accounts whose rights it gives; empty where the rule names none, which means root unless a setting
    /// says otherwise; `()` for the account of whoever asks, where the rule says so with empty brackets.
    pub run_as: Vec<String>,
    /// Groups whose rights it gives.
    pub run_as_groups: Vec<String>,
    /// Programs; `ALL` for every one, `!` in front excludes, ` …` behind means: only with certain arguments.
    pub commands: Vec<String>,
    /// How many further programs the rule names that do not stand in `commands`.
    pub commands_left_out: u32,
    /// Whether a password is asked for, where the rule itself says so (`PASSWD:`, `NOPASSWD:`).
    pub asks_password: Option<bool>,
    /// Further tags (`NOEXEC`, `SETENV`, `LOG_OUTPUT`), sorted.
    pub tags: Vec<String>,
    /// The file.
    pub place: String,
}
