//! The two forms of a fact: the type, and the text that goes over the wire.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::fact::Fact;

/// A form of a fact. Whoever carries facts and does not reason with them needs no more than their text.
pub trait Form: Clone + PartialEq + Serialize {
    /// Whether facts are known to be in canonical order: sorted by their JSON text, without repetition.
    fn are_canonical(facts: &[Self]) -> bool;

    /// Puts facts in canonical order.
    fn canonicalise(facts: &mut Vec<Self>);
}

impl Form for Fact {
    /// To find out would cost as much as to sort.
    fn are_canonical(facts: &[Self]) -> bool {
        facts.len() <= 1
    }

    fn canonicalise(facts: &mut Vec<Self>) {
        facts.sort_by_cached_key(|fact| serde_json::to_string(fact).unwrap_or_default());
        facts.dedup();
    }
}

/// A fact as its JSON text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FactText(Box<RawValue>);

/// The tag of a fact, as its own type names it.
#[derive(Deserialize)]
struct Tag<'a> {
    fact: &'a str,
}

impl FactText {
    /// The text of a fact.
    ///
    /// # Errors
    /// None that is known: every map key of a fact is a text and every number is finite.
    pub fn of(fact: &Fact) -> Result<Self, serde_json::Error> {
        Ok(Self(serde_json::value::to_raw_value(fact)?))
    }

    /// A fact of its text.
    ///
    /// # Errors
    /// If the text is no JSON.
    pub fn from_text(text: String) -> Result<Self, serde_json::Error> {
        Ok(Self(RawValue::from_string(text)?))
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// The kind of the fact: what the wire has in its field `fact`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        serde_json::from_str::<Tag<'_>>(self.text()).ok().map(|it| it.fact)
    }

    /// The fact, if it is of this kind.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self, kind: &str) -> Option<T> {
        if self.kind()? != kind {
            return None;
        }
        serde_json::from_str(self.text()).ok()
    }
}

impl PartialEq for FactText {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Form for FactText {
    fn are_canonical(facts: &[Self]) -> bool {
        facts.is_sorted_by(|left, right| left.text() < right.text())
    }

    fn canonicalise(facts: &mut Vec<Self>) {
        facts.sort_by(|left, right| left.text().cmp(right.text()));
        facts.dedup();
    }
}

/// Reports whose facts are texts.
pub mod written {
    use super::super::{report, scan};
    use super::FactText;

    /// [`super::super::Report`]
    pub type Report = report::Report<FactText>;
    /// [`super::super::Section`]
    pub type Section = report::Section<FactText>;
    /// [`super::super::SectionBody`]
    pub type SectionBody = report::SectionBody<FactText>;
    /// [`super::super::Outcome`]
    pub type Outcome = report::Outcome<FactText>;
    /// [`super::super::scan::ScanReport`]
    pub type ScanReport = scan::ScanReport<FactText>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{Complaint, InitSystem, Memory, Outcome, SectionBody, SourceId};

    fn facts() -> Vec<Fact> {
        let init = |name: &str| InitSystem { name: name.to_owned(), version: None };
        let named = ["systemd", "openrc", "systemd"].map(|it| Fact::InitSystem(init(it)));
        named.into_iter().chain([Fact::Memory(Memory { total_bytes: 7 })]).collect()
    }

    #[test]
    fn both_forms_have_the_same_bytes() {
        fn bytes<F: Form>(facts: Vec<F>) -> Vec<u8> {
            let complaints =
                ["b", "a"].map(|it| Complaint { place: it.into(), problem: it.into() });
            let outcome = Outcome::Read { facts, gaps: Vec::new(), complaints: complaints.into() };
            SectionBody { source: SourceId::from_static("a.b"), outcome }.canonical_bytes()
        }
        let texts: Vec<FactText> = facts().iter().map(|it| FactText::of(it).unwrap()).collect();
        let of_facts = bytes(facts());
        assert_eq!(of_facts, bytes(texts.clone()));
        let read: SectionBody<FactText> = serde_json::from_slice(&of_facts).unwrap();
        let Outcome::Read { facts, .. } = &read.outcome else { panic!("absent") };
        assert!(FactText::are_canonical(facts) && !FactText::are_canonical(&texts));
        assert_eq!(read.canonical_bytes(), of_facts);
    }

    #[test]
    fn a_text_is_read_as_its_own_kind_alone() {
        let texts: Vec<FactText> = facts().iter().map(|it| FactText::of(it).unwrap()).collect();
        assert_eq!(texts[3].kind(), Some("memory"));
        assert_eq!(texts[3].read("memory"), Some(Memory { total_bytes: 7 }));
        assert_eq!(texts[0].read::<Memory>("memory"), None);
        assert_eq!(FactText::from_text("[1]".to_owned()).unwrap().kind(), None);
    }
}
