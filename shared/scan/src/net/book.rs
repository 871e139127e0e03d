//! Collects what is learnt of one address into the sections of its report.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use observation::latest::scan::TargetReport;
use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, Outcome, Section, SectionBody, SourceId,
};
use observation::limits::{COMPLAINTS_PER_SECTION_MAX, FACTS_PER_SECTION_MAX};

use crate::probes::Reading;

/// Something learnt by one question.
#[derive(Debug)]
pub struct Note {
    /// The source: a probe, with the tier of ports where it is not the first.
    pub source: String,
    /// Whether it belongs to the steady part of the address.
    pub cadence: Cadence,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// How long it took.
    pub lasted: Duration,
    /// What came of it.
    pub learnt: Learnt,
}

/// What came of a question.
#[derive(Debug)]
pub enum Learnt {
    /// An answer, understood or complained about.
    Said(Reading),
    /// One object gave nothing: which, and why.
    Gap(Gap),
    /// The whole source gave nothing.
    Nothing(Absent),
}

/// The report of one address in the making.
#[derive(Debug)]
pub struct Book {
    address: IpAddr,
    drafts: BTreeMap<String, Draft>,
}

#[derive(Debug)]
struct Draft {
    cadence: Cadence,
    asked_at: Timestamp,
    lasted: Duration,
    facts: Vec<Fact>,
    gaps: Vec<Gap>,
    complaints: Vec<Complaint>,
    absent: Option<Absent>,
}

impl Book {
    /// An empty one.
    #[must_use]
    pub const fn new(address: IpAddr) -> Self {
        Self { address, drafts: BTreeMap::new() }
    }

    /// The address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether a source said anything yet, if only that there is nothing.
    #[must_use]
    pub fn has(&self, source: &str) -> bool {
        self.drafts.contains_key(source)
    }

    /// All facts so far.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.drafts.values().flat_map(|it| &it.facts)
    }

    /// Adds what was learnt.
    pub fn add(&mut self, note: Note) {
        let draft = self.drafts.entry(note.source).or_insert_with(|| Draft {
            cadence: note.cadence,
            asked_at: note.asked_at,
            lasted: Duration::ZERO,
            facts: Vec::new(),
            gaps: Vec::new(),
            complaints: Vec::new(),
            absent: None,
        });
        draft.asked_at = draft.asked_at.min(note.asked_at);
        draft.lasted += note.lasted;
        match note.learnt {
            Learnt::Said(reading) => {
                draft.facts.extend(reading.facts);
                draft.complaints.extend(reading.complaints);
            }
            Learnt::Gap(gap) => draft.gaps.push(gap),
            Learnt::Nothing(reason) => draft.absent = Some(reason),
        }
    }

    /// The report, its sections in the order of their sources.
    #[must_use]
    pub fn into_report(self) -> TargetReport {
        let sections = self.drafts.into_iter().map(|(source, draft)| draft.into_section(source));
        TargetReport { address: self.address, sections: sections.collect() }
    }
}

impl Draft {
    fn into_section(mut self, source: String) -> Section {
        let says_nothing = self.facts.is_empty() && self.complaints.is_empty();
        let outcome = match self.absent {
            Some(reason) if says_nothing => Outcome::Absent { reason },
            Some(_) | None => {
                bound(&mut self.facts, FACTS_PER_SECTION_MAX);
                bound(&mut self.gaps, FACTS_PER_SECTION_MAX);
                bound(&mut self.complaints, COMPLAINTS_PER_SECTION_MAX);
                Outcome::Read { facts: self.facts, gaps: self.gaps, complaints: self.complaints }
            }
        };
        let body = SectionBody { source: SourceId::new(source), outcome };
        Section {
            observed_at: self.asked_at,
            duration_ms: u64::try_from(self.lasted.as_millis()).unwrap_or(u64::MAX),
            cadence: self.cadence,
            body: body.canonical(),
        }
    }
}

/// Carriers and probes have bounds of their own; this one holds if they all were at theirs.
fn bound<T>(list: &mut Vec<T>, most: usize) {
    list.truncate(most);
}

#[cfg(test)]
mod tests {
    use observation::latest::{OpenPort, Transport};

    use super::*;

    fn note(source: &str, learnt: Learnt) -> Note {
        Note {
            source: source.to_owned(),
            cadence: Cadence::Steady,
            asked_at: Timestamp::UNIX_EPOCH,
            lasted: Duration::from_millis(3),
            learnt,
        }
    }

    fn port(port: u16) -> Reading {
        let fact = Fact::OpenPort(OpenPort { transport: Transport::Tcp, port });
        Reading { facts: vec![fact], ..Reading::default() }
    }

    #[test]
    fn answers_of_several_ports_are_one_section() {
        let mut book = Book::new([192, 0, 2, 1].into());
        book.add(note("scan.http", Learnt::Said(port(443))));
        book.add(note("scan.http", Learnt::Said(port(80))));
        let report = book.into_report();
        assert_eq!(report.sections.len(), 1);
        assert_eq!(report.sections[0].duration_ms, 6);
        let Outcome::Read { facts, .. } = &report.sections[0].body.outcome else { panic!() };
        assert_eq!(facts.len(), 2);
    }

    #[test]
    fn an_absence_gives_way_to_an_answer() {
        let mut book = Book::new([192, 0, 2, 1].into());
        let reason = Absent::NotHere { looked_at: "tcp/22".to_owned() };
        book.add(note("scan.ssh", Learnt::Nothing(reason.clone())));
        book.add(note("scan.http", Learnt::Nothing(reason.clone())));
        book.add(note("scan.http", Learnt::Said(port(80))));
        let report = book.into_report();
        assert!(matches!(report.sections[0].body.outcome, Outcome::Read { .. }));
        assert_eq!(report.sections[1].body.outcome, Outcome::Absent { reason });
    }
}
