//! Why something is not there. Absence is a value with a reason, never an empty text.

use serde::{Deserialize, Serialize};

/// The reason for an absence. *Not here*, *not allowed*, *failed* and *not looked at* are four
/// different statements and stay apart up to the workbook.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "absent", rename_all = "snake_case")]
pub enum Absent {
    /// The thing does not exist on this machine; `looked_at` says where it would be.
    NotHere {
        /// The path, interface or table that was asked for.
        looked_at: String,
    },
    /// It exists, but this process may not read it.
    NotAllowed {
        /// What was to be read.
        what: String,
        /// The right that would be enough.
        needs: Privilege,
    },
    /// It should have answered and did not.
    Failed {
        /// The operation, as a clause: `reading /proc/net/tcp`.
        doing: String,
        /// The cause in the words of the system.
        cause: String,
    },
    /// No answer within the time allowed.
    TimedOut {
        /// The operation, as a clause.
        doing: String,
        /// The time that was allowed, in milliseconds.
        after_ms: u64,
    },
    /// It was deliberately not asked: `why` is one of the codes that the catalogue words know,
    /// such as `bound_elsewhere`, `foreign_program`, `switched_off`.
    NotLookedAt {
        /// The code of the reason.
        why: String,
        /// What the code speaks of, such as `192.0.2.7:443`.
        what: String,
    },
}

/// The right that a source needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    /// The administrator of the machine (root, LocalSystem).
    Root,
    /// Linux CAP_SYS_PTRACE: other users' processes.
    Ptrace,
    /// Linux CAP_DAC_READ_SEARCH: files of other users.
    ReadAll,
    /// Membership in a group that the system names for the purpose.
    Group,
}
