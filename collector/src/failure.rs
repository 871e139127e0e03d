//! What went wrong, for a person: what happened, why that is likely, what to do next.

use serde::{Deserialize, Serialize};
use wording::Wording;

use crate::data_folder::DataFolderError;
use crate::ingest::chain;

/// How a process ends (see the README).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitCode {
    /// Something failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Something that should have answered did not.
    Partial = 3,
    /// Refused.
    Refused = 4,
    /// Nobody answers.
    Unreachable = 5,
    /// There is nothing of the kind.
    NothingFound = 6,
    /// Somebody else is at it, or two statements contradict.
    Conflict = 7,
    /// Ended by a person.
    Interrupted = 130,
}

/// A failed command. The catalogue has `command-failure-<key>`, `…-why` and `…-next` for each key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// How the process ends.
    pub exit_code: ExitCode,
    /// Which texts speak of it.
    pub key: String,
    /// What they speak of.
    pub object: String,
    /// The cause in the words of the system.
    pub cause: Option<String>,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(exit_code: ExitCode, key: &str, object: impl Into<String>) -> Self {
        Self { exit_code, key: key.to_owned(), object: object.into(), cause: None }
    }

    /// The same with its cause, if there is something to say of it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into()).filter(|it| !it.is_empty());
        self
    }

    /// The lines that a person reads.
    #[must_use]
    pub fn lines(&self, wording: &Wording) -> Vec<String> {
        let arguments = [("object", self.object.as_str().into())];
        let text = |end: &str| {
            wording.text_with(&format!("command-failure-{}{end}", self.key), &arguments)
        };
        let mut lines = vec![text("")];
        lines.extend(self.cause.as_ref().map(|it| format!("  {it}")));
        lines.extend([text("-why"), text("-next")]);
        lines
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        let (exit_code, key) = match &error {
            store::StoreError::DiskFull { .. } => (ExitCode::Failed, "disk-full"),
            store::StoreError::NewerSchema { .. } => (ExitCode::Refused, "newer-schema"),
            store::StoreError::Damaged { .. } => (ExitCode::Failed, "damaged"),
            store::StoreError::Refused { .. } => (ExitCode::Conflict, "changed-meanwhile"),
            store::StoreError::Open { .. } | store::StoreError::Database { .. } => {
                (ExitCode::Failed, "store")
            }
        };
        Self::new(exit_code, key, "").because(chain(&error))
    }
}

impl From<DataFolderError> for Failure {
    fn from(error: DataFolderError) -> Self {
        match &error {
            DataFolderError::Locked(path) => {
                Self::new(ExitCode::Conflict, "locked", path.display().to_string())
            }
            DataFolderError::OpenToOthers { path, .. } => {
                let object = path.display().to_string();
                Self::new(ExitCode::Refused, "open-to-others", object).because(error.to_string())
            }
            DataFolderError::OfAnotherUser { path, .. } => {
                let object = path.display().to_string();
                Self::new(ExitCode::Refused, "of-another-user", object).because(error.to_string())
            }
            DataFolderError::Io { path, .. } | DataFolderError::Authority { path, .. } => {
                let object = path.display().to_string();
                Self::new(ExitCode::Failed, "data-folder", object).because(chain(&error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_changed_meanwhile_is_a_conflict_and_no_broken_database() {
        let problem = "C7 was settled meanwhile".to_owned();
        let failure = Failure::from(store::StoreError::Refused { problem });
        assert_eq!(
            (failure.exit_code, failure.key.as_str()),
            (ExitCode::Conflict, "changed-meanwhile")
        );
        assert!(failure.cause.unwrap().contains("C7 was settled meanwhile"));
    }
}
