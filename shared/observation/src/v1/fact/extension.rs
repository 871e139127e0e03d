//! Extensions of programs of persons: web browsers and development environments.

use serde::{Deserialize, Serialize};

use super::UserName;

/// An extension in a profile of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Extension {
    /// The program that it extends (`Firefox`, `Google Chrome`, `Visual Studio Code`).
    pub application: String,
    /// The program's own name for it (`uBlock0@raymondhill.net`, `ms-python.python`).
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Whether it is switched on.
    pub is_enabled: Option<bool>,
    /// Whether it comes from the store of the program's maker.
    pub is_from_store: Option<bool>,
    /// What it may do, in the program's words (`tabs`, `https://*/*`), sorted.
    pub permissions: Vec<String>,
    /// How many further permissions it has that do not stand in `permissions`.
    pub permissions_left_out: u32,
    /// Whose profile it is in.
    pub owner: Option<UserName>,
    /// The profile.
    pub place: String,
}
