//! Version 1 of the wire.

pub mod delta;
pub mod protocol;
pub mod scan;

mod absent;
mod fact;
mod form;
mod ids;
mod report;

pub use absent::{Absent, Privilege};
pub use fact::*;
pub use form::{FactText, Form, written};
pub use ids::{AgentId, SourceId};
pub use report::{
    Cadence, Complaint, Gap, NameKey, Observer, ObserverKind, Outcome, Platform, Report,
    ReportNumber, Section, SectionBody, SectionHead,
};

/// The number of this version, written into every report.
pub const FORMAT: u32 = 1;
