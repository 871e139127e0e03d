//! The state of the kernel's clock (adjtimex(2)).

use serde::{Deserialize, Serialize};

/// Whether something keeps the clock right, by the word of the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockSynchronisation {
    /// Whether a program that keeps the time has said within the last hours that the clock is right
    /// (not `STA_UNSYNC`).
    pub is_synchronised: bool,
}

/// How far the clock may be off. Moves by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockError {
    /// What is still left of the last correction.
    pub offset_nanoseconds: i64,
    /// Most that the clock may be off; grows by itself until the next correction.
    pub maximum_error_microseconds: i64,
    /// What the program that keeps the time estimates.
    pub estimated_error_microseconds: i64,
}
