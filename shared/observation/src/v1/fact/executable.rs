//! Programs that no package manager knows.

use serde::{Deserialize, Serialize};

use super::account::UserName;
use crate::hash::ContentHash;

/// One executable file that no package owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executable {
    /// Path; a person's home bears the pseudonym.
    pub place: String,
    /// Whose home it lies in.
    pub owner: Option<UserName>,
    /// Form of the file: `elf`.
    pub format: String,
    /// Size.
    pub size_bytes: u64,
    /// SHA-256 of the content.
    pub hash: Option<ContentHash>,
    /// What the file itself says it is: the main module of Go, the crate of Rust.
    pub product: Option<String>,
    /// The version that the file itself states.
    pub version: Option<String>,
    /// The compiler, where the file states it (`go1.22.1`).
    pub built_with: Option<String>,
}
