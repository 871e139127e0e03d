//! What the agent can read here and what it could read with more rights, and whether everything else
//! that it needs is in order.

mod checks;
mod closed;
mod page;

use observation::latest::written::{Outcome, Report, Section};
use observation::latest::{Absent, Gap, Privilege};
use serde::Serialize;

pub use checks::checks;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// In order.
    Good,
    /// It works, and something should be done.
    Hint,
    /// It does not work.
    Bad,
    /// It was not looked at, because something before it does not work.
    Open,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: `agent-doctor-<id>` in the catalogue.
    pub id: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What is said about it: `agent-doctor-<id>-<key>`, and `…-remedy` unless it is in order.
    pub key: &'static str,
    /// What it speaks of.
    pub subject: String,
    /// The cause in the words of the system.
    pub cause: Option<String>,
}

/// What a source can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceState {
    /// The source.
    pub source: String,
    /// `read`, `limited`, `not_here`, `not_allowed`, `failed`, `timed_out` or `not_looked_at`.
    pub state: &'static str,
    /// Facts that it gave.
    pub facts: usize,
    /// What is missing for lack of a right.
    pub missing: Vec<Missing>,
    /// Things of it that need more than a right: `apparmor`, `samba`, `sysctl`, `tpm`.
    pub closed: Vec<&'static str>,
    /// The cause where it failed, in the words of the system.
    pub cause: Option<String>,
}

/// Something that a right would add.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Missing {
    /// The field; none: all of the source.
    pub field: Option<String>,
    /// `root`, `ptrace`, `read_all` or `group`.
    pub needs: &'static str,
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
pub struct Findings {
    /// What the agent needs.
    pub checks: Vec<Check>,
    /// What it reads.
    pub sources: Vec<SourceState>,
}

impl Findings {
    /// Whether something does not work.
    #[must_use]
    pub fn has_bad(&self) -> bool {
        self.checks.iter().any(|it| it.verdict == Verdict::Bad)
    }

    /// Whether a source that should have answered did not.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.sources.iter().any(|it| matches!(it.state, "failed" | "timed_out"))
    }
}

/// What each source of a report could read.
#[must_use]
pub fn sources(report: &Report) -> Vec<SourceState> {
    report.sections.iter().map(source).collect()
}

fn source(section: &Section) -> SourceState {
    let (state, facts, mut missing, cause) = match &section.body.outcome {
        Outcome::Read { facts, gaps, .. } => {
            let missing: Vec<Missing> = gaps.iter().filter_map(missing_by).collect();
            let state = if missing.is_empty() { "read" } else { "limited" };
            (state, facts.len(), missing, None)
        }
        Outcome::Absent { reason } => match reason {
            Absent::NotHere { .. } => ("not_here", 0, Vec::new(), None),
            Absent::NotAllowed { needs, .. } => {
                ("not_allowed", 0, vec![Missing { field: None, needs: right(*needs) }], None)
            }
            Absent::Failed { doing, cause } => {
                ("failed", 0, Vec::new(), Some(format!("{doing}: {cause}")))
            }
            Absent::TimedOut { doing, after_ms } => {
                ("timed_out", 0, Vec::new(), Some(format!("{doing}: {after_ms} ms")))
            }
            Absent::NotLookedAt { .. } => ("not_looked_at", 0, Vec::new(), None),
        },
    };
    missing.sort();
    missing.dedup();
    let mut closed: Vec<&str> = match &section.body.outcome {
        Outcome::Read { gaps, .. } => {
            gaps.iter().filter_map(|it| closed::explanation(&it.reason)).collect()
        }
        Outcome::Absent { reason } => closed::explanation(reason).into_iter().collect(),
    };
    closed.sort_unstable();
    closed.dedup();
    SourceState { source: section.body.source.to_string(), state, facts, missing, closed, cause }
}

fn missing_by(gap: &Gap) -> Option<Missing> {
    let Absent::NotAllowed { needs, .. } = &gap.reason else { return None };
    Some(Missing { field: Some(gap.field.clone()), needs: right(*needs) })
}

const fn right(needs: Privilege) -> &'static str {
    match needs {
        Privilege::Root => "root",
        Privilege::Ptrace => "ptrace",
        Privilege::ReadAll => "read_all",
        Privilege::Group => "group",
    }
}

#[cfg(test)]
mod tests;
