//! The report: the sections of one run of one observer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::absent::Absent;
use super::fact::Fact;
use super::form::Form;
use super::ids::{AgentId, SourceId};
use crate::hash::ContentHash;

/// Everything that one observer saw in one run, with its facts in one of their two forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report<F = Fact> {
    /// The version of the wire, [`super::FORMAT`].
    pub format: u32,
    /// Who looked.
    pub observer: Observer,
    /// The place of this report in the observer's own order.
    pub number: ReportNumber,
    /// When the run began, by the observer's clock.
    pub started_at: Timestamp,
    /// One section per source, in the order of their ids.
    pub sections: Vec<Section<F>>,
}

impl<F: Form> Report<F> {
    /// One hash over the bodies of all steady sections: the only thing that an unchanged host sends.
    #[must_use]
    pub fn host_hash(&self) -> ContentHash {
        let steady = self.sections.iter().filter(|it| it.cadence == Cadence::Steady);
        ContentHash::of_all(steady.map(|it| it.body.hash()))
    }
}

/// Who looked, and with which rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observer {
    /// The enrolled agent; none for a run that speaks to no collector.
    pub agent: Option<AgentId>,
    /// What kind of observer this is.
    pub kind: ObserverKind,
    /// The version of the observing program.
    pub software_version: String,
    /// The operating system family it ran on.
    pub platform: Platform,
    /// Whether the observer had the rights of the machine's administrator.
    pub is_privileged: bool,
    /// Which key made the pseudonyms of this report.
    pub name_key: NameKey,
    /// The start of the operating system during which the run took place, where it is known.
    pub boot: Option<Uuid>,
}

/// The kinds of observers that may speak at the one door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObserverKind {
    /// Our agent on the host itself.
    Agent,
    /// A network scan.
    Scanner,
    /// An agent of another product.
    Foreign,
}

/// The operating system family of the observer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Linux.
    Linux,
    /// Microsoft Windows.
    Windows,
    /// Apple macOS.
    MacOs,
}

/// Which key made the pseudonyms of person accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKey {
    /// The company's key, handed over at enrolment: one person has one pseudonym everywhere.
    Company,
    /// A key of this run alone: pseudonyms cannot be compared with any other report.
    Run,
    /// Person names are sent in clear because the configuration says so.
    Clear,
}

/// The place of a report in its observer's own order; with the agent it makes delivery idempotent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReportNumber {
    /// Grows with every enrolment and whenever the agent lost its own state.
    pub epoch: u64,
    /// Grows with every report within an epoch.
    pub sequence: u64,
}

/// How often a section is expected to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// Part of the host hash: changes only when the machine was changed.
    Steady,
    /// Connections, neighbours, uptime, free space: outside the host hash.
    Volatile,
}

/// The outcome of one source in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section<F = Fact> {
    /// When the source was read, by the observer's clock.
    pub observed_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Whether it takes part in the host hash.
    pub cadence: Cadence,
    /// What is kept and hashed.
    pub body: SectionBody<F>,
}

impl<F: Form> Section<F> {
    /// What a manifest says of this section.
    #[must_use]
    pub fn head(&self) -> SectionHead {
        SectionHead {
            source: self.body.source.clone(),
            hash: self.body.hash(),
            observed_at: self.observed_at,
            duration_ms: self.duration_ms,
            cadence: self.cadence,
        }
    }
}

/// A section without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionHead {
    /// The source that was read.
    pub source: SourceId,
    /// The hash of the body's canonical bytes.
    pub hash: ContentHash,
    /// When it was read, by the observer's clock.
    pub observed_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Whether it takes part in the host hash.
    pub cadence: Cadence,
}

/// The part of a section that is hashed and stored once: no time, no duration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SectionBody<F = Fact> {
    /// The source that was read.
    pub source: SourceId,
    /// What came of it.
    pub outcome: Outcome<F>,
}

impl<F: Form> SectionBody<F> {
    /// The canonical bytes: JSON, facts sorted by their own JSON text and without repetition.
    ///
    /// Serialising these types cannot fail: every map key is a text and every number is finite.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let bytes = if self.is_canonical() {
            serde_json::to_vec(self)
        } else {
            serde_json::to_vec(&self.canonical())
        };
        bytes.unwrap_or_default()
    }

    /// The hash of the canonical bytes.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(&self.canonical_bytes())
    }

    /// The same body with facts, gaps and complaints in canonical order.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut body = self.clone();
        if let Outcome::Read { facts, gaps, complaints } = &mut body.outcome {
            F::canonicalise(facts);
            gaps.sort();
            gaps.dedup();
            complaints.sort();
            complaints.dedup();
        }
        body
    }

    fn is_canonical(&self) -> bool {
        match &self.outcome {
            Outcome::Read { facts, gaps, complaints } => {
                F::are_canonical(facts)
                    && gaps.is_sorted_by(|left, right| left < right)
                    && complaints.is_sorted_by(|left, right| left < right)
            }
            Outcome::Absent { .. } => true,
        }
    }
}

impl SectionBody {
    /// A body from bytes that [`SectionBody::canonical_bytes`] gave, perhaps on a newer agent: facts
    /// of a kind that is not known here are skipped and counted; their text stays in the bytes.
    ///
    /// # Errors
    /// If the bytes are no section body.
    pub fn from_canonical_bytes(bytes: &[u8]) -> Result<(Self, usize), serde_json::Error> {
        let raw: RawBody<'_> = serde_json::from_slice(bytes)?;
        let mut skipped = 0;
        let outcome = match raw.outcome {
            RawOutcome::Absent { reason } => Outcome::Absent { reason },
            RawOutcome::Read { facts, gaps, complaints } => {
                let mut read = Vec::with_capacity(facts.len());
                for fact in facts {
                    match serde_json::from_str(fact.get()) {
                        Ok(fact) => read.push(fact),
                        Err(_) => skipped += 1,
                    }
                }
                Outcome::Read { facts: read, gaps, complaints }
            }
        };
        Ok((Self { source: raw.source, outcome }, skipped))
    }
}

/// A body whose facts were not looked at.
#[derive(Deserialize)]
struct RawBody<'a> {
    source: SourceId,
    #[serde(borrow)]
    outcome: RawOutcome<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawOutcome<'a> {
    Read {
        #[serde(borrow)]
        facts: Vec<&'a RawValue>,
        #[serde(default)]
        gaps: Vec<Gap>,
        #[serde(default)]
        complaints: Vec<Complaint>,
    },
    Absent {
        reason: Absent,
    },
}

/// What came of reading one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<F = Fact> {
    /// The source was read. No facts then means: there is nothing of the kind.
    Read {
        /// The statements.
        facts: Vec<F>,
        /// Values or objects that this run could not see, each with its reason.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gaps: Vec<Gap>,
        /// Foreign input that could not be understood; each costs one row, not the section.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        complaints: Vec<Complaint>,
    },
    /// The source gave nothing at all.
    Absent {
        /// Why.
        reason: Absent,
    },
}

/// One thing within a source that this run could not see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// The field or object: `disk.serial`, `listener.process`, `certificate`.
    pub field: String,
    /// Which object it belongs to, where it is not the whole source: `sda`, `tcp/0.0.0.0:443`.
    pub of: Option<String>,
    /// Why it is not there.
    pub reason: Absent,
}

/// One piece of foreign input that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Complaint {
    /// Where: a path with line, a table with offset.
    pub place: String,
    /// What is wrong with it.
    pub problem: String,
}
