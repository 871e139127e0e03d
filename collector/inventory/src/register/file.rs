//! `register.toml`: reading with the line of every mistake, and writing.

/// The file cannot be taken as it is; nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RegisterError {
    /// Line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong with it and what would be right.
    pub message: String,
}
