//! Why something is not accepted, and what the other end is told.

use observation::latest::protocol::{Problem, ProblemCode};
use store::StoreError;

/// A refusal with what the other end is told.
#[derive(Debug)]
pub struct Refusal {
    /// The closed code.
    pub code: ProblemCode,
    /// What happened, for the log of the other end; nothing that it does not know already.
    pub title: String,
    /// Seconds after which it may come back.
    pub retry_after_seconds: Option<u64>,
}

impl Refusal {
    /// A refusal of this kind.
    pub fn new(code: ProblemCode, title: impl Into<String>) -> Self {
        Self { code, title: title.into(), retry_after_seconds: None }
    }

    /// The same, with a time to come back.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The HTTP status of the code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self.code {
            ProblemCode::BadCertificateRequest | ProblemCode::BadRequest => 400,
            ProblemCode::TokenRefused
            | ProblemCode::AwaitingApproval
            | ProblemCode::Revoked
            | ProblemCode::Quarantined
            | ProblemCode::WrongAgent
            | ProblemCode::BadSignature => 403,
            ProblemCode::KeyInUse | ProblemCode::UnknownBase | ProblemCode::OutOfOrder => 409,
            ProblemCode::TooLarge => 413,
            ProblemCode::Busy => 503,
            ProblemCode::StorageFull => 507,
            ProblemCode::Internal => 500,
        }
    }

    /// The answer (RFC 9457).
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem { code: self.code, title: self.title.clone(), status: self.status() }
    }
}

/// Seconds after which an agent may try again when the disk is full.
pub(crate) const FULL_DISK_RETRY_SECONDS: u64 = 60 * 60;

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull { .. } => {
                Self::new(ProblemCode::StorageFull, "the collector's disk is full")
                    .retry_after(FULL_DISK_RETRY_SECONDS)
            }
            StoreError::Refused { problem } => Self::new(ProblemCode::BadRequest, problem),
            StoreError::Open { .. }
            | StoreError::NewerSchema { .. }
            | StoreError::Damaged { .. }
            | StoreError::Database { .. } => {
                tracing::error!(error = %chain(&error), "the store failed");
                Self::new(ProblemCode::Internal, "the collector failed; keep the report")
            }
        }
    }
}

/// An error with its causes, in one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
